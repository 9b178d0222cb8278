//! What was seized of natively staked tokens: owed at once, and paid when the tokens come back from the
//! base chain. What that takes of them on their way, those bear who are owed: for each operator by
//! itself, and alike, however late and in however many parts they are paid. So it is a pool with shares,
//! as the stake was.

use cosmwasm_std::{StdResult, Storage, Uint128};
use palisade_math::Position;

use crate::error::ContractError;
use crate::state::{Books, Pot, CLAIMS, POTS};

/// The name of a pot: what was seized of an asset behind an operator.
pub(crate) fn name(asset: &str, operator: &str) -> String {
    format!("{asset}/{operator}")
}

/// The asset of a pot, or none for the name of an asset.
pub(crate) fn asset_of(name: &str) -> Option<&str> {
    name.split_once('/').map(|(asset, _)| asset)
}

/// Books `amount` for one destination. The sums of the asset are the caller's to keep.
pub(crate) fn credit(
    storage: &mut dyn Storage,
    pot: &mut Pot,
    claim: (&str, u32, &str),
    amount: Uint128,
) -> Result<(), ContractError> {
    let mut position = CLAIMS.may_load(storage, claim)?.unwrap_or_default();
    pot.pool.join(&mut position, amount)?;
    Ok(CLAIMS.save(storage, claim, &position)?)
}

/// What is booked for one destination now.
pub(crate) fn booked(
    storage: &dyn Storage,
    claim: (&str, u32, &str),
) -> StdResult<Option<Position>> {
    CLAIMS.may_load(storage, claim)
}

/// Takes what arrived in, and what the base chain took out.
pub(crate) fn reconcile(
    storage: &mut dyn Storage,
    books: &mut Books,
    name: &str,
    arrived: Uint128,
    forfeited: Uint128,
) -> Result<(), ContractError> {
    if arrived.is_zero() && forfeited.is_zero() {
        return Ok(());
    }
    let mut pot = POTS.may_load(storage, name)?.unwrap_or_default();
    pot.payable = pot.payable.checked_add(arrived)?;
    let taken = pot.pool.slash(forfeited)?;
    books.seized = books.seized.checked_sub(taken)?;
    Ok(POTS.save(storage, name, &pot)?)
}

/// Pays as much as arrived of what is booked for one destination. Returns what is to be paid: nothing if
/// the base chain took all of it.
pub(crate) fn pay(
    storage: &mut dyn Storage,
    books: &mut Books,
    claim: (&str, u32, &str),
    mut position: Position,
) -> Result<Uint128, ContractError> {
    let (name, ..) = claim;
    let mut pot = POTS.may_load(storage, name)?.unwrap_or_default();
    let worth = pot.pool.value_of(&position)?;
    let amount = worth.min(pot.payable);
    if amount.is_zero() && !worth.is_zero() {
        return Err(ContractError::NothingArrived {
            asset: name.to_string(),
        });
    }
    // What is rounded off stays with the seized, and nobody's.
    let paid = pot.pool.leave_exact(&mut position, amount)?.paid;
    pot.payable = pot.payable.checked_sub(paid)?;
    books.payable = books.payable.checked_sub(paid)?;
    books.seized = books.seized.checked_sub(paid)?;
    POTS.save(storage, name, &pot)?;
    store(storage, claim, &position)?;
    Ok(paid)
}

/// Books what waits for `from` for `to`: its shares, so that nobody else's are worth a unit more or less.
/// Returns how much it is.
pub(crate) fn redirect(
    storage: &mut dyn Storage,
    (name, account, from): (&str, u32, &str),
    to: &str,
) -> Result<Uint128, ContractError> {
    let Some(mut position) = CLAIMS.may_load(storage, (name, account, from))? else {
        return Ok(Uint128::zero());
    };
    let pool = POTS.may_load(storage, name)?.unwrap_or_default().pool;
    let amount = pool.value_of(&position)?;
    let mut other = CLAIMS
        .may_load(storage, (name, account, to))?
        .unwrap_or_default();
    pool.hand_over(&mut position, &mut other)?;
    CLAIMS.remove(storage, (name, account, from));
    store(storage, (name, account, to), &other)?;
    Ok(amount)
}

fn store(
    storage: &mut dyn Storage,
    claim: (&str, u32, &str),
    position: &Position,
) -> StdResult<()> {
    if position.is_empty() {
        CLAIMS.remove(storage, claim);
        return Ok(());
    }
    CLAIMS.save(storage, claim, position)
}
