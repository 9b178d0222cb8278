//! What goes wrong between the chains, and what holds all the same: channels that are gone, light
//! clients that expired, executions that were paused, keys that changed hands.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use cosmwasm_std::Decimal;
use palisade_admin::AdminMsg;
use palisade_ibc::{Offender, Outcome, Peer};
use palisade_suite::*;
use palisade_testing::Side;
use palisade_types::gateway::{Infraction, ReportState};
use palisade_types::slashing::RequestState;
use palisade_types::{allocation, gateway, slashing};

/// North and south, with 1,000,000 and 2,000,000 behind them, in a consumer's service that takes
/// 5 % for a double-sign.
fn consumer() -> (Suite, u32) {
    let mut suite = Suite::new();
    for operator in ["north", "south"] {
        suite.register_operator(operator);
    }
    let chain = suite.register_consumer(Decimal::percent(5));
    suite.deposit("alice", "north", 1_000_000);
    suite.deposit("bob", "south", 2_000_000);
    for operator in ["north", "south"] {
        suite
            .try_opt_in(operator, chain, true, vec![slice(ATOM, 5)])
            .unwrap();
    }
    suite.settle(chain);
    suite.wait(600);
    (suite, chain)
}

fn pause_executions(suite: &mut Suite) {
    let msg = slashing::ExecuteMsg::Admin(AdminMsg::Pause {
        action: slashing::Action::Executions,
        seconds: Some(600),
    });
    let slashing = suite.slashing.clone();
    suite.on_host("guardian", &slashing, &msg);
}

fn execute(suite: &mut Suite, service: u32, request: u64) {
    let request = request.into();
    let msg = slashing::ExecuteMsg::Execute { service, request };
    let slashing = suite.slashing.clone();
    suite.on_host("anybody", &slashing, &msg);
}

fn set_peer(suite: &mut Suite, service: u32, peer: Peer) {
    let peer = Some(peer);
    let msg = slashing::ExecuteMsg::SetPeer { service, peer };
    let slashing = suite.slashing.clone();
    suite.on_host("owner", &slashing, &msg);
}

fn renew_channel(suite: &mut Suite) {
    let connection_id = None;
    let msg = gateway::ExecuteMsg::RenewChannel { connection_id };
    let gateway = suite.gateway.clone();
    suite.try_on_consumer("owner", &gateway, &msg).unwrap();
}

fn ended(suite: &Suite) -> Vec<Outcome> {
    let end = |report: gateway::ReportResponse| match report.state {
        ReportState::Ended { outcome } => Some(outcome),
        _ => None,
    };
    suite.reports().into_iter().filter_map(end).collect()
}

#[test]
fn two_double_signs_that_a_pause_held_up_take_one_penalty() {
    let (mut suite, chain) = consumer();
    pause_executions(&mut suite);
    suite.report("north", "double_sign");
    suite.wait(10);
    suite.report("north", "double_sign");
    suite.net.relay_all().unwrap();
    assert_eq!(suite.stake("north", ATOM), 1_000_000);
    suite.wait(600);
    execute(&mut suite, chain, 1);
    execute(&mut suite, chain, 2);
    assert_eq!(suite.stake("north", ATOM), 950_000);
    let requests = suite.requests(chain);
    assert!(matches!(requests[0].state, RequestState::Executed { .. }));
    assert!(matches!(
        &requests[1].state,
        RequestState::Executed { seized, .. } if seized.is_empty()
    ));
    suite.net.relay_all().unwrap();
    assert_eq!(ended(&suite), [Outcome::Executed {}, Outcome::Executed {}]);
}

#[test]
fn a_penalty_is_taken_while_the_light_client_is_expired() {
    let (mut suite, chain) = consumer();
    pause_executions(&mut suite);
    suite.report("north", "double_sign");
    suite.net.relay_all().unwrap();
    suite.wait(600);
    // Nothing can be sent to the consumer: its clock, as the host knows it, is past every timeout.
    suite.net.consumer.advance(2 * PACKET_TIMEOUT);
    suite.net.update_clients().unwrap();
    execute(&mut suite, chain, 1);
    assert_eq!(suite.stake("north", ATOM), 950_000);
    suite.sync(chain);
    assert_eq!(suite.net.pending(Side::Host), []);
    assert_eq!(suite.seen("north").power.u128(), 1_000_000);
    assert_eq!(ended(&suite), []);

    suite.net.host.advance(2 * PACKET_TIMEOUT);
    suite.sync(chain);
    suite.net.relay_all().unwrap();
    assert_eq!(ended(&suite), [Outcome::Executed {}]);
    assert_eq!(suite.seen("north").power.u128(), 0);
    assert_eq!(suite.total_seen(), 2_000_000);
}

