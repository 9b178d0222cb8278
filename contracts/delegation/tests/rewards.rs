//! Rewards, from the harvest to the purse: who gets what, and when.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::rewards::GOLD;
use common::{assert_error, share, Suite, ATOM, DAY, OSMO, PERIOD};
use cosmwasm_std::Decimal;
use palisade_delegation::ContractError;
use palisade_types::delegation::{ExecuteMsg, OperatorChange, QueryMsg, RewardsResponse};
use palisade_types::token::Token;

fn nothing(s: &Suite, owner: &str) -> ContractError {
    ContractError::NothingToClaim {
        owner: s.who(owner),
    }
}

#[test]
fn commission_first_and_the_rest_through_the_next_period() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.deposit("bob", "op", ATOM, 100).unwrap();
    s.advance(100);
    s.reward("op", GOLD, &[(ATOM, 1_111)]).unwrap();
    // 10 % of 1,111 rounded down, in favour of the stakers.
    assert_eq!(s.commission("op", GOLD), 111);
    assert_eq!(s.stream(), (1_000, 0));
    assert_eq!(s.flows("op", ATOM)[0].per_unit, Decimal::zero());
    s.advance(PERIOD - 101);
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (0, 0));
    s.next_period();
    assert_eq!(s.stream(), (0, 1_000));
    let flow = &s.flows("op", ATOM)[0];
    assert_eq!(flow.per_unit, Decimal::percent(250));
    assert_eq!(flow.until, Some(s.now().plus_seconds(PERIOD)));
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (0, 0));

    s.advance(PERIOD / 4);
    assert_eq!(s.stream(), (0, 750));
    assert_eq!(s.flows("op", ATOM)[0].per_unit, Decimal::permille(1_875));
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (187, 62));
    s.advance(PERIOD / 4);
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (375, 125));
    s.claim_rewards("bob").unwrap();
    assert_eq!((s.purse("bob", GOLD), s.owed("bob", GOLD)), (125, 0));
    s.advance(PERIOD);
    assert_eq!(s.flows("op", ATOM)[0].until, None);
    assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (750, 125));

    s.claim_rewards("ann").unwrap();
    s.claim_rewards("bob").unwrap();
    s.claim_commission("op").unwrap();
    let all = ["ann", "bob", "op"].map(|who| s.purse(who, GOLD));
    assert_eq!(all, [750, 250, 111]);
    assert_eq!(s.bank(&s.delegation, GOLD), 0);
    let refused = nothing(&s, "op");
    s.refused(&refused, |s| s.claim_commission("op"));
}

#[test]
fn a_changed_commission_is_for_what_comes_later() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(DAY);
    let change = OperatorChange {
        commission: Some(Decimal::percent(12)),
        ..Default::default()
    };
    s.execute("op", &ExecuteMsg::UpdateOperator(change))
        .unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    assert_eq!(s.commission("op", GOLD), 100 + 120);
    s.advance(DAY);
    assert_eq!(s.owed("ann", GOLD), 900 + 880);
}

#[test]
fn parts_go_to_the_pools_that_earned_them() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.deposit("ann", "op", OSMO, 5).unwrap();
    s.deposit("bob", "op", OSMO, 15).unwrap();
    let parts = [(ATOM, 100), (OSMO, 400), ("never", 0)];
    s.reward("op", GOLD, &parts).unwrap();
    assert_eq!(s.commission("op", GOLD), 10 + 40);
    s.advance(2 * PERIOD);
    assert_eq!(s.owed_of("ann", "op", ATOM, GOLD), 90);
    assert_eq!(s.owed_of("ann", "op", OSMO, GOLD), 90);
    assert_eq!(s.owed_of("bob", "op", OSMO, GOLD), 270);
    // One payment of both pools. A part of nothing made no pool.
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), 180);
    assert!(s.pool("op", "never").is_none());
}

