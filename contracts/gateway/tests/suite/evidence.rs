//! Reports with proof: what is taken for one, and how it gets past reports without.

use cosmwasm_std::{Binary, Timestamp, Uint64};
use ed25519_zebra::{SigningKey, VerificationKey};
use palisade_evidence::{BlockId, Equivocation, EvidenceError, Part, Vote, VoteTime, VoteType};
use palisade_gateway::ContractError;
use palisade_ibc::{Offender, OperatorPower, Outcome, Slash, SlashAck, DOUBLE_SIGN};
use palisade_testing::Side;
use palisade_types::gateway::*;

use crate::host::{Answer, HostMsg};
use crate::ledger::{contract_error, power, set, Suite};

const CHAIN: &str = "consumer-1";

fn signer(seed: u8) -> SigningKey {
    SigningKey::from([seed; 32])
}

/// The consensus key of a seed.
fn public(seed: u8) -> Binary {
    let key: [u8; 32] = VerificationKey::from(&signer(seed)).into();
    key.into()
}

fn signing(operator: &str, amount: u128, seed: u8) -> OperatorPower {
    OperatorPower {
        key: Some(public(seed)),
        ..power(operator, amount)
    }
}

/// Precommits for blocks 7 and 8 at a height.
fn equivocation(seed: u8, chain: &str, height: Uint64) -> Equivocation {
    let vote = |block: u8| Vote {
        block_id: Some(BlockId {
            hash: [block; 32].into(),
            parts_total: 1,
            parts_hash: [block; 32].into(),
        }),
        timestamp: VoteTime {
            seconds: 1_700_000_000i64.into(),
            nanos: 5,
        },
        signature: Binary::default(),
    };
    let mut evidence = Equivocation {
        key: public(seed),
        vote_type: VoteType::Precommit {},
        height,
        round: 0,
        first: vote(7),
        second: vote(8),
    };
    let sign = |vote: &Vote| -> Binary {
        let bytes = evidence.sign_bytes(chain, vote).unwrap();
        let signature: [u8; 64] = signer(seed).sign(&bytes).into();
        signature.into()
    };
    let (first, second) = (sign(&evidence.first), sign(&evidence.second));
    evidence.first.signature = first;
    evidence.second.signature = second;
    evidence
}

/// `alice` with key 1 and before it key 3, `bob` with key 2.
fn suite() -> Suite {
    let mut suite = Suite::open();
    suite.apply(&set(1, &[signing("alice", 100, 3), signing("bob", 50, 2)]));
    suite.apply(&set(2, &[signing("alice", 100, 1)]));
    suite.net.advance(50);
    suite
}

/// A double-sign by `alice`, now, without proof.
fn claim(suite: &Suite) -> Infraction {
    Infraction {
        kind: DOUBLE_SIGN.into(),
        ..suite.downtime("alice")
    }
}

fn prove(claim: &Infraction) -> Infraction {
    Infraction {
        evidence: Some(equivocation(1, CHAIN, claim.height)),
        ..claim.clone()
    }
}

fn ended(outcome: &Outcome) -> ReportState {
    ReportState::Ended {
        outcome: outcome.clone(),
    }
}

fn rejected() -> Outcome {
    Outcome::Rejected {
        reason: "no".into(),
    }
}

fn known(suite: &mut Suite, infraction: &Infraction, nonce: u64) {
    let error = ContractError::AlreadyReported { nonce };
    suite.fails("reporter", &ExecuteMsg::Report(infraction.clone()), &error);
}

