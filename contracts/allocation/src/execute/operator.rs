use cosmwasm_std::{
    Addr, Decimal, Deps, DepsMut, Env, MessageInfo, Order, Response, Timestamp, Uint128,
};
use palisade_types::allocation::{
    Action, Admission, KeyProof, ServiceId, SliceShare, MAX_ASSETS, MAX_SERVICES,
};
use palisade_types::delegation::{OperatorResponse, QueryMsg};

use super::power::Stale;
use super::service::require_running;
use super::touch::Touch;
use super::{ask_stakes, key, load_member, load_service};
use crate::events;
use crate::ledger::Ledger;
use crate::state::{
    Config, Member, Operator, Service, Slice, ALLOWED, COMMITMENTS, CONFIG, COUNTS, JAILED, LEFT,
    LISTED, MEMBERS, MEMBERSHIPS, OPERATORS,
};
use crate::ContractError;

pub(crate) fn set_cap(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    cap: Decimal,
) -> Result<Response, ContractError> {
    if cap > Decimal::one() {
        return Err(ContractError::BadFraction {
            field: "cap",
            found: cap,
            most: Decimal::one(),
        });
    }
    let config = CONFIG.load(deps.storage)?;
    require_operator(deps.as_ref(), &config, &info.sender)?;
    let now = env.block.time;
    let mut operator = OPERATORS
        .may_load(deps.storage, &info.sender)?
        .unwrap_or_default();
    let present = operator.cap_at(now);
    let effective_at = if cap > present {
        // Long enough for whoever dislikes it to be gone, epoch of the undelegation included.
        config.leavable_at(now)
    } else {
        check_promises(deps.as_ref(), &config, &env, &info.sender, cap)?;
        now
    };
    operator.cap = present.min(cap);
    operator.pending_cap = (cap > present).then_some((cap, effective_at));
    OPERATORS.save(deps.storage, &info.sender, &operator)?;
    Ok(Response::new().add_event(events::set_cap(&info.sender, cap, effective_at)))
}

/// Refuses a cap below what is promised. An operator has at most `MAX_SERVICES * MAX_ASSETS`
/// promises, all told.
fn check_promises(
    deps: Deps,
    config: &Config,
    env: &Env,
    operator: &Addr,
    cap: Decimal,
) -> Result<(), ContractError> {
    let promised = COMMITMENTS
        .prefix(operator)
        .range(deps.storage, None, None, Order::Ascending)
        .collect::<Result<Vec<_>, _>>()?;
    for page in promised.chunks(MAX_ASSETS) {
        let assets: Vec<_> = page.iter().map(|(asset, _)| asset.clone()).collect();
        let answer = ask_stakes(deps, config, std::slice::from_ref(operator), &assets)?;
        for ((asset, stored), stake) in page.iter().zip(answer.stakes.iter().flatten()) {
            Ledger::read(stored.clone(), asset, &stake.magnitude, env.block.time).check(cap)?;
        }
    }
    Ok(())
}

fn require_operator(deps: Deps, config: &Config, operator: &Addr) -> Result<(), ContractError> {
    let known: Result<OperatorResponse, _> = config.delegation.ask(
        deps.querier,
        &QueryMsg::Operator {
            operator: operator.to_string(),
        },
    );
    known
        .map(|_| ())
        .map_err(|_| ContractError::UnknownOperator {
            operator: operator.clone(),
        })
}

