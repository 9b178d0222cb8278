use cosmwasm_std::{
    coin, coins, BankMsg, DepsMut, Env, MessageInfo, Response, StakingMsg, Uint128,
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

/// Undelegates.
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
    let message = StakingMsg::Undelegate {
        validator: config.validator.clone(),
        amount: coin(amount.u128(), &config.denom),
    };
    Ok(Response::new().add_submessage(pending.of(message)?))
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
