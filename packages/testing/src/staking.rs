//! Native staking: cw-multi-test's, brought closer to the Cosmos SDK's where contracts can tell.

use anyhow::{anyhow, bail, Result as AnyResult};
use cosmwasm_std::{
    coin, from_json, to_json_binary, Addr, AllValidatorsResponse, Api, Binary, BlockInfo, Coin,
    CustomMsg, CustomQuery, Decimal, DistributionMsg, DistributionQuery, Empty, Event, Querier,
    StakingMsg, StakingQuery, Storage, Timestamp, Uint128, Validator,
};
use cw_multi_test::{
    AppResponse, CosmosRouter, Distribution, DistributionKeeper, MockApiBech32, Module,
    StakeKeeper, Staking, StakingInfo, StakingSudo,
};
use cw_storage_plus::{Item, Map};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chain::{Chain, SECONDS_PER_BLOCK};
use crate::error::{HarnessError, HarnessResult};
use crate::rounding;

/// Undelegations of one account from one validator that unbond at once, at most.
pub const MAX_UNBONDING_ENTRIES: usize = 7;

/// What a validator's operator delegates to it at first. As on a real chain; and cw-multi-test rounds a
/// validator's whole stake down with every slash, each delegation less, so that without it the last
/// unit could not be undelegated.
pub const SELF_DELEGATION: u128 = 1_000;

/// The chain's parameters.
const PARAMS: Item<StakingInfo> = Item::new("palisade_staking/params");
/// Height and time of the present block, and the time of the one that ended last.
const BLOCK: Item<(u64, Timestamp, Timestamp)> = Item::new("palisade_staking/block");
/// Validators that are not bonded.
const JAILED: Map<&str, Empty> = Map::new("palisade_staking/jailed");
/// (Delegator, validator) -> when its undelegations complete, and at which height they began.
const ENTRIES: Map<(&Addr, &str), Vec<(Timestamp, u64)>> = Map::new("palisade_staking/entries");

/// An entry of cw-multi-test's queue, as far as it is of interest.
#[derive(Deserialize)]
struct Unbonding {
    delegator: Addr,
    validator: String,
    amount: Uint128,
}

/// What cw-multi-test knows of a validator, as far as it is of interest.
#[derive(Deserialize, Serialize)]
struct Delegators {
    stakers: Vec<Addr>,
}

/// The staking module of a [`Chain`](crate::Chain).
#[derive(Default)]
pub struct StakingModule {
    keeper: StakeKeeper,
}

/// The distribution module of a [`Chain`](crate::Chain).
#[derive(Default)]
pub struct DistributionModule {
    keeper: DistributionKeeper,
}

impl StakingModule {
    /// As the SDK's hooks do: whatever changes a delegation pays its rewards out first.
    fn pay_rewards<C: CustomMsg, Q: CustomQuery>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = C, QueryC = Q>,
        block: &BlockInfo,
        (delegator, validator): (&Addr, &str),
    ) -> AnyResult<()> {
        let rewards = self
            .keeper
            .get_rewards(storage, block, delegator, validator)?;
        if rewards.is_some_and(|coin| !coin.amount.is_zero()) {
            let validator = validator.to_string();
            let withdraw = DistributionMsg::WithdrawDelegatorReward { validator };
            router.execute(api, storage, block, delegator.clone(), withdraw.into())?;
        }
        Ok(())
    }
}

/// Notes an undelegation. Returns when it completes.
fn enter(
    storage: &mut dyn Storage,
    block: &BlockInfo,
    delegator: &Addr,
    validator: &str,
) -> AnyResult<Timestamp> {
    let key = (delegator, validator);
    let ended = BLOCK.may_load(storage)?.map(|(_, _, ended)| ended);
    let mut entries = ENTRIES.may_load(storage, key)?.unwrap_or_default();
    entries.retain(|(completes, _)| ended.is_none_or(|ended| *completes > ended));
    let unbonding_time = PARAMS.may_load(storage)?.unwrap_or_default().unbonding_time;
    let entry = (block.time.plus_seconds(unbonding_time), block.height);
    // Those of one block are one.
    if !entries.contains(&entry) {
        if entries.len() >= MAX_UNBONDING_ENTRIES {
            bail!("too many unbonding delegation entries for (delegator, validator) tuple");
        }
        entries.push(entry);
    }
    ENTRIES.save(storage, key, &entries)?;
    Ok(entry.0)
}

