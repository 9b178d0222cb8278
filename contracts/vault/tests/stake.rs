//! Releases, seizures and payouts: what the delegation contract asks for, and how it is bounded.
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
use cosmwasm_std::{StdError, Uint128};
use palisade_types::asset::{Destination, Redirection};
use palisade_types::vault::{ExecuteMsg, QueryMsg, SeizedResponse};
use palisade_vault::ContractError;

fn burn() -> Destination {
    Destination::Burn {}
}

fn insufficient(asset: &str, available: u128, requested: u128) -> ContractError {
    ContractError::InsufficientStaked {
        asset: asset.into(),
        available: available.into(),
        requested: requested.into(),
    }
}

fn unknown(asset: &str) -> ContractError {
    ContractError::UnknownAsset {
        asset: asset.into(),
    }
}

/// 1,000 atom and 500 gold of alice, staked.
fn staked() -> Suite {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 1_000, Some("val")).unwrap();
    suite.deposit("alice", GOLD, 500, Some("val")).unwrap();
    suite
}

#[test]
fn matured_stake_is_paid_to_whom_the_delegation_contract_says() {
    let mut suite = staked();
    let response = suite.release(ATOM, 400, "bob").unwrap();
    let bob = suite.account("bob");
    assert_eq!(
        event(&response, "release"),
        pairs(&[
            ("asset", ATOM),
            ("amount", "400"),
            ("recipient", bob.as_str()),
        ])
    );
    suite.release(GOLD, 500, "alice").unwrap();
    assert_eq!(suite.purse("bob", ATOM), PURSE + 400);
    assert_eq!(suite.purse("alice", GOLD), PURSE);
    assert_eq!(suite.books(ATOM), (0, 600, 0, 600));
    assert_eq!(suite.books(GOLD), (0, 0, 0, 0));
}

#[test]
fn the_delegation_contract_gets_no_more_than_was_recorded_in() {
    let mut suite = staked();
    suite.deposit("bob", ATOM, 5_000, None).unwrap();
    suite.seize(&[(ATOM, 300)], &burn()).unwrap();
    // 5,000 idle and 300 seized lie beside the 700, out of its reach.
    suite.refuses(insufficient(ATOM, 700, 701), |s| {
        s.release(ATOM, 701, "alice")
    });
    suite.refuses(insufficient(ATOM, 700, 701), |s| {
        s.seize(&[(ATOM, 701)], &burn())
    });
    // Neither in two halves of one message.
    suite.refuses(insufficient(ATOM, 700, 701), |s| {
        s.seize(&[(ATOM, 700), (ATOM, 1)], &burn())
    });
    suite.refuses(insufficient(GOLD, 500, u128::MAX), |s| {
        s.release(GOLD, u128::MAX, "alice")
    });
    suite.refuses(ContractError::ZeroAmount, |s| s.release(ATOM, 0, "alice"));
    suite.refuses(unknown("gone"), |s| s.release("gone", 1, "alice"));
    suite.refuses(unknown("gone"), |s| {
        s.seize(&[(ATOM, 1), ("gone", 1)], &burn())
    });
    suite.refuses(ContractError::PaymentToSelf, |s| {
        let vault = s.vault.to_string();
        let msg = ExecuteMsg::Release {
            asset: ATOM.into(),
            amount: Uint128::one(),
            recipient: vault,
        };
        let delegation = s.delegation.clone();
        s.execute(&delegation, &msg)
    });
    suite.release(ATOM, 700, "alice").unwrap();
    assert_eq!(suite.books(ATOM), (5_000, 0, 300, 5_300));
}

#[test]
fn only_the_delegation_contract_releases_seizes_and_redirects() {
    let mut suite = staked();
    let release = ExecuteMsg::Release {
        asset: ATOM.into(),
        amount: Uint128::new(10),
        recipient: suite.account("alice").to_string(),
    };
    let seize = ExecuteMsg::Seize {
        operator: suite.account("val").to_string(),
        seized: amounts(&[(ATOM, 10)]),
        arrived: vec![],
        payees: vec![payee(SERVICE, &burn(), "1")],
    };
    let redirect = ExecuteMsg::Redirect(Redirection {
        asset: ATOM.into(),
        account: SERVICE,
        from: burn(),
        to: suite.send_to("stranger"),
    });
    for who in ["owner", "guardian", "alice", "stranger"] {
        let unauthorized = || ContractError::Unauthorized {
            sender: palisade_testing::Network::new().host.account(who),
            expected: "delegation",
        };
        suite.refuses(unauthorized(), |s| s.by(who, &release));
        suite.refuses(unauthorized(), |s| s.by(who, &seize));
        suite.refuses(unauthorized(), |s| s.by(who, &redirect));
    }
}

