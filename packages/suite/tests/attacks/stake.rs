//! Penalties and the stake that stays: shares, slices, promises.

use cosmwasm_std::{Decimal, Uint128};
use palisade_allocation::ContractError as AllocationError;
use palisade_gateway::ContractError as GatewayError;
use palisade_ibc::Slash;
use palisade_math::FULL_MAGNITUDE;
use palisade_slashing::refusal::Refusal;
use palisade_suite::*;
use palisade_types::allocation::{ExecuteMsg as Allocate, ServiceChange};
use palisade_types::slashing::Penalty;

use crate::impostor;
use crate::world::*;

/// A percent of a whole pool, in magnitude.
const PERCENT: u128 = FULL_MAGNITUDE / 100;

/// A penalty that neither jails nor tombstones, so that it can be repeated.
fn plain(kind: &str, fraction: Decimal) -> Penalty {
    penalty(kind, fraction, 0, false)
}

#[test]
fn total_slash_with_shares_outstanding() {
    let (mut suite, chain) = consumer_that_takes(100, vec![plain("all", Decimal::one())]);
    suite
        .try_undelegate("alice", "north", ATOM, Some(400_000))
        .unwrap();
    assert_books(&suite, 2_600_000, 400_000, 0);
    punish(&mut suite, "north", "all");
    assert_books(&suite, 2_000_000, 0, MILLION);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
    assert_eq!(ends(&suite), [EXECUTED]);

    // Alice's shares are of a generation that is gone: carol's deposit is carol's alone. With shares
    // that survived a pool of nothing, alice would own a part of it, or the deposit would fail.
    suite.deposit("carol", "north", 300_000);
    assert_eq!(worth(&suite, "alice"), 0);
    assert_eq!(worth(&suite, "carol"), 300_000);
    leave(&mut suite, "alice", "north");
    assert_eq!(worth(&suite, "alice"), 0);
    leave(&mut suite, "carol", "north");
    suite.wait(EPOCH + UNBONDING);
    assert_eq!(claim(&mut suite, "carol", "north"), 300_000);
    assert_eq!(native(&suite, "alice"), 0);
    assert_books(&suite, 2 * MILLION, 0, MILLION);
}

#[test]
fn share_price_exploding_after_repeated_slashes() {
    let most = Decimal::percent(90);
    let (mut suite, chain) = consumer_that_takes(100, vec![plain("most", most)]);
    let large = 10u128.pow(23);
    suite.deposit("alice", "north", large - MILLION);
    tell(&mut suite, chain);
    suite.wait(60);
    let mut before = large;
    for round in 0..20 {
        punish(&mut suite, "north", "most");
        let left = suite.stake("north", ATOM);
        // A tenth is left of it, and of every slice's backing, to the unit.
        assert!(left <= before / 10 && left + 1 >= before / 10, "{round}");
        tell(&mut suite, chain);
        assert_eq!(suite.seen("north").power.u128(), left, "{round}");
        before = left;
    }
    assert_eq!(ends(&suite), vec![EXECUTED; 20]);
    // Some thousand units stand for shares of 10^23: they were scaled down, or bob's deposit of as
    // much again would need 10^43 of them.
    assert!((100..=1_000).contains(&before), "{before} left");
    let pool = suite.pool("north", ATOM).unwrap();
    assert!(
        pool.scale > 0 && pool.shares.u128() < 10u128.pow(19),
        "{pool:?}"
    );
    suite.deposit("bob", "north", large);
    let bob = suite.position("bob", "north", ATOM);
    assert!(bob <= large && bob + 1 >= large, "{bob}");
    let alice = suite.position("alice", "north", ATOM);
    assert!(
        alice <= before && alice + 1 >= before,
        "{alice} of {before}"
    );
    leave(&mut suite, "bob", "north");
    assert!(suite.books(ATOM).balance_to_the_unit());
}

#[test]
fn tiny_slash_rounding_to_zero() {
    let atom = Decimal::raw(1);
    let (mut suite, chain) = consumer_that_takes(5, vec![plain("tiny", atom)]);
    // 10^-18 of a million units: rounded to nothing, a chain could never punish by small steps.
    for left in [999_999, 999_998, 999_997] {
        punish(&mut suite, "north", "tiny");
        assert_eq!(suite.stake("north", ATOM), left);
        tell(&mut suite, chain);
        // A hair of the slice is spent as well, so it backs a hair less than all of it: one unit.
        assert_eq!(powers(&suite)[0], ("north", left - 1));
    }
    assert_eq!(taken(&suite, chain), [Some(1); 3]);
    assert_books(&suite, 3 * MILLION - 3, 0, 3);
}

