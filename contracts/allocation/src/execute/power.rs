//! What an operator counts with at a service.

use cosmwasm_std::Uint128;
use palisade_math::{asset_value, captured_tokens, Magnitude, MathError};
use palisade_types::allocation::ServiceTerms;
use palisade_types::asset::Price;
use palisade_types::delegation::Stake;

use crate::state::{Capture, CapturedPart, Slice};

/// What stands behind one operator, in the order of the service's assets.
#[derive(Clone, Copy)]
pub(crate) struct Backing<'a> {
    pub(crate) terms: &'a ServiceTerms,
    pub(crate) prices: &'a [Price],
    pub(crate) stakes: &'a [Stake],
}

/// What an operator counts with: captured tokens per asset, and their value each and together.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) parts: Vec<CapturedPart>,
    pub(crate) values: Vec<Uint128>,
    pub(crate) value: Uint128,
}

/// What an asset whose rate is stale may count.
#[derive(Clone, Copy)]
pub(crate) enum Stale<'a> {
    /// No more than it counted before: for power.
    AsBefore(Option<&'a Capture>),
    /// What the last good rate says: for the rank of who is in already.
    ByLastRate,
}

impl Stale<'_> {
    fn most(&self, index: usize, pool: &Magnitude) -> Uint128 {
        match self {
            Stale::AsBefore(capture) => capture
                .and_then(|capture| capture.parts.get(index))
                .map_or(Uint128::zero(), |part| {
                    pool.captured_in(part.era, part.tokens)
                }),
            Stale::ByLastRate => Uint128::MAX,
        }
    }
}

impl Backing<'_> {
    /// The pool of an asset of the service.
    pub(crate) fn pool(&self, asset: &str) -> Option<&Magnitude> {
        let index = self.terms.assets.iter().position(|a| a == asset)?;
        self.stakes.get(index).map(|stake| &stake.magnitude)
    }

    /// Nothing of any asset.
    pub(crate) fn nothing(&self) -> Count {
        Count {
            parts: vec![CapturedPart::default(); self.terms.assets.len()],
            ..Count::default()
        }
    }

    /// Counts slices as `view` sees them. What an asset whose rate is stale counts is up to `stale`;
    /// below the service's least power nothing counts.
    pub(crate) fn count(
        &self,
        slices: &[Slice],
        stale: Stale,
        view: fn(&Slice, &Magnitude) -> Uint128,
    ) -> Result<Count, MathError> {
        let mut count = Count::default();
        for (index, (price, stake)) in self.prices.iter().zip(self.stakes).enumerate() {
            let era = stake.magnitude.era;
            let mut tokens = match slices.iter().find(|slice| slice.asset == price.asset) {
                Some(slice) => captured_tokens(
                    stake.tokens,
                    view(slice, &stake.magnitude),
                    &stake.magnitude,
                    self.terms.max_slash,
                )?,
                None => Uint128::zero(),
            };
            if !price.fresh {
                tokens = tokens.min(stale.most(index, &stake.magnitude));
            }
            let value = asset_value(tokens, price.rate, price.weight)?;
            count.value = count.value.checked_add(value)?;
            count.values.push(value);
            count.parts.push(CapturedPart { tokens, era });
        }
        if count.value.is_zero() || count.value < self.terms.min_power {
            return Ok(self.nothing());
        }
        Ok(count)
    }
}
