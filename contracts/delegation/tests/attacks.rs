//! What killed or hurt others, by name, as far as pools, positions and unbonding stake are
//! concerned.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{assert_error, share, Suite, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::{coins, Decimal, Uint128, Uint256};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use palisade_admin::{AdminError, AdminMsg, EXIT_PAUSE_LIMIT};
use palisade_delegation::ContractError;
use palisade_math::{Scaled, FULL_MAGNITUDE};
use palisade_types::delegation::{Action, Cut, ExecuteMsg, QueryMsg, SlashPools};

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
    assert!(pool.shares >= pool.tokens, "a share is worth less than a token");
    // And an amount of zero is refused for what it is.
    let zero = ContractError::Math(palisade_math::MathError::ZeroAmount);
    let join = join(&s, "bob", 0);
    let vault = s.vault.clone();
    let delegation = s.delegation.clone();
    s.refused(&zero, |s| s.app.execute_contract(vault, delegation, &join, &[]));
}

fn join(s: &Suite, owner: &str, amount: u128) -> ExecuteMsg {
    ExecuteMsg::Join {
        owner: s.who(owner).to_string(),
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        amount: Uint128::new(amount),
    }
}

#[test]
fn total_slash_with_shares_outstanding() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("bob", "op", ATOM, 50).unwrap();
    s.undelegate("ann", "op", ATOM, 60).unwrap();
    let cut = s.slash_percent("op", ATOM, 100, 150, start);
    assert_eq!((cut.seized.u128(), cut.delta), (150, share(100)));
    let pool = s.pool("op", ATOM).unwrap();
    assert_eq!((pool.tokens.u128(), pool.shares.u128(), pool.generation), (0, 0, 1));
    assert_eq!((pool.magnitude.value, pool.magnitude.era), (share(100), 1));
    assert_eq!((s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)), (Some(0), vec![(0, 0)]));

    // Newcomers own what they bring, in the pool and in the bucket of the same epoch.
    s.deposit("carol", "op", ATOM, 80).unwrap();
    s.undelegate("carol", "op", ATOM, 30).unwrap();
    assert_eq!(s.stake("ann", "op", ATOM), Some(0));
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 0)]);
    assert_eq!(s.stake("carol", "op", ATOM), Some(50));
    assert_eq!(s.unbonding("carol", "op", ATOM), [(0, 30)]);

    // What is worth nothing leaves without failing, and takes nothing along.
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.undelegate("bob", "op", ATOM, 50).unwrap();
    s.cancel("ann", "op", ATOM, 0, None).unwrap();
    assert_eq!((s.positions("ann"), s.positions("bob")), (vec![], vec![]));
    assert_eq!((s.entries("ann"), s.entries("bob")), (vec![], vec![]));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (50, 30));
    s.advance(DAY + UNBONDING);
    s.claim("carol", "op", ATOM).unwrap();
    assert_eq!(s.balance("carol", ATOM), 30);
    s.assert_conserved(ATOM);
}

#[test]
fn a_bucket_emptied_within_its_epoch_does_not_revive_old_entries() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("bob", "other", ATOM, 1).unwrap();
    s.undelegate("ann", "op", ATOM, 100).unwrap();
    s.slash_percent("op", ATOM, 100, 100, start);
    assert_eq!(s.buckets("op", ATOM).len(), 1, "kept while its epoch lasts");
    s.deposit("bob", "op", ATOM, 70).unwrap();
    s.undelegate("bob", "op", ATOM, 70).unwrap();
    s.cancel("bob", "op", ATOM, 0, None).unwrap();
    s.undelegate("bob", "op", ATOM, 70).unwrap();
    assert_eq!((s.unbonding("ann", "op", ATOM), s.unbonding("bob", "op", ATOM)), (vec![(0, 0)], vec![(0, 70)]));
    s.advance(DAY + UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    s.claim("bob", "op", ATOM).unwrap();
    assert_eq!((s.balance("ann", ATOM), s.balance("bob", ATOM)), (0, 70));
    s.assert_conserved(ATOM);
}

