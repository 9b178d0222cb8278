//! Operators: registration, commission, lists.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{assert_error, metadata, registration, Outcome, Suite, ATOM, DAY};
use cosmwasm_std::Decimal;
use palisade_delegation::ContractError;
use palisade_types::delegation::{
    Commission, ExecuteMsg, OperatorChange, OperatorMetadata, OperatorResponse, QueryMsg,
};

fn operator(s: &Suite, name: &str) -> OperatorResponse {
    s.query(&QueryMsg::Operator {
        operator: s.who(name).to_string(),
    })
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
    OperatorChange {
        commission: Some(Decimal::percent(percent)),
        ..Default::default()
    }
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
    let twice = ContractError::AlreadyRegistered {
        operator: s.who("op"),
    };
    s.refused(&twice, |s| s.execute("op", &registration("op")));
}

#[test]
fn texts_out_of_range_are_refused() {
    let mut s = Suite::new();
    let long = |bytes| "x".repeat(bytes);
    let texts = [
        (
            "name",
            0,
            1,
            70,
            OperatorMetadata {
                name: long(0),
                ..metadata("")
            },
        ),
        ("name", 71, 1, 70, metadata(&long(71))),
        (
            "website",
            141,
            0,
            140,
            OperatorMetadata {
                website: long(141),
                ..metadata("x")
            },
        ),
        (
            "details",
            281,
            0,
            280,
            OperatorMetadata {
                details: long(281),
                ..metadata("x")
            },
        ),
    ];
    for (field, actual, min, max, text) in texts {
        let expected = ContractError::TextLength {
            field,
            min,
            max,
            actual,
        };
        let ExecuteMsg::RegisterOperator {
            commission,
            restricted,
            ..
        } = registration("x")
        else {
            unreachable!()
        };
        let msg = ExecuteMsg::RegisterOperator {
            metadata: text.clone(),
            commission,
            restricted,
        };
        s.refused(&expected, |s| s.execute("new", &msg));
        let change = OperatorChange {
            metadata: Some(text),
            ..Default::default()
        };
        s.refused(&expected, |s| update(s, "op", change));
    }
    let longest = OperatorMetadata {
        name: long(70),
        website: long(140),
        details: long(280),
    };
    let change = OperatorChange {
        metadata: Some(longest.clone()),
        ..Default::default()
    };
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
    let soon = ContractError::CommissionTooSoon {
        earliest: start.plus_seconds(DAY),
    };
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
    assert_eq!(
        (changed.commission.rate, changed.commission_updated_at),
        (Decimal::percent(12), s.now())
    );
    let soon = ContractError::CommissionTooSoon {
        earliest: s.now().plus_seconds(DAY),
    };
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
    let change = OperatorChange {
        accepts_stake: Some(false),
        ..Default::default()
    };
    update(&mut s, "op", change).unwrap();
    assert_eq!(
        operator(&s, "op"),
        OperatorResponse {
            accepts_stake: false,
            ..before.clone()
        }
    );
    let change = OperatorChange {
        restricted: Some(true),
        ..Default::default()
    };
    update(&mut s, "op", change).unwrap();
    let both = OperatorResponse {
        accepts_stake: false,
        restricted: true,
        ..before
    };
    assert_eq!(operator(&s, "op"), both);
    s.refused(&ContractError::NothingToChange, |s| {
        update(s, "op", OperatorChange::default())
    });
    let unknown = ContractError::UnknownOperator {
        operator: s.who("ann"),
    };
    s.refused(&unknown, |s| update(s, "ann", rate(1)));
}

#[test]
fn a_restricted_operator_takes_listed_stakers_only() {
    let mut s = Suite::new();
    let restrict = OperatorChange {
        restricted: Some(true),
        ..Default::default()
    };
    update(&mut s, "op", restrict).unwrap();
    let set = |s: &mut Suite, add: &[&str], remove: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|n| s.who(n).to_string()).collect();
        let msg = ExecuteMsg::SetStakers {
            add: names(add),
            remove: names(remove),
        };
        s.execute("op", &msg)
    };
    set(&mut s, &["ann", "bob"], &[]).unwrap();
    assert_eq!(
        (may_join(&s, "op", "ann"), may_join(&s, "op", "carol")),
        (true, false)
    );
    s.deposit("ann", "op", ATOM, 100).unwrap();
    let unlisted = ContractError::NotListed {
        operator: s.who("op"),
        staker: s.who("carol"),
    };
    assert_error(&s.deposit("carol", "op", ATOM, 100), &unlisted);
    // It counts whose the deposit is, not who pays.
    let ann = s.who("ann");
    s.deposit_for(&ann, "carol", "op", ATOM, 1).unwrap();

    set(&mut s, &["carol"], &["ann"]).unwrap();
    let unlisted = ContractError::NotListed {
        operator: s.who("op"),
        staker: s.who("ann"),
    };
    assert_error(&s.deposit("ann", "op", ATOM, 100), &unlisted);
    assert_eq!(
        s.stake("ann", "op", ATOM),
        Some(101),
        "what she staked stays"
    );
    s.deposit("carol", "op", ATOM, 5).unwrap();
    assert!(may_join(&s, "other", "ann"), "a list is one operator's own");
}

#[test]
fn lists_are_bounded_valid_and_without_duplicates() {
    let mut s = Suite::new();
    let (ann, bob) = (s.who("ann").to_string(), s.who("bob").to_string());
    let set = |add: Vec<String>, remove: Vec<String>| ExecuteMsg::SetStakers { add, remove };
    let many: Vec<String> = (0..101)
        .map(|n| s.who(&format!("s{n}")).to_string())
        .collect();
    let too_many = ContractError::TooMany {
        what: "stakers",
        limit: 100,
        actual: 101,
    };
    s.refused(&too_many, |s| s.execute("op", &set(many.clone(), vec![])));
    s.refused(&too_many, |s| s.execute("op", &set(vec![], many.clone())));
    let twice = ContractError::Duplicate {
        what: "staker",
        value: ann.clone(),
    };
    s.refused(&twice, |s| {
        s.execute(
            "op",
            &set(vec![ann.clone(), bob.clone(), ann.clone()], vec![]),
        )
    });
    s.refused(&twice, |s| {
        s.execute("op", &set(vec![ann.clone()], vec![ann.clone()]))
    });
    s.refused(&ContractError::NothingToChange, |s| {
        s.execute("op", &set(vec![], vec![]))
    });
    let unknown = ContractError::UnknownOperator {
        operator: s.who("ann"),
    };
    s.refused(&unknown, |s| s.execute("ann", &set(vec![bob], vec![])));
    let before = s.state();
    let outcome = s.execute("op", &set(vec!["nonsense".to_string()], vec![]));
    assert!(matches!(
        outcome.unwrap_err().downcast_ref(),
        Some(ContractError::Std(_))
    ));
    assert_eq!(s.state(), before);
}
