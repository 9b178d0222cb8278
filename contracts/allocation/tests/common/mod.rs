//! The stage: the allocation contract, a small stand-in for the delegation contract with pools of
//! active stake only, and an account that plays the slashing contract. An epoch is a day.

#![allow(dead_code, unreachable_pub)]

pub mod relay;
pub mod rewards;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, Decimal, Deps, DepsMut, Env, Event, MessageInfo,
    Order, Response, StdError, StdResult, Storage, Uint128, Uint64,
};
use cw_multi_test::{no_init, AppBuilder, AppResponse, Executor};
use cw_storage_plus::{Item, Map};
use palisade_allocation::contract::{execute, instantiate, query, reply};
use palisade_allocation::state::CAPTURES;
use palisade_allocation::ContractError;
use palisade_ibc::Offender;
use palisade_math::{loss, penalty_magnitude, Penalty};
use palisade_testing::TestContract;
use palisade_types::allocation::*;
use palisade_types::asset::{AssetAmount, Destination, Payee, Price, Redirection};
use palisade_types::delegation::{self, CutResult, SlashPools, Stake, StakesResponse};

use relay::{Chain, Relays};

pub const DAY: u64 = 86_400;
pub const UNBONDING: u64 = 3 * DAY;
pub const ALLOCATION_DELAY: u64 = 2 * DAY;
pub const ATOM: &str = "atom";
pub const OSMO: &str = "osmo";

/// The stand-in's pools. Key: operator, asset.
const POOLS: Map<(&str, &str), Stake> = Map::new("pools");
/// The last penalty that it was asked for.
const ASKED: Item<SlashPools> = Item::new("asked");
/// The last redirection that it was asked for.
const REDIRECTED: Item<Redirection> = Item::new("redirected");

#[cw_serde]
enum Delegation {
    Put {
        operator: String,
        asset: String,
        tokens: Uint128,
    },
    Slash(SlashPools),
    Redirect(Redirection),
    Reward {
        operator: String,
        parts: Vec<AssetAmount>,
        by_operator: bool,
    },
    RewardCw20 {
        token: String,
        operator: String,
        parts: Vec<AssetAmount>,
        by_operator: bool,
    },
}

#[cw_serde]
struct Nothing {}

fn play(deps: DepsMut, env: Env, info: MessageInfo, msg: Delegation) -> StdResult<Response> {
    match msg {
        Delegation::Put {
            operator,
            asset,
            tokens,
        } => {
            let key = (operator.as_str(), asset.as_str());
            let mut stake = pool(deps.storage, key.0, key.1)?;
            stake.tokens = tokens;
            POOLS.save(deps.storage, key, &stake)?;
            Ok(Response::new())
        }
        Delegation::Slash(slash) => {
            let cuts = slash
                .cuts
                .iter()
                .map(|cut| take(deps.storage, &slash, cut))
                .collect::<StdResult<_>>()?;
            ASKED.save(deps.storage, &slash)?;
            Ok(Response::new().set_data(to_json_binary(&delegation::SlashResult { cuts })?))
        }
        Delegation::Redirect(redirection) => {
            REDIRECTED.save(deps.storage, &redirection)?;
            Ok(Response::new())
        }
        Delegation::Reward {
            operator,
            parts,
            by_operator,
        } => rewards::take_native(deps, info, operator, parts, by_operator),
        Delegation::RewardCw20 {
            token,
            operator,
            parts,
            by_operator,
        } => rewards::take_cw20(deps, &env, token, operator, parts, by_operator),
    }
}

fn take(
    storage: &mut dyn Storage,
    slash: &SlashPools,
    cut: &delegation::Cut,
) -> StdResult<CutResult> {
    let mut stake = pool(storage, &slash.operator, &cut.asset)?;
    let before = stake.magnitude.clone();
    let penalty = Penalty {
        fraction: slash.fraction,
        max_slash: slash.max_slash,
        captured: before.captured_in(cut.era, cut.captured),
        slice: before.read_slice(&cut.slice),
    };
    let wrong = |error| StdError::generic_err(format!("{error}"));
    let delta = penalty_magnitude(&penalty, &before, stake.tokens.into()).map_err(wrong)?;
    let seized = loss(stake.tokens, delta, before.value.into()).map_err(wrong)?;
    stake.tokens -= seized;
    stake.magnitude.cut(delta).map_err(wrong)?;
    POOLS.save(storage, (&slash.operator, &cut.asset), &stake)?;
    Ok(CutResult {
        asset: cut.asset.clone(),
        before,
        delta,
        seized,
    })
}

fn pool(storage: &dyn Storage, operator: &str, asset: &str) -> StdResult<Stake> {
    let stored = POOLS.may_load(storage, (operator, asset))?;
    Ok(stored.unwrap_or(Stake {
        tokens: Uint128::zero(),
        magnitude: palisade_math::Magnitude::default(),
    }))
}

fn begin(_: DepsMut, _: Env, _: MessageInfo, _: Nothing) -> StdResult<Response> {
    Ok(Response::new())
}

