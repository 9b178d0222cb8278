//! Administration, and what is refused: each with its exact error, and nothing changed.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{assert_error, registration, Suite, ATOM, DAY};
use cosmwasm_std::{coins, Decimal, StdError, Uint128};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use cw_ownable::{Action as Ownership, OwnershipError};
use cw_utils::PaymentError;
use palisade_admin::{AdminError, AdminMsg};
use palisade_delegation::ContractError;
use palisade_math::MathError;
use palisade_types::asset::{Destination, Redirection};
use palisade_types::delegation::{
    Action, ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg, OperatorChange, QueryMsg,
};

#[test]
fn only_the_vault_joins() {
    let mut s = Suite::new();
    let msg = ExecuteMsg::Join {
        owner: s.who("ann").to_string(),
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        amount: Uint128::new(5),
        bound: false,
    };
    for sender in ["ann", "op", "owner", "allocation"] {
        let expected = ContractError::Unauthorized {
            sender: s.who(sender),
            expected: "vault",
        };
        s.refused(&expected, |s| s.execute(sender, &msg));
    }
    let unknown = ContractError::UnknownOperator {
        operator: s.who("nobody"),
    };
    assert_error(&s.deposit("ann", "nobody", ATOM, 5), &unknown);
    assert_eq!(s.books(ATOM).staked.u128(), 0);
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.undelegate("ann", "op", ATOM, 50).unwrap();
    let no_position =
        |s: &Suite, owner: &str, operator: &str, asset: &str| ContractError::NoPosition {
            owner: s.who(owner),
            operator: s.who(operator),
            asset: asset.to_string(),
        };
    for (owner, operator, asset) in [
        ("bob", "op", ATOM),
        ("ann", "other", ATOM),
        ("ann", "op", "none"),
    ] {
        let expected = no_position(&s, owner, operator, asset);
        s.refused(&expected, |s| s.undelegate(owner, operator, asset, None));
        let expected = ContractError::NoEntry {
            owner: s.who(owner),
            operator: s.who(operator),
            asset: asset.to_string(),
            epoch: 0,
        };
        s.refused(&expected, |s| s.cancel(owner, operator, asset, 0, None));
        let expected = ContractError::NothingMatured { next: None };
        s.refused(&expected, |s| s.claim(owner, operator, asset));
    }
    let expected = ContractError::NoEntry {
        owner: s.who("ann"),
        operator: s.who("op"),
        asset: ATOM.to_string(),
        epoch: 1,
    };
    s.refused(&expected, |s| s.cancel("ann", "op", ATOM, 1, None));
    s.refused(&ContractError::ZeroAmount, |s| {
        s.undelegate("ann", "op", ATOM, 0)
    });
    s.refused(&ContractError::ZeroAmount, |s| {
        s.cancel("ann", "op", ATOM, 0, 0)
    });
    let bad = ExecuteMsg::Claim {
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        recipient: Some("Nobody".to_string()),
    };
    s.advance(10 * DAY);
    let before = s.state();
    let outcome = s.execute("ann", &bad);
    assert!(matches!(
        outcome.unwrap_err().downcast_ref(),
        Some(ContractError::Std(_))
    ));
    assert_eq!(s.state(), before);
}

#[test]
fn coins_are_refused_on_every_message() {
    let mut s = Suite::new();
    let ann = s.who("ann");
    let funds = coins(5, "uatom");
    s.app
        .sudo(SudoMsg::Bank(BankSudo::Mint {
            to_address: ann.to_string(),
            amount: funds.clone(),
        }))
        .unwrap();
    let op = s.who("op").to_string();
    let asset = ATOM.to_string();
    let now = s.now();
    let messages = [
        registration("ann"),
        ExecuteMsg::UpdateOperator(OperatorChange::default()),
        ExecuteMsg::SetStakers {
            add: vec![],
            remove: vec![],
        },
        ExecuteMsg::Join {
            owner: op.clone(),
            operator: op.clone(),
            asset: asset.clone(),
            amount: 5u128.into(),
            bound: false,
        },
        ExecuteMsg::Undelegate {
            operator: op.clone(),
            asset: asset.clone(),
            amount: None,
        },
        ExecuteMsg::Cancel {
            operator: op.clone(),
            asset: asset.clone(),
            epoch: 0,
            amount: None,
        },
        ExecuteMsg::Claim {
            operator: op.clone(),
            asset: asset.clone(),
            recipient: None,
        },
        ExecuteMsg::Redelegate {
            operator: op.clone(),
            asset,
            to: op.clone(),
        },
        ExecuteMsg::SetFirstLoss {
            share: Decimal::one(),
        },
        ExecuteMsg::Slash(s.penalty("op", 5, now)),
        ExecuteMsg::Redirect(redirection(&op)),
        ExecuteMsg::Connect { allocation: op },
        ExecuteMsg::Admin(AdminMsg::Unpause {
            action: Action::Exits,
        }),
        ExecuteMsg::UpdateOwnership(Ownership::AcceptOwnership),
    ];
    for msg in messages {
        let expected = ContractError::Payment(PaymentError::NonPayable {});
        s.refused(&expected, |s| {
            let delegation = s.delegation.clone();
            s.app
                .execute_contract(ann.clone(), delegation, &msg, &funds)
        });
    }
}

fn redirection(to: &str) -> Redirection {
    Redirection {
        asset: ATOM.to_string(),
        account: 1,
        from: Destination::Burn {},
        to: Destination::Send {
            recipient: to.to_string(),
        },
    }
}

