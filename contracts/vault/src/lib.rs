//! Palisade: the vault contract. Custody of every token of principal: the registry of assets and
//! their rates, idle balances, what is staked in total, and what was seized; and of what is staked
//! natively, with whom.
//!
//! It knows no share, and of operators only their validators. See the README for every message, its effects and errors.

mod books;
pub mod contract;
mod error;
mod events;
mod execute;
mod lsm;
mod pot;
mod query;
mod rate;
mod state;
mod token;

pub use error::ContractError;
