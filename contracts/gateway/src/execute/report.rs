use cosmwasm_std::{Addr, DepsMut, Env, Response, Storage};
use palisade_ibc::MAX_KIND_LENGTH;
use palisade_types::gateway::{Action, Infraction};

use crate::state::{Report, CHANNEL, INFRACTIONS, NONCE, REPORTERS};
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

/// Takes an infraction in and sends it, if a channel is open. The caller checked the sender.
pub(crate) fn report(
    deps: DepsMut,
    env: &Env,
    infraction: Infraction,
    reporter: &str,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Reports)?;
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
    let key = (operator.as_str(), infraction.kind.as_str(), height);
    if let Some(nonce) = INFRACTIONS.may_load(deps.storage, key)? {
        return Err(ContractError::AlreadyReported { nonce });
    }
    let report = Report {
        infraction,
        operator,
        update_id,
    };
    let last = NONCE.may_load(deps.storage)?.unwrap_or_default();
    let nonce = last
        .checked_add(1)
        .ok_or_else(|| cosmwasm_std::OverflowError::new(cosmwasm_std::OverflowOperation::Add))?;
    NONCE.save(deps.storage, &nonce)?;
    let standing = reports::file(deps.storage, nonce, &report)?;

    let response = Response::new().add_event(events::report(nonce, &report, reporter));
    match CHANNEL.may_load(deps.storage)? {
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
