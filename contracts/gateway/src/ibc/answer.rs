use cosmwasm_std::{from_json, DepsMut, Env, Event, IbcBasicResponse, IbcPacket};
use palisade_ibc::{decode_ack, Ack, ConsumerPacket};

use super::channel::heard_on;
use crate::{events, reports, ContractError};

pub(super) fn ack(deps: DepsMut, env: &Env, packet: &IbcPacket, ack: &[u8]) -> IbcBasicResponse {
    respond("ack", take_ack(deps, env, packet, ack))
}

pub(super) fn timeout(deps: DepsMut, packet: &IbcPacket) -> IbcBasicResponse {
    let result = nonce(packet)
        .and_then(|nonce| reports::timed_out(deps.storage, &packet.src.channel_id, nonce));
    respond("timeout", result)
}

fn take_ack(
    deps: DepsMut,
    env: &Env,
    packet: &IbcPacket,
    ack: &[u8],
) -> Result<Event, ContractError> {
    let channel = packet.src.channel_id.as_str();
    heard_on(deps.storage, channel)?;
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
