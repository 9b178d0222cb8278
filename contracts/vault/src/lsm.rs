//! Validators' addresses, and tokenized shares of their delegations (LSM): denoms `{validator}/{id}`.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::Bech32;
use cosmwasm_std::{Addr, Api, Decimal, QuerierWrapper};
use palisade_types::asset::AssetKind;

use crate::error::ContractError;

/// The account of a validator, as bytes: what its address encodes under whatever human-readable part.
pub(crate) fn account_of(validator: &str) -> Option<Vec<u8>> {
    let decoded = CheckedHrpstring::new::<Bech32>(validator).ok()?;
    let account: Vec<u8> = decoded.byte_iter().collect();
    (!account.is_empty()).then_some(account)
}

/// Whether an operator's account is the validator's.
pub(crate) fn is_operator(
    api: &dyn Api,
    operator: &Addr,
    account: &[u8],
) -> Result<bool, ContractError> {
    Ok(api.addr_canonicalize(operator.as_str())?.as_slice() == account)
}

/// A validator whose delegation is tokenized.
pub(crate) struct Tokenized<'a> {
    /// The validator.
    pub validator: &'a str,
    /// Its account.
    pub account: Vec<u8>,
}

/// The validator of a tokenized share; none for any other token. Whether its address is one of this
/// chain's validators is not asked: a token of that form that is none would be bound to nobody, and so
/// could only be idle.
pub(crate) fn tokenized(kind: &AssetKind) -> Option<Tokenized<'_>> {
    match kind {
        AssetKind::Native { denom } => {
            let (validator, id) = denom.split_once('/')?;
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let account = account_of(validator)?;
            Some(Tokenized { validator, account })
        }
        AssetKind::Cw20 { .. } | AssetKind::Staked { .. } => None,
    }
}

/// Value of one base unit of a tokenized share: what the chain says that the `delegator`'s delegation is
/// worth, over the supply of the shares, rounded down; one at most, as a share starts at one token and
/// only slashes change that.
pub(crate) fn rate(
    querier: QuerierWrapper,
    kind: &AssetKind,
    delegator: &str,
) -> Result<Decimal, ContractError> {
    let (AssetKind::Native { denom }, Some(Tokenized { validator, .. })) = (kind, tokenized(kind))
    else {
        return Err(ContractError::NotTokenized);
    };
    // This query does not go through the distribution module.
    let delegated = querier
        .query_all_delegations(delegator)?
        .into_iter()
        .find(|delegation| delegation.validator == validator)
        .map(|delegation| delegation.amount.amount)
        .unwrap_or_default();
    let supply = querier.query_supply(denom)?.amount;
    match Decimal::checked_from_ratio(delegated, supply) {
        Ok(rate) if !rate.is_zero() => Ok(rate.min(Decimal::one())),
        // Too many tokens for a share to be told: more than one by far.
        Err(cosmwasm_std::CheckedFromRatioError::Overflow) => Ok(Decimal::one()),
        _ => Err(ContractError::WorthlessShares {
            denom: denom.clone(),
            delegated,
            supply,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the test vectors of BIP 173: 20 bytes.
    const VALIDATOR: &str = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
    const ACCOUNT: [u8; 20] = [
        0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf, 0x84, 0x65, 0x3a, 0x56, 0xd7,
        0xc6, 0x75, 0xbe, 0x77, 0xdf,
    ];

    fn native(denom: impl Into<String>) -> AssetKind {
        AssetKind::Native {
            denom: denom.into(),
        }
    }

    #[test]
    fn an_address_is_told_by_its_bytes_alone() {
        let account = account_of(VALIDATOR).unwrap();
        assert_eq!(account, ACCOUNT);
        let hrp = bech32::Hrp::parse("wasm").unwrap();
        let same = bech32::encode::<Bech32>(hrp, &account).unwrap();
        assert_eq!(account_of(&same), Some(account.clone()));
        let other = bech32::encode::<bech32::Bech32m>(hrp, &account).unwrap();
        assert_eq!(account_of(&other), None);
        let empty = bech32::encode::<Bech32>(hrp, &[]).unwrap();
        assert_eq!(account_of(&empty), None);
        for bad in [
            "",
            "1",
            "uatom",
            &VALIDATOR[..40],
            &VALIDATOR.replace('q', "p"),
        ] {
            assert_eq!(account_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn tokenized_shares_are_told_by_their_denom() {
        for id in ["0", "1", "18446744073709551616"] {
            let kind = native(format!("{VALIDATOR}/{id}"));
            let found = tokenized(&kind).unwrap();
            assert_eq!(found.validator, VALIDATOR);
            assert_eq!(found.account, ACCOUNT);
        }
        let hash = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
        for other in [
            VALIDATOR.to_string(),
            format!("{VALIDATOR}/"),
            format!("{VALIDATOR}/x"),
            format!("{VALIDATOR}/1/2"),
            format!("factory/{VALIDATOR}/1"),
            format!("ibc/{hash}"),
            "ibc/1".to_string(),
            "uatom".to_string(),
        ] {
            assert!(tokenized(&native(&other)).is_none(), "{other}");
        }
        let address = format!("{VALIDATOR}/1");
        assert!(tokenized(&AssetKind::Cw20 { address }).is_none());
    }
}
