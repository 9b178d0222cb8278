//! What cannot be sent: without a channel, or over a light client that lets nothing through.

use cosmwasm_std::Event;
use cw_multi_test::AppResponse;
use palisade_testing::Side;

use crate::story::*;
use crate::sync::update;

impl Suite {
    /// The host's light client refuses every packet, though the channel is open.
    pub fn client_refuses(&mut self) {
        self.net.consumer.advance(2 * TIMEOUT);
        self.net.update_clients().unwrap();
    }

    /// And lets them through again.
    pub fn client_recovers(&mut self) {
        self.net.host.advance(2 * TIMEOUT);
    }
}

/// Updates that a sync could not send, and why.
fn failures(response: &AppResponse) -> Vec<(String, String)> {
    let value = |event: &Event, key: &str| {
        let found = event.attributes.iter().find(|a| a.key == key);
        found.unwrap().value.clone()
    };
    response
        .events
        .iter()
        .filter(|event| event.ty == "wasm-update_failed")
        .map(|event| (value(event, "update_id"), value(event, "reason")))
        .collect()
}

#[test]
fn without_a_channel_powers_are_taken_down_and_told_later() {
    let mut suite = Suite::with_operators();
    suite.power("carol", 300);
    suite.close_channel();
    suite.power("alice", 0);
    suite.power("bob", 400);
    let response = suite.sync(CHAIN).unwrap();
    assert_eq!(
        failures(&response),
        [("2".to_string(), "no channel".to_string())]
    );
    assert_eq!(suite.net.pending(Side::Host), []);
    assert_eq!(suite.service(CHAIN).last_update.u64(), 2);
    assert_eq!(update(&suite, CHAIN, 2).applied, None);
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    assert_eq!(suite.delivery("bob"), (2, 1, true));
    assert_eq!(suite.delivery("carol"), (2, 0, true));
    // The allocation contract forgets who left. No more news, no more updates: what cannot be
    // told is not taken down again and again.
    suite.remove("alice");
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 2);

    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let known = ["alice", "bob", "carol"].map(|operator| suite.known(operator));
    assert_eq!(known, [Some(0), Some(400), Some(300)]);
    for operator in ["alice", "bob", "carol"] {
        assert_eq!(suite.delivery(operator), (3, 3, false));
    }
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 3);
}

#[test]
fn a_first_channel_finds_a_service_that_was_synced_before() {
    let mut suite = Suite::new();
    suite.power("alice", 1_000);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.delivery("alice"), (1, 0, true));
    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(1_000));
    assert_eq!(suite.delivery("alice"), (2, 2, false));
}

#[test]
fn the_pass_over_a_new_channel_tells_each_operator_once() {
    let mut suite = Suite::new();
    for index in 0..40 {
        suite.power(&format!("op{index}"), 100 + index);
    }
    suite.sync_page(CHAIN, Some(50)).unwrap();
    suite.open_channel();
    suite.sync_page(CHAIN, Some(50)).unwrap();
    suite.net.relay_all().unwrap();
    let last = suite.service(CHAIN).last_update;
    suite.sync(CHAIN).unwrap();
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update, last);
    for index in 0..40 {
        let operator = format!("op{index}");
        assert_eq!(suite.known(&operator), Some(100 + index));
        assert_eq!(suite.delivery(&operator), (2, 2, false));
    }
}

#[test]
fn a_packet_that_cannot_be_sent_does_not_stop_a_sync() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 900);
    suite.sync(CHAIN).unwrap();
    let on_its_way = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&on_its_way).unwrap();
    suite.client_refuses();
    suite.power("alice", 0);
    suite.power("bob", 400);
    let response = suite.sync(CHAIN).unwrap();
    let failed = failures(&response);
    assert_eq!((failed.len(), failed[0].0.as_str()), (1, "3"));
    assert_eq!(suite.net.pending(Side::Host), []);
    assert_eq!(suite.delivery("alice"), (3, 1, true));
    assert_eq!(suite.delivery("bob"), (3, 1, true));
    suite.remove("alice");
    // The acknowledgement of what was told before does not take the removal's place.
    suite.net.acknowledge(&on_its_way).unwrap();
    assert_eq!(suite.delivery("alice"), (3, 2, true));

    suite.client_recovers();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(0));
    assert_eq!(suite.known("bob"), Some(400));
    assert_eq!(suite.delivery("alice"), (4, 4, false));
    assert_eq!(suite.delivery("bob"), (4, 4, false));
}

#[test]
fn a_pass_that_a_channel_started_ends_with_it() {
    let mut suite = Suite::with_operators();
    suite.sync(CHAIN).unwrap();
    suite.close_channel();
    suite.open_channel();
    suite.sync_page(CHAIN, Some(1)).unwrap(); // One of two, told because the channel is new.
    suite.close_channel();
    let last = suite.service(CHAIN).last_update;
    suite.sync(CHAIN).unwrap();
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update, last);
    // The next one starts its own.
    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.delivery("alice").1, last.u64() + 1);
    assert_eq!(suite.delivery("bob").1, last.u64() + 1);
}
