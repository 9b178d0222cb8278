//! What there is, what can happen, and what must hold after each step.

use std::collections::BTreeMap;

use cosmwasm_std::{Decimal, Timestamp, Uint256};
use palisade_math::{captured_tokens, Magnitude, Scaled, FULL_MAGNITUDE};
use palisade_types::delegation::{BucketResponse, ConfigResponse, QueryMsg};

use crate::common::{Outcome, Suite, ATOM, DAY, UNBONDING};
use crate::penalty::Crime;

/// Three that are nothing else, and the operators, each behind itself or behind the other.
pub const STAKERS: [&str; 5] = ["ann", "bob", "carol", "op", "other"];
pub const OPERATORS: [&str; 2] = ["op", "other"];
/// The heaviest penalty of each service, in percent.
pub const MAX_SLASH: [u64; 3] = [5, 30, 100];

#[derive(Clone, Debug)]
pub enum Step {
    Join {
        staker: usize,
        operator: usize,
        amount: u128,
    },
    /// `percent` of the position, or all of it.
    Undelegate {
        staker: usize,
        operator: usize,
        percent: Option<u128>,
    },
    /// `percent` of the entry of some epoch, or all of it.
    Cancel {
        staker: usize,
        operator: usize,
        entry: usize,
        percent: Option<u128>,
    },
    Claim {
        staker: usize,
        operator: usize,
    },
    Redelegate {
        staker: usize,
        operator: usize,
    },
    /// The operator publishes the share, in percent, that its own stake bears first.
    Agree {
        operator: usize,
        percent: u64,
    },
    /// A slice of `millionths` of the most that the service may be promised now, in force at once.
    Promise {
        service: usize,
        operator: usize,
        millionths: u128,
    },
    /// `percent` of the heaviest penalty, for an infraction while a capture was in force.
    Slash {
        service: usize,
        operator: usize,
        capture: usize,
        moment: u64,
        percent: u128,
    },
    /// The worst case: all but a few `millionths` of the pool promised to one service, which takes
    /// it all for an infraction of `days` ago.
    Crush {
        operator: usize,
        millionths: u128,
        days: u64,
    },
    /// Time passes; then every service takes down what each operator counts with.
    Wait {
        seconds: u64,
    },
}

#[derive(Clone)]
pub struct Captured {
    pub at: Timestamp,
    pub tokens: u128,
    pub era: u32,
}

pub struct World {
    pub s: Suite,
    /// By service and operator.
    pub slices: [[Scaled; 2]; 3],
    pub captures: [[Vec<Captured>; 2]; 3],
    pub paid_in: [u128; 5],
    /// What each operator agreed to, in percent, and what is on its way from when on.
    pub agreed: [(u64, Option<(u64, Timestamp)>); 2],
    /// Operations so far: the most that rounding may have given to anybody.
    pub operations: u128,
}

/// All that can be seen between two steps.
pub struct Seen {
    pub magnitude: [Magnitude; 2],
    pub active: [u128; 2],
    /// Of the active tokens those of the operator.
    pub junior: [u128; 2],
    pub buckets: [Vec<BucketResponse>; 2],
    pub positions: BTreeMap<(usize, usize), u128>,
    pub entries: BTreeMap<(usize, usize, u64), u128>,
    pub balances: [u128; 5],
}

/// Whether a staker is the operator itself.
pub fn is_own(staker: usize, operator: usize) -> bool {
    STAKERS[staker] == OPERATORS[operator]
}

impl Seen {
    /// What a staker has, wherever it is.
    fn wealth(&self, staker: usize) -> u128 {
        let active = self.positions.iter().filter(|((s, _), _)| *s == staker);
        let unbonding = self.entries.iter().filter(|((s, _, _), _)| *s == staker);
        self.balances[staker]
            + active.map(|(_, value)| value).sum::<u128>()
            + unbonding.map(|(_, value)| value).sum::<u128>()
    }
}

/// Every service with every operator.
pub fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..3).flat_map(|service| (0..2).map(move |operator| (service, operator)))
}

pub fn ceil(dividend: Uint256, divisor: Uint256) -> Uint256 {
    (dividend + divisor - Uint256::one()) / divisor
}

pub fn wide(value: impl Into<Uint256>) -> Uint256 {
    value.into()
}

