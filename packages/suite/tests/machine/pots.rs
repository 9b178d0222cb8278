//! What was seized and not paid out: of most assets as it is booked, of natively staked tokens in a pot for
//! each operator, which bears what the base chain takes of it.

use std::collections::BTreeMap;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Storage, Uint128};
use palisade_math::{Position, SharePool};
use palisade_suite::STAKE;
use palisade_types::asset::Destination;
use palisade_types::vault::{self, SeizedResponse};

use super::base::{Base, Bonded};
use super::model::{Name, Step, ASSETS, NATIVES};
use super::seen::{asset, small, text, Names, Snapshot, Table};
use super::staked;
use super::world::{Proceeds, World};

/// The pots of [`NATIVES`].
const POTS: [Name; 2] = ["stake/north", "stake/east"];

/// Units by which a pot's parts may fall short of it for each thing done to it.
const CRUMBS: u128 = 4;

/// Where what is seized of an operator's stake is booked.
pub fn pot(asset: Name, operator: Name) -> Name {
    match (asset, NATIVES.iter().position(|native| *native == operator)) {
        (STAKE, Some(nth)) => POTS[nth],
        _ => asset,
    }
}

/// Whose pot it is, if it is one.
pub fn operator(pot: Name) -> Option<Name> {
    let nth = POTS.iter().position(|name| *name == pot)?;
    Some(NATIVES[nth])
}

/// The asset of what is booked under a name.
pub fn asset_of(name: Name) -> Name {
    if operator(name).is_some() {
        return STAKE;
    }
    name
}

/// `vault`'s pot.
#[cw_serde]
#[derive(Default)]
pub struct Pot {
    #[serde(rename = "s")]
    pub pool: SharePool,
    #[serde(rename = "p", default)]
    pub payable: Uint128,
}

/// All that was seized and not paid out, at one moment.
pub struct Seized {
    booked: Table<Proceeds, Uint128>,
    pots: Table<Name, Pot>,
    claims: Table<Proceeds, Position>,
    /// By asset or pot, account and recipient: what is owed.
    pub due: BTreeMap<Proceeds, Uint128>,
}

impl Seized {
    pub fn new() -> Self {
        Self {
            booked: Table::new("s"),
            pots: Table::new("p"),
            claims: Table::new("c"),
            due: BTreeMap::new(),
        }
    }

    pub fn look(&self, vault: &dyn Storage, names: &Names) -> Self {
        let named = |bytes: &[u8]| match text(bytes).split_once('/') {
            Some((_, operator)) => pot(STAKE, names.of(operator.as_bytes())),
            None => asset(bytes),
        };
        let key = |k: &[&[u8]]| (named(k[0]), small(k[1]), text(k[2]));
        let mut seized = Self {
            booked: self.booked.look(vault, 3, key),
            pots: self.pots.look(vault, 1, |k| named(k[0])),
            claims: self.claims.look(vault, 3, key),
            due: BTreeMap::new(),
        };
        let booked = seized.booked.iter();
        seized.due = booked.map(|(key, n)| (key.clone(), *n)).collect();
        for (key, position) in seized.claims.iter() {
            assert!(!position.is_empty(), "{key:?} of nothing");
            let worth = seized.pot(key.0).pool.value_of(position).unwrap();
            seized.due.insert(key.clone(), worth);
        }
        seized
    }

    pub fn pot(&self, name: Name) -> Pot {
        self.pots.get(&name).cloned().unwrap_or_default()
    }

    pub fn at(&self, key: &Proceeds) -> Uint128 {
        self.due.get(key).copied().unwrap_or_default()
    }

    /// Those of which more or less is owed than before.
    pub fn changes<'a>(&'a self, before: &'a Self) -> Vec<&'a Proceeds> {
        let gone = before.due.keys().filter(|key| !self.due.contains_key(*key));
        let all = self.due.keys().chain(gone);
        all.filter(|key| self.at(key) != before.at(key)).collect()
    }

    /// Whether something was added: of a pot, shares, since what others leave there can be a unit.
    pub fn rose(&self, before: &Self, key: &Proceeds) -> bool {
        let (Some(now), true) = (self.claims.get(key), operator(key.0).is_some()) else {
            return self.at(key) > before.at(key);
        };
        let pool = self.pot(key.0).pool;
        let then = before.claims.get(key);
        let then = then.map_or(Uint128::zero(), |then| pool.current_shares(then));
        pool.current_shares(now) > then
    }
}

/// Of an operator's stake that was seized: what is bonded, and in batches.
fn under_way(at: &Snapshot, operator: Name) -> (Option<&Bonded>, u128) {
    let Some(pool) = at.pools.get(&(operator, STAKE)) else {
        return (None, 0);
    };
    let batches = at.base.batches.get(&pool.id);
    let batches = batches.map_or(&[][..], |all| &all.batches[..]);
    let sent = batches.iter().map(|batch| batch.seized.u128()).sum();
    (at.base.records.get(&pool.id), sent)
}

