use cosmwasm_schema::cw_serde;
use cosmwasm_std::{from_json, to_json_binary, Binary, StdAck, StdResult, Timestamp, Uint64};
use serde::{de::DeserializeOwned, Serialize};

/// How a slash ended. There is no fourth end, and no way back from one.
#[cw_serde]
pub enum Outcome {
    /// The penalty was taken.
    Executed {},
    /// The service's resolver refused it.
    Vetoed {},
    /// The host refused it at the door. Told by acknowledgement; reserved in
    /// [`crate::SlashOutcome`].
    Rejected {
        /// Why, for a person to read.
        reason: String,
    },
}

/// The consumer's answer to [`crate::HostPacket`].
#[cw_serde]
pub enum SetAck {
    /// Applied, or known already.
    Applied {
        /// Consumer's height at application.
        height: Uint64,
        /// Consumer's time at application.
        time: Timestamp,
    },
}

/// The host's answer to [`crate::ConsumerPacket::Slash`].
#[cw_serde]
pub enum SlashAck {
    /// Taken in under this number.
    Accepted {
        /// Number of the request within the service.
        request: Uint64,
        /// Its end, if it has ended already; otherwise a [`crate::SlashOutcome`] will tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    },
    /// Known already, under this nonce or as the same infraction under another.
    Duplicate {
        /// Number of the request within the service that the nonce or the infraction became.
        request: Uint64,
        /// Its end, if it has ended already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
    },
    /// Not taken in now; to be sent again.
    Bounced {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// Refused for good.
    Rejected {
        /// Why, for a person to read.
        reason: String,
    },
}

/// An acknowledgement as the other side reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ack<T> {
    /// The receiver's answer.
    Result(T),
    /// The receiver refused the packet and changed nothing; the text is for a person.
    Error(String),
    /// Neither: bytes that this version cannot read.
    Malformed(String),
}

/// The bytes of an answer: `{"result":"<base64 of its JSON>"}`.
///
/// # Errors
/// Serialization.
pub fn encode_ack<T: Serialize>(answer: &T) -> StdResult<Binary> {
    Ok(StdAck::success(to_json_binary(answer)?).to_binary())
}

/// Reads an acknowledgement. Never fails: what cannot be read is [`Ack::Malformed`].
#[must_use]
pub fn decode_ack<T: DeserializeOwned>(bytes: &[u8]) -> Ack<T> {
    match from_json::<StdAck>(bytes) {
        Ok(StdAck::Success(data)) => match from_json(&data) {
            Ok(answer) => Ack::Result(answer),
            Err(error) => Ack::Malformed(error.to_string()),
        },
        Ok(StdAck::Error(text)) => Ack::Error(text),
        Err(error) => Ack::Malformed(error.to_string()),
    }
}
