//! Who may open a channel, and what becomes of one that closes.

use cosmwasm_std::{Empty, IbcOrder};
use palisade_ibc::{HandshakeError, Outcome, Peer};
use palisade_slashing::ContractError;
use palisade_testing::{Proposal, Side};

use crate::consumer::{self, Tell};
use crate::story::*;

#[test]
fn either_side_may_open_and_an_empty_version_is_filled_in() {
    for reversed in [false, true] {
        let mut suite = Suite::new();
        let mut proposal = suite.proposal();
        if reversed {
            proposal = proposal.reversed();
        } else {
            proposal.version = String::new();
        }
        let channel = suite.net.open(&proposal).unwrap();
        let here = channel.at(Side::Host).unwrap();
        assert_eq!(
            suite.net.host.channel(&here.id).unwrap().version,
            "palisade-1"
        );
        assert_eq!(suite.service(CHAIN).channel, Some(here.id.clone()));
        assert_eq!(suite.service(LOCAL).channel, None);
    }
}

#[test]
fn channel_hijack_by_opening_first() {
    let mut suite = Suite::new();
    // A stranger's contract on the consumer chain comes before the gateway does.
    let (code, mallory) = (
        suite.net.consumer.store(consumer::contract()),
        suite.net.consumer.account("mallory"),
    );
    let contract = suite
        .net
        .consumer
        .instantiate(code, &mallory, &Empty {}, "not the gateway")
        .unwrap();
    let mut proposal = suite.proposal();
    proposal.to.1 = suite.net.consumer.port(&contract);
    let stranger = ContractError::UnknownPeer {
        connection_id: suite.peer().connection_id,
        port: proposal.to.1.clone(),
    };
    assert_eq!(error(suite.net.open_init(&proposal)), stranger);
    let channel = suite.net.open_init(&proposal.reversed()).unwrap();
    let tried = suite.net.open_try(Side::Consumer, &channel);
    assert_eq!(error(tried), stranger);
    // The gateway is not in anybody's way.
    suite.open_channel();
    assert_eq!(suite.service(CHAIN).channel, Some(suite.live().a.id));
}

#[test]
fn the_same_port_on_another_connection_is_a_stranger() {
    let mut suite = Suite::new();
    // Channels go over the first connection; the owner registers the second one.
    let (second, _) = suite.net.connect(Side::Host, Side::Consumer).unwrap();
    let first = suite.peer();
    let peer = Peer {
        connection_id: second,
        port: first.port.clone(),
    };
    suite.set_peer(CHAIN, peer).unwrap();
    assert_eq!(
        error(suite.net.open_init(&suite.proposal())),
        ContractError::UnknownPeer {
            connection_id: first.connection_id,
            port: first.port
        }
    );
}

#[test]
fn an_ordered_channel_and_another_version_are_refused() {
    let mut suite = Suite::new();
    let ordered = suite.proposal().ordered();
    assert_eq!(ordered.order, IbcOrder::Ordered);
    assert_eq!(
        error(suite.net.open_init(&ordered)),
        ContractError::Handshake(HandshakeError::Order)
    );
    let wrong = |found: &str| {
        ContractError::Handshake(HandshakeError::Version {
            found: found.into(),
        })
    };
    let mut other = suite.proposal();
    other.version = "palisade-2".into();
    assert_eq!(error(suite.net.open_init(&other)), wrong("palisade-2"));
    // In Try.
    suite.tell(&Tell::Version("ics20-1".into()));
    let reversed = suite.proposal().reversed();
    let channel = suite.net.open_init(&reversed).unwrap();
    let tried = suite.net.open_try(Side::Consumer, &channel);
    assert_eq!(error(tried), wrong("ics20-1"));
    // In Ack.
    let proposal = suite.proposal();
    let here = suite.net.open_init(&proposal).unwrap();
    let there = suite.net.open_try(Side::Host, &here).unwrap();
    let acked = suite.net.open_ack(Side::Host, &here, &there);
    assert_eq!(error(acked), wrong("ics20-1"));
    assert_eq!(suite.service(CHAIN).channel, None);
}

#[test]
fn one_live_channel_per_service_also_when_two_open_at_once() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let first = suite.net.open_init(&proposal).unwrap();
    let there_first = suite.net.open_try(Side::Host, &first).unwrap();
    let second = suite.net.open_init(&proposal).unwrap();
    let there_second = suite.net.open_try(Side::Host, &second).unwrap();
    suite
        .net
        .open_ack(Side::Host, &first, &there_first)
        .unwrap();
    let exists = ContractError::ChannelExists {
        service: CHAIN,
        channel: first.clone(),
    };
    let acked = suite.net.open_ack(Side::Host, &second, &there_second);
    assert_eq!(error(acked), exists);
    assert_eq!(error(suite.net.open_init(&proposal)), exists);
    assert_eq!(suite.service(CHAIN).channel, Some(first));
}

