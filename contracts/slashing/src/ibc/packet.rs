use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, DepsMut, Env, Event, IbcBasicResponse, IbcMsg,
    IbcPacket, IbcReceiveResponse, IbcTimeout, Response, Storage, SubMsg, Timestamp, Uint64,
};
use palisade_ibc::{
    decode_ack, encode_ack, Ack, ConsumerPacket, HostPacket, OperatorSet, SetAck, SlashOutcome,
};
use palisade_types::allocation::{self, ServiceId};

use crate::events;
use crate::execute::intake::receive_slash;
use crate::execute::load_service;
use crate::execute::slash::Origin;
use crate::state::{
    table_id, Config, Dirty, Service, CHANNELS, CONFIG, DELIVERIES, DIRTY, OUTCOMES, SERVICES,
    UPDATES,
};
use crate::table::Applied;
use crate::time::{after, before};
use crate::ContractError;

/// Reply of an acknowledgement that the allocation contract refused to hear of.
pub(crate) const ACKNOWLEDGED: u64 = 4;

/// Reply of a packet that could not be sent.
pub(crate) const NOT_SENT: u64 = 5;

/// Longest part of what the other side wrote that goes into an event, in characters.
const MAX_REASON: usize = 256;

pub(crate) fn receive(
    deps: DepsMut,
    env: Env,
    packet: IbcPacket,
) -> Result<IbcReceiveResponse, ContractError> {
    let channel = packet.dest.channel_id;
    let Some(owner) = CHANNELS.may_load(deps.storage, &channel)? else {
        return Err(ContractError::UnknownChannel { channel });
    };
    let service = owner.service;
    let stored = load_service(deps.storage, &env, service)?;
    if owner.peer_number != stored.peer_number {
        return Err(ContractError::FormerPeer { channel, service });
    }
    let packet: ConsumerPacket =
        from_json(&packet.data).map_err(|error| ContractError::MalformedPacket {
            error: shorten(error.to_string()),
        })?;
    match packet {
        ConsumerPacket::Slash(slash) => {
            let receipt = receive_slash(deps, &env, service, &stored, &slash, Origin::Packet)?;
            Ok(IbcReceiveResponse::new(encode_ack(&receipt.answer)?)
                .add_events(receipt.events)
                .add_submessages(receipt.execution))
        }
    }
}

/// A packet that may fail to be sent, carried to the reply that says so.
#[cw_serde]
pub(crate) struct Sending {
    channel: String,
    data: Binary,
}

/// The message that sends a packet. That it cannot be sent, as when the light client expired, must
/// not undo what it tells of: it is then as if it had failed on its way.
pub(crate) fn send(
    env: &Env,
    config: &Config,
    channel: &str,
    packet: &HostPacket,
) -> Result<SubMsg, ContractError> {
    let data = to_json_binary(packet)?;
    let sending = Sending {
        channel: channel.to_string(),
        data: data.clone(),
    };
    let message = IbcMsg::SendPacket {
        channel_id: sending.channel.clone(),
        data,
        timeout: IbcTimeout::with_timestamp(after(env.block.time, config.packet_timeout)),
    };
    Ok(SubMsg::reply_on_error(message, NOT_SENT).with_payload(to_json_binary(&sending)?))
}

pub(crate) fn not_sent(deps: DepsMut, sending: &Sending, error: &str) -> Response {
    let end = End::Failed(format!("not sent: {error}"));
    let settled = settle_always(deps, &sending.channel, &sending.data, end);
    Response::new().add_events(settled.events)
}

/// How a packet of this side ended.
enum End {
    Applied {
        /// By the consumer's count.
        height: Uint64,
        /// By the consumer's clock.
        time: Timestamp,
        /// By this chain's clock.
        now: Timestamp,
    },
    Failed(String),
}

pub(crate) fn acknowledged(
    deps: DepsMut,
    env: &Env,
    packet: &IbcPacket,
    ack: &Binary,
) -> IbcBasicResponse {
    let now = env.block.time;
    let end = match decode_ack::<SetAck>(ack) {
        Ack::Result(SetAck::Applied { height, time }) => End::Applied { height, time, now },
        Ack::Error(text) => End::Failed(format!("error: {text}")),
        Ack::Malformed(text) => End::Failed(format!("malformed: {text}")),
    };
    settle_always(deps, &packet.src.channel_id, &packet.data, end)
}

pub(crate) fn timed_out(deps: DepsMut, packet: &IbcPacket) -> IbcBasicResponse {
    let end = End::Failed("timeout".to_string());
    settle_always(deps, &packet.src.channel_id, &packet.data, end)
}

/// An error would stick the packet, so it becomes an event.
fn settle_always(deps: DepsMut, channel: &str, data: &Binary, end: End) -> IbcBasicResponse {
    match settle(deps, channel, data, end) {
        Ok(response) => response,
        Err(error) => {
            let event = events::packet_ignored(channel, &shorten(error.to_string()));
            IbcBasicResponse::new().add_event(event)
        }
    }
}

