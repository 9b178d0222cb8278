//! What killed or hurt others, by name, as far as pools, positions and unbonding stake are
//! concerned.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{assert_error, Suite, ATOM, DAY, UNBONDING};
use cosmwasm_std::{coins, Decimal, Uint128};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use palisade_admin::{AdminError, AdminMsg, EXIT_PAUSE_LIMIT};
use palisade_delegation::ContractError;
use palisade_types::delegation::{Action, ExecuteMsg, QueryMsg, SlashPools};

#[test]
fn first_depositor_and_donation_inflation() {
    let mut s = Suite::new();
    s.deposit("mallory", "op", ATOM, 1).unwrap();
    // The donation is nobody's: it moves no price.
    let mallory = s.who("mallory");
    let donation = coins(1_000_000, "uatom");
    s.app
        .sudo(SudoMsg::Bank(BankSudo::Mint {
            to_address: mallory.to_string(),
            amount: donation.clone(),
        }))
        .unwrap();
    let vault = s.vault.clone();
    s.app.send_tokens(mallory, vault, &donation).unwrap();
    s.deposit("ann", "op", ATOM, 999).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(999));
    assert_eq!(s.stake("mallory", "op", ATOM), Some(1));
    assert_eq!(s.books(ATOM).staked.u128(), 1_000);
}

#[test]
fn deposit_minting_zero_shares() {
    // No sequence of messages makes a share worth more than a token: after joining and leaving a
    // hundred times with a slash each, one unit still mints shares, and is worth one unit or none.
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    for _ in 0..20 {
        let now = s.now();
        s.slash_percent("op", ATOM, 1, 7, now);
        s.deposit("mallory", "op", ATOM, 3).unwrap();
        s.undelegate("mallory", "op", ATOM, 1).unwrap();
    }
    s.deposit("bob", "op", ATOM, 1).unwrap();
    let pool = s.pool("op", ATOM).unwrap();
    assert!(
        pool.shares >= pool.tokens,
        "a share is worth less than a token"
    );
    // And an amount of zero is refused for what it is.
    let zero = ContractError::Math(palisade_math::MathError::ZeroAmount);
    let join = join(&s, "bob", 0);
    let vault = s.vault.clone();
    let delegation = s.delegation.clone();
    s.refused(&zero, |s| {
        s.app.execute_contract(vault, delegation, &join, &[])
    });
}

fn join(s: &Suite, owner: &str, amount: u128) -> ExecuteMsg {
    ExecuteMsg::Join {
        owner: s.who(owner).to_string(),
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        amount: Uint128::new(amount),
        bound: false,
    }
}

#[test]
fn overflow_of_128_bits_with_18_decimals() {
    // 10^13 whole tokens of 18 decimals, the most that an asset may have.
    let mut s = Suite::new();
    let start = s.now();
    let most = 10_u128.pow(31);
    s.deposit("ann", "op", ATOM, most).unwrap();
    s.undelegate("ann", "op", ATOM, most / 2).unwrap();
    let cut = s.slash_percent("op", ATOM, 10, most, start);
    assert_eq!(cut.seized.u128(), most / 10);
    assert_eq!(
        (s.active("op", ATOM), s.bucket("op", ATOM, 0)),
        (most / 20 * 9, most / 20 * 9)
    );
    s.cancel("ann", "op", ATOM, 0, most / 20).unwrap();
    assert_eq!(s.active("op", ATOM), most / 2);
    s.assert_conserved(ATOM);
}

#[test]
fn dust_from_a_stranger_resetting_someones_unlock() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 400).unwrap();
    let entries = s.entries("ann");
    for _ in 0..4 {
        s.advance(DAY);
        let ann = s.who("ann");
        s.deposit_for(&ann, "mallory", "op", ATOM, 1).unwrap();
        assert_eq!(s.entries("ann"), entries);
    }
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 400);
    assert_eq!(
        s.stake("ann", "op", ATOM),
        Some(604),
        "a gift, and nothing else"
    );
}

#[test]
fn withdrawal_between_infraction_and_execution() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.advance(DAY);
    let since = s.now();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    // Executed at the last moment before ann's stake matures.
    s.advance(DAY + UNBONDING - 1);
    let cut = s.slash_percent("op", ATOM, 20, 1_000, since);
    assert_eq!(cut.seized.u128(), 200);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 1)), (400, 400));
    s.advance(1);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 400);
    assert_eq!(s.stake("bob", "op", ATOM), Some(400));
    s.assert_conserved(ATOM);
}

#[test]
fn stake_that_left_before_the_update_was_made_does_not_pay() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    let since = s.now();
    s.advance(DAY);
    // What matures is out of reach as well.
    let cut = s.slash_percent("op", ATOM, 20, 500, since);
    assert_eq!(cut.seized.u128(), 100);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (400, 500));
    s.advance(2 * DAY);
    let old = since.minus_seconds(DAY);
    let cut = s.slash_percent("op", ATOM, 10, 1_000, old);
    assert_eq!(
        cut.seized.u128(),
        50,
        "a tenth of M is an eighth of what is left of it"
    );
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (350, 500));
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 500);
    s.assert_conserved(ATOM);
}

