//! Seized stake: booked for its payees, and paid out when somebody asks for it.

use std::collections::BTreeMap;

use cosmwasm_std::{Api, Decimal, DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_math::portion;
use palisade_types::asset::{AssetAmount, Destination, Payee, Redirection};

use crate::books::{credit_seized, destination_key};
use crate::error::ContractError;
use crate::execute::wiring::only_delegation;
use crate::state::{self, BOOKS, SEIZED};
use crate::{events, token};

/// Most amounts in one seizure: four times the assets of a service, so that it never binds.
const MAX_SEIZED: usize = 32;
/// Most payees of one seizure.
const MAX_PAYEES: usize = 3;

/// Books slashed stake for its payees. Calls no token and pays nobody, so that neither a token nor
/// a recipient can stop a slash.
pub(crate) fn seize(
    deps: DepsMut,
    info: &MessageInfo,
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
        for ((key, payee), part) in payees.iter().zip(split(amount, &payees)?) {
            if part.is_zero() {
                continue;
            }
            let entry = (id.as_str(), payee.account, key.as_str());
            credit_seized(deps.storage, entry, part)?;
            response = response.add_event(events::seize(&id, part, payee));
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
/// staked one, what of it came back from the base chain: whoever asks first is paid first. What the base
/// chain took of it, when no stake was left to bear that, everybody bears in proportion. A token that
/// refuses fails the transaction, and so leaves the booking as it was, and every other one payable.
pub(crate) fn pay_out(
    deps: DepsMut,
    env: &Env,
    id: &str,
    account: u32,
    destination: Destination,
) -> Result<Response, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    let key = destination_key(deps.api, &destination)?;
    let entry = (id, account, key.as_str());
    let Some(booked) = SEIZED.may_load(deps.storage, entry)? else {
        return Err(ContractError::NothingSeized {
            asset: id.to_string(),
            account,
            destination,
        });
    };
    let mut books = state::books(deps.storage, id)?;
    let (mut forfeited, mut amount) = (Uint128::zero(), booked);
    if asset.is_staked() {
        (forfeited, amount) = books.pay_arrived(booked)?;
        if amount.is_zero() && forfeited.is_zero() {
            return Err(ContractError::NothingArrived {
                asset: id.to_string(),
            });
        }
    }
    let gone = amount.checked_add(forfeited)?;
    books.seized = books.seized.checked_sub(gone)?;
    let rest = booked.checked_sub(gone)?;
    if rest.is_zero() {
        SEIZED.remove(deps.storage, entry);
    } else {
        SEIZED.save(deps.storage, entry, &rest)?;
    }
    BOOKS.save(deps.storage, id, &books)?;
    let event = events::pay_out(id, account, amount, forfeited, &destination);
    let response = Response::new().add_event(event);
    if amount.is_zero() {
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
        asset: id,
        account,
        from,
        to,
    } = &redirection;
    if *account == 0 {
        return Err(ContractError::NobodysAccount);
    }
    state::books(deps.storage, id)?;
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
    let entry = (id.as_str(), *account, source.as_str());
    let amount = SEIZED.may_load(deps.storage, entry)?.unwrap_or_default();
    if !amount.is_zero() {
        SEIZED.remove(deps.storage, entry);
        credit_seized(deps.storage, (id, *account, &target), amount)?;
    }
    Ok(Response::new().add_event(events::redirect(&redirection, amount)))
}