#[test]
fn pending_deallocation_scaled_wrongly_by_a_slash() {
    let half = plain("half", Decimal::permille(25));
    let all = plain("all", Decimal::percent(5));
    let (mut suite, chain) = consumer_that_takes(5, vec![half, all]);
    adjust(&mut suite, "north", chain, vec![slice(ATOM, 1)]);
    tell(&mut suite, chain);
    // The power falls at once; the slice is 5 % until the delay is over, and slashable in full.
    assert_eq!(powers(&suite)[0], ("north", 200_000));
    let earlier = {
        // What it counted with before the decrease was told: by the time of the infraction.
        let mut infraction = suite.infraction("north", "half");
        infraction.height = (infraction.height.u64() - 60).into();
        infraction.time = infraction.time.minus_seconds(300);
        infraction
    };
    punish_for(&mut suite, earlier);
    assert_eq!(suite.stake("north", ATOM), 975_000);
    // Half of the slice is gone, and half of what it falls to: 0.5 %, not the 1 % asked for, which
    // would promise the spent half anew; nor 1 % less 2.5 %, which would be nothing.
    suite.wait(MAX_LAG + DEALLOCATION_DELAY);
    tell(&mut suite, chain);
    let member = suite.member(chain, "north");
    assert_eq!(member.slices[0].slice.value.to_string(), "5000000000000000");
    assert_eq!(powers(&suite)[0], ("north", 100_000));
    suite.wait(60);
    punish(&mut suite, "north", "all");
    assert_eq!(taken(&suite, chain), [Some(25_000), Some(5_000)]);
    assert_books(&suite, 970_000 + 2 * MILLION, 0, 30_000);
}

#[test]
fn new_allocation_slashable_at_once() {
    let (mut suite, chain) = consumer();
    suite.register_operator("west");
    suite.deposit("carol", "west", MILLION);
    suite
        .try_opt_in("west", chain, true, vec![slice(ATOM, 5)])
        .unwrap();
    tell(&mut suite, chain);
    suite.wait(60);
    // The consumer does not count it yet: its own gateway takes no report of it.
    assert_eq!(suite.seen_all().len(), 2);
    let unknown = GatewayError::UnknownOperator {
        operator: suite.host("west").to_string(),
    };
    let infraction = suite.infraction("west", "double_sign");
    assert_refused(suite.try_report("reporter", infraction), &unknown);
    // Nor does a gateway that lies get at it, by the update in force.
    let slash = Slash {
        update_id: suite.seen("north").update_id,
        ..suite.slash(chain, 1, "west", "double_sign")
    };
    let answer = impostor::forge(&mut suite, chain, slash);
    assert_eq!(answer, Refusal::NothingCaptured {}.answer());
    assert_eq!(suite.stake("west", ATOM), MILLION);
    assert_books(&suite, 4 * MILLION, 0, 0);
}

#[test]
fn slashing_an_operator_who_never_opted_in() {
    let (mut suite, chain) = consumer();
    suite.register_operator("west");
    suite.deposit("carol", "west", MILLION);
    let unknown = GatewayError::UnknownOperator {
        operator: suite.host("west").to_string(),
    };
    let infraction = suite.infraction("west", "double_sign");
    assert_refused(suite.try_report("reporter", infraction), &unknown);
    // The chain itself goes rogue and names it: refused at the door, under its nonce for good.
    let mut slash = suite.slash(chain, 1, "north", "double_sign");
    slash.offender = palisade_ibc::Offender::Operator(suite.host("west").to_string());
    let answer = impostor::forge(&mut suite, chain, slash);
    assert_eq!(answer, Refusal::Offender {}.answer());
    assert_eq!(suite.requests(chain), []);
    assert_books(&suite, 4 * MILLION, 0, 0);
}

