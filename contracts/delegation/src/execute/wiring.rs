//! The right neighbour, the owner and the guardian.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use palisade_admin::{cw_ownable, AdminError, AdminMsg};
use palisade_types::delegation::Action;

use crate::error::ContractError;
use crate::events;
use crate::state::CONFIG;

/// Names the allocation contract, once.
pub(crate) fn connect(
    deps: DepsMut,
    info: &MessageInfo,
    allocation: &str,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let mut config = CONFIG.load(deps.storage)?;
    if let Some(allocation) = config.allocation {
        return Err(ContractError::AlreadyConnected { allocation });
    }
    let allocation = deps.api.addr_validate(allocation)?;
    let event = events::connect(&allocation);
    config.allocation = Some(allocation);
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(event))
}

/// Pauses and guardian.
pub(crate) fn admin(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    msg: AdminMsg<Action>,
) -> Result<Response, ContractError> {
    Ok(Response::new().add_event(palisade_admin::execute(deps, env, info, msg)?))
}

/// Hands the contract over, in two steps.
pub(crate) fn ownership(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    action: cw_ownable::Action,
) -> Result<Response, ContractError> {
    let ownership = cw_ownable::update_ownership(deps, &env.block, &info.sender, action)
        .map_err(AdminError::from)?;
    Ok(Response::new().add_event(events::ownership(ownership.into_attributes())))
}
