//! An operator's own stake bears for its stakers until it matures, also for updates made after it
//! left: else the first loss that it published could be emptied at once.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{share, Suite, ATOM, DAY, UNBONDING};
use cosmwasm_std::Timestamp;
use palisade_types::delegation::{BucketResponse, ExecuteMsg, SlashPools};

/// Every unit of the operator's and its stakers' stake, wherever it is.
fn wealth(s: &Suite, of: &str) -> u128 {
    let active: u128 = s.positions(of).iter().map(|p| p.value.u128()).sum();
    let unbonding: u128 = s.entries(of).iter().map(|e| e.value.u128()).sum();
    s.balance(of, ATOM) + active + unbonding
}

/// A penalty of `percent`, with what the event tells: seized, and of that the operator's own.
fn slash(s: &mut Suite, percent: u64, captured: u128, since: Timestamp) -> (u128, u128) {
    let msg = SlashPools {
        cuts: vec![s.cut("op", ATOM, percent, captured)],
        ..s.penalty("op", percent, since)
    };
    let response = s.execute("allocation", &ExecuteMsg::Slash(msg)).unwrap();
    let event = response.events.iter().find(|e| e.ty == "wasm-slash");
    let told = |key: &str| {
        let found = event.unwrap().attributes.iter().find(|a| a.key == key);
        found.unwrap().value.parse().unwrap()
    };
    (told("seized"), told("junior"))
}

#[test]
fn first_loss_cannot_be_emptied_by_undelegating() {
    // In whole epochs, and so that a bucket matures in the middle of one.
    for unbonding in [UNBONDING, UNBONDING + DAY / 2] {
        empty_by_undelegating(Suite::unbonding_in(unbonding));
    }
}

fn empty_by_undelegating(mut s: Suite) {
    s.set_first_loss("op", 100).unwrap();
    s.deposit("op", "op", ATOM, 1_000).unwrap();
    s.deposit("ann", "op", ATOM, 9_000).unwrap();
    // All that is the operator's goes in the last second of epoch 0; in the first of epoch 1 an
    // update is made, in which it does not count. Under that update the operator double-signs.
    s.advance(DAY - 1);
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.advance(1);
    let since = s.now();
    assert_eq!(s.epoch(), 1);
    assert_eq!(s.tranches("op", ATOM), (9_000, 0), "what counts is 9000");
    let before = s.buckets("op", ATOM);
    s.advance(60);
    assert_eq!(slash(&mut s, 5, 9_000, since), (450, 450));
    assert_eq!((wealth(&s, "op"), wealth(&s, "ann")), (550, 9_000));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 550)]);
    assert_eq!(s.stake("ann", "op", ATOM), Some(9_000));
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(95));
    assert_eq!(s.buckets("op", ATOM)[0].magnitude, before[0].magnitude);
    assert_eq!(s.books(ATOM).seized.u128(), 450);

    // So it is to the last second of its unbonding, and no longer: what has matured is gone.
    let matures_at = before[0].matures_at;
    s.advance(matures_at.seconds() - s.now().seconds() - 1);
    assert_eq!(slash(&mut s, 5, 9_000, since), (450, 450));
    assert_eq!((wealth(&s, "op"), wealth(&s, "ann")), (100, 9_000));
    s.advance(1);
    assert_eq!(slash(&mut s, 5, 9_000, since), (450, 0));
    assert_eq!((wealth(&s, "op"), wealth(&s, "ann")), (100, 8_550));
    s.claim("op", "op", ATOM).unwrap();
    assert_eq!(s.balance("op", ATOM), 100);
    s.assert_conserved(ATOM);
}

/// 100 of the operator's and 1900 of ann's active, and behind them, from before the update of the
/// time that is returned: 300 of the operator's and 500 of bob's in epoch 0, 100 of the operator's
/// in epoch 1.
fn two_that_left(percent: u64) -> (Suite, Timestamp, Vec<BucketResponse>) {
    let mut s = Suite::new();
    if percent > 0 {
        s.set_first_loss("op", percent).unwrap();
    }
    s.deposit("op", "op", ATOM, 500).unwrap();
    s.deposit("ann", "op", ATOM, 1_900).unwrap();
    s.deposit("bob", "op", ATOM, 500).unwrap();
    s.undelegate("op", "op", ATOM, 300).unwrap();
    s.undelegate("bob", "op", ATOM, None).unwrap();
    s.advance(DAY);
    s.undelegate("op", "op", ATOM, 100).unwrap();
    s.advance(DAY);
    let (since, buckets) = (s.now(), s.buckets("op", ATOM));
    assert_eq!(s.tranches("op", ATOM), (1_900, 100));
    (s, since, buckets)
}

