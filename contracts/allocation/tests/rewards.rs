//! Rewards: who earns what, of which assets, and when. An epoch is a day.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::{Rewarded, FEE};
use common::{amount, opt_in, Stage, ALLOCATION_DELAY, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::{Addr, Decimal, Order, StdResult, Uint128};
use palisade_allocation::state::{EARNERS, POTS};
use palisade_types::allocation::*;
use palisade_types::token::Token;

#[test]
fn two_operators_of_three_to_one() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    let response = stage.pay(service, 403);
    let event = response.events.iter().find(|e| e.ty == "wasm-pay_rewards");
    let told = |key: &str| {
        let attributes = &event.unwrap().attributes;
        attributes
            .iter()
            .find(|a| a.key == key)
            .unwrap()
            .value
            .clone()
    };
    assert_eq!(told("sender"), stage.who("payer").to_string());
    assert_eq!(told("token"), "native/ufee");
    assert_eq!(
        (told("amount").as_str(), told("held").as_str()),
        ("403", "0")
    );

    // 302.25 and 100.75: both are rounded down, and the unit stays here.
    assert_eq!(stage.earned_sum(service, "ann"), 302);
    assert_eq!(stage.earned_sum(service, "bob"), 100);
    assert_eq!(stage.balance(&stage.allocation, FEE), 403);

    let msg = stage.harvest(service, "ann");
    let events = stage.run("anybody", &msg).events;
    let harvest = events.iter().find(|e| e.ty == "wasm-harvest").unwrap();
    let told: Vec<_> = harvest.attributes[1..]
        .iter()
        .map(|a| (a.key.as_str(), a.value.clone()))
        .collect();
    let expected = [
        ("service", "1".to_string()),
        ("operator", stage.who("ann").to_string()),
        ("token", "native/ufee".to_string()),
        ("amount", "302".to_string()),
        ("earned_atom", "302".to_string()),
    ];
    assert_eq!(told, expected);
    let rewarded = Rewarded {
        token: Token::native(FEE),
        amount: Uint128::new(302),
        operator: stage.who("ann").to_string(),
        parts: vec![amount(ATOM, 302)],
        by_operator: false,
    };
    assert_eq!(stage.rewarded(), [rewarded]);
    assert_eq!(stage.balance(&stage.delegation, FEE), 302);
    assert_eq!(stage.balance(&stage.allocation, FEE), 101);

    let msg = stage.harvest(service, "bob");
    stage.run("bob", &msg);
    assert!(stage.rewarded()[1].by_operator);
    let expected = ServiceRewardsResponse {
        token: Token::native(FEE),
        paid: Uint128::new(403),
        harvested: Uint128::new(402),
        taken_back: Uint128::zero(),
        held: Uint128::zero(),
        weight: Uint128::new(4_000_000),
    };
    assert_eq!(stage.pot(service), expected);
}

#[test]
fn one_reward_paid_twice() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.pay(service, 400);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert_eq!(stage.earned(service, "ann"), []);
    let nothing = stage.nothing_earned(service, "ann");
    stage.refused("ann", &msg, &nothing);
    // Neither does a sync bring it back, nor a change of weight.
    stage.put("ann", ATOM, 1_000_000);
    stage.next_epoch(service);
    stage.refused("ann", &msg, &nothing);
    stage.pay(service, 10);
    stage.run("ann", &msg);
    let amounts: Vec<_> = stage.rewarded().iter().map(|r| r.amount.u128()).collect();
    assert_eq!(amounts, [300, 5]);
    assert_eq!(stage.earned_sum(service, "bob"), 105);
}

