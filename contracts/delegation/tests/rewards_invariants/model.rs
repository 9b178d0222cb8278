//! What everybody should have earned in one token: dealt out tick by tick, by what everybody has at the
//! tick. Amounts are in millionths of a millionth of a unit, so that its own rounding is out of sight.

use crate::common::PERIOD;

/// Seconds of a tick.
pub const TICK: u64 = 600;
const TICKS: u64 = PERIOD / TICK;
const UNIT: u128 = 10_u128.pow(12);

#[derive(Clone, Debug, Default)]
pub struct Model {
    now: u64,
    waiting: u128,
    flowing: u128,
    ticks_left: u64,
    earned: [u128; 4],
}

impl Model {
    pub fn pay(&mut self, amount: u128) {
        self.waiting += amount * UNIT;
    }

    /// One tick, through which the four stakers had these tokens.
    pub fn tick(&mut self, tokens: [u128; 4]) {
        let total: u128 = tokens.iter().sum();
        if total > 0 && self.ticks_left > 0 {
            let flown = self.flowing / u128::from(self.ticks_left);
            for (earned, tokens) in self.earned.iter_mut().zip(tokens) {
                // In two steps, for 128 bits: the parts of a unit by themselves.
                *earned += flown / total * tokens + flown % total * tokens / total;
            }
            self.flowing -= flown;
            self.ticks_left -= 1;
        }
        self.now += 1;
        if self.now.is_multiple_of(TICKS) && self.waiting > 0 {
            self.flowing += std::mem::take(&mut self.waiting);
            self.ticks_left = TICKS;
        }
    }

    /// Whole units that a staker earned.
    pub fn earned(&self, staker: usize) -> u128 {
        (self.earned[staker] + UNIT / 1_000) / UNIT
    }
}
