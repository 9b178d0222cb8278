//! Operators: registration, commission, lists; and the administration of the contract.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{assert_error, metadata, registration, Outcome, Suite, ATOM, DAY};
use cosmwasm_std::{coins, Decimal, StdError, Uint128};
use cw_multi_test::{BankSudo, Executor, SudoMsg};
use cw_ownable::{Action as Ownership, OwnershipError};
use cw_utils::PaymentError;
use palisade_admin::{AdminError, AdminMsg};
use palisade_delegation::ContractError;
use palisade_math::MathError;
use palisade_types::delegation::{
    Action, Commission, ConfigResponse, ExecuteMsg, InstantiateMsg, MigrateMsg, OperatorChange,
    OperatorMetadata, OperatorResponse, QueryMsg,
};

fn operator(s: &Suite, name: &str) -> OperatorResponse {
    s.query(&QueryMsg::Operator { operator: s.who(name).to_string() })
}

fn may_join(s: &Suite, name: &str, staker: &str) -> bool {
    s.query(&QueryMsg::MayJoin {
        operator: s.who(name).to_string(),
        staker: s.who(staker).to_string(),
    })
}

fn update(s: &mut Suite, sender: &str, change: OperatorChange) -> Outcome {
    s.execute(sender, &ExecuteMsg::UpdateOperator(change))
}

fn rate(percent: u64) -> OperatorChange {
    OperatorChange { commission: Some(Decimal::percent(percent)), ..Default::default() }
}

#[test]
fn an_operator_registers_once() {
    let mut s = Suite::new();
    let found = operator(&s, "op");
    assert_eq!(found.operator, s.who("op"));
    assert_eq!(found.metadata, metadata("op"));
    assert_eq!(found.commission.rate, Decimal::percent(10));
    assert_eq!((found.accepts_stake, found.restricted), (true, false));
    assert_eq!(found.commission_updated_at, s.now());
    let twice = ContractError::AlreadyRegistered { operator: s.who("op") };
    s.refused(&twice, |s| s.execute("op", &registration("op")));
}

#[test]
fn texts_out_of_range_are_refused() {
    let mut s = Suite::new();
    let long = |bytes| "x".repeat(bytes);
    let texts = [
        ("name", 0, 1, 70, OperatorMetadata { name: long(0), ..metadata("") }),
        ("name", 71, 1, 70, metadata(&long(71))),
        ("website", 141, 0, 140, OperatorMetadata { website: long(141), ..metadata("x") }),
        ("details", 281, 0, 280, OperatorMetadata { details: long(281), ..metadata("x") }),
    ];
    for (field, actual, min, max, text) in texts {
        let expected = ContractError::TextLength { field, min, max, actual };
        let ExecuteMsg::RegisterOperator { commission, restricted, .. } = registration("x") else {
            unreachable!()
        };
        let msg = ExecuteMsg::RegisterOperator { metadata: text.clone(), commission, restricted };
        s.refused(&expected, |s| s.execute("new", &msg));
        let change = OperatorChange { metadata: Some(text), ..Default::default() };
        s.refused(&expected, |s| update(s, "op", change));
    }
    let longest = OperatorMetadata { name: long(70), website: long(140), details: long(280) };
    let change = OperatorChange { metadata: Some(longest.clone()), ..Default::default() };
    update(&mut s, "op", change).unwrap();
    assert_eq!(operator(&s, "op").metadata, longest);
}

#[test]
fn commissions_out_of_range_are_refused() {
    let mut s = Suite::new();
    for (name, rate, max_rate, max_daily_change, value, limit) in [
        ("max_rate", 10, 101, 1, 101, 100),
        ("rate", 21, 20, 1, 21, 20),
        ("max_daily_change", 10, 20, 21, 21, 20),
    ] {
        let msg = ExecuteMsg::RegisterOperator {
            metadata: metadata("new"),
            commission: Commission {
                rate: Decimal::percent(rate),
                max_rate: Decimal::percent(max_rate),
                max_daily_change: Decimal::percent(max_daily_change),
            },
            restricted: false,
        };
        let (value, limit) = (Decimal::percent(value), Decimal::percent(limit));
        let expected = ContractError::CommissionAbove { name, value, limit };
        s.refused(&expected, |s| s.execute("new", &msg));
    }
}

