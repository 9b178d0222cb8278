//! What follows a message to the chain's staking and distribution modules.
//!
//! Both pay the rewards of a delegation by themselves whenever it changes, and say so in events only. So
//! each message carries the balance that it leaves behind but for rewards; what is there beyond that
//! afterwards, is rewards. Nothing else can come between: a submessage starts as soon as its contract
//! returned, it is the only one, and the reply follows it at once; what the chain has unbonded arrives
//! at the end of blocks.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, CosmosMsg, DepsMut, Env, QuerierWrapper, Reply, Response, StdError,
    StdResult, Storage, SubMsg, SubMsgResponse, Uint128, WasmMsg,
};
use palisade_types::staker::{ConfigResponse, Entry, RewardsTo};
use palisade_types::vault;

use crate::state::{self, CONFIG, STATE};
use crate::{events, execute, response, ContractError};

/// The one reply: what it is about is in the payload.
const REPLY: u64 = 1;

/// The payload of a message.
#[cw_serde]
pub(crate) struct Pending {
    /// The balance afterwards, if no rewards came. Base units.
    pub(crate) balance: Uint128,
    /// What follows.
    pub(crate) next: Next,
}

/// What follows a message.
#[cw_serde]
pub(crate) enum Next {
    /// The vault's coins were delegated.
    Delegated { amount: Uint128 },
    /// An entry is to be noted.
    Undelegated { amount: Uint128 },
    /// Rewards are to be used.
    Withdrawn { to: RewardsTo },
    /// The vault is to be told.
    Compounded {
        asset: String,
        operator: String,
        amount: Uint128,
    },
}

impl Pending {
    /// As of the present balance.
    pub(crate) fn now(
        querier: QuerierWrapper,
        env: &Env,
        config: &ConfigResponse,
        next: Next,
    ) -> StdResult<Self> {
        let balance = balance(querier, env, config)?;
        Ok(Self { balance, next })
    }

    /// Of a message that spends `amount`.
    pub(crate) fn spends(mut self, amount: Uint128) -> Result<Self, ContractError> {
        self.balance = self.balance.checked_sub(amount)?;
        Ok(self)
    }

    /// The message itself.
    pub(crate) fn of(&self, message: impl Into<CosmosMsg>) -> StdResult<SubMsg> {
        Ok(SubMsg::reply_on_success(message, REPLY).with_payload(to_json_binary(self)?))
    }
}

/// The staker's balance of the bond denom now.
pub(crate) fn balance(
    querier: QuerierWrapper,
    env: &Env,
    config: &ConfigResponse,
) -> StdResult<Uint128> {
    let balance = querier.query_balance(&env.contract.address, &config.denom)?;
    Ok(balance.amount)
}

pub(crate) fn reply(deps: DepsMut, env: &Env, msg: Reply) -> Result<Response, ContractError> {
    if msg.id != REPLY {
        return Err(ContractError::UnknownReply { id: msg.id });
    }
    let pending: Pending = from_json(&msg.payload)?;
    let answer = msg.result.into_result().map_err(StdError::generic_err)?;
    let config = CONFIG.load(deps.storage)?;
    let balance = balance(deps.querier, env, &config)?;
    let rewards = balance.checked_sub(pending.balance)?;
    match pending.next {
        Next::Delegated { amount } => {
            keep(deps.storage, rewards)?;
            Ok(Response::new().add_event(events::delegate(amount, rewards)))
        }
        Next::Undelegated { amount } => undelegated(deps.storage, env, &answer, amount, rewards),
        Next::Withdrawn { to } => execute::use_rewards(deps.storage, &config, balance, rewards, to),
        Next::Compounded {
            asset,
            operator,
            amount,
        } => {
            keep(deps.storage, rewards)?;
            let msg = vault::ExecuteMsg::Compounded {
                asset,
                operator,
                amount,
            };
            let tell = WasmMsg::Execute {
                contract_addr: config.vault.to_string(),
                msg: to_json_binary(&msg)?,
                funds: vec![],
            };
            Ok(Response::new()
                .add_event(events::delegate(amount, rewards))
                .add_message(tell))
        }
    }
}

/// Keeps rewards for the next withdrawal. In most blocks there are none, and nothing is read.
fn keep(storage: &mut dyn Storage, rewards: Uint128) -> Result<(), ContractError> {
    if rewards.is_zero() {
        return Ok(());
    }
    let mut state = state::load(storage)?;
    state.rewards = state.rewards.checked_add(rewards)?;
    Ok(STATE.save(storage, &state)?)
}

fn undelegated(
    storage: &mut dyn Storage,
    env: &Env,
    answer: &SubMsgResponse,
    amount: Uint128,
    rewards: Uint128,
) -> Result<Response, ContractError> {
    let now = env.block.time;
    let completes_at = response::completes_at(answer)?;
    if completes_at < now {
        return Err(ContractError::CompletesInThePast { completes_at, now });
    }
    let entry = Entry {
        amount,
        completes_at,
    };
    let event = events::undelegate(&entry, rewards);
    let mut state = state::load(storage)?;
    state.rewards = state.rewards.checked_add(rewards)?;
    state.entries.push(entry);
    STATE.save(storage, &state)?;
    Ok(Response::new().add_event(event))
}
