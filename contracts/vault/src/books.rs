//! The moves between the columns of the books. Whoever moves tokens in or out saves the books in
//! the same message.

use cosmwasm_std::{Addr, Api, OverflowError, StdResult, Storage, Uint128};
use palisade_types::asset::Destination;

use crate::error::ContractError;
use crate::state::{Books, IDLE, SEIZED};

impl Books {
    /// What the cap of the asset is for.
    pub(crate) fn principal(&self) -> Result<Uint128, OverflowError> {
        self.idle.checked_add(self.staked)
    }

    /// All that the vault owes.
    pub(crate) fn owed(&self) -> Result<Uint128, OverflowError> {
        self.principal()?.checked_add(self.seized)
    }

    /// Takes from what is staked: never more than was recorded in, whatever the neighbour says.
    pub(crate) fn take_staked(
        &mut self,
        asset: &str,
        amount: Uint128,
    ) -> Result<(), ContractError> {
        self.staked =
            self.staked
                .checked_sub(amount)
                .map_err(|_| ContractError::InsufficientStaked {
                    asset: asset.to_string(),
                    available: self.staked,
                    requested: amount,
                })?;
        Ok(())
    }
}

/// Adds to the idle tokens of an owner, and to their sum.
pub(crate) fn credit_idle(
    storage: &mut dyn Storage,
    books: &mut Books,
    owner: &Addr,
    asset: &str,
    amount: Uint128,
) -> Result<(), ContractError> {
    let before = IDLE.may_load(storage, (owner, asset))?.unwrap_or_default();
    IDLE.save(storage, (owner, asset), &before.checked_add(amount)?)?;
    books.idle = books.idle.checked_add(amount)?;
    Ok(())
}

/// Takes from the idle tokens of an owner, and from their sum.
pub(crate) fn debit_idle(
    storage: &mut dyn Storage,
    books: &mut Books,
    owner: &Addr,
    asset: &str,
    amount: Uint128,
) -> Result<(), ContractError> {
    let available = IDLE.may_load(storage, (owner, asset))?.unwrap_or_default();
    let rest = available
        .checked_sub(amount)
        .map_err(|_| ContractError::InsufficientIdle {
            asset: asset.to_string(),
            available,
            requested: amount,
        })?;
    if rest.is_zero() {
        IDLE.remove(storage, (owner, asset));
    } else {
        IDLE.save(storage, (owner, asset), &rest)?;
    }
    books.idle = books.idle.checked_sub(amount)?;
    Ok(())
}

/// Adds to what waits for a destination. The sum of an asset is the caller's to keep.
pub(crate) fn credit_seized(
    storage: &mut dyn Storage,
    entry: (&str, u32, &str),
    amount: Uint128,
) -> Result<(), ContractError> {
    let before = SEIZED.may_load(storage, entry)?.unwrap_or_default();
    SEIZED.save(storage, entry, &before.checked_add(amount)?)?;
    Ok(())
}

/// Refuses an amount of nothing.
pub(crate) fn require_above_zero(amount: Uint128) -> Result<(), ContractError> {
    if amount.is_zero() {
        return Err(ContractError::ZeroAmount);
    }
    Ok(())
}

/// A destination as seizures are keyed by it: the recipient, or the empty string, which no address
/// is, to burn.
pub(crate) fn destination_key(api: &dyn Api, destination: &Destination) -> StdResult<String> {
    match destination {
        Destination::Burn {} => Ok(String::new()),
        Destination::Send { recipient } => Ok(api.addr_validate(recipient)?.into_string()),
    }
}

/// The inverse of [`destination_key`].
pub(crate) fn destination_of(key: String) -> Destination {
    match key.is_empty() {
        true => Destination::Burn {},
        false => Destination::Send { recipient: key },
    }
}
