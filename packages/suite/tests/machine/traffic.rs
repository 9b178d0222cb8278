//! What may happen to packets and channels, and to time.

use palisade_suite::{ALLOCATION_DELAY, EPOCH, UNBONDING};
use palisade_testing::{Action, Side};
use proptest::prelude::*;
use proptest::sample::select;

use super::choice::Choice;
use super::earn::fit;
use super::model::*;

/// Powers change faster than packets travel, which are then brought in any order; so are the answers.
pub fn rush_steps(operator: Name, step: u32, choice: &mut Choice) {
    let net = |action: fn(usize) -> Action| (0..6usize).prop_map(move |nth| Step::Net(action(nth)));
    match step {
        0 | 2 => {
            let stake = (select(&ASSETS[..]), 500..50_000u128);
            let deposit = stake.prop_map(move |(asset, amount)| Step::Deposit {
                who: "alice",
                operator: Some(fit(asset, operator)),
                asset,
                amount,
            });
            choice.always(4, deposit);
            let key = (0..KEYS).prop_map(move |key| Step::AssignKey {
                operator,
                of: operator,
                key,
            });
            choice.always(1, key);
        }
        1 | 3 => choice.always(
            1,
            Just(Step::Sync {
                service: CHAIN,
                limit: None,
            }),
        ),
        4..=6 => {
            choice.always(8, net(Action::Deliver));
            choice.always(1, (1..600u64).prop_map(|seconds| Step::Wait { seconds }));
        }
        _ => {
            choice.always(6, net(Action::Acknowledge));
            choice.always(1, net(Action::Deliver));
        }
    }
}

pub fn net_steps(state: &State, choice: &mut Choice) {
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
        choice.always(10, Just(Step::Reopen));
    } else {
        let close = prop_oneof![
            2 => Just(Step::Close),
            2 => Just(Step::Reopen),
            1 => Just(Step::CutOff),
            1 => Just(Step::RenewNonces),
        ];
        choice.always(2, close);
    }
    let seconds = prop_oneof![
        5 => 1..600u64,
        3 => 600..EPOCH / 2,
        4 => EPOCH / 2..2 * EPOCH,
        1 => Just(ALLOCATION_DELAY + 1),
        1 => Just(UNBONDING + EPOCH),
    ];
    choice.always(14, seconds.prop_map(|seconds| Step::Wait { seconds }));
    let side = select(vec![Side::Host, Side::Consumer]);
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
