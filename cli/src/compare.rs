//! Whether a contract that is there already is as the config has it.

use anyhow::{bail, Result};
use palisade_types::gateway;
use serde_json::{json, Value};

use crate::chain::{pages, Chain, Contract, PAGE};
use crate::quote::is_unknown;
use crate::session::Session;

/// A contract that was found.
pub(crate) struct Found<'a> {
    /// As people call it.
    pub(crate) name: &'a str,
    pub(crate) address: &'a str,
    pub(crate) contract: &'a Contract,
    /// Who shall be able to migrate it; none: nobody.
    pub(crate) admin: Option<&'a str>,
}

/// Compares it with the message that would instantiate it: its fields are those of the contract's
/// `config`, beside owner, guardian, throttle and reporters.
///
/// # Errors
/// It differs in something that never changes, or in who rules it.
pub(crate) fn check(
    session: &Session<'_>,
    chain: Chain<'_>,
    found: &Found<'_>,
    msg: &Value,
) -> Result<()> {
    let (name, address) = (found.name, found.address);
    let mut faults = Vec::new();
    let mut compare = |what: &str, have: &Value, want: &Value, how: &str| {
        let known = !is_unknown(&want.to_string());
        if known && have != want {
            faults.push(format!(
                "{what}: the chain has {have}, the config says {want}; {how}"
            ));
        }
    };
    let admin = Some(found.contract.admin.as_str()).filter(|admin| !admin.is_empty());
    let how =
        "`wasmd tx wasm set-contract-admin` by the present one changes it, unless there is none";
    compare("contract admin", &json!(admin), &json!(found.admin), how);
    let config: Value = chain.ask(address, &json!({ "config": {} }))?;
    let empty = serde_json::Map::new();
    for (field, want) in msg.as_object().unwrap_or(&empty) {
        match field.as_str() {
            "owner" => {
                let have: Value = chain.ask(address, &json!({ "ownership": {} }))?;
                let how = "`update_ownership` by the present one changes it";
                compare("owner", field_of(&have, "owner"), want, how);
            }
            "throttle" => {
                for part in ["period", "most"] {
                    let have = field_of(&config, &format!("throttle_{part}"));
                    let what = format!("throttle.{part}");
                    compare(&what, have, field_of(want, part), "it never changes");
                }
            }
            "host" => {
                let how = "`renew_channel` changes the connection, nothing the port";
                compare(field, field_of(&config, field), want, how);
            }
            // Said below.
            "guardian" | "reporters" => {}
            _ => compare(field, field_of(&config, field), want, "it never changes"),
        }
    }
    if !faults.is_empty() {
        bail!(
            "{name}: {address} is not as the config has it:\n  {}",
            faults.join("\n  ")
        );
    }
    said(session, chain, found, msg)
}

fn field_of<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// What the owner sets right by a message is no reason to stop.
fn said(session: &Session<'_>, chain: Chain<'_>, found: &Found<'_>, msg: &Value) -> Result<()> {
    let (name, address) = (found.name, found.address);
    let guard: Value = chain.ask(address, &json!({ "guard": {} }))?;
    let (have, want) = (field_of(&guard, "guardian"), field_of(msg, "guardian"));
    if have != want {
        session.say(&format!("{name}: the guardian is {have}, the config says {want}: `{{\"admin\":{{\"set_guardian\":{{..}}}}}}` by the owner changes it"));
    }
    let Some(wanted) = msg.get("reporters").and_then(Value::as_array) else {
        return Ok(());
    };
    let mut have: Vec<String> = pages(
        |start_after| {
            let limit = PAGE;
            chain.ask(
                address,
                &gateway::QueryMsg::Reporters { start_after, limit },
            )
        },
        String::clone,
    )?;
    let mut want: Vec<String> = wanted
        .iter()
        .filter_map(|reporter| Some(reporter.as_str()?.to_string()))
        .collect();
    have.sort();
    want.sort();
    want.dedup();
    if have != want {
        session.say(&format!("{name}: the reporters are [{}], the config says [{}]: `set_reporters` by the owner changes them", have.join(", "), want.join(", ")));
    }
    Ok(())
}

/// A contract that the same sender made under the same label: the suite's own, of other code.
///
/// # Errors
/// There is one.
pub(crate) fn none_of_label(
    session: &Session<'_>,
    chain: Chain<'_>,
    (creator, label): (&str, &str),
    (predicted, place): (&str, &str),
) -> Result<()> {
    for address in chain.contracts_of(creator)? {
        let contract = chain.contract(&address)?;
        if contract.is_some_and(|contract| contract.label == label) {
            bail!(
                "{creator} made a contract with the label {label} on {} before, {address}, and of these artifacts it would be {predicted}. Nothing is made anew. If it is this suite's, put \"{place}\": \"{address}\" into the state ({}); if a second suite is meant, give it another suite.name",
                chain.settings.chain_id,
                session.store.path().display()
            );
        }
    }
    Ok(())
}
