//! Stake in, stake out: who, what, how much, and what each side sees after.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{assert_error, Suite, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::{to_json_binary, Addr, Uint128};
use cw20::{BalanceResponse, Cw20ExecuteMsg, Cw20QueryMsg};
use cw_multi_test::Executor;
use palisade_delegation::ContractError;
use palisade_types::delegation::{ExecuteMsg, OperatorChange};
use palisade_types::vault::Cw20HookMsg;

fn attribute(response: &cw_multi_test::AppResponse, event: &str, key: &str) -> String {
    let event = response
        .events
        .iter()
        .find(|e| e.ty == format!("wasm-{event}"));
    let attribute = event.unwrap().attributes.iter().find(|a| a.key == key);
    attribute.unwrap().value.clone()
}

#[test]
fn a_deposit_stands_behind_its_operator_in_one_transaction() {
    let mut s = Suite::new();
    let response = s.deposit("ann", "op", ATOM, 300).unwrap();
    assert_eq!(attribute(&response, "join", "shares"), "300000000");
    s.deposit("bob", "op", ATOM, 100).unwrap();
    s.deposit("bob", "op", OSMO, 7).unwrap();
    s.deposit("bob", "other", ATOM, 9).unwrap();

    assert_eq!(s.stake("ann", "op", ATOM), Some(300));
    assert_eq!(s.stake("bob", "op", ATOM), Some(100));
    assert_eq!(s.stake("bob", "op", OSMO), Some(7));
    assert_eq!(s.stake("bob", "other", ATOM), Some(9));
    let pool = s.pool("op", ATOM).unwrap();
    assert_eq!((pool.tokens.u128(), pool.shares.u128()), (400, 400_000_000));
    assert_eq!(
        (pool.generation, pool.scale, pool.unbonding.u128()),
        (0, 0, 0)
    );
    assert_eq!(s.books(ATOM).staked.u128(), 409);
    assert_eq!(s.coins(&s.vault, ATOM), 409);
    s.assert_conserved(ATOM);
    s.assert_conserved(OSMO);
}

#[test]
fn undelegated_stake_waits_for_the_end_of_its_epoch_and_three_days() {
    let mut s = Suite::new();
    let genesis = s.now();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.advance(DAY - 1);
    let response = s.undelegate("ann", "op", ATOM, 120).unwrap();
    let matures_at = genesis.plus_seconds(DAY + UNBONDING);
    assert_eq!(attribute(&response, "undelegate", "amount"), "120");
    assert_eq!(
        attribute(&response, "undelegate", "matures_at"),
        matures_at.to_string()
    );
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (180, 120));
    assert_eq!(s.pool("op", ATOM).unwrap().unbonding.u128(), 120);
    assert_eq!(s.stake("ann", "op", ATOM), Some(180));
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 120)]);
    assert_eq!(s.entries("ann")[0].matures_at, matures_at);
    assert_eq!(s.books(ATOM).staked.u128(), 300, "the vault moved nothing");

    s.advance(UNBONDING);
    let early = ContractError::NothingMatured {
        next: Some(matures_at),
    };
    s.refused(&early, |s| s.claim("ann", "op", ATOM));

    s.advance(1);
    assert_eq!(s.pool("op", ATOM).unwrap().unbonding.u128(), 0, "matured");
    let response = s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(attribute(&response, "claim", "amount"), "120");
    assert_eq!(s.balance("ann", ATOM), 120);
    assert_eq!(s.unbonding("ann", "op", ATOM), []);
    assert_eq!(s.buckets("op", ATOM), [], "the emptied bucket is gone");
    assert_eq!(
        (s.books(ATOM).staked.u128(), s.coins(&s.vault, ATOM)),
        (180, 180)
    );
    s.assert_conserved(ATOM);
    let nothing = ContractError::NothingMatured { next: None };
    s.refused(&nothing, |s| s.claim("ann", "op", ATOM));
}

#[test]
fn one_entry_for_an_epoch_and_one_claim_for_all_that_matured() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.undelegate("ann", "op", ATOM, 10).unwrap();
    s.undelegate("ann", "op", ATOM, 20).unwrap();
    s.undelegate("bob", "op", ATOM, 40).unwrap();
    s.advance(DAY);
    s.undelegate("ann", "op", ATOM, 100).unwrap();
    s.advance(DAY);
    s.undelegate("ann", "op", ATOM, 200).unwrap();
    assert_eq!(
        s.unbonding("ann", "op", ATOM),
        [(0, 30), (1, 100), (2, 200)]
    );
    assert_eq!(s.bucket("op", ATOM, 0), 70);

    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 130, "epochs 0 and 1, not 2");
    assert_eq!(s.unbonding("ann", "op", ATOM), [(2, 200)]);
    assert_eq!(s.bucket("op", ATOM, 0), 40, "bob's is untouched");
    assert_eq!(s.stake("ann", "op", ATOM), Some(670));
    s.claim("bob", "op", ATOM).unwrap();
    assert_eq!(s.balance("bob", ATOM), 40);
    s.assert_conserved(ATOM);
}

