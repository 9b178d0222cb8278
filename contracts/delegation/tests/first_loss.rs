//! An operator's own stake bears losses before that of its stakers, as far as was agreed.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{share, Suite, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::Decimal;
use palisade_delegation::ContractError;
use palisade_types::delegation::{ExecuteMsg, QueryMsg, SlashPools, StakesResponse};

/// Every unit of the operator's and its stakers' stake, wherever it is.
fn wealth(s: &Suite, of: &str) -> u128 {
    let active: u128 = s.positions(of).iter().map(|p| p.value.u128()).sum();
    let unbonding: u128 = s.entries(of).iter().map(|e| e.value.u128()).sum();
    s.balance(of, ATOM) + active + unbonding
}

/// The worked example of `docs/math.md`.
#[test]
fn the_operator_bears_forty_percent_first_with_active_and_unbonding_stake_on_both_sides() {
    let mut s = Suite::new();
    let since = s.now();
    s.set_first_loss("op", 40).unwrap();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 700).unwrap();
    s.deposit("bob", "op", ATOM, 200).unwrap();
    s.undelegate("op", "op", ATOM, 40).unwrap();
    s.undelegate("bob", "op", ATOM, None).unwrap();
    assert_eq!(s.tranches("op", ATOM), (700, 60));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (200, 40));
    let pool = s.pool("op", ATOM).unwrap();
    assert_eq!(
        (pool.tokens.u128(), pool.unbonding.u128()),
        (760, 240),
        "both count"
    );
    s.advance(DAY);

    let msg = SlashPools {
        cuts: vec![s.cut("op", ATOM, 5, 1_000)],
        ..s.penalty("op", 5, since)
    };
    let response = s.execute("allocation", &ExecuteMsg::Slash(msg)).unwrap();
    let event = response.events.iter().find(|e| e.ty == "wasm-slash");
    let told = |key: &str| {
        let found = event.unwrap().attributes.iter().find(|a| a.key == key);
        found.unwrap().value.clone()
    };
    let told = [told("seized"), told("junior"), told("since_epoch")];
    assert_eq!(told, ["50", "20", "0"], "5 % of 1000, of which 40 %");
    // Nominal: 3 and 2 of the operator's, 35 and 10 of the stakers'. The operator bears 15 more,
    // by what its parts have left; the stakers' 30 fall on them by their nominal losses.
    assert_eq!(s.tranches("op", ATOM), (700 - 23, 60 - 12));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (200 - 7, 40 - 8));
    assert_eq!(s.stake("op", "op", ATOM), Some(48));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 32)]);
    assert_eq!(s.stake("ann", "op", ATOM), Some(677));
    assert_eq!(s.unbonding("bob", "op", ATOM), [(0, 193)]);
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(95));
    assert_eq!(s.books(ATOM).seized.u128(), 50);
    s.assert_conserved(ATOM);

    // What allocation counts is all of the active stake.
    let stakes: StakesResponse = s.query(&QueryMsg::Stakes {
        operators: vec![s.who("op").to_string()],
        assets: vec![ATOM.to_string()],
    });
    assert_eq!(stakes.stakes[0][0].tokens.u128(), 725);

    // All leave with what is theirs.
    for staker in ["op", "ann"] {
        s.undelegate(staker, "op", ATOM, None).unwrap();
    }
    s.advance(DAY + UNBONDING);
    for staker in ["op", "ann", "bob"] {
        s.claim(staker, "op", ATOM).unwrap();
    }
    let paid = ["op", "ann", "bob"].map(|staker| s.balance(staker, ATOM));
    assert_eq!(paid, [80, 677, 193]);
    assert_eq!((s.books(ATOM).staked.u128(), s.dust(ATOM)), (0, 0));
}

#[test]
fn until_an_agreement_is_published_all_bear_alike() {
    let mut s = Suite::new();
    let since = s.now();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 900).unwrap();
    assert_eq!(s.first_loss("op"), (Decimal::zero(), None));
    let cut = s.slash_percent("op", ATOM, 10, 1_000, since);
    assert_eq!(cut.seized.u128(), 100);
    assert_eq!(s.tranches("op", ATOM), (810, 90));
}

