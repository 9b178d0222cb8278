//! Penalties that are borne once, as the largest (`docs/math.md`, tombstones).
//!
//! An operator that is out for good may have incurred several penalties that say so. Each takes what
//! it exceeds by what the former ones took, so that the sum is that of the largest, whatever the
//! order in which they are reported: the offender must not gain by reporting a small one first, and
//! must not pay twice.
//!
//! ```
//! use cosmwasm_std::{Decimal, Uint128};
//! use palisade_math::{Borne, Magnitude};
//!
//! // 1,000 tokens were captured, the slice is the service's heaviest penalty of 5 %.
//! let (pool, m) = (Magnitude::default(), Decimal::percent(5));
//! let slice = pool.share(m)?;
//! // A penalty of 1 % came first: it took 10 tokens, a fifth of the slice.
//! let taken = pool.share(Decimal::percent(1))?;
//! let mut borne = Borne::default();
//! borne.add(&pool, taken, Uint128::new(10))?;
//! let left = pool.write((slice - taken).into());
//! // One of 5 % finds 800 of the 1,000 tokens left to be punished for: 40 tokens, which makes 50.
//! let rest = borne.excess(m, m, Uint128::new(1_000), &left)?;
//! assert_eq!(rest, Some((Uint128::new(800), left.clone())));
//! // Another one of 1 % finds nothing.
//! assert_eq!(borne.excess(Decimal::percent(1), m, Uint128::new(1_000), &left)?, None);
//! # Ok::<(), palisade_math::MathError>(())
//! ```

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Decimal, Uint128, Uint256};

use crate::wide::{atomics, check_at_most, mul_div_floor, narrow, ONE};
use crate::{Magnitude, MathError, Scaled, FULL_MAGNITUDE};

/// What penalties that are borne once took so far, for one service and asset.
#[cw_serde]
#[derive(Default)]
pub struct Borne {
    /// Tokens taken, in units of the asset.
    #[serde(rename = "t")]
    pub tokens: Uint128,
    /// Magnitude taken, in the unit of the pool when it was last taken; what was borne in an older
    /// era counts for nothing, for the slice that it was taken from is spent.
    #[serde(rename = "b")]
    pub slice: Scaled,
}

impl Borne {
    /// Adds what a penalty took: `delta` in magnitude, `tokens` in units of the asset. `pool` is the
    /// magnitude before its cut. What was borne in an older era is forgotten. Exact.
    ///
    /// # Errors
    /// None on amounts that this crate made.
    pub fn add(
        &mut self,
        pool: &Magnitude,
        delta: Uint128,
        tokens: Uint128,
    ) -> Result<(), MathError> {
        let before = if self.slice.era == pool.era {
            self.tokens
        } else {
            Uint128::zero()
        };
        self.tokens = before.checked_add(tokens)?;
        let sum = pool.read(&self.slice).checked_add(Uint256::from(delta))?;
        self.slice = pool.write(sum);
        Ok(())
    }

    /// The captured tokens and the slice of which a further penalty of `fraction` (p, at most
    /// `max_slash` m) takes only what it exceeds the former ones by:
    ///
    /// ```text
    /// captured' = c - floor(tokens / p)
    /// slice'    = b - floor(magnitude * (m - p) / p)
    /// ```
    ///
    /// With [`crate::penalty_magnitude`] that is `p * min((b + magnitude) / m, c * M / Weq)` less
    /// `magnitude`: what the penalty would take of the slice as it was before the former ones, less
    /// what they took. None if that is nothing.
    ///
    /// `slice` is b as stored, and what is returned is in the same unit. Both quotients round down,
    /// in favour of the service, by less than one unit of what is taken.
    ///
    /// # Errors
    /// [`MathError::InvalidFraction`] for a fraction above `max_slash`.
    pub fn excess(
        &self,
        fraction: Decimal,
        max_slash: Decimal,
        captured: Uint128,
        slice: &Scaled,
    ) -> Result<Option<(Uint128, Scaled)>, MathError> {
        check_at_most("penalty", fraction, max_slash)?;
        if fraction.is_zero() {
            return Ok(None);
        }
        let (p, m) = (atomics(fraction), atomics(max_slash));
        // A slice is written whenever something of it is taken: never in an older unit.
        let unit = Magnitude {
            value: Uint128::new(FULL_MAGNITUDE),
            era: slice.era,
            norm: slice.norm,
        };
        let (tokens, magnitude) = if self.slice.era == slice.era {
            (self.tokens, unit.read(&self.slice))
        } else {
            (Uint128::zero(), Uint256::zero())
        };
        let captured = Uint256::from(captured).saturating_sub(mul_div_floor(tokens, ONE, p)?);
        let slack = mul_div_floor(magnitude, m.checked_sub(p)?, p)?;
        let value = slice.value.saturating_sub(slack);
        if captured.is_zero() || value.is_zero() {
            return Ok(None);
        }
        Ok(Some((narrow(captured)?, unit.write(value))))
    }
}
