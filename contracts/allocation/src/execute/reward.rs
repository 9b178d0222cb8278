//! Rewards: named, paid in, harvested, and taken back.

use cosmwasm_std::{
    from_json, to_json_binary, Addr, CosmosMsg, Deps, DepsMut, MessageInfo, Reply, Response,
    StdResult, SubMsg, Uint128,
};
use cw20::{Cw20QueryMsg, Cw20ReceiveMsg, TokenInfoResponse};
use palisade_types::allocation::{Cw20HookMsg, ServiceId, MAX_REWARD_TOKENS};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation;
use palisade_types::neighbour::Neighbour;
use palisade_types::token::{is_denom, Token};

use super::service::administered;
use super::{check_list, load_service};
use crate::events;
use crate::rewards::{self, Account};
use crate::state::{Pot, BOUNDS, CONFIG, COUNTS, POTS, SERVICES};
use crate::ContractError;

/// Reply to a payment of what was owed.
pub(crate) const LEFT: u64 = 2;

pub(crate) fn add_tokens(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    tokens: Vec<Token>,
) -> Result<Response, ContractError> {
    let mut stored = administered(deps.as_ref(), &info, service)?;
    let found = usize::from(stored.reward_tokens).saturating_add(tokens.len());
    if tokens.is_empty() || found > MAX_REWARD_TOKENS {
        return Err(ContractError::BadCount {
            what: "reward tokens",
            found,
            most: MAX_REWARD_TOKENS,
        });
    }
    let mut names = Vec::with_capacity(tokens.len());
    for token in tokens {
        let name = check_token(deps.as_ref(), token)?.name();
        if POTS.has(deps.storage, (service, &name)) {
            return Err(ContractError::Duplicate { entry: name });
        }
        let pot = Pot {
            id: stored.reward_tokens,
            ..Pot::default()
        };
        POTS.save(deps.storage, (service, &name), &pot)?;
        stored.reward_tokens = stored.reward_tokens.saturating_add(1);
        names.push(name);
    }
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::add_reward_tokens(service, &names)))
}

/// Refuses what cannot be a token, as a token is never unnamed.
fn check_token(deps: Deps, token: Token) -> Result<Token, ContractError> {
    let token = token.validated(deps.api)?;
    match &token {
        Token::Native { denom } if !is_denom(denom) => Err(ContractError::BadDenom {
            denom: denom.clone(),
        }),
        Token::Cw20 { address } => {
            let info: StdResult<TokenInfoResponse> = deps
                .querier
                .query_wasm_smart(address, &Cw20QueryMsg::TokenInfo {});
            info.map_err(|reason| ContractError::NotCw20 {
                address: address.clone(),
                reason,
            })?;
            Ok(token)
        }
        Token::Native { .. } => Ok(token),
    }
}

/// Rewards in the one coin attached.
pub(crate) fn pay(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    let coin = cw_utils::one_coin(&info)?;
    let token = Token::native(coin.denom).name();
    let pot = credit(deps, service, &token, coin.amount)?;
    let event = events::pay_rewards(service, info.sender.as_str(), &token, coin.amount, &pot);
    Ok(Response::new().add_event(event))
}

/// Rewards in the cw20 that calls.
pub(crate) fn receive(
    deps: DepsMut,
    info: MessageInfo,
    hook: Cw20ReceiveMsg,
) -> Result<Response, ContractError> {
    let Cw20HookMsg::PayRewards { service } = from_json(&hook.msg)?;
    let token = Token::cw20(info.sender).name();
    let pot = credit(deps, service, &token, hook.amount)?;
    let event = events::pay_rewards(service, &hook.sender, &token, hook.amount, &pot);
    Ok(Response::new().add_event(event))
}

/// Credits a payment that is here already.
pub(crate) fn credit(
    deps: DepsMut,
    service: ServiceId,
    token: &str,
    amount: Uint128,
) -> Result<Pot, ContractError> {
    let pot = named(deps.as_ref(), service, token)?;
    if amount.is_zero() {
        return Err(ContractError::NothingPaid {
            token: token.to_string(),
        });
    }
    let counts = COUNTS.load(deps.storage, service)?;
    counts.require_earning(service)?;
    rewards::pay(deps.storage, service, &counts, (token, pot), amount)
}

/// Pays to the admin what nobody can earn any more.
pub(crate) fn take_back(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    tokens: Option<Vec<Token>>,
) -> Result<Response, ContractError> {
    administered(deps.as_ref(), &info, service)?;
    COUNTS.load(deps.storage, service)?.require_ended(service)?;
    let mut response = Response::new();
    let mut leaving = Leaving::default();
    for (name, pot) in pots(deps.as_ref(), service, tokens)? {
        let amount = rewards::take_back(deps.storage, service, (&name, pot))?;
        if amount.is_zero() {
            continue;
        }
        let token = rewards::token(&name)?;
        response = response.add_event(events::take_back(service, &info.sender, &name, amount));
        leaving.messages.push(token.pay(&info.sender, amount)?);
        leaving.sums.push((name, amount));
    }
    leaving
        .begin(response)?
        .ok_or(ContractError::NothingHeld { service })
}

/// The rewards of a service in a token; refuses one that it did not name.
fn named(deps: Deps, service: ServiceId, token: &str) -> Result<Pot, ContractError> {
    if let Some(pot) = POTS.may_load(deps.storage, (service, token))? {
        return Ok(pot);
    }
    load_service(deps.storage, service)?;
    let named = rewards::all(deps.storage, service)?;
    Err(ContractError::UnnamedToken {
        service,
        token: token.to_string(),
        named: named.into_iter().map(|(name, _)| name).collect(),
    })
}

