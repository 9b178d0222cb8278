//! How a step is taken: what stakers and operators do.

use cosmwasm_std::{Decimal, Uint128};
use palisade_admin::AdminMsg;
use palisade_suite::*;
use palisade_testing::{Action, HarnessResult, Performed};
use palisade_types::{allocation, delegation, slashing, vault};

use super::keys::name_of;
use super::model::*;
use super::setup::{assets_of, max_slash, service_settings, slasher};
use super::world::World;

impl World {
    /// Takes a step. Whether it was accepted; there being nothing to do counts as refused.
    pub fn take(&mut self, step: &Step) -> HarnessResult<bool> {
        match *step {
            Step::Deposit {
                who,
                operator,
                asset,
                amount,
            } => self.deposit(who, operator, asset, amount),
            Step::Delegate {
                who,
                operator,
                asset,
                amount,
            } => {
                let operator = self.suite.host(operator).to_string();
                let (asset, amount) = (asset.to_string(), self.at_most_idle(who, asset, amount));
                self.vault(
                    who,
                    &vault::ExecuteMsg::Delegate {
                        asset,
                        operator,
                        amount,
                    },
                )
            }
            Step::Withdraw { who, asset, amount } => {
                let (asset, amount) = (asset.to_string(), self.at_most_idle(who, asset, amount));
                self.vault(
                    who,
                    &vault::ExecuteMsg::Withdraw {
                        asset,
                        amount,
                        recipient: None,
                    },
                )
            }
            Step::Undelegate {
                who,
                operator,
                asset,
                amount,
            } => self
                .suite
                .try_undelegate(who, operator, asset, amount)
                .map(|_| true),
            Step::Cancel {
                who,
                operator,
                asset,
                amount,
            } => self.cancel(who, operator, asset, amount),
            Step::Claim {
                who,
                operator,
                asset,
            } => self.suite.try_claim(who, operator, asset).map(|_| true),
            Step::Redelegate {
                who,
                operator,
                asset,
                to,
            } => {
                let [operator, to] = [operator, to].map(|name| self.suite.host(name).to_string());
                let asset = asset.to_string();
                self.delegation(
                    who,
                    &delegation::ExecuteMsg::Redelegate {
                        operator,
                        asset,
                        to,
                    },
                )
            }
            Step::SetFirstLoss { operator, percent } => self.set_first_loss(operator, percent),
            Step::SetCap { operator, percent } => {
                let cap = Decimal::percent(percent);
                self.allocation(operator, &allocation::ExecuteMsg::SetCommitmentCap { cap })
            }
            Step::OptIn {
                operator,
                service,
                of_most,
            } => self.opt_in(operator, service, of_most),
            Step::Adjust {
                operator,
                service,
                asset,
                of_most,
            } => {
                let share = max_slash(service) * Decimal::bps(of_most);
                let slices = vec![allocation::SliceShare {
                    asset: asset.to_string(),
                    share,
                }];
                self.allocation(
                    operator,
                    &allocation::ExecuteMsg::Adjust { service, slices },
                )
            }
            Step::OptOut { operator, service } => {
                self.allocation(operator, &allocation::ExecuteMsg::OptOut { service })
            }
            Step::Leave { operator, service } => {
                let operator = self.suite.host(operator).to_string();
                self.allocation(
                    "anybody",
                    &allocation::ExecuteMsg::Leave { service, operator },
                )
            }
            Step::AssignKey { operator, of, key } => {
                let key = self.suite.key_proof(CHAIN, operator, &name_of((of, key)));
                let service = CHAIN;
                self.allocation(
                    operator,
                    &allocation::ExecuteMsg::AssignKey { service, key },
                )
            }
            Step::Unjail { operator, service } => {
                self.slashing(operator, &slashing::ExecuteMsg::Unjail { service })
            }
            Step::Sync { service, limit } => {
                self.slashing("anybody", &slashing::ExecuteMsg::Sync { service, limit })
            }
            _ => self.take_slash(step),
        }
    }

