//! How fast value can be drawn: a token bucket (`docs/math.md`, throttle).

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, Timestamp, Uint128, Uint256};

use crate::epoch::NANOS;
use crate::wide::{atomics, check_fraction, min_narrow, mul_div_ceil, mul_div_floor, narrow, ONE};
use crate::MathError;

/// What was drawn from a token bucket and did not come back yet.
///
/// A bucket holds `capacity` units of value, and an empty one is full again after `period` seconds:
/// what was drawn comes back evenly. Neither of the two is kept here: the caller passes what is in
/// force. A new meter is one that nothing was drawn from.
///
/// Whoever asks [`Self::open`] before each [`Self::draw`] draws, within any `dt` seconds, less than
/// `capacity + ceil(capacity * dt / period)` and the largest single draw.
///
/// ```
/// use cosmwasm_std::{Timestamp, Uint128};
/// use palisade_math::Meter;
///
/// // 1,000 units, of which one comes back each second.
/// let (capacity, period) = (Uint128::new(1_000), 1_000);
/// let at = Timestamp::from_seconds;
/// let mut meter = Meter::default();
/// meter.draw(at(5_000), capacity, period, Uint128::new(900))?;
/// assert!(meter.open(at(5_000), capacity, period)?);
/// // The last draw may overdraw by itself.
/// meter.draw(at(5_000), capacity, period, Uint128::new(400))?;
/// assert_eq!(meter.used_at(at(5_100), capacity, period)?, Uint128::new(1_200));
/// assert_eq!(meter.opens_at(capacity, period)?, Some(at(5_301)));
/// assert!(!meter.open(at(5_300), capacity, period)?);
/// assert!(meter.open(at(5_301), capacity, period)?);
/// # Ok::<(), palisade_math::MathError>(())
/// ```
#[cw_serde]
#[derive(Default)]
pub struct Meter {
    /// Units of value that were still drawn at `at`.
    #[serde(rename = "u")]
    pub used: Uint128,
    /// Up to when what came back is counted: at most what it takes a unit to come back before the
    /// last draw, so that no part of a unit is lost.
    #[serde(rename = "t")]
    pub at: Timestamp,
}

impl Meter {
    /// Units of value that are still drawn at `now`: falls by `capacity` in `period` seconds, and
    /// not below zero. A `now` in the past brings nothing back.
    ///
    /// Rounds up (a unit comes back when all of it did), in favour of the stakers.
    ///
    /// # Errors
    /// [`MathError::DivideByZero`] for a period of zero.
    pub fn used_at(
        &self,
        now: Timestamp,
        capacity: Uint128,
        period: u64,
    ) -> Result<Uint128, MathError> {
        let back = self.back(now, capacity, period)?;
        Ok(self.used.checked_sub(back)?)
    }

    /// Whether there is anything left at `now`: less is drawn than `capacity`. Whoever asks draws
    /// any amount then, and so overdraws by the last draw at most: a large draw is late at worst,
    /// never impossible.
    ///
    /// # Errors
    /// As [`Self::used_at`].
    pub fn open(&self, now: Timestamp, capacity: Uint128, period: u64) -> Result<bool, MathError> {
        Ok(self.used_at(now, capacity, period)? < capacity)
    }

    /// Draws `amount` units of value, open or not: to ask [`Self::open`] is the caller's part.
    ///
    /// Saturates at 128 bits. What comes back while nobody looks is kept to the nanosecond, or to
    /// the unit where several come back in one: however often it is drawn from, a bucket fills up
    /// no slower, but for less than a nanosecond, and less than a unit, a draw.
    ///
    /// # Errors
    /// As [`Self::used_at`].
    pub fn draw(
        &mut self,
        now: Timestamp,
        capacity: Uint128,
        period: u64,
        amount: Uint128,
    ) -> Result<(), MathError> {
        let back = self.back(now, capacity, period)?;
        self.at = if back < self.used {
            // The moment at which the last whole unit came back: what came after counts on.
            let took = match capacity.is_zero() {
                true => Uint256::zero(),
                false => mul_div_ceil(back, nanos(period), capacity)?,
            };
            later(self.at, took).unwrap_or(now)
        } else {
            self.at.max(now)
        };
        self.used = self.used.checked_sub(back)?.saturating_add(amount);
        Ok(())
    }

    /// Brings the meter up to `now`. To be called with the old `capacity` before a new one is set:
    /// otherwise what came back since the last draw is measured by the new one.
    ///
    /// Rounds up to a unit, in favour of the stakers.
    ///
    /// # Errors
    /// As [`Self::used_at`].
    pub fn settle(
        &mut self,
        now: Timestamp,
        capacity: Uint128,
        period: u64,
    ) -> Result<(), MathError> {
        self.used = self.used_at(now, capacity, period)?;
        self.at = self.at.max(now);
        Ok(())
    }

    /// The first moment at which there is anything left if nothing more is drawn: exact, to the
    /// nanosecond. It lies in the past if there is already. None: never (a capacity of zero), or
    /// later than a timestamp holds.
    ///
    /// # Errors
    /// As [`Self::used_at`].
    pub fn opens_at(&self, capacity: Uint128, period: u64) -> Result<Option<Timestamp>, MathError> {
        if period == 0 {
            return Err(MathError::DivideByZero);
        }
        let Ok(last) = capacity.checked_sub(Uint128::one()) else {
            return Ok(None);
        };
        let over = self.used.saturating_sub(last);
        let wait = mul_div_ceil(over, nanos(period), capacity)?;
        Ok(later(self.at, wait))
    }

    /// Whole units that came back between `at` and `now`, at most all that were drawn.
    fn back(&self, now: Timestamp, capacity: Uint128, period: u64) -> Result<Uint128, MathError> {
        let elapsed = now.nanos().saturating_sub(self.at.nanos());
        let back = mul_div_floor(capacity, elapsed, nanos(period))?;
        Ok(min_narrow(back, self.used))
    }
}

/// What a slash weighs against a bucket: `ceil(power * fraction)`, in units of value.
///
/// `power` is what the operator counted with, `fraction` the penalty. Rounds up, in favour of the
/// stakers: no slash weighs nothing.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a fraction above one.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::slash_weight;
///
/// let power = Uint128::new(1_001);
/// assert_eq!(slash_weight(power, Decimal::percent(5))?, Uint128::new(51));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn slash_weight(power: Uint128, fraction: Decimal) -> Result<Uint128, MathError> {
    check_fraction("penalty", fraction)?;
    narrow(mul_div_ceil(power, atomics(fraction), ONE)?)
}

/// Nanoseconds in `seconds`.
fn nanos(seconds: u64) -> Uint256 {
    Uint256::from(u128::from(seconds).saturating_mul(NANOS))
}

/// `wait` nanoseconds after `from`, if a timestamp holds it.
fn later(from: Timestamp, wait: Uint256) -> Option<Timestamp> {
    Uint128::try_from(wait)
        .ok()
        .and_then(|wait| u64::try_from(wait.u128()).ok())
        .and_then(|wait| from.nanos().checked_add(wait))
        .map(Timestamp::from_nanos)
}
