//! Events, one builder each.

use cosmwasm_std::{Addr, Decimal, Event, Timestamp, Uint128};
use palisade_types::allocation::{CheckpointResult, ServiceId};
use palisade_types::asset::AssetAmount;

use crate::state::Pot;

fn service_event(name: &str, service: ServiceId) -> Event {
    Event::new(name).add_attribute("service", service.to_string())
}

pub(crate) fn create_service(service: ServiceId, admin: &Addr) -> Event {
    service_event("create_service", service).add_attribute("admin", admin)
}

pub(crate) fn update_service(service: ServiceId, admin: &Addr) -> Event {
    service_event("update_service", service).add_attribute("admin", admin)
}

pub(crate) fn recover(token: &str, amount: Uint128, recipient: &Addr) -> Event {
    Event::new("recover")
        .add_attribute("token", token)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn stop_service(service: ServiceId) -> Event {
    service_event("stop_service", service)
}

pub(crate) fn set_allowed(service: ServiceId, added: usize, removed: usize) -> Event {
    service_event("set_allowed", service)
        .add_attribute("added", added.to_string())
        .add_attribute("removed", removed.to_string())
}

pub(crate) fn opt_in(service: ServiceId, operator: &Addr, effective_at: Timestamp) -> Event {
    service_event("opt_in", service)
        .add_attribute("operator", operator)
        .add_attribute("effective_at", effective_at.to_string())
}

pub(crate) fn adjust(service: ServiceId, operator: &Addr) -> Event {
    service_event("adjust", service).add_attribute("operator", operator)
}

pub(crate) fn opt_out(service: ServiceId, operator: &Addr, replaced_by: Option<&Addr>) -> Event {
    let event = service_event("opt_out", service).add_attribute("operator", operator);
    match replaced_by {
        Some(newcomer) => event.add_attribute("replaced_by", newcomer),
        None => event,
    }
}

pub(crate) fn leave(service: ServiceId, operator: &Addr) -> Event {
    service_event("leave", service).add_attribute("operator", operator)
}

pub(crate) fn assign_key(service: ServiceId, operator: &Addr, key: &str) -> Event {
    service_event("assign_key", service)
        .add_attribute("operator", operator)
        .add_attribute("key", key)
}

pub(crate) fn set_cap(operator: &Addr, cap: Decimal, effective_at: Timestamp) -> Event {
    Event::new("set_commitment_cap")
        .add_attribute("operator", operator)
        .add_attribute("cap", cap.to_string())
        .add_attribute("effective_at", effective_at.to_string())
}

pub(crate) fn checkpoint(service: ServiceId, update_id: u64, result: &CheckpointResult) -> Event {
    service_event("checkpoint", service)
        .add_attribute("update_id", update_id.to_string())
        .add_attribute("changed", result.operators.len().to_string())
        .add_attribute("complete", result.next.is_none().to_string())
}

pub(crate) fn slash(service: ServiceId, operator: &Addr, seized: &[AssetAmount]) -> Event {
    let mut event = service_event("slash", service).add_attribute("operator", operator);
    for part in seized {
        event = event.add_attribute(format!("seized_{}", part.asset), part.amount);
    }
    event
}

pub(crate) fn unjail(service: ServiceId, operator: &Addr) -> Event {
    service_event("unjail", service).add_attribute("operator", operator)
}

pub(crate) fn add_reward_tokens(service: ServiceId, tokens: &[String]) -> Event {
    service_event("add_reward_tokens", service).add_attribute("tokens", tokens.join(","))
}

pub(crate) fn pay_rewards(
    service: ServiceId,
    sender: &str,
    token: &str,
    amount: Uint128,
    pot: &Pot,
) -> Event {
    service_event("pay_rewards", service)
        .add_attribute("sender", sender)
        .add_attribute("token", token)
        .add_attribute("amount", amount)
        .add_attribute("held", pot.index.held)
}

pub(crate) fn harvest(
    service: ServiceId,
    operator: &Addr,
    token: &str,
    amount: Uint128,
    parts: &[AssetAmount],
) -> Event {
    let mut event = service_event("harvest", service)
        .add_attribute("operator", operator)
        .add_attribute("token", token)
        .add_attribute("amount", amount);
    for part in parts {
        event = event.add_attribute(format!("earned_{}", part.asset), part.amount);
    }
    event
}

pub(crate) fn take_back(service: ServiceId, admin: &Addr, token: &str, amount: Uint128) -> Event {
    service_event("take_back", service)
        .add_attribute("admin", admin)
        .add_attribute("token", token)
        .add_attribute("amount", amount)
}

pub(crate) fn connect(slashing: &Addr) -> Event {
    Event::new("connect").add_attribute("slashing", slashing)
}
