//! Double-signs that anybody proves: by which update and when is told by the height, and the table
//! of acknowledgements.

use cosmwasm_std::Decimal;
use palisade_evidence::{Equivocation, EvidenceError, Part};
use palisade_ibc::{HostPacket, DOUBLE_SIGN};
use palisade_slashing::refusal::Refusal;
use palisade_slashing::ContractError;
use palisade_testing::Side;
use palisade_types::asset::Destination;
use palisade_types::slashing::*;

use crate::allocation::{Rules, EPOCH, UNBONDING};
use crate::asks::*;
use crate::story::*;
use crate::sync::update;
use crate::votes::*;

fn repeated(request: u64) -> ContractError {
    ContractError::Duplicate {
        service: CHAIN,
        request,
    }
}

#[test]
fn anybody_proves_a_double_sign_and_gets_the_bounty() {
    let suite = Suite::bare();
    let settings = ServiceSettings {
        bounty: Decimal::percent(10),
        ..disputed(&suite)
    };
    let mut suite = suite.proved_by(keyed_service(settings));
    let told = update(&suite, CHAIN, 1).applied.unwrap();
    let height = told.0.u64() + 3;
    // Neither a window, nor an empty throttle, nor a suspension stops it.
    suite.set_buckets(CHAIN, 0, 0);
    suite.suspend("guardian", None).unwrap();
    let response = suite.prove(&equivocation(ALICE, height)).unwrap();
    let request = suite.request(1);
    assert_eq!(
        request,
        RequestResponse {
            service: CHAIN,
            request: 1u64.into(),
            nonce: None,
            proven: true,
            overrides: None,
            operator: suite.account("alice"),
            kind: DOUBLE_SIGN.into(),
            update_id: 1u64.into(),
            height: height.into(),
            time: told.1,
            received_at: suite.now(),
            executable_at: suite.now(),
            penalty: None,
            state: request.state.clone(),
        }
    );
    assert_eq!(seized(&request), 50);
    assert_eq!(
        suite.payees(),
        [
            payee(0, send(suite.account("finder")), 100),
            payee(CHAIN, Destination::Burn {}, 900)
        ]
    );
    let attributes = ["request", "update_id", "overrides"];
    let told = attributes.map(|key| attribute(&response, "submit_equivocation", key).join(","));
    assert_eq!(told, ["1", "1", "none"]);
    assert!(suite.standing("alice").tombstoned);
    assert!(!suite.standing("bob").tombstoned);
    assert_eq!(suite.drawn(CHAIN), (0, 0, 0));
    assert_eq!(suite.untold(), []);

    // The same votes, the other way round, or others of that height, are the same infraction.
    let mut swapped = equivocation(ALICE, height);
    std::mem::swap(&mut swapped.first, &mut swapped.second);
    let mut other = equivocation(ALICE, height);
    other.round = 1;
    let other = sign(other, ALICE, CHAIN_ID);
    for evidence in [equivocation(ALICE, height), swapped, other] {
        assert_eq!(error(suite.prove(&evidence)), repeated(1));
    }
    // Another height is another one, and of two the operator bears the larger.
    suite.prove(&equivocation(ALICE, height + 1)).unwrap();
    assert_eq!(seized(&suite.request(2)), 0);
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn the_height_tells_update_and_time() {
    let mut suite = Suite::provable();
    for power in [800, 600] {
        suite.alice(power);
        suite.tell_all();
    }
    let applied = [1, 2, 3].map(|update_id| update(&suite, CHAIN, update_id).applied.unwrap());
    let [one, two, three] = applied.map(|(height, _)| height.u64());
    let times = applied.map(|(_, time)| time);
    // A block is signed by the set before it: nothing was in force at the first one's own height.
    for height in [1, one - 1, one] {
        assert_eq!(
            error(suite.prove(&equivocation(ALICE, height))),
            ContractError::Refused(Refusal::NotInForce {})
        );
    }
    let cases = [
        (one + 1, 1),
        (two, 1),
        (two + 1, 2),
        (three - 1, 2),
        (three, 2),
        (three + 1, 3),
        (three + 1_000_000, 3),
    ];
    for ((height, expected), request) in cases.into_iter().zip(1..) {
        suite.prove(&equivocation(ALICE, height)).unwrap();
        let request = suite.request(request);
        assert_eq!(request.update_id.u64(), expected, "{height}");
        assert_eq!(request.time, times[expected as usize - 1]);
    }
    // Of 1,000 first; of 800 and 600 nothing beyond that.
    let taken: Vec<_> = suite.requests(CHAIN).iter().map(seized).collect();
    assert_eq!(taken, [50, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn updates_applied_out_of_order() {
    let mut suite = Suite::provable();
    let mut packets = vec![];
    suite.alice(800);
    suite.sync(CHAIN).unwrap();
    packets.extend(suite.net.pending(Side::Host).pop());
    suite.bob(400);
    suite.sync(CHAIN).unwrap();
    packets.extend(suite.net.pending(Side::Host).pop());
    // Three arrives before two.
    for packet in packets.iter().rev() {
        suite.net.receive(packet).unwrap();
        suite.net.acknowledge(packet).unwrap();
        suite.net.advance(100);
    }
    let [two, three] = [2, 3].map(|update_id| suite.applied(update_id));
    assert!(three < two);
    let cases = [
        (ALICE, three, 1),
        (ALICE, three + 1, 1), // Two was not there yet.
        (BOB, three + 1, 3),
        (ALICE, two, 1),
        (ALICE, two + 1, 2),
        (BOB, two + 1, 3),
    ];
    for ((seed, height, expected), request) in cases.into_iter().zip(1..) {
        suite.prove(&equivocation(seed, height)).unwrap();
        assert_eq!(suite.request(request).update_id.u64(), expected, "{height}");
    }
    // The time is of the last application before, whichever update that was.
    let time = update(&suite, CHAIN, 2).applied.unwrap().1;
    assert_eq!(suite.request(6).time, time);
}

#[test]
fn updates_that_timed_out_were_never_in_force() {
    let mut suite = Suite::provable();
    let mut lost = vec![];
    for power in 1..=40 {
        suite.alice(power);
        suite.sync(CHAIN).unwrap();
        lost.extend(suite.net.pending(Side::Host).pop());
    }
    suite.net.advance(TIMEOUT / 2);
    suite.bob(400);
    suite.sync(CHAIN).unwrap();
    let last = suite.net.pending(Side::Host).pop().unwrap();
    suite.net.advance(TIMEOUT / 2);
    for packet in &lost {
        suite.net.timeout(packet).unwrap();
    }
    suite.net.receive(&last).unwrap();
    suite.net.acknowledge(&last).unwrap();
    let height = suite.applied(42) + 1;
    // Alice still signed with what update 1 told, however many were lost.
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).update_id.u64(), 1);
    assert_eq!(seized(&suite.request(1)), 50);
}

#[test]
fn a_double_sign_expires_by_the_next_entry_of_the_table() {
    let mut suite = Suite::provable();
    suite.alice(800);
    suite.tell_all();
    let (height, time) = update(&suite, CHAIN, 2).applied.unwrap();
    let height = height.u64();
    let elapsed = suite.now().seconds() - time.seconds();
    suite.net.advance(EVIDENCE_AGE - elapsed);
    // It came at that time at the latest, which is just not too old.
    suite.prove(&equivocation(ALICE, height)).unwrap();
    suite.net.advance(1);
    let expired = ContractError::Refused(Refusal::Expired {
        evidence_age: EVIDENCE_AGE,
    });
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height - 1))),
        expired
    );
    // Nobody knows how old one after the newest entry is.
    suite.prove(&equivocation(ALICE, height + 1)).unwrap();
    assert_eq!(suite.requests(CHAIN).len(), 2);
}

