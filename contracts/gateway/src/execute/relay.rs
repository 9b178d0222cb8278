use cosmwasm_std::{DepsMut, Env, Order, Response, StdResult, Storage, Timestamp};
use cw_storage_plus::Bound;
use palisade_types::gateway::Action;
use palisade_types::page;

use crate::state::{Standing, CHANNEL, CURSOR, OPEN, REPORTS};
use crate::{reports, ContractError};

/// Sends what is due, at most `limit` reports, looking at no more than a page of open ones from
/// where the last call stopped: many reports that wait cannot keep a due one from its turn.
pub(crate) fn relay(
    deps: DepsMut,
    env: &Env,
    limit: Option<u32>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Relays)?;
    let limit = page::take(limit);
    if limit == 0 {
        return Err(ContractError::ZeroLimit);
    }
    let channel = CHANNEL
        .may_load(deps.storage)?
        .ok_or(ContractError::NoChannel)?;

    let (waiting, all) = next_page(deps.storage)?;
    let mut response = Response::new();
    let mut sent = 0usize;
    let mut next: Option<Timestamp> = None;
    let mut cursor = None;
    for (nonce, standing) in waiting {
        if sent == limit {
            break;
        }
        cursor = Some(nonce);
        match reports::due(&standing.state, &channel.id, env.block.time) {
            Ok(()) => {
                let report = REPORTS.load(deps.storage, nonce)?;
                let block = &env.block;
                let (message, event) =
                    reports::send(deps.storage, block, &channel.id, nonce, report, standing)?;
                response = response.add_submessage(message).add_event(event);
                sent = sent.saturating_add(1);
            }
            Err(Some(time)) => next = Some(next.map_or(time, |n| n.min(time))),
            Err(None) => {}
        }
    }
    // An error would put the cursor back, and the next call would look at the same page.
    if sent == 0 && all {
        return Err(ContractError::NothingDue { next });
    }
    if let Some(cursor) = cursor {
        CURSOR.save(deps.storage, &cursor)?;
    }
    Ok(response)
}

/// The open reports after the cursor, then from the start, a page of them; and whether these are
/// all that there are.
fn next_page(storage: &dyn Storage) -> StdResult<(Vec<(u64, Standing)>, bool)> {
    let size = page::take(Some(page::MAX_LIMIT));
    let cursor = CURSOR.may_load(storage)?.unwrap_or_default();
    let (after, until) = (Bound::exclusive(cursor), Bound::inclusive(cursor));
    let mut found = OPEN
        .range(storage, Some(after), None, Order::Ascending)
        .chain(OPEN.range(storage, None, Some(until), Order::Ascending));
    let page = found.by_ref().take(size).collect::<StdResult<Vec<_>>>()?;
    Ok((page, found.next().is_none()))
}
