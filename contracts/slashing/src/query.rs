//! Queries.

use cosmwasm_std::{to_json_binary, Binary, Deps, Env, Order, StdResult, Uint64};
use cw_storage_plus::Bound;
use palisade_admin::GUARD;
use palisade_math::Meter;
use palisade_types::allocation::ServiceId;
use palisade_types::page::take;
use palisade_types::slashing::{
    BucketResponse, ConfigResponse, DeliveryResponse, Dispute, NonceResponse, OutcomeResponse,
    PenaltyResponse, QueryMsg, RequestResponse, RequestState, RequestsResponse, ServiceResponse,
    ServiceSettings, Source, StandingResponse, StateFilter, ThrottleResponse, UpdateResponse,
};

use crate::execute::load_service;
use crate::state::{
    infraction_key, read_infraction_key, Answer, End, Request, Service, Settings, CONFIG,
    DELIVERIES, DIRTY, LINKS, NONCES, OUTCOMES, PENALTIES, PENDING, PROFILES, REQUESTS, SEEN,
    SERVICES, SHARED, STANDINGS, THROTTLES, UPDATES,
};
use crate::time::after;
use crate::ContractError;

pub(crate) fn answer(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let binary = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(env.block.time)),
        QueryMsg::Service { service } => {
            let stored = load_service(deps.storage, &env, service)?;
            to_json_binary(&describe(deps, &env, service, stored)?)
        }
        QueryMsg::Services { start_after, limit } => {
            to_json_binary(&services(deps, &env, start_after, limit)?)
        }
        QueryMsg::Update { service, update_id } => {
            to_json_binary(&update(deps, service, update_id)?)
        }
        QueryMsg::Delivery { service, operator } => {
            to_json_binary(&delivery(deps, &env, service, &operator)?)
        }
        QueryMsg::Request { service, request } => {
            to_json_binary(&request_of(deps, service, request.u64())?)
        }
        QueryMsg::Requests {
            service,
            state,
            start_after,
            limit,
        } => to_json_binary(&requests(deps, service, state, start_after, limit)?),
        QueryMsg::OperatorRequests {
            service,
            operator,
            state,
            start_after,
            limit,
        } => {
            let of = (service, operator.as_str());
            to_json_binary(&operator_requests(deps, of, state, start_after, limit)?)
        }
        QueryMsg::Nonce { service, nonce } => {
            to_json_binary(&nonce_answer(deps, &env, service, nonce)?)
        }
        QueryMsg::Throttle { service } => to_json_binary(&throttle(deps, &env, service)?),
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
        } => to_json_binary(&outcomes(deps, &env, service, start_after, limit)?),
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
        throttle_period: config.throttle_period,
        throttle_most: config.throttle_most,
    })
}

fn describe(
    deps: Deps,
    env: &Env,
    service: ServiceId,
    stored: Service,
) -> StdResult<ServiceResponse> {
    let now = env.block.time;
    let stored = stored.at(now);
    let profile = PROFILES.load(deps.storage, service)?;
    let link = LINKS.load(deps.storage, service)?;
    // At most as many as registration admits.
    let penalties = PENALTIES
        .prefix(service)
        .keys(deps.storage, None, None, Order::Ascending)
        .map(|kind| {
            let kind = kind?;
            let policies = PENALTIES.load(deps.storage, (service, &kind))?;
            let next = policies.versions.iter().find(|version| version.from > now);
            let pending = next.and_then(|next| {
                let policy = next.policy.clone()?;
                Some((policy.named(&kind), next.from))
            });
            Ok(PenaltyResponse {
                penalty: policies.at(now).map(|policy| policy.named(&kind)),
                pending,
                kind,
            })
        })
        .collect::<StdResult<_>>()?;
    Ok(ServiceResponse {
        service,
        admin: profile.admin,
        suspended_until: stored.suspended(now),
        source: match stored.slasher {
            None => Source::Ibc {},
            Some(slasher) => Source::Local {
                slasher: slasher.into_string(),
            },
        },
        penalties,
        settings: reveal(stored.settings),
        pending: stored.change.map(|c| (reveal(c.settings), c.at)),
        stopped_at: stored.stopped_at,
        peer: profile.peer,
        channel: link.channel,
        nonce_epoch: stored.nonce_epoch,
        last_update: link.last_update.into(),
        sync_cursor: link.cursor,
    })
}

fn reveal(settings: Settings) -> ServiceSettings {
    ServiceSettings {
        evidence_age: settings.evidence_age,
        dispute: settings.dispute.map(|(resolver, window)| Dispute {
            resolver: resolver.into_string(),
            window,
        }),
        proceeds: settings.proceeds,
        bounty: settings.bounty,
        chain_id: settings.chain_id,
    }
}

