//! What a service's admin changes.

use cosmwasm_std::{Addr, Decimal, Deps, DepsMut, Env, MessageInfo, Response};
use palisade_evidence::MAX_CHAIN_ID_LENGTH;
use palisade_types::allocation::{self, ServiceId};
use palisade_types::asset::{AssetId, Destination, Payee, Redirection};
use palisade_types::slashing::{Proceeds, ServiceSettings, MAX_BOUNTY_PERCENT};

use super::{load_service, only_admin};
use crate::events;
use crate::state::{Change, Config, Settings, CONFIG, LINKS, PROFILES, SERVICES};
use crate::time::after;
use crate::ContractError;

/// Changes the settings, one unbonding period from now.
pub(crate) fn update(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    settings: ServiceSettings,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let config = CONFIG.load(deps.storage)?;
    let mut stored = load_service(deps.storage, &env, service)?;
    let mut provable = stored.slasher.is_none();
    if provable && settings.chain_id.is_some() {
        let query = allocation::QueryMsg::Service { service };
        let allocated: allocation::ServiceResponse = config.allocation.ask(deps.querier, &query)?;
        provable = allocated.terms.keyed;
    }
    let settings = check(deps.as_ref(), &env, &config, settings, provable)?;
    if settings.chain_id.is_some() && !stored.is_provable(env.block.time) {
        // What is in force is noted from now on, of everybody.
        let mut link = LINKS.load(deps.storage, service)?;
        link.all = link.channel.is_some();
        link.cursor = None;
        LINKS.save(deps.storage, service, &link)?;
    }
    let at = after(env.block.time, config.unbonding_period);
    let until = after(at, config.unbonding_period);
    stored.change = Some(Change {
        settings,
        at,
        until,
    });
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::update_service(service, at)))
}

/// Drops a change on its way.
pub(crate) fn cancel(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let mut stored = load_service(deps.storage, &env, service)?;
    if stored.change.take().is_none() {
        return Err(ContractError::NothingPending { service });
    }
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::cancel_update(service)))
}

/// Names another admin.
pub(crate) fn set_admin(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    admin: &str,
) -> Result<Response, ContractError> {
    let mut profile = only_admin(deps.storage, service, &info.sender)?;
    profile.admin = deps.api.addr_validate(admin)?;
    PROFILES.save(deps.storage, service, &profile)?;
    Ok(Response::new().add_event(events::set_service_admin(service, &profile.admin)))
}

/// Winds a service down.
pub(crate) fn stop(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let mut stored = load_service(deps.storage, &env, service)?;
    if let Some(at) = stored.stopped_at {
        return Err(ContractError::ServiceStopped { service, at });
    }
    stored.stopped_at = Some(env.block.time);
    SERVICES.save(deps.storage, service, &stored)?;
    let allocation = CONFIG.load(deps.storage)?.allocation;
    let message = allocation.call(&allocation::ExecuteMsg::StopService { service })?;
    Ok(Response::new()
        .add_message(message)
        .add_event(events::stop_service(service)))
}

/// Has what waits for a former recipient go where the proceeds go now.
pub(crate) fn redirect(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    asset: AssetId,
    from: Destination,
) -> Result<Response, ContractError> {
    only_admin(deps.storage, service, &info.sender)?;
    let stored = load_service(deps.storage, &env, service)?;
    let to = match stored.settings.proceeds.clone() {
        Proceeds::Burn {} => Destination::Burn {},
        Proceeds::Send { recipient } | Proceeds::Split { recipient, .. } => {
            Destination::Send { recipient }
        }
    };
    // What goes there by the settings in force stays: a share to be burned is not to be pocketed.
    let burns = !matches!(stored.settings.proceeds, Proceeds::Send { .. });
    if from == to || (burns && from == (Destination::Burn {})) {
        return Err(ContractError::InUse { service });
    }
    let allocation = CONFIG.load(deps.storage)?.allocation;
    let event = events::redirect_proceeds(service, &asset, &from, &to);
    let message = allocation.call(&allocation::ExecuteMsg::Redirect(Redirection {
        asset,
        account: service,
        from,
        to,
    }))?;
    Ok(Response::new().add_message(message).add_event(event))
}