    pub fn take_slash(&mut self, step: &Step) -> HarnessResult<bool> {
        match *step {
            Step::Report {
                operator,
                key,
                by_key,
                kind,
                ago,
                proof,
            } => {
                let (named, proof) = (by_key.then_some(key), proof.then_some(key));
                self.report(operator, named, kind, ago, proof)
            }
            Step::Relay => self.suite.try_relay().map(|_| true),
            Step::Slash {
                operator,
                service,
                kind,
                ago,
            } => self.slash(operator, service, kind, ago),
            Step::Retry => self.retry(),
            Step::Prove {
                operator,
                key,
                ago,
                other_chain,
            } => self.prove((operator, key), ago, other_chain),
            Step::Veto { nth } => match self.waiting(nth, true) {
                Some((service, request)) => self.slashing(
                    "resolver",
                    &slashing::ExecuteMsg::Veto {
                        service,
                        request: request.into(),
                    },
                ),
                None => Ok(false),
            },
            Step::Execute { nth } => match self.waiting(nth, false) {
                Some((service, request)) => self.slashing(
                    "anybody",
                    &slashing::ExecuteMsg::Execute {
                        service,
                        request: request.into(),
                    },
                ),
                None => Ok(false),
            },
            Step::SetThrottle { service, tight } => self.set_throttle(service, tight),
            Step::SetSharedThrottle { tight } => self.set_shared(tight),
            Step::Suspend { service, seconds } => {
                let seconds = Some(seconds);
                self.slashing(
                    "guardian",
                    &slashing::ExecuteMsg::Suspend { service, seconds },
                )
            }
            Step::Resume { service } => {
                self.slashing("guardian", &slashing::ExecuteMsg::Resume { service })
            }
            Step::PauseExecutions { seconds } => {
                let (action, seconds) = (slashing::Action::Executions, Some(seconds));
                self.slashing(
                    "guardian",
                    &slashing::ExecuteMsg::Admin(AdminMsg::Pause { action, seconds }),
                )
            }
            Step::SetPenalty {
                service,
                kind,
                of_most,
            } => self.set_penalty(service, kind, of_most),
            Step::UpdateService {
                service,
                bounty,
                burned,
                to,
                other_chain,
            } => {
                let shares = (bounty, burned);
                let settings = service_settings(&self.suite, service, shares, to, other_chain);
                self.update_service(service, settings)
            }
            Step::CancelUpdate { service } => self.cancel_update(service),
            Step::RemovePenalty { service, kind } => self.remove_penalty(service, kind),
            Step::RedirectProceeds { service, nth } => self.redirect(service, nth),
            Step::StopService { service } => self.slashing(
                slasher(service),
                &slashing::ExecuteMsg::StopService { service },
            ),
            Step::PayOut { nth } => self.pay_out(nth),
            Step::Close => Ok(self.close()),
            Step::CutOff => self.cut_off(),
            Step::RenewNonces => self.renew_nonces(),
            Step::Reopen => self.reopen(),
            Step::Wait { seconds } => {
                self.suite.wait(seconds);
                Ok(true)
            }
            Step::Net(action) => self.net(action),
            Step::Base(ref step) => self.take_base(step),
            Step::Earn(ref step) => self.take_earn(step),
            Step::Afar(ref step) => self.take_afar(step),
            ref other => panic!("nobody takes {other:?}"),
        }
    }

    pub fn net(&mut self, action: Action) -> HarnessResult<bool> {
        let at = |suite: &Suite| (suite.net.consumer.block().height, suite.net.host.time());
        let before = at(&self.suite);
        let performed = self.suite.net.perform(action)?;
        let after = at(&self.suite);
        self.arrived(&performed);
        self.carried(&performed, (before.0, after.0), (before.1, after.1));
        Ok(performed != Performed::Nothing)
    }