#[test]
fn a_peer_that_changed_during_the_handshake_does_not_connect() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let here = suite.net.open_init(&proposal).unwrap();
    let there = suite.net.open_try(Side::Host, &here).unwrap();
    let former = suite.peer();
    let peer = Peer {
        port: "wasm.another".into(),
        ..former.clone()
    };
    suite.set_peer(CHAIN, peer).unwrap();
    assert_eq!(
        error(suite.net.open_ack(Side::Host, &here, &there)),
        ContractError::UnknownPeer {
            connection_id: former.connection_id,
            port: former.port,
        }
    );
}

#[test]
fn close_of_the_channel_by_a_stranger() {
    let mut suite = Suite::with_operators();
    let id = suite.live().a.id;
    assert_eq!(
        error(suite.net.close_init(Side::Host, &id)),
        ContractError::CloseRefused {
            channel: id.clone()
        }
    );
    assert_eq!(suite.service(CHAIN).channel, Some(id));
    // It serves on.
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
}

#[test]
fn a_channel_that_the_other_side_closed_is_survived() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    suite.close_channel();
    let service = suite.service(CHAIN);
    assert_eq!(service.channel, None);
    assert_eq!(service.last_update.u64(), 1);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.net.pending(Side::Host), []);
    // The same peer opens another one; ids and nonces go on.
    suite.open_channel();
    let mut other = suite.slash("bob");
    other.nonce = slash.nonce;
    assert_eq!(
        suite.report(&other),
        refused("the nonce was used for other content")
    );
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 2);
}

#[test]
fn replay_of_a_packet_on_a_new_channel() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    suite.close_channel();
    suite.open_channel();
    // The very same content, from the first sequence of a fresh channel.
    assert_eq!(
        suite.report(&slash),
        duplicate(1, Some(Outcome::Executed {}))
    );
    assert_eq!(suite.slashes(), [(suite.account("alice"), 1)]);
    assert_eq!(suite.requests(CHAIN).len(), 1);
}

#[test]
fn a_former_gateway_has_no_say() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    let packet = suite.send(&slash);
    let former = suite.live().a.id;
    let peer = Peer {
        port: "wasm.another".into(),
        ..suite.peer()
    };
    suite.set_peer(CHAIN, peer).unwrap();
    let outcome = suite.net.receive(&packet).unwrap();
    let refusal = ContractError::FormerPeer {
        channel: former,
        service: CHAIN,
    };
    assert_eq!(outcome.error(), Some(refusal.to_string()));
    assert_eq!(suite.slashes(), []);
    assert_eq!(suite.nonce(1), None);
    assert_eq!(suite.service(CHAIN).channel, None);
    suite.power("alice", 700);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.net.pending(Side::Host), []);
}

#[test]
fn the_owner_lets_the_same_peer_replace_a_dead_channel() {
    let mut suite = Suite::with_operators();
    let dead = suite.live();
    suite.power("alice", 700);
    suite.sync(CHAIN).unwrap(); // Never arrives, and its timeout cannot be proven.
    suite.set_peer(CHAIN, suite.peer()).unwrap();
    // Until the new one is there the old one serves.
    assert_eq!(suite.service(CHAIN).channel, Some(dead.a.id.clone()));
    suite.open_channel();
    let live = suite.live().a.id;
    assert_ne!(live, dead.a.id);
    assert_eq!(suite.service(CHAIN).channel, Some(live.clone()));
    // Only once: the next one is one too many.
    assert_eq!(
        error(suite.net.open_init(&suite.proposal())),
        ContractError::ChannelExists {
            service: CHAIN,
            channel: live
        }
    );
    // Everything is told again over it.
    assert_eq!(suite.known("alice"), Some(1_000));
    suite.sync(CHAIN).unwrap();
    let told = suite
        .net
        .pending(Side::Host)
        .into_iter()
        .find(|p| p.packet.src.channel_id != dead.a.id)
        .unwrap();
    suite.net.receive(&told).unwrap();
    assert_eq!(suite.known("alice"), Some(700));
    assert_eq!(suite.known("bob"), Some(500));
}

#[test]
fn a_close_of_an_unknown_channel_is_not_refused() {
    let mut suite = Suite::new();
    let proposal: Proposal = suite.proposal().reversed();
    // Tried here, never confirmed, and closed by the gateway's side.
    let there = suite.net.open_init(&proposal).unwrap();
    let here = suite.net.open_try(Side::Consumer, &there).unwrap();
    suite.net.open_ack(Side::Consumer, &there, &here).unwrap();
    suite.tell(&Tell::Close { channel: there });
    suite.net.close_confirm(Side::Host, &here).unwrap();
    assert_eq!(suite.service(CHAIN).channel, None);
}
