use cosmwasm_std::{
    coin, coins, BankMsg, DepsMut, Env, MessageInfo, Response, StakingMsg, SubMsg, Uint128,
};
use cw_utils::must_pay;
use palisade_types::staker::ConfigResponse;

use crate::reply::{balance, Next, Pending};
use crate::state::{self, STATE};
use crate::{events, ContractError};

/// Delegates the coins attached.
pub(crate) fn delegate(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    config: &ConfigResponse,
) -> Result<Response, ContractError> {
    let amount = must_pay(info, &config.denom)?;
    let pending = Pending::now(deps.querier, env, config, Next::Delegated { amount })?;
    let message = StakingMsg::Delegate {
        validator: config.validator.clone(),
        amount: coin(amount.u128(), &config.denom),
    };
    Ok(Response::new().add_submessage(pending.spends(amount)?.of(message)?))
}

/// Undelegates. What the staking module says that a delegation is worth, can be a unit more than it lets
/// undelegate: there it rounds to the nearest what shares are worth, here down what shares an amount
/// takes. So a unit less is tried as well, or else some could never leave a validator that lost more than half.
pub(crate) fn undelegate(
    deps: DepsMut,
    env: &Env,
    config: &ConfigResponse,
    amount: Uint128,
) -> Result<Response, ContractError> {
    if amount.is_zero() {
        return Err(ContractError::ZeroAmount);
    }
    let pending = Pending::now(deps.querier, env, config, Next::Undelegated { amount })?;
    let message = undelegation(config, amount);
    // A failure that is not replied to comes out in the chain's own words; replies get a code of it alone.
    let message = if amount == Uint128::one() {
        pending.of(message)?
    } else {
        pending.of_at_most(message)?
    };
    Ok(Response::new().add_submessage(message))
}

/// Undelegates a unit less than the chain refused to, from a balance of `balance`.
pub(crate) fn undelegate_less(
    config: &ConfigResponse,
    balance: Uint128,
    refused: Uint128,
) -> Result<SubMsg, ContractError> {
    let amount = refused.checked_sub(Uint128::one())?;
    let next = Next::Undelegated { amount };
    Ok(Pending { balance, next }.of(undelegation(config, amount))?)
}

fn undelegation(config: &ConfigResponse, amount: Uint128) -> StakingMsg {
    StakingMsg::Undelegate {
        validator: config.validator.clone(),
        amount: coin(amount.u128(), &config.denom),
    }
}

/// Sends principal that arrived to the vault, and forgets the oldest entries. An amount of zero sends
/// nothing: of entries that the chain slashed whole nothing arrives.
pub(crate) fn collect(
    deps: DepsMut,
    env: &Env,
    config: &ConfigResponse,
    amount: Uint128,
    entries: u32,
) -> Result<Response, ContractError> {
    if amount.is_zero() && entries == 0 {
        return Err(ContractError::ZeroAmount);
    }
    let mut state = state::load(deps.storage)?;
    let balance = balance(deps.querier, env, config)?;
    // Rewards at hand are never more than the balance: nothing else spends them.
    let available = balance.saturating_sub(state.rewards);
    if amount > available {
        return Err(ContractError::NotArrived {
            available,
            requested: amount,
        });
    }
    let count = usize::try_from(entries).unwrap_or(usize::MAX);
    if count > state.entries.len() {
        return Err(ContractError::TooManyEntries {
            available: state.entries.len(),
            requested: entries,
        });
    }
    let now = env.block.time;
    let left = state.entries.split_off(count);
    if let Some(entry) = state.entries.iter().find(|e| e.completes_at > now) {
        return Err(ContractError::NotCompleted {
            completes_at: entry.completes_at,
            now,
        });
    }
    if count > 0 {
        state.entries = left;
        STATE.save(deps.storage, &state)?;
    }
    let send = (!amount.is_zero()).then(|| BankMsg::Send {
        to_address: config.vault.to_string(),
        amount: coins(amount.u128(), &config.denom),
    });
    Ok(Response::new()
        .add_event(events::collect(amount, entries))
        .add_messages(send))
}
