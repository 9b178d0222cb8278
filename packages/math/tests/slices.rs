//! Magnitude, power and penalties: invariants 3, 4 and 5 over all ranges, and
//! what hurt others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{amount, any_u128, config, uint, wide};
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
    #![proptest_config(config(400))]

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

#[test]
fn twenty_services_slashing_to_their_limit_take_no_more_than_the_pool() {
    let mut pool = Magnitude::default();
    let five = Decimal::percent(5);
    let slice = pool.share(five).unwrap();
    let stored = vec![pool.write(slice.into()); 20];
    let mut active = uint(1_000_000);
    let mut taken = Vec::new();
    for slice in &stored {
        let slice = pool.read_slice(slice);
        let captured = uint(1_000_000);
        let penalty = Penalty {
            fraction: five,
            max_slash: five,
            captured,
            slice,
        };
        let delta = penalty_magnitude(&penalty, &pool, active.into()).unwrap();
        let lost = loss(active, delta, pool.value.into()).unwrap();
        active -= lost;
        pool.cut(delta).unwrap();
        taken.push(lost.u128());
    }
    assert_eq!(taken, [50_000; 20]);
    assert_eq!(
        (active.u128(), pool.era, pool.value.u128()),
        (0, 1, FULL_MAGNITUDE)
    );
}

#[test]
fn fully_slashed_operator_is_able_to_start_again() {
    let mut pool = Magnitude::default();
    let old = pool.write(pool.value.into());
    pool.cut(pool.value).unwrap();
    assert_eq!(
        pool,
        Magnitude {
            value: uint(FULL_MAGNITUDE),
            era: 1,
            norm: 0
        }
    );
    // Nothing of before counts: not the slice, and not what was captured with it.
    assert_eq!(pool.read_slice(&old), uint(0));
    assert_eq!(pool.captured_in(0, uint(500)), uint(0));
    assert_eq!(pool.captured_in(1, uint(500)), uint(500));
    let half = pool.share(Decimal::percent(50)).unwrap();
    let counted = captured_tokens(uint(80), half, &pool, Decimal::one()).unwrap();
    assert_eq!(counted, uint(40));
}

#[test]
fn tiny_slash_does_not_round_to_zero() {
    // A millionth of a millionth of a pool of three units.
    let pool = Magnitude::default();
    let tiny = Decimal::raw(1_000_000);
    let slice = pool.share(Decimal::one()).unwrap();
    let penalty = Penalty {
        fraction: tiny,
        max_slash: Decimal::one(),
        captured: uint(3),
        slice,
    };
    let delta = penalty_magnitude(&penalty, &pool, 3_u128.into()).unwrap();
    assert_eq!(delta, uint(1_000_000));
    assert_eq!(loss(uint(3), delta, pool.value.into()).unwrap(), uint(1));
    // Even at the very last unit of magnitude.
    let tiniest = Penalty {
        fraction: Decimal::raw(1),
        captured: uint(1),
        ..penalty
    };
    let delta = penalty_magnitude(&tiniest, &pool, (10_u128.pow(30)).into()).unwrap();
    assert_eq!(delta, uint(1));
}

#[test]
fn slash_of_a_pool_that_is_all_unbonding_takes_from_the_buckets() {
    let mut pool = Magnitude::default();
    let full = Uint256::from(FULL_MAGNITUDE);
    let bucket = Part {
        tokens: uint(900),
        magnitude: full,
    };
    let equivalent = equivalent_stake(uint(0), &[bucket], &pool).unwrap();
    let slice = pool.share(Decimal::percent(10)).unwrap();
    let ten = Decimal::percent(10);
    let penalty = Penalty {
        fraction: ten,
        max_slash: ten,
        captured: uint(900),
        slice,
    };
    let delta = penalty_magnitude(&penalty, &pool, equivalent).unwrap();
    assert_eq!(
        loss(bucket.tokens, delta, bucket.magnitude).unwrap(),
        uint(90)
    );
    pool.cut(delta).unwrap();
    assert_eq!(pool.value, uint(900_000_000_000_000_000));
    // And where there is nothing at all, nothing is taken and nothing spent.
    assert_eq!(
        penalty_magnitude(&penalty, &pool, Uint256::zero()).unwrap(),
        uint(0)
    );
}

#[test]
fn undelegating_all_but_one_unit_and_wiping_it_leaves_the_honest_slice_whole() {
    // The operator leaves with 999_999 of a million, then has its own service, which
    // holds 20 %, slash the one unit that stays, for an infraction after it left.
    let mut pool = Magnitude::default();
    let honest = pool.write(pool.share(Decimal::percent(10)).unwrap().into());
    let own = pool.share(Decimal::percent(20)).unwrap();
    let bucket = pool.write(pool.value.into());
    let half = Decimal::percent(50);
    let collusion = Penalty {
        fraction: half,
        max_slash: half,
        captured: uint(1),
        slice: own,
    };
    let delta = penalty_magnitude(&collusion, &pool, Uint256::one()).unwrap();
    let lost = loss(uint(1), delta, pool.value.into()).unwrap();
    assert_eq!((delta, lost), (own, uint(1)));
    pool.cut(delta).unwrap();

    // The wipe of the tokens spent its own slice; the honest one finds the bucket.
    let ten = Decimal::percent(10);
    let slice = pool.read_slice(&honest);
    assert_eq!(slice, uint(100_000_000_000_000_000));
    let part = Part {
        tokens: uint(999_999),
        magnitude: pool.read(&bucket),
    };
    let equivalent = equivalent_stake(uint(0), &[part], &pool).unwrap();
    let penalty = Penalty {
        fraction: ten,
        max_slash: ten,
        captured: uint(1_000_000),
        slice,
    };
    let delta = penalty_magnitude(&penalty, &pool, equivalent).unwrap();
    assert_eq!(delta, slice);
    let taken = loss(part.tokens, delta, part.magnitude).unwrap();
    assert_eq!(taken, uint(100_000));
}

