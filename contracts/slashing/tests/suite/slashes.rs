//! What becomes of a slash at the door.

use cosmwasm_std::{Addr, Binary, Timestamp};
use palisade_ibc::{Offender, Outcome, Slash, SlashAck, DOUBLE_SIGN};
use palisade_slashing::ContractError;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::allocation::SlashOperator;
use palisade_types::asset::{AssetAmount, Destination, MAX_CLOCK_SKEW};
use palisade_types::slashing::*;

use crate::allocation::Rules;
use crate::asks::*;
use crate::story::*;

const KIND: &str = "the service has no penalty for this kind of infraction";
const OFFENDER: &str = "no operator of this service has that address or key";
const NOTHING: &str = "the operator counted with no tokens at that update";

fn ended() -> Option<Outcome> {
    Some(Outcome::Executed {})
}

#[test]
fn a_slash_is_executed_and_answered_in_its_acknowledgement() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    let alice = suite.account("alice");
    let seized = vec![AssetAmount {
        asset: "atom".into(),
        amount: 10u128.into(), // 1 % of 1,000.
    }];
    let request = RequestResponse {
        service: CHAIN,
        request: 1u64.into(),
        nonce: Some(slash.nonce),
        proven: false,
        overrides: None,
        operator: alice.clone(),
        kind: "downtime".into(),
        update_id: 1u64.into(),
        height: 10u64.into(),
        time: slash.time,
        received_at: suite.now(),
        executable_at: suite.now(),
        penalty: None,
        state: RequestState::Executed {
            seized,
            at: suite.now(),
        },
    };
    assert_eq!(suite.requests(CHAIN), [request]);
    assert_eq!(
        suite.log(),
        [Allocation::Slash(SlashOperator {
            service: CHAIN,
            operator: alice,
            update_id: 1u64.into(),
            fraction: cosmwasm_std::Decimal::percent(1),
            jail: true,
            tombstone: false,
            payees: vec![payee(CHAIN, Destination::Burn {}, 1_000)],
        })]
    );
    assert_eq!(
        suite.nonce(1),
        Some(NonceResponse::Request {
            request: 1u64.into()
        })
    );
    // The acknowledgement told its end: there is nothing left to tell.
    assert_eq!(suite.untold(), []);
    assert!(suite.pending("alice").is_empty());
}

#[test]
fn a_slash_by_key_finds_its_operator() {
    let mut suite = Suite::open();
    let key = Binary::from([7; 32]);
    suite.keyed("alice", 1_000, Some(key.clone()));
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let mut slash = suite.slash("alice");
    slash.offender = Offender::Key(key);
    assert_eq!(suite.report(&slash), executed(1));
    // The same infraction by address is the same.
    let by_address = suite.slash("alice");
    assert_eq!(suite.report(&by_address), duplicate(1, ended()));
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn a_local_service_slashes_by_message_with_the_same_life() {
    let mut suite = Suite::new();
    suite.power("alice", 1_000);
    suite.sync(LOCAL).unwrap();
    let slash = suite.slash("alice");
    assert_eq!(suite.slash_locally(&slash), executed(1));
    assert_eq!(suite.slash_locally(&slash), duplicate(1, ended()));
    let mut unknown = suite.slash("alice");
    unknown.infraction = "laziness".into();
    assert_eq!(suite.slash_locally(&unknown), refused(KIND));
    let known: Option<NonceResponse> = suite.query(&QueryMsg::Nonce {
        service: LOCAL,
        nonce: unknown.nonce,
    });
    assert_eq!(
        known,
        Some(NonceResponse::Rejected {
            reason: KIND.into()
        })
    );
    assert_eq!(suite.slashes().len(), 1);
    assert_eq!(suite.requests(LOCAL).len(), 1);
    assert_eq!(suite.requests(CHAIN), []);
}

#[test]
fn only_the_slasher_of_a_local_service_slashes_by_message() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    let by = |service| ExecuteMsg::Slash {
        service,
        slash: slash.clone(),
    };
    let sender = suite.account("admin");
    assert_eq!(
        error(suite.run("admin", &by(LOCAL))),
        ContractError::NotSlasher {
            service: LOCAL,
            sender
        }
    );
    assert_eq!(
        error(suite.run("slasher", &by(CHAIN))),
        ContractError::NotLocal { service: CHAIN }
    );
    assert_eq!(
        error(suite.run("slasher", &by(9))),
        ContractError::UnknownService { service: 9 }
    );
    assert_eq!(suite.slashes(), []);
}

