//! Registration of services.

use cosmwasm_std::{Decimal, DepsMut, Env, MessageInfo, Response};
use palisade_admin::require_active;
use palisade_ibc::{DOUBLE_SIGN, DOWNTIME, MAX_KIND_LENGTH};
use palisade_types::allocation;
use palisade_types::asset::Destination;
use palisade_types::slashing::{Action, NewService, Penalty, Source, MAX_JAIL, MAX_OWN_KINDS};

use crate::events;
use crate::state::{
    Config, Link, Policy, Profile, Service, CONFIG, LAST_SERVICE, LINKS, PENALTIES, PROFILES,
    SERVICES,
};
use crate::ContractError;

/// Most penalties: the two standard kinds and the service's own.
const MAX_KINDS: usize = 2usize.saturating_add(MAX_OWN_KINDS);

pub(crate) fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    new: NewService,
) -> Result<Response, ContractError> {
    require_active(deps.storage, &env.block, &Action::Registrations)?;
    let config = CONFIG.load(deps.storage)?;
    timing_rule(&config, new.evidence_age)?;
    check_penalties(&new.penalties, new.terms.max_slash)?;
    if let Destination::Send { recipient } = &new.proceeds {
        let recipient = deps.api.addr_validate(recipient)?;
        if recipient == env.contract.address || recipient == config.allocation.0 {
            return Err(ContractError::Recipient { recipient });
        }
    }
    let (slasher, source) = match &new.source {
        Source::Ibc {} => (None, "ibc"),
        Source::Local { slasher } => (Some(deps.api.addr_validate(slasher)?), "local"),
    };

    let service = LAST_SERVICE
        .load(deps.storage)?
        .checked_add(1)
        .ok_or(ContractError::Exhausted { what: "services" })?;
    LAST_SERVICE.save(deps.storage, &service)?;
    SERVICES.save(
        deps.storage,
        service,
        &Service {
            evidence_age: new.evidence_age,
            proceeds: new.proceeds,
            nonce_epoch: 0,
            peer_number: 0,
            slasher,
        },
    )?;
    let profile = Profile {
        admin: info.sender.clone(),
        peer: None,
    };
    PROFILES.save(deps.storage, service, &profile)?;
    LINKS.save(deps.storage, service, &Link::default())?;
    for penalty in &new.penalties {
        let policy = Policy {
            fraction: penalty.fraction,
            jail: penalty.jail,
            tombstone: penalty.tombstone,
        };
        PENALTIES.save(deps.storage, (service, &penalty.kind), &policy)?;
    }
    let create = config
        .allocation
        .call(&allocation::ExecuteMsg::CreateService {
            service,
            admin: info.sender.to_string(),
            terms: new.terms,
        })?;
    Ok(Response::new()
        .add_message(create)
        .add_event(events::register_service(service, &info.sender, source)))
}

/// Nothing slashable leaves before its slash.
fn timing_rule(config: &Config, evidence_age: u64) -> Result<(), ContractError> {
    let max = config.evidence_limit().unwrap_or_default();
    if evidence_age == 0 || evidence_age > max {
        return Err(ContractError::TimingRule { evidence_age, max });
    }
    Ok(())
}

fn check_penalties(penalties: &[Penalty], max_slash: Decimal) -> Result<(), ContractError> {
    let own = penalties.iter().filter(|p| !is_standard(&p.kind)).count();
    if penalties.len() > MAX_KINDS || own > MAX_OWN_KINDS {
        return Err(ContractError::TooManyPenalties {
            given: penalties.len(),
            max: MAX_KINDS,
            own: MAX_OWN_KINDS,
        });
    }
    for (index, penalty) in penalties.iter().enumerate() {
        check_penalty(penalty, max_slash)?;
        if penalties.iter().take(index).any(|p| p.kind == penalty.kind) {
            return Err(ContractError::DuplicateKind {
                kind: penalty.kind.clone(),
            });
        }
    }
    Ok(())
}

fn is_standard(kind: &str) -> bool {
    kind == DOWNTIME || kind == DOUBLE_SIGN
}

fn check_penalty(penalty: &Penalty, max_slash: Decimal) -> Result<(), ContractError> {
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
    if penalty.fraction.is_zero() && penalty.jail == 0 && !penalty.tombstone {
        return Err(ContractError::NoEffect { kind });
    }
    Ok(())
}
