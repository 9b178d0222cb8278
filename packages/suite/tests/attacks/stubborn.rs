//! A cw20 that can be told to refuse a recipient, or to move nothing at all.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Decimal, Deps, DepsMut, Empty, Env, MessageInfo, Response,
    StdError, StdResult, Uint128,
};
use cw20::{BalanceResponse, Cw20ReceiveMsg, TokenInfoResponse};
use cw_storage_plus::{Item, Map};
use palisade_suite::*;
use palisade_testing::{Network, TestContract};
use palisade_types::allocation::ServiceId;
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::slashing::{Proceeds, ServiceSettings, Source};
use palisade_types::vault;

use crate::world::*;

pub const STUB: &str = "stub";

const BALANCES: Map<&str, Uint128> = Map::new("b");
const REFUSED: Map<&str, ()> = Map::new("r");
const BROKEN: Item<bool> = Item::new("x");

#[cw_serde]
enum Msg {
    Mint {
        to: String,
        amount: Uint128,
    },
    Refuse {
        recipient: String,
    },
    Break {},
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
}

#[cw_serde]
enum Ask {
    Balance { address: String },
    TokenInfo {},
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    BROKEN.save(deps.storage, &false)?;
    Ok(Response::new())
}

fn shift(deps: &mut DepsMut, from: &str, to: Option<&str>, amount: Uint128) -> StdResult<()> {
    if BROKEN.load(deps.storage)? || to.is_some_and(|to| REFUSED.has(deps.storage, to)) {
        return Err(StdError::generic_err("the token refuses"));
    }
    let balance = |deps: &DepsMut, of| BALANCES.may_load(deps.storage, of);
    let left = balance(deps, from)?
        .unwrap_or_default()
        .checked_sub(amount)?;
    BALANCES.save(deps.storage, from, &left)?;
    if let Some(to) = to {
        let more = balance(deps, to)?.unwrap_or_default() + amount;
        BALANCES.save(deps.storage, to, &more)?;
    }
    Ok(())
}

fn execute(mut deps: DepsMut, _: Env, info: MessageInfo, msg: Msg) -> StdResult<Response> {
    let sender = info.sender.to_string();
    match msg {
        Msg::Break {} => BROKEN.save(deps.storage, &true)?,
        Msg::Refuse { recipient } => REFUSED.save(deps.storage, &recipient, &())?,
        Msg::Mint { to, amount } => BALANCES.save(deps.storage, &to, &amount)?,
        Msg::Transfer { recipient, amount } => shift(&mut deps, &sender, Some(&recipient), amount)?,
        Msg::Burn { amount } => shift(&mut deps, &sender, None, amount)?,
        Msg::Send {
            contract,
            amount,
            msg,
        } => {
            shift(&mut deps, &sender, Some(&contract), amount)?;
            let hook = Cw20ReceiveMsg {
                sender,
                amount,
                msg,
            };
            return Ok(Response::new().add_message(hook.into_cosmos_msg(contract)?));
        }
    }
    Ok(Response::new())
}

fn query(deps: Deps, _: Env, msg: Ask) -> StdResult<Binary> {
    match msg {
        Ask::Balance { address } => to_json_binary(&BalanceResponse {
            balance: BALANCES
                .may_load(deps.storage, &address)?
                .unwrap_or_default(),
        }),
        Ask::TokenInfo {} => to_json_binary(&TokenInfoResponse {
            name: "stubborn".to_string(),
            symbol: "STUB".to_string(),
            decimals: 6,
            total_supply: Uint128::zero(),
        }),
    }
}

/// Deploys it, and registers it as an asset of rate 1.
fn register(suite: &mut Suite) -> Addr {
    let owner = suite.host("owner");
    let code = suite
        .net
        .host
        .store(TestContract::new(execute, instantiate, query));
    let token = suite
        .net
        .host
        .instantiate(code, &owner, &Empty {}, STUB)
        .unwrap();
    let msg = vault::ExecuteMsg::RegisterAsset(vault::NewAsset {
        id: STUB.to_string(),
        kind: AssetKind::Cw20 {
            address: token.to_string(),
        },
        rate: RateSource::Fixed {
            rate: Decimal::one(),
        },
        weight: Decimal::one(),
        cap: Uint128::new(10u128.pow(31)),
        minimum: Uint128::one(),
    });
    let vault = suite.vault.clone();
    suite.on_host("owner", &vault, &msg);
    token
}

fn deposit(suite: &mut Suite, token: &Addr, staker: &str, operator: &str, amount: u128) {
    let amount = Uint128::new(amount);
    let to = suite.host(staker).to_string();
    suite.on_host(staker, token, &Msg::Mint { to, amount });
    let hook = vault::Cw20HookMsg::Deposit {
        operator: Some(suite.host(operator).to_string()),
        owner: None,
    };
    let msg = Msg::Send {
        contract: suite.vault.to_string(),
        amount,
        msg: to_json_binary(&hook).unwrap(),
    };
    suite.on_host(staker, token, &msg);
}

pub fn break_down(suite: &mut Suite, token: &Addr) {
    suite.on_host("owner", token, &Msg::Break {});
}

pub fn refuse(suite: &mut Suite, token: &Addr, recipient: &str) {
    let recipient = recipient.to_string();
    suite.on_host("owner", token, &Msg::Refuse { recipient });
}

pub fn balance(suite: &Suite, token: &Addr, of: &str) -> u128 {
    suite.net.host.cw20_balance(token, &suite.host(of)).unwrap()
}

/// The address of the account called `treasury`, on the host.
pub fn treasury() -> String {
    Network::new().host.account("treasury").to_string()
}

/// North with a million units of alice's and 400,000 of the token that may refuse, in a consumer's
/// service with these proceeds.
pub fn with_stubborn(proceeds: Proceeds) -> (Suite, ServiceId, Addr) {
    let mut suite = Suite::new();
    let token = register(&mut suite);
    suite.register_operator("north");
    suite.deposit("alice", "north", MILLION);
    deposit(&mut suite, &token, "bob", "north", 400_000);
    let mut accepts = terms(Decimal::percent(5), true);
    accepts.assets = vec![ATOM.to_string(), STUB.to_string()];
    let settings = ServiceSettings {
        proceeds,
        ..settings()
    };
    let chain = suite.register_service("consumer-admin", accepts, Source::Ibc {}, settings);
    suite.open_channel(chain);
    let slices = vec![slice(ATOM, 5), slice(STUB, 5)];
    suite.try_opt_in("north", chain, true, slices).unwrap();
    suite.settle(chain);
    suite.wait(60);
    assert_eq!(suite.seen("north").power.u128(), 1_400_000);
    (suite, chain, token)
}
