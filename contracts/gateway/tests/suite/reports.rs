//! Reports of infractions: who may make them, what they say, how they end.

use cosmwasm_std::{Binary, Uint64};
use palisade_admin::{AdminError, AdminMsg};
use palisade_gateway::ContractError;
use palisade_ibc::{Offender, Outcome, Slash, SlashAck, DOUBLE_SIGN, DOWNTIME};
use palisade_types::gateway::*;

use crate::host::Answer;
use crate::ledger::{contract_error, key, power, set, Suite};

#[test]
fn a_report_is_sent_accepted_and_ended() {
    let mut suite = Suite::with_operators();
    let infraction = suite.downtime("alice");
    suite.net.advance(20);
    suite.report(&infraction);
    let sent = ReportResponse {
        nonce: 1u64.into(),
        infraction: infraction.clone(),
        operator: "alice".into(),
        update_id: 1u64.into(),
        state: ReportState::Sent {
            channel: suite.channel_id(),
        },
        attempts: 1,
        last_error: None,
    };
    assert_eq!(suite.report_by(1), sent);
    suite.net.relay_all().unwrap();
    assert_eq!(
        suite.received(),
        [Slash {
            nonce: 1u64.into(),
            offender: Offender::Operator("alice".into()),
            infraction: DOWNTIME.into(),
            update_id: 1u64.into(),
            height: infraction.height,
            time: infraction.time,
            evidence: None,
        }]
    );
    let request = Uint64::new(101);
    assert_eq!(suite.state(1), ReportState::Accepted { request });
    suite.outcome(1, Outcome::Executed {});
    let ended = ReportResponse {
        state: ReportState::Ended {
            outcome: Outcome::Executed {},
        },
        ..sent
    };
    assert_eq!(suite.report_by(1), ended);
    let open = |suite: &Suite, open| -> Vec<ReportResponse> {
        let msg = QueryMsg::Reports {
            open,
            start_after: None,
            limit: None,
        };
        suite.query(&msg).unwrap()
    };
    assert_eq!(open(&suite, true), []);
    assert_eq!(open(&suite, false), vec![ended.clone()]);

    // The first end stays, and the host is told so: it need not say it again.
    suite.outcome(1, Outcome::Vetoed {});
    assert_eq!(suite.report_by(1), ended);
    // An outcome of a nonce that this gateway never gave is acknowledged as well.
    suite.outcome(77, Outcome::Executed {});
    let unknown: Result<ReportResponse, _> = suite.query(&QueryMsg::Report {
        nonce: 77u64.into(),
    });
    unknown.unwrap_err();
}

#[test]
fn a_key_is_resolved_and_the_operator_is_sent() {
    let mut suite = Suite::with_operators();
    let infraction = Infraction {
        offender: Offender::Key(key(1)),
        kind: DOUBLE_SIGN.into(),
        ..suite.downtime("alice")
    };
    // As the chain's own module, which needs no permission.
    let gateway = suite.gateway.clone();
    let msg = SudoMsg::Report(infraction.clone());
    suite.net.consumer.sudo(&gateway, &msg).unwrap();
    assert_eq!(suite.report_by(1).operator, "alice");
    suite.net.relay_all().unwrap();
    // The host may know the key as nobody's by then, or as somebody else's.
    assert_eq!(
        suite.received()[0].offender,
        Offender::Operator("alice".into())
    );
    assert_eq!(suite.report_by(1).infraction, infraction);
    assert_eq!(suite.received()[0].update_id.u64(), 1);

    // The same infraction by address is the same infraction; another kind or height is not.
    let by_name = Infraction {
        offender: Offender::Operator("alice".into()),
        ..infraction
    };
    let known = ContractError::AlreadyReported { nonce: 1 };
    suite.fails("reporter", &ExecuteMsg::Report(by_name.clone()), &known);
    let error = suite
        .net
        .consumer
        .sudo(&gateway, &SudoMsg::Report(by_name.clone()))
        .unwrap_err();
    assert_eq!(contract_error(&error), &known);
    suite.report(&Infraction {
        kind: DOWNTIME.into(),
        ..by_name.clone()
    });
    suite.report(&Infraction {
        height: by_name.height - Uint64::one(),
        ..by_name
    });
    suite.net.relay_all().unwrap();
    let nonces: Vec<_> = suite.received().iter().map(|s| s.nonce.u64()).collect();
    assert_eq!(nonces, [1, 2, 3]);
}

