//! Operators: who they are, and whose stake they accept.

use std::collections::BTreeSet;

use cosmwasm_std::{
    Addr, Api, BlockInfo, Decimal, DepsMut, Empty, Env, MessageInfo, Response, StdResult, Storage,
    Timestamp,
};
use palisade_types::delegation::{Action, Commission, OperatorChange, OperatorMetadata};

use crate::error::ContractError;
use crate::events;
use crate::state::{
    CommissionState, FirstLoss, Operator, COMMISSIONS, CONFIG, FIRST_LOSSES, METADATA, OPERATORS,
    STAKERS,
};

/// Seconds between two changes of a commission.
const DAY: u64 = 86_400;
/// Most stakers to add, and to remove, in one message.
const MAX_STAKERS: usize = 100;

/// Registers the sender.
pub(crate) fn register(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    metadata: &OperatorMetadata,
    commission: Commission,
    restricted: bool,
) -> Result<Response, ContractError> {
    let operator = &info.sender;
    if OPERATORS.has(deps.storage, operator) {
        return Err(ContractError::AlreadyRegistered {
            operator: operator.clone(),
        });
    }
    check_metadata(metadata)?;
    at_most("max_rate", commission.max_rate, Decimal::one())?;
    at_most("rate", commission.rate, commission.max_rate)?;
    at_most(
        "max_daily_change",
        commission.max_daily_change,
        commission.max_rate,
    )?;
    let event = events::register_operator(operator, metadata, &commission, restricted);
    OPERATORS.save(
        deps.storage,
        operator,
        &Operator {
            closed: false,
            restricted,
        },
    )?;
    METADATA.save(deps.storage, operator, metadata)?;
    COMMISSIONS.save(
        deps.storage,
        operator,
        &CommissionState {
            rate: commission.rate,
            max_rate: commission.max_rate,
            max_daily_change: commission.max_daily_change,
            updated_at: env.block.time,
        },
    )?;
    Ok(Response::new().add_event(event))
}

/// Changes the sender's operator.
pub(crate) fn update(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    change: OperatorChange,
) -> Result<Response, ContractError> {
    let mut operator = load(deps.storage, &info.sender)?;
    if change == OperatorChange::default() {
        return Err(ContractError::NothingToChange);
    }
    let event = events::update_operator(&info.sender, &change);
    if let Some(metadata) = change.metadata {
        check_metadata(&metadata)?;
        METADATA.save(deps.storage, &info.sender, &metadata)?;
    }
    if let Some(rate) = change.commission {
        let mut commission = COMMISSIONS.load(deps.storage, &info.sender)?;
        change_rate(&mut commission, rate, &env.block)?;
        COMMISSIONS.save(deps.storage, &info.sender, &commission)?;
    }
    if change.accepts_stake.is_some() || change.restricted.is_some() {
        operator.closed = change.accepts_stake.map_or(operator.closed, |open| !open);
        operator.restricted = change.restricted.unwrap_or(operator.restricted);
        OPERATORS.save(deps.storage, &info.sender, &operator)?;
    }
    Ok(Response::new().add_event(event))
}

/// Changes who may stand behind the sender while it is restricted.
pub(crate) fn set_stakers(
    deps: DepsMut,
    info: &MessageInfo,
    add: &[String],
    remove: &[String],
) -> Result<Response, ContractError> {
    load(deps.storage, &info.sender)?;
    if add.is_empty() && remove.is_empty() {
        return Err(ContractError::NothingToChange);
    }
    let mut seen = BTreeSet::new();
    for staker in validated(deps.api, add, &mut seen)? {
        STAKERS.save(deps.storage, (&info.sender, &staker), &Empty {})?;
    }
    for staker in validated(deps.api, remove, &mut seen)? {
        STAKERS.remove(deps.storage, (&info.sender, &staker));
    }
    Ok(Response::new().add_event(events::set_stakers(&info.sender, add, remove)))
}

