//! Rewards, streams and the split of losses: invariant 11, and what hurt others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use std::collections::BTreeMap;

use common::{amount, any_u128, bite, seeded, uint, Bite};
use cosmwasm_std::{Timestamp, Uint128, Uint256};
use palisade_math::{
    reward_weight, Checkpoint, Epochs, MathError, Position, RewardIndex, Seal, Settled, SharePool,
    Stream, MAX_SETTLE_STEPS,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A pool with one reward token, and holders of it, as `delegation` keeps them.
#[derive(Clone, Debug, Default)]
struct Desk {
    pool: SharePool,
    index: RewardIndex,
    seals: BTreeMap<(u32, u32), Seal>,
    holders: Vec<Holder>,
    paid_in: u128,
}

#[derive(Clone, Debug, Default)]
struct Holder {
    position: Position,
    checkpoint: Checkpoint,
    owed: u128,
}

impl Desk {
    fn with(holders: usize) -> Self {
        Self {
            holders: vec![Holder::default(); holders],
            ..Self::default()
        }
    }

    fn settle(&mut self, who: usize) {
        let Self {
            index,
            seals,
            holders,
            ..
        } = self;
        let holder = &mut holders[who];
        let mut steps = 0;
        let lookup = |generation, scale| {
            steps += 1;
            Ok::<_, MathError>(seals.get(&(generation, scale)).cloned())
        };
        let Settled {
            accrued,
            checkpoint,
        } = index
            .settle(&holder.position, &holder.checkpoint, lookup)
            .unwrap();
        assert!(steps <= MAX_SETTLE_STEPS, "{steps} steps");
        holder.owed += accrued.u128();
        holder.checkpoint = checkpoint;
    }

    fn follow(&mut self) {
        if let Some((generation, scale, seal)) = self.index.follow(&self.pool) {
            assert_eq!(
                self.seals.insert((generation, scale), seal),
                None,
                "sealed twice"
            );
        }
    }

    fn join(&mut self, who: usize, amount: u128) {
        self.settle(who);
        // A refusal (a pool at its cap) changes nothing.
        let _ = self
            .pool
            .join(&mut self.holders[who].position, uint(amount));
    }

    fn leave(&mut self, who: usize, amount: u128) {
        self.settle(who);
        self.pool
            .leave_exact(&mut self.holders[who].position, uint(amount))
            .unwrap();
        self.follow();
        self.settle(who);
    }

    fn slash(&mut self, amount: u128) {
        self.pool.slash(uint(amount)).unwrap();
        self.follow();
    }

    fn reward(&mut self, amount: u128) {
        self.index
            .distribute(uint(amount), self.pool.shares)
            .unwrap();
        self.paid_in += amount;
    }

    fn owed(&self) -> Vec<u128> {
        let mut desk = self.clone();
        (0..desk.holders.len()).for_each(|who| desk.settle(who));
        desk.holders.iter().map(|holder| holder.owed).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Join(Index, u128),
    Leave(Index, u128),
    Slash(Bite),
    Reward(u128),
    Settle(Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<Index>(), amount()).prop_map(|(who, amount)| Step::Join(who, amount)),
        2 => (any::<Index>(), amount()).prop_map(|(who, amount)| Step::Leave(who, amount)),
        2 => bite().prop_map(Step::Slash),
        4 => amount().prop_map(Step::Reward),
        1 => any::<Index>().prop_map(Step::Settle),
    ]
}

fn play(desk: &mut Desk, step: &Step) {
    let count = desk.holders.len();
    match step {
        Step::Join(who, amount) => desk.join(who.index(count), *amount),
        Step::Leave(who, amount) => desk.leave(who.index(count), *amount),
        Step::Slash(bite) => desk.slash(bite.of(desk.pool.tokens.u128())),
        Step::Reward(amount) => desk.reward(*amount),
        Step::Settle(who) => desk.settle(who.index(count)),
    }
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn invariant_11_no_more_is_owed_than_was_paid_in(steps in vec(step(), 1..60)) {
        let mut desk = Desk::with(4);
        let mut owed = desk.owed();
        for step in &steps {
            play(&mut desk, step);
            let now = desk.owed();
            let sum: u128 = now.iter().sum();
            prop_assert!(sum + desk.index.held.u128() <= desk.paid_in, "{sum} of {}", desk.paid_in);
            for (before, after) in owed.iter().zip(&now) {
                // Nothing but a reward adds to what is owed, and a settlement in
                // parts rounds down in parts.
                prop_assert!(matches!(step, Step::Reward(_)) || after <= before);
                prop_assert!(after + u128::from(MAX_SETTLE_STEPS) + 1 >= *before);
            }
            owed = now;
        }
    }

    #[test]
    fn invariant_11_what_is_not_owed_is_a_unit_for_each_settlement(
        deposits in vec(1..10_u128.pow(24), 1..8), rewards in vec(amount(), 1..20),
    ) {
        let mut desk = Desk::with(deposits.len());
        for (who, amount) in deposits.iter().enumerate() {
            desk.join(who, *amount);
        }
        for reward in rewards {
            desk.reward(reward.min(10_u128.pow(24)));
        }
        let owed: u128 = desk.owed().iter().sum();
        prop_assert!(desk.paid_in - owed <= deposits.len() as u128 + 1, "{owed} of {}", desk.paid_in);
    }

    #[test]
    fn invariant_11_after_a_rescale_the_difference_is_a_share_for_each_holder(
        deposits in vec(1..10_u128.pow(18), 1..8), bites in vec(bite(), 1..4), reward in 1..10_u128.pow(18),
    ) {
        let mut desk = Desk::with(deposits.len());
        for (who, amount) in deposits.iter().enumerate() {
            desk.join(who, *amount);
        }
        for bite in bites {
            desk.slash(bite.of(desk.pool.tokens.u128()));
        }
        desk.reward(reward);
        let owed: u128 = desk.owed().iter().sum();
        if desk.pool.earns() {
            let holders = deposits.len() as u128;
            let lost = reward * holders / desk.pool.shares.u128() + holders + 1;
            prop_assert!(reward - owed <= lost, "{owed} of {reward}");
        } else {
            prop_assert_eq!((owed, desk.index.held.u128()), (0, reward));
        }
    }

    #[test]
    fn invariant_11_no_reward_is_credited_to_stake_that_joined_later(
        steps in vec(step(), 1..40), late in amount(), then in vec(bite(), 0..5),
    ) {
        let mut desk = Desk::with(3);
        for step in &steps {
            play(&mut desk, step);
        }
        if !desk.pool.earns() {
            desk.join(0, 5);
        }
        desk.reward(10_u128.pow(20));
        desk.holders.push(Holder::default());
        desk.join(3, late);
        for bite in then {
            desk.slash(bite.of(desk.pool.tokens.u128()));
        }
        prop_assert_eq!(desk.owed()[3], 0);
    }

    #[test]
    fn invariant_7_splitting_a_claim_gains_nothing(
        mine in amount(), theirs in amount(), rewards in vec(amount(), 1..20),
    ) {
        let mut once = Desk::with(2);
        once.join(0, mine);
        once.join(1, theirs);
        let mut often = once.clone();
        for reward in rewards {
            once.reward(reward);
            often.reward(reward);
            often.settle(0);
        }
        prop_assert!(often.owed()[0] <= once.owed()[0]);
    }

    #[test]
    fn weights_share_a_reward_to_the_last_units(
        weights in vec(any_u128(), 1..8), rewards in vec(0..10_u128.pow(31), 1..10),
    ) {
        let weights: Vec<u128> = weights.iter().map(|weight| weight / 8).collect();
        let total: u128 = weights.iter().sum();
        let mut index = RewardIndex::default();
        for reward in &rewards {
            index.distribute_by_weight(uint(*reward), uint(total)).unwrap();
        }
        let paid_in: u128 = rewards.iter().sum();
        let owed: u128 = weights.iter().map(|weight| index.accrued(uint(*weight), Uint256::zero()).unwrap().u128()).sum();
        if total == 0 {
            prop_assert_eq!((owed, index.held.u128()), (0, paid_in));
        } else {
            // The last division can leave a whole share of the total besides.
            let carried = total / palisade_math::INDEX_SCALE + 1;
            prop_assert!(owed <= paid_in && paid_in - owed <= weights.len() as u128 + carried);
        }
    }
}

#[test]
fn one_reward_paid_twice() {
    let mut desk = Desk::with(2);
    desk.join(0, 300);
    desk.join(1, 100);
    desk.reward(40);
    desk.settle(0);
    desk.settle(0);
    assert_eq!(desk.owed(), [30, 10]);
    // Neither by leaving and coming back, nor with shares of a dead generation.
    desk.leave(0, 300);
    desk.join(0, 300);
    assert_eq!(desk.owed(), [30, 10]);
    desk.slash(400);
    desk.join(1, 100);
    desk.reward(8);
    assert_eq!(desk.owed(), [30, 18]);
}

#[test]
fn shares_of_a_dead_generation_do_not_drain_the_living() {
    let mut desk = Desk::with(2);
    desk.join(0, 10_u128.pow(24));
    desk.slash(10_u128.pow(24));
    desk.join(1, 1);
    desk.reward(1_000);
    // A million million times the shares, and none of them counts.
    assert_eq!(desk.owed(), [0, 1_000]);
    // The index of the new generation began at nothing, so that it never overflows.
    let scale = Uint256::from(palisade_math::INDEX_SCALE);
    assert_eq!(desk.index.per_share, scale / Uint256::from(1_000_u128));
}

#[test]
fn rewards_of_every_scale_reach_an_old_position() {
    let mut desk = Desk::with(2);
    desk.join(0, 1_000_000);
    desk.reward(70);
    for _ in 0..3 {
        desk.slash(desk.pool.tokens.u128() * 95 / 100);
        desk.reward(10);
    }
    assert_eq!((desk.pool.tokens.u128(), desk.pool.scale), (125, 3));
    // Never settled in between, and all of it reaches.
    assert_eq!(desk.owed(), [100, 0]);
    assert_eq!(desk.seals.len(), 3);
}

#[test]
fn just_in_time_deposit_taking_rewards() {
    let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300).unwrap();
    let at = Timestamp::from_seconds;
    let mut desk = Desk::with(2);
    let mut stream = Stream::default();
    desk.join(0, 100);
    // A large deposit just before the payout, and out again right after it.
    stream.advance(at(49), &epochs, desk.pool.earns()).unwrap();
    desk.join(1, 900_000);
    let flowed = stream
        .push(uint(1_000), at(50), &epochs, desk.pool.earns())
        .unwrap();
    desk.reward(flowed.u128());
    desk.leave(1, 900_000);
    let flowed = stream.advance(at(200), &epochs, desk.pool.earns()).unwrap();
    desk.reward(flowed.u128());
    assert_eq!(desk.owed(), [1_000, 0]);
    // And power that came for a payout, or is gone, earns nothing either.
    assert_eq!(reward_weight(uint(0), uint(900)), uint(0));
    assert_eq!(reward_weight(uint(900), uint(0)), uint(0));
}

