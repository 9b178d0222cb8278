//! What queries of the allocation contract are answered with.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, Decimal, Timestamp, Uint128, Uint64};
use palisade_math::Scaled;

use super::{ServiceId, ServiceTerms};
use crate::asset::{AssetAmount, AssetId};
use crate::token::Token;

/// Neighbours and delays.
#[cw_serde]
pub struct ConfigResponse {
    /// The vault, as the delegation contract knows it.
    pub vault: Addr,
    /// The delegation contract.
    pub delegation: Addr,
    /// The slashing contract, once connected.
    pub slashing: Option<Addr>,
    /// Seconds until an increase takes effect.
    pub allocation_delay: u64,
    /// Seconds from acknowledgement until a decrease takes effect.
    pub deallocation_delay: u64,
    /// Most seconds to wait for the acknowledgement.
    pub max_lag: u64,
    /// Seconds of an epoch.
    pub epoch_length: u64,
    /// Seconds from the end of an undelegation's epoch to its maturity.
    pub unbonding_period: u64,
}

/// One service.
#[cw_serde]
pub struct ServiceResponse {
    /// Its number.
    pub service: ServiceId,
    /// Its admin.
    pub admin: Addr,
    /// Its terms.
    pub terms: ServiceTerms,
    /// Operators in it, those on their way out not counted.
    pub operators: u32,
    /// Sum of their powers before any cap on shares, at the last sync of each.
    pub total: Uint128,
    /// Whether it is being wound down.
    pub stopped: bool,
}

/// Commitment cap and promises of an operator.
#[cw_serde]
pub struct CommitmentResponse {
    /// The cap in force: the stakers' worst case within any unbonding period and one epoch.
    pub cap: Decimal,
    /// A rise on its way: the cap, and when it takes effect.
    pub pending_cap: Option<(Decimal, Timestamp)>,
    /// Services that the operator is in or leaving.
    pub services: u32,
    /// What is promised of each pool.
    pub pools: Vec<CommittedResponse>,
}

/// What is promised of one pool.
#[cw_serde]
pub struct CommittedResponse {
    /// The asset.
    pub asset: AssetId,
    /// Sum of the slices, rises and falls under way counted in full, as a share of the pool. May
    /// rise to the cap within `allocation_delay`.
    pub committed: Decimal,
    /// What was slashed lately and still counts against the cap, as a share of the pool before.
    pub slashed: Decimal,
}

/// An operator in a service.
#[cw_serde]
pub struct MemberResponse {
    /// The service.
    pub service: ServiceId,
    /// The operator.
    pub operator: Addr,
    /// Its key, if the service uses keys.
    pub key: Option<Binary>,
    /// Whether it is on its way out.
    pub leaving: bool,
    /// Whether it counts nothing until unjailed.
    pub jailed: bool,
    /// Power last told to the service.
    pub power: Uint128,
    /// The update that told it; zero: none yet.
    pub update_id: Uint64,
    /// Its slices.
    pub slices: Vec<SliceResponse>,
}

/// One slice.
#[cw_serde]
pub struct SliceResponse {
    /// The asset.
    pub asset: AssetId,
    /// What the service may slash at most, as a share of the pool now.
    pub share: Decimal,
    /// The same in magnitude, as stored.
    pub slice: Scaled,
    /// A change on its way: the share aimed at.
    pub pending: Option<Decimal>,
    /// When the change takes effect; for a decrease that is not acknowledged yet, at the latest.
    pub effective_at: Option<Timestamp>,
}

/// Rewards of a service in one token.
#[cw_serde]
pub struct ServiceRewardsResponse {
    /// The token.
    pub token: Token,
    /// Base units paid so far.
    pub paid: Uint128,
    /// Base units of them, sent on by harvests.
    pub harvested: Uint128,
    /// Base units of them, taken back by the admin after the service had ended. The rest is with the
    /// allocation contract.
    pub taken_back: Uint128,
    /// Base units of what is left that wait for an operator with weight, and for the end of the pass of
    /// syncs that found the first one.
    pub held: Uint128,
    /// The sum of all operators' weights now, in units of value.
    pub weight: Uint128,
}

/// What an operator earned at a service in one token.
#[cw_serde]
pub struct EarnedResponse {
    /// The token.
    pub token: Token,
    /// What its pools earned, by asset.
    pub parts: Vec<AssetAmount>,
}

/// Who answers for an infraction, and with what.
#[cw_serde]
pub struct LiabilityResponse {
    /// The operator; none: no such operator or key in this service.
    pub operator: Option<Addr>,
    /// The operator's newest update at or before the one asked for, or the oldest that is still
    /// known if those before it were forgotten; zero: it did not count with anything yet.
    pub update_id: Uint64,
    /// When that update was made; none: it did not count with anything yet.
    pub since: Option<Timestamp>,
    /// What it counted with then; empty when nothing was captured.
    pub captured: Vec<AssetAmount>,
    /// The same in units of value, before any cap on shares.
    pub power: Uint128,
}