impl World {
    pub fn new() -> Self {
        Self {
            s: Suite::new(),
            slices: Default::default(),
            captures: Default::default(),
            paid_in: [0; 5],
            agreed: Default::default(),
            operations: 0,
        }
    }

    pub fn see(&self) -> Seen {
        let s = &self.s;
        let pools = OPERATORS.map(|operator| s.pool(operator, ATOM));
        let mut positions = BTreeMap::new();
        let mut entries = BTreeMap::new();
        for (staker, name) in STAKERS.into_iter().enumerate() {
            let operator = |address: &str| {
                let found = OPERATORS
                    .iter()
                    .position(|name| s.who(name).as_str() == address);
                found.unwrap()
            };
            for position in s.positions(name) {
                positions.insert(
                    (staker, operator(&position.pool.operator)),
                    position.value.u128(),
                );
            }
            for entry in s.entries(name) {
                let key = (staker, operator(&entry.pool.operator), entry.epoch);
                entries.insert(key, entry.value.u128());
            }
        }
        Seen {
            magnitude: pools
                .clone()
                .map(|pool| pool.map_or(Magnitude::default(), |p| p.magnitude)),
            active: pools
                .clone()
                .map(|pool| pool.map_or(0, |p| p.tokens.u128())),
            junior: pools.map(|pool| pool.map_or(0, |p| p.junior.u128())),
            buckets: OPERATORS.map(|operator| s.buckets(operator, ATOM)),
            positions,
            entries,
            balances: STAKERS.map(|staker| s.balance(staker, ATOM)),
        }
    }

    pub fn take(&mut self, step: &Step) {
        let before = self.see();
        self.operations += 1;
        match *step {
            Step::Join {
                staker,
                operator,
                amount,
            } => {
                self.s
                    .deposit(STAKERS[staker], OPERATORS[operator], ATOM, amount)
                    .unwrap();
                self.paid_in[staker] += amount;
                self.moved(&before, staker, amount);
            }
            Step::Undelegate {
                staker,
                operator,
                percent,
            } => {
                let held = before.positions.get(&(staker, operator));
                let amount = percent.map(|percent| held.unwrap_or(&0) * percent / 100 + 1);
                let outcome = self
                    .s
                    .undelegate(STAKERS[staker], OPERATORS[operator], ATOM, amount);
                assert_eq!(outcome.is_ok(), held.is_some(), "invariant 12: {outcome:?}");
                self.moved(&before, staker, 0);
            }
            Step::Cancel {
                staker,
                operator,
                entry,
                percent,
            } => {
                self.cancel(&before, staker, operator, entry, percent);
                self.moved(&before, staker, 0);
            }
            Step::Claim { staker, operator } => {
                let outcome = self.s.claim(STAKERS[staker], OPERATORS[operator], ATOM);
                self.exited(&before, staker, operator, &outcome);
            }
            Step::Redelegate { staker, operator } => {
                let (from, to) = (OPERATORS[operator], OPERATORS[1 - operator]);
                let outcome = self.s.redelegate(STAKERS[staker], from, ATOM, to);
                self.exited(&before, staker, operator, &outcome);
            }
            Step::Agree { operator, percent } => self.agree(operator, percent),
            Step::Promise {
                service,
                operator,
                millionths,
            } => {
                self.promise(&before, service, operator, millionths);
            }
            Step::Slash {
                service,
                operator,
                capture,
                moment,
                percent,
            } => {
                if let Some(crime) = self.crime(service, operator, capture, moment, percent) {
                    self.punish(&before, &crime);
                }
            }
            Step::Crush {
                operator,
                millionths,
                days,
            } => self.crush(&before, operator, millionths, days),
            Step::Wait { seconds } => {
                self.s.advance(seconds);
                for (service, operator) in pairs() {
                    self.capture(&before, service, operator);
                }
            }
        }
        self.sound();
    }

    fn promise(&mut self, before: &Seen, service: usize, operator: usize, millionths: u128) {
        let magnitude = &before.magnitude[operator];
        let promised: u128 = (0..3)
            .filter(|other| *other != service)
            .map(|other| magnitude.read_slice(&self.slices[other][operator]).u128())
            .sum();
        let room = magnitude.value.u128() - promised;
        let most = magnitude.value.u128() * u128::from(MAX_SLASH[service]) / 100;
        let slice = room.min(most) * millionths / 1_000_000;
        self.slices[service][operator] = magnitude.write(slice.into());
        self.capture(before, service, operator);
    }

