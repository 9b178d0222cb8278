//! The accounts of natively staked pools: what should be bonded, what the base chain took of it, and
//! what it unbonds. The tokens themselves are with the staker; nothing here moves one.
//!
//! A slash by the base chain is no penalty of a service: it takes of all stake that was bonded alike,
//! the operator's own and others', and of no magnitude. Seized tokens that are still there bear their own
//! part: nobody's stake answers for more than itself.

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

/// Most buckets that one batch takes in, and that one slash by the base chain looks at: several times as
/// many as can be live. Only a pool that nobody reconciled for so many epochs has more; what the others
/// are short of shows when they arrive.
pub(crate) const MAX_OPEN_BUCKETS: usize = 128;

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
#[derive(Default)]
pub(crate) struct Slashed {
    /// Base units of stake, for the vault's books.
    pub lost: Uint128,
    /// Base units of what was seized before.
    pub forfeited: Uint128,
}

/// Takes what the base chain slashed of what should be bonded: of the pool, of what grows into it, of
/// the open buckets, of what was seized and of dust alike, to the unit. `incoming` was bonded after the
/// pool was last touched, and is not in its accounts yet.
pub(crate) fn notice(
    deps: &mut DepsMut,
    asset: &str,
    pool: &mut Pool,
    native: &mut Native,
    incoming: Uint128,
) -> Result<Slashed, ContractError> {
    let slashed = slashed(deps.as_ref(), pool.id, native, incoming)?;
    if slashed.is_zero() {
        return Ok(Slashed::default());
    }
    let mut buckets = buckets(deps.storage, pool.id, native.next, u64::MAX)?;
    let mut weights = Tranche::BOTH.map(|t| pool.tranche(t).tokens).to_vec();
    weights.push(match &native.growth {
        Some(growth) => growth.rest()?,
        None => Uint128::zero(),
    });
    weights.push(native.seized);
    for (_, bucket) in &buckets {
        weights.extend(Tranche::BOTH.map(|t| bucket.tranche(t).tokens));
    }
    // What nobody has a share of any more is bonded as well; and buckets beyond those looked at, whose
    // part shows when they arrive.
    let others = native.bonded.saturating_sub(sum(weights.iter())?);
    let counted = DUST.may_load(deps.storage, asset)?.unwrap_or_default();
    let dust = others.min(counted);
    weights.extend([dust, sub(others, dust)?]);

    let mut parts = apportion(slashed.min(sum(weights.iter())?), &weights)?.into_iter();
    let mut next = || parts.next().unwrap_or_default();
    let mut lost = Uint128::zero();
    for tranche in Tranche::BOTH {
        lost = add(lost, pool.tranche_mut(tranche).slash(next())?)?;
    }
    let of_growth = next();
    if let Some(growth) = &mut native.growth {
        lost = add(lost, growth.cut(of_growth)?)?;
    }
    let forfeited = next();
    native.seized = sub(native.seized, forfeited)?;
    for (epoch, bucket) in &mut buckets {
        for tranche in Tranche::BOTH {
            lost = add(lost, bucket.tranche_mut(tranche).slash(next())?)?;
        }
        // Kept even when empty: the epoch may still be running.
        BUCKETS.save(deps.storage, (pool.id, *epoch), bucket)?;
    }
    let of_dust = next();
    if !of_dust.is_zero() {
        DUST.save(deps.storage, asset, &sub(counted, of_dust)?)?;
        lost = add(lost, of_dust)?;
    }
    native.bonded = native.bonded.saturating_sub(slashed);
    Ok(Slashed { lost, forfeited })
}

/// Base units that should be bonded and are not; `incoming` should be beside what is in the accounts.
pub(crate) fn slashed(
    deps: Deps,
    pool: PoolId,
    native: &Native,
    incoming: Uint128,
) -> StdResult<Uint128> {
    let staker = HOLDERS.load(deps.storage, pool)?.staker;
    let bonded = staker::bonded(deps.querier, &staker)?;
    Ok(add(native.bonded, incoming)?.saturating_sub(bonded))
}

/// What is left of a pool's `tokens` after slashes by the base chain that it did not notice yet; rounded
/// down, against the power that it counts for.
pub(crate) fn left(deps: Deps, pool: PoolId, tokens: Uint128) -> Result<Uint128, ContractError> {
    let native = NATIVE.load(deps.storage, pool)?;
    let slashed = slashed(deps, pool, &native, Uint128::zero())?;
    let others = native.bonded.saturating_sub(tokens);
    let parts = apportion(slashed.min(native.bonded), &[others, tokens])?;
    let part = parts.last().copied().unwrap_or_default();
    Ok(tokens.saturating_sub(part))
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
