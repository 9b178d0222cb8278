//! Rewards by one growing number (`docs/math.md`, rewards).
//!
//! An index counts what one share earned since the index began. What a holder
//! earned is its shares times what the index grew by since the holder was last
//! settled. Nobody is looped over, and nothing paid in later reaches back.
//!
//! It is used twice. Over the **weights** of a service's operators, which never
//! change their unit: [`RewardIndex::distribute_by_weight`] and
//! [`RewardIndex::accrued`]. And over the **shares** of a pool, which are divided
//! by ten at a rescale and void after a wipe: there the index follows its pool
//! ([`RewardIndex::follow`]), leaves a [`Seal`] behind whenever the pool moves on,
//! and a holder walks the seals ([`RewardIndex::settle`]). Without them, shares of
//! a dead generation would drain what the living ones earn.
//!
//! ```
//! use std::collections::BTreeMap;
//! use cosmwasm_std::Uint128;
//! use palisade_math::{Checkpoint, MathError, Position, RewardIndex, SharePool};
//!
//! let mut pool = SharePool::default();
//! let mut index = RewardIndex::default();
//! let mut seals = BTreeMap::new();
//! let (mut alice, mut bob) = (Position::default(), Position::default());
//!
//! // Alice earns 300 alone. Then the pool is wiped, and Bob comes.
//! pool.join(&mut alice, Uint128::new(10))?;
//! index.distribute(Uint128::new(300), pool.shares)?;
//! pool.slash(Uint128::new(10))?;
//! if let Some((generation, scale, seal)) = index.follow(&pool) {
//!     seals.insert((generation, scale), seal);
//! }
//! let bobs = index.checkpoint();
//! pool.join(&mut bob, Uint128::new(10))?;
//! index.distribute(Uint128::new(50), pool.shares)?;
//!
//! let lookup = |generation, scale| Ok::<_, MathError>(seals.get(&(generation, scale)).cloned());
//! let alices = index.settle(&alice, &Checkpoint::default(), lookup)?;
//! assert_eq!(alices.accrued, Uint128::new(300));
//! assert_eq!(index.settle(&bob, &bobs, lookup)?.accrued, Uint128::new(50));
//! // Settled is settled, though her position is still the old one.
//! let again = index.settle(&alice, &alices.checkpoint, lookup)?;
//! assert_eq!(again.accrued, Uint128::zero());
//! # Ok::<(), MathError>(())
//! ```

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Uint128, Uint256};

use crate::pool::rescaled;
use crate::wide::{mul_div_floor, narrow};
use crate::{is_zero, MathError, Position, SharePool, VIRTUAL_SHARES};

/// What the index counts for one unit of reward a share: `10^36`.
pub const INDEX_SCALE: u128 = 10_u128.pow(36);

/// Seals that settling a position looks up at most: after so many rescales, no
/// 128-bit number of shares is above zero.
pub const MAX_SETTLE_STEPS: u32 = 39;

/// What one share earned, of one reward token.
#[cw_serde]
#[derive(Default)]
pub struct RewardIndex {
    /// Reward units a share earned in this generation, times [`INDEX_SCALE`].
    pub per_share: Uint256,
    /// What the last division left: reward units times [`INDEX_SCALE`]. Carried.
    pub remainder: Uint256,
    /// Reward units that came while nobody was there to earn them.
    pub held: Uint128,
    /// The generation of the pool that the index counts for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// The scale of the pool at which the index counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u32,
}

/// What an index had come to when its pool left a generation and scale: stored
/// by the caller under (pool, reward, generation, scale).
#[cw_serde]
pub struct Seal {
    /// [`RewardIndex::per_share`] at that moment.
    pub per_share: Uint256,
    /// Whether the generation ended there, and not just a scale.
    pub last: bool,
}

/// Up to where a position was settled, for one reward token. Positions are
/// shared by all reward tokens of a pool and may be read at an older scale, so
/// a checkpoint says itself where it stands. The default is where every index
/// begins: right for a position older than the index.
#[cw_serde]
#[derive(Default)]
pub struct Checkpoint {
    /// [`RewardIndex::per_share`] when the position was settled.
    pub per_share: Uint256,
    /// The generation of the index then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// The scale of the index then.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u32,
}

