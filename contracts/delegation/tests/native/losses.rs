//! What the base chain takes of what is bonded and of what unbonds, and what services seized.

use cosmwasm_std::{coin, Uint128};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{ExecuteMsg, QueryMsg, RewardsResponse, StakesResponse};

use super::chain::{World, ASSET, DAY, NATIVE};
use super::one_batch_under_way;

#[test]
fn a_slash_of_what_is_bonded_does_not_touch_what_unbonds_and_the_other_way_round() {
    let mut world = one_batch_under_way();
    // An infraction after the undelegation: the chain leaves the entry alone.
    world.base_slash("op", 10, &[]);
    world.undelegate("bob", "op", Some(900)).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (5_400, 1_800));
    assert_eq!(world.unbonding("bob"), 1_900);
    // The second batch starts; then an infraction from before it, after the first.
    world.pass(DAY);
    world.reconcile("op");
    world.base_slash("op", 10, &[1]);
    assert_eq!(world.native("op").unbonding[1].0, 810);
    world.reconcile("op");
    assert_eq!((world.value("ann"), world.value("bob")), (4_860, 1_620));
    // It shows when the second batch arrives, and the first one's bucket has nothing of it.
    world.pass(2 * DAY);
    world.pass(6);
    world.reconcile("op");
    assert_eq!(world.released, 1_000);
    world.pass(DAY);
    world.reconcile("op");
    assert_eq!(world.released, 1_000);
    world.pass(6);
    world.reconcile("op");
    assert_eq!(world.released, 1_810);
    assert_eq!(world.unbonding("bob"), 1_810);
    world.pass(5 * DAY);
    assert_eq!(world.claim("bob", "op").unwrap(), 1_810);
    assert_eq!(world.staked, 4_860 + 1_620);
}

#[test]
fn a_batch_is_not_judged_in_the_very_block_whose_time_completes_it() {
    let mut world = one_batch_under_way();
    // The first block at its time: the tokens come at the end of this block.
    world.pass(NATIVE);
    for _ in 0..2 {
        world.reconcile("op");
        assert_eq!((world.released, world.unbonding("bob")), (0, 1_000));
    }
    world.pass(6);
    world.reconcile("op");
    assert_eq!((world.released, world.unbonding("bob")), (1_000, 1_000));
}

#[test]
fn two_batches_that_arrive_together_bear_together_what_one_of_them_lost() {
    let mut world = one_batch_under_way();
    world.undelegate("ann", "op", Some(3_000)).unwrap();
    world.pass(DAY);
    world.reconcile("op");
    world.base_slash("op", 40, &[1]);
    world.reconcile("op");
    assert_eq!((world.value("ann"), world.value("bob")), (1_800, 1_800));
    // Nobody collects the first by itself.
    world.pass(4 * DAY);
    world.reconcile("op");
    world.pass(6);
    world.reconcile("op");
    // 2,800 of 4,000 arrived.
    assert_eq!(
        (world.unbonding("ann"), world.unbonding("bob")),
        (2_100, 700)
    );
    assert_eq!((world.released, world.staked), (2_800, 3_600 + 2_800));
}

#[test]
fn what_is_seized_is_undelegated_with_the_next_batch_and_bears_its_own_part_of_a_base_slash() {
    let mut world = one_batch_under_way();
    world.undelegate("ann", "op", Some(2_000)).unwrap();
    // 7,000 active, 2,000 in the open bucket, 1,000 on its way: 10 % of each.
    assert_eq!(world.penalty("op", 10, 10_000), 1_000);
    assert_eq!((world.seized, world.staked), (1_000, 9_000));
    let standing = world.standing("op");
    let both = (standing.bonded.u128(), standing.seized.u128());
    assert_eq!(both, (9_000, 900));
    assert_eq!(standing.batches[0].seized.u128(), 100);
    // Then the base chain takes 10 % of what is bonded: of the 900 as of all the rest.
    world.base_slash("op", 10, &[]);
    world.reconcile("op");
    let standing = world.standing("op");
    let both = (standing.bonded.u128(), standing.seized.u128());
    assert_eq!(both, (8_100, 810));
    assert_eq!((world.tokens("op"), world.unbonding("ann")), (5_670, 1_620));
    assert_eq!((world.seized, world.staked), (910, 8_190));
    world.pass(DAY);
    world.reconcile("op");
    let batch = world.standing("op").batches[1].clone();
    assert_eq!((batch.seized.u128(), batch.amount.u128()), (810, 2_430));
    world.pass(4 * DAY);
    world.pass(6);
    world.reconcile("op");
    assert_eq!((world.payable, world.seized), (910, 910));
    assert_eq!(world.released, 900 + 1_620);
}

#[test]
fn the_base_chains_slash_of_seized_tokens_on_their_way_is_nobody_elses() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    world.undelegate("ann", "op", Some(100)).unwrap();
    assert_eq!(world.penalty("op", 80, 1_000), 800);
    world.pass(DAY);
    world.reconcile("op");
    // 720 seized of the pool, 80 of the bucket, and the bucket's 20 on their way. Bob comes after.
    assert_eq!(world.native("op").unbonding[0].0, 820);
    world.deposit("bob", "op", 400).unwrap();
    world.base_slash("op", 50, &[0]);
    world.pass(NATIVE);
    for _ in 0..3 {
        world.pass(6);
        world.reconcile("op");
    }
    // Half of what each had there.
    assert_eq!(
        (world.payable, world.seized, world.released),
        (400, 400, 10)
    );
    assert_eq!((world.unbonding("ann"), world.value("ann")), (10, 90));
    assert_eq!(world.value("bob"), 200);
    assert_eq!(world.tokens("op"), 290);
}

