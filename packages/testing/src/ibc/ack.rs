//! Acknowledgements as Go writes them.

use cosmwasm_std::{from_json, Binary, StdError};
use serde::Deserialize;

use crate::error::{ContractPanic, FromContract, IbcError};

/// The standard envelope of ICS-4.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Envelope {
    Result(Binary),
    Error(String),
}

impl Envelope {
    /// The bytes that ibc-go writes, with HTML characters escaped as Go's JSON does.
    pub(crate) fn to_canonical(&self) -> Binary {
        let text = match self {
            Self::Result(bytes) => format!("{{\"result\":{}}}", go_string(&bytes.to_base64())),
            Self::Error(error) => format!("{{\"error\":{}}}", go_string(error)),
        };
        Binary::from(text.into_bytes())
    }
}

/// The error acknowledgement for an `Err` of `ibc_packet_receive`: its own text, in full.
pub(crate) fn refused(text: &str) -> Binary {
    Envelope::Error(text.to_string()).to_canonical()
}

/// The error acknowledgement for a submessage that failed in receive: only a code.
pub(crate) fn redacted(err: &anyhow::Error) -> Binary {
    let (codespace, code) = abci_code(err);
    let text = format!("ABCI error: {codespace}/{code}: {REDACTED}");
    Envelope::Error(text).to_canonical()
}

/// The error acknowledgement of ICS-20 and of destination callbacks: only a code, without codespace.
pub(crate) fn redacted_code(err: &anyhow::Error) -> Binary {
    let (_, code) = abci_code(err);
    Envelope::Error(format!("ABCI code: {code}: {REDACTED}")).to_canonical()
}

const REDACTED: &str = "error handling packet: see events for details";

/// The codespace and code that a real chain gives to an error. The common ones are exact.
fn abci_code(err: &anyhow::Error) -> (&'static str, u32) {
    if let Some(ibc) = err.downcast_ref::<IbcError>() {
        return match ibc {
            IbcError::InvalidCallback => ("ibccallbacks", 8),
            IbcError::Transfer { .. } => ("transfer", 5),
            IbcError::UnknownVoucher { .. } => ("transfer", 6),
            IbcError::UnknownChannel { .. } => ("channel", 3),
            IbcError::ChannelState { .. } => ("channel", 5),
            IbcError::EmptyPacket | IbcError::PacketTooLarge { .. } | IbcError::NoTimeout => {
                ("channel", 13)
            }
            IbcError::TimeoutElapsed => ("channel", 40),
            IbcError::EmptyAcknowledgement => ("channel", 16),
            IbcError::AcknowledgementExists { .. } => ("channel", 17),
            IbcError::NoAsyncPacket { .. } => ("wasm", 14),
            _ => ("wasm", 5),
        };
    }
    if err.is::<ContractPanic>() {
        return ("wasm", 29);
    }
    match err.downcast_ref::<StdError>() {
        // The bank's way to say that there is not enough.
        Some(StdError::Overflow { .. }) if !err.is::<FromContract>() => ("sdk", 5),
        _ => ("wasm", 5),
    }
}

/// ibc-go reads an acknowledgement that looks like the standard envelope, writes it anew, and refuses
/// it for good if the bytes differ: for instance if an error text holds an unescaped `<`.
pub(crate) fn check_canonical(ack: &Binary) -> Result<(), IbcError> {
    match from_json::<Envelope>(ack) {
        Ok(envelope) if envelope.to_canonical() != *ack => {
            Err(IbcError::AcknowledgementNotCanonical)
        }
        _ => Ok(()),
    }
}

/// A string as Go's `encoding/json` writes it.
fn go_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{0}'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_written_as_go_writes_them() {
        let ok = Envelope::Result(Binary::from(b"\x01")).to_canonical();
        assert_eq!(ok, Binary::from(br#"{"result":"AQ=="}"#));
        assert_eq!(
            refused("1 < 2 & \"x\"\n"),
            Binary::from(br#"{"error":"1 \u003c 2 \u0026 \"x\"\n"}"#)
        );
    }

    #[test]
    fn only_canonical_envelopes_pass() {
        let check = |ack: &str| check_canonical(&Binary::from(ack.as_bytes()));
        check(r#"{"result":"AQ=="}"#).unwrap();
        check(r#"{"error":"plain"}"#).unwrap();
        check(r#"{"error":"1 \u003c 2"}"#).unwrap();
        check(r#"{"accepted":{"id":"1 < 2"}}"#).unwrap();
        check("not json").unwrap();
        check(r#"{"error":"1 < 2"}"#).unwrap_err();
        check(r#"{ "result": "AQ==" }"#).unwrap_err();
    }
}
