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
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError,
    StdResult,
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
    s.claim_commission("op").unwrap();
    let none = ContractError::NothingToClaim { owner: s.who("op") };
    s.refused(&none, |s| s.claim_commission("op"));
    assert_eq!((s.purse("ann", GOLD), s.owed("bob", GOLD)), (675, 225));
    assert_eq!(s.bank(&s.delegation, GOLD), 225);
    // Nor is an asset deposited twice, or deposited and claimed.
    s.reward("op", "uatom", &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    let uatom = || vec![Token::native("uatom")];
    s.compound("ann", uatom()).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(300 + 675));
    s.refused(&nothing, |s| s.compound("ann", uatom()));
    s.refused(&nothing, |s| s.claim_some("ann", None, Some(uatom())));
    assert_eq!((s.owed("bob", "uatom"), s.purse("ann", "uatom")), (225, 0));
    assert_eq!(s.bank(&s.delegation, "uatom"), 100 + 225);
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
    // What flowed until then is hers, and what did not is as well: nobody is left to earn it.
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((0, 0), 900));
    s.advance(DAY);
    s.deposit("bob", "op", ATOM, 1).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(3 * PERIOD);
    // A million million times his shares, and none of them counts: neither read, nor claimed, nor when
    // she comes back.
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (900, 900));
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), 900);
    s.deposit("ann", "op", ATOM, 1).unwrap();
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (0, 900));
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (450, 1_350));
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

/// What a cw20 had allocation believe that it transferred: nothing came.
fn lie(s: &mut Suite, token: &Addr, amount: u128) -> common::Outcome {
    let msg = ExecuteMsg::RewardCw20 {
        token: token.to_string(),
        operator: s.who("op").to_string(),
        parts: parts(&[(ATOM, amount)]),
        by_operator: true,
    };
    s.execute("allocation", &msg)
}

#[test]
fn a_reward_token_that_lies_about_amounts_blocks_no_exit_and_no_slash() {
    // It says a second time that it paid 2^128 - 1: while the first time's flows, or once it is owed.
    for flown in [false, true] {
        let mut s = Suite::new();
        s.deposit("ann", "op", ATOM, 1_000_000).unwrap();
        s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
        let evil = s.cw20("evil", "thief", 1);
        let token = Token::cw20(&evil);
        lie(&mut s, &evil, u128::MAX).unwrap();
        s.next_period();
        s.advance(if flown { 2 * PERIOD } else { PERIOD / 2 });
        let rest = |amount: u128| amount - amount / 10;
        let mut most = u128::MAX - rest(u128::MAX);
        let refused = |s: &mut Suite, amount: u128, most: u128| {
            let expected = ContractError::RewardTooLarge {
                operator: s.who("op"),
                asset: ATOM.to_string(),
                token: Token::cw20(&evil).name(),
                amount: rest(amount).into(),
                most: most.into(),
            };
            s.refused(&expected, |s| lie(s, &evil, amount));
        };
        refused(&mut s, u128::MAX, most);
        // To the last unit, and no further.
        let fits = (0..20).map(|i| most / 9 * 10 + i);
        let fits = fits.filter(|fits| rest(*fits) == most).max().unwrap();
        refused(&mut s, fits + 1, most);
        lie(&mut s, &evil, fits).unwrap();
        most = 0;
        refused(&mut s, 1, most);

        let part = if flown { 1 } else { 2 };
        let (gold, lied) = (900 / part, u128::MAX / 10 * 9 / part);
        let owed = |s: &Suite| (s.owed("ann", GOLD), s.owed_in("ann", &token));
        assert_eq!(owed(&s).0, gold);
        // Base units of it per share are whole, so that all of it is found but for a remainder.
        assert!(owed(&s).1 >= lied - 1_000 && owed(&s).1 <= lied + 10);
        // Exits, deposits, slashes, cancellations.
        s.undelegate("ann", "op", ATOM, 500_000).unwrap();
        s.deposit("bob", "op", ATOM, 100_000).unwrap();
        assert_eq!(s.active("op", ATOM), 600_000);
        let now = s.now();
        let cut = s.slash_percent("op", ATOM, 10, 1_100_000, now);
        assert_eq!(cut.seized.u128(), 110_000);
        let epoch = s.epoch();
        s.cancel("ann", "op", ATOM, epoch, 50_000).unwrap();
        assert_eq!(
            (s.active("op", ATOM), s.unbonding("ann", "op", ATOM)[0].1),
            (590_000, 400_000)
        );
        // Claims of all else. It has nothing to pay out, and whoever names it is told so by it.
        let before = s.state();
        assert!(s.claim_rewards("ann").is_err());
        assert_eq!(s.state(), before);
        let good = || Some(vec![Token::native(GOLD)]);
        s.claim_some("ann", None, good()).unwrap();
        assert_eq!(s.purse("ann", GOLD), gold);
        s.claim_commission("op").unwrap_err();
        assert_eq!(s.commission("op", GOLD), 100);
        // Much later, when it has all flowed; and when a slash brings it at once.
        s.advance(10 * PERIOD);
        s.undelegate("ann", "op", ATOM, 100_000).unwrap();
        let now = s.now();
        let all = s.active("op", ATOM) + 100_000;
        let cut = s.slash_percent("op", ATOM, 100, all, now);
        assert_eq!(cut.seized.u128(), all);
        let both = s
            .owed_in("ann", &token)
            .checked_add(s.owed_in("bob", &token));
        assert!(both.unwrap() > u128::MAX - 1_000_000);
        s.undelegate("ann", "op", ATOM, None).unwrap();
        s.claim("ann", "op", ATOM).unwrap();
        assert_eq!(s.balance("ann", ATOM), 400_000);
        s.deposit("ann", "op", ATOM, 7).unwrap();
        assert_eq!(s.stake("ann", "op", ATOM), Some(7));
        s.assert_conserved(ATOM);
    }
}

