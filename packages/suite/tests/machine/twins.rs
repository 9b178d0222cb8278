//! Invariant 7: two who do the same, one in one part and one in several, have the same, but for a unit for
//! each thing done. Invariant 11: who comes late has nothing of what was harvested before.

use std::collections::BTreeMap;

use palisade_suite::{EPOCH, REWARD_PERIOD};
use palisade_testing::HarnessResult;

use super::model::{Name, LATE, SERVICES, TWINS};
use super::staked;
use super::world::World;

/// Steps from one look at the twins to the next.
const EVERY: u128 = 6;

/// Where the twins stand, by operator and asset.
#[derive(Default)]
pub struct Twins(BTreeMap<(Name, Name), Twin>);

/// What they did in one pool.
struct Twin {
    /// Staked by each.
    amount: u128,
    /// The largest price of a share so far, where it was above a unit.
    unit: u128,
    /// Things done.
    done: u128,
    /// What the one who does it in parts has claimed, by token.
    claimed: BTreeMap<Name, u128>,
}

/// Who does it in parts gains no more than a unit for each thing done, and loses no more than two.
fn near(twin: &Twin, parts: u128, one: u128, other: u128) -> bool {
    let unit = twin.unit * (twin.done + parts);
    other <= one + unit && one <= other + 2 * unit
}

/// The same of rewards, with what so much of the stake earns.
fn earn_alike(twin: &Twin, one: u128, other: u128) -> bool {
    let unit = twin.unit * (twin.done + 1);
    let unit = unit + one.max(other) * unit / twin.amount;
    other <= one + unit && one <= other + 2 * unit
}

pub fn check(world: &mut World) {
    for asset in super::model::ASSETS {
        let unit = staked::unit(world, asset).unsigned_abs();
        let of = world.twins.0.iter_mut().filter(|((_, of), _)| *of == asset);
        of.for_each(|(_, twin)| twin.unit = twin.unit.max(unit));
    }
    if world.ending || !world.steps.is_multiple_of(EVERY) || world.twins.0.is_empty() {
        return;
    }
    let rewards = TWINS.map(|twin| world.claimable(twin));
    for ((operator, asset), twin) in &world.twins.0 {
        let pool = world.now.pools.get(&(*operator, *asset)).unwrap();
        let worth = |who: Name| {
            let position = world.now.positions.get(&(who, pool.id));
            position.map_or(0, |p| pool.pool.value_of(p).unwrap().u128())
        };
        let [one, other] = TWINS.map(worth);
        assert!(
            near(twin, 1, one, other),
            "{operator}'s {asset}: in one part {one}, in several {other}"
        );
        super::stats::count("twins compared", one > 0);
        for token in super::earn::TOKENS {
            let key = (*operator, *asset, token);
            let of = |all: &BTreeMap<_, u128>| all.get(&key).copied().unwrap_or_default();
            let claimed = twin.claimed.get(token).copied().unwrap_or_default();
            let (one, other) = (of(&rewards[0]), of(&rewards[1]) + claimed);
            assert!(
                earn_alike(twin, one, other),
                "{token} of {operator}'s {asset}: in one part {one}, in several {other}"
            );
            super::stats::count("twins earn", one > 0);
        }
    }
}

impl World {
    pub fn twins_in(
        &mut self,
        operator: Name,
        asset: Name,
        amount: u128,
        percent: u64,
    ) -> HarnessResult<bool> {
        if self.twins.0.contains_key(&(operator, asset)) {
            return Ok(false);
        }
        let first = (amount * u128::from(percent) / 100).max(1);
        let [one, other] = TWINS;
        self.deposit(one, Some(operator), asset, amount)?;
        self.deposit(other, Some(operator), asset, first).unwrap();
        self.deposit(other, Some(operator), asset, amount - first)
            .unwrap();
        let twin = Twin {
            amount,
            done: 3,
            unit: staked::unit(self, asset).unsigned_abs(),
            claimed: BTreeMap::new(),
        };
        self.twins.0.insert((operator, asset), twin);
        self.look_into_wallet(one);
        self.look_into_wallet(other);
        Ok(true)
    }

