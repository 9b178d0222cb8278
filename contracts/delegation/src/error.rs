use cosmwasm_std::{Addr, Decimal, StdError, Timestamp, Uint128};
use cw_utils::PaymentError;
use palisade_admin::AdminError;
use palisade_math::MathError;
use palisade_types::asset::AssetId;
use thiserror::Error;

/// What the delegation contract refuses.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library.
    #[error(transparent)]
    Std(#[from] StdError),

    /// Ownership, pauses or migration.
    #[error(transparent)]
    Admin(#[from] AdminError),

    /// A calculation: too small or too large an amount, periods out of range.
    #[error(transparent)]
    Math(#[from] MathError),

    /// Coins were attached where none are taken, or not the one coin that is.
    #[error(transparent)]
    Payment(#[from] PaymentError),

    /// Only a neighbour may send this.
    #[error("{sender} is not the {expected} contract")]
    Unauthorized {
        /// Who tried.
        sender: Addr,
        /// Whose message it is.
        expected: &'static str,
    },

    /// No allocation contract was named yet.
    #[error("the allocation contract is not connected yet")]
    NotConnected,

    /// The allocation contract is named once and for all.
    #[error("already connected to {allocation}")]
    AlreadyConnected {
        /// The allocation contract.
        allocation: Addr,
    },

    /// Nobody registered under this address.
    #[error("{operator} is not an operator")]
    UnknownOperator {
        /// The address.
        operator: Addr,
    },

    /// The sender is an operator already.
    #[error("{operator} is an operator already")]
    AlreadyRegistered {
        /// The address.
        operator: Addr,
    },

    /// The operator takes no new stake.
    #[error("{operator} accepts no new stake")]
    ClosedOperator {
        /// The operator.
        operator: Addr,
    },

    /// The operator takes stake of listed stakers only.
    #[error("{staker} is not on the list of {operator}, which is restricted")]
    NotListed {
        /// The operator.
        operator: Addr,
        /// Who is not listed.
        staker: Addr,
    },

    /// No stake of this asset was ever behind this operator.
    #[error("there is no pool of {asset} behind {operator}")]
    UnknownPool {
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
    },

    /// The owner has no stake in this pool.
    #[error("{owner} has no {asset} behind {operator}")]
    NoPosition {
        /// Whose position.
        owner: Addr,
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
    },

    /// The owner has nothing unbonding from this pool in this epoch.
    #[error("{owner} has no {asset} unbonding from {operator} since epoch {epoch}")]
    NoEntry {
        /// Whose entry.
        owner: Addr,
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
        /// The epoch.
        epoch: u64,
    },

    /// The base chain unbonds the tokens of the entry already.
    #[error("what was undelegated in epoch {epoch} is leaving the validator: claim or redelegate it when it matured")]
    BatchStarted {
        /// The epoch.
        epoch: u64,
    },

    /// The entry matured, but its tokens are not back from the base chain.
    #[error("what was undelegated in epoch {epoch} is not back from the validator: `reconcile` takes it in when it arrived")]
    NotArrived {
        /// The epoch.
        epoch: u64,
    },

    /// The asset is not staked natively behind this operator.
    #[error("{asset} is not staked natively behind {operator}")]
    NotNative {
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
    },

    /// There is such a pool already.
    #[error("there is a pool of {asset} behind {operator} already")]
    PoolExists {
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
    },

    /// The asset can stand behind one operator alone.
    #[error("{asset} can stand behind {operator} alone")]
    Bound {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: Addr,
    },

    /// Rewards cannot flow in periods like these.
    #[error(
        "a reward period of {reward_period} s: at least {least} and at most {most} is allowed"
    )]
    InvalidRewardPeriod {
        /// Seconds given.
        reward_period: u64,
        /// The shortest.
        least: u64,
        /// The unbonding period.
        most: u64,
    },

    /// A matured entry is claimed or redelegated, not cancelled.
    #[error("epoch {epoch} matured at {matured_at}: claim or redelegate instead")]
    Matured {
        /// The epoch of the undelegation.
        epoch: u64,
        /// When it matured.
        matured_at: Timestamp,
    },

    /// No entry has matured.
    #[error("nothing has matured; {}", next.map_or("nothing is unbonding".to_string(), |t| format!("the next entry does at {t}")))]
    NothingMatured {
        /// When the next entry matures; none: there is no entry.
        next: Option<Timestamp>,
    },

    /// An amount of zero was asked for.
    #[error("the amount must be above zero; leave it out for all")]
    ZeroAmount,

    /// A text is too short or too long.
    #[error("{field} has {actual} bytes, {min} to {max} are allowed")]
    TextLength {
        /// Which text.
        field: &'static str,
        /// Fewest bytes.
        min: usize,
        /// Most bytes.
        max: usize,
        /// Bytes given.
        actual: usize,
    },

    /// A commission is above what bounds it.
    #[error("{name} of {value} is above {limit}")]
    CommissionAbove {
        /// Which one: `max_rate`, `max_daily_change`, `rate` or `daily change`.
        name: &'static str,
        /// What was asked for.
        value: Decimal,
        /// The most that is allowed.
        limit: Decimal,
    },

    /// The commission changed less than a day ago.
    #[error("the commission can change again at {earliest}")]
    CommissionTooSoon {
        /// When it may change again.
        earliest: Timestamp,
    },

    /// A share of losses above all of them.
    #[error("a first loss of {share} is above 1")]
    FirstLossAboveOne {
        /// The share given.
        share: Decimal,
    },

    /// The message names no change.
    #[error("nothing to change")]
    NothingToChange,

    /// A list is too long.
    #[error("{actual} {what} given, at most {limit} are allowed")]
    TooMany {
        /// What the list holds.
        what: &'static str,
        /// The most allowed.
        limit: usize,
        /// How many were given.
        actual: usize,
    },

    /// A list names something twice.
    #[error("{what} {value} is named twice")]
    Duplicate {
        /// What the list holds.
        what: &'static str,
        /// What is there twice.
        value: String,
    },

    /// A list that has to name something names nothing.
    #[error("no {what} given: name one, or leave the list out if the message allows it")]
    Empty {
        /// What the list holds.
        what: &'static str,
    },

    /// What pools earned is not what was paid.
    #[error("the parts add up to {parts}, but {paid} was paid")]
    PartsMismatch {
        /// The sum of the parts.
        parts: Uint128,
        /// What came with the message.
        paid: Uint128,
    },

    /// A token that the pool does not know finds no place.
    #[error("{token} has no place among the reward tokens of {asset} behind {operator}, whose first {places} places are taken: the operator's own harvest may fill 16, another's 8")]
    RewardTokensFull {
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
        /// Name of the token.
        token: String,
        /// Places that this payment may fill.
        places: u8,
    },

    /// All that was ever paid of a token to a pool would leave 128 bits: no token has so much.
    #[error("{amount} of {token} to the stakers of {asset} behind {operator}: at most {most} more is allowed for ever")]
    RewardTooLarge {
        /// The operator.
        operator: Addr,
        /// The asset.
        asset: AssetId,
        /// Name of the token.
        token: String,
        /// What would have flowed, commission taken off.
        amount: Uint128,
        /// What still may.
        most: Uint128,
    },

    /// There is nothing of what was asked for.
    #[error("{owner} has nothing to claim of what was asked for")]
    NothingToClaim {
        /// Who asked.
        owner: Addr,
    },

    /// A penalty is above what the service may ever take.
    #[error("a penalty of {fraction} is above the service's {max_slash}, which is above 0 and at most 1")]
    PenaltyAboveMax {
        /// The penalty.
        fraction: Decimal,
        /// The service's heaviest penalty.
        max_slash: Decimal,
    },
}
