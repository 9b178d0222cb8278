//! What must hold of natively staked tokens after every step: every one is where the books say, and only
//! the base chain gives and takes.

use cosmwasm_std::Uint128;
use palisade_math::{apportion, SharePool, VIRTUAL_SHARES};
use palisade_suite::{refusal, STAKE};
use palisade_testing::HarnessError;
use palisade_vault::ContractError as VaultError;

use super::base::Base;
use super::model::{Name, Step, NATIVES, OWNERS};
use super::pots;
use super::seen::{Pool, PoolKey, Snapshot};
use super::world::World;

pub fn check(world: &mut World, step: &Step, refused: Option<&HarnessError>) {
    books(world);
    for operator in NATIVES {
        accounts(world, operator);
    }
    dust(world);
    jailed(world, step, refused);
    if let Step::Base(Base::Reconcile { operator }) = *step {
        assert!(
            refused.is_none(),
            "{operator} is not reconciled: {refused:?}"
        );
        let pool = world.now.pools.get(&(operator, STAKE)).unwrap();
        let record = world.now.base.records.get(&pool.id).unwrap();
        let held = &world.now.base.held[operator];
        assert_eq!(
            record.bonded.u128(),
            held.bonded,
            "{operator}: what should be bonded, and is"
        );
    }
}

/// Invariant 1: what the chain and the vault have is what came in, less what went out and what the chain
/// took; what the books say is the same, less only what of that they noticed.
fn books(world: &mut World) {
    let now = &world.now;
    let books = now.books.get(&STAKE).cloned().unwrap_or_default();
    let balance = world.balance(&world.suite.vault, STAKE);
    assert_eq!(
        balance,
        (books.idle + books.released + books.payable).u128(),
        "the vault's {STAKE}: {books:?}"
    );
    assert!(books.released <= books.staked && books.payable <= books.seized);
    let paid_in: i128 = OWNERS.iter().map(|owner| world.paid_in(owner, STAKE)).sum();
    let pots = world.paid_out.iter();
    let pots = pots.filter(|(name, _)| pots::asset_of(name) == STAKE);
    let paid_out: u128 = pots.map(|(_, amount)| *amount).sum();
    let put = paid_in + world.base.compounded as i128 - paid_out as i128;
    let there = (balance + now.base.all()) as i128;
    assert_eq!(
        there,
        put - world.base.lost as i128,
        "{STAKE} that came and went"
    );
    let booked = put - books.owed().u128() as i128;
    assert!(
        booked >= world.base.booked as i128,
        "{booked} lost by the books, {} before",
        world.base.booked
    );
    assert!(
        booked <= world.base.lost as i128,
        "{booked} lost by the books, {} by the chain",
        world.base.lost
    );
    world.base.booked = booked.unsigned_abs();
}

/// What should be bonded with a validator, and on its way out of it, is what the accounts of its pool add
/// up to, with no more than the counted dust on top.
fn accounts(world: &World, operator: Name) {
    let now = &world.now;
    let Some(pool) = now.pools.get(&(operator, STAKE)) else {
        return;
    };
    let record = now.base.records.get(&pool.id).unwrap();
    let held = &now.base.held[operator];
    let dust = now.dust.get(&STAKE).copied().unwrap_or_default().u128();
    let open: u128 = now
        .buckets_of(pool.id)
        .filter(|(epoch, _)| *epoch >= record.next)
        .map(|(_, bucket)| bucket.tokens().u128())
        .sum();
    let counted = (pool.tokens() + record.growing() + record.seized).u128() + open;
    let bonded = record.bonded.u128();
    assert!(
        counted <= bonded && bonded <= counted + dust,
        "{operator}: {bonded} should be bonded, {counted} counted, {dust} dust"
    );
    assert!(
        held.bonded <= bonded,
        "{operator}: {} bonded, {bonded} should be",
        held.bonded
    );
    let batches = now.base.batches.get(&pool.id);
    let batches = batches.map_or(&[][..], |all| &all.batches[..]);
    let sent: u128 = batches.iter().map(|batch| batch.amount.u128()).sum();
    assert!(
        held.unbonding + held.arrived <= sent,
        "{operator}: {held:?}, {sent} sent"
    );
    assert!(batches.len() <= 7, "{operator}: {} batches", batches.len());
    let mut next = 0;
    for batch in batches {
        assert!(
            next <= batch.from && batch.from <= batch.to && batch.to < record.next,
            "{operator}: {batch:?} before {}",
            record.next
        );
        next = batch.to + 1;
    }
}

/// What becomes dust in a step is rounding, and of what grew into a pool what its virtual shares had when
/// the last holder left: never more than their share of it.
fn dust(world: &World) {
    let dust = |at: &Snapshot| at.dust.get(&STAKE).copied().unwrap_or_default().u128();
    let (before, now) = (dust(&world.before), dust(&world.now));
    let grown = by_chain(world, STAKE).0.unsigned_abs();
    let mut most = 4 * unit(world, STAKE).unsigned_abs();
    for ((_, asset), pool, _) in world.now.pools.changes(&world.before.pools) {
        if let (&STAKE, Some(pool)) = (asset, pool) {
            for tranche in [&pool.pool, &pool.junior] {
                let tokens = tranche.tokens.u128() + grown;
                most += 1 + tokens * VIRTUAL_SHARES / (tranche.shares.u128() + VIRTUAL_SHARES);
            }
        }
    }
    assert!(
        now <= before + most,
        "{} {STAKE} became dust in one step, {most} at most",
        now - before
    );
    super::stats::count("growth without a holder", now > before + 4);
}

