//! Messages, a file for each family.

pub(crate) mod admin;
pub(crate) mod equivocation;
pub(crate) mod intake;
pub(crate) mod peer;
pub(crate) mod penalty;
pub(crate) mod register;
pub(crate) mod settings;
pub(crate) mod slash;
pub(crate) mod standing;
pub(crate) mod sync;
pub(crate) mod throttle;
mod verdict;

use cosmwasm_std::{Addr, Env, Storage};
use palisade_types::allocation::ServiceId;

use crate::state::{Profile, Service, PROFILES, SERVICES};
use crate::ContractError;

/// The service with the settings in force, if there is one.
pub(crate) fn load_service(
    storage: &dyn Storage,
    env: &Env,
    service: ServiceId,
) -> Result<Service, ContractError> {
    let stored = SERVICES
        .may_load(storage, service)?
        .ok_or(ContractError::UnknownService { service })?;
    Ok(stored.at(env.block.time))
}

/// The profile of a service, if the sender is its admin.
fn only_admin(
    storage: &dyn Storage,
    service: ServiceId,
    sender: &Addr,
) -> Result<Profile, ContractError> {
    let profile = PROFILES
        .may_load(storage, service)?
        .ok_or(ContractError::UnknownService { service })?;
    if profile.admin != *sender {
        return Err(ContractError::NotAdmin {
            service,
            sender: sender.clone(),
        });
    }
    Ok(profile)
}

/// The service, if it is an IBC one.
pub(crate) fn load_ibc_service(
    storage: &dyn Storage,
    env: &Env,
    service: ServiceId,
) -> Result<Service, ContractError> {
    let stored = load_service(storage, env, service)?;
    if stored.slasher.is_some() {
        return Err(ContractError::NotIbc { service });
    }
    Ok(stored)
}