/// Each is refused for good, kept under its nonce, and takes nothing.
#[test]
fn what_is_refused_at_the_door() {
    let mut suite = Suite::with_operators();
    let now = suite.now();
    let since = now.minus_seconds(1_000);
    let who = |name: &str| Offender::Operator(name.to_string());
    type Change = Box<dyn Fn(&mut Slash)>;
    let key = |bytes: Vec<u8>| Offender::Key(bytes.into());
    let offender = |offender: Offender| -> Change {
        Box::new(move |s: &mut Slash| s.offender = offender.clone())
    };
    let cases: Vec<(Change, String)> = vec![
        (Box::new(|s| s.infraction = "lateness".into()), KIND.into()),
        (Box::new(|s| s.infraction = String::new()), KIND.into()),
        (
            Box::new(|s| s.infraction = "x".repeat(100_000)),
            KIND.into(),
        ),
        (
            Box::new(move |s| s.time = now.plus_seconds(601)),
            "the infraction is in the future".into(),
        ),
        (
            Box::new(|s| s.time = Timestamp::from_nanos(u64::MAX)),
            "the infraction is in the future".into(),
        ),
        (
            Box::new(move |s| s.time = now.minus_seconds(EVIDENCE_AGE).minus_nanos(1)),
            "the infraction is older than the 80000 seconds of the service".into(),
        ),
        (
            Box::new(|s| s.time = Timestamp::from_nanos(0)),
            "the infraction is older than the 80000 seconds of the service".into(),
        ),
        (
            Box::new(move |s| s.time = since.minus_seconds(601)),
            "the infraction is older than the update it names".into(),
        ),
        (
            Box::new(|s| s.update_id = 0u64.into()),
            "there is no such update: updates are 1 to 1".into(),
        ),
        (
            Box::new(|s| s.update_id = 2u64.into()),
            "there is no such update: updates are 1 to 1".into(),
        ),
        (offender(who("")), OFFENDER.into()),
        (offender(who("nobody")), OFFENDER.into()),
        (offender(who(&"a".repeat(100_000))), OFFENDER.into()),
        (offender(key(vec![])), OFFENDER.into()),
        (offender(key(vec![1; 32])), OFFENDER.into()),
        (offender(key(vec![1; 33])), OFFENDER.into()),
        (offender(key(vec![1; 100_000])), OFFENDER.into()),
    ];
    for (change, reason) in cases {
        let mut slash = suite.slash("alice");
        change(&mut slash);
        let nonce = slash.nonce.u64();
        assert_eq!(suite.report(&slash), refused(&reason));
        let kept = Some(NonceResponse::Rejected {
            reason: reason.clone(),
        });
        assert_eq!(suite.nonce(nonce), kept);
        // Again: the same answer, though by now it might be judged otherwise.
        assert_eq!(suite.report(&slash), refused(&reason));
    }
    assert_eq!(suite.slashes(), []);
    assert_eq!(suite.requests(CHAIN), []);
    // None of that stands in the way of the real one.
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
}

#[test]
fn slashing_an_operator_who_never_opted_in() {
    let mut suite = Suite::with_operators();
    // Not in the service at all.
    let slash = suite.slash("carol");
    assert_eq!(suite.report(&slash), refused(OFFENDER));
    // In, but it never counted with anything: no update told it.
    suite.power("carol", 800);
    let slash = suite.slash("carol");
    assert_eq!(suite.report(&slash), refused(NOTHING));
    // It counts since update 2, so it answers for nothing of update 1.
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let slash = suite.slash("carol");
    assert_eq!(suite.report(&slash), refused(NOTHING));
    assert_eq!(suite.slashes(), []);
    let mut slash = suite.slash("carol");
    slash.update_id = 2u64.into();
    assert_eq!(suite.report(&slash), executed(1));
}

#[test]
fn nothing_captured_is_nothing_to_slash() {
    let mut suite = Suite::with_operators();
    suite.rules(Rules {
        no_capture: true,
        ..Rules::default()
    });
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), refused(NOTHING));
    assert_eq!(suite.slashes(), []);
}

