//! How fast a service can slash at all: consumers gone rogue, and honest ones beside them.

use cosmwasm_std::{Addr, Decimal};
use cw_multi_test::AppResponse;
use palisade_admin::AdminError;
use palisade_ibc::Outcome;
use palisade_slashing::ContractError;
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::gateway::ReportState;
use palisade_types::slashing::{ExecuteMsg, QueryMsg, ThrottleResponse};

use crate::world::*;

fn suspend(suite: &mut Suite, service: u32, seconds: u64) -> HarnessResult<AppResponse> {
    let seconds = Some(seconds);
    let msg = ExecuteMsg::Suspend { service, seconds };
    try_slashing(suite, "guardian", &msg)
}

#[test]
fn a_consumer_gone_rogue_sending_mass_slashes() {
    // Twenty operators with a million each promised 5 %: a million could be taken in all.
    let mut suite = Suite::new();
    let chain = suite.register_consumer(Decimal::percent(5));
    let names: Vec<String> = (0..20).map(|i| format!("op{i}")).collect();
    for name in &names {
        suite.register_operator(name);
        suite.deposit("alice", name, 900_000);
        suite.deposit("carol", name, 100_000);
        suite
            .try_opt_in(name, chain, true, vec![slice(ATOM, 5)])
            .unwrap();
    }
    suite.settle(chain);
    suite.wait(600);
    assert_eq!(suite.total_seen(), 20 * MILLION);
    let (bucket, largest) = (100_000, 50_000);
    throttle(&mut suite, chain, bucket, bucket);

    // For a day at full speed: every hour everybody double-signs and is down, and all that bounced
    // comes again.
    for hour in 0..24u128 {
        for name in &names {
            if hour == 0 {
                suite.report(name, "double_sign");
            }
            if hour % 6 == 0 {
                suite.report(name, "downtime");
            }
        }
        let _ = suite.try_relay();
        suite.net.relay_all().unwrap();
        let seized = suite.books(ATOM).seized;
        let most = bucket + bucket * hour / 24 + largest;
        assert!(seized <= most, "hour {hour}: {seized} of {most}");
        // Users leave all the time.
        let operator = &names[hour as usize % 20];
        suite
            .try_undelegate("carol", operator, ATOM, Some(1_000))
            .unwrap();
        suite.wait(3_595);
    }
    let seized = suite.books(ATOM).seized;
    // The bucket, a day's refill, and the one that overdrew: no more; and the rogue did get that.
    assert!(seized <= 2 * bucket + largest, "{seized}");
    assert!(seized >= bucket + largest, "{seized}");
    let waiting = suite.reports().len() - ends(&suite).iter().flatten().count();
    assert!(waiting > 0);

    // The owner had the day to cut it off. What bounced comes to nothing.
    let cut = ExecuteMsg::SetPeer {
        service: chain,
        peer: None,
    };
    try_slashing(&mut suite, "owner", &cut).unwrap();
    for _ in 0..8 {
        suite.wait(EPOCH);
        let _ = suite.try_relay();
        suite.net.relay_all().unwrap();
    }
    assert_eq!(suite.books(ATOM).seized, seized);
    // Everybody's claims are good, at 95 % or more of what went in.
    for operator in &names {
        suite.try_claim("carol", operator, ATOM).unwrap();
    }
    let left = native(&suite, "carol");
    assert!((22_000..=24_000).contains(&left), "{left}");
    for operator in &names {
        leave(&mut suite, "alice", operator);
        leave(&mut suite, "carol", operator);
    }
    suite.wait(EPOCH + UNBONDING);
    for operator in &names {
        suite.try_claim("alice", operator, ATOM).unwrap();
        suite.try_claim("carol", operator, ATOM).unwrap();
    }
    let out = native(&suite, "alice") + native(&suite, "carol");
    assert!(out + seized <= 20 * MILLION && out + seized + 200 >= 20 * MILLION);
    assert!(suite.books(ATOM).balance_to_the_unit());
}

/// The consumer of every test, and another one that goes rogue, in which west and east count with two
/// million each. The verbs act on the rogue's gateway.
struct Two {
    suite: Suite,
    honest: u32,
    rogue: u32,
    honest_gateway: Addr,
}

