//! Epochs: where a moment lies, when a bucket matures, and how many are live.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::seeded;
use cosmwasm_std::Timestamp;
use palisade_math::{Epochs, MathError};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn a_moment_lies_between_the_start_of_its_epoch_and_the_next(
        genesis in 0..2_000_000_000_u64, length in 1..100_000_000_u64, elapsed in 0..8_000_000_000_000_000_000_u64,
    ) {
        let genesis = Timestamp::from_seconds(genesis);
        let epochs = Epochs::new(genesis, length, length).unwrap();
        let now = genesis.plus_nanos(elapsed);
        let epoch = epochs.at(now);
        prop_assert!(epochs.start(epoch).unwrap() <= now);
        prop_assert!(now < epochs.start(epoch + 1).unwrap());
    }

    #[test]
    fn no_more_buckets_are_live_than_announced(
        length in 1..1_000_u64, permille in 0..=31_000_u64, elapsed in 0..100_000_u64,
    ) {
        let unbonding = length * permille / 1_000;
        let epochs = Epochs::new(Timestamp::from_seconds(9), length, unbonding).unwrap();
        let now = epochs.genesis.plus_seconds(elapsed);
        let live = (0..=epochs.at(now)).filter(|epoch| now < epochs.matures_at(*epoch).unwrap());
        prop_assert!(live.count() as u64 <= epochs.live_buckets());
    }

    #[test]
    fn any_64_bit_epochs_are_calculated_or_refused(
        genesis in any::<u64>(), length in any::<u64>(), unbonding in any::<u64>(), epoch in any::<u64>(), now in any::<u64>(),
    ) {
        let epochs = Epochs { genesis: Timestamp::from_nanos(genesis), length, unbonding };
        let _ = (epochs.at(Timestamp::from_nanos(now)), epochs.live_buckets());
        let _ = (epochs.start(epoch), epochs.matures_at(epoch));
    }
}

#[test]
fn stake_matures_an_unbonding_period_after_its_epoch() {
    let epochs = Epochs::new(Timestamp::from_seconds(1_000), 100, 250).unwrap();
    let at = Timestamp::from_seconds;
    assert_eq!(
        (
            epochs.at(at(999)),
            epochs.at(at(1_099)),
            epochs.at(at(1_100))
        ),
        (0, 0, 1)
    );
    assert_eq!(epochs.matures_at(1).unwrap(), at(1_450));
    assert_eq!(epochs.live_buckets(), 4);
}

#[test]
fn epochs_without_a_length_or_with_too_many_live_are_refused() {
    let genesis = Timestamp::from_seconds(0);
    assert!(matches!(
        Epochs::new(genesis, 0, 5),
        Err(MathError::InvalidEpochs { length: 0, .. })
    ));
    assert_eq!(Epochs::new(genesis, 10, 310).unwrap().live_buckets(), 32);
    assert!(matches!(
        Epochs::new(genesis, 10, 311),
        Err(MathError::InvalidEpochs { .. })
    ));
    let epochs = Epochs::new(genesis, 10, 310).unwrap();
    assert_eq!(
        epochs.start(u64::MAX),
        Err(MathError::TimeOutOfRange { epoch: u64::MAX })
    );
}

/// Starts batches as a chain and careless callers would: each at some time after its last epoch, never
/// before the batch ahead of it; returns the most that the chain unbonds at once.
fn most_at_once(batch: u64, unbonding_time: u64, lateness: &[u64]) -> usize {
    let mut started: Vec<u64> = vec![];
    for (number, late) in lateness.iter().enumerate() {
        let due = (number as u64 + 1) * batch;
        let next_due = due + batch;
        // Later than the next one's time both go together.
        started.push((due + late).min(next_due - 1));
    }
    started
        .iter()
        .map(|start| {
            let open = |other: &&u64| **other <= *start && *start < **other + unbonding_time;
            started.iter().filter(open).count()
        })
        .max()
        .unwrap()
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn batches_that_pass_never_ask_the_chain_for_more_than_seven_at_once(
        length in 1..1_000_u64, batch_epochs in 1..10_u32, unbonding_time in 1..20_000_u64,
        lateness in vec(0..10_000_u64, 1..30),
    ) {
        let unbonding = 31 * length;
        let epochs = Epochs::new(Timestamp::default(), length, unbonding).unwrap();
        let batch = u64::from(batch_epochs) * length;
        let allowed = epochs.check_batches(unbonding_time, batch_epochs).is_ok();
        let (fits, in_time) = (unbonding_time <= 6 * batch, unbonding_time + batch <= unbonding);
        prop_assert_eq!(allowed, fits && in_time);
        if allowed {
            prop_assert!(most_at_once(batch, unbonding_time, &lateness) <= 7);
        }
    }
}

#[test]
fn batches_that_cannot_be_are_refused_with_the_reason() {
    let day = 86_400;
    let epochs = Epochs::new(Timestamp::default(), day, 28 * day).unwrap();
    let refused = |unbonding_time, batch_epochs| match epochs
        .check_batches(unbonding_time, batch_epochs)
        .unwrap_err()
    {
        MathError::InvalidBatches { reason, .. } => reason,
        other => panic!("{other}"),
    };
    assert_eq!(refused(21 * day, 0), "a batch needs a length");
    assert_eq!(
        refused(21 * day, 3),
        "the chain takes seven undelegations at once"
    );
    assert_eq!(
        refused(21 * day, 8),
        "it would take longer than the unbonding period"
    );
    assert_eq!(
        refused(u64::MAX, u32::MAX),
        "the chain takes seven undelegations at once"
    );
    epochs.check_batches(21 * day, 7).unwrap();
}
