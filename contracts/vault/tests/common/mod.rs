//! A vault between users, their tokens, and stand-ins for its neighbours.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    coin, to_json_binary, Addr, Binary, Coin, Decimal, Deps, DepsMut, Empty, Env, MessageInfo,
    Response, StdError, StdResult, Timestamp, Uint128,
};
use cw20::{BalanceResponse, Cw20QueryMsg, TokenInfoResponse};
use cw_multi_test::AppResponse;
use cw_storage_plus::{Item, Map};
use palisade_testing::{HarnessResult, Network, TestContract};
use palisade_types::asset::{
    AssetAmount, AssetKind, Destination, Payee, RateProviderQuery, RateResponse, RateSource,
    Redirection,
};
use palisade_types::delegation;
use palisade_types::vault::{
    AssetResponse, BooksResponse, Cw20HookMsg, ExecuteMsg, InstantiateMsg, MigrateMsg, NewAsset,
    QueryMsg, SeizedResponse,
};
use palisade_vault::{contract, ContractError};
use serde::de::DeserializeOwned;

/// A native asset with a fixed rate of 1: at least 10, at most 1,500,000.
pub const ATOM: &str = "atom";
pub const UATOM: &str = "uatom";
/// A cw20 asset with a fixed rate of 2, with the same bounds.
pub const GOLD: &str = "gold";
/// A native liquid staking token whose rate, at first 1.2, a provider tells: believed from 1 to 2,
/// fresh for an hour, with changes of a tenth.
pub const LST: &str = "st-atom";
pub const ULST: &str = "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";

pub const CAP: u128 = 1_500_000;
pub const MINIMUM: u128 = 10;
/// What each user has of every token at first.
pub const PURSE: u128 = 1_000_000;
pub const USERS: [&str; 3] = ["alice", "bob", "carol"];
pub const HOUR: u64 = 3_600;
/// The account that seizures are booked under, where it does not matter.
pub const SERVICE: u32 = 7;

pub struct Suite {
    pub net: Network,
    pub vault: Addr,
    pub delegation: Addr,
    pub gold: Addr,
    pub provider: Addr,
}

/// Everything that a message could change: the vault's storage, and who holds what.
#[derive(PartialEq, Debug)]
pub struct Snapshot(Vec<(Vec<u8>, Vec<u8>)>, Vec<(String, u128)>, Vec<Join>);

/// idle, staked, seized, and what the token says.
pub type Books = (u128, u128, u128, u128);

impl Suite {
    /// A vault with its three assets, connected.
    pub fn new() -> Self {
        let mut suite = Self::unconnected();
        let delegation = suite.delegation.to_string();
        suite.as_owner(&ExecuteMsg::Connect { delegation }).unwrap();
        suite
    }

    /// The same before it was connected.
    pub fn unconnected() -> Self {
        let mut suite = Self::bare();
        for asset in [suite.new_atom(), suite.new_gold(), suite.new_lst()] {
            suite.as_owner(&ExecuteMsg::RegisterAsset(asset)).unwrap();
        }
        suite.net.host.next_block();
        suite
    }

    /// A vault without assets, not connected; its users have their tokens.
    pub fn bare() -> Self {
        let mut net = Network::new();
        let chain = &mut net.host;
        let users = USERS.map(|name| chain.account(name));
        for user in &users {
            chain.mint(user, PURSE, UATOM).unwrap();
            chain.mint(user, PURSE, ULST).unwrap();
        }
        let balances: Vec<(&Addr, u128)> = users.iter().map(|user| (user, PURSE)).collect();
        let minter = chain.account("minter");
        let gold = chain.create_cw20("GOLD", &balances, Some(&minter)).unwrap();

        let deployer = chain.account("deployer");
        let owner = chain.account("owner").to_string();
        let guardian = Some(chain.account("guardian").to_string());
        let msg = InstantiateMsg { owner, guardian };
        let code = chain.store(vault_code());
        let vault = chain
            .instantiate_with(code, &deployer, &msg, &[], "vault", Some(&deployer))
            .unwrap();
        let code = chain.store(TestContract::new(join, nothing, joins));
        let delegation = chain
            .instantiate(code, &deployer, &Empty {}, "delegation")
            .unwrap();
        let code = chain.store(TestContract::new(tell, nothing, told));
        let provider = chain
            .instantiate(code, &deployer, &Empty {}, "provider")
            .unwrap();
        let mut suite = Self {
            net,
            vault,
            delegation,
            gold,
            provider,
        };
        suite.set_rate("1.2");
        suite
    }