#[test]
fn a_seizure_is_booked_by_asset_and_destination_and_moves_no_token() {
    let mut suite = staked();
    let treasury = suite.send_to("treasury");
    let response = suite.seize(&[(ATOM, 100), (GOLD, 50)], &treasury).unwrap();
    assert_eq!(
        response
            .events
            .iter()
            .filter(|e| e.ty == "wasm-seize")
            .count(),
        2
    );
    assert!(response.events.iter().all(|e| e.ty != "transfer"));
    let response = suite.seize(&[(ATOM, 30)], &burn()).unwrap();
    assert_eq!(
        event(&response, "seize"),
        pairs(&[("asset", ATOM), ("amount", "30"), ("account", "7")])
    );
    let response = suite.seize(&[(ATOM, 7)], &treasury).unwrap();
    let recipient = suite.account("treasury");
    assert_eq!(
        event(&response, "seize"),
        pairs(&[
            ("asset", ATOM),
            ("amount", "7"),
            ("account", "7"),
            ("recipient", recipient.as_str()),
        ])
    );

    assert_eq!(suite.seized(ATOM), [(burn(), 30), (treasury.clone(), 107)]);
    assert_eq!(suite.seized(GOLD), [(treasury, 50)]);
    assert_eq!(suite.books(ATOM), (0, 863, 137, 1_000));
    assert_eq!(suite.books(GOLD), (0, 450, 50, 500));
    assert_eq!(suite.purse("treasury", ATOM), 0);
    assert_eq!(suite.purse("treasury", GOLD), 0);
}

#[test]
fn zero_amounts_are_skipped_and_repeated_assets_summed() {
    let mut suite = staked();
    let response = suite
        .seize(&[(ATOM, 0), (GOLD, 3), (ATOM, 0), (GOLD, 4)], &burn())
        .unwrap();
    assert_eq!(
        event(&response, "seize"),
        pairs(&[("asset", GOLD), ("amount", "7"), ("account", "7")])
    );
    assert_eq!(suite.seized(ATOM), []);
    assert_eq!(suite.seized(GOLD), [(burn(), 7)]);
    assert_eq!(suite.books(ATOM), (0, 1_000, 0, 1_000));
    // Nothing at all is fine as well.
    suite.seize(&[], &burn()).unwrap();
    suite.seize(&[("gone", 0)], &burn()).unwrap();
    assert_eq!(suite.books(GOLD), (0, 493, 7, 500));
}

#[test]
fn a_seizure_is_bounded_and_its_recipient_an_address() {
    let mut suite = staked();
    suite.refuses(
        ContractError::TooMany {
            what: "amounts",
            limit: 32,
            actual: 33,
        },
        |s| s.seize(&[(ATOM, 1); 33], &burn()),
    );
    suite.seize(&[(ATOM, 1); 32], &burn()).unwrap();
    assert_eq!(suite.seized(ATOM), [(burn(), 32)]);
    // The empty string would be the key of what is to be burned.
    let nowhere = Destination::Send {
        recipient: String::new(),
    };
    let before = suite.snapshot();
    let error = suite.seize(&[(ATOM, 1)], &nowhere).unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Std(StdError::GenericErr { .. }))
    ));
    let error = suite.pay_out(ATOM, &nowhere).unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Std(StdError::GenericErr { .. }))
    ));
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn anybody_pays_out_what_was_seized_once() {
    let mut suite = staked();
    let treasury = suite.send_to("treasury");
    suite.seize(&[(ATOM, 100), (GOLD, 50)], &treasury).unwrap();
    suite.seize(&[(ATOM, 40), (GOLD, 20)], &burn()).unwrap();
    let (atoms, gold) = (suite.supply(ATOM), suite.supply(GOLD));

    let response = suite.pay_out(ATOM, &treasury).unwrap();
    let recipient = suite.account("treasury");
    assert_eq!(
        event(&response, "pay_out"),
        pairs(&[
            ("asset", ATOM),
            ("amount", "100"),
            ("account", "7"),
            ("recipient", recipient.as_str()),
        ])
    );
    suite.pay_out(GOLD, &treasury).unwrap();
    assert_eq!(suite.purse("treasury", ATOM), 100);
    assert_eq!(suite.purse("treasury", GOLD), 50);
    assert_eq!(suite.supply(ATOM), atoms);
    assert_eq!(suite.supply(GOLD), gold);
    assert_eq!(suite.books(ATOM), (0, 860, 40, 900));

    let response = suite.pay_out(ATOM, &burn()).unwrap();
    assert_eq!(
        event(&response, "pay_out"),
        pairs(&[("asset", ATOM), ("amount", "40"), ("account", "7")])
    );
    suite.pay_out(GOLD, &burn()).unwrap();
    assert_eq!(suite.supply(ATOM), atoms - 40);
    assert_eq!(suite.supply(GOLD), gold - 20);
    assert_eq!(suite.books(ATOM), (0, 860, 0, 860));
    assert_eq!(suite.books(GOLD), (0, 430, 0, 430));
    assert_eq!(suite.seized(ATOM), []);

    for (asset, destination) in [(ATOM, treasury), (GOLD, burn())] {
        let nothing = ContractError::NothingSeized {
            asset: asset.into(),
            account: SERVICE,
            destination: destination.clone(),
        };
        suite.refuses(nothing, |s| s.pay_out(asset, &destination));
    }
    suite.refuses(unknown("gone"), |s| s.pay_out("gone", &burn()));
}

