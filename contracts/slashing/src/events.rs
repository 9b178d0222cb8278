//! The events of the contract, one builder each.

use cosmwasm_std::{Addr, Event, Timestamp, Uint128, Uint64};
use palisade_ibc::{Outcome, Peer, SlashAck};
use palisade_types::allocation::ServiceId;
use palisade_types::asset::{AssetAmount, Destination};
use palisade_types::slashing::Buckets;

use crate::state::{Policy, Request};

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
pub(crate) fn register_service(service: ServiceId, admin: &Addr, source: &str) -> Event {
    of("register_service", service)
        .add_attribute("admin", admin)
        .add_attribute("source", source)
}

/// The owner admitted a gateway, or none any more; `replaced`: another one than before.
#[must_use]
pub(crate) fn set_peer(service: ServiceId, peer: Option<&Peer>, replaced: bool) -> Event {
    let event = of("set_peer", service).add_attribute("replaced", replaced.to_string());
    match peer {
        Some(peer) => event
            .add_attribute("connection_id", &peer.connection_id)
            .add_attribute("port", &peer.port),
        None => event.add_attribute("port", "none"),
    }
}

/// The admin changed the settings, from `at` on.
#[must_use]
pub(crate) fn update_service(service: ServiceId, at: Timestamp) -> Event {
    of("update_service", service).add_attribute("at", at.to_string())
}

/// The admin dropped a change of settings.
#[must_use]
pub(crate) fn cancel_update(service: ServiceId) -> Event {
    of("cancel_update", service)
}

/// The service has another admin.
#[must_use]
pub(crate) fn set_service_admin(service: ServiceId, admin: &Addr) -> Event {
    of("set_service_admin", service).add_attribute("admin", admin)
}

/// A penalty changed, for infractions from `from` on.
#[must_use]
pub(crate) fn set_penalty(
    service: ServiceId,
    kind: &str,
    policy: Option<Policy>,
    from: Timestamp,
) -> Event {
    let event = of("set_penalty", service)
        .add_attribute("kind", kind)
        .add_attribute("from", from.to_string());
    match policy {
        Some(policy) => event
            .add_attribute("fraction", policy.fraction.to_string())
            .add_attribute("jail", policy.jail.to_string())
            .add_attribute("tombstone", policy.tombstone.to_string()),
        None => event.add_attribute("fraction", "none"),
    }
}

/// The service is being wound down.
#[must_use]
pub(crate) fn stop_service(service: ServiceId) -> Event {
    of("stop_service", service)
}

/// Seized tokens of an asset shall go elsewhere; `burn`: out of supply.
#[must_use]
pub(crate) fn redirect_proceeds(
    service: ServiceId,
    asset: &str,
    from: &Destination,
    to: &Destination,
) -> Event {
    let name = |destination: &Destination| {
        let recipient = destination.recipient();
        recipient.map_or("burn".to_string(), Addr::into_string)
    };
    of("redirect_proceeds", service)
        .add_attribute("asset", asset)
        .add_attribute("from", name(from))
        .add_attribute("to", name(to))
}

/// The owner set a service's buckets.
#[must_use]
pub(crate) fn set_throttle(service: ServiceId, buckets: &Buckets) -> Event {
    of("set_throttle", service)
        .add_attribute("limit", buckets.limit)
        .add_attribute("reserved", buckets.reserved)
}

/// The owner set the shared bucket.
#[must_use]
pub(crate) fn set_shared_throttle(shared: Uint128) -> Event {
    Event::new("set_shared_throttle").add_attribute("shared", shared)
}

/// A service's slashes bounce until then.
#[must_use]
pub(crate) fn suspend(service: ServiceId, until: Timestamp) -> Event {
    of("suspend", service).add_attribute("until", until.to_string())
}

/// A service's slashes are taken in again.
#[must_use]
pub(crate) fn resume(service: ServiceId) -> Event {
    of("resume", service)
}

/// The owner started a nonce epoch.
#[must_use]
pub(crate) fn renew_nonces(service: ServiceId, nonce_epoch: u32) -> Event {
    of("renew_nonces", service).add_attribute("nonce_epoch", nonce_epoch.to_string())
}

/// A channel opened.
#[must_use]
pub(crate) fn channel_opened(service: ServiceId, channel: &str) -> Event {
    of("channel_opened", service).add_attribute("channel", channel)
}

