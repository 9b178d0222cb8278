//! Entry points of IBC: they only dispatch. Receiving refuses by `Err`, which reverts all that
//! was written; acknowledgements and timeouts never fail, as that would stick the packet.

mod channel;
pub(crate) mod outcome;
pub(crate) mod packet;

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{
    DepsMut, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcChannelOpenResponse, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
    IbcReceiveResponse,
};

use crate::ContractError;

/// Checks a channel that is proposed, from either side.
///
/// # Errors
/// A stranger, another order or version, or a service with a live channel.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_open(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    channel::open(deps.as_ref(), msg)
}

/// Checks the channel again and makes it the service's live one.
///
/// # Errors
/// As [`ibc_channel_open`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_connect(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    channel::connect(deps, msg)
}

/// Refuses to close a channel from here; takes note of one that the other side closed.
///
/// # Errors
/// [`ContractError::CloseRefused`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_close(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    channel::close(deps, msg)
}

/// Takes in a packet of a gateway.
///
/// # Errors
/// A packet that is malformed or of a former peer; nothing was written.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_receive(
    deps: DepsMut,
    env: Env,
    msg: IbcPacketReceiveMsg,
) -> Result<IbcReceiveResponse, ContractError> {
    packet::receive(deps, env, msg.packet)
}

/// Takes note of an acknowledgement, whatever its bytes.
///
/// # Errors
/// None.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_ack(
    deps: DepsMut,
    env: Env,
    msg: IbcPacketAckMsg,
) -> Result<IbcBasicResponse, ContractError> {
    Ok(packet::acknowledged(
        deps,
        &env,
        &msg.original_packet,
        &msg.acknowledgement.data,
    ))
}

/// Takes note of a timeout.
///
/// # Errors
/// None.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_timeout(
    deps: DepsMut,
    _env: Env,
    msg: IbcPacketTimeoutMsg,
) -> Result<IbcBasicResponse, ContractError> {
    Ok(packet::timed_out(deps, &msg.packet))
}