    pub fn twin_claims(&mut self) -> HarnessResult<bool> {
        let twin = TWINS[1];
        let claims = self.claimable(twin);
        let result = self.claim_rewards(twin, None, None, None);
        if result.is_ok() {
            for ((operator, asset, token), amount) in claims {
                if let Some(twin) = self.twins.0.get_mut(&(operator, asset)) {
                    *twin.claimed.entry(token).or_default() += amount;
                    twin.done += 1;
                }
            }
        }
        result
    }

    /// They leave: one at once, the other in two parts. What they earned meanwhile they claim.
    pub fn twins_out(&mut self, nth: usize, percent: u64) -> HarnessResult<bool> {
        let all: Vec<_> = self.twins.0.keys().copied().collect();
        let Some((operator, asset)) = nth.checked_rem(all.len()).map(|nth| all[nth]) else {
            return Ok(false);
        };
        let twin = self.twins.0.remove(&(operator, asset)).unwrap();
        let [one, other] = TWINS;
        let part = self.suite.position(other, operator, asset) * u128::from(percent) / 100;
        let before = TWINS.map(|who| self.unbonding_of(who, operator, asset));
        let suite = &mut self.suite;
        suite.try_undelegate(one, operator, asset, None).unwrap();
        if part > 0 {
            suite
                .try_undelegate(other, operator, asset, Some(part))
                .unwrap();
        }
        if suite.position(other, operator, asset) > 0 || part == 0 {
            suite.try_undelegate(other, operator, asset, None).unwrap();
        }
        let after = TWINS.map(|who| self.unbonding_of(who, operator, asset));
        let [one, other] = [after[0] - before[0], after[1] - before[1]];
        assert!(
            near(&twin, 2, one, other),
            "{operator}'s {asset}: {one} in one part, {other} in several"
        );
        super::stats::count("twins left", one > 0);
        for who in TWINS {
            let all = self.claimable(who);
            if all.keys().any(|(o, a, _)| (*o, *a) == (operator, asset)) {
                self.claim_rewards(who, Some((operator, asset)), None, None)?;
            }
        }
        Ok(true)
    }

    fn unbonding_of(&self, who: Name, operator: Name, asset: Name) -> u128 {
        let query = palisade_types::delegation::QueryMsg::Unbondings {
            owner: self.suite.host(who).to_string(),
            start_after: None,
            limit: Some(100),
        };
        let all: Vec<palisade_types::delegation::UnbondingResponse> =
            self.suite.ask(&self.suite.delegation, &query);
        let operator = self.suite.host(operator);
        let of = |u: &&palisade_types::delegation::UnbondingResponse| {
            u.pool.operator == operator.as_str() && u.pool.asset == asset
        };
        let of = all.iter().filter(of);
        of.map(|entry| entry.value.u128()).sum()
    }

    /// Somebody comes, everything is harvested, and who came leaves before the period is over.
    pub fn come_late(
        &mut self,
        operator: Name,
        asset: Name,
        amount: u128,
        seconds: u64,
    ) -> HarnessResult<bool> {
        let before = self.claimable(LATE);
        self.deposit(LATE, Some(operator), asset, amount)?;
        let flows = self.flows(operator, asset);
        let mut harvested = false;
        for service in SERVICES {
            harvested |= self.harvest(service, operator, false, None).is_ok();
        }
        let into = self.suite.net.host.time().nanos() - self.epochs.0.nanos();
        let left = REWARD_PERIOD - into / 1_000_000_000 % REWARD_PERIOD;
        if seconds < left.min(EPOCH) {
            self.suite.wait(seconds);
        }
        let leave = self.suite.try_undelegate(LATE, operator, asset, None);
        assert!(leave.is_ok(), "late, and kept: {leave:?}");
        let after = self.claimable(LATE);
        let later = self.flows(operator, asset);
        for token in super::earn::TOKENS {
            let key = (operator, asset, token);
            let of = |all: &BTreeMap<_, u128>| all.get(&key).copied().unwrap_or_default();
            let flowing = |all: &BTreeMap<Name, (u128, u128)>| {
                let (flowing, _) = all.get(token).copied().unwrap_or_default();
                flowing
            };
            let flown = flowing(&flows) - flowing(&later);
            let earned = of(&after) - of(&before);
            assert!(
                earned <= flown,
                "{LATE} earned {earned} {token}, {flown} flowed"
            );
            super::stats::count("came late for nothing", harvested && flown == 0);
        }
        self.look_into_wallet(LATE);
        Ok(true)
    }
}
