//! Reports and proofs of one double-sign: which of them counts.

use palisade_evidence::Equivocation;
use palisade_ibc::{Offender, Outcome, Slash, DOUBLE_SIGN, DOWNTIME};
use palisade_slashing::ContractError;
use palisade_testing::Side;
use palisade_types::slashing::*;

use crate::asks::*;
use crate::story::*;
use crate::sync::update;
use crate::votes::*;

const EVIDENCE: &str = "the evidence does not prove the infraction that is reported";

fn ended() -> Option<Outcome> {
    Some(Outcome::Executed {})
}

fn repeated(request: u64) -> ContractError {
    ContractError::Duplicate {
        service: CHAIN,
        request,
    }
}

#[test]
fn a_pending_report_that_is_proved_is_executed_at_once() {
    let mut suite = Suite::provable_with_resolver();
    let height = suite.applied(1) + 1;
    let report = suite.double_sign("alice", height);
    assert_eq!(suite.report(&report), accepted(1));
    let again = suite.double_sign("alice", height);
    assert_eq!(suite.report(&again), duplicate(1, None));
    let received_at = suite.now();
    suite.net.advance(100);
    suite.prove(&equivocation(ALICE, height)).unwrap();
    let request = suite.request(1);
    assert_eq!((request.proven, request.nonce), (true, Some(report.nonce)));
    assert_eq!(request.received_at, received_at);
    assert_eq!(seized(&request), 50);
    assert_eq!(suite.requests(CHAIN).len(), 1);
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    // Who reported it is told.
    suite.net.relay_all().unwrap();
    let executed = Outcome::Executed {};
    assert_eq!(suite.heard(), [(1, executed.clone()), (2, executed)]);
    assert_eq!(
        error(suite.veto("resolver", 1)),
        ContractError::RequestEnded {
            service: CHAIN,
            request: 1
        }
    );
}

#[test]
fn a_pending_report_is_proved_by_another_report() {
    let mut suite = Suite::provable_with_resolver();
    let height = suite.applied(1) + 1;
    let bare = suite.double_sign("alice", height);
    assert_eq!(suite.report(&bare), accepted(1));
    let proven = suite.proven("alice", ALICE, height);
    assert_eq!(suite.report(&proven), executed(1));
    assert!(suite.request(1).proven);
    // The second one has its answer, the first one is told.
    assert_eq!(suite.untold(), [(1, true)]);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.heard(), [(1, Outcome::Executed {})]);
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn a_proof_overrides_a_veto() {
    let mut suite = Suite::provable_with_resolver();
    let height = suite.applied(1) + 1;
    let report = suite.double_sign("alice", height);
    assert_eq!(suite.report(&report), accepted(1));
    suite.veto("resolver", 1).unwrap();
    let again = suite.double_sign("alice", height);
    let vetoed = Some(Outcome::Vetoed {});
    assert_eq!(suite.report(&again), duplicate(1, vetoed.clone()));
    assert_eq!(suite.slashes(), []);

    let response = suite.prove(&equivocation(ALICE, height)).unwrap();
    let told = attribute(&response, "submit_equivocation", "overrides");
    assert_eq!(told, ["1"]);
    assert!(matches!(
        suite.request(1).state,
        RequestState::Vetoed { .. }
    ));
    let request = suite.request(2);
    assert_eq!(request.overrides.map(|o| o.u64()), Some(1));
    assert_eq!(seized(&request), 50);
    // The first one ended as it ended; who reports it now learns of the second one.
    suite.net.relay_all().unwrap();
    assert_eq!(suite.heard(), [(1, Outcome::Vetoed {})]);
    assert_eq!(suite.report(&report), duplicate(1, vetoed));
    let fresh = suite.double_sign("alice", height);
    assert_eq!(suite.report(&fresh), duplicate(2, ended()));
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        repeated(2)
    );
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn a_rejected_report_does_not_block_a_proof() {
    let mut suite = Suite::provable();
    let height = suite.applied(1) + 1;
    let mut rubbish = suite.double_sign("alice", height);
    rubbish.update_id = 99u64.into();
    let last = "there is no such update: updates are 1 to 1";
    assert_eq!(suite.report(&rubbish), refused(last));
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).overrides, None);
    assert_eq!(seized(&suite.request(1)), 50);
}

