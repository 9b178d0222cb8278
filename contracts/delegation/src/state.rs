//! All state of the contract. Names are short and zero fields are left out, since every byte of a
//! key or value costs gas; ids of pools stand in for their names in the keys of what belongs to
//! them. Amounts are in base units.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Decimal, Empty, StdResult, Timestamp, Uint128};
use cw_storage_plus::{Item, Map};
use palisade_math::{Epochs, Magnitude, Position, Scaled, SharePool, FULL_MAGNITUDE};
use palisade_types::delegation::OperatorMetadata;

pub(crate) mod native;
pub(crate) mod rewards;

pub(crate) use native::{Batch, Batches, Native, Staker, BATCHES, HOLDERS, NATIVE};
pub(crate) use rewards::{seal_key, Flow, Owed, COMMISSION_OWED, FLOWS, OWED, SEALS};

/// Number of a pool, from 1, in the order of creation.
pub(crate) type PoolId = u32;

/// Neighbours and epochs.
pub(crate) const CONFIG: Item<Config> = Item::new("config");
/// Pools so far: the last id given.
pub(crate) const POOL_COUNT: Item<PoolId> = Item::new("pools");

/// Operator -> what every join has to know of it.
pub(crate) const OPERATORS: Map<&Addr, Operator> = Map::new("o");
/// Operator -> what people read about it.
pub(crate) const METADATA: Map<&Addr, OperatorMetadata> = Map::new("om");
/// Operator -> what it keeps of rewards.
pub(crate) const COMMISSIONS: Map<&Addr, CommissionState> = Map::new("oc");
/// (operator, staker): who may stand behind a restricted operator.
pub(crate) const STAKERS: Map<(&Addr, &Addr), Empty> = Map::new("os");
/// Operator -> the share of every loss that its own stake bears first. Absent until published.
pub(crate) const FIRST_LOSSES: Map<&Addr, FirstLoss> = Map::new("of");

/// (operator, asset) -> all active stake of the asset behind the operator.
pub(crate) const POOLS: Map<(&Addr, &str), Pool> = Map::new("p");
/// Pool id -> (operator, asset). Written once, read by queries alone.
pub(crate) const POOL_KEYS: Map<PoolId, (Addr, String)> = Map::new("pk");
/// (owner, pool id) -> active stake of the owner, in shares of its tranche of the pool. Never empty.
pub(crate) const POSITIONS: Map<(&Addr, PoolId), Position> = Map::new("x");
/// (pool id, epoch) -> stake that was undelegated in the epoch. Removed with its last token, once
/// the epoch is over.
pub(crate) const BUCKETS: Map<(PoolId, u64), Bucket> = Map::new("b");
/// (owner, pool id, epoch) -> what the owner undelegated, in shares of its tranche of the bucket.
/// Never empty.
pub(crate) const ENTRIES: Map<(&Addr, PoolId, u64), Position> = Map::new("e");
/// Asset -> rounding remainders that belong to nobody; the vault still holds them as staked.
pub(crate) const DUST: Map<&str, Uint128> = Map::new("d");

/// Neighbours and epochs.
#[cw_serde]
pub(crate) struct Config {
    /// Holds the tokens; the only one who may join.
    pub vault: Addr,
    /// The only one who may slash, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Addr>,
    /// How time is divided. Never changes.
    pub epochs: Epochs,
    /// Seconds of a reward period. Never changes.
    pub reward_period: u64,
}

impl Config {
    /// How time is divided for rewards.
    pub(crate) fn reward_periods(&self) -> Epochs {
        Epochs {
            genesis: self.epochs.genesis,
            length: self.reward_period,
            unbonding: 0,
        }
    }
}

/// What every join has to know of an operator. An open one is two bytes.
#[cw_serde]
pub(crate) struct Operator {
    /// Whether new stake is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub closed: bool,
    /// Whether only listed stakers may join.
    #[serde(default, skip_serializing_if = "is_false")]
    pub restricted: bool,
}

/// What an operator keeps of rewards.
#[cw_serde]
pub(crate) struct CommissionState {
    /// Present rate.
    pub rate: Decimal,
    /// Bound of the rate; never changes.
    pub max_rate: Decimal,
    /// Most that the rate may rise at once; never changes.
    pub max_daily_change: Decimal,
    /// Registration, or the last change of the rate.
    pub updated_at: Timestamp,
}

