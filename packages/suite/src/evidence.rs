use cosmwasm_std::{Binary, Int64, Uint64};
use palisade_evidence::{BlockId, Equivocation, Vote, VoteTime, VoteType};

use crate::host::{key_of, signing_key};

/// Two precommits that the key called `key` signs at one height of the chain, for blocks 1 and 2.
///
/// # Panics
/// When the chain id is none.
#[must_use]
pub fn equivocation(chain_id: &str, key: &str, height: u64) -> Equivocation {
    let vote = |block: u8| Vote {
        block_id: Some(BlockId {
            hash: Binary::from([block; 32]),
            parts_total: 1,
            parts_hash: Binary::from([block; 32]),
        }),
        timestamp: VoteTime {
            seconds: Int64::new(1_700_000_000),
            nanos: 1,
        },
        signature: Binary::default(),
    };
    let mut evidence = Equivocation {
        key: key_of(key),
        vote_type: VoteType::Precommit {},
        height: Uint64::new(height),
        round: 0,
        first: vote(1),
        second: vote(2),
    };
    evidence.first.signature = sign_vote(chain_id, key, &evidence, &evidence.first);
    evidence.second.signature = sign_vote(chain_id, key, &evidence, &evidence.second);
    evidence
}

/// The signature of the key called `key` under a vote.
///
/// # Panics
/// When CometBFT could not have signed it.
#[must_use]
pub fn sign_vote(chain_id: &str, key: &str, evidence: &Equivocation, vote: &Vote) -> Binary {
    let bytes = evidence.sign_bytes(chain_id, vote).unwrap();
    Binary::from(<[u8; 64]>::from(signing_key(key).sign(&bytes)))
}
