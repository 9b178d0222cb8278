//! Rewards, streams and the split of losses: invariant 11, and what hurt others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use std::collections::BTreeMap;

use common::{amount, any_u128, bite, config, uint, Bite};
use cosmwasm_std::{Decimal, Timestamp, Uint128, Uint256};
use palisade_math::{
    apportion, reward_weight, split_loss, Checkpoint, Epochs, Exposure, MathError, Position,
    RewardIndex, Seal, Settled, SharePool, Stream, MAX_SETTLE_STEPS,
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
    #![proptest_config(config(300))]

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
        prop_assume!(desk.pool.earns());
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

    #[test]
    fn a_stream_lets_all_flow_within_the_next_epoch_however_often_it_is_asked(
        amount in 1..10_u128.pow(30), length in 1..1_000_000_u64, asked in vec(0..=2_000_u64, 0..30),
    ) {
        let epochs = Epochs::new(Timestamp::from_seconds(77), length, 3 * length).unwrap();
        let nanos = |thousandths: u64| epochs.genesis.plus_nanos(thousandths * length * 1_000_000);
        let mut stream = Stream::default();
        stream.push(uint(amount), epochs.genesis, &epochs, true).unwrap();
        let mut asked = asked;
        asked.sort_unstable();
        let mut flowed = 0;
        for thousandths in asked {
            flowed += stream.advance(nanos(thousandths), &epochs, true).unwrap().u128();
            let due = Uint128::new(amount).multiply_ratio(thousandths.saturating_sub(1_000), 1_000_u64);
            prop_assert!(flowed <= due.u128() + 1 && flowed + 31 >= due.u128(), "{flowed} for {due}");
        }
        flowed += stream.advance(nanos(2_000), &epochs, true).unwrap().u128();
        prop_assert_eq!(flowed, amount);
        prop_assert_eq!((stream.flowing.u128(), stream.waiting.u128()), (0, 0));
    }

    #[test]
    fn a_stream_with_standstills_neither_loses_nor_makes_anything(
        steps in vec((0..500_u64, any::<bool>(), prop_oneof![Just(0), 1..10_u128.pow(25)]), 1..40),
    ) {
        let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300).unwrap();
        let (mut stream, mut now) = (Stream::default(), epochs.genesis);
        let (mut paid_in, mut flowed) = (0, 0);
        for (wait, running, amount) in steps {
            now = now.plus_seconds(wait);
            let released = stream.push(uint(amount), now, &epochs, running).unwrap().u128();
            prop_assert!(running || released == 0);
            paid_in += amount;
            flowed += released;
            prop_assert_eq!(flowed + stream.flowing.u128() + stream.waiting.u128(), paid_in);
        }
        flowed += stream.advance(now.plus_seconds(200), &epochs, true).unwrap().u128();
        prop_assert_eq!(flowed, paid_in);
    }

    #[test]
    fn first_loss_loses_nothing_and_charges_nobody_more_than_agreed(
        junior in vec((amount(), 0..=1_000_u128), 0..6), senior in vec((amount(), 0..=1_000_u128), 0..6),
        first in 0..=1_000_u64,
    ) {
        let part = |(tokens, share): &(u128, u128)| Exposure {
            tokens: uint(*tokens),
            nominal: Uint128::new(*tokens).multiply_ratio(*share, 1_000_u128),
        };
        let junior: Vec<_> = junior.iter().map(part).collect();
        let senior: Vec<_> = senior.iter().map(part).collect();
        let split = split_loss(&junior, &senior, Decimal::permille(first)).unwrap();
        let sum = |parts: &[Uint128]| parts.iter().map(|part| part.u128()).sum::<u128>();
        let nominal = |parts: &[Exposure]| parts.iter().map(|part| part.nominal.u128()).sum::<u128>();
        let total = nominal(&junior) + nominal(&senior);
        let whole: u128 = junior.iter().map(|part| part.tokens.u128()).sum();
        let agreed = nominal(&junior).max((total * u128::from(first)).div_ceil(1_000));
        prop_assert_eq!(sum(&split.junior), whole.min(total).min(agreed));
        prop_assert_eq!(sum(&split.junior) + sum(&split.senior), total);
        for (part, lost) in junior.iter().zip(&split.junior) {
            prop_assert!(*lost >= part.nominal && *lost <= part.tokens);
        }
        for (part, lost) in senior.iter().zip(&split.senior) {
            prop_assert!(*lost <= part.nominal);
        }
    }

    #[test]
    fn apportioned_parts_add_up_and_stay_within_a_unit(amount in any_u128(), weights in vec(any_u128(), 1..20)) {
        let weights: Vec<_> = weights.into_iter().map(uint).collect();
        let parts = apportion(uint(amount), &weights).unwrap();
        let sum = |parts: &[Uint128]| parts.iter().fold(Uint256::zero(), |sum, part| sum + Uint256::from(*part));
        let total = sum(&weights);
        if total.is_zero() {
            prop_assert!(sum(&parts).is_zero());
        } else {
            prop_assert_eq!(sum(&parts), Uint256::from(amount));
            for (weight, part) in weights.iter().zip(&parts) {
                let exact = Uint256::from(amount).multiply_ratio(*weight, total);
                let part = Uint256::from(*part);
                prop_assert!(part <= exact + Uint256::one() && part + Uint256::one() >= exact);
            }
        }
    }
}

