//! Palisade: the vault contract. Custody of every token of principal: the registry of assets and
//! their rates, idle balances, what is staked in total, and what was seized.
//!
//! It knows no operator and no share. See the README for every message, its effects and errors.

mod books;
pub mod contract;
mod error;
mod events;
mod execute;
mod query;
mod rate;
mod state;
mod token;

pub use error::ContractError;
