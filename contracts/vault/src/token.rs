//! The tokens behind assets: the one place that knows how each kind is checked, paid out, burned and
//! counted. A new kind is added here.

use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, CosmosMsg, Deps, Env, QuerierWrapper, StdResult, Uint128,
    WasmMsg,
};
use cw20::{BalanceResponse, Cw20ExecuteMsg, Cw20QueryMsg, TokenInfoResponse};
use palisade_types::token::Token;

use crate::error::ContractError;

/// The shortest and the longest denom of the Cosmos SDK, in bytes.
const DENOM_LENGTH: std::ops::RangeInclusive<usize> = 3..=128;

/// Checks that a token can be held.
pub(crate) fn check(deps: Deps, token: &Token) -> Result<(), ContractError> {
    match token {
        Token::Native { denom } => {
            if !is_denom(denom) {
                return Err(ContractError::InvalidParameter {
                    what: "denom",
                    value: denom.clone(),
                    allowed: "3 to 128 of a-z A-Z 0-9 / : . _ -, a letter first",
                });
            }
            Ok(())
        }
        Token::Cw20 { address } => {
            let address = deps.api.addr_validate(address)?;
            let info: StdResult<TokenInfoResponse> = deps
                .querier
                .query_wasm_smart(&address, &Cw20QueryMsg::TokenInfo {});
            match info {
                Ok(_) => Ok(()),
                Err(reason) => Err(ContractError::NotCw20 { address, reason }),
            }
        }
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
    token: &Token,
    recipient: &Addr,
    amount: Uint128,
) -> Result<CosmosMsg, ContractError> {
    if *recipient == env.contract.address {
        return Err(ContractError::PaymentToSelf);
    }
    Ok(token.pay(recipient, amount)?)
}

/// A message that takes tokens out of supply.
pub(crate) fn burn(token: &Token, amount: Uint128) -> StdResult<CosmosMsg> {
    match token {
        Token::Native { denom } => Ok(BankMsg::Burn {
            amount: coins(amount.u128(), denom),
        }
        .into()),
        Token::Cw20 { address } => Ok(WasmMsg::Execute {
            contract_addr: address.clone(),
            msg: to_json_binary(&Cw20ExecuteMsg::Burn { amount })?,
            funds: vec![],
        }
        .into()),
    }
}

/// What the token itself says that `holder` has.
pub(crate) fn balance(querier: QuerierWrapper, token: &Token, holder: &Addr) -> StdResult<Uint128> {
    match token {
        Token::Native { denom } => Ok(querier.query_balance(holder, denom)?.amount),
        Token::Cw20 { address } => {
            let query = Cw20QueryMsg::Balance {
                address: holder.to_string(),
            };
            let answer: BalanceResponse = querier.query_wasm_smart(address, &query)?;
            Ok(answer.balance)
        }
    }
}

/// Refuses a deposit after which the vault would hold less than it owes. Its tokens arrived before
/// its hook. The bank delivers what it says, and is not asked.
pub(crate) fn require_delivered(
    querier: QuerierWrapper,
    asset: &str,
    token: &Token,
    vault: &Addr,
    owed: Uint128,
) -> Result<(), ContractError> {
    match token {
        Token::Native { .. } => Ok(()),
        Token::Cw20 { .. } => {
            let balance = balance(querier, token, vault)?;
            if balance < owed {
                return Err(ContractError::UnderDelivered {
                    asset: asset.to_string(),
                    owed,
                    balance,
                });
            }
            Ok(())
        }
    }
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
