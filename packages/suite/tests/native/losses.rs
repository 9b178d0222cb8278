//! What the chain and services take of native stake, and when it shows.

use palisade_delegation::ContractError as DelegationError;
use palisade_math::FULL_MAGNITUDE;
use palisade_suite::*;
use palisade_vault::ContractError as VaultError;

use crate::world::*;

#[test]
fn a_base_slash_half_way_through_unbonding_takes_of_pool_and_buckets_and_of_no_magnitude() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(200_000))
        .unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING / 2);
    // One more is on its way, whose batch did not start.
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    suite.slash_validator("north", 10);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (720_000, 180_000)
    );
    assert_eq!(suite.staked("north").slashed.u128(), 80_000);

    suite.reconcile("north");
    let pool = suite.pool("north", STAKE).unwrap();
    assert_eq!(pool.tokens.u128(), 630_000);
    assert_eq!(pool.magnitude.value.u128(), FULL_MAGNITUDE);
    let values = ["alice", "bob"].map(|name| suite.position(name, "north", STAKE));
    assert!(
        values[0].abs_diff(360_000) <= 1 && values[1].abs_diff(270_000) <= 1,
        "{values:?}"
    );
    // Of what the chain unbonds, the loss shows when it arrives.
    let books = suite.books(STAKE);
    assert_eq!(
        (books.pools, books.buckets, books.staked),
        (630_000, 290_000, 920_000)
    );
    suite.wait(CHAIN_UNBONDING);
    suite.reconcile("north");
    suite.wait(5);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.pools, books.buckets, books.released),
        (630_000, 270_000, 180_000)
    );
    assert_balanced(&suite);
    // The next batch starts in a call of its own.
    suite.reconcile("north");

    suite.wait(2 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 180_000);
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(BATCH);
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "bob"), 90_000);
    assert_balanced(&suite);
}

#[test]
fn seized_native_stake_is_owed_until_it_arrives_and_then_burned() {
    let mut suite = staked(true);
    let service = local_service(&mut suite);
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    let slash = suite.slash(service, 1, "north", "double_sign");
    suite.try_slash("oracle", service, slash).unwrap();
    // 30 % of all that counted, bob's 100,000 among it. Not a token moved.
    let books = suite.books(STAKE);
    assert_eq!((books.pools, books.buckets), (630_000, 70_000));
    assert_eq!(
        (books.seized, books.payable, books.bonded),
        (300_000, 0, MILLION)
    );
    assert_balanced(&suite);
    let error = pay_out(&mut suite, service).unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NothingArrived { .. }
    ));

    next_batch(&mut suite);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (630_000, 370_000)
    );
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!((books.payable, books.released), (300_000, 70_000));
    assert_balanced(&suite);
    let supply = suite.net.host.supply(BOND).unwrap().u128();
    pay_out(&mut suite, service).unwrap();
    assert_eq!(
        suite.net.host.supply(BOND).unwrap().u128(),
        supply - 300_000
    );
    let books = suite.books(STAKE);
    assert_eq!((books.seized, books.payable, books.balance), (0, 0, 70_000));
    suite.wait(2 * EPOCH);
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "bob"), 70_000);
    assert_balanced(&suite);
}

