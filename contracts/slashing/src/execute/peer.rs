//! Gateways that the owner admits.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use palisade_admin::only_owner;
use palisade_ibc::Peer;
use palisade_types::allocation::ServiceId;

use super::load_ibc_service;
use crate::events;
use crate::state::{Service, LINKS, PEERS, PROFILES, SERVICES};
use crate::ContractError;

/// Longest connection id of IBC, in bytes.
const MAX_CONNECTION_ID: usize = 64;
/// Longest port id of IBC, in bytes.
const MAX_PORT_ID: usize = 128;

pub(crate) fn set(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    peer: Option<Peer>,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    let mut stored = load_ibc_service(deps.storage, &env, service)?;
    if let Some(peer) = &peer {
        check(peer)?;
        let taken = PEERS.may_load(deps.storage, (&peer.connection_id, &peer.port))?;
        if let Some(other) = taken.filter(|other| *other != service) {
            return Err(ContractError::PeerTaken {
                connection_id: peer.connection_id.clone(),
                port: peer.port.clone(),
                service: other,
            });
        }
    }

    let mut profile = PROFILES.load(deps.storage, service)?;
    let mut link = LINKS.load(deps.storage, service)?;
    let replaced = profile.peer != peer;
    if replaced {
        if let Some(former) = profile.peer.take() {
            PEERS.remove(deps.storage, (&former.connection_id, &former.port));
        }
        if let Some(peer) = &peer {
            PEERS.save(deps.storage, (&peer.connection_id, &peer.port), &service)?;
        }
        cut_off(&mut stored)?;
        SERVICES.save(deps.storage, service, &stored)?;
        profile.peer = peer.clone();
        PROFILES.save(deps.storage, service, &profile)?;
        link.disconnect();
    } else {
        // The owner knows what the contract cannot see: that the live channel is dead.
        link.replaceable = link.channel.is_some();
    }
    LINKS.save(deps.storage, service, &link)?;
    Ok(Response::new().add_event(events::set_peer(service, peer.as_ref(), replaced)))
}

/// Channels that were opened so far have no say any more.
fn cut_off(stored: &mut Service) -> Result<(), ContractError> {
    stored.peer_number = stored
        .peer_number
        .checked_add(1)
        .ok_or(ContractError::Exhausted { what: "peers" })?;
    Ok(())
}

fn check(peer: &Peer) -> Result<(), ContractError> {
    let fits = |text: &str, most: usize| !text.is_empty() && text.len() <= most;
    if fits(&peer.connection_id, MAX_CONNECTION_ID) && fits(&peer.port, MAX_PORT_ID) {
        return Ok(());
    }
    Err(ContractError::BadPeer {
        connection_id: peer.connection_id.clone(),
        port: peer.port.clone(),
    })
}

pub(crate) fn renew_nonces(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    let mut stored = load_ibc_service(deps.storage, &env, service)?;
    stored.nonce_epoch = stored
        .nonce_epoch
        .checked_add(1)
        .ok_or(ContractError::Exhausted {
            what: "nonce epochs",
        })?;
    stored.renewed_at = Some(env.block.time);
    // Packets and answers that are under way speak of nonces of the former epoch: an answer to the
    // former outcome 7 must not end the new one.
    cut_off(&mut stored)?;
    SERVICES.save(deps.storage, service, &stored)?;
    let mut link = LINKS.load(deps.storage, service)?;
    link.disconnect();
    LINKS.save(deps.storage, service, &link)?;
    Ok(Response::new().add_event(events::renew_nonces(service, stored.nonce_epoch)))
}
