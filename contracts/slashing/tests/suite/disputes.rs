//! Windows in which a resolver can refuse a slash, and what executing one after them pays.

use cosmwasm_std::{Decimal, Uint64};
use palisade_ibc::{Outcome, SlashAck, DOUBLE_SIGN, DOWNTIME};
use palisade_slashing::ContractError;
use palisade_types::asset::Destination;
use palisade_types::slashing::*;

use crate::asks::*;
use crate::story::*;

fn vetoed() -> Option<Outcome> {
    Some(Outcome::Vetoed {})
}

#[test]
fn a_slash_waits_for_its_window_and_is_then_executed_by_anybody() {
    let mut suite = Suite::with_resolver();
    let slash = suite.slash("alice");
    let received_at = suite.now();
    let until = received_at.plus_seconds(WINDOW);
    assert_eq!(suite.report(&slash), accepted(1));
    // Depositors see what it will take, and when at the earliest.
    let waiting = suite.request(1);
    assert_eq!(waiting.state, RequestState::Pending {});
    assert_eq!(waiting.executable_at, until);
    assert_eq!(waiting.penalty, Some(penalty(DOWNTIME, 1, JAIL, false)));
    assert_eq!((waiting.proven, waiting.overrides), (false, None));
    let listed: Vec<RequestResponse> = suite.query(&QueryMsg::PendingSlashes {
        operator: suite.account("alice").to_string(),
        start_after: None,
        limit: None,
    });
    assert_eq!(listed, [waiting]);

    // Not a second before.
    suite.net.advance(WINDOW - 1);
    let early = ContractError::StillInWindow {
        service: CHAIN,
        request: 1,
        until,
    };
    assert_eq!(error(suite.execute(CHAIN, 1)), early);
    assert_eq!(suite.pending("alice"), [1]);
    assert_eq!(suite.slashes(), []);
    suite.net.advance(1);
    // Nor can it be vetoed any more.
    let late = ContractError::WindowOver {
        service: CHAIN,
        request: 1,
        until,
    };
    assert_eq!(error(suite.veto("resolver", 1)), late);
    suite.execute(CHAIN, 1).unwrap();
    let executed = suite.request(1);
    assert_eq!((seized(&executed), executed.penalty), (10, None));
    assert_eq!(executed.executable_at, until);
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    let jailed_until = Some(suite.now().plus_seconds(JAIL));
    assert_eq!(suite.standing("alice").jailed_until, jailed_until);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.heard(), [(1, Outcome::Executed {})]);
}

#[test]
fn a_veto_is_final_for_a_report_without_proof() {
    let mut suite = Suite::with_resolver();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    let again = suite.slash("alice");
    assert_eq!(suite.report(&again), duplicate(1, None));
    suite.net.advance(WINDOW - 1);
    for sender in ["admin", "owner", "guardian", "alice"] {
        let sender_address = suite.account(sender);
        assert_eq!(
            error(suite.veto(sender, 1)),
            ContractError::NotResolver {
                service: CHAIN,
                sender: sender_address
            }
        );
    }
    assert_eq!(suite.pending("alice"), [1]);
    let response = suite.veto("resolver", 1).unwrap();
    assert_eq!(attribute(&response, "slash_vetoed", "request"), ["1"]);
    let at = suite.now();
    assert_eq!(suite.request(1).state, RequestState::Vetoed { at });
    assert_eq!(suite.request(1).penalty, None);
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());

    // Whoever reported it is told, under each nonce.
    suite.net.relay_all().unwrap();
    assert_eq!(
        suite.heard(),
        [(1, Outcome::Vetoed {}), (2, Outcome::Vetoed {})]
    );
    assert_eq!(suite.untold(), []);
    // It is not executed, vetoed again, or asked for again under whatever nonce.
    suite.net.advance(WINDOW);
    let ended = ContractError::RequestEnded {
        service: CHAIN,
        request: 1,
    };
    assert_eq!(error(suite.execute(CHAIN, 1)), ended);
    assert_eq!(error(suite.veto("resolver", 1)), ended);
    assert_eq!(suite.report(&slash), duplicate(1, vetoed()));
    let third = suite.slash("alice");
    assert_eq!(suite.report(&third), duplicate(1, vetoed()));
    assert_eq!(suite.slashes(), []);
    assert_eq!(suite.standing("alice"), StandingResponse::default());
    // Another infraction is another matter.
    let other = suite.slash_for("alice", DOWNTIME, 11);
    assert_eq!(suite.report(&other), accepted(2));
}

