//! Payments of rewards that are refused, and coins that arrive over ICS-20.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::{add_tokens, Transfer, FEE};
use common::{amount, Stage, ATOM};
use cosmwasm_std::{coin, coins, to_json_binary, Binary, Coin, OverflowOperation, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_multi_test::Executor;
use cw_utils::PaymentError;
use palisade_allocation::ContractError;
use palisade_ibc::{ArrivalError, RewardsMemo};
use palisade_types::allocation::*;
use palisade_types::token::Token;

/// Runs a message with coins that must be refused; nothing may change.
fn refused_with(stage: &mut Stage, msg: &ExecuteMsg, funds: &[Coin], expected: &ContractError) {
    let (payer, allocation) = (stage.who("payer"), stage.allocation.clone());
    for coin in funds {
        stage.mint(&payer, coin.amount.u128(), &coin.denom);
    }
    let before = stage.app.dump_wasm_raw(&allocation);
    let error = stage
        .app
        .execute_contract(payer, allocation.clone(), msg, funds)
        .unwrap_err();
    assert_eq!(error.downcast_ref(), Some(expected), "{error:?}");
    assert_eq!(stage.app.dump_wasm_raw(&allocation), before);
    for coin in funds {
        assert_eq!(stage.balance(&allocation, &coin.denom), 0);
    }
}

#[test]
fn payments_that_are_refused() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000)]);
    let bare = stage.service(10);
    let pay = |service| ExecuteMsg::PayRewards { service };
    let none = ContractError::Payment(PaymentError::NoFunds {});
    refused_with(&mut stage, &pay(service), &[], &none);
    let two = [coin(1, "uatom"), coin(1, FEE)];
    let several = ContractError::Payment(PaymentError::MultipleDenoms {});
    refused_with(&mut stage, &pay(service), &two, &several);
    let unnamed = |service, named: &[&str]| ContractError::UnnamedToken {
        service,
        token: "native/uatom".to_string(),
        named: named.iter().map(|name| name.to_string()).collect(),
    };
    let funds = coins(5, "uatom");
    let error = unnamed(service, &["native/ufee"]);
    assert_eq!(
        error.to_string(),
        "service 1 pays no rewards in native/uatom, but in [\"native/ufee\"]: its admin can name \
         tokens with add_reward_tokens"
    );
    refused_with(&mut stage, &pay(service), &funds, &error);
    refused_with(&mut stage, &pay(bare), &funds, &unnamed(bare, &[]));
    let unknown = ContractError::UnknownService { service: 9 };
    refused_with(&mut stage, &pay(9), &funds, &unknown);

    // No other message takes coins.
    let unpayable = ContractError::Payment(PaymentError::NonPayable {});
    let receive = ExecuteMsg::Receive(Cw20ReceiveMsg {
        sender: stage.who("payer").to_string(),
        amount: Uint128::new(5),
        msg: to_json_binary(&Cw20HookMsg::PayRewards { service }).unwrap(),
    });
    for msg in [
        stage.harvest(service, "ann"),
        add_tokens(service, &[Token::native("uatom")]),
        ExecuteMsg::OptOut { service },
        receive.clone(),
    ] {
        refused_with(&mut stage, &msg, &funds, &unpayable);
    }
    // Nobody is a token by saying so.
    let unnamed = ContractError::UnnamedToken {
        service,
        token: format!("cw20/{}", stage.who("payer")),
        named: vec!["native/ufee".to_string()],
    };
    stage.refused("payer", &receive, &unnamed);
    assert_eq!(stage.pot(service).paid.u128(), 0);
}

