//! Rewards that flow through the epoch after.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{seeded, uint};
use cosmwasm_std::{Timestamp, Uint128};
use palisade_math::{Epochs, Stream};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn a_stream_lets_all_flow_within_the_next_epoch_however_often_it_is_asked(
        amount in 1..10_u128.pow(30), length in 1..1_000_000_u64, asked in vec(0..=2_000_u64, 0..30),
    ) {
        let epochs = Epochs::new(Timestamp::from_seconds(77), length, 3 * length).unwrap();
        let nanos = |thousandths: u64| epochs.genesis.plus_nanos(thousandths * length * 1_000_000);
        let mut stream = Stream::default();
        stream.push(uint(amount), epochs.genesis, &epochs, true).unwrap();
        let mut asked = asked;
        asked.sort_unstable();
        let mut flowed = 0;
        for thousandths in asked {
            flowed += stream.advance(nanos(thousandths), &epochs, true).unwrap().u128();
            let due = Uint128::new(amount).multiply_ratio(thousandths.saturating_sub(1_000), 1_000_u64);
            prop_assert!(flowed <= due.u128() + 1 && flowed + 31 >= due.u128(), "{flowed} for {due}");
        }
        flowed += stream.advance(nanos(2_000), &epochs, true).unwrap().u128();
        prop_assert_eq!(flowed, amount);
        prop_assert_eq!((stream.flowing.u128(), stream.waiting.u128()), (0, 0));
    }

    #[test]
    fn a_stream_with_standstills_neither_loses_nor_makes_anything(
        steps in vec((0..500_u64, any::<bool>(), prop_oneof![Just(0), 1..10_u128.pow(25)]), 1..40),
    ) {
        let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300).unwrap();
        let (mut stream, mut now) = (Stream::default(), epochs.genesis);
        let (mut paid_in, mut flowed) = (0, 0);
        for (wait, running, amount) in steps {
            now = now.plus_seconds(wait);
            let released = stream.push(uint(amount), now, &epochs, running).unwrap().u128();
            prop_assert!(running || released == 0);
            paid_in += amount;
            flowed += released;
            prop_assert_eq!(flowed + stream.flowing.u128() + stream.waiting.u128(), paid_in);
        }
        flowed += stream.advance(now.plus_seconds(200), &epochs, true).unwrap().u128();
        prop_assert_eq!(flowed, paid_in);
    }
}

#[test]
fn a_top_up_of_one_unit_restarts_no_stream() {
    let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300).unwrap();
    let at = Timestamp::from_seconds;
    let (mut quiet, mut poked) = (Stream::default(), Stream::default());
    quiet.push(uint(1_000), at(10), &epochs, true).unwrap();
    poked.push(uint(1_000), at(10), &epochs, true).unwrap();
    let mut flowed = 0;
    for second in 101..=199 {
        flowed += poked
            .push(uint(1), at(second), &epochs, true)
            .unwrap()
            .u128();
    }
    assert_eq!(
        flowed,
        quiet.advance(at(199), &epochs, true).unwrap().u128()
    );
    assert_eq!(flowed, 990);
    // The units of the top-up flow in the epoch after.
    assert_eq!(poked.advance(at(200), &epochs, true).unwrap(), uint(10));
    assert_eq!(poked.advance(at(300), &epochs, true).unwrap(), uint(99));
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn a_cut_takes_of_what_waits_and_flows_alike_and_never_more_than_there_is(
        waiting in 0..10_u128.pow(30), flowing in 0..10_u128.pow(30), amount in 0..3 * 10_u128.pow(30),
    ) {
        let before = Stream {
            waiting: uint(waiting),
            flowing: uint(flowing),
            left: 7,
            at: Timestamp::from_seconds(9),
        };
        let mut stream = before.clone();
        let taken = stream.cut(uint(amount)).unwrap().u128();
        prop_assert_eq!(taken, amount.min(waiting + flowing));
        prop_assert_eq!(stream.rest().unwrap().u128(), waiting + flowing - taken);
        prop_assert_eq!((stream.left, stream.at), (before.left, before.at));
        // Of each its part, to a unit.
        let rest = before.rest().unwrap();
        if !rest.is_zero() {
            let due = uint(waiting).multiply_ratio(taken, rest).u128();
            let of_waiting = waiting - stream.waiting.u128();
            prop_assert!(of_waiting.abs_diff(due) <= 1, "{of_waiting} for {due}");
        }
    }
}