impl Module for StakingModule {
    type ExecT = StakingMsg;
    type QueryT = StakingQuery;
    type SudoT = StakingSudo;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: StakingMsg,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        let mut data = None;
        let msg = rounding::round(storage, &sender, msg)?;
        match &msg {
            StakingMsg::Delegate { validator, .. } => {
                self.pay_rewards(api, storage, router, block, (&sender, validator))?;
            }
            StakingMsg::Undelegate { validator, amount } => {
                self.pay_rewards(api, storage, router, block, (&sender, validator))?;
                let completes = enter(storage, block, &sender, validator)?;
                data = Some(undelegated(completes, amount));
            }
            StakingMsg::Redelegate {
                src_validator,
                dst_validator,
                ..
            } => {
                self.pay_rewards(api, storage, router, block, (&sender, src_validator))?;
                self.pay_rewards(api, storage, router, block, (&sender, dst_validator))?;
            }
            _ => {}
        }
        let mut response = self
            .keeper
            .execute(api, storage, router, block, sender, msg)?;
        response.data = data.or(response.data);
        Ok(response)
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: StakingQuery,
    ) -> AnyResult<Binary> {
        let all = matches!(request, StakingQuery::AllValidators {});
        let answer = self.keeper.query(api, storage, querier, block, request)?;
        if !all {
            return Ok(answer);
        }
        // wasmd answers with bonded validators alone.
        let mut answer: AllValidatorsResponse = from_json(answer)?;
        answer
            .validators
            .retain(|validator| !JAILED.has(storage, &validator.address));
        Ok(to_json_binary(&answer)?)
    }

    fn sudo<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: StakingSudo,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        self.keeper.sudo(api, storage, router, block, msg)
    }
}

impl Staking for StakingModule {
    /// When a block begins, the one before it ends, and with that pays what is complete by its time.
    /// Between the two that a test sees there was a block every [`SECONDS_PER_BLOCK`].
    fn process_queue<ExecC: CustomMsg, QueryC: CustomQuery>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
    ) -> AnyResult<AppResponse> {
        let before = BLOCK.may_load(storage)?;
        if before.is_some_and(|(height, ..)| height == block.height) {
            return Ok(AppResponse::default());
        }
        let step = SECONDS_PER_BLOCK.saturating_mul(1_000_000_000);
        let previous = Timestamp::from_nanos(block.time.nanos().saturating_sub(step));
        let ended = BlockInfo {
            time: before.map_or(previous, |(_, time, _)| previous.max(time)),
            ..block.clone()
        };
        BLOCK.save(storage, &(block.height, block.time, ended.time))?;
        let delegations = delegations(storage)?;
        let response = Staking::process_queue(&self.keeper, api, storage, router, &ended)?;
        // cw-multi-test forgets what a slash left of a unit when the last undelegation completes, and
        // then misses it at whatever happens to the validator: so it is kept.
        for (key, delegation) in delegations {
            if storage.get(&key).is_none() {
                storage.set(&key, &delegation);
            }
        }
        Ok(response)
    }
}

/// The delegations that cw-multi-test may forget when undelegations complete, with their keys: of those who
/// undelegated and are still among a validator's delegators.
fn delegations(storage: &dyn Storage) -> AnyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let raw = |key: &[u8]| [&[0, 7], &b"staking"[..], key].concat();
    let queue = storage.get(&raw(b"unbonding_queue"));
    let queue: Vec<Unbonding> = queue.map_or(Ok(vec![]), from_json)?;
    let mut found = vec![];
    for entry in queue {
        let info = Map::<&str, Delegators>::new("validator_info").key(&entry.validator);
        let info = storage.get(&raw(&info)).map(from_json::<Delegators>);
        let among = info
            .transpose()?
            .is_some_and(|info| info.stakers.contains(&entry.delegator));
        let key =
            Map::<(&Addr, &str), Empty>::new("stakes").key((&entry.delegator, &entry.validator));
        let key = raw(&key);
        if let (true, Some(delegation)) = (among, storage.get(&key)) {
            found.push((key, delegation));
        }
    }
    Ok(found)
}

impl Module for DistributionModule {
    type ExecT = DistributionMsg;
    type QueryT = DistributionQuery;
    type SudoT = Empty;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: DistributionMsg,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        if let DistributionMsg::WithdrawDelegatorReward { validator } = &msg {
            let keeper = StakeKeeper::new();
            let rewards = keeper
                .get_rewards(storage, block, &sender, validator)?
                .ok_or_else(|| anyhow!("no delegation distribution info"))?;
            // Nothing to pay is no error, but cw-multi-test's bank mints no empty coins.
            if rewards.amount.is_zero() {
                let event = Event::new("withdraw_rewards")
                    .add_attribute("amount", "")
                    .add_attribute("validator", validator);
                return Ok(AppResponse {
                    events: vec![event],
                    ..AppResponse::default()
                });
            }
        }
        self.keeper
            .execute(api, storage, router, block, sender, msg)
    }

    fn query(
        &self,
        api: &dyn Api,
        storage: &dyn Storage,
        querier: &dyn Querier,
        block: &BlockInfo,
        request: DistributionQuery,
    ) -> AnyResult<Binary> {
        self.keeper.query(api, storage, querier, block, request)
    }

    fn sudo<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        msg: Empty,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        self.keeper.sudo(api, storage, router, block, msg)
    }
}

impl Distribution for DistributionModule {}

/// A `MsgUndelegateResponse`: field 1 the time of completion, field 2 the coin.
fn undelegated(completes: Timestamp, amount: &Coin) -> Binary {
    let mut time = vec![];
    number(&mut time, 1, completes.seconds());
    number(&mut time, 2, completes.subsec_nanos());
    let mut coin = vec![];
    bytes(&mut coin, 1, amount.denom.as_bytes());
    bytes(&mut coin, 2, amount.amount.to_string().as_bytes());
    let mut response = vec![];
    bytes(&mut response, 1, &time);
    bytes(&mut response, 2, &coin);
    response.into()
}

