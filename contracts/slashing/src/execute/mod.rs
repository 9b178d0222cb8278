//! Messages, a file for each family.

pub(crate) mod admin;
pub(crate) mod intake;
pub(crate) mod peer;
pub(crate) mod register;
pub(crate) mod slash;
pub(crate) mod standing;
pub(crate) mod sync;

use cosmwasm_std::Storage;
use palisade_types::allocation::ServiceId;

use crate::state::{Service, SERVICES};
use crate::ContractError;

/// The service, if there is one.
pub(crate) fn load_service(
    storage: &dyn Storage,
    service: ServiceId,
) -> Result<Service, ContractError> {
    SERVICES
        .may_load(storage, service)?
        .ok_or(ContractError::UnknownService { service })
}

/// The service, if it is an IBC one.
pub(crate) fn load_ibc_service(
    storage: &dyn Storage,
    service: ServiceId,
) -> Result<Service, ContractError> {
    let stored = load_service(storage, service)?;
    if stored.slasher.is_some() {
        return Err(ContractError::NotIbc { service });
    }
    Ok(stored)
}
