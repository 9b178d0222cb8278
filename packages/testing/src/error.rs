//! Everything that can go wrong, as data.

use std::fmt::{Debug, Display};

use cosmwasm_std::StdError;
use thiserror::Error;

use crate::network::Side;
use crate::state::ChannelState;

/// The result of every verb of the harness.
pub type HarnessResult<T> = Result<T, HarnessError>;

/// Why a call of the harness failed. The chain that it was meant for is as it was before.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// A rule of IBC itself said no.
    #[error("ibc: {0}")]
    Ibc(#[from] IbcError),
    /// A contract panicked: on a real chain, the VM aborted the whole transaction.
    #[error("contract panicked: {message}")]
    Panicked {
        /// The text of the panic.
        message: String,
    },
    /// A contract or a module of the chain refused the transaction.
    #[error("transaction refused: {0:#}")]
    Refused(anyhow::Error),
    /// A query failed.
    #[error("query failed: {0}")]
    Query(StdError),
    /// The network has no such chain.
    #[error("no chain at {side:?}")]
    UnknownChain {
        /// The side that was asked for.
        side: Side,
    },
    /// Two chains are not connected with each other.
    #[error("no connection between {from:?} and {to:?}")]
    NotConnected {
        /// One chain.
        from: Side,
        /// The other chain.
        to: Side,
    },
    /// `relay_all` did not come to an end: contracts answer each other forever.
    #[error("still not quiet after {steps} relayed steps")]
    NeverQuiet {
        /// How many steps were relayed.
        steps: usize,
    },
}

impl HarnessError {
    /// The contract's own error, if it is of type `E`: what the entry point returned, however deep
    /// in the tree of submessages.
    pub fn contract_error<E>(&self) -> Option<&E>
    where
        E: Display + Debug + Send + Sync + 'static,
    {
        match self {
            Self::Refused(err) => err.downcast_ref::<E>(),
            _ => None,
        }
    }

    /// The broken rule of IBC, if that is what it was.
    pub fn ibc_error(&self) -> Option<&IbcError> {
        match self {
            Self::Ibc(err) => Some(err),
            _ => None,
        }
    }
}

impl From<anyhow::Error> for HarnessError {
    fn from(err: anyhow::Error) -> Self {
        let err = match err.downcast::<HarnessError>() {
            Ok(harness) => return harness,
            Err(err) => err,
        };
        if let Some(panic) = err.downcast_ref::<ContractPanic>() {
            return Self::Panicked {
                message: panic.message.clone(),
            };
        }
        match err.downcast::<IbcError>() {
            Ok(ibc) => Self::Ibc(ibc),
            Err(other) => Self::Refused(other),
        }
    }
}

