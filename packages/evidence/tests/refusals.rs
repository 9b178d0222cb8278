//! Everything that is no proof, by its error.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{from_json, to_json_string, Binary};
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use palisade_evidence::*;
use palisade_testing::seeded;
use proptest::prelude::*;

const CHAIN: &str = "consumer-1";

fn key(seed: u8) -> SigningKey {
    SigningKey::from([seed; 32])
}

fn public(key: &SigningKey) -> Binary {
    <[u8; 32]>::from(VerificationKeyBytes::from(key)).into()
}

fn block(fill: u8) -> BlockId {
    BlockId {
        hash: [fill; 32].into(),
        parts_total: 2,
        parts_hash: [fill; 32].into(),
    }
}

fn vote(block_id: Option<BlockId>, seconds: i64) -> Vote {
    let timestamp = VoteTime {
        seconds: seconds.into(),
        nanos: 5,
    };
    Vote {
        block_id,
        timestamp,
        signature: Binary::default(),
    }
}

/// Signs both votes as they are now.
fn signed(mut evidence: Equivocation, by: &SigningKey) -> Equivocation {
    let sign = |vote: &Vote| {
        let message = evidence.sign_bytes(CHAIN, vote).unwrap();
        Binary::from(<[u8; 64]>::from(by.sign(&message)))
    };
    let (first, second) = (sign(&evidence.first), sign(&evidence.second));
    evidence.first.signature = first;
    evidence.second.signature = second;
    evidence
}

fn proof() -> Equivocation {
    let evidence = Equivocation {
        key: public(&key(1)),
        vote_type: VoteType::Precommit {},
        height: 1_000u64.into(),
        round: 2,
        first: vote(Some(block(1)), 1_700_000_000),
        second: vote(Some(block(2)), 1_700_000_001),
    };
    signed(evidence, &key(1))
}

fn verify(evidence: &Equivocation) -> Result<(), EvidenceError> {
    evidence.verify(&MockApi::default(), CHAIN)
}

fn refused(change: impl FnOnce(&mut Equivocation)) -> EvidenceError {
    let mut evidence = proof();
    assert_eq!(verify(&evidence), Ok(()));
    change(&mut evidence);
    verify(&evidence).unwrap_err()
}

fn forged(part: Part) -> EvidenceError {
    EvidenceError::Forged {
        part,
        key: public(&key(1)),
        chain_id: CHAIN.into(),
    }
}

#[test]
fn wrong_lengths() {
    type Set = fn(&mut Equivocation, Binary);
    let parts: [(Part, usize, Set); 5] = [
        (Part::Key, 32, |e, bytes| e.key = bytes),
        (Part::FirstSignature, 64, |e, bytes| {
            e.first.signature = bytes;
        }),
        (Part::SecondSignature, 64, |e, bytes| {
            e.second.signature = bytes;
        }),
        (Part::BlockHash, 32, |e, bytes| {
            e.first.block_id.as_mut().unwrap().hash = bytes;
        }),
        (Part::PartsHash, 32, |e, bytes| {
            e.second.block_id.as_mut().unwrap().parts_hash = bytes;
        }),
    ];
    for (part, required, set) in parts {
        for length in [0, 20, required - 1, required + 1, 100_000] {
            let error = refused(|e| set(e, vec![1; length].into()));
            let expected = EvidenceError::Length {
                part,
                length,
                required,
            };
            assert_eq!(error, expected);
        }
    }
}

#[test]
fn out_of_bounds() {
    for height in [0, MAX_HEIGHT + 1, u64::MAX] {
        let error = refused(|e| e.height = height.into());
        assert_eq!(error, EvidenceError::Height { height });
    }
    for round in [MAX_ROUND + 1, u32::MAX] {
        let error = refused(|e| e.round = round);
        assert_eq!(error, EvidenceError::Round { round });
    }
    for seconds in [i64::MIN, MIN_SECONDS - 1, MAX_SECONDS + 1, i64::MAX] {
        let error = refused(|e| e.second.timestamp.seconds = seconds.into());
        assert_eq!(error, EvidenceError::Seconds { seconds });
    }
    for nanos in [MAX_NANOS + 1, u32::MAX] {
        let error = refused(|e| e.first.timestamp.nanos = nanos);
        assert_eq!(error, EvidenceError::Nanos { nanos });
    }
    let error = refused(|e| e.first.block_id.as_mut().unwrap().parts_total = 0);
    let hash = [1; 32].into();
    assert_eq!(error, EvidenceError::NoParts { hash });
}