#[test]
fn after_odd_slashes_by_the_chain_and_by_a_service_everybody_leaves_to_the_unit() {
    let mut suite = staked(true);
    suite.deposit_bond("carol", "north", 7_777_777);
    suite.deposit_bond("north", "north", 131_071);
    let service = local_service(&mut suite);
    suite.wait(12_345);
    suite.try_withdraw_base_rewards("north").unwrap();
    suite.slash_validator("north", 7);
    suite
        .try_undelegate("carol", "north", STAKE, Some(999_983))
        .unwrap();
    suite.wait(EPOCH / 3);
    suite.slash_validator("north", 13);
    let slash = suite.slash(service, 1, "north", "downtime");
    suite.try_slash("oracle", service, slash).unwrap();
    suite.reconcile("north");
    assert_balanced(&suite);
    suite.wait(2 * EPOCH);
    suite.reconcile("north");
    suite.slash_validator("north", 1);
    suite.wait(EPOCH);
    suite
        .try_undelegate("bob", "north", STAKE, Some(1))
        .unwrap();
    suite.reconcile("north");

    let books = suite.books(STAKE);
    // What the chain will give back, and of it what was seized.
    let (there, seized) = (books.bonded + books.unbonding, books.seized);
    assert_eq!((there, seized, books.growing), (7_144_444, 21_626, 0));
    for name in ["alice", "bob", "carol", "north"] {
        suite.try_undelegate(name, "north", STAKE, None).unwrap();
    }
    bring_home(&mut suite, "north");
    assert_balanced(&suite);
    let mut paid = 0;
    for name in ["alice", "bob", "carol", "north"] {
        suite.try_claim(name, "north", STAKE).unwrap();
        paid += bond(&suite, name);
    }
    let supply = suite.net.host.supply(BOND).unwrap().u128();
    pay_out(&mut suite, service).unwrap();
    let burned = supply - suite.net.host.supply(BOND).unwrap().u128();
    assert_balanced(&suite);
    let books = suite.books(STAKE);
    assert_eq!(
        books.staked + books.seized + books.bonded + books.unbonding,
        0
    );
    // The last slash took its part of what was seized and on its way.
    assert_eq!((burned, seized - burned), (21_409, 217));
    assert_eq!(paid + burned, there);
}

#[test]
fn a_total_slash_by_the_chain_leaves_a_pool_to_begin_again() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(100_000))
        .unwrap();
    suite.slash_validator("north", 100);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.staked, books.pools, books.buckets),
        (0, 0, 0),
        "{books:?}"
    );
    assert_balanced(&suite);
    suite.deposit_bond("carol", "north", 50_000);
    assert_eq!(suite.position("carol", "north", STAKE), 50_000);
    assert_eq!(suite.position("alice", "north", STAKE), 0);
    suite.try_undelegate("carol", "north", STAKE, None).unwrap();
    bring_home(&mut suite, "north");
    suite.try_claim("carol", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "carol"), 50_000);
    // What is worth nothing keeps nobody waiting.
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 0);
    assert_balanced(&suite);
}

#[test]
fn a_pool_that_nobody_reconciled_for_long_still_pays_everybody() {
    let mut suite = staked(true);
    for _ in 0..20 {
        suite
            .try_undelegate("alice", "north", STAKE, Some(10_000))
            .unwrap();
        suite.wait(EPOCH);
    }
    // Matured long since, but never undelegated from the chain.
    let error = suite.try_claim("alice", "north", STAKE).unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::NotArrived { .. }
    ));
    assert_eq!(suite.bonded("north"), MILLION);
    suite.reconcile("north");
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (800_000, 200_000)
    );
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(UNBONDING);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 200_000);
    assert_balanced(&suite);
}

#[test]
fn of_two_batches_that_one_block_brings_a_slash_is_borne_by_both() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(100_000))
        .unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING / 2);
    suite.slash_validator("north", 10);
    suite
        .try_undelegate("bob", "north", STAKE, Some(180_000))
        .unwrap();
    next_batch(&mut suite);
    assert_eq!(suite.staked("north").batches.len(), 2);
    suite.wait(CHAIN_UNBONDING + 5);
    // 90,000 and 180,000 came, of 100,000 and 180,000. Nobody can say which of them was short.
    assert_eq!(suite.books(STAKE).arrived, 270_000);
    suite.reconcile("north");
    suite.wait(5);
    suite.reconcile("north");
    assert_balanced(&suite);
    suite.wait(UNBONDING);
    suite.try_claim("alice", "north", STAKE).unwrap();
    suite.try_claim("bob", "north", STAKE).unwrap();
    let (alice, bob) = (bond(&suite, "alice"), bond(&suite, "bob"));
    assert!(alice.abs_diff(96_428) <= 1, "{alice}");
    assert!(bob.abs_diff(173_571) <= 1, "{bob}");
    assert_eq!(alice + bob, 270_000);
    assert_balanced(&suite);
}