pub(crate) fn harvest(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    operator: &str,
    tokens: Option<Vec<Token>>,
) -> Result<Response, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let Some(bounds) = BOUNDS.may_load(deps.storage, service)? else {
        return Err(ContractError::UnknownService { service });
    };
    let pots = pots(deps.as_ref(), service, tokens)?;
    let delegation = CONFIG.load(deps.storage)?.delegation.0;
    let counts = COUNTS.load(deps.storage, service)?;
    let mut account = Account::load(deps.storage, service, &counts, &operator)?;
    let mut response = Response::new();
    let mut leaving = Leaving::default();
    for (name, pot) in pots {
        let Some((parts, amount)) = account.take(deps.storage, service, (&name, pot))? else {
            continue;
        };
        let parts = by_asset(&bounds.assets, parts);
        let token = rewards::token(&name)?;
        response = response.add_event(events::harvest(service, &operator, &name, amount, &parts));
        let by_operator = info.sender == operator;
        let sent = send_on(&delegation, token, amount, (&operator, parts, by_operator))?;
        leaving.messages.extend(sent);
        leaving.sums.push((name, amount));
    }
    let Some(response) = leaving.begin(response)? else {
        return Err(ContractError::NothingEarned { service, operator });
    };
    account.save(deps.storage, service, &operator)?;
    Ok(response)
}

/// What was earned, on its way to the pools that earned it. A cw20 is told of by a message of our own:
/// that it was sent by us would be the word of the cw20 alone.
fn send_on(
    delegation: &Addr,
    token: Token,
    amount: Uint128,
    (operator, parts, by_operator): (&Addr, Vec<AssetAmount>, bool),
) -> StdResult<Vec<CosmosMsg>> {
    let operator = operator.to_string();
    match &token {
        Token::Native { .. } => {
            let reward = delegation::ExecuteMsg::Reward {
                operator,
                parts,
                by_operator,
            };
            Ok(vec![token.attach(delegation, &reward, amount)?])
        }
        Token::Cw20 { address } => {
            let reward = delegation::ExecuteMsg::RewardCw20 {
                token: address.clone(),
                operator,
                parts,
                by_operator,
            };
            let tell = Neighbour(delegation.clone()).call(&reward)?;
            Ok(vec![token.pay(delegation, amount)?, tell.into()])
        }
    }
}

/// Tokens on their way out. They are owed until all of them left: one that calls somebody as it leaves finds
/// nothing here that seems to be nobody's. (What left first is owed a little longer than it is here.)
#[derive(Default)]
struct Leaving {
    messages: Vec<CosmosMsg>,
    /// By name of the token.
    sums: Vec<(String, Uint128)>,
}

impl Leaving {
    /// None: nothing leaves.
    fn begin(mut self, response: Response) -> StdResult<Option<Response>> {
        let Some(last) = self.messages.pop() else {
            return Ok(None);
        };
        let last = SubMsg::reply_on_success(last, LEFT).with_payload(to_json_binary(&self.sums)?);
        Ok(Some(
            response.add_messages(self.messages).add_submessage(last),
        ))
    }
}

/// Notes that they left.
pub(crate) fn left(deps: DepsMut, reply: &Reply) -> Result<Response, ContractError> {
    let sums: Vec<(String, Uint128)> = from_json(&reply.payload)?;
    for (token, amount) in sums {
        rewards::release(deps.storage, &token, amount)?;
    }
    Ok(Response::new())
}

/// The rewards of a service in the tokens asked for; none: in all, by name. Either way cw20s come first: while
/// one runs, no native token has left, and what arrives of those is weighed against what is owed and here.
fn pots(
    deps: Deps,
    service: ServiceId,
    tokens: Option<Vec<Token>>,
) -> Result<Vec<(String, Pot)>, ContractError> {
    match tokens {
        Some(tokens) => chosen(deps, service, tokens),
        None => Ok(rewards::all(deps.storage, service)?),
    }
}

/// The rewards of a service in the tokens asked for, each once.
fn chosen(
    deps: Deps,
    service: ServiceId,
    tokens: Vec<Token>,
) -> Result<Vec<(String, Pot)>, ContractError> {
    if tokens.is_empty() {
        return Err(ContractError::BadCount {
            what: "tokens",
            found: 0,
            most: MAX_REWARD_TOKENS,
        });
    }
    let is_cw20 = |token: &Token| matches!(token, Token::Cw20 { .. });
    let (cw20s, natives): (Vec<_>, Vec<_>) = tokens.into_iter().partition(is_cw20);
    let names: Vec<_> = cw20s.iter().chain(&natives).map(Token::name).collect();
    check_list(
        "tokens",
        MAX_REWARD_TOKENS,
        names.iter().map(String::as_str),
    )?;
    names
        .into_iter()
        .map(|name| {
            let pot = named(deps, service, &name)?;
            Ok((name, pot))
        })
        .collect()
}

/// What is not zero, with the names of the assets.
pub(crate) fn by_asset(assets: &[String], parts: Vec<Uint128>) -> Vec<AssetAmount> {
    assets
        .iter()
        .zip(parts)
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(asset, amount)| AssetAmount {
            asset: asset.clone(),
            amount,
        })
        .collect()
}
