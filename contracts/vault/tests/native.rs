//! Natively staked tokens: what is registered, who may open, and what goes to the validator.
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
use cosmwasm_std::{coin, instantiate2_address, Addr, Api, Decimal};
use cw_multi_test::MockApiBech32;
use palisade_math::MathError;
use palisade_types::asset::AssetKind;
use palisade_types::delegation::{self, StakedPool};
use palisade_types::staker;
use palisade_types::vault::{AssetChange, ExecuteMsg, NewAsset, QueryMsg, StakerResponse};
use palisade_vault::ContractError;

fn no_staker(suite: &Suite, operator: &str) -> ContractError {
    ContractError::NoStaker {
        asset: STAKE.into(),
        operator: suite.account(operator),
    }
}

fn not_bonded(suite: &Suite, operator: &str) -> ContractError {
    ContractError::ValidatorNotBonded {
        validator: suite.validator(operator),
    }
}

fn not_staked(asset: &str) -> ContractError {
    ContractError::NotStaked {
        asset: asset.into(),
    }
}

fn register(asset: NewAsset) -> ExecuteMsg {
    ExecuteMsg::RegisterAsset(asset)
}

#[test]
fn the_bond_denom_is_registered_once_native_or_staked() {
    let mut suite = Suite::new();
    let response = suite.as_owner(&register(suite.new_stake())).unwrap();
    let token = format!("native/{USTAKE}");
    assert_eq!(event(&response, "register_asset")[1].1, token);
    assert_eq!(suite.asset(STAKE).kind, suite.staked_kind());
    let taken = |asset: &str| ContractError::TokenTaken {
        token: token.clone(),
        asset: asset.into(),
    };
    let native = NewAsset {
        id: "plain".into(),
        kind: AssetKind::Native {
            denom: USTAKE.into(),
        },
        ..suite.new_atom()
    };
    suite.refuses(taken(STAKE), |s| s.as_owner(&register(native.clone())));
    let second = NewAsset {
        id: "second".into(),
        ..suite.new_stake()
    };
    suite.refuses(taken(STAKE), |s| s.as_owner(&register(second)));
    // What changes, is not the token.
    let change = AssetChange {
        weight: Some(Decimal::percent(80)),
        ..AssetChange::default()
    };
    suite
        .as_owner(&ExecuteMsg::UpdateAsset {
            asset: STAKE.into(),
            change,
        })
        .unwrap();
    assert_eq!(suite.asset(STAKE).kind, suite.staked_kind());
    suite.open("val", "val", false).unwrap();
    suite.deposit("alice", STAKE, 100, Some("val")).unwrap();
    assert_eq!(suite.bonded("val"), 100);

    let mut suite = Suite::new();
    suite.as_owner(&register(native)).unwrap();
    let staked = suite.new_stake();
    suite.refuses(taken("plain"), |s| s.as_owner(&register(staked)));
}

#[test]
fn what_cannot_be_staked_natively_is_not_registered() {
    let mut suite = Suite::unconnected();
    let staked = suite.new_stake();
    suite.refuses(ContractError::NotConnected, |s| {
        s.as_owner(&register(staked))
    });
    let mut suite = Suite::new();
    let with = |suite: &Suite, code_id: u64, unbonding_time: u64, batch_epochs: u32| NewAsset {
        kind: AssetKind::Staked {
            code_id,
            unbonding_time,
            batch_epochs,
        },
        ..suite.new_stake()
    };
    // Epochs of a day, 25 of them to unbond: 21 days and a batch of 4 fit, with seven batches at once.
    let batches = |unbonding_time: u64, batch_epochs: u32, reason| {
        ContractError::Math(MathError::InvalidBatches {
            unbonding_time,
            batch_epochs,
            reason,
        })
    };
    let code = suite.staker;
    for (unbonding_time, batch_epochs, reason) in [
        (UNBONDING, 0, "a batch needs a length"),
        (UNBONDING, 3, "the chain takes seven undelegations at once"),
        (
            UNBONDING,
            5,
            "it would take longer than the unbonding period",
        ),
        (
            UNBONDING + 1,
            4,
            "it would take longer than the unbonding period",
        ),
    ] {
        let asset = with(&suite, code, unbonding_time, batch_epochs);
        let refused = batches(unbonding_time, batch_epochs, reason);
        suite.refuses(refused, |s| s.as_owner(&register(asset)));
    }
    let asset = with(&suite, 999, UNBONDING, 4);
    let before = suite.snapshot();
    let error = suite.as_owner(&register(asset)).unwrap_err();
    let error = error.contract_error::<ContractError>().unwrap();
    assert!(
        matches!(error, ContractError::UnknownCode { code_id: 999, .. }),
        "{error}"
    );
    assert_eq!(suite.snapshot(), before);
    let asset = with(&suite, code, UNBONDING, 4);
    suite.as_owner(&register(asset)).unwrap();
}

