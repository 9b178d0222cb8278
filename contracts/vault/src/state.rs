//! All state of the contract. Zero fields are left out, and what changes often is kept apart from
//! what does not, since every byte of a key or value costs gas. Amounts are in base units.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Decimal, Storage, Timestamp, Uint128};
use cw_storage_plus::{Item, Map};
use palisade_math::{Position, SharePool};
use palisade_types::asset::{AssetId, AssetKind, RateSource};
use palisade_types::neighbour::Neighbour;
use palisade_types::token::Token;

use crate::error::ContractError;

/// The neighbour.
pub(crate) const CONFIG: Item<Config> = Item::new("config");

/// Asset -> what was registered.
pub(crate) const ASSETS: Map<&str, Asset> = Map::new("a");
/// Token, by its name -> its one asset.
pub(crate) const TOKENS: Map<&str, AssetId> = Map::new("t");
/// Asset -> its last good rate. One for every asset, though only a provider's is read on the way
/// of a deposit.
pub(crate) const RATES: Map<&str, Rate> = Map::new("r");
/// Asset -> what the vault owes of it. One for every asset, from its registration.
pub(crate) const BOOKS: Map<&str, Books> = Map::new("b");
/// (owner, asset) -> idle tokens. Never zero.
pub(crate) const IDLE: Map<(&Addr, &str), Uint128> = Map::new("i");
/// (asset, account, recipient; empty: to burn) -> seized, not yet paid out. Never zero.
pub(crate) const SEIZED: Map<(&str, u32, &str), Uint128> = Map::new("s");
/// Name of a pot -> what was seized of a natively staked asset behind an operator.
pub(crate) const POTS: Map<&str, Pot> = Map::new("p");
/// (name of a pot, account, recipient; empty: to burn) -> a share of the pot. Never empty.
pub(crate) const CLAIMS: Map<(&str, u32, &str), Position> = Map::new("c");
/// (natively staked asset, operator) -> the contract that stakes it with the operator's validator.
pub(crate) const STAKERS: Map<(&str, &Addr), Staker> = Map::new("n");

/// The neighbour.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Config {
    /// Counts what is staked, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<Neighbour>,
}

/// A registered asset.
#[cw_serde]
pub(crate) struct Asset {
    /// Its token. Never changes.
    pub kind: AssetKind,
    /// Where its rate comes from.
    pub source: RateSource,
    /// Haircut, above 0 and at most 1.
    pub weight: Decimal,
    /// Most that may be idle and staked together.
    pub cap: Uint128,
    /// Least deposit, at least 1.
    pub minimum: Uint128,
    /// Whether deposits are refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub closed: bool,
    /// The bond denom, if it is natively staked; else empty. Never changes.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub bond_denom: String,
}

impl Asset {
    /// The token in which it comes and goes.
    pub(crate) fn token(&self) -> Token {
        match &self.kind {
            AssetKind::Native { denom } => Token::native(denom),
            AssetKind::Cw20 { address } => Token::cw20(address),
            AssetKind::Staked { .. } => Token::native(&self.bond_denom),
        }
    }

    /// Whether it is natively staked: then what is staked of it is not in the vault.
    pub(crate) fn is_staked(&self) -> bool {
        match self.kind {
            AssetKind::Native { .. } | AssetKind::Cw20 { .. } => false,
            AssetKind::Staked { .. } => true,
        }
    }
}

/// Who stakes natively for an operator.
#[cw_serde]
pub(crate) struct Staker {
    /// The contract.
    #[serde(rename = "s")]
    pub staker: Addr,
    /// The validator, as the chain spells it.
    #[serde(rename = "v")]
    pub validator: String,
    /// Whether the base chain's rewards are staked as well.
    #[serde(rename = "c", default, skip_serializing_if = "is_false")]
    pub compound: bool,
}

/// A good rate.
#[cw_serde]
pub(crate) struct Rate {
    /// Value of one base unit.
    pub rate: Decimal,
    /// When it was set: by the provider's clock, or by the block's if no provider tells it.
    pub at: Timestamp,
    /// The time of the block that brought it: no other rate is taken in that block. Zero if it is
    /// fixed.
    #[serde(rename = "b", default, skip_serializing_if = "is_never")]
    pub block: Timestamp,
}

