//! Natively staked pools: opened, grown, and brought in line with the base chain.

use cosmwasm_std::{Addr, DepsMut, Env, MessageInfo, Response, StdResult, Storage, Uint128};
use palisade_math::apportion;
use palisade_types::delegation::StakedPool;
use palisade_types::staker;
use palisade_types::vault::Collection;

use crate::error::ContractError;
use crate::events;
use crate::execute::operator;
use crate::execute::stake::{create_pool, only_vault};
use crate::native::{add, add_growth, buckets, sub, sum, Slashed, MAX_OPEN_BUCKETS};
use crate::state::{
    Batch, Batches, Native, Pool, PoolId, PoolKind, Staker, Tranche, Tranched, BATCHES, BUCKETS,
    CONFIG, HOLDERS, NATIVE, POOLS,
};
use crate::touch::Touch;

/// Opens the pool of an asset that is staked with the operator's validator.
pub(crate) fn open(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    msg: StakedPool,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_vault(&config, info)?;
    let operator = deps.api.addr_validate(&msg.operator)?;
    operator::load(deps.storage, &operator)?;
    let key = (&operator, msg.asset.as_str());
    if POOLS.has(deps.storage, key) {
        return Err(ContractError::PoolExists {
            operator,
            asset: msg.asset,
        });
    }
    config
        .epochs
        .check_batches(msg.unbonding_time, msg.batch_epochs)?;
    let mut pool = create_pool(deps.storage, &operator, &msg.asset)?;
    pool.kind = PoolKind::Native;
    POOLS.save(deps.storage, key, &pool)?;
    let staker = Staker {
        staker: deps.api.addr_validate(&msg.staker)?,
        denom: msg.denom,
        batch_epochs: msg.batch_epochs,
    };
    HOLDERS.save(deps.storage, pool.id, &staker)?;
    let native = Native {
        next: config.epochs.at(env.block.time),
        ..Native::default()
    };
    NATIVE.save(deps.storage, pool.id, &native)?;
    Ok(Response::new().add_event(events::open_pool(&operator, &msg.asset, &staker.staker)))
}

/// Takes in rewards of the base chain that the staker staked.
pub(crate) fn grow(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: &str,
    amount: Uint128,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_vault(&config, info)?;
    let operator = deps.api.addr_validate(operator)?;
    let pool = load(deps.storage, &operator, asset)?;
    let key = (&operator, asset);
    let mut touch = Touch::begin_before(&mut deps, env, &config, key, pool, amount)?;
    if let Some(native) = &mut touch.native {
        add_growth(&config, env.block.time, native, amount)?;
    }
    let message = touch.finish(deps.storage)?;
    Ok(Response::new()
        .add_event(events::grow(&operator, asset, amount))
        .add_messages(message))
}

/// Notices slashes of the validator, starts the batch that is due, and takes in what arrived. Nothing
/// to do is no error.
pub(crate) fn reconcile(
    mut deps: DepsMut,
    env: &Env,
    operator: &str,
    asset: &str,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let operator = deps.api.addr_validate(operator)?;
    let pool = load(deps.storage, &operator, asset)?;
    let id = pool.id;
    let staker = HOLDERS.load(deps.storage, id)?;
    let mut unbonding = BATCHES.may_load(deps.storage, id)?.unwrap_or_default();
    let mut touch = Touch::begin(&mut deps, env, &config, (&operator, asset), pool)?;

    let collected = collect(&mut deps, env, id, &staker, &mut unbonding)?;
    touch.orders.lost = add(touch.orders.lost, collected.lost)?;
    touch.orders.forfeited = add(touch.orders.forfeited, collected.forfeited)?;
    touch.orders.collect = collected.collection;
    // Not beside what arrived: should the chain refuse an undelegation, that is taken in all the same.
    if let (Some(native), false) = (&mut touch.native, collected.due) {
        let current = config.epochs.at(env.block.time);
        if let Some(batch) = start(deps.storage, id, native, &staker, current)? {
            touch.orders.undelegate = batch.amount;
            unbonding.batches.push(batch);
        }
    }
    if unbonding == Batches::default() {
        BATCHES.remove(deps.storage, id);
    } else {
        BATCHES.save(deps.storage, id, &unbonding)?;
    }
    let event = events::reconcile(&operator, asset, &touch.orders);
    let message = touch.finish(deps.storage)?;
    Ok(Response::new().add_event(event).add_messages(message))
}

fn load(storage: &dyn Storage, operator: &Addr, asset: &str) -> Result<Pool, ContractError> {
    match POOLS.may_load(storage, (operator, asset))? {
        Some(pool) if pool.kind == PoolKind::Native => Ok(pool),
        _ => Err(ContractError::NotNative {
            operator: operator.clone(),
            asset: asset.to_string(),
        }),
    }
}

