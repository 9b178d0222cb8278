//! `connect`: a consumer's gateway, and the channel between it and the host.

use anyhow::{bail, Context, Result};
use palisade_ibc::{Peer, VERSION};
use palisade_types::{gateway, slashing};
use serde_json::Value;

use crate::config::{Connection, Consumer};
use crate::deploy::{ensure, Wanted};
use crate::ends;
use crate::quote::{self, is_unknown, placeholder};
use crate::service;
use crate::session::Session;
use crate::tx::Tx;

/// Pauses of half a second that a channel may take after hermes said that it is open.
const PATIENCE: u32 = 60;

/// Connects a consumer.
pub(crate) fn run(session: &mut Session<'_>, name: &str) -> Result<()> {
    let consumer = session.consumer(name)?;
    let number = service::number(session, name)?;
    if let Some(relayer) = &session.config.relayer {
        if !session.dry && !relayer.config.is_file() {
            bail!(
                "relayer.config: there is no file {}",
                relayer.config.display()
            );
        }
    }
    if !session.dry {
        session.check_chain(session.chain(&consumer.chain))?;
        service::check(session, name, number)?;
    }
    let Some(connection) = connection(session, name, consumer)? else {
        return Ok(());
    };
    if !session.dry {
        ends::check_connection(session, consumer, &connection)?;
        if let Some(rewards) = &consumer.rewards {
            ends::check_transfer(session, consumer, rewards, &connection)?;
        }
    }
    let gateway = deploy_gateway(session, name, consumer, &connection)?;
    let peer = set_peer(session, number, &connection, &gateway)?;
    let route = route(session, consumer, number, &gateway)?;
    if !peer || !route {
        bail!("`from` is not the owner: the owner has to send what is shown above, then run `palisade connect {name}` again");
    }
    channel(session, name, consumer, (number, &connection, &gateway))
}

/// The connection: as configured, as made before, or made now. None: a person has to make it.
fn connection(
    session: &mut Session<'_>,
    name: &str,
    consumer: &Consumer,
) -> Result<Option<Connection>> {
    let known = session.store.consumer(name);
    if let Some(connection) = &consumer.connection {
        return Ok(Some(connection.clone()));
    }
    if let (Some(host), Some(consumer)) = (known.host_connection, known.consumer_connection) {
        return Ok(Some(Connection { host, consumer }));
    }
    let words = [
        "create",
        "connection",
        "--a-chain",
        &session.config.host.chain_id,
        "--b-chain",
        &consumer.chain.chain_id,
    ];
    session.say(&format!("# {name}: a connection"));
    match hermes(session, &words)? {
        Hermes::Dry => Ok(Some(Connection {
            host: placeholder("HOST_CONNECTION"),
            consumer: placeholder("CONSUMER_CONNECTION"),
        })),
        Hermes::None => {
            session.say(&format!("the config has no [relayer]: run this line, put the two ids into [consumers.{name}.connection], and run `palisade connect {name}` again"));
            Ok(None)
        }
        Hermes::Done(answer) => {
            let side = |side: &str| -> Result<String> {
                let id = answer
                    .pointer(&format!("/{side}/connection_id"))
                    .and_then(Value::as_str);
                Ok(id
                    .with_context(|| format!("hermes told no connection of its {side}: {answer}"))?
                    .to_string())
            };
            let made = Connection {
                host: side("a_side")?,
                consumer: side("b_side")?,
            };
            session.say(&format!("  host {}, {name} {}", made.host, made.consumer));
            session.store.set_consumer(name, |state| {
                state.host_connection = Some(made.host.clone());
                state.consumer_connection = Some(made.consumer.clone());
            })?;
            Ok(Some(made))
        }
    }
}

