//! Opting in, adjusting, opting out: what is promised, and when it counts.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]
#![allow(clippy::panic, clippy::too_many_lines, missing_docs)]

use cosmwasm_std::{Decimal, Timestamp, Uint128};
use palisade_admin::AdminError;
use palisade_allocation::ContractError;
use palisade_suite::*;
use palisade_types::allocation::*;

const FULL: u128 = 1_000_000_000_000_000_000;

/// Runs a message that must be refused, and checks that the operator is as it was.
fn refused(suite: &mut Suite, who: &str, msg: &ExecuteMsg, expected: &ContractError) {
    let allocation = suite.allocation.clone();
    let before = commitment(suite, "op");
    let error = suite.try_on_host(who, &allocation, msg, &[]).unwrap_err();
    assert_eq!(refusal::<ContractError>(&error), expected);
    assert_eq!(commitment(suite, "op"), before);
}

fn run(suite: &mut Suite, who: &str, msg: &ExecuteMsg) {
    let allocation = suite.allocation.clone();
    suite.on_host(who, &allocation, msg);
}

fn commitment(suite: &Suite, operator: &str) -> CommitmentResponse {
    let query = QueryMsg::Commitment {
        operator: suite.host(operator).to_string(),
    };
    suite.ask(&suite.allocation, &query)
}

fn committed(suite: &Suite, asset: &str) -> Decimal {
    let pools = commitment(suite, "op").pools;
    let pool = pools.iter().find(|pool| pool.asset == asset);
    pool.map_or(Decimal::zero(), |pool| pool.committed)
}

fn adjust(service: ServiceId, percent: u64) -> ExecuteMsg {
    ExecuteMsg::Adjust {
        service,
        slices: vec![slice(ATOM, percent)],
    }
}

fn opt_in_msg(service: ServiceId, percent: u64) -> ExecuteMsg {
    ExecuteMsg::OptIn {
        service,
        key: None,
        slices: vec![slice(ATOM, percent)],
    }
}

fn cap(percent: u64) -> ExecuteMsg {
    ExecuteMsg::SetCommitmentCap {
        cap: Decimal::percent(percent),
    }
}

/// One operator with a million behind it, and a local service that may take 30 %.
fn one_operator() -> (Suite, ServiceId) {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 1_000_000);
    let service = suite.register_local("slasher", Decimal::percent(30));
    (suite, service)
}

fn share(suite: &Suite, service: ServiceId) -> Decimal {
    suite.member(service, "op").slices[0].share
}

#[test]
fn a_promise_counts_after_its_delay_and_the_next_sync() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 15));
    assert_eq!(committed(&suite, ATOM), Decimal::percent(15));
    assert_eq!(share(&suite, service), Decimal::zero());
    suite.sync(service);
    assert_eq!(suite.member(service, "op").power.u128(), 0);

    suite.wait(ALLOCATION_DELAY - 1);
    suite.sync(service);
    assert_eq!(suite.member(service, "op").power.u128(), 0);

    // Half of what the service may take is promised: half of the stake counts.
    suite.wait(1);
    suite.sync(service);
    assert_eq!(share(&suite, service), Decimal::percent(15));
    assert_eq!(suite.member(service, "op").power.u128(), 500_000);
    assert_eq!(suite.sync(service), 0, "nothing changed, nothing is told");
}

#[test]
fn new_allocation_slashable_at_once() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 30));
    let slash = suite.slash(service, 1, "op", "double_sign");
    suite.try_slash("slasher", service, slash).unwrap();
    assert_eq!(suite.stake("op", ATOM), 1_000_000);
    assert_eq!(suite.requests(service), vec![]);
}

#[test]
fn slices_never_come_to_more_than_the_pool() {
    let (mut suite, first) = one_operator();
    let services: Vec<_> = (0..3)
        .map(|_| suite.register_local("slasher", Decimal::percent(30)))
        .collect();
    run(&mut suite, "op", &opt_in_msg(first, 30));
    for service in &services[..2] {
        run(&mut suite, "op", &opt_in_msg(*service, 30));
    }
    assert_eq!(committed(&suite, ATOM), Decimal::percent(90));
    let expected = ContractError::OverCommitted {
        asset: ATOM.into(),
        committed: Uint128::new(FULL / 100 * 101),
        magnitude: Uint128::new(FULL),
    };
    refused(&mut suite, "op", &opt_in_msg(services[2], 11), &expected);
    run(&mut suite, "op", &opt_in_msg(services[2], 10));
    assert_eq!(committed(&suite, ATOM), Decimal::one());
}

