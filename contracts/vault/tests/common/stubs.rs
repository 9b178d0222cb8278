//! Stand-ins for the vault's neighbours.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Response, StdError, StdResult, Uint128,
};
use cw_storage_plus::Item;
use palisade_testing::TestContract;
use palisade_types::asset::{RateProviderQuery, RateResponse};
use palisade_types::delegation::{ConfigResponse, ExecuteMsg};

use super::*;

// A delegation contract that writes down what it was told, and refuses operators without a name.

#[cw_serde]
pub struct Join {
    pub owner: String,
    pub operator: String,
    pub asset: String,
    pub amount: Uint128,
    pub bound: bool,
}

/// What it is asked: as much of its interface as the vault knows, and what tests want to know.
#[cw_serde]
pub enum Ask {
    Config {},
    Joins {},
    Heard {},
}

const JOINS: Item<Vec<Join>> = Item::new("joins");
const HEARD: Item<Vec<ExecuteMsg>> = Item::new("heard");

pub fn delegation_stub() -> TestContract {
    TestContract::new(hear, nothing, tell_heard)
}

fn hear(deps: DepsMut, _: Env, info: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    let paid = matches!(msg, ExecuteMsg::Reward { .. });
    if info.funds.is_empty() == paid {
        return Err(StdError::generic_err(
            "tokens are expected with rewards alone",
        ));
    }
    match msg {
        ExecuteMsg::Join {
            owner,
            operator,
            asset,
            amount,
            bound,
        } => {
            if operator == "nobody" {
                return Err(StdError::generic_err("unknown operator"));
            }
            let mut joins = JOINS.may_load(deps.storage)?.unwrap_or_default();
            joins.push(Join {
                owner,
                operator,
                asset,
                amount,
                bound,
            });
            JOINS.save(deps.storage, &joins)?;
            Ok(Response::new().add_attribute("action", "join"))
        }
        ExecuteMsg::OpenPool(_) | ExecuteMsg::Grow { .. } | ExecuteMsg::Reward { .. } => {
            let mut heard = HEARD.may_load(deps.storage)?.unwrap_or_default();
            heard.push(msg);
            HEARD.save(deps.storage, &heard)?;
            Ok(Response::new())
        }
        _ => Err(StdError::generic_err("this is not the vault's to say")),
    }
}

fn tell_heard(deps: Deps, env: Env, msg: Ask) -> StdResult<Binary> {
    match msg {
        Ask::Config {} => to_json_binary(&ConfigResponse {
            vault: env.contract.address,
            allocation: None,
            genesis: env.block.time,
            epoch_length: DAY,
            unbonding_period: 25 * DAY,
            reward_period: DAY,
        }),
        Ask::Joins {} => to_json_binary(&JOINS.may_load(deps.storage)?.unwrap_or_default()),
        Ask::Heard {} => to_json_binary(&HEARD.may_load(deps.storage)?.unwrap_or_default()),
    }
}

// A rate provider that says what it was told to say.

const ANSWER: Item<Option<RateResponse>> = Item::new("answer");

pub fn provider_stub() -> TestContract {
    TestContract::new(tell, nothing, told)
}

fn tell(
    deps: DepsMut,
    _: Env,
    _: MessageInfo,
    answer: Option<RateResponse>,
) -> StdResult<Response> {
    ANSWER.save(deps.storage, &answer)?;
    Ok(Response::new())
}

fn told(deps: Deps, _: Env, msg: RateProviderQuery) -> StdResult<Binary> {
    let RateProviderQuery::Rate {} = msg;
    let answer = ANSWER.load(deps.storage)?;
    to_json_binary(&answer.ok_or_else(|| StdError::generic_err("out of order"))?)
}
