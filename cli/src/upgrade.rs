//! `upgrade`: new code for contracts that are there, with nothing of what they hold lost.

use anyhow::{bail, Context, Result};
use palisade_types::vault;

use crate::artifacts::CONTRACTS;
use crate::chain::{pages, Chain, Included, PAGE};
use crate::quote::is_unknown;
use crate::session::Session;
use crate::snapshot;
use crate::state::Migration;
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
    let mut due = Vec::new();
    for target in targets(session, wanted)? {
        if let Some(work) = plan(session, &target)? {
            due.push((target, work));
        }
    }
    if !may_migrate(session, &due)? {
        return propose(session, &due);
    }
    // What a contract relies on comes before it; where one fails, the rest is not touched.
    for (target, work) in &due {
        let upgraded = upgrade(session, target, work);
        upgraded.with_context(|| format!("{}, and nothing after it was upgraded", target.name))?;
    }
    Ok(())
}

/// What there is to do for a contract.
enum Work {
    Migrate {
        admin: String,
    },
    /// A run before this one migrated it.
    Verify(Migration),
}

fn plan(session: &mut Session<'_>, target: &Target<'_>) -> Result<Option<Work>> {
    let (chain, name) = (target.chain, &target.name);
    if is_unknown(&target.address) {
        bail!("{name}: it is not deployed");
    }
    let now = chain.contract(&target.address)?;
    let now = now.with_context(|| format!("{name}: there is no contract {}", target.address))?;
    if chain.checksum(now.code_id)? != session.artifact(target.code)?.hex() {
        return Ok(Some(Work::Migrate { admin: now.admin }));
    }
    if let Some(migration) = unverified(session, target, now.code_id)? {
        return Ok(Some(Work::Verify(migration)));
    }
    let version = chain.cw2(&target.address)?.1;
    session.say(&format!("{name}: up to date, version {version}"));
    let step = target.step();
    if session.store.state.migrations.remove(&step).is_some() {
        session.say("  a former run was about to migrate it, and somebody else did: what it answers is not compared with before");
        session.store.save()?;
    }
    session.forget(&step)?;
    Ok(None)
}

/// The migration of a former run to the code in force, with its block.
fn unverified(
    session: &mut Session<'_>,
    target: &Target<'_>,
    code: u64,
) -> Result<Option<Migration>> {
    let (chain, step) = (target.chain, target.step());
    let known = session.store.state.migrations.get(&step).cloned();
    let Some(mut migration) = known.filter(|known| known.code == code.to_string()) else {
        return Ok(None);
    };
    if migration.height.is_none() {
        let tx = Tx::migrate(&chain.settings.from, &target.address, &migration.code);
        let Some(done) = session.former(chain, &step, &tx)? else {
            return Ok(None);
        };
        included(session, &step, &mut migration, &done)?;
    }
    Ok(Some(migration))
}

/// Notes a migration's block, and with it that nothing is under way.
fn included(
    session: &mut Session<'_>,
    step: &str,
    migration: &mut Migration,
    done: &Included,
) -> Result<()> {
    let height = done.height.parse().context("the chain told no height")?;
    migration.height = Some(height);
    session.store.state.pending.remove(step);
    note(session, step, migration)
}

/// Whether `from` is the admin of all that have to be migrated; false: of none.
///
/// # Errors
/// Of some; or there is one that nobody can migrate. Nothing was sent then.
fn may_migrate(session: &Session<'_>, due: &[(Target<'_>, Work)]) -> Result<bool> {
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for (target, work) in due {
        let Work::Migrate { admin } = work else {
            continue;
        };
        let name = &target.name;
        if admin.is_empty() {
            others.push(format!("{name} has no admin: nobody can ever migrate it"));
        } else if session.dry || *admin == session.key(target.chain, &target.chain.settings.from)? {
            ours.push(name.clone());
        } else {
            others.push(format!("{name}: its admin is {admin}, not `from`"));
        }
    }
    let for_good = others.iter().any(|line| line.contains("nobody can ever"));
    if for_good || !others.is_empty() && !ours.is_empty() {
        bail!(
            "nothing was sent, as not all can be migrated:\n  {}\n  name those that shall be upgraded; `from` can upgrade: {}",
            others.join("\n  "),
            if ours.is_empty() { "none".to_string() } else { ours.join(", ") }
        );
    }
    Ok(others.is_empty())
}

