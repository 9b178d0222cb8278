//! `upgrade`: new code for contracts that are there, with nothing of what they hold lost.

use anyhow::{bail, Context, Result};
use palisade_types::vault;
use serde_json::Value;

use crate::artifacts::CONTRACTS;
use crate::assets;
use crate::chain::Chain;
use crate::quote::is_unknown;
use crate::session::Session;
use crate::tx::Tx;

/// A contract to bring up to date.
struct Target<'a> {
    /// As people call it.
    name: String,
    /// Its code's name.
    code: &'a str,
    address: String,
    chain: Chain<'a>,
}

/// Upgrades some contracts; all, if none is named.
pub(crate) fn run(session: &mut Session<'_>, wanted: &[String]) -> Result<()> {
    if let Some(other) = wanted
        .iter()
        .find(|name| !CONTRACTS.contains(&name.as_str()))
    {
        bail!(
            "there is no contract {other}; there are: {}",
            CONTRACTS.join(", ")
        );
    }
    let targets = targets(session)?;
    let mut stuck = Vec::new();
    for target in targets {
        if wanted.is_empty() || wanted.iter().any(|name| name == target.code) {
            if let Err(error) = upgrade(session, &target) {
                // One that cannot be upgraded is no reason to leave the others.
                session.say(&format!("{}: {error:#}", target.name));
                stuck.push(target.name);
            }
        }
    }
    if !stuck.is_empty() {
        bail!("not upgraded: {}", stuck.join(", "));
    }
    Ok(())
}

fn targets<'a>(session: &Session<'a>) -> Result<Vec<Target<'a>>> {
    let host = session.host();
    let mut targets = Vec::new();
    for name in ["vault", "delegation", "allocation", "slashing"] {
        targets.push(Target {
            name: name.to_string(),
            code: name,
            address: session.contract(name)?,
            chain: host,
        });
    }
    let vault = session.contract("vault")?;
    if let (Some(asset), false) = (session.config.staked_asset(), is_unknown(&vault)) {
        for staker in stakers(host, &vault, &asset.id)? {
            targets.push(Target {
                name: format!("staker of {}", staker.operator),
                code: "staker",
                address: staker.staker.into_string(),
                chain: host,
            });
        }
    }
    for (name, consumer) in &session.config.consumers {
        if let Some(address) = session.store.consumer(name).gateway {
            targets.push(Target {
                name: format!("gateway on {name}"),
                code: "gateway",
                address,
                chain: session.chain(&consumer.chain),
            });
        }
    }
    Ok(targets)
}

/// All staker contracts.
pub(crate) fn stakers(
    host: Chain<'_>,
    vault: &str,
    asset: &str,
) -> Result<Vec<vault::StakerResponse>> {
    let mut all: Vec<vault::StakerResponse> = Vec::new();
    loop {
        let start_after = all.last().map(|staker| staker.operator.to_string());
        let msg = vault::QueryMsg::Stakers {
            asset: asset.to_string(),
            start_after,
            limit: Some(100),
        };
        let page: Vec<vault::StakerResponse> = host.ask(vault, &msg)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn upgrade(session: &mut Session<'_>, target: &Target<'_>) -> Result<()> {
    let (chain, name) = (target.chain, &target.name);
    if is_unknown(&target.address) {
        bail!("it is not deployed");
    }
    let step = format!("migrate {name} {}", chain.settings.chain_id);
    let now = chain.contract(&target.address)?;
    let now = now.with_context(|| format!("there is no contract {}", target.address))?;
    let (artifact, before) = (session.artifact(target.code)?, chain.cw2(&target.address)?);
    if chain.checksum(now.code_id)? == artifact.hex() {
        session.say(&format!("{name}: up to date, version {}", before.1));
        return session.forget(&step);
    }
    let sender = session.key(chain, &chain.settings.from)?;
    if now.admin.is_empty() {
        bail!("it has no admin: nobody can ever migrate it");
    }
    let code = session.code(chain, target.code)?;
    session.say(&format!("# {name}: migrate it"));
    let tx = Tx::migrate(&chain.settings.from, &target.address, &code);
    if now.admin != sender && !session.dry {
        session.show_tx(chain, &tx);
        bail!(
            "its admin is {}, and `from` is {sender}: the admin has to send this, or a proposal of the same content",
            now.admin
        );
    }
    let Some(done) = session.run(chain, &step, &tx)? else {
        return Ok(());
    };
    verify(session, target, (&code, &artifact.hex(), &before))?;
    if target.code != "gateway" {
        books(session, &done.height)?;
    }
    Ok(())
}

/// The code in force is the one wanted, and a newer version of the same contract.
fn verify(
    session: &Session<'_>,
    target: &Target<'_>,
    (code, checksum, before): (&str, &str, &(String, String)),
) -> Result<()> {
    let chain = target.chain;
    let found = chain
        .contract(&target.address)?
        .map(|contract| contract.code_id)
        .unwrap_or_default();
    if found.to_string() != code || chain.checksum(found)? != checksum {
        bail!("migrated, and its code is {found}, not {code}");
    }
    let (name, version) = chain.cw2(&target.address)?;
    if name != before.0 || version == before.1 {
        bail!(
            "migrated, and it calls itself {name} {version}; it was {} {}",
            before.0,
            before.1
        );
    }
    session.say(&format!(
        "{}: version {version}, before {}; code {code}, checksum {checksum}",
        target.name, before.1
    ));
    Ok(())
}

/// The books of every asset are the same in the migration's block as in the one before.
fn books(session: &Session<'_>, height: &str) -> Result<()> {
    let (host, vault) = (session.host(), session.contract("vault")?);
    let height: u64 = height.parse().context("the chain told no height")?;
    for asset in assets::registered(host, &vault)? {
        let msg = serde_json::to_string(&vault::QueryMsg::Books {
            asset: asset.id.clone(),
        })?;
        let at = |height: u64| -> Result<Value> {
            let height = height.to_string();
            let words = [
                "wasm",
                "contract-state",
                "smart",
                &vault,
                &msg,
                "--height",
                &height,
            ];
            Ok(host.query(&words)?.get("data").cloned().unwrap_or_default())
        };
        let (before, after) = (at(height.saturating_sub(1))?, at(height)?);
        if before != after {
            bail!(
                "the books of {} were {before} before block {height}, and are {after} after it: look which other transactions are in that block",
                asset.id
            );
        }
        session.say(&format!("  books of {}: {after}, as before", asset.id));
    }
    Ok(())
}
