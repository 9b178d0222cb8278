//! What follows a message to the chain's staking and distribution modules.
//!
//! Both pay the rewards of a delegation by themselves whenever it changes, and say so in events only. So
//! each message carries the balance that it leaves behind but for rewards; what is there beyond that
//! afterwards, is rewards. Nothing else can come between: a submessage starts as soon as its contract
//! returned, it is the only one, and the reply follows it at once; what the chain has unbonded arrives
//! at the end of blocks.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, CosmosMsg, DepsMut, Env, QuerierWrapper, Reply, Response, StdResult,
    Storage, SubMsg, SubMsgResponse, Uint128, WasmMsg,
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
    /// An entry is to be noted, or less is to be tried.
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

    /// The message itself, of which less is to be tried should the chain refuse it.
    pub(crate) fn of_at_most(&self, message: impl Into<CosmosMsg>) -> StdResult<SubMsg> {
        Ok(SubMsg::reply_always(message, REPLY).with_payload(to_json_binary(self)?))
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
    let config = CONFIG.load(deps.storage)?;
    let answer = match (msg.result.into_result(), &pending.next) {
        (Ok(answer), _) => answer,
        // What was refused left nothing behind: the balance is still that of before.
        (Err(_), Next::Undelegated { amount }) => {
            let message = execute::undelegate_less(&config, pending.balance, *amount)?;
            return Ok(Response::new().add_submessage(message));
        }
        (Err(reason), _) => return Err(ContractError::ChainRefused { reason }),
    };
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
    let undelegation = response::read(answer)?;
    let completes_at = undelegation.completes_at;
    if completes_at < now {
        return Err(ContractError::CompletesInThePast { completes_at, now });
    }
    let entry = Entry {
        amount: undelegation.amount.unwrap_or(amount).min(amount),
        completes_at,
    };
    let event = events::undelegate(&entry, rewards);
    let mut state = state::load(storage)?;
    state.rewards = state.rewards.checked_add(rewards)?;
    state.entries.push(entry);
    STATE.save(storage, &state)?;
    Ok(Response::new().add_event(event))
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env, MockApi, MockQuerier};
    use cosmwasm_std::{
        coin, coins, Addr, Binary, Empty, MsgResponse, OverflowError, OwnedDeps, ReplyOn,
        StakingMsg, StdError, SubMsgResult, Timestamp,
    };
    use palisade_types::staker::{ExecuteMsg, InstantiateMsg};

    use super::*;
    use crate::response::ResponseError;

    type Deps = OwnedDeps<cosmwasm_std::testing::MockStorage, MockApi, MockQuerier, Empty>;

    fn balance(deps: &mut Deps, amount: u128) {
        let address = mock_env().contract.address;
        deps.querier
            .bank
            .update_balance(address, coins(amount, "stake"));
    }

    /// A staker with 50 at hand, and the message that it sends for 30 to be undelegated.
    fn undelegating() -> (Deps, SubMsg) {
        let mut deps = mock_dependencies();
        let info = message_info(&Addr::unchecked("vault"), &[]);
        let msg = InstantiateMsg {
            validator: "validator".into(),
            denom: "stake".into(),
        };
        crate::contract::instantiate(deps.as_mut(), mock_env(), info.clone(), msg).unwrap();
        balance(&mut deps, 50);
        let msg = ExecuteMsg::Undelegate {
            amount: 30u128.into(),
        };
        let response = crate::contract::execute(deps.as_mut(), mock_env(), info, msg).unwrap();
        let message = response.messages[0].clone();
        (deps, message)
    }

    fn replied(
        deps: &mut Deps,
        message: &SubMsg,
        result: SubMsgResult,
    ) -> Result<Response, ContractError> {
        let msg = Reply {
            id: message.id,
            payload: message.payload.clone(),
            gas_used: 0,
            result,
        };
        reply(deps.as_mut(), &mock_env(), msg)
    }

    fn answered(deps: &mut Deps, message: &SubMsg, value: &[u8]) -> Result<(), ContractError> {
        let answer = MsgResponse {
            type_url: "/cosmos.staking.v1beta1.MsgUndelegateResponse".into(),
            value: Binary::from(value),
        };
        #[allow(deprecated)]
        let result = SubMsgResult::Ok(SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: vec![answer],
        });
        replied(deps, message, result).map(|_| ())
    }

    /// 2,000,000,000 s.
    const TIME: [u8; 8] = [0x0a, 0x06, 0x08, 0x80, 0xa8, 0xd6, 0xb9, 0x07];

    #[test]
    fn the_entry_and_the_rewards_are_noted() {
        let (mut deps, message) = undelegating();
        // The chain paid 7.
        balance(&mut deps, 57);
        answered(&mut deps, &message, &TIME).unwrap();
        let expected = palisade_types::staker::State {
            rewards: 7u128.into(),
            entries: vec![Entry {
                amount: 30u128.into(),
                completes_at: Timestamp::from_seconds(2_000_000_000),
            }],
        };
        assert_eq!(state::load(&deps.storage), Ok(expected));
    }

    #[test]
    fn the_entry_is_of_what_the_chain_says_and_of_no_more_than_was_asked_for() {
        for (says, noted) in [("29", 29u128), ("28", 28), ("0", 0), ("30", 30), ("31", 30)] {
            let (mut deps, message) = undelegating();
            let length = u8::try_from(says.len()).unwrap();
            let coin = [&[0x12, length + 2, 0x12, length], says.as_bytes()].concat();
            answered(&mut deps, &message, &[&TIME[..], &coin].concat()).unwrap();
            let state = state::load(&deps.storage).unwrap();
            assert_eq!(state.entries[0].amount.u128(), noted, "{says}");
        }
    }

    #[test]
    fn what_the_chain_refuses_is_tried_once_more_with_a_unit_less() {
        let (mut deps, message) = undelegating();
        assert_eq!(message.reply_on, ReplyOn::Always);
        let refused = || SubMsgResult::Err("codespace: sdk, code: 18".into());
        let response = replied(&mut deps, &message, refused()).unwrap();
        assert!(response.events.is_empty());
        let [second] = &response.messages[..] else {
            panic!("one message")
        };
        let less = StakingMsg::Undelegate {
            validator: "validator".into(),
            amount: coin(29, "stake"),
        };
        assert_eq!(second.msg, less.into());
        // There is no third: should it fail, all does, and in the chain's own words.
        assert_eq!(second.reply_on, ReplyOn::Success);
        assert_eq!(state::load(&deps.storage), Ok(Default::default()));

        balance(&mut deps, 57);
        answered(&mut deps, second, &TIME).unwrap();
        let state = state::load(&deps.storage).unwrap();
        assert_eq!(state.rewards.u128(), 7);
        assert_eq!(state.entries.len(), 1);
        assert_eq!(state.entries[0].amount.u128(), 29);
    }

    #[test]
    fn of_one_unit_nothing_less_is_tried() {
        let (mut deps, _) = undelegating();
        let info = message_info(&Addr::unchecked("vault"), &[]);
        let msg = ExecuteMsg::Undelegate {
            amount: 1u128.into(),
        };
        let response = crate::contract::execute(deps.as_mut(), mock_env(), info, msg).unwrap();
        assert_eq!(response.messages[0].reply_on, ReplyOn::Success);
    }

    #[test]
    fn rewards_that_come_while_others_are_staked_are_kept() {
        let (mut deps, _) = undelegating();
        balance(&mut deps, 25);
        let next = Next::Compounded {
            asset: "stake".into(),
            operator: "operator".into(),
            amount: 30u128.into(),
        };
        // 50 less 30, and 5 that the chain paid.
        let pending = Pending {
            balance: 20u128.into(),
            next,
        };
        let message = pending.of(StakingMsg::Delegate {
            validator: "validator".into(),
            amount: coin(30, "stake"),
        });
        answered(&mut deps, &message.unwrap(), &[]).unwrap();
        let state = state::load(&deps.storage).unwrap();
        assert_eq!(state.rewards.u128(), 5);
    }

    #[test]
    fn an_answer_that_cannot_be_read_fails_the_message() {
        let now = mock_env().block.time;
        let past = |completes_at| ContractError::CompletesInThePast { completes_at, now };
        for (bytes, expected) in [
            (&[][..], ResponseError::Missing.into()),
            (&TIME[..7], ResponseError::Truncated.into()),
            (&[0x12, 0], ResponseError::NoTime.into()),
            (&[0xff], ContractError::Completion(ResponseError::Truncated)),
            // No seconds, and one.
            (&[0x0a, 0], past(Timestamp::from_seconds(0))),
            (&[0x0a, 2, 8, 1], past(Timestamp::from_seconds(1))),
        ] {
            let (mut deps, message) = undelegating();
            let error = answered(&mut deps, &message, bytes).unwrap_err();
            assert_eq!(error, expected);
            assert_eq!(state::load(&deps.storage), Ok(Default::default()));
        }
    }

    #[test]
    fn replies_to_something_else_are_refused() {
        let (mut deps, message) = undelegating();
        let other = SubMsg {
            id: 2,
            ..message.clone()
        };
        let error = answered(&mut deps, &other, &TIME).unwrap_err();
        assert_eq!(error, ContractError::UnknownReply { id: 2 });
        let empty = SubMsg {
            payload: Binary::default(),
            ..message.clone()
        };
        let error = answered(&mut deps, &empty, &TIME).unwrap_err();
        assert!(matches!(
            error,
            ContractError::Std(StdError::ParseErr { .. })
        ));
        // Only of an undelegation less is to be tried.
        let next = Next::Delegated {
            amount: 30u128.into(),
        };
        let balance_of_50 = Pending {
            balance: 50u128.into(),
            next,
        };
        let delegation = balance_of_50.of(message.msg.clone()).unwrap();
        let reason = "codespace: sdk, code: 18".to_string();
        let result = SubMsgResult::Err(reason.clone());
        let error = replied(&mut deps, &delegation, result).unwrap_err();
        assert_eq!(error, ContractError::ChainRefused { reason });
        // Less than there was before: no module takes coins with an undelegation.
        balance(&mut deps, 49);
        let error = answered(&mut deps, &message, &TIME).unwrap_err();
        assert!(matches!(
            error,
            ContractError::Overflow(OverflowError { .. })
        ));
        assert_eq!(state::load(&deps.storage), Ok(Default::default()));
    }
}
