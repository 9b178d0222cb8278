//! Magnitude, power and penalties: invariants 3, 4 and 5 over all ranges.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{amount, any_u128, seeded, uint, wide};
use cosmwasm_std::{Decimal, Uint128, Uint256, Uint512};
use palisade_math::{
    asset_value, capped_power, captured_tokens, equivalent_stake, loss, penalty_magnitude,
    scale_pending, Magnitude, MathError, Part, Penalty, Scaled, FULL_MAGNITUDE, RENORMALIZE_BELOW,
    SATURATED_MAGNITUDE,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Fractions above zero, up to one, of every size down to `10^-18`.
fn fraction() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (1..=100_u64).prop_map(Decimal::percent),
        (0..60_u32, 1..=FULL_MAGNITUDE).prop_map(|(bits, one)| Decimal::raw((one >> bits).max(1))),
    ]
}

/// A pool's magnitude after any history, and parts that went through it.
#[derive(Clone, Debug)]
struct History {
    magnitude: Magnitude,
    active: Uint128,
    buckets: Vec<Part>,
}

impl History {
    fn equivalent(&self) -> Uint256 {
        equivalent_stake(self.active, &self.buckets, &self.magnitude).unwrap()
    }

    /// All parts, the active one first, with the magnitude each stands for.
    fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part {
            tokens: self.active,
            magnitude: self.magnitude.value.into(),
        }];
        parts.extend(&self.buckets);
        parts
    }

    /// What each part loses to `delta`.
    fn losses(&self, delta: Uint128) -> Vec<u128> {
        self.parts()
            .iter()
            .map(|part| loss(part.tokens, delta, part.magnitude).unwrap().u128())
            .collect()
    }
}

fn history() -> impl Strategy<Value = History> {
    let magnitude = prop_oneof![
        Just(FULL_MAGNITUDE),
        Just(RENORMALIZE_BELOW),
        RENORMALIZE_BELOW..=FULL_MAGNITUDE,
    ];
    let bucket = (amount(), 0..=9_u32, 0..=1_000_u128);
    (magnitude, prop_oneof![Just(0), amount()], vec(bucket, 0..6)).prop_map(
        |(value, active, buckets)| History {
            magnitude: Magnitude {
                value: uint(value),
                ..Magnitude::default()
            },
            active: uint(active),
            buckets: buckets
                .into_iter()
                .map(|(tokens, norms, extra)| Part {
                    tokens: uint(tokens),
                    // A bucket stands for at least as much as its pool.
                    magnitude: Uint256::from(value) * Uint256::from(1_000_u128).pow(norms)
                        + Uint256::from(extra),
                })
                .collect(),
        },
    )
}

