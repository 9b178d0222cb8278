//! Share pools: what hurt others, by name, with numbers on both sides.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{assert_sound, uint, worth, Bite};
use palisade_math::{Left, MathError, Position, SharePool, MAX_DEPOSIT, VIRTUAL_SHARES};

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
fn cast_truncation() {
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

#[test]
fn the_last_shares_of_a_pool_that_grew_are_no_dust() {
    // A unit, and a hundred thousand that grew to it: half of them are the virtual shares'.
    let mut pool = SharePool::default();
    let mut alice = Position::default();
    pool.join(&mut alice, uint(1)).unwrap();
    pool.grow(uint(100_000)).unwrap();
    assert_eq!(worth(&pool, &alice), 50_001);
    let left = pool.leave_exact(&mut alice, uint(1)).unwrap();
    assert_eq!((left.paid.u128(), left.dust.u128()), (1, 0));
    assert_eq!(worth(&pool, &alice), 49_999);
    let left = pool.leave_all(&mut alice).unwrap();
    assert_eq!((left.paid.u128(), left.dust.u128()), (49_999, 50_001));
    assert_eq!(pool.tokens.u128(), 0);
}
