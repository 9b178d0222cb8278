//! Opening channels.

use cosmwasm_std::{ChannelResponse, IbcOrder, IbcQuery, ListChannelsResponse, PortIdResponse};
use palisade_testing::{ChannelState, IbcError, Proposal, Side, TRANSFER_PORT};

use crate::pinger::{self, Config, QueryMsg};
use crate::setup::Suite;

fn answering(version: &str) -> Config {
    Config {
        version: Some(version.to_string()),
        ..Config::default()
    }
}

#[test]
fn every_step_of_the_handshake_is_a_call_of_its_own() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let state = |suite: &Suite, side, id: &str| {
        let chain = suite.net.chain(side).unwrap();
        chain.channel(id).unwrap().state
    };

    let a = suite.net.open_init(&proposal).unwrap();
    assert_eq!(a, "channel-0");
    assert_eq!(state(&suite, Side::Host, &a), ChannelState::Init);
    let b = suite.net.open_try(Side::Host, &a).unwrap();
    assert_eq!(b, "channel-20");
    assert_eq!(state(&suite, Side::Consumer, &b), ChannelState::TryOpen);
    suite.net.open_ack(Side::Host, &a, &b).unwrap();
    assert_eq!(state(&suite, Side::Host, &a), ChannelState::Open);
    assert_eq!(state(&suite, Side::Consumer, &b), ChannelState::TryOpen);
    suite.net.open_confirm(Side::Consumer, &b).unwrap();
    assert_eq!(state(&suite, Side::Consumer, &b), ChannelState::Open);

    assert_eq!(
        suite.log(Side::Host),
        [
            r#"open channel-0 there="" version=ping-1 theirs=-"#,
            "connect channel-0 there=channel-20 version=ping-1 theirs=ping-1",
        ]
    );
    assert_eq!(
        suite.log(Side::Consumer),
        [
            r#"open channel-20 there="channel-0" version=ping-1 theirs=ping-1"#,
            "connect channel-20 there=channel-0 version=ping-1 theirs=-",
        ]
    );
    let host = suite.net.host.channel(&a).unwrap();
    let consumer = suite.net.consumer.channel(&b).unwrap();
    assert_eq!(host.counterparty, consumer.endpoint);
    assert_eq!(consumer.counterparty, host.endpoint);
    assert_eq!(host.connection_id, "connection-0");
    assert_eq!(consumer.connection_id, "connection-5");
}

#[test]
fn either_side_may_open() {
    let mut suite = Suite::new();
    let proposal = suite.proposal().reversed().ordered();
    let channel = suite.net.open(&proposal).unwrap();
    assert_eq!(channel.a.side, Side::Consumer);
    assert_eq!(channel.at(Side::Host), Some(&channel.b));
    assert_eq!(channel.at(Side::Extra(0)), None);
    let end = suite.net.host.channel(&channel.b.id).unwrap();
    assert_eq!(end.order, IbcOrder::Ordered);
    assert_eq!(end.endpoint, channel.b.endpoint());
}

#[test]
fn no_version_in_the_response_accepts_the_proposed_one() {
    let mut suite = Suite::new();
    let channel = suite.channel();
    let end = suite.net.host.channel(&channel.a.id).unwrap();
    assert_eq!(end.version, "ping-1");
}

#[test]
fn a_version_in_the_response_overrides_in_init_and_in_try() {
    let mut suite = Suite::with(answering("host-2"), answering("consumer-3"));
    let proposal = suite.proposal();
    let a = suite.net.open_init(&proposal).unwrap();
    assert_eq!(suite.net.host.channel(&a).unwrap().version, "host-2");
    let b = suite.net.open_try(Side::Host, &a).unwrap();
    assert_eq!(
        suite.net.consumer.channel(&b).unwrap().version,
        "consumer-3"
    );
    suite.net.open_ack(Side::Host, &a, &b).unwrap();
    suite.net.open_confirm(Side::Consumer, &b).unwrap();

    // The proposer ends up with the version of the one who accepted, unless it refuses in connect.
    let log = suite.log(Side::Host);
    assert!(
        log[1].ends_with("version=consumer-3 theirs=consumer-3"),
        "{log:?}"
    );
    assert!(suite.log(Side::Consumer)[0].ends_with("version=host-2 theirs=host-2"));
    assert_eq!(suite.net.host.channel(&a).unwrap().version, "consumer-3");
}