fn tell(deps: Deps, env: Env, msg: delegation::QueryMsg) -> StdResult<Binary> {
    match msg {
        delegation::QueryMsg::Config {} => to_json_binary(&delegation::ConfigResponse {
            vault: deps.api.addr_validate(env.contract.address.as_str())?,
            allocation: None,
            genesis: env.block.time,
            epoch_length: DAY,
            unbonding_period: UNBONDING,
            reward_period: DAY,
        }),
        delegation::QueryMsg::Operator { operator } => {
            to_json_binary(&delegation::OperatorResponse {
                operator: Addr::unchecked(operator),
                metadata: delegation::OperatorMetadata {
                    name: String::new(),
                    website: String::new(),
                    details: String::new(),
                },
                commission: delegation::Commission {
                    rate: Decimal::zero(),
                    max_rate: Decimal::zero(),
                    max_daily_change: Decimal::zero(),
                },
                commission_updated_at: env.block.time,
                accepts_stake: true,
                restricted: false,
                first_loss: Decimal::zero(),
                pending_first_loss: None,
            })
        }
        delegation::QueryMsg::Stakes { operators, assets } => {
            let price = |asset: &String| Price {
                asset: asset.clone(),
                rate: Decimal::percent(200),
                weight: Decimal::percent(50),
                fresh: true,
            };
            let row = |operator: &String| {
                assets
                    .iter()
                    .map(|asset| pool(deps.storage, operator, asset))
                    .collect::<StdResult<Vec<_>>>()
            };
            to_json_binary(&StakesResponse {
                prices: assets.iter().map(price).collect(),
                stakes: operators.iter().map(row).collect::<StdResult<_>>()?,
            })
        }
        _ => Err(StdError::generic_err("the stand-in does not know")),
    }
}

pub struct Stage {
    pub app: Chain,
    pub delegation: Addr,
    pub allocation: Addr,
    services: ServiceId,
    update: u64,
}

impl Stage {
    pub fn new() -> Self {
        let mut app = AppBuilder::new().with_stargate(Relays).build(no_init);
        let owner = app.api().addr_make("owner");
        let code = app.store_code(Box::new(TestContract::new(play, begin, tell)));
        let delegation = app
            .instantiate_contract(code, owner.clone(), &Nothing {}, &[], "delegation", None)
            .unwrap();
        let contract = TestContract::new(execute, instantiate, query)
            .with_reply(reply)
            .with_sudo(rewards::arrive);
        let code = app.store_code(Box::new(contract));
        let msg = InstantiateMsg {
            owner: owner.to_string(),
            guardian: None,
            delegation: delegation.to_string(),
            allocation_delay: ALLOCATION_DELAY,
            deallocation_delay: UNBONDING,
            max_lag: DAY,
        };
        let allocation = app
            .instantiate_contract(code, owner, &msg, &[], "allocation", None)
            .unwrap();
        let mut stage = Self {
            app,
            delegation,
            allocation,
            services: 0,
            update: 0,
        };
        let slashing = stage.who("slashing").to_string();
        stage.run("owner", &ExecuteMsg::Connect { slashing });
        stage
    }

    pub fn who(&self, name: &str) -> Addr {
        self.app.api().addr_make(name)
    }

    pub fn try_run(&mut self, who: &str, msg: &ExecuteMsg) -> anyhow::Result<AppResponse> {
        let (sender, allocation) = (self.who(who), self.allocation.clone());
        self.app.execute_contract(sender, allocation, msg, &[])
    }

    pub fn run(&mut self, who: &str, msg: &ExecuteMsg) -> AppResponse {
        self.try_run(who, msg).unwrap()
    }

    /// Runs a message that must be refused; nothing may change.
    pub fn refused(&mut self, who: &str, msg: &ExecuteMsg, expected: &ContractError) {
        let before = self.app.dump_wasm_raw(&self.allocation);
        let error = self.try_run(who, msg).unwrap_err();
        let found = error.downcast_ref::<ContractError>();
        assert_eq!(found, Some(expected), "{error:?}");
        assert_eq!(self.app.dump_wasm_raw(&self.allocation), before);
    }

    pub fn ask<A: serde::de::DeserializeOwned>(&self, msg: &QueryMsg) -> A {
        let querier = self.app.wrap();
        querier.query_wasm_smart(&self.allocation, msg).unwrap()
    }

    pub fn wait(&mut self, seconds: u64) {
        self.app
            .update_block(|block| block.time = block.time.plus_seconds(seconds));
    }

    pub fn put(&mut self, operator: &str, asset: &str, tokens: u128) {
        let msg = Delegation::Put {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            tokens: tokens.into(),
        };
        let (sender, delegation) = (self.who("owner"), self.delegation.clone());
        self.app
            .execute_contract(sender, delegation, &msg, &[])
            .unwrap();
    }

    pub fn stake(&self, operator: &str, asset: &str) -> u128 {
        let storage = self.app.contract_storage(&self.delegation);
        let operator = self.who(operator);
        let stake = pool(&*storage, operator.as_str(), asset).unwrap();
        stake.tokens.u128()
    }