#[test]
fn a_bucket_skipped_by_one_slash_is_not_taken_whole_by_another() {
    // 500 unbond. A slash for a later infraction takes 90 % of the active 500, and
    // skips the bucket. Then an older infraction is punished with 10 %.
    let mut pool = Magnitude::default();
    let ten = Decimal::percent(10);
    let older = pool.write(pool.share(ten).unwrap().into());
    let bucket = pool.write(pool.value.into());
    let later = pool.share(Decimal::percent(90)).unwrap();
    let active = uint(500) - loss(uint(500), later, pool.value.into()).unwrap();
    pool.cut(later).unwrap();
    assert_eq!(active, uint(50));

    let part = Part {
        tokens: uint(500),
        magnitude: pool.read(&bucket),
    };
    // The bucket's 500 stand for ten times the magnitude: for 50 active tokens.
    let equivalent = equivalent_stake(active, &[part], &pool).unwrap();
    assert_eq!(equivalent, Uint256::from(100_u128));
    let slice = pool.read_slice(&older);
    let penalty = Penalty {
        fraction: ten,
        max_slash: ten,
        captured: uint(1_000),
        slice,
    };
    let delta = penalty_magnitude(&penalty, &pool, equivalent).unwrap();
    // It takes all of the slice, 10 % of what was: of each part what it promised.
    assert_eq!(delta, slice);
    assert_eq!(loss(active, delta, pool.value.into()).unwrap(), uint(50));
    assert_eq!(loss(part.tokens, delta, part.magnitude).unwrap(), uint(50));
}

#[test]
fn pending_deallocation_is_scaled_with_its_slice_by_a_slash() {
    // 60 of 100 are on their way out. A slash takes 50: 30 of 50 still are. Taking
    // the 60 as they were would leave less than nothing.
    let left = scale_pending(uint(60), uint(100), uint(50)).unwrap();
    assert_eq!(left, uint(30));
    assert_eq!(
        scale_pending(uint(60), uint(100), uint(0)).unwrap(),
        uint(0)
    );
    assert_eq!(
        scale_pending(uint(60), uint(100), uint(100)).unwrap(),
        uint(60)
    );
    assert_eq!(
        scale_pending(uint(100), uint(100), uint(7)).unwrap(),
        uint(7)
    );
}

#[test]
fn withdrawal_between_infraction_and_execution_does_not_shrink_the_penalty() {
    // Captured 1000; 700 undelegated after the infraction, and so still eligible.
    let pool = Magnitude::default();
    let part = Part {
        tokens: uint(700),
        magnitude: FULL_MAGNITUDE.into(),
    };
    let equivalent = equivalent_stake(uint(300), &[part], &pool).unwrap();
    let slice = pool.share(Decimal::percent(20)).unwrap();
    let penalty = Penalty {
        fraction: Decimal::percent(10),
        max_slash: Decimal::percent(20),
        captured: uint(1_000),
        slice,
    };
    let delta = penalty_magnitude(&penalty, &pool, equivalent).unwrap();
    let taken = [300, 700].map(|part| {
        loss(uint(part), delta, FULL_MAGNITUDE.into())
            .unwrap()
            .u128()
    });
    assert_eq!(taken, [30, 70]);
    // New stake shares the loss and does not enlarge it.
    let joined = equivalent_stake(uint(1_300), &[part], &pool).unwrap();
    let delta = penalty_magnitude(&penalty, &pool, joined).unwrap();
    let taken = [1_300, 700].map(|part| {
        loss(uint(part), delta, FULL_MAGNITUDE.into())
            .unwrap()
            .u128()
    });
    assert_eq!(taken, [65, 35]);
}

#[test]
fn a_slash_beyond_the_policy_or_the_pool_is_refused() {
    let mut pool = Magnitude::default();
    let penalty = Penalty {
        fraction: Decimal::percent(6),
        max_slash: Decimal::percent(5),
        captured: uint(10),
        slice: uint(10),
    };
    assert_eq!(
        penalty_magnitude(&penalty, &pool, Uint256::one()),
        Err(MathError::InvalidFraction {
            name: "penalty",
            value: Decimal::percent(6),
            limit: Decimal::percent(5),
        })
    );
    let before = pool.clone();
    assert_eq!(
        pool.cut(uint(FULL_MAGNITUDE + 1)),
        Err(MathError::InsufficientMagnitude {
            available: uint(FULL_MAGNITUDE),
            requested: uint(FULL_MAGNITUDE + 1),
        })
    );
    assert_eq!(pool, before);
    assert!(pool.share(Decimal::percent(101)).is_err());
    assert!(captured_tokens(uint(1), uint(1), &pool, Decimal::zero()).is_err());
    // A slice that was damaged to more than the pool reads as the pool.
    let broken = pool.write(Uint256::MAX);
    assert_eq!(pool.read_slice(&broken), pool.value);
}
