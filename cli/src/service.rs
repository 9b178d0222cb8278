//! `register-service`: a consumer as a service on the host.

use anyhow::{Context, Result};
use palisade_types::{allocation, slashing};

use crate::chain::Chain;
use crate::quote::{is_unknown, UNKNOWN_SERVICE};
use crate::session::Session;
use crate::tx::Tx;

/// Registers a consumer, or finds its number.
pub(crate) fn register(session: &mut Session<'_>, name: &str) -> Result<()> {
    let service = &session.consumer(name)?.service;
    let host = session.host();
    let (allocation, slashing) = (
        session.contract("allocation")?,
        session.contract("slashing")?,
    );
    let admin = session.key(host, &service.from)?;
    let step = format!("register service {name}");
    let known = if is_unknown(&allocation) || is_unknown(&admin) {
        session.store.consumer(name).service
    } else {
        session.store.consumer(name).service.or(find(
            host,
            &allocation,
            &admin,
            &service.terms.name,
        )?)
    };
    if let Some(number) = known {
        session.say(&format!("service {name}: number {number}"));
        return keep(session, name, &step, number);
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

/// A service that has not ended, by its admin and name.
fn find(host: Chain<'_>, allocation: &str, admin: &str, name: &str) -> Result<Option<u32>> {
    let found = all(host, allocation)?;
    Ok(found
        .iter()
        .find(|service| {
            service.admin.as_str() == admin && service.terms.name == name && !service.stopped
        })
        .map(|service| service.service))
}

/// All services.
pub(crate) fn all(host: Chain<'_>, allocation: &str) -> Result<Vec<allocation::ServiceResponse>> {
    let mut all: Vec<allocation::ServiceResponse> = Vec::new();
    loop {
        let start_after = all.last().map(|service| service.service);
        let page: Vec<allocation::ServiceResponse> = host.ask(
            allocation,
            &allocation::QueryMsg::Services {
                start_after,
                limit: Some(100),
            },
        )?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// A consumer's service number; in a dry run one that stands for `$SERVICE`.
pub(crate) fn number(session: &Session<'_>, name: &str) -> Result<u32> {
    match session.store.consumer(name).service {
        Some(number) => Ok(number),
        None if session.dry => Ok(UNKNOWN_SERVICE),
        None => {
            anyhow::bail!("{name} is no service yet: run `palisade register-service {name}` first")
        }
    }
}
