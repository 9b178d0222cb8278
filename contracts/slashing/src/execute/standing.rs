//! Jail and tombstone.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Timestamp};
use palisade_types::allocation::{self, ServiceId};

use super::load_service;
use crate::events;
use crate::state::{Policy, Standing, CONFIG, STANDINGS};
use crate::time::after;
use crate::ContractError;

pub(crate) fn unjail(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    load_service(deps.storage, &env, service)?;
    let operator = info.sender;
    let standing = STANDINGS
        .may_load(deps.storage, (service, &operator))?
        .unwrap_or_default();
    if standing.tombstoned {
        return Err(ContractError::Tombstoned { service, operator });
    }
    let Some(until) = standing.jailed_until else {
        return Err(ContractError::NotJailed { service, operator });
    };
    if env.block.time < until {
        return Err(ContractError::StillJailed {
            service,
            operator,
            until,
        });
    }
    STANDINGS.remove(deps.storage, (service, &operator));
    let config = CONFIG.load(deps.storage)?;
    let message = config.allocation.call(&allocation::ExecuteMsg::Unjail {
        service,
        operator: operator.to_string(),
    })?;
    Ok(Response::new()
        .add_message(message)
        .add_event(events::unjail(service, &operator)))
}

impl Policy {
    /// Whether it changes an operator's standing.
    pub(crate) fn jails(&self) -> bool {
        self.tombstone || self.jail > 0
    }
}

impl Standing {
    /// The standing after a penalty. A longer jail is never shortened.
    pub(crate) fn after(mut self, policy: &Policy, now: Timestamp) -> Self {
        if policy.jail > 0 {
            let until = after(now, policy.jail);
            self.jailed_until = self.jailed_until.max(Some(until));
        }
        self.tombstoned |= policy.tombstone;
        self
    }
}