#[test]
fn asking_for_more_than_there_is_takes_all() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.deposit("bob", "op", ATOM, 5).unwrap();
    s.undelegate("ann", "op", ATOM, u128::MAX).unwrap();
    assert_eq!(
        s.stake("ann", "op", ATOM),
        None,
        "an emptied position is removed"
    );
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 300)]);
    s.undelegate("bob", "op", ATOM, None).unwrap();
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 305));
    s.assert_conserved(ATOM);
}

#[test]
fn a_claim_can_pay_somebody_else() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 300).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY + UNBONDING);
    let msg = ExecuteMsg::Claim {
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        recipient: Some(s.who("heir").to_string()),
    };
    s.execute("ann", &msg).unwrap();
    assert_eq!((s.balance("ann", ATOM), s.balance("heir", ATOM)), (0, 300));
    s.assert_conserved(ATOM);
}

#[test]
fn a_cancelled_entry_is_back_at_the_price_of_the_pool() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.deposit("bob", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 600).unwrap();
    s.cancel("ann", "op", ATOM, 0, 100).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(500));
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 500)]);

    // A tenth of everything that was bonded in epoch 0 is lost, wherever it is now.
    s.advance(DAY);
    let genesis = s.now().minus_seconds(DAY);
    assert_eq!(
        s.slash_percent("op", ATOM, 10, 2_000, genesis)
            .seized
            .u128(),
        200
    );
    assert_eq!(
        (s.active("op", ATOM), s.bucket("op", ATOM, 0)),
        (1_350, 450)
    );
    s.cancel("ann", "op", ATOM, 0, None).unwrap();
    assert_eq!(s.unbonding("ann", "op", ATOM), []);
    assert_eq!(s.active("op", ATOM), 1_800);
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)),
        (Some(900), Some(900))
    );
    s.assert_conserved(ATOM);
}

#[test]
fn what_matured_is_not_cancelled_but_claimed() {
    let mut s = Suite::new();
    let genesis = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 600).unwrap();
    s.advance(DAY + UNBONDING);
    let matured = ContractError::Matured {
        epoch: 0,
        matured_at: genesis.plus_seconds(DAY + UNBONDING),
    };
    s.refused(&matured, |s| s.cancel("ann", "op", ATOM, 0, None));
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 600);
}

#[test]
fn an_operator_that_accepts_no_stake_still_takes_its_own_back() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 600).unwrap();
    let close = ExecuteMsg::UpdateOperator(OperatorChange {
        accepts_stake: Some(false),
        restricted: Some(true),
        ..Default::default()
    });
    s.execute("op", &close).unwrap();
    let closed = ContractError::ClosedOperator {
        operator: s.who("op"),
    };
    assert_error(&s.deposit("bob", "op", ATOM, 1), &closed);
    s.cancel("ann", "op", ATOM, 0, None).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(1_000));
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY + UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 1_000);
}

#[test]
fn matured_stake_goes_behind_another_operator_without_moving_a_token() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.deposit("bob", "other", ATOM, 50).unwrap();
    s.undelegate("ann", "op", ATOM, 400).unwrap();
    let next = Some(s.entries("ann")[0].matures_at);
    let early = ContractError::NothingMatured { next };
    s.refused(&early, |s| s.redelegate("ann", "op", ATOM, "other"));
    s.advance(DAY + UNBONDING);
    let response = s.redelegate("ann", "op", ATOM, "other").unwrap();
    assert_eq!(attribute(&response, "redelegate", "amount"), "400");
    assert_eq!((s.active("op", ATOM), s.active("other", ATOM)), (600, 450));
    assert_eq!(s.stake("ann", "other", ATOM), Some(400));
    assert_eq!(
        (s.unbonding("ann", "op", ATOM), s.buckets("op", ATOM)),
        (vec![], vec![])
    );
    assert_eq!(
        (s.books(ATOM).staked.u128(), s.balance("ann", ATOM)),
        (1_050, 0)
    );
    s.assert_conserved(ATOM);
}

