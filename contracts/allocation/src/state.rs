//! All state of the contract. Names of maps, and of fields that many messages write, are short, as
//! every byte is paid for. Magnitudes are [`Scaled`]: they carry the unit in which they were
//! written and are read against the pool's present one.

mod rewards;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, Decimal, Timestamp, Uint128};
use cw_storage_plus::{Item, Map};
use palisade_math::{Borne, Epochs, Scaled};
use palisade_types::allocation::{ServiceId, ServiceTerms};
use palisade_types::asset::AssetId;
use palisade_types::neighbour::Neighbour;

pub use rewards::{Earned, Earner, Former, Pot, EARNERS, OWED, POTS};

/// Neighbours and delays.
pub const CONFIG: Item<Config> = Item::new("config");
/// Terms of each service. Key: service.
pub const SERVICES: Map<ServiceId, Service> = Map::new("s");
/// What a slash needs of a service: copies of terms that never change, in few bytes. Key: service.
pub const BOUNDS: Map<ServiceId, Bounds> = Map::new("b");
/// Sizes of each service, which change with its operators. Key: service.
pub const COUNTS: Map<ServiceId, Counts> = Map::new("n");
/// Allow-lists. Key: service, operator.
pub const ALLOWED: Map<(ServiceId, &Addr), ()> = Map::new("l");
/// Operators in services, with their slices. Key: service, operator.
pub const MEMBERS: Map<(ServiceId, &Addr), Member> = Map::new("m");
/// Operators that a sync looks at: those that are in, and those on their way out until they were
/// told to count nothing. Their strength, in units of value: what they would count with once their
/// increases took effect. Key: service, operator.
pub const LISTED: Map<(ServiceId, &Addr), Uint128> = Map::new("i");
/// Services of operators. Key: operator, service.
pub const MEMBERSHIPS: Map<(&Addr, ServiceId), ()> = Map::new("o");
/// What operators counted with. Key: service, operator, update.
pub const CAPTURES: Map<(ServiceId, &Addr, u64), Capture> = Map::new("c");
/// Operators that left, whose captures go, a few at each checkpoint. Key: service, time in
/// nanoseconds from which none of them can be needed any more, operator.
pub const LEFT: Map<(ServiceId, u64, &Addr), ()> = Map::new("e");
/// Whose a consensus key is. Key: service, key.
pub const KEYS: Map<(ServiceId, &[u8]), KeyOwner> = Map::new("k");
/// Caps of operators, and how many services they are in. Key: operator.
pub const OPERATORS: Map<&Addr, Operator> = Map::new("p");
/// Jailed operators that left: whether for good. Others come back jailed. Key: service, operator.
pub const JAILED: Map<(ServiceId, &Addr), bool> = Map::new("j");
/// What is promised of each pool. Key: operator, asset.
pub const COMMITMENTS: Map<(&Addr, &str), Commitment> = Map::new("t");

/// Neighbours and delays.
#[cw_serde]
pub struct Config {
    /// Left neighbour.
    #[serde(rename = "d")]
    pub delegation: Neighbour,
    /// Right neighbour, once connected.
    #[serde(rename = "s")]
    pub slashing: Option<Neighbour>,
    /// Seconds until an increase takes effect.
    #[serde(rename = "a")]
    pub allocation_delay: u64,
    /// Seconds from acknowledgement until a decrease takes effect.
    #[serde(rename = "r")]
    pub deallocation_delay: u64,
    /// Most seconds to wait for the acknowledgement.
    #[serde(rename = "l")]
    pub max_lag: u64,
    /// Start of epoch 0, as the delegation contract counts them.
    #[serde(rename = "g")]
    pub genesis: Timestamp,
    /// Seconds of an epoch.
    #[serde(rename = "e")]
    pub epoch_length: u64,
    /// Seconds from the end of an undelegation's epoch to its maturity.
    #[serde(rename = "u")]
    pub unbonding_period: u64,
}

impl Config {
    /// When whoever starts to leave at `time` has left: an unbonding period, and the epoch that it
    /// is counted from.
    #[must_use]
    pub fn leavable_at(&self, time: Timestamp) -> Timestamp {
        time.plus_seconds(self.unbonding_period)
            .plus_seconds(self.epoch_length)
    }

    /// The epoch in which `time` lies.
    #[must_use]
    pub fn epoch(&self, time: Timestamp) -> u64 {
        let epochs = Epochs {
            genesis: self.genesis,
            length: self.epoch_length,
            unbonding: self.unbonding_period,
        };
        epochs.at(time)
    }
}

