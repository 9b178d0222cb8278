//! Rates: what is believed, what is stored, and what goes on without a rate.
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
use cosmwasm_std::{Decimal, StdError, Timestamp};
use palisade_types::asset::{Price, RateSource, MAX_CLOCK_SKEW};
use palisade_types::vault::{AssetChange, ExecuteMsg, QueryMsg};
use palisade_vault::ContractError;

fn rate(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn update_rate(asset: &str) -> ExecuteMsg {
    ExecuteMsg::UpdateRate {
        asset: asset.into(),
    }
}

fn jump(last: &str, to: &str) -> ContractError {
    ContractError::RateChangedTooMuch {
        last: rate(last),
        rate: rate(to),
        max_change: Decimal::percent(10),
    }
}

/// Neither a deposit, idle or staked, nor an update of the rate gets past the provider's answer.
#[track_caller]
fn refused_everywhere(suite: &mut Suite, error: impl Fn() -> ContractError) {
    suite.refuses(error(), |s| s.deposit("alice", LST, 100, Some("val")));
    suite.refuses(error(), |s| s.deposit("alice", LST, 100, None));
    suite.refuses(error(), |s| s.by("stranger", &update_rate(LST)));
}

fn prices(suite: &Suite) -> Vec<Price> {
    suite.query(&QueryMsg::Prices {
        assets: vec![LST.into(), GOLD.into()],
    })
}

fn price(asset: &str, rate: Decimal, weight: u64, fresh: bool) -> Price {
    Price {
        asset: asset.into(),
        rate,
        weight: Decimal::percent(weight),
        fresh,
    }
}

#[test]
fn a_deposit_asks_the_provider_and_keeps_what_is_new() {
    let mut suite = Suite::new();
    let registered = suite.asset(LST).rate_updated_at;
    let response = suite.deposit("alice", LST, 100, Some("val")).unwrap();
    assert!(response.events.iter().all(|e| e.ty != "wasm-update_rate"));
    assert_eq!(suite.asset(LST).rate_updated_at, registered);

    suite.net.host.advance(HOUR);
    suite.set_rate("1.25");
    let response = suite.deposit("alice", LST, 100, Some("val")).unwrap();
    let now = suite.net.host.time();
    assert_eq!(
        event(&response, "update_rate"),
        pairs(&[
            ("asset", LST),
            ("rate", "1.25"),
            ("updated_at", &now.to_string()),
        ])
    );
    let asset = suite.asset(LST);
    assert_eq!((asset.rate, asset.rate_updated_at), (rate("1.25"), now));
    assert_eq!(suite.books(LST), (0, 200, 0, 200));
}

#[test]
fn anybody_updates_a_rate() {
    let mut suite = Suite::new();
    suite.set_rate("1.1");
    let response = suite.by("stranger", &update_rate(LST)).unwrap();
    assert_eq!(event(&response, "update_rate")[1].1, "1.1");
    assert_eq!(suite.asset(LST).rate, rate("1.1"));
    // The same answer again is no news, and no error.
    let response = suite.by("stranger", &update_rate(LST)).unwrap();
    assert!(response.events.iter().all(|e| e.ty != "wasm-update_rate"));

    let fixed = || ContractError::FixedRate { asset: ATOM.into() };
    suite.refuses(fixed(), |s| s.by("stranger", &update_rate(ATOM)));
    let unknown = ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown, |s| s.by("stranger", &update_rate("gone")));
}

#[test]
fn stale_rate() {
    let mut suite = Suite::new();
    let set = suite.net.host.time();
    suite.set_rate("1.2");
    suite.by("stranger", &update_rate(LST)).unwrap();
    suite.net.host.advance(HOUR);
    suite.deposit("alice", LST, 100, None).unwrap();
    suite.deposit("alice", LST, 100, Some("val")).unwrap();
    assert_eq!(prices(&suite)[0], price(LST, rate("1.2"), 90, true));

    suite.net.host.advance(5);
    refused_everywhere(&mut suite, || ContractError::RateStale {
        updated_at: set,
        max_age: HOUR,
    });
    assert_eq!(prices(&suite)[0], price(LST, rate("1.2"), 90, false));
    assert!(!suite.asset(LST).fresh);
    // What is in goes on, and out; other assets do not care.
    suite.delegate("alice", LST, "val", 40).unwrap();
    suite.withdraw("alice", LST, 60).unwrap();
    suite.release(LST, 140, "alice").unwrap();
    assert_eq!(suite.purse("alice", LST), PURSE);
    suite.deposit("alice", GOLD, 100, Some("val")).unwrap();
}

