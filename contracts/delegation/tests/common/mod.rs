//! The stage: a vault, the delegation contract, operators, stakers, and an account that plays the
//! allocation contract. An epoch is a day, unbonding takes three: four buckets of a pool are live.

#![allow(dead_code, unreachable_pub)]

pub mod penalties;
pub mod rewards;

use cosmwasm_std::{coin, Addr, Decimal, Timestamp, Uint128};
use cw_multi_test::{App, AppResponse, BankSudo, Executor, SudoMsg};
use palisade_delegation::contract::{execute, instantiate, migrate, query};
use palisade_delegation::ContractError;
use palisade_math::{Magnitude, Scaled, FULL_MAGNITUDE};
use palisade_testing::TestContract;
use palisade_types::asset::{AssetKind, Destination, Payee, RateSource};
use palisade_types::delegation::{
    BucketResponse, Commission, ExecuteMsg, InstantiateMsg, OperatorMetadata, PoolResponse,
    PositionResponse, QueryMsg, UnbondingResponse,
};
use palisade_types::vault as vault_api;
use serde::de::DeserializeOwned;

pub const DAY: u64 = 86_400;
/// Days of unbonding after the end of an undelegation's epoch.
pub const UNBONDING: u64 = 3 * DAY;
/// Seconds of a reward period: half an epoch.
pub const PERIOD: u64 = DAY / 2;
pub const ATOM: &str = "atom";
pub const OSMO: &str = "osmo";

pub type Outcome = anyhow::Result<AppResponse>;

pub struct Suite {
    pub app: App,
    pub owner: Addr,
    pub guardian: Addr,
    pub allocation: Addr,
    pub vault: Addr,
    pub delegation: Addr,
    pub code: u64,
}

impl Suite {
    /// Connected on both sides, two assets registered, the operators `op` and `other` open.
    pub fn new() -> Self {
        Self::unbonding_in(UNBONDING)
    }

    /// The same with another unbonding period, in seconds.
    pub fn unbonding_in(unbonding_period: u64) -> Self {
        let mut suite = Self::bare_unbonding_in(unbonding_period);
        let connect = ExecuteMsg::Connect {
            allocation: suite.allocation.to_string(),
        };
        suite.execute("owner", &connect).unwrap();
        suite.register("op");
        suite.register("other");
        suite
    }

    /// Without an allocation contract and without operators.
    pub fn bare() -> Self {
        Self::bare_unbonding_in(UNBONDING)
    }

    fn bare_unbonding_in(unbonding_period: u64) -> Self {
        let mut app = App::default();
        let who = |app: &App, name: &str| app.api().addr_make(name);
        let (owner, guardian) = (who(&app, "owner"), who(&app, "guardian"));
        let vault_code = app.store_code(Box::new(TestContract::new(
            palisade_vault::contract::execute,
            palisade_vault::contract::instantiate,
            palisade_vault::contract::query,
        )));
        let vault = app
            .instantiate_contract(
                vault_code,
                owner.clone(),
                &vault_api::InstantiateMsg {
                    owner: owner.to_string(),
                    guardian: None,
                },
                &[],
                "vault",
                None,
            )
            .unwrap();
        let code = app.store_code(Box::new(
            TestContract::new(execute, instantiate, query).with_migrate(migrate),
        ));
        let delegation = app
            .instantiate_contract(
                code,
                owner.clone(),
                &InstantiateMsg {
                    owner: owner.to_string(),
                    guardian: Some(guardian.to_string()),
                    vault: vault.to_string(),
                    epoch_length: DAY,
                    unbonding_period,
                    reward_period: PERIOD,
                },
                &[],
                "delegation",
                Some(owner.to_string()),
            )
            .unwrap();
        let mut setup = vec![vault_api::ExecuteMsg::Connect {
            delegation: delegation.to_string(),
        }];
        for asset in [ATOM, OSMO] {
            let kind = AssetKind::Native {
                denom: denom(asset),
            };
            setup.push(asset_of(asset, kind));
        }
        for msg in setup {
            app.execute_contract(owner.clone(), vault.clone(), &msg, &[])
                .unwrap();
        }
        Self {
            allocation: who(&app, "allocation"),
            app,
            owner,
            guardian,
            vault,
            delegation,
            code,
        }
    }

    pub fn who(&self, name: &str) -> Addr {
        self.app.api().addr_make(name)
    }

    pub fn execute(&mut self, sender: &str, msg: &ExecuteMsg) -> Outcome {
        let sender = self.who(sender);
        self.app
            .execute_contract(sender, self.delegation.clone(), msg, &[])
    }

