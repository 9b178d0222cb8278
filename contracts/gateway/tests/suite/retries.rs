//! A slash is never lost: whatever happens to its packet, it is sent until the host has it.

use cosmwasm_std::testing::{message_info, mock_env};
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, CosmosMsg, IbcAcknowledgement, IbcMsg, IbcPacket,
    IbcPacketAckMsg, IbcPacketTimeoutMsg, StdAck, Timestamp, Uint64,
};
use palisade_gateway::{contract, ibc, ContractError};
use palisade_ibc::{encode_ack, ConsumerPacket, Offender, Outcome, Slash, SlashAck, DOWNTIME};
use palisade_testing::Side;
use palisade_types::gateway::*;
use proptest::prelude::*;

use crate::host::{Answer, HostMsg};
use crate::ledger::{power, set, Suite, TIMEOUT};
use crate::lone::{packet, Lone};

const RELAY: ExecuteMsg = ExecuteMsg::Relay { limit: None };

fn accepted(request: u64) -> ReportState {
    ReportState::Accepted {
        request: request.into(),
    }
}

#[test]
fn error_ack_never_loses_a_slash() {
    let mut suite = Suite::with_operators();
    suite.answer(Answer::Fail("service is winding down".into()));
    suite.report(&suite.downtime("alice"));
    suite.net.relay_all().unwrap();
    let due = suite.now().plus_seconds(600);
    assert_eq!(suite.queued_until(1), due);
    let error = suite.report_by(1).last_error.unwrap();
    assert!(error.contains("service is winding down"), "{error}");
    assert!(suite.received().is_empty());

    suite.net.advance(599);
    let early = ContractError::NothingDue { next: Some(due) };
    suite.fails("anybody", &RELAY, &early);
    suite.net.advance(1);
    suite.answer(Answer::Accept {});
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), accepted(101));
    assert_eq!(suite.report_by(1).attempts, 2);
    assert_eq!(suite.received().len(), 1);
}

#[test]
fn an_ack_that_cannot_be_read_is_recorded_and_the_slash_sent_again() {
    for bytes in [
        Binary::from(b"x"),
        StdAck::success(b"not json").to_binary(),
        StdAck::success(br#"{"postponed":{}}"#).to_binary(),
    ] {
        let mut suite = Suite::with_operators();
        suite.answer(Answer::Raw(bytes));
        suite.report(&suite.downtime("alice"));
        suite.net.relay_all().unwrap();
        assert_eq!(suite.queued_until(1), suite.now().plus_seconds(600));
        assert!(suite.report_by(1).last_error.unwrap().len() <= 256);
        suite.answer(Answer::Accept {});
        suite.net.advance(600);
        assert_eq!(suite.relay(), 1);
        suite.net.relay_all().unwrap();
        assert_eq!(suite.state(1), accepted(102));
    }
}

#[test]
fn a_timed_out_report_is_sent_again_at_once() {
    let mut suite = Suite::with_operators();
    suite.report(&suite.downtime("alice"));
    let lost = suite.net.only_pending(Side::Consumer).unwrap();
    let nothing = ContractError::NothingDue { next: None };
    suite.fails("anybody", &RELAY, &nothing);
    suite.net.advance(TIMEOUT);
    suite.net.timeout(&lost).unwrap();
    assert_eq!(suite.queued_until(1), Timestamp::default());
    assert_eq!(suite.report_by(1).last_error, None);
    assert_eq!(suite.relay(), 1);
    // Another packet, the same content.
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    assert_ne!(packet.sequence(), lost.sequence());
    assert_eq!(packet.packet.data, lost.packet.data);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), accepted(101));
}