#[test]
fn a_bucket_that_lost_all_after_its_epoch_is_removed_and_its_entries_are_worth_nothing() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("bob", "op", ATOM, 10).unwrap();
    s.undelegate("ann", "op", ATOM, 100).unwrap();
    s.undelegate("bob", "op", ATOM, 5).unwrap();
    s.advance(DAY);
    s.slash_percent("op", ATOM, 100, 110, start);
    assert_eq!(s.buckets("op", ATOM), []);
    assert_eq!(s.unbonding("ann", "op", ATOM), [(0, 0)]);
    s.cancel("bob", "op", ATOM, 0, None).unwrap();
    assert_eq!((s.entries("bob"), s.active("op", ATOM)), (vec![], 0));
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!((s.entries("ann"), s.balance("ann", ATOM)), (vec![], 0));
    s.assert_conserved(ATOM);
}

#[test]
fn share_price_exploding_after_repeated_slashes() {
    let mut s = Suite::new();
    let amount = 10_u128.pow(31) - 1_000;
    s.deposit("ann", "op", ATOM, amount).unwrap();
    for _ in 0..60 {
        let now = s.now();
        let active = s.active("op", ATOM);
        // A fresh service each time, with nearly all that is left.
        let mut penalty = s.penalty("op", 100, now);
        penalty.fraction = Decimal::permille(900);
        let mut cut = s.cut("op", ATOM, 100, active);
        cut.captured = active.into();
        s.slash(SlashPools { cuts: vec![cut], ..penalty }).unwrap();
        s.assert_conserved(ATOM);
    }
    // Shares were rescaled, nothing overflowed, and newcomers are whole.
    let before = s.active("op", ATOM);
    s.deposit("bob", "op", ATOM, 500).unwrap();
    assert!(s.stake("bob", "op", ATOM) >= Some(499));
    assert_eq!(s.active("op", ATOM), before + 500);
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.undelegate("bob", "op", ATOM, None).unwrap();
    s.assert_conserved(ATOM);
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
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (most / 20 * 9, most / 20 * 9));
    s.cancel("ann", "op", ATOM, 0, most / 20).unwrap();
    assert_eq!(s.active("op", ATOM), most / 2);
    s.assert_conserved(ATOM);
}

#[test]
fn tiny_slash_rounding_to_zero() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 3).unwrap();
    let mut penalty = s.penalty("op", 5, start);
    penalty.fraction = Decimal::from_ratio(1u128, 10_u128.pow(18));
    let cuts = vec![s.cut("op", ATOM, 5, 1)];
    let cut = s.slash(SlashPools { cuts, ..penalty }).unwrap().remove(0);
    assert_eq!((cut.delta.u128(), cut.seized.u128()), (1, 1), "rounded up, in magnitude and tokens");
    assert_eq!(s.active("op", ATOM), 2);
}

#[test]
fn fully_slashed_operator_unable_to_start_again() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.slash_percent("op", ATOM, 100, 100, start);
    // Tokens, shares and slices all start afresh.
    s.deposit("ann", "op", ATOM, 40).unwrap();
    s.deposit("bob", "op", ATOM, 60).unwrap();
    assert_eq!((s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)), (Some(40), Some(60)));
    // What was promised and captured before the new era counts for nothing.
    let old = Cut {
        asset: ATOM.to_string(),
        slice: common::scaled(FULL_MAGNITUDE),
        captured: Uint128::new(100),
        era: 0,
    };
    let penalty = s.penalty("op", 100, start);
    let result = s.slash(SlashPools { cuts: vec![old], ..penalty }).unwrap().remove(0);
    assert_eq!((result.delta.u128(), result.seized.u128(), result.before.era), (0, 0, 1));
    // A service of the new era is secured as by any other operator.
    let now = s.now();
    let cut = s.slash_percent("op", ATOM, 10, 100, now);
    assert_eq!(cut.seized.u128(), 10);
    assert_eq!((s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)), (Some(36), Some(54)));
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
    assert_eq!(s.stake("ann", "op", ATOM), Some(604), "a gift, and nothing else");
}

