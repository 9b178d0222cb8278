//! Epochs, and the maturity of unbonding stake (`docs/math.md`, epochs).

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Timestamp;

use crate::MathError;

/// Buckets of one pool that can be unbonding at once, at most: what a slash
/// has to look at.
pub const MAX_LIVE_BUCKETS: u64 = 32;

/// Undelegations from one validator that a chain takes of one account at once: the default of the
/// Cosmos SDK's staking module, `max_entries`.
pub const MAX_UNBONDING_ENTRIES: u64 = 7;

pub(crate) const NANOS: u128 = 1_000_000_000;

/// How time is divided. Never changes after instantiation.
///
/// ```
/// use cosmwasm_std::Timestamp;
/// use palisade_math::Epochs;
///
/// // Weeks, and three of them to unbond.
/// let week = 7 * 24 * 3_600;
/// let epochs = Epochs::new(Timestamp::from_seconds(1_000), week, 3 * week)?;
/// assert_eq!(epochs.live_buckets(), 4);
/// let now = Timestamp::from_seconds(1_000 + week);
/// assert_eq!(epochs.at(now), 1);
/// assert_eq!(epochs.matures_at(1)?, now.plus_seconds(4 * week));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
#[cw_serde]
pub struct Epochs {
    /// When epoch 0 starts.
    pub genesis: Timestamp,
    /// Seconds in an epoch, above zero.
    pub length: u64,
    /// Seconds from the end of the epoch of an undelegation to its maturity.
    pub unbonding: u64,
}

impl Epochs {
    /// Epochs of `length` seconds from `genesis` on, with `unbonding` seconds to
    /// wait.
    ///
    /// # Errors
    /// [`MathError::InvalidEpochs`] when `length` is zero, or when more than
    /// [`MAX_LIVE_BUCKETS`] buckets of a pool could be unbonding at once.
    pub fn new(genesis: Timestamp, length: u64, unbonding: u64) -> Result<Self, MathError> {
        let epochs = Self {
            genesis,
            length,
            unbonding,
        };
        let invalid = |reason| MathError::InvalidEpochs {
            length,
            unbonding,
            reason,
        };
        if length == 0 {
            return Err(invalid("an epoch needs a length"));
        }
        if epochs.live_buckets() > MAX_LIVE_BUCKETS {
            return Err(invalid("too many epochs in an unbonding period"));
        }
        Ok(epochs)
    }

    /// The epoch in which `time` lies: `floor((time - genesis) / length)`.
    /// Everything before genesis counts as epoch 0.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> u64 {
        let elapsed = time.nanos().saturating_sub(self.genesis.nanos());
        let length = u128::from(self.length).saturating_mul(NANOS);
        u128::from(elapsed)
            .checked_div(length)
            .and_then(|epoch| u64::try_from(epoch).ok())
            .unwrap_or_default()
    }

    /// When `epoch` starts. Nothing is rounded.
    ///
    /// # Errors
    /// [`MathError::TimeOutOfRange`] past what a timestamp holds (the year 2554).
    pub fn start(&self, epoch: u64) -> Result<Timestamp, MathError> {
        let seconds = u128::from(epoch).checked_mul(u128::from(self.length));
        self.after_genesis(epoch, seconds)
    }

    /// When stake undelegated in `epoch` can be claimed: the start of the next
    /// epoch, and the unbonding period. All of an epoch's stake matures at once,
    /// and none of it earlier than an unbonding period after it left.
    ///
    /// # Errors
    /// [`MathError::TimeOutOfRange`] past what a timestamp holds.
    pub fn matures_at(&self, epoch: u64) -> Result<Timestamp, MathError> {
        let seconds = u128::from(epoch)
            .checked_add(1)
            .and_then(|next| next.checked_mul(u128::from(self.length)))
            .and_then(|start| start.checked_add(u128::from(self.unbonding)));
        self.after_genesis(epoch, seconds)
    }

    /// Buckets of a pool that can be unbonding at once, at most:
    /// `ceil(unbonding / length) + 1`.
    #[must_use]
    pub fn live_buckets(&self) -> u64 {
        if self.length == 0 {
            return u64::MAX;
        }
        self.unbonding.div_ceil(self.length).saturating_add(1)
    }

    /// Whether undelegations can go to a base chain that takes `unbonding_time` seconds in batches of
    /// `batch_epochs` epochs, each started when its last epoch is over.
    ///
    /// What leaves in the first epoch of a batch waits for the others: the chain's time and one batch
    /// have to fit into the unbonding period, so that tokens arrive before their owners may claim them,
    /// with an epoch to spare. A chain takes [`MAX_UNBONDING_ENTRIES`] undelegations of one account from
    /// one validator at once; in any stretch of `unbonding_time`, one late batch and every batch that
    /// falls due within it can start: `ceil(unbonding_time / batch) + 1` has to be within that.
    ///
    /// # Errors
    /// [`MathError::InvalidBatches`].
    ///
    /// ```
    /// use cosmwasm_std::Timestamp;
    /// use palisade_math::Epochs;
    ///
    /// // Epochs of a day, a chain with 21 days: batches of 4 days, 25 days of unbonding.
    /// let day = 86_400;
    /// let epochs = |unbonding| Epochs::new(Timestamp::default(), day, unbonding * day);
    /// epochs(25)?.check_batches(21 * day, 4)?;
    /// assert!(epochs(24)?.check_batches(21 * day, 4).is_err());
    /// assert!(epochs(25)?.check_batches(21 * day, 3).is_err());
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn check_batches(&self, unbonding_time: u64, batch_epochs: u32) -> Result<(), MathError> {
        let invalid = |reason| MathError::InvalidBatches {
            batch_epochs,
            unbonding_time,
            reason,
        };
        let batch = self
            .length
            .checked_mul(u64::from(batch_epochs))
            .filter(|batch| *batch > 0)
            .ok_or_else(|| invalid("a batch needs a length"))?;
        let started = unbonding_time.div_ceil(batch).saturating_add(1);
        if started > MAX_UNBONDING_ENTRIES {
            return Err(invalid("the chain takes seven undelegations at once"));
        }
        if unbonding_time.saturating_add(batch) > self.unbonding {
            return Err(invalid("it would take longer than the unbonding period"));
        }
        Ok(())
    }

    /// `seconds` after genesis, for the sake of `epoch`.
    fn after_genesis(&self, epoch: u64, seconds: Option<u128>) -> Result<Timestamp, MathError> {
        seconds
            .and_then(|seconds| seconds.checked_mul(NANOS))
            .and_then(|nanos| nanos.checked_add(u128::from(self.genesis.nanos())))
            .and_then(|nanos| u64::try_from(nanos).ok())
            .map(Timestamp::from_nanos)
            .ok_or(MathError::TimeOutOfRange { epoch })
    }
}
