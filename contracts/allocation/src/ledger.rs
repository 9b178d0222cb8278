//! What all services together may take of a pool: the sum of slices, and the commitment cap.

use cosmwasm_std::{Addr, Decimal, StdResult, Storage, Timestamp, Uint128, Uint256};
use palisade_math::{within_cap, Magnitude};

use crate::state::{Commitment, COMMITMENTS};
use crate::ContractError;

/// Sum and recent slashes of one pool, in its present unit.
pub(crate) struct Ledger {
    asset: String,
    pool: Magnitude,
    sum: Uint128,
    slashed: Uint128,
    slashed_until: u64,
}

impl Ledger {
    /// Reads a pool's ledger against its present magnitude.
    pub(crate) fn load(
        storage: &dyn Storage,
        operator: &Addr,
        asset: &str,
        pool: &Magnitude,
        now: Timestamp,
    ) -> StdResult<Self> {
        let stored = COMMITMENTS
            .may_load(storage, (operator, asset))?
            .unwrap_or_default();
        Ok(Self::read(stored, asset, pool, now))
    }

    pub(crate) fn read(stored: Commitment, asset: &str, pool: &Magnitude, now: Timestamp) -> Self {
        let slashed = if now.seconds() < stored.slashed_until {
            // Past 128 bits nothing more could be promised anyway.
            Uint128::try_from(pool.read(&stored.slashed)).unwrap_or(Uint128::MAX)
        } else {
            Uint128::zero()
        };
        Self {
            asset: asset.to_string(),
            pool: pool.clone(),
            sum: pool.read_slice(&stored.sum),
            slashed,
            slashed_until: stored.slashed_until,
        }
    }

    pub(crate) fn sum(&self) -> Uint128 {
        self.sum
    }

    pub(crate) fn slashed(&self) -> Uint128 {
        self.slashed
    }

    /// Exchanges what one slice counted for what it counts now. A rise is refused past the pool
    /// or past the operator's cap.
    pub(crate) fn exchange(
        &mut self,
        before: Uint128,
        after: Uint128,
        cap: Decimal,
    ) -> Result<(), ContractError> {
        if after <= before {
            self.release(before, after);
            return Ok(());
        }
        self.sum = self.sum.saturating_sub(before).checked_add(after)?;
        self.check(cap)
    }

    /// Exchanges what one slice counted for something smaller. Cannot fail: a slash depends on it.
    pub(crate) fn release(&mut self, before: Uint128, after: Uint128) {
        self.sum = self.sum.saturating_sub(before.saturating_sub(after));
    }

    /// Refuses a sum past the pool, or past the cap on the pool as it was before it was slashed.
    pub(crate) fn check(&self, cap: Decimal) -> Result<(), ContractError> {
        if self.sum > self.pool.value {
            return Err(ContractError::OverCommitted {
                asset: self.asset.clone(),
                committed: self.sum,
                magnitude: self.pool.value,
            });
        }
        if !within_cap(self.sum, self.slashed, &self.pool, cap)? {
            return Err(ContractError::CapExceeded {
                asset: self.asset.clone(),
                committed: self.sum,
                slashed: self.slashed,
                magnitude: self.pool.value,
                cap,
            });
        }
        Ok(())
    }

    /// Notes a slash: it counts against the cap until everybody could have left.
    pub(crate) fn spend(&mut self, delta: Uint128, counts_until: u64) {
        if !delta.is_zero() {
            self.slashed = self.slashed.saturating_add(delta);
            self.slashed_until = counts_until;
        }
    }

    /// Writes the ledger back; an empty one is removed.
    pub(crate) fn save(&self, storage: &mut dyn Storage, operator: &Addr) -> StdResult<()> {
        let key = (operator, self.asset.as_str());
        if self.sum.is_zero() && self.slashed.is_zero() {
            COMMITMENTS.remove(storage, key);
            return Ok(());
        }
        COMMITMENTS.save(
            storage,
            key,
            &Commitment {
                sum: self.pool.write(Uint256::from(self.sum)),
                slashed: self.pool.write(Uint256::from(self.slashed)),
                slashed_until: self.slashed_until,
            },
        )
    }
}