#[test]
fn matured_stake_can_go_back_behind_the_same_operator() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY + UNBONDING);
    s.redelegate("ann", "op", ATOM, "op").unwrap();
    assert_eq!(
        (s.active("op", ATOM), s.stake("ann", "op", ATOM)),
        (1_000, Some(1_000))
    );
    s.assert_conserved(ATOM);
}

#[test]
fn redelegation_obeys_the_rules_of_the_new_operator() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY + UNBONDING);
    let (operator, staker) = (s.who("other"), s.who("ann"));
    let change = |restricted, accepts_stake| {
        ExecuteMsg::UpdateOperator(OperatorChange {
            restricted: Some(restricted),
            accepts_stake: Some(accepts_stake),
            ..Default::default()
        })
    };
    s.execute("other", &change(true, true)).unwrap();
    let unlisted = ContractError::NotListed {
        operator: operator.clone(),
        staker,
    };
    s.refused(&unlisted, |s| s.redelegate("ann", "op", ATOM, "other"));
    s.execute("other", &change(false, false)).unwrap();
    let closed = ContractError::ClosedOperator { operator };
    s.refused(&closed, |s| s.redelegate("ann", "op", ATOM, "other"));
    let unknown = ContractError::UnknownOperator {
        operator: s.who("nobody"),
    };
    s.refused(&unknown, |s| s.redelegate("ann", "op", ATOM, "nobody"));
    s.execute("other", &change(false, true)).unwrap();
    s.redelegate("ann", "op", ATOM, "other").unwrap();
    assert_eq!(s.stake("ann", "other", ATOM), Some(1_000));
}

#[test]
fn a_claim_takes_at_most_32_entries_and_the_next_the_next() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    for _ in 0..40 {
        s.undelegate("ann", "op", ATOM, 1).unwrap();
        s.advance(DAY);
    }
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 32);
    assert_eq!(s.unbonding("ann", "op", ATOM)[0], (32, 1), "oldest first");
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 40);
    s.assert_conserved(ATOM);
}

#[test]
fn pools_of_other_operators_assets_and_owners_are_left_alone() {
    let mut s = Suite::new();
    for (operator, asset) in [("op", ATOM), ("op", OSMO), ("other", ATOM)] {
        s.deposit("ann", operator, asset, 100).unwrap();
        s.deposit("bob", operator, asset, 100).unwrap();
    }
    s.undelegate("ann", "op", ATOM, 60).unwrap();
    s.undelegate("ann", "op", OSMO, 7).unwrap();
    s.advance(DAY + UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!((s.balance("ann", ATOM), s.balance("ann", OSMO)), (60, 0));
    assert_eq!(s.unbonding("ann", "op", OSMO), [(0, 7)]);
    assert_eq!(
        (
            s.active("op", ATOM),
            s.active("op", OSMO),
            s.active("other", ATOM)
        ),
        (140, 193, 200)
    );
    assert_eq!(s.stake("bob", "op", ATOM), Some(100));
    let total = s.books(ATOM).staked + s.books(OSMO).staked;
    assert_eq!(total, Uint128::new(540));
}

#[test]
fn a_cw20_goes_the_same_way() {
    let mut s = Suite::new();
    let token = s.register_cw20("lst", "ann", 500);
    let operator = s.who("op").to_string();
    let deposit = Cw20ExecuteMsg::Send {
        contract: s.vault.to_string(),
        amount: Uint128::new(300),
        msg: to_json_binary(&Cw20HookMsg::Deposit {
            operator: Some(operator),
            owner: None,
        })
        .unwrap(),
    };
    let ann = s.who("ann");
    s.app
        .execute_contract(ann, token.clone(), &deposit, &[])
        .unwrap();
    assert_eq!(s.stake("ann", "op", "lst"), Some(300));
    let start = s.now();
    s.undelegate("ann", "op", "lst", 100).unwrap();
    assert_eq!(
        s.slash_percent("op", "lst", 10, 300, start).seized.u128(),
        30
    );
    s.advance(DAY + UNBONDING);
    s.claim("ann", "op", "lst").unwrap();
    let held = |s: &Suite, of: &Addr| {
        let msg = Cw20QueryMsg::Balance {
            address: of.to_string(),
        };
        let answer: BalanceResponse = s.app.wrap().query_wasm_smart(&token, &msg).unwrap();
        answer.balance.u128()
    };
    assert_eq!(held(&s, &s.who("ann")), 200 + 90);
    assert_eq!(held(&s, &s.vault), 180 + 30);
    let books = s.books("lst");
    assert_eq!((books.staked.u128(), books.seized.u128()), (180, 30));
}
