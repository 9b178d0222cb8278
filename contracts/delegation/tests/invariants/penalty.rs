//! Penalties, agreements on who bears them first, and the invariants about both, by formulas of
//! their own.

use cosmwasm_std::{Decimal, Timestamp, Uint256};
use palisade_math::{Magnitude, FULL_MAGNITUDE};
use palisade_types::delegation::{Cut, CutResult, SlashPools};

use crate::common::{ATOM, DAY, UNBONDING};
use crate::world::{ceil, wide, Captured, Seen, World, MAX_SLASH, OPERATORS};

/// What is punished.
pub struct Crime {
    pub service: usize,
    pub operator: usize,
    pub captured: Captured,
    /// Of the heaviest penalty.
    pub percent: u128,
}

/// What a part holds and stands for before: in each the stakers' first, then the operator's.
struct Part {
    /// None: active stake.
    epoch: Option<u64>,
    tokens: [u128; 2],
    mag: Uint256,
    /// What it would lose if all bore alike.
    nominal: [u128; 2],
}

impl Part {
    fn whole(&self) -> Uint256 {
        wide(self.tokens[0]) + wide(self.tokens[1])
    }
}

/// What must come of it.
struct Expected {
    before: Magnitude,
    parts: Vec<Part>,
    /// Epochs of all other buckets that have not matured, while something is agreed, with the
    /// operator's own tokens in them: they lose nothing of their own, but bear for the parts.
    behind: Vec<(u64, u128)>,
    weq: Uint256,
    /// p * c, in units of 10^-18 tokens.
    exact: Uint256,
    slice: Uint256,
    delta: Uint256,
    /// Of every loss in percent, what the operator bears first.
    agreed: u64,
}

impl Crime {
    fn max_slash(&self) -> Decimal {
        Decimal::percent(MAX_SLASH[self.service])
    }

    fn fraction(&self) -> Decimal {
        self.max_slash() * Decimal::percent(u64::try_from(self.percent).unwrap())
    }
}

impl World {
    /// Better at once; worse once all of this epoch and the next has matured; the last word counts.
    pub fn agree(&mut self, operator: usize, percent: u64) {
        let (agreed, pending) = self.agreement(operator);
        let known = pending.map_or(agreed, |(percent, _)| percent) == percent;
        let outcome = self.s.set_first_loss(OPERATORS[operator], percent);
        assert_eq!(outcome.is_ok(), !known, "{outcome:?}");
        if known {
            return;
        }
        self.agreed[operator] = if percent >= agreed {
            (percent, None)
        } else {
            (agreed, Some((percent, self.matures_at(self.s.epoch() + 1))))
        };
    }

    /// What is agreed now.
    pub fn agreement(&self, operator: usize) -> (u64, Option<(u64, Timestamp)>) {
        match self.agreed[operator] {
            (_, Some((percent, at))) if at <= self.s.now() => (percent, None),
            agreed => agreed,
        }
    }

    /// Invariants 4, 5 and 6.
    pub fn punish(&mut self, before: &Seen, crime: &Crime) {
        let expected = self.expect(before, crime);
        let Crime {
            service,
            operator,
            ref captured,
            ..
        } = *crime;
        let penalty = SlashPools {
            fraction: crime.fraction(),
            max_slash: crime.max_slash(),
            cuts: vec![Cut {
                asset: ATOM.to_string(),
                slice: self.slices[service][operator].clone(),
                captured: captured.tokens.into(),
                era: captured.era,
            }],
            ..self.s.penalty(OPERATORS[operator], 100, captured.at)
        };
        let result = self.s.slash(penalty).unwrap().remove(0);
        expected.check_amounts(&result);
        let left = expected.slice - expected.delta;
        self.slices[service][operator] = expected.before.write(left);
        let after = self.see();
        let (lost, behind) = expected.check_parts(before, &after, operator);
        expected.check_first_loss(&lost, &behind, result.seized.u128());
        self.no_contagion(&expected, (&lost, &behind), &after, crime);
    }

