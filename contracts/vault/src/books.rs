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

    /// What of it the vault itself holds; the rest of what is natively staked is with the stakers.
    pub(crate) fn here(&self) -> Result<Uint128, OverflowError> {
        if !self.native {
            return self.owed();
        }
        self.idle
            .checked_add(self.released)?
            .checked_add(self.payable)
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

    /// Takes from what is unbonded and in the vault again for who left.
    pub(crate) fn take_released(
        &mut self,
        asset: &str,
        amount: Uint128,
    ) -> Result<(), ContractError> {
        self.released =
            self.released
                .checked_sub(amount)
                .map_err(|_| ContractError::InsufficientReleased {
                    asset: asset.to_string(),
                    available: self.released,
                    requested: amount,
                })?;
        Ok(())
    }

    /// Books what came back from a staker. No column can hold more than the one that it is of.
    pub(crate) fn collect(
        &mut self,
        asset: &str,
        released: Uint128,
        seized: Uint128,
    ) -> Result<(), ContractError> {
        self.released = self.released.checked_add(released)?;
        self.payable = self.payable.checked_add(seized)?;
        for (column, amount, limit) in [
            ("released", self.released, self.staked),
            ("payable", self.payable, self.seized),
        ] {
            if amount > limit {
                return Err(ContractError::TooMuchArrived {
                    asset: asset.to_string(),
                    column,
                    amount,
                    limit,
                });
            }
        }
        Ok(())
    }

    /// Refuses principal that does not fit under the cap.
    pub(crate) fn require_room(
        &self,
        id: &str,
        cap: Uint128,
        amount: Uint128,
    ) -> Result<(), ContractError> {
        let held = self.principal()?;
        if amount > cap.saturating_sub(held) {
            return Err(ContractError::CapExceeded {
                asset: id.to_string(),
                cap,
                held,
                offered: amount,
            });
        }
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
