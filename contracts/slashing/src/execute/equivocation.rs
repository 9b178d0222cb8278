//! Double-signs that are proved by anybody.

use cosmwasm_std::{Api, Deps, DepsMut, Env, MessageInfo, Response, StdResult, Timestamp};
use palisade_evidence::Equivocation;
use palisade_ibc::{Offender, DOUBLE_SIGN};
use palisade_types::allocation::{self, LiabilityResponse, ServiceId};

use super::load_service;
use super::slash::Origin;
use super::verdict::{Known, Verdict};
use crate::events;
use crate::refusal::Refusal;
use crate::state::{table_id, Config, Service, CONFIG, LINKS, PENALTIES};
use crate::table;
use crate::time::before;
use crate::ContractError;

/// Takes a proof, and its penalty at once.
pub(crate) fn submit(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    evidence: &Equivocation,
) -> Result<Response, ContractError> {
    let stored = load_service(deps.storage, &env, service)?;
    let now = env.block.time;
    stored.verify(deps.api, now, evidence)?;
    let config = CONFIG.load(deps.storage)?;
    let verdict = judge(deps.as_ref(), now, &config, (service, &stored), evidence)?;
    let known = verdict.known(deps.storage, &stored)?;
    if let Known::Same { number } = known {
        return Err(ContractError::Duplicate {
            service,
            request: number,
        });
    }
    let mut task = verdict.open(deps.storage, known, None, Origin::Execute, now)?;
    let event = events::submit_equivocation(service, task.number, &task.request, &info.sender);
    let response = Response::new().add_event(event);
    Ok(
        match task.start(deps.storage, &env, &config, &stored, Some(&info.sender))? {
            Ok(execution) => response.add_submessage(execution),
            Err(waits) => response.add_event(waits),
        },
    )
}

/// Whose the key was, and what it counted with at the height. The votes say neither when they were
/// signed nor what was at stake: their signer chose the times in them.
fn judge(
    deps: Deps,
    now: Timestamp,
    config: &Config,
    (service, stored): (ServiceId, &Service),
    evidence: &Equivocation,
) -> Result<Verdict, ContractError> {
    let refuse = |refusal| Err(ContractError::Refused(refusal));
    let Some(policies) = PENALTIES.may_load(deps.storage, (service, DOUBLE_SIGN))? else {
        return refuse(Refusal::Kind {});
    };
    let table = table_id(service, stored.nonce_epoch);
    let height = evidence.height.u64();
    let moment = table::moment(deps.storage, table, height, now)?;
    let evidence_age = stored.settings.evidence_age;
    let oldest = before(now, evidence_age);
    if moment.latest < oldest {
        return refuse(Refusal::Expired { evidence_age });
    }
    if stored.stopped_at.is_some_and(|at| moment.earliest > at) {
        return refuse(Refusal::Stopped {});
    }
    let ask = |offender, update_id: u64| -> StdResult<LiabilityResponse> {
        let update_id = update_id.into();
        config.allocation.ask(
            deps.querier,
            &allocation::QueryMsg::Liability {
                service,
                offender,
                update_id,
            },
        )
    };
    let newest = LINKS.load(deps.storage, service)?.last_update;
    let mut liability = ask(Offender::Key(evidence.key.clone()), newest)?;
    let Some(operator) = liability.operator.clone() else {
        return refuse(Refusal::Offender {});
    };
    let Some(update) = table::in_force(deps.storage, table, &operator, height)? else {
        return refuse(Refusal::NotInForce {});
    };
    if liability.update_id.u64() != update {
        liability = ask(Offender::Operator(operator.to_string()), update)?;
    }
    let captured = liability.captured.iter().any(|c| !c.amount.is_zero());
    let Some(since) = liability.since.filter(|_| captured) else {
        return refuse(Refusal::NothingCaptured {});
    };
    let time = moment.earliest.max(since).max(oldest);
    let Some(policy) = policies.at(time) else {
        return refuse(Refusal::Kind {});
    };
    Ok(Verdict {
        service,
        operator,
        kind: DOUBLE_SIGN.to_string(),
        height,
        update_id: liability.update_id.u64(),
        time,
        policy,
        window: 0,
        proven: true,
    })
}

impl Service {
    /// Whether double-signs can be proved, by the present chain id, the next or the former one.
    pub(crate) fn is_provable(&self, now: Timestamp) -> bool {
        let next = self.change.as_ref().map(|change| &change.settings);
        self.settings.chain_id.is_some()
            || next.is_some_and(|next| next.chain_id.is_some())
            || self.former_chain(now).is_some()
    }

    fn former_chain(&self, now: Timestamp) -> Option<&String> {
        let former = self.former_chain.as_ref();
        former.filter(|(_, until)| now < *until).map(|(id, _)| id)
    }

    /// Checks evidence against the chain id, or the former one while votes for it count.
    pub(crate) fn verify(
        &self,
        api: &dyn Api,
        now: Timestamp,
        evidence: &Equivocation,
    ) -> Result<(), ContractError> {
        let former = self.former_chain(now);
        let mut chain_ids = self.settings.chain_id.iter().chain(former);
        let Some(chain_id) = chain_ids.next() else {
            return Err(ContractError::Refused(Refusal::NotProvable {}));
        };
        let verified = evidence.verify(api, chain_id);
        match (verified, chain_ids.next()) {
            (Err(_), Some(former)) => Ok(evidence.verify(api, former)?),
            (verified, _) => Ok(verified?),
        }
    }
}
