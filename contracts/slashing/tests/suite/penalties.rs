//! Penalties that change: milder ones at once, harsher ones an unbonding period ahead, and each
//! infraction by the one of its time.

use cosmwasm_std::Decimal;
use palisade_ibc::{DOUBLE_SIGN, DOWNTIME};
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::allocation::UNBONDING;
use crate::asks::*;
use crate::story::*;

const KIND: &str = "the service has no penalty for this kind of infraction";

fn percent(percent: u64) -> Option<Decimal> {
    Some(Decimal::percent(percent))
}

/// Oracle (2 %, no jail) is the kind that changes in these tests. What a slash of alice (1,000) of
/// some seconds ago takes.
fn takes(suite: &mut Suite, height: u64, seconds_ago: u64) -> u128 {
    let mut slash = suite.slash_for("alice", "oracle", height);
    slash.time = suite.now().minus_seconds(seconds_ago);
    let request = suite.requests(CHAIN).len() as u64 + 1;
    assert_eq!(suite.report(&slash), executed(request));
    seized(&suite.request(request))
}

#[test]
fn a_milder_penalty_is_for_infractions_from_now_on() {
    let mut suite = Suite::with_operators();
    let response = suite.set_penalty(penalty("oracle", 1, 0, false)).unwrap();
    let now = suite.now().to_string();
    assert_eq!(attribute(&response, "set_penalty", "from"), [now]);
    assert_eq!(suite.policy("oracle"), (percent(1), None));
    assert_eq!(takes(&mut suite, 1, 1), 20);
    assert_eq!(takes(&mut suite, 2, 0), 10);
    // An old one is still judged by the old penalty, as long as it can be punished.
    suite.net.advance(EVIDENCE_AGE - 1_000);
    assert_eq!(takes(&mut suite, 3, EVIDENCE_AGE - 1_000 + 1), 20);
    assert_eq!(takes(&mut suite, 4, EVIDENCE_AGE - 1_000), 10);
}

#[test]
fn a_harsher_penalty_waits_one_unbonding_period() {
    let mut suite = Suite::with_operators();
    let changed = suite.now();
    suite.set_penalty(penalty("oracle", 4, 0, false)).unwrap();
    let from = changed.plus_seconds(UNBONDING);
    assert_eq!(
        suite.policy("oracle"),
        (percent(2), Some((Decimal::percent(4), from)))
    );
    suite.net.advance(UNBONDING - 1);
    assert_eq!(takes(&mut suite, 1, 0), 20);
    suite.net.advance(1);
    assert_eq!(suite.policy("oracle"), (percent(4), None));
    assert_eq!(takes(&mut suite, 2, 1), 20);
    assert_eq!(takes(&mut suite, 3, 0), 40);
}

/// Whether a change is milder is asked of fraction, jail and tombstone alike.
#[test]
fn a_penalty_harsher_in_any_respect_waits() {
    let cases = [
        (penalty(DOWNTIME, 1, JAIL - 1, false), true),
        (penalty(DOWNTIME, 0, JAIL, false), true),
        (penalty(DOWNTIME, 0, JAIL + 1, false), false),
        (penalty(DOWNTIME, 0, 0, true), false),
        (penalty(DOWNTIME, 2, 0, false), false),
        // No longer for good, but for more.
        (penalty(DOUBLE_SIGN, 4, 0, true), true),
        (penalty(DOUBLE_SIGN, 6, 0, true), false),
    ];
    for (change, at_once) in cases {
        let mut suite = Suite::with_operators();
        let response = suite.set_penalty(change.clone()).unwrap();
        let from = match at_once {
            true => suite.now(),
            false => suite.now().plus_seconds(UNBONDING),
        };
        let told = attribute(&response, "set_penalty", "from");
        assert_eq!(told, [from.to_string()], "{change:?}");
        let all = suite.service(CHAIN).penalties;
        let found = all.into_iter().find(|p| p.kind == change.kind).unwrap();
        assert_eq!(found.pending.is_none(), at_once);
        assert_eq!(found.penalty == Some(change), at_once);
    }
}

#[test]
fn a_penalty_that_tombstones_no_more_adds_up_and_so_waits() {
    let mut new = new_service(Source::Ibc {});
    new.penalties.push(penalty("fraud", 5, 0, true));
    new.penalties.push(penalty("mark", 0, JAIL, true));
    let mut suite = Suite::bare().with(new).told();
    // Borne once by who commits it often, as long as it tombstones.
    let from = suite.now().plus_seconds(UNBONDING);
    let change = penalty("fraud", 5, 0, false);
    let response = suite.set_penalty(change).unwrap();
    let told = attribute(&response, "set_penalty", "from");
    assert_eq!(told, [from.to_string()]);
    // What takes nothing cannot add up.
    let from = suite.now();
    let change = penalty("mark", 0, JAIL, false);
    let response = suite.set_penalty(change).unwrap();
    let told = attribute(&response, "set_penalty", "from");
    assert_eq!(told, [from.to_string()]);
}