#[test]
fn choosing_the_timestamp_of_ones_double_sign() {
    // Before the stake, long expired, in the future, before the calendar: the signer chose.
    for seconds in [0, -62_135_596_800, 1_600_000_000, 253_402_300_799] {
        let mut suite = Suite::provable();
        suite.alice(800);
        suite.tell_all();
        let height = suite.applied(1) + 1;
        suite.prove(&timed(ALICE, height, seconds)).unwrap();
        let request = suite.request(1);
        let (_, time) = update(&suite, CHAIN, 1).applied.unwrap();
        assert_eq!((request.update_id.u64(), request.time), (1, time));
        assert_eq!(seized(&request), 50);
        // Nor is it another one with other times.
        let again = timed(ALICE, height, seconds + 1 - 2 * i64::from(seconds > 0));
        assert_eq!(error(suite.prove(&again)), repeated(1));
    }
}

#[test]
fn a_stopped_service_has_double_signs_from_before_proved() {
    let mut suite = Suite::provable();
    suite.alice(800);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    suite.stop().unwrap();
    let (_, time) = update(&suite, CHAIN, 2).applied.unwrap();
    assert_eq!(suite.service(CHAIN).stopped_at, Some(time));
    suite.net.advance(10);
    suite.alice(700);
    suite.tell_all();
    let [two, three] = [2, 3].map(|update_id| suite.applied(update_id));
    // By the table each of these may have come before the stop, or with it.
    for height in [two, two + 1, three] {
        suite.prove(&equivocation(ALICE, height)).unwrap();
    }
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, three + 1))),
        ContractError::Refused(Refusal::Stopped {})
    );
    assert_eq!(suite.requests(CHAIN).len(), 3);
}