#[test]
fn a_commission_changes_once_a_day_and_rises_slowly() {
    let mut s = Suite::new();
    let start = s.now();
    s.advance(DAY - 1);
    let soon = ContractError::CommissionTooSoon { earliest: start.plus_seconds(DAY) };
    s.refused(&soon, |s| update(s, "op", rate(11)));
    s.advance(1);
    let above = |name, value, limit| ContractError::CommissionAbove {
        name,
        value: Decimal::percent(value),
        limit: Decimal::percent(limit),
    };
    s.refused(&above("daily change", 3, 2), |s| update(s, "op", rate(13)));
    s.refused(&above("rate", 21, 20), |s| update(s, "op", rate(21)));
    update(&mut s, "op", rate(12)).unwrap();
    let changed = operator(&s, "op");
    assert_eq!((changed.commission.rate, changed.commission_updated_at), (Decimal::percent(12), s.now()));
    let soon = ContractError::CommissionTooSoon { earliest: s.now().plus_seconds(DAY) };
    s.refused(&soon, |s| update(s, "op", rate(1)));
    s.advance(DAY);
    update(&mut s, "op", rate(0)).unwrap();
    assert_eq!(operator(&s, "op").commission.rate, Decimal::zero());
    assert_eq!(operator(&s, "other").commission.rate, Decimal::percent(10));
}

#[test]
fn updates_change_what_they_name() {
    let mut s = Suite::new();
    let before = operator(&s, "op");
    let change = OperatorChange { accepts_stake: Some(false), ..Default::default() };
    update(&mut s, "op", change).unwrap();
    assert_eq!(operator(&s, "op"), OperatorResponse { accepts_stake: false, ..before.clone() });
    let change = OperatorChange { restricted: Some(true), ..Default::default() };
    update(&mut s, "op", change).unwrap();
    let both = OperatorResponse { accepts_stake: false, restricted: true, ..before };
    assert_eq!(operator(&s, "op"), both);
    s.refused(&ContractError::NothingToChange, |s| update(s, "op", OperatorChange::default()));
    let unknown = ContractError::UnknownOperator { operator: s.who("ann") };
    s.refused(&unknown, |s| update(s, "ann", rate(1)));
}

#[test]
fn a_restricted_operator_takes_listed_stakers_only() {
    let mut s = Suite::new();
    let restrict = OperatorChange { restricted: Some(true), ..Default::default() };
    update(&mut s, "op", restrict).unwrap();
    let set = |s: &mut Suite, add: &[&str], remove: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|n| s.who(n).to_string()).collect();
        let msg = ExecuteMsg::SetStakers { add: names(add), remove: names(remove) };
        s.execute("op", &msg)
    };
    set(&mut s, &["ann", "bob"], &[]).unwrap();
    assert_eq!((may_join(&s, "op", "ann"), may_join(&s, "op", "carol")), (true, false));
    s.deposit("ann", "op", ATOM, 100).unwrap();
    let unlisted = ContractError::NotListed { operator: s.who("op"), staker: s.who("carol") };
    assert_error(&s.deposit("carol", "op", ATOM, 100), &unlisted);
    // It counts whose the deposit is, not who pays.
    let ann = s.who("ann");
    s.deposit_for(&ann, "carol", "op", ATOM, 1).unwrap();

    set(&mut s, &["carol"], &["ann"]).unwrap();
    let unlisted = ContractError::NotListed { operator: s.who("op"), staker: s.who("ann") };
    assert_error(&s.deposit("ann", "op", ATOM, 100), &unlisted);
    assert_eq!(s.stake("ann", "op", ATOM), Some(101), "what she staked stays");
    s.deposit("carol", "op", ATOM, 5).unwrap();
    assert!(may_join(&s, "other", "ann"), "a list is one operator's own");
}