#[test]
fn a_bounced_report_waits_as_long_as_it_is_told_but_not_for_ever() {
    let mut suite = Suite::with_operators();
    let retry_at = suite.now().plus_seconds(3_000);
    suite.answer(Answer::Fixed(SlashAck::Bounced { retry_at }));
    suite.report(&suite.downtime("alice"));
    suite.net.relay_all().unwrap();
    assert_eq!(suite.queued_until(1), retry_at);
    let first = suite.received();
    let early = ContractError::NothingDue {
        next: Some(retry_at),
    };
    suite.fails("anybody", &RELAY, &early);

    // A mistaken time of the host's is cut to a day.
    suite.net.advance(3_000);
    let retry_at = Timestamp::from_nanos(u64::MAX);
    suite.answer(Answer::Fixed(SlashAck::Bounced { retry_at }));
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.queued_until(1), suite.now().plus_seconds(86_400));
    suite.net.advance(86_400);
    suite.answer(Answer::Accept {});
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), accepted(103));
    assert_eq!(suite.report_by(1).attempts, 3);
    // By nonce and digest the host knows when it saw the slash first: all three are the same.
    assert_eq!(suite.received(), [&first[..], &first, &first].concat());
}

#[test]
fn nothing_due_tells_when_the_first_one_is() {
    let mut suite = Suite::with_operators();
    let now = suite.now();
    for (operator, seconds) in [("alice", 3_000), ("bob", 2_000), ("alice", 4_000)] {
        let retry_at = now.plus_seconds(seconds);
        suite.answer(Answer::Fixed(SlashAck::Bounced { retry_at }));
        suite.report(&Infraction {
            kind: format!("kind_{seconds}"),
            ..suite.downtime(operator)
        });
        suite.net.relay_all().unwrap();
    }
    let next = Some(now.plus_seconds(2_000));
    suite.fails("anybody", &RELAY, &ContractError::NothingDue { next });
    suite.net.advance(2_000);
    assert_eq!(suite.relay(), 1);
    assert_eq!(suite.report_by(2).attempts, 2);
}

#[test]
fn a_report_survives_the_close_of_its_channel_and_is_sent_again_on_the_new_one() {
    let mut suite = Suite::with_operators();
    let first = suite.channel_id();
    suite.report(&suite.downtime("alice"));
    suite.report(&suite.downtime("bob"));
    let packets = suite.net.pending(Side::Consumer);
    // Alice's arrives, its ack does not.
    suite.net.receive(&packets[0]).unwrap();
    let channel = suite.host_channel_id();
    suite.tell_host(&HostMsg::Close { channel });
    suite.net.close_confirm(Side::Consumer, &first).unwrap();
    assert_eq!(suite.sent_on(1), first);

    suite.open_channel();
    let second = suite.channel_id();
    assert_eq!(suite.relay(), 2);
    assert_eq!(suite.sent_on(1), second);
    assert_eq!(suite.sent_on(2), second);
    // The old packet of bob's is proven lost only now: the report is under way already.
    suite.net.timeout_on_close(&packets[1]).unwrap();
    assert_eq!(suite.sent_on(2), second);
    let nothing = ContractError::NothingDue { next: None };
    suite.fails("anybody", &RELAY, &nothing);
    suite.net.relay_all().unwrap();
    // The host knew alice's: a duplicate, by its first number.
    assert_eq!(suite.state(1), accepted(101));
    assert_eq!(suite.state(2), accepted(103));
    let nonces: Vec<_> = suite.received().iter().map(|s| s.nonce.u64()).collect();
    assert_eq!(nonces, [1, 1, 2]);
    suite.outcome(1, Outcome::Executed {});
    suite.outcome(2, Outcome::Vetoed {});
}

#[test]
fn a_timeout_on_close_queues_a_report_that_was_not_sent_again() {
    let mut suite = Suite::with_operators();
    suite.report(&suite.downtime("alice"));
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    let (here, channel) = (suite.channel_id(), suite.host_channel_id());
    suite.tell_host(&HostMsg::Close { channel });
    suite.net.close_confirm(Side::Consumer, &here).unwrap();
    suite.net.timeout_on_close(&packet).unwrap();
    assert_eq!(suite.queued_until(1), Timestamp::default());
    suite.open_channel();
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), accepted(101));
}