/// What an operator agreed to bear before its stakers.
#[cw_serde]
#[derive(Default)]
pub(crate) struct FirstLoss {
    /// Share of every loss, 0 to 1.
    pub share: Decimal,
    /// A lower share, and from when on it is in force instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<(Decimal, Timestamp)>,
}

impl FirstLoss {
    /// As of now: a pending share whose time has come is the share.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        match self.pending {
            Some((share, effective_at)) if effective_at <= now => Self {
                share,
                pending: None,
            },
            _ => self,
        }
    }
}

/// Whose part of a pool or bucket: the stakers', or the operator's own, which bears losses first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tranche {
    /// The stakers'.
    Senior,
    /// The operator's own.
    Junior,
}

impl Tranche {
    /// Both, in the order in which amounts are split.
    pub(crate) const BOTH: [Self; 2] = [Self::Junior, Self::Senior];

    /// Where stake of `owner` behind `operator` is.
    pub(crate) fn of(owner: &Addr, operator: &Addr) -> Self {
        if owner == operator {
            Self::Junior
        } else {
            Self::Senior
        }
    }

    fn pick<T>(self, senior: T, junior: T) -> T {
        match self {
            Self::Senior => senior,
            Self::Junior => junior,
        }
    }
}

/// What stands in two tranches, each with shares of its own: a pool or a bucket.
pub(crate) trait Tranched {
    /// The senior tranche, and the junior one.
    fn tranches(&self) -> (&SharePool, &SharePool);
    /// Both, to change them.
    fn tranches_mut(&mut self) -> (&mut SharePool, &mut SharePool);
    /// One tranche.
    fn tranche(&self, tranche: Tranche) -> &SharePool {
        let (senior, junior) = self.tranches();
        tranche.pick(senior, junior)
    }
    /// One tranche, to change it.
    fn tranche_mut(&mut self, tranche: Tranche) -> &mut SharePool {
        let (senior, junior) = self.tranches_mut();
        tranche.pick(senior, junior)
    }
    /// Tokens of both.
    fn tokens(&self) -> StdResult<Uint128> {
        let (senior, junior) = self.tranches();
        Ok(senior.tokens.checked_add(junior.tokens)?)
    }
}

/// All active stake of one asset behind one operator.
#[cw_serde]
pub(crate) struct Pool {
    /// Stands for the pool in the keys of what belongs to it.
    pub id: PoolId,
    /// Tokens and shares of the stakers.
    pub pool: SharePool,
    /// Those of the operator; left out while it never had stake of its own here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub junior: SharePool,
    /// What slices of the pool are measured against; left out while nothing was slashed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mag: Magnitude,
    /// Reward tokens that ever flowed into the pool, at most 16. While there are none, nothing of
    /// rewards is read on the way of stake.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rewards: u8,
    /// Where its tokens can be.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: PoolKind,
}

impl Pool {
    /// Tokens of a tranche in which somebody can earn: zero while it has too few shares.
    pub(crate) fn earning(&self, tranche: Tranche) -> Uint128 {
        let tranche = self.tranche(tranche);
        if tranche.earns() {
            tranche.tokens
        } else {
            Uint128::zero()
        }
    }
}

/// Where the tokens of a pool can be.
#[cw_serde]
#[derive(Copy, Default)]
pub(crate) enum PoolKind {
    /// In the vault, and behind any operator.
    #[default]
    #[serde(rename = "f")]
    Free,
    /// In the vault, and behind this operator alone.
    #[serde(rename = "b")]
    Bound,
    /// Delegated to the operator's validator: see [`NATIVE`].
    #[serde(rename = "n")]
    Native,
}

/// Stake that was undelegated from one pool in one epoch.
#[cw_serde]
pub(crate) struct Bucket {
    /// Tokens and shares of the stakers.
    pub pool: SharePool,
    /// Those of the operator; left out while it never had stake of its own here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub junior: SharePool,
    /// The magnitude that its stake stands for: the pool's, while its epoch is the current one.
    /// Left out when full.
    #[serde(default = "full", skip_serializing_if = "is_full")]
    pub mag: Scaled,
}

