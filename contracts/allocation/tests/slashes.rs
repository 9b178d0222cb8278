//! What a penalty takes, from whom, and what it leaves to the other services.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]
#![allow(clippy::panic, clippy::too_many_lines, missing_docs)]

use cosmwasm_std::Decimal;
use palisade_allocation::ContractError;
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::allocation::*;
use palisade_types::asset::{Destination, Payee};
use palisade_types::slashing::Source;

/// An operator with `stake` behind it that promised `percent` to each of `count` local services.
fn promised(count: u32, percent: u64, stake: u128) -> (Suite, Vec<ServiceId>) {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", stake);
    let services: Vec<_> = (0..count)
        .map(|_| suite.register_local("slasher", Decimal::percent(percent)))
        .collect();
    for service in &services {
        let slices = vec![slice(ATOM, percent)];
        suite.try_opt_in("op", *service, false, slices).unwrap();
    }
    suite.wait(ALLOCATION_DELAY);
    for service in &services {
        suite.sync(*service);
    }
    (suite, services)
}

fn double_sign(suite: &mut Suite, service: ServiceId, nonce: u64) {
    let slash = suite.slash(service, nonce, "op", "double_sign");
    suite.try_slash("slasher", service, slash).unwrap();
}

fn downtime(suite: &mut Suite, service: ServiceId, nonce: u64) {
    let slash = suite.slash(service, nonce, "op", "downtime");
    suite.try_slash("slasher", service, slash).unwrap();
}

/// What stands behind a slice in tokens: `T * b / M`.
fn backing(suite: &Suite, service: ServiceId) -> u128 {
    let member = suite.member(service, "op");
    let slice = &member.slices[0].slice;
    let pool = suite.pool("op", ATOM).unwrap();
    let b = pool.magnitude.read_slice(slice).u128();
    pool.tokens.u128() * (b / 1_000_000_000) / (pool.magnitude.value.u128() / 1_000_000_000)
}

#[test]
fn all_services_slashing_to_their_limit_take_no_more_than_the_pool() {
    let (mut suite, services) = promised(20, 5, 1_000_000);
    let mut before = 1_000_000;
    for (index, service) in services.iter().enumerate() {
        for other in &services[index + 1..] {
            assert_eq!(backing(&suite, *other), 50_000);
        }
        double_sign(&mut suite, *service, 1);
        let after = suite.stake("op", ATOM);
        // Each takes 5 % of what counted at the infraction, whatever the others took before.
        assert_eq!(before - after, 50_000);
        before = after;
    }
    assert_eq!(before, 0);
    let books = suite.books(ATOM);
    assert_eq!((books.seized, books.pools, books.dust), (1_000_000, 0, 0));
    assert!(books.balance_to_the_unit());
}

/// A penalty that the slashing contract itself asks for: what it took.
fn compromised(suite: &mut Suite, service: ServiceId, percent: u64) -> HarnessResult<u128> {
    let (slashing, allocation) = (suite.slashing.clone(), suite.allocation.clone());
    let mallory = suite.host("mallory").to_string();
    let msg = ExecuteMsg::Slash(SlashOperator {
        service,
        operator: suite.host("op"),
        update_id: suite.member(service, "op").update_id,
        fraction: Decimal::percent(percent),
        jail: false,
        tombstone: false,
        payees: vec![Payee {
            account: service,
            destination: Destination::Send { recipient: mallory },
            share: Decimal::one(),
        }],
    });
    let before = suite.books(ATOM).seized;
    let host = &mut suite.net.host;
    host.execute(&slashing, &allocation, &msg, &[])?;
    Ok(suite.books(ATOM).seized - before)
}

/// What is staked, what stands behind each of two services, and the sum of the slices in percent of
/// the pool.
fn promises(suite: &Suite, services: &[ServiceId]) -> (u128, [u128; 2], Decimal) {
    let operator = suite.host("op").to_string();
    let query = QueryMsg::Commitment { operator };
    let all: CommitmentResponse = suite.ask(&suite.allocation, &query);
    let slices = [backing(suite, services[0]), backing(suite, services[1])];
    (suite.stake("op", ATOM), slices, all.pools[0].committed)
}

