//! Reward tokens: who names them, several beside one another, cw20.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use common::rewards::{add_tokens, Rewarded, FEE};
use common::{amount, Stage, ATOM};
use cosmwasm_std::Uint128;
use palisade_allocation::ContractError;
use palisade_types::allocation::*;
use palisade_types::token::Token;

#[test]
fn tokens_named_late_go_by_weights_that_were_known() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.begin(service, &[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.name_tokens(service, &[Token::native("uone")]);
    stage.pay_in(service, 400, "uone");
    stage.name_tokens(service, &[Token::native(FEE), Token::native("atwo")]);
    stage.pay_in(service, 40, "atwo");
    let expected = [("uone", 300), ("atwo", 30)].map(|(denom, units)| EarnedResponse {
        token: Token::native(denom),
        parts: vec![amount(ATOM, units)],
    });
    assert_eq!(stage.earned(service, "ann"), expected);

    // Only the token that is asked for; the other waits, through a change of weight too.
    let harvest = |denom: &str| ExecuteMsg::Harvest {
        service,
        operator: Stage::new().who("ann").to_string(),
        tokens: Some(vec![Token::native(denom)]),
    };
    stage.run("ann", &harvest("atwo"));
    stage.refused(
        "ann",
        &harvest("atwo"),
        &stage.nothing_earned(service, "ann"),
    );
    stage.refused("ann", &harvest(FEE), &stage.nothing_earned(service, "ann"));
    stage.put("ann", ATOM, 1_000_000);
    stage.sync(service);
    stage.pay_in(service, 10, "atwo");
    let expected = [("uone", 300), ("atwo", 5)].map(|(denom, units)| EarnedResponse {
        token: Token::native(denom),
        parts: vec![amount(ATOM, units)],
    });
    assert_eq!(stage.earned(service, "ann"), expected);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    let tokens: Vec<_> = stage
        .rewarded()
        .into_iter()
        .map(|r| (r.token, r.amount.u128()))
        .collect();
    // By name, as they are stored.
    let of = Token::native;
    assert_eq!(
        tokens,
        [(of("atwo"), 30), (of("atwo"), 5), (of("uone"), 300)]
    );
}

#[test]
fn harvests_of_one_token_dropping_fractions_of_another() {
    let mut stage = Stage::new();
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    stage.name_tokens(service, &[Token::native("uone")]);
    let msg = stage.harvest(service, "ann");
    stage.pay_in(service, 4, "uone");
    // Three quarters of a unit: nothing yet, and nothing lost.
    stage.pay(service, 1);
    stage.run("stranger", &msg);
    stage.pay_in(service, 8, "uone");
    stage.pay(service, 1);
    stage.run("stranger", &msg);
    let amounts: Vec<_> = stage.rewarded().iter().map(|r| r.amount.u128()).collect();
    assert_eq!(amounts, [3, 1, 6]);
}

#[test]
fn rewards_in_a_cw20() {
    let mut stage = Stage::new();
    let token = stage.cw20(1_000);
    let service = stage.rewarding(&[("ann", 3_000_000), ("bob", 1_000_000)]);
    let unnamed = ContractError::UnnamedToken {
        service,
        token: format!("cw20/{token}"),
        named: vec!["native/ufee".to_string()],
    };
    let error = stage.send(service, &token, 400).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&unnamed), "{error:?}");
    stage.name_tokens(service, &[Token::cw20(&token)]);
    stage.send(service, &token, 400).unwrap();
    assert_eq!(stage.cw20_balance(&token, &stage.allocation), 400);
    let msg = stage.harvest(service, "ann");
    stage.run("ann", &msg);
    let expected = Rewarded {
        token: Token::cw20(&token),
        amount: Uint128::new(300),
        operator: stage.who("ann").to_string(),
        parts: vec![amount(ATOM, 300)],
        by_operator: true,
    };
    assert_eq!(stage.rewarded(), [expected]);
    assert_eq!(stage.cw20_balance(&token, &stage.delegation), 300);
    assert_eq!(stage.cw20_balance(&token, &stage.allocation), 100);
}

#[test]
fn who_may_name_which_tokens() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    let unauthorized = ContractError::Unauthorized {
        sender: stage.who("owner"),
        allowed: stage.who("admin"),
    };
    let fee = Token::native(FEE);
    let tokens = std::slice::from_ref(&fee);
    stage.refused("owner", &add_tokens(service, tokens), &unauthorized);
    let unknown = ContractError::UnknownService { service: 9 };
    stage.refused("admin", &add_tokens(9, tokens), &unknown);
    for denom in ["", "ab", "1abc", "u fee", "ü12", &"a".repeat(129)] {
        let bad = ContractError::BadDenom {
            denom: denom.to_string(),
        };
        let msg = add_tokens(service, &[fee.clone(), Token::native(denom)]);
        stage.refused("admin", &msg, &bad);
    }
    let twice = ContractError::Duplicate {
        entry: "native/ufee".to_string(),
    };
    let msg = add_tokens(service, &[fee.clone(), fee.clone()]);
    stage.refused("admin", &msg, &twice);
    stage.run("admin", &add_tokens(service, tokens));
    stage.refused("admin", &add_tokens(service, tokens), &twice);
    let count = |found| ContractError::BadCount {
        what: "reward tokens",
        found,
        most: 16,
    };
    stage.refused("admin", &add_tokens(service, &[]), &count(1));
    let many: Vec<_> = (0..16).map(|n| Token::native(format!("uu{n}"))).collect();
    stage.refused("admin", &add_tokens(service, &many), &count(17));
    let longest = Token::native("a".repeat(128));
    stage.run("admin", &add_tokens(service, &[longest]));
    stage.run("admin", &add_tokens(service, &many[..14]));
    stage.refused("admin", &add_tokens(service, &many[14..15]), &count(17));

    // An address that is none, and a contract that is no cw20.
    let other = stage.service(10);
    let error = stage
        .try_run("admin", &add_tokens(other, &[Token::cw20("nobody")]))
        .unwrap_err();
    let found = error.downcast_ref::<ContractError>();
    assert!(matches!(found, Some(ContractError::Std(_))), "{error:?}");
    for address in [stage.delegation.clone(), stage.who("admin")] {
        let error = stage
            .try_run("admin", &add_tokens(other, &[Token::cw20(&address)]))
            .unwrap_err();
        let Some(ContractError::NotCw20 { address: named, .. }) = error.downcast_ref() else {
            panic!("{error:?}");
        };
        assert_eq!(*named, address.to_string());
    }
}