fn deploy_gateway(
    session: &mut Session<'_>,
    name: &str,
    consumer: &Consumer,
    connection: &Connection,
) -> Result<String> {
    let chain = session.chain(&consumer.chain);
    let settings = &consumer.gateway;
    let owner = gateway_owner(session, consumer)?;
    let label = format!("gateway/{name}");
    let wanted = Wanted {
        name: &label,
        code: "gateway",
        admin: &settings.admin,
        owner: &owner,
        place: &format!("consumers.{name}.gateway"),
        known: session.store.consumer(name).gateway,
    };
    let msg = gateway::InstantiateMsg {
        owner: owner.clone(),
        guardian: settings.guardian.clone(),
        host: Peer {
            connection_id: connection.consumer.clone(),
            port: format!("wasm.{}", session.contract("slashing")?),
        },
        packet_timeout: settings.packet_timeout,
        history: settings.history,
        reporters: settings.reporters.clone(),
    };
    let address = ensure(session, chain, &wanted, &msg)?;
    if session.dry {
        // It is called by what it is, not by whose.
        return Ok(if is_unknown(&address) {
            placeholder("GATEWAY")
        } else {
            address
        });
    }
    session.store.set_consumer(name, |state| {
        state.gateway = Some(address.clone());
        state.host_connection = Some(connection.host.clone());
        state.consumer_connection = Some(connection.consumer.clone());
    })?;
    Ok(address)
}

fn set_peer(
    session: &mut Session<'_>,
    service: u32,
    connection: &Connection,
    gateway: &str,
) -> Result<bool> {
    let host = session.host();
    let slashing = session.contract("slashing")?;
    let peer = Peer {
        connection_id: connection.host.clone(),
        port: format!("wasm.{gateway}"),
    };
    let step = format!("set peer {service}");
    if ![slashing.as_str(), gateway]
        .iter()
        .any(|part| is_unknown(part))
    {
        let found: slashing::ServiceResponse =
            host.ask(&slashing, &slashing::QueryMsg::Service { service })?;
        match found.peer {
            Some(found) if found == peer => {
                session.forget(&step)?;
                return Ok(true);
            }
            Some(found) => bail!(
                "service {service} has another peer, {} over {}: if that is to change, its channel ends; do it by hand with set_peer",
                found.port, found.connection_id
            ),
            None => {}
        }
    }
    session.say(&format!("# service {service}: admit its gateway"));
    let msg = slashing::ExecuteMsg::SetPeer {
        service,
        peer: Some(peer),
    };
    let tx = Tx::execute(&host.settings.from, &slashing, &msg)?;
    let owner = session.owner()?;
    session.owned(host, &owner, &step, &tx)
}

fn route(
    session: &mut Session<'_>,
    consumer: &Consumer,
    service: u32,
    gateway: &str,
) -> Result<bool> {
    let Some(rewards) = &consumer.rewards else {
        return Ok(true);
    };
    let chain = session.chain(&consumer.chain);
    let route = gateway::RewardsRoute {
        channel_id: rewards.consumer_channel.clone(),
        allocation: session.contract("allocation")?,
        service,
    };
    let step = format!("route of rewards {}", chain.settings.chain_id);
    if !is_unknown(gateway) {
        let found: gateway::ConfigResponse = chain.ask(gateway, &gateway::QueryMsg::Config {})?;
        if found.rewards.as_ref() == Some(&route) {
            session.forget(&step)?;
            return Ok(true);
        }
    }
    session.say("# gateway: the way of rewards");
    let tx = Tx::execute(
        &chain.settings.from,
        gateway,
        &gateway::ExecuteMsg::SetRewardsRoute(route),
    )?;
    let owner = gateway_owner(session, consumer)?;
    session.owned(chain, &owner, &step, &tx)
}

fn gateway_owner(session: &Session<'_>, consumer: &Consumer) -> Result<String> {
    match &consumer.gateway.owner {
        Some(owner) => Ok(owner.clone()),
        None => session.key(session.chain(&consumer.chain), &consumer.chain.from),
    }
}

