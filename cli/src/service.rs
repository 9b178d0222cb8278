//! `register-service`: a consumer as a service on the host.

use anyhow::{bail, Context, Result};
use palisade_types::{allocation, slashing};

use crate::chain::{pages, Chain, PAGE};
use crate::config::Service;
use crate::profile::{self, Profile};
use crate::quote::{is_unknown, UNKNOWN_SERVICE};
use crate::session::Session;
use crate::tx::Tx;

/// Registers a consumer, or finds its number.
pub(crate) fn register(session: &mut Session<'_>, name: &str) -> Result<()> {
    let service = &session.consumer(name)?.service;
    let host = session.host();
    let slashing = session.contract("slashing")?;
    let step = format!("register service {name}");
    if let Some(number) = session.store.consumer(name).service {
        check(session, name, number)?;
        session.say(&format!("service {name}: number {number}"));
        return keep(session, name, &step, number);
    }
    match find(session, service)? {
        Found::Ours(number) => {
            session.say(&format!("service {name}: number {number}"));
            return keep(session, name, &step, number);
        }
        // What a former run sent is looked for under its sequence.
        Found::Unclear(number) if !session.store.state.pending.contains_key(&step) => bail!(
            "service {number} is as the config has it, and the node {} does not know who registered it: it keeps no transactions of then, or no index of them. Anybody can register one under our name, and make us its admin; nothing was sent\n  if {} registered it, put \"consumers.{name}.service\": {number} into the state {}\n  to find out, name a `node` in the config that has the transactions: one of a stranger is then passed over",
            host.settings.node,
            service.from,
            session.store.path().display()
        ),
        Found::Unclear(_) | Found::None => {}
    }
    let msg = slashing::ExecuteMsg::RegisterService(slashing::NewService {
        terms: service.terms.clone(),
        source: slashing::Source::Ibc {},
        penalties: service.penalties.clone(),
        settings: service.settings.clone(),
    });
    session.say(&format!("# service {name}: register it"));
    let tx = Tx::execute(&service.from, &slashing, &msg)?;
    let Some(done) = session.send(host, &step, &tx)? else {
        return Ok(());
    };
    let number = done
        .attribute("wasm-register_service", "service")
        .context("the event names no service")?;
    let number = number
        .parse()
        .with_context(|| format!("the service {number} is no number"))?;
    session.say(&format!("service {name}: number {number}"));
    keep(session, name, &step, number)
}

fn keep(session: &mut Session<'_>, name: &str, step: &str, number: u32) -> Result<()> {
    if session.dry {
        return Ok(());
    }
    session.store.state.pending.remove(step);
    session
        .store
        .set_consumer(name, |consumer| consumer.service = Some(number))
}

/// What the chain has of a service that is not in the state.
enum Found {
    Ours(u32),
    /// One that is as the config has it, of which the node does not know who registered it.
    Unclear(u32),
    None,
}

/// A service that is the config's in everything that matters, and that our key registered. Its admin
/// and its name do not show that it is ours: anybody can register one under any name, let in whom they
/// like, and make us its admin.
fn find(session: &Session<'_>, service: &Service) -> Result<Found> {
    let host = session.host();
    let (allocation, slashing) = (
        session.contract("allocation")?,
        session.contract("slashing")?,
    );
    let admin = session.key(host, &service.from)?;
    if [&allocation, &slashing, &admin]
        .iter()
        .any(|part| is_unknown(part))
    {
        return Ok(Found::None);
    }
    let mut best = Found::None;
    for terms in all(host, &allocation)? {
        if terms.terms.name != service.terms.name || terms.admin.as_str() != admin {
            continue;
        }
        let number = terms.service;
        let found = Profile::of(host, &slashing, terms)?;
        let mut faults = profile::differences(service, Some(&admin), &found);
        if faults.is_empty() {
            match registrar(host, &slashing, number)? {
                Some(registrar) if registrar == admin => return Ok(Found::Ours(number)),
                Some(registrar) => faults.push(format!("{registrar} registered it, not `from`")),
                None => {
                    best = Found::Unclear(number);
                    continue;
                }
            }
        }
        session.say(&format!(
            "service {number} has this name and admin, and is passed over: {}",
            faults.join("; ")
        ));
    }
    Ok(best)
}

/// Who registered a service, whoever is its admin now. None: the node does not know.
fn registrar(host: Chain<'_>, slashing: &str, number: u32) -> Result<Option<String>> {
    const EVENT: &str = "wasm-register_service";
    let number = number.to_string();
    // Any contract can tell of such an event; its address is told by the chain.
    let told = [("_contract_address", slashing), ("service", &number)];
    let query = told.map(|(key, value)| format!("{EVENT}.{key}='{value}'"));
    let all = match host.txs(&query.join(" AND ")) {
        Err(error) if error.to_string().contains("indexing is disabled") => return Ok(None),
        all => all?,
    };
    let mut found = all.iter().filter(|tx| tx.code == 0);
    Ok(found.find_map(|tx| tx.attribute_of(EVENT, &told, "admin")))
}

/// Makes sure that the service which the state names is the config's.
///
/// # Errors
/// It differs, or was stopped.
pub(crate) fn check(session: &Session<'_>, name: &str, number: u32) -> Result<()> {
    let service = &session.consumer(name)?.service;
    let host = session.host();
    let (allocation, slashing) = (
        session.contract("allocation")?,
        session.contract("slashing")?,
    );
    // In a dry run there may be nothing to ask.
    if number == UNKNOWN_SERVICE || is_unknown(&allocation) || is_unknown(&slashing) {
        return Ok(());
    }
    let admin = profile::admin(session, service);
    let ask = allocation::QueryMsg::Service { service: number };
    let terms = host.ask(&allocation, &ask)?;
    let found = Profile::of(host, &slashing, terms)?;
    if admin.is_none() {
        session.say(&format!(
            "service {name}: its admin is {}, not compared: the keyring has no key {}; `from` may be its address",
            found.terms.admin, service.from
        ));
    }
    let faults = profile::differences(service, admin.as_deref(), &found);
    if !faults.is_empty() {
        bail!(
            "service {number}, which the state names for {name}, is not the config's:\n  {}\n  nothing was sent: correct the config, or take the number out of the state and run `palisade register-service {name}`",
            faults.join("\n  ")
        );
    }
    for change in profile::changes(service, &found) {
        session.say(&format!("service {name}: {change}"));
    }
    Ok(())
}

/// All services.
pub(crate) fn all(host: Chain<'_>, allocation: &str) -> Result<Vec<allocation::ServiceResponse>> {
    pages(
        |start_after| {
            let limit = PAGE;
            host.ask(
                allocation,
                &allocation::QueryMsg::Services { start_after, limit },
            )
        },
        |service: &allocation::ServiceResponse| service.service,
    )
}

/// All operators of a service.
pub(crate) fn members(
    host: Chain<'_>,
    allocation: &str,
    service: u32,
) -> Result<Vec<allocation::MemberResponse>> {
    pages(
        |start_after| {
            let ask = allocation::QueryMsg::Members {
                service,
                start_after,
                limit: PAGE,
            };
            host.ask(allocation, &ask)
        },
        |member: &allocation::MemberResponse| member.operator.to_string(),
    )
}

/// A consumer's service number; in a dry run one that stands for `$SERVICE`.
pub(crate) fn number(session: &Session<'_>, name: &str) -> Result<u32> {
    match session.store.consumer(name).service {
        Some(number) => Ok(number),
        None if session.dry => Ok(UNKNOWN_SERVICE),
        None => {
            bail!("{name} is no service yet: run `palisade register-service {name}` first")
        }
    }
}
