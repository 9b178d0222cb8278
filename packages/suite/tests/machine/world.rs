//! The suite on two chains under a history of steps, and what is known of it without asking it:
//! who paid what in and took what out, which penalties were published and agreed upon.

use std::collections::BTreeMap;

use cosmwasm_std::{from_json, Addr, Decimal, Timestamp, Uint128};
use cw_utils::parse_execute_response_data;
use palisade_admin::AdminMsg;
use palisade_ibc::{Offender, Slash, SlashAck};
use palisade_suite::*;
use palisade_testing::{Action, ChannelEnd, ChannelState, HarnessError, HarnessResult, Performed};
use palisade_types::asset::{AssetKind, Destination, RateSource};
use palisade_types::slashing::{
    self, Buckets, Dispute, NewService, Penalty, Proceeds, ServiceSettings, Source,
};
use palisade_types::{allocation, delegation, gateway, vault};

use super::model::*;
use super::seen::{Epochs, Name, Names, Snapshot};

/// What everybody has of each asset at first.
pub const FORTUNE: u128 = 1_000_000_000_000_000;
/// A throttle that bounces, in units of value.
const TIGHT: u128 = 300;

/// The penalties that a service begins with, in hundredths of a percent of the most.
fn first_penalties(deep: bool, service: u32) -> impl Iterator<Item = Penalty> {
    let censorship = if deep && service == PLAIN {
        10_000
    } else {
        2_500
    };
    let all = [200, 10_000, censorship, 5_000];
    KINDS
        .into_iter()
        .zip(all)
        .map(move |(kind, of_most)| a_penalty(service, kind, of_most))
}

/// Penalties of one kind by the time of infraction from which on they count.
pub type Versions = Vec<(Timestamp, Penalty)>;

/// A system under use.
pub struct World {
    pub suite: Suite,
    pub names: Names,
    pub epochs: Epochs,
    pub before: Snapshot,
    pub now: Snapshot,
    /// What each owner has of each asset, in the suite and outside, beyond what it had at first.
    pub gains: BTreeMap<(Name, Name), i128>,
    /// What everybody has outside the suite, by owner and asset.
    pub wallets: BTreeMap<(Name, Name), u128>,
    /// Seized and paid out, by asset.
    pub paid_out: BTreeMap<Name, u128>,
    /// Seized by penalties that were executed, by asset.
    pub taken: BTreeMap<Name, u128>,
    pub penalties: BTreeMap<(u32, Name), Versions>,
    /// Share of losses that an operator bears first, and a lower one on its way.
    pub first_losses: BTreeMap<Name, (u64, Option<(u64, Timestamp)>)>,
    /// Service, operator and asset of which a penalty that tombstones took something.
    pub borne: std::collections::BTreeSet<(u32, Name, Name)>,
    nonce: u64,
    bounced: Vec<(u32, Slash)>,
    pub log: Vec<String>,
    pub steps: u128,
    /// Whether the steps are no longer random ones.
    pub ending: bool,
}

/// The most that a service slashes, in percent.
pub fn max_slash(service: u32) -> Decimal {
    Decimal::percent(match service {
        CHAIN => 10,
        COURT => 30,
        _ => 100,
    })
}

/// Assets that a service accepts.
pub fn assets_of(service: u32) -> Vec<Name> {
    match service {
        CHAIN => vec![ATOM, STATOM, ION],
        COURT => vec![ATOM, STATOM],
        _ => vec![STATOM, ION, ATOM],
    }
}

/// Who sends the slashes of a local service, and is its admin.
fn slasher(service: u32) -> Name {
    match service {
        CHAIN => "consumer-admin",
        COURT => "judge",
        _ => "slasher",
    }
}

fn a_penalty(service: u32, kind: &str, of_most: u64) -> Penalty {
    let (jail, tombstone) = match kind {
        "downtime" => (3_600, false),
        "double_sign" | "treason" => (0, true),
        _ => (0, false),
    };
    let fraction = max_slash(service) * Decimal::bps(of_most);
    penalty(kind, fraction, jail, tombstone)
}

