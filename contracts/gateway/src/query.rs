//! Answers to queries.

use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env, Order, StdResult};
use cw_storage_plus::Bound;
use palisade_admin::GUARD;
use palisade_ibc::Offender;
use palisade_types::gateway::{
    ConfigResponse, OperatorResponse, PowerAtResponse, QueryMsg, ReportResponse, TotalPowerResponse,
};
use palisade_types::page::take;

use crate::state::{
    Operator, Report, Standing, CHANNEL, CONFIG, OPEN, OPERATORS, REPORTERS, REPORTS, REWARDS,
    TOTAL,
};
use crate::{operators, reports, ContractError};

pub(crate) fn query(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&config(deps)?),
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(env.block.time)),
        QueryMsg::Operator { operator } => to_json_binary(&operator_by(deps, &operator)?),
        QueryMsg::Operators { start_after, limit } => {
            to_json_binary(&operators(deps, start_after, limit)?)
        }
        QueryMsg::TotalPower {} => to_json_binary(&total_power(deps)?),
        QueryMsg::PowerAt {
            update_id,
            operator,
        } => to_json_binary(&power_at(deps, update_id.u64(), operator)?),
        QueryMsg::Reporters { start_after, limit } => {
            to_json_binary(&reporters(deps, start_after, limit)?)
        }
        QueryMsg::Report { nonce } => {
            let (report, standing) = reports::load(deps.storage, nonce.u64())?;
            to_json_binary(&report_response(nonce.u64(), report, standing))
        }
        QueryMsg::Reports {
            open,
            start_after,
            limit,
        } => to_json_binary(&list(deps, open, start_after.map(|n| n.u64()), limit)?),
        QueryMsg::Ownership {} => to_json_binary(&cw_ownable::get_ownership(deps.storage)?),
    };
    Ok(answer?)
}

fn config(deps: Deps) -> StdResult<ConfigResponse> {
    let config = CONFIG.load(deps.storage)?;
    let total = TOTAL.may_load(deps.storage)?.unwrap_or_default();
    Ok(ConfigResponse {
        host: config.host,
        packet_timeout: config.packet_timeout,
        history: config.history,
        channel: CHANNEL.may_load(deps.storage)?.map(|c| c.id),
        last_update: total.update_id.into(),
        rewards: REWARDS.may_load(deps.storage)?,
    })
}

fn operator_by(deps: Deps, offender: &Offender) -> Result<OperatorResponse, ContractError> {
    let (name, operator) = operators::resolve(deps.storage, offender)?;
    Ok(operator_response(name, operator))
}

fn operators(
    deps: Deps,
    start_after: Option<String>,
    limit: Option<u32>,
) -> StdResult<Vec<OperatorResponse>> {
    let after = start_after.as_deref().map(Bound::exclusive);
    OPERATORS
        .range(deps.storage, after, None, Order::Ascending)
        .take(take(limit))
        .map(|item| item.map(|(name, operator)| operator_response(name, operator)))
        .collect()
}

fn operator_response(name: String, operator: Operator) -> OperatorResponse {
    OperatorResponse {
        operator: name,
        key: operator.key,
        power: operator.power,
        update_id: operator.update_id.into(),
    }
}

fn total_power(deps: Deps) -> StdResult<TotalPowerResponse> {
    let total = TOTAL.may_load(deps.storage)?.unwrap_or_default();
    Ok(TotalPowerResponse {
        power: total.power,
        update_id: total.update_id.into(),
    })
}

fn power_at(
    deps: Deps,
    update_id: u64,
    operator: Option<String>,
) -> Result<PowerAtResponse, ContractError> {
    let found = match operator {
        Some(operator) => operators::power_at(deps.storage, &operator, update_id)?,
        None => operators::total_at(deps.storage, update_id)?,
    };
    let (found_id, entry) = found.ok_or(ContractError::UnknownUpdate { update_id })?;
    Ok(PowerAtResponse {
        power: entry.power,
        update_id: found_id.into(),
        height: entry.height.into(),
        time: entry.time,
    })
}

fn reporters(deps: Deps, start_after: Option<String>, limit: Option<u32>) -> StdResult<Vec<Addr>> {
    let after = start_after
        .map(|address| deps.api.addr_validate(&address))
        .transpose()?;
    REPORTERS
        .keys(
            deps.storage,
            after.as_ref().map(Bound::exclusive),
            None,
            Order::Ascending,
        )
        .take(take(limit))
        .collect()
}

fn list(
    deps: Deps,
    open: bool,
    start_after: Option<u64>,
    limit: Option<u32>,
) -> Result<Vec<ReportResponse>, ContractError> {
    let after = start_after.map(Bound::exclusive);
    let nonces = if open {
        OPEN.keys(deps.storage, after, None, Order::Ascending)
    } else {
        REPORTS.keys(deps.storage, after, None, Order::Ascending)
    };
    nonces
        .take(take(limit))
        .map(|nonce| {
            let nonce = nonce?;
            let (report, standing) = reports::load(deps.storage, nonce)?;
            Ok(report_response(nonce, report, standing))
        })
        .collect()
}

fn report_response(nonce: u64, report: Report, standing: Standing) -> ReportResponse {
    ReportResponse {
        nonce: nonce.into(),
        infraction: report.infraction,
        operator: report.operator,
        update_id: report.update_id.into(),
        state: standing.state,
        attempts: standing.attempts,
        last_error: standing.last_error,
    }
}