/// Whoever stakes behind a validator is refused exactly while it is not bonded.
fn jailed(world: &World, step: &Step, refused: Option<&HarnessError>) {
    let Step::Deposit {
        operator: Some(operator),
        asset: STAKE,
        ..
    } = *step
    else {
        return;
    };
    let jailed = world.base.jailed.contains(operator);
    super::stats::count("deposit refused while jailed", jailed);
    if !NATIVES.contains(&operator) {
        assert!(refused.is_some(), "staked with no validator");
        return;
    }
    assert_eq!(refused.is_some(), jailed, "{operator}: {refused:?}");
    if let Some(error) = refused {
        let error = refusal::<VaultError>(error);
        assert!(
            matches!(error, VaultError::ValidatorNotBonded { .. }),
            "{error}"
        );
    }
}

/// Whether the price of a pool may fall in a step: the base chain slashed it before.
pub fn pool_may_fall(world: &World, (operator, asset): &PoolKey) -> bool {
    if *asset != STAKE {
        return false;
    }
    let Some(pool) = world.before.pools.get(&(*operator, STAKE)) else {
        return false;
    };
    let record = world.before.base.records.get(&pool.id).unwrap();
    let slashed = record.bonded.u128() > world.before.base.held[operator].bonded;
    // It stands in for what was seized, and slashed on its way.
    let fell = slashed || short(world, operator);
    super::stats::count("base slash noticed", fell);
    fell
}

/// What is left of a pool after slashes by the base chain that it did not notice yet.
pub fn left(world: &World, (operator, asset): PoolKey, pool: &Pool) -> Uint128 {
    let tokens = pool.tokens();
    if asset != STAKE {
        return tokens;
    }
    let record = world.now.base.records.get(&pool.id).unwrap();
    let held = Uint128::new(world.now.base.held[operator].bonded);
    let slashed = record.bonded.saturating_sub(held);
    super::stats::count("counted less", !slashed.is_zero());
    let parts = apportion(slashed, &[record.bonded - tokens, tokens]).unwrap();
    tokens - parts[1]
}

/// Whether a batch arrived in this step that the chain may have slashed on its way.
fn short(world: &World, operator: Name) -> bool {
    let pool = world.before.pools.get(&(operator, STAKE));
    let oldest = |at: &Snapshot| {
        let all = at.base.batches.get(&pool?.id)?;
        Some(all.batches.first()?.from)
    };
    let before = oldest(&world.before);
    let arrived = before.is_some() && before != oldest(&world.now);
    arrived && world.base.slashes.contains_key(operator)
}

/// The same of a bucket: while its batch did not start, it bears what the pool does; on its way, what its
/// batch was short of when it arrived.
pub fn bucket_may_fall(world: &World, (id, epoch): (u32, u64)) -> bool {
    let Some(record) = world.before.base.records.get(&id) else {
        return false;
    };
    let key = *world.before.pool(id).0;
    if epoch >= record.next {
        return pool_may_fall(world, &key);
    }
    let covers = |at: &Snapshot| {
        let batches = at.base.batches.get(&id);
        batches.is_some_and(|all| all.batches.iter().any(|b| (b.from..=b.to).contains(&epoch)))
    };
    // It arrived in this step, and something was slashed at some time.
    let arrived = covers(&world.before) && !covers(&world.now);
    let fell = arrived && world.base.slashes.contains_key(key.0);
    super::stats::count("short batch", fell);
    fell
}

/// Units of an asset that owners may win in a step since rewards of the base chain flowed into pools,
/// and whether they may lose any since it slashed.
pub fn by_chain(world: &World, asset: Name) -> (i128, bool) {
    if asset != STAKE {
        return (0, false);
    }
    let flows = |at: &Snapshot| at.base.growing(STAKE).u128() as i128;
    // What was staked in this step did not flow yet.
    let grown = flows(&world.before) - flows(&world.now) + world.base.compounded as i128
        - world.base.compounded_before as i128;
    let fell = NATIVES
        .iter()
        .any(|operator| pool_may_fall(world, &(*operator, STAKE)));
    (grown.max(0), fell)
}

/// What the rounding of one operation comes to: a unit, or the price of a share, where a pool that had
/// next to nothing grew to a million times as much.
pub fn unit(world: &World, asset: Name) -> i128 {
    if asset != STAKE {
        return 1;
    }
    let of = |at: &Snapshot| {
        let pools = at.pools.iter().filter(|((_, asset), _)| *asset == STAKE);
        let price = |pool: &SharePool| {
            (pool.tokens.u128() + 1).div_ceil(pool.shares.u128() + VIRTUAL_SHARES)
        };
        let prices = pools.flat_map(|(_, pool)| [price(&pool.pool), price(&pool.junior)]);
        prices.max().unwrap_or(1)
    };
    let unit = of(&world.before).max(of(&world.now));
    super::stats::count("share above a unit", unit > 1);
    unit as i128
}

/// All that the base chain ever added to an asset.
pub fn grew(world: &World, asset: Name) -> i128 {
    match asset {
        STAKE => world.base.compounded as i128,
        _ => 0,
    }
}