    /// The last penalty that the delegation contract was asked for.
    pub fn asked(&self) -> Option<SlashPools> {
        let storage = self.app.contract_storage(&self.delegation);
        ASKED.may_load(&*storage).unwrap()
    }

    pub fn redirected(&self) -> Option<Redirection> {
        let storage = self.app.contract_storage(&self.delegation);
        REDIRECTED.may_load(&*storage).unwrap()
    }

    /// An open service of both assets that takes `percent` at most.
    pub fn service(&mut self, percent: u64) -> ServiceId {
        self.services += 1;
        let msg = ExecuteMsg::CreateService {
            service: self.services,
            admin: self.who("admin").to_string(),
            terms: ServiceTerms {
                name: "zone".to_string(),
                max_slash: Decimal::percent(percent),
                assets: vec![ATOM.to_string(), OSMO.to_string()],
                keyed: false,
                admission: Admission::Open {},
                min_power: Uint128::zero(),
                max_operators: 10,
                max_share: Decimal::one(),
            },
        };
        self.run("slashing", &msg);
        self.services
    }

    /// An update: what operators count with now.
    pub fn checkpoint(
        &mut self,
        service: ServiceId,
        start_after: Option<&Addr>,
        limit: u32,
    ) -> (CheckpointResult, Vec<Event>) {
        self.update += 1;
        let msg = ExecuteMsg::Checkpoint {
            service,
            update_id: self.update.into(),
            start_after: start_after.cloned(),
            limit,
            force: vec![],
            all: false,
        };
        let response = self.run("slashing", &msg);
        (from_json(response.data.unwrap()).unwrap(), response.events)
    }

    /// An update of all, acknowledged at once. Returns its number.
    pub fn sync(&mut self, service: ServiceId) -> u64 {
        let (result, _) = self.checkpoint(service, None, 50);
        let operators = result
            .operators
            .iter()
            .map(|told| Addr::unchecked(&told.operator))
            .collect();
        let acknowledge = ExecuteMsg::Acknowledge {
            service,
            update_id: self.update.into(),
            operators,
        };
        self.run("slashing", &acknowledge);
        self.update
    }

    /// Has an operator promise `percent` of its pool of an asset, and lets that take effect.
    pub fn promise(&mut self, operator: &str, service: ServiceId, assets: &[&str], percent: u64) {
        self.run(operator, &opt_in(service, assets, percent));
        self.wait(ALLOCATION_DELAY);
    }

    /// A penalty of so many percent for an infraction at an update; what it took in all.
    pub fn slash(
        &mut self,
        operator: &str,
        service: ServiceId,
        update_id: u64,
        percent: u64,
        tombstone: bool,
    ) -> u128 {
        let msg = ExecuteMsg::Slash(SlashOperator {
            service,
            operator: self.who(operator),
            update_id: update_id.into(),
            fraction: Decimal::percent(percent),
            jail: tombstone,
            tombstone,
            payees: burn(),
        });
        let data = self.run("slashing", &msg).data.unwrap();
        let result: SlashResult = from_json(data).unwrap();
        let amounts = result.seized.iter().map(|part| part.amount.u128());
        amounts.sum()
    }

    pub fn member(&self, service: ServiceId, operator: &str) -> MemberResponse {
        let operator = self.who(operator).to_string();
        self.ask(&QueryMsg::Member { service, operator })
    }

    pub fn liability(&self, service: ServiceId, operator: &str, update: u64) -> LiabilityResponse {
        self.ask(&QueryMsg::Liability {
            service,
            offender: Offender::Operator(self.who(operator).to_string()),
            update_id: Uint64::new(update),
        })
    }

    /// Updates of which is known what an operator counted with.
    pub fn history(&self, service: ServiceId, operator: &str) -> Vec<u64> {
        let storage = self.app.contract_storage(&self.allocation);
        CAPTURES
            .prefix((service, &self.who(operator)))
            .keys(&*storage, None, None, Order::Ascending)
            .collect::<StdResult<_>>()
            .unwrap()
    }
}

pub fn burn() -> Vec<Payee> {
    vec![Payee {
        account: 1,
        destination: Destination::Burn {},
        share: Decimal::one(),
    }]
}

pub fn opt_in(service: ServiceId, assets: &[&str], percent: u64) -> ExecuteMsg {
    ExecuteMsg::OptIn {
        service,
        key: None,
        slices: shares(assets, percent),
    }
}

pub fn adjust(service: ServiceId, percent: u64) -> ExecuteMsg {
    ExecuteMsg::Adjust {
        service,
        slices: shares(&[ATOM], percent),
    }
}

fn shares(assets: &[&str], percent: u64) -> Vec<SliceShare> {
    let share = |asset: &&str| SliceShare {
        asset: asset.to_string(),
        share: Decimal::percent(percent),
    };
    assets.iter().map(share).collect()
}

pub fn amount(asset: &str, amount: u128) -> AssetAmount {
    AssetAmount {
        asset: asset.to_string(),
        amount: amount.into(),
    }
}