/// Publishes the share of every loss that the sender's own stake bears first. What is at least the
/// share in force is so at once; less is so when all of what is undelegated in this epoch and the
/// next has matured. Either takes the place of a change on its way.
pub(crate) fn set_first_loss(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    share: Decimal,
) -> Result<Response, ContractError> {
    let operator = &info.sender;
    load(deps.storage, operator)?;
    if share > Decimal::one() {
        return Err(ContractError::FirstLossAboveOne { share });
    }
    let now = env.block.time;
    let before = first_loss(deps.storage, operator, now)?;
    let announced = before.pending.map_or(before.share, |(share, _)| share);
    if share == announced {
        return Err(ContractError::NothingToChange);
    }
    let (after, effective_at) = if share >= before.share {
        let pending = None;
        (FirstLoss { share, pending }, now)
    } else {
        // Who reads of it in the last moment of this epoch has the whole next one to leave in.
        let epochs = CONFIG.load(deps.storage)?.epochs;
        let effective_at = epochs.matures_at(epochs.at(now).saturating_add(1))?;
        let after = FirstLoss {
            share: before.share,
            pending: Some((share, effective_at)),
        };
        (after, effective_at)
    };
    FIRST_LOSSES.save(deps.storage, operator, &after)?;
    Ok(Response::new().add_event(events::set_first_loss(operator, share, effective_at)))
}

/// The agreement of an operator as of now.
pub(crate) fn first_loss(
    storage: &dyn Storage,
    operator: &Addr,
    now: Timestamp,
) -> StdResult<FirstLoss> {
    let stored = FIRST_LOSSES.may_load(storage, operator)?;
    Ok(stored.unwrap_or_default().at(now))
}

/// Refuses a staker whom the operator does not accept now, or anybody while delegations are
/// paused. One storage read for each question.
pub(crate) fn require_acceptance(
    storage: &dyn Storage,
    block: &BlockInfo,
    operator: &Addr,
    staker: &Addr,
) -> Result<(), ContractError> {
    palisade_admin::require_active(storage, block, &Action::Delegations)?;
    let record = load(storage, operator)?;
    if record.closed {
        return Err(ContractError::ClosedOperator {
            operator: operator.clone(),
        });
    }
    if record.restricted && !STAKERS.has(storage, (operator, staker)) {
        return Err(ContractError::NotListed {
            operator: operator.clone(),
            staker: staker.clone(),
        });
    }
    Ok(())
}

pub(crate) fn load(storage: &dyn Storage, operator: &Addr) -> Result<Operator, ContractError> {
    OPERATORS
        .may_load(storage, operator)?
        .ok_or_else(|| ContractError::UnknownOperator {
            operator: operator.clone(),
        })
}

/// As in the Cosmos SDK: once a day at most, a rise bounded, a fall free.
fn change_rate(
    commission: &mut CommissionState,
    rate: Decimal,
    block: &BlockInfo,
) -> Result<(), ContractError> {
    let earliest = commission.updated_at.plus_seconds(DAY);
    if block.time < earliest {
        return Err(ContractError::CommissionTooSoon { earliest });
    }
    at_most("rate", rate, commission.max_rate)?;
    let rise = rate.saturating_sub(commission.rate);
    at_most("daily change", rise, commission.max_daily_change)?;
    commission.rate = rate;
    commission.updated_at = block.time;
    Ok(())
}

fn at_most(name: &'static str, value: Decimal, limit: Decimal) -> Result<(), ContractError> {
    if value > limit {
        return Err(ContractError::CommissionAbove { name, value, limit });
    }
    Ok(())
}

fn check_metadata(metadata: &OperatorMetadata) -> Result<(), ContractError> {
    let fields = [
        ("name", &metadata.name, 1, 70),
        ("website", &metadata.website, 0, 140),
        ("details", &metadata.details, 0, 280),
    ];
    for (field, text, min, max) in fields {
        let actual = text.len();
        if actual < min || actual > max {
            return Err(ContractError::TextLength {
                field,
                min,
                max,
                actual,
            });
        }
    }
    Ok(())
}

/// Valid addresses, none of them `seen` before.
fn validated(
    api: &dyn Api,
    stakers: &[String],
    seen: &mut BTreeSet<Addr>,
) -> Result<Vec<Addr>, ContractError> {
    if stakers.len() > MAX_STAKERS {
        return Err(ContractError::TooMany {
            what: "stakers",
            limit: MAX_STAKERS,
            actual: stakers.len(),
        });
    }
    stakers
        .iter()
        .map(|staker| {
            let staker = api.addr_validate(staker)?;
            if !seen.insert(staker.clone()) {
                return Err(ContractError::Duplicate {
                    what: "staker",
                    value: staker.into_string(),
                });
            }
            Ok(staker)
        })
        .collect()
}