#[test]
fn a_slice_on_its_way_down_counts_in_full_until_it_is_down() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 30));
    suite.settle(service);
    assert_eq!(suite.member(service, "op").power.u128(), 1_000_000);

    run(&mut suite, "op", &adjust(service, 10));
    assert_eq!(committed(&suite, ATOM), Decimal::percent(30));
    assert_eq!(suite.member(service, "op").power.u128(), 1_000_000);
    // The power falls with the next update; a local service knows it at once.
    suite.sync(service);
    assert_eq!(suite.member(service, "op").power.u128(), 333_333);
    suite.wait(DEALLOCATION_DELAY - 1);
    suite.sync(service);
    assert_eq!(share(&suite, service), Decimal::percent(30));
    suite.wait(1);
    suite.sync(service);
    assert_eq!(share(&suite, service), Decimal::percent(10));
    assert_eq!(committed(&suite, ATOM), Decimal::percent(10));
    assert_eq!(suite.member(service, "op").power.u128(), 333_333);
}

#[test]
fn a_decrease_waits_for_the_consumers_acknowledgement_but_not_for_ever() {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 1_000_000);
    let service = suite.register_consumer(Decimal::percent(5));
    suite.opt_in("op", service, true, 5);
    suite.settle(service);
    assert_eq!(suite.seen("op").power.u128(), 1_000_000);

    run(&mut suite, "op", &adjust(service, 1));
    let asked_at = suite.net.host.time();
    suite.sync(service);
    let latest = asked_at.plus_seconds(MAX_LAG + DEALLOCATION_DELAY);
    let effective_at = |suite: &Suite| suite.member(service, "op").slices[0].effective_at;
    assert_eq!(effective_at(&suite), Some(latest));
    suite.wait(600);
    suite.net.relay_all().unwrap();
    let acked = Timestamp::from_nanos(suite.net.host.time().nanos());
    assert_eq!(suite.seen("op").power.u128(), 200_000);
    assert_eq!(
        effective_at(&suite),
        Some(acked.plus_seconds(DEALLOCATION_DELAY))
    );

    // A consumer that never answers delays it by no more than the lag.
    run(&mut suite, "op", &adjust(service, 0));
    let asked_at = suite.net.host.time();
    suite.sync(service);
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    assert_eq!(
        effective_at(&suite),
        Some(asked_at.plus_seconds(MAX_LAG + DEALLOCATION_DELAY))
    );
    suite.sync(service);
    assert_eq!(share(&suite, service), Decimal::zero());
}

#[test]
fn a_decrease_told_again_after_a_timeout_still_waits_for_its_acknowledgement() {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 1_000_000);
    let service = suite.register_consumer(Decimal::percent(5));
    suite.opt_in("op", service, true, 5);
    suite.settle(service);
    run(&mut suite, "op", &adjust(service, 1));
    suite.sync(service);
    let lost = suite
        .net
        .only_pending(palisade_testing::Side::Host)
        .unwrap();
    suite.net.pass_timeout(&lost).unwrap();
    suite.net.timeout(&lost).unwrap();
    suite.sync(service);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("op").power.u128(), 200_000);
    let acked = suite.net.host.time();
    assert_eq!(
        suite.member(service, "op").slices[0].effective_at,
        Some(acked.plus_seconds(DEALLOCATION_DELAY))
    );
}

#[test]
fn pending_deallocation_scaled_wrongly_by_a_slash() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 30));
    suite.settle(service);
    // Down to 10 %, and slashed on the way: of the 30 % slice 0.3 % of the pool goes, which leaves
    // 29.7 / 30 of it, and so of what it is aimed at: 9.9 % of the pool before, of 99.7 % after.
    run(&mut suite, "op", &adjust(service, 10));
    let slash = suite.slash(service, 1, "op", "downtime");
    suite.try_slash("slasher", service, slash).unwrap();
    assert_eq!(suite.stake("op", ATOM), 997_000);
    let member = suite.member(service, "op");
    let left = Decimal::from_ratio(297u128, 997u128);
    let aimed = Decimal::from_ratio(99u128, 997u128);
    let ulp = Decimal::new(Uint128::new(2));
    assert!(member.slices[0].share - left <= ulp);
    assert!(member.slices[0].pending.unwrap() - aimed <= ulp);
    assert!(committed(&suite, ATOM) - left <= ulp);
    assert!(committed(&suite, ATOM) >= left);
}

