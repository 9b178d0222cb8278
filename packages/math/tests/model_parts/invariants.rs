//! What holds of the model at any time, and through each step.

use cosmwasm_std::{Uint256, Uint512};
use palisade_math::{Part, Penalty, SharePool, FULL_MAGNITUDE, RENORMALIZE_BELOW};

use super::{Model, HOLDERS};
use crate::common::{assert_sound, price_held, wide};

impl Model {
    /// Invariants 7 and 8: what one does costs no other anything, but when so
    /// little stays that it becomes dust.
    pub(super) fn assert_others_kept(
        &self,
        who: usize,
        before: &(Vec<u128>, u128),
        active: &SharePool,
    ) {
        let renewed = active.generation != self.active.generation;
        assert!(
            renewed || price_held(active, &self.active),
            "invariant 8: a leave"
        );
        let after = self.worths();
        let (before, dust) = (&before.0, self.dust - before.1);
        for other in (0..HOLDERS).filter(|other| *other != who) {
            assert!(
                after[other] + dust >= before[other],
                "invariant 8: {other} had {} and has {}",
                before[other],
                after[other]
            );
        }
        // Who moves its own stake about loses a unit or two to rounding, at
        // each pool it passes, and gains no more than others left behind.
        let holder = &self.holders[who];
        assert!(
            after[who] + holder.paid_out <= holder.paid_in + self.steps,
            "invariant 7"
        );
    }

    /// Invariant 5, asked of the model as it was before the slash.
    pub(super) fn assert_bounds(
        &self,
        penalty: &Penalty,
        equivalent: Uint256,
        taken: u128,
        buckets: usize,
    ) {
        let round = |a: Uint512, b: Uint512| (a + b - Uint512::one()) / b;
        let one = wide(FULL_MAGNITUDE);
        let value = wide(self.magnitude.value);
        let parts = wide(buckets as u128 + 1);
        let due = round(
            wide(penalty.fraction.atomics()) * wide(penalty.captured),
            one,
        );
        let unit = round(wide(equivalent), value);
        assert!(
            wide(taken) <= due + parts + unit,
            "invariant 5: {taken} for {due}"
        );
        let slice = round(wide(equivalent) * wide(penalty.slice), value);
        assert!(
            wide(taken) <= slice + parts,
            "invariant 5: {taken} of a slice of {slice}"
        );
        let anything = !due.is_zero() && !slice.is_zero();
        assert_eq!(
            taken > 0,
            anything,
            "invariant 5: {penalty:?} of {equivalent}"
        );
    }

    /// Invariant 4: every other slice is what it was, and so is what backs it,
    /// but for one unit of each part (in millionths of a unit here).
    pub(super) fn assert_isolated(&self, before: &Self, slasher: usize, eligible: &[u64]) {
        for other in (0..4).filter(|other| *other != slasher) {
            let stored = &self.services[other].slice;
            assert_eq!(stored, &before.services[other].slice, "invariant 4");
            if self.magnitude.era != before.magnitude.era {
                assert_eq!(before.slice(other), 0, "invariant 4: spent by another");
                continue;
            }
            for epoch in eligible {
                let backing = backing(self.part(*epoch), self.slice(other));
                let was = backing_of(before, *epoch, other);
                assert!(
                    backing <= was + Uint512::one(),
                    "invariant 4: {was} {backing}"
                );
                assert!(
                    backing + wide(1_000_001_u128) >= was,
                    "invariant 4: {was} {backing}"
                );
            }
            let active = |model: &Self| Part {
                tokens: model.active.tokens,
                magnitude: model.magnitude.value.into(),
            };
            let was = backing(active(before), before.slice(other));
            let is = backing(active(self), self.slice(other));
            assert!(is <= was + Uint512::one(), "invariant 4: {was} {is}");
            assert!(is + wide(1_000_001_u128) >= was, "invariant 4: {was} {is}");
        }
    }

    pub(crate) fn assert_sound(&self) {
        assert_sound(&self.active);
        self.buckets
            .values()
            .for_each(|bucket| assert_sound(&bucket.pool));

        // Invariant 1: every token is somewhere.
        let paid_in: u128 = self.holders.iter().map(|holder| holder.paid_in).sum();
        let paid_out: u128 = self.holders.iter().map(|holder| holder.paid_out).sum();
        let buckets: u128 = self
            .buckets
            .values()
            .map(|bucket| bucket.pool.tokens.u128())
            .sum();
        let inside = self.active.tokens.u128() + buckets;
        assert_eq!(
            paid_in,
            inside + paid_out + self.seized + self.dust,
            "invariant 1"
        );
        let worths = self.worths();
        assert!(
            worths.iter().sum::<u128>() <= inside,
            "invariant 1: more owed than there"
        );

        // Invariant 2: nobody has more than it put in, and a unit an operation.
        for (holder, worth) in self.holders.iter().zip(worths) {
            let limit = holder.paid_in + self.steps;
            assert!(holder.paid_out + worth <= limit, "invariant 2: {holder:?}");
        }

        // Invariant 3: promises are within the magnitude, decreases within slices.
        let value = self.magnitude.value.u128();
        assert!(
            (RENORMALIZE_BELOW..=FULL_MAGNITUDE).contains(&value),
            "invariant 3"
        );
        let promised: u128 = (0..4).map(|service| self.slice(service)).sum();
        assert!(promised <= value, "invariant 3: {promised} of {value}");
        for service in 0..4 {
            assert!(self.pending(service) <= self.slice(service), "invariant 3");
        }
        // A bucket stands for at least as much as its pool, or for nothing.
        for epoch in self.buckets.keys() {
            let magnitude = self.part(*epoch).magnitude;
            assert!(magnitude.is_zero() || magnitude >= self.magnitude.value.into());
        }
    }
}

/// What of a part backs a slice, in millionths of a unit, rounded down.
fn backing(part: Part, slice: u128) -> Uint512 {
    if part.magnitude.is_zero() {
        return Uint512::zero();
    }
    wide(part.tokens) * wide(slice) * wide(1_000_000_u128) / wide(part.magnitude)
}

fn backing_of(model: &Model, epoch: u64, service: usize) -> Uint512 {
    backing(model.part(epoch), model.slice(service))
}
