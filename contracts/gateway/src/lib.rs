//! Palisade: the gateway contract, a consumer chain's end of the channel to the host.
//!
//! It holds the operator set that the host sent last, with the history of powers, carries reports of
//! infractions to the host until each has ended, and sends the rewards that are paid for the chain's
//! security. It knows nothing of stake.

pub mod contract;
mod error;
mod events;
mod execute;
pub mod ibc;
mod operators;
mod query;
mod reports;
mod state;

pub use error::ContractError;
