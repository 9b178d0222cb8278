//! Instantiation and dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{Binary, Deps, DepsMut, Env, Event, MessageInfo, Reply, Response};
use cw_utils::nonpayable;
use palisade_types::staker::{ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::state::CONFIG;
use crate::{events, execute, query as queries, reply as replies, ContractError};

/// Name of the contract for cw2.
pub const NAME: &str = "palisade:staker";
/// Version of the contract for cw2.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the sender the vault.
///
/// # Errors
/// Coins attached.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, NAME, VERSION)?;
    let config = ConfigResponse {
        vault: info.sender,
        validator: msg.validator,
        denom: msg.denom,
    };
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(events::instantiate(&config)))
}

/// Runs a message of the vault.
///
/// # Errors
/// What the message's README entry lists.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    if info.sender != config.vault {
        return Err(ContractError::NotVault {
            sender: info.sender,
            vault: config.vault,
        });
    }
    if !matches!(msg, ExecuteMsg::Delegate {}) {
        nonpayable(&info)?;
    }
    match msg {
        ExecuteMsg::Delegate {} => execute::delegate(deps, &env, &info, &config),
        ExecuteMsg::Undelegate { amount } => execute::undelegate(deps, &env, &config, amount),
        ExecuteMsg::Collect { amount, entries } => {
            execute::collect(deps, &env, &config, amount, entries)
        }
        ExecuteMsg::WithdrawRewards { to } => execute::withdraw_rewards(deps, &env, &config, to),
        ExecuteMsg::ForwardRewards {
            denom,
            delegation,
            asset,
            operator,
            by_operator,
        } => {
            let forward = execute::Forward {
                denom,
                delegation,
                asset,
                operator,
                by_operator,
            };
            execute::forward_rewards(deps.as_ref(), &env, &config, forward)
        }
    }
}

/// Takes in what the chain did: rewards that it paid, and when an undelegation completes.
///
/// # Errors
/// A reply to something else, or an answer of the chain that cannot be read: then the whole message
/// fails, and nothing has changed.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, env: Env, msg: Reply) -> Result<Response, ContractError> {
    replies::reply(deps, &env, msg)
}

/// Answers a query.
///
/// # Errors
/// None of a staker that was instantiated.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    Ok(queries::query(deps, msg)?)
}

/// Moves to this code from an older version of it.
///
/// # Errors
/// Another contract, or a version that is not older.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    palisade_admin::migrate_forward(deps.storage, NAME, VERSION)?;
    let event = Event::new("migrate").add_attribute("version", VERSION);
    Ok(Response::new().add_event(event))
}
