//! Idle tokens: behind an operator, or back to their owner. Neither needs a rate: no principal
//! comes in.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_types::vault::Action;

use crate::books::{debit_idle, require_above_zero};
use crate::error::ContractError;
use crate::execute::stake;
use crate::state::{self, BOOKS};
use crate::{events, token};

/// Puts idle tokens behind an operator. Paused with deposits, or it would be a way around.
pub(crate) fn delegate(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    operator: &str,
    amount: Uint128,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Deposits)?;
    require_above_zero(amount)?;
    let asset = state::asset(deps.storage, id)?;
    let mut books = state::books(deps.storage, id)?;
    debit_idle(deps.storage, &mut books, &info.sender, id, amount)?;
    books.staked = books.staked.checked_add(amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let stake = stake::Stake {
        id,
        asset: &asset,
        owner: &info.sender,
        operator,
        amount,
    };
    let messages = stake.hand_on(deps.as_ref())?;
    let event = events::delegate(&info.sender, operator, id, amount);
    Ok(Response::new().add_event(event).add_messages(messages))
}

/// Pays idle tokens out. Asks nobody: neither rate nor neighbour can hold them back.
pub(crate) fn withdraw(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    amount: Uint128,
    recipient: Option<&str>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Withdrawals)?;
    require_above_zero(amount)?;
    let recipient = match recipient {
        Some(recipient) => deps.api.addr_validate(recipient)?,
        None => info.sender.clone(),
    };
    let asset = state::asset(deps.storage, id)?;
    let mut books = state::books(deps.storage, id)?;
    debit_idle(deps.storage, &mut books, &info.sender, id, amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let payment = token::pay(env, &asset.token(), &recipient, amount)?;
    let event = events::withdraw(&info.sender, id, amount, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}
