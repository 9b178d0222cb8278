//! What queries of the delegation contract are answered with.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Decimal, Timestamp, Uint128};
use palisade_math::{Magnitude, Scaled};

use super::{Commission, OperatorMetadata, PoolKey};
use crate::asset::{AssetId, Price};
use crate::token::{Token, TokenAmount};

/// Neighbours and periods.
#[cw_serde]
pub struct ConfigResponse {
    /// The vault.
    pub vault: Addr,
    /// The allocation contract, once connected.
    pub allocation: Option<Addr>,
    /// Start of epoch 0.
    pub genesis: Timestamp,
    /// Seconds of an epoch.
    pub epoch_length: u64,
    /// Seconds from the end of an undelegation's epoch to its maturity.
    pub unbonding_period: u64,
    /// Seconds of a reward period.
    pub reward_period: u64,
}

/// What a staker can claim of one pool.
#[cw_serde]
pub struct RewardsResponse {
    /// The pool.
    pub pool: PoolKey,
    /// What can be claimed; never zero.
    pub rewards: Vec<TokenAmount>,
}

/// What flows to the stakers of a pool in one reward token.
#[cw_serde]
pub struct FlowResponse {
    /// The token.
    pub token: Token,
    /// Base units that flow until `until`, and did not yet.
    pub flowing: Uint128,
    /// Until when, if anything flows and somebody is there to earn it.
    pub until: Option<Timestamp>,
    /// Base units that wait for the end of this reward period.
    pub waiting: Uint128,
    /// Base units that one base unit of stake earns while `flowing` flows: with the time until then, a
    /// yield. Rounded down; zero while nothing is staked.
    pub per_unit: Decimal,
}

/// Where a natively staked pool stands with the base chain, as of its last touch.
#[cw_serde]
pub struct StakedResponse {
    /// The contract that holds the delegation.
    pub staker: Addr,
    /// Base units that should be bonded: the pool, what grows into it, and what left it and waits for
    /// its batch.
    pub bonded: Uint128,
    /// Base units that the chain slashed since: taken at the next touch.
    pub slashed: Uint128,
    /// Of `bonded`: rewards that were staked again, and did not flow into the pool yet.
    pub growing: Uint128,
    /// Of `bonded`: seized, to be undelegated with the next batch.
    pub seized: Uint128,
    /// The first epoch whose undelegations wait for their batch.
    pub next_epoch: u64,
    /// When the next batch can start.
    pub next_batch_at: Timestamp,
    /// What the chain unbonds, oldest first.
    pub batches: Vec<BatchResponse>,
}

/// Undelegations of some epochs, on their way.
#[cw_serde]
pub struct BatchResponse {
    /// First epoch.
    pub from: u64,
    /// Last epoch.
    pub to: u64,
    /// Base units undelegated.
    pub amount: Uint128,
    /// Of them: seized since.
    pub seized: Uint128,
}

/// The present epoch.
#[cw_serde]
pub struct EpochResponse {
    /// Its number.
    pub epoch: u64,
    /// When it began.
    pub start: Timestamp,
    /// When the next one begins.
    pub end: Timestamp,
    /// When what is undelegated now can be claimed.
    pub matures_at: Timestamp,
}

/// One operator.
#[cw_serde]
pub struct OperatorResponse {
    /// Its address.
    pub operator: Addr,
    /// What people shall read.
    pub metadata: OperatorMetadata,
    /// What it keeps of rewards.
    pub commission: Commission,
    /// When the commission rate last changed.
    pub commission_updated_at: Timestamp,
    /// Whether new stake is accepted.
    pub accepts_stake: bool,
    /// Whether only listed stakers may join.
    pub restricted: bool,
    /// Share of every loss that the operator's own stake bears first.
    pub first_loss: Decimal,
    /// A lower share on its way, and when it takes effect.
    pub pending_first_loss: Option<(Decimal, Timestamp)>,
}

/// One pool.
#[cw_serde]
pub struct PoolResponse {
    /// The asset.
    pub asset: AssetId,
    /// Active stake in base units, the operator's own included.
    pub tokens: Uint128,
    /// Of it, the operator's own, which bears losses first.
    pub junior: Uint128,
    /// Shares outstanding, of the stakers' part.
    pub shares: Uint128,
    /// Grows when the pool is wiped.
    pub generation: u32,
    /// Grows when shares are scaled down.
    pub scale: u32,
    /// The magnitude M that slices are measured against.
    pub magnitude: Magnitude,
    /// Base units in buckets that have not matured.
    pub unbonding: Uint128,
}

/// One unbonding bucket.
#[cw_serde]
pub struct BucketResponse {
    /// Epoch of its undelegations.
    pub epoch: u64,
    /// Base units in it, the operator's own included.
    pub tokens: Uint128,
    /// Of them, the operator's own.
    pub junior: Uint128,
    /// Its magnitude, as stored.
    pub magnitude: Scaled,
    /// When it can be claimed; slashable until then.
    pub matures_at: Timestamp,
}

/// An active position.
#[cw_serde]
pub struct PositionResponse {
    /// The pool.
    pub pool: PoolKey,
    /// Shares, at the pool's present scale.
    pub shares: Uint128,
    /// What they are worth in base units, rounded down.
    pub value: Uint128,
}

/// An unbonding entry.
#[cw_serde]
pub struct UnbondingResponse {
    /// The pool that it came from.
    pub pool: PoolKey,
    /// Epoch of the undelegation.
    pub epoch: u64,
    /// What it is worth in base units, rounded down.
    pub value: Uint128,
    /// When it can be claimed.
    pub matures_at: Timestamp,
}

/// What stands behind some operators and what it is worth.
#[cw_serde]
pub struct StakesResponse {
    /// One for each asset asked for, in that order.
    pub prices: Vec<Price>,
    /// One for each operator asked for, in that order; each with one entry an asset.
    pub stakes: Vec<Vec<Stake>>,
}

/// One pool as allocation needs it.
#[cw_serde]
pub struct Stake {
    /// Active stake T in base units, the operator's own included.
    pub tokens: Uint128,
    /// Magnitude M.
    pub magnitude: Magnitude,
}
