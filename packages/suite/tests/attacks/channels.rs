//! Channels: strangers that open, close or replay, and ends that die.

use cosmwasm_std::{Addr, IbcOrder};
use palisade_gateway::ContractError as GatewayError;
use palisade_ibc::{HandshakeError, HostPacket, Peer, SlashAck, ORDER, VERSION};
use palisade_slashing::ContractError;
use palisade_suite::*;
use palisade_testing::{IbcError, Proposal, Side};
use palisade_types::gateway::{self, ReportState};
use palisade_types::slashing::{ExecuteMsg, RequestState};

use crate::impostor::{self, Tell};
use crate::world::*;

fn set_peer(suite: &mut Suite, service: u32, peer: Option<Peer>) {
    try_slashing(suite, "owner", &ExecuteMsg::SetPeer { service, peer }).unwrap();
}

fn renew(suite: &mut Suite) {
    let msg = gateway::ExecuteMsg::RenewChannel {
        connection_id: None,
    };
    let gateway = suite.gateway.clone();
    suite.try_on_consumer("owner", &gateway, &msg).unwrap();
}

/// The gateway's refusal of a channel to a contract on the host that is not the one it knows.
pub fn stranger_at_gateway(suite: &Suite, stranger: &Addr) -> GatewayError {
    GatewayError::Handshake(HandshakeError::Port {
        expected: suite.net.host.port(&suite.slashing),
        found: suite.net.host.port(stranger),
    })
}

/// The channel's id on the consumer, by the gateway.
fn channel(suite: &Suite) -> String {
    let config: gateway::ConfigResponse = suite.ask_gateway(&gateway::QueryMsg::Config {});
    config.channel.unwrap()
}

#[test]
fn close_of_the_channel_by_a_stranger() {
    let (mut suite, chain) = consumer();
    let there = channel(&suite);
    let here = suite.service(chain).channel.unwrap();
    suite.net.set_relayer("mallory");
    let channel = here.clone();
    let by_host = ContractError::CloseRefused { channel };
    assert_refused(suite.net.close_init(Side::Host, &here), &by_host);
    let channel = there.clone();
    let by_gateway = GatewayError::CloseRefused { channel };
    assert_refused(suite.net.close_init(Side::Consumer, &there), &by_gateway);
    // A close that the other end never made cannot be confirmed either.
    for (side, channel) in [(Side::Host, &here), (Side::Consumer, &there)] {
        let error = suite.net.close_confirm(side, channel).unwrap_err();
        assert!(
            matches!(error.ibc_error(), Some(IbcError::NotProven { .. })),
            "{error:?}"
        );
    }
    // It carries on in both directions.
    punish(&mut suite, "north", "double_sign");
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_books(&suite, 2_950_000, 0, 50_000);
}

