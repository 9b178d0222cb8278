//! Verbs of penalties, and of who bears them first.

use cosmwasm_std::{from_json, Decimal, Timestamp};
use palisade_math::{Magnitude, FULL_MAGNITUDE};
use palisade_types::delegation::{
    Cut, CutResult, ExecuteMsg, OperatorResponse, QueryMsg, SlashPools, SlashResult,
};

use super::{burnt, Outcome, Suite};

impl Suite {
    /// Publishes the share, in percent, of every loss that the operator's own stake bears first.
    pub fn set_first_loss(&mut self, operator: &str, percent: u64) -> Outcome {
        let share = Decimal::percent(percent);
        self.execute(operator, &ExecuteMsg::SetFirstLoss { share })
    }

    /// What an operator bears first, and what is on its way.
    pub fn first_loss(&self, operator: &str) -> (Decimal, Option<(Decimal, Timestamp)>) {
        let found: OperatorResponse = self.query(&QueryMsg::Operator {
            operator: self.who(operator).to_string(),
        });
        (found.first_loss, found.pending_first_loss)
    }

    pub fn slash(&mut self, msg: SlashPools) -> anyhow::Result<Vec<CutResult>> {
        let response = self.execute("allocation", &ExecuteMsg::Slash(msg))?;
        let result: SlashResult = from_json(response.data.unwrap())?;
        Ok(result.cuts)
    }

    /// A slash of one asset by a service with a slice of `percent` of a fresh pool, which is its
    /// `max_slash`, for an infraction while the update of `since` was in force.
    pub fn slash_percent(
        &mut self,
        operator: &str,
        asset: &str,
        percent: u64,
        captured: u128,
        since: Timestamp,
    ) -> CutResult {
        let penalty = self.penalty(operator, percent, since);
        let cut = self.cut(operator, asset, percent, captured);
        let result = self.slash(SlashPools {
            cuts: vec![cut],
            ..penalty
        });
        result.unwrap().remove(0)
    }

    /// A penalty of `percent`, the most that the service may take, without cuts.
    pub fn penalty(&self, operator: &str, percent: u64, since: Timestamp) -> SlashPools {
        SlashPools {
            operator: self.who(operator).to_string(),
            since,
            fraction: Decimal::percent(percent),
            max_slash: Decimal::percent(percent),
            cuts: vec![],
            payees: vec![burnt()],
        }
    }

    /// A cut for a slice of `percent` of a full pool, in the pool's present era and unit, or of as
    /// much as is left of it.
    pub fn cut(&self, operator: &str, asset: &str, percent: u64, captured: u128) -> Cut {
        let magnitude = self
            .pool(operator, asset)
            .map_or(Magnitude::default(), |pool| pool.magnitude);
        let slice = (FULL_MAGNITUDE / 100 * u128::from(percent)).min(magnitude.value.u128());
        Cut {
            asset: asset.to_string(),
            slice: magnitude.write(slice.into()),
            captured: captured.into(),
            era: magnitude.era,
        }
    }
}
