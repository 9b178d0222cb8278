//! The model: what the contracts keep of one pool, and how they change it.

mod invariants;

use std::collections::BTreeMap;

use cosmwasm_std::{Decimal, Timestamp, Uint128, Uint256};
use palisade_math::{
    captured_tokens, equivalent_stake, loss, penalty_magnitude, scale_pending, Epochs, Magnitude,
    Part, Penalty, Position, Scaled, SharePool,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::common::{price_held, uint, worth};

const HOLDERS: usize = 4;
const LENGTH: u64 = 100;

/// How large the deposits of a history are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    Units,
    SixDecimals,
    EighteenDecimals,
}

impl Size {
    fn most(self) -> u128 {
        match self {
            Self::Units => 12,
            Self::SixDecimals => 10_u128.pow(13),
            Self::EighteenDecimals => 10_u128.pow(28),
        }
    }
}

/// One thing that somebody does. Amounts are in thousandths of what is possible.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Deposit(Index, u128),
    Undelegate(Index, u128),
    UndelegateAll(Index),
    Cancel(Index, Index, u128),
    Claim(Index),
    NextEpoch,
    Promise(Index, u128),
    Reduce(Index, u128),
    Capture(Index),
    Slash(Index, u128, u64),
    /// A service is promised all that it may have, counts it, and slashes at once.
    Drain(Index, u128),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let part = || prop_oneof![Just(0_u128), Just(1), 0..=1_000_u128, Just(1_000)];
    let who = || any::<Index>();
    prop_oneof![
        7 => (who(), part()).prop_map(|(who, part)| Step::Deposit(who, part)),
        4 => (who(), part()).prop_map(|(who, part)| Step::Undelegate(who, part)),
        1 => who().prop_map(Step::UndelegateAll),
        2 => (who(), who(), part()).prop_map(|(who, entry, part)| Step::Cancel(who, entry, part)),
        2 => who().prop_map(Step::Claim),
        2 => Just(Step::NextEpoch),
        4 => (who(), part()).prop_map(|(who, part)| Step::Promise(who, part)),
        2 => (who(), part()).prop_map(|(who, part)| Step::Reduce(who, part)),
        4 => who().prop_map(Step::Capture),
        8 => (who(), part(), 0..5_u64).prop_map(|(who, part, ago)| Step::Slash(who, part, ago)),
        5 => (who(), 900..=1_000_u128).prop_map(|(who, part)| Step::Drain(who, part)),
    ]
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    pool: SharePool,
    magnitude: Scaled,
}

#[derive(Clone, Debug)]
struct Service {
    max_slash: Decimal,
    slice: Scaled,
    /// A decrease asked for, still in the slice.
    pending: Scaled,
    /// By epoch: tokens captured, and the era in which they were.
    captured: BTreeMap<u64, (Uint128, u32)>,
}

#[derive(Clone, Debug, Default)]
struct Holder {
    position: Position,
    entries: BTreeMap<u64, Position>,
    paid_in: u128,
    paid_out: u128,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    size: Size,
    epochs: Epochs,
    epoch: u64,
    magnitude: Magnitude,
    active: SharePool,
    buckets: BTreeMap<u64, Bucket>,
    services: Vec<Service>,
    holders: Vec<Holder>,
    dust: u128,
    seized: u128,
    steps: u128,
}

impl Model {
    pub(crate) fn new(size: Size) -> Self {
        let service = |percent| Service {
            max_slash: Decimal::percent(percent),
            slice: Scaled::default(),
            pending: Scaled::default(),
            captured: BTreeMap::new(),
        };
        Self {
            size,
            epochs: Epochs::new(Timestamp::from_seconds(0), LENGTH, 3 * LENGTH).unwrap(),
            epoch: 0,
            magnitude: Magnitude::default(),
            active: SharePool::default(),
            buckets: BTreeMap::new(),
            services: [1, 5, 50, 100].map(service).to_vec(),
            holders: vec![Holder::default(); HOLDERS],
            dust: 0,
            seized: 0,
            steps: 0,
        }
    }

