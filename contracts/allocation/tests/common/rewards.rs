//! Rewards on the stage: the stand-in takes in what is harvested, and writes down what it was told.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    coins, to_json_binary, Addr, DepsMut, Env, IbcAcknowledgement, IbcDestinationCallbackMsg,
    IbcEndpoint, IbcPacket, IbcTimeout, MessageInfo, Response, StdError, StdResult, Timestamp,
    Uint128,
};
use cw20::{Cw20Coin, Cw20ExecuteMsg, Cw20QueryMsg};
use cw_multi_test::{AppResponse, BankSudo, Executor, SudoMsg};
use cw_storage_plus::Item;
use palisade_allocation::contract::ibc_destination_callback;
use palisade_allocation::state::{Earner, EARNERS};
use palisade_allocation::ContractError;
use palisade_ibc::{RewardsMemo, TransferData};
use palisade_testing::TestContract;
use palisade_types::allocation::*;
use palisade_types::asset::AssetAmount;
use palisade_types::token::Token;

use super::{opt_in, Stage, ALLOCATION_DELAY, ATOM, DAY};

/// The denom that most stories pay in.
pub const FEE: &str = "ufee";

/// What the delegation contract took in, in that order.
const REWARDED: Item<Vec<Rewarded>> = Item::new("rewarded");

/// A harvest as the delegation contract saw it.
#[cw_serde]
pub struct Rewarded {
    pub token: Token,
    pub amount: Uint128,
    pub operator: String,
    pub parts: Vec<AssetAmount>,
    pub by_operator: bool,
}

pub(super) fn take_native(
    deps: DepsMut,
    info: MessageInfo,
    operator: String,
    parts: Vec<AssetAmount>,
    by_operator: bool,
) -> StdResult<Response> {
    let [coin] = info.funds.as_slice() else {
        return Err(StdError::generic_err("one coin is meant"));
    };
    let rewarded = Rewarded {
        token: Token::native(&coin.denom),
        amount: coin.amount,
        operator,
        parts,
        by_operator,
    };
    take(deps, rewarded)
}

/// The tokens came just before: with those of all former calls they are here.
pub(super) fn take_cw20(
    deps: DepsMut,
    env: &Env,
    token: String,
    operator: String,
    parts: Vec<AssetAmount>,
    by_operator: bool,
) -> StdResult<Response> {
    let balance: cw20::BalanceResponse = deps.querier.query_wasm_smart(
        &token,
        &Cw20QueryMsg::Balance {
            address: env.contract.address.to_string(),
        },
    )?;
    let rewarded = Rewarded {
        token: Token::cw20(token),
        amount: parts.iter().map(|part| part.amount).sum(),
        operator,
        parts,
        by_operator,
    };
    let former = REWARDED.may_load(deps.storage)?.unwrap_or_default();
    let former = former.iter().filter(|r| r.token == rewarded.token);
    let before: Uint128 = former.map(|r| r.amount).sum();
    if balance.balance != before + rewarded.amount {
        return Err(StdError::generic_err("the tokens did not come"));
    }
    take(deps, rewarded)
}

fn take(deps: DepsMut, rewarded: Rewarded) -> StdResult<Response> {
    let together: Uint128 = rewarded.parts.iter().map(|part| part.amount).sum();
    if together != rewarded.amount || rewarded.parts.iter().any(|part| part.amount.is_zero()) {
        return Err(StdError::generic_err("the parts are not what came"));
    }
    let mut all = REWARDED.may_load(deps.storage)?.unwrap_or_default();
    all.push(rewarded);
    REWARDED.save(deps.storage, &all)?;
    Ok(Response::new())
}

