//! Requests that get in each other's way, and what could keep a penalty from being taken.

use cosmwasm_std::{Decimal, StdError, Uint128};
use palisade_admin::{AdminError, AdminMsg};
use palisade_delegation::ContractError as DelegationError;
use palisade_slashing::refusal::Refusal;
use palisade_slashing::ContractError;
use palisade_suite::*;
use palisade_types::asset::Destination;
use palisade_types::slashing::{Action, ExecuteMsg, Penalty, Proceeds, RequestState};
use palisade_types::{delegation, vault};

use crate::stubborn::{self, with_stubborn, STUB};
use crate::world::*;

#[test]
fn one_unit_request_blocking_the_real_slash() {
    let (mut suite, chain) = consumer();
    // At one height a downtime of 0.05 % and a double-sign of 5 %, the small one first. Were a
    // request known by operator and height alone, the real one would be its duplicate.
    let small = suite.infraction("north", "downtime");
    let real = suite.infraction("north", "double_sign");
    assert_eq!(small.height, real.height);
    punish_for(&mut suite, small);
    assert_eq!(suite.stake("north", ATOM), 999_500);
    punish_for(&mut suite, real);
    // 500 of the 50,000 that were promised are gone; the double-sign takes the other 49,500.
    assert_eq!(taken(&suite, chain), [Some(500), Some(49_500)]);
    assert_books(&suite, 2_950_000, 0, 50_000);
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
}

#[test]
fn a_later_slash_blocking_an_earlier_one() {
    let (mut suite, chain) = consumer();
    let earlier = suite.infraction("north", "downtime");
    suite.wait(60);
    let later = suite.infraction("north", "downtime");
    punish_for(&mut suite, later);
    punish_for(&mut suite, earlier);
    // 0.05 % of a million, and 0.05 % of 99 % of it for the promise that is left.
    assert_eq!(taken(&suite, chain), [Some(500), Some(495)]);
    assert_books(&suite, 3 * MILLION - 995, 0, 995);
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
}

#[test]
fn a_recipient_that_refuses_tokens_blocking_others() {
    let treasury = stubborn::treasury();
    let (mut suite, chain, token) = with_stubborn(Proceeds::Send {
        recipient: treasury.clone(),
    });
    let to = || Destination::Send {
        recipient: treasury.clone(),
    };
    stubborn::refuse(&mut suite, &token, &treasury);
    // Were the recipient paid by the slash, it would fail here, and with it all of this.
    punish(&mut suite, "north", "double_sign");
    assert_eq!(ends(&suite), [EXECUTED]);
    let refuses = StdError::generic_err("the token refuses");
    assert_refused(pay_out(&mut suite, STUB, chain, to()), &refuses);
    assert_eq!(suite.books(STUB).seized, 20_000);
    // The other asset goes its way, stakers of either theirs, and the next slash its own.
    pay_out(&mut suite, ATOM, chain, to()).unwrap();
    assert_eq!(native(&suite, "treasury"), 50_000);
    for (staker, asset, left) in [("alice", ATOM, 950_000), ("bob", STUB, 380_000)] {
        suite.try_undelegate(staker, "north", asset, None).unwrap();
        suite.wait(EPOCH + UNBONDING);
        suite.try_claim(staker, "north", asset).unwrap();
        let balance = match asset {
            ATOM => native(&suite, staker),
            _ => stubborn::balance(&suite, &token, staker),
        };
        assert_eq!(balance, left);
    }
    assert_books(&suite, 0, 0, 0);
    let books = suite.books(STUB);
    assert_eq!((books.balance, books.seized), (20_000, 20_000));
    assert!(books.balance_to_the_unit());
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 0);
}

#[test]
fn one_broken_asset_blocking_the_slash_of_the_rest() {
    let (mut suite, chain, token) = with_stubborn(Proceeds::Burn {});
    stubborn::break_down(&mut suite, &token);
    // A slash that moved tokens would fail here, at the first unit of the broken one.
    punish(&mut suite, "north", "double_sign");
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(suite.stake("north", ATOM), 950_000);
    assert_eq!(suite.stake("north", STUB), 380_000);
    assert_eq!(suite.books(STUB).seized, 20_000);
    assert_books(&suite, 950_000, 0, 50_000);
    pay_out(&mut suite, ATOM, chain, Destination::Burn {}).unwrap();
    let refuses = StdError::generic_err("the token refuses");
    let burnt = pay_out(&mut suite, STUB, chain, Destination::Burn {});
    assert_refused(burnt, &refuses);
    assert_eq!(suite.books(STUB).seized, 20_000);
    assert_books(&suite, 950_000, 0, 0);
    tell(&mut suite, chain);
    assert_eq!(suite.seen("north").power.u128(), 0);
}

