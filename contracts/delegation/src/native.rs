//! The accounts of natively staked pools: what should be bonded, what the base chain took of it, and
//! what it unbonds. The tokens themselves are with the staker; nothing here moves one.
//!
//! A slash by the base chain is no penalty of a service: it takes of all stake that was bonded alike,
//! the operator's own and others', and of no magnitude. What was seized already is not stake any more,
//! and owed in full: what is left of the pool stands in for it, and only when nothing is left it falls.

use cosmwasm_std::{Deps, DepsMut, Order, StdError, StdResult, Storage, Timestamp, Uint128};
use cw_storage_plus::Bound;
use palisade_math::{apportion, Stream};
use palisade_types::staker;

use crate::error::ContractError;
use crate::state::DUST;
use crate::state::{
    Batch, Bucket, Config, Native, Pool, PoolId, Tranche, Tranched, BATCHES, BUCKETS, HOLDERS,
    NATIVE,
};

/// Most buckets that one batch takes in, and that one slash by the base chain looks at: twice as many
/// as can be live. Only a pool that nobody reconciled for so many epochs has more; what it then is short
/// of shows when the batch arrives.
pub(crate) const MAX_OPEN_BUCKETS: usize = 64;

/// Has rewards of the base chain that were staked flown into the pool until `now`, by what its tranches
/// have. While nobody has a share, the flow stands still.
pub(crate) fn grow(
    config: &Config,
    now: Timestamp,
    pool: &mut Pool,
    native: &mut Native,
) -> Result<(), ContractError> {
    let Some(growth) = &mut native.growth else {
        return Ok(());
    };
    let weights = Tranche::BOTH.map(|tranche| pool.earning(tranche));
    let running = weights.iter().any(|weight| !weight.is_zero());
    let flown = growth.advance(now, &config.reward_periods(), running)?;
    if growth.rest()?.is_zero() {
        native.growth = None;
    }
    let parts = apportion(flown, &weights)?;
    for (tranche, part) in Tranche::BOTH.into_iter().zip(parts) {
        if !part.is_zero() {
            pool.tranche_mut(tranche).grow(part)?;
        }
    }
    Ok(())
}

/// Adds rewards of the base chain that were staked. The pool has been brought up to `now`.
pub(crate) fn add_growth(
    config: &Config,
    now: Timestamp,
    native: &mut Native,
    amount: Uint128,
) -> Result<(), ContractError> {
    let mut growth = native.growth.take().unwrap_or_else(|| Stream {
        at: now,
        ..Stream::default()
    });
    // Brought up to now already, so that nothing flows here.
    growth.push(amount, now, &config.reward_periods(), false)?;
    native.growth = Some(growth);
    native.bonded = add(native.bonded, amount)?;
    Ok(())
}

/// What the base chain took of a pool.
pub(crate) struct Slashed {
    /// Base units of stake, for the vault's books.
    pub lost: Uint128,
    /// Base units of what was seized before, when no stake was left.
    pub forfeited: Uint128,
}

/// Takes what the base chain slashed of what should be bonded.
pub(crate) fn notice(
    deps: &mut DepsMut,
    asset: &str,
    pool: &mut Pool,
    native: &mut Native,
) -> Result<Slashed, ContractError> {
    let slashed = slashed(deps.as_ref(), pool.id, native)?;
    let lost = bear(deps.storage, asset, pool, native, slashed)?;
    let forfeited = sub(slashed, lost)?.min(native.seized);
    native.seized = sub(native.seized, forfeited)?;
    native.bonded = sub(native.bonded, slashed)?;
    Ok(Slashed { lost, forfeited })
}

/// Has what is bonded stand in for what the base chain took of tokens that were seized and unbonding:
/// it is undelegated with the next batch. Returns what it came to: less, if no more is there.
pub(crate) fn stand_in(
    storage: &mut dyn Storage,
    asset: &str,
    pool: &mut Pool,
    native: &mut Native,
    amount: Uint128,
) -> Result<Uint128, ContractError> {
    let lost = bear(storage, asset, pool, native, amount)?;
    native.seized = add(native.seized, lost)?;
    Ok(lost)
}

