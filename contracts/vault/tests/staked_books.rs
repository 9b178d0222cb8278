//! The books of the natively staked asset against a model and against the chain, under random
//! histories: whatever happens, nothing is owed that is neither here nor with a validator.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::Decimal;
use palisade_types::asset::Destination;
use palisade_types::delegation;
use palisade_types::vault::{AssetChange, ExecuteMsg};
use proptest::prelude::*;

/// Small, so that histories reach it.
const SMALL_CAP: u128 = 20_000;
/// Seconds between two steps.
const STEP: u64 = 4 * DAY;

/// What happens: by or for whom, with whose validator, and how much.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: What,
    who: usize,
    operator: usize,
    amount: u128,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Deposit,
    DepositBehind,
    Delegate,
    Withdraw,
    Undelegate,
    /// All that arrived.
    Collect,
    Release,
    Restake,
    /// Some of it of what is in the vault already.
    Seize,
    PayOut,
    /// By the base chain, of a tenth.
    Slash,
    /// Of the first operator they are paid out, of the second staked.
    Rewards,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        2 => Just(What::Deposit),
        4 => Just(What::DepositBehind),
        2 => Just(What::Delegate),
        1 => Just(What::Withdraw),
        4 => Just(What::Undelegate),
        5 => Just(What::Collect),
        3 => Just(What::Release),
        2 => Just(What::Restake),
        3 => Just(What::Seize),
        3 => Just(What::PayOut),
        1 => Just(What::Slash),
        2 => Just(What::Rewards),
    ];
    let amount = prop_oneof![4 => 0..6_000_u128, 1 => Just(0), 1 => Just(SMALL_CAP)];
    let step =
        (what, 0..USERS.len(), 0..2_usize, amount).prop_map(|(what, who, operator, amount)| Step {
            what,
            who,
            operator,
            amount,
        });
    prop::collection::vec(step, 1..60)
}

/// The asset, as it should be.
#[derive(Default, Debug)]
struct Model {
    purses: [u128; USERS.len()],
    idle: [u128; USERS.len()],
    staked: u128,
    /// Of each operator: for the treasury, and to burn.
    seized: [[u128; 2]; 2],
    released: u128,
    /// Of each operator.
    payable: [u128; 2],
    /// With each validator.
    bonded: [u128; 2],
    /// Of each operator, oldest first: how much, and after how many steps it is here.
    unbonding: [Vec<(u128, u64)>; 2],
    slashed: [bool; 2],
    /// What the base chain took of what was seized already.
    unfunded: u128,
    treasury: u128,
    burned: u128,
}

impl Model {
    fn held(&self) -> u128 {
        self.idle.iter().sum::<u128>() + self.staked
    }

    fn fits(&self, amount: u128) -> bool {
        amount >= MINIMUM && self.held() + amount <= SMALL_CAP
    }

    fn seized(&self) -> u128 {
        self.seized.iter().flatten().sum()
    }

    fn payable(&self) -> u128 {
        self.payable.iter().sum()
    }

    /// Entries that arrived, and how much they are.
    fn arrived(&self, operator: usize) -> (u32, u128) {
        let arrived = self.unbonding[operator].iter().filter(|(_, s)| *s == 0);
        arrived.fold((0, 0), |(n, sum), (amount, _)| (n + 1, sum + amount))
    }

    /// How a sound delegation contract divides what arrived: for who left, and seized.
    fn division(&self, step: Step) -> (u128, u128) {
        let (_, arrived) = self.arrived(step.operator);
        let seized = arrived.min(self.seized() - self.payable()) * (step.amount % 3) / 2;
        let released = (arrived - seized).min(self.staked - self.released);
        (released, arrived - released)
    }

    /// What of a seizure is in the vault already, as a sound delegation contract says: half of it, at
    /// most all that is released, and at least what is nowhere else.
    fn here(&self, amount: u128) -> u128 {
        let elsewhere = self.staked - self.released;
        (amount / 2)
            .min(self.released)
            .max(amount.saturating_sub(elsewhere))
    }

    /// What an undelegation brings, if the chain takes it: a staker that is refused tries once more with a
    /// unit less.
    fn undelegated(&self, step: Step) -> Option<u128> {
        let bonded = self.bonded[step.operator];
        let retried = step.amount > 1 && step.amount - 1 <= bonded;
        (step.amount <= bonded || retried).then_some(step.amount.min(bonded))
    }

