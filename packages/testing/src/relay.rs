//! The relayer: packets, acknowledgements and timeouts, one step a call.

use cosmwasm_std::{from_json, Binary, Event, IbcOrder, IbcPacket};
use serde::de::DeserializeOwned;

use crate::error::{HarnessError, HarnessResult, IbcError};
use crate::ibc::ack::Envelope;
use crate::ibc::packet::{self, Handled, Unreceived};
use crate::network::{Network, Side};
use crate::state::ChannelState;

/// How many rounds `relay_all` makes before it gives up.
const MAX_ROUNDS: usize = 200;

/// A packet on its way, or one that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The chain that sent it.
    pub from: Side,
    /// The chain that it is meant for.
    pub to: Side,
    /// The packet itself.
    pub packet: IbcPacket,
}

impl Packet {
    /// Its sequence on its channel.
    pub fn sequence(&self) -> u64 {
        self.packet.sequence
    }

    /// Its data, read as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> HarnessResult<T> {
        from_json(&self.packet.data).map_err(HarnessError::Query)
    }
}

/// An acknowledgement on its way back to the sender of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAck {
    /// The packet that it acknowledges.
    pub packet: Packet,
    /// The acknowledgement.
    pub ack: Binary,
}

/// What receiving a packet did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiveOutcome {
    /// The acknowledgement; none if the contract will write it later, or if the receipt was redundant.
    pub ack: Option<Binary>,
    /// It was received before: the contract was not called.
    pub redundant: bool,
    /// Events of the contract and of what followed; none if it failed.
    pub events: Vec<Event>,
}

impl ReceiveOutcome {
    /// The acknowledgement, read as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> HarnessResult<T> {
        let ack = self.ack.clone().unwrap_or_default();
        from_json(ack).map_err(HarnessError::Query)
    }

    /// The text of an error acknowledgement in the standard envelope, if it is one.
    pub fn error(&self) -> Option<String> {
        match from_json(self.ack.as_ref()?) {
            Ok(Envelope::Error(error)) => Some(error),
            _ => None,
        }
    }
}

/// What an acknowledgement or a timeout did at the sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepOutcome {
    /// It was done before: the contract was not called.
    pub redundant: bool,
    /// Why the sender's callback on an ICS-20 transfer failed, if it did. Nothing else came of that.
    pub callback_error: Option<String>,
    /// Events of the contract and of what followed.
    pub events: Vec<Event>,
}

impl From<Handled> for StepOutcome {
    fn from(handled: Handled) -> Self {
        Self {
            redundant: handled.redundant,
            callback_error: handled.callback_error,
            events: handled.events,
        }
    }
}

/// What `relay_all` did, by number of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relayed {
    /// Received.
    pub received: usize,
    /// Acknowledged.
    pub acknowledged: usize,
    /// Timed out, by timeout or by close.
    pub timed_out: usize,
}

impl Relayed {
    /// All steps.
    pub fn steps(&self) -> usize {
        self.received
            .saturating_add(self.acknowledged)
            .saturating_add(self.timed_out)
    }
}

/// What can be done with a packet that was not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Receive,
    Timeout,
    TimeoutOnClose,
    /// Nothing now: a channel half open, or a packet behind another on an ordered channel.
    Nothing,
}

impl Network {
    /// Packets that `side` sent and that were neither received nor timed out, in the order in which
    /// they were sent. Their timeout may have passed.
    pub fn pending(&self, side: Side) -> Vec<Packet> {
        self.committed(side)
            .into_iter()
            .filter(|sent| !self.was_received(sent))
            .collect()
    }

    /// Acknowledgements on their way back to `side`, in the order in which the packets were sent.
    pub fn pending_acks(&self, side: Side) -> Vec<PendingAck> {
        self.committed(side)
            .into_iter()
            .filter_map(|packet| {
                let dest = &packet.packet.dest;
                let receiver = self.chain(packet.to).ok()?;
                let ack = receiver.written_ack(&dest.channel_id, packet.packet.sequence)?;
                Some(PendingAck { packet, ack })
            })
            .collect()
    }

