//! Tokens that came without a word whose they are.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_types::token::Token;

use crate::error::ContractError;
use crate::state::{self, TOKENS};
use crate::{events, token};

/// Pays out all that the vault holds of a token beyond what it owes.
pub(crate) fn recover(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    token: Token,
    recipient: &str,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let token = token.validated(deps.api)?;
    let recipient = deps.api.addr_validate(recipient)?;
    let name = token.name();
    let owed = match TOKENS.may_load(deps.storage, &name)? {
        Some(asset) => state::books(deps.storage, &asset)?.here()?,
        None => Uint128::zero(),
    };
    let balance = token.balance(deps.querier, &env.contract.address)?;
    let surplus = balance.saturating_sub(owed);
    if surplus.is_zero() {
        return Err(ContractError::NothingToRecover {
            token: name,
            balance,
            owed,
        });
    }
    let payment = token::pay(env, &token, &recipient, surplus)?;
    let event = events::recover(&name, surplus, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}
