//! Palisade: the delegation contract. Who stands behind whom: operators, the pools of stake behind
//! them, what unbonds from those pools, and the penalties that all of it bears.
//!
//! It holds no principal: the vault does. Rewards it holds, from their harvest to their claim. See the
//! README for every message, its effects and errors.

pub mod contract;
mod error;
mod events;
mod execute;
mod native;
mod query;
mod rewards;
mod state;
mod touch;

pub use error::ContractError;
