//! Verbs that the stories share.

use cosmwasm_std::Decimal;
use cw_multi_test::AppResponse;
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::allocation::ServiceId;
use palisade_types::asset::Destination;
use palisade_types::slashing::Source;
use palisade_types::vault;

pub const MILLION: u128 = 1_000_000;
/// Seconds of a batch.
pub const BATCH: u64 = BATCH_EPOCHS as u64 * EPOCH;

/// North with a staker, and 600,000 of alice's and 400,000 of bob's.
pub fn staked(compound: bool) -> Suite {
    let mut suite = Suite::new();
    suite.register_staked();
    suite.open_staker("north", compound);
    suite.deposit_bond("alice", "north", 600_000);
    suite.deposit_bond("bob", "north", 400_000);
    suite
}

pub fn bond(suite: &Suite, name: &str) -> u128 {
    suite.net.host.balance(&suite.host(name), BOND).unwrap()
}

pub fn assert_balanced(suite: &Suite) {
    let books = suite.books(STAKE);
    assert!(
        books.balance_to_the_unit() && books.vault_balances(),
        "{books:?}"
    );
}

/// To the first moment of the batch of what was undelegated now, which is started then.
pub fn next_batch(suite: &mut Suite) {
    // The epochs before, in which nothing left.
    suite.reconcile("north");
    let at = suite.staked("north").next_batch_at;
    let left = at.nanos().saturating_sub(suite.net.host.time().nanos());
    suite.wait(left / 1_000_000_000);
    suite.reconcile("north");
}

/// A local service that takes 30 % of [`STAKE`] for a double-sign; north promises all of it.
pub fn local_service(suite: &mut Suite) -> ServiceId {
    let mut accepts = terms(Decimal::percent(30), false);
    accepts.assets = vec![STAKE.to_string()];
    let source = Source::Local {
        slasher: suite.host("oracle").to_string(),
    };
    let service = suite.register_service("oracle", accepts, source, settings());
    suite
        .try_opt_in("north", service, false, vec![slice(STAKE, 30)])
        .unwrap();
    suite.settle(service);
    suite.reconcile("north");
    service
}

pub fn pay_out(suite: &mut Suite, service: ServiceId) -> HarnessResult<AppResponse> {
    let msg = vault::ExecuteMsg::PayOut {
        asset: format!("{STAKE}/{}", suite.host("north")),
        account: service,
        destination: Destination::Burn {},
    };
    let vault = suite.vault.clone();
    suite.try_on_host("anybody", &vault, &msg, &[])
}

/// Starts what is due, lets the chain unbond it, and takes it in.
pub fn bring_home(suite: &mut Suite, operator: &str) {
    for _ in 0..4 {
        suite.wait(BATCH);
        // What arrived; then what is to leave.
        suite.reconcile(operator);
        suite.reconcile(operator);
    }
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile(operator);
    suite.wait(5);
    suite.reconcile(operator);
}