#[test]
fn an_executed_report_stays_until_a_newer_update_is_acknowledged() {
    let mut suite = Suite::provable();
    // Update 2 doubles what alice counts with. It is applied, which the host does not know yet.
    suite.alice(2_000);
    suite.sync(CHAIN).unwrap();
    let packet = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&packet).unwrap();
    suite.net.advance(100);
    let height = suite.net.consumer.block().height;
    // The consumer reports by the older update, under which she stood with half of it.
    let report = suite.double_sign("alice", height);
    assert_eq!(suite.report(&report), executed(1));
    assert_eq!(seized(&suite.request(1)), 50);
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        repeated(1)
    );

    suite.net.acknowledge(&packet).unwrap();
    suite.prove(&equivocation(ALICE, height)).unwrap();
    let request = suite.request(2);
    assert_eq!(request.update_id.u64(), 2);
    assert_eq!(request.overrides.map(|o| o.u64()), Some(1));
    // 5 % of 2,000, of which 50 were taken.
    assert_eq!(seized(&request), 50);
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        repeated(2)
    );
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn a_report_by_a_newer_update_shields_nobody_from_the_proof() {
    let mut suite = Suite::provable();
    let height = suite.applied(1) + 1;
    suite.net.advance(100);
    suite.alice(100);
    suite.tell_all();
    // The consumer spares alice: of an infraction under update 1 it names update 2.
    let mut report = suite.double_sign("alice", height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), executed(1));
    assert_eq!(seized(&suite.request(1)), 5);
    suite.prove(&equivocation(ALICE, height)).unwrap();
    let request = suite.request(2);
    assert_eq!(request.update_id.u64(), 1);
    assert_eq!(request.overrides.map(|o| o.u64()), Some(1));
    // 5 % of 1,000, of which 5 were taken.
    assert_eq!(seized(&request), 45);
    let again = error(suite.prove(&equivocation(ALICE, height)));
    assert_eq!(again, repeated(2));
}

#[test]
fn one_infraction_has_one_request_whichever_update_a_report_names() {
    let mut suite = Suite::provable();
    suite.bob(400);
    suite.tell_all();
    // Update 2 told nothing of alice: in force for her is 1, whether it says 1 or 2.
    let height = suite.applied(2) + 1;
    suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(suite.request(1).update_id.u64(), 1);
    let mut report = suite.proven("alice", ALICE, height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), duplicate(1, ended()));
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn a_report_with_its_proof_passes_window_throttle_and_suspension() {
    let mut suite = Suite::provable_with_resolver();
    suite.alice(800);
    suite.tell_all();
    suite.set_buckets(CHAIN, 0, 0);
    suite.suspend("guardian", None).unwrap();
    let height = suite.applied(1) + 1;
    // Without it: bounced.
    let bare = suite.double_sign("alice", height);
    let retry_at = suite.now().plus_seconds(10_000);
    let bounced = palisade_ibc::SlashAck::Bounced { retry_at };
    assert_eq!(suite.report(&bare), bounced);
    // Its own words on the time count for as much as the table leaves open.
    let mut report = suite.proven("alice", ALICE, height);
    report.offender = Offender::Key(public(ALICE));
    report.time = suite.now();
    assert_eq!(suite.report(&report), executed(1));
    let request = suite.request(1);
    let latest = update(&suite, CHAIN, 2).applied.unwrap().1;
    assert_eq!((request.proven, request.time), (true, latest));
    assert_eq!(request.update_id.u64(), 1);
    assert_eq!(seized(&request), 50);
    assert_eq!(suite.drawn(CHAIN), (0, 0, 0));
    assert_eq!(suite.untold(), []);
    // What bounced is a repetition now.
    assert_eq!(suite.report(&bare), duplicate(1, ended()));
}

#[test]
fn the_host_knows_itself_what_was_in_force_at_a_proof() {
    let mut suite = Suite::provable_with_resolver();
    // Update 2 lowers alice to 10 and is lost; update 3 tells of bob; update 4 raises her.
    suite.alice(10);
    suite.sync(CHAIN).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.net.advance(TIMEOUT / 2);
    suite.bob(400);
    suite.sync(CHAIN).unwrap();
    let told = suite.net.pending(Side::Host).pop().unwrap();
    suite.net.receive(&told).unwrap();
    suite.net.acknowledge(&told).unwrap();
    suite.net.advance(TIMEOUT / 2);
    suite.net.timeout(&lost).unwrap();
    let height = suite.applied(3) + 1;
    suite.alice(1_000_000);
    suite.tell_all();
    // Not the newest one that was made, and not what the report says.
    let mut report = suite.proven("alice", ALICE, height);
    report.update_id = 4u64.into();
    assert_eq!(suite.report(&report), executed(1));
    let request = suite.request(1);
    assert_eq!((request.proven, request.update_id.u64()), (true, 1));
    assert_eq!(seized(&request), 50);
}

