//! What a slash may take, and from whom: recomputed here from what was there before it.

use std::collections::BTreeSet;

use cosmwasm_std::{Decimal, Timestamp, Uint128, Uint256};
use palisade_ibc::Offender;
use palisade_math::Magnitude;
use palisade_slashing::state::{End, Request};
use palisade_types::allocation::{LiabilityResponse, QueryMsg};

use super::backing::backing;
use super::checks::effective;
use super::model::{Name, ASSETS};
use super::pots::pot;
use super::seen::{Bucket, Pool, PoolKey};
use super::setup::{assets_of, max_slash};
use super::world::World;

/// What a slash touched.
#[derive(Default)]
pub struct Slashed {
    pub pools: BTreeSet<PoolKey>,
    pub buckets: BTreeSet<(u32, u64)>,
}

/// One slash, as the model knows it.
pub struct Case {
    pub service: u32,
    pub operator: Name,
    /// p and m, in 10^-18.
    fraction: Uint256,
    most: Uint256,
    tombstones: bool,
    first_loss: Decimal,
    /// The update that it counted in, and when that was made.
    update: u64,
    since: Option<Timestamp>,
}

/// One part of what a slash may touch, before and after it.
pub struct Part {
    /// What it stands for before.
    pub mag: Uint256,
    pub senior: (Uint128, Uint128),
    pub junior: (Uint128, Uint128),
}

fn one() -> Uint256 {
    Uint256::from(10u128.pow(18))
}

pub fn ceil(numerator: Uint256, denominator: Uint256) -> Uint256 {
    (numerator + denominator - Uint256::one()) / denominator
}

/// Invariants 4, 5 and 6.
pub fn check(world: &mut World, (service, number): (u32, u64), request: &Request) -> Slashed {
    let operator = world.names.of(request.operator.as_bytes());
    let penalty = world.penalty(service, &request.kind, request.time);
    let penalty = penalty.expect("a slash without a penalty").clone();
    if penalty.tombstone {
        world.tombstoned.insert((operator, service));
    }
    if let Some(waited) = world.before.requests.get(&(service, number)) {
        let policy = waited
            .policy
            .as_ref()
            .expect("a request waits without a penalty");
        assert_eq!(
            policy.fraction, penalty.fraction,
            "the penalty of a request that waited"
        );
    }
    let liability: LiabilityResponse = world.suite.ask(
        &world.suite.allocation,
        &QueryMsg::Liability {
            service,
            offender: Offender::Operator(request.operator.to_string()),
            update_id: request.update_id.into(),
        },
    );
    // A slash does not touch the history, so it can be asked after it; here is what it was before.
    let history = (service, operator, 0)..=(service, operator, request.update_id);
    if let Some((key, row)) = world.before.captures.by.range(history).next_back() {
        assert_eq!(liability.update_id.u64(), key.2);
        assert_eq!(liability.since, Some(row.value.at));
    }
    let Some(End::Executed { seized, at }) = &request.end else {
        unreachable!("the caller looked");
    };
    let case = Case {
        service,
        operator,
        fraction: Uint256::from(penalty.fraction.atomics()),
        most: Uint256::from(max_slash(service).atomics()),
        tombstones: penalty.tombstone,
        first_loss: world.first_loss(operator, *at),
        update: liability.update_id.u64(),
        since: liability.since,
    };
    let mut slashed = Slashed::default();
    for asset in ASSETS {
        let taken = seized.iter().find(|part| part.asset == asset);
        let taken = taken.map_or(Uint128::zero(), |part| part.amount);
        let captured = liability.captured.iter().find(|part| part.asset == asset);
        let captured = captured.map_or(Uint128::zero(), |part| part.amount);
        *world.taken.entry(pot(asset, operator)).or_default() += taken.u128();
        check_asset(world, &case, asset, captured, taken, &mut slashed);
        super::stats::count("asset slashed", !taken.is_zero());
    }
    others_untouched(world, &case, &slashed);
    slashed
}

