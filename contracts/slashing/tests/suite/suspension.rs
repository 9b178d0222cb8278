//! Services that the guardian stops, and gateways that the owner cuts off.

use palisade_admin::AdminError;
use palisade_ibc::{Outcome, SlashAck};
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::asks::*;
use crate::story::*;

/// The longest suspension here: as long as a slash may bounce.
const LONGEST: u64 = 10_000;

fn resume(suite: &mut Suite, sender: &str) -> palisade_testing::HarnessResult<()> {
    let msg = ExecuteMsg::Resume { service: CHAIN };
    suite.run(sender, &msg).map(|_| ())
}

#[test]
fn a_suspended_service_bounces_until_it_ends() {
    let mut suite = Suite::with_operators();
    let before = suite.slash("bob");
    assert_eq!(suite.report(&before), executed(1));
    let until = suite.now().plus_seconds(3_000);
    let response = suite.suspend("guardian", Some(3_000)).unwrap();
    assert_eq!(
        attribute(&response, "suspend", "until"),
        [until.to_string()]
    );
    assert_eq!(suite.service(CHAIN).suspended_until, Some(until));
    let slash = suite.slash("alice");
    let bounced = SlashAck::Bounced { retry_at: until };
    assert_eq!(suite.report(&slash), bounced);
    // What it knows it answers, and the other service goes on.
    let ended = Some(Outcome::Executed {});
    assert_eq!(suite.report(&before), duplicate(1, ended));
    suite.power("carol", 100);
    suite.sync(LOCAL).unwrap();
    let local = suite.slash("carol");
    assert_eq!(suite.slash_locally(&local), executed(1));

    suite.net.advance(2_999);
    assert_eq!(suite.report(&slash), bounced);
    assert_eq!(suite.requests(CHAIN).len(), 1);
    suite.net.advance(1);
    assert_eq!(suite.service(CHAIN).suspended_until, None);
    assert_eq!(suite.report(&slash), executed(2));
}

#[test]
fn a_suspension_does_not_outlast_the_longest_bouncing() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 0, 0);
    let deadline = suite.now().plus_seconds(LONGEST);
    let slash = suite.slash("alice");
    let bounced = SlashAck::Bounced { retry_at: deadline };
    assert_eq!(suite.report(&slash), bounced);
    suite.net.advance(5_000);
    suite.suspend("owner", None).unwrap();
    let until = suite.now().plus_seconds(LONGEST);
    assert_eq!(suite.service(CHAIN).suspended_until, Some(until));
    // What came before has its own deadline, what comes now waits for the end.
    assert_eq!(suite.report(&slash), bounced);
    let fresh = suite.slash("bob");
    assert_eq!(suite.report(&fresh), SlashAck::Bounced { retry_at: until });
    suite.net.advance(5_000);
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(suite.report(&fresh), SlashAck::Bounced { retry_at: until });
}

#[test]
fn a_suspension_has_bounds_and_a_cooldown() {
    let mut suite = Suite::with_operators();
    for sender in ["admin", "slasher", "alice"] {
        let sender_address = suite.account(sender);
        let refused = ContractError::Admin(AdminError::NotGuardian {
            sender: sender_address,
        });
        assert_eq!(error(suite.suspend(sender, Some(1))), refused);
        assert_eq!(error(resume(&mut suite, sender)), refused);
    }
    for requested in [0, LONGEST + 1, SUSPENSION_LIMIT] {
        assert_eq!(
            error(suite.suspend("guardian", Some(requested))),
            ContractError::Admin(AdminError::PauseLength {
                action: "slashes",
                limit: LONGEST,
                requested
            })
        );
    }
    let not_paused = ContractError::Admin(AdminError::NotPaused { action: "slashes" });
    assert_eq!(error(resume(&mut suite, "guardian")), not_paused);
    assert_eq!(
        error(suite.run(
            "guardian",
            &ExecuteMsg::Suspend {
                service: 9,
                seconds: None
            }
        )),
        ContractError::UnknownService { service: 9 }
    );
    assert_eq!(suite.service(CHAIN).suspended_until, None);

    // Open for as long as the longest suspension, from its end.
    suite.suspend("guardian", Some(100)).unwrap();
    let end = suite.now().plus_seconds(100);
    let too_soon = |end: cosmwasm_std::Timestamp| {
        ContractError::Admin(AdminError::PauseTooSoon {
            action: "slashes",
            earliest: end.plus_seconds(LONGEST),
        })
    };
    assert_eq!(error(suite.suspend("guardian", Some(1))), too_soon(end));
    suite.net.advance(100 + LONGEST - 1);
    assert_eq!(error(suite.suspend("owner", Some(1))), too_soon(end));
    suite.net.advance(1);
    suite.suspend("guardian", None).unwrap();
    // Also when it was ended early.
    suite.net.advance(10);
    let end = suite.now();
    resume(&mut suite, "guardian").unwrap();
    assert_eq!(suite.service(CHAIN).suspended_until, None);
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(error(resume(&mut suite, "guardian")), not_paused);
    assert_eq!(error(suite.suspend("guardian", None)), too_soon(end));
    suite.net.advance(LONGEST);
    suite.suspend("guardian", None).unwrap();
}

#[test]
fn a_service_without_a_peer_is_cut_off() {
    let mut suite = Suite::with_operators();
    let peer = suite.peer();
    let former = suite.live().a.id;
    let slash = suite.slash("alice");
    let packet = suite.send(&slash);
    let none = ExecuteMsg::SetPeer {
        service: CHAIN,
        peer: None,
    };
    assert!(matches!(
        error(suite.run("admin", &none)),
        ContractError::Admin(AdminError::Ownership(_))
    ));
    let response = suite.run("owner", &none).unwrap();
    assert_eq!(attribute(&response, "set_peer", "port"), ["none"]);
    assert_eq!(attribute(&response, "set_peer", "replaced"), ["true"]);
    let service = suite.service(CHAIN);
    assert_eq!((service.peer, service.channel), (None, None));
    // What was under way is refused, and nobody opens a channel.
    let refusal = ContractError::FormerPeer {
        channel: former,
        service: CHAIN,
    };
    let outcome = suite.net.receive(&packet).unwrap();
    assert_eq!(outcome.error(), Some(refusal.to_string()));
    assert_eq!(suite.nonce(slash.nonce.u64()), None);
    assert_eq!(
        error(suite.net.open_init(&suite.proposal())),
        ContractError::UnknownPeer {
            connection_id: peer.connection_id.clone(),
            port: peer.port.clone()
        }
    );
    // Cutting it off twice changes nothing; powers are taken down all the same.
    suite.run("owner", &none).unwrap();
    suite.power("alice", 700);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    assert_eq!(suite.slashes(), []);
    // Admitted again it goes on, and its slash is not lost.
    suite.set_peer(CHAIN, peer).unwrap();
    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(700));
    assert_eq!(suite.report(&slash), executed(1));
}
