//! What stakers and operators can claim, and what flows.

use cosmwasm_std::{Deps, Env};
use palisade_types::delegation::{FlowResponse, PoolKey, RewardsResponse};
use palisade_types::token::TokenAmount;

use crate::error::ContractError;

pub(crate) fn rewards(
    _deps: Deps,
    _env: &Env,
    _owner: &str,
    _start_after: Option<PoolKey>,
    _limit: Option<u32>,
) -> Result<Vec<RewardsResponse>, ContractError> {
    Ok(vec![])
}

pub(crate) fn flows(
    _deps: Deps,
    _env: &Env,
    _operator: &str,
    _asset: &str,
) -> Result<Vec<FlowResponse>, ContractError> {
    Ok(vec![])
}

pub(crate) fn commission_owed(
    _deps: Deps,
    _operator: &str,
) -> Result<Vec<TokenAmount>, ContractError> {
    Ok(vec![])
}
