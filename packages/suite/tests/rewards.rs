//! Two services pay their operators in three tokens, one of them from another chain; operators harvest,
//! stakers claim, one compounds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    missing_docs
)]

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Decimal, Order, Storage};
use cw_multi_test::AppResponse;
use palisade_allocation::ContractError as AllocationError;
use palisade_delegation::ContractError as DelegationError;
use palisade_gateway::ContractError as GatewayError;
use palisade_suite::*;
use palisade_testing::{HarnessError, Side};
use palisade_types::allocation::ServiceId;
use palisade_types::token::Token;

/// What the local service pays in, beside the cw20.
const GEM: &str = "ugem";
/// What the consumer pays in, by its own name.
const COIN: &str = "ucoin";
const STAKERS: [&str; 5] = ["alice", "bob", "carol", "north", "south"];

/// North with 600,000 of alice's and 400,000 of carol's, south with 3,000,000 of bob's, both in the
/// consumer's service; north alone in the local one. North keeps 10 %. Everybody counts since an epoch.
fn world() -> (Suite, ServiceId, ServiceId) {
    let mut suite = Suite::new();
    suite.register_operator_with("north", 10);
    suite.register_operator("south");
    suite.deposit("alice", "north", 600_000);
    suite.deposit("carol", "north", 400_000);
    suite.deposit("bob", "south", 3_000_000);
    let chain = suite.register_consumer(Decimal::percent(5));
    let local = suite.register_local("oracle", Decimal::percent(30));
    for operator in ["north", "south"] {
        let slices = vec![slice(ATOM, 5)];
        suite.try_opt_in(operator, chain, true, slices).unwrap();
    }
    let slices = vec![slice(ATOM, 30)];
    suite.try_opt_in("north", local, false, slices).unwrap();
    suite.settle(chain);
    suite.sync(local);
    count(&mut suite, &[chain, local]);
    (suite, chain, local)
}

/// An epoch later the services look again: what counted then counts for rewards.
fn count(suite: &mut Suite, services: &[ServiceId]) {
    suite.wait(EPOCH);
    for service in services {
        suite.sync(*service);
    }
    suite.net.relay_all().unwrap();
}

/// To the beginning of the next reward period.
fn next_period(suite: &mut Suite) {
    let epoch: palisade_types::delegation::EpochResponse = suite.ask(
        &suite.delegation,
        &palisade_types::delegation::QueryMsg::Epoch {},
    );
    let left = epoch.end.minus_nanos(suite.net.host.time().nanos());
    suite.wait(left.seconds());
}

/// The three tokens: native, from the consumer, cw20.
fn tokens(suite: &Suite) -> [Token; 3] {
    [
        Token::native(GEM),
        Token::native(suite.voucher(COIN)),
        Token::cw20(suite.token.to_string()),
    ]
}

fn amounts(suite: &Suite, name: &str) -> [u128; 3] {
    tokens(suite).map(|token| suite.claimable_in(name, &token))
}