#[test]
fn choosing_the_timestamp_of_ones_double_sign() {
    let (mut suite, chain) = consumer();
    // North counts with a tenth once alice took nine parts out, and the consumer knows it.
    let crime = suite.net.consumer.block().height;
    suite.wait(60);
    suite
        .try_undelegate("alice", "north", ATOM, Some(900_000))
        .unwrap();
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 100_000));
    suite.wait(EPOCH);
    // The votes carry a time years before any update, signed by their offender. It says nothing: the
    // height does, and at that one north counted with the million.
    let chain_id = suite.net.consumer.block().chain_id;
    let mut evidence = equivocation(&chain_id, "north", crime);
    let mut prove = |suite: &mut Suite, seconds: i64| {
        evidence.first.timestamp.seconds = seconds.into();
        evidence.first.signature = sign_vote(&chain_id, "north", &evidence, &evidence.first);
        let msg = ExecuteMsg::SubmitEquivocation {
            service: chain,
            evidence: evidence.clone(),
        };
        try_slashing(suite, "anybody", &msg)
    };
    prove(&mut suite, 1).unwrap();
    // Another time in them proves the same.
    let same = ContractError::Duplicate {
        service: chain,
        request: 1,
    };
    assert_refused(prove(&mut suite, 4_000_000_000), &same);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_eq!(worth(&suite, "alice"), 950_000);
    // Nor by a height before it ever counted, where there is nothing to take.
    let before = equivocation(&chain_id, "south", 1);
    let msg = ExecuteMsg::SubmitEquivocation {
        service: chain,
        evidence: before,
    };
    let nothing = ContractError::Refused(Refusal::NotInForce {});
    assert_refused(try_slashing(&mut suite, "anybody", &msg), &nothing);
    assert_eq!(suite.stake("south", ATOM), 2 * MILLION);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
}

fn double_sign() -> Penalty {
    penalty("double_sign", Decimal::percent(5), 0, true)
}

/// North alone with an amount, 10 % of it promised to a consumer that takes 5 % for a double-sign.
fn north_with(amount: u128) -> (Suite, u32) {
    let mut suite = Suite::new();
    suite.register_operator("north");
    suite.deposit("alice", "north", amount);
    let chain = register(&mut suite, 10, vec![double_sign()]);
    suite.open_channel(chain);
    suite
        .try_opt_in("north", chain, true, vec![slice(ATOM, 10)])
        .unwrap();
    suite.settle(chain);
    suite.wait(60);
    (suite, chain)
}

#[test]
fn a_smaller_penalty_reported_first_to_block_the_real_one_of_another_kind() {
    let small = penalty("equivocated_a_little", Decimal::permille(1), 0, true);
    let (mut suite, chain) = consumer_that_takes(10, vec![small, double_sign()]);
    // Both put it out for good, for one and the same height. Were a tombstone a shield, as in the
    // Cosmos SDK, the real one would find it there.
    let first = suite.infraction("north", "equivocated_a_little");
    let second = suite.infraction("north", "double_sign");
    punish_for(&mut suite, first);
    assert_eq!(suite.stake("north", ATOM), 999_000);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 0));
    punish_for(&mut suite, second);
    // What it exceeds the small one by: 5 % in all, though 10 % are promised.
    assert_eq!(taken(&suite, chain), [Some(1_000), Some(49_000)]);
    assert_books(&suite, 2_950_000, 0, 50_000);
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
}

#[test]
fn a_smaller_penalty_reported_first_to_block_the_real_one_at_an_older_height() {
    let (mut suite, chain) = north_with(200_000);
    let older = suite.infraction("north", "double_sign");
    suite.deposit("alice", "north", 800_000);
    tell(&mut suite, chain);
    suite.wait(60);
    let real = suite.infraction("north", "double_sign");
    // North double-signs once more at a height where it counted with a fifth, on purpose, and
    // reports that first.
    punish_for(&mut suite, older);
    assert_books(&suite, 990_000, 0, 10_000);
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 0);
    punish_for(&mut suite, real);
    assert_eq!(taken(&suite, chain), [Some(10_000), Some(40_000)]);
    assert_books(&suite, 950_000, 0, 50_000);
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
}

