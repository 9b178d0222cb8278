//! The tokens behind assets: the one place that knows how each kind is checked, paid out, burned and
//! counted. A new kind is added here.

use cosmwasm_std::{
    coins, to_json_binary, Addr, BankMsg, CosmosMsg, Deps, Env, QuerierWrapper, StdResult, Uint128,
    WasmMsg,
};
use cw20::{Cw20ExecuteMsg, Cw20QueryMsg, TokenInfoResponse};
use palisade_types::token::{is_denom, Token};

use crate::error::ContractError;

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

/// Refuses a deposit after which the vault would hold less than `due`. Its tokens arrived before the call
/// that says so.
pub(crate) fn require_delivered(
    querier: QuerierWrapper,
    asset: &str,
    token: &Token,
    vault: &Addr,
    due: Uint128,
) -> Result<(), ContractError> {
    let balance = token.balance(querier, vault)?;
    if balance < due {
        return Err(ContractError::UnderDelivered {
            asset: asset.to_string(),
            owed: due,
            balance,
        });
    }
    Ok(())
}