impl World {
    pub fn new(state: &State) -> Self {
        let mut suite = Suite::new();
        register_ion(&mut suite);
        for service in SERVICES {
            register(&mut suite, service, state.deep);
        }
        let genesis: delegation::ConfigResponse =
            suite.ask(&suite.delegation, &delegation::QueryMsg::Config {});
        let names = Names::new(&suite);
        let mut world = Self {
            names,
            epochs: Epochs(genesis.genesis),
            before: Snapshot::new(),
            now: Snapshot::new(),
            gains: BTreeMap::new(),
            wallets: BTreeMap::new(),
            paid_out: BTreeMap::new(),
            taken: BTreeMap::new(),
            penalties: BTreeMap::new(),
            first_losses: BTreeMap::new(),
            borne: Default::default(),
            nonce: 0,
            bounced: vec![],
            log: vec![],
            steps: 0,
            ending: false,
            suite,
        };
        world.endow();
        for service in SERVICES {
            for (kind, first) in KINDS.into_iter().zip(first_penalties(state.deep, service)) {
                let first = (Timestamp::default(), first);
                world.penalties.insert((service, kind), vec![first]);
            }
        }
        for operator in OPERATORS {
            world.suite.register_operator(operator);
            for asset in ASSETS {
                world
                    .deposit("alice", Some(operator), asset, 3_000)
                    .unwrap();
            }
            for service in SERVICES {
                let of_most = first_share(state.deep, operator, service);
                if of_most > 0 {
                    world.opt_in(operator, service, of_most).unwrap();
                }
            }
        }
        world.suite.wait(ALLOCATION_DELAY + 1);
        for service in SERVICES {
            world.suite.sync(service);
        }
        world.suite.net.relay_all().unwrap();
        if state.tight {
            for service in SERVICES {
                world.set_throttle(service, true).unwrap();
            }
            world.set_shared(true).unwrap();
        }
        for owner in OWNERS {
            world.look_into_wallet(owner);
        }
        world.look();
        world.before = Snapshot::new().look(&world.suite, &world.names);
        world.gains = world.gains();
        world
    }

    fn endow(&mut self) {
        let (owner, token) = (self.suite.host("owner"), self.suite.token.clone());
        for name in OWNERS {
            let to = self.suite.host(name);
            let host = &mut self.suite.net.host;
            for denom in [DENOM, "uion"] {
                host.mint(&to, FORTUNE, denom).unwrap();
            }
            host.cw20_mint(&token, &owner, &to, FORTUNE).unwrap();
        }
    }

    /// Looks at everything anew.
    pub fn look(&mut self) {
        let now = self.now.look(&self.suite, &self.names);
        self.before = std::mem::replace(&mut self.now, now);
    }

    /// What an address has of an asset outside the suite.
    pub fn balance(&self, of: &Addr, asset: Name) -> u128 {
        let host = &self.suite.net.host;
        let balance = match asset {
            ATOM => host.balance(of, DENOM),
            ION => host.balance(of, "uion"),
            _ => host.cw20_balance(&self.suite.token, of),
        };
        balance.unwrap()
    }

    pub fn look_into_wallet(&mut self, owner: Name) {
        let address = self.suite.host(owner);
        for asset in ASSETS {
            let balance = self.balance(&address, asset);
            self.wallets.insert((owner, asset), balance);
        }
    }

    /// What an owner paid in, less what it took out; below zero, it took more.
    pub fn paid_in(&self, owner: Name, asset: Name) -> i128 {
        FORTUNE as i128 - self.wallets[&(owner, asset)] as i128
    }

