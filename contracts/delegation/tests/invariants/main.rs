//! The invariants of the design, after every step of random histories: three stakers, two
//! operators with stake of their own, which bears losses first as far as they agreed, three services
//! with slices of their own, infractions at any time since the capture that they are punished by.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[path = "../common/mod.rs"]
mod common;
mod penalty;
mod world;

use common::{Suite, ATOM, DAY, UNBONDING};
use cosmwasm_std::Decimal;
use palisade_types::delegation::SlashPools;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::{pairs, Step, World};

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1..10_u128, 1..2_000_u128, 1..10_000_000_000_u128]
}

fn part() -> impl Strategy<Value = Option<u128>> {
    prop_oneof![2 => (1..100_u128).prop_map(Some), 1 => Just(None)]
}

fn step() -> impl Strategy<Value = Step> {
    let (staker, operator, service) = (0..5_usize, 0..2_usize, 0..3_usize);
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
        2 => (operator.clone(), prop_oneof![0..=100_u64, Just(0_u64), Just(100_u64)])
            .prop_map(|(operator, percent)| Step::Agree { operator, percent }),
        8 => (service, operator, 0..6_usize, 0..=100_u64, prop_oneof![1..=100_u128, Just(100_u128)])
            .prop_map(|(service, operator, capture, moment, percent)| {
                Step::Slash { service, operator, capture, moment, percent }
            }),
        1 => (0..2_usize, prop_oneof![Just(0_u128), 1..600_u128], 0..3_u64)
            .prop_map(|(operator, millionths, days)| Step::Crush { operator, millionths, days }),
        4 => (1..DAY).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

proptest! {
    #![proptest_config(palisade_testing::seeded(60))]

    #[test]
    fn invariants_1_to_8_and_12_hold_in_any_history(steps in vec(step(), 1..60)) {
        let mut world = World::new();
        for (service, operator) in pairs() {
            world.take(&Step::Join { staker: service, operator, amount: 1_000_000 });
            world.take(&Step::Promise { service, operator, millionths: 500_000 });
        }
        for operator in 0..2 {
            world.take(&Step::Join { staker: 3 + operator, operator, amount: 300_000 });
            world.take(&Step::Agree { operator, percent: 40 });
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
    #![proptest_config(palisade_testing::seeded(60))]

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