    /// Whether the step should be accepted; if so, does it.
    fn apply(&mut self, step: Step) -> bool {
        let Step {
            what,
            who,
            operator,
            amount,
        } = step;
        let destination = who % 2;
        let accepted = match what {
            What::Deposit | What::DepositBehind => self.fits(amount),
            What::Delegate | What::Withdraw => amount > 0 && amount <= self.idle[who],
            What::Undelegate => self.undelegated(step).is_some(),
            What::Release => amount > 0 && amount <= self.released.min(self.staked),
            What::Restake => amount > 0 && amount <= self.released,
            What::Seize => amount <= self.staked,
            What::PayOut => self.seized[operator][destination] > 0 && self.payable[operator] > 0,
            What::Collect | What::Slash | What::Rewards => true,
        };
        if !accepted {
            return false;
        }
        match what {
            What::Deposit => {
                self.purses[who] -= amount;
                self.idle[who] += amount;
            }
            What::DepositBehind => {
                self.purses[who] -= amount;
                self.staked += amount;
                self.bonded[operator] += amount;
            }
            What::Delegate => {
                self.idle[who] -= amount;
                self.staked += amount;
                self.bonded[operator] += amount;
            }
            What::Withdraw => {
                self.idle[who] -= amount;
                self.purses[who] += amount;
            }
            What::Undelegate => {
                let amount = self.undelegated(step).unwrap();
                self.bonded[operator] -= amount;
                if amount > 0 {
                    self.unbonding[operator].push((amount, UNBONDING.div_ceil(STEP)));
                }
            }
            What::Collect => {
                let (released, seized) = self.division(step);
                self.released += released;
                self.payable[operator] += seized;
                self.unbonding[operator].retain(|(_, steps)| *steps > 0);
            }
            What::Release => {
                self.staked -= amount;
                self.released -= amount;
                self.purses[who] += amount;
            }
            What::Restake => {
                self.released -= amount;
                self.bonded[operator] += amount;
            }
            What::Seize => {
                let here = self.here(amount);
                self.staked -= amount;
                self.seized[operator][destination] += amount;
                self.released -= here;
                self.payable[operator] += here;
            }
            What::PayOut => {
                let paid = self.seized[operator][destination].min(self.payable[operator]);
                self.seized[operator][destination] -= paid;
                self.payable[operator] -= paid;
                match destination {
                    0 => self.treasury += paid,
                    _ => self.burned += paid,
                }
            }
            // The chain says how much.
            What::Slash | What::Rewards => {}
        }
        true
    }

    fn a_step_passes(&mut self) {
        for (_, steps) in self.unbonding.iter_mut().flatten() {
            *steps = steps.saturating_sub(1);
        }
    }
}

fn destination(suite: &Suite, who: usize) -> Destination {
    match who % 2 {
        0 => suite.send_to("treasury"),
        _ => Destination::Burn {},
    }
}

fn orders(
    suite: &mut Suite,
    operator: &str,
    lost: u128,
    undelegate: u128,
    collect: Option<(u128, u128, u32)>,
) -> bool {
    let mut orders = suite.orders(lost, undelegate, collect);
    orders.operator = suite.account(operator).to_string();
    let delegation = suite.delegation.clone();
    let msg = ExecuteMsg::Reconcile(orders);
    suite.execute(&delegation, &msg).is_ok()
}

/// Does the step; whether it was accepted.
fn perform(suite: &mut Suite, model: &mut Model, step: Step) -> bool {
    let Step {
        what,
        who,
        operator: index,
        amount,
    } = step;
    let (name, operator) = (USERS[who], VALIDATORS[index]);
    match what {
        What::Deposit => suite.deposit(name, STAKE, amount, None).is_ok(),
        What::DepositBehind => suite.deposit(name, STAKE, amount, Some(operator)).is_ok(),
        What::Delegate => suite.delegate(name, STAKE, operator, amount).is_ok(),
        What::Withdraw => suite.withdraw(name, STAKE, amount).is_ok(),
        What::Undelegate => orders(suite, operator, 0, amount, None),
        What::Collect => {
            let (entries, _) = model.arrived(index);
            let (released, seized) = model.division(step);
            // Neither an entry nor a unit more than arrived.
            assert!(!orders(
                suite,
                operator,
                0,
                0,
                Some((released, seized, entries + 1))
            ));
            assert!(!orders(
                suite,
                operator,
                0,
                0,
                Some((released + 1, seized, entries))
            ));
            let collect = (entries > 0).then_some((released, seized, entries));
            orders(suite, operator, 0, 0, collect)
        }
        What::Release => suite.release(STAKE, amount, name).is_ok(),
        What::Restake => suite.restake(STAKE, operator, amount).is_ok(),
        What::Seize => {
            let here = model.here(amount);
            let destination = destination(suite, who);
            let msg = ExecuteMsg::Seize {
                operator: suite.account(operator).to_string(),
                seized: amounts(&[(STAKE, amount)]),
                arrived: amounts(&[(STAKE, here)]),
                payees: vec![payee(SERVICE, &destination, "1")],
            };
            let delegation = suite.delegation.clone();
            suite.execute(&delegation, &msg).is_ok()
        }
        What::PayOut => {
            let destination = destination(suite, who);
            let asset = suite.pot_of(operator);
            let msg = ExecuteMsg::PayOut {
                asset,
                account: SERVICE,
                destination,
            };
            suite.by("stranger", &msg).is_ok()
        }
        What::Slash => {
            slash(suite, model, index);
            true
        }
        What::Rewards => {
            rewards(suite, model, index);
            true
        }
    }
}