#[test]
fn what_proves_nothing_is_refused_and_changes_nothing() {
    let mut suite = Suite::provable();
    let first = suite.applied(1);
    let height = first + 1;
    suite.keyed("carol", 300, Some(public(3)));
    suite.tell_all();
    let good = equivocation(ALICE, height);
    let forged = |part, chain_id: &str| {
        ContractError::Evidence(EvidenceError::Forged {
            part,
            key: public(ALICE),
            chain_id: chain_id.into(),
        })
    };
    let mut second_forged = good.clone();
    second_forged.second.signature = second_forged.first.signature.clone();
    let mut same_block = good.clone();
    same_block.second = same_block.first.clone();
    let same = EvidenceError::SameBlock {
        block_id: good.first.block_id.clone(),
    };
    let cases: Vec<(Equivocation, ContractError)> = vec![
        // Mallory signs in her name.
        (
            sign(good.clone(), 9, CHAIN_ID),
            forged(Part::FirstSignature, CHAIN_ID),
        ),
        (second_forged, forged(Part::SecondSignature, CHAIN_ID)),
        // She signed, but on another chain.
        (
            sign(good.clone(), ALICE, "consumer-2"),
            forged(Part::FirstSignature, CHAIN_ID),
        ),
        (same_block, ContractError::Evidence(same)),
        // Real votes of a key that is nobody's.
        (
            equivocation(9, height),
            ContractError::Refused(Refusal::Offender {}),
        ),
        // And of one that the consumer was never told of.
        (
            equivocation(3, height),
            ContractError::Refused(Refusal::NotInForce {}),
        ),
    ];
    for (evidence, expected) in cases {
        assert_eq!(error(suite.prove(&evidence)), expected);
    }
    suite.rules(Rules {
        no_capture: true,
        ..Rules::default()
    });
    let nothing = ContractError::Refused(Refusal::NothingCaptured {});
    assert_eq!(error(suite.prove(&good)), nothing);
    suite.rules(Rules {
        no_slash: true,
        ..Rules::default()
    });
    // A proof whose execution fails can be brought again.
    suite.prove(&good).unwrap_err();
    suite.rules(Rules::default());
    for service in [LOCAL, 9] {
        let evidence = good.clone();
        let msg = ExecuteMsg::SubmitEquivocation { service, evidence };
        let expected = match service {
            LOCAL => ContractError::Refused(Refusal::NotProvable {}),
            service => ContractError::UnknownService { service },
        };
        assert_eq!(error(suite.run("finder", &msg)), expected);
    }
    assert_eq!(suite.requests(CHAIN), []);
    assert_eq!(suite.slashes(), []);
    assert_eq!(suite.standing("alice"), StandingResponse::default());
    suite.prove(&good).unwrap();
}

