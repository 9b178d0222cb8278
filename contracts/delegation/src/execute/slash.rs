//! Penalties.

use std::collections::BTreeSet;

use cosmwasm_std::{
    to_json_binary, Addr, Decimal, Deps, DepsMut, Env, MessageInfo, Order, Response, StdResult,
    Storage, Timestamp, Uint128, Uint256, WasmMsg,
};
use cw_storage_plus::Bound;
use palisade_math::{
    equivalent_stake, loss, penalty_magnitude, split_loss, Exposure, MathError, Part, Penalty,
};
use palisade_types::asset::{AssetAmount, Redirection};
use palisade_types::delegation::{Cut, CutResult, SlashPools, SlashResult};
use palisade_types::neighbour::Neighbour;
use palisade_types::vault;

use crate::error::ContractError;
use crate::events;
use crate::execute::operator;
use crate::native::{self, add};
use crate::state::{
    Bucket, Config, Native, Pool, PoolId, Tranche, Tranched, BUCKETS, CONFIG, POOLS,
};
use crate::touch::Touch;

/// Most cuts of one penalty: as many as a service has assets.
const MAX_CUTS: usize = palisade_types::allocation::MAX_ASSETS;

/// What all cuts of one penalty have in common.
struct Case<'a> {
    config: &'a Config,
    operator: Addr,
    fraction: Decimal,
    max_slash: Decimal,
    /// Share of the loss that the operator's own stake bears first.
    first_loss: Decimal,
    /// Epoch of the update in force at the infraction, not past `current`.
    since: u64,
    current: u64,
    now: Timestamp,
}

/// A bucket that has not matured, and what it bears.
struct Unbonding {
    epoch: u64,
    bucket: Bucket,
    bears: Bears,
}

/// What stake in a bucket bears of a penalty.
enum Bears {
    /// What active stake does: it counted in that update, or may have.
    Alike(Part),
    /// Nothing of its own, but what the operator's own stake in it, these tokens, agreed to bear for
    /// others: or the operator could take it from before its stakers by undelegating.
    ForOthers(Uint128),
}

impl Bears {
    fn part(&self) -> Option<Part> {
        match self {
            Self::Alike(part) => Some(*part),
            Self::ForOthers(_) => None,
        }
    }
}

/// What a penalty took of one pool and its buckets.
#[derive(Default)]
struct Taken {
    /// From both tranches.
    seized: Uint128,
    /// Of that, from the operator's own.
    junior: Uint128,
    /// Of that, from each part: the active stake first.
    parts: Vec<Uint128>,
}

/// What came of one cut.
struct Outcome {
    result: CutResult,
    /// Of what was seized, the operator's own.
    junior: Uint128,
    /// Of what was seized of natively staked tokens, in the vault already.
    in_vault: Uint128,
    /// What the vault has to be told of the base chain.
    message: Option<WasmMsg>,
}

/// Takes a penalty from an operator's pools and eligible buckets.
pub(crate) fn slash(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    msg: SlashPools,
) -> Result<Response, ContractError> {
    let config = by_allocation(deps.storage, info)?;
    check(&msg)?;
    let now = env.block.time;
    let current = config.epochs.at(now);
    let operator = deps.api.addr_validate(&msg.operator)?;
    let case = Case {
        fraction: msg.fraction,
        max_slash: msg.max_slash,
        first_loss: operator::first_loss(deps.storage, &operator, now)?.share,
        operator,
        now,
        // The current bucket bears every slash, so that it goes on standing for M.
        since: config.epochs.at(msg.since).min(current),
        current,
        config: &config,
    };
    let mut response = Response::new();
    let (mut seized, mut arrived) = (vec![], vec![]);
    let mut cuts = vec![];
    for cut in msg.cuts {
        let Outcome {
            result,
            junior,
            in_vault,
            message,
        } = apply(&mut deps, env, &case, cut)?;
        response = response.add_messages(message);
        if !result.delta.is_zero() {
            let event = events::slash(&case.operator, case.since, &result, junior);
            response = response.add_event(event);
        }
        for (amounts, amount) in [(&mut seized, result.seized), (&mut arrived, in_vault)] {
            if !amount.is_zero() {
                amounts.push(AssetAmount {
                    asset: result.asset.clone(),
                    amount,
                });
            }
        }
        cuts.push(result);
    }
    if !seized.is_empty() {
        let seize = vault::ExecuteMsg::Seize {
            operator: msg.operator,
            seized,
            arrived,
            payees: msg.payees,
        };
        response = response.add_message(Neighbour(config.vault.clone()).call(&seize)?);
    }
    Ok(response.set_data(to_json_binary(&SlashResult { cuts })?))
}

