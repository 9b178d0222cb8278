//! How a step is taken: what services, their admins, the owner and the chains do.

use cosmwasm_std::{from_json, Addr, Uint128};
use cw_utils::parse_execute_response_data;
use palisade_ibc::{Offender, Slash, SlashAck};
use palisade_suite::*;
use palisade_testing::{ChannelEnd, ChannelState, HarnessResult, Side};
use palisade_types::asset::Destination;
use palisade_types::slashing::{self, Buckets};
use palisade_types::{gateway, vault};

use super::model::*;
use super::setup::{a_penalty, slasher};
use super::world::World;

/// A throttle that bounces, in units of value.
const TIGHT: u128 = 300;

impl World {
    pub fn report(
        &mut self,
        operator: Name,
        kind: Name,
        ago: u64,
        proof: bool,
    ) -> HarnessResult<bool> {
        let block = self.suite.net.consumer.block();
        let height = block.height.saturating_sub(ago);
        let evidence = proof.then(|| equivocation(&block.chain_id, operator, height));
        let infraction = gateway::Infraction {
            height: height.into(),
            time: block.time.minus_seconds(ago),
            evidence,
            ..self.suite.infraction(operator, kind)
        };
        self.suite.try_report("reporter", infraction).map(|_| true)
    }

    pub fn slash(
        &mut self,
        operator: Name,
        service: u32,
        kind: Name,
        ago: u64,
    ) -> HarnessResult<bool> {
        let time = self.suite.net.host.time().minus_seconds(ago);
        // The update that was in force then.
        let told = self
            .now
            .captures
            .by
            .range((service, operator, 0)..=(service, operator, u64::MAX));
        let in_force = told.rev().find(|(_, row)| row.value.at <= time);
        let Some(((_, _, update_id), _)) = in_force else {
            return Ok(false);
        };
        self.nonce += 1;
        let slash = Slash {
            nonce: self.nonce.into(),
            offender: Offender::Operator(self.suite.host(operator).to_string()),
            infraction: kind.to_string(),
            update_id: (*update_id).into(),
            height: self.nonce.into(),
            time,
            evidence: None,
        };
        self.send_slash(service, slash)
    }

    pub fn send_slash(&mut self, service: u32, slash: Slash) -> HarnessResult<bool> {
        let response = self
            .suite
            .try_slash(slasher(service), service, slash.clone())?;
        let data = parse_execute_response_data(&response.data.unwrap())
            .unwrap()
            .data;
        let answer: SlashAck = from_json(data.unwrap()).unwrap();
        if let SlashAck::Bounced { .. } = answer {
            self.bounced.push((service, slash));
        }
        let name = match answer {
            SlashAck::Accepted { .. } => "slash accepted",
            SlashAck::Duplicate { .. } => "slash repeated",
            SlashAck::Bounced { .. } => "slash bounced",
            SlashAck::Rejected { ref reason } => {
                self.log.push(format!("rejected: {reason}"));
                "slash rejected"
            }
        };
        super::stats::count(name, true);
        Ok(true)
    }

    /// Sends the oldest local slash that bounced again.
    pub fn retry(&mut self) -> HarnessResult<bool> {
        if self.bounced.is_empty() {
            return Ok(false);
        }
        let (service, slash) = self.bounced.remove(0);
        self.send_slash(service, slash)
    }

    /// How many local slashes bounced and were not taken in yet.
    pub fn bounces(&self) -> usize {
        self.bounced.len()
    }

    /// One of the requests that wait: that can be vetoed, or rather those whose window is over.
    pub fn waiting(&self, nth: usize, in_window: bool) -> Option<(u32, u64)> {
        let all = self
            .now
            .pending
            .by
            .keys()
            .map(|(_, service, request)| (*service, *request));
        let (open, over): (Vec<_>, Vec<_>) = all.partition(|key| {
            let request = self.now.requests.get(key).unwrap();
            request.window > 0 && self.now.now < request.received_at.plus_seconds(request.window)
        });
        let rather = match (in_window, over.is_empty()) {
            (true, _) | (false, true) => open,
            (false, false) => over,
        };
        rather.get(nth.checked_rem(rather.len())?).copied()
    }

    pub fn set_throttle(&mut self, service: u32, tight: bool) -> HarnessResult<bool> {
        let size = Uint128::new(if tight { TIGHT } else { THROTTLE });
        let reserved = size.multiply_ratio(1u128, 3u128);
        let buckets = Buckets {
            limit: size,
            reserved,
        };
        self.slashing(
            "owner",
            &slashing::ExecuteMsg::SetThrottle { service, buckets },
        )
    }