#[test]
fn three_tokens_from_two_services_on_two_chains() {
    let (mut suite, chain, local) = world();
    let [gem, voucher, cw20] = tokens(&suite);
    suite
        .try_name_rewards("oracle", local, &[gem.clone(), cw20.clone()])
        .unwrap();
    suite
        .try_name_rewards("consumer-admin", chain, std::slice::from_ref(&voucher))
        .unwrap();
    suite.route_rewards(chain);

    // In: 1,000,000 and 600,000 on the host, 4,000,000 from the consumer.
    suite
        .try_pay_rewards("oracle", local, 1_000_000, GEM)
        .unwrap();
    suite
        .try_pay_rewards_cw20("oracle", local, 600_000)
        .unwrap();
    suite.fund_gateway(4_000_000, COIN);
    suite.try_send_rewards(COIN).unwrap();
    let gateway = suite.gateway.clone();
    let consumer = |suite: &Suite, of: &Addr| suite.net.consumer.balance(of, COIN).unwrap();
    let escrow = suite.net.consumer.escrow(&suite.transfer.b.id).unwrap();
    assert_eq!(
        (consumer(&suite, &gateway), consumer(&suite, &escrow)),
        (0, 4_000_000)
    );
    assert_eq!(suite.holds(&suite.allocation, &voucher), 0);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.holds(&suite.allocation, &voucher), 4_000_000);
    let paid = |suite: &Suite, service| -> Vec<u128> {
        let pots = suite.service_rewards(service);
        pots.iter().map(|pot| pot.paid.u128()).collect()
    };
    assert_eq!(paid(&suite, local), [1_000_000, 600_000]);
    assert_eq!(paid(&suite, chain), [4_000_000]);

    // By power: 1,000,000 to 3,000,000 at the consumer; north alone in the local service.
    let earned = |suite: &Suite, service, operator| {
        tokens(suite).map(|token| suite.earned(service, operator, &token))
    };
    assert_eq!(earned(&suite, chain, "north"), [0, 1_000_000, 0]);
    assert_eq!(earned(&suite, chain, "south"), [0, 3_000_000, 0]);
    assert_eq!(earned(&suite, local, "north"), [1_000_000, 0, 600_000]);

    // Harvested by the operator or by anybody, once.
    suite.try_harvest("north", local, "north").unwrap();
    suite.try_harvest("anybody", chain, "north").unwrap();
    suite.try_harvest("south", chain, "south").unwrap();
    let error = suite.try_harvest("north", chain, "north").unwrap_err();
    assert!(matches!(
        refusal::<AllocationError>(&error),
        AllocationError::NothingEarned { .. }
    ));
    for (token, all) in tokens(&suite).iter().zip([1_000_000, 4_000_000, 600_000]) {
        assert_eq!(suite.holds(&suite.allocation, token), 0);
        assert_eq!(suite.holds(&suite.delegation, token), all);
        assert!(suite.reward_books(token, &STAKERS).balance(0));
    }
    let commission = |suite: &Suite| tokens(suite).map(|t| suite.commission("north", &t));
    assert_eq!(commission(&suite), [100_000, 100_000, 60_000]);
    for name in STAKERS {
        assert_eq!(amounts(&suite, name), [0; 3], "{name}");
    }

    // Half of the next period: half of it, 6 : 4 at north.
    next_period(&mut suite);
    suite.wait(REWARD_PERIOD / 2);
    assert_eq!(amounts(&suite, "alice"), [270_000, 270_000, 162_000]);
    assert_eq!(amounts(&suite, "carol"), [180_000, 180_000, 108_000]);
    assert_eq!(amounts(&suite, "bob"), [0, 1_500_000, 0]);
    suite.try_claim_rewards("bob").unwrap();
    suite.wait(REWARD_PERIOD / 2);
    assert_eq!(amounts(&suite, "alice"), [540_000, 540_000, 324_000]);
    assert_eq!(amounts(&suite, "carol"), [360_000, 360_000, 216_000]);
    assert_eq!(amounts(&suite, "bob"), [0, 1_500_000, 0]);

    // Carol puts the cw20, which is a registered asset, behind north again.
    suite
        .try_compound("carol", std::slice::from_ref(&cw20))
        .unwrap();
    assert_eq!(suite.position("carol", "north", STATOM), 216_000);
    assert_eq!(amounts(&suite, "carol"), [360_000, 360_000, 0]);
    // The others are none that the vault takes.
    suite
        .try_compound("carol", std::slice::from_ref(&gem))
        .unwrap_err();
    assert_eq!(amounts(&suite, "carol"), [360_000, 360_000, 0]);
    for name in ["alice", "carol", "bob"] {
        suite.try_claim_rewards(name).unwrap();
        let error = suite.try_claim_rewards(name).unwrap_err();
        assert!(matches!(
            refusal::<DelegationError>(&error),
            DelegationError::NothingToClaim { .. }
        ));
    }
    suite.try_claim_commission("north").unwrap();

    // All of it arrived, and nothing else did.
    let has = |suite: &Suite, name: &str| tokens(suite).map(|t| suite.holds(&suite.host(name), &t));
    assert_eq!(has(&suite, "alice"), [540_000, 540_000, 324_000]);
    assert_eq!(has(&suite, "carol"), [360_000, 360_000, 0]);
    assert_eq!(has(&suite, "bob"), [0, 3_000_000, 0]);
    assert_eq!(has(&suite, "north"), [100_000, 100_000, 60_000]);
    assert_eq!(has(&suite, "south"), [0; 3]);
    for token in tokens(&suite) {
        assert_eq!(suite.holds(&suite.delegation, &token), 0);
        assert!(suite.reward_books(&token, &STAKERS).balance(0));
    }
    assert_eq!(suite.holds(&suite.vault, &cw20), 216_000);
    assert!(suite.books(STATOM).balance_to_the_unit());

    // Back home, alice's coins are the consumer's own again.
    let (alice, home) = (suite.host("alice"), suite.consumer("alice"));
    let timeout = suite.net.consumer.timeout_in(600);
    let (channel, denom) = (suite.transfer.a.id.clone(), suite.voucher(COIN));
    let coin = cosmwasm_std::coin(540_000, denom);
    let host = &mut suite.net.host;
    host.ibc_transfer(&alice, &channel, &home, coin, timeout, None)
        .unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(consumer(&suite, &home), 540_000);
    assert_eq!(consumer(&suite, &escrow), 3_460_000);
}

