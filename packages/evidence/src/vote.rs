use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Int64};

/// Length of an ed25519 public key, in bytes.
pub const KEY_LENGTH: usize = 32;
/// Length of an ed25519 signature, in bytes.
pub const SIGNATURE_LENGTH: usize = 64;
/// Length of the hash of a block or of its parts, in bytes.
pub const HASH_LENGTH: usize = 32;
/// Longest chain id that CometBFT accepts, in bytes (its `MaxChainIDLen`).
pub const MAX_CHAIN_ID_LENGTH: usize = 50;
/// Highest block: CometBFT's heights are signed 64-bit integers.
pub const MAX_HEIGHT: u64 = 0x7fff_ffff_ffff_ffff;
/// Last round of a height: CometBFT's rounds are signed 32-bit integers.
pub const MAX_ROUND: u32 = 0x7fff_ffff;
/// Earliest time that protobuf knows, 0001-01-01T00:00:00Z: Go's zero time.
pub const MIN_SECONDS: i64 = -62_135_596_800;
/// Latest second that protobuf knows, 9999-12-31T23:59:59Z.
pub const MAX_SECONDS: i64 = 253_402_300_799;
/// Most nanoseconds beside whole seconds.
pub const MAX_NANOS: u32 = 999_999_999;

/// In which of the two votings of a round a vote was cast.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum VoteType {
    /// The first voting. CometBFT's `SIGNED_MSG_TYPE_PREVOTE`, 1.
    Prevote {},
    /// The second voting, which commits. CometBFT's `SIGNED_MSG_TYPE_PRECOMMIT`, 2.
    Precommit {},
}

/// What is a vote's own; the rest is written once, in [`crate::Equivocation`].
#[cw_serde]
#[derive(Eq)]
pub struct Vote {
    /// The block that was voted for; none: nil, for no block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_id: Option<BlockId>,
    /// The time that the validator wrote into its vote. It proves nothing: the signer chose it.
    pub timestamp: VoteTime,
    /// ed25519 signature, [`SIGNATURE_LENGTH`] bytes, over
    /// [`crate::Equivocation::sign_bytes`].
    pub signature: Binary,
}

/// A block as CometBFT names it. Two ids are of one block only if all three fields agree.
#[cw_serde]
#[derive(Eq)]
pub struct BlockId {
    /// Hash of the header, [`HASH_LENGTH`] bytes.
    pub hash: Binary,
    /// Number of parts that the block was cut into, at least 1.
    pub parts_total: u32,
    /// Merkle root of the parts, [`HASH_LENGTH`] bytes.
    pub parts_hash: Binary,
}

/// A time as protobuf has it: [`MIN_SECONDS`] to [`MAX_SECONDS`], to the nanosecond.
///
/// `cosmwasm_std::Timestamp` cannot stand here: it begins in 1970, and a signature is over the
/// time that the validator wrote, however odd.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct VoteTime {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down, so negative before.
    pub seconds: Int64,
    /// Nanoseconds after `seconds`, 0 to [`MAX_NANOS`]; they count forward also before 1970.
    #[serde(default)]
    pub nanos: u32,
}
