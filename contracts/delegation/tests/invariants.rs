//! The invariants of the design, after every step of random histories: three stakers, two
//! operators, three services with slices of their own, infractions at any time since the capture
//! that they are punished by.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::{Outcome, Suite, ATOM, DAY, UNBONDING};
use cosmwasm_std::{Decimal, Timestamp, Uint256};
use palisade_math::{captured_tokens, Magnitude, Scaled, FULL_MAGNITUDE};
use palisade_types::delegation::{BucketResponse, Cut, SlashPools};
use proptest::collection::vec;
use proptest::prelude::*;

const STAKERS: [&str; 3] = ["ann", "bob", "carol"];
const OPERATORS: [&str; 2] = ["op", "other"];
/// The heaviest penalty of each service, in percent.
const MAX_SLASH: [u64; 3] = [5, 30, 100];

#[derive(Clone, Debug)]
enum Step {
    Join { staker: usize, operator: usize, amount: u128 },
    /// `percent` of the position, or all of it.
    Undelegate { staker: usize, operator: usize, percent: Option<u128> },
    /// `percent` of the entry of some epoch, or all of it.
    Cancel { staker: usize, operator: usize, entry: usize, percent: Option<u128> },
    Claim { staker: usize, operator: usize },
    Redelegate { staker: usize, operator: usize },
    /// A slice of `millionths` of the most that the service may be promised now, in force at once.
    Promise { service: usize, operator: usize, millionths: u128 },
    /// `percent` of the heaviest penalty, for an infraction while a capture was in force.
    Slash { service: usize, operator: usize, capture: usize, moment: u64, percent: u128 },
    /// The worst case: all but a few `millionths` of the pool promised to one service, which takes
    /// it all for an infraction of `days` ago.
    Crush { operator: usize, millionths: u128, days: u64 },
    /// Time passes; then every service takes down what each operator counts with.
    Wait { seconds: u64 },
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1..10_u128, 1..2_000_u128, 1..10_000_000_000_u128]
}

fn part() -> impl Strategy<Value = Option<u128>> {
    prop_oneof![2 => (1..100_u128).prop_map(Some), 1 => Just(None)]
}

