//! Queries.

use cosmwasm_std::{to_json_binary, Binary, Deps, Env, Order, StdResult, Uint64};
use cw_storage_plus::Bound;
use palisade_admin::GUARD;
use palisade_types::allocation::ServiceId;
use palisade_types::page::take;
use palisade_types::slashing::{
    ConfigResponse, DeliveryResponse, NonceResponse, OutcomeResponse, Penalty, QueryMsg,
    RequestResponse, RequestState, ServiceResponse, Source, StandingResponse, UpdateResponse,
};

use crate::execute::load_service;
use crate::state::{
    Answer, End, Request, Service, CONFIG, DELIVERIES, DIRTY, LINKS, NONCES, OUTCOMES, PENALTIES,
    PENDING, PROFILES, REQUESTS, SERVICES, STANDINGS, UPDATES,
};
use crate::ContractError;

pub(crate) fn answer(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let binary = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(env.block.time)),
        QueryMsg::Service { service } => {
            let stored = load_service(deps.storage, service)?;
            to_json_binary(&describe(deps, service, stored)?)
        }
        QueryMsg::Services { start_after, limit } => {
            to_json_binary(&services(deps, start_after, limit)?)
        }
        QueryMsg::Update { service, update_id } => {
            to_json_binary(&update(deps, service, update_id)?)
        }
        QueryMsg::Delivery { service, operator } => {
            to_json_binary(&delivery(deps, service, &operator)?)
        }
        QueryMsg::Request { service, request } => {
            to_json_binary(&request_of(deps, service, request.u64())?)
        }
        QueryMsg::Requests {
            service,
            start_after,
            limit,
        } => to_json_binary(&requests(deps, service, start_after, limit)?),
        QueryMsg::Nonce { service, nonce } => to_json_binary(&nonce_answer(deps, service, nonce)?),
        QueryMsg::PendingSlashes {
            operator,
            start_after,
            limit,
        } => to_json_binary(&pending(deps, &operator, start_after, limit)?),
        QueryMsg::Standing { service, operator } => {
            to_json_binary(&standing(deps, service, &operator)?)
        }
        QueryMsg::Outcomes {
            service,
            start_after,
            limit,
        } => to_json_binary(&outcomes(deps, service, start_after, limit)?),
        QueryMsg::Ownership {} => to_json_binary(&cw_ownable::get_ownership(deps.storage)?),
    };
    Ok(binary?)
}

fn config(deps: Deps) -> StdResult<ConfigResponse> {
    let config = CONFIG.load(deps.storage)?;
    Ok(ConfigResponse {
        allocation: config.allocation.0,
        packet_timeout: config.packet_timeout,
        bounce_max: config.bounce_max,
        execution_grace: config.execution_grace,
        unbonding_period: config.unbonding_period,
    })
}

fn describe(deps: Deps, service: ServiceId, stored: Service) -> StdResult<ServiceResponse> {
    let profile = PROFILES.load(deps.storage, service)?;
    let link = LINKS.load(deps.storage, service)?;
    // At most as many as registration admits.
    let penalties = PENALTIES
        .prefix(service)
        .range(deps.storage, None, None, Order::Ascending)
        .map(|entry| {
            let (kind, policy) = entry?;
            Ok(Penalty {
                kind,
                fraction: policy.fraction,
                jail: policy.jail,
                tombstone: policy.tombstone,
            })
        })
        .collect::<StdResult<_>>()?;
    Ok(ServiceResponse {
        service,
        admin: profile.admin,
        source: match stored.slasher {
            None => Source::Ibc {},
            Some(slasher) => Source::Local {
                slasher: slasher.into_string(),
            },
        },
        penalties,
        evidence_age: stored.evidence_age,
        proceeds: stored.proceeds,
        peer: profile.peer,
        channel: link.channel,
        nonce_epoch: stored.nonce_epoch,
        last_update: link.last_update.into(),
        sync_cursor: link.cursor,
    })
}

fn services(
    deps: Deps,
    start_after: Option<ServiceId>,
    limit: Option<u32>,
) -> StdResult<Vec<ServiceResponse>> {
    let start = start_after.map(Bound::exclusive);
    SERVICES
        .range(deps.storage, start, None, Order::Ascending)
        .take(take(limit))
        .map(|entry| {
            let (service, stored) = entry?;
            describe(deps, service, stored)
        })
        .collect()
}

fn update(deps: Deps, service: ServiceId, update_id: Uint64) -> StdResult<UpdateResponse> {
    let update = UPDATES.load(deps.storage, (service, update_id.u64()))?;
    Ok(UpdateResponse {
        update_id,
        sent_at: update.sent_at,
        applied: update.applied,
    })
}

