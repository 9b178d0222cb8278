//! How a step is taken: what services, their admins, the owner and the chains do.

use cosmwasm_std::{from_json, Addr, Uint128};
use cw_utils::parse_execute_response_data;
use palisade_ibc::{Offender, Slash, SlashAck};
use palisade_suite::*;
use palisade_testing::{ChannelEnd, ChannelState, HarnessResult, Side};
use palisade_types::asset::Destination;
use palisade_types::slashing::{self, Buckets};
use palisade_types::{gateway, vault};

use super::keys::{name_of, Key};
use super::model::*;
use super::pots::asset_of;
use super::setup::{a_penalty, chain_id, slasher};
use super::world::World;

/// A throttle that bounces, in units of value.
const TIGHT: u128 = 300;

impl World {
    pub fn report(
        &mut self,
        operator: Name,
        key: Option<u8>,
        kind: Name,
        ago: u64,
        proof: Option<u8>,
    ) -> HarnessResult<bool> {
        let block = self.suite.net.consumer.block();
        let height = block.height.saturating_sub(ago);
        let evidence =
            proof.map(|key| equivocation(&block.chain_id, &name_of((operator, key)), height));
        let offender = match key {
            Some(key) => Offender::Key(key_of(&name_of((operator, key)))),
            None => Offender::Operator(self.suite.host(operator).to_string()),
        };
        let infraction = gateway::Infraction {
            offender,
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
        let present = self.penalty(service, kind, now);
        let milder = present.is_some_and(|present| penalty.fraction <= present.fraction);
        let from = if milder {
            now
        } else {
            now.plus_seconds(UNBONDING)
        };
        let versions = self.penalties.get_mut(&(service, kind)).unwrap();
        // A change replaces one on its way.
        versions.retain(|(at, _)| *at <= now && *at != from);
        versions.push((from, Some(penalty)));
        Ok(accepted)
    }

    pub fn remove_penalty(&mut self, service: u32, kind: Name) -> HarnessResult<bool> {
        let now = self.suite.net.host.time();
        let msg = slashing::ExecuteMsg::RemovePenalty {
            service,
            kind: kind.to_string(),
        };
        let accepted = self.slashing(slasher(service), &msg)?;
        let versions = self.penalties.get_mut(&(service, kind)).unwrap();
        versions.retain(|(at, _)| *at < now);
        versions.push((now, None));
        Ok(accepted)
    }

    /// Refused only for what it should be.
    pub fn prove(&mut self, key: Key, ago: u64, other_chain: bool) -> HarnessResult<bool> {
        use palisade_slashing::ContractError as E;
        let now = self.suite.net.host.time();
        let height = self.suite.net.consumer.block().height - ago;
        let chain = chain_id(&self.suite, other_chain);
        let counts = self.terms[&CHAIN].counts(&chain, now);
        let who = self.keys.resolve(key, now);
        let evidence = equivocation(&chain, &name_of(key), height);
        let msg = slashing::ExecuteMsg::SubmitEquivocation {
            service: CHAIN,
            evidence,
        };
        let last = self.now.requests.by.keys().filter(|at| at.0 == CHAIN).max();
        let last = last.copied().unwrap_or((CHAIN, 0));
        let result = self.slashing("anybody", &msg);
        match result.as_ref().map_err(refusal::<E>) {
            Ok(_) => {
                assert!(counts.is_some(), "votes for {chain} prove something");
                super::stats::count("votes for the former chain", counts == Some(false));
                let who = who.expect("nobody's key proves something");
                super::stats::count("proved by another key", key.1 > 0);
                self.log
                    .push(format!("{who} by {key:?}, after request {last:?}"));
                self.proved = Some((who, height));
            }
            Err(E::Evidence(_)) => {
                assert!(counts.is_none(), "votes for {chain} prove nothing");
                super::stats::count("votes for another chain refused", true);
            }
            Err(_) => assert!(counts.is_some(), "votes for {chain} are looked into"),
        }
        result
    }

    pub fn update_service(
        &mut self,
        service: u32,
        settings: slashing::ServiceSettings,
    ) -> HarnessResult<bool> {
        let at = self.suite.net.host.time().plus_seconds(UNBONDING);
        let msg = slashing::ExecuteMsg::UpdateService {
            service,
            settings: settings.clone(),
        };
        let accepted = self.slashing(slasher(service), &msg)?;
        self.terms.get_mut(&service).unwrap().change = Some((settings, at));
        Ok(accepted)
    }

    pub fn cancel_update(&mut self, service: u32) -> HarnessResult<bool> {
        let msg = slashing::ExecuteMsg::CancelUpdate { service };
        let result = self.slashing(slasher(service), &msg);
        let change = self.terms.get_mut(&service).unwrap().change.take();
        assert_eq!(
            result.is_ok(),
            change.is_some(),
            "a change on its way: {change:?}"
        );
        result
    }

    pub fn redirect(&mut self, service: u32, nth: usize) -> HarnessResult<bool> {
        let target = self.terms[&service].target().to_string();
        let waits = self
            .now
            .seized
            .due
            .iter()
            .filter(|((_, of, to), _)| *of == service && *to != target);
        let waits: Vec<_> = waits.map(|(key, amount)| (key.clone(), *amount)).collect();
        let Some(nth) = nth.checked_rem(waits.len()) else {
            return Ok(false);
        };
        let ((asset, _, from), amount) = waits[nth].clone();
        let from_where = match from.as_str() {
            "" => Destination::Burn {},
            _ => Destination::Send {
                recipient: from.clone(),
            },
        };
        let msg = slashing::ExecuteMsg::RedirectProceeds {
            service,
            asset: self.booked_as(asset),
            from: from_where,
        };
        let burns = !matches!(
            self.terms[&service].now.proceeds,
            slashing::Proceeds::Send { .. }
        );
        let accepted = self.slashing(slasher(service), &msg)?;
        assert!(
            !from.is_empty() || !burns,
            "a share to be burned was pocketed"
        );
        self.redirected = Some(((asset, service, from), (asset, service, target), amount));
        Ok(accepted)
    }

    pub fn pay_out(&mut self, nth: usize) -> HarnessResult<bool> {
        let waiting: Vec<_> = self.now.seized.due.keys().cloned().collect();
        let Some(key) = nth.checked_rem(waiting.len()).map(|n| waiting[n].clone()) else {
            return Ok(false);
        };
        let due = self.payable(&key);
        let (name, account, recipient) = key;
        let asset = asset_of(name);
        let destination = match recipient.as_str() {
            "" => Destination::Burn {},
            _ => Destination::Send {
                recipient: recipient.clone(),
            },
        };
        let before = self.with_recipient(asset, &recipient);
        let msg = vault::ExecuteMsg::PayOut {
            asset: self.booked_as(name),
            account,
            destination,
        };
        let result = self.vault("anybody", &msg);
        assert_eq!(result.is_ok(), due.is_some(), "{due:?} is due: {result:?}");
        // Burned: the supply falls.
        let after = self.with_recipient(asset, &recipient);
        let amount = due.unwrap_or_default().u128();
        assert_eq!(before.abs_diff(after), amount, "paid out to {recipient:?}");
        *self.paid_out.entry(name).or_default() += amount;
        if asset == ION && recipient.is_empty() {
            self.afar.burned += amount;
        }
        super::stats::count("pot paid", asset != name && amount > 0);
        result
    }

    pub fn with_recipient(&self, asset: Name, recipient: &str) -> u128 {
        if !recipient.is_empty() {
            return self.balance(&Addr::unchecked(recipient), asset);
        }
        let host = &self.suite.net.host;
        match asset {
            ATOM => host.supply(DENOM).unwrap().u128(),
            ION => host.supply(&self.ion()).unwrap().u128(),
            STAKE => host.supply(BOND).unwrap().u128(),
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

    /// The owner admits nobody any more.
    pub fn cut_off(&mut self) -> HarnessResult<bool> {
        let msg = slashing::ExecuteMsg::SetPeer {
            service: CHAIN,
            peer: None,
        };
        let accepted = self.slashing("owner", &msg)?;
        if !std::mem::replace(&mut self.heights.nobody, true) {
            self.heights.cut();
        }
        Ok(accepted)
    }

    pub fn renew_nonces(&mut self) -> HarnessResult<bool> {
        let accepted = self.slashing(
            "owner",
            &slashing::ExecuteMsg::RenewNonces { service: CHAIN },
        )?;
        self.heights.renew();
        self.nonce_epoch += 1;
        Ok(accepted)
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
        if std::mem::take(&mut self.heights.nobody) {
            self.heights.cut();
        }
        let config: gateway::ConfigResponse = self.suite.ask_gateway(&gateway::QueryMsg::Config {});
        if config.channel.is_some() {
            let gateway = self.suite.gateway.clone();
            let msg = gateway::ExecuteMsg::RenewChannel {
                connection_id: None,
            };
            self.suite.try_on_consumer("owner", &gateway, &msg)?;
        }
        let channel = self.suite.reopen_channel();
        self.heights
            .open(channel.at(Side::Host).unwrap().id.clone());
        Ok(true)
    }
}
