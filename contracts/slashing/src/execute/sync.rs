//! Telling services what their operators count with.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{to_json_binary, Addr, DepsMut, Env, Order, Response, Storage, SubMsg, Uint64};
use cw_storage_plus::Bound;
use palisade_ibc::{HostPacket, OperatorPower, OperatorSet, MAX_SET_OPERATORS};
use palisade_types::allocation::{self, CheckpointResult, ServiceId};

use super::load_service;
use crate::events;
use crate::ibc::{outcome, packet};
use crate::state::{Config, Dirty, Link, Update, CONFIG, DELIVERIES, DIRTY, LINKS, UPDATES};
use crate::time::before;
use crate::ContractError;

/// Reply of a checkpoint.
pub(crate) const CHECKPOINT: u64 = 3;

/// Operators of a page when the caller names no limit.
const DEFAULT_PAGE: u32 = 30;
/// Most operators of a page: with the forced ones what one packet holds.
const MAX_PAGE: u32 = 50;
/// Most operators told again in one sync.
const MAX_FORCED: usize = 10;
/// Most entries looked at in search of operators to tell again.
const MAX_DIRTY_SCAN: usize = 40;
/// Most updates forgotten in one sync, which makes one at most: forgetting outruns.
const MAX_PRUNED: usize = 2;

/// A sync under way, carried to its reply.
#[cw_serde]
pub(crate) struct Task {
    service: ServiceId,
    local: bool,
    nonce_epoch: u32,
    /// Whether double-signs can be proved, for which heights have to be known in time.
    provable: bool,
    update_id: u64,
    forced: Vec<Addr>,
    dirty_cursor: Option<Addr>,
    link: Link,
}

pub(crate) fn start(
    deps: DepsMut,
    env: &Env,
    service: ServiceId,
    limit: Option<u32>,
) -> Result<Response, ContractError> {
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if limit == 0 || limit > MAX_PAGE {
        return Err(ContractError::SyncLimit {
            given: limit,
            max: MAX_PAGE,
        });
    }
    let stored = load_service(deps.storage, env, service)?;
    let local = stored.slasher.is_some();
    let link = LINKS.load(deps.storage, service)?;
    let update_id = link
        .last_update
        .checked_add(1)
        .ok_or(ContractError::Exhausted { what: "updates" })?;
    let (forced, dirty_cursor) = to_tell_again(deps.storage, service, &link)?;
    let room = MAX_PAGE.saturating_sub(u32::try_from(forced.len()).unwrap_or(MAX_PAGE));
    let checkpoint = allocation::ExecuteMsg::Checkpoint {
        service,
        update_id: update_id.into(),
        start_after: link.cursor.clone(),
        limit: limit.min(room),
        force: forced.clone(),
        all: link.all,
    };
    let task = Task {
        service,
        local,
        nonce_epoch: stored.nonce_epoch,
        provable: stored.is_provable(env.block.time),
        update_id,
        forced,
        dirty_cursor,
        link,
    };
    let message = CONFIG.load(deps.storage)?.allocation.call(&checkpoint)?;
    let message =
        SubMsg::reply_on_success(message, CHECKPOINT).with_payload(to_json_binary(&task)?);
    Ok(Response::new().add_submessage(message))
}

/// Operators whose newest news did not arrive, and where the next sync goes on looking for them:
/// going round by a cursor, so that removals under way on the live channel, which are left to
/// arrive, do not hide those that wait. Without a channel nobody can be told.
fn to_tell_again(
    storage: &dyn Storage,
    service: ServiceId,
    link: &Link,
) -> Result<(Vec<Addr>, Option<Addr>), ContractError> {
    let mut forced = vec![];
    let Some(live) = link.channel.as_deref() else {
        return Ok((forced, None));
    };
    let start = link.dirty_cursor.as_ref().map(Bound::exclusive);
    let entries = DIRTY
        .prefix(service)
        .range(storage, start, None, Order::Ascending)
        .take(MAX_DIRTY_SCAN)
        .collect::<Result<Vec<_>, _>>()?;
    let mut more = entries.len() == MAX_DIRTY_SCAN;
    let mut last = None;
    for (operator, dirty) in entries {
        if dirty.waits(Some(live)) {
            if forced.len() == MAX_FORCED {
                more = true;
                break;
            }
            forced.push(operator.clone());
        }
        last = Some(operator);
    }
    Ok((forced, last.filter(|_| more)))
}

