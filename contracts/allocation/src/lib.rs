//! Palisade: the allocation contract. What operators promised to whom: services, slices of pools,
//! consensus keys, powers and captured tokens with their history, and what operators earned by them.
//!
//! Its neighbours are the delegation contract (left), which it asks for stake and hands penalties
//! to, and the slashing contract (right), which takes down powers and brings penalties.

pub mod contract;
mod error;
mod events;
mod execute;
mod ibc;
mod ledger;
mod query;
mod rewards;
mod slices;
pub mod state;

pub use error::ContractError;