#[test]
fn when_the_operators_stake_is_exhausted_its_stakers_pay_and_it_can_start_again() {
    let mut s = Suite::new();
    let since = s.now();
    s.set_first_loss("op", 100).unwrap();
    s.deposit("op", "op", ATOM, 50).unwrap();
    s.deposit("ann", "op", ATOM, 950).unwrap();
    s.undelegate("op", "op", ATOM, 10).unwrap();
    let cut = s.slash_percent("op", ATOM, 10, 1_000, since);
    assert_eq!((cut.delta, cut.seized.u128()), (share(10), 100));
    // Of the nominal 4, 1 and 95 the operator bore 50, which is all it had.
    assert_eq!(s.tranches("op", ATOM), (900, 0));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (0, 0));
    assert_eq!(s.stake("op", "op", ATOM), Some(0));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 0)]);
    let pool = s.pool("op", ATOM).unwrap();
    assert_eq!(
        (pool.generation, s.stake("ann", "op", ATOM)),
        (0, Some(900)),
        "the stakers' part was not wiped"
    );
    assert_eq!((pool.magnitude.value, pool.magnitude.era), (share(90), 0));

    // What was lost does not come back with what is new, in the pool or in the bucket.
    s.deposit("op", "op", ATOM, 80).unwrap();
    s.undelegate("op", "op", ATOM, 30).unwrap();
    assert_eq!(s.stake("op", "op", ATOM), Some(50));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 30)]);
    assert_eq!(s.stake("ann", "op", ATOM), Some(900));
    // And it bears again: 10 % of 900, 50 and 30.
    let cut = s.slash_percent("op", ATOM, 10, 980, since);
    assert_eq!(cut.seized.u128(), 98);
    assert_eq!(s.tranches("op", ATOM), (900 - 18, 0));
    assert_eq!(wealth(&s, "op"), 0);
    s.assert_conserved(ATOM);
    // What is worth nothing leaves without failing.
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.cancel("op", "op", ATOM, 0, None).unwrap();
    assert_eq!((s.positions("op"), s.entries("op")), (vec![], vec![]));
}

#[test]
fn when_the_stakers_are_wiped_the_operators_stake_is_not() {
    let mut s = Suite::new();
    let since = s.now();
    // The operator's stake came to a bucket that a first slash spared: it stands for more of M.
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.undelegate("op", "op", ATOM, None).unwrap();
    let rest = s.cut("op", ATOM, 50, 200);
    s.advance(DAY);
    let later = s.now();
    s.slash_percent("op", ATOM, 50, 100, later);
    assert_eq!(s.tranches("op", ATOM), (50, 0));
    let msg = SlashPools {
        cuts: vec![rest],
        ..s.penalty("op", 50, since)
    };
    let cut = s.slash(msg).unwrap().remove(0);
    assert_eq!((cut.delta, cut.seized.u128()), (share(50), 100));
    assert_eq!(s.tranches("op", ATOM), (0, 0));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (0, 50));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 50)]);
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.era, 1);
    s.cancel("op", "op", ATOM, 0, None).unwrap();
    assert_eq!(s.stake("op", "op", ATOM), Some(50));
    assert_eq!(
        (s.stake("ann", "op", ATOM), wealth(&s, "ann")),
        (Some(0), 0)
    );
    s.assert_conserved(ATOM);
}

#[test]
fn the_end_of_an_era_leaves_stakers_what_was_borne_for_them() {
    let mut s = Suite::new();
    let since = s.now();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.undelegate("op", "op", ATOM, None).unwrap();
    let rest = s.cut("op", ATOM, 50, 200);
    s.advance(DAY);
    // The stakers lose half of theirs by an update that the operator's stake left before, with no
    // agreement yet; then all that is left by one that it counted in.
    let later = s.now();
    s.slash_percent("op", ATOM, 50, 100, later);
    s.set_first_loss("op", 100).unwrap();
    s.undelegate("ann", "op", ATOM, 20).unwrap();
    let msg = SlashPools {
        cuts: vec![rest],
        ..s.penalty("op", 50, since)
    };
    // Nominal: 30 active, 20 unbonding, and 50 of the operator's 100, which bears all of it.
    let cut = s.slash(msg).unwrap().remove(0);
    assert_eq!(cut.seized.u128(), 100);
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (0, 0));
    assert_eq!(s.tranches("op", ATOM), (30, 0));
    assert_eq!(s.bucket_tranches("op", ATOM, 1), (20, 0));
    // All promises are spent; what is left backs new ones.
    let magnitude = s.pool("op", ATOM).unwrap().magnitude;
    assert_eq!((magnitude.value, magnitude.era), (share(100), 1));
    let now = s.now();
    let cut = s.slash_percent("op", ATOM, 10, 30, now);
    assert_eq!(cut.seized.u128(), 3);
    // From then on the current bucket stands for M again.
    s.undelegate("ann", "op", ATOM, 7).unwrap();
    let cut = s.slash_percent("op", ATOM, 10, 47, now);
    assert_eq!(
        cut.seized.u128(),
        5,
        "10 % of 20 and of 27, each rounded up"
    );
    s.assert_conserved(ATOM);
}

