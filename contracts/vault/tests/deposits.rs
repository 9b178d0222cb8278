//! Principal in, and idle tokens out again: stories with numbers on both sides.
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
use cosmwasm_std::{coin, to_json_binary, StdError, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_utils::PaymentError;
use palisade_types::asset::Destination;
use palisade_types::vault::{AssetChange, Cw20HookMsg, ExecuteMsg};
use palisade_vault::ContractError;

fn unknown_token(token: &str) -> ContractError {
    ContractError::UnknownToken {
        token: token.into(),
    }
}

#[test]
fn a_deposit_behind_an_operator_is_staked_and_told_to_the_delegation_contract() {
    let mut suite = Suite::new();
    let response = suite.deposit("alice", ATOM, 400, Some("val")).unwrap();

    assert_eq!(suite.purse("alice", ATOM), PURSE - 400);
    assert_eq!(suite.books(ATOM), (0, 400, 0, 400));
    assert_eq!(suite.idle("alice"), []);
    assert_eq!(suite.joins(), [suite.join_of("alice", "val", ATOM, 400)]);
    let (alice, val) = (suite.account("alice"), suite.account("val"));
    assert_eq!(
        event(&response, "deposit"),
        pairs(&[
            ("sender", alice.as_str()),
            ("owner", alice.as_str()),
            ("asset", ATOM),
            ("amount", "400"),
            ("operator", val.as_str()),
        ])
    );
}

#[test]
fn a_deposit_without_an_operator_stays_idle_until_it_is_delegated_or_withdrawn() {
    let mut suite = Suite::new();
    let response = suite.deposit("alice", ATOM, 1_000, None).unwrap();
    let alice = suite.account("alice");
    assert_eq!(
        event(&response, "deposit"),
        pairs(&[
            ("sender", alice.as_str()),
            ("owner", alice.as_str()),
            ("asset", ATOM),
            ("amount", "1000"),
        ])
    );
    suite.deposit("alice", ATOM, 500, None).unwrap();
    suite.deposit("bob", ATOM, 50, None).unwrap();
    assert_eq!(suite.idle("alice"), [(ATOM.to_string(), 1_500)]);
    assert_eq!(suite.idle("bob"), [(ATOM.to_string(), 50)]);
    assert_eq!(suite.books(ATOM), (1_550, 0, 0, 1_550));
    assert_eq!(suite.joins(), []);

    let response = suite.delegate("alice", ATOM, "val", 600).unwrap();
    let val = suite.account("val");
    assert_eq!(
        event(&response, "delegate"),
        pairs(&[
            ("owner", alice.as_str()),
            ("operator", val.as_str()),
            ("asset", ATOM),
            ("amount", "600"),
        ])
    );
    assert_eq!(suite.idle("alice"), [(ATOM.to_string(), 900)]);
    assert_eq!(suite.books(ATOM), (950, 600, 0, 1_550));
    assert_eq!(suite.joins(), [suite.join_of("alice", "val", ATOM, 600)]);

    let carol = suite.account("carol");
    let msg = ExecuteMsg::Withdraw {
        asset: ATOM.into(),
        amount: Uint128::new(899),
        recipient: Some(carol.to_string()),
    };
    let response = suite.by("alice", &msg).unwrap();
    assert_eq!(
        event(&response, "withdraw"),
        pairs(&[
            ("owner", alice.as_str()),
            ("asset", ATOM),
            ("amount", "899"),
            ("recipient", carol.as_str()),
        ])
    );
    assert_eq!(suite.purse("carol", ATOM), PURSE + 899);
    // The last unit goes, and leaves no entry behind.
    suite.withdraw("alice", ATOM, 1).unwrap();
    assert_eq!(suite.purse("alice", ATOM), PURSE - 1_500 + 1);
    assert_eq!(suite.idle("alice"), []);
    assert_eq!(suite.idle("bob"), [(ATOM.to_string(), 50)]);
    assert_eq!(suite.books(ATOM), (50, 600, 0, 650));
}

#[test]
fn a_cw20_deposit_takes_the_same_ways() {
    let mut suite = Suite::new();
    suite.deposit("alice", GOLD, 300, Some("val")).unwrap();
    suite.deposit("alice", GOLD, 200, None).unwrap();
    suite.delegate("alice", GOLD, "val", 80).unwrap();
    suite.withdraw("alice", GOLD, 100).unwrap();

    assert_eq!(suite.purse("alice", GOLD), PURSE - 400);
    assert_eq!(suite.idle("alice"), [(GOLD.to_string(), 20)]);
    assert_eq!(suite.books(GOLD), (20, 380, 0, 400));
    assert_eq!(suite.books(ATOM), (0, 0, 0, 0));
    let joins = [
        suite.join_of("alice", "val", GOLD, 300),
        suite.join_of("alice", "val", GOLD, 80),
    ];
    assert_eq!(suite.joins(), joins);
}

#[test]
fn a_deposit_for_somebody_else_is_theirs() {
    let mut suite = Suite::new();
    let owner = Some(suite.account("bob").to_string());
    let operator = Some(suite.account("val").to_string());
    let (alice, vault) = (suite.account("alice"), suite.vault.clone());
    let msg = ExecuteMsg::Deposit {
        operator: None,
        owner: owner.clone(),
    };
    let coins = [coin(70, UATOM)];
    suite
        .net
        .host
        .execute(&alice, &vault, &msg, &coins)
        .unwrap();
    let hook = to_json_binary(&Cw20HookMsg::Deposit { operator, owner }).unwrap();
    suite.send_gold("alice", 90, hook).unwrap();

    assert_eq!(suite.purse("alice", ATOM), PURSE - 70);
    assert_eq!(suite.purse("alice", GOLD), PURSE - 90);
    assert_eq!(suite.idle("alice"), []);
    assert_eq!(suite.idle("bob"), [(ATOM.to_string(), 70)]);
    assert_eq!(suite.joins(), [suite.join_of("bob", "val", GOLD, 90)]);
    suite.withdraw("bob", ATOM, 70).unwrap();
    assert_eq!(suite.purse("bob", ATOM), PURSE + 70);
}

#[test]
fn an_owner_must_be_an_address() {
    let mut suite = Suite::new();
    let (alice, vault) = (suite.account("alice"), suite.vault.clone());
    let msg = ExecuteMsg::Deposit {
        operator: None,
        owner: Some("Bob".into()),
    };
    let error = suite
        .net
        .host
        .execute(&alice, &vault, &msg, &[coin(70, UATOM)]);
    let error = error.unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Std(StdError::GenericErr { .. }))
    ));
    assert_eq!(suite.books(ATOM), (0, 0, 0, 0));
}

