//! By what operators earn, and what they earned.

use std::iter::{once, repeat};

use cosmwasm_std::{Addr, Order, StdResult, Storage, Uint128, Uint256};
use palisade_math::{apportion, reward_weight};
use palisade_types::allocation::ServiceId;
use palisade_types::token::Token;

use crate::state::{
    Counts, Earned, Earner, Former, Member, Pot, Service, EARNERS, MEMBERS, OWED, POTS,
};
use crate::ContractError;

/// By what an operator earns, in units of value.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Weight {
    /// By asset: what is earned is split in proportion. Without zeros at the end.
    parts: Vec<Uint128>,
    /// Their sum, at most the power told.
    pub(crate) total: Uint128,
}

impl Weight {
    /// The weight of an operator at a service; nothing if it is not in it.
    pub(crate) fn load(
        storage: &dyn Storage,
        service: ServiceId,
        operator: &Addr,
    ) -> Result<Self, ContractError> {
        match MEMBERS.may_load(storage, (service, operator))? {
            Some(member) => member.weight(),
            None => Ok(Self::default()),
        }
    }
}

impl Member {
    /// By what the operator earns: of each asset the smaller of the most that it counted in its last
    /// epoch and what it counts now. Changes at checkpoints alone, as all that it is made of.
    pub(crate) fn weight(&self) -> Result<Weight, ContractError> {
        let now = self.values()?;
        let parts = match &self.former {
            None => now,
            Some(former) => {
                let former = former.values.iter().copied();
                let smaller = now
                    .into_iter()
                    .zip(former)
                    .map(|(n, f)| reward_weight(f, n));
                trimmed(smaller.collect())
            }
        };
        let total = sum(&parts)?.min(self.power);
        Ok(Weight { parts, total })
    }

    /// Takes down what the operator counts in `epoch`. What the next epoch compares with is the most of
    /// this one, not its end: else a dip of a moment over its end would lower the weight for all of the
    /// next.
    pub(crate) fn count(
        &mut self,
        epoch: u64,
        values: Vec<Uint128>,
        value: Uint128,
    ) -> Result<(), ContractError> {
        let before = self.values()?;
        let now = trimmed(values);
        let (former, most) = match self.former.take() {
            Some(former) if former.epoch == epoch => (former.values, or(former.peak, &before)),
            Some(former) => (or(former.peak, &before), before),
            None => (before.clone(), before),
        };
        let peak = largest(most, &now);
        self.raw = value;
        self.values = now.iter().skip(1).copied().collect();
        // On its way out no checkpoint looks at it: epochs that it spends there could not be told from
        // its last one, so it comes back as a newcomer.
        if self.leaving.is_some() || (former == now && peak == now) {
            return Ok(());
        }
        self.former = Some(Former {
            epoch,
            values: former,
            peak: if peak == now { vec![] } else { peak },
        });
        Ok(())
    }

    /// Value by asset at the last checkpoint, without zeros at the end.
    fn values(&self) -> Result<Vec<Uint128>, ContractError> {
        let first = self.raw.checked_sub(sum(&self.values)?)?;
        Ok(trimmed(
            once(first).chain(self.values.iter().copied()).collect(),
        ))
    }
}

impl Counts {
    /// The weight that shares in what is paid now.
    pub(crate) fn earning(&self) -> Uint128 {
        match self.awaited {
            0 => self.weight,
            _ => Uint128::zero(),
        }
    }

    /// Refuses a service whose rewards nobody earns any more: its weight never comes back.
    pub(crate) fn require_earning(&self, service: ServiceId) -> Result<(), ContractError> {
        if self.stopped && self.earning().is_zero() {
            return Err(ContractError::ServiceEnded { service });
        }
        Ok(())
    }

    /// Refuses a service of which somebody may still earn what is held.
    pub(crate) fn require_ended(&self, service: ServiceId) -> Result<(), ContractError> {
        if self.stopped && self.operators == 0 && self.weight.is_zero() {
            return Ok(());
        }
        Err(ContractError::NotEnded {
            service,
            stopped: self.stopped,
            operators: self.operators,
            weight: self.weight,
        })
    }

    /// Notes the end of a page of a checkpoint. When the weight rose from zero, nothing is credited
    /// before everybody was looked at since: if the page was not the `first` of its pass, by the next.
    pub(crate) fn end_page(&mut self, before: Uint128, first: bool, complete: bool) {
        if before.is_zero() && !self.weight.is_zero() {
            self.awaited = if first { 1 } else { 2 };
        }
        if complete {
            self.awaited = self.awaited.saturating_sub(1);
        }
    }
}

impl Pot {
    /// Credits what was held, once there is a weight to earn it.
    fn touch(&mut self, earning: Uint128) -> Result<(), ContractError> {
        if !self.index.held.is_zero() {
            self.index.distribute_by_weight(Uint128::zero(), earning)?;
        }
        Ok(())
    }

