//! What the base chain holds of natively staked pools. The records that every join writes are short;
//! what changes with a batch alone is kept apart.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128};
use cw_storage_plus::Map;
use palisade_math::Stream;

use super::PoolId;

/// Pool id of a natively staked pool -> who holds its delegation. Never changes.
pub(crate) const HOLDERS: Map<PoolId, Staker> = Map::new("n");
/// Pool id of a natively staked pool -> what should be bonded.
pub(crate) const NATIVE: Map<PoolId, Native> = Map::new("nb");
/// Pool id of a natively staked pool -> what the base chain unbonds. Absent: nothing.
pub(crate) const BATCHES: Map<PoolId, Batches> = Map::new("nu");

/// Who holds the delegation of a natively staked pool.
#[cw_serde]
pub(crate) struct Staker {
    /// The contract.
    #[serde(rename = "s")]
    pub staker: Addr,
    /// The bond denom.
    #[serde(rename = "d")]
    pub denom: String,
    /// Epochs whose undelegations go to the chain together.
    #[serde(rename = "b")]
    pub batch_epochs: u32,
}

/// What of a natively staked pool should be bonded.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Native {
    /// The pool's tokens, what grows into them, the buckets from `next` on, and `seized`.
    #[serde(rename = "b")]
    pub bonded: Uint128,
    /// Seized of pool or open buckets: undelegated with the next batch.
    #[serde(rename = "s", default, skip_serializing_if = "Uint128::is_zero")]
    pub seized: Uint128,
    /// The first epoch whose bucket waits for its batch; the buckets from it on are open.
    #[serde(rename = "n")]
    pub next: u64,
    /// Rewards of the base chain that were staked, on their way into the pool.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Stream>,
}

/// What the base chain unbonds of a natively staked pool.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Batches {
    /// Oldest first; each stands for one entry of the staker's.
    #[serde(rename = "b")]
    pub batches: Vec<Batch>,
    /// When so many of the oldest were seen to be complete and to have brought too little: a height
    /// in whose last moment they arrived, if they still were to come.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub short: Option<(u64, u32)>,
}

/// Undelegations of some epochs.
#[cw_serde]
pub(crate) struct Batch {
    /// First epoch.
    #[serde(rename = "f")]
    pub from: u64,
    /// Last epoch.
    #[serde(rename = "t")]
    pub to: u64,
    /// Undelegated: the tokens of the buckets, and `seized`.
    #[serde(rename = "a")]
    pub amount: Uint128,
    /// Of it, seized.
    #[serde(rename = "s", default, skip_serializing_if = "Uint128::is_zero")]
    pub seized: Uint128,
}
