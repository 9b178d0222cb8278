//! Penalties and their changes.

use cosmwasm_std::{
    Decimal, DepsMut, Env, MessageInfo, Order, Response, StdResult, Storage, Timestamp,
};
use palisade_ibc::{DOUBLE_SIGN, DOWNTIME, MAX_KIND_LENGTH};
use palisade_types::allocation::{self, ServiceId};
use palisade_types::slashing::{Penalty, MAX_JAIL, MAX_OWN_KINDS, MAX_VERSIONS};

use super::only_admin;
use crate::events;
use crate::state::{Config, Policies, Policy, Version, CONFIG, PENALTIES};
use crate::time::{after, before};
use crate::ContractError;

/// Most penalties: the two standard kinds and the service's own.
const MAX_KINDS: usize = 2usize.saturating_add(MAX_OWN_KINDS);

/// Saves the penalties of a service that registers.
pub(super) fn register(
    storage: &mut dyn Storage,
    service: ServiceId,
    penalties: &[Penalty],
    max_slash: Decimal,
) -> Result<(), ContractError> {
    for penalty in penalties {
        check(penalty, max_slash)?;
        let key = (service, penalty.kind.as_str());
        if PENALTIES.has(storage, key) {
            return Err(ContractError::DuplicateKind {
                kind: penalty.kind.clone(),
            });
        }
        let mut policies = Policies::default();
        policies.versions.push(Version {
            from: Timestamp::default(),
            policy: Some(penalty.into()),
        });
        PENALTIES.save(storage, key, &policies)?;
    }
    count(storage, service)
}

/// Changes or adds a penalty.
pub(crate) fn set(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    penalty: Penalty,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let config = CONFIG.load(deps.storage)?;
    let allocated: allocation::ServiceResponse = config
        .allocation
        .ask(deps.querier, &allocation::QueryMsg::Service { service })?;
    check(&penalty, allocated.terms.max_slash)?;
    let policy = Policy::from(&penalty);
    change(
        deps.storage,
        &env,
        &config,
        service,
        &penalty.kind,
        Some(policy),
    )
}

/// Ends a penalty.
pub(crate) fn remove(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    kind: &str,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let config = CONFIG.load(deps.storage)?;
    if kind.len() > MAX_KIND_LENGTH {
        return Err(ContractError::UnknownKind {
            kind: kind.chars().take(MAX_KIND_LENGTH).collect(),
        });
    }
    change(deps.storage, &env, &config, service, kind, None)
}

fn change(
    storage: &mut dyn Storage,
    env: &Env,
    config: &Config,
    service: ServiceId,
    kind: &str,
    policy: Option<Policy>,
) -> Result<Response, ContractError> {
    let now = env.block.time;
    let known = PENALTIES.may_load(storage, (service, kind))?;
    if known.is_none() && policy.is_none() {
        return Err(ContractError::UnknownKind {
            kind: kind.to_string(),
        });
    }
    let mut policies = known.unwrap_or_default();
    let from = policies.change(policy, now, config.unbonding_period, kind)?;
    PENALTIES.save(storage, (service, kind), &policies)?;
    forget(storage, service, before(now, config.unbonding_period))?;
    count(storage, service)?;
    Ok(Response::new().add_event(events::set_penalty(service, kind, policies.at(from), from)))
}

impl Policies {
    /// Takes a change in and says from which time of infraction on it counts: at once if it is
    /// milder in every respect, else after the unbonding period, so that whoever objects can leave.
    fn change(
        &mut self,
        policy: Option<Policy>,
        now: Timestamp,
        unbonding_period: u64,
        kind: &str,
    ) -> Result<Timestamp, ContractError> {
        let horizon = before(now, unbonding_period);
        let versions = self.versions.len();
        self.versions.retain(|version| version.from <= now);
        let replaces = self.versions.len() < versions;
        let present = self.at(now);
        if present == policy && !replaces {
            return Err(ContractError::NoChange {
                kind: kind.to_string(),
            });
        }
        let from = match (&present, &policy) {
            (_, None) => now,
            (Some(present), Some(policy)) if policy.is_milder(present) => now,
            _ => after(now, unbonding_period),
        };
        if present != policy {
            // A change in the same block replaces the one before.
            self.versions.retain(|version| version.from != from);
            self.versions.push(Version { from, policy });
        }
        self.versions.drain(..self.first_needed(horizon));
        if self.versions.len() > MAX_VERSIONS {
            return Err(ContractError::TooManyVersions {
                kind: kind.to_string(),
                max: MAX_VERSIONS,
            });
        }
        Ok(from)
    }

