//! What flows to the stakers of pools, and what they and operators are owed. Names are short: every
//! change of a pool's shares writes the flows that move.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128};
use cw_storage_plus::Map;
use palisade_math::{Checkpoint, RewardIndex, Seal, Stream};

use super::{is_default, PoolId, Tranche};

/// (pool id, reward id) -> one reward token of a pool. Reward ids count from 0 to the pool's `rewards`.
pub(crate) const FLOWS: Map<(PoolId, u8), Flow> = Map::new("rf");
/// (pool id, slot, generation and scale) -> what an index had come to when its tranche left them: see
/// [`seal_key`]. Kept for positions that nobody touched since.
pub(crate) const SEALS: Map<(PoolId, u16, u64), Seal> = Map::new("rs");
/// (owner, pool id) -> what the owner is owed of the pool, by reward id. What is missing at the end is
/// untouched. Absent: nothing is owed, and no index had moved when the position was last changed.
pub(crate) const OWED: Map<(&Addr, PoolId), Vec<Owed>> = Map::new("rx");
/// (operator, name of a token) -> commission that can be claimed. Never zero.
pub(crate) const COMMISSION_OWED: Map<(&Addr, &str), Uint128> = Map::new("rc");

/// One reward token of a pool.
#[cw_serde]
pub(crate) struct Flow {
    /// Name of the token. Never changes.
    #[serde(rename = "t")]
    pub token: String,
    /// All that ever came in, in base units; left out while nothing did. That 128 bits hold it is what
    /// keeps every other number of the token within them, however a cw20 lies about what it transferred:
    /// what waits and flows, and what anybody earned or is owed, is a part of it.
    #[serde(rename = "p", default, skip_serializing_if = "Uint128::is_zero")]
    pub paid: Uint128,
    /// What waits and what flows to both tranches.
    #[serde(rename = "f")]
    pub stream: Stream,
    /// What a share of the stakers' earned; left out while untouched.
    #[serde(rename = "s", default, skip_serializing_if = "is_default")]
    pub senior: RewardIndex,
    /// What a share of the operator's own earned; left out while untouched.
    #[serde(rename = "j", default, skip_serializing_if = "is_default")]
    pub junior: RewardIndex,
}

impl Flow {
    /// What a share of a tranche earned.
    pub(crate) fn index(&self, tranche: Tranche) -> &RewardIndex {
        match tranche {
            Tranche::Senior => &self.senior,
            Tranche::Junior => &self.junior,
        }
    }

    /// The same, to change it.
    pub(crate) fn index_mut(&mut self, tranche: Tranche) -> &mut RewardIndex {
        match tranche {
            Tranche::Senior => &mut self.senior,
            Tranche::Junior => &mut self.junior,
        }
    }
}

/// What a position is owed in one reward token.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Owed {
    /// Up to where the position was settled.
    #[serde(rename = "c", default, skip_serializing_if = "is_default")]
    pub checkpoint: Checkpoint,
    /// Base units that can be claimed.
    #[serde(rename = "o", default, skip_serializing_if = "Uint128::is_zero")]
    pub owed: Uint128,
}

/// The key of a seal: slots count the tranches of the reward tokens, two for each; generation and scale,
/// 32 bits each, are one number.
pub(crate) fn seal_key(
    pool: PoolId,
    reward: u8,
    tranche: Tranche,
    (generation, scale): (u32, u32),
) -> (PoolId, u16, u64) {
    let slot = u16::from(reward) << 1
        | match tranche {
            Tranche::Senior => 0,
            Tranche::Junior => 1,
        };
    let moment = u64::from(generation) << 32 | u64::from(scale);
    (pool, slot, moment)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{from_json, to_json_string, Timestamp};

    use super::*;

    #[test]
    fn what_is_untouched_takes_no_bytes() {
        let flow = Flow {
            token: "native/u".to_string(),
            paid: Uint128::zero(),
            stream: Stream {
                at: Timestamp::from_seconds(1),
                ..Stream::default()
            },
            senior: RewardIndex::default(),
            junior: RewardIndex::default(),
        };
        let bytes = to_json_string(&flow).unwrap();
        let stream = r#"{"waiting":"0","flowing":"0","left":0,"at":"1000000000"}"#;
        assert_eq!(bytes, format!(r#"{{"t":"native/u","f":{stream}}}"#));
        assert_eq!(from_json::<Flow>(&bytes).unwrap(), flow);
        let owed = vec![Owed::default()];
        let bytes = to_json_string(&owed).unwrap();
        assert_eq!(bytes, "[{}]");
        assert_eq!(from_json::<Vec<Owed>>(&bytes).unwrap(), owed);
    }

    #[test]
    fn no_two_seals_share_a_key() {
        let mut keys = std::collections::BTreeSet::new();
        for reward in [0, 1, 15, u8::MAX] {
            for tranche in Tranche::BOTH {
                for moment in [(0, 0), (0, 1), (1, 0), (u32::MAX, u32::MAX)] {
                    assert!(keys.insert(seal_key(1, reward, tranche, moment)));
                }
            }
        }
    }
}
