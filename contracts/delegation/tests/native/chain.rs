//! A base chain, a vault and a staker as the delegation contract sees them: what is bonded, what
//! unbonds, what arrived. The contract's messages to the vault are carried out to the letter.

use cosmwasm_std::testing::{message_info, mock_env, MockApi, MockQuerier, MockStorage};
use cosmwasm_std::{
    coin, coins, from_json, to_json_binary, to_json_vec, Addr, Binary, Coin, ContractResult,
    CosmosMsg, Decimal, Env, FullDelegation, OwnedDeps, Response, SystemResult, Timestamp, Uint128,
    Validator, WasmMsg, WasmQuery,
};
use palisade_delegation::contract::{execute, instantiate, query};
use palisade_delegation::ContractError;
use palisade_math::{Scaled, FULL_MAGNITUDE};
use palisade_types::asset::{Destination, Payee, Price};
use palisade_types::delegation::{
    Commission, Cut, ExecuteMsg, InstantiateMsg, OperatorMetadata, QueryMsg, SlashPools,
    SlashResult, StakedPool,
};
use palisade_types::staker::{Entry, State, STATE_KEY};
use palisade_types::vault;
use serde::de::DeserializeOwned;

pub const DAY: u64 = 86_400;
/// What the chain takes to unbond.
pub const NATIVE: u64 = 3 * DAY;
pub const ASSET: &str = "stake";
pub const DENOM: &str = "ustake";

/// What the world holds of one operator's native stake.
#[derive(Clone, Debug, Default)]
pub struct Native {
    pub bonded: u128,
    /// Entries of the chain: what is left of them, their asked amounts, and when they complete.
    pub unbonding: Vec<(u128, u128, u64)>,
    /// Entries that completed and were not collected.
    pub complete: Vec<(u128, u64)>,
    pub arrived: u128,
}

pub struct World {
    pub deps: OwnedDeps<MockStorage, MockApi, MockQuerier>,
    pub env: Env,
    pub natives: Vec<(String, Native)>,
    /// What the vault's books say; seized without what was forfeited to the base chain.
    pub staked: u128,
    pub seized: u128,
    pub released: u128,
    pub payable: u128,
    /// Paid out to stakers.
    pub paid: u128,
    /// Taken by the base chain.
    pub slashed: u128,
}

impl World {
    /// Operators `op` and `other` stake natively, `plain` does not; epochs of a day, `unbonding` days,
    /// batches of so many epochs, reward periods of a day.
    pub fn new(unbonding: u64, batch_epochs: u32) -> Self {
        let deps = OwnedDeps {
            storage: MockStorage::default(),
            api: MockApi::default(),
            querier: MockQuerier::default(),
            custom_query_type: std::marker::PhantomData,
        };
        let mut env = mock_env();
        env.block.time = Timestamp::from_seconds(1_000_000);
        let mut world = Self {
            deps,
            env,
            natives: vec![],
            staked: 0,
            seized: 0,
            released: 0,
            payable: 0,
            paid: 0,
            slashed: 0,
        };
        let msg = InstantiateMsg {
            owner: world.who("owner").into_string(),
            guardian: None,
            vault: world.who("vault").into_string(),
            epoch_length: DAY,
            unbonding_period: unbonding * DAY,
            reward_period: DAY,
        };
        let info = message_info(&world.who("owner"), &[]);
        instantiate(world.deps.as_mut(), world.env.clone(), info, msg).unwrap();
        let allocation = world.who("allocation").into_string();
        world
            .run("owner", ExecuteMsg::Connect { allocation })
            .unwrap();
        for operator in ["op", "other", "plain"] {
            let register = ExecuteMsg::RegisterOperator {
                metadata: OperatorMetadata {
                    name: operator.to_string(),
                    website: String::new(),
                    details: String::new(),
                },
                commission: Commission {
                    rate: Decimal::zero(),
                    max_rate: Decimal::one(),
                    max_daily_change: Decimal::one(),
                },
                restricted: false,
            };
            world.run(operator, register).unwrap();
        }
        for operator in ["op", "other"] {
            world
                .natives
                .push((operator.to_string(), Native::default()));
            let pool = world.pool_of(operator, batch_epochs);
            world.run("vault", ExecuteMsg::OpenPool(pool)).unwrap();
        }
        world
    }