#[test]
fn an_operator_opens_native_staking_with_its_own_validator() {
    let mut suite = Suite::native();
    let (vault, val) = (suite.vault.clone(), suite.account("val"));
    let api = MockApiBech32::new("host");
    // Its address is known before it is there.
    let code = suite.net.host.app.wrap();
    let code = code.query_wasm_code_info(suite.staker).unwrap();
    let canonical = |address: &Addr| api.addr_canonicalize(address.as_str()).unwrap();
    let salt = [canonical(&val).as_slice(), STAKE.as_bytes()].concat();
    let expected = instantiate2_address(code.checksum.as_slice(), &canonical(&vault), &salt);
    let expected = api.addr_humanize(&expected.unwrap()).unwrap();

    let response = suite.open("val", "val", true).unwrap();
    let validator = suite.validator("val");
    assert!(validator.starts_with("hostvaloper1"));
    assert_eq!(
        suite.staker_of("val"),
        StakerResponse {
            operator: val.clone(),
            staker: expected.clone(),
            validator: validator.clone(),
            compound: true,
        }
    );
    assert_eq!(
        event(&response, "open_staker"),
        pairs(&[
            ("asset", STAKE),
            ("operator", val.as_str()),
            ("validator", &validator),
            ("staker", expected.as_str()),
            ("compound", "true"),
        ])
    );
    // What was created there, and what the delegation contract was told.
    let host = &suite.net.host;
    let config: staker::ConfigResponse =
        host.query(&expected, &staker::QueryMsg::Config {}).unwrap();
    assert_eq!(
        config,
        staker::ConfigResponse {
            vault: vault.clone(),
            validator,
            denom: USTAKE.into()
        }
    );
    let contract = host.app.wrap().query_wasm_contract_info(&expected).unwrap();
    assert_eq!((contract.creator, contract.code_id), (vault, suite.staker));
    assert_eq!(contract.admin, Some(suite.account("owner")));
    let opened = delegation::ExecuteMsg::OpenPool(StakedPool {
        operator: val.to_string(),
        asset: STAKE.into(),
        denom: USTAKE.into(),
        staker: expected.to_string(),
        unbonding_time: UNBONDING,
        batch_epochs: 4,
    });
    assert_eq!(suite.heard(), [opened]);
    // Once.
    let again = ContractError::StakerExists {
        asset: STAKE.into(),
        operator: val,
        staker: expected,
    };
    suite.refuses(again, |s| s.open("val", "val", false));
}

#[test]
fn nobody_opens_with_the_validator_of_another() {
    let mut suite = Suite::native();
    for (who, validator) in [
        ("mallory", suite.validator("val")),
        ("other", suite.validator("val")),
        ("val", String::new()),
        ("val", "val".to_string()),
        ("val", suite.validator("val").replace("valoper", "valcons")),
    ] {
        let refused = ContractError::NotTheValidator {
            operator: suite.account(who),
            validator: validator.clone(),
        };
        suite.refuses(refused, |s| s.open_with(who, STAKE, validator, false));
    }
    // Its bytes are right, but there is no such validator.
    for (who, validator) in [
        ("mallory", suite.validator("mallory")),
        ("val", suite.account("val").to_string()),
    ] {
        let unknown = ContractError::UnknownValidator {
            validator: validator.clone(),
        };
        suite.refuses(unknown, |s| s.open_with(who, STAKE, validator, false));
    }
    let validator = suite.validator("val");
    for asset in [ATOM, GOLD] {
        let validator = validator.clone();
        suite.refuses(not_staked(asset), |s| {
            s.open_with("val", asset, validator, false)
        });
    }
    let unknown = ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown, |s| s.open_with("val", "gone", validator, false));
}

