//! What follows the allocation contract's answers, and packets that could not be sent.

use cosmwasm_std::{from_json, DepsMut, Env, Reply, Response, SubMsgResponse, SubMsgResult};
use cw_utils::{parse_execute_response_data, ParseReplyError};
use serde::de::DeserializeOwned;

use crate::events;
use crate::execute::{slash, sync};
use crate::ibc::packet;
use crate::ContractError;

pub(crate) fn dispatch(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        slash::RECEIVED => slash::received(deps, env, from_json(&reply.payload)?, reply.result),
        slash::EXECUTED => {
            let answer = read(succeeded(reply.result)?)?;
            slash::executed(deps, env, from_json(&reply.payload)?, answer)
        }
        sync::CHECKPOINT => {
            let answer = read(succeeded(reply.result)?)?;
            sync::finish(deps, env, from_json(&reply.payload)?, answer)
        }
        // An acknowledgement must be taken whatever the neighbour says to it.
        packet::ACKNOWLEDGED => {
            let error = reply.result.into_result().err().unwrap_or_default();
            Ok(Response::new().add_event(events::acknowledge_failed(&error)))
        }
        packet::NOT_SENT => {
            let error = reply.result.into_result().err().unwrap_or_default();
            let sending = from_json(&reply.payload)?;
            Ok(packet::not_sent(deps, &sending, &error))
        }
        id => Err(ContractError::UnknownReply { id }),
    }
}

fn succeeded(result: SubMsgResult) -> Result<SubMsgResponse, ContractError> {
    let response = result.into_result();
    Ok(response.map_err(ParseReplyError::SubMsgFailure)?)
}

/// What a neighbour put into the data of its response.
pub(crate) fn read<T: DeserializeOwned>(response: SubMsgResponse) -> Result<T, ContractError> {
    let missing = || ParseReplyError::ParseFailure("no data".to_string());
    let answer = response.msg_responses.first().ok_or_else(missing)?;
    let data = parse_execute_response_data(&answer.value)?.data;
    Ok(from_json(data.ok_or_else(missing)?)?)
}