#[test]
fn channel_hijack_by_opening_first() {
    let mut suite = Suite::new();
    suite.register_operator("north");
    suite.deposit("alice", "north", MILLION);
    let chain = register(
        &mut suite,
        5,
        vec![penalty(
            "double_sign",
            cosmwasm_std::Decimal::percent(5),
            0,
            true,
        )],
    );
    // Before the owner admits anybody, and after: mallory's contract has no way in.
    let there = impostor::deploy(&mut suite, Side::Consumer);
    let here = impostor::deploy(&mut suite, Side::Host);
    for _ in 0..2 {
        let peer = suite.peer();
        let unknown = ContractError::UnknownPeer {
            connection_id: peer.connection_id.clone(),
            port: suite.net.consumer.port(&there),
        };
        let opened = impostor::channel_to_host(&mut suite, &there);
        assert_refused(opened, &unknown);
        let stranger = stranger_at_gateway(&suite, &here);
        let opened = impostor::channel_to_gateway(&mut suite, &here);
        assert_refused(opened, &stranger);
        set_peer(&mut suite, chain, Some(peer));
    }
    // Nor does a service of mallory's take the gateway's place.
    let other = register(&mut suite, 5, vec![]);
    let peer = suite.peer();
    let taken = ContractError::PeerTaken {
        connection_id: peer.connection_id.clone(),
        port: peer.port.clone(),
        service: chain,
    };
    let msg = ExecuteMsg::SetPeer {
        service: other,
        peer: Some(peer),
    };
    assert_refused(try_slashing(&mut suite, "owner", &msg), &taken);
    // Between the right ends a stranger may open, but nothing other than the right channel: an
    // ordered one would stop at the first packet that fails.
    let host = suite.net.host.port(&suite.slashing);
    let consumer = suite.net.consumer.port(&suite.gateway);
    suite.net.set_relayer("mallory");
    let other = HandshakeError::Version {
        found: "palisade-0".to_string(),
    };
    let orders = [
        (IbcOrder::Ordered, VERSION, HandshakeError::Order),
        (ORDER, "palisade-0", other),
    ];
    for (order, version, error) in orders {
        let proposal = Proposal {
            order,
            ..Proposal::new(&host, &consumer, version)
        };
        let opened = suite.net.open(&proposal);
        assert_refused(opened, &ContractError::Handshake(error.clone()));
        let opened = suite.net.open(&proposal.reversed());
        assert_refused(opened, &GatewayError::Handshake(error));
    }
    suite.reopen_channel();
    // And no second one beside it, from either side.
    let second = Proposal::new(&host, &consumer, VERSION);
    let exists = ContractError::ChannelExists {
        service: chain,
        channel: suite.service(chain).channel.unwrap(),
    };
    assert_refused(suite.net.open_init(&second), &exists);
    let channel = channel(&suite);
    let in_use = GatewayError::ChannelInUse { channel };
    assert_refused(suite.net.open_init(&second.reversed()), &in_use);
    suite
        .try_opt_in("north", chain, true, vec![slice(ATOM, 5)])
        .unwrap();
    suite.settle(chain);
    suite.wait(60);
    assert_eq!(suite.total_seen(), MILLION);
    punish(&mut suite, "north", "double_sign");
    assert_books(&suite, 950_000, 0, 50_000);
}

#[test]
fn replay_of_a_packet_on_a_new_channel() {
    let (mut suite, chain) = consumer();
    // A report is executed, and the client dies before its acknowledgement is back. So does an
    // update on its way to the consumer.
    suite.report("north", "double_sign");
    let report = suite.net.only_pending(Side::Consumer).unwrap();
    suite.deposit("bob", "south", MILLION);
    suite.sync(chain);
    let update = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&report).unwrap();
    assert_books(&suite, 3_950_000, 0, 50_000);
    renew(&mut suite);
    let peer = Some(suite.peer());
    set_peer(&mut suite, chain, peer);
    suite.reopen_channel();
    // The gateway sends the report again. The same nonce, the same content: the same answer.
    suite.try_relay().unwrap();
    let again = suite.net.pending(Side::Consumer).pop().unwrap();
    assert_ne!(again.packet.src.channel_id, report.packet.src.channel_id);
    assert_eq!(again.packet.data, report.packet.data);
    let ack = suite.net.receive(&again).unwrap().ack.unwrap();
    let palisade_ibc::Ack::Result(answer) = palisade_ibc::decode_ack::<SlashAck>(&ack) else {
        panic!("{ack}")
    };
    assert_eq!(
        answer,
        SlashAck::Duplicate {
            request: 1u64.into(),
            outcome: EXECUTED
        }
    );
    suite.net.acknowledge(&again).unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    // Powers are told anew over the new channel; the one that is late on the old counts no more.
    suite.sync(chain);
    for packet in suite.net.pending(Side::Host) {
        if packet.packet != update.packet {
            suite.net.receive(&packet).unwrap();
        }
    }
    assert_eq!(powers(&suite), [("north", 0), ("south", 3 * MILLION)]);
    let late = suite.net.receive(&update).unwrap();
    assert!(late.error().is_some());
    suite.net.relay_all().unwrap();
    assert_eq!(powers(&suite), [("north", 0), ("south", 3 * MILLION)]);
    assert_books(&suite, 3_950_000, 0, 50_000);
}

