//! What may happen to rewards and to native stake: the steps, what is thought to come of them, and how
//! they are chosen.

use std::collections::{BTreeMap, BTreeSet};

use palisade_suite::{EPOCH, STAKE};
use proptest::prelude::*;
use proptest::sample::select;

use super::base::Base;
use super::choice::{amount, Choice};
use super::model::*;

/// What services pay in: native tokens (the last one an asset too), and the cw20 of an asset.
pub const TOKENS: [&str; 6] = ["gem", "wrapped", "atoms", "bond", "coin", "junk"];
/// What is named from the start.
pub const FIRST_TOKENS: [(u32, Name); 3] = [(CHAIN, "gem"), (COURT, "gem"), (PLAIN, "wrapped")];
/// What comes from the consumer; the last one is never named.
pub const COINS: [&str; 2] = ["coin", "junk"];

/// What people do about rewards.
#[derive(Clone, Debug)]
pub enum Earn {
    NameToken {
        service: u32,
        token: Name,
    },
    Pay {
        service: u32,
        token: Name,
        amount: u128,
    },
    /// The consumer's treasury gives the gateway coins.
    Fund {
        coin: Name,
        amount: u128,
    },
    /// The gateway sends all it has.
    SendRewards {
        coin: Name,
    },
    Harvest {
        service: u32,
        operator: Name,
        by_operator: bool,
        token: Option<Name>,
    },
    ClaimRewards {
        who: Name,
        pool: Option<(Name, Name)>,
        token: Option<Name>,
        to: Option<Name>,
    },
    Compound {
        who: Name,
        pool: Option<(Name, Name)>,
        token: Name,
    },
    ClaimCommission {
        operator: Name,
        token: Option<Name>,
    },
    SetCommission {
        operator: Name,
        percent: u64,
    },
    /// [`LATE`] comes, all is harvested, and [`LATE`] leaves, within some seconds.
    ComeLate {
        operator: Name,
        asset: Name,
        amount: u128,
        seconds: u64,
    },
    /// [`TWINS`] stake the same, one of them in two parts.
    TwinsIn {
        operator: Name,
        asset: Name,
        amount: u128,
        percent: u64,
    },
    /// The one that does everything in parts claims.
    TwinClaims,
    TwinsOut {
        nth: usize,
        percent: u64,
    },
}

/// What is thought of rewards, as far as it helps to choose.
#[derive(Clone, Default)]
pub struct More {
    pub named: BTreeSet<(u32, Name)>,
    pub funded: BTreeSet<Name>,
    /// Harvests that may be worth it since a service was paid.
    pub paid: BTreeMap<u32, u32>,
    pub harvested: u32,
    pub twins: BTreeSet<(Name, Name)>,
    pub jailed: BTreeSet<Name>,
    /// Whose validator was slashed one step ago: nothing of it may have been noticed.
    pub hit: Option<Name>,
}

