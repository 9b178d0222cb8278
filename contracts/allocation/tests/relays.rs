//! A reward token that, while it is paid out, relays a packet to the allocation contract: a transfer whose coins
//! went elsewhere. What is to leave after the token is still here, and is nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::relay::Brought;
use common::Stage;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Env, MessageInfo, Response, StdError, StdResult,
    Uint128,
};
use cw20::{BalanceResponse, Cw20QueryMsg, Cw20ReceiveMsg, TokenInfoResponse};
use cw_multi_test::Executor;
use cw_storage_plus::{Item, Map};
use palisade_allocation::ContractError;
use palisade_testing::TestContract;
use palisade_types::allocation::*;
use palisade_types::token::Token;

const TRAP: Item<Brought> = Item::new("trap");
const PAID: Map<&str, Uint128> = Map::new("paid");

#[cw_serde]
enum Snare {
    /// What to relay with the next transfers.
    Arm(Brought),
    Disarm {},
    /// As of a cw20.
    Transfer {
        recipient: String,
        amount: Uint128,
    },
}

fn execute(deps: DepsMut, _: Env, _: MessageInfo, msg: Snare) -> StdResult<Response> {
    match msg {
        Snare::Arm(brought) => TRAP.save(deps.storage, &brought)?,
        Snare::Disarm {} => TRAP.remove(deps.storage),
        Snare::Transfer { recipient, amount } => {
            let add = |had: Option<Uint128>| StdResult::Ok(had.unwrap_or_default() + amount);
            PAID.update(deps.storage, &recipient, add)?;
            let brought = TRAP.may_load(deps.storage)?;
            let messages = brought.iter().map(Brought::message);
            return Ok(Response::new().add_messages(messages));
        }
    }
    Ok(Response::new())
}

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: cosmwasm_std::Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn query(deps: Deps, _: Env, msg: Cw20QueryMsg) -> StdResult<Binary> {
    match msg {
        Cw20QueryMsg::TokenInfo {} => to_json_binary(&TokenInfoResponse {
            name: "snare".to_string(),
            symbol: "SNARE".to_string(),
            decimals: 6,
            total_supply: Uint128::zero(),
        }),
        Cw20QueryMsg::Balance { address } => {
            let balance = PAID.may_load(deps.storage, &address)?.unwrap_or_default();
            to_json_binary(&BalanceResponse { balance })
        }
        _ => Err(StdError::generic_err("not asked")),
    }
}

/// The thief's token.
fn snare(stage: &mut Stage) -> Addr {
    let code = stage
        .app
        .store_code(Box::new(TestContract::new(execute, instantiate, query)));
    let thief = stage.who("thief");
    let empty = cosmwasm_std::Empty {};
    stage
        .app
        .instantiate_contract(code, thief, &empty, &[], "snare", None)
        .unwrap()
}

/// A service that pays in the snare, and in what also an honest one owes 1,000 of.
struct Scene {
    stage: Stage,
    snare: Addr,
    honest: ServiceId,
    denom: String,
}

impl Scene {
    fn new() -> Self {
        let mut stage = Stage::new();
        let honest = stage.rewarding(&[("ann", 1_000)]);
        let denom = stage.transfer(honest, 1).denom();
        stage.name_tokens(honest, &[Token::native(&denom)]);
        stage.pay_in(honest, 1_000, &denom);
        let snare = snare(&mut stage);
        Self {
            stage,
            snare,
            honest,
            denom,
        }
    }

    /// Both tokens: the snare first, as names go and as they are asked for.
    fn tokens(&self) -> [Token; 2] {
        [Token::cw20(&self.snare), Token::native(&self.denom)]
    }

