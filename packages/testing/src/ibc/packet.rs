//! The life of a packet: sent, then received and acknowledged, or timed out.

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    Addr, Binary, CustomMsg, CustomQuery, Event, IbcAcknowledgement, IbcOrder, IbcPacket,
    IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcTimeout,
};
use cw_multi_test::AppResponse;

use super::{ack, transfer, Ctx, PortOwner};
use crate::contract::IbcCall;
use crate::error::{IbcError, ReceiveRefused};
use crate::state::{
    load_channel, ChannelEnd, ChannelState, ClientView, PacketStatus, SentPacket, ACKS, ASYNC,
    CLIENTS, RECEIPTS, SENT, SENT_COUNT,
};

/// The largest packet, in bytes.
pub const MAX_PACKET_BYTES: usize = 256 * 1024;

/// What a relayed step did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handled {
    /// Done before; nothing happened now.
    pub(crate) redundant: bool,
    /// The acknowledgement, when one was written.
    pub(crate) ack: Option<Binary>,
    /// Why an ICS-20 callback failed, when one did.
    pub(crate) callback_error: Option<String>,
    pub(crate) events: Vec<Event>,
}

impl Handled {
    fn redundant() -> Self {
        Self {
            redundant: true,
            ..Self::default()
        }
    }
}

/// Commits to a packet. Returns its sequence.
pub(crate) fn send<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    port: &str,
    channel_id: &str,
    data: Binary,
    timeout: IbcTimeout,
) -> AnyResult<u64> {
    let mut end = load_channel(&*ctx.storage, port, channel_id)?;
    end.require(ChannelState::Open, "OPEN")?;
    if data.is_empty() {
        return Err(IbcError::EmptyPacket.into());
    }
    if data.len() > MAX_PACKET_BYTES {
        return Err(IbcError::PacketTooLarge {
            size: data.len(),
            limit: MAX_PACKET_BYTES,
        }
        .into());
    }
    let by_height = timeout.block().is_some_and(|block| !block.is_zero());
    let by_time = timeout.timestamp().is_some_and(|time| time.nanos() != 0);
    if !by_height && !by_time {
        return Err(IbcError::NoTimeout.into());
    }
    // The sender judges by what its light client last saw, which may be behind.
    if CLIENTS
        .load(ctx.storage, &end.connection_id)?
        .is_past(&timeout)
    {
        return Err(IbcError::TimeoutElapsed.into());
    }

    let sequence = end.next_send;
    end.next_send = sequence.saturating_add(1);
    let packet = IbcPacket::new(
        data,
        end.endpoint.clone(),
        end.counterparty.clone(),
        sequence,
        timeout,
    );
    end.save(ctx.storage)?;
    let ordinal = SENT_COUNT.may_load(ctx.storage)?.unwrap_or(0);
    SENT_COUNT.save(ctx.storage, &ordinal.saturating_add(1))?;
    let sent = SentPacket {
        packet,
        status: PacketStatus::Committed,
        ordinal,
    };
    sent.save(ctx.storage)?;
    Ok(sequence)
}

/// Takes a packet in; `proven` says whether its sender committed to it.
pub(crate) fn receive<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    proven: bool,
    relayer: &Addr,
) -> AnyResult<Handled> {
    let owner = ctx.owner(&packet.dest.port_id)?;
    let mut end = load_channel(&*ctx.storage, &packet.dest.port_id, &packet.dest.channel_id)?;
    end.require(ChannelState::Open, "OPEN")?;
    if ctx.here().is_past(&packet.timeout) {
        return Err(IbcError::TimeoutElapsed.into());
    }
    if end.counterparty != packet.src || !proven {
        return Err(unknown(packet));
    }
    if !take_receipt(ctx, &mut end, packet)? {
        return Ok(Handled::redundant());
    }

    let on_receive = ctx.nested(|ctx| match &owner {
        PortOwner::Transfer => transfer::receive(ctx, packet),
        PortOwner::Contract(contract) => {
            let msg = IbcPacketReceiveMsg::new(packet.clone(), relayer.clone());
            ctx.call(contract, IbcCall::Receive(msg))
        }
    });
    let mut handled = Handled::default();
    match on_receive {
        Ok(response) => {
            handled.events = response.events;
            handled.ack = response.data;
        }
        // The state is as before the call; the sender is told.
        Err(err) => handled.ack = Some(error_ack(&owner, &err)),
    }
    match &handled.ack {
        Some(ack) => write_ack(ctx, packet, ack)?,
        None => ASYNC.save(ctx.storage, key(&packet.dest.channel_id, packet), packet)?,
    }
    Ok(handled)
}

