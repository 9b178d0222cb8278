//! Registration of services.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use palisade_admin::require_active;
use palisade_types::allocation;
use palisade_types::slashing::{Action, NewService, Source};

use super::{penalty, settings};
use crate::events;
use crate::state::{Link, Profile, Service, CONFIG, LAST_SERVICE, LINKS, PROFILES, SERVICES};
use crate::ContractError;

pub(crate) fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    new: NewService,
) -> Result<Response, ContractError> {
    require_active(deps.storage, &env.block, &Action::Registrations)?;
    let config = CONFIG.load(deps.storage)?;
    let (slasher, source) = match &new.source {
        Source::Ibc {} => (None, "ibc"),
        Source::Local { slasher } => (Some(deps.api.addr_validate(slasher)?), "local"),
    };

    let provable = slasher.is_none() && new.terms.keyed;
    let settings = settings::check(deps.as_ref(), &env, &config, new.settings, provable)?;

    let service = LAST_SERVICE
        .load(deps.storage)?
        .checked_add(1)
        .ok_or(ContractError::Exhausted { what: "services" })?;
    LAST_SERVICE.save(deps.storage, &service)?;
    SERVICES.save(
        deps.storage,
        service,
        &Service {
            settings,
            change: None,
            former_chain: None,
            nonce_epoch: 0,
            renewed_at: None,
            peer_number: 0,
            slasher,
            stopped_at: None,
            suspended_until: None,
        },
    )?;
    let profile = Profile {
        admin: info.sender.clone(),
        peer: None,
    };
    PROFILES.save(deps.storage, service, &profile)?;
    LINKS.save(deps.storage, service, &Link::default())?;
    penalty::register(deps.storage, service, &new.penalties, new.terms.max_slash)?;
    let create = config
        .allocation
        .call(&allocation::ExecuteMsg::CreateService {
            service,
            admin: info.sender.to_string(),
            terms: new.terms,
        })?;
    Ok(Response::new()
        .add_message(create)
        .add_event(events::register_service(service, &info.sender, source)))
}
