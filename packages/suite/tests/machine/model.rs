//! What may happen next, and who it may happen to: just enough of the system to choose steps that
//! make sense. What comes of a step is not known here, so some are refused, which is part of it.

use std::collections::{BTreeMap, BTreeSet};

use palisade_suite::{ATOM, EPOCH, STAKE, STATOM};
use palisade_testing::Action;

use super::afar::Afar;
use super::base::Base;
use super::earn::{Earn, More};

/// The operators. The first one stakes behind itself.
pub const OPERATORS: [&str; 4] = ["north", "south", "east", "west"];
/// Everybody who stakes as it comes.
pub const ACTORS: [&str; 5] = ["alice", "bob", "carol", "dave", "north"];
/// Everybody who stakes: those, two who do the same in one part and in several, and one who always
/// comes too late.
pub const OWNERS: [&str; 8] = [
    "alice", "bob", "carol", "dave", "north", TWINS[0], TWINS[1], LATE,
];
/// Who stakes in one part, and who in several.
pub const TWINS: [&str; 2] = ["tim", "tom"];
/// Who comes when rewards are harvested, and leaves again.
pub const LATE: &str = "eve";
/// A second native asset, a token of the consumer, rate 0.5, counted at four fifths.
pub const ION: &str = "ion";
/// All assets.
pub const ASSETS: [&str; 4] = [ATOM, STATOM, ION, STAKE];
/// The operators that are validators, with which [`STAKE`] is staked.
pub const NATIVES: [&str; 2] = ["north", "east"];
/// Over IBC, with keys, its double-signs can be proved.
pub const CHAIN: u32 = 1;
/// Local, with a resolver and a window of twelve hours.
pub const COURT: u32 = 2;
/// Local, executes at once.
pub const PLAIN: u32 = 3;
/// All services.
pub const SERVICES: [u32; 3] = [CHAIN, COURT, PLAIN];
/// The window of [`COURT`], in seconds.
pub const WINDOW: u64 = EPOCH / 2;
/// Kinds of infractions: jails, tombstones, does neither, tombstones for less.
pub const KINDS: [&str; 4] = ["downtime", "double_sign", "censorship", "treason"];

/// Keys of each operator in [`CHAIN`].
pub const KEYS: u8 = 3;
/// Another id of [`CHAIN`].
pub const OTHER_CHAIN: &str = "consumer-2";
/// Who may get the proceeds of penalties.
pub const RECIPIENTS: [&str; 2] = ["treasury", "fund"];
/// Steps of a rush and of all until the next: updates overtake each other in it.
const RUSH: (u32, u32) = (9, 28);
/// The steps of such a round in which rewards are reaped.
const REAP: (u32, u32) = (14, 22);

/// An account or an asset by its name.
pub type Name = &'static str;

/// One step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    Deposit {
        who: Name,
        operator: Option<Name>,
        asset: Name,
        amount: u128,
    },
    Delegate {
        who: Name,
        operator: Name,
        asset: Name,
        amount: u128,
    },
    Withdraw {
        who: Name,
        asset: Name,
        amount: u128,
    },
    Undelegate {
        who: Name,
        operator: Name,
        asset: Name,
        amount: Option<u128>,
    },
    /// The newest entry.
    Cancel {
        who: Name,
        operator: Name,
        asset: Name,
        amount: Option<u128>,
    },
    Claim {
        who: Name,
        operator: Name,
        asset: Name,
    },
    Redelegate {
        who: Name,
        operator: Name,
        asset: Name,
        to: Name,
    },
    SetFirstLoss {
        operator: Name,
        percent: u64,
    },
    SetCap {
        operator: Name,
        percent: u64,
    },
    /// The share in hundredths of a percent of what the service may slash at most.
    OptIn {
        operator: Name,
        service: u32,
        of_most: u64,
    },
    Adjust {
        operator: Name,
        service: u32,
        asset: Name,
        of_most: u64,
    },
    OptOut {
        operator: Name,
        service: u32,
    },
    Leave {
        operator: Name,
        service: u32,
    },
    Unjail {
        operator: Name,
        service: u32,
    },
    Sync {
        service: u32,
        limit: Option<u32>,
    },
    /// In [`CHAIN`]: a key that was meant for `of`.
    AssignKey {
        operator: Name,
        of: Name,
        key: u8,
    },
    /// At the gateway, so many blocks ago; the operator by its key or its name, with a proof by the
    /// key or without one.
    Report {
        operator: Name,
        key: u8,
        by_key: bool,
        kind: Name,
        ago: u64,
        proof: bool,
    },
    /// Sends reports that wait.
    Relay,
    /// By the slasher of a local service, so many seconds ago.
    Slash {
        operator: Name,
        service: u32,
        kind: Name,
        ago: u64,
    },
    /// The oldest local slash that bounced, again.
    Retry,
    /// To the host, by anybody, of a height so many blocks ago, for either id of the chain.
    Prove {
        operator: Name,
        key: u8,
        ago: u64,
        other_chain: bool,
    },
    /// One of the requests that wait.
    Veto {
        nth: usize,
    },
    Execute {
        nth: usize,
    },
    SetThrottle {
        service: u32,
        tight: bool,
    },
    SetSharedThrottle {
        tight: bool,
    },
    Suspend {
        service: u32,
        seconds: u64,
    },
    Resume {
        service: u32,
    },
    PauseExecutions {
        seconds: u64,
    },
    /// In hundredths of a percent of what the service may slash at most.
    SetPenalty {
        service: u32,
        kind: Name,
        of_most: u64,
    },
    RemovePenalty {
        service: u32,
        kind: Name,
    },
    UpdateService {
        service: u32,
        bounty: u64,
        burned: u64,
        to: Name,
        other_chain: bool,
    },
    CancelUpdate {
        service: u32,
    },
    /// One of those that wait.
    RedirectProceeds {
        service: u32,
        nth: usize,
    },
    StopService {
        service: u32,
    },
    /// One of those that wait.
    PayOut {
        nth: usize,
    },
    /// The consumer's end of the channel is closed, and the host hears of it.
    Close,
    /// The owner admits nobody any more.
    CutOff,
    /// As for a gateway that was replaced.
    RenewNonces,
    /// Both owners give up the channel, if there is one, and a new one opens.
    Reopen,
    Wait {
        seconds: u64,
    },
    Net(Action),
    /// The base chain, and what is staked natively.
    Base(Base),
    /// Rewards.
    Earn(Earn),
    /// Stake from the consumer.
    Afar(Afar),
}