    /// Every packet that `side` ever sent, in that order.
    pub fn history(&self, side: Side) -> Vec<Packet> {
        let sent = self.chain(side).map(|chain| chain.sent_packets());
        let packets = sent.unwrap_or_default().into_iter().map(|sent| sent.packet);
        packets
            .filter_map(|packet| self.route(side, packet))
            .collect()
    }

    fn committed(&self, side: Side) -> Vec<Packet> {
        let sent = self.chain(side).map(|chain| chain.committed());
        let packets = sent.unwrap_or_default().into_iter();
        packets
            .filter_map(|packet| self.route(side, packet))
            .collect()
    }

    fn route(&self, from: Side, packet: IbcPacket) -> Option<Packet> {
        let end = self
            .chain(from)
            .ok()?
            .channel(&packet.src.channel_id)
            .ok()?;
        let (to, _) = self.counterparty(from, &end.connection_id).ok()?;
        Some(Packet { from, to, packet })
    }

    fn was_received(&self, sent: &Packet) -> bool {
        let dest = &sent.packet.dest;
        self.chain(sent.to)
            .is_ok_and(|chain| chain.has_received(&dest.channel_id, sent.packet.sequence))
    }

    /// Delivers a packet. If the contract returns an error, its state is reverted and the error becomes
    /// the acknowledgement; if it panics, this call fails and the packet stays pending. Delivering it
    /// again is redundant, and does not reach the contract.
    pub fn receive(&mut self, sent: &Packet) -> HarnessResult<ReceiveOutcome> {
        let end = self.chain(sent.to)?.channel(&sent.packet.dest.channel_id)?;
        let (source, _) = self.counterparty(sent.to, &end.connection_id)?;
        let src = &sent.packet.src;
        let proven = self
            .chain(source)?
            .sent_packet(&src.channel_id, sent.packet.sequence)
            .is_ok_and(|committed| committed.packet == sent.packet);
        let relayer = self.relayer(sent.to)?;
        self.update_client(sent.to, &end.connection_id, source)?;
        let handled = self
            .chain_mut(sent.to)?
            .relayed(|ctx| packet::receive(ctx, &sent.packet, proven, &relayer))?;
        Ok(ReceiveOutcome {
            ack: handled.ack,
            redundant: handled.redundant,
            events: handled.events,
        })
    }

    /// Brings the acknowledgement of a packet back to its sender. If the contract fails, so does this
    /// call, and the packet is stuck.
    pub fn acknowledge(&mut self, sent: &Packet) -> HarnessResult<StepOutcome> {
        let end = self
            .chain(sent.from)?
            .channel(&sent.packet.src.channel_id)?;
        let (dest, _) = self.counterparty(sent.from, &end.connection_id)?;
        let ack = self
            .chain(dest)?
            .written_ack(&sent.packet.dest.channel_id, sent.packet.sequence);
        let relayer = self.relayer(sent.from)?;
        self.update_client(sent.from, &end.connection_id, dest)?;
        let handled = self
            .chain_mut(sent.from)?
            .relayed(|ctx| packet::acknowledge(ctx, &sent.packet, ack.as_ref(), &relayer))?;
        Ok(handled.into())
    }

    /// Proves to the sender that the packet was not received before its timeout. An ordered channel
    /// closes by it. If the contract fails, so does this call, and the packet is stuck.
    pub fn timeout(&mut self, sent: &Packet) -> HarnessResult<StepOutcome> {
        self.prove_unreceived(sent, false)
    }

    /// Proves to the sender that the channel is closed at the other end and the packet was not
    /// received, whatever its timeout.
    pub fn timeout_on_close(&mut self, sent: &Packet) -> HarnessResult<StepOutcome> {
        self.prove_unreceived(sent, true)
    }

