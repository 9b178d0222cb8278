//! The door: what becomes of a slash that arrives, by packet or by message.

use cosmwasm_std::{Addr, Deps, DepsMut, Env, Event, Storage, SubMsg, Timestamp};
use palisade_admin::{require_active, AdminError};
use palisade_ibc::{Offender, Slash, SlashAck, MAX_KIND_LENGTH};
use palisade_types::allocation::{self, LiabilityResponse, ServiceId};
use palisade_types::asset::MAX_CLOCK_SKEW;
use palisade_types::slashing::Action;

use super::slash::{submit, Origin, Task, RECEIVED};
use crate::events;
use crate::refusal::{Refusal, OTHER_CONTENT};
use crate::state::{
    infraction_key, Answer, Config, Nonce, Policy, Request, Service, Standing, CONFIG,
    LAST_REQUEST, LINKS, NONCES, PENALTIES, REQUESTS, SEEN, STANDINGS,
};
use crate::time::{after, before};
use crate::ContractError;

/// Longest address that is worth asking the chain about, in bytes: past it asking itself aborts.
const MAX_ADDRESS: usize = 256;
/// Bytes of a consensus key.
const KEY_LENGTH: usize = 32;
/// Most repetitions of a waiting request that are told its end; more are bounced.
const MAX_ECHOES: usize = 10;
/// Seconds after which a bounced repetition may come again.
const ECHO_RETRY: u64 = 3_600;

/// What a slash was answered.
pub(crate) struct Receipt {
    pub(crate) answer: SlashAck,
    pub(crate) events: Vec<Event>,
    /// The execution: its reply gives the last answer.
    pub(crate) execution: Option<SubMsg>,
}

impl Receipt {
    fn new(service: ServiceId, slash: &Slash, answer: SlashAck) -> Self {
        Receipt {
            events: vec![events::slash(service, slash.nonce, &answer)],
            answer,
            execution: None,
        }
    }
}

/// A slash with the service that asks for it.
struct Claim<'a> {
    service: ServiceId,
    stored: &'a Service,
    slash: &'a Slash,
    now: Timestamp,
}

/// What the checks at the door found.
enum Finding {
    Refused(Refusal),
    Repeats { request: u64 },
    New(Verdict),
}

/// A slash that is taken in, with what was looked up for it.
struct Verdict {
    operator: Addr,
    time: Timestamp,
    policy: Policy,
    /// The operator's standing, where the policy changes it.
    standing: Option<Standing>,
}

/// Takes a slash in, or refuses it for good. Either is kept under its nonce.
pub(crate) fn receive_slash(
    deps: DepsMut,
    env: &Env,
    service: ServiceId,
    stored: &Service,
    slash: &Slash,
    origin: Origin,
) -> Result<Receipt, ContractError> {
    let digest = slash.digest()?;
    let key = (service, stored.nonce_epoch, slash.nonce.u64());
    if let Some(known) = NONCES.may_load(deps.storage, key)? {
        let answer = if known.digest == digest {
            repeat(deps.storage, service, known.answer)?
        } else {
            SlashAck::Rejected {
                reason: OTHER_CONTENT.to_string(),
            }
        };
        return Ok(Receipt::new(service, slash, answer));
    }

    let claim = Claim {
        service,
        stored,
        slash,
        now: env.block.time,
    };
    let config = CONFIG.load(deps.storage)?;
    let (answer, receipt) = match claim.examine(deps.as_ref(), &config)? {
        Finding::Refused(refusal) => {
            let answer = SlashAck::Rejected {
                reason: refusal.to_string(),
            };
            let receipt = Receipt::new(service, slash, answer);
            (Answer::Refused(refusal), receipt)
        }
        Finding::Repeats { request } => {
            let answer = claim.echo(deps.storage, request)?;
            let bounced = matches!(answer, SlashAck::Bounced { .. });
            let receipt = Receipt::new(service, slash, answer);
            if bounced {
                return Ok(receipt);
            }
            (Answer::Request(request), receipt)
        }
        Finding::New(verdict) => {
            let (request, receipt) = claim.accept(deps.storage, env, &config, verdict, origin)?;
            (Answer::Request(request), receipt)
        }
    };
    NONCES.save(deps.storage, key, &Nonce { digest, answer })?;
    Ok(receipt)
}

/// The answer to a nonce that was answered before.
fn repeat(
    storage: &dyn Storage,
    service: ServiceId,
    answer: Answer,
) -> Result<SlashAck, ContractError> {
    Ok(match answer {
        Answer::Request(request) => SlashAck::Duplicate {
            request: request.into(),
            outcome: REQUESTS.load(storage, (service, request))?.outcome(),
        },
        Answer::Refused(refusal) => SlashAck::Rejected {
            reason: refusal.to_string(),
        },
    })
}

