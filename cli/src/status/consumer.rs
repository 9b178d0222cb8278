//! What a consumer tells, if its node answers, and the way between.

use anyhow::{Context, Result};
use palisade_types::{gateway, slashing};
use serde_json::Value;

use super::host::Suite;
use super::{Consumer, End};
use crate::chain::{pages, Chain, PAGE};
use crate::session::Session;
use crate::sync::consumer_powers;

/// Asks the consumer of a service, if the config has it.
pub(super) fn gather(
    session: &Session<'_>,
    suite: &Suite<'_>,
    service: u32,
    found: &slashing::ServiceResponse,
) -> Result<Option<Consumer>> {
    let states = &session.store.state.consumers;
    let Some((name, state)) = states
        .iter()
        .find(|(_, state)| state.service == Some(service))
    else {
        return Ok(None);
    };
    let Some(config) = session.config.consumers.get(name) else {
        return Ok(None);
    };
    let chain = session.chain(&config.chain);
    let mut consumer = Consumer {
        chain_id: config.chain.chain_id.clone(),
        host_end: None,
        unreachable: None,
        consumer_end: None,
        last_update: 0,
        powers: Default::default(),
        open_reports: 0,
        due_reports: 0,
    };
    if let Some(channel) = &found.channel {
        consumer.host_end = Some(end(suite.host, &suite.slashing, channel)?);
    }
    let Some(gateway) = &state.gateway else {
        consumer.unreachable = Some(format!("not connected yet: palisade connect {name}"));
        return Ok(Some(consumer));
    };
    if let Err(error) = side(session, chain, gateway, &mut consumer) {
        consumer.unreachable = Some(format!("{error:#}"));
    }
    Ok(Some(consumer))
}

fn side(
    session: &Session<'_>,
    chain: Chain<'_>,
    gateway: &str,
    consumer: &mut Consumer,
) -> Result<()> {
    let config: gateway::ConfigResponse = chain.ask(gateway, &gateway::QueryMsg::Config {})?;
    consumer.last_update = config.last_update.u64();
    consumer.powers = consumer_powers(chain, gateway)?;
    let now = session.world.now();
    let open = pages(
        |start_after| {
            let ask = gateway::QueryMsg::Reports {
                open: true,
                start_after,
                limit: PAGE,
            };
            chain.ask(gateway, &ask)
        },
        |report: &gateway::ReportResponse| report.nonce,
    )?;
    let due = open.iter().filter(|report| {
        matches!(&report.state,
            gateway::ReportState::Queued { not_before } if not_before.seconds() <= now)
    });
    consumer.due_reports = u32::try_from(due.count())?;
    consumer.open_reports = u32::try_from(open.len())?;
    if let Some(channel) = &config.channel {
        consumer.consumer_end = Some(end(chain, gateway, channel)?);
    }
    Ok(())
}

/// An end of a channel, with the light client that it rests on.
fn end(chain: Chain<'_>, contract: &str, channel: &str) -> Result<End> {
    let text = |value: &Value, path: &str| -> Result<String> {
        let found = value.pointer(path).and_then(Value::as_str);
        Ok(found
            .with_context(|| format!("no {path} in {value}"))?
            .to_string())
    };
    let port = format!("wasm.{contract}");
    let found = chain.query(&["ibc", "channel", "end", &port, channel])?;
    let connection = text(&found, "/channel/connection_hops/0")?;
    let link = chain.query(&["ibc", "connection", "end", &connection])?;
    let client = text(&link, "/connection/client_id")?;
    let status = chain.query(&["ibc", "client", "status", &client])?;
    let state = text(&found, "/channel/state")?;
    Ok(End {
        channel: channel.to_string(),
        state: state.trim_start_matches("STATE_").to_lowercase(),
        client_status: text(&status, "/status")?,
        client,
    })
}
