//! Rewards from the payment to the claim, without much between: what comes by chance is too rare.

use palisade_suite::REWARD_PERIOD;
use proptest::prelude::*;
use proptest::sample::select;

use super::choice::Choice;
use super::earn::{claim_steps, pool, reward, Earn, COINS};
use super::model::*;
use super::paid::asset_of;

pub fn reap_steps(state: &State, step: u32, choice: &mut Choice) {
    match step {
        0 if state.more.twins.is_empty() => {
            let twins = (pool(), 2_000..1_000_000u128, 1..100u64);
            let twins = twins.prop_map(|((operator, asset), amount, percent)| Earn::TwinsIn {
                operator,
                asset,
                amount,
                percent,
            });
            choice.always(1, twins.prop_map(Step::Earn));
        }
        0 | 1 => pay(state, choice),
        2 | 3 => harvest(state, choice),
        4 => choice.always(
            1,
            (REWARD_PERIOD / 2..2 * REWARD_PERIOD).prop_map(|seconds| Step::Wait { seconds }),
        ),
        5 if !state.more.twins.is_empty() => {
            choice.always(1, Just(Step::Earn(Earn::TwinClaims)));
        }
        _ => claim_steps(choice),
    }
}

/// Of those tokens rather that can be staked.
fn pay(state: &State, choice: &mut Choice) {
    let live = |(service, token): &&(u32, Name)| {
        !COINS.contains(token) && !state.stopped.contains(service)
    };
    let named: Vec<_> = state.more.named.iter().filter(live).copied().collect();
    let staked = named.iter().filter(|(_, token)| asset_of(token).is_some());
    let pay = |(service, token)| {
        reward().prop_map(move |amount| Earn::Pay {
            service,
            token,
            amount,
        })
    };
    let pay = move |of| pay(of).prop_map(Step::Earn);
    choice.one_of(2, staked.copied().collect(), pay);
    choice.one_of(1, named, pay);
    choice.always(1, Just(Step::Relay));
}

/// By who may have earned something.
fn harvest(state: &State, choice: &mut Choice) {
    let seats = state.members().into_iter();
    let free = seats.filter(|seat| {
        !state.jailed.contains_key(seat)
            && !state.tombstoned.contains(seat)
            && state.more.paid.contains_key(&seat.1)
    });
    choice.one_of(20, free.collect(), |(operator, service)| {
        any::<bool>().prop_map(move |by_operator| {
            Step::Earn(Earn::Harvest {
                service,
                operator,
                by_operator,
                token: None,
            })
        })
    });
    let harvest = (select(&SERVICES[..]), select(&OPERATORS[..]));
    let harvest = harvest.prop_map(|(service, operator)| Earn::Harvest {
        service,
        operator,
        by_operator: true,
        token: None,
    });
    choice.always(1, harvest.prop_map(Step::Earn));
}