#[test]
fn what_left_bears_only_for_others_by_what_is_left_of_it_and_stakers_who_left_bear_nothing() {
    let (mut s, since, before) = two_that_left(40);
    // Of 200, of which 10 are its own, the operator bears 80: the 70 for others by what is left of
    // its parts, active 90, then from the oldest on 300 and 100. To the unit, as the sums go:
    // floor(70 * 90 / 490) = 12, floor(70 * 390 / 490) - 12 = 43, and the other 15.
    assert_eq!(slash(&mut s, 10, 2_000, since), (200, 80));
    assert_eq!(s.tranches("op", ATOM), (1_900 - 120, 100 - 10 - 12));
    assert_eq!(s.bucket_tranches("op", ATOM, 0), (500, 300 - 43));
    assert_eq!(s.bucket_tranches("op", ATOM, 1), (0, 100 - 15));
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 257), (1, 85)]);
    assert_eq!(s.unbonding("bob", "op", ATOM), [(0, 500)]);
    // What they stand for is what it was, and so is what a penalty for an older update finds.
    let after = s.buckets("op", ATOM);
    for (one, other) in before.iter().zip(&after) {
        assert_eq!(one.magnitude, other.magnitude);
    }
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(90));
    assert_eq!(s.books(ATOM).seized.u128(), 200);
    s.assert_conserved(ATOM);
    // All leave with what is theirs.
    for staker in ["op", "ann"] {
        s.undelegate(staker, "op", ATOM, None).unwrap();
    }
    s.advance(DAY + UNBONDING);
    for staker in ["op", "ann", "bob"] {
        s.claim(staker, "op", ATOM).unwrap();
    }
    let paid = ["op", "ann", "bob"].map(|staker| s.balance(staker, ATOM));
    assert_eq!(paid, [78 + 257 + 85, 1_780, 500]);
    assert_eq!((s.books(ATOM).staked.u128(), s.dust(ATOM)), (0, 0));
}

#[test]
fn without_an_agreement_or_where_it_asks_for_no_more_than_nominal_nobody_who_left_bears() {
    // 5 % of 200 is what the operator's active stake bears anyway.
    for percent in [0, 5] {
        let (mut s, since, before) = two_that_left(percent);
        assert_eq!(slash(&mut s, 10, 2_000, since), (200, 10), "{percent}");
        assert_eq!(s.tranches("op", ATOM), (1_710, 90));
        assert_eq!(s.buckets("op", ATOM), before, "{percent}");
        s.assert_conserved(ATOM);
    }
}

/// Without an agreement a slash is not to cost what the buckets hold that left before.
#[test]
fn what_left_is_read_only_where_a_first_loss_is_agreed() {
    for (percent, read) in [(0, false), (1, true)] {
        let (mut s, since, _) = two_that_left(percent);
        let mut key = vec![0, 1, b'b', 0, 4];
        key.extend(1_u32.to_be_bytes());
        key.extend(0_u64.to_be_bytes());
        let delegation = s.delegation.clone();
        let mut storage = s.app.contract_storage_mut(&delegation);
        assert!(storage.get(&key).is_some());
        storage.set(&key, b"unreadable");
        drop(storage);
        let msg = SlashPools {
            operator: s.who("op").to_string(),
            cuts: vec![s.cut("other", ATOM, 10, 2_000)],
            ..s.penalty("op", 10, since)
        };
        assert_eq!(s.slash(msg).is_err(), read, "{percent}");
    }
}

