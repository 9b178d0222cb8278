//! Proof that a validator's key signed two conflicting CometBFT votes.
//!
//! Anybody can check it with the key alone: no header, no validator set, no trust in who brings
//! it. There is no storage here. Signatures are checked by the chain's own `ed25519_verify`, which
//! follows the same rules (ZIP 215) as CometBFT.
//!
//! Integers of 64 bits travel as strings, bytes in base64; unknown fields are ignored. The golden
//! vectors in `tests/vectors.json` were made by CometBFT v0.39.0.

mod encode;
mod equivocation;
mod error;
mod vote;

pub use equivocation::Equivocation;
pub use error::{EvidenceError, Part};
pub use vote::{
    BlockId, Vote, VoteTime, VoteType, HASH_LENGTH, KEY_LENGTH, MAX_CHAIN_ID_LENGTH, MAX_HEIGHT,
    MAX_NANOS, MAX_ROUND, MAX_SECONDS, MIN_SECONDS, SIGNATURE_LENGTH,
};
