//! What the contracts have stored, read without their help: one table for each of their maps. A row
//! that did not change since the last look is not parsed again, so that everything can be looked at
//! after every step.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::rc::Rc;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Order, Storage, Timestamp, Uint128};
use palisade_allocation::state::{Capture, KeyOwner, Member};
use palisade_math::{Magnitude, Part, Position, Scaled, SharePool, FULL_MAGNITUDE};
use palisade_slashing::state::{Delivery, Link, Nonce, Request, Standing as Seat, Update};
use palisade_suite::{Suite, EPOCH, UNBONDING};
use palisade_types::gateway::{Infraction, ReportState};
use serde::de::DeserializeOwned;

use super::base::Native;
use super::model::{Name, ASSETS, OPERATORS, OWNERS};
use super::paid::Paid;
use super::pots::Seized;

/// (operator, asset).
pub type PoolKey = (Name, Name);

/// A row of a map: its bytes, and what they say.
#[derive(Debug)]
pub struct Row<V> {
    pub bytes: Vec<u8>,
    pub value: V,
}

/// A map of a contract, as it was at one moment.
pub struct Table<K, V> {
    prefix: Vec<u8>,
    rows: BTreeMap<Vec<u8>, (K, Rc<Row<V>>)>,
    pub by: BTreeMap<K, Rc<Row<V>>>,
}

impl<K: Ord + Clone, V: DeserializeOwned> Table<K, V> {
    pub fn new(name: &str) -> Self {
        let length = u16::try_from(name.len()).unwrap().to_be_bytes();
        Self {
            prefix: [&length[..], name.as_bytes()].concat(),
            rows: BTreeMap::new(),
            by: BTreeMap::new(),
        }
    }

    /// The table as it is now; `key` reads the parts of a key.
    pub fn look(&self, storage: &dyn Storage, parts: usize, key: impl Fn(&[&[u8]]) -> K) -> Self {
        let mut end = self.prefix.clone();
        *end.last_mut().unwrap() += 1;
        let mut rows = BTreeMap::new();
        let mut by = BTreeMap::new();
        for (raw, bytes) in storage.range(Some(&self.prefix), Some(&end), Order::Ascending) {
            let raw = raw[self.prefix.len()..].to_vec();
            let (name, row) = match self.rows.get(&raw) {
                Some((name, row)) if row.bytes == bytes => (name.clone(), row.clone()),
                Some((name, _)) => (name.clone(), parse(bytes)),
                None => (key(&split(&raw, parts)), parse(bytes)),
            };
            by.insert(name.clone(), row.clone());
            rows.insert(raw, (name, row));
        }
        Self {
            prefix: self.prefix.clone(),
            rows,
            by,
        }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.by.get(key).map(|row| &row.value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.by.iter().map(|(key, row)| (key, &row.value))
    }

    /// Keys of the rows that are not what they were, with the row then and now.
    pub fn changes<'a>(&'a self, earlier: &'a Self) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
        let mut changes = vec![];
        for (key, row) in &self.by {
            match earlier.by.get(key) {
                Some(before) if before.bytes == row.bytes => {}
                before => changes.push((key, before.map(|row| &row.value), Some(&row.value))),
            }
        }
        for (key, row) in &earlier.by {
            if !self.by.contains_key(key) {
                changes.push((key, Some(&row.value), None));
            }
        }
        changes
    }
}

fn parse<V: DeserializeOwned>(bytes: Vec<u8>) -> Rc<Row<V>> {
    let value = cosmwasm_std::from_json(&bytes).unwrap();
    Rc::new(Row { bytes, value })
}

/// The parts of a key: all but the last carry their length.
fn split(mut raw: &[u8], parts: usize) -> Vec<&[u8]> {
    let mut found = vec![];
    for _ in 1..parts {
        let length = usize::from(u16::from_be_bytes([raw[0], raw[1]]));
        found.push(&raw[2..2 + length]);
        raw = &raw[2 + length..];
    }
    found.push(raw);
    found
}

