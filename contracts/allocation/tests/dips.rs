//! Rewards of operators whose power falls for a while, or who are gone for a while. An epoch is a day.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::FEE;
use common::{amount, opt_in, Stage, ATOM, DAY, OSMO};
use cosmwasm_std::Uint128;
use palisade_allocation::state::MEMBERS;
use palisade_types::allocation::*;
use palisade_types::token::Token;

#[test]
fn a_dip_over_the_end_of_an_epoch_takes_no_weight() {
    // A staker of Ann's with 900,000 of her 1,000,000 undelegates in the last seconds of an epoch, and
    // cancels in the first ones of the next.
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000_000), ("bob", 1_000_000)]);
    for epoch in 1..=3 {
        stage.wait(DAY - 10);
        stage.put("ann", ATOM, 100_000);
        stage.sync(service);
        // A fall counts at once: what is paid meanwhile is shared by what is there.
        assert_eq!(stage.pot(service).weight.u128(), 1_100_000);
        stage.pay(service, 11);
        stage.wait(10);
        stage.put("ann", ATOM, 1_000_000);
        stage.sync(service);
        assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
        stage.pay(service, 1_100);
        assert_eq!(stage.earned_sum(service, "ann"), epoch * (1 + 550));
        assert_eq!(stage.earned_sum(service, "bob"), epoch * (10 + 550));
    }

    // The dip may also be over before the first sync of the next epoch, or in the midst of one, or
    // longer than one.
    stage.put("ann", ATOM, 100_000);
    stage.sync(service);
    stage.put("ann", ATOM, 1_000_000);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
    stage.wait(DAY);
    stage.put("ann", ATOM, 100_000);
    for _ in 0..3 {
        stage.next_epoch(service);
    }
    stage.put("ann", ATOM, 1_000_000);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 1_100_000);
    stage.next_epoch(service);
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
}

#[test]
fn a_dip_of_one_asset_over_the_end_of_an_epoch_moves_nothing_to_another() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    stage.put("ann", ATOM, 1_000_000);
    stage.put("ann", OSMO, 3_000_000);
    stage.promise("ann", service, &[ATOM, OSMO], 10);
    stage.sync(service);
    stage.next_epoch(service);
    // The last asset dips to nothing, so that records grow and shrink; the other rises meanwhile.
    stage.put("ann", OSMO, 0);
    stage.put("ann", ATOM, 2_000_000);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
    stage.put("ann", ATOM, 1_000_000);
    stage.sync(service);
    stage.wait(DAY);
    stage.put("ann", ATOM, 5_000_000);
    stage.put("ann", OSMO, 5_000_000);
    stage.sync(service);
    // Of each no more than it had at most yesterday.
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000 + 3_000_000);
    stage.pay(service, 500);
    assert_eq!(
        stage.earned(service, "ann")[0].parts,
        [amount(ATOM, 200), amount(OSMO, 300)]
    );
}

#[test]
fn a_dip_below_the_least_power_over_the_end_of_an_epoch() {
    // Ann is a few units above the least power, and a stranger of 10 units dips.
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000_005), ("bob", 1_000_005)]);
    let msg = ExecuteMsg::UpdateService {
        service,
        change: ServiceChange {
            min_power: Some(Uint128::new(1_000_000)),
            ..ServiceChange::default()
        },
    };
    stage.run("admin", &msg);
    stage.wait(DAY - 10);
    stage.put("ann", ATOM, 999_995);
    stage.sync(service);
    assert_eq!(stage.member(service, "ann").power.u128(), 0);
    assert_eq!(stage.pot(service).weight.u128(), 1_000_005);
    stage.wait(10);
    stage.put("ann", ATOM, 1_000_005);
    stage.pay(service, 1_000_005);
    assert_eq!(stage.earned_sum(service, "ann"), 0);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 2_000_010);
    stage.pay(service, 2_000_010);
    assert_eq!(stage.earned_sum(service, "ann"), 1_000_005);
    assert_eq!(stage.earned_sum(service, "bob"), 2_000_010);
}

#[test]
fn on_the_way_out_for_epochs_and_back_for_the_payout() {
    // No sync looks at one on its way out: the epochs that it was away must not be forgotten.
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000_000), ("bob", 1_000_000)]);
    stage.run("ann", &ExecuteMsg::OptOut { service });
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
    stage.next_epoch(service);
    stage.next_epoch(service);
    stage.run("ann", &opt_in(service, &[ATOM], 10));
    stage.sync(service);
    assert_eq!(stage.member(service, "ann").power.u128(), 1_000_000);
    assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
    stage.pay(service, 100);
    assert_eq!(stage.earned_sum(service, "ann"), 0);
    stage.next_epoch(service);
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
}

#[test]
fn records_of_operators_with_a_steady_value_do_not_grow() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000_000)]);
    let former = |stage: &Stage| {
        let storage = stage.app.contract_storage(&stage.allocation);
        let key = (service, &stage.who("ann"));
        MEMBERS.load(&*storage, key).unwrap().former
    };
    let values = |of: &[u128]| of.iter().map(|v| Uint128::new(*v)).collect::<Vec<_>>();
    // It came in the epoch before.
    stage.next_epoch(service);
    assert_eq!(former(&stage), None);
    // Half now, all of this epoch and the last one: both have to be known.
    stage.put("ann", ATOM, 500_000);
    stage.sync(service);
    let found = former(&stage).unwrap();
    assert_eq!(
        (found.values, found.peak),
        (values(&[1_000_000]), values(&[1_000_000]))
    );
    // In the next epoch the same was in force from its start: no peak is kept beside it.
    stage.wait(DAY);
    stage.sync(service);
    let found = former(&stage).unwrap();
    assert_eq!((found.values, found.peak), (values(&[1_000_000]), vec![]));
    stage.next_epoch(service);
    assert_eq!(former(&stage), None);
}
