//! All state of the contract. Names of fields and maps are short in storage, as every byte of a
//! key or value is paid for at each write.

mod rules;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, Decimal, Empty, Timestamp, Uint128, Uint64};
use cw_storage_plus::{Item, Map};
use palisade_ibc::{Outcome, Peer};
use palisade_math::Meter;
use palisade_types::allocation::ServiceId;
use palisade_types::asset::AssetAmount;
use palisade_types::neighbour::Neighbour;
use palisade_types::slashing::{Buckets, Proceeds};

use crate::refusal::Refusal;

/// Neighbour and parameters; never change.
pub const CONFIG: Item<Config> = Item::new("config");
/// Number of the newest service.
pub const LAST_SERVICE: Item<ServiceId> = Item::new("ls");

/// What a slash needs of its service. Key: service.
pub const SERVICES: Map<ServiceId, Service> = Map::new("sv");
/// What no packet needs of a service. Key: service.
pub const PROFILES: Map<ServiceId, Profile> = Map::new("pf");
/// Penalties in all versions that an infraction may need. Key: service, kind.
pub const PENALTIES: Map<(ServiceId, &str), Policies> = Map::new("pn");
/// What can still be slashed. Key: service.
pub const THROTTLES: Map<ServiceId, Throttle> = Map::new("th");
/// The bucket that all services share.
pub const SHARED: Item<Shared> = Item::new("sh");
/// What sync and the channel's life change. Key: service.
pub const LINKS: Map<ServiceId, Link> = Map::new("lk");

/// The service that a peer belongs to. Key: connection on this chain, counterparty port.
pub const PEERS: Map<(&str, &str), ServiceId> = Map::new("pe");
/// Whose channel it is; closed and replaced ones stay, for their late timeouts. Key: channel id
/// on this chain.
pub const CHANNELS: Map<&str, ChannelOwner> = Map::new("ch");

/// Updates made, those of the last unbonding period and the one in force at its start. Key:
/// service, update.
pub const UPDATES: Map<(ServiceId, u64), Update> = Map::new("up");
/// When the consumer was at a height, of those at which it applied an update. Where double-signs can
/// be proved. Key: [`table_id`], height.
pub const APPLIED: Map<(u64, u64), Timestamp> = Map::new("ap");
/// The operator's update in force after a height of the consumer's, which rises with the height.
/// Where double-signs can be proved. Key: [`table_id`], operator, height.
pub const IN_FORCE: Map<(u64, &Addr, u64), u64> = Map::new("if");
/// What the service was last told of an operator. Key: service, operator.
pub const DELIVERIES: Map<(ServiceId, &Addr), Delivery> = Map::new("dl");
/// Operators whose newest update failed or was not sent, and removed ones until the service knows:
/// a sync tells them again. Key: service, operator.
pub const DIRTY: Map<(ServiceId, &Addr), Dirty> = Map::new("di");

/// How each nonce was answered. Key: service, nonce epoch, nonce.
pub const NONCES: Map<(ServiceId, u32, u64), Nonce> = Map::new("no");
/// The newest request that an infraction became. Key: service, operator, [`infraction_key`].
pub const SEEN: Map<(ServiceId, &Addr, Vec<u8>), u64> = Map::new("se");
/// Number of the newest request. Key: service.
pub const LAST_REQUEST: Map<ServiceId, u64> = Map::new("lr");
/// Requests. Key: service, request.
pub const REQUESTS: Map<(ServiceId, u64), Request> = Map::new("rq");
/// Requests that wait. Key: operator, service, request.
pub const PENDING: Map<(&Addr, ServiceId, u64), Empty> = Map::new("pd");
/// Jail and tombstone; absent: neither. Key: service, operator.
pub const STANDINGS: Map<(ServiceId, &Addr), Standing> = Map::new("st");
/// Outcomes that the consumer did not acknowledge yet. Key: service, nonce epoch, nonce.
pub const OUTCOMES: Map<(ServiceId, u32, u64), Untold> = Map::new("ou");

