//! How one slice changes with time, with its owner's wishes, and with a slash.

use cosmwasm_std::{Decimal, Timestamp, Uint128, Uint256};
use palisade_math::{scale_pending, Magnitude, MathError, Scaled};

use crate::state::{Config, Pending, Slice};

impl Slice {
    /// Nothing of an asset.
    pub(crate) fn new(asset: &str) -> Self {
        Self {
            asset: asset.to_string(),
            value: Scaled::default(),
            pending: None,
            borne: None,
        }
    }

    /// The slice b now, in the pool's present unit.
    pub(crate) fn now(&self, pool: &Magnitude) -> Uint128 {
        pool.read_slice(&self.value)
    }

    /// What the slice is to become, if a change is on its way.
    pub(crate) fn target(&self, pool: &Magnitude) -> Option<Uint128> {
        match &self.pending {
            Some(Pending::Up { target, .. } | Pending::Down { target, .. }) => {
                Some(pool.read_slice(target))
            }
            None => None,
        }
    }

    /// b': what counts for power, which is the slice less any decrease asked for.
    pub(crate) fn counting(&self, pool: &Magnitude) -> Uint128 {
        let now = self.now(pool);
        self.target(pool).map_or(now, |target| target.min(now))
    }

    /// What counts as promised: the slice, or an increase under way in full.
    pub(crate) fn promised(&self, pool: &Magnitude) -> Uint128 {
        let now = self.now(pool);
        self.target(pool).map_or(now, |target| target.max(now))
    }

    /// What would count for power once an increase took effect.
    pub(crate) fn intended(&self, pool: &Magnitude) -> Uint128 {
        self.target(pool).unwrap_or_else(|| self.now(pool))
    }

    /// Whether a change is due, which needs the pool's magnitude to settle.
    pub(crate) fn due(&self, config: &Config, now: Timestamp) -> bool {
        self.effective_at(config).is_some_and(|at| at <= now)
    }

    /// When the change under way takes effect, as far as that is known.
    pub(crate) fn effective_at(&self, config: &Config) -> Option<Timestamp> {
        match self.pending {
            Some(Pending::Up { at, .. }) => Some(at),
            Some(Pending::Down {
                asked_at, acked_at, ..
            }) => {
                let latest = asked_at.plus_seconds(config.max_lag);
                let start = acked_at.map_or(latest, |acked| acked.min(latest));
                Some(start.plus_seconds(config.deallocation_delay))
            }
            None => None,
        }
    }

    /// Lets a change that is due take effect. An increase is measured anew against the pool:
    /// never more than `max_slash` of what it is now.
    pub(crate) fn settle(
        &mut self,
        pool: &Magnitude,
        max_slash: Decimal,
        config: &Config,
        now: Timestamp,
    ) -> Result<(), MathError> {
        if !self.due(config, now) {
            return Ok(());
        }
        let present = self.now(pool);
        let target = self.target(pool).unwrap_or(present);
        let settled = match self.pending {
            Some(Pending::Up { .. }) => target.min(pool.share(max_slash)?).max(present),
            _ => target.min(present),
        };
        self.value = pool.write(Uint256::from(settled));
        self.pending = None;
        Ok(())
    }

    /// Aims at `target`; a change that was under way is forgotten. Back to what it is: at once.
    pub(crate) fn aim(
        &mut self,
        pool: &Magnitude,
        target: Uint128,
        config: &Config,
        now: Timestamp,
    ) {
        let present = self.now(pool);
        let written = pool.write(Uint256::from(target));
        self.pending = match target.cmp(&present) {
            std::cmp::Ordering::Greater => Some(Pending::Up {
                target: written,
                at: now.plus_seconds(config.allocation_delay),
            }),
            std::cmp::Ordering::Less => Some(Pending::Down {
                target: written,
                asked_at: now,
                told_by: None,
                acked_at: None,
            }),
            std::cmp::Ordering::Equal => None,
        };
    }

    /// Spends `delta`; a change under way falls in proportion. `pool` is the magnitude before the
    /// slash.
    pub(crate) fn spend(&mut self, pool: &Magnitude, delta: Uint128) -> Result<(), MathError> {
        let before = self.now(pool);
        self.value = pool.lowered(before.into(), delta)?;
        if let Some(Pending::Up { target, .. } | Pending::Down { target, .. }) = &mut self.pending {
            let after = before.checked_sub(delta)?;
            let scaled = scale_pending(pool.read_slice(target), before, after)?;
            *target = pool.write(Uint256::from(scaled));
        }
        Ok(())
    }

    /// Notes that the lower power was told in `update_id`. True if a decrease waits for the
    /// acknowledgement of it, for the first time or still.
    pub(crate) fn tell(&mut self, update_id: u64) -> bool {
        match &mut self.pending {
            Some(Pending::Down {
                told_by,
                acked_at: None,
                ..
            }) => {
                told_by.get_or_insert(update_id);
                true
            }
            _ => false,
        }
    }

    /// Starts the clock of a decrease that was told in `update_id` or before. True if it did.
    pub(crate) fn acknowledge(&mut self, update_id: u64, now: Timestamp) -> bool {
        match &mut self.pending {
            Some(Pending::Down {
                told_by: Some(told),
                acked_at,
                ..
            }) if *told <= update_id && acked_at.is_none() => {
                *acked_at = Some(now);
                true
            }
            _ => false,
        }
    }

    /// Whether a decrease waits to be told.
    pub(crate) fn untold_decrease(&self) -> bool {
        matches!(&self.pending, Some(Pending::Down { told_by: None, .. }))
    }
}
