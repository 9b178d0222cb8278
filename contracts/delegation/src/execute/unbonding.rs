//! Out of a bucket: back into its pool, to the owner, or behind another operator.

use cosmwasm_std::{Addr, DepsMut, Env, MessageInfo, Response, Storage, Timestamp, Uint128};
use palisade_math::{Epochs, Left, Position};
use palisade_types::asset::AssetId;
use palisade_types::delegation::Action;
use palisade_types::neighbour::Neighbour;
use palisade_types::vault;

use crate::error::ContractError;
use crate::execute::operator;
use crate::execute::stake::{
    add_dust, join_pool, join_position, leave, load_or_create, require_above_zero, Holding,
};
use crate::state::{Config, Pool, PoolKind, Tranched, BUCKETS, CONFIG, ENTRIES, POOLS};
use crate::touch::{restake, Touch};
use crate::{events, native};

/// Most entries that one message collects; the next message takes the next ones.
const MAX_ENTRIES: usize = 32;

/// Takes `amount`, or all, of an entry that has not matured back into the pool. The operator's
/// rules for new stake do not apply: it is stake that never left its reach. Of a natively staked pool only
/// until its batch starts: from then on the tokens are on their way out of the validator.
pub(crate) fn cancel(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: &str,
    epoch: u64,
    amount: Option<Uint128>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Delegations)?;
    require_above_zero(amount)?;
    let operator = deps.api.addr_validate(operator)?;
    let owner = &info.sender;
    let config = CONFIG.load(deps.storage)?;
    let epochs = &config.epochs;
    let no_entry = || ContractError::NoEntry {
        owner: owner.clone(),
        operator: operator.clone(),
        asset: asset.to_string(),
        epoch,
    };
    let pool = POOLS
        .may_load(deps.storage, (&operator, asset))?
        .ok_or_else(no_entry)?;
    let entry = ENTRIES
        .may_load(deps.storage, (owner, pool.id, epoch))?
        .ok_or_else(no_entry)?;
    let matured_at = epochs.matures_at(epoch)?;
    if env.block.time >= matured_at {
        return Err(ContractError::Matured { epoch, matured_at });
    }
    let ended = epoch < epochs.at(env.block.time);
    let holding = Holding::of(owner, &operator, pool.id);
    let mut touch = Touch::begin(&mut deps, env, &config, (&operator, asset), pool)?;
    if touch.native.as_ref().is_some_and(|n| epoch < n.next) {
        return Err(ContractError::BatchStarted { epoch });
    }
    let left = withdraw(deps.storage, holding, epoch, entry, amount, ended)?;
    add_dust(deps.storage, asset, left.dust)?;
    if !left.paid.is_zero() {
        join_position(deps.storage, holding, &mut touch, left.paid)?;
    }
    let message = touch.finish(deps.storage)?;
    let event = events::cancel(owner, &operator, asset, epoch, left.paid);
    Ok(Response::new().add_event(event).add_messages(message))
}

/// Pays matured entries out through the vault.
pub(crate) fn claim(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: AssetId,
    recipient: Option<&str>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Exits)?;
    let operator = deps.api.addr_validate(operator)?;
    let recipient = match recipient {
        Some(recipient) => deps.api.addr_validate(recipient)?,
        None => info.sender.clone(),
    };
    let config = CONFIG.load(deps.storage)?;
    let now = env.block.time;
    let pool = matured_pool(deps.storage, &operator, &asset)?;
    let amount = collect(
        deps.storage,
        &config,
        now,
        &info.sender,
        &operator,
        &pool,
        &asset,
    )?;
    let event = events::claim(&info.sender, &operator, &asset, amount, &recipient);
    let mut response = Response::new().add_event(event);
    if !amount.is_zero() {
        let release = vault::ExecuteMsg::Release {
            asset,
            amount,
            recipient: recipient.into_string(),
        };
        response = response.add_message(Neighbour(config.vault).call(&release)?);
    }
    Ok(response)
}

/// Puts matured entries behind `to`. No token moves.
pub(crate) fn redelegate(
    mut deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    operator: &str,
    asset: &str,
    to: &str,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Exits)?;
    let operator = deps.api.addr_validate(operator)?;
    let to = deps.api.addr_validate(to)?;
    let owner = &info.sender;
    operator::require_acceptance(deps.storage, &env.block, &to, owner)?;
    let config = CONFIG.load(deps.storage)?;
    let from = matured_pool(deps.storage, &operator, asset)?;
    require_movable(from.kind, &operator, &to, asset)?;
    let now = env.block.time;
    let amount = collect(deps.storage, &config, now, owner, &operator, &from, asset)?;
    let mut shares = Uint128::zero();
    let mut response = Response::new();
    if !amount.is_zero() {
        let pool = load_or_create(deps.storage, &to, asset)?;
        if from.kind == PoolKind::Native && pool.kind != PoolKind::Native {
            return Err(ContractError::NotNative {
                operator: to,
                asset: asset.to_string(),
            });
        }
        let touch = Touch::begin(&mut deps, env, &config, (&to, asset), pool)?;
        let (minted, message) = join_pool(deps.storage, owner, &to, touch, amount)?;
        shares = minted;
        response = response.add_messages(message);
        if from.kind == PoolKind::Native {
            let message = restake(&config, &to, asset.to_string(), amount)?;
            response = response.add_message(message);
        }
    }
    let event = events::redelegate(owner, &operator, &to, asset, amount, shares);
    Ok(response.add_event(event))
}

