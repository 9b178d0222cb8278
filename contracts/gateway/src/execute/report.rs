use cosmwasm_std::{Addr, Deps, DepsMut, Env, Response, Storage};
use palisade_admin::AdminError;
use palisade_evidence::Equivocation;
use palisade_ibc::{DOUBLE_SIGN, MAX_KIND_LENGTH};
use palisade_types::gateway::{Action, Infraction};

use crate::state::{Channel, Report, CHANNEL, INFRACTIONS, NONCE, REPORTERS};
use crate::{events, operators, reports, ContractError};

/// Refuses anyone who was not named by the owner.
pub(crate) fn require_reporter(storage: &dyn Storage, sender: &Addr) -> Result<(), ContractError> {
    if REPORTERS.has(storage, sender) {
        return Ok(());
    }
    Err(ContractError::NotReporter {
        address: sender.clone(),
    })
}

/// Takes an infraction in and sends it, if a channel is open and relays are not paused. The caller
/// checked the sender.
pub(crate) fn report(
    deps: DepsMut,
    env: &Env,
    infraction: Infraction,
    reporter: &str,
) -> Result<Response, ContractError> {
    check(&infraction, env)?;
    let (operator, _) = operators::resolve(deps.storage, &infraction.offender)?;
    let height = infraction.height.u64();
    // What counted then, not what counts now: the set may have changed since.
    let Some((update_id, entry)) = operators::in_force(deps.storage, &operator, height)? else {
        return Err(ContractError::NotInForce { operator, height });
    };
    if entry.power.is_zero() {
        return Err(ContractError::NoPower {
            operator,
            update_id,
            height,
        });
    }
    // Height and time tell of one moment: the host judges by the time what the height decides here.
    let until = operators::successor(deps.storage, &operator, update_id)?.map(|next| next.time);
    if infraction.time < entry.time || until.is_some_and(|until| infraction.time > until) {
        return Err(ContractError::OtherTime {
            time: infraction.time,
            since: entry.time,
            until,
        });
    }
    let mut report = Report {
        infraction,
        operator,
        update_id,
        replaces: None,
    };
    let evidence = &report.infraction.evidence;
    if let Some(nonce) = INFRACTIONS.may_load(deps.storage, report.key())? {
        // A nonce never has two contents, so a proof that comes later has one of its own.
        if evidence.is_none() || !reports::lacks_proof(deps.storage, nonce)? {
            return Err(ContractError::AlreadyReported { nonce });
        }
        report.replaces = Some(nonce);
    }
    if let Some(evidence) = evidence {
        check_evidence(deps.as_ref(), env, &report, evidence)?;
    }
    let last = NONCE.may_load(deps.storage)?.unwrap_or_default();
    let nonce = last
        .checked_add(1)
        .ok_or_else(|| cosmwasm_std::OverflowError::new(cosmwasm_std::OverflowOperation::Add))?;
    NONCE.save(deps.storage, &nonce)?;
    let standing = reports::file(deps.storage, nonce, &report)?;

    let response = Response::new().add_event(events::report(nonce, &report, reporter));
    match open_channel(deps.storage, env)? {
        Some(channel) => {
            let (message, event) = reports::send(
                deps.storage,
                &env.block,
                &channel.id,
                nonce,
                report,
                standing,
            )?;
            Ok(response.add_submessage(message).add_event(event))
        }
        None => Ok(response),
    }
}

/// The channel to send over now; none while there is none, or relays are paused.
fn open_channel(storage: &dyn Storage, env: &Env) -> Result<Option<Channel>, ContractError> {
    match palisade_admin::require_active(storage, &env.block, &Action::Relays) {
        Ok(()) => Ok(CHANNEL.may_load(storage)?),
        Err(AdminError::Paused { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Refuses evidence that does not prove the report: the host would judge by it alone.
fn check_evidence(
    deps: Deps,
    env: &Env,
    report: &Report,
    evidence: &Equivocation,
) -> Result<(), ContractError> {
    let infraction = &report.infraction;
    if infraction.kind != DOUBLE_SIGN {
        return Err(ContractError::EvidenceKind {
            kind: infraction.kind.clone(),
        });
    }
    if evidence.height != infraction.height {
        return Err(ContractError::EvidenceHeight {
            height: evidence.height.u64(),
            infraction: infraction.height.u64(),
        });
    }
    if !operators::has_key(deps.storage, &report.operator, &evidence.key)? {
        return Err(ContractError::EvidenceKey {
            key: evidence.key.to_base64(),
            operator: report.operator.clone(),
        });
    }
    Ok(evidence.verify(deps.api, &env.block.chain_id)?)
}

fn check(infraction: &Infraction, env: &Env) -> Result<(), ContractError> {
    let kind = infraction.kind.as_bytes();
    let allowed = |c: &u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_');
    if kind.is_empty() || kind.len() > MAX_KIND_LENGTH || !kind.iter().all(allowed) {
        return Err(ContractError::Kind {
            kind: reports::clip(&infraction.kind),
        });
    }
    if infraction.time > env.block.time {
        return Err(ContractError::FutureTime {
            time: infraction.time,
            now: env.block.time,
        });
    }
    if infraction.height.u64() > env.block.height {
        return Err(ContractError::FutureHeight {
            height: infraction.height.u64(),
            now: env.block.height,
        });
    }
    Ok(())
}
