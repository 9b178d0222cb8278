//! Whole lives of slashes, from the report on the consumer to the last unit paid out on the host.

use cosmwasm_std::{Decimal, StdError};
use cw_multi_test::AppResponse;
use palisade_allocation::ContractError as AllocationError;
use palisade_evidence::{Equivocation, EvidenceError, Part};
use palisade_gateway::ContractError as GatewayError;
use palisade_ibc::Outcome;
use palisade_slashing::refusal::Refusal;
use palisade_slashing::ContractError;
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::allocation::{self, ExecuteMsg as Allocate};
use palisade_types::asset::Destination;
use palisade_types::delegation::{self, PoolResponse};
use palisade_types::gateway::{Infraction, ReportState};
use palisade_types::slashing::{
    ExecuteMsg, Proceeds, QueryMsg, RequestResponse, RequestState, ServiceSettings,
};

use crate::stubborn::{self, with_stubborn, STUB};
use crate::world::*;

fn veto(suite: &mut Suite, who: &str, service: u32, request: u64) -> HarnessResult<AppResponse> {
    let request = request.into();
    try_slashing(suite, who, &ExecuteMsg::Veto { service, request })
}

/// The refusal of what comes after the end of the first request.
fn ended(service: u32) -> ContractError {
    ContractError::RequestEnded {
        service,
        request: 1,
    }
}

/// The state of the first report at the gateway.
fn first(suite: &Suite) -> ReportState {
    suite.reports()[0].state.clone()
}

fn pending(suite: &Suite, operator: &str) -> Vec<RequestResponse> {
    let query = QueryMsg::PendingSlashes {
        operator: suite.host(operator).to_string(),
        start_after: None,
        limit: None,
    };
    suite.ask(&suite.slashing, &query)
}

#[test]
fn a_dispute_that_ends_in_a_veto() {
    let (mut suite, chain) = consumer_with(disputed());
    punish(&mut suite, "north", "double_sign");
    assert_eq!(
        first(&suite),
        ReportState::Accepted {
            request: 1u64.into()
        }
    );
    // Who deposits now can know.
    assert_eq!(pending(&suite, "north").len(), 1);
    assert_eq!(pending(&suite, "south"), []);
    suite.wait(WINDOW - 600);
    let open = ContractError::StillInWindow {
        service: chain,
        request: 1,
        until: suite.requests(chain)[0].received_at.plus_seconds(WINDOW),
    };
    assert_refused(try_execute(&mut suite, "anybody", chain, 1), &open);
    for stranger in ["north", "owner", "guardian", "consumer-admin"] {
        let expected = ContractError::NotResolver {
            service: chain,
            sender: suite.host(stranger),
        };
        assert_refused(veto(&mut suite, stranger, chain, 1), &expected);
    }
    veto(&mut suite, "judge", chain, 1).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [VETOED]);
    assert_eq!(pending(&suite, "north"), []);
    assert_refused(try_execute(&mut suite, "anybody", chain, 1), &ended(chain));
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", MILLION), ("south", 2 * MILLION)]);
    assert_books(&suite, 3 * MILLION, 0, 0);
}