    /// What each owner has of each asset, in the suite and outside, beyond what it had at first.
    pub fn gains(&self) -> BTreeMap<(Name, Name), i128> {
        let worths = self.now.worths();
        let keys = OWNERS
            .iter()
            .flat_map(|owner| ASSETS.map(|asset| (*owner, asset)));
        keys.map(|key| {
            let worth = worths.get(&key).copied().unwrap_or_default() as i128;
            (key, worth - self.paid_in(key.0, key.1))
        })
        .collect()
    }

    /// Takes a step and checks all that must hold after it. Whether it was accepted.
    pub fn step(&mut self, step: &Step) -> bool {
        let result = self.take(step);
        if let Err(HarnessError::Panicked { message }) = &result {
            panic!("a contract panicked: {message}");
        }
        let accepted = matches!(result, Ok(true));
        let said = match &result {
            Ok(true) => "ok".to_string(),
            Ok(false) => "nothing to do".to_string(),
            Err(error) => {
                let text = error.to_string();
                text.rsplit("contract error: ")
                    .next()
                    .unwrap_or_default()
                    .to_string()
            }
        };
        self.steps += 1;
        self.log.push(format!("{}. {step:?}: {said}", self.steps));
        if !self.ending {
            super::stats::count(&step.name(), accepted);
        }
        if let Step::Deposit { who, .. } | Step::Withdraw { who, .. } | Step::Claim { who, .. } =
            step
        {
            self.look_into_wallet(who);
        }
        self.look();
        super::checks::check(self, step, result.as_ref().err());
        accepted
    }

    /// The penalty for an infraction of that time.
    pub fn penalty(&self, service: u32, kind: &str, time: Timestamp) -> &Penalty {
        let kind = KINDS.into_iter().find(|k| *k == kind).unwrap();
        let versions = &self.penalties[&(service, kind)];
        &versions.iter().rfind(|(from, _)| *from <= time).unwrap().1
    }

    /// The share of losses that an operator bears first at a time.
    pub fn first_loss(&self, operator: Name, time: Timestamp) -> Decimal {
        let (share, pending) = self.first_losses.get(operator).copied().unwrap_or_default();
        Decimal::percent(match pending {
            Some((later, at)) if at <= time => later,
            _ => share,
        })
    }

    /// Takes a step. Whether it was accepted; there being nothing to do counts as refused.
    pub fn take(&mut self, step: &Step) -> HarnessResult<bool> {
        match *step {
            Step::Deposit {
                who,
                operator,
                asset,
                amount,
            } => self.deposit(who, operator, asset, amount),
            Step::Delegate {
                who,
                operator,
                asset,
                amount,
            } => {
                let operator = self.suite.host(operator).to_string();
                let (asset, amount) = (asset.to_string(), self.at_most_idle(who, asset, amount));
                self.vault(
                    who,
                    &vault::ExecuteMsg::Delegate {
                        asset,
                        operator,
                        amount,
                    },
                )
            }
            Step::Withdraw { who, asset, amount } => {
                let (asset, amount) = (asset.to_string(), self.at_most_idle(who, asset, amount));
                self.vault(
                    who,
                    &vault::ExecuteMsg::Withdraw {
                        asset,
                        amount,
                        recipient: None,
                    },
                )
            }
            Step::Undelegate {
                who,
                operator,
                asset,
                amount,
            } => self
                .suite
                .try_undelegate(who, operator, asset, amount)
                .map(|_| true),
            Step::Cancel {
                who,
                operator,
                asset,
                amount,
            } => self.cancel(who, operator, asset, amount),
            Step::Claim {
                who,
                operator,
                asset,
            } => self.suite.try_claim(who, operator, asset).map(|_| true),
            Step::Redelegate {
                who,
                operator,
                asset,
                to,
            } => {
                let [operator, to] = [operator, to].map(|name| self.suite.host(name).to_string());
                let asset = asset.to_string();
                self.delegation(
                    who,
                    &delegation::ExecuteMsg::Redelegate {
                        operator,
                        asset,
                        to,
                    },
                )
            }
            Step::SetFirstLoss { operator, percent } => self.set_first_loss(operator, percent),
            Step::SetCap { operator, percent } => {
                let cap = Decimal::percent(percent);
                self.allocation(operator, &allocation::ExecuteMsg::SetCommitmentCap { cap })
            }
            Step::OptIn {
                operator,
                service,
                of_most,
            } => self.opt_in(operator, service, of_most),
            Step::Adjust {
                operator,
                service,
                asset,
                of_most,
            } => {
                let share = max_slash(service) * Decimal::bps(of_most);
                let slices = vec![allocation::SliceShare {
                    asset: asset.to_string(),
                    share,
                }];
                self.allocation(
                    operator,
                    &allocation::ExecuteMsg::Adjust { service, slices },
                )
            }
            Step::OptOut { operator, service } => {
                self.allocation(operator, &allocation::ExecuteMsg::OptOut { service })
            }
            Step::Leave { operator, service } => {
                let operator = self.suite.host(operator).to_string();
                self.allocation(
                    "anybody",
                    &allocation::ExecuteMsg::Leave { service, operator },
                )
            }
            Step::Unjail { operator, service } => {
                self.slashing(operator, &slashing::ExecuteMsg::Unjail { service })
            }
            Step::Sync { service, limit } => {
                self.slashing("anybody", &slashing::ExecuteMsg::Sync { service, limit })
            }
            _ => self.take_slash(step),
        }
    }

