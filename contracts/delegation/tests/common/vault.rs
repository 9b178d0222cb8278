//! The little of a vault that delegation needs.

use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, Binary, Decimal, Deps, DepsMut, Empty, Env, MessageInfo,
    Response, StdError, StdResult, Uint128,
};
use cw_multi_test::{Contract, ContractWrapper};
use cw_storage_plus::{Item, Map};
use palisade_types::asset::{AssetKind, Price};
use palisade_types::delegation;
use palisade_types::neighbour::Neighbour;
use palisade_types::vault::{BooksResponse, ExecuteMsg, InstantiateMsg, QueryMsg};

const DELEGATION: Item<Addr> = Item::new("delegation");
const DENOMS: Map<&str, String> = Map::new("denoms");
const ASSETS: Map<&str, String> = Map::new("assets");
/// asset -> (staked, seized)
const BOOKS: Map<&str, (Uint128, Uint128)> = Map::new("books");

pub fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query))
}

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: InstantiateMsg) -> StdResult<Response> {
    Ok(Response::new())
}

fn execute(deps: DepsMut, _: Env, info: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    let response = Response::new();
    match msg {
        ExecuteMsg::Connect { delegation } => {
            DELEGATION.save(deps.storage, &Addr::unchecked(delegation))?;
            Ok(response)
        }
        ExecuteMsg::RegisterAsset(asset) => {
            if let AssetKind::Native { denom } = asset.kind {
                ASSETS.save(deps.storage, &denom, &asset.id)?;
                DENOMS.save(deps.storage, &asset.id, &denom)?;
                BOOKS.save(deps.storage, &asset.id, &Default::default())?;
            }
            Ok(response)
        }
        ExecuteMsg::Deposit { operator, owner } => {
            let coin = &info.funds[0];
            let asset = ASSETS.load(deps.storage, &coin.denom)?;
            book(deps, &asset, |staked, _| {
                *staked += coin.amount;
                Ok(())
            })
            .and_then(|deps| {
                let join = delegation::ExecuteMsg::Join {
                    owner: owner.unwrap_or(info.sender.to_string()),
                    operator: operator.unwrap(),
                    asset,
                    amount: coin.amount,
                };
                let delegation = Neighbour(DELEGATION.load(deps.storage)?);
                Ok(response.add_message(delegation.call(&join)?))
            })
        }
        ExecuteMsg::Release {
            asset,
            amount,
            recipient,
        } => {
            assert_eq!(info.sender, DELEGATION.load(deps.storage)?);
            let denom = DENOMS.load(deps.storage, &asset)?;
            book(deps, &asset, |staked, _| {
                *staked = staked.checked_sub(amount)?;
                Ok(())
            })?;
            Ok(response.add_message(BankMsg::Send {
                to_address: recipient,
                amount: coins(amount.u128(), denom),
            }))
        }
        ExecuteMsg::Seize { seized, .. } => {
            assert_eq!(info.sender, DELEGATION.load(deps.storage)?);
            let mut deps = deps;
            for part in seized {
                book(deps.branch(), &part.asset, |staked, seized| {
                    *staked = staked.checked_sub(part.amount)?;
                    *seized += part.amount;
                    Ok(())
                })?;
            }
            Ok(response)
        }
        _ => Err(StdError::generic_err("not in this play")),
    }
}

fn book<'a>(
    deps: DepsMut<'a>,
    asset: &str,
    change: impl FnOnce(&mut Uint128, &mut Uint128) -> StdResult<()>,
) -> StdResult<DepsMut<'a>> {
    let (mut staked, mut seized) = BOOKS.load(deps.storage, asset)?;
    change(&mut staked, &mut seized)?;
    BOOKS.save(deps.storage, asset, &(staked, seized))?;
    Ok(deps)
}

fn query(deps: Deps, env: Env, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Books { asset } => {
            let (staked, seized) = BOOKS.load(deps.storage, &asset)?;
            let denom = DENOMS.load(deps.storage, &asset)?;
            let balance = deps.querier.query_balance(env.contract.address, denom)?.amount;
            to_json_binary(&BooksResponse {
                idle: Uint128::zero(),
                staked,
                seized,
                balance,
            })
        }
        QueryMsg::Prices { assets } => {
            let price = |asset: String| -> StdResult<Price> {
                DENOMS.load(deps.storage, &asset)?;
                Ok(Price {
                    asset,
                    rate: Decimal::percent(200),
                    weight: Decimal::percent(90),
                    fresh: true,
                })
            };
            let prices: StdResult<Vec<Price>> = assets.into_iter().map(price).collect();
            to_json_binary(&prices?)
        }
        _ => Err(StdError::generic_err("not in this play")),
    }
}
