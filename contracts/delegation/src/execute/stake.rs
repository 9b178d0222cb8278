//! Into a pool, and out of it into a bucket.

use cosmwasm_std::{Addr, DepsMut, Env, MessageInfo, Response, StdResult, Storage, Uint128};
use palisade_math::{Left, MathError, Position, SharePool};

use crate::error::ContractError;
use crate::events;
use crate::execute::operator;
use crate::state::{
    Pool, PoolId, Tranche, Tranched, BUCKETS, CONFIG, DUST, ENTRIES, POOLS, POOL_COUNT, POOL_KEYS,
    POSITIONS,
};

/// Whose stake in which pool, and in which of its tranches: where it goes in and comes out.
#[derive(Clone, Copy)]
pub(crate) struct Holding<'a> {
    pub owner: &'a Addr,
    pub pool: PoolId,
    pub tranche: Tranche,
}

impl<'a> Holding<'a> {
    pub(crate) fn of(owner: &'a Addr, operator: &Addr, pool: PoolId) -> Self {
        Self {
            owner,
            pool,
            tranche: Tranche::of(owner, operator),
        }
    }
}

/// Adds stake that the vault holds already.
pub(crate) fn join(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    owner: &str,
    operator: &str,
    asset: &str,
    amount: Uint128,
) -> Result<Response, ContractError> {
    if info.sender != CONFIG.load(deps.storage)?.vault {
        return Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            expected: "vault",
        });
    }
    let owner = deps.api.addr_validate(owner)?;
    let operator = deps.api.addr_validate(operator)?;
    operator::require_acceptance(deps.storage, &env.block, &operator, &owner)?;
    let shares = join_pool(deps.storage, &owner, &operator, asset, amount)?;
    let event = events::join(&owner, &operator, asset, amount, shares);
    Ok(Response::new().add_event(event))
}

/// Starts unbonding of `amount`, or of all. Never paused: whoever objects to a promise has to be able
/// to start leaving before it counts.
pub(crate) fn undelegate(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: &str,
    amount: Option<Uint128>,
) -> Result<Response, ContractError> {
    require_above_zero(amount)?;
    let operator = deps.api.addr_validate(operator)?;
    let owner = &info.sender;
    let epochs = CONFIG.load(deps.storage)?.epochs;
    let no_position = || ContractError::NoPosition {
        owner: owner.clone(),
        operator: operator.clone(),
        asset: asset.to_string(),
    };
    let mut pool = POOLS
        .may_load(deps.storage, (&operator, asset))?
        .ok_or_else(no_position)?;
    let mut position = POSITIONS
        .may_load(deps.storage, (owner, pool.id))?
        .ok_or_else(no_position)?;
    let holding = Holding::of(owner, &operator, pool.id);
    let left = leave(pool.tranche_mut(holding.tranche), &mut position, amount)?;
    POOLS.save(deps.storage, (&operator, asset), &pool)?;
    store_position(deps.storage, owner, pool.id, &position)?;
    add_dust(deps.storage, asset, left.dust)?;

    let epoch = epochs.at(env.block.time);
    let matures_at = epochs.matures_at(epoch)?;
    if !left.paid.is_zero() {
        unbond(deps.storage, holding, &pool, epoch, left.paid)?;
    }
    let event = events::undelegate(owner, &operator, asset, left.paid, epoch, matures_at);
    Ok(Response::new().add_event(event))
}

/// Puts `amount` into a pool, which comes into being with its first stake. Returns the shares
/// minted. Whether the operator accepts it is the caller's question.
pub(crate) fn join_pool(
    storage: &mut dyn Storage,
    owner: &Addr,
    operator: &Addr,
    asset: &str,
    amount: Uint128,
) -> Result<Uint128, ContractError> {
    let mut pool = match POOLS.may_load(storage, (operator, asset))? {
        Some(pool) => pool,
        None => create_pool(storage, operator, asset)?,
    };
    let holding = Holding::of(owner, operator, pool.id);
    let shares = join_position(storage, holding, &mut pool, amount)?;
    POOLS.save(storage, (operator, asset), &pool)?;
    Ok(shares)
}