    pub fn query<T: DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.try_query(msg).unwrap()
    }

    pub fn try_query<T: DeserializeOwned>(&self, msg: &QueryMsg) -> cosmwasm_std::StdResult<T> {
        self.app.wrap().query_wasm_smart(&self.delegation, msg)
    }

    // Time.

    pub fn now(&self) -> Timestamp {
        self.app.block_info().time
    }

    pub fn advance(&mut self, seconds: u64) {
        self.app.update_block(|block| {
            block.height += 1;
            block.time = block.time.plus_seconds(seconds);
        });
    }

    pub fn epoch(&self) -> u64 {
        let epoch: palisade_types::delegation::EpochResponse = self.query(&QueryMsg::Epoch {});
        epoch.epoch
    }

    // Verbs.

    pub fn register(&mut self, operator: &str) {
        self.execute(operator, &registration(operator)).unwrap();
    }

    /// Fresh tokens, deposited behind an operator in one transaction.
    pub fn deposit(&mut self, staker: &str, operator: &str, asset: &str, amount: u128) -> Outcome {
        let owner = self.who(staker);
        self.deposit_for(&owner, staker, operator, asset, amount)
    }

    pub fn deposit_for(
        &mut self,
        owner: &Addr,
        payer: &str,
        operator: &str,
        asset: &str,
        amount: u128,
    ) -> Outcome {
        let payer = self.who(payer);
        let operator = self.who(operator);
        self.app
            .sudo(SudoMsg::Bank(BankSudo::Mint {
                to_address: payer.to_string(),
                amount: vec![coin(amount, denom(asset))],
            }))
            .unwrap();
        self.app.execute_contract(
            payer,
            self.vault.clone(),
            &vault_api::ExecuteMsg::Deposit {
                operator: Some(operator.to_string()),
                owner: Some(owner.to_string()),
            },
            &[coin(amount, denom(asset))],
        )
    }

    pub fn undelegate(
        &mut self,
        staker: &str,
        operator: &str,
        asset: &str,
        amount: impl Into<Option<u128>>,
    ) -> Outcome {
        let msg = ExecuteMsg::Undelegate {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            amount: amount.into().map(Uint128::new),
        };
        self.execute(staker, &msg)
    }

    pub fn cancel(
        &mut self,
        staker: &str,
        operator: &str,
        asset: &str,
        epoch: u64,
        amount: impl Into<Option<u128>>,
    ) -> Outcome {
        let msg = ExecuteMsg::Cancel {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            epoch,
            amount: amount.into().map(Uint128::new),
        };
        self.execute(staker, &msg)
    }

    pub fn claim(&mut self, staker: &str, operator: &str, asset: &str) -> Outcome {
        let msg = ExecuteMsg::Claim {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            recipient: None,
        };
        self.execute(staker, &msg)
    }

    pub fn redelegate(&mut self, staker: &str, operator: &str, asset: &str, to: &str) -> Outcome {
        let msg = ExecuteMsg::Redelegate {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            to: self.who(to).to_string(),
        };
        self.execute(staker, &msg)
    }

    /// A cw20 of which `holder` has `amount`, registered as an asset.
    pub fn register_cw20(&mut self, id: &str, holder: &str, amount: u128) -> Addr {
        let token = self.cw20(id, holder, amount);
        let kind = AssetKind::Cw20 {
            address: token.to_string(),
        };
        let (owner, vault) = (self.owner.clone(), self.vault.clone());
        self.app
            .execute_contract(owner, vault, &asset_of(id, kind), &[])
            .unwrap();
        token
    }

    // What each side sees.

    pub fn pool(&self, operator: &str, asset: &str) -> Option<PoolResponse> {
        let pools: Vec<PoolResponse> = self.query(&QueryMsg::Pools {
            operator: self.who(operator).to_string(),
            start_after: None,
            limit: None,
        });
        pools.into_iter().find(|pool| pool.asset == asset)
    }

    /// Active tokens of the stakers and of the operator.
    pub fn tranches(&self, operator: &str, asset: &str) -> (u128, u128) {
        self.pool(operator, asset).map_or((0, 0), |pool| {
            ((pool.tokens - pool.junior).u128(), pool.junior.u128())
        })
    }

    /// The same of a bucket.
    pub fn bucket_tranches(&self, operator: &str, asset: &str, epoch: u64) -> (u128, u128) {
        let buckets = self.buckets(operator, asset);
        let bucket = buckets.iter().find(|bucket| bucket.epoch == epoch);
        bucket.map_or((0, 0), |bucket| {
            ((bucket.tokens - bucket.junior).u128(), bucket.junior.u128())
        })
    }

    /// Active tokens of a pool.
    pub fn active(&self, operator: &str, asset: &str) -> u128 {
        self.pool(operator, asset)
            .map_or(0, |pool| pool.tokens.u128())
    }

    pub fn buckets(&self, operator: &str, asset: &str) -> Vec<BucketResponse> {
        let msg = QueryMsg::Buckets {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
            start_after: None,
            limit: Some(100),
        };
        self.try_query(&msg).unwrap_or_default()
    }

    pub fn bucket(&self, operator: &str, asset: &str, epoch: u64) -> u128 {
        let buckets = self.buckets(operator, asset);
        let bucket = buckets.iter().find(|bucket| bucket.epoch == epoch);
        bucket.map_or(0, |bucket| bucket.tokens.u128())
    }

    pub fn positions(&self, staker: &str) -> Vec<PositionResponse> {
        self.query(&QueryMsg::Positions {
            owner: self.who(staker).to_string(),
            start_after: None,
            limit: Some(100),
        })
    }

    /// What a staker's active position is worth; none: it has none.
    pub fn stake(&self, staker: &str, operator: &str, asset: &str) -> Option<u128> {
        let operator = self.who(operator);
        self.positions(staker)
            .into_iter()
            .find(|p| p.pool.operator == operator.as_str() && p.pool.asset == asset)
            .map(|p| p.value.u128())
    }

    pub fn entries(&self, staker: &str) -> Vec<UnbondingResponse> {
        self.query(&QueryMsg::Unbondings {
            owner: self.who(staker).to_string(),
            start_after: None,
            limit: Some(100),
        })
    }

    /// (epoch, worth) of a staker's entries in one pool.
    pub fn unbonding(&self, staker: &str, operator: &str, asset: &str) -> Vec<(u64, u128)> {
        let operator = self.who(operator);
        self.entries(staker)
            .into_iter()
            .filter(|e| e.pool.operator == operator.as_str() && e.pool.asset == asset)
            .map(|e| (e.epoch, e.value.u128()))
            .collect()
    }

    pub fn balance(&self, of: &str, asset: &str) -> u128 {
        let of = self.who(of);
        self.coins(&of, asset)
    }

    pub fn coins(&self, of: &Addr, asset: &str) -> u128 {
        let balance = self.app.wrap().query_balance(of, denom(asset)).unwrap();
        balance.amount.u128()
    }

    pub fn books(&self, asset: &str) -> vault_api::BooksResponse {
        let msg = vault_api::QueryMsg::Books {
            asset: asset.to_string(),
        };
        self.app.wrap().query_wasm_smart(&self.vault, &msg).unwrap()
    }

    pub fn dust(&self, asset: &str) -> u128 {
        let dust: Uint128 = self.query(&QueryMsg::Dust {
            asset: asset.to_string(),
        });
        dust.u128()
    }

    /// Invariant 1, for operators `op` and `other`.
    pub fn assert_conserved(&self, asset: &str) {
        let mut accounted = self.dust(asset);
        for operator in ["op", "other"] {
            accounted += self.active(operator, asset);
            let buckets = self.buckets(operator, asset);
            accounted += buckets.iter().map(|b| b.tokens.u128()).sum::<u128>();
        }
        let books = self.books(asset);
        assert_eq!(
            books.staked.u128(),
            accounted,
            "staked = pools + buckets + dust"
        );
        let booked = books.idle + books.staked + books.seized;
        assert_eq!(
            self.coins(&self.vault, asset),
            booked.u128(),
            "held = booked"
        );
    }

    /// Every byte that the contract stores, to show that nothing changed.
    pub fn state(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.app.dump_wasm_raw(&self.delegation)
    }

    /// Runs `action`, which must fail with `expected` and change nothing.
    pub fn refused(&mut self, expected: &ContractError, action: impl FnOnce(&mut Self) -> Outcome) {
        let before = self.state();
        let outcome = action(self);
        assert_error(&outcome, expected);
        assert_eq!(self.state(), before, "a refused message changed something");
    }
}

