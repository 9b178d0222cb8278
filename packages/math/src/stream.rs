//! Rewards of one epoch, flowing through the next (`docs/math.md`, rewards).

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Timestamp, Uint128};

use crate::wide::{mul_div_floor, narrow};
use crate::{apportion, Epochs, MathError};

/// Rewards on their way to the holders of a pool.
///
/// What arrives in an epoch waits for its end, and flows evenly through the next
/// one. So a deposit just before a payout gains nothing, and one unit more
/// neither stops nor restarts what flows. While nobody is there to earn, the flow
/// stands still, and so does its clock.
///
/// ```
/// use cosmwasm_std::{Timestamp, Uint128};
/// use palisade_math::{Epochs, Stream};
///
/// let epochs = Epochs::new(Timestamp::from_seconds(0), 100, 300)?;
/// let at = Timestamp::from_seconds;
/// let mut stream = Stream::default();
/// stream.push(Uint128::new(1_000), at(50), &epochs, true)?;
/// assert_eq!(stream.advance(at(100), &epochs, true)?, Uint128::zero());
/// assert_eq!(stream.advance(at(130), &epochs, true)?, Uint128::new(300));
/// // Nobody there for 40 seconds.
/// assert_eq!(stream.advance(at(170), &epochs, false)?, Uint128::zero());
/// assert_eq!(stream.advance(at(180), &epochs, true)?, Uint128::new(100));
/// assert_eq!(stream.advance(at(999), &epochs, true)?, Uint128::new(600));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
#[cw_serde]
#[derive(Default)]
pub struct Stream {
    /// Reward units that arrived in the epoch of `at`, and flow from its end on.
    pub waiting: Uint128,
    /// Reward units that flow, and did not yet.
    pub flowing: Uint128,
    /// Nanoseconds in which they will have flown.
    pub left: u64,
    /// Up to when the stream was brought.
    pub at: Timestamp,
}

impl Stream {
    /// Brings the stream up to `now`, and returns the reward units that flowed
    /// since the last time: the caller distributes them.
    ///
    /// `running` says whether there is anybody to earn them
    /// ([`SharePool::earns`](crate::SharePool::earns)) and has been since the last
    /// time; so call this *before* every change of the pool's shares. While not
    /// running nothing flows and no time is used up. What still flows when more
    /// comes to flow, which is so only after a standstill, flows on with it
    /// through the whole of the new epoch.
    ///
    /// Rounds down to a unit; what is rounded off keeps flowing, and the last
    /// nanosecond brings all of it. A `now` in the past does nothing.
    ///
    /// # Errors
    /// [`MathError::TimeOutOfRange`] past what a timestamp holds.
    pub fn advance(
        &mut self,
        now: Timestamp,
        epochs: &Epochs,
        running: bool,
    ) -> Result<Uint128, MathError> {
        if now <= self.at {
            return Ok(Uint128::zero());
        }
        let mut next = self.clone();
        let mut released = Uint128::zero();
        if !next.waiting.is_zero() {
            let epoch = epochs.at(next.at).saturating_add(1);
            let boundary = epochs.start(epoch)?;
            if now >= boundary {
                released = next.flow(boundary, running)?;
                next.flowing = next.flowing.checked_add(next.waiting)?;
                next.waiting = Uint128::zero();
                next.left = nanos(epochs.length, epoch)?;
            }
        }
        released = released.checked_add(next.flow(now, running)?)?;
        *self = next;
        Ok(released)
    }

    /// Brings the stream up to `now` as [`Self::advance`] does, then lets
    /// `amount` reward units wait for the end of the epoch. Returns what flowed.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn push(
        &mut self,
        amount: Uint128,
        now: Timestamp,
        epochs: &Epochs,
        running: bool,
    ) -> Result<Uint128, MathError> {
        let mut next = self.clone();
        let released = next.advance(now, epochs, running)?;
        next.waiting = next.waiting.checked_add(amount)?;
        *self = next;
        Ok(released)
    }

    /// Reward units that did not flow yet.
    ///
    /// # Errors
    /// None of a stream that this crate made.
    pub fn rest(&self) -> Result<Uint128, MathError> {
        Ok(self.waiting.checked_add(self.flowing)?)
    }

    /// Takes `min(rest, amount)` out of the stream, what waits and what flows in proportion; the clock
    /// goes on as it did. For units that are lost before they flowed.
    ///
    /// The sum is exact. What waits bears its part rounded down, and what flows the odd unit: in
    /// favour of the next epoch's shares, by less than a unit.
    ///
    /// # Errors
    /// None of a stream that this crate made.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::Stream;
    ///
    /// let mut stream = Stream {
    ///     waiting: Uint128::new(30),
    ///     flowing: Uint128::new(10),
    ///     ..Stream::default()
    /// };
    /// assert_eq!(stream.cut(Uint128::new(4))?, Uint128::new(4));
    /// assert_eq!((stream.waiting.u128(), stream.flowing.u128()), (27, 9));
    /// assert_eq!(stream.cut(Uint128::new(99))?, Uint128::new(36));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn cut(&mut self, amount: Uint128) -> Result<Uint128, MathError> {
        let taken = amount.min(self.rest()?);
        let parts = apportion(taken, &[self.waiting, self.flowing])?;
        if let [waiting, flowing] = parts.as_slice() {
            self.waiting = self.waiting.checked_sub(*waiting)?;
            self.flowing = self.flowing.checked_sub(*flowing)?;
        }
        Ok(taken)
    }

    /// Lets flow from `at` to `until`, within one epoch of the flow.
    fn flow(&mut self, until: Timestamp, running: bool) -> Result<Uint128, MathError> {
        let elapsed = until.nanos().saturating_sub(self.at.nanos());
        self.at = until;
        if !running || self.flowing.is_zero() {
            return Ok(Uint128::zero());
        }
        let used = elapsed.min(self.left);
        let released = if used == self.left {
            self.flowing
        } else {
            narrow(mul_div_floor(self.flowing, used, self.left)?)?
        };
        self.left = self.left.saturating_sub(used);
        self.flowing = self.flowing.checked_sub(released)?;
        Ok(released)
    }
}

/// Nanoseconds in `seconds`.
fn nanos(seconds: u64, epoch: u64) -> Result<u64, MathError> {
    seconds
        .checked_mul(1_000_000_000)
        .ok_or(MathError::TimeOutOfRange { epoch })
}
