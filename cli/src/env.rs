//! `env`: the suite's names for a shell, as the guides call them.

use anyhow::Result;
use palisade_types::asset::AssetKind;

use crate::assets;
use crate::chain::Chain;
use crate::quote::{export, is_unknown};
use crate::session::Session;

/// Prints them.
pub(crate) fn run(session: &Session<'_>, consumer: Option<&str>) -> Result<()> {
    let host = session.host();
    let put = |name: &str, value: &str| session.say(&export(name, value));
    put("NODE_FLAGS", &host.flags().join(" "));
    put("QUERY_FLAGS", &query_flags(host));
    put("OWNER", &session.owner()?);
    for (name, contract) in [
        ("VAULT", "vault"),
        ("DELEGATION", "delegation"),
        ("ALLOCATION", "allocation"),
        ("SLASHING", "slashing"),
    ] {
        put(name, &session.contract(contract)?);
    }
    let vault = session.contract("vault")?;
    let registered = if is_unknown(&vault) {
        Vec::new()
    } else {
        assets::registered(host, &vault)?
    };
    for asset in registered {
        if let AssetKind::Staked { code_id, .. } = asset.kind {
            put("STAKER_CODE", &code_id.to_string());
        }
    }
    let Some(name) =
        consumer.or_else(|| session.config.consumers.keys().next().map(String::as_str))
    else {
        return Ok(());
    };
    let consumer = session.consumer(name)?;
    let chain = session.chain(&consumer.chain);
    put("CONSUMER_FLAGS", &chain.flags().join(" "));
    put("CONSUMER_QUERY", &query_flags(chain));
    let state = session.store.consumer(name);
    let service = state.service.map(|service| service.to_string());
    let connection = consumer.connection.as_ref();
    let known = [
        ("SERVICE", service),
        ("GATEWAY", state.gateway),
        (
            "HOST_CONNECTION",
            connection
                .map(|ends| ends.host.clone())
                .or(state.host_connection),
        ),
        (
            "CONSUMER_CONNECTION",
            connection
                .map(|ends| ends.consumer.clone())
                .or(state.consumer_connection),
        ),
        ("HOST_CHANNEL", state.host_channel),
        ("CONSUMER_CHANNEL", state.consumer_channel),
        (
            "HOST_TRANSFER",
            consumer
                .rewards
                .as_ref()
                .map(|rewards| rewards.host_channel.clone()),
        ),
        (
            "CONSUMER_TRANSFER",
            consumer
                .rewards
                .as_ref()
                .map(|rewards| rewards.consumer_channel.clone()),
        ),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            put(name, &value);
        }
    }
    Ok(())
}

fn query_flags(chain: Chain<'_>) -> String {
    format!("--node {} -o json", chain.settings.node)
}