fn settle(
    deps: DepsMut,
    channel: &str,
    data: &Binary,
    end: End,
) -> Result<IbcBasicResponse, ContractError> {
    let owner =
        CHANNELS
            .may_load(deps.storage, channel)?
            .ok_or_else(|| ContractError::UnknownChannel {
                channel: channel.to_string(),
            })?;
    let service = owner.service;
    let stored = SERVICES.load(deps.storage, service)?;
    let end = if owner.peer_number == stored.peer_number {
        end
    } else {
        // What a former gateway says it knows, the present one may not, and nonces of a former
        // epoch mean other slashes.
        End::Failed("former peer".to_string())
    };
    match (from_json(data)?, end) {
        (HostPacket::OperatorSet(set), End::Applied { height, time, now }) => {
            let service = (service, stored.at(now));
            set_applied(deps.storage, service, set, (height, time), now)
        }
        (HostPacket::OperatorSet(set), End::Failed(reason)) => {
            let event = set_failed(deps.storage, service, &set, reason)?;
            Ok(IbcBasicResponse::new().add_event(event))
        }
        (HostPacket::SlashOutcome(told), end) => {
            let event = outcome_settled(deps.storage, service, &stored, channel, &told, end)?;
            Ok(IbcBasicResponse::new().add_event(event))
        }
    }
}

fn set_applied(
    storage: &mut dyn Storage,
    (service, stored): (ServiceId, Service),
    set: OperatorSet,
    (height, time): (Uint64, Timestamp),
    now: Timestamp,
) -> Result<IbcBasicResponse, ContractError> {
    let update_id = set.update_id.u64();
    let mut response = IbcBasicResponse::new().add_event(events::update_acknowledged(
        service, update_id, height, time,
    ));
    let operators: Vec<Addr> = set
        .operators
        .into_iter()
        .map(|told| Addr::unchecked(told.operator))
        .collect();
    for operator in &operators {
        let key = (service, operator);
        let mut delivery = DELIVERIES.may_load(storage, key)?.unwrap_or_default();
        if delivery.removed && delivery.sent == update_id {
            DIRTY.remove(storage, key);
        }
        delivery.acked = delivery.acked.max(update_id);
        DELIVERIES.save(storage, key, &delivery)?;
    }
    // One that is forgotten is older than any that waits: its decreases went by the longest lag.
    if let Some(mut update) = UPDATES.may_load(storage, (service, update_id))? {
        update.applied = Some((height, time));
        UPDATES.save(storage, (service, update_id), &update)?;
        if stored.is_provable(now) {
            let horizon = before(now, CONFIG.load(storage)?.unbonding_period);
            let applied = Applied {
                table: table_id(service, stored.nonce_epoch),
                update_id,
                sent_at: update.sent_at,
                height: height.u64(),
                time,
                operators: &operators,
            };
            applied.note(storage, now, horizon)?;
        }
        if update.await_ack {
            let message = allocation::ExecuteMsg::Acknowledge {
                service,
                update_id: set.update_id,
                operators,
            };
            let message = CONFIG.load(storage)?.allocation.call(&message)?;
            response = response.add_submessage(SubMsg::reply_on_error(message, ACKNOWLEDGED));
        }
    }
    Ok(response)
}

fn set_failed(
    storage: &mut dyn Storage,
    service: ServiceId,
    set: &OperatorSet,
    reason: String,
) -> Result<Event, ContractError> {
    let update_id = set.update_id.u64();
    for told in &set.operators {
        let operator = Addr::unchecked(&told.operator);
        let key = (service, &operator);
        let delivery = DELIVERIES.may_load(storage, key)?.unwrap_or_default();
        // Where a newer packet is under way, that one counts.
        if delivery.sent == update_id {
            DIRTY.save(storage, key, &Dirty::default())?;
        }
    }
    Ok(events::update_failed(service, update_id, &shorten(reason)))
}

fn outcome_settled(
    storage: &mut dyn Storage,
    service: ServiceId,
    stored: &Service,
    channel: &str,
    told: &SlashOutcome,
    end: End,
) -> Result<Event, ContractError> {
    let key = (service, stored.nonce_epoch, told.nonce.u64());
    match end {
        End::Applied { .. } => {
            OUTCOMES.remove(storage, key);
            Ok(events::outcome_acknowledged(service, told.nonce))
        }
        End::Failed(reason) => {
            // One under way on another channel is not this packet's.
            let untold = OUTCOMES
                .may_load(storage, key)?
                .filter(|untold| untold.channel.as_deref() == Some(channel));
            if let Some(mut untold) = untold {
                untold.channel = None;
                OUTCOMES.save(storage, key, &untold)?;
            }
            Ok(events::outcome_failed(
                service,
                told.nonce,
                &shorten(reason),
            ))
        }
    }
}

fn shorten(reason: String) -> String {
    reason.chars().take(MAX_REASON).collect()
}