#[test]
fn a_proof_of_a_height_before_its_signer_counted_is_refused() {
    let mut suite = Suite::provable_with_resolver();
    let nothing = "the operator counted with no tokens at that update";
    // The block at which the update was applied was signed by the set before it.
    let report = suite.proven("alice", ALICE, suite.applied(1));
    assert_eq!(suite.report(&report), refused(nothing));
    let height = suite.applied(1) + 1;
    suite.keyed("carol", 300, Some(public(3)));
    suite.tell_all();
    let mut report = suite.proven("carol", 3, height);
    report.update_id = 2u64.into();
    assert_eq!(suite.report(&report), refused(nothing));
    assert_eq!(suite.slashes(), []);
}

#[test]
fn a_report_with_a_proof_of_something_else_is_rejected() {
    let mut suite = Suite::provable();
    let height = suite.applied(1) + 1;
    type Change = Box<dyn Fn(&mut Slash)>;
    let with = |evidence: Equivocation| -> Change {
        Box::new(move |slash: &mut Slash| slash.evidence = Some(evidence.clone()))
    };
    let good = equivocation(ALICE, height);
    let offender = "no operator of this service has that address or key";
    let cases: Vec<(Change, &str)> = vec![
        (with(sign(good.clone(), 9, CHAIN_ID)), EVIDENCE),
        (with(sign(good.clone(), ALICE, "consumer-2")), EVIDENCE),
        (with(equivocation(ALICE, height + 1)), EVIDENCE),
        (Box::new(|s| s.infraction = DOWNTIME.into()), EVIDENCE),
        (
            Box::new(|s| s.offender = Offender::Key(public(BOB))),
            EVIDENCE,
        ),
        // A proof against alice, reported as bob's; and one of nobody's key.
        (with(equivocation(BOB, height)), offender),
        (with(equivocation(9, height)), offender),
    ];
    for (change, reason) in cases {
        let mut slash = suite.proven("alice", ALICE, height);
        change(&mut slash);
        assert_eq!(suite.report(&slash), refused(reason));
        assert_eq!(
            suite.nonce(slash.nonce.u64()),
            Some(NonceResponse::Rejected {
                reason: reason.into()
            })
        );
    }
    assert_eq!(suite.requests(CHAIN), []);
    assert_eq!(suite.slashes(), []);
    let slash = suite.proven("alice", ALICE, height);
    assert_eq!(suite.report(&slash), executed(1));
    // Where nothing can be proved.
    let mut suite = Suite::with_operators();
    let slash = suite.proven("alice", ALICE, 1);
    assert_eq!(slash.infraction, DOUBLE_SIGN);
    assert_eq!(
        suite.report(&slash),
        refused("the service registered no chain id, so that nothing can be proved")
    );
}

#[test]
fn a_proof_waits_for_a_pause_and_is_not_lost() {
    let mut suite = Suite::provable_with_resolver();
    let height = suite.applied(1) + 1;
    // The longest pause: half of the grace.
    suite.pause(Action::Executions, 5_000);
    let response = suite.prove(&equivocation(ALICE, height)).unwrap();
    assert_eq!(attribute(&response, "slash_pending", "request"), ["1"]);
    let report = suite.proven("bob", BOB, height);
    assert_eq!(suite.report(&report), accepted(2));
    let received_at = suite.now();
    for (operator, request) in [("alice", 1), ("bob", 2)] {
        assert_eq!(suite.pending(operator), [request]);
        let waiting = suite.request(request);
        assert_eq!(waiting.executable_at, received_at);
        assert_eq!(waiting.penalty, Some(penalty(DOUBLE_SIGN, 5, 0, true)));
        // A proof is not vetoed.
        assert_eq!(
            error(suite.veto("resolver", request)),
            ContractError::WindowOver {
                service: CHAIN,
                request,
                until: received_at
            }
        );
        assert_eq!(suite.pending(operator), [request]);
    }
    assert_eq!(
        error(suite.prove(&equivocation(ALICE, height))),
        repeated(1)
    );
    assert_eq!(suite.slashes(), []);
    suite.net.advance(5_000);
    for (request, taken) in [(1, 50), (2, 25)] {
        suite.execute(CHAIN, request).unwrap();
        assert_eq!(seized(&suite.request(request)), taken);
    }
    suite.net.relay_all().unwrap();
    assert_eq!(suite.heard(), [(1, Outcome::Executed {})]);
}
