//! Admission, full services, keys, shares of power, assets.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]
#![allow(clippy::panic, clippy::too_many_lines, missing_docs)]

use cosmwasm_std::{Decimal, Uint128};
use palisade_allocation::ContractError;
use palisade_suite::*;
use palisade_types::allocation::*;
use palisade_types::slashing::Source;

fn run(
    suite: &mut Suite,
    who: &str,
    msg: &ExecuteMsg,
) -> Result<(), palisade_testing::HarnessError> {
    let allocation = suite.allocation.clone();
    suite.try_on_host(who, &allocation, msg, &[]).map(|_| ())
}

fn refused(suite: &mut Suite, who: &str, msg: &ExecuteMsg, expected: &ContractError) {
    let error = run(suite, who, msg).unwrap_err();
    assert_eq!(refusal::<ContractError>(&error), expected);
}

fn opt_in(service: ServiceId) -> ExecuteMsg {
    ExecuteMsg::OptIn {
        service,
        key: None,
        slices: vec![slice(ATOM, 10)],
    }
}

fn local(suite: &mut Suite, change: impl FnOnce(&mut ServiceTerms)) -> ServiceId {
    let mut terms = terms(Decimal::percent(10), false);
    change(&mut terms);
    let slasher = suite.host("slasher").to_string();
    suite.register_service("admin", terms, Source::Local { slasher }, settings())
}

fn operators(suite: &mut Suite, stakes: &[(&str, u128)]) {
    for (name, stake) in stakes {
        suite.register_operator(name);
        if *stake > 0 {
            suite.deposit("alice", name, *stake);
        }
    }
}

#[test]
fn dust_operators_filling_a_service() {
    let mut suite = Suite::new();
    operators(
        &mut suite,
        &[
            ("dust1", 1),
            ("dust2", 2),
            ("real", 1_000),
            ("late", 5),
            ("big", 2_000),
        ],
    );
    let service = local(&mut suite, |terms| terms.max_operators = 2);
    for name in ["dust1", "dust2"] {
        run(&mut suite, name, &opt_in(service)).unwrap();
    }
    // The newcomer counts by what it will count with, although its promise is not in force yet.
    run(&mut suite, "real", &opt_in(service)).unwrap();
    assert!(suite.member(service, "dust1").leaving);
    run(&mut suite, "late", &opt_in(service)).unwrap();
    assert!(suite.member(service, "dust2").leaving);
    assert!(!suite.member(service, "real").leaving);
    // Not stronger than the weakest: refused.
    suite.register_operator("equal");
    suite.deposit("alice", "equal", 5);
    let full = ContractError::ServiceFull {
        service,
        needed: Uint128::new(5),
        offered: Uint128::new(5),
    };
    refused(&mut suite, "equal", &opt_in(service), &full);
    run(&mut suite, "big", &opt_in(service)).unwrap();
    assert!(suite.member(service, "late").leaving);
    suite.settle(service);
    assert_eq!(suite.member(service, "real").power.u128(), 1_000);
    assert_eq!(suite.member(service, "big").power.u128(), 2_000);
    assert_eq!(suite.member(service, "late").power.u128(), 0);
}

#[test]
fn dust_on_its_way_out_keeps_nobody_from_coming_in() {
    let mut suite = Suite::new();
    let service = local(&mut suite, |terms| terms.max_operators = 1);
    // One after the other comes in with a unit more, counts, and is on its way out.
    let names: Vec<_> = (1..=5).map(|n| format!("dust{n}")).collect();
    for (n, name) in names.iter().enumerate() {
        operators(&mut suite, &[(name, n as u128 + 1)]);
        run(&mut suite, name, &opt_in(service)).unwrap();
        suite.settle(service);
    }
    operators(&mut suite, &[("real", 1_000)]);
    run(&mut suite, "real", &opt_in(service)).unwrap();
    suite.settle(service);
    assert_eq!(suite.member(service, "real").power.u128(), 1_000);
    for name in &names {
        assert_eq!(suite.member(service, name).power.u128(), 0);
    }
}

