//! All five contracts on both chains, under random histories of stakers, operators, services, admins
//! and a network that drops, repeats, reorders, delays, times out and loses its channel.
//!
//! The invariants of the design are checked after *every* step, against a model that does not ask
//! the contracts: it knows what everybody paid in and got back (by their wallets), which penalties
//! and agreements were published when, and recomputes what a slash may take. The contracts' storage
//! is read raw and whole after each step (`seen.rs`), so that a change anywhere is noticed, whether
//! the step was meant to make it or not; what did not change is compared by its bytes.
//!
//! | invariant | where |
//! | --- | --- |
//! | 1 books | `checks::books`; of what is staked natively `staked`, `quiet::nothing_stranded` |
//! | 2 nobody gains | `prices::worths`, each step; `quiet::everybody_leaves` |
//! | 3 slices and magnitude | `checks::promises`, `checks::magnitudes` |
//! | 4 no contagion | `backing`, `slashes::others_untouched` |
//! | 5 what a slash takes | `slashes::check_asset`, `slashes::losses` |
//! | 6 who pays | `slashes::parts` |
//! | 7, 8 prices | `prices::check`; two who do the same, one in parts: `twins` |
//! | 9 captures and sets | `checks::captured`, `checks::told`; `quiet::agree` |
//! | 9 what was in force when | `heights`: at every height of interest |
//! | 10 every report ends once | `checks::requests`, `checks::reports`; `quiet::agree`; what was seized, once: `pots` |
//! | 10 whose keys, which votes, who is out for good | `keys` |
//! | 11 rewards | `paid`; each harvest and claim by what the queries said before: `collect`; who comes late: `twins` |
//! | 12 exits | `checks::nobody_is_kept`; `quiet::everybody_leaves` |
//! | 13 bounds | `checks::bounds`: what is walked over; gas is measured in `e2e` |
//!
//! `scripts/soak` runs this for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    missing_docs,
    unreachable_pub
)]

mod backing;
mod base;
mod checks;
mod choice;
mod collect;
mod earn;
mod heights;
mod keys;
mod model;
mod note;
mod paid;
mod penalties;
mod pots;
mod prices;
mod quiet;
mod reap;
mod seen;
mod setup;
mod slashes;
mod staked;
mod stats;
mod steps;
mod traffic;
mod twins;
mod world;

use std::cell::RefCell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::thread;
use std::time::Instant;

use palisade_testing::seeded;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use choice::Model;
use model::{State, Step};
use world::World;

/// Cases of a run, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 70;
/// How many cases run at a time.
const THREADS: u32 = 2;
/// Steps of a case, before its end.
const STEPS: usize = 300;
/// From so many steps on every kind of step must have been accepted often enough.
const ENOUGH: u64 = 20_000;

thread_local! {
    /// What happened in the last case that failed, which after shrinking is the smallest.
    static STORY: RefCell<String> = const { RefCell::new(String::new()) };
}

struct Machine;

/// Runs a part of a case, and keeps the story if it fails.
fn told(world: &mut World, part: impl FnOnce(&mut World)) {
    if let Err(failure) = catch_unwind(AssertUnwindSafe(|| part(world))) {
        STORY.set(world.log.join("\n"));
        resume_unwind(failure);
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = World;
    type Reference = Model;

    fn init_test(state: &State) -> World {
        World::new(state)
    }

    fn apply(mut world: World, _: &State, step: Step) -> World {
        told(&mut world, |world| {
            world.step(&step);
        });
        world
    }

    fn teardown(mut world: World, _: State) {
        told(&mut world, quiet::end);
    }
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let config = Config {
        max_shrink_iters: 400,
        max_shrink_time: 120_000,
        ..seeded(CASES)
    };
    let began = Instant::now();
    let failures: Vec<String> = thread::scope(|scope| {
        let threads = parts(&config).map(|part| scope.spawn(move || run(&part)));
        let threads: Vec<_> = threads.collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.filter_map(Result::err).collect()
    });
    report(began.elapsed().as_secs());
    match failures.first() {
        None => tuned(),
        Some(failure) => panic!("{failure}"),
    }
}

/// The cases for each thread: the first one begins with the seed, the next with the one after it.
fn parts(config: &Config) -> impl Iterator<Item = Config> + '_ {
    let RngSeed::Fixed(seed) = config.rng_seed else {
        unreachable!("it is seeded");
    };
    (0..THREADS)
        .map(move |nth| Config {
            cases: (config.cases + THREADS - 1 - nth) / THREADS,
            rng_seed: RngSeed::Fixed(seed.wrapping_add(nth.into())),
            ..config.clone()
        })
        .filter(|part| part.cases > 0)
}

