//! The compiled contracts and their checksums.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The suite's contracts; the last one is a consumer's.
pub(crate) const CONTRACTS: [&str; 6] = [
    "vault",
    "delegation",
    "allocation",
    "slashing",
    "staker",
    "gateway",
];

/// A contract's compiled code.
pub(crate) struct Artifact {
    pub(crate) path: PathBuf,
    pub(crate) checksum: [u8; 32],
}

impl Artifact {
    /// The checksum as the chains print it.
    pub(crate) fn hex(&self) -> String {
        hex(&self.checksum)
    }
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn path(folder: &Path, contract: &str) -> PathBuf {
    folder.join(format!("palisade_{contract}.wasm"))
}

/// A contract's compiled code.
///
/// # Errors
/// There is no such file.
pub(crate) fn load(folder: &Path, contract: &str) -> Result<Artifact> {
    let path = path(folder, contract);
    let code = std::fs::read(&path).with_context(|| {
        format!(
            "{} cannot be read: ./scripts/build makes it",
            path.display()
        )
    })?;
    let checksum = Sha256::digest(code).into();
    Ok(Artifact { path, checksum })
}

/// What is wrong with the folder: files that are missing, or not those of checksums.txt.
pub(crate) fn faults(folder: &Path) -> Vec<String> {
    let list = folder.join("checksums.txt");
    let Ok(sums) = std::fs::read_to_string(&list) else {
        return vec![format!(
            "suite.artifacts: {} cannot be read: ./scripts/build makes it",
            list.display()
        )];
    };
    CONTRACTS
        .iter()
        .filter_map(|contract| fault(folder, contract, &sums))
        .collect()
}

fn fault(folder: &Path, contract: &str, sums: &str) -> Option<String> {
    let file = format!("palisade_{contract}.wasm");
    let listed = sums.lines().find_map(|line| {
        let (sum, name) = line.split_once(char::is_whitespace)?;
        (name.trim() == file).then(|| sum.to_string())
    });
    let found = match load(folder, contract) {
        Ok(artifact) => artifact.hex(),
        Err(error) => return Some(format!("suite.artifacts: {error}")),
    };
    match listed {
        Some(listed) if listed == found => None,
        Some(listed) => Some(format!(
            "suite.artifacts: {file} has the checksum {found}, checksums.txt says {listed}: build again, or take the file from the release"
        )),
        None => Some(format!("suite.artifacts: checksums.txt does not list {file}")),
    }
}

/// The checksum of a file, in lower-case hex.
///
/// # Errors
/// There is no such file.
pub(crate) fn checksum_of(path: &Path) -> Result<String> {
    Ok(hex(&Sha256::digest(std::fs::read(path)?)))
}
