use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Deps, DepsMut, Env, MessageInfo, Order, Reply, Response,
    Storage, SubMsg, Timestamp,
};
use cw_storage_plus::Bound;
use palisade_math::Magnitude;
use palisade_types::allocation::{ServiceId, SlashOperator, SlashResult};
use palisade_types::asset::{AssetAmount, Redirection};
use palisade_types::delegation::{self, Cut, SlashPools};
use palisade_types::neighbour::answer;

use super::touch::Touch;
use super::{load_service, only_slashing};
use crate::events;
use crate::ledger::Ledger;
use crate::state::{Bounds, Capture, Member, Slice};
use crate::state::{BOUNDS, CAPTURES, CONFIG, JAILED, MEMBERS};
use crate::ContractError;

/// Reply of the delegation contract to a penalty.
pub(crate) const REPLY: u64 = 1;

/// What the reply needs to know again. The member goes along, not to be read twice: nothing changes
/// it meanwhile, as only the delegation contract and the vault are called.
#[cw_serde]
struct Context {
    service: ServiceId,
    operator: Addr,
    jail: bool,
    tombstone: bool,
    /// Until when what is taken counts against the commitment cap, in seconds.
    counts_until: u64,
}

pub(crate) fn start(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: SlashOperator,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_slashing(&config, &info)?;
    let Some(bounds) = BOUNDS.may_load(deps.storage, msg.service)? else {
        return Err(ContractError::UnknownService {
            service: msg.service,
        });
    };
    let max_slash = bounds.max_slash;
    if msg.fraction > max_slash {
        return Err(ContractError::PenaltyTooLarge {
            fraction: msg.fraction,
            max_slash,
        });
    }
    let context = Context {
        service: msg.service,
        operator: msg.operator.clone(),
        jail: msg.jail,
        tombstone: msg.tombstone,
        counts_until: config.leavable_at(env.block.time).seconds(),
    };
    let Some(mut member) = MEMBERS.may_load(deps.storage, (msg.service, &msg.operator))? else {
        return conclude(deps, context, None, vec![]);
    };
    if member.slices.iter().any(|s| s.due(&config, env.block.time)) {
        let service = load_service(deps.storage, msg.service)?;
        let touch = Touch::load(
            deps.as_ref(),
            &config,
            &env,
            (msg.service, &service),
            msg.operator.clone(),
        )?;
        touch.settle(&mut deps, &mut member)?;
    }
    let Some((since, cuts)) = aimed(deps.as_ref(), &env, &msg, bounds, &member)? else {
        return conclude(deps, context, Some(member), vec![]);
    };
    let call = config
        .delegation
        .call(&delegation::ExecuteMsg::Slash(SlashPools {
            operator: msg.operator.into_string(),
            since,
            fraction: msg.fraction,
            max_slash,
            cuts,
            payees: msg.payees,
        }))?;
    let call =
        SubMsg::reply_on_success(call, REPLY).with_payload(to_json_binary(&(context, member))?);
    Ok(Response::new().add_submessage(call))
}

/// What a penalty aims at: one cut for each asset of which tokens were captured in the update in
/// force, and when that was made. None: there is nothing to take.
fn aimed(
    deps: Deps,
    env: &Env,
    msg: &SlashOperator,
    bounds: Bounds,
    member: &Member,
) -> Result<Option<(Timestamp, Vec<Cut>)>, ContractError> {
    if msg.fraction.is_zero() {
        return Ok(None);
    }
    let (update_id, now) = (msg.update_id.u64(), env.block.time);
    let entry = capture_at(deps.storage, msg.service, &msg.operator, update_id, now)?;
    let Some((_, capture)) = entry else {
        return Ok(None);
    };
    let mut cuts = vec![];
    for (asset, part) in bounds.assets.into_iter().zip(capture.parts) {
        let Some(slice) = member.slices.iter().find(|slice| slice.asset == asset) else {
            continue;
        };
        let (captured, slice) = match &slice.borne {
            Some(borne) if msg.tombstone => {
                let (p, m) = (msg.fraction, bounds.max_slash);
                match borne.excess(p, m, part.tokens, &slice.value)? {
                    Some(excess) => excess,
                    None => continue,
                }
            }
            _ => (part.tokens, slice.value.clone()),
        };
        if !captured.is_zero() && !slice.value.is_zero() {
            cuts.push(Cut {
                asset,
                slice,
                captured,
                era: part.era,
            });
        }
    }
    Ok((!cuts.is_empty()).then_some((capture.at, cuts)))
}