    fn pay_both(&mut self, service: ServiceId) {
        self.stage.pay_in(service, 1_000, &self.denom.clone());
        let hook = ExecuteMsg::Receive(Cw20ReceiveMsg {
            sender: self.stage.who("thief").to_string(),
            amount: 5_u128.into(),
            msg: to_json_binary(&Cw20HookMsg::PayRewards { service }).unwrap(),
        });
        let (snare, allocation) = (self.snare.clone(), self.stage.allocation.clone());
        let app = &mut self.stage.app;
        app.execute_contract(snare, allocation, &hook, &[]).unwrap();
    }

    fn tell(&mut self, msg: &Snare) {
        let (thief, snare) = (self.stage.who("thief"), self.snare.clone());
        let app = &mut self.stage.app;
        app.execute_contract(thief, snare, msg, &[]).unwrap();
    }

    /// From now on, whenever it is paid out, the snare brings a transfer of 1,000 for a service.
    fn arm(&mut self, service: ServiceId) {
        let arrival = self.stage.transfer(service, 1_000).message();
        let contract = self.stage.allocation.clone();
        self.tell(&Snare::Arm(Brought { contract, arrival }));
    }

    /// Of the coin: what is here, and paid for the honest service.
    fn state(&self) -> (u128, u128) {
        let pots = self.stage.pots(self.honest);
        (
            self.stage.balance(&self.stage.allocation, &self.denom),
            pots[1].paid.u128(),
        )
    }

    fn missing(&self) -> ContractError {
        ContractError::CoinsMissing {
            token: Token::native(&self.denom).name(),
            balance: 2_000_u128.into(),
            owed: 3_000_u128.into(),
        }
    }
}

#[test]
fn a_token_that_relays_while_it_is_harvested_has_nothing_credited() {
    let mut scene = Scene::new();
    let service = scene.stage.service(10);
    scene.stage.name_tokens(service, &scene.tokens());
    scene.stage.begin(service, &[("bob", 1_000)]);
    scene.pay_both(service);
    assert_eq!(scene.state(), (2_000, 1_000));

    // For its own service, in either order, and for another one.
    for (target, asked) in [
        (service, None),
        (service, Some(scene.tokens().to_vec())),
        (scene.honest, None),
    ] {
        scene.arm(target);
        let harvest = ExecuteMsg::Harvest {
            service,
            operator: scene.stage.who("bob").to_string(),
            tokens: asked,
        };
        let expected = scene.missing();
        scene.stage.refused("bob", &harvest, &expected);
        assert_eq!(scene.state(), (2_000, 1_000));
    }

    // Without a packet each gets what was paid for it.
    scene.tell(&Snare::Disarm {});
    let harvest = scene.stage.harvest(service, "bob");
    scene.stage.run("bob", &harvest);
    assert_eq!(scene.state(), (1_000, 1_000));
    let harvest = scene.stage.harvest(scene.honest, "ann");
    scene.stage.run("ann", &harvest);
    assert_eq!(scene.state(), (0, 1_000));
    let delegation = scene.stage.delegation.clone();
    assert_eq!(scene.stage.balance(&delegation, &scene.denom), 2_000);
}

#[test]
fn a_token_that_relays_while_it_is_taken_back_has_nothing_credited() {
    let mut scene = Scene::new();
    // Paid before anybody counts, and ended before anybody does.
    let service = scene.stage.service(10);
    scene.stage.name_tokens(service, &scene.tokens());
    scene.pay_both(service);
    scene
        .stage
        .run("slashing", &ExecuteMsg::StopService { service });
    scene.arm(scene.honest);
    let back = ExecuteMsg::TakeBack {
        service,
        tokens: None,
    };
    let expected = scene.missing();
    scene.stage.refused("admin", &back, &expected);
    assert_eq!(scene.state(), (2_000, 1_000));
    scene.tell(&Snare::Disarm {});
    scene.stage.run("admin", &back);
    assert_eq!(scene.state(), (1_000, 1_000));
    let admin = scene.stage.who("admin");
    assert_eq!(scene.stage.balance(&admin, &scene.denom), 1_000);
    let pot = &scene.stage.pots(service)[1];
    assert_eq!(pot.taken_back.u128(), 1_000);
}