    fn expect(&self, before: &Seen, crime: &Crime) -> Expected {
        let magnitude = before.magnitude[crime.operator].clone();
        let m = wide(magnitude.value);
        let genesis = self.matures_at(0).minus_seconds(DAY + UNBONDING);
        let epoch = crime.captured.at.minus_nanos(genesis.nanos()).seconds() / DAY;
        let tranches = |tokens: u128, junior: u128| [tokens - junior, junior];
        let active = tranches(before.active[crime.operator], before.junior[crime.operator]);
        let mut parts = vec![(None, active, m)];
        let mut behind = vec![];
        let agreed = self.agreement(crime.operator).0;
        for bucket in &before.buckets[crime.operator] {
            let mag = magnitude.read(&bucket.magnitude);
            if bucket.matures_at <= self.s.now() {
                continue;
            }
            if bucket.epoch >= epoch && !mag.is_zero() {
                let tokens = tranches(bucket.tokens.u128(), bucket.junior.u128());
                parts.push((Some(bucket.epoch), tokens, mag));
            } else if agreed > 0 {
                behind.push((bucket.epoch, bucket.junior.u128()));
            }
        }
        // A bucket counts once, whoever's is in it.
        let stake = |(_, tokens, mag): &(_, [u128; 2], Uint256)| {
            ceil(wide(tokens[0] + tokens[1]) * m, *mag)
        };
        let weq: Uint256 = parts.iter().map(stake).sum();
        let in_era = crime.captured.era == magnitude.era;
        let counted = if in_era { crime.captured.tokens } else { 0 };
        let exact = wide(crime.fraction().atomics()) * wide(counted);
        let slice = magnitude.read(&self.slices[crime.service][crime.operator]);
        let delta = if weq.is_zero() {
            Uint256::zero()
        } else {
            let by_slice = ceil(slice * wide(crime.percent), wide(100_u128));
            let by_stake = ceil(exact * m, wide(FULL_MAGNITUDE) * weq);
            slice.min(by_slice).min(by_stake)
        };
        let parts = parts.into_iter().map(|(epoch, tokens, mag)| Part {
            epoch,
            tokens,
            mag,
            nominal: tokens.map(|tokens| narrow(ceil(wide(tokens) * delta, mag))),
        });
        Expected {
            parts: parts.collect(),
            behind,
            before: magnitude,
            weq,
            exact,
            slice,
            delta,
            agreed,
        }
    }

    /// Invariant 4: every other slice is what it was. What backs it is, too, where each part bore
    /// its own; what one part bore for another, of another magnitude, moves that much. What stake
    /// that left before bore for them is left of them, and backs it too.
    fn no_contagion(
        &self,
        expected: &Expected,
        (lost, behind): (&[[u128; 2]], &[u128]),
        after: &Seen,
        crime: &Crime,
    ) {
        let Expected {
            before,
            delta,
            weq,
            parts,
            ..
        } = expected;
        let magnitude = &after.magnitude[crime.operator];
        let (m, left) = (wide(before.value), wide(before.value) - delta);
        let backing = |losses: &dyn Fn(usize) -> Uint256| -> Uint256 {
            let standing = parts.iter().enumerate().filter(|(_, p)| p.mag > *delta);
            standing
                .map(|(i, p)| ceil((p.whole() - losses(i)) * left, p.mag - delta))
                .sum()
        };
        let whole = |of: [u128; 2]| wide(of[0]) + wide(of[1]);
        let alike = backing(&|i| whole(parts[i].nominal));
        let real = backing(&|i| whole(lost[i]));
        let one_mag = parts.iter().all(|part| part.mag == m);
        for other in (0..3).filter(|other| *other != crime.service) {
            let stored = &self.slices[other][crime.operator];
            let slice = before.read(stored);
            if magnitude.era != before.era {
                assert!(
                    slice.is_zero(),
                    "invariant 4: a new era only when every slice is spent"
                );
                continue;
            }
            let norms = before.norm..magnitude.norm;
            let factor = norms.fold(Uint256::one(), |factor, _| factor * wide(1_000_u128));
            assert_eq!(magnitude.read(stored), slice * factor, "invariant 4");
            let was = weq * slice / m;
            let units = wide(3 * parts.len() as u128 + 1);
            let spared = wide(behind.iter().sum::<u128>());
            let backings = [
                Some((alike, wide(0_u128))),
                one_mag.then_some((real, spared)),
            ];
            for (backing, spared) in backings.into_iter().flatten() {
                let is = backing * slice / left;
                let was = was + spared * slice / left;
                assert!(
                    was <= is + units && is <= was + units,
                    "invariant 4: {was} became {is}"
                );
            }
        }
    }
}

fn narrow(value: Uint256) -> u128 {
    cosmwasm_std::Uint128::try_from(value).unwrap().u128()
}

