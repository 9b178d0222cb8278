//! Rewards of an operator's stakers.

use std::collections::BTreeSet;

use cosmwasm_std::{Addr, Coin, DepsMut, Env, MessageInfo, Response, Storage, Uint128};
use palisade_math::portion;
use palisade_types::allocation::MAX_ASSETS;
use palisade_types::asset::AssetAmount;
use palisade_types::token::Token;

use crate::error::ContractError;
use crate::events;
use crate::execute::stake::load_or_create;
use crate::native::{add, sub, sum};
use crate::rewards::{push, OPEN_PLACES, PLACES};
use crate::state::{Config, PoolKind, COMMISSIONS, COMMISSION_OWED, CONFIG, HOLDERS, POOLS};

/// Rewards of an operator's stakers.
struct Payment<'a> {
    operator: &'a str,
    token: Token,
    amount: Uint128,
    parts: &'a [AssetAmount],
    /// Places of a pool that the token may fill if it is new there.
    places: u8,
    /// Whether the operator keeps its commission.
    commission: bool,
}

/// Rewards in the coin attached.
pub(crate) fn native(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    parts: &[AssetAmount],
    by_operator: bool,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let (commission, places) = match by_allocation(&config, &info.sender) {
        Ok(()) => (true, places(by_operator)),
        // Anybody can send any coin to a staker, and have it sent on.
        Err(_) if by_staker(&deps, &info.sender, operator, parts)? => {
            (false, if by_operator { PLACES } else { 0 })
        }
        Err(refusal) => return Err(refusal),
    };
    let Coin { denom, amount } = cw_utils::one_coin(info)?;
    let payment = Payment {
        operator,
        token: Token::Native { denom },
        amount,
        parts,
        places,
        commission,
    };
    receive(deps, env, &config, payment)
}

/// Rewards in a cw20 token that the allocation contract transferred here.
pub(crate) fn transferred(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    token: &str,
    operator: &str,
    parts: &[AssetAmount],
    by_operator: bool,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    by_allocation(&config, &info.sender)?;
    let payment = Payment {
        operator,
        token: Token::cw20(deps.api.addr_validate(token)?),
        amount: sum(parts.iter().map(|part| &part.amount))?,
        parts,
        places: places(by_operator),
        commission: true,
    };
    receive(deps, env, &config, payment)
}

/// Refuses everybody but the allocation contract.
fn by_allocation(config: &Config, sender: &Addr) -> Result<(), ContractError> {
    match &config.allocation {
        None => Err(ContractError::NotConnected),
        Some(allocation) if allocation != sender => Err(ContractError::Unauthorized {
            sender: sender.clone(),
            expected: "allocation",
        }),
        Some(_) => Ok(()),
    }
}

/// Whether the sender holds the delegation of the one pool that is paid.
fn by_staker(
    deps: &DepsMut,
    sender: &Addr,
    operator: &str,
    parts: &[AssetAmount],
) -> Result<bool, ContractError> {
    let [part] = parts else {
        return Ok(false);
    };
    let operator = deps.api.addr_validate(operator)?;
    match POOLS.may_load(deps.storage, (&operator, &part.asset))? {
        Some(pool) if pool.kind == PoolKind::Native => {
            Ok(HOLDERS.load(deps.storage, pool.id)?.staker == *sender)
        }
        _ => Ok(false),
    }
}

/// Places of a pool that a new token may fill.
fn places(by_operator: bool) -> u8 {
    if by_operator {
        PLACES
    } else {
        OPEN_PLACES
    }
}

/// Splits a payment into commission and what flows to the pools. Commission rounds down, in favour of
/// the stakers.
fn receive(
    deps: DepsMut,
    env: &Env,
    config: &Config,
    payment: Payment,
) -> Result<Response, ContractError> {
    let operator = deps.api.addr_validate(payment.operator)?;
    let rate = COMMISSIONS
        .may_load(deps.storage, &operator)?
        .ok_or_else(|| ContractError::UnknownOperator {
            operator: operator.clone(),
        })?
        .rate;
    check(&payment)?;
    let token = payment.token.name();
    let mut kept = Uint128::zero();
    let mut response = Response::new();
    for part in payment.parts.iter().filter(|part| !part.amount.is_zero()) {
        let commission = match payment.commission {
            true => portion(part.amount, rate)?,
            false => Uint128::zero(),
        };
        kept = add(kept, commission)?;
        let rest = sub(part.amount, commission)?;
        if !rest.is_zero() {
            let key = (&operator, part.asset.as_str());
            flow(
                deps.storage,
                env,
                config,
                key,
                (&token, rest),
                payment.places,
            )?;
        }
        response = response.add_event(events::reward(&operator, &token, part, commission));
    }
    if !kept.is_zero() {
        let key = (&operator, token.as_str());
        COMMISSION_OWED.update(deps.storage, key, |owed| {
            add(owed.unwrap_or_default(), kept)
        })?;
    }
    Ok(response)
}

/// Refuses parts that are none, too many, doubled, or another sum than what was paid.
fn check(payment: &Payment) -> Result<(), ContractError> {
    let parts = payment.parts;
    at_most("parts", parts.len(), MAX_ASSETS)?;
    if parts.is_empty() {
        return Err(ContractError::Empty { what: "parts" });
    }
    distinct("asset", parts.iter().map(|part| part.asset.clone()))?;
    let sum = sum(parts.iter().map(|part| &part.amount))?;
    if sum != payment.amount {
        return Err(ContractError::PartsMismatch {
            parts: sum,
            paid: payment.amount,
        });
    }
    Ok(())
}

/// Lets rewards wait for the next period of a pool, which comes into being if there never was stake.
fn flow(
    storage: &mut dyn Storage,
    env: &Env,
    config: &Config,
    (operator, asset): (&Addr, &str),
    (token, amount): (&str, Uint128),
    places: u8,
) -> Result<(), ContractError> {
    let mut pool = load_or_create(storage, operator, asset)?;
    let now = env.block.time;
    let to = (operator, asset, &mut pool);
    if push(storage, config, now, to, (token, amount), places)? {
        POOLS.save(storage, (operator, asset), &pool)?;
    }
    Ok(())
}

pub(crate) fn at_most(
    what: &'static str,
    actual: usize,
    limit: usize,
) -> Result<(), ContractError> {
    if actual > limit {
        return Err(ContractError::TooMany {
            what,
            limit,
            actual,
        });
    }
    Ok(())
}

/// The values, none of which is there twice.
pub(crate) fn distinct(
    what: &'static str,
    values: impl Iterator<Item = String>,
) -> Result<BTreeSet<String>, ContractError> {
    let mut seen = BTreeSet::new();
    for value in values {
        if !seen.insert(value.clone()) {
            return Err(ContractError::Duplicate { what, value });
        }
    }
    Ok(seen)
}
