//! What ends: services that are wound down, operators that left, and what is still known of them.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{adjust, amount, opt_in, Stage, ALLOCATION_DELAY, ATOM, DAY, UNBONDING};
use cosmwasm_std::{Decimal, Uint128};
use palisade_allocation::ContractError;
use palisade_types::allocation::*;
use palisade_types::asset::{Destination, Redirection};

fn stop(service: ServiceId) -> ExecuteMsg {
    ExecuteMsg::StopService { service }
}

fn leave(stage: &Stage, service: ServiceId, operator: &str) -> ExecuteMsg {
    let operator = stage.who(operator).to_string();
    ExecuteMsg::Leave { service, operator }
}

fn service_of(stage: &Stage, service: ServiceId) -> ServiceResponse {
    stage.ask(&QueryMsg::Service { service })
}

#[test]
fn a_stopped_service_is_left_by_everybody_a_page_at_a_time() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    for name in ["ann", "bob", "cyd"] {
        stage.put(name, ATOM, 1_000_000);
        stage.run(name, &opt_in(service, &[ATOM], 10));
    }
    stage.wait(ALLOCATION_DELAY);
    let last = stage.sync(service);
    assert_eq!(service_of(&stage, service).operators, 3);
    stage.run("slashing", &stop(service));
    assert!(service_of(&stage, service).stopped);

    // One goes by itself, one is looked at by the first page, one by the second.
    stage.run("ann", &ExecuteMsg::OptOut { service });
    assert_eq!(service_of(&stage, service).operators, 2);
    let ann = stage.who("ann").to_string();
    let mut next = None;
    for left in [2_000_000, 1_000_000, 0] {
        let (result, events) = stage.checkpoint(service, next.as_ref(), 1);
        assert_eq!(result.operators.len(), 1);
        assert_eq!(result.operators[0].power.u128(), 0);
        assert!(result.await_ack, "a decrease waits for its acknowledgement");
        assert_eq!(service_of(&stage, service).total.u128(), left);
        // Ann opted out by herself, and is only told.
        let opted_out = events.iter().any(|event| event.ty == "wasm-opt_out");
        assert_eq!(opted_out, result.operators[0].operator != ann);
        next = result.next;
    }
    let described = service_of(&stage, service);
    assert_eq!((described.operators, described.total.u128()), (0, 0));

    // What was done before is punished as ever, until the slices are down.
    assert_eq!(stage.slash("bob", service, last, 10, false), 100_000);
    stage.refused(
        "bob",
        &leave(&stage, service, "bob"),
        &still_bound(&stage, service),
    );
    // Nobody acknowledged anything: max_lag, then the delay.
    stage.wait(DAY + UNBONDING);
    assert_eq!(stage.slash("cyd", service, last, 10, false), 0);
    for name in ["ann", "bob", "cyd"] {
        let msg = leave(&stage, service, name);
        stage.run("anybody", &msg);
    }
    let operator = stage.who("bob").to_string();
    let commitment: CommitmentResponse = stage.ask(&QueryMsg::Commitment { operator });
    assert_eq!(
        (commitment.services, commitment.pools[0].committed),
        (0, Decimal::zero())
    );
}

fn still_bound(stage: &Stage, service: ServiceId) -> ContractError {
    ContractError::StillBound {
        service,
        operator: stage.who("bob"),
        until: Some(stage.app.block_info().time.plus_seconds(UNBONDING)),
    }
}

#[test]
fn nobody_joins_a_stopped_service_or_promises_it_more() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    for name in ["ann", "bob", "new"] {
        stage.put(name, ATOM, 1_000_000);
    }
    stage.run("ann", &opt_in(service, &[ATOM], 5));
    stage.run("bob", &opt_in(service, &[ATOM], 5));
    stage.wait(ALLOCATION_DELAY);
    stage.sync(service);
    stage.run("bob", &ExecuteMsg::OptOut { service });
    stage.run("slashing", &stop(service));

    let stopped = ContractError::ServiceStopped { service };
    stage.refused("new", &opt_in(service, &[ATOM], 1), &stopped);
    stage.refused("bob", &opt_in(service, &[ATOM], 1), &stopped);
    stage.refused("ann", &adjust(service, 6), &stopped);
    stage.run("ann", &adjust(service, 3));
    // Nor is a decrease taken back, in full or in part.
    stage.refused("ann", &adjust(service, 5), &stopped);
    stage.refused("ann", &adjust(service, 4), &stopped);
    stage.refused("slashing", &stop(service), &stopped);
    let unknown = ContractError::UnknownService { service: 9 };
    stage.refused("slashing", &stop(9), &unknown);
    for who in ["admin", "owner"] {
        let unauthorized = ContractError::Unauthorized {
            sender: stage.who(who),
            allowed: stage.who("slashing"),
        };
        stage.refused(who, &stop(service), &unauthorized);
    }
}

#[test]
fn a_promise_that_never_counted_ends_with_its_service() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.put("op", ATOM, 1_000_000);
    stage.run("op", &opt_in(service, &[ATOM], 10));
    stage.run("slashing", &stop(service));
    stage.sync(service);
    let member = stage.member(service, "op");
    assert!(member.leaving && member.slices[0].pending.is_none());
    stage.wait(UNBONDING);
    let msg = leave(&stage, service, "op");
    stage.run("anybody", &msg);
}