#[test]
fn a_smaller_penalty_reported_first_to_block_the_real_one_before_the_proof() {
    let (mut suite, chain) = north_with(200_000);
    let older = suite.infraction("north", "double_sign");
    suite.deposit("alice", "north", 800_000);
    tell(&mut suite, chain);
    suite.wait(60);
    // A reporter who lies for north says of the real height that the older update was in force
    // there: only a gateway of its own could, so the packet is changed on the consumer's side.
    let height = suite.net.consumer.block().height;
    let lie = palisade_ibc::Slash {
        height: height.into(),
        ..suite.slash_at(chain, 1, "north", "double_sign", older.time)
    };
    let lie = palisade_ibc::Slash {
        update_id: (lie.update_id.u64() - 1).into(),
        ..lie
    };
    let answer = crate::impostor::forge(&mut suite, chain, lie);
    assert!(
        matches!(answer, palisade_ibc::SlashAck::Accepted { .. }),
        "{answer:?}"
    );
    assert_books(&suite, 990_000, 0, 10_000);
    // The proof of the very same infraction is judged by the host's own table, and adds the rest.
    let chain_id = suite.net.consumer.block().chain_id;
    let evidence = equivocation(&chain_id, "north", height);
    let msg = ExecuteMsg::SubmitEquivocation {
        service: chain,
        evidence,
    };
    try_slashing(&mut suite, "anybody", &msg).unwrap();
    assert_eq!(taken(&suite, chain), [Some(10_000), Some(40_000)]);
    let requests = suite.requests(chain);
    assert_eq!(requests[1].overrides, Some(1u64.into()));
    assert!(requests[1].proven && !requests[0].proven);
    assert_books(&suite, 950_000, 0, 50_000);
    // Once more is nothing more.
    let known = ContractError::Duplicate {
        service: chain,
        request: 2,
    };
    assert_refused(try_slashing(&mut suite, "anybody", &msg), &known);
    assert_books(&suite, 950_000, 0, 50_000);
}

#[test]
fn pause_bypassed_by_a_sibling_path() {
    let (mut suite, chain) = consumer();
    let local = local_service(&mut suite, "oracle", "north", 10);
    suite.settle(local);
    tell(&mut suite, chain);
    suite.wait(60);
    let pause = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Executions,
        seconds: None,
    });
    try_slashing(&mut suite, "guardian", &pause).unwrap();
    let paused_at = suite.net.host.time();
    // Executions: by packet, by a local slasher, by a proof, by anybody.
    let crime = suite.net.consumer.block().height;
    suite.wait(10);
    punish(&mut suite, "north", "downtime");
    let slash = suite.slash(local, 1, "north", "downtime");
    suite.try_slash("oracle", local, slash).unwrap();
    let chain_id = suite.net.consumer.block().chain_id;
    let proof = ExecuteMsg::SubmitEquivocation {
        service: chain,
        evidence: equivocation(&chain_id, "south", crime),
    };
    try_slashing(&mut suite, "anybody", &proof).unwrap();
    let until = paused_at.plus_seconds(EPOCH / 2);
    let paused = ContractError::Admin(AdminError::Paused {
        action: "executions",
        until: Some(until),
    });
    assert_refused(try_execute(&mut suite, "anybody", chain, 1), &paused);
    assert_eq!(taken(&suite, chain), [None, None]);
    assert_books(&suite, 3 * MILLION, 0, 0);

    // New stake: deposits, joins and redelegations, cancellations. Leaving is not among them.
    let contract = suite.delegation.clone();
    let pause = delegation::ExecuteMsg::Admin(AdminMsg::Pause {
        action: delegation::Action::Delegations,
        seconds: None,
    });
    suite.on_host("guardian", &contract, &pause);
    let paused = DelegationError::Admin(AdminError::Paused {
        action: "delegations",
        until: None,
    });
    assert_refused(suite.try_deposit("carol", Some("north"), 1_000), &paused);
    suite.try_deposit("carol", None, 1_000).unwrap();
    let idle = vault::ExecuteMsg::Delegate {
        asset: ATOM.to_string(),
        operator: suite.host("north").to_string(),
        amount: Uint128::new(1_000),
    };
    let vault = suite.vault.clone();
    assert_refused(suite.try_on_host("carol", &vault, &idle, &[]), &paused);
    suite
        .try_undelegate("alice", "north", ATOM, Some(1_000))
        .unwrap();
    let back = delegation::ExecuteMsg::Cancel {
        operator: suite.host("north").to_string(),
        asset: ATOM.to_string(),
        epoch: epoch(&suite),
        amount: None,
    };
    assert_refused(delegation(&mut suite, "alice", &back), &paused);

    // Lifted by itself, or by the guardian: what waited is executed by anybody, once. (One unit more
    // than 500, as pool and bucket round for themselves.)
    let lift = ExecuteMsg::Admin(AdminMsg::Unpause {
        action: Action::Executions,
    });
    try_slashing(&mut suite, "guardian", &lift).unwrap();
    for (service, request) in [(chain, 1), (chain, 2), (local, 1)] {
        try_execute(&mut suite, "anybody", service, request).unwrap();
        let ended = ContractError::RequestEnded { service, request };
        assert_refused(try_execute(&mut suite, "anybody", service, request), &ended);
    }
    assert_eq!(taken(&suite, chain), [Some(501), Some(100_000)]);
    assert!(matches!(
        suite.requests(local)[0].state,
        RequestState::Executed { .. }
    ));
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(suite.books(ATOM).seized, 101_501);
}

fn epoch(suite: &Suite) -> u64 {
    let query = delegation::QueryMsg::Epoch {};
    let epoch: delegation::EpochResponse = suite.ask(&suite.delegation, &query);
    epoch.epoch
}
