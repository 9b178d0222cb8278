//! How a contract calls its neighbour in the line.

use cosmwasm_schema::cw_serde;
use cosmwasm_schema::serde::{de::DeserializeOwned, Serialize};
use cosmwasm_std::{
    from_json, Addr, QuerierWrapper, Reply, StdError, StdResult, SubMsgResponse, WasmMsg,
};
use cw_utils::parse_execute_response_data;

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

/// What the neighbour put into the data of its response to a message that was sent with a reply on
/// success.
///
/// # Errors
/// A failed message, no data, or data of another shape.
pub fn answer<A: DeserializeOwned>(reply: Reply) -> StdResult<A> {
    read(reply.result.into_result().map_err(StdError::generic_err)?)
}

/// What the neighbour put into the data of its response.
///
/// # Errors
/// No data, or data of another shape.
pub fn read<A: DeserializeOwned>(response: SubMsgResponse) -> StdResult<A> {
    let response = response
        .msg_responses
        .into_iter()
        .next()
        .ok_or_else(|| StdError::generic_err("the reply carries no response"))?;
    let data = parse_execute_response_data(&response.value)
        .map_err(|error| StdError::generic_err(error.to_string()))?
        .data
        .ok_or_else(|| StdError::generic_err("the response carries no data"))?;
    from_json(data)
}