#[test]
fn only_what_waits_in_a_window_can_be_vetoed() {
    let mut suite = Suite::with_resolver();
    assert_eq!(
        error(suite.veto("resolver", 1)),
        ContractError::UnknownRequest {
            service: CHAIN,
            request: 1
        }
    );
    // A service without a resolver has nobody who may.
    suite.power("carol", 100);
    suite.sync(LOCAL).unwrap();
    suite.pause(Action::Executions, 1_000);
    let slash = suite.slash("carol");
    assert_eq!(suite.slash_locally(&slash), accepted(1));
    let (service, request) = (LOCAL, 1u64.into());
    assert_eq!(
        error(suite.run("resolver", &ExecuteMsg::Veto { service, request })),
        ContractError::NotResolver {
            service: LOCAL,
            sender: suite.account("resolver")
        }
    );
    assert_eq!(suite.pending("carol"), [1]);
}

#[test]
fn a_request_keeps_the_window_that_it_was_received_with() {
    let mut suite = Suite::with_resolver();
    // In one unbonding period there will be nobody who vetoes.
    suite.update_service(settings()).unwrap();
    suite.net.advance(crate::allocation::UNBONDING - 1);
    let before = suite.slash("alice");
    assert_eq!(suite.report(&before), accepted(1));
    suite.net.advance(1);
    let after = suite.slash("bob");
    assert_eq!(suite.report(&after), executed(2));
    // The former resolver has no say any more, and the request still has its time.
    assert!(matches!(
        error(suite.veto("resolver", 1)),
        ContractError::NotResolver { .. }
    ));
    assert!(matches!(
        error(suite.execute(CHAIN, 1)),
        ContractError::StillInWindow { .. }
    ));
    suite.net.advance(WINDOW - 1);
    suite.execute(CHAIN, 1).unwrap();
}

#[test]
fn repetitions_in_a_window_are_told_up_to_eleven() {
    let mut suite = Suite::with_resolver();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    for _ in 2..=11 {
        let again = suite.slash("alice");
        assert_eq!(suite.report(&again), duplicate(1, None));
    }
    let twelfth = suite.slash("alice");
    let retry_at = suite.now().plus_seconds(3_600);
    assert_eq!(suite.report(&twelfth), SlashAck::Bounced { retry_at });
    suite.veto("resolver", 1).unwrap();
    suite.net.relay_all().unwrap();
    let expected: Vec<_> = (1..=11).map(|n| (n, Outcome::Vetoed {})).collect();
    assert_eq!(suite.heard(), expected);
    // The bounced one learns it when it comes again.
    assert_eq!(suite.report(&twelfth), duplicate(1, vetoed()));
}

#[test]
fn who_executes_gets_the_bounty_and_the_rest_is_split() {
    let suite = Suite::bare();
    let treasury = suite.account("treasury").to_string();
    let settings = ServiceSettings {
        proceeds: Proceeds::Split {
            recipient: treasury.clone(),
            burned: Decimal::permille(335),
        },
        bounty: Decimal::percent(10),
        ..disputed(&suite)
    };
    let mut suite = suite.with(service_with(settings)).told();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    // 0.1 to who executed, under an account that nobody redirects; of the other 0.9 a share of
    // 0.335 is burned, and the rest goes to the treasury. Together they are one.
    let mut payees = suite.payees();
    let finder = payee(0, send(suite.account("anybody")), 100);
    let burned = palisade_types::asset::Payee {
        share: Decimal::from_ratio(3_015u128, 10_000u128),
        ..payee(CHAIN, Destination::Burn {}, 0)
    };
    let rest = palisade_types::asset::Payee {
        share: Decimal::from_ratio(5_985u128, 10_000u128),
        ..payee(CHAIN, send(&treasury), 0)
    };
    assert_eq!(payees, [finder, burned, rest]);
    let sum =
        |payees: &[palisade_types::asset::Payee]| payees.iter().map(|p| p.share).sum::<Decimal>();
    assert_eq!(sum(&payees), Decimal::one());

    // Shares that do not come out even round down, and the last payee's is the rest.
    let suite = Suite::bare();
    let odd = Decimal::from_ratio(1u128, 3u128);
    let settings = ServiceSettings {
        proceeds: Proceeds::Split {
            recipient: treasury.clone(),
            burned: odd,
        },
        bounty: Decimal::raw(1),
        ..disputed(&suite)
    };
    let mut suite = suite.with(service_with(settings)).told();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    payees = suite.payees();
    assert_eq!(payees[0].share, Decimal::raw(1));
    // (10^18 - 1) / 3 = 333333333333333333 exactly; times 333333333333333333 / 10^18, floored.
    assert_eq!(payees[1].share, Decimal::raw(333_333_333_333_333_332));
    assert_eq!(payees[2].share, Decimal::raw(666_666_666_666_666_667));
    assert_eq!(sum(&payees), Decimal::one());
}

