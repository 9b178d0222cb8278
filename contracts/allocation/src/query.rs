use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env, Order, StdResult, Timestamp};
use cw_storage_plus::Bound;
use palisade_admin::{cw_ownable, GUARD};
use palisade_ibc::Offender;
use palisade_math::{share_of, Magnitude};
use palisade_types::allocation::{
    CommitmentResponse, CommittedResponse, ConfigResponse, EarnedResponse, LiabilityResponse,
    MemberResponse, QueryMsg, ServiceId, ServiceResponse, ServiceRewardsResponse, SliceResponse,
    MAX_ASSETS, MAX_MEMBERS_PAGE,
};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation;
use palisade_types::page::take;

use crate::execute::reward::by_asset;
use crate::execute::slash::capture_at;
use crate::execute::{ask_stakes, load_member, load_service};
use crate::ledger::Ledger;
use crate::rewards::{self, Account};
use crate::state::{
    Member, Service, ALLOWED, BOUNDS, COMMITMENTS, CONFIG, COUNTS, KEYS, MEMBERS, MEMBERSHIPS,
    OPERATORS, SERVICES,
};
use crate::ContractError;

pub(crate) fn answer(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let now = env.block.time;
    let binary = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(now)),
        QueryMsg::Service { service } => {
            let stored = load_service(deps.storage, service)?;
            to_json_binary(&describe(deps, service, stored)?)
        }
        QueryMsg::Services { start_after, limit } => {
            to_json_binary(&services(deps, start_after, limit)?)
        }
        QueryMsg::Allowed { service, operator } => {
            let operator = deps.api.addr_validate(&operator)?;
            to_json_binary(&ALLOWED.has(deps.storage, (service, &operator)))
        }
        QueryMsg::Commitment { operator } => to_json_binary(&commitment(deps, &operator, now)?),
        QueryMsg::Member { service, operator } => {
            let operator = deps.api.addr_validate(&operator)?;
            let member = load_member(deps.storage, service, &operator)?;
            to_json_binary(&describe_member(deps, service, operator, member)?)
        }
        QueryMsg::Members {
            service,
            start_after,
            limit,
        } => to_json_binary(&members(deps, service, start_after, limit)?),
        QueryMsg::Memberships {
            operator,
            start_after,
            limit,
        } => to_json_binary(&memberships(deps, &operator, start_after, limit)?),
        QueryMsg::ServiceRewards { service } => to_json_binary(&rewards_of(deps, service)?),
        QueryMsg::Earned { service, operator } => {
            to_json_binary(&earned(deps, service, &operator)?)
        }
        QueryMsg::Liability {
            service,
            offender,
            update_id,
        } => to_json_binary(&liability(deps, service, offender, update_id.u64(), now)?),
        QueryMsg::Ownership {} => to_json_binary(&cw_ownable::get_ownership(deps.storage)?),
    };
    Ok(binary?)
}

fn config(deps: Deps) -> StdResult<ConfigResponse> {
    let config = CONFIG.load(deps.storage)?;
    let left: delegation::ConfigResponse = config
        .delegation
        .ask(deps.querier, &delegation::QueryMsg::Config {})?;
    Ok(ConfigResponse {
        vault: left.vault,
        delegation: config.delegation.0,
        slashing: config.slashing.map(|neighbour| neighbour.0),
        allocation_delay: config.allocation_delay,
        deallocation_delay: config.deallocation_delay,
        max_lag: config.max_lag,
        epoch_length: config.epoch_length,
        unbonding_period: config.unbonding_period,
    })
}