#[test]
fn a_failed_transfer_is_refunded_and_sent_again_once() {
    let (mut suite, chain, _) = world();
    let voucher = Token::native(suite.voucher(COIN));
    let gateway = suite.gateway.clone();
    let held = |suite: &Suite| {
        let at_home = suite.net.consumer.balance(&suite.gateway, COIN).unwrap();
        (at_home, suite.holds(&suite.allocation, &voucher))
    };
    suite.fund_gateway(500, COIN);
    let error = suite.try_send_rewards(COIN).unwrap_err();
    assert!(error.contract_error::<GatewayError>().is_some());
    suite.route_rewards(chain);

    // The service did not name the token: refused on arrival, and so refunded.
    suite.try_send_rewards(COIN).unwrap();
    assert_eq!(held(&suite), (0, 0));
    suite.net.relay_all().unwrap();
    assert_eq!(held(&suite), (500, 0));
    assert_eq!(
        suite.net.host.supply(&suite.voucher(COIN)).unwrap().u128(),
        0
    );

    // Named, but late.
    let name = std::slice::from_ref(&voucher);
    suite
        .try_name_rewards("consumer-admin", chain, name)
        .unwrap();
    suite.try_send_rewards(COIN).unwrap();
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    suite.net.pass_timeout(&packet).unwrap();
    suite.net.timeout(&packet).unwrap();
    suite.net.timeout(&packet).unwrap();
    assert_eq!(held(&suite), (500, 0));

    // With what came meanwhile, in one packet; there is nothing to send a second time.
    suite.fund_gateway(70, COIN);
    suite.try_send_rewards(COIN).unwrap();
    let error = suite.try_send_rewards(COIN).unwrap_err();
    assert!(error.contract_error::<GatewayError>().is_some());
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    suite.net.receive(&packet).unwrap();
    assert!(suite.net.receive(&packet).unwrap().redundant);
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(held(&suite), (0, 570));
    let [pot] = &suite.service_rewards(chain)[..] else {
        panic!("one token")
    };
    assert_eq!((pot.paid.u128(), pot.held.u128()), (570, 0));
    let escrow = suite.net.consumer.escrow(&suite.transfer.b.id).unwrap();
    assert_eq!(suite.net.consumer.balance(&escrow, COIN).unwrap(), 570);
    assert_eq!(suite.net.consumer.balance(&gateway, COIN).unwrap(), 0);
}

