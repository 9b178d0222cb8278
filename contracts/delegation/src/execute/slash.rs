//! Penalties.

use std::collections::BTreeSet;

use cosmwasm_std::{
    to_json_binary, Addr, Decimal, DepsMut, Env, MessageInfo, Order, Response, StdError, StdResult,
    Storage, Timestamp, Uint128,
};
use cw_storage_plus::Bound;
use palisade_math::{equivalent_stake, loss, penalty_magnitude, Epochs, Part, Penalty};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{Cut, CutResult, SlashPools, SlashResult};
use palisade_types::neighbour::Neighbour;
use palisade_types::vault;

use crate::error::ContractError;
use crate::events;
use crate::state::{Bucket, PoolId, BUCKETS, CONFIG, POOLS};

/// Most cuts of one penalty: as many as a service has assets.
const MAX_CUTS: usize = palisade_types::allocation::MAX_ASSETS;

/// What all cuts of one penalty have in common.
struct Case {
    operator: Addr,
    fraction: Decimal,
    max_slash: Decimal,
    epochs: Epochs,
    /// Epoch of the infraction, not past `current`.
    infraction: u64,
    current: u64,
    now: Timestamp,
}

/// A bucket that was bonded at the infraction and has not matured.
struct Eligible {
    epoch: u64,
    bucket: Bucket,
    part: Part,
}

/// Takes a penalty from an operator's pools and eligible buckets.
pub(crate) fn slash(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    msg: SlashPools,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    if config.allocation.ok_or(ContractError::NotConnected)? != info.sender {
        return Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            expected: "allocation",
        });
    }
    check(&msg)?;
    let current = config.epochs.at(env.block.time);
    let case = Case {
        operator: deps.api.addr_validate(&msg.operator)?,
        fraction: msg.fraction,
        max_slash: msg.max_slash,
        // The current bucket bears every slash, so that it goes on standing for M.
        infraction: config.epochs.at(msg.infraction).min(current),
        current,
        now: env.block.time,
        epochs: config.epochs,
    };
    let mut response = Response::new();
    let mut seized = vec![];
    let mut cuts = vec![];
    for cut in msg.cuts {
        let result = apply(deps.storage, &case, cut)?;
        if !result.delta.is_zero() {
            response = response.add_event(events::slash(&case.operator, case.infraction, &result));
        }
        if !result.seized.is_zero() {
            seized.push(AssetAmount {
                asset: result.asset.clone(),
                amount: result.seized,
            });
        }
        cuts.push(result);
    }
    if !seized.is_empty() {
        let seize = vault::ExecuteMsg::Seize {
            seized,
            destination: msg.destination,
        };
        response = response.add_message(Neighbour(config.vault).call(&seize)?);
    }
    Ok(response.set_data(to_json_binary(&SlashResult { cuts })?))
}

/// What no allocation contract of ours would ask for.
fn check(msg: &SlashPools) -> Result<(), ContractError> {
    let in_range = !msg.max_slash.is_zero() && msg.max_slash <= Decimal::one();
    if !in_range || msg.fraction > msg.max_slash {
        return Err(ContractError::PenaltyAboveMax {
            fraction: msg.fraction,
            max_slash: msg.max_slash,
        });
    }
    if msg.cuts.len() > MAX_CUTS {
        return Err(ContractError::TooMany {
            what: "cuts",
            limit: MAX_CUTS,
            actual: msg.cuts.len(),
        });
    }
    let mut seen = BTreeSet::new();
    match msg.cuts.iter().find(|cut| !seen.insert(&cut.asset)) {
        Some(cut) => Err(ContractError::Duplicate {
            what: "asset",
            value: cut.asset.clone(),
        }),
        None => Ok(()),
    }
}

/// Takes one cut from one pool and its buckets. The math bounds it by what is there, whatever
/// slice and capture the cut claims.
fn apply(storage: &mut dyn Storage, case: &Case, cut: Cut) -> Result<CutResult, ContractError> {
    let key = (&case.operator, cut.asset.as_str());
    let mut result = CutResult {
        asset: cut.asset.clone(),
        before: Default::default(),
        delta: Uint128::zero(),
        seized: Uint128::zero(),
    };
    let Some(mut pool) = POOLS.may_load(storage, key)? else {
        return Ok(result);
    };
    let before = pool.mag.clone();
    let eligible = eligible(storage, case, &pool)?;
    let parts: Vec<Part> = eligible.iter().map(|eligible| eligible.part).collect();
    let penalty = Penalty {
        fraction: case.fraction,
        max_slash: case.max_slash,
        captured: before.captured_in(cut.era, cut.captured),
        slice: before.read_slice(&cut.slice),
    };
    let equivalent = equivalent_stake(pool.pool.tokens, &parts, &before)?;
    let delta = penalty_magnitude(&penalty, &before, equivalent)?;
    if !delta.is_zero() {
        let active = loss(pool.pool.tokens, delta, before.value.into())?;
        let mut seized = pool.pool.slash(active)?;
        for Eligible {
            epoch,
            mut bucket,
            part,
        } in eligible
        {
            let taken = bucket
                .pool
                .slash(loss(part.tokens, delta, part.magnitude)?)?;
            seized = seized.checked_add(taken).map_err(StdError::from)?;
            // In the unit before the cut: if the cut renormalizes, it is read in the new one.
            bucket.mag = before.write(part.magnitude.saturating_sub(delta.into()));
            store(storage, case, pool.id, epoch, &bucket)?;
        }
        pool.mag.cut(delta)?;
        POOLS.save(storage, key, &pool)?;
        result.delta = delta;
        result.seized = seized;
    }
    result.before = before;
    Ok(result)
}

/// Buckets of the pool from the epoch of the infraction on that have not matured; those that stand
/// for nothing, since their era is over, are left out.
fn eligible(
    storage: &dyn Storage,
    case: &Case,
    pool: &crate::state::Pool,
) -> Result<Vec<Eligible>, ContractError> {
    // No older bucket can be immature: this bounds the walk however old the infraction is.
    let oldest = case.current.saturating_sub(case.epochs.live_buckets());
    let from = Bound::inclusive(case.infraction.max(oldest));
    let to = Bound::inclusive(case.current);
    let stored: StdResult<Vec<(u64, Bucket)>> = BUCKETS
        .prefix(pool.id)
        .range(storage, Some(from), Some(to), Order::Ascending)
        .collect();
    let mut eligible = vec![];
    for (epoch, bucket) in stored? {
        let part = Part {
            tokens: bucket.pool.tokens,
            magnitude: pool.mag.read(&bucket.mag),
        };
        let exposed = case.epochs.is_exposed(epoch, case.infraction, case.now)?;
        if exposed && !part.magnitude.is_zero() {
            eligible.push(Eligible {
                epoch,
                bucket,
                part,
            });
        }
    }
    Ok(eligible)
}

/// Stores a bucket, or removes one that lost its last token after its epoch.
fn store(
    storage: &mut dyn Storage,
    case: &Case,
    pool: PoolId,
    epoch: u64,
    bucket: &Bucket,
) -> StdResult<()> {
    if bucket.pool.tokens.is_zero() && epoch < case.current {
        BUCKETS.remove(storage, (pool, epoch));
        return Ok(());
    }
    BUCKETS.save(storage, (pool, epoch), bucket)
}
