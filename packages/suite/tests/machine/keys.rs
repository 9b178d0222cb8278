//! Whose a consensus key is, which votes count for a service, and where its proceeds go: by what
//! operators, admins and time did.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Timestamp, Uint128};
use palisade_allocation::ContractError;
use palisade_suite::{key_of, refusal, EPOCH, MAX_LAG, UNBONDING};
use palisade_testing::HarnessError;
use palisade_types::slashing::{Proceeds, ServiceSettings};

use super::model::{Name, Step, CHAIN, KEYS, OPERATORS};
use super::world::World;

/// A key: whose it was meant to be, and its number.
pub type Key = (Name, u8);

/// What a key is made of.
pub fn name_of((operator, number): Key) -> String {
    match number {
        0 => operator.to_string(),
        _ => format!("{operator}-{number}"),
    }
}

/// Whose a key is; for good, or until it has retired.
struct Holding {
    operator: Name,
    until: Option<Timestamp>,
}

/// All keys of the chain's service.
pub struct Keys {
    known: BTreeMap<Vec<u8>, Key>,
    held: BTreeMap<Key, Holding>,
    present: BTreeMap<Name, Key>,
    /// Everybody who ever held it.
    ever: BTreeSet<(Key, Name)>,
}

impl Keys {
    pub fn new() -> Self {
        let all = OPERATORS.iter().flat_map(|of| (0..KEYS).map(|n| (*of, n)));
        Self {
            known: all
                .map(|key| (key_of(&name_of(key)).to_vec(), key))
                .collect(),
            held: BTreeMap::new(),
            present: BTreeMap::new(),
            ever: BTreeSet::new(),
        }
    }

    /// Who answers for what it signed.
    pub fn resolve(&self, key: Key, now: Timestamp) -> Option<Name> {
        let held = self.held.get(&key)?;
        let holds = held.until.is_none_or(|until| now < until);
        holds.then_some(held.operator)
    }

    /// Whether an operator may have it: nobody has it, or the operator itself.
    pub fn is_free(&self, operator: Name, key: Key, now: Timestamp) -> bool {
        let holder = self.resolve(key, now);
        holder.is_none_or(|holder| holder == operator)
    }

    /// The operator has this key from now on; what it had retires.
    pub fn assign(&mut self, operator: Name, key: Key, now: Timestamp) {
        assert!(self.is_free(operator, key, now), "{operator} took {key:?}");
        self.retire(operator, now);
        let until = None;
        self.held.insert(key, Holding { operator, until });
        self.present.insert(operator, key);
        self.ever.insert((key, operator));
    }

    /// Resolves for an unbonding period, its epoch and the longest lag.
    pub fn retire(&mut self, operator: Name, now: Timestamp) {
        if let Some(old) = self.present.remove(&operator) {
            let until = now.plus_seconds(UNBONDING + EPOCH + MAX_LAG);
            self.held.get_mut(&old).unwrap().until = Some(until);
        }
    }
}

/// Nobody's infractions are laid at another's door: what the host stored of keys is what was made of
/// them, and the gateway never names who never had the key.
pub fn check(world: &World) {
    let keys = &world.keys;
    for (at, _, now) in world.now.keys.changes(&world.before.keys) {
        let owner = now.expect("a key is forgotten");
        let held = &keys.held[&keys.known[&at.1]];
        let operator = world.names.of(owner.operator.as_bytes());
        assert_eq!(
            (operator, owner.until),
            (held.operator, held.until),
            "{at:?}"
        );
    }
    for (nonce, _, now) in world.now.reports.changes(&world.before.reports) {
        let report = now.expect("a report is forgotten");
        let operator = world.names.of(report.operator.as_bytes());
        if let palisade_ibc::Offender::Key(key) = &report.infraction.offender {
            let key = keys.known[key.as_slice()];
            assert!(
                keys.ever.contains(&(key, operator)),
                "report {nonce} by {key:?}"
            );
            super::stats::count("reported by key", true);
            super::stats::count("by a former key", keys.present.get(&operator) != Some(&key));
        }
    }
}

impl World {
    /// A key was asked for: refused only to who may not have it.
    pub fn key_asked(
        &mut self,
        (operator, key, now): (Name, Key, Timestamp),
        refused: Option<&HarnessError>,
    ) {
        let free = self.keys.is_free(operator, key, now);
        match refused.map(refusal::<ContractError>) {
            None => self.keys.assign(operator, key, now),
            Some(ContractError::KeyTaken { .. }) => {
                assert!(!free, "{operator} is refused {key:?}, which is free");
                super::stats::count("key of another refused", true);
            }
            Some(_) => {}
        }
    }

    /// Takes note of what a step asked for of the allocation contract.
    pub fn asked(&mut self, step: &Step, now: Timestamp, refused: Option<&HarnessError>) {
        match *step {
            Step::AssignKey { operator, of, key } => {
                self.key_asked((operator, (of, key), now), refused);
            }
            Step::OptIn {
                operator, service, ..
            } => {
                self.asked_in(operator, service, refused);
                if service == CHAIN {
                    self.key_asked((operator, (operator, 0), now), refused);
                }
            }
            Step::Leave { operator, service } if refused.is_none() => {
                self.left.insert((operator, service));
                if service == CHAIN {
                    self.keys.retire(operator, now);
                }
            }
            _ => {}
        }
    }