/// A service.
#[cw_serde]
pub struct Service {
    /// Changes admission and set rules.
    pub admin: Addr,
    /// Its terms.
    pub terms: ServiceTerms,
    /// Whether it is being wound down: nobody joins, and syncs opt everybody out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stopped: bool,
    /// How many reward tokens it named.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reward_tokens: u8,
}

/// What a slash needs of a service.
#[cw_serde]
pub struct Bounds {
    /// The heaviest penalty.
    #[serde(rename = "m")]
    pub max_slash: Decimal,
    /// Accepted assets.
    #[serde(rename = "a")]
    pub assets: Vec<AssetId>,
}

/// Sizes of a service.
#[cw_serde]
#[derive(Default)]
pub struct Counts {
    /// Operators in it, those on their way out not counted.
    pub operators: u32,
    /// Sum of [`Member::raw`], in units of value.
    pub total: Uint128,
    /// Sum of the weights by which its operators earn rewards, in units of value.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub weight: Uint128,
    /// Ends of passes of checkpoints that rewards wait for, since the weight rose from zero: so that
    /// they do not all go to whoever the first page looks at.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub awaited: u8,
    /// [`Service::stopped`], here because a payment reads nothing else of the service.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stopped: bool,
}

/// An operator in a service.
#[cw_serde]
#[derive(Default)]
pub struct Member {
    /// ed25519 consensus key, where the service uses keys.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Binary>,
    /// On its way out since then: all slices fall to zero, the power is zero at the next sync.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Timestamp>,
    /// Counts nothing until unjailed.
    #[serde(rename = "j", default, skip_serializing_if = "is_false")]
    pub jailed: bool,
    /// Jailed for good.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub tombstoned: bool,
    /// Must be told at the next sync even if its power is the same.
    #[serde(rename = "t", default, skip_serializing_if = "is_false")]
    pub untold: bool,
    /// Power last told to the service.
    #[serde(rename = "p")]
    pub power: Uint128,
    /// The same before the cap on one operator's share.
    #[serde(rename = "r")]
    pub raw: Uint128,
    /// What of [`Member::raw`] is of each asset of the service but the first, which has the rest;
    /// zeros at the end are left out.
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Uint128>,
    /// The most that it counted in its last epoch, and in this one; none: the same as now. Rewards go by
    /// the smaller of the last epoch's and what counts now.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Former>,
    /// The update that told the power; 0: none.
    #[serde(rename = "u")]
    pub update_id: u64,
    /// One for each asset promised.
    #[serde(rename = "s")]
    pub slices: Vec<Slice>,
}

/// What one service may slash of one pool.
#[cw_serde]
pub struct Slice {
    /// The asset.
    #[serde(rename = "a")]
    pub asset: AssetId,
    /// The slice b.
    #[serde(rename = "b", default, skip_serializing_if = "is_nothing")]
    pub value: Scaled,
    /// A change on its way.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What penalties that tombstone took of it: of several the largest is borne. Here and not in a
    /// map of its own, as whatever takes of the slice writes the slice.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub borne: Option<Borne>,
}

/// A change of a slice on its way.
#[cw_serde]
pub enum Pending {
    /// An increase.
    Up {
        /// What the slice shall become.
        target: Scaled,
        /// When.
        at: Timestamp,
    },
    /// A decrease. The power follows at the next sync, the slice after the deallocation delay.
    Down {
        /// What the slice shall become.
        target: Scaled,
        /// When it was asked for.
        asked_at: Timestamp,
        /// The first update that told the lower power.
        told_by: Option<u64>,
        /// When the service acknowledged that update or a later one.
        acked_at: Option<Timestamp>,
    },
}

/// What an operator counted with in one update.
#[cw_serde]
pub struct Capture {
    /// When the update was made.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// One for each asset of the service, in its order.
    #[serde(rename = "p")]
    pub parts: Vec<CapturedPart>,
    /// What they were worth together, in units of value, before any cap on shares.
    #[serde(rename = "w", default, skip_serializing_if = "Uint128::is_zero")]
    pub power: Uint128,
}

impl Capture {
    /// Whether it was made before any infraction that can still be punished: longer ago than stake
    /// takes to leave.
    #[must_use]
    pub fn past(&self, config: &Config, now: Timestamp) -> bool {
        config.leavable_at(self.at) <= now
    }
}

/// Captured tokens of one asset.
#[cw_serde]
#[derive(Default)]
pub struct CapturedPart {
    /// Base units.
    #[serde(rename = "t")]
    pub tokens: Uint128,
    /// Era of the pool's magnitude at that time.
    #[serde(rename = "e", default, skip_serializing_if = "is_zero")]
    pub era: u32,
}