/// The newest entry of an operator's history at or before an update. Where that was pruned the oldest
/// that is left answers: it was in force at the horizon, before anything that can still be punished,
/// however long the service was not told of what came after. An oldest entry within the horizon has
/// nothing pruned before it: the operator did not count yet.
pub(crate) fn capture_at(
    storage: &dyn Storage,
    service: ServiceId,
    operator: &Addr,
    update_id: u64,
    now: Timestamp,
) -> Result<Option<(u64, Capture)>, ContractError> {
    let newest = CAPTURES
        .prefix((service, operator))
        .range(
            storage,
            None,
            Some(Bound::inclusive(update_id)),
            Order::Descending,
        )
        .next();
    if newest.is_some() {
        return Ok(newest.transpose()?);
    }
    let oldest = CAPTURES
        .prefix((service, operator))
        .range(storage, None, None, Order::Ascending)
        .next()
        .transpose()?;
    let Some((_, capture)) = &oldest else {
        return Ok(None);
    };
    let pruned = capture.past(&CONFIG.load(storage)?, now);
    Ok(oldest.filter(|_| pruned))
}

pub(crate) fn finish(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    let (context, mut member): (Context, Member) = from_json(&reply.payload)?;
    let result: delegation::SlashResult = answer(reply)?;
    let mut seized = vec![];
    for cut in result.cuts {
        let slice = member
            .slices
            .iter_mut()
            .find(|slice| slice.asset == cut.asset)
            .ok_or_else(|| ContractError::UnaskedCut {
                asset: cut.asset.clone(),
            })?;
        spend(deps.storage, &env, &context, slice, &cut)?;
        seized.push(AssetAmount {
            asset: cut.asset,
            amount: cut.seized,
        });
    }
    conclude(deps, context, Some(member), seized)
}

/// Lowers a slice, and the sum of its pool's slices, by what was taken.
fn spend(
    storage: &mut dyn Storage,
    env: &Env,
    context: &Context,
    slice: &mut Slice,
    cut: &delegation::CutResult,
) -> Result<(), ContractError> {
    let pool: &Magnitude = &cut.before;
    let operator = &context.operator;
    let mut ledger = Ledger::load(storage, operator, &cut.asset, pool, env.block.time)?;
    let before = slice.promised(pool);
    slice.spend(pool, cut.delta)?;
    if context.tombstone && !cut.delta.is_zero() {
        slice
            .borne
            .get_or_insert_default()
            .add(pool, cut.delta, cut.seized)?;
    }
    ledger.release(before, slice.promised(pool));
    ledger.spend(cut.delta, context.counts_until);
    ledger.save(storage, operator)?;
    Ok(())
}

/// Notes the jail and answers the slashing contract. No member: it left.
fn conclude(
    deps: DepsMut,
    context: Context,
    member: Option<Member>,
    seized: Vec<AssetAmount>,
) -> Result<Response, ContractError> {
    let key = (context.service, &context.operator);
    match member {
        Some(mut member) => {
            member.jailed |= context.jail;
            member.tombstoned |= context.tombstone;
            MEMBERS.save(deps.storage, key, &member)?;
        }
        None if context.jail => {
            let before = JAILED.may_load(deps.storage, key)?.unwrap_or_default();
            JAILED.save(deps.storage, key, &(before || context.tombstone))?;
        }
        None => {}
    }
    let event = events::slash(context.service, &context.operator, &seized);
    Ok(Response::new()
        .add_event(event)
        .set_data(to_json_binary(&SlashResult { seized })?))
}

/// Passes on where seized tokens shall go instead.
pub(crate) fn redirect(
    deps: DepsMut,
    info: MessageInfo,
    redirection: Redirection,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_slashing(&config, &info)?;
    let call = config
        .delegation
        .call(&delegation::ExecuteMsg::Redirect(redirection))?;
    Ok(Response::new().add_message(call))
}

pub(crate) fn unjail(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    operator: &str,
) -> Result<Response, ContractError> {
    only_slashing(&CONFIG.load(deps.storage)?, &info)?;
    let operator = deps.api.addr_validate(operator)?;
    let key = (service, &operator);
    JAILED.remove(deps.storage, key);
    if let Some(mut member) = MEMBERS.may_load(deps.storage, key)? {
        member.jailed = false;
        MEMBERS.save(deps.storage, key, &member)?;
    }
    Ok(Response::new().add_event(events::unjail(service, &operator)))
}
