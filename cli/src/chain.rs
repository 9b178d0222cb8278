//! A chain, through its own `wasmd`.

use std::time::Duration;

use anyhow::{anyhow, bail, Context, Result};
use palisade_types::page::MAX_LIMIT;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;

use crate::config::Chain as Settings;
use crate::explain;
use crate::world::{Ran, World};

/// What to ask for at once: some lists give less.
pub(crate) const PAGE: Option<u32> = Some(MAX_LIMIT);

/// A chain.
#[derive(Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) settings: &'a Settings,
}

/// A contract as the chain knows it.
pub(crate) struct Contract {
    pub(crate) code_id: u64,
    pub(crate) admin: String,
    pub(crate) label: String,
}

/// A transaction that was included.
pub(crate) struct Included {
    pub(crate) code: u64,
    pub(crate) log: String,
    pub(crate) height: String,
    pub(crate) gas: String,
    pub(crate) hash: String,
    answer: Value,
}

/// What became of a broadcast.
pub(crate) enum Broadcast {
    /// The node took it in.
    Taken { hash: String },
    /// It will never be included; why.
    Refused { log: String },
    /// No telling.
    Lost { log: String },
}

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The first field of that name, however deep.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields
            .get(name)
            .or_else(|| fields.values().find_map(|inner| find(inner, name))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, name)),
        _ => None,
    }
}