/// `floor(a * b * 10^6 / c)`: backing in millionths of a token.
fn millionths(tokens: Uint128, slice: Uint128, magnitude: impl Into<Uint256>) -> Uint512 {
    wide(tokens) * wide(slice) * wide(1_000_000_u128) / wide(magnitude)
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn invariant_3_slices_stay_within_the_magnitude_through_any_cuts(
        promises in vec(1..=1_000_u128, 1..32), cuts in vec((any::<prop::sample::Index>(), 0..=1_000_u128), 1..60),
    ) {
        let mut pool = Magnitude::default();
        let whole: u128 = promises.iter().sum();
        let mut slices: Vec<Scaled> = promises
            .iter()
            .map(|part| pool.write(Uint256::from(FULL_MAGNITUDE / whole * part)))
            .collect();
        for (index, share) in cuts {
            let index = index.index(slices.len());
            let slice = pool.read_slice(&slices[index]);
            let delta = uint((slice.u128() / 1_000 * share).max(u128::from(share > 500)).min(slice.u128()));
            let (before, others) = (pool.clone(), slices.clone());
            slices[index] = pool.lowered(slice.into(), delta).unwrap();
            pool.cut(delta).unwrap();
            // It fell by exactly delta, in the old unit, unless a new era began.
            prop_assert!(pool.value.u128() <= FULL_MAGNITUDE && pool.value.u128() >= RENORMALIZE_BELOW);
            if pool.era == before.era {
                let rest = before.write((before.value - delta).into());
                prop_assert_eq!(pool.read(&rest), Uint256::from(pool.value));
            }
            let sum: Uint256 = slices.iter().map(|slice| pool.read(slice)).fold(Uint256::zero(), |a, b| a + b);
            prop_assert!(sum <= Uint256::from(pool.value));
            for (other, slice) in others.iter().zip(&slices).enumerate().filter(|(i, _)| *i != index).map(|(_, x)| x) {
                prop_assert_eq!(other, slice);
                let factor = Uint256::from(1_000_u128).pow(pool.norm.saturating_sub(before.norm));
                let kept = if pool.era == before.era { before.read(other) * factor } else { Uint256::zero() };
                prop_assert_eq!(pool.read(slice), kept);
            }
        }
    }

    #[test]
    fn invariant_3_a_slice_when_set_is_at_most_its_share(
        value in RENORMALIZE_BELOW..=FULL_MAGNITUDE, fraction in fraction(),
    ) {
        let pool = Magnitude { value: uint(value), ..Magnitude::default() };
        let slice = wide(pool.share(fraction).unwrap());
        let exact = wide(fraction.atomics()) * wide(value);
        prop_assert!(slice * wide(FULL_MAGNITUDE) <= exact);
        prop_assert!((slice + Uint512::one()) * wide(FULL_MAGNITUDE) > exact);
    }

    #[test]
    fn invariant_4_a_slash_leaves_every_other_backing_as_it_was(
        history in history(), mine in 1..=FULL_MAGNITUDE, part in 0..=1_000_u128,
    ) {
        let value = history.magnitude.value.u128();
        let slice = mine.min(value - 1);
        let other = uint(value - slice);
        let delta = uint((slice / 1_000 * part).max(1));
        let mut after = history.magnitude.clone();
        after.cut(delta).unwrap();
        let written = history.magnitude.write(other.into());
        let other_after = after.read_slice(&written);
        for (part, lost) in history.parts().iter().zip(history.losses(delta)) {
            let stored = history.magnitude.lowered(part.magnitude, delta).unwrap();
            let before = millionths(part.tokens, other, part.magnitude);
            let left = uint(part.tokens.u128() - lost);
            let backing = millionths(left, other_after, after.read(&stored));
            // One unit of a part at most, and one of this comparison.
            prop_assert!(backing <= before + Uint512::one());
            prop_assert!(backing + wide(1_000_001_u128) >= before, "{before} became {backing}");
        }
    }

    #[test]
    fn invariant_5_a_slash_takes_at_most_the_penalty_and_the_slice_and_something(
        history in history(), max_slash in fraction(), penalty in fraction(),
        captured in prop_oneof![Just(0), amount()], slice in prop_oneof![Just(0), 1..=FULL_MAGNITUDE],
    ) {
        let equivalent = history.equivalent();
        let value = history.magnitude.value;
        let penalty = Penalty {
            fraction: penalty.min(max_slash),
            max_slash,
            captured: uint(captured),
            slice: uint(slice).min(value),
        };
        let delta = penalty_magnitude(&penalty, &history.magnitude, equivalent).unwrap();
        prop_assert!(delta <= penalty.slice && delta <= value);
        let losses = history.losses(delta);
        let taken = losses.iter().fold(Uint512::zero(), |sum, lost| sum + wide(*lost));
        let parts = wide(losses.len() as u128);
        let round = |a: Uint512, b: Uint512| (a + b - Uint512::one()) / b;
        // At most p * captured + parts + ceil(Weq / M).
        let due = wide(penalty.fraction.atomics()) * wide(captured) / wide(FULL_MAGNITUDE) + Uint512::one();
        let limit = due + parts + round(wide(equivalent), wide(value));
        prop_assert!(taken <= limit, "took {taken} of {limit}");
        // At most the slice.
        let slice_worth = round(wide(equivalent) * wide(penalty.slice), wide(value));
        prop_assert!(taken <= slice_worth + parts, "took {taken} of {slice_worth}");
        // And something, when there is anything to take.
        let anything = captured > 0 && slice > 0 && !equivalent.is_zero();
        prop_assert_eq!(!taken.is_zero(), anything);
    }

    #[test]
    fn invariant_5_no_slash_in_between_enlarges_a_loss(
        active in 1..10_u128.pow(27), between in 0..=80_u64, percent in 1..=5_u64,
    ) {
        // Captured in full; then another service takes up to 80 %.
        let mut pool = Magnitude::default();
        let slice = pool.write(pool.share(Decimal::percent(5)).unwrap().into());
        let other = pool.share(Decimal::percent(between)).unwrap();
        let lost = loss(uint(active), other, pool.value.into()).unwrap();
        pool.cut(other).unwrap();
        let left = uint(active) - lost;
        let penalty = Penalty {
            fraction: Decimal::percent(percent),
            max_slash: Decimal::percent(5),
            captured: uint(active),
            slice: pool.read_slice(&slice),
        };
        let delta = penalty_magnitude(&penalty, &pool, left.into()).unwrap();
        let taken = loss(left, delta, pool.value.into()).unwrap().u128();
        let due = (active * u128::from(percent)).div_ceil(100);
        prop_assert!(taken <= due + active.div_ceil(pool.value.u128()) + 1, "took {taken} for {due}");
        prop_assert!(taken <= left.u128() && taken + 2 >= due.min(left.u128()), "took {taken} for {due}");
    }

    #[test]
    fn a_reading_is_exact_up_to_saturation(value in any_u128(), norm in 0..5_u32, later in 0..60_u32) {
        let stored = Scaled { value: value.into(), era: 3, norm };
        let pool = Magnitude { value: uint(FULL_MAGNITUDE), era: 3, norm: norm + later };
        let exact = if later < 30 {
            wide(value) * wide(1_000_u128).pow(later)
        } else {
            wide(value) * wide(1_000_u128).pow(30)
        };
        let read = wide(pool.read(&stored));
        prop_assert_eq!(read, exact.min(wide(SATURATED_MAGNITUDE)));
        let older = Magnitude { era: 2, ..pool.clone() };
        let newer = Magnitude { era: 4, ..pool };
        prop_assert!(older.read(&stored).is_zero() && newer.read(&stored).is_zero());
    }

    #[test]
    fn saturation_changes_no_loss_and_no_equivalent(tokens in any_u128(), delta in 0..=FULL_MAGNITUDE) {
        let huge = Uint256::MAX;
        for magnitude in [SATURATED_MAGNITUDE, SATURATED_MAGNITUDE - Uint256::from(u128::MAX)] {
            let full = Magnitude::default();
            prop_assert_eq!(loss(uint(tokens), uint(delta), magnitude), loss(uint(tokens), uint(delta), huge));
            let stake = |magnitude| equivalent_stake(uint(0), &[Part { tokens: uint(tokens), magnitude }], &full);
            prop_assert_eq!(stake(magnitude), stake(huge));
        }
    }

    #[test]
    fn captured_tokens_round_down_and_stay_within_the_stake(
        active in any_u128(), slice in any_u128(), value in RENORMALIZE_BELOW..=FULL_MAGNITUDE, max_slash in fraction(),
    ) {
        let pool = Magnitude { value: uint(value), ..Magnitude::default() };
        let captured = captured_tokens(uint(active), uint(slice), &pool, max_slash).unwrap();
        let exact = wide(active) * wide(slice) * wide(FULL_MAGNITUDE) / (wide(value) * wide(max_slash.atomics()));
        prop_assert_eq!(wide(captured), exact.min(wide(active)));
    }

    #[test]
    fn asset_value_is_rounded_once_or_refused(tokens in any_u128(), rate in any_u128(), weight in any_u128()) {
        let value = asset_value(uint(tokens), Decimal::raw(rate), Decimal::raw(weight));
        let exact = wide(tokens) * wide(rate);
        if weight > FULL_MAGNITUDE {
            let refused = matches!(value, Err(MathError::InvalidFraction { name: "weight", .. }));
            prop_assert!(refused);
        } else {
            let exact = exact * wide(weight) / (wide(FULL_MAGNITUDE) * wide(FULL_MAGNITUDE));
            match value {
                Ok(value) => prop_assert_eq!(wide(value), exact),
                Err(error) => {
                    prop_assert!(exact > wide(u128::MAX));
                    let refused = matches!(error, MathError::TooWide { .. });
                    prop_assert!(refused, "{error}");
                }
            }
        }
    }

    #[test]
    fn any_128_bit_penalty_is_calculated_or_refused(
        active in any_u128(), tokens in any_u128(), magnitude in any_u128(), captured in any_u128(), slice in any_u128(),
        fraction in any_u128(), max_slash in any_u128(), total in any_u128(),
    ) {
        let pool = Magnitude::default();
        let part = Part { tokens: uint(tokens), magnitude: magnitude.into() };
        let equivalent = equivalent_stake(uint(active), &[part; 33], &pool).unwrap();
        let penalty = Penalty {
            fraction: Decimal::raw(fraction), max_slash: Decimal::raw(max_slash), captured: uint(captured), slice: uint(slice),
        };
        let valid = (1..=FULL_MAGNITUDE).contains(&max_slash) && fraction <= max_slash;
        let delta = penalty_magnitude(&penalty, &pool, equivalent);
        prop_assert_eq!(delta.is_ok(), valid);
        if let Ok(delta) = delta {
            prop_assert!(delta <= pool.value);
            prop_assert!(loss(uint(tokens), delta, magnitude.into()).unwrap().u128() <= tokens);
        }
        let capped = capped_power(uint(captured), uint(total), Decimal::raw(max_slash));
        prop_assert_eq!(capped.is_ok(), max_slash <= FULL_MAGNITUDE);
        if let Ok(capped) = capped {
            prop_assert!(capped.u128() <= captured && capped.u128() <= total);
        }
    }

    #[test]
    fn a_pending_change_falls_with_its_slice(pending in any_u128(), before in any_u128(), after in any_u128()) {
        let scaled = scale_pending(uint(pending), uint(before), uint(after));
        if after > before {
            prop_assert_eq!(scaled, Err(MathError::SliceRose { before: uint(before), after: uint(after) }));
        } else if before == 0 {
            prop_assert_eq!(scaled, Ok(uint(0)));
        } else {
            let scaled = scaled.unwrap();
            prop_assert_eq!(wide(scaled), wide(pending) * wide(after) / wide(before));
            prop_assert!(pending > before || scaled.u128() <= after);
        }
    }
}