/// Pools and buckets of other operators, and members of other services, are what they were.
fn others_untouched(world: &World, case: &Case, slashed: &Slashed) {
    for (key, _, _) in world.now.pools.changes(&world.before.pools) {
        assert!(
            slashed.pools.contains(key),
            "{key:?} paid for {}",
            case.operator
        );
    }
    for (key, _, _) in world.now.buckets.changes(&world.before.buckets) {
        assert!(
            slashed.buckets.contains(key),
            "bucket {key:?} paid for {}",
            case.operator
        );
    }
    for (key, _, _) in world.now.members.changes(&world.before.members) {
        assert_eq!(
            *key,
            (case.service, case.operator),
            "a member of another service changed"
        );
    }
    assert!(world
        .now
        .positions
        .changes(&world.before.positions)
        .is_empty());
    assert!(world.now.entries.changes(&world.before.entries).is_empty());
}

fn check_asset(
    world: &mut World,
    case: &Case,
    asset: Name,
    captured: Uint128,
    taken: Uint128,
    slashed: &mut Slashed,
) {
    let key = (case.operator, asset);
    let (Some(before), Some(after)) = (world.before.pools.get(&key), world.now.pools.get(&key))
    else {
        assert!(taken.is_zero(), "taken from nobody");
        return;
    };
    let (before, after) = (before.clone(), after.clone());
    let (delta, factor) = difference(&before.mag, &after.mag);
    if world.unsettled(case.operator, asset) {
        unsettled(world, case, asset, &before, captured, taken, slashed);
        return;
    }
    let (parts, spared) = parts(world, case, &before, &after, slashed);
    if !delta.is_zero() {
        slashed.pools.insert(key);
        super::stats::count("era ended", after.mag.era > before.mag.era);
        super::stats::count("renormalized", after.mag.norm > before.mag.norm);
        super::stats::count("older era", !captured.is_zero() && before.mag.era > 0);
    }

    // Weq, and the slice as it was.
    let m = Uint256::from(before.mag.value);
    let stake = |part: &Part| ceil(Uint256::from(part.senior.0 + part.junior.0) * m, part.mag);
    let equivalent: Uint256 = parts.iter().map(stake).fold(Uint256::zero(), |a, b| a + b);
    let member = world.before.members.get(&(case.service, case.operator));
    let slice = member.and_then(|member| member.slices.iter().find(|slice| slice.asset == asset));
    let b = slice.map_or(Uint128::zero(), |slice| {
        effective(world, slice, &before.mag, case.service)
    });
    let b = match assets_of(case.service).contains(&asset) {
        true => Uint256::from(b),
        false => Uint256::zero(),
    };
    assert!(delta <= b, "{key:?}: {delta} of a slice of {b}");
    if let Some(slice) = slice {
        let now = world.now.members.get(&(case.service, case.operator));
        let now = now.and_then(|member| member.slices.iter().find(|s| s.asset == slice.asset));
        let now = now.map_or(Uint128::zero(), |slice| {
            effective(world, slice, &after.mag, case.service)
        });
        let left = if factor.is_zero() {
            Uint256::zero()
        } else {
            (b - delta) * factor
        };
        assert_eq!(
            Uint256::from(now),
            left,
            "{key:?}: what is left of the slice"
        );
    }

    // 5: what is due, by the formula. What was captured in an older era counts for nothing; the
    // query leaves the era out, so it is found where it was stored.
    let captured = Uint256::from(in_this_era(world, case, asset, captured, before.mag.era));
    let c = case.fraction * captured;
    let units = 2 * parts.len() as u128;
    let bound = c / one() + Uint256::from(units) + ceil(equivalent, m);
    assert!(
        Uint256::from(taken) <= bound,
        "{key:?}: {taken} taken, {bound} at most"
    );
    let key_borne = (case.service, case.operator, asset, before.mag.era);
    let borne = case.tombstones && world.borne.contains_key(&key_borne);
    super::stats::count("borne before", borne);
    if !borne {
        let due = match equivalent.is_zero() {
            true => Uint256::zero(),
            false => {
                let by_slice = ceil(case.fraction * b, case.most);
                let by_stake = ceil(c * m, one() * equivalent);
                by_slice.min(by_stake).min(b)
            }
        };
        assert_eq!(
            delta, due,
            "{key:?}: magnitude due, captured {captured}, b {b}, Weq {equivalent}"
        );
        assert_eq!(
            taken.is_zero(),
            due.is_zero(),
            "{key:?}: {taken} taken, {due} due"
        );
    }
    if case.tombstones && !taken.is_zero() {
        // Of several that tombstone, only the largest is borne.
        let all = world.borne.entry(key_borne).or_default();
        all.taken += Uint256::from(taken);
        all.largest = all.largest.max(c / one());
        all.rounding += bound - c / one();
        let most = all.largest + all.rounding;
        assert!(
            all.taken <= most,
            "{key:?}: {} borne in all, {most} at most",
            all.taken
        );
    }
    losses(case, &parts, &spared, delta, taken);
    let after_mag = after.mag.clone();
    backing(
        world,
        case,
        asset,
        &before,
        &after_mag,
        (delta, factor),
        &parts,
    );
}

