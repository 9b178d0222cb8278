//! Whether connection and channels lead where the config says: both ends are asked.

use anyhow::{bail, Result};
use serde_json::Value;

use crate::chain::Chain;
use crate::config::{Connection, Consumer, Rewards};
use crate::session::Session;

/// One end, and what the other has to be.
struct End<'a> {
    chain: Chain<'a>,
    id: &'a str,
    other: &'a str,
    other_chain: &'a str,
}

fn ends<'a>(
    session: &Session<'a>,
    consumer: &'a Consumer,
    (host_id, consumer_id): (&'a str, &'a str),
) -> [End<'a>; 2] {
    let (host, there) = (session.host(), session.chain(&consumer.chain));
    [
        End {
            chain: host,
            id: host_id,
            other: consumer_id,
            other_chain: &there.settings.chain_id,
        },
        End {
            chain: there,
            id: consumer_id,
            other: host_id,
            other_chain: &host.settings.chain_id,
        },
    ]
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or("nothing")
}

/// What is not as it has to be.
fn faults(of: &str, rules: &[(&str, &str, &str)]) -> Vec<String> {
    let broken = rules.iter().filter(|(_, have, want)| have != want);
    broken
        .map(|(what, have, want)| format!("{of}: {what} is {have}, and has to be {want}"))
        .collect()
}

/// A connection is open, its two ends are each other's, and the light clients are of the two chains.
///
/// # Errors
/// All that is wrong.
pub(crate) fn check_connection(
    session: &Session<'_>,
    consumer: &Consumer,
    connection: &Connection,
) -> Result<()> {
    let mut wrong = Vec::new();
    for end in ends(session, consumer, (&connection.host, &connection.consumer)) {
        let found = end.chain.query(&["ibc", "connection", "end", end.id])?;
        let client = text(&found, "/connection/client_id");
        let state = end.chain.query(&["ibc", "client", "state", client])?;
        let of = format!("{} on {}", end.id, end.chain.settings.chain_id);
        let rules = [
            ("its state", text(&found, "/connection/state"), "STATE_OPEN"),
            (
                "its other end",
                text(&found, "/connection/counterparty/connection_id"),
                end.other,
            ),
            (
                "the chain of its light client",
                text(&state, "/client_state/chain_id"),
                end.other_chain,
            ),
        ];
        wrong.extend(faults(&of, &rules));
    }
    if !wrong.is_empty() {
        bail!(
            "the connection is not one between the two chains:\n  {}\n  see `connection` in the config, or the ids in the state",
            wrong.join("\n  ")
        );
    }
    Ok(())
}

/// The two ends of rewards' transfer channel are each other's, and on the connection.
///
/// # Errors
/// All that is wrong.
pub(crate) fn check_transfer(
    session: &Session<'_>,
    consumer: &Consumer,
    rewards: &Rewards,
    connection: &Connection,
) -> Result<()> {
    let ids = (
        rewards.host_channel.as_str(),
        rewards.consumer_channel.as_str(),
    );
    let ports = ["transfer", "transfer"];
    let wrong = channel(session, consumer, (ids, ports), connection)?;
    if !wrong.is_empty() {
        bail!(
            "the channel of rewards is not one between the two chains:\n  {}\n  see `rewards` in the config",
            wrong.join("\n  ")
        );
    }
    Ok(())
}

/// What keeps two channels, by their ids and ports on the host and on the consumer, from being the two
/// ends of an open one on the connection.
///
/// # Errors
/// A node does not answer; there is no such channel.
pub(crate) fn channel(
    session: &Session<'_>,
    consumer: &Consumer,
    (ids, [host_port, consumer_port]): ((&str, &str), [&str; 2]),
    connection: &Connection,
) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let sides = [
        (host_port, consumer_port, &connection.host),
        (consumer_port, host_port, &connection.consumer),
    ];
    for (end, (port, other_port, connection)) in ends(session, consumer, ids).into_iter().zip(sides)
    {
        let found = end.chain.query(&["ibc", "channel", "end", port, end.id])?;
        let of = format!("{} on {}", end.id, end.chain.settings.chain_id);
        let rules = [
            ("its state", text(&found, "/channel/state"), "STATE_OPEN"),
            (
                "the port of its other end",
                text(&found, "/channel/counterparty/port_id"),
                other_port,
            ),
            (
                "its other end",
                text(&found, "/channel/counterparty/channel_id"),
                end.other,
            ),
            (
                "its connection",
                text(&found, "/channel/connection_hops/0"),
                connection,
            ),
        ];
        wrong.extend(faults(&of, &rules));
    }
    Ok(wrong)
}
