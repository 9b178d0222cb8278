//! Products and quotients that cannot overflow half-way.

use cosmwasm_std::{Decimal, Uint128, Uint256, Uint512};

use crate::MathError;

/// `10^18`: what a [`Decimal`] of one holds.
pub(crate) const ONE: Uint256 = Uint256::from_u128(1_000_000_000_000_000_000);

/// A quotient, and whether something was left of it.
struct Quotient {
    floor: Uint256,
    exact: bool,
}

/// `a * b / c`. 512 bits only where the product needs them: they cost gas.
fn divide(a: Uint256, b: Uint256, c: Uint256) -> Result<Quotient, MathError> {
    if let Ok(product) = a.checked_mul(b) {
        let floor = product.checked_div(c)?;
        let exact = floor.checked_mul(c)? == product;
        return Ok(Quotient { floor, exact });
    }
    let product = a.full_mul(b);
    let floor = product.checked_div(Uint512::from(c))?;
    let exact = floor.checked_mul(Uint512::from(c))? == product;
    Ok(Quotient {
        floor: Uint256::try_from(floor)?,
        exact,
    })
}

/// `floor(a * b / c)`.
pub(crate) fn mul_div_floor(
    a: impl Into<Uint256>,
    b: impl Into<Uint256>,
    c: impl Into<Uint256>,
) -> Result<Uint256, MathError> {
    Ok(divide(a.into(), b.into(), c.into())?.floor)
}

/// `ceil(a * b / c)`.
pub(crate) fn mul_div_ceil(
    a: impl Into<Uint256>,
    b: impl Into<Uint256>,
    c: impl Into<Uint256>,
) -> Result<Uint256, MathError> {
    let quotient = divide(a.into(), b.into(), c.into())?;
    if quotient.exact {
        return Ok(quotient.floor);
    }
    Ok(quotient.floor.checked_add(Uint256::one())?)
}

/// To 128 bits, or an error: never a silent truncation.
pub(crate) fn narrow(value: Uint256) -> Result<Uint128, MathError> {
    Ok(Uint128::try_from(value)?)
}

/// The smaller of a wide and a narrow number, which is always narrow.
pub(crate) fn min_narrow(wide: Uint256, narrow: Uint128) -> Uint128 {
    Uint128::try_from(wide).map_or(narrow, |wide| wide.min(narrow))
}

/// The numerator of a decimal over [`ONE`].
pub(crate) fn atomics(value: Decimal) -> Uint256 {
    Uint256::from(value.atomics())
}

/// Refuses a fraction above one.
pub(crate) fn check_fraction(name: &'static str, value: Decimal) -> Result<(), MathError> {
    check_at_most(name, value, Decimal::one())
}

/// Refuses a fraction above `limit`.
pub(crate) fn check_at_most(
    name: &'static str,
    value: Decimal,
    limit: Decimal,
) -> Result<(), MathError> {
    if value > limit {
        return Err(MathError::InvalidFraction { name, value, limit });
    }
    Ok(())
}

/// Refuses a fraction that is zero or above one: one that is divided by.
pub(crate) fn check_divisor(name: &'static str, value: Decimal) -> Result<(), MathError> {
    if value.is_zero() {
        return Err(MathError::InvalidFraction {
            name,
            value,
            limit: Decimal::one(),
        });
    }
    check_fraction(name, value)
}