#[test]
fn what_is_booked_for_one_destination_is_not_another_s() {
    let mut suite = staked();
    let treasury = suite.send_to("treasury");
    suite.seize(&[(ATOM, 100)], &treasury).unwrap();
    let stranger = suite.send_to("stranger");
    for destination in [stranger, burn()] {
        let nothing = ContractError::NothingSeized {
            asset: ATOM.into(),
            account: SERVICE,
            destination: destination.clone(),
        };
        suite.refuses(nothing, |s| s.pay_out(ATOM, &destination));
    }
    assert_eq!(suite.seized(ATOM), [(treasury, 100)]);
}

#[test]
fn seizures_and_releases_need_no_rate() {
    let mut suite = Suite::new();
    suite.deposit("alice", LST, 1_000, Some("val")).unwrap();
    suite.break_provider();
    suite.net.host.advance(10 * 24 * HOUR);
    suite.seize(&[(LST, 100)], &burn()).unwrap();
    suite.pay_out(LST, &burn()).unwrap();
    suite.release(LST, 900, "alice").unwrap();
    assert_eq!(suite.purse("alice", LST), PURSE - 100);
    assert_eq!(suite.books(LST), (0, 0, 0, 0));
}

#[test]
fn seizures_are_listed_by_account_and_destination_in_bounded_pages() {
    let mut suite = staked();
    let mut recipients: Vec<Destination> = (0..50)
        .map(|number| suite.send_to(&format!("recipient {number}")))
        .collect();
    recipients.sort_by_key(Destination::recipient);
    recipients.insert(0, burn());
    let mut all = vec![];
    // The accounts in an order that is neither theirs nor that of their names.
    for account in [10_000, 0, 300] {
        for destination in &recipients {
            let payees = [payee(account, destination, "1")];
            suite.seize_for(&[(ATOM, 2)], &payees).unwrap();
            all.push((account, destination.clone()));
        }
    }
    all.sort_by_key(|(account, _)| *account);
    let page = |start_after: Option<&(u32, Destination)>, limit| {
        let page: Vec<SeizedResponse> = suite.query(&QueryMsg::Seized {
            asset: ATOM.into(),
            start_after: start_after.cloned(),
            limit,
        });
        assert!(page.iter().all(|seized| seized.amount.u128() == 2));
        page.into_iter()
            .map(|seized| (seized.account, seized.destination))
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, None), all[..30]);
    assert_eq!(page(None, Some(u32::MAX)), all[..100]);
    assert_eq!(page(Some(&all[0]), Some(2)), all[1..3]);
    assert_eq!(page(Some(&all[50]), Some(2)), all[51..53]);
    assert_eq!(page(Some(&all[99]), Some(100)), all[100..]);
    let unknown = suite.query_error(&QueryMsg::Seized {
        asset: "gone".into(),
        start_after: None,
        limit: None,
    });
    assert!(unknown.contains("no asset is called gone"), "{unknown}");
}
