//! From an infraction to a request.

use cosmwasm_std::{Addr, Storage, Timestamp};
use palisade_types::allocation::ServiceId;
use palisade_types::asset::MAX_CLOCK_SKEW;

use super::slash::{Origin, Task};
use crate::state::{
    infraction_key, End, Policy, Request, Service, LAST_REQUEST, PENDING, REQUESTS, SEEN,
};
use crate::time::after;
use crate::ContractError;

/// Most requests for one infraction that are looked at for one that says the same.
const MAX_FORMER: usize = 8;

/// An infraction to be punished, with what was looked up for it.
pub(super) struct Verdict {
    pub(super) service: ServiceId,
    pub(super) operator: Addr,
    pub(super) kind: String,
    pub(super) height: u64,
    /// The update in force at it.
    pub(super) update_id: u64,
    pub(super) time: Timestamp,
    pub(super) policy: Policy,
    /// Seconds in which it can be vetoed; 0 for a proof.
    pub(super) window: u64,
    pub(super) proven: bool,
}

/// What there is for an infraction already.
pub(super) enum Known {
    /// No request, or one that this one goes past.
    Fresh { overrides: Option<u64> },
    /// One that waits, and now is proved.
    Proves { number: u64, request: Box<Request> },
    /// One that says the same.
    Same { number: u64 },
}

impl Request {
    /// Whether it names a newer update than a verdict, or a heavier penalty.
    fn knows_more(&self, verdict: &Verdict) -> bool {
        let policy = self.policy.as_ref();
        let heavier = policy.is_some_and(|policy| policy.fraction > verdict.policy.fraction);
        self.update_id > verdict.update_id || heavier
    }
}

impl Verdict {
    fn seen_key(&self) -> (ServiceId, &Addr, Vec<u8>) {
        let infraction = infraction_key(&self.kind, self.height.into());
        (self.service, &self.operator, infraction)
    }

    /// What there is for the infraction already. A proof goes past a veto; past a report that waits and
    /// names a newer update, which may know better; and past an execution that was judged by another
    /// update: by an older one, since the newer one's acknowledgement came after it, or by one that a
    /// report named. A report goes past a proof that was judged by an older update. What was taken
    /// once is not taken again.
    ///
    /// A consumer that began anew counts its heights from the start: what is reported of the time since nonces
    /// were renewed is another infraction than one of the same height before.
    pub(super) fn known(
        &self,
        storage: &dyn Storage,
        stored: &Service,
    ) -> Result<Known, ContractError> {
        let Some(number) = SEEN.may_load(storage, self.seen_key())? else {
            return Ok(Known::Fresh { overrides: None });
        };
        let request = REQUESTS.load(storage, (self.service, number))?;
        // A consumer's clock may be ahead, and the host counts no time that is to come.
        let began = |at: &Timestamp| request.time < *at && self.time >= after(*at, MAX_CLOCK_SKEW);
        if !self.proven && stored.renewed_at.as_ref().is_some_and(began) {
            return Ok(Known::Fresh { overrides: None });
        }
        let knows_more = self.knows_more(&request);
        let past = match (&request.end, self.proven, request.proven) {
            (None, true, false) if !request.knows_more(self) => {
                return Ok(Known::Proves {
                    number,
                    request: Box::new(request),
                })
            }
            (None, true, false) => true,
            (Some(End::Vetoed { .. }), proven, _) => proven,
            (Some(End::Executed { .. }), true, _) => {
                knows_more || self.update_id != request.update_id
            }
            (Some(End::Executed { .. }), false, true) => knows_more && self.policy.tombstone,
            _ => false,
        };
        if !past {
            return Ok(Known::Same { number });
        }
        let former = self.repeats(storage, request.overrides)?;
        Ok(former.map_or(
            Known::Fresh {
                overrides: Some(number),
            },
            |number| Known::Same { number },
        ))
    }

    /// Whether it names a newer update than a request, or a heavier penalty than a proof.
    fn knows_more(&self, request: &Request) -> bool {
        let policy = request.policy.as_ref();
        let heavier = policy.is_some_and(|policy| self.policy.fraction > policy.fraction);
        self.update_id > request.update_id || heavier
    }

    /// The former request for the infraction, of those that were gone past, that says the same.
    fn repeats(
        &self,
        storage: &dyn Storage,
        mut former: Option<u64>,
    ) -> Result<Option<u64>, ContractError> {
        for _ in 0..MAX_FORMER {
            let Some(number) = former else {
                break;
            };
            let request = REQUESTS.load(storage, (self.service, number))?;
            if request.proven == self.proven && !self.knows_more(&request) {
                return Ok(Some(number));
            }
            former = request.overrides;
        }
        Ok(None)
    }

    /// Opens a request under the next number, or takes up the one that waits.
    pub(super) fn open(
        self,
        storage: &mut dyn Storage,
        known: Known,
        report: Option<(u32, u64)>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Task, ContractError> {
        let service = self.service;
        let (number, mut reports, received_at, overrides) = match known {
            Known::Proves { number, request } => {
                PENDING.remove(storage, (&self.operator, service, number));
                (
                    number,
                    request.reports,
                    request.received_at,
                    request.overrides,
                )
            }
            Known::Same { number } => {
                return Err(ContractError::Duplicate {
                    service,
                    request: number,
                })
            }
            Known::Fresh { overrides } => {
                let last = LAST_REQUEST.may_load(storage, service)?;
                let number = last
                    .unwrap_or_default()
                    .checked_add(1)
                    .ok_or(ContractError::Exhausted { what: "requests" })?;
                LAST_REQUEST.save(storage, service, &number)?;
                SEEN.save(storage, self.seen_key(), &number)?;
                (number, vec![], now, overrides)
            }
        };
        reports.extend(report);
        Ok(Task {
            service,
            number,
            request: Request {
                reports,
                proven: self.proven,
                overrides,
                finder: None,
                operator: self.operator,
                kind: self.kind,
                update_id: self.update_id,
                height: self.height,
                time: self.time,
                received_at,
                window: self.window,
                policy: Some(self.policy),
                end: None,
            },
            origin,
        })
    }
}
