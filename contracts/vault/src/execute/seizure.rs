//! Seized stake: booked for its payees, and paid out when somebody asks for it.

use std::collections::BTreeMap;

use cosmwasm_std::{Api, Decimal, DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_math::portion;
use palisade_types::asset::{AssetAmount, Destination, Payee, Redirection};

use crate::books::{credit_seized, destination_key};
use crate::error::ContractError;
use crate::execute::wiring::only_delegation;
use crate::state::{self, BOOKS, POTS, SEIZED};
use crate::{events, pot, token};

/// Most amounts in one seizure: four times the assets of a service, so that it never binds.
const MAX_SEIZED: usize = 32;
/// Most payees of one seizure.
const MAX_PAYEES: usize = 3;

/// Books slashed stake for its payees. Calls no token and pays nobody, so that neither a token nor
/// a recipient can stop a slash.
pub(crate) fn seize(
    deps: DepsMut,
    info: &MessageInfo,
    operator: &str,
    seized: Vec<AssetAmount>,
    arrived: Vec<AssetAmount>,
    payees: Vec<Payee>,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    let payees = keyed(deps.api, payees)?;
    let seized = sums(seized)?;
    let mut arrived = sums(arrived)?;
    let mut response = Response::new();
    for (id, amount) in seized {
        let here = arrived.remove(&id).unwrap_or_default();
        require_part(&id, amount, here)?;
        if amount.is_zero() {
            continue;
        }
        let mut books = state::books(deps.storage, &id)?;
        books.take_staked(&id, amount)?;
        books.seized = books.seized.checked_add(amount)?;
        if !here.is_zero() {
            books.take_released(&id, here)?;
            books.payable = books.payable.checked_add(here)?;
            response = response.add_event(events::arrive(&id, here));
        }
        BOOKS.save(deps.storage, &id, &books)?;
        let name = match books.native {
            true => pot::name(&id, operator),
            false => id,
        };
        let mut pot = match books.native {
            true => Some(POTS.may_load(deps.storage, &name)?.unwrap_or_default()),
            false => None,
        };
        for ((key, payee), part) in payees.iter().zip(split(amount, &payees)?) {
            if part.is_zero() {
                continue;
            }
            let entry = (name.as_str(), payee.account, key.as_str());
            match &mut pot {
                Some(pot) => pot::credit(deps.storage, pot, entry, part)?,
                None => credit_seized(deps.storage, entry, part)?,
            }
            response = response.add_event(events::seize(&name, part, payee));
        }
        if let Some(mut pot) = pot {
            pot.payable = pot.payable.checked_add(here)?;
            POTS.save(deps.storage, &name, &pot)?;
        }
    }
    for (id, here) in arrived {
        require_part(&id, Uint128::zero(), here)?;
    }
    Ok(response)
}

/// The amounts by their assets.
fn sums(amounts: Vec<AssetAmount>) -> Result<BTreeMap<String, Uint128>, ContractError> {
    if amounts.len() > MAX_SEIZED {
        return Err(ContractError::TooMany {
            what: "amounts",
            limit: MAX_SEIZED,
            actual: amounts.len(),
        });
    }
    let mut sums: BTreeMap<String, Uint128> = BTreeMap::new();
    for AssetAmount { asset, amount } in amounts {
        let sum = sums.entry(asset).or_default();
        *sum = sum.checked_add(amount)?;
    }
    Ok(sums)
}

/// Refuses more arrived than seized.
fn require_part(id: &str, seized: Uint128, arrived: Uint128) -> Result<(), ContractError> {
    if arrived > seized {
        return Err(ContractError::ArrivedUnseized {
            asset: id.to_string(),
            seized,
            arrived,
        });
    }
    Ok(())
}

/// The payees with the keys of their destinations, if their shares are shares.
fn keyed(api: &dyn Api, payees: Vec<Payee>) -> Result<Vec<(String, Payee)>, ContractError> {
    if payees.is_empty() || payees.len() > MAX_PAYEES {
        return Err(ContractError::PayeeCount {
            most: MAX_PAYEES,
            actual: payees.len(),
        });
    }
    let mut total = Decimal::zero();
    let mut keyed = Vec::with_capacity(payees.len());
    for payee in payees {
        if payee.share.is_zero() {
            return Err(ContractError::ZeroShare {
                account: payee.account,
                destination: payee.destination,
            });
        }
        total = total.checked_add(payee.share)?;
        keyed.push((destination_key(api, &payee.destination)?, payee));
    }
    if total != Decimal::one() {
        return Err(ContractError::SharesNotWhole { total });
    }
    Ok(keyed)
}

/// Each payee's part of an amount, rounded down; the last one gets the rest, so that the parts add
/// up to the amount.
fn split(amount: Uint128, payees: &[(String, Payee)]) -> Result<Vec<Uint128>, ContractError> {
    let mut rest = amount;
    let mut parts = Vec::with_capacity(payees.len());
    for (_, payee) in payees.iter().take(payees.len().saturating_sub(1)) {
        let part = portion(amount, payee.share)?;
        rest = rest.checked_sub(part)?;
        parts.push(part);
    }
    parts.push(rest);
    Ok(parts)
}

/// Burns or sends all that was seized of an asset for a destination under an account; of a natively
/// staked one, of a pot by its name, as much as came back from the base chain: whoever asks first is
/// paid first. A token that refuses fails the transaction, and so leaves the booking as it was, and every
/// other one payable.
pub(crate) fn pay_out(
    deps: DepsMut,
    env: &Env,
    name: &str,
    account: u32,
    destination: Destination,
) -> Result<Response, ContractError> {
    let id = pot::asset_of(name).unwrap_or(name);
    let asset = state::asset(deps.storage, id)?;
    let mut books = state::books(deps.storage, id)?;
    let key = destination_key(deps.api, &destination)?;
    let entry = (name, account, key.as_str());
    let amount = match pot::asset_of(name) {
        Some(_) => match pot::booked(deps.storage, entry)? {
            Some(position) => Some(pot::pay(deps.storage, &mut books, entry, position)?),
            None => None,
        },
        None => {
            let amount = SEIZED.may_load(deps.storage, entry)?;
            SEIZED.remove(deps.storage, entry);
            books.seized = books.seized.checked_sub(amount.unwrap_or_default())?;
            amount
        }
    };
    let Some(amount) = amount else {
        return Err(ContractError::NothingSeized {
            asset: name.to_string(),
            account,
            destination,
        });
    };
    BOOKS.save(deps.storage, id, &books)?;
    let event = events::pay_out(name, account, amount, &destination);
    let response = Response::new().add_event(event);
    if amount.is_zero() {
        // The base chain took all of it.
        return Ok(response);
    }
    let payment = match destination.recipient() {
        None => token::burn(&asset.token(), amount)?,
        Some(recipient) => token::pay(env, &asset.token(), &recipient, amount)?,
    };
    Ok(response.add_message(payment))
}

/// Books what waits for one destination for another of the same account. Nothing waiting is no
/// error: it may have been paid out a moment before.
pub(crate) fn redirect(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    redirection: Redirection,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    let Redirection {
        asset: name,
        account,
        from,
        to,
    } = &redirection;
    if *account == 0 {
        return Err(ContractError::NobodysAccount);
    }
    state::books(deps.storage, pot::asset_of(name).unwrap_or(name))?;
    let (source, target) = (
        destination_key(deps.api, from)?,
        destination_key(deps.api, to)?,
    );
    if source == target {
        return Err(ContractError::SameDestination {
            destination: to.clone(),
        });
    }
    if target == env.contract.address.as_str() {
        return Err(ContractError::PaymentToSelf);
    }
    let entry = (name.as_str(), *account, source.as_str());
    let amount = match pot::asset_of(name) {
        Some(_) => pot::redirect(deps.storage, entry, &target)?,
        None => {
            let amount = SEIZED.may_load(deps.storage, entry)?.unwrap_or_default();
            if !amount.is_zero() {
                SEIZED.remove(deps.storage, entry);
                credit_seized(deps.storage, (name, *account, &target), amount)?;
            }
            amount
        }
    };
    Ok(Response::new().add_event(events::redirect(&redirection, amount)))
}
