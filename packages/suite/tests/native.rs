//! The bond denom, staked by the suite itself with the operators' own validators.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use cosmwasm_std::Decimal;
use cw_multi_test::AppResponse;
use palisade_delegation::ContractError as DelegationError;
use palisade_math::FULL_MAGNITUDE;
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::allocation::ServiceId;
use palisade_types::asset::Destination;
use palisade_types::slashing::Source;
use palisade_types::token::Token;
use palisade_types::vault;
use palisade_vault::ContractError as VaultError;

const MILLION: u128 = 1_000_000;
/// Seconds of a batch.
const BATCH: u64 = BATCH_EPOCHS as u64 * EPOCH;

/// North with a staker, and 600,000 of alice's and 400,000 of bob's.
fn staked(compound: bool) -> Suite {
    let mut suite = Suite::new();
    suite.register_staked();
    suite.open_staker("north", compound);
    suite.deposit_bond("alice", "north", 600_000);
    suite.deposit_bond("bob", "north", 400_000);
    suite
}

fn bond(suite: &Suite, name: &str) -> u128 {
    suite.net.host.balance(&suite.host(name), BOND).unwrap()
}

fn assert_balanced(suite: &Suite) {
    let books = suite.books(STAKE);
    assert!(
        books.balance_to_the_unit() && books.vault_balances(),
        "{books:?}"
    );
}

/// To the first moment of the batch of what was undelegated now, which is started then.
fn next_batch(suite: &mut Suite) {
    // The epochs before, in which nothing left.
    suite.reconcile("north");
    let at = suite.staked("north").next_batch_at;
    let left = at.nanos().saturating_sub(suite.net.host.time().nanos());
    suite.wait(left / 1_000_000_000);
    suite.reconcile("north");
}

/// A local service that takes 30 % of [`STAKE`] for a double-sign; north promises all of it.
fn local_service(suite: &mut Suite) -> ServiceId {
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

fn pay_out(suite: &mut Suite, service: ServiceId) -> HarnessResult<AppResponse> {
    let msg = vault::ExecuteMsg::PayOut {
        asset: STAKE.to_string(),
        account: service,
        destination: Destination::Burn {},
    };
    let vault = suite.vault.clone();
    suite.try_on_host("anybody", &vault, &msg, &[])
}

#[test]
fn from_a_deposit_to_the_validator_and_back() {
    let mut suite = staked(true);
    // One delegation for all of them, of the validator that has the operator's bytes.
    assert_eq!(suite.bonded("north"), MILLION);
    assert_eq!(suite.stake("north", STAKE), MILLION);
    let staked = suite.staked("north");
    assert_eq!((staked.bonded.u128(), staked.slashed.u128()), (MILLION, 0));
    assert_eq!(staked.staker, suite.staker_of("north"));
    let books = suite.books(STAKE);
    assert_eq!(
        (books.balance, books.bonded, books.staked),
        (0, MILLION, MILLION)
    );
    assert_balanced(&suite);
    // It counts as any other stake does.
    let service = local_service(&mut suite);
    assert_eq!(suite.member(service, "north").power.u128(), MILLION);

    // Alice leaves with a third, bob with a quarter in the same batch.
    suite
        .try_undelegate("alice", "north", STAKE, Some(200_000))
        .unwrap();
    suite.wait(EPOCH);
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    assert_eq!(
        (suite.stake("north", STAKE), suite.bonded("north")),
        (700_000, MILLION)
    );
    assert_balanced(&suite);
    next_batch(&mut suite);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (700_000, 300_000)
    );
    let [batch] = &suite.staked("north").batches[..] else {
        panic!("one batch")
    };
    assert_eq!(batch.amount.u128(), 300_000);
    assert_balanced(&suite);
    // Nothing to do is no error.
    suite.reconcile("north");

    // Arrived at the staker, collected to the vault, paid out when it matured.
    suite.wait(CHAIN_UNBONDING + 5);
    let books = suite.books(STAKE);
    assert_eq!(
        (books.unbonding, books.arrived, books.released),
        (0, 300_000, 0)
    );
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.arrived, books.released, books.balance),
        (0, 300_000, 300_000)
    );
    assert_balanced(&suite);
    suite.wait(3 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(
        (bond(&suite, "alice"), bond(&suite, "bob")),
        (200_000, 100_000)
    );
    let books = suite.books(STAKE);
    assert_eq!(
        (books.staked, books.released, books.balance),
        (700_000, 0, 0)
    );
    assert_balanced(&suite);
}