fn describe(deps: Deps, service: ServiceId, stored: Service) -> StdResult<ServiceResponse> {
    let counts = COUNTS.load(deps.storage, service)?;
    Ok(ServiceResponse {
        service,
        admin: stored.admin,
        terms: stored.terms,
        operators: counts.operators,
        total: counts.total,
        stopped: stored.stopped,
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

fn commitment(
    deps: Deps,
    operator: &str,
    now: Timestamp,
) -> Result<CommitmentResponse, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let config = CONFIG.load(deps.storage)?;
    let record = OPERATORS
        .may_load(deps.storage, &operator)?
        .unwrap_or_default();
    let stored = COMMITMENTS
        .prefix(&operator)
        .range(deps.storage, None, None, Order::Ascending)
        .collect::<StdResult<Vec<_>>>()?;
    let mut pools = vec![];
    for page in stored.chunks(MAX_ASSETS) {
        let assets: Vec<_> = page.iter().map(|(asset, _)| asset.clone()).collect();
        let answer = ask_stakes(deps, &config, std::slice::from_ref(&operator), &assets)?;
        for ((asset, commitment), stake) in page.iter().zip(answer.stakes.iter().flatten()) {
            let pool = &stake.magnitude;
            let ledger = Ledger::read(commitment.clone(), asset, pool, now);
            let before = Magnitude {
                value: pool.value.saturating_add(ledger.slashed()),
                ..pool.clone()
            };
            pools.push(CommittedResponse {
                asset: asset.clone(),
                committed: share_of(ledger.sum(), pool)?,
                slashed: share_of(ledger.slashed(), &before)?,
            });
        }
    }
    Ok(CommitmentResponse {
        cap: record.cap_at(now),
        pending_cap: record.pending_cap.filter(|(_, at)| *at > now),
        services: record.services,
        pools,
    })
}

fn describe_member(
    deps: Deps,
    service: ServiceId,
    operator: Addr,
    member: Member,
) -> Result<MemberResponse, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    let assets: Vec<_> = member.slices.iter().map(|s| s.asset.clone()).collect();
    let answer = ask_stakes(deps, &config, std::slice::from_ref(&operator), &assets)?;
    let slices = member
        .slices
        .into_iter()
        .zip(answer.stakes.iter().flatten())
        .map(|(slice, stake)| {
            let pool = &stake.magnitude;
            let pending = slice.target(pool).map(|target| share_of(target, pool));
            Ok(SliceResponse {
                share: share_of(slice.now(pool), pool)?,
                pending: pending.transpose()?,
                effective_at: slice.effective_at(&config),
                asset: slice.asset,
                slice: slice.value,
            })
        })
        .collect::<Result<_, ContractError>>()?;
    Ok(MemberResponse {
        service,
        operator,
        key: member.key,
        leaving: member.leaving.is_some(),
        jailed: member.jailed,
        power: member.power,
        update_id: member.update_id.into(),
        slices,
    })
}

fn members(
    deps: Deps,
    service: ServiceId,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<Vec<MemberResponse>, ContractError> {
    let start = start_after
        .map(|operator| deps.api.addr_validate(&operator))
        .transpose()?;
    MEMBERS
        .prefix(service)
        .range(
            deps.storage,
            start.as_ref().map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(take(limit).min(MAX_MEMBERS_PAGE))
        .map(|entry| {
            let (operator, member) = entry?;
            describe_member(deps, service, operator, member)
        })
        .collect()
}

fn memberships(
    deps: Deps,
    operator: &str,
    start_after: Option<ServiceId>,
    limit: Option<u32>,
) -> Result<Vec<MemberResponse>, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let start = start_after.map(Bound::exclusive);
    MEMBERSHIPS
        .prefix(&operator)
        .range(deps.storage, start, None, Order::Ascending)
        .take(take(limit).min(MAX_MEMBERS_PAGE))
        .map(|entry| {
            let (service, ()) = entry?;
            let member = load_member(deps.storage, service, &operator)?;
            describe_member(deps, service, operator.clone(), member)
        })
        .collect()
}

fn rewards_of(
    deps: Deps,
    service: ServiceId,
) -> Result<Vec<ServiceRewardsResponse>, ContractError> {
    load_service(deps.storage, service)?;
    let counts = COUNTS.load(deps.storage, service)?;
    let mut pots = rewards::all(deps.storage, service)?;
    pots.sort_by_key(|(_, pot)| pot.id);
    pots.into_iter()
        .map(|(name, pot)| {
            Ok(ServiceRewardsResponse {
                token: rewards::token(&name)?,
                held: rewards::held(&pot, counts.earning()),
                paid: pot.paid,
                harvested: pot.harvested,
                taken_back: pot.taken_back,
                weight: counts.weight,
            })
        })
        .collect()
}

fn earned(
    deps: Deps,
    service: ServiceId,
    operator: &str,
) -> Result<Vec<EarnedResponse>, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let assets = load_service(deps.storage, service)?.terms.assets;
    let counts = COUNTS.load(deps.storage, service)?;
    let account = Account::load(deps.storage, service, &counts, &operator)?;
    let mut pots = rewards::all(deps.storage, service)?;
    pots.sort_by_key(|(_, pot)| pot.id);
    let mut earned = vec![];
    for (name, mut pot) in pots {
        let (parts, total) = account.due(&mut pot)?;
        if !total.is_zero() {
            earned.push(EarnedResponse {
                token: rewards::token(&name)?,
                parts: by_asset(&assets, parts),
            });
        }
    }
    Ok(earned)
}

fn liability(
    deps: Deps,
    service: ServiceId,
    offender: Offender,
    update_id: u64,
    now: Timestamp,
) -> Result<LiabilityResponse, ContractError> {
    let nobody = LiabilityResponse {
        operator: None,
        update_id: 0u64.into(),
        since: None,
        captured: vec![],
        power: 0u128.into(),
    };
    let operator = match offender {
        Offender::Operator(operator) => deps.api.addr_validate(&operator).ok(),
        Offender::Key(key) => KEYS
            .may_load(deps.storage, (service, &key))?
            .filter(|owner| owner.until.is_none_or(|until| now < until))
            .map(|owner| owner.operator),
    };
    let Some(operator) = operator else {
        return Ok(nobody);
    };
    let capture = capture_at(deps.storage, service, &operator, update_id, now)?;
    let Some((update_id, capture)) = capture else {
        let known = MEMBERS.has(deps.storage, (service, &operator));
        return Ok(LiabilityResponse {
            operator: known.then_some(operator),
            ..nobody
        });
    };
    let assets = BOUNDS.load(deps.storage, service)?.assets;
    let captured = assets
        .into_iter()
        .zip(capture.parts)
        .filter(|(_, part)| !part.tokens.is_zero())
        .map(|(asset, part)| AssetAmount {
            asset,
            amount: part.tokens,
        })
        .collect();
    Ok(LiabilityResponse {
        operator: Some(operator),
        update_id: update_id.into(),
        since: Some(capture.at),
        captured,
        power: capture.power,
    })
}