#[test]
fn what_left_is_all_taken_before_the_stakers_pay_the_rest() {
    let mut s = Suite::new();
    s.set_first_loss("op", 100).unwrap();
    s.deposit("op", "op", ATOM, 120).unwrap();
    s.deposit("ann", "op", ATOM, 1_480).unwrap();
    s.undelegate("op", "op", ATOM, 100).unwrap();
    s.advance(DAY);
    let since = s.now();
    // 2 of its own, and 118 for others: all that it has.
    assert_eq!(slash(&mut s, 10, 1_500, since), (150, 120));
    assert_eq!(s.tranches("op", ATOM), (1_480 - 30, 0));
    assert_eq!(s.buckets("op", ATOM), [], "nothing is left in it");
    assert_eq!(s.unbonding("op", "op", ATOM), [(0, 0)]);
    // What is worth nothing leaves without failing, and what is new is not what was lost.
    s.deposit("op", "op", ATOM, 40).unwrap();
    s.undelegate("op", "op", ATOM, 10).unwrap();
    s.advance(DAY + UNBONDING);
    s.claim("op", "op", ATOM).unwrap();
    assert_eq!((s.balance("op", ATOM), wealth(&s, "op")), (10, 40));
    assert_eq!(wealth(&s, "ann"), 1_450);
    s.assert_conserved(ATOM);
}

/// A bucket of an older era stands for nothing in a slice any more, and so bears nothing of its
/// own. Its operator's stake is still the operator's: it bears for stakers of the new era.
#[test]
fn what_left_in_an_older_era_bears_for_others_whatever_the_update() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("op", "op", ATOM, 100).unwrap();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("bob", "op", ATOM, 50).unwrap();
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.undelegate("bob", "op", ATOM, None).unwrap();
    s.advance(DAY);
    let later = s.now();
    assert_eq!(slash(&mut s, 100, 100, later), (100, 0), "no agreement yet");
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.era, 1);
    let before = s.buckets("op", ATOM);
    assert_eq!(before[0].magnitude.era, 0);

    s.deposit("carol", "op", ATOM, 200).unwrap();
    s.set_first_loss("op", 100).unwrap();
    // By an update of its own epoch, and by one made after it.
    for (since, left) in [(start, 80), (later, 60)] {
        assert_eq!(slash(&mut s, 10, 200, since), (20, 20));
        assert_eq!(s.tranches("op", ATOM), (200, 0));
        assert_eq!(s.bucket_tranches("op", ATOM, 0), (50, left));
        assert_eq!(s.buckets("op", ATOM)[0].magnitude, before[0].magnitude);
    }
    // 10 % of what was captured at a full magnitude is 9 % of one that is 90 %.
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(81));
    s.cancel("op", "op", ATOM, 0, None).unwrap();
    assert_eq!(s.tranches("op", ATOM), (200, 60));
    assert_eq!((wealth(&s, "bob"), wealth(&s, "carol")), (50, 200));
    s.assert_conserved(ATOM);
}

#[test]
fn an_operator_that_leaves_first_does_not_leave_the_loss_to_its_stakers() {
    let mut s = Suite::new();
    let since = s.now();
    s.set_first_loss("op", 50).unwrap();
    s.deposit("op", "op", ATOM, 400).unwrap();
    s.deposit("ann", "op", ATOM, 600).unwrap();
    s.undelegate("op", "op", ATOM, None).unwrap();
    s.advance(DAY);
    // For an update that is made afterwards it bears half of what ann alone counted with.
    let later = s.now();
    let rest = s.cut("op", ATOM, 30, 1_000);
    assert_eq!(slash(&mut s, 10, 600, later), (60, 30));
    assert_eq!((wealth(&s, "op"), wealth(&s, "ann")), (370, 570));
    // For one that it counted in it loses of its own as well, to the last second: of 370, at the
    // full magnitude, and 570, at 9 tenths of it, together 903 of active tokens, 300 are 111 + 190
    // rounded up, of which it bears ceil(150.5).
    s.advance(UNBONDING - 1);
    let msg = SlashPools {
        cuts: vec![rest],
        ..s.penalty("op", 30, since)
    };
    let cut = s.slash(msg).unwrap().remove(0);
    assert_eq!(cut.seized.u128(), 301);
    assert_eq!((wealth(&s, "op"), wealth(&s, "ann")), (219, 420));
    s.assert_conserved(ATOM);
}
