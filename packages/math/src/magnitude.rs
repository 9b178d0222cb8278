//! The unit of slices: what a promise, once written, is worth after any number
//! of slashes by anybody (`docs/math.md`, slices).
//!
//! A pool has a [`Magnitude`], full at first. Services hold slices of it, and
//! each bucket of unbonding stake remembers the magnitude that its stake stands
//! for. A slash lowers the pool's magnitude. When it becomes small it is
//! multiplied by [`RENORMALIZE_FACTOR`], and everything written before is read
//! multiplied too, exactly and lazily; when it is used up, a new era starts, in
//! which nothing of the old one counts.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, OverflowError, OverflowOperation, Uint128, Uint256};

use crate::wide::{atomics, check_fraction, min_narrow, mul_div_floor, narrow, ONE};
use crate::{is_zero, MathError};

/// The magnitude of a fresh pool, `10^18`; no magnitude of a pool is above it.
pub const FULL_MAGNITUDE: u128 = 1_000_000_000_000_000_000;

/// Below this magnitude, `10^15`, a cut renormalizes.
pub const RENORMALIZE_BELOW: u128 = 1_000_000_000_000_000;

/// What a renormalization multiplies by.
pub const RENORMALIZE_FACTOR: u128 = 1_000;

/// The largest reading of a stored magnitude, `10^60`. Larger ones read as this.
///
/// It changes no result. Only the `mag` of a bucket that was not eligible for
/// many slashes can grow so large: slices are at most the pool's magnitude. A
/// `mag` only ever divides, in `ceil(tokens * delta / mag)` and
/// `ceil(tokens * M / mag)`, where `tokens < 2^128 < 3.5 * 10^38` and `delta` and
/// `M` are at most `10^18`. So the dividend is below `3.5 * 10^56`, and the
/// quotient rounds up to one (or is exactly zero) for *every* divisor above that.
/// A slash lowers a `mag` by at most `10^18`, so a saturated one would come back
/// below `3.5 * 10^56` only after more than `10^41` slashes, which is never.
pub const SATURATED_MAGNITUDE: Uint256 = Uint256::from_be_bytes([
    0, 0, 0, 0, 0, 0, 0, 0x9f, 0x4f, 0x27, 0x26, 0x17, 0x9a, 0x22, 0x45, 0x01, 0xd7, 0x62, 0x42,
    0x2c, 0x94, 0x65, 0x90, 0xd9, 0x10, 0, 0, 0, 0, 0, 0, 0,
]);

/// `1000^20 = 10^60`: past this many renormalizations any unit is saturated.
const SATURATED_STEPS: u32 = 20;

/// The magnitude of a pool: what is left of [`FULL_MAGNITUDE`] in this era, in
/// the unit of `norm`. The sum of all slices is never above `value`.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128, Uint256};
/// use palisade_math::Magnitude;
///
/// let mut pool = Magnitude::default();
/// // A service is promised 5 % of the pool, and the promise is stored.
/// let slice = pool.share(Decimal::percent(5))?;
/// let stored = pool.write(slice.into());
///
/// // Another service slashes 40 %: the promise is what it was.
/// pool.cut(pool.share(Decimal::percent(40))?)?;
/// assert_eq!(pool.value, Uint128::new(600_000_000_000_000_000));
/// assert_eq!(pool.read(&stored), Uint256::from(slice));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
#[cw_serde]
pub struct Magnitude {
    /// What is left, at most [`FULL_MAGNITUDE`] and never zero.
    pub value: Uint128,
    /// How often the magnitude was used up and started anew.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub era: u32,
    /// How often it was multiplied by [`RENORMALIZE_FACTOR`] in this era.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub norm: u32,
}

impl Default for Magnitude {
    /// Full, in the first era.
    fn default() -> Self {
        Self {
            value: Uint128::new(FULL_MAGNITUDE),
            era: 0,
            norm: 0,
        }
    }
}

/// An amount of magnitude as it is stored: a slice, what a bucket stands for, or
/// a change of either, in the unit in which it was written. The default is zero.
#[cw_serde]
#[derive(Default)]
pub struct Scaled {
    /// The amount, in the unit of `(era, norm)`.
    pub value: Uint256,
    /// The era of the pool's magnitude when it was written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub era: u32,
    /// The norm of the pool's magnitude when it was written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub norm: u32,
}