#[test]
fn one_reward_is_not_paid_twice() {
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
fn just_in_time_deposit_takes_no_rewards() {
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
fn a_top_up_of_one_unit_restarts_no_stream() {
    let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300).unwrap();
    let at = Timestamp::from_seconds;
    let (mut quiet, mut poked) = (Stream::default(), Stream::default());
    quiet.push(uint(1_000), at(10), &epochs, true).unwrap();
    poked.push(uint(1_000), at(10), &epochs, true).unwrap();
    let mut flowed = 0;
    for second in 101..=199 {
        flowed += poked
            .push(uint(1), at(second), &epochs, true)
            .unwrap()
            .u128();
    }
    assert_eq!(
        flowed,
        quiet.advance(at(199), &epochs, true).unwrap().u128()
    );
    assert_eq!(flowed, 990);
    // The units of the top-up flow in the epoch after.
    assert_eq!(poked.advance(at(200), &epochs, true).unwrap(), uint(10));
    assert_eq!(poked.advance(at(300), &epochs, true).unwrap(), uint(99));
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
fn an_operators_own_stake_bears_what_it_agreed_to_and_no_more_than_it_has() {
    let part = |tokens, nominal| Exposure {
        tokens: uint(tokens),
        nominal: uint(nominal),
    };
    let stakers = [part(900, 90)];
    // Everything of the loss, as far as it reaches.
    let split = split_loss(&[part(60, 6)], &stakers, Decimal::one()).unwrap();
    assert_eq!(
        (split.junior, split.senior),
        (vec![uint(60)], vec![uint(36)])
    );
    // Enough for all of it: the stakers lose nothing.
    let split = split_loss(&[part(50, 5), part(150, 15)], &stakers, Decimal::one()).unwrap();
    assert_eq!(
        (split.junior, split.senior),
        (vec![uint(27), uint(83)], vec![uint(0)])
    );
    // Nothing agreed: everybody alike.
    let split = split_loss(&[part(100, 10)], &stakers, Decimal::zero()).unwrap();
    assert_eq!(
        (split.junior, split.senior),
        (vec![uint(10)], vec![uint(90)])
    );
    // Nobody of its own.
    let split = split_loss(&[], &stakers, Decimal::one()).unwrap();
    assert_eq!((split.junior, split.senior), (vec![], vec![uint(90)]));
    let refused = split_loss(&[part(5, 6)], &stakers, Decimal::one()).unwrap_err();
    assert_eq!(
        refused,
        MathError::LossAbovePart {
            tokens: uint(5),
            nominal: uint(6)
        }
    );
}