#[test]
fn base_rewards_are_staked_and_flow_into_the_pool() {
    let mut suite = staked(true);
    // A tenth of a year at 20 %.
    suite.wait(365 * EPOCH / 10);
    suite.try_withdraw_base_rewards("north").unwrap();
    assert_eq!(suite.bonded("north"), 1_020_000);
    assert_eq!(suite.stake("north", STAKE), MILLION);
    assert_eq!(suite.staked("north").growing.u128(), 20_000);
    assert_balanced(&suite);
    // Who joins now pays the price of now, and gets of the rewards what flows from now on.
    suite.wait(2 * REWARD_PERIOD);
    suite.reconcile("north");
    assert_eq!(suite.stake("north", STAKE), 1_020_000);
    assert_eq!(suite.staked("north").growing.u128(), 0);
    let values = ["alice", "bob"].map(|name| suite.position(name, "north", STAKE));
    assert!(
        values[0].abs_diff(612_000) <= 1 && values[1].abs_diff(408_000) <= 1,
        "{values:?}"
    );
    assert_balanced(&suite);

    // What the chain pays with a deposit by itself is not lost: 20 % of 1,020,000 for 20.25 days.
    suite.wait(365 * EPOCH / 20);
    suite.deposit_bond("carol", "north", 80_000);
    assert_eq!(suite.bonded("north"), 1_100_000);
    let staker = suite.staker_of("north");
    let at_hand = suite.net.host.balance(&staker, BOND).unwrap();
    assert_eq!(at_hand, 11_317);
    assert_balanced(&suite);
    suite.try_withdraw_base_rewards("north").unwrap();
    assert_eq!(suite.bonded("north"), 1_100_000 + at_hand);
    assert_eq!(suite.net.host.balance(&staker, BOND).unwrap(), 0);
    assert_balanced(&suite);
}

#[test]
fn base_rewards_are_paid_out_as_rewards() {
    let mut suite = staked(false);
    let token = Token::native(BOND);
    suite.wait(365 * EPOCH / 10);
    suite.try_withdraw_base_rewards("north").unwrap();
    // Without commission, which a validator takes on the chain itself.
    assert_eq!(suite.bonded("north"), MILLION);
    assert_eq!(suite.holds(&suite.delegation, &token), 20_000);
    assert_eq!(suite.commission("north", &token), 0);
    assert!(suite.reward_books(&token, &["alice", "bob"]).balance(0));
    suite.wait(2 * REWARD_PERIOD);
    let claimable = |suite: &Suite| ["alice", "bob"].map(|s| suite.claimable_in(s, &token));
    assert_eq!(claimable(&suite), [12_000, 8_000]);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(bond(&suite, "alice"), 12_000);
    // Bob compounds, which here is one more delegation.
    suite
        .try_compound("bob", std::slice::from_ref(&token))
        .unwrap();
    assert_eq!(suite.position("bob", "north", STAKE), 408_000);
    assert_eq!(suite.bonded("north"), 1_008_000);
    assert_eq!(claimable(&suite), [0, 0]);
    assert_eq!(suite.holds(&suite.delegation, &token), 0);
    assert_balanced(&suite);
}

