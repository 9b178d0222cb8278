//! Random histories of one pool: stakers, buckets that unbond, and services with
//! slices, all by the functions of this crate alone. After every step the
//! invariants 1 to 5, 7 and 8 are checked against exact arithmetic.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;
mod model_parts;

use common::seeded;
use model_parts::{step, Model, Size, Step};
use proptest::collection::vec;
use proptest::prelude::*;

fn play(steps: &[Step], size: Size) {
    let mut model = Model::new(size);
    for step in steps {
        model.play(step);
        model.assert_sound();
    }
    model.empty();
}

proptest! {
    #![proptest_config(seeded(96))]

    #[test]
    fn any_history_of_a_few_units_keeps_the_invariants(steps in vec(step(), 1..250)) {
        play(&steps, Size::Units);
    }

    #[test]
    fn any_history_with_6_decimals_keeps_the_invariants(steps in vec(step(), 1..250)) {
        play(&steps, Size::SixDecimals);
    }

    #[test]
    fn any_history_with_18_decimals_keeps_the_invariants(steps in vec(step(), 1..250)) {
        play(&steps, Size::EighteenDecimals);
    }
}
