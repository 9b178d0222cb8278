//! The chain, with verbs that read like the stories.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    coin, to_json_binary, Addr, Binary, Coin, Decimal, Deps, DepsMut, Empty, Env, MessageInfo,
    Response, StdError, StdResult, Uint128,
};
use cw_multi_test::AppResponse;
use cw_storage_plus::Item;
use palisade_staker::{contract, ContractError};
use palisade_testing::{
    Chain, HarnessError, HarnessResult, Network, Rounding, StakingInfo, TestContract,
};
use palisade_types::asset::AssetAmount;
use palisade_types::staker::{
    self, ConfigResponse, ExecuteMsg, InstantiateMsg, QueryMsg, RewardsTo, State, Unbonded,
};

pub const DENOM: &str = "ustake";
/// Seconds.
pub const UNBONDING: u64 = 1_000;
/// The validator pays 10 % of what is bonded in so many seconds, without commission.
pub const YEAR: u64 = 365 * 86_400;

const CALLS: Item<Vec<Call>> = Item::new("calls");
const REFUSES: Item<bool> = Item::new("refuses");

/// A message that the staker sent: by whom, what, with which coins.
type Call = (Addr, StubMsg, Vec<Coin>);

/// What a neighbour is told from outside.
#[cw_serde]
pub enum StubMsg {
    /// Refuses whatever the staker sends from now on.
    Refuse {},
    Compounded {
        asset: String,
        operator: String,
        amount: Uint128,
    },
    Reward {
        operator: String,
        parts: Vec<AssetAmount>,
        by_operator: bool,
    },
}

fn stub_execute(deps: DepsMut, _: Env, info: MessageInfo, msg: StubMsg) -> StdResult<Response> {
    match msg {
        StubMsg::Refuse {} => {
            REFUSES.save(deps.storage, &true)?;
            Ok(Response::new())
        }
        told => {
            if REFUSES.may_load(deps.storage)?.unwrap_or_default() {
                return Err(StdError::generic_err("the neighbour refuses"));
            }
            let mut calls = CALLS.may_load(deps.storage)?.unwrap_or_default();
            calls.push((info.sender, told, info.funds));
            CALLS.save(deps.storage, &calls)?;
            Ok(Response::new())
        }
    }
}

fn stub_instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn stub_query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&CALLS.may_load(deps.storage)?.unwrap_or_default())
}

fn stub() -> TestContract {
    TestContract::new(stub_execute, stub_instantiate, stub_query)
}

pub fn code() -> TestContract {
    TestContract::new(contract::execute, contract::instantiate, contract::query)
        .with_reply(contract::reply)
        .with_migrate(contract::migrate)
}

pub fn stake(amount: u128) -> Coin {
    coin(amount, DENOM)
}

pub struct Suite {
    pub net: Network,
    pub vault: Addr,
    pub delegation: Addr,
    pub staker: Addr,
    pub validator: String,
    pub stranger: Addr,
}

impl Suite {
    /// The vault has 10,000,000.
    pub fn new() -> Self {
        let mut net = Network::new();
        let chain = &mut net.host;
        // A clock that shows nanoseconds.
        let block = chain.block();
        chain.advance_to(block.height + 1, block.time.plus_nanos(123_456_789));
        chain
            .set_staking_params(StakingInfo {
                bonded_denom: DENOM.into(),
                unbonding_time: UNBONDING,
                apr: Decimal::percent(10),
            })
            .unwrap();
        let [operator, admin, stranger] =
            ["operator", "admin", "stranger"].map(|name| chain.account(name));
        let validator = chain.add_validator(&operator, Decimal::zero()).unwrap();
        let stub = chain.store(stub());
        let neighbour =
            |chain: &mut Chain, name: &str| chain.instantiate(stub, &admin, &Empty {}, name);
        let vault = neighbour(chain, "vault").unwrap();
        let delegation = neighbour(chain, "delegation").unwrap();
        let staker = chain.store(code());
        let msg = InstantiateMsg {
            validator: validator.clone(),
            denom: DENOM.into(),
        };
        let staker = chain
            .instantiate_with(staker, &vault, &msg, &[], "staker", Some(&admin))
            .unwrap();
        chain.mint(&vault, 10_000_000, DENOM).unwrap();
        Self {
            net,
            vault,
            delegation,
            staker,
            validator,
            stranger,
        }
    }

    pub fn pass(&mut self, seconds: u64) {
        self.net.host.advance(seconds);
    }

    /// Until what was undelegated now is here.
    pub fn arrive(&mut self) {
        self.pass(UNBONDING);
        self.net.host.next_block();
    }

    pub fn slash(&mut self, percent: u64) {
        let percent = Decimal::percent(percent);
        let host = &mut self.net.host;
        host.slash_validator(&self.validator, percent).unwrap();
    }

