//! Rewards of services that are stopped: paid while somebody earns, refused afterwards, and what nobody
//! ever earned taken back.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::FEE;
use common::{amount, opt_in, Stage, ALLOCATION_DELAY, ATOM, DAY};
use cosmwasm_std::{coins, to_json_binary, Addr, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_multi_test::Executor;
use palisade_allocation::state::OWED;
use palisade_allocation::ContractError;
use palisade_types::allocation::*;
use palisade_types::token::Token;

fn stop(stage: &mut Stage, service: ServiceId) {
    stage.run("slashing", &ExecuteMsg::StopService { service });
}

fn take_back(service: ServiceId, tokens: Option<&[Token]>) -> ExecuteMsg {
    ExecuteMsg::TakeBack {
        service,
        tokens: tokens.map(<[Token]>::to_vec),
    }
}

/// What all services together owe in a token.
fn owed(stage: &Stage, token: &Token) -> u128 {
    let storage = stage.app.contract_storage(&stage.allocation);
    OWED.load(&*storage, &token.name()).unwrap().u128()
}

/// Pays natively; must be refused with all coins back.
fn pay_refused(stage: &mut Stage, service: ServiceId, expected: &ContractError) {
    let (payer, allocation) = (stage.who("payer"), stage.allocation.clone());
    stage.mint(&payer, 7, FEE);
    let (before, had) = (
        stage.app.dump_wasm_raw(&allocation),
        stage.balance(&payer, FEE),
    );
    let msg = ExecuteMsg::PayRewards { service };
    let paid = stage
        .app
        .execute_contract(payer.clone(), allocation.clone(), &msg, &coins(7, FEE));
    let error = paid.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(expected), "{error:?}");
    assert_eq!(stage.app.dump_wasm_raw(&allocation), before);
    assert_eq!(stage.balance(&payer, FEE), had);
}

#[test]
fn a_stopped_service_pays_until_its_last_weight_is_gone_and_is_harvested() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.pay(service, 400);
    stop(&mut stage, service);
    // Nobody was told yet to count nothing.
    stage.pay(service, 40);
    stage.sync(service);
    let ended = ContractError::ServiceEnded { service };
    let says = "service 1 was stopped, and no operator earns there any more: it takes no rewards";
    assert_eq!(ended.to_string(), says);
    pay_refused(&mut stage, service, &ended);
    assert_eq!(stage.pot(service).held.u128(), 0);
    assert_eq!(stage.earned_sum(service, "ann"), 330);
    for name in ["ann", "bob"] {
        let msg = stage.harvest(service, name);
        stage.run("anybody", &msg);
    }
    assert_eq!(stage.balance(&stage.delegation, FEE), 440);
    assert_eq!(stage.balance(&stage.allocation, FEE), 0);
    // Nothing was held: there is nothing to take back.
    let nothing = ContractError::NothingHeld { service };
    stage.refused("admin", &take_back(service, None), &nothing);
}

#[test]
fn a_stopped_service_takes_nothing_by_cw20_or_ics20_either() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000)]);
    let (points, transfer) = (stage.cw20(1_000), stage.transfer(service, 400));
    let tokens = [Token::cw20(&points), Token::native(transfer.denom())];
    stage.name_tokens(service, &tokens);
    stop(&mut stage, service);
    stage.sync(service);
    let ended = ContractError::ServiceEnded { service };
    let error = stage.send(service, &points, 5).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&ended), "{error:?}");
    assert_eq!(stage.cw20_balance(&points, &stage.who("payer")), 1_000);
    let allocation = stage.allocation.clone();
    stage.mint(&allocation, 400, &transfer.denom());
    // The chain undoes the transfer, and the coins are refunded where they came from.
    let error = stage.arrive(&transfer).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&ended), "{error:?}");
    assert_eq!(stage.pots(service)[1].paid.u128(), 0);
    assert_eq!(stage.pots(service)[2].paid.u128(), 0);
}

