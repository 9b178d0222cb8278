//! The registry of assets.
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
use cosmwasm_std::{Decimal, StdError, Uint128};
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::vault::{AssetChange, AssetResponse, NewAsset, QueryMsg};
use palisade_vault::ContractError;

fn invalid(what: &'static str, value: &str, allowed: &'static str) -> ContractError {
    ContractError::InvalidParameter {
        what,
        value: value.into(),
        allowed,
    }
}

fn provided(suite: &Suite, min: u64, max: u64, max_age: u64, max_change: u64) -> RateSource {
    RateSource::Provider {
        contract: suite.provider.to_string(),
        min: Decimal::percent(min),
        max: Decimal::percent(max),
        max_age,
        max_change: Decimal::percent(max_change),
    }
}

#[test]
fn an_asset_is_registered_by_the_owner_and_open_from_then_on() {
    let mut suite = Suite::bare();
    let new = suite.new_lst();
    let response = suite.as_owner(&register(new.clone())).unwrap();
    assert_eq!(
        event(&response, "register_asset"),
        pairs(&[
            ("asset", LST),
            ("token", &format!("native/{ULST}")),
            ("rate", "1.2"),
            ("weight", "0.9"),
            ("cap", "1500000"),
            ("minimum", "10"),
        ])
    );
    let expected = AssetResponse {
        id: LST.into(),
        kind: new.kind,
        source: new.rate,
        rate: Decimal::percent(120),
        rate_updated_at: suite.net.host.time(),
        fresh: true,
        weight: Decimal::percent(90),
        cap: CAP.into(),
        minimum: MINIMUM.into(),
        deposits: true,
    };
    assert_eq!(suite.asset(LST), expected);
    assert_eq!(suite.books(LST), (0, 0, 0, 0));
    suite.deposit("alice", LST, 100, None).unwrap();
}

#[test]
fn assets_are_listed_by_name_in_bounded_pages() {
    let mut suite = Suite::bare();
    for number in 0..102 {
        let new = NewAsset {
            id: format!("a{number:03}"),
            kind: AssetKind::Native {
                denom: format!("denom{number}"),
            },
            ..suite.new_atom()
        };
        suite.as_owner(&register(new)).unwrap();
    }
    let page = |start_after: Option<&str>, limit| {
        let page: Vec<AssetResponse> = suite.query(&QueryMsg::Assets {
            start_after: start_after.map(String::from),
            limit,
        });
        let ids: Vec<String> = page.into_iter().map(|asset| asset.id).collect();
        (ids.len(), ids[0].clone())
    };
    assert_eq!(page(None, None), (30, "a000".to_string()));
    assert_eq!(page(None, Some(u32::MAX)), (100, "a000".to_string()));
    assert_eq!(page(Some("a099"), None), (2, "a100".to_string()));
    assert_eq!(page(Some("a000"), Some(1)), (1, "a001".to_string()));
}

#[test]
fn one_asset_for_each_name_and_for_each_token() {
    let mut suite = Suite::new();
    let again = suite.new_atom();
    suite.refuses(ContractError::AssetExists { asset: ATOM.into() }, |s| {
        s.as_owner(&register(again))
    });
    for (new, token) in [
        (suite.new_atom(), format!("native/{UATOM}")),
        (suite.new_gold(), format!("cw20/{}", suite.gold)),
    ] {
        let taken = ContractError::TokenTaken {
            token,
            asset: new.id.clone(),
        };
        let new = NewAsset {
            id: "other".into(),
            ..new
        };
        suite.refuses(taken, |s| s.as_owner(&register(new)));
    }
}

#[test]
fn names_of_assets_have_a_form() {
    let mut suite = Suite::bare();
    let allowed = "2 to 16 of a-z 0-9 -, a letter first";
    for id in [
        "",
        "a",
        "abcdefghijklmnopq",
        "1atom",
        "-atom",
        "Atom",
        "at om",
        "at_om",
        "atöm",
    ] {
        let new = NewAsset {
            id: id.into(),
            ..suite.new_atom()
        };
        suite.refuses(invalid("id", id, allowed), |s| s.as_owner(&register(new)));
    }
    for (id, denom) in [("ab", "one"), ("abcdefghijklmn-9", "two")] {
        let new = NewAsset {
            id: id.into(),
            kind: AssetKind::Native {
                denom: denom.into(),
            },
            ..suite.new_atom()
        };
        suite.as_owner(&register(new)).unwrap();
    }
}