impl Magnitude {
    /// What `stored` is in the pool's present unit: zero if it was written in
    /// another era, else `value * 1000^(difference in norm)`, which is exact up
    /// to [`SATURATED_MAGNITUDE`], past which nothing depends on it.
    ///
    /// ```
    /// use cosmwasm_std::{Uint128, Uint256};
    /// use palisade_math::{Magnitude, FULL_MAGNITUDE};
    ///
    /// let mut pool = Magnitude::default();
    /// let stored = pool.write(Uint256::from(7u128));
    /// // All but 9 units are slashed: 9 becomes 9 * 10^15.
    /// pool.cut(Uint128::new(FULL_MAGNITUDE - 9))?;
    /// assert_eq!((pool.value.u128(), pool.norm), (9_000_000_000_000_000, 5));
    /// assert_eq!(pool.read(&stored), Uint256::from(7_000_000_000_000_000u128));
    /// // The last of it starts a new era, in which the promise is void.
    /// pool.cut(pool.value)?;
    /// assert_eq!((pool.value.u128(), pool.era), (FULL_MAGNITUDE, 1));
    /// assert_eq!(pool.read(&stored), Uint256::zero());
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    #[must_use]
    pub fn read(&self, stored: &Scaled) -> Uint256 {
        if stored.era != self.era || stored.value.is_zero() {
            return Uint256::zero();
        }
        // Nothing is ever written ahead of its pool; what were counts for nothing.
        let Some(steps) = self.norm.checked_sub(stored.norm) else {
            return Uint256::zero();
        };
        if steps >= SATURATED_STEPS {
            return SATURATED_MAGNITUDE;
        }
        Uint256::from(RENORMALIZE_FACTOR)
            .checked_pow(steps)
            .and_then(|factor| stored.value.checked_mul(factor))
            .map_or(SATURATED_MAGNITUDE, |value| value.min(SATURATED_MAGNITUDE))
    }

    /// [`Self::read`] for a slice or a change of one, which is at most the
    /// pool's magnitude: whatever was stored, no more than that is read.
    #[must_use]
    pub fn read_slice(&self, stored: &Scaled) -> Uint128 {
        min_narrow(self.read(stored), self.value)
    }

    /// `value`, in the pool's present unit, as it is to be stored.
    ///
    /// For amounts that a slash changes, use [`Self::lowered`] *before*
    /// [`Self::cut`]: the unit may change with the cut.
    #[must_use]
    pub fn write(&self, value: Uint256) -> Scaled {
        Scaled {
            value,
            era: self.era,
            norm: self.norm,
        }
    }

    /// `amount` (in the pool's present unit) less `delta`, as it is to be
    /// stored: the slice that a slash spends, and each bucket that it touches.
    ///
    /// Call it before [`Self::cut`]. Should the cut renormalize, the result is
    /// read in the new unit; should it end the era, it reads as zero.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when `amount` is below `delta`: no such slice can
    /// be spent, and no bucket stands for less than its pool.
    ///
    /// ```
    /// use cosmwasm_std::{Uint128, Uint256};
    /// use palisade_math::{Magnitude, FULL_MAGNITUDE};
    ///
    /// let mut pool = Magnitude::default();
    /// let delta = Uint128::new(FULL_MAGNITUDE - 500);
    /// let bucket = pool.lowered(Uint256::from(FULL_MAGNITUDE), delta)?;
    /// pool.cut(delta)?;
    /// // The bucket stands for as much as its pool, before and after.
    /// assert_eq!(pool.read(&bucket), Uint256::from(pool.value));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn lowered(&self, amount: Uint256, delta: Uint128) -> Result<Scaled, MathError> {
        Ok(self.write(amount.checked_sub(Uint256::from(delta))?))
    }

    /// Lowers the magnitude by `delta`. Nothing is rounded.
    ///
    /// At zero a new era starts, full again. Below [`RENORMALIZE_BELOW`] the
    /// magnitude is multiplied by [`RENORMALIZE_FACTOR`], five times at most.
    ///
    /// # Errors
    /// [`MathError::InsufficientMagnitude`] when `delta` is more than there is.
    /// On an error nothing changed.
    pub fn cut(&mut self, delta: Uint128) -> Result<(), MathError> {
        let Ok(mut value) = self.value.checked_sub(delta) else {
            return Err(MathError::InsufficientMagnitude {
                available: self.value,
                requested: delta,
            });
        };
        if value.is_zero() {
            *self = Self {
                value: Uint128::new(FULL_MAGNITUDE),
                era: next(self.era)?,
                norm: 0,
            };
            return Ok(());
        }
        let mut norm = self.norm;
        while value < Uint128::new(RENORMALIZE_BELOW) {
            value = value.checked_mul(Uint128::new(RENORMALIZE_FACTOR))?;
            norm = next(norm)?;
        }
        self.value = value;
        self.norm = norm;
        Ok(())
    }

    /// `floor(fraction * M)`: a fraction of the pool, in its present unit.
    ///
    /// Rounds down: nobody is promised more than was meant, which favours the
    /// stakers.
    ///
    /// # Errors
    /// [`MathError::InvalidFraction`] above one.
    pub fn share(&self, fraction: Decimal) -> Result<Uint128, MathError> {
        check_fraction("share of a pool", fraction)?;
        narrow(mul_div_floor(self.value, atomics(fraction), ONE)?)
    }

    /// Tokens captured in `era`, as far as they count today: what was captured
    /// in an older era counts for nothing, for the slice that backed it is spent.
    #[must_use]
    pub fn captured_in(&self, era: u32, tokens: Uint128) -> Uint128 {
        if era == self.era {
            tokens
        } else {
            Uint128::zero()
        }
    }
}

/// One era or norm further.
fn next(count: u32) -> Result<u32, MathError> {
    count
        .checked_add(1)
        .ok_or_else(|| OverflowError::new(OverflowOperation::Add).into())
}
