//! What contracts say at a height, so that an upgrade can be seen to have changed nothing.
//!
//! Left out is what time alone changes: maturing unbondings, weights, changes that take effect.

use std::collections::BTreeMap;

use anyhow::{bail, Result};
use serde_json::{json, Value};

use crate::chain::{pages, Chain, PAGE};
use crate::session::Session;

/// Answers, by what they are of.
pub(crate) type Answers = BTreeMap<String, Value>;

/// A chain at a height.
struct At<'a> {
    chain: Chain<'a>,
    height: u64,
    answers: Answers,
}

impl At<'_> {
    fn ask(&self, contract: &str, msg: &Value) -> Result<Value> {
        self.chain.ask_at(contract, msg, self.height)
    }

    /// All pages; the cursor is what `field` of the last entry is.
    fn all(&self, contract: &str, name: &str, body: &Value, field: &str) -> Result<Vec<Value>> {
        let ask = |start_after: Option<Value>| {
            let mut body = body.clone();
            if let Some(body) = body.as_object_mut() {
                body.insert("start_after".to_string(), json!(start_after));
                body.insert("limit".to_string(), json!(PAGE));
            }
            let page = self.ask(contract, &json!({ name: body }))?;
            Ok(page.as_array().cloned().unwrap_or_default())
        };
        pages(ask, |last: &Value| {
            last.get(field).cloned().unwrap_or_default()
        })
    }

    fn keep(&mut self, what: String, answer: Value) {
        self.answers.insert(what, answer);
    }
}

fn without(mut answer: Vec<Value>, fields: &[&str]) -> Value {
    for entry in answer.iter_mut().filter_map(Value::as_object_mut) {
        for field in fields {
            entry.remove(*field);
        }
    }
    json!(answer)
}

fn name(value: &Value, field: &str) -> String {
    match value.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Everything on the host that the suite keeps books of.
fn host(session: &Session<'_>, height: u64) -> Result<Answers> {
    let mut at = At {
        chain: session.host(),
        height,
        answers: Answers::new(),
    };
    let (vault, delegation) = (session.contract("vault")?, session.contract("delegation")?);
    let (allocation, slashing) = (
        session.contract("allocation")?,
        session.contract("slashing")?,
    );
    for asset in at.all(&vault, "assets", &json!({}), "id")? {
        let id = name(&asset, "id");
        let books = at.ask(&vault, &json!({ "books": { "asset": id } }))?;
        at.keep(format!("books of {id}"), books);
    }
    for operator in at.all(&delegation, "operators", &json!({}), "operator")? {
        let operator = name(&operator, "operator");
        let body = json!({ "operator": operator });
        let pools = at.all(&delegation, "pools", &body, "asset")?;
        at.keep(
            format!("pools of {operator}"),
            without(pools, &["unbonding"]),
        );
    }
    let services = at.all(&allocation, "services", &json!({}), "service")?;
    for service in &services {
        let number = service.get("service").cloned().unwrap_or_default();
        let ask = json!({ "service_rewards": { "service": number } });
        let rewards = at.ask(&allocation, &ask)?;
        let rewards = rewards.as_array().cloned().unwrap_or_default();
        at.keep(
            format!("rewards of service {number}"),
            without(rewards, &["weight"]),
        );
        let requests = requests(&at, &slashing, &number)?;
        at.keep(format!("requests of service {number}"), requests);
    }
    at.keep("services".to_string(), json!(services));
    Ok(at.answers)
}

fn requests(at: &At<'_>, slashing: &str, service: &Value) -> Result<Value> {
    let mut all = Vec::new();
    let mut next = Value::Null;
    loop {
        let ask = json!({ "requests": { "service": service, "start_after": next, "limit": PAGE } });
        let page = at.ask(slashing, &ask)?;
        let found = page.get("requests").and_then(Value::as_array);
        all.extend(found.into_iter().flatten().cloned());
        next = page.get("next").cloned().unwrap_or_default();
        if next.is_null() {
            return Ok(json!(all));
        }
    }
}

fn gateway(chain: Chain<'_>, address: &str, height: u64) -> Result<Answers> {
    let mut at = At {
        chain,
        height,
        answers: Answers::new(),
    };
    let operators = at.all(address, "operators", &json!({}), "operator")?;
    at.keep("operators of the gateway".to_string(), json!(operators));
    Ok(at.answers)
}

/// All answers are the same at a migration's block as at the one before.
///
/// # Errors
/// What differs, with both answers.
pub(crate) fn unchanged(
    session: &Session<'_>,
    chain: Chain<'_>,
    (code, address): (&str, &str),
    height: u64,
) -> Result<()> {
    let at = |height| match code {
        "gateway" => gateway(chain, address, height),
        _ => host(session, height),
    };
    let (before, after) = (at(height.saturating_sub(1))?, at(height)?);
    let nothing = Value::Null;
    let mut faults = Vec::new();
    for what in before
        .keys()
        .chain(after.keys().filter(|key| !before.contains_key(*key)))
    {
        let (then, now) = (
            before.get(what).unwrap_or(&nothing),
            after.get(what).unwrap_or(&nothing),
        );
        if then == now {
            session.say(&format!("  {what}: as before"));
        } else {
            faults.push(format!(
                "{what}: {then} before block {height}, {now} after it"
            ));
        }
    }
    if !faults.is_empty() {
        bail!(
            "migrated, and not everything is as before; look which other transactions are in that block:\n  {}",
            faults.join("\n  ")
        );
    }
    Ok(())
}
