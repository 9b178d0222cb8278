//! How slashes ended, told until the consumer acknowledges it.

use cosmwasm_std::{Env, Event, Order, Response, Storage, SubMsg};
use cw_storage_plus::Bound;
use palisade_ibc::{HostPacket, Outcome, SlashOutcome};
use palisade_types::allocation::ServiceId;

use super::packet;
use crate::events;
use crate::execute::load_service;
use crate::state::{Config, Link, Request, Untold, CONFIG, LINKS, OUTCOMES};
use crate::ContractError;

/// Most outcomes sent again in one sync.
const MAX_RESENT: usize = 10;
/// Most outcomes looked at in one sync.
const MAX_SCAN: usize = 20;

/// Outcomes on their way.
#[derive(Default)]
pub(crate) struct Told {
    packets: Vec<SubMsg>,
    events: Vec<Event>,
}

impl Told {
    fn send(
        &mut self,
        env: &Env,
        config: &Config,
        channel: &str,
        service: ServiceId,
        nonce: u64,
        outcome: &Outcome,
    ) -> Result<(), ContractError> {
        let packet = HostPacket::SlashOutcome(SlashOutcome {
            nonce: nonce.into(),
            outcome: outcome.clone(),
        });
        self.packets
            .push(packet::send(env, config, channel, &packet)?);
        self.events
            .push(events::outcome_sent(service, nonce, outcome));
        Ok(())
    }

    pub(crate) fn add_to(self, response: Response) -> Response {
        response
            .add_submessages(self.packets)
            .add_events(self.events)
    }
}

/// Keeps a request's end for every nonce that waits for it, but for one that is answered with it
/// now, and sends it if a channel is open.
pub(crate) fn queue(
    storage: &mut dyn Storage,
    env: &Env,
    service: ServiceId,
    request: &Request,
    answered: Option<(u32, u64)>,
) -> Result<Told, ContractError> {
    let mut told = Told::default();
    let untold = |report: &&(u32, u64)| Some(**report) != answered;
    let mut reports = request.reports.iter().filter(untold).peekable();
    if reports.peek().is_none() {
        return Ok(told);
    }
    let stored = load_service(storage, env, service)?;
    let outcome = request.outcome().filter(|_| stored.slasher.is_none());
    let Some(outcome) = outcome else {
        return Ok(told);
    };
    let config = CONFIG.load(storage)?;
    let channel = LINKS.load(storage, service)?.channel;
    // A gateway that counts from the start would take an older nonce for another report.
    for (epoch, nonce) in reports.filter(|(epoch, _)| *epoch == stored.nonce_epoch) {
        let untold = Untold {
            outcome: outcome.clone(),
            channel: channel.clone(),
        };
        OUTCOMES.save(storage, (service, *epoch, *nonce), &untold)?;
        if let Some(channel) = &channel {
            told.send(env, &config, channel, service, *nonce, &outcome)?;
        }
    }
    Ok(told)
}

/// Sends again some outcomes that are not under way on the live channel, going round by a
/// cursor, so that many under way do not hide those that wait.
pub(crate) fn resend(
    storage: &mut dyn Storage,
    env: &Env,
    config: &Config,
    service: ServiceId,
    nonce_epoch: u32,
    link: &mut Link,
) -> Result<Told, ContractError> {
    let mut told = Told::default();
    let Some(channel) = link.channel.clone() else {
        return Ok(told);
    };
    let start = link.outcome_cursor.map(Bound::exclusive);
    let entries = OUTCOMES
        .prefix((service, nonce_epoch))
        .range(storage, start, None, Order::Ascending)
        .take(MAX_SCAN)
        .collect::<Result<Vec<_>, _>>()?;
    let mut more = entries.len() == MAX_SCAN;
    let mut last = None;
    for (nonce, mut untold) in entries {
        if untold.channel.as_ref() != Some(&channel) {
            if told.packets.len() == MAX_RESENT {
                more = true;
                break;
            }
            told.send(env, config, &channel, service, nonce, &untold.outcome)?;
            untold.channel = Some(channel.clone());
            OUTCOMES.save(storage, (service, nonce_epoch, nonce), &untold)?;
        }
        last = Some(nonce);
    }
    link.outcome_cursor = last.filter(|_| more);
    Ok(told)
}