/// Every parameter that is refused, as a change of a good asset and as part of a new one.
#[test]
fn parameters_out_of_range_are_refused_at_first_and_later() {
    let mut suite = Suite::new();
    let above_one = Decimal::one().saturating_add(Decimal::raw(1));
    let change = AssetChange::default;
    let weight = "above 0 and at most 1";
    let source = |rate| AssetChange {
        rate: Some(rate),
        ..change()
    };
    let cases = [
        (
            AssetChange {
                weight: Some(Decimal::zero()),
                ..change()
            },
            invalid("weight", "0", weight),
        ),
        (
            AssetChange {
                weight: Some(above_one),
                ..change()
            },
            invalid("weight", "1.000000000000000001", weight),
        ),
        (
            AssetChange {
                cap: Some(Uint128::new(10_u128.pow(31) + 1)),
                ..change()
            },
            invalid("cap", "10000000000000000000000000000001", "at most 10^31"),
        ),
        (
            AssetChange {
                minimum: Some(Uint128::zero()),
                ..change()
            },
            invalid("minimum", "0", "at least 1"),
        ),
        (
            source(RateSource::Fixed {
                rate: Decimal::zero(),
            }),
            invalid("rate", "0", "above 0"),
        ),
        (
            source(provided(&suite, 0, 200, 1, 1)),
            invalid("min", "0", "above 0"),
        ),
        (
            source(provided(&suite, 100, 99, 1, 1)),
            invalid("max", "0.99", "at least min"),
        ),
        (
            source(provided(&suite, 100, 200, 0, 1)),
            invalid("max_age", "0", "above 0"),
        ),
        (
            source(provided(&suite, 100, 200, 1, 0)),
            invalid("max_change", "0", "above 0"),
        ),
    ];
    for (change, expected) in cases {
        let other = NewAsset {
            id: "other".into(),
            kind: AssetKind::Native {
                denom: "uother".into(),
            },
            ..suite.new_atom()
        };
        let new = NewAsset {
            rate: change.rate.clone().unwrap_or(other.rate),
            weight: change.weight.unwrap_or(other.weight),
            cap: change.cap.unwrap_or(other.cap),
            minimum: change.minimum.unwrap_or(other.minimum),
            ..other
        };
        let error = suite.as_owner(&register(new)).unwrap_err();
        assert_eq!(error.contract_error(), Some(&expected));
        suite.refuses(expected, |s| s.as_owner(&update(ATOM, change)));
    }
}

#[test]
fn all_of_an_asset_is_worth_no_more_than_powers_can_add_up() {
    let mut suite = Suite::new();
    let limit = Uint128::new(10_u128.pow(37));
    let highest = Uint128::new(10_u128.pow(31));
    let million: Decimal = "1000000".parse().unwrap();
    let with = |cap: Uint128, rate: Decimal| AssetChange {
        cap: Some(cap),
        rate: Some(RateSource::Fixed { rate }),
        ..AssetChange::default()
    };
    suite
        .as_owner(&update(ATOM, with(highest, million)))
        .unwrap();
    let above: Decimal = "1000000.000001".parse().unwrap();
    for (cap, rate) in [(highest, above), (highest, Decimal::MAX)] {
        let too_much = ContractError::WorthTooMuch {
            amount: cap,
            rate,
            limit,
        };
        suite.refuses(too_much, |s| s.as_owner(&update(ATOM, with(cap, rate))));
    }
    // What is held counts where the cap lies below it.
    let alice = suite.account("alice");
    suite.net.host.mint(&alice, highest.u128(), UATOM).unwrap();
    let half = highest.u128() / 2;
    suite.deposit("alice", ATOM, half, None).unwrap();
    suite.deposit("alice", ATOM, half, Some("val")).unwrap();
    let too_much = ContractError::WorthTooMuch {
        amount: highest,
        rate: above,
        limit,
    };
    let cap = Uint128::zero();
    suite.refuses(too_much, |s| s.as_owner(&update(ATOM, with(cap, above))));
    suite.as_owner(&update(ATOM, with(cap, million))).unwrap();
}

#[test]
fn a_native_token_has_a_valid_denom() {
    let mut suite = Suite::bare();
    for denom in ["", "ab", "1atom", "u atom"] {
        let new = NewAsset {
            kind: AssetKind::Native {
                denom: denom.into(),
            },
            ..suite.new_atom()
        };
        let allowed = "3 to 128 of a-z A-Z 0-9 / : . _ -, a letter first";
        suite.refuses(invalid("denom", denom, allowed), |s| {
            s.as_owner(&register(new))
        });
    }
}

