//! Rewards: in, and out.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use cw20::Cw20ReceiveMsg;
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::PoolKey;
use palisade_types::token::Token;

use crate::error::ContractError;

/// Rewards in the coin attached.
pub(crate) fn native(
    _deps: DepsMut,
    _env: &Env,
    _info: &MessageInfo,
    _operator: &str,
    _parts: &[AssetAmount],
    _by_operator: bool,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}

/// Rewards in a cw20 token.
pub(crate) fn cw20(
    _deps: DepsMut,
    _env: &Env,
    _info: &MessageInfo,
    _hook: Cw20ReceiveMsg,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}

/// Pays rewards out.
pub(crate) fn claim(
    _deps: DepsMut,
    _env: &Env,
    _info: &MessageInfo,
    _pools: Option<Vec<PoolKey>>,
    _tokens: Option<Vec<Token>>,
    _recipient: Option<&str>,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}

/// Deposits rewards that are paid in registered assets.
pub(crate) fn compound(
    _deps: DepsMut,
    _env: &Env,
    _info: &MessageInfo,
    _pools: Option<Vec<PoolKey>>,
    _tokens: Vec<Token>,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}

/// Pays commission out.
pub(crate) fn claim_commission(
    _deps: DepsMut,
    _env: &Env,
    _info: &MessageInfo,
    _tokens: Option<Vec<Token>>,
    _recipient: Option<&str>,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}