/// The rules of IBC and of ICS-20 that the harness enforces, as ibc-go and wasmd do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IbcError {
    /// No module or contract is bound to the port.
    #[error("nothing is bound to port {port}")]
    UnknownPort {
        /// The port.
        port: String,
    },
    /// The contract has none of the six IBC entry points.
    #[error("contract {contract} has no IBC entry points")]
    NoEntryPoints {
        /// The contract's address.
        contract: String,
    },
    /// The contract lacks a callback entry point.
    #[error("contract {contract} has no {entry_point} entry point")]
    NoCallback {
        /// The contract's address.
        contract: String,
        /// The entry point that is missing.
        entry_point: &'static str,
    },
    /// No such connection on this chain.
    #[error("no connection {connection_id}")]
    UnknownConnection {
        /// The connection.
        connection_id: String,
    },
    /// No such channel on this port.
    #[error("no channel {channel_id} on port {port}")]
    UnknownChannel {
        /// The port; empty when any port would have done.
        port: String,
        /// The channel.
        channel_id: String,
    },
    /// The channel is in another state than the step needs.
    #[error("channel {channel_id} is {actual:?}, not {expected}")]
    ChannelState {
        /// The channel.
        channel_id: String,
        /// What the step needs.
        expected: &'static str,
        /// The state it is in.
        actual: ChannelState,
    },
    /// The other chain does not prove what the step claims.
    #[error("the counterparty does not prove it: {claim}")]
    NotProven {
        /// What was to be proven.
        claim: &'static str,
    },
    /// A channel of contracts needs a version.
    #[error("version must not be empty")]
    EmptyVersion,
    /// A packet was never sent on this channel, or its content is another.
    #[error("packet {sequence} was not sent on {channel_id}")]
    UnknownPacket {
        /// The channel at the sender.
        channel_id: String,
        /// The packet's sequence.
        sequence: u64,
    },
    /// Packets must hold something.
    #[error("packet data must not be empty")]
    EmptyPacket,
    /// A packet above 256 KiB.
    #[error("packet of {size} bytes, at most {limit}")]
    PacketTooLarge {
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Neither a height nor a time was given as timeout.
    #[error("packet without a timeout")]
    NoTimeout,
    /// The timeout had passed, at the receiver or, when sending, at the sender's view of it.
    #[error("packet timeout elapsed")]
    TimeoutElapsed,
    /// The receiver has not passed the timeout yet.
    #[error("packet timeout not reached")]
    TimeoutNotReached,
    /// The packet was received, so it cannot time out.
    #[error("packet {sequence} was received")]
    PacketReceived {
        /// The packet's sequence.
        sequence: u64,
    },
    /// Ordered channels take packets and acknowledgements one after the other.
    #[error("sequence {actual} out of order, next is {expected}")]
    OutOfOrder {
        /// The next one.
        expected: u64,
        /// The one that was tried.
        actual: u64,
    },
    /// No acknowledgement was written yet.
    #[error("packet {sequence} is not acknowledged")]
    NoAcknowledgement {
        /// The packet's sequence.
        sequence: u64,
    },
    /// An acknowledgement must hold something.
    #[error("acknowledgement must not be empty")]
    EmptyAcknowledgement,
    /// An acknowledgement is written once.
    #[error("packet {sequence} is acknowledged already")]
    AcknowledgementExists {
        /// The packet's sequence.
        sequence: u64,
    },
    /// An acknowledgement in the standard envelope must be in the exact form in which Go writes it.
    #[error("acknowledgement is not in canonical form, so the sender's chain refuses it")]
    AcknowledgementNotCanonical,
    /// `WriteAcknowledgement` for a packet that does not wait for one.
    #[error("packet {sequence} does not wait for an acknowledgement")]
    NoAsyncPacket {
        /// The packet's sequence.
        sequence: u64,
    },
    /// Transfer channels are never closed by a user.
    #[error("transfer channels cannot be closed")]
    TransferChannelClose,
    /// Something in an ICS-20 transfer.
    #[error("ics-20: {reason}")]
    Transfer {
        /// What is wrong.
        reason: &'static str,
    },
    /// A denomination `ibc/...` that this chain never received.
    #[error("ics-20: unknown voucher {denom}")]
    UnknownVoucher {
        /// The denomination.
        denom: String,
    },
    /// A callback in a memo without a usable address.
    #[error("callback data is malformed")]
    InvalidCallback,
    /// A source callback may only name the sender.
    #[error("callback address {address} is not the sender {sender}")]
    CallbackNotSender {
        /// The address in the memo.
        address: String,
        /// Who sent the packet.
        sender: String,
    },
    /// A message or query that real chains no longer support.
    #[error("not supported: {what}")]
    Unsupported {
        /// What it was.
        what: &'static str,
    },
}

/// A panic of a contract, carried as an error: what a VM error is on a real chain.
#[derive(Clone, Debug, Error)]
#[error("contract panicked: {message}")]
pub(crate) struct ContractPanic {
    pub(crate) message: String,
}

/// What `ibc_packet_receive` returned as `Err`: becomes an error acknowledgement with this very text.
#[derive(Clone, Debug, Error)]
#[error("{text}")]
pub(crate) struct ReceiveRefused {
    pub(crate) text: String,
}

/// Marks an error as a contract's own, since modules of the chain fail with the same types.
#[derive(Clone, Copy, Debug, Error)]
#[error("contract error")]
pub(crate) struct FromContract;

/// The text of a caught panic.
pub(crate) fn panic_text(payload: Box<dyn std::any::Any + Send>) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return (*text).to_string();
    }
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "panic without a text".to_string(),
    }
}
