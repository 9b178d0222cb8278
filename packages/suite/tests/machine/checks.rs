//! What must hold after every step, whatever the step was. What slashes do has a file of its own.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Decimal, Uint128, Uint256};
use palisade_allocation::state::{Pending, Slice};
use palisade_math::{asset_value, Magnitude, FULL_MAGNITUDE, MAX_LIVE_BUCKETS};
use palisade_slashing::refusal::Refusal;
use palisade_slashing::state::{Answer, End, Request};
use palisade_suite::{
    refusal, ALLOCATION_DELAY, ATOM, DEALLOCATION_DELAY, EPOCH, MAX_LAG, STAKE, STATOM,
};
use palisade_testing::HarnessError;
use palisade_types::gateway::ReportState;

use super::afar;
use super::heights;
use super::keys;
use super::model::{Name, Step, ASSETS, CHAIN, OWNERS, SERVICES};
use super::paid;
use super::pots;
use super::prices;
use super::seen::{PoolKey, Snapshot};
use super::setup::{assets_of, max_slash};
use super::slashes;
use super::staked;
use super::twins;
use super::world::World;

/// Most seconds for which a slash bounces, as the suite is deployed.
const BOUNCE_MAX: u64 = EPOCH;

pub fn check(world: &mut World, step: &Step, refused: Option<&HarnessError>) {
    nobody_is_kept(step, refused);
    let executed = requests(world);
    let slashed = executed.map(|(key, request)| slashes::check(world, key, &request));
    books(world);
    promises(world);
    magnitudes(world, slashed.as_ref());
    prices::check(world, slashed.as_ref());
    prices::worths(world, slashed.is_some());
    reports(world);
    told(world);
    heights::check(world);
    keys::check(world);
    keys::proceeds(world);
    keys::proved(world);
    keys::redirected(world);
    if let Step::Sync {
        service,
        limit: None,
    } = step
    {
        if refused.is_none() {
            captured(world, *service);
        }
    }
    bounds(world);
    pots::check(world, step, slashed.is_some());
    staked::check(world, step, refused);
    paid::check(world, step);
    twins::check(world);
    if matches!(step, Step::Net(_) | Step::Afar(_)) {
        afar::check(world);
    }
}

/// Invariant 12, as far as one step shows it: an undelegation is refused only to who has nothing
/// there, a claim only when nothing matured. (What is paused here stops neither.)
fn nobody_is_kept(step: &Step, refused: Option<&HarnessError>) {
    use palisade_delegation::ContractError as E;
    let Some(error) = refused else {
        return;
    };
    match step {
        Step::Undelegate { .. } => {
            let error = refusal::<E>(error);
            assert!(matches!(error, E::NoPosition { .. }), "kept: {error}");
        }
        Step::Claim { asset, .. } => {
            let error = refusal::<E>(error);
            let native = *asset == STAKE && matches!(error, E::NotArrived { .. });
            assert!(
                native || matches!(error, E::NothingMatured { .. }),
                "kept: {error}"
            );
        }
        // Nothing that a relayer brings is ever refused by a contract: a refusal is in the ack.
        Step::Net(_) => panic!("a relayer is stuck: {error}"),
        _ => {}
    }
}

/// Invariant 10, on the host: what has ended stays as it ended, and one step ends one request by
/// execution at most. Returns that one.
fn requests(world: &World) -> Option<((u32, u64), Request)> {
    let mut executed = vec![];
    for (key, before, now) in world.now.requests.changes(&world.before.requests) {
        let now = now.expect("a request is gone");
        if let Some(before) = before {
            assert!(
                before.end.is_none(),
                "request {key:?} ended twice: {before:?}, {now:?}"
            );
            assert_eq!(
                (&before.operator, &before.kind, before.height),
                (&now.operator, &now.kind, now.height),
            );
        }
        if let Some(End::Executed { .. }) = now.end {
            executed.push((*key, now.clone()));
        }
        let (service, number) = *key;
        let waits = (world.names.of(now.operator.as_bytes()), service, number);
        let listed = world.now.pending.by.contains_key(&waits);
        assert_eq!(
            listed,
            now.end.is_none(),
            "request {key:?} waits without end"
        );
    }
    assert!(
        executed.len() <= 1,
        "one step, several slashes: {executed:?}"
    );
    for (key, before, now) in world.now.nonces.changes(&world.before.nonces) {
        let now = &now.expect("a nonce is forgotten").answer;
        match before.map(|nonce| &nonce.answer) {
            None => {}
            Some(Answer::Bounced(first)) => match now {
                Answer::Bounced(again) => assert_eq!(first, again, "{key:?} ages"),
                // What was young enough when it came stays so while it may bounce, and then for as
                // long as an infraction can be reported.
                Answer::Refused(Refusal::Expired { evidence_age }) => {
                    let kept = first.plus_seconds(BOUNCE_MAX + evidence_age);
                    assert!(world.now.now > kept, "{key:?} aged out");
                }
                _ => {}
            },
            Some(other) => assert_eq!(other, now, "nonce {key:?} was answered otherwise"),
        }
    }
    executed.pop()
}

