//! What follows the allocation contract's answers, and packets that could not be sent.

use cosmwasm_std::{from_json, DepsMut, Env, Reply, Response};
use palisade_types::neighbour::answer;

use crate::events;
use crate::execute::{slash, sync};
use crate::ibc::packet;
use crate::ContractError;

pub(crate) fn dispatch(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    match reply.id {
        slash::RECEIVED => slash::received(deps, env, from_json(&reply.payload)?, reply.result),
        slash::EXECUTED => {
            let task = from_json(&reply.payload)?;
            slash::executed(deps, env, task, answer(reply)?)
        }
        sync::CHECKPOINT => {
            let task = from_json(&reply.payload)?;
            sync::finish(deps, env, task, answer(reply)?)
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