    pub fn new_atom(&self) -> NewAsset {
        NewAsset {
            id: ATOM.into(),
            kind: AssetKind::Native {
                denom: UATOM.into(),
            },
            rate: RateSource::Fixed {
                rate: Decimal::one(),
            },
            weight: Decimal::one(),
            cap: CAP.into(),
            minimum: MINIMUM.into(),
        }
    }

    pub fn new_gold(&self) -> NewAsset {
        let kind = AssetKind::Cw20 {
            address: self.gold.to_string(),
        };
        let rate = RateSource::Fixed {
            rate: Decimal::percent(200),
        };
        NewAsset {
            id: GOLD.into(),
            kind,
            rate,
            ..self.new_atom()
        }
    }

    pub fn new_lst(&self) -> NewAsset {
        NewAsset {
            id: LST.into(),
            kind: AssetKind::Native { denom: ULST.into() },
            rate: self.provided(),
            weight: Decimal::percent(90),
            ..self.new_atom()
        }
    }

    pub fn provided(&self) -> RateSource {
        RateSource::Provider {
            contract: self.provider.to_string(),
            min: Decimal::one(),
            max: Decimal::percent(200),
            max_age: HOUR,
            max_change: Decimal::percent(10),
        }
    }

    // What people do.

    pub fn account(&self, name: &str) -> Addr {
        self.net.host.account(name)
    }

    pub fn execute(&mut self, sender: &Addr, msg: &ExecuteMsg) -> HarnessResult<AppResponse> {
        let vault = self.vault.clone();
        self.net.host.execute(sender, &vault, msg, &[])
    }

    pub fn by(&mut self, name: &str, msg: &ExecuteMsg) -> HarnessResult<AppResponse> {
        let sender = self.account(name);
        self.execute(&sender, msg)
    }

    pub fn as_owner(&mut self, msg: &ExecuteMsg) -> HarnessResult<AppResponse> {
        self.by("owner", msg)
    }

    /// Deposits of any coins, for the sender.
    pub fn deposit_coins(
        &mut self,
        who: &str,
        coins: &[Coin],
        operator: Option<&str>,
    ) -> HarnessResult<AppResponse> {
        let (sender, vault) = (self.account(who), self.vault.clone());
        let operator = operator.map(|name| self.account(name).to_string());
        let owner = None;
        let msg = ExecuteMsg::Deposit { operator, owner };
        self.net.host.execute(&sender, &vault, &msg, coins)
    }

    /// Deposits an asset for the sender, by the way that its token asks for.
    pub fn deposit(
        &mut self,
        who: &str,
        asset: &str,
        amount: u128,
        operator: Option<&str>,
    ) -> HarnessResult<AppResponse> {
        match asset {
            ATOM => self.deposit_coins(who, &[coin(amount, UATOM)], operator),
            LST => self.deposit_coins(who, &[coin(amount, ULST)], operator),
            _ => {
                let operator = operator.map(|name| self.account(name).to_string());
                let owner = None;
                let hook = Cw20HookMsg::Deposit { operator, owner };
                self.send_gold(who, amount, to_json_binary(&hook).unwrap())
            }
        }
    }

    pub fn send_gold(
        &mut self,
        who: &str,
        amount: u128,
        hook: Binary,
    ) -> HarnessResult<AppResponse> {
        let (from, gold, vault) = (self.account(who), self.gold.clone(), self.vault.clone());
        self.net.host.cw20_send(&gold, &from, &vault, amount, hook)
    }