/// A whole list: `ask` gets the page after a cursor, `cursor` is an entry's own. It ends with an
/// empty page, as each list has a page size of its own.
///
/// # Errors
/// As `ask`.
pub(crate) fn pages<K, T>(
    ask: impl Fn(Option<K>) -> Result<Vec<T>>,
    cursor: impl Fn(&T) -> K,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    loop {
        let page = ask(all.last().map(&cursor))?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

impl Included {
    pub(crate) fn read(answer: Value) -> Self {
        Self {
            code: answer
                .get("code")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            log: text(&answer, "raw_log"),
            height: text(&answer, "height"),
            gas: text(&answer, "gas_used"),
            hash: text(&answer, "txhash"),
            answer,
        }
    }

    /// An attribute of the first event of that kind which has it.
    pub(crate) fn attribute(&self, kind: &str, key: &str) -> Option<String> {
        self.attribute_of(kind, &[], key)
    }

    /// The same, of an event that has these others as well.
    pub(crate) fn attribute_of(
        &self,
        kind: &str,
        others: &[(&str, &str)],
        key: &str,
    ) -> Option<String> {
        let events = self.answer.get("events")?.as_array()?;
        let of_kind = events.iter().filter(|event| text(event, "type") == kind);
        of_kind
            .filter_map(|event| event.get("attributes")?.as_array())
            .find_map(|attributes| {
                let value = |key: &str| {
                    let found = attributes.iter().find(|found| text(found, "key") == key);
                    found.map(|found| text(found, "value"))
                };
                let mut others = others.iter();
                let is = others.all(|(key, other)| value(key).is_some_and(|found| found == *other));
                value(key).filter(|_| is)
            })
    }

    /// The first message.
    pub(crate) fn message(&self) -> Option<&Value> {
        self.answer.pointer("/tx/body/messages/0")
    }
}

impl<'a> Chain<'a> {
    /// Flags of the keyring, as words.
    pub(crate) fn keyring(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(home) = &self.settings.home {
            words.extend(["--home".to_string(), home.display().to_string()]);
        }
        if let Some(backend) = &self.settings.keyring_backend {
            words.extend(["--keyring-backend".to_string(), backend.clone()]);
        }
        words
    }

    /// Flags of a transaction but for the sender, as the guides call them.
    pub(crate) fn flags(&self) -> Vec<String> {
        let settings = self.settings;
        let adjustment = settings.gas_adjustment.to_string();
        let words = [
            "--chain-id",
            &settings.chain_id,
            "--node",
            &settings.node,
            "--gas",
            "auto",
            "--gas-adjustment",
            &adjustment,
            "--gas-prices",
            &settings.gas_prices,
            "-y",
        ];
        words.iter().map(ToString::to_string).collect()
    }

    /// All words of a transaction after the command's name, but for its sequence.
    pub(crate) fn words(&self, words: &[String], from: &str) -> Vec<String> {
        let mut all = vec!["tx".to_string()];
        all.extend(words.iter().cloned());
        all.extend(["--from".to_string(), from.to_string()]);
        all.extend(self.flags());
        all.extend(self.keyring());
        all
    }

    fn run(&self, words: &[String]) -> Result<Ran> {
        self.world.run(&self.settings.binary, words)
    }

    /// The address of a key.
    ///
    /// # Errors
    /// The keyring has none of that name.
    pub(crate) fn key(&self, name: &str) -> Result<String> {
        let mut words: Vec<String> = ["keys", "show", name, "-a"].map(String::from).to_vec();
        words.extend(self.keyring());
        let ran = self.run(&words)?;
        if !ran.ok {
            bail!("the key {name}: {}", explain::failure(&ran.stderr));
        }
        Ok(ran.stdout.trim().to_string())
    }

    /// A query's answer.
    ///
    /// # Errors
    /// The node does not answer, or refuses.
    pub(crate) fn query(&self, words: &[&str]) -> Result<Value> {
        let mut all = vec!["query".to_string()];
        all.extend(words.iter().map(ToString::to_string));
        all.extend(["--node", &self.settings.node, "-o", "json"].map(String::from));
        let ran = self.run(&all)?;
        if !ran.ok {
            bail!(
                "{}: {}",
                self.settings.chain_id,
                explain::failure(&ran.stderr)
            );
        }
        serde_json::from_str(&ran.stdout).with_context(|| {
            format!(
                "{}: an answer that is no JSON: {}",
                self.settings.chain_id, ran.stdout
            )
        })
    }

    /// Asks a contract.
    ///
    /// # Errors
    /// As [`Self::query`]; an answer of another shape.
    pub(crate) fn ask<A: DeserializeOwned>(
        &self,
        contract: &str,
        msg: &impl Serialize,
    ) -> Result<A> {
        let msg = serde_json::to_string(msg)?;
        let answer = self.query(&["wasm", "contract-state", "smart", contract, &msg])?;
        let data = answer.get("data").cloned().unwrap_or_default();
        serde_json::from_value(data).with_context(|| {
            format!("{contract} answered {msg} with another shape: is it of this version?")
        })
    }

    /// As [`Self::ask`]; none when the contract says that there is no such thing.
    ///
    /// # Errors
    /// As [`Self::ask`], but for a refusal that has `missing` in it.
    pub(crate) fn ask_maybe<A: DeserializeOwned>(
        &self,
        contract: &str,
        msg: &impl Serialize,
        missing: &str,
    ) -> Result<Option<A>> {
        match self.ask(contract, msg) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.to_string().contains(missing) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A contract; none: there is none at this address.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn contract(&self, address: &str) -> Result<Option<Contract>> {
        let answer = match self.query(&["wasm", "contract", address]) {
            Ok(answer) => answer,
            Err(error) => {
                let text = error.to_string();
                let missing = text.contains("no such contract") || text.contains("not found");
                return if missing { Ok(None) } else { Err(error) };
            }
        };
        let info = answer.get("contract_info").cloned().unwrap_or_default();
        let code_id = text(&info, "code_id").parse().unwrap_or_default();
        Ok(Some(Contract {
            code_id,
            admin: text(&info, "admin"),
            label: text(&info, "label"),
        }))
    }

    /// The contracts that somebody made.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn contracts_of(&self, creator: &str) -> Result<Vec<String>> {
        let mut all = Vec::new();
        let mut key: Option<String> = None;
        loop {
            let mut words = vec!["wasm", "list-contracts-by-creator", creator];
            if let Some(key) = &key {
                words.extend(["--page-key", key]);
            }
            let answer = self.query(&words)?;
            let page = answer.get("contract_addresses").and_then(Value::as_array);
            let page = page.ok_or_else(|| anyhow!("no contract_addresses in {answer}"))?;
            all.extend(
                page.iter()
                    .filter_map(|address| Some(address.as_str()?.to_string())),
            );
            let next = answer.pointer("/pagination/next_key");
            key = next.and_then(Value::as_str).map(ToString::to_string);
            if key.as_ref().is_none_or(String::is_empty) {
                return Ok(all);
            }
        }
    }

    /// The checksum of a code, in lower-case hex.
    ///
    /// # Errors
    /// The node does not answer; there is no such code.
    pub(crate) fn checksum(&self, code: u64) -> Result<String> {
        let answer = self.query(&["wasm", "code-info", &code.to_string()])?;
        let sum = find(&answer, "checksum").or_else(|| find(&answer, "data_hash"));
        let sum = sum
            .and_then(Value::as_str)
            .ok_or_else(|| anyhow!("code {code} has no checksum: {answer}"))?;
        Ok(sum.to_lowercase())
    }

    /// The name and version that a contract recorded.
    ///
    /// # Errors
    /// The node does not answer; there is no such record.
    pub(crate) fn cw2(&self, address: &str) -> Result<(String, String)> {
        let key = crate::artifacts::hex(b"contract_info");
        let answer = self.query(&["wasm", "contract-state", "raw", address, &key])?;
        let data: cosmwasm_std::Binary =
            serde_json::from_value(answer.get("data").cloned().unwrap_or_default())?;
        let record: Value = serde_json::from_slice(&data)?;
        Ok((text(&record, "contract"), text(&record, "version")))
    }

    /// The next sequence of an account.
    ///
    /// # Errors
    /// The node does not answer; there is no such account.
    pub(crate) fn sequence(&self, address: &str) -> Result<u64> {
        let answer = self.query(&["auth", "account", address]).with_context(|| {
            format!(
                "the account {address} is not on {}: send it coins first",
                self.settings.chain_id
            )
        })?;
        // Of an account that sent nothing yet, the field is left out.
        let sequence = match find(&answer, "sequence") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_u64(),
            None => (find(&answer, "address") == Some(&Value::from(address))).then_some(0),
        };
        sequence.ok_or_else(|| {
            anyhow!(
                "{} told no sequence of {address}: {answer}",
                self.settings.chain_id
            )
        })
    }

    /// Sends.
    ///
    /// # Errors
    /// The command cannot be started.
    pub(crate) fn broadcast(&self, words: &[String], sequence: u64) -> Result<Broadcast> {
        let mut words = words.to_vec();
        words.extend(["--sequence", &sequence.to_string(), "-o", "json"].map(String::from));
        let ran = self.run(&words)?;
        let answer: Option<Value> = ran
            .stdout
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok());
        let hash = answer
            .as_ref()
            .map(|answer| text(answer, "txhash"))
            .unwrap_or_default();
        match answer {
            Some(answer) if !hash.is_empty() => {
                let tx = Included::read(answer);
                // 19: the node has this very transaction already.
                Ok(if tx.code == 0 || tx.code == 19 {
                    Broadcast::Taken { hash }
                } else {
                    Broadcast::Refused { log: tx.log }
                })
            }
            _ => {
                let log = explain::core(&format!("{}\n{}", ran.stdout, ran.stderr));
                // Estimating fails before anything is sent; a broadcast that breaks off may have arrived.
                let before = ran.stderr.contains("gas estimate:");
                Ok(if before {
                    Broadcast::Lost { log }
                } else {
                    Broadcast::Refused { log }
                })
            }
        }
    }

    /// A transaction by its hash; none: not included (yet).
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn tx(&self, hash: &str) -> Result<Option<Included>> {
        match self.query(&["tx", hash]) {
            Ok(answer) => Ok(Some(Included::read(answer))),
            Err(error) if error.to_string().contains("not found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The transaction that used a sequence of an account; none: it is not in the node's index.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn tx_of(&self, address: &str, sequence: u64) -> Result<Option<Included>> {
        let query = format!("tx.acc_seq='{address}/{sequence}'");
        let answer = self.query(&["txs", "--query", &query])?;
        let first = answer.pointer("/txs/0").cloned();
        Ok(first.map(Included::read))
    }

    /// Asks a contract as it was at a height.
    ///
    /// # Errors
    /// The node does not answer, or does not know that height any more.
    pub(crate) fn ask_at(&self, contract: &str, msg: &Value, height: u64) -> Result<Value> {
        let (msg, height) = (msg.to_string(), height.to_string());
        let mut words = vec!["wasm", "contract-state", "smart", contract, &msg];
        words.extend(["--height", &height]);
        Ok(self.query(&words)?.get("data").cloned().unwrap_or_default())
    }

    /// All executions by somebody that are in the node's index. (It finds conditions on one and the same
    /// event only, so that the contract cannot be asked for as well.)
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn executions(&self, sender: &str) -> Result<Vec<Included>> {
        const ACTION: &str = "/cosmwasm.wasm.v1.MsgExecuteContract";
        self.txs(&format!(
            "message.action='{ACTION}' AND message.sender='{sender}'"
        ))
    }

    /// All transactions of a query that are in the node's index.
    ///
    /// # Errors
    /// The node does not answer.
    pub(crate) fn txs(&self, query: &str) -> Result<Vec<Included>> {
        let mut all = Vec::new();
        for page in 1_u64.. {
            let number = page.to_string();
            let words = ["txs", "--query", query, "--page", &number, "--limit", "50"];
            let answer = self.query(&words)?;
            let txs = answer.get("txs").and_then(Value::as_array);
            all.extend(txs.into_iter().flatten().cloned().map(Included::read));
            if page >= text(&answer, "page_total").parse().unwrap_or(0) {
                break;
            }
        }
        Ok(all)
    }

    /// Waits for about a block.
    pub(crate) fn pause(&self) {
        self.world.pause(Duration::from_millis(500));
    }
}
