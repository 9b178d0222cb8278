//! Answers. Every list is a bounded page.

mod native;
mod rewards;

use cosmwasm_std::{Addr, Deps, Env, Order, StdResult, Timestamp, Uint128};
use cw_storage_plus::Bound;
use palisade_types::asset::{AssetId, Price};
use palisade_types::delegation::{
    BucketResponse, Commission, ConfigResponse, EpochResponse, OperatorResponse, PoolKey,
    PoolResponse, PositionResponse, Stake, StakesResponse, UnbondingResponse, MAX_POOLS_PAGE,
    MAX_STAKES_OPERATORS,
};
use palisade_types::neighbour::Neighbour;
use palisade_types::{allocation, page, vault};

use crate::error::ContractError;
use crate::execute::operator::{first_loss, require_acceptance};
use crate::execute::reward::at_most;
use crate::native::left;
use crate::state::{
    Operator, Pool, PoolId, PoolKind, Tranche, Tranched, BUCKETS, COMMISSIONS, CONFIG, DUST,
    ENTRIES, METADATA, OPERATORS, POOLS, POOL_KEYS, POSITIONS,
};

pub(crate) use native::staked;
pub(crate) use rewards::{commission_owed, flows, rewards};

pub(crate) fn config(deps: Deps) -> Result<ConfigResponse, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    Ok(ConfigResponse {
        vault: config.vault,
        allocation: config.allocation,
        genesis: config.epochs.genesis,
        epoch_length: config.epochs.length,
        unbonding_period: config.epochs.unbonding,
        reward_period: config.reward_period,
    })
}

pub(crate) fn epoch(deps: Deps, env: &Env) -> Result<EpochResponse, ContractError> {
    let epochs = CONFIG.load(deps.storage)?.epochs;
    let epoch = epochs.at(env.block.time);
    Ok(EpochResponse {
        epoch,
        start: epochs.start(epoch)?,
        end: epochs.start(epoch.saturating_add(1))?,
        matures_at: epochs.matures_at(epoch)?,
    })
}

pub(crate) fn operator(
    deps: Deps,
    env: &Env,
    operator: &str,
) -> Result<OperatorResponse, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    match OPERATORS.may_load(deps.storage, &operator)? {
        Some(record) => describe(deps, env.block.time, operator, &record),
        None => Err(ContractError::UnknownOperator { operator }),
    }
}

pub(crate) fn operators(
    deps: Deps,
    env: &Env,
    start_after: Option<&str>,
    limit: Option<u32>,
) -> Result<Vec<OperatorResponse>, ContractError> {
    let start_after = start_after
        .map(|operator| deps.api.addr_validate(operator))
        .transpose()?;
    OPERATORS
        .range(
            deps.storage,
            start_after.as_ref().map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|record| {
            let (operator, record) = record?;
            describe(deps, env.block.time, operator, &record)
        })
        .collect()
}

/// Exactly what a join would be told now.
pub(crate) fn may_join(
    deps: Deps,
    env: &Env,
    operator: &str,
    staker: &str,
) -> Result<bool, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let staker = deps.api.addr_validate(staker)?;
    match require_acceptance(deps.storage, &env.block, &operator, &staker) {
        Err(ContractError::Std(error)) => Err(error.into()),
        answer => Ok(answer.is_ok()),
    }
}

pub(crate) fn pools(
    deps: Deps,
    env: &Env,
    operator: &str,
    start_after: Option<&str>,
    limit: Option<u32>,
) -> Result<Vec<PoolResponse>, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let pools: StdResult<Vec<(String, Pool)>> = POOLS
        .prefix(&operator)
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit).min(MAX_POOLS_PAGE))
        .collect();
    pools?
        .into_iter()
        .map(|(asset, pool)| {
            Ok(PoolResponse {
                asset,
                unbonding: unbonding(deps, env.block.time, pool.id)?,
                tokens: pool.tokens()?,
                junior: pool.junior.tokens,
                shares: pool.pool.shares,
                generation: pool.pool.generation,
                scale: pool.pool.scale,
                magnitude: pool.mag,
            })
        })
        .collect()
}

pub(crate) fn buckets(
    deps: Deps,
    operator: &str,
    asset: &str,
    start_after: Option<u64>,
    limit: Option<u32>,
) -> Result<Vec<BucketResponse>, ContractError> {
    let pool = pool_id(deps, operator, asset)?;
    let epochs = CONFIG.load(deps.storage)?.epochs;
    BUCKETS
        .prefix(pool)
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|bucket| {
            let (epoch, bucket) = bucket?;
            Ok(BucketResponse {
                epoch,
                tokens: bucket.tokens()?,
                junior: bucket.junior.tokens,
                magnitude: bucket.mag,
                matures_at: epochs.matures_at(epoch)?,
            })
        })
        .collect()
}

pub(crate) fn positions(
    deps: Deps,
    owner: &str,
    start_after: Option<PoolKey>,
    limit: Option<u32>,
) -> Result<Vec<PositionResponse>, ContractError> {
    let owner = deps.api.addr_validate(owner)?;
    let start_after = start_after
        .map(|key| pool_id(deps, &key.operator, &key.asset))
        .transpose()?;
    POSITIONS
        .prefix(&owner)
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|position| {
            let (id, position) = position?;
            let (operator, asset) = POOL_KEYS.load(deps.storage, id)?;
            let pool = POOLS.load(deps.storage, (&operator, &asset))?;
            let pool = pool.tranche(Tranche::of(&owner, &operator));
            Ok(PositionResponse {
                pool: key(operator, asset),
                shares: pool.current_shares(&position),
                value: pool.value_of(&position)?,
            })
        })
        .collect()
}