    /// Sends tokens to the vault without a word.
    pub fn donate(&mut self, who: &str, asset: &str, amount: u128) -> HarnessResult<AppResponse> {
        let (from, vault, gold) = (self.account(who), self.vault.clone(), self.gold.clone());
        let host = &mut self.net.host;
        match asset {
            ATOM => host.send(&from, &vault, &[coin(amount, UATOM)]),
            LST => host.send(&from, &vault, &[coin(amount, ULST)]),
            _ => host.cw20_transfer(&gold, &from, &vault, amount),
        }
    }

    pub fn delegate(
        &mut self,
        who: &str,
        asset: &str,
        operator: &str,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let operator = self.account(operator).to_string();
        let msg = ExecuteMsg::Delegate {
            asset: asset.into(),
            operator,
            amount: amount.into(),
        };
        self.by(who, &msg)
    }

    pub fn withdraw(&mut self, who: &str, asset: &str, amount: u128) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Withdraw {
            asset: asset.into(),
            amount: amount.into(),
            recipient: None,
        };
        self.by(who, &msg)
    }

    /// The delegation contract pays out.
    pub fn release(
        &mut self,
        asset: &str,
        amount: u128,
        recipient: &str,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Release {
            asset: asset.into(),
            amount: amount.into(),
            recipient: self.account(recipient).to_string(),
        };
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    /// The delegation contract slashed, all for one destination.
    pub fn seize(
        &mut self,
        seized: &[(&str, u128)],
        destination: &Destination,
    ) -> HarnessResult<AppResponse> {
        self.seize_for(seized, &[payee(SERVICE, destination, "1")])
    }

    pub fn seize_for(
        &mut self,
        seized: &[(&str, u128)],
        payees: &[Payee],
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Seize {
            seized: amounts(seized),
            payees: payees.to_vec(),
        };
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    pub fn pay_out(
        &mut self,
        asset: &str,
        destination: &Destination,
    ) -> HarnessResult<AppResponse> {
        self.pay_out_of(SERVICE, asset, destination)
    }

    pub fn pay_out_of(
        &mut self,
        account: u32,
        asset: &str,
        destination: &Destination,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::PayOut {
            asset: asset.into(),
            account,
            destination: destination.clone(),
        };
        self.by("stranger", &msg)
    }

    /// The delegation contract redirects.
    pub fn redirect(
        &mut self,
        account: u32,
        asset: &str,
        from: &Destination,
        to: &Destination,
    ) -> HarnessResult<AppResponse> {
        let msg = ExecuteMsg::Redirect(Redirection {
            asset: asset.into(),
            account,
            from: from.clone(),
            to: to.clone(),
        });
        let delegation = self.delegation.clone();
        self.execute(&delegation, &msg)
    }

    pub fn send_to(&self, name: &str) -> Destination {
        Destination::Send {
            recipient: self.account(name).to_string(),
        }
    }

    /// The provider says so, as of now.
    pub fn set_rate(&mut self, rate: &str) {
        let now = self.net.host.time();
        self.set_rate_at(rate, now);
    }

    pub fn set_rate_at(&mut self, rate: &str, updated_at: Timestamp) {
        let rate = rate.parse().unwrap();
        self.tell(Some(RateResponse { rate, updated_at }));
    }

    /// The provider fails from now on.
    pub fn break_provider(&mut self) {
        self.tell(None);
    }

    fn tell(&mut self, answer: Option<RateResponse>) {
        let (sender, provider) = (self.account("deployer"), self.provider.clone());
        self.net
            .host
            .execute(&sender, &provider, &answer, &[])
            .unwrap();
    }

    // What people see.

    pub fn query<R: DeserializeOwned>(&self, msg: &QueryMsg) -> R {
        self.net.host.query(&self.vault, msg).unwrap()
    }

    pub fn query_error(&self, msg: &QueryMsg) -> String {
        let answer: HarnessResult<Binary> = self.net.host.query(&self.vault, msg);
        answer.unwrap_err().to_string()
    }

    pub fn asset(&self, asset: &str) -> AssetResponse {
        self.query(&QueryMsg::Asset {
            asset: asset.into(),
        })
    }

    pub fn books(&self, asset: &str) -> Books {
        let books: BooksResponse = self.query(&QueryMsg::Books {
            asset: asset.into(),
        });
        (
            books.idle.u128(),
            books.staked.u128(),
            books.seized.u128(),
            books.balance.u128(),
        )
    }

    pub fn idle(&self, who: &str) -> Vec<(String, u128)> {
        let idle: Vec<AssetAmount> = self.query(&QueryMsg::Idle {
            owner: self.account(who).to_string(),
            start_after: None,
            limit: None,
        });
        idle.into_iter()
            .map(|idle| (idle.asset, idle.amount.u128()))
            .collect()
    }

    pub fn seized(&self, asset: &str) -> Vec<(Destination, u128)> {
        let booked = self.booked(asset).into_iter();
        booked.map(|(_, to, amount)| (to, amount)).collect()
    }

    /// What was seized, with the accounts.
    pub fn booked(&self, asset: &str) -> Vec<(u32, Destination, u128)> {
        let seized: Vec<SeizedResponse> = self.query(&QueryMsg::Seized {
            asset: asset.into(),
            start_after: None,
            limit: None,
        });
        seized
            .into_iter()
            .map(|seized| (seized.account, seized.destination, seized.amount.u128()))
            .collect()
    }

    /// What somebody holds of an asset's token outside of the vault.
    pub fn purse(&self, who: &str, asset: &str) -> u128 {
        let who = self.account(who);
        let chain = &self.net.host;
        match asset {
            ATOM => chain.balance(&who, UATOM),
            LST => chain.balance(&who, ULST),
            _ => chain.cw20_balance(&self.gold, &who),
        }
        .unwrap()
    }

    /// How much there is of an asset's token.
    pub fn supply(&self, asset: &str) -> u128 {
        let chain = &self.net.host;
        match asset {
            ATOM => chain.supply(UATOM).unwrap().u128(),
            LST => chain.supply(ULST).unwrap().u128(),
            _ => {
                let info: TokenInfoResponse = chain
                    .query(&self.gold, &Cw20QueryMsg::TokenInfo {})
                    .unwrap();
                info.total_supply.u128()
            }
        }
    }

    /// What the delegation contract was told, in that order: owner, operator, asset, amount.
    pub fn joins(&self) -> Vec<Join> {
        self.net.host.query(&self.delegation, &Empty {}).unwrap()
    }

    pub fn join_of(&self, owner: &str, operator: &str, asset: &str, amount: u128) -> Join {
        Join {
            owner: self.account(owner).to_string(),
            operator: self.account(operator).to_string(),
            asset: asset.into(),
            amount: amount.into(),
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut purses = vec![];
        for asset in [ATOM, GOLD, LST] {
            for who in USERS.iter().chain(&["treasury", "stranger"]) {
                purses.push((format!("{who} {asset}"), self.purse(who, asset)));
            }
            purses.push((asset.to_string(), self.supply(asset)));
        }
        Snapshot(
            self.net.host.app.dump_wasm_raw(&self.vault),
            purses,
            self.joins(),
        )
    }

    /// Does what must be refused for this reason, and checks that it left no trace.
    #[track_caller]
    pub fn refuses(
        &mut self,
        expected: ContractError,
        act: impl FnOnce(&mut Self) -> HarnessResult<AppResponse>,
    ) {
        let before = self.snapshot();
        let error = act(self).expect_err("it was accepted");
        match error.contract_error::<ContractError>() {
            Some(error) => assert_eq!(*error, expected),
            None => panic!("refused by another: {error}"),
        }
        assert_eq!(self.snapshot(), before);
    }
}

pub fn payee(account: u32, destination: &Destination, share: &str) -> Payee {
    Payee {
        account,
        destination: destination.clone(),
        share: share.parse().unwrap(),
    }
}

pub fn amounts(amounts: &[(&str, u128)]) -> Vec<AssetAmount> {
    let amount = |(asset, amount): &(&str, u128)| AssetAmount {
        asset: asset.to_string(),
        amount: Uint128::new(*amount),
    };
    amounts.iter().map(amount).collect()
}

/// The attributes of the one event of the vault that bears this name.
#[track_caller]
pub fn event(response: &AppResponse, name: &str) -> Vec<(String, String)> {
    let name = format!("wasm-{name}");
    let found: Vec<_> = response.events.iter().filter(|e| e.ty == name).collect();
    assert_eq!(found.len(), 1, "{name} in {:?}", response.events);
    let attributes = found[0].attributes.iter();
    attributes
        .filter(|a| a.key != "_contract_address")
        .map(|a| (a.key.clone(), a.value.clone()))
        .collect()
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

pub fn vault_code() -> TestContract {
    TestContract::new(contract::execute, contract::instantiate, contract::query)
        .with_migrate::<MigrateMsg, _>(contract::migrate)
}

pub fn nothing(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

// A delegation contract that writes down what it was told, and refuses operators without a name.

#[cw_serde]
pub struct Join {
    pub owner: String,
    pub operator: String,
    pub asset: String,
    pub amount: Uint128,
}

const JOINS: Item<Vec<Join>> = Item::new("joins");

fn join(
    deps: DepsMut,
    _: Env,
    info: MessageInfo,
    msg: delegation::ExecuteMsg,
) -> StdResult<Response> {
    let delegation::ExecuteMsg::Join {
        owner,
        operator,
        asset,
        amount,
    } = msg
    else {
        return Err(StdError::generic_err("only joins are expected"));
    };
    if !info.funds.is_empty() {
        return Err(StdError::generic_err("no tokens are expected"));
    }
    if operator == "nobody" {
        return Err(StdError::generic_err("unknown operator"));
    }
    let mut joins = JOINS.may_load(deps.storage)?.unwrap_or_default();
    joins.push(Join {
        owner,
        operator,
        asset,
        amount,
    });
    JOINS.save(deps.storage, &joins)?;
    Ok(Response::new())
}

fn joins(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&JOINS.may_load(deps.storage)?.unwrap_or_default())
}

// A rate provider that says what it was told to say.

const ANSWER: Item<Option<RateResponse>> = Item::new("answer");

fn tell(
    deps: DepsMut,
    _: Env,
    _: MessageInfo,
    answer: Option<RateResponse>,
) -> StdResult<Response> {
    ANSWER.save(deps.storage, &answer)?;
    Ok(Response::new())
}

fn told(deps: Deps, _: Env, msg: RateProviderQuery) -> StdResult<Binary> {
    let RateProviderQuery::Rate {} = msg;
    let answer = ANSWER.load(deps.storage)?;
    to_json_binary(&answer.ok_or_else(|| StdError::generic_err("out of order"))?)
}

// A cw20 with flaws.

/// What is wrong with a token. Tests change it by [`FlawedMsg::Flaws`].
#[cw_serde]
#[derive(Default)]
pub struct Flaws {
    /// It lets go of nothing.
    pub frozen: bool,
    /// It cannot be burned.
    pub no_burn: bool,
    /// Nothing can be sent to this address.
    pub refused: Option<String>,
    /// Units that it keeps of each `Send`, though its hook says that all of it was delivered.
    pub fee: Uint128,
}

/// What of cw20 the vault and its users call.
#[cw_serde]
pub enum FlawedMsg {
    Send {
        contract: String,
        amount: Uint128,
        msg: Binary,
    },
    Transfer {
        recipient: String,
        amount: Uint128,
    },
    Burn {
        amount: Uint128,
    },
    Flaws(Flaws),
}

const FLAWS: Item<Flaws> = Item::new("flaws");
const HELD: Map<&str, Uint128> = Map::new("held");
pub const FLAWED: &str = "flawed";

/// Everybody but contracts has endless amounts of it.
fn flawed_token() -> TestContract {
    TestContract::new(flawed, begin, describe)
}

fn begin(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    FLAWS.save(deps.storage, &Flaws::default())?;
    Ok(Response::new())
}

fn flawed(deps: DepsMut, _: Env, info: MessageInfo, msg: FlawedMsg) -> StdResult<Response> {
    let flaws = FLAWS.load(deps.storage)?;
    let held = |who: &str| {
        HELD.may_load(deps.storage, who)
            .unwrap()
            .unwrap_or_default()
    };
    let sender = info.sender.into_string();
    let refusal = |reason: &str| Err(StdError::generic_err(reason));
    match msg {
        FlawedMsg::Flaws(flaws) => {
            FLAWS.save(deps.storage, &flaws)?;
            Ok(Response::new())
        }
        FlawedMsg::Send {
            contract,
            amount,
            msg,
        } => {
            let after = held(&contract) + amount - flaws.fee;
            HELD.save(deps.storage, &contract, &after)?;
            let hook = cw20::Cw20ReceiveMsg {
                sender,
                amount,
                msg,
            };
            Ok(Response::new().add_message(hook.into_cosmos_msg(contract)?))
        }
        _ if flaws.frozen => refusal("this token is broken"),
        FlawedMsg::Burn { .. } if flaws.no_burn => refusal("this token does not burn"),
        FlawedMsg::Burn { amount } => {
            let after = held(&sender) - amount;
            HELD.save(deps.storage, &sender, &after)?;
            Ok(Response::new())
        }
        FlawedMsg::Transfer { recipient, .. } if flaws.refused.as_ref() == Some(&recipient) => {
            refusal("this recipient is refused")
        }
        FlawedMsg::Transfer { recipient, amount } => {
            let (from, to) = (held(&sender) - amount, held(&recipient) + amount);
            HELD.save(deps.storage, &sender, &from)?;
            HELD.save(deps.storage, &recipient, &to)?;
            Ok(Response::new())
        }
    }
}

fn describe(deps: Deps, _: Env, msg: Cw20QueryMsg) -> StdResult<Binary> {
    match msg {
        Cw20QueryMsg::Balance { address } => to_json_binary(&BalanceResponse {
            balance: HELD.may_load(deps.storage, &address)?.unwrap_or_default(),
        }),
        _ => to_json_binary(&TokenInfoResponse {
            name: "flawed".into(),
            symbol: "FLAW".into(),
            decimals: 6,
            total_supply: Uint128::zero(),
        }),
    }
}

/// A vault with an asset of a token that has flaws.
pub struct Flawed {
    pub suite: Suite,
    pub token: Addr,
}

impl Flawed {
    /// 1,000 of it are staked, and as much atom.
    pub fn new() -> Self {
        let mut suite = Suite::new();
        let deployer = suite.account("deployer");
        let host = &mut suite.net.host;
        let code = host.store(flawed_token());
        let token = host
            .instantiate(code, &deployer, &Empty {}, FLAWED)
            .unwrap();
        let kind = AssetKind::Cw20 {
            address: token.to_string(),
        };
        let asset = NewAsset {
            id: FLAWED.into(),
            kind,
            ..suite.new_atom()
        };
        suite.as_owner(&ExecuteMsg::RegisterAsset(asset)).unwrap();
        suite.deposit("alice", ATOM, 1_000, Some("val")).unwrap();
        let mut flawed = Self { suite, token };
        flawed.deposit(1_000).unwrap();
        flawed
    }

    /// Alice stakes some of it.
    pub fn deposit(&mut self, amount: u128) -> HarnessResult<AppResponse> {
        let suite = &mut self.suite;
        let operator = Some(suite.account("val").to_string());
        let hook = Cw20HookMsg::Deposit {
            operator,
            owner: None,
        };
        let send = FlawedMsg::Send {
            contract: suite.vault.to_string(),
            amount: amount.into(),
            msg: to_json_binary(&hook).unwrap(),
        };
        let alice = suite.account("alice");
        suite.net.host.execute(&alice, &self.token, &send, &[])
    }

    pub fn flaws(&mut self, flaws: Flaws) {
        let deployer = self.suite.account("deployer");
        let msg = FlawedMsg::Flaws(flaws);
        let host = &mut self.suite.net.host;
        host.execute(&deployer, &self.token, &msg, &[]).unwrap();
    }

    pub fn purse(&self, who: &str) -> u128 {
        let who = self.suite.account(who);
        self.suite.net.host.cw20_balance(&self.token, &who).unwrap()
    }

    /// A payout that the token refuses for this reason, without a trace.
    #[track_caller]
    pub fn refuses_payout(&mut self, destination: &Destination, reason: &str) {
        let before = self.suite.snapshot();
        let error = self.suite.pay_out(FLAWED, destination).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(self.suite.snapshot(), before);
    }
}