#[test]
fn the_operators_own_stake_earns_by_its_tokens_and_a_loss_of_its_own_lowers_its_part() {
    let mut s = Suite::new();
    s.set_first_loss("op", 100).unwrap();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.reward("op", GOLD, &[(ATOM, 8_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    // 3,600 flowed, one to three.
    assert_eq!((s.owed("op", GOLD), s.owed("ann", GOLD)), (900, 2_700));
    // 10 % of all, borne by the operator alone: 60 to 300 are left.
    let now = s.now();
    s.slash_percent("op", ATOM, 10, 400, now);
    assert_eq!(s.tranches("op", ATOM), (300, 60));
    assert_eq!((s.owed("op", GOLD), s.owed("ann", GOLD)), (900, 2_700));
    s.advance(PERIOD / 2);
    assert_eq!(s.owed("op", GOLD), 900 + 600);
    assert_eq!(s.owed("ann", GOLD), 2_700 + 3_000);
    // As a staker it claims, as an operator it has its commission.
    s.claim_rewards("op").unwrap();
    s.claim_commission("op").unwrap();
    assert_eq!(s.purse("op", GOLD), 1_500 + 800);
}

#[test]
fn an_operator_without_stake_of_its_own_leaves_all_to_its_stakers_and_alone_earns_all() {
    let mut s = Suite::new();
    s.deposit("op", "op", ATOM, 8).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    assert_eq!(s.owed("op", GOLD), 450);
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.deposit("ann", "op", ATOM, 1).unwrap();
    s.advance(PERIOD);
    assert_eq!((s.owed("op", GOLD), s.owed("ann", GOLD)), (450, 450));
}

#[test]
fn while_nobody_is_there_rewards_wait_and_the_clock_stands() {
    let mut s = Suite::new();
    // There never was stake.
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(3 * PERIOD + PERIOD / 4);
    assert_eq!(s.stream(), (0, 900));
    assert_eq!(s.flows("op", ATOM)[0].until, None);
    s.deposit("ann", "op", ATOM, 10).unwrap();
    s.advance(PERIOD / 2);
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((0, 450), 450));
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(5 * DAY);
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((0, 450), 450));
    s.deposit("bob", "op", ATOM, 4).unwrap();
    assert_eq!(s.owed("bob", GOLD), 0);
    s.advance(PERIOD / 2 - 1);
    assert_eq!(s.owed("bob", GOLD), 449);
    s.advance(1);
    assert_eq!(s.owed("bob", GOLD), 450);
    // She is gone, and what she earned is not.
    assert_eq!(s.positions("ann").len(), 0);
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), 450);
    assert_eq!(s.rewards("ann"), []);
}

#[test]
fn a_top_up_of_one_unit_neither_stops_nor_restarts_what_flows() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 10).unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.next_period();
    s.advance(PERIOD / 2);
    s.reward("op", GOLD, &[(ATOM, 1)]).unwrap();
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((1, 450), 450));
    s.advance(PERIOD / 2);
    assert_eq!((s.stream(), s.owed("ann", GOLD)), ((0, 1), 900));
    // At 10 % nothing of one unit is commission.
    assert_eq!(s.commission("op", GOLD), 100);
}

/// What each verb that changes a position does to what was earned before: nothing.
#[test]
fn a_position_is_settled_before_it_changes() {
    type Change = fn(&mut Suite);
    let changes: [(&str, Change, u128); 5] = [
        ("nothing", |_| {}, 450),
        // 90 to 10: nine tenths of the second half.
        (
            "join",
            |s| drop(s.deposit("ann", "op", ATOM, 80).unwrap()),
            810,
        ),
        (
            "leave",
            |s| drop(s.undelegate("ann", "op", ATOM, None).unwrap()),
            0,
        ),
        (
            "cancel",
            |s| drop(s.cancel("ann", "op", ATOM, 3, 80).unwrap()),
            810,
        ),
        (
            "redelegate",
            |s| drop(s.redelegate("ann", "other", ATOM, "op").unwrap()),
            810,
        ),
    ];
    for (name, change, second) in changes {
        let mut s = Suite::new();
        s.deposit("ann", "other", ATOM, 80).unwrap();
        s.undelegate("ann", "other", ATOM, None).unwrap();
        s.deposit("ann", "op", ATOM, 90).unwrap();
        s.deposit("bob", "op", ATOM, 10).unwrap();
        s.advance(3 * DAY + PERIOD);
        s.undelegate("ann", "op", ATOM, 80).unwrap();
        s.reward("op", GOLD, &[(ATOM, 2_000)]).unwrap();
        s.next_period();
        s.advance(PERIOD / 2);
        assert_eq!((s.owed("ann", GOLD), s.owed("bob", GOLD)), (450, 450));
        change(&mut s);
        assert_eq!(
            (s.owed("ann", GOLD), s.owed("bob", GOLD)),
            (450, 450),
            "{name}"
        );
        s.advance(PERIOD / 2);
        let owed = (s.owed("ann", GOLD), s.owed("bob", GOLD));
        assert_eq!(owed, (450 + second, 450 + 900 - second), "{name}");
    }
}

