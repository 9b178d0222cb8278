//! From a request to its end: executed, or vetoed.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, DepsMut, Empty, Env, Event, MessageInfo, Response, Storage,
    SubMsg, SubMsgResult,
};
use palisade_admin::{require_active, AdminError};
use palisade_ibc::{encode_ack, Slash, SlashAck};
use palisade_types::allocation::{self, ServiceId, SlashOperator, SlashResult};
use palisade_types::asset::AssetAmount;
use palisade_types::neighbour::read;
use palisade_types::slashing::Action;

use super::intake::receive_slash;
use super::load_service;
use crate::events;
use crate::ibc::outcome;
use crate::state::{Config, End, Policy, Request, Service, CONFIG, PENDING, REQUESTS, STANDINGS};
use crate::time::after;
use crate::ContractError;

/// Reply of an execution at the door: failing, the request waits.
pub(crate) const RECEIVED: u64 = 1;
/// Reply of an execution that somebody asked for: failing is the caller's error.
pub(crate) const EXECUTED: u64 = 2;

/// How a request came to its execution, and so who is answered what.
#[cw_serde]
#[derive(Copy, Eq)]
pub(crate) enum Origin {
    /// A packet: the answer is its acknowledgement.
    Packet,
    /// A message of a slasher: the answer is its data.
    Message,
    /// Anybody's message, with a request or a proof: no answer.
    Execute,
}

/// An execution under way, carried to its reply, so that the request is written but once.
#[cw_serde]
pub(crate) struct Task {
    pub(crate) service: ServiceId,
    pub(crate) number: u64,
    pub(crate) request: Request,
    pub(crate) origin: Origin,
}

/// Takes a slash of a local service in.
pub(crate) fn by_message(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    slash: &Slash,
) -> Result<Response, ContractError> {
    let stored = load_service(deps.storage, &env, service)?;
    match &stored.slasher {
        None => return Err(ContractError::NotLocal { service }),
        Some(slasher) if *slasher != info.sender => {
            return Err(ContractError::NotSlasher {
                service,
                sender: info.sender,
            })
        }
        Some(_) => {}
    }
    let receipt = receive_slash(deps, &env, service, &stored, slash, Origin::Message)?;
    Ok(Response::new()
        .set_data(to_json_binary(&receipt.answer)?)
        .add_events(receipt.events)
        .add_submessages(receipt.execution))
}

/// Executes a request whose window is over.
pub(crate) fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    number: u64,
) -> Result<Response, ContractError> {
    require_active(deps.storage, &env.block, &Action::Executions)?;
    let stored = load_service(deps.storage, &env, service)?;
    let request = take_up(deps.storage, service, number)?;
    let until = after(request.received_at, request.window);
    if env.block.time < until {
        return Err(ContractError::StillInWindow {
            service,
            request: number,
            until,
        });
    }
    let task = Task {
        service,
        number,
        request,
        origin: Origin::Execute,
    };
    let config = CONFIG.load(deps.storage)?;
    let finder = task.request.finder.as_ref().unwrap_or(&info.sender);
    let execution = task.execution(&config, &stored, Some(finder))?;
    Ok(Response::new().add_submessage(execution))
}

/// Ends a request within its window: nothing is taken.
pub(crate) fn veto(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    number: u64,
) -> Result<Response, ContractError> {
    let stored = load_service(deps.storage, &env, service)?;
    let resolver = stored.settings.dispute.as_ref();
    if resolver.is_none_or(|(resolver, _)| *resolver != info.sender) {
        return Err(ContractError::NotResolver {
            service,
            sender: info.sender,
        });
    }
    let mut request = take_up(deps.storage, service, number)?;
    let until = after(request.received_at, request.window);
    if env.block.time >= until {
        return Err(ContractError::WindowOver {
            service,
            request: number,
            until,
        });
    }
    let event = events::slash_vetoed(service, number, &request.operator, &request.kind);
    request.policy = None;
    request.end = Some(End::Vetoed { at: env.block.time });
    REQUESTS.save(deps.storage, (service, number), &request)?;
    let told = outcome::queue(deps.storage, &env, service, &request, None)?;
    Ok(told.add_to(Response::new().add_event(event)))
}

/// A request that waits. It waits no longer.
fn take_up(
    storage: &mut dyn Storage,
    service: ServiceId,
    number: u64,
) -> Result<Request, ContractError> {
    let request =
        REQUESTS
            .may_load(storage, (service, number))?
            .ok_or(ContractError::UnknownRequest {
                service,
                request: number,
            })?;
    let waits = (&request.operator, service, number);
    // The index, not the request, decides: it goes before the call, so that no call on the way
    // can come back and execute it again.
    if !PENDING.has(storage, waits) {
        return Err(ContractError::RequestEnded {
            service,
            request: number,
        });
    }
    PENDING.remove(storage, waits);
    Ok(request)
}

