//! How an operator proves that it holds a consensus key.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::Binary;

use super::ServiceId;

/// A consensus key with a proof that the operator holds it.
#[cw_serde]
pub struct KeyProof {
    /// ed25519 public key, 32 bytes.
    pub key: Binary,
    /// ed25519 signature, 64 bytes, over [`key_proof_message`].
    pub proof: Binary,
}

/// The bytes that a key's holder signs, as they are, not hashed: `chain_id` is the host's. It binds the key to chain, contract, service and
/// operator, so that a proof serves nowhere else.
///
/// ```
/// use palisade_types::allocation::key_proof_message;
/// assert_eq!(
///     key_proof_message("host-1", "cosmos1allocation", 7, "cosmos1operator"),
///     b"palisade/key/host-1/cosmos1allocation/7/cosmos1operator",
/// );
/// ```
#[must_use]
pub fn key_proof_message(
    chain_id: &str,
    allocation: &str,
    service: ServiceId,
    operator: &str,
) -> Vec<u8> {
    format!("palisade/key/{chain_id}/{allocation}/{service}/{operator}").into_bytes()
}
