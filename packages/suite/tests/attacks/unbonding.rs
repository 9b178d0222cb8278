//! Penalties and the stake that leaves.

use cosmwasm_std::Decimal;
use palisade_allocation::ContractError as AllocationError;
use palisade_delegation::ContractError as DelegationError;
use palisade_gateway::ContractError as GatewayError;
use palisade_ibc::Outcome;
use palisade_slashing::ContractError as SlashingError;
use palisade_suite::*;
use palisade_types::allocation::ExecuteMsg as Allocate;
use palisade_types::delegation::{EpochResponse, QueryMsg as AskDelegation};
use palisade_types::slashing::{ConfigResponse, QueryMsg};

use crate::world::*;

#[test]
fn leave_the_set_then_exit() {
    let (mut suite, chain) = consumer();
    let infraction = suite.infraction("north", "double_sign");
    suite.wait(60);
    allocate(&mut suite, "north", &Allocate::OptOut { service: chain });
    leave(&mut suite, "alice", "north");
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION)]);
    let forget = Allocate::Leave {
        service: chain,
        operator: suite.host("north").to_string(),
    };
    let contract = suite.allocation.clone();
    let error = suite
        .try_on_host("north", &contract, &forget, &[])
        .unwrap_err();
    assert!(matches!(
        refusal::<AllocationError>(&error),
        AllocationError::StillBound { service, operator, .. }
            if *service == chain && *operator == suite.host("north")
    ));

    // Reported at the last moment: the stake is still there, and so is the slice.
    suite.wait(EVIDENCE_AGE - 120);
    punish_for(&mut suite, infraction);
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 2 * MILLION, 950_000, 50_000);
    suite.wait(3 * EPOCH);
    assert_eq!(claim(&mut suite, "alice", "north"), 950_000);
    assert_eq!(ends(&suite), [EXECUTED]);
}

#[test]
fn withdrawal_between_infraction_and_execution() {
    let (mut suite, chain) = consumer_with(disputed());
    let infraction = suite.infraction("north", "double_sign");
    suite.wait(3 * EPOCH - 600);
    suite.try_report("reporter", infraction).unwrap();
    suite.net.relay_all().unwrap();
    // Pending for two days, with the offender's stake on its way out all the time since.
    leave(&mut suite, "alice", "north");
    assert_books(&suite, 2 * MILLION, MILLION, 0);
    suite.wait(2 * EPOCH);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_books(&suite, 2 * MILLION, 950_000, 50_000);
    suite.net.relay_all().unwrap();
    assert_eq!(ends(&suite), [EXECUTED]);
    suite.wait(6 * EPOCH);
    assert_eq!(claim(&mut suite, "alice", "north"), 950_000);
}

#[test]
fn exact_amount_withdrawal_front_run_by_a_tiny_slash() {
    let tiny = penalty("tiny", Decimal::raw(1), 0, false);
    let (mut suite, chain) = consumer_that_takes(5, vec![tiny]);
    suite.report("north", "tiny");
    suite.net.relay_all().unwrap();
    assert_eq!(suite.stake("north", ATOM), 999_999);
    // Alice asks for the million that she saw: she gets what there is, and no refusal.
    suite
        .try_undelegate("alice", "north", ATOM, Some(MILLION))
        .unwrap();
    assert_books(&suite, 2 * MILLION, 999_999, 1);
    suite.wait(60);
    punish(&mut suite, "south", "tiny");
    tell(&mut suite, chain);
    assert_eq!(powers(&suite), [("north", 0), ("south", 2 * MILLION - 2)]);
    assert_books(&suite, 2 * MILLION - 1, 999_999, 2);
    suite.wait(EPOCH + UNBONDING);
    assert_eq!(claim(&mut suite, "alice", "north"), 999_999);
}

