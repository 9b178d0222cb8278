//! The throttle: no more passes than was agreed, whoever draws and however often.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod common;

use common::{any_u128, seeded, uint};
use cosmwasm_std::{to_json_string, Decimal, Timestamp, Uint256};
use palisade_math::{slash_weight, MathError, Meter};
use proptest::collection::vec;
use proptest::prelude::*;

const NANOS: u64 = 1_000_000_000;
const DAY: u64 = 86_400;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// From a unit a month to thousands of units a nanosecond.
fn capacity() -> impl Strategy<Value = u128> {
    prop_oneof![1..=10_u128, 1..=10_000_u128, 1..=10_u128.pow(20)]
}

/// Nanoseconds until the next draw, and what part of the capacity, in thousandths, it is.
fn draws() -> impl Strategy<Value = Vec<(u64, u128)>> {
    let wait = prop_oneof![
        Just(0),
        0..2_000_u64,
        0..20 * NANOS,
        0..3 * DAY * NANOS,
        Just(50 * DAY * NANOS),
    ];
    vec((wait, prop_oneof![Just(0), 0..1_500_u128]), 1..60)
}

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn within_any_time_no_more_is_drawn_than_the_bucket_and_its_refill_and_one_draw(
        capacity in capacity(), period in 3_600..=30 * DAY, draws in draws(),
    ) {
        let mut meter = Meter::default();
        let mut now = at(1_000);
        let mut admitted: Vec<(u64, u128)> = vec![];
        for (wait, thousandths) in draws {
            now = now.plus_nanos(wait);
            let amount = capacity * thousandths / 1_000 + 1;
            if meter.open(now, uint(capacity), period).unwrap() {
                meter.draw(now, uint(capacity), period, uint(amount)).unwrap();
                admitted.push((now.nanos(), amount));
            }
        }
        for first in 0..admitted.len() {
            let (mut sum, mut largest) = (0, 0);
            for (time, amount) in &admitted[first..] {
                sum += amount;
                largest = largest.max(*amount);
                let span = u128::from(time - admitted[first].0);
                let whole = u128::from(period * NANOS);
                let refill = uint(capacity).multiply_ratio(span, whole).u128() + 1;
                prop_assert!(sum < capacity + refill + largest, "{sum} within {span} ns");
            }
        }
    }

    #[test]
    fn a_draw_costs_the_refill_less_than_a_unit_and_less_than_a_nanosecond(
        capacity in capacity(), period in 3_600..=30 * DAY, draws in draws(),
    ) {
        // What an exact bucket says, in units times nanoseconds of the period.
        let whole = Uint256::from(u128::from(period * NANOS));
        let mut exact = Uint256::zero();
        let mut meter = Meter::default();
        let mut now = at(1_000);
        meter.settle(now, uint(capacity), period).unwrap();
        for (count, (wait, thousandths)) in draws.into_iter().enumerate() {
            now = now.plus_nanos(wait);
            let back = Uint256::from(capacity) * Uint256::from(wait);
            exact = exact.saturating_sub(back);
            let used = Uint256::from(meter.used_at(now, uint(capacity), period).unwrap()) * whole;
            prop_assert!(used >= exact, "came back too early");
            let lag = whole.min(Uint256::from(capacity)) * Uint256::from(count as u128);
            prop_assert!(used < exact + lag + whole, "came back too late");
            // Most of these draws are a unit or nothing: who only knocks.
            let amount = if count % 4 == 0 { capacity * thousandths / 1_000 } else { thousandths % 2 };
            meter.draw(now, uint(capacity), period, uint(amount)).unwrap();
            exact += Uint256::from(amount) * whole;
        }
    }

    #[test]
    fn a_bucket_opens_at_the_moment_told_and_not_a_nanosecond_before(
        capacity in capacity(), period in 3_600..=30 * DAY, draws in draws(), changed in capacity(),
    ) {
        let mut meter = Meter::default();
        let mut now = at(1_000);
        for (wait, thousandths) in draws {
            now = now.plus_nanos(wait);
            let amount = capacity * thousandths / 1_000 + 1;
            meter.draw(now, uint(capacity), period, uint(amount)).unwrap();
            for capacity in [capacity, changed] {
                let Some(opens) = meter.opens_at(uint(capacity), period).unwrap() else { continue };
                prop_assert!(meter.open(opens, uint(capacity), period).unwrap());
                if !meter.open(now, uint(capacity), period).unwrap() {
                    prop_assert!(opens > now);
                    let before = opens.minus_nanos(1);
                    prop_assert!(!meter.open(before, uint(capacity), period).unwrap());
                }
            }
        }
    }

    #[test]
    fn any_numbers_are_calculated_or_refused(
        used in any_u128(), since in any::<u64>(), now in any::<u64>(), capacity in any_u128(),
        period in prop_oneof![any::<u64>(), Just(0)], amount in any_u128(), fraction in any_u128(),
    ) {
        let mut meter = Meter { used: uint(used), at: Timestamp::from_nanos(since) };
        let now = Timestamp::from_nanos(now);
        let before = meter.clone();
        let drawn = meter.draw(now, uint(capacity), period, uint(amount));
        let opens = meter.opens_at(uint(capacity), period);
        if period == 0 {
            prop_assert_eq!((drawn, opens), (Err(MathError::DivideByZero), Err(MathError::DivideByZero)));
            prop_assert_eq!(meter, before);
        } else {
            prop_assert!(drawn.is_ok() && opens.is_ok());
            prop_assert!(meter.used >= uint(amount));
            prop_assert!(meter.at >= before.at && meter.at <= before.at.max(now));
            meter.settle(now, uint(capacity), period).unwrap();
        }
        let weight = slash_weight(uint(amount), Decimal::raw(fraction));
        match Decimal::raw(fraction) <= Decimal::one() {
            true => prop_assert!(weight.unwrap() <= uint(amount)),
            false => {
                let refused = matches!(weight, Err(MathError::InvalidFraction { .. }));
                prop_assert!(refused);
            }
        }
    }
}

