//! Slashes by message, and executions.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Binary, DepsMut, Empty, Env, Event, MessageInfo, Response, Storage, SubMsg,
    SubMsgResult, WasmMsg,
};
use palisade_admin::require_active;
use palisade_ibc::{encode_ack, Slash, SlashAck};
use palisade_types::allocation::{self, ServiceId, SlashOperator, SlashResult};
use palisade_types::asset::AssetAmount;
use palisade_types::slashing::Action;

use super::intake::{load_standing, receive_slash};
use super::load_service;
use crate::events;
use crate::ibc::outcome;
use crate::refusal::Refusal;
use crate::reply::read;
use crate::state::{
    Config, End, Policy, Request, Service, Standing, CONFIG, PENALTIES, PENDING, REQUESTS,
    STANDINGS,
};
use crate::ContractError;

/// Reply of an execution at the door: failing, the request waits.
pub(crate) const RECEIVED: u64 = 1;
/// Reply of an execution that somebody asked for: failing is the caller's error.
pub(crate) const EXECUTED: u64 = 2;

/// How a request came to its execution, and so who is answered what.
#[cw_serde]
pub(crate) enum Origin {
    /// A packet: the answer is its acknowledgement.
    Packet,
    /// A message: the answer is its data.
    Message,
    /// `execute`: no answer.
    Execute,
}

/// An execution under way, carried to its reply, so that the request is written but once.
#[cw_serde]
pub(crate) struct Task {
    pub(crate) service: ServiceId,
    pub(crate) number: u64,
    pub(crate) request: Request,
    /// The operator's standing afterwards, if it changes.
    pub(crate) standing: Option<Standing>,
    pub(crate) origin: Origin,
}

pub(crate) fn by_message(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    slash: &Slash,
) -> Result<Response, ContractError> {
    let stored = load_service(deps.storage, service)?;
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

pub(crate) fn execute(
    deps: DepsMut,
    env: Env,
    service: ServiceId,
    number: u64,
) -> Result<Response, ContractError> {
    require_active(deps.storage, &env.block, &Action::Executions)?;
    let stored = load_service(deps.storage, service)?;
    let request = REQUESTS.may_load(deps.storage, (service, number))?.ok_or(
        ContractError::UnknownRequest {
            service,
            request: number,
        },
    )?;
    let waits = (&request.operator, service, number);
    // The index, not the request, decides: it goes before the call, so that no call on the way
    // can come back and execute it again.
    if !PENDING.has(deps.storage, waits) {
        return Err(ContractError::RequestEnded {
            service,
            request: number,
        });
    }
    PENDING.remove(deps.storage, waits);

    let policy = PENALTIES.load(deps.storage, (service, &request.kind))?;
    let standing = load_standing(deps.storage, service, &request.operator, &policy)?;
    if let Some(refusal) = policy.refuses(standing.as_ref()) {
        return reject(deps, &env, service, number, request, refusal);
    }
    let task = Task {
        service,
        number,
        request,
        standing: standing.map(|s| s.after(&policy, env.block.time)),
        origin: Origin::Execute,
    };
    let message = submit(&CONFIG.load(deps.storage)?, &stored, &policy, &task)?;
    let message = SubMsg::reply_on_success(message, EXECUTED).with_payload(to_json_binary(&task)?);
    Ok(Response::new().add_submessage(message))
}

/// Ends a request that waited as rejected: nothing is taken.
fn reject(
    deps: DepsMut,
    env: &Env,
    service: ServiceId,
    number: u64,
    mut request: Request,
    refusal: Refusal,
) -> Result<Response, ContractError> {
    let (operator, kind) = (&request.operator, &request.kind);
    let event = events::slash_rejected(service, number, operator, kind, &refusal);
    request.end = Some(End::Rejected {
        refusal,
        at: env.block.time,
    });
    REQUESTS.save(deps.storage, (service, number), &request)?;
    let told = outcome::queue(deps.storage, env, service, &request)?;
    Ok(told.add_to(Response::new().add_event(event)))
}

/// The message that takes the penalty.
pub(crate) fn submit(
    config: &Config,
    stored: &Service,
    policy: &Policy,
    task: &Task,
) -> Result<WasmMsg, ContractError> {
    let slash = SlashOperator {
        service: task.service,
        operator: task.request.operator.clone(),
        update_id: task.request.update_id.into(),
        infraction: task.request.time,
        fraction: policy.fraction,
        jail: policy.jails(),
        destination: stored.proceeds.clone(),
    };
    Ok(config
        .allocation
        .call(&allocation::ExecuteMsg::Slash(slash))?)
}

/// Continues after the execution at the door: its end is in the answer.
pub(crate) fn received(
    deps: DepsMut,
    env: Env,
    mut task: Task,
    result: SubMsgResult,
) -> Result<Response, ContractError> {
    let event = match result {
        SubMsgResult::Ok(response) => {
            let result: SlashResult = read(response)?;
            task.complete(deps.storage, &env, result.seized)?
        }
        SubMsgResult::Err(error) => task.postpone(deps.storage, &error)?,
    };
    let mut response = Response::new().add_event(event);
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
    let told = outcome::queue(deps.storage, &env, task.service, &task.request)?;
    Ok(told.add_to(Response::new().add_event(event)))
}

impl Task {
    /// Writes the request down as executed, and what that means for the operator.
    fn complete(
        &mut self,
        storage: &mut dyn Storage,
        env: &Env,
        seized: Vec<AssetAmount>,
    ) -> Result<Event, ContractError> {
        let operator = &self.request.operator;
        let event = events::slash_executed(
            self.service,
            self.number,
            operator,
            &self.request.kind,
            &seized,
        );
        if let Some(standing) = &self.standing {
            STANDINGS.save(storage, (self.service, operator), standing)?;
        }
        self.request.end = Some(End::Executed {
            seized,
            at: env.block.time,
        });
        REQUESTS.save(storage, (self.service, self.number), &self.request)?;
        Ok(event)
    }

    /// Writes the request down as waiting.
    pub(crate) fn postpone(
        &self,
        storage: &mut dyn Storage,
        reason: &str,
    ) -> Result<Event, ContractError> {
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
