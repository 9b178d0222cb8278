//! The contract itself: its birth, its owner, its pauses.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Storage};
use palisade_admin::{AdminError, AdminMsg, Pausable};
use palisade_math::Meter;
use palisade_types::allocation;
use palisade_types::neighbour::Neighbour;
use palisade_types::slashing::{Action, InstantiateMsg};

use super::throttle;
use crate::contract::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::state::{Config, Shared, CONFIG, LAST_SERVICE, SHARED};
use crate::ContractError;

/// The shortest packet timeout, in seconds.
const MIN_TIMEOUT: u64 = 60;
/// The longest packet timeout, in seconds: a week.
const MAX_TIMEOUT: u64 = 604_800;

pub(crate) fn instantiate(
    mut deps: DepsMut,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    if !(MIN_TIMEOUT..=MAX_TIMEOUT).contains(&msg.packet_timeout) {
        return Err(ContractError::PacketTimeout {
            given: msg.packet_timeout,
            min: MIN_TIMEOUT,
            max: MAX_TIMEOUT,
        });
    }
    throttle::check(&msg.throttle)?;
    let allocation = Neighbour(deps.api.addr_validate(&msg.allocation)?);
    let neighbour: allocation::ConfigResponse =
        allocation.ask(deps.querier, &allocation::QueryMsg::Config {})?;
    let config = Config {
        allocation,
        packet_timeout: msg.packet_timeout,
        bounce_max: msg.bounce_max,
        execution_grace: msg.execution_grace,
        unbonding_period: neighbour.unbonding_period,
        epoch_length: neighbour.epoch_length,
        throttle_period: msg.throttle.period,
        throttle_most: msg.throttle.most,
        buckets: msg.throttle.service,
    };
    if config.evidence_limit(0).is_none_or(|limit| limit == 0) {
        return Err(ContractError::Delays {
            bounce_max: msg.bounce_max,
            execution_grace: msg.execution_grace,
            unbonding_period: neighbour.unbonding_period,
        });
    }
    CONFIG.save(deps.storage, &config)?;
    LAST_SERVICE.save(deps.storage, &0)?;
    let shared = Shared {
        capacity: msg.throttle.shared,
        meter: Meter::default(),
    };
    SHARED.save(deps.storage, &shared)?;
    palisade_admin::initialize(
        deps.branch(),
        &msg.owner,
        msg.guardian.as_deref(),
        CONTRACT_NAME,
        CONTRACT_VERSION,
    )?;
    Ok(Response::new())
}

pub(crate) fn guard(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: AdminMsg<Action>,
) -> Result<Response, ContractError> {
    let msg = limit_pause(deps.storage, msg)?;
    let event = palisade_admin::execute(deps, &env, &info, msg)?;
    Ok(Response::new().add_event(event))
}

/// A pause of executions must not outlast the time that a request has for its execution.
fn limit_pause(
    storage: &dyn Storage,
    msg: AdminMsg<Action>,
) -> Result<AdminMsg<Action>, ContractError> {
    let AdminMsg::Pause {
        action: action @ Action::Executions,
        seconds,
    } = msg
    else {
        return Ok(msg);
    };
    let limit = CONFIG.load(storage)?.pause_limit();
    let requested = seconds.unwrap_or(limit);
    if requested == 0 || requested > limit {
        return Err(ContractError::Admin(AdminError::PauseLength {
            action: action.name(),
            limit,
            requested,
        }));
    }
    Ok(AdminMsg::Pause {
        action,
        seconds: Some(requested),
    })
}

pub(crate) fn update_ownership(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    action: cw_ownable::Action,
) -> Result<Response, ContractError> {
    let ownership = cw_ownable::update_ownership(deps, &env.block, &info.sender, action)?;
    Ok(Response::new().add_attributes(ownership.into_attributes()))
}