#[test]
fn a_rogue_service_starving_the_others_throttle_by_tiny_draws_does_not_stop_the_refill() {
    // A unit comes back every 2,592 seconds, and one is drawn every 3,000: counted from draw to
    // draw in whole units, nothing would ever come back.
    let (capacity, period) = (uint(1_000), 30 * DAY);
    let mut meter = Meter::default();
    meter.draw(at(0), capacity, period, uint(900)).unwrap();
    for draw in 1..=864 {
        meter
            .draw(at(draw * 3_000), capacity, period, uint(1))
            .unwrap();
    }
    // 900 and 864 drawn, 1,000 back.
    let end = at(864 * 3_000);
    assert_eq!(meter.used_at(end, capacity, period).unwrap(), uint(764));
    // Whoever knocks each second without drawing anything slows it no more.
    for second in 1..=2_592 {
        let now = end.plus_seconds(second);
        meter.draw(now, capacity, period, uint(0)).unwrap();
    }
    let now = end.plus_seconds(2_592);
    assert_eq!(meter.used_at(now, capacity, period).unwrap(), uint(763));
}

#[test]
fn a_capacity_that_changes_neither_opens_early_nor_breaks() {
    let (wide, narrow, period) = (uint(1_000), uint(100), 1_000);
    let mut meter = Meter::default();
    meter.draw(at(0), wide, period, uint(900)).unwrap();
    // Lowered below what is drawn: closed, until 801 came back, at a tenth a second.
    meter.settle(at(100), wide, period).unwrap();
    assert_eq!(meter.used, uint(800));
    assert!(!meter.open(at(100), narrow, period).unwrap());
    assert_eq!(
        meter.opens_at(narrow, period).unwrap(),
        Some(at(100 + 7_010))
    );
    // Raised again: what came back meanwhile did so at the lower pace.
    meter.settle(at(600), narrow, period).unwrap();
    assert_eq!(meter.used, uint(750));
    assert_eq!(
        meter.used_at(at(610), wide, period).unwrap(),
        uint(750 - 10)
    );
    // Nothing passes at zero, and nothing comes back.
    meter.settle(at(610), wide, period).unwrap();
    let none = uint(0);
    assert_eq!(meter.opens_at(none, period).unwrap(), None);
    meter.draw(at(620), none, period, none).unwrap();
    assert_eq!(meter.used_at(at(9_999), none, period).unwrap(), uint(740));
    assert!(!Meter::default().open(at(9_999), none, period).unwrap());
}

#[test]
fn a_clock_that_went_back_brings_nothing_back_and_takes_nothing() {
    let (capacity, period) = (uint(1_000), 1_000);
    let mut meter = Meter::default();
    meter.draw(at(500), capacity, period, uint(600)).unwrap();
    assert_eq!(meter.used_at(at(400), capacity, period).unwrap(), uint(600));
    meter.draw(at(400), capacity, period, uint(1)).unwrap();
    assert_eq!(
        (meter.used, meter.at),
        (uint(601), at(500)),
        "the hundred seconds do not count twice"
    );
}

#[test]
fn a_meter_is_short_where_it_is_stored() {
    let meter = Meter {
        used: uint(7),
        at: at(1),
    };
    assert_eq!(
        to_json_string(&meter).unwrap(),
        r#"{"u":"7","t":"1000000000"}"#
    );
    assert!(Meter::default().open(at(0), uint(1), 3_600).unwrap());
}

#[test]
fn no_slash_weighs_nothing() {
    let weigh = |power, fraction| slash_weight(uint(power), fraction).unwrap().u128();
    assert_eq!(weigh(1, Decimal::raw(1)), 1);
    assert_eq!(weigh(1_000, Decimal::percent(5)), 50);
    assert_eq!(weigh(u128::MAX, Decimal::one()), u128::MAX);
    assert_eq!(weigh(0, Decimal::one()), 0);
}
