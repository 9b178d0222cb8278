//! Verbs that the stories share.

use std::fmt::{Debug, Display};

use cosmwasm_std::{Decimal, Uint128};
use cw_multi_test::AppResponse;
use palisade_ibc::Outcome;
use palisade_suite::*;
use palisade_testing::{HarnessResult, Network};
use palisade_types::allocation::{ServiceId, SliceShare};
use palisade_types::delegation::{PositionResponse, UnbondingResponse};
use palisade_types::gateway::{Infraction, ReportState};
use palisade_types::slashing::{
    self, Buckets, Dispute, ExecuteMsg, NewService, Penalty, RequestState, ServiceSettings, Source,
};
use palisade_types::{allocation, delegation, gateway, vault};

pub const MILLION: u128 = 1_000_000;
/// Seconds for a veto.
pub const WINDOW: u64 = 2 * EPOCH;

/// North and south, with 1,000,000 of alice's and 2,000,000 of bob's behind them, in a consumer's
/// service that takes 5 % for a double-sign and 0.05 % for downtime.
pub fn consumer() -> (Suite, ServiceId) {
    consumer_with(settings())
}

/// The same with other settings.
pub fn consumer_with(settings: ServiceSettings) -> (Suite, ServiceId) {
    let mut suite = stakers();
    let chain = suite.register_consumer_with(Decimal::percent(5), settings);
    join(&mut suite, chain, 5);
    (suite, chain)
}

/// The same with penalties of the test's own, of which none takes more than `most` percent; the
/// operators promise all of it.
pub fn consumer_that_takes(most: u64, penalties: Vec<Penalty>) -> (Suite, ServiceId) {
    let mut suite = stakers();
    let chain = register(&mut suite, most, penalties);
    suite.open_channel(chain);
    join(&mut suite, chain, most);
    (suite, chain)
}

/// A resolver `judge` with two days for a veto.
pub fn disputed() -> ServiceSettings {
    ServiceSettings {
        evidence_age: 3 * EPOCH,
        dispute: Some(Dispute {
            resolver: Network::new().host.account("judge").to_string(),
            window: WINDOW,
        }),
        ..settings()
    }
}

fn stakers() -> Suite {
    let mut suite = Suite::new();
    for operator in ["north", "south"] {
        suite.register_operator(operator);
    }
    suite.deposit("alice", "north", MILLION);
    suite.deposit("bob", "south", 2 * MILLION);
    suite
}

fn join(suite: &mut Suite, chain: ServiceId, percent: u64) {
    for operator in ["north", "south"] {
        suite
            .try_opt_in(operator, chain, true, vec![slice(ATOM, percent)])
            .unwrap();
    }
    suite.settle(chain);
    suite.wait(600);
    assert_eq!(powers(suite), [("north", MILLION), ("south", 2 * MILLION)]);
}

/// Registers an IBC service with these penalties, without a channel.
pub fn register(suite: &mut Suite, most: u64, penalties: Vec<Penalty>) -> ServiceId {
    let msg = ExecuteMsg::RegisterService(NewService {
        terms: terms(Decimal::percent(most), true),
        source: Source::Ibc {},
        penalties,
        settings: ServiceSettings {
            chain_id: Some(suite.net.consumer.block().chain_id),
            ..settings()
        },
    });
    try_slashing(suite, "consumer-admin", &msg).unwrap();
    let query = slashing::QueryMsg::Services {
        start_after: None,
        limit: Some(100),
    };
    let services: Vec<slashing::ServiceResponse> = suite.ask(&suite.slashing, &query);
    services.last().unwrap().service
}

/// Local service `slasher` in which `operator` promises `percent` of its pool, all that may be taken.
pub fn local_service(suite: &mut Suite, slasher: &str, operator: &str, percent: u64) -> ServiceId {
    let service = suite.register_local(slasher, Decimal::percent(percent));
    suite
        .try_opt_in(operator, service, false, vec![slice(ATOM, percent)])
        .unwrap();
    service
}