#[test]
fn a_base_slash_half_way_through_unbonding_takes_of_pool_and_buckets_and_of_no_magnitude() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(200_000))
        .unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING / 2);
    // One more is on its way, whose batch did not start.
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    suite.slash_validator("north", 10);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (720_000, 180_000)
    );
    assert_eq!(suite.staked("north").slashed.u128(), 80_000);

    suite.reconcile("north");
    let pool = suite.pool("north", STAKE).unwrap();
    assert_eq!(pool.tokens.u128(), 630_000);
    assert_eq!(pool.magnitude.value.u128(), FULL_MAGNITUDE);
    let values = ["alice", "bob"].map(|name| suite.position(name, "north", STAKE));
    assert!(
        values[0].abs_diff(360_000) <= 1 && values[1].abs_diff(270_000) <= 1,
        "{values:?}"
    );
    // Of what the chain unbonds, the loss shows when it arrives.
    let books = suite.books(STAKE);
    assert_eq!(
        (books.pools, books.buckets, books.staked),
        (630_000, 290_000, 920_000)
    );
    suite.wait(CHAIN_UNBONDING);
    suite.reconcile("north");
    suite.wait(5);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.pools, books.buckets, books.released),
        (630_000, 270_000, 180_000)
    );
    assert_balanced(&suite);

    suite.wait(2 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 180_000);
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(BATCH);
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "bob"), 90_000);
    assert_balanced(&suite);
}

#[test]
fn seized_native_stake_is_owed_until_it_arrives_and_then_burned() {
    let mut suite = staked(true);
    let service = local_service(&mut suite);
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    let slash = suite.slash(service, 1, "north", "double_sign");
    suite.try_slash("oracle", service, slash).unwrap();
    // 30 % of all that counted, bob's 100,000 among it. Not a token moved.
    let books = suite.books(STAKE);
    assert_eq!((books.pools, books.buckets), (630_000, 70_000));
    assert_eq!(
        (books.seized, books.payable, books.bonded),
        (300_000, 0, MILLION)
    );
    assert_balanced(&suite);
    let error = pay_out(&mut suite, service).unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NothingArrived { .. }
    ));

    next_batch(&mut suite);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (630_000, 370_000)
    );
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!((books.payable, books.released), (300_000, 70_000));
    assert_balanced(&suite);
    let supply = suite.net.host.supply(BOND).unwrap().u128();
    pay_out(&mut suite, service).unwrap();
    assert_eq!(
        suite.net.host.supply(BOND).unwrap().u128(),
        supply - 300_000
    );
    let books = suite.books(STAKE);
    assert_eq!((books.seized, books.payable, books.balance), (0, 0, 70_000));
    suite.wait(2 * EPOCH);
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "bob"), 70_000);
    assert_balanced(&suite);
}

#[test]
fn a_jailed_validator_takes_no_deposits_and_keeps_nobody() {
    let mut suite = staked(true);
    suite.jail_validator("north");
    let before = suite.books(STAKE);
    let error = suite
        .try_deposit_bond("carol", Some("north"), 1_000)
        .unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::ValidatorNotBonded { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    // Idle is as good as ever.
    suite.try_deposit_bond("carol", None, 1_000).unwrap();
    assert_eq!(suite.books(STAKE).idle, 1_000);

    suite.try_undelegate("alice", "north", STAKE, None).unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(4 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 600_000);
    assert_balanced(&suite);

    let validator = suite.validator("north");
    suite.net.host.unjail_validator(&validator);
    suite.deposit_bond("dave", "north", 1_000);
    assert_eq!(suite.bonded("north"), 401_000);
    assert_balanced(&suite);
}

#[test]
fn native_stake_is_redelegated_to_an_operator_with_a_staker_alone() {
    let mut suite = staked(true);
    suite.register_validator("west");
    suite.open_staker("south", true);
    suite.try_undelegate("alice", "north", STAKE, None).unwrap();
    next_batch(&mut suite);
    suite.wait(UNBONDING);
    // Matured, and at the staker still.
    suite
        .try_redelegate("alice", "north", "south", STAKE)
        .unwrap_err();
    suite.reconcile("north");
    let before = suite.books(STAKE);
    let error = suite
        .try_redelegate("alice", "north", "west", STAKE)
        .unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::NotNative { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    suite
        .try_redelegate("alice", "north", "south", STAKE)
        .unwrap();
    assert_eq!(
        (suite.bonded("north"), suite.bonded("south")),
        (400_000, 600_000)
    );
    assert_eq!(suite.position("alice", "south", STAKE), 600_000);
    assert_eq!(suite.books(STAKE).released, 0);
    assert_balanced(&suite);
    // A deposit there is the same refusal, by the vault.
    let error = suite
        .try_deposit_bond("carol", Some("west"), 1_000)
        .unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NoStaker { .. }
    ));
}

