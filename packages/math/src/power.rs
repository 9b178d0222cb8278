//! What an operator counts with at a service (`docs/math.md`, power).

use cosmwasm_std::{Decimal, Uint128, Uint256};

use crate::wide::{atomics, check_divisor, check_fraction, min_narrow, mul_div_floor, narrow, ONE};
use crate::{Magnitude, MathError};

/// Tokens of a pool that an operator counts with at a service:
/// `floor(T * min(1, b' / (M * m)))`.
///
/// `active` (T) is the pool's active stake in units of the asset, `slice` (b')
/// the slice less any decrease asked for, in the pool's present unit of
/// magnitude, `max_slash` (m) the heaviest penalty of the service. An operator
/// that promises 5 % of a pool to a service that slashes 5 % at most counts
/// there with all of the pool.
///
/// Rounds down: no token counts that is not backed in full, which favours the
/// service.
///
/// # Errors
/// [`MathError::InvalidFraction`] when `max_slash` is zero or above one.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::{captured_tokens, Magnitude};
///
/// let pool = Magnitude::default();
/// let active = Uint128::new(1_000_000);
/// let five = Decimal::percent(5);
/// // A slice of 5 % backs the whole pool at 5 %, one of 2 % two fifths of it.
/// let full = captured_tokens(active, pool.share(five)?, &pool, five)?;
/// let part = captured_tokens(active, pool.share(Decimal::percent(2))?, &pool, five)?;
/// assert_eq!((full.u128(), part.u128()), (1_000_000, 400_000));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn captured_tokens(
    active: Uint128,
    slice: Uint128,
    magnitude: &Magnitude,
    max_slash: Decimal,
) -> Result<Uint128, MathError> {
    check_divisor("max_slash", max_slash)?;
    let needed = Uint256::from(magnitude.value).checked_mul(atomics(max_slash))?;
    let promised = Uint256::from(slice).checked_mul(ONE)?;
    if promised >= needed {
        return Ok(active);
    }
    narrow(mul_div_floor(active, promised, needed)?)
}

/// What tokens of an asset are worth, in the common unit of power:
/// `floor(tokens * rate * weight)`, rounded once.
///
/// `rate` is what one unit of the asset is worth, `weight` its haircut, at most
/// one. The product goes through 512 bits where it needs them.
///
/// Rounds down: no power without value, which favours the service.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a weight above one, [`MathError::TooWide`]
/// for a value of more than 128 bits.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::asset_value;
///
/// // A liquid staking token worth 1.1, counted at nine tenths.
/// let value = asset_value(
///     Uint128::new(1_000),
///     Decimal::percent(110),
///     Decimal::percent(90),
/// )?;
/// assert_eq!(value, Uint128::new(990));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn asset_value(tokens: Uint128, rate: Decimal, weight: Decimal) -> Result<Uint128, MathError> {
    check_fraction("weight", weight)?;
    // tokens * rate is below 2^256; the scale of rate and weight together is 10^36.
    let gross = Uint256::from(tokens).checked_mul(atomics(rate))?;
    narrow(mul_div_floor(
        gross,
        atomics(weight),
        ONE.checked_mul(ONE)?,
    )?)
}

/// An operator's power where none may have more than `max_share` of the total:
/// `min(power, floor(max_share * total))`.
///
/// `total` is the power of all operators before the cap. Rounds down, in favour
/// of the other operators.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a share above one.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::capped_power;
///
/// let third = Decimal::percent(33);
/// assert_eq!(capped_power(Uint128::new(50), Uint128::new(100), third)?.u128(), 33);
/// assert_eq!(capped_power(Uint128::new(20), Uint128::new(100), third)?.u128(), 20);
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn capped_power(
    power: Uint128,
    total: Uint128,
    max_share: Decimal,
) -> Result<Uint128, MathError> {
    check_fraction("max_share", max_share)?;
    let cap = mul_div_floor(total, atomics(max_share), ONE)?;
    Ok(min_narrow(cap, power))
}
