//! The life of a report: queued, sent, accepted, ended. Every transition is here.

use cosmwasm_std::{
    to_json_binary, BlockInfo, Event, IbcMsg, StdResult, Storage, SubMsg, Timestamp,
};
use palisade_ibc::{ConsumerPacket, Offender, Outcome, Slash, SlashAck};
use palisade_types::gateway::ReportState;

use crate::events;
use crate::state::{Report, Standing, CONFIG, ENDED, INFRACTIONS, OPEN, REPORTS};
use crate::ContractError;

/// Seconds to wait after an answer that was not a result: the host may have to be mended first.
pub(crate) const RETRY_AFTER: u64 = 600;
/// Longest wait that a bounce may ask for, in seconds: a mistaken time would lose the slash.
pub(crate) const LONGEST_BOUNCE: u64 = 86_400;
/// Longest text of the host's that is kept, in bytes.
pub(crate) const MAX_TEXT: usize = 256;

/// A report by nonce, with its standing.
pub(crate) fn load(storage: &dyn Storage, nonce: u64) -> Result<(Report, Standing), ContractError> {
    let standing = match OPEN.may_load(storage, nonce)? {
        Some(standing) => Some(standing),
        None => ENDED.may_load(storage, nonce)?,
    };
    let report = REPORTS.may_load(storage, nonce)?;
    report
        .zip(standing)
        .ok_or(ContractError::UnknownReport { nonce })
}

/// Marks a report as sent over `channel` and builds its packet. Should the packet not get out,
/// the reply queues it again; the nonce is the reply's id.
pub(crate) fn send(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    channel: &str,
    nonce: u64,
    report: Report,
    mut standing: Standing,
) -> Result<(SubMsg, Event), ContractError> {
    let packet = ConsumerPacket::Slash(Slash {
        nonce: nonce.into(),
        // Not the key: the host may resolve it to nobody by then, or to who took it since.
        offender: Offender::Operator(report.operator),
        infraction: report.infraction.kind,
        update_id: report.update_id.into(),
        height: report.infraction.height,
        time: report.infraction.time,
        evidence: report.infraction.evidence,
    });
    let message = IbcMsg::SendPacket {
        channel_id: channel.to_string(),
        data: to_json_binary(&packet)?,
        timeout: later(block, CONFIG.load(storage)?.packet_timeout).into(),
    };
    standing.attempts = standing.attempts.saturating_add(1);
    standing.state = ReportState::Sent {
        channel: channel.to_string(),
    };
    OPEN.save(storage, nonce, &standing)?;
    let event = events::send(nonce, channel, standing.attempts);
    Ok((SubMsg::reply_on_error(message, nonce), event))
}

/// Whether the report is to be sent now; otherwise when, if it is known.
pub(crate) fn due(
    state: &ReportState,
    channel: &str,
    now: Timestamp,
) -> Result<(), Option<Timestamp>> {
    match state {
        ReportState::Queued { not_before } if *not_before <= now => Ok(()),
        ReportState::Queued { not_before } => Err(Some(*not_before)),
        // The answer may never come; if it does, both sends have the same nonce and content.
        ReportState::Sent { channel: on } if on != channel => Ok(()),
        _ => Err(None),
    }
}

/// Takes a readable answer to any packet with this nonce.
pub(crate) fn answered(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    channel: &str,
    nonce: u64,
    answer: SlashAck,
) -> Result<Event, ContractError> {
    let Some(mut standing) = OPEN.may_load(storage, nonce)? else {
        return Ok(events::ignored("result", "the report is not open"));
    };
    let accepted = matches!(standing.state, ReportState::Accepted { .. });
    match answer {
        SlashAck::Accepted { request, outcome } | SlashAck::Duplicate { request, outcome } => {
            if let Some(outcome) = outcome {
                return end(storage, nonce, standing, outcome);
            }
            if accepted {
                return Ok(events::ignored("result", "the report is accepted"));
            }
            standing.state = ReportState::Accepted { request };
            OPEN.save(storage, nonce, &standing)?;
            Ok(events::accepted(nonce, request.u64()))
        }
        // Taken in once, only an outcome ends it.
        SlashAck::Rejected { .. } if accepted => {
            Ok(events::ignored("result", "the report is accepted"))
        }
        SlashAck::Rejected { reason } => {
            end(storage, nonce, standing, Outcome::Rejected { reason })
        }
        SlashAck::Bounced { retry_at } => {
            if !in_flight(&standing, channel) {
                return Ok(events::ignored(
                    "result",
                    "the report is not in flight here",
                ));
            }
            let not_before = retry_at.min(later(block, LONGEST_BOUNCE));
            queue(storage, nonce, standing, not_before, "bounced")
        }
    }
}

/// Takes an answer that says nothing about the slash: an error, or bytes that cannot be read.
pub(crate) fn failed(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    channel: &str,
    nonce: u64,
    text: &str,
) -> Result<Event, ContractError> {
    let Some(mut standing) = OPEN.may_load(storage, nonce)? else {
        return Ok(events::ignored("error", "the report is not open"));
    };
    if !in_flight(&standing, channel) {
        return Ok(events::ignored("error", "the report is not in flight here"));
    }
    standing.last_error = Some(clip(text));
    let not_before = later(block, RETRY_AFTER);
    queue(storage, nonce, standing, not_before, "error")
}

