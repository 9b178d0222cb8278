//! What is in force of what is stored, and the limits that follow from the periods.

use cosmwasm_std::Timestamp;
use palisade_types::slashing::EXECUTION_PAUSE_LIMIT;

use super::{Config, Policies, Policy, Service};

impl Service {
    /// The service with the settings in force.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        match self.change.take() {
            Some(change) if change.at <= now => {
                let former = std::mem::replace(&mut self.settings, change.settings);
                if former.chain_id != self.settings.chain_id {
                    self.former_chain = former.chain_id.zip(Some(change.until));
                }
            }
            change => self.change = change,
        }
        self
    }
}

impl Policies {
    /// The penalty for an infraction at some time.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> Option<Policy> {
        let in_force = self.versions.iter().rfind(|v| v.from <= time);
        in_force?.policy.clone()
    }
}

impl Config {
    /// The longest pause of executions, in seconds: half of the time that a request has for its
    /// execution, so that one that the pause held up is executed before its stake leaves.
    #[must_use]
    pub fn pause_limit(&self) -> u64 {
        self.execution_grace
            .saturating_div(2)
            .min(EXECUTION_PAUSE_LIMIT)
    }

    /// The longest evidence age, in seconds, by the timing rule: evidence age, bouncing, the veto
    /// window and executing together are at most the unbonding period, so that what left in the epoch
    /// of the infraction or later does not leave before its slash. None: the delays alone are longer.
    #[must_use]
    pub fn evidence_limit(&self, window: u64) -> Option<u64> {
        self.unbonding_period
            .checked_sub(self.bounce_max)?
            .checked_sub(window)?
            .checked_sub(self.execution_grace)
    }
}