/// A channel was closed by the other side; `live`: it was the service's live one.
#[must_use]
pub(crate) fn channel_closed(channel: &str, live: Option<ServiceId>) -> Event {
    let service = live.map_or("none".to_string(), |s| s.to_string());
    Event::new("channel_closed")
        .add_attribute("channel", channel)
        .add_attribute("service", service)
}

/// A page of operators was taken down.
#[must_use]
pub(crate) fn sync(
    service: ServiceId,
    update_id: Option<u64>,
    operators: usize,
    complete: bool,
) -> Event {
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
pub(crate) fn update_acknowledged(
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
pub(crate) fn update_failed(service: ServiceId, update_id: u64, reason: &str) -> Event {
    of("update_failed", service)
        .add_attribute("update_id", update_id.to_string())
        .add_attribute("reason", reason)
}

/// The allocation contract refused to hear of an acknowledgement.
#[must_use]
pub(crate) fn acknowledge_failed(error: &str) -> Event {
    Event::new("acknowledge_failed").add_attribute("error", error)
}

/// An acknowledgement or timeout that changed nothing.
#[must_use]
pub(crate) fn packet_ignored(channel: &str, reason: &str) -> Event {
    Event::new("packet_ignored")
        .add_attribute("channel", channel)
        .add_attribute("reason", reason)
}

/// A slash was answered.
#[must_use]
pub(crate) fn slash(service: ServiceId, nonce: Uint64, answer: &SlashAck) -> Event {
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
pub(crate) fn slash_executed(
    service: ServiceId,
    number: u64,
    request: &Request,
    seized: &[AssetAmount],
) -> Event {
    let seized = seized
        .iter()
        .map(|s| format!("{}:{}", s.asset, s.amount))
        .collect::<Vec<_>>()
        .join(",");
    of("slash_executed", service)
        .add_attribute("request", number.to_string())
        .add_attribute("operator", &request.operator)
        .add_attribute("kind", &request.kind)
        .add_attribute("seized", seized)
}

/// A request was vetoed.
#[must_use]
pub(crate) fn slash_vetoed(service: ServiceId, request: u64, operator: &Addr, kind: &str) -> Event {
    of("slash_vetoed", service)
        .add_attribute("request", request.to_string())
        .add_attribute("operator", operator)
        .add_attribute("kind", kind)
}

/// Somebody proved a double-sign.
#[must_use]
pub(crate) fn submit_equivocation(
    service: ServiceId,
    number: u64,
    request: &Request,
    sender: &Addr,
) -> Event {
    let overrides = request.overrides;
    of("submit_equivocation", service)
        .add_attribute("request", number.to_string())
        .add_attribute("operator", &request.operator)
        .add_attribute("height", request.height.to_string())
        .add_attribute("update_id", request.update_id.to_string())
        .add_attribute(
            "overrides",
            overrides.map_or("none".to_string(), |o| o.to_string()),
        )
        .add_attribute("sender", sender)
}

/// A request waits: it can be vetoed, executions are paused, or its execution failed.
#[must_use]
pub(crate) fn slash_pending(
    service: ServiceId,
    request: u64,
    operator: &Addr,
    reason: &str,
) -> Event {
    of("slash_pending", service)
        .add_attribute("request", request.to_string())
        .add_attribute("operator", operator)
        .add_attribute("reason", reason)
}

/// An outcome was sent.
#[must_use]
pub(crate) fn outcome_sent(service: ServiceId, nonce: u64, outcome: &Outcome) -> Event {
    of("outcome_sent", service)
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("outcome", outcome_name(outcome))
}

/// The service knows an outcome.
#[must_use]
pub(crate) fn outcome_acknowledged(service: ServiceId, nonce: Uint64) -> Event {
    of("outcome_acknowledged", service).add_attribute("nonce", nonce)
}

/// A packet with an outcome failed, or could not be sent; it will be sent again.
#[must_use]
pub(crate) fn outcome_failed(service: ServiceId, nonce: Uint64, reason: &str) -> Event {
    of("outcome_failed", service)
        .add_attribute("nonce", nonce)
        .add_attribute("reason", reason)
}

/// An operator counts again.
#[must_use]
pub(crate) fn unjail(service: ServiceId, operator: &Addr) -> Event {
    of("unjail", service).add_attribute("operator", operator)
}
