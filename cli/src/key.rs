//! The proof that an operator holds its consensus key.

use std::path::Path;

use anyhow::{anyhow, bail, Context, Result};
use cosmwasm_std::Binary;
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use palisade_types::allocation::{key_proof_message, KeyProof};
use serde::Deserialize;

#[derive(Deserialize)]
struct KeyFile {
    priv_key: PrivateKey,
}

#[derive(Deserialize)]
struct PrivateKey {
    #[serde(rename = "type")]
    kind: String,
    value: Binary,
}

/// Whose key it is, for whom.
pub(crate) struct Claim<'a> {
    /// The host's.
    pub(crate) chain_id: &'a str,
    pub(crate) allocation: &'a str,
    pub(crate) service: u32,
    pub(crate) operator: &'a str,
}

/// Signs a claim with the key of a node's priv_validator_key.json. Nothing of the private key is in the
/// errors.
///
/// # Errors
/// The file cannot be read, or holds no ed25519 key.
pub(crate) fn prove(path: &Path, claim: &Claim<'_>) -> Result<KeyProof> {
    let raw = std::fs::read(path)
        .with_context(|| format!("the key {} cannot be read", path.display()))?;
    let file: KeyFile = serde_json::from_slice(&raw).map_err(|_| {
        anyhow!(
            "{} is no priv_validator_key.json of CometBFT",
            path.display()
        )
    })?;
    if file.priv_key.kind != "tendermint/PrivKeyEd25519" {
        bail!(
            "{}: a key of the type {}; only tendermint/PrivKeyEd25519 can be proved",
            path.display(),
            file.priv_key.kind
        );
    }
    // The file has the seed, and behind it the public key.
    let seed: [u8; 32] = file
        .priv_key
        .value
        .get(..32)
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| anyhow!("{}: an ed25519 key has 32 bytes and more", path.display()))?;
    let key = SigningKey::from(seed);
    let public = VerificationKeyBytes::from(&key);
    let message = key_proof_message(
        claim.chain_id,
        claim.allocation,
        claim.service,
        claim.operator,
    );
    let signature: [u8; 64] = key.sign(&message).into();
    Ok(KeyProof {
        key: Binary::from(<[u8; 32]>::from(public).to_vec()),
        proof: Binary::from(signature.to_vec()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_known_vector_of_a_proof() {
        // The key is the first of RFC 8032, section 7.1.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let bytes: Vec<u8> = [seed, public]
            .concat()
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let file = serde_json::json!({
            "address": "", "pub_key": { "type": "", "value": "" },
            "priv_key": { "type": "tendermint/PrivKeyEd25519", "value": Binary::from(bytes.clone()) },
        });
        let path = std::env::temp_dir().join(format!("palisade-key-{}.json", std::process::id()));
        std::fs::write(&path, file.to_string()).unwrap();
        let claim = Claim {
            chain_id: "host-1",
            allocation: "wasm1allocation",
            service: 1,
            operator: "wasm1operator",
        };
        let KeyProof { key, proof } = prove(&path, &claim).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(key.as_slice(), &bytes[32..]);
        assert_eq!(proof.to_base64(), "KVFgbaWiaIAYYWsLKoo3T8DmK2DsnVzOqk2BT2fzwwmbOywI+tYEHkJ3yiR4sjh8Ae8rB8k4P0gg8zufPuocCA==");
    }
}