    fn crush(&mut self, before: &Seen, operator: usize, millionths: u128, days: u64) {
        let magnitude = &before.magnitude[operator];
        let kept = magnitude.value.u128() * millionths / 1_000_000;
        let rest = magnitude.value.u128() - 2 * kept;
        for (service, slice) in [kept, kept, rest].into_iter().enumerate() {
            self.slices[service][operator] = magnitude.write(slice.into());
        }
        let unbonding = before.buckets[operator]
            .iter()
            .map(|bucket| bucket.tokens.u128());
        let genesis = self.matures_at(0).minus_seconds(DAY + UNBONDING);
        self.captures[2][operator].push(Captured {
            at: self.s.now().minus_seconds(days * DAY).max(genesis),
            tokens: before.active[operator] + unbonding.sum::<u128>(),
            era: magnitude.era,
        });
        if let Some(crime) = self.crime(2, operator, 0, 0, 100) {
            self.punish(before, &crime);
        }
        // What follows is punished by what was in force after.
        let after = self.see();
        for service in 0..3 {
            self.captures[service][operator].clear();
            self.capture(&after, service, operator);
        }
    }

    /// An infraction `moment` percent into the time that the `capture`-th newest capture was in
    /// force.
    fn crime(
        &self,
        service: usize,
        operator: usize,
        capture: usize,
        moment: u64,
        percent: u128,
    ) -> Option<Crime> {
        let captures = &self.captures[service][operator];
        let index = captures.len().checked_sub(capture + 1)?;
        let captured = captures[index].clone();
        let until = captures.get(index + 1).map_or(self.s.now(), |next| next.at);
        let span = until.minus_nanos(captured.at.nanos()).nanos();
        let infraction = captured.at.plus_nanos(span / 100 * moment);
        let crime = Crime {
            service,
            operator,
            captured,
            percent,
        };
        // Past that age the timing rule lets no evidence count.
        (infraction.plus_seconds(UNBONDING) >= self.s.now()).then_some(crime)
    }

    fn capture(&mut self, seen: &Seen, service: usize, operator: usize) {
        let magnitude = &seen.magnitude[operator];
        let slice = magnitude.read_slice(&self.slices[service][operator]);
        let max_slash = Decimal::percent(MAX_SLASH[service]);
        let active = seen.active[operator].into();
        let tokens = captured_tokens(active, slice, magnitude, max_slash).unwrap();
        self.captures[service][operator].push(Captured {
            at: self.s.now(),
            tokens: tokens.u128(),
            era: magnitude.era,
        });
    }

    fn cancel(
        &mut self,
        before: &Seen,
        staker: usize,
        operator: usize,
        entry: usize,
        percent: Option<u128>,
    ) {
        let mine = before
            .entries
            .iter()
            .filter(|((s, o, _), _)| (*s, *o) == (staker, operator));
        let mine: Vec<(u64, u128)> = mine
            .map(|((_, _, epoch), value)| (*epoch, *value))
            .collect();
        if mine.is_empty() {
            return;
        }
        let (epoch, value) = mine[entry % mine.len()];
        let amount = percent.map(|percent| value * percent / 100 + 1);
        let mature = self.matures_at(epoch) <= self.s.now();
        let outcome = self
            .s
            .cancel(STAKERS[staker], OPERATORS[operator], ATOM, epoch, amount);
        assert_eq!(outcome.is_ok(), !mature, "{outcome:?}");
    }

    pub fn matures_at(&self, epoch: u64) -> Timestamp {
        let config: ConfigResponse = self.s.query(&QueryMsg::Config {});
        config.genesis.plus_seconds((epoch + 1) * DAY + UNBONDING)
    }

    /// Invariants 2, 7 and 8 after a step of one staker: it gains nothing, nobody loses, but for
    /// rounding.
    fn moved(&self, before: &Seen, actor: usize, added: u128) {
        let after = self.see();
        let (had, has) = (before.wealth(actor) + added, after.wealth(actor));
        assert!(has <= had + 1, "invariant 2: {had} became {has}");
        assert!(has + 3 >= had, "rounding took {}", had - has);
        for (key, value) in &before.positions {
            let now = after.positions.get(key);
            assert!(
                key.0 == actor || now.unwrap() + 2 >= *value,
                "invariant 8: {value} became {now:?}"
            );
        }
        for (key, value) in &before.entries {
            let now = after.entries.get(key);
            assert!(
                key.0 == actor || now.unwrap() + 2 >= *value,
                "invariant 8: {value} became {now:?}"
            );
        }
    }