    /// Undelegations of all are refused; undelegations bring a unit less than was asked for.
    pub fn round(&mut self, refuses_all: bool, short: bool) {
        let rounding = Rounding { refuses_all, short };
        let host = &mut self.net.host;
        host.set_rounding(&self.validator, rounding).unwrap();
    }

    pub fn by(
        &mut self,
        sender: &Addr,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> HarnessResult<AppResponse> {
        let staker = self.staker.clone();
        self.net.host.execute(sender, &staker, msg, funds)
    }

    pub fn try_by(
        &mut self,
        sender: &Addr,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, ContractError> {
        self.by(sender, msg, funds).map_err(|error| match error {
            HarnessError::Refused(error) => error.downcast().unwrap(),
            other => panic!("{other:?}"),
        })
    }

    /// By the vault.
    pub fn try_call(
        &mut self,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, ContractError> {
        let vault = self.vault.clone();
        self.try_by(&vault, msg, funds)
    }

    pub fn delegate(&mut self, amount: u128) -> AppResponse {
        self.try_call(&ExecuteMsg::Delegate {}, &[stake(amount)])
            .unwrap()
    }

    pub fn undelegate(&mut self, amount: u128) -> AppResponse {
        let amount = amount.into();
        self.try_call(&ExecuteMsg::Undelegate { amount }, &[])
            .unwrap()
    }

    pub fn collect(&mut self, amount: u128, entries: u32) -> Result<AppResponse, ContractError> {
        let amount = amount.into();
        self.try_call(&ExecuteMsg::Collect { amount, entries }, &[])
    }

    pub fn to_stake(&self) -> RewardsTo {
        RewardsTo::Stake {
            asset: "stake".into(),
            operator: "operator".into(),
        }
    }

    pub fn to_send(&self) -> RewardsTo {
        RewardsTo::Send {
            delegation: self.delegation.to_string(),
            asset: "stake".into(),
            operator: "operator".into(),
        }
    }

    pub fn withdraw(&mut self, to: RewardsTo) -> AppResponse {
        self.try_call(&ExecuteMsg::WithdrawRewards { to }, &[])
            .unwrap()
    }

    pub fn balance(&self, of: &Addr) -> u128 {
        self.net.host.balance(of, DENOM).unwrap()
    }

    pub fn bonded(&self) -> u128 {
        staker::bonded(self.net.host.app.wrap(), &self.staker)
            .unwrap()
            .u128()
    }

    pub fn unbonded(&self) -> Unbonded {
        staker::unbonded(self.net.host.app.wrap(), &self.staker, DENOM).unwrap()
    }

    pub fn state(&self) -> State {
        self.net
            .host
            .query(&self.staker, &QueryMsg::State {})
            .unwrap()
    }

    pub fn config(&self) -> ConfigResponse {
        self.net
            .host
            .query(&self.staker, &QueryMsg::Config {})
            .unwrap()
    }

    pub fn rewards(&self) -> u128 {
        self.state().rewards.u128()
    }

    /// What a neighbour was told by the staker, with the coins that came along.
    pub fn told(&self, neighbour: &Addr) -> Vec<(StubMsg, Vec<Coin>)> {
        let calls: Vec<Call> = self.net.host.query(neighbour, &Empty {}).unwrap();
        calls
            .into_iter()
            .map(|(sender, msg, funds)| {
                assert_eq!(sender, self.staker);
                (msg, funds)
            })
            .collect()
    }

    /// The neighbour refuses what the staker sends from now on.
    pub fn refuse(&mut self, neighbour: &Addr) {
        let stranger = self.stranger.clone();
        let host = &mut self.net.host;
        host.execute(&stranger, neighbour, &StubMsg::Refuse {}, &[])
            .unwrap();
    }

    /// All that a failed message must leave as it was.
    pub fn picture(&self) -> (State, u128, u128, u128, u128) {
        (
            self.state(),
            self.bonded(),
            self.balance(&self.staker),
            self.balance(&self.vault),
            self.balance(&self.delegation),
        )
    }
}

/// The attributes of the only event of a kind by the staker.
pub fn event(response: &AppResponse, kind: &str) -> Vec<(String, String)> {
    let kind = format!("wasm-{kind}");
    let mut found = response.events.iter().filter(|event| event.ty == kind);
    let event = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "two of {kind}");
    event
        .attributes
        .iter()
        .skip(1)
        .map(|a| (a.key.clone(), a.value.clone()))
        .collect()
}

pub fn attributes<const N: usize>(list: [(&str, &str); N]) -> Vec<(String, String)> {
    list.map(|(key, value)| (key.to_string(), value.to_string()))
        .to_vec()
}
