//! What may happen next, and who it may happen to: just enough of the system to choose steps that
//! make sense. What comes of a step is not known here, so some are refused, which is part of it.

use std::collections::{BTreeMap, BTreeSet};

use palisade_suite::{ALLOCATION_DELAY, ATOM, DEALLOCATION_DELAY, EPOCH, STATOM, UNBONDING};
use palisade_testing::Action;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

/// The operators. The first one stakes behind itself.
pub const OPERATORS: [&str; 4] = ["north", "south", "east", "west"];
/// Everybody who stakes.
pub const OWNERS: [&str; 5] = ["alice", "bob", "carol", "dave", "north"];
/// A second native asset, rate 0.5, counted at four fifths.
pub const ION: &str = "ion";
/// All assets.
pub const ASSETS: [&str; 3] = [ATOM, STATOM, ION];
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

type Name = &'static str;

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
    /// At the gateway, so many blocks ago.
    Report {
        operator: Name,
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
    /// To the host, by anybody, of a height so many blocks ago.
    Prove {
        operator: Name,
        ago: u64,
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
    UpdateService {
        service: u32,
        bounty: u64,
        burned: u64,
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
    /// Both owners give up the channel, if there is one, and a new one opens.
    Reopen,
    Wait {
        seconds: u64,
    },
    Net(Action),
}

impl Step {
    /// Its name, without what it is about.
    pub fn name(&self) -> String {
        let text = match self {
            Step::Net(action) => format!("Net{action:?}"),
            step => format!("{step:?}"),
        };
        let end = text.find(|c: char| !c.is_alphanumeric());
        text[..end.unwrap_or(text.len())].to_string()
    }
}

type Stake = (Name, Name, Name);
type Seat = (Name, u32);

/// What is thought of the system, as far as it helps to choose.
#[derive(Clone, Default)]
pub struct State {
    steps: u32,
    clock: u64,
    /// Whether the throttles are small from the start.
    pub tight: bool,
    /// Whether two operators promised (nearly) everything to one service.
    pub deep: bool,
    idle: BTreeSet<(Name, Name)>,
    staked: BTreeSet<Stake>,
    unbonding: BTreeMap<Stake, u64>,
    /// Since when in, or on the way out.
    inside: BTreeMap<Seat, u64>,
    leaving: BTreeMap<Seat, u64>,
    jailed: BTreeMap<Seat, u64>,
    waiting: Vec<u64>,
    bounced: bool,
    queued: bool,
    packets: u32,
    acks: u32,
    seized: bool,
    suspended: BTreeSet<u32>,
    suspensions: BTreeMap<u32, u64>,
    pauses: u64,
    stopped: BTreeSet<u32>,
    closed: bool,
    losses: BTreeMap<Name, u64>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The rest is the same in every case, at its start.
        f.debug_struct("State")
            .field("tight", &self.tight)
            .field("deep", &self.deep)
            .finish()
    }
}

/// The machine that chooses.
pub struct Model;

impl State {
    fn members(&self) -> Vec<Seat> {
        self.inside.keys().copied().collect()
    }

    fn due<K: Copy>(&self, of: &BTreeMap<K, u64>, after: u64) -> Vec<K> {
        let due = of.iter().filter(|(_, at)| self.clock >= **at + after);
        due.map(|(key, _)| *key).collect()
    }

    fn outsiders(&self) -> Vec<Seat> {
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

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![
        2 => 1..10u128,
        6 => 10..5_000u128,
        2 => 5_000..10_000_000_000u128,
    ]
}

fn some_amount() -> impl Strategy<Value = Option<u128>> {
    prop_oneof![3 => amount().prop_map(Some), 1 => Just(None)]
}

/// With whom a staker stands: who stakes behind itself mostly does so.
fn behind(who: Name) -> BoxedStrategy<Name> {
    if who == "north" {
        return prop_oneof![3 => Just("north"), 1 => select(&OPERATORS[..])].boxed();
    }
    select(&OPERATORS[..]).boxed()
}

fn kind() -> impl Strategy<Value = Name> {
    prop_oneof![5 => Just("censorship"), 4 => Just("downtime"), 1 => Just("double_sign"), 1 => Just("treason")]
}

/// How long ago something was, in seconds: mostly just now.
fn ago() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..60u64, 3 => 60..EPOCH, 1 => EPOCH..6 * EPOCH]
}