#[test]
fn a_proof_goes_with_every_packet_of_its_report() {
    let mut suite = suite();
    let proof = prove(&claim(&suite));
    // By key, from the chain's own module.
    let infraction = Infraction {
        offender: Offender::Key(public(1)),
        ..proof.clone()
    };
    let retry_at = suite.now().plus_seconds(3_000);
    suite.answer(Answer::Fixed(SlashAck::Bounced { retry_at }));
    let gateway = suite.gateway.clone();
    let msg = SudoMsg::Report(infraction.clone());
    let response = suite.net.consumer.sudo(&gateway, &msg).unwrap();
    let event = response.events.iter().find(|e| e.ty == "wasm-report");
    let attributes = &event.unwrap().attributes;
    assert!(attributes.iter().any(|a| *a == ("proven", "true")));
    assert!(!attributes.iter().any(|a| a.key == "replaces"));
    assert_eq!(suite.report_by(1).infraction, infraction);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.queued_until(1), retry_at);

    suite.net.advance(3_000);
    suite.answer(Answer::Fixed(SlashAck::Accepted {
        request: 4u64.into(),
        outcome: Some(Outcome::Executed {}),
    }));
    assert_eq!(suite.relay(), 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.state(1), ended(&Outcome::Executed {}));
    let slash = Slash {
        nonce: 1u64.into(),
        offender: Offender::Operator("alice".into()),
        infraction: DOUBLE_SIGN.into(),
        update_id: 2u64.into(),
        height: proof.height,
        time: proof.time,
        evidence: proof.evidence.clone(),
    };
    assert_eq!(suite.received(), [slash.clone(), slash]);
    known(&mut suite, &proof, 1);
}

#[test]
fn evidence_that_does_not_prove_the_report_is_refused() {
    let mut suite = suite();
    let good = prove(&claim(&suite));
    let votes = good.evidence.clone().unwrap();
    let height = good.height.u64();
    let with = |evidence: Equivocation| Infraction {
        evidence: Some(evidence),
        ..good.clone()
    };
    let by_key = |key: Binary| ContractError::EvidenceKey {
        key: key.to_base64(),
        operator: "alice".into(),
    };
    let forged = |part| EvidenceError::Forged {
        part,
        key: public(1),
        chain_id: CHAIN.into(),
    };
    let cases = [
        (
            Infraction {
                kind: "double_signing".into(),
                ..good.clone()
            },
            ContractError::EvidenceKind {
                kind: "double_signing".into(),
            },
        ),
        (
            with(equivocation(1, CHAIN, (height - 1).into())),
            ContractError::EvidenceHeight {
                height: height - 1,
                infraction: height,
            },
        ),
        // Bob's votes, nobody's, and alice's said to be bob's.
        (with(equivocation(2, CHAIN, good.height)), by_key(public(2))),
        (with(equivocation(9, CHAIN, good.height)), by_key(public(9))),
        (
            Infraction {
                offender: Offender::Operator("bob".into()),
                ..good.clone()
            },
            ContractError::EvidenceKey {
                key: public(1).to_base64(),
                operator: "bob".into(),
            },
        ),
        // Signed for another chain: the same keys often serve a testnet.
        (
            with(equivocation(1, "consumer-2", good.height)),
            forged(Part::FirstSignature).into(),
        ),
        (
            with(Equivocation {
                second: Vote {
                    signature: votes.first.signature.clone(),
                    ..votes.second.clone()
                },
                ..votes.clone()
            }),
            forged(Part::SecondSignature).into(),
        ),
        (
            with(Equivocation {
                second: votes.first.clone(),
                ..votes.clone()
            }),
            EvidenceError::SameBlock {
                block_id: votes.first.block_id.clone(),
            }
            .into(),
        ),
        (
            with(Equivocation {
                first: Vote {
                    signature: Binary::from([1u8; 63]),
                    ..votes.first.clone()
                },
                ..votes.clone()
            }),
            EvidenceError::Length {
                part: Part::FirstSignature,
                length: 63,
                required: 64,
            }
            .into(),
        ),
    ];
    let gateway = suite.gateway.clone();
    for (infraction, error) in cases {
        suite.fails("reporter", &ExecuteMsg::Report(infraction.clone()), &error);
        let refused = suite
            .net
            .consumer
            .sudo(&gateway, &SudoMsg::Report(infraction))
            .unwrap_err();
        assert_eq!(contract_error(&refused), &error);
    }
    // Evidence exempts from nothing that a report without it must meet.
    let early = Infraction {
        time: good.time.minus_seconds(51),
        ..good.clone()
    };
    let since = suite.power_at(2, Some("alice")).unwrap().time;
    let other = ContractError::OtherTime {
        time: early.time,
        since,
        until: None,
    };
    suite.fails("reporter", &ExecuteMsg::Report(early), &other);
    suite.report(&good);
}

