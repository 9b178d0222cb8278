//! What flows to the stakers of a pool.

use cosmwasm_std::{Addr, Order, StdError, StdResult, Storage, Timestamp, Uint128};
use palisade_math::{apportion, MathError, Position, RewardIndex, Stream};

use crate::error::ContractError;
use crate::execute::stake::Holding;
use crate::state::{
    seal_key, Config, Flow, Owed, Pool, PoolId, Tranche, Tranched, FLOWS, OWED, SEALS,
};

/// Most reward tokens of a pool.
pub(crate) const PLACES: u8 = 16;
/// Of these places, those that anybody's harvest may fill.
pub(crate) const OPEN_PLACES: u8 = 8;

/// All rewards of a pool, brought up to now. Whatever changes a position, or the tokens or shares of a
/// pool, loads them before and stores them after; a pool without rewards costs nothing. A claim changes
/// none of these, and stores nothing: between two stores an index is a function of time that never
/// falls, so a checkpoint is never ahead of it; and it has followed the pool that is stored.
pub(crate) struct Rewards {
    pool: PoolId,
    /// By reward id.
    tokens: Vec<Tracked>,
}

/// A flow, and whether it differs from the stored one.
struct Tracked {
    id: u8,
    flow: Flow,
    changed: bool,
}

impl Rewards {
    /// Loads the rewards of a pool, and has flown what was to flow until now: by the tokens and shares
    /// that the pool had until now.
    pub(crate) fn load(
        storage: &dyn Storage,
        config: &Config,
        now: Timestamp,
        pool: &Pool,
    ) -> Result<Self, ContractError> {
        let mut tokens = vec![];
        if pool.rewards > 0 {
            let stored = FLOWS
                .prefix(pool.id)
                .range(storage, None, None, Order::Ascending);
            for flow in stored {
                let (id, mut flow) = flow?;
                let changed = advance(&mut flow, config, now, pool)?;
                tokens.push(Tracked { id, flow, changed });
            }
        }
        Ok(Self {
            pool: pool.id,
            tokens,
        })
    }

    /// The flows, by reward id.
    pub(crate) fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.tokens.iter().map(|token| &token.flow)
    }

    /// Credits a position with what it earned until now. To be called before the position changes.
    pub(crate) fn settle(
        &self,
        storage: &mut dyn Storage,
        holding: Holding,
        position: &Position,
    ) -> Result<(), ContractError> {
        if self.tokens.is_empty() {
            return Ok(());
        }
        let before = load_owed(storage, holding.owner, self.pool)?;
        let after = self.settled(storage, holding.tranche, position, before.clone())?;
        if before != after {
            save_owed(storage, holding.owner, self.pool, after)?;
        }
        Ok(())
    }

    /// What a position is owed now, by reward id, if it was owed `owed` before.
    pub(crate) fn settled(
        &self,
        storage: &dyn Storage,
        tranche: Tranche,
        position: &Position,
        mut owed: Vec<Owed>,
    ) -> Result<Vec<Owed>, ContractError> {
        // A token that came after the position was last settled begins at the default.
        owed.resize(self.tokens.len().max(owed.len()), Owed::default());
        for (owed, Tracked { id, flow, .. }) in owed.iter_mut().zip(&self.tokens) {
            let sealed = |generation, scale| {
                let key = seal_key(self.pool, *id, tranche, (generation, scale));
                SEALS.may_load(storage, key).map_err(ContractError::from)
            };
            let settled = flow
                .index(tranche)
                .settle(position, &owed.checkpoint, sealed)?;
            owed.owed = owed
                .owed
                .checked_add(settled.accrued)
                .map_err(StdError::from)?;
            owed.checkpoint = settled.checkpoint;
        }
        Ok(owed)
    }

    /// To be called after a slash, before the rewards follow the pool, which was `before`. If nobody earns
    /// any more, what did not flow yet is credited to who did, by the tokens and shares of then: it was
    /// theirs to earn, and else would be of whoever comes next. Where nobody earned before, it stays.
    pub(crate) fn slashed(&mut self, before: &Pool, after: &Pool) -> Result<(), MathError> {
        if earning(&weights(after)) || !earning(&weights(before)) {
            return Ok(());
        }
        for Tracked { flow, changed, .. } in &mut self.tokens {
            let rest = flow.stream.rest()?;
            let released = flow.stream.cut(rest)?;
            if !released.is_zero() {
                credit(flow, before, released)?;
                *changed = true;
            }
        }
        Ok(())
    }

    /// Follows the pool into a new generation or scale. To be called after whatever may have moved it,
    /// before anything else is done with either.
    pub(crate) fn follow(
        &mut self,
        storage: &mut dyn Storage,
        pool: &Pool,
    ) -> Result<(), ContractError> {
        for Tracked { id, flow, changed } in &mut self.tokens {
            for tranche in Tranche::BOTH {
                let moved = flow.index_mut(tranche).follow(pool.tranche(tranche));
                if let Some((generation, scale, seal)) = moved {
                    let key = seal_key(self.pool, *id, tranche, (generation, scale));
                    SEALS.save(storage, key, &seal)?;
                    *changed = true;
                }
            }
        }
        Ok(())
    }

    /// Follows the pool a last time, and stores the rewards.
    pub(crate) fn store(
        mut self,
        storage: &mut dyn Storage,
        pool: &Pool,
    ) -> Result<(), ContractError> {
        self.follow(storage, pool)?;
        for token in self.tokens.into_iter().filter(|token| token.changed) {
            FLOWS.save(storage, (self.pool, token.id), &token.flow)?;
        }
        Ok(())
    }
}