/// Whoever holds the keys of a client that died can prove any answer of the host's with it.
#[test]
fn a_client_that_was_given_up_cannot_answer_for_the_host() {
    let retry_at = Timestamp::from_nanos(u64::MAX);
    let rejected = SlashAck::Rejected {
        reason: "no".into(),
    };
    let executed = SlashAck::Accepted {
        request: 9u64.into(),
        outcome: Some(Outcome::Executed {}),
    };
    for forged in [
        Some(Answer::Accept {}),
        Some(Answer::Fixed(executed)),
        Some(Answer::Fixed(rejected)),
        Some(Answer::Fixed(SlashAck::Bounced { retry_at })),
        Some(Answer::Fail("no".into())),
        None,
    ] {
        let mut suite = Suite::with_operators();
        suite.report(&suite.downtime("alice"));
        let old = suite.net.only_pending(Side::Consumer).unwrap();
        match &forged {
            Some(answer) => {
                suite.answer(answer.clone());
                suite.net.receive(&old).unwrap();
            }
            None => suite.net.advance(TIMEOUT),
        }
        let first = suite.channel_id();
        let renew = ExecuteMsg::RenewChannel {
            connection_id: None,
        };
        suite.execute("owner", &renew).unwrap();
        let before = suite.dump();
        let ignored = match &forged {
            Some(_) => suite.net.acknowledge(&old).unwrap(),
            None => suite.net.timeout(&old).unwrap(),
        };
        let event = ignored
            .events
            .iter()
            .find(|e| e.ty == "wasm-answer_ignored");
        let given_up = ("cause", "the channel was given up");
        assert!(event.unwrap().attributes.iter().any(|a| *a == given_up));
        assert_eq!(suite.dump(), before);
        assert_eq!(suite.sent_on(1), first);

        // The host itself answers on the next channel.
        suite.answer(Answer::Accept {});
        suite.open_channel();
        assert_eq!(suite.relay(), 1);
        suite.net.relay_all().unwrap();
        assert!(matches!(suite.state(1), ReportState::Accepted { .. }));
        suite.outcome(1, Outcome::Executed {});
        assert_eq!(suite.report_by(1).last_error, None);
    }
}

#[test]
fn the_number_under_which_the_host_accepted_first_stays() {
    let (mut gateway, sent) = reported();
    for request in [5u64, 6] {
        let answer = SlashAck::Duplicate {
            request: request.into(),
            outcome: None,
        };
        let ack = IbcAcknowledgement::new(encode_ack(&answer).unwrap());
        let msg = IbcPacketAckMsg::new(ack, sent.clone(), Addr::unchecked("relayer"));
        ibc::ibc_packet_ack(gateway.deps.as_mut(), mock_env(), msg).unwrap();
        let nonce = Uint64::one();
        let report: ReportResponse = gateway.query(QueryMsg::Report { nonce }).unwrap();
        assert_eq!(report.state, accepted(5));
    }
}

#[test]
fn a_report_that_cannot_be_sent_is_kept() {
    let mut suite = Suite::with_operators();
    // The host's clock, as this chain's client sees it, is past any timeout that we may give.
    suite.net.host.advance(2 * TIMEOUT);
    suite.net.update_clients().unwrap();
    suite.report(&suite.downtime("alice"));
    assert_eq!(suite.queued_until(1), suite.now().plus_seconds(600));
    let report = suite.report_by(1);
    assert!(report.last_error.unwrap().contains("timeout"));
    assert_eq!(report.attempts, 1);
    assert!(suite.net.pending(Side::Consumer).is_empty());
    suite.net.consumer.advance(2 * TIMEOUT);
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), accepted(101));
}

