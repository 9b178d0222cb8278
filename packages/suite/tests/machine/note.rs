//! What is likely to have come of a step, as far as it helps to choose the next one.

use palisade_testing::Action;

use super::afar::Afar;
use super::model::*;

impl State {
    /// What is likely to have come of a step.
    pub fn note(&mut self, step: &Step) {
        self.more.hit = None;
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
                if self.tombstoned.contains(&(operator, service)) {
                    return;
                }
                self.inside.insert((operator, service), self.clock);
                self.left.remove(&(operator, service));
                self.leaving.remove(&(operator, service));
            }
            Step::OptOut { operator, service } => {
                self.inside.remove(&(operator, service));
                self.leaving.insert((operator, service), self.clock);
            }
            Step::Leave { operator, service } => {
                self.leaving.remove(&(operator, service));
                self.left.insert((operator, service));
            }
            Step::AssignKey { operator, of, key } if operator == of => {
                self.keys.insert((operator, key));
            }
            Step::Unjail { operator, service } => {
                self.jailed.remove(&(operator, service));
            }
            Step::Wait { seconds } => self.clock += seconds,
            Step::Base(_) | Step::Earn(_) => self.note_earn(step),
            Step::Afar(ref step) => self.note_afar(step),
            _ => self.note_slash(step),
        }
    }

    fn note_afar(&mut self, step: &Afar) {
        match *step {
            Afar::SendDeposit { who, operator, .. } => {
                self.packets += 1;
                match operator {
                    None => drop(self.idle.insert((who, ION))),
                    Some(operator) if OPERATORS.contains(&operator) => {
                        self.staked.insert((who, operator, ION));
                    }
                    Some(_) => {}
                }
            }
            Afar::SendStray { .. } | Afar::SendStrayReward { .. } => self.packets += 1,
            Afar::Recover { .. } | Afar::RecoverReward { .. } => {}
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
            Step::SetPenalty { service, kind, .. } => drop(self.removed.remove(&(service, kind))),
            Step::RemovePenalty { service, kind } => drop(self.removed.insert((service, kind))),
            Step::UpdateService { service, .. } => drop(self.updated.insert(service)),
            Step::CancelUpdate { service } => drop(self.updated.remove(&service)),
            Step::Close | Step::CutOff | Step::RenewNonces => self.closed = true,
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
        if kind == "double_sign" || kind == "treason" {
            self.tombstoned.insert((operator, service));
        }
    }
}
