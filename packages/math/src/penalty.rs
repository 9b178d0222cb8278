//! What a penalty takes (`docs/math.md`, penalties).
//!
//! A penalty is one amount of magnitude, rounded once. Of every part that it
//! touches (the active stake, and each bucket whose stake still counted at the
//! infraction) it takes the same share of what that part stands for. So one
//! service's slash leaves what backs every other service as it was.
//!
//! ```
//! use cosmwasm_std::{Decimal, Uint128, Uint256};
//! use palisade_math::{
//!     equivalent_stake, loss, penalty_magnitude, Magnitude, Part, Penalty, FULL_MAGNITUDE,
//! };
//!
//! // 800 tokens are active; 200 unbond that still counted at the infraction.
//! let pool = Magnitude::default();
//! let full = Uint256::from(FULL_MAGNITUDE);
//! let bucket = Part { tokens: Uint128::new(200), magnitude: full };
//! let equivalent = equivalent_stake(Uint128::new(800), &[bucket], &pool)?;
//! assert_eq!(equivalent, Uint256::from(1_000u128));
//!
//! // 4 % of the 1000 tokens captured, of a slice of 5 %.
//! let penalty = Penalty {
//!     fraction: Decimal::percent(4),
//!     max_slash: Decimal::percent(5),
//!     captured: Uint128::new(1_000),
//!     slice: pool.share(Decimal::percent(5))?,
//! };
//! let delta = penalty_magnitude(&penalty, &pool, equivalent)?;
//! assert_eq!(delta, pool.share(Decimal::percent(4))?);
//! assert_eq!(loss(Uint128::new(800), delta, full)?, Uint128::new(32));
//! assert_eq!(loss(Uint128::new(200), delta, full)?, Uint128::new(8));
//! # Ok::<(), palisade_math::MathError>(())
//! ```

use cosmwasm_std::{Decimal, Uint128, Uint256};

use crate::wide::{
    atomics, check_at_most, check_divisor, min_narrow, mul_div_ceil, mul_div_floor, narrow, ONE,
};
use crate::{Magnitude, MathError};

/// A bucket of unbonding stake that a penalty may touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Tokens in it, in units of the asset.
    pub tokens: Uint128,
    /// The magnitude that they stand for, read in the pool's present unit
    /// ([`Magnitude::read`]); zero if it is of an older era.
    pub magnitude: Uint256,
}

/// What is to be punished, in one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// The share of the captured tokens to be taken (p), at most `max_slash`.
    pub fraction: Decimal,
    /// The heaviest penalty of the service (m), above zero, at most one.
    pub max_slash: Decimal,
    /// Tokens that the operator counted with in the update in force at the
    /// infraction (c), in units of the asset; zero if captured in an older era.
    pub captured: Uint128,
    /// The service's slice now (b), in the pool's present unit of magnitude,
    /// with decreases that did not take effect yet still in it.
    pub slice: Uint128,
}

/// All stake that a penalty touches, in active tokens that would stand for as
/// much magnitude (Weq): `active + sum of ceil(tokens * M / magnitude)` over
/// the eligible `buckets`. A bucket of magnitude zero counts nothing.
///
/// Rounds each part up, which makes the penalty smaller, in favour of the
/// stakers, by less than a token's worth a part.
///
/// # Errors
/// None on amounts that this crate made.
pub fn equivalent_stake(
    active: Uint128,
    buckets: &[Part],
    magnitude: &Magnitude,
) -> Result<Uint256, MathError> {
    buckets
        .iter()
        .filter(|part| !part.magnitude.is_zero())
        .try_fold(Uint256::from(active), |sum, part| {
            let stake = mul_div_ceil(part.tokens, magnitude.value, part.magnitude)?;
            Ok(sum.checked_add(stake)?)
        })
}

/// The magnitude that a penalty takes:
/// `min(b, ceil(p * min(b / m, c * M / Weq)))`, never more than M.
///
/// `equivalent` (Weq) is [`equivalent_stake`] over the parts that will bear it.
/// The first term is the service's own limit: its slice, which can have been
/// spent in part. The second makes the loss `p * c` tokens whatever came or left
/// since. When there is no stake to take it from, nothing is taken.
///
/// Rounds up, once, in favour of the service: a penalty above zero takes
/// something.
///
/// # Errors
/// [`MathError::InvalidFraction`] when `max_slash` is zero or above one, or the
/// fraction above `max_slash`.
pub fn penalty_magnitude(
    penalty: &Penalty,
    magnitude: &Magnitude,
    equivalent: Uint256,
) -> Result<Uint128, MathError> {
    check_divisor("max_slash", penalty.max_slash)?;
    check_at_most("penalty", penalty.fraction, penalty.max_slash)?;
    if equivalent.is_zero() {
        return Ok(Uint128::zero());
    }
    let fraction = atomics(penalty.fraction);
    // The ceiling of the smaller is the smaller of the ceilings.
    let by_slice = mul_div_ceil(fraction, penalty.slice, atomics(penalty.max_slash))?;
    let by_stake = mul_div_ceil(
        fraction.checked_mul(Uint256::from(penalty.captured))?,
        magnitude.value,
        ONE.checked_mul(equivalent)?,
    )?;
    let limit = penalty.slice.min(magnitude.value);
    Ok(min_narrow(by_slice.min(by_stake), limit))
}

/// Tokens that a part loses: `ceil(tokens * delta / magnitude)`, never more than
/// it has; nothing when `delta` or `magnitude` is zero.
///
/// For the active stake, `magnitude` is the pool's; for a bucket, its own. All
/// in the unit before the cut.
///
/// Rounds up, in favour of the service: every part that is touched feels it.
///
/// # Errors
/// None on amounts that this crate made.
///
/// ```
/// use cosmwasm_std::{Uint128, Uint256};
/// use palisade_math::loss;
///
/// // A third of 100 tokens, then a millionth of 5.
/// assert_eq!(loss(100u128.into(), 1u128.into(), 3u128.into())?, Uint128::new(34));
/// assert_eq!(loss(5u128.into(), 1u128.into(), 1_000_000u128.into())?, Uint128::new(1));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn loss(tokens: Uint128, delta: Uint128, magnitude: Uint256) -> Result<Uint128, MathError> {
    if magnitude.is_zero() {
        return Ok(Uint128::zero());
    }
    Ok(min_narrow(mul_div_ceil(tokens, delta, magnitude)?, tokens))
}

/// A pending change of a slice after a slash took the slice from `before` to
/// `after`: `floor(pending * after / before)`, so that it falls in proportion.
/// Zero for a slice that was zero.
///
/// All three in the same unit of magnitude. Rounds down, so that a decrease
/// stays within its slice and an increase within what was left for it; less than
/// one unit of magnitude, in favour of the service for a decrease and of the
/// stakers for an increase.
///
/// # Errors
/// [`MathError::SliceRose`] when `after` is above `before`.
///
/// ```
/// use cosmwasm_std::Uint128;
/// use palisade_math::scale_pending;
///
/// // 30 of a slice of 100 were to be taken back; a slash left 40 of it.
/// let pending = scale_pending(30u128.into(), 100u128.into(), 40u128.into())?;
/// assert_eq!(pending, Uint128::new(12));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn scale_pending(
    pending: Uint128,
    before: Uint128,
    after: Uint128,
) -> Result<Uint128, MathError> {
    if after > before {
        return Err(MathError::SliceRose { before, after });
    }
    if before.is_zero() {
        return Ok(Uint128::zero());
    }
    narrow(mul_div_floor(pending, after, before)?)
}