#[test]
fn a_change_on_its_way_is_replaced() {
    let mut suite = Suite::with_operators();
    suite.set_penalty(penalty("oracle", 4, 0, false)).unwrap();
    suite.net.advance(1_000);
    // By another harsher one, whose time starts anew.
    suite.set_penalty(penalty("oracle", 3, 0, false)).unwrap();
    let from = suite.now().plus_seconds(UNBONDING);
    assert_eq!(
        suite.policy("oracle"),
        (percent(2), Some((Decimal::percent(3), from)))
    );
    // By the present one: the change is off.
    suite.set_penalty(penalty("oracle", 2, 0, false)).unwrap();
    assert_eq!(suite.policy("oracle"), (percent(2), None));
    let same = ContractError::NoChange {
        kind: "oracle".into(),
    };
    let again = suite.set_penalty(penalty("oracle", 2, 0, false));
    assert_eq!(error(again), same);
    suite.net.advance(UNBONDING);
    assert_eq!(takes(&mut suite, 1, 0), 20);
    // By its end.
    suite.set_penalty(penalty("oracle", 4, 0, false)).unwrap();
    suite.remove_penalty("oracle").unwrap();
    assert_eq!(suite.policy("oracle"), (None, None));
    suite.net.advance(UNBONDING);
    let slash = suite.slash_for("alice", "oracle", 2);
    assert_eq!(suite.report(&slash), refused(KIND));
}

#[test]
fn a_removed_penalty_is_for_infractions_before() {
    let mut suite = Suite::with_operators();
    suite.remove_penalty("oracle").unwrap();
    assert_eq!(suite.policy("oracle"), (None, None));
    assert_eq!(takes(&mut suite, 1, 1), 20);
    let mut slash = suite.slash_for("alice", "oracle", 2);
    slash.time = suite.now();
    assert_eq!(suite.report(&slash), refused(KIND));
    assert_eq!(
        error(suite.remove_penalty("oracle")),
        ContractError::NoChange {
            kind: "oracle".into()
        }
    );
    // It is listed until no infraction needs it, and then forgotten at the next change.
    suite.net.advance(UNBONDING);
    suite.set_penalty(penalty(DOWNTIME, 1, 0, false)).unwrap();
    let kinds = |suite: &Suite| {
        let all = suite.service(CHAIN).penalties;
        all.into_iter().map(|p| p.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&suite), [DOUBLE_SIGN, DOWNTIME]);
    assert_eq!(
        error(suite.remove_penalty("oracle")),
        ContractError::UnknownKind {
            kind: "oracle".into()
        }
    );
}

#[test]
fn a_kind_added_later_does_not_reach_infractions_before() {
    let mut suite = Suite::with_operators();
    suite.set_penalty(penalty("bridge", 3, 0, false)).unwrap();
    let from = suite.now().plus_seconds(UNBONDING);
    assert_eq!(
        suite.policy("bridge"),
        (None, Some((Decimal::percent(3), from)))
    );
    suite.net.advance(UNBONDING - 1);
    let mut slash = suite.slash_for("alice", "bridge", 1);
    slash.time = suite.now();
    assert_eq!(suite.report(&slash), refused(KIND));
    // The clock has come there, the infraction has not.
    suite.net.advance(1);
    let mut slash = suite.slash_for("alice", "bridge", 2);
    slash.time = suite.now().minus_nanos(1);
    assert_eq!(suite.report(&slash), refused(KIND));
    let mut slash = suite.slash_for("alice", "bridge", 3);
    slash.time = suite.now();
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(seized(&suite.request(1)), 30);
}

#[test]
fn a_request_takes_what_it_was_received_with() {
    let mut suite = Suite::with_resolver();
    let slash = suite.slash_for("alice", "oracle", 1);
    assert_eq!(suite.report(&slash), accepted(1));
    suite.remove_penalty("oracle").unwrap();
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(seized(&suite.request(1)), 20);
}

