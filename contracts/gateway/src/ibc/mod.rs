//! The six entry points of IBC.

mod answer;
mod channel;
mod receive;

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{
    DepsMut, Env, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcChannelOpenResponse, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
    IbcReceiveResponse,
};

use crate::ContractError;

/// The handshake's first step at this end. Anybody may take it, so it is refused unless the peer
/// is the host, and stores nothing.
///
/// # Errors
/// [`ContractError::Handshake`], [`ContractError::ChannelInUse`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_open(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    channel::open(deps.as_ref(), &msg)
}

/// The handshake's last step at this end: the channel comes into use.
///
/// # Errors
/// [`ContractError::Handshake`], [`ContractError::ChannelInUse`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_connect(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    channel::connect(deps, &msg)
}

/// The end of a channel. Not from this side, since anybody may ask for it.
///
/// # Errors
/// [`ContractError::CloseRefused`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_channel_close(
    deps: DepsMut,
    _env: Env,
    msg: IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    channel::close(deps, &msg)
}

/// A packet of the host's: powers, or the outcome of a slash. An error reverts everything and
/// becomes an error acknowledgement.
///
/// # Errors
/// What is wrong with the packet.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_receive(
    deps: DepsMut,
    env: Env,
    msg: IbcPacketReceiveMsg,
) -> Result<IbcReceiveResponse, ContractError> {
    receive::receive(deps, &env, &msg.packet)
}

/// The host's answer to a report.
///
/// # Errors
/// None: an error here would stick the packet for good.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_ack(
    deps: DepsMut,
    env: Env,
    msg: IbcPacketAckMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let ack = &msg.acknowledgement.data;
    Ok(answer::ack(deps, &env, &msg.original_packet, ack))
}

/// A report that the host did not receive in time.
///
/// # Errors
/// None: an error here would stick the packet for good.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_packet_timeout(
    deps: DepsMut,
    _env: Env,
    msg: IbcPacketTimeoutMsg,
) -> Result<IbcBasicResponse, ContractError> {
    Ok(answer::timeout(deps, &msg.packet))
}
