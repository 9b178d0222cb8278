//! The door: what becomes of a slash that arrives, by packet or by message.

use cosmwasm_std::{
    Addr, Binary, Deps, DepsMut, Env, Event, StdResult, Storage, SubMsg, Timestamp, Uint128,
};
use palisade_evidence::Equivocation;
use palisade_ibc::{Offender, Slash, SlashAck, DOUBLE_SIGN, MAX_KIND_LENGTH};
use palisade_math::slash_weight;
use palisade_types::allocation::{self, LiabilityResponse, ServiceId};
use palisade_types::asset::MAX_CLOCK_SKEW;

use super::slash::Origin;
use super::throttle;
use super::verdict::{Known, Verdict};
use crate::events;
use crate::refusal::{Refusal, OTHER_CONTENT};
use crate::state::{
    table_id, Answer, Config, Nonce, Service, CONFIG, LINKS, NONCES, PENALTIES, REQUESTS, UPDATES,
};
use crate::table;
use crate::time::{after, before};
use crate::ContractError;

/// Longest address that is worth asking the chain about, in bytes: past it asking itself aborts.
const MAX_ADDRESS: usize = 256;
/// Bytes of a consensus key.
const KEY_LENGTH: usize = 32;
/// Most reports of a waiting request that are told its end; more are bounced.
const MAX_REPORTS: usize = 11;
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

/// A report of an infraction with the service that brings it.
struct Claim<'a> {
    service: ServiceId,
    stored: &'a Service,
    slash: &'a Slash,
    now: Timestamp,
    /// When it came first: one that was bounced does not age.
    first_seen: Timestamp,
}

/// Takes a slash in, bounces it, or refuses it for good. Each is kept under its nonce.
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
    let now = env.block.time;
    let answered = |answer| Ok(Receipt::new(service, slash, answer));
    let first_seen = match NONCES.may_load(deps.storage, key)? {
        None => bounced_before(deps.storage, key, &digest)?.unwrap_or(now),
        Some(known) if known.digest != digest => {
            return answered(SlashAck::Rejected {
                reason: OTHER_CONTENT.to_string(),
            })
        }
        Some(known) => match known.answer {
            Answer::Refused(refusal) => return answered(refusal.answer()),
            Answer::Request(number) => return answered(duplicate(deps.storage, service, number)?),
            Answer::Bounced(at) => at,
        },
    };

    let claim = Claim {
        service,
        stored,
        slash,
        now,
        first_seen,
    };
    let config = CONFIG.load(deps.storage)?;
    let (answer, receipt) = match claim.examine(deps.as_ref(), &config)? {
        Ok((verdict, weight)) => {
            match claim.decide(deps.storage, env, &config, verdict, weight, origin)? {
                (Some(answer), receipt) => (answer, receipt),
                (None, receipt) => return Ok(receipt),
            }
        }
        Err(refusal) => {
            let receipt = Receipt::new(service, slash, refusal.answer());
            (Answer::Refused(refusal), receipt)
        }
    };
    NONCES.save(deps.storage, key, &Nonce { digest, answer })?;
    Ok(receipt)
}

/// When a report came first that bounced before nonces were renewed: it does not age by that.
fn bounced_before(
    storage: &dyn Storage,
    (service, nonce_epoch, nonce): (ServiceId, u32, u64),
    digest: &Binary,
) -> StdResult<Option<Timestamp>> {
    let Some(former) = nonce_epoch.checked_sub(1) else {
        return Ok(None);
    };
    let known = NONCES.may_load(storage, (service, former, nonce))?;
    let same = known.filter(|known| known.digest == *digest);
    Ok(same.and_then(|known| match known.answer {
        Answer::Bounced(at) => Some(at),
        _ => None,
    }))
}

/// The answer to a report of an infraction that there is a request for.
fn duplicate(
    storage: &dyn Storage,
    service: ServiceId,
    number: u64,
) -> Result<SlashAck, ContractError> {
    Ok(SlashAck::Duplicate {
        request: number.into(),
        outcome: REQUESTS.load(storage, (service, number))?.outcome(),
    })
}