/// A protobuf field of the kind `varint`; zero is left out.
fn number(into: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        into.push(field << 3);
        varint(into, value);
    }
}

/// A protobuf field of the kind `len`.
fn bytes(into: &mut Vec<u8>, field: u8, value: &[u8]) {
    into.push(field << 3 | 2);
    varint(into, u64::try_from(value.len()).unwrap_or_default());
    into.extend_from_slice(value);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            into.push(low & 0x7f);
            return;
        }
        into.push(low | 0x80);
    }
}

impl Chain {
    /// Sets bond denom, unbonding time and yearly yield: before anything is staked.
    pub fn set_staking_params(&mut self, params: StakingInfo) -> HarnessResult<()> {
        self.run(|app| {
            app.init_modules(|router, _, storage| {
                PARAMS.save(storage, &params)?;
                router.staking.keeper.setup(storage, params)
            })
        })
    }

    /// The address of the validator whose operator is this account: the same bytes under the prefix
    /// of validators, such as `hostvaloper1...`.
    pub fn validator_of(&self, account: &Addr) -> HarnessResult<String> {
        let bytes = self.app.api().addr_canonicalize(account.as_str());
        let humanized =
            bytes.and_then(|bytes| MockApiBech32::new(self.validator_prefix).addr_humanize(&bytes));
        humanized
            .map(Addr::into_string)
            .map_err(HarnessError::Query)
    }

    /// Adds a bonded validator whose operator is this account, which delegates [`SELF_DELEGATION`]
    /// bond tokens made for it. Returns the validator's address. After
    /// [`Self::set_staking_params`].
    pub fn add_validator(&mut self, account: &Addr, commission: Decimal) -> HarnessResult<String> {
        let address = self.validator_of(account)?;
        let validator = Validator::new(address.clone(), commission, Decimal::one(), Decimal::one());
        let block = self.block();
        self.run(|app| {
            app.init_modules(|router, api, storage| {
                let keeper = &router.staking.keeper;
                keeper.add_validator(api, storage, &block, validator)
            })
        })?;
        let denom = self.app.wrap().query_bonded_denom();
        let denom = denom.map_err(HarnessError::Query)?;
        self.mint(account, SELF_DELEGATION, &denom)?;
        self.delegate(account, &address, coin(SELF_DELEGATION, denom))?;
        Ok(address)
    }

    /// Slashes a validator: all that is bonded with it, and all that unbonds.
    pub fn slash_validator(
        &mut self,
        validator: &str,
        percentage: Decimal,
    ) -> HarnessResult<AppResponse> {
        let slash = StakingSudo::Slash {
            validator: validator.to_string(),
            percentage,
        };
        self.run(|app| app.sudo(slash.into()))
    }

    /// Takes a validator out of the bonded ones.
    pub fn jail_validator(&mut self, validator: &str) -> HarnessResult<()> {
        let jailed = JAILED.save(self.app.storage_mut(), validator, &Empty {});
        jailed.map_err(HarnessError::Query)
    }

    /// Puts it back.
    pub fn unjail_validator(&mut self, validator: &str) {
        JAILED.remove(self.app.storage_mut(), validator);
    }

    /// Delegates natively, as a user.
    pub fn delegate(
        &mut self,
        delegator: &Addr,
        validator: &str,
        amount: Coin,
    ) -> HarnessResult<AppResponse> {
        let validator = validator.to_string();
        self.submit(delegator, StakingMsg::Delegate { validator, amount })
    }

    /// What an account has delegated to a validator.
    pub fn bonded(&self, delegator: &Addr, validator: &str) -> HarnessResult<u128> {
        self.app
            .wrap()
            .query_delegation(delegator, validator)
            .map(|found| found.map_or(0, |delegation| delegation.amount.amount.u128()))
            .map_err(HarnessError::Query)
    }

    /// What an account undelegated from a validator and the chain still unbonds, less slashes.
    pub fn unbonding(&self, delegator: &Addr, validator: &str) -> HarnessResult<u128> {
        // cw-multi-test has no query for it.
        let key = [&[0, 7], &b"staking"[..], b"unbonding_queue"].concat();
        let Some(queue) = self.app.storage().get(&key) else {
            return Ok(0);
        };
        let queue: Vec<Unbonding> = from_json(queue).map_err(HarnessError::Query)?;
        let of = |entry: &&Unbonding| entry.delegator == delegator && entry.validator == validator;
        Ok(queue
            .iter()
            .filter(of)
            .fold(0, |sum, entry| entry.amount.u128().saturating_add(sum)))
    }

    /// Rewards of a delegation that were not withdrawn.
    pub fn staking_rewards(&self, delegator: &Addr, validator: &str) -> HarnessResult<u128> {
        let block = self.block();
        let rewards = self.app.read_module(|router, _, storage| {
            let keeper = &router.staking.keeper;
            keeper.get_rewards(storage, &block, delegator, validator)
        });
        Ok(rewards?.map_or(0, |coin| coin.amount.u128()))
    }
}