fn services(
    deps: Deps,
    env: &Env,
    start_after: Option<ServiceId>,
    limit: Option<u32>,
) -> StdResult<Vec<ServiceResponse>> {
    let start = start_after.map(Bound::exclusive);
    SERVICES
        .keys(deps.storage, start, None, Order::Ascending)
        .take(take(limit))
        .map(|service| {
            let service = service?;
            let stored = SERVICES.load(deps.storage, service)?;
            describe(deps, env, service, stored)
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
    env: &Env,
    service: ServiceId,
    operator: &str,
) -> Result<DeliveryResponse, ContractError> {
    load_service(deps.storage, env, service)?;
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
        nonce: stored.reports.first().map(|(_, nonce)| (*nonce).into()),
        proven: stored.proven,
        overrides: stored.overrides.map(Uint64::new),
        penalty: match stored.end {
            None => stored.policy.map(|policy| policy.named(&stored.kind)),
            Some(_) => None,
        },
        executable_at: after(stored.received_at, stored.window),
        operator: stored.operator,
        kind: stored.kind,
        update_id: stored.update_id.into(),
        height: stored.height.into(),
        time: stored.time,
        received_at: stored.received_at,
        state: match stored.end {
            None => RequestState::Pending {},
            Some(End::Executed { seized, at }) => RequestState::Executed { seized, at },
            Some(End::Vetoed { at }) => RequestState::Vetoed { at },
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

fn is_in(request: &RequestResponse, state: Option<StateFilter>) -> bool {
    state.is_none_or(|state| match request.state {
        RequestState::Pending {} => state == StateFilter::Pending,
        RequestState::Executed { .. } => state == StateFilter::Executed,
        RequestState::Vetoed { .. } => state == StateFilter::Vetoed,
    })
}

fn requests(
    deps: Deps,
    service: ServiceId,
    state: Option<StateFilter>,
    start_after: Option<Uint64>,
    limit: Option<u32>,
) -> StdResult<RequestsResponse<Uint64>> {
    let start = start_after.map(|request| Bound::exclusive(request.u64()));
    let limit = take(limit);
    let looked = REQUESTS
        .prefix(service)
        .keys(deps.storage, start, None, Order::Ascending)
        .take(limit)
        .map(|number| {
            let number = number?;
            let stored = REQUESTS.load(deps.storage, (service, number))?;
            Ok(present(service, number, stored))
        })
        .collect::<StdResult<Vec<_>>>()?;
    let full = looked.len() == limit;
    let next = looked.last().filter(|_| full).map(|last| last.request);
    let requests = looked.into_iter().filter(|r| is_in(r, state)).collect();
    Ok(RequestsResponse { requests, next })
}

fn operator_requests(
    deps: Deps,
    (service, operator): (ServiceId, &str),
    state: Option<StateFilter>,
    start_after: Option<(String, Uint64)>,
    limit: Option<u32>,
) -> StdResult<RequestsResponse<(String, Uint64)>> {
    let operator = deps.api.addr_validate(operator)?;
    let start = start_after.map(|(kind, height)| Bound::exclusive(infraction_key(&kind, height)));
    let limit = take(limit);
    let mut next = None;
    let mut looked = 0usize;
    let mut requests = vec![];
    for entry in SEEN
        .prefix((service, &operator))
        .range(deps.storage, start, None, Order::Ascending)
        .take(limit)
    {
        let (key, number) = entry?;
        let stored = REQUESTS.load(deps.storage, (service, number))?;
        let request = present(service, number, stored);
        looked = looked.saturating_add(1);
        next = read_infraction_key(&key).map(|(kind, height)| (kind, height.into()));
        if is_in(&request, state) {
            requests.push(request);
        }
    }
    let next = next.filter(|_| looked == limit);
    Ok(RequestsResponse { requests, next })
}

fn throttle(deps: Deps, env: &Env, service: ServiceId) -> Result<ThrottleResponse, ContractError> {
    load_service(deps.storage, env, service)?;
    let config = CONFIG.load(deps.storage)?;
    let throttle = THROTTLES
        .may_load(deps.storage, service)?
        .unwrap_or_default();
    let shared = SHARED.load(deps.storage)?;
    let sizes = throttle.buckets.unwrap_or(config.buckets);
    let bucket = |meter: Meter, capacity| -> Result<_, ContractError> {
        let used = meter.used_at(env.block.time, capacity, config.throttle_period)?;
        Ok(BucketResponse { capacity, used })
    };
    Ok(ThrottleResponse {
        limit: bucket(throttle.limit, sizes.limit)?,
        reserved: bucket(throttle.reserved, sizes.reserved)?,
        shared: bucket(shared.meter, shared.capacity)?,
    })
}

fn nonce_answer(
    deps: Deps,
    env: &Env,
    service: ServiceId,
    nonce: Uint64,
) -> Result<Option<NonceResponse>, ContractError> {
    let epoch = load_service(deps.storage, env, service)?.nonce_epoch;
    let known = NONCES.may_load(deps.storage, (service, epoch, nonce.u64()))?;
    Ok(known.map(|known| match known.answer {
        Answer::Request(request) => NonceResponse::Request {
            request: request.into(),
        },
        Answer::Refused(refusal) => NonceResponse::Rejected {
            reason: refusal.to_string(),
        },
        Answer::Bounced(first_seen) => NonceResponse::Bounced { first_seen },
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
    env: &Env,
    service: ServiceId,
    start_after: Option<Uint64>,
    limit: Option<u32>,
) -> Result<Vec<OutcomeResponse>, ContractError> {
    let epoch = load_service(deps.storage, env, service)?.nonce_epoch;
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
