//! Attacks on rewards, by the names under which others were hurt.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::rewards::{parts, GOLD};
use common::{Suite, ATOM, DAY, PERIOD, UNBONDING};
use cosmwasm_std::{
    to_json_binary, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult,
};
use cw20::Cw20ExecuteMsg;
use cw_multi_test::{ContractWrapper, Executor};
use palisade_delegation::ContractError;
use palisade_types::delegation::ExecuteMsg;
use palisade_types::token::Token;

#[test]
fn just_in_time_deposit_taking_rewards() {
    for cw20 in [false, true] {
        let mut s = Suite::new();
        let coin = s.cw20("coin", "allocation", 1_000_000);
        let token = if cw20 {
            Token::cw20(&coin)
        } else {
            Token::native(GOLD)
        };
        let pay = |s: &mut Suite, amount| {
            if cw20 {
                s.reward_cw20("op", &coin, &[(ATOM, amount)]).unwrap();
            } else {
                s.reward("op", GOLD, &[(ATOM, amount)]).unwrap();
            }
        };
        s.deposit("ann", "op", ATOM, 100).unwrap();
        s.advance(PERIOD / 2);
        // A thousand times the stake, one block before the payout, gone one block after.
        s.deposit("thief", "op", ATOM, 100_000).unwrap();
        s.advance(5);
        pay(&mut s, 1_000);
        s.advance(5);
        s.undelegate("thief", "op", ATOM, None).unwrap();
        s.advance(2 * PERIOD);
        assert_eq!(s.owed_in("thief", &token), 0);
        assert_eq!(s.owed_in("ann", &token), 900);
        let nothing = ContractError::NothingToClaim {
            owner: s.who("thief"),
        };
        s.refused(&nothing, |s| s.claim_rewards("thief"));
        // Over the very end of a period it earns what it is there for: ten seconds of the period.
        pay(&mut s, 48_000);
        s.next_period();
        s.advance(PERIOD - 5);
        let before = s.owed_in("ann", &token);
        s.deposit("thief", "op", ATOM, 100_000).unwrap();
        s.advance(5);
        s.undelegate("thief", "op", ATOM, None).unwrap();
        let taken = s.owed_in("thief", &token);
        assert_eq!(
            taken, 4,
            "43,200 through {PERIOD} s, for 5 s, all but a thousandth"
        );
        assert_eq!(before + 5, s.owed_in("ann", &token) + taken + 1);
    }
}

#[test]
fn one_reward_paid_twice() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.deposit("bob", "op", ATOM, 100).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    let nothing = ContractError::NothingToClaim {
        owner: s.who("ann"),
    };
    s.claim_rewards("ann").unwrap();
    s.refused(&nothing, |s| s.claim_rewards("ann"));
    // Neither by leaving and coming back, nor by a cancellation, nor with a pool named.
    s.undelegate("ann", "op", ATOM, None).unwrap();
    let epoch = s.epoch();
    s.refused(&nothing, |s| s.claim_rewards("ann"));
    s.cancel("ann", "op", ATOM, epoch, None).unwrap();
    s.refused(&nothing, |s| s.claim_rewards("ann"));
    let pools = Some(vec![s.pool_key("op", ATOM)]);
    s.refused(&nothing, |s| s.claim_some("ann", pools, None));
    s.compound("ann", vec![Token::native(GOLD)]).unwrap_err();
    s.claim_commission("op").unwrap();
    let nothing = ContractError::NothingToClaim { owner: s.who("op") };
    s.refused(&nothing, |s| s.claim_commission("op"));
    assert_eq!((s.purse("ann", GOLD), s.owed("bob", GOLD)), (675, 225));
    assert_eq!(s.bank(&s.delegation, GOLD), 225);
}

#[test]
fn old_shares_draining_a_new_generation() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 10_u128.pow(24)).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    let now = s.now();
    s.slash_percent("op", ATOM, 100, 10_u128.pow(24), now);
    assert_eq!(s.active("op", ATOM), 0);
    // What flowed until then is hers; what did not stands still until somebody comes.
    s.advance(DAY);
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((0, 450), 450));
    s.deposit("bob", "op", ATOM, 1).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(3 * PERIOD);
    // A million million times his shares, and none of them counts: neither read, nor claimed, nor when
    // she comes back.
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (450, 1_350));
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), 450);
    s.deposit("ann", "op", ATOM, 1).unwrap();
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (0, 1_350));
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (450, 1_800));
    // A token that begins after all that is hers by her present shares alone.
    s.reward("op", "ulate", &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!((s.owed("ann", "ulate"), s.owed("bob", "ulate")), (450, 450));
}

#[test]
fn coming_back_earns_nothing_of_the_time_between() {
    let mut s = Suite::new();
    s.deposit("bob", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    for (denom, leaves) in [(GOLD, true), ("usilver", false)] {
        s.reward("op", denom, &[(ATOM, 1_000)]).unwrap();
        if leaves {
            s.advance(2 * PERIOD);
            s.undelegate("ann", "op", ATOM, None).unwrap();
        }
    }
    // Silver began while she was away.
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    s.deposit("ann", "op", ATOM, 100).unwrap();
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (450, 1_350));
    assert_eq!(
        (s.owed("ann", "usilver"), s.owed("bob", "usilver")),
        (0, 900)
    );
    s.advance(UNBONDING + DAY);
    assert_eq!((s.owed("ann", GOLD), s.owed("ann", "usilver")), (450, 0));
    s.claim_rewards("ann").unwrap();
    s.claim_rewards("bob").unwrap();
    assert_eq!((s.purse("ann", GOLD), s.purse("bob", GOLD)), (450, 1_350));
}