#[test]
fn payout_fixed_at_request_and_so_escaping_the_slash() {
    let (mut suite, chain) = consumer();
    suite.deposit("carol", "north", MILLION);
    tell(&mut suite, chain);
    suite.wait(60);
    leave(&mut suite, "alice", "north");
    // Alice asked for a million before anybody knew; were that fixed, carol would pay for her.
    punish(&mut suite, "north", "double_sign");
    assert_eq!(taken(&suite, chain), [Some(100_000)]);
    assert_eq!(
        (worth(&suite, "alice"), worth(&suite, "carol")),
        (950_000, 950_000)
    );
    suite.wait(EPOCH + UNBONDING);
    assert_eq!(claim(&mut suite, "alice", "north"), 950_000);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 0));
    assert_books(&suite, 2_950_000, 0, 100_000);
}

#[test]
fn slash_of_a_pool_that_is_all_unbonding() {
    let (mut suite, chain) = consumer();
    leave(&mut suite, "alice", "north");
    suite.wait(EPOCH);
    assert_eq!(suite.stake("north", ATOM), 0);
    // The consumer was not told yet: north counts with a million there, and answers with it.
    assert_eq!(powers(&suite)[0], ("north", MILLION));
    punish(&mut suite, "north", "double_sign");
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_books(&suite, 2 * MILLION, 950_000, 50_000);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 0));
}

#[test]
fn undelegating_all_but_one_unit_wiping_that_unit_by_ones_own_service() {
    let (mut suite, chain) = consumer();
    let own = local_service(&mut suite, "north", "north", 95);
    suite.wait(ALLOCATION_DELAY);
    suite.sync(own);
    let infraction = suite.infraction("north", "double_sign");
    suite
        .try_undelegate("alice", "north", ATOM, Some(999_999))
        .unwrap();
    suite.wait(EPOCH);
    // Its own service counts with one unit, and takes it: 95 % of a unit is a unit.
    suite.sync(own);
    let slash = suite.slash(own, 1, "north", "double_sign");
    suite.try_slash("north", own, slash).unwrap();
    assert_books(&suite, 2 * MILLION, 999_999, 1);
    // Were the slices of the pool void with it, the honest slash of the bucket would find none.
    punish_for(&mut suite, infraction);
    let seized = taken(&suite, chain)[0].unwrap();
    assert!((49_999..=50_001).contains(&seized), "{seized}");
    assert_books(&suite, 2 * MILLION, 999_999 - seized, 1 + seized);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 0));
    assert_eq!(ends(&suite), [EXECUTED]);
}

#[test]
fn a_bucket_skipped_by_one_slash_and_then_taken_whole_by_another() {
    let (mut suite, chain) = consumer();
    suite.deposit("carol", "north", MILLION);
    let local = local_service(&mut suite, "oracle", "north", 50);
    suite.wait(ALLOCATION_DELAY);
    tell(&mut suite, chain);
    suite.wait(60);
    let infraction = suite.infraction("north", "double_sign");
    leave(&mut suite, "carol", "north");
    suite.wait(EPOCH);
    // For an infraction of the next epoch, half of what alice has, and nothing of carol's bucket.
    suite.sync(local);
    let slash = suite.slash(local, 1, "north", "double_sign");
    suite.try_slash("oracle", local, slash).unwrap();
    assert_eq!(
        (worth(&suite, "alice"), worth(&suite, "carol")),
        (500_000, MILLION)
    );
    // For one of the epoch before, 5 % of the two million: each 50,000. Measured against the pool's
    // magnitude, now half, it would be 10 % of carol's.
    punish_for(&mut suite, infraction);
    assert_eq!(taken(&suite, chain), [Some(100_000)]);
    assert_eq!(
        (worth(&suite, "alice"), worth(&suite, "carol")),
        (450_000, 950_000)
    );
    assert_books(&suite, 2_450_000, 950_000, 600_000);
    assert_eq!(ends(&suite), [EXECUTED]);
}

/// Seconds for which a slash bounces.
const BOUNCE: u64 = EPOCH;
/// Seconds for executing a slash.
const GRACE: u64 = EPOCH;