#[test]
fn chain_ids() {
    let api = MockApi::default();
    for id in ["", &"c".repeat(51), &"é".repeat(26)] {
        let length = id.len();
        let error = EvidenceError::ChainId { length };
        assert_eq!(proof().verify(&api, id), Err(error));
    }
    for id in ["consumer-2", "consumer-", "consumer-1 ", "Consumer-1"] {
        let error = EvidenceError::Forged {
            part: Part::FirstSignature,
            key: public(&key(1)),
            chain_id: id.into(),
        };
        assert_eq!(proof().verify(&api, id), Err(error));
    }
}

#[test]
fn no_conflict() {
    let same = EvidenceError::SameBlock {
        block_id: Some(block(1)),
    };
    assert_eq!(refused(|e| e.second = e.first.clone()), same);
    // Signed twice, at two times: no conflict, and no digest either.
    let mut evidence = proof();
    evidence.second.block_id = Some(block(1));
    let evidence = signed(evidence, &key(1));
    assert_eq!(verify(&evidence).unwrap_err(), same);
    assert_eq!(evidence.digest().unwrap_err(), same);
    let mut evidence = proof();
    evidence.first.block_id = None;
    evidence.second.block_id = None;
    let evidence = signed(evidence, &key(1));
    let none = EvidenceError::SameBlock { block_id: None };
    assert_eq!(verify(&evidence).unwrap_err(), none);
    assert_eq!(
        none.to_string(),
        "both votes are for no block, conflicting ones differ in it"
    );
}

#[test]
fn not_by_the_key() {
    let first = forged(Part::FirstSignature);
    let second = forged(Part::SecondSignature);
    assert_eq!(refused(|e| e.first.signature = [7; 64].into()), first);
    assert_eq!(refused(|e| e.second.signature = [7; 64].into()), second);
    let others = signed(proof(), &key(2));
    assert_eq!(refused(|e| e.second = others.second.clone()), second);
    assert_eq!(refused(|e| *e = others.clone()), first);
    let swapped = EvidenceError::Forged {
        part: Part::FirstSignature,
        key: public(&key(2)),
        chain_id: CHAIN.into(),
    };
    assert_eq!(refused(|e| e.key = public(&key(2))), swapped);
    let swap = |e: &mut Equivocation| {
        std::mem::swap(&mut e.first.signature, &mut e.second.signature);
    };
    assert_eq!(refused(swap), first);
    // Not a point of the curve.
    let error = refused(|e| e.key = [0xff; 32].into());
    assert!(matches!(error, EvidenceError::Forged { .. }), "{error}");
}

#[test]
fn tampered() {
    let first = forged(Part::FirstSignature);
    let second = forged(Part::SecondSignature);
    assert_eq!(refused(|e| e.vote_type = VoteType::Prevote {}), first);
    assert_eq!(refused(|e| e.height = 1_001u64.into()), first);
    assert_eq!(refused(|e| e.round = 0), first);
    assert_eq!(refused(|e| e.first.timestamp.nanos = 6), first);
    assert_eq!(refused(|e| e.second.timestamp.seconds = 0.into()), second);
    assert_eq!(refused(|e| e.first.block_id = None), first);
    assert_eq!(refused(|e| e.second.block_id = Some(block(3))), second);
}

#[test]
fn digests() {
    let digest = proof().digest().unwrap();
    assert_eq!(digest.len(), 32);
    // Other signatures of the same votes are the same evidence.
    assert_eq!(signed(proof(), &key(2)).digest(), Ok(digest.clone()));
    let changes: [fn(&mut Equivocation); 6] = [
        |e| e.key = public(&key(2)),
        |e| e.vote_type = VoteType::Prevote {},
        |e| e.height = 1_001u64.into(),
        |e| e.round = 3,
        |e| e.first.block_id = None,
        |e| e.second.timestamp.nanos = 6,
    ];
    for change in changes {
        let mut other = proof();
        change(&mut other);
        assert_ne!(other.digest().unwrap(), digest);
    }
    let mut broken = proof();
    broken.key = Binary::default();
    assert!(broken.digest().is_err());
}