#[test]
fn cw20_payments_that_are_refused() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000)]);
    let token = stage.cw20(u128::MAX);
    stage.name_tokens(service, &[Token::cw20(&token)]);
    let hook = |service| to_json_binary(&Cw20HookMsg::PayRewards { service }).unwrap();
    let pay = |stage: &mut Stage, amount: u128, msg: Binary| {
        let receive = ExecuteMsg::Receive(Cw20ReceiveMsg {
            sender: stage.who("payer").to_string(),
            amount: amount.into(),
            msg,
        });
        let allocation = stage.allocation.clone();
        stage
            .app
            .execute_contract(token.clone(), allocation, &receive, &[])
            .map_err(|error| error.downcast::<ContractError>().unwrap())
    };
    let zero = ContractError::NothingPaid {
        token: format!("cw20/{token}"),
    };
    assert_eq!(pay(&mut stage, 0, hook(service)).unwrap_err(), zero);
    let unknown = ContractError::UnknownService { service: 9 };
    assert_eq!(pay(&mut stage, 5, hook(9)).unwrap_err(), unknown);
    for msg in [r#"{"pay_rewards":{}}"#, r#"{"deposit":{}}"#, ""] {
        let error = pay(&mut stage, 5, Binary::from(msg.as_bytes())).unwrap_err();
        assert!(matches!(error, ContractError::Std(_)), "{error:?}");
    }
    // A token that lies about amounts reaches the end of 128 bits by itself, and blocks nobody else.
    pay(&mut stage, u128::MAX, hook(service)).unwrap();
    let error = pay(&mut stage, 1, hook(service)).unwrap_err();
    let ContractError::Overflow(overflow) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(overflow.operation, OverflowOperation::Add);
    stage.pay(service, 100);
    stage.put("ann", ATOM, 1);
    stage.sync(service);
    stage.next_epoch(service);
    stage.pay(service, 100);
    let parts = |stage: &Stage| stage.earned(service, "ann")[0].parts.clone();
    assert_eq!(parts(&stage), [amount(ATOM, 200)]);
    let harvest = ExecuteMsg::Harvest {
        service,
        operator: stage.who("ann").to_string(),
        tokens: Some(vec![Token::native(FEE)]),
    };
    stage.run("ann", &harvest);
    assert_eq!(stage.balance(&stage.delegation, FEE), 200);
}

#[test]
fn harvests_that_are_refused() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 1_000)]);
    stage.pay(service, 100);
    let operator = stage.who("ann").to_string();
    let harvest = |tokens: &[Token]| ExecuteMsg::Harvest {
        service,
        operator: operator.clone(),
        tokens: Some(tokens.to_vec()),
    };
    let fee = Token::native(FEE);
    let twice = ContractError::Duplicate {
        entry: "native/ufee".to_string(),
    };
    stage.refused("ann", &harvest(&[fee.clone(), fee.clone()]), &twice);
    let count = |found| ContractError::BadCount {
        what: "tokens",
        found,
        most: 16,
    };
    stage.refused("ann", &harvest(&[]), &count(0));
    let many: Vec<_> = (0..17).map(|n| Token::native(format!("uu{n}"))).collect();
    stage.refused("ann", &harvest(&many), &count(17));
    let unnamed = ContractError::UnnamedToken {
        service,
        token: "native/uu0".to_string(),
        named: vec!["native/ufee".to_string()],
    };
    stage.refused("ann", &harvest(&[fee, many[0].clone()]), &unnamed);
    let unknown = ContractError::UnknownService { service: 9 };
    stage.refused("ann", &stage.harvest(9, "ann"), &unknown);
    let nothing = stage.nothing_earned(service, "stranger");
    stage.refused("ann", &stage.harvest(service, "stranger"), &nothing);
    let invalid = ExecuteMsg::Harvest {
        service,
        operator: "nobody".to_string(),
        tokens: None,
    };
    let error = stage.try_run("ann", &invalid).unwrap_err();
    let found = error.downcast_ref::<ContractError>();
    assert!(matches!(found, Some(ContractError::Std(_))), "{error:?}");
    assert_eq!(stage.earned_sum(service, "ann"), 100);
}

/// A transfer that must be refused; nothing may change.
fn undone(stage: &mut Stage, transfer: &Transfer, expected: impl Into<ContractError>) {
    let error = unreadable(stage, transfer);
    assert_eq!(error, expected.into());
}

fn unreadable(stage: &mut Stage, transfer: &Transfer) -> ContractError {
    let before = stage.app.dump_wasm_raw(&stage.allocation);
    let error = stage.arrive(transfer).unwrap_err();
    assert_eq!(stage.app.dump_wasm_raw(&stage.allocation), before);
    error.downcast::<ContractError>().unwrap()
}

/// A service that pays in the consumer chain's `utoken`, and the denom of that here.
fn over_ics20(stage: &mut Stage) -> (ServiceId, String) {
    let service = stage.rewarding(&[("ann", 3_000), ("bob", 1_000)]);
    let denom = stage.transfer(service, 400).denom();
    assert!(denom.starts_with("ibc/") && denom.len() == 68, "{denom}");
    stage.name_tokens(service, &[Token::native(&denom)]);
    (service, denom)
}

