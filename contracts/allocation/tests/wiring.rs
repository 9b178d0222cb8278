//! The delays, the slashing contract, and what nobody else may tell.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::*;
use cosmwasm_std::{from_json, Addr, Decimal, StdError, Uint128};
use cw_multi_test::Executor;
use palisade_admin::cw_ownable::OwnershipError;
use palisade_admin::AdminError;
use palisade_allocation::contract::{execute, instantiate, query, reply};
use palisade_allocation::ContractError;
use palisade_testing::TestContract;
use palisade_types::allocation::*;
use palisade_types::asset::{Destination, Redirection};

/// The shortest delays, in seconds: two epochs, an unbonding period, an epoch.
const LEAST: [u64; 3] = [2 * DAY, UNBONDING, DAY];
/// The longest delay of any kind, in seconds.
const TEN_YEARS: u64 = 3_650 * DAY;
/// Operators in one packet.
const PACKET: usize = 50;

/// Another allocation contract beside that of the stage.
fn try_instantiate(stage: &mut Stage, delays: [u64; 3]) -> anyhow::Result<Addr> {
    let owner = stage.who("owner");
    let [allocation_delay, deallocation_delay, max_lag] = delays;
    let msg = InstantiateMsg {
        owner: owner.to_string(),
        guardian: None,
        delegation: stage.delegation.to_string(),
        allocation_delay,
        deallocation_delay,
        max_lag,
    };
    let contract = TestContract::new(execute, instantiate, query).with_reply(reply);
    let code = stage.app.store_code(Box::new(contract));
    let label = "allocation";
    stage
        .app
        .instantiate_contract(code, owner, &msg, &[], label, None)
}

/// A stage before its owner named the slashing contract.
fn unconnected() -> Stage {
    let mut stage = Stage::new();
    stage.allocation = try_instantiate(&mut stage, LEAST).unwrap();
    stage
}

/// Instantiates with an allocation delay, a deallocation delay and a lag: what the contract then
/// goes by.
fn with_delays(stage: &mut Stage, delays: [u64; 3]) -> Result<[u64; 3], ContractError> {
    stage.allocation = try_instantiate(stage, delays)
        .map_err(|error| error.downcast::<ContractError>().unwrap())?;
    let config: ConfigResponse = stage.ask(&QueryMsg::Config {});
    Ok([
        config.allocation_delay,
        config.deallocation_delay,
        config.max_lag,
    ])
}

#[test]
fn delays_leave_stakers_the_time_to_leave_and_end_within_ten_years() {
    let mut stage = Stage::new();
    let parameters = ["allocation_delay", "deallocation_delay", "max_lag"];
    for delays in [LEAST, [TEN_YEARS; 3]] {
        assert_eq!(with_delays(&mut stage, delays), Ok(delays));
    }
    for (index, parameter) in parameters.into_iter().enumerate() {
        let mut delays = LEAST;
        delays[index] -= 1;
        let short = ContractError::ShortDelay {
            parameter,
            found: LEAST[index] - 1,
            least: LEAST[index],
        };
        assert_eq!(with_delays(&mut stage, delays), Err(short));
        delays[index] = TEN_YEARS + 1;
        let long = ContractError::LongDelay {
            parameter,
            found: TEN_YEARS + 1,
            most: TEN_YEARS,
        };
        assert_eq!(with_delays(&mut stage, delays), Err(long));
    }
}

fn connect(slashing: &Addr) -> ExecuteMsg {
    ExecuteMsg::Connect {
        slashing: slashing.to_string(),
    }
}

fn connected(stage: &Stage) -> Option<Addr> {
    stage.ask::<ConfigResponse>(&QueryMsg::Config {}).slashing
}

#[test]
fn the_slashing_contract_is_named_once_and_by_the_owner() {
    let mut stage = unconnected();
    let [slashing, other] = ["slashing", "other"].map(|name| stage.who(name));
    let not_owner = ContractError::Admin(AdminError::Ownership(OwnershipError::NotOwner));
    for who in ["slashing", "mallory"] {
        stage.refused(who, &connect(&slashing), &not_owner);
    }
    let error = stage
        .try_run("owner", &connect(&Addr::unchecked("Slashing")))
        .unwrap_err();
    let bad = error.downcast::<ContractError>().unwrap();
    assert!(
        matches!(bad, ContractError::Std(StdError::GenericErr { .. })),
        "{bad:?}"
    );
    assert_eq!(connected(&stage), None);

    let response = stage.run("owner", &connect(&slashing));
    let told = response.events.iter().find(|e| e.ty == "wasm-connect");
    assert_eq!(told.unwrap().attributes[1].value, slashing.as_str());
    assert_eq!(connected(&stage), Some(slashing.clone()));

    // Neither another one nor the same again.
    for again in [&other, &slashing] {
        let expected = ContractError::AlreadyConnected {
            slashing: slashing.clone(),
        };
        stage.refused("owner", &connect(again), &expected);
    }
    assert_eq!(connected(&stage), Some(slashing));
}

fn create(stage: &Stage, service: ServiceId, name: &str) -> ExecuteMsg {
    ExecuteMsg::CreateService {
        service,
        admin: stage.who("admin").to_string(),
        terms: ServiceTerms {
            name: name.to_string(),
            max_slash: Decimal::percent(5),
            assets: vec![ATOM.to_string()],
            keyed: false,
            admission: Admission::Open {},
            min_power: Uint128::zero(),
            max_operators: 10,
            max_share: Decimal::one(),
        },
    }
}

