//! Deposits from another chain, in one transaction there: what is taken stands behind an operator, what is
//! refused is back with who sent it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use cosmwasm_std::{coin, Decimal, IbcTimeout};
use palisade_ibc::DepositMemo;
use palisade_suite::*;
use palisade_testing::Side;
use palisade_types::asset::{AssetAmount, AssetKind};
use palisade_types::token::Token;
use palisade_types::vault::{ExecuteMsg, QueryMsg};

/// A liquid staking token of the consumer, by its own name, and as the asset that it is here.
const LIQUID: &str = "uliquid";
const ASSET: &str = "liquid";
const PURSE: u128 = 1_000;

/// North is an operator; alice's sister has tokens on the consumer, which the vault takes.
fn world() -> Suite {
    let mut suite = Suite::new();
    suite.register_operator("north");
    let denom = suite.voucher(LIQUID);
    suite.register_asset(ASSET, AssetKind::Native { denom }, Decimal::one());
    let sister = suite.consumer("sister");
    suite.net.consumer.mint(&sister, PURSE, LIQUID).unwrap();
    suite
}

/// Sends tokens to the vault, with a memo.
fn send(suite: &mut Suite, amount: u128, memo: String) {
    let (sister, vault) = (suite.consumer("sister"), suite.vault.clone());
    let channel = suite.transfer.b.id.clone();
    let timeout = IbcTimeout::with_timestamp(suite.net.consumer.time().plus_seconds(60));
    let coin = coin(amount, LIQUID);
    let consumer = &mut suite.net.consumer;
    let sent = consumer.ibc_transfer(&sister, &channel, &vault, coin, timeout, Some(memo));
    sent.unwrap();
}

fn memo(suite: &Suite, operator: Option<&str>) -> String {
    let operator = operator.map(|name| suite.host(name).to_string());
    let memo = DepositMemo::deposit(suite.vault.as_str(), suite.host("alice"), operator);
    cosmwasm_std::to_json_string(&memo).unwrap()
}

/// What the sister has, what is on its way or here, what alice has staked and idle.
fn state(suite: &Suite) -> (u128, u128, u128, u128) {
    let sister = suite.consumer("sister");
    let idle: Vec<AssetAmount> = suite.ask(
        &suite.vault,
        &QueryMsg::Idle {
            owner: suite.host("alice").to_string(),
            start_after: None,
            limit: None,
        },
    );
    (
        suite.net.consumer.balance(&sister, LIQUID).unwrap(),
        suite.holds(&suite.vault, &Token::native(suite.voucher(LIQUID))),
        suite.position("alice", "north", ASSET),
        idle.iter().map(|idle| idle.amount.u128()).sum(),
    )
}

#[test]
fn one_transfer_is_a_deposit_behind_an_operator() {
    let mut suite = world();
    let note = memo(&suite, Some("north"));
    send(&mut suite, 600, note);
    assert_eq!(state(&suite), (400, 0, 0, 0));
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    suite.net.receive(&packet).unwrap();
    assert_eq!(state(&suite), (400, 600, 600, 0));
    assert!(suite.net.receive(&packet).unwrap().redundant);
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(state(&suite), (400, 600, 600, 0));
    assert_eq!(suite.stake("north", ASSET), 600);

    let note = memo(&suite, None);
    send(&mut suite, 150, note);
    suite.net.relay_all().unwrap();
    assert_eq!(state(&suite), (250, 750, 600, 150));
    assert!(suite.books(ASSET).balance_to_the_unit());

    // It leaves as any other stake does.
    suite
        .try_undelegate("alice", "north", ASSET, Some(600))
        .unwrap();
    suite.wait(UNBONDING + EPOCH);
    suite.try_claim("alice", "north", ASSET).unwrap();
    let alice = suite.host("alice");
    let voucher = suite.voucher(LIQUID);
    assert_eq!(suite.net.host.balance(&alice, &voucher).unwrap(), 600);
}

#[test]
fn what_is_refused_is_back_where_it_came_from() {
    let mut suite = world();
    let (vault, alice) = (suite.vault.to_string(), suite.host("alice"));
    let stranger = suite.host("stranger");
    let note = |text: String| format!(r#"{{"dest_callback":{{"address":"{vault}"}}{text}}}"#);
    let wrong = [
        note(String::new()),
        note(r#","palisade":{"service":1}"#.into()),
        note(r#","palisade":{"deposit":{"operator":"x"}}"#.into()),
        note(r#","palisade":{"deposit":{"owner":"elsewhere1alice"}}"#.into()),
        note(format!(
            r#","palisade":{{"deposit":{{"owner":"{alice}","oprator":"x"}}}}"#
        )),
        // Nobody's operator, refused by the contract behind the vault.
        memo(&suite, Some("stranger")),
    ];
    for memo in wrong {
        send(&mut suite, 600, memo.clone());
        assert_eq!(state(&suite), (400, 0, 0, 0));
        suite.net.relay_all().unwrap();
        assert_eq!(state(&suite), (PURSE, 0, 0, 0), "{memo}");
    }
    // So is what never arrives.
    let note = memo(&suite, Some("north"));
    send(&mut suite, 600, note);
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    suite.net.pass_timeout(&packet).unwrap();
    suite.net.timeout(&packet).unwrap();
    assert_eq!(state(&suite), (PURSE, 0, 0, 0));
    assert_eq!(suite.position("stranger", "stranger", ASSET), 0);
    let voucher = suite.voucher(LIQUID);
    assert_eq!(suite.net.host.balance(&stranger, &voucher).unwrap(), 0);
    assert_eq!(suite.net.host.supply(&voucher).unwrap().u128(), 0);
}

#[test]
fn a_transfer_without_any_callback_is_nobodys_and_the_owner_sends_it_back() {
    let mut suite = world();
    for memo in ["", "to the vault, please", r#"{"dest_calback":{}}"#] {
        send(&mut suite, 100, memo.to_string());
        suite.net.relay_all().unwrap();
    }
    let note = memo(&suite, None);
    send(&mut suite, 200, note);
    suite.net.relay_all().unwrap();
    assert_eq!(state(&suite), (500, 500, 0, 200));
    let token = Token::native(suite.voucher(LIQUID));
    let recipient = suite.host("sister").to_string();
    let vault = suite.vault.clone();
    let recover = ExecuteMsg::Recover { token, recipient };
    suite
        .try_on_host("alice", &vault, &recover, &[])
        .unwrap_err();
    suite.try_on_host("owner", &vault, &recover, &[]).unwrap();
    assert_eq!(state(&suite), (500, 200, 0, 200));
    let (home, voucher) = (suite.host("sister"), suite.voucher(LIQUID));
    assert_eq!(suite.net.host.balance(&home, &voucher).unwrap(), 300);
    suite
        .try_on_host("owner", &vault, &recover, &[])
        .unwrap_err();
}
