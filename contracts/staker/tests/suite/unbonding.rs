//! Undelegations, what arrives of them, and where it goes.

use cosmwasm_std::Timestamp;
use palisade_staker::ContractError;
use palisade_testing::MAX_UNBONDING_ENTRIES;
use palisade_types::staker::{Entry, ExecuteMsg};

use crate::setup::{attributes, event, Suite, UNBONDING, YEAR};

fn entry(amount: u128, completes_at: Timestamp) -> Entry {
    Entry {
        amount: amount.into(),
        completes_at,
    }
}

fn not_arrived(available: u128, requested: u128) -> ContractError {
    ContractError::NotArrived {
        available: available.into(),
        requested: requested.into(),
    }
}

#[test]
fn what_was_undelegated_arrives_and_goes_to_the_vault() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    let first = suite.net.host.time().plus_seconds(UNBONDING);
    let response = suite.undelegate(300_000);
    let expected = attributes([
        ("amount", "300000"),
        ("completes_at", &first.to_string()),
        ("rewards", "0"),
    ]);
    assert_eq!(event(&response, "undelegate"), expected);
    // As the chain said, to the nanosecond.
    assert_ne!(first.subsec_nanos(), 0);
    assert_eq!(suite.state().entries, [entry(300_000, first)]);
    assert_eq!(suite.bonded(), 700_000);

    suite.pass(400);
    let second = first.plus_seconds(400);
    suite.undelegate(200_000);
    let entries = [entry(300_000, first), entry(200_000, second)];
    assert_eq!(suite.state().entries, entries);
    assert_eq!(suite.unbonded().entries, entries);
    assert_eq!(suite.unbonded().arrived.u128(), 0);

    // In the block whose time completes it, it is still to come: it arrives at that block's end.
    suite.pass(600);
    assert_eq!(suite.net.host.time(), first);
    assert_eq!(suite.unbonded().arrived.u128(), 0);
    let error = suite.collect(300_000, 1).unwrap_err();
    assert_eq!(error, not_arrived(0, 300_000));
    suite.net.host.next_block();
    assert_eq!(suite.unbonded().arrived.u128(), 300_000);
    let rewards = suite.rewards();
    let response = suite.collect(300_000, 1).unwrap();
    let expected = attributes([("amount", "300000"), ("entries", "1")]);
    assert_eq!(event(&response, "collect"), expected);
    assert_eq!(suite.balance(&suite.vault), 9_300_000);
    assert_eq!(suite.state().entries, [entry(200_000, second)]);

    suite.pass(400);
    suite.net.host.next_block();
    suite.collect(200_000, 1).unwrap();
    assert_eq!(suite.balance(&suite.vault), 9_500_000);
    assert_eq!(suite.state().entries, []);
    assert_eq!(suite.bonded(), 500_000);
    assert_eq!(suite.rewards(), rewards);
    assert_eq!(suite.balance(&suite.staker), rewards);
}

#[test]
fn entries_that_arrived_together_are_collected_together_and_in_parts() {
    let mut suite = Suite::new();
    suite.delegate(1_000);
    for amount in [100, 200, 300] {
        suite.undelegate(amount);
        suite.pass(10);
    }
    suite.arrive();
    assert_eq!(suite.unbonded().arrived.u128(), 600);
    // The oldest two; then the last one in two parts.
    suite.collect(300, 2).unwrap();
    let left = suite.state().entries;
    assert_eq!((left.len(), left[0].amount.u128()), (1, 300));
    suite.collect(120, 0).unwrap();
    assert_eq!(suite.state().entries, left);
    suite.collect(180, 1).unwrap();
    assert_eq!(suite.state().entries, []);
    assert_eq!(suite.balance(&suite.vault), 9_999_600);
}

#[test]
fn a_validator_slashed_half_way_through_unbonding() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.undelegate(400_000);
    suite.pass(UNBONDING / 2);
    suite.slash(10);
    assert_eq!(suite.bonded(), 540_000);
    // The entry says what was asked for, the balance what arrived.
    suite.pass(UNBONDING / 2);
    suite.net.host.next_block();
    let unbonded = suite.unbonded();
    assert_eq!(unbonded.arrived.u128(), 360_000);
    assert_eq!(unbonded.entries[0].amount.u128(), 400_000);
    suite.collect(360_000, 1).unwrap();
    assert_eq!(suite.balance(&suite.vault), 9_360_000);
    assert_eq!(suite.state().entries, []);
}

#[test]
fn everything_leaves_though_the_chain_tells_a_unit_more_than_it_unbonds() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    suite.round(true, false);
    let completes_at = suite.net.host.time().plus_seconds(UNBONDING);
    // 1,000,000 are refused, 999,999 are not. The rewards count once.
    let response = suite.undelegate(1_000_000);
    let expected = attributes([
        ("amount", "999999"),
        ("completes_at", &completes_at.to_string()),
        ("rewards", "100000"),
    ]);
    assert_eq!(event(&response, "undelegate"), expected);
    assert_eq!(suite.state().entries, [entry(999_999, completes_at)]);
    assert_eq!(suite.rewards(), 100_000);
    assert_eq!(suite.bonded(), 1);

    suite.arrive();
    assert_eq!(suite.unbonded().arrived.u128(), 999_999);
    assert_eq!(
        suite.collect(1_000_000, 1).unwrap_err(),
        not_arrived(999_999, 1_000_000)
    );
    suite.collect(999_999, 1).unwrap();
    assert_eq!(suite.balance(&suite.vault), 9_999_999);
    assert_eq!(suite.balance(&suite.staker), 100_000);
    assert_eq!(suite.state().entries, []);
}