#[test]
fn first_depositor_inflating_what_a_share_earns() {
    let mut s = Suite::new();
    s.deposit("thief", "op", ATOM, 1).unwrap();
    s.deposit("ann", "op", ATOM, 999_999).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000_000)]).unwrap();
    s.advance(2 * PERIOD);
    // 0.9 of a unit.
    assert_eq!((s.owed("thief", GOLD), s.owed("ann", GOLD)), (0, 899_999));
}

#[test]
fn splitting_positions_and_claims_gains_nothing() {
    let run = |holders: &[(&str, &[u128])], claims: u64| {
        let mut s = Suite::new();
        s.deposit("bob", "op", ATOM, 777).unwrap();
        for (holder, deposits) in holders {
            for amount in *deposits {
                s.deposit(holder, "op", ATOM, *amount).unwrap();
            }
        }
        s.reward("op", GOLD, &[(ATOM, 100_003)]).unwrap();
        s.next_period();
        for _ in 0..claims {
            s.advance(PERIOD / claims);
            for (holder, _) in holders {
                s.claim_rewards(holder).unwrap();
            }
        }
        let purses = holders.iter().map(|(holder, _)| s.purse(holder, GOLD));
        (purses.sum::<u128>(), s.owed("bob", GOLD))
    };
    let (whole, others) = run(&[("ann", &[1_000])], 1);
    assert_eq!((whole, others), (50_648, 39_354));
    for (parts, operations) in [
        (run(&[("ann", &[400, 600])], 1), 1),
        (run(&[("ann", &[400]), ("ann2", &[600])], 1), 2),
        (run(&[("ann", &[1_000])], 10), 10),
        (run(&[("ann", &[1, 399]), ("ann2", &[599, 1])], 16), 32),
    ] {
        assert!(
            parts.0 <= whole + 1 && parts.0 + operations >= whole,
            "{parts:?}"
        );
        assert!(parts.1.abs_diff(others) <= 1, "{parts:?}");
    }
}

#[test]
fn a_contract_that_calls_itself_a_reward_fills_no_place() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    let thief = s.who("thief");
    let msg = ExecuteMsg::RewardCw20 {
        token: thief.to_string(),
        operator: s.who("op").to_string(),
        parts: parts(&[(ATOM, 5)]),
        by_operator: true,
    };
    let expected = ContractError::Unauthorized {
        sender: thief.clone(),
        expected: "allocation",
    };
    s.refused(&expected, |s| s.execute("thief", &msg));
    // Nor is there a hook, in which it could name allocation as the sender.
    let coin = s.cw20("coin", "thief", 5);
    let send = Cw20ExecuteMsg::Send {
        contract: s.delegation.to_string(),
        amount: 5u128.into(),
        msg: to_json_binary(&msg).unwrap(),
    };
    let before = s.state();
    assert!(s.app.execute_contract(thief, coin, &send, &[]).is_err());
    assert_eq!(s.state(), before);
    assert_eq!(s.flows("op", ATOM), []);
}

fn mute(_: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    Err(StdError::generic_err("no"))
}

/// A token that takes anything in, and gives nothing out.
fn trap(deps: DepsMut, _: Env, info: MessageInfo, _: Cw20ExecuteMsg) -> StdResult<Response> {
    let open = deps.storage.get(b"from").unwrap() == info.sender.as_bytes();
    open.then(Response::new)
        .ok_or_else(|| StdError::generic_err("closed"))
}

fn set(deps: DepsMut, _: Env, _: MessageInfo, from: String) -> StdResult<Response> {
    deps.storage.set(b"from", from.as_bytes());
    Ok(Response::new())
}

#[test]
fn a_token_that_fails_blocks_only_who_names_it() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    let code = s
        .app
        .store_code(Box::new(ContractWrapper::new(trap, set, mute)));
    let (owner, allocation) = (s.owner.clone(), s.allocation.clone());
    let bad = s
        .app
        .instantiate_contract(code, owner, &allocation, &[], "bad", None)
        .unwrap();
    s.reward_cw20("op", &bad, &[(ATOM, 100)]).unwrap();
    s.reward("op", GOLD, &[(ATOM, 100)]).unwrap();
    s.advance(2 * PERIOD);
    let before = s.state();
    assert!(s.claim_rewards("ann").is_err());
    assert!(s.claim_commission("op").is_err());
    assert_eq!(s.state(), before);
    let good = || Some(vec![Token::native(GOLD)]);
    s.claim_some("ann", None, good()).unwrap();
    let msg = ExecuteMsg::ClaimCommission {
        tokens: good(),
        recipient: None,
    };
    s.execute("op", &msg).unwrap();
    assert_eq!((s.purse("ann", GOLD), s.purse("op", GOLD)), (90, 10));
    // Nor does it hold anybody's stake.
    s.undelegate("ann", "op", ATOM, None).unwrap();
    assert_eq!(s.owed_in("ann", &Token::cw20(&bad)), 90);
}
