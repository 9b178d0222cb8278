use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128, Uint256};
use cw_storage_plus::Map;
use palisade_math::RewardIndex;
use palisade_types::allocation::ServiceId;

use super::is_zero;

/// Rewards of each service by token. Key: service, name of the token.
pub const POTS: Map<(ServiceId, &str), Pot> = Map::new("r");
/// What operators earned, of services that named reward tokens. Only of operators with weight, and
/// of others while something is owed to them. Key: service, operator.
pub const EARNERS: Map<(ServiceId, &Addr), Earner> = Map::new("w");
/// Reward tokens that all services together were paid and that did not leave yet, in base units. It falls
/// once everything that a message pays has left. Key: name of the token.
pub const OWED: Map<&str, Uint128> = Map::new("d");

/// Rewards of a service in one token.
#[cw_serde]
#[derive(Default)]
pub struct Pot {
    /// Its place in [`Earner::earned`]: tokens are numbered from 0 as they are named.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub id: u8,
    /// What a unit of weight earned.
    #[serde(rename = "i")]
    pub index: RewardIndex,
    /// Base units paid so far.
    #[serde(rename = "p", default, skip_serializing_if = "Uint128::is_zero")]
    pub paid: Uint128,
    /// Of them, sent on by harvests.
    #[serde(rename = "h", default, skip_serializing_if = "Uint128::is_zero")]
    pub harvested: Uint128,
    /// Of them, taken back by the admin after the service had ended.
    #[serde(rename = "b", default, skip_serializing_if = "Uint128::is_zero")]
    pub taken_back: Uint128,
}

/// What an operator earned at a service.
#[cw_serde]
#[derive(Default)]
pub struct Earner {
    /// By number of the token; the last ones are left out when nothing is to be known of them.
    #[serde(rename = "t")]
    pub earned: Vec<Earned>,
}

/// What an operator earned in one token.
#[cw_serde]
#[derive(Default)]
pub struct Earned {
    /// The index up to which it is settled; zero while the operator has no weight.
    #[serde(rename = "f", default, skip_serializing_if = "is_zero")]
    pub from: Uint256,
    /// Base units owed by asset, in the order of the service's assets; zeros at the end are left out.
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<Uint128>,
}

/// What an operator counted in its last epoch and in this one, where that is not what it counts now.
#[cw_serde]
pub struct Former {
    /// This epoch: that of the last checkpoint.
    #[serde(rename = "e")]
    pub epoch: u64,
    /// The most of each asset that was in force at any time of the last epoch before it in which there
    /// was a checkpoint, in the order of the service's assets; zeros at the end are left out.
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Uint128>,
    /// The same of this epoch until now; left out where it is what counts now, as it is never less.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub peak: Vec<Uint128>,
}