impl Claim<'_> {
    fn examine(&self, deps: Deps, config: &Config) -> Result<Finding, ContractError> {
        let slash = self.slash;
        let Some(policy) = self.policy(deps.storage)? else {
            return Ok(Finding::Refused(Refusal::Kind {}));
        };
        let time = match self.time() {
            Ok(time) => time,
            Err(refusal) => return Ok(Finding::Refused(refusal)),
        };
        let last = LINKS.load(deps.storage, self.service)?.last_update;
        let update = slash.update_id.u64();
        if update == 0 || update > last {
            return Ok(Finding::Refused(Refusal::Update { last }));
        }
        if !plausible(deps, &slash.offender) {
            return Ok(Finding::Refused(Refusal::Offender {}));
        }
        let liability: LiabilityResponse = config.allocation.ask(
            deps.querier,
            &allocation::QueryMsg::Liability {
                service: self.service,
                offender: slash.offender.clone(),
                update_id: slash.update_id,
            },
        )?;
        let Some(operator) = liability.operator else {
            return Ok(Finding::Refused(Refusal::Offender {}));
        };
        let captured = liability.captured.iter().any(|c| !c.amount.is_zero());
        let Some(since) = liability.since.filter(|_| captured) else {
            return Ok(Finding::Refused(Refusal::NothingCaptured {}));
        };
        if after(time, MAX_CLOCK_SKEW) < since {
            return Ok(Finding::Refused(Refusal::BeforeUpdate {}));
        }
        let infraction = infraction_key(&slash.infraction, slash.height);
        let seen = SEEN.may_load(deps.storage, (self.service, &operator, infraction))?;
        if let Some(request) = seen {
            return Ok(Finding::Repeats { request });
        }
        let standing = load_standing(deps.storage, self.service, &operator, &policy)?;
        if let Some(refusal) = policy.refuses(standing.as_ref()) {
            return Ok(Finding::Refused(refusal));
        }
        Ok(Finding::New(Verdict {
            operator,
            time: time.max(since),
            policy,
            standing,
        }))
    }

    fn policy(&self, storage: &dyn Storage) -> Result<Option<Policy>, ContractError> {
        let kind = self.slash.infraction.as_str();
        // A longer name has no policy, and might be too long for a key of the store.
        if kind.len() > MAX_KIND_LENGTH {
            return Ok(None);
        }
        Ok(PENALTIES.may_load(storage, (self.service, kind))?)
    }

    /// The infraction's time as it counts here: the consumer's clock may be a little ahead.
    fn time(&self) -> Result<Timestamp, Refusal> {
        if self.slash.time > after(self.now, MAX_CLOCK_SKEW) {
            return Err(Refusal::Future {});
        }
        let evidence_age = self.stored.evidence_age;
        if self.slash.time < before(self.now, evidence_age) {
            return Err(Refusal::Expired { evidence_age });
        }
        Ok(self.slash.time.min(self.now))
    }

    /// Answers a report of an infraction that came before under another nonce.
    fn echo(&self, storage: &mut dyn Storage, request: u64) -> Result<SlashAck, ContractError> {
        let key = (self.service, request);
        let mut stored = REQUESTS.load(storage, key)?;
        let outcome = stored.outcome();
        // A local service is told nothing by packet, so there is nothing to remember.
        if outcome.is_none() && self.stored.slasher.is_none() {
            if stored.echoes.len() >= MAX_ECHOES {
                return Ok(SlashAck::Bounced {
                    retry_at: after(self.now, ECHO_RETRY),
                });
            }
            let echo = (self.stored.nonce_epoch, self.slash.nonce.u64());
            stored.echoes.push(echo);
            REQUESTS.save(storage, key, &stored)?;
        }
        Ok(SlashAck::Duplicate {
            request: request.into(),
            outcome,
        })
    }

    /// Gives the slash a number and starts its execution, unless executions are paused.
    fn accept(
        &self,
        storage: &mut dyn Storage,
        env: &Env,
        config: &Config,
        verdict: Verdict,
        origin: Origin,
    ) -> Result<(u64, Receipt), ContractError> {
        let slash = self.slash;
        let last = LAST_REQUEST.may_load(storage, self.service)?;
        let number = last
            .unwrap_or_default()
            .checked_add(1)
            .ok_or(ContractError::Exhausted { what: "requests" })?;
        LAST_REQUEST.save(storage, self.service, &number)?;
        let infraction = infraction_key(&slash.infraction, slash.height);
        let seen = (self.service, &verdict.operator, infraction);
        SEEN.save(storage, seen, &number)?;

        let task = Task {
            service: self.service,
            number,
            request: Request {
                nonce: slash.nonce.u64(),
                nonce_epoch: self.stored.nonce_epoch,
                operator: verdict.operator,
                kind: slash.infraction.clone(),
                update_id: slash.update_id.u64(),
                height: slash.height.u64(),
                time: verdict.time,
                received_at: self.now,
                echoes: vec![],
                end: None,
            },
            standing: verdict.standing.map(|s| s.after(&verdict.policy, self.now)),
            origin,
        };
        let answer = SlashAck::Accepted {
            request: number.into(),
            outcome: None,
        };
        let mut receipt = Receipt::new(self.service, slash, answer);
        match require_active(storage, &env.block, &Action::Executions) {
            Ok(()) => {
                let message = submit(config, self.stored, &verdict.policy, &task)?;
                receipt.execution = Some(
                    SubMsg::reply_always(message, RECEIVED)
                        .with_payload(cosmwasm_std::to_json_binary(&task)?),
                );
            }
            Err(error @ AdminError::Paused { .. }) => {
                receipt
                    .events
                    .push(task.postpone(storage, &error.to_string())?);
            }
            Err(error) => return Err(error.into()),
        }
        Ok((number, receipt))
    }
}

/// Whether the offender can be one at all. What others wrote is measured before it is looked up,
/// as some look-ups abort on what is too long.
fn plausible(deps: Deps, offender: &Offender) -> bool {
    match offender {
        Offender::Operator(operator) => {
            operator.len() <= MAX_ADDRESS && deps.api.addr_validate(operator).is_ok()
        }
        Offender::Key(key) => key.len() == KEY_LENGTH,
    }
}

/// The operator's standing, if the policy changes it.
pub(crate) fn load_standing(
    storage: &dyn Storage,
    service: ServiceId,
    operator: &Addr,
    policy: &Policy,
) -> Result<Option<Standing>, ContractError> {
    if !policy.jails() {
        return Ok(None);
    }
    let standing = STANDINGS.may_load(storage, (service, operator))?;
    Ok(Some(standing.unwrap_or_default()))
}