    /// Where the versions begin that an infraction after the horizon may need: with the one that
    /// was in force at it.
    fn first_needed(&self, horizon: Timestamp) -> usize {
        let in_force = self.versions.iter().rposition(|v| v.from <= horizon);
        in_force.unwrap_or_default()
    }

    /// Whether no infraction after the horizon is punished.
    fn is_over(&self, horizon: Timestamp) -> bool {
        let mut needed = self.versions.iter().skip(self.first_needed(horizon));
        needed.all(|version| version.policy.is_none())
    }
}

impl Policy {
    /// Whether nobody can object to it in place of `other`. That it tombstones no more is a relief
    /// only where it takes nothing: penalties that tombstone are borne once, others add up.
    fn is_milder(&self, other: &Policy) -> bool {
        let relief = other.tombstone && self.fraction.is_zero();
        self.fraction <= other.fraction
            && self.jail <= other.jail
            && (self.tombstone == other.tombstone || relief)
    }

    /// The penalty as people know it.
    pub(crate) fn named(self, kind: &str) -> Penalty {
        Penalty {
            kind: kind.to_string(),
            fraction: self.fraction,
            jail: self.jail,
            tombstone: self.tombstone,
        }
    }
}

impl From<&Penalty> for Policy {
    fn from(penalty: &Penalty) -> Self {
        Policy {
            fraction: penalty.fraction,
            jail: penalty.jail,
            tombstone: penalty.tombstone,
        }
    }
}

/// Forgets kinds that no infraction after the horizon has a penalty of.
fn forget(
    storage: &mut dyn Storage,
    service: ServiceId,
    horizon: Timestamp,
) -> Result<(), ContractError> {
    for kind in kinds(storage, service)? {
        let key = (service, kind.as_str());
        if PENALTIES.load(storage, key)?.is_over(horizon) {
            PENALTIES.remove(storage, key);
        }
    }
    Ok(())
}

fn kinds(storage: &dyn Storage, service: ServiceId) -> StdResult<Vec<String>> {
    PENALTIES
        .prefix(service)
        .keys(storage, None, None, Order::Ascending)
        .collect()
}

/// Refuses more kinds than there may be, which bounds every walk over them.
fn count(storage: &dyn Storage, service: ServiceId) -> Result<(), ContractError> {
    let kinds = kinds(storage, service)?;
    let own = kinds.iter().filter(|kind| !is_standard(kind)).count();
    if own > MAX_OWN_KINDS {
        return Err(ContractError::TooManyPenalties {
            given: kinds.len(),
            max: MAX_KINDS,
            own: MAX_OWN_KINDS,
        });
    }
    Ok(())
}

fn is_standard(kind: &str) -> bool {
    kind == DOWNTIME || kind == DOUBLE_SIGN
}

fn check(penalty: &Penalty, max_slash: Decimal) -> Result<(), ContractError> {
    let kind = penalty.kind.clone();
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if kind.is_empty() || kind.len() > MAX_KIND_LENGTH || !kind.chars().all(letter) {
        return Err(ContractError::Kind {
            kind,
            max: MAX_KIND_LENGTH,
        });
    }
    if penalty.fraction > max_slash {
        return Err(ContractError::Fraction {
            kind,
            fraction: penalty.fraction,
            max_slash,
        });
    }
    if penalty.jail > MAX_JAIL {
        return Err(ContractError::Jail {
            kind,
            jail: penalty.jail,
            max: MAX_JAIL,
        });
    }
    if kind == DOUBLE_SIGN && !penalty.tombstone {
        return Err(ContractError::MustTombstone { kind });
    }
    if penalty.fraction.is_zero() && penalty.jail == 0 && !penalty.tombstone {
        return Err(ContractError::NoEffect { kind });
    }
    Ok(())
}