    pub fn pool_of(&self, operator: &str, batch_epochs: u32) -> StakedPool {
        StakedPool {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            denom: DENOM.to_string(),
            staker: self.staker(operator).into_string(),
            unbonding_time: NATIVE,
            batch_epochs,
        }
    }

    pub fn who(&self, name: &str) -> Addr {
        self.deps.api.addr_make(name)
    }

    pub fn staker(&self, operator: &str) -> Addr {
        self.who(&format!("staker of {operator}"))
    }

    pub fn native(&mut self, operator: &str) -> &mut Native {
        let found = self.natives.iter_mut().find(|(name, _)| name == operator);
        &mut found.unwrap().1
    }

    // The contract.

    /// Runs a message with the chain as it is, and carries out what the vault is told.
    pub fn run(&mut self, sender: &str, msg: ExecuteMsg) -> Result<Response, ContractError> {
        self.run_with(sender, msg, &[])
    }

    /// The same with coins attached.
    pub fn run_with(
        &mut self,
        sender: &str,
        msg: ExecuteMsg,
        funds: &[Coin],
    ) -> Result<Response, ContractError> {
        self.tell_querier();
        let info = message_info(&self.who(sender), funds);
        let before = self.deps.storage.clone_entries();
        let result = execute(self.deps.as_mut(), self.env.clone(), info, msg);
        match &result {
            Ok(response) => self.carry_out(response),
            // As a chain would: an error changes nothing.
            Err(_) => self.deps.storage.restore_entries(before),
        }
        result
    }

