//! The slashing contract: channels to consumers, and penalties.

mod answers;

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Decimal, Uint128, Uint64};
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable};
use palisade_evidence::Equivocation;
use palisade_ibc::{Peer, Slash};

use crate::allocation::{ServiceId, ServiceTerms};
use crate::asset::Destination;

pub use answers::*;

/// Most penalty kinds of a service beside downtime and double-signing.
pub const MAX_OWN_KINDS: usize = 16;
/// The longest pause of executions, in seconds: 7 days. Where half of `execution_grace` is shorter,
/// that is the longest: stake does not leave before a request that a pause held up can be executed.
pub const EXECUTION_PAUSE_LIMIT: u64 = 7 * 86_400;

/// The longest suspension of one service, in seconds: 7 days. Where `bounce_max` is shorter, that is
/// the longest: a bounced slash is taken in after `bounce_max` whatever else.
pub const SUSPENSION_LIMIT: u64 = 7 * 86_400;
/// Most versions of one penalty that are kept: the present one, one on its way, and former ones
/// that were in force within the last unbonding period.
pub const MAX_VERSIONS: usize = 8;
/// The largest bounty, in percent of what a penalty takes.
pub const MAX_BOUNTY_PERCENT: u64 = 10;

/// The longest jail time of a penalty, in seconds: ten years. For longer there is the tombstone.
pub const MAX_JAIL: u64 = 3_650 * 86_400;

/// Instantiates the slashing contract, the host's end of every channel.
#[cw_serde]
pub struct InstantiateMsg {
    /// The owner: admits the peers of IBC services.
    pub owner: String,
    /// May pause, if any.
    pub guardian: Option<String>,
    /// The allocation contract.
    pub allocation: String,
    /// Seconds until a packet times out: 60 to 604,800.
    pub packet_timeout: u64,
    /// Most seconds for which a slash may be bounced before it must be taken in.
    pub bounce_max: u64,
    /// Seconds that everybody has for executing a slash after its window.
    pub execution_grace: u64,
    /// How fast stake can be slashed.
    pub throttle: ThrottleParams,
}

/// How fast stake can be slashed, in units of value: a slash weighs the penalty's fraction of the
/// power that the operator counted with.
#[cw_serde]
pub struct ThrottleParams {
    /// Seconds in which an empty bucket is full again: 3,600 to 2,592,000. Never changes.
    pub period: u64,
    /// The most that the owner may set any bucket to. Never changes.
    pub most: Uint128,
    /// Size of the bucket that all services share.
    pub shared: Uint128,
    /// Buckets of a service that registers.
    pub service: Buckets,
}

/// Sizes of a service's buckets, in units of value. A slash passes while the service's `limit`
/// bucket and one of its `reserved` bucket and the shared one hold anything at all, so that the last
/// one may overdraw by itself at most. It draws on the reserved bucket first, that no other service
/// can empty.
#[cw_serde]
pub struct Buckets {
    /// All slashes of the service.
    pub limit: Uint128,
    /// Its part that does not draw on the shared bucket; at most `limit`, and best as large for
    /// services that register: then none can empty what others need.
    pub reserved: Uint128,
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// Executions of slashes; receipts go on, requests wait. Ends by itself after 7 days at most,
    /// or half of `execution_grace` if that is shorter.
    Executions,
    /// Registrations of services.
    Registrations,
}

impl Pausable for Action {
    fn name(&self) -> &'static str {
        match self {
            Action::Executions => "executions",
            Action::Registrations => "registrations",
        }
    }

    fn limit(&self) -> Option<u64> {
        match self {
            Action::Executions => Some(EXECUTION_PAUSE_LIMIT),
            Action::Registrations => None,
        }
    }
}