    fn take_slash(&mut self, step: &Step) -> HarnessResult<bool> {
        match *step {
            Step::Report {
                operator,
                kind,
                ago,
                proof,
            } => self.report(operator, kind, ago, proof),
            Step::Relay => self.suite.try_relay().map(|_| true),
            Step::Slash {
                operator,
                service,
                kind,
                ago,
            } => self.slash(operator, service, kind, ago),
            Step::Retry => self.retry(),
            Step::Prove { operator, ago } => {
                let block = self.suite.net.consumer.block();
                let evidence =
                    equivocation(&block.chain_id, operator, block.height.saturating_sub(ago));
                let service = CHAIN;
                self.slashing(
                    "anybody",
                    &slashing::ExecuteMsg::SubmitEquivocation { service, evidence },
                )
            }
            Step::Veto { nth } => match self.waiting(nth, true) {
                Some((service, request)) => self.slashing(
                    "resolver",
                    &slashing::ExecuteMsg::Veto {
                        service,
                        request: request.into(),
                    },
                ),
                None => Ok(false),
            },
            Step::Execute { nth } => match self.waiting(nth, false) {
                Some((service, request)) => self.slashing(
                    "anybody",
                    &slashing::ExecuteMsg::Execute {
                        service,
                        request: request.into(),
                    },
                ),
                None => Ok(false),
            },
            Step::SetThrottle { service, tight } => self.set_throttle(service, tight),
            Step::SetSharedThrottle { tight } => self.set_shared(tight),
            Step::Suspend { service, seconds } => {
                let seconds = Some(seconds);
                self.slashing(
                    "guardian",
                    &slashing::ExecuteMsg::Suspend { service, seconds },
                )
            }
            Step::Resume { service } => {
                self.slashing("guardian", &slashing::ExecuteMsg::Resume { service })
            }
            Step::PauseExecutions { seconds } => {
                let (action, seconds) = (slashing::Action::Executions, Some(seconds));
                self.slashing(
                    "guardian",
                    &slashing::ExecuteMsg::Admin(AdminMsg::Pause { action, seconds }),
                )
            }
            Step::SetPenalty {
                service,
                kind,
                of_most,
            } => self.set_penalty(service, kind, of_most),
            Step::UpdateService {
                service,
                bounty,
                burned,
            } => {
                let settings = self.settings(service, bounty, burned);
                self.slashing(
                    slasher(service),
                    &slashing::ExecuteMsg::UpdateService { service, settings },
                )
            }
            Step::StopService { service } => self.slashing(
                slasher(service),
                &slashing::ExecuteMsg::StopService { service },
            ),
            Step::PayOut { nth } => self.pay_out(nth),
            Step::Close => Ok(self.close()),
            Step::Reopen => self.reopen(),
            Step::Wait { seconds } => {
                self.suite.wait(seconds);
                Ok(true)
            }
            Step::Net(action) => self.net(action),
            ref other => panic!("nobody takes {other:?}"),
        }
    }