/// What is staked natively and was not brought up to now before: it is, before the penalty is taken. So
/// what was there is known to the books alone, and all of it may have changed.
fn unsettled(
    world: &mut World,
    case: &Case,
    asset: Name,
    before: &Pool,
    captured: Uint128,
    taken: Uint128,
    slashed: &mut Slashed,
) {
    super::stats::count("slashed unsettled", !taken.is_zero());
    slashed.pools.insert((case.operator, asset));
    let of = world.before.buckets_of(before.id);
    let epochs: Vec<u64> = of.map(|(epoch, _)| epoch).collect();
    slashed
        .buckets
        .extend(epochs.iter().map(|epoch| (before.id, *epoch)));
    let captured = in_this_era(world, case, asset, captured, before.mag.era);
    let due = case.fraction * Uint256::from(captured) / one();
    let rounding = Uint256::from(4 * (epochs.len() as u128 + 2));
    assert!(
        Uint256::from(taken) <= due + rounding,
        "{asset} of {}: {taken} taken, {due} at most",
        case.operator
    );
    if case.tombstones && !taken.is_zero() {
        let key = (case.service, case.operator, asset, before.mag.era);
        let all = world.borne.entry(key).or_default();
        all.taken += Uint256::from(taken);
        all.largest = all.largest.max(due);
        all.rounding += rounding;
    }
}

/// What was taken of the magnitude, in the unit before; and what a unit became, none: void.
fn difference(before: &Magnitude, after: &Magnitude) -> (Uint256, Uint256) {
    let m = Uint256::from(before.value);
    if after.era != before.era {
        assert_eq!((after.era, after.norm), (before.era + 1, 0));
        return (m, Uint256::zero());
    }
    let factor = Uint256::from(1_000u128).pow(after.norm - before.norm);
    let left = Uint256::from(after.value);
    assert_eq!(left % factor, Uint256::zero(), "renormalized with a rest");
    assert!(left / factor <= m, "M rose by a slash");
    (m - left / factor, factor)
}

fn in_this_era(world: &World, case: &Case, asset: Name, captured: Uint128, era: u32) -> Uint128 {
    let Some(entry) = world
        .before
        .captures
        .get(&(case.service, case.operator, case.update))
    else {
        assert!(
            case.since.is_none() && captured.is_zero(),
            "an unknown update"
        );
        return Uint128::zero();
    };
    let index = assets_of(case.service).iter().position(|a| *a == asset);
    let Some(part) = index.map(|index| &entry.parts[index]) else {
        return Uint128::zero();
    };
    assert_eq!(part.tokens, captured, "captured {asset}");
    if part.era == era {
        captured
    } else {
        Uint128::zero()
    }
}

/// The operator's own in a bucket that shares no loss, before and after.
type Spared = (Uint128, Uint128);

