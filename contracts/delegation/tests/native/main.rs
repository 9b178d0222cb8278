//! Natively staked pools: what the base chain takes, what it unbonds, and what the vault is told.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod chain;
mod losses;
mod random;
mod views;

use chain::{World, ASSET, DAY, NATIVE};
use cosmwasm_std::{coin, Uint128};
use palisade_delegation::ContractError;
use palisade_math::MathError;
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{ExecuteMsg, FlowResponse, QueryMsg};

/// Two epochs are over, and what was undelegated in the first is on its way.
fn one_batch_under_way() -> World {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 6_000).unwrap();
    world.deposit("bob", "op", 4_000).unwrap();
    world.undelegate("bob", "op", Some(1_000)).unwrap();
    world.pass(DAY);
    world.reconcile("op");
    world
}

#[test]
fn stake_is_bonded_and_what_leaves_it_is_undelegated_in_a_batch() {
    let mut world = one_batch_under_way();
    assert_eq!(world.tokens("op"), 9_000);
    let native = world.native("op").clone();
    assert_eq!(native.bonded, 9_000);
    assert_eq!(native.unbonding[0].0, 1_000);
    let standing = world.standing("op");
    assert_eq!((standing.bonded.u128(), standing.next_epoch), (9_000, 1));
    let batch = &standing.batches[0];
    assert_eq!((batch.from, batch.to, batch.amount.u128()), (0, 0, 1_000));
    assert_eq!(standing.slashed, Uint128::zero());

    // Nothing is due: nothing happens, however often it is asked for.
    world.reconcile("op");
    assert_eq!(world.native("op").unbonding.len(), 1);

    // It arrives after three days, before it matures after five.
    world.pass(NATIVE);
    world.pass(6);
    assert_eq!(world.native("op").arrived, 1_000);
    world.reconcile("op");
    assert_eq!((world.released, world.native("op").arrived), (1_000, 0));
    assert!(world.standing("op").batches.is_empty());
    let error = world.claim("bob", "op").unwrap_err();
    assert!(matches!(
        error,
        ContractError::NothingMatured { next: Some(_) }
    ));
    world.pass(2 * DAY);
    assert_eq!(world.claim("bob", "op").unwrap(), 1_000);
    assert_eq!((world.staked, world.released), (9_000, 0));
}

#[test]
fn matured_tokens_that_are_still_on_their_way_wait_and_are_not_lost() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 500).unwrap();
    world.undelegate("ann", "op", None).unwrap();
    // Nobody reconciled for a week: its time is up, but its tokens did not even start.
    world.pass(7 * DAY);
    let error = world.claim("ann", "op").unwrap_err();
    assert_eq!(error, ContractError::NotArrived { epoch: 0 });
    world.reconcile("op");
    let error = world.claim("ann", "op").unwrap_err();
    assert_eq!(error, ContractError::NotArrived { epoch: 0 });
    world.pass(NATIVE);
    world.pass(6);
    let error = world.redelegate("ann", "op", "other").unwrap_err();
    assert_eq!(error, ContractError::NotArrived { epoch: 0 });
    world.reconcile("op");
    assert_eq!(world.claim("ann", "op").unwrap(), 500);
}

#[test]
fn a_base_slash_takes_of_pool_growth_and_open_bucket_alike_and_of_no_magnitude() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 6_000).unwrap();
    world.deposit("op", "op", 2_000).unwrap();
    world.compound("op", 1_000);
    world.undelegate("ann", "op", Some(1_000)).unwrap();
    // 7,000 active, 1,000 growing, 1,000 in the open bucket.
    world.base_slash("op", 10, &[]);
    let standing = world.standing("op");
    assert_eq!(
        (standing.bonded.u128(), standing.slashed.u128()),
        (9_000, 900)
    );
    world.reconcile("op");
    let standing = world.standing("op");
    assert_eq!(
        (standing.bonded.u128(), standing.slashed.u128()),
        (8_100, 0)
    );
    assert_eq!((world.tokens("op"), standing.growing.u128()), (6_300, 900));
    assert_eq!(world.pool("op").junior.u128(), 1_800);
    assert_eq!((world.value("ann"), world.unbonding("ann")), (4_500, 900));
    assert_eq!((world.staked, world.slashed), (8_100, 900));
    assert_eq!(world.magnitude("op"), Default::default());
    // The other operator's stakers know nothing of it.
    world.deposit("ann", "other", 50).unwrap();
    assert_eq!(world.tokens("other"), 50);
}

