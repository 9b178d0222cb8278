//! Instantiation, reporters, ownership, migration.

use cosmwasm_std::{coin, Addr};
use cw_ownable::{Action as OwnershipAction, Ownership, OwnershipError};
use cw_utils::PaymentError;
use palisade_admin::{AdminError, GuardResponse};
use palisade_gateway::{contract, ContractError};
use palisade_ibc::Peer;
use palisade_types::gateway::*;

use crate::ledger::{contract_error, gateway, Suite};

fn not_owner() -> ContractError {
    AdminError::Ownership(OwnershipError::NotOwner).into()
}

#[test]
fn parameters_out_of_bounds_are_refused() {
    let mut suite = Suite::new();
    let good = suite.instantiate_msg();
    let parameter = |name, value, min, max| ContractError::Parameter {
        name,
        value,
        min,
        max,
    };
    let host = |connection_id: &str, port: &str| Peer {
        connection_id: connection_id.into(),
        port: port.into(),
    };
    let reporter = suite.account("reporter");
    let crowd: Vec<_> = (0..51)
        .map(|n| suite.account(&format!("r{n}")).to_string())
        .collect();
    let year = 365 * 86_400;
    let cases = [
        (
            InstantiateMsg {
                packet_timeout: 59,
                ..good.clone()
            },
            parameter("packet_timeout", 59, 60, 604_800),
        ),
        (
            InstantiateMsg {
                packet_timeout: 604_801,
                ..good.clone()
            },
            parameter("packet_timeout", 604_801, 60, 604_800),
        ),
        (
            InstantiateMsg {
                history: 0,
                ..good.clone()
            },
            parameter("history", 0, 1, 10 * year),
        ),
        (
            InstantiateMsg {
                history: u64::MAX,
                ..good.clone()
            },
            parameter("history", u64::MAX, 1, 10 * year),
        ),
        (
            InstantiateMsg {
                host: host("", "wasm.host"),
                ..good.clone()
            },
            ContractError::EmptyPeer { part: "connection" },
        ),
        (
            InstantiateMsg {
                host: host("connection-0", ""),
                ..good.clone()
            },
            ContractError::EmptyPeer { part: "port" },
        ),
        (
            InstantiateMsg {
                reporters: vec![reporter.to_string(); 2],
                ..good.clone()
            },
            ContractError::DuplicateAddress { address: reporter },
        ),
        (
            InstantiateMsg {
                reporters: crowd,
                ..good.clone()
            },
            ContractError::TooManyAddresses { given: 51, max: 50 },
        ),
    ];
    let sender = suite.account("anybody");
    let code = suite.net.consumer.store(gateway());
    for (msg, expected) in cases {
        let result = suite.net.consumer.instantiate(code, &sender, &msg, "x");
        assert_eq!(contract_error(&result.unwrap_err()), &expected);
    }
    for msg in [
        InstantiateMsg {
            owner: "nobody".into(),
            ..good.clone()
        },
        InstantiateMsg {
            guardian: Some("nobody".into()),
            ..good.clone()
        },
        InstantiateMsg {
            reporters: vec!["nobody".into()],
            ..good.clone()
        },
    ] {
        let result = suite.net.consumer.instantiate(code, &sender, &msg, "x");
        result.unwrap_err();
    }
    suite
        .net
        .consumer
        .instantiate(code, &sender, &good, "x")
        .unwrap();
}