#[test]
fn the_allocation_contract_is_named_once_by_the_owner() {
    let mut s = Suite::bare();
    let connect = |who: &Suite, name: &str| ExecuteMsg::Connect {
        allocation: who.who(name).to_string(),
    };
    let msg = connect(&s, "allocation");
    let not_owner = ContractError::Admin(AdminError::Ownership(OwnershipError::NotOwner));
    s.refused(&not_owner, |s| s.execute("guardian", &msg));
    s.execute("owner", &msg).unwrap();
    let config: ConfigResponse = s.query(&QueryMsg::Config {});
    assert_eq!(config.allocation, Some(s.who("allocation")));
    assert_eq!(config.vault, s.vault);
    assert_eq!(
        (config.genesis, config.epoch_length, config.unbonding_period),
        (s.now(), DAY, 3 * DAY)
    );
    let again = ContractError::AlreadyConnected {
        allocation: s.who("allocation"),
    };
    let msg = connect(&s, "another");
    s.refused(&again, |s| s.execute("owner", &msg));
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut s = Suite::bare();
    let offer = ExecuteMsg::UpdateOwnership(Ownership::TransferOwnership {
        new_owner: s.who("heir").to_string(),
        expiry: None,
    });
    let not_owner = ContractError::Admin(AdminError::Ownership(OwnershipError::NotOwner));
    s.refused(&not_owner, |s| s.execute("heir", &offer));
    s.execute("owner", &offer).unwrap();
    let ownership: cw_ownable::Ownership<String> = s.query(&QueryMsg::Ownership {});
    assert_eq!(ownership.owner, Some(s.owner.to_string()));
    s.execute(
        "heir",
        &ExecuteMsg::UpdateOwnership(Ownership::AcceptOwnership),
    )
    .unwrap();
    let connect = ExecuteMsg::Connect {
        allocation: s.allocation.to_string(),
    };
    s.refused(&not_owner, |s| s.execute("owner", &connect));
    s.execute("heir", &connect).unwrap();
}

#[test]
fn only_guardian_and_owner_pause() {
    let mut s = Suite::new();
    let pause = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Exits,
        seconds: Some(5),
    });
    let refused = ContractError::Admin(AdminError::NotGuardian {
        sender: s.who("ann"),
    });
    s.refused(&refused, |s| s.execute("ann", &pause));
    s.execute("owner", &pause).unwrap();
    let guard: palisade_admin::GuardResponse = s.query(&QueryMsg::Guard {});
    assert_eq!(
        (guard.guardian, guard.pauses.len()),
        (Some(s.guardian.clone()), 1)
    );
}

#[test]
fn coins_sent_along_with_the_instantiation_are_refused() {
    let mut s = Suite::bare();
    let msg = InstantiateMsg {
        owner: s.owner.to_string(),
        guardian: None,
        vault: s.vault.to_string(),
        epoch_length: DAY,
        unbonding_period: DAY,
        reward_period: DAY,
    };
    let owner = s.owner.clone();
    let coins = cosmwasm_std::coins(1, "coin");
    let mint = cw_multi_test::BankSudo::Mint {
        to_address: owner.to_string(),
        amount: coins.clone(),
    };
    s.app.sudo(mint.into()).unwrap();
    let error = s
        .app
        .instantiate_contract(s.code, owner, &msg, &coins, "d", None)
        .unwrap_err();
    assert_eq!(
        error.downcast::<ContractError>().unwrap(),
        ContractError::Payment(cw_utils::PaymentError::NonPayable {})
    );
}

#[test]
fn periods_that_cannot_work_are_refused() {
    let mut s = Suite::bare();
    let mut instantiate = |epoch_length, unbonding_period| {
        let msg = InstantiateMsg {
            owner: s.owner.to_string(),
            guardian: None,
            vault: s.vault.to_string(),
            epoch_length,
            unbonding_period,
            reward_period: 3_600,
        };
        let owner = s.owner.clone();
        let outcome = s
            .app
            .instantiate_contract(s.code, owner, &msg, &[], "d", None);
        outcome.map_err(|error| error.downcast::<ContractError>().unwrap())
    };
    for (length, unbonding) in [(0, DAY), (DAY, 32 * DAY)] {
        let error = instantiate(length, unbonding).unwrap_err();
        assert!(
            matches!(error, ContractError::Math(MathError::InvalidEpochs { .. })),
            "{error}"
        );
    }
    let error = instantiate(u64::MAX, u64::MAX).unwrap_err();
    assert_eq!(
        error,
        ContractError::Math(MathError::TimeOutOfRange { epoch: 0 })
    );
    instantiate(DAY, 31 * DAY).unwrap();
}

#[test]
fn migration_goes_forward_only() {
    let mut s = Suite::bare();
    let (owner, delegation, code) = (s.owner.clone(), s.delegation.clone(), s.code);
    let version = env!("CARGO_PKG_VERSION").to_string();
    let expected = ContractError::Admin(AdminError::NotNewer {
        stored: version.clone(),
        new: version,
    });
    s.refused(&expected, |s| {
        s.app
            .migrate_contract(owner, delegation, &MigrateMsg {}, code)
    });
    let info = cw2::query_contract_info(&s.app.wrap(), s.delegation.to_string()).unwrap();
    assert_eq!(info.contract, "palisade:delegation");
}

#[test]
fn a_malformed_message_is_refused() {
    let mut s = Suite::new();
    let before = s.state();
    let (owner, delegation) = (s.owner.clone(), s.delegation.clone());
    let nonsense = std::collections::BTreeMap::from([("drain", "all")]);
    assert!(s
        .app
        .execute_contract(owner, delegation, &nonsense, &[])
        .is_err());
    assert_eq!(s.state(), before);
    let query: Result<String, StdError> = s.app.wrap().query_wasm_smart(&s.delegation, &nonsense);
    assert!(query.is_err());
}
