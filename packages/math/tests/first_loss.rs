//! Who bears a loss first, and splits that lose nothing.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{amount, any_u128, seeded, uint};
use cosmwasm_std::{Decimal, Uint128, Uint256};
use palisade_math::{apportion, split_loss, Exposure, MathError};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(300))]

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