fn two_consumers() -> Two {
    let (mut suite, honest) = consumer();
    let honest_gateway = suite.gateway.clone();
    suite.gateway = suite.add_gateway();
    let rogue = suite.register_consumer(Decimal::percent(5));
    for operator in ["west", "east"] {
        suite.register_operator(operator);
        suite.deposit("carol", operator, 2 * MILLION);
        suite
            .try_opt_in(operator, rogue, true, vec![slice(ATOM, 5)])
            .unwrap();
    }
    suite.settle(rogue);
    suite.wait(60);
    Two {
        suite,
        honest,
        rogue,
        honest_gateway,
    }
}

#[test]
fn a_rogue_service_starving_the_others_throttle() {
    let Two {
        mut suite,
        honest,
        rogue,
        honest_gateway,
    } = two_consumers();
    share(&mut suite, 120_000);
    throttle(&mut suite, honest, 1_000_000, 60_000);
    throttle(&mut suite, rogue, 1_000_000, 0);
    for operator in ["west", "east"] {
        punish(&mut suite, operator, "double_sign");
    }
    // 100,000 and, overdrawing, another 100,000: the shared bucket is empty for most of a day.
    assert_eq!(taken(&suite, rogue), [Some(100_000), Some(100_000)]);
    punish(&mut suite, "west", "downtime");
    assert!(matches!(
        suite.reports()[2].state,
        ReportState::Queued { .. }
    ));

    // The honest one slashes at once, from what is reserved for it; else it would wait a day.
    suite.gateway = honest_gateway;
    punish(&mut suite, "north", "double_sign");
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(taken(&suite, honest), [Some(50_000)]);
    let query = QueryMsg::Throttle { service: honest };
    let left: ThrottleResponse = suite.ask(&suite.slashing, &query);
    // Ten seconds later a few units are back.
    assert!(
        (49_990..=50_000).contains(&left.reserved.used.u128()),
        "{left:?}"
    );
    assert!(left.shared.used.u128() > 190_000, "{left:?}");
    assert_books(&suite, 6_750_000, 0, 250_000);
}

#[test]
fn a_rogue_service_starving_the_others_throttle_by_what_it_was_bounced_for() {
    let Two {
        mut suite,
        honest,
        rogue,
        honest_gateway,
    } = two_consumers();
    share(&mut suite, 120_000);
    throttle(&mut suite, honest, 1_000_000, 0);
    throttle(&mut suite, rogue, 1_000_000, 0);
    // Two double-signs empty the shared bucket. Thirty more, of an operator that has nothing left to
    // lose to it, bounce for as long as may be, and are then taken in whatever the bucket holds.
    for operator in ["west", "east"] {
        punish(&mut suite, operator, "double_sign");
    }
    for _ in 0..30 {
        punish(&mut suite, "west", "double_sign");
    }
    suite.wait(EPOCH);
    suite.try_relay().unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), vec![EXECUTED; 32]);
    assert_eq!(suite.books(ATOM).seized, 200_000);
    // They weigh 100,000 each. Were that drawn from a bucket that holds nothing, it would hold
    // nothing for a month, and each honest slash would wait for a day.
    suite.wait(2 * EPOCH);
    suite.gateway = honest_gateway;
    punish(&mut suite, "north", "double_sign");
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(taken(&suite, honest), [Some(50_000)]);
    // The rogue's own bucket is open again as well, should it be mended.
    let query = QueryMsg::Throttle { service: rogue };
    let left: ThrottleResponse = suite.ask(&suite.slashing, &query);
    assert!(left.limit.used < left.limit.capacity, "{left:?}");
    assert_books(&suite, 6_750_000, 0, 250_000);
}