pub(crate) fn unbondings(
    deps: Deps,
    owner: &str,
    start_after: Option<(PoolKey, u64)>,
    limit: Option<u32>,
) -> Result<Vec<UnbondingResponse>, ContractError> {
    let owner = deps.api.addr_validate(owner)?;
    let epochs = CONFIG.load(deps.storage)?.epochs;
    let start_after = start_after
        .map(|(key, epoch)| {
            Ok::<_, ContractError>((pool_id(deps, &key.operator, &key.asset)?, epoch))
        })
        .transpose()?;
    ENTRIES
        .sub_prefix(&owner)
        .range(
            deps.storage,
            start_after.map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(page::take(limit))
        .map(|entry| {
            let ((id, epoch), entry) = entry?;
            let (operator, asset) = POOL_KEYS.load(deps.storage, id)?;
            let value = match BUCKETS.may_load(deps.storage, (id, epoch))? {
                Some(bucket) => bucket
                    .tranche(Tranche::of(&owner, &operator))
                    .value_of(&entry)?,
                // It went with its last token.
                None => Uint128::zero(),
            };
            Ok(UnbondingResponse {
                pool: key(operator, asset),
                epoch,
                value,
                matures_at: epochs.matures_at(epoch)?,
            })
        })
        .collect()
}

pub(crate) fn dust(deps: Deps, asset: &str) -> Result<Uint128, ContractError> {
    Ok(DUST.may_load(deps.storage, asset)?.unwrap_or_default())
}

pub(crate) fn stakes(
    deps: Deps,
    operators: &[String],
    assets: Vec<AssetId>,
) -> Result<StakesResponse, ContractError> {
    at_most("operators", operators.len(), MAX_STAKES_OPERATORS)?;
    at_most("assets", assets.len(), allocation::MAX_ASSETS)?;
    let mut stakes = Vec::with_capacity(operators.len());
    for operator in operators {
        let operator = deps.api.addr_validate(operator)?;
        let of_operator: Result<Vec<Stake>, ContractError> = assets
            .iter()
            .map(|asset| stake(deps, &operator, asset))
            .collect();
        stakes.push(of_operator?);
    }
    let vault = Neighbour(CONFIG.load(deps.storage)?.vault);
    let prices: Vec<Price> = vault.ask(deps.querier, &vault::QueryMsg::Prices { assets })?;
    Ok(StakesResponse { prices, stakes })
}

fn stake(deps: Deps, operator: &Addr, asset: &str) -> Result<Stake, ContractError> {
    let pool = POOLS.may_load(deps.storage, (operator, asset))?;
    Ok(match pool {
        Some(pool) => {
            let tokens = pool.tokens()?;
            Stake {
                tokens: match pool.kind {
                    // What the base chain slashed counts no more, noticed or not.
                    PoolKind::Native => left(deps, pool.id, tokens)?,
                    PoolKind::Free | PoolKind::Bound => tokens,
                },
                magnitude: pool.mag,
            }
        }
        None => Stake {
            tokens: Uint128::zero(),
            magnitude: Default::default(),
        },
    })
}

fn describe(
    deps: Deps,
    now: Timestamp,
    operator: Addr,
    record: &Operator,
) -> Result<OperatorResponse, ContractError> {
    let commission = COMMISSIONS.load(deps.storage, &operator)?;
    let first_loss = first_loss(deps.storage, &operator, now)?;
    Ok(OperatorResponse {
        metadata: METADATA.load(deps.storage, &operator)?,
        commission: Commission {
            rate: commission.rate,
            max_rate: commission.max_rate,
            max_daily_change: commission.max_daily_change,
        },
        commission_updated_at: commission.updated_at,
        accepts_stake: !record.closed,
        restricted: record.restricted,
        first_loss: first_loss.share,
        pending_first_loss: first_loss.pending,
        operator,
    })
}

/// Tokens in the pool's buckets that have not matured: as many buckets as can be live.
fn unbonding(deps: Deps, now: Timestamp, pool: PoolId) -> Result<Uint128, ContractError> {
    let epochs = CONFIG.load(deps.storage)?.epochs;
    let oldest = epochs.at(now).saturating_sub(epochs.live_buckets());
    let mut sum = Uint128::zero();
    for bucket in BUCKETS.prefix(pool).range(
        deps.storage,
        Some(Bound::inclusive(oldest)),
        None,
        Order::Ascending,
    ) {
        let (epoch, bucket) = bucket?;
        if now < epochs.matures_at(epoch)? {
            sum = sum
                .checked_add(bucket.tokens()?)
                .map_err(cosmwasm_std::StdError::from)?;
        }
    }
    Ok(sum)
}

fn pool_id(deps: Deps, operator: &str, asset: &str) -> Result<PoolId, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    match POOLS.may_load(deps.storage, (&operator, asset))? {
        Some(pool) => Ok(pool.id),
        None => Err(ContractError::UnknownPool {
            operator,
            asset: asset.to_string(),
        }),
    }
}

fn key(operator: Addr, asset: String) -> PoolKey {
    PoolKey {
        operator: operator.into_string(),
        asset,
    }
}
