//! The bytes on the wire, as `docs/protocol.md` prints them. A change here is a new version.
#![allow(clippy::unwrap_used, missing_docs)]

use cosmwasm_std::{from_json, to_json_vec, Binary, Timestamp};
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
    ] {
        assert_ne!(changed.digest().unwrap(), base);
    }
}
