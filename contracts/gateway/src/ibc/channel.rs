use cosmwasm_std::{
    Deps, DepsMut, Ibc3ChannelOpenResponse, IbcBasicResponse, IbcChannel, IbcChannelCloseMsg,
    IbcChannelConnectMsg, IbcChannelOpenMsg, IbcChannelOpenResponse, StdResult, Storage,
};
use palisade_ibc::{check_channel, VERSION};

use crate::state::{Channel, CHANNEL, CONFIG, FORMER, RENEWALS};
use crate::{events, ContractError};

pub(super) fn open(
    deps: Deps,
    msg: &IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    let mut channel = msg.channel().clone();
    // Init may leave the version to this end.
    if matches!(msg, IbcChannelOpenMsg::OpenInit { .. }) && channel.version.is_empty() {
        channel.version = VERSION.to_string();
    }
    check(deps.storage, &channel, msg.counterparty_version())?;
    if let Some(used) = CHANNEL.may_load(deps.storage)? {
        return Err(ContractError::ChannelInUse { channel: used.id });
    }
    Ok(Some(Ibc3ChannelOpenResponse {
        version: VERSION.to_string(),
    }))
}

pub(super) fn connect(
    deps: DepsMut,
    msg: &IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let channel = msg.channel();
    check(deps.storage, channel, msg.counterparty_version())?;
    let confirmed = matches!(msg, IbcChannelConnectMsg::OpenConfirm { .. });
    match CHANNEL.may_load(deps.storage)? {
        // Two handshakes can cross, each begun by the other side, each end then holding the one
        // that the other refuses to confirm. The host's end of this channel is open, that of the
        // other is not known to be: this end gives way, the host's does not.
        Some(used) if confirmed && !used.confirmed => keep_former(deps.storage, &used.id)?,
        Some(used) => return Err(ContractError::ChannelInUse { channel: used.id }),
        None => {}
    }
    let id = channel.endpoint.channel_id.clone();
    let event = events::channel_open(&id);
    CHANNEL.save(deps.storage, &Channel { id, confirmed })?;
    Ok(IbcBasicResponse::new().add_event(event))
}

pub(super) fn close(
    deps: DepsMut,
    msg: &IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let closed = &msg.channel().endpoint.channel_id;
    if matches!(msg, IbcChannelCloseMsg::CloseInit { .. }) {
        return Err(ContractError::CloseRefused {
            channel: closed.clone(),
        });
    }
    // Reports in flight on it stay marked as sent there, which makes them due on the next one.
    if is_used(deps.storage, closed)?.is_some() {
        CHANNEL.remove(deps.storage);
        keep_former(deps.storage, closed)?;
    }
    let event = events::channel_closed(closed, &msg.channel().connection_id);
    Ok(IbcBasicResponse::new().add_event(event))
}

fn check(
    storage: &dyn Storage,
    channel: &IbcChannel,
    counterparty_version: Option<&str>,
) -> Result<(), ContractError> {
    let peer = CONFIG.load(storage)?.host;
    Ok(check_channel(channel, counterparty_version, &peer)?)
}

fn is_used(storage: &dyn Storage, id: &str) -> StdResult<Option<Channel>> {
    Ok(CHANNEL.may_load(storage)?.filter(|used| used.id == id))
}

/// Notes a channel that is no longer in use, over a client that nobody has given up.
fn keep_former(storage: &mut dyn Storage, id: &str) -> StdResult<()> {
    let renewals = RENEWALS.may_load(storage)?.unwrap_or_default();
    FORMER.save(storage, id, &renewals)
}

/// Whether answers over a channel count: it is in use, or ended since the owner last gave one up. A
/// client that was given up could answer, or deny the receipt of, whatever it likes.
pub(super) fn is_believed(storage: &dyn Storage, id: &str) -> StdResult<bool> {
    if is_used(storage, id)?.is_some() {
        return Ok(true);
    }
    match FORMER.may_load(storage, id)? {
        Some(renewals) => Ok(renewals == RENEWALS.may_load(storage)?.unwrap_or_default()),
        None => Ok(false),
    }
}

/// Whether a channel is the one in use. Notes that the host's end of it is open: something came
/// over it.
pub(super) fn heard_on(storage: &mut dyn Storage, id: &str) -> StdResult<bool> {
    let Some(mut used) = is_used(storage, id)? else {
        return Ok(false);
    };
    if !used.confirmed {
        used.confirmed = true;
        CHANNEL.save(storage, &used)?;
    }
    Ok(true)
}