/// Invariant 6: what shares the loss is the active stake and the buckets from the epoch of the update
/// on that have not matured. All other buckets are as they were, but for the operator's own in those
/// that have not matured: where a first loss is agreed it bears for others.
fn parts(
    world: &World,
    case: &Case,
    before: &Pool,
    after: &Pool,
    slashed: &mut Slashed,
) -> (Vec<Part>, Vec<Spared>) {
    let now = world.now.now;
    let current = world.epochs.at(now);
    let since = case.since.map(|since| world.epochs.at(since).min(current));
    let mut parts = vec![Part {
        mag: before.mag.value.into(),
        senior: (before.pool.tokens, after.pool.tokens),
        junior: (before.junior.tokens, after.junior.tokens),
    }];
    let mut spared = vec![];
    for (epoch, bucket) in world.before.buckets_of(before.id) {
        let mag = bucket.part(&before.mag).magnitude;
        let immature = now < world.epochs.matures_at(epoch);
        let shares = immature && since.is_some_and(|since| epoch >= since) && !mag.is_zero();
        let key = (before.id, epoch);
        let left = world.now.buckets.get(&key);
        let tokens = |of: fn(&Bucket) -> Uint128| left.map_or(Uint128::zero(), of);
        let junior = (bucket.junior.tokens, tokens(|bucket| bucket.junior.tokens));
        let senior = (bucket.pool.tokens, tokens(|bucket| bucket.pool.tokens));
        super::stats::count("bucket paid", shares && !bucket.tokens().is_zero());
        super::stats::count("bucket spared", !shares);
        if shares {
            slashed.buckets.insert(key);
            parts.push(Part {
                mag,
                senior,
                junior,
            });
        } else if left != Some(bucket) {
            let agreed = immature && !case.first_loss.is_zero();
            assert!(agreed, "bucket {key:?} paid for what came after it");
            assert_eq!(
                senior.0, senior.1,
                "bucket {key:?} paid for what came after it"
            );
            assert!(left.is_none_or(|left| left.pool == bucket.pool && left.mag == bucket.mag));
            slashed.buckets.insert(key);
            spared.push(junior);
        } else if immature {
            spared.push(junior);
        }
    }
    (parts, spared)
}

/// Every part bears what it stands for; the operator's own bears more where it agreed to.
fn losses(case: &Case, parts: &[Part], spared: &[Spared], delta: Uint256, taken: Uint128) {
    let nominal = |tokens: Uint128, mag: Uint256| -> Uint128 {
        let loss = ceil(Uint256::from(tokens) * delta, mag);
        loss.min(tokens.into()).try_into().unwrap()
    };
    let (mut junior, mut senior, mut own) = (Uint128::zero(), Uint128::zero(), Uint128::zero());
    let (mut lost_junior, mut lost) = (Uint128::zero(), Uint128::zero());
    for part in parts {
        own += part.junior.0;
        junior += nominal(part.junior.0, part.mag);
        let due = nominal(part.senior.0, part.mag);
        senior += due;
        let loss = part.senior.0 - part.senior.1;
        assert!(
            loss <= due,
            "stakers bear {loss} of a part that stands for {due}"
        );
        assert!(
            !case.first_loss.is_zero() || junior > Uint128::zero() || loss == due,
            "stakers bear {loss} of a part that stands for {due}"
        );
        lost += loss;
        lost_junior += part.junior.0 - part.junior.1;
    }
    for (before, after) in spared {
        own += *before;
        lost_junior += *before - *after;
    }
    let all = junior + senior;
    assert_eq!(
        lost + lost_junior,
        taken,
        "what all parts lost is what was seized"
    );
    assert_eq!(all, taken, "what all parts stand for is what was seized");
    let agreed = ceil(
        Uint256::from(all) * Uint256::from(case.first_loss.atomics()),
        one(),
    );
    let agreed: Uint128 = agreed.try_into().unwrap();
    assert_eq!(
        lost_junior,
        own.min(all).min(junior.max(agreed)),
        "the operator's own"
    );
    super::stats::count("loss borne first", lost_junior > junior);
}