    fn prove_unreceived(&mut self, sent: &Packet, on_close: bool) -> HarnessResult<StepOutcome> {
        let end = self
            .chain(sent.from)?
            .channel(&sent.packet.src.channel_id)?;
        let (dest, _) = self.counterparty(sent.from, &end.connection_id)?;
        let there = self.chain(dest)?;
        let channel_id = &sent.packet.dest.channel_id;
        let proof = Unreceived {
            there: there.view(),
            received: there.has_received(channel_id, sent.packet.sequence),
            end: there.channel(channel_id).ok(),
            on_close,
        };
        let relayer = self.relayer(sent.from)?;
        self.update_client(sent.from, &end.connection_id, dest)?;
        let handled = self
            .chain_mut(sent.from)?
            .relayed(|ctx| packet::timeout(ctx, &sent.packet, &proof, &relayer))?;
        Ok(handled.into())
    }

    /// What an honest relayer would do with a pending packet.
    pub(crate) fn next_step(&self, sent: &Packet) -> HarnessResult<Next> {
        let receiver = self.chain(sent.to)?;
        let end = receiver.channel(&sent.packet.dest.channel_id)?;
        if end.state == ChannelState::Closed {
            return Ok(Next::TimeoutOnClose);
        }
        if receiver.view().is_past(&sent.packet.timeout) {
            return Ok(Next::Timeout);
        }
        let in_turn = end.order == IbcOrder::Unordered || end.next_recv == sent.packet.sequence;
        match end.state == ChannelState::Open && in_turn {
            true => Ok(Next::Receive),
            false => Ok(Next::Nothing),
        }
    }

    /// Whether an acknowledgement can still be delivered: not to a closed channel end.
    pub(crate) fn takes_acks(&self, sent: &Packet) -> HarnessResult<bool> {
        let end = self
            .chain(sent.from)?
            .channel(&sent.packet.src.channel_id)?;
        Ok(end.state == ChannelState::Open)
    }

    /// Relays packets, acknowledgements and due timeouts, until nothing is left to relay. It does not
    /// confirm handshakes or closes, and stops at the first step that fails.
    pub fn relay_all(&mut self) -> HarnessResult<Relayed> {
        let mut relayed = Relayed::default();
        for _ in 0..MAX_ROUNDS {
            let before = relayed.steps();
            for side in self.sides() {
                for packet in self.pending(side) {
                    self.relay(&packet, &mut relayed)?;
                }
            }
            for side in self.sides() {
                for pending in self.pending_acks(side) {
                    if self.takes_acks(&pending.packet)? {
                        self.acknowledge(&pending.packet)?;
                        relayed.acknowledged = relayed.acknowledged.saturating_add(1);
                    }
                }
            }
            if relayed.steps() == before {
                return Ok(relayed);
            }
        }
        Err(HarnessError::NeverQuiet {
            steps: relayed.steps(),
        })
    }

    fn relay(&mut self, sent: &Packet, relayed: &mut Relayed) -> HarnessResult<()> {
        match self.next_step(sent)? {
            Next::Receive => {
                self.receive(sent)?;
                relayed.received = relayed.received.saturating_add(1);
            }
            Next::Timeout => {
                self.timeout(sent)?;
                relayed.timed_out = relayed.timed_out.saturating_add(1);
            }
            Next::TimeoutOnClose => {
                self.timeout_on_close(sent)?;
                relayed.timed_out = relayed.timed_out.saturating_add(1);
            }
            Next::Nothing => {}
        }
        Ok(())
    }

    /// The only packet that `side` has pending.
    pub fn only_pending(&self, side: Side) -> HarnessResult<Packet> {
        let mut pending = self.pending(side);
        match (pending.pop(), pending.is_empty()) {
            (Some(packet), true) => Ok(packet),
            (last, _) => Err(IbcError::UnknownPacket {
                channel_id: format!("{side:?}: not exactly one packet is pending"),
                sequence: last.map_or(0, |packet| packet.sequence()),
            }
            .into()),
        }
    }
}
