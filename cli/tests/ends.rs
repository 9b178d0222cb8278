//! Connections and channels that lead somewhere else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::Fake;
use serde_json::json;

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
