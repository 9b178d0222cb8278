//! Which update was in force at a height of the consumer's, by its own acknowledgements.

use cosmwasm_std::{Order, StdResult, Storage, Timestamp};
use cw_storage_plus::Bound;
use palisade_types::allocation::ServiceId;

use crate::state::{APPLIED, UPDATES};

/// Most entries looked at below a height. Packets may arrive out of order, so the newest entry need
/// not be that of the newest update; further apart than this they do not.
const MAX_DISORDER: usize = 8;

/// What the table says of a height.
pub(crate) struct Moment {
    /// The newest update that was applied before the height: a block is signed by the set before
    /// it.
    pub(crate) update_id: u64,
    /// The height came at this time or later.
    pub(crate) earliest: Timestamp,
    /// The height came at this time or earlier.
    pub(crate) latest: Timestamp,
}

/// Notes that an update was applied at a height.
pub(crate) fn note(
    storage: &mut dyn Storage,
    service: ServiceId,
    height: u64,
    update_id: u64,
) -> StdResult<()> {
    let known = APPLIED.may_load(storage, (service, height))?;
    let newest = known.unwrap_or_default().max(update_id);
    APPLIED.save(storage, (service, height), &newest)
}

/// Forgets what was noted of an update.
pub(crate) fn forget(
    storage: &mut dyn Storage,
    service: ServiceId,
    height: u64,
    update_id: u64,
) -> StdResult<()> {
    if APPLIED.may_load(storage, (service, height))? == Some(update_id) {
        APPLIED.remove(storage, (service, height));
    }
    Ok(())
}

/// What was in force at a height, and when that was; none: no update is known to have been
/// applied before it.
pub(crate) fn at(
    storage: &dyn Storage,
    service: ServiceId,
    height: u64,
    now: Timestamp,
) -> StdResult<Option<Moment>> {
    let table = APPLIED.prefix(service);
    let below = table
        .range(
            storage,
            None,
            Some(Bound::exclusive(height)),
            Order::Descending,
        )
        .take(MAX_DISORDER)
        .collect::<StdResult<Vec<_>>>()?;
    let Some((_, last)) = below.first() else {
        return Ok(None);
    };
    let newest = below.iter().map(|(_, update_id)| *update_id).max();
    let next = table
        .range(
            storage,
            Some(Bound::inclusive(height)),
            None,
            Order::Ascending,
        )
        .next()
        .transpose()?;
    let time = |update_id| -> StdResult<Option<Timestamp>> {
        let update = UPDATES.may_load(storage, (service, update_id))?;
        Ok(update
            .and_then(|update| update.applied)
            .map(|(_, time)| time))
    };
    let latest = match next {
        Some((_, update_id)) => time(update_id)?.unwrap_or(now).min(now),
        None => now,
    };
    Ok(Some(Moment {
        update_id: newest.unwrap_or(*last),
        earliest: time(*last)?.unwrap_or_default().min(latest),
        latest,
    }))
}

/// Whether an update was applied before a height, as one that is forgotten was.
pub(crate) fn was_applied(
    storage: &dyn Storage,
    service: ServiceId,
    update_id: u64,
    height: u64,
) -> StdResult<bool> {
    let Some(update) = UPDATES.may_load(storage, (service, update_id))? else {
        return Ok(true);
    };
    Ok(update.applied.is_some_and(|(at, _)| at.u64() < height))
}
