//! What was seized of natively staked tokens: who bears what the base chain takes of it, and what pays it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::Decimal;
use palisade_types::asset::Destination;
use palisade_types::vault::ExecuteMsg;
use palisade_vault::ContractError;

#[test]
fn what_the_base_chain_took_of_seized_tokens_everybody_who_is_owed_bears_in_proportion() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    suite.deposit("alice", STAKE, 1_000, Some("val")).unwrap();
    let (yves, zoe) = (suite.send_to("yves"), suite.send_to("zoe"));
    let payees = [payee(1, &yves, "0.25"), payee(2, &zoe, "0.75")];
    suite.seize_for(&[(STAKE, 1_000)], &payees).unwrap();
    suite.reconcile(0, 1_000, None).unwrap();
    let pot = suite.pot(STAKE);
    let nothing = || ContractError::NothingArrived { asset: pot.clone() };
    suite.refuses(nothing(), |s| s.pay_out_of(1, STAKE, &yves));
    // 600 of them come, 400 are gone.
    let val = suite.validator("val");
    let percent = Decimal::percent(40);
    suite.net.host.slash_validator(&val, percent).unwrap();
    suite.net.host.advance(UNBONDING);
    suite.net.host.next_block();
    let delegation = suite.delegation.clone();
    let mut orders = suite.orders(0, 0, None);
    orders.forfeited = 400_u128.into();
    suite
        .execute(&delegation, &ExecuteMsg::Reconcile(orders))
        .unwrap();
    assert_eq!(suite.columns(STAKE).seized, 600);
    // To ask again and again before anything came changes nothing.
    for _ in 0..3 {
        suite.refuses(nothing(), |s| s.pay_out_of(1, STAKE, &yves));
    }
    let booked = [(1, yves.clone(), 150), (2, zoe.clone(), 450)];
    assert_eq!(suite.booked(STAKE), booked);
    suite.reconcile(0, 0, Some((0, 600, 1))).unwrap();
    // Who is seized from later bears nothing of it.
    suite.deposit("alice", STAKE, 80, Some("val")).unwrap();
    let later = [payee(3, &suite.send_to("xenia"), "1")];
    suite.seize_for(&[(STAKE, 80)], &later).unwrap();
    suite.pay_out_of(1, STAKE, &yves).unwrap();
    assert_eq!(suite.purse("yves", STAKE), 150);
    suite.pay_out_of(2, STAKE, &zoe).unwrap();
    assert_eq!(suite.purse("zoe", STAKE), 450);
    let columns = suite.columns(STAKE);
    assert_eq!(
        (columns.seized, columns.payable, columns.staked),
        (80, 0, 0)
    );
    assert_eq!(suite.seized(STAKE), [(suite.send_to("xenia"), 80)]);
    // And when the base chain takes all of that, nothing is owed any more.
    let mut orders = suite.orders(0, 0, None);
    orders.forfeited = 80_u128.into();
    suite
        .execute(&delegation, &ExecuteMsg::Reconcile(orders))
        .unwrap();
    let xenia = suite.send_to("xenia");
    suite.pay_out_of(3, STAKE, &xenia).unwrap();
    assert_eq!(suite.seized(STAKE), []);
    assert_eq!(suite.columns(STAKE), Columns::default());
}

#[test]
fn what_was_seized_behind_one_operator_is_not_paid_with_what_came_from_another() {
    let mut suite = Suite::native();
    for operator in ["val", "other"] {
        suite.open(operator, operator, true).unwrap();
        suite
            .deposit("alice", STAKE, 1_000, Some(operator))
            .unwrap();
    }
    let to = suite.send_to("yves");
    for operator in ["val", "other"] {
        let msg = ExecuteMsg::Seize {
            operator: suite.account(operator).to_string(),
            seized: amounts(&[(STAKE, 100)]),
            arrived: vec![],
            payees: vec![payee(SERVICE, &to, "1")],
        };
        let delegation = suite.delegation.clone();
        suite.execute(&delegation, &msg).unwrap();
    }
    suite.unbonded(100);
    suite.reconcile(0, 0, Some((0, 100, 1))).unwrap();
    let pot = format!("{STAKE}/{}", suite.account("other"));
    let pay = |suite: &mut Suite, asset: &str| {
        let msg = ExecuteMsg::PayOut {
            asset: asset.into(),
            account: SERVICE,
            destination: to.clone(),
        };
        suite.by("stranger", &msg)
    };
    let nothing = ContractError::NothingArrived { asset: pot.clone() };
    suite.refuses(nothing, |s| pay(s, &pot));
    // Nor is it booked under the asset's own name.
    let none = ContractError::NothingSeized {
        asset: STAKE.into(),
        account: SERVICE,
        destination: to.clone(),
    };
    suite.refuses(none, |s| pay(s, STAKE));
    suite.pay_out(STAKE, &to).unwrap();
    assert_eq!(suite.purse("yves", STAKE), 100);
    let columns = suite.columns(STAKE);
    assert_eq!((columns.seized, columns.payable), (100, 0));
}

