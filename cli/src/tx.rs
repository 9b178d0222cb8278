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
    let after = |flag: &str| {
        let at = words.iter().position(|word| word == flag);
        at.and_then(|at| words.get(at.saturating_add(1)))
            .map_or("", String::as_str)
    };
    let kind = field("@type").rsplit('.').next().unwrap_or_default();
    match (word(1), kind) {
        ("store", "MsgStoreCode") => included
            .attribute("store_code", "code_checksum")
            .is_some_and(|sum| Some(sum.to_lowercase().as_str()) == checksum),
        ("instantiate2", "MsgInstantiateContract2") => {
            field("code_id") == word(2)
                && said()
                && field("label") == after("--label")
                && field("admin") == after("--admin")
        }
        ("execute", "MsgExecuteContract") => {
            field("contract") == word(2) && said() && funds(message) == after("--amount")
        }
        ("migrate", "MsgMigrateContract") => {
            field("contract") == word(2) && field("code_id") == word(3)
        }
        _ => false,
    }
}

/// The coins of a message, as they are written behind `--amount`.
fn funds(message: &Value) -> String {
    let part = |coin: &Value, name: &str| {
        let part = coin.get(name).and_then(Value::as_str);
        part.unwrap_or_default().to_string()
    };
    let coins = message.get("funds").and_then(Value::as_array);
    let coins: Vec<String> = coins
        .into_iter()
        .flatten()
        .map(|coin| part(coin, "amount") + &part(coin, "denom"))
        .collect();
    coins.join(",")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use cosmwasm_std::Uint128;
    use serde_json::json;

    #[test]
    fn coins_are_a_part_of_what_was_sent() {
        let coins = |amount: u128| AssetAmount {
            asset: "stake".to_string(),
            amount: Uint128::new(amount),
        };
        let tx = |amount| {
            let tx = Tx::execute("a", "wasm1c", &json!({ "deposit": {} })).unwrap();
            tx.with(&coins(amount)).words
        };
        let included = |funds: Value| {
            let message = json!({
                "@type": "/cosmwasm.wasm.v1.MsgExecuteContract", "contract": "wasm1c",
                "msg": { "deposit": {} }, "funds": funds,
            });
            Included::read(json!({ "tx": { "body": { "messages": [message] } } }))
        };
        let five = included(json!([{ "denom": "stake", "amount": "5" }]));
        assert!(same(&five, &tx(5), None));
        assert!(!same(&five, &tx(6), None));
        assert!(!same(&included(json!([])), &tx(5), None));
        let other = included(json!([{ "denom": "ulst", "amount": "5" }]));
        assert!(!same(&other, &tx(5), None));
        let bare = Tx::execute("a", "wasm1c", &json!({ "deposit": {} })).unwrap();
        assert!(!same(&five, &bare.words, None));
        assert!(same(&included(json!([])), &bare.words, None));
    }

    #[test]
    fn label_and_admin_are_a_part_of_an_instantiation() {
        let tx = |admin| {
            let instance = Instance {
                code: "3",
                salt: "s",
                label: "palisade/vault",
                admin,
            };
            Tx::instantiate("a", &instance, &json!({})).unwrap().words
        };
        let included = |label: &str, admin: &str| {
            let message = json!({
                "@type": "/cosmwasm.wasm.v1.MsgInstantiateContract2", "code_id": "3", "msg": {},
                "label": label, "admin": admin,
            });
            Included::read(json!({ "tx": { "body": { "messages": [message] } } }))
        };
        assert!(same(
            &included("palisade/vault", "wasm1a"),
            &tx(Some("wasm1a")),
            None
        ));
        assert!(same(&included("palisade/vault", ""), &tx(None), None));
        assert!(!same(
            &included("palisade/vault", "wasm1b"),
            &tx(Some("wasm1a")),
            None
        ));
        assert!(!same(
            &included("other", "wasm1a"),
            &tx(Some("wasm1a")),
            None
        ));
    }
}
