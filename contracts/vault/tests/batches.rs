//! Natively staked tokens: what comes back from the validator, for whom, and what grows there.
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
use palisade_admin::{AdminError, AdminMsg};
use palisade_types::asset::Destination;
use palisade_types::delegation;
use palisade_types::vault::{Action, AssetChange, ExecuteMsg};
use palisade_vault::ContractError;

fn no_staker(suite: &Suite, operator: &str) -> ContractError {
    ContractError::NoStaker {
        asset: STAKE.into(),
        operator: suite.account(operator),
    }
}

fn insufficient(available: u128, requested: u128) -> ContractError {
    ContractError::InsufficientReleased {
        asset: STAKE.into(),
        available: available.into(),
        requested: requested.into(),
    }
}

fn not_staked(asset: &str) -> ContractError {
    ContractError::NotStaked {
        asset: asset.into(),
    }
}

/// A refusal by a contract that the vault calls, without a trace.
#[track_caller]
fn refused_below<E: std::fmt::Debug + PartialEq + std::fmt::Display + Send + Sync + 'static>(
    suite: &mut Suite,
    expected: E,
    act: impl FnOnce(&mut Suite) -> palisade_testing::HarnessResult<cw_multi_test::AppResponse>,
) {
    let before = suite.snapshot();
    let error = act(suite).expect_err("it was accepted");
    assert_eq!(error.contract_error::<E>(), Some(&expected), "{error}");
    assert_eq!(suite.snapshot(), before);
}

fn burn() -> Destination {
    Destination::Burn {}
}

