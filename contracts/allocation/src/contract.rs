//! Entry points: they only dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{
    Binary, Deps, DepsMut, Env, IbcBasicResponse, IbcDestinationCallbackMsg, MessageInfo, Reply,
    Response,
};
use cw_utils::nonpayable;
use palisade_types::allocation::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::execute::{admin, checkpoint, key, operator, reward, service, slash};
use crate::{ibc, query, ContractError};

/// Name under which cw2 knows the contract.
pub const CONTRACT_NAME: &str = "palisade:allocation";
/// Version under which cw2 knows the contract.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Instantiates the contract with its left neighbour and its delays.
///
/// # Errors
/// An invalid address, or a delay out of range.
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
    if !matches!(msg, ExecuteMsg::PayRewards { .. }) {
        nonpayable(&info)?;
    }
    match msg {
        ExecuteMsg::SetCommitmentCap { cap } => operator::set_cap(deps, env, info, cap),
        ExecuteMsg::OptIn {
            service,
            key,
            slices,
        } => operator::opt_in(deps, env, info, service, key, slices),
        ExecuteMsg::Adjust { service, slices } => {
            operator::adjust(deps, env, info, service, slices)
        }
        ExecuteMsg::OptOut { service } => operator::opt_out(deps, env, info, service),
        ExecuteMsg::Leave { service, operator } => operator::leave(deps, env, service, &operator),
        ExecuteMsg::AssignKey { service, key } => key::assign(deps, env, info, service, key),
        ExecuteMsg::UpdateService { service, change } => {
            service::update(deps, info, service, change)
        }
        ExecuteMsg::SetAllowed {
            service,
            add,
            remove,
        } => service::set_allowed(deps, info, service, add, remove),
        ExecuteMsg::AddRewardTokens { service, tokens } => {
            reward::add_tokens(deps, info, service, tokens)
        }
        ExecuteMsg::PayRewards { service } => reward::pay(deps, info, service),
        ExecuteMsg::Receive(hook) => reward::receive(deps, info, hook),
        ExecuteMsg::Harvest {
            service,
            operator,
            tokens,
        } => reward::harvest(deps, info, service, &operator, tokens),
        ExecuteMsg::TakeBack { service, tokens } => reward::take_back(deps, info, service, tokens),
        ExecuteMsg::CreateService {
            service,
            admin,
            terms,
        } => service::create(deps, info, service, &admin, terms),
        ExecuteMsg::Checkpoint {
            service,
            update_id,
            start_after,
            limit,
            force,
            all,
        } => {
            let page = checkpoint::Page {
                start_after,
                limit,
                force,
                all,
            };
            checkpoint::run(deps, env, info, service, update_id.u64(), page)
        }
        ExecuteMsg::Acknowledge {
            service,
            update_id,
            operators,
        } => checkpoint::acknowledge(deps, env, info, service, update_id.u64(), operators),
        ExecuteMsg::StopService { service } => service::stop(deps, info, service),
        ExecuteMsg::Redirect(redirection) => slash::redirect(deps, info, redirection),
        ExecuteMsg::Slash(msg) => slash::start(deps, env, info, msg),
        ExecuteMsg::Unjail { service, operator } => slash::unjail(deps, info, service, &operator),
        ExecuteMsg::Recover { token, recipient } => {
            admin::recover(deps, &env, &info, token, &recipient)
        }
        ExecuteMsg::Connect { slashing } => admin::connect(deps, info, &slashing),
        ExecuteMsg::Admin(msg) => admin::guard(deps, env, info, msg),
        ExecuteMsg::UpdateOwnership(action) => admin::update_ownership(deps, env, info, action),
    }
}

/// Continues after the delegation contract took a penalty, or after rewards left.
///
/// # Errors
/// An answer that does not fit the question.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        slash::REPLY => slash::finish(deps, env, reply),
        reward::LEFT => reward::left(deps, &reply),
        id => Err(ContractError::UnknownReply { id }),
    }
}

/// Takes in coins that arrived over ICS-20 as rewards.
///
/// # Errors
/// Coins that cannot be credited: the chain then refunds them.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_destination_callback(
    deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    ibc::arrived(deps, env, msg)
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
