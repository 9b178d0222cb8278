//! What the host knows of the consumer's heights, and what nobody can make of it.

use cosmwasm_std::Timestamp;
use palisade_ibc::{encode_ack, Outcome, SetAck, SlashAck};
use palisade_slashing::refusal::Refusal;
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::allocation::UNBONDING;
use crate::asks::*;
use crate::consumer::Answer;
use crate::story::*;
use crate::votes::*;

fn refused(refusal: Refusal) -> ContractError {
    ContractError::Refused(refusal)
}

#[test]
fn packets_out_of_order_leave_in_force_what_the_consumer_applied() {
    let mut suite = Suite::provable();
    // Updates 2 to 21 count alice with almost nothing; 22 with 2,000. The newest arrives first, the
    // others after it, where they change nothing, and their acknowledgements before its own.
    let mut older = vec![];
    for power in 1..=20 {
        suite.alice(power);
        older.push(suite.withheld());
    }
    suite.alice(2_000);
    let newest = suite.withheld();
    suite.net.receive(&newest).unwrap();
    for packet in &older {
        suite.net.advance(10);
        suite.net.receive(packet).unwrap();
        suite.net.acknowledge(packet).unwrap();
    }
    let height = suite.net.consumer.block().height + 1;
    suite.net.advance(10);
    suite.net.acknowledge(&newest).unwrap();
    assert!(suite.applied(22) < suite.applied(2));
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).update_id.u64(), 22);
    assert_eq!(seized(&suite.request(1)), 100);
    // And before the newest came, the first one.
    suite
        .prove(&equivocation(ALICE, suite.applied(22)))
        .unwrap();
    assert_eq!(suite.request(2).update_id.u64(), 1);
}

#[test]
fn a_proof_does_not_take_the_place_of_a_report_that_may_know_better() {
    let mut suite = Suite::provable_with_resolver();
    suite.alice(2_000);
    let packet = suite.withheld();
    suite.net.receive(&packet).unwrap();
    suite.net.advance(100);
    let height = suite.net.consumer.block().height;
    // The consumer reports by update 2; the host has not heard that it was applied.
    let mut report = suite.double_sign("alice", height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), accepted(1));
    // Alice proves it herself, while the table knows update 1 alone: 5 % of 1,000.
    suite.prove(&equivocation(ALICE, height)).unwrap();
    let proof = suite.request(2);
    assert_eq!(
        (proof.update_id.u64(), proof.overrides.map(u64::from)),
        (1, Some(1))
    );
    assert_eq!(seized(&proof), 50);
    // The report goes on waiting, and takes what it exceeds that by: 5 % of 2,000 less 50.
    assert_eq!(suite.pending("alice"), [1]);
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.heard(), [(1, Outcome::Executed {})]);
}

#[test]
fn a_report_that_may_know_better_comes_after_a_proof() {
    let mut suite = Suite::provable_with_resolver();
    suite.alice(2_000);
    let packet = suite.withheld();
    suite.net.receive(&packet).unwrap();
    suite.net.advance(100);
    let height = suite.net.consumer.block().height;
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
    // With its evidence or without: what it says of update 2 is the consumer's word.
    let mut report = suite.proven("alice", ALICE, height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), accepted(2));
    let request = suite.request(2);
    assert_eq!(
        (request.proven, request.overrides.map(u64::from)),
        (false, Some(1))
    );
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 2).unwrap();
    assert_eq!(seized(&suite.request(2)), 50);
    // One that knows no better is a repetition.
    let older = suite.double_sign("alice", height);
    assert!(matches!(suite.report(&older), SlashAck::Duplicate { .. }));
}

#[test]
fn evidence_against_somebody_whose_update_is_not_acknowledged_is_a_report_at_least() {
    let mut suite = Suite::provable_with_resolver();
    suite.keyed("carol", 300, Some(public(3)));
    let packet = suite.withheld();
    suite.net.receive(&packet).unwrap();
    suite.net.advance(100);
    let height = suite.net.consumer.block().height;
    let mut report = suite.proven("carol", 3, height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), accepted(1));
    assert!(!suite.request(1).proven);
    // Once it is acknowledged anybody can prove it.
    suite.net.acknowledge(&packet).unwrap();
    suite.prove(&equivocation(3, height)).unwrap();
    assert!(suite.request(1).proven);
    assert_eq!(seized(&suite.request(1)), 15);
}

#[test]
fn a_consumer_cannot_change_afterwards_what_was_in_force() {
    let mut suite = Suite::provable();
    suite.alice(2_000);
    suite.tell_all();
    let height = suite.applied(2) + 1;
    suite.net.advance(10_000);
    // A small update of alice's, and the consumer says that it applied it long before it was made;
    // that at time zero.
    suite.alice(1);
    let lie = SetAck::Applied {
        height: (suite.applied(1) + 1).into(),
        time: Timestamp::default(),
    };
    suite.answers(Answer::Raw(encode_ack(&lie).unwrap()));
    suite.tell_all();
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).update_id.u64(), 2);
    assert_eq!(seized(&suite.request(1)), 100);
}

#[test]
fn votes_for_the_former_chain_id_count_while_they_can_be_punished() {
    let mut suite = Suite::provable();
    let height = suite.applied(1) + 1;
    let mut settings = suite.service(CHAIN).settings;
    settings.chain_id = Some("consumer-2".to_string());
    suite.update_service(settings).unwrap();
    suite.net.advance(UNBONDING);
    suite.alice(1_000);
    suite.bob(501);
    suite.tell_all();
    assert_eq!(
        suite.service(CHAIN).settings.chain_id.as_deref(),
        Some("consumer-2")
    );
    // The chain was upgraded a moment ago; these were signed before, and by the new id after.
    let new = sign(equivocation(BOB, suite.applied(2) + 2), BOB, "consumer-2");
    suite
        .prove(&equivocation(ALICE, suite.applied(2) + 1))
        .unwrap();
    suite.prove(&new).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
    let other = sign(equivocation(BOB, height), BOB, "consumer-3");
    assert!(matches!(
        error(suite.prove(&other)),
        ContractError::Evidence(_)
    ));
    // An unbonding period later nothing that was signed for it is young enough.
    suite.net.advance(UNBONDING);
    let late = equivocation(BOB, suite.applied(2) + 3);
    assert!(matches!(
        error(suite.prove(&late)),
        ContractError::Evidence(_)
    ));
}

#[test]
fn who_proves_while_executions_are_paused_gets_the_bounty() {
    let suite = Suite::bare();
    let settings = ServiceSettings {
        bounty: cosmwasm_std::Decimal::percent(10),
        ..settings()
    };
    let mut suite = suite.proved_by(keyed_service(settings));
    let height = suite.applied(1) + 1;
    suite.pause(Action::Executions, 100);
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.pending("alice"), [1]);
    suite.net.advance(100);
    suite.execute(CHAIN, 1).unwrap();
    let finder = payee(0, send(suite.account("finder")), 100);
    assert_eq!(suite.payees()[0], finder);
}

#[test]
fn who_was_never_told_of_is_not_punished_by_the_table() {
    let mut suite = Suite::provable();
    suite.keyed("carol", 300, Some(public(3)));
    let early = suite.applied(1) + 1;
    suite.tell_all();
    let proof = equivocation(3, early);
    assert_eq!(error(suite.prove(&proof)), refused(Refusal::NotInForce {}));
    suite.prove(&equivocation(3, suite.applied(2) + 1)).unwrap();
    assert_eq!(seized(&suite.request(1)), 15);
}
