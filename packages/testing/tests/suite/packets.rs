//! Sending and receiving.

use cosmwasm_std::{Binary, IbcTimeout, IbcTimeoutBlock, StdError, Timestamp};
use palisade_testing::{HarnessError, IbcError, PacketStatus, Side, MAX_PACKET_BYTES};

use crate::pinger::{Config, ExecuteMsg, Order};
use crate::setup::{text, Suite};

#[test]
fn a_ping_is_received_and_acknowledged() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let ping = suite.send(&channel, Order::Ping);
    assert_eq!(ping.sequence(), 1);
    assert_eq!(ping.json::<Order>().unwrap(), Order::Ping);
    assert_eq!((ping.from, ping.to), (Side::Host, Side::Consumer));

    let outcome = suite.net.receive(&ping).unwrap();
    assert_eq!(outcome.ack, Some(Binary::from(b"pong")));
    assert!(suite.net.pending(Side::Host).is_empty());
    let relayer = suite.net.relayer(Side::Consumer).unwrap();
    let told =
        |event: &cosmwasm_std::Event| event.attributes.iter().any(|a| a.value == relayer.as_str());
    assert!(outcome.events.iter().any(told));

    let due = suite.net.pending_acks(Side::Host);
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].ack, Binary::from(b"pong"));
    suite.net.acknowledge(&due[0].packet).unwrap();
    assert!(suite.net.pending_acks(Side::Host).is_empty());

    assert_eq!(suite.events(Side::Host), ["ack 1 pong"]);
    assert_eq!(suite.events(Side::Consumer), ["receive 1"]);
    let sent = suite.net.host.sent_packet(&channel.a.id, 1).unwrap();
    assert_eq!(sent.status, PacketStatus::Acknowledged);
}

#[test]
fn the_reply_of_a_send_carries_the_sequence() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.send(&channel, Order::Ping);
    let sent = suite.log(Side::Host).pop().unwrap();
    let sequence_1 = Binary::from(&[8, 1]);
    assert_eq!(
        sent,
        format!("sent /cosmwasm.wasm.v1.MsgIBCSendResponse {sequence_1}")
    );
}

#[test]
fn an_error_in_receive_reverts_and_becomes_an_error_ack_in_full_text() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Fail("not <today>".into()));
    let outcome = suite.net.receive(&packet).unwrap();
    let ack = outcome.ack.clone().unwrap();
    assert_eq!(
        text(&ack),
        r#"{"error":"Generic error: not \u003ctoday\u003e"}"#
    );
    assert_eq!(outcome.error().unwrap(), "Generic error: not <today>");
    assert!(suite.events(Side::Consumer).is_empty());

    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.events(Side::Host).len(), 1);
}

#[test]
fn a_failing_submessage_in_receive_reverts_and_is_redacted() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::PayWhatIsNotThere);
    let outcome = suite.net.receive(&packet).unwrap();
    let redacted = "error handling packet: see events for details";
    assert_eq!(
        outcome.error().unwrap(),
        format!("ABCI error: sdk/5: {redacted}")
    );

    let packet = suite.send(&channel, Order::CallThatFails);
    let outcome = suite.net.receive(&packet).unwrap();
    assert_eq!(
        outcome.error().unwrap(),
        format!("ABCI error: wasm/5: {redacted}")
    );
    assert!(suite.events(Side::Consumer).is_empty());
}

#[test]
fn a_panic_in_receive_aborts_and_the_packet_can_be_tried_again() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Panic);
    for _ in 0..2 {
        let err = suite.net.receive(&packet).unwrap_err();
        assert!(
            matches!(err, HarnessError::Panicked { message } if message == "packet told to panic")
        );
        assert_eq!(suite.net.pending(Side::Host), std::slice::from_ref(&packet));
        assert!(suite.net.pending_acks(Side::Host).is_empty());
        assert!(suite.events(Side::Consumer).is_empty());
    }
}