/// Invariant 1: every token is counted once, in both contracts that count, and what is in the vault
/// is what came in, less what went out.
fn books(world: &World) {
    let now = &world.now;
    for asset in ASSETS {
        let books = now.books.get(&asset).cloned().unwrap_or_default();
        let held = world.balance(&world.suite.vault, asset);
        let owed = books.idle + books.staked + books.seized;
        if asset != STAKE {
            let strays = world.afar.strays(asset);
            assert_eq!(held, owed.u128() + strays, "the vault's {asset}: {books:?}");
        }

        let mut staked = now.dust.get(&asset).copied().unwrap_or_default();
        for ((_, of), pool) in now.pools.iter() {
            if *of == asset {
                staked += pool.tokens();
                staked += now
                    .buckets_of(pool.id)
                    .map(|(_, b)| b.tokens())
                    .sum::<Uint128>();
            }
        }
        staked += now.base.growing(asset);
        assert_eq!(books.staked, staked, "{asset} that delegation counts");
        let idle: Uint128 = of_asset(now.idle.iter().map(|((_, of), n)| (*of, *n)), asset);
        assert_eq!(books.idle, idle, "idle {asset}");

        let paid_in: i128 = OWNERS.iter().map(|owner| world.paid_in(owner, asset)).sum();
        let paid_out = world.paid_out.get(asset).copied().unwrap_or_default();
        if asset != STAKE {
            assert_eq!(
                paid_in + world.afar.strays(asset) as i128 - paid_out as i128,
                held as i128,
                "{asset} that came and went"
            );
        }
        // Invariant 10: what was seized was seized once. Natively staked, see [`pots`].
        let taken = world.taken.get(asset).copied().unwrap_or_default();
        let seized = of_asset(now.seized.due.iter().map(|((of, ..), n)| (*of, *n)), asset);
        if asset != STAKE {
            assert_eq!(books.seized, seized, "seized {asset}");
            assert_eq!(taken, seized.u128() + paid_out, "{asset} that was seized");
        }
    }
}

fn of_asset(rows: impl Iterator<Item = (Name, Uint128)>, asset: Name) -> Uint128 {
    rows.filter(|(of, _)| *of == asset)
        .map(|(_, amount)| amount)
        .sum()
}

/// What a slice is now: a change that is due has taken effect, even if nobody wrote it down yet.
pub fn effective(world: &World, slice: &Slice, pool: &Magnitude, service: u32) -> Uint128 {
    let value = pool.read_slice(&slice.value);
    let most = pool.share(max_slash(service)).unwrap();
    let due =
        |seconds: u64, since: cosmwasm_std::Timestamp| since.plus_seconds(seconds) <= world.now.now;
    match &slice.pending {
        Some(Pending::Up { target, at }) if *at <= world.now.now => {
            pool.read_slice(target).min(most).max(value)
        }
        Some(Pending::Down {
            target,
            asked_at,
            acked_at,
            ..
        }) => {
            let latest = asked_at.plus_seconds(MAX_LAG);
            let start = acked_at.map_or(latest, |acked| acked.min(latest));
            match due(DEALLOCATION_DELAY, start) {
                true => pool.read_slice(target).min(value),
                false => value,
            }
        }
        _ => value,
    }
}

