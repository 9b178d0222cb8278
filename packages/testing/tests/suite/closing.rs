//! Closing channels.

use palisade_testing::{ChannelState, HarnessError, IbcError, Side};

use crate::pinger::{ExecuteMsg, Order};
use crate::setup::Suite;

#[test]
fn anybody_may_close_a_channel_whose_contract_agrees() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.net.close_init(Side::Host, &channel.a.id).unwrap();
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.state, ChannelState::Closed);
    let end = suite.net.consumer.channel(&channel.b.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
    suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap();
    assert_eq!(suite.events(Side::Host), ["close_init channel-0"]);
    assert_eq!(suite.events(Side::Consumer), ["close_confirm channel-20"]);
}

#[test]
fn a_contract_may_refuse_close_init() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.refuse(Side::Host, &["close_init"]);
    let err = suite.net.close_init(Side::Host, &channel.a.id).unwrap_err();
    assert!(matches!(err, HarnessError::Refused(_)));
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
    assert!(suite.events(Side::Host).is_empty());
}

#[test]
fn an_error_in_close_confirm_leaves_the_end_open() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.net.close_init(Side::Host, &channel.a.id).unwrap();
    suite.refuse(Side::Consumer, &["close_confirm"]);
    suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap_err();
    let end = suite.net.consumer.channel(&channel.b.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
}

#[test]
fn close_confirm_needs_the_other_end_closed() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let err = suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::NotProven { .. })));
    assert!(suite.events(Side::Consumer).is_empty());
}

#[test]
fn close_channel_reenters_the_close_entry_point() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let close = ExecuteMsg::Close {
        channel: channel.a.id.clone(),
    };
    suite.refuse(Side::Host, &["close_init"]);
    suite.call(Side::Host, &close).unwrap_err();
    suite.refuse(Side::Host, &[]);
    suite.call(Side::Host, &close).unwrap();
    assert_eq!(suite.events(Side::Host), ["close_init channel-0"]);
    // Somebody else's channel is not the contract's to close.
    let theirs = ExecuteMsg::Close {
        channel: channel.b.id.clone(),
    };
    let err = suite.call(Side::Host, &theirs).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownChannel { .. })
    ));
}

#[test]
fn a_closed_channel_never_reopens() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.net.close_init(Side::Host, &channel.a.id).unwrap();
    suite.net.close_init(Side::Host, &channel.a.id).unwrap_err();
    suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap();
    suite
        .net
        .close_confirm(Side::Consumer, &channel.b.id)
        .unwrap_err();
    suite.net.open_try(Side::Host, &channel.a.id).unwrap_err();
    let (a, b) = (&channel.a.id, &channel.b.id);
    suite.net.open_ack(Side::Host, a, b).unwrap_err();
    suite.net.open_confirm(Side::Consumer, b).unwrap_err();
    let timeout = suite.net.consumer.timeout_in(600);
    let err = suite.try_send(&channel, Order::Ping, timeout).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
}

#[test]
fn after_a_close_packets_time_out_at_once() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    let err = suite.net.timeout_on_close(&packet).unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::NotProven { .. })));
    suite.net.close_init(Side::Consumer, &channel.b.id).unwrap();
    let err = suite.net.receive(&packet).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
    suite.net.timeout_on_close(&packet).unwrap();
    assert!(suite.net.timeout_on_close(&packet).unwrap().redundant);
    assert_eq!(suite.events(Side::Host), ["timeout 1"]);
}

#[test]
fn a_packet_received_before_the_close_does_not_time_out_on_close() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    suite.net.close_init(Side::Consumer, &channel.b.id).unwrap();
    let err = suite.net.timeout_on_close(&packet).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::PacketReceived { sequence: 1 })
    );
    // Its acknowledgement still arrives, while the sender's end is open.
    suite.net.acknowledge(&packet).unwrap();
}

#[test]
fn acks_do_not_reach_a_closed_end() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.close_init(Side::Host, &channel.a.id).unwrap();
    // The receiver does not know of the close yet.
    suite.net.receive(&packet).unwrap();
    let err = suite.net.acknowledge(&packet).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
    assert_eq!(suite.net.pending_acks(Side::Host).len(), 1);
    assert_eq!(suite.net.relay_all().unwrap().steps(), 0);
}

#[test]
fn closing_ones_channel_while_receiving_fails_the_receive() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Close(channel.b.id.clone()));
    // The acknowledgement can no longer be written.
    let err = suite.net.receive(&packet).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
    let end = suite.net.consumer.channel(&channel.b.id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
}
