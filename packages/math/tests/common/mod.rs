//! What the tests of this crate share: amounts, and exact comparisons.

#![allow(dead_code, clippy::arithmetic_side_effects, clippy::unwrap_used)]

use cosmwasm_std::{Uint128, Uint256, Uint512};
use palisade_math::{Position, SharePool, VIRTUAL_SHARES};
use proptest::prelude::*;

#[allow(unused_imports)] // not every test file plays at random
pub(crate) use palisade_testing::seeded;

/// Token amounts of every size, from a unit to a trillion tokens of 18 decimals.
pub(crate) fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![
        3 => 1..=10_u128,
        3 => 1..=1_000_000_u128,
        2 => 1..=10_u128.pow(18),
        2 => 1..=10_u128.pow(30),
        1 => Just(10_u128.pow(30)),
    ]
}

/// Any number at all that 128 bits hold, its ends more often than by chance.
pub(crate) fn any_u128() -> impl Strategy<Value = u128> {
    prop_oneof![
        4 => any::<u128>(),
        2 => (0..128_u32, any::<u128>()).prop_map(|(bits, value)| value >> bits),
        1 => Just(0),
        1 => Just(1),
        1 => Just(u128::MAX),
        1 => Just(u128::MAX - 1),
    ]
}

/// How much of a pool a slash takes: a unit, everything, all but one, or a part.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bite {
    One,
    All,
    AllButOne,
    PerMillion(u32),
}

impl Bite {
    pub(crate) fn of(self, tokens: u128) -> u128 {
        match self {
            Self::One => 1,
            Self::All => tokens,
            Self::AllButOne => tokens.saturating_sub(1),
            Self::PerMillion(parts) => {
                let taken = Uint256::from(tokens) * Uint256::from(parts);
                narrow(taken / Uint256::from(1_000_000_u32))
            }
        }
    }
}

pub(crate) fn bite() -> impl Strategy<Value = Bite> {
    prop_oneof![
        2 => Just(Bite::One),
        1 => Just(Bite::All),
        2 => Just(Bite::AllButOne),
        5 => (0..=1_000_000_u32).prop_map(Bite::PerMillion),
        2 => (990_000..=999_999_u32).prop_map(Bite::PerMillion),
    ]
}

/// A pool in which `others` and then one more joined, with slashes between.
pub(crate) fn pool_after(others: u128, bites: &[Bite]) -> (SharePool, Position) {
    let mut pool = SharePool::default();
    let mut position = Position::default();
    pool.join(&mut position, uint(others)).unwrap();
    for bite in bites {
        pool.slash(uint(bite.of(pool.tokens.u128()))).unwrap();
    }
    (pool, position)
}

pub(crate) fn uint(value: u128) -> Uint128 {
    Uint128::new(value)
}

pub(crate) fn wide(value: impl Into<Uint256>) -> Uint512 {
    Uint512::from(value.into())
}

pub(crate) fn narrow(value: Uint256) -> u128 {
    Uint128::try_from(value).unwrap().u128()
}

/// What a position is worth now.
pub(crate) fn worth(pool: &SharePool, position: &Position) -> u128 {
    pool.value_of(position).unwrap().u128()
}

/// Whether a share is worth at least what it was: exactly, by cross-multiplying
/// `(T' + 1) / (S' + V) >= (T + 1) / (S + V)`.
pub(crate) fn price_held(before: &SharePool, after: &SharePool) -> bool {
    let tokens = |pool: &SharePool| wide(pool.tokens) + Uint512::one();
    let shares = |pool: &SharePool| wide(pool.shares) + wide(VIRTUAL_SHARES);
    tokens(after) * shares(before) >= tokens(before) * shares(after)
}

/// What holds for every pool at any time.
pub(crate) fn assert_sound(pool: &SharePool) {
    assert_eq!(pool.tokens.is_zero(), pool.shares.is_zero(), "{pool:?}");
    if !pool.shares.is_zero() {
        assert!(pool.shares.u128() >= VIRTUAL_SHARES, "{pool:?}");
    }
    let shares = wide(pool.shares) + wide(VIRTUAL_SHARES);
    let limit = (wide(pool.tokens) + Uint512::one()) * wide(10_000_000_u128);
    assert!(shares <= limit, "{pool:?}");
}
