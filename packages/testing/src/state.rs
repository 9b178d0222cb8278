//! What a chain knows of IBC. It lives in the storage of the chain's `App`, so that a transaction that
//! fails loses its packets and channels with everything else.

use cosmwasm_std::{
    Binary, BlockInfo, IbcChannel, IbcEndpoint, IbcOrder, IbcPacket, IbcTimeout, IbcTimeoutBlock,
    StdResult, Storage, Timestamp,
};
use cw_storage_plus::{Item, Map};
use serde::{Deserialize, Serialize};

use crate::error::IbcError;

/// Channel ends by channel id. Ids are unique on a chain, whatever the port.
pub(crate) const CHANNELS: Map<&str, ChannelEnd> = Map::new("palisade_testing/channels");
/// The number of the next channel; it only grows, so ids are never used again.
pub(crate) const NEXT_CHANNEL: Item<u64> = Item::new("palisade_testing/next_channel");
/// What each connection's light client last saw of the other chain.
pub(crate) const CLIENTS: Map<&str, ClientView> = Map::new("palisade_testing/clients");
/// Every packet ever sent, by channel and sequence: the commitments, and what became of them.
pub(crate) const SENT: Map<(&str, u64), SentPacket> = Map::new("palisade_testing/sent");
/// Channel and sequence of the packets whose fate is open, in the order in which they were sent.
pub(crate) const IN_FLIGHT: Map<u64, (String, u64)> = Map::new("palisade_testing/in_flight");
/// How many packets this chain sent in all: gives `SENT` its order in time.
pub(crate) const SENT_COUNT: Item<u64> = Item::new("palisade_testing/sent_count");
/// Packets received, by channel and sequence at the receiver.
pub(crate) const RECEIPTS: Map<(&str, u64), bool> = Map::new("palisade_testing/receipts");
/// Acknowledgements written, by channel and sequence at the receiver.
pub(crate) const ACKS: Map<(&str, u64), Binary> = Map::new("palisade_testing/acks");
/// Packets received that wait for `IbcMsg::WriteAcknowledgement`.
pub(crate) const ASYNC: Map<(&str, u64), IbcPacket> = Map::new("palisade_testing/async");
/// Denomination paths of ICS-20 vouchers by their `ibc/HASH`.
pub(crate) const VOUCHERS: Map<&str, String> = Map::new("palisade_testing/vouchers");

/// The state of a channel end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    /// Proposed here.
    Init,
    /// Proposed there, accepted here.
    TryOpen,
    /// Open at this end; the other may still be in `TryOpen`.
    Open,
    /// Closed for good.
    Closed,
}

/// One end of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelEnd {
    /// Its state.
    pub state: ChannelState,
    /// Ordered or unordered.
    pub order: IbcOrder,
    /// Port and channel id here.
    pub endpoint: IbcEndpoint,
    /// Port and channel id there; the id is empty until it is known.
    pub counterparty: IbcEndpoint,
    /// The version as far as it is negotiated.
    pub version: String,
    /// The connection on this chain.
    pub connection_id: String,
    /// The sequence of the next packet sent from here.
    pub next_send: u64,
    /// The next sequence to be received here (ordered channels).
    pub next_recv: u64,
    /// The next sequence to be acknowledged here (ordered channels).
    pub next_ack: u64,
}

impl ChannelEnd {
    /// The channel as contracts see it.
    pub fn to_ibc_channel(&self) -> IbcChannel {
        IbcChannel::new(
            self.endpoint.clone(),
            self.counterparty.clone(),
            self.order.clone(),
            self.version.clone(),
            self.connection_id.clone(),
        )
    }

    pub(crate) fn require(
        &self,
        state: ChannelState,
        expected: &'static str,
    ) -> Result<(), IbcError> {
        if self.state == state {
            return Ok(());
        }
        Err(IbcError::ChannelState {
            channel_id: self.endpoint.channel_id.clone(),
            expected,
            actual: self.state,
        })
    }

    pub(crate) fn require_not_closed(&self) -> Result<(), IbcError> {
        if self.state != ChannelState::Closed {
            return Ok(());
        }
        Err(IbcError::ChannelState {
            channel_id: self.endpoint.channel_id.clone(),
            expected: "alive",
            actual: self.state,
        })
    }

    pub(crate) fn save(&self, storage: &mut dyn Storage) -> StdResult<()> {
        CHANNELS.save(storage, &self.endpoint.channel_id, self)
    }
}

/// What became of a packet, as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacketStatus {
    /// Sent, neither acknowledged nor timed out.
    Committed,
    /// Acknowledged.
    Acknowledged,
    /// Timed out.
    TimedOut,
}

/// A packet in the book of its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentPacket {
    /// The packet.
    pub packet: IbcPacket,
    /// What became of it.
    pub status: PacketStatus,
    /// Its number among all packets that this chain sent.
    pub ordinal: u64,
}

/// A height and time of a chain: what a light client last saw of it, or what it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientView {
    /// Revision and height.
    pub height: IbcTimeoutBlock,
    /// Time of that block.
    pub time: Timestamp,
}

impl ClientView {
    /// The view of a chain at `block`.
    pub fn of(block: &BlockInfo) -> Self {
        Self {
            height: IbcTimeoutBlock {
                revision: revision(&block.chain_id),
                height: block.height,
            },
            time: block.time,
        }
    }

    /// Whether this chain is past a packet's timeout: at the height or time given, or later.
    pub fn is_past(&self, timeout: &IbcTimeout) -> bool {
        let by_height = timeout
            .block()
            .is_some_and(|block| !block.is_zero() && self.height >= block);
        let by_time = timeout
            .timestamp()
            .is_some_and(|time| time.nanos() != 0 && self.time >= time);
        by_height || by_time
    }
}

/// The revision number in a chain id: 4 in `chain-4`, 0 where there is none.
pub(crate) fn revision(chain_id: &str) -> u64 {
    chain_id
        .rsplit_once('-')
        .filter(|(name, number)| !name.is_empty() && !number.starts_with('0'))
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or(0)
}

impl SentPacket {
    pub(crate) fn save(&self, storage: &mut dyn Storage) -> StdResult<()> {
        let (channel_id, sequence) = (&self.packet.src.channel_id, self.packet.sequence);
        SENT.save(storage, (channel_id, sequence), self)?;
        match self.status {
            PacketStatus::Committed => {
                IN_FLIGHT.save(storage, self.ordinal, &(channel_id.clone(), sequence))
            }
            PacketStatus::Acknowledged | PacketStatus::TimedOut => {
                IN_FLIGHT.remove(storage, self.ordinal);
                Ok(())
            }
        }
    }
}

/// The end of a channel; the port must match.
pub(crate) fn load_channel(
    storage: &dyn Storage,
    port: &str,
    channel_id: &str,
) -> anyhow::Result<ChannelEnd> {
    CHANNELS
        .may_load(storage, channel_id)?
        .filter(|end| end.endpoint.port_id == port)
        .ok_or_else(|| {
            IbcError::UnknownChannel {
                port: port.to_string(),
                channel_id: channel_id.to_string(),
            }
            .into()
        })
}
