//! Idle tokens: whose they are, and what they can do while the rest is closed.
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
use cosmwasm_std::Uint128;
use palisade_admin::{AdminError, AdminMsg};
use palisade_types::asset::Destination;
use palisade_types::vault::{Action, ExecuteMsg, QueryMsg};
use palisade_vault::ContractError;

#[test]
fn closed_deposits_let_what_is_in_go_on_and_out() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.as_owner(&close(ATOM)).unwrap();
    let closed = || ContractError::DepositsClosed { asset: ATOM.into() };
    suite.refuses(closed(), |s| s.deposit("alice", ATOM, 100, None));
    suite.refuses(closed(), |s| s.deposit("alice", ATOM, 100, Some("val")));
    suite.deposit("alice", GOLD, 100, None).unwrap();

    suite.delegate("alice", ATOM, "val", 40).unwrap();
    suite.withdraw("alice", ATOM, 60).unwrap();
    suite.release(ATOM, 40, "alice").unwrap();
    assert_eq!(suite.purse("alice", ATOM), PURSE);
}

#[test]
fn pause_bypassed_by_a_sibling_path() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.by("guardian", &pause(Action::Deposits)).unwrap();
    let paused = || {
        ContractError::Admin(AdminError::Paused {
            action: "deposits",
            until: None,
        })
    };
    suite.refuses(paused(), |s| s.deposit("alice", ATOM, 100, None));
    suite.refuses(paused(), |s| s.deposit("alice", ATOM, 100, Some("val")));
    suite.refuses(paused(), |s| s.deposit("alice", GOLD, 100, None));
    suite.refuses(paused(), |s| s.deposit("alice", GOLD, 100, Some("val")));
    suite.refuses(paused(), |s| s.delegate("alice", ATOM, "val", 50));
    // The way out is another switch.
    suite.withdraw("alice", ATOM, 100).unwrap();

    let unpause = ExecuteMsg::Admin(AdminMsg::Unpause {
        action: Action::Deposits,
    });
    suite.by("guardian", &unpause).unwrap();
    suite.deposit("alice", ATOM, 100, Some("val")).unwrap();
}

#[test]
fn a_pause_of_withdrawals_ends_by_itself_and_holds_no_slash_and_no_release() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.deposit("alice", ATOM, 100, Some("val")).unwrap();
    let until = suite.net.host.time().plus_days(14);
    suite.by("guardian", &pause(Action::Withdrawals)).unwrap();
    suite.refuses(
        ContractError::Admin(AdminError::Paused {
            action: "withdrawals",
            until: Some(until),
        }),
        |s| s.withdraw("alice", ATOM, 100),
    );
    suite.release(ATOM, 60, "alice").unwrap();
    suite.seize(&[(ATOM, 40)], &Destination::Burn {}).unwrap();
    suite.pay_out(ATOM, &Destination::Burn {}).unwrap();

    suite.net.host.advance(14 * 24 * HOUR);
    suite.withdraw("alice", ATOM, 100).unwrap();
    assert_eq!(suite.purse("alice", ATOM), PURSE - 40);
}

#[test]
fn nobody_takes_more_than_their_own_idle_tokens() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.deposit("bob", ATOM, 1_000, None).unwrap();
    let insufficient = |available: u128, requested: u128| ContractError::InsufficientIdle {
        asset: ATOM.into(),
        available: available.into(),
        requested: requested.into(),
    };
    suite.refuses(insufficient(100, 101), |s| s.withdraw("alice", ATOM, 101));
    suite.refuses(insufficient(100, u128::MAX), |s| {
        s.delegate("alice", ATOM, "val", u128::MAX)
    });
    suite.refuses(insufficient(0, 1), |s| s.withdraw("carol", ATOM, 1));
    let unknown = || ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown(), |s| s.withdraw("alice", "gone", 1));
    suite.refuses(unknown(), |s| s.delegate("alice", "gone", "val", 1));
}

#[test]
fn an_unconnected_vault_holds_idle_tokens_alone() {
    let mut suite = Suite::unconnected();
    suite.refuses(ContractError::NotConnected, |s| {
        s.deposit("alice", ATOM, 100, Some("val"))
    });
    suite.refuses(ContractError::NotConnected, |s| {
        s.deposit("alice", GOLD, 100, Some("val"))
    });
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.refuses(ContractError::NotConnected, |s| {
        s.delegate("alice", ATOM, "val", 100)
    });
    suite.refuses(ContractError::NotConnected, |s| s.release(ATOM, 1, "alice"));
    suite.withdraw("alice", ATOM, 100).unwrap();
    assert_eq!(suite.purse("alice", ATOM), PURSE);
}

#[test]
fn the_vault_does_not_pay_to_itself() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 100, None).unwrap();
    let msg = ExecuteMsg::Withdraw {
        asset: ATOM.into(),
        amount: Uint128::new(100),
        recipient: Some(suite.vault.to_string()),
    };
    suite.refuses(ContractError::PaymentToSelf, |s| s.by("alice", &msg));
}

#[test]
fn idle_tokens_are_listed_by_asset_in_bounded_pages() {
    let mut suite = Suite::new();
    suite.deposit("alice", LST, 30, None).unwrap();
    suite.deposit("alice", GOLD, 20, None).unwrap();
    suite.deposit("alice", ATOM, 10, None).unwrap();
    suite.deposit("bob", GOLD, 99, None).unwrap();
    let page = |start_after: Option<&str>, limit| QueryMsg::Idle {
        owner: suite.account("alice").to_string(),
        start_after: start_after.map(String::from),
        limit,
    };
    let all = amounts(&[(ATOM, 10), (GOLD, 20), (LST, 30)]);
    assert_eq!(
        suite.query::<Vec<palisade_types::asset::AssetAmount>>(&page(None, None)),
        all
    );
    assert_eq!(
        suite.query::<Vec<palisade_types::asset::AssetAmount>>(&page(None, Some(1))),
        all[..1]
    );
    assert_eq!(
        suite.query::<Vec<palisade_types::asset::AssetAmount>>(&page(Some(ATOM), Some(u32::MAX))),
        all[1..]
    );
}