#[test]
fn the_commitment_cap_falls_at_once_and_rises_after_everybody_could_leave() {
    let (mut suite, service) = one_operator();
    assert_eq!(commitment(&suite, "op").cap, Decimal::one());
    run(&mut suite, "op", &cap(40));
    run(&mut suite, "op", &opt_in_msg(service, 30));
    let other = suite.register_local("slasher", Decimal::percent(30));
    let expected = ContractError::CapExceeded {
        asset: ATOM.into(),
        committed: Uint128::new(FULL / 100 * 41),
        slashed: Uint128::zero(),
        magnitude: Uint128::new(FULL),
        cap: Decimal::percent(40),
    };
    refused(&mut suite, "op", &opt_in_msg(other, 11), &expected);
    let expected = ContractError::CapExceeded {
        asset: ATOM.into(),
        committed: Uint128::new(FULL / 100 * 30),
        slashed: Uint128::zero(),
        magnitude: Uint128::new(FULL),
        cap: Decimal::percent(29),
    };
    refused(&mut suite, "op", &cap(29), &expected);
    run(&mut suite, "op", &cap(30));
    assert_eq!(commitment(&suite, "op").cap, Decimal::percent(30));

    run(&mut suite, "op", &cap(60));
    suite.wait(UNBONDING + EPOCH - 1);
    assert_eq!(commitment(&suite, "op").cap, Decimal::percent(30));
    let expected = ContractError::CapExceeded {
        asset: ATOM.into(),
        committed: Uint128::new(FULL / 100 * 31),
        slashed: Uint128::zero(),
        magnitude: Uint128::new(FULL),
        cap: Decimal::percent(30),
    };
    refused(&mut suite, "op", &opt_in_msg(other, 1), &expected);
    suite.wait(1);
    assert_eq!(commitment(&suite, "op").cap, Decimal::percent(60));
    run(&mut suite, "op", &opt_in_msg(other, 30));
    let expected = ContractError::BadFraction {
        field: "cap",
        found: Decimal::percent(101),
        most: Decimal::one(),
    };
    refused(&mut suite, "op", &cap(101), &expected);
}

#[test]
fn an_operators_own_service_draining_its_stakers() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &cap(30));
    run(&mut suite, "op", &opt_in_msg(service, 30));
    suite.settle(service);
    let slash = suite.slash(service, 1, "op", "double_sign");
    suite.try_slash("slasher", service, slash).unwrap();
    assert_eq!(suite.stake("op", ATOM), 700_000);
    assert_eq!(committed(&suite, ATOM), Decimal::zero());
    // The next service of its own has to wait until everybody could leave.
    let second = suite.register_local("slasher", Decimal::percent(30));
    let expected = ContractError::CapExceeded {
        asset: ATOM.into(),
        committed: Uint128::new(FULL / 1_000 * 7),
        slashed: Uint128::new(FULL / 100 * 30),
        magnitude: Uint128::new(FULL / 100 * 70),
        cap: Decimal::percent(30),
    };
    refused(&mut suite, "op", &opt_in_msg(second, 1), &expected);
    suite.try_undelegate("alice", "op", ATOM, None).unwrap();
    suite.wait(UNBONDING + EPOCH);
    run(&mut suite, "op", &opt_in_msg(second, 30));
    suite.try_claim("alice", "op", ATOM).unwrap();
    assert_eq!(
        suite.net.host.balance(&suite.host("alice"), DENOM).unwrap(),
        700_000
    );
}

#[test]
fn leave_the_set_then_exit() {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 1_000_000);
    let service = suite.register_consumer(Decimal::percent(5));
    suite.opt_in("op", service, true, 5);
    suite.settle(service);
    // It misbehaves, leaves the set and undelegates, all before anybody reports it.
    suite.wait(60);
    let infraction = suite.infraction("op", "double_sign");
    suite.wait(60);
    run(&mut suite, "op", &ExecuteMsg::OptOut { service });
    suite.try_undelegate("alice", "op", ATOM, None).unwrap();
    suite.sync(service);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("op").power.u128(), 0);
    let leave = ExecuteMsg::Leave {
        service,
        operator: suite.host("op").to_string(),
    };
    let bound = ContractError::StillBound {
        service,
        operator: suite.host("op"),
        until: Some(suite.net.host.time().plus_seconds(DEALLOCATION_DELAY)),
    };
    refused(&mut suite, "anybody", &leave, &bound);

    suite.wait(2 * EPOCH);
    suite.try_report("reporter", infraction).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.pool("op", ATOM).unwrap().unbonding.u128(), 950_000);

    suite.wait(DEALLOCATION_DELAY);
    run(&mut suite, "anybody", &leave);
    assert_eq!(commitment(&suite, "op").services, 0);
    assert_eq!(committed(&suite, ATOM), Decimal::zero());
    suite.try_claim("alice", "op", ATOM).unwrap();
    assert_eq!(
        suite.net.host.balance(&suite.host("alice"), DENOM).unwrap(),
        950_000
    );
}

