//! The base chain under natively staked pools: how it is driven, and what it and the contracts say of
//! what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{coin, Addr, Decimal, Storage, Uint128};
use palisade_math::Stream;
use palisade_suite::*;
use palisade_testing::{Action, HarnessResult, StakingInfo};
use palisade_types::staker;
use palisade_types::token::Token;
use palisade_types::vault;

use super::model::{Name, Step, NATIVES};
use super::seen::{small, Table};
use super::world::World;

/// What somebody who has nothing to do with the suite has with each validator: cw-multi-test rounds
/// a validator's whole stake, which must not be less than what the suite has of it.
const WHALE: u128 = 1_000_000;
/// A yearly yield, in percent, that shows within days.
const APR: u64 = 500;

/// What the base chain does, and what the suite does with it.
#[derive(Clone, Debug)]
pub enum Base {
    Reconcile {
        operator: Name,
    },
    WithdrawRewards {
        operator: Name,
    },
    /// Whether the chain's rewards are staked again.
    SetCompound {
        operator: Name,
        compound: bool,
    },
    SlashValidator {
        operator: Name,
        percent: u64,
    },
    JailValidator {
        operator: Name,
    },
    UnjailValidator {
        operator: Name,
    },
}

/// What is known of the base chain without asking the contracts.
#[derive(Default)]
pub struct Ledger {
    /// Slashed of all stakers' tokens, bonded or unbonding.
    pub lost: u128,
    /// Of that, what the suite's books show so far.
    pub booked: u128,
    /// By pot: seized, and not paid out since the chain took it; and how often the pot changed.
    pub forfeited: BTreeMap<Name, u128>,
    pub seizures: BTreeMap<Name, u128>,
    /// Rewards that were staked again.
    pub compounded: u128,
    /// The same before this step.
    pub compounded_before: u128,
    pub jailed: BTreeSet<Name>,
    /// Slashes of each validator.
    pub slashes: BTreeMap<Name, u32>,
}

/// `delegation`'s record of what should be bonded.
#[cw_serde]
pub struct Bonded {
    #[serde(rename = "b")]
    pub bonded: Uint128,
    #[serde(rename = "s", default)]
    pub seized: Uint128,
    #[serde(rename = "n")]
    pub next: u64,
    #[serde(rename = "g", default)]
    pub growth: Option<Stream>,
}

impl Bonded {
    /// What grows into the pool, and did not yet.
    pub fn growing(&self) -> Uint128 {
        let growth = self.growth.as_ref();
        growth.map_or(Uint128::zero(), |growth| growth.rest().unwrap())
    }
}

/// `delegation`'s undelegations on their way.
#[cw_serde]
pub struct Batches {
    #[serde(rename = "b")]
    pub batches: Vec<Batch>,
    #[serde(rename = "s", default)]
    pub short: Option<(u64, u32)>,
}

#[cw_serde]
pub struct Batch {
    #[serde(rename = "f")]
    pub from: u64,
    #[serde(rename = "t")]
    pub to: u64,
    #[serde(rename = "a")]
    pub amount: Uint128,
    #[serde(rename = "s", default)]
    pub seized: Uint128,
}

/// What the chain has of a staker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub bonded: u128,
    pub unbonding: u128,
    /// Unbonded, and still with the staker.
    pub arrived: u128,
}

impl Held {
    pub fn all(&self) -> u128 {
        self.bonded + self.unbonding + self.arrived
    }
}

type Stakers = Rc<BTreeMap<Name, (Addr, String)>>;

/// Everything about native stake, at one moment.
pub struct Native {
    stakers: Stakers,
    /// By pool id.
    pub records: Table<u32, Bonded>,
    pub batches: Table<u32, Batches>,
    /// By operator.
    pub held: BTreeMap<Name, Held>,
}

impl Native {
    pub fn new() -> Self {
        Self {
            stakers: Rc::default(),
            records: Table::new("nb"),
            batches: Table::new("nu"),
            held: BTreeMap::new(),
        }
    }

    pub fn look(&self, suite: &Suite, delegation: &dyn Storage) -> Self {
        let stakers = match self.stakers.is_empty() {
            true => {
                let of = |operator| (suite.staker_of(operator), suite.validator(operator));
                Rc::new(NATIVES.into_iter().map(|name| (name, of(name))).collect())
            }
            false => self.stakers.clone(),
        };
        let held = stakers
            .iter()
            .map(|(name, staker)| (*name, held(suite, staker)));
        Self {
            held: held.collect(),
            records: self.records.look(delegation, 1, |k| small(k[0])),
            batches: self.batches.look(delegation, 1, |k| small(k[0])),
            stakers,
        }
    }

    /// What grows into all pools of an asset.
    pub fn growing(&self, asset: &str) -> Uint128 {
        match asset {
            STAKE => self
                .records
                .iter()
                .map(|(_, record)| record.growing())
                .sum(),
            _ => Uint128::zero(),
        }
    }

    /// All that the chain and the stakers have.
    pub fn all(&self) -> u128 {
        self.held.values().map(Held::all).sum()
    }
}

fn held(suite: &Suite, (staker, validator): &(Addr, String)) -> Held {
    let host = &suite.net.host;
    let raw = host.app.contract_storage(staker).get(staker::STATE_KEY);
    let state: staker::State = raw.map_or_else(staker::State::default, |raw| {
        cosmwasm_std::from_json(raw).unwrap()
    });
    let balance = host.balance(staker, BOND).unwrap();
    Held {
        bonded: host.bonded(staker, validator).unwrap(),
        unbonding: host.unbonding(staker, validator).unwrap(),
        arrived: balance - state.rewards.u128(),
    }
}