#[test]
fn undelegations_and_losses_are_booked_as_the_delegation_contract_says() {
    let mut suite = Suite::staking();
    let val = suite.validator("val");
    // The base chain takes a tenth.
    let slash = Decimal::percent(10);
    suite.net.host.slash_validator(&val, slash).unwrap();
    let response = suite.reconcile(100, 0, None).unwrap();
    let operator = suite.account("val");
    let named = [("asset", STAKE), ("operator", operator.as_str())];
    assert_eq!(
        event(&response, "reconcile"),
        pairs(&[&named[..], &[("lost", "100")]].concat())
    );
    let mut columns = Columns {
        idle: 500,
        staked: 900,
        balance: 500,
        ..Columns::default()
    };
    assert_eq!(suite.columns(STAKE), columns);
    // A batch: nothing is booked until it arrives.
    let response = suite.reconcile(0, 300, None).unwrap();
    assert_eq!(
        event(&response, "reconcile"),
        pairs(&[&named[..], &[("undelegated", "300")]].concat())
    );
    assert_eq!(suite.bonded("val"), 600);
    assert_eq!(suite.columns(STAKE), columns);
    // A service takes 50 of it meanwhile, and the next batch starts as the first one arrives.
    suite.seize(&[(STAKE, 50)], &burn()).unwrap();
    (columns.staked, columns.seized) = (850, 50);
    assert_eq!(suite.columns(STAKE), columns);
    suite.net.host.advance(UNBONDING);
    suite.net.host.next_block();
    let response = suite.reconcile(1, 20, Some((250, 50, 1))).unwrap();
    let all = [
        ("lost", "1"),
        ("undelegated", "20"),
        ("released", "250"),
        ("payable", "50"),
    ];
    assert_eq!(
        event(&response, "reconcile"),
        pairs(&[&named[..], &all[..]].concat())
    );
    columns = Columns {
        idle: 500,
        staked: 849,
        seized: 50,
        released: 250,
        payable: 50,
        balance: 800,
    };
    assert_eq!(suite.columns(STAKE), columns);
    assert_eq!(suite.bonded("val"), 580);

    // What was released is paid in the bond denom, and not a unit more.
    suite.refuses(insufficient(250, 251), |s| s.release(STAKE, 251, "bob"));
    suite.release(STAKE, 240, "bob").unwrap();
    (columns.staked, columns.released, columns.balance) = (609, 10, 560);
    assert_eq!(suite.columns(STAKE), columns);
    assert_eq!(suite.purse("bob", STAKE), PURSE + 240);
    // Nothing to do is nothing.
    let before = suite.snapshot();
    suite.reconcile(0, 0, None).unwrap();
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn orders_that_do_not_add_up_are_refused() {
    let mut suite = Suite::staking();
    suite.seize(&[(STAKE, 50)], &burn()).unwrap();
    suite.unbonded(300);
    let staked = ContractError::InsufficientStaked {
        asset: STAKE.into(),
        available: 950_u128.into(),
        requested: 951_u128.into(),
    };
    suite.refuses(staked, |s| s.reconcile(951, 0, None));
    let too_much = |column, amount: u128, limit: u128| ContractError::TooMuchArrived {
        asset: STAKE.into(),
        column,
        amount: amount.into(),
        limit: limit.into(),
    };
    suite.refuses(too_much("payable", 51, 50), |s| {
        s.reconcile(0, 0, Some((249, 51, 1)))
    });
    suite.refuses(too_much("released", 250, 249), |s| {
        s.reconcile(701, 0, Some((250, 50, 1)))
    });
    // Neither more nor sooner than it arrived: the staker says so.
    let more = palisade_staker::ContractError::NotArrived {
        available: 300_u128.into(),
        requested: 301_u128.into(),
    };
    refused_below(&mut suite, more, |s| s.reconcile(0, 0, Some((251, 50, 1))));
    suite.reconcile(0, 0, Some((250, 50, 1))).unwrap();
    let before = suite.snapshot();
    let error = suite.reconcile(0, 0, Some((u128::MAX, 1, 1))).unwrap_err();
    let overflow = error.contract_error::<ContractError>();
    assert!(matches!(overflow, Some(ContractError::Overflow(_))));
    assert_eq!(suite.snapshot(), before);

    // Of assets that are not staked, and operators who have no staker.
    let mut orders = suite.orders(1, 0, None);
    orders.asset = ATOM.into();
    let delegation = suite.delegation.clone();
    suite.refuses(not_staked(ATOM), |s| {
        s.execute(&delegation, &ExecuteMsg::Reconcile(orders))
    });
    let mut orders = suite.orders(1, 0, None);
    orders.operator = suite.account("other").to_string();
    suite.refuses(no_staker(&suite, "other"), |s| {
        s.execute(&delegation, &ExecuteMsg::Reconcile(orders))
    });
}

#[test]
fn what_was_seized_is_paid_as_it_arrives() {
    let mut suite = Suite::staking();
    let treasury = suite.send_to("treasury");
    // 300 are on their way; 100 are seized: 30 of them, and 70 of what is bonded.
    suite.reconcile(0, 300, None).unwrap();
    suite.seize(&[(STAKE, 60)], &treasury).unwrap();
    suite.seize(&[(STAKE, 40)], &burn()).unwrap();
    let pot = suite.pot(STAKE);
    let nothing = || ContractError::NothingArrived { asset: pot.clone() };
    suite.refuses(nothing(), |s| s.pay_out(STAKE, &treasury));
    suite.refuses(nothing(), |s| s.pay_out(STAKE, &burn()));
    suite.net.host.advance(UNBONDING);
    suite.net.host.next_block();
    suite.reconcile(0, 70, Some((270, 30, 1))).unwrap();
    let mut columns = Columns {
        idle: 500,
        staked: 900,
        seized: 100,
        released: 270,
        payable: 30,
        balance: 800,
    };
    assert_eq!(suite.columns(STAKE), columns);

    // A part of it, and the rest waits; the idle tokens are nobody else's.
    let response = suite.pay_out(STAKE, &treasury).unwrap();
    assert_eq!(
        event(&response, "pay_out")[1],
        pairs(&[("amount", "30")])[0]
    );
    assert_eq!(suite.purse("treasury", STAKE), 30);
    assert_eq!(suite.seized(STAKE), [(burn(), 40), (treasury.clone(), 30)]);
    (columns.seized, columns.payable, columns.balance) = (70, 0, 770);
    assert_eq!(suite.columns(STAKE), columns);
    suite.refuses(nothing(), |s| s.pay_out(STAKE, &treasury));

    // 20 more are seized of what is in the vault already: those are there at once.
    let grave = suite.send_to("grave");
    let response = suite
        .seize_arrived(&[(STAKE, 25), (STAKE, 5)], &[(STAKE, 20)], &grave)
        .unwrap();
    assert_eq!(
        event(&response, "arrive"),
        pairs(&[("asset", STAKE), ("amount", "20")])
    );
    columns = Columns {
        idle: 500,
        staked: 870,
        seized: 100,
        released: 250,
        payable: 20,
        balance: 770,
    };
    assert_eq!(suite.columns(STAKE), columns);
    // Whoever asks first is paid first; what burns is the bond denom.
    let supply = suite.supply(STAKE);
    suite.pay_out(STAKE, &burn()).unwrap();
    assert_eq!(suite.supply(STAKE), supply - 20);
    let waiting = suite.seized(STAKE);
    for entry in [(burn(), 20), (treasury.clone(), 30), (grave.clone(), 30)] {
        assert!(waiting.contains(&entry), "{entry:?}");
    }
    // A redirection moves no token, arrived or not.
    suite.redirect(SERVICE, STAKE, &grave, &treasury).unwrap();
    (columns.seized, columns.payable, columns.balance) = (80, 0, 750);
    assert_eq!(suite.columns(STAKE), columns);

    suite.net.host.advance(UNBONDING);
    suite.net.host.next_block();
    suite.reconcile(0, 0, Some((0, 70, 1))).unwrap();
    suite.pay_out(STAKE, &treasury).unwrap();
    suite.pay_out(STAKE, &burn()).unwrap();
    assert_eq!(suite.purse("treasury", STAKE), 90);
    assert_eq!(suite.seized(STAKE), [(burn(), 10)]);
    (columns.seized, columns.balance) = (10, 750);
    assert_eq!(suite.columns(STAKE), columns);
    suite.refuses(nothing(), |s| s.pay_out(STAKE, &burn()));
}

#[test]
fn seizures_of_what_is_not_here_are_refused() {
    let mut suite = Suite::staking();
    suite.unbonded(300);
    suite.reconcile(0, 0, Some((300, 0, 1))).unwrap();
    let unseized = |asset: &str, seized: u128, arrived: u128| ContractError::ArrivedUnseized {
        asset: asset.into(),
        seized: seized.into(),
        arrived: arrived.into(),
    };
    let to = burn();
    suite.refuses(unseized(STAKE, 100, 101), |s| {
        s.seize_arrived(&[(STAKE, 100)], &[(STAKE, 50), (STAKE, 51)], &to)
    });
    suite.refuses(unseized(STAKE, 0, 1), |s| {
        s.seize_arrived(&[(STAKE, 0)], &[(STAKE, 1)], &to)
    });
    suite.refuses(unseized(GOLD, 0, 1), |s| {
        s.seize_arrived(&[(STAKE, 100)], &[(GOLD, 1)], &to)
    });
    suite.refuses(insufficient(300, 301), |s| {
        s.seize_arrived(&[(STAKE, 400)], &[(STAKE, 301)], &to)
    });
    // Nothing of other assets is ever anywhere else.
    suite.deposit("alice", ATOM, 100, Some("val")).unwrap();
    let atom = ContractError::InsufficientReleased {
        asset: ATOM.into(),
        available: 0_u128.into(),
        requested: 1_u128.into(),
    };
    suite.refuses(atom, |s| s.seize_arrived(&[(ATOM, 1)], &[(ATOM, 1)], &to));
    let many: Vec<(&str, u128)> = vec![(STAKE, 1); 33];
    let too_many = ContractError::TooMany {
        what: "amounts",
        limit: 32,
        actual: 33,
    };
    suite.refuses(too_many, |s| s.seize_arrived(&[(STAKE, 100)], &many, &to));
}

#[test]
fn what_matured_is_staked_with_another_validator() {
    let mut suite = Suite::staking();
    suite.open("other", "other", false).unwrap();
    suite.unbonded(300);
    suite.reconcile(0, 0, Some((300, 0, 1))).unwrap();
    // Deposits are paused: redelegations have a pause of their own.
    let action = Action::Deposits;
    let seconds = None;
    let pause = ExecuteMsg::Admin(AdminMsg::Pause { action, seconds });
    suite.as_owner(&pause).unwrap();
    let paused = || {
        ContractError::Admin(AdminError::Paused {
            action: "deposits",
            until: None,
        })
    };
    suite.refuses(paused(), |s| s.deposit("bob", STAKE, 100, Some("val")));
    suite.refuses(paused(), |s| s.delegate("alice", STAKE, "val", 100));
    let response = suite.restake(STAKE, "other", 200).unwrap();
    let other = suite.account("other");
    assert_eq!(
        event(&response, "restake"),
        pairs(&[
            ("asset", STAKE),
            ("operator", other.as_str()),
            ("amount", "200")
        ])
    );
    assert_eq!((suite.bonded("val"), suite.bonded("other")), (700, 200));
    assert_eq!(
        suite.columns(STAKE),
        Columns {
            idle: 500,
            staked: 1_000,
            released: 100,
            balance: 600,
            ..Columns::default()
        }
    );
    suite.refuses(insufficient(100, 101), |s| s.restake(STAKE, "other", 101));
    suite.refuses(ContractError::ZeroAmount, |s| s.restake(STAKE, "other", 0));
    suite.refuses(not_staked(ATOM), |s| s.restake(ATOM, "other", 1));
    let unknown = ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown, |s| s.restake("gone", "other", 1));
}

