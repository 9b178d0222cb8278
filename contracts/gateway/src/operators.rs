//! The operator set as the host sent it, and who had which power when.

use std::collections::BTreeSet;

use cosmwasm_std::{Binary, BlockInfo, Event, Order, StdResult, Storage, Timestamp, Uint128};
use cw_storage_plus::Bound;
use palisade_ibc::{Offender, OperatorPower, OperatorSet, MAX_SET_OPERATORS};
use palisade_types::time::before;

use crate::events;
use crate::state::{
    Config, Entry, KeyHolder, Operator, HISTORY, KEYS, OPERATORS, REMOVED, TOTAL, TOTALS,
};
use crate::ContractError;

/// Longest address of an operator, in bytes: what no chain of the Cosmos SDK exceeds.
const MAX_ADDRESS_LENGTH: usize = 128;
/// Bytes of an ed25519 key.
const KEY_LENGTH: usize = 32;

/// Applies what is new in a packet. Whatever order packets come in, and however often, the set
/// is in the end the one that the newest entry of each operator tells.
pub(crate) fn apply(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    config: &Config,
    set: OperatorSet,
) -> Result<Event, ContractError> {
    check(&set)?;
    let update_id = set.update_id.u64();
    let kept_since = before(block.time, config.history);

    let mut total = TOTAL.may_load(storage)?.unwrap_or_default();
    let (mut applied, mut skipped) = (0u32, 0u32);
    let entries = set.operators.len();
    for entry in set.operators {
        match replace(storage, update_id, &entry)? {
            Some(old) => {
                // The old power is part of the sum; only the sum of the new ones can overflow.
                total.power = total.power.checked_sub(old)?.checked_add(entry.power)?;
                let power = at(block, entry.power);
                HISTORY.save(storage, (&entry.operator, update_id), &power)?;
                prune_operator(storage, &entry.operator, kept_since)?;
                applied = applied.saturating_add(1);
            }
            None => skipped = skipped.saturating_add(1),
        }
    }
    if entries == 0 && update_id > total.update_id {
        // A heartbeat: the acknowledgement tells the host when it was applied, the powers are as
        // they were.
        total.update_id = update_id;
        TOTAL.save(storage, &total)?;
    }
    if applied > 0 {
        total.update_id = total.update_id.max(update_id);
        TOTAL.save(storage, &total)?;
        TOTALS.save(storage, update_id, &at(block, total.power))?;
        prune_totals(storage, kept_since)?;
    }
    Ok(events::operator_set(update_id, applied, skipped, &total))
}