    pub(crate) fn play(&mut self, step: &Step) {
        self.steps += 1;
        match step {
            Step::Deposit(who, part) => self.deposit(who.index(HOLDERS), *part),
            Step::Undelegate(who, part) => {
                let who = who.index(HOLDERS);
                let worth = worth(&self.active, &self.holders[who].position);
                self.undelegate(who, thousandths(worth, *part));
            }
            Step::UndelegateAll(who) => self.undelegate(who.index(HOLDERS), u128::MAX),
            Step::Cancel(who, entry, part) => self.cancel(who.index(HOLDERS), *entry, *part),
            Step::Claim(who) => self.claim(who.index(HOLDERS)),
            Step::NextEpoch => self.epoch += 1,
            Step::Promise(service, part) => self.promise(service.index(4), *part),
            Step::Reduce(service, part) => self.reduce(service.index(4), *part),
            Step::Capture(service) => self.capture(service.index(4)),
            Step::Slash(service, part, ago) => self.slash(service.index(4), *part, *ago),
            Step::Drain(service, part) => {
                let service = service.index(4);
                self.promise(service, 1_000);
                self.capture(service);
                self.slash(service, *part, 0);
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.epochs.start(self.epoch).unwrap()
    }

    fn deposit(&mut self, who: usize, part: u128) {
        let amount = thousandths(self.size.most(), part).max(1);
        let before = self.active.clone();
        let holder = &mut self.holders[who];
        self.active
            .join(&mut holder.position, uint(amount))
            .unwrap();
        holder.paid_in += amount;
        assert!(price_held(&before, &self.active), "invariant 8: a deposit");
    }

    /// Moves up to `amount` from the active stake to this epoch's bucket.
    fn undelegate(&mut self, who: usize, amount: u128) {
        let held = (self.worths(), self.dust);
        let before = self.active.clone();
        let holder = &mut self.holders[who];
        let left = self
            .active
            .leave_exact(&mut holder.position, uint(amount))
            .unwrap();
        self.dust += left.dust.u128();
        if !left.paid.is_zero() {
            let bucket = self.buckets.entry(self.epoch).or_default();
            if bucket.pool.tokens.is_zero() {
                bucket.magnitude = self.magnitude.write(self.magnitude.value.into());
            }
            let entry = holder.entries.entry(self.epoch).or_default();
            bucket.pool.join(entry, left.paid).unwrap();
        }
        self.assert_others_kept(who, &held, &before);
    }

    /// Takes up to a part of an immature entry back into the active stake.
    fn cancel(&mut self, who: usize, entry: Index, part: u128) {
        let now = self.now();
        let held = (self.worths(), self.dust);
        let before = self.active.clone();
        let immature: Vec<u64> = self.holders[who]
            .entries
            .keys()
            .copied()
            .filter(|epoch| now < self.epochs.matures_at(*epoch).unwrap())
            .collect();
        if immature.is_empty() {
            return;
        }
        let epoch = immature[entry.index(immature.len())];
        let holder = &mut self.holders[who];
        let bucket = self.buckets.get_mut(&epoch).unwrap();
        let entry = holder.entries.get_mut(&epoch).unwrap();
        let amount = thousandths(worth(&bucket.pool, entry), part);
        let left = bucket.pool.leave_exact(entry, uint(amount)).unwrap();
        self.dust += left.dust.u128();
        if !left.paid.is_zero() {
            self.active.join(&mut holder.position, left.paid).unwrap();
        }
        self.assert_others_kept(who, &held, &before);
    }

    fn claim(&mut self, who: usize) {
        let now = self.now();
        let held = (self.worths(), self.dust);
        let before = self.active.clone();
        let holder = &mut self.holders[who];
        for (epoch, entry) in &mut holder.entries {
            if self.epochs.matures_at(*epoch).unwrap() <= now {
                let bucket = self.buckets.get_mut(epoch).unwrap();
                let left = bucket.pool.leave_all(entry).unwrap();
                self.dust += left.dust.u128();
                holder.paid_out += left.paid.u128();
            }
        }
        holder.entries.retain(|_, entry| !entry.is_empty());
        self.assert_others_kept(who, &held, &before);
    }

    /// Raises a slice by a part of what it may rise by.
    fn promise(&mut self, service: usize, part: u128) {
        let promised: u128 = (0..4).map(|other| self.slice(other)).sum();
        let free = self.magnitude.value.u128() - promised;
        let limit = self.magnitude.share(self.services[service].max_slash);
        let room = limit.unwrap().u128().saturating_sub(self.slice(service));
        let slice = self.slice(service) + thousandths(free.min(room), part);
        self.services[service].slice = self.magnitude.write(slice.into());
    }

    /// Asks for a decrease, which is what `pending` becomes.
    fn reduce(&mut self, service: usize, part: u128) {
        let pending = thousandths(self.slice(service), part);
        self.services[service].pending = self.magnitude.write(pending.into());
    }

    fn capture(&mut self, service: usize) {
        let counted = uint(self.slice(service) - self.pending(service));
        let service = &mut self.services[service];
        let captured = captured_tokens(
            self.active.tokens,
            counted,
            &self.magnitude,
            service.max_slash,
        );
        let entry = (captured.unwrap(), self.magnitude.era);
        service.captured.insert(self.epoch, entry);
    }

    /// Slashes for an infraction `ago` epochs back.
    fn slash(&mut self, service: usize, part: u128, ago: u64) {
        let infraction = self.epoch.saturating_sub(ago);
        let Some((_, (tokens, era))) = self.services[service]
            .captured
            .range(..=infraction)
            .next_back()
        else {
            return;
        };
        let max_slash = self.services[service].max_slash;
        let penalty = Penalty {
            fraction: max_slash * Decimal::permille(u64::try_from(part).unwrap()),
            max_slash,
            captured: self.magnitude.captured_in(*era, *tokens),
            slice: uint(self.slice(service)),
        };
        let now = self.now();
        let eligible: Vec<u64> = self
            .buckets
            .keys()
            .copied()
            .filter(|epoch| infraction <= *epoch)
            .filter(|epoch| now < self.epochs.matures_at(*epoch).unwrap())
            .collect();
        let parts: Vec<Part> = eligible.iter().map(|epoch| self.part(*epoch)).collect();
        let equivalent = equivalent_stake(self.active.tokens, &parts, &self.magnitude).unwrap();
        let delta = penalty_magnitude(&penalty, &self.magnitude, equivalent).unwrap();

        let before = self.clone();
        let taken = self.take(service, delta, &eligible);
        before.assert_bounds(&penalty, equivalent, taken, eligible.len());
        self.assert_isolated(&before, service, &eligible);
    }

    /// What the contracts do with a slash of `delta`.
    fn take(&mut self, service: usize, delta: Uint128, eligible: &[u64]) -> u128 {
        if delta.is_zero() {
            return 0;
        }
        let value = self.magnitude.value;
        let lost = loss(self.active.tokens, delta, value.into()).unwrap();
        let mut taken = self.active.slash(lost).unwrap().u128();
        for epoch in eligible {
            let part = self.part(*epoch);
            let bucket = self.buckets.get_mut(epoch).unwrap();
            if part.magnitude.is_zero() {
                continue;
            }
            let lost = loss(part.tokens, delta, part.magnitude).unwrap();
            taken += bucket.pool.slash(lost).unwrap().u128();
            bucket.magnitude = self.magnitude.lowered(part.magnitude, delta).unwrap();
        }
        let slice = uint(self.slice(service));
        let pending = uint(self.pending(service));
        let left = slice - delta;
        let pending = scale_pending(pending, slice, left).unwrap();
        self.services[service].slice = self.magnitude.write(left.into());
        self.services[service].pending = self.magnitude.write(pending.into());
        self.magnitude.cut(delta).unwrap();
        self.seized += taken;
        taken
    }

    fn part(&self, epoch: u64) -> Part {
        let bucket = &self.buckets[&epoch];
        Part {
            tokens: bucket.pool.tokens,
            magnitude: self.magnitude.read(&bucket.magnitude),
        }
    }

    fn slice(&self, service: usize) -> u128 {
        let stored = &self.services[service].slice;
        let slice = self.magnitude.read_slice(stored);
        // Invariant 3: no slice is above the magnitude, so nothing was cut off.
        assert_eq!(self.magnitude.read(stored), Uint256::from(slice));
        slice.u128()
    }

    fn pending(&self, service: usize) -> u128 {
        self.magnitude
            .read_slice(&self.services[service].pending)
            .u128()
    }

    /// What each holder could have, now or when it matured.
    fn worths(&self) -> Vec<u128> {
        self.holders
            .iter()
            .map(|holder| {
                let entries = holder.entries.iter();
                worth(&self.active, &holder.position)
                    + entries
                        .map(|(epoch, entry)| worth(&self.buckets[epoch].pool, entry))
                        .sum::<u128>()
            })
            .collect()
    }

    /// Everybody leaves and claims, which always works, and nothing stays.
    pub(crate) fn empty(&mut self) {
        for who in 0..HOLDERS {
            self.undelegate(who, u128::MAX);
            self.assert_sound();
        }
        self.epoch += self.epochs.live_buckets();
        for who in 0..HOLDERS {
            self.claim(who);
            self.assert_sound();
            assert_eq!(self.worths()[who], 0);
        }
        let inside: u128 = self
            .buckets
            .values()
            .map(|bucket| bucket.pool.tokens.u128())
            .sum();
        assert!(
            inside + self.active.tokens.u128() <= self.steps,
            "stranded: {self:?}"
        );
    }
}

/// `floor(amount * part / 1000)`.
fn thousandths(amount: u128, part: u128) -> u128 {
    amount / 1_000 * part + amount % 1_000 * part / 1_000
}