fn error_ack(owner: &PortOwner, err: &anyhow::Error) -> Binary {
    match (owner, err.downcast_ref::<ReceiveRefused>()) {
        (PortOwner::Transfer, _) => ack::redacted_code(err),
        (PortOwner::Contract(_), Some(refused)) => ack::refused(&refused.text),
        (PortOwner::Contract(_), None) => ack::redacted(err),
    }
}

/// Notes that the packet is here. False if it was before.
fn take_receipt<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    end: &mut ChannelEnd,
    packet: &IbcPacket,
) -> AnyResult<bool> {
    let key = key(&packet.dest.channel_id, packet);
    if RECEIPTS.has(ctx.storage, key) {
        return Ok(false);
    }
    if end.order == IbcOrder::Ordered {
        if packet.sequence != end.next_recv {
            return Err(IbcError::OutOfOrder {
                expected: end.next_recv,
                actual: packet.sequence,
            }
            .into());
        }
        end.next_recv = end.next_recv.saturating_add(1);
        end.save(ctx.storage)?;
    }
    RECEIPTS.save(ctx.storage, key, &true)?;
    Ok(true)
}

fn write_ack<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    ack: &Binary,
) -> AnyResult<()> {
    let (port, channel_id) = (&packet.dest.port_id, &packet.dest.channel_id);
    load_channel(&*ctx.storage, port, channel_id)?.require(ChannelState::Open, "OPEN")?;
    let key = key(channel_id, packet);
    if ACKS.has(ctx.storage, key) {
        return Err(IbcError::AcknowledgementExists {
            sequence: packet.sequence,
        }
        .into());
    }
    if ack.is_empty() {
        return Err(IbcError::EmptyAcknowledgement.into());
    }
    ACKS.save(ctx.storage, key, ack)?;
    Ok(())
}

/// `IbcMsg::WriteAcknowledgement`: once, for a packet whose receive returned no acknowledgement.
pub(crate) fn write_async_ack<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    port: &str,
    channel_id: &str,
    sequence: u64,
    ack: &Binary,
) -> AnyResult<()> {
    let packet = ASYNC
        .may_load(ctx.storage, (channel_id, sequence))?
        .filter(|packet| packet.dest.port_id == port)
        .ok_or(IbcError::NoAsyncPacket { sequence })?;
    write_ack(ctx, &packet, ack)?;
    ASYNC.remove(ctx.storage, (channel_id, sequence));
    Ok(())
}

