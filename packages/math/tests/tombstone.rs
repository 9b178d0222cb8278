//! Penalties that are borne once: in whatever order they come, the sum taken is that of the largest.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{seeded, uint};
use cosmwasm_std::{Decimal, Uint128, Uint256};
use palisade_math::{
    equivalent_stake, loss, penalty_magnitude, Borne, Magnitude, MathError, Part, Penalty, Scaled,
    FULL_MAGNITUDE,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A pool with eligible buckets, and one service's slice of it.
#[derive(Clone, Debug)]
struct Pool {
    magnitude: Magnitude,
    active: Uint128,
    buckets: Vec<(Uint128, Scaled)>,
    slice: Scaled,
    max_slash: Decimal,
}

/// A penalty of an infraction in force at an update in which so many tokens were captured.
type Crime = (Decimal, Uint128);

impl Pool {
    fn new(active: u128, buckets: &[u128], max_slash: Decimal) -> Self {
        let magnitude = Magnitude::default();
        let slice = magnitude.write(magnitude.share(max_slash).unwrap().into());
        let full = magnitude.write(magnitude.value.into());
        Self {
            active: uint(active),
            buckets: buckets.iter().map(|b| (uint(*b), full.clone())).collect(),
            slice,
            max_slash,
            magnitude,
        }
    }

    fn parts(&self) -> Vec<Part> {
        let read = |(tokens, mag): &(Uint128, Scaled)| Part {
            tokens: *tokens,
            magnitude: self.magnitude.read(mag),
        };
        self.buckets.iter().map(read).collect()
    }

    fn equivalent(&self) -> Uint256 {
        equivalent_stake(self.active, &self.parts(), &self.magnitude).unwrap()
    }

    /// Takes a penalty of `fraction` on `captured` tokens from `slice`, which is what is left of the
    /// real one; returns delta and tokens, and the magnitude before.
    fn cut(&mut self, (p, captured): Crime, slice: &Scaled) -> (Uint128, Uint128, Magnitude) {
        let penalty = Penalty {
            fraction: p,
            max_slash: self.max_slash,
            captured,
            slice: self.magnitude.read_slice(slice),
        };
        let before = self.magnitude.clone();
        let delta = penalty_magnitude(&penalty, &before, self.equivalent()).unwrap();
        let mut taken = loss(self.active, delta, before.value.into()).unwrap();
        self.active -= taken;
        for (tokens, mag) in &mut self.buckets {
            let magnitude = before.read(mag);
            let lost = loss(*tokens, delta, magnitude).unwrap();
            *tokens -= lost;
            taken += lost;
            *mag = before.lowered(magnitude, delta).unwrap();
        }
        let left = before.read_slice(&self.slice) - delta;
        self.slice = before.write(left.into());
        self.magnitude.cut(delta).unwrap();
        (delta, taken, before)
    }

    /// A penalty that is borne beside all others.
    fn take(&mut self, crime: Crime) -> Uint128 {
        let slice = self.slice.clone();
        self.cut(crime, &slice).1
    }

    /// A penalty that is borne once.
    fn tombstone(&mut self, (p, captured): Crime, borne: &mut Borne) -> Uint128 {
        let excess = borne.excess(p, self.max_slash, captured, &self.slice);
        let Some((captured, slice)) = excess.unwrap() else {
            return Uint128::zero();
        };
        let (delta, taken, before) = self.cut((p, captured), &slice);
        borne.add(&before, delta, taken).unwrap();
        taken
    }

    /// What rounding may come to: a unit of each part, for the losses and for Weq, and what one unit
    /// of magnitude stands for.
    fn rounding(&self) -> u128 {
        let unit = self.equivalent() / Uint256::from(self.magnitude.value);
        2 * (self.buckets.len() as u128 + 1) + Uint128::try_from(unit).unwrap().u128() + 2
    }
}

fn stake() -> impl Strategy<Value = u128> {
    prop_oneof![0..=1_000_u128, 0..=10_u128.pow(9), 0..=10_u128.pow(24)]
}

fn pool() -> impl Strategy<Value = Pool> {
    let max_slash = prop_oneof![
        (1..=100_u64).prop_map(Decimal::percent),
        (1..=FULL_MAGNITUDE).prop_map(Decimal::raw),
    ];
    (stake(), vec(stake(), 0..4), max_slash)
        .prop_map(|(active, buckets, max_slash)| Pool::new(active, &buckets, max_slash))
}

/// Fractions of the heaviest penalty, and captured tokens as a multiple of all stake in percent.
fn crimes() -> impl Strategy<Value = Vec<(u64, u64)>> {
    vec((1..=100_u64, 0..=1_000_u64), 1..6)
}

fn crimes_of(pool: &Pool, crimes: &[(u64, u64)]) -> Vec<Crime> {
    let all = Uint128::try_from(pool.equivalent()).unwrap();
    crimes
        .iter()
        .map(|(share, percent)| {
            let p = pool.max_slash * Decimal::percent(*share);
            (p, all.multiply_ratio(*percent, 100_u64))
        })
        .collect()
}

proptest! {
    #![proptest_config(seeded(2_000))]

    #[test]
    fn a_smaller_penalty_reported_first_to_block_the_real_one(
        mut pool in pool(), spent in vec((1..=100_u64, 1..=100_u64), 0..3), crimes in crimes(),
    ) {
        // What other penalties spent of the slice before: they are no part of it.
        for crime in crimes_of(&pool, &spent) {
            pool.take(crime);
        }
        let crimes = crimes_of(&pool, &crimes);
        let alone = |crime: &Crime| pool.clone().take(*crime).u128();
        let largest = crimes.iter().map(alone).max().unwrap();

        let (mut now, mut borne) = (pool.clone(), Borne::default());
        let mut sum = 0;
        for crime in &crimes {
            sum += now.tombstone(*crime, &mut borne).u128();
        }
        let rounding = pool.rounding();
        prop_assert!(sum + rounding >= largest, "{} taken of {}, {} of rounding", sum, largest, rounding);
        prop_assert!(sum <= largest + rounding, "{} taken of {}, {} of rounding", sum, largest, rounding);

        // All of them again, in the other order: nothing is left to take.
        let mut again = 0;
        for crime in crimes.iter().rev() {
            again += now.tombstone(*crime, &mut borne).u128();
        }
        prop_assert!(again <= rounding, "{} taken again, {} of rounding", again, rounding);
    }
}

#[test]
fn nothing_borne_in_an_older_era_counts() {
    let mut pool = Pool::new(1_000, &[], Decimal::one());
    let mut borne = Borne::default();
    let all = (Decimal::one(), uint(1_000));
    assert_eq!(pool.tombstone(all, &mut borne).u128(), 1_000);
    assert_eq!((pool.magnitude.era, borne.tokens.u128()), (1, 1_000));
    // A new promise of what joined since is slashable in full.
    pool.active = uint(500);
    pool.slice = pool.magnitude.write(FULL_MAGNITUDE.into());
    assert_eq!(
        pool.tombstone((Decimal::one(), uint(500)), &mut borne)
            .u128(),
        500
    );
    assert_eq!((borne.tokens.u128(), borne.slice.era), (500, 1));
}

#[test]
fn a_fraction_above_the_heaviest_penalty_is_refused() {
    let slice = Magnitude::default().write(FULL_MAGNITUDE.into());
    let (p, m) = (Decimal::percent(6), Decimal::percent(5));
    let expected = MathError::InvalidFraction {
        name: "penalty",
        value: p,
        limit: m,
    };
    let refused = Borne::default().excess(p, m, uint(1), &slice);
    assert_eq!(refused, Err(expected));
    let nothing = Borne::default().excess(Decimal::zero(), m, uint(1), &slice);
    assert_eq!(nothing, Ok(None));
}
