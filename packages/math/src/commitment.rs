//! What all slices of a pool together come to.

use cosmwasm_std::{Decimal, Uint128, Uint256};

use crate::wide::{atomics, check_fraction, mul_div_ceil, narrow, ONE};
use crate::{Magnitude, MathError};

/// Whether slices of `committed`, with what was slashed lately, keep within an operator's
/// commitment cap: `committed + slashed <= cap * (M + slashed)`.
///
/// The right side is measured against the pool as it was before it was slashed: otherwise an
/// operator could promise anew what was just taken, and exceed its cap within the time that a
/// staker needs to leave. Exact, nothing is rounded.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a cap above one.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::{within_cap, Magnitude, FULL_MAGNITUDE};
///
/// let half = Decimal::percent(50);
/// let mut pool = Magnitude::default();
/// let of_pool = |percent: u128| Uint128::new(FULL_MAGNITUDE / 100 * percent);
/// assert!(within_cap(of_pool(50), Uint128::zero(), &pool, half)?);
/// assert!(!within_cap(of_pool(51), Uint128::zero(), &pool, half)?);
/// // Half of the pool was slashed: nothing more can be promised until that is history.
/// pool.cut(of_pool(50))?;
/// assert!(within_cap(Uint128::zero(), of_pool(50), &pool, half)?);
/// assert!(!within_cap(Uint128::one(), of_pool(50), &pool, half)?);
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn within_cap(
    committed: Uint128,
    slashed: Uint128,
    magnitude: &Magnitude,
    cap: Decimal,
) -> Result<bool, MathError> {
    check_fraction("commitment cap", cap)?;
    let slashed = Uint256::from(slashed);
    let worst = Uint256::from(committed).checked_add(slashed)?;
    let before = Uint256::from(magnitude.value).checked_add(slashed)?;
    Ok(worst.checked_mul(ONE)? <= before.checked_mul(atomics(cap))?)
}

/// `ceil(amount / M)`: an amount of magnitude as a share of the pool, to 18 decimals.
///
/// Rounds up: a staker reads no less than the worst case.
///
/// # Errors
/// [`MathError::Overflow`] past 128 bits.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::{share_of, Magnitude, FULL_MAGNITUDE};
///
/// let pool = Magnitude::default();
/// let twentieth = Uint128::new(FULL_MAGNITUDE / 20);
/// assert_eq!(share_of(twentieth, &pool)?, Decimal::percent(5));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn share_of(amount: Uint128, magnitude: &Magnitude) -> Result<Decimal, MathError> {
    let atomics = mul_div_ceil(amount, ONE, Uint256::from(magnitude.value))?;
    Ok(Decimal::new(narrow(atomics)?))
}