#[test]
fn exact_amount_withdrawal_front_run_by_a_tiny_slash() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.deposit("bob", "op", ATOM, 1_000).unwrap();
    let mut penalty = s.penalty("op", 5, start);
    penalty.fraction = Decimal::from_ratio(1u128, 1_000_000u128);
    let cuts = vec![s.cut("op", ATOM, 5, 2_000)];
    assert_eq!(
        s.slash(SlashPools {
            cuts,
            ..penalty.clone()
        })
        .unwrap()[0]
            .seized
            .u128(),
        1
    );
    s.undelegate("ann", "op", ATOM, 1_000).unwrap();
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)),
        (None, vec![(0, 999)])
    );
    // The same for a cancellation.
    let cuts = vec![s.cut("op", ATOM, 5, 2_000)];
    s.slash(SlashPools { cuts, ..penalty }).unwrap();
    s.cancel("ann", "op", ATOM, 0, 999).unwrap();
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)),
        (Some(998), vec![])
    );
    s.assert_conserved(ATOM);
}

#[test]
fn no_way_to_cancel() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 700).unwrap();
    s.advance(2 * DAY);
    s.undelegate("ann", "op", ATOM, 300).unwrap();
    s.advance(2 * DAY - 1);
    s.cancel("ann", "op", ATOM, 0, 650).unwrap();
    s.cancel("ann", "op", ATOM, 2, None).unwrap();
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)),
        (Some(950), vec![(0, 50)])
    );
    s.assert_conserved(ATOM);
}

#[test]
fn payout_fixed_at_request_and_so_escaping_the_slash() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 1_000).unwrap();
    s.advance(DAY);
    s.slash_percent("op", ATOM, 30, 1_000, start);
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(
        (s.balance("ann", ATOM), s.books(ATOM).seized.u128()),
        (700, 300)
    );
    s.assert_conserved(ATOM);
}

#[test]
fn pause_bypassed_by_a_sibling_path() {
    let mut s = Suite::new();
    for _ in 0..2 {
        s.deposit("ann", "op", ATOM, 1_000).unwrap();
        s.undelegate("ann", "op", ATOM, 500).unwrap();
        s.advance(DAY);
    }
    s.advance(2 * DAY); // Epoch 0 matured, epoch 1 did not.
    let pause = |action| {
        ExecuteMsg::Admin(AdminMsg::Pause {
            action,
            seconds: None,
        })
    };
    let unpause = |action| ExecuteMsg::Admin(AdminMsg::Unpause { action });
    let paused = |action, until| ContractError::Admin(AdminError::Paused { action, until });

    s.execute("guardian", &pause(Action::Delegations)).unwrap();
    let no_stake = paused("delegations", None);
    assert_error(&s.deposit("ann", "op", ATOM, 1), &no_stake);
    s.refused(&no_stake, |s| s.redelegate("ann", "op", ATOM, "other"));
    s.refused(&no_stake, |s| s.cancel("ann", "op", ATOM, 1, None));
    let may_join = QueryMsg::MayJoin {
        operator: s.who("op").to_string(),
        staker: s.who("ann").to_string(),
    };
    assert!(!s.query::<bool>(&may_join));
    s.undelegate("ann", "op", ATOM, 1).unwrap();
    s.execute("guardian", &unpause(Action::Delegations))
        .unwrap();
    assert!(s.query::<bool>(&may_join));

    s.execute("guardian", &pause(Action::Exits)).unwrap();
    let no_exit = paused("exits", Some(s.now().plus_seconds(EXIT_PAUSE_LIMIT)));
    s.undelegate("ann", "op", ATOM, 1).unwrap();
    s.refused(&no_exit, |s| s.claim("ann", "op", ATOM));
    s.refused(&no_exit, |s| s.redelegate("ann", "op", ATOM, "other"));
    s.deposit("ann", "op", ATOM, 1).unwrap();
    s.cancel("ann", "op", ATOM, 1, None).unwrap();
    // A slash is never stopped; and the pause of exits ends by itself.
    let now = s.now();
    assert!(!s.slash_percent("op", ATOM, 1, 100, now).seized.is_zero());
    s.advance(EXIT_PAUSE_LIMIT);
    s.claim("ann", "op", ATOM).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.assert_conserved(ATOM);
}

#[test]
fn zero_amount_entry_blocking_a_batch_exit() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    s.slash_percent("op", ATOM, 100, 100, start);
    s.deposit("ann", "op", ATOM, 30).unwrap();
    s.undelegate("ann", "op", ATOM, 20).unwrap();
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 0), (1, 20)]);
    s.advance(DAY + UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!((s.entries("ann"), s.balance("ann", ATOM)), (vec![], 20));
    // Nor does one block a redelegation.
    let now = s.now();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.slash_percent("op", ATOM, 100, 10, now);
    s.advance(DAY + UNBONDING);
    s.redelegate("ann", "op", ATOM, "other").unwrap();
    assert_eq!((s.entries("ann"), s.positions("ann")), (vec![], vec![]));
    s.assert_conserved(ATOM);
}

#[test]
fn page_limit_that_does_not_bound() {
    let mut s = Suite::new();
    for number in 0..110 {
        s.register(&format!("operator-{number}"));
    }
    let operators = |limit, start_after| QueryMsg::Operators { start_after, limit };
    type Operators = Vec<palisade_types::delegation::OperatorResponse>;
    let page: Operators = s.query(&operators(Some(u32::MAX), None));
    assert_eq!(page.len(), 100);
    let rest: Operators = s.query(&operators(
        Some(u32::MAX),
        Some(page[99].operator.to_string()),
    ));
    assert_eq!(rest.len(), 12, "110 and the two of the stage");
    let page: Operators = s.query(&operators(None, None));
    assert_eq!(page.len(), 30);
}
