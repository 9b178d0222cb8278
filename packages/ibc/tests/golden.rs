//! The bytes on the wire, as `docs/protocol.md` prints them. A change here is a new version.
#![allow(clippy::unwrap_used, missing_docs)]

use cosmwasm_std::{from_json, to_json_vec, Binary, Timestamp, Uint64};
use palisade_evidence::{BlockId, Equivocation, Vote, VoteTime, VoteType};
use palisade_ibc::*;
use serde::{de::DeserializeOwned, Serialize};

fn golden<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, json: &str) {
    assert_eq!(
        String::from_utf8(to_json_vec(value).unwrap()).unwrap(),
        json
    );
    assert_eq!(&from_json::<T>(json).unwrap(), value);
}

fn slash() -> Slash {
    Slash {
        nonce: 7u64.into(),
        offender: Offender::Operator("cosmos1operator".into()),
        infraction: DOUBLE_SIGN.into(),
        update_id: 3u64.into(),
        height: 1_000u64.into(),
        time: Timestamp::from_nanos(1_700_000_000_000_000_001),
        evidence: None,
    }
}

/// Of a precommit for a block and one for none; the bytes on the wire need no true signatures.
fn evidence() -> Equivocation {
    let timestamp = VoteTime {
        seconds: 1_700_000_000i64.into(),
        nanos: 5,
    };
    Equivocation {
        key: Binary::from([2u8; 32]),
        vote_type: VoteType::Precommit {},
        height: 1_000u64.into(),
        round: 0,
        first: Vote {
            block_id: Some(BlockId {
                hash: Binary::from([3u8; 32]),
                parts_total: 1,
                parts_hash: Binary::from([4u8; 32]),
            }),
            timestamp,
            signature: Binary::from([5u8; 64]),
        },
        second: Vote {
            block_id: None,
            timestamp,
            signature: Binary::from([6u8; 64]),
        },
    }
}

#[test]
fn operator_set() {
    golden(
        &HostPacket::OperatorSet(OperatorSet {
            update_id: 3u64.into(),
            operators: vec![
                OperatorPower {
                    operator: "cosmos1operator".into(),
                    key: Some(Binary::from([1u8; 32])),
                    power: 1_000_000u128.into(),
                },
                OperatorPower {
                    operator: "cosmos1gone".into(),
                    key: None,
                    power: 0u128.into(),
                },
            ],
        }),
        concat!(
            r#"{"operator_set":{"update_id":"3","operators":[{"operator":"cosmos1operator","#,
            r#""key":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","power":"1000000"},"#,
            r#"{"operator":"cosmos1gone","power":"0"}]}}"#
        ),
    );
}