/// Queues a report whose packet timed out on `channel`, to be sent at once.
pub(crate) fn timed_out(
    storage: &mut dyn Storage,
    channel: &str,
    nonce: u64,
) -> Result<Event, ContractError> {
    let Some(standing) = OPEN.may_load(storage, nonce)? else {
        return Ok(events::ignored("timeout", "the report is not open"));
    };
    if !in_flight(&standing, channel) {
        return Ok(events::ignored(
            "timeout",
            "the report is not in flight here",
        ));
    }
    queue(storage, nonce, standing, Timestamp::default(), "timeout")
}

/// Queues a report whose packet could not be sent.
pub(crate) fn not_sent(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    nonce: u64,
    text: &str,
) -> Result<Event, ContractError> {
    let Some(mut standing) = OPEN.may_load(storage, nonce)? else {
        return Err(ContractError::UnknownReport { nonce });
    };
    standing.last_error = Some(clip(text));
    queue(
        storage,
        nonce,
        standing,
        later(block, RETRY_AFTER),
        "not_sent",
    )
}

/// Ends a report as the host tells; one that is unknown, or ended before, stays as it is.
pub(crate) fn outcome(
    storage: &mut dyn Storage,
    nonce: u64,
    outcome: Outcome,
) -> Result<Event, ContractError> {
    match OPEN.may_load(storage, nonce)? {
        Some(standing) => end(storage, nonce, standing, outcome),
        None => Ok(events::ignored("outcome", "the report is not open")),
    }
}

fn end(
    storage: &mut dyn Storage,
    nonce: u64,
    mut standing: Standing,
    outcome: Outcome,
) -> Result<Event, ContractError> {
    let outcome = match outcome {
        Outcome::Rejected { reason } => {
            give_way(storage, nonce)?;
            Outcome::Rejected {
                reason: clip(&reason),
            }
        }
        other => other,
    };
    let event = events::ended(nonce, &outcome);
    standing.state = ReportState::Ended { outcome };
    OPEN.remove(storage, nonce);
    ENDED.save(storage, nonce, &standing)?;
    Ok(event)
}

/// Nothing was taken by a rejected report, so a mistaken one must not block the right one. The place
/// of a proof goes back to the report that had it before, unless that was rejected as well.
fn give_way(storage: &mut dyn Storage, nonce: u64) -> StdResult<()> {
    let Some(report) = REPORTS.may_load(storage, nonce)? else {
        return Ok(());
    };
    let key = report.key();
    // A proof may have taken the place meanwhile, and keeps it.
    if INFRACTIONS.may_load(storage, key)? != Some(nonce) {
        return Ok(());
    }
    let former = match report.replaces {
        Some(former) => match ended(storage, former)? {
            Some(Outcome::Rejected { .. }) => None,
            _ => Some(former),
        },
        None => None,
    };
    match former {
        Some(former) => INFRACTIONS.save(storage, key, &former)?,
        None => INFRACTIONS.remove(storage, key),
    }
    Ok(())
}

/// How a report ended, if it has.
fn ended(storage: &dyn Storage, nonce: u64) -> StdResult<Option<Outcome>> {
    let standing = ENDED.may_load(storage, nonce)?;
    Ok(standing.and_then(|standing| match standing.state {
        ReportState::Ended { outcome } => Some(outcome),
        _ => None,
    }))
}

/// Whether a proof may be filed for an infraction that was reported under `nonce`: nothing was taken
/// for it yet, and the host has no proof of it so far. A veto is no obstacle to a proof.
pub(crate) fn lacks_proof(storage: &dyn Storage, nonce: u64) -> Result<bool, ContractError> {
    if ended(storage, nonce)? == Some(Outcome::Executed {}) {
        return Ok(false);
    }
    let report = REPORTS
        .may_load(storage, nonce)?
        .ok_or(ContractError::UnknownReport { nonce })?;
    Ok(report.infraction.evidence.is_none())
}

fn queue(
    storage: &mut dyn Storage,
    nonce: u64,
    mut standing: Standing,
    not_before: Timestamp,
    cause: &str,
) -> Result<Event, ContractError> {
    standing.state = ReportState::Queued { not_before };
    OPEN.save(storage, nonce, &standing)?;
    Ok(events::queued(nonce, cause, not_before))
}

/// Whether the newest packet of the report is on this channel. One packet at most is in flight
/// on a channel, so this tells a late answer to an older packet from that to the newest.
fn in_flight(standing: &Standing, channel: &str) -> bool {
    matches!(&standing.state, ReportState::Sent { channel: on } if on == channel)
}

fn later(block: &BlockInfo, seconds: u64) -> Timestamp {
    let nanos = seconds.saturating_mul(1_000_000_000);
    Timestamp::from_nanos(block.time.nanos().saturating_add(nanos))
}

/// The text, cut to [`MAX_TEXT`] bytes between two characters.
pub(crate) fn clip(text: &str) -> String {
    let mut clipped = String::new();
    for character in text.chars() {
        if clipped.len().saturating_add(character.len_utf8()) > MAX_TEXT {
            break;
        }
        clipped.push(character);
    }
    clipped
}

/// Stores a new report under its nonce.
pub(crate) fn file(storage: &mut dyn Storage, nonce: u64, report: &Report) -> StdResult<Standing> {
    INFRACTIONS.save(storage, report.key(), &nonce)?;
    REPORTS.save(storage, nonce, report)?;
    let standing = Standing {
        state: ReportState::Queued {
            not_before: Timestamp::default(),
        },
        attempts: 0,
        last_error: None,
    };
    OPEN.save(storage, nonce, &standing)?;
    Ok(standing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(clip("short"), "short");
        assert_eq!(clip(&"a".repeat(1_000)), "a".repeat(256));
        // 3 bytes each: 85 of them are 255 bytes.
        assert_eq!(clip(&"€".repeat(1_000)), "€".repeat(85));
    }
}
