//! What killed or hurt others, by name: what slashes do to pools and unbonding stake.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{share, Suite, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::{Decimal, Uint128, Uint256};
use palisade_math::{Scaled, FULL_MAGNITUDE};
use palisade_types::delegation::{Cut, SlashPools};

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
    assert_eq!(
        (pool.tokens.u128(), pool.shares.u128(), pool.generation),
        (0, 0, 1)
    );
    assert_eq!((pool.magnitude.value, pool.magnitude.era), (share(100), 1));
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.unbonding("ann", "op", ATOM)),
        (Some(0), vec![(0, 0)])
    );

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
    assert_eq!(
        (
            s.unbonding("ann", "op", ATOM),
            s.unbonding("bob", "op", ATOM)
        ),
        (vec![(0, 0)], vec![(0, 70)])
    );
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
        s.slash(SlashPools {
            cuts: vec![cut],
            ..penalty
        })
        .unwrap();
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
fn tiny_slash_rounding_to_zero() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 3).unwrap();
    let mut penalty = s.penalty("op", 5, start);
    penalty.fraction = Decimal::from_ratio(1u128, 10_u128.pow(18));
    let cuts = vec![s.cut("op", ATOM, 5, 1)];
    let cut = s.slash(SlashPools { cuts, ..penalty }).unwrap().remove(0);
    assert_eq!(
        (cut.delta.u128(), cut.seized.u128()),
        (1, 1),
        "rounded up, in magnitude and tokens"
    );
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
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)),
        (Some(40), Some(60))
    );
    // What was promised and captured before the new era counts for nothing.
    let old = Cut {
        asset: ATOM.to_string(),
        slice: common::scaled(FULL_MAGNITUDE),
        captured: Uint128::new(100),
        era: 0,
    };
    let penalty = s.penalty("op", 100, start);
    let result = s
        .slash(SlashPools {
            cuts: vec![old],
            ..penalty
        })
        .unwrap()
        .remove(0);
    assert_eq!(
        (result.delta.u128(), result.seized.u128(), result.before.era),
        (0, 0, 1)
    );
    // A service of the new era is secured as by any other operator.
    let now = s.now();
    let cut = s.slash_percent("op", ATOM, 10, 100, now);
    assert_eq!(cut.seized.u128(), 10);
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)),
        (Some(36), Some(54))
    );
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
fn undelegating_all_but_one_unit_wiping_that_unit_by_ones_own_service() {
    let mut s = Suite::new();
    let since = s.now();
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
    let penalty = s.penalty("op", 5, since);
    let cut = s
        .slash(SlashPools {
            cuts: vec![honest],
            ..penalty
        })
        .unwrap()
        .remove(0);
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
    // 60 % by an update of epoch 1: ann left before.
    let cut = s.slash_percent("op", ATOM, 60, 500, late);
    assert_eq!((cut.delta, cut.seized.u128()), (share(60), 300));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (200, 500));
    // 40 % by one of epoch 0: all that is left of M, but not all that is left of the bucket.
    let penalty = s.penalty("op", 40, early);
    let cut = s
        .slash(SlashPools {
            cuts: vec![second],
            ..penalty
        })
        .unwrap()
        .remove(0);
    assert_eq!((cut.delta, cut.seized.u128()), (share(40), 400));
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 300));
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 300);
    s.assert_conserved(ATOM);
}

/// The consumer goes on counting who left until it is told. What is undelegated after an update was
/// made pays for what happens while that update is in force, though in a later epoch.
#[test]
fn leave_the_set_then_exit() {
    let mut s = Suite::new();
    for (staker, amount) in [("ann", 200), ("bob", 300), ("carol", 500)] {
        s.deposit(staker, "op", ATOM, amount).unwrap();
    }
    // Ann leaves in epoch 0, before the update of epoch 1 is made: it counts 800 without her.
    s.undelegate("ann", "op", ATOM, None).unwrap();
    s.advance(DAY);
    let since = s.now();
    let slices = [s.cut("op", ATOM, 5, 800), s.cut("op", ATOM, 5, 800)];
    // Bob leaves in epoch 1, the infraction is one of epoch 2, executed in epoch 3.
    s.undelegate("bob", "op", ATOM, None).unwrap();
    s.advance(2 * DAY);
    let [first, second] = slices.map(|cut| SlashPools {
        cuts: vec![cut],
        ..s.penalty("op", 5, since)
    });
    assert_eq!(s.slash(first).unwrap()[0].seized.u128(), 40, "5 % of 800");
    let worth = |s: &Suite| {
        let unbonding = |of| s.unbonding(of, "op", ATOM);
        (unbonding("ann"), unbonding("bob"), s.active("op", ATOM))
    };
    assert_eq!(worth(&s), (vec![(0, 200)], vec![(1, 285)], 475));
    // Once matured, bob is out of reach, although he has not claimed.
    s.advance(2 * DAY);
    let cut = s.slash(second).unwrap().remove(0);
    assert_eq!(
        cut.seized.u128(),
        25,
        "5 % of the pool as it was: 475 of 95 %"
    );
    assert_eq!(worth(&s), (vec![(0, 200)], vec![(1, 285)], 450));
    s.claim("ann", "op", ATOM).unwrap();
    s.claim("bob", "op", ATOM).unwrap();
    assert_eq!((s.balance("ann", ATOM), s.balance("bob", ATOM)), (200, 285));
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
    let later = s
        .slash(SlashPools {
            cuts: vec![second],
            ..penalty
        })
        .unwrap()
        .remove(0);
    let penalty = s.penalty("op", 10, early);
    let earlier = s
        .slash(SlashPools {
            cuts: vec![first],
            ..penalty
        })
        .unwrap()
        .remove(0);
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
        Cut {
            asset: "gone".to_string(),
            slice: absurd.clone(),
            captured: Uint128::MAX,
            era: 0,
        },
        Cut {
            era: 7,
            ..s.cut("op", OSMO, 5, 100)
        },
        s.cut("op", ATOM, 5, 100),
    ];
    let penalty = s.penalty("op", 5, start);
    let result = s.slash(SlashPools { cuts, ..penalty }).unwrap();
    let seized: Vec<_> = result
        .iter()
        .map(|cut| (cut.asset.as_str(), cut.seized.u128()))
        .collect();
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
        slice: Scaled {
            value: Uint256::MAX,
            era: 0,
            norm: 0,
        },
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
fn per_staker_loops() {
    // However many there are, a slash writes the pool and one bucket.
    for stakers in [2, 60] {
        let mut s = Suite::new();
        let start = s.now();
        for number in 0..stakers {
            let staker = format!("staker-{number}");
            s.deposit(&staker, "op", ATOM, 100).unwrap();
            s.undelegate(&staker, "op", ATOM, 50).unwrap();
        }
        let before = s.state();
        let cut = s.slash_percent("op", ATOM, 10, 100 * stakers, start);
        assert_eq!(cut.seized.u128(), 10 * stakers);
        let after = s.state();
        let written = after.iter().filter(|record| !before.contains(record));
        assert_eq!((written.count(), after.len()), (2, before.len()));
    }
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
    let cuts = vec![Cut {
        slice: Scaled::default(),
        ..s.cut("op", ATOM, 100, 100)
    }];
    assert!(s.slash(SlashPools { cuts, ..penalty }).unwrap()[0]
        .seized
        .is_zero());
    assert!(s
        .slash_percent("nobody", ATOM, 100, 100, start)
        .seized
        .is_zero());
    assert_eq!(s.active("op", ATOM), 100);
}
