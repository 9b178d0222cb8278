//! Slash requests that get in each other's way elsewhere.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]

use cosmwasm_std::Decimal;
use palisade_suite::*;
use palisade_types::slashing::RequestState;

/// One operator with 1,000,000 behind it, all of it counting at a consumer that may take 5 %.
fn one_operator() -> (Suite, u32) {
    let mut suite = Suite::new();
    suite.register_operator("op");
    suite.deposit("alice", "op", 1_000_000);
    let service = suite.register_consumer(Decimal::percent(5));
    suite.opt_in("op", service, true, 5);
    suite.settle(service);
    suite.wait(600);
    (suite, service)
}

#[test]
fn one_unit_request_blocking_the_real_slash() {
    let (mut suite, service) = one_operator();
    // At one height a downtime of 0.05 % and a double-sign of 5 %, the small one first.
    let small = suite.infraction("op", "downtime");
    let real = suite.infraction("op", "double_sign");
    assert_eq!(small.height, real.height);
    suite.try_report("reporter", small).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.stake("op", ATOM), 999_500);
    suite.try_report("reporter", real).unwrap();
    suite.net.relay_all().unwrap();
    // 500 of the 50,000 that were promised are gone; the double-sign takes the other 49,500.
    assert_eq!(suite.stake("op", ATOM), 950_000);
    let requests = suite.requests(service);
    assert_eq!(requests.len(), 2);
    assert!(requests
        .iter()
        .all(|request| matches!(request.state, RequestState::Executed { .. })));
    assert!(suite.books(ATOM).balance_to_the_unit());
}

#[test]
fn a_later_infraction_executed_first_does_not_block_the_earlier_one() {
    let (mut suite, service) = one_operator();
    let earlier = suite.infraction("op", "downtime");
    suite.wait(60);
    let later = suite.infraction("op", "downtime");
    suite.try_report("reporter", later).unwrap();
    suite.net.relay_all().unwrap();
    suite.try_report("reporter", earlier).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.requests(service).len(), 2);
    // 0.05 % of a million, and 0.05 % of 99 % of it for the promise that is left.
    assert_eq!(suite.books(ATOM).seized, 500 + 495);
    assert_eq!(
        suite.books(ATOM).seized + suite.stake("op", ATOM),
        1_000_000
    );
}