#[test]
fn the_operators_own_stake_stays_junior_where_it_goes_and_is_a_stakers_elsewhere() {
    let mut s = Suite::new();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("other", "op", ATOM, 30).unwrap();
    assert_eq!(s.tranches("op", ATOM), (30, 100));
    s.undelegate("op", "op", ATOM, 60).unwrap();
    s.undelegate("other", "op", ATOM, 20).unwrap();
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (20, 60));
    s.cancel("op", "op", ATOM, 0, 10).unwrap();
    s.cancel("other", "op", ATOM, 0, 5).unwrap();
    assert_eq!(s.tranches("op", ATOM), (15, 50));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (15, 50));
    s.advance(DAY + UNBONDING);
    // The other comes home, then the operator comes to it.
    s.redelegate("other", "op", ATOM, "other").unwrap();
    assert_eq!(s.tranches("other", ATOM), (0, 15));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (0, 50));
    s.redelegate("op", "op", ATOM, "other").unwrap();
    assert_eq!(s.tranches("other", ATOM), (50, 15));
    assert_eq!(s.buckets("op", ATOM), []);
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.undelegate("other", "other", ATOM, None).unwrap();
    s.advance(DAY + UNBONDING);
    s.redelegate("op", "op", ATOM, "op").unwrap();
    assert_eq!(s.tranches("op", ATOM), (15, 50));
    s.claim("other", "other", ATOM).unwrap();
    assert_eq!(s.balance("other", ATOM), 15);
    // Positions of both kinds are listed alike; another asset has tranches of its own.
    s.deposit("op", "op", OSMO, 7).unwrap();
    let listed: Vec<u128> = s.positions("op").iter().map(|p| p.value.u128()).collect();
    assert_eq!(listed, [50, 50, 7]);
    assert_eq!(s.tranches("op", OSMO), (0, 7));
    s.assert_conserved(ATOM);
}

/// Tokens of the stakers and of the operator, in the pool and in the bucket of epoch 1.
fn sides(s: &Suite) -> (u128, u128) {
    let (pool, bucket) = (s.tranches("op", ATOM), s.bucket_tranches("op", ATOM, 1));
    (pool.0 + bucket.0, pool.1 + bucket.1)
}

#[test]
fn a_worse_agreement_waits_until_all_who_object_have_left() {
    let mut s = Suite::new();
    let start = s.now();
    s.set_first_loss("op", 40).unwrap();
    s.deposit("op", "op", ATOM, 10_000).unwrap();
    s.deposit("ann", "op", ATOM, 54_000).unwrap();
    s.deposit("bob", "op", ATOM, 36_000).unwrap();
    s.advance(DAY / 2);
    s.set_first_loss("op", 0).unwrap();
    let effective_at = start.plus_seconds(2 * DAY + UNBONDING);
    let pending = Some((Decimal::zero(), effective_at));
    assert_eq!(s.first_loss("op"), (Decimal::percent(40), pending));
    s.slash_percent("op", ATOM, 10, 100_000, start);
    assert_eq!(sides(&s), (84_000, 6_000), "40 % of 10000 still");

    // Bob leaves at the last moment of the next epoch, and is protected until he is out.
    s.advance(DAY / 2 + DAY - 1);
    s.undelegate("bob", "op", ATOM, None).unwrap();
    assert_eq!(s.unbonding("bob", "op", ATOM), [(1, 33_600)]);
    assert_eq!(s.entries("bob")[0].matures_at, effective_at);
    s.advance(UNBONDING);
    assert_eq!(s.now(), effective_at.minus_seconds(1));
    s.slash_percent("op", ATOM, 10, 90_000, start);
    assert_eq!(sides(&s), (78_600, 2_400), "40 % of 9000");
    assert_eq!(s.unbonding("bob", "op", ATOM), [(1, 31_440)]);

    s.advance(1);
    assert_eq!(s.first_loss("op"), (Decimal::zero(), None));
    s.claim("bob", "op", ATOM).unwrap();
    // Who stayed bears as much as the operator does from now on: 10 % of 47160 and of 2400.
    let since = start.plus_seconds(2 * DAY);
    s.slash_percent("op", ATOM, 10, 49_560, since);
    assert_eq!(sides(&s), (42_444, 2_160));
    assert_eq!(s.balance("bob", ATOM), 31_440);
    s.assert_conserved(ATOM);
}

