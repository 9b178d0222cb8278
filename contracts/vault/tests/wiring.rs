//! The wiring, and who may do what.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::{coin, to_json_binary, Empty, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_utils::PaymentError;
use palisade_admin::cw_ownable::{Action as OwnershipAction, Ownership};
use palisade_admin::{AdminError, AdminMsg, GuardResponse};
use palisade_types::asset::Destination;
use palisade_types::vault::{
    Action, AssetChange, ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg,
};
use palisade_vault::ContractError;

#[test]
fn what_is_the_owner_s_is_refused_to_all_others() {
    let mut suite = Suite::unconnected();
    let connect = ExecuteMsg::Connect {
        delegation: suite.delegation.to_string(),
    };
    let new = register(suite.new_atom());
    for who in ["guardian", "alice", "deployer"] {
        suite.refuses(not_owner(), |s| s.by(who, &connect));
        suite.refuses(not_owner(), |s| s.by(who, &new));
        suite.refuses(not_owner(), |s| {
            s.by(who, &update(ATOM, AssetChange::default()))
        });
    }
}

#[test]
fn the_delegation_contract_is_named_once() {
    let mut suite = Suite::unconnected();
    assert_eq!(
        suite.query::<ConfigResponse>(&QueryMsg::Config {}),
        ConfigResponse { delegation: None }
    );
    let delegation = suite.delegation.clone();
    let connect = ExecuteMsg::Connect {
        delegation: delegation.to_string(),
    };
    let bad = ExecuteMsg::Connect {
        delegation: "Delegation".into(),
    };
    suite.as_owner(&bad).unwrap_err();
    let response = suite.as_owner(&connect).unwrap();
    assert_eq!(
        event(&response, "connect"),
        pairs(&[("delegation", delegation.as_str())])
    );
    let again = ExecuteMsg::Connect {
        delegation: suite.account("stranger").to_string(),
    };
    suite.refuses(
        ContractError::AlreadyConnected {
            delegation: delegation.clone(),
        },
        |s| s.as_owner(&again),
    );
    let delegation = Some(delegation);
    assert_eq!(
        suite.query::<ConfigResponse>(&QueryMsg::Config {}),
        ConfigResponse { delegation }
    );
}

#[test]
fn no_message_but_a_deposit_takes_coins() {
    let mut suite = Suite::new();
    let (alice, vault) = (suite.account("alice"), suite.vault.clone());
    let (asset, amount) = (ATOM.to_string(), Uint128::one());
    let address = alice.to_string();
    let messages = [
        ExecuteMsg::Receive(Cw20ReceiveMsg {
            sender: address.clone(),
            amount,
            msg: to_json_binary(&Empty {}).unwrap(),
        }),
        ExecuteMsg::Delegate {
            asset: asset.clone(),
            operator: address.clone(),
            amount,
        },
        ExecuteMsg::Withdraw {
            asset: asset.clone(),
            amount,
            recipient: None,
        },
        ExecuteMsg::UpdateRate {
            asset: asset.clone(),
        },
        ExecuteMsg::PayOut {
            asset: asset.clone(),
            account: SERVICE,
            destination: Destination::Burn {},
        },
        ExecuteMsg::Release {
            asset: asset.clone(),
            amount,
            recipient: address.clone(),
        },
        ExecuteMsg::Seize {
            operator: suite.account("val").to_string(),
            seized: vec![],
            arrived: vec![],
            payees: vec![payee(SERVICE, &Destination::Burn {}, "1")],
        },
        register(suite.new_atom()),
        update(&asset, AssetChange::default()),
        ExecuteMsg::Connect {
            delegation: address,
        },
        ExecuteMsg::Admin(AdminMsg::SetGuardian { guardian: None }),
        ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership),
    ];
    for msg in messages {
        suite.refuses(PaymentError::NonPayable {}.into(), |s| {
            s.net.host.execute(&alice, &vault, &msg, &[coin(1, UATOM)])
        });
    }
}

#[test]
fn guardian_and_owner_pause_and_nobody_else() {
    let mut suite = Suite::new();
    let pause = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Deposits,
        seconds: Some(HOUR),
    });
    let stranger = suite.account("stranger");
    let not_guardian = AdminError::NotGuardian { sender: stranger };
    suite.refuses(not_guardian.into(), |s| s.by("stranger", &pause));
    let response = suite.by("guardian", &pause).unwrap();
    assert_eq!(event(&response, "pause")[0].1, "deposits");
    let guard: GuardResponse = suite.query(&QueryMsg::Guard {});
    assert_eq!(guard.guardian, Some(suite.account("guardian")));
    assert_eq!(guard.pauses[0].action, "deposits");

    let too_long = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Withdrawals,
        seconds: Some(14 * 24 * HOUR + 1),
    });
    let error = AdminError::PauseLength {
        action: "withdrawals",
        limit: 14 * 24 * HOUR,
        requested: 14 * 24 * HOUR + 1,
    };
    suite.refuses(error.into(), |s| s.as_owner(&too_long));
}

#[test]
fn ownership_passes_in_two_steps() {
    let mut suite = Suite::new();
    let transfer = ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership {
        new_owner: suite.account("dao").to_string(),
        expiry: None,
    });
    let accept = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    suite.refuses(not_owner(), |s| s.by("dao", &transfer));
    suite.as_owner(&transfer).unwrap();
    let change = update(ATOM, AssetChange::default());
    suite.refuses(not_owner(), |s| s.by("dao", &change));
    let response = suite.by("dao", &accept).unwrap();
    let dao = suite.account("dao");
    assert_eq!(event(&response, "ownership")[0].1, dao.as_str());
    let ownership: Ownership<String> = suite.query(&QueryMsg::Ownership {});
    assert_eq!(ownership.owner, Some(dao.to_string()));
    suite.by("dao", &change).unwrap();
    suite.refuses(not_owner(), |s| s.as_owner(&change));
}

#[test]
fn a_vault_starts_with_valid_addresses_and_migrates_forward_alone() {
    let mut suite = Suite::new();
    let deployer = suite.account("deployer");
    let code = suite.net.host.store(vault_code());
    for (owner, guardian) in [("Owner", None), ("", None), ("good", Some("Guardian"))] {
        let owner = match owner {
            "good" => suite.account("owner").to_string(),
            bad => bad.to_string(),
        };
        let guardian = guardian.map(String::from);
        let msg = InstantiateMsg { owner, guardian };
        let error = suite.net.host.instantiate(code, &deployer, &msg, "vault");
        error.unwrap_err();
    }
    let version = env!("CARGO_PKG_VERSION").to_string();
    let vault = suite.vault.clone();
    suite.refuses(
        ContractError::Admin(AdminError::NotNewer {
            stored: version.clone(),
            new: version,
        }),
        |s| s.net.host.migrate(&deployer, &vault, code, &MigrateMsg {}),
    );
}
