//! The worked example of `docs/rewards.md`, number by number.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use cosmwasm_std::{coins, Decimal};
use palisade_suite::*;
use palisade_types::allocation::{EarnedResponse, QueryMsg, ServiceId};
use palisade_types::asset::AssetKind;
use palisade_types::delegation;
use palisade_types::slashing::Source;
use palisade_types::token::Token;
use palisade_types::vault;

const OSMO: &str = "osmo";
const HOURS: u64 = 3_600;

fn usd() -> Token {
    Token::native("uusd")
}

fn deposit_osmo(suite: &mut Suite, staker: &str, operator: &str, amount: u128) {
    let sender = suite.host(staker);
    suite.net.host.mint(&sender, amount, "uosmo").unwrap();
    let msg = vault::ExecuteMsg::Deposit {
        operator: Some(suite.host(operator).to_string()),
        owner: None,
    };
    let vault = suite.vault.clone();
    let funds = coins(amount, "uosmo");
    suite.try_on_host(staker, &vault, &msg, &funds).unwrap();
}

/// To the next boundary of a reward period, which is one of an epoch too.
fn next_period(suite: &mut Suite) {
    let query = delegation::QueryMsg::Epoch {};
    let epoch: delegation::EpochResponse = suite.ask(&suite.delegation, &query);
    let left = epoch.end.minus_nanos(suite.net.host.time().nanos());
    suite.wait(left.seconds());
}

/// Everything is as the table says, and has been for an epoch; the service has paid.
fn paid() -> (Suite, ServiceId) {
    let mut suite = Suite::new();
    let native = AssetKind::Native {
        denom: "uosmo".to_string(),
    };
    suite.register_asset(OSMO, native, Decimal::one());
    suite.register_operator_with("ada", 10);
    suite.register_operator("bo");
    suite.deposit("sam", "ada", 500_000);
    suite.deposit("others", "ada", 1_500_000);
    suite.deposit("ada", "ada", 400_000);
    deposit_osmo(&mut suite, "others", "ada", 600_000);
    suite.deposit("others", "bo", 1_000_000);
    let mut terms = terms(Decimal::percent(20), false);
    terms.assets = vec![ATOM.to_string(), OSMO.to_string()];
    let source = Source::Local {
        slasher: suite.host("oracle").to_string(),
    };
    let service = suite.register_service("oracle", terms, source, settings());
    for operator in ["ada", "bo"] {
        let slices = vec![slice(ATOM, 20), slice(OSMO, 20)];
        suite.try_opt_in(operator, service, false, slices).unwrap();
    }
    suite.wait(ALLOCATION_DELAY);
    suite.sync(service);
    suite.wait(EPOCH);
    suite.sync(service);
    next_period(&mut suite);
    suite.try_name_rewards("oracle", service, &[usd()]).unwrap();
    suite
        .try_pay_rewards("treasury", service, 400_000, "uusd")
        .unwrap();
    (suite, service)
}

#[test]
fn the_worked_example() {
    let (mut suite, service) = paid();
    assert_eq!(suite.service_rewards(service)[0].weight.u128(), 4_000_000);
    assert_eq!(suite.earned(service, "ada", &usd()), 300_000);
    assert_eq!(suite.earned(service, "bo", &usd()), 100_000);
    let query = QueryMsg::Earned {
        service,
        operator: suite.host("ada").to_string(),
    };
    let earned: Vec<EarnedResponse> = suite.ask(&suite.allocation, &query);
    let parts = &earned[0].parts;
    assert_eq!(
        (parts[0].asset.as_str(), parts[0].amount.u128()),
        (ATOM, 240_000)
    );
    assert_eq!(
        (parts[1].asset.as_str(), parts[1].amount.u128()),
        (OSMO, 60_000)
    );

    // Jil comes a block before the harvest, and is gone a block after it.
    suite.deposit("jil", "ada", 2_000_000);
    suite.net.host.next_block();
    suite.try_harvest("anybody", service, "ada").unwrap();
    suite.net.host.next_block();
    suite.try_undelegate("jil", "ada", ATOM, None).unwrap();
    assert_eq!(suite.commission("ada", &usd()), 30_000);
    let waiting = |suite: &Suite, asset| suite.flows("ada", asset)[0].waiting.u128();
    assert_eq!(waiting(&suite, ATOM), 216_000);
    assert_eq!(waiting(&suite, OSMO), 54_000);

    next_period(&mut suite);
    assert_eq!(suite.claimable_in("sam", &usd()), 0);
    suite.wait(6 * HOURS);
    assert_eq!(suite.claimable_in("sam", &usd()), 11_250);
    let flow = &suite.flows("ada", ATOM)[0];
    assert_eq!(flow.flowing.u128(), 162_000);
    // 162,000 over 2,400,000.
    assert_eq!(
        flow.per_unit,
        Decimal::permille(67) + Decimal::permille(5) / cosmwasm_std::Uint128::new(10)
    );
    suite.wait(18 * HOURS);
    assert_eq!(suite.claimable_in("sam", &usd()), 45_000);
    assert_eq!(suite.claimable_in("ada", &usd()), 36_000);
    assert_eq!(suite.claimable_in("jil", &usd()), 0);
    // The others have the rest of atom, and all of osmo.
    assert_eq!(suite.claimable_in("others", &usd()), 135_000 + 54_000);
}

#[test]
fn who_comes_for_a_quarter_of_the_flow_earns_by_stake_and_time() {
    let (mut suite, service) = paid();
    suite.try_harvest("anybody", service, "ada").unwrap();
    next_period(&mut suite);
    suite.deposit("jil", "ada", 2_000_000);
    suite.wait(6 * HOURS);
    suite.try_undelegate("jil", "ada", ATOM, None).unwrap();
    assert_eq!(suite.claimable_in("jil", &usd()), 24_545);
    suite.wait(18 * HOURS);
    assert_eq!(suite.claimable_in("jil", &usd()), 24_545);
}