#[test]
fn fully_slashed_operator_unable_to_start_again() {
    let (mut suite, chain) = consumer_that_takes(100, vec![plain("all", Decimal::one())]);
    let first = suite.infraction("north", "all");
    punish_for(&mut suite, first.clone());
    assert_eq!(suite.pool("north", ATOM).unwrap().magnitude.era, 1);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 0));
    // Carol stands behind it again, and it promises anew once what was slashed counts no more.
    suite.deposit("carol", "north", 500_000);
    suite.wait(EPOCH + UNBONDING);
    adjust(&mut suite, "north", chain, vec![slice(ATOM, 100)]);
    suite.settle(chain);
    assert_eq!(powers(&suite)[0], ("north", 500_000));
    suite.wait(60);
    // It answers again, for what it counts with now.
    punish(&mut suite, "north", "all");
    assert_eq!(taken(&suite, chain), [Some(MILLION), Some(500_000)]);
    assert_books(&suite, 2 * MILLION, 0, 1_500_000);
}

#[test]
fn an_operators_own_service_draining_its_stakers() {
    let (mut suite, chain) = consumer();
    suite.deposit("carol", "north", MILLION);
    let cap = Decimal::percent(15);
    allocate(&mut suite, "north", &Allocate::SetCommitmentCap { cap });
    // Ten percent of its own making beside the chain's five, and not a percent more.
    let own = local_service(&mut suite, "north", "north", 10);
    let second = suite.register_local("north", Decimal::percent(10));
    let more = |suite: &mut Suite| {
        let slices = vec![slice(ATOM, 1)];
        suite.try_opt_in("north", second, false, slices)
    };
    // In magnitude: 15 % and a percent more of the whole, then 5 % and a percent of what is left.
    let exceeds = |committed: u128, slashed: u128| AllocationError::CapExceeded {
        asset: ATOM.to_string(),
        committed: Uint128::new(committed * PERCENT / 10),
        slashed: Uint128::new(slashed * PERCENT),
        magnitude: Uint128::new((100 - slashed) * PERCENT),
        cap,
    };
    assert_eq!(
        refusal::<AllocationError>(&more(&mut suite).unwrap_err()),
        &exceeds(160, 0)
    );
    suite.settle(own);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 2 * MILLION));
    let slash = suite.slash(own, 1, "north", "double_sign");
    suite.try_slash("north", own, slash).unwrap();
    assert_books(&suite, 3_800_000, 0, 200_000);
    // What it took counts against the cap until everybody who wants to has left: else it would
    // promise the same again at once, and drain them 10 % by 10 %.
    assert_eq!(
        refusal::<AllocationError>(&more(&mut suite).unwrap_err()),
        &exceeds(59, 10)
    );
    leave(&mut suite, "carol", "north");
    suite.wait(EPOCH + UNBONDING);
    more(&mut suite).unwrap();
    assert_eq!(claim(&mut suite, "carol", "north"), 900_000);
    // The chain's backing is what it was: 5 % of the stake that counted.
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 900_000));
}

#[test]
fn dust_operators_filling_a_service() {
    let (mut suite, chain) = consumer();
    let change = ServiceChange {
        max_operators: Some(4),
        ..ServiceChange::default()
    };
    let msg = Allocate::UpdateService {
        service: chain,
        change,
    };
    allocate(&mut suite, "consumer-admin", &msg);
    let come = |suite: &mut Suite, name: &str, stake: u128| {
        suite.register_operator(name);
        suite.deposit("mallory", name, stake);
        suite.try_opt_in(name, chain, true, vec![slice(ATOM, 5)])
    };
    for dust in ["dust1", "dust2"] {
        come(&mut suite, dust, 1).unwrap();
    }
    // No dust replaces dust, but a real one does, although its promise counts only later.
    let error = come(&mut suite, "dust3", 1).unwrap_err();
    assert!(matches!(
        refusal::<AllocationError>(&error),
        AllocationError::ServiceFull { needed, offered, .. }
            if needed.u128() == 1 && offered.u128() == 1
    ));
    come(&mut suite, "west", MILLION).unwrap();
    come(&mut suite, "east", MILLION).unwrap();
    suite.settle(chain);
    let seen: Vec<u128> = suite.seen_all().iter().map(|o| o.power.u128()).collect();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen.iter().sum::<u128>(), 5 * MILLION);
    assert_eq!(suite.total_seen(), 5 * MILLION);
}
