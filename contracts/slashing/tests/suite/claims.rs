//! Proofs and reports of one infraction beside each other, and a table that somebody spoiled.

use cosmwasm_std::{Decimal, Timestamp};
use palisade_ibc::{encode_ack, Outcome, SetAck};
use palisade_slashing::refusal::Refusal;
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::allocation::UNBONDING;
use crate::asks::*;
use crate::consumer::Answer;
use crate::story::*;
use crate::votes::*;

fn repeated(request: u64) -> ContractError {
    ContractError::Duplicate {
        service: CHAIN,
        request,
    }
}

/// The settings with another chain id, in force after an unbonding period.
fn change_chain_id(suite: &mut Suite, chain_id: Option<&str>) {
    let settings = ServiceSettings {
        chain_id: chain_id.map(str::to_string),
        ..suite.service(CHAIN).settings
    };
    suite.update_service(settings).unwrap();
}

impl Suite {
    /// A height that came when a penalty of 10 % was in force since a moment, and the host had not
    /// heard of the consumer since: alice counts with 1,001, by update 2.
    fn under_a_heavier_penalty(&mut self) -> u64 {
        self.set_penalty(penalty("double_sign", 10, 0, true))
            .unwrap();
        self.net.advance(UNBONDING - 3_000);
        self.alice(1_001);
        self.tell_all();
        self.net.advance(3_000);
        self.net.consumer.block().height
    }
}

#[test]
fn a_veto_stays_final_beside_a_proof() {
    let mut suite = Suite::provable_with_resolver();
    suite.alice(2_000);
    let packet = suite.withheld();
    suite.net.receive(&packet).unwrap();
    suite.net.advance(100);
    let height = suite.net.consumer.block().height;
    suite.prove(&equivocation(ALICE, height)).unwrap();
    let mut report = suite.double_sign("alice", height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), accepted(2));
    suite.veto("resolver", 2).unwrap();
    let drawn = suite.drawn(CHAIN);
    // Neither of the two opens a third one.
    let again = suite.prove(&equivocation(ALICE, height));
    assert_eq!(error(again), repeated(1));
    let mut report = suite.double_sign("alice", height);
    report.update_id = 2u64.into();
    let vetoed = Some(Outcome::Vetoed {});
    assert_eq!(suite.report(&report), duplicate(2, vetoed));
    assert_eq!(suite.requests(CHAIN).len(), 2);
    assert_eq!(suite.drawn(CHAIN), drawn);
    // A proof by the newer update does.
    suite.net.acknowledge(&packet).unwrap();
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(3).update_id.u64(), 2);
    assert_eq!(seized(&suite.request(3)), 50);
}

#[test]
fn a_proof_by_a_milder_penalty_does_not_take_the_place_of_a_report() {
    let mut suite = Suite::provable_with_resolver();
    let height = suite.under_a_heavier_penalty();
    let mut report = suite.double_sign("alice", height);
    report.update_id = 2u64.into();
    report.time = suite.now();
    assert_eq!(suite.report(&report), accepted(1));
    let waits = suite.request(1).penalty.unwrap();
    assert_eq!(waits.fraction, Decimal::percent(10));
    // All that the host knows of the height is that it came after the last acknowledgement.
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(2).overrides.map(u64::from), Some(1));
    assert_eq!(seized(&suite.request(2)), 50);
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        repeated(2)
    );
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    // 10 % of 1,001 is 100, of which 50 were taken.
    assert_eq!(seized(&suite.request(1)), 50);
}

#[test]
fn a_report_with_evidence_knows_of_a_heavier_penalty_than_a_proof() {
    let mut suite = Suite::provable();
    let height = suite.under_a_heavier_penalty();
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
    let mut report = suite.proven("alice", ALICE, height);
    report.update_id = 2u64.into();
    report.time = suite.now();
    assert_eq!(suite.report(&report), executed(2));
    assert_eq!(seized(&suite.request(2)), 50);
}