/// Continues after the execution at the door: its end is in the answer.
pub(crate) fn received(
    deps: DepsMut,
    env: Env,
    mut task: Task,
    result: SubMsgResult,
) -> Result<Response, ContractError> {
    let mut response = Response::new();
    match result {
        SubMsgResult::Ok(reply) => {
            let result: SlashResult = read(reply)?;
            let event = task.complete(deps.storage, &env, result.seized)?;
            // Those that came before with the same infraction are told by packet.
            let answered = task.request.reports.last().copied();
            let (service, request) = (task.service, &task.request);
            let told = outcome::queue(deps.storage, &env, service, request, answered)?;
            response = told.add_to(response.add_event(event));
        }
        SubMsgResult::Err(error) => {
            response = response.add_event(task.postpone(deps.storage, &error)?);
        }
    }
    response.data = task.answer()?;
    Ok(response)
}

/// Continues after an execution that somebody asked for: its end is told by packet.
pub(crate) fn executed(
    deps: DepsMut,
    env: Env,
    mut task: Task,
    result: SlashResult,
) -> Result<Response, ContractError> {
    let event = task.complete(deps.storage, &env, result.seized)?;
    let told = outcome::queue(deps.storage, &env, task.service, &task.request, None)?;
    Ok(told.add_to(Response::new().add_event(event)))
}

impl Task {
    /// Has the penalty taken; or has the request wait, while it can be vetoed or executions are
    /// paused.
    pub(crate) fn start(
        &mut self,
        storage: &mut dyn Storage,
        env: &Env,
        config: &Config,
        stored: &Service,
        finder: Option<&Addr>,
    ) -> Result<Result<SubMsg, Event>, ContractError> {
        if self.request.window > 0 {
            return Ok(Err(self.postpone(storage, "it can be vetoed")?));
        }
        match require_active(storage, &env.block, &Action::Executions) {
            Ok(()) => Ok(Ok(self.execution(config, stored, finder)?)),
            Err(error @ AdminError::Paused { .. }) => {
                self.request.finder = finder.cloned();
                Ok(Err(self.postpone(storage, &error.to_string())?))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The message that takes the penalty, and who is to get the bounty for it.
    fn execution(
        &self,
        config: &Config,
        stored: &Service,
        finder: Option<&Addr>,
    ) -> Result<SubMsg, ContractError> {
        let request = &self.request;
        let policy = self.policy()?;
        let slash = SlashOperator {
            service: self.service,
            operator: request.operator.clone(),
            update_id: request.update_id.into(),
            fraction: policy.fraction,
            jail: policy.jails(),
            tombstone: policy.tombstone,
            payees: stored.settings.payees(self.service, finder)?,
        };
        let message = config
            .allocation
            .call(&allocation::ExecuteMsg::Slash(slash))?;
        let message = match self.origin {
            Origin::Execute => SubMsg::reply_on_success(message, EXECUTED),
            Origin::Packet | Origin::Message => SubMsg::reply_always(message, RECEIVED),
        };
        Ok(message.with_payload(to_json_binary(self)?))
    }

    fn policy(&self) -> Result<&Policy, ContractError> {
        self.request
            .policy
            .as_ref()
            .ok_or(ContractError::RequestEnded {
                service: self.service,
                request: self.number,
            })
    }

    /// Writes the request down as executed, and what that means for the operator.
    fn complete(
        &mut self,
        storage: &mut dyn Storage,
        env: &Env,
        seized: Vec<AssetAmount>,
    ) -> Result<Event, ContractError> {
        let (service, number) = (self.service, self.number);
        let event = events::slash_executed(service, number, &self.request, &seized);
        let policy = self.policy()?;
        if policy.jails() {
            let key = (service, &self.request.operator);
            let standing = STANDINGS.may_load(storage, key)?.unwrap_or_default();
            STANDINGS.save(storage, key, &standing.after(policy, env.block.time))?;
        }
        // Of a proof it tells whether another one knows of a heavier penalty.
        if !self.request.proven {
            self.request.policy = None;
        }
        self.request.finder = None;
        self.request.end = Some(End::Executed {
            seized,
            at: env.block.time,
        });
        REQUESTS.save(storage, (service, number), &self.request)?;
        Ok(event)
    }

    /// Writes the request down as waiting.
    fn postpone(&self, storage: &mut dyn Storage, reason: &str) -> Result<Event, ContractError> {
        let operator = &self.request.operator;
        REQUESTS.save(storage, (self.service, self.number), &self.request)?;
        PENDING.save(storage, (operator, self.service, self.number), &Empty {})?;
        Ok(events::slash_pending(
            self.service,
            self.number,
            operator,
            reason,
        ))
    }

    /// The answer to who brought the slash.
    fn answer(&self) -> Result<Option<Binary>, ContractError> {
        let answer = SlashAck::Accepted {
            request: self.number.into(),
            outcome: self.request.outcome(),
        };
        Ok(match self.origin {
            Origin::Packet => Some(encode_ack(&answer)?),
            Origin::Message => Some(to_json_binary(&answer)?),
            Origin::Execute => None,
        })
    }
}
