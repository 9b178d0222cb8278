//! A relayer that loses, repeats, delays and reorders.

use crate::error::{HarnessError, HarnessResult};
use crate::network::{Network, Side};
use crate::relay::{Next, Packet, ReceiveOutcome, StepOutcome};

/// The longest wait that [`Action::decode`] makes, in seconds.
const MAX_WAIT: u64 = 60;

/// One thing that a relayer may do next. Numbers choose among what there is to choose from, and wrap
/// around: so any list of actions is a program, and a property test can shrink it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Delivers one of the packets that can be delivered now: not always the oldest, so they reorder.
    Deliver(usize),
    /// Brings back one of the acknowledgements that are due.
    Acknowledge(usize),
    /// Delivers a packet again that was received before.
    Repeat(usize),
    /// Brings back an acknowledgement, or a timeout, that was brought back before.
    RepeatAck(usize),
    /// Proves the timeout of one of the packets that are late, or whose channel is closed there.
    Timeout(usize),
    /// Loses a packet: time passes on all chains until its timeout, which is then proven. Others may be
    /// late by then too.
    Expire(usize),
    /// Time passes on one chain, or on all.
    Wait {
        /// Where; everywhere if none.
        side: Option<Side>,
        /// How long.
        seconds: u64,
    },
}

impl Action {
    /// Reads any number as an action: mostly deliveries and acknowledgements, then waiting, now and
    /// then a repetition or a loss.
    ///
    /// ```
    /// use palisade_testing::Action;
    ///
    /// assert_eq!(Action::decode(0), Action::Deliver(0));
    /// assert_eq!(Action::decode(2 * 32 + 12), Action::Acknowledge(2));
    /// ```
    ///
    /// With proptest: `prop::collection::vec(any::<u64>().prop_map(Action::decode), 0..60)`.
    pub fn decode(word: u64) -> Self {
        let choice = word.checked_shr(5).unwrap_or(0);
        let nth = usize::try_from(choice & 0xffff).unwrap_or(0);
        match word & 0x1f {
            0..=11 => Self::Deliver(nth),
            12..=20 => Self::Acknowledge(nth),
            21..=22 => Self::Repeat(nth),
            23..=24 => Self::RepeatAck(nth),
            25..=26 => Self::Timeout(nth),
            27 => Self::Expire(nth),
            wait => Self::Wait {
                side: match wait {
                    28 => Some(Side::Host),
                    29 => Some(Side::Consumer),
                    _ => None,
                },
                seconds: choice.checked_rem(MAX_WAIT).unwrap_or(0).saturating_add(1),
            },
        }
    }
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// A packet was received, or was before.
    Received(Packet, ReceiveOutcome),
    /// An acknowledgement was brought back, or was before.
    Acknowledged(Packet, StepOutcome),
    /// A packet timed out, or had before.
    TimedOut(Packet, StepOutcome),
    /// Time passed.
    Waited,
    /// There was nothing to choose from.
    Nothing,
}

impl Network {
    /// Performs one action. An error is what a relayer would have seen, such as a contract that fails
    /// in an acknowledgement, or panics; the rules of IBC themselves never get in the way here.
    pub fn perform(&mut self, action: Action) -> HarnessResult<Performed> {
        match action {
            Action::Deliver(nth) => {
                let ready = self.all(Self::pending);
                let ready = self.that_are(ready, Next::Receive)?;
                self.deliver(pick(ready, nth))
            }
            Action::Acknowledge(nth) => {
                let due = self.all(|net, side| {
                    let acks = net.pending_acks(side).into_iter().map(|ack| ack.packet);
                    acks.collect()
                });
                let due = self.open_at_sender(due)?;
                self.bring_back(pick(due, nth))
            }
            Action::Repeat(nth) => {
                let received = self.received()?;
                self.deliver(pick(received, nth))
            }
            Action::RepeatAck(nth) => {
                let done = self.settled()?;
                let done = self.open_at_sender(done)?;
                self.bring_back(pick(done, nth))
            }
            Action::Timeout(nth) => {
                let pending = self.all(Self::pending);
                let mut late = self.that_are(pending.clone(), Next::Timeout)?;
                late.extend(self.that_are(pending, Next::TimeoutOnClose)?);
                self.expire(pick(late, nth))
            }
            Action::Expire(nth) => {
                let lost = self.all(Self::pending);
                self.expire(pick(lost, nth))
            }
            Action::Wait { side, seconds } => {
                match side {
                    Some(side) => self.chain_mut(side)?.advance(seconds),
                    None => self.advance(seconds),
                }
                Ok(Performed::Waited)
            }
        }
    }

    /// Packets of all chains.
    fn all(&self, of: impl Fn(&Self, Side) -> Vec<Packet>) -> Vec<Packet> {
        let sides = self.sides().into_iter();
        sides.flat_map(|side| of(self, side)).collect()
    }

    fn that_are(&self, packets: Vec<Packet>, next: Next) -> HarnessResult<Vec<Packet>> {
        let mut chosen = vec![];
        for packet in packets {
            if self.next_step(&packet)? == next {
                chosen.push(packet);
            }
        }
        Ok(chosen)
    }