fn checkpoint(service: ServiceId, force: Vec<Addr>, limit: u32) -> ExecuteMsg {
    ExecuteMsg::Checkpoint {
        service,
        update_id: 7u64.into(),
        start_after: None,
        limit,
        force,
        all: true,
    }
}

/// All that the slashing contract alone may tell.
fn messages_of_slashing(stage: &Stage) -> Vec<ExecuteMsg> {
    let service = 1;
    let operator = stage.who("op");
    vec![
        create(stage, 2, "chain"),
        checkpoint(service, vec![], 1),
        ExecuteMsg::Acknowledge {
            service,
            update_id: 1u64.into(),
            operators: vec![],
        },
        ExecuteMsg::StopService { service },
        ExecuteMsg::Slash(SlashOperator {
            service,
            operator: operator.clone(),
            update_id: 1u64.into(),
            fraction: Decimal::percent(1),
            jail: true,
            tombstone: false,
            payees: burn(),
        }),
        ExecuteMsg::Redirect(Redirection {
            asset: ATOM.to_string(),
            account: service,
            from: Destination::Burn {},
            to: Destination::Send {
                recipient: operator.to_string(),
            },
        }),
        ExecuteMsg::Unjail {
            service,
            operator: operator.to_string(),
        },
    ]
}

#[test]
fn what_slashing_tells_is_taken_from_nobody_else_and_before_it_is_named_from_nobody() {
    let mut stage = unconnected();
    for msg in messages_of_slashing(&stage) {
        for who in ["slashing", "owner"] {
            stage.refused(who, &msg, &ContractError::NotConnected);
        }
    }
    let slashing = stage.who("slashing");
    stage.run("owner", &connect(&slashing));
    // An operator with a million, jailed, so that each of them would change something.
    stage.put("op", ATOM, 1_000_000);
    let service = stage.service(5);
    stage.promise("op", service, &[ATOM], 5);
    let update = stage.sync(service);
    assert_eq!(stage.slash("op", service, update, 1, true), 10_000);
    for msg in messages_of_slashing(&stage) {
        for who in ["owner", "admin", "op", "mallory"] {
            let expected = ContractError::Unauthorized {
                sender: stage.who(who),
                allowed: slashing.clone(),
            };
            stage.refused(who, &msg, &expected);
        }
    }
    assert_eq!(stage.stake("op", ATOM), 990_000);
    assert_eq!(stage.redirected(), None);
}

#[test]
fn a_service_is_created_once() {
    let mut stage = Stage::new();
    stage.run("slashing", &create(&stage, 1, "chain"));
    // Under other terms, and after it was stopped, too.
    let expected = ContractError::ServiceExists { service: 1 };
    stage.refused("slashing", &create(&stage, 1, "other"), &expected);
    stage.run("slashing", &ExecuteMsg::StopService { service: 1 });
    stage.refused("slashing", &create(&stage, 1, "chain"), &expected);
    stage.run("slashing", &create(&stage, 2, "other"));
}

#[test]
fn a_checkpoint_tells_no_more_than_a_packet_holds() {
    let mut stage = Stage::new();
    let service = stage.service(5);
    let change = ServiceChange {
        max_operators: Some(60),
        ..ServiceChange::default()
    };
    stage.run("admin", &ExecuteMsg::UpdateService { service, change });
    for index in 0..=PACKET {
        let operator = format!("op{index}");
        stage.put(&operator, ATOM, 1_000);
        stage.run(&operator, &opt_in(service, &[ATOM], 5));
    }
    stage.wait(ALLOCATION_DELAY);

    // 51 operators are two pages, whatever limit is asked for.
    let (first, _) = stage.checkpoint(service, None, u32::MAX);
    assert_eq!(first.operators.len(), PACKET);
    let last = first.next.unwrap();
    assert_eq!(first.operators[PACKET - 1].operator, last.as_str());
    let (second, _) = stage.checkpoint(service, Some(&last), u32::MAX);
    assert_eq!((second.operators.len(), second.next), (1, None));

    // Who is forced counts along; who is both is told once.
    let strangers = |count: usize| -> Vec<Addr> {
        let names = (0..count).map(|index| format!("stranger{index}"));
        names.map(|name| stage.who(&name)).collect()
    };
    let members: Vec<_> = first.operators.iter().map(|told| &told.operator).collect();
    let members = members.into_iter().map(Addr::unchecked).collect();
    let refusals = [
        (
            checkpoint(service, strangers(PACKET), 1),
            ContractError::PageTooLarge {
                requested: PACKET + 1,
                most: PACKET,
            },
        ),
        (
            checkpoint(service, strangers(1), u32::MAX),
            ContractError::PageTooLarge {
                requested: PACKET + 1,
                most: PACKET,
            },
        ),
        (
            checkpoint(service, strangers(PACKET + 1), 0),
            ContractError::BadCount {
                what: "operators",
                found: PACKET + 1,
                most: PACKET,
            },
        ),
    ];
    let taken = [
        checkpoint(service, strangers(PACKET), 0),
        checkpoint(service, strangers(PACKET - 1), 1),
        checkpoint(service, members, u32::MAX),
    ];
    for (msg, expected) in refusals {
        stage.refused("slashing", &msg, &expected);
    }
    for msg in taken {
        let data = stage.run("slashing", &msg).data.unwrap();
        let result: CheckpointResult = from_json(data).unwrap();
        assert_eq!(result.operators.len(), PACKET);
    }
}