#[test]
fn a_share_that_rounds_to_nothing_stops_no_execution() {
    let suite = Suite::bare();
    let treasury = suite.account("treasury");
    let settings = ServiceSettings {
        proceeds: Proceeds::Split {
            recipient: treasury.to_string(),
            burned: Decimal::raw(1),
        },
        bounty: Decimal::percent(10),
        ..disputed(&suite)
    };
    let mut suite = suite.with(service_with(settings)).told();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), accepted(1));
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 1).unwrap();
    // 0.9 of the smallest share there is comes to nothing, and the vault takes no share of zero.
    let finder = payee(0, send(suite.account("anybody")), 100);
    let rest = payee(CHAIN, send(&treasury), 900);
    assert_eq!(suite.payees(), [finder, rest]);
}

#[test]
fn an_execution_at_the_door_pays_no_bounty() {
    let suite = Suite::bare();
    let treasury = suite.account("treasury");
    let settings = ServiceSettings {
        proceeds: Proceeds::Send {
            recipient: treasury.to_string(),
        },
        bounty: Decimal::percent(10),
        ..settings()
    };
    let mut suite = suite.with(service_with(settings)).told();
    let slash = suite.slash("alice");
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(suite.payees(), [payee(CHAIN, send(&treasury), 1_000)]);
    // One that had to wait does.
    suite.pause(Action::Executions, 100);
    let slash = suite.slash("bob");
    assert_eq!(suite.report(&slash), accepted(2));
    suite.net.advance(100);
    suite.execute(CHAIN, 2).unwrap();
    assert_eq!(
        suite.payees(),
        [
            payee(0, send(suite.account("anybody")), 100),
            payee(CHAIN, send(&treasury), 900)
        ]
    );
}

#[test]
fn requests_are_found_by_state_and_by_operator() {
    let mut suite = Suite::with_resolver();
    let reports = [
        ("alice", DOWNTIME, 30),
        ("bob", DOWNTIME, 10),
        ("alice", DOWNTIME, 9),
        ("alice", DOUBLE_SIGN, 300),
        ("alice", "oracle", 1),
    ];
    for ((operator, kind, height), request) in reports.into_iter().zip(1..) {
        let slash = suite.slash_for(operator, kind, height);
        assert_eq!(suite.report(&slash), accepted(request));
    }
    suite.veto("resolver", 1).unwrap();
    suite.veto("resolver", 4).unwrap();
    suite.net.advance(WINDOW);
    suite.execute(CHAIN, 3).unwrap();

    let page = |state, start_after: Option<u64>, limit| {
        let page: RequestsResponse<Uint64> = suite.query(&QueryMsg::Requests {
            service: CHAIN,
            state,
            start_after: start_after.map(Uint64::new),
            limit,
        });
        let numbers: Vec<_> = page.requests.iter().map(|r| r.request.u64()).collect();
        (numbers, page.next.map(|n| n.u64()))
    };
    assert_eq!(page(None, None, None), (vec![1, 2, 3, 4, 5], None));
    let pending = Some(StateFilter::Pending);
    assert_eq!(page(pending, None, None), (vec![2, 5], None));
    assert_eq!(
        page(Some(StateFilter::Executed), None, None),
        (vec![3], None)
    );
    assert_eq!(
        page(Some(StateFilter::Vetoed), None, None),
        (vec![1, 4], None)
    );
    // A page is of those looked at, so it may be short and yet not the last.
    assert_eq!(page(pending, None, Some(2)), (vec![2], Some(2)));
    assert_eq!(page(pending, Some(2), Some(2)), (vec![], Some(4)));
    assert_eq!(page(pending, Some(4), Some(2)), (vec![5], None));

    // Alice's by kind, then height.
    let alice = suite.account("alice").to_string();
    let page = |state, start_after, limit| {
        let page: RequestsResponse<(String, Uint64)> = suite.query(&QueryMsg::OperatorRequests {
            service: CHAIN,
            operator: alice.clone(),
            state,
            start_after,
            limit,
        });
        let numbers: Vec<_> = page.requests.iter().map(|r| r.request.u64()).collect();
        (numbers, page.next)
    };
    let key = |kind: &str, height: u64| Some((kind.to_string(), Uint64::new(height)));
    assert_eq!(page(None, None, None), (vec![4, 3, 1, 5], None));
    assert_eq!(page(None, None, Some(2)), (vec![4, 3], key(DOWNTIME, 9)));
    assert_eq!(
        page(None, key(DOWNTIME, 9), Some(2)),
        (vec![1, 5], key("oracle", 1))
    );
    assert_eq!(page(None, key("oracle", 1), Some(2)), (vec![], None));
    assert_eq!(
        page(Some(StateFilter::Vetoed), None, Some(3)),
        (vec![4, 1], key(DOWNTIME, 30))
    );
}
