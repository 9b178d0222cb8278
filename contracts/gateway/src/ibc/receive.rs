use cosmwasm_std::{from_json, DepsMut, Env, IbcPacket, IbcReceiveResponse};
use palisade_ibc::{encode_ack, HostPacket, SetAck};

use super::channel::heard_on;
use crate::state::CONFIG;
use crate::{operators, reports, ContractError};

pub(super) fn receive(
    deps: DepsMut,
    env: &Env,
    packet: &IbcPacket,
) -> Result<IbcReceiveResponse, ContractError> {
    // A channel that the owner gave up may be open still, over a client that nobody trusts now.
    if !heard_on(deps.storage, &packet.dest.channel_id)? {
        return Err(ContractError::NotTheChannel {
            channel: packet.dest.channel_id.clone(),
        });
    }
    let event = match from_json(&packet.data)? {
        HostPacket::OperatorSet(set) => {
            let config = CONFIG.load(deps.storage)?;
            operators::apply(deps.storage, &env.block, &config, set)?
        }
        HostPacket::SlashOutcome(slash) => {
            reports::outcome(deps.storage, slash.nonce.u64(), slash.outcome)?
        }
    };
    let ack = encode_ack(&SetAck::Applied {
        height: env.block.height.into(),
        time: env.block.time,
    })?;
    Ok(IbcReceiveResponse::new(ack).add_event(event))
}
