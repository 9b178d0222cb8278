//! Every way in which a reward, a claim or a compounding can be wrong: refused by name, nothing changed.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::rewards::{parts, GOLD};
use common::{assert_error, Suite, ATOM, DAY, OSMO, PERIOD};
use cosmwasm_std::{coin, Coin, StdError, Uint128};
use cw_multi_test::Executor;
use cw_utils::PaymentError;
use palisade_admin::{AdminError, AdminMsg};
use palisade_delegation::ContractError;
use palisade_types::delegation::{
    Action, ExecuteMsg, FlowResponse, InstantiateMsg, PoolKey, QueryMsg, StakedPool,
};
use palisade_types::token::{Token, TokenAmount};

/// A suite in which ann can claim 900 gold.
fn rewarded() -> Suite {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    s
}

fn reward(s: &Suite, operator: &str, of: &[(&str, u128)]) -> ExecuteMsg {
    ExecuteMsg::Reward {
        operator: s.who(operator).to_string(),
        parts: parts(of),
        by_operator: false,
    }
}

/// A payment by `sender`, who has the coins.
fn paid(s: &mut Suite, sender: &str, msg: &ExecuteMsg, coins: &[Coin]) -> common::Outcome {
    let (sender, delegation) = (s.who(sender), s.delegation.clone());
    s.app.execute_contract(sender, delegation, msg, coins)
}

#[test]
fn only_allocation_pays_rewards() {
    let mut s = rewarded();
    for sender in ["ann", "op", "owner", "guardian"] {
        let expected = ContractError::Unauthorized {
            sender: s.who(sender),
            expected: "allocation",
        };
        s.refused(&expected, |s| {
            s.reward_by(sender, "op", GOLD, &[(ATOM, 5)], true)
        });
        let msg = ExecuteMsg::RewardCw20 {
            token: s.vault.to_string(),
            operator: s.who("op").to_string(),
            parts: parts(&[(ATOM, 5)]),
            by_operator: true,
        };
        s.refused(&expected, |s| s.execute(sender, &msg));
    }
    let mut bare = Suite::bare();
    bare.register("op");
    bare.refused(&ContractError::NotConnected, |s| {
        s.reward("op", GOLD, &[(ATOM, 5)])
    });
    assert_eq!(s.bank(&s.delegation, GOLD), 1_000);
}

#[test]
fn parts_that_are_not_what_was_paid_are_refused() {
    let mut s = rewarded();
    let allocation = s.allocation.clone();
    s.mint(&allocation, 1_000, GOLD);
    s.mint(&allocation, 1_000, "usilver");
    let ten = [coin(10, GOLD)];
    let mismatch = |parts: u128| ContractError::PartsMismatch {
        parts: parts.into(),
        paid: Uint128::new(10),
    };
    let many: Vec<String> = (0..9).map(|i| format!("a{i}")).collect();
    let many: Vec<(&str, u128)> = many.iter().map(|asset| (asset.as_str(), 1)).collect();
    let cases = [
        (vec![(ATOM, 9)], mismatch(9)),
        (vec![(ATOM, 10), (OSMO, 1)], mismatch(11)),
        (vec![], ContractError::Empty { what: "parts" }),
        (
            vec![(ATOM, 5), (ATOM, 5)],
            ContractError::Duplicate {
                what: "asset",
                value: ATOM.to_string(),
            },
        ),
        (
            many,
            ContractError::TooMany {
                what: "parts",
                limit: 8,
                actual: 9,
            },
        ),
    ];
    for (of, expected) in cases {
        let msg = reward(&s, "op", &of);
        s.refused(&expected, |s| paid(s, "allocation", &msg, &ten));
    }
    let overflow = reward(&s, "op", &[(ATOM, u128::MAX), (OSMO, 1)]);
    let outcome = paid(&mut s, "allocation", &overflow, &ten);
    let error = outcome.unwrap_err().downcast::<ContractError>().unwrap();
    assert!(matches!(
        error,
        ContractError::Std(StdError::Overflow { .. })
    ));
    let unknown = ContractError::UnknownOperator {
        operator: s.who("nobody"),
    };
    let msg = reward(&s, "nobody", &[(ATOM, 10)]);
    s.refused(&unknown, |s| paid(s, "allocation", &msg, &ten));
    let msg = reward(&s, "op", &[(ATOM, 10)]);
    for (coins, expected) in [
        (vec![], PaymentError::NoFunds {}),
        (
            vec![coin(5, GOLD), coin(5, "usilver")],
            PaymentError::MultipleDenoms {},
        ),
    ] {
        let expected = ContractError::Payment(expected);
        s.refused(&expected, |s| paid(s, "allocation", &msg, &coins));
    }
    assert_eq!(s.bank(&s.delegation, GOLD), 1_000);
}

