//! The slashing contract: channels to consumers, and penalties.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Decimal, Timestamp, Uint64};
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable};
use palisade_ibc::{Outcome, Peer, Slash};

use crate::allocation::{ServiceId, ServiceTerms};
use crate::asset::{AssetAmount, Destination};

/// Most penalty kinds of a service beside downtime and double-signing.
pub const MAX_OWN_KINDS: usize = 16;
/// The longest pause of executions, in seconds: 7 days. Where `execution_grace` is shorter, that is
/// the longest: stake does not leave before a request that a pause held up can be executed.
pub const EXECUTION_PAUSE_LIMIT: u64 = 7 * 86_400;

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
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// Executions of slashes; receipts go on, requests wait. Ends by itself after 7 days at most,
    /// or `execution_grace` if that is shorter.
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
    /// channel in place of the live one, which serves until then. By the owner.
    SetPeer {
        /// The service.
        service: ServiceId,
        /// The gateway, seen from this chain.
        peer: Peer,
    },
    /// Starts a new nonce epoch, for a gateway that was replaced and counts from the start.
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
    /// Executes a request that waits. By anybody.
    Execute {
        /// The service.
        service: ServiceId,
        /// The request.
        request: Uint64,
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
    /// Seconds for which an infraction can be punished. With `bounce_max` and `execution_grace`
    /// at most the unbonding period.
    pub evidence_age: u64,
    /// Where seized tokens go; not this contract or the allocation contract.
    pub proceeds: Destination,
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
    /// Whether the operator is out of this service for good.
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
        /// Page size.
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
    #[returns(Vec<RequestResponse>)]
    Requests {
        /// The service.
        service: ServiceId,
        /// Last request of the page before.
        start_after: Option<Uint64>,
        /// Page size.
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
    /// Requests against an operator that wait: newcomers to its pools would share their loss.
    #[returns(Vec<RequestResponse>)]
    PendingSlashes {
        /// The operator.
        operator: String,
        /// Last request of the page before.
        start_after: Option<(ServiceId, Uint64)>,
        /// Page size.
        limit: Option<u32>,
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
        /// Page size.
        limit: Option<u32>,
    },
}

/// Neighbour and parameters.
#[cw_serde]
pub struct ConfigResponse {
    /// The allocation contract.
    pub allocation: Addr,
    /// Seconds until a packet times out.
    pub packet_timeout: u64,
    /// Most seconds of bouncing.
    pub bounce_max: u64,
    /// Seconds for executing.
    pub execution_grace: u64,
    /// The unbonding period that the timing rule is measured against.
    pub unbonding_period: u64,
}

/// One service.
#[cw_serde]
pub struct ServiceResponse {
    /// Its number.
    pub service: ServiceId,
    /// Its admin.
    pub admin: Addr,
    /// Where slashes come from.
    pub source: Source,
    /// Its penalties.
    pub penalties: Vec<Penalty>,
    /// Seconds for which an infraction can be punished.
    pub evidence_age: u64,
    /// Where seized tokens go.
    pub proceeds: Destination,
    /// The gateway admitted, if any.
    pub peer: Option<Peer>,
    /// The open channel's id on this chain, if any.
    pub channel: Option<String>,
    /// Nonce epoch.
    pub nonce_epoch: u32,
    /// Newest update made.
    pub last_update: Uint64,
    /// Last operator of a sync pass under way.
    pub sync_cursor: Option<Addr>,
}

/// When and where an update was applied.
#[cw_serde]
pub struct UpdateResponse {
    /// The update.
    pub update_id: Uint64,
    /// When it was made.
    pub sent_at: Timestamp,
    /// Consumer's height and time at application, once acknowledged.
    pub applied: Option<(Uint64, Timestamp)>,
}

/// What the service was last told of an operator.
#[cw_serde]
pub struct DeliveryResponse {
    /// Newest update made with the operator in it; zero: none.
    pub sent: Uint64,
    /// Newest update acknowledged with the operator in it; zero: none.
    pub acked: Uint64,
    /// Whether it did not arrive, or was not even sent: the next syncs tell it again.
    pub dirty: bool,
}

/// A slash request.
#[cw_serde]
pub struct RequestResponse {
    /// The service.
    pub service: ServiceId,
    /// Its number.
    pub request: Uint64,
    /// Its nonce.
    pub nonce: Uint64,
    /// The operator.
    pub operator: Addr,
    /// The kind of infraction.
    pub kind: String,
    /// The update in force at the infraction.
    pub update_id: Uint64,
    /// Consumer's height of the infraction.
    pub height: Uint64,
    /// Time of the infraction, as it counts here.
    pub time: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its state.
    pub state: RequestState,
}

/// Where a request stands.
#[cw_serde]
pub enum RequestState {
    /// Waits for its execution.
    Pending {},
    /// Taken.
    Executed {
        /// What was taken, per asset.
        seized: Vec<AssetAmount>,
        /// When.
        at: Timestamp,
    },
    /// Refused when its execution came: nothing was taken.
    Rejected {
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

/// How a nonce was answered.
#[cw_serde]
pub enum NonceResponse {
    /// It became, or repeated, this request.
    Request {
        /// The request.
        request: Uint64,
    },
    /// Refused for good.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// Jail and tombstone of an operator in a service.
#[cw_serde]
#[derive(Default)]
pub struct StandingResponse {
    /// When `unjail` becomes possible; none: not jailed.
    pub jailed_until: Option<Timestamp>,
    /// Whether it is out for good.
    pub tombstoned: bool,
}

/// An outcome that is not acknowledged yet.
#[cw_serde]
pub struct OutcomeResponse {
    /// The slash's nonce.
    pub nonce: Uint64,
    /// Its end.
    pub outcome: Outcome,
    /// Whether a packet with it is under way.
    pub in_flight: bool,
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