    /// Invariant 12, and what [`Self::moved`] says.
    fn exited(&self, before: &Seen, staker: usize, operator: usize, outcome: &Outcome) {
        let now = self.s.now();
        let mut mine = before
            .entries
            .keys()
            .filter(|(s, o, _)| (*s, *o) == (staker, operator));
        let matured = mine.any(|(_, _, epoch)| self.matures_at(*epoch) <= now);
        assert_eq!(outcome.is_ok(), matured, "invariant 12: {outcome:?}");
        self.moved(before, staker, 0);
    }

    /// Invariants 1, 2 and 3, at any time.
    fn sound(&self) {
        self.s.assert_conserved(ATOM);
        let seen = self.see();
        let outside: u128 = seen.balances.iter().sum();
        let inside = self.s.coins(&self.s.vault, ATOM);
        assert_eq!(
            self.paid_in.iter().sum::<u128>(),
            outside + inside,
            "invariant 1"
        );
        for staker in 0..STAKERS.len() {
            let most = self.paid_in[staker] + self.operations;
            assert!(seen.wealth(staker) <= most, "invariant 2");
        }
        for (operator, name) in OPERATORS.into_iter().enumerate() {
            let percent = |(percent, at)| (Decimal::percent(percent), at);
            let (agreed, pending) = self.agreement(operator);
            let told = self.s.first_loss(name);
            assert_eq!(told, (Decimal::percent(agreed), pending.map(percent)));
            self.covered(&seen, operator);
            let magnitude = &seen.magnitude[operator];
            let slices: Uint256 = (0..3)
                .map(|service| magnitude.read(&self.slices[service][operator]))
                .sum();
            assert!(slices <= wide(magnitude.value), "invariant 3");
            assert!(magnitude.value.u128() <= FULL_MAGNITUDE, "invariant 3");
        }
    }

    /// Invariant 1: each tranche of a pool and of its buckets holds what its holders are owed.
    fn covered(&self, seen: &Seen, operator: usize) {
        let mut owed = [0_u128; 2];
        for ((staker, o), value) in &seen.positions {
            if *o == operator {
                owed[usize::from(is_own(*staker, operator))] += value;
            }
        }
        let junior = seen.junior[operator];
        assert!(owed[0] <= seen.active[operator] - junior, "invariant 1");
        assert!(owed[1] <= junior, "invariant 1");
        for bucket in &seen.buckets[operator] {
            let mut owed = [0_u128; 2];
            for ((staker, o, epoch), value) in &seen.entries {
                if (*o, *epoch) == (operator, bucket.epoch) {
                    owed[usize::from(is_own(*staker, operator))] += value;
                }
            }
            let junior = bucket.junior.u128();
            assert!(owed[0] <= bucket.tokens.u128() - junior, "invariant 1");
            assert!(owed[1] <= junior, "invariant 1");
        }
    }

    /// Invariant 12: all leave, and nothing stays but counted dust.
    pub fn finish(&mut self) {
        let held: Vec<(usize, usize)> = self.see().positions.into_keys().collect();
        for (staker, operator) in held {
            self.s
                .undelegate(STAKERS[staker], OPERATORS[operator], ATOM, None)
                .unwrap();
        }
        self.s.advance(DAY + UNBONDING);
        for staker in STAKERS {
            for operator in OPERATORS {
                while !self.s.unbonding(staker, operator, ATOM).is_empty() {
                    self.s.claim(staker, operator, ATOM).unwrap();
                }
            }
        }
        self.sound();
        let seen = self.see();
        assert_eq!(
            (seen.active, seen.positions.len(), seen.entries.len()),
            ([0, 0], 0, 0)
        );
        assert_eq!(
            self.s.books(ATOM).staked.u128(),
            self.s.dust(ATOM),
            "nothing stranded uncounted"
        );
        assert!(self.s.dust(ATOM) <= 2 * self.operations + 2);
    }
}