fn step() -> impl Strategy<Value = Step> {
    let (staker, operator, service) = (0..3_usize, 0..2_usize, 0..3_usize);
    prop_oneof![
        4 => (staker.clone(), operator.clone(), amount())
            .prop_map(|(staker, operator, amount)| Step::Join { staker, operator, amount }),
        5 => (staker.clone(), operator.clone(), part())
            .prop_map(|(staker, operator, percent)| Step::Undelegate { staker, operator, percent }),
        2 => (staker.clone(), operator.clone(), 0..5_usize, part())
            .prop_map(|(staker, operator, entry, percent)| Step::Cancel { staker, operator, entry, percent }),
        2 => (staker.clone(), operator.clone())
            .prop_map(|(staker, operator)| Step::Claim { staker, operator }),
        2 => (staker, operator.clone())
            .prop_map(|(staker, operator)| Step::Redelegate { staker, operator }),
        3 => (service.clone(), operator.clone(), prop_oneof![Just(1_000_000_u128), 1..1_000_000_u128, 1..100_u128])
            .prop_map(|(service, operator, millionths)| Step::Promise { service, operator, millionths }),
        8 => (service, operator, 0..6_usize, 0..=100_u64, prop_oneof![1..=100_u128, Just(100_u128)])
            .prop_map(|(service, operator, capture, moment, percent)| {
                Step::Slash { service, operator, capture, moment, percent }
            }),
        1 => (0..2_usize, prop_oneof![Just(0_u128), 1..600_u128], 0..3_u64)
            .prop_map(|(operator, millionths, days)| Step::Crush { operator, millionths, days }),
        4 => (1..DAY).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

#[derive(Clone)]
struct Captured {
    at: Timestamp,
    tokens: u128,
    era: u32,
}

struct World {
    s: Suite,
    /// By service and operator.
    slices: [[Scaled; 2]; 3],
    captures: [[Vec<Captured>; 2]; 3],
    paid_in: [u128; 3],
    /// Operations so far: the most that rounding may have given to anybody.
    operations: u128,
}

/// All that can be seen between two steps.
struct Seen {
    magnitude: [Magnitude; 2],
    active: [u128; 2],
    buckets: [Vec<BucketResponse>; 2],
    positions: BTreeMap<(usize, usize), u128>,
    entries: BTreeMap<(usize, usize, u64), u128>,
    balances: [u128; 3],
}

impl Seen {
    /// What a staker has, wherever it is.
    fn wealth(&self, staker: usize) -> u128 {
        let active = self.positions.iter().filter(|((s, _), _)| *s == staker);
        let unbonding = self.entries.iter().filter(|((s, _, _), _)| *s == staker);
        self.balances[staker]
            + active.map(|(_, value)| value).sum::<u128>()
            + unbonding.map(|(_, value)| value).sum::<u128>()
    }
}

/// Every service with every operator.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..3).flat_map(|service| (0..2).map(move |operator| (service, operator)))
}

fn ceil(dividend: Uint256, divisor: Uint256) -> Uint256 {
    (dividend + divisor - Uint256::one()) / divisor
}

fn wide(value: impl Into<Uint256>) -> Uint256 {
    value.into()
}

impl World {
    fn new() -> Self {
        Self {
            s: Suite::new(),
            slices: Default::default(),
            captures: Default::default(),
            paid_in: [0; 3],
            operations: 0,
        }
    }

    fn see(&self) -> Seen {
        let s = &self.s;
        let pools = OPERATORS.map(|operator| s.pool(operator, ATOM));
        let mut positions = BTreeMap::new();
        let mut entries = BTreeMap::new();
        for (staker, name) in STAKERS.into_iter().enumerate() {
            let operator = |address: &str| {
                let found = OPERATORS.iter().position(|name| s.who(name).as_str() == address);
                found.unwrap()
            };
            for position in s.positions(name) {
                positions.insert((staker, operator(&position.pool.operator)), position.value.u128());
            }
            for entry in s.entries(name) {
                let key = (staker, operator(&entry.pool.operator), entry.epoch);
                entries.insert(key, entry.value.u128());
            }
        }
        Seen {
            magnitude: pools.clone().map(|pool| pool.map_or(Magnitude::default(), |p| p.magnitude)),
            active: pools.map(|pool| pool.map_or(0, |p| p.tokens.u128())),
            buckets: OPERATORS.map(|operator| s.buckets(operator, ATOM)),
            positions,
            entries,
            balances: STAKERS.map(|staker| s.balance(staker, ATOM)),
        }
    }

    fn take(&mut self, step: &Step) {
        let before = self.see();
        self.operations += 1;
        match *step {
            Step::Join { staker, operator, amount } => {
                self.s.deposit(STAKERS[staker], OPERATORS[operator], ATOM, amount).unwrap();
                self.paid_in[staker] += amount;
                self.moved(&before, staker, amount);
            }
            Step::Undelegate { staker, operator, percent } => {
                let held = before.positions.get(&(staker, operator));
                let amount = percent.map(|percent| held.unwrap_or(&0) * percent / 100 + 1);
                let outcome = self.s.undelegate(STAKERS[staker], OPERATORS[operator], ATOM, amount);
                assert_eq!(outcome.is_ok(), held.is_some(), "invariant 12: {outcome:?}");
                self.moved(&before, staker, 0);
            }
            Step::Cancel { staker, operator, entry, percent } => {
                self.cancel(&before, staker, operator, entry, percent);
                self.moved(&before, staker, 0);
            }
            Step::Claim { staker, operator } => {
                let outcome = self.s.claim(STAKERS[staker], OPERATORS[operator], ATOM);
                self.exited(&before, staker, operator, &outcome);
            }
            Step::Redelegate { staker, operator } => {
                let (from, to) = (OPERATORS[operator], OPERATORS[1 - operator]);
                let outcome = self.s.redelegate(STAKERS[staker], from, ATOM, to);
                self.exited(&before, staker, operator, &outcome);
            }
            Step::Promise { service, operator, millionths } => {
                let magnitude = &before.magnitude[operator];
                let promised: u128 = (0..3)
                    .filter(|other| *other != service)
                    .map(|other| magnitude.read_slice(&self.slices[other][operator]).u128())
                    .sum();
                let room = magnitude.value.u128() - promised;
                let most = magnitude.value.u128() * u128::from(MAX_SLASH[service]) / 100;
                let slice = room.min(most) * millionths / 1_000_000;
                self.slices[service][operator] = magnitude.write(slice.into());
                self.capture(&before, service, operator);
            }
            Step::Slash { service, operator, capture, moment, percent } => {
                self.slash(&before, service, operator, capture, moment, percent);
            }
            Step::Crush { operator, millionths, days } => self.crush(&before, operator, millionths, days),
            Step::Wait { seconds } => {
                self.s.advance(seconds);
                for (service, operator) in pairs() {
                    self.capture(&before, service, operator);
                }
            }
        }
        self.sound();
    }

    fn crush(&mut self, before: &Seen, operator: usize, millionths: u128, days: u64) {
        let magnitude = &before.magnitude[operator];
        let kept = magnitude.value.u128() * millionths / 1_000_000;
        let rest = magnitude.value.u128() - 2 * kept;
        for (service, slice) in [kept, kept, rest].into_iter().enumerate() {
            self.slices[service][operator] = magnitude.write(slice.into());
        }
        let unbonding = before.buckets[operator].iter().map(|bucket| bucket.tokens.u128());
        let genesis = self.matures_at(0).minus_seconds(DAY + UNBONDING);
        self.captures[2][operator].push(Captured {
            at: self.s.now().minus_seconds(days * DAY).max(genesis),
            tokens: before.active[operator] + unbonding.sum::<u128>(),
            era: magnitude.era,
        });
        self.slash(before, 2, operator, 0, 0, 100);
        // What follows is punished by what was in force after.
        let after = self.see();
        for service in 0..3 {
            self.captures[service][operator].clear();
            self.capture(&after, service, operator);
        }
    }

    fn capture(&mut self, seen: &Seen, service: usize, operator: usize) {
        let magnitude = &seen.magnitude[operator];
        let slice = magnitude.read_slice(&self.slices[service][operator]);
        let max_slash = Decimal::percent(MAX_SLASH[service]);
        let active = seen.active[operator].into();
        let tokens = captured_tokens(active, slice, magnitude, max_slash).unwrap();
        self.captures[service][operator].push(Captured {
            at: self.s.now(),
            tokens: tokens.u128(),
            era: magnitude.era,
        });
    }

    fn cancel(&mut self, before: &Seen, staker: usize, operator: usize, entry: usize, percent: Option<u128>) {
        let mine = before.entries.iter().filter(|((s, o, _), _)| (*s, *o) == (staker, operator));
        let mine: Vec<(u64, u128)> = mine.map(|((_, _, epoch), value)| (*epoch, *value)).collect();
        if mine.is_empty() {
            return;
        }
        let (epoch, value) = mine[entry % mine.len()];
        let amount = percent.map(|percent| value * percent / 100 + 1);
        let mature = self.matures_at(epoch) <= self.s.now();
        let outcome = self.s.cancel(STAKERS[staker], OPERATORS[operator], ATOM, epoch, amount);
        assert_eq!(outcome.is_ok(), !mature, "{outcome:?}");
    }

    fn matures_at(&self, epoch: u64) -> Timestamp {
        let epochs: palisade_types::delegation::ConfigResponse =
            self.s.query(&palisade_types::delegation::QueryMsg::Config {});
        epochs.genesis.plus_seconds((epoch + 1) * DAY + UNBONDING)
    }

    /// Invariants 2, 7 and 8 after a step of one staker: it gains nothing, nobody loses, but for
    /// rounding.
    fn moved(&self, before: &Seen, actor: usize, added: u128) {
        let after = self.see();
        let (had, has) = (before.wealth(actor) + added, after.wealth(actor));
        assert!(has <= had + 1, "invariant 2: {had} became {has}");
        assert!(has + 3 >= had, "rounding took {}", had - has);
        for (key, value) in &before.positions {
            let now = after.positions.get(key);
            assert!(key.0 == actor || now.unwrap() + 2 >= *value, "invariant 8: {value} became {now:?}");
        }
        for (key, value) in &before.entries {
            let now = after.entries.get(key);
            assert!(key.0 == actor || now.unwrap() + 2 >= *value, "invariant 8: {value} became {now:?}");
        }
    }

    /// Invariant 12, and what [`Self::moved`] says.
    fn exited(&self, before: &Seen, staker: usize, operator: usize, outcome: &Outcome) {
        let now = self.s.now();
        let mut mine = before.entries.keys().filter(|(s, o, _)| (*s, *o) == (staker, operator));
        let matured = mine.any(|(_, _, epoch)| self.matures_at(*epoch) <= now);
        assert_eq!(outcome.is_ok(), matured, "invariant 12: {outcome:?}");
        self.moved(before, staker, 0);
    }

    /// Invariants 4, 5 and 6.
    fn slash(&mut self, before: &Seen, service: usize, operator: usize, capture: usize, moment: u64, percent: u128) {
        let captures = &self.captures[service][operator];
        let Some(index) = captures.len().checked_sub(capture + 1) else {
            return;
        };
        let captured = captures[index].clone();
        let until = captures.get(index + 1).map_or(self.s.now(), |next| next.at);
        let span = until.minus_nanos(captured.at.nanos()).nanos();
        let infraction = captured.at.plus_nanos(span / 100 * moment);
        if infraction.plus_seconds(UNBONDING) < self.s.now() {
            return; // Past the age at which the timing rule lets evidence count.
        }
        let max_slash = Decimal::percent(MAX_SLASH[service]);
        let fraction = max_slash * Decimal::percent(u64::try_from(percent).unwrap());
        let magnitude = before.magnitude[operator].clone();
        let m = wide(magnitude.value);
        let slice = magnitude.read(&self.slices[service][operator]);

        // By formulas of its own: who pays, how much of the magnitude, and how much each.
        let genesis = self.matures_at(0).minus_seconds(DAY + UNBONDING);
        let epoch = infraction.minus_nanos(genesis.nanos()).seconds() / DAY;
        let now = self.s.now();
        let exposed = |bucket: &&BucketResponse| {
            let mag = magnitude.read(&bucket.magnitude);
            bucket.epoch >= epoch && bucket.matures_at > now && !mag.is_zero()
        };
        let mut parts = vec![(wide(before.active[operator]), m)];
        for bucket in before.buckets[operator].iter().filter(exposed) {
            parts.push((wide(bucket.tokens), magnitude.read(&bucket.magnitude)));
        }
        let weq: Uint256 = parts.iter().map(|(tokens, mag)| ceil(*tokens * m, *mag)).sum();
        let counted = if captured.era == magnitude.era { captured.tokens } else { 0 };
        let exact = wide(fraction.atomics()) * wide(counted);
        let one = wide(FULL_MAGNITUDE);
        let delta = if weq.is_zero() {
            Uint256::zero()
        } else {
            let by_slice = ceil(slice * wide(percent), wide(100_u128));
            let by_stake = ceil(exact * m, one * weq);
            slice.min(by_slice).min(by_stake)
        };
        let losses: Vec<Uint256> = parts.iter().map(|(tokens, mag)| ceil(*tokens * delta, *mag)).collect();

        let penalty = SlashPools {
            fraction,
            max_slash,
            cuts: vec![Cut {
                asset: ATOM.to_string(),
                slice: self.slices[service][operator].clone(),
                captured: captured.tokens.into(),
                era: captured.era,
            }],
            ..self.s.penalty(OPERATORS[operator], 100, infraction)
        };
        let result = self.s.slash(penalty).unwrap().remove(0);
        assert_eq!(result.before, magnitude);
        assert_eq!(wide(result.delta), delta);
        let seized = wide(result.seized);
        assert_eq!(seized, losses.iter().sum::<Uint256>());
        let count = wide(parts.len() as u128);
        assert!(seized <= exact / one + count + ceil(weq, m) + Uint256::one(), "invariant 5");
        assert!(seized <= weq * slice / m + count, "invariant 5: at most the slice");
        let takes = !exact.is_zero() && !slice.is_zero() && !weq.is_zero();
        assert_eq!(!seized.is_zero(), takes, "invariant 5: something");
        self.slices[service][operator] = magnitude.write(slice - delta);

        let after = self.see();
        let mut paid = losses.into_iter();
        let fell = |was: u128, loss: Option<Uint256>| wide(was) - loss.unwrap();
        assert_eq!(wide(after.active[operator]), fell(before.active[operator], paid.next()), "invariant 6");
        for bucket in &before.buckets[operator] {
            let now = after.buckets[operator].iter().find(|b| b.epoch == bucket.epoch);
            let tokens = now.map_or(0, |bucket| bucket.tokens.u128());
            if exposed(&bucket) {
                assert_eq!(wide(tokens), fell(bucket.tokens.u128(), paid.next()), "invariant 6");
            } else {
                assert_eq!(now, Some(bucket), "invariant 6: left before, or claimable");
            }
        }
        assert_eq!(after.active[1 - operator], before.active[1 - operator]);
        assert_eq!(after.buckets[1 - operator], before.buckets[1 - operator]);
        assert_eq!(after.balances, before.balances);
        self.no_contagion(&before.magnitude[operator], &after, service, operator, weq, &parts, delta);
    }

    /// Invariant 4: every other slice is what it was, and so is what backs it.
    #[allow(clippy::too_many_arguments)]
    fn no_contagion(
        &self,
        before: &Magnitude,
        after: &Seen,
        service: usize,
        operator: usize,
        weq: Uint256,
        parts: &[(Uint256, Uint256)],
        delta: Uint256,
    ) {
        let magnitude = &after.magnitude[operator];
        let backing_now: Uint256 = parts
            .iter()
            .filter(|(_, mag)| *mag > delta)
            .map(|(tokens, mag)| {
                let left = *tokens - ceil(*tokens * delta, *mag);
                ceil(left * (wide(before.value) - delta), *mag - delta)
            })
            .sum();
        for other in (0..3).filter(|other| *other != service) {
            let slice = before.read(&self.slices[other][operator]);
            if magnitude.era != before.era {
                assert!(slice.is_zero(), "invariant 4: only when every slice is spent");
                continue;
            }
            let factor = (before.norm..magnitude.norm).fold(Uint256::one(), |f, _| f * wide(1_000_u128));
            assert_eq!(magnitude.read(&self.slices[other][operator]), slice * factor, "invariant 4");
            let m = wide(before.value);
            let (was, is) = (weq * slice / m, backing_now * slice / (m - delta));
            let parts = wide(2 * parts.len() as u128 + 1);
            assert!(was <= is + parts && is <= was + parts, "invariant 4: {was} became {is}");
        }
    }

    /// Invariants 1, 2 and 3, at any time.
    fn sound(&self) {
        self.s.assert_conserved(ATOM);
        let seen = self.see();
        let outside: u128 = seen.balances.iter().sum();
        let inside = self.s.coins(&self.s.vault, ATOM);
        assert_eq!(self.paid_in.iter().sum::<u128>(), outside + inside, "invariant 1");
        for staker in 0..3 {
            let most = self.paid_in[staker] + self.operations;
            assert!(seen.wealth(staker) <= most, "invariant 2");
        }
        for operator in 0..2 {
            let owed = seen.positions.iter().filter(|((_, o), _)| *o == operator);
            assert!(owed.map(|(_, value)| value).sum::<u128>() <= seen.active[operator], "invariant 1");
            for bucket in &seen.buckets[operator] {
                let owed = seen.entries.iter().filter(|((_, o, epoch), _)| (*o, *epoch) == (operator, bucket.epoch));
                assert!(owed.map(|(_, value)| value).sum::<u128>() <= bucket.tokens.u128(), "invariant 1");
            }
            let magnitude = &seen.magnitude[operator];
            let slices: Uint256 = (0..3).map(|service| magnitude.read(&self.slices[service][operator])).sum();
            assert!(slices <= wide(magnitude.value), "invariant 3");
            assert!(magnitude.value.u128() <= FULL_MAGNITUDE, "invariant 3");
        }
    }

    /// Invariant 12: all leave, and nothing stays but counted dust.
    fn finish(&mut self) {
        let held: Vec<(usize, usize)> = self.see().positions.into_keys().collect();
        for (staker, operator) in held {
            self.s.undelegate(STAKERS[staker], OPERATORS[operator], ATOM, None).unwrap();
        }
        self.s.advance(DAY + UNBONDING);
        for staker in STAKERS {
            for operator in OPERATORS {
                while !self.s.unbonding(staker, operator, ATOM).is_empty() {
                    self.s.claim(staker, operator, ATOM).unwrap();
                }
            }
        }
        self.sound();
        let seen = self.see();
        assert_eq!((seen.active, seen.positions.len(), seen.entries.len()), ([0, 0], 0, 0));
        assert_eq!(self.s.books(ATOM).staked.u128(), self.s.dust(ATOM), "nothing stranded uncounted");
        assert!(self.s.dust(ATOM) <= 2 * self.operations + 2);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn invariants_1_to_8_and_12_hold_in_any_history(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        for (service, operator) in pairs() {
            world.take(&Step::Join { staker: service, operator, amount: 1_000_000 });
            world.take(&Step::Promise { service, operator, millionths: 500_000 });
        }
        for step in &steps {
            world.take(step);
        }
        world.finish();
    }
}

/// A pool with an odd share price: two stakers, and a slash in between.
fn odd(first: u128, second: u128, permille: u64) -> Suite {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, first).unwrap();
    s.deposit("bob", "op", ATOM, second).unwrap();
    tap(&mut s, permille);
    s
}

/// A slash of some thousandths of everything.
fn tap(s: &mut Suite, permille: u64) {
    let now = s.now();
    let penalty = SlashPools {
        fraction: Decimal::permille(permille),
        max_slash: Decimal::one(),
        cuts: vec![s.cut("op", ATOM, 100, u128::from(u64::MAX))],
        ..s.penalty("op", 100, now)
    };
    s.slash(penalty).unwrap();
}

fn wealth(s: &Suite, staker: &str) -> u128 {
    let active: u128 = s.positions(staker).iter().map(|p| p.value.u128()).sum();
    let unbonding: u128 = s.entries(staker).iter().map(|e| e.value.u128()).sum();
    s.balance(staker, ATOM) + active + unbonding
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn invariant_7_parts_gain_nothing(
        first in amount(), second in amount(), permille in 0..999_u64, later in 0..999_u64,
        deposits in vec(1..5_000_u128, 1..5), exits in vec(1..5_000_u128, 1..5),
    ) {
        let (mut whole, mut parts) = (odd(first, second, permille), odd(first, second, permille));
        whole.deposit("ann", "op", ATOM, deposits.iter().sum()).unwrap();
        for amount in &deposits {
            parts.deposit("ann", "op", ATOM, *amount).unwrap();
        }
        whole.undelegate("ann", "op", ATOM, exits.iter().sum::<u128>()).unwrap();
        for amount in &exits {
            // The last ones may find nothing left.
            let _ = parts.undelegate("ann", "op", ATOM, *amount);
        }
        for s in [&mut whole, &mut parts] {
            tap(s, later);
            s.advance(DAY + UNBONDING);
            s.claim("ann", "op", ATOM).unwrap();
        }
        let most = wealth(&whole, "ann") + (deposits.len() + exits.len()) as u128;
        prop_assert!(wealth(&parts, "ann") <= most);
    }

    #[test]
    fn invariant_7_order_within_a_block_gains_nothing(
        first in amount(), second in amount(), permille in 0..999_u64,
        deposit in 1..5_000_u128, exit in 1..5_000_u128,
    ) {
        let (mut one, mut two) = (odd(first, second, permille), odd(first, second, permille));
        one.deposit("ann", "op", ATOM, deposit).unwrap();
        one.undelegate("bob", "op", ATOM, exit).unwrap();
        two.undelegate("bob", "op", ATOM, exit).unwrap();
        two.deposit("ann", "op", ATOM, deposit).unwrap();
        for staker in ["ann", "bob"] {
            let (one, two) = (wealth(&one, staker), wealth(&two, staker));
            prop_assert!(one.abs_diff(two) <= 3, "{staker}: {one} or {two}");
        }
    }
}