#[test]
fn a_compromised_slashing_contract_takes_no_more_than_the_slice() {
    let (mut suite, services) = promised(2, 30, 1_000_000);
    let before = (1_000_000, [300_000, 300_000], Decimal::percent(60));
    assert_eq!(promises(&suite, &services), before);
    // Above what operators agreed to nothing is taken.
    for percent in [31, 100, 1_000] {
        let error = compromised(&mut suite, services[0], percent).unwrap_err();
        assert_eq!(
            refusal::<ContractError>(&error),
            &ContractError::PenaltyTooLarge {
                fraction: Decimal::percent(percent),
                max_slash: Decimal::percent(30),
            }
        );
        assert_eq!(promises(&suite, &services), before);
        assert_eq!(suite.books(ATOM).seized, 0);
    }
    // As often as it likes: the slice once, and the other service's is what it was, 300,000 of the
    // 700,000 that are left.
    let left = Decimal::from_ratio(3u128, 7u128) + Decimal::raw(1);
    for taken in [300_000, 0, 0] {
        assert_eq!(compromised(&mut suite, services[0], 30).unwrap(), taken);
        let after = (700_000, [0, 300_000], left);
        assert_eq!(promises(&suite, &services), after);
        let books = suite.books(ATOM);
        assert_eq!((books.pools, books.seized), (700_000, 300_000));
        assert!(books.balance_to_the_unit());
    }
}

#[test]
fn fully_slashed_operator_unable_to_start_again() {
    let (mut suite, services) = promised(1, 100, 1_000_000);
    double_sign(&mut suite, services[0], 1);
    assert_eq!(suite.stake("op", ATOM), 0);
    assert_eq!(suite.position("alice", "op", ATOM), 0);
    assert_eq!(suite.pool("op", ATOM).unwrap().magnitude.era, 1);
    // A new era: the pool takes stake, and the operator can promise all of it to somebody else.
    suite.deposit("bob", "op", 500_000);
    assert_eq!(suite.position("bob", "op", ATOM), 500_000);
    assert_eq!(suite.position("alice", "op", ATOM), 0);
    let next = suite.register_local("slasher", Decimal::percent(10));
    suite.wait(UNBONDING + EPOCH);
    suite
        .try_opt_in("op", next, false, vec![slice(ATOM, 10)])
        .unwrap();
    suite.settle(next);
    assert_eq!(suite.member(next, "op").power.u128(), 500_000);
    // The service of the old era has nothing left to take.
    let mut late = suite.slash(services[0], 2, "op", "double_sign");
    late.time = suite.net.host.time();
    suite.try_slash("slasher", services[0], late).unwrap();
    assert_eq!(suite.stake("op", ATOM), 500_000);
}

#[test]
fn what_joined_after_the_infraction_shares_the_loss_but_does_not_enlarge_it() {
    let (mut suite, services) = promised(1, 10, 1_000_000);
    let slash = suite.slash(services[0], 1, "op", "double_sign");
    suite.wait(60);
    suite.deposit("bob", "op", 1_000_000);
    suite.try_slash("slasher", services[0], slash).unwrap();
    assert_eq!(suite.stake("op", ATOM), 1_900_000);
    assert_eq!(suite.position("alice", "op", ATOM), 950_000);
    assert_eq!(suite.position("bob", "op", ATOM), 950_000);
}

#[test]
fn withdrawal_between_infraction_and_execution() {
    let (mut suite, services) = promised(1, 10, 1_000_000);
    suite.deposit("bob", "op", 1_000_000);
    suite.sync(services[0]);
    let slash = suite.slash(services[0], 1, "op", "double_sign");
    suite.wait(60);
    suite.try_undelegate("bob", "op", ATOM, None).unwrap();
    suite.wait(EPOCH);
    suite.try_slash("slasher", services[0], slash).unwrap();
    assert_eq!(suite.stake("op", ATOM), 900_000);
    assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 900_000);
}

#[test]
fn an_infraction_after_the_undelegation_does_not_touch_it() {
    let (mut suite, services) = promised(1, 10, 2_000_000);
    suite
        .try_undelegate("alice", "op", ATOM, Some(1_000_000))
        .unwrap();
    suite.wait(EPOCH);
    suite.sync(services[0]);
    double_sign(&mut suite, services[0], 1);
    assert_eq!(suite.stake("op", ATOM), 900_000);
    assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 1_000_000);
}