#[test]
fn lists_are_bounded_valid_and_without_duplicates() {
    let mut s = Suite::new();
    let (ann, bob) = (s.who("ann").to_string(), s.who("bob").to_string());
    let set = |add: Vec<String>, remove: Vec<String>| ExecuteMsg::SetStakers { add, remove };
    let many: Vec<String> = (0..101).map(|n| s.who(&format!("s{n}")).to_string()).collect();
    let too_many = ContractError::TooMany { what: "stakers", limit: 100, actual: 101 };
    s.refused(&too_many, |s| s.execute("op", &set(many.clone(), vec![])));
    s.refused(&too_many, |s| s.execute("op", &set(vec![], many.clone())));
    let twice = ContractError::Duplicate { what: "staker", value: ann.clone() };
    s.refused(&twice, |s| s.execute("op", &set(vec![ann.clone(), bob.clone(), ann.clone()], vec![])));
    s.refused(&twice, |s| s.execute("op", &set(vec![ann.clone()], vec![ann.clone()])));
    s.refused(&ContractError::NothingToChange, |s| s.execute("op", &set(vec![], vec![])));
    let unknown = ContractError::UnknownOperator { operator: s.who("ann") };
    s.refused(&unknown, |s| s.execute("ann", &set(vec![bob], vec![])));
    let before = s.state();
    let outcome = s.execute("op", &set(vec!["nonsense".to_string()], vec![]));
    assert!(matches!(outcome.unwrap_err().downcast_ref(), Some(ContractError::Std(_))));
    assert_eq!(s.state(), before);
}