#[test]
fn claims_of_what_is_not_there_are_refused() {
    let mut s = rewarded();
    let nothing = |s: &Suite, who: &str| ContractError::NothingToClaim { owner: s.who(who) };
    for who in ["bob", "op"] {
        let expected = nothing(&s, who);
        s.refused(&expected, |s| s.claim_rewards(who));
    }
    let key = s.pool_key("op", ATOM);
    let osmo = s.pool_key("op", OSMO);
    let unknown = ContractError::UnknownPool {
        operator: s.who("op"),
        asset: OSMO.to_string(),
    };
    let twice = ContractError::Duplicate {
        what: "pool",
        value: format!("{}/{ATOM}", s.who("op")),
    };
    let many = |limit| ContractError::TooMany {
        what: "pools",
        limit,
        actual: 17,
    };
    let cases: [(Vec<PoolKey>, ContractError); 4] = [
        (vec![key.clone(), osmo.clone()], unknown),
        (vec![key.clone(), key.clone()], twice),
        (vec![], ContractError::Empty { what: "pools" }),
        (vec![key.clone(); 17], many(16)),
    ];
    for (pools, expected) in cases {
        let some = Some(pools.clone());
        s.refused(&expected, |s| s.claim_some("ann", some, None));
        let tokens = vec![Token::native(GOLD)];
        let pools = Some(pools);
        s.refused(&expected, |s| {
            s.execute("ann", &ExecuteMsg::Compound { pools, tokens })
        });
    }
    let gold = Token::native(GOLD);
    let twice = ContractError::Duplicate {
        what: "token",
        value: gold.name(),
    };
    let tokens = |count: usize| (0..count).map(|i| Token::native(format!("u{i}"))).collect();
    let cases: [(Vec<Token>, ContractError); 4] = [
        (vec![gold.clone(), gold], twice),
        (vec![], ContractError::Empty { what: "tokens" }),
        (vec![Token::native("usilver")], nothing(&s, "ann")),
        (
            tokens(17),
            ContractError::TooMany {
                what: "tokens",
                limit: 16,
                actual: 17,
            },
        ),
    ];
    for (tokens, expected) in cases {
        let some = Some(tokens.clone());
        s.refused(&expected, |s| s.claim_some("ann", None, some));
        s.refused(&expected, |s| s.compound("ann", tokens));
    }
    assert_eq!(s.owed("ann", GOLD), 900);
}

#[test]
fn claims_of_commission_that_is_not_there_are_refused() {
    let mut s = rewarded();
    let claim = |tokens| ExecuteMsg::ClaimCommission {
        tokens,
        recipient: None,
    };
    let nothing = ContractError::NothingToClaim {
        owner: s.who("ann"),
    };
    s.refused(&nothing, |s| s.execute("ann", &claim(None)));
    let nothing = ContractError::NothingToClaim { owner: s.who("op") };
    let silver = Some(vec![Token::native("usilver")]);
    s.refused(&nothing, |s| s.execute("op", &claim(silver)));
    let empty = ContractError::Empty { what: "tokens" };
    s.refused(&empty, |s| s.execute("op", &claim(Some(vec![]))));
    let many = ContractError::TooMany {
        what: "tokens",
        limit: 64,
        actual: 65,
    };
    let tokens = (0..65).map(|i| Token::native(format!("u{i}"))).collect();
    s.refused(&many, |s| s.execute("op", &claim(Some(tokens))));
    assert_eq!(s.commission("op", GOLD), 100);
}