#[test]
fn what_would_only_be_held_of_a_stopped_service_is_refused() {
    // Weight came in the midst of a pass: nothing is credited before the end of the next.
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.name_tokens(service, &[Token::native(FEE)]);
    let mut by_address = ["ann", "bob"].map(|name| (stage.who(name), name));
    by_address.sort();
    for (_, name) in &by_address {
        stage.put(name, ATOM, 1_000_000);
        stage.run(name, &opt_in(service, &[ATOM], 10));
    }
    stage.wait(ALLOCATION_DELAY);
    stage.sync(service);
    stage.wait(DAY);
    let cursor: Option<Addr> = stage.checkpoint(service, None, 1).0.next;
    assert_eq!(stage.pot(service).weight.u128(), 1_000_000);
    stage.pay(service, 90);
    assert_eq!(stage.pot(service).held.u128(), 90);
    stop(&mut stage, service);
    let ended = ContractError::ServiceEnded { service };
    pay_refused(&mut stage, service, &ended);
    let found = ContractError::NotEnded {
        service,
        stopped: true,
        operators: 2,
        weight: Uint128::new(1_000_000),
    };
    stage.refused("admin", &take_back(service, None), &found);
    // The rest of the pass: the second operator goes, and what was held is the first one's.
    stage.checkpoint(service, cursor.as_ref(), 50);
    assert_eq!(stage.earned_sum(service, by_address[0].1), 90);
    stage.sync(service);
    assert_eq!(stage.earned_sum(service, by_address[0].1), 90);
    let nothing = ContractError::NothingHeld { service };
    stage.refused("admin", &take_back(service, None), &nothing);
}

#[test]
fn what_nobody_ever_earned_goes_back_to_the_admin_once_the_service_has_ended() {
    let mut stage = Stage::new();
    let (fee, points) = (Token::native(FEE), stage.cw20(1_000));
    let tokens = [fee.clone(), Token::cw20(&points)];
    // Another service owes in the same tokens: its 400 and 50 are not to be touched.
    let other = stage.rewarding(&[("bob", 1_000_000)]);
    stage.name_tokens(other, &tokens[1..]);
    stage.pay(other, 400);
    stage.send(other, &points, 50).unwrap();

    // Ann joins, but is never synced twice: she has no weight.
    let service = stage.service(10);
    stage.name_tokens(service, &tokens);
    stage.put("ann", ATOM, 1_000_000);
    stage.run("ann", &opt_in(service, &[ATOM], 10));
    stage.pay(service, 100);
    stage.pay(service, 20);
    stage.send(service, &points, 30).unwrap();
    let not_ended = |stopped, operators| ContractError::NotEnded {
        service,
        stopped,
        operators,
        weight: Uint128::zero(),
    };
    stage.refused("admin", &take_back(service, None), &not_ended(false, 1));
    stop(&mut stage, service);
    stage.refused("admin", &take_back(service, None), &not_ended(true, 1));
    assert_eq!(
        not_ended(true, 1).to_string(),
        "service 2 has not ended: it has to be stopped (it is: true), with no operator in it (1 are) \
         and no weight (it is 0)"
    );
    stage.sync(service);

    let nothing = ContractError::NothingHeld { service };
    // The coins first, by name; then what is left.
    let admin = stage.who("admin");
    let coins_alone = take_back(service, Some(std::slice::from_ref(&fee)));
    let events = stage.run("admin", &coins_alone).events;
    let taken = events.iter().find(|e| e.ty == "wasm-take_back").unwrap();
    let told: Vec<_> = taken.attributes[1..]
        .iter()
        .map(|a| (a.key.as_str(), a.value.as_str()))
        .collect();
    let expected = [
        ("service", "2"),
        ("admin", admin.as_str()),
        ("token", "native/ufee"),
        ("amount", "120"),
    ];
    assert_eq!(told, expected);
    assert_eq!(stage.balance(&admin, FEE), 120);
    assert_eq!(stage.balance(&stage.allocation, FEE), 400);
    assert_eq!(owed(&stage, &fee), 400);
    let pot = ServiceRewardsResponse {
        token: fee.clone(),
        paid: Uint128::new(120),
        harvested: Uint128::zero(),
        taken_back: Uint128::new(120),
        held: Uint128::zero(),
        weight: Uint128::zero(),
    };
    assert_eq!(stage.pot(service), pot);
    stage.refused("admin", &coins_alone, &nothing);
    stage.run("admin", &take_back(service, None));
    assert_eq!(stage.cw20_balance(&points, &admin), 30);
    assert_eq!(stage.cw20_balance(&points, &stage.allocation), 50);
    assert_eq!(owed(&stage, &tokens[1]), 50);
    stage.refused("admin", &take_back(service, None), &nothing);

    // The other service's rewards are all there.
    let msg = stage.harvest(other, "bob");
    stage.run("bob", &msg);
    assert_eq!(stage.balance(&stage.delegation, FEE), 400);
    assert_eq!(stage.cw20_balance(&points, &stage.delegation), 50);
    assert_eq!((owed(&stage, &fee), owed(&stage, &tokens[1])), (0, 0));
}

