//! Random histories: whatever happens, in whatever order, the books agree with the tokens, with
//! what each owner and each destination was told, and with a model of a few lines.
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

use std::collections::BTreeMap;

use common::*;
use palisade_types::asset::Destination;
use palisade_types::vault::{AssetChange, ExecuteMsg};
use proptest::prelude::*;

const ASSETS: [&str; 3] = [ATOM, GOLD, LST];
/// Small, so that histories reach it.
const SMALL_CAP: u128 = 5_000;

/// What happens: to which asset, by whom or for whom, and how much.
#[derive(Clone, Copy, Debug)]
struct Step {
    what: What,
    asset: &'static str,
    who: usize,
    amount: u128,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Deposit,
    DepositBehind,
    Delegate,
    Withdraw,
    Release,
    /// A third of it for one destination, the rest for the other.
    Seize,
    /// What waits for one destination, to the other.
    Redirect,
    PayOut,
    Donate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let what = prop_oneof![
        4 => Just(What::Deposit),
        4 => Just(What::DepositBehind),
        3 => Just(What::Delegate),
        3 => Just(What::Withdraw),
        3 => Just(What::Release),
        3 => Just(What::Seize),
        1 => Just(What::Redirect),
        2 => Just(What::PayOut),
        1 => Just(What::Donate),
    ];
    let amount = prop_oneof![3 => 0..2_000_u128, 1 => Just(0), 1 => Just(SMALL_CAP)];
    let asset = prop::sample::select(ASSETS.as_slice());
    let step = (what, asset, 0..USERS.len(), amount).prop_map(|(what, asset, who, amount)| Step {
        what,
        asset,
        who,
        amount,
    });
    prop::collection::vec(step, 1..60)
}

/// One asset, as it should be.
#[derive(Default)]
struct Model {
    purses: [u128; USERS.len()],
    idle: [u128; USERS.len()],
    staked: u128,
    /// For the treasury, and to burn.
    seized: [u128; 2],
    treasury: u128,
    burned: u128,
    donated: u128,
}

impl Model {
    fn fits(&self, amount: u128) -> bool {
        let held = self.idle.iter().sum::<u128>() + self.staked;
        amount >= MINIMUM && held + amount <= SMALL_CAP
    }

    /// Whether the step should be accepted; if so, does it.
    fn apply(&mut self, step: Step) -> bool {
        let Step {
            what, who, amount, ..
        } = step;
        let destination = who % 2;
        let accepted = match what {
            What::Deposit | What::DepositBehind => self.fits(amount),
            What::Delegate | What::Withdraw => amount > 0 && amount <= self.idle[who],
            What::Release => amount > 0 && amount <= self.staked,
            What::Seize => amount <= self.staked,
            What::PayOut => self.seized[destination] > 0,
            What::Redirect | What::Donate => true,
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
            }
            What::Delegate => {
                self.idle[who] -= amount;
                self.staked += amount;
            }
            What::Withdraw => {
                self.idle[who] -= amount;
                self.purses[who] += amount;
            }
            What::Release => {
                self.staked -= amount;
                self.purses[who] += amount;
            }
            What::Seize => {
                self.staked -= amount;
                self.seized[destination] += amount / 3;
                self.seized[1 - destination] += amount - amount / 3;
            }
            What::Redirect => {
                self.seized[1 - destination] += std::mem::take(&mut self.seized[destination]);
            }
            What::PayOut => {
                let paid = std::mem::take(&mut self.seized[destination]);
                match destination {
                    0 => self.treasury += paid,
                    _ => self.burned += paid,
                }
            }
            What::Donate => {
                self.purses[who] -= amount + 1;
                self.donated += amount + 1;
            }
        }
        true
    }
}

fn destination(suite: &Suite, who: usize) -> Destination {
    match who % 2 {
        0 => suite.send_to("treasury"),
        _ => Destination::Burn {},
    }
}