impl World {
    /// Makes an operator a validator with a staker.
    pub fn begin_validating(&mut self, operator: Name) {
        let params = StakingInfo {
            bonded_denom: BOND.to_string(),
            unbonding_time: CHAIN_UNBONDING,
            apr: Decimal::percent(APR),
        };
        let account = self.suite.host(operator);
        let host = &mut self.suite.net.host;
        host.set_staking_params(params).unwrap();
        host.add_validator(&account, Decimal::zero()).unwrap();
        self.feed_whale(operator);
        let compound = operator == NATIVES[0];
        self.suite.try_open_staker(operator, compound).unwrap();
    }

    fn feed_whale(&mut self, operator: Name) {
        let (whale, validator) = (self.suite.host("whale"), self.suite.validator(operator));
        let host = &mut self.suite.net.host;
        if host.bonded(&whale, &validator).unwrap() < WHALE / 10 {
            host.mint(&whale, WHALE, BOND).unwrap();
            host.delegate(&whale, &validator, coin(WHALE, BOND))
                .unwrap();
        }
    }

    pub fn take_base(&mut self, step: &Base) -> HarnessResult<bool> {
        match *step {
            Base::Reconcile { operator } => self.suite.try_reconcile(operator).map(|_| true),
            Base::WithdrawRewards { operator } => self.withdraw_base(operator),
            Base::SetCompound { operator, compound } => {
                let asset = STAKE.to_string();
                self.vault(
                    operator,
                    &vault::ExecuteMsg::SetCompound { asset, compound },
                )
            }
            Base::SlashValidator { operator, percent } => self.slash_validator(operator, percent),
            Base::JailValidator { operator } => {
                self.suite.jail_validator(operator);
                Ok(self.base.jailed.insert(operator))
            }
            Base::UnjailValidator { operator } => {
                let validator = self.suite.validator(operator);
                self.suite.net.host.unjail_validator(&validator);
                Ok(self.base.jailed.remove(operator))
            }
        }
    }

    fn withdraw_base(&mut self, operator: Name) -> HarnessResult<bool> {
        let bond = Token::native(BOND);
        let paid = self.suite.holds(&self.suite.delegation, &bond);
        self.suite.try_withdraw_base_rewards(operator)?;
        let paid = self.suite.holds(&self.suite.delegation, &bond) - paid;
        *self.pay.streamed.entry("bond").or_default() += paid;
        let staked = held(&self.suite, &self.now.base.stakers[operator]).all();
        let staked = staked - self.now.base.held[operator].all();
        self.base.compounded += staked;
        super::stats::count("base rewards streamed", paid > 0);
        super::stats::count("base rewards staked", staked > 0);
        Ok(paid + staked > 0)
    }

    fn slash_validator(&mut self, operator: Name, percent: u64) -> HarnessResult<bool> {
        let validator = self.suite.validator(operator);
        let host = &mut self.suite.net.host;
        host.slash_validator(&validator, Decimal::percent(percent))?;
        self.feed_whale(operator);
        let before = &self.now.base.held[operator];
        let after = held(&self.suite, &self.now.base.stakers[operator]);
        assert_eq!(before.arrived, after.arrived, "what arrived was slashed");
        self.base.lost += before.all() - after.all();
        *self.base.slashes.entry(operator).or_default() += 1;
        super::stats::count("slashed bonded", before.bonded > after.bonded);
        super::stats::count("slashed unbonding", before.unbonding > after.unbonding);
        Ok(before.all() > after.all())
    }

    /// Natively staked pools are brought up to now before a penalty may be taken of them: so what
    /// was there is known to the unit. Every other time, that is.
    pub fn freshen(&mut self, step: &Step) {
        let slashes = matches!(
            step,
            Step::Slash { .. }
                | Step::Retry
                | Step::Prove { .. }
                | Step::Execute { .. }
                | Step::Net(Action::Deliver(_) | Action::Repeat(_))
        );
        if !slashes || self.steps.is_multiple_of(2) {
            return;
        }
        for operator in NATIVES {
            if self.stale(operator) {
                assert!(self.step(&Step::Base(Base::Reconcile { operator })));
            }
        }
    }

    /// Whether a touch would change the accounts of an operator's native stake.
    fn stale(&self, operator: Name) -> bool {
        let Some(record) = self.record(operator) else {
            return false;
        };
        let grows = |growth: &Stream| growth.at < self.suite.net.host.time();
        u128::from(record.bonded) > self.now.base.held[operator].bonded
            || record.growth.as_ref().is_some_and(grows)
    }

    fn record(&self, operator: Name) -> Option<&Bonded> {
        let pool = self.now.pools.get(&(operator, STAKE))?;
        self.now.base.records.get(&pool.id)
    }

    /// Whether a pool was, before this step, not what it is now before anything else happens to it.
    pub fn unsettled(&self, operator: Name, asset: Name) -> bool {
        let Some(pool) = self.before.pools.get(&(operator, asset)) else {
            return false;
        };
        let Some(record) = self.before.base.records.get(&pool.id) else {
            return false;
        };
        let grows = |growth: &Stream| growth.at < self.now.now;
        u128::from(record.bonded) > self.before.base.held[operator].bonded
            || record.growth.as_ref().is_some_and(grows)
    }
}