#[test]
fn a_cw20_token_is_a_contract_that_answers_like_one() {
    let mut suite = Suite::bare();
    let with = |address: String, suite: &Suite| NewAsset {
        kind: AssetKind::Cw20 { address },
        ..suite.new_gold()
    };
    // An account, and a contract of another kind.
    for address in [suite.account("alice"), suite.provider.clone()] {
        let new = with(address.to_string(), &suite);
        let before = suite.snapshot();
        let error = suite.as_owner(&register(new)).unwrap_err();
        let Some(ContractError::NotCw20 { address: named, .. }) = error.contract_error() else {
            panic!("{error}")
        };
        assert_eq!(*named, address);
        assert_eq!(suite.snapshot(), before);
    }
    let error = suite.as_owner(&register(with("Gold".into(), &suite)));
    let error = error.unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Std(StdError::GenericErr { .. }))
    ));
}

#[test]
fn the_first_rate_of_a_provider_must_be_good() {
    let mut suite = Suite::bare();
    suite.set_rate("2.1");
    let new = suite.new_lst();
    let out_of_bounds = ContractError::RateOutOfBounds {
        rate: Decimal::percent(210),
        min: Decimal::one(),
        max: Decimal::percent(200),
    };
    suite.refuses(out_of_bounds, |s| s.as_owner(&register(new.clone())));
    suite.set_rate("1.5");
    let updated_at = suite.net.host.time();
    suite.net.host.advance(HOUR + 5);
    let stale = || ContractError::RateStale {
        updated_at,
        max_age: HOUR,
    };
    suite.refuses(stale(), |s| s.as_owner(&register(new.clone())));
    suite.set_rate("1.5");
    suite.as_owner(&register(new.clone())).unwrap();

    // A new source is held to the same, but not to the last rate of the old one.
    let source = AssetChange {
        rate: Some(new.rate),
        ..AssetChange::default()
    };
    let updated_at = suite.net.host.time();
    suite.net.host.advance(HOUR + 5);
    suite.refuses(
        ContractError::RateStale {
            updated_at,
            max_age: HOUR,
        },
        |s| s.as_owner(&update(LST, source.clone())),
    );
    suite.set_rate("1");
    let response = suite.as_owner(&update(LST, source)).unwrap();
    assert_eq!(
        event(&response, "update_asset"),
        pairs(&[("asset", LST), ("rate", "1")])
    );
    assert_eq!(suite.asset(LST).rate, Decimal::one());
    suite.deposit("alice", LST, 100, None).unwrap();

    let fixed = AssetChange {
        rate: Some(RateSource::Fixed {
            rate: Decimal::percent(300),
        }),
        ..AssetChange::default()
    };
    suite.break_provider();
    suite.as_owner(&update(LST, fixed)).unwrap();
    let asset = suite.asset(LST);
    let now = suite.net.host.time();
    assert_eq!(
        (asset.rate, asset.rate_updated_at, asset.fresh),
        (Decimal::percent(300), now, true)
    );
    suite.deposit("alice", LST, 100, None).unwrap();
}

#[test]
fn an_asset_changes_where_the_owner_says_so_and_nowhere_else() {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 1_000, Some("val")).unwrap();
    let before = suite.asset(ATOM);
    let change = AssetChange {
        weight: Some(Decimal::percent(50)),
        cap: Some(Uint128::new(900)),
        minimum: Some(Uint128::new(5)),
        deposits: Some(false),
        ..AssetChange::default()
    };
    let response = suite.as_owner(&update(ATOM, change)).unwrap();
    assert_eq!(
        event(&response, "update_asset"),
        pairs(&[
            ("asset", ATOM),
            ("weight", "0.5"),
            ("cap", "900"),
            ("minimum", "5"),
            ("deposits", "false"),
        ])
    );
    let expected = AssetResponse {
        weight: Decimal::percent(50),
        cap: Uint128::new(900),
        minimum: Uint128::new(5),
        deposits: false,
        ..before
    };
    assert_eq!(suite.asset(ATOM), expected);

    // Open again: what is above the lower cap only leaves.
    let open = AssetChange {
        deposits: Some(true),
        ..AssetChange::default()
    };
    suite.as_owner(&update(ATOM, open)).unwrap();
    suite.refuses(
        ContractError::CapExceeded {
            asset: ATOM.into(),
            cap: Uint128::new(900),
            held: Uint128::new(1_000),
            offered: Uint128::new(5),
        },
        |s| s.deposit("alice", ATOM, 5, None),
    );
    suite.release(ATOM, 105, "alice").unwrap();
    suite.deposit("alice", ATOM, 5, None).unwrap();
    let unknown = ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown, |s| {
        s.as_owner(&update("gone", AssetChange::default()))
    });
}