#[test]
fn taking_back_that_is_refused() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    let fee = Token::native(FEE);
    stage.name_tokens(service, &[fee.clone(), Token::native("uone")]);
    stage.pay(service, 100);
    // Nobody is in it, but somebody may come.
    let not_ended = |service, stopped, weight: u128| ContractError::NotEnded {
        service,
        stopped,
        operators: 0,
        weight: weight.into(),
    };
    let msg = take_back(service, None);
    stage.refused("admin", &msg, &not_ended(service, false, 0));
    // Everybody is on the way out, but not told yet to count nothing.
    let earning = stage.rewarding(&[("ann", 1_000)]);
    stage.run("ann", &ExecuteMsg::OptOut { service: earning });
    stop(&mut stage, earning);
    let msg = take_back(earning, None);
    stage.refused("admin", &msg, &not_ended(earning, true, 1_000));
    stop(&mut stage, service);
    let unauthorized = ContractError::Unauthorized {
        sender: stage.who("payer"),
        allowed: stage.who("admin"),
    };
    stage.refused("payer", &take_back(service, None), &unauthorized);
    let unknown = ContractError::UnknownService { service: 9 };
    stage.refused("admin", &take_back(9, None), &unknown);
    let none = ContractError::BadCount {
        what: "tokens",
        found: 0,
        most: 16,
    };
    stage.refused("admin", &take_back(service, Some(&[])), &none);
    let twice = [fee.clone(), fee.clone()];
    let duplicate = ContractError::Duplicate { entry: fee.name() };
    stage.refused("admin", &take_back(service, Some(&twice)), &duplicate);
    let unnamed = ContractError::UnnamedToken {
        service,
        token: "native/utwo".to_string(),
        named: vec![fee.name(), "native/uone".to_string()],
    };
    let two = [Token::native("utwo")];
    stage.refused("admin", &take_back(service, Some(&two)), &unnamed);
    let nothing = ContractError::NothingHeld { service };
    let one = [Token::native("uone")];
    stage.refused("admin", &take_back(service, Some(&one)), &nothing);
    stage.run("admin", &take_back(service, None));
    assert_eq!(stage.balance(&stage.who("admin"), FEE), 100);
}

#[test]
fn what_operators_earned_is_never_taken_back() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.pay(service, 403);
    // Ann and Bob count nothing for a while, and what comes then is held.
    for name in ["ann", "bob"] {
        stage.put(name, ATOM, 0);
    }
    stage.sync(service);
    stage.pay(service, 50);
    assert_eq!(stage.pot(service).held.u128(), 50);
    stop(&mut stage, service);
    stage.sync(service);
    // Coins are taken back with a message that brings none.
    let (admin, allocation) = (stage.who("admin"), stage.allocation.clone());
    stage.mint(&admin, 1, FEE);
    let msg = take_back(service, None);
    let error = stage
        .app
        .execute_contract(admin.clone(), allocation, &msg, &coins(1, FEE))
        .unwrap_err();
    let unpayable = ContractError::Payment(cw_utils::PaymentError::NonPayable {});
    assert_eq!(error.downcast_ref(), Some(&unpayable), "{error:?}");
    stage.run("admin", &msg);
    assert_eq!(stage.balance(&admin, FEE), 1 + 50);
    assert_eq!(owed(&stage, &Token::native(FEE)), 403);
    for (name, units) in [("ann", 302), ("bob", 100)] {
        let parts = stage.earned(service, name)[0].parts.clone();
        assert_eq!(parts, [amount(ATOM, units)]);
        let msg = stage.harvest(service, name);
        stage.run("anybody", &msg);
    }
    let pot = stage.pot(service);
    let books = (pot.paid.u128(), pot.harvested.u128(), pot.taken_back.u128());
    assert_eq!(books, (453, 402, 50));
    // The fraction that rounding left.
    assert_eq!(stage.balance(&stage.allocation, FEE), 1);
}

#[test]
fn a_cw20_that_fails_keeps_nothing_else_from_being_taken_back() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    let (fee, points) = (Token::native(FEE), stage.cw20(1_000));
    let tokens = [fee.clone(), Token::cw20(&points)];
    stage.name_tokens(service, &tokens);
    stage.pay(service, 100);
    // It says that it sent what it did not.
    let receive = ExecuteMsg::Receive(Cw20ReceiveMsg {
        sender: stage.who("payer").to_string(),
        amount: Uint128::new(30),
        msg: to_json_binary(&Cw20HookMsg::PayRewards { service }).unwrap(),
    });
    let allocation = stage.allocation.clone();
    stage
        .app
        .execute_contract(points.clone(), allocation.clone(), &receive, &[])
        .unwrap();
    stop(&mut stage, service);
    let before = stage.app.dump_wasm_raw(&allocation);
    stage
        .try_run("admin", &take_back(service, None))
        .unwrap_err();
    assert_eq!(stage.app.dump_wasm_raw(&allocation), before);
    stage.run("admin", &take_back(service, Some(&tokens[..1])));
    assert_eq!(stage.balance(&stage.who("admin"), FEE), 100);
    assert_eq!(owed(&stage, &tokens[1]), 30);
}