#[test]
fn pushing_others_out_and_being_gone_costs_a_delay_each_time() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("weak", 1_000), ("strong", 2_000)]);
    let service = local(&mut suite, |terms| terms.max_operators = 1);
    run(&mut suite, "weak", &opt_in(service)).unwrap();
    suite.settle(service);
    assert_eq!(suite.member(service, "weak").power.u128(), 1_000);
    // In and out again, before its promise counts for anything.
    run(&mut suite, "strong", &opt_in(service)).unwrap();
    run(&mut suite, "strong", &ExecuteMsg::OptOut { service }).unwrap();
    let leave = ExecuteMsg::Leave {
        service,
        operator: suite.host("strong").to_string(),
    };
    let bound = ContractError::StillBound {
        service,
        operator: suite.host("strong"),
        until: Some(suite.net.host.time().plus_seconds(DEALLOCATION_DELAY)),
    };
    refused(&mut suite, "anybody", &leave, &bound);
    // Who was pushed out comes back at once, into the free place, with the slice that it still has.
    run(&mut suite, "weak", &opt_in(service)).unwrap();
    suite.sync(service);
    assert_eq!(suite.member(service, "weak").power.u128(), 1_000);
    assert!(suite.member(service, "weak").slices[0].pending.is_none());
    // Who went by itself pushes nobody out again.
    let full = ContractError::NoFreePlace { service, most: 1 };
    refused(&mut suite, "strong", &opt_in(service), &full);
    suite.wait(DEALLOCATION_DELAY - 1);
    refused(&mut suite, "anybody", &leave, &bound);
    suite.wait(1);
    run(&mut suite, "anybody", &leave).unwrap();
}

#[test]
fn an_operator_on_its_way_out_of_a_keyed_service_comes_back_with_its_key() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("op", 1_000)]);
    let service = suite.register_consumer(Decimal::percent(10));
    suite.opt_in("op", service, true, 10);
    suite.settle(service);
    run(&mut suite, "op", &ExecuteMsg::OptOut { service }).unwrap();
    suite.sync(service);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("op").power.u128(), 0);
    run(&mut suite, "op", &opt_in(service)).unwrap();
    let already = ContractError::AlreadyMember {
        service,
        operator: suite.host("op"),
    };
    refused(&mut suite, "op", &opt_in(service), &already);
    suite.sync(service);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("op").power.u128(), 1_000);
    assert_eq!(suite.seen("op").key, Some(key_of("op")));
    let query = QueryMsg::Commitment {
        operator: suite.host("op").to_string(),
    };
    let commitment: CommitmentResponse = suite.ask(&suite.allocation, &query);
    assert_eq!(commitment.services, 1);
}

#[test]
fn a_jailed_operator_that_comes_back_displaces_nobody() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("bad", 1_000_000), ("good", 1_000)]);
    let service = local(&mut suite, |terms| terms.max_operators = 1);
    run(&mut suite, "bad", &opt_in(service)).unwrap();
    suite.settle(service);
    let slash = suite.slash(service, 1, "bad", "downtime");
    suite.try_slash("slasher", service, slash).unwrap();
    // Jailed, it counts nothing: anybody with stake takes its place.
    suite.sync(service);
    run(&mut suite, "good", &opt_in(service)).unwrap();
    assert!(suite.member(service, "bad").leaving);
    suite.settle(service);
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    let leave = ExecuteMsg::Leave {
        service,
        operator: suite.host("bad").to_string(),
    };
    run(&mut suite, "anybody", &leave).unwrap();
    let full = ContractError::ServiceFull {
        service,
        needed: Uint128::new(1_000),
        offered: Uint128::zero(),
    };
    refused(&mut suite, "bad", &opt_in(service), &full);
}

#[test]
fn an_allow_list_admits_only_its_operators() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("op", 100)]);
    let service = local(&mut suite, |terms| {
        terms.admission = Admission::AllowList {}
    });
    let op = suite.host("op");
    let not_allowed = ContractError::NotAllowed {
        service,
        operator: op.clone(),
    };
    refused(&mut suite, "op", &opt_in(service), &not_allowed);
    let list = ExecuteMsg::SetAllowed {
        service,
        add: vec![op.to_string()],
        remove: vec![],
    };
    let admin_only = ContractError::Unauthorized {
        sender: op.clone(),
        allowed: suite.host("admin"),
    };
    refused(&mut suite, "op", &list, &admin_only);
    run(&mut suite, "admin", &list).unwrap();
    run(&mut suite, "op", &opt_in(service)).unwrap();
    // Full, it has no place for anybody, however strong: who is listed pushes nobody out.
    let change = ExecuteMsg::UpdateService {
        service,
        change: ServiceChange {
            max_operators: Some(1),
            ..ServiceChange::default()
        },
    };
    run(&mut suite, "admin", &change).unwrap();
    operators(&mut suite, &[("strong", 1_000_000)]);
    let list = ExecuteMsg::SetAllowed {
        service,
        add: vec![suite.host("strong").to_string()],
        remove: vec![],
    };
    run(&mut suite, "admin", &list).unwrap();
    let no_place = ContractError::NoFreePlace { service, most: 1 };
    refused(&mut suite, "strong", &opt_in(service), &no_place);
    // Who did not opt out is bound without an end that is known.
    let leave = ExecuteMsg::Leave {
        service,
        operator: op.to_string(),
    };
    let bound = ContractError::StillBound {
        service,
        operator: op.clone(),
        until: None,
    };
    refused(&mut suite, "anybody", &leave, &bound);
    // Struck off the list: who is in stays in.
    let strike = ExecuteMsg::SetAllowed {
        service,
        add: vec![],
        remove: vec![op.to_string()],
    };
    run(&mut suite, "admin", &strike).unwrap();
    suite.settle(service);
    assert_eq!(suite.member(service, "op").power.u128(), 100);
}

