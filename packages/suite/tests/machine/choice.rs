//! What may happen next: every kind of step with its weight, and whom it may happen to.

use palisade_suite::{DEALLOCATION_DELAY, EPOCH, UNBONDING};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use super::afar::afar_steps;
use super::earn::{base_steps, earn_steps, fit, More};
use super::model::*;
use super::reap::reap_steps;
use super::traffic::{net_steps, rush_steps};

/// So many steps nobody is tombstoned in the chain's service.
const ALIVE: u32 = 140;

/// The machine that chooses.
pub struct Model;

pub fn amount() -> impl Strategy<Value = u128> {
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
pub struct Choice(Vec<(u32, BoxedStrategy<Step>)>);

impl Choice {
    pub fn always(&mut self, weight: u32, step: impl Strategy<Value = Step> + 'static) {
        self.0.push((weight, step.boxed()));
    }

    pub fn one_of<T: Copy + std::fmt::Debug + 'static, S: Strategy<Value = Step> + 'static>(
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
        let state = |(tight, deep, renamed)| State {
            tight,
            deep,
            renamed,
            inside: OPERATORS
                .iter()
                .flat_map(|operator| SERVICES.map(|service| ((*operator, service), 0)))
                .filter(|((operator, service), _)| first_share(deep, operator, *service) > 0)
                .collect(),
            staked: OPERATORS
                .iter()
                .flat_map(|operator| ASSETS.map(|asset| ("alice", fit(asset, operator), asset)))
                .collect(),
            more: More::new(),
            ..State::default()
        };
        let weighted = prop::bool::weighted;
        (weighted(0.3), weighted(0.4), weighted(0.5))
            .prop_map(state)
            .boxed()
    }

    fn transitions(state: &State) -> BoxedStrategy<Step> {
        let mut choice = Choice(vec![]);
        if let Some((operator, step)) = state.rush() {
            rush_steps(operator, step, &mut choice);
            return Union::new_weighted(choice.0).boxed();
        }
        if let Some(step) = state.harvest_time() {
            reap_steps(state, step, &mut choice);
            return Union::new_weighted(choice.0).boxed();
        }
        stake_steps(state, &mut choice);
        promise_steps(state, &mut choice);
        slash_steps(state, &mut choice);
        admin_steps(state, &mut choice);
        net_steps(state, &mut choice);
        earn_steps(state, &mut choice);
        base_steps(state, &mut choice);
        afar_steps(&mut choice);
        Union::new_weighted(choice.0).boxed()
    }

    fn apply(mut state: State, step: &Step) -> State {
        state.steps += 1;
        state.note(step);
        state
    }
}

fn stake_steps(state: &State, choice: &mut Choice) {
    let staker = (select(&ACTORS[..]), select(&ASSETS[..]), amount());
    let deposit = staker.prop_flat_map(|(who, asset, amount)| {
        prop_oneof![5 => behind(who).prop_map(Some), 1 => Just(None)].prop_map(move |operator| {
            Step::Deposit {
                who,
                operator: operator.map(|operator| fit(asset, operator)),
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
            operator: fit(asset, operator),
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
        .filter(|(key, at)| !TWINS.contains(&key.0) && state.clock < **at + UNBONDING);
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
    // Twins leave a pool for good, or they would not have the same in another.
    let others = matured.into_iter().filter(|key| !TWINS.contains(&key.0));
    choice.one_of(6, others.collect(), |(who, operator, asset)| {
        behind(who).prop_map(move |to| Step::Redelegate {
            who,
            operator,
            asset,
            to: fit(asset, to),
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
    let again = |seats: &std::collections::BTreeSet<Seat>| seats.iter().copied().collect();
    let back = |(operator, service)| {
        (1_000..=10_000u64).prop_map(move |of_most| Step::OptIn {
            operator,
            service,
            of_most,
        })
    };
    choice.one_of(18, again(&state.left), back);
    choice.one_of(2, again(&state.tombstoned), back);
    let in_chain = state.members().into_iter().filter(|seat| seat.1 == CHAIN);
    choice.one_of(3, in_chain.collect(), |(operator, _)| {
        let of = prop_oneof![5 => Just(operator), 1 => select(&OPERATORS[..])];
        (of, 0..KEYS).prop_map(move |(of, key)| Step::AssignKey { operator, of, key })
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
    choice.one_of(24, out, |(operator, service)| {
        Just(Step::Leave { operator, service })
    });
    let jailed = state.due(&state.jailed, 3_600);
    choice.one_of(6, jailed, |(operator, service)| {
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
    let keys = state.keys.clone();
    let key_of = move |operator: Name| {
        let others = keys.iter().filter(|(of, _)| *of == operator);
        let mut all: Vec<u8> = others.map(|(_, key)| *key).collect();
        all.push(0);
        select(all)
    };
    let named = key_of.clone();
    let early = state.steps < ALIVE;
    choice.one_of(9, on_chain.clone(), move |operator| {
        let by = (named(operator), prop::bool::weighted(0.3));
        (kind(), 0..8u64, any::<bool>(), by).prop_map(move |(kind, ago, proof, (key, by_key))| {
            // Or nobody would be left in the chain's service for the rest.
            let kind = match kind {
                "double_sign" | "treason" if early => "censorship",
                kind => kind,
            };
            let proof = proof && kind == "double_sign";
            Step::Report {
                operator,
                key,
                by_key,
                kind,
                ago,
                proof,
            }
        })
    });
    let blocks = || prop_oneof![3 => 0..20u64, 3 => 20..2_000u64, 3 => 2_000..40_000u64];
    let proofs = if early { vec![] } else { on_chain };
    choice.one_of(6, proofs, move |operator| {
        (key_of(operator), blocks(), prop::bool::weighted(0.3)).prop_map(
            move |(key, ago, other_chain)| Step::Prove {
                operator,
                key,
                ago,
                other_chain,
            },
        )
    });
    let slash = |(operator, service)| {
        (kind(), ago()).prop_map(move |(kind, ago)| Step::Slash {
            operator,
            service,
            kind,
            ago,
        })
    };
    let hit = local
        .iter()
        .copied()
        .filter(|seat| state.more.hit == Some(seat.0));
    choice.one_of(30, hit.collect(), slash);
    choice.one_of(10, local, slash);
    if state.bounced {
        choice.always(1, Just(Step::Retry));
    }
    let nth = 0..8usize;
    if state.waiting.iter().any(|at| state.clock < at + WINDOW) {
        choice.always(3, nth.clone().prop_map(|nth| Step::Veto { nth }));
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
    choice.one_of(5, state.suspended.iter().copied().collect(), |service| {
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
    if state.removed.len() < 2 {
        let removal = (service(), select(&KINDS[..]));
        choice.always(
            1,
            removal.prop_map(|(service, kind)| Step::RemovePenalty { service, kind }),
        );
    }
    let update = (
        prop_oneof![1 => Just(CHAIN), 2 => service()],
        0..=10u64,
        prop_oneof![2 => Just(0), 4 => 0..=100u64],
        select(&RECIPIENTS[..]),
        any::<bool>(),
    );
    choice.always(
        2,
        update.prop_map(
            |(service, bounty, burned, to, other_chain)| Step::UpdateService {
                service,
                bounty,
                burned,
                to,
                other_chain,
            },
        ),
    );
    choice.one_of(1, state.updated.iter().copied().collect(), |service| {
        Just(Step::CancelUpdate { service })
    });
    if state.steps > 200 && state.stopped.is_empty() && state.steps.is_multiple_of(2) {
        choice.always(
            1,
            service().prop_map(|service| Step::StopService { service }),
        );
    }
    if state.seized {
        choice.one_of(4, state.updated.iter().copied().collect(), |service| {
            (0..16usize).prop_map(move |nth| Step::RedirectProceeds { service, nth })
        });
        choice.always(3, (0..16usize).prop_map(|nth| Step::PayOut { nth }));
    }
}