#[test]
fn every_bad_report_is_refused_without_a_trace() {
    let mut suite = Suite::with_operators();
    let good = suite.downtime("alice");
    let stranger = ContractError::NotReporter {
        address: suite.account("owner"),
    };
    suite.fails("owner", &ExecuteMsg::Report(good.clone()), &stranger);
    let cases = [
        (
            Infraction {
                offender: Offender::Operator("dave".into()),
                ..good.clone()
            },
            ContractError::UnknownOperator {
                operator: "dave".into(),
            },
        ),
        (
            Infraction {
                offender: Offender::Key(key(9)),
                ..good.clone()
            },
            ContractError::UnknownKey {
                key: key(9).to_base64(),
            },
        ),
        (
            Infraction {
                offender: Offender::Key(Binary::from([1u8; 33])),
                ..good.clone()
            },
            ContractError::KeyLength { length: 33 },
        ),
        (
            Infraction {
                time: good.time.plus_nanos(1),
                ..good.clone()
            },
            ContractError::FutureTime {
                time: good.time.plus_nanos(1),
                now: good.time,
            },
        ),
        (
            Infraction {
                height: good.height + Uint64::one(),
                ..good.clone()
            },
            ContractError::FutureHeight {
                height: good.height.u64() + 1,
                now: good.height.u64(),
            },
        ),
        (
            Infraction {
                time: good.time.minus_seconds(51),
                ..good.clone()
            },
            ContractError::OtherTime {
                time: good.time.minus_seconds(51),
                since: suite.power_at(1, Some("alice")).unwrap().time,
                until: None,
            },
        ),
    ];
    for (infraction, error) in cases {
        suite.fails("reporter", &ExecuteMsg::Report(infraction), &error);
    }
    let long = "a".repeat(33);
    for kind in ["", "Downtime", "double-sign", "späth", "a b", long.as_str()] {
        let infraction = Infraction {
            kind: kind.into(),
            ..good.clone()
        };
        let error = ContractError::Kind { kind: kind.into() };
        suite.fails("reporter", &ExecuteMsg::Report(infraction), &error);
    }
    // 32 of the allowed letters are allowed.
    suite.report(&Infraction {
        kind: "abcdefghijklmnopqrstuvwxyz_01239".into(),
        ..good
    });
    assert_eq!(suite.report_by(1).attempts, 1);
}

#[test]
fn a_pause_holds_packets_back_and_loses_no_report() {
    let mut suite = Suite::with_operators();
    let first = suite.downtime("alice");
    suite.report(&first);
    let pause = |seconds| {
        ExecuteMsg::Admin(AdminMsg::Pause {
            action: Action::Relays,
            seconds,
        })
    };
    let stranger = AdminError::NotGuardian {
        sender: suite.account("reporter"),
    };
    suite.fails("reporter", &pause(None), &stranger.into());
    let week = 7 * 86_400;
    let too_long = AdminError::PauseLength {
        action: "relays",
        limit: week,
        requested: week + 1,
    };
    suite.fails("guardian", &pause(Some(week + 1)), &too_long.into());
    suite.execute("guardian", &pause(None)).unwrap();
    let until = suite.now().plus_seconds(week);
    let paused: ContractError = AdminError::Paused {
        action: "relays",
        until: Some(until),
    }
    .into();

    // Both ways in are open, and nothing goes out.
    let second = suite.downtime("bob");
    suite.report(&second);
    let third = Infraction {
        kind: DOUBLE_SIGN.into(),
        ..second
    };
    let gateway = suite.gateway.clone();
    let msg = SudoMsg::Report(third);
    suite.net.consumer.sudo(&gateway, &msg).unwrap();
    for nonce in [2, 3] {
        assert_eq!(suite.queued_until(nonce).nanos(), 0);
        assert_eq!(suite.report_by(nonce).attempts, 0);
    }
    suite.net.advance(crate::ledger::TIMEOUT);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.queued_until(1).nanos(), 0);
    let relay = ExecuteMsg::Relay { limit: None };
    suite.fails("anybody", &relay, &paused);
    assert_eq!(suite.received(), []);
    // Powers and outcomes still come in.
    suite.apply(&set(2, &[power("bob", 40)]));
    assert_eq!(suite.total().0.u128(), 140);
    suite.outcome(1, Outcome::Vetoed {});

    // It ends by itself, and comes back no sooner than a week later.
    suite.net.advance(week - crate::ledger::TIMEOUT - 1);
    suite.fails("anybody", &relay, &paused);
    suite.net.advance(1);
    assert_eq!(suite.relay(), 2);
    suite.net.relay_all().unwrap();
    let nonces: Vec<_> = suite.received().iter().map(|s| s.nonce.u64()).collect();
    assert_eq!(nonces, [2, 3]);
    let too_soon: ContractError = AdminError::PauseTooSoon {
        action: "relays",
        earliest: until.plus_seconds(week),
    }
    .into();
    suite.net.advance(week - 1);
    suite.fails("guardian", &pause(Some(1)), &too_soon);
    suite.net.advance(1);
    suite.execute("guardian", &pause(Some(1))).unwrap();
}

