//! What a share is worth, and what everybody has.

use cosmwasm_std::Uint256;
use palisade_math::{SharePool, VIRTUAL_SHARES};

use super::slashes;
use super::staked;
use super::world::World;

/// Units that an owner may win or lose by the rounding of one step.
const GRAIN: i128 = 4;

/// Invariants 7 and 8: the price of a share of a pool or bucket, in either tranche, falls by slashes
/// alone. So whoever comes or goes in parts, or in another order, gains nothing by it.
pub fn check(world: &World, slashed: Option<&slashes::Slashed>) {
    for (key, before, now) in world.now.pools.changes(&world.before.pools) {
        let by_chain = staked::pool_may_fall(world, key);
        if by_chain || slashed.is_some_and(|slashed| slashed.pools.contains(key)) {
            continue;
        }
        let (Some(before), Some(now)) = (before, now) else {
            assert!(now.is_some(), "pool {key:?} is gone");
            continue;
        };
        not_cheaper(&before.pool, &now.pool, &format!("{key:?}"));
        not_cheaper(
            &before.junior,
            &now.junior,
            &format!("{key:?}, the operator's own"),
        );
    }
    for (key, before, now) in world.now.buckets.changes(&world.before.buckets) {
        let by_chain = staked::bucket_may_fall(world, *key);
        if by_chain || slashed.is_some_and(|slashed| slashed.buckets.contains(key)) {
            continue;
        }
        if let (Some(before), Some(now)) = (before, now) {
            not_cheaper(&before.pool, &now.pool, &format!("bucket {key:?}"));
            not_cheaper(
                &before.junior,
                &now.junior,
                &format!("bucket {key:?}, the operator's own"),
            );
        }
    }
}

fn not_cheaper(before: &SharePool, now: &SharePool, what: &str) {
    if before.generation != now.generation {
        // Its last holder left; what could not be paid is dust, a unit or two.
        assert!(
            now.shares.is_zero() || now.scale == 0,
            "{what}: {before:?}, {now:?}"
        );
        return;
    }
    assert_eq!(
        before.scale, now.scale,
        "{what} was rescaled without a slash"
    );
    let worth = |pool: &SharePool, other: &SharePool| {
        let tokens = Uint256::from(pool.tokens) + Uint256::one();
        tokens * (Uint256::from(other.shares) + Uint256::from(VIRTUAL_SHARES))
    };
    assert!(
        worth(now, before) >= worth(before, now),
        "{what} fell: {before:?}, {now:?}"
    );
}

/// Invariant 2, and that nobody's stake changes but by slashes and by their own doing: what each
/// owner has in the suite and outside together changes by rounding alone, and is never more than
/// what was put in, but for a unit a step.
pub fn worths(world: &mut World, slashed: bool) {
    let gains = world.gains();
    for (key, gain) in &gains {
        let (owner, asset) = key;
        // Of what is staked natively, the base chain gives and takes.
        let (grown, lost) = staked::by_chain(world, asset);
        let grew = staked::grew(world, asset);
        let unit = staked::unit(world, asset);
        assert!(
            *gain <= world.steps as i128 + grew,
            "{owner} gained {gain} {asset}"
        );
        let change = gain - world.gains[key];
        assert!(
            change <= GRAIN * unit + grown,
            "{owner} won {change} {asset} in one step"
        );
        assert!(
            slashed || lost || change >= -GRAIN * unit,
            "{owner} lost {change} {asset} without a slash"
        );
    }
    world.gains = gains;
}