#[test]
fn just_in_time_power_taking_rewards() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    // Ten times the stake, synced and paid in one block: as before.
    stage.put("bob", ATOM, 10_000_000);
    stage.sync(service);
    stage.sync(service);
    assert_eq!(stage.member(service, "bob").power.u128(), 10_000_000);
    stage.pay(service, 400);
    assert_eq!(stage.earned_sum(service, "ann"), 300);
    assert_eq!(stage.earned_sum(service, "bob"), 100);

    // Less counts at once, and what came before stays.
    stage.put("ann", ATOM, 500_000);
    stage.sync(service);
    stage.pay(service, 300);
    assert_eq!(stage.earned_sum(service, "ann"), 300 + 100);
    assert_eq!(stage.earned_sum(service, "bob"), 100 + 200);

    // In the next epoch the tenfold counts, once it was synced.
    stage.wait(DAY);
    stage.pay(service, 300);
    assert_eq!(stage.earned_sum(service, "bob"), 300 + 200);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 10_500_000);
    stage.pay(service, 1_050);
    assert_eq!(stage.earned_sum(service, "ann"), 400 + 100 + 50);
    assert_eq!(stage.earned_sum(service, "bob"), 500 + 1_000);

    // Gone for a whole epoch and back for the payout in the next.
    stage.put("bob", ATOM, 0);
    stage.sync(service);
    stage.next_epoch(service);
    stage.wait(DAY);
    stage.put("bob", ATOM, 10_000_000);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 500_000);
    // Skipped epochs do not make it older: the last one with a sync counts.
    stage.wait(5 * DAY);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 10_500_000);
}

#[test]
fn a_reward_is_split_by_what_counted_when_it_came() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    stage.put("ann", ATOM, 1_000_000);
    stage.put("ann", OSMO, 3_000_000);
    stage.promise("ann", service, &[ATOM, OSMO], 10);
    stage.sync(service);
    stage.next_epoch(service);
    stage.pay(service, 400);
    assert_eq!(
        stage.earned(service, "ann")[0].parts,
        [amount(ATOM, 100), amount(OSMO, 300)]
    );
    stage.put("ann", OSMO, 1_000_000);
    stage.sync(service);
    stage.pay(service, 200);
    let parts = [amount(ATOM, 200), amount(OSMO, 400)];
    assert_eq!(stage.earned(service, "ann")[0].parts, parts);
    // An asset that counts nothing gets nothing.
    stage.put("ann", ATOM, 0);
    stage.sync(service);
    stage.pay(service, 50);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert_eq!(
        stage.rewarded()[0].parts,
        [amount(ATOM, 200), amount(OSMO, 450)]
    );
}

#[test]
fn the_split_changes_under_a_cap_that_keeps_the_weight() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    let msg = ExecuteMsg::UpdateService {
        service,
        change: ServiceChange {
            max_share: Some(Decimal::percent(25)),
            ..ServiceChange::default()
        },
    };
    stage.run("admin", &msg);
    stage.put("ann", ATOM, 2_000_000);
    stage.put("ann", OSMO, 1_000_000);
    stage.put("bob", ATOM, 1_000_000);
    stage.run("ann", &opt_in(service, &[ATOM, OSMO], 10));
    stage.run("bob", &opt_in(service, &[ATOM], 10));
    stage.wait(ALLOCATION_DELAY);
    stage.sync(service);
    stage.next_epoch(service);
    // Three millions to one, but nobody counts with more than a quarter of the four.
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
    stage.pay(service, 300);
    assert_eq!(
        stage.earned(service, "ann")[0].parts,
        [amount(ATOM, 100), amount(OSMO, 50)]
    );
    stage.put("ann", ATOM, 1_000_000);
    stage.put("ann", OSMO, 2_000_000);
    stage.sync(service);
    assert_eq!(stage.pot(service).weight.u128(), 2_000_000);
    stage.pay(service, 300);
    assert_eq!(
        stage.earned(service, "ann")[0].parts,
        [amount(ATOM, 175), amount(OSMO, 125)]
    );
    assert_eq!(stage.earned_sum(service, "bob"), 300);
}