#[test]
fn a_rejected_report_ends_and_does_not_block_the_right_one() {
    let mut suite = Suite::with_operators();
    let reason = "too old: ".to_string() + &"é".repeat(400);
    suite.answer(Answer::Fixed(SlashAck::Rejected {
        reason: reason.clone(),
    }));
    let mut infraction = suite.downtime("alice");
    infraction.time = infraction.time.minus_seconds(40);
    suite.report(&infraction);
    suite.net.relay_all().unwrap();
    let ReportState::Ended {
        outcome: Outcome::Rejected { reason: kept },
    } = suite.state(1)
    else {
        panic!()
    };
    assert!(kept.len() <= 256 && reason.starts_with(&kept) && kept.len() > 250);
    // Right this time.
    suite.answer(Answer::Accept {});
    infraction.time = infraction.time.plus_seconds(40);
    suite.report(&infraction);
    suite.net.relay_all().unwrap();
    suite.outcome(2, Outcome::Executed {});
    let executed = ReportState::Ended {
        outcome: Outcome::Executed {},
    };
    assert_eq!(suite.state(2), executed);
    // Executed or vetoed, it is over.
    let known = ContractError::AlreadyReported { nonce: 2 };
    suite.fails("reporter", &ExecuteMsg::Report(infraction), &known);
}

#[test]
fn acks_with_an_outcome_end_the_report_at_once() {
    for outcome in [Outcome::Executed {}, Outcome::Vetoed {}] {
        for answer in [
            SlashAck::Accepted {
                request: 5u64.into(),
                outcome: Some(outcome.clone()),
            },
            SlashAck::Duplicate {
                request: 5u64.into(),
                outcome: Some(outcome.clone()),
            },
        ] {
            let mut suite = Suite::with_operators();
            suite.answer(Answer::Fixed(answer));
            suite.report(&suite.downtime("alice"));
            suite.net.relay_all().unwrap();
            let outcome = outcome.clone();
            assert_eq!(suite.state(1), ReportState::Ended { outcome });
        }
    }
}

#[test]
fn an_outcome_may_overtake_the_ack() {
    let mut suite = Suite::with_operators();
    suite.report(&suite.downtime("alice"));
    let packet = suite
        .net
        .only_pending(palisade_testing::Side::Consumer)
        .unwrap();
    suite.net.receive(&packet).unwrap();
    suite.outcome(1, Outcome::Vetoed {});
    let vetoed = ReportState::Ended {
        outcome: Outcome::Vetoed {},
    };
    assert_eq!(suite.state(1), vetoed);
    let before = suite.dump();
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.state(1), vetoed);
    assert_eq!(suite.dump(), before);
}

#[test]
fn without_a_channel_reports_wait() {
    let mut suite = Suite::with_operators();
    let channel = suite.host_channel_id();
    suite.tell_host(&crate::host::HostMsg::Close { channel });
    let here = suite.channel_id();
    suite
        .net
        .close_confirm(palisade_testing::Side::Consumer, &here)
        .unwrap();
    assert_eq!(suite.config().channel, None);
    suite.report(&suite.downtime("alice"));
    suite.report(&suite.downtime("bob"));
    assert_eq!(suite.queued_until(1).nanos(), 0);
    assert_eq!(suite.report_by(2).attempts, 0);
    let relay = ExecuteMsg::Relay { limit: None };
    suite.fails("anybody", &relay, &ContractError::NoChannel);
    suite.open_channel();
    assert_eq!(suite.relay(), 2);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.received().len(), 2);
    let nothing = ContractError::NothingDue { next: None };
    suite.fails("anybody", &relay, &nothing);
}

#[test]
fn reports_are_listed_in_pages() {
    let mut suite = Suite::with_operators();
    for _ in 0..4 {
        suite.report(&suite.downtime("alice"));
        suite.net.advance(5);
    }
    suite.net.relay_all().unwrap();
    suite.outcome(2, Outcome::Executed {});
    let list = |open, start_after: Option<u64>, limit| -> Vec<u64> {
        let start_after = start_after.map(Uint64::new);
        let msg = QueryMsg::Reports {
            open,
            start_after,
            limit,
        };
        let reports: Vec<ReportResponse> = suite.query(&msg).unwrap();
        reports.into_iter().map(|r| r.nonce.u64()).collect()
    };
    assert_eq!(list(false, None, Some(3)), [1, 2, 3]);
    assert_eq!(list(false, Some(3), None), [4]);
    assert_eq!(list(true, None, Some(2)), [1, 3]);
    assert_eq!(list(true, Some(3), None), [4]);
}