#[test]
fn init_may_propose_an_empty_version_if_the_contract_names_one() {
    let mut suite = Suite::new();
    let proposal = Proposal {
        version: String::new(),
        ..suite.proposal()
    };
    let err = suite.net.open_init(&proposal).unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::EmptyVersion));

    let mut suite = Suite::with(answering("ping-9"), Config::default());
    let channel = suite.net.open(&proposal).unwrap();
    let end = suite.net.consumer.channel(&channel.b.id).unwrap();
    assert_eq!(end.version, "ping-9");
}

#[test]
fn an_error_in_open_or_connect_fails_the_relayers_call_and_changes_nothing() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    suite.refuse(Side::Host, &["open"]);
    suite.net.open_init(&proposal).unwrap_err();
    assert!(suite.log(Side::Host).is_empty());
    suite.refuse(Side::Host, &[]);
    let a = suite.net.open_init(&proposal).unwrap();
    assert_eq!(a, "channel-0");

    suite.refuse(Side::Consumer, &["open"]);
    suite.net.open_try(Side::Host, &a).unwrap_err();
    suite.refuse(Side::Consumer, &["connect"]);
    let b = suite.net.open_try(Side::Host, &a).unwrap();

    suite.refuse(Side::Host, &["connect"]);
    suite.net.open_ack(Side::Host, &a, &b).unwrap_err();
    let end = suite.net.host.channel(&a).unwrap();
    assert_eq!(end.state, ChannelState::Init);
    suite.refuse(Side::Host, &[]);
    suite.net.open_ack(Side::Host, &a, &b).unwrap();

    suite.net.open_confirm(Side::Consumer, &b).unwrap_err();
    let end = suite.net.consumer.channel(&b).unwrap();
    assert_eq!(end.state, ChannelState::TryOpen);
    suite.refuse(Side::Consumer, &[]);
    suite.net.open_confirm(Side::Consumer, &b).unwrap();
}

#[test]
fn steps_out_of_turn_are_refused() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let a = suite.net.open_init(&proposal).unwrap();
    let b = suite.net.open_try(Side::Host, &a).unwrap();
    let err = suite.net.open_confirm(Side::Consumer, &b).unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::NotProven { .. })));
    suite.net.open_ack(Side::Host, &a, &b).unwrap();
    let err = suite.net.open_ack(Side::Host, &a, &b).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
    let err = suite.net.open_try(Side::Host, &a).unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::NotProven { .. })));
    suite.net.open_confirm(Side::Consumer, &b).unwrap();
    let err = suite.net.open_confirm(Side::Consumer, &b).unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::ChannelState { .. })
    ));
}

#[test]
fn one_init_may_be_tried_twice_but_acknowledged_once() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let a = suite.net.open_init(&proposal).unwrap();
    let first = suite.net.open_try(Side::Host, &a).unwrap();
    let second = suite.net.open_try(Side::Host, &a).unwrap();
    assert_ne!(first, second);
    suite.net.open_ack(Side::Host, &a, &second).unwrap();
    suite.net.open_ack(Side::Host, &a, &first).unwrap_err();
    let err = suite.net.open_confirm(Side::Consumer, &first).unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::NotProven { .. })));
    suite.net.open_confirm(Side::Consumer, &second).unwrap();
}

