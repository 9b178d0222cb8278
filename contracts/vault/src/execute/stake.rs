//! Matured stake out. The delegation contract counts whose the stake is; the vault counts how much
//! there is in all, and gives no more.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Uint128};

use crate::books::require_above_zero;
use crate::error::ContractError;
use crate::execute::wiring::only_delegation;
use crate::state::{self, BOOKS};
use crate::{events, token};

/// Pays matured stake out.
pub(crate) fn release(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    amount: Uint128,
    recipient: &str,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    require_above_zero(amount)?;
    let recipient = deps.api.addr_validate(recipient)?;
    let asset = state::asset(deps.storage, id)?;
    let mut books = state::books(deps.storage, id)?;
    books.take_staked(id, amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let payment = token::pay(env, &asset.kind, &recipient, amount)?;
    let event = events::release(id, amount, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}
