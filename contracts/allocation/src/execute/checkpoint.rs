use cosmwasm_std::{
    to_json_binary, Addr, DepsMut, Env, Event, MessageInfo, Order, Response, Storage, Timestamp,
};
use cw_storage_plus::Bound;
use palisade_ibc::{OperatorPower, MAX_SET_OPERATORS};
use palisade_math::capped_power;
use palisade_types::allocation::{CheckpointResult, ServiceId};

use super::power::{Backing, Stale};
use super::touch::{release, settle, strength};
use super::{ask_stakes, check_list, load_service, only_slashing};
use crate::events;
use crate::rewards::Pots;
use crate::state::{Capture, Config, Counts, Member, Service, Slice};
use crate::state::{CAPTURES, CONFIG, COUNTS, LEFT, LISTED, MEMBERS};
use crate::ContractError;

/// Most history entries pruned at each new one: pruning outruns growth, and its cost is bounded.
const PRUNED_AT_ONCE: usize = 2;
/// Most history entries of operators that left removed in one checkpoint.
const SWEPT_AT_ONCE: usize = 10;

/// Which operators a checkpoint looks at.
pub(crate) struct Page {
    pub(crate) start_after: Option<Addr>,
    pub(crate) limit: u32,
    pub(crate) force: Vec<Addr>,
    pub(crate) all: bool,
}

/// What stays the same for every operator of a checkpoint.
struct Update<'a> {
    config: &'a Config,
    service: ServiceId,
    stored: &'a Service,
    env: &'a Env,
    id: u64,
}

/// What changes with every operator of a checkpoint.
struct Tally {
    counts: Counts,
    /// Settled whenever a weight changes.
    pots: Pots,
    /// One event for each operator that the end of the service sends on its way out.
    opted_out: Vec<Event>,
}

pub(crate) fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    update_id: u64,
    page: Page,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_slashing(&config, &info)?;
    let stored = load_service(deps.storage, service)?;
    let forced = page.force.len();
    let mut members = load_forced(deps.storage, service, page.force)?;
    let first = page.start_after.is_none();
    let next = load_page(
        deps.storage,
        service,
        page.start_after,
        page.limit,
        &mut members,
    )?;
    if members.len() > MAX_SET_OPERATORS {
        return Err(ContractError::PageTooLarge {
            requested: members.len(),
            most: MAX_SET_OPERATORS,
        });
    }
    let operators: Vec<_> = members
        .iter()
        .map(|(operator, _)| operator.clone())
        .collect();
    let answer = ask_stakes(deps.as_ref(), &config, &operators, &stored.terms.assets)?;

    let update = Update {
        config: &config,
        service,
        stored: &stored,
        env: &env,
        id: update_id,
    };
    let counts = COUNTS.load(deps.storage, service)?;
    let weight = counts.weight;
    let mut tally = Tally {
        pots: Pots::new(service, &stored, &counts),
        counts,
        opted_out: vec![],
    };
    let mut result = CheckpointResult {
        operators: vec![],
        next,
        await_ack: false,
    };
    for (index, ((operator, member), stakes)) in members.into_iter().zip(&answer.stakes).enumerate()
    {
        let backing = Backing {
            terms: &stored.terms,
            prices: &answer.prices,
            stakes,
        };
        let Some(member) = member else {
            // It left before the service acknowledged its removal.
            result.operators.push(gone(operator));
            continue;
        };
        let tell = page.all || index < forced;
        let told = update.take(deps.storage, &operator, member, backing, tell, &mut tally)?;
        if let Some((power, awaits)) = told {
            result.operators.push(power);
            result.await_ack |= awaits;
        }
    }
    tally.counts.end_page(weight, first, result.next.is_none());
    COUNTS.save(deps.storage, service, &tally.counts)?;
    sweep(deps.storage, &config, service, env.block.time)?;
    Ok(Response::new()
        .add_events(tally.opted_out)
        .add_event(events::checkpoint(service, update_id, &result))
        .set_data(to_json_binary(&result)?))
}

fn gone(operator: Addr) -> OperatorPower {
    OperatorPower {
        operator: operator.into_string(),
        key: None,
        power: 0u128.into(),
    }
}

