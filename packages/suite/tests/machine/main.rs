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
//! | 2 nobody gains | `checks::worths`, each step; `quiet::everybody_leaves` |
//! | 3 slices and magnitude | `checks::promises`, `checks::magnitudes` |
//! | 4 no contagion | `slashes::backing`, `slashes::others_untouched` |
//! | 5 what a slash takes | `slashes::check_asset`, `slashes::losses` |
//! | 6 who pays | `slashes::parts` |
//! | 7, 8 prices | `checks::prices`; two who do the same, one in parts: `twins` |
//! | 9 captures and sets | `checks::captured`, `checks::told`; `quiet::agree` |
//! | 9 what was in force when | `heights`: at every height of interest |
//! | 10 every report ends once | `checks::requests`, `checks::reports`; `quiet::agree` |
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

mod base;
mod checks;
mod choice;
mod collect;
mod earn;
mod heights;
mod keys;
mod model;
mod paid;
mod penalties;
mod quiet;
mod seen;
mod setup;
mod slashes;
mod staked;
mod stats;
mod steps;
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
/// third of what is usual.
const LEAST: [(&str, u64); 72] = [
    ("Adjust", 130),
    ("AssignKey", 140),
    ("Cancel", 150),
    ("CancelUpdate", 13),
    ("Claim", 60),
    ("Close", 20),
    ("CutOff", 3),
    ("Delegate", 30),
    ("Deposit", 700),
    ("Execute", 50),
    ("Leave", 2),
    ("NetAcknowledge", 400),
    ("NetDeliver", 500),
    ("NetExpire", 17),
    ("NetRepeat", 30),
    ("NetRepeatAck", 70),
    ("NetTimeout", 30),
    ("NetWait", 40),
    ("OptIn", 20),
    ("OptOut", 20),
    ("PauseExecutions", 30),
    ("PayOut", 80),
    ("Prove", 25),
    ("Redelegate", 40),
    ("RedirectProceeds", 11),
    ("Relay", 40),
    ("RemovePenalty", 20),
    ("RenewNonces", 4),
    ("Reopen", 50),
    ("Report", 280),
    ("Resume", 6),
    ("Retry", 8),
    ("SetCap", 20),
    ("SetFirstLoss", 90),
    ("SetPenalty", 80),
    ("SetSharedThrottle", 5),
    ("SetThrottle", 5),
    ("Slash", 200),
    ("StopService", 3),
    ("Suspend", 45),
    ("Sync", 800),
    ("Undelegate", 550),
    ("Unjail", 35),
    ("UpdateService", 60),
    ("Veto", 11),
    ("Wait", 600),
    ("Withdraw", 20),
    ("answer not believed", 16),
    ("answers reordered", 80),
    ("asset slashed", 900),
    ("backing compared", 1_300),
    ("borne before", 20),
    ("bucket paid", 300),
    ("bucket spared", 200),
    ("by a former key", 13),
    ("came in again", 1),
    ("era ended", 3),
    ("height compared", 17_100),
    ("height forgotten", 3_400),
    ("key of another refused", 2),
    ("late set", 60),
    ("loss borne first", 40),
    ("proof compared", 20),
    ("proved by another key", 4),
    ("renormalized", 3),
    ("reported by key", 60),
    ("slash accepted", 200),
    ("slash bounced", 30),
    ("slash rejected", 60),
    ("tombstone refused", 13),
    ("votes for another chain refused", 30),
    ("votes for the former chain", 1),
];
