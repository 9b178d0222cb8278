#![doc = include_str!("../README.md")]

mod chain;
mod contract;
mod cw20;
mod error;
mod faults;
mod ibc;
mod network;
mod overlay;
mod querier;
mod relay;
mod rounding;
mod seeds;
mod staking;
mod state;

/// Bond denom, unbonding time and yield of a chain.
pub use cw_multi_test::StakingInfo;

pub use chain::{Chain, ChainApp, SECONDS_PER_BLOCK};
pub use contract::{EntryError, TestContract};
pub use error::{HarnessError, HarnessResult, IbcError};
pub use faults::{Action, FaultyRelayer, Performed};
pub use ibc::module::IbcModule;
pub use ibc::packet::MAX_PACKET_BYTES;
pub use ibc::transfer::{denom_of_path, TransferData, TRANSFER_VERSION};
pub use ibc::TRANSFER_PORT;
pub use network::{Channel, ChannelPoint, Network, Proposal, Side};
pub use relay::{Packet, PendingAck, ReceiveOutcome, Relayed, StepOutcome};
pub use rounding::Rounding;
pub use seeds::seeded;
pub use staking::{DistributionModule, StakingModule, MAX_UNBONDING_ENTRIES, SELF_DELEGATION};
pub use state::{ChannelEnd, ChannelState, ClientView, PacketStatus, SentPacket};
