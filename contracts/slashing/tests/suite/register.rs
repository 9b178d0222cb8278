//! Registering services, and admitting their gateways.

use cosmwasm_std::{coin, Decimal};
use palisade_admin::AdminError;
use palisade_ibc::{Peer, DOWNTIME};
use palisade_slashing::ContractError;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::slashing::*;

use crate::allocation::Extra;
use crate::asks::*;
use crate::story::*;

fn with(penalties: Vec<Penalty>) -> NewService {
    NewService {
        penalties,
        ..new_service(Source::Ibc {})
    }
}

#[test]
fn services_are_numbered_and_created_in_the_allocation_contract() {
    let suite = Suite::new();
    let first = suite.service(CHAIN);
    assert_eq!(first.admin, suite.account("admin"));
    assert_eq!(first.source, Source::Ibc {});
    assert_eq!(first.peer, Some(suite.peer()));
    assert_eq!(first.settings, settings());
    let mut kinds: Vec<_> = first.penalties.iter().map(|p| p.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["double_sign", "downtime", "oracle"]);
    let slasher = suite.account("slasher").to_string();
    assert_eq!(suite.service(LOCAL).source, Source::Local { slasher });
    let all: Vec<ServiceResponse> = suite.query(&QueryMsg::Services {
        start_after: Some(1),
        limit: None,
    });
    assert_eq!(all, [suite.service(LOCAL)]);
    let log: Vec<Allocation> = suite
        .net
        .host
        .query(&suite.allocation, &Extra::Log {})
        .unwrap();
    for (index, msg) in log.iter().enumerate() {
        let created = Allocation::CreateService {
            service: index as u32 + 1,
            admin: suite.account("admin").to_string(),
            terms: new_service(Source::Ibc {}).terms,
        };
        assert_eq!(*msg, created);
    }
    assert_eq!(log.len(), 2);
}

#[test]
fn penalties_are_checked() {
    let mut suite = Suite::bare();
    let kind = |kind: &str| ContractError::Kind {
        kind: kind.into(),
        max: 32,
    };
    let long = "x".repeat(33);
    let max_slash = Decimal::percent(10);
    let own = |count: usize| {
        (0..count)
            .map(|n| penalty(&format!("kind_{n}"), 1, 0, false))
            .collect::<Vec<_>>()
    };
    let cases = [
        (vec![penalty("", 1, 0, false)], kind("")),
        (vec![penalty("Downtime", 1, 0, false)], kind("Downtime")),
        (vec![penalty("down-time", 1, 0, false)], kind("down-time")),
        (vec![penalty(&long, 1, 0, false)], kind(&long)),
        (
            vec![
                penalty(DOWNTIME, 1, 0, false),
                penalty(DOWNTIME, 2, 0, false),
            ],
            ContractError::DuplicateKind {
                kind: DOWNTIME.into(),
            },
        ),
        (
            vec![penalty(DOWNTIME, 11, 0, false)],
            ContractError::Fraction {
                kind: DOWNTIME.into(),
                fraction: Decimal::percent(11),
                max_slash,
            },
        ),
        (
            vec![penalty(DOWNTIME, 1, MAX_JAIL + 1, false)],
            ContractError::Jail {
                kind: DOWNTIME.into(),
                jail: MAX_JAIL + 1,
                max: MAX_JAIL,
            },
        ),
        (
            vec![penalty(DOWNTIME, 0, 0, false)],
            ContractError::NoEffect {
                kind: DOWNTIME.into(),
            },
        ),
        (
            own(17),
            ContractError::TooManyPenalties {
                given: 17,
                max: 18,
                own: 16,
            },
        ),
    ];
    for (penalties, expected) in cases {
        assert_eq!(error(suite.register(with(penalties))), expected);
    }
    let none: Vec<ServiceResponse> = suite.query(&QueryMsg::Services {
        start_after: None,
        limit: None,
    });
    assert_eq!(none, []);
    // The most that is allowed: all of max_slash, the longest jail, 16 own kinds and two more.
    let mut most = own(16);
    most.push(penalty(DOWNTIME, 10, MAX_JAIL, false));
    most.push(penalty("double_sign", 0, 0, true));
    suite.register(with(most)).unwrap();
    assert_eq!(suite.service(1).penalties.len(), 18);
}

#[test]
fn the_timing_rule_holds() {
    let mut suite = Suite::bare();
    for evidence_age in [0, 80_001, u64::MAX] {
        let new = service_with(ServiceSettings {
            evidence_age,
            ..settings()
        });
        // 80,000 + 10,000 of bouncing + 10,000 for executing = 100,000 of unbonding.
        assert_eq!(
            error(suite.register(new)),
            ContractError::TimingRule {
                evidence_age,
                window: 0,
                max: 80_000
            }
        );
    }
    suite.register(new_service(Source::Ibc {})).unwrap();
}