#[test]
fn at_most_eight_versions_within_an_unbonding_period() {
    let mut suite = Suite::with_operators();
    let permille = |permille: u64| Penalty {
        fraction: Decimal::permille(permille),
        ..penalty("oracle", 0, 0, false)
    };
    // The first one and seven milder ones, each a second later.
    for step in 1..=7 {
        suite.set_penalty(permille(20 - step)).unwrap();
        suite.net.advance(1);
    }
    let full = ContractError::TooManyVersions {
        kind: "oracle".into(),
        max: MAX_VERSIONS,
    };
    assert_eq!(error(suite.set_penalty(permille(5))), full);
    // Nor one that is to come, nor none.
    assert_eq!(error(suite.set_penalty(permille(90))), full);
    assert_eq!(error(suite.remove_penalty("oracle")), full);
    let present = Some(Decimal::permille(13));
    assert_eq!(suite.policy("oracle"), (present, None));
    // Each second has its own.
    for step in 1..=7u128 {
        let taken = takes(&mut suite, step as u64, 8 - step as u64);
        assert_eq!(taken, 20 - step);
    }
    // An unbonding period after the first change the first version is needed no more. An own kind
    // has its own count.
    suite.set_penalty(penalty(DOWNTIME, 0, 1, false)).unwrap();
    suite.net.advance(UNBONDING - 8);
    assert_eq!(error(suite.set_penalty(permille(5))), full);
    suite.net.advance(1);
    suite.set_penalty(permille(5)).unwrap();
    assert_eq!(suite.policy("oracle"), (Some(Decimal::permille(5)), None));
}

#[test]
fn of_changes_in_one_block_the_last_one_counts() {
    let mut suite = Suite::with_operators();
    for permille in (1..20).rev() {
        let fraction = Decimal::permille(permille);
        let milder = Penalty {
            fraction,
            ..penalty("oracle", 0, 0, false)
        };
        suite.set_penalty(milder).unwrap();
        assert_eq!(suite.policy("oracle"), (Some(fraction), None));
    }
    // Nineteen changes, two versions: before this block, and from it on.
    assert_eq!(takes(&mut suite, 1, 1), 20);
    assert_eq!(takes(&mut suite, 2, 0), 1);
}

#[test]
fn changed_penalties_are_checked_like_registered_ones() {
    let mut suite = Suite::with_operators();
    let before = suite.service(CHAIN);
    let by = |penalty| ExecuteMsg::SetPenalty {
        service: CHAIN,
        penalty,
    };
    let good = penalty("oracle", 1, 0, false);
    for sender in ["owner", "guardian", "slasher"] {
        let expected = ContractError::NotAdmin {
            service: CHAIN,
            sender: suite.account(sender),
        };
        assert_eq!(error(suite.run(sender, &by(good.clone()))), expected);
        let remove = ExecuteMsg::RemovePenalty {
            service: CHAIN,
            kind: "oracle".into(),
        };
        assert_eq!(error(suite.run(sender, &remove)), expected);
    }
    let unknown = ExecuteMsg::SetPenalty {
        service: 9,
        penalty: good,
    };
    assert_eq!(
        error(suite.run("admin", &unknown)),
        ContractError::UnknownService { service: 9 }
    );
    let cases = [
        (
            penalty("oracle", 11, 0, false),
            ContractError::Fraction {
                kind: "oracle".into(),
                fraction: Decimal::percent(11),
                max_slash: Decimal::percent(10),
            },
        ),
        (
            penalty("Oracle", 1, 0, false),
            ContractError::Kind {
                kind: "Oracle".into(),
                max: 32,
            },
        ),
        (
            penalty("oracle", 1, MAX_JAIL + 1, false),
            ContractError::Jail {
                kind: "oracle".into(),
                jail: MAX_JAIL + 1,
                max: MAX_JAIL,
            },
        ),
        (
            penalty("oracle", 0, 0, false),
            ContractError::NoEffect {
                kind: "oracle".into(),
            },
        ),
        // Who signed twice is out, whatever else it costs.
        (
            penalty(DOUBLE_SIGN, 5, MAX_JAIL, false),
            ContractError::MustTombstone {
                kind: DOUBLE_SIGN.into(),
            },
        ),
    ];
    for (penalty, expected) in cases {
        assert_eq!(error(suite.set_penalty(penalty)), expected);
    }
    for kind in ["unheard", &"x".repeat(33)] {
        let kind_known: String = kind.chars().take(32).collect();
        assert_eq!(
            error(suite.remove_penalty(kind)),
            ContractError::UnknownKind { kind: kind_known }
        );
    }
    assert_eq!(suite.service(CHAIN), before);
}

#[test]
fn at_most_sixteen_kinds_of_its_own_removed_ones_included_while_they_count() {
    let mut suite = Suite::with_operators();
    let own = |number: u32| penalty(&format!("kind_{number}"), 1, 0, false);
    for number in 2..=16 {
        suite.set_penalty(own(number)).unwrap(); // Oracle is the first.
    }
    let full = ContractError::TooManyPenalties {
        given: 19,
        max: 18,
        own: 16,
    };
    assert_eq!(error(suite.set_penalty(own(17))), full);
    // A removed one still judges what came before.
    suite.remove_penalty("oracle").unwrap();
    suite.net.advance(UNBONDING - 1);
    assert_eq!(error(suite.set_penalty(own(17))), full);
    assert_eq!(suite.service(CHAIN).penalties.len(), 18);
    suite.net.advance(1);
    suite.set_penalty(own(17)).unwrap();
    assert_eq!(suite.service(CHAIN).penalties.len(), 18);
}