#[test]
fn rewards_are_paid_out_while_the_validator_is_not_bonded() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    suite
        .deposit("alice", STAKE, 1_000_000, Some("val"))
        .unwrap();
    suite.net.host.advance(365 * DAY);
    let validator = suite.validator("val");
    suite.net.host.jail_validator(&validator).unwrap();
    suite.withdraw_rewards("val").unwrap();
    assert_eq!(suite.bonded("val"), 1_000_000);
    let delegation = suite.delegation.clone();
    let balance = suite.net.host.balance(&delegation, USTAKE).unwrap();
    assert_eq!(balance, 100_000);
    // What the operator set holds again, when the validator is back.
    assert!(suite.staker_of("val").compound);
    suite.net.host.unjail_validator(&validator);
    suite.net.host.advance(365 * DAY);
    suite.withdraw_rewards("val").unwrap();
    assert_eq!(suite.bonded("val"), 1_100_000);
}

#[test]
fn rewards_are_staked_or_paid_out_as_the_operator_sets() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    suite
        .deposit("alice", STAKE, 1_000_000, Some("val"))
        .unwrap();
    let val = suite.account("val").to_string();
    // A year brings a tenth.
    suite.net.host.advance(365 * DAY);
    let response = suite.withdraw_rewards("val").unwrap();
    assert_eq!(suite.bonded("val"), 1_100_000);
    let staked = Columns {
        staked: 1_100_000,
        ..Columns::default()
    };
    assert_eq!(suite.columns(STAKE), staked);
    let amount = [("asset", STAKE), ("operator", &val), ("amount", "100000")];
    assert_eq!(event(&response, "compounded"), pairs(&amount));
    let grow = delegation::ExecuteMsg::Grow {
        operator: val.clone(),
        asset: STAKE.into(),
        amount: 100_000_u128.into(),
    };
    assert_eq!(&suite.heard()[1..], std::slice::from_ref(&grow));

    // The next year's 110,000 do not fit by one.
    suite.net.host.advance(365 * DAY);
    let cap = |suite: &mut Suite, cap: u128| {
        let change = AssetChange {
            cap: Some(cap.into()),
            ..AssetChange::default()
        };
        let asset = STAKE.into();
        let msg = ExecuteMsg::UpdateAsset { asset, change };
        suite.as_owner(&msg).unwrap();
    };
    cap(&mut suite, 1_209_999);
    let full = ContractError::CapExceeded {
        asset: STAKE.into(),
        cap: 1_209_999_u128.into(),
        held: 1_100_000_u128.into(),
        offered: 110_000_u128.into(),
    };
    suite.refuses(full, |s| s.withdraw_rewards("val"));
    // So the operator has them paid out: the delegation contract gets the coins.
    let response = suite.set_compound("val", false).unwrap();
    let set = [("asset", STAKE), ("operator", &val), ("compound", "false")];
    assert_eq!(event(&response, "set_compound"), pairs(&set));
    assert!(!suite.staker_of("val").compound);
    suite.withdraw_rewards("val").unwrap();
    assert_eq!(suite.bonded("val"), 1_100_000);
    assert_eq!(suite.columns(STAKE), staked);
    let delegation = suite.delegation.clone();
    let balance = suite.net.host.balance(&delegation, USTAKE).unwrap();
    assert_eq!(balance, 110_000);
    let reward = delegation::ExecuteMsg::Reward {
        operator: val.clone(),
        parts: amounts(&[(STAKE, 110_000)]),
        by_operator: true,
    };
    assert_eq!(suite.heard()[1..], [grow, reward]);
}

