//! Transactions: what they say, and whether one that is found is the one that was meant.

use palisade_types::asset::AssetAmount;
use serde::Serialize;
use serde_json::Value;

use crate::artifacts::hex;
use crate::chain::Included;
use crate::quote;

/// A transaction to send: the key, and the words after `wasmd tx`.
pub(crate) struct Tx {
    pub(crate) from: String,
    pub(crate) words: Vec<String>,
}

/// A contract to instantiate.
pub(crate) struct Instance<'a> {
    /// The code's number, or a placeholder.
    pub(crate) code: &'a str,
    pub(crate) salt: &'a str,
    pub(crate) label: &'a str,
    /// None: nobody may migrate it.
    pub(crate) admin: Option<&'a str>,
}

fn words(from: &str, words: &[&str]) -> Tx {
    Tx {
        from: from.to_string(),
        words: words.iter().map(ToString::to_string).collect(),
    }
}

impl Tx {
    pub(crate) fn store(from: &str, path: &str) -> Self {
        words(from, &["wasm", "store", path])
    }

    /// # Errors
    /// A message that cannot be written.
    pub(crate) fn instantiate(
        from: &str,
        instance: &Instance<'_>,
        msg: &impl Serialize,
    ) -> anyhow::Result<Self> {
        let msg = quote::message(msg)?;
        let salt = hex(instance.salt.as_bytes());
        let mut tx = words(
            from,
            &[
                "wasm",
                "instantiate2",
                instance.code,
                &msg,
                &salt,
                "--label",
                instance.label,
            ],
        );
        match instance.admin {
            Some(admin) => tx.words.extend(["--admin".to_string(), admin.to_string()]),
            None => tx.words.push("--no-admin".to_string()),
        }
        Ok(tx)
    }

    /// # Errors
    /// A message that cannot be written.
    pub(crate) fn execute(
        from: &str,
        contract: &str,
        msg: &impl Serialize,
    ) -> anyhow::Result<Self> {
        Ok(words(
            from,
            &["wasm", "execute", contract, &quote::message(msg)?],
        ))
    }

    /// With coins.
    pub(crate) fn with(mut self, coins: &AssetAmount) -> Self {
        let coins = format!("{}{}", coins.amount, coins.asset);
        self.words.extend(["--amount".to_string(), coins]);
        self
    }

    pub(crate) fn migrate(from: &str, contract: &str, code: &str) -> Self {
        words(from, &["wasm", "migrate", contract, code, "{}"])
    }
}

/// Whether an included transaction is the one of these words. It is asked only when the sequence is the
/// same, so that another one there can only be somebody else's use of the key.
pub(crate) fn same(included: &Included, words: &[String], checksum: Option<&str>) -> bool {
    let Some(message) = included.message() else {
        return false;
    };
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let field = |name: &str| {
        message
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let said = || message.get("msg") == serde_json::from_str::<Value>(word(3)).ok().as_ref();
    let kind = field("@type").rsplit('.').next().unwrap_or_default();
    match (word(1), kind) {
        ("store", "MsgStoreCode") => included
            .attribute("store_code", "code_checksum")
            .is_some_and(|sum| Some(sum.to_lowercase().as_str()) == checksum),
        ("instantiate2", "MsgInstantiateContract2") => field("code_id") == word(2) && said(),
        ("execute", "MsgExecuteContract") => field("contract") == word(2) && said(),
        ("migrate", "MsgMigrateContract") => {
            field("contract") == word(2) && field("code_id") == word(3)
        }
        _ => false,
    }
}
