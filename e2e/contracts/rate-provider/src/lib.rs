//! A rate provider that says what it was told, by anybody: for tests of stale, absurd and falling rates.
use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{
    entry_point, to_json_binary, Binary, Decimal, Deps, DepsMut, Env, MessageInfo, Response,
    StdResult, Timestamp,
};
use cw_storage_plus::Item;

/// The last rate that was set.
const RATE: Item<RateResponse> = Item::new("rate");

/// `updated_at` is the block's time where it is left out.
#[cw_serde]
pub struct InstantiateMsg {
    pub rate: Decimal,
    pub updated_at: Option<Timestamp>,
}

#[cw_serde]
pub enum ExecuteMsg {
    Set {
        rate: Decimal,
        updated_at: Option<Timestamp>,
    },
}

#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    #[returns(RateResponse)]
    Rate {},
}

/// Base units of the bond denom for one unit of the token, and when that was known.
#[cw_serde]
pub struct RateResponse {
    pub rate: Decimal,
    pub updated_at: Timestamp,
}

#[entry_point]
pub fn instantiate(
    deps: DepsMut,
    env: Env,
    _info: MessageInfo,
    msg: InstantiateMsg,
) -> StdResult<Response> {
    set(deps, env, msg.rate, msg.updated_at)
}

#[entry_point]
pub fn execute(
    deps: DepsMut,
    env: Env,
    _info: MessageInfo,
    msg: ExecuteMsg,
) -> StdResult<Response> {
    let ExecuteMsg::Set { rate, updated_at } = msg;
    set(deps, env, rate, updated_at)
}

#[entry_point]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> StdResult<Binary> {
    let QueryMsg::Rate {} = msg;
    to_json_binary(&RATE.load(deps.storage)?)
}

fn set(
    deps: DepsMut,
    env: Env,
    rate: Decimal,
    updated_at: Option<Timestamp>,
) -> StdResult<Response> {
    let updated_at = updated_at.unwrap_or(env.block.time);
    RATE.save(deps.storage, &RateResponse { rate, updated_at })?;
    Ok(Response::new())
}