#[test]
fn rewards_in_other_denoms_are_sent_on_by_anybody_and_begun_by_the_operator() {
    let mut suite = Suite::native();
    suite.open("val", "val", true).unwrap();
    let staker = suite.staker_of("val").staker;
    let val = suite.account("val").to_string();
    let delegation = suite.delegation.clone();
    let forward = |suite: &mut Suite, sender: &str, operator: &str| {
        let msg = ExecuteMsg::ForwardRewards {
            asset: STAKE.into(),
            operator: suite.account(operator).to_string(),
            denom: "uusd".into(),
        };
        suite.by(sender, &msg)
    };
    let none = ContractError::NoStaker {
        asset: STAKE.into(),
        operator: suite.account("other"),
    };
    suite.refuses(none, |s| forward(s, "stranger", "other"));
    let mut paid = 0;
    for (sender, by_operator) in [("val", true), ("stranger", false)] {
        suite.net.host.mint(&staker, 40, "uusd").unwrap();
        forward(&mut suite, sender, "val").unwrap();
        paid += 40;
        let balance = suite.net.host.balance(&delegation, "uusd").unwrap();
        assert_eq!(balance, paid);
        let reward = delegation::ExecuteMsg::Reward {
            operator: val.clone(),
            parts: amounts(&[(STAKE, 40)]),
            by_operator,
        };
        assert_eq!(suite.heard().last(), Some(&reward));
    }
    assert_eq!(suite.columns(STAKE), Columns::default());
}