#[test]
fn the_owner_names_and_unnames_reporters() {
    let mut suite = Suite::with_operators();
    let [anna, ben, reporter] = ["anna", "ben", "reporter"].map(|name| suite.account(name));
    let msg = |add: &[&Addr], remove: &[&Addr]| {
        let list = |addresses: &[&Addr]| addresses.iter().map(|a| a.to_string()).collect();
        ExecuteMsg::SetReporters {
            add: list(add),
            remove: list(remove),
        }
    };
    suite.fails("guardian", &msg(&[&anna], &[]), &not_owner());
    for (bad, expected) in [
        (
            msg(&[&anna, &anna], &[]),
            ContractError::DuplicateAddress {
                address: anna.clone(),
            },
        ),
        (
            msg(&[&reporter], &[&reporter]),
            ContractError::DuplicateAddress {
                address: reporter.clone(),
            },
        ),
        (
            msg(&[&reporter], &[]),
            ContractError::AlreadyReporter {
                address: reporter.clone(),
            },
        ),
        (
            msg(&[&anna], &[&ben]),
            ContractError::NotReporter {
                address: ben.clone(),
            },
        ),
        (
            msg(&vec![&anna; 51], &[]),
            ContractError::TooManyAddresses { given: 51, max: 50 },
        ),
    ] {
        suite.fails("owner", &bad, &expected);
    }
    suite
        .execute("owner", &msg(&[&anna, &ben], &[&reporter]))
        .unwrap();
    let page = |start_after: Option<&Addr>, limit| -> Vec<Addr> {
        let start_after = start_after.map(Addr::to_string);
        suite
            .query(&QueryMsg::Reporters { start_after, limit })
            .unwrap()
    };
    let mut both = vec![anna.clone(), ben.clone()];
    both.sort();
    assert_eq!(page(None, None), both);
    assert_eq!(page(None, Some(1)), both[..1]);
    assert_eq!(page(Some(&both[0]), None), both[1..]);

    let infraction = suite.downtime("alice");
    let unnamed = ContractError::NotReporter { address: reporter };
    suite.fails(
        "reporter",
        &ExecuteMsg::Report(infraction.clone()),
        &unnamed,
    );
    suite
        .execute("anna", &ExecuteMsg::Report(infraction))
        .unwrap();
}

#[test]
fn no_message_takes_coins() {
    let mut suite = Suite::with_operators();
    let reporter = suite.account("reporter");
    suite.net.consumer.mint(&reporter, 10, "utoken").unwrap();
    let gateway = suite.gateway.clone();
    for msg in [
        ExecuteMsg::Report(suite.downtime("alice")),
        ExecuteMsg::Relay { limit: None },
        ExecuteMsg::RenewChannel {
            connection_id: None,
        },
    ] {
        let before = suite.dump();
        let coins = [coin(1, "utoken")];
        let error = suite
            .net
            .consumer
            .execute(&reporter, &gateway, &msg, &coins)
            .unwrap_err();
        let payment = ContractError::Payment(PaymentError::NonPayable {});
        assert_eq!(contract_error(&error), &payment);
        assert_eq!(suite.dump(), before);
    }
    assert_eq!(suite.net.consumer.balance(&gateway, "utoken").unwrap(), 0);
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut suite = Suite::new();
    let heir = suite.account("heir");
    let transfer = ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership {
        new_owner: heir.to_string(),
        expiry: None,
    });
    suite.fails("heir", &transfer, &not_owner());
    suite.execute("owner", &transfer).unwrap();
    let ownership: Ownership<Addr> = suite.query(&QueryMsg::Ownership {}).unwrap();
    assert_eq!(ownership.owner, Some(suite.account("owner")));
    assert_eq!(ownership.pending_owner, Some(heir.clone()));
    let accept = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    let not_pending = AdminError::Ownership(OwnershipError::NotPendingOwner);
    suite.fails("guardian", &accept, &not_pending.into());
    suite.execute("heir", &accept).unwrap();
    let ownership: Ownership<Addr> = suite.query(&QueryMsg::Ownership {}).unwrap();
    assert_eq!(ownership.owner, Some(heir));
    let guard: GuardResponse = suite.query(&QueryMsg::Guard {}).unwrap();
    assert_eq!(guard.guardian, Some(suite.account("guardian")));
    assert_eq!(guard.pauses, []);
}

#[test]
fn migration_only_goes_forward() {
    let mut suite = Suite::with_operators();
    let (owner, gateway_addr) = (suite.account("owner"), suite.gateway.clone());
    let code = suite.net.consumer.store(gateway());
    let error = suite
        .net
        .consumer
        .migrate(&owner, &gateway_addr, code, &MigrateMsg {})
        .unwrap_err();
    let expected = AdminError::NotNewer {
        stored: contract::VERSION.into(),
        new: contract::VERSION.into(),
    };
    assert_eq!(contract_error(&error), &expected.into());
    // An older one in storage, as after an upload of this code.
    let mut storage = suite.net.consumer.app.contract_storage_mut(&gateway_addr);
    cw2::set_contract_version(&mut *storage, contract::NAME, "0.0.9").unwrap();
    drop(storage);
    suite
        .net
        .consumer
        .migrate(&owner, &gateway_addr, code, &MigrateMsg {})
        .unwrap();
    assert_eq!(suite.total(), (150u128.into(), 1));
}
