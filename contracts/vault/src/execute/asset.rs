//! The registry of assets, and their rates.

use cosmwasm_std::{Api, Decimal, DepsMut, Env, MessageInfo, Response, Uint128};
use palisade_math::{asset_value, MAX_DEPOSIT};
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::vault::{AssetChange, NewAsset};

use crate::error::ContractError;
use crate::execute::staking;
use crate::rate::Answer;
use crate::state::{self, Asset, Books, ASSETS, BOOKS, RATES, TOKENS};
use crate::{events, lsm, rate, token};

/// The most that all of one asset may be worth at its highest rate: 10^37, so that the powers of
/// all operators, by all the assets of a service, add up within 128 bits.
const MAX_WORTH: Uint128 = Uint128::new(10_u128.pow(37));

/// Registers an asset.
pub(crate) fn register(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    new: NewAsset,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let id = new.id;
    check_id(&id)?;
    if ASSETS.has(deps.storage, &id) {
        return Err(ContractError::AssetExists { asset: id });
    }
    let bond_denom = match &new.kind {
        AssetKind::Native { .. } | AssetKind::Cw20 { .. } => String::new(),
        AssetKind::Staked {
            code_id,
            unbonding_time,
            batch_epochs,
        } => staking::check(deps.as_ref(), *code_id, *unbonding_time, *batch_epochs)?,
    };
    let asset = Asset {
        kind: new.kind,
        source: new.rate,
        weight: new.weight,
        cap: new.cap,
        minimum: new.minimum,
        closed: false,
        bond_denom,
    };
    check(deps.api, &asset, &Books::default())?;
    let token = asset.token();
    token::check(deps.as_ref(), &token)?;
    let token = token.name();
    if let Some(asset) = TOKENS.may_load(deps.storage, &token)? {
        return Err(ContractError::TokenTaken { token, asset });
    }
    let rate = rate::ask(deps.querier, &asset, env.block.time)?;
    let event = events::register_asset(&id, &token, &asset, &rate);
    TOKENS.save(deps.storage, &token, &id)?;
    ASSETS.save(deps.storage, &id, &asset)?;
    RATES.save(deps.storage, &id, &rate)?;
    let books = Books {
        native: asset.is_staked(),
        ..Books::default()
    };
    BOOKS.save(deps.storage, &id, &books)?;
    Ok(Response::new().add_event(event))
}

/// Changes an asset. A new rate source starts afresh: its rate is not held against the last one.
pub(crate) fn update(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    change: AssetChange,
) -> Result<Response, ContractError> {
    palisade_admin::only_owner(deps.storage, &info.sender)?;
    let before = state::asset(deps.storage, id)?;
    let changed = change.clone();
    let asset = Asset {
        kind: before.kind,
        source: changed.rate.unwrap_or(before.source),
        weight: changed.weight.unwrap_or(before.weight),
        cap: changed.cap.unwrap_or(before.cap),
        minimum: changed.minimum.unwrap_or(before.minimum),
        closed: changed.deposits.map_or(before.closed, |open| !open),
        bond_denom: before.bond_denom,
    };
    check(deps.api, &asset, &state::books(deps.storage, id)?)?;
    let rate = match &change.rate {
        Some(_) => Some(rate::ask(deps.querier, &asset, env.block.time)?),
        None => None,
    };
    if let Some(rate) = &rate {
        RATES.save(deps.storage, id, rate)?;
    }
    ASSETS.save(deps.storage, id, &asset)?;
    Ok(Response::new().add_event(events::update_asset(id, &change, rate.as_ref())))
}

/// Asks the rate provider, or the chain, and keeps a good answer.
pub(crate) fn update_rate(deps: DepsMut, env: &Env, id: &str) -> Result<Response, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    if let RateSource::Fixed { .. } = asset.source {
        return Err(ContractError::FixedRate {
            asset: id.to_string(),
        });
    }
    let answer = rate::refresh(deps.storage, deps.querier, id, &asset, env.block.time)?;
    let response = Response::new();
    match answer {
        Answer::Known => Ok(response),
        Answer::New(rate) => Ok(response.add_event(events::update_rate(id, &rate))),
        Answer::Late { kept, rate } => Err(ContractError::RateChangedAlready { kept, rate }),
    }
}

/// 2 to 16 of `a-z 0-9 -`, a letter first.
fn check_id(id: &str) -> Result<(), ContractError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (2..=16).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(allowed);
    require(good, "id", id, "2 to 16 of a-z 0-9 -, a letter first")
}

/// Whether the parameters of an asset are in range, with what is held of it already.
fn check(api: &dyn Api, asset: &Asset, books: &Books) -> Result<(), ContractError> {
    let weight = asset.weight;
    let good = !weight.is_zero() && weight <= Decimal::one();
    require(good, "weight", weight, "above 0 and at most 1")?;
    let cap = asset.cap;
    let good = cap.u128() <= MAX_DEPOSIT;
    require(good, "cap", cap, "at most 10^31")?;
    let minimum = asset.minimum;
    require(!minimum.is_zero(), "minimum", minimum, "at least 1")?;
    let highest = check_source(api, &asset.kind, &asset.source)?;

    let amount = cap.max(books.principal()?);
    let worth = asset_value(amount, highest, Decimal::one());
    match worth {
        Ok(worth) if worth <= MAX_WORTH => Ok(()),
        _ => Err(ContractError::WorthTooMuch {
            amount,
            rate: highest,
            limit: MAX_WORTH,
        }),
    }
}

/// Whether the parameters of a rate are in range. Returns the highest rate that it lets through.
fn check_source(
    api: &dyn Api,
    kind: &AssetKind,
    source: &RateSource,
) -> Result<Decimal, ContractError> {
    match source {
        RateSource::Fixed { rate } => {
            require(!rate.is_zero(), "rate", rate, "above 0")?;
            Ok(*rate)
        }
        RateSource::Provider {
            contract,
            min,
            max,
            max_age,
            max_change,
        } => {
            api.addr_validate(contract)?;
            require(!min.is_zero(), "min", min, "above 0")?;
            require(max >= min, "max", max, "at least min")?;
            require(*max_age > 0, "max_age", max_age, "above 0")?;
            require(!max_change.is_zero(), "max_change", max_change, "above 0")?;
            Ok(*max)
        }
        RateSource::Shares { delegator } => {
            api.addr_validate(delegator)?;
            if lsm::tokenized(kind).is_none() {
                return Err(ContractError::NotTokenized);
            }
            Ok(Decimal::one())
        }
    }
}

fn require(
    good: bool,
    what: &'static str,
    value: impl ToString,
    allowed: &'static str,
) -> Result<(), ContractError> {
    if good {
        return Ok(());
    }
    Err(ContractError::InvalidParameter {
        what,
        value: value.to_string(),
        allowed,
    })
}