/// Passes on where seized tokens shall go instead.
pub(crate) fn redirect(
    deps: Deps,
    info: &MessageInfo,
    redirection: Redirection,
) -> Result<Response, ContractError> {
    let config = by_allocation(deps.storage, info)?;
    let redirect = vault::ExecuteMsg::Redirect(redirection);
    Ok(Response::new().add_message(Neighbour(config.vault).call(&redirect)?))
}

/// Refuses everybody but the allocation contract.
fn by_allocation(storage: &dyn Storage, info: &MessageInfo) -> Result<Config, ContractError> {
    let config = CONFIG.load(storage)?;
    match &config.allocation {
        None => Err(ContractError::NotConnected),
        Some(allocation) if *allocation != info.sender => Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            expected: "allocation",
        }),
        Some(_) => Ok(config),
    }
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

/// Takes one cut from one pool and its buckets; with what of it was the operator's own. The math
/// bounds it by what is there, whatever slice and capture the cut claims.
fn apply(deps: &mut DepsMut, env: &Env, case: &Case, cut: Cut) -> Result<Outcome, ContractError> {
    let key = (&case.operator, cut.asset.as_str());
    let mut outcome = Outcome {
        result: CutResult {
            asset: cut.asset.clone(),
            before: Default::default(),
            delta: Uint128::zero(),
            seized: Uint128::zero(),
        },
        junior: Uint128::zero(),
        in_vault: Uint128::zero(),
        message: None,
    };
    let Some(pool) = POOLS.may_load(deps.storage, key)? else {
        return Ok(outcome);
    };
    let mut touch = Touch::begin(deps, env, case.config, key, pool)?;
    let pool = &mut touch.pool;
    let result = &mut outcome.result;
    result.before = pool.mag.clone();
    let buckets = unbonding(deps.storage, case, pool)?;
    let parts: Vec<Part> = buckets.iter().filter_map(|one| one.bears.part()).collect();
    let penalty = Penalty {
        fraction: case.fraction,
        max_slash: case.max_slash,
        captured: pool.mag.captured_in(cut.era, cut.captured),
        slice: pool.mag.read_slice(&cut.slice),
    };
    let equivalent = equivalent_stake(pool.tokens()?, &parts, &pool.mag)?;
    result.delta = penalty_magnitude(&penalty, &pool.mag, equivalent)?;
    if !result.delta.is_zero() {
        let epochs: Vec<u64> = buckets.iter().map(|one| one.epoch).collect();
        let before = pool.clone();
        let taken = take(deps.storage, case, pool, buckets, result.delta)?;
        result.seized = taken.seized;
        outcome.junior = taken.junior;
        if let Some(native) = &mut touch.native {
            outcome.in_vault = seize(deps.storage, pool.id, native, &epochs, &taken.parts)?;
        }
        touch.slashed(&before)?;
    }
    outcome.message = touch.finish(deps.storage)?;
    Ok(outcome)
}

/// Tells the accounts of a natively staked pool what was taken: of the active stake, then of each bucket.
fn seize(
    storage: &mut dyn Storage,
    pool: PoolId,
    native: &mut Native,
    epochs: &[u64],
    parts: &[Uint128],
) -> StdResult<Uint128> {
    let mut parts = parts.iter().copied();
    let active = parts.next().unwrap_or_default();
    let buckets: Vec<(u64, Uint128)> = epochs.iter().copied().zip(parts).collect();
    native::seize(storage, pool, native, active, &buckets)
}

/// Takes `delta` of magnitude, and what it stands for of the active stake and of each bucket that
/// bears alike. Buckets are stored; the pool is left for the caller to save.
fn take(
    storage: &mut dyn Storage,
    case: &Case,
    pool: &mut Pool,
    mut buckets: Vec<Unbonding>,
    delta: Uint128,
) -> Result<Taken, ContractError> {
    let before = pool.mag.clone();
    let active: (&mut dyn Tranched, _) = (pool, Some(before.value.into()));
    let mut parts = vec![active];
    for Unbonding { bucket, bears, .. } in &mut buckets {
        parts.push((bucket, bears.part().map(|part| part.magnitude)));
    }
    let taken = bear(case.first_loss, parts, delta)?;
    for Unbonding {
        epoch,
        mut bucket,
        bears,
    } in buckets
    {
        match bears {
            // In the unit before the cut: if the cut renormalizes, it is read in the new one.
            Bears::Alike(part) => {
                bucket.mag = before.lowered(part.magnitude, delta)?;
            }
            Bears::ForOthers(tokens) if bucket.junior.tokens == tokens => continue,
            // What it stands for is what it was: only who is left in it bore a loss.
            Bears::ForOthers(_) => {}
        }
        store(storage, case, pool.id, epoch, &bucket)?;
    }
    pool.mag.cut(delta)?;
    Ok(taken)
}

