//! Share pools: invariants 1, 2, 7 and 8 over all ranges.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{amount, any_u128, assert_sound, bite, pool_after, price_held, seeded, uint, worth};
use palisade_math::{Left, MathError, Position, SharePool};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn invariant_1_what_went_in_is_in_the_pool_paid_taken_or_dust(
        deposits in vec(amount(), 1..6), bites in vec(bite(), 0..6), leavers in vec(any::<bool>(), 6),
    ) {
        let mut pool = SharePool::default();
        let mut holders = vec![Position::default(); deposits.len()];
        let (mut paid_in, mut out) = (0, 0);
        for (index, amount) in deposits.iter().enumerate() {
            pool.join(&mut holders[index], uint(*amount)).unwrap();
            paid_in += amount;
            if let Some(bite) = bites.get(index) {
                out += pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap().u128();
            }
            assert_sound(&pool);
        }
        for (holder, leaves) in holders.iter_mut().zip(leavers) {
            if leaves {
                let Left { paid, dust } = pool.leave_all(holder).unwrap();
                out += paid.u128() + dust.u128();
                assert_sound(&pool);
            }
        }
        prop_assert_eq!(paid_in, pool.tokens.u128() + out);
        let owed: u128 = holders.iter().map(|holder| worth(&pool, holder)).sum();
        prop_assert!(owed <= pool.tokens.u128());
    }

    #[test]
    fn invariant_2_join_then_leave_never_gains(
        others in amount(), bites in vec(bite(), 0..8), mine in amount(),
    ) {
        let (mut pool, _) = pool_after(others, &bites);
        let mut position = Position::default();
        if pool.join(&mut position, uint(mine)).is_ok() {
            let worth = worth(&pool, &position);
            prop_assert!(worth <= mine);
            prop_assert!(worth + 1 >= mine, "{mine} became {worth}");
            let left = pool.leave_all(&mut position).unwrap();
            prop_assert_eq!(left.paid.u128(), worth);
            prop_assert!(position.is_empty());
        }
    }

    #[test]
    fn invariant_2_a_neighbour_who_joins_and_leaves_costs_me_nothing(
        mine in amount(), bites in vec(bite(), 0..8), theirs in amount(), exact in amount(),
    ) {
        let (mut pool, position) = pool_after(mine, &bites);
        let before = worth(&pool, &position);
        let mut neighbour = Position::default();
        if pool.join(&mut neighbour, uint(theirs)).is_ok() {
            prop_assert!(worth(&pool, &position) >= before);
            pool.leave_exact(&mut neighbour, uint(exact)).unwrap();
            prop_assert!(worth(&pool, &position) >= before);
            pool.leave_all(&mut neighbour).unwrap();
            prop_assert!(worth(&pool, &position) >= before);
        }
    }

    #[test]
    fn invariant_7_splitting_a_deposit_gains_nothing(
        others in amount(), bites in vec(bite(), 0..8), mine in 2..10_u128.pow(29), part in 0..=1_000_u128,
    ) {
        let (pool, _) = pool_after(others, &bites);
        let first = (mine / 1_001 * part).clamp(1, mine - 1);
        let (mut once, mut twice) = (pool.clone(), pool);
        let (mut whole, mut split) = (Position::default(), Position::default());
        once.join(&mut whole, uint(mine)).unwrap();
        twice.join(&mut split, uint(first)).unwrap();
        twice.join(&mut split, uint(mine - first)).unwrap();
        prop_assert!(split.shares <= whole.shares);
        prop_assert!(worth(&twice, &split) <= worth(&once, &whole));
    }

    #[test]
    fn invariant_7_splitting_a_withdrawal_gains_nothing(
        others in amount(), mine in amount(), bites in vec(bite(), 0..8), part in 0..=1_000_u128, exact in any::<bool>(),
    ) {
        let mut pool = SharePool::default();
        let (mut holder, mut neighbour) = (Position::default(), Position::default());
        pool.join(&mut neighbour, uint(others)).unwrap();
        pool.join(&mut holder, uint(mine)).unwrap();
        for bite in bites {
            pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap();
        }
        let whole = pool.clone().leave_all(&mut holder.clone()).unwrap().paid.u128();
        let first = if exact {
            pool.leave_exact(&mut holder, uint(whole / 1_000 * part)).unwrap()
        } else {
            let shares = pool.current_shares(&holder).u128() / 1_000 * part;
            pool.leave(&mut holder, uint(shares)).unwrap()
        };
        let second = pool.leave_all(&mut holder).unwrap();
        let parts = first.paid.u128() + second.paid.u128();
        prop_assert!(parts <= whole, "{parts} rather than {whole}");
    }

    #[test]
    fn invariant_7_the_order_of_two_leavers_moves_at_most_a_unit(
        one in amount(), other in amount(), bites in vec(bite(), 0..8), rest in amount(),
    ) {
        let mut pool = SharePool::default();
        let mut holders = [Position::default(), Position::default(), Position::default()];
        for (holder, amount) in holders.iter_mut().zip([one, other, rest]) {
            pool.join(holder, uint(amount)).unwrap();
        }
        for bite in bites {
            pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap();
        }
        let paid = |order: [usize; 2]| {
            let (mut pool, mut holders) = (pool.clone(), holders.clone());
            let mut paid = [0, 0];
            for index in order {
                paid[index] = pool.leave_all(&mut holders[index]).unwrap().paid.u128();
            }
            paid
        };
        let (forth, back) = (paid([0, 1]), paid([1, 0]));
        prop_assert!(forth[0].abs_diff(back[0]) <= 1 && forth[1].abs_diff(back[1]) <= 1, "{forth:?} {back:?}");
    }

    #[test]
    fn invariant_8_joining_and_leaving_never_lower_the_price(
        others in amount(), bites in vec(bite(), 0..8), mine in amount(), part in 0..=1_000_u128, exact in any::<bool>(),
    ) {
        let (mut pool, _) = pool_after(others, &bites);
        let mut position = Position::default();
        let before = pool.clone();
        pool.join(&mut position, uint(mine)).unwrap();
        prop_assert!(price_held(&before, &pool));
        let before = pool.clone();
        if exact {
            pool.leave_exact(&mut position, uint(mine / 1_000 * part)).unwrap();
        } else {
            let shares = position.shares.u128() / 1_000 * part;
            pool.leave(&mut position, uint(shares)).unwrap();
        }
        prop_assert!(pool.generation != before.generation || price_held(&before, &pool));
        assert_sound(&pool);
    }

    #[test]
    fn invariant_8_a_rescale_costs_all_holders_together_less_than_a_unit(
        deposits in vec(amount(), 1..6), bite in bite(),
    ) {
        let mut pool = SharePool::default();
        let mut holders = vec![Position::default(); deposits.len()];
        for (holder, amount) in holders.iter_mut().zip(&deposits) {
            pool.join(holder, uint(*amount)).unwrap();
        }
        pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap();
        let owed: u128 = holders.iter().map(|holder| worth(&pool, holder)).sum();
        // A unit of rounding for each holder, and one for the virtual shares.
        prop_assert!(pool.tokens.u128() - owed <= holders.len() as u128 + 1, "{pool:?} owes {owed}");
    }

    #[test]
    fn leave_exact_pays_what_was_asked_or_what_there_is(
        others in amount(), mine in amount(), bites in vec(bite(), 0..8), asked in any_u128(),
    ) {
        let mut pool = SharePool::default();
        let (mut holder, mut neighbour) = (Position::default(), Position::default());
        pool.join(&mut holder, uint(mine)).unwrap();
        pool.join(&mut neighbour, uint(others)).unwrap();
        for bite in bites {
            pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap();
        }
        let worth = worth(&pool, &holder);
        let left = pool.leave_exact(&mut holder, uint(asked)).unwrap();
        prop_assert_eq!(left.paid.u128(), asked.min(worth));
        prop_assert_eq!(asked >= worth, holder.is_empty());
        prop_assert_eq!((holder.generation, holder.scale), (pool.generation, pool.scale));
    }

    #[test]
    fn any_128_bit_amount_is_taken_or_refused_and_changes_nothing_then(
        first in any_u128(), second in any_u128(), slashed in any_u128(), burnt in any_u128(),
    ) {
        let mut pool = SharePool::default();
        let mut position = Position::default();
        for amount in [first, second] {
            let (before, held) = (pool.clone(), position.clone());
            if let Err(error) = pool.join(&mut position, uint(amount)) {
                let refused = matches!(
                    error,
                    MathError::ZeroAmount | MathError::DepositTooLarge { .. } | MathError::Overflow { .. }
                );
                prop_assert!(refused, "{error}");
                prop_assert_eq!((&pool, &position), (&before, &held));
            }
        }
        let before = pool.tokens;
        let taken = pool.slash(uint(slashed)).unwrap();
        prop_assert_eq!(taken, before.min(uint(slashed)));
        let available = pool.current_shares(&position);
        let result = pool.leave(&mut position, uint(burnt));
        if burnt > available.u128() {
            let requested = uint(burnt);
            prop_assert_eq!(result, Err(MathError::InsufficientShares { available, requested }));
        } else {
            prop_assert!(result.unwrap().paid.u128() <= (before - taken).u128());
        }
        assert_sound(&pool);
    }
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn growth_belongs_to_all_holders_alike_and_to_nobody_who_comes_after(
        deposits in vec(amount(), 1..6), grown in amount(), late in amount(),
    ) {
        let mut pool = SharePool::default();
        let mut holders = vec![Position::default(); deposits.len()];
        for (holder, amount) in holders.iter_mut().zip(&deposits) {
            pool.join(holder, uint(*amount)).unwrap();
        }
        let before: Vec<u128> = holders.iter().map(|holder| worth(&pool, holder)).collect();
        let tokens = pool.tokens.u128();
        if pool.grow(uint(grown)).is_err() {
            prop_assert_eq!(pool.tokens.u128(), tokens);
            return Ok(());
        }
        prop_assert_eq!(pool.tokens.u128(), tokens + grown);
        let after: Vec<u128> = holders.iter().map(|holder| worth(&pool, holder)).collect();
        for (before, after) in before.iter().zip(&after) {
            // Its part by shares, of which the virtual ones have theirs: never more than by tokens.
            let most = uint(*before + 1).multiply_ratio(uint(tokens + grown + 1), uint(tokens + 1));
            prop_assert!(before <= after && uint(*after) <= most, "{before} became {after}");
        }
        let mut newcomer = Position::default();
        if pool.join(&mut newcomer, uint(late)).is_ok() {
            prop_assert!(worth(&pool, &newcomer) <= late);
            for (holder, after) in holders.iter().zip(&after) {
                prop_assert!(worth(&pool, holder) >= *after);
            }
        }
    }
}

#[test]
fn nobody_there_takes_no_growth() {
    let mut pool = SharePool::default();
    let error = pool.grow(uint(5)).unwrap_err();
    assert_eq!(error, MathError::NoHolders { amount: uint(5) });
    assert_eq!(pool, SharePool::default());
    let mut alice = Position::default();
    pool.join(&mut alice, uint(7)).unwrap();
    let limit = uint(palisade_math::MAX_DEPOSIT);
    let error = pool.grow(limit).unwrap_err();
    let tokens = uint(7);
    assert_eq!(
        error,
        MathError::DepositTooLarge {
            tokens,
            amount: limit,
            limit
        }
    );
    assert_eq!(pool.tokens, tokens);
}
