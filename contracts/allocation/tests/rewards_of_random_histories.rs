//! Rewards over random histories, beside a model that knows nothing of indices: it goes through all
//! operators at each payment and gives each its exact share, in units of 10^-18.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::FEE;
use common::{opt_in, Stage, ALLOCATION_DELAY, ATOM, DAY, OSMO};
use palisade_types::allocation::*;
use palisade_types::token::Token;
use proptest::collection::vec;
use proptest::prelude::*;

const OPERATORS: [&str; 3] = ["ann", "bob", "cyd"];
const ASSETS: [&str; 2] = [ATOM, OSMO];
const UNIT: u128 = 1_000_000_000_000_000_000;

#[derive(Clone, Debug)]
enum Step {
    Stake {
        operator: usize,
        asset: usize,
        tokens: u128,
    },
    Jail(usize),
    Unjail(usize),
    Leave(usize),
    Sync,
    Wait(u64),
    Pay(u128),
    Harvest(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let operator = 0..OPERATORS.len();
    let tokens = prop_oneof![Just(0), 1..10_u128, 1_000..1_000_000_u128];
    prop_oneof![
        4 => (operator.clone(), 0..ASSETS.len(), tokens)
            .prop_map(|(operator, asset, tokens)| Step::Stake { operator, asset, tokens }),
        1 => operator.clone().prop_map(Step::Jail),
        1 => operator.clone().prop_map(Step::Unjail),
        1 => operator.clone().prop_map(Step::Leave),
        8 => Just(Step::Sync),
        4 => prop_oneof![Just(DAY / 3), Just(DAY), Just(3 * DAY)].prop_map(Step::Wait),
        5 => prop_oneof![1..10_u128, 1_000..1_000_000_u128].prop_map(Step::Pay),
        2 => operator.prop_map(Step::Harvest),
    ]
}

/// One operator as the model sees it.
#[derive(Default)]
struct Modelled {
    /// What it counted at every sync: the epoch, and the value of each asset.
    synced: Vec<(u64, [u128; 2])>,
    jailed: bool,
    left: bool,
    /// Exact earnings by asset, in 10^-18.
    exact: [u128; 2],
    harvested: [u128; 2],
    /// How often a fraction may have been dropped.
    settled: u128,
}

impl Modelled {
    /// The smaller of what is in force since the last sync, and the most that was in force at any time of
    /// the last epoch before that one's in which there was a sync, by asset.
    fn weights(&self) -> [u128; 2] {
        let Some((epoch, now)) = self.synced.last() else {
            return [0; 2];
        };
        let earlier = self.synced.iter().map(|(e, _)| *e).rfind(|e| e < epoch);
        let Some(earlier) = earlier else {
            return [0; 2];
        };
        // What was in force when that epoch began, and what came in it.
        let carried = self.synced.iter().rfind(|(e, _)| *e < earlier);
        let came = self.synced.iter().filter(|(e, _)| *e == earlier);
        let in_force: Vec<_> = carried.into_iter().chain(came).collect();
        [0, 1].map(|asset| {
            let peak = in_force.iter().map(|(_, values)| values[asset]).max();
            now[asset].min(peak.unwrap_or(0))
        })
    }

    fn weight(&self) -> u128 {
        self.weights().iter().sum()
    }
}

struct World {
    stage: Stage,
    service: ServiceId,
    genesis: u64,
    operators: [Modelled; 3],
    paid: u128,
    held: u128,
}

impl World {
    fn new() -> Self {
        let mut stage = Stage::new();
        let genesis = stage.app.block_info().time.nanos();
        let service = stage.service(10);
        stage.name_tokens(service, &[Token::native(FEE)]);
        for name in OPERATORS {
            stage.run(name, &opt_in(service, &ASSETS, 10));
        }
        stage.wait(ALLOCATION_DELAY);
        Self {
            stage,
            service,
            genesis,
            operators: Default::default(),
            paid: 0,
            held: 0,
        }
    }

    fn run(&mut self, step: Step) {
        let service = self.service;
        match step {
            Step::Stake {
                operator,
                asset,
                tokens,
            } => self.stage.put(OPERATORS[operator], ASSETS[asset], tokens),
            Step::Jail(operator) => {
                let msg = ExecuteMsg::Slash(SlashOperator {
                    service,
                    operator: self.stage.who(OPERATORS[operator]),
                    update_id: 0u64.into(),
                    fraction: Default::default(),
                    jail: true,
                    tombstone: false,
                    payees: vec![],
                });
                self.stage.run("slashing", &msg);
                self.operators[operator].jailed = true;
            }
            Step::Unjail(operator) => {
                let msg = ExecuteMsg::Unjail {
                    service,
                    operator: self.stage.who(OPERATORS[operator]).to_string(),
                };
                self.stage.run("slashing", &msg);
                self.operators[operator].jailed = false;
            }
            Step::Leave(operator) => {
                if !std::mem::replace(&mut self.operators[operator].left, true) {
                    let msg = ExecuteMsg::OptOut { service };
                    self.stage.run(OPERATORS[operator], &msg);
                }
            }
            Step::Sync => self.sync(),
            Step::Wait(seconds) => self.stage.wait(seconds),
            Step::Pay(amount) => {
                self.stage.pay(service, amount);
                self.paid += amount;
                self.held += amount;
                self.credit();
            }
            Step::Harvest(operator) => self.harvest(operator),
        }
    }