#[test]
fn withdrawal_between_infraction_and_execution() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.advance(DAY);
    let infraction = s.now();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    // Executed at the last moment before ann's stake matures.
    s.advance(DAY + UNBONDING - 1);
    let cut = s.slash_percent("op", ATOM, 20, 1_000, infraction);
    assert_eq!(cut.seized.u128(), 200);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 1)), (400, 400));
    s.advance(1);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 400);
    assert_eq!(s.stake("bob", "op", ATOM), Some(400));
    s.assert_conserved(ATOM);
}

#[test]
fn stake_that_left_in_an_earlier_epoch_does_not_pay() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    let infraction = s.now();
    s.advance(DAY);
    // What matures is out of reach as well.
    let cut = s.slash_percent("op", ATOM, 20, 500, infraction);
    assert_eq!(cut.seized.u128(), 100);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (400, 500));
    s.advance(2 * DAY);
    let old = infraction.minus_seconds(DAY);
    let cut = s.slash_percent("op", ATOM, 10, 1_000, old);
    assert_eq!(cut.seized.u128(), 50, "a tenth of M is an eighth of what is left of it");
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
    assert_eq!(s.slash(SlashPools { cuts, ..penalty.clone() }).unwrap()[0].seized.u128(), 1);
    s.undelegate("ann", "op", ATOM, 1_000).unwrap();
    assert_eq!((s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)), (None, vec![(0, 999)]));
    // The same for a cancellation.
    let cuts = vec![s.cut("op", ATOM, 5, 2_000)];
    s.slash(SlashPools { cuts, ..penalty }).unwrap();
    s.cancel("ann", "op", ATOM, 0, 999).unwrap();
    assert_eq!((s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)), (Some(998), vec![]));
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
    assert_eq!((s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)), (Some(950), vec![(0, 50)]));
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
    assert_eq!((s.balance("ann", ATOM), s.books(ATOM).seized.u128()), (700, 300));
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
    let pause = |action| ExecuteMsg::Admin(AdminMsg::Pause { action, seconds: None });
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
    s.execute("guardian", &unpause(Action::Delegations)).unwrap();
    assert!(s.query::<bool>(&may_join));

    s.execute("guardian", &pause(Action::Exits)).unwrap();
    let no_exit = paused("exits", Some(s.now().plus_seconds(EXIT_PAUSE_LIMIT)));
    s.refused(&no_exit, |s| s.undelegate("ann", "op", ATOM, 1));
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
fn slash_of_a_pool_that_is_all_unbonding() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    assert_eq!(s.active("op", ATOM), 0);
    let cut = s.slash_percent("op", ATOM, 5, 1_000, start);
    assert_eq!((cut.delta, cut.seized.u128()), (share(5), 50));
    assert_eq!(s.bucket("op", ATOM, 0), 950);
    let pool = s.pool("op", ATOM).unwrap();
    assert_eq!(pool.magnitude.value, share(95));
    s.assert_conserved(ATOM);
}

#[test]
fn undelegating_all_but_one_unit_wiping_it_by_ones_own_service() {
    let mut s = Suite::new();
    let infraction = s.now();
    // An honest service holds 5 % of 1000; the operator's own one holds half.
    let honest = s.cut("op", ATOM, 5, 1_000);
    s.deposit("op", "op", ATOM, 1_000).unwrap();
    s.undelegate("op", "op", ATOM, 999).unwrap();
    s.advance(DAY);
    let now = s.now();
    let own = s.slash_percent("op", ATOM, 50, 1, now);
    assert_eq!((own.delta, own.seized.u128()), (share(50), 1));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 999));
    // The honest slash still finds its slice, and takes 5 % of what was bonded.
    let penalty = s.penalty("op", 5, infraction);
    let cut = s.slash(SlashPools { cuts: vec![honest], ..penalty }).unwrap().remove(0);
    assert_eq!((cut.delta, cut.seized.u128()), (share(5), 50));
    assert_eq!(s.bucket("op", ATOM, 0), 949);
    s.assert_conserved(ATOM);
}

