//! The events of the contract, one builder each.

use cosmwasm_std::{Addr, Event, Timestamp, Uint64};
use palisade_ibc::{Outcome, Peer, SlashAck};
use palisade_types::allocation::ServiceId;
use palisade_types::asset::AssetAmount;

use crate::refusal::Refusal;

fn of(name: &str, service: ServiceId) -> Event {
    Event::new(name).add_attribute("service", service.to_string())
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Executed {} => "executed",
        Outcome::Vetoed {} => "vetoed",
        Outcome::Rejected { .. } => "rejected",
    }
}

/// A service was registered.
#[must_use]
pub fn register_service(service: ServiceId, admin: &Addr, source: &str) -> Event {
    of("register_service", service)
        .add_attribute("admin", admin)
        .add_attribute("source", source)
}

/// The owner admitted a gateway; `replaced`: another one than before.
#[must_use]
pub fn set_peer(service: ServiceId, peer: &Peer, replaced: bool) -> Event {
    of("set_peer", service)
        .add_attribute("connection_id", &peer.connection_id)
        .add_attribute("port", &peer.port)
        .add_attribute("replaced", replaced.to_string())
}

/// The owner started a nonce epoch.
#[must_use]
pub fn renew_nonces(service: ServiceId, nonce_epoch: u32) -> Event {
    of("renew_nonces", service).add_attribute("nonce_epoch", nonce_epoch.to_string())
}

/// A channel opened.
#[must_use]
pub fn channel_opened(service: ServiceId, channel: &str) -> Event {
    of("channel_opened", service).add_attribute("channel", channel)
}

/// A channel was closed by the other side; `live`: it was the service's live one.
#[must_use]
pub fn channel_closed(channel: &str, live: Option<ServiceId>) -> Event {
    let service = live.map_or("none".to_string(), |s| s.to_string());
    Event::new("channel_closed")
        .add_attribute("channel", channel)
        .add_attribute("service", service)
}

/// A page of operators was taken down.
#[must_use]
pub fn sync(service: ServiceId, update_id: Option<u64>, operators: usize, complete: bool) -> Event {
    of("sync", service)
        .add_attribute(
            "update_id",
            update_id.map_or("none".to_string(), |u| u.to_string()),
        )
        .add_attribute("operators", operators.to_string())
        .add_attribute("complete", complete.to_string())
}

/// The service applied an update.
#[must_use]
pub fn update_acknowledged(
    service: ServiceId,
    update_id: u64,
    height: Uint64,
    time: Timestamp,
) -> Event {
    of("update_acknowledged", service)
        .add_attribute("update_id", update_id.to_string())
        .add_attribute("height", height)
        .add_attribute("time", time.to_string())
}

/// Powers did not arrive, or could not be sent; their operators will be told again.
#[must_use]
pub fn update_failed(service: ServiceId, update_id: u64, reason: &str) -> Event {
    of("update_failed", service)
        .add_attribute("update_id", update_id.to_string())
        .add_attribute("reason", reason)
}

/// The allocation contract refused to hear of an acknowledgement.
#[must_use]
pub fn acknowledge_failed(error: &str) -> Event {
    Event::new("acknowledge_failed").add_attribute("error", error)
}

/// An acknowledgement or timeout that changed nothing.
#[must_use]
pub fn packet_ignored(channel: &str, reason: &str) -> Event {
    Event::new("packet_ignored")
        .add_attribute("channel", channel)
        .add_attribute("reason", reason)
}

/// A slash was answered.
#[must_use]
pub fn slash(service: ServiceId, nonce: Uint64, answer: &SlashAck) -> Event {
    let event = of("slash", service).add_attribute("nonce", nonce);
    match answer {
        SlashAck::Accepted { request, .. } => event
            .add_attribute("answer", "accepted")
            .add_attribute("request", *request),
        SlashAck::Duplicate { request, .. } => event
            .add_attribute("answer", "duplicate")
            .add_attribute("request", *request),
        SlashAck::Bounced { retry_at } => event
            .add_attribute("answer", "bounced")
            .add_attribute("retry_at", retry_at.to_string()),
        SlashAck::Rejected { reason } => event
            .add_attribute("answer", "rejected")
            .add_attribute("reason", reason),
    }
}

/// A request was executed.
#[must_use]
pub fn slash_executed(
    service: ServiceId,
    request: u64,
    operator: &Addr,
    kind: &str,
    seized: &[AssetAmount],
) -> Event {
    let seized = seized
        .iter()
        .map(|s| format!("{}:{}", s.asset, s.amount))
        .collect::<Vec<_>>()
        .join(",");
    of("slash_executed", service)
        .add_attribute("request", request.to_string())
        .add_attribute("operator", operator)
        .add_attribute("kind", kind)
        .add_attribute("seized", seized)
}

/// A request that waited was refused when its execution came.
#[must_use]
pub fn slash_rejected(
    service: ServiceId,
    request: u64,
    operator: &Addr,
    kind: &str,
    refusal: &Refusal,
) -> Event {
    of("slash_rejected", service)
        .add_attribute("request", request.to_string())
        .add_attribute("operator", operator)
        .add_attribute("kind", kind)
        .add_attribute("reason", refusal.to_string())
}

/// A request waits: executions are paused, or its execution failed.
#[must_use]
pub fn slash_pending(service: ServiceId, request: u64, operator: &Addr, reason: &str) -> Event {
    of("slash_pending", service)
        .add_attribute("request", request.to_string())
        .add_attribute("operator", operator)
        .add_attribute("reason", reason)
}

/// An outcome was sent.
#[must_use]
pub fn outcome_sent(service: ServiceId, nonce: u64, outcome: &Outcome) -> Event {
    of("outcome_sent", service)
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("outcome", outcome_name(outcome))
}

/// The service knows an outcome.
#[must_use]
pub fn outcome_acknowledged(service: ServiceId, nonce: Uint64) -> Event {
    of("outcome_acknowledged", service).add_attribute("nonce", nonce)
}

/// A packet with an outcome failed, or could not be sent; it will be sent again.
#[must_use]
pub fn outcome_failed(service: ServiceId, nonce: Uint64, reason: &str) -> Event {
    of("outcome_failed", service)
        .add_attribute("nonce", nonce)
        .add_attribute("reason", reason)
}

/// An operator counts again.
#[must_use]
pub fn unjail(service: ServiceId, operator: &Addr) -> Event {
    of("unjail", service).add_attribute("operator", operator)
}