/// The chain's call when coins arrived, by way of `sudo`.
pub(super) fn arrive(
    deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<Response, ContractError> {
    let basic = ibc_destination_callback(deps, env, msg)?;
    Ok(Response::new()
        .add_submessages(basic.messages)
        .add_events(basic.events))
}

impl Stage {
    pub fn name_tokens(&mut self, service: ServiceId, tokens: &[Token]) {
        self.run("admin", &add_tokens(service, tokens));
    }

    /// A service that pays in [`FEE`], with these operators of stake in atoms, each of whom counts
    /// with all of it.
    pub fn rewarding(&mut self, operators: &[(&str, u128)]) -> ServiceId {
        let service = self.service(10);
        self.name_tokens(service, &[Token::native(FEE)]);
        self.begin(service, operators);
        service
    }

    /// Has operators count with their stake, in this epoch and the one before.
    pub fn begin(&mut self, service: ServiceId, operators: &[(&str, u128)]) {
        for (operator, stake) in operators {
            self.put(operator, ATOM, *stake);
            self.run(operator, &opt_in(service, &[ATOM], 10));
        }
        self.wait(ALLOCATION_DELAY);
        self.sync(service);
        self.next_epoch(service);
    }

    /// Opts an operator in with its atoms, unless it is in.
    pub fn run_if_new(&mut self, operator: &str, service: ServiceId) {
        let already = ContractError::AlreadyMember {
            service,
            operator: self.who(operator),
        };
        if let Err(error) = self.try_run(operator, &opt_in(service, &[ATOM], 10)) {
            assert_eq!(error.downcast_ref(), Some(&already), "{error:?}");
        }
    }

    pub fn next_epoch(&mut self, service: ServiceId) {
        self.wait(DAY);
        self.sync(service);
    }

    pub fn mint(&mut self, to: &Addr, amount: u128, denom: &str) {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: coins(amount, denom),
        };
        self.app.sudo(SudoMsg::Bank(mint)).unwrap();
    }

    pub fn balance(&self, of: &Addr, denom: &str) -> u128 {
        let coin = self.app.wrap().query_balance(of, denom).unwrap();
        coin.amount.u128()
    }

    pub fn pay(&mut self, service: ServiceId, amount: u128) -> AppResponse {
        self.pay_in(service, amount, FEE)
    }

    pub fn pay_in(&mut self, service: ServiceId, amount: u128, denom: &str) -> AppResponse {
        let (payer, allocation) = (self.who("payer"), self.allocation.clone());
        self.mint(&payer, amount, denom);
        let msg = ExecuteMsg::PayRewards { service };
        let funds = coins(amount, denom);
        self.app
            .execute_contract(payer, allocation, &msg, &funds)
            .unwrap()
    }

    pub fn earned(&self, service: ServiceId, operator: &str) -> Vec<EarnedResponse> {
        let operator = self.who(operator).to_string();
        self.ask(&QueryMsg::Earned { service, operator })
    }

    /// What an operator earned in all tokens together.
    pub fn earned_sum(&self, service: ServiceId, operator: &str) -> u128 {
        let earned = self.earned(service, operator);
        let parts = earned.iter().flat_map(|earned| &earned.parts);
        parts.map(|part| part.amount.u128()).sum()
    }

    /// Rewards of a service in its first token.
    pub fn pot(&self, service: ServiceId) -> ServiceRewardsResponse {
        self.pots(service).swap_remove(0)
    }

    /// Rewards of a service in the order of its tokens.
    pub fn pots(&self, service: ServiceId) -> Vec<ServiceRewardsResponse> {
        self.ask(&QueryMsg::ServiceRewards { service })
    }

    /// What the delegation contract took in, in that order.
    pub fn rewarded(&self) -> Vec<Rewarded> {
        let storage = self.app.contract_storage(&self.delegation);
        REWARDED.may_load(&*storage).unwrap().unwrap_or_default()
    }

    pub fn earner(&self, service: ServiceId, operator: &str) -> Option<Earner> {
        let storage = self.app.contract_storage(&self.allocation);
        let operator = self.who(operator);
        EARNERS.may_load(&*storage, (service, &operator)).unwrap()
    }

    pub fn harvest(&self, service: ServiceId, operator: &str) -> ExecuteMsg {
        ExecuteMsg::Harvest {
            service,
            operator: self.who(operator).to_string(),
            tokens: None,
        }
    }

    pub fn nothing_earned(&self, service: ServiceId, operator: &str) -> ContractError {
        ContractError::NothingEarned {
            service,
            operator: self.who(operator),
        }
    }

    /// A cw20 token of which the payer has everything.
    pub fn cw20(&mut self, supply: u128) -> Addr {
        let contract = TestContract::new(
            cw20_base::contract::execute,
            cw20_base::contract::instantiate,
            cw20_base::contract::query,
        );
        let code = self.app.store_code(Box::new(contract));
        let payer = self.who("payer");
        let msg = cw20_base::msg::InstantiateMsg {
            name: "points".to_string(),
            symbol: "POINT".to_string(),
            decimals: 6,
            initial_balances: vec![Cw20Coin {
                address: payer.to_string(),
                amount: supply.into(),
            }],
            mint: None,
            marketing: None,
        };
        self.app
            .instantiate_contract(code, payer, &msg, &[], "points", None)
            .unwrap()
    }

    pub fn cw20_balance(&self, token: &Addr, of: &Addr) -> u128 {
        let msg = cw20::Cw20QueryMsg::Balance {
            address: of.to_string(),
        };
        let querier = self.app.wrap();
        let found: cw20::BalanceResponse = querier.query_wasm_smart(token, &msg).unwrap();
        found.balance.u128()
    }

    /// Pays rewards in a cw20 token.
    pub fn send(
        &mut self,
        service: ServiceId,
        token: &Addr,
        amount: u128,
    ) -> anyhow::Result<AppResponse> {
        let msg = Cw20ExecuteMsg::Send {
            contract: self.allocation.to_string(),
            amount: amount.into(),
            msg: to_json_binary(&Cw20HookMsg::PayRewards { service })?,
        };
        let payer = self.who("payer");
        self.app.execute_contract(payer, token.clone(), &msg, &[])
    }

    /// A transfer as it should be: what the chain calls with when `amount` of the consumer chain's
    /// `utoken` arrived.
    pub fn transfer(&self, service: ServiceId, amount: u128) -> Transfer {
        let memo = RewardsMemo::rewards(self.allocation.to_string(), service);
        Transfer {
            port: "transfer".to_string(),
            ack: r#"{"result":"AQ=="}"#.to_string(),
            data: TransferData {
                denom: "utoken".to_string(),
                amount: amount.into(),
                sender: "consumer1treasury".to_string(),
                receiver: self.allocation.to_string(),
                memo: cosmwasm_std::to_json_string(&memo).unwrap(),
            },
        }
    }

    /// The chain's call.
    pub fn arrive(&mut self, transfer: &Transfer) -> anyhow::Result<AppResponse> {
        let allocation = self.allocation.clone();
        self.app.wasm_sudo(allocation, &transfer.message())
    }
}

