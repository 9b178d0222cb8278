//! Instantiation, migration, and what is refused at the door.

use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env};
use cosmwasm_std::{coin, Addr};
use cw_utils::PaymentError;
use palisade_admin::AdminError;
use palisade_staker::{contract, ContractError};
use palisade_types::staker::{ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg};

use crate::setup::{code, stake, Suite, DENOM};

fn messages(suite: &Suite) -> [ExecuteMsg; 5] {
    [
        ExecuteMsg::Delegate {},
        ExecuteMsg::Undelegate {
            amount: 1u128.into(),
        },
        ExecuteMsg::Collect {
            amount: 1u128.into(),
            entries: 1,
        },
        ExecuteMsg::WithdrawRewards {
            to: suite.to_stake(),
        },
        ExecuteMsg::WithdrawRewards {
            to: suite.to_send(),
        },
    ]
}

/// With something delegated, something at hand, and rewards.
fn suite() -> Suite {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.undelegate(1_000);
    suite.pass(1_000_000);
    suite.delegate(1);
    assert_ne!(suite.rewards(), 0);
    suite
}

#[test]
fn the_instantiator_is_the_vault() {
    let suite = Suite::new();
    let expected = ConfigResponse {
        vault: suite.vault.clone(),
        validator: suite.validator.clone(),
        denom: DENOM.into(),
    };
    assert_eq!(suite.config(), expected);
}

#[test]
fn nobody_but_the_vault() {
    let mut suite = suite();
    let (stranger, delegation) = (suite.stranger.clone(), suite.delegation.clone());
    let itself = suite.staker.clone();
    suite.net.host.mint(&stranger, 10, DENOM).unwrap();
    let before = suite.picture();
    for sender in [stranger.clone(), delegation, itself] {
        for msg in messages(&suite) {
            let expected = ContractError::NotVault {
                sender: sender.clone(),
                vault: suite.vault.clone(),
            };
            assert_eq!(suite.try_by(&sender, &msg, &[]).unwrap_err(), expected);
        }
    }
    let expected = ContractError::NotVault {
        sender: stranger.clone(),
        vault: suite.vault.clone(),
    };
    let error = suite.try_by(&stranger, &ExecuteMsg::Delegate {}, &[stake(10)]);
    assert_eq!(error.unwrap_err(), expected);
    assert_eq!(suite.picture(), before);
}

#[test]
fn coins_where_none_are_meant_and_others_than_are_meant() {
    let mut suite = suite();
    let vault = suite.vault.clone();
    suite.net.host.mint(&vault, 10, "uother").unwrap();
    let before = suite.picture();
    let payment = ContractError::Payment;
    for msg in &messages(&suite)[1..] {
        let error = suite.try_call(msg, &[stake(5)]).unwrap_err();
        assert_eq!(error, payment(PaymentError::NonPayable {}));
    }
    let delegate = ExecuteMsg::Delegate {};
    for (funds, expected) in [
        (vec![], PaymentError::NoFunds {}),
        (
            vec![coin(5, "uother")],
            PaymentError::MissingDenom(DENOM.into()),
        ),
        (
            vec![coin(5, "uother"), stake(5)],
            PaymentError::MultipleDenoms {},
        ),
    ] {
        let error = suite.try_call(&delegate, &funds).unwrap_err();
        assert_eq!(error, payment(expected));
    }
    assert_eq!(suite.picture(), before);
    let mut deps = mock_dependencies();
    let msg = InstantiateMsg {
        validator: "validator".into(),
        denom: DENOM.into(),
    };
    let info = message_info(&Addr::unchecked("vault"), &[stake(5)]);
    let error = contract::instantiate(deps.as_mut(), mock_env(), info, msg);
    assert_eq!(error.unwrap_err(), payment(PaymentError::NonPayable {}));
}

#[test]
fn an_undelegation_of_nothing_and_of_more_than_there_is() {
    let mut suite = suite();
    let before = suite.picture();
    let undelegate = |amount: u128| ExecuteMsg::Undelegate {
        amount: amount.into(),
    };
    let error = suite.try_call(&undelegate(0), &[]).unwrap_err();
    assert_eq!(error, ContractError::ZeroAmount);
    // The chain's own refusal.
    let vault = suite.vault.clone();
    for amount in [999_003, 1_000_000_000] {
        let error = suite.by(&vault, &undelegate(amount), &[]).unwrap_err();
        assert!(
            error.to_string().contains("invalid shares amount"),
            "{error}"
        );
    }
    assert_eq!(suite.picture(), before);
    suite.undelegate(999_001);
    assert_eq!(suite.bonded(), 0);
}

#[test]
fn migration_goes_forward_only() {
    let mut suite = suite();
    let host = &mut suite.net.host;
    let (code, admin) = (host.store(code()), host.account("admin"));
    let version = contract::VERSION;
    let error = host
        .migrate(&admin, &suite.staker, code, &MigrateMsg {})
        .unwrap_err();
    let expected = AdminError::NotNewer {
        stored: version.into(),
        new: version.into(),
    };
    assert_eq!(error.contract_error(), Some(&ContractError::from(expected)));

    let mut deps = mock_dependencies();
    cw2::set_contract_version(&mut deps.storage, contract::NAME, "0.0.9").unwrap();
    contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap();
    let stored = cw2::get_contract_version(&deps.storage).unwrap();
    assert_eq!(
        (stored.contract.as_str(), stored.version.as_str()),
        ("palisade:staker", version)
    );
    cw2::set_contract_version(&mut deps.storage, "palisade:vault", "0.0.9").unwrap();
    let error = contract::migrate(deps.as_mut(), mock_env(), MigrateMsg {}).unwrap_err();
    assert!(matches!(
        error,
        ContractError::Admin(AdminError::WrongContract { .. })
    ));
}