#[test]
fn a_clock_a_little_ahead_is_taken_as_now_and_a_little_behind_as_the_update() {
    let mut suite = Suite::with_operators();
    let now = suite.now();
    let since = now.minus_seconds(1_000);
    let mut ahead = suite.slash("alice");
    ahead.time = now.plus_seconds(600);
    assert_eq!(suite.report(&ahead), executed(1));
    let mut behind = suite.slash("bob");
    behind.time = since.minus_seconds(600);
    assert_eq!(suite.report(&behind), executed(2));
    let times: Vec<_> = suite.requests(CHAIN).iter().map(|r| r.time).collect();
    assert_eq!(times, [now, since]);
    // At exactly the evidence age it is still punished.
    suite.net.advance(EVIDENCE_AGE - 1_000);
    let mut old = suite.slash("alice");
    old.height = 11u64.into();
    old.time = suite.now().minus_seconds(EVIDENCE_AGE);
    assert_eq!(suite.report(&old), executed(3));
}

#[test]
fn a_nonce_has_one_content() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    let mut other = suite.slash("bob");
    other.nonce = slash.nonce;
    let taken = refused("the nonce was used for other content");
    assert_eq!(suite.report(&other), taken);
    // The first content still stands.
    assert_eq!(suite.report(&slash), duplicate(1, ended()));
    // Also where the first one was refused.
    let mut refused_first = suite.slash("carol");
    assert_eq!(suite.report(&refused_first), refused(OFFENDER));
    refused_first.offender = other.offender;
    assert_eq!(suite.report(&refused_first), taken);
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn the_same_infraction_under_another_nonce_is_the_same() {
    let mut suite = Suite::with_operators();
    let first = suite.slash("alice");
    assert_eq!(suite.report(&first), executed(1));
    let mut second = suite.slash("alice");
    second.time = first.time.minus_seconds(100);
    assert_eq!(suite.report(&second), duplicate(1, ended()));
    assert_eq!(suite.report(&second), duplicate(1, ended()));
    let request = Some(NonceResponse::Request {
        request: 1u64.into(),
    });
    assert_eq!(suite.nonce(2), request);
    assert_eq!(suite.slashes().len(), 1);
    // Another height, operator or kind is another infraction.
    let mut height = suite.slash("alice");
    height.height = 11u64.into();
    assert_eq!(suite.report(&height), executed(2));
    let operator = suite.slash("bob");
    assert_eq!(suite.report(&operator), executed(3));
    let mut kind = suite.slash("alice");
    kind.infraction = "oracle".into();
    assert_eq!(suite.report(&kind), executed(4));
}

#[test]
fn a_smaller_penalty_reported_first_to_block_the_real_one() {
    let mut suite = Suite::with_operators();
    // Downtime (1 %) at the very height of the double-sign (5 %), then rubbish about the latter.
    let downtime = suite.slash("alice");
    assert_eq!(suite.report(&downtime), executed(1));
    let mut rubbish = suite.slash("alice");
    rubbish.infraction = DOUBLE_SIGN.into();
    rubbish.update_id = 99u64.into();
    assert!(matches!(suite.report(&rubbish), SlashAck::Rejected { .. }));
    let mut real = suite.slash("alice");
    real.infraction = DOUBLE_SIGN.into();
    assert_eq!(suite.report(&real), executed(2));
    let RequestState::Executed { seized, .. } = &suite.requests(CHAIN)[1].state else {
        panic!("not executed");
    };
    assert_eq!(seized[0].amount.u128(), 50);
}

#[test]
fn slash_while_another_packet_is_in_flight() {
    let mut suite = Suite::with_operators();
    // Update 2 lowers alice to 100; it is under way when the slash for update 1 arrives.
    suite.power("alice", 100);
    suite.sync(CHAIN).unwrap();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    // It takes of what she counted with at update 1.
    let RequestState::Executed { seized, .. } = &suite.requests(CHAIN)[0].state else {
        panic!("not executed");
    };
    assert_eq!(seized[0].amount.u128(), 10);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.delivery("alice"), (2, 2, false));
    assert_eq!(suite.slashes(), [(suite.account("alice"), 1)]);
}