#[test]
fn a_deposit_is_exactly_one_registered_coin() {
    let mut suite = Suite::new();
    let atoms = coin(100, UATOM);
    suite.refuses(PaymentError::NoFunds {}.into(), |s| {
        s.deposit_coins("alice", &[], None)
    });
    let both = [coin(100, ULST), atoms];
    suite.refuses(PaymentError::MultipleDenoms {}.into(), |s| {
        s.deposit_coins("alice", &both, Some("val"))
    });
    let alice = suite.account("alice");
    suite.net.host.mint(&alice, 100, "ujunk").unwrap();
    suite.refuses(unknown_token("native/ujunk"), |s| {
        s.deposit_coins("alice", &[coin(100, "ujunk")], None)
    });
}

#[test]
fn an_unregistered_cw20_is_refused_whoever_poses_as_one() {
    let mut suite = Suite::new();
    let alice = suite.account("alice");
    let hook = ExecuteMsg::Receive(Cw20ReceiveMsg {
        sender: alice.to_string(),
        amount: Uint128::new(1_000),
        msg: to_json_binary(&Cw20HookMsg::Deposit {
            operator: None,
            owner: None,
        })
        .unwrap(),
    });
    // An account that says it was a token.
    suite.refuses(unknown_token(&format!("cw20/{alice}")), |s| {
        s.execute(&alice, &hook)
    });
    // A token, but not one of ours.
    let minted = [(&alice, 1_000)];
    let junk = suite.net.host.create_cw20("JUNK", &minted, None).unwrap();
    let vault = suite.vault.clone();
    let ExecuteMsg::Receive(Cw20ReceiveMsg { msg, .. }) = hook else {
        unreachable!()
    };
    suite.refuses(unknown_token(&format!("cw20/{junk}")), |s| {
        s.net.host.cw20_send(&junk, &alice, &vault, 1_000, msg)
    });
}