#[test]
fn stake_goes_to_the_validator_and_idle_tokens_stay() {
    let mut suite = Suite::native();
    suite.open("val", "val", false).unwrap();
    let response = suite.deposit("alice", STAKE, 1_000, Some("val")).unwrap();
    assert_eq!(suite.purse("alice", STAKE), PURSE - 1_000);
    assert_eq!(suite.bonded("val"), 1_000);
    let staked = |staked| Columns {
        staked,
        ..Columns::default()
    };
    assert_eq!(suite.columns(STAKE), staked(1_000));
    // The delegation contract hears of it before the chain does.
    let at = |found: &dyn Fn(&cosmwasm_std::Event) -> bool| {
        response.events.iter().position(found).unwrap()
    };
    let joined = at(&|e| {
        e.attributes
            .iter()
            .any(|a| a.key == "action" && a.value == "join")
    });
    assert!(joined < at(&|e| e.ty == "delegate"));
    let join = |amount| suite.join_of("alice", "val", STAKE, amount);
    assert_eq!(suite.joins(), [join(1_000)]);
    let joins = [join(1_000), join(200)];

    // Idle tokens stay in the vault, until they are staked or taken back.
    suite.deposit("alice", STAKE, 500, None).unwrap();
    let idle = |idle, staked| Columns {
        idle,
        staked,
        balance: idle,
        ..Columns::default()
    };
    assert_eq!(suite.columns(STAKE), idle(500, 1_000));
    assert_eq!(suite.bonded("val"), 1_000);
    suite.delegate("alice", STAKE, "val", 200).unwrap();
    assert_eq!(suite.columns(STAKE), idle(300, 1_200));
    assert_eq!(suite.bonded("val"), 1_200);
    assert_eq!(suite.joins(), joins);
    suite.withdraw("alice", STAKE, 300).unwrap();
    assert_eq!(suite.columns(STAKE), staked(1_200));
    assert_eq!(suite.purse("alice", STAKE), PURSE - 1_200);

    // The cap counts both.
    suite.deposit("bob", STAKE, 100, None).unwrap();
    let change = AssetChange {
        cap: Some(1_309_u128.into()),
        ..AssetChange::default()
    };
    let asset = STAKE.into();
    suite
        .as_owner(&ExecuteMsg::UpdateAsset { asset, change })
        .unwrap();
    let full = ContractError::CapExceeded {
        asset: STAKE.into(),
        cap: 1_309_u128.into(),
        held: 1_300_u128.into(),
        offered: 10_u128.into(),
    };
    suite.refuses(full, |s| s.deposit("bob", STAKE, 10, Some("val")));
}

#[test]
fn nothing_is_staked_without_a_staker_or_a_bonded_validator() {
    let mut suite = Suite::staking();
    suite.unbonded(100);
    suite.reconcile(0, 0, Some((100, 0, 1))).unwrap();
    let refused = |suite: &mut Suite, operator: &str, error: &dyn Fn(&Suite) -> ContractError| {
        let expected = error(suite);
        suite.refuses(expected, |s| s.deposit("bob", STAKE, 100, Some(operator)));
        let expected = error(suite);
        suite.refuses(expected, |s| s.delegate("alice", STAKE, operator, 100));
        let expected = error(suite);
        suite.refuses(expected, |s| s.restake(STAKE, operator, 100));
    };
    // It has a validator, but did not open.
    refused(&mut suite, "other", &|s| no_staker(s, "other"));
    let val = suite.validator("val");
    suite.net.host.jail_validator(&val).unwrap();
    refused(&mut suite, "val", &|s| not_bonded(s, "val"));
    // What is idle, released or seized can leave nonetheless.
    suite.deposit("bob", STAKE, 100, None).unwrap();
    suite.withdraw("bob", STAKE, 100).unwrap();
    suite.release(STAKE, 50, "alice").unwrap();
    suite.reconcile(0, 10, None).unwrap();
    suite.net.host.unjail_validator(&val);
    suite.deposit("bob", STAKE, 100, Some("val")).unwrap();
    assert_eq!(suite.bonded("val"), 990);
}

