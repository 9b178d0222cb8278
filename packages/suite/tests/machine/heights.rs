//! Which update was in force at which height of the consumer's: by what the gateway stored when it
//! applied them, and what of it the host heard over a channel that it believes.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Binary, Timestamp};
use palisade_ibc::{decode_ack, Ack, HostPacket, OperatorSet, SetAck};
use palisade_suite::UNBONDING;
use palisade_testing::{Packet, Performed, Side};
use palisade_types::asset::MAX_CLOCK_SKEW;

use super::model::{Name, CHAIN, OPERATORS};
use super::seen::Row;
use super::world::World;

/// A height, and when it was.
type Moment = (u64, Timestamp);

#[derive(Default)]
pub struct Heights {
    /// What the gateway put in force, by operator and update: what it no longer keeps as well.
    applied: BTreeMap<(Name, u64), Moment>,
    /// When it received updates, whether it put anything of them in force or not.
    received: BTreeMap<u64, Moment>,
    /// What the host heard: where an operator's update was received.
    heard: BTreeMap<Name, BTreeMap<u64, u64>>,
    /// When heights came, as far as the host heard of them: at the earliest, at the latest.
    times: BTreeMap<u64, (Timestamp, Timestamp)>,
    /// When updates were made.
    made: BTreeMap<u64, Timestamp>,
    /// The host's table, which begins anew with a nonce epoch.
    table: u64,
    /// How often the owner took all say from the channels so far; and how often when each opened.
    cuts: u64,
    opened: BTreeMap<String, u64>,
    /// Whether the owner admits nobody.
    pub nobody: bool,
    news: bool,
}

/// The newest update by which something was in force at a height: of those received before it.
fn newest<'a>(before: u64, of: impl Iterator<Item = (&'a u64, &'a u64)>) -> Option<u64> {
    of.filter(|(_, height)| **height < before)
        .map(|(update, _)| *update)
        .max()
}

impl Heights {
    /// A channel that the host opened.
    pub fn open(&mut self, channel: String) {
        self.opened.insert(channel, self.cuts);
    }

    /// Channels so far have no say any more.
    pub fn cut(&mut self) {
        self.cuts += 1;
    }

    /// Nor does anything count that came over them.
    pub fn renew(&mut self) {
        self.cut();
        self.table += 1;
        self.heard.clear();
        self.times.clear();
    }

    fn is_believed(&self, channel: &str) -> bool {
        self.opened.get(channel) == Some(&self.cuts)
    }

    /// The update in force at a height, by what the host heard.
    pub fn answer(&self, operator: Name, height: u64) -> Option<u64> {
        newest(height, self.heard.get(operator)?.iter())
    }

    /// The update that was in force at a height.
    fn truth(&self, operator: Name, height: u64) -> Option<u64> {
        let all = self.applied.range((operator, 0)..=(operator, u64::MAX));
        let all: Vec<_> = all.map(|((_, update), at)| (*update, at.0)).collect();
        newest(height, all.iter().map(|(update, height)| (update, height)))
    }
}

fn set_in(packet: &Packet) -> Option<OperatorSet> {
    match packet.json() {
        Ok(HostPacket::OperatorSet(set)) if packet.from == Side::Host => Some(set),
        _ => None,
    }
}

impl World {
    /// Takes note of what the relayer did. `between`: the consumer's heights and the host's times
    /// before and after it.
    pub fn carried(
        &mut self,
        performed: &Performed,
        heights: (u64, u64),
        times: (Timestamp, Timestamp),
    ) {
        match performed {
            Performed::Received(packet, outcome) if !outcome.redundant => {
                if let (Some(set), Some(ack)) = (set_in(packet), &outcome.ack) {
                    self.received(&set, ack, heights);
                }
            }
            Performed::Acknowledged(packet, outcome) if !outcome.redundant => {
                if let Some(set) = set_in(packet) {
                    self.heard(&set, &packet.packet.src.channel_id, times);
                }
            }
            _ => {}
        }
    }

    fn received(&mut self, set: &OperatorSet, ack: &Binary, (from, to): (u64, u64)) {
        if let Ack::Result(SetAck::Applied { height, time }) = decode_ack(ack) {
            let height = height.u64();
            assert!(
                from <= height && height <= to,
                "an answer of height {height}"
            );
            let update = set.update_id.u64();
            let late = set.operators.iter().any(|told| {
                let operator = self.names.of(told.operator.as_bytes());
                let of = self.heights.applied.range((operator, update)..);
                let mut of = of.take_while(|((of, _), _)| *of == operator);
                of.next().is_some()
            });
            super::stats::count("late set", late);
            let again = self.heights.received.insert(update, (height, time));
            assert!(again.is_none(), "update {update} received twice");
        }
    }