    /// Takes out what is held. What was credited is not touched.
    fn take_back(&mut self) -> Result<Uint128, ContractError> {
        let amount = std::mem::take(&mut self.index.held);
        self.taken_back = self.taken_back.checked_add(amount)?;
        Ok(amount)
    }

    fn place(&self) -> usize {
        usize::from(self.id)
    }
}

impl Earner {
    /// What the operator earned in one token until now, by its present weight, with what it is owed
    /// from before.
    pub(crate) fn due(&self, pot: &Pot, weight: &Weight) -> Result<Vec<Uint128>, ContractError> {
        let earned = self.earned.get(pot.place()).cloned().unwrap_or_default();
        if weight.total.is_zero() {
            return Ok(earned.owed);
        }
        let accrued = pot.index.accrued(weight.total, earned.from)?;
        if accrued.is_zero() {
            return Ok(earned.owed);
        }
        let parts = apportion(accrued, &weight.parts)?;
        let longest = parts.len().max(earned.owed.len());
        let zeros = || repeat(Uint128::zero());
        parts
            .into_iter()
            .chain(zeros())
            .zip(earned.owed.into_iter().chain(zeros()))
            .take(longest)
            .map(|(part, owed)| Ok(part.checked_add(owed)?))
            .collect()
    }

    /// Notes that all until now is settled but for what is `owed`.
    fn settled(&mut self, pot: &Pot, owed: Vec<Uint128>) {
        let place = pot.place();
        if self.earned.len() <= place {
            self.earned
                .resize_with(place.saturating_add(1), Earned::default);
        }
        if let Some(earned) = self.earned.get_mut(place) {
            earned.from = pot.index.per_share;
            earned.owed = trimmed(owed);
        }
    }

    /// Writes the record, if it changed. Without a weight nothing needs to be known but what is owed.
    fn save(
        mut self,
        storage: &mut dyn Storage,
        key: (ServiceId, &Addr),
        before: &Self,
        weight: &Weight,
    ) -> StdResult<()> {
        if weight.total.is_zero() {
            for earned in &mut self.earned {
                earned.from = Uint256::zero();
            }
        }
        while self.earned.last() == Some(&Earned::default()) {
            self.earned.pop();
        }
        if self == *before {
            return Ok(());
        }
        if self.earned.is_empty() {
            EARNERS.remove(storage, key);
            return Ok(());
        }
        EARNERS.save(storage, key, &self)
    }
}

/// The reward tokens of a service during one page of a checkpoint: read once, when the first weight
/// changes.
pub(crate) struct Pots {
    service: ServiceId,
    named: bool,
    /// The weight that shares before anything of the page counts.
    earning: Uint128,
    read: Option<Vec<(String, Pot)>>,
}

impl Pots {
    pub(crate) fn new(service: ServiceId, stored: &Service, counts: &Counts) -> Self {
        Self {
            service,
            named: stored.reward_tokens > 0,
            earning: counts.earning(),
            read: None,
        }
    }

    /// Credits an operator with what it earned by the weight that it had. To be called before the
    /// weight, or what it is made of, changes.
    pub(crate) fn settle(
        &mut self,
        storage: &mut dyn Storage,
        operator: &Addr,
        had: &Weight,
        has: &Weight,
    ) -> Result<(), ContractError> {
        if !self.named {
            return Ok(());
        }
        let key = (self.service, operator);
        let before = EARNERS.may_load(storage, key)?.unwrap_or_default();
        let mut earner = before.clone();
        for (_, pot) in self.read(storage)? {
            let owed = earner.due(pot, had)?;
            earner.settled(pot, owed);
        }
        Ok(earner.save(storage, key, &before, has)?)
    }

    fn read(&mut self, storage: &mut dyn Storage) -> Result<&[(String, Pot)], ContractError> {
        let pots = match self.read.take() {
            Some(pots) => pots,
            None => {
                let mut pots = all(storage, self.service)?;
                for (name, pot) in &mut pots {
                    let held = pot.index.held;
                    pot.touch(self.earning)?;
                    if pot.index.held != held {
                        POTS.save(storage, (self.service, name), pot)?;
                    }
                }
                pots
            }
        };
        Ok(self.read.insert(pots))
    }
}

/// The token that has this name.
pub(crate) fn token(name: &str) -> Result<Token, ContractError> {
    Token::of_name(name).ok_or_else(|| ContractError::Corrupt {
        what: "name of a token",
        found: name.to_string(),
    })
}

/// All reward tokens of a service by name: at most 16.
pub(crate) fn all(storage: &dyn Storage, service: ServiceId) -> StdResult<Vec<(String, Pot)>> {
    POTS.prefix(service)
        .range(storage, None, None, Order::Ascending)
        .collect()
}