/// Refuses to put what can stand behind one operator alone behind another.
fn require_movable(
    kind: PoolKind,
    operator: &Addr,
    to: &Addr,
    asset: &str,
) -> Result<(), ContractError> {
    if kind == PoolKind::Bound && operator != to {
        return Err(ContractError::Bound {
            asset: asset.to_string(),
            operator: operator.clone(),
        });
    }
    Ok(())
}

/// The pool of which entries are collected.
fn matured_pool(
    storage: &dyn Storage,
    operator: &Addr,
    asset: &str,
) -> Result<Pool, ContractError> {
    POOLS
        .may_load(storage, (operator, asset))?
        .ok_or(ContractError::NothingMatured { next: None })
}

/// Takes the oldest matured entries of an owner out of their buckets, and returns what they were
/// worth together. Those worth nothing are swept away with the rest.
fn collect(
    storage: &mut dyn Storage,
    config: &Config,
    now: Timestamp,
    owner: &Addr,
    operator: &Addr,
    pool: &Pool,
    asset: &str,
) -> Result<Uint128, ContractError> {
    let holding = Holding::of(owner, operator, pool.id);
    let mut amount = Uint128::zero();
    let mut dust = Uint128::zero();
    for (epoch, entry) in matured(storage, &config.epochs, now, owner, pool)? {
        let left = withdraw(storage, holding, epoch, entry, None, true)?;
        amount = amount
            .checked_add(left.paid)
            .map_err(cosmwasm_std::StdError::from)?;
        dust = dust
            .checked_add(left.dust)
            .map_err(cosmwasm_std::StdError::from)?;
    }
    add_dust(storage, asset, dust)?;
    Ok(amount)
}

/// The oldest matured entries whose tokens are in the vault, by epoch, at least one.
fn matured(
    storage: &dyn Storage,
    epochs: &Epochs,
    now: Timestamp,
    owner: &Addr,
    pool: &Pool,
) -> Result<Vec<(u64, Position)>, ContractError> {
    let mut entries = vec![];
    let mut next = None;
    let arrived = match pool.kind {
        PoolKind::Native => native::arrived(storage, pool.id)?,
        PoolKind::Free | PoolKind::Bound => u64::MAX,
    };
    let stored =
        ENTRIES
            .prefix((owner, pool.id))
            .range(storage, None, None, cosmwasm_std::Order::Ascending);
    for entry in stored.take(MAX_ENTRIES) {
        let (epoch, entry) = entry?;
        let matures_at = epochs.matures_at(epoch)?;
        if now < matures_at {
            next = Some(matures_at);
            break;
        }
        if epoch >= arrived {
            if entries.is_empty() {
                return Err(ContractError::NotArrived { epoch });
            }
            break;
        }
        entries.push((epoch, entry));
    }
    if entries.is_empty() {
        return Err(ContractError::NothingMatured { next });
    }
    Ok(entries)
}

/// Takes `amount`, or all, of an entry out of its bucket and stores what is left of both. `ended`
/// says that the epoch is over.
fn withdraw(
    storage: &mut dyn Storage,
    holding: Holding,
    epoch: u64,
    mut entry: Position,
    amount: Option<Uint128>,
    ended: bool,
) -> Result<Left, ContractError> {
    let bucket_key = (holding.pool, epoch);
    let entry_key = (holding.owner, holding.pool, epoch);
    let Some(mut bucket) = BUCKETS.may_load(storage, bucket_key)? else {
        // The bucket went with its last token, so the entry is worth nothing.
        ENTRIES.remove(storage, entry_key);
        return Ok(Left::default());
    };
    let left = leave(bucket.tranche_mut(holding.tranche), &mut entry, amount)?;
    if entry.is_empty() {
        ENTRIES.remove(storage, entry_key);
    } else {
        ENTRIES.save(storage, entry_key, &entry)?;
    }
    // Were an empty bucket removed within its epoch, the next undelegation would start it again at
    // generation 0, and entries that a slash made worthless would count in it.
    if ended && bucket.tokens()?.is_zero() {
        BUCKETS.remove(storage, bucket_key);
    } else {
        BUCKETS.save(storage, bucket_key, &bucket)?;
    }
    Ok(left)
}
