use cosmwasm_std::{
    coin, coins, to_json_binary, Deps, DepsMut, DistributionMsg, Env, Response, StakingMsg,
    Storage, Uint128, WasmMsg,
};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation;
use palisade_types::staker::{ConfigResponse, RewardsTo};

use crate::reply::{balance, Next, Pending};
use crate::state::{self, STATE};
use crate::{events, ContractError};

/// Withdraws the validator's rewards, and uses all that are at hand.
pub(crate) fn withdraw_rewards(
    deps: DepsMut,
    env: &Env,
    config: &ConfigResponse,
    to: RewardsTo,
) -> Result<Response, ContractError> {
    let delegations = deps.querier.query_all_delegations(&env.contract.address)?;
    if delegations.is_empty() {
        // The distribution module refuses who has no delegation. It paid what it owed when the last
        // of it was undelegated.
        let balance = balance(deps.querier, env, config)?;
        return use_rewards(deps.storage, config, balance, Uint128::zero(), to);
    }
    let pending = Pending::now(deps.querier, env, config, Next::Withdrawn { to })?;
    let message = DistributionMsg::WithdrawDelegatorReward {
        validator: config.validator.clone(),
    };
    Ok(Response::new().add_submessage(pending.of(message)?))
}

/// Rewards in another denom than the bond denom, and to whom they go.
pub(crate) struct Forward {
    pub(crate) denom: String,
    pub(crate) delegation: String,
    pub(crate) asset: String,
    pub(crate) operator: String,
    pub(crate) by_operator: bool,
}

/// Sends all coins of another denom on. Principal is in the bond denom alone, so all others are rewards.
pub(crate) fn forward_rewards(
    deps: Deps,
    env: &Env,
    config: &ConfigResponse,
    forward: Forward,
) -> Result<Response, ContractError> {
    let Forward {
        denom,
        delegation,
        asset,
        operator,
        by_operator,
    } = forward;
    if denom == config.denom {
        return Err(ContractError::BondDenom { denom });
    }
    let balance = deps.querier.query_balance(&env.contract.address, &denom)?;
    if balance.amount.is_zero() {
        return Err(ContractError::NoRewards { denom });
    }
    let part = AssetAmount {
        asset,
        amount: balance.amount,
    };
    let msg = delegation::ExecuteMsg::Reward {
        operator,
        parts: vec![part],
        by_operator,
    };
    let event = events::forward_rewards(&balance);
    Ok(Response::new()
        .add_event(event)
        .add_message(WasmMsg::Execute {
            contract_addr: delegation,
            msg: to_json_binary(&msg)?,
            funds: vec![balance],
        }))
}

/// Uses all rewards at hand, `withdrawn` among them, of a balance of `balance`.
pub(crate) fn use_rewards(
    storage: &mut dyn Storage,
    config: &ConfigResponse,
    balance: Uint128,
    withdrawn: Uint128,
    to: RewardsTo,
) -> Result<Response, ContractError> {
    let mut state = state::load(storage)?;
    let amount = state.rewards.checked_add(withdrawn)?;
    let response = Response::new().add_event(events::withdraw_rewards(withdrawn, amount, &to));
    if amount.is_zero() {
        return Ok(response);
    }
    if !state.rewards.is_zero() {
        state.rewards = Uint128::zero();
        STATE.save(storage, &state)?;
    }
    match to {
        RewardsTo::Stake { asset, operator } => {
            let message = StakingMsg::Delegate {
                validator: config.validator.clone(),
                amount: coin(amount.u128(), &config.denom),
            };
            let next = Next::Compounded {
                asset,
                operator,
                amount,
            };
            let pending = Pending { balance, next }.spends(amount)?;
            Ok(response.add_submessage(pending.of(message)?))
        }
        RewardsTo::Send {
            delegation,
            asset,
            operator,
        } => {
            let parts = vec![AssetAmount { asset, amount }];
            // The operator named the token when it opened its staker: it may take a place of its own.
            let msg = delegation::ExecuteMsg::Reward {
                operator,
                parts,
                by_operator: true,
            };
            Ok(response.add_message(WasmMsg::Execute {
                contract_addr: delegation,
                msg: to_json_binary(&msg)?,
                funds: coins(amount.u128(), &config.denom),
            }))
        }
    }
}
