//! Packets and acknowledgements between a host chain and a consumer chain, version `palisade-1`.
//!
//! This crate is all that a consumer chain's own implementer needs: the types, their JSON, the
//! digest of a slash, and the checks of a handshake. Integers travel as strings; unknown fields
//! are ignored; unknown variants are refused.

mod ack;
mod arrival;
mod handshake;
mod packet;
mod transfer;

pub use ack::{decode_ack, encode_ack, Ack, Outcome, SetAck, SlashAck};
pub use arrival::{Arrival, ArrivalError};
pub use handshake::{check_channel, HandshakeError, Peer, ORDER, VERSION};
pub use packet::{
    ConsumerPacket, HostPacket, Offender, OperatorPower, OperatorSet, Slash, SlashOutcome,
    DOUBLE_SIGN, DOWNTIME, MAX_KIND_LENGTH, MAX_SET_OPERATORS,
};
pub use transfer::{
    Callback, DepositMemo, DepositNote, DepositTerms, Memo, RewardsMemo, RewardsNote, TransferData,
};