#[test]
fn an_earlier_key_proves_as_long_as_it_is_nobody_elses() {
    let mut suite = suite();
    let claim = claim(&suite);
    let by_old_key = |claim: &Infraction| Infraction {
        evidence: Some(equivocation(3, CHAIN, claim.height)),
        ..claim.clone()
    };
    suite.report(&by_old_key(&claim));
    assert_eq!(suite.report_by(1).operator, "alice");
    suite.apply(&set(3, &[signing("bob", 50, 3)]));
    suite.net.advance(5);
    let later = by_old_key(&Infraction {
        height: suite.height().into(),
        time: suite.now(),
        ..claim
    });
    let error = ContractError::EvidenceKey {
        key: public(3).to_base64(),
        operator: "alice".into(),
    };
    suite.fails("reporter", &ExecuteMsg::Report(later), &error);
}

/// For each state of a report without proof: neither its repetition nor anything else gets past it,
/// but a proof does, under a nonce of its own, unless the penalty was taken.
#[test]
fn a_proof_gets_past_a_report_that_is_open_or_ended_without_penalty() {
    let bounce = SlashAck::Bounced {
        retry_at: Timestamp::from_nanos(u64::MAX),
    };
    type Story = (&'static str, fn(&mut Suite), bool, bool);
    // Name, what becomes of report 1, and whether a repetition and a proof get through.
    let stories: [Story; 5] = [
        ("sent", |_| {}, false, true),
        (
            "accepted",
            |s| assert!(s.net.relay_all().is_ok()),
            false,
            true,
        ),
        ("vetoed", |s| s.outcome(1, Outcome::Vetoed {}), false, true),
        ("rejected", |s| s.outcome(1, rejected()), true, true),
        (
            "executed",
            |s| s.outcome(1, Outcome::Executed {}),
            false,
            false,
        ),
    ];
    for (name, story, again, proof) in stories {
        let mut suite = suite();
        let claim = claim(&suite);
        suite.report(&claim);
        story(&mut suite);
        let first = suite.report_by(1);
        if again {
            suite.report(&claim);
            assert_eq!(suite.report_by(2).infraction, claim, "{name}");
            continue;
        }
        known(&mut suite, &claim, 1);
        if !proof {
            known(&mut suite, &prove(&claim), 1);
            continue;
        }
        let msg = ExecuteMsg::Report(prove(&claim));
        let response = suite.execute("reporter", &msg).unwrap();
        let event = response.events.iter().find(|e| e.ty == "wasm-report");
        let attributes = &event.unwrap().attributes;
        assert!(attributes.iter().any(|a| *a == ("replaces", "1")), "{name}");
        // The first report is as it was; the second one has the proof.
        assert_eq!(suite.report_by(1), first, "{name}");
        assert_eq!(suite.report_by(2).infraction, prove(&claim), "{name}");
        assert_eq!(suite.sent_on(2), suite.channel_id());
        // One proof is enough.
        known(&mut suite, &claim, 2);
        known(&mut suite, &prove(&claim), 2);
        suite.outcome(2, Outcome::Executed {});
        assert_eq!(suite.state(2), ended(&Outcome::Executed {}));
        known(&mut suite, &prove(&claim), 2);
    }

    // The same for reports that wait: bounced, and without a channel never sent.
    let mut suite = suite();
    let claim = claim(&suite);
    suite.answer(Answer::Fixed(bounce));
    suite.report(&claim);
    suite.net.relay_all().unwrap();
    let channel = suite.host_channel_id();
    let here = suite.channel_id();
    suite.tell_host(&HostMsg::Close { channel });
    suite.net.close_confirm(Side::Consumer, &here).unwrap();
    let second = Infraction {
        height: claim.height - Uint64::one(),
        ..claim.clone()
    };
    suite.report(&second);
    suite.report(&prove(&claim));
    suite.report(&prove(&second));
    known(&mut suite, &claim, 3);
    known(&mut suite, &second, 4);
    suite.answer(Answer::Accept {});
    suite.open_channel();
    // All but the first, which waits for a day.
    assert_eq!(suite.relay(), 3);
    suite.net.advance(86_400);
    assert_eq!(suite.relay(), 1);
}

#[test]
fn of_a_report_and_its_proof_under_way_at_once_each_ends_by_its_own_answer() {
    let mut suite = suite();
    let claim = claim(&suite);
    suite.report(&claim);
    suite.report(&prove(&claim));
    let [first, second] = suite.net.pending(Side::Consumer).try_into().unwrap();
    // The proof arrives first, and is executed. The report finds its penalty taken.
    suite.answer(Answer::Fixed(SlashAck::Accepted {
        request: 5u64.into(),
        outcome: Some(Outcome::Executed {}),
    }));
    suite.net.receive(&second).unwrap();
    suite.answer(Answer::Fixed(SlashAck::Duplicate {
        request: 5u64.into(),
        outcome: Some(Outcome::Executed {}),
    }));
    suite.net.receive(&first).unwrap();
    suite.net.acknowledge(&first).unwrap();
    suite.net.acknowledge(&second).unwrap();
    let received: Vec<_> = suite
        .received()
        .into_iter()
        .map(|s| (s.nonce.u64(), s.evidence.is_some()))
        .collect();
    assert_eq!(received, [(2, true), (1, false)]);
    for nonce in [1, 2] {
        assert_eq!(suite.state(nonce), ended(&Outcome::Executed {}));
    }
    known(&mut suite, &prove(&claim), 2);
}

#[test]
fn a_report_that_is_rejected_does_not_take_the_place_of_its_proof() {
    let mut suite = suite();
    let claim = claim(&suite);
    suite.report(&claim);
    suite.report(&prove(&claim));
    suite.outcome(1, rejected());
    known(&mut suite, &claim, 2);
    known(&mut suite, &prove(&claim), 2);
    // Both rejected: the infraction is free, for a report and for a proof.
    suite.outcome(2, rejected());
    suite.report(&claim);
    suite.report(&prove(&claim));
    assert_eq!(suite.report_by(4).infraction, prove(&claim));
}

#[test]
fn the_place_of_a_rejected_proof_goes_back_to_the_report_before() {
    // A veto stays final for reports without proof.
    for (outcome, proof_again) in [
        (None, true),
        (Some(Outcome::Vetoed {}), true),
        (Some(Outcome::Executed {}), false),
    ] {
        let mut suite = suite();
        let claim = claim(&suite);
        suite.report(&claim);
        suite.report(&prove(&claim));
        if let Some(outcome) = outcome {
            suite.outcome(1, outcome);
        }
        // As of a host that was not told this chain's id.
        suite.outcome(2, rejected());
        known(&mut suite, &claim, 1);
        if proof_again {
            suite.report(&prove(&claim));
            known(&mut suite, &claim, 3);
            suite.outcome(3, Outcome::Executed {});
        } else {
            known(&mut suite, &prove(&claim), 1);
        }
    }
}

#[test]
fn the_host_had_its_proof_when_it_vetoed_or_executed_it() {
    for outcome in [Outcome::Vetoed {}, Outcome::Executed {}] {
        let mut suite = suite();
        let claim = claim(&suite);
        suite.report(&prove(&claim));
        known(&mut suite, &claim, 1);
        suite.outcome(1, outcome);
        known(&mut suite, &claim, 1);
        known(&mut suite, &prove(&claim), 1);
    }
    let mut suite = suite();
    let claim = claim(&suite);
    suite.report(&prove(&claim));
    suite.outcome(1, rejected());
    suite.report(&claim);
    assert_eq!(suite.report_by(2).infraction, claim);
}