fn check(set: &OperatorSet) -> Result<(), ContractError> {
    if set.update_id.is_zero() {
        return Err(ContractError::ZeroUpdate);
    }
    if set.operators.len() > MAX_SET_OPERATORS {
        return Err(ContractError::TooManyOperators {
            given: set.operators.len(),
        });
    }
    let (mut seen, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for entry in &set.operators {
        let length = entry.operator.len();
        if length == 0 || length > MAX_ADDRESS_LENGTH {
            return Err(ContractError::AddressLength {
                length,
                max: MAX_ADDRESS_LENGTH,
            });
        }
        if !seen.insert(entry.operator.as_str()) {
            return Err(ContractError::DuplicateOperator {
                operator: entry.operator.clone(),
            });
        }
        if let Some(key) = &entry.key {
            check_key(key)?;
            if !keys.insert(key.as_slice()) {
                return Err(ContractError::DuplicateKey {
                    key: key.to_base64(),
                });
            }
        }
    }
    Ok(())
}

fn check_key(key: &[u8]) -> Result<(), ContractError> {
    if key.len() == KEY_LENGTH {
        return Ok(());
    }
    Err(ContractError::KeyLength { length: key.len() })
}

/// Stores one operator if the update is newer than its last, and returns the power before.
fn replace(
    storage: &mut dyn Storage,
    update_id: u64,
    entry: &OperatorPower,
) -> Result<Option<Uint128>, ContractError> {
    let name = entry.operator.as_str();
    let active = OPERATORS.may_load(storage, name)?;
    let was_active = active.is_some();
    let old = match active {
        Some(operator) => Some(operator),
        None => REMOVED.may_load(storage, name)?,
    };
    let late = old.as_ref().is_some_and(|o| update_id <= o.update_id);

    // A late entry is skipped, but its key was the operator's once, and has to resolve.
    if let Some(key) = &entry.key {
        claim_key(storage, key, name, update_id, late)?;
    }
    if late {
        return Ok(None);
    }
    let power = match old {
        Some(old) => {
            if old.key != entry.key {
                release_key(storage, name, &old)?;
            }
            if !was_active && !entry.power.is_zero() {
                REMOVED.remove(storage, name);
            }
            old.power
        }
        None => Uint128::zero(),
    };
    let new = Operator {
        key: entry.key.clone(),
        power: entry.power,
        update_id,
    };
    if entry.power.is_zero() {
        REMOVED.save(storage, name, &new)?;
        if was_active {
            OPERATORS.remove(storage, name);
        }
    } else {
        OPERATORS.save(storage, name, &new)?;
    }
    Ok(Some(power))
}

/// Gives a key to an operator, unless a newer update named it as another's. While a holder has
/// the key, its own record tells the newest such update; writing it here each time would cost as
/// much again as the record.
fn claim_key(
    storage: &mut dyn Storage,
    key: &Binary,
    name: &str,
    update_id: u64,
    late: bool,
) -> Result<(), ContractError> {
    if let Some(holder) = KEYS.may_load(storage, key)? {
        let stored = holder.update_id;
        let newest = if holder.operator == name {
            if !late {
                return Ok(());
            }
            stored
        } else {
            load(storage, &holder.operator)?
                .filter(|o| o.key.as_ref() == Some(key))
                .map_or(stored, |o| o.update_id.max(stored))
        };
        if update_id <= newest {
            return Ok(());
        }
    }
    save_holder(storage, key, name, update_id)
}

/// Notes the newest update by which the operator had the key that it now gives up.
fn release_key(storage: &mut dyn Storage, name: &str, old: &Operator) -> Result<(), ContractError> {
    let Some(key) = &old.key else {
        return Ok(());
    };
    let holder = KEYS.may_load(storage, key)?;
    if holder.is_some_and(|h| h.operator == name && h.update_id < old.update_id) {
        save_holder(storage, key, name, old.update_id)?;
    }
    Ok(())
}

fn save_holder(
    storage: &mut dyn Storage,
    key: &Binary,
    name: &str,
    update_id: u64,
) -> Result<(), ContractError> {
    let operator = name.to_string();
    let holder = KeyHolder {
        operator,
        update_id,
    };
    Ok(KEYS.save(storage, key, &holder)?)
}

/// An operator's record, in the set or not.
fn load(storage: &dyn Storage, name: &str) -> StdResult<Option<Operator>> {
    match OPERATORS.may_load(storage, name)? {
        Some(operator) => Ok(Some(operator)),
        None => REMOVED.may_load(storage, name),
    }
}

fn at(block: &BlockInfo, power: Uint128) -> Entry {
    Entry {
        power,
        height: block.height,
        time: block.time,
    }
}

/// Removes up to two entries that were superseded before `kept_since`. Two, where each write
/// adds one, so that a backlog shrinks; one entry before the horizon always stays.
fn prune_operator(
    storage: &mut dyn Storage,
    operator: &str,
    kept_since: Timestamp,
) -> StdResult<()> {
    let entries = HISTORY
        .prefix(operator)
        .range(storage, None, None, Order::Ascending);
    for update_id in superseded(entries, kept_since)? {
        HISTORY.remove(storage, (operator, update_id));
    }
    Ok(())
}

/// As [`prune_operator`], for the totals.
fn prune_totals(storage: &mut dyn Storage, kept_since: Timestamp) -> StdResult<()> {
    let entries = TOTALS.range(storage, None, None, Order::Ascending);
    for update_id in superseded(entries, kept_since)? {
        TOTALS.remove(storage, update_id);
    }
    Ok(())
}

/// The oldest entries, at most two, whose successor is older than `kept_since`.
fn superseded(
    entries: impl Iterator<Item = StdResult<(u64, Entry)>>,
    kept_since: Timestamp,
) -> StdResult<Vec<u64>> {
    let mut found = vec![];
    let mut previous = None;
    for item in entries.take(3) {
        let (update_id, entry) = item?;
        if entry.time >= kept_since {
            break;
        }
        found.extend(previous.replace(update_id));
    }
    Ok(found)
}

/// The operator's address on the host, and its record.
pub(crate) fn resolve(
    storage: &dyn Storage,
    offender: &Offender,
) -> Result<(String, Operator), ContractError> {
    let name = match offender {
        Offender::Operator(name) => name.clone(),
        Offender::Key(key) => {
            check_key(key)?;
            let holder = KEYS.may_load(storage, key)?;
            holder
                .ok_or_else(|| ContractError::UnknownKey {
                    key: key.to_base64(),
                })?
                .operator
        }
    };
    match load(storage, &name)? {
        Some(operator) => Ok((name, operator)),
        None => Err(ContractError::UnknownOperator { operator: name }),
    }
}

/// Whether a key is an operator's, or was and is nobody else's since.
pub(crate) fn has_key(storage: &dyn Storage, operator: &str, key: &[u8]) -> StdResult<bool> {
    let holder = KEYS.may_load(storage, key)?;
    Ok(holder.is_some_and(|holder| holder.operator == operator))
}

/// The operator's newest entry at or before an update.
pub(crate) fn power_at(
    storage: &dyn Storage,
    operator: &str,
    update_id: u64,
) -> StdResult<Option<(u64, Entry)>> {
    HISTORY
        .prefix(operator)
        .range(
            storage,
            None,
            Some(Bound::inclusive(update_id)),
            Order::Descending,
        )
        .next()
        .transpose()
}

/// The total by the newest entry at or before an update.
pub(crate) fn total_at(storage: &dyn Storage, update_id: u64) -> StdResult<Option<(u64, Entry)>> {
    TOTALS
        .range(
            storage,
            None,
            Some(Bound::inclusive(update_id)),
            Order::Descending,
        )
        .next()
        .transpose()
}

/// The operator's entry in force at a height: the newest one applied before it, since a block is
/// signed by the set before it. An operator can make its history as long as it likes, so this
/// bisects it: at most 64 reads, usually one.
pub(crate) fn in_force(
    storage: &dyn Storage,
    operator: &str,
    height: u64,
) -> StdResult<Option<(u64, Entry)>> {
    let (mut low, mut high) = (0u64, u64::MAX);
    let mut found = None;
    let mut probe = high;
    // An operator's entries are applied in the order of their updates, so heights grow with them.
    // Anything above `high` is too late; `found` is the newest entry up to `low`.
    while low < high {
        match power_at(storage, operator, probe)? {
            Some((update_id, entry)) if update_id > low || found.is_none() => {
                if entry.height < height {
                    found = Some((update_id, entry));
                    low = probe;
                } else {
                    high = update_id.saturating_sub(1);
                }
            }
            // Nothing between `low` and `probe`.
            _ => low = probe,
        }
        probe = middle(low, high);
    }
    Ok(found)
}

/// The operator's entry that followed an update, if any did.
pub(crate) fn successor(
    storage: &dyn Storage,
    operator: &str,
    update_id: u64,
) -> StdResult<Option<Entry>> {
    let from = Some(Bound::exclusive(update_id));
    let next = HISTORY
        .prefix(operator)
        .range(storage, from, None, Order::Ascending)
        .next();
    Ok(next.transpose()?.map(|(_, entry)| entry))
}

/// The middle of two numbers, rounded up, so that it is above `low` wherever `low < high`.
fn middle(low: u64, high: u64) -> u64 {
    high.saturating_sub(high.saturating_sub(low) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;
    use proptest::prelude::*;

    proptest! {
        /// The bisection finds what a scan of the whole history finds.
        #[test]
        fn the_entry_in_force_is_the_newest_applied_before_the_height(
            steps in prop::collection::vec((1u64..5_000, 0u64..4), 0..40),
            height in 0u64..90,
            last in prop::bool::ANY,
        ) {
            let mut storage = MockStorage::new();
            let (mut update, mut at) = (0u64, 5u64);
            let mut all = vec![];
            for (gap, later) in steps {
                update = update.saturating_add(gap);
                at = at.saturating_add(later);
                all.push((update, at));
            }
            if last {
                all.push((u64::MAX, at));
            }
            for (update, at) in &all {
                let entry = Entry {
                    power: 1u128.into(),
                    height: *at,
                    time: Timestamp::from_seconds(*at),
                };
                HISTORY.save(&mut storage, ("op", *update), &entry).unwrap();
                HISTORY.save(&mut storage, ("oq", *update), &entry).unwrap();
            }
            let expected = all.iter().rev().find(|(_, at)| *at < height).map(|(u, _)| *u);
            let found = in_force(&storage, "op", height).unwrap();
            prop_assert_eq!(found.map(|(u, _)| u), expected);
        }
    }

    #[test]
    fn one_entry_before_the_horizon_stays() {
        let entry = |update: u64, seconds| {
            let time = Timestamp::from_seconds(seconds);
            let power = Uint128::one();
            Ok((
                update,
                Entry {
                    power,
                    height: 1,
                    time,
                },
            ))
        };
        let horizon = Timestamp::from_seconds(100);
        let pruned =
            |list: Vec<StdResult<(u64, Entry)>>| superseded(list.into_iter(), horizon).unwrap();
        assert_eq!(pruned(vec![]), Vec::<u64>::new());
        assert_eq!(pruned(vec![entry(1, 10)]), Vec::<u64>::new());
        assert_eq!(pruned(vec![entry(1, 10), entry(2, 100)]), Vec::<u64>::new());
        assert_eq!(pruned(vec![entry(1, 10), entry(2, 99)]), vec![1]);
        assert_eq!(
            pruned(vec![entry(1, 10), entry(2, 20), entry(3, 30), entry(4, 40)]),
            vec![1, 2]
        );
    }
}