#[test]
fn addresses_are_checked_and_a_pause_stops_registrations() {
    let mut suite = Suite::bare();
    let local = new_service(Source::Local {
        slasher: "nobody".into(),
    });
    assert!(matches!(
        error(suite.register(local)),
        ContractError::Std(_)
    ));
    suite.pause(Action::Registrations, 100);
    assert!(matches!(
        error(suite.register(new_service(Source::Ibc {}))),
        ContractError::Admin(AdminError::Paused {
            action: "registrations",
            ..
        })
    ));
    suite.net.advance(100);
    suite.register(new_service(Source::Ibc {})).unwrap();
    assert_eq!(suite.service(1).service, 1);
}

#[test]
fn a_peer_belongs_to_one_service() {
    let mut suite = Suite::new();
    suite.register(new_service(Source::Ibc {})).unwrap();
    let peer = suite.peer();
    assert_eq!(
        error(suite.set_peer(3, peer.clone())),
        ContractError::PeerTaken {
            connection_id: peer.connection_id.clone(),
            port: peer.port.clone(),
            service: CHAIN
        }
    );
    assert_eq!(suite.service(3).peer, None);
    // The first service takes another one, and the pair is free.
    let other = Peer {
        port: "wasm.other".into(),
        ..peer.clone()
    };
    suite.set_peer(CHAIN, other.clone()).unwrap();
    suite.set_peer(3, peer.clone()).unwrap();
    assert_eq!(suite.service(CHAIN).peer, Some(other));
    assert_eq!(suite.service(3).peer, Some(peer));
    suite.open_channel();
    assert_eq!(suite.service(3).channel, Some(suite.live().a.id));
    assert_eq!(suite.service(CHAIN).channel, None);
}

#[test]
fn only_the_owner_admits_peers_and_renews_nonces_of_ibc_services() {
    let mut suite = Suite::new();
    let peer = suite.peer();
    for (sender, service) in [("admin", CHAIN), ("guardian", CHAIN)] {
        let peer = Some(peer.clone());
        let set = suite.run(sender, &ExecuteMsg::SetPeer { service, peer });
        assert!(matches!(
            error(set),
            ContractError::Admin(AdminError::Ownership(_))
        ));
        let renewed = suite.run(sender, &ExecuteMsg::RenewNonces { service });
        assert!(matches!(
            error(renewed),
            ContractError::Admin(AdminError::Ownership(_))
        ));
    }
    let not_ibc = ContractError::NotIbc { service: LOCAL };
    assert_eq!(error(suite.set_peer(LOCAL, peer.clone())), not_ibc);
    let renew = |service| ExecuteMsg::RenewNonces { service };
    assert_eq!(error(suite.run("owner", &renew(LOCAL))), not_ibc);
    let unknown = ContractError::UnknownService { service: 9 };
    assert_eq!(error(suite.set_peer(9, peer.clone())), unknown);
    assert_eq!(error(suite.run("owner", &renew(9))), unknown);
    for (connection_id, port) in [
        ("", "wasm.x"),
        ("connection-0", ""),
        (&*"c".repeat(65), "p"),
    ] {
        let bad = Peer {
            connection_id: connection_id.into(),
            port: port.into(),
        };
        assert_eq!(
            error(suite.set_peer(CHAIN, bad)),
            ContractError::BadPeer {
                connection_id: connection_id.into(),
                port: port.into()
            }
        );
    }
    assert_eq!(suite.service(CHAIN).peer, Some(peer));
    assert_eq!(suite.service(CHAIN).nonce_epoch, 0);
    suite.run("owner", &renew(CHAIN)).unwrap();
    assert_eq!(suite.service(CHAIN).nonce_epoch, 1);
}

#[test]
fn coins_are_never_taken() {
    let mut suite = Suite::new();
    let anybody = suite.account("anybody");
    suite.net.host.mint(&anybody, 5, "utoken").unwrap();
    let slashing = suite.slashing.clone();
    let sync = ExecuteMsg::Sync {
        service: LOCAL,
        limit: None,
    };
    let sent = suite
        .net
        .host
        .execute(&anybody, &slashing, &sync, &[coin(5, "utoken")]);
    assert!(matches!(error(sent), ContractError::Payment(_)));
    assert_eq!(suite.net.host.balance(&anybody, "utoken").unwrap(), 5);
}
