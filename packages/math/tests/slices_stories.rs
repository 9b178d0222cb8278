//! Magnitude, power and penalties: what hurt others, by name, with numbers on
//! both sides.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::uint;
use cosmwasm_std::{Decimal, Uint256};
use palisade_math::{
    captured_tokens, equivalent_stake, loss, penalty_magnitude, scale_pending, Magnitude,
    MathError, Part, Penalty, FULL_MAGNITUDE,
};

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

#[test]
fn a_slice_spent_in_part_takes_its_part_of_a_penalty() {
    // A service of 10 % at most holds 5 %, for half was spent. A penalty of 5 % then
    // takes half of what it would have: 2.5 %, and not all that is left.
    let pool = Magnitude::default();
    let penalty = Penalty {
        fraction: Decimal::percent(5),
        max_slash: Decimal::percent(10),
        captured: uint(1_000),
        slice: pool.share(Decimal::percent(5)).unwrap(),
    };
    let delta = penalty_magnitude(&penalty, &pool, 1_000_u128.into()).unwrap();
    assert_eq!(delta, pool.share(Decimal::permille(25)).unwrap());
    let taken = loss(uint(1_000), delta, pool.value.into()).unwrap();
    assert_eq!(taken, uint(25));
    // With the whole slice, all of it.
    let slice = pool.share(Decimal::percent(10)).unwrap();
    let delta = penalty_magnitude(&Penalty { slice, ..penalty }, &pool, 1_000_u128.into());
    assert_eq!(delta.unwrap(), pool.share(Decimal::percent(5)).unwrap());
}
