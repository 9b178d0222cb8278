use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Deps, DepsMut, Env, MessageInfo, Order, Reply, Response,
    Storage, SubMsg, Timestamp,
};
use cw_storage_plus::Bound;
use palisade_math::Magnitude;
use palisade_types::allocation::{ServiceId, SlashOperator, SlashResult};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{self, Cut, SlashPools};
use palisade_types::neighbour::answer;

use super::touch::Touch;
use super::{leavable_at, load_service, only_slashing};
use crate::events;
use crate::ledger::Ledger;
use crate::state::{Bounds, Capture, Member, Slice};
use crate::state::{BOUNDS, CAPTURES, CONFIG, JAILED, MEMBERS};
use crate::ContractError;

/// Reply of the delegation contract to a penalty.
pub(crate) const REPLY: u64 = 1;

/// What the reply needs to know again.
#[cw_serde]
struct Context {
    service: ServiceId,
    operator: Addr,
    jail: bool,
    /// Until when what is taken counts against the commitment cap.
    counts_until: Timestamp,
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
        counts_until: leavable_at(&config, env.block.time),
    };
    let key = (msg.service, &msg.operator);
    let Some(mut member) = MEMBERS.may_load(deps.storage, key)? else {
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
        MEMBERS.save(deps.storage, key, &member)?;
    }
    let cuts = match captured(deps.as_ref(), &msg)? {
        Some(capture) if !msg.fraction.is_zero() => cuts(bounds, &member, capture),
        _ => vec![],
    };
    if cuts.is_empty() {
        return conclude(deps, context, Some(member), vec![]);
    }
    let call = config
        .delegation
        .call(&delegation::ExecuteMsg::Slash(SlashPools {
            operator: msg.operator.into_string(),
            infraction: msg.infraction,
            fraction: msg.fraction,
            max_slash,
            cuts,
            destination: msg.destination,
        }))?;
    let call = SubMsg::reply_on_success(call, REPLY).with_payload(to_json_binary(&context)?);
    Ok(Response::new().add_submessage(call))
}

/// What the operator counted with: the newest entry at or before the update.
fn captured(deps: Deps, msg: &SlashOperator) -> Result<Option<Capture>, ContractError> {
    let entry = capture_at(
        deps.storage,
        msg.service,
        &msg.operator,
        msg.update_id.u64(),
    )?;
    Ok(entry.map(|(_, capture)| capture))
}

/// The newest entry of an operator's history at or before an update. Where that was pruned the oldest
/// that is left answers: it was in force at the horizon, before anything that can still be punished,
/// however long the service was not told of what came after.
pub(crate) fn capture_at(
    storage: &dyn Storage,
    service: ServiceId,
    operator: &Addr,
    update_id: u64,
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
        .next();
    Ok(oldest.transpose()?)
}

/// One cut for each asset that was captured and of which there is a slice.
fn cuts(bounds: Bounds, member: &Member, capture: Capture) -> Vec<Cut> {
    let assets = bounds.assets.into_iter().zip(capture.parts);
    assets
        .filter(|(_, part)| !part.tokens.is_zero())
        .filter_map(|(asset, part)| {
            let slice = member.slices.iter().find(|slice| slice.asset == asset)?;
            (!slice.value.value.is_zero()).then(|| Cut {
                asset,
                slice: slice.value.clone(),
                captured: part.tokens,
                era: part.era,
            })
        })
        .collect()
}

pub(crate) fn finish(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    let context: Context = from_json(&reply.payload)?;
    let result: delegation::SlashResult = answer(reply)?;
    let mut member = super::load_member(deps.storage, context.service, &context.operator)?;
    let mut seized = vec![];
    for cut in result.cuts {
        let slice = member
            .slices
            .iter_mut()
            .find(|slice| slice.asset == cut.asset)
            .ok_or(ContractError::BadAnswer)?;
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
    ledger.release(before, slice.promised(pool));
    ledger.spend(cut.delta, context.counts_until);
    ledger.save(storage, operator)?;
    Ok(())
}

/// Notes the jail and answers the slashing contract.
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
            MEMBERS.save(deps.storage, key, &member)?;
        }
        None if context.jail => JAILED.save(deps.storage, key, &())?,
        None => {}
    }
    let event = events::slash(context.service, &context.operator, &seized);
    Ok(Response::new()
        .add_event(event)
        .set_data(to_json_binary(&SlashResult { seized })?))
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