#[test]
fn rewards_are_held_while_nobody_is_there() {
    let mut desk = Desk::with(1);
    desk.reward(50);
    assert_eq!((desk.index.held.u128(), desk.owed()), (50, vec![0]));
    desk.join(0, 1);
    desk.reward(1);
    assert_eq!((desk.index.held.u128(), desk.owed()), (0, vec![51]));
    // A wipe holds what comes, and keeps what was earned.
    desk.slash(1);
    desk.reward(9);
    assert_eq!((desk.index.held.u128(), desk.owed()), (9, vec![51]));
}

#[test]
fn an_index_begun_late_credits_old_positions_and_no_dead_ones() {
    let mut desk = Desk::with(2);
    desk.join(0, 10);
    desk.slash(10);
    desk.join(1, 1_000_000);
    desk.slash(990_000);
    assert_eq!((desk.pool.generation, desk.pool.scale), (1, 1));
    // Another reward token comes for the first time: none of its seals exist.
    desk.index = RewardIndex::starting_with(&desk.pool);
    desk.seals.clear();
    desk.holders
        .iter_mut()
        .for_each(|holder| holder.checkpoint = Checkpoint::default());
    desk.reward(500);
    assert_eq!(desk.owed(), [0, 500]);
}

#[test]
fn a_dead_position_is_settled_by_the_seal_of_its_last_scale() {
    let mut desk = Desk::with(1);
    desk.join(0, 10);
    desk.reward(30);
    desk.slash(10);
    let mut steps = 0;
    let holder = &desk.holders[0];
    let lookup = |generation, scale| {
        steps += 1;
        Ok::<_, MathError>(desk.seals.get(&(generation, scale)).cloned())
    };
    let settled = desk
        .index
        .settle(&holder.position, &holder.checkpoint, lookup);
    assert_eq!((settled.unwrap().accrued.u128(), steps), (30, 1));
}