#[test]
fn whoever_touches_the_pool_next_bears_no_more_and_no_less_of_a_base_slash() {
    // Who joins after it does not pay for it: a unit is rounded off.
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    world.base_slash("op", 50, &[]);
    world.deposit("bob", "op", 1_000).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (500, 999));
    // Who leaves after it does not escape it.
    world.base_slash("op", 50, &[]);
    world.undelegate("bob", "op", None).unwrap();
    assert_eq!((world.value("ann"), world.unbonding("bob")), (250, 500));
    // Neither does who comes back after the next.
    world.base_slash("op", 20, &[]);
    world.cancel("bob", "op", 0).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (200, 399));
    assert_eq!(world.standing("op").bonded.u128(), 600);
}

#[test]
fn staked_rewards_grow_into_the_pool_through_the_next_period() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 3_000).unwrap();
    world.pass(DAY / 2);
    world.compound("op", 1_000);
    // Who comes just before, and who comes just after: neither has any of it yet.
    world.deposit("bob", "op", 1_000).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (3_000, 1_000));
    world.undelegate("bob", "op", None).unwrap();
    assert_eq!(world.unbonding("bob"), 1_000);
    // Half of the next period; then all of it.
    world.pass(DAY);
    world.reconcile("op");
    assert_eq!(
        (world.value("ann"), world.standing("op").growing.u128()),
        (3_499, 500)
    );
    assert_eq!(world.tokens("op"), 3_500);
    world.pass(DAY);
    world.reconcile("op");
    assert_eq!(
        (world.value("ann"), world.standing("op").growing.u128()),
        (3_999, 0)
    );
    assert_eq!(
        (world.tokens("op"), world.standing("op").bonded.u128()),
        (4_000, 4_000)
    );
    assert_eq!(world.staked, 5_000);
}

#[test]
fn rewards_that_grow_while_nobody_is_there_wait_for_somebody() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 3_000).unwrap();
    world.compound("op", 1_000);
    world.undelegate("ann", "op", None).unwrap();
    world.pass(10 * DAY);
    world.reconcile("op");
    assert_eq!(
        (world.tokens("op"), world.standing("op").growing.u128()),
        (0, 1_000)
    );
    world.deposit("bob", "op", 500).unwrap();
    assert_eq!(world.value("bob"), 500);
    world.pass(2 * DAY);
    world.reconcile("op");
    assert_eq!((world.tokens("op"), world.value("bob")), (1_500, 1_498));
}

#[test]
fn an_entry_comes_back_until_its_batch_starts_and_not_after() {
    let mut world = World::new(5, 2);
    world.deposit("ann", "op", 900).unwrap();
    world.undelegate("ann", "op", Some(400)).unwrap();
    world.pass(DAY);
    world.reconcile("op");
    // A batch is two epochs: the second one still runs.
    assert!(world.standing("op").batches.is_empty());
    world.cancel("ann", "op", 0).unwrap();
    assert_eq!((world.value("ann"), world.unbonding("ann")), (900, 0));
    world.undelegate("ann", "op", Some(300)).unwrap();
    world.pass(DAY);
    world.reconcile("op");
    let batch = world.standing("op").batches[0].clone();
    assert_eq!((batch.from, batch.to, batch.amount.u128()), (0, 1, 300));
    let error = world.cancel("ann", "op", 1).unwrap_err();
    assert_eq!(error, ContractError::BatchStarted { epoch: 1 });
    assert_eq!((world.value("ann"), world.unbonding("ann")), (600, 300));
}

#[test]
fn matured_tokens_move_to_another_validator_and_to_no_one_without() {
    let mut world = one_batch_under_way();
    world.pass(NATIVE);
    world.pass(6);
    world.reconcile("op");
    world.pass(2 * DAY);
    let plain = world.who("plain");
    let error = world.redelegate("bob", "op", "plain").unwrap_err();
    let asset = ASSET.to_string();
    let operator = plain;
    assert_eq!(error, ContractError::NotNative { operator, asset });
    world.redelegate("bob", "op", "other").unwrap();
    assert_eq!((world.tokens("op"), world.tokens("other")), (9_000, 1_000));
    assert_eq!(world.native("other").bonded, 1_000);
    assert_eq!((world.released, world.staked, world.paid), (0, 10_000, 0));
    assert_eq!(world.standing("other").bonded.u128(), 1_000);
}