impl More {
    pub fn new() -> Self {
        Self {
            named: FIRST_TOKENS.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl State {
    pub fn note_earn(&mut self, step: &Step) {
        match step {
            Step::Base(step) => self.note_base(step),
            Step::Earn(step) => self.note_rewards(step),
            _ => {}
        }
    }

    fn note_base(&mut self, step: &Base) {
        match *step {
            Base::JailValidator { operator } => drop(self.more.jailed.insert(operator)),
            Base::UnjailValidator { operator } => drop(self.more.jailed.remove(operator)),
            Base::SlashValidator { operator, .. } => self.more.hit = Some(operator),
            _ => {}
        }
    }

    fn note_rewards(&mut self, step: &Earn) {
        let more = &mut self.more;
        match *step {
            Earn::NameToken { service, token } => drop(more.named.insert((service, token))),
            Earn::Pay { service, .. } => drop(more.paid.insert(service, 5)),
            Earn::Fund { coin, .. } => drop(more.funded.insert(coin)),
            Earn::SendRewards { coin } => {
                more.funded.remove(coin);
                more.paid.insert(CHAIN, 5);
                self.packets += 1;
            }
            Earn::Harvest { service, .. } => {
                let left = more.paid.remove(&service).unwrap_or_default();
                if left > 1 {
                    more.paid.insert(service, left - 1);
                }
                more.harvested += 1;
            }
            Earn::ComeLate {
                operator,
                asset,
                seconds,
                ..
            } => {
                self.unbonding.insert((LATE, operator, asset), self.clock);
                self.clock += seconds;
            }
            Earn::TwinsIn {
                operator, asset, ..
            } => drop(more.twins.insert((operator, asset))),
            Earn::TwinsOut { nth, .. } => {
                let all: Vec<_> = more.twins.iter().copied().collect();
                if let Some((operator, asset)) = nth.checked_rem(all.len()).map(|nth| all[nth]) {
                    more.twins.remove(&(operator, asset));
                    for twin in TWINS {
                        self.unbonding.insert((twin, operator, asset), self.clock);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The operator of a pool that can be: of [`STAKE`] one that is a validator.
pub fn fit(asset: Name, operator: Name) -> Name {
    match (asset, operator) {
        (STAKE, "south") => NATIVES[0],
        (STAKE, "west") => NATIVES[1],
        _ => operator,
    }
}

pub fn pool() -> impl Strategy<Value = (Name, Name)> {
    (select(&OPERATORS[..]), select(&ASSETS[..]))
        .prop_map(|(operator, asset)| (fit(asset, operator), asset))
}

/// What a service pays.
pub fn reward() -> impl Strategy<Value = u128> {
    prop_oneof![1 => 1..10u128, 4 => 10..20_000u128, 3 => 20_000..10_000_000u128]
}

pub fn earn_steps(state: &State, choice: &mut Choice) {
    let more = &state.more;
    let all = SERVICES
        .iter()
        .flat_map(|s| TOKENS.map(|token| (*s, token)));
    let unnamed = all.filter(|(service, token)| {
        let from_consumer = COINS.contains(token);
        let may = match *service {
            CHAIN => *token != "junk",
            _ => !from_consumer,
        };
        may && !more.named.contains(&(*service, *token))
    });
    choice.one_of(3, unnamed.collect(), |(service, token)| {
        Just(Step::Earn(Earn::NameToken { service, token }))
    });
    let on_host = more
        .named
        .iter()
        .filter(|(_, token)| !COINS.contains(token));
    choice.one_of(7, on_host.copied().collect(), |(service, token)| {
        reward().prop_map(move |amount| {
            Step::Earn(Earn::Pay {
                service,
                token,
                amount,
            })
        })
    });
    let fund = (prop_oneof![4 => Just("coin"), 1 => Just("junk")], reward());
    choice.always(
        2,
        fund.prop_map(|(coin, amount)| Step::Earn(Earn::Fund { coin, amount })),
    );
    choice.one_of(4, more.funded.iter().copied().collect(), |coin| {
        Just(Step::Earn(Earn::SendRewards { coin }))
    });
    let paid: Vec<u32> = more.paid.keys().copied().collect();
    if !paid.is_empty() {
        let harvest = (
            select(paid),
            select(&OPERATORS[..]),
            any::<bool>(),
            prop_oneof![3 => Just(None), 1 => select(&TOKENS[..]).prop_map(Some)],
        );
        let harvest = harvest.prop_map(|(service, operator, by_operator, token)| {
            Step::Earn(Earn::Harvest {
                service,
                operator,
                by_operator,
                token,
            })
        });
        choice.always(12, harvest);
    }
    if more.harvested > 0 {
        claim_steps(choice);
    }
    let commission = (select(&OPERATORS[..]), 5..=11u64);
    choice.always(
        1,
        commission
            .prop_map(|(operator, percent)| Step::Earn(Earn::SetCommission { operator, percent })),
    );
    twin_steps(state, choice);
}

pub fn claim_steps(choice: &mut Choice) {
    let some = prop_oneof![2 => Just(None), 1 => select(&TOKENS[..4]).prop_map(Some)];
    let to = prop_oneof![
        4 => Just(None),
        1 => select(&ACTORS[..]).prop_map(Some),
        1 => Just(Some("sink"))
    ];
    let of = || prop_oneof![2 => Just(None), 1 => pool().prop_map(Some)];
    let who = || prop_oneof![2 => Just("alice"), 3 => select(&ACTORS[..]), 1 => Just(LATE)];
    let claim = (who(), of(), some, to).prop_map(|(who, pool, token, to)| {
        Step::Earn(Earn::ClaimRewards {
            who,
            pool,
            token,
            to,
        })
    });
    choice.always(6, claim);
    let assets = select(vec!["wrapped", "atoms", "bond"]);
    let compound = (who(), of(), assets)
        .prop_map(|(who, pool, token)| Step::Earn(Earn::Compound { who, pool, token }));
    choice.always(3, compound);
    let commission = (
        select(&OPERATORS[..]),
        prop_oneof![2 => Just(None), 1 => select(&TOKENS[..]).prop_map(Some)],
    );
    choice.always(
        2,
        commission
            .prop_map(|(operator, token)| Step::Earn(Earn::ClaimCommission { operator, token })),
    );
}

fn twin_steps(state: &State, choice: &mut Choice) {
    let late = (pool(), amount(), 1..600u64).prop_map(|((operator, asset), amount, seconds)| {
        Step::Earn(Earn::ComeLate {
            operator,
            asset,
            amount,
            seconds,
        })
    });
    choice.always(3, late);
    if state.more.twins.len() < 3 {
        let twins = (pool(), 2_000..1_000_000u128, 1..100u64);
        let twins = twins.prop_map(|((operator, asset), amount, percent)| {
            Step::Earn(Earn::TwinsIn {
                operator,
                asset,
                amount,
                percent,
            })
        });
        choice.always(2, twins);
    }
    if !state.more.twins.is_empty() {
        choice.always(1, Just(Step::Earn(Earn::TwinClaims)));
        let out = (0..4usize, 1..100u64);
        choice.always(
            1,
            out.prop_map(|(nth, percent)| Step::Earn(Earn::TwinsOut { nth, percent })),
        );
    }
}

pub fn base_steps(state: &State, choice: &mut Choice) {
    let native = || select(&NATIVES[..]);
    let base = |step: Base| Step::Base(step);
    choice.always(
        8,
        native().prop_map(move |operator| base(Base::Reconcile { operator })),
    );
    choice.always(
        4,
        native().prop_map(move |operator| base(Base::WithdrawRewards { operator })),
    );
    let compound = (native(), any::<bool>());
    choice.always(
        1,
        compound
            .prop_map(move |(operator, compound)| base(Base::SetCompound { operator, compound })),
    );
    let percent = prop_oneof![6 => 1..=10u64, 2 => 11..=99u64, 1 => Just(100)];
    let slash = (native(), percent);
    choice.always(
        2,
        slash.prop_map(move |(operator, percent)| base(Base::SlashValidator { operator, percent })),
    );
    let free = NATIVES
        .into_iter()
        .filter(|n| !state.more.jailed.contains(n));
    choice.one_of(1, free.collect(), move |operator| {
        Just(base(Base::JailValidator { operator }))
    });
    choice.one_of(
        5,
        state.more.jailed.iter().copied().collect(),
        move |operator| Just(base(Base::UnjailValidator { operator })),
    );
    // More of what is staked natively than comes by chance.
    let stake = (select(&ACTORS[..]), native(), amount());
    choice.always(
        5,
        stake.prop_map(|(who, operator, amount)| Step::Deposit {
            who,
            operator: Some(operator),
            asset: STAKE,
            amount,
        }),
    );
    let there = state.staked.iter().filter(|(.., asset)| *asset == STAKE);
    choice.one_of(5, there.copied().collect(), |(who, operator, asset)| {
        prop_oneof![3 => amount().prop_map(Some), 1 => Just(None)].prop_map(move |amount| {
            Step::Undelegate {
                who,
                operator,
                asset,
                amount,
            }
        })
    });
    choice.always(
        2,
        (EPOCH / 3..EPOCH).prop_map(|seconds| Step::Wait { seconds }),
    );
}