#[test]
fn what_a_slash_burns_earned_until_then() {
    let (mut suite, _, local) = world();
    let gem = Token::native(GEM);
    let name = std::slice::from_ref(&gem);
    suite.try_name_rewards("oracle", local, name).unwrap();
    suite
        .try_pay_rewards("oracle", local, 1_000_000, GEM)
        .unwrap();
    suite.try_harvest("north", local, "north").unwrap();
    next_period(&mut suite);
    suite.wait(REWARD_PERIOD / 2);
    let slash = suite.slash(local, 1, "north", "double_sign");
    suite.try_slash("oracle", local, slash).unwrap();
    assert_eq!(suite.stake("north", ATOM), 700_000);
    assert_eq!(suite.claimable_in("alice", &gem), 270_000);
    suite.wait(REWARD_PERIOD / 2);
    // Six to four still: what is lost is principal, and the same of everybody.
    assert_eq!(suite.claimable_in("alice", &gem), 540_000);
    assert_eq!(suite.claimable_in("carol", &gem), 360_000);

    // Tombstoned: the next payment finds nobody, and waits.
    suite.sync(local);
    suite.try_pay_rewards("oracle", local, 50_000, GEM).unwrap();
    let pots = suite.service_rewards(local);
    assert_eq!(pots.first().map(|pot| pot.held.u128()), Some(50_000));
    assert_eq!(suite.earned(local, "north", &gem), 0);
    assert!(suite.reward_books(&gem, &STAKERS).balance(0));
}

/// All that the host's storage holds.
fn dump(suite: &Suite) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let storage = suite.net.host.app.storage();
    storage.range(None, None, Order::Ascending).collect()
}

/// What a transaction did: how many events, and how many records it wrote or removed.
fn effort(
    suite: &mut Suite,
    act: impl FnOnce(&mut Suite) -> Result<AppResponse, HarnessError>,
) -> (usize, usize) {
    let before = dump(suite);
    let events = act(suite).unwrap().events.len();
    let after = dump(suite);
    let written = after.iter().filter(|(key, v)| before.get(*key) != Some(v));
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    (events, written.count() + removed.count())
}

/// What payment, harvest and a claim take with so many stakers more, of one token each.
fn efforts(more: u32) -> [(usize, usize); 3] {
    let (mut suite, _, local) = world();
    let gem = Token::native(GEM);
    let name = std::slice::from_ref(&gem);
    suite.try_name_rewards("oracle", local, name).unwrap();
    for number in 0..more {
        suite.deposit(&format!("staker-{number}"), "north", 1_000);
    }
    // Who pays has the coins already, as everybody has who claims: so a balance is no new record.
    suite.try_pay_rewards("oracle", local, 1_000, GEM).unwrap();
    suite.net.host.mint(&suite.host("oracle"), 1, GEM).unwrap();
    suite.net.host.mint(&suite.host("alice"), 1, GEM).unwrap();
    let pay = effort(&mut suite, |suite| {
        suite.try_pay_rewards("oracle", local, 2_000_000, GEM)
    });
    let harvest = effort(&mut suite, |suite| {
        suite.try_harvest("anybody", local, "north")
    });
    next_period(&mut suite);
    suite.wait(REWARD_PERIOD);
    let claim = effort(&mut suite, |suite| suite.try_claim_rewards("alice"));

    // 90 % of 2,001,000 over 1,000,000 and what joined, to the unit.
    let stake = 1_000_000 + u128::from(more) * 1_000;
    let share = |tokens: u128| 1_800_900 * tokens / stake;
    let near = |name: &str, tokens: u128, had: u128| {
        let has = suite.holds(&suite.host(name), &gem) - had + suite.claimable_in(name, &gem);
        let short = share(tokens) - has;
        assert!(short <= 1, "{name}: {has} of {}", share(tokens));
    };
    near("alice", 600_000, 1);
    near("carol", 400_000, 0);
    for number in 0..more {
        near(&format!("staker-{number}"), 1_000, 0);
    }
    [pay, harvest, claim]
}

#[test]
fn rewards_take_the_same_for_a_thousand_stakers() {
    assert_eq!(efforts(0), efforts(1_000));
}
