use cosmwasm_schema::cw_serde;
use cosmwasm_std::{to_json_vec, Binary, StdResult, Timestamp, Uint128, Uint64};
use sha2::{Digest, Sha256};

use palisade_evidence::Equivocation;

use crate::Outcome;

/// Infraction kind: the operator missed too many blocks.
pub const DOWNTIME: &str = "downtime";
/// Infraction kind: the operator signed two blocks at one height.
pub const DOUBLE_SIGN: &str = "double_sign";
/// Longest name of an infraction kind, in bytes.
pub const MAX_KIND_LENGTH: usize = 32;
/// Most operators in one [`OperatorSet`].
pub const MAX_SET_OPERATORS: usize = 50;

/// From the host to the consumer.
#[cw_serde]
pub enum HostPacket {
    /// Present powers of some operators. Acknowledged with a [`crate::SetAck`].
    OperatorSet(OperatorSet),
    /// How a slash ended. Acknowledged with a [`crate::SetAck`].
    SlashOutcome(SlashOutcome),
}

/// From the consumer to the host.
#[cw_serde]
pub enum ConsumerPacket {
    /// A penalty that the consumer asks for. Acknowledged with a [`crate::SlashAck`].
    Slash(Slash),
}

/// Absolute powers of the operators whose power or key changed. Each packet stands alone: an
/// operator's entry is applied if `update_id` is larger than the last one applied for it. Without
/// operators it is a heartbeat: its acknowledgement tells the consumer's height and time.
#[cw_serde]
pub struct OperatorSet {
    /// Grows by one with every packet of a service, from 1.
    pub update_id: Uint64,
    /// At most [`MAX_SET_OPERATORS`], each once.
    pub operators: Vec<OperatorPower>,
}

/// One operator as the service counts it.
#[cw_serde]
pub struct OperatorPower {
    /// Address on the host chain.
    pub operator: String,
    /// Its ed25519 consensus key on the consumer, 32 bytes; absent where the service uses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Binary>,
    /// Its power, in units of value; 0 removes it.
    pub power: Uint128,
}

/// How a slash ended.
#[cw_serde]
pub struct SlashOutcome {
    /// Nonce of the slash.
    pub nonce: Uint64,
    /// Its end.
    pub outcome: Outcome,
}

/// Who is to be slashed.
#[cw_serde]
pub enum Offender {
    /// Address on the host chain.
    Operator(String),
    /// Consensus key on the consumer, 32 bytes; one that was replaced resolves for an unbonding
    /// period, one epoch and the longest lag more.
    Key(Binary),
}

/// A penalty that the consumer asks for. It names no amount: the fraction is the one that the
/// service published on the host for this kind of infraction.
///
/// A consumer's packet, without evidence, which is then left out:
/// ```
/// # use cosmwasm_std::{from_json, to_json_string, StdError, Timestamp};
/// # use palisade_ibc::{ConsumerPacket, Offender, Slash, DOUBLE_SIGN};
/// let packet = ConsumerPacket::Slash(Slash {
///     nonce: 7u64.into(),
///     offender: Offender::Operator("cosmos1operator".into()),
///     infraction: DOUBLE_SIGN.into(),
///     update_id: 3u64.into(),
///     height: 1_000u64.into(),
///     time: Timestamp::from_seconds(1_700_000_000),
///     evidence: None,
/// });
/// let bytes = to_json_string(&packet)?;
/// assert!(bytes.ends_with(r#""height":"1000","time":"1700000000000000000"}}"#));
/// assert_eq!(from_json::<ConsumerPacket>(&bytes)?, packet);
/// # Ok::<(), StdError>(())
/// ```
#[cw_serde]
pub struct Slash {
    /// Chosen by the consumer, never used twice for other content.
    pub nonce: Uint64,
    /// Who is to be slashed.
    pub offender: Offender,
    /// Kind of the infraction: [`DOWNTIME`], [`DOUBLE_SIGN`], or one of the service's own.
    pub infraction: String,
    /// The update of this operator that was in force at the infraction: the newest that was applied
    /// below `height`, as a block is signed by the set before it.
    pub update_id: Uint64,
    /// Consumer's height of the infraction.
    pub height: Uint64,
    /// Consumer's time of the infraction, in nanoseconds.
    pub time: Timestamp,
    /// Proof of a [`DOUBLE_SIGN`] at this height by the offender's key. The host then judges by the
    /// proof, with the update and time that it knows for this height itself; but if `update_id` is
    /// newer and not acknowledged yet, the slash counts as one without a proof. As part of the content
    /// it never joins or leaves a nonce that was sent: a proof that is found later has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Equivocation>,
}

impl Slash {
    /// SHA-256 of the slash's JSON as this crate writes it: what "same content" means for a
    /// nonce that comes twice.
    ///
    /// # Errors
    /// Serialization.
    pub fn digest(&self) -> StdResult<Binary> {
        Ok(Sha256::digest(to_json_vec(self)?).to_vec().into())
    }
}
