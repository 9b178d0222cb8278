//! Penalties that tombstone: an operator bears the largest, once.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{burn, Stage, ATOM, OSMO};
use palisade_types::allocation::ServiceId;

/// An operator with a million behind it that promised all of 5 %, told in update 1.
fn promised() -> (Stage, ServiceId) {
    let mut stage = Stage::new();
    stage.put("op", ATOM, 1_000_000);
    let service = stage.service(5);
    stage.promise("op", service, &[ATOM], 5);
    assert_eq!(stage.sync(service), 1);
    (stage, service)
}

#[test]
fn a_smaller_penalty_reported_first_to_block_the_real_one() {
    let (mut stage, service) = promised();
    assert_eq!(stage.slash("op", service, 1, 1, true), 10_000);
    // The real one takes what it exceeds the small one by, and nothing takes anything after it.
    assert_eq!(stage.slash("op", service, 1, 5, true), 40_000);
    for percent in [5, 4, 1] {
        assert_eq!(stage.slash("op", service, 1, percent, true), 0);
    }
    assert_eq!(stage.stake("op", ATOM), 950_000);
    assert!(stage.member(service, "op").jailed);

    // The other way round it comes to the same.
    let (mut stage, service) = promised();
    let taken = [5, 1].map(|percent| stage.slash("op", service, 1, percent, true));
    assert_eq!(taken, [50_000, 0]);
}

#[test]
fn an_older_height_at_which_the_operator_counted_with_less_blocks_nothing() {
    let mut stage = Stage::new();
    stage.put("op", ATOM, 200_000);
    let service = stage.service(5);
    stage.promise("op", service, &[ATOM], 5);
    let old = stage.sync(service);
    stage.put("op", ATOM, 1_000_000);
    let new = stage.sync(service);
    // 5 % of 200,000, then the rest of 5 % of 1,000,000.
    assert_eq!(stage.slash("op", service, old, 5, true), 10_000);
    assert_eq!(
        stage.asked().unwrap().since,
        stage.liability(service, "op", old).since.unwrap()
    );
    assert_eq!(stage.slash("op", service, new, 5, true), 40_000);
    assert_eq!(stage.slash("op", service, old, 5, true), 0);
}

#[test]
fn a_slice_that_was_spent_in_part_blocks_nothing_and_pays_nothing_twice() {
    // Downtime spends four fifths of the slice; 1 % of the pool is left, which a penalty of 5 % takes,
    // and one of 1 % takes a fifth of.
    let spent = || {
        let (mut stage, service) = promised();
        assert_eq!(stage.slash("op", service, 1, 4, false), 40_000);
        (stage, service)
    };
    let (mut stage, service) = spent();
    let taken = [1, 1, 5, 5].map(|percent| stage.slash("op", service, 1, percent, true));
    assert_eq!(taken, [2_000, 0, 8_000, 0]);
    let (mut stage, service) = spent();
    let taken = [5, 1].map(|percent| stage.slash("op", service, 1, percent, true));
    assert_eq!(taken, [10_000, 0]);
    assert_eq!(stage.stake("op", ATOM), 950_000);
}

#[test]
fn what_is_borne_once_is_no_part_of_other_penalties() {
    let (mut stage, service) = promised();
    assert_eq!(stage.slash("op", service, 1, 1, true), 10_000);
    // 1 % of what is left of the promise: four fifths of the pool, once and again.
    assert_eq!(stage.slash("op", service, 1, 1, false), 8_000);
    assert_eq!(stage.slash("op", service, 1, 1, false), 6_400);
    // Of the promise as it was before the first, 50,000 less 14,400: 35,600, of which it bore 10,000.
    assert_eq!(stage.slash("op", service, 1, 5, true), 25_600);
    assert_eq!(stage.stake("op", ATOM), 950_000);
}

#[test]
fn each_service_and_each_asset_is_borne_for_itself() {
    let mut stage = Stage::new();
    stage.put("op", ATOM, 1_000_000);
    stage.put("op", OSMO, 1_000);
    let services = [stage.service(10), stage.service(10)];
    for service in services {
        stage.promise("op", service, &[ATOM, OSMO], 10);
    }
    let first = services.map(|service| stage.sync(service));
    stage.put("op", OSMO, 2_000);
    let second = services.map(|service| stage.sync(service));
    // 10 % of 1,000,000 and 1,000; then nothing more of the one, and 100 more of the other.
    assert_eq!(stage.slash("op", services[0], first[0], 10, true), 100_100);
    assert_eq!(stage.slash("op", services[0], second[0], 10, true), 100);
    let asked = stage.asked().unwrap();
    assert_eq!((asked.cuts.len(), asked.cuts[0].asset.as_str()), (1, OSMO));
    assert_eq!(asked.payees, burn());
    // The other service has a promise of its own, and it is whole.
    assert_eq!(stage.slash("op", services[1], second[1], 10, true), 100_200);
    assert_eq!(
        (stage.stake("op", ATOM), stage.stake("op", OSMO)),
        (800_000, 1_600)
    );
}

#[test]
fn a_new_era_bears_anew() {
    let mut stage = Stage::new();
    stage.put("op", ATOM, 1_000);
    let service = stage.service(100);
    stage.promise("op", service, &[ATOM], 100);
    let old = stage.sync(service);
    assert_eq!(stage.slash("op", service, old, 100, true), 1_000);
    // Everything is spent. What it promises after that is slashable in full, by what counted since.
    stage.wait(common::UNBONDING + common::DAY);
    stage.put("op", ATOM, 500);
    let unjail = palisade_types::allocation::ExecuteMsg::Unjail {
        service,
        operator: stage.who("op").to_string(),
    };
    stage.run("slashing", &unjail);
    stage.run("op", &common::adjust(service, 100));
    stage.wait(common::ALLOCATION_DELAY);
    let new = stage.sync(service);
    assert_eq!(stage.slash("op", service, old, 100, true), 0);
    assert_eq!(stage.slash("op", service, new, 100, true), 500);
}