impl Step {
    /// Its name, without what it is about.
    pub fn name(&self) -> String {
        let text = match self {
            Step::Net(action) => format!("Net{action:?}"),
            Step::Base(step) => format!("{step:?}"),
            Step::Earn(step) => format!("{step:?}"),
            Step::Afar(step) => format!("{step:?}"),
            step => format!("{step:?}"),
        };
        let end = text.find(|c: char| !c.is_alphanumeric());
        text[..end.unwrap_or(text.len())].to_string()
    }
}

/// (owner, operator, asset).
pub type Stake = (Name, Name, Name);
/// (operator, service).
pub type Seat = (Name, u32);

/// What is thought of the system, as far as it helps to choose.
#[derive(Clone, Default)]
pub struct State {
    pub steps: u32,
    pub clock: u64,
    /// Whether the throttles are small from the start.
    pub tight: bool,
    /// Whether the chain is to be called otherwise from the first unbonding period on.
    pub renamed: bool,
    /// Whether two operators promised (nearly) everything to one service.
    pub deep: bool,
    pub idle: BTreeSet<(Name, Name)>,
    pub staked: BTreeSet<Stake>,
    pub unbonding: BTreeMap<Stake, u64>,
    /// Since when in, or on the way out.
    pub inside: BTreeMap<Seat, u64>,
    pub leaving: BTreeMap<Seat, u64>,
    pub jailed: BTreeMap<Seat, u64>,
    pub waiting: Vec<u64>,
    pub bounced: bool,
    pub queued: bool,
    pub packets: u32,
    pub acks: u32,
    pub seized: bool,
    pub suspended: BTreeSet<u32>,
    pub suspensions: BTreeMap<u32, u64>,
    pub pauses: u64,
    pub stopped: BTreeSet<u32>,
    pub closed: bool,
    pub losses: BTreeMap<Name, u64>,
    /// Keys beside the first one that were assigned.
    pub keys: BTreeSet<(Name, u8)>,
    pub left: BTreeSet<Seat>,
    pub tombstoned: BTreeSet<Seat>,
    pub removed: BTreeSet<(u32, Name)>,
    pub updated: BTreeSet<u32>,
    /// Rewards and the base chain.
    pub more: More,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest is the same in every case, at its start.
        f.debug_struct("State")
            .field("tight", &self.tight)
            .field("renamed", &self.renamed)
            .field("deep", &self.deep)
            .finish()
    }
}

impl State {
    pub fn members(&self) -> Vec<Seat> {
        self.inside.keys().copied().collect()
    }

    pub fn due<K: Copy>(&self, of: &BTreeMap<K, u64>, after: u64) -> Vec<K> {
        let due = of.iter().filter(|(_, at)| self.clock >= **at + after);
        due.map(|(key, _)| *key).collect()
    }

    /// An operator of the chain's service whose updates overtake each other now, and the how manieth
    /// step of that it is.
    pub fn rush(&self) -> Option<(Name, u32)> {
        let (round, step) = (self.steps / RUSH.1, self.steps % RUSH.1);
        let counts = |operator: &&Name| {
            let seat = (**operator, CHAIN);
            self.inside.contains_key(&seat)
                && !self.jailed.contains_key(&seat)
                && !self.tombstoned.contains(&seat)
        };
        let all: Vec<_> = OPERATORS.iter().filter(counts).collect();
        let operator = all.get((round as usize).checked_rem(all.len())?)?;
        let now = self.steps >= RUSH.1 && step < RUSH.0 && !self.closed;
        now.then_some((**operator, step))
    }

    /// In every other round: the how manieth step of a service's payment until what came of it is claimed.
    pub fn harvest_time(&self) -> Option<u32> {
        let (round, step) = (self.steps / RUSH.1, self.steps % RUSH.1);
        (round % 2 == 1 && step >= REAP.0 && step < REAP.1).then(|| step - REAP.0)
    }

    pub fn outsiders(&self) -> Vec<Seat> {
        let seats = OPERATORS.iter().flat_map(|o| SERVICES.map(|s| (*o, s)));
        let out = |seat: &Seat| !self.inside.contains_key(seat) && !self.stopped.contains(&seat.1);
        seats.filter(out).collect()
    }
}

/// What an operator promises a service at first, in hundredths of a percent of the most.
pub fn first_share(deep: bool, operator: &str, service: u32) -> u64 {
    match (deep, operator, service) {
        (true, "east", PLAIN) => 9_996,
        (true, "west", PLAIN) => 10_000,
        (true, "east" | "west", _) => 0,
        (_, _, CHAIN) => 10_000,
        (_, _, COURT) => 6_000,
        _ => 4_000,
    }
}