/// A service that uses the timing rule up. Carol left north in the epoch before its update was made,
/// alice in the epoch of the infraction, which is in that epoch's last second; dave stays. Each has a
/// million. The report arrives an evidence age after the infraction and `late` seconds, bounces as long
/// as it can, and waits for its window.
fn an_infraction_at_the_end_of_the_epoch(late: u64) -> (Suite, u32) {
    let (mut suite, chain) = consumer_with(disputed());
    let config: ConfigResponse = suite.ask(&suite.slashing, &QueryMsg::Config {});
    assert_eq!((config.bounce_max, config.execution_grace), (BOUNCE, GRACE));
    let evidence_age = suite.service(chain).settings.evidence_age;
    assert_eq!(evidence_age + BOUNCE + WINDOW + GRACE, UNBONDING);
    for staker in ["carol", "dave"] {
        suite.deposit(staker, "north", MILLION);
    }
    leave(&mut suite, "carol", "north");
    let until = epoch_end(&suite);
    suite.wait(until);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 2 * MILLION));
    leave(&mut suite, "alice", "north");
    let until = epoch_end(&suite);
    suite.wait(until - 1);
    let infraction = suite.infraction("north", "double_sign");

    suite.wait(evidence_age + late);
    throttle(&mut suite, chain, 0, 0);
    punish_for(&mut suite, infraction);
    assert!(suite.requests(chain).is_empty());
    if late == 0 {
        let due = suite.net.host.time().plus_seconds(BOUNCE);
        suite.wait(BOUNCE - 1);
        let nothing = GatewayError::NothingDue { next: Some(due) };
        assert_refused(suite.try_relay(), &nothing);
        suite.wait(1);
        suite.try_relay().unwrap();
        suite.net.relay_all().unwrap();
        suite.wait(WINDOW - 1);
        let open = SlashingError::StillInWindow {
            service: chain,
            request: 1,
            until: suite.net.host.time().plus_seconds(1),
        };
        assert_refused(try_execute(&mut suite, "anybody", chain, 1), &open);
        suite.wait(1);
    }
    (suite, chain)
}

/// A staker's claim is refused: its entry matures in so many seconds.
fn not_yet(suite: &mut Suite, staker: &str, seconds: u64) {
    let next = Some(suite.net.host.time().plus_seconds(seconds));
    let unripe = DelegationError::NothingMatured { next };
    assert_refused(suite.try_claim(staker, "north", ATOM), &unripe);
}

/// Seconds until the next epoch.
fn epoch_end(suite: &Suite) -> u64 {
    let epoch: EpochResponse = suite.ask(&suite.delegation, &AskDelegation::Epoch {});
    epoch.end.seconds() - suite.net.host.time().seconds()
}

#[test]
fn the_timing_rule_to_the_last_second() {
    let all = |suite: &Suite| ["alice", "carol", "dave"].map(|staker| worth(suite, staker));

    // At the first moment carol's stake is still there, and pays nothing: it left before the update.
    let (mut suite, chain) = an_infraction_at_the_end_of_the_epoch(0);
    not_yet(&mut suite, "carol", 1);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_eq!(taken(&suite, chain), [Some(100_000)]);
    assert_eq!(all(&suite), [950_000, MILLION, 950_000]);

    // In the last second of the grace alice's is still there, and pays.
    let (mut suite, chain) = an_infraction_at_the_end_of_the_epoch(0);
    suite.wait(GRACE);
    not_yet(&mut suite, "alice", 1);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_eq!(taken(&suite, chain), [Some(100_000)]);
    assert_eq!(all(&suite), [950_000, MILLION, 950_000]);
    suite.wait(1);
    assert_eq!(claim(&mut suite, "alice", "north"), 950_000);

    // A second later it matured, claimed or not; and dave pays no more for that.
    let (mut suite, chain) = an_infraction_at_the_end_of_the_epoch(0);
    suite.wait(GRACE + 1);
    try_execute(&mut suite, "anybody", chain, 1).unwrap();
    assert_eq!(taken(&suite, chain), [Some(50_000)]);
    assert_eq!(all(&suite), [MILLION, MILLION, 950_000]);
    assert_eq!(claim(&mut suite, "alice", "north"), MILLION);

    // A report that arrives a second later than the evidence age is refused.
    let (suite, _) = an_infraction_at_the_end_of_the_epoch(1);
    assert!(matches!(
        &ends(&suite)[..],
        [Some(Outcome::Rejected { .. })]
    ));
    assert_eq!(all(&suite), [MILLION; 3]);
}