#[test]
fn rewards_arrive_over_ics20() {
    let mut stage = Stage::new();
    let (service, denom) = over_ics20(&mut stage);
    let allocation = stage.allocation.clone();
    stage.mint(&allocation, 400, &denom);
    let response = stage.arrive(&stage.transfer(service, 400)).unwrap();
    let event = response.events.iter().find(|e| e.ty == "wasm-pay_rewards");
    let told: Vec<_> = event.unwrap().attributes[1..]
        .iter()
        .map(|a| (a.key.as_str(), a.value.clone()))
        .collect();
    let expected = [
        ("service", "1".to_string()),
        ("sender", "consumer1treasury".to_string()),
        ("token", format!("native/{denom}")),
        ("amount", "400".to_string()),
        ("held", "0".to_string()),
        ("channel", "channel-0".to_string()),
    ];
    assert_eq!(told, expected);
    assert_eq!(stage.earned_sum(service, "ann"), 300);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    assert_eq!(stage.balance(&stage.delegation, &denom), 300);

    // A token of this chain that comes home.
    let mut home = stage.transfer(service, 40);
    home.data.denom = "transfer/channel-3/ufee".to_string();
    stage.mint(&allocation, 40, FEE);
    stage.arrive(&home).unwrap();
    assert_eq!(stage.earned_sum(service, "ann"), 30);
    assert_eq!(stage.earned_sum(service, "bob"), 110);

    // Other fields of the memo and of the packet belong to others.
    let mut other = stage.transfer(service, 4);
    other.data.memo = format!(
        r#"{{"dest_callback":{{"address":"{allocation}","gas_limit":"9"}},"palisade":{{"service":1,"x":1}},"y":[]}}"#
    );
    stage.mint(&allocation, 4, &denom);
    stage.arrive(&other).unwrap();
    assert_eq!(stage.earned_sum(service, "bob"), 111);
}

#[test]
fn credit_without_coins_over_ics20() {
    let mut stage = Stage::new();
    let (service, denom) = over_ics20(&mut stage);
    let allocation = stage.allocation.clone();
    let good = stage.transfer(service, 400);
    let token = format!("native/{denom}");

    // To himself, with this contract called.
    let mut fake = good.clone();
    fake.data.receiver = stage.who("thief").to_string();
    let expected = ArrivalError::ForeignReceiver {
        receiver: fake.data.receiver.clone(),
        contract: allocation.clone(),
    };
    stage.mint(&allocation, 400, &denom);
    undone(&mut stage, &fake, expected);

    // A transfer that failed, and an answer that is none of the standard ones.
    for ack in [
        r#"{"error":"ABCI code: 1"}"#,
        r#"{"result":1}"#,
        r#"{"ok":"AQ=="}"#,
        "",
        "\u{1}",
    ] {
        let mut failed = good.clone();
        failed.ack = ack.to_string();
        let expected = ArrivalError::Failed {
            ack: ack.to_string(),
        };
        undone(&mut stage, &failed, expected);
    }

    // A packet of another application that looks like a transfer.
    let mut foreign = good.clone();
    foreign.port = format!("wasm.{}", stage.who("thief"));
    let expected = ArrivalError::ForeignPort {
        port: foreign.port.clone(),
    };
    undone(&mut stage, &foreign, expected);

    // A service that there is not, a token that it did not name, no amount.
    let unknown = stage.transfer(9, 400);
    undone(
        &mut stage,
        &unknown,
        ContractError::UnknownService { service: 9 },
    );
    let mut unnamed = good.clone();
    unnamed.data.denom = "uother".to_string();
    let expected = ContractError::UnnamedToken {
        service,
        token: format!("native/{}", unnamed.denom()),
        named: vec![token.clone(), "native/ufee".to_string()],
    };
    undone(&mut stage, &unnamed, expected);
    let nothing = stage.transfer(service, 0);
    let expected = ContractError::NothingPaid {
        token: token.clone(),
    };
    undone(&mut stage, &nothing, expected);

    // Exactly what came is credited, once.
    let other = stage.service(10);
    let (mine, theirs) = (stage.transfer(service, 1), stage.transfer(other, 1));
    stage.arrive(&good).unwrap();
    let missing = |balance: u128, owed: u128| ContractError::CoinsMissing {
        token: token.clone(),
        balance: balance.into(),
        owed: owed.into(),
    };
    undone(&mut stage, &good, missing(400, 800));
    undone(&mut stage, &mine, missing(400, 401));

    // What is owed is counted over all services, and harvested coins are no longer here.
    stage.name_tokens(other, &[Token::native(&denom)]);
    undone(&mut stage, &theirs, missing(400, 401));
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    undone(&mut stage, &theirs, missing(100, 101));
    stage.pay_in(other, 7, &denom);
    undone(&mut stage, &mine, missing(107, 108));
    stage.mint(&allocation, 1, &denom);
    stage.arrive(&mine).unwrap();
    assert_eq!(stage.pots(service)[1].paid.u128(), 401);
}