/// Service and nonce epoch as one part of a key: a gateway that counts from the start finds an empty
/// table.
#[must_use]
pub fn table_id(service: ServiceId, nonce_epoch: u32) -> u64 {
    let [a, b, c, d] = service.to_be_bytes();
    let [e, f, g, h] = nonce_epoch.to_be_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Kind and height as one part of a key: two kinds never share one, as the height's length is
/// fixed.
#[must_use]
pub fn infraction_key(kind: &str, height: Uint64) -> Vec<u8> {
    [kind.as_bytes(), &height.to_be_bytes()].concat()
}

/// Kind and height of an [`infraction_key`]; none: it is none.
#[must_use]
pub fn read_infraction_key(key: &[u8]) -> Option<(String, u64)> {
    let (kind, height) = key.split_last_chunk::<8>()?;
    let kind = String::from_utf8(kind.to_vec()).ok()?;
    Some((kind, u64::from_be_bytes(*height)))
}

/// Neighbour and parameters. Durations in seconds.
#[cw_serde]
pub struct Config {
    /// The allocation contract.
    #[serde(rename = "a")]
    pub allocation: Neighbour,
    /// Until a packet times out.
    #[serde(rename = "t")]
    pub packet_timeout: u64,
    /// The longest bouncing.
    #[serde(rename = "b")]
    pub bounce_max: u64,
    /// For executing.
    #[serde(rename = "g")]
    pub execution_grace: u64,
    /// The suite's unbonding period.
    #[serde(rename = "u")]
    pub unbonding_period: u64,
    /// An epoch.
    #[serde(rename = "e")]
    pub epoch_length: u64,
    /// Until an empty bucket is full again.
    #[serde(rename = "p")]
    pub throttle_period: u64,
    /// The most that any bucket may hold, in units of value.
    #[serde(rename = "m")]
    pub throttle_most: Uint128,
    /// Buckets of a service that registers.
    #[serde(rename = "d")]
    pub buckets: Buckets,
}

/// What a slash needs of its service.
#[cw_serde]
pub struct Service {
    /// What its admin can change.
    #[serde(rename = "k")]
    pub settings: Settings,
    /// Other settings on their way.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Nonce epoch: nonces of an earlier one count for nothing.
    #[serde(rename = "n")]
    pub nonce_epoch: u32,
    /// When that began; none: the service began with it.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub renewed_at: Option<Timestamp>,
    /// Number of the present peer, or its nonce epoch: channels of an earlier one have no say.
    #[serde(rename = "e")]
    pub peer_number: u32,
    /// Who may slash a local service; none: an IBC service.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub slasher: Option<Addr>,
    /// The former chain id, and until when votes for it still count.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub former_chain: Option<(String, Timestamp)>,
    /// When it was stopped.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Until when it is, or last was, suspended.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub suspended_until: Option<Timestamp>,
}

/// What a service's admin can change.
#[cw_serde]
pub struct Settings {
    /// Seconds for which an infraction can be punished.
    #[serde(rename = "a")]
    pub evidence_age: u64,
    /// Who can veto, and for how many seconds.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<(Addr, u64)>,
    /// Where seized tokens go.
    #[serde(rename = "p")]
    pub proceeds: Proceeds,
    /// Share for who executes a request or proves an infraction.
    #[serde(rename = "b", default, skip_serializing_if = "Decimal::is_zero")]
    pub bounty: Decimal,
    /// The chain id that votes are signed for.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<String>,
}

/// Settings on their way.
#[cw_serde]
pub struct Change {
    /// The settings.
    pub settings: Settings,
    /// When they take effect.
    pub at: Timestamp,
    /// Until when votes for a chain id that they replace still count.
    #[serde(rename = "u")]
    pub until: Timestamp,
}

/// What no packet needs of a service.
#[cw_serde]
pub struct Profile {
    /// Its admin.
    pub admin: Addr,
    /// The gateway admitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
}

/// The penalty for one kind of infraction, in all versions that an infraction may need, by time.
#[cw_serde]
#[derive(Default)]
pub struct Policies {
    /// At most [`palisade_types::slashing::MAX_VERSIONS`].
    #[serde(rename = "v")]
    pub versions: Vec<Version>,
}

/// A penalty from some time on.
#[cw_serde]
pub struct Version {
    /// The time of infraction from which on it counts.
    #[serde(rename = "a")]
    pub from: Timestamp,
    /// The penalty; none: the kind is not punished.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// A penalty.
#[cw_serde]
pub struct Policy {
    /// Fraction of the captured tokens.
    #[serde(rename = "f")]
    pub fraction: Decimal,
    /// Seconds of jail; 0: none.
    #[serde(rename = "j", default, skip_serializing_if = "is_zero")]
    pub jail: u64,
    /// Whether it tombstones.
    #[serde(rename = "t", default, skip_serializing_if = "is_false")]
    pub tombstone: bool,
}

/// What can still be slashed for one service, in units of value.
#[cw_serde]
#[derive(Default)]
pub struct Throttle {
    /// Sizes that the owner set; none: those of every service.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Buckets>,
    /// All its slashes.
    #[serde(rename = "l")]
    pub limit: Meter,
    /// Those that did not draw on the shared bucket.
    #[serde(rename = "r")]
    pub reserved: Meter,
}

/// What all services together can still slash, in units of value.
#[cw_serde]
pub struct Shared {
    /// The bucket's size.
    #[serde(rename = "c")]
    pub capacity: Uint128,
    /// What was drawn.
    #[serde(rename = "m")]
    pub meter: Meter,
}

/// What sync and the channel's life change.
#[cw_serde]
#[derive(Default)]
pub struct Link {
    /// Newest update made; 0: none.
    #[serde(rename = "u")]
    pub last_update: u64,
    /// The live channel.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Last operator looked at by the pass under way.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Addr>,
    /// Whether the pass tells every operator, since a new channel opened.
    #[serde(rename = "a", default, skip_serializing_if = "is_false")]
    pub all: bool,
    /// Whether a new channel of the same peer may take the live one's place.
    #[serde(rename = "r", default, skip_serializing_if = "is_false")]
    pub replaceable: bool,
    /// Nonce of the last outcome looked at.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub outcome_cursor: Option<u64>,
    /// Last operator looked at of those to be told again.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub dirty_cursor: Option<Addr>,
}

impl Link {
    /// Gives the live channel up, and with it the pass that it started: the next one starts its own.
    pub(crate) fn disconnect(&mut self) {
        self.channel = None;
        self.replaceable = false;
        self.all = false;
    }
}

/// Whose channel it is.
#[cw_serde]
pub struct ChannelOwner {
    /// The service.
    #[serde(rename = "s")]
    pub service: ServiceId,
    /// The service's peer number when it opened.
    #[serde(rename = "e")]
    pub peer_number: u32,
}

/// One update.
#[cw_serde]
pub struct Update {
    /// When it was made.
    #[serde(rename = "t")]
    pub sent_at: Timestamp,
    /// Whether a decrease waits for its acknowledgement.
    #[serde(rename = "w", default, skip_serializing_if = "is_false")]
    pub await_ack: bool,
    /// The service's height and time at application.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<(Uint64, Timestamp)>,
}

/// What the service was last told of an operator; updates, 0: none.
#[cw_serde]
#[derive(Default)]
pub struct Delivery {
    /// Newest one sent.
    #[serde(rename = "s")]
    pub sent: u64,
    /// Newest one acknowledged.
    #[serde(rename = "a")]
    pub acked: u64,
    /// Whether it was removed with the newest one sent.
    #[serde(rename = "r", default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// Why an operator is to be told again.
#[cw_serde]
#[derive(Default)]
pub struct Dirty {
    /// The channel that a removal is under way on; none: the next sync tells it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// How a nonce was answered.
#[cw_serde]
pub struct Nonce {
    /// Digest of the content.
    #[serde(rename = "d")]
    pub digest: Binary,
    /// The answer.
    #[serde(rename = "a")]
    pub answer: Answer,
}

/// The answer to a nonce.
#[cw_serde]
pub enum Answer {
    /// It became, or repeated, this request.
    #[serde(rename = "r")]
    Request(u64),
    /// Refused for good.
    #[serde(rename = "x")]
    Refused(Refusal),
    /// To be sent again: when it came first. Its infraction does not age meanwhile.
    #[serde(rename = "b")]
    Bounced(Timestamp),
}

/// A slash request.
#[cw_serde]
pub struct Request {
    /// Nonce epoch and nonce of the reports that asked for it: they are told its end. First the
    /// one that it came with; none: a proof.
    #[serde(rename = "n")]
    pub reports: Vec<(u32, u64)>,
    /// Whether it is proved.
    #[serde(rename = "y", default, skip_serializing_if = "is_false")]
    pub proven: bool,
    /// The request for the same infraction that it overrode or adds to.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<u64>,
    /// The operator.
    #[serde(rename = "o")]
    pub operator: Addr,
    /// The kind of infraction.
    #[serde(rename = "k")]
    pub kind: String,
    /// The update in force at the infraction.
    #[serde(rename = "u")]
    pub update_id: u64,
    /// Consumer's height of the infraction.
    #[serde(rename = "h")]
    pub height: u64,
    /// Time of the infraction, as it counts here.
    #[serde(rename = "t")]
    pub time: Timestamp,
    /// When it was received.
    #[serde(rename = "r")]
    pub received_at: Timestamp,
    /// Who proved it while executions were paused, for the bounty.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub finder: Option<Addr>,
    /// Seconds after its receipt in which it can be vetoed; 0: it cannot.
    #[serde(rename = "w", default, skip_serializing_if = "is_zero")]
    pub window: u64,
    /// What it will take, while it waits, and what a proof took: the penalty at its infraction.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// How it ended; none: it waits.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

impl Request {
    /// Its end, if it has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        Some(match self.end.as_ref()? {
            End::Executed { .. } => Outcome::Executed {},
            End::Vetoed { .. } => Outcome::Vetoed {},
        })
    }
}

/// How a request ended.
#[cw_serde]
pub enum End {
    /// It was executed.
    #[serde(rename = "x")]
    Executed {
        /// What was taken, per asset.
        #[serde(rename = "s")]
        seized: Vec<AssetAmount>,
        /// When.
        #[serde(rename = "t")]
        at: Timestamp,
    },
    /// The resolver refused it.
    #[serde(rename = "v")]
    Vetoed {
        /// When.
        #[serde(rename = "t")]
        at: Timestamp,
    },
}

/// Jail and tombstone of an operator in a service.
#[cw_serde]
#[derive(Default)]
pub struct Standing {
    /// When `unjail` becomes possible; none: not jailed.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub jailed_until: Option<Timestamp>,
    /// Whether it is out for good.
    #[serde(rename = "t", default, skip_serializing_if = "is_false")]
    pub tombstoned: bool,
}

/// An outcome that the consumer did not acknowledge yet.
#[cw_serde]
pub struct Untold {
    /// The outcome.
    #[serde(rename = "o")]
    pub outcome: Outcome,
    /// The channel that a packet with it is under way on; none: it waits.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests;