#[test]
fn the_last_word_counts_and_a_better_one_at_once() {
    let mut s = Suite::new();
    let start = s.now();
    let percent = Decimal::percent;
    s.set_first_loss("op", 40).unwrap();
    s.set_first_loss("op", 10).unwrap();
    let first = start.plus_seconds(2 * DAY + UNBONDING);
    assert_eq!(
        s.first_loss("op"),
        (percent(40), Some((percent(10), first)))
    );
    // Another one takes its place, and waits as long from its own day on.
    s.advance(DAY);
    s.set_first_loss("op", 20).unwrap();
    let second = first.plus_seconds(DAY);
    assert_eq!(
        s.first_loss("op"),
        (percent(40), Some((percent(20), second)))
    );
    s.advance(DAY + UNBONDING);
    assert_eq!(s.now(), first);
    assert_eq!(s.first_loss("op").0, percent(40), "the first one is void");
    // As good as what is in force: nothing gets worse. Better: at once.
    s.set_first_loss("op", 40).unwrap();
    assert_eq!(s.first_loss("op"), (percent(40), None));
    s.set_first_loss("op", 5).unwrap();
    s.set_first_loss("op", 70).unwrap();
    assert_eq!(s.first_loss("op"), (percent(70), None));
    // What has come into force is what the next one is measured against.
    s.set_first_loss("op", 30).unwrap();
    let effective_at = s.first_loss("op").1.unwrap().1;
    let wait = effective_at.seconds() - s.now().seconds();
    assert!(wait > DAY + UNBONDING && wait <= 2 * DAY + UNBONDING);
    s.advance(wait);
    assert_eq!(s.first_loss("op"), (percent(30), None));
    s.set_first_loss("op", 50).unwrap();
    assert_eq!(s.first_loss("op"), (percent(50), None));
    assert_eq!(s.first_loss("other"), (Decimal::zero(), None));
}

#[test]
fn agreements_that_make_no_sense_are_refused() {
    let mut s = Suite::new();
    let unknown = ContractError::UnknownOperator {
        operator: s.who("ann"),
    };
    s.refused(&unknown, |s| s.set_first_loss("ann", 40));
    let share = Decimal::one() + Decimal::raw(1);
    let above = ContractError::FirstLossAboveOne { share };
    s.refused(&above, |s| {
        s.execute("op", &ExecuteMsg::SetFirstLoss { share })
    });
    let nothing = ContractError::NothingToChange;
    s.refused(&nothing, |s| s.set_first_loss("op", 0));
    s.set_first_loss("op", 100).unwrap();
    s.refused(&nothing, |s| s.set_first_loss("op", 100));
    s.set_first_loss("op", 40).unwrap();
    s.refused(&nothing, |s| s.set_first_loss("op", 40));
}

#[test]
fn one_unit_on_either_side_of_the_most_that_there_can_be() {
    let most = 10_u128.pow(31) - 1;
    for (own, others) in [(1, 1), (1, most), (most, 1)] {
        for percent in [0, 33, 100] {
            let mut s = Suite::new();
            let since = s.now();
            if percent > 0 {
                s.set_first_loss("op", percent).unwrap();
            }
            s.deposit("op", "op", ATOM, own).unwrap();
            s.deposit("ann", "op", ATOM, others).unwrap();
            let cut = s.slash_percent("op", ATOM, 5, own + others, since);
            let nominal = (own.div_ceil(20), others.div_ceil(20));
            let total = nominal.0 + nominal.1;
            assert_eq!(cut.seized.u128(), total);
            let agreed = (total * u128::from(percent)).div_ceil(100);
            let junior = own.min(total).min(agreed.max(nominal.0));
            let left = (others - (total - junior), own - junior);
            assert_eq!(s.tranches("op", ATOM), left, "{own} {others} {percent}");
        }
    }
}
