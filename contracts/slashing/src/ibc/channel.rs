use cosmwasm_std::{
    Deps, DepsMut, Ibc3ChannelOpenResponse, IbcBasicResponse, IbcChannel, IbcChannelCloseMsg,
    IbcChannelConnectMsg, IbcChannelOpenMsg, IbcChannelOpenResponse, Storage,
};
use palisade_ibc::{check_channel, Peer, VERSION};
use palisade_types::allocation::ServiceId;

use crate::events;
use crate::state::{ChannelOwner, Link, CHANNELS, LINKS, PEERS, SERVICES};
use crate::ContractError;

pub(crate) fn open(
    deps: Deps,
    msg: IbcChannelOpenMsg,
) -> Result<IbcChannelOpenResponse, ContractError> {
    let proposes = matches!(msg, IbcChannelOpenMsg::OpenInit { .. });
    let counterparty_version = msg.counterparty_version().map(str::to_string);
    let mut channel: IbcChannel = msg.into();
    if proposes && channel.version.is_empty() {
        // The relayer leaves the choice to the contract.
        channel.version = VERSION.to_string();
    }
    admit(deps.storage, &channel, counterparty_version.as_deref())?;
    Ok(Some(Ibc3ChannelOpenResponse {
        version: VERSION.to_string(),
    }))
}

pub(crate) fn connect(
    deps: DepsMut,
    msg: IbcChannelConnectMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let counterparty_version = msg.counterparty_version().map(str::to_string);
    let channel: IbcChannel = msg.into();
    // Since it was opened the owner may have named another peer, or another channel connected.
    let (service, mut link) = admit(deps.storage, &channel, counterparty_version.as_deref())?;
    let id = channel.endpoint.channel_id;
    let owner = ChannelOwner {
        service,
        peer_number: SERVICES.load(deps.storage, service)?.peer_number,
    };
    CHANNELS.save(deps.storage, &id, &owner)?;
    link.channel = Some(id.clone());
    link.replaceable = false;
    // What was under way on a former channel may never come back, so everything is told again.
    link.all = true;
    link.cursor = None;
    link.outcome_cursor = None;
    link.dirty_cursor = None;
    LINKS.save(deps.storage, service, &link)?;
    Ok(IbcBasicResponse::new().add_event(events::channel_opened(service, &id)))
}

/// The service that the channel is for, if it is as registered and the service needs one.
fn admit(
    storage: &dyn Storage,
    channel: &IbcChannel,
    counterparty_version: Option<&str>,
) -> Result<(ServiceId, Link), ContractError> {
    let peer = Peer {
        connection_id: channel.connection_id.clone(),
        port: channel.counterparty_endpoint.port_id.clone(),
    };
    let known = PEERS.may_load(storage, (&peer.connection_id, &peer.port))?;
    let Some(service) = known else {
        return Err(ContractError::UnknownPeer {
            connection_id: peer.connection_id,
            port: peer.port,
        });
    };
    check_channel(channel, counterparty_version, &peer)?;
    let link = LINKS.load(storage, service)?;
    match &link.channel {
        Some(live) if !link.replaceable => Err(ContractError::ChannelExists {
            service,
            channel: live.clone(),
        }),
        _ => Ok((service, link)),
    }
}

pub(crate) fn close(
    deps: DepsMut,
    msg: IbcChannelCloseMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let closed = matches!(msg, IbcChannelCloseMsg::CloseConfirm { .. });
    let channel: IbcChannel = msg.into();
    let id = channel.endpoint.channel_id;
    if !closed {
        return Err(ContractError::CloseRefused { channel: id });
    }
    // It is closed whatever is said here, so nothing here may refuse it.
    let mut live = None;
    if let Some(owner) = CHANNELS.may_load(deps.storage, &id)? {
        let mut link = LINKS.load(deps.storage, owner.service)?;
        if link.channel.as_ref() == Some(&id) {
            link.disconnect();
            LINKS.save(deps.storage, owner.service, &link)?;
            live = Some(owner.service);
        }
    }
    Ok(IbcBasicResponse::new().add_event(events::channel_closed(&id, live)))
}