#[test]
fn a_slash_takes_nothing_of_what_was_earned_and_rescaled_shares_go_on_earning() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 3_000_000).unwrap();
    s.deposit("bob", "op", ATOM, 1_000_000).unwrap();
    for _ in 0..4 {
        s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
        s.advance(2 * PERIOD);
        let now = s.now();
        let active = s.active("op", ATOM);
        s.slash_percent("op", ATOM, 95, active, now);
    }
    let pool = s.pool("op", ATOM).unwrap();
    assert!(pool.scale > 0, "{pool:?}");
    // Neither was touched since it came; each payment reached both.
    let owed = (s.owed("ann", GOLD), s.owed("bob", GOLD));
    assert_eq!(owed, (4 * 675, 4 * 225));
    s.claim_rewards("ann").unwrap();
    s.reward("op", GOLD, &[(ATOM, 1_000)]).unwrap();
    s.advance(2 * PERIOD);
    assert_eq!(s.owed("ann", GOLD) + s.owed("bob", GOLD), 5 * 900 - 4 * 675);
}

#[test]
fn claims_of_some_pools_and_some_tokens_to_somebody() {
    let mut s = Suite::new();
    for (operator, asset) in [("op", ATOM), ("op", OSMO), ("other", ATOM)] {
        s.deposit("ann", operator, asset, 10).unwrap();
        for denom in [GOLD, "usilver"] {
            s.reward(operator, denom, &[(asset, 100)]).unwrap();
        }
    }
    s.advance(2 * PERIOD);
    let msg = ExecuteMsg::ClaimRewards {
        pools: Some(vec![s.pool_key("op", OSMO), s.pool_key("other", ATOM)]),
        tokens: Some(vec![Token::native(GOLD)]),
        recipient: Some(s.who("heir").to_string()),
    };
    s.execute("ann", &msg).unwrap();
    assert_eq!((s.purse("heir", GOLD), s.purse("ann", GOLD)), (180, 0));
    assert_eq!(s.purse("heir", "usilver"), 0);
    let left = |s: &Suite, denom| {
        [("op", ATOM), ("op", OSMO), ("other", ATOM)]
            .map(|(operator, asset)| s.owed_of("ann", operator, asset, denom))
    };
    assert_eq!(left(&s, GOLD), [90, 0, 0]);
    assert_eq!(left(&s, "usilver"), [90, 90, 90]);
    let refused = nothing(&s, "ann");
    s.refused(&refused, |s| s.execute("ann", &msg));
    // All the rest: two coins in one payment.
    let response = s.claim_rewards("ann").unwrap();
    let payments = response.events.iter().filter(|e| e.ty == "transfer");
    assert_eq!(payments.count(), 1);
    assert_eq!((s.purse("ann", GOLD), s.purse("ann", "usilver")), (90, 270));
    s.claim_commission("op").unwrap();
    assert_eq!((s.purse("op", GOLD), s.purse("op", "usilver")), (20, 20));
    // What events say, for one pool and token each.
    let of = |event: &cosmwasm_std::Event| event.ty == "wasm-claim_rewards";
    assert_eq!(response.events.iter().filter(|e| of(e)).count(), 4);
}

#[test]
fn the_queries_page_by_pool_and_agree_with_what_a_claim_pays() {
    let mut s = Suite::new();
    for (operator, asset) in [("op", ATOM), ("op", OSMO), ("other", ATOM)] {
        s.deposit("ann", operator, asset, 10).unwrap();
        s.deposit("bob", operator, asset, 7).unwrap();
        s.reward(operator, GOLD, &[(asset, 1_003)]).unwrap();
    }
    s.next_period();
    s.advance(PERIOD / 3);
    let page = |s: &Suite, start_after, limit| {
        let found: Vec<RewardsResponse> = s.query(&QueryMsg::Rewards {
            owner: s.who("ann").to_string(),
            start_after,
            limit,
        });
        found
    };
    let all = page(&s, None, None);
    assert_eq!(all.len(), 3);
    assert_eq!(page(&s, None, Some(2)), all[..2]);
    assert_eq!(page(&s, Some(all[1].pool.clone()), Some(9)), all[2..]);
    let owed = s.owed_in("ann", &Token::native(GOLD));
    assert!(owed > 0);
    s.claim_rewards("ann").unwrap();
    assert_eq!(s.purse("ann", GOLD), owed);
    assert_eq!(
        page(&s, None, None)
            .iter()
            .map(|r| r.rewards.len())
            .sum::<usize>(),
        0
    );
}