#[test]
fn the_most_that_a_token_can_claim_fits_beside_the_least_and_the_most_stake() {
    for stake in [1, 10_u128.pow(31)] {
        let mut s = Suite::new();
        let evil = s.cw20("evil", "thief", 1);
        let token = Token::cw20(&evil);
        s.deposit("ann", "op", ATOM, stake).unwrap();
        lie(&mut s, &evil, u128::MAX).unwrap();
        s.next_period();
        s.advance(PERIOD / 3);
        // Divided by ten as often as can be, and alone with what is left.
        let now = s.now();
        while s.active("op", ATOM) > 100 {
            let active = s.active("op", ATOM);
            s.slash_percent("op", ATOM, 99, active, now);
        }
        assert_eq!(s.active("op", ATOM), if stake == 1 { 1 } else { 10 });
        lie(&mut s, &evil, u128::MAX / 10).unwrap();
        s.advance(PERIOD / 3);
        s.undelegate("ann", "op", ATOM, None).unwrap();
        s.deposit("bob", "op", ATOM, (stake / 2).max(1)).unwrap();
        s.advance(2 * PERIOD);
        s.undelegate("bob", "op", ATOM, None).unwrap();
        let owed = ["ann", "bob"].map(|who| s.owed_in(who, &token));
        let rest = u128::MAX - u128::MAX / 10;
        assert!(
            owed[0] / 10_u128.pow(33) == rest / 3 * 2 / 10_u128.pow(33),
            "{owed:?}"
        );
        assert!(owed[1] > rest / 3, "{owed:?}");
        owed[0].checked_add(owed[1]).unwrap();
    }
}

#[test]
fn what_did_not_flow_when_a_slash_wipes_a_pool_is_not_the_next_depositors() {
    let mut s = Suite::new();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.reward("op", GOLD, &[(ATOM, 8_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.reward("op", "usilver", &[(ATOM, 40)]).unwrap();
    // One to three of the half that flowed; 900 wait, and 36 of silver.
    assert_eq!(
        (s.stream(), s.owed("op", GOLD), s.owed("ann", GOLD)),
        ((900, 3_600), 900, 2_700)
    );
    let now = s.now();
    s.slash_percent("op", ATOM, 100, 400, now);
    assert_eq!(s.tranches("op", ATOM), (0, 0));
    assert_eq!(
        (s.stream(), s.flows("op", ATOM)[1].waiting.u128()),
        ((0, 0), 0)
    );
    assert_eq!(
        (s.owed("op", GOLD), s.owed("ann", GOLD)),
        (900 + 1_125, 2_700 + 3_375)
    );
    assert_eq!((s.owed("op", "usilver"), s.owed("ann", "usilver")), (9, 27));
    // In the same block, with one unit: nothing of all that.
    s.deposit("bob", "op", ATOM, 1).unwrap();
    s.advance(3 * PERIOD);
    assert_eq!((s.owed("bob", GOLD), s.owed("bob", "usilver")), (0, 0));
    s.claim_rewards("op").unwrap();
    s.claim_rewards("ann").unwrap();
    assert_eq!((s.purse("op", GOLD), s.purse("ann", GOLD)), (2_025, 6_075));
    assert_eq!(
        (s.purse("op", "usilver"), s.purse("ann", "usilver")),
        (9, 27)
    );
    // Nothing is left but commission, and what comes is his.
    assert_eq!(s.bank(&s.delegation, GOLD), 900);
    s.reward("op", GOLD, &[(ATOM, 10)]).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!(
        (s.owed("bob", GOLD), s.owed("ann", GOLD), s.owed("op", GOLD)),
        (9, 0, 0)
    );
}

#[test]
fn a_slash_that_leaves_somebody_or_finds_nobody_leaves_the_stream_as_it_is() {
    // The operator's own is wiped, and its stakers earn on.
    let mut s = Suite::new();
    s.set_first_loss("op", 100).unwrap();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.reward("op", GOLD, &[(ATOM, 8_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    let now = s.now();
    s.slash_percent("op", ATOM, 25, 400, now);
    assert_eq!((s.tranches("op", ATOM), s.stream()), ((300, 0), (0, 3_600)));
    assert_eq!((s.owed("op", GOLD), s.owed("ann", GOLD)), (900, 2_700));
    s.advance(PERIOD);
    assert_eq!((s.owed("op", GOLD), s.owed("ann", GOLD)), (900, 6_300));
    // She left by herself, settled: what is slashed is her bucket, and what did not flow waits.
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    let now = s.now();
    let cut = s.slash_percent("op", ATOM, 100, 300, now);
    assert_eq!((cut.seized.u128(), s.stream()), (300, (900, 0)));
    s.deposit("bob", "op", ATOM, 5).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!(
        (s.owed("op", GOLD), s.owed("ann", GOLD), s.owed("bob", GOLD)),
        (900, 6_300, 900)
    );
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