/// Strategies with their weights; those that have nobody to happen to are left out.
struct Choice(Vec<(u32, BoxedStrategy<Step>)>);

impl Choice {
    fn always(&mut self, weight: u32, step: impl Strategy<Value = Step> + 'static) {
        self.0.push((weight, step.boxed()));
    }

    fn one_of<T: Copy + std::fmt::Debug + 'static, S: Strategy<Value = Step> + 'static>(
        &mut self,
        weight: u32,
        among: Vec<T>,
        step: impl Fn(T) -> S + 'static,
    ) {
        if !among.is_empty() {
            self.0
                .push((weight, select(among).prop_flat_map(step).boxed()));
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = State;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<State> {
        let state = |(tight, deep)| State {
            tight,
            deep,
            inside: OPERATORS
                .iter()
                .flat_map(|operator| SERVICES.map(|service| ((*operator, service), 0)))
                .filter(|((operator, service), _)| first_share(deep, operator, *service) > 0)
                .collect(),
            staked: OPERATORS
                .iter()
                .flat_map(|operator| ASSETS.map(|asset| ("alice", *operator, asset)))
                .collect(),
            ..State::default()
        };
        (prop::bool::weighted(0.3), prop::bool::weighted(0.4))
            .prop_map(state)
            .boxed()
    }

    fn transitions(state: &State) -> BoxedStrategy<Step> {
        let mut choice = Choice(vec![]);
        stake_steps(state, &mut choice);
        promise_steps(state, &mut choice);
        slash_steps(state, &mut choice);
        admin_steps(state, &mut choice);
        net_steps(state, &mut choice);
        Union::new_weighted(choice.0).boxed()
    }

    fn apply(mut state: State, step: &Step) -> State {
        state.steps += 1;
        state.note(step);
        state
    }
}

fn stake_steps(state: &State, choice: &mut Choice) {
    let staker = (select(&OWNERS[..]), select(&ASSETS[..]), amount());
    let deposit = staker.prop_flat_map(|(who, asset, amount)| {
        prop_oneof![5 => behind(who).prop_map(Some), 1 => Just(None)].prop_map(move |operator| {
            Step::Deposit {
                who,
                operator,
                asset,
                amount,
            }
        })
    });
    choice.always(14, deposit);
    let idle: Vec<_> = state.idle.iter().copied().collect();
    choice.one_of(3, idle.clone(), |(who, asset)| {
        (behind(who), amount()).prop_map(move |(operator, amount)| Step::Delegate {
            who,
            operator,
            asset,
            amount,
        })
    });
    choice.one_of(2, idle, |(who, asset)| {
        amount().prop_map(move |amount| Step::Withdraw { who, asset, amount })
    });
    let staked: Vec<_> = state.staked.iter().copied().collect();
    choice.one_of(14, staked, |(who, operator, asset)| {
        some_amount().prop_map(move |amount| Step::Undelegate {
            who,
            operator,
            asset,
            amount,
        })
    });
    let unbonding: Vec<_> = state.unbonding.keys().copied().collect();
    let fresh = state
        .unbonding
        .iter()
        .filter(|(_, at)| state.clock < **at + UNBONDING);
    choice.one_of(
        5,
        fresh.map(|(key, _)| *key).collect(),
        |(who, operator, asset)| {
            some_amount().prop_map(move |amount| Step::Cancel {
                who,
                operator,
                asset,
                amount,
            })
        },
    );
    let matured = state.due(&state.unbonding, UNBONDING + EPOCH);
    choice.one_of(8, matured.clone(), |(who, operator, asset)| {
        Just(Step::Claim {
            who,
            operator,
            asset,
        })
    });
    choice.one_of(1, unbonding, |(who, operator, asset)| {
        Just(Step::Claim {
            who,
            operator,
            asset,
        })
    });
    choice.one_of(6, matured, |(who, operator, asset)| {
        behind(who).prop_map(move |to| Step::Redelegate {
            who,
            operator,
            asset,
            to,
        })
    });
}

fn promise_steps(state: &State, choice: &mut Choice) {
    let loss = (
        prop_oneof![2 => Just("north"), 1 => select(&OPERATORS[..])],
        0..=100u64,
    );
    choice.always(
        2,
        loss.prop_map(|(operator, percent)| Step::SetFirstLoss { operator, percent }),
    );
    let cap = (select(&OPERATORS[..]), 80..=100u64);
    choice.always(
        1,
        cap.prop_map(|(operator, percent)| Step::SetCap { operator, percent }),
    );
    choice.one_of(4, state.outsiders(), |(operator, service)| {
        (1_000..=10_000u64).prop_map(move |of_most| Step::OptIn {
            operator,
            service,
            of_most,
        })
    });
    choice.one_of(6, state.members(), |(operator, service)| {
        (
            select(&ASSETS[..]),
            prop_oneof![1 => Just(0), 5 => 1..=10_000u64, 1 => Just(10_000)],
        )
            .prop_map(move |(asset, of_most)| Step::Adjust {
                operator,
                service,
                asset,
                of_most,
            })
    });
    choice.one_of(1, state.members(), |(operator, service)| {
        Just(Step::OptOut { operator, service })
    });
    let out = state.due(&state.leaving, DEALLOCATION_DELAY + EPOCH);
    choice.one_of(3, out, |(operator, service)| {
        Just(Step::Leave { operator, service })
    });
    let jailed = state.due(&state.jailed, 3_600);
    choice.one_of(3, jailed, |(operator, service)| {
        Just(Step::Unjail { operator, service })
    });
    let limit = prop_oneof![3 => Just(None), 2 => Just(Some(2))];
    let sync = (select(&SERVICES[..]), limit);
    choice.always(
        14,
        sync.prop_map(|(service, limit)| Step::Sync { service, limit }),
    );
}

fn slash_steps(state: &State, choice: &mut Choice) {
    let mut on_chain = vec![];
    let mut local = vec![];
    for (operator, service) in state.due(&state.inside, 0) {
        if service == CHAIN {
            on_chain.push(operator)
        } else {
            local.push((operator, service))
        }
    }
    choice.one_of(9, on_chain.clone(), |operator| {
        (kind(), 0..8u64, any::<bool>()).prop_map(move |(kind, ago, proof)| {
            let proof = proof && kind == "double_sign";
            Step::Report {
                operator,
                kind,
                ago,
                proof,
            }
        })
    });
    choice.one_of(1, on_chain, |operator| {
        (0..2_000u64).prop_map(move |ago| Step::Prove { operator, ago })
    });
    choice.one_of(10, local, |(operator, service)| {
        (kind(), ago()).prop_map(move |(kind, ago)| Step::Slash {
            operator,
            service,
            kind,
            ago,
        })
    });
    if state.bounced {
        choice.always(1, Just(Step::Retry));
    }
    let nth = 0..8usize;
    if state.waiting.iter().any(|at| state.clock < at + WINDOW) {
        choice.always(2, nth.clone().prop_map(|nth| Step::Veto { nth }));
    }
    if state.waiting.iter().any(|at| state.clock >= at + WINDOW) {
        choice.always(8, nth.prop_map(|nth| Step::Execute { nth }));
    }
}

fn admin_steps(state: &State, choice: &mut Choice) {
    let service = || select(&SERVICES[..]);
    if state.tight {
        let throttle = (service(), any::<bool>());
        choice.always(
            1,
            throttle.prop_map(|(service, tight)| Step::SetThrottle { service, tight }),
        );
        let shared = any::<bool>().prop_map(|tight| Step::SetSharedThrottle { tight });
        choice.always(1, shared);
    }
    let calm = SERVICES.into_iter().filter(|s| {
        let last = state.suspensions.get(s);
        last.is_none_or(|at| state.clock > at + 2 * EPOCH)
    });
    choice.one_of(1, calm.collect(), |service| {
        (600..EPOCH).prop_map(move |seconds| Step::Suspend { service, seconds })
    });
    choice.one_of(2, state.suspended.iter().copied().collect(), |service| {
        Just(Step::Resume { service })
    });
    if state.pauses == 0 || state.clock > state.pauses + 2 * EPOCH {
        choice.always(
            1,
            (60..EPOCH / 2).prop_map(|seconds| Step::PauseExecutions { seconds }),
        );
    }
    let penalty = (
        service(),
        select(&KINDS[..]),
        prop_oneof![4 => 1..=10_000u64, 1 => Just(10_000)],
    );
    choice.always(
        2,
        penalty.prop_map(|(service, kind, of_most)| Step::SetPenalty {
            service,
            kind,
            of_most,
        }),
    );
    let update = (service(), 0..=10u64, 0..=100u64);
    choice.always(
        1,
        update.prop_map(|(service, bounty, burned)| Step::UpdateService {
            service,
            bounty,
            burned,
        }),
    );
    if state.steps > 200 && state.stopped.is_empty() && state.steps % 8 == 0 {
        choice.always(
            1,
            service().prop_map(|service| Step::StopService { service }),
        );
    }
    if state.seized {
        choice.always(4, (0..16usize).prop_map(|nth| Step::PayOut { nth }));
    }
}

fn net_steps(state: &State, choice: &mut Choice) {
    let nth = || 0..6usize;
    let net = |action: fn(usize) -> Action| nth().prop_map(move |nth| Step::Net(action(nth)));
    let packets = if state.packets > 0 { 14 } else { 1 };
    let acks = if state.acks > 0 { 12 } else { 1 };
    choice.always(packets, net(Action::Deliver));
    choice.always(acks, net(Action::Acknowledge));
    choice.always(1, net(Action::Timeout));
    if state.steps > 10 {
        choice.always(2, net(Action::Repeat));
        choice.always(2, net(Action::RepeatAck));
    }
    if state.packets > 0 {
        choice.always(1, net(Action::Expire));
    }
    if state.queued {
        choice.always(3, Just(Step::Relay));
    }
    if state.closed {
        choice.always(4, Just(Step::Reopen));
    } else {
        choice.always(1, prop_oneof![Just(Step::Close), Just(Step::Reopen)]);
    }
    let seconds = prop_oneof![
        5 => 1..600u64,
        3 => 600..EPOCH / 2,
        4 => EPOCH / 2..2 * EPOCH,
        1 => Just(ALLOCATION_DELAY + 1),
        1 => Just(UNBONDING + EPOCH),
    ];
    choice.always(14, seconds.prop_map(|seconds| Step::Wait { seconds }));
    let side = select(vec![
        palisade_testing::Side::Host,
        palisade_testing::Side::Consumer,
    ]);
    let drift = (side, 1..120u64);
    choice.always(
        1,
        drift.prop_map(|(side, seconds)| {
            Step::Net(Action::Wait {
                side: Some(side),
                seconds,
            })
        }),
    );
}

impl State {
    /// What is likely to have come of a step.
    fn note(&mut self, step: &Step) {
        match *step {
            Step::Deposit {
                who,
                operator: Some(operator),
                asset,
                ..
            }
            | Step::Delegate {
                who,
                operator,
                asset,
                ..
            } => {
                self.staked.insert((who, operator, asset));
            }
            Step::Deposit {
                who,
                operator: None,
                asset,
                ..
            } => {
                self.idle.insert((who, asset));
            }
            Step::Undelegate {
                who,
                operator,
                asset,
                amount,
            } => {
                self.unbonding.insert((who, operator, asset), self.clock);
                if amount.is_none() {
                    self.staked.remove(&(who, operator, asset));
                }
            }
            Step::Cancel {
                who,
                operator,
                asset,
                amount,
            } => {
                if amount.is_none() {
                    self.unbonding.remove(&(who, operator, asset));
                }
                self.staked.insert((who, operator, asset));
            }
            Step::Claim {
                who,
                operator,
                asset,
            } => {
                self.unbonding.remove(&(who, operator, asset));
            }
            Step::Redelegate {
                who,
                operator,
                asset,
                to,
            } => {
                self.unbonding.remove(&(who, operator, asset));
                self.staked.insert((who, to, asset));
            }
            Step::SetFirstLoss { operator, percent } => {
                self.losses.insert(operator, percent);
            }
            Step::OptIn {
                operator, service, ..
            } => {
                self.inside.insert((operator, service), self.clock);
                self.leaving.remove(&(operator, service));
            }
            Step::OptOut { operator, service } => {
                self.inside.remove(&(operator, service));
                self.leaving.insert((operator, service), self.clock);
            }
            Step::Leave { operator, service } => {
                self.leaving.remove(&(operator, service));
            }
            Step::Unjail { operator, service } => {
                self.jailed.remove(&(operator, service));
            }
            Step::Wait { seconds } => self.clock += seconds,
            _ => self.note_slash(step),
        }
    }

    fn note_slash(&mut self, step: &Step) {
        match *step {
            Step::Sync { service: CHAIN, .. } | Step::Relay => self.packets += 1,
            Step::Report { operator, kind, .. } => {
                self.packets += 1;
                self.queued = true;
                self.seized = true;
                self.punish(operator, CHAIN, kind);
            }
            Step::Slash {
                operator,
                service,
                kind,
                ..
            } => {
                self.seized = true;
                self.bounced |= self.tight || !self.suspended.is_empty();
                if service == COURT {
                    self.waiting.push(self.clock);
                }
                self.punish(operator, service, kind);
            }
            Step::Prove { operator, .. } => self.punish(operator, CHAIN, "double_sign"),
            Step::Execute { .. } => {
                let window = self.clock.saturating_sub(WINDOW);
                if let Some(index) = self.waiting.iter().position(|at| *at <= window) {
                    self.waiting.remove(index);
                }
            }
            Step::Veto { .. } => drop(self.waiting.pop()),
            Step::Suspend { service, .. } => {
                self.suspended.insert(service);
                self.suspensions.insert(service, self.clock);
            }
            Step::Resume { service } => {
                self.suspended.remove(&service);
            }
            Step::PauseExecutions { .. } => self.pauses = self.clock.max(1),
            Step::StopService { service } => {
                self.stopped.insert(service);
                self.inside.retain(|(_, of), _| *of != service);
            }
            Step::Close => self.closed = true,
            Step::Reopen => {
                self.closed = false;
                self.packets = 0;
                self.acks = 0;
            }
            Step::Net(Action::Deliver(_)) => {
                self.acks += self.packets.min(1);
                self.packets = self.packets.saturating_sub(1);
            }
            Step::Net(Action::Acknowledge(_)) => self.acks = self.acks.saturating_sub(1),
            Step::Net(Action::Expire(_)) => self.packets = self.packets.saturating_sub(1),
            _ => {}
        }
    }

    /// Downtime jails; what tombstones ends the membership for good, and to opt in again is of no
    /// use.
    fn punish(&mut self, operator: Name, service: u32, kind: Name) {
        if kind == "downtime" {
            self.jailed.insert((operator, service), self.clock);
        }
    }
}
