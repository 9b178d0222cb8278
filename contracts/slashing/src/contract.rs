//! Entry points: they only dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};
use cw_utils::nonpayable;
use palisade_types::slashing::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::execute::{
    admin, equivocation, peer, penalty, register, settings, slash, standing, sync, throttle,
};
use crate::{query, reply as replies, ContractError};

/// Name under which cw2 knows the contract.
pub const CONTRACT_NAME: &str = "palisade:slashing";
/// Version under which cw2 knows the contract.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Instantiates the contract with its left neighbour and its delays.
///
/// # Errors
/// An invalid address, or delays out of bounds.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    admin::instantiate(deps, msg)
}

/// Runs a message.
///
/// # Errors
/// See [`ContractError`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    match msg {
        ExecuteMsg::RegisterService(new) => register::run(deps, env, info, new),
        ExecuteMsg::SetPeer { service, peer } => peer::set(deps, env, info, service, peer),
        ExecuteMsg::RenewNonces { service } => peer::renew_nonces(deps, env, info, service),
        ExecuteMsg::Sync { service, limit } => sync::start(deps, &env, service, limit),
        ExecuteMsg::Slash { service, slash } => slash::by_message(deps, env, info, service, &slash),
        ExecuteMsg::Execute { service, request } => {
            slash::execute(deps, env, info, service, request.u64())
        }
        ExecuteMsg::Veto { service, request } => {
            slash::veto(deps, env, info, service, request.u64())
        }
        ExecuteMsg::SubmitEquivocation { service, evidence } => {
            equivocation::submit(deps, env, info, service, &evidence)
        }
        ExecuteMsg::UpdateService { service, settings } => {
            settings::update(deps, env, info, service, settings)
        }
        ExecuteMsg::CancelUpdate { service } => settings::cancel(deps, env, info, service),
        ExecuteMsg::SetServiceAdmin { service, admin } => {
            settings::set_admin(deps, info, service, &admin)
        }
        ExecuteMsg::SetPenalty { service, penalty } => {
            penalty::set(deps, env, info, service, penalty)
        }
        ExecuteMsg::RemovePenalty { service, kind } => {
            penalty::remove(deps, env, info, service, &kind)
        }
        ExecuteMsg::StopService { service } => settings::stop(deps, env, info, service),
        ExecuteMsg::RedirectProceeds {
            service,
            asset,
            from,
        } => settings::redirect(deps, env, info, service, asset, from),
        ExecuteMsg::SetThrottle { service, buckets } => {
            throttle::set(deps, env, info, service, buckets)
        }
        ExecuteMsg::SetSharedThrottle { shared } => throttle::set_shared(deps, env, info, shared),
        ExecuteMsg::Suspend { service, seconds } => {
            throttle::suspend(deps, env, info, service, seconds)
        }
        ExecuteMsg::Resume { service } => throttle::resume(deps, env, info, service),
        ExecuteMsg::Unjail { service } => standing::unjail(deps, env, info, service),
        ExecuteMsg::Admin(msg) => admin::guard(deps, env, info, msg),
        ExecuteMsg::UpdateOwnership(action) => admin::update_ownership(deps, env, info, action),
    }
}

/// Continues after the allocation contract answered, or a packet could not be sent.
///
/// # Errors
/// An answer that cannot be read.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    replies::dispatch(deps, env, reply)
}

/// Answers a query.
///
/// # Errors
/// See [`ContractError`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::answer(deps, env, msg)
}

/// Migrates from an older version of this contract.
///
/// # Errors
/// Another contract, or a version that is not older.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    palisade_admin::migrate_forward(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}
