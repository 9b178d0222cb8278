use cosmwasm_std::{ConversionOverflowError, Decimal, DivideByZeroError, OverflowError, Uint128};
use thiserror::Error;

/// Everything that a calculation of this crate can refuse.
///
/// None of them is reached by state that this crate made from amounts within
/// [`MAX_DEPOSIT`](crate::MAX_DEPOSIT): `Overflow`, `TooWide` and
/// `DivideByZero` stand for state that was damaged elsewhere.
#[derive(Error, Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MathError {
    /// A sum, difference or product left its type.
    #[error("arithmetic overflow in {operation}")]
    Overflow {
        /// The operation: `add`, `sub`, `mul` or the like.
        operation: String,
    },

    /// A result is too large for the type that the caller stores it in.
    #[error("a result of type {source_type} does not fit {target_type}")]
    TooWide {
        /// The type in which it was calculated.
        source_type: &'static str,
        /// The type asked for.
        target_type: &'static str,
    },

    /// A divisor was zero.
    #[error("division by zero")]
    DivideByZero,

    /// Nothing was offered.
    #[error("amount must be above zero")]
    ZeroAmount,

    /// The deposit is too small to mint a single share.
    #[error("a deposit of {amount} mints no shares")]
    ZeroShares {
        /// Tokens offered.
        amount: Uint128,
    },

    /// The deposit would bring the pool above what its shares can count.
    #[error("a pool of {tokens} cannot take {amount}: at most {limit}")]
    DepositTooLarge {
        /// Tokens in the pool before.
        tokens: Uint128,
        /// Tokens offered.
        amount: Uint128,
        /// The most that a pool may hold.
        limit: Uint128,
    },

    /// Tokens for the holders of a pool that has none.
    #[error("nobody holds shares to which {amount} could be added")]
    NoHolders {
        /// Tokens offered.
        amount: Uint128,
    },

    /// More shares were asked for than the position holds.
    #[error("{requested} shares requested, {available} held")]
    InsufficientShares {
        /// Shares that the position is, at the pool's present generation and scale.
        available: Uint128,
        /// Shares asked for.
        requested: Uint128,
    },

    /// More magnitude was to be cut than there is.
    #[error("{requested} of magnitude requested, {available} left")]
    InsufficientMagnitude {
        /// Magnitude that is left.
        available: Uint128,
        /// Magnitude to be cut.
        requested: Uint128,
    },

    /// A fraction is outside of its range.
    #[error("{name} of {value} is out of range: at most {limit}")]
    InvalidFraction {
        /// What the fraction is of.
        name: &'static str,
        /// The fraction given.
        value: Decimal,
        /// The most that it may be. Zero is refused where it would divide.
        limit: Decimal,
    },

    /// A slice rose where it can only fall.
    #[error("a slice of {before} cannot become {after} by a slash")]
    SliceRose {
        /// The slice before.
        before: Uint128,
        /// The slice after.
        after: Uint128,
    },

    /// The loss of a part is larger than the part.
    #[error("a loss of {nominal} from a part of {tokens}")]
    LossAbovePart {
        /// Tokens in the part.
        tokens: Uint128,
        /// The loss named for it.
        nominal: Uint128,
    },

    /// A position is ahead of the index that counts its rewards, which has to
    /// follow the pool first.
    #[error("a position at {position:?} is ahead of its index at {index:?}")]
    IndexBehind {
        /// Generation and scale of the index.
        index: (u32, u32),
        /// Generation and scale of the position.
        position: (u32, u32),
    },

    /// A position changed without having been settled first.
    #[error("a position at {position:?} was last settled at {checkpoint:?}")]
    CheckpointBehind {
        /// Generation and scale of the checkpoint.
        checkpoint: (u32, u32),
        /// Generation and scale of the position.
        position: (u32, u32),
    },

    /// Epochs cannot have this length with this unbonding period.
    #[error("epochs of {length} s with {unbonding} s of unbonding: {reason}")]
    InvalidEpochs {
        /// Seconds in an epoch.
        length: u64,
        /// Seconds of unbonding.
        unbonding: u64,
        /// What is wrong.
        reason: &'static str,
    },

    /// Undelegations cannot be sent to the base chain in batches like these.
    #[error("batches of {batch_epochs} epochs with {unbonding_time} s of unbonding by the chain: {reason}")]
    InvalidBatches {
        /// Epochs in a batch.
        batch_epochs: u32,
        /// Seconds that the base chain takes.
        unbonding_time: u64,
        /// What is wrong.
        reason: &'static str,
    },

    /// A moment lies outside of what a timestamp can hold.
    #[error("epoch {epoch} lies beyond the end of time")]
    TimeOutOfRange {
        /// The epoch asked for.
        epoch: u64,
    },
}

impl From<OverflowError> for MathError {
    fn from(error: OverflowError) -> Self {
        Self::Overflow {
            operation: error.operation.to_string(),
        }
    }
}

impl From<ConversionOverflowError> for MathError {
    fn from(error: ConversionOverflowError) -> Self {
        Self::TooWide {
            source_type: error.source_type,
            target_type: error.target_type,
        }
    }
}

impl From<DivideByZeroError> for MathError {
    fn from(_: DivideByZeroError) -> Self {
        Self::DivideByZero
    }
}