#[test]
fn reports_that_wait_cannot_starve_one_that_is_due() {
    let mut suite = Suite::with_operators();
    // 150 reports bounced for a day, the last of all due after ten minutes.
    let retry_at = suite.now().plus_seconds(80_000);
    suite.answer(Answer::Fixed(SlashAck::Bounced { retry_at }));
    let mut infraction = suite.downtime("alice");
    for n in 0..150u64 {
        infraction.kind = format!("kind_{n}");
        suite.report(&infraction);
    }
    suite.net.relay_all().unwrap();
    suite.answer(Answer::Fail("later".into()));
    suite.report(&suite.downtime("bob"));
    suite.net.relay_all().unwrap();
    suite.net.advance(600);
    suite.answer(Answer::Accept {});
    // The first call looks at a page of the ones that wait, the second finds it.
    assert_eq!(suite.relay(), 0);
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(151), accepted(251));

    // All due: a limit bounds each call, and every report gets its turn.
    suite.net.advance(80_000);
    let mut sent = 0;
    while sent < 150 {
        let response = suite
            .execute("anybody", &ExecuteMsg::Relay { limit: Some(40) })
            .unwrap();
        let now = crate::ledger::count(&response, "wasm-report_sent");
        assert!((1..=40).contains(&now));
        sent += now;
    }
    let nothing = |suite: &Suite| suite.net.pending(Side::Consumer).len();
    assert_eq!(nothing(&suite), 150);
    suite.net.relay_all().unwrap();
    for nonce in 1..=150 {
        assert!(matches!(suite.state(nonce), ReportState::Accepted { .. }));
    }
    let zero = ExecuteMsg::Relay { limit: Some(0) };
    suite.fails("anybody", &zero, &ContractError::ZeroLimit);
}

/// A gateway on its own, with operator `alice` and report 1 sent on `channel-0`.
pub fn reported() -> (Lone, IbcPacket) {
    let mut gateway = Lone::new();
    gateway.apply(&set(1, &[power("alice", 1)]));
    // A set counts from the block after the one that applied it.
    let mut env = mock_env();
    env.block.height += 1;
    let infraction = Infraction {
        offender: Offender::Operator("alice".into()),
        kind: DOWNTIME.into(),
        height: env.block.height.into(),
        time: env.block.time,
        evidence: None,
    };
    let deps = gateway.deps.as_mut();
    let response = contract::sudo(deps, env, SudoMsg::Report(infraction)).unwrap();
    let CosmosMsg::Ibc(IbcMsg::SendPacket { data, .. }) = response.messages[0].msg.clone() else {
        panic!()
    };
    (gateway, packet("our_port", "channel-0", "channel-9", data))
}

