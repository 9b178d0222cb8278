//! Random histories of two natively staked pools. After every step what the world holds covers what is
//! owed; and in the end everybody leaves with what the books say.

use cosmwasm_std::Uint128;
use palisade_testing::seeded;
use palisade_types::delegation::QueryMsg;
use proptest::collection::vec;
use proptest::prelude::*;

use super::chain::{World, ASSET, DAY};

const OPERATORS: [&str; 2] = ["op", "other"];
const OWNERS: [&str; 4] = ["ann", "bob", "op", "other"];

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, usize, u128),
    Undelegate(usize, usize, u128),
    Cancel(usize, usize, u64),
    Claim(usize, usize),
    Redelegate(usize, usize),
    Compound(usize, u128),
    Reconcile(usize),
    BaseSlash(usize, u128, Vec<bool>),
    Penalty(usize, u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (operator, owner) = (0..2_usize, 0..4_usize);
    let amount = prop_oneof![1..10_u128, 1..1_000_000_u128, 1..10_u128.pow(24)];
    prop_oneof![
        4 => (owner.clone(), operator.clone(), amount.clone()).prop_map(|(o, p, a)| Step::Deposit(o, p, a)),
        4 => (owner.clone(), operator.clone(), amount.clone()).prop_map(|(o, p, a)| Step::Undelegate(o, p, a)),
        2 => (owner.clone(), operator.clone(), 0..4_u64).prop_map(|(o, p, e)| Step::Cancel(o, p, e)),
        3 => (owner.clone(), operator.clone()).prop_map(|(o, p)| Step::Claim(o, p)),
        2 => (owner, operator.clone()).prop_map(|(o, p)| Step::Redelegate(o, p)),
        2 => (operator.clone(), amount).prop_map(|(p, a)| Step::Compound(p, a)),
        6 => operator.clone().prop_map(Step::Reconcile),
        2 => (operator.clone(), 0..=100_u128, vec(any::<bool>(), 7)).prop_map(|(p, s, e)| Step::BaseSlash(p, s, e)),
        1 => (operator, 1..=100_u64).prop_map(|(p, s)| Step::Penalty(p, s)),
        8 => prop_oneof![Just(6), 1..DAY, Just(DAY), Just(3 * DAY)].prop_map(Step::Pass),
    ]
}

fn take(world: &mut World, step: &Step) {
    // Refusals are part of the play; what they are is asserted in the stories.
    match step {
        Step::Deposit(owner, operator, amount) => {
            let _ = world.deposit(OWNERS[*owner], OPERATORS[*operator], *amount);
        }
        Step::Undelegate(owner, operator, amount) => {
            let (owner, operator) = (OWNERS[*owner], OPERATORS[*operator]);
            let _ = world.undelegate(owner, operator, Some(*amount));
        }
        Step::Cancel(owner, operator, ago) => {
            let epoch = world.epoch().saturating_sub(*ago);
            let _ = world.cancel(OWNERS[*owner], OPERATORS[*operator], epoch);
        }
        Step::Claim(owner, operator) => {
            let _ = world.claim(OWNERS[*owner], OPERATORS[*operator]);
        }
        Step::Redelegate(owner, operator) => {
            let _ = world.redelegate(
                OWNERS[*owner],
                OPERATORS[*operator],
                OPERATORS[1 - *operator],
            );
        }
        Step::Compound(operator, amount) => world.compound(OPERATORS[*operator], *amount),
        Step::Reconcile(operator) => world.reconcile(OPERATORS[*operator]),
        Step::BaseSlash(operator, percent, hit) => {
            let count = world.native(OPERATORS[*operator]).unbonding.len();
            let hit: Vec<usize> = (0..count).filter(|index| hit[*index]).collect();
            world.base_slash(OPERATORS[*operator], *percent, &hit);
        }
        Step::Penalty(operator, percent) => {
            let captured = world.tokens(OPERATORS[*operator]);
            world.penalty(OPERATORS[*operator], *percent, captured);
        }
        Step::Pass(seconds) => world.pass(*seconds),
    }
}

/// Tokens of buckets of an operator, as the contract counts them.
fn in_buckets(world: &mut World, operator: &str) -> u128 {
    let buckets: Vec<palisade_types::delegation::BucketResponse> = world.ask(QueryMsg::Buckets {
        operator: world.who(operator).into_string(),
        asset: ASSET.to_string(),
        start_after: None,
        limit: Some(100),
    });
    buckets.iter().map(|bucket| bucket.tokens.u128()).sum()
}

fn check(world: &mut World, step: &Step) {
    let dust: Uint128 = world.ask(QueryMsg::Dust {
        asset: ASSET.to_string(),
    });
    let mut counted = dust.u128();
    let mut held = world.released + world.payable;
    let mut unnoticed = 0;
    for operator in OPERATORS {
        let standing = world.standing(operator);
        counted += world.tokens(operator) + standing.growing.u128() + in_buckets(world, operator);
        let native = world.native(operator).clone();
        held += native.bonded + native.arrived;
        held += native.unbonding.iter().map(|(left, ..)| left).sum::<u128>();
        let expected: u128 = standing
            .batches
            .iter()
            .map(|batch| batch.amount.u128())
            .sum();
        let coming: u128 = native.unbonding.iter().map(|(left, ..)| left).sum();
        unnoticed += standing.slashed.u128() + expected.saturating_sub(coming + native.arrived);
        // Nothing is bonded that is not accounted for: what the chain holds is what should be there.
        assert_eq!(
            native.bonded + standing.slashed.u128(),
            standing.bonded.u128(),
            "{step:?}"
        );
        assert!(standing.batches.len() <= 7, "{step:?}");
    }
    // Invariant 1: pools, buckets, growth and dust are what the vault's books call staked.
    assert_eq!(counted, world.staked, "{step:?}");
    // And all that is owed is there, and no more: but for what was slashed and not noticed yet.
    let owed = world.staked + world.seized;
    assert_eq!(held + unnoticed, owed, "{step:?}");
    assert!(world.payable <= world.seized, "{step:?}");
}

/// Everybody leaves, and is paid.
fn leave(world: &mut World) {
    for operator in OPERATORS {
        for owner in OWNERS {
            // Worth nothing or not: the last one out may make it worth a unit.
            let _ = world.undelegate(owner, operator, None);
        }
    }
    for _ in 0..12 {
        world.pass(DAY);
        for operator in OPERATORS {
            world.reconcile(operator);
        }
    }
    for operator in OPERATORS {
        assert!(world.standing(operator).batches.is_empty());
        for owner in OWNERS {
            let _ = world.claim(owner, operator);
        }
    }
    for owner in OWNERS {
        assert_eq!(
            (world.value(owner), world.unbonding(owner)),
            (0, 0),
            "{owner} is still in"
        );
    }
    // What was seized came back, but for what the base chain took of it.
    assert_eq!(world.payable, world.seized);
}

proptest! {
    #![proptest_config(seeded(200))]

    #[test]
    fn everything_is_counted_and_everybody_can_leave_whatever_the_base_chain_does(
        batch_epochs in 1..=2_u32, steps in vec(step(), 1..80),
    ) {
        let mut world = World::new(5, batch_epochs);
        for step in &steps {
            take(&mut world, step);
            check(&mut world, step);
        }
        leave(&mut world);
        check(&mut world, &Step::Pass(0));
    }
}
