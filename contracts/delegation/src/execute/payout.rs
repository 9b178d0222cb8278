//! Rewards and commission, paid out to whom they are owed.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{
    coin, Addr, BankMsg, CosmosMsg, DepsMut, Env, Event, MessageInfo, Order, Response, StdResult,
    Storage, Uint128,
};
use cw_storage_plus::Bound;
use palisade_types::asset::AssetId;
use palisade_types::delegation::{Action, PoolKey, MAX_CLAIMED_POOLS, MAX_REWARD_TOKENS};
use palisade_types::token::Token;
use palisade_types::vault;

use crate::error::ContractError;
use crate::events;
use crate::execute::reward::{at_most, distinct};
use crate::native::add;
use crate::rewards::{load_owed, save_owed, Rewards};
use crate::state::{
    Owed, Pool, PoolId, Tranche, COMMISSION_OWED, CONFIG, OWED, POOLS, POOL_KEYS, POSITIONS,
};

/// Most tokens of one claim of commission; the next message takes the next ones.
const MAX_COMMISSION_TOKENS: usize = 64;

/// Pays rewards out.
pub(crate) fn claim(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    pools: Option<Vec<PoolKey>>,
    tokens: Option<Vec<Token>>,
    recipient: Option<&str>,
) -> Result<Response, ContractError> {
    let recipient = match recipient {
        Some(recipient) => deps.api.addr_validate(recipient)?,
        None => info.sender.clone(),
    };
    let tokens = tokens
        .map(|tokens| names(&deps, tokens, MAX_REWARD_TOKENS))
        .transpose()?;
    let claimed = collect(deps, env, &info.sender, pools, tokens)?;
    let events = claimed
        .iter()
        .map(|one| one.event("claim_rewards", &info.sender, &recipient));
    let response = Response::new().add_events(events);
    let paid = claimed.iter().map(|one| (one.token.as_str(), one.amount));
    Ok(response.add_messages(pay(&recipient, paid)?))
}

/// Deposits rewards that are paid in registered assets: as much as a deposit by the owner would do.
pub(crate) fn compound(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    pools: Option<Vec<PoolKey>>,
    tokens: Vec<Token>,
) -> Result<Response, ContractError> {
    let vault = CONFIG.load(deps.storage)?.vault;
    let tokens = names(&deps, tokens, MAX_REWARD_TOKENS)?;
    let claimed = collect(deps, env, &info.sender, pools, Some(tokens))?;
    let mut deposits: BTreeMap<(&Addr, &str), Uint128> = BTreeMap::new();
    let mut response = Response::new();
    for one in &claimed {
        let deposit = deposits.entry((&one.operator, &one.token)).or_default();
        *deposit = add(*deposit, one.amount)?;
        response = response.add_event(one.event("compound", &info.sender, &vault));
    }
    for ((operator, token), amount) in deposits {
        let deposit = vault::ExecuteMsg::Deposit {
            operator: Some(operator.to_string()),
            owner: Some(info.sender.to_string()),
        };
        if let Some(token) = Token::of_name(token) {
            response = response.add_message(token.attach(&vault, &deposit, amount)?);
        }
    }
    Ok(response)
}

/// Pays commission out.
pub(crate) fn claim_commission(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    tokens: Option<Vec<Token>>,
    recipient: Option<&str>,
) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Exits)?;
    let operator = &info.sender;
    let recipient = match recipient {
        Some(recipient) => deps.api.addr_validate(recipient)?,
        None => operator.clone(),
    };
    let owed: Vec<(String, Uint128)> = match tokens {
        Some(tokens) => {
            let mut owed = vec![];
            for token in names(&deps, tokens, MAX_COMMISSION_TOKENS)? {
                if let Some(amount) = COMMISSION_OWED.may_load(deps.storage, (operator, &token))? {
                    owed.push((token, amount));
                }
            }
            owed
        }
        None => COMMISSION_OWED
            .prefix(operator)
            .range(deps.storage, None, None, Order::Ascending)
            .take(MAX_COMMISSION_TOKENS)
            .collect::<StdResult<_>>()?,
    };
    if owed.is_empty() {
        return Err(ContractError::NothingToClaim {
            owner: operator.clone(),
        });
    }
    let mut response = Response::new();
    for (token, amount) in &owed {
        COMMISSION_OWED.remove(deps.storage, (operator, token));
        let event = events::claim_commission(operator, token, *amount, &recipient);
        response = response.add_event(event);
    }
    let paid = owed.iter().map(|(token, amount)| (token.as_str(), *amount));
    Ok(response.add_messages(pay(&recipient, paid)?))
}

/// What was claimed of one pool in one token.
struct Claimed {
    operator: Addr,
    asset: AssetId,
    token: String,
    amount: Uint128,
}

impl Claimed {
    fn event(&self, kind: &str, owner: &Addr, recipient: &Addr) -> Event {
        let pool = (&self.operator, self.asset.as_str());
        events::claim_rewards(kind, owner, pool, (&self.token, self.amount), recipient)
    }
}

