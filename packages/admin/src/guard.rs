use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Addr, Api, BlockInfo, Deps, DepsMut, Env, Event, MessageInfo, StdResult, Storage, Timestamp,
};
use cw_storage_plus::Item;

use crate::AdminError;

/// The longest pause of an exit (withdrawals, undelegations, claims), in seconds: 14 days. After
/// it ended, however it ended, the same exit stays open for at least as long again.
pub const EXIT_PAUSE_LIMIT: u64 = 14 * 86_400;

/// The longest pause with an end of its own, in seconds, of an action without a limit: ten years.
const LONGEST_PAUSE: u64 = 3_650 * 86_400;

/// Guardian and pauses of a contract.
pub const GUARD: Item<Guard> = Item::new("guard");

/// A family of actions that the guardian can stop by itself.
pub trait Pausable {
    /// Plural name, as in "deposits".
    fn name(&self) -> &'static str;
    /// The longest pause in seconds; none: until lifted.
    fn limit(&self) -> Option<u64>;
}

/// One pause, running or past.
#[cw_serde]
pub struct Pause {
    /// What is paused.
    pub action: String,
    /// When it ends by itself; none: when lifted.
    pub until: Option<Timestamp>,
}

/// Guardian and pauses, as stored.
#[cw_serde]
#[derive(Default)]
pub struct Guard {
    /// May pause, and lift pauses, beside the owner.
    pub guardian: Option<Addr>,
    /// At most one for each action; ended ones of exits are kept for their cooldown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
}

/// Guardian and the pauses in force.
#[cw_serde]
pub struct GuardResponse {
    /// May pause, and lift pauses, beside the owner.
    pub guardian: Option<Addr>,
    /// Pauses in force.
    pub pauses: Vec<Pause>,
}

/// Messages of owner and guardian.
#[cw_serde]
pub enum AdminMsg<A> {
    /// Stops an action. By the guardian or the owner.
    Pause {
        /// What to stop.
        action: A,
        /// For how long; none: as long as the action allows.
        seconds: Option<u64>,
    },
    /// Lifts a pause. By the guardian or the owner.
    Unpause {
        /// What to let go on.
        action: A,
    },
    /// Names the guardian, or none. By the owner.
    SetGuardian {
        /// Address of the new guardian.
        guardian: Option<String>,
    },
}

/// Sets owner and guardian of a new contract, and its cw2 version.
///
/// # Errors
/// An address that is not valid.
pub fn initialize(
    deps: DepsMut,
    owner: &str,
    guardian: Option<&str>,
    name: &str,
    version: &str,
) -> Result<(), AdminError> {
    cw2::set_contract_version(deps.storage, name, version)?;
    deps.api.addr_validate(owner)?;
    cw_ownable::initialize_owner(deps.storage, deps.api, Some(owner))?;
    let guardian = validate(deps.api, guardian)?;
    GUARD.save(
        deps.storage,
        &Guard {
            guardian,
            pauses: vec![],
        },
    )?;
    Ok(())
}

/// Refuses anyone but the owner.
///
/// # Errors
/// [`AdminError::Ownership`].
pub fn only_owner(storage: &dyn Storage, sender: &Addr) -> Result<(), AdminError> {
    Ok(cw_ownable::assert_owner(storage, sender)?)
}

/// Refuses anyone but the guardian and the owner.
///
/// # Errors
/// [`AdminError::NotGuardian`].
pub fn only_guardian(deps: Deps, sender: &Addr) -> Result<(), AdminError> {
    GUARD.load(deps.storage)?.authorize(deps, sender)
}

/// Refuses a paused action. One storage read.
///
/// # Errors
/// [`AdminError::Paused`].
pub fn require_active<A: Pausable>(
    storage: &dyn Storage,
    block: &BlockInfo,
    action: &A,
) -> Result<(), AdminError> {
    match GUARD.load(storage)?.running(action, block.time) {
        Some(pause) => Err(AdminError::Paused {
            action: action.name(),
            until: pause.until,
        }),
        None => Ok(()),
    }
}

