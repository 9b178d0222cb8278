use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use palisade_admin::{cw_ownable, AdminMsg};
use palisade_types::allocation::{Action, InstantiateMsg};
use palisade_types::delegation::{ConfigResponse, QueryMsg};
use palisade_types::neighbour::Neighbour;
use palisade_types::token::Token;

use crate::contract::{CONTRACT_NAME, CONTRACT_VERSION};
use crate::events;
use crate::state::{Config, CONFIG, OWED};
use crate::ContractError;

/// The longest delay, in seconds: ten years. It keeps every sum of times far from its end.
const LONGEST_DELAY: u64 = 3_650 * 86_400;

pub(crate) fn instantiate(deps: DepsMut, msg: InstantiateMsg) -> Result<Response, ContractError> {
    let delegation = Neighbour(deps.api.addr_validate(&msg.delegation)?);
    let left: ConfigResponse = delegation.ask(deps.querier, &QueryMsg::Config {})?;
    let delays = [
        (
            "allocation_delay",
            msg.allocation_delay,
            left.epoch_length.saturating_mul(2),
        ),
        (
            "deallocation_delay",
            msg.deallocation_delay,
            left.unbonding_period,
        ),
        ("max_lag", msg.max_lag, left.epoch_length),
    ];
    for (parameter, found, least) in delays {
        if found < least {
            return Err(ContractError::ShortDelay {
                parameter,
                found,
                least,
            });
        }
        if found > LONGEST_DELAY {
            return Err(ContractError::LongDelay {
                parameter,
                found,
                most: LONGEST_DELAY,
            });
        }
    }
    CONFIG.save(
        deps.storage,
        &Config {
            delegation,
            slashing: None,
            allocation_delay: msg.allocation_delay,
            deallocation_delay: msg.deallocation_delay,
            max_lag: msg.max_lag,
            genesis: left.genesis,
            epoch_length: left.epoch_length,
            unbonding_period: left.unbonding_period,
        },
    )?;
    palisade_admin::initialize(
        deps,
        &msg.owner,
        msg.guardian.as_deref(),
        CONTRACT_NAME,
        CONTRACT_VERSION,
    )?;
    Ok(Response::new())
}

pub(crate) fn connect(
    deps: DepsMut,
    info: MessageInfo,
    slashing: &str,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let slashing = deps.api.addr_validate(slashing)?;
    let mut config = CONFIG.load(deps.storage)?;
    if let Some(Neighbour(slashing)) = config.slashing {
        return Err(ContractError::AlreadyConnected { slashing });
    }
    config.slashing = Some(Neighbour(slashing.clone()));
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(events::connect(&slashing)))
}

/// Pays out all that is held of a token beyond what is owed as rewards.
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
    let owed = OWED.may_load(deps.storage, &name)?.unwrap_or_default();
    let balance = token.balance(deps.querier, &env.contract.address)?;
    let surplus = balance.saturating_sub(owed);
    if surplus.is_zero() {
        return Err(ContractError::NothingToRecover {
            token: name,
            balance,
            owed,
        });
    }
    let payment = token.pay(&recipient, surplus)?;
    let event = events::recover(&name, surplus, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}

pub(crate) fn guard(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: AdminMsg<Action>,
) -> Result<Response, ContractError> {
    Ok(Response::new().add_event(palisade_admin::execute(deps, &env, &info, msg)?))
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