/// Puts `amount` into the owner's position. The pool is left for the caller to save.
pub(crate) fn join_position(
    storage: &mut dyn Storage,
    holding: Holding,
    pool: &mut Pool,
    amount: Uint128,
) -> Result<Uint128, ContractError> {
    let key = (holding.owner, holding.pool);
    let mut position = POSITIONS.may_load(storage, key)?.unwrap_or_default();
    let shares = pool
        .tranche_mut(holding.tranche)
        .join(&mut position, amount)?;
    POSITIONS.save(storage, key, &position)?;
    Ok(shares)
}

/// Takes `amount`, or all, out of a position; clamped, so that a slash just before cannot make it
/// fail. A position worth nothing is emptied and paid nothing.
pub(crate) fn leave(
    pool: &mut SharePool,
    position: &mut Position,
    amount: Option<Uint128>,
) -> Result<Left, MathError> {
    match amount {
        Some(amount) => pool.leave_exact(position, amount),
        None => pool.leave_all(position),
    }
}

/// Refuses an amount of zero: it would do nothing.
pub(crate) fn require_above_zero(amount: Option<Uint128>) -> Result<(), ContractError> {
    if amount.is_some_and(|amount| amount.is_zero()) {
        return Err(ContractError::ZeroAmount);
    }
    Ok(())
}

/// Counts remainders that a pool or bucket gave up.
pub(crate) fn add_dust(
    storage: &mut dyn Storage,
    asset: &str,
    dust: Uint128,
) -> Result<(), ContractError> {
    if !dust.is_zero() {
        DUST.update(storage, asset, |before| -> StdResult<_> {
            Ok(before.unwrap_or_default().checked_add(dust)?)
        })?;
    }
    Ok(())
}

/// Puts `amount` into the bucket of the current `epoch`.
fn unbond(
    storage: &mut dyn Storage,
    holding: Holding,
    pool: &Pool,
    epoch: u64,
    amount: Uint128,
) -> Result<(), ContractError> {
    let bucket_key = (holding.pool, epoch);
    let entry_key = (holding.owner, holding.pool, epoch);
    let mut bucket = BUCKETS.may_load(storage, bucket_key)?.unwrap_or_default();
    let mut entry = ENTRIES.may_load(storage, entry_key)?.unwrap_or_default();
    bucket
        .tranche_mut(holding.tranche)
        .join(&mut entry, amount)?;
    // Every slash touches the current bucket, so what was in it stands for M as well: this only
    // sets the first one's, and one's from before a new era.
    bucket.mag = pool.mag.write(pool.mag.value.into());
    BUCKETS.save(storage, bucket_key, &bucket)?;
    ENTRIES.save(storage, entry_key, &entry)?;
    Ok(())
}

fn create_pool(
    storage: &mut dyn Storage,
    operator: &Addr,
    asset: &str,
) -> Result<Pool, ContractError> {
    let id = POOL_COUNT
        .may_load(storage)?
        .unwrap_or_default()
        .checked_add(1)
        .ok_or(MathError::Overflow {
            operation: "add".to_string(),
        })?;
    POOL_COUNT.save(storage, &id)?;
    POOL_KEYS.save(storage, id, &(operator.clone(), asset.to_string()))?;
    Ok(Pool {
        id,
        pool: SharePool::default(),
        junior: SharePool::default(),
        mag: Default::default(),
    })
}

fn store_position(
    storage: &mut dyn Storage,
    owner: &Addr,
    pool: PoolId,
    position: &Position,
) -> StdResult<()> {
    if position.is_empty() {
        POSITIONS.remove(storage, (owner, pool));
        return Ok(());
    }
    POSITIONS.save(storage, (owner, pool), position)
}