/// Opens the channel, unless one is open between the two contracts.
fn channel(
    session: &mut Session<'_>,
    name: &str,
    consumer: &Consumer,
    (service, connection, gateway): (u32, &Connection, &str),
) -> Result<()> {
    let slashing = session.contract("slashing")?;
    let unknown = [slashing.as_str(), gateway]
        .iter()
        .any(|part| is_unknown(part));
    let contracts = (service, slashing.as_str(), gateway);
    if !unknown {
        let wrong = channels(session, name, consumer, contracts, connection)?;
        if wrong.is_empty() {
            return Ok(());
        }
        for line in wrong {
            session.say(&format!("{name}: not connected: {line}"));
        }
    }
    let (a_port, b_port) = (format!("wasm.{slashing}"), format!("wasm.{gateway}"));
    let words = [
        "create",
        "channel",
        "--a-chain",
        &session.config.host.chain_id,
        "--a-connection",
        &connection.host,
        "--a-port",
        &a_port,
        "--b-port",
        &b_port,
        "--order",
        "unordered",
        "--channel-version",
        VERSION,
    ];
    session.say(&format!("# {name}: the channel"));
    let outcome = hermes(session, &words);
    if session.dry {
        return outcome.map(|_| ());
    }
    if let Ok(Hermes::None) = outcome {
        session.say(&format!("the config has no [relayer]: run this line, and then `palisade connect {name}` again, which looks whether it is open"));
        return Ok(());
    }
    // What counts is what the chains say: a relayer that runs beside may have ended the handshake.
    let mut wrong = Vec::new();
    for _ in 0..PATIENCE {
        wrong = channels(session, name, consumer, contracts, connection)?;
        if wrong.is_empty() {
            return Ok(());
        }
        if outcome.is_err() {
            break;
        }
        session.host().pause();
    }
    outcome?;
    bail!(
        "hermes made the channel, and it is not open between the two contracts: run `palisade status`\n  {}",
        wrong.join("\n  ")
    )
}

/// What keeps the two contracts from having an open channel between them; nothing: it is kept.
fn channels(
    session: &mut Session<'_>,
    name: &str,
    consumer: &Consumer,
    (service, slashing, gateway): (u32, &str, &str),
    connection: &Connection,
) -> Result<Vec<String>> {
    let host: slashing::ServiceResponse = session
        .host()
        .ask(slashing, &slashing::QueryMsg::Service { service })?;
    let there: gateway::ConfigResponse = session
        .chain(&consumer.chain)
        .ask(gateway, &gateway::QueryMsg::Config {})?;
    let (host, there) = match (host.channel, there.channel) {
        (Some(host), Some(there)) => (host, there),
        (host, there) => {
            let id = |channel: Option<String>| channel.unwrap_or_else(|| "none".to_string());
            let (host, there) = (id(host), id(there));
            return Ok(vec![format!(
                "the channel is {host} on the host and {there} on the consumer"
            )]);
        }
    };
    let ports = [format!("wasm.{slashing}"), format!("wasm.{gateway}")];
    let ends = (
        (host.as_str(), there.as_str()),
        ports.each_ref().map(String::as_str),
    );
    let wrong = ends::channel(session, consumer, ends, connection)?;
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    session.say(&format!(
        "{name}: connected, the channel is {host} on the host and {there} on the consumer"
    ));
    if !session.dry {
        session.store.set_consumer(name, |state| {
            state.host_channel = Some(host);
            state.consumer_channel = Some(there);
        })?;
    }
    Ok(wrong)
}

/// What became of a line of hermes.
enum Hermes {
    /// It was shown only.
    Dry,
    /// There is no relayer in the config.
    None,
    /// Its answer.
    Done(Value),
}

fn hermes(session: &Session<'_>, words: &[&str]) -> Result<Hermes> {
    let relayer = session.config.relayer.as_ref();
    let program = relayer.map_or("hermes", |relayer| relayer.binary.as_str());
    let mut all: Vec<String> = Vec::new();
    if let Some(relayer) = relayer {
        all.extend(["--config".to_string(), relayer.config.display().to_string()]);
    }
    all.extend(words.iter().map(ToString::to_string));
    session.say(&quote::line(
        std::iter::once(program).chain(all.iter().map(String::as_str)),
    ));
    if session.dry {
        return Ok(Hermes::Dry);
    }
    if relayer.is_none() {
        return Ok(Hermes::None);
    }
    session.say("  hermes is at it, for half a minute or so");
    all.insert(0, "--json".to_string());
    let ran = session.world.run(program, &all)?;
    let last: Option<Value> = ran.stdout.lines().rev().find_map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        value.get("result").is_some().then_some(value)
    });
    match last {
        Some(last) if ran.ok && last.get("status").and_then(Value::as_str) == Some("success") => {
            Ok(Hermes::Done(
                last.get("result").cloned().unwrap_or_default(),
            ))
        }
        Some(last) => bail!(
            "hermes: {}",
            last.get("result").cloned().unwrap_or_default()
        ),
        None => bail!("hermes: {}{}", ran.stdout, ran.stderr),
    }
}