    fn carry_out(&mut self, response: &Response) {
        for message in &response.messages {
            let CosmosMsg::Wasm(WasmMsg::Execute {
                contract_addr, msg, ..
            }) = &message.msg
            else {
                continue;
            };
            assert_eq!(*contract_addr, self.who("vault").into_string());
            match from_json(msg).unwrap() {
                vault::ExecuteMsg::Reconcile(orders) => self.reconciled(&orders),
                vault::ExecuteMsg::Release { amount, .. } => {
                    self.staked -= amount.u128();
                    self.released -= amount.u128();
                    self.paid += amount.u128();
                }
                vault::ExecuteMsg::Restake {
                    operator, amount, ..
                } => {
                    self.released -= amount.u128();
                    let operator = self.named(&operator);
                    self.native(&operator).bonded += amount.u128();
                }
                vault::ExecuteMsg::Seize {
                    seized, arrived, ..
                } => {
                    let sum = |amounts: &[palisade_types::asset::AssetAmount]| -> u128 {
                        amounts.iter().map(|a| a.amount.u128()).sum()
                    };
                    self.staked -= sum(&seized);
                    self.seized += sum(&seized);
                    self.released -= sum(&arrived);
                    self.payable += sum(&arrived);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn reconciled(&mut self, orders: &vault::Reconciliation) {
        let operator = self.named(&orders.operator);
        self.staked -= orders.lost.u128();
        self.seized -= orders.forfeited.u128();
        let completes = self.env.block.time.plus_seconds(NATIVE).seconds();
        let native = self.native(&operator);
        if let Some(collection) = &orders.collect {
            let taken = collection.released + collection.seized;
            native.arrived -= taken.u128();
            native.complete.drain(..collection.entries as usize);
        }
        let amount = orders.undelegate.u128();
        if amount > 0 {
            assert!(native.unbonding.len() < 7, "the chain takes seven");
            native.bonded -= amount;
            native.unbonding.push((amount, amount, completes));
        }
        if let Some(collection) = &orders.collect {
            self.released += collection.released.u128();
            self.payable += collection.seized.u128();
        }
    }

    fn named(&self, address: &str) -> String {
        let names = ["op", "other", "plain"];
        let found = names.iter().find(|name| self.who(name).as_str() == address);
        found.unwrap().to_string()
    }

    fn tell_querier(&mut self) {
        let validator = |name: &str| {
            let percent = Decimal::percent(1);
            Validator::create(name.to_string(), percent, percent, percent)
        };
        let (mut validators, mut delegations, mut states) = (vec![], vec![], vec![]);
        for (operator, native) in &self.natives {
            let staker = self.staker(operator);
            validators.push(validator(operator));
            if native.bonded > 0 {
                let amount = coin(native.bonded, DENOM);
                delegations.push(FullDelegation::create(
                    staker.clone(),
                    operator.clone(),
                    amount.clone(),
                    amount,
                    vec![],
                ));
            }
            let unbonding = native.unbonding.iter().map(|(_, asked, at)| (asked, at));
            let complete = native.complete.iter().map(|(asked, at)| (asked, at));
            let entry = |(asked, at): (&u128, &u64)| Entry {
                amount: Uint128::new(*asked),
                completes_at: Timestamp::from_seconds(*at),
            };
            let state = State {
                rewards: Uint128::new(11),
                entries: complete.chain(unbonding).map(entry).collect(),
            };
            states.push((staker.clone(), to_json_vec(&state).unwrap()));
            // Rewards lie with it as well, and are nobody's principal.
            let balance = coins(native.arrived + 11, DENOM);
            self.deps.querier.bank.update_balance(&staker, balance);
        }
        self.deps
            .querier
            .staking
            .update(DENOM, &validators, &delegations);
        self.deps.querier.update_wasm(move |query| match query {
            WasmQuery::Raw { contract_addr, key } => {
                assert_eq!(key.as_slice(), STATE_KEY);
                let found = states
                    .iter()
                    .find(|(staker, _)| staker.as_str() == contract_addr.as_str());
                let bytes = Binary::from(found.unwrap().1.clone());
                SystemResult::Ok(ContractResult::Ok(bytes))
            }
            // The vault's prices.
            WasmQuery::Smart { .. } => {
                let price = Price {
                    asset: ASSET.to_string(),
                    rate: Decimal::one(),
                    weight: Decimal::one(),
                    fresh: true,
                };
                SystemResult::Ok(ContractResult::Ok(to_json_binary(&[price]).unwrap()))
            }
            other => panic!("{other:?}"),
        });
    }

    pub fn ask<T: DeserializeOwned>(&mut self, msg: QueryMsg) -> T {
        self.tell_querier();
        from_json(query(self.deps.as_ref(), self.env.clone(), msg).unwrap()).unwrap()
    }

    // Those who use it.

    /// A deposit: the contract joins, then the staker delegates.
    pub fn deposit(
        &mut self,
        owner: &str,
        operator: &str,
        amount: u128,
    ) -> Result<(), ContractError> {
        let msg = ExecuteMsg::Join {
            owner: self.who(owner).into_string(),
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            amount: Uint128::new(amount),
            bound: false,
        };
        self.staked += amount;
        let result = self.run("vault", msg).map(|_| ());
        match result {
            Ok(()) => self.native(operator).bonded += amount,
            Err(_) => self.staked -= amount,
        }
        result
    }

    /// Rewards of the base chain, staked again.
    pub fn compound(&mut self, operator: &str, amount: u128) {
        self.native(operator).bonded += amount;
        self.staked += amount;
        let msg = ExecuteMsg::Grow {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            amount: Uint128::new(amount),
        };
        self.run("vault", msg).unwrap();
    }

    pub fn undelegate(
        &mut self,
        owner: &str,
        operator: &str,
        amount: Option<u128>,
    ) -> Result<Response, ContractError> {
        let msg = ExecuteMsg::Undelegate {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            amount: amount.map(Uint128::new),
        };
        self.run(owner, msg)
    }

    pub fn cancel(
        &mut self,
        owner: &str,
        operator: &str,
        epoch: u64,
    ) -> Result<Response, ContractError> {
        let msg = ExecuteMsg::Cancel {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            epoch,
            amount: None,
        };
        self.run(owner, msg)
    }

    pub fn claim(&mut self, owner: &str, operator: &str) -> Result<u128, ContractError> {
        let before = self.paid;
        let msg = ExecuteMsg::Claim {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
            recipient: None,
        };
        self.run(owner, msg).map(|_| self.paid - before)
    }

    pub fn redelegate(
        &mut self,
        owner: &str,
        from: &str,
        to: &str,
    ) -> Result<Response, ContractError> {
        let msg = ExecuteMsg::Redelegate {
            operator: self.who(from).into_string(),
            asset: ASSET.to_string(),
            to: self.who(to).into_string(),
        };
        self.run(owner, msg)
    }

    pub fn reconcile(&mut self, operator: &str) {
        let msg = ExecuteMsg::Reconcile {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
        };
        self.run("anybody", msg).unwrap();
    }

    /// A service's penalty of so many percent, from a slice and a capture of all there is.
    pub fn penalty(&mut self, operator: &str, percent: u64, captured: u128) -> u128 {
        let fraction = Decimal::percent(percent);
        let msg = ExecuteMsg::Slash(SlashPools {
            operator: self.who(operator).into_string(),
            since: Timestamp::from_seconds(1_000_000),
            fraction,
            max_slash: Decimal::one(),
            cuts: vec![Cut {
                asset: ASSET.to_string(),
                slice: Scaled {
                    value: FULL_MAGNITUDE.into(),
                    era: 0,
                    norm: 0,
                },
                captured: Uint128::new(captured),
                era: 0,
            }],
            payees: vec![Payee {
                account: 1,
                destination: Destination::Burn {},
                share: Decimal::one(),
            }],
        });
        let response = self.run("allocation", msg).unwrap();
        let result: SlashResult = from_json(response.data.unwrap()).unwrap();
        result.cuts[0].seized.u128()
    }

    // The base chain.

    /// The validator is slashed: what is bonded, and of what unbonds the entries named.
    pub fn base_slash(&mut self, operator: &str, percent: u128, entries: &[usize]) {
        let native = self.native(operator);
        let mut taken = native.bonded * percent / 100;
        native.bonded -= taken;
        for index in entries {
            let entry = &mut native.unbonding[*index];
            let part = (entry.1 * percent / 100).min(entry.0);
            entry.0 -= part;
            taken += part;
        }
        self.slashed += taken;
    }

    /// Blocks until `seconds` later: each completes at its end what unbonded by its time.
    pub fn pass(&mut self, seconds: u64) {
        self.end_block();
        self.env.block.height += seconds.div_ceil(6).max(1);
        self.env.block.time = self.env.block.time.plus_seconds(seconds);
    }

    fn end_block(&mut self) {
        let now = self.env.block.time.seconds();
        for (_, native) in &mut self.natives {
            while native
                .unbonding
                .first()
                .is_some_and(|(_, _, at)| *at <= now)
            {
                let (left, asked, at) = native.unbonding.remove(0);
                native.arrived += left;
                native.complete.push((asked, at));
            }
        }
    }
}

/// What an error must not change.
trait Entries {
    fn clone_entries(&self) -> Vec<(Vec<u8>, Vec<u8>)>;
    fn restore_entries(&mut self, entries: Vec<(Vec<u8>, Vec<u8>)>);
}

impl Entries for MockStorage {
    fn clone_entries(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        use cosmwasm_std::{Order, Storage};
        self.range(None, None, Order::Ascending).collect()
    }

    fn restore_entries(&mut self, entries: Vec<(Vec<u8>, Vec<u8>)>) {
        use cosmwasm_std::Storage;
        for (key, _) in self.clone_entries() {
            self.remove(&key);
        }
        for (key, value) in entries {
            self.set(&key, &value);
        }
    }
}