fn delivery(
    deps: Deps,
    service: ServiceId,
    operator: &str,
) -> Result<DeliveryResponse, ContractError> {
    load_service(deps.storage, service)?;
    let operator = deps.api.addr_validate(operator)?;
    let key = (service, &operator);
    let delivery = DELIVERIES.may_load(deps.storage, key)?.unwrap_or_default();
    let live = LINKS.load(deps.storage, service)?.channel;
    let dirty = DIRTY.may_load(deps.storage, key)?;
    Ok(DeliveryResponse {
        sent: delivery.sent.into(),
        acked: delivery.acked.into(),
        dirty: dirty.is_some_and(|dirty| dirty.waits(live.as_deref())),
    })
}

fn present(service: ServiceId, number: u64, stored: Request) -> RequestResponse {
    RequestResponse {
        service,
        request: number.into(),
        nonce: stored.nonce.into(),
        operator: stored.operator,
        kind: stored.kind,
        update_id: stored.update_id.into(),
        height: stored.height.into(),
        time: stored.time,
        received_at: stored.received_at,
        state: match stored.end {
            None => RequestState::Pending {},
            Some(End::Executed { seized, at }) => RequestState::Executed { seized, at },
            Some(End::Rejected { refusal, at }) => RequestState::Rejected {
                reason: refusal.to_string(),
                at,
            },
        },
    }
}

fn request_of(
    deps: Deps,
    service: ServiceId,
    request: u64,
) -> Result<RequestResponse, ContractError> {
    let stored = REQUESTS.may_load(deps.storage, (service, request))?;
    stored
        .map(|stored| present(service, request, stored))
        .ok_or(ContractError::UnknownRequest { service, request })
}

fn requests(
    deps: Deps,
    service: ServiceId,
    start_after: Option<Uint64>,
    limit: Option<u32>,
) -> StdResult<Vec<RequestResponse>> {
    let start = start_after.map(|request| Bound::exclusive(request.u64()));
    REQUESTS
        .prefix(service)
        .range(deps.storage, start, None, Order::Ascending)
        .take(take(limit))
        .map(|entry| entry.map(|(number, stored)| present(service, number, stored)))
        .collect()
}

fn nonce_answer(
    deps: Deps,
    service: ServiceId,
    nonce: Uint64,
) -> Result<Option<NonceResponse>, ContractError> {
    let epoch = load_service(deps.storage, service)?.nonce_epoch;
    let known = NONCES.may_load(deps.storage, (service, epoch, nonce.u64()))?;
    Ok(known.map(|known| match known.answer {
        Answer::Request(request) => NonceResponse::Request {
            request: request.into(),
        },
        Answer::Refused(refusal) => NonceResponse::Rejected {
            reason: refusal.to_string(),
        },
    }))
}

fn pending(
    deps: Deps,
    operator: &str,
    start_after: Option<(ServiceId, Uint64)>,
    limit: Option<u32>,
) -> StdResult<Vec<RequestResponse>> {
    let operator = deps.api.addr_validate(operator)?;
    let start = start_after.map(|(service, request)| Bound::exclusive((service, request.u64())));
    PENDING
        .sub_prefix(&operator)
        .keys(deps.storage, start, None, Order::Ascending)
        .take(take(limit))
        .map(|entry| {
            let (service, number) = entry?;
            let stored = REQUESTS.load(deps.storage, (service, number))?;
            Ok(present(service, number, stored))
        })
        .collect()
}

fn standing(deps: Deps, service: ServiceId, operator: &str) -> StdResult<StandingResponse> {
    let operator = deps.api.addr_validate(operator)?;
    let standing = STANDINGS
        .may_load(deps.storage, (service, &operator))?
        .unwrap_or_default();
    Ok(StandingResponse {
        jailed_until: standing.jailed_until,
        tombstoned: standing.tombstoned,
    })
}

fn outcomes(
    deps: Deps,
    service: ServiceId,
    start_after: Option<Uint64>,
    limit: Option<u32>,
) -> Result<Vec<OutcomeResponse>, ContractError> {
    let epoch = load_service(deps.storage, service)?.nonce_epoch;
    let live = LINKS.load(deps.storage, service)?.channel;
    let start = start_after.map(|nonce| Bound::exclusive(nonce.u64()));
    let page = OUTCOMES
        .prefix((service, epoch))
        .range(deps.storage, start, None, Order::Ascending)
        .take(take(limit))
        .map(|entry| {
            entry.map(|(nonce, untold)| OutcomeResponse {
                nonce: nonce.into(),
                outcome: untold.outcome,
                in_flight: untold.channel.is_some() && untold.channel == live,
            })
        })
        .collect::<StdResult<_>>()?;
    Ok(page)
}
