//! Tokens that rewards are paid in.

use cosmwasm_schema::cw_serde;
use cosmwasm_schema::serde::Serialize;
use cosmwasm_std::{
    coins, to_json_binary, Addr, Api, BankMsg, CosmosMsg, QuerierWrapper, StdResult, Uint128,
    WasmMsg,
};
use cw20::{BalanceResponse, Cw20ExecuteMsg, Cw20QueryMsg};

const NATIVE: &str = "native/";
const CW20: &str = "cw20/";

/// A token of the chain.
#[cw_serde]
#[derive(Eq)]
pub enum Token {
    /// A denom of the bank module: native, IBC or tokenfactory.
    Native {
        /// The denom.
        denom: String,
    },
    /// A cw20 token.
    Cw20 {
        /// The token contract.
        address: String,
    },
}

impl Token {
    /// A denom of the bank module.
    pub fn native(denom: impl Into<String>) -> Self {
        Self::Native {
            denom: denom.into(),
        }
    }

    /// A cw20 token.
    pub fn cw20(address: impl Into<String>) -> Self {
        Self::Cw20 {
            address: address.into(),
        }
    }

    /// The name under which a token is stored: `native/{denom}` or `cw20/{address}`.
    ///
    /// ```
    /// use palisade_types::token::Token;
    ///
    /// let token = Token::native("uatom");
    /// assert_eq!(token.name(), "native/uatom");
    /// assert_eq!(Token::of_name("native/uatom"), Some(token));
    /// ```
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Native { denom } => format!("{NATIVE}{denom}"),
            Self::Cw20 { address } => format!("{CW20}{address}"),
        }
    }

    /// The inverse of [`Self::name`]; none for anything else.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match (name.strip_prefix(NATIVE), name.strip_prefix(CW20)) {
            (Some(denom), _) => Some(Self::native(denom)),
            (_, Some(address)) => Some(Self::cw20(address)),
            _ => None,
        }
    }

    /// The same token with a checked address.
    ///
    /// # Errors
    /// An address of a cw20 that is not valid.
    pub fn validated(self, api: &dyn Api) -> StdResult<Self> {
        match self {
            Self::Cw20 { address } => Ok(Self::cw20(api.addr_validate(&address)?)),
            native => Ok(native),
        }
    }

    /// What the token itself says that `holder` has, in base units.
    ///
    /// # Errors
    /// A cw20 that does not tell.
    pub fn balance(&self, querier: QuerierWrapper, holder: &Addr) -> StdResult<Uint128> {
        match self {
            Self::Native { denom } => Ok(querier.query_balance(holder, denom)?.amount),
            Self::Cw20 { address } => {
                let query = Cw20QueryMsg::Balance {
                    address: holder.to_string(),
                };
                let answer: BalanceResponse = querier.query_wasm_smart(address, &query)?;
                Ok(answer.balance)
            }
        }
    }

    /// A message that pays `amount`, in base units, to `recipient`.
    ///
    /// # Errors
    /// Serialization.
    pub fn pay(&self, recipient: &Addr, amount: Uint128) -> StdResult<CosmosMsg> {
        let recipient = recipient.to_string();
        match self {
            Self::Native { denom } => Ok(BankMsg::Send {
                to_address: recipient,
                amount: coins(amount.u128(), denom),
            }
            .into()),
            Self::Cw20 { address } => {
                call(address, &Cw20ExecuteMsg::Transfer { recipient, amount })
            }
        }
    }

    /// A message that calls `contract` with `amount`, in base units, attached. A native token goes as funds, a cw20
    /// through its `Send`: so `msg` has to be the same in JSON as a message and as a cw20 hook.
    ///
    /// # Errors
    /// Serialization.
    pub fn attach<M: Serialize>(
        &self,
        contract: &Addr,
        msg: &M,
        amount: Uint128,
    ) -> StdResult<CosmosMsg> {
        let contract = contract.to_string();
        match self {
            Self::Native { denom } => Ok(WasmMsg::Execute {
                contract_addr: contract,
                msg: to_json_binary(msg)?,
                funds: coins(amount.u128(), denom),
            }
            .into()),
            Self::Cw20 { address } => {
                let msg = to_json_binary(msg)?;
                call(
                    address,
                    &Cw20ExecuteMsg::Send {
                        contract,
                        amount,
                        msg,
                    },
                )
            }
        }
    }
}

/// An amount of a token.
#[cw_serde]
pub struct TokenAmount {
    /// The token.
    pub token: Token,
    /// Base units.
    pub amount: Uint128,
}

/// Whether a text can be a denom, by the rule of the Cosmos SDK: 3 to 128 of `a-z A-Z 0-9 / : . _ -`, a
/// letter first.
///
/// ```
/// use palisade_types::token::is_denom;
///
/// assert!(is_denom("factory/cosmos1abc/sub.denom_1-x:y"));
/// assert!(!is_denom("1atom") && !is_denom("ab") && !is_denom("u atom"));
/// ```
#[must_use]
pub fn is_denom(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
    (3..=128).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(allowed)
}

fn call(token: &str, msg: &Cw20ExecuteMsg) -> StdResult<CosmosMsg> {
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
