//! `env`: the suite's names for a shell, as the guides call them.

use anyhow::{bail, Result};
use palisade_types::asset::AssetKind;

use crate::assets;
use crate::chain::Chain;
use crate::quote::export;
use crate::session::Session;
use crate::state::ConsumerState;

/// Prints them, all or none; `keyring`: with the flags of the config's keyrings.
pub(crate) fn run(session: &Session<'_>, consumer: Option<&str>, keyring: bool) -> Result<()> {
    let mut lines = host(session, keyring)?;
    let first = || session.config.consumers.keys().next().map(String::as_str);
    if let Some(name) = consumer.or_else(first) {
        lines.extend(self::consumer(session, name, consumer.is_some(), keyring)?);
    }
    for line in lines {
        session.say(&line);
    }
    Ok(())
}

fn host(session: &Session<'_>, keyring: bool) -> Result<Vec<String>> {
    let host = session.host();
    let vault = session.contract("vault")?;
    let mut lines = vec![
        export("HOST_CHAIN", &host.settings.chain_id),
        export("NODE_FLAGS", &flags(host, keyring)?),
        export("QUERY_FLAGS", &query_flags(host)),
        export("OWNER", &session.owner()?),
        export("VAULT", &vault),
    ];
    for (name, contract) in [
        ("DELEGATION", "delegation"),
        ("ALLOCATION", "allocation"),
        ("SLASHING", "slashing"),
    ] {
        lines.push(export(name, &session.contract(contract)?));
    }
    for asset in assets::registered(host, &vault)? {
        if let AssetKind::Staked { code_id, .. } = asset.kind {
            lines.push(export("STAKER_CODE", &code_id.to_string()));
        }
    }
    Ok(lines)
}

/// Of a consumer that is not registered nothing is told, unless it was `named`.
fn consumer(session: &Session<'_>, name: &str, named: bool, keyring: bool) -> Result<Vec<String>> {
    let consumer = session.consumer(name)?;
    let chain = session.chain(&consumer.chain);
    let ConsumerState {
        service,
        gateway,
        host_connection,
        consumer_connection,
        host_channel,
        consumer_channel,
    } = session.store.consumer(name);
    if service.is_none() && !named {
        return Ok(vec![format!(
            "# {name} is not registered yet: its names are left out"
        )]);
    }
    let connection = consumer.connection.as_ref();
    let rewards = consumer.rewards.as_ref();
    let mut lines = vec![
        export("CONSUMER_CHAIN", &chain.settings.chain_id),
        export("CONSUMER_FLAGS", &flags(chain, keyring)?),
        export("CONSUMER_QUERY", &query_flags(chain)),
    ];
    let mut missing = Vec::new();
    for (variable, value) in [
        ("SERVICE", service.map(|service| service.to_string())),
        ("GATEWAY", gateway),
        (
            "HOST_CONNECTION",
            connection.map(|ends| ends.host.clone()).or(host_connection),
        ),
        (
            "CONSUMER_CONNECTION",
            connection
                .map(|ends| ends.consumer.clone())
                .or(consumer_connection),
        ),
        ("HOST_CHANNEL", host_channel),
        ("CONSUMER_CHANNEL", consumer_channel),
    ] {
        match value {
            Some(value) => lines.push(export(variable, &value)),
            None => missing.push(variable),
        }
    }
    if !missing.is_empty() {
        bail!(
            "{name}: {} not in {}: run `palisade register-service {name}` and `palisade connect {name}`, or name the state with --state",
            missing.join(", "),
            session.store.path().display()
        );
    }
    if let Some(rewards) = rewards {
        lines.push(export("HOST_TRANSFER", &rewards.host_channel));
        lines.push(export("CONSUMER_TRANSFER", &rewards.consumer_channel));
    }
    Ok(lines)
}

/// Flags of a transaction. The guides use them without quotes, so that no word of them holds a space.
fn flags(chain: Chain<'_>, keyring: bool) -> Result<String> {
    let mut words = chain.flags();
    if keyring {
        words.extend(chain.keyring());
    }
    if let Some(word) = words.iter().find(|word| word.contains(char::is_whitespace)) {
        bail!("{word:?} holds a space: the flags could not be used in a shell; --public leaves those of the keyring out");
    }
    Ok(words.join(" "))
}

fn query_flags(chain: Chain<'_>) -> String {
    format!("--node {} -o json", chain.settings.node)
}