/// Checks settings; `provable`: the service is an IBC one with keys.
pub(super) fn check(
    deps: Deps,
    env: &Env,
    config: &Config,
    settings: ServiceSettings,
    provable: bool,
) -> Result<Settings, ContractError> {
    let window = settings
        .dispute
        .as_ref()
        .map_or(0, |dispute| dispute.window);
    if settings.dispute.is_some() && window == 0 {
        return Err(ContractError::NoWindow);
    }
    timing_rule(config, settings.evidence_age, window)?;
    let most = Decimal::percent(MAX_BOUNTY_PERCENT);
    if settings.bounty > most {
        return Err(ContractError::Bounty {
            given: settings.bounty,
            max: most,
        });
    }
    check_proceeds(deps, env, config, &settings.proceeds)?;
    if let Some(chain_id) = &settings.chain_id {
        if !provable {
            return Err(ContractError::NotProvable);
        }
        if chain_id.is_empty() || chain_id.len() > MAX_CHAIN_ID_LENGTH {
            return Err(ContractError::ChainId {
                given: chain_id.len(),
                max: MAX_CHAIN_ID_LENGTH,
            });
        }
    }
    let dispute = match settings.dispute {
        Some(dispute) => Some((deps.api.addr_validate(&dispute.resolver)?, dispute.window)),
        None => None,
    };
    Ok(Settings {
        evidence_age: settings.evidence_age,
        dispute,
        proceeds: settings.proceeds,
        bounty: settings.bounty,
        chain_id: settings.chain_id,
    })
}

/// Nothing slashable leaves before its slash.
fn timing_rule(config: &Config, evidence_age: u64, window: u64) -> Result<(), ContractError> {
    let max = config.evidence_limit(window).unwrap_or_default();
    if evidence_age == 0 || evidence_age > max {
        return Err(ContractError::TimingRule {
            evidence_age,
            window,
            max,
        });
    }
    Ok(())
}

fn check_proceeds(
    deps: Deps,
    env: &Env,
    config: &Config,
    proceeds: &Proceeds,
) -> Result<(), ContractError> {
    let recipient = match proceeds {
        Proceeds::Burn {} => return Ok(()),
        Proceeds::Send { recipient } => recipient,
        Proceeds::Split { recipient, burned } => {
            if burned.is_zero() || *burned >= Decimal::one() {
                return Err(ContractError::Burned { given: *burned });
            }
            recipient
        }
    };
    let recipient = deps.api.addr_validate(recipient)?;
    let allocation = &config.allocation;
    let line: allocation::ConfigResponse =
        allocation.ask(deps.querier, &allocation::QueryMsg::Config {})?;
    let (slashing, vault) = (&env.contract.address, &line.vault);
    let suite = [slashing, &allocation.0, &line.delegation, vault];
    if suite.contains(&&recipient) {
        return Err(ContractError::Recipient { recipient });
    }
    Ok(())
}

impl Settings {
    /// Seconds in which a slash without proof can be vetoed.
    pub(crate) fn window(&self) -> u64 {
        self.dispute.as_ref().map_or(0, |(_, window)| *window)
    }

    /// Who gets what a penalty takes, given who is to get the bounty. Shares round down for the
    /// bounty and the burned part, so that the last payee's is what is left of one.
    pub(crate) fn payees(
        &self,
        service: ServiceId,
        finder: Option<&Addr>,
    ) -> Result<Vec<Payee>, ContractError> {
        let mut payees = vec![];
        let mut rest = Decimal::one();
        if let Some(finder) = finder.filter(|_| !self.bounty.is_zero()) {
            rest = rest.saturating_sub(self.bounty);
            let recipient = finder.to_string();
            payees.push(Payee {
                account: BOUNTIES,
                destination: Destination::Send { recipient },
                share: self.bounty,
            });
        }
        let mut pay = |destination, share| {
            payees.push(Payee {
                account: service,
                destination,
                share,
            });
        };
        match self.proceeds.clone() {
            Proceeds::Burn {} => pay(Destination::Burn {}, rest),
            Proceeds::Send { recipient } => pay(Destination::Send { recipient }, rest),
            Proceeds::Split { recipient, burned } => {
                let burned = rest
                    .checked_mul(burned)
                    .map_err(|_| ContractError::Burned { given: burned })?;
                // The vault takes no share of zero, to which a tiny one may round.
                if !burned.is_zero() {
                    pay(Destination::Burn {}, burned);
                }
                pay(Destination::Send { recipient }, rest.saturating_sub(burned));
            }
        }
        Ok(payees)
    }
}

/// The account of bounties: no service has this number, so nobody can redirect them.
const BOUNTIES: u32 = 0;
