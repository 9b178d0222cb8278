use cosmwasm_schema::cw_serde;
use cosmwasm_std::{IbcChannel, IbcOrder};
use thiserror::Error;

/// The only version so far.
pub const VERSION: &str = "palisade-1";
/// Order of every channel: packets stand alone, so nothing waits for a lost one.
pub const ORDER: IbcOrder = IbcOrder::Unordered;

/// The other end of a channel, as its owner registered it.
#[cw_serde]
pub struct Peer {
    /// Connection on this chain that leads to the peer's chain.
    pub connection_id: String,
    /// Port of the peer: `wasm.<contract address>` for a contract.
    pub port: String,
}

/// Why a channel is refused.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// Another connection than the registered one.
    #[error("connection {found}, only {expected} is registered")]
    Connection {
        /// Registered.
        expected: String,
        /// Offered.
        found: String,
    },
    /// Another counterparty than the registered one.
    #[error("counterparty port {found}, only {expected} is registered")]
    Port {
        /// Registered.
        expected: String,
        /// Offered.
        found: String,
    },
    /// Not unordered.
    #[error("an ordered channel, only unordered ones are accepted")]
    Order,
    /// Another version.
    #[error("version {found:?}, only {VERSION:?} is spoken")]
    Version {
        /// Offered.
        found: String,
    },
}

/// Checks a channel against the registered peer: connection, counterparty port, order, and both
/// versions as far as they are known. To be called in every step of the handshake.
///
/// # Errors
/// The first difference found.
pub fn check_channel(
    channel: &IbcChannel,
    counterparty_version: Option<&str>,
    peer: &Peer,
) -> Result<(), HandshakeError> {
    if channel.order != ORDER {
        return Err(HandshakeError::Order);
    }
    for version in [Some(channel.version.as_str()), counterparty_version]
        .into_iter()
        .flatten()
    {
        if version != VERSION {
            return Err(HandshakeError::Version {
                found: version.to_string(),
            });
        }
    }
    if channel.connection_id != peer.connection_id {
        return Err(HandshakeError::Connection {
            expected: peer.connection_id.clone(),
            found: channel.connection_id.clone(),
        });
    }
    if channel.counterparty_endpoint.port_id != peer.port {
        return Err(HandshakeError::Port {
            expected: peer.port.clone(),
            found: channel.counterparty_endpoint.port_id.clone(),
        });
    }
    Ok(())
}