impl Default for Bucket {
    fn default() -> Self {
        Self {
            pool: SharePool::default(),
            junior: SharePool::default(),
            mag: full(),
        }
    }
}

impl Tranched for Pool {
    fn tranches(&self) -> (&SharePool, &SharePool) {
        (&self.pool, &self.junior)
    }

    fn tranches_mut(&mut self) -> (&mut SharePool, &mut SharePool) {
        (&mut self.pool, &mut self.junior)
    }
}

impl Tranched for Bucket {
    fn tranches(&self) -> (&SharePool, &SharePool) {
        (&self.pool, &self.junior)
    }

    fn tranches_mut(&mut self) -> (&mut SharePool, &mut SharePool) {
        (&mut self.pool, &mut self.junior)
    }
}

fn full() -> Scaled {
    Scaled {
        value: FULL_MAGNITUDE.into(),
        era: 0,
        norm: 0,
    }
}

fn is_full(mag: &Scaled) -> bool {
    *mag == full()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{from_json, to_json_string};

    use super::*;

    #[test]
    fn two_maps_sharing_a_prefix() {
        // A map's prefix is its name behind two bytes of length.
        let prefix = |key: Vec<u8>| {
            let length = usize::from(u16::from_be_bytes([key[0], key[1]]));
            key[..2 + length].to_vec()
        };
        let who = Addr::unchecked("who");
        let prefixes = [
            OPERATORS.key(&who).to_vec(),
            METADATA.key(&who).to_vec(),
            COMMISSIONS.key(&who).to_vec(),
            STAKERS.key((&who, &who)).to_vec(),
            FIRST_LOSSES.key(&who).to_vec(),
            POOLS.key((&who, "")).to_vec(),
            POOL_KEYS.key(1).to_vec(),
            POSITIONS.key((&who, 1)).to_vec(),
            BUCKETS.key((1, 1)).to_vec(),
            ENTRIES.key((&who, 1, 1)).to_vec(),
            DUST.key("").to_vec(),
            HOLDERS.key(1).to_vec(),
            NATIVE.key(1).to_vec(),
            BATCHES.key(1).to_vec(),
            FLOWS.key((1, 0)).to_vec(),
            SEALS.key((1, 0, 0)).to_vec(),
            OWED.key((&who, 1)).to_vec(),
            COMMISSION_OWED.key((&who, "")).to_vec(),
        ]
        .map(prefix);
        // The keys of items are bare.
        let items = ["config", "pools", "guard", "ownership", "contract_info"];
        let items = items.map(|name| name.as_bytes().to_vec());
        let all: Vec<Vec<u8>> = prefixes.into_iter().chain(items).collect();
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                assert!(!one.starts_with(other) && !other.starts_with(one));
            }
        }
    }

    #[test]
    fn what_never_happened_takes_no_bytes() {
        let pool = Pool {
            id: 1,
            pool: SharePool::default(),
            junior: SharePool::default(),
            mag: Magnitude::default(),
            rewards: 0,
            kind: PoolKind::Free,
        };
        let bytes = to_json_string(&pool).unwrap();
        assert_eq!(bytes, r#"{"id":1,"pool":{"tokens":"0","shares":"0"}}"#);
        assert_eq!(from_json::<Pool>(&bytes).unwrap(), pool);

        let bytes = to_json_string(&Bucket::default()).unwrap();
        assert_eq!(bytes, r#"{"pool":{"tokens":"0","shares":"0"}}"#);
        assert_eq!(from_json::<Bucket>(&bytes).unwrap(), Bucket::default());
        let spent = Bucket {
            mag: Scaled::default(),
            ..Bucket::default()
        };
        let bytes = to_json_string(&spent).unwrap();
        assert_eq!(from_json::<Bucket>(&bytes).unwrap(), spent);

        // Once emptied, its generation has to be known.
        let emptied = Pool {
            junior: SharePool {
                generation: 1,
                ..SharePool::default()
            },
            ..pool
        };
        let bytes = to_json_string(&emptied).unwrap();
        assert_eq!(from_json::<Pool>(&bytes).unwrap(), emptied);

        let open = Operator {
            closed: false,
            restricted: false,
        };
        assert_eq!(to_json_string(&open).unwrap(), "{}");
    }
}