#[test]
fn a_malformed_hook_sends_the_tokens_back() {
    let mut suite = Suite::new();
    let before = suite.snapshot();
    for hook in [&b""[..], b"{}", b"{\"withdraw\":{}}", b"not json"] {
        let error = suite.send_gold("alice", 100, hook.into()).unwrap_err();
        assert!(matches!(
            error.contract_error(),
            Some(ContractError::Std(StdError::ParseErr { .. }))
        ));
    }
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn a_deposit_has_a_minimum_and_a_zero_never_enters() {
    let mut suite = Suite::new();
    let below = |asset: &str, offered: u128| ContractError::BelowMinimum {
        asset: asset.into(),
        minimum: MINIMUM.into(),
        offered: offered.into(),
    };
    suite.refuses(below(ATOM, 9), |s| s.deposit("alice", ATOM, 9, None));
    suite.refuses(below(GOLD, 9), |s| s.deposit("alice", GOLD, 9, Some("val")));
    suite.deposit("alice", ATOM, 10, None).unwrap();
    suite.deposit("alice", GOLD, 10, Some("val")).unwrap();

    // A token that announces a delivery of nothing.
    let gold = suite.gold.clone();
    let hook = ExecuteMsg::Receive(Cw20ReceiveMsg {
        sender: suite.account("alice").to_string(),
        amount: Uint128::zero(),
        msg: to_json_binary(&Cw20HookMsg::Deposit {
            operator: None,
            owner: None,
        })
        .unwrap(),
    });
    suite.refuses(below(GOLD, 0), |s| s.execute(&gold, &hook));
    suite.refuses(ContractError::ZeroAmount, |s| s.withdraw("alice", ATOM, 0));
    suite.refuses(ContractError::ZeroAmount, |s| {
        s.delegate("alice", ATOM, "val", 0)
    });
}

#[test]
fn the_cap_counts_idle_and_staked_but_not_what_was_seized() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 900_000, None).unwrap();
    suite.deposit("bob", ATOM, 600_000, Some("val")).unwrap();
    let full = |held: u128, offered: u128| ContractError::CapExceeded {
        asset: ATOM.into(),
        cap: CAP.into(),
        held: held.into(),
        offered: offered.into(),
    };
    suite.refuses(full(CAP, 10), |s| s.deposit("carol", ATOM, 10, None));
    suite.refuses(full(CAP, 10), |s| s.deposit("carol", ATOM, 10, Some("val")));
    // It adds nothing, so that a full vault does not lock idle tokens out of the pools.
    suite.delegate("alice", ATOM, "val", 100_000).unwrap();

    suite.seize(&[(ATOM, 30)], &Destination::Burn {}).unwrap();
    suite.withdraw("alice", ATOM, 20).unwrap();
    suite.refuses(full(CAP - 50, 51), |s| s.deposit("carol", ATOM, 51, None));
    suite.deposit("carol", ATOM, 50, None).unwrap();
    assert_eq!(suite.books(ATOM), (800_030, 699_970, 30, CAP + 30));
}

#[test]
fn amounts_of_18_decimals_fit_up_to_the_highest_cap() {
    let mut suite = Suite::new();
    let highest = 10_u128.pow(31);
    let change = AssetChange {
        cap: Some(highest.into()),
        ..AssetChange::default()
    };
    let msg = ExecuteMsg::UpdateAsset {
        asset: ATOM.into(),
        change,
    };
    suite.as_owner(&msg).unwrap();
    let alice = suite.account("alice");
    let whole = u128::MAX - 3 * PURSE;
    suite.net.host.mint(&alice, whole, UATOM).unwrap();
    suite.refuses(
        ContractError::CapExceeded {
            asset: ATOM.into(),
            cap: highest.into(),
            held: Uint128::zero(),
            offered: whole.into(),
        },
        |s| s.deposit("alice", ATOM, whole, None),
    );
    suite.deposit("alice", ATOM, highest, None).unwrap();
    suite.delegate("alice", ATOM, "val", highest).unwrap();
    suite
        .seize(&[(ATOM, highest)], &Destination::Burn {})
        .unwrap();
    suite.deposit("alice", ATOM, highest, Some("val")).unwrap();
    suite
        .seize(&[(ATOM, highest)], &Destination::Burn {})
        .unwrap();
    assert_eq!(suite.books(ATOM), (0, 0, 2 * highest, 2 * highest));
}

#[test]
fn an_operator_that_the_neighbour_refuses_gets_nothing() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    let before = suite.snapshot();
    let (alice, vault) = (suite.account("alice"), suite.vault.clone());
    let msg = ExecuteMsg::Deposit {
        operator: Some("nobody".into()),
        owner: None,
    };
    let coins = [coin(100, UATOM)];
    let error = suite.net.host.execute(&alice, &vault, &msg, &coins);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("unknown operator"), "{error}");
    let msg = ExecuteMsg::Delegate {
        asset: ATOM.into(),
        operator: "nobody".into(),
        amount: Uint128::new(10),
    };
    let error = suite.by("alice", &msg).unwrap_err().to_string();
    assert!(error.contains("unknown operator"), "{error}");
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn donation_inflation_credits_nobody() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.deposit("alice", GOLD, 100, Some("val")).unwrap();
    suite.donate("bob", ATOM, 5_000).unwrap();
    suite.donate("bob", GOLD, 7_000).unwrap();

    assert_eq!(suite.books(ATOM), (100, 0, 0, 5_100));
    assert_eq!(suite.books(GOLD), (0, 100, 0, 7_100));
    assert_eq!(suite.idle("bob"), []);
    let insufficient = ContractError::InsufficientIdle {
        asset: ATOM.into(),
        available: Uint128::zero(),
        requested: Uint128::one(),
    };
    suite.refuses(insufficient, |s| s.withdraw("bob", ATOM, 1));
    let insufficient = ContractError::InsufficientStaked {
        asset: GOLD.into(),
        available: Uint128::new(100),
        requested: Uint128::new(101),
    };
    suite.refuses(insufficient, |s| s.release(GOLD, 101, "bob"));
    // The next deposit counts what it brought, and no more.
    suite.deposit("carol", ATOM, 10, None).unwrap();
    assert_eq!(suite.idle("carol"), [(ATOM.to_string(), 10)]);
    assert_eq!(suite.books(ATOM), (110, 0, 0, 5_110));
}