type Entry = (Addr, Option<Member>);

fn load_forced(
    storage: &dyn Storage,
    service: ServiceId,
    force: Vec<Addr>,
) -> Result<Vec<Entry>, ContractError> {
    check_list(
        "operators",
        MAX_SET_OPERATORS,
        force.iter().map(Addr::as_str),
    )?;
    force
        .into_iter()
        .map(|operator| {
            let member = MEMBERS.may_load(storage, (service, &operator))?;
            Ok((operator, member))
        })
        .collect()
}

/// Adds a page of members to those that are forced. Returns where the next page starts, if the
/// page was full.
fn load_page(
    storage: &dyn Storage,
    service: ServiceId,
    start_after: Option<Addr>,
    limit: u32,
    members: &mut Vec<Entry>,
) -> Result<Option<Addr>, ContractError> {
    let limit = usize::try_from(limit)
        .unwrap_or(usize::MAX)
        .min(MAX_SET_OPERATORS);
    let start = start_after.as_ref().map(Bound::exclusive);
    let forced = members.len();
    let mut looked_at = 0usize;
    let mut last = None;
    for operator in LISTED
        .prefix(service)
        .keys(storage, start, None, Order::Ascending)
        .take(limit)
    {
        let operator = operator?;
        looked_at = looked_at.saturating_add(1);
        last = Some(operator.clone());
        if !members
            .iter()
            .take(forced)
            .any(|(known, _)| *known == operator)
        {
            let member = MEMBERS.load(storage, (service, &operator))?;
            members.push((operator, Some(member)));
        }
    }
    Ok(last.filter(|_| looked_at == limit))
}

impl Update<'_> {
    /// Takes down what one operator counts with. Returns what the service is to be told, if
    /// anything changed, and whether a decrease waits for the answer.
    fn take(
        &self,
        storage: &mut dyn Storage,
        operator: &Addr,
        mut member: Member,
        backing: Backing,
        tell: bool,
        tally: &mut Tally,
    ) -> Result<Option<(OperatorPower, bool)>, ContractError> {
        let now = self.env.block.time;
        let before = member.clone();
        if self.stored.stopped && member.leaving.is_none() {
            release(storage, self.config, backing, operator, &mut member, now)?;
            tally.counts.operators = tally.counts.operators.saturating_sub(1);
            let event = events::opt_out(self.service, operator, None);
            tally.opted_out.push(event);
        } else {
            settle(storage, self.config, backing, operator, &mut member, now)?;
        }
        let key = (self.service, operator, member.update_id);
        let previous = CAPTURES.may_load(storage, key)?;
        let count = if member.leaving.is_some() || member.jailed {
            backing.nothing()
        } else {
            backing.count(
                &member.slices,
                Stale::AsBefore(previous.as_ref()),
                Slice::counting,
            )?
        };
        let total = tally
            .counts
            .total
            .saturating_sub(member.raw)
            .checked_add(count.value)?;
        tally.counts.total = total;
        member.power = capped_power(count.value, total, self.stored.terms.max_share)?;
        member.count(self.config.epoch(now), count.values, count.value)?;
        self.weigh(storage, operator, &before, &member, tally)?;
        self.list(storage, operator, &member, backing)?;

        let same_tokens = match &previous {
            Some(capture) => capture.parts == count.parts,
            None => count.value.is_zero(),
        };
        let waiting = member.slices.iter().any(Slice::untold_decrease);
        if !tell && !waiting && !member.untold && member.power == before.power && same_tokens {
            if member != before {
                MEMBERS.save(storage, (self.service, operator), &member)?;
            }
            return Ok(None);
        }
        let mut awaits = false;
        for slice in &mut member.slices {
            awaits |= slice.tell(self.id);
        }
        member.update_id = self.id;
        member.untold = false;
        MEMBERS.save(storage, (self.service, operator), &member)?;
        let capture = Capture {
            at: now,
            parts: count.parts,
            power: count.value,
        };
        CAPTURES.save(storage, (self.service, operator, self.id), &capture)?;
        self.prune(storage, operator)?;
        let told = OperatorPower {
            operator: operator.to_string(),
            power: member.power,
            key: member.key,
        };
        Ok(Some((told, awaits)))
    }

    /// Keeps the weights by which rewards are earned; what was earned by the old one is settled first.
    fn weigh(
        &self,
        storage: &mut dyn Storage,
        operator: &Addr,
        before: &Member,
        member: &Member,
        tally: &mut Tally,
    ) -> Result<(), ContractError> {
        let (had, has) = (before.weight()?, member.weight()?);
        if had == has {
            return Ok(());
        }
        tally.pots.settle(storage, operator, &had, &has)?;
        let others = tally.counts.weight.saturating_sub(had.total);
        tally.counts.weight = others.checked_add(has.total)?;
        Ok(())
    }

    /// Keeps the list: an operator on its way out that this update tells to count nothing needs no
    /// further sync.
    fn list(
        &self,
        storage: &mut dyn Storage,
        operator: &Addr,
        member: &Member,
        backing: Backing,
    ) -> Result<(), ContractError> {
        let key = (self.service, operator);
        if member.leaving.is_some() {
            LISTED.remove(storage, key);
            return Ok(());
        }
        let strength = strength(backing, member, Stale::ByLastRate)?;
        if LISTED.may_load(storage, key)? != Some(strength) {
            LISTED.save(storage, key, &strength)?;
        }
        Ok(())
    }

    /// Removes entries that were replaced longer ago than any infraction can be punished. The
    /// newest entry before that horizon stays: it was in force at the horizon.
    fn prune(&self, storage: &mut dyn Storage, operator: &Addr) -> Result<(), ContractError> {
        let oldest = CAPTURES
            .prefix((self.service, operator))
            .range(storage, None, None, Order::Ascending)
            .take(PRUNED_AT_ONCE.saturating_add(1))
            .collect::<Result<Vec<_>, _>>()?;
        for pair in oldest.windows(2) {
            let [(id, _), (_, replacement)] = pair else {
                continue;
            };
            if replacement.past(self.config, self.env.block.time) {
                CAPTURES.remove(storage, (self.service, operator, *id));
            }
        }
        Ok(())
    }
}