#[test]
fn a_payment_while_nobody_counts_waits() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    stage.pay(service, 100);
    assert_eq!(stage.pot(service).held.u128(), 100);
    stage.put("ann", ATOM, 1_000_000);
    stage.promise("ann", service, &[ATOM], 10);
    stage.sync(service);
    let response = stage.pay(service, 50);
    let told = |held: &str| {
        let pay = response.events.iter().find(|e| e.ty == "wasm-pay_rewards");
        pay.unwrap()
            .attributes
            .iter()
            .any(|a| a.key == "held" && a.value == held)
    };
    assert!(told("150"), "{response:?}");
    assert_eq!(stage.earned(service, "ann"), []);
    stage.refused(
        "ann",
        &stage.harvest(service, "ann"),
        &stage.nothing_earned(service, "ann"),
    );

    stage.next_epoch(service);
    assert_eq!(stage.pot(service).held.u128(), 0);
    assert_eq!(stage.earned_sum(service, "ann"), 150);
    // Whoever counts later has no part in it, though nothing touched the rewards until then.
    stage.begin(service, &[("bob", 1_000_000)]);
    assert_eq!(stage.earned_sum(service, "ann"), 150);
    assert_eq!(stage.earned_sum(service, "bob"), 0);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert_eq!(stage.balance(&stage.allocation, FEE), 0);
}

#[test]
fn held_rewards_going_to_whoever_is_synced_first() {
    // Pages of one operator. The rise may come with any page of a pass.
    for earlier in [0, 1] {
        let mut stage = Stage::new();
        let service = stage.service(10);
        stage.name_tokens(service, &[Token::native(FEE)]);
        let mut by_address = ["ann", "bob", "cyd"].map(|name| (stage.who(name), name));
        by_address.sort();
        for (_, name) in &by_address {
            stage.put(name, ATOM, 1_000_000);
            stage.run(name, &opt_in(service, &[ATOM], 10));
        }
        stage.wait(ALLOCATION_DELAY);
        stage.sync(service);
        stage.pay(service, 100);
        let mut cursor: Option<Addr> = None;
        for _ in 0..earlier {
            cursor = stage.checkpoint(service, cursor.as_ref(), 1).0.next;
        }
        stage.wait(DAY);
        cursor = stage.checkpoint(service, cursor.as_ref(), 1).0.next;
        assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
        // Neither what was held nor what comes now.
        let first = by_address[earlier].1;
        stage.pay(service, 200);
        stage.refused(
            first,
            &stage.harvest(service, first),
            &stage.nothing_earned(service, first),
        );
        assert_eq!(stage.pot(service).held.u128(), 300);
        // To the end of the pass, and where it was under way before, to the end of the next.
        for _ in 0..=earlier {
            while let Some(next) = cursor {
                cursor = stage.checkpoint(service, Some(&next), 1).0.next;
            }
            if earlier > 0 && stage.pot(service).held.u128() > 0 {
                cursor = stage.checkpoint(service, None, 1).0.next;
            }
        }
        assert_eq!(stage.pot(service).held.u128(), 0);
        for (_, name) in &by_address {
            assert_eq!(stage.earned_sum(service, name), 100, "{name}");
        }
    }
}

#[test]
fn a_jailed_operator_earns_until_the_sync_and_keeps_what_it_earned() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    let update = stage.sync(service);
    stage.slash("ann", service, update, 0, true);
    stage.pay(service, 400);
    assert_eq!(stage.earned_sum(service, "ann"), 300);
    stage.sync(service);
    stage.pay(service, 100);
    assert_eq!(stage.earned_sum(service, "ann"), 300);
    assert_eq!(stage.earned_sum(service, "bob"), 200);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert_eq!(stage.rewarded()[0].parts, [amount(ATOM, 300)]);
    assert_eq!(stage.earner(service, "ann"), None);

    // Let out again within the epoch, it earns from the next sync on: it counted in the last epoch.
    let operator = stage.who("ann").to_string();
    stage.run("slashing", &ExecuteMsg::Unjail { service, operator });
    stage.sync(service);
    assert_eq!(
        stage.pot(service).weight.u128(),
        4_000_000,
        "within one epoch"
    );
}