/// Runs a message of owner or guardian.
///
/// # Errors
/// [`AdminError::NotGuardian`], [`AdminError::Ownership`], [`AdminError::PauseLength`],
/// [`AdminError::PauseTooSoon`], [`AdminError::NotPaused`].
pub fn execute<A: Pausable>(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    msg: AdminMsg<A>,
) -> Result<Event, AdminError> {
    let mut guard = GUARD.load(deps.storage)?;
    let event = match msg {
        AdminMsg::Pause { action, seconds } => {
            guard.authorize(deps.as_ref(), &info.sender)?;
            let until = guard.pause(&action, seconds, env.block.time)?;
            let until = until.map_or("lifted".to_string(), |t| t.to_string());
            Event::new("pause")
                .add_attribute("action", action.name())
                .add_attribute("until", until)
        }
        AdminMsg::Unpause { action } => {
            guard.authorize(deps.as_ref(), &info.sender)?;
            guard.lift(&action, env.block.time)?;
            Event::new("unpause").add_attribute("action", action.name())
        }
        AdminMsg::SetGuardian { guardian } => {
            only_owner(deps.storage, &info.sender)?;
            guard.guardian = validate(deps.api, guardian.as_deref())?;
            let name = guardian.unwrap_or_else(|| "none".to_string());
            Event::new("set_guardian").add_attribute("guardian", name)
        }
    };
    GUARD.save(deps.storage, &guard)?;
    Ok(event.add_attribute("sender", &info.sender))
}

fn validate(api: &dyn Api, address: Option<&str>) -> StdResult<Option<Addr>> {
    address.map(|a| api.addr_validate(a)).transpose()
}

impl Guard {
    /// Guardian and pauses in force now.
    #[must_use]
    pub fn response(self, now: Timestamp) -> GuardResponse {
        let in_force = |p: &Pause| p.until.is_none_or(|until| now < until);
        GuardResponse {
            guardian: self.guardian,
            pauses: self.pauses.into_iter().filter(in_force).collect(),
        }
    }

    fn find<A: Pausable>(&self, action: &A) -> Option<&Pause> {
        self.pauses.iter().find(|p| p.action == action.name())
    }

    fn running<A: Pausable>(&self, action: &A, now: Timestamp) -> Option<&Pause> {
        self.find(action)
            .filter(|p| p.until.is_none_or(|until| now < until))
    }

    fn authorize(&self, deps: Deps, sender: &Addr) -> Result<(), AdminError> {
        if self.guardian.as_ref() == Some(sender) || only_owner(deps.storage, sender).is_ok() {
            return Ok(());
        }
        Err(AdminError::NotGuardian {
            sender: sender.clone(),
        })
    }

    fn pause<A: Pausable>(
        &mut self,
        action: &A,
        seconds: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, AdminError> {
        let limit = action.limit().unwrap_or(LONGEST_PAUSE);
        let requested = seconds.unwrap_or(limit);
        if requested == 0 || requested > limit {
            return Err(AdminError::PauseLength {
                action: action.name(),
                limit,
                requested,
            });
        }
        if action.limit().is_some() {
            if let Some(Pause {
                until: Some(until), ..
            }) = self.find(action)
            {
                let earliest = until.plus_seconds(limit);
                if now < earliest {
                    return Err(AdminError::PauseTooSoon {
                        action: action.name(),
                        earliest,
                    });
                }
            }
        }
        let until = seconds.or(action.limit()).map(|s| now.plus_seconds(s));
        self.replace(action, Some(until));
        Ok(until)
    }

    fn lift<A: Pausable>(&mut self, action: &A, now: Timestamp) -> Result<(), AdminError> {
        if self.running(action, now).is_none() {
            return Err(AdminError::NotPaused {
                action: action.name(),
            });
        }
        // The cooldown of an exit runs from the moment that it was lifted.
        self.replace(action, action.limit().map(|_| Some(now)));
        Ok(())
    }

    fn replace<A: Pausable>(&mut self, action: &A, until: Option<Option<Timestamp>>) {
        self.pauses.retain(|p| p.action != action.name());
        if let Some(until) = until {
            self.pauses.push(Pause {
                action: action.name().to_string(),
                until,
            });
        }
    }
}
