//! Native staking: two validators, and what operators and the delegation contract do with them.

use cosmwasm_std::Decimal;
use cw_multi_test::AppResponse;
use palisade_staker::contract as staker;
use palisade_testing::{Chain, HarnessResult, StakingInfo, TestContract};
use palisade_types::asset::{AssetKind, Destination};
use palisade_types::staker::MigrateMsg;
use palisade_types::vault::{
    BooksResponse, Collection, ExecuteMsg, NewAsset, QueryMsg, Reconciliation, StakerResponse,
};

use super::*;

/// The bond denom as an asset, staked natively; with the bounds of [`ATOM`].
pub const STAKE: &str = "stake";
pub const USTAKE: &str = "ustake";
pub const DAY: u64 = 86_400;
/// Seconds that the chain takes to unbond.
pub const UNBONDING: u64 = 21 * DAY;
/// Operators who have a validator.
pub const VALIDATORS: [&str; 2] = ["val", "other"];

pub fn staker_code() -> TestContract {
    TestContract::new(staker::execute, staker::instantiate, staker::query)
        .with_reply(staker::reply)
        .with_migrate::<MigrateMsg, _>(staker::migrate)
}

/// A chain that pays a tenth a year on stake.
pub fn begin_staking(chain: &mut Chain) {
    let params = StakingInfo {
        bonded_denom: USTAKE.into(),
        unbonding_time: UNBONDING,
        apr: Decimal::percent(10),
    };
    chain.set_staking_params(params).unwrap();
    for name in VALIDATORS {
        let account = chain.account(name);
        chain.add_validator(&account, Decimal::zero()).unwrap();
    }
}

/// All columns of the books, and what the token says.
#[derive(Debug, PartialEq, Default)]
pub struct Columns {
    pub idle: u128,
    pub staked: u128,
    pub seized: u128,
    pub released: u128,
    pub payable: u128,
    pub balance: u128,
}

impl Suite {
    /// With the bond denom as an asset, and nobody who stakes it yet.
    pub fn native() -> Self {
        let mut suite = Self::new();
        let asset = suite.new_stake();
        suite.as_owner(&ExecuteMsg::RegisterAsset(asset)).unwrap();
        suite
    }

    /// Val has opened native staking; alice has 1,000 there, and 500 idle.
    pub fn staking() -> Self {
        let mut suite = Self::native();
        suite.open("val", "val", false).unwrap();
        suite.deposit("alice", STAKE, 1_000, Some("val")).unwrap();
        suite.deposit("alice", STAKE, 500, None).unwrap();
        suite
    }

    pub fn new_stake(&self) -> NewAsset {
        NewAsset {
            id: STAKE.into(),
            kind: self.staked_kind(),
            ..self.new_atom()
        }
    }

    pub fn staked_kind(&self) -> AssetKind {
        AssetKind::Staked {
            code_id: self.staker,
            unbonding_time: UNBONDING,
            batch_epochs: 4,
        }
    }

    /// The address of somebody's validator, if there were one.
    pub fn validator(&self, who: &str) -> String {
        self.net.host.validator_of(&self.account(who)).unwrap()
    }

    /// Opens native staking with somebody's validator.
    pub fn open(&mut self, who: &str, whose: &str, compound: bool) -> HarnessResult<AppResponse> {
        let validator = self.validator(whose);
        self.open_with(who, STAKE, validator, compound)
    }

    pub fn open_with(
        &mut self,
        who: &str,
        asset: &str,
        validator: String,
        compound: bool,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::OpenStaker {
            asset: asset.into(),
            validator,
            compound,
        };
        self.by(who, &msg)
    }

    pub fn set_compound(&mut self, who: &str, compound: bool) -> HarnessResult<AppResponse> {
        let asset = STAKE.into();
        self.by(who, &ExecuteMsg::SetCompound { asset, compound })
    }

    pub fn withdraw_rewards(&mut self, operator: &str) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::WithdrawRewards {
            asset: STAKE.into(),
            operator: self.account(operator).to_string(),
        };
        self.by("stranger", &msg)
    }

    pub fn restake(
        &mut self,
        asset: &str,
        operator: &str,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Restake {
            asset: asset.into(),
            operator: self.account(operator).to_string(),
            amount: amount.into(),
        };
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    /// What the delegation contract says of val.
    pub fn orders(
        &self,
        lost: u128,
        undelegate: u128,
        collect: Option<(u128, u128, u32)>,
    ) -> Reconciliation {
        Reconciliation {
            asset: STAKE.into(),
            operator: self.account("val").to_string(),
            lost: lost.into(),
            forfeited: Default::default(),
            undelegate: undelegate.into(),
            collect: collect.map(|(released, seized, entries)| Collection {
                released: released.into(),
                seized: seized.into(),
                entries,
            }),
        }
    }

    pub fn reconcile(
        &mut self,
        lost: u128,
        undelegate: u128,
        collect: Option<(u128, u128, u32)>,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Reconcile(self.orders(lost, undelegate, collect));
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    /// The delegation contract slashed, and of that some is in the vault already.
    pub fn seize_arrived(
        &mut self,
        seized: &[(&str, u128)],
        arrived: &[(&str, u128)],
        destination: &Destination,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Seize {
            operator: self.account("val").to_string(),
            seized: amounts(seized),
            arrived: amounts(arrived),
            payees: vec![payee(SERVICE, destination, "1")],
        };
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    /// Val's stakers unbonded so much, and it arrived.
    pub fn unbonded(&mut self, amount: u128) {
        self.reconcile(0, amount, None).unwrap();
        self.net.host.advance(UNBONDING);
        self.net.host.next_block();
    }

    pub fn staker_of(&self, operator: &str) -> StakerResponse {
        self.query(&QueryMsg::Staker {
            asset: STAKE.into(),
            operator: self.account(operator).to_string(),
        })
    }

    /// What the chain says that an operator's staker has delegated.
    pub fn bonded(&self, operator: &str) -> u128 {
        let StakerResponse {
            staker, validator, ..
        } = self.staker_of(operator);
        self.net.host.bonded(&staker, &validator).unwrap()
    }

    pub fn columns(&self, asset: &str) -> Columns {
        let books: BooksResponse = self.query(&QueryMsg::Books {
            asset: asset.into(),
        });
        Columns {
            idle: books.idle.u128(),
            staked: books.staked.u128(),
            seized: books.seized.u128(),
            released: books.released.u128(),
            payable: books.payable.u128(),
            balance: books.balance.u128(),
        }
    }
}
