use cosmwasm_std::{Addr, StdError, Timestamp};
use cw_ownable::OwnershipError;
use thiserror::Error;

/// What ownership, pauses and migration refuse.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum AdminError {
    /// An error of the standard library.
    #[error(transparent)]
    Std(#[from] StdError),

    /// The sender is not the owner, or an ownership transfer is out of order.
    #[error(transparent)]
    Ownership(#[from] OwnershipError),

    /// Only the guardian or the owner may do this.
    #[error("{sender} is neither the guardian nor the owner")]
    NotGuardian {
        /// Who tried.
        sender: Addr,
    },

    /// The action is paused.
    #[error("{action} are paused until {}", until.map_or("they are lifted".to_string(), |t| t.to_string()))]
    Paused {
        /// What is paused.
        action: &'static str,
        /// When the pause ends by itself; none: when the owner or the guardian lifts it.
        until: Option<Timestamp>,
    },

    /// A pause was asked for longer than allowed.
    #[error("a pause of {action} lasts 1 to {limit} seconds, {requested} were asked for")]
    PauseLength {
        /// What was to be paused.
        action: &'static str,
        /// The longest pause of this action, in seconds.
        limit: u64,
        /// Seconds asked for.
        requested: u64,
    },

    /// A pause of an exit came too soon after the last one.
    #[error("{action} cannot be paused again before {earliest}")]
    PauseTooSoon {
        /// What was to be paused.
        action: &'static str,
        /// When it may be paused again.
        earliest: Timestamp,
    },

    /// The action is not paused.
    #[error("{action} are not paused")]
    NotPaused {
        /// What was to be lifted.
        action: &'static str,
    },

    /// The stored contract is another one.
    #[error("this code migrates {expected}, the stored contract is {found}")]
    WrongContract {
        /// Name of this code.
        expected: String,
        /// Name found in storage.
        found: String,
    },

    /// The stored version is not older.
    #[error("cannot migrate from {stored} to {new}: only a newer version is accepted")]
    NotNewer {
        /// Version found in storage.
        stored: String,
        /// Version of this code.
        new: String,
    },

    /// A version is not semantic.
    #[error("{version} is not a semantic version")]
    BadVersion {
        /// What was found.
        version: String,
    },
}