#[test]
fn a_strangers_service_starving_the_others_throttle() {
    // Anybody registers a service, and slashes an operator of its own for it: once for stake, and
    // then for nothing, as one double-sign is all that it bears. Each weighs the same.
    let (mut suite, chain) = consumer();
    suite.register_operator("mallory");
    suite.deposit("mallory", "mallory", 2 * MILLION);
    let own = local_service(&mut suite, "mallory", "mallory", 5);
    suite.settle(own);
    share(&mut suite, 120_000);
    throttle(&mut suite, chain, 1_000_000, 0);
    let slash_all = |suite: &mut Suite, nonces: std::ops::Range<u64>| {
        for nonce in nonces {
            let slash = suite.slash(own, nonce, "mallory", "double_sign");
            suite.try_slash("mallory", own, slash).unwrap();
        }
    };
    let shared = |suite: &Suite| -> u128 {
        let query = QueryMsg::Throttle { service: own };
        let response: ThrottleResponse = suite.ask(&suite.slashing, &query);
        response.shared.used.u128()
    };
    // With a limit that is all reserved, as services should get when they register, it has no part
    // of what others share.
    throttle(&mut suite, own, 150_000, 150_000);
    slash_all(&mut suite, 1..20);
    assert_eq!(shared(&suite), 0);
    assert_eq!(suite.books(ATOM).seized, 100_000);
    suite.wait(60);
    punish(&mut suite, "north", "double_sign");
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    // With more than that it does, and the consumer waits a day for its next one.
    suite.wait(2 * EPOCH);
    throttle(&mut suite, own, 1_000_000, 150_000);
    slash_all(&mut suite, 20..30);
    assert!(shared(&suite) > 120_000);
    punish(&mut suite, "south", "double_sign");
    assert_eq!(ends(&suite)[1], None);
    suite.wait(EPOCH);
    suite.try_relay().unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite)[1], EXECUTED);
    assert_books(&suite, 1_900_000 + 950_000 + 1_900_000, 0, 250_000);
}

#[test]
fn a_retry_ageing_out() {
    let (mut suite, chain) = consumer();
    let infraction = suite.infraction("north", "double_sign");
    leave(&mut suite, "alice", "north");
    throttle(&mut suite, chain, 0, 0);
    // A minute before it is too old it is reported, and bounces for as long as may be: a day.
    suite.wait(EVIDENCE_AGE - 60);
    punish_for(&mut suite, infraction.clone());
    let first = suite.reports()[0].clone();
    assert!(
        matches!(first.state, ReportState::Queued { .. }),
        "{first:?}"
    );
    for _ in 0..3 {
        suite.wait(EPOCH / 3);
        let _ = suite.try_relay();
        suite.net.relay_all().unwrap();
    }
    suite.wait(60);
    let _ = suite.try_relay();
    suite.net.relay_all().unwrap();
    // It is older than the evidence age by now. Judged by that it would be lost, as whoever fills the
    // bucket would like; judged by when it came first, it is not. The stake is still there.
    let age = suite.net.host.time().seconds() - infraction.time.seconds();
    assert!(age > EVIDENCE_AGE + EPOCH - 60, "{age}");
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 2 * MILLION, 950_000, 50_000);
    // One that comes for the first time that late is too old.
    let late = palisade_types::gateway::Infraction {
        kind: "downtime".to_string(),
        ..infraction
    };
    punish_for(&mut suite, late);
    assert!(matches!(
        &ends(&suite)[1],
        Some(Outcome::Rejected { reason }) if reason.contains("older")
    ));
}

#[test]
fn a_suspension_bounces_and_loses_nothing() {
    let (mut suite, chain) = consumer();
    suspend(&mut suite, chain, 3_600).unwrap();
    let until = suite.net.host.time().plus_seconds(3_600);
    let crime = suite.net.consumer.block().height;
    suite.wait(10);
    punish(&mut suite, "north", "double_sign");
    let report = suite.reports()[0].clone();
    assert!(
        matches!(report.state, ReportState::Queued { .. }),
        "{report:?}"
    );
    assert_books(&suite, 3 * MILLION, 0, 0);
    // A proof needs no trust in the consumer, and passes.
    let chain_id = suite.net.consumer.block().chain_id;
    let proof = ExecuteMsg::SubmitEquivocation {
        service: chain,
        evidence: equivocation(&chain_id, "south", crime),
    };
    try_slashing(&mut suite, "anybody", &proof).unwrap();
    assert_books(&suite, 2_900_000, 0, 100_000);
    // It ends, and is not prolonged: otherwise a guardian could void every penalty for ever.
    suite.wait(3_600);
    let too_soon = ContractError::Admin(AdminError::PauseTooSoon {
        action: "slashes",
        earliest: until.plus_seconds(EPOCH),
    });
    assert_refused(suspend(&mut suite, chain, 3_600), &too_soon);
    suite.try_relay().unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_books(&suite, 2_850_000, 0, 150_000);
}