#[test]
fn anybody_may_open_a_channel_from_any_contract() {
    let mut suite = Suite::new();
    let attacker = suite.net.consumer.account("attacker");
    let code = suite.net.consumer.store(pinger::contract());
    let config = Config::default();
    let rogue = suite
        .net
        .consumer
        .instantiate(code, &attacker, &config, "rogue");
    let rogue = suite.net.consumer.port(&rogue.unwrap());
    let host = suite.net.host.port(&suite.host);
    let channel = suite
        .net
        .open_channel(&host, &rogue, IbcOrder::Unordered, "ping-1")
        .unwrap();
    assert_eq!(channel.a.id, "channel-0");
}

#[test]
fn channel_ids_are_never_used_again() {
    let mut suite = Suite::new();
    let first = suite.channel();
    suite.net.close_init(Side::Host, &first.a.id).unwrap();
    suite
        .net
        .close_confirm(Side::Consumer, &first.b.id)
        .unwrap();
    let second = suite.channel();
    assert_eq!(
        (second.a.id.as_str(), second.b.id.as_str()),
        ("channel-1", "channel-21")
    );
}

#[test]
fn a_port_needs_a_contract_with_ibc_entry_points() {
    let mut suite = Suite::new();
    let user = suite.net.host.account("user");
    let code = suite.net.host.store(pinger::plain());
    let plain = suite
        .net
        .host
        .instantiate(code, &user, &Config::default(), "plain");
    let plain = plain.unwrap();
    let to = suite.proposal().to.1;
    let open = |port: &str| Proposal::new(port, &to, "ping-1");

    let err = suite
        .net
        .open_init(&open(&format!("wasm.{plain}")))
        .unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::NoEntryPoints { .. })
    ));
    for port in [&format!("wasm.{user}"), "wasm.nonsense", "icahost"] {
        let err = suite.net.open_init(&open(port)).unwrap_err();
        assert!(
            matches!(err.ibc_error(), Some(IbcError::UnknownPort { .. })),
            "{port}"
        );
    }
    let ask = QueryMsg::Ibc(IbcQuery::PortId {});
    let answer: PortIdResponse = suite.net.host.query(&plain, &ask).unwrap();
    assert_eq!(answer.port_id, "");
}

#[test]
#[allow(deprecated)]
fn contracts_can_ask_for_their_port_and_open_channels() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    let contract = suite.host.clone();
    let port = suite.net.host.port(&contract);
    let ask = |suite: &Suite, query| {
        let query = QueryMsg::Ibc(query);
        suite
            .net
            .host
            .query::<ListChannelsResponse>(&contract, &query)
    };
    let one = |suite: &Suite, channel_id: &str, port_id: Option<&str>| {
        let query = QueryMsg::Ibc(IbcQuery::Channel {
            channel_id: channel_id.to_string(),
            port_id: port_id.map(str::to_string),
        });
        let answer = suite.net.host.query::<ChannelResponse>(&contract, &query);
        answer.unwrap().channel
    };

    let answer: PortIdResponse = suite
        .net
        .host
        .query(&contract, &QueryMsg::Ibc(IbcQuery::PortId {}))
        .unwrap();
    assert_eq!(answer.port_id, port);

    let half_open = suite.net.open_init(&proposal).unwrap();
    let open = suite.net.open(&proposal).unwrap();
    let transfer = suite.net.open_transfer_channel().unwrap();
    let mine = ask(&suite, IbcQuery::ListChannels { port_id: None }).unwrap();
    assert_eq!(mine.channels.len(), 1);
    assert_eq!(mine.channels[0].endpoint, open.a.endpoint());
    assert_eq!(mine.channels[0].counterparty_endpoint, open.b.endpoint());
    let port_id = Some(TRANSFER_PORT.to_string());
    let theirs = ask(&suite, IbcQuery::ListChannels { port_id }).unwrap();
    assert_eq!(theirs.channels.len(), 1);

    assert_eq!(one(&suite, &half_open, None), None);
    assert_eq!(one(&suite, &open.a.id, None).unwrap().version, "ping-1");
    assert_eq!(one(&suite, &transfer.a.id, None), None);
    assert!(one(&suite, &transfer.a.id, Some(TRANSFER_PORT)).is_some());
}
