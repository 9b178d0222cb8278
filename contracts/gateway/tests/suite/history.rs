//! Who had which power when.

use palisade_gateway::ContractError;
use palisade_types::gateway::{ExecuteMsg, PowerAtResponse, QueryMsg};

use crate::ledger::{power, set, Suite, HISTORY};

#[test]
fn powers_are_known_as_of_an_update() {
    let mut suite = Suite::open();
    suite.apply(&set(2, &[power("alice", 100), power("bob", 50)]));
    let (height, time) = (suite.height().into(), suite.now());
    suite.net.advance(50);
    suite.apply(&set(5, &[power("alice", 0)]));
    let at = |update: u64, power: u128| PowerAtResponse {
        power: power.into(),
        update_id: update.into(),
        height,
        time,
    };
    assert_eq!(suite.power_at(1, Some("alice")), None);
    assert_eq!(suite.power_at(1, None), None);
    assert_eq!(suite.power_at(2, Some("alice")), Some(at(2, 100)));
    assert_eq!(suite.power_at(4, Some("alice")), Some(at(2, 100)));
    assert_eq!(suite.power_at(4, None), Some(at(2, 150)));
    assert_eq!(suite.power_at(9, Some("bob")), Some(at(2, 50)));
    let later = PowerAtResponse {
        height: suite.height().into(),
        time: suite.now(),
        ..at(5, 0)
    };
    assert_eq!(suite.power_at(5, Some("alice")), Some(later.clone()));
    let later = PowerAtResponse {
        power: 50u128.into(),
        ..later
    };
    assert_eq!(suite.power_at(u64::MAX, None), Some(later));
    assert_eq!(suite.power_at(9, Some("dave")), None);
    let msg = QueryMsg::PowerAt {
        update_id: 1u64.into(),
        operator: None,
    };
    let error = suite.query::<PowerAtResponse>(&msg).unwrap_err();
    let expected = ContractError::UnknownUpdate { update_id: 1 };
    assert!(error.to_string().contains(&expected.to_string()));
}

#[test]
fn history_is_pruned_but_for_the_entry_in_force_at_the_horizon() {
    let mut suite = Suite::open();
    suite.apply(&set(1, &[power("bob", 50)]));
    for update in 2..=6u64 {
        suite.apply(&set(update, &[power("alice", u128::from(update))]));
        suite.net.advance(1_000);
    }
    // Nothing is old enough yet.
    assert_eq!(suite.power_at(2, Some("alice")).unwrap().update_id.u64(), 2);
    // 10,000 seconds kept: updates 2 to 6 came 5,000 to 1,000 s ago; in 7,500 s, 2 to 4 and 5
    // (9,500 s old) differ: 2 and 3 are superseded before the horizon, 4 is in force there.
    suite.net.advance(HISTORY - 2_500);
    suite.apply(&set(7, &[power("alice", 7)]));
    assert_eq!(suite.power_at(3, Some("alice")), None);
    let kept = suite.power_at(4, Some("alice")).unwrap();
    assert_eq!((kept.update_id.u64(), kept.power.u128()), (4, 4));
    assert_eq!(suite.power_at(5, Some("alice")).unwrap().update_id.u64(), 5);
    // Of the totals, update 1 is the oldest; two go with each write.
    assert_eq!(suite.power_at(2, None), None);
    assert_eq!(suite.power_at(3, None).unwrap().update_id.u64(), 3);
    // Bob's only entry stays, however old.
    assert_eq!(suite.power_at(7, Some("bob")).unwrap().update_id.u64(), 1);
}

#[test]
fn what_was_superseded_is_kept_for_the_history_to_the_second() {
    for (late, kept) in [(0, Some(1)), (1, None)] {
        let mut suite = Suite::open();
        suite.apply(&set(1, &[power("alice", 1)]));
        suite.net.advance(100);
        let before = suite.now();
        let (_, superseded) = suite.apply(&set(2, &[power("alice", 2)]));
        // Seconds that it takes to apply a set.
        let takes = superseded.seconds() - before.seconds();
        let since = suite.now().seconds() - superseded.seconds();
        suite.net.advance(HISTORY + late - since - takes);
        let (_, now) = suite.apply(&set(3, &[power("alice", 3)]));
        assert_eq!(now, superseded.plus_seconds(HISTORY + late));
        for operator in [Some("alice"), None] {
            let found = suite.power_at(1, operator);
            assert_eq!(found.map(|at| at.update_id.u64()), kept, "{late}");
        }
    }
}