#[test]
fn a_panic_in_a_reply_within_receive_is_an_error_ack() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::ReplyPanics);
    let outcome = suite.net.receive(&packet).unwrap();
    assert!(outcome.error().unwrap().starts_with("ABCI error: wasm/29:"));
    assert!(suite.events(Side::Consumer).is_empty());
}

#[test]
fn a_second_receive_is_redundant_and_does_not_reach_the_contract() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let packet = suite.send(&channel, Order::Ping);
    suite.net.receive(&packet).unwrap();
    assert!(suite.net.receive(&packet).unwrap().redundant);
    suite.net.acknowledge(&packet).unwrap();
    assert!(suite.net.receive(&packet).unwrap().redundant);
    assert_eq!(suite.events(Side::Consumer), ["receive 1"]);
}

#[test]
fn unordered_packets_arrive_in_any_order() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let first = suite.send(&channel, Order::Ping);
    let second = suite.send(&channel, Order::Ping);
    assert_eq!(
        suite.net.pending(Side::Host),
        [first.clone(), second.clone()]
    );
    suite.net.receive(&second).unwrap();
    suite.net.receive(&first).unwrap();
    suite.net.acknowledge(&first).unwrap();
    suite.net.acknowledge(&second).unwrap();
    assert_eq!(suite.events(Side::Consumer), ["receive 2", "receive 1"]);
}

#[test]
fn ordered_packets_and_acks_must_keep_their_order() {
    let mut suite = Suite::new();
    let channel = suite.ordered_channel();
    let first = suite.send(&channel, Order::Ping);
    let second = suite.send(&channel, Order::Ping);
    let out_of_order = IbcError::OutOfOrder {
        expected: 1,
        actual: 2,
    };
    let err = suite.net.receive(&second).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&out_of_order));
    suite.net.receive(&first).unwrap();
    suite.net.receive(&second).unwrap();
    let err = suite.net.acknowledge(&second).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&out_of_order));
    suite.net.acknowledge(&first).unwrap();
    suite.net.acknowledge(&second).unwrap();
    assert!(suite.net.receive(&first).unwrap().redundant);
}

#[test]
fn a_failed_transaction_loses_its_packets() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let msg = ExecuteMsg::SendThenFail {
        channel: channel.a.id.clone(),
        timeout: suite.net.consumer.timeout_in(600),
    };
    suite.call(Side::Host, &msg).unwrap_err();
    assert!(suite.net.pending(Side::Host).is_empty());
    assert_eq!(suite.send(&channel, Order::Ping).sequence(), 1);
}

#[test]
fn packets_above_256_kib_and_empty_ones_are_refused() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let timeout = suite.net.consumer.timeout_in(600);
    let mut send = |size: usize| {
        let msg = ExecuteMsg::SendRaw {
            channel: channel.a.id.clone(),
            data: vec![0; size].into(),
            timeout: timeout.clone(),
        };
        suite.call(Side::Host, &msg)
    };
    send(MAX_PACKET_BYTES).unwrap();
    let err = send(MAX_PACKET_BYTES + 1).unwrap_err();
    let size = MAX_PACKET_BYTES + 1;
    let limit = 262_144;
    assert_eq!(
        err.ibc_error(),
        Some(&IbcError::PacketTooLarge { size, limit })
    );
    let err = send(0).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::EmptyPacket));
}

#[test]
fn sending_needs_an_open_channel_of_ones_own() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let id = suite.net.open_init(&proposal).unwrap();
    let timeout = suite.net.consumer.timeout_in(600);
    let send = |channel: &str| ExecuteMsg::Send {
        channel: channel.to_string(),
        order: Order::Ping,
        timeout: timeout.clone(),
    };
    let err = suite.call(Side::Host, &send(&id)).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));

    let transfer = suite.net.open_transfer_channel().unwrap();
    let err = suite.call(Side::Host, &send(&transfer.a.id)).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownChannel { .. })
    ));
}