#[test]
fn a_rate_from_the_future_is_refused_but_for_the_skew_of_clocks() {
    let mut suite = Suite::new();
    let latest = suite.net.host.time().plus_seconds(MAX_CLOCK_SKEW);
    suite.set_rate_at("1.2", latest);
    suite.deposit("alice", LST, 100, Some("val")).unwrap();
    assert_eq!(suite.asset(LST).rate_updated_at, latest);
    assert!(suite.asset(LST).fresh);

    for updated_at in [latest.plus_nanos(1), Timestamp::from_nanos(u64::MAX)] {
        suite.set_rate_at("1.2", updated_at);
        refused_everywhere(&mut suite, || ContractError::RateFromFuture {
            updated_at,
            max_skew: MAX_CLOCK_SKEW,
        });
    }
}

#[test]
fn lst_depeg() {
    let mut suite = Suite::new();
    suite.deposit("alice", LST, 1_000, None).unwrap();
    // A fall of a tenth is believed, one of more is not: the last good rate goes on serving.
    suite.set_rate("1.08");
    suite.by("stranger", &update_rate(LST)).unwrap();
    suite.set_rate("0.971");
    let below = || ContractError::RateOutOfBounds {
        rate: rate("0.971"),
        min: rate("1"),
        max: rate("2"),
    };
    refused_everywhere(&mut suite, below);
    assert_eq!(prices(&suite)[0], price(LST, rate("1.08"), 90, true));

    let change = AssetChange {
        rate: Some(with_bounds(&suite, "0.5", "2")),
        ..AssetChange::default()
    };
    suite.set_rate("1.08");
    suite.as_owner(&update(change)).unwrap();
    suite.set_rate("0.971");
    refused_everywhere(&mut suite, || jump("1.08", "0.971"));
    suite.withdraw("alice", LST, 1_000).unwrap();
    assert_eq!(suite.purse("alice", LST), PURSE);
}

#[test]
fn a_rate_outside_of_its_bounds_is_refused_on_both_sides() {
    let mut suite = Suite::new();
    // Wide enough that only the bounds are in the way.
    let RateSource::Provider {
        contract,
        min,
        max,
        max_age,
        ..
    } = suite.provided()
    else {
        unreachable!()
    };
    let source = RateSource::Provider {
        contract,
        min,
        max,
        max_age,
        max_change: rate("9"),
    };
    let change = AssetChange {
        rate: Some(source),
        ..AssetChange::default()
    };
    suite.as_owner(&update(change)).unwrap();
    for good in ["1", "2"] {
        suite.net.host.next_block();
        suite.set_rate(good);
        suite.deposit("alice", LST, 100, None).unwrap();
        assert_eq!(suite.asset(LST).rate, rate(good));
    }
    for bad in ["0", "0.999999999999999999", "2.000000000000000001"] {
        suite.set_rate(bad);
        refused_everywhere(&mut suite, || ContractError::RateOutOfBounds {
            rate: rate(bad),
            min,
            max,
        });
    }
    assert_eq!(suite.asset(LST).rate, rate("2"));
}

#[test]
fn a_rate_changes_by_so_much_at_once_and_no_more() {
    let mut suite = Suite::new();
    suite.set_rate("1.320000000000000001");
    refused_everywhere(&mut suite, || jump("1.2", "1.320000000000000001"));
    suite.set_rate("1.079999999999999999");
    refused_everywhere(&mut suite, || jump("1.2", "1.079999999999999999"));
    suite.set_rate("1.32");
    suite.deposit("alice", LST, 100, None).unwrap();
    // From there it is a tenth of the new rate.
    suite.net.host.next_block();
    suite.set_rate("1.452");
    suite.deposit("alice", LST, 100, None).unwrap();
    assert_eq!(suite.asset(LST).rate, rate("1.452"));
}

#[test]
fn a_broken_provider_holds_up_new_deposits_of_its_asset_alone() {
    let mut suite = Suite::new();
    suite.deposit("alice", LST, 100, None).unwrap();
    suite.break_provider();
    for operator in [None, Some("val")] {
        let before = suite.snapshot();
        let error = suite.deposit("alice", LST, 100, operator).unwrap_err();
        let Some(ContractError::RateUnavailable { provider, reason }) = error.contract_error()
        else {
            panic!("{error}")
        };
        assert_eq!(*provider, suite.provider.to_string());
        assert!(matches!(reason, StdError::GenericErr { msg, .. } if msg.contains("out of order")));
        assert_eq!(suite.snapshot(), before);
    }
    // No query asks the provider either.
    assert_eq!(prices(&suite)[0], price(LST, rate("1.2"), 90, true));
    assert_eq!(suite.asset(LST).rate, rate("1.2"));
    suite.deposit("alice", ATOM, 100, None).unwrap();
    suite.delegate("alice", LST, "val", 40).unwrap();
    suite.withdraw("alice", LST, 60).unwrap();
    assert_eq!(suite.purse("alice", LST), PURSE - 40);
}

