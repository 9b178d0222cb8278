//! Share pools: invariants 1, 2, 7 and 8 over all ranges, and what hurt others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{
    amount, any_u128, assert_sound, bite, config, pool_after, price_held, uint, worth, Bite,
};
use palisade_math::{Left, MathError, Position, SharePool, MAX_DEPOSIT, VIRTUAL_SHARES};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(config(400))]

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

#[test]
fn a_thousand_slashes_in_a_row_overflow_nothing() {
    let mut pool = SharePool::default();
    let mut taken = 0;
    let mut deposited = 0;
    let mut positions = Vec::new();
    for round in 0..1_000_u128 {
        let mut position = Position::default();
        let amount = MAX_DEPOSIT - pool.tokens.u128();
        pool.join(&mut position, uint(amount)).unwrap();
        deposited += amount;
        positions.push(position);
        let all_but = if round % 2 == 0 { 1 } else { 2 };
        taken += pool
            .slash(uint(pool.tokens.u128() - all_but))
            .unwrap()
            .u128();
        assert_sound(&pool);
        assert!(pool.shares.u128() < 10_u128.pow(38));
    }
    assert_eq!((pool.generation, pool.tokens.u128()), (0, 2));
    assert!(pool.scale > 30_000, "{}", pool.scale);
    assert_eq!(deposited, taken + 2);
    // The first of them hold nothing any more; who came last holds what is left.
    assert_eq!(worth(&pool, &positions[0]), 0);
    assert_eq!(worth(&pool, &positions[999]), 2);
}

#[test]
fn a_pool_of_one_unit_lives_through_everything() {
    let mut pool = SharePool::default();
    let mut holder = Position::default();
    assert_eq!(
        pool.join(&mut holder, uint(1)).unwrap().u128(),
        VIRTUAL_SHARES
    );
    assert_eq!(worth(&pool, &holder), 1);
    assert_eq!(pool.slash(uint(0)).unwrap().u128(), 0);
    assert_eq!(worth(&pool, &holder), 1);
    assert_eq!(pool.slash(uint(1)).unwrap().u128(), 1);
    assert_eq!(worth(&pool, &holder), 0);
    assert_eq!(pool.slash(uint(1)).unwrap().u128(), 0);
    assert_eq!(pool.generation, 1);
    // Old shares do not come back to life with the next deposit.
    pool.join(&mut holder, uint(7)).unwrap();
    assert_eq!(
        pool.leave_all(&mut holder).unwrap(),
        Left {
            paid: uint(7),
            dust: uint(0)
        }
    );
    assert_eq!((pool.generation, pool.tokens.u128()), (2, 0));
}

#[test]
fn first_depositor_inflation_earns_the_attacker_a_loss() {
    // Join, leave all but a crumb, join again, hoping that a share grows so large
    // that the victim's deposit rounds to nothing.
    let mut pool = SharePool::default();
    let (mut attacker, mut victim) = (Position::default(), Position::default());
    let (mut paid_in, mut got) = (0, 0);
    for _ in 0..1_000 {
        pool.join(&mut attacker, uint(2)).unwrap();
        paid_in += 2;
        let crumb = pool.current_shares(&attacker).u128() - VIRTUAL_SHARES;
        got += pool.leave(&mut attacker, uint(crumb)).unwrap().paid.u128();
    }
    let deposit = 1_000_000;
    pool.join(&mut victim, uint(deposit)).unwrap();
    assert!(worth(&pool, &victim) + 1 >= deposit);
    got += pool.leave_all(&mut attacker).unwrap().paid.u128();
    assert!(got <= paid_in, "{got} for {paid_in}");
    assert!(worth(&pool, &victim) + 1 >= deposit);
}

#[test]
fn donation_inflation_costs_the_donor_half_and_the_victim_one_part_in_a_million() {
    // Nothing credits tokens to a pool without shares; were it possible, this is
    // what it would cost: one unit deposited, a billion donated.
    let mut pool = SharePool::default();
    let (mut attacker, mut victim) = (Position::default(), Position::default());
    pool.join(&mut attacker, uint(1)).unwrap();
    pool.tokens += uint(1_000_000_000);
    let minted = pool.join(&mut victim, uint(1_000_000_000)).unwrap().u128();
    assert_eq!(minted, 1_999_999);
    assert_eq!(worth(&pool, &victim), 999_999_750);
    // Half of the donation belongs to the virtual shares, for good.
    assert_eq!(worth(&pool, &attacker), 500_000_125);
}

#[test]
fn deposit_minting_zero_shares_is_refused() {
    let mut pool = SharePool {
        tokens: uint(10_u128.pow(13)),
        shares: uint(VIRTUAL_SHARES),
        ..SharePool::default()
    };
    let mut holder = Position::default();
    let before = pool.clone();
    let refused = pool.join(&mut holder, uint(1_000)).unwrap_err();
    assert_eq!(
        refused,
        MathError::ZeroShares {
            amount: uint(1_000)
        }
    );
    assert_eq!(pool.join(&mut holder, uint(0)), Err(MathError::ZeroAmount));
    assert_eq!((pool, holder.is_empty()), (before, true));
}

#[test]
fn total_slash_with_shares_outstanding_starts_anew() {
    let mut pool = SharePool::default();
    let (mut old, mut new) = (Position::default(), Position::default());
    pool.join(&mut old, uint(500)).unwrap();
    assert_eq!(pool.slash(uint(500)).unwrap().u128(), 500);
    pool.join(&mut new, uint(500)).unwrap();
    assert_eq!((worth(&pool, &old), worth(&pool, &new)), (0, 500));
    // Who was wiped can leave, gets nothing, and takes nothing from the other.
    assert_eq!(pool.leave_all(&mut old).unwrap(), Left::default());
    assert_eq!(
        pool.leave_exact(&mut old, uint(5)).unwrap(),
        Left::default()
    );
    assert_eq!(worth(&pool, &new), 500);
}

