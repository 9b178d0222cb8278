//! Whatever the relayer does, each packet has one fate, and each side hears of it once.

use palisade_testing::{
    Action, Channel, FaultyRelayer, HarnessResult, PacketStatus, Performed, Side,
};
use proptest::prelude::*;

use crate::pinger::Order;
use crate::setup::Suite;

const PACKETS: usize = 8;

fn suite_with_packets(ordered: bool) -> (Suite, Channel) {
    let mut suite = Suite::new();
    let channel = match ordered {
        true => suite.ordered_channel(),
        false => suite.channel(),
    };
    for nth in 1..=PACKETS as u64 {
        let timeout = suite.net.consumer.timeout_in(nth * 200);
        suite.try_send(&channel, Order::Ping, timeout).unwrap();
    }
    (suite, channel)
}

/// Every packet is acknowledged or timed out; the sender heard of each exactly once, and the receiver
/// of exactly those that were acknowledged.
fn check(suite: &Suite, channel: &Channel) {
    let mut heard = suite.events(Side::Host);
    let mut received = suite.events(Side::Consumer);
    heard.sort();
    received.sort();
    let mut expected = vec![];
    let mut expected_received = vec![];
    for sequence in 1..=PACKETS as u64 {
        let sent = suite.net.host.sent_packet(&channel.a.id, sequence).unwrap();
        match sent.status {
            PacketStatus::Acknowledged => {
                expected.push(format!("ack {sequence} pong"));
                expected_received.push(format!("receive {sequence}"));
            }
            PacketStatus::TimedOut => expected.push(format!("timeout {sequence}")),
            PacketStatus::Committed => panic!("packet {sequence} has no fate"),
        }
    }
    expected.sort();
    assert_eq!(heard, expected);
    assert_eq!(received, expected_received);
}

#[test]
fn a_seeded_relayer_does_the_same_again() {
    let run = |seed: u64| -> HarnessResult<Vec<String>> {
        let (mut suite, _) = suite_with_packets(false);
        let mut relayer = FaultyRelayer::seeded(seed);
        relayer.run(&mut suite.net, 60)?;
        assert_eq!(relayer.log().len(), 60);
        Ok(suite.log(Side::Consumer))
    };
    assert_eq!(run(1).unwrap(), run(1).unwrap());
    assert_ne!(run(1).unwrap(), run(2).unwrap());
}

#[test]
fn seeded_relayers_deliver_repeat_reorder_and_lose() {
    let mut log = vec![];
    let mut reordered = false;
    for seed in 0..20 {
        let (mut suite, channel) = suite_with_packets(false);
        let mut relayer = FaultyRelayer::seeded(seed);
        relayer.run(&mut suite.net, 60).unwrap();
        suite.net.relay_all().unwrap();
        check(&suite, &channel);
        let received = suite.events(Side::Consumer);
        reordered |= received.windows(2).any(|pair| pair[0] > pair[1]);
        log.extend(relayer.log().to_vec());
    }
    assert!(reordered);
    let did = |what: fn(&Performed) -> bool| log.iter().any(|(_, did)| what(did));
    assert!(did(
        |did| matches!(did, Performed::Received(_, out) if !out.redundant)
    ));
    assert!(did(
        |did| matches!(did, Performed::Received(_, out) if out.redundant)
    ));
    assert!(did(
        |did| matches!(did, Performed::Acknowledged(_, out) if !out.redundant)
    ));
    assert!(did(
        |did| matches!(did, Performed::Acknowledged(_, out) if out.redundant)
    ));
    assert!(did(|did| matches!(did, Performed::TimedOut(..))));
    assert!(did(|did| matches!(did, Performed::Waited)));
}

#[test]
fn actions_choose_from_what_there_is() {
    let (mut suite, _) = suite_with_packets(false);
    let net = &mut suite.net;
    assert_eq!(
        net.perform(Action::Acknowledge(5)).unwrap(),
        Performed::Nothing
    );
    assert_eq!(net.perform(Action::Repeat(5)).unwrap(), Performed::Nothing);
    assert_eq!(
        net.perform(Action::RepeatAck(5)).unwrap(),
        Performed::Nothing
    );
    let delivered = net.perform(Action::Deliver(PACKETS + 2)).unwrap();
    assert!(matches!(delivered, Performed::Received(packet, _) if packet.sequence() == 3));
    let repeated = net.perform(Action::Repeat(0)).unwrap();
    assert!(matches!(repeated, Performed::Received(_, outcome) if outcome.redundant));
    let (host, consumer) = (net.host.time(), net.consumer.time());
    let side = Some(Side::Host);
    net.perform(Action::Wait { side, seconds: 7 }).unwrap();
    assert_eq!(net.host.time(), host.plus_seconds(7));
    assert_eq!(net.consumer.time(), consumer);
    let lost = net.perform(Action::Expire(0)).unwrap();
    assert!(matches!(lost, Performed::TimedOut(packet, _) if packet.sequence() == 1));
}

proptest! {
    #![proptest_config(palisade_testing::seeded(64))]

    #[test]
    fn every_packet_has_one_fate_on_unordered_channels(
        actions in prop::collection::vec(any::<u64>().prop_map(Action::decode), 0..60),
    ) {
        let (mut suite, channel) = suite_with_packets(false);
        for action in actions {
            suite.net.perform(action).unwrap();
        }
        suite.net.relay_all().unwrap();
        check(&suite, &channel);
    }

    #[test]
    fn what_arrives_on_ordered_channels_arrives_in_order(
        actions in prop::collection::vec(any::<u64>().prop_map(Action::decode), 0..60),
    ) {
        let (mut suite, channel) = suite_with_packets(true);
        for action in actions {
            // Acknowledgements out of order are refused, and packets lost close the channel.
            let _ = suite.net.perform(action);
        }
        let _ = suite.net.relay_all();
        let received = suite.events(Side::Consumer);
        let expected: Vec<_> = (1..=received.len()).map(|n| format!("receive {n}")).collect();
        prop_assert_eq!(received, expected);
        let end = suite.net.consumer.channel(&channel.b.id).unwrap();
        prop_assert_eq!(end.next_recv, suite.events(Side::Consumer).len() as u64 + 1);
    }
}
