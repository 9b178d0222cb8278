//! The staking and distribution modules of cw-multi-test, made to do three things that the Cosmos SDK's
//! do: a delegation's rewards are paid whenever it changes, a withdrawal of no rewards is no error, and
//! an undelegation is answered with its completion time.

use cosmwasm_schema::serde::de::DeserializeOwned;
use cosmwasm_std::{
    coin, coins, Addr, Api, BankMsg, Binary, BlockInfo, CustomMsg, CustomQuery, DistributionMsg,
    DistributionQuery, Empty, Querier, StakingMsg, StakingQuery, Storage,
};
use cw_multi_test::error::AnyResult;
use cw_multi_test::{
    AppResponse, CosmosRouter, Distribution, DistributionKeeper, Module, StakeKeeper, Staking,
    StakingInfo, StakingSudo,
};

pub const DENOM: &str = "ustake";
/// Seconds.
pub const UNBONDING: u64 = 1_000;

#[derive(Default)]
pub struct SdkStaking(StakeKeeper);

impl SdkStaking {
    pub fn keeper(&self) -> &StakeKeeper {
        &self.0
    }

    pub fn info(apr: cosmwasm_std::Decimal) -> StakingInfo {
        StakingInfo {
            bonded_denom: DENOM.into(),
            unbonding_time: UNBONDING,
            apr,
        }
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while number > 0x7f {
        bytes.push((number & 0x7f | 0x80) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn nested(field: u8, inner: &[u8]) -> Vec<u8> {
    [&[field, inner.len() as u8], inner].concat()
}

/// A `MsgUndelegateResponse`.
fn answer(block: &BlockInfo, amount: &cosmwasm_std::Coin) -> Binary {
    let time = block.time.plus_seconds(UNBONDING);
    let seconds = [vec![0x08], varint(time.seconds())].concat();
    let nanos = [vec![0x10], varint(time.subsec_nanos())].concat();
    let denom = nested(0x0a, amount.denom.as_bytes());
    let amount = nested(0x12, amount.amount.to_string().as_bytes());
    let time = nested(0x0a, &[seconds, nanos].concat());
    [time, nested(0x12, &[denom, amount].concat())]
        .concat()
        .into()
}

impl Module for SdkStaking {
    type ExecT = StakingMsg;
    type QueryT = StakingQuery;
    type SudoT = StakingSudo;

    fn execute<
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    >(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: StakingMsg,
    ) -> AnyResult<AppResponse> {
        let changed = match &msg {
            StakingMsg::Delegate { validator, .. } => Some((validator, None)),
            StakingMsg::Undelegate { validator, amount } => Some((validator, Some(amount.clone()))),
            _ => None,
        };
        let mut data = None;
        if let Some((validator, undelegated)) = changed {
            let validator = validator.clone();
            let rewards = self.0.get_rewards(storage, block, &sender, &validator)?;
            if rewards.is_some_and(|coin| !coin.amount.is_zero()) {
                let withdraw = DistributionMsg::WithdrawDelegatorReward { validator };
                router.execute(api, storage, block, sender.clone(), withdraw.into())?;
            }
            data = undelegated.map(|amount| answer(block, &amount));
        }
        let response = self.0.execute(api, storage, router, block, sender, msg)?;
        Ok(AppResponse { data, ..response })
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: StakingQuery,
    ) -> AnyResult<Binary> {
        self.0.query(api, storage, querier, block, request)
    }

    fn sudo<
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    >(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: StakingSudo,
    ) -> AnyResult<AppResponse> {
        self.0.sudo(api, storage, router, block, msg)
    }
}

impl Staking for SdkStaking {
    fn process_queue<ExecC: CustomMsg, QueryC: CustomQuery>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
    ) -> AnyResult<AppResponse> {
        Staking::process_queue(&self.0, api, storage, router, block)
    }
}

#[derive(Default)]
pub struct SdkDistribution(DistributionKeeper);

impl Module for SdkDistribution {
    type ExecT = DistributionMsg;
    type QueryT = DistributionQuery;
    type SudoT = Empty;

    fn execute<
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    >(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: DistributionMsg,
    ) -> AnyResult<AppResponse> {
        if let DistributionMsg::WithdrawDelegatorReward { validator } = &msg {
            let rewards = self.0.get_rewards(storage, block, &sender, validator)?;
            if rewards.is_some_and(|coin| coin.amount.is_zero()) {
                return Ok(AppResponse::default());
            }
        }
        self.0.execute(api, storage, router, block, sender, msg)
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: DistributionQuery,
    ) -> AnyResult<Binary> {
        self.0.query(api, storage, querier, block, request)
    }

    fn sudo<
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    >(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: Empty,
    ) -> AnyResult<AppResponse> {
        self.0.sudo(api, storage, router, block, msg)
    }
}

impl Distribution for SdkDistribution {}

/// A plain transfer.
pub fn gift(to: &Addr, amount: u128, denom: &str) -> BankMsg {
    BankMsg::Send {
        to_address: to.to_string(),
        amount: coins(amount, denom),
    }
}

pub fn stake(amount: u128) -> cosmwasm_std::Coin {
    coin(amount, DENOM)
}
