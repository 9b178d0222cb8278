//! What comes back to the sender.

use cosmwasm_std::{Binary, StdAck};
use palisade_testing::{HarnessError, IbcError, PacketStatus, Side};

use crate::pinger::{ExecuteMsg, Order};
use crate::setup::Suite;

#[test]
fn an_ack_arrives_byte_for_byte() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let ack = StdAck::success(b"anything").to_binary();
    let packet = suite.send(&channel, Order::Ack(ack.clone()));
    let outcome = suite.net.receive(&packet).unwrap();
    assert_eq!(outcome.ack, Some(ack));
    assert_eq!(outcome.error(), None);
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(
        suite.events(Side::Host),
        [r#"ack 1 {"result":"YW55dGhpbmc="}"#]
    );
}

#[test]
fn a_replys_data_overrides_the_ack() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::ReplyAcks);
    let outcome = suite.net.receive(&packet).unwrap();
    assert_eq!(outcome.ack, Some(Binary::from(b"from reply")));
}

#[test]
fn an_ack_may_be_written_later_once() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::AckLater);
    let outcome = suite.net.receive(&packet).unwrap();
    assert_eq!((outcome.ack, outcome.redundant), (None, false));
    assert!(suite.net.pending(Side::Host).is_empty());
    assert!(suite.net.pending_acks(Side::Host).is_empty());
    let err = suite.net.acknowledge(&packet).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::NoAcknowledgement { sequence: 1 })
    );

    let write = ExecuteMsg::WriteAck {
        channel: channel.b.id.clone(),
        sequence: 1,
        ack: b"late".into(),
    };
    suite.call(Side::Consumer, &write).unwrap();
    let err = suite.call(Side::Consumer, &write).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::NoAsyncPacket { sequence: 1 })
    );
    assert_eq!(
        suite.net.pending_acks(Side::Host)[0].ack,
        Binary::from(b"late")
    );
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.events(Side::Host), ["ack 1 late"]);
}

#[test]
fn an_ack_cannot_be_written_for_a_packet_that_has_one() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    let write = ExecuteMsg::WriteAck {
        channel: channel.b.id.clone(),
        sequence: 1,
        ack: b"other".into(),
    };
    let err = suite.call(Side::Consumer, &write).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::NoAsyncPacket { sequence: 1 })
    );
}

#[test]
fn an_empty_ack_fails_the_whole_receive() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ack(Binary::default()));
    let err = suite.net.receive(&packet).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::EmptyAcknowledgement));
    assert_eq!(suite.net.pending(Side::Host).len(), 1);
}

#[test]
fn an_error_in_ack_fails_the_relayers_call_and_the_packet_is_stuck() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    suite.refuse(Side::Host, &["ack"]);
    for _ in 0..2 {
        let err = suite.net.acknowledge(&packet).unwrap_err();
        assert!(matches!(err, HarnessError::Refused(_)));
        assert!(suite.events(Side::Host).is_empty());
        assert_eq!(suite.net.pending_acks(Side::Host).len(), 1);
        let sent = suite.net.host.sent_packet(&channel.a.id, 1).unwrap();
        assert_eq!(sent.status, PacketStatus::Committed);
    }
}

#[test]
fn a_second_ack_is_redundant_and_does_not_reach_the_contract() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    assert!(!suite.net.acknowledge(&packet).unwrap().redundant);
    assert!(suite.net.acknowledge(&packet).unwrap().redundant);
    assert_eq!(suite.events(Side::Host), ["ack 1 pong"]);
}

#[test]
fn an_ack_in_the_standard_envelope_but_not_as_go_writes_it_sticks() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    // What `StdAck::error("1 < 2")` writes: Go would have escaped the `<`.
    let ack = StdAck::error("1 < 2").to_binary();
    let packet = suite.send(&channel, Order::Ack(ack));
    suite.net.receive(&packet).unwrap();
    let err = suite.net.acknowledge(&packet).unwrap_err();
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::AcknowledgementNotCanonical)
    );

    let packet = suite.send(&channel, Order::Ack(StdAck::error("plain").to_binary()));
    suite.net.receive(&packet).unwrap();
    suite.net.acknowledge(&packet).unwrap();
}
