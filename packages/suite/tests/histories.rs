//! Random histories over all five contracts and a network that drops, repeats, reorders and delays:
//! what must hold, holds after every step, and once it is quiet both chains agree.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]
#![allow(clippy::panic, clippy::cast_possible_truncation, missing_docs)]

use std::collections::BTreeMap;

use cosmwasm_std::{Decimal, Uint128};
use palisade_suite::*;
use palisade_testing::{seeded, Action as NetAction, HarnessError, HarnessResult};
use palisade_types::allocation::{
    ExecuteMsg as AllocationMsg, MemberResponse, QueryMsg, ServiceId,
};
use palisade_types::delegation::{BucketResponse, ExecuteMsg as DelegationMsg, QueryMsg as Ask};
use palisade_types::gateway::ReportState;
use palisade_types::slashing::{ExecuteMsg as SlashingMsg, RequestState};
use proptest::prelude::*;

const OPERATORS: [&str; 3] = ["north", "south", "west"];
const STAKERS: [&str; 3] = ["alice", "bob", "carol"];
const ASSETS: [&str; 2] = [ATOM, STATOM];

/// A system under random use. Refusals are part of it; panics are not.
struct History {
    suite: Suite,
    chain: ServiceId,
    locals: [ServiceId; 2],
    nonce: u64,
    log: Vec<String>,
}

/// The slices of one operator, in the unit of the pool's present magnitude.
type Slices = BTreeMap<(ServiceId, String), Uint128>;
/// Era and norm of each pool of one operator.
type Units = BTreeMap<String, (u32, u32)>;

impl History {
    fn new() -> Self {
        let mut suite = Suite::new();
        for operator in OPERATORS {
            suite.register_operator(operator);
            suite.deposit("genesis", operator, 1_000);
            suite.deposit_cw20("genesis", operator, 1_000);
        }
        let chain = suite.register_consumer(Decimal::percent(5));
        let locals = [30, 60].map(|max| suite.register_local("slasher", Decimal::percent(max)));
        for operator in OPERATORS {
            suite.opt_in(operator, chain, true, 5);
            suite.opt_in(operator, locals[0], false, 30);
        }
        suite.settle(chain);
        suite.sync(locals[0]);
        Self {
            suite,
            chain,
            locals,
            nonce: 0,
            log: vec![],
        }
    }

    fn step(&mut self, word: u64) {
        let before: Vec<_> = OPERATORS.iter().map(|op| self.slices(op)).collect();
        let (what, result) = self.act(word);
        let said = match &result {
            Ok(()) => "ok".to_string(),
            Err(error) => error.to_string(),
        };
        self.log.push(format!("{what}: {said}"));
        if let Err(HarnessError::Panicked { message }) = result {
            panic!("{message}\n{}", self.log.join("\n"));
        }
        self.check(&before);
    }

    fn act(&mut self, word: u64) -> (String, HarnessResult<()>) {
        let operator = OPERATORS[(word >> 8) as usize % 3];
        let staker = STAKERS[(word >> 16) as usize % 3];
        let asset = ASSETS[(word >> 24) as usize % 2];
        let service = [self.chain, self.locals[0], self.locals[1]][(word >> 32) as usize % 3];
        let amount = u128::from((word >> 40) % 5_000) + 1;
        let name = format!(
            "{} {staker} {operator} {asset} {service} {amount}",
            word % 32
        );
        let suite = &mut self.suite;
        let result = match word % 32 {
            0..=2 => suite.try_deposit(staker, Some(operator), amount).map(drop),
            3..=4 => {
                suite.deposit_cw20(staker, operator, amount);
                Ok(())
            }
            5..=7 => suite
                .try_undelegate(staker, operator, asset, Some(amount))
                .map(drop),
            8 => suite
                .try_undelegate(staker, operator, asset, None)
                .map(drop),
            9..=10 => suite.try_claim(staker, operator, asset).map(drop),
            11 => self.delegation(staker, &self.cancel(operator, asset, amount)),
            12 => self.delegation(staker, &self.redelegate(operator, asset, staker)),
            13..=14 => self.allocation(operator, &adjust(service, asset, amount)),
            15 => self.allocation(operator, &AllocationMsg::OptOut { service }),
            16 => self.allocation(operator, &self.leave(operator, service)),
            17 => {
                let slices = vec![slice(asset, amount as u64 % 6)];
                let keyed = service == self.chain;
                suite.try_opt_in(operator, service, keyed, slices).map(drop)
            }
            18..=20 => self.slashing(&SlashingMsg::Sync {
                service,
                limit: Some(2),
            }),
            21..=22 => {
                let kind = ["downtime", "double_sign"][amount as usize % 8 / 7];
                let infraction = suite.infraction(operator, kind);
                suite.try_report("reporter", infraction).map(drop)
            }
            23..=24 => self.slash_locally(operator, amount),
            25 => suite.try_relay().map(drop),
            26 | 30 | 31 => {
                suite.wait(amount as u64 * 60);
                Ok(())
            }
            27 => self.unjail(operator, service),
            _ => suite.net.perform(NetAction::decode(word >> 8)).map(drop),
        };
        (name, result)
    }

