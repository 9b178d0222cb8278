//! Palisade: the staker contract, one instance for each validator.
//!
//! It holds the delegation of an operator's stakers to the validator of that operator, and nothing
//! else: it stakes, unstakes and sends what its vault tells it to, and knows which of its coins are
//! rewards.

pub mod contract;
mod error;
mod events;
mod execute;
mod query;
mod reply;
mod response;
mod state;

pub use error::ContractError;