#[test]
fn slash_outcomes() {
    for (outcome, json) in [
        (Outcome::Executed {}, r#"{"executed":{}}"#),
        (Outcome::Vetoed {}, r#"{"vetoed":{}}"#),
        (
            Outcome::Rejected {
                reason: "too old".into(),
            },
            r#"{"rejected":{"reason":"too old"}}"#,
        ),
    ] {
        golden(
            &HostPacket::SlashOutcome(SlashOutcome {
                nonce: 7u64.into(),
                outcome,
            }),
            &format!(r#"{{"slash_outcome":{{"nonce":"7","outcome":{json}}}}}"#),
        );
    }
}

#[test]
fn slash_by_operator_and_by_key() {
    golden(
        &ConsumerPacket::Slash(slash()),
        concat!(
            r#"{"slash":{"nonce":"7","offender":{"operator":"cosmos1operator"},"#,
            r#""infraction":"double_sign","update_id":"3","height":"1000","time":"1700000000000000001"}}"#
        ),
    );
    let by_key = Slash {
        offender: Offender::Key(Binary::from([2u8; 32])),
        ..slash()
    };
    golden(
        &ConsumerPacket::Slash(by_key),
        concat!(
            r#"{"slash":{"nonce":"7","offender":{"key":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="},"#,
            r#""infraction":"double_sign","update_id":"3","height":"1000","time":"1700000000000000001"}}"#
        ),
    );
}

#[test]
fn slash_with_evidence() {
    golden(
        &ConsumerPacket::Slash(Slash {
            evidence: Some(evidence()),
            ..slash()
        }),
        concat!(
            r#"{"slash":{"nonce":"7","offender":{"operator":"cosmos1operator"},"#,
            r#""infraction":"double_sign","update_id":"3","height":"1000","time":"1700000000000000001","#,
            r#""evidence":{"key":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=","#,
            r#""vote_type":{"precommit":{}},"height":"1000","round":0,"#,
            r#""first":{"block_id":{"hash":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=","parts_total":1,"#,
            r#""parts_hash":"BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ="},"#,
            r#""timestamp":{"seconds":"1700000000","nanos":5},"#,
            r#""signature":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQ=="},"#,
            r#""second":{"timestamp":{"seconds":"1700000000","nanos":5},"#,
            r#""signature":"BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBg=="}}}}"#
        ),
    );
}

/// A receiver of the time before evidence reads the packet and judges it as a report.
#[test]
fn evidence_is_a_field_that_can_be_ignored() {
    #[cosmwasm_schema::cw_serde]
    struct Former {
        nonce: Uint64,
        offender: Offender,
        infraction: String,
        update_id: Uint64,
        height: Uint64,
        time: Timestamp,
    }
    let proven = Slash {
        evidence: Some(evidence()),
        ..slash()
    };
    let read: Former = from_json(to_json_vec(&proven).unwrap()).unwrap();
    // And what it would write is what is written without evidence, so that digests agree as well.
    assert_eq!(to_json_vec(&read).unwrap(), to_json_vec(&slash()).unwrap());
    assert_eq!(
        from_json::<Slash>(to_json_vec(&read).unwrap()).unwrap(),
        slash()
    );
    let digest = "f578665591a463c59de0065b913dc7ad5e031096d15865e340f720dba1dd23ac";
    assert_eq!(hex(&slash().digest().unwrap()), digest);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn acknowledgements() {
    golden(
        &SetAck::Applied {
            height: 12u64.into(),
            time: Timestamp::from_nanos(5),
        },
        r#"{"applied":{"height":"12","time":"5"}}"#,
    );
    golden(
        &SlashAck::Accepted {
            request: 1u64.into(),
            outcome: None,
        },
        r#"{"accepted":{"request":"1"}}"#,
    );
    golden(
        &SlashAck::Accepted {
            request: 1u64.into(),
            outcome: Some(Outcome::Executed {}),
        },
        r#"{"accepted":{"request":"1","outcome":{"executed":{}}}}"#,
    );
    golden(
        &SlashAck::Duplicate {
            request: 1u64.into(),
            outcome: None,
        },
        r#"{"duplicate":{"request":"1"}}"#,
    );
    golden(
        &SlashAck::Bounced {
            retry_at: Timestamp::from_nanos(9),
        },
        r#"{"bounced":{"retry_at":"9"}}"#,
    );
    golden(
        &SlashAck::Rejected {
            reason: "unknown key".into(),
        },
        r#"{"rejected":{"reason":"unknown key"}}"#,
    );
    let ack = encode_ack(&SlashAck::Accepted {
        request: 1u64.into(),
        outcome: None,
    })
    .unwrap();
    assert_eq!(
        ack.as_slice(),
        br#"{"result":"eyJhY2NlcHRlZCI6eyJyZXF1ZXN0IjoiMSJ9fQ=="}"#
    );
    assert_eq!(
        decode_ack::<SlashAck>(&ack),
        Ack::Result(SlashAck::Accepted {
            request: 1u64.into(),
            outcome: None
        })
    );
}

#[test]
fn foreign_acknowledgements_are_told_apart_and_never_fail() {
    assert_eq!(
        decode_ack::<SlashAck>(br#"{"error":"ABCI code: 1"}"#),
        Ack::Error("ABCI code: 1".into())
    );
    for bytes in [
        &b""[..],
        b"\xff\xfe",
        b"{}",
        br#"{"result":"AA=="}"#,
        br#"{"result":3}"#,
    ] {
        assert!(matches!(decode_ack::<SlashAck>(bytes), Ack::Malformed(_)));
    }
}

#[test]
fn unknown_fields_are_ignored_and_unknown_variants_refused() {
    let with_more = r#"{"slash_outcome":{"nonce":"7","outcome":{"executed":{}},"weather":"fine"}}"#;
    assert!(from_json::<HostPacket>(with_more).is_ok());
    assert!(from_json::<HostPacket>(r#"{"greeting":{}}"#).is_err());
    assert!(from_json::<Outcome>(r#"{"forgiven":{}}"#).is_err());
}

#[test]
fn the_digest_covers_every_field() {
    let base = slash().digest().unwrap();
    assert_eq!(base.len(), 32);
    assert_eq!(base, slash().digest().unwrap());
    for changed in [
        Slash {
            nonce: 8u64.into(),
            ..slash()
        },
        Slash {
            offender: Offender::Operator("cosmos1other".into()),
            ..slash()
        },
        Slash {
            infraction: DOWNTIME.into(),
            ..slash()
        },
        Slash {
            update_id: 4u64.into(),
            ..slash()
        },
        Slash {
            height: 1_001u64.into(),
            ..slash()
        },
        Slash {
            time: Timestamp::from_nanos(1),
            ..slash()
        },
        Slash {
            evidence: Some(evidence()),
            ..slash()
        },
    ] {
        assert_ne!(changed.digest().unwrap(), base);
    }
}
