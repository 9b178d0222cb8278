//! The handshake: one channel, with the host, and nobody else's to open or close.

use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env};
use cosmwasm_std::{
    to_json_binary, IbcChannel, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcEndpoint, IbcOrder,
};
use palisade_admin::cw_ownable::OwnershipError;
use palisade_admin::AdminError;
use palisade_gateway::{contract, ibc, ContractError};
use palisade_ibc::{HandshakeError, ORDER, VERSION};
use palisade_testing::{ChannelState, HarnessError, Proposal, Side};
use palisade_types::gateway::*;

use crate::host::{self, HostMsg};
use crate::ledger::{contract_error, power, set, Suite};

fn handshake(error: &HarnessError) -> &HandshakeError {
    match contract_error(error) {
        ContractError::Handshake(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn either_side_may_open() {
    let mut suite = Suite::new();
    assert_eq!(suite.config().channel, None);
    suite.open_channel();
    assert_eq!(suite.config().channel, Some(suite.channel_id()));

    let mut suite = Suite::new();
    for version in ["", VERSION] {
        let proposal = Proposal {
            version: version.into(),
            ..suite.proposal()
        };
        let channel = suite.net.open(&proposal.reversed()).unwrap();
        suite.channel = Some(channel);
        let id = suite.channel_id();
        assert_eq!(suite.config().channel, Some(id.clone()));
        assert_eq!(suite.net.consumer.channel(&id).unwrap().version, VERSION);
        suite.apply(&set(1, &[power("alice", 1)]));
        let renew = ExecuteMsg::RenewChannel {
            connection_id: None,
        };
        suite.execute("owner", &renew).unwrap();
    }
}

#[test]
fn channel_hijack_by_opening_first() {
    let mut suite = Suite::new();
    let good = suite.proposal();
    let before = suite.dump();

    // Another contract on the host chain, from both ends.
    let deployer = suite.net.host.account("stranger");
    let code = suite.net.host.store(host::contract());
    let stranger = suite
        .net
        .host
        .instantiate(code, &deployer, &cosmwasm_std::Empty {}, "stranger")
        .unwrap();
    let port = suite.net.host.port(&stranger);
    let wrong_port = HandshakeError::Port {
        expected: good.from.1.clone(),
        found: port.clone(),
    };
    let proposal = Proposal {
        from: (Side::Host, port),
        ..good.clone()
    };
    let error = suite.net.open(&proposal).unwrap_err();
    assert_eq!(handshake(&error), &wrong_port);
    let error = suite.net.open(&proposal.reversed()).unwrap_err();
    assert_eq!(handshake(&error), &wrong_port);

    // The host's port on another chain, over another connection.
    let third = suite.net.add_chain("third-1", "third");
    let (_, connection) = suite.net.connect(third, Side::Consumer).unwrap();
    let proposal = Proposal {
        from: (third, good.from.1.clone()),
        ..good.clone()
    };
    let error = suite.net.open(&proposal.reversed()).unwrap_err();
    assert_eq!(
        handshake(&error),
        &HandshakeError::Connection {
            expected: suite.config().host.connection_id,
            found: connection,
        }
    );

    // Ordered, or another version, at each step that shows it.
    let error = suite.net.open(&good.clone().ordered()).unwrap_err();
    assert_eq!(handshake(&error), &HandshakeError::Order);
    let error = suite.net.open(&good.clone().reversed().ordered());
    assert_eq!(handshake(&error.unwrap_err()), &HandshakeError::Order);
    let other = HandshakeError::Version {
        found: "palisade-2".into(),
    };
    let proposal = Proposal {
        version: "palisade-2".into(),
        ..good.clone()
    };
    let error = suite.net.open(&proposal.reversed()).unwrap_err();
    assert_eq!(handshake(&error), &other);
    suite.tell_host(&HostMsg::Version("palisade-2".into()));
    let error = suite.net.open(&good).unwrap_err();
    assert_eq!(handshake(&error), &other);
    // The host answers another version than proposed: seen in Ack.
    let error = suite.net.open(&good.clone().reversed()).unwrap_err();
    assert_eq!(handshake(&error), &other);

    // Nothing of all this was stored, and the host itself still can.
    assert_eq!(suite.dump(), before);
    suite.tell_host(&HostMsg::Version(VERSION.into()));
    suite.open_channel();
}

#[test]
fn a_second_channel_is_refused_at_open_and_at_connect() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    // Two handshakes of each side have begun when the first one ends.
    let init = suite.net.open_init(&proposal).unwrap();
    let tried = suite.net.open_try(Side::Host, &init).unwrap();
    let reversed = proposal.clone().reversed();
    let ours = suite.net.open_init(&reversed).unwrap();
    let theirs = suite.net.open_try(Side::Consumer, &ours).unwrap();
    suite.open_channel();
    let used = ContractError::ChannelInUse {
        channel: suite.channel_id(),
    };
    let before = suite.dump();
    suite.net.open_ack(Side::Host, &init, &tried).unwrap();
    let error = suite.net.open_confirm(Side::Consumer, &tried).unwrap_err();
    assert_eq!(contract_error(&error), &used);
    let error = suite
        .net
        .open_ack(Side::Consumer, &ours, &theirs)
        .unwrap_err();
    assert_eq!(contract_error(&error), &used);
    let error = suite.net.open(&proposal).unwrap_err();
    assert_eq!(contract_error(&error), &used);
    let error = suite.net.open(&reversed).unwrap_err();
    assert_eq!(contract_error(&error), &used);
    assert_eq!(suite.dump(), before);
}

#[test]
fn crossed_handshakes_settle_on_the_channel_that_the_host_holds() {
    let mut suite = Suite::new();
    let proposal = suite.proposal();
    // The host's.
    let init = suite.net.open_init(&proposal).unwrap();
    let tried = suite.net.open_try(Side::Host, &init).unwrap();
    // Ours, open at this end only; the host has opened its own meanwhile and will not confirm.
    let ours = suite.net.open_init(&proposal.reversed()).unwrap();
    let theirs = suite.net.open_try(Side::Consumer, &ours).unwrap();
    suite.net.open_ack(Side::Host, &init, &tried).unwrap();
    suite.net.open_ack(Side::Consumer, &ours, &theirs).unwrap();
    assert_eq!(suite.config().channel, Some(ours));
    suite.net.open_confirm(Side::Consumer, &tried).unwrap();
    assert_eq!(suite.config().channel, Some(tried));
}

#[test]
fn a_channel_that_spoke_does_not_give_way() {
    for by_ack in [false, true] {
        let mut suite = Suite::new();
        let proposal = suite.proposal();
        let init = suite.net.open_init(&proposal).unwrap();
        let tried = suite.net.open_try(Side::Host, &init).unwrap();
        let channel = suite.net.open(&proposal.clone().reversed()).unwrap();
        suite.channel = Some(channel);
        // Not confirmed to this end by the handshake, but by a packet, or by the ack of one.
        suite.apply(&set(1, &[power("alice", 1)]));
        if by_ack {
            let renew = ExecuteMsg::RenewChannel {
                connection_id: None,
            };
            suite.execute("owner", &renew).unwrap();
            let channel = suite.net.open(&proposal.reversed()).unwrap();
            suite.channel = Some(channel);
            suite.net.consumer.next_block();
            suite.report(&suite.downtime("alice"));
            suite.net.relay_all().unwrap();
        }
        suite.net.open_ack(Side::Host, &init, &tried).unwrap();
        let error = suite.net.open_confirm(Side::Consumer, &tried).unwrap_err();
        let used = ContractError::ChannelInUse {
            channel: suite.channel_id(),
        };
        assert_eq!(contract_error(&error), &used);
    }
}

#[test]
fn close_of_the_channel_by_a_stranger() {
    let mut suite = Suite::with_operators();
    let id = suite.channel_id();
    let before = suite.dump();
    suite.net.set_relayer("stranger");
    let error = suite.net.close_init(Side::Consumer, &id).unwrap_err();
    let refused = ContractError::CloseRefused {
        channel: id.clone(),
    };
    assert_eq!(contract_error(&error), &refused);
    assert_eq!(suite.dump(), before);
    let end = suite.net.consumer.channel(&id).unwrap();
    assert_eq!(end.state, ChannelState::Open);
    suite.report(&suite.downtime("alice"));
    suite.net.relay_all().unwrap();
    assert_eq!(suite.received().len(), 1);
}

#[test]
fn after_a_close_the_same_peer_opens_a_new_channel_and_nothing_is_forgotten() {
    let mut suite = Suite::with_operators();
    let first = suite.channel_id();
    let channel = suite.host_channel_id();
    suite.tell_host(&HostMsg::Close { channel });
    suite.net.close_confirm(Side::Consumer, &first).unwrap();
    assert_eq!(suite.config().channel, None);
    suite.open_channel();
    assert_ne!(suite.channel_id(), first);
    assert_eq!(suite.config().channel, Some(suite.channel_id()));
    assert_eq!(suite.total(), (150u128.into(), 1));
    // The same update on the new channel is known still.
    let before = suite.dump();
    suite.apply(&set(1, &[power("alice", 9)]));
    assert_eq!(suite.dump(), before);
}

#[test]
fn closing_a_channel_that_is_not_in_use_does_not_touch_the_one_that_is() {
    let mut suite = Suite::open();
    let (old, old_host) = (suite.channel_id(), suite.host_channel_id());
    let renew = ExecuteMsg::RenewChannel {
        connection_id: None,
    };
    suite.execute("owner", &renew).unwrap();
    suite.open_channel();
    suite.tell_host(&HostMsg::Close { channel: old_host });
    suite.net.close_confirm(Side::Consumer, &old).unwrap();
    assert_eq!(suite.config().channel, Some(suite.channel_id()));
}

#[test]
fn only_the_owner_gives_up_a_dead_channel_and_its_packets_are_refused_from_then_on() {
    let mut suite = Suite::with_operators();
    let renew = ExecuteMsg::RenewChannel {
        connection_id: None,
    };
    let not_owner = || ContractError::Admin(AdminError::Ownership(OwnershipError::NotOwner));
    suite.fails("guardian", &renew, &not_owner());
    suite.fails("reporter", &renew, &not_owner());
    let late = suite.send(&set(2, &[power("bob", 0)]));
    let dead = suite.channel_id();
    suite.execute("owner", &renew).unwrap();
    assert_eq!(suite.config().channel, None);
    suite.fails("owner", &renew, &ContractError::NoChannel);

    let refused = ContractError::NotTheChannel { channel: dead };
    let text = suite.net.receive(&late).unwrap().error().unwrap();
    assert_eq!(text, refused.to_string());
    assert_eq!(suite.total(), (150u128.into(), 1));
    suite.open_channel();
    suite.apply(&set(2, &[power("bob", 0)]));
    assert_eq!(suite.total(), (100u128.into(), 2));
}

#[test]
fn the_owner_moves_to_another_connection_and_never_to_another_port() {
    let mut suite = Suite::with_operators();
    let empty = ExecuteMsg::RenewChannel {
        connection_id: Some(String::new()),
    };
    let error = ContractError::EmptyPeer { part: "connection" };
    suite.fails("owner", &empty, &error);
    let before = suite.config().host;
    let moved = ExecuteMsg::RenewChannel {
        connection_id: Some("connection-99".into()),
    };
    suite.execute("owner", &moved).unwrap();
    let config = suite.config();
    assert_eq!(config.channel, None);
    assert_eq!(config.host.connection_id, "connection-99");
    assert_eq!(config.host.port, before.port);
    let error = suite.net.open(&suite.proposal()).unwrap_err();
    assert_eq!(
        handshake(&error),
        &HandshakeError::Connection {
            expected: "connection-99".into(),
            found: before.connection_id.clone(),
        }
    );
    let back = ExecuteMsg::RenewChannel {
        connection_id: Some(before.connection_id),
    };
    suite.execute("owner", &back).unwrap();
    suite.open_channel();
}

/// Every step sees the channel; each checks all of it, whatever a step before let through.
#[test]
fn every_step_checks_everything() {
    let mut deps = mock_dependencies();
    let owner = deps.api.addr_make("owner");
    let suite = Suite::new();
    let msg = InstantiateMsg {
        owner: owner.to_string(),
        guardian: None,
        reporters: vec![],
        ..suite.instantiate_msg()
    };
    let peer = msg.host.clone();
    let info = message_info(&owner, &[]);
    contract::instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
    let end = |port: &str| IbcEndpoint {
        port_id: port.into(),
        channel_id: "channel-1".into(),
    };
    let channel = |order, port: &str, version: &str, connection: &str| {
        IbcChannel::new(end("here"), end(port), order, version, connection)
    };
    let (port, connection) = (peer.port.as_str(), peer.connection_id.as_str());
    let good = channel(ORDER, port, VERSION, connection);
    let bad = [
        channel(IbcOrder::Ordered, port, VERSION, connection),
        channel(ORDER, "wasm.else", VERSION, connection),
        channel(ORDER, port, "palisade-2", connection),
        channel(ORDER, port, VERSION, "connection-0"),
    ];
    let is_refused = |error: ContractError| matches!(error, ContractError::Handshake(_));
    for channel in bad {
        for msg in [
            IbcChannelOpenMsg::new_init(channel.clone()),
            IbcChannelOpenMsg::new_try(channel.clone(), VERSION),
        ] {
            let error = ibc::ibc_channel_open(deps.as_mut(), mock_env(), msg).unwrap_err();
            assert!(is_refused(error));
        }
        for msg in [
            IbcChannelConnectMsg::new_ack(channel.clone(), VERSION),
            IbcChannelConnectMsg::new_confirm(channel.clone()),
        ] {
            let error = ibc::ibc_channel_connect(deps.as_mut(), mock_env(), msg).unwrap_err();
            assert!(is_refused(error));
        }
    }
    let msg = IbcChannelOpenMsg::new_try(good.clone(), "palisade-2");
    let error = ibc::ibc_channel_open(deps.as_mut(), mock_env(), msg).unwrap_err();
    assert!(is_refused(error));
    // Only Init may leave the version open.
    let unnamed = channel(ORDER, port, "", connection);
    let msg = IbcChannelOpenMsg::new_try(unnamed, VERSION);
    let error = ibc::ibc_channel_open(deps.as_mut(), mock_env(), msg).unwrap_err();
    assert!(is_refused(error));
    let msg = IbcChannelConnectMsg::new_ack(good.clone(), "palisade-2");
    let error = ibc::ibc_channel_connect(deps.as_mut(), mock_env(), msg).unwrap_err();
    assert!(is_refused(error));
    let config = contract::query(deps.as_ref(), mock_env(), QueryMsg::Config {}).unwrap();
    let expected = ConfigResponse {
        host: peer,
        packet_timeout: 600,
        history: 10_000,
        channel: None,
        last_update: 0u64.into(),
        rewards: None,
    };
    assert_eq!(config, to_json_binary(&expected).unwrap());
    let msg = IbcChannelConnectMsg::new_confirm(good);
    ibc::ibc_channel_connect(deps.as_mut(), mock_env(), msg).unwrap();
}
