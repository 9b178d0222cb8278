//! What was done: a JSON file beside the config, written after every step.
//!
//! It spares questions and remembers what a chain cannot be asked for. Where a chain can be asked it is. A
//! contract's address follows from its code: after an upgrade, or with artifacts that were built anew, only
//! this file knows it, and a contract of the same sender and label tells that it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde::{Deserialize, Serialize};

/// The file's content.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct State {
    /// The host's chain id, so that a state is never used for another chain.
    pub(crate) chain_id: String,
    /// Code that was stored, by chain id and checksum.
    pub(crate) codes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Addresses on the host, by contract.
    pub(crate) contracts: BTreeMap<String, String>,
    pub(crate) consumers: BTreeMap<String, ConsumerState>,
    /// Assets of which an operator's own stake was deposited, by operator.
    pub(crate) deposits: BTreeMap<String, BTreeSet<String>>,
    /// Migrations that are not verified yet, by step.
    pub(crate) migrations: BTreeMap<String, Migration>,
    /// Transactions whose end is not known yet, by step.
    pub(crate) pending: BTreeMap<String, Pending>,
}

/// What is known of a consumer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConsumerState {
    pub(crate) service: Option<u32>,
    pub(crate) gateway: Option<String>,
    pub(crate) host_connection: Option<String>,
    pub(crate) consumer_connection: Option<String>,
    pub(crate) host_channel: Option<String>,
    pub(crate) consumer_channel: Option<String>,
}

/// A migration that is about to be sent, or was.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Migration {
    /// The name and version that the contract recorded before.
    pub(crate) name: String,
    pub(crate) version: String,
    /// The new code.
    pub(crate) code: String,
    /// Its block, once it is in one.
    pub(crate) height: Option<u64>,
}

/// A transaction that is about to be sent, or was. An account's sequence is used once, so that of all
/// tries under one only a single one can be included.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    /// The words after `wasmd tx`.
    pub(crate) words: Vec<String>,
    /// Whose.
    pub(crate) sender: String,
    pub(crate) sequence: u64,
    /// Once it was taken in by the node.
    pub(crate) hash: Option<String>,
}

/// The state and its file.
pub(crate) struct Store {
    path: PathBuf,
    /// None: nothing is ever written.
    lock: Option<File>,
    pub(crate) state: State,
}

impl Store {
    /// Reads the state; there need not be one. `write`: nobody else may write it meanwhile.
    ///
    /// # Errors
    /// Another run is using it; it cannot be read; it is of another chain.
    pub(crate) fn open(path: &Path, chain_id: &str, write: bool) -> Result<Self> {
        let lock = if write { Some(lock(path)?) } else { None };
        let mut state: State = match std::fs::read(path) {
            Ok(raw) => serde_json::from_slice(&raw).with_context(|| {
                format!("the state {} cannot be read: mend it; or move it away: contracts are then found by their predicted addresses, as long as the artifacts are those of their deployment, and otherwise nothing is made", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error).with_context(|| format!("the state {} cannot be read", path.display())),
        };
        if state.chain_id.is_empty() {
            state.chain_id = chain_id.to_string();
        }
        if state.chain_id != chain_id {
            bail!(
                "the state {} is of the chain {}, the config of {chain_id}: name another by --state",
                path.display(),
                state.chain_id
            );
        }
        Ok(Self {
            path: path.to_path_buf(),
            lock,
            state,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it: wholly or not at all.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(crate) fn save(&self) -> Result<()> {
        if self.lock.is_none() {
            return Ok(());
        }
        let write = || -> Result<()> {
            let next = self.path.with_extension("json.next");
            let mut file = File::create(&next)?;
            file.write_all(&serde_json::to_vec_pretty(&self.state)?)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            std::fs::rename(&next, &self.path)?;
            Ok(())
        };
        write().with_context(|| format!("the state {} cannot be written", self.path.display()))
    }

    /// What is known of a consumer.
    pub(crate) fn consumer(&self, name: &str) -> ConsumerState {
        self.state.consumers.get(name).cloned().unwrap_or_default()
    }

    /// Changes what is known of a consumer, and writes it.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub(crate) fn set_consumer(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut ConsumerState),
    ) -> Result<()> {
        change(self.state.consumers.entry(name.to_string()).or_default());
        self.save()
    }
}

fn lock(path: &Path) -> Result<File> {
    let name = path.with_extension("json.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .with_context(|| format!("{} cannot be written", name.display()))?;
    if file.try_lock().is_err() {
        bail!(
            "another run is using the state {}: wait for its end",
            path.display()
        );
    }
    Ok(file)
}