#[test]
fn prices_are_in_the_order_asked_and_fixed_ones_always_fresh() {
    let mut suite = Suite::new();
    let answer = |fresh| {
        vec![
            price(LST, rate("1.2"), 90, fresh),
            price(GOLD, rate("2"), 100, true),
        ]
    };
    assert_eq!(prices(&suite), answer(true));
    suite.net.host.advance(1_000 * HOUR);
    assert_eq!(prices(&suite), answer(false));

    let many = QueryMsg::Prices {
        assets: vec![ATOM.into(); 8],
    };
    assert_eq!(suite.query::<Vec<Price>>(&many).len(), 8);
    let error = suite.query_error(&QueryMsg::Prices {
        assets: vec![ATOM.into(); 9],
    });
    assert!(
        error.contains("at most 8 assets at once, there are 9"),
        "{error}"
    );
    let error = suite.query_error(&QueryMsg::Prices {
        assets: vec![ATOM.into(), "gone".into()],
    });
    assert!(error.contains("no asset is called gone"), "{error}");
}

#[test]
fn a_rate_that_moves_twice_within_a_block_moves_once() {
    let mut suite = Suite::new();
    suite.set_rate("1.3");
    suite.by("stranger", &update_rate(LST)).unwrap();
    // Each step is within a tenth of the one before; together they are more.
    suite.set_rate("1.4");
    let late = |kept, to| ContractError::RateChangedAlready {
        kept: rate(kept),
        rate: rate(to),
    };
    suite.refuses(late("1.3", "1.4"), |s| s.by("stranger", &update_rate(LST)));
    // A deposit goes on with the rate that came first: a good one, of this very block.
    let response = suite.deposit("alice", LST, 100, Some("val")).unwrap();
    assert!(response.events.iter().all(|e| e.ty != "wasm-update_rate"));
    assert_eq!(prices(&suite)[0], price(LST, rate("1.3"), 90, true));
    assert_eq!(suite.books(LST), (0, 100, 0, 100));
    // A step that would be too large by itself stops it, as ever.
    suite.set_rate("1.431");
    refused_everywhere(&mut suite, || jump("1.3", "1.431"));
    // Back where it was it is no change.
    suite.set_rate("1.3");
    suite.by("stranger", &update_rate(LST)).unwrap();

    suite.net.host.next_block();
    suite.set_rate("1.4");
    suite.deposit("alice", LST, 100, Some("val")).unwrap();
    suite.set_rate("1.5");
    suite.refuses(late("1.4", "1.5"), |s| s.by("stranger", &update_rate(LST)));
    assert_eq!(suite.asset(LST).rate, rate("1.4"));
}

#[test]
fn a_rate_set_by_the_owner_moves_no_more_in_its_block() {
    let mut suite = Suite::new();
    suite.set_rate("1.9");
    let change = AssetChange {
        rate: Some(suite.provided()),
        ..AssetChange::default()
    };
    suite.as_owner(&update(change)).unwrap();
    suite.set_rate("1.8");
    let late = ContractError::RateChangedAlready {
        kept: rate("1.9"),
        rate: rate("1.8"),
    };
    suite.refuses(late, |s| s.by("stranger", &update_rate(LST)));
}

#[test]
fn a_newer_time_of_the_same_rate_is_no_change_of_it() {
    let mut suite = Suite::new();
    suite.set_rate("1.3");
    suite.by("stranger", &update_rate(LST)).unwrap();
    let later = suite.net.host.time().plus_seconds(1);
    suite.set_rate_at("1.3", later);
    suite.by("stranger", &update_rate(LST)).unwrap();
    assert_eq!(suite.asset(LST).rate_updated_at, later);
    // Confirming a rate does not use up the change of a block.
    suite.net.host.next_block();
    suite.set_rate("1.3");
    suite.by("stranger", &update_rate(LST)).unwrap();
    suite.set_rate("1.4");
    suite.by("stranger", &update_rate(LST)).unwrap();
    assert_eq!(suite.asset(LST).rate, rate("1.4"));
}

#[test]
fn a_provider_whose_clock_goes_back_is_not_believed() {
    let mut suite = Suite::new();
    suite.net.host.advance(100);
    suite.set_rate("1.3");
    suite.by("stranger", &update_rate(LST)).unwrap();
    let last = suite.net.host.time();
    suite.net.host.advance(100);
    let updated_at = last.minus_nanos(1);
    for answer in ["1.3", "1.2"] {
        suite.set_rate_at(answer, updated_at);
        refused_everywhere(&mut suite, || ContractError::RateOutdated {
            updated_at,
            last,
        });
    }
    // The same time again is allowed: some providers round it.
    suite.set_rate_at("1.2", last);
    suite.deposit("alice", LST, 100, None).unwrap();
    assert_eq!(suite.asset(LST).rate, rate("1.2"));
}

fn update(change: AssetChange) -> ExecuteMsg {
    ExecuteMsg::UpdateAsset {
        asset: LST.into(),
        change,
    }
}

fn with_bounds(suite: &Suite, lowest: &str, highest: &str) -> RateSource {
    RateSource::Provider {
        contract: suite.provider.to_string(),
        min: rate(lowest),
        max: rate(highest),
        max_age: HOUR,
        max_change: Decimal::percent(10),
    }
}
