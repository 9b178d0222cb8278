//! Packets and acknowledgements: lost, late, repeated, malformed, forged.

use cosmwasm_std::{to_json_binary, Addr, Binary, StdAck, Uint128, Uint64};
use palisade_admin::AdminMsg;
use palisade_gateway::ContractError as GatewayError;
use palisade_ibc::{
    encode_ack, HostPacket, OperatorPower, OperatorSet, Outcome, Peer, SetAck, SlashAck,
};
use palisade_slashing::ContractError;
use palisade_suite::*;
use palisade_testing::Side;
use palisade_types::gateway::{self, ReportState};
use palisade_types::slashing::{DeliveryResponse, ExecuteMsg, QueryMsg, RequestsResponse};

use crate::channels::stranger_at_gateway;
use crate::impostor::{self, Tell};
use crate::world::*;

fn delivery(suite: &Suite, service: u32, operator: &str) -> DeliveryResponse {
    let query = QueryMsg::Delivery {
        service,
        operator: suite.host(operator).to_string(),
    };
    suite.ask(&suite.slashing, &query)
}

#[test]
fn slash_while_another_packet_is_in_flight() {
    let (mut suite, chain) = consumer();
    // Bob adds a million to south, and alice takes half of north; the consumer is told, but the
    // packet is still under way when north double-signs there.
    suite.deposit("bob", "south", MILLION);
    suite
        .try_undelegate("alice", "north", ATOM, Some(500_000))
        .unwrap();
    suite.sync(chain);
    let told = suite.net.only_pending(Side::Host).unwrap();
    suite.report("north", "double_sign");
    let report = suite.net.only_pending(Side::Consumer).unwrap();
    // The slash arrives first: for the million that the consumer still counted with.
    suite.net.receive(&report).unwrap();
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 475_000 + 3 * MILLION, 475_000, 50_000);
    // A second update overtakes the first; absolute powers, so the old one changes nothing after it.
    suite.wait(10);
    suite.sync(chain);
    let newer = suite.net.pending(Side::Host).pop().unwrap();
    assert!(newer.sequence() > told.sequence());
    suite.net.receive(&newer).unwrap();
    assert_eq!(powers(&suite)[0], ("north", 0));
    suite.net.receive(&told).unwrap();
    suite.net.relay_all().unwrap();
    // Deltas would have given north half a million again.
    assert_eq!(powers(&suite), [("north", 0), ("south", 3 * MILLION)]);
    assert_eq!(suite.total_seen(), 3 * MILLION);
    assert_eq!(ends(&suite), [EXECUTED]);
}