#[test]
fn only_the_vault_joins() {
    let mut s = Suite::new();
    let msg = ExecuteMsg::Join {
        owner: s.who("ann").to_string(),
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        amount: Uint128::new(5),
    };
    for sender in ["ann", "op", "owner", "allocation"] {
        let expected = ContractError::Unauthorized { sender: s.who(sender), expected: "vault" };
        s.refused(&expected, |s| s.execute(sender, &msg));
    }
    let unknown = ContractError::UnknownOperator { operator: s.who("nobody") };
    assert_error(&s.deposit("ann", "nobody", ATOM, 5), &unknown);
    assert_eq!(s.books(ATOM).staked.u128(), 0);
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.undelegate("ann", "op", ATOM, 50).unwrap();
    let no_position = |s: &Suite, owner: &str, operator: &str, asset: &str| {
        ContractError::NoPosition {
            owner: s.who(owner),
            operator: s.who(operator),
            asset: asset.to_string(),
        }
    };
    for (owner, operator, asset) in [("bob", "op", ATOM), ("ann", "other", ATOM), ("ann", "op", "none")] {
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
    s.refused(&ContractError::ZeroAmount, |s| s.undelegate("ann", "op", ATOM, 0));
    s.refused(&ContractError::ZeroAmount, |s| s.cancel("ann", "op", ATOM, 0, 0));
    let bad = ExecuteMsg::Claim {
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        recipient: Some("Nobody".to_string()),
    };
    s.advance(10 * DAY);
    let before = s.state();
    let outcome = s.execute("ann", &bad);
    assert!(matches!(outcome.unwrap_err().downcast_ref(), Some(ContractError::Std(_))));
    assert_eq!(s.state(), before);
}

#[test]
fn coins_are_refused_on_every_message() {
    let mut s = Suite::new();
    let ann = s.who("ann");
    let funds = coins(5, "uatom");
    s.app
        .sudo(SudoMsg::Bank(BankSudo::Mint { to_address: ann.to_string(), amount: funds.clone() }))
        .unwrap();
    let op = s.who("op").to_string();
    let asset = ATOM.to_string();
    let now = s.now();
    let messages = [
        registration("ann"),
        ExecuteMsg::UpdateOperator(rate(1)),
        ExecuteMsg::SetStakers { add: vec![], remove: vec![] },
        ExecuteMsg::Join { owner: op.clone(), operator: op.clone(), asset: asset.clone(), amount: 5u128.into() },
        ExecuteMsg::Undelegate { operator: op.clone(), asset: asset.clone(), amount: None },
        ExecuteMsg::Cancel { operator: op.clone(), asset: asset.clone(), epoch: 0, amount: None },
        ExecuteMsg::Claim { operator: op.clone(), asset: asset.clone(), recipient: None },
        ExecuteMsg::Redelegate { operator: op.clone(), asset, to: op.clone() },
        ExecuteMsg::Slash(s.penalty("op", 5, now)),
        ExecuteMsg::Connect { allocation: op },
        ExecuteMsg::Admin(AdminMsg::Unpause { action: Action::Exits }),
        ExecuteMsg::UpdateOwnership(Ownership::AcceptOwnership),
    ];
    for msg in messages {
        let expected = ContractError::Payment(PaymentError::NonPayable {});
        s.refused(&expected, |s| {
            let delegation = s.delegation.clone();
            s.app.execute_contract(ann.clone(), delegation, &msg, &funds)
        });
    }
}

#[test]
fn the_allocation_contract_is_named_once_by_the_owner() {
    let mut s = Suite::bare();
    let connect = |who: &Suite, name: &str| ExecuteMsg::Connect { allocation: who.who(name).to_string() };
    let msg = connect(&s, "allocation");
    let not_owner = ContractError::Admin(AdminError::Ownership(OwnershipError::NotOwner));
    s.refused(&not_owner, |s| s.execute("guardian", &msg));
    s.execute("owner", &msg).unwrap();
    let config: ConfigResponse = s.query(&QueryMsg::Config {});
    assert_eq!(config.allocation, Some(s.who("allocation")));
    assert_eq!(config.vault, s.vault);
    assert_eq!((config.genesis, config.epoch_length, config.unbonding_period), (s.now(), DAY, 3 * DAY));
    let again = ContractError::AlreadyConnected { allocation: s.who("allocation") };
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
    s.execute("heir", &ExecuteMsg::UpdateOwnership(Ownership::AcceptOwnership)).unwrap();
    let connect = ExecuteMsg::Connect { allocation: s.allocation.to_string() };
    s.refused(&not_owner, |s| s.execute("owner", &connect));
    s.execute("heir", &connect).unwrap();
}

#[test]
fn only_guardian_and_owner_pause() {
    let mut s = Suite::new();
    let pause = ExecuteMsg::Admin(AdminMsg::Pause { action: Action::Exits, seconds: Some(5) });
    let refused = ContractError::Admin(AdminError::NotGuardian { sender: s.who("ann") });
    s.refused(&refused, |s| s.execute("ann", &pause));
    s.execute("owner", &pause).unwrap();
    let guard: palisade_admin::GuardResponse = s.query(&QueryMsg::Guard {});
    assert_eq!((guard.guardian, guard.pauses.len()), (Some(s.guardian.clone()), 1));
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
        };
        let owner = s.owner.clone();
        let outcome = s.app.instantiate_contract(s.code, owner, &msg, &[], "d", None);
        outcome.map_err(|error| error.downcast::<ContractError>().unwrap())
    };
    for (length, unbonding) in [(0, DAY), (DAY, 32 * DAY)] {
        let error = instantiate(length, unbonding).unwrap_err();
        assert!(matches!(error, ContractError::Math(MathError::InvalidEpochs { .. })), "{error}");
    }
    let error = instantiate(u64::MAX, u64::MAX).unwrap_err();
    assert_eq!(error, ContractError::Math(MathError::TimeOutOfRange { epoch: 0 }));
    instantiate(DAY, 31 * DAY).unwrap();
}

#[test]
fn migration_goes_forward_only() {
    let mut s = Suite::bare();
    let (owner, delegation, code) = (s.owner.clone(), s.delegation.clone(), s.code);
    let version = env!("CARGO_PKG_VERSION").to_string();
    let expected = ContractError::Admin(AdminError::NotNewer { stored: version.clone(), new: version });
    s.refused(&expected, |s| s.app.migrate_contract(owner, delegation, &MigrateMsg {}, code));
    let info = cw2::query_contract_info(&s.app.wrap(), s.delegation.to_string()).unwrap();
    assert_eq!(info.contract, "palisade:delegation");
}

#[test]
fn a_malformed_message_is_refused() {
    let mut s = Suite::new();
    let before = s.state();
    let (owner, delegation) = (s.owner.clone(), s.delegation.clone());
    let nonsense = nonsense();
    assert!(s.app.execute_contract(owner, delegation, &nonsense, &[]).is_err());
    assert_eq!(s.state(), before);
    let query: Result<String, StdError> = s.app.wrap().query_wasm_smart(&s.delegation, &nonsense);
    assert!(query.is_err());
}

fn nonsense() -> std::collections::BTreeMap<String, String> {
    [("drain".to_string(), "all".to_string())].into()
}