#[test]
fn what_is_booked_in_a_pot_goes_elsewhere_whole_alone_or_beside_what_waits_there() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    suite.deposit("alice", STAKE, 1_000, Some("val")).unwrap();
    let (yves, zoe) = (suite.send_to("yves"), suite.send_to("zoe"));
    suite.seize(&[(STAKE, 600)], &yves).unwrap();
    // To where nothing waits; under another account nothing moves.
    suite.redirect(SERVICE + 1, STAKE, &yves, &zoe).unwrap();
    assert_eq!(suite.seized(STAKE), [(yves.clone(), 600)]);
    suite.redirect(SERVICE, STAKE, &yves, &zoe).unwrap();
    assert_eq!(suite.seized(STAKE), [(zoe.clone(), 600)]);
    // To where something waits, after the base chain took a part: what it is worth now.
    suite.seize(&[(STAKE, 200)], &yves).unwrap();
    let mut orders = suite.orders(0, 0, None);
    orders.forfeited = 80_u128.into();
    let delegation = suite.delegation.clone();
    suite
        .execute(&delegation, &ExecuteMsg::Reconcile(orders))
        .unwrap();
    let booked = [(yves.clone(), 180), (zoe.clone(), 540)];
    for entry in &booked {
        assert!(suite.seized(STAKE).contains(entry));
    }
    suite.redirect(SERVICE, STAKE, &yves, &zoe).unwrap();
    assert_eq!(suite.seized(STAKE), [(zoe.clone(), 720)]);
    let columns = suite.columns(STAKE);
    assert_eq!((columns.seized, columns.staked), (720, 200));
    // It is paid there, whole.
    suite.unbonded(720);
    suite.reconcile(0, 0, Some((0, 720, 1))).unwrap();
    let none = ContractError::NothingSeized {
        asset: suite.pot(STAKE),
        account: SERVICE,
        destination: yves.clone(),
    };
    suite.refuses(none, |s| s.pay_out(STAKE, &yves));
    suite.pay_out(STAKE, &zoe).unwrap();
    assert_eq!(suite.purse("zoe", STAKE), 720);
    let columns = suite.columns(STAKE);
    assert_eq!((columns.seized, columns.payable), (0, 0));
}

#[test]
fn a_redirection_moves_shares_and_nobody_elses_are_worth_a_unit_more() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    suite.deposit("alice", STAKE, 1_000, Some("val")).unwrap();
    let (yves, zoe, xenia) = (
        suite.send_to("yves"),
        suite.send_to("zoe"),
        suite.send_to("xenia"),
    );
    suite.seize(&[(STAKE, 1)], &zoe).unwrap();
    suite.seize(&[(STAKE, 1)], &yves).unwrap();
    suite.seize(&[(STAKE, 98)], &xenia).unwrap();
    // The base chain takes one of a hundred: a single unit is worth nothing now, but it is booked.
    let mut orders = suite.orders(0, 0, None);
    orders.forfeited = 1_u128.into();
    let delegation = suite.delegation.clone();
    suite
        .execute(&delegation, &ExecuteMsg::Reconcile(orders))
        .unwrap();
    let worth = |suite: &Suite, to: &Destination| {
        let booked = suite.seized(STAKE).into_iter();
        let found: Vec<u128> = booked.filter(|(of, _)| of == to).map(|(_, n)| n).collect();
        found.first().copied()
    };
    assert_eq!(worth(&suite, &zoe), Some(0));
    assert_eq!(worth(&suite, &yves), Some(0));
    assert_eq!(worth(&suite, &xenia), Some(97));
    suite.redirect(SERVICE, STAKE, &yves, &zoe).unwrap();
    assert_eq!(worth(&suite, &yves), None);
    assert_eq!(worth(&suite, &zoe), Some(1));
    assert_eq!(worth(&suite, &xenia), Some(97));
}