#[test]
fn sending_with_a_timeout_that_the_client_saw_pass_is_refused() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let timeout = suite.net.consumer.timeout_in(10);
    suite.net.consumer.advance(60);
    // The host's light client does not know yet.
    suite
        .try_send(&channel, Order::Ping, timeout.clone())
        .unwrap();
    suite.net.update_clients().unwrap();
    let err = suite.try_send(&channel, Order::Ping, timeout).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TimeoutElapsed));
}

#[test]
fn sending_needs_a_timeout() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let never = IbcTimeout::with_both(
        IbcTimeoutBlock {
            revision: 0,
            height: 0,
        },
        Timestamp::from_nanos(0),
    );
    let err = suite.try_send(&channel, Order::Ping, never).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::NoTimeout));
}

#[test]
fn a_packet_that_was_never_sent_cannot_be_received() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let mut forged = suite.send(&channel, Order::Ping);
    forged.packet.data = Binary::from(b"\"Panic\"");
    let err = suite.net.receive(&forged).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownPacket { .. })
    ));
    let err = suite.net.acknowledge(&forged).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownPacket { .. })
    ));
}

#[test]
fn a_packet_waits_until_the_receivers_end_is_open() {
    let greeter = Config {
        greet: true,
        ..Config::default()
    };
    let mut suite = Suite::with(greeter, Config::default());
    let proposal = suite.proposal();
    let a = suite.net.open_init(&proposal).unwrap();
    let b = suite.net.open_try(Side::Host, &a).unwrap();
    suite.net.open_ack(Side::Host, &a, &b).unwrap();
    let greeting = suite.net.only_pending(Side::Host).unwrap();
    let err = suite.net.receive(&greeting).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
    assert_eq!(suite.net.relay_all().unwrap().steps(), 0);
    suite.net.open_confirm(Side::Consumer, &b).unwrap();
    let relayed = suite.net.relay_all().unwrap();
    assert_eq!((relayed.received, relayed.acknowledged), (1, 1));
}

#[test]
fn packets_sent_while_receiving_are_relayed_too() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let back = Order::SendBack(Box::new(Order::Ping), suite.net.host.timeout_in(600));
    let there = Order::SendBack(Box::new(back), suite.net.consumer.timeout_in(600));
    // Host to consumer, back to the host, and once more to the consumer.
    let there_timeout = suite.net.host.timeout_in(600);
    suite.send(&channel, Order::SendBack(Box::new(there), there_timeout));
    let relayed = suite.net.relay_all().unwrap();
    assert_eq!((relayed.received, relayed.acknowledged), (4, 4));
    assert!(suite.net.history(Side::Host).len() == 2);
}

#[test]
fn relay_all_stops_at_the_first_step_that_fails() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    suite.send(&channel, Order::Panic);
    suite.send(&channel, Order::Ping);
    let err = suite.net.relay_all().unwrap_err();
    assert!(matches!(err, HarnessError::Panicked { .. }));
    assert_eq!(suite.net.pending(Side::Host).len(), 2);
}

#[test]
fn relay_all_gives_up_on_contracts_that_never_stop() {
    let endless = Config {
        endless: true,
        ..Config::default()
    };
    let mut suite = Suite::with(endless, Config::default());
    let channel = suite.channel();
    suite.send(&channel, Order::Ping);
    let err = suite.net.relay_all().unwrap_err();
    assert!(matches!(err, HarnessError::NeverQuiet { .. }));
}

#[test]
fn the_contracts_own_error_can_be_read() {
    let mut suite = Suite::new();
    suite.channel();
    let err = suite
        .call(
            Side::Host,
            &ExecuteMsg::Close {
                channel: "channel-99".into(),
            },
        )
        .unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownChannel { .. })
    ));
    suite.refuse(Side::Host, &["close_init"]);
    let err = suite.net.close_init(Side::Host, "channel-0").unwrap_err();
    let expected = StdError::generic_err("refused close_init");
    assert_eq!(err.contract_error::<StdError>(), Some(&expected));
}