#[test]
fn a_double_sign_without_a_penalty_is_not_punished() {
    let mut new = keyed_service(settings());
    new.penalties.retain(|p| p.kind != DOUBLE_SIGN);
    let mut suite = Suite::bare().proved_by(new);
    let kind = ContractError::Refused(Refusal::Kind {});
    let height = suite.applied(1) + 1;
    assert_eq!(error(suite.prove(&equivocation(ALICE, height))), kind);
    // Nor where the penalty came later.
    suite.set_penalty(penalty(DOUBLE_SIGN, 5, 0, true)).unwrap();
    suite.net.advance(UNBONDING - 1_000);
    suite.alice(800);
    suite.tell_all();
    suite.alice(700);
    suite.tell_all();
    let [two, three] = [2, 3].map(|update_id| suite.applied(update_id));
    assert_eq!(error(suite.prove(&equivocation(ALICE, two + 1))), kind);
    suite.prove(&equivocation(ALICE, three + 1)).unwrap();
    assert_eq!(seized(&suite.request(1)), 35);
}

#[test]
fn a_heartbeat_tells_how_old_a_double_sign_can_be() {
    let mut suite = Suite::provable();
    let sent_at = update(&suite, CHAIN, 1).sent_at;
    let elapsed = suite.now().seconds() - sent_at.seconds();
    suite.net.advance(EPOCH - elapsed - 1);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 1);
    suite.net.advance(1);
    suite.sync(CHAIN).unwrap();
    let packet = suite.net.only_pending(Side::Host).unwrap();
    let HostPacket::OperatorSet(set) = packet.json().unwrap() else {
        panic!("another packet");
    };
    assert_eq!((set.update_id.u64(), set.operators.len()), (2, 0));
    // Once an epoch.
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 2);
    suite.net.relay_all().unwrap();
    let (height, time) = update(&suite, CHAIN, 2).applied.unwrap();
    let height = height.u64();
    // Nobody's power changed by it: alice is judged by update 1 still, and by the later time.
    suite.prove(&equivocation(ALICE, height + 1)).unwrap();
    let request = suite.request(1);
    assert_eq!((request.update_id.u64(), request.time), (1, time));
    assert_eq!(suite.delivery("alice"), (1, 1, false));
    // What came before it expires by it.
    suite.net.advance(EVIDENCE_AGE + 1);
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        ContractError::Refused(Refusal::Expired {
            evidence_age: EVIDENCE_AGE
        })
    );
    // For longer than an unbonding period: old entries are forgotten, what they told is not.
    for _ in 0..12 {
        suite.net.advance(EPOCH);
        suite.sync(CHAIN).unwrap();
        suite.net.relay_all().unwrap();
    }
    assert_eq!(suite.service(CHAIN).last_update.u64(), 14);
    assert_eq!(
        error(suite.prove(&equivocation(BOB, height))),
        ContractError::Refused(Refusal::Expired {
            evidence_age: EVIDENCE_AGE
        })
    );
    let newest = suite.applied(14);
    suite.prove(&equivocation(BOB, newest + 1)).unwrap();
    assert_eq!(suite.request(2).update_id.u64(), 1);
    assert_eq!(seized(&suite.request(2)), 25);
}

#[test]
fn only_provable_services_with_a_channel_have_heartbeats() {
    let mut suite = Suite::with_operators();
    suite.power("carol", 1);
    suite.sync(LOCAL).unwrap();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let last = |suite: &Suite| [CHAIN, LOCAL].map(|s| suite.service(s).last_update.u64());
    let before = last(&suite);
    suite.net.advance(2 * EPOCH);
    suite.sync(CHAIN).unwrap();
    suite.sync(LOCAL).unwrap();
    assert_eq!(last(&suite), before);

    let mut suite = Suite::provable();
    suite.close_channel();
    suite.net.advance(2 * EPOCH);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update.u64(), 1);
}