#[test]
fn a_dispute_that_ends_in_an_execution_with_bounty_and_split_proceeds() {
    let (mut suite, chain) = consumer_with(ServiceSettings {
        bounty: Decimal::percent(5),
        proceeds: Proceeds::Split {
            recipient: stubborn::treasury(),
            burned: Decimal::percent(40),
        },
        ..disputed()
    });
    punish(&mut suite, "north", "double_sign");
    assert_books(&suite, 3 * MILLION, 0, 0);
    suite.wait(WINDOW);
    let over = ContractError::WindowOver {
        service: chain,
        request: 1,
        until: suite.requests(chain)[0].received_at.plus_seconds(WINDOW),
    };
    assert_refused(veto(&mut suite, "judge", chain, 1), &over);
    try_execute(&mut suite, "finder", chain, 1).unwrap();
    assert_refused(try_execute(&mut suite, "finder", chain, 1), &ended(chain));
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    assert_books(&suite, 2_950_000, 0, 50_000);
    // 5 % of 50,000 for who executed it; of the rest 40 % burned.
    let supply = suite.net.host.supply(DENOM).unwrap().u128();
    let to = |recipient: String| Destination::Send { recipient };
    let finder = suite.host("finder").to_string();
    pay_out(&mut suite, ATOM, 0, to(finder)).unwrap();
    pay_out(&mut suite, ATOM, chain, to(stubborn::treasury())).unwrap();
    pay_out(&mut suite, ATOM, chain, Destination::Burn {}).unwrap();
    assert_eq!(native(&suite, "finder"), 2_500);
    assert_eq!(native(&suite, "treasury"), 28_500);
    let burned = supply - suite.net.host.supply(DENOM).unwrap().u128();
    assert_eq!(burned, 19_000);
    assert_books(&suite, 2_950_000, 0, 0);
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 2 * MILLION);
}

#[test]
fn a_proof_for_what_was_vetoed() {
    let (mut suite, chain) = consumer_with(ServiceSettings {
        bounty: Decimal::percent(10),
        ..disputed()
    });
    let height = suite.net.consumer.block().height;
    punish(&mut suite, "north", "double_sign");
    veto(&mut suite, "judge", chain, 1).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [VETOED]);
    // A resolver in league with north stops reports, not votes that north signed.
    let chain_id = suite.net.consumer.block().chain_id;
    let prove = |evidence| ExecuteMsg::SubmitEquivocation {
        service: chain,
        evidence,
    };
    let elsewhere = equivocation("another-chain", "north", height);
    let forged = ContractError::Evidence(EvidenceError::Forged {
        part: Part::FirstSignature,
        key: elsewhere.key.clone(),
        chain_id: chain_id.clone(),
    });
    let nobody = equivocation(&chain_id, "nobody", height);
    let offender = ContractError::Refused(Refusal::Offender {});
    for (evidence, expected) in [(elsewhere, forged), (nobody, offender)] {
        let msg = prove(evidence);
        assert_refused(try_slashing(&mut suite, "finder", &msg), &expected);
    }
    assert_books(&suite, 3 * MILLION, 0, 0);
    let msg = prove(equivocation(&chain_id, "north", height));
    try_slashing(&mut suite, "finder", &msg).unwrap();
    assert_books(&suite, 2_950_000, 0, 50_000);
    let requests = suite.requests(chain);
    assert!(matches!(requests[0].state, RequestState::Vetoed { .. }));
    assert!(requests[1].proven && requests[1].overrides == Some(1u64.into()));
    let finder = suite.host("finder").to_string();
    let bounty = Destination::Send { recipient: finder };
    pay_out(&mut suite, ATOM, 0, bounty).unwrap();
    assert_eq!(native(&suite, "finder"), 5_000);
    // The report ended once, vetoed; what counts at the consumer is the power.
    tell(&mut suite, chain);
    assert_eq!(ends(&suite), [VETOED]);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
    let known = ContractError::Duplicate {
        service: chain,
        request: 2,
    };
    assert_refused(try_slashing(&mut suite, "finder", &msg), &known);
}