pub(crate) fn opt_in(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    key: Option<KeyProof>,
    shares: Vec<SliceShare>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Promises)?;
    let config = CONFIG.load(deps.storage)?;
    let stored = load_service(deps.storage, service)?;
    let (mut operator, known) = admit(deps.as_ref(), &config, service, &stored, &info.sender)?;
    require_shares(&stored, &shares)?;
    let comes_back = known.is_some();
    let mut member = match known {
        Some(member) => member,
        None => {
            operator.services = operator.services.saturating_add(1);
            Member {
                jailed: JAILED.has(deps.storage, (service, &info.sender)),
                ..Member::default()
            }
        }
    };
    member.leaving = None;
    match (stored.terms.keyed, key) {
        (true, Some(proof)) => {
            let (config, operator) = (&config, &info.sender);
            key::replace(
                deps.branch(),
                &env,
                config,
                service,
                operator,
                &mut member,
                proof,
            )?;
        }
        (true, None) if member.key.is_none() => return Err(ContractError::KeyNeeded { service }),
        (false, Some(_)) => return Err(ContractError::KeyNotUsed { service }),
        _ => {}
    }
    let touch = Touch::load(
        deps.as_ref(),
        &config,
        &env,
        (service, &stored),
        info.sender.clone(),
    )?;
    touch.settle(&mut deps, &mut member)?;
    touch.aim(
        &mut deps,
        &mut member,
        &shares,
        operator.cap_at(env.block.time),
    )?;
    let strength = touch.strength(&member, Stale::AsBefore(None))?;

    let mut response = Response::new();
    let mut counts = COUNTS.load(deps.storage, service)?;
    if counts.operators >= stored.terms.max_operators {
        // Into a free place only: who comes back could push others out again and again, and who may
        // be in is up to a list.
        if comes_back || stored.terms.admission != (Admission::Open {}) {
            return Err(no_free_place(service, &stored));
        }
        let weakest = displace(&mut deps, &config, &env, service, &stored, strength)?;
        response = response.add_event(events::opt_out(service, &weakest, Some(&info.sender)));
    } else {
        counts.operators = counts.operators.saturating_add(1);
    }
    COUNTS.save(deps.storage, service, &counts)?;
    OPERATORS.save(deps.storage, &info.sender, &operator)?;
    MEMBERSHIPS.save(deps.storage, (&info.sender, service), &())?;
    MEMBERS.save(deps.storage, (service, &info.sender), &member)?;
    LISTED.save(deps.storage, (service, &info.sender), &strength)?;
    let effective_at = env.block.time.plus_seconds(config.allocation_delay);
    Ok(response.add_event(events::opt_in(service, &info.sender, effective_at)))
}

/// Whether an operator may come in. One on its way out may come back: its slices are still there.
fn admit(
    deps: Deps,
    config: &Config,
    service: ServiceId,
    stored: &Service,
    operator: &Addr,
) -> Result<(Operator, Option<Member>), ContractError> {
    require_running(service, stored)?;
    require_operator(deps, config, operator)?;
    let member = MEMBERS.may_load(deps.storage, (service, operator))?;
    let tombstoned = match &member {
        Some(member) => member.tombstoned,
        None => JAILED.may_load(deps.storage, (service, operator))? == Some(true),
    };
    if tombstoned {
        return Err(ContractError::Tombstoned {
            service,
            operator: operator.clone(),
        });
    }
    if member
        .as_ref()
        .is_some_and(|member| member.leaving.is_none())
    {
        return Err(ContractError::AlreadyMember {
            service,
            operator: operator.clone(),
        });
    }
    if stored.terms.admission == (Admission::AllowList {})
        && !ALLOWED.has(deps.storage, (service, operator))
    {
        return Err(ContractError::NotAllowed {
            service,
            operator: operator.clone(),
        });
    }
    let record = OPERATORS
        .may_load(deps.storage, operator)?
        .unwrap_or_default();
    if member.is_none() && record.services >= MAX_SERVICES {
        return Err(ContractError::TooManyServices { most: MAX_SERVICES });
    }
    Ok((record, member))
}

/// Refuses to join without a slice.
fn require_shares(stored: &Service, shares: &[SliceShare]) -> Result<(), ContractError> {
    if shares.is_empty() {
        return Err(ContractError::BadCount {
            what: "slices",
            found: 0,
            most: MAX_ASSETS,
        });
    }
    if shares.iter().any(|s| s.share.is_zero()) {
        return Err(ContractError::BadFraction {
            field: "share",
            found: Decimal::zero(),
            most: stored.terms.max_slash,
        });
    }
    Ok(())
}

fn no_free_place(service: ServiceId, stored: &Service) -> ContractError {
    ContractError::NoFreePlace {
        service,
        most: stored.terms.max_operators,
    }
}

/// Sends the weakest operator of a full service on its way out, if the newcomer is stronger. The
/// list holds no more than twice the service's places: those that are in, and as many that were
/// in at the last sync.
fn displace(
    deps: &mut DepsMut,
    config: &Config,
    env: &Env,
    service: ServiceId,
    stored: &Service,
    strength: Uint128,
) -> Result<Addr, ContractError> {
    let listed = LISTED
        .prefix(service)
        .range(deps.storage, None, None, Order::Ascending)
        .collect::<Result<Vec<_>, _>>()?;
    let mut weakest: Option<(Addr, Member, Uint128)> = None;
    for (operator, present) in listed {
        if weakest
            .as_ref()
            .is_some_and(|(_, _, least)| *least <= present)
        {
            continue;
        }
        let member = load_member(deps.storage, service, &operator)?;
        if member.leaving.is_none() {
            weakest = Some((operator, member, present));
        }
    }
    let Some((operator, mut member, least)) = weakest else {
        return Err(no_free_place(service, stored));
    };
    if strength <= least {
        return Err(ContractError::ServiceFull {
            service,
            needed: least,
            offered: strength,
        });
    }
    let touch = Touch::load(
        deps.as_ref(),
        config,
        env,
        (service, stored),
        operator.clone(),
    )?;
    send_off(deps, &touch, service, &operator, &mut member)?;
    Ok(operator)
}

