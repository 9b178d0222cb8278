//! The right neighbour.

use cosmwasm_std::{DepsMut, MessageInfo, Response};

use crate::error::ContractError;
use crate::events;
use crate::state::CONFIG;

/// Names the allocation contract, once.
pub(crate) fn connect(
    deps: DepsMut,
    info: &MessageInfo,
    allocation: &str,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let mut config = CONFIG.load(deps.storage)?;
    if let Some(allocation) = config.allocation {
        return Err(ContractError::AlreadyConnected { allocation });
    }
    let allocation = deps.api.addr_validate(allocation)?;
    let event = events::connect(&allocation);
    config.allocation = Some(allocation);
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(event))
}