/// Invariant 3: all slices of a pool, rises under way and falls under way in full, are at most M; a
/// slice is at most `max_slash * M` when it is set or takes effect, and rises only after the delay.
fn promises(world: &World) {
    let mut sums: BTreeMap<PoolKey, Uint128> = BTreeMap::new();
    for ((_, operator), member) in world.now.members.iter() {
        for slice in &member.slices {
            let asset = ASSETS
                .into_iter()
                .find(|asset| *asset == slice.asset)
                .unwrap();
            let Some(pool) = world.now.pools.get(&(*operator, asset)) else {
                continue;
            };
            let promised = match &slice.pending {
                Some(Pending::Up { target, .. }) => pool.mag.read_slice(target),
                _ => Uint128::zero(),
            };
            let slice = pool.mag.read_slice(&slice.value).max(promised);
            *sums.entry((*operator, asset)).or_default() += slice;
        }
    }
    for (key, sum) in sums {
        let value = world.now.pools.get(&key).unwrap().mag.value;
        assert!(sum <= value, "{key:?}: slices of {sum}, of {value}");
    }
    for ((service, operator), before, now) in world.now.members.changes(&world.before.members) {
        let Some(now) = now else { continue };
        for slice in &now.slices {
            let asset = ASSETS
                .into_iter()
                .find(|asset| *asset == slice.asset)
                .unwrap();
            let Some(pool) = world.now.pools.get(&(*operator, asset)) else {
                continue;
            };
            let former = before.and_then(|b| b.slices.iter().find(|s| s.asset == slice.asset));
            let was = former.map_or(Uint128::zero(), |former| pool.mag.read_slice(&former.value));
            let is = pool.mag.read_slice(&slice.value);
            let most = pool.mag.share(max_slash(*service)).unwrap();
            let aims = |slice: &Slice| match &slice.pending {
                Some(Pending::Up { target, at }) => Some((pool.mag.read_slice(target), *at)),
                _ => None,
            };
            if is > was {
                assert!(is <= most, "{service} {operator} {asset}: a slice of {is}");
                let (_, at) = former.and_then(aims).expect("a slice rose without notice");
                assert!(at <= world.now.now, "a slice rose too early");
            }
            let asked = aims(slice).filter(|aim| former.and_then(aims).map(|a| a.1) != Some(aim.1));
            if let Some((target, at)) = asked {
                assert!(
                    target <= most,
                    "{service} {operator} {asset}: {target} asked for"
                );
                assert_eq!(at, world.now.now.plus_seconds(ALLOCATION_DELAY));
            }
        }
    }
}

/// Invariant 3: M falls by slashes only, and rises only by a renormalization or in a new era.
fn magnitudes(world: &World, slashed: Option<&slashes::Slashed>) {
    for (key, now) in world.now.pools.iter() {
        let full = now.mag.value.u128() <= FULL_MAGNITUDE && !now.mag.value.is_zero();
        assert!(full, "{key:?}: {:?}", now.mag);
        let Some(before) = world.before.pools.get(key) else {
            continue;
        };
        if !slashed.is_some_and(|slashed| slashed.pools.contains(key)) {
            assert_eq!(before.mag, now.mag, "{key:?} without a slash");
        }
    }
}

/// Invariant 10, on the consumer: a report that ended stays as it ended, and none is forgotten.
fn reports(world: &World) {
    for (nonce, before, now) in world.now.ended.changes(&world.before.ended) {
        let now = now.unwrap_or_else(|| panic!("the end of report {nonce} is forgotten"));
        assert!(matches!(now.state, ReportState::Ended { .. }), "{now:?}");
        if let Some(before) = before {
            assert_eq!(before.state, now.state, "report {nonce} ended twice");
        }
    }
    for nonce in world.now.reports.by.keys() {
        let (open, ended) = (world.now.open.get(nonce), world.now.ended.get(nonce));
        assert!(
            open.is_some() != ended.is_some(),
            "report {nonce} is nowhere or twice"
        );
    }
}

/// Invariant 9, as far as it holds while packets are under way: the gateway never knows of an
/// update that was not made, and of the newest one it knows what the host told.
fn told(world: &World) {
    let last = world
        .now
        .links
        .get(&CHAIN)
        .map_or(0, |link| link.last_update);
    let known = world.now.seen.iter().chain(world.now.removed.iter());
    for (operator, seen) in known {
        assert!(
            seen.update_id <= last,
            "{operator} at update {}",
            seen.update_id
        );
        let before = [&world.before.seen, &world.before.removed];
        let before = before.into_iter().find_map(|table| table.get(operator));
        // However late a packet comes.
        assert!(
            before.is_none_or(|before| before.update_id <= seen.update_id),
            "{operator} went back to update {}",
            seen.update_id
        );
        let member = world.now.members.get(&(CHAIN, *operator));
        if let Some(member) = member.filter(|member| member.update_id == seen.update_id) {
            assert_eq!(
                member.power, seen.power,
                "{operator} at update {}",
                seen.update_id
            );
        }
    }
}

