//! All contracts on both chains, under random histories of stakers, operators, services, admins
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
//! | 1 books | `checks::books`; of what comes from the consumer `afar`; of what is staked natively `staked`, `quiet::nothing_stranded` |
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

mod afar;
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
const LEAST: [(&str, u64); 115] = [
    ("Adjust", 67),
    ("AssignKey", 103),
    ("Cancel", 75),
    ("CancelUpdate", 7),
    ("Claim", 36),
    ("ClaimCommission", 35),
    ("ClaimRewards", 78),
    ("Close", 12),
    ("ComeLate", 53),
    ("Compound", 14),
    ("CutOff", 5),
    ("Delegate", 15),
    ("Deposit", 611),
    ("Execute", 39),
    ("Fund", 30),
    ("Harvest", 208),
    ("JailValidator", 14),
    ("Leave", 4),
    ("NameToken", 56),
    ("NetAcknowledge", 379),
    ("NetDeliver", 412),
    ("NetExpire", 9),
    ("NetRepeat", 15),
    ("NetRepeatAck", 35),
    ("NetTimeout", 15),
    ("NetWait", 20),
    ("OptIn", 10),
    ("OptOut", 14),
    ("PauseExecutions", 15),
    ("Pay", 275),
    ("PayOut", 42),
    ("Prove", 20),
    ("Reconcile", 207),
    ("Redelegate", 20),
    ("Recover", 8),
    ("RecoverReward", 4),
    ("RedirectProceeds", 5),
    ("Relay", 26),
    ("RemovePenalty", 16),
    ("RenewNonces", 5),
    ("Reopen", 32),
    ("Report", 140),
    ("Resume", 3),
    ("Retry", 4),
    ("SendDeposit", 55),
    ("SendRewards", 18),
    ("SendStray", 35),
    ("SendStrayReward", 16),
    ("SetCap", 10),
    ("SetCommission", 16),
    ("SetCompound", 19),
    ("SetFirstLoss", 45),
    ("SetPenalty", 40),
    ("SetSharedThrottle", 3),
    ("SetThrottle", 3),
    ("Slash", 154),
    ("SlashValidator", 27),
    ("StopService", 2),
    ("Suspend", 22),
    ("Sync", 618),
    ("TwinClaims", 54),
    ("TwinsIn", 48),
    ("TwinsOut", 11),
    ("Undelegate", 314),
    ("Unjail", 25),
    ("UnjailValidator", 10),
    ("UpdateService", 37),
    ("Veto", 5),
    ("Wait", 459),
    ("Withdraw", 16),
    ("WithdrawRewards", 67),
    ("answer not believed", 8),
    ("answers reordered", 89),
    ("asset slashed", 623),
    ("backing compared", 894),
    ("base rewards staked", 29),
    ("base rewards streamed", 33),
    ("base slash noticed", 2_253),
    ("borne before", 10),
    ("bucket paid", 223),
    ("bucket spared", 219),
    ("by a former key", 6),
    ("came in again", 2),
    ("came late for nothing", 188),
    ("came without a word", 24),
    ("deposit refused while jailed", 17),
    ("deposit from afar", 35),
    ("deposit sent back", 3),
    ("era ended", 6),
    ("height compared", 14_981),
    ("height forgotten", 3_336),
    ("key of another refused", 1),
    ("late set", 62),
    ("loss borne first", 20),
    ("pot paid", 106),
    ("proof compared", 20),
    ("proved by another key", 2),
    ("renormalized", 2),
    ("reported by key", 39),
    ("rewards without a word", 10),
    ("seized and forfeited", 8),
    ("seized bore alike", 1),
    ("short batch", 11),
    ("slash accepted", 132),
    ("slash bounced", 15),
    ("slash rejected", 30),
    ("slashed bonded", 27),
    ("slashed unbonding", 11),
    ("slashed unsettled", 2),
    ("tombstone refused", 7),
    ("twins compared", 1_338),
    ("twins earn", 1_122),
    ("twins left", 11),
    ("votes for another chain refused", 15),
    ("votes for the former chain", 1),
];
