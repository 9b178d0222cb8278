use cosmwasm_std::{Addr, Decimal, Uint128};
use cw_multi_test::AppResponse;
use palisade_testing::{HarnessResult, StakingInfo};
use palisade_types::asset::AssetKind;
use palisade_types::delegation::{self, StakedResponse};
use palisade_types::vault::{self, StakerResponse};

use crate::deploy::EPOCH;
use crate::Suite;

/// The natively staked asset, rate 1.
pub const STAKE: &str = "stake";
/// The bond denom.
pub const BOND: &str = "ustake";
/// Seconds that the host takes to unbond.
pub const CHAIN_UNBONDING: u64 = 5 * EPOCH;
/// Epochs whose undelegations go to the chain in one batch.
pub const BATCH_EPOCHS: u32 = 2;
/// What native stake yields in a year, in percent.
pub const YIELD: u64 = 20;

impl Suite {
    /// Sets up the host's staking, and registers its bond denom as [`STAKE`].
    pub fn register_staked(&mut self) {
        let params = StakingInfo {
            bonded_denom: BOND.to_string(),
            unbonding_time: CHAIN_UNBONDING,
            apr: Decimal::percent(YIELD),
        };
        self.net.host.set_staking_params(params).unwrap();
        let kind = AssetKind::Staked {
            code_id: self.staker_code,
            unbonding_time: CHAIN_UNBONDING,
            batch_epochs: BATCH_EPOCHS,
        };
        self.register_asset(STAKE, kind, Decimal::one());
    }

    /// The validator whose operator is `name`.
    #[must_use]
    pub fn validator(&self, name: &str) -> String {
        self.net.host.validator_of(&self.host(name)).unwrap()
    }

    /// Registers `name` as an operator, and as a validator of the chain without commission.
    pub fn register_validator(&mut self, name: &str) -> Addr {
        let operator = self.register_operator(name);
        self.net
            .host
            .add_validator(&operator, Decimal::zero())
            .unwrap();
        operator
    }

    /// Opens native staking with the validator of `operator`.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_open_staker(
        &mut self,
        operator: &str,
        compound: bool,
    ) -> HarnessResult<AppResponse> {
        let msg = vault::ExecuteMsg::OpenStaker {
            asset: STAKE.to_string(),
            validator: self.validator(operator),
            compound,
        };
        let vault = self.vault.clone();
        self.try_on_host(operator, &vault, &msg, &[])
    }

    /// Registers `operator` with its validator, and opens native staking with it.
    pub fn open_staker(&mut self, operator: &str, compound: bool) -> Addr {
        self.register_validator(operator);
        self.try_open_staker(operator, compound).unwrap();
        self.staker_of(operator)
    }

    /// Deposits bond tokens made for it; with an operator or idle.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_deposit_bond(
        &mut self,
        staker: &str,
        operator: Option<&str>,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        self.try_deposit_coin(staker, operator, amount, BOND)
    }

    /// Deposits bond tokens behind an operator.
    pub fn deposit_bond(&mut self, staker: &str, operator: &str, amount: u128) {
        self.try_deposit_bond(staker, Some(operator), amount)
            .unwrap();
    }

    /// Brings a natively staked pool up to what the chain says.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_reconcile(&mut self, operator: &str) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Reconcile {
            operator: self.host(operator).to_string(),
            asset: STAKE.to_string(),
        };
        let delegation = self.delegation.clone();
        self.try_on_host("anybody", &delegation, &msg, &[])
    }

    /// Brings a natively staked pool up to what the chain says.
    pub fn reconcile(&mut self, operator: &str) {
        self.try_reconcile(operator).unwrap();
    }

    /// The chain slashes the validator of `operator`.
    pub fn slash_validator(&mut self, operator: &str, percent: u64) {
        let validator = self.validator(operator);
        self.net
            .host
            .slash_validator(&validator, Decimal::percent(percent))
            .unwrap();
    }

    /// The chain jails the validator of `operator`.
    pub fn jail_validator(&mut self, operator: &str) {
        let validator = self.validator(operator);
        self.net.host.jail_validator(&validator).unwrap();
    }

    /// Withdraws the base chain's rewards of an operator's stakers, and uses them as it set.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_withdraw_base_rewards(&mut self, operator: &str) -> HarnessResult<AppResponse> {
        let msg = vault::ExecuteMsg::WithdrawRewards {
            asset: STAKE.to_string(),
            operator: self.host(operator).to_string(),
        };
        let vault = self.vault.clone();
        self.try_on_host("anybody", &vault, &msg, &[])
    }

    /// Sends rewards of the base chain in another denom on to an operator's stakers.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_forward_rewards(
        &mut self,
        who: &str,
        operator: &str,
        denom: &str,
    ) -> HarnessResult<AppResponse> {
        let msg = vault::ExecuteMsg::ForwardRewards {
            asset: STAKE.to_string(),
            operator: self.host(operator).to_string(),
            denom: denom.to_string(),
        };
        let vault = self.vault.clone();
        self.try_on_host(who, &vault, &msg, &[])
    }

    /// Puts matured entries of an asset behind another operator.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_redelegate(
        &mut self,
        staker: &str,
        from: &str,
        to: &str,
        asset: &str,
    ) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Redelegate {
            operator: self.host(from).to_string(),
            asset: asset.to_string(),
            to: self.host(to).to_string(),
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// Takes unbonding stake of an epoch back into the pool; an amount, or all.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_cancel(
        &mut self,
        staker: &str,
        operator: &str,
        asset: &str,
        epoch: u64,
        amount: Option<u128>,
    ) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Cancel {
            operator: self.host(operator).to_string(),
            asset: asset.to_string(),
            epoch,
            amount: amount.map(Uint128::new),
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// The present epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        let epoch: delegation::EpochResponse =
            self.ask(&self.delegation, &delegation::QueryMsg::Epoch {});
        epoch.epoch
    }

    /// The staker contract of an operator.
    #[must_use]
    pub fn staker_of(&self, operator: &str) -> Addr {
        let query = vault::QueryMsg::Staker {
            asset: STAKE.to_string(),
            operator: self.host(operator).to_string(),
        };
        let answer: StakerResponse = self.ask(&self.vault, &query);
        answer.staker
    }

    /// Where a natively staked pool stands with the chain.
    #[must_use]
    pub fn staked(&self, operator: &str) -> StakedResponse {
        let query = delegation::QueryMsg::Staked {
            operator: self.host(operator).to_string(),
            asset: STAKE.to_string(),
        };
        self.ask(&self.delegation, &query)
    }

    /// What the chain has bonded for the stakers of an operator.
    #[must_use]
    pub fn bonded(&self, operator: &str) -> u128 {
        let (staker, validator) = (self.staker_of(operator), self.validator(operator));
        self.net.host.bonded(&staker, &validator).unwrap()
    }

    /// What the chain unbonds for the stakers of an operator.
    #[must_use]
    pub fn unbonding(&self, operator: &str) -> u128 {
        let (staker, validator) = (self.staker_of(operator), self.validator(operator));
        self.net.host.unbonding(&staker, &validator).unwrap()
    }
}