/// Brings an acknowledgement back to the sender; `written` is what the other chain proves.
pub(crate) fn acknowledge<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    written: Option<&Binary>,
    relayer: &Addr,
) -> AnyResult<Handled> {
    let owner = ctx.owner(&packet.src.port_id)?;
    let mut end = load_channel(&*ctx.storage, &packet.src.port_id, &packet.src.channel_id)?;
    end.require(ChannelState::Open, "OPEN")?;
    let mut sent = load_sent(ctx, packet)?;
    if sent.status != PacketStatus::Committed {
        return Ok(Handled::redundant());
    }
    let Some(written) = written else {
        return Err(IbcError::NoAcknowledgement {
            sequence: packet.sequence,
        }
        .into());
    };
    ack::check_canonical(written)?;
    if end.order == IbcOrder::Ordered {
        if packet.sequence != end.next_ack {
            return Err(IbcError::OutOfOrder {
                expected: end.next_ack,
                actual: packet.sequence,
            }
            .into());
        }
        end.next_ack = end.next_ack.saturating_add(1);
        end.save(ctx.storage)?;
    }
    sent.status = PacketStatus::Acknowledged;
    sent.save(ctx.storage)?;

    match owner {
        PortOwner::Transfer => transfer::acknowledge(ctx, packet, written, relayer),
        PortOwner::Contract(contract) => {
            let ack = IbcAcknowledgement::new(written.clone());
            let msg = IbcPacketAckMsg::new(ack, packet.clone(), relayer.clone());
            ctx.call(&contract, IbcCall::Ack(msg)).map(from_response)
        }
    }
}

/// What the receiver's chain proves to let a packet time out.
#[derive(Clone, Debug)]
pub(crate) struct Unreceived {
    /// The receiver's chain now.
    pub(crate) there: ClientView,
    /// Whether the packet was received.
    pub(crate) received: bool,
    /// The receiver's end of the channel.
    pub(crate) end: Option<ChannelEnd>,
    /// Whether it is the close, not the timeout, that is proven.
    pub(crate) on_close: bool,
}

/// Tells the sender that the packet will never be received.
pub(crate) fn timeout<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    proof: &Unreceived,
    relayer: &Addr,
) -> AnyResult<Handled> {
    let owner = ctx.owner(&packet.src.port_id)?;
    let mut end = load_channel(&*ctx.storage, &packet.src.port_id, &packet.src.channel_id)?;
    if !proof.on_close && !proof.there.is_past(&packet.timeout) {
        return Err(IbcError::TimeoutNotReached.into());
    }
    let mut sent = load_sent(ctx, packet)?;
    if sent.status != PacketStatus::Committed {
        return Ok(Handled::redundant());
    }
    let closed = proof.end.as_ref().is_some_and(|there| {
        there.state == ChannelState::Closed && there.counterparty == end.endpoint
    });
    if proof.on_close && !closed {
        let claim = "the channel is CLOSED at the counterparty";
        return Err(IbcError::NotProven { claim }.into());
    }
    if proof.received {
        return Err(IbcError::PacketReceived {
            sequence: packet.sequence,
        }
        .into());
    }
    sent.status = PacketStatus::TimedOut;
    sent.save(ctx.storage)?;
    if end.order == IbcOrder::Ordered {
        end.state = ChannelState::Closed;
        end.save(ctx.storage)?;
    }

    match owner {
        PortOwner::Transfer => transfer::timeout(ctx, packet, relayer),
        PortOwner::Contract(contract) => {
            let msg = IbcPacketTimeoutMsg::new(packet.clone(), relayer.clone());
            ctx.call(&contract, IbcCall::Timeout(msg))
                .map(from_response)
        }
    }
}

fn load_sent<C: CustomMsg, Q: CustomQuery>(
    ctx: &Ctx<'_, C, Q>,
    packet: &IbcPacket,
) -> AnyResult<SentPacket> {
    SENT.may_load(&*ctx.storage, key(&packet.src.channel_id, packet))?
        .filter(|sent| sent.packet == *packet)
        .ok_or_else(|| unknown(packet))
}

fn unknown(packet: &IbcPacket) -> anyhow::Error {
    IbcError::UnknownPacket {
        channel_id: packet.src.channel_id.clone(),
        sequence: packet.sequence,
    }
    .into()
}

fn key<'a>(channel_id: &'a str, packet: &IbcPacket) -> (&'a str, u64) {
    (channel_id, packet.sequence)
}

fn from_response(response: AppResponse) -> Handled {
    Handled {
        events: response.events,
        ..Handled::default()
    }
}