/// What a hostile chain could put into an acknowledgement. Empty ones no chain writes.
fn malformed() -> Vec<Binary> {
    let text = |text: &str| Binary::from(text.as_bytes());
    vec![
        text("no json"),
        text("{}"),
        text("[]"),
        text("null"),
        text(r#""result""#),
        text(r#"{"result":null}"#),
        text(r#"{"result":"not base64!"}"#),
        text(r#"{"result":{"applied":{}}}"#),
        text(r#"{"error":7}"#),
        text(r#"{"unheard_of":"x"}"#),
        text(&format!(r#"{{"error":"{}"}}"#, "x".repeat(100_000))),
        text(&"[".repeat(10_000)),
        Binary::from([0xff, 0xfe, 0x00]),
        StdAck::success(b"{\"applied\":{\"height\":\"-1\"}}").to_binary(),
        StdAck::success(b"{\"applied\":{\"height\":\"18446744073709551616\",\"time\":\"0\"}}")
            .to_binary(),
        StdAck::success(b"{\"accepted\":{\"request\":\"99999999999999999999999\"}}").to_binary(),
        StdAck::success(b"{\"bounced\":{\"retry_at\":\"x\"}}").to_binary(),
        StdAck::success(b"").to_binary(),
    ]
}

#[test]
fn ack_handler_failing_and_so_sticking_the_channel() {
    // The host's handler: a gateway that answers with anything.
    let (mut suite, chain) = consumer();
    let (rogue, _) = impostor::admit(&mut suite, chain);
    let well_formed = [
        // Well-formed, and of the wrong kind or beyond all numbers.
        encode_ack(&SlashAck::Accepted {
            request: Uint64::MAX,
            outcome: Some(Outcome::Executed {}),
        })
        .unwrap(),
        encode_ack(&SetAck::Applied {
            height: Uint64::MAX,
            time: cosmwasm_std::Timestamp::from_nanos(u64::MAX),
        })
        .unwrap(),
    ];
    let answers = malformed().into_iter().chain(well_formed).map(Some);
    for (step, answer) in answers.chain([None]).enumerate() {
        impostor::tell(&mut suite, Side::Consumer, &rogue, &Tell::Answer(answer));
        suite.deposit("bob", "south", 1);
        suite.sync(chain);
        let packet = suite.net.pending(Side::Host).pop().unwrap();
        suite.net.receive(&packet).unwrap();
        // A handler that fails leaves the packet there for ever.
        suite.net.acknowledge(&packet).unwrap();
        assert_eq!(suite.net.pending_acks(Side::Host), [], "answer {step}");
        assert!(!suite.net.acknowledge(&packet).is_ok_and(|a| !a.redundant));
    }
    assert!(delivery(&suite, chain, "south").dirty);
    assert_books(&suite, 3 * MILLION + 21, 0, 0);

    // The gateway's handler: a host's contract that answers with anything to the same report.
    let (mut suite, _) = consumer();
    let rogue = impostor::deploy(&mut suite, Side::Host);
    let host_answers = malformed().into_iter().chain([encode_ack(&SetAck::Applied {
        height: 1u64.into(),
        time: suite.net.host.time(),
    })
    .unwrap()]);
    swap_host(&mut suite, &rogue);
    impostor::tell(&mut suite, Side::Host, &rogue, &Tell::Answer(None));
    suite.report("north", "double_sign");
    suite.net.relay_all().unwrap();
    for (step, answer) in host_answers.map(Some).chain([None]).enumerate() {
        impostor::tell(&mut suite, Side::Host, &rogue, &Tell::Answer(answer));
        suite.wait(601);
        suite.try_relay().unwrap();
        let packet = suite.net.pending(Side::Consumer).pop().unwrap();
        suite.net.receive(&packet).unwrap();
        suite.net.acknowledge(&packet).unwrap();
        let report = &suite.reports()[0];
        // It is kept, and goes again later: not lost, not ended.
        assert!(
            matches!(report.state, ReportState::Queued { .. }),
            "answer {step}: {report:?}"
        );
        assert!(report.last_error.as_ref().unwrap().len() <= 256);
    }
}

/// A gateway whose registered host is an impostor, in place of the suite's own, where north has a
/// power of 7. Returns the impostor's end of the channel.
fn swap_host(suite: &mut Suite, rogue: &Addr) -> String {
    let owner = suite.consumer("owner");
    let code = suite.net.consumer.store(contracts::gateway());
    let msg = gateway::InstantiateMsg {
        owner: owner.to_string(),
        guardian: None,
        host: Peer {
            connection_id: suite.net.connection(Side::Consumer, Side::Host).unwrap(),
            port: suite.net.host.port(rogue),
        },
        packet_timeout: PACKET_TIMEOUT,
        history: UNBONDING,
        reporters: vec![suite.consumer("reporter").to_string()],
    };
    suite.net.relay_all().unwrap();
    suite.gateway = suite
        .net
        .consumer
        .instantiate(code, &owner, &msg, "deceived")
        .unwrap();
    let open = impostor::channel_to_gateway(suite, rogue).unwrap();
    let channel = open.at(Side::Host).unwrap().id.clone();
    let north = suite.host("north").to_string();
    send_powers(suite, rogue, &channel, 1, vec![north]);
    suite.net.relay_all().unwrap();
    suite.wait(60);
    assert_eq!(suite.seen("north").power.u128(), 7);
    channel
}

/// Has an impostor on the host tell of a power of 7 of each of these operators.
fn send_powers(
    suite: &mut Suite,
    rogue: &Addr,
    channel: &str,
    update_id: u64,
    operators: Vec<String>,
) {
    let power = |operator| OperatorPower {
        operator,
        key: None,
        power: Uint128::new(7),
    };
    let set = HostPacket::OperatorSet(OperatorSet {
        update_id: update_id.into(),
        operators: operators.into_iter().map(power).collect(),
    });
    let tell = Tell::Send {
        channel: channel.to_string(),
        data: to_json_binary(&set).unwrap(),
    };
    impostor::tell(suite, Side::Host, rogue, &tell);
}

#[test]
fn error_ack_losing_a_slash_for_good() {
    let (mut suite, chain) = consumer();
    // The owner cuts the gateway off by mistake. Its reports come back with errors.
    let peer = suite.peer();
    let set_peer = |suite: &mut Suite, peer: Option<Peer>| {
        let msg = ExecuteMsg::SetPeer {
            service: chain,
            peer,
        };
        try_slashing(suite, "owner", &msg).unwrap();
    };
    set_peer(&mut suite, None);
    for _ in 0..3 {
        if suite.reports().is_empty() {
            suite.report("north", "double_sign");
        } else {
            suite.try_relay().unwrap();
        }
        let packet = suite.net.only_pending(Side::Consumer).unwrap();
        assert!(suite.net.receive(&packet).unwrap().error().is_some());
        suite.net.acknowledge(&packet).unwrap();
        let report = &suite.reports()[0];
        assert!(
            matches!(report.state, ReportState::Queued { .. }),
            "{report:?}"
        );
        suite.wait(601);
    }
    assert_eq!(suite.requests(chain), []);
    // Nothing of it is known at the host either, so that the same nonce and content pass later.
    set_peer(&mut suite, Some(peer));
    let renew = gateway::ExecuteMsg::RenewChannel {
        connection_id: None,
    };
    let contract = suite.gateway.clone();
    suite.try_on_consumer("owner", &contract, &renew).unwrap();
    suite.reopen_channel();
    suite.try_relay().unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(suite.reports()[0].attempts, 4);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 2_950_000, 0, 50_000);
}

#[test]
fn page_limit_that_does_not_bound() {
    let (mut suite, chain) = consumer();
    let names: Vec<String> = (0..58).map(|i| format!("op{i}")).collect();
    for name in &names {
        suite.register_operator(name);
        suite.deposit("carol", name, 1_000);
        suite
            .try_opt_in(name, chain, true, vec![slice(ATOM, 5)])
            .unwrap();
    }
    suite.wait(ALLOCATION_DELAY + 1);
    // Whatever a caller asks for, a page is a page, and a packet holds what fits.
    for limit in [0, 51, u32::MAX] {
        let msg = ExecuteMsg::Sync {
            service: chain,
            limit: Some(limit),
        };
        let bound = ContractError::SyncLimit {
            given: limit,
            max: 50,
        };
        assert_refused(try_slashing(&mut suite, "anybody", &msg), &bound);
    }
    let msg = ExecuteMsg::Sync {
        service: chain,
        limit: Some(50),
    };
    let mut told = vec![];
    for _ in 0..2 {
        try_slashing(&mut suite, "anybody", &msg).unwrap();
        for packet in suite.net.pending(Side::Host) {
            let HostPacket::OperatorSet(set) = packet.json().unwrap() else {
                panic!("a set")
            };
            told.push(set.operators.len());
        }
        suite.net.relay_all().unwrap();
    }
    // Fifty are looked at, then ten: of the first, north and south are what they were.
    assert_eq!(told, [48, 10]);
    assert_eq!(suite.seen_all().len(), 60);
    assert_eq!(suite.total_seen(), 3 * MILLION + 58_000);
    // 101 reports wait: each call sends a page of them, each query says a page of them.
    let relays = |admin: AdminMsg<gateway::Action>| gateway::ExecuteMsg::Admin(admin);
    let pause = relays(AdminMsg::Pause {
        action: gateway::Action::Relays,
        seconds: None,
    });
    let gateway = suite.gateway.clone();
    suite.try_on_consumer("guardian", &gateway, &pause).unwrap();
    for names in [&names[..], &names[..43]] {
        suite.wait(60);
        for name in names {
            suite.report(name, "downtime");
        }
    }
    assert_eq!(suite.net.pending(Side::Consumer), []);
    let action = gateway::Action::Relays;
    let lift = relays(AdminMsg::Unpause { action });
    suite.try_on_consumer("guardian", &gateway, &lift).unwrap();
    let relay = |suite: &mut Suite, limit: u32| {
        let msg = gateway::ExecuteMsg::Relay { limit: Some(limit) };
        let sent = suite.try_on_consumer("anybody", &gateway, &msg);
        sent.map(|_| suite.net.pending(Side::Consumer).len())
    };
    assert_refused(relay(&mut suite, 0), &GatewayError::ZeroLimit);
    for expected in [100, 1] {
        assert_eq!(relay(&mut suite, 1_000).unwrap(), expected);
        suite.net.relay_all().unwrap();
    }
    let nothing = GatewayError::NothingDue { next: None };
    assert_refused(relay(&mut suite, 1_000), &nothing);
    for (after, expected) in [(None, 100), (Some(Uint64::new(100)), 1)] {
        let requests = QueryMsg::Requests {
            service: chain,
            state: None,
            start_after: after,
            limit: Some(u32::MAX),
        };
        let page: RequestsResponse<Uint64> = suite.ask(&suite.slashing, &requests);
        assert_eq!(page.requests.len(), expected);
        let reports = gateway::QueryMsg::Reports {
            open: false,
            start_after: after,
            limit: Some(u32::MAX),
        };
        let page: Vec<gateway::ReportResponse> = suite.ask_gateway(&reports);
        assert_eq!(page.len(), expected);
    }
    // 0.05 % of a thousand, rounded up, each.
    assert_books(&suite, 3 * MILLION + 58_000 - 101, 0, 101);

    // A host that tells more than a packet holds is refused whole.
    let rogue = impostor::deploy(&mut suite, Side::Host);
    let channel = swap_host(&mut suite, &rogue);
    for (update, count, seen) in [(2, 51, 1), (3, 50, 51)] {
        send_powers(
            &mut suite,
            &rogue,
            &channel,
            update,
            names[..count].to_vec(),
        );
        let packet = suite.net.only_pending(Side::Host).unwrap();
        let error = suite.net.receive(&packet).unwrap().error();
        let given = (count > 50).then_some(GatewayError::TooManyOperators { given: count });
        assert_eq!(error, given.map(|error| error.to_string()));
        suite.net.acknowledge(&packet).unwrap();
        assert_eq!(suite.seen_all().len(), seen);
        assert_eq!(suite.total_seen(), 7 * seen as u128);
    }
}

#[test]
fn an_outcome_that_nobody_sent_ends_nothing() {
    let (mut suite, chain) = consumer_with(disputed());
    punish(&mut suite, "north", "double_sign");
    assert!(matches!(
        suite.reports()[0].state,
        ReportState::Accepted { .. }
    ));
    // Mallory's contract on the host opens no channel to the gateway, and so says nothing to it.
    let rogue = impostor::deploy(&mut suite, Side::Host);
    let stranger = stranger_at_gateway(&suite, &rogue);
    let opened = impostor::channel_to_gateway(&mut suite, &rogue);
    assert_refused(opened, &stranger);
    assert_eq!(ends(&suite), [None]);
    suite.wait(2 * EPOCH);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_books(&suite, 2_950_000, 0, 50_000);
}