#[test]
fn transfers_that_cannot_be_read() {
    let mut stage = Stage::new();
    let (service, denom) = over_ics20(&mut stage);
    let allocation = stage.allocation.clone();
    stage.mint(&allocation, 400, &denom);
    let good = stage.transfer(service, 400);
    let memo_of = |memo: &str| {
        let mut transfer = good.clone();
        transfer.data.memo = memo.to_string();
        transfer
    };
    let what = |error: ContractError| match error {
        ContractError::Arrival(ArrivalError::Unreadable { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let callback = format!(r#"{{"dest_callback":{{"address":"{allocation}"}}}}"#);
    let wide = callback.replacen('{', r#"{"palisade":{"service":4294967296},"#, 1);
    for memo in ["", "rewards", "{}", callback.as_str(), wide.as_str()] {
        let error = unreadable(&mut stage, &memo_of(memo));
        assert_eq!(what(error), "memo", "{memo}");
    }
    // More than 128 bits, and data that is no JSON, such as other versions of ICS-20 have.
    let data = String::from_utf8(to_json_binary(&good.data).unwrap().to_vec()).unwrap();
    let wide = data.replace(r#""400""#, r#""340282366920938463463374607431768211456""#);
    assert_ne!(data, wide);
    // To the chain the last of two names counts, and names in capitals are the same ones.
    let twice = data.replacen('{', r#"{"Receiver":"thief","Amount":"1","#, 1);
    for data in [wide.as_str(), "", "\u{a}\u{5}utoken", "[]", twice.as_str()] {
        let message = good.message_of(data.as_bytes());
        let error = stage
            .app
            .wasm_sudo(allocation.clone(), &message)
            .unwrap_err();
        assert_eq!(what(error.downcast().unwrap()), "data");
    }
    // The memo that the packages make is one that is taken.
    let memo = RewardsMemo::rewards(allocation.as_str(), service);
    let memo = cosmwasm_std::to_json_string(&memo).unwrap();
    stage.arrive(&memo_of(&memo)).unwrap();
    assert_eq!(stage.earned_sum(service, "ann"), 300);
}

#[test]
fn what_came_without_a_word_the_owner_sends_back_and_nothing_else() {
    let mut stage = Stage::new();
    let (service, denom) = over_ics20(&mut stage);
    let allocation = stage.allocation.clone();
    stage.mint(&allocation, 400, &denom);
    stage.arrive(&stage.transfer(service, 400)).unwrap();
    let recover = |stage: &Stage, denom: &str| ExecuteMsg::Recover {
        token: Token::native(denom),
        recipient: stage.who("payer").to_string(),
    };
    let nothing = |denom: &str, held: u128| ContractError::NothingToRecover {
        token: format!("native/{denom}"),
        balance: held.into(),
        owed: held.into(),
    };
    let msg = recover(&stage, &denom);
    stage.refused("owner", &msg, &nothing(&denom, 400));
    let msg = recover(&stage, "ufoo");
    stage.refused("owner", &msg, &nothing("ufoo", 0));
    // Without a memo nobody is called.
    stage.mint(&allocation, 25, &denom);
    stage.mint(&allocation, 3, "ufoo");
    let msg = recover(&stage, &denom);
    let foreign = palisade_admin::cw_ownable::OwnershipError::NotOwner;
    let foreign = palisade_admin::AdminError::Ownership(foreign).into();
    stage.refused("payer", &msg, &foreign);
    stage.run("owner", &msg);
    let other = recover(&stage, "ufoo");
    stage.run("owner", &other);
    let payer = stage.who("payer");
    assert_eq!(stage.balance(&payer, &denom), 25);
    assert_eq!(stage.balance(&payer, "ufoo"), 3);
    assert_eq!(stage.balance(&allocation, &denom), 400);
    stage.refused("owner", &msg, &nothing(&denom, 400));
    // What is owed is harvested, whole.
    let harvest = stage.harvest(service, "ann");
    stage.run("ann", &harvest);
    assert_eq!(stage.balance(&allocation, &denom), 100);
}
