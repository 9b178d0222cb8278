use cosmwasm_std::{Decimal, Deps, DepsMut, MessageInfo, Response};
use palisade_types::allocation::{
    ServiceChange, ServiceId, ServiceTerms, MAX_ASSETS, MAX_OPERATORS,
};
use palisade_types::delegation::{QueryMsg, StakesResponse};

use super::{check_list, load_service, only_slashing};
use crate::events;
use crate::state::{Bounds, Config, Counts, Service, ALLOWED, BOUNDS, CONFIG, COUNTS, SERVICES};
use crate::ContractError;

/// Longest name of a service, in bytes.
const MAX_NAME: usize = 70;
/// Most entries of one change of an allow-list.
const MAX_LISTED: usize = 100;

pub(crate) fn create(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    admin: &str,
    terms: ServiceTerms,
) -> Result<Response, ContractError> {
    let config = CONFIG.load(deps.storage)?;
    only_slashing(&config, &info)?;
    if SERVICES.has(deps.storage, service) {
        return Err(ContractError::ServiceExists { service });
    }
    check_terms(deps.as_ref(), &config, &terms)?;
    let admin = deps.api.addr_validate(admin)?;
    let event = events::create_service(service, &admin);
    let bounds = Bounds {
        max_slash: terms.max_slash,
        assets: terms.assets.clone(),
    };
    BOUNDS.save(deps.storage, service, &bounds)?;
    let stored = Service {
        admin,
        terms,
        stopped: false,
        reward_tokens: 0,
    };
    SERVICES.save(deps.storage, service, &stored)?;
    COUNTS.save(deps.storage, service, &Counts::default())?;
    Ok(Response::new().add_event(event))
}

pub(crate) fn stop(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
) -> Result<Response, ContractError> {
    only_slashing(&CONFIG.load(deps.storage)?, &info)?;
    let mut stored = load_service(deps.storage, service)?;
    require_running(service, &stored)?;
    stored.stopped = true;
    SERVICES.save(deps.storage, service, &stored)?;
    let mut counts = COUNTS.load(deps.storage, service)?;
    counts.stopped = true;
    COUNTS.save(deps.storage, service, &counts)?;
    Ok(Response::new().add_event(events::stop_service(service)))
}

/// Refuses a service that is being wound down.
pub(crate) fn require_running(service: ServiceId, stored: &Service) -> Result<(), ContractError> {
    if stored.stopped {
        return Err(ContractError::ServiceStopped { service });
    }
    Ok(())
}

fn check_terms(deps: Deps, config: &Config, terms: &ServiceTerms) -> Result<(), ContractError> {
    if terms.name.is_empty() || terms.name.len() > MAX_NAME {
        return Err(ContractError::BadLength {
            field: "name",
            found: terms.name.len(),
            most: MAX_NAME,
        });
    }
    if terms.assets.is_empty() {
        return Err(ContractError::BadCount {
            what: "assets",
            found: 0,
            most: MAX_ASSETS,
        });
    }
    check_list(
        "assets",
        MAX_ASSETS,
        terms.assets.iter().map(String::as_str),
    )?;
    check_fraction("max_slash", terms.max_slash)?;
    check_rules(terms)?;
    // The vault refuses to price an asset that it does not know.
    let _known: StakesResponse = config.delegation.ask(
        deps.querier,
        &QueryMsg::Stakes {
            operators: vec![],
            assets: terms.assets.clone(),
        },
    )?;
    Ok(())
}

fn check_rules(terms: &ServiceTerms) -> Result<(), ContractError> {
    check_fraction("max_share", terms.max_share)?;
    if terms.max_operators == 0 || terms.max_operators > MAX_OPERATORS {
        return Err(ContractError::BadCount {
            what: "operators",
            found: usize::try_from(terms.max_operators).unwrap_or(usize::MAX),
            most: usize::try_from(MAX_OPERATORS).unwrap_or(usize::MAX),
        });
    }
    Ok(())
}

fn check_fraction(field: &'static str, found: Decimal) -> Result<(), ContractError> {
    if found.is_zero() || found > Decimal::one() {
        return Err(ContractError::BadFraction {
            field,
            found,
            most: Decimal::one(),
        });
    }
    Ok(())
}

/// Loads a service for its admin.
pub(crate) fn administered(
    deps: Deps,
    info: &MessageInfo,
    service: ServiceId,
) -> Result<Service, ContractError> {
    let stored = load_service(deps.storage, service)?;
    if stored.admin != info.sender {
        return Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            allowed: stored.admin,
        });
    }
    Ok(stored)
}

pub(crate) fn update(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    change: ServiceChange,
) -> Result<Response, ContractError> {
    let mut stored = administered(deps.as_ref(), &info, service)?;
    if let Some(admin) = change.admin {
        stored.admin = deps.api.addr_validate(&admin)?;
    }
    let terms = &mut stored.terms;
    terms.admission = change.admission.unwrap_or(terms.admission.clone());
    terms.min_power = change.min_power.unwrap_or(terms.min_power);
    terms.max_operators = change.max_operators.unwrap_or(terms.max_operators);
    terms.max_share = change.max_share.unwrap_or(terms.max_share);
    check_rules(terms)?;
    SERVICES.save(deps.storage, service, &stored)?;
    Ok(Response::new().add_event(events::update_service(service, &stored.admin)))
}

pub(crate) fn set_allowed(
    deps: DepsMut,
    info: MessageInfo,
    service: ServiceId,
    add: Vec<String>,
    remove: Vec<String>,
) -> Result<Response, ContractError> {
    administered(deps.as_ref(), &info, service)?;
    check_list("operators", MAX_LISTED, add.iter().map(String::as_str))?;
    check_list("operators", MAX_LISTED, remove.iter().map(String::as_str))?;
    for operator in &add {
        let operator = deps.api.addr_validate(operator)?;
        ALLOWED.save(deps.storage, (service, &operator), &())?;
    }
    for operator in &remove {
        let operator = deps.api.addr_validate(operator)?;
        ALLOWED.remove(deps.storage, (service, &operator));
    }
    Ok(Response::new().add_event(events::set_allowed(service, add.len(), remove.len())))
}
