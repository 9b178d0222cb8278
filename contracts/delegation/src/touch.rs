//! What has to be done before and after every change of a pool.

use cosmwasm_std::{Addr, DepsMut, Env, Storage, Uint128, WasmMsg};
use palisade_math::Position;
use palisade_types::asset::AssetId;
use palisade_types::neighbour::Neighbour;
use palisade_types::vault::{self, Reconciliation};

use crate::error::ContractError;
use crate::execute::stake::Holding;
use crate::native::{self, Slashed};
use crate::rewards::Rewards;
use crate::state::{Config, Native, Pool, PoolKind, NATIVE, POOLS};

/// A pool, brought up to now: rewards flowed, and of natively staked tokens what grew and what the base
/// chain slashed is in it. Everything that changes a pool begins with [`Touch::begin`] and ends with
/// [`Touch::finish`].
#[must_use = "what changed has to be stored"]
pub(crate) struct Touch<'a> {
    config: &'a Config,
    operator: &'a Addr,
    asset: &'a str,
    /// The pool: the caller's to change.
    pub pool: Pool,
    /// What of it should be bonded, if it is staked natively: the caller's to change.
    pub native: Option<Native>,
    rewards: Rewards,
    /// What the vault has to be told.
    pub orders: Reconciliation,
}

impl<'a> Touch<'a> {
    /// Brings a pool up to now. The order matters: what flowed until now was earned by the stake that
    /// was there, before the base chain's slash is taken from it.
    pub(crate) fn begin(
        deps: &mut DepsMut,
        env: &Env,
        config: &'a Config,
        key: (&'a Addr, &'a str),
        pool: Pool,
    ) -> Result<Self, ContractError> {
        Self::begin_before(deps, env, config, key, pool, Uint128::zero())
    }

    /// The same when `incoming` was bonded since, and is going to be added.
    pub(crate) fn begin_before(
        deps: &mut DepsMut,
        env: &Env,
        config: &'a Config,
        (operator, asset): (&'a Addr, &'a str),
        mut pool: Pool,
        incoming: Uint128,
    ) -> Result<Self, ContractError> {
        let now = env.block.time;
        let mut rewards = Rewards::load(deps.storage, config, now, &pool)?;
        let mut slashed = Slashed::default();
        let mut native = None;
        if pool.kind == PoolKind::Native {
            let mut record = NATIVE.load(deps.storage, pool.id)?;
            native::grow(config, now, &mut pool, &mut record)?;
            let before = pool.clone();
            slashed = native::notice(deps, asset, &mut pool, &mut record, incoming)?;
            rewards.slashed(&before, &pool)?;
            rewards.follow(deps.storage, &pool)?;
            native = Some(record);
        }
        Ok(Self {
            config,
            operator,
            asset,
            pool,
            native,
            rewards,
            orders: Reconciliation {
                asset: asset.to_string(),
                operator: operator.to_string(),
                lost: slashed.lost,
                forfeited: slashed.forfeited,
                undelegate: Uint128::zero(),
                collect: None,
            },
        })
    }

    /// Credits a position with the rewards that it earned until now: before it changes.
    pub(crate) fn settle(
        &self,
        storage: &mut dyn Storage,
        holding: Holding,
        position: &Position,
    ) -> Result<(), ContractError> {
        self.rewards.settle(storage, holding, position)
    }

    /// Has those who lost their last to a slash, before which the pool was `before`, earn what did not
    /// flow yet. To be called after every slash.
    pub(crate) fn slashed(&mut self, before: &Pool) -> Result<(), ContractError> {
        Ok(self.rewards.slashed(before, &self.pool)?)
    }

    /// Stores the pool and all that belongs to it. Returns the message to the vault, if there is
    /// anything to tell it.
    pub(crate) fn finish(
        self,
        storage: &mut dyn Storage,
    ) -> Result<Option<WasmMsg>, ContractError> {
        self.rewards.store(storage, &self.pool)?;
        POOLS.save(storage, (self.operator, self.asset), &self.pool)?;
        if let Some(native) = &self.native {
            NATIVE.save(storage, self.pool.id, native)?;
        }
        let orders = self.orders;
        let amounts = [orders.lost, orders.forfeited, orders.undelegate];
        if orders.collect.is_none() && amounts.iter().all(|amount| amount.is_zero()) {
            return Ok(None);
        }
        let vault = Neighbour(self.config.vault.clone());
        Ok(Some(vault.call(&vault::ExecuteMsg::Reconcile(orders))?))
    }
}

/// A message to the vault that stakes matured tokens with an operator's validator.
pub(crate) fn restake(
    config: &Config,
    operator: &Addr,
    asset: AssetId,
    amount: Uint128,
) -> Result<WasmMsg, ContractError> {
    let restake = vault::ExecuteMsg::Restake {
        asset,
        operator: operator.to_string(),
        amount,
    };
    Ok(Neighbour(config.vault.clone()).call(&restake)?)
}
