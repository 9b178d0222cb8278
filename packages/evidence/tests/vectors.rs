//! What CometBFT's own code signs, accepts and refuses: `e2e/evidence` makes `vectors.json` and
//! fails if it differs.
#![allow(clippy::unwrap_used, missing_docs)]

use cosmwasm_schema::cw_serde;
use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{from_json, to_json_vec, Api, Binary, Uint64};
use palisade_evidence::*;

#[cw_serde]
struct Vectors {
    votes: Vec<SignedVote>,
    proofs: Vec<Proof>,
    refusals: Vec<Refusal>,
}

#[cw_serde]
struct SignedVote {
    name: String,
    chain_id: String,
    key: Binary,
    vote_type: VoteType,
    height: Uint64,
    round: u32,
    vote: Vote,
    sign_bytes: String,
}

#[cw_serde]
struct Proof {
    name: String,
    chain_id: String,
    equivocation: Equivocation,
    digest: String,
}

#[cw_serde]
struct Refusal {
    name: String,
    chain_id: String,
    equivocation: Equivocation,
    comet: String,
}

fn vectors() -> Vectors {
    from_json(include_bytes!("vectors.json")).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn sign_bytes_are_cometbfts() {
    let votes = vectors().votes;
    assert_eq!(votes.len(), 29);
    for signed in votes {
        let SignedVote { name, vote, .. } = signed;
        let evidence = Equivocation {
            key: signed.key,
            vote_type: signed.vote_type,
            height: signed.height,
            round: signed.round,
            first: vote.clone(),
            second: vote.clone(),
        };
        let message = evidence.sign_bytes(&signed.chain_id, &vote).unwrap();
        assert_eq!(hex(&message), signed.sign_bytes, "{name}");
        assert!(
            MockApi::default()
                .ed25519_verify(&message, &vote.signature, &evidence.key)
                .unwrap(),
            "{name}"
        );
        assert_eq!(
            evidence.verify(&MockApi::default(), &signed.chain_id),
            Err(EvidenceError::SameBlock {
                block_id: vote.block_id
            }),
            "{name}"
        );
    }
}

#[test]
fn what_cometbft_accepts() {
    let mut digests = vec![];
    for proof in vectors().proofs {
        let Proof {
            name,
            chain_id,
            equivocation,
            digest,
        } = proof;
        let api = MockApi::default();
        assert_eq!(equivocation.verify(&api, &chain_id), Ok(()), "{name}");
        assert_eq!(hex(&equivocation.digest().unwrap()), digest, "{name}");

        let turned = Equivocation {
            first: equivocation.second.clone(),
            second: equivocation.first.clone(),
            ..equivocation.clone()
        };
        assert_eq!(turned.verify(&api, &chain_id), Ok(()), "{name}");
        assert_eq!(hex(&turned.digest().unwrap()), digest, "{name}");

        let json = to_json_vec(&equivocation).unwrap();
        assert_eq!(from_json::<Equivocation>(json).unwrap(), equivocation);
        digests.push(digest);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 10, "each proof has a digest of its own");
}

#[test]
fn what_cometbft_refuses() {
    let refusals = vectors().refusals;
    assert_eq!(refusals.len(), 14);
    for refusal in refusals {
        let Refusal {
            name,
            chain_id,
            equivocation,
            ..
        } = refusal;
        let forged = |part| EvidenceError::Forged {
            part,
            key: equivocation.key.clone(),
            chain_id: chain_id.clone(),
        };
        let refused = equivocation
            .verify(&MockApi::default(), &chain_id)
            .unwrap_err();
        match name.as_str() {
            "one vote twice" | "one block at two times" | "nil at two times" => assert_eq!(
                refused,
                EvidenceError::SameBlock {
                    block_id: equivocation.first.block_id.clone()
                }
            ),
            "height 0" => assert_eq!(refused, EvidenceError::Height { height: 0 }),
            "a block of no parts" => {
                assert!(
                    matches!(refused, EvidenceError::NoParts { .. }),
                    "{refused}"
                );
            }
            "a short signature" => assert!(
                matches!(
                    refused,
                    EvidenceError::Length {
                        length: 63,
                        required: SIGNATURE_LENGTH,
                        ..
                    }
                ),
                "{refused}"
            ),
            // One of the two is not by the key; CometBFT sorts by block, so either may be first.
            "another chain" | "another key" | "block changed" => assert!(
                refused == forged(Part::FirstSignature) || refused == forged(Part::SecondSignature),
                "{name}: {refused}"
            ),
            _ => assert_eq!(refused, forged(Part::FirstSignature), "{name}"),
        }
    }
}

#[test]
fn the_example() {
    let example = include_bytes!("../examples/equivocation.json");
    let evidence: Equivocation = from_json(example).unwrap();
    assert_eq!(evidence.verify(&MockApi::default(), "consumer-1"), Ok(()));
    assert_eq!(evidence.height.u64(), 1_000);
}

/// Keys of the small subgroup sign everything: the chain takes their signatures as CometBFT does.
#[test]
fn weak_keys_are_taken_as_by_cometbft() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let signature = [identity, [0; 32]].concat();
    assert!(MockApi::default()
        .ed25519_verify(b"anything", &signature, &identity)
        .unwrap());
}