    fn heard(&mut self, set: &OperatorSet, channel: &str, (from, to): (Timestamp, Timestamp)) {
        let update = set.update_id.u64();
        let heights = &mut self.heights;
        let Some((height, time)) = heights.received.get(&update).copied() else {
            return;
        };
        if !heights.is_believed(channel) {
            super::stats::count("answer not believed", true);
            return;
        }
        // What is older than an unbonding period serves nobody.
        if self.now.updates.get(&(CHAIN, update)).is_none() {
            super::stats::count("answer too old", true);
            return;
        }
        // The consumer cannot say of a height that passed before the update was made.
        let made = heights.made[&update];
        let table = heights.table;
        let row = |(_, row): (_, &std::rc::Rc<Row<Timestamp>>)| row.value;
        let rows = &self.now.times.by;
        let mut passed = rows.range((table, height)..=(table, u64::MAX)).map(row);
        let passed = passed.next();
        let before = rows.range((table, 0)..(table, height)).map(row).next_back();
        if passed.is_some_and(|passed| passed.plus_seconds(MAX_CLOCK_SKEW) < made) {
            super::stats::count("answer impossible", true);
            return;
        }
        // Its clock counts, between the sending and the answer, and never runs backwards.
        let rising = time.max(made).max(before.unwrap_or_default());
        let rising = rising.min(passed.unwrap_or(to));
        let clamped = |now| rising.min(now);
        let times = (clamped(from), clamped(to));
        if !self.now.times.by.contains_key(&(table, height)) {
            heights.times.insert(height, times);
        }
        for told in &set.operators {
            let operator = self.names.of(told.operator.as_bytes());
            let of = heights.heard.entry(operator).or_default();
            let reordered = of.keys().next_back().is_some_and(|last| *last > update);
            super::stats::count("answers reordered", reordered);
            of.insert(update, height);
        }
        heights.news = true;
    }

    /// What was applied and heard before the first step, when nothing was late.
    pub fn first_heights(&mut self) {
        let link = self.now.links.get(&CHAIN).unwrap();
        let table = self.now.times.by.keys().next().unwrap().0;
        assert_eq!(table >> 32, u64::from(CHAIN));
        self.heights.table = table;
        self.heights.open(link.channel.clone().unwrap());
        for ((_, update), row) in self.now.updates.iter().filter(|(key, _)| key.0 == CHAIN) {
            self.heights.made.insert(*update, row.sent_at);
        }
        for ((operator, update), entry) in self.now.history.iter() {
            let heights = &mut self.heights;
            heights
                .applied
                .insert((operator, *update), (entry.height, entry.time));
            heights.received.insert(*update, (entry.height, entry.time));
            let of = heights.heard.entry(operator).or_default();
            of.insert(*update, entry.height);
            let time = entry.time.max(heights.made[update]);
            heights.times.insert(entry.height, (time, time));
        }
        // The second of the first two syncs may have told of nobody.
        for ((_, height), row) in &self.now.times.by {
            let times = &mut self.heights.times;
            times.entry(*height).or_insert((row.value, row.value));
        }
        self.heights.news = true;
    }
}

/// What the host stored of heights is what it heard, and what was in force at each.
pub fn check(world: &mut World) {
    updates(world);
    applied(world);
    times(world);
    let changed = !world
        .now
        .in_force
        .changes(&world.before.in_force)
        .is_empty();
    if std::mem::take(&mut world.heights.news) || changed {
        for operator in OPERATORS {
            in_force(world, operator);
        }
    }
    proofs(world);
}

/// Updates are kept for an unbonding period, and the one in force at its start.
fn updates(world: &mut World) {
    let changes = world.now.updates.changes(&world.before.updates);
    for ((_, update), before, now) in changes.into_iter().filter(|(key, ..)| key.0 == CHAIN) {
        match (before, now) {
            (None, Some(now)) => {
                let between = world.before.now <= now.sent_at && now.sent_at <= world.now.now;
                assert!(between, "update {update} of another time");
                world.heights.made.insert(*update, now.sent_at);
            }
            (Some(_), None) => {
                let next = world.heights.made.range(update + 1..).next();
                let next = next.expect("the newest update is forgotten").1;
                assert!(
                    next.plus_seconds(UNBONDING) < world.now.now,
                    "update {update} is forgotten too early"
                );
            }
            _ => {}
        }
    }
}

/// What the gateway put in force, it did when it received it, and never otherwise.
fn applied(world: &mut World) {
    for (key, before, now) in world.now.history.changes(&world.before.history) {
        let Some(now) = now else { continue };
        assert!(before.is_none(), "{key:?} was applied twice");
        let moment = (now.height, now.time);
        assert_eq!(world.heights.received.get(&key.1), Some(&moment), "{key:?}");
        world.heights.applied.insert(*key, moment);
    }
}

