//! A vault between users, their tokens, and stand-ins for its neighbours.

pub mod flawed;
pub mod messages;
pub mod native;
pub mod see;
pub mod stubs;

#[allow(unused_imports)]
pub use flawed::*;
#[allow(unused_imports)]
pub use messages::*;
#[allow(unused_imports)]
pub use native::*;
#[allow(unused_imports)]
pub use see::*;
pub use stubs::*;

use cosmwasm_std::{
    coin, to_json_binary, Addr, Binary, Coin, Decimal, DepsMut, Empty, Env,
    IbcDestinationCallbackMsg, MessageInfo, Response, StdResult, Timestamp, Uint128,
};
use cw_multi_test::AppResponse;
use palisade_testing::{HarnessResult, Network, TestContract};
use palisade_types::asset::{
    AssetAmount, AssetKind, Destination, Payee, RateResponse, RateSource, Redirection,
};
use palisade_types::vault::{Cw20HookMsg, ExecuteMsg, InstantiateMsg, MigrateMsg, NewAsset};
use palisade_vault::{contract, ContractError};

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
    /// Code of the staker.
    pub staker: u64,
}

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
        begin_staking(chain);
        let users = USERS.map(|name| chain.account(name));
        for user in &users {
            chain.mint(user, PURSE, UATOM).unwrap();
            chain.mint(user, PURSE, ULST).unwrap();
            chain.mint(user, PURSE, USTAKE).unwrap();
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
        let code = chain.store(delegation_stub());
        let delegation = chain
            .instantiate(code, &deployer, &Empty {}, "delegation")
            .unwrap();
        let code = chain.store(provider_stub());
        let provider = chain
            .instantiate(code, &deployer, &Empty {}, "provider")
            .unwrap();
        let staker = chain.store(staker_code());
        let mut suite = Self {
            net,
            vault,
            delegation,
            gold,
            provider,
            staker,
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
            STAKE => self.deposit_coins(who, &[coin(amount, USTAKE)], operator),
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
            operator: self.account("val").to_string(),
            seized: amounts(seized),
            arrived: vec![],
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
            asset: self.pot(asset),
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
            asset: self.pot(asset),
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
        .with_sudo(arrive)
}

/// The chain's call when coins arrived, by way of `sudo`.
fn arrive(
    deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<Response, ContractError> {
    let basic = contract::ibc_destination_callback(deps, env, msg)?;
    Ok(Response::new()
        .add_submessages(basic.messages)
        .add_events(basic.events))
}

pub fn nothing(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}