#[test]
fn an_undelegation_can_be_cancelled_until_its_batch_starts() {
    let mut suite = staked(true);
    let epoch = suite.epoch();
    suite
        .try_undelegate("alice", "north", STAKE, Some(300_000))
        .unwrap();
    suite
        .try_cancel("alice", "north", STAKE, epoch, Some(100_000))
        .unwrap();
    assert_eq!(suite.position("alice", "north", STAKE), 400_000);
    assert_eq!(suite.bonded("north"), MILLION);
    assert_balanced(&suite);
    next_batch(&mut suite);
    assert_eq!(suite.unbonding("north"), 200_000);
    let before = suite.books(STAKE);
    let error = suite
        .try_cancel("alice", "north", STAKE, epoch, None)
        .unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::BatchStarted { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    assert_balanced(&suite);
}

#[test]
fn only_the_account_of_a_validator_opens_its_staker_and_only_once() {
    let mut suite = Suite::new();
    suite.register_staked();
    suite.register_validator("north");
    suite.register_operator("thief");
    let open = |suite: &mut Suite, who: &str, of: &str| {
        let msg = vault::ExecuteMsg::OpenStaker {
            asset: STAKE.to_string(),
            validator: suite.validator(of),
            compound: true,
        };
        let vault = suite.vault.clone();
        suite.try_on_host(who, &vault, &msg, &[])
    };
    let error = open(&mut suite, "thief", "north").unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NotTheValidator { .. }
    ));
    // No validator of the chain.
    open(&mut suite, "thief", "thief").unwrap_err();
    open(&mut suite, "north", "north").unwrap();
    open(&mut suite, "north", "north").unwrap_err();
    // The staker takes orders of the vault alone, and its coins are nobody else's.
    suite.deposit_bond("alice", "north", 1_000);
    let staker = suite.staker_of("north");
    let order = palisade_types::staker::ExecuteMsg::Undelegate {
        amount: 1_000u128.into(),
    };
    suite
        .try_on_host("north", &staker, &order, &[])
        .unwrap_err();
    assert_eq!(suite.bonded("north"), 1_000);
    assert_balanced(&suite);
}

/// Starts what is due, lets the chain unbond it, and takes it in.
fn bring_home(suite: &mut Suite, operator: &str) {
    for _ in 0..4 {
        suite.wait(BATCH);
        suite.reconcile(operator);
    }
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile(operator);
    suite.wait(5);
    suite.reconcile(operator);
}