#[test]
fn a_backlog_of_history_shrinks_by_two_a_write() {
    let mut suite = Suite::open();
    for update in 1..=9u64 {
        suite.apply(&set(update, &[power("alice", 1)]));
    }
    suite.net.advance(2 * HISTORY);
    for (update, oldest) in [(10u64, 3u64), (11, 5), (12, 7), (13, 9), (14, 9)] {
        suite.apply(&set(update, &[power("alice", 1)]));
        assert_eq!(suite.power_at(oldest - 1, Some("alice")), None);
        let found = suite.power_at(oldest, Some("alice")).unwrap();
        assert_eq!(found.update_id.u64(), oldest);
    }
}

#[test]
fn a_report_names_the_update_in_force_at_the_infraction() {
    let mut suite = Suite::open();
    let mut moments = vec![suite.downtime("alice")];
    for update in [3u64, 8, 9, 20] {
        suite.net.advance(100);
        suite.apply(&set(update, &[power("alice", 100 + u128::from(update))]));
        // The block that applies a set is signed by the one before.
        moments.push(suite.downtime("alice"));
        suite.net.advance(50);
        moments.push(suite.downtime("alice"));
    }
    for (infraction, update) in moments.iter().zip([0u64, 0, 3, 3, 8, 8, 9, 9, 20]) {
        if update == 0 {
            let error = ContractError::NotInForce {
                operator: "alice".into(),
                height: infraction.height.u64(),
            };
            suite.fails("reporter", &ExecuteMsg::Report(infraction.clone()), &error);
        } else {
            suite.report(infraction);
        }
    }
    suite.net.relay_all().unwrap();
    let updates: Vec<_> = suite.received().iter().map(|s| s.update_id.u64()).collect();
    assert_eq!(updates, [3, 3, 8, 8, 9, 9, 20]);
}

#[test]
fn operator_cannot_hide_an_infraction_behind_many_updates() {
    let mut suite = Suite::with_operators();
    let infraction = suite.downtime("alice");
    for update in 2..200u64 {
        suite.net.advance(1);
        suite.apply(&set(update, &[power("alice", 1)]));
    }
    suite.report(&infraction);
    assert_eq!(suite.report_by(1).update_id.u64(), 1);
}

#[test]
fn an_infraction_before_the_kept_history_is_refused() {
    let mut suite = Suite::with_operators();
    let infraction = suite.downtime("alice");
    suite.net.advance(50);
    suite.apply(&set(2, &[power("alice", 90)]));
    suite.net.advance(1);
    let later = suite.downtime("alice");
    suite.net.advance(2 * HISTORY);
    // Update 1 was superseded before the horizon, and goes with this write; 2 is still in force
    // there. An answer by update 2 would be wrong, so there is none.
    suite.apply(&set(3, &[power("alice", 80)]));
    let error = ContractError::NotInForce {
        operator: "alice".into(),
        height: infraction.height.u64(),
    };
    suite.fails("reporter", &ExecuteMsg::Report(infraction), &error);
    suite.report(&later);
    assert_eq!(suite.report_by(1).update_id.u64(), 2);
}

#[test]
fn an_operator_without_power_then_is_not_reported_whatever_it_has_now() {
    let mut suite = Suite::with_operators();
    suite.apply(&set(2, &[power("alice", 0)]));
    suite.net.advance(50);
    let infraction = suite.downtime("alice");
    suite.net.advance(50);
    suite.apply(&set(3, &[power("alice", 100)]));
    let error = ContractError::NoPower {
        operator: "alice".into(),
        update_id: 2,
        height: infraction.height.u64(),
    };
    suite.fails("reporter", &ExecuteMsg::Report(infraction), &error);
}