#[test]
fn leave_the_set_then_harvest() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.pay(service, 400);
    stage.run("ann", &ExecuteMsg::OptOut { service });
    // Its power was not told to be zero yet.
    stage.pay(service, 40);
    stage.sync(service);
    stage.pay(service, 10);
    assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
    stage.wait(UNBONDING);
    let operator = stage.who("ann").to_string();
    stage.run("anybody", &ExecuteMsg::Leave { service, operator });
    stage.pay(service, 10);
    assert_eq!(stage.earned_sum(service, "ann"), 330);
    assert_eq!(stage.earned_sum(service, "bob"), 110 + 20);
    assert!(stage.earner(service, "ann").is_some());
    let msg = stage.harvest(service, "ann");
    stage.run("anybody", &msg);
    assert_eq!(stage.rewarded()[0].parts, [amount(ATOM, 330)]);
    assert_eq!(stage.earner(service, "ann"), None);
    stage.refused("ann", &msg, &stage.nothing_earned(service, "ann"));

    // Back again, nothing is earned of what was paid meanwhile.
    stage.begin(service, &[("ann", 1_000_000)]);
    assert_eq!(stage.earned(service, "ann"), []);
    stage.pay(service, 20);
    assert_eq!(stage.earned_sum(service, "ann"), 10);
}

#[test]
fn one_that_leaves_with_nothing_earned_leaves_nothing_behind() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.pay(service, 400);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert!(stage.earner(service, "ann").is_some());
    stage.run("ann", &ExecuteMsg::OptOut { service });
    stage.sync(service);
    assert_eq!(stage.earner(service, "ann"), None);
}

#[test]
fn a_payment_costs_the_same_for_200_operators() {
    // What a payment writes: the rewards of the service in the token, and what is owed in it in all.
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    let msg = ExecuteMsg::UpdateService {
        service,
        change: ServiceChange {
            max_operators: Some(200),
            ..ServiceChange::default()
        },
    };
    stage.run("admin", &msg);
    let mut changed = vec![];
    for many in [1, 200] {
        for number in 0..many {
            let name = format!("op{number}");
            stage.put(&name, ATOM, 1_000);
            stage.run_if_new(&name, service);
        }
        stage.wait(ALLOCATION_DELAY);
        for _ in 0..2 {
            let mut next = None;
            loop {
                next = stage.checkpoint(service, next.as_ref(), 50).0.next;
                if next.is_none() {
                    break;
                }
            }
            stage.wait(DAY);
        }
        assert_eq!(stage.pot(service).weight.u128(), many * 1_000);
        let before = stage.app.dump_wasm_raw(&stage.allocation);
        stage.pay(service, 2_000);
        let after = stage.app.dump_wasm_raw(&stage.allocation);
        assert_eq!(before.len(), after.len() - usize::from(many == 1));
        changed.push(after.iter().filter(|entry| !before.contains(entry)).count());
    }
    assert_eq!(changed, [2, 2]);
    assert_eq!(stage.earned_sum(service, "op0"), 2_000 + 10);
    assert_eq!(stage.earned_sum(service, "op199"), 10);
}

#[test]
fn a_service_without_reward_tokens_writes_no_earners() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.begin(service, &[("ann", 3_000_000)]);
    stage.put("ann", ATOM, 5_000_000);
    stage.next_epoch(service);
    let storage = stage.app.contract_storage(&stage.allocation);
    let earners: StdResult<Vec<_>> = EARNERS
        .keys(&*storage, None, None, Order::Ascending)
        .collect();
    assert_eq!(earners.unwrap(), []);
    assert!(POTS.is_empty(&*storage));
}
