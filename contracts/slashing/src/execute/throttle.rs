//! How fast stake can be slashed, and the stop of a service that went rogue.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Storage, Timestamp, Uint128};
use palisade_admin::{only_guardian, only_owner, AdminError};
use palisade_math::Meter;
use palisade_types::allocation::ServiceId;
use palisade_types::slashing::{Buckets, ThrottleParams, SUSPENSION_LIMIT};

use super::load_service;
use crate::events;
use crate::state::{Config, Service, Shared, Throttle, CONFIG, SERVICES, SHARED, THROTTLES};
use crate::time::after;
use crate::ContractError;

/// The shortest time in which a bucket is full again, in seconds: an hour.
const MIN_PERIOD: u64 = 3_600;
/// The longest, in seconds: 30 days.
const MAX_PERIOD: u64 = 2_592_000;

/// Refuses parameters that are out of bounds.
pub(super) fn check(params: &ThrottleParams) -> Result<(), ContractError> {
    if !(MIN_PERIOD..=MAX_PERIOD).contains(&params.period) {
        return Err(ContractError::ThrottlePeriod {
            given: params.period,
            min: MIN_PERIOD,
            max: MAX_PERIOD,
        });
    }
    check_size(params.shared, params.most)?;
    check_buckets(&params.service, params.most)
}

fn check_size(given: Uint128, most: Uint128) -> Result<(), ContractError> {
    if given > most {
        return Err(ContractError::ThrottleSize { given, max: most });
    }
    Ok(())
}

fn check_buckets(buckets: &Buckets, most: Uint128) -> Result<(), ContractError> {
    check_size(buckets.limit, most)?;
    check_size(buckets.reserved, buckets.limit)
}

/// Sets a service's buckets.
pub(crate) fn set(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    buckets: Buckets,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    load_service(deps.storage, &env, service)?;
    let config = CONFIG.load(deps.storage)?;
    check_buckets(&buckets, config.throttle_most)?;
    let event = events::set_throttle(service, &buckets);
    let mut throttle = THROTTLES
        .may_load(deps.storage, service)?
        .unwrap_or_default();
    let (now, period) = (env.block.time, config.throttle_period);
    let former = throttle.buckets.as_ref().unwrap_or(&config.buckets);
    throttle.limit.settle(now, former.limit, period)?;
    throttle.reserved.settle(now, former.reserved, period)?;
    throttle.buckets = Some(buckets);
    THROTTLES.save(deps.storage, service, &throttle)?;
    Ok(Response::new().add_event(event))
}

/// Sets the size of the shared bucket.
pub(crate) fn set_shared(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    capacity: Uint128,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    let config = CONFIG.load(deps.storage)?;
    check_size(capacity, config.throttle_most)?;
    let Shared {
        capacity: former,
        mut meter,
    } = SHARED.load(deps.storage)?;
    meter.settle(env.block.time, former, config.throttle_period)?;
    SHARED.save(deps.storage, &Shared { capacity, meter })?;
    Ok(Response::new().add_event(events::set_shared_throttle(capacity)))
}

/// Draws a slash's weight, or says when there is something to draw on again. `must`: it passes in any
/// case, but past its limits it leaves no debt in the shared bucket, for which others would wait.
/// Nothing is written for a slash that does not pass.
pub(super) fn draw(
    storage: &mut dyn Storage,
    config: &Config,
    service: ServiceId,
    weight: Uint128,
    now: Timestamp,
    must: bool,
) -> Result<Option<Timestamp>, ContractError> {
    if weight.is_zero() {
        return Ok(None);
    }
    let period = config.throttle_period;
    let mut throttle = THROTTLES.may_load(storage, service)?.unwrap_or_default();
    let sizes = throttle.buckets.as_ref().unwrap_or(&config.buckets).clone();
    let holds = |meter: &Meter, size| meter.open(now, size, period);
    let below = holds(&throttle.limit, sizes.limit)?;
    if (below || must) && holds(&throttle.reserved, sizes.reserved)? {
        throttle
            .reserved
            .draw(now, sizes.reserved, period, weight)?;
    } else {
        let mut shared = SHARED.load(storage)?;
        let passes = below && holds(&shared.meter, shared.capacity)?;
        if passes {
            shared.meter.draw(now, shared.capacity, period, weight)?;
            SHARED.save(storage, &shared)?;
        } else if !must {
            return Ok(Some(opens_at(&throttle, &sizes, &shared, period)?));
        }
    }
    throttle.limit.draw(now, sizes.limit, period, weight)?;
    THROTTLES.save(storage, service, &throttle)?;
    Ok(None)
}

/// When there is something to draw on again. The end of time stands for never: a slash's deadline
/// comes before.
fn opens_at(
    throttle: &Throttle,
    sizes: &Buckets,
    shared: &Shared,
    period: u64,
) -> Result<Timestamp, ContractError> {
    let opens = |meter: &Meter, size| -> Result<Timestamp, ContractError> {
        let at = meter.opens_at(size, period)?;
        Ok(at.unwrap_or(Timestamp::from_nanos(u64::MAX)))
    };
    let reserved = opens(&throttle.reserved, sizes.reserved)?;
    let common = opens(&shared.meter, shared.capacity)?;
    Ok(opens(&throttle.limit, sizes.limit)?.max(reserved.min(common)))
}

/// Stops a service's slashes for a while.
pub(crate) fn suspend(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    seconds: Option<u64>,
) -> Result<Response, ContractError> {
    only_guardian(deps.as_ref(), &info.sender)?;
    let now = env.block.time;
    let mut stored = load_service(deps.storage, &env, service)?;
    let limit = CONFIG.load(deps.storage)?.suspension_limit();
    let requested = seconds.unwrap_or(limit);
    if requested == 0 || requested > limit {
        return Err(ContractError::Admin(AdminError::PauseLength {
            action: SLASHES,
            limit,
            requested,
        }));
    }
    if let Some(until) = stored.suspended_until {
        let earliest = after(until, limit);
        if now < earliest {
            return Err(ContractError::Admin(AdminError::PauseTooSoon {
                action: SLASHES,
                earliest,
            }));
        }
    }
    let until = after(now, requested);
    stored.suspended_until = Some(until);
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::suspend(service, until)))
}

/// Ends a suspension; the time until the next one runs from now.
pub(crate) fn resume(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    only_guardian(deps.as_ref(), &info.sender)?;
    let mut stored = load_service(deps.storage, &env, service)?;
    if stored.suspended(env.block.time).is_none() {
        return Err(ContractError::Admin(AdminError::NotPaused {
            action: SLASHES,
        }));
    }
    stored.suspended_until = Some(env.block.time);
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::resume(service)))
}

/// What a suspension stops, as in "slashes are paused".
const SLASHES: &str = "slashes";

impl Config {
    /// The longest suspension of a service, in seconds: within the time for which a slash may
    /// bounce.
    pub(crate) fn suspension_limit(&self) -> u64 {
        self.bounce_max.min(SUSPENSION_LIMIT)
    }
}

impl Service {
    /// Until when it is suspended, if it is.
    pub(crate) fn suspended(&self, now: Timestamp) -> Option<Timestamp> {
        self.suspended_until.filter(|until| now < *until)
    }
}
