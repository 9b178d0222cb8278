//! Packets that do not arrive in time.

use palisade_testing::{ChannelState, HarnessError, IbcError, PacketStatus, Side};

use crate::pinger::Order;
use crate::setup::Suite;

#[test]
fn a_timeout_is_proven_only_once_the_receiver_is_past_it() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    // The sender's clock does not matter.
    suite.net.host.advance(10_000);
    let err = suite.net.timeout(&packet).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TimeoutNotReached));
    suite.net.consumer.advance(599);
    suite.net.timeout(&packet).unwrap_err();
    suite.net.consumer.advance(1);
    suite.net.timeout(&packet).unwrap();
    assert_eq!(suite.events(Side::Host), ["timeout 1"]);
    let sent = suite.net.host.sent_packet(&channel.a.id, 1).unwrap();
    assert_eq!(sent.status, PacketStatus::TimedOut);
}

#[test]
fn a_timeout_may_be_a_height() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let timeout = suite.net.consumer.timeout_in_blocks(2);
    let packet = suite.try_send(&channel, Order::Ping, timeout).unwrap();
    suite.net.consumer.next_block();
    let err = suite.net.timeout(&packet).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TimeoutNotReached));
    suite.net.consumer.next_block();
    let err = suite.net.receive(&packet).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TimeoutElapsed));
    suite.net.timeout(&packet).unwrap();
}

#[test]
fn receive_is_refused_after_the_timeout() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.consumer.advance(600);
    let err = suite.net.receive(&packet).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TimeoutElapsed));
    assert!(suite.events(Side::Consumer).is_empty());
}

#[test]
fn a_received_packet_cannot_time_out() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    suite.net.consumer.advance(600);
    let err = suite.net.timeout(&packet).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::PacketReceived { sequence: 1 })
    );
    suite.net.acknowledge(&packet).unwrap();
    assert!(suite.net.timeout(&packet).unwrap().redundant);
}

#[test]
fn a_second_timeout_is_redundant_and_does_not_reach_the_contract() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.consumer.advance(600);
    assert!(!suite.net.timeout(&packet).unwrap().redundant);
    assert!(suite.net.timeout(&packet).unwrap().redundant);
    assert!(suite.net.acknowledge(&packet).unwrap().redundant);
    assert_eq!(suite.events(Side::Host), ["timeout 1"]);
}

#[test]
fn a_timeout_leaves_an_unordered_channel_open() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let lost = suite.send(&channel, Order::Ping);
    suite.net.consumer.advance(600);
    suite.net.timeout(&lost).unwrap();
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
    suite.send(&channel, Order::Ping);
    assert_eq!(suite.net.relay_all().unwrap().received, 1);
}

#[test]
fn a_timeout_closes_an_ordered_channel() {
    let mut suite = Suite::new();
    let channel = suite.ordered_channel();
    let lost = suite.send(&channel, Order::Ping);
    let timeout = suite.net.consumer.timeout_in(10_000);
    let behind = suite
        .try_send(&channel, Order::Ping, timeout.clone())
        .unwrap();
    suite.net.consumer.advance(600);
    suite.net.timeout(&lost).unwrap();
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.state, ChannelState::Closed);
    let err = suite.try_send(&channel, Order::Ping, timeout).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));

    // What was behind it cannot arrive any more, and relay_all knows.
    suite.net.receive(&behind).unwrap_err();
    assert_eq!(suite.net.relay_all().unwrap().steps(), 0);
    suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap();
    assert_eq!(suite.net.relay_all().unwrap().timed_out, 1);
    assert_eq!(suite.events(Side::Host), ["timeout 1", "timeout 2"]);
}

#[test]
fn an_error_in_timeout_fails_the_relayers_call_and_the_packet_is_stuck() {
    let mut suite = Suite::new();
    let channel = suite.ordered_channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.refuse(Side::Host, &["timeout"]);
    suite.net.consumer.advance(600);
    let err = suite.net.timeout(&packet).unwrap_err();
    assert!(matches!(err, HarnessError::Refused(_)));
    assert_eq!(suite.net.pending(Side::Host).len(), 1);
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
}

#[test]
fn relay_all_times_out_what_is_late() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.send(&channel, Order::Ping);
    suite.net.consumer.advance(600);
    suite.send(&channel, Order::Ping);
    let relayed = suite.net.relay_all().unwrap();
    let counts = (relayed.received, relayed.acknowledged, relayed.timed_out);
    assert_eq!(counts, (1, 1, 1));
    assert_eq!(suite.events(Side::Host), ["timeout 1", "ack 2 pong"]);
}
