use cosmwasm_std::{Addr, OverflowError, StdError, Timestamp, Uint128};
use cw_utils::PaymentError;
use palisade_admin::AdminError;
use thiserror::Error;

use crate::response::ResponseError;

/// What the staker refuses.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library: storage, queries, or a message that does not parse.
    #[error(transparent)]
    Std(#[from] StdError),

    /// Migration.
    #[error(transparent)]
    Admin(#[from] AdminError),

    /// Other coins than the one that the message takes.
    #[error(transparent)]
    Payment(#[from] PaymentError),

    /// A balance that the chain's modules cannot lead to.
    #[error(transparent)]
    Overflow(#[from] OverflowError),

    /// The chain refused a message of which nothing less is to be tried.
    #[error("the chain refused: {reason}")]
    ChainRefused {
        /// What it says, as far as contracts are told.
        reason: String,
    },

    /// The chain's answer to an undelegation cannot be read.
    #[error("the answer to an undelegation cannot be read: {0}")]
    Completion(#[from] ResponseError),

    /// Only the vault may do this.
    #[error("{sender} is not the vault {vault}")]
    NotVault {
        /// Who tried.
        sender: Addr,
        /// Who may.
        vault: Addr,
    },

    /// An amount of zero.
    #[error("an amount of 0 changes nothing, at least 1 is needed")]
    ZeroAmount,

    /// More asked for than has arrived.
    #[error("{requested} were asked for, {available} arrived and were not collected")]
    NotArrived {
        /// Base units of principal at hand.
        available: Uint128,
        /// Base units asked for.
        requested: Uint128,
    },

    /// More undelegations than there are.
    #[error("{requested} undelegations were asked for, there are {available}")]
    TooManyEntries {
        /// How many there are.
        available: usize,
        /// How many were asked for.
        requested: u32,
    },

    /// The chain has not unbonded an undelegation yet.
    #[error("an undelegation completes at {completes_at}, and now it is {now}")]
    NotCompleted {
        /// When it completes.
        completes_at: Timestamp,
        /// The present block's time.
        now: Timestamp,
    },

    /// An undelegation that completes before it began.
    #[error("the chain says that an undelegation of now, {now}, completes at {completes_at}")]
    CompletesInThePast {
        /// When it completes, as the chain says.
        completes_at: Timestamp,
        /// The present block's time.
        now: Timestamp,
    },

    /// Principal is in the bond denom.
    #[error("{denom} is the bond denom: its rewards are used by `withdraw_rewards`")]
    BondDenom {
        /// The bond denom.
        denom: String,
    },

    /// Nothing to send.
    #[error("there are no rewards in {denom}: `withdraw_rewards` withdraws those of all denoms")]
    NoRewards {
        /// The denom.
        denom: String,
    },

    /// A reply to something else.
    #[error("reply {id} is not known")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
}