/// Whose a consensus key is.
#[cw_serde]
pub struct KeyOwner {
    /// The operator.
    #[serde(rename = "o")]
    pub operator: Addr,
    /// Replaced: resolves until then and goes to nobody else before. None: in use.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// An operator's cap and number of services.
#[cw_serde]
pub struct Operator {
    /// Most that all slices may come to, as a share of each pool.
    pub cap: Decimal,
    /// A rise on its way.
    pub pending_cap: Option<(Decimal, Timestamp)>,
    /// Services that it is in or leaving.
    pub services: u32,
}

impl Default for Operator {
    /// Nothing published yet: no cap.
    fn default() -> Self {
        Self {
            cap: Decimal::one(),
            pending_cap: None,
            services: 0,
        }
    }
}

impl Operator {
    /// The cap in force.
    #[must_use]
    pub fn cap_at(&self, now: Timestamp) -> Decimal {
        match self.pending_cap {
            Some((cap, at)) if at <= now => cap,
            _ => self.cap,
        }
    }
}

/// What is promised of one pool.
#[cw_serde]
#[derive(Default)]
pub struct Commitment {
    /// Sum over all services of the larger of slice and increase under way.
    #[serde(rename = "b", default, skip_serializing_if = "is_nothing")]
    pub sum: Scaled,
    /// What was slashed lately and counts against the cap.
    #[serde(rename = "s", default, skip_serializing_if = "is_nothing")]
    pub slashed: Scaled,
    /// Until when it counts, in seconds.
    #[serde(rename = "u", default, skip_serializing_if = "is_zero")]
    pub slashed_until: u64,
}

// Serde hands its predicates a reference.
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_nothing(value: &Scaled) -> bool {
    value.value.is_zero()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cosmwasm_std::{from_json, to_json_vec, StdResult};

    use super::*;

    #[test]
    fn records_hold_what_they_need_and_no_more() {
        // A slice that is spent, a pool of which nothing is promised, a capture without its power.
        let json = |bytes: StdResult<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
        let slice = Slice::new("atom");
        assert_eq!(json(to_json_vec(&slice)), r#"{"a":"atom"}"#);
        assert_eq!(from_json::<Slice>(r#"{"a":"atom"}"#), Ok(slice));
        assert_eq!(json(to_json_vec(&Commitment::default())), "{}");
        let capture: Capture = from_json(r#"{"t":"1","p":[{"t":"5"}]}"#).unwrap();
        assert_eq!((capture.power.u128(), capture.parts.len()), (0, 1));
        // A member that counts the same as in its last epoch, of one asset: rewards add nothing.
        let member = Member {
            raw: Uint128::new(7),
            power: Uint128::new(7),
            ..Member::default()
        };
        let record = r#"{"p":"7","r":"7","u":0,"s":[]}"#;
        assert_eq!(json(to_json_vec(&member)), record);
        // One that fell in this epoch, to nothing, and one that did in the last.
        let mut former = Former {
            epoch: 3,
            values: vec![Uint128::new(7)],
            peak: vec![Uint128::new(7)],
        };
        let record = r#"{"e":3,"v":["7"],"p":["7"]}"#;
        assert_eq!(json(to_json_vec(&former)), record);
        former.peak.clear();
        assert_eq!(json(to_json_vec(&former)), r#"{"e":3,"v":["7"]}"#);
        let counts = r#"{"operators":0,"total":"0"}"#;
        assert_eq!(json(to_json_vec(&Counts::default())), counts);
        assert_eq!(json(to_json_vec(&Earned::default())), "{}");
    }

    #[test]
    fn two_maps_sharing_a_prefix() {
        // A map's prefix is its name behind two bytes of length, of which the first is zero: names
        // that differ never collide, with one another or with an item, whose key is bare.
        let maps = BTreeSet::from([
            SERVICES.namespace_bytes().to_vec(),
            BOUNDS.namespace_bytes().to_vec(),
            COUNTS.namespace_bytes().to_vec(),
            ALLOWED.namespace_bytes().to_vec(),
            MEMBERS.namespace_bytes().to_vec(),
            LISTED.namespace_bytes().to_vec(),
            MEMBERSHIPS.namespace_bytes().to_vec(),
            CAPTURES.namespace_bytes().to_vec(),
            LEFT.namespace_bytes().to_vec(),
            KEYS.namespace_bytes().to_vec(),
            OPERATORS.namespace_bytes().to_vec(),
            JAILED.namespace_bytes().to_vec(),
            COMMITMENTS.namespace_bytes().to_vec(),
            POTS.namespace_bytes().to_vec(),
            EARNERS.namespace_bytes().to_vec(),
            OWED.namespace_bytes().to_vec(),
        ]);
        assert_eq!(maps.len(), 16);
    }
}
