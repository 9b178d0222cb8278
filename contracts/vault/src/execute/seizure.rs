//! Seized tokens out.

use cosmwasm_std::{Addr, DepsMut, Env, Response};
use palisade_types::asset::Destination;

use crate::books::destination_key;
use crate::error::ContractError;
use crate::state::{self, BOOKS, SEIZED};
use crate::{events, token};

/// Burns or sends all that was seized of an asset for a destination. A token that refuses fails
/// the transaction, and so leaves the booking as it was, and every other one payable.
pub(crate) fn pay_out(
    deps: DepsMut,
    env: &Env,
    id: &str,
    destination: Destination,
) -> Result<Response, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    let key = destination_key(deps.api, &destination)?;
    let entry = (id, key.as_str());
    let Some(amount) = SEIZED.may_load(deps.storage, entry)? else {
        return Err(ContractError::NothingSeized {
            asset: id.to_string(),
            destination,
        });
    };
    SEIZED.remove(deps.storage, entry);
    let mut books = state::books(deps.storage, id)?;
    books.seized = books.seized.checked_sub(amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let payment = match &destination {
        Destination::Burn {} => token::burn(&asset.kind, amount)?,
        Destination::Send { recipient } => {
            token::pay(env, &asset.kind, &Addr::unchecked(recipient), amount)?
        }
    };
    let event = events::pay_out(id, amount, &destination);
    Ok(Response::new().add_event(event).add_message(payment))
}