#[test]
fn a_bucket_skipped_by_one_slash_and_then_taken_whole_by_another() {
    let mut s = Suite::new();
    let early = s.now();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    let second = s.cut("op", ATOM, 40, 1_000);
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    let late = s.now();
    // 60 % for an infraction of epoch 1: ann left before.
    let cut = s.slash_percent("op", ATOM, 60, 500, late);
    assert_eq!((cut.delta, cut.seized.u128()), (share(60), 300));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (200, 500));
    // 40 % for one of epoch 0: all that is left of M, but not all that is left of the bucket.
    let penalty = s.penalty("op", 40, early);
    let cut = s.slash(SlashPools { cuts: vec![second], ..penalty }).unwrap().remove(0);
    assert_eq!((cut.delta, cut.seized.u128()), (share(40), 400));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 300));
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 300);
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
fn a_later_slash_blocking_an_earlier_one() {
    let mut s = Suite::new();
    let early = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    let (first, second) = (s.cut("op", ATOM, 10, 1_000), s.cut("op", ATOM, 10, 1_000));
    s.advance(DAY);
    let late = s.now();
    let penalty = s.penalty("op", 10, late);
    let later = s.slash(SlashPools { cuts: vec![second], ..penalty }).unwrap().remove(0);
    let penalty = s.penalty("op", 10, early);
    let earlier = s.slash(SlashPools { cuts: vec![first], ..penalty }).unwrap().remove(0);
    assert_eq!((later.seized.u128(), earlier.seized.u128()), (100, 100));
}

#[test]
fn one_broken_asset_blocking_the_slash_of_the_rest() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", OSMO, 100).unwrap();
    let absurd = Scaled {
        value: Uint256::MAX,
        era: 0,
        norm: 0,
    };
    let cuts = vec![
        Cut { asset: "gone".to_string(), slice: absurd.clone(), captured: Uint128::MAX, era: 0 },
        Cut { era: 7, ..s.cut("op", OSMO, 5, 100) },
        s.cut("op", ATOM, 5, 100),
    ];
    let penalty = s.penalty("op", 5, start);
    let result = s.slash(SlashPools { cuts, ..penalty }).unwrap();
    let seized: Vec<_> = result.iter().map(|cut| (cut.asset.as_str(), cut.seized.u128())).collect();
    assert_eq!(seized, [("gone", 0), (OSMO, 0), (ATOM, 5)]);
    assert_eq!(result[0].before, Default::default());
}

#[test]
fn a_compromised_allocation_takes_no_more_than_the_pool() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("bob", "other", ATOM, 100).unwrap();
    s.undelegate("ann", "op", ATOM, 30).unwrap();
    let cut = Cut {
        asset: ATOM.to_string(),
        slice: Scaled { value: Uint256::MAX, era: 0, norm: 0 },
        captured: Uint128::MAX,
        era: 0,
    };
    let penalty = SlashPools {
        fraction: Decimal::one(),
        max_slash: Decimal::from_ratio(1u128, 1u128),
        cuts: vec![cut],
        ..s.penalty("op", 100, start)
    };
    let result = s.slash(penalty).unwrap().remove(0);
    assert_eq!((result.delta, result.seized.u128()), (share(100), 100));
    assert_eq!(s.stake("bob", "other", ATOM), Some(100), "nobody else's");
    s.assert_conserved(ATOM);
}

#[test]
fn slashing_an_operator_who_never_opted_in() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    // No slice: nothing is taken. No such operator: nothing is found.
    let cut = s.slash_percent("op", ATOM, 100, 0, start);
    assert!(cut.seized.is_zero());
    let penalty = s.penalty("op", 100, start);
    let cuts = vec![Cut { slice: Scaled::default(), ..s.cut("op", ATOM, 100, 100) }];
    assert!(s.slash(SlashPools { cuts, ..penalty }).unwrap()[0].seized.is_zero());
    assert!(s.slash_percent("nobody", ATOM, 100, 100, start).seized.is_zero());
    assert_eq!(s.active("op", ATOM), 100);
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
    let rest: Operators = s.query(&operators(Some(u32::MAX), Some(page[99].operator.to_string())));
    assert_eq!(rest.len(), 12, "110 and the two of the stage");
    let page: Operators = s.query(&operators(None, None));
    assert_eq!(page.len(), 30);
}