/// Powers of north and south at the gateway, which are those of the host's last update.
pub fn powers(suite: &Suite) -> [(&'static str, u128); 2] {
    ["north", "south"].map(|operator| (operator, suite.seen(operator).power.u128()))
}

/// Syncs and delivers.
pub fn tell(suite: &mut Suite, service: ServiceId) {
    suite.sync(service);
    suite.net.relay_all().unwrap();
}

/// Reports an infraction that happens now, and delivers all that comes of it.
pub fn punish(suite: &mut Suite, operator: &str, kind: &str) {
    suite.report(operator, kind);
    suite.net.relay_all().unwrap();
    suite.wait(10);
}

/// Reports an infraction of any time, and delivers all that comes of it.
pub fn punish_for(suite: &mut Suite, infraction: Infraction) {
    suite.try_report("reporter", infraction).unwrap();
    suite.net.relay_all().unwrap();
}

/// How each report at the gateway ended; none: it has not.
pub fn ends(suite: &Suite) -> Vec<Option<Outcome>> {
    let end = |report: gateway::ReportResponse| match report.state {
        ReportState::Ended { outcome } => Some(outcome),
        _ => None,
    };
    suite.reports().into_iter().map(end).collect()
}

pub const EXECUTED: Option<Outcome> = Some(Outcome::Executed {});
pub const VETOED: Option<Outcome> = Some(Outcome::Vetoed {});

/// What each request took of the native asset; none: it was not executed.
pub fn taken(suite: &Suite, service: ServiceId) -> Vec<Option<u128>> {
    let taken = |request: slashing::RequestResponse| match request.state {
        RequestState::Executed { seized, .. } => {
            let of = seized.iter().find(|a| a.asset == ATOM);
            Some(of.map_or(0, |a| a.amount.u128()))
        }
        _ => None,
    };
    suite.requests(service).into_iter().map(taken).collect()
}

/// Asserts what is staked, unbonding and seized of the native asset, and that nothing is uncounted.
pub fn assert_books(suite: &Suite, pools: u128, buckets: u128, seized: u128) {
    let books = suite.books(ATOM);
    assert!(books.balance_to_the_unit(), "{books:?}");
    assert_eq!(
        (books.pools, books.buckets, books.seized),
        (pools, buckets, seized),
        "{books:?}"
    );
}

/// Asserts that a contract refused something, and by which error.
#[track_caller]
pub fn assert_refused<T, E>(result: HarnessResult<T>, expected: &E)
where
    T: Debug,
    E: Debug + Display + PartialEq + Send + Sync + 'static,
{
    assert_eq!(refusal::<E>(&result.unwrap_err()), expected);
}

pub fn try_slashing(suite: &mut Suite, who: &str, msg: &ExecuteMsg) -> HarnessResult<AppResponse> {
    let contract = suite.slashing.clone();
    suite.try_on_host(who, &contract, msg, &[])
}

pub fn try_execute(
    suite: &mut Suite,
    who: &str,
    service: ServiceId,
    request: u64,
) -> HarnessResult<AppResponse> {
    let request = request.into();
    try_slashing(suite, who, &ExecuteMsg::Execute { service, request })
}

pub fn allocate(suite: &mut Suite, operator: &str, msg: &allocation::ExecuteMsg) {
    let contract = suite.allocation.clone();
    suite.on_host(operator, &contract, msg);
}

pub fn adjust(suite: &mut Suite, operator: &str, service: ServiceId, slices: Vec<SliceShare>) {
    allocate(
        suite,
        operator,
        &allocation::ExecuteMsg::Adjust { service, slices },
    );
}

pub fn delegation(
    suite: &mut Suite,
    who: &str,
    msg: &delegation::ExecuteMsg,
) -> HarnessResult<AppResponse> {
    let contract = suite.delegation.clone();
    suite.try_on_host(who, &contract, msg, &[])
}

/// Sets what a service may slash in an epoch, `reserved` of it whatever the others do.
pub fn throttle(suite: &mut Suite, service: ServiceId, limit: u128, reserved: u128) {
    let buckets = Buckets {
        limit: Uint128::new(limit),
        reserved: Uint128::new(reserved),
    };
    try_slashing(
        suite,
        "owner",
        &ExecuteMsg::SetThrottle { service, buckets },
    )
    .unwrap();
}

/// Sets what all services may slash in an epoch beside what is reserved.
pub fn share(suite: &mut Suite, shared: u128) {
    let shared = Uint128::new(shared);
    try_slashing(suite, "owner", &ExecuteMsg::SetSharedThrottle { shared }).unwrap();
}

/// Undelegates all, to be claimed with [`claim`] after an epoch and the unbonding period.
pub fn leave(suite: &mut Suite, staker: &str, operator: &str) {
    suite.try_undelegate(staker, operator, ATOM, None).unwrap();
}

/// Claims, and says how much native tokens the staker then has.
pub fn claim(suite: &mut Suite, staker: &str, operator: &str) -> u128 {
    suite.try_claim(staker, operator, ATOM).unwrap();
    native(suite, staker)
}

pub fn native(suite: &Suite, name: &str) -> u128 {
    suite.net.host.balance(&suite.host(name), DENOM).unwrap()
}

/// All that a staker has in native tokens: active, unbonding, idle in its own account.
pub fn worth(suite: &Suite, staker: &str) -> u128 {
    let owner = suite.host(staker).to_string();
    let query = delegation::QueryMsg::Positions {
        owner: owner.clone(),
        start_after: None,
        limit: Some(100),
    };
    let active: Vec<PositionResponse> = suite.ask(&suite.delegation, &query);
    let query = delegation::QueryMsg::Unbondings {
        owner,
        start_after: None,
        limit: Some(100),
    };
    let unbonding: Vec<UnbondingResponse> = suite.ask(&suite.delegation, &query);
    let active = active.iter().filter(|p| p.pool.asset == ATOM);
    let unbonding = unbonding.iter().filter(|p| p.pool.asset == ATOM);
    active.map(|p| p.value.u128()).sum::<u128>()
        + unbonding.map(|p| p.value.u128()).sum::<u128>()
        + native(suite, staker)
}

pub fn pay_out(
    suite: &mut Suite,
    asset: &str,
    account: ServiceId,
    destination: palisade_types::asset::Destination,
) -> HarnessResult<AppResponse> {
    let contract = suite.vault.clone();
    let msg = vault::ExecuteMsg::PayOut {
        asset: asset.to_string(),
        account,
        destination,
    };
    suite.try_on_host("anybody", &contract, &msg, &[])
}
