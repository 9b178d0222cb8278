//! Writes the JSON schemas of packets, acknowledgements, the channel and the memos to `./schema`.
//!
//! Receivers ignore fields that they do not know, so the schemas allow them, but for those of a
//! deposit's terms, which are refused.

use std::path::Path;

use cosmwasm_schema::schemars::{gen::SchemaSettings, schema::RootSchema, JsonSchema};
use cosmwasm_schema::{cw_serde, export_schema_with_title};
use cosmwasm_std::{to_json_string, IbcOrder, StdAck};
use palisade_ibc::{
    ConsumerPacket, DepositMemo, HostPacket, RewardsMemo, SetAck, SlashAck, TransferData, ORDER,
    VERSION,
};

/// Of the envelope, instead of the standard library's story of its type.
const ENVELOPE: &str = "The envelope of every answer. `result` is the base64 of a SetAck's or a \
    SlashAck's JSON. `error` says, for a person, why the receiver refused the packet; it changed \
    nothing.";

/// What both ends of a channel of Palisade agree on, whichever proposes it.
#[cw_serde]
struct Channel {
    /// The version, in every step of the handshake.
    version: Version,
    /// The order: packets stand alone.
    ordering: Ordering,
}

/// The versions that are spoken.
#[cw_serde]
enum Version {
    #[serde(rename = "palisade-1")]
    Palisade1,
}

/// The orders that are accepted.
#[cw_serde]
enum Ordering {
    #[serde(rename = "ORDER_UNORDERED")]
    Unordered,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    check_channel()?;
    let folder = Path::new("schema");
    std::fs::create_dir_all(folder)?;
    let write = |schema: RootSchema, title| export_schema_with_title(&schema, folder, title);
    write(schema::<HostPacket>(), "HostPacket");
    write(schema::<ConsumerPacket>(), "ConsumerPacket");
    write(described(schema::<StdAck>(), ENVELOPE), "Acknowledgement");
    write(schema::<SetAck>(), "SetAck");
    write(schema::<SlashAck>(), "SlashAck");
    write(schema::<Channel>(), "Channel");
    write(schema::<TransferData>(), "TransferData");
    write(schema::<RewardsMemo>(), "RewardsMemo");
    write(schema::<DepositMemo>(), "DepositMemo");
    Ok(())
}

/// Not `schema_for!`, which forbids unknown fields everywhere.
fn schema<T: JsonSchema>() -> RootSchema {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<T>()
}

fn described(mut schema: RootSchema, description: &str) -> RootSchema {
    let metadata = schema.schema.metadata();
    metadata.description = Some(description.to_string());
    schema
}

/// Holds the channel that is written down here to the one that the handshake checks.
fn check_channel() -> Result<(), Box<dyn std::error::Error>> {
    let written = to_json_string(&Channel {
        version: Version::Palisade1,
        ordering: Ordering::Unordered,
    })?;
    let ordering = match ORDER {
        IbcOrder::Unordered => "ORDER_UNORDERED",
        IbcOrder::Ordered => "ORDER_ORDERED",
    };
    let checked = format!(r#"{{"version":"{VERSION}","ordering":"{ordering}"}}"#);
    if written != checked {
        return Err(format!("the handshake checks {checked}, the schema says {written}").into());
    }
    Ok(())
}