/// Adds a payment to the rewards of a service. Costs the same however many operators there are.
pub(crate) fn pay(
    storage: &mut dyn Storage,
    service: ServiceId,
    counts: &Counts,
    (token, mut pot): (&str, Pot),
    amount: Uint128,
) -> Result<Pot, ContractError> {
    pot.paid = pot.paid.checked_add(amount)?;
    pot.index.distribute_by_weight(amount, counts.earning())?;
    POTS.save(storage, (service, token), &pot)?;
    let owed = OWED.may_load(storage, token)?.unwrap_or_default();
    OWED.save(storage, token, &owed.checked_add(amount)?)?;
    Ok(pot)
}

/// Takes out what is held of a service that has ended, in one token; zero: nothing is, and nothing
/// changes.
pub(crate) fn take_back(
    storage: &mut dyn Storage,
    service: ServiceId,
    (token, mut pot): (&str, Pot),
) -> Result<Uint128, ContractError> {
    let amount = pot.take_back()?;
    if !amount.is_zero() {
        POTS.save(storage, (service, token), &pot)?;
    }
    Ok(amount)
}

/// Notes that some of what was owed in a token left.
pub(crate) fn release(
    storage: &mut dyn Storage,
    token: &str,
    amount: Uint128,
) -> Result<(), ContractError> {
    let owed = OWED.load(storage, token)?.checked_sub(amount)?;
    Ok(OWED.save(storage, token, &owed)?)
}

/// What one operator has to get of one service.
pub(crate) struct Account {
    weight: Weight,
    earning: Uint128,
    before: Earner,
    earner: Earner,
}

impl Account {
    pub(crate) fn load(
        storage: &dyn Storage,
        service: ServiceId,
        counts: &Counts,
        operator: &Addr,
    ) -> Result<Self, ContractError> {
        let before = EARNERS
            .may_load(storage, (service, operator))?
            .unwrap_or_default();
        Ok(Self {
            weight: Weight::load(storage, service, operator)?,
            earning: counts.earning(),
            earner: before.clone(),
            before,
        })
    }

    /// What is due in one token by asset, and the sum: as of now, what is held included.
    pub(crate) fn due(&self, pot: &mut Pot) -> Result<(Vec<Uint128>, Uint128), ContractError> {
        pot.touch(self.earning)?;
        let parts = self.earner.due(pot, &self.weight)?;
        let total = sum(&parts)?;
        Ok((parts, total))
    }

    /// Takes out what is due in one token, by asset, and the sum. Where that is nothing, nothing
    /// changes: not even the fraction of a unit that the operator earned is lost.
    pub(crate) fn take(
        &mut self,
        storage: &mut dyn Storage,
        service: ServiceId,
        (token, mut pot): (&str, Pot),
    ) -> Result<Option<(Vec<Uint128>, Uint128)>, ContractError> {
        let (parts, total) = self.due(&mut pot)?;
        if total.is_zero() {
            return Ok(None);
        }
        self.earner.settled(&pot, vec![]);
        pot.harvested = pot.harvested.checked_add(total)?;
        POTS.save(storage, (service, token), &pot)?;
        Ok(Some((parts, total)))
    }

    pub(crate) fn save(
        self,
        storage: &mut dyn Storage,
        service: ServiceId,
        operator: &Addr,
    ) -> StdResult<()> {
        let key = (service, operator);
        self.earner.save(storage, key, &self.before, &self.weight)
    }
}

/// Rewards of a pot that wait for an operator with weight, as of now.
pub(crate) fn held(pot: &Pot, earning: Uint128) -> Uint128 {
    if earning.is_zero() {
        pot.index.held
    } else {
        Uint128::zero()
    }
}

fn sum(parts: &[Uint128]) -> Result<Uint128, ContractError> {
    parts
        .iter()
        .try_fold(Uint128::zero(), |sum, part| Ok(sum.checked_add(*part)?))
}

/// A peak as it was stored: left out where it is what counts at the same time.
fn or(peak: Vec<Uint128>, now: &[Uint128]) -> Vec<Uint128> {
    if peak.is_empty() {
        now.to_vec()
    } else {
        peak
    }
}

/// The larger of two values of each asset.
fn largest(mut most: Vec<Uint128>, now: &[Uint128]) -> Vec<Uint128> {
    if most.len() < now.len() {
        most.resize(now.len(), Uint128::zero());
    }
    for (most, now) in most.iter_mut().zip(now) {
        *most = (*most).max(*now);
    }
    most
}

/// Without the zeros at the end.
fn trimmed(mut values: Vec<Uint128>) -> Vec<Uint128> {
    while values.last().is_some_and(Uint128::is_zero) {
        values.pop();
    }
    values
}
