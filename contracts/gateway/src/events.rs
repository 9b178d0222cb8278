//! One builder per event.

use cosmwasm_std::{Addr, Event, Timestamp, Uint128};
use palisade_ibc::Outcome;
use palisade_types::gateway::RewardsRoute;

use crate::state::{Report, Total};

/// A channel to the host is open.
pub(crate) fn channel_open(channel: &str) -> Event {
    Event::new("channel_open").add_attribute("channel", channel)
}

/// The channel was closed by the host's end, or given up by the owner.
pub(crate) fn channel_closed(channel: &str, connection: &str) -> Event {
    Event::new("channel_closed")
        .add_attribute("channel", channel)
        .add_attribute("connection", connection)
}

/// A packet of powers arrived; entries that were known already are skipped.
pub(crate) fn operator_set(update_id: u64, applied: u32, skipped: u32, total: &Total) -> Event {
    Event::new("operator_set")
        .add_attribute("update_id", update_id.to_string())
        .add_attribute("applied", applied.to_string())
        .add_attribute("skipped", skipped.to_string())
        .add_attribute("total_power", total.power)
}

/// Reporters were named and unnamed.
pub(crate) fn set_reporters(added: &[Addr], removed: &[Addr]) -> Event {
    let join = |list: &[Addr]| list.iter().map(Addr::as_str).collect::<Vec<_>>().join(",");
    Event::new("set_reporters")
        .add_attribute("added", join(added))
        .add_attribute("removed", join(removed))
}

/// An infraction was taken in.
pub(crate) fn report(nonce: u64, report: &Report, reporter: &str) -> Event {
    let replaces = report
        .replaces
        .map(|former| ("replaces", former.to_string()));
    Event::new("report")
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("operator", &report.operator)
        .add_attribute("infraction", &report.infraction.kind)
        .add_attribute("height", report.infraction.height)
        .add_attribute("update_id", report.update_id.to_string())
        .add_attribute("proven", report.infraction.evidence.is_some().to_string())
        .add_attributes(replaces)
        .add_attribute("reporter", reporter)
}

/// A report was sent.
pub(crate) fn send(nonce: u64, channel: &str, attempts: u32) -> Event {
    Event::new("report_sent")
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("channel", channel)
        .add_attribute("attempts", attempts.to_string())
}

/// A report waits to be sent again.
pub(crate) fn queued(nonce: u64, cause: &str, not_before: Timestamp) -> Event {
    Event::new("report_queued")
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("cause", cause)
        .add_attribute("not_before", not_before.to_string())
}

/// The host took a report in.
pub(crate) fn accepted(nonce: u64, request: u64) -> Event {
    Event::new("report_accepted")
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("request", request.to_string())
}

/// A report ended.
pub(crate) fn ended(nonce: u64, outcome: &Outcome) -> Event {
    let (name, reason) = match outcome {
        Outcome::Executed {} => ("executed", None),
        Outcome::Vetoed {} => ("vetoed", None),
        Outcome::Rejected { reason } => ("rejected", Some(reason)),
    };
    let event = Event::new("report_ended")
        .add_attribute("nonce", nonce.to_string())
        .add_attribute("outcome", name);
    match reason {
        Some(reason) => event.add_attribute("reason", reason),
        None => event,
    }
}

/// Where rewards go was named.
pub(crate) fn set_rewards_route(route: &RewardsRoute) -> Event {
    route_of(Event::new("set_rewards_route"), route)
}

/// Rewards are on their way to the host.
pub(crate) fn rewards_sent(denom: &str, amount: Uint128, route: &RewardsRoute) -> Event {
    let event = Event::new("rewards_sent")
        .add_attribute("denom", denom)
        .add_attribute("amount", amount);
    route_of(event, route)
}

fn route_of(event: Event, route: &RewardsRoute) -> Event {
    event
        .add_attribute("channel", &route.channel_id)
        .add_attribute("allocation", &route.allocation)
        .add_attribute("service", route.service.to_string())
}

/// An answer that changed nothing: of a report that is unknown, ended, or sent again since.
pub(crate) fn ignored(answer: &str, cause: &str) -> Event {
    Event::new("answer_ignored")
        .add_attribute("answer", answer)
        .add_attribute("cause", cause)
}