#[test]
fn a_nonce_with_other_content_changes_nothing() {
    let (mut suite, chain) = consumer();
    punish(&mut suite, "north", "downtime");
    // A gateway that counts from the start, without the owner's new nonce epoch.
    let slash = suite.slash(chain, 1, "south", "double_sign");
    let answer = impostor::forge(&mut suite, chain, slash);
    assert!(
        matches!(&answer, SlashAck::Rejected { reason } if reason.contains("other content")),
        "{answer:?}"
    );
    assert_eq!(taken(&suite, chain), [Some(500)]);
    assert_books(&suite, 3 * MILLION - 500, 0, 500);
}

#[test]
fn a_channel_that_the_other_side_closes_is_survived() {
    let (mut suite, chain) = consumer_with(disputed());
    // Something is pending here, and unreported there, when the gateway gives way to one that
    // closes its channel.
    punish(&mut suite, "north", "double_sign");
    suite.report("south", "downtime");
    let honest = suite.peer();
    let (rogue, open) = impostor::admit(&mut suite, chain);
    let point = |side| open.at(side).unwrap().id.clone();
    let close = Tell::Close {
        channel: point(Side::Consumer),
    };
    impostor::tell(&mut suite, Side::Consumer, &rogue, &close);
    suite
        .net
        .close_confirm(Side::Host, &point(Side::Host))
        .unwrap();
    assert_eq!(suite.service(chain).channel, None);
    // Without a channel the host goes on: powers are taken down, the request is executed.
    suite.sync(chain);
    suite.wait(WINDOW);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_books(&suite, 2_950_000, 0, 50_000);
    assert_eq!(ends(&suite), [None, None]);

    // The honest gateway again: it has what it had, and is told what it missed.
    set_peer(&mut suite, chain, Some(honest));
    suite.net.relay_all().unwrap();
    renew(&mut suite);
    suite.reopen_channel();
    suite.wait(601);
    suite.try_relay().unwrap();
    tell(&mut suite, chain);
    assert_eq!(ends(&suite), [EXECUTED, None]);
    assert!(matches!(
        suite.reports()[1].state,
        ReportState::Accepted { .. }
    ));
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
    assert_eq!(suite.requests(chain)[1].state, RequestState::Pending {});
    suite.wait(WINDOW);
    try_execute(&mut suite, "anybody", chain, 2).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
    assert_books(&suite, 2_949_000, 0, 51_000);
}

#[test]
fn a_client_that_expired_is_replaced_with_reports_and_outcomes_pending() {
    let (mut suite, chain) = consumer_with(disputed());
    punish(&mut suite, "north", "double_sign");
    // The host's clock runs past every timeout that the consumer's client of it allows.
    suite.wait(WINDOW);
    suite.net.consumer.advance(2 * PACKET_TIMEOUT);
    suite.net.update_clients().unwrap();
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_books(&suite, 2_950_000, 0, 50_000);
    assert_eq!(suite.net.pending(Side::Host), []);
    assert_eq!(ends(&suite), [None]);
    // Both owners give the channel up, and the same ends open another once the clocks agree.
    suite.net.host.advance(2 * PACKET_TIMEOUT);
    renew(&mut suite);
    let peer = Some(suite.peer());
    set_peer(&mut suite, chain, peer);
    suite.reopen_channel();
    suite.sync(chain);
    let outcomes = suite
        .net
        .pending(Side::Host)
        .iter()
        .filter(|p| matches!(p.json(), Ok(HostPacket::SlashOutcome(_))))
        .count();
    assert_eq!(outcomes, 1);
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
}