/// Sends an operator on its way out. One that counts nothing needs no further sync.
fn send_off(
    deps: &mut DepsMut,
    touch: &Touch,
    service: ServiceId,
    operator: &Addr,
    member: &mut Member,
) -> Result<(), ContractError> {
    touch.release(deps, member)?;
    MEMBERS.save(deps.storage, (service, operator), member)?;
    if member.power.is_zero() && member.raw.is_zero() {
        LISTED.remove(deps.storage, (service, operator));
    } else {
        LISTED.save(deps.storage, (service, operator), &Uint128::zero())?;
    }
    Ok(())
}

pub(crate) fn adjust(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    shares: Vec<SliceShare>,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let stored = load_service(deps.storage, service)?;
    let mut member = load_member(deps.storage, service, &info.sender)?;
    if member.leaving.is_some() {
        return Err(ContractError::Leaving {
            service,
            operator: info.sender,
        });
    }
    let cap = OPERATORS
        .may_load(deps.storage, &info.sender)?
        .unwrap_or_default()
        .cap_at(env.block.time);
    let touch = Touch::load(
        deps.as_ref(),
        &config,
        &env,
        (service, &stored),
        info.sender.clone(),
    )?;
    touch.settle(&mut deps, &mut member)?;
    touch.aim(&mut deps, &mut member, &shares, cap)?;
    let strength = touch.strength(&member, Stale::ByLastRate)?;
    LISTED.save(deps.storage, (service, &info.sender), &strength)?;
    MEMBERS.save(deps.storage, (service, &info.sender), &member)?;
    Ok(Response::new().add_event(events::adjust(service, &info.sender)))
}

pub(crate) fn opt_out(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let stored = load_service(deps.storage, service)?;
    let mut member = load_member(deps.storage, service, &info.sender)?;
    if member.leaving.is_some() {
        return Err(ContractError::Leaving {
            service,
            operator: info.sender,
        });
    }
    let touch = Touch::load(
        deps.as_ref(),
        &config,
        &env,
        (service, &stored),
        info.sender.clone(),
    )?;
    send_off(&mut deps, &touch, service, &info.sender, &mut member)?;
    COUNTS.update(deps.storage, service, |counts| {
        let mut counts = counts.unwrap_or_default();
        counts.operators = counts.operators.saturating_sub(1);
        Ok::<_, ContractError>(counts)
    })?;
    Ok(Response::new().add_event(events::opt_out(service, &info.sender, None)))
}

pub(crate) fn leave(
    mut deps: DepsMut,
    env: Env,
    service: ServiceId,
    operator: &str,
) -> Result<Response, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let config = CONFIG.load(deps.storage)?;
    let stored = load_service(deps.storage, service)?;
    let mut member = load_member(deps.storage, service, &operator)?;
    let touch = Touch::load(
        deps.as_ref(),
        &config,
        &env,
        (service, &stored),
        operator.clone(),
    )?;
    touch.settle(&mut deps, &mut member)?;
    let backing = touch.backing();
    let bound = |slice: &Slice| {
        let pool = backing.pool(&slice.asset);
        slice.pending.is_some() || pool.is_some_and(|pool| !slice.now(pool).is_zero())
    };
    // Not before the delay, even where nothing was promised yet: otherwise an operator could push
    // others out of a full service and be gone, again and again.
    let over = |left_at: Timestamp| left_at.plus_seconds(config.deallocation_delay);
    let over = member.leaving.map(over);
    let waits = over.is_none_or(|over| over > env.block.time);
    if waits || !member.power.is_zero() || !member.raw.is_zero() || member.slices.iter().any(bound)
    {
        return Err(ContractError::StillBound {
            service,
            operator,
            until: over.filter(|_| waits),
        });
    }
    if let Some(key) = &member.key {
        key::retire(deps.storage, &config, service, key, env.block.time)?;
    }
    if member.jailed {
        JAILED.save(deps.storage, (service, &operator), &member.tombstoned)?;
    }
    MEMBERS.remove(deps.storage, (service, &operator));
    MEMBERSHIPS.remove(deps.storage, (&operator, service));
    LISTED.remove(deps.storage, (service, &operator));
    let unneeded = config.leavable_at(env.block.time).nanos();
    LEFT.save(deps.storage, (service, unneeded, &operator), &())?;
    let mut record = OPERATORS
        .may_load(deps.storage, &operator)?
        .unwrap_or_default();
    record.services = record.services.saturating_sub(1);
    OPERATORS.save(deps.storage, &operator, &record)?;
    Ok(Response::new().add_event(events::leave(service, &operator)))
}