/// Invariant 9, on the host: after a whole pass, what each operator counted with is what the formula
/// says.
fn captured(world: &World, service: u32) {
    let cursor = |at: &Snapshot| at.links.get(&service).and_then(|link| link.cursor.clone());
    if cursor(&world.before).is_some() || cursor(&world.now).is_some() {
        return;
    }
    for ((of, operator), member) in world.now.members.iter() {
        if *of != service {
            continue;
        }
        let counted = world
            .now
            .captures
            .get(&(service, operator, member.update_id));
        let counts = member.leaving.is_none() && !member.jailed;
        let mut power = Uint128::zero();
        let mut counting = vec![];
        for asset in assets_of(service) {
            let mut tokens = Uint128::zero();
            let pool = world.now.pools.get(&(*operator, asset));
            let slice = member.slices.iter().find(|slice| slice.asset == asset);
            if let (true, Some(pool), Some(slice)) = (counts, pool, slice) {
                let b = match &slice.pending {
                    Some(Pending::Down { target, .. }) => pool.mag.read_slice(target),
                    _ => Uint128::MAX,
                };
                let b = b.min(effective(world, slice, &pool.mag, service));
                tokens = formula(
                    staked::left(world, (*operator, asset), pool),
                    b,
                    &pool.mag,
                    max_slash(service),
                );
            }
            let (rate, weight) = price(asset);
            power += asset_value(tokens, rate, weight).unwrap();
            counting.push((tokens, pool.map_or(0, |pool| pool.mag.era)));
        }
        for (index, (tokens, era)) in counting.into_iter().enumerate() {
            // Who counts with nothing has nothing captured, be it tokens that are worth nothing.
            let due = if power.is_zero() { power } else { tokens };
            let part = counted.map(|capture| &capture.parts[index]);
            let there = part.map_or(Uint128::zero(), |part| part.tokens);
            assert_eq!(there, due, "{operator} {index} in {service}: {member:?}");
            if let (Some(part), false) = (part, due.is_zero()) {
                assert_eq!(part.era, era, "{operator} {index} in {service}");
            }
        }
        assert_eq!(member.power, power, "power of {operator} in {service}");
    }
}

/// `floor(T * min(1, b / (M * m)))`.
fn formula(tokens: Uint128, slice: Uint128, pool: &Magnitude, max_slash: Decimal) -> Uint128 {
    let one = Uint256::from(10u128.pow(18));
    let whole = Uint256::from(pool.value) * Uint256::from(max_slash.atomics());
    let part = Uint256::from(slice) * one;
    let counted = if part >= whole {
        Uint256::from(tokens)
    } else {
        Uint256::from(tokens) * part / whole
    };
    counted.try_into().unwrap()
}

fn price(asset: Name) -> (Decimal, Decimal) {
    match asset {
        ATOM | STAKE => (Decimal::one(), Decimal::one()),
        STATOM => (Decimal::percent(110), Decimal::one()),
        _ => (Decimal::percent(50), Decimal::percent(80)),
    }
}

/// Invariant 13, as far as there is no gas here: what any message has to walk over is bounded,
/// however many stakers and steps there are. (Gas itself is measured on real chains, in `e2e`.)
fn bounds(world: &World) {
    let now = &world.now;
    let epoch = world.epochs.at(now.now);
    for (key, pool) in now.pools.iter() {
        let live = now
            .buckets_of(pool.id)
            .filter(|(at, _)| now.now < world.epochs.matures_at(*at));
        let live: Vec<u64> = live.map(|(at, _)| at).collect();
        assert!(
            live.len() as u64 <= MAX_LIVE_BUCKETS,
            "{key:?}: {} buckets",
            live.len()
        );
        assert!(live.iter().all(|at| *at <= epoch));
    }
    for (key, request) in now.requests.iter() {
        assert!(
            request.reports.len() <= 11,
            "{key:?}: {} reports",
            request.reports.len()
        );
    }
    let members: BTreeSet<_> = now.members.by.keys().collect();
    assert!(members
        .iter()
        .all(|(service, _)| SERVICES.contains(service)));
    for member in now.members.by.values() {
        assert!(member.value.slices.len() <= ASSETS.len());
    }
}
