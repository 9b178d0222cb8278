//! A reward token that, while it is paid out, relays a packet to the allocation contract: a transfer whose coins
//! went elsewhere. What is to leave after the token is still here, and is nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::relay::{self, Brought};
use common::Stage;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    coin, to_json_binary, Addr, Binary, Deps, DepsMut, Env, MessageInfo, Response, StdError,
    StdResult, Uint128,
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
    /// As of a cw20.
    Transfer { recipient: String, amount: Uint128 },
}

fn execute(deps: DepsMut, _: Env, _: MessageInfo, msg: Snare) -> StdResult<Response> {
    match msg {
        Snare::Arm(brought) => TRAP.save(deps.storage, &brought)?,
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

    /// From now on, whenever it is paid out, the snare brings a transfer of so much for a service, of which so many
    /// coins are there.
    fn arm(&mut self, service: ServiceId, amount: u128, there: u128) {
        let brought = Brought {
            contract: self.stage.allocation.clone(),
            arrival: self.stage.transfer(service, amount).message(),
            coins: (there > 0).then(|| coin(there, &self.denom)),
        };
        self.tell(&Snare::Arm(brought));
    }

    /// Of the coin: what is here, and what was paid for the honest service.
    fn state(&self) -> (u128, u128) {
        let pots = self.stage.pots(self.honest);
        (
            self.stage.balance(&self.stage.allocation, &self.denom),
            pots[1].paid.u128(),
        )
    }

    /// Runs a message in the middle of which the snare's packet is refused, as its coins are not here.
    fn run_refused(&mut self, who: &str, msg: &ExecuteMsg, owed: u128) {
        let response = self.stage.run(who, msg);
        let missing = ContractError::CoinsMissing {
            token: Token::native(&self.denom).name(),
            balance: 2_000_u128.into(),
            owed: owed.into(),
        };
        let said = relay::refused(&response);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(&missing.to_string()), "{said:?}");
    }
}

/// Harvests the thief's service, asking for both tokens in an order.
fn harvest(scene: &Scene, service: ServiceId, first: usize) -> ExecuteMsg {
    let mut tokens = scene.tokens().to_vec();
    tokens.rotate_left(first);
    ExecuteMsg::Harvest {
        service,
        operator: scene.stage.who("bob").to_string(),
        tokens: Some(tokens),
    }
}

fn thieves(scene: &mut Scene) -> ServiceId {
    let service = scene.stage.service(10);
    scene.stage.name_tokens(service, &scene.tokens());
    scene.stage.begin(service, &[("bob", 1_000)]);
    scene.pay_both(service);
    assert_eq!(scene.state(), (2_000, 1_000));
    service
}

#[test]
fn a_token_that_relays_while_it_is_harvested_has_nothing_credited() {
    // Asked for in either order; credited to its own service, or to another one.
    for (first, to_itself) in [(0, true), (1, true), (0, false), (1, false)] {
        let mut scene = Scene::new();
        let service = thieves(&mut scene);
        let target = if to_itself { service } else { scene.honest };
        scene.arm(target, 1_000, 0);
        let msg = harvest(&scene, service, first);
        scene.run_refused("bob", &msg, 3_000);
        assert_eq!(scene.state(), (1_000, 1_000));
        assert_eq!(scene.stage.pots(service)[1].paid.u128(), 1_000);

        // Each got what was paid for it.
        let msg = scene.stage.harvest(scene.honest, "ann");
        scene.stage.run("ann", &msg);
        assert_eq!(scene.state(), (0, 1_000));
        let delegation = scene.stage.delegation.clone();
        assert_eq!(scene.stage.balance(&delegation, &scene.denom), 2_000);
    }
}

#[test]
fn a_transfer_whose_coins_are_here_is_credited_while_others_are_harvested() {
    for first in [0, 1] {
        let mut scene = Scene::new();
        let service = thieves(&mut scene);
        scene.arm(scene.honest, 300, 300);
        let msg = harvest(&scene, service, first);
        let response = scene.stage.run("bob", &msg);
        assert_eq!(relay::refused(&response), Vec::<String>::new());
        assert_eq!(scene.state(), (1_300, 1_300));
        let msg = scene.stage.harvest(scene.honest, "ann");
        scene.stage.run("ann", &msg);
        assert_eq!(scene.state(), (0, 1_300));
    }
}

#[test]
fn a_token_that_relays_while_it_is_taken_back_has_nothing_credited() {
    for first in [0, 1] {
        let mut scene = Scene::new();
        // Paid before anybody counts, and ended before anybody does.
        let service = scene.stage.service(10);
        let mut tokens = scene.tokens();
        scene.stage.name_tokens(service, &tokens);
        scene.pay_both(service);
        let stop = ExecuteMsg::StopService { service };
        scene.stage.run("slashing", &stop);
        scene.arm(scene.honest, 1_000, 0);
        tokens.rotate_left(first);
        let tokens = Some(tokens.to_vec());
        let back = ExecuteMsg::TakeBack { service, tokens };
        scene.run_refused("admin", &back, 3_000);
        assert_eq!(scene.state(), (1_000, 1_000));
        let admin = scene.stage.who("admin");
        assert_eq!(scene.stage.balance(&admin, &scene.denom), 1_000);
        assert_eq!(scene.stage.pots(service)[1].taken_back.u128(), 1_000);
    }
}