#[test]
fn one_mad_acknowledgement_loses_no_report_and_the_owner_starts_a_new_table() {
    let mut suite = Suite::provable();
    suite.alice(900);
    let mad = SetAck::Applied {
        height: u64::MAX.into(),
        time: suite.now(),
    };
    suite.answers(Answer::Raw(encode_ack(&mad).unwrap()));
    suite.tell_all();
    suite.answers(Answer::Apply {});
    for power in 1_000..1_015 {
        suite.net.advance(10_000);
        suite.alice(power);
        suite.tell_all();
    }
    let height = suite.net.consumer.block().height;
    let expired = ContractError::Refused(Refusal::Expired {
        evidence_age: EVIDENCE_AGE,
    });
    assert_eq!(error(suite.prove(&equivocation(ALICE, height))), expired);
    // A report with evidence is a report at least.
    let mut report = suite.proven("alice", ALICE, height);
    report.update_id = suite.service(CHAIN).last_update;
    report.time = suite.now();
    assert_eq!(suite.report(&report), executed(1));
    assert!(!suite.request(1).proven);
    assert_eq!(seized(&suite.request(1)), 50);

    // With a new nonce epoch there is a new table, and over a new channel everything is told anew.
    let renew = ExecuteMsg::RenewNonces { service: CHAIN };
    suite.run("owner", &renew).unwrap();
    suite.open_channel();
    suite.tell_all();
    let height = suite.net.consumer.block().height;
    suite.prove(&equivocation(BOB, height)).unwrap();
    assert_eq!(seized(&suite.request(2)), 25);
}

#[test]
fn what_a_gateway_did_before_it_was_cut_off_can_be_proved() {
    let mut suite = Suite::provable();
    let height = suite.applied(1) + 1;
    let cut_off = ExecuteMsg::SetPeer {
        service: CHAIN,
        peer: None,
    };
    suite.run("owner", &cut_off).unwrap();
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
}

#[test]
fn an_expired_double_sign_does_not_get_young_again() {
    let mut suite = Suite::provable();
    suite.net.advance(1_000);
    let height = suite.net.consumer.block().height;
    suite.net.advance(100);
    suite.bob(501);
    let held = suite.withheld();
    suite.bob(502);
    let next = suite.withheld();
    suite.net.advance(10);
    suite.net.receive(&next).unwrap();
    suite.net.acknowledge(&next).unwrap();
    let late = SetAck::Applied {
        height: (suite.applied(3) - 1).into(),
        time: Timestamp::from_nanos(u64::MAX),
    };
    assert!(height < suite.applied(3) - 1);
    suite.answers(Answer::Raw(encode_ack(&late).unwrap()));
    suite.net.receive(&held).unwrap();
    suite.net.advance(85_000);
    let proof = equivocation(ALICE, height);
    let expired = error(suite.prove(&proof));
    assert!(matches!(
        expired,
        ContractError::Refused(Refusal::Expired { .. })
    ));
    suite.net.acknowledge(&held).unwrap();
    assert_eq!(error(suite.prove(&proof)), expired);
}

#[test]
fn what_is_in_force_is_known_while_votes_for_a_former_chain_id_count() {
    let mut suite = Suite::provable();
    change_chain_id(&mut suite, None);
    suite.net.advance(UNBONDING + 10);
    suite.alice(2_000);
    suite.bob(0);
    suite.tell_all();
    let height = suite.net.consumer.block().height;
    assert_eq!(suite.service(CHAIN).settings.chain_id, None);
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).update_id.u64(), 2);
    assert_eq!(seized(&suite.request(1)), 100);
    // Bob counts nothing since.
    assert_eq!(
        error(suite.prove(&equivocation(BOB, height))),
        ContractError::Refused(Refusal::NothingCaptured {})
    );
}

#[test]
fn a_chain_id_that_comes_later_finds_everybody() {
    let mut new = keyed_service(settings());
    new.settings.chain_id = None;
    let mut suite = Suite::bare().proved_by(new);
    change_chain_id(&mut suite, Some(CHAIN_ID));
    suite.net.advance(UNBONDING);
    suite.tell_all();
    // Nothing of alice's changed since long before.
    let height = suite.net.consumer.block().height;
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(seized(&suite.request(1)), 50);
}
