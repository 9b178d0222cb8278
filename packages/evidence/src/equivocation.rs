use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Api, Binary, Uint64};
use sha2::{Digest, Sha256};

use crate::encode::CanonicalVote;
use crate::error::{EvidenceError, Part};
use crate::vote::{BlockId, Vote, VoteType};
use crate::{
    HASH_LENGTH, KEY_LENGTH, MAX_CHAIN_ID_LENGTH, MAX_HEIGHT, MAX_NANOS, MAX_ROUND, MAX_SECONDS,
    MIN_SECONDS, SIGNATURE_LENGTH,
};

/// Two conflicting votes by one key, of one type, at one height and round. Their order means
/// nothing.
#[cw_serde]
#[derive(Eq)]
pub struct Equivocation {
    /// ed25519 public key of the validator, [`KEY_LENGTH`] bytes.
    pub key: Binary,
    /// Type of both votes.
    pub vote_type: VoteType,
    /// Height of both votes, 1 to [`MAX_HEIGHT`].
    pub height: Uint64,
    /// Round of both votes, 0 to [`MAX_ROUND`].
    pub round: u32,
    /// One of the votes.
    pub first: Vote,
    /// The other one, for another block.
    pub second: Vote,
}

impl Equivocation {
    /// The bytes that CometBFT signs for a vote with this evidence's type, height and round:
    /// a `CanonicalVote` behind its length. The vote's signature plays no part.
    ///
    /// # Errors
    /// If the chain id, the height, the round or anything in the vote but its signature is not
    /// what CometBFT could have signed.
    pub fn sign_bytes(&self, chain_id: &str, vote: &Vote) -> Result<Vec<u8>, EvidenceError> {
        let length = chain_id.len();
        if length == 0 || length > MAX_CHAIN_ID_LENGTH {
            return Err(EvidenceError::ChainId { length });
        }
        self.canonical(chain_id, vote)
    }

    /// Checks that this is a proof for the chain of that id: everything within bounds, the votes
    /// for different blocks, and both signed by the key. Whose key that is, how old the evidence
    /// is and whether it was used before are the caller's to judge.
    ///
    /// # Errors
    /// [`EvidenceError`] says what is wrong. At most two signatures are checked, and none before
    /// everything else was found right.
    pub fn verify(&self, api: &dyn Api, chain_id: &str) -> Result<(), EvidenceError> {
        check_length(Part::Key, &self.key, KEY_LENGTH)?;
        let votes = [
            (Part::FirstSignature, &self.first),
            (Part::SecondSignature, &self.second),
        ];
        for (part, vote) in votes {
            check_length(part, &vote.signature, SIGNATURE_LENGTH)?;
        }
        let first = self.sign_bytes(chain_id, &self.first)?;
        let second = self.sign_bytes(chain_id, &self.second)?;
        self.check_conflict()?;
        for ((part, vote), message) in votes.into_iter().zip([first, second]) {
            let signed = api
                .ed25519_verify(&message, &vote.signature, &self.key)
                .map_err(|source| EvidenceError::Unchecked { part, source })?;
            if !signed {
                return Err(EvidenceError::Forged {
                    part,
                    key: self.key.clone(),
                    chain_id: chain_id.to_string(),
                });
            }
        }
        Ok(())
    }

    /// SHA-256 over the key and the two votes as CometBFT writes them, without the chain id, the
    /// smaller first: the same whichever vote comes first.
    ///
    /// Signatures are left out: a key's holder can make any number of them for one vote. The votes'
    /// times are in, so that who signed often leaves many pieces of evidence: whoever punishes once
    /// must remember the key and the height, not only this. The chain is not in it either: keep
    /// digests by chain.
    ///
    /// # Errors
    /// If this has not the shape of a proof; signatures are not looked at.
    pub fn digest(&self) -> Result<Binary, EvidenceError> {
        check_length(Part::Key, &self.key, KEY_LENGTH)?;
        let first = self.canonical("", &self.first)?;
        let second = self.canonical("", &self.second)?;
        self.check_conflict()?;
        // The key has a fixed length and each vote begins with its own, so that no two contents
        // have the same bytes.
        let digest = Sha256::new()
            .chain_update(&self.key)
            .chain_update(first.as_slice().min(&second))
            .chain_update(first.as_slice().max(&second))
            .finalize();
        Ok(digest.to_vec().into())
    }

    fn canonical(&self, chain_id: &str, vote: &Vote) -> Result<Vec<u8>, EvidenceError> {
        let height = self.height.u64();
        if height == 0 || height > MAX_HEIGHT {
            return Err(EvidenceError::Height { height });
        }
        if self.round > MAX_ROUND {
            return Err(EvidenceError::Round { round: self.round });
        }
        if let Some(block_id) = &vote.block_id {
            check_block_id(block_id)?;
        }
        let timestamp = vote.timestamp;
        let seconds = timestamp.seconds.i64();
        if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
            return Err(EvidenceError::Seconds { seconds });
        }
        if timestamp.nanos > MAX_NANOS {
            return Err(EvidenceError::Nanos {
                nanos: timestamp.nanos,
            });
        }
        let vote = CanonicalVote {
            vote_type: self.vote_type,
            height,
            round: self.round,
            block_id: vote.block_id.as_ref(),
            timestamp,
            chain_id,
        };
        Ok(vote.delimited())
    }

    fn check_conflict(&self) -> Result<(), EvidenceError> {
        if self.first.block_id == self.second.block_id {
            return Err(EvidenceError::SameBlock {
                block_id: self.first.block_id.clone(),
            });
        }
        Ok(())
    }
}

fn check_block_id(block_id: &BlockId) -> Result<(), EvidenceError> {
    check_length(Part::BlockHash, &block_id.hash, HASH_LENGTH)?;
    check_length(Part::PartsHash, &block_id.parts_hash, HASH_LENGTH)?;
    if block_id.parts_total == 0 {
        return Err(EvidenceError::NoParts {
            hash: block_id.hash.clone(),
        });
    }
    Ok(())
}

fn check_length(part: Part, bytes: &[u8], required: usize) -> Result<(), EvidenceError> {
    let length = bytes.len();
    if length != required {
        return Err(EvidenceError::Length {
            part,
            length,
            required,
        });
    }
    Ok(())
}