#[test]
fn one_operator_counts_no_more_than_its_share() {
    let mut suite = Suite::new();
    operators(
        &mut suite,
        &[("whale", 9_000), ("fish", 1_000), ("dust", 99)],
    );
    let service = local(&mut suite, |terms| {
        terms.max_share = Decimal::percent(50);
        terms.min_power = Uint128::new(100);
    });
    for name in ["whale", "fish", "dust"] {
        run(&mut suite, name, &opt_in(service)).unwrap();
    }
    suite.settle(service);
    suite.sync(service);
    // Half of 10,000; what is below the least power counts nothing.
    assert_eq!(suite.member(service, "whale").power.u128(), 5_000);
    assert_eq!(suite.member(service, "fish").power.u128(), 1_000);
    assert_eq!(suite.member(service, "dust").power.u128(), 0);
    let query = QueryMsg::Service { service };
    let stored: ServiceResponse = suite.ask(&suite.allocation, &query);
    assert_eq!(stored.total.u128(), 10_000);
}

#[test]
fn an_operator_has_at_most_32_services() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("op", 1_000)]);
    let slice = vec![slice(ATOM, 1)];
    for _ in 0..MAX_SERVICES {
        let service = local(&mut suite, |_| ());
        suite
            .try_opt_in("op", service, false, slice.clone())
            .unwrap();
    }
    let service = local(&mut suite, |_| ());
    let error = suite.try_opt_in("op", service, false, slice).unwrap_err();
    assert_eq!(
        refusal::<ContractError>(&error),
        &ContractError::TooManyServices { most: 32 }
    );
}

#[test]
fn keys_are_proven_unique_and_resolve_for_a_while() {
    let mut suite = Suite::new();
    operators(&mut suite, &[("op", 1_000), ("rival", 1_000)]);
    let service = suite.register_consumer(Decimal::percent(10));
    let (op, rival) = (suite.host("op"), suite.host("rival"));
    let opt_in = |suite: &mut Suite, who: &str, key: Option<KeyProof>| {
        let msg = ExecuteMsg::OptIn {
            service,
            key,
            slices: vec![slice(ATOM, 10)],
        };
        run(suite, who, &msg)
    };
    let error = opt_in(&mut suite, "op", None).unwrap_err();
    assert_eq!(
        refusal::<ContractError>(&error),
        &ContractError::KeyNeeded { service }
    );
    // The proof binds key and operator: nobody can take a key that somebody else proved.
    let stolen = suite.key_proof(service, "op", "op");
    let error = opt_in(&mut suite, "rival", Some(stolen.clone())).unwrap_err();
    assert_eq!(refusal::<ContractError>(&error), &ContractError::BadProof);
    let short = KeyProof {
        key: b"short".into(),
        proof: stolen.proof.clone(),
    };
    let error = opt_in(&mut suite, "op", Some(short)).unwrap_err();
    assert_eq!(
        refusal::<ContractError>(&error),
        &ContractError::BadKeyLength { key: 5, proof: 64 }
    );
    opt_in(&mut suite, "op", Some(stolen)).unwrap();
    // Not even with a proof of its own: the key is in use.
    let shared = suite.key_proof(service, "rival", "op");
    let error = opt_in(&mut suite, "rival", Some(shared.clone())).unwrap_err();
    let taken = |until| ContractError::KeyTaken {
        operator: op.clone(),
        until,
    };
    assert_eq!(refusal::<ContractError>(&error), &taken(None));

    suite.settle(service);
    let rotate = ExecuteMsg::AssignKey {
        service,
        key: suite.key_proof(service, "op", "op-new"),
    };
    run(&mut suite, "op", &rotate).unwrap();
    let until = suite
        .net
        .host
        .time()
        .plus_seconds(UNBONDING + EPOCH + MAX_LAG);
    suite.sync(service);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("op").key, Some(key_of("op-new")));
    let liable = |suite: &Suite, key: &str| -> LiabilityResponse {
        let query = QueryMsg::Liability {
            service,
            offender: palisade_ibc::Offender::Key(key_of(key)),
            update_id: 1u64.into(),
        };
        suite.ask(&suite.allocation, &query)
    };
    assert_eq!(liable(&suite, "op").operator, Some(op.clone()));
    assert_eq!(liable(&suite, "op").captured[0].amount.u128(), 1_000);
    assert_eq!(liable(&suite, "op-new").operator, Some(op.clone()));
    assert_eq!(liable(&suite, "unknown").operator, None);
    let error = opt_in(&mut suite, "rival", Some(shared.clone())).unwrap_err();
    assert_eq!(refusal::<ContractError>(&error), &taken(Some(until)));

    suite.wait(UNBONDING + EPOCH + MAX_LAG);
    assert_eq!(liable(&suite, "op").operator, None);
    opt_in(&mut suite, "rival", Some(shared)).unwrap();
    assert_eq!(liable(&suite, "op").operator, Some(rival));

    let keyless = local(&mut suite, |_| ());
    let msg = ExecuteMsg::AssignKey {
        service: keyless,
        key: suite.key_proof(keyless, "op", "op"),
    };
    refused(
        &mut suite,
        "op",
        &msg,
        &ContractError::KeyNotUsed { service: keyless },
    );
}

