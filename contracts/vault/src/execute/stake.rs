//! What the delegation contract asks for. It counts whose the stake is; the vault counts how much
//! there is in all, and gives no more.

use std::collections::BTreeMap;

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_types::asset::{AssetAmount, Destination};

use crate::books::{destination_key, require_above_zero};
use crate::error::ContractError;
use crate::execute::wiring::only_delegation;
use crate::state::{self, BOOKS, SEIZED};
use crate::{events, token};

/// Most amounts in one seizure: four times the assets of a service, so that it never binds.
const MAX_SEIZED: usize = 32;

/// Pays matured stake out.
pub(crate) fn release(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    amount: Uint128,
    recipient: &str,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    require_above_zero(amount)?;
    let recipient = deps.api.addr_validate(recipient)?;
    let asset = state::asset(deps.storage, id)?;
    let mut books = state::books(deps.storage, id)?;
    books.take_staked(id, amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let payment = token::pay(env, &asset.kind, &recipient, amount)?;
    let event = events::release(id, amount, &recipient);
    Ok(Response::new().add_event(event).add_message(payment))
}

/// Books slashed stake for its destination. Calls no token, so that none can stop a slash.
pub(crate) fn seize(
    deps: DepsMut,
    info: &MessageInfo,
    seized: Vec<AssetAmount>,
    destination: &Destination,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    if seized.len() > MAX_SEIZED {
        return Err(ContractError::TooMany {
            what: "amounts",
            limit: MAX_SEIZED,
            actual: seized.len(),
        });
    }
    let key = destination_key(deps.api, destination)?;
    let mut sums: BTreeMap<String, Uint128> = BTreeMap::new();
    for AssetAmount { asset, amount } in seized {
        let sum = sums.entry(asset).or_default();
        *sum = sum.checked_add(amount)?;
    }
    let mut response = Response::new();
    for (id, amount) in sums {
        if amount.is_zero() {
            continue;
        }
        let mut books = state::books(deps.storage, &id)?;
        books.take_staked(&id, amount)?;
        books.seized = books.seized.checked_add(amount)?;
        BOOKS.save(deps.storage, &id, &books)?;
        let entry = (id.as_str(), key.as_str());
        let before = SEIZED.may_load(deps.storage, entry)?.unwrap_or_default();
        SEIZED.save(deps.storage, entry, &before.checked_add(amount)?)?;
        response = response.add_event(events::seize(&id, amount, destination));
    }
    Ok(response)
}