#[test]
fn slash_of_a_pool_that_is_all_unbonding() {
    let (mut suite, services) = promised(1, 10, 1_000_000);
    let slash = suite.slash(services[0], 1, "op", "double_sign");
    suite.try_undelegate("alice", "op", ATOM, None).unwrap();
    suite.wait(EPOCH);
    assert_eq!(suite.stake("op", ATOM), 0);
    suite.try_slash("slasher", services[0], slash).unwrap();
    assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 900_000);
    assert_eq!(suite.books(ATOM).seized, 100_000);
}

#[test]
fn undelegating_all_but_one_unit_wiping_that_unit_by_ones_own_service() {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("op", "op", 1_000_000);
    let honest = suite.register_local("slasher", Decimal::percent(10));
    let own = suite.register_local("op", Decimal::percent(90));
    for (service, percent) in [(honest, 10), (own, 90)] {
        let slices = vec![slice(ATOM, percent)];
        suite.try_opt_in("op", service, false, slices).unwrap();
    }
    suite.wait(ALLOCATION_DELAY);
    suite.sync(honest);
    suite.sync(own);
    let slash = suite.slash(honest, 1, "op", "double_sign");
    suite.wait(EPOCH);
    suite
        .try_undelegate("op", "op", ATOM, Some(999_999))
        .unwrap();
    suite.wait(EPOCH);
    // Its own service is told of the one unit; the honest one still counts all.
    suite.sync(own);
    let own_slash = suite.slash(own, 1, "op", "double_sign");
    suite.try_slash("op", own, own_slash).unwrap();
    assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 999_999);
    // The honest service still finds its slice, and takes its tenth from the bucket.
    suite.try_slash("slasher", honest, slash).unwrap();
    let left = suite.pool("op", ATOM).unwrap().unbonding.u128();
    assert!((899_999..=900_000).contains(&left), "{left} left");
}

#[test]
fn the_largest_of_two_double_signs_is_borne_by_whoever_stood_behind_them() {
    for reported_first in [0, 1] {
        let (mut suite, services) = promised(1, 10, 200_000);
        let service = services[0];
        let old = suite.slash(service, 1, "op", "double_sign");
        suite.wait(60);
        suite.deposit("bob", "op", 800_000);
        suite.sync(service);
        suite.wait(60);
        let new = suite.slash(service, 2, "op", "double_sign");
        // Bob objects, a moment too late: what he undelegates counted in the second one.
        suite.try_undelegate("bob", "op", ATOM, None).unwrap();
        suite.wait(2 * EPOCH);

        // A tenth of 200,000 for the one, of 1,000,000 for the other: 100,000 for both, and the
        // small one blocks nothing.
        let mut reports = [old, new];
        reports.rotate_left(reported_first);
        let mut taken = vec![];
        for report in reports {
            suite.try_slash("slasher", service, report).unwrap();
            taken.push(suite.books(ATOM).seized);
        }
        let expected = [vec![20_000, 100_000], vec![100_000, 100_000]];
        assert_eq!(taken, expected[reported_first]);
        assert_eq!(suite.stake("op", ATOM), 180_000);
        assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 720_000);
        assert!(suite.books(ATOM).balance_to_the_unit());
    }
}

#[test]
fn a_thousand_penalties_renormalize_and_never_block() {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 10u128.pow(18));
    let slasher = suite.host("slasher").to_string();
    let mut all = terms(Decimal::one(), false);
    all.assets = vec![ATOM.to_string()];
    let service = suite.register_service("admin", all, Source::Local { slasher }, settings());
    suite
        .try_opt_in("op", service, false, vec![slice(ATOM, 100)])
        .unwrap();
    suite.wait(ALLOCATION_DELAY);
    suite.sync(service);
    let mut stake = suite.stake("op", ATOM);
    for nonce in 1..=1_000 {
        downtime(&mut suite, service, nonce);
        let now = suite.stake("op", ATOM);
        assert!(now < stake);
        stake = now;
    }
    // Each took 1 % of what was left of the promise: 10^18 * 0.99^1000 = 43,171,247,410,658.3, less
    // at most a unit of rounding for each.
    assert!(
        (43_171_247_409_658..=43_171_247_410_658).contains(&stake),
        "{stake}"
    );
    assert_eq!(suite.pool("op", ATOM).unwrap().magnitude.norm, 1);
    let books = suite.books(ATOM);
    assert!(books.balance_to_the_unit());
    assert_eq!(books.seized, 10u128.pow(18) - stake);
}
