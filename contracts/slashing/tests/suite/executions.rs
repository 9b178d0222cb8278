//! Requests that wait, and their execution.

use cosmwasm_std::from_json;
use palisade_admin::AdminError;
use palisade_ibc::Outcome;
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::allocation::Rules;
use crate::story::*;

fn broken() -> Rules {
    Rules {
        no_slash: true,
        ..Rules::default()
    }
}

#[test]
fn a_failing_execution_leaves_the_request_waiting() {
    let mut suite = Suite::with_operators();
    suite.rules(broken());
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    assert_eq!(suite.requests(CHAIN)[0].state, RequestState::Pending {});
    assert_eq!(suite.pending("alice"), [1]);
    assert_eq!(suite.pending("bob"), Vec::<u64>::new());
    // Jail takes effect with the execution.
    assert_eq!(suite.standing("alice"), StandingResponse::default());
    assert_eq!(suite.report(&slash), duplicate(1, None));
    // Trying again fails for who tries, and changes nothing.
    suite.execute(CHAIN, 1).unwrap_err();
    assert_eq!(suite.pending("alice"), [1]);

    suite.rules(Rules::default());
    suite.net.advance(100);
    suite.execute(CHAIN, 1).unwrap();
    let request = &suite.requests(CHAIN)[0];
    let RequestState::Executed { seized, at } = &request.state else {
        panic!("not executed");
    };
    assert_eq!(seized[0].amount.u128(), 10);
    assert_eq!(*at, suite.now());
    assert_eq!(request.received_at.plus_seconds(100), suite.now());
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    let until = suite.now().plus_seconds(JAIL);
    assert_eq!(suite.standing("alice").jailed_until, Some(until));
    assert_eq!(suite.slashes().len(), 1);
}

#[test]
fn executing_twice_is_impossible() {
    let mut suite = Suite::with_operators();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    let ended = |request| ContractError::RequestEnded {
        service: CHAIN,
        request,
    };
    assert_eq!(error(suite.execute(CHAIN, 1)), ended(1));
    suite.rules(broken());
    let slash = suite.slash("bob");
    assert_eq!(suite.report(&slash), accepted(2));
    suite.rules(Rules::default());
    suite.execute(CHAIN, 2).unwrap();
    assert_eq!(error(suite.execute(CHAIN, 2)), ended(2));
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn unknown_requests_and_services_are_not_executed() {
    let mut suite = Suite::with_operators();
    assert_eq!(
        error(suite.execute(CHAIN, 1)),
        ContractError::UnknownRequest {
            service: CHAIN,
            request: 1
        }
    );
    assert_eq!(
        error(suite.execute(9, 1)),
        ContractError::UnknownService { service: 9 }
    );
}

#[test]
fn pause_bypassed_by_a_sibling_path() {
    let mut suite = Suite::with_operators();
    suite.power("carol", 100);
    suite.sync(LOCAL).unwrap();
    suite.pause(Action::Executions, 1_000);
    // Receipts go on; nothing is taken, by packet or by message or by execute.
    let by_packet = suite.slash("alice");
    assert_eq!(suite.report(&by_packet), accepted(1));
    let by_message = suite.slash("carol");
    assert_eq!(suite.slash_locally(&by_message), accepted(1));
    for service in [CHAIN, LOCAL] {
        assert!(matches!(
            error(suite.execute(service, 1)),
            ContractError::Admin(AdminError::Paused {
                action: "executions",
                ..
            })
        ));
    }
    assert_eq!(suite.slashes(), []);
    assert_eq!(suite.pending("alice"), [1]);
    // The pause ends by itself.
    suite.net.advance(1_000);
    suite.execute(CHAIN, 1).unwrap();
    suite.execute(LOCAL, 1).unwrap();
    assert_eq!(suite.slashes().len(), 2);
    assert_eq!(suite.untold(), [(1, true)]);
}

#[test]
fn a_later_slash_blocking_an_earlier_one() {
    let mut suite = Suite::with_operators();
    suite.rules(broken());
    let early = suite.slash("alice");
    assert_eq!(suite.report(&early), accepted(1));
    suite.rules(Rules::default());
    let mut later = suite.slash("alice");
    later.height = 20u64.into();
    assert_eq!(suite.report(&later), executed(2));
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(suite.slashes().len(), 2);
}

#[test]
fn pending_slashes_are_listed_over_all_services() {
    let mut suite = Suite::with_operators();
    suite.sync(LOCAL).unwrap();
    suite.power("alice", 999);
    suite.sync(LOCAL).unwrap();
    suite.rules(broken());
    for height in 1..=3u64 {
        let mut slash = suite.slash("alice");
        slash.height = height.into();
        assert_eq!(suite.report(&slash), accepted(height));
    }
    let slash = suite.slash("alice");
    assert_eq!(suite.slash_locally(&slash), accepted(1));
    let page = |start_after| {
        let waiting: Vec<RequestResponse> = suite.query(&QueryMsg::PendingSlashes {
            operator: suite.account("alice").to_string(),
            start_after,
            limit: Some(2),
        });
        waiting
            .iter()
            .map(|r| (r.service, r.request.u64()))
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None), [(CHAIN, 1), (CHAIN, 2)]);
    assert_eq!(page(Some((CHAIN, 2u64.into()))), [(CHAIN, 3), (LOCAL, 1)]);
    assert_eq!(page(Some((LOCAL, 1u64.into()))), []);
}

#[test]
fn a_waiting_request_is_not_forgotten_with_its_channel() {
    let mut suite = Suite::with_operators();
    suite.rules(broken());
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    suite.close_channel();
    suite.rules(Rules::default());
    suite.execute(CHAIN, 1).unwrap();
    assert_eq!(suite.untold(), [(1, false)]);
    suite.open_channel();
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.untold(), []);
    let told = palisade_ibc::HostPacket::SlashOutcome(palisade_ibc::SlashOutcome {
        nonce: slash.nonce,
        outcome: Outcome::Executed {},
    });
    assert!(suite.received().contains(&told));
}

#[test]
fn the_data_of_a_message_is_the_answer() {
    let mut suite = Suite::new();
    suite.power("alice", 1_000);
    suite.sync(LOCAL).unwrap();
    suite.rules(broken());
    let slash = suite.slash("alice");
    assert_eq!(suite.slash_locally(&slash), accepted(1));
    let json = cosmwasm_std::to_json_binary(&accepted(1)).unwrap();
    let read: palisade_ibc::SlashAck = from_json(json).unwrap();
    assert_eq!(read, accepted(1));
    // A local service is told nothing by packet.
    suite.rules(Rules::default());
    suite.execute(LOCAL, 1).unwrap();
    let outcomes: Vec<OutcomeResponse> = suite.query(&QueryMsg::Outcomes {
        service: LOCAL,
        start_after: None,
        limit: None,
    });
    assert_eq!(outcomes, []);
    assert_eq!(
        suite.slash_locally(&slash),
        duplicate(1, Some(Outcome::Executed {}))
    );
}
