//! Instantiation and dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{Binary, Deps, DepsMut, Env, Event, MessageInfo, Reply, Response, SubMsgResult};
use cw_utils::nonpayable;
use palisade_types::gateway::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg, SudoMsg};

use crate::state::{Config, CONFIG};
use crate::{execute, query as queries, reports, ContractError};

/// Name of the contract for cw2.
pub const NAME: &str = "palisade:gateway";
/// Version of the contract for cw2.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Bounds of the packet timeout, in seconds: a minute to a week.
const PACKET_TIMEOUT: (u64, u64) = (60, 604_800);
/// Bounds of the history, in seconds: up to ten years.
const HISTORY: (u64, u64) = (1, 3_650 * 86_400);

/// Sets the parameters, the peer, the owner and the first reporters.
///
/// # Errors
/// A parameter out of bounds, an empty peer, an address that is not valid or comes twice.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    mut deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    let guardian = msg.guardian.as_deref();
    palisade_admin::initialize(deps.branch(), &msg.owner, guardian, NAME, VERSION)?;
    within("packet_timeout", msg.packet_timeout, PACKET_TIMEOUT)?;
    within("history", msg.history, HISTORY)?;
    if msg.host.connection_id.is_empty() {
        return Err(ContractError::EmptyPeer { part: "connection" });
    }
    if msg.host.port.is_empty() {
        return Err(ContractError::EmptyPeer { part: "port" });
    }
    let config = Config {
        host: msg.host,
        packet_timeout: msg.packet_timeout,
        history: msg.history,
    };
    CONFIG.save(deps.storage, &config)?;
    execute::name_reporters(deps, &msg.reporters)?;
    let event = Event::new("instantiate")
        .add_attribute("owner", msg.owner)
        .add_attribute("connection", config.host.connection_id)
        .add_attribute("port", config.host.port);
    Ok(Response::new().add_event(event))
}

fn within(name: &'static str, value: u64, (min, max): (u64, u64)) -> Result<(), ContractError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ContractError::Parameter {
        name,
        value,
        min,
        max,
    })
}

/// Runs a message. None takes coins.
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
    nonpayable(&info)?;
    match msg {
        ExecuteMsg::Report(infraction) => {
            execute::require_reporter(deps.storage, &info.sender)?;
            execute::report(deps, &env, infraction, info.sender.as_str())
        }
        ExecuteMsg::Relay { limit } => execute::relay(deps, &env, limit),
        ExecuteMsg::SetReporters { add, remove } => {
            execute::set_reporters(deps, &info, &add, &remove)
        }
        ExecuteMsg::RenewChannel { connection_id } => {
            execute::renew_channel(deps, &info, connection_id)
        }
        ExecuteMsg::SetRewardsRoute(route) => execute::set_rewards_route(deps, &info, &route),
        ExecuteMsg::SendRewards { denom } => execute::send_rewards(deps, &env, &denom),
        ExecuteMsg::Admin(msg) => {
            let event = palisade_admin::execute(deps, &env, &info, msg)?;
            Ok(Response::new().add_event(event))
        }
        ExecuteMsg::UpdateOwnership(action) => {
            let ownership = cw_ownable::update_ownership(deps, &env.block, &info.sender, action)?;
            let event = Event::new("update_ownership").add_attributes(ownership.into_attributes());
            Ok(Response::new().add_event(event))
        }
    }
}

/// Runs a message of the chain's own modules.
///
/// # Errors
/// As [`ExecuteMsg::Report`], but for the sender.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn sudo(deps: DepsMut, env: Env, msg: SudoMsg) -> Result<Response, ContractError> {
    match msg {
        SudoMsg::Report(infraction) => execute::report(deps, &env, infraction, "sudo"),
    }
}

/// Queues a report again whose packet could not be sent, as over a light client that expired:
/// the report itself must not be lost with it.
///
/// # Errors
/// A reply to something else.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn reply(deps: DepsMut, env: Env, msg: Reply) -> Result<Response, ContractError> {
    match msg.result {
        SubMsgResult::Err(error) => {
            let event = reports::not_sent(deps.storage, &env.block, msg.id, &error)?;
            Ok(Response::new().add_event(event))
        }
        SubMsgResult::Ok(_) => Ok(Response::new()),
    }
}

/// Answers a query.
///
/// # Errors
/// What is asked for does not exist.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    queries::query(deps, &env, msg)
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
