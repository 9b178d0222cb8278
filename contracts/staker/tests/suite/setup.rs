//! The chain, with verbs that read like the stories.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::testing::{MockApi, MockStorage};
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Coin, Decimal, Deps, DepsMut, Empty, Env, MessageInfo,
    MigrateInfo, Response, StdError, StdResult, Uint128, Validator,
};
use cw_multi_test::{
    App, AppBuilder, AppResponse, BankKeeper, BankSudo, Contract, ContractWrapper, Executor,
    FailingModule, GovFailingModule, IbcFailingModule, StakingSudo, StargateFailing, SudoMsg,
    WasmKeeper,
};
use cw_storage_plus::Item;
use palisade_staker::{contract, ContractError};
use palisade_types::staker::{
    self, ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg, RewardsTo, State,
    Unbonded,
};

use crate::sdk::{stake, SdkDistribution, SdkStaking, DENOM};

pub const VALIDATOR: &str = "validator";
/// A year: what the staking module counts its rate of 10 % by.
pub const YEAR: u64 = 365 * 86_400;

pub type StakingApp = App<
    BankKeeper,
    MockApi,
    MockStorage,
    FailingModule<Empty, Empty, Empty>,
    WasmKeeper<Empty, Empty>,
    SdkStaking,
    SdkDistribution,
    IbcFailingModule,
    GovFailingModule,
    StargateFailing,
>;

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
        parts: Vec<palisade_types::asset::AssetAmount>,
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

fn stub() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(
        stub_execute,
        stub_instantiate,
        stub_query,
    ))
}

fn migrate(
    deps: DepsMut,
    env: Env,
    msg: MigrateMsg,
    _: MigrateInfo,
) -> Result<Response, ContractError> {
    contract::migrate(deps, env, msg)
}

pub fn code() -> Box<dyn Contract<Empty>> {
    let wrapper = ContractWrapper::new(contract::execute, contract::instantiate, contract::query)
        .with_reply(contract::reply)
        .with_migrate(migrate);
    Box::new(wrapper)
}

pub struct Suite {
    pub app: StakingApp,
    pub vault: Addr,
    pub delegation: Addr,
    pub staker: Addr,
    pub stranger: Addr,
}

impl Suite {
    /// The vault has 10,000,000; the validator pays 10 % a year, without commission.
    pub fn new() -> Self {
        let mut app = AppBuilder::default()
            .with_staking(SdkStaking::default())
            .with_distribution(SdkDistribution::default())
            .build(|router, api, storage| {
                let info = SdkStaking::info(Decimal::percent(10));
                router.staking.keeper().setup(storage, info).unwrap();
                let validator = Validator::new(
                    VALIDATOR.into(),
                    Decimal::zero(),
                    Decimal::one(),
                    Decimal::one(),
                );
                let block = cosmwasm_std::testing::mock_env().block;
                router
                    .staking
                    .keeper()
                    .add_validator(api, storage, &block, validator)
                    .unwrap();
            });
        let admin = app.api().addr_make("admin");
        let stub = app.store_code(stub());
        let neighbour = |app: &mut StakingApp, name: &str| {
            app.instantiate_contract(stub, admin.clone(), &Empty {}, &[], name, None)
                .unwrap()
        };
        let vault = neighbour(&mut app, "vault");
        let delegation = neighbour(&mut app, "delegation");
        let staker = app.store_code(code());
        let msg = InstantiateMsg {
            validator: VALIDATOR.into(),
            denom: DENOM.into(),
        };
        let admin = Some(admin.to_string());
        let staker = app
            .instantiate_contract(staker, vault.clone(), &msg, &[], "staker", admin)
            .unwrap();
        let stranger = app.api().addr_make("stranger");
        let mut suite = Self {
            app,
            vault,
            delegation,
            staker,
            stranger,
        };
        suite.mint(&suite.vault.clone(), 10_000_000, DENOM);
        suite
    }

    pub fn mint(&mut self, to: &Addr, amount: u128, denom: &str) {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: vec![cosmwasm_std::coin(amount, denom)],
        };
        self.app.sudo(SudoMsg::Bank(mint)).unwrap();
    }

    pub fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.time = block.time.plus_seconds(seconds);
            block.height += 1;
        });
    }

    pub fn slash(&mut self, percent: u64) {
        let slash = StakingSudo::Slash {
            validator: VALIDATOR.into(),
            percentage: Decimal::percent(percent),
        };
        self.app.sudo(SudoMsg::Staking(slash)).unwrap();
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

    pub fn try_by(
        &mut self,
        sender: &Addr,
        msg: &ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, ContractError> {
        self.app
            .execute_contract(sender.clone(), self.staker.clone(), msg, funds)
            .map_err(|error| error.downcast().unwrap())
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
        let balance = self.app.wrap().query_balance(of, DENOM).unwrap();
        balance.amount.u128()
    }

    pub fn bonded(&self) -> u128 {
        staker::bonded(self.app.wrap(), &self.staker)
            .unwrap()
            .u128()
    }

    pub fn unbonded(&self) -> Unbonded {
        staker::unbonded(self.app.wrap(), &self.staker, DENOM).unwrap()
    }

    pub fn state(&self) -> State {
        let query = QueryMsg::State {};
        self.app
            .wrap()
            .query_wasm_smart(&self.staker, &query)
            .unwrap()
    }

    pub fn config(&self) -> ConfigResponse {
        let query = QueryMsg::Config {};
        self.app
            .wrap()
            .query_wasm_smart(&self.staker, &query)
            .unwrap()
    }

    pub fn rewards(&self) -> u128 {
        self.state().rewards.u128()
    }

    /// What a neighbour was told by the staker, with the coins that came along.
    pub fn told(&self, neighbour: &Addr) -> Vec<(StubMsg, Vec<Coin>)> {
        let calls: Vec<Call> = self
            .app
            .wrap()
            .query_wasm_smart(neighbour, &Empty {})
            .unwrap();
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
        self.app
            .execute_contract(stranger, neighbour.clone(), &StubMsg::Refuse {}, &[])
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
