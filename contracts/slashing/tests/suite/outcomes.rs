//! Telling the consumer how its slashes ended.

use cosmwasm_std::Binary;
use palisade_ibc::{HostPacket, Outcome, SlashAck};
use palisade_slashing::ContractError;
use palisade_testing::Side;
use palisade_types::slashing::ExecuteMsg;

use crate::allocation::Rules;
use crate::consumer::Answer;
use crate::story::*;

/// Requests of the given heights that wait, then all executed.
fn wait(suite: &mut Suite, heights: std::ops::RangeInclusive<u64>) {
    suite.rules(Rules {
        no_slash: true,
        ..Rules::default()
    });
    for height in heights {
        let mut slash = suite.slash("alice");
        slash.height = height.into();
        assert_eq!(suite.report(&slash), accepted(height));
    }
    suite.rules(Rules::default());
}

/// Nonces whose outcome the gateway heard, in order.
fn heard(suite: &Suite) -> Vec<u64> {
    let nonce = |packet| match packet {
        HostPacket::SlashOutcome(told) => {
            assert_eq!(told.outcome, Outcome::Executed {});
            Some(told.nonce.u64())
        }
        HostPacket::OperatorSet(_) => None,
    };
    suite.received().into_iter().filter_map(nonce).collect()
}

#[test]
fn an_outcome_is_sent_at_once_and_kept_until_acknowledged() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=1);
    assert_eq!(suite.untold(), []);
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);
    let packet = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&packet).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.untold(), []);
    assert_eq!(heard(&suite), [1]);
}

#[test]
fn a_lost_outcome_is_sent_again() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=1);
    suite.execute(CHAIN, 1).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.sync(CHAIN).unwrap(); // Under way: not sent twice.
    assert_eq!(suite.net.pending(Side::Host).len(), 1);
    suite.net.advance(TIMEOUT);
    suite.net.timeout(&lost).unwrap();
    assert_eq!(suite.untold(), [(1, false)]);
    for answer in [
        Answer::Fail("later".into()),
        Answer::Raw(Binary::from(b"rubbish")),
    ] {
        suite.answers(answer);
        suite.sync(CHAIN).unwrap();
        assert_eq!(suite.untold(), [(1, true)]);
        suite.net.relay_all().unwrap();
        assert_eq!(suite.untold(), [(1, false)]);
    }
    suite.answers(Answer::Apply {});
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
}

#[test]
fn many_waiting_outcomes_go_ten_at_a_time_and_none_is_starved() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=35);
    suite.close_channel();
    for request in 1..=35 {
        suite.execute(CHAIN, request).unwrap();
    }
    suite.open_channel();
    // Nothing is relayed meanwhile: those under way do not hide those that wait.
    let mut sent = vec![];
    for _ in 0..8 {
        suite.sync(CHAIN).unwrap();
        let under_way = suite.untold().iter().filter(|(_, sent)| *sent).count();
        sent.push(under_way);
    }
    let page = 30; // The query's page shows the first 30 only.
    assert_eq!(sent[0], 10);
    assert!(sent.windows(2).all(|w| w[1] - w[0] <= 10));
    assert_eq!(*sent.last().unwrap(), page);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    let mut all = heard(&suite);
    all.sort_unstable();
    assert_eq!(all, (1..=35).collect::<Vec<_>>());
}

#[test]
fn an_outcome_under_way_on_a_dead_channel_goes_over_the_next() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=1);
    suite.execute(CHAIN, 1).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.close_channel();
    suite.open_channel();
    assert_eq!(suite.untold(), [(1, false)]);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);
    // The late end of the old packet does not touch the new one.
    suite.net.timeout_on_close(&lost).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    assert_eq!(heard(&suite), [1]);
}

#[test]
fn outcomes_of_a_former_nonce_epoch_are_not_told() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=2);
    suite.close_channel();
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(suite.untold(), [(1, false)]);
    suite
        .run("owner", &ExecuteMsg::RenewNonces { service: CHAIN })
        .unwrap();
    assert_eq!(suite.untold(), []);
    suite.execute(CHAIN, 2).unwrap();
    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    // A gateway that counts from the start would take them for its own nonces 1 and 2.
    assert_eq!(heard(&suite), Vec::<u64>::new());
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn repetitions_of_a_waiting_request_are_bounded() {
    let mut suite = Suite::with_operators();
    suite.rules(Rules {
        no_slash: true,
        ..Rules::default()
    });
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    for _ in 0..10 {
        let again = suite.slash("alice");
        assert_eq!(suite.report(&again), duplicate(1, None));
    }
    let late = suite.slash("alice");
    let retry_at = suite.now().plus_seconds(3_600);
    assert_eq!(suite.report(&late), SlashAck::Bounced { retry_at });
    assert_eq!(suite.nonce(late.nonce.u64()), None);
    suite.rules(Rules::default());
    suite.execute(CHAIN, 1).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(heard(&suite), (1..=11).collect::<Vec<_>>());
    assert_eq!(suite.untold(), []);
    // The one that was bounced comes again, and is told in its acknowledgement.
    assert_eq!(
        suite.report(&late),
        duplicate(1, Some(Outcome::Executed {}))
    );
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn an_execution_does_not_depend_on_a_channel() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=2);
    // The light client lets nothing through, while the channel is the live one still.
    suite.client_refuses();
    for request in [1, 2] {
        let response = suite.execute(CHAIN, request).unwrap();
        assert!(response
            .events
            .iter()
            .any(|e| e.ty == "wasm-outcome_failed"));
    }
    assert_eq!(suite.slashes().len(), 2);
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    assert!(suite.service(CHAIN).channel.is_some());
    assert_eq!(suite.untold(), [(1, false), (2, false)]);
    assert_eq!(suite.net.pending(Side::Host), []);
    // Nor does a sync, which tries again.
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.untold(), [(1, false), (2, false)]);

    suite.client_recovers();
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.untold(), [(1, true), (2, true)]);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    assert_eq!(heard(&suite), [1, 2]);
}

#[test]
fn an_old_ack_does_not_end_an_outcome_of_a_new_nonce_epoch() {
    let mut suite = Suite::with_operators();
    wait(&mut suite, 1..=1);
    suite.execute(CHAIN, 1).unwrap();
    let old = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&old).unwrap();
    // A report of the former epoch is under way as well.
    let late = suite.slash("bob");
    let late = suite.send(&late);
    let former = suite.live().a.id;
    suite
        .run("owner", &ExecuteMsg::RenewNonces { service: CHAIN })
        .unwrap();
    assert_eq!(suite.service(CHAIN).channel, None);
    assert_eq!(suite.service(CHAIN).nonce_epoch, 1);

    // The same peer goes on over a new channel, and counts from one again.
    suite.open_channel();
    suite.rules(Rules {
        no_slash: true,
        ..Rules::default()
    });
    let mut slash = suite.slash("alice");
    slash.nonce = 1u64.into();
    slash.height = 77u64.into();
    assert_eq!(suite.report(&slash), accepted(2));
    suite.rules(Rules::default());
    suite.execute(CHAIN, 2).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);

    // Neither end of what was under way before touches what is now.
    suite.net.acknowledge(&old).unwrap();
    assert_eq!(suite.untold(), [(1, true)]);
    let refused = ContractError::FormerPeer {
        channel: former,
        service: CHAIN,
    };
    let outcome = suite.net.receive(&late).unwrap();
    assert_eq!(outcome.error(), Some(refused.to_string()));
    assert_eq!(suite.nonce(2), None);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    assert_eq!(heard(&suite), [1, 1]);
}