    fn delegation(&mut self, who: &str, msg: &DelegationMsg) -> HarnessResult<()> {
        let contract = self.suite.delegation.clone();
        self.suite.try_on_host(who, &contract, msg, &[]).map(drop)
    }

    fn allocation(&mut self, who: &str, msg: &AllocationMsg) -> HarnessResult<()> {
        let contract = self.suite.allocation.clone();
        self.suite.try_on_host(who, &contract, msg, &[]).map(drop)
    }

    fn slashing(&mut self, msg: &SlashingMsg) -> HarnessResult<()> {
        let contract = self.suite.slashing.clone();
        self.suite
            .try_on_host("anybody", &contract, msg, &[])
            .map(drop)
    }

    fn cancel(&self, operator: &str, asset: &str, amount: u128) -> DelegationMsg {
        let epoch: palisade_types::delegation::EpochResponse =
            self.suite.ask(&self.suite.delegation, &Ask::Epoch {});
        DelegationMsg::Cancel {
            operator: self.suite.host(operator).to_string(),
            asset: asset.to_string(),
            epoch: epoch.epoch - (amount as u64 % 2).min(epoch.epoch),
            amount: Some(Uint128::new(amount)),
        }
    }

    fn redelegate(&self, operator: &str, asset: &str, salt: &str) -> DelegationMsg {
        DelegationMsg::Redelegate {
            operator: self.suite.host(operator).to_string(),
            asset: asset.to_string(),
            to: self.suite.host(OPERATORS[salt.len() % 3]).to_string(),
        }
    }

    fn leave(&self, operator: &str, service: ServiceId) -> AllocationMsg {
        AllocationMsg::Leave {
            service,
            operator: self.suite.host(operator).to_string(),
        }
    }

    fn unjail(&mut self, operator: &str, service: ServiceId) -> HarnessResult<()> {
        let contract = self.suite.slashing.clone();
        let msg = SlashingMsg::Unjail { service };
        self.suite
            .try_on_host(operator, &contract, &msg, &[])
            .map(drop)
    }

    fn slash_locally(&mut self, operator: &str, amount: u128) -> HarnessResult<()> {
        let service = self.locals[amount as usize % 2];
        let Some(member) = self.member(service, operator) else {
            return Ok(());
        };
        self.nonce += 1;
        let kind = ["downtime", "double_sign"][amount as usize % 8 / 7];
        let ago = amount as u64 * 60;
        let slash = palisade_ibc::Slash {
            nonce: self.nonce.into(),
            offender: palisade_ibc::Offender::Operator(self.suite.host(operator).to_string()),
            infraction: kind.to_string(),
            update_id: member.update_id,
            height: self.nonce.into(),
            time: self.suite.net.host.time().minus_seconds(ago),
            evidence: None,
        };
        self.suite.try_slash("slasher", service, slash).map(drop)
    }

    fn member(&self, service: ServiceId, operator: &str) -> Option<MemberResponse> {
        let query = QueryMsg::Member {
            service,
            operator: self.suite.host(operator).to_string(),
        };
        let answer = self.suite.net.host.query(&self.suite.allocation, &query);
        answer.ok()
    }

    fn services(&self) -> [ServiceId; 3] {
        [self.chain, self.locals[0], self.locals[1]]
    }

    fn slices(&self, operator: &str) -> (Slices, Units) {
        let mut slices = Slices::new();
        let mut units = BTreeMap::new();
        for service in self.services() {
            let Some(member) = self.member(service, operator) else {
                continue;
            };
            for slice in member.slices {
                if let Some(pool) = self.suite.pool(operator, &slice.asset) {
                    let value = pool.magnitude.read_slice(&slice.slice);
                    units.insert(
                        slice.asset.clone(),
                        (pool.magnitude.era, pool.magnitude.norm),
                    );
                    slices.insert((service, slice.asset), value);
                }
            }
        }
        (slices, units)
    }

