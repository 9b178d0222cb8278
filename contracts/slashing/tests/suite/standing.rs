//! Jail and tombstone.

use palisade_ibc::{Outcome, Slash, DOUBLE_SIGN};
use palisade_slashing::ContractError;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::slashing::*;

use crate::allocation::Rules;
use crate::asks::*;
use crate::story::*;

#[test]
fn a_jailed_operator_comes_back_after_its_time() {
    let mut suite = Suite::with_operators();
    let alice = suite.account("alice");
    assert_eq!(
        error(suite.unjail("alice")),
        ContractError::NotJailed {
            service: CHAIN,
            operator: alice.clone()
        }
    );
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    let until = suite.now().plus_seconds(JAIL);
    suite.net.advance(JAIL - 1);
    assert_eq!(
        error(suite.unjail("alice")),
        ContractError::StillJailed {
            service: CHAIN,
            operator: alice.clone(),
            until
        }
    );
    assert_eq!(suite.standing("alice").jailed_until, Some(until));
    suite.net.advance(1);
    // Not by somebody else.
    assert_eq!(
        error(suite.unjail("bob")),
        ContractError::NotJailed {
            service: CHAIN,
            operator: suite.account("bob")
        }
    );
    suite.unjail("alice").unwrap();
    assert_eq!(suite.standing("alice"), StandingResponse::default());
    assert_eq!(
        suite.log().pop(),
        Some(Allocation::Unjail {
            service: CHAIN,
            operator: alice.to_string()
        })
    );
    assert!(matches!(
        error(suite.unjail("alice")),
        ContractError::NotJailed { .. }
    ));
    assert_eq!(
        error(suite.run("alice", &ExecuteMsg::Unjail { service: 9 })),
        ContractError::UnknownService { service: 9 }
    );
}

#[test]
fn a_longer_jail_is_never_shortened() {
    let mut suite = Suite::bare();
    let slasher = suite.account("slasher").to_string();
    let mut new = new_service(Source::Local { slasher });
    new.penalties = vec![
        penalty("long", 1, 10_000, false),
        penalty("short", 1, 100, false),
    ];
    suite.register(new_service(Source::Ibc {})).unwrap();
    suite.register(new).unwrap();
    suite.power("alice", 1_000);
    suite.sync(LOCAL).unwrap();
    let jailed_until = |suite: &Suite| {
        let standing: StandingResponse = suite.query(&QueryMsg::Standing {
            service: LOCAL,
            operator: suite.account("alice").to_string(),
        });
        standing.jailed_until.unwrap()
    };
    let slash = |suite: &mut Suite, kind: &str, height: u64| {
        let slash = Slash {
            infraction: kind.into(),
            height: height.into(),
            time: suite.now(),
            ..suite.slash("alice")
        };
        suite.slash_locally(&slash)
    };
    assert_eq!(slash(&mut suite, "short", 1), executed(1));
    assert_eq!(jailed_until(&suite), suite.now().plus_seconds(100));
    assert_eq!(slash(&mut suite, "long", 2), executed(2));
    let long = suite.now().plus_seconds(10_000);
    assert_eq!(jailed_until(&suite), long);
    suite.net.advance(500);
    assert_eq!(slash(&mut suite, "short", 3), executed(3));
    assert_eq!(jailed_until(&suite), long);
}

#[test]
fn a_tombstoned_operator_is_out_for_good() {
    let mut suite = Suite::with_operators();
    let first = suite.double_sign("alice", 10);
    assert_eq!(suite.report(&first), executed(1));
    assert_eq!(
        suite.standing("alice"),
        StandingResponse {
            jailed_until: None,
            tombstoned: true
        }
    );
    suite.net.advance(JAIL);
    assert_eq!(
        error(suite.unjail("alice")),
        ContractError::Tombstoned {
            service: CHAIN,
            operator: suite.account("alice")
        }
    );
    // The same again is executed, and takes nothing beyond what she bore: the key that signed
    // twice is dead.
    let second = suite.double_sign("alice", 11);
    assert_eq!(suite.report(&second), executed(2));
    let taken = suite.requests(CHAIN).iter().map(seized).collect::<Vec<_>>();
    assert_eq!(taken, [50, 0]); // 5 % of 1,000.
                                // But the repetition of the first one is a repetition.
    assert!(matches!(
        suite.report(&first),
        palisade_ibc::SlashAck::Duplicate { .. }
    ));
    // Other kinds still punish what it did before, and its jail does not end the tombstone.
    let downtime = suite.slash("alice");
    assert_eq!(suite.report(&downtime), executed(3));
    assert_eq!(seized(&suite.request(3)), 10);
    suite.net.advance(JAIL);
    assert!(matches!(
        error(suite.unjail("alice")),
        ContractError::Tombstoned { .. }
    ));
    // Only in this service.
    let there: StandingResponse = suite.query(&QueryMsg::Standing {
        service: LOCAL,
        operator: suite.account("alice").to_string(),
    });
    assert!(!there.tombstoned);
}