/// Lets `amount` of a token wait for the next period of its flow to a pool. Other tokens of the pool are
/// left alone. A token that is new takes a place, if the pool has fewer than `places`: then the caller
/// has to save the pool. Returns whether it did.
pub(crate) fn push(
    storage: &mut dyn Storage,
    config: &Config,
    now: Timestamp,
    (operator, asset, pool): (&Addr, &str, &mut Pool),
    (token, amount): (&str, Uint128),
    places: u8,
) -> Result<bool, ContractError> {
    let known = find(storage, pool.id, token)?;
    let new = known.is_none();
    let (id, mut flow) = match known {
        Some(known) => known,
        None if pool.rewards >= places => {
            return Err(ContractError::RewardTokensFull {
                operator: operator.clone(),
                asset: asset.to_string(),
                token: token.to_string(),
                places,
            })
        }
        None => {
            let id = pool.rewards;
            pool.rewards = id.saturating_add(1);
            (id, begin(token, now, pool))
        }
    };
    flow.paid = flow
        .paid
        .checked_add(amount)
        .map_err(|_| ContractError::RewardTooLarge {
            operator: operator.clone(),
            asset: asset.to_string(),
            token: token.to_string(),
            amount,
            most: Uint128::MAX.saturating_sub(flow.paid),
        })?;
    advance(&mut flow, config, now, pool)?;
    // Brought up to now already, so that nothing flows here.
    flow.stream
        .push(amount, now, &config.reward_periods(), false)?;
    FLOWS.save(storage, (pool.id, id), &flow)?;
    Ok(new)
}

/// What an owner is owed of a pool, by reward id.
pub(crate) fn load_owed(storage: &dyn Storage, owner: &Addr, pool: PoolId) -> StdResult<Vec<Owed>> {
    Ok(OWED.may_load(storage, (owner, pool))?.unwrap_or_default())
}

/// Stores what an owner is owed of a pool, without what is untouched.
pub(crate) fn save_owed(
    storage: &mut dyn Storage,
    owner: &Addr,
    pool: PoolId,
    mut owed: Vec<Owed>,
) -> StdResult<()> {
    while owed.last() == Some(&Owed::default()) {
        owed.pop();
    }
    if owed.is_empty() {
        OWED.remove(storage, (owner, pool));
        return Ok(());
    }
    OWED.save(storage, (owner, pool), &owed)
}

/// Removes what is kept for a position that is gone, unless something is owed. The checkpoints mean
/// nothing any more: a position that comes back begins with new ones.
pub(crate) fn forget(storage: &mut dyn Storage, owner: &Addr, pool: &Pool) -> StdResult<()> {
    if pool.rewards > 0 {
        let owed = load_owed(storage, owner, pool.id)?;
        if owed.iter().all(|token| token.owed.is_zero()) {
            OWED.remove(storage, (owner, pool.id));
        }
    }
    Ok(())
}

fn find(storage: &dyn Storage, pool: PoolId, token: &str) -> StdResult<Option<(u8, Flow)>> {
    FLOWS
        .prefix(pool)
        .range(storage, None, None, Order::Ascending)
        .find(|flow| flow.as_ref().map_or(true, |(_, flow)| flow.token == token))
        .transpose()
}

fn begin(token: &str, now: Timestamp, pool: &Pool) -> Flow {
    Flow {
        token: token.to_string(),
        paid: Uint128::zero(),
        stream: Stream {
            at: now,
            ..Stream::default()
        },
        senior: RewardIndex::starting_with(pool.tranche(Tranche::Senior)),
        junior: RewardIndex::starting_with(pool.tranche(Tranche::Junior)),
    }
}

/// Has flown what was to flow until `now`, by what the tranches have in which somebody earns. While there
/// is none the clock stands still. Returns whether there is anything to store: an empty stream, and one
/// in which all waits for the end of this period, read the same at any time.
fn advance(
    flow: &mut Flow,
    config: &Config,
    now: Timestamp,
    pool: &Pool,
) -> Result<bool, MathError> {
    if flow.stream.rest()?.is_zero() || now <= flow.stream.at {
        return Ok(false);
    }
    let running = earning(&weights(pool));
    let (waiting, flowing) = (flow.stream.waiting, flow.stream.flowing);
    let flown = flow
        .stream
        .advance(now, &config.reward_periods(), running)?;
    credit(flow, pool, flown)?;
    Ok(!flowing.is_zero() || flow.stream.waiting != waiting)
}

/// Credits what flowed, by what the tranches have in which somebody earns.
fn credit(flow: &mut Flow, pool: &Pool, amount: Uint128) -> Result<(), MathError> {
    let parts = apportion(amount, &weights(pool))?;
    for (tranche, part) in Tranche::BOTH.into_iter().zip(parts) {
        if !part.is_zero() {
            let shares = pool.tranche(tranche).shares;
            flow.index_mut(tranche).distribute(part, shares)?;
        }
    }
    Ok(())
}

/// What the tranches have in which somebody earns.
fn weights(pool: &Pool) -> [Uint128; 2] {
    Tranche::BOTH.map(|tranche| pool.earning(tranche))
}

/// Whether anybody does.
fn earning(weights: &[Uint128]) -> bool {
    weights.iter().any(|weight| !weight.is_zero())
}

#[cfg(test)]
mod tests {
    use palisade_types::delegation::{MAX_REWARD_TOKENS, OPEN_REWARD_TOKENS};

    use super::*;

    #[test]
    fn places_are_those_of_the_interface() {
        assert_eq!(usize::from(PLACES), MAX_REWARD_TOKENS);
        assert_eq!(usize::from(OPEN_PLACES), OPEN_REWARD_TOKENS);
    }
}