#[test]
fn an_operator_gets_free_of_a_service_without_a_channel() {
    let (mut suite, chain) = consumer();
    let former = suite.peer();
    let other = Peer {
        port: "wasm.other".to_string(),
        ..former.clone()
    };
    set_peer(&mut suite, chain, other);
    let allocation = suite.allocation.clone();
    let opt_out = allocation::ExecuteMsg::OptOut { service: chain };
    suite.on_host("north", &allocation, &opt_out);
    suite.sync(chain);
    assert_eq!(suite.member(chain, "north").power.u128(), 0);
    assert_eq!(suite.seen("north").power.u128(), 1_000_000);
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    let operator = suite.host("north").to_string();
    let leave = allocation::ExecuteMsg::Leave {
        service: chain,
        operator,
    };
    suite.on_host("anybody", &allocation, &leave);

    // Once there is a channel the consumer hears of it, though nobody at the host knows north.
    set_peer(&mut suite, chain, former);
    renew_channel(&mut suite);
    suite.open_channel(chain);
    suite.sync(chain);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("north").power.u128(), 0);
    assert_eq!(suite.total_seen(), 2_000_000);
}

#[test]
fn a_key_that_changed_hands_does_not_punish_who_has_it_now() {
    let (mut suite, chain) = consumer();
    let allocation = suite.allocation.clone();
    let assign = |suite: &mut Suite, operator: &str, key: &str| {
        let key = suite.key_proof(chain, operator, key);
        let msg = allocation::ExecuteMsg::AssignKey {
            service: chain,
            key,
        };
        suite.on_host(operator, &allocation, &msg);
    };
    assign(&mut suite, "north", "north again");
    suite.sync(chain);
    suite.net.relay_all().unwrap();
    suite.wait(UNBONDING + 2 * EPOCH);
    // South takes the key that north gave up; the consumer has not heard of it yet.
    assign(&mut suite, "south", "north");
    let infraction = Infraction {
        offender: Offender::Key(key_of("north")),
        ..suite.infraction("north", "double_sign")
    };
    suite.try_report("reporter", infraction).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ended(&suite), [Outcome::Executed {}]);
    assert_eq!(suite.stake("north", ATOM), 950_000);
    assert_eq!(suite.stake("south", ATOM), 2_000_000);
}

#[test]
fn a_new_nonce_epoch_needs_a_new_channel() {
    let (mut suite, chain) = consumer();
    suite.report("north", "downtime");
    let renew = slashing::ExecuteMsg::RenewNonces { service: chain };
    let slashing = suite.slashing.clone();
    suite.on_host("owner", &slashing, &renew);
    // What was under way is refused, and kept by the gateway.
    suite.net.relay_all().unwrap();
    assert_eq!(suite.requests(chain), []);
    renew_channel(&mut suite);
    suite.open_channel(chain);
    suite.wait(600);
    suite.try_relay().unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ended(&suite), [Outcome::Executed {}]);
    assert_eq!(suite.stake("north", ATOM), 999_500);
}

#[test]
fn what_the_consumer_still_stands_on_is_not_forgotten() {
    let (mut suite, chain) = consumer();
    let known = suite.seen("north").update_id.u64();
    // Twelve days in which no update arrives, each with a new one.
    for _ in 0..12 {
        suite.deposit("alice", "north", 1);
        suite.sync(chain);
        suite.wait(EPOCH);
    }
    assert_eq!(suite.seen("north").update_id.u64(), known);
    assert_eq!(suite.seen("north").power.u128(), 1_000_000);
    suite.report("north", "double_sign");
    suite.net.relay_all().unwrap();
    assert_eq!(ended(&suite), vec![Outcome::Executed {}]);
    // What answers is the oldest update that is still known, which was in force a week ago: 5 % of
    // the million, of what was added until then, and a unit of rounding.
    let left = suite.stake("north", ATOM);
    assert!((950_000..=950_012).contains(&left), "{left} left");
}