/// Does the step; whether it was accepted.
fn perform(suite: &mut Suite, step: Step) -> bool {
    let Step {
        what,
        asset,
        who,
        amount,
    } = step;
    let name = USERS[who];
    match what {
        What::Deposit => suite.deposit(name, asset, amount, None),
        What::DepositBehind => suite.deposit(name, asset, amount, Some("val")),
        What::Delegate => suite.delegate(name, asset, "val", amount),
        What::Withdraw => suite.withdraw(name, asset, amount),
        What::Release => suite.release(asset, amount, name),
        What::Seize => {
            // A little more than a third, so that the floor is that of a third.
            let payees = [
                payee(SERVICE, &destination(suite, who), "0.333333333333333334"),
                payee(
                    SERVICE,
                    &destination(suite, who + 1),
                    "0.666666666666666666",
                ),
            ];
            suite.seize_for(&[(asset, amount)], &payees)
        }
        What::Redirect => {
            let (from, to) = (destination(suite, who), destination(suite, who + 1));
            suite.redirect(SERVICE, asset, &from, &to)
        }
        What::PayOut => {
            let destination = destination(suite, who);
            suite.pay_out(asset, &destination)
        }
        What::Donate => suite.donate(name, asset, amount + 1),
    }
    .is_ok()
}

/// The invariants of the vault, and its agreement with the model.
fn check(suite: &Suite, models: &BTreeMap<&str, Model>, supplies: &BTreeMap<&str, u128>) {
    for (asset, model) in models {
        let (idle, staked, seized, balance) = suite.books(asset);
        assert_eq!(idle + staked + seized + model.donated, balance, "{asset}");
        assert_eq!(staked, model.staked);

        let mut sum = 0;
        for (name, expected) in USERS.iter().zip(model.idle) {
            let entries = suite.idle(name);
            let entry = entries.iter().find(|(id, _)| id == asset);
            // An entry of zero would be one that a stranger could leave behind for ever.
            assert_eq!(
                entry.map(|(_, amount)| *amount),
                Some(expected).filter(|e| *e > 0)
            );
            sum += expected;
        }
        assert_eq!(idle, sum);

        let booked = suite.seized(asset);
        assert!(booked.iter().all(|(_, amount)| *amount > 0));
        assert_eq!(
            seized,
            booked.iter().map(|(_, amount)| amount).sum::<u128>()
        );
        for (who, expected) in model.seized.iter().enumerate() {
            let destination = destination(suite, who);
            let entry = booked.iter().find(|(to, _)| *to == destination);
            assert_eq!(entry.map_or(0, |(_, amount)| *amount), *expected);
        }

        for (name, purse) in USERS.iter().zip(model.purses) {
            assert_eq!(suite.purse(name, asset), purse);
        }
        assert_eq!(suite.purse("treasury", asset), model.treasury);
        assert_eq!(suite.supply(asset), supplies[asset] - model.burned);
        let joined: u128 = suite
            .joins()
            .iter()
            .filter(|join| join.asset == *asset)
            .map(|join| join.amount.u128())
            .sum();
        assert!(joined >= staked);
    }
}

proptest! {
    #![proptest_config(palisade_testing::seeded(48))]

    #[test]
    fn the_vault_holds_what_it_owes_after_every_step(steps in steps()) {
        let mut suite = Suite::new();
        let mut models = BTreeMap::new();
        let mut supplies = BTreeMap::new();
        for asset in ASSETS {
            let change = AssetChange { cap: Some(SMALL_CAP.into()), ..AssetChange::default() };
            suite.as_owner(&ExecuteMsg::UpdateAsset { asset: asset.into(), change }).unwrap();
            models.insert(asset, Model { purses: [PURSE; USERS.len()], ..Model::default() });
            supplies.insert(asset, suite.supply(asset));
        }
        for step in steps {
            let expected = models.get_mut(step.asset).unwrap().apply(step);
            prop_assert_eq!(perform(&mut suite, step), expected, "{:?}", step);
            check(&suite, &models, &supplies);
        }
    }
}
