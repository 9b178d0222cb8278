//! The suite on two chains under a history of steps, and what is known of it without asking it:
//! who paid what in and took what out, which penalties were published and agreed upon.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Addr, Decimal, Timestamp, Uint128, Uint256};
use palisade_ibc::Slash;
use palisade_suite::*;
use palisade_testing::HarnessError;
use palisade_types::slashing::Penalty;

use super::heights::Heights;
use super::keys::{Keys, Terms};
use super::model::*;
use super::seen::{Epochs, Names, Snapshot};
use super::setup::FORTUNE;

/// Asset or pot, service and recipient of seized tokens.
pub type Proceeds = (Name, u32, String);
/// Penalties of one kind by the time of infraction from which on they count.
/// None: the kind is not punished.
pub type Versions = Vec<(Timestamp, Option<Penalty>)>;

/// What several penalties took of which only the largest is borne.
#[derive(Default)]
pub struct Borne {
    pub taken: Uint256,
    /// The largest of them.
    pub largest: Uint256,
    /// What each may have taken more by its roundings.
    pub rounding: Uint256,
}

/// A system under use.
pub struct World {
    pub suite: Suite,
    pub names: Names,
    pub epochs: Epochs,
    pub before: Snapshot,
    pub now: Snapshot,
    /// What each owner has of each asset, in the suite and outside, beyond what it had at first.
    pub gains: BTreeMap<(Name, Name), i128>,
    /// What everybody has outside the suite, by owner and asset.
    pub wallets: BTreeMap<(Name, Name), u128>,
    /// Seized and paid out, by asset or pot.
    pub paid_out: BTreeMap<Name, u128>,
    /// Seized by penalties that were executed, by asset or pot.
    pub taken: BTreeMap<Name, u128>,
    pub penalties: BTreeMap<(u32, Name), Versions>,
    /// Share of losses that an operator bears first, and a lower one on its way.
    pub first_losses: BTreeMap<Name, (u64, Option<(u64, Timestamp)>)>,
    /// What penalties that tombstone took, by service, operator, asset and era.
    pub borne: BTreeMap<(u32, Name, Name, u32), Borne>,
    pub keys: Keys,
    pub heights: Heights,
    pub terms: BTreeMap<u32, Terms>,
    /// Who incurred a penalty that tombstones, and who left a service.
    pub tombstoned: BTreeSet<Seat>,
    pub left: BTreeSet<Seat>,
    /// By the step: whose double-sign was proved, and at which height; what of the proceeds was
    /// redirected, from where to where.
    pub proved: Option<(Name, u64)>,
    pub redirected: Option<(Proceeds, Proceeds, Uint128)>,
    /// The nonce epoch of the chain's service.
    pub nonce_epoch: u32,
    pub nonce: u64,
    pub bounced: Vec<(u32, Slash)>,
    pub log: Vec<String>,
    pub steps: u128,
    /// What the base chain did, and what was paid as rewards.
    pub base: super::base::Ledger,
    pub pay: super::paid::Ledger,
    /// What came from the consumer.
    pub afar: super::afar::Ledger,
    pub twins: super::twins::Twins,
    /// Whether the steps are no longer random ones.
    pub ending: bool,
}
impl World {
    /// Looks at everything anew.
    pub fn look(&mut self) {
        let now = self.now.look(&self.suite, &self.names);
        self.before = std::mem::replace(&mut self.now, now);
    }

    /// What an address has of an asset outside the suite.
    pub fn balance(&self, of: &Addr, asset: Name) -> u128 {
        let host = &self.suite.net.host;
        let balance = match asset {
            ATOM => host.balance(of, DENOM),
            STAKE => host.balance(of, BOND),
            ION => host.balance(of, &self.ion()),
            _ => host.cw20_balance(&self.suite.token, of),
        };
        balance.unwrap()
    }

    pub fn look_into_wallet(&mut self, owner: Name) {
        let address = self.suite.host(owner);
        for asset in ASSETS {
            let balance = self.balance(&address, asset);
            self.wallets.insert((owner, asset), balance);
        }
    }

    /// What an owner paid in, rewards that it received and deposits from the consumer among it, less what it took
    /// out; below zero, it took more.
    pub fn paid_in(&self, owner: Name, asset: Name) -> i128 {
        let key = (owner, asset);
        let received = self.pay.received.get(&key).copied().unwrap_or_default();
        let came = self.afar.deposited(owner, asset);
        (FORTUNE + received + came) as i128 - self.wallets[&key] as i128
    }

    /// What each owner has of each asset, in the suite and outside, beyond what it had at first.
    pub fn gains(&self) -> BTreeMap<(Name, Name), i128> {
        let worths = self.now.worths();
        let keys = OWNERS
            .iter()
            .flat_map(|owner| ASSETS.map(|asset| (*owner, asset)));
        keys.map(|key| {
            let worth = worths.get(&key).copied().unwrap_or_default() as i128;
            (key, worth - self.paid_in(key.0, key.1))
        })
        .collect()
    }

    /// Takes a step and checks all that must hold after it. Whether it was accepted.
    pub fn step(&mut self, step: &Step) -> bool {
        self.freshen(step);
        self.base.compounded_before = self.base.compounded;
        let time = self.suite.net.host.time();
        for terms in self.terms.values_mut() {
            terms.pass(time);
        }
        let result = self.take(step);
        self.asked(step, time, result.as_ref().err());
        if let Err(HarnessError::Panicked { message }) = &result {
            panic!("a contract panicked: {message}");
        }
        let accepted = matches!(result, Ok(true));
        let said = match &result {
            Ok(true) => "ok".to_string(),
            Ok(false) => "nothing to do".to_string(),
            Err(error) => {
                let text = error.to_string();
                text.rsplit("contract error: ")
                    .next()
                    .unwrap_or_default()
                    .to_string()
            }
        };
        self.steps += 1;
        self.log.push(format!("{}. {step:?}: {said}", self.steps));
        if !self.ending {
            super::stats::count(&step.name(), accepted);
        }
        if let Step::Deposit { who, .. } | Step::Withdraw { who, .. } | Step::Claim { who, .. } =
            step
        {
            self.look_into_wallet(who);
        }
        self.look();
        super::checks::check(self, step, result.as_ref().err());
        accepted
    }

    /// The penalty for an infraction of that time.
    pub fn penalty(&self, service: u32, kind: &str, time: Timestamp) -> Option<&Penalty> {
        let kind = KINDS.into_iter().find(|k| *k == kind).unwrap();
        let versions = &self.penalties[&(service, kind)];
        let in_force = versions.iter().rfind(|(from, _)| *from <= time);
        in_force.unwrap().1.as_ref()
    }

    /// The share of losses that an operator bears first at a time.
    pub fn first_loss(&self, operator: Name, time: Timestamp) -> Decimal {
        let (share, pending) = self.first_losses.get(operator).copied().unwrap_or_default();
        Decimal::percent(match pending {
            Some((later, at)) if at <= time => later,
            _ => share,
        })
    }
}