#[test]
fn addresses_that_are_none_are_refused() {
    let mut s = rewarded();
    let bad = || Some("NO".to_string());
    let token = || vec![Token::cw20("NO")];
    let pool = PoolKey {
        operator: "NO".to_string(),
        asset: ATOM.to_string(),
    };
    let claim = |pools, tokens, recipient| ExecuteMsg::ClaimRewards {
        pools,
        tokens,
        recipient,
    };
    let messages = [
        claim(None, None, bad()),
        claim(None, Some(token()), None),
        claim(Some(vec![pool]), None, None),
        ExecuteMsg::Compound {
            pools: None,
            tokens: token(),
        },
        ExecuteMsg::ClaimCommission {
            tokens: None,
            recipient: bad(),
        },
    ];
    for msg in messages {
        let before = s.state();
        let error = s.execute("ann", &msg).unwrap_err();
        let error = error.downcast::<ContractError>().unwrap();
        assert!(matches!(error, ContractError::Std(_)), "{error}");
        assert_eq!(s.state(), before);
    }
}

#[test]
fn a_pause_of_exits_stops_every_way_out_of_rewards_and_no_way_in() {
    let mut s = rewarded();
    let pause = AdminMsg::Pause {
        action: Action::Exits,
        seconds: Some(DAY),
    };
    s.execute("guardian", &ExecuteMsg::Admin(pause)).unwrap();
    let until = Some(s.now().plus_seconds(DAY));
    let paused = ContractError::Admin(AdminError::Paused {
        action: "exits",
        until,
    });
    s.refused(&paused, |s| s.claim_rewards("ann"));
    s.refused(&paused, |s| s.compound("ann", vec![Token::native(GOLD)]));
    s.refused(&paused, |s| s.claim_commission("op"));
    s.reward("op", GOLD, &[(ATOM, 10)]).unwrap();
    s.advance(DAY);
    s.claim_rewards("ann").unwrap();
    s.claim_commission("op").unwrap();
    assert_eq!((s.purse("ann", GOLD), s.purse("op", GOLD)), (909, 101));
}

#[test]
fn of_more_than_sixteen_pools_a_claim_names_some() {
    let mut s = Suite::new();
    for i in 0..17 {
        let operator = format!("o{i}");
        s.register(&operator);
        s.deposit("ann", &operator, ATOM, 1).unwrap();
        s.reward(&operator, GOLD, &[(ATOM, 10)]).unwrap();
    }
    s.advance(2 * PERIOD);
    let many = ContractError::TooMany {
        what: "pools",
        limit: 16,
        actual: 17,
    };
    s.refused(&many, |s| s.claim_rewards("ann"));
    let pools = (0..16)
        .map(|i| s.pool_key(&format!("o{i}"), ATOM))
        .collect();
    s.claim_some("ann", Some(pools), None).unwrap();
    assert_eq!(s.purse("ann", GOLD), 16 * 9);
    // A pool that she left counts while it owes her.
    s.undelegate("ann", "o0", ATOM, None).unwrap();
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), 17 * 9);
}

#[test]
fn queries_of_what_is_not_there() {
    let s = rewarded();
    let commission = QueryMsg::CommissionOwed {
        operator: s.who("ann").to_string(),
        start_after: None,
        limit: None,
    };
    assert!(s.try_query::<Vec<TokenAmount>>(&commission).is_err());
    let PoolKey { operator, asset } = s.pool_key("op", OSMO);
    let flows = QueryMsg::Flows { operator, asset };
    assert!(s.try_query::<Vec<FlowResponse>>(&flows).is_err());
    assert_eq!(s.rewards("nobody"), []);
}

#[test]
fn commission_is_listed_in_pages_by_the_names_of_the_tokens() {
    let mut s = Suite::new();
    let coin = s.cw20("coin", "allocation", 100);
    s.reward_cw20("op", &coin, &[(ATOM, 50)]).unwrap();
    for (denom, amount) in [("uc", 30), ("ua", 10), ("ub", 20)] {
        s.reward("op", denom, &[(ATOM, amount)]).unwrap();
    }
    let page = |start_after: Option<Token>, limit| {
        let owed: Vec<TokenAmount> = s.query(&QueryMsg::CommissionOwed {
            operator: s.who("op").to_string(),
            start_after,
            limit,
        });
        let owed = owed.into_iter();
        owed.map(|one| (one.token, one.amount.u128()))
            .collect::<Vec<_>>()
    };
    let all = vec![
        (Token::cw20(&coin), 5),
        (Token::native("ua"), 1),
        (Token::native("ub"), 2),
        (Token::native("uc"), 3),
    ];
    assert_eq!(page(None, None), all);
    assert_eq!(page(None, Some(2)), all[..2]);
    assert_eq!(page(Some(Token::cw20(&coin)), Some(2)), all[1..3]);
    assert_eq!(page(Some(Token::native("ub")), None), all[3..]);
    // One that is not there stands where it would.
    assert_eq!(page(Some(Token::native("ubb")), None), all[3..]);
    assert_eq!(page(Some(Token::native("uc")), None), []);
    assert_eq!(page(None, Some(0)), []);
    let bad = QueryMsg::CommissionOwed {
        operator: s.who("op").to_string(),
        start_after: Some(Token::cw20("?")),
        limit: None,
    };
    assert!(s.try_query::<Vec<TokenAmount>>(&bad).is_err());
}

