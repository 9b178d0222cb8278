//! How a contract calls its neighbour in the line.

use cosmwasm_schema::{cw_serde, serde::{de::DeserializeOwned, Serialize}};
use cosmwasm_std::{Addr, QuerierWrapper, StdResult, WasmMsg};

/// A neighbour's address with typed calls.
#[cw_serde]
pub struct Neighbour(pub Addr);

impl Neighbour {
    /// A message to the neighbour, without funds.
    ///
    /// # Errors
    /// Serialization.
    pub fn call<M: Serialize>(&self, msg: &M) -> StdResult<WasmMsg> {
        Ok(WasmMsg::Execute {
            contract_addr: self.0.to_string(),
            msg: cosmwasm_std::to_json_binary(msg)?,
            funds: vec![],
        })
    }

    /// A smart query to the neighbour.
    ///
    /// # Errors
    /// The neighbour's error, or an answer of another shape.
    pub fn ask<M: Serialize, A: DeserializeOwned>(
        &self,
        querier: QuerierWrapper,
        msg: &M,
    ) -> StdResult<A> {
        querier.query_wasm_smart(&self.0, msg)
    }
}
