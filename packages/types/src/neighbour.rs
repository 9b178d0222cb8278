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
/// `GenericErr` for a failed message, and those of [`read`].
pub fn answer<A: DeserializeOwned>(reply: Reply) -> StdResult<A> {
    read(reply.result.into_result().map_err(StdError::generic_err)?)
}

/// What the neighbour put into the data of its response.
///
/// # Errors
/// `NotFound` without a response, or without data in it; `ParseErr` where either is of another shape.
pub fn read<A: DeserializeOwned>(response: SubMsgResponse) -> StdResult<A> {
    let response = response
        .msg_responses
        .into_iter()
        .next()
        .ok_or_else(|| StdError::not_found("response in the reply"))?;
    let data = parse_execute_response_data(&response.value)
        .map_err(|error| StdError::parse_err("MsgExecuteContractResponse", error))?
        .data
        .ok_or_else(|| StdError::not_found("data in the response"))?;
    from_json(data)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{Binary, Empty, MsgResponse, SubMsgResult};

    use super::*;

    fn reply(result: SubMsgResult) -> Reply {
        Reply {
            id: 1,
            payload: Binary::default(),
            gas_used: 0,
            result,
        }
    }

    /// A response with the data of a message that was executed, if there is any.
    fn executed(value: Option<&[u8]>) -> SubMsgResult {
        let responses = value.map(|value| MsgResponse {
            type_url: "/cosmwasm.wasm.v1.MsgExecuteContractResponse".into(),
            value: Binary::from(value),
        });
        #[allow(deprecated)]
        SubMsgResult::Ok(SubMsgResponse {
            events: vec![],
            data: None,
            msg_responses: responses.into_iter().collect(),
        })
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_told_apart() {
        let refused = |result| answer::<Empty>(reply(result)).unwrap_err();
        assert!(answer::<Empty>(reply(executed(Some(b"\x0a\x02{}")))).is_ok());
        let failed = refused(SubMsgResult::Err("out of order".into()));
        assert_eq!(failed, StdError::generic_err("out of order"));
        for (value, kind) in [
            (None, "response in the reply"),
            (Some(&b""[..]), "data in the response"),
        ] {
            assert_eq!(refused(executed(value)), StdError::not_found(kind));
        }
        for (value, shape) in [
            (&b"\x0a\x02{"[..], "MsgExecuteContractResponse"),
            (b"\x0a\x02[]", "cosmwasm_std::results::empty::Empty"),
        ] {
            match refused(executed(Some(value))) {
                StdError::ParseErr { target_type, .. } => assert_eq!(target_type, shape),
                other => panic!("{other:?}"),
            }
        }
    }
}