#[test]
fn a_pool_without_rewards_stores_nothing_of_them() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    let bytes: usize = s.state().len();
    s.undelegate("ann", "op", ATOM, 100).unwrap();
    // A bucket and an entry.
    assert_eq!(s.state().len(), bytes + 2);
    // All records of rewards go with the last of a position that is owed nothing.
    s.reward("op", GOLD, &[(ATOM, 1)]).unwrap();
    s.advance(2 * PERIOD);
    s.claim_rewards("ann").unwrap();
    let with = s.state().len();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    // Less a position and what was kept for it; a bucket, an entry and a seal are new.
    assert_eq!(s.state().len(), with - 2 + 3);
}

#[test]
fn compounding_deposits_for_the_claimer_behind_who_earned_it() {
    let mut s = Suite::new();
    let coin = s.register_cw20("coin", "allocation", 1_000);
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("ann", "other", ATOM, 100).unwrap();
    s.deposit("bob", "op", ATOM, 300).unwrap();
    s.reward("op", "uatom", &[(ATOM, 400)]).unwrap();
    s.reward("other", "uatom", &[(ATOM, 10)]).unwrap();
    s.reward_cw20("op", &coin, &[(ATOM, 40)]).unwrap();
    s.reward("op", GOLD, &[(ATOM, 40)]).unwrap();
    s.advance(2 * PERIOD);
    let tokens = vec![Token::native("uatom"), Token::cw20(&coin)];
    s.compound("ann", tokens.clone()).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(190));
    assert_eq!(s.stake("ann", "other", ATOM), Some(109));
    assert_eq!(s.stake("ann", "op", "coin"), Some(9));
    assert_eq!(s.owed("ann", GOLD), 9);
    assert_eq!(s.owed("bob", "uatom"), 270);
    s.assert_conserved(ATOM);
    let refused = nothing(&s, "ann");
    s.refused(&refused, |s| s.compound("ann", tokens.clone()));

    // What the vault refuses stays owed: a token that is no asset, an operator who is closed.
    let before = s.state();
    assert!(s.compound("ann", vec![Token::native(GOLD)]).is_err());
    assert_eq!(s.state(), before);
    let change = OperatorChange {
        accepts_stake: Some(false),
        ..Default::default()
    };
    s.execute("op", &ExecuteMsg::UpdateOperator(change))
        .unwrap();
    let closed = ContractError::ClosedOperator {
        operator: s.who("op"),
    };
    s.refused(&closed, |s| s.compound("bob", vec![Token::native("uatom")]));
    assert_eq!(s.owed("bob", "uatom"), 270);
    s.claim_rewards("bob").unwrap();
    assert_eq!(s.purse("bob", "uatom"), 270);
}

#[test]
fn seventeen_tokens_and_sixteen_places() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1).unwrap();
    let denom = |i: usize| format!("u{i:02}");
    let full = |s: &Suite, i, places| ContractError::RewardTokensFull {
        operator: s.who("op"),
        asset: ATOM.to_string(),
        token: format!("native/{}", denom(i)),
        places,
    };
    for i in 0..8 {
        s.reward("op", &denom(i), &[(ATOM, 10)]).unwrap();
    }
    let ninth = full(&s, 8, 8);
    s.refused(&ninth, |s| s.reward("op", &denom(8), &[(ATOM, 10)]));
    // The operator's own harvest takes it, and then anybody's.
    for i in 8..16 {
        s.reward_by("allocation", "op", &denom(i), &[(ATOM, 10)], true)
            .unwrap();
    }
    s.reward("op", &denom(8), &[(ATOM, 10)]).unwrap();
    let last = full(&s, 16, 16);
    s.refused(&last, |s| {
        s.reward_by("allocation", "op", &denom(16), &[(ATOM, 10)], true)
    });
    assert_eq!(s.bank(&s.delegation, &denom(16)), 0);
    // Another pool of the operator has places of its own.
    s.reward("op", &denom(16), &[(OSMO, 10)]).unwrap();
    s.advance(2 * PERIOD);
    s.claim_rewards("ann").unwrap();
    let purse: Vec<u128> = (0..17).map(|i| s.purse("ann", &denom(i))).collect();
    let mut expected = vec![9; 17];
    (expected[8], expected[16]) = (18, 0);
    assert_eq!(purse, expected);
    assert_eq!(s.flows("op", ATOM).len(), 16);
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(100));
    let refused = nothing(&s, "ann");
    assert_error(&s.claim_rewards("ann"), &refused);
}
