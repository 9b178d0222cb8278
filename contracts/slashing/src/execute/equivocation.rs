//! Double-signs that are proved by anybody.

use cosmwasm_std::{Deps, DepsMut, Env, MessageInfo, Response, Timestamp};
use palisade_evidence::Equivocation;
use palisade_ibc::{Offender, DOUBLE_SIGN};
use palisade_types::allocation::{self, LiabilityResponse, ServiceId};

use super::load_service;
use super::slash::Origin;
use super::verdict::{Known, Verdict};
use crate::events;
use crate::refusal::Refusal;
use crate::state::{Config, Service, CONFIG, PENALTIES};
use crate::table;
use crate::time::before;
use crate::ContractError;

/// Most entries of an operator's history that are looked at for the one in force: those above it
/// are of packets that timed out or are on their way.
const MAX_STEPS: usize = 16;

/// Takes a proof, and its penalty at once.
pub(crate) fn submit(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    evidence: &Equivocation,
) -> Result<Response, ContractError> {
    let stored = load_service(deps.storage, &env, service)?;
    let Some(chain_id) = &stored.settings.chain_id else {
        return Err(ContractError::Refused(Refusal::NotProvable {}));
    };
    evidence.verify(deps.api, chain_id)?;
    let config = CONFIG.load(deps.storage)?;
    let now = env.block.time;
    let verdict = judge(deps.as_ref(), now, &config, (service, &stored), evidence)?;
    let known = verdict.known(deps.storage)?;
    if let Known::Same { number } = known {
        return Err(ContractError::Duplicate {
            service,
            request: number,
        });
    }
    let task = verdict.open(deps.storage, known, None, Origin::Execute, now)?;
    let event = events::submit_equivocation(service, task.number, &task.request, &info.sender);
    let response = Response::new().add_event(event);
    let finder = info.sender.as_str();
    Ok(
        match task.start(deps.storage, &env, &config, &stored, Some(finder))? {
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
    let height = evidence.height.u64();
    let Some(moment) = table::at(deps.storage, service, height, now)? else {
        return refuse(Refusal::NotInForce {});
    };
    let evidence_age = stored.settings.evidence_age;
    if moment.latest < before(now, evidence_age) {
        return refuse(Refusal::Expired { evidence_age });
    }
    if stored.stopped_at.is_some_and(|at| moment.earliest > at) {
        return refuse(Refusal::Stopped {});
    }
    let liability = in_force(deps, config, service, evidence, moment.update_id)?;
    let Some(operator) = liability.operator else {
        return refuse(Refusal::Offender {});
    };
    let captured = liability.captured.iter().any(|c| !c.amount.is_zero());
    let Some(since) = liability.since.filter(|_| captured) else {
        return refuse(Refusal::NothingCaptured {});
    };
    let time = moment.earliest.max(since);
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

/// What the operator counted with in the newest update that tells of it and was applied before the
/// height: nothing, if there is none.
pub(super) fn in_force(
    deps: Deps,
    config: &Config,
    service: ServiceId,
    evidence: &Equivocation,
    newest: u64,
) -> Result<LiabilityResponse, ContractError> {
    let height = evidence.height.u64();
    let mut asked = newest;
    let mut steps = 0usize;
    loop {
        let liability: LiabilityResponse = config.allocation.ask(
            deps.querier,
            &allocation::QueryMsg::Liability {
                service,
                offender: Offender::Key(evidence.key.clone()),
                update_id: asked.into(),
            },
        )?;
        steps = steps.saturating_add(1);
        let found = liability.update_id.u64();
        // One that is newer than asked for is the oldest that is still known.
        let settled = found == 0
            || found > asked
            || steps == MAX_STEPS
            || table::was_applied(deps.storage, service, found, height)?;
        if settled {
            return Ok(liability);
        }
        asked = found.saturating_sub(1);
        if asked == 0 {
            return Ok(LiabilityResponse {
                captured: vec![],
                ..liability
            });
        }
    }
}