/// What the vault owes of one asset.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Books {
    /// The sum of [`IDLE`].
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub idle: Uint128,
    /// Handed on to the delegation contract: pools, buckets and counted dust.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub staked: Uint128,
    /// The sum of [`SEIZED`]; if natively staked: of the tokens of [`POTS`], and what was rounded off.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub seized: Uint128,
    /// Of `staked`, if natively staked: unbonded and in the vault again.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub released: Uint128,
    /// Of `seized`, if natively staked: unbonded and in the vault again.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub payable: Uint128,
    /// Whether the asset is natively staked.
    #[serde(rename = "n", default, skip_serializing_if = "is_false")]
    pub native: bool,
}

/// What was seized of a natively staked asset behind an operator.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Pot {
    /// What is owed, by the shares of [`CLAIMS`].
    #[serde(rename = "s")]
    pub pool: SharePool,
    /// What of it came back from the base chain and was not paid.
    #[serde(rename = "p", default, skip_serializing_if = "Uint128::is_zero")]
    pub payable: Uint128,
}

fn is_never(time: &Timestamp) -> bool {
    time.nanos() == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A registered asset, or an error that names it.
pub(crate) fn asset(storage: &dyn Storage, id: &str) -> Result<Asset, ContractError> {
    ASSETS.may_load(storage, id)?.ok_or_else(|| unknown(id))
}

/// The books of a registered asset, or an error that names it.
pub(crate) fn books(storage: &dyn Storage, id: &str) -> Result<Books, ContractError> {
    BOOKS.may_load(storage, id)?.ok_or_else(|| unknown(id))
}

/// The staker of an operator, or an error that names both.
pub(crate) fn staker(
    storage: &dyn Storage,
    id: &str,
    operator: &Addr,
) -> Result<Staker, ContractError> {
    let found = STAKERS.may_load(storage, (id, operator))?;
    found.ok_or_else(|| ContractError::NoStaker {
        asset: id.to_string(),
        operator: operator.clone(),
    })
}

/// The neighbour, or an error while there is none.
pub(crate) fn delegation(storage: &dyn Storage) -> Result<Neighbour, ContractError> {
    let config = CONFIG.load(storage)?;
    config.delegation.ok_or(ContractError::NotConnected)
}

fn unknown(id: &str) -> ContractError {
    ContractError::UnknownAsset {
        asset: id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cosmwasm_std::{from_json, to_json_string};

    use super::*;

    #[test]
    fn two_maps_sharing_a_prefix() {
        // A map's prefix is its name behind two bytes of length, of which the first is zero: so
        // different names never collide with one another, nor with an item, whose key is bare.
        let maps = BTreeSet::from([
            ASSETS.namespace_bytes().to_vec(),
            TOKENS.namespace_bytes().to_vec(),
            RATES.namespace_bytes().to_vec(),
            BOOKS.namespace_bytes().to_vec(),
            IDLE.namespace_bytes().to_vec(),
            SEIZED.namespace_bytes().to_vec(),
            STAKERS.namespace_bytes().to_vec(),
            POTS.namespace_bytes().to_vec(),
            CLAIMS.namespace_bytes().to_vec(),
        ]);
        assert_eq!(maps.len(), 9);
        let items = BTreeSet::from([
            CONFIG.as_slice().to_vec(),
            palisade_admin::GUARD.as_slice().to_vec(),
            b"ownership".to_vec(),
            b"contract_info".to_vec(),
        ]);
        assert_eq!(items.len(), 4);
        assert!(items.iter().all(|key| key[0] != 0));
    }

    #[test]
    fn empty_books_take_no_bytes() {
        assert_eq!(to_json_string(&Books::default()).unwrap(), "{}");
        assert_eq!(from_json::<Books>("{}").unwrap(), Books::default());
        let books = Books {
            staked: Uint128::new(7),
            ..Books::default()
        };
        assert_eq!(to_json_string(&books).unwrap(), r#"{"staked":"7"}"#);
    }
}
