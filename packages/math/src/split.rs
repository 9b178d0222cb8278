use cosmwasm_std::{Decimal, Uint128, Uint256};

use crate::wide::{atomics, check_fraction, mul_div_floor, narrow, ONE};
use crate::MathError;

/// Splits `amount` in proportion to `weights`, to the last unit: part `i` is
/// `floor(amount * (w_0 + .. + w_i) / W)` less what went to the parts before it.
///
/// The parts add up to `amount`, each within one unit of its exact share, and
/// none is above its weight rounded up where `amount <= W`: so a loss is never
/// split into more than a part has. Where all weights are zero, all parts are,
/// and the amount stays with the caller.
///
/// Favours nobody; which part gets the odd unit follows from the order, so the
/// order has to be a fixed one.
///
/// # Errors
/// None below 128 bits of parts of amounts below 128 bits.
///
/// ```
/// use cosmwasm_std::Uint128;
/// use palisade_math::apportion;
///
/// let weights = [Uint128::new(1), Uint128::new(1), Uint128::new(1)];
/// let parts = apportion(Uint128::new(100), &weights)?;
/// assert_eq!(parts, [Uint128::new(33), Uint128::new(33), Uint128::new(34)]);
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn apportion(amount: Uint128, weights: &[Uint128]) -> Result<Vec<Uint128>, MathError> {
    let total = sum(weights)?;
    let mut before = Uint256::zero();
    let mut given = Uint256::zero();
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        if total.is_zero() {
            parts.push(Uint128::zero());
            continue;
        }
        before = before.checked_add(Uint256::from(*weight))?;
        let due = mul_div_floor(amount, before, total)?;
        parts.push(narrow(due.checked_sub(given)?)?);
        given = due;
    }
    Ok(parts)
}

/// A share of an amount: `floor(amount * share)`.
///
/// Rounds down, in favour of whoever gets the rest.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a share above one.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::portion;
///
/// assert_eq!(portion(Uint128::new(101), Decimal::percent(30))?, Uint128::new(30));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn portion(amount: Uint128, share: Decimal) -> Result<Uint128, MathError> {
    check_fraction("share", share)?;
    narrow(mul_div_floor(amount, atomics(share), ONE)?)
}

/// The sum of `parts`, which may be wider than each.
pub(crate) fn sum(parts: &[Uint128]) -> Result<Uint256, MathError> {
    parts.iter().try_fold(Uint256::zero(), |sum, part| {
        Ok(sum.checked_add(Uint256::from(*part))?)
    })
}
