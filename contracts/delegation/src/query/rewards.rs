//! What stakers and operators can claim, and what flows: as of now, as a claim in this block would find it.

use cosmwasm_std::{Decimal, Deps, Env, Order, StdResult, Timestamp, Uint128};
use cw_storage_plus::Bound;
use palisade_types::delegation::{FlowResponse, PoolKey, RewardsResponse, MAX_POOLS_PAGE};
use palisade_types::page;
use palisade_types::token::{Token, TokenAmount};

use crate::error::ContractError;
use crate::execute::operator;
use crate::execute::payout::{held_ids, owed_now};
use crate::native::add;
use crate::rewards::Rewards;
use crate::state::{Tranche, COMMISSION_OWED, CONFIG, POOLS, POOL_KEYS};

use super::{key, pool_id};

pub(crate) fn rewards(
    deps: Deps,
    env: &Env,
    owner: &str,
    start_after: Option<PoolKey>,
    limit: Option<u32>,
) -> Result<Vec<RewardsResponse>, ContractError> {
    let owner = deps.api.addr_validate(owner)?;
    let config = CONFIG.load(deps.storage)?;
    let start_after = start_after
        .map(|key| pool_id(deps, &key.operator, &key.asset))
        .transpose()?;
    let limit = page::take(limit).min(MAX_POOLS_PAGE);
    held_ids(deps.storage, &owner, start_after, limit)?
        .into_iter()
        .map(|id| {
            let (operator, asset) = POOL_KEYS.load(deps.storage, id)?;
            let pool = POOLS.load(deps.storage, (&operator, &asset))?;
            let rewards = Rewards::load(deps.storage, &config, env.block.time, &pool)?;
            let owed = owed_now(deps.storage, &owner, &operator, &pool, &rewards)?;
            let amounts = rewards.flows().zip(owed).map(|(f, o)| (&*f.token, o.owed));
            Ok(RewardsResponse {
                rewards: amounts.filter_map(token_amount).collect(),
                pool: key(operator, asset),
            })
        })
        .collect()
}

pub(crate) fn flows(
    deps: Deps,
    env: &Env,
    operator: &str,
    asset: &str,
) -> Result<Vec<FlowResponse>, ContractError> {
    // Refuses what is no pool.
    pool_id(deps, operator, asset)?;
    let operator = deps.api.addr_validate(operator)?;
    let pool = POOLS.load(deps.storage, (&operator, asset))?;
    let config = CONFIG.load(deps.storage)?;
    let rewards = Rewards::load(deps.storage, &config, env.block.time, &pool)?;
    let [junior, senior] = Tranche::BOTH.map(|tranche| pool.earning(tranche));
    let stake = add(junior, senior)?;
    let flows = rewards.flows().filter_map(|flow| {
        let stream = &flow.stream;
        let runs = !stream.flowing.is_zero() && !stake.is_zero();
        let until = stream.at.nanos().saturating_add(stream.left);
        Some(FlowResponse {
            token: Token::of_name(&flow.token)?,
            flowing: stream.flowing,
            until: runs.then(|| Timestamp::from_nanos(until)),
            waiting: stream.waiting,
            per_unit: per_unit(stream.flowing, stake),
        })
    });
    Ok(flows.collect())
}

pub(crate) fn commission_owed(
    deps: Deps,
    operator: &str,
    start_after: Option<Token>,
    limit: Option<u32>,
) -> Result<Vec<TokenAmount>, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    operator::load(deps.storage, &operator)?;
    let start_after = start_after
        .map(|token| token.validated(deps.api))
        .transpose()?
        .map(|token| token.name());
    let owed: StdResult<Vec<(String, Uint128)>> = COMMISSION_OWED
        .prefix(&operator)
        .range(
            deps.storage,
            start_after.as_deref().map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .collect();
    let owed = owed?;
    let amounts = owed.iter().map(|(token, amount)| (&**token, *amount));
    Ok(amounts.filter_map(token_amount).collect())
}

/// None for nothing.
fn token_amount((token, amount): (&str, Uint128)) -> Option<TokenAmount> {
    let token = Token::of_name(token)?;
    (!amount.is_zero()).then_some(TokenAmount { token, amount })
}

/// Rounded down; zero while nothing earns; as much as a decimal holds if it is more.
fn per_unit(flowing: Uint128, stake: Uint128) -> Decimal {
    if stake.is_zero() {
        return Decimal::zero();
    }
    Decimal::checked_from_ratio(flowing, stake).unwrap_or(Decimal::MAX)
}