#[test]
fn error_ack_losing_a_slash_for_good() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    // The neighbour answers rubbish: the packet is refused whole, and nothing is kept.
    suite.rules(Rules {
        mute: true,
        ..Rules::default()
    });
    let packet = suite.send(&slash);
    let outcome = suite.net.receive(&packet).unwrap();
    assert!(outcome.error().is_some());
    assert_eq!(suite.nonce(slash.nonce.u64()), None);
    assert_eq!(suite.requests(CHAIN), []);
    // The same slash comes again, and is not taken for a repetition.
    suite.rules(Rules::default());
    assert_eq!(suite.report(&slash), executed(1));
}

#[test]
fn malformed_packets_are_refused_with_nothing_written() {
    let mut suite = Suite::with_operators();
    for data in [
        "",
        "not json",
        "{}",
        r#"{"operator_set":{"update_id":"1","operators":[]}}"#,
        r#"{"slash":{"nonce":"1"}}"#,
        r#"{"slash":{"nonce":"-1","offender":{"operator":"x"},"infraction":"downtime","update_id":"1","height":"1","time":"1"}}"#,
        r#"{"slash":{"nonce":"1","offender":{"nobody":{}},"infraction":"downtime","update_id":"1","height":"1","time":"1"}}"#,
    ] {
        let bytes = if data.is_empty() { " " } else { data };
        let packet = suite.send_bytes(Binary::from(bytes.as_bytes()));
        let outcome = suite.net.receive(&packet).unwrap();
        assert!(outcome.error().unwrap().starts_with("malformed packet"));
        suite.net.acknowledge(&packet).unwrap();
    }
    assert_eq!(suite.nonce(1), None);
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
}

#[test]
fn a_consumer_gone_rogue_repeats_itself_for_nothing() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    for round in 0..20 {
        let expected = if round == 0 {
            executed(1)
        } else {
            duplicate(1, ended())
        };
        assert_eq!(suite.report(&slash), expected);
        let again = suite.slash("alice");
        assert_eq!(suite.report(&again), duplicate(1, ended()));
    }
    let alice: Addr = suite.account("alice");
    assert_eq!(suite.slashes(), [(alice, 1)]);
}

#[test]
fn a_new_nonce_epoch_counts_from_the_start() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    let renew = ExecuteMsg::RenewNonces { service: CHAIN };
    suite.run("owner", &renew).unwrap();
    assert_eq!(suite.nonce(1), None);
    // What was open before has no say any more.
    suite.open_channel();
    // The replaced gateway uses nonce 1 for another slash; the old infraction stays known.
    let mut fresh = suite.slash("bob");
    fresh.nonce = slash.nonce;
    assert_eq!(suite.report(&fresh), executed(2));
    let old = Slash {
        nonce: 2u64.into(),
        ..slash
    };
    assert_eq!(suite.report(&old), duplicate(1, ended()));
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn a_consumer_that_began_anew_reports_of_the_same_height_again() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash_for("alice", "downtime", 7);
    assert_eq!(suite.report(&slash), executed(1));
    suite.net.advance(1_000);
    // A gateway that goes on over a new channel, and says the same again.
    suite
        .run("owner", &ExecuteMsg::RenewNonces { service: CHAIN })
        .unwrap();
    suite.open_channel();
    suite.net.advance(1_000);
    assert_eq!(suite.report(&slash), duplicate(1, ended()));
    // Nor is it another one for a clock that is ahead: its time was counted as the host's.
    let mut ahead = suite.slash_for("bob", "downtime", 7);
    ahead.time = suite.now().plus_seconds(MAX_CLOCK_SKEW);
    assert_eq!(suite.report(&ahead), executed(2));
    suite.net.advance(1);
    suite
        .run("owner", &ExecuteMsg::RenewNonces { service: CHAIN })
        .unwrap();
    suite.open_channel();
    suite.net.advance(1_000);
    assert_eq!(suite.report(&ahead), duplicate(2, ended()));
    // A chain that began anew comes to the same height.
    let mut again = suite.slash_for("alice", "downtime", 7);
    assert_ne!(again.nonce, slash.nonce);
    assert_eq!(suite.report(&again), executed(3));
    assert_eq!(suite.slashes().len(), 3);
    // That is an infraction of its own, and once.
    again.nonce = 9u64.into();
    assert_eq!(suite.report(&again), duplicate(3, ended()));
    assert_eq!(suite.slashes().len(), 3);
}
