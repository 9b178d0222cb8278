//! Connections and channels that lead somewhere else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod common;

use common::Fake;
use serde_json::{json, Value};

#[test]
fn both_ends_of_connection_and_transfer_channel_are_asked() {
    let world = Fake::new("ends");
    world.edit("[consumers.consumer-1.gateway]", "[consumers.consumer-1.connection]\nhost = \"connection-1\"\nconsumer = \"connection-10\"\n\n[consumers.consumer-1.gateway]");
    world.palisade(&["deploy"]).unwrap();
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    let sent = world.sent().len();
    for (node, entry, path, value, fault) in [
        ("host", "connection connection-1", "/state", "STATE_INIT", "connection-1 on host-1: its state is STATE_INIT, and has to be STATE_OPEN"),
        ("host", "connection connection-1", "/counterparty/connection_id", "connection-4", "connection-1 on host-1: its other end is connection-4, and has to be connection-10"),
        ("consumer", "connection connection-10", "/counterparty/connection_id", "connection-4", "connection-10 on consumer-1: its other end is connection-4, and has to be connection-1"),
        ("host", "client_state 07-tendermint-3", "/chain_id", "other-1", "connection-1 on host-1: the chain of its light client is other-1, and has to be consumer-1"),
        ("consumer", "client_state 07-tendermint-3", "/chain_id", "other-1", "connection-10 on consumer-1: the chain of its light client is other-1, and has to be host-1"),
        ("host", "channel transfer/channel-7", "/state", "STATE_CLOSED", "channel-7 on host-1: its state is STATE_CLOSED, and has to be STATE_OPEN"),
        ("consumer", "channel transfer/channel-8", "/counterparty/channel_id", "channel-9", "channel-8 on consumer-1: its other end is channel-9, and has to be channel-7"),
        ("consumer", "channel transfer/channel-8", "/counterparty/port_id", "other", "channel-8 on consumer-1: the port of its other end is other, and has to be transfer"),
        ("consumer", "channel transfer/channel-8", "/connection_hops/0", "connection-3", "channel-8 on consumer-1: its connection is connection-3, and has to be connection-10"),
    ] {
        let other = world.fork("ends-other");
        std::fs::copy(world.folder.join("config.toml"), other.folder.join("config.toml")).unwrap();
        {
            let mut chains = other.chains.borrow_mut();
            let chain = chains.get_mut(&format!("tcp://{node}")).unwrap();
            let entry = chain.ibc.get_mut(entry).unwrap();
            *entry.pointer_mut(path).unwrap() = json!(value);
        }
        let error = other.fails(&["connect", "consumer-1"]);
        assert!(error.contains(fault), "{fault}: {error}");
        assert_eq!(other.sent().len(), sent, "{fault}");
    }
    world.palisade(&["connect", "consumer-1"]).unwrap();
    // Once connected, too.
    world.host(|host| {
        host.ibc.get_mut("connection connection-1").unwrap()["state"] = json!("STATE_INIT")
    });
    assert!(world
        .fails(&["connect", "consumer-1"])
        .contains("connection-1 on host-1: its state is STATE_INIT"));
}

/// Somebody opened a channel from the consumer's side, and its last step was not brought to the host.
#[test]
fn two_ends_that_are_not_each_others_are_no_channel() {
    let world = Fake::new("half");
    for words in [
        &["deploy"][..],
        &["register-service", "consumer-1"],
        &["connect", "consumer-1"],
    ] {
        world.palisade(words).unwrap();
    }
    let channels = |world: &Fake| -> [Value; 2] {
        let consumer = &world.state().unwrap()["consumers"]["consumer-1"];
        ["host_channel", "consumer_channel"].map(|side| consumer[side].clone())
    };
    assert_eq!(channels(&world), ["channel-2", "channel-2"]);
    let gateway = world.state().unwrap()["consumers"]["consumer-1"]["gateway"].clone();
    let port = format!("wasm.{}", gateway.as_str().unwrap());
    world.contract("gateway", |gateway| {
        gateway.channel = Some("channel-9".to_string())
    });
    {
        let mut chains = world.chains.borrow_mut();
        let ibc = &mut chains.get_mut("tcp://consumer").unwrap().ibc;
        let mut end = ibc[&format!("channel {port}/channel-2")].clone();
        end["counterparty"]["channel_id"] = json!("channel-12");
        ibc.insert(format!("channel {port}/channel-9"), end);
    }
    let hermes = world.hermes.get();
    let error = world.fails(&["connect", "consumer-1"]);
    assert!(error.contains("hermes: \"channel-2 is live\""), "{error}");
    for line in [
        "consumer-1: not connected: channel-2 on host-1: its other end is channel-2, and has to be channel-9",
        "consumer-1: not connected: channel-9 on consumer-1: its other end is channel-12, and has to be channel-2",
    ] {
        assert_eq!(world.shown(line).len(), 1, "{:#?}", world.lines.borrow());
    }
    assert_eq!(world.shown("consumer-1: connected").len(), 0);
    assert_eq!(channels(&world), ["channel-2", "channel-2"]);
    // Once both sides let another take its place.
    world.contract("slashing", |contract| contract.replaceable = true);
    world.contract("gateway", |contract| contract.replaceable = true);
    world.palisade(&["connect", "consumer-1"]).unwrap();
    let line =
        "consumer-1: connected, the channel is channel-20 on the host and channel-20 on the consumer";
    assert_eq!(world.shown(line).len(), 1, "{:#?}", world.lines.borrow());
    assert_eq!(channels(&world), ["channel-20", "channel-20"]);
    world.palisade(&["connect", "consumer-1"]).unwrap();
    assert_eq!(world.hermes.get(), hermes + 2);
    // An end that was closed is none either.
    {
        let mut chains = world.chains.borrow_mut();
        let ibc = &mut chains.get_mut("tcp://consumer").unwrap().ibc;
        ibc.get_mut(&format!("channel {port}/channel-20")).unwrap()["state"] =
            json!("STATE_CLOSED");
    }
    world
        .palisade(&["connect", "consumer-1", "--dry-run"])
        .unwrap();
    let line = "consumer-1: not connected: channel-20 on consumer-1: its state is STATE_CLOSED, and has to be STATE_OPEN";
    assert_eq!(world.shown(line).len(), 1, "{:#?}", world.lines.borrow());
}