    /// An operator that was tombstoned never comes back.
    pub fn asked_in(&mut self, operator: Name, service: u32, refused: Option<&HarnessError>) {
        let seat = (operator, service);
        let out = self.tombstoned.contains(&seat);
        match refused.map(refusal::<ContractError>) {
            None => {
                assert!(!out, "{operator} came back to {service} from its tombstone");
                super::stats::count("came in again", self.left.remove(&seat));
            }
            Some(ContractError::Tombstoned { .. }) => {
                assert!(out, "{operator} is no tombstone of {service}");
                super::stats::count("tombstone refused", true);
            }
            Some(_) => {}
        }
    }
}

/// A service's settings in force, those on their way, and the chain id before these.
pub struct Terms {
    pub now: ServiceSettings,
    pub change: Option<(ServiceSettings, Timestamp)>,
    former: Option<(String, Timestamp)>,
}

impl Terms {
    pub fn new(now: ServiceSettings) -> Self {
        let (change, former) = (None, None);
        Self {
            now,
            change,
            former,
        }
    }

    /// Lets a change take effect that is due.
    pub fn pass(&mut self, now: Timestamp) {
        if self.change.as_ref().is_some_and(|(_, at)| *at <= now) {
            let (settings, at) = self.change.take().unwrap();
            let old = std::mem::replace(&mut self.now, settings);
            if old.chain_id != self.now.chain_id {
                self.former = old.chain_id.zip(Some(at.plus_seconds(UNBONDING)));
            }
        }
    }

    /// Whether votes for that chain prove anything; none: by its former name.
    pub fn counts(&self, chain: &str, now: Timestamp) -> Option<bool> {
        if self.now.chain_id.as_deref() == Some(chain) {
            return Some(true);
        }
        let (former, until) = self.former.as_ref()?;
        (former == chain && now < *until).then_some(false)
    }

    /// Who gets the proceeds; nobody: they are burned.
    fn recipients(&self) -> Vec<&str> {
        match &self.now.proceeds {
            Proceeds::Burn {} => vec![""],
            Proceeds::Send { recipient } => vec![recipient],
            Proceeds::Split { recipient, .. } => vec!["", recipient],
        }
    }

    /// Where redirected proceeds go.
    pub fn target(&self) -> &str {
        self.recipients().last().unwrap()
    }
}

/// What a proof became, by whose key it was.
pub fn proved(world: &mut World) {
    let Some((operator, height)) = world.proved.take() else {
        return;
    };
    let changes = world.now.requests.changes(&world.before.requests);
    let mut changes = changes.into_iter().filter_map(|(_, _, now)| now);
    let found = changes.any(|request| {
        let of = world.names.of(request.operator.as_bytes());
        request.proven && (of, request.height) == (operator, height)
    });
    assert!(found, "{operator}'s double-sign at {height} became nothing");
}

/// What was redirected is where it was redirected to, and nothing else moved.
pub fn redirected(world: &mut World) {
    let Some((from, to, amount)) = world.redirected.take() else {
        return;
    };
    let (before, now) = (&world.before.seized, &world.now.seized);
    assert!(now.at(&from).is_zero(), "left where it was: {from:?}");
    let due = before.at(&to) + amount;
    // Of a pot shares are moved: what each was worth was rounded down by itself.
    let pot = super::pots::operator(from.0).is_some();
    let rounding = Uint128::new(if pot { 1 } else { 0 });
    assert!(
        due <= now.at(&to) && now.at(&to) <= due + rounding,
        "{due} redirected to {to:?}, there are {}",
        now.at(&to)
    );
    for key in now.changes(before) {
        let change = now.at(key).abs_diff(before.at(key));
        assert!(*key == from || *key == to, "{key:?} changed by {change}");
    }
}

/// What is seized goes where the settings in force say.
pub fn proceeds(world: &World) {
    let (before, now) = (&world.before.seized, &world.now.seized);
    for key in now.changes(before) {
        let (asset, account, to) = key;
        if let (true, Some(terms)) = (now.rose(before, key), world.terms.get(account)) {
            let due = terms.recipients();
            assert!(
                due.contains(&to.as_str()),
                "{asset} of service {account} goes to {to:?}, not to {due:?}"
            );
        }
    }
    let tombstones = world.now.standings.iter().filter(|(_, s)| s.tombstoned);
    for ((service, operator), _) in tombstones {
        let known = world.tombstoned.contains(&(*operator, *service));
        assert!(known, "{operator} is out of {service} for nothing");
    }
    let former = world.before.links.get(&CHAIN).map(|link| link.last_update);
    assert!(former <= world.now.links.get(&CHAIN).map(|link| link.last_update));
}