#[test]
fn it_is_tried_with_one_unit_less_and_no_further() {
    let mut suite = Suite::new();
    suite.delegate(1_000);
    suite.round(true, false);
    let before = suite.picture();
    let vault = suite.vault.clone();
    // 999 is what can be undelegated. The chain's own words come out.
    let undelegate = |amount: u128| ExecuteMsg::Undelegate {
        amount: amount.into(),
    };
    let error = suite.by(&vault, &undelegate(1_001), &[]).unwrap_err();
    assert!(
        error.to_string().contains("invalid shares amount"),
        "{error}"
    );
    assert_eq!(suite.picture(), before);
    suite.undelegate(999);
    assert_eq!(suite.bonded(), 1);
    // Of a single unit nothing less could be tried.
    let before = suite.picture();
    let error = suite.by(&vault, &undelegate(1), &[]).unwrap_err();
    assert!(
        error.to_string().contains("invalid shares amount"),
        "{error}"
    );
    assert_eq!(suite.picture(), before);
}

#[test]
fn entries_tell_what_the_chain_unbonds() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.round(false, true);
    let first = suite.net.host.time().plus_seconds(UNBONDING);
    let response = suite.undelegate(300_000);
    assert_eq!(event(&response, "undelegate")[0].1, "299999");
    assert_eq!(suite.state().entries, [entry(299_999, first)]);
    assert_eq!(suite.unbonded().entries, [entry(299_999, first)]);
    // All of the rest: refused, tried with a unit less, and that brings one less again.
    suite.pass(10);
    suite.round(true, true);
    let response = suite.undelegate(700_001);
    assert_eq!(event(&response, "undelegate")[0].1, "699999");
    let entries = [
        entry(299_999, first),
        entry(699_999, first.plus_seconds(10)),
    ];
    assert_eq!(suite.state().entries, entries);
    assert_eq!(suite.bonded(), 2);

    suite.arrive();
    assert_eq!(suite.unbonded().arrived.u128(), 999_998);
    suite.collect(999_998, 2).unwrap();
    assert_eq!(suite.balance(&suite.vault), 9_999_998);
    assert_eq!(suite.state().entries, []);
}

#[test]
fn an_entry_slashed_whole_is_forgotten_without_a_payment() {
    let mut suite = Suite::new();
    suite.delegate(1_000);
    suite.undelegate(400);
    suite.slash(100);
    // In the very block that completes it.
    suite.pass(UNBONDING);
    assert_eq!(suite.unbonded().arrived.u128(), 0);
    suite.collect(0, 1).unwrap();
    assert_eq!(suite.state().entries, []);
    assert_eq!(suite.balance(&suite.vault), 9_999_000);
}

#[test]
fn more_than_arrived_is_refused() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    suite.undelegate(300_000);
    let completes_at = suite.state().entries[0].completes_at;
    assert_eq!(suite.rewards(), 100_000);

    // Nothing has arrived, whatever rewards are there.
    let before = suite.picture();
    assert_eq!(suite.collect(1, 0).unwrap_err(), not_arrived(0, 1));
    assert_eq!(
        suite.collect(300_000, 1).unwrap_err(),
        not_arrived(0, 300_000)
    );
    let now = suite.net.host.time();
    let early = ContractError::NotCompleted { completes_at, now };
    assert_eq!(suite.collect(0, 1).unwrap_err(), early);
    assert_eq!(suite.picture(), before);

    suite.arrive();
    let before = suite.picture();
    assert_eq!(
        suite.collect(300_001, 1).unwrap_err(),
        not_arrived(300_000, 300_001)
    );
    let too_many = |requested| ContractError::TooManyEntries {
        available: 1,
        requested,
    };
    assert_eq!(suite.collect(300_000, 2).unwrap_err(), too_many(2));
    assert_eq!(
        suite.collect(300_000, u32::MAX).unwrap_err(),
        too_many(u32::MAX)
    );
    assert_eq!(suite.collect(0, 0).unwrap_err(), ContractError::ZeroAmount);
    assert_eq!(suite.picture(), before);
    suite.collect(300_000, 1).unwrap();
}

#[test]
fn as_many_undelegations_as_the_chain_takes_and_then_on() {
    let mut suite = Suite::new();
    suite.delegate(1_000);
    for _ in 0..MAX_UNBONDING_ENTRIES {
        suite.undelegate(10);
        suite.pass(50);
    }
    let before = suite.picture();
    assert_eq!(before.0.entries.len(), 7);
    let vault = suite.vault.clone();
    let one_more = ExecuteMsg::Undelegate {
        amount: 10u128.into(),
    };
    let error = suite.by(&vault, &one_more, &[]).unwrap_err().to_string();
    assert!(error.contains("too many unbonding"), "{error}");
    assert_eq!(suite.picture(), before);

    suite.arrive();
    // What arrived and was not collected does not count.
    suite.undelegate(10);
    assert_eq!(suite.state().entries.len(), 8);
    suite.collect(70, 7).unwrap();
    suite.arrive();
    suite.collect(10, 1).unwrap();
    assert_eq!(suite.bonded(), 920);
    assert_eq!(suite.balance(&suite.vault), 9_999_080);
}
