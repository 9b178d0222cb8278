//! Into a pool, and out of it into a bucket.

use cosmwasm_std::{
    Addr, DepsMut, Env, MessageInfo, Response, StdResult, Storage, Uint128, WasmMsg,
};
use palisade_math::{Left, MathError, Position, SharePool};

use crate::error::ContractError;
use crate::execute::operator;
use crate::state::{
    Config, Pool, PoolId, PoolKind, Tranche, Tranched, BUCKETS, CONFIG, DUST, ENTRIES, POOLS,
    POOL_COUNT, POOL_KEYS, POSITIONS,
};
use crate::touch::Touch;
use crate::{events, native, rewards};

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

/// Refuses everybody but the vault.
pub(crate) fn only_vault(config: &Config, info: &MessageInfo) -> Result<(), ContractError> {
    if info.sender == config.vault {
        return Ok(());
    }
    Err(ContractError::Unauthorized {
        sender: info.sender.clone(),
        expected: "vault",
    })
}

/// Adds stake that the vault holds already; `bound` says that the asset can stand behind this operator
/// alone.
pub(crate) fn join(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    [owner, operator, asset]: [&str; 3],
    amount: Uint128,
    bound: bool,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_vault(&config, info)?;
    let owner = deps.api.addr_validate(owner)?;
    let operator = deps.api.addr_validate(operator)?;
    operator::require_acceptance(deps.storage, &env.block, &operator, &owner)?;
    let mut pool = load_or_create(deps.storage, &operator, asset)?;
    if bound {
        pool.kind = PoolKind::Bound;
    }
    let touch = Touch::begin(&mut deps, env, &config, (&operator, asset), pool)?;
    let (shares, message) = join_pool(deps.storage, &owner, &operator, touch, amount)?;
    let event = events::join(&owner, &operator, asset, amount, shares);
    Ok(Response::new().add_event(event).add_messages(message))
}

/// Starts unbonding of `amount`, or of all. Never paused: whoever objects to a promise has to be able
/// to start leaving before it counts.
pub(crate) fn undelegate(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: &str,
    amount: Option<Uint128>,
) -> Result<Response, ContractError> {
    require_above_zero(amount)?;
    let operator = deps.api.addr_validate(operator)?;
    let owner = &info.sender;
    let config = CONFIG.load(deps.storage)?;
    let no_position = || ContractError::NoPosition {
        owner: owner.clone(),
        operator: operator.clone(),
        asset: asset.to_string(),
    };
    let pool = POOLS
        .may_load(deps.storage, (&operator, asset))?
        .ok_or_else(no_position)?;
    let mut position = POSITIONS
        .may_load(deps.storage, (owner, pool.id))?
        .ok_or_else(no_position)?;
    let holding = Holding::of(owner, &operator, pool.id);
    let mut touch = Touch::begin(&mut deps, env, &config, (&operator, asset), pool)?;
    touch.settle(deps.storage, holding, &position)?;
    let tranche = touch.pool.tranche_mut(holding.tranche);
    let left = leave(tranche, &mut position, amount)?;
    store_position(deps.storage, owner, &touch.pool, &position)?;
    add_dust(deps.storage, asset, left.dust)?;

    let epoch = config.epochs.at(env.block.time);
    let matures_at = config.epochs.matures_at(epoch)?;
    if !left.paid.is_zero() {
        unbond(deps.storage, holding, &touch.pool, epoch, left.paid)?;
    }
    let message = touch.finish(deps.storage)?;
    let event = events::undelegate(owner, &operator, asset, left.paid, epoch, matures_at);
    Ok(Response::new().add_event(event).add_messages(message))
}

/// A pool, which comes into being with its first stake: then the caller has to save it.
pub(crate) fn load_or_create(
    storage: &mut dyn Storage,
    operator: &Addr,
    asset: &str,
) -> Result<Pool, ContractError> {
    match POOLS.may_load(storage, (operator, asset))? {
        Some(pool) => Ok(pool),
        None => create_pool(storage, operator, asset),
    }
}

/// Puts `amount` into a pool from outside, and stores all. Returns the shares minted, and what the vault
/// has to be told. Whether the operator accepts it is the caller's question.
pub(crate) fn join_pool(
    storage: &mut dyn Storage,
    owner: &Addr,
    operator: &Addr,
    mut touch: Touch,
    amount: Uint128,
) -> Result<(Uint128, Option<WasmMsg>), ContractError> {
    let holding = Holding::of(owner, operator, touch.pool.id);
    let shares = join_position(storage, holding, &mut touch, amount)?;
    if let Some(native) = &mut touch.native {
        native.bonded = native::add(native.bonded, amount)?;
    }
    Ok((shares, touch.finish(storage)?))
}

/// Puts `amount` into the owner's position. The pool is left for the caller to finish.
pub(crate) fn join_position(
    storage: &mut dyn Storage,
    holding: Holding,
    touch: &mut Touch,
    amount: Uint128,
) -> Result<Uint128, ContractError> {
    let key = (holding.owner, holding.pool);
    let mut position = POSITIONS.may_load(storage, key)?.unwrap_or_default();
    touch.settle(storage, holding, &position)?;
    let tranche = touch.pool.tranche_mut(holding.tranche);
    let shares = tranche.join(&mut position, amount)?;
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

pub(crate) fn create_pool(
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
        rewards: 0,
        kind: PoolKind::Free,
    })
}

fn store_position(
    storage: &mut dyn Storage,
    owner: &Addr,
    pool: &Pool,
    position: &Position,
) -> StdResult<()> {
    if position.is_empty() {
        POSITIONS.remove(storage, (owner, pool.id));
        return rewards::forget(storage, owner, pool);
    }
    POSITIONS.save(storage, (owner, pool.id), position)
}