#[test]
fn terms_are_checked() {
    let mut suite = Suite::new();
    let owner = suite.host("slasher").to_string();
    let mut check = |change: &dyn Fn(&mut ServiceTerms), expected: ContractError| {
        let mut terms = terms(Decimal::percent(10), false);
        change(&mut terms);
        let msg = palisade_types::slashing::ExecuteMsg::RegisterService(
            palisade_types::slashing::NewService {
                terms,
                source: Source::Local {
                    slasher: owner.clone(),
                },
                penalties: vec![],
                settings: settings(),
            },
        );
        let slashing = suite.slashing.clone();
        let error = suite
            .try_on_host("admin", &slashing, &msg, &[])
            .unwrap_err();
        assert_eq!(refusal::<ContractError>(&error), &expected);
    };
    let count = |what, found, most| ContractError::BadCount { what, found, most };
    let fraction = |field, found| ContractError::BadFraction {
        field,
        found,
        most: Decimal::one(),
    };
    let duplicate = ContractError::Duplicate { entry: ATOM.into() };
    check(&|t| t.assets = vec![], count("assets", 0, 8));
    check(&|t| t.assets = vec![ATOM.into(), ATOM.into()], duplicate);
    check(
        &|t| t.assets = (0..9).map(|i| format!("a{i}")).collect(),
        count("assets", 9, 8),
    );
    check(
        &|t| t.max_slash = Decimal::zero(),
        fraction("max_slash", Decimal::zero()),
    );
    check(
        &|t| t.max_slash = Decimal::percent(101),
        fraction("max_slash", Decimal::percent(101)),
    );
    check(
        &|t| t.max_share = Decimal::zero(),
        fraction("max_share", Decimal::zero()),
    );
    check(&|t| t.max_operators = 0, count("operators", 0, 200));
    check(&|t| t.max_operators = 201, count("operators", 201, 200));
    check(
        &|t| t.name = String::new(),
        ContractError::BadLength {
            field: "name",
            found: 0,
            most: 70,
        },
    );
}

#[test]
fn a_page_of_members_is_bounded_whatever_is_asked_for() {
    let mut suite = Suite::new();
    let service = local(&mut suite, |_| ());
    let names: Vec<_> = (0..12).map(|n| format!("op{n}")).collect();
    for name in &names {
        operators(&mut suite, &[(name, 100)]);
        run(&mut suite, name, &opt_in(service)).unwrap();
    }
    let page = |suite: &Suite, start_after| -> Vec<MemberResponse> {
        let query = QueryMsg::Members {
            service,
            start_after,
            limit: Some(100),
        };
        suite.ask(&suite.allocation, &query)
    };
    let first = page(&suite, None);
    assert_eq!(first.len(), 10);
    let last = first.last().map(|member| member.operator.to_string());
    assert_eq!(page(&suite, last).len(), 2);
}