#[test]
fn after_odd_slashes_by_the_chain_and_by_a_service_everybody_leaves_to_the_unit() {
    let mut suite = staked(true);
    suite.deposit_bond("carol", "north", 7_777_777);
    suite.deposit_bond("north", "north", 131_071);
    let service = local_service(&mut suite);
    suite.wait(12_345);
    suite.try_withdraw_base_rewards("north").unwrap();
    suite.slash_validator("north", 7);
    suite
        .try_undelegate("carol", "north", STAKE, Some(999_983))
        .unwrap();
    suite.wait(EPOCH / 3);
    suite.slash_validator("north", 13);
    let slash = suite.slash(service, 1, "north", "downtime");
    suite.try_slash("oracle", service, slash).unwrap();
    suite.reconcile("north");
    assert_balanced(&suite);
    suite.wait(2 * EPOCH);
    suite.reconcile("north");
    suite.slash_validator("north", 1);
    suite.wait(EPOCH);
    suite
        .try_undelegate("bob", "north", STAKE, Some(1))
        .unwrap();
    suite.reconcile("north");

    let books = suite.books(STAKE);
    // What the chain will give back, and of it what was seized.
    let (there, seized) = (books.bonded + books.unbonding, books.seized);
    assert_eq!((there, seized, books.growing), (7_144_444, 21_626, 0));
    for name in ["alice", "bob", "carol", "north"] {
        suite.try_undelegate(name, "north", STAKE, None).unwrap();
    }
    bring_home(&mut suite, "north");
    assert_balanced(&suite);
    let mut paid = 0;
    for name in ["alice", "bob", "carol", "north"] {
        suite.try_claim(name, "north", STAKE).unwrap();
        paid += bond(&suite, name);
    }
    pay_out(&mut suite, service).unwrap();
    assert_balanced(&suite);
    let books = suite.books(STAKE);
    assert_eq!(
        books.staked + books.seized + books.bonded + books.unbonding,
        0
    );
    assert_eq!(paid + seized, there);
}

#[test]
fn a_total_slash_by_the_chain_leaves_a_pool_to_begin_again() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(100_000))
        .unwrap();
    suite.slash_validator("north", 100);
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.staked, books.pools, books.buckets),
        (0, 0, 0),
        "{books:?}"
    );
    assert_balanced(&suite);
    suite.deposit_bond("carol", "north", 50_000);
    assert_eq!(suite.position("carol", "north", STAKE), 50_000);
    assert_eq!(suite.position("alice", "north", STAKE), 0);
    suite.try_undelegate("carol", "north", STAKE, None).unwrap();
    bring_home(&mut suite, "north");
    suite.try_claim("carol", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "carol"), 50_000);
    // What is worth nothing keeps nobody waiting.
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 0);
    assert_balanced(&suite);
}

#[test]
fn a_pool_that_nobody_reconciled_for_long_still_pays_everybody() {
    let mut suite = staked(true);
    for _ in 0..20 {
        suite
            .try_undelegate("alice", "north", STAKE, Some(10_000))
            .unwrap();
        suite.wait(EPOCH);
    }
    // Matured long since, but never undelegated from the chain.
    let error = suite.try_claim("alice", "north", STAKE).unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::NotArrived { .. }
    ));
    assert_eq!(suite.bonded("north"), MILLION);
    suite.reconcile("north");
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (800_000, 200_000)
    );
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(UNBONDING);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 200_000);
    assert_balanced(&suite);
}

#[test]
fn of_two_batches_that_one_block_brings_a_slash_is_borne_by_both() {
    let mut suite = staked(true);
    suite
        .try_undelegate("alice", "north", STAKE, Some(100_000))
        .unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING / 2);
    suite.slash_validator("north", 10);
    suite
        .try_undelegate("bob", "north", STAKE, Some(180_000))
        .unwrap();
    next_batch(&mut suite);
    assert_eq!(suite.staked("north").batches.len(), 2);
    suite.wait(CHAIN_UNBONDING + 5);
    // 90,000 and 180,000 came, of 100,000 and 180,000. Nobody can say which of them was short.
    assert_eq!(suite.books(STAKE).arrived, 270_000);
    suite.reconcile("north");
    suite.wait(5);
    suite.reconcile("north");
    assert_balanced(&suite);
    suite.wait(UNBONDING);
    suite.try_claim("alice", "north", STAKE).unwrap();
    suite.try_claim("bob", "north", STAKE).unwrap();
    let (alice, bob) = (bond(&suite, "alice"), bond(&suite, "bob"));
    assert!(alice.abs_diff(96_428) <= 1, "{alice}");
    assert!(bob.abs_diff(173_571) <= 1, "{bob}");
    assert_eq!(alice + bob, 270_000);
    assert_balanced(&suite);
}
