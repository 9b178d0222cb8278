//! Stake on its way to the delegation contract, and back. It counts whose the stake is; the vault counts
//! how much there is in all, and gives no more.

use cosmwasm_std::{Addr, CosmosMsg, Deps, DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_types::delegation;

use crate::books::require_above_zero;
use crate::error::ContractError;
use crate::execute::staking;
use crate::execute::wiring::only_delegation;
use crate::state::{self, Asset, BOOKS};
use crate::{events, lsm, token};

/// Tokens that shall stand behind an operator. The books know them as staked already.
pub(crate) struct Stake<'a> {
    pub id: &'a str,
    pub asset: &'a Asset,
    pub owner: &'a Addr,
    pub operator: &'a str,
    pub amount: Uint128,
}

impl Stake<'_> {
    /// What has to be said to have them stand there. The delegation contract comes first, so that what the
    /// base chain took until now is borne without them.
    pub(crate) fn hand_on(&self, deps: Deps) -> Result<Vec<CosmosMsg>, ContractError> {
        let neighbour = state::delegation(deps.storage)?;
        let bound = self.require_own_validator(deps)?;
        let join = neighbour.call(&delegation::ExecuteMsg::Join {
            owner: self.owner.to_string(),
            operator: self.operator.to_string(),
            asset: self.id.to_string(),
            amount: self.amount,
            bound,
        })?;
        let mut messages = vec![join.into()];
        if self.asset.is_staked() {
            let operator = deps.api.addr_validate(self.operator)?;
            messages.push(staking::delegate(
                deps,
                (self.id, self.asset),
                &operator,
                self.amount,
            )?);
        }
        Ok(messages)
    }

    /// Refuses a tokenized share behind anyone but its validator's operator. Returns whether it is one.
    fn require_own_validator(&self, deps: Deps) -> Result<bool, ContractError> {
        let Some(tokenized) = lsm::tokenized(&self.asset.kind) else {
            return Ok(false);
        };
        let operator = deps.api.addr_validate(self.operator)?;
        if !lsm::is_operator(deps.api, &operator, &tokenized.account)? {
            return Err(ContractError::OtherOperator {
                asset: self.id.to_string(),
                operator,
            });
        }
        Ok(true)
    }
}

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
    if asset.is_staked() {
        books.take_released(id, amount)?;
    }
    BOOKS.save(deps.storage, id, &books)?;
    let payment = token::pay(env, &asset.token(), &recipient, amount)?;
    let event = events::release(id, amount, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}