#[test]
fn a_reward_period_that_cannot_work_is_refused() {
    let mut s = Suite::bare();
    for (reward_period, fine) in [
        (0, false),
        (59, false),
        (60, true),
        (3 * DAY, true),
        (3 * DAY + 1, false),
    ] {
        let msg = InstantiateMsg {
            owner: s.owner.to_string(),
            guardian: None,
            vault: s.vault.to_string(),
            epoch_length: DAY,
            unbonding_period: 3 * DAY,
            reward_period,
        };
        let owner = s.owner.clone();
        let outcome = s
            .app
            .instantiate_contract(s.code, owner, &msg, &[], "d", None);
        if fine {
            outcome.unwrap();
        } else {
            let expected = ContractError::InvalidRewardPeriod {
                reward_period,
                least: 60,
                most: 3 * DAY,
            };
            assert_error(&outcome, &expected);
        }
    }
}

#[test]
fn the_staker_of_an_operator_pays_its_own_pool_without_commission_and_no_other() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 10).unwrap();
    for (operator, staker) in [("op", "holder"), ("other", "stranger")] {
        let open = ExecuteMsg::OpenPool(StakedPool {
            operator: s.who(operator).to_string(),
            asset: "stake".to_string(),
            denom: "ustake".to_string(),
            staker: s.who(staker).to_string(),
            unbonding_time: 2 * DAY,
            batch_epochs: 1,
        });
        let (vault, delegation) = (s.vault.clone(), s.delegation.clone());
        s.app
            .execute_contract(vault, delegation, &open, &[])
            .unwrap();
    }
    s.reward_by("holder", "op", GOLD, &[("stake", 1_000)], true)
        .unwrap();
    assert_eq!(s.flows("op", "stake")[0].waiting.u128(), 1_000);
    assert_eq!(s.commission("op", GOLD), 0);
    for (sender, of) in [
        ("holder", vec![(ATOM, 5)]),
        ("holder", vec![("stake", 5), (ATOM, 5)]),
        ("holder", vec![]),
        ("stranger", vec![("stake", 5)]),
        ("op", vec![("stake", 5)]),
    ] {
        let expected = ContractError::Unauthorized {
            sender: s.who(sender),
            expected: "allocation",
        };
        let msg = reward(&s, "op", &of);
        let who = s.who(sender);
        s.mint(&who, 10, GOLD);
        let amount: u128 = of.iter().map(|(_, amount)| amount).sum::<u128>().max(1);
        s.refused(&expected, |s| paid(s, sender, &msg, &[coin(amount, GOLD)]));
    }
    // What the service pays bears commission there too.
    s.reward("op", GOLD, &[("stake", 1_000)]).unwrap();
    assert_eq!(s.commission("op", GOLD), 100);
    assert_eq!(s.flows("op", "stake")[0].waiting.u128(), 1_900);
}

#[test]
fn coins_are_refused_where_none_are_taken() {
    let mut s = rewarded();
    let someone = s.who("ann");
    s.mint(&someone, 5, GOLD);
    let address = someone.to_string();
    let messages = [
        ExecuteMsg::RewardCw20 {
            token: address.clone(),
            operator: address,
            parts: vec![],
            by_operator: false,
        },
        ExecuteMsg::ClaimRewards {
            pools: None,
            tokens: None,
            recipient: None,
        },
        ExecuteMsg::Compound {
            pools: None,
            tokens: vec![],
        },
        ExecuteMsg::ClaimCommission {
            tokens: None,
            recipient: None,
        },
    ];
    for msg in messages {
        let expected = ContractError::Payment(PaymentError::NonPayable {});
        s.refused(&expected, |s| paid(s, "ann", &msg, &[coin(5, GOLD)]));
    }
}
