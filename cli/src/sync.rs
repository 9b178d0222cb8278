//! `sync`: rates, powers, and whether the consumer knows.

use std::collections::BTreeMap;

use anyhow::{bail, Result};
use cosmwasm_std::Uint128;
use palisade_types::asset::RateSource;
use palisade_types::{gateway, slashing, vault};

use crate::assets;
use crate::chain::{pages, Chain, Included, PAGE};
use crate::config::Consumer;
use crate::quote::is_unknown;
use crate::service;
use crate::session::Session;
use crate::tx::Tx;

/// Most pages of one pass: 200 operators, 30 each, and a pass that was under way.
const PAGES: u32 = 16;

/// Syncs a service, all pages of it, and waits for the relayer.
pub(crate) fn run(
    session: &mut Session<'_>,
    name: &str,
    wait: u64,
    from: Option<&str>,
) -> Result<()> {
    let consumer = session.consumer(name)?;
    let number = service::number(session, name)?;
    let host = session.host();
    let from = from.unwrap_or(&host.settings.from).to_string();
    let (vault, slashing) = (session.contract("vault")?, session.contract("slashing")?);
    rates(session, consumer, &vault, &from)?;
    for page in 1..=PAGES {
        session.say(&format!("# {name}: sync, page {page}"));
        let msg = slashing::ExecuteMsg::Sync {
            service: number,
            limit: None,
        };
        let tx = Tx::execute(&from, &slashing, &msg)?;
        let Some(done) = again(session, &format!("sync {name}"), &tx)? else {
            return Ok(());
        };
        let told = |key| done.attribute("wasm-sync", key).unwrap_or_default();
        session.say(&format!(
            "  update {}, {} operators, complete: {}",
            told("update_id"),
            told("operators"),
            told("complete")
        ));
        if told("complete") == "true" {
            return delivered(session, name, consumer, (number, wait));
        }
    }
    bail!("{PAGES} pages, and the pass is not complete: run the same command again")
}

fn rates(session: &mut Session<'_>, consumer: &Consumer, vault: &str, from: &str) -> Result<()> {
    let host = session.host();
    let there = if is_unknown(vault) {
        Vec::new()
    } else {
        assets::registered(host, vault)?
    };
    for id in &consumer.service.terms.assets {
        let known = there
            .iter()
            .find(|asset| asset.id == *id)
            .map(|asset| &asset.source);
        let configured = || {
            session
                .config
                .assets
                .iter()
                .find(|asset| asset.id == *id)
                .map(|asset| &asset.rate)
        };
        if matches!(
            known.or_else(configured),
            None | Some(RateSource::Fixed { .. })
        ) {
            continue;
        }
        session.say(&format!("# asset {id}: refresh its rate"));
        let tx = Tx::execute(
            from,
            vault,
            &vault::ExecuteMsg::UpdateRate { asset: id.clone() },
        )?;
        again(session, &format!("update rate {id}"), &tx)?;
    }
    Ok(())
}

/// Sends what does no harm twice. What became of a former run's is not asked: it may be of days ago,
/// and tells nothing of today.
fn again(session: &mut Session<'_>, step: &str, tx: &Tx) -> Result<Option<Included>> {
    session.forget(step)?;
    session.run(session.host(), step, tx)
}

/// Powers as both sides know them, by operator.
pub(crate) struct Powers {
    pub(crate) host: BTreeMap<String, Uint128>,
    pub(crate) consumer: BTreeMap<String, Uint128>,
}

/// Asks the host.
pub(crate) fn host_powers(
    host: Chain<'_>,
    allocation: &str,
    service: u32,
) -> Result<BTreeMap<String, Uint128>> {
    Ok(service::members(host, allocation, service)?
        .into_iter()
        .map(|member| (member.operator.to_string(), member.power))
        .collect())
}

/// Asks the consumer.
pub(crate) fn consumer_powers(
    chain: Chain<'_>,
    gateway: &str,
) -> Result<BTreeMap<String, Uint128>> {
    let operators = pages(
        |start_after| {
            let limit = PAGE;
            chain.ask(
                gateway,
                &gateway::QueryMsg::Operators { start_after, limit },
            )
        },
        |operator: &gateway::OperatorResponse| operator.operator.clone(),
    )?;
    Ok(operators
        .into_iter()
        .map(|operator| (operator.operator, operator.power))
        .collect())
}

impl Powers {
    /// Whether both sides know the same; who has no power need not be known to the consumer.
    pub(crate) fn agree(&self) -> bool {
        let of = |side: &BTreeMap<String, Uint128>| -> BTreeMap<String, Uint128> {
            let some = side.iter().filter(|(_, power)| !power.is_zero());
            some.map(|(operator, power)| (operator.clone(), *power))
                .collect()
        };
        of(&self.host) == of(&self.consumer)
    }
}

/// Waits for the relayer, and tells whether it delivered.
fn delivered(
    session: &Session<'_>,
    name: &str,
    consumer: &Consumer,
    (service, wait): (u32, u64),
) -> Result<()> {
    let Some(gateway) = session.store.consumer(name).gateway else {
        session.say(&format!(
            "{name}: not connected: the powers are recorded, and told once there is a channel"
        ));
        return Ok(());
    };
    let (host, chain) = (session.host(), session.chain(&consumer.chain));
    let (allocation, slashing) = (
        session.contract("allocation")?,
        session.contract("slashing")?,
    );
    let told: slashing::ServiceResponse =
        host.ask(&slashing, &slashing::QueryMsg::Service { service })?;
    let until = session.world.now().saturating_add(wait);
    loop {
        let there: gateway::ConfigResponse = chain.ask(&gateway, &gateway::QueryMsg::Config {})?;
        let powers = Powers {
            host: host_powers(host, &allocation, service)?,
            consumer: consumer_powers(chain, &gateway)?,
        };
        if powers.agree() && there.last_update >= told.last_update {
            for (operator, power) in &powers.consumer {
                session.say(&format!("  {operator}: {power}"));
            }
            session.say(&format!(
                "{name}: the relayer delivered update {}, both sides know the same powers",
                there.last_update
            ));
            return Ok(());
        }
        if session.world.now() >= until {
            session.say(&format!(
                "{name}: update {} is sent, the consumer knows update {}: no relayer delivered yet; is one running?",
                told.last_update, there.last_update
            ));
            return Ok(());
        }
        chain.pause();
    }
}