/// Continues after the allocation contract took the powers down.
pub(crate) fn finish(
    deps: DepsMut,
    env: Env,
    task: Task,
    result: CheckpointResult,
) -> Result<Response, ContractError> {
    let given = result.operators.len();
    if given > MAX_SET_OPERATORS {
        return Err(ContractError::TooManyOperators {
            given,
            max: MAX_SET_OPERATORS,
        });
    }
    let config = CONFIG.load(deps.storage)?;
    let mut link = task.link.clone();
    let complete = result.next.is_none();
    let mut response = Response::new();
    let mut update_id = None;
    if given > 0 || task.beat(deps.storage, &env, &config)? {
        update_id = Some(task.update_id);
        link.last_update = task.update_id;
        task.record(deps.storage, &env, &result)?;
        response = task.tell(response, &env, &config, result.operators, result.await_ack)?;
    }
    link.cursor = result.next;
    link.dirty_cursor = task.dirty_cursor;
    link.all &= !complete;
    if !task.local {
        let told = outcome::resend(
            deps.storage,
            &env,
            &config,
            task.service,
            task.nonce_epoch,
            &mut link,
        )?;
        response = told.add_to(response);
    }
    prune(deps.storage, &env, &config, task.service)?;
    if link != task.link {
        LINKS.save(deps.storage, task.service, &link)?;
    }
    Ok(response.add_event(events::sync(task.service, update_id, given, complete)))
}

impl Task {
    /// Whether an update without operators is due: once an epoch, for its acknowledgement tells when
    /// and at which height it was applied, and so how old a double-sign at most is.
    fn beat(
        &self,
        storage: &dyn Storage,
        env: &Env,
        config: &Config,
    ) -> Result<bool, ContractError> {
        if !self.provable || self.link.channel.is_none() {
            return Ok(false);
        }
        let newest = UPDATES.may_load(storage, (self.service, self.link.last_update))?;
        let due = before(env.block.time, config.epoch_length);
        Ok(newest.is_some_and(|update| update.sent_at <= due))
    }

    /// Writes down what is told to whom.
    fn record(
        &self,
        storage: &mut dyn Storage,
        env: &Env,
        result: &CheckpointResult,
    ) -> Result<(), ContractError> {
        let now = env.block.time;
        let update = Update {
            sent_at: now,
            await_ack: result.await_ack && !self.local,
            applied: self.local.then(|| (env.block.height.into(), now)),
        };
        UPDATES.save(storage, (self.service, self.update_id), &update)?;
        for told in &result.operators {
            let operator = Addr::unchecked(&told.operator);
            self.record_operator(storage, &operator, told.power.is_zero())?;
        }
        Ok(())
    }

    fn record_operator(
        &self,
        storage: &mut dyn Storage,
        operator: &Addr,
        removed: bool,
    ) -> Result<(), ContractError> {
        let key = (self.service, operator);
        let mut delivery = DELIVERIES.may_load(storage, key)?.unwrap_or_default();
        let unsent = self.link.channel.is_none();
        if (removed || unsent) && !self.local {
            // The allocation contract may forget who left, so the removal is kept here.
            let channel = self.link.channel.clone();
            DIRTY.save(storage, key, &Dirty { channel })?;
        } else if delivery.removed || self.link.all || self.forced.contains(operator) {
            DIRTY.remove(storage, key);
        }
        delivery.sent = self.update_id;
        delivery.removed = removed;
        if self.local {
            delivery.acked = self.update_id;
        }
        DELIVERIES.save(storage, key, &delivery)?;
        Ok(())
    }

    /// Sends the update, if there is a channel; a local service reads it from the allocation
    /// contract, so that it is acknowledged at once.
    fn tell(
        &self,
        response: Response,
        env: &Env,
        config: &Config,
        operators: Vec<OperatorPower>,
        await_ack: bool,
    ) -> Result<Response, ContractError> {
        let update_id = Uint64::new(self.update_id);
        if !self.local {
            let Some(channel) = &self.link.channel else {
                let event = events::update_failed(self.service, self.update_id, "no channel");
                return Ok(response.add_event(event));
            };
            let set = OperatorSet {
                update_id,
                operators,
            };
            let packet = packet::send(env, config, channel, &HostPacket::OperatorSet(set))?;
            return Ok(response.add_submessage(packet));
        }
        if !await_ack {
            return Ok(response);
        }
        let acknowledge = allocation::ExecuteMsg::Acknowledge {
            service: self.service,
            update_id,
            operators: operators
                .into_iter()
                .map(|told| Addr::unchecked(told.operator))
                .collect(),
        };
        Ok(response.add_message(config.allocation.call(&acknowledge)?))
    }
}

impl Dirty {
    /// Whether the next sync tells the operator, given the live channel.
    pub(crate) fn waits(&self, live: Option<&str>) -> bool {
        self.channel.is_none() || self.channel.as_deref() != live
    }
}

/// Forgets the oldest updates, but for the one that was in force an unbonding period ago.
fn prune(
    storage: &mut dyn Storage,
    env: &Env,
    config: &Config,
    service: ServiceId,
) -> Result<(), ContractError> {
    let horizon = before(env.block.time, config.unbonding_period);
    let oldest = UPDATES
        .prefix(service)
        .range(storage, None, None, Order::Ascending)
        .take(MAX_PRUNED.saturating_add(1))
        .collect::<Result<Vec<_>, _>>()?;
    for ((old, _), (_, next)) in oldest.iter().zip(oldest.iter().skip(1)) {
        if next.sent_at < horizon {
            UPDATES.remove(storage, (service, *old));
        }
    }
    Ok(())
}