/// Runs cases; an error tells the smallest one that fails.
fn run(config: &Config) -> Result<(), String> {
    let mut runner = TestRunner::new(config.clone());
    let result = runner.run(
        &Model::sequential_strategy(STEPS..=STEPS),
        |(state, steps, seen)| {
            Machine::test_sequential(config.clone(), state, steps, seen);
            Ok(())
        },
    );
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, (state, steps, _))) => {
            let steps: Vec<_> = steps.iter().map(|step| format!("{step:?}")).collect();
            println!(
                "the smallest case, {state:?}, of {:?}:\n{}",
                config.rng_seed,
                steps.join("\n")
            );
            let story = STORY.take();
            Err(format!(
                "{reason}\n\nwhat happened in it, and at its end:\n{story}"
            ))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn report(seconds: u64) {
    let (tried, accepted, counts) = stats::steps();
    for (name, (tried, accepted)) in counts {
        println!("{name:>20} {accepted:>7} of {tried}");
    }
    let share = accepted * 100 / tried.max(1);
    println!("steps={tried} accepted={accepted} ({share} %) in {seconds} s");
}

/// The run was about something: most steps were accepted, and of each kind enough.
fn tuned() {
    let (tried, accepted, counts) = stats::steps();
    if tried < ENOUGH {
        return;
    }
    assert!(
        accepted * 10 >= tried * 6,
        "only {accepted} of {tried} steps were accepted"
    );
    for (name, least) in LEAST {
        let count = counts.get(name).map_or(0, |count| count.1);
        assert!(
            count * ENOUGH >= least * tried,
            "{name}: {count} in {tried} steps, {least} in {ENOUGH} are the least"
        );
    }
}

/// Least number of accepted steps of each kind in 20,000, and of things that came of them: about a
/// third of what is usual, or less.
const LEAST: [(&str, u64); 103] = [
    ("Adjust", 65),
    ("AssignKey", 70),
    ("Cancel", 75),
    ("CancelUpdate", 6),
    ("Claim", 30),
    ("ClaimCommission", 2),
    ("ClaimRewards", 9),
    ("Close", 10),
    ("ComeLate", 60),
    ("Compound", 2),
    ("CutOff", 1),
    ("Delegate", 15),
    ("Deposit", 350),
    ("Execute", 25),
    ("Fund", 40),
    ("Harvest", 20),
    ("JailValidator", 15),
    ("Leave", 1),
    ("NameToken", 60),
    ("NetAcknowledge", 200),
    ("NetDeliver", 250),
    ("NetExpire", 8),
    ("NetRepeat", 15),
    ("NetRepeatAck", 35),
    ("NetTimeout", 15),
    ("NetWait", 20),
    ("OptIn", 10),
    ("OptOut", 10),
    ("PauseExecutions", 15),
    ("Pay", 100),
    ("PayOut", 40),
    ("Prove", 12),
    ("Reconcile", 250),
    ("Redelegate", 20),
    ("RedirectProceeds", 5),
    ("Relay", 20),
    ("RemovePenalty", 10),
    ("RenewNonces", 2),
    ("Reopen", 25),
    ("Report", 140),
    ("Resume", 3),
    ("Retry", 4),
    ("SendRewards", 25),
    ("SetCap", 10),
    ("SetCommission", 15),
    ("SetCompound", 15),
    ("SetFirstLoss", 45),
    ("SetPenalty", 40),
    ("SetSharedThrottle", 2),
    ("SetThrottle", 2),
    ("Slash", 100),
    ("SlashValidator", 35),
    ("StopService", 1),
    ("Suspend", 22),
    ("Sync", 400),
    ("TwinClaims", 1),
    ("TwinsIn", 30),
    ("TwinsOut", 9),
    ("Undelegate", 275),
    ("Unjail", 17),
    ("UnjailValidator", 12),
    ("UpdateService", 30),
    ("Veto", 5),
    ("Wait", 300),
    ("Withdraw", 10),
    ("WithdrawRewards", 80),
    ("answer not believed", 8),
    ("answers reordered", 40),
    ("asset slashed", 450),
    ("backing compared", 650),
    ("base rewards staked", 35),
    ("base rewards streamed", 35),
    ("base slash noticed", 1_500),
    ("borne before", 10),
    ("bucket paid", 150),
    ("bucket spared", 100),
    ("by a former key", 6),
    ("came in again", 1),
    ("came late for nothing", 70),
    ("deposit refused while jailed", 15),
    ("era ended", 1),
    ("height compared", 8_550),
    ("height forgotten", 1_700),
    ("key of another refused", 1),
    ("late set", 30),
    ("loss borne first", 20),
    ("proof compared", 10),
    ("proved by another key", 2),
    ("renormalized", 1),
    ("reported by key", 30),
    ("short batch", 20),
    ("slash accepted", 100),
    ("slash bounced", 15),
    ("slash rejected", 30),
    ("slashed bonded", 35),
    ("slashed unbonding", 12),
    ("slashed unsettled", 1),
    ("tombstone refused", 6),
    ("twins compared", 600),
    ("twins earn", 70),
    ("twins left", 9),
    ("votes for another chain refused", 15),
    ("votes for the former chain", 1),
];
