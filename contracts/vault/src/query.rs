//! Answers. None of them asks a rate provider.

use cosmwasm_std::{Addr, Deps, Env, Order, StdResult};
use cw_storage_plus::Bound;
use palisade_types::allocation::MAX_ASSETS;
use palisade_types::asset::{AssetAmount, AssetId, Destination, Price};
use palisade_types::page;
use palisade_types::vault::{
    AssetResponse, BooksResponse, ConfigResponse, SeizedResponse, StakerResponse,
};

use crate::books::{destination_key, destination_of};
use crate::error::ContractError;
use crate::state::{self, Asset, Staker, ASSETS, CLAIMS, CONFIG, IDLE, POTS, SEIZED, STAKERS};
use crate::{pot, rate};

pub(crate) fn config(deps: Deps) -> StdResult<ConfigResponse> {
    let delegation = CONFIG.load(deps.storage)?.delegation;
    Ok(ConfigResponse {
        delegation: delegation.map(|neighbour| neighbour.0),
    })
}

pub(crate) fn asset(deps: Deps, env: &Env, id: AssetId) -> Result<AssetResponse, ContractError> {
    let asset = state::asset(deps.storage, &id)?;
    describe(deps, env, id, asset)
}

pub(crate) fn assets(
    deps: Deps,
    env: &Env,
    start_after: Option<&str>,
    limit: Option<u32>,
) -> Result<Vec<AssetResponse>, ContractError> {
    ASSETS
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| {
            let (id, asset) = entry?;
            describe(deps, env, id, asset)
        })
        .collect()
}

fn describe(
    deps: Deps,
    env: &Env,
    id: AssetId,
    asset: Asset,
) -> Result<AssetResponse, ContractError> {
    let (rate, fresh) = rate::last(deps.storage, &id, &asset.source, env.block.time)?;
    Ok(AssetResponse {
        id,
        kind: asset.kind,
        source: asset.source,
        rate: rate.rate,
        rate_updated_at: rate.at,
        fresh,
        weight: asset.weight,
        cap: asset.cap,
        minimum: asset.minimum,
        deposits: !asset.closed,
    })
}

pub(crate) fn prices(
    deps: Deps,
    env: &Env,
    ids: Vec<AssetId>,
) -> Result<Vec<Price>, ContractError> {
    if ids.len() > MAX_ASSETS {
        return Err(ContractError::TooMany {
            what: "assets",
            limit: MAX_ASSETS,
            actual: ids.len(),
        });
    }
    ids.into_iter()
        .map(|id| {
            let asset = state::asset(deps.storage, &id)?;
            let (rate, fresh) = rate::last(deps.storage, &id, &asset.source, env.block.time)?;
            Ok(Price {
                asset: id,
                rate: rate.rate,
                weight: asset.weight,
                fresh,
            })
        })
        .collect()
}

pub(crate) fn idle(
    deps: Deps,
    owner: &str,
    start_after: Option<&str>,
    limit: Option<u32>,
) -> Result<Vec<AssetAmount>, ContractError> {
    let owner = deps.api.addr_validate(owner)?;
    let page: StdResult<Vec<AssetAmount>> = IDLE
        .prefix(&owner)
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| entry.map(|(asset, amount)| AssetAmount { asset, amount }))
        .collect();
    Ok(page?)
}

pub(crate) fn books(deps: Deps, env: &Env, id: &str) -> Result<BooksResponse, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    let books = state::books(deps.storage, id)?;
    Ok(BooksResponse {
        idle: books.idle,
        staked: books.staked,
        seized: books.seized,
        released: books.released,
        payable: books.payable,
        balance: asset.token().balance(deps.querier, &env.contract.address)?,
    })
}

pub(crate) fn staker(
    deps: Deps,
    id: &str,
    operator: &str,
) -> Result<StakerResponse, ContractError> {
    state::asset(deps.storage, id)?;
    let operator = deps.api.addr_validate(operator)?;
    let staker = state::staker(deps.storage, id, &operator)?;
    Ok(present(operator, staker))
}

pub(crate) fn stakers(
    deps: Deps,
    id: &str,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<Vec<StakerResponse>, ContractError> {
    state::asset(deps.storage, id)?;
    let start = start_after.map(Addr::unchecked);
    let page: StdResult<Vec<StakerResponse>> = STAKERS
        .prefix(id)
        .range(
            deps.storage,
            start.as_ref().map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| entry.map(|(operator, staker)| present(operator, staker)))
        .collect();
    Ok(page?)
}

fn present(operator: Addr, staker: Staker) -> StakerResponse {
    StakerResponse {
        operator,
        staker: staker.staker,
        validator: staker.validator,
        compound: staker.compound,
    }
}

pub(crate) fn seized(
    deps: Deps,
    id: &str,
    start_after: Option<&(u32, Destination)>,
    limit: Option<u32>,
) -> Result<Vec<SeizedResponse>, ContractError> {
    state::books(deps.storage, pot::asset_of(id).unwrap_or(id))?;
    let start = start_after
        .map(|(account, to)| destination_key(deps.api, to).map(|key| (*account, key)))
        .transpose()?;
    let start = start
        .as_ref()
        .map(|(account, key)| (*account, key.as_str()));
    if pot::asset_of(id).is_some() {
        return claims(deps, id, start, limit);
    }
    let page: StdResult<Vec<SeizedResponse>> = SEIZED
        .sub_prefix(id)
        .range(
            deps.storage,
            start.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| {
            entry.map(|((account, key), amount)| SeizedResponse {
                account,
                destination: destination_of(key),
                amount,
            })
        })
        .collect();
    Ok(page?)
}

/// What is booked of a pot, as it is worth now.
fn claims(
    deps: Deps,
    name: &str,
    start: Option<(u32, &str)>,
    limit: Option<u32>,
) -> Result<Vec<SeizedResponse>, ContractError> {
    let pot = POTS.may_load(deps.storage, name)?.unwrap_or_default();
    CLAIMS
        .sub_prefix(name)
        .range(
            deps.storage,
            start.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| {
            let ((account, key), position) = entry?;
            Ok(SeizedResponse {
                account,
                destination: destination_of(key),
                amount: pot.pool.value_of(&position)?,
            })
        })
        .collect()
}
