//! Whether a service on the chain is the one that the config describes.

use anyhow::Result;
use palisade_types::slashing::Penalty;
use palisade_types::{allocation, slashing};
use serde::Serialize;

use crate::chain::Chain;
use crate::config::Service;
use crate::session::Session;

/// A service as both of its contracts know it.
pub(crate) struct Profile {
    pub(crate) terms: allocation::ServiceResponse,
    pub(crate) rules: slashing::ServiceResponse,
}

impl Profile {
    /// # Errors
    /// The node does not answer.
    pub(crate) fn of(
        host: Chain<'_>,
        slashing: &str,
        terms: allocation::ServiceResponse,
    ) -> Result<Self> {
        let ask = slashing::QueryMsg::Service {
            service: terms.service,
        };
        let rules = host.ask(slashing, &ask)?;
        Ok(Self { terms, rules })
    }
}

/// The address of a service's admin: `from` itself where it is one. None: the keyring does not know the
/// key, as operators and the suite's owner do not have it.
pub(crate) fn admin(session: &Session<'_>, service: &Service) -> Option<String> {
    if bech32::decode(&service.from).is_ok() {
        return Some(service.from.clone());
    }
    session.host().key(&service.from).ok()
}

/// A value as people write it.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What is so different that it is another service, or not what operators were shown: each with what
/// the chain has and what the config says.
pub(crate) fn differences(service: &Service, admin: Option<&str>, found: &Profile) -> Vec<String> {
    let (terms, rules) = (&found.terms, &found.rules);
    let (have, want) = (&terms.terms, &service.terms);
    let mut faults = Vec::new();
    let mut compare = |what: &str, chain: String, config: String| {
        if chain != config {
            faults.push(format!(
                "{what}: the chain has {chain}, the config {config}"
            ));
        }
    };
    // Each contract has an admin of its own, and each is handed over by itself.
    let wanted = admin.unwrap_or(terms.admin.as_str()).to_string();
    compare(
        "admin on allocation",
        terms.admin.to_string(),
        wanted.clone(),
    );
    compare("admin on slashing", rules.admin.to_string(), wanted);
    compare("name", have.name.clone(), want.name.clone());
    compare(
        "max_slash",
        have.max_slash.to_string(),
        want.max_slash.to_string(),
    );
    compare("assets", text(&have.assets), text(&want.assets));
    compare("keyed", have.keyed.to_string(), want.keyed.to_string());
    compare(
        "source",
        text(&rules.source),
        text(&slashing::Source::Ibc {}),
    );
    let chain_id = (&rules.settings.chain_id, &service.settings.chain_id);
    compare("chain_id", text(chain_id.0), text(chain_id.1));
    compare("settings", text(&rules.settings), text(&service.settings));
    let now = rules
        .penalties
        .iter()
        .filter_map(|kind| kind.penalty.clone());
    compare(
        "penalties",
        text(&sorted(now.collect())),
        text(&sorted(service.penalties.clone())),
    );
    for kind in &rules.penalties {
        if let Some((penalty, from)) = &kind.pending {
            faults.push(format!(
                "penalties: on its way is {} from {} s on",
                text(penalty),
                from.seconds()
            ));
        }
    }
    if let Some((settings, from)) = &rules.pending {
        faults.push(format!(
            "settings: on their way are {} from {} s on",
            text(settings),
            from.seconds()
        ));
    }
    if terms.stopped || rules.stopped_at.is_some() {
        faults.push("it is stopped, for good".to_string());
    }
    faults
}

fn sorted(mut penalties: Vec<Penalty>) -> Vec<Penalty> {
    penalties.sort_by(|a, b| a.kind.cmp(&b.kind));
    penalties
}

/// What its admin can set right by a message.
pub(crate) fn changes(service: &Service, found: &Profile) -> Vec<String> {
    let (have, want) = (&found.terms.terms, &service.terms);
    let pairs = [
        ("admission", text(&have.admission), text(&want.admission)),
        (
            "min_power",
            have.min_power.to_string(),
            want.min_power.to_string(),
        ),
        (
            "max_operators",
            have.max_operators.to_string(),
            want.max_operators.to_string(),
        ),
        (
            "max_share",
            have.max_share.to_string(),
            want.max_share.to_string(),
        ),
    ];
    let differ = pairs.into_iter().filter(|(_, have, want)| have != want);
    differ
        .map(|(what, have, want)| {
            format!("{what} is {have}, the config says {want}: `update_service` on allocation changes it")
        })
        .collect()
}