    pub fn set_shared(&mut self, tight: bool) -> HarnessResult<bool> {
        let shared = Uint128::new(if tight { TIGHT } else { THROTTLE });
        self.slashing("owner", &slashing::ExecuteMsg::SetSharedThrottle { shared })
    }

    /// Opens the throttles again.
    pub fn relax(&mut self) {
        for service in SERVICES {
            self.set_throttle(service, false).unwrap();
        }
        self.set_shared(false).unwrap();
    }

    pub fn set_penalty(&mut self, service: u32, kind: Name, of_most: u64) -> HarnessResult<bool> {
        let now = self.suite.net.host.time();
        let penalty = a_penalty(service, kind, of_most);
        let msg = slashing::ExecuteMsg::SetPenalty {
            service,
            penalty: penalty.clone(),
        };
        let accepted = self.slashing(slasher(service), &msg)?;
        let milder = penalty.fraction <= self.penalty(service, kind, now).fraction;
        let from = if milder {
            now
        } else {
            now.plus_seconds(UNBONDING)
        };
        let versions = self.penalties.get_mut(&(service, kind)).unwrap();
        // A change replaces one on its way.
        versions.retain(|(at, _)| *at <= now && *at != from);
        versions.push((from, penalty));
        Ok(accepted)
    }

    pub fn pay_out(&mut self, nth: usize) -> HarnessResult<bool> {
        let waiting: Vec<_> = self.now.seized.by.keys().cloned().collect();
        let Some((asset, account, recipient)) =
            nth.checked_rem(waiting.len()).map(|n| waiting[n].clone())
        else {
            return Ok(false);
        };
        let amount = self
            .now
            .seized
            .get(&(asset, account, recipient.clone()))
            .copied()
            .unwrap();
        let destination = match recipient.as_str() {
            "" => Destination::Burn {},
            _ => Destination::Send {
                recipient: recipient.clone(),
            },
        };
        let before = self.with_recipient(asset, &recipient);
        let msg = vault::ExecuteMsg::PayOut {
            asset: asset.to_string(),
            account,
            destination,
        };
        let accepted = self.vault("anybody", &msg)?;
        // Burned: the supply falls.
        let after = self.with_recipient(asset, &recipient);
        assert_eq!(
            before.abs_diff(after),
            amount.u128(),
            "paid out to {recipient:?}"
        );
        *self.paid_out.entry(asset).or_default() += amount.u128();
        Ok(accepted)
    }

    pub fn with_recipient(&self, asset: Name, recipient: &str) -> u128 {
        if !recipient.is_empty() {
            return self.balance(&Addr::unchecked(recipient), asset);
        }
        let host = &self.suite.net.host;
        match asset {
            ATOM => host.supply(DENOM).unwrap().u128(),
            ION => host.supply("uion").unwrap().u128(),
            _ => {
                let query = cw20::Cw20QueryMsg::TokenInfo {};
                let info: cw20::TokenInfoResponse = self.suite.ask(&self.suite.token, &query);
                info.total_supply.u128()
            }
        }
    }

    /// The chain of the gateway closes its end, as a chain can whose light client froze.
    pub fn close(&mut self) -> bool {
        const CHANNELS: cw_storage_plus::Map<&str, ChannelEnd> =
            cw_storage_plus::Map::new("palisade_testing/channels");
        let config: gateway::ConfigResponse = self.suite.ask_gateway(&gateway::QueryMsg::Config {});
        let Some(id) = config.channel else {
            return false;
        };
        let storage = self.suite.net.consumer.app.storage_mut();
        let mut end = CHANNELS.load(storage, &id).unwrap();
        end.state = ChannelState::Closed;
        CHANNELS.save(storage, &id, &end).unwrap();
        let there = end.counterparty.channel_id;
        self.suite.net.close_confirm(Side::Host, &there).unwrap();
        true
    }

    /// A new channel, whatever became of the former one.
    pub fn reopen(&mut self) -> HarnessResult<bool> {
        let peer = Some(self.suite.peer());
        self.slashing(
            "owner",
            &slashing::ExecuteMsg::SetPeer {
                service: CHAIN,
                peer,
            },
        )?;
        let config: gateway::ConfigResponse = self.suite.ask_gateway(&gateway::QueryMsg::Config {});
        if config.channel.is_some() {
            let gateway = self.suite.gateway.clone();
            let msg = gateway::ExecuteMsg::RenewChannel {
                connection_id: None,
            };
            self.suite.try_on_consumer("owner", &gateway, &msg)?;
        }
        self.suite.reopen_channel();
        Ok(true)
    }
}