fn answers() -> impl Strategy<Value = Vec<u8>> {
    let result = prop_oneof![
        (any::<u64>(), any::<bool>()).prop_map(|(request, ended)| SlashAck::Accepted {
            request: request.into(),
            outcome: ended.then_some(Outcome::Vetoed {}),
        }),
        any::<u64>().prop_map(|at| SlashAck::Bounced {
            retry_at: Timestamp::from_nanos(at)
        }),
        ".{0,400}".prop_map(|reason| SlashAck::Rejected { reason }),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        result.prop_map(|answer| encode_ack(&answer).unwrap().to_vec()),
        ".{0,400}".prop_map(|text| StdAck::error(text).to_binary().to_vec()),
        prop::collection::vec(any::<u8>(), 0..80)
            .prop_map(|bytes| StdAck::success(bytes).to_binary().to_vec()),
        // Almost right.
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(index, byte)| {
            let answer = SlashAck::Duplicate {
                request: Uint64::MAX,
                outcome: None,
            };
            let mut bytes = encode_ack(&answer).unwrap().to_vec();
            let at = index.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
    ]
}

fn slash(nonce: u64) -> Binary {
    let packet = ConsumerPacket::Slash(Slash {
        nonce: nonce.into(),
        offender: Offender::Operator("alice".into()),
        infraction: DOWNTIME.into(),
        update_id: 1u64.into(),
        height: 1u64.into(),
        time: Timestamp::default(),
        evidence: None,
    });
    to_json_binary(&packet).unwrap()
}

proptest! {
    #![proptest_config(palisade_testing::seeded(400))]

    /// Whatever bytes come back, for whatever packet, in whatever order: no error, no panic, and
    /// a report is in the end open or ended by a result, never gone.
    #[test]
    fn ack_handler_cannot_fail_with_any_bytes(
        steps in prop::collection::vec(
            (answers(), 0..5usize, prop::collection::vec(any::<u8>(), 0..60), any::<bool>()),
            1..6,
        )
    ) {
        let (gateway, sent) = reported();
        let mut deps = gateway.deps;
        let relayer = Addr::unchecked("relayer");
        let mut ends = 0;
        for (ack, which, junk, timeout) in steps {
            let original = match which {
                0 | 1 => sent.clone(),
                2 => packet("our_port", "channel-0", "channel-9", slash(7)),
                3 => packet("our_port", "channel-5", "channel-9", slash(1)),
                _ => packet("our_port", "channel-0", "channel-9", junk.into()),
            };
            let response = if timeout {
                let msg = IbcPacketTimeoutMsg::new(original, relayer.clone());
                ibc::ibc_packet_timeout(deps.as_mut(), mock_env(), msg)
            } else {
                let ack = IbcAcknowledgement::new(ack);
                let msg = IbcPacketAckMsg::new(ack, original, relayer.clone());
                ibc::ibc_packet_ack(deps.as_mut(), mock_env(), msg)
            };
            let response = response.unwrap();
            prop_assert!(response.messages.is_empty());
            prop_assert_eq!(response.events.len(), 1);
            ends += usize::from(response.events[0].ty == "report_ended");
        }
        let msg = QueryMsg::Report { nonce: 1u64.into() };
        let report = contract::query(deps.as_ref(), mock_env(), msg).unwrap();
        let report: ReportResponse = from_json(report).unwrap();
        let ended = matches!(report.state, ReportState::Ended { .. });
        prop_assert_eq!(ends, usize::from(ended));
        prop_assert!(report.last_error.is_none_or(|text| text.len() <= 256));
        // And if it has not ended, it can be sent again, or waits for its outcome.
        if let ReportState::Queued { not_before } = report.state {
            let mut env = mock_env();
            env.block.time = not_before.max(env.block.time);
            prop_assert!(not_before <= mock_env().block.time.plus_seconds(86_400));
            let info = message_info(&relayer, &[]);
            let response = contract::execute(deps.as_mut(), env, info, RELAY).unwrap();
            prop_assert_eq!(response.messages.len(), 1);
        }
    }

    /// No bytes make the receiver panic. Refused ones change nothing, a power told is applied.
    #[test]
    fn receive_never_panics(data in prop::collection::vec(any::<u8>(), 1..200), variant in 0..4) {
        let mut suite = Suite::with_operators();
        let text = String::from_utf8_lossy(&data).into_owned();
        let told = |amount| to_json_binary(&set(2, &[power(&text, amount)])).unwrap();
        let (data, whole) = match variant {
            0 => (Binary::from(data), false),
            1 => (format!("{{\"operator_set\":{text}}}").into_bytes().into(), false),
            // With alice's 100 and bob's 50 it is more than 128 bits hold.
            2 => (told(u128::MAX), false),
            _ => (told(7), text.len() <= 128),
        };
        if !whole {
            suite.refused(data);
            return Ok(());
        }
        let packet = suite.send_bytes(data);
        let at = suite.deliver(&packet);
        prop_assert_eq!(at, (suite.height().into(), suite.now()));
        prop_assert_eq!(suite.total(), (157u128.into(), 2));
        prop_assert_eq!(suite.operator(&text).power.u128(), 7);
        prop_assert_eq!(suite.operators().len(), 3);
        prop_assert_eq!(suite.config().last_update.u64(), 2);
    }
}