    fn sync(&mut self) {
        let elapsed = self.stage.app.block_info().time.nanos() - self.genesis;
        let epoch = elapsed / (DAY * 1_000_000_000);
        self.stage.sync(self.service);
        for (name, modelled) in OPERATORS.iter().zip(&mut self.operators) {
            let mut values = ASSETS.map(|asset| self.stage.stake(name, asset));
            if modelled.jailed || modelled.left {
                values = [0; 2];
            }
            modelled.synced.push((epoch, values));
            modelled.settled += 1;
        }
        self.credit();
    }

    /// Shares what is there between all operators.
    fn credit(&mut self) {
        let all: u128 = self.operators.iter().map(Modelled::weight).sum();
        if all == 0 {
            return;
        }
        for modelled in &mut self.operators {
            let weights = modelled.weights();
            for (exact, weight) in modelled.exact.iter_mut().zip(weights) {
                *exact += (self.held * weight * UNIT) / all;
            }
        }
        self.held = 0;
    }

    fn harvest(&mut self, operator: usize) {
        let (name, before) = (OPERATORS[operator], self.stage.rewarded().len());
        let earned = self.earned(operator);
        let msg = self.stage.harvest(self.service, name);
        if earned == [0; 2] {
            let nothing = self.stage.nothing_earned(self.service, name);
            self.stage.refused("anybody", &msg, &nothing);
            return;
        }
        self.stage.run("anybody", &msg);
        let rewarded = self.stage.rewarded();
        assert_eq!(rewarded.len(), before + 1);
        let parts = rewarded.last().unwrap().parts.clone();
        let modelled = &mut self.operators[operator];
        for part in parts {
            let asset = ASSETS.iter().position(|a| *a == part.asset).unwrap();
            assert_eq!(part.amount.u128(), earned[asset]);
            modelled.harvested[asset] += part.amount.u128();
        }
        modelled.settled += 1;
        assert_eq!(self.earned(operator), [0; 2]);
    }

    fn earned(&self, operator: usize) -> [u128; 2] {
        let earned = self.stage.earned(self.service, OPERATORS[operator]);
        let mut parts = [0; 2];
        for part in earned.iter().flat_map(|earned| &earned.parts) {
            let asset = ASSETS.iter().position(|a| *a == part.asset).unwrap();
            parts[asset] += part.amount.u128();
        }
        parts
    }

    fn check(&self) {
        let pot = self.stage.pot(self.service);
        assert_eq!(pot.paid.u128(), self.paid);
        assert_eq!(pot.held.u128(), self.held);
        let weight: u128 = self.operators.iter().map(Modelled::weight).sum();
        assert_eq!(pot.weight.u128(), weight);
        let balance = self.stage.balance(&self.stage.allocation, FEE);
        assert_eq!(balance, self.paid - pot.harvested.u128());

        let (mut given, mut settled) = (self.held, 0);
        for (index, modelled) in self.operators.iter().enumerate() {
            let earned = self.earned(index);
            let total: u128 = earned.iter().chain(&modelled.harvested).sum();
            let exact: u128 = modelled.exact.iter().sum();
            // The operator has never more than its exact share, and no more than a unit less for each
            // time that it was settled. The model itself rounds down, by 10^-18 a payment.
            assert!(
                total * UNIT <= exact + UNIT / 1_000_000,
                "{index}: too much"
            );
            let least = exact.saturating_sub((modelled.settled + 1) * UNIT);
            assert!(total * UNIT >= least, "{index}: too little");
            let parts = earned.iter().zip(&modelled.harvested);
            for ((earned, harvested), exact) in parts.zip(&modelled.exact) {
                let off = ((earned + harvested) * UNIT).abs_diff(*exact);
                assert!(off <= (modelled.settled + 1) * UNIT, "{index}: split");
            }
            given += total;
            settled += modelled.settled + 1;
        }
        assert!(given <= self.paid, "more was given than paid");
        assert!(self.paid - given <= settled, "more was lost than fractions");
    }
}

proptest! {
    #![proptest_config(palisade_testing::seeded(48))]

    #[test]
    fn nobody_earns_more_than_its_share_and_nothing_is_lost(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
            world.check();
        }
    }

    /// Without changes of weight nothing but one fraction an operator is ever dropped.
    #[test]
    fn payments_alone_lose_a_unit_an_operator_at_most(
        stakes in [0..1_000_000_u128, 1..1_000_000_u128, 1..10_u128],
        payments in vec(1..1_000_000_u128, 1..30),
    ) {
        let mut stage = Stage::new();
        let operators: Vec<_> = OPERATORS.into_iter().zip(stakes).collect();
        let service = stage.rewarding(&operators);
        for amount in &payments {
            stage.pay(service, *amount);
        }
        let earned: u128 = OPERATORS.iter().map(|name| stage.earned_sum(service, name)).sum();
        let paid: u128 = payments.iter().sum();
        prop_assert!(earned <= paid && paid - earned <= 3, "{earned} of {paid}");
        let all: u128 = stakes.iter().sum();
        for (name, stake) in operators {
            prop_assert!(stage.earned_sum(service, name).abs_diff(paid * stake / all) <= 1);
        }
    }
}
