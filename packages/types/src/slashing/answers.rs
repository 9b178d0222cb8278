//! What the slashing contract answers to queries.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Timestamp, Uint128, Uint64};
use palisade_ibc::{Outcome, Peer};

use super::{Penalty, ServiceSettings, Source};
use crate::allocation::ServiceId;
use crate::asset::AssetAmount;

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
    /// Seconds in which an empty bucket is full again.
    pub throttle_period: u64,
    /// The most that the owner may set any bucket to.
    pub throttle_most: Uint128,
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
    /// Its penalties: those in force, and those on their way.
    pub penalties: Vec<PenaltyResponse>,
    /// Its settings in force.
    pub settings: ServiceSettings,
    /// A change on its way, and when it takes effect.
    pub pending: Option<(ServiceSettings, Timestamp)>,
    /// When it was stopped, if it was.
    pub stopped_at: Option<Timestamp>,
    /// Until when it is suspended, if it is.
    pub suspended_until: Option<Timestamp>,
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

/// A penalty of a service and its change.
#[cw_serde]
pub struct PenaltyResponse {
    /// The kind of infraction.
    pub kind: String,
    /// The penalty for infractions from now on; none: not, or no longer, punished.
    pub penalty: Option<Penalty>,
    /// A change on its way: the penalty, and from which time of infraction on.
    pub pending: Option<(Penalty, Timestamp)>,
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
    /// Nonce of its report; none: a proof that came without one.
    pub nonce: Option<Uint64>,
    /// Whether it is proved.
    pub proven: bool,
    /// The former request for the same infraction that it went past: one that was vetoed, was
    /// executed by another update, or waits with a newer one. Together they take the largest.
    pub overrides: Option<Uint64>,
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
    /// Until when it can be vetoed; then it can be executed.
    pub executable_at: Timestamp,
    /// What it will take, while it waits.
    pub penalty: Option<Penalty>,
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
    /// Refused by the resolver: nothing was taken.
    Vetoed {
        /// When.
        at: Timestamp,
    },
}

/// States to look for.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum StateFilter {
    /// Those that wait.
    Pending,
    /// Those that were executed.
    Executed,
    /// Those that were vetoed.
    Vetoed,
}

/// A page of requests.
#[cw_serde]
pub struct RequestsResponse<C> {
    /// Those looked at that are in the state asked for.
    pub requests: Vec<RequestResponse>,
    /// Where the next page starts; none: there is none.
    pub next: Option<C>,
}

/// What a service and all services together can still slash, in units of value.
#[cw_serde]
pub struct ThrottleResponse {
    /// The service's own bucket.
    pub limit: BucketResponse,
    /// Its part that no other service can empty.
    pub reserved: BucketResponse,
    /// The one that all services share.
    pub shared: BucketResponse,
}

/// A bucket of a throttle, in units of value.
#[cw_serde]
pub struct BucketResponse {
    /// What it holds when full.
    pub capacity: Uint128,
    /// What was drawn and did not come back yet: a slash passes while it is below the capacity.
    pub used: Uint128,
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
    /// To be sent again; its infraction does not age meanwhile.
    Bounced {
        /// When it came first.
        first_seen: Timestamp,
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
