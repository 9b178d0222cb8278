//! Palisade: the slashing contract, the host's end of every channel.
//!
//! It admits consumers, tells them the operators' powers, takes in the penalties that they ask
//! for, and has the allocation contract take what the published policy says. It accounts for no
//! stake. The messages are in `palisade_types::slashing`, the packets in `palisade_ibc`.

pub mod contract;
pub mod error;
pub mod events;
pub mod execute;
pub mod ibc;
pub mod query;
pub mod refusal;
pub mod reply;
pub mod state;
mod table;
mod time;

pub use error::ContractError;
