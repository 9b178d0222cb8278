//! Why a slash is refused for good.

use cosmwasm_schema::cw_serde;
use palisade_ibc::SlashAck;
use thiserror::Error;

/// Why a slash is refused for good. Kept under its nonce, so it holds nothing that the consumer
/// wrote: only the reason in the answer is long.
#[cw_serde]
#[derive(Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The service has no penalty for this kind.
    #[error("the service has no penalty for this kind of infraction")]
    Kind {},
    /// Later than now and the clock skew.
    #[error("the infraction is in the future")]
    Future {},
    /// Older than the service's evidence age.
    #[error("the infraction is older than the {evidence_age} seconds of the service")]
    Expired {
        /// The service's evidence age, in seconds.
        evidence_age: u64,
    },
    /// An update that was never made.
    #[error("there is no such update: updates are 1 to {last}")]
    Update {
        /// The last one made.
        last: u64,
    },
    /// No such operator or key in this service.
    #[error("no operator of this service has that address or key")]
    Offender {},
    /// The operator counted with nothing.
    #[error("the operator counted with no tokens at that update")]
    NothingCaptured {},
    /// The infraction came before the update that it names was made.
    #[error("the infraction is older than the update it names")]
    BeforeUpdate {},
    /// The service was stopped before.
    #[error("the service was stopped before the infraction")]
    Stopped {},
    /// No update is known to have been applied before the height.
    #[error("no update was acknowledged as applied before that height")]
    NotInForce {},
    /// The service has no chain id that votes could be checked for.
    #[error("the service registered no chain id, so that nothing can be proved")]
    NotProvable {},
    /// Evidence of something else, or of nothing.
    #[error("the evidence does not prove the infraction that is reported")]
    Evidence {},
}

impl Refusal {
    /// The answer that says it.
    #[must_use]
    pub fn answer(&self) -> SlashAck {
        SlashAck::Rejected {
            reason: self.to_string(),
        }
    }
}

/// The answer to a nonce that comes again with other content. Not kept: the first content stands.
pub const OTHER_CONTENT: &str = "the nonce was used for other content";