#[test]
fn share_price_does_not_explode_after_repeated_slashes() {
    let mut pool = SharePool::default();
    let mut old = Position::default();
    pool.join(&mut old, uint(10_u128.pow(24))).unwrap();
    for _ in 0..100 {
        pool.slash(uint(Bite::PerMillion(900_000).of(pool.tokens.u128())))
            .unwrap();
    }
    assert_eq!(pool.tokens.u128(), 1);
    let mut new = Position::default();
    pool.join(&mut new, uint(10_u128.pow(30))).unwrap();
    assert_eq!(worth(&pool, &new), 10_u128.pow(30));
    assert_eq!(worth(&pool, &old), 1);
    assert_eq!(
        pool.leave_all(&mut new).unwrap().paid.u128(),
        10_u128.pow(30)
    );
}

#[test]
fn exact_amount_withdrawal_survives_a_tiny_slash_in_front_of_it() {
    let mut pool = SharePool::default();
    let (mut alice, mut bob) = (Position::default(), Position::default());
    pool.join(&mut alice, uint(1_000)).unwrap();
    pool.join(&mut bob, uint(1_000)).unwrap();
    pool.slash(uint(1)).unwrap();
    assert_eq!(
        pool.leave_exact(&mut alice, uint(1_000))
            .unwrap()
            .paid
            .u128(),
        999
    );
    assert!(alice.is_empty());
    assert_eq!(worth(&pool, &bob), 1_000);
}

#[test]
fn zero_amount_entry_does_not_block_a_batch_exit() {
    let mut pool = SharePool::default();
    let mut holders = [
        Position::default(),
        Position::default(),
        Position::default(),
    ];
    pool.join(&mut holders[0], uint(10)).unwrap();
    pool.slash(uint(10)).unwrap();
    pool.join(&mut holders[2], uint(10)).unwrap();
    // One was wiped, one never was there, one has ten.
    let paid = holders
        .each_mut()
        .map(|holder| pool.leave_all(holder).unwrap().paid.u128());
    assert_eq!(paid, [0, 0, 10]);
}

#[test]
fn one_hundred_and_twenty_eight_bits_hold_18_decimals_at_the_cap() {
    let mut pool = SharePool::default();
    let mut holder = Position::default();
    let minted = pool.join(&mut holder, uint(MAX_DEPOSIT)).unwrap().u128();
    assert_eq!(minted, 10_u128.pow(37));
    assert_eq!(worth(&pool, &holder), MAX_DEPOSIT);
    let refused = pool.join(&mut holder, uint(1)).unwrap_err();
    let limit = uint(MAX_DEPOSIT);
    assert_eq!(
        refused,
        MathError::DepositTooLarge {
            tokens: limit,
            amount: uint(1),
            limit
        }
    );
    assert_eq!(
        pool.leave_all(&mut holder).unwrap().paid.u128(),
        MAX_DEPOSIT
    );
}

#[test]
fn no_cast_truncates_what_is_too_wide() {
    let mut pool = SharePool {
        tokens: uint(0),
        shares: uint(u128::MAX),
        ..SharePool::default()
    };
    let refused = pool.join(&mut Position::default(), uint(2)).unwrap_err();
    assert!(matches!(refused, MathError::TooWide { .. }), "{refused}");
    assert_eq!((pool.tokens.u128(), pool.shares.u128()), (0, u128::MAX));
}

#[test]
fn what_a_leaver_leaves_behind_is_counted_as_dust() {
    let mut pool = SharePool::default();
    let mut holder = Position::default();
    pool.join(&mut holder, uint(5)).unwrap();
    // 4_500_000 of 5_000_000 shares are worth 4.5: the last unit is nobody's.
    let left = pool.leave(&mut holder, uint(4_500_000)).unwrap();
    assert_eq!(
        left,
        Left {
            paid: uint(4),
            dust: uint(1)
        }
    );
    assert!(holder.is_empty());
    assert_eq!(
        (pool.tokens.u128(), pool.shares.u128(), pool.generation),
        (0, 0, 1)
    );
}

#[test]
fn an_old_position_is_read_at_the_present_scale() {
    let mut pool = SharePool::default();
    let mut holder = Position::default();
    pool.join(&mut holder, uint(1_000)).unwrap();
    pool.slash(uint(995)).unwrap();
    assert_eq!(pool.scale, 2);
    assert_eq!(pool.current_shares(&holder).u128(), 10_000_000);
    assert_eq!(
        pool.leave(&mut holder, uint(10_000_001)),
        Err(MathError::InsufficientShares {
            available: uint(10_000_000),
            requested: uint(10_000_001),
        })
    );
    assert_eq!(
        pool.leave(&mut holder, uint(5_000_000))
            .unwrap()
            .paid
            .u128(),
        2
    );
    assert_eq!((holder.shares.u128(), holder.scale), (5_000_000, 2));
}

#[test]
fn counters_that_are_zero_are_not_stored() {
    let stored = cosmwasm_std::to_json_string(&SharePool::default()).unwrap();
    assert_eq!(stored, r#"{"tokens":"0","shares":"0"}"#);
    let position = Position {
        shares: uint(5),
        generation: 0,
        scale: 3,
    };
    let stored = cosmwasm_std::to_json_string(&position).unwrap();
    assert_eq!(stored, r#"{"shares":"5","scale":3}"#);
    assert_eq!(
        cosmwasm_std::from_json::<Position>(stored).unwrap(),
        position
    );
}