#[test]
fn an_index_that_did_not_follow_its_pool_is_refused() {
    let index = RewardIndex::default();
    let position = Position {
        shares: uint(5),
        generation: 1,
        scale: 0,
    };
    let lookup = |_, _| Ok::<_, MathError>(None);
    let refused = index.settle(&position, &Checkpoint::default(), lookup);
    assert_eq!(
        refused,
        Err(MathError::IndexBehind {
            index: (0, 0),
            position: (1, 0)
        })
    );
}

#[test]
fn settling_walks_no_further_than_128_bits_go() {
    let mut steps = 0;
    let index = RewardIndex {
        scale: u32::MAX,
        ..RewardIndex::default()
    };
    let position = Position {
        shares: Uint128::MAX,
        ..Position::default()
    };
    let lookup = |_, _| {
        steps += 1;
        Ok::<_, MathError>(None)
    };
    let settled = index
        .settle(&position, &Checkpoint::default(), lookup)
        .unwrap();
    assert_eq!((settled.accrued, steps), (uint(0), MAX_SETTLE_STEPS));
}

#[test]
fn a_position_that_changed_without_being_settled_is_refused() {
    let mut desk = Desk::with(1);
    desk.join(0, 1_000);
    desk.reward(10);
    desk.settle(0);
    desk.slash(990);
    // Joining converts the shares, and the settlement before it was forgotten.
    let position = &mut desk.holders[0].position;
    desk.pool.join(position, uint(5)).unwrap();
    let holder = &desk.holders[0];
    let lookup = |_, _| Ok::<_, MathError>(None);
    let refused = desk
        .index
        .settle(&holder.position, &holder.checkpoint, lookup);
    let (checkpoint, position) = ((0, 0), (0, desk.pool.scale));
    assert_eq!(
        refused,
        Err(MathError::CheckpointBehind {
            checkpoint,
            position
        })
    );
}