/// Once for each validator, while nothing unbonds: cw-multi-test rounds twice otherwise.
fn slash(suite: &mut Suite, model: &mut Model, operator: usize) {
    if model.slashed[operator] || !model.unbonding[operator].is_empty() {
        return;
    }
    let (name, tenth) = (VALIDATORS[operator], Decimal::percent(10));
    let validator = suite.validator(name);
    suite.net.host.slash_validator(&validator, tenth).unwrap();
    let bonded = suite.bonded(name);
    let short = model.bonded[operator] - bonded;
    let lost = short.min(model.staked - model.released);
    assert!(orders(suite, name, lost, 0, None));
    model.slashed[operator] = true;
    model.bonded[operator] = bonded;
    model.staked -= lost;
    model.unfunded += short - lost;
}

/// Those that are staked are new principal, if they fit.
fn rewards(suite: &mut Suite, model: &mut Model, operator: usize) {
    let name = VALIDATORS[operator];
    let told = suite.heard().len();
    let accepted = suite.withdraw_rewards(name).is_ok();
    let gain = suite.bonded(name) - model.bonded[operator];
    let heard = suite.heard();
    match (heard.get(told), operator) {
        (Some(delegation::ExecuteMsg::Reward { .. }), 0) => assert_eq!(gain, 0),
        (Some(delegation::ExecuteMsg::Grow { amount, .. }), 1) => {
            assert_eq!(amount.u128(), gain);
            assert!(model.held() + gain <= SMALL_CAP);
        }
        (None, _) => assert_eq!(gain, 0),
        (other, _) => panic!("{other:?}"),
    }
    // Only the cap can refuse them.
    assert!(accepted || operator == 1);
    model.bonded[operator] += gain;
    model.staked += gain;
}

/// The invariants of the books, and their agreement with the model and the chain.
fn check(suite: &Suite, model: &Model) {
    let idle: u128 = model.idle.iter().sum();
    assert_eq!(
        suite.columns(STAKE),
        Columns {
            idle,
            staked: model.staked,
            seized: model.seized(),
            released: model.released,
            payable: model.payable(),
            balance: idle + model.released + model.payable(),
        }
    );
    assert!(model.released <= model.staked && model.payable() <= model.seized());
    let unbonding: u128 = model.unbonding.iter().flatten().map(|(a, _)| a).sum();
    for (name, bonded) in VALIDATORS.iter().zip(model.bonded) {
        assert_eq!(suite.bonded(name), bonded);
    }
    // Everything owed is with a validator, on its way, or here.
    assert_eq!(
        model.staked + model.seized(),
        model.bonded.iter().sum::<u128>()
            + unbonding
            + model.released
            + model.payable()
            + model.unfunded
    );
    for (name, seized) in VALIDATORS.iter().zip(&model.seized) {
        let booked = suite.seized_behind(name);
        assert!(booked.iter().all(|(_, amount)| *amount > 0));
        for (who, expected) in seized.iter().enumerate() {
            let destination = destination(suite, who);
            let entry = booked.iter().find(|(to, _)| *to == destination);
            assert_eq!(entry.map_or(0, |(_, amount)| *amount), *expected);
        }
    }
    for (name, purse) in USERS.iter().zip(model.purses) {
        assert_eq!(suite.purse(name, STAKE), purse);
    }
    assert_eq!(suite.purse("treasury", STAKE), model.treasury);
}

proptest! {
    #![proptest_config(palisade_testing::seeded(48))]

    #[test]
    fn all_that_is_owed_is_here_or_with_a_validator(steps in steps()) {
        let mut suite = Suite::native();
        let change = AssetChange { cap: Some(SMALL_CAP.into()), ..AssetChange::default() };
        suite.as_owner(&ExecuteMsg::UpdateAsset { asset: STAKE.into(), change }).unwrap();
        for (index, name) in VALIDATORS.into_iter().enumerate() {
            suite.open(name, name, index == 1).unwrap();
        }
        let mut model = Model { purses: [PURSE; USERS.len()], ..Model::default() };
        for step in steps {
            // The chain takes seven at once.
            let full = model.unbonding[step.operator].len() > 5;
            if !(full && matches!(step.what, What::Undelegate)) {
                let accepted = perform(&mut suite, &mut model, step);
                prop_assert_eq!(accepted, model.apply(step), "{:?}", step);
            }
            suite.net.host.advance(STEP);
            model.a_step_passes();
            check(&suite, &model);
        }
    }
}