#[test]
fn only_a_staker_tells_of_rewards_that_it_staked() {
    let mut suite = Suite::staking();
    suite.open("other", "other", false).unwrap();
    let compounded = |suite: &Suite, operator: &str, amount: u128| ExecuteMsg::Compounded {
        asset: STAKE.into(),
        operator: suite.account(operator).to_string(),
        amount: amount.into(),
    };
    let (mine, theirs) = (
        suite.staker_of("val").staker,
        suite.staker_of("other").staker,
    );
    let stranger = suite.account("stranger");
    for sender in [
        stranger,
        theirs,
        suite.delegation.clone(),
        suite.account("val"),
    ] {
        let refused = ContractError::Unauthorized {
            sender: sender.clone(),
            expected: "staker",
        };
        let msg = compounded(&suite, "val", 10);
        suite.refuses(refused, |s| s.execute(&sender, &msg));
    }
    let none = no_staker(&suite, "carol");
    let msg = compounded(&suite, "carol", 10);
    suite.refuses(none, |s| s.execute(&mine, &msg));
    let msg = compounded(&suite, "val", 0);
    suite.refuses(ContractError::ZeroAmount, |s| s.execute(&mine, &msg));
    let msg = compounded(&suite, "val", u128::MAX);
    let full = ContractError::CapExceeded {
        asset: STAKE.into(),
        cap: CAP.into(),
        held: 1_500_u128.into(),
        offered: u128::MAX.into(),
    };
    suite.refuses(full, |s| s.execute(&mine, &msg));
}

#[test]
fn who_is_not_asked_is_refused() {
    let mut suite = Suite::staking();
    suite.unbonded(100);
    suite.reconcile(0, 0, Some((100, 0, 1))).unwrap();
    let restake = ExecuteMsg::Restake {
        asset: STAKE.into(),
        operator: suite.account("val").to_string(),
        amount: 10_u128.into(),
    };
    let reconcile = ExecuteMsg::Reconcile(suite.orders(1, 0, None));
    let staker = suite.staker_of("val").staker;
    for sender in [suite.account("owner"), suite.account("val"), staker] {
        for msg in [&restake, &reconcile] {
            let refused = ContractError::Unauthorized {
                sender: sender.clone(),
                expected: "delegation",
            };
            suite.refuses(refused, |s| s.execute(&sender, msg));
        }
    }
    let none = no_staker(&suite, "other");
    suite.refuses(none, |s| s.set_compound("other", true));
    let none = no_staker(&suite, "other");
    suite.refuses(none, |s| s.withdraw_rewards("other"));
    // Coins are for deposits.
    let paid = || cw_utils::PaymentError::NonPayable {}.into();
    let (alice, vault) = (suite.account("alice"), suite.vault.clone());
    let asset = STAKE.to_string();
    let messages = [
        ExecuteMsg::SetCompound {
            asset: asset.clone(),
            compound: true,
        },
        ExecuteMsg::OpenStaker {
            asset,
            validator: suite.validator("alice"),
            compound: true,
        },
        restake,
        reconcile,
    ];
    for msg in messages {
        suite.refuses(paid(), |s| {
            s.net.host.execute(&alice, &vault, &msg, &[coin(1, USTAKE)])
        });
    }
}

#[test]
fn stakers_are_listed_in_pages() {
    let mut suite = Suite::native();
    let list = |suite: &Suite, start_after: Option<&Addr>, limit| -> Vec<StakerResponse> {
        suite.query(&QueryMsg::Stakers {
            asset: STAKE.into(),
            start_after: start_after.map(Addr::to_string),
            limit,
        })
    };
    assert_eq!(list(&suite, None, None), []);
    for who in VALIDATORS {
        suite.open(who, who, false).unwrap();
    }
    let mut all = VALIDATORS.map(|who| suite.staker_of(who));
    all.sort_by_key(|staker| staker.operator.clone());
    assert_eq!(list(&suite, None, None), all);
    assert_eq!(list(&suite, None, Some(1)), all[..1]);
    assert_eq!(list(&suite, Some(&all[0].operator), None), all[1..]);
    assert_eq!(list(&suite, Some(&all[1].operator), None), []);
    let error = suite.query_error(&QueryMsg::Staker {
        asset: STAKE.into(),
        operator: suite.account("alice").to_string(),
    });
    assert!(error.contains("has no staker of stake"), "{error}");
    let gone = || "gone".to_string();
    for query in [
        QueryMsg::Staker {
            asset: gone(),
            operator: suite.account("val").to_string(),
        },
        QueryMsg::Stakers {
            asset: gone(),
            start_after: None,
            limit: None,
        },
    ] {
        let error = suite.query_error(&query);
        assert!(error.contains("no asset is called gone"), "{error}");
    }
}
