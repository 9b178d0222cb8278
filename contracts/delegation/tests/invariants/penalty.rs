//! Penalties, and the invariants about them, by formulas of their own.

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
    pub infraction: Timestamp,
    /// Of the heaviest penalty.
    pub percent: u128,
}

/// What a part stands for before, and what it must lose.
struct Part {
    /// None: active stake.
    epoch: Option<u64>,
    tokens: Uint256,
    mag: Uint256,
    loss: Uint256,
}

/// What must come of it.
struct Expected {
    before: Magnitude,
    parts: Vec<Part>,
    weq: Uint256,
    /// p * c, in units of 10^-18 tokens.
    exact: Uint256,
    slice: Uint256,
    delta: Uint256,
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
    /// Invariants 4, 5 and 6.
    pub fn punish(&mut self, before: &Seen, crime: &Crime) {
        let expected = self.expect(before, crime);
        let Crime {
            service,
            operator,
            ref captured,
            infraction,
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
            ..self.s.penalty(OPERATORS[operator], 100, infraction)
        };
        let result = self.s.slash(penalty).unwrap().remove(0);
        expected.check_amounts(&result);
        let left = expected.slice - expected.delta;
        self.slices[service][operator] = expected.before.write(left);
        let after = self.see();
        expected.check_parts(before, &after, operator);
        self.no_contagion(&expected, &after, crime);
    }

    fn expect(&self, before: &Seen, crime: &Crime) -> Expected {
        let magnitude = before.magnitude[crime.operator].clone();
        let m = wide(magnitude.value);
        let genesis = self.matures_at(0).minus_seconds(DAY + UNBONDING);
        let epoch = crime.infraction.minus_nanos(genesis.nanos()).seconds() / DAY;
        let mut parts = vec![(None, before.active[crime.operator], m)];
        for bucket in &before.buckets[crime.operator] {
            let mag = magnitude.read(&bucket.magnitude);
            let bonded = bucket.epoch >= epoch && bucket.matures_at > self.s.now();
            if bonded && !mag.is_zero() {
                parts.push((Some(bucket.epoch), bucket.tokens.u128(), mag));
            }
        }
        let stake = |(_, tokens, mag): &(_, u128, Uint256)| ceil(wide(*tokens) * m, *mag);
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
            tokens: wide(tokens),
            mag,
            loss: ceil(wide(tokens) * delta, mag),
        });
        Expected {
            parts: parts.collect(),
            before: magnitude,
            weq,
            exact,
            slice,
            delta,
        }
    }

    /// Invariant 4: every other slice is what it was, and so is what backs it.
    fn no_contagion(&self, expected: &Expected, after: &Seen, crime: &Crime) {
        let Expected {
            before,
            delta,
            weq,
            parts,
            ..
        } = expected;
        let magnitude = &after.magnitude[crime.operator];
        let (m, left) = (wide(before.value), wide(before.value) - delta);
        let standing = parts.iter().filter(|part| part.mag > *delta);
        let backing: Uint256 = standing
            .map(|part| ceil((part.tokens - part.loss) * left, part.mag - delta))
            .sum();
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
            let (was, is) = (weq * slice / m, backing * slice / left);
            let parts = wide(2 * parts.len() as u128 + 1);
            assert!(
                was <= is + parts && is <= was + parts,
                "invariant 4: {was} became {is}"
            );
        }
    }
}

impl Expected {
    /// Invariant 5: as much as the formula says, and within the bounds of the design.
    fn check_amounts(&self, result: &CutResult) {
        assert_eq!(result.before, self.before);
        assert_eq!(wide(result.delta), self.delta);
        let seized = wide(result.seized);
        assert_eq!(
            seized,
            self.parts.iter().map(|part| part.loss).sum::<Uint256>()
        );
        let m = wide(self.before.value);
        let parts = wide(self.parts.len() as u128);
        let exact = ceil(self.exact, wide(FULL_MAGNITUDE));
        assert!(seized <= exact + parts + ceil(self.weq, m), "invariant 5");
        assert!(
            seized <= self.weq * self.slice / m + parts,
            "invariant 5: at most the slice"
        );
        let takes = !self.exact.is_zero() && !self.slice.is_zero() && !self.weq.is_zero();
        assert_eq!(!seized.is_zero(), takes, "invariant 5: something");
    }

    /// Invariant 6: who was bonded pays its share, and nobody else anything.
    fn check_parts(&self, before: &Seen, after: &Seen, operator: usize) {
        let left = |part: &Part| part.tokens - part.loss;
        assert_eq!(
            wide(after.active[operator]),
            left(&self.parts[0]),
            "invariant 6"
        );
        for bucket in &before.buckets[operator] {
            let now = after.buckets[operator]
                .iter()
                .find(|b| b.epoch == bucket.epoch);
            match self
                .parts
                .iter()
                .find(|part| part.epoch == Some(bucket.epoch))
            {
                Some(part) => {
                    let tokens = now.map_or(0, |bucket| bucket.tokens.u128());
                    assert_eq!(wide(tokens), left(part), "invariant 6");
                }
                None => assert_eq!(now, Some(bucket), "invariant 6: left before, or claimable"),
            }
        }
        assert_eq!(after.active[1 - operator], before.active[1 - operator]);
        assert_eq!(after.buckets[1 - operator], before.buckets[1 - operator]);
        assert_eq!(after.balances, before.balances);
    }
}
