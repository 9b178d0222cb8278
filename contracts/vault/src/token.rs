//! The tokens behind assets: the one place that knows how each kind is named, checked, paid out,
//! burned and counted. A new kind is added here.

use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, Deps, Env, QuerierWrapper, StdResult, Uint128, WasmMsg,
};
use cosmwasm_std::{CosmosMsg, StdError};
use cw20::{BalanceResponse, Cw20ExecuteMsg, Cw20QueryMsg, TokenInfoResponse};
use palisade_types::asset::AssetKind;

use crate::error::ContractError;

/// The shortest and the longest denom of the Cosmos SDK, in bytes.
const DENOM_LENGTH: std::ops::RangeInclusive<usize> = 3..=128;

/// The name of a native token.
pub(crate) fn native(denom: &str) -> String {
    format!("native/{denom}")
}

/// The name of a cw20 token.
pub(crate) fn cw20(address: &Addr) -> String {
    format!("cw20/{address}")
}

/// Checks that a token can be held, and names it.
pub(crate) fn check(deps: Deps, kind: &AssetKind) -> Result<String, ContractError> {
    match kind {
        AssetKind::Native { denom } => {
            if !is_denom(denom) {
                return Err(ContractError::InvalidParameter {
                    what: "denom",
                    value: denom.clone(),
                    allowed: "3 to 128 of a-z A-Z 0-9 / : . _ -, a letter first",
                });
            }
            Ok(native(denom))
        }
        AssetKind::Cw20 { address } => {
            let address = deps.api.addr_validate(address)?;
            let info: StdResult<TokenInfoResponse> = deps
                .querier
                .query_wasm_smart(&address, &Cw20QueryMsg::TokenInfo {});
            match info {
                Ok(_) => Ok(cw20(&address)),
                Err(reason) => Err(ContractError::NotCw20 { address, reason }),
            }
        }
        _ => Err(ContractError::UnsupportedKind),
    }
}

/// The Cosmos SDK's rule for denoms.
fn is_denom(denom: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
    DENOM_LENGTH.contains(&denom.len())
        && denom.starts_with(|c: char| c.is_ascii_alphabetic())
        && denom.chars().all(allowed)
}

/// A message that pays tokens out.
pub(crate) fn pay(
    env: &Env,
    kind: &AssetKind,
    recipient: &Addr,
    amount: Uint128,
) -> Result<CosmosMsg, ContractError> {
    if *recipient == env.contract.address {
        return Err(ContractError::PaymentToSelf);
    }
    let recipient = recipient.to_string();
    match kind {
        AssetKind::Native { denom } => Ok(BankMsg::Send {
            to_address: recipient,
            amount: coins(amount.u128(), denom),
        }
        .into()),
        AssetKind::Cw20 { address } => {
            let transfer = Cw20ExecuteMsg::Transfer { recipient, amount };
            Ok(call_cw20(address, &transfer)?)
        }
        _ => Err(ContractError::UnsupportedKind),
    }
}

/// A message that takes tokens out of supply.
pub(crate) fn burn(kind: &AssetKind, amount: Uint128) -> Result<CosmosMsg, ContractError> {
    match kind {
        AssetKind::Native { denom } => Ok(BankMsg::Burn {
            amount: coins(amount.u128(), denom),
        }
        .into()),
        AssetKind::Cw20 { address } => Ok(call_cw20(address, &Cw20ExecuteMsg::Burn { amount })?),
        _ => Err(ContractError::UnsupportedKind),
    }
}

/// What the token itself says that `holder` has.
pub(crate) fn balance(
    querier: QuerierWrapper,
    kind: &AssetKind,
    holder: &Addr,
) -> Result<Uint128, ContractError> {
    match kind {
        AssetKind::Native { denom } => Ok(querier.query_balance(holder, denom)?.amount),
        AssetKind::Cw20 { address } => {
            let query = Cw20QueryMsg::Balance {
                address: holder.to_string(),
            };
            let answer: BalanceResponse = querier.query_wasm_smart(address, &query)?;
            Ok(answer.balance)
        }
        _ => Err(ContractError::UnsupportedKind),
    }
}

/// Refuses a deposit after which the vault would hold less than it owes. Its tokens arrived before
/// its hook. The bank delivers what it says, and is not asked.
pub(crate) fn require_delivered(
    querier: QuerierWrapper,
    asset: &str,
    kind: &AssetKind,
    vault: &Addr,
    owed: Uint128,
) -> Result<(), ContractError> {
    if let AssetKind::Native { .. } = kind {
        return Ok(());
    }
    let balance = balance(querier, kind, vault)?;
    if balance < owed {
        return Err(ContractError::UnderDelivered {
            asset: asset.to_string(),
            owed,
            balance,
        });
    }
    Ok(())
}

fn call_cw20(token: &str, msg: &Cw20ExecuteMsg) -> Result<CosmosMsg, StdError> {
    Ok(WasmMsg::Execute {
        contract_addr: token.to_string(),
        msg: to_json_binary(msg)?,
        funds: vec![],
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denoms_are_what_the_bank_module_takes() {
        let hash = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
        let longest = format!("a{}", "b".repeat(127));
        let good = [
            "uatom",
            "abc",
            &format!("ibc/{hash}"),
            "factory/cosmos1abc/sub.denom_1-x:y",
            &longest,
        ];
        for denom in good {
            assert!(is_denom(denom), "{denom}");
        }
        let bad = [
            "",
            "ab",
            "1atom",
            "/atom",
            "u atom",
            "uatöm",
            "uatom\n",
            &format!("{longest}c"),
        ];
        for denom in bad {
            assert!(!is_denom(denom), "{denom}");
        }
    }
}
