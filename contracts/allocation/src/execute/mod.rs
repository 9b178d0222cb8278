//! Messages, a file per family.

pub(crate) mod admin;
pub(crate) mod checkpoint;
pub(crate) mod key;
pub(crate) mod operator;
pub(crate) mod power;
pub(crate) mod reward;
pub(crate) mod service;
pub(crate) mod slash;
pub(crate) mod touch;

use std::collections::BTreeSet;

use cosmwasm_std::{Addr, Deps, MessageInfo, Storage};
use palisade_types::allocation::ServiceId;
use palisade_types::delegation::{QueryMsg, StakesResponse};

use crate::state::{Config, Member, Service, MEMBERS, SERVICES};
use crate::ContractError;

/// Refuses anyone but the slashing contract.
pub(crate) fn only_slashing(config: &Config, info: &MessageInfo) -> Result<(), ContractError> {
    let slashing = config
        .slashing
        .as_ref()
        .ok_or(ContractError::NotConnected)?;
    if slashing.0 != info.sender {
        return Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            allowed: slashing.0.clone(),
        });
    }
    Ok(())
}

pub(crate) fn load_service(
    storage: &dyn Storage,
    service: ServiceId,
) -> Result<Service, ContractError> {
    SERVICES
        .may_load(storage, service)?
        .ok_or(ContractError::UnknownService { service })
}

pub(crate) fn load_member(
    storage: &dyn Storage,
    service: ServiceId,
    operator: &Addr,
) -> Result<Member, ContractError> {
    MEMBERS
        .may_load(storage, (service, operator))?
        .ok_or_else(|| ContractError::NotMember {
            service,
            operator: operator.clone(),
        })
}

/// Asks the delegation contract what stands behind operators and what it is worth.
pub(crate) fn ask_stakes(
    deps: Deps,
    config: &Config,
    operators: &[Addr],
    assets: &[String],
) -> Result<StakesResponse, ContractError> {
    let answer: StakesResponse = config.delegation.ask(
        deps.querier,
        &QueryMsg::Stakes {
            operators: operators.iter().map(Addr::to_string).collect(),
            assets: assets.to_vec(),
        },
    )?;
    let rows = answer.stakes.iter().map(|row| (assets.len(), row.len()));
    let mut lists = [
        (assets.len(), answer.prices.len()),
        (operators.len(), answer.stakes.len()),
    ]
    .into_iter()
    .chain(rows);
    match lists.find(|(asked, got)| asked != got) {
        Some((asked, got)) => Err(ContractError::BadAnswer { asked, got }),
        None => Ok(answer),
    }
}

/// Refuses lists with a repeated entry or more than `most` entries.
pub(crate) fn check_list<'a>(
    what: &'static str,
    most: usize,
    entries: impl Iterator<Item = &'a str>,
) -> Result<(), ContractError> {
    let mut seen = BTreeSet::new();
    for entry in entries {
        if !seen.insert(entry) {
            return Err(ContractError::Duplicate {
                entry: entry.to_string(),
            });
        }
    }
    if seen.len() > most {
        return Err(ContractError::BadCount {
            what,
            found: seen.len(),
            most,
        });
    }
    Ok(())
}