/// Removes some of what an operator counted with that left so long ago that none of it can be needed
/// any more. Should it be back, what it counts with since then stays.
fn sweep(
    storage: &mut dyn Storage,
    config: &Config,
    service: ServiceId,
    now: Timestamp,
) -> Result<(), ContractError> {
    let longest_gone = LEFT
        .sub_prefix(service)
        .keys(storage, None, None, Order::Ascending)
        .next()
        .transpose()?;
    let Some((unneeded, operator)) = longest_gone else {
        return Ok(());
    };
    let unneeded_at = Timestamp::from_nanos(unneeded);
    if now < unneeded_at {
        return Ok(());
    }
    let oldest = CAPTURES
        .prefix((service, &operator))
        .range(storage, None, None, Order::Ascending)
        .take(SWEPT_AT_ONCE)
        .collect::<Result<Vec<_>, _>>()?;
    let mut swept = 0usize;
    for (update_id, capture) in oldest {
        if capture.past(config, unneeded_at) {
            CAPTURES.remove(storage, (service, &operator, update_id));
            swept = swept.saturating_add(1);
        }
    }
    if swept < SWEPT_AT_ONCE {
        LEFT.remove(storage, (service, unneeded, &operator));
    }
    Ok(())
}

pub(crate) fn acknowledge(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    update_id: u64,
    operators: Vec<Addr>,
) -> Result<Response, ContractError> {
    only_slashing(&CONFIG.load(deps.storage)?, &info)?;
    check_list(
        "operators",
        MAX_SET_OPERATORS,
        operators.iter().map(Addr::as_str),
    )?;
    for operator in &operators {
        let Some(mut member) = MEMBERS.may_load(deps.storage, (service, operator))? else {
            continue;
        };
        let mut started = false;
        for slice in &mut member.slices {
            started |= slice.acknowledge(update_id, env.block.time);
        }
        if started {
            MEMBERS.save(deps.storage, (service, operator), &member)?;
        }
    }
    Ok(Response::new())
}