#[test]
fn a_batch_starts_in_a_call_of_its_own_so_that_its_refusal_holds_back_no_arrival() {
    let mut world = one_batch_under_way();
    world.undelegate("ann", "op", Some(500)).unwrap();
    world.pass(NATIVE);
    world.pass(6);
    world.reconcile("op");
    assert_eq!(
        (world.released, world.native("op").unbonding.len()),
        (1_000, 0)
    );
    assert_eq!(world.standing("op").next_epoch, 1);
    world.reconcile("op");
    assert_eq!(world.native("op").unbonding.len(), 1);
}

#[test]
fn power_does_not_wait_for_somebody_to_notice() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 800).unwrap();
    world.undelegate("ann", "op", Some(200)).unwrap();
    world.base_slash("op", 25, &[]);
    let msg = QueryMsg::Stakes {
        operators: vec![world.who("op").into_string()],
        assets: vec![ASSET.to_string()],
    };
    let stakes: StakesResponse = world.ask(msg.clone());
    assert_eq!(world.tokens("op"), 600);
    assert_eq!(stakes.stakes[0][0].tokens.u128(), 450);
    world.reconcile("op");
    assert_eq!(world.tokens("op"), 450);
    let stakes: StakesResponse = world.ask(msg);
    assert_eq!(stakes.stakes[0][0].tokens.u128(), 450);
}

#[test]
fn a_pool_that_nobody_reconciled_for_half_a_year_is_slashed_and_everybody_leaves() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 10_000).unwrap();
    for _ in 0..180 {
        world.undelegate("ann", "op", Some(10)).unwrap();
        world.pass(DAY);
    }
    world.base_slash("op", 10, &[]);
    world.undelegate("ann", "op", None).unwrap();
    for _ in 0..12 {
        world.pass(DAY);
        world.reconcile("op");
    }
    // One message claims 32 entries.
    while world.claim("ann", "op").is_ok() {}
    assert_eq!((world.value("ann"), world.unbonding("ann")), (0, 0));
    // Nine tenths of it, less a unit or two for each bucket.
    assert!((8_600..=9_000).contains(&world.paid), "{}", world.paid);
    assert_eq!(world.standing("op").slashed.u128(), 0);
}

#[test]
fn what_is_seized_of_tokens_that_are_in_the_vault_already_is_payable_at_once() {
    let mut world = one_batch_under_way();
    world.pass(NATIVE);
    world.pass(6);
    world.reconcile("op");
    assert_eq!((world.released, world.payable), (1_000, 0));
    assert_eq!(world.penalty("op", 50, 10_000), 5_000);
    assert_eq!(
        (world.released, world.payable, world.seized),
        (500, 500, 5_000)
    );
    assert_eq!(world.standing("op").seized.u128(), 4_500);
}

#[test]
fn a_penalty_notices_a_base_slash_first_and_takes_of_what_is_left() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    world.base_slash("op", 50, &[]);
    // The slice is all of the pool: ten percent of what is left of it.
    assert_eq!(world.penalty("op", 10, 1_000), 50);
    assert_eq!(
        (world.tokens("op"), world.staked, world.seized),
        (450, 450, 50)
    );
    assert_eq!(world.standing("op").bonded.u128(), 500);
}

#[test]
fn a_validator_slashed_to_nothing_wipes_the_pool_and_what_was_seized_and_the_pool_starts_again() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    assert_eq!(world.penalty("op", 10, 1_000), 100);
    world.base_slash("op", 100, &[]);
    world.reconcile("op");
    let standing = world.standing("op");
    assert_eq!((standing.bonded.u128(), standing.seized.u128()), (0, 0));
    assert_eq!(
        (world.tokens("op"), world.value("ann"), world.staked),
        (0, 0, 0)
    );
    assert_eq!((world.seized, world.payable), (0, 0));
    world.deposit("bob", "op", 70).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (0, 70));
    world.undelegate("ann", "op", None).unwrap();
    assert_eq!(world.unbonding("ann"), 0);
}

#[test]
fn what_did_not_flow_when_the_validator_is_slashed_to_nothing_is_not_the_next_depositors() {
    let mut world = World::new(5, 1);
    world.deposit("ann", "op", 1_000).unwrap();
    let reward = ExecuteMsg::Reward {
        operator: world.who("op").into_string(),
        parts: vec![AssetAmount {
            asset: ASSET.to_string(),
            amount: Uint128::new(90),
        }],
        by_operator: true,
    };
    let coins = [coin(90, "uusd")];
    world.run_with("staker of op", reward, &coins).unwrap();
    world.base_slash("op", 100, &[]);
    // Bob's deposit is what notices it.
    world.deposit("bob", "op", 70).unwrap();
    assert_eq!((world.value("ann"), world.value("bob")), (0, 70));
    world.pass(3 * DAY);
    let owed = |world: &mut World, who: &str| {
        let rewards: Vec<RewardsResponse> = world.ask(QueryMsg::Rewards {
            owner: world.who(who).into_string(),
            start_after: None,
            limit: None,
        });
        let amounts = rewards.iter().flat_map(|pool| &pool.rewards);
        amounts.map(|one| one.amount.u128()).sum::<u128>()
    };
    assert_eq!((owed(&mut world, "ann"), owed(&mut world, "bob")), (90, 0));
}
