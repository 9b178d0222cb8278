use std::fmt;

use cosmwasm_std::{Binary, VerificationError};
use thiserror::Error;

use crate::{BlockId, MAX_CHAIN_ID_LENGTH, MAX_HEIGHT, MAX_NANOS, MAX_ROUND};
use crate::{MAX_SECONDS, MIN_SECONDS};

/// A part of the evidence that has a fixed length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The validator's key.
    Key,
    /// A block's hash.
    BlockHash,
    /// The hash of a block's parts.
    PartsHash,
    /// The signature of the first vote.
    FirstSignature,
    /// The signature of the second vote.
    SecondSignature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Key => "the key",
            Part::BlockHash => "a block's hash",
            Part::PartsHash => "the hash of a block's parts",
            Part::FirstSignature => "the first vote's signature",
            Part::SecondSignature => "the second vote's signature",
        })
    }
}

/// Why something is no proof.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum EvidenceError {
    /// A part has another length than it must have.
    #[error("{part} has {length} bytes, {required} are required")]
    Length {
        /// Which part.
        part: Part,
        /// Its length, in bytes.
        length: usize,
        /// The only length allowed, in bytes.
        required: usize,
    },

    /// No chain has such an id.
    #[error("a chain id has 1 to {MAX_CHAIN_ID_LENGTH} bytes, not {length}")]
    ChainId {
        /// Its length, in bytes.
        length: usize,
    },

    /// No block has such a height.
    #[error("heights go from 1 to {MAX_HEIGHT}, {height} is none")]
    Height {
        /// The height.
        height: u64,
    },

    /// No height has such a round.
    #[error("rounds go from 0 to {MAX_ROUND}, {round} is none")]
    Round {
        /// The round.
        round: u32,
    },

    /// A block of no parts. A vote for no block is one without a block id.
    #[error("the block {hash} has no parts, 1 is the least")]
    NoParts {
        /// The block's hash.
        hash: Binary,
    },

    /// A time that CometBFT cannot write.
    #[error("times go from {MIN_SECONDS} to {MAX_SECONDS} seconds, {seconds} is none")]
    Seconds {
        /// The whole seconds of the time.
        seconds: i64,
    },

    /// More nanoseconds than a second has.
    #[error("nanoseconds go from 0 to {MAX_NANOS}, {nanos} are too many")]
    Nanos {
        /// The nanoseconds of the time.
        nanos: u32,
    },

    /// Both votes are for the same block, or both for none. Signing again with another time is
    /// what a restarted validator may do.
    #[error("both votes are for {}, conflicting ones differ in it", name(block_id.as_ref()))]
    SameBlock {
        /// The block of both; none: nil.
        block_id: Option<BlockId>,
    },

    /// The key did not sign this vote on this chain.
    #[error("{part} is not by the key {key} on the chain {chain_id:?}")]
    Forged {
        /// Which signature.
        part: Part,
        /// The key.
        key: Binary,
        /// The chain.
        chain_id: String,
    },

    /// The chain could not check a signature.
    #[error("{part} cannot be checked: {source}")]
    Unchecked {
        /// Which signature.
        part: Part,
        /// Why.
        source: VerificationError,
    },
}

fn name(block_id: Option<&BlockId>) -> String {
    block_id.map_or("no block".into(), |id| {
        let BlockId {
            hash,
            parts_total,
            parts_hash,
        } = id;
        format!("the block {hash} of {parts_total} parts {parts_hash}")
    })
}