#[test]
fn a_report_with_evidence_needs_no_window() {
    let (mut suite, chain) = consumer_with(disputed());
    let bare = suite.infraction("north", "double_sign");
    let chain_id = suite.net.consumer.block().chain_id;
    let proven = Infraction {
        evidence: Some(equivocation(&chain_id, "north", bare.height.u64())),
        ..bare.clone()
    };
    // First without: it waits. Then the votes are found, and it is executed under either nonce.
    punish_for(&mut suite, bare);
    assert_eq!(ends(&suite), [None]);
    suite.wait(60);
    punish_for(&mut suite, proven.clone());
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 2_950_000, 0, 50_000);
    // With evidence from the start; and evidence of another's key, or of another height, is refused.
    let now = suite.infraction("south", "double_sign");
    let with = |evidence: Equivocation| Infraction {
        evidence: Some(evidence),
        ..now.clone()
    };
    let height = GatewayError::EvidenceHeight {
        height: proven.height.u64(),
        infraction: now.height.u64(),
    };
    let older = with(proven.evidence.unwrap());
    assert_refused(suite.try_report("reporter", older), &height);
    let others = equivocation(&chain_id, "north", now.height.u64());
    let key = GatewayError::EvidenceKey {
        key: others.key.to_base64(),
        operator: suite.host("south").to_string(),
    };
    assert_refused(suite.try_report("reporter", with(others)), &key);
    let proven = Infraction {
        evidence: Some(equivocation(&chain_id, "south", now.height.u64())),
        ..now
    };
    punish_for(&mut suite, proven);
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED, EXECUTED]);
    assert_books(&suite, 2_850_000, 0, 150_000);
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 0);
}

#[test]
fn winding_a_service_down() {
    let (mut suite, chain) = consumer_with(disputed());
    punish(&mut suite, "north", "double_sign");
    let earlier = suite.infraction("south", "downtime");
    suite.wait(60);
    try_slashing(
        &mut suite,
        "consumer-admin",
        &ExecuteMsg::StopService { service: chain },
    )
    .unwrap();
    suite.register_operator("west");
    let error = suite
        .try_opt_in("west", chain, true, vec![slice(ATOM, 5)])
        .unwrap_err();
    assert_eq!(
        refusal::<AllocationError>(&error),
        &AllocationError::ServiceStopped { service: chain }
    );
    // Powers fall to zero at the consumer; the slices stay for their time.
    suite.wait(5);
    let last = suite.infraction("north", "downtime");
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 0)]);
    assert_eq!(suite.member(chain, "north").slices.len(), 1);
    // What was before the stop is taken in as ever; what was after it is refused.
    suite.wait(60);
    punish_for(&mut suite, earlier);
    punish_for(&mut suite, last);
    assert!(
        matches!(
            &ends(&suite)[..],
            [None, None, Some(Outcome::Rejected { reason })] if reason.contains("stopped")
        ),
        "{:?}",
        ends(&suite)
    );
    suite.wait(WINDOW);
    for request in [1, 2] {
        try_execute(&mut suite, "anybody", chain, request).unwrap();
    }
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite)[..2], [EXECUTED, EXECUTED]);
    assert_books(&suite, 2_949_000, 0, 51_000);

    // After the normal delay the slices are gone and the places free.
    let committed = |suite: &Suite, operator: &str| -> allocation::CommitmentResponse {
        let operator = suite.host(operator).to_string();
        suite.ask(
            &suite.allocation,
            &allocation::QueryMsg::Commitment { operator },
        )
    };
    assert_eq!(committed(&suite, "north").services, 1);
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    suite.sync(chain);
    suite.net.relay_all().unwrap();
    for operator in ["north", "south"] {
        let leave = Allocate::Leave {
            service: chain,
            operator: suite.host(operator).to_string(),
        };
        allocate(&mut suite, "anybody", &leave);
        let committed = committed(&suite, operator);
        assert_eq!(committed.services, 0);
        assert!(committed.pools.iter().all(|p| p.committed.is_zero()));
    }
    let query = QueryMsg::Outcomes {
        service: chain,
        start_after: None,
        limit: None,
    };
    let untold: Vec<palisade_types::slashing::OutcomeResponse> = suite.ask(&suite.slashing, &query);
    assert_eq!(untold, []);
}