/// What settling a position gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Reward units earned since the last settlement, to be added to what is owed.
    pub accrued: Uint128,
    /// The checkpoint to store from now on.
    pub checkpoint: Checkpoint,
}

impl RewardIndex {
    /// An index that begins with `pool` as it is now: for a reward token that is
    /// paid to it for the first time.
    #[must_use]
    pub fn starting_with(pool: &SharePool) -> Self {
        Self {
            generation: pool.generation,
            scale: pool.scale,
            ..Self::default()
        }
    }

    /// Credits `amount` reward units, and what was held, to the `shares` of a
    /// pool. Fewer than [`VIRTUAL_SHARES`] earn nothing, and the amount is held.
    ///
    /// The index rounds down, against all holders alike; what is left of the
    /// division is carried into the next.
    ///
    /// The index must have followed its pool ([`Self::follow`]).
    ///
    /// # Errors
    /// [`MathError::Overflow`] after more rewards than 10^41 units a share.
    pub fn distribute(&mut self, amount: Uint128, shares: Uint128) -> Result<(), MathError> {
        self.credit(amount, shares, Uint128::new(VIRTUAL_SHARES))
    }

    /// Credits `amount` reward units, and what was held, to a total `weight` of
    /// operators. At a total of zero the amount is held.
    ///
    /// Rounds as [`Self::distribute`] does.
    ///
    /// # Errors
    /// [`MathError::Overflow`] after more rewards than 10^41 units a unit of weight.
    ///
    /// ```
    /// use cosmwasm_std::{Uint128, Uint256};
    /// use palisade_math::RewardIndex;
    ///
    /// let mut index = RewardIndex::default();
    /// index.distribute_by_weight(Uint128::new(5), Uint128::zero())?;
    /// assert_eq!(index.held, Uint128::new(5));
    /// // 5 held and 4 now, over a total of 3, of which one operator has 2.
    /// index.distribute_by_weight(Uint128::new(4), Uint128::new(3))?;
    /// assert_eq!(index.accrued(Uint128::new(2), Uint256::zero())?, Uint128::new(6));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn distribute_by_weight(
        &mut self,
        amount: Uint128,
        weight: Uint128,
    ) -> Result<(), MathError> {
        self.credit(amount, weight, Uint128::one())
    }

    /// Reward units that `shares` earned since the index was at `checkpoint`:
    /// `floor(shares * (index - checkpoint) / 10^36)`.
    ///
    /// Rounds down, so that no more is ever owed than was paid in.
    ///
    /// # Errors
    /// [`MathError::Overflow`] for a checkpoint ahead of the index.
    pub fn accrued(&self, shares: Uint128, checkpoint: Uint256) -> Result<Uint128, MathError> {
        earned(shares, checkpoint, self.per_share)
    }

    /// Moves the index to where its pool is now. To be called after every
    /// operation that can move a pool's generation or scale (a slash, a leave),
    /// for every reward of the pool, before anything else is done with either.
    ///
    /// When the pool had moved, returns the generation and scale that the index
    /// leaves and the [`Seal`] to be stored under them. In a new generation the
    /// index starts at zero; what was held, and the remainder, stay.
    #[must_use = "the seal has to be stored, or what was earned before it is lost"]
    pub fn follow(&mut self, pool: &SharePool) -> Option<(u32, u32, Seal)> {
        let left = (self.generation, self.scale);
        if left == (pool.generation, pool.scale) {
            return None;
        }
        let last = self.generation != pool.generation;
        let seal = Seal {
            per_share: self.per_share,
            last,
        };
        if last {
            self.per_share = Uint256::zero();
        }
        self.generation = pool.generation;
        self.scale = pool.scale;
        Some((left.0, left.1, seal))
    }

    /// Where the index stands: the checkpoint of whoever is settled now.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            per_share: self.per_share,
            generation: self.generation,
            scale: self.scale,
        }
    }

    /// What `position` earned since `checkpoint`, through all scales that its
    /// pool went through meanwhile, or up to the end of its generation.
    ///
    /// `sealed` looks a seal up by generation and scale. A scale without one
    /// earned nothing (one slash can pass through several). To be called, for
    /// every reward token, before the position changes: joining and leaving
    /// convert its shares. A claim need not change the position.
    ///
    /// At each step shares and reward are rounded down, so that no more is ever
    /// owed than was paid in. At most [`MAX_SETTLE_STEPS`] look-ups.
    ///
    /// # Errors
    /// [`MathError::IndexBehind`] when position or checkpoint is ahead of the
    /// index, which then did not follow its pool; [`MathError::CheckpointBehind`]
    /// when the position changed without having been settled; whatever `sealed`
    /// returns.
    pub fn settle<E: From<MathError>>(
        &self,
        position: &Position,
        checkpoint: &Checkpoint,
        mut sealed: impl FnMut(u32, u32) -> Result<Option<Seal>, E>,
    ) -> Result<Settled, E> {
        let (generation, mut scale, mut shares) = start(position, checkpoint)?;
        let mut from = checkpoint.per_share;
        let mut accrued = Uint128::zero();
        while !shares.is_zero() {
            if (generation, scale) == (self.generation, self.scale) {
                let part = earned(shares, from, self.per_share)?;
                accrued = accrued.checked_add(part).map_err(MathError::from)?;
                break;
            }
            if (generation, scale) > (self.generation, self.scale) {
                return Err(MathError::IndexBehind {
                    index: (self.generation, self.scale),
                    position: (generation, scale),
                }
                .into());
            }
            if let Some(seal) = sealed(generation, scale)? {
                let part = earned(shares, from, seal.per_share)?;
                accrued = accrued.checked_add(part).map_err(MathError::from)?;
                from = seal.per_share;
                if seal.last {
                    break;
                }
            }
            shares = rescaled(shares, 1);
            // Shares are gone long before a scale could overflow.
            scale = scale.saturating_add(1);
        }
        Ok(Settled {
            accrued,
            checkpoint: self.checkpoint(),
        })
    }

    /// Adds `amount` and what was held to the index, unless there are fewer
    /// than `least` shares.
    fn credit(
        &mut self,
        amount: Uint128,
        shares: Uint128,
        least: Uint128,
    ) -> Result<(), MathError> {
        let amount = self.held.checked_add(amount)?;
        if shares < least {
            self.held = amount;
            return Ok(());
        }
        let shares = Uint256::from(shares);
        let due = Uint256::from(amount)
            .checked_mul(Uint256::from(INDEX_SCALE))?
            .checked_add(self.remainder)?;
        let per_share = self.per_share.checked_add(due.checked_div(shares)?)?;
        self.remainder = due.checked_rem(shares)?;
        self.per_share = per_share;
        self.held = Uint128::zero();
        Ok(())
    }
}