/// Takes `min(amount, all there is)` of the pool, of what grows into it, of the open buckets and of dust
/// alike, to the unit. Returns what was taken.
fn bear(
    storage: &mut dyn Storage,
    asset: &str,
    pool: &mut Pool,
    native: &mut Native,
    amount: Uint128,
) -> Result<Uint128, ContractError> {
    if amount.is_zero() {
        return Ok(amount);
    }
    let mut buckets = buckets(storage, pool.id, native.next, u64::MAX)?;
    let mut weights = Tranche::BOTH.map(|t| pool.tranche(t).tokens).to_vec();
    weights.push(match &native.growth {
        Some(growth) => growth.rest()?,
        None => Uint128::zero(),
    });
    for (_, bucket) in &buckets {
        weights.extend(Tranche::BOTH.map(|t| bucket.tranche(t).tokens));
    }
    // What nobody has a share of any more is bonded as well.
    let dust = native
        .bonded
        .saturating_sub(add(sum(weights.iter())?, native.seized)?);
    weights.push(dust);
    let lost = amount.min(sum(weights.iter())?);
    let mut parts = apportion(lost, &weights)?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    for tranche in Tranche::BOTH {
        pool.tranche_mut(tranche).slash(next())?;
    }
    let of_growth = next();
    if let Some(growth) = &mut native.growth {
        growth.cut(of_growth)?;
    }
    for (epoch, bucket) in &mut buckets {
        for tranche in Tranche::BOTH {
            bucket.tranche_mut(tranche).slash(next())?;
        }
        // Kept even when empty: the epoch may still be running.
        BUCKETS.save(storage, (pool.id, *epoch), bucket)?;
    }
    let of_dust = next();
    if !of_dust.is_zero() {
        DUST.update(storage, asset, |before| {
            sub(before.unwrap_or_default(), of_dust)
        })?;
    }
    Ok(lost)
}

/// Base units that should be bonded and are not.
pub(crate) fn slashed(deps: Deps, pool: PoolId, native: &Native) -> StdResult<Uint128> {
    let staker = HOLDERS.load(deps.storage, pool)?.staker;
    let bonded = staker::bonded(deps.querier, &staker)?;
    Ok(native.bonded.saturating_sub(bonded))
}

/// Buckets of the epochs `from` to `to`, at most [`MAX_OPEN_BUCKETS`].
pub(crate) fn buckets(
    storage: &dyn Storage,
    pool: PoolId,
    from: u64,
    to: u64,
) -> StdResult<Vec<(u64, Bucket)>> {
    BUCKETS
        .prefix(pool)
        .range(
            storage,
            Some(Bound::inclusive(from)),
            Some(Bound::inclusive(to)),
            Order::Ascending,
        )
        .take(MAX_OPEN_BUCKETS)
        .collect()
}

/// Where the tokens of a bucket are.
pub(crate) enum Place {
    /// Bonded: its batch did not start.
    Bonded,
    /// Unbonding: in this batch.
    Batch(usize),
    /// In the vault.
    Vault,
}

/// Where the tokens of an epoch's bucket are.
pub(crate) fn place(native: &Native, batches: &[Batch], epoch: u64) -> Place {
    if epoch >= native.next {
        return Place::Bonded;
    }
    match batches
        .iter()
        .position(|batch| (batch.from..=batch.to).contains(&epoch))
    {
        Some(index) => Place::Batch(index),
        None => Place::Vault,
    }
}

/// Books what a penalty took of a natively staked pool: `active` of its active stake, and of the buckets
/// of the epochs named. Returns what of it is in the vault already.
pub(crate) fn seize(
    storage: &mut dyn Storage,
    pool: PoolId,
    native: &mut Native,
    active: Uint128,
    buckets: &[(u64, Uint128)],
) -> StdResult<Uint128> {
    native.seized = add(native.seized, active)?;
    let mut arrived = Uint128::zero();
    if buckets.is_empty() {
        return Ok(arrived);
    }
    let mut unbonding = BATCHES.may_load(storage, pool)?.unwrap_or_default();
    let mut changed = false;
    for (epoch, taken) in buckets {
        match place(native, &unbonding.batches, *epoch) {
            Place::Bonded => native.seized = add(native.seized, *taken)?,
            Place::Batch(index) => {
                if let Some(batch) = unbonding.batches.get_mut(index) {
                    batch.seized = add(batch.seized, *taken)?;
                    changed = true;
                }
            }
            Place::Vault => arrived = add(arrived, *taken)?,
        }
    }
    if changed {
        BATCHES.save(storage, pool, &unbonding)?;
    }
    Ok(arrived)
}

/// The first epoch whose tokens are not in the vault again.
pub(crate) fn arrived(storage: &dyn Storage, pool: PoolId) -> StdResult<u64> {
    let unbonding = BATCHES.may_load(storage, pool)?.unwrap_or_default();
    match unbonding.batches.first() {
        Some(batch) => Ok(batch.from),
        None => Ok(NATIVE.load(storage, pool)?.next),
    }
}

pub(crate) fn add(one: Uint128, other: Uint128) -> StdResult<Uint128> {
    one.checked_add(other).map_err(StdError::from)
}

pub(crate) fn sub(one: Uint128, other: Uint128) -> StdResult<Uint128> {
    one.checked_sub(other).map_err(StdError::from)
}

/// The sum of some amounts.
pub(crate) fn sum<'a>(mut amounts: impl Iterator<Item = &'a Uint128>) -> StdResult<Uint128> {
    amounts.try_fold(Uint128::zero(), |sum, amount| add(sum, *amount))
}