#[test]
fn a_recipient_that_refuses_is_replaced_and_its_share_redirected() {
    let mallory = stubborn::treasury();
    let from = || Destination::Send {
        recipient: mallory.clone(),
    };
    let (mut suite, chain, token) = with_stubborn(Proceeds::Send {
        recipient: mallory.clone(),
    });
    stubborn::refuse(&mut suite, &token, &mallory);
    punish(&mut suite, "north", "double_sign");
    let refuses = StdError::generic_err("the token refuses");
    assert_refused(pay_out(&mut suite, STUB, chain, from()), &refuses);
    let redirect = ExecuteMsg::RedirectProceeds {
        service: chain,
        asset: STUB.to_string(),
        from: from(),
    };
    // Not to a place of the moment: the settings say where, and they change an unbonding period
    // ahead.
    let in_use = ContractError::InUse { service: chain };
    let early = try_slashing(&mut suite, "consumer-admin", &redirect);
    assert_refused(early, &in_use);
    let charity = suite.host("charity").to_string();
    let update = ExecuteMsg::UpdateService {
        service: chain,
        settings: ServiceSettings {
            proceeds: Proceeds::Send {
                recipient: charity.clone(),
            },
            ..settings()
        },
    };
    try_slashing(&mut suite, "consumer-admin", &update).unwrap();
    suite.wait(UNBONDING - 1);
    let early = try_slashing(&mut suite, "consumer-admin", &redirect);
    assert_refused(early, &in_use);
    suite.wait(1);
    let stranger = ContractError::NotAdmin {
        service: chain,
        sender: suite.host("mallory"),
    };
    assert_refused(try_slashing(&mut suite, "mallory", &redirect), &stranger);
    try_slashing(&mut suite, "consumer-admin", &redirect).unwrap();
    let to = Destination::Send { recipient: charity };
    pay_out(&mut suite, STUB, chain, to).unwrap();
    assert_eq!(stubborn::balance(&suite, &token, "charity"), 20_000);
    // The other asset was not refused, and is still the former recipient's.
    pay_out(&mut suite, ATOM, chain, from()).unwrap();
    assert_eq!(native(&suite, "treasury"), 50_000);
    assert_eq!(suite.books(STUB).balance, 380_000);
}

#[test]
fn first_loss_of_an_operator_with_junior_stake_unbonding() {
    let (mut suite, chain) = consumer();
    suite
        .try_undelegate("alice", "north", ATOM, Some(200_000))
        .unwrap();
    suite.wait(EPOCH);
    tell(&mut suite, chain);
    suite.deposit("north", "north", 200_000);
    let share = Decimal::percent(40);
    let msg = delegation::ExecuteMsg::SetFirstLoss { share };
    delegation(&mut suite, "north", &msg).unwrap();
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", MILLION));
    suite.wait(60);
    // North takes half of its own out before it is caught: it stays junior on the way.
    suite
        .try_undelegate("north", "north", ATOM, Some(100_000))
        .unwrap();
    suite
        .try_undelegate("alice", "north", ATOM, Some(400_000))
        .unwrap();
    punish(&mut suite, "north", "double_sign");
    // Of 50,000 north bears 40 %, where its nominal part is 10,000; alice the other 30,000, on both
    // sides alike, and each part rounds up for itself. Her bucket of the epoch before the update
    // bears nothing.
    let near = |have: u128, exact: u128| assert!(have <= exact && have + 2 >= exact, "{have}");
    let seized = taken(&suite, chain)[0].unwrap();
    assert!((50_000..=50_004).contains(&seized), "{seized}");
    near(worth(&suite, "north"), 180_000);
    near(worth(&suite, "alice"), 200_000 + 770_000);
    let query = delegation::QueryMsg::Pools {
        operator: suite.host("north").to_string(),
        start_after: None,
        limit: None,
    };
    let pools: Vec<PoolResponse> = suite.ask(&suite.delegation, &query);
    near(pools[0].junior.u128(), 90_000);
    near(pools[0].tokens.u128(), 90_000 + 385_000);
    assert_eq!(ends(&suite), [EXECUTED]);
    let books = suite.books(ATOM);
    assert!(books.balance_to_the_unit(), "{books:?}");
    assert_eq!(books.seized, seized);
}