/// Generation, scale and shares at which a walk begins: where the position was
/// last touched or last settled, whichever is later.
fn start(position: &Position, checkpoint: &Checkpoint) -> Result<(u32, u32, Uint128), MathError> {
    let held = (position.generation, position.scale);
    let settled = (checkpoint.generation, checkpoint.scale);
    if position.is_empty() {
        return Ok((held.0, held.1, Uint128::zero()));
    }
    if held > settled {
        if checkpoint.per_share.is_zero() {
            return Ok((held.0, held.1, position.shares));
        }
        return Err(MathError::CheckpointBehind {
            checkpoint: settled,
            position: held,
        });
    }
    let shares = if settled.0 == held.0 {
        rescaled(position.shares, settled.1.saturating_sub(held.1))
    } else {
        Uint128::zero()
    };
    Ok((settled.0, settled.1, shares))
}

/// `floor(shares * (to - from) / 10^36)`.
fn earned(shares: Uint128, from: Uint256, to: Uint256) -> Result<Uint128, MathError> {
    let grown = to.checked_sub(from)?;
    narrow(mul_div_floor(shares, grown, INDEX_SCALE)?)
}

/// The weight by which an operator earns at a service: the smaller of its power
/// in the `last` epoch and in the `current` one, so that power which came for a
/// payout, or is gone already, earns nothing. Nothing is rounded.
///
/// ```
/// use cosmwasm_std::Uint128;
/// use palisade_math::reward_weight;
///
/// assert_eq!(reward_weight(Uint128::new(0), Uint128::new(900)), Uint128::zero());
/// assert_eq!(reward_weight(Uint128::new(800), Uint128::new(900)), Uint128::new(800));
/// ```
#[must_use]
pub fn reward_weight(last: Uint128, current: Uint128) -> Uint128 {
    last.min(current)
}