/// Starts the batch of all epochs that ended, if a whole one did. None if nothing left in them.
fn start(
    storage: &dyn Storage,
    pool: PoolId,
    native: &mut Native,
    staker: &Staker,
    current: u64,
) -> StdResult<Option<Batch>> {
    let length = u64::from(staker.batch_epochs);
    // Batches begin at multiples of their length, so that late ones do not push the later ones on.
    let ended = current.checked_div(length).unwrap_or_default();
    let Some(last) = ended.saturating_mul(length).checked_sub(1) else {
        return Ok(None);
    };
    if last < native.next {
        return Ok(None);
    }
    let buckets = buckets(storage, pool, native.next, last)?;
    let to = match buckets.last() {
        Some((epoch, _)) if buckets.len() == MAX_OPEN_BUCKETS => *epoch,
        _ => last,
    };
    let mut amount = native.seized;
    for (_, bucket) in &buckets {
        amount = add(amount, bucket.tokens()?)?;
    }
    if native.bonded.is_zero() && !amount.is_zero() {
        // All of it is gone. Nothing can be undelegated, and so nothing would arrive.
        return Ok(None);
    }
    // More than is bonded cannot be undelegated: what is missing shows at the arrival.
    let batch = Batch {
        from: native.next,
        to,
        amount: amount.min(native.bonded),
        seized: native.seized,
    };
    native.bonded = sub(native.bonded, batch.amount)?;
    native.seized = Uint128::zero();
    native.next = to.saturating_add(1);
    Ok((!batch.amount.is_zero()).then_some(batch))
}

/// What arrived.
#[derive(Default)]
struct Collected {
    /// Base units that the base chain took of buckets while they unbonded.
    lost: Uint128,
    /// Base units that it took of what was seized.
    forfeited: Uint128,
    /// Whether anything has arrived, or should have.
    due: bool,
    collection: Option<Collection>,
}

/// Takes in the oldest batches that the chain has unbonded. When they brought less than they should, it
/// has to be seen twice: in the block whose time completes a batch, its tokens are still to come. Of
/// several that arrived together nobody can say which one was slashed: they bear it alike. There is a
/// whole batch's time to collect each by itself.
fn collect(
    deps: &mut DepsMut,
    env: &Env,
    pool: PoolId,
    staker: &Staker,
    unbonding: &mut Batches,
) -> Result<Collected, ContractError> {
    if unbonding.batches.is_empty() {
        return Ok(Collected::default());
    }
    let at_staker = staker::unbonded(deps.querier, &staker.staker, &staker.denom)?;
    // The chain may have rounded off a unit when the undelegation started: then it said so.
    let amounts: Vec<Uint128> = at_staker
        .entries
        .iter()
        .zip(&unbonding.batches)
        .take_while(|(entry, _)| entry.completes_at <= env.block.time)
        .map(|(entry, batch)| entry.amount.min(batch.amount))
        .collect();
    let due = amounts.len();
    let expected = sum(amounts.iter())?;
    let mut collected = Collected {
        due: due > 0,
        ..Collected::default()
    };
    if due == 0 {
        return Ok(collected);
    }
    let entries = u32::try_from(due).unwrap_or(u32::MAX);
    if at_staker.arrived < expected {
        let seen = unbonding.short;
        if !seen.is_some_and(|(height, of)| of == entries && height < env.block.height) {
            if seen.is_none_or(|(_, of)| of != entries) {
                unbonding.short = Some((env.block.height, entries));
            }
            return Ok(collected);
        }
    }
    unbonding.short = None;
    let arrived = at_staker.arrived.min(expected);
    let mut collection = Collection {
        released: Uint128::zero(),
        seized: Uint128::zero(),
        entries,
    };
    let done: Vec<Batch> = unbonding.batches.drain(..due).collect();
    for (batch, arrived) in done.iter().zip(apportion(arrived, &amounts)?) {
        let slashed = bear(deps.storage, pool, batch, arrived)?;
        let seized = sub(batch.seized, slashed.forfeited)?;
        collected.lost = add(collected.lost, slashed.lost)?;
        collected.forfeited = add(collected.forfeited, slashed.forfeited)?;
        collection.seized = add(collection.seized, seized)?;
        collection.released = add(collection.released, sub(arrived, seized)?)?;
    }
    collected.collection = Some(collection);
    Ok(collected)
}

/// Has the buckets of a batch, and what of it was seized, bear alike what the base chain took of it on
/// its way. What is left of them is never more than what arrived.
fn bear(
    storage: &mut dyn Storage,
    pool: PoolId,
    batch: &Batch,
    arrived: Uint128,
) -> Result<Slashed, ContractError> {
    let mut buckets = buckets(storage, pool, batch.from, batch.to)?;
    let mut weights: Vec<Uint128> = buckets
        .iter()
        .flat_map(|(_, bucket)| Tranche::BOTH.map(|t| bucket.tranche(t).tokens))
        .collect();
    weights.push(batch.seized);
    let short = sum(weights.iter())?.saturating_sub(arrived);
    let mut slashed = Slashed::default();
    if short.is_zero() {
        return Ok(slashed);
    }
    let mut parts = apportion(short, &weights)?.into_iter();
    for (epoch, bucket) in &mut buckets {
        for tranche in Tranche::BOTH {
            let part = parts.next().unwrap_or_default();
            let taken = bucket.tranche_mut(tranche).slash(part)?;
            slashed.lost = add(slashed.lost, taken)?;
        }
        BUCKETS.save(storage, (pool, *epoch), bucket)?;
    }
    slashed.forfeited = parts.next().unwrap_or_default();
    Ok(slashed)
}