    fn open_at_sender(&self, packets: Vec<Packet>) -> HarnessResult<Vec<Packet>> {
        let mut chosen = vec![];
        for packet in packets {
            if self.takes_acks(&packet)? {
                chosen.push(packet);
            }
        }
        Ok(chosen)
    }

    /// Packets that were received and can be offered again: the receiver's channel is open and the
    /// timeout has not passed, else the chain refuses them before it looks for a receipt.
    fn received(&self) -> HarnessResult<Vec<Packet>> {
        let mut chosen = vec![];
        for packet in self.all(Self::history) {
            let chain = self.chain(packet.to)?;
            let dest = &packet.packet.dest.channel_id;
            let again = chain.has_received(dest, packet.sequence())
                && chain.channel(dest)?.state == crate::state::ChannelState::Open
                && !chain.view().is_past(&packet.packet.timeout);
            if again {
                chosen.push(packet);
            }
        }
        Ok(chosen)
    }

    /// Packets whose acknowledgement or timeout was brought back.
    fn settled(&self) -> HarnessResult<Vec<Packet>> {
        let mut chosen = vec![];
        for packet in self.all(Self::history) {
            let src = &packet.packet.src.channel_id;
            let sent = self
                .chain(packet.from)?
                .sent_packet(src, packet.sequence())?;
            if sent.status != crate::state::PacketStatus::Committed {
                chosen.push(packet);
            }
        }
        Ok(chosen)
    }

    fn deliver(&mut self, packet: Option<Packet>) -> HarnessResult<Performed> {
        let Some(packet) = packet else {
            return Ok(Performed::Nothing);
        };
        let outcome = self.receive(&packet)?;
        Ok(Performed::Received(packet, outcome))
    }

    fn bring_back(&mut self, packet: Option<Packet>) -> HarnessResult<Performed> {
        let Some(packet) = packet else {
            return Ok(Performed::Nothing);
        };
        let outcome = self.acknowledge(&packet)?;
        Ok(Performed::Acknowledged(packet, outcome))
    }

    fn expire(&mut self, packet: Option<Packet>) -> HarnessResult<Performed> {
        let Some(packet) = packet else {
            return Ok(Performed::Nothing);
        };
        if self.next_step(&packet)? == Next::TimeoutOnClose {
            let outcome = self.timeout_on_close(&packet)?;
            return Ok(Performed::TimedOut(packet, outcome));
        }
        self.pass_timeout(&packet)?;
        let outcome = self.timeout(&packet)?;
        Ok(Performed::TimedOut(packet, outcome))
    }

    /// Lets time pass on all chains alike, until the receiver is past the packet's timeout.
    pub fn pass_timeout(&mut self, packet: &Packet) -> HarnessResult<()> {
        let timeout = &packet.packet.timeout;
        let there = self.chain(packet.to)?.view();
        if there.is_past(timeout) {
            return Ok(());
        }
        let by_time = timeout.timestamp().filter(|time| time.nanos() != 0);
        let seconds = match (by_time, timeout.block()) {
            (Some(time), _) => {
                let nanos = time.nanos().saturating_sub(there.time.nanos());
                nanos.div_ceil(1_000_000_000)
            }
            (None, Some(block)) => block
                .height
                .saturating_sub(there.height.height)
                .saturating_mul(crate::chain::SECONDS_PER_BLOCK),
            (None, None) => 0,
        };
        self.advance(seconds);
        match self.chain(packet.to)?.view().is_past(timeout) {
            true => Ok(()),
            false => Err(HarnessError::Ibc(crate::error::IbcError::TimeoutNotReached)),
        }
    }
}

fn pick(mut packets: Vec<Packet>, nth: usize) -> Option<Packet> {
    let index = nth.checked_rem(packets.len())?;
    Some(packets.swap_remove(index))
}

/// A relayer driven by a seed: the same seed does the same things.
#[derive(Clone, Debug)]
pub struct FaultyRelayer {
    state: u64,
    log: Vec<(Action, Performed)>,
}

impl FaultyRelayer {
    /// A relayer that begins with this seed.
    pub fn seeded(seed: u64) -> Self {
        Self {
            state: seed,
            log: vec![],
        }
    }

    /// What it would do next (SplitMix64).
    pub fn next_action(&mut self) -> Action {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Action::decode(word ^ (word >> 31))
    }

    /// Does one thing.
    pub fn step(&mut self, net: &mut Network) -> HarnessResult<Performed> {
        let action = self.next_action();
        let performed = net.perform(action)?;
        self.log.push((action, performed.clone()));
        Ok(performed)
    }

    /// Does many things, and stops at the first error.
    pub fn run(&mut self, net: &mut Network, steps: usize) -> HarnessResult<()> {
        for _ in 0..steps {
            self.step(net)?;
        }
        Ok(())
    }

    /// What it did so far.
    pub fn log(&self) -> &[(Action, Performed)] {
        &self.log
    }
}
