//! Palisade: the slashing contract, the host's end of every channel.
//!
//! It admits consumers, tells them the operators' powers, takes in the penalties that they ask
//! for, and has the allocation contract take what the published policy says. It accounts for no
//! stake. The messages are in `palisade_types::slashing`, the packets in `palisade_ibc`.

pub mod contract;
mod error;
mod events;
mod execute;
pub mod ibc;
mod query;
pub mod refusal;
mod reply;
pub mod state;
mod table;

use palisade_types::time;

pub use error::ContractError;