/// A transfer over ICS-20 from channel-3 of the consumer chain to channel-0 here.
#[derive(Clone)]
pub struct Transfer {
    pub port: String,
    pub ack: String,
    pub data: TransferData,
}

impl Transfer {
    /// The denom under which the coins arrive.
    pub fn denom(&self) -> String {
        self.data.arrives_as(&end("channel-3"), &end("channel-0"))
    }

    pub fn message(&self) -> IbcDestinationCallbackMsg {
        let data = to_json_binary(&self.data).unwrap();
        self.message_of(data.as_slice())
    }

    pub fn message_of(&self, data: &[u8]) -> IbcDestinationCallbackMsg {
        let dest = IbcEndpoint {
            port_id: self.port.clone(),
            channel_id: "channel-0".to_string(),
        };
        let timeout = IbcTimeout::with_timestamp(Timestamp::from_seconds(u32::MAX.into()));
        let packet = IbcPacket::new(data.to_vec(), end("channel-3"), dest, 1, timeout);
        let ack = IbcAcknowledgement::new(self.ack.as_bytes());
        IbcDestinationCallbackMsg { packet, ack }
    }
}

fn end(channel: &str) -> IbcEndpoint {
    IbcEndpoint {
        port_id: "transfer".to_string(),
        channel_id: channel.to_string(),
    }
}

pub fn add_tokens(service: ServiceId, tokens: &[Token]) -> ExecuteMsg {
    ExecuteMsg::AddRewardTokens {
        service,
        tokens: tokens.to_vec(),
    }
}