/// Stores the code and shows the lines for whoever is the admin.
fn propose(session: &mut Session<'_>, due: &[(Target<'_>, Work)]) -> Result<()> {
    for (target, work) in due {
        let Work::Migrate { admin } = work else {
            continue;
        };
        let code = session.code(target.chain, target.code)?;
        session.say(&format!("# {}: migrate it", target.name));
        let tx = Tx::migrate(admin, &target.address, &code);
        session.show_tx(target.chain, &tx);
    }
    bail!("not upgraded: `from` is the admin of none of them: the admins have to send these lines, or proposals of the same content")
}

fn targets<'a>(session: &Session<'a>, wanted: &[String]) -> Result<Vec<Target<'a>>> {
    let want = |code: &str| wanted.is_empty() || wanted.iter().any(|name| name == code);
    let host = session.host();
    let mut targets = Vec::new();
    for name in ["vault", "delegation", "allocation", "slashing"] {
        if !want(name) {
            continue;
        }
        targets.push(Target {
            name: name.to_string(),
            code: name,
            address: session.contract(name)?,
            chain: host,
        });
    }
    let vault = session.contract("vault")?;
    if let (Some(asset), false) = (
        session.config.staked_asset(),
        is_unknown(&vault) || !want("staker"),
    ) {
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
        let gateway = session.store.consumer(name).gateway;
        if let Some(address) = gateway.filter(|_| want("gateway")) {
            if !session.dry {
                session.check_chain(session.chain(&consumer.chain))?;
            }
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
    pages(
        |start_after| {
            let ask = vault::QueryMsg::Stakers {
                asset: asset.to_string(),
                start_after,
                limit: PAGE,
            };
            host.ask(vault, &ask)
        },
        |staker: &vault::StakerResponse| staker.operator.to_string(),
    )
}

impl Target<'_> {
    /// As the state calls it.
    fn step(&self) -> String {
        format!("migrate {} {}", self.name, self.chain.settings.chain_id)
    }
}

fn upgrade(session: &mut Session<'_>, target: &Target<'_>, work: &Work) -> Result<()> {
    let (chain, step) = (target.chain, target.step());
    let migration = match work {
        Work::Verify(migration) => migration.clone(),
        Work::Migrate { .. } => {
            let code = session.code(chain, target.code)?;
            // What a former run sent may be included by now: it noted the version before.
            let sent = session.store.state.pending.contains_key(&step);
            let known = session.store.state.migrations.get(&step).cloned();
            let mut migration = match known.filter(|known| sent && known.code == code) {
                Some(known) => known,
                None => {
                    let (name, version) = chain.cw2(&target.address)?;
                    Migration {
                        name,
                        version,
                        code,
                        height: None,
                    }
                }
            };
            session.say(&format!("# {}: migrate it", target.name));
            note(session, &step, &migration)?;
            // It is kept in `pending` until its block is noted: a run that is killed in between
            // finds it.
            let tx = Tx::migrate(&chain.settings.from, &target.address, &migration.code);
            let Some(done) = session.send(chain, &step, &tx)? else {
                return Ok(());
            };
            included(session, &step, &mut migration, &done)?;
            migration
        }
    };
    verify(session, target, &migration)?;
    if let Some(height) = migration.height {
        let contract = (target.code, target.address.as_str());
        snapshot::unchanged(session, chain, contract, height)?;
    }
    session.store.state.migrations.remove(&step);
    session.store.save()
}

fn note(session: &mut Session<'_>, step: &str, migration: &Migration) -> Result<()> {
    if session.dry {
        return Ok(());
    }
    let all = &mut session.store.state.migrations;
    all.insert(step.to_string(), migration.clone());
    session.store.save()
}

/// The code in force is the one wanted, and a newer version of the same contract.
fn verify(session: &Session<'_>, target: &Target<'_>, migration: &Migration) -> Result<()> {
    let (chain, code) = (target.chain, &migration.code);
    let found = chain
        .contract(&target.address)?
        .map(|contract| contract.code_id)
        .unwrap_or_default();
    let checksum = session.artifact(target.code)?.hex();
    if found.to_string() != *code || chain.checksum(found)? != checksum {
        bail!("migrated, and its code is {found}, not {code}");
    }
    let (name, version) = chain.cw2(&target.address)?;
    if name != migration.name || version == migration.version {
        bail!(
            "migrated, and it calls itself {name} {version}; it was {} {}",
            migration.name,
            migration.version
        );
    }
    session.say(&format!(
        "{}: version {version}, before {}; code {code}, checksum {checksum}",
        target.name, migration.version
    ));
    Ok(())
}
