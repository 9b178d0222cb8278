use std::collections::BTreeSet;

use cosmwasm_std::{Addr, Api, DepsMut, Empty, MessageInfo, Response, Storage};
use palisade_admin::only_owner;

use crate::state::{CHANNEL, CONFIG, RENEWALS, REPORTERS};
use crate::{events, ContractError};

/// Most addresses in one message.
const MAX_ADDRESSES: usize = 50;

/// Names and unnames reporters. By the owner.
pub(crate) fn set_reporters(
    deps: DepsMut,
    info: &MessageInfo,
    add: &[String],
    remove: &[String],
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    let given = add.len().saturating_add(remove.len());
    let mut seen = BTreeSet::new();
    check_count(given)?;
    let add = validate(deps.api, add, &mut seen)?;
    let remove = validate(deps.api, remove, &mut seen)?;
    for address in &remove {
        if !REPORTERS.has(deps.storage, address) {
            return Err(ContractError::NotReporter {
                address: address.clone(),
            });
        }
        REPORTERS.remove(deps.storage, address);
    }
    save(deps.storage, &add)?;
    Ok(Response::new().add_event(events::set_reporters(&add, &remove)))
}

/// Names the reporters of a new contract.
pub(crate) fn name_reporters(deps: DepsMut, add: &[String]) -> Result<(), ContractError> {
    check_count(add.len())?;
    let add = validate(deps.api, add, &mut BTreeSet::new())?;
    save(deps.storage, &add)
}

fn check_count(given: usize) -> Result<(), ContractError> {
    if given <= MAX_ADDRESSES {
        return Ok(());
    }
    Err(ContractError::TooManyAddresses {
        given,
        max: MAX_ADDRESSES,
    })
}

fn validate(
    api: &dyn Api,
    list: &[String],
    seen: &mut BTreeSet<Addr>,
) -> Result<Vec<Addr>, ContractError> {
    let mut valid = vec![];
    for text in list {
        let address = api.addr_validate(text)?;
        if !seen.insert(address.clone()) {
            return Err(ContractError::DuplicateAddress { address });
        }
        valid.push(address);
    }
    Ok(valid)
}

fn save(storage: &mut dyn Storage, add: &[Addr]) -> Result<(), ContractError> {
    for address in add {
        if REPORTERS.has(storage, address) {
            return Err(ContractError::AlreadyReporter {
                address: address.clone(),
            });
        }
        REPORTERS.save(storage, address, &Empty {})?;
    }
    Ok(())
}

/// Gives up the channel in use, if any, and goes on over another connection, if one is named. A
/// channel whose light client died is never closed by anybody, and would block every other. No
/// answer over it, or over a channel before it, is believed from now on. By the owner.
pub(crate) fn renew_channel(
    deps: DepsMut,
    info: &MessageInfo,
    connection_id: Option<String>,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    let channel = CHANNEL.may_load(deps.storage)?;
    let mut config = CONFIG.load(deps.storage)?;
    match connection_id {
        Some(id) if id.is_empty() => return Err(ContractError::EmptyPeer { part: "connection" }),
        Some(id) => {
            config.host.connection_id = id;
            CONFIG.save(deps.storage, &config)?;
        }
        None if channel.is_none() => return Err(ContractError::NoChannel),
        None => {}
    }
    CHANNEL.remove(deps.storage);
    let renewals = RENEWALS.may_load(deps.storage)?.unwrap_or_default();
    RENEWALS.save(deps.storage, &renewals.saturating_add(1))?;
    let channel = channel.map_or("none".to_string(), |c| c.id);
    let event = events::channel_closed(&channel, &config.host.connection_id);
    Ok(Response::new().add_event(event))
}