/// Takes what `owner` is owed of the pools named, or of all of its own, in the tokens named, or in all;
/// from now on it is not owed any more.
fn collect(
    deps: DepsMut,
    env: &Env,
    owner: &Addr,
    pools: Option<Vec<PoolKey>>,
    tokens: Option<BTreeSet<String>>,
) -> Result<Vec<Claimed>, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Exits)?;
    let config = CONFIG.load(deps.storage)?;
    let pools = match pools {
        Some(pools) => named(&deps, pools)?,
        None => held(deps.storage, owner)?,
    };
    let wanted = |token: &str| match &tokens {
        Some(tokens) => tokens.contains(token),
        None => true,
    };
    let mut claimed = vec![];
    for (operator, asset, pool) in pools {
        let rewards = Rewards::load(deps.storage, &config, env.block.time, &pool)?;
        let before = claimed.len();
        let mut owed = owed_now(deps.storage, owner, &operator, &pool, &rewards)?;
        for (flow, owed) in rewards.flows().zip(&mut owed) {
            if !owed.owed.is_zero() && wanted(&flow.token) {
                claimed.push(Claimed {
                    operator: operator.clone(),
                    asset: asset.clone(),
                    token: flow.token.clone(),
                    amount: std::mem::take(&mut owed.owed),
                });
            }
        }
        // Of the pool itself nothing changed: its flows are read as of now, whenever that is.
        if claimed.len() > before {
            save_owed(deps.storage, owner, pool.id, owed)?;
        }
    }
    if claimed.is_empty() {
        return Err(ContractError::NothingToClaim {
            owner: owner.clone(),
        });
    }
    Ok(claimed)
}

/// What an owner is owed of a pool with its rewards as of now, by reward id.
pub(crate) fn owed_now(
    storage: &dyn Storage,
    owner: &Addr,
    operator: &Addr,
    pool: &Pool,
    rewards: &Rewards,
) -> Result<Vec<Owed>, ContractError> {
    if pool.rewards == 0 {
        return Ok(vec![]);
    }
    let mut owed = load_owed(storage, owner, pool.id)?;
    match POSITIONS.may_load(storage, (owner, pool.id))? {
        Some(position) => {
            let tranche = Tranche::of(owner, operator);
            rewards.settled(storage, tranche, &position, owed)
        }
        None => {
            // Only what was settled before it left: the checkpoints mean nothing any more.
            for token in &mut owed {
                token.checkpoint = Default::default();
            }
            Ok(owed)
        }
    }
}

/// The pools of a list, each once.
fn named(deps: &DepsMut, pools: Vec<PoolKey>) -> Result<Vec<(Addr, AssetId, Pool)>, ContractError> {
    at_most("pools", pools.len(), MAX_CLAIMED_POOLS)?;
    if pools.is_empty() {
        return Err(ContractError::Empty { what: "pools" });
    }
    let keys = pools.iter();
    distinct(
        "pool",
        keys.map(|key| format!("{}/{}", key.operator, key.asset)),
    )?;
    pools
        .into_iter()
        .map(|PoolKey { operator, asset }| {
            let operator = deps.api.addr_validate(&operator)?;
            match POOLS.may_load(deps.storage, (&operator, &asset))? {
                Some(pool) => Ok((operator, asset, pool)),
                None => Err(ContractError::UnknownPool { operator, asset }),
            }
        })
        .collect()
}

/// The pools in which an owner has stake, or is owed something, if they are not too many.
fn held(storage: &dyn Storage, owner: &Addr) -> Result<Vec<(Addr, AssetId, Pool)>, ContractError> {
    let ids = held_ids(storage, owner, None, MAX_CLAIMED_POOLS.saturating_add(1))?;
    at_most("pools", ids.len(), MAX_CLAIMED_POOLS)?;
    ids.into_iter()
        .map(|id| {
            let (operator, asset) = POOL_KEYS.load(storage, id)?;
            let pool = POOLS.load(storage, (&operator, &asset))?;
            Ok((operator, asset, pool))
        })
        .collect()
}

/// Ids of the first `limit` pools after `after` in which an owner has stake, or is owed something.
pub(crate) fn held_ids(
    storage: &dyn Storage,
    owner: &Addr,
    after: Option<PoolId>,
    limit: usize,
) -> StdResult<Vec<PoolId>> {
    let from = || after.map(Bound::exclusive);
    let staked = POSITIONS
        .prefix(owner)
        .keys(storage, from(), None, Order::Ascending)
        .take(limit);
    let owed = OWED
        .prefix(owner)
        .keys(storage, from(), None, Order::Ascending)
        .take(limit);
    let ids: BTreeSet<PoolId> = staked.chain(owed).collect::<StdResult<_>>()?;
    Ok(ids.into_iter().take(limit).collect())
}

/// Names of the tokens of a list, each once.
fn names(
    deps: &DepsMut,
    tokens: Vec<Token>,
    limit: usize,
) -> Result<BTreeSet<String>, ContractError> {
    at_most("tokens", tokens.len(), limit)?;
    if tokens.is_empty() {
        return Err(ContractError::Empty { what: "tokens" });
    }
    let names: StdResult<Vec<String>> = tokens
        .into_iter()
        .map(|token| Ok(token.validated(deps.api)?.name()))
        .collect();
    distinct("token", names?.into_iter())
}

/// One payment for each token: all coins in one message.
fn pay<'a>(
    recipient: &Addr,
    amounts: impl Iterator<Item = (&'a str, Uint128)>,
) -> StdResult<Vec<CosmosMsg>> {
    let mut sums: BTreeMap<&str, Uint128> = BTreeMap::new();
    for (token, amount) in amounts {
        let sum = sums.entry(token).or_default();
        *sum = add(*sum, amount)?;
    }
    let mut coins = vec![];
    let mut messages = vec![];
    for (name, amount) in sums {
        match Token::of_name(name) {
            Some(Token::Native { denom }) => coins.push(coin(amount.u128(), denom)),
            Some(token) => messages.push(token.pay(recipient, amount)?),
            None => {}
        }
    }
    if !coins.is_empty() {
        let send = BankMsg::Send {
            to_address: recipient.to_string(),
            amount: coins,
        };
        messages.push(send.into());
    }
    Ok(messages)
}
