//! Invariant 11 in random histories: joins, leaves, cancellations, redelegations, slashes, rewards in
//! three tokens, a fourth that lies about what it paid, claims and time, in any order; and, where nothing is slashed, a model that knows no
//! index and no stream: it deals out every ten minutes by what everybody has.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[path = "../common/mod.rs"]
mod common;
mod model;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::{Step, World};

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1..10_u128, 1..2_000_u128, 1..10_000_000_000_u128]
}

/// What a token can say that it paid.
fn lie() -> impl Strategy<Value = u128> {
    prop_oneof![Just(u128::MAX), any::<u128>(), 0..10_u128]
}

fn step(slashes: u32) -> impl Strategy<Value = Step> {
    let staker = 0..4_usize;
    let percent = || prop_oneof![2 => 1..100_u128, 1 => Just(100_u128)];
    prop_oneof![
        4 => (staker.clone(), amount()).prop_map(|(staker, amount)| Step::Join { staker, amount }),
        4 => (staker.clone(), percent()).prop_map(|(staker, percent)| Step::Undelegate { staker, percent }),
        2 => (staker.clone(), percent()).prop_map(|(staker, percent)| Step::Cancel { staker, percent }),
        2 => staker.clone().prop_map(|staker| Step::Redelegate { staker }),
        slashes => prop_oneof![Just(1_000_u64), 900..1_000_u64, 1..900_u64]
            .prop_map(|permille| Step::Slash { permille }),
        6 => (0..3_usize, amount()).prop_map(|(token, amount)| Step::Reward { token, amount }),
        1 => lie().prop_map(|amount| Step::Lie { amount }),
        3 => (staker, proptest::option::of(0..3_usize))
            .prop_map(|(staker, token)| Step::Claim { staker, token }),
        1 => Just(Step::Commission),
        8 => (1..150_u64).prop_map(|ticks| Step::Wait { ticks }),
    ]
}

proptest! {
    #![proptest_config(palisade_testing::seeded(32))]

    #[test]
    fn invariant_11_rewards_are_what_an_independent_model_deals_out(steps in vec(step(0), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.compare();
        }
        world.finish();
    }

    #[test]
    fn invariant_11_no_more_is_owed_than_was_paid_in(steps in vec(step(3), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.finish();
    }
}