/// Messages of the slashing contract.
#[cw_ownable_execute]
#[cw_serde]
pub enum ExecuteMsg {
    /// Registers a service; the sender becomes its admin. By anybody.
    RegisterService(NewService),
    /// Admits the gateway of an IBC service. Another one than before: channels of the former one
    /// have no say any more, and only the new one may open one. The same one again: it may open a
    /// channel in place of the live one, which serves until then. None: the service is cut off. By
    /// the owner.
    SetPeer {
        /// The service.
        service: ServiceId,
        /// The gateway, seen from this chain.
        peer: Option<Peer>,
    },
    /// Starts a new nonce epoch, for a gateway that was replaced and counts from the start, and with
    /// it a new table of what was applied at which height.
    /// Channels that are open have no say any more, as what is under way on them means nonces of
    /// the former epoch; the gateway may open a new one. By the owner.
    RenewNonces {
        /// The service.
        service: ServiceId,
    },
    /// Takes down the operators' powers, sends what changed, and resends outcomes that are not
    /// acknowledged. Without a channel powers are taken down all the same, and told once there is
    /// one. By anybody; one page a call.
    Sync {
        /// The service.
        service: ServiceId,
        /// Most operators to look at, 1 to 50; default 30.
        limit: Option<u32>,
    },
    /// Asks for a penalty; the same checks and the same life as a packet. By the slasher of a
    /// local service.
    Slash {
        /// The service.
        service: ServiceId,
        /// The penalty.
        slash: Slash,
    },
    /// Executes a request whose veto window is over. The sender gets the service's bounty. By
    /// anybody.
    Execute {
        /// The service.
        service: ServiceId,
        /// The request.
        request: Uint64,
    },
    /// Ends a request within its window: nothing is taken. Final, but for a proof. By the service's
    /// resolver.
    Veto {
        /// The service.
        service: ServiceId,
        /// The request.
        request: Uint64,
    },
    /// Proves a double-sign by two conflicting votes, and has its penalty taken at once, whatever
    /// windows, vetoes and throttles there are. The sender gets the service's bounty, once executions
    /// are not paused. By anybody.
    SubmitEquivocation {
        /// The service.
        service: ServiceId,
        /// The votes.
        evidence: Equivocation,
    },
    /// Replaces a service's settings, one unbonding period from now, and a change that is on its way.
    /// Votes for a former chain id count for an unbonding period more. By the service's admin.
    UpdateService {
        /// The service.
        service: ServiceId,
        /// All of them: what is left out is removed.
        settings: ServiceSettings,
    },
    /// Drops a change of settings that is on its way. By the service's admin.
    CancelUpdate {
        /// The service.
        service: ServiceId,
    },
    /// Names another admin. By the service's admin.
    SetServiceAdmin {
        /// The service.
        service: ServiceId,
        /// The new admin.
        admin: String,
    },
    /// Changes or adds a penalty: for infractions from now on if it is milder in every respect, from
    /// one unbonding period on otherwise. That it tombstones no more is milder only if it takes
    /// nothing, as such penalties add up. Replaces a change that is on its way. By the service's admin.
    SetPenalty {
        /// The service.
        service: ServiceId,
        /// The penalty.
        penalty: Penalty,
    },
    /// Ends a penalty: infractions from now on have none. By the service's admin.
    RemovePenalty {
        /// The service.
        service: ServiceId,
        /// The kind.
        kind: String,
    },
    /// Winds a service down, for good: powers fall to zero, slices end by the rules of a decrease,
    /// infractions from now on are refused, earlier ones are taken in as ever. By the service's
    /// admin.
    StopService {
        /// The service.
        service: ServiceId,
    },
    /// Has seized tokens that a former recipient of the service does not take go where its proceeds
    /// go now. By the service's admin.
    RedirectProceeds {
        /// The service.
        service: ServiceId,
        /// The asset; of a natively staked one `{asset}/{operator}`.
        asset: String,
        /// Where they were to go.
        from: Destination,
    },
    /// Sets a service's buckets. By the owner.
    SetThrottle {
        /// The service.
        service: ServiceId,
        /// Their sizes.
        buckets: Buckets,
    },
    /// Sets the size of the shared bucket. By the owner.
    SetSharedThrottle {
        /// In units of value.
        shared: Uint128,
    },
    /// Stops a service that seems to have gone rogue: its slashes bounce, but for proofs. Not again
    /// for as long after it ended. By the guardian or the owner.
    Suspend {
        /// The service.
        service: ServiceId,
        /// For how long; none: 7 days, or `bounce_max` if that is shorter, which is the longest.
        seconds: Option<u64>,
    },
    /// Ends a suspension. By the guardian or the owner.
    Resume {
        /// The service.
        service: ServiceId,
    },
    /// Lets the sender count again after its jail time. By a jailed operator.
    Unjail {
        /// The service.
        service: ServiceId,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
}

/// A service to register.
#[cw_serde]
pub struct NewService {
    /// What operators accept by opting in.
    pub terms: ServiceTerms,
    /// Where slashes come from.
    pub source: Source,
    /// Penalties; kinds without one cannot be slashed.
    pub penalties: Vec<Penalty>,
    /// What its admin can change later.
    pub settings: ServiceSettings,
}

/// What a service's admin can change, one unbonding period ahead.
#[cw_serde]
pub struct ServiceSettings {
    /// Seconds for which an infraction can be punished. With `bounce_max`, the window of disputes
    /// and `execution_grace` at most the unbonding period.
    pub evidence_age: u64,
    /// Who can refuse a slash without proof; none: slashes are executed at once.
    pub dispute: Option<Dispute>,
    /// Where seized tokens go.
    pub proceeds: Proceeds,
    /// Share of what is seized for who executes a request or proves an infraction: 0 to 0.1.
    pub bounty: Decimal,
    /// The chain id that votes are signed for; none: double-signing cannot be proved. IBC services
    /// with keys only.
    pub chain_id: Option<String>,
}

/// Who can refuse a slash without proof.
#[cw_serde]
pub struct Dispute {
    /// May veto: an address of the host; in practice a multisig or the contract of a DAO.
    pub resolver: String,
    /// Seconds after its receipt in which a slash can be vetoed, at least 1.
    pub window: u64,
}

/// Where seized tokens go. No recipient is a contract of the suite.
#[cw_serde]
pub enum Proceeds {
    /// Out of supply.
    Burn {},
    /// To an address.
    Send {
        /// The recipient, on the host.
        recipient: String,
    },
    /// Part of them out of supply, the rest to an address.
    Split {
        /// The recipient, on the host.
        recipient: String,
        /// The share that is burned: above 0, below 1.
        burned: Decimal,
    },
}

/// Where slashes come from.
#[cw_serde]
pub enum Source {
    /// A gateway on a consumer chain, which the owner admits with `set_peer`.
    Ibc {},
    /// An address on this chain.
    Local {
        /// May send `slash`.
        slasher: String,
    },
}

/// The penalty for one kind of infraction.
#[cw_serde]
pub struct Penalty {
    /// `downtime`, `double_sign`, or a kind of the service's own: 1 to 32 of `a-z 0-9 _`.
    pub kind: String,
    /// Fraction p of the captured tokens, 0 to the service's `max_slash`.
    pub fraction: Decimal,
    /// Seconds for which the operator counts nothing; 0: it goes on counting.
    pub jail: u64,
    /// Whether the operator is out of this service for good. Penalties that tombstone are borne
    /// once: an operator that incurs several bears the largest. `double_sign` must.
    pub tombstone: bool,
}

/// Queries of the slashing contract.
#[cw_ownable_query]
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Neighbour and parameters.
    #[returns(ConfigResponse)]
    Config {},
    /// Guardian and pauses in force.
    #[returns(GuardResponse)]
    Guard {},
    /// One service.
    #[returns(ServiceResponse)]
    Service {
        /// The service.
        service: ServiceId,
    },
    /// All services, by number.
    #[returns(Vec<ServiceResponse>)]
    Services {
        /// Last number of the page before.
        start_after: Option<ServiceId>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// When and where an update was applied.
    #[returns(UpdateResponse)]
    Update {
        /// The service.
        service: ServiceId,
        /// The update.
        update_id: Uint64,
    },
    /// What the service was last told of an operator.
    #[returns(DeliveryResponse)]
    Delivery {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// One request.
    #[returns(RequestResponse)]
    Request {
        /// The service.
        service: ServiceId,
        /// The request.
        request: Uint64,
    },
    /// Requests of a service, oldest first.
    #[returns(RequestsResponse<Uint64>)]
    Requests {
        /// The service.
        service: ServiceId,
        /// Those in this state only.
        state: Option<StateFilter>,
        /// `next` of the page before.
        start_after: Option<Uint64>,
        /// Most requests to look at.
        limit: Option<u32>,
    },
    /// Requests against an operator in a service, by kind and height of the infraction. One that a
    /// proof overrode is found by the number in the one that did.
    #[returns(RequestsResponse<(String, Uint64)>)]
    OperatorRequests {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
        /// Those in this state only.
        state: Option<StateFilter>,
        /// `next` of the page before.
        start_after: Option<(String, Uint64)>,
        /// Most requests to look at.
        limit: Option<u32>,
    },
    /// How a nonce of the present nonce epoch was answered.
    #[returns(Option<NonceResponse>)]
    Nonce {
        /// The service.
        service: ServiceId,
        /// The nonce.
        nonce: Uint64,
    },
    /// Requests against an operator that wait: newcomers to its pools would share their loss. Not
    /// slashes that were bounced: no request yet.
    #[returns(Vec<RequestResponse>)]
    PendingSlashes {
        /// The operator.
        operator: String,
        /// Last request of the page before.
        start_after: Option<(ServiceId, Uint64)>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// What a service and all services together can still slash.
    #[returns(ThrottleResponse)]
    Throttle {
        /// The service.
        service: ServiceId,
    },
    /// Jail and tombstone of an operator in a service.
    #[returns(StandingResponse)]
    Standing {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Outcomes of a service that are not acknowledged yet, by nonce.
    #[returns(Vec<OutcomeResponse>)]
    Outcomes {
        /// The service.
        service: ServiceId,
        /// Last nonce of the page before.
        start_after: Option<Uint64>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