#[test]
fn a_jailed_operator_that_leaves_comes_back_jailed() {
    let (mut suite, service) = jailed_operator_that_left("downtime");
    run(&mut suite, "op", &opt_in_msg(service, 10));
    suite.settle(service);
    assert!(suite.member(service, "op").jailed);
    assert_eq!(suite.member(service, "op").power.u128(), 0);
}

#[test]
fn who_is_tombstoned_is_out_for_good() {
    let (mut suite, service) = jailed_operator_that_left("double_sign");
    let out = ContractError::Tombstoned {
        service,
        operator: suite.host("op"),
    };
    refused(&mut suite, "op", &opt_in_msg(service, 10), &out);
}

/// An operator that was slashed, jailed at least, and left.
fn jailed_operator_that_left(kind: &str) -> (Suite, ServiceId) {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 30));
    suite.settle(service);
    let slash = suite.slash(service, 1, "op", kind);
    suite.try_slash("slasher", service, slash).unwrap();
    suite.sync(service);
    assert_eq!(suite.member(service, "op").power.u128(), 0);
    run(&mut suite, "op", &ExecuteMsg::OptOut { service });
    suite.sync(service);
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    let leave = ExecuteMsg::Leave {
        service,
        operator: suite.host("op").to_string(),
    };
    run(&mut suite, "anybody", &leave);
    (suite, service)
}

#[test]
fn pauses_stop_rises_and_nothing_else() {
    let (mut suite, service) = one_operator();
    run(&mut suite, "op", &opt_in_msg(service, 20));
    suite.settle(service);
    let pause = ExecuteMsg::Admin(palisade_admin::AdminMsg::Pause {
        action: Action::Promises,
        seconds: None,
    });
    run(&mut suite, "guardian", &pause);
    let paused = || {
        ContractError::Admin(AdminError::Paused {
            action: "promises",
            until: None,
        })
    };
    let other = suite.register_local("slasher", Decimal::percent(30));
    refused(&mut suite, "op", &opt_in_msg(other, 1), &paused());
    refused(&mut suite, "op", &adjust(service, 21), &paused());
    run(&mut suite, "op", &adjust(service, 10));
    run(&mut suite, "op", &ExecuteMsg::OptOut { service });
}

#[test]
fn bad_input_is_refused_by_name() {
    let (mut suite, service) = one_operator();
    let nobody = suite.host("nobody");
    let op = suite.host("op");
    let cases = [
        (
            "op",
            opt_in_msg(99, 1),
            ContractError::UnknownService { service: 99 },
        ),
        (
            "nobody",
            opt_in_msg(service, 1),
            ContractError::UnknownOperator {
                operator: nobody.clone(),
            },
        ),
        (
            "op",
            opt_in_msg(service, 31),
            ContractError::ShareTooLarge {
                asset: ATOM.into(),
                share: Decimal::percent(31),
                max_slash: Decimal::percent(30),
            },
        ),
        (
            "op",
            opt_in_msg(service, 0),
            ContractError::BadFraction {
                field: "share",
                found: Decimal::zero(),
                most: Decimal::percent(30),
            },
        ),
        (
            "op",
            ExecuteMsg::OptIn {
                service,
                key: None,
                slices: vec![],
            },
            ContractError::BadCount {
                what: "slices",
                found: 0,
                most: MAX_ASSETS,
            },
        ),
        (
            "op",
            ExecuteMsg::OptIn {
                service,
                key: None,
                slices: vec![slice("moon", 1)],
            },
            ContractError::AssetNotAccepted {
                service,
                asset: "moon".into(),
            },
        ),
        (
            "op",
            ExecuteMsg::OptIn {
                service,
                key: None,
                slices: vec![slice(ATOM, 1), slice(ATOM, 2)],
            },
            ContractError::Duplicate { entry: ATOM.into() },
        ),
        (
            "op",
            adjust(service, 1),
            ContractError::NotMember {
                service,
                operator: op.clone(),
            },
        ),
        (
            "op",
            ExecuteMsg::OptOut { service },
            ContractError::NotMember {
                service,
                operator: op,
            },
        ),
    ];
    for (who, msg, expected) in cases {
        refused(&mut suite, who, &msg, &expected);
    }
}
