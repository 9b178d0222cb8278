use cosmwasm_schema::serde::de::DeserializeOwned;
use cosmwasm_std::{from_json, Addr, IbcDestinationCallbackMsg, StdAck, Uint128};
use thiserror::Error;

use crate::{Memo, TransferData};

/// The port of ICS-20.
const TRANSFER_PORT: &str = "transfer";

/// Coins that came to a contract over ICS-20, by what wasmd tells its `ibc_destination_callback`. The chain
/// calls when the transfer was done, and undoes it, with a refund on the other chain, when the call fails:
/// so what cannot be credited is to be refused.
///
/// Middleware may have sent the coins on: the contract looks itself whether they are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival<Note> {
    /// What its memo says that they are for.
    pub note: Note,
    /// Their denom on this chain.
    pub denom: String,
    /// Base units.
    pub amount: Uint128,
    /// Who sent them, on the other chain: whatever it said.
    pub sender: String,
    /// This chain's end of the channel.
    pub channel: String,
}

/// Why a transfer is not to be credited.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArrivalError {
    /// A packet of another application.
    #[error("coins arrive at port transfer, not at {port}")]
    ForeignPort {
        /// Where it arrived.
        port: String,
    },
    /// No coins came.
    #[error("the transfer did not succeed: {ack}")]
    Failed {
        /// The acknowledgement.
        ack: String,
    },
    /// Not of ICS-20 in JSON, an amount above 128 bits, or another memo than this contract's.
    #[error("the {what} of the transfer cannot be read: {reason}")]
    Unreadable {
        /// `data` or `memo`.
        what: &'static str,
        /// Where and how.
        reason: String,
    },
    /// Somebody else has the coins. Anybody can have a contract called with a transfer to himself.
    #[error("the coins went to {receiver}, they have to go to {contract}")]
    ForeignReceiver {
        /// Who has them.
        receiver: String,
        /// Who was called.
        contract: Addr,
    },
}

impl<Note: DeserializeOwned> Arrival<Note> {
    /// Reads what came, and for what. Anybody can have the chain call with any transfer: only one that was
    /// done, to this `contract`, counts.
    ///
    /// # Errors
    /// See [`ArrivalError`].
    pub fn read(msg: &IbcDestinationCallbackMsg, contract: &Addr) -> Result<Self, ArrivalError> {
        let packet = &msg.packet;
        if packet.dest.port_id != TRANSFER_PORT {
            return Err(ArrivalError::ForeignPort {
                port: packet.dest.port_id.clone(),
            });
        }
        if !matches!(from_json(&msg.ack.data), Ok(StdAck::Success(_))) {
            return Err(ArrivalError::Failed {
                ack: String::from_utf8_lossy(&msg.ack.data).into_owned(),
            });
        }
        let unreadable = |what| {
            move |error: cosmwasm_std::StdError| ArrivalError::Unreadable {
                what,
                reason: error.to_string(),
            }
        };
        let data: TransferData = from_json(&packet.data).map_err(unreadable("data"))?;
        if data.receiver != contract.as_str() {
            return Err(ArrivalError::ForeignReceiver {
                receiver: data.receiver,
                contract: contract.clone(),
            });
        }
        let memo: Memo<Note> = from_json(&data.memo).map_err(unreadable("memo"))?;
        Ok(Self {
            note: memo.palisade,
            denom: data.arrives_as(&packet.src, &packet.dest),
            amount: data.amount,
            sender: data.sender,
            channel: packet.dest.channel_id.clone(),
        })
    }
}