    /// Invariants 1 and 3, and of 4 that a slash spends the slices of one service alone.
    fn check(&self, before: &[(Slices, Units)]) {
        let story = || self.log.join("\n");
        for asset in ASSETS {
            let books = self.suite.books(asset);
            assert!(books.balance_to_the_unit(), "{books:?}\n{}", story());
        }
        for (operator, (earlier, earlier_units)) in OPERATORS.iter().zip(before) {
            let (slices, units) = self.slices(operator);
            for asset in ASSETS {
                let Some(pool) = self.suite.pool(operator, asset) else {
                    continue;
                };
                let sum: Uint128 = slices
                    .iter()
                    .filter(|((_, of), _)| of == asset)
                    .map(|(_, value)| *value)
                    .sum();
                assert!(sum <= pool.magnitude.value, "sum of slices\n{}", story());
                let full = Uint128::new(1_000_000_000_000_000_000);
                assert!(pool.magnitude.value <= full, "magnitude\n{}", story());
            }
            // A step slashes by one service at most, and no slice but its own falls by a slash.
            let fell: Vec<_> = earlier
                .iter()
                .filter(|((_, asset), _)| units.get(asset) == earlier_units.get(asset))
                .filter(|(key, value)| slices.get(*key).is_some_and(|now| now < *value))
                .map(|((service, _), _)| service)
                .collect();
            assert!(
                fell.windows(2).all(|pair| pair[0] == pair[1]),
                "{fell:?}\n{}",
                story()
            );
        }
    }

    /// Delivers everything, and lets the host tell what is still untold.
    fn quiet(&mut self) {
        for _ in 0..4 {
            self.suite.net.relay_all().unwrap();
            self.suite.sync(self.chain);
            let _ = self.suite.try_relay();
            self.suite.net.relay_all().unwrap();
            self.suite.wait(1_000);
        }
    }

    /// Invariants 9 and 10: both chains agree on powers, and every report has ended.
    fn check_quiet(&self) {
        let story = || self.log.join("\n");
        for operator in OPERATORS {
            let seen = self.suite.seen_all();
            let seen = seen
                .iter()
                .find(|o| o.operator == self.suite.host(operator).as_str());
            let seen = seen.map_or(0, |o| o.power.u128());
            let told = self
                .member(self.chain, operator)
                .map_or(0, |m| m.power.u128());
            assert_eq!(seen, told, "power of {operator}\n{}", story());
        }
        for report in self.suite.reports() {
            assert!(
                matches!(report.state, ReportState::Ended { .. }),
                "{report:?}\n{}",
                story()
            );
        }
        let requests = self.suite.requests(self.chain);
        for request in &requests {
            assert!(
                matches!(request.state, RequestState::Executed { .. }),
                "{request:?}"
            );
        }
    }

    /// Invariant 12: whatever happened, everybody leaves with everything that is theirs.
    fn everybody_leaves(&mut self) {
        for staker in STAKERS.iter().chain(&["genesis"]) {
            for operator in OPERATORS {
                for asset in ASSETS {
                    if self.suite.position(staker, operator, asset) > 0 {
                        self.suite
                            .try_undelegate(staker, operator, asset, None)
                            .unwrap();
                    }
                }
            }
        }
        self.suite.wait(EPOCH + UNBONDING);
        for staker in STAKERS.iter().chain(&["genesis"]) {
            for operator in OPERATORS {
                for asset in ASSETS {
                    let _ = self.suite.try_claim(staker, operator, asset);
                }
            }
        }
        for asset in ASSETS {
            let books = self.suite.books(asset);
            let buckets = self.buckets(asset);
            assert!(books.balance_to_the_unit(), "{books:?}");
            // Less than a unit for every step, and nothing that anybody could still claim.
            let rest = books.pools + books.buckets + books.dust;
            assert!(
                rest <= self.log.len() as u128,
                "{books:?} {buckets:?}\n{}",
                self.log.join("\n")
            );
        }
    }

    fn buckets(&self, asset: &str) -> Vec<BucketResponse> {
        let buckets = OPERATORS.iter().map(|operator| {
            let query = Ask::Buckets {
                operator: self.suite.host(operator).to_string(),
                asset: asset.to_string(),
                start_after: None,
                limit: Some(100),
            };
            self.suite
                .ask::<Vec<BucketResponse>>(&self.suite.delegation, &query)
        });
        buckets.flatten().collect()
    }
}

fn adjust(service: ServiceId, asset: &str, amount: u128) -> AllocationMsg {
    AllocationMsg::Adjust {
        service,
        slices: vec![slice(asset, amount as u64 % 32)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 40,
        ..seeded(12)
    })]

    #[test]
    fn books_slices_and_both_chains_agree_after_any_history(
        words in prop::collection::vec(any::<u64>(), 150)
    ) {
        let mut history = History::new();
        for word in words {
            history.step(word);
        }
        history.quiet();
        history.check_quiet();
        history.everybody_leaves();
    }
}