/// Has the parts, each with the magnitude that it stands for, bear a cut of `delta`: together what
/// they would lose if all bore alike, the operator's own tranches first as far as was agreed. A part
/// without a magnitude loses nothing of its own.
fn bear(
    first_loss: Decimal,
    mut parts: Vec<(&mut dyn Tranched, Option<Uint256>)>,
    delta: Uint128,
) -> Result<Taken, ContractError> {
    let exposures = |tranche| -> Result<Vec<Exposure>, MathError> {
        let exposure = |(part, magnitude): &(&mut dyn Tranched, Option<Uint256>)| {
            let tokens = part.tranche(tranche).tokens;
            let nominal = match magnitude {
                Some(magnitude) => loss(tokens, delta, *magnitude)?,
                None => Uint128::zero(),
            };
            Ok(Exposure { tokens, nominal })
        };
        parts.iter().map(exposure).collect()
    };
    let (junior, senior) = (exposures(Tranche::Junior)?, exposures(Tranche::Senior)?);
    let split = split_loss(&junior, &senior, first_loss)?;
    let mut taken = Taken::default();
    for ((part, _), (own, others)) in parts.iter_mut().zip(split.junior.iter().zip(split.senior)) {
        let own = part.tranche_mut(Tranche::Junior).slash(*own)?;
        let others = part.tranche_mut(Tranche::Senior).slash(others)?;
        let both = add(own, others)?;
        taken.junior = add(taken.junior, own)?;
        taken.seized = add(taken.seized, both)?;
        taken.parts.push(both);
    }
    Ok(taken)
}

/// Buckets of the pool that have not matured and bear something, from the oldest on. Those from the
/// epoch of the update on bear alike: all that was undelegated since counted in it. In the older
/// ones, and in those that stand for nothing since their era is over, the operator's own stake bears
/// for others; they are not even read while no first loss is agreed.
fn unbonding(
    storage: &dyn Storage,
    case: &Case,
    pool: &Pool,
) -> Result<Vec<Unbonding>, ContractError> {
    // No older bucket can be immature: this bounds the walk however old the update is.
    let epochs = &case.config.epochs;
    let live = epochs.live_buckets().saturating_sub(1);
    let oldest = case.current.saturating_sub(live);
    let agreed = !case.first_loss.is_zero();
    let from = if agreed {
        oldest
    } else {
        case.since.max(oldest)
    };
    let stored: StdResult<Vec<(u64, Bucket)>> = BUCKETS
        .prefix(pool.id)
        .range(
            storage,
            Some(Bound::inclusive(from)),
            Some(Bound::inclusive(case.current)),
            Order::Ascending,
        )
        .collect();
    let mut unbonding = vec![];
    for (epoch, bucket) in stored? {
        if case.now >= epochs.matures_at(epoch)? {
            continue;
        }
        let part = Part {
            tokens: bucket.tokens()?,
            magnitude: pool.mag.read(&bucket.mag),
        };
        let own = bucket.junior.tokens;
        let bears = if epoch >= case.since && !part.magnitude.is_zero() {
            Bears::Alike(part)
        } else if agreed && !own.is_zero() {
            Bears::ForOthers(own)
        } else {
            continue;
        };
        unbonding.push(Unbonding {
            epoch,
            bucket,
            bears,
        });
    }
    Ok(unbonding)
}

/// Stores a bucket, or removes one that lost its last token after its epoch.
fn store(
    storage: &mut dyn Storage,
    case: &Case,
    pool: PoolId,
    epoch: u64,
    bucket: &Bucket,
) -> StdResult<()> {
    if bucket.tokens()?.is_zero() && epoch < case.current {
        BUCKETS.remove(storage, (pool, epoch));
        return Ok(());
    }
    BUCKETS.save(storage, (pool, epoch), bucket)
}