/// Times are the consumer's, and are kept for an unbonding period, and the one at its start.
fn times(world: &World) {
    let known = &world.heights.times;
    let table = world.heights.table;
    for ((of, height), before, now) in world.now.times.changes(&world.before.times) {
        assert_eq!(*of, table, "times of another table");
        match (before, now) {
            (None, Some(time)) => {
                let (from, to) = known.get(height).expect("a time that nobody told");
                assert!(from <= time && time <= to, "height {height} at {time}");
            }
            (Some(_), None) => {
                let next = known.range(height + 1..).next();
                let next = next.expect("the newest time is forgotten").1;
                assert!(
                    next.0.plus_seconds(UNBONDING) < world.now.now,
                    "the time of {height} is forgotten too early"
                );
            }
            _ => panic!("the time of {height} was changed"),
        }
    }
    for height in known.keys() {
        let oldest = world.now.times.by.range((table, 0)..).next().unwrap().0 .1;
        let kept = world.now.times.by.contains_key(&(table, *height));
        assert!(kept || *height < oldest, "the time of {height} is missing");
    }
}

/// The host's answer for an operator at every height of interest.
fn in_force(world: &World, operator: Name) {
    let heights = &world.heights;
    let all = heights.applied.iter().filter(|(key, _)| key.0 == operator);
    let mut asked: BTreeSet<u64> = all.map(|(_, at)| at.0).collect();
    let heard = heights.heard.get(operator);
    asked.extend(heard.iter().flat_map(|of| of.values()));
    let asked = asked.iter().flat_map(|at| [at - 1, *at, at + 1]);
    let asked: BTreeSet<u64> = asked.chain([u64::MAX]).collect();
    let table = heights.table;
    let gone = |at: &u64| heights.times[at].0.plus_seconds(UNBONDING) < world.now.now;
    for height in asked {
        let rows = &world.now.in_force.by;
        let below = rows.range((table, operator, 0)..(table, operator, height));
        let found = below.map(|(_, row)| row.value).next_back();
        let due = heights.answer(operator, height);
        if found != due {
            // Forgotten is only what a newer one followed more than an unbonding period ago.
            let of = heard.into_iter().flatten();
            let mut newer = of.filter(|(update, at)| **at >= height && Some(**update) > due);
            assert!(
                found.is_none() && newer.any(|(_, at)| gone(at)),
                "{operator} at {height}: update {found:?}, heard of {due:?}"
            );
            super::stats::count("height forgotten", true);
            continue;
        }
        let truth = heights.truth(operator, height);
        assert!(
            found <= truth,
            "{operator} at {height}: {found:?} for {truth:?}"
        );
        // Once the host heard of the one that was in force, it says that one.
        let heard_of = truth.is_some_and(|update| heard.is_some_and(|of| of.contains_key(&update)));
        assert!(
            !heard_of || found == truth,
            "{operator} at {height}: {found:?}, though it heard of {truth:?}"
        );
        super::stats::count("height compared", true);
    }
}

/// A proof is judged by the update that the table says was in force, and by times around the height.
fn proofs(world: &World) {
    for ((service, number), before, now) in world.now.requests.changes(&world.before.requests) {
        let Some(request) = now.filter(|now| now.proven && before.is_none_or(|b| !b.proven)) else {
            continue;
        };
        assert_eq!(*service, CHAIN, "proof {number} of a service without keys");
        let operator = world.names.of(request.operator.as_bytes());
        let due = world.heights.answer(operator, request.height);
        let due = due.unwrap_or_else(|| panic!("proof {number} of nothing in force"));
        // What it counted with at an update that is forgotten is what it counted with at the next.
        let kept = &world.before.captures.by;
        let mut newer = kept.range((CHAIN, operator, due + 1)..=(CHAIN, operator, u64::MAX));
        let known = kept.range((CHAIN, operator, 0)..=(CHAIN, operator, due));
        let due = match known.last().or_else(|| newer.next()) {
            Some((key, _)) => key.2,
            None => panic!("proof {number} of an operator that never counted"),
        };
        assert_eq!(request.update_id, due, "proof {number}: {request:?}");
        let earlier = world.heights.times.range(..request.height).next_back();
        let later = world.heights.times.range(request.height..).next();
        let latest = later.map_or(world.now.now, |(_, time)| time.1);
        let kept = |at: &u64| world.now.times.by.contains_key(&(world.heights.table, *at));
        let earlier = earlier.filter(|(at, _)| kept(at));
        if let Some((_, (earliest, _))) = earlier {
            assert!(
                request.time >= (*earliest).min(latest),
                "proof {number} too early"
            );
        }
        let since = world.heights.made[&request.update_id];
        let oldest = world
            .now
            .now
            .minus_seconds(world.terms[&CHAIN].now.evidence_age);
        let most = latest.max(since).max(oldest);
        assert!(request.time <= most, "proof {number}: after {most}");
        super::stats::count("proof compared", true);
    }
}