impl Claim<'_> {
    /// Checks what the report says, and looks up whom and what it means. Also its weight.
    fn examine(
        &self,
        deps: Deps,
        config: &Config,
    ) -> Result<Result<(Verdict, Uint128), Refusal>, ContractError> {
        let slash = self.slash;
        // A longer name has no policy, and might be too long for a key of the store.
        if slash.infraction.len() > MAX_KIND_LENGTH {
            return Ok(Err(Refusal::Kind {}));
        }
        let Some(policies) = PENALTIES.may_load(deps.storage, (self.service, &slash.infraction))?
        else {
            return Ok(Err(Refusal::Kind {}));
        };
        if let Some(refusal) = self.reject(deps)? {
            return Ok(Err(refusal));
        }
        if !plausible(deps, &slash.offender) {
            return Ok(Err(Refusal::Offender {}));
        }
        let update = slash.update_id;
        let mut liability = self.liability(deps, config, self.offender(), update.u64())?;
        let named = |operator: &Addr| match &slash.offender {
            Offender::Operator(address) => address == operator.as_str(),
            Offender::Key(_) => true,
        };
        let Some(operator) = liability.operator.clone().filter(named) else {
            return Ok(Err(Refusal::Offender {}));
        };
        let proven = self.settle_by_table(deps, config, &operator, &mut liability)?;
        let time = match self.time(deps, config, proven)? {
            Ok(time) => time,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let captured = liability.captured.iter().any(|c| !c.amount.is_zero());
        let Some(since) = liability.since.filter(|_| captured) else {
            return Ok(Err(Refusal::NothingCaptured {}));
        };
        if after(time, MAX_CLOCK_SKEW) < since {
            return Ok(Err(Refusal::BeforeUpdate {}));
        }
        let time = time.max(since);
        let Some(policy) = policies.at(time) else {
            return Ok(Err(Refusal::Kind {}));
        };
        let weight = slash_weight(liability.power, policy.fraction)?;
        let settings = &self.stored.settings;
        let verdict = Verdict {
            service: self.service,
            operator,
            kind: slash.infraction.clone(),
            height: slash.height.u64(),
            update_id: liability.update_id.u64(),
            time,
            policy,
            window: if proven { 0 } else { settings.window() },
            proven,
        };
        Ok(Ok((verdict, weight)))
    }

    fn liability(
        &self,
        deps: Deps,
        config: &Config,
        offender: Offender,
        update_id: u64,
    ) -> StdResult<LiabilityResponse> {
        config.allocation.ask(
            deps.querier,
            &allocation::QueryMsg::Liability {
                service: self.service,
                offender,
                update_id: update_id.into(),
            },
        )
    }

    /// Whether a double-sign counts as proved: the host's own table says which of the operator's
    /// updates was in force, and another one that the report names gives way to that. But if it names
    /// a newer one that the table does not know of yet, it may know better: all that is known is the
    /// consumer's word, and it counts as without a proof.
    fn settle_by_table(
        &self,
        deps: Deps,
        config: &Config,
        operator: &Addr,
        liability: &mut LiabilityResponse,
    ) -> Result<bool, ContractError> {
        if self.slash.evidence.is_none() {
            return Ok(false);
        }
        let (service, height) = (self.service, self.slash.height.u64());
        let table = table_id(service, self.stored.nonce_epoch);
        let named = liability.update_id.u64();
        let update = UPDATES.may_load(deps.storage, (service, named))?;
        let applied = update.and_then(|update| update.applied);
        let came_later = applied.is_some_and(|(at, _)| at.u64() >= height);
        match table::in_force(deps.storage, table, operator, height)? {
            Some(known) if known == named => {}
            Some(known) if known > named || came_later => {
                let offender = Offender::Operator(operator.to_string());
                *liability = self.liability(deps, config, offender, known)?;
            }
            None if came_later => liability.captured.clear(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Why it is refused by what it says alone.
    fn reject(&self, deps: Deps) -> Result<Option<Refusal>, ContractError> {
        let slash = self.slash;
        let last = LINKS.load(deps.storage, self.service)?.last_update;
        let update = slash.update_id.u64();
        if update == 0 || update > last {
            return Ok(Some(Refusal::Update { last }));
        }
        // The consumer's clock may be a little ahead.
        if slash.time > after(self.now, MAX_CLOCK_SKEW) {
            return Ok(Some(Refusal::Future {}));
        }
        Ok(match &slash.evidence {
            Some(evidence) => self.prove(deps, evidence).err(),
            None => None,
        })
    }

    /// When it was; that of one that is proved between the heights that the host knows.
    fn time(
        &self,
        deps: Deps,
        config: &Config,
        proven: bool,
    ) -> Result<Result<Timestamp, Refusal>, ContractError> {
        let mut time = self.slash.time.min(self.now);
        if proven {
            let table = table_id(self.service, self.stored.nonce_epoch);
            let height = self.slash.height.u64();
            let moment = table::moment(deps.storage, table, height, self.now)?;
            time = time.min(moment.latest).max(moment.earliest);
        }
        let evidence_age = self.stored.settings.evidence_age;
        // While it bounces it does not age; and after that it has as long to come again as an
        // infraction has to be reported. But it cannot be kept for ever, to be brought at will.
        let kept = config.bounce_max.saturating_add(evidence_age);
        let seen = self.first_seen.max(before(self.now, kept));
        if time < before(seen, evidence_age) {
            return Ok(Err(Refusal::Expired { evidence_age }));
        }
        if self.stored.stopped_at.is_some_and(|at| time > at) {
            return Ok(Err(Refusal::Stopped {}));
        }
        Ok(Ok(time))
    }

    /// Checks the evidence, and that it is of what is reported.
    fn prove(&self, deps: Deps, evidence: &Equivocation) -> Result<(), Refusal> {
        let of_offender = match &self.slash.offender {
            Offender::Operator(_) => true,
            Offender::Key(key) => *key == evidence.key,
        };
        let same = self.slash.infraction == DOUBLE_SIGN && self.slash.height == evidence.height;
        if !same || !of_offender {
            return Err(Refusal::Evidence {});
        }
        let verified = self.stored.verify(deps.api, self.now, evidence);
        verified.map_err(|error| match error {
            ContractError::Refused(refusal) => refusal,
            _ => Refusal::Evidence {},
        })
    }

    /// Whom to look up: the key that signed, where it is known.
    fn offender(&self) -> Offender {
        match &self.slash.evidence {
            Some(evidence) => Offender::Key(evidence.key.clone()),
            None => self.slash.offender.clone(),
        }
    }

    /// What becomes of an infraction that is to be punished. Without an answer nothing is kept
    /// under the nonce.
    fn decide(
        &self,
        storage: &mut dyn Storage,
        env: &Env,
        config: &Config,
        verdict: Verdict,
        weight: Uint128,
        origin: Origin,
    ) -> Result<(Option<Answer>, Receipt), ContractError> {
        let known = verdict.known(storage, self.stored)?;
        match &known {
            Known::Same { number } => return self.echo(storage, *number),
            Known::Fresh { .. } if !verdict.proven => {
                if let Some(retry_at) = self.bounce(storage, config, weight)? {
                    let answer = SlashAck::Bounced { retry_at };
                    let receipt = Receipt::new(self.service, self.slash, answer);
                    return Ok((Some(Answer::Bounced(self.first_seen)), receipt));
                }
            }
            _ => {}
        }
        let report = (self.stored.nonce_epoch, self.slash.nonce.u64());
        let mut task = verdict.open(storage, known, Some(report), origin, self.now)?;
        let number = task.number;
        let answer = SlashAck::Accepted {
            request: number.into(),
            outcome: None,
        };
        let mut receipt = Receipt::new(self.service, self.slash, answer);
        match task.start(storage, env, config, self.stored, None)? {
            Ok(execution) => receipt.execution = Some(execution),
            Err(event) => receipt.events.push(event),
        }
        Ok((Some(Answer::Request(number)), receipt))
    }

    /// When it may come again, if it cannot be taken in now. After the longest bouncing it is taken
    /// in whatever else: the stake that it is about may leave soon.
    fn bounce(
        &self,
        storage: &mut dyn Storage,
        config: &Config,
        weight: Uint128,
    ) -> Result<Option<Timestamp>, ContractError> {
        let deadline = after(self.first_seen, config.bounce_max);
        let must = self.now >= deadline;
        let suspended = self.stored.suspended(self.now).filter(|_| !must);
        let retry_at = match suspended {
            Some(until) => Some(until),
            None => throttle::draw(storage, config, self.service, weight, self.now, must)?,
        };
        Ok(retry_at.map(|at| at.min(deadline)))
    }

    /// Answers a report of an infraction that there is a request for, under another nonce.
    fn echo(
        &self,
        storage: &mut dyn Storage,
        number: u64,
    ) -> Result<(Option<Answer>, Receipt), ContractError> {
        let key = (self.service, number);
        let mut request = REQUESTS.load(storage, key)?;
        let outcome = request.outcome();
        // A local service is told nothing by packet, so there is nothing to remember.
        if outcome.is_none() && self.stored.slasher.is_none() {
            if request.reports.len() >= MAX_REPORTS {
                let retry_at = after(self.now, ECHO_RETRY);
                let answer = SlashAck::Bounced { retry_at };
                return Ok((None, Receipt::new(self.service, self.slash, answer)));
            }
            let report = (self.stored.nonce_epoch, self.slash.nonce.u64());
            request.reports.push(report);
            REQUESTS.save(storage, key, &request)?;
        }
        let answer = SlashAck::Duplicate {
            request: number.into(),
            outcome,
        };
        let receipt = Receipt::new(self.service, self.slash, answer);
        Ok((Some(Answer::Request(number)), receipt))
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
