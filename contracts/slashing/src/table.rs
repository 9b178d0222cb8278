//! What was in force at a height of the consumer's, and when that height came, by its own
//! acknowledgements. Each is one look-up, however many updates there are, and in whatever order
//! their packets and acknowledgements arrive.

use cosmwasm_std::{Addr, Order, StdResult, Storage, Timestamp};
use cw_storage_plus::Bound;
use palisade_types::asset::MAX_CLOCK_SKEW;

use crate::state::{APPLIED, IN_FORCE};
use crate::time::after;

/// Most entries that one acknowledgement takes out of a part of the table for being too old.
const MAX_FORGOTTEN: usize = 4;
/// Most entries of an operator that one acknowledgement takes out, since a newer update was in force
/// at their heights: of packets that were held back until after it, and acknowledged before it. What
/// is left of more stays wrong until it is forgotten.
const MAX_STALE: usize = 64;

/// When a height came.
pub(crate) struct Moment {
    /// At this time or later.
    pub(crate) earliest: Timestamp,
    /// At this time or earlier.
    pub(crate) latest: Timestamp,
}

/// A height, and when it came.
type Known = (u64, Timestamp);

/// An acknowledged update.
pub(crate) struct Applied<'a> {
    /// Of [`table_id`](crate::state::table_id).
    pub(crate) table: u64,
    pub(crate) update_id: u64,
    pub(crate) sent_at: Timestamp,
    pub(crate) height: u64,
    /// By the consumer's clock.
    pub(crate) time: Timestamp,
    pub(crate) operators: &'a [Addr],
}

impl Applied<'_> {
    /// Notes it. What cannot be is not: that it was applied at a height that had passed before it was
    /// made. So a consumer cannot change afterwards what was in force.
    pub(crate) fn note(
        &self,
        storage: &mut dyn Storage,
        now: Timestamp,
        horizon: Timestamp,
    ) -> StdResult<()> {
        let (table, height) = (self.table, self.height);
        let (before, next) = around(storage, table, height)?;
        if next.is_none_or(|(_, passed)| after(passed, MAX_CLOCK_SKEW) >= self.sent_at) {
            let time = self.time.max(self.sent_at);
            let time = before.map_or(time, |(_, passed)| time.max(passed));
            let time = next.map_or(time, |(_, passed)| time.min(passed)).min(now);
            if next.is_none_or(|(known, _)| known != height) {
                APPLIED.save(storage, (table, height), &time)?;
            }
            for operator in self.operators {
                self.put_in_force(storage, operator)?;
                forget_updates(storage, (table, operator), horizon)?;
            }
        }
        forget_times(storage, table, horizon)
    }

    /// Notes for one operator that the update is in force after the height, unless a newer one was
    /// before it; and that older ones, which the consumer heard of later, never were.
    fn put_in_force(&self, storage: &mut dyn Storage, operator: &Addr) -> StdResult<()> {
        let height = self.height;
        let table = IN_FORCE.prefix((self.table, operator));
        let until = Some(Bound::inclusive(height));
        let before = table
            .range(storage, None, until, Order::Descending)
            .next()
            .transpose()?;
        let known = before.filter(|(_, newest)| *newest >= self.update_id);
        let (height, newest) = known.unwrap_or((height, self.update_id));
        let from = Some(Bound::exclusive(height));
        let stale = table
            .range(storage, from, None, Order::Ascending)
            .take(MAX_STALE)
            .take_while(|entry| !entry.as_ref().is_ok_and(|(_, update)| *update > newest))
            .collect::<StdResult<Vec<_>>>()?;
        for (later, _) in stale {
            IN_FORCE.remove(storage, (self.table, operator, later));
        }
        if known.is_none() {
            IN_FORCE.save(storage, (self.table, operator, height), &newest)?;
        }
        Ok(())
    }
}

/// Forgets times but for the newest one before the horizon.
fn forget_times(storage: &mut dyn Storage, table: u64, horizon: Timestamp) -> StdResult<()> {
    let oldest = APPLIED
        .prefix(table)
        .range(storage, None, None, Order::Ascending)
        .take(MAX_FORGOTTEN)
        .collect::<StdResult<Vec<_>>>()?;
    for ((height, _), (_, next)) in oldest.iter().zip(oldest.iter().skip(1)) {
        if *next >= horizon {
            break;
        }
        APPLIED.remove(storage, (table, *height));
    }
    Ok(())
}

/// Forgets what was in force before the horizon, but for the newest: the time of the next one is
/// before it, or forgotten already.
fn forget_updates(
    storage: &mut dyn Storage,
    (table, operator): (u64, &Addr),
    horizon: Timestamp,
) -> StdResult<()> {
    let oldest = IN_FORCE
        .prefix((table, operator))
        .keys(storage, None, None, Order::Ascending)
        .take(MAX_FORGOTTEN)
        .collect::<StdResult<Vec<_>>>()?;
    for (height, next) in oldest.iter().zip(oldest.iter().skip(1)) {
        let passed = APPLIED.may_load(storage, (table, *next))?;
        if passed.is_some_and(|passed| passed >= horizon) {
            break;
        }
        IN_FORCE.remove(storage, (table, operator, *height));
    }
    Ok(())
}

/// The known heights around one: the newest one before it, and the first one from it on.
fn around(
    storage: &dyn Storage,
    table: u64,
    height: u64,
) -> StdResult<(Option<Known>, Option<Known>)> {
    let times = APPLIED.prefix(table);
    let until = Some(Bound::exclusive(height));
    let before = times
        .range(storage, None, until, Order::Descending)
        .next()
        .transpose()?;
    let from = Some(Bound::inclusive(height));
    let next = times
        .range(storage, from, None, Order::Ascending)
        .next()
        .transpose()?;
    Ok((before, next))
}

/// The operator's update in force at a height: the newest one that was applied before it, as a block
/// is signed by the set before it. None: none is known to have been.
pub(crate) fn in_force(
    storage: &dyn Storage,
    table: u64,
    operator: &Addr,
    height: u64,
) -> StdResult<Option<u64>> {
    let until = Some(Bound::exclusive(height));
    let entry = IN_FORCE
        .prefix((table, operator))
        .range(storage, None, until, Order::Descending)
        .next()
        .transpose()?;
    Ok(entry.map(|(_, update_id)| update_id))
}

/// When a height came: between the acknowledged heights around it.
pub(crate) fn moment(
    storage: &dyn Storage,
    table: u64,
    height: u64,
    now: Timestamp,
) -> StdResult<Moment> {
    let (before, next) = around(storage, table, height)?;
    let latest = next.map_or(now, |(_, time)| time.min(now));
    let earliest = before.map_or(Timestamp::default(), |(_, time)| time);
    Ok(Moment {
        earliest: earliest.min(latest),
        latest,
    })
}