/// Invariant 10: what was seized was seized once, and is paid out, owed, or was taken by the base chain.
pub fn check(world: &mut World, step: &Step, slashed: bool) {
    let mut owed = 0;
    for (operator, name) in NATIVES.into_iter().zip(POTS) {
        let pot = world.now.seized.pot(name);
        let (record, sent) = under_way(&world.now, operator);
        let bonded = record.map_or(0, |record| record.seized.u128());
        let there = pot.payable.u128() + bonded + sent;
        owed += there;
        let of = |sums: &BTreeMap<Name, u128>| sums.get(name).copied().unwrap_or_default();
        let done = world.base.seizures.entry(name).or_default();
        *done +=
            u128::from(world.now.seized.pots.get(&name) != world.before.seized.pots.get(&name));
        let crumbs = CRUMBS * *done;
        let tokens = pot.pool.tokens.u128();
        assert!(
            tokens <= there && there <= tokens + crumbs,
            "{name}: {there} there or on its way, {tokens} owed"
        );
        let due = world.now.seized.due.iter();
        let due = due.filter(|((of, ..), _)| *of == name);
        let (count, sum) = due.fold((0, 0), |(n, sum), (_, due)| (n + 1, sum + due.u128()));
        assert!(
            sum <= tokens && tokens <= sum + crumbs + count,
            "{name}: {tokens} owed, {sum} by its parts"
        );
        let forfeited = of(&world.taken)
            .checked_sub(of(&world.paid_out) + there)
            .unwrap_or_else(|| panic!("{name}: {there} there, more than was seized"));
        let former = world.base.forfeited.insert(name, forfeited);
        let former = former.unwrap_or_default();
        assert!(
            former == forfeited
                || former < forfeited && staked::pool_may_fall(world, &(operator, STAKE)),
            "{name}: {former} taken by the chain before, now {forfeited}"
        );
        super::stats::count("seized and forfeited", forfeited > former);
        if !slashed {
            alike(world, operator);
        }
    }
    let books = world.now.books.get(&STAKE).cloned().unwrap_or_default();
    let crumbs: u128 = world.base.seizures.values().sum::<u128>() * CRUMBS;
    let seized = books.seized.u128();
    assert!(
        owed <= seized && seized <= owed + crumbs,
        "{seized} {STAKE} seized by the books, {owed} by the pots"
    );
    if let Step::Base(Base::Reconcile { .. }) = step {
        queries(world);
    }
}

/// What the base chain took of what was bonded, what was seized of it bore in proportion.
fn alike(world: &World, operator: Name) {
    let (Some(before), sent) = under_way(&world.before, operator) else {
        return;
    };
    let (Some(now), sent_now) = under_way(&world.now, operator) else {
        panic!("the record of {operator} is gone");
    };
    if sent != sent_now || before.next != now.next {
        return;
    }
    let (was, is) = (
        before.bonded.u128(),
        world.before.base.held[operator].bonded,
    );
    let (before, now) = (before.seized.u128(), now.seized.u128());
    if before == now {
        return;
    }
    assert!(
        (now * was).abs_diff(before * is) <= was,
        "{operator}: of {was} bonded {is} are left, of {before} that were seized {now}"
    );
    super::stats::count("seized bore alike", true);
}

/// The query says what is stored.
fn queries(world: &World) {
    for name in ASSETS.into_iter().filter(|a| *a != STAKE).chain(POTS) {
        let query = vault::QueryMsg::Seized {
            asset: world.booked_as(name),
            start_after: None,
            limit: Some(100),
        };
        let told: Vec<SeizedResponse> = world.suite.ask(&world.suite.vault, &query);
        let told = told.into_iter().map(|one| {
            let to = match one.destination {
                Destination::Burn {} => String::new(),
                Destination::Send { recipient } => recipient,
            };
            ((name, one.account, to), one.amount)
        });
        let due = world.now.seized.due.iter();
        let due = due.filter(|((of, ..), _)| *of == name);
        let due: BTreeMap<_, _> = due.map(|(key, n)| (key.clone(), *n)).collect();
        assert_eq!(told.collect::<BTreeMap<_, _>>(), due, "{name} seized");
    }
}

impl World {
    /// What the contracts call an asset, or a pot.
    pub fn booked_as(&self, name: Name) -> String {
        match operator(name) {
            Some(operator) => format!("{STAKE}/{}", self.suite.host(operator)),
            None => name.to_string(),
        }
    }

    /// What a payout of what waits pays now: of a pot, of what of it came back.
    pub fn payable(&self, key: &Proceeds) -> Option<Uint128> {
        let due = self.now.seized.at(key);
        if operator(key.0).is_none() {
            return Some(due);
        }
        let paid = due.min(self.now.seized.pot(key.0).payable);
        (due.is_zero() || !paid.is_zero()).then_some(paid)
    }
}