fn asset_of(id: &str, kind: AssetKind) -> vault_api::ExecuteMsg {
    vault_api::ExecuteMsg::RegisterAsset(vault_api::NewAsset {
        id: id.to_string(),
        kind,
        rate: RateSource::Fixed {
            rate: Decimal::percent(200),
        },
        weight: Decimal::percent(90),
        cap: Uint128::new(10_u128.pow(31)),
        minimum: Uint128::one(),
    })
}

/// Proceeds of service 1 that are all burned.
pub fn burnt() -> Payee {
    Payee {
        account: 1,
        destination: Destination::Burn {},
        share: Decimal::one(),
    }
}

/// The denom of an asset.
pub fn denom(asset: &str) -> String {
    format!("u{asset}")
}

pub fn registration(name: &str) -> ExecuteMsg {
    ExecuteMsg::RegisterOperator {
        metadata: metadata(name),
        commission: Commission {
            rate: Decimal::percent(10),
            max_rate: Decimal::percent(20),
            max_daily_change: Decimal::percent(2),
        },
        restricted: false,
    }
}

pub fn metadata(name: &str) -> OperatorMetadata {
    OperatorMetadata {
        name: name.to_string(),
        website: String::new(),
        details: String::new(),
    }
}

pub fn assert_error<T: std::fmt::Debug>(outcome: &anyhow::Result<T>, expected: &ContractError) {
    let error = outcome.as_ref().unwrap_err();
    let found = error.downcast_ref::<ContractError>();
    assert_eq!(found, Some(expected), "{error:?}");
}

/// `percent` of a full magnitude, in the first unit.
pub fn share(percent: u128) -> Uint128 {
    Uint128::new(FULL_MAGNITUDE / 100 * percent)
}

pub fn scaled(value: u128) -> Scaled {
    Magnitude::default().write(value.into())
}