    fn net(&mut self, action: Action) -> HarnessResult<bool> {
        let performed = self.suite.net.perform(action)?;
        Ok(performed != Performed::Nothing)
    }

    fn vault(&mut self, who: &str, msg: &vault::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.vault.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn delegation(&mut self, who: &str, msg: &delegation::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.delegation.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    fn allocation(&mut self, who: &str, msg: &allocation::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.allocation.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn slashing(&mut self, who: &str, msg: &slashing::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.slashing.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    fn deposit(
        &mut self,
        who: Name,
        operator: Option<Name>,
        asset: Name,
        amount: u128,
    ) -> HarnessResult<bool> {
        let operator = operator.map(|name| self.suite.host(name).to_string());
        let (vault, token) = (self.suite.vault.clone(), self.suite.token.clone());
        if asset == STATOM {
            let hook = vault::Cw20HookMsg::Deposit {
                operator,
                owner: None,
            };
            let msg = cw20::Cw20ExecuteMsg::Send {
                contract: vault.to_string(),
                amount: Uint128::new(amount),
                msg: cosmwasm_std::to_json_binary(&hook).unwrap(),
            };
            return self.suite.try_on_host(who, &token, &msg, &[]).map(|_| true);
        }
        let denom = if asset == ATOM { DENOM } else { "uion" };
        let msg = vault::ExecuteMsg::Deposit {
            operator,
            owner: None,
        };
        let funds = cosmwasm_std::coins(amount, denom);
        self.suite
            .try_on_host(who, &vault, &msg, &funds)
            .map(|_| true)
    }

    fn at_most_idle(&self, who: Name, asset: Name, amount: u128) -> Uint128 {
        let idle = self
            .now
            .idle
            .get(&(who, asset))
            .copied()
            .unwrap_or_default();
        idle.min(Uint128::new(amount)).max(Uint128::one())
    }

    fn cancel(
        &mut self,
        who: Name,
        operator: Name,
        asset: Name,
        amount: Option<u128>,
    ) -> HarnessResult<bool> {
        let Some(pool) = self.now.pools.get(&(operator, asset)) else {
            return Ok(false);
        };
        let range = (who, pool.id, 0)..=(who, pool.id, u64::MAX);
        let Some((_, _, epoch)) = self
            .now
            .entries
            .by
            .range(range)
            .next_back()
            .map(|(key, _)| *key)
        else {
            return Ok(false);
        };
        let msg = delegation::ExecuteMsg::Cancel {
            operator: self.suite.host(operator).to_string(),
            asset: asset.to_string(),
            epoch,
            amount: amount.map(Uint128::new),
        };
        self.delegation(who, &msg)
    }

    fn opt_in(&mut self, operator: Name, service: u32, of_most: u64) -> HarnessResult<bool> {
        let share = max_slash(service) * Decimal::bps(of_most);
        let slices = assets_of(service)
            .into_iter()
            .map(|asset| allocation::SliceShare {
                asset: asset.to_string(),
                share,
            });
        let slices = slices.collect();
        self.suite
            .try_opt_in(operator, service, service == CHAIN, slices)
            .map(|_| true)
    }

    fn set_first_loss(&mut self, operator: Name, percent: u64) -> HarnessResult<bool> {
        let now = self.suite.net.host.time();
        let share = Decimal::percent(percent);
        let accepted =
            self.delegation(operator, &delegation::ExecuteMsg::SetFirstLoss { share })?;
        let (before, pending) = self.first_losses.get(operator).copied().unwrap_or_default();
        let before = match pending {
            Some((later, at)) if at <= now => later,
            _ => before,
        };
        // Lower: once all who were in the pool when the present epoch ended could have left.
        let after = match percent >= before {
            true => (percent, None),
            false => (
                before,
                Some((percent, self.epochs.matures_at(self.epochs.at(now) + 1))),
            ),
        };
        self.first_losses.insert(operator, after);
        Ok(accepted)
    }

    fn report(&mut self, operator: Name, kind: Name, ago: u64, proof: bool) -> HarnessResult<bool> {
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

    fn slash(&mut self, operator: Name, service: u32, kind: Name, ago: u64) -> HarnessResult<bool> {
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

    fn send_slash(&mut self, service: u32, slash: Slash) -> HarnessResult<bool> {
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
    fn waiting(&self, nth: usize, in_window: bool) -> Option<(u32, u64)> {
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

    fn set_throttle(&mut self, service: u32, tight: bool) -> HarnessResult<bool> {
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

    fn set_shared(&mut self, tight: bool) -> HarnessResult<bool> {
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

    fn set_penalty(&mut self, service: u32, kind: Name, of_most: u64) -> HarnessResult<bool> {
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

    fn settings(&self, service: u32, bounty: u64, burned: u64) -> ServiceSettings {
        service_settings(&self.suite, service, bounty, burned)
    }

    fn pay_out(&mut self, nth: usize) -> HarnessResult<bool> {
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

    fn with_recipient(&self, asset: Name, recipient: &str) -> u128 {
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
    fn close(&mut self) -> bool {
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
        self.suite
            .net
            .close_confirm(palisade_testing::Side::Host, &there)
            .unwrap();
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

fn register_ion(suite: &mut Suite) {
    let asset = vault::NewAsset {
        id: ION.to_string(),
        kind: AssetKind::Native {
            denom: "uion".to_string(),
        },
        rate: RateSource::Fixed {
            rate: Decimal::percent(50),
        },
        weight: Decimal::percent(80),
        cap: Uint128::new(10u128.pow(31)),
        minimum: Uint128::one(),
    };
    let vault = suite.vault.clone();
    suite.on_host("owner", &vault, &vault::ExecuteMsg::RegisterAsset(asset));
}

fn service_settings(suite: &Suite, service: u32, bounty: u64, burned: u64) -> ServiceSettings {
    let recipient = suite.host("treasury").to_string();
    let window = if service == COURT { WINDOW } else { 0 };
    ServiceSettings {
        evidence_age: UNBONDING - 2 * EPOCH - window,
        dispute: (service == COURT).then(|| Dispute {
            resolver: suite.host("resolver").to_string(),
            window,
        }),
        proceeds: match burned {
            0 => Proceeds::Send { recipient },
            100 => Proceeds::Burn {},
            _ => Proceeds::Split {
                recipient,
                burned: Decimal::percent(burned),
            },
        },
        bounty: Decimal::percent(bounty),
        chain_id: (service == CHAIN).then(|| suite.net.consumer.block().chain_id),
    }
}

fn register(suite: &mut Suite, service: u32, deep: bool) {
    let source = match service {
        CHAIN => Source::Ibc {},
        _ => Source::Local {
            slasher: suite.host(slasher(service)).to_string(),
        },
    };
    let new = NewService {
        terms: allocation::ServiceTerms {
            assets: assets_of(service)
                .iter()
                .map(|asset| asset.to_string())
                .collect(),
            ..terms(max_slash(service), service == CHAIN)
        },
        source,
        penalties: first_penalties(deep, service).collect(),
        settings: service_settings(
            suite,
            service,
            u64::from(service) * 2,
            100 - u64::from(service) * 30,
        ),
    };
    let contract = suite.slashing.clone();
    suite.on_host(
        slasher(service),
        &contract,
        &slashing::ExecuteMsg::RegisterService(new),
    );
    if service == CHAIN {
        suite.open_channel(service);
    }
}