pub fn small(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}

fn large(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `delegation`'s pool.
#[cw_serde]
pub struct Pool {
    pub id: u32,
    pub pool: SharePool,
    #[serde(default)]
    pub junior: SharePool,
    #[serde(default)]
    pub mag: Magnitude,
    #[serde(default)]
    pub rewards: u8,
    /// Free, bound to its operator, or native.
    #[serde(default = "free")]
    pub kind: String,
}

fn free() -> String {
    "f".to_string()
}

/// `delegation`'s bucket.
#[cw_serde]
pub struct Bucket {
    pub pool: SharePool,
    #[serde(default)]
    pub junior: SharePool,
    #[serde(default = "full")]
    pub mag: Scaled,
}

fn full() -> Scaled {
    Scaled {
        value: FULL_MAGNITUDE.into(),
        era: 0,
        norm: 0,
    }
}

impl Pool {
    pub fn tokens(&self) -> Uint128 {
        self.pool.tokens + self.junior.tokens
    }
}

impl Bucket {
    pub fn tokens(&self) -> Uint128 {
        self.pool.tokens + self.junior.tokens
    }

    pub fn part(&self, pool: &Magnitude) -> Part {
        Part {
            tokens: self.tokens(),
            magnitude: pool.read(&self.mag),
        }
    }
}

/// `vault`'s books.
#[cw_serde]
#[derive(Default)]
pub struct Books {
    #[serde(default)]
    pub idle: Uint128,
    #[serde(default)]
    pub staked: Uint128,
    #[serde(default)]
    pub seized: Uint128,
    #[serde(default)]
    pub released: Uint128,
    #[serde(default)]
    pub payable: Uint128,
}

impl Books {
    /// All that is owed.
    pub fn owed(&self) -> Uint128 {
        self.idle + self.staked + self.seized
    }
}

/// `gateway`'s operator.
#[cw_serde]
pub struct Seen {
    #[serde(rename = "p")]
    pub power: Uint128,
    #[serde(rename = "u")]
    pub update_id: u64,
}

/// `gateway`'s power from a point in time on.
#[cw_serde]
pub struct Entry {
    #[serde(rename = "p")]
    pub power: Uint128,
    #[serde(rename = "h")]
    pub height: u64,
    #[serde(rename = "t")]
    pub time: Timestamp,
}

/// How a report of the gateway is getting on.
#[cw_serde]
pub struct Standing {
    pub state: ReportState,
}

/// What was reported.
#[cw_serde]
pub struct Report {
    pub infraction: Infraction,
    pub operator: String,
    pub update_id: u64,
}

/// Everything that the invariants speak of, at one moment.
pub struct Snapshot {
    /// Of the host.
    pub now: Timestamp,
    pub pools: Table<PoolKey, Pool>,
    /// By pool id and epoch.
    pub buckets: Table<(u32, u64), Bucket>,
    /// By owner and pool id.
    pub positions: Table<(Name, u32), Position>,
    /// By owner, pool id and epoch.
    pub entries: Table<(Name, u32, u64), Position>,
    pub dust: Table<Name, Uint128>,
    pub books: Table<Name, Books>,
    /// By owner and asset.
    pub idle: Table<(Name, Name), Uint128>,
    pub seized: Seized,
    /// By service and operator.
    pub members: Table<(u32, Name), Member>,
    /// By service, operator and update.
    pub captures: Table<(u32, Name, u64), Capture>,
    /// Whose keys are: by service and key.
    pub keys: Table<(u32, Vec<u8>), KeyOwner>,
    pub requests: Table<(u32, u64), Request>,
    /// By operator, service and request.
    pub pending: Table<(Name, u32, u64), cosmwasm_std::Empty>,
    /// By service, nonce epoch and nonce.
    pub nonces: Table<(u32, u32, u64), Nonce>,
    pub links: Table<u32, Link>,
    pub deliveries: Table<(u32, Name), Delivery>,
    /// Jail and tombstone, by service and operator.
    pub standings: Table<(u32, Name), Seat>,
    pub updates: Table<(u32, u64), Update>,
    /// When the consumer was at a height, by table and height.
    pub times: Table<(u64, u64), Timestamp>,
    /// The update in force after a height, by table, operator and height.
    pub in_force: Table<(u64, Name, u64), u64>,
    /// What the gateway knows.
    pub seen: Table<Name, Seen>,
    pub removed: Table<Name, Seen>,
    /// What it applied, by operator and update.
    pub history: Table<(Name, u64), Entry>,
    pub reports: Table<u64, Report>,
    pub open: Table<u64, Standing>,
    pub ended: Table<u64, Standing>,
    /// What the base chain holds of natively staked tokens, and what should be there.
    pub base: Native,
    pub paid: Paid,
}

/// Who is behind an address of the host.
pub struct Names(BTreeMap<Vec<u8>, Name>);

impl Names {
    pub fn new(suite: &Suite) -> Self {
        let people = OPERATORS.iter().chain(&OWNERS);
        Self(
            people
                .map(|name| (suite.host(name).as_bytes().to_vec(), *name))
                .collect(),
        )
    }

    pub fn of(&self, address: &[u8]) -> Name {
        self.0.get(address).copied().unwrap_or("stranger")
    }
}

pub fn asset(bytes: &[u8]) -> Name {
    ASSETS
        .into_iter()
        .find(|asset| asset.as_bytes() == bytes)
        .unwrap()
}

impl Snapshot {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            now: Timestamp::default(),
            pools: Table::new("p"),
            buckets: Table::new("b"),
            positions: Table::new("x"),
            entries: Table::new("e"),
            dust: Table::new("d"),
            books: Table::new("b"),
            idle: Table::new("i"),
            seized: Seized::new(),
            members: Table::new("m"),
            captures: Table::new("c"),
            keys: Table::new("k"),
            requests: Table::new("rq"),
            pending: Table::new("pd"),
            nonces: Table::new("no"),
            links: Table::new("lk"),
            deliveries: Table::new("dl"),
            standings: Table::new("st"),
            updates: Table::new("up"),
            times: Table::new("ap"),
            in_force: Table::new("if"),
            seen: Table::new("o"),
            removed: Table::new("r"),
            history: Table::new("h"),
            reports: Table::new("n"),
            open: Table::new("w"),
            ended: Table::new("e"),
            base: Native::new(),
            paid: Paid::new(),
        }
    }

    /// The same, now.
    pub fn look(&self, suite: &Suite, names: &Names) -> Self {
        let store = |of: &Addr| suite.net.host.app.contract_storage(of);
        let delegation = &*store(&suite.delegation);
        let vault = &*store(&suite.vault);
        let allocation = &*store(&suite.allocation);
        let slashing = &*store(&suite.slashing);
        let gateway = &*suite.net.consumer.app.contract_storage(&suite.gateway);
        let who = |bytes: &[u8]| names.of(bytes);
        Self {
            now: suite.net.host.time(),
            pools: self.pools.look(delegation, 2, |k| (who(k[0]), asset(k[1]))),
            buckets: self
                .buckets
                .look(delegation, 2, |k| (small(k[0]), large(k[1]))),
            positions: self
                .positions
                .look(delegation, 2, |k| (who(k[0]), small(k[1]))),
            entries: self
                .entries
                .look(delegation, 3, |k| (who(k[0]), small(k[1]), large(k[2]))),
            dust: self.dust.look(delegation, 1, |k| asset(k[0])),
            books: self.books.look(vault, 1, |k| asset(k[0])),
            idle: self.idle.look(vault, 2, |k| (who(k[0]), asset(k[1]))),
            seized: self.seized.look(vault, names),
            members: self
                .members
                .look(allocation, 2, |k| (small(k[0]), who(k[1]))),
            captures: self
                .captures
                .look(allocation, 3, |k| (small(k[0]), who(k[1]), large(k[2]))),
            keys: self
                .keys
                .look(allocation, 2, |k| (small(k[0]), k[1].to_vec())),
            requests: self
                .requests
                .look(slashing, 2, |k| (small(k[0]), large(k[1]))),
            pending: self
                .pending
                .look(slashing, 3, |k| (who(k[0]), small(k[1]), large(k[2]))),
            nonces: self
                .nonces
                .look(slashing, 3, |k| (small(k[0]), small(k[1]), large(k[2]))),
            links: self.links.look(slashing, 1, |k| small(k[0])),
            deliveries: self
                .deliveries
                .look(slashing, 2, |k| (small(k[0]), who(k[1]))),
            standings: self
                .standings
                .look(slashing, 2, |k| (small(k[0]), who(k[1]))),
            updates: self
                .updates
                .look(slashing, 2, |k| (small(k[0]), large(k[1]))),
            times: self.times.look(slashing, 2, |k| (large(k[0]), large(k[1]))),
            in_force: self
                .in_force
                .look(slashing, 3, |k| (large(k[0]), who(k[1]), large(k[2]))),
            seen: self.seen.look(gateway, 1, |k| who(k[0])),
            removed: self.removed.look(gateway, 1, |k| who(k[0])),
            history: self.history.look(gateway, 2, |k| (who(k[0]), large(k[1]))),
            reports: self.reports.look(gateway, 1, |k| large(k[0])),
            open: self.open.look(gateway, 1, |k| large(k[0])),
            ended: self.ended.look(gateway, 1, |k| large(k[0])),
            base: self.base.look(suite, delegation),
            paid: self.paid.look(delegation, allocation, names),
        }
    }

    /// The pool with that number.
    pub fn pool(&self, id: u32) -> (&PoolKey, &Pool) {
        self.pools.iter().find(|(_, pool)| pool.id == id).unwrap()
    }

    /// The buckets of a pool, by epoch.
    pub fn buckets_of(&self, id: u32) -> impl Iterator<Item = (u64, &Bucket)> {
        let rows = self.buckets.by.range((id, 0)..=(id, u64::MAX));
        rows.map(|((_, epoch), row)| (*epoch, &row.value))
    }

    /// What an owner has of each asset, wherever it stands in the suite.
    pub fn worths(&self) -> BTreeMap<(Name, Name), u128> {
        let mut worths = BTreeMap::new();
        let mut add = |owner: Name, asset: Name, amount: Uint128| {
            *worths.entry((owner, asset)).or_default() += amount.u128();
        };
        let pools: BTreeMap<u32, (&PoolKey, &Pool)> = self
            .pools
            .iter()
            .map(|(key, pool)| (pool.id, (key, pool)))
            .collect();
        for ((owner, id), position) in self.positions.iter() {
            let ((operator, asset), pool) = pools[id];
            let tranche = if owner == operator {
                &pool.junior
            } else {
                &pool.pool
            };
            add(owner, asset, tranche.value_of(position).unwrap());
        }
        for ((owner, id, epoch), entry) in self.entries.iter() {
            let ((operator, asset), _) = pools[id];
            if let Some(bucket) = self.buckets.get(&(*id, *epoch)) {
                let tranche = if owner == operator {
                    &bucket.junior
                } else {
                    &bucket.pool
                };
                add(owner, asset, tranche.value_of(entry).unwrap());
            }
        }
        for ((owner, asset), amount) in self.idle.iter() {
            add(owner, asset, *amount);
        }
        worths
    }
}

/// When epoch 0 began, and how long epochs are.
#[derive(Clone, Copy)]
pub struct Epochs(pub Timestamp);

impl Epochs {
    pub fn at(self, time: Timestamp) -> u64 {
        time.nanos().saturating_sub(self.0.nanos()) / 1_000_000_000 / EPOCH
    }

    pub fn matures_at(self, epoch: u64) -> Timestamp {
        self.0.plus_seconds((epoch + 1) * EPOCH + UNBONDING)
    }
}
