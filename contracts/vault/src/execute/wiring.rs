//! The right neighbour.

use cosmwasm_std::{Addr, DepsMut, MessageInfo, Response, Storage};
use palisade_types::neighbour::Neighbour;

use crate::error::ContractError;
use crate::events;
use crate::state::{self, CONFIG};

/// Names the delegation contract, once.
pub(crate) fn connect(
    deps: DepsMut,
    info: &MessageInfo,
    delegation: &str,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let mut config = CONFIG.load(deps.storage)?;
    if let Some(Neighbour(delegation)) = config.delegation {
        return Err(ContractError::AlreadyConnected { delegation });
    }
    let delegation = deps.api.addr_validate(delegation)?;
    let event = events::connect(&delegation);
    config.delegation = Some(Neighbour(delegation));
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(event))
}

/// Refuses anyone but the delegation contract.
pub(crate) fn only_delegation(storage: &dyn Storage, sender: &Addr) -> Result<(), ContractError> {
    if state::delegation(storage)?.0 == *sender {
        return Ok(());
    }
    Err(ContractError::Unauthorized {
        sender: sender.clone(),
        expected: "delegation",
    })
}