#[test]
fn what_can_stand_behind_one_operator_alone_stays_there() {
    let mut world = World::new(5, 1);
    let asset = "share".to_string();
    let join = ExecuteMsg::Join {
        owner: world.who("ann").into_string(),
        operator: world.who("op").into_string(),
        asset: asset.clone(),
        amount: Uint128::new(10),
        bound: true,
    };
    world.run("vault", join).unwrap();
    let (operator, to) = (world.who("op"), world.who("other"));
    let leave = ExecuteMsg::Undelegate {
        operator: operator.to_string(),
        asset: asset.clone(),
        amount: None,
    };
    world.run("ann", leave).unwrap();
    world.pass(7 * DAY);
    let redelegate = |to: &cosmwasm_std::Addr| ExecuteMsg::Redelegate {
        operator: operator.to_string(),
        asset: asset.clone(),
        to: to.to_string(),
    };
    let error = world.run("ann", redelegate(&to)).unwrap_err();
    let bound = ContractError::Bound {
        asset: asset.clone(),
        operator: operator.clone(),
    };
    assert_eq!(error, bound);
    world.run("ann", redelegate(&operator)).unwrap();
    assert_eq!(world.value("ann"), 10);
}

#[test]
fn a_pool_is_opened_by_the_vault_once_for_an_operator_with_batches_that_fit() {
    let mut world = World::new(5, 1);
    let open = |pool| ExecuteMsg::OpenPool(pool);
    let good = world.pool_of("plain", 1);
    let error = world.run("op", open(good.clone())).unwrap_err();
    let sender = world.who("op");
    let expected = "vault";
    assert_eq!(error, ContractError::Unauthorized { sender, expected });
    let operator = world.who("op");
    let asset = ASSET.to_string();
    let error = world
        .run("vault", open(world.pool_of("op", 1)))
        .unwrap_err();
    assert_eq!(error, ContractError::PoolExists { operator, asset });
    let operator = world.who("stranger");
    let error = world
        .run("vault", open(world.pool_of("stranger", 1)))
        .unwrap_err();
    assert_eq!(error, ContractError::UnknownOperator { operator });
    for batch_epochs in [0, 3] {
        let error = world
            .run("vault", open(world.pool_of("plain", batch_epochs)))
            .unwrap_err();
        assert!(matches!(
            error,
            ContractError::Math(MathError::InvalidBatches { .. })
        ));
    }
    world.run("vault", open(good)).unwrap();
    // And none is reconciled, grown or asked about that is not native.
    world.deposit("ann", "op", 5).unwrap();
    for operator in ["plain", "stranger"] {
        let msg = ExecuteMsg::Grow {
            operator: world.who(operator).into_string(),
            asset: "atom".to_string(),
            amount: Uint128::new(5),
        };
        let error = world.run("vault", msg.clone()).unwrap_err();
        assert!(matches!(error, ContractError::NotNative { .. }));
        let error = world.run("ann", msg).unwrap_err();
        assert!(matches!(error, ContractError::Unauthorized { .. }));
    }
}

#[test]
fn a_stakers_rewards_bear_no_commission_and_a_strangers_denom_takes_no_place() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    let reward = |world: &World, by_operator| ExecuteMsg::Reward {
        operator: world.who("op").into_string(),
        parts: vec![AssetAmount {
            asset: ASSET.to_string(),
            amount: Uint128::new(90),
        }],
        by_operator,
    };
    let coins = [coin(90, "uusd")];
    let msg = reward(&world, false);
    let error = world
        .run_with("staker of op", msg.clone(), &coins)
        .unwrap_err();
    let full = ContractError::RewardTokensFull {
        operator: world.who("op"),
        asset: ASSET.to_string(),
        token: "native/uusd".to_string(),
        places: 0,
    };
    assert_eq!(error, full);
    for sender in ["staker of other", "ann"] {
        let error = world.run_with(sender, msg.clone(), &coins).unwrap_err();
        assert!(matches!(error, ContractError::Unauthorized { .. }));
    }
    let begun = reward(&world, true);
    world.run_with("staker of op", begun, &coins).unwrap();
    world.run_with("staker of op", msg, &coins).unwrap();
    let flows: Vec<FlowResponse> = world.ask(QueryMsg::Flows {
        operator: world.who("op").into_string(),
        asset: ASSET.to_string(),
    });
    assert_eq!((flows.len(), flows[0].waiting.u128()), (1, 180));
}