impl Expected {
    /// Invariant 5: as much as the formula says, and within the bounds of the design.
    fn check_amounts(&self, result: &CutResult) {
        assert_eq!(result.before, self.before);
        assert_eq!(wide(result.delta), self.delta);
        let seized = wide(result.seized);
        let nominal = self.parts.iter().flat_map(|part| part.nominal).map(wide);
        assert_eq!(seized, nominal.sum::<Uint256>(), "who pays changes no sum");
        let m = wide(self.before.value);
        // Each tranche of each part rounds for itself.
        let tranches = self.parts.iter().flat_map(|part| part.tokens);
        let units = wide(tranches.filter(|tokens| *tokens > 0).count() as u128);
        let exact = ceil(self.exact, wide(FULL_MAGNITUDE));
        assert!(seized <= exact + units + ceil(self.weq, m), "invariant 5");
        assert!(
            seized <= self.weq * self.slice / m + units,
            "invariant 5: at most the slice"
        );
        let takes = !self.exact.is_zero() && !self.slice.is_zero() && !self.weq.is_zero();
        assert_eq!(!seized.is_zero(), takes, "invariant 5: something");
    }

    /// Invariant 6: who was bonded loses, and nobody else anything, but for the operator's own by
    /// its agreement. Answers what each part lost, and what stake that left before bore for them.
    fn check_parts(
        &self,
        before: &Seen,
        after: &Seen,
        operator: usize,
    ) -> (Vec<[u128; 2]>, Vec<u128>) {
        let tranches = |tokens: u128, junior: u128| [tokens - junior, junior];
        let active = tranches(after.active[operator], after.junior[operator]);
        let mut left = vec![active];
        let mut borne = vec![];
        for bucket in &before.buckets[operator] {
            let now = after.buckets[operator]
                .iter()
                .find(|b| b.epoch == bucket.epoch);
            let tokens = now.map_or([0, 0], |b| tranches(b.tokens.u128(), b.junior.u128()));
            let epoch = Some(bucket.epoch);
            if self.parts.iter().any(|part| part.epoch == epoch) {
                left.push(tokens);
            } else if let Some((_, own)) = self.behind.iter().find(|b| b.0 == bucket.epoch) {
                let others = bucket.tokens.u128() - own;
                assert_eq!(tokens[0], others, "invariant 6: stakers who left before");
                let magnitude = now.map(|now| &now.magnitude);
                assert!(magnitude.is_none_or(|now| *now == bucket.magnitude));
                borne.push(own - tokens[1]);
            } else {
                assert_eq!(now, Some(bucket), "invariant 6: left before, or claimable");
            }
        }
        assert_eq!(after.active[1 - operator], before.active[1 - operator]);
        assert_eq!(after.junior[1 - operator], before.junior[1 - operator]);
        assert_eq!(after.buckets[1 - operator], before.buckets[1 - operator]);
        assert_eq!(after.balances, before.balances);
        let parts = self.parts.iter().zip(left);
        let lost = parts.map(|(part, left)| [0, 1].map(|i| part.tokens[i] - left[i]));
        (lost.collect(), borne)
    }

    /// First loss: what both sides bear together, and how it falls on their parts.
    fn check_first_loss(&self, lost: &[[u128; 2]], behind: &[u128], seized: u128) {
        let sum = |of: &dyn Fn(usize) -> u128| (0..self.parts.len()).map(of).sum::<u128>();
        let nominal = |tranche| sum(&|i| self.parts[i].nominal[tranche]);
        let total = nominal(0) + nominal(1);
        let stands_behind: u128 = self.behind.iter().map(|(_, own)| own).sum();
        let own = sum(&|i| self.parts[i].tokens[1]) + stands_behind;
        let agreed = (total * u128::from(self.agreed)).div_ceil(100);
        let junior = own.min(total).min(nominal(1).max(agreed));
        let borne = sum(&|i| lost[i][1]) + behind.iter().sum::<u128>();
        assert_eq!(borne, junior, "the operator's own stake");
        assert_eq!(sum(&|i| lost[i][0]), total - junior, "the stakers'");
        assert_eq!(total, seized);
        // In proportion: the stakers to nominal losses, the operator to what is left after its own.
        let within = |part: u128, all: u128, weight: u128, weights: u128| {
            let share = |part: u128| wide(part) * wide(weights);
            let exact = wide(all) * wide(weight);
            assert!(share(part) <= exact + wide(weights) && exact <= share(part + 1));
        };
        let rooms = own - nominal(1);
        for ((_, own), borne) in self.behind.iter().zip(behind) {
            within(*borne, junior - nominal(1), *own, rooms);
        }
        for (part, lost) in self.parts.iter().zip(lost) {
            assert!(lost[0] <= part.nominal[0], "never more than nominal");
            assert!(lost[1] >= part.nominal[1]);
            within(lost[0], total - junior, part.nominal[0], nominal(0));
            let room = part.tokens[1] - part.nominal[1];
            within(lost[1] - part.nominal[1], junior - nominal(1), room, rooms);
        }
    }
}