#[test]
fn a_penalty_without_jail_asks_for_none() {
    let mut suite = Suite::with_operators();
    let slash = Slash {
        infraction: "oracle".into(),
        ..suite.slash("alice")
    };
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(suite.standing("alice"), StandingResponse::default());
    let Some(Allocation::Slash(taken)) = suite.log().pop() else {
        panic!("no slash");
    };
    assert!(!taken.jail);
    assert_eq!(taken.fraction, cosmwasm_std::Decimal::percent(2));
}

#[test]
fn two_double_signs_taken_in_during_a_pause_are_punished_once() {
    let mut suite = Suite::with_operators();
    suite.pause(Action::Executions, 1_000);
    for (height, request) in [(100, 1), (101, 2)] {
        let slash = suite.double_sign("alice", height);
        assert_eq!(suite.report(&slash), accepted(request));
    }
    // A repetition of the second one hears of its end as well.
    let mut again = suite.double_sign("alice", 101);
    again.nonce = 9u64.into();
    assert_eq!(suite.report(&again), duplicate(2, None));
    suite.net.advance(1_000);
    suite.execute(CHAIN, 1).unwrap();
    let response = suite.execute(CHAIN, 2).unwrap();

    // Both are executed; the allocation contract, which is told that they tombstone, takes of the
    // second one what it exceeds the first by.
    let alice = suite.account("alice");
    assert_eq!(suite.slashes(), [(alice.clone(), 1), (alice.clone(), 1)]);
    let tombstones = suite.log().into_iter().filter_map(|msg| match msg {
        Allocation::Slash(slash) => Some(slash.tombstone),
        _ => None,
    });
    assert_eq!(tombstones.collect::<Vec<_>>(), [true, true]);
    let taken = suite.requests(CHAIN).iter().map(seized).collect::<Vec<_>>();
    assert_eq!(taken, [50, 0]);
    let told = |key| attribute(&response, "slash_executed", key);
    assert_eq!(told("request"), ["2"]);
    assert_eq!(told("operator"), [alice.as_str()]);
    assert_eq!(told("kind"), [DOUBLE_SIGN]);
    assert_eq!(told("seized"), ["atom:0"]);
    // It has ended, and the gateway hears how, under each nonce.
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    assert_eq!(
        error(suite.execute(CHAIN, 2)),
        ContractError::RequestEnded {
            service: CHAIN,
            request: 2
        }
    );
    assert_eq!(suite.untold(), [(1, true), (2, true), (9, true)]);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    let ended = Outcome::Executed {};
    assert_eq!(
        suite.heard(),
        [(1, ended.clone()), (2, ended.clone()), (9, ended.clone())]
    );
    again.nonce = 10u64.into();
    assert_eq!(suite.report(&again), duplicate(2, Some(ended)));
}

#[test]
fn requests_that_wait_outlive_a_tombstone_in_whatever_order() {
    let mut suite = Suite::new();
    suite.power("alice", 1_000);
    suite.sync(LOCAL).unwrap();
    suite.rules(Rules {
        no_slash: true,
        ..Rules::default()
    });
    let slashes = [
        suite.double_sign("alice", 100),
        suite.double_sign("alice", 101),
        suite.slash("alice"),
    ];
    for (slash, request) in slashes.into_iter().zip(1..) {
        let slash = Slash {
            time: suite.now(),
            ..slash
        };
        assert_eq!(suite.slash_locally(&slash), accepted(request));
    }
    suite.rules(Rules::default());
    for request in [2, 1, 3] {
        suite.execute(LOCAL, request).unwrap();
    }
    let taken = suite.requests(LOCAL).iter().map(seized).collect::<Vec<_>>();
    assert_eq!(taken, [0, 50, 10]);
    assert_eq!(suite.slashes().len(), 3);
}
