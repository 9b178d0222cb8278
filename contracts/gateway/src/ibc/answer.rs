use cosmwasm_std::{from_json, DepsMut, Env, Event, IbcBasicResponse, IbcPacket};
use palisade_ibc::{decode_ack, Ack, ConsumerPacket};

use super::channel::{heard_on, is_believed};
use crate::{events, reports, ContractError};

/// Why an answer is ignored. Its report is due on the next channel, so nothing is lost by it.
const GIVEN_UP: &str = "the channel was given up";

pub(super) fn ack(deps: DepsMut, env: &Env, packet: &IbcPacket, ack: &[u8]) -> IbcBasicResponse {
    respond("ack", take_ack(deps, env, packet, ack))
}

pub(super) fn timeout(deps: DepsMut, packet: &IbcPacket) -> IbcBasicResponse {
    respond("timeout", take_timeout(deps, packet))
}

fn take_timeout(deps: DepsMut, packet: &IbcPacket) -> Result<Event, ContractError> {
    let channel = packet.src.channel_id.as_str();
    if !is_believed(deps.storage, channel)? {
        return Ok(events::ignored("timeout", GIVEN_UP));
    }
    reports::timed_out(deps.storage, channel, nonce(packet)?)
}

fn take_ack(
    deps: DepsMut,
    env: &Env,
    packet: &IbcPacket,
    ack: &[u8],
) -> Result<Event, ContractError> {
    let channel = packet.src.channel_id.as_str();
    if !heard_on(deps.storage, channel)? && !is_believed(deps.storage, channel)? {
        return Ok(events::ignored("ack", GIVEN_UP));
    }
    let nonce = nonce(packet)?;
    match decode_ack(ack) {
        Ack::Result(answer) => reports::answered(deps.storage, &env.block, channel, nonce, answer),
        // Neither says that the host refuses the slash, so it is sent again.
        Ack::Error(text) | Ack::Malformed(text) => {
            reports::failed(deps.storage, &env.block, channel, nonce, &text)
        }
    }
}

/// Which report a packet of ours carried.
fn nonce(packet: &IbcPacket) -> Result<u64, ContractError> {
    let ConsumerPacket::Slash(slash) = from_json(&packet.data)?;
    Ok(slash.nonce.u64())
}

/// An error of ours must not stick the packet; it is left to the event.
fn respond(answer: &str, result: Result<Event, ContractError>) -> IbcBasicResponse {
    let event =
        result.unwrap_or_else(|error| events::ignored(answer, &reports::clip(&error.to_string())));
    IbcBasicResponse::new().add_event(event)
}