#[test]
fn unknown_fields_are_ignored_and_unknown_variants_refused() {
    let json = to_json_string(&proof()).unwrap();
    let more = json.replacen('{', r#"{"since":"2",  "#, 1);
    assert_eq!(from_json::<Equivocation>(more).unwrap(), proof());
    let other = json.replacen("precommit", "proposal", 1);
    assert!(from_json::<Equivocation>(other).is_err());
}

fn any_block() -> impl Strategy<Value = Option<BlockId>> {
    let id = (any::<[u8; 32]>(), 1..=u32::MAX, any::<[u8; 32]>());
    proptest::option::of(id.prop_map(|(hash, parts_total, parts_hash)| BlockId {
        hash: hash.into(),
        parts_total,
        parts_hash: parts_hash.into(),
    }))
}

fn any_vote() -> impl Strategy<Value = Vote> {
    let time = (MIN_SECONDS..=MAX_SECONDS, 0..=MAX_NANOS);
    (any_block(), time).prop_map(|(block_id, (seconds, nanos))| Vote {
        block_id,
        timestamp: VoteTime {
            seconds: seconds.into(),
            nanos,
        },
        signature: Binary::default(),
    })
}

fn any_type() -> impl Strategy<Value = VoteType> {
    prop_oneof![Just(VoteType::Prevote {}), Just(VoteType::Precommit {})]
}

fn with_bit(bytes: &Binary, bit: usize) -> Binary {
    let mut bytes = bytes.to_vec();
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes.into()
}

/// Flips one bit of one of the fields; where that is absent (nil), of the signature.
fn flip(evidence: &mut Equivocation, field: u8, bit: usize) {
    let vote = if bit.is_multiple_of(2) {
        &mut evidence.first
    } else {
        &mut evidence.second
    };
    let bit = bit / 2;
    match (field, vote.block_id.as_mut()) {
        (0, _) => evidence.key = with_bit(&evidence.key, bit),
        (1, _) => evidence.height = (evidence.height.u64() ^ 1 << (bit % 64)).into(),
        (2, _) => evidence.round ^= 1 << (bit % 32),
        (3, _) => {
            evidence.vote_type = match evidence.vote_type {
                VoteType::Prevote {} => VoteType::Precommit {},
                VoteType::Precommit {} => VoteType::Prevote {},
            }
        }
        (4, _) => {
            let seconds = vote.timestamp.seconds.i64() ^ 1 << (bit % 64);
            vote.timestamp.seconds = seconds.into();
        }
        (5, _) => vote.timestamp.nanos ^= 1 << (bit % 32),
        (6, Some(id)) => id.hash = with_bit(&id.hash, bit),
        (7, Some(id)) => id.parts_hash = with_bit(&id.parts_hash, bit),
        (8, Some(id)) => id.parts_total ^= 1 << (bit % 32),
        _ => vote.signature = with_bit(&vote.signature, bit),
    }
}

proptest! {
    #![proptest_config(seeded(24))]

    /// Whatever was signed is a proof, in either order; with any one bit changed it is none.
    #[test]
    fn any_flipped_bit_is_refused(
        seed in any::<[u8; 32]>(),
        vote_type in any_type(),
        height in 1..=MAX_HEIGHT,
        round in 0..=MAX_ROUND,
        first in any_vote(),
        second in any_vote(),
        flips in proptest::collection::vec((0..10_u8, 0..2_048_usize), 16),
    ) {
        prop_assume!(first.block_id != second.block_id);
        let key = SigningKey::from(seed);
        let evidence = Equivocation {
            key: public(&key), vote_type, height: height.into(), round, first, second,
        };
        let evidence = signed(evidence, &key);
        prop_assert_eq!(verify(&evidence), Ok(()));
        prop_assert_eq!(&from_json::<Equivocation>(to_json_string(&evidence).unwrap()).unwrap(), &evidence);
        for (field, bit) in flips {
            let mut flipped = evidence.clone();
            flip(&mut flipped, field, bit);
            prop_assert_ne!(&flipped, &evidence);
            prop_assert!(verify(&flipped).is_err(), "field {}, bit {}", field, bit);
        }
    }
}
