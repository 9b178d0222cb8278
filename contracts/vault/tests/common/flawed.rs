//! A cw20 with flaws.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdError,
    StdResult, Uint128,
};
use cw20::{BalanceResponse, Cw20QueryMsg, TokenInfoResponse};
use cw_multi_test::AppResponse;
use cw_storage_plus::{Item, Map};
use palisade_testing::{HarnessResult, TestContract};
use palisade_types::asset::{AssetKind, Destination};
use palisade_types::vault::{Cw20HookMsg, ExecuteMsg, NewAsset};

use super::*;

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