    pub fn vault(&mut self, who: &str, msg: &vault::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.vault.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn delegation(&mut self, who: &str, msg: &delegation::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.delegation.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn allocation(&mut self, who: &str, msg: &allocation::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.allocation.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn slashing(&mut self, who: &str, msg: &slashing::ExecuteMsg) -> HarnessResult<bool> {
        let contract = self.suite.slashing.clone();
        self.suite
            .try_on_host(who, &contract, msg, &[])
            .map(|_| true)
    }

    pub fn deposit(
        &mut self,
        who: Name,
        operator: Option<Name>,
        asset: Name,
        amount: u128,
    ) -> HarnessResult<bool> {
        let operator = operator.map(|name| self.suite.host(name).to_string());
        let (vault, token) = (self.suite.vault.clone(), self.suite.token.clone());
        if asset == STATOM {
            let hook = vault::Cw20HookMsg::Deposit {
                operator,
                owner: None,
            };
            let msg = cw20::Cw20ExecuteMsg::Send {
                contract: vault.to_string(),
                amount: Uint128::new(amount),
                msg: cosmwasm_std::to_json_binary(&hook).unwrap(),
            };
            return self.suite.try_on_host(who, &token, &msg, &[]).map(|_| true);
        }
        let denom = match asset {
            ATOM => DENOM.to_string(),
            STAKE => BOND.to_string(),
            _ => self.ion(),
        };
        let msg = vault::ExecuteMsg::Deposit {
            operator,
            owner: None,
        };
        let funds = cosmwasm_std::coins(amount, denom);
        self.suite
            .try_on_host(who, &vault, &msg, &funds)
            .map(|_| true)
    }

    pub fn at_most_idle(&self, who: Name, asset: Name, amount: u128) -> Uint128 {
        let idle = self
            .now
            .idle
            .get(&(who, asset))
            .copied()
            .unwrap_or_default();
        idle.min(Uint128::new(amount)).max(Uint128::one())
    }

    pub fn cancel(
        &mut self,
        who: Name,
        operator: Name,
        asset: Name,
        amount: Option<u128>,
    ) -> HarnessResult<bool> {
        let Some(pool) = self.now.pools.get(&(operator, asset)) else {
            return Ok(false);
        };
        let range = (who, pool.id, 0)..=(who, pool.id, u64::MAX);
        let Some((_, _, epoch)) = self
            .now
            .entries
            .by
            .range(range)
            .next_back()
            .map(|(key, _)| *key)
        else {
            return Ok(false);
        };
        let msg = delegation::ExecuteMsg::Cancel {
            operator: self.suite.host(operator).to_string(),
            asset: asset.to_string(),
            epoch,
            amount: amount.map(Uint128::new),
        };
        self.delegation(who, &msg)
    }

    pub fn opt_in(&mut self, operator: Name, service: u32, of_most: u64) -> HarnessResult<bool> {
        let share = max_slash(service) * Decimal::bps(of_most);
        let native = NATIVES.contains(&operator);
        let slices = assets_of(service)
            .into_iter()
            .filter(|asset| native || *asset != STAKE)
            .map(|asset| allocation::SliceShare {
                asset: asset.to_string(),
                share,
            });
        let slices = slices.collect();
        self.suite
            .try_opt_in(operator, service, service == CHAIN, slices)
            .map(|_| true)
    }

    pub fn set_first_loss(&mut self, operator: Name, percent: u64) -> HarnessResult<bool> {
        let now = self.suite.net.host.time();
        let share = Decimal::percent(percent);
        let accepted =
            self.delegation(operator, &delegation::ExecuteMsg::SetFirstLoss { share })?;
        let (before, pending) = self.first_losses.get(operator).copied().unwrap_or_default();
        let before = match pending {
            Some((later, at)) if at <= now => later,
            _ => before,
        };
        // Lower: once all who were in the pool when the present epoch ended could have left.
        let after = match percent >= before {
            true => (percent, None),
            false => (
                before,
                Some((percent, self.epochs.matures_at(self.epochs.at(now) + 1))),
            ),
        };
        self.first_losses.insert(operator, after);
        Ok(accepted)
    }
}