#[test]
fn captures_of_operators_that_left_are_swept_a_few_at_a_time() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.put("stays", ATOM, 1_000);
    stage.promise("stays", service, &[ATOM], 10);
    stage.put("op", ATOM, 1_000);
    stage.promise("op", service, &[ATOM], 10);
    for stake in 1..=24 {
        stage.put("op", ATOM, 1_000 + stake);
        stage.sync(service);
    }
    let crime = stage.sync(service);
    stage.run("op", &ExecuteMsg::OptOut { service });
    stage.sync(service);
    stage.wait(UNBONDING);
    let msg = leave(&stage, service, "op");
    stage.run("anybody", &msg);
    let before = stage.history(service, "op");
    assert_eq!(before.len(), 25);
    assert_eq!(
        stage.liability(service, "op", crime).captured,
        [amount(ATOM, 1_024)]
    );

    // Within the horizon everything stays; after it ten go with each checkpoint of the service.
    stage.wait(UNBONDING + DAY - 1);
    stage.sync(service);
    assert_eq!(stage.history(service, "op"), before);
    stage.wait(1);
    for left in [15, 5, 0, 0] {
        stage.sync(service);
        assert_eq!(stage.history(service, "op").len(), left);
    }
    assert_eq!(stage.history(service, "stays").len(), 1);
    assert_eq!(stage.liability(service, "op", crime).operator, None);
}

#[test]
fn an_operator_that_came_back_keeps_what_it_counts_with_since() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.put("op", ATOM, 1_000);
    stage.promise("op", service, &[ATOM], 10);
    let first = stage.sync(service);
    stage.run("op", &ExecuteMsg::OptOut { service });
    stage.sync(service);
    stage.wait(UNBONDING);
    let msg = leave(&stage, service, "op");
    stage.run("anybody", &msg);
    stage.promise("op", service, &[ATOM], 10);
    let second = stage.sync(service);
    // An update before that does not answer with what came after it.
    assert_eq!(stage.liability(service, "op", second - 1).captured, []);
    stage.wait(UNBONDING + DAY - ALLOCATION_DELAY);
    stage.sync(service);
    assert_eq!(stage.history(service, "op"), [second]);
    assert_eq!(stage.slash("op", service, first, 10, false), 0);
    assert_eq!(stage.slash("op", service, second, 10, false), 100);
}

#[test]
fn slashing_an_operator_for_what_it_did_not_count_with_yet() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.put("old", ATOM, 1_000);
    stage.promise("old", service, &[ATOM], 10);
    let before = stage.sync(service);
    stage.put("op", ATOM, 2_000);
    stage.promise("op", service, &[ATOM], 10);
    let since = stage.app.block_info().time;
    let update = stage.sync(service);
    let known = stage.liability(service, "op", before);
    assert_eq!(
        (known.operator, known.update_id.u64()),
        (Some(stage.who("op")), 0)
    );
    assert_eq!(
        (known.since, known.captured, known.power),
        (None, vec![], Uint128::zero())
    );
    assert_eq!(stage.slash("op", service, before, 10, true), 0);

    // A later update that did not change it answers with the one that told it.
    let known = stage.liability(service, "op", update + 5);
    assert_eq!((known.update_id.u64(), known.since), (update, Some(since)));
    assert_eq!(known.captured, [amount(ATOM, 2_000)]);
    assert_eq!(known.power.u128(), 2_000);

    // Told often enough for the first ones to be pruned, the oldest answers for those before it.
    for stake in 1..=4 {
        stage.wait(UNBONDING + DAY);
        stage.put("op", ATOM, 2_000 + stake);
        let unjail = ExecuteMsg::Unjail {
            service,
            operator: stage.who("op").to_string(),
        };
        stage.run("slashing", &unjail);
        stage.sync(service);
    }
    let oldest = stage.history(service, "op")[0];
    assert!(oldest > update);
    assert_eq!(
        stage.liability(service, "op", update).update_id.u64(),
        oldest
    );
}

#[test]
fn a_share_below_one_unit_of_magnitude_is_no_promise() {
    let mut stage = Stage::new();
    let service = stage.service(10);
    stage.put("op", ATOM, 1_000_000);
    stage.promise("op", service, &[ATOM], 10);
    let update = stage.sync(service);
    stage.slash("op", service, update, 1, false);
    let other = stage.service(10);
    let share = Decimal::from_atomics(1u128, 18).unwrap();
    let msg = ExecuteMsg::OptIn {
        service: other,
        key: None,
        slices: vec![SliceShare {
            asset: ATOM.to_string(),
            share,
        }],
    };
    let expected = ContractError::ShareTooSmall {
        asset: ATOM.to_string(),
        share,
        magnitude: Uint128::new(990_000_000_000_000_000),
    };
    stage.refused("op", &msg, &expected);
}

#[test]
fn redirections_are_passed_on_for_the_slashing_contract_only() {
    let mut stage = Stage::new();
    let redirection = Redirection {
        asset: ATOM.to_string(),
        account: 7,
        from: Destination::Burn {},
        to: Destination::Send {
            recipient: stage.who("fund").to_string(),
        },
    };
    let msg = ExecuteMsg::Redirect(redirection.clone());
    let unauthorized = ContractError::Unauthorized {
        sender: stage.who("admin"),
        allowed: stage.who("slashing"),
    };
    stage.refused("admin", &msg, &unauthorized);
    assert_eq!(stage.redirected(), None);
    stage.run("slashing", &msg);
    assert_eq!(stage.redirected(), Some(redirection));
}
