//! What the contract refuses.

use cosmwasm_std::{Addr, Decimal, StdError, Timestamp, Uint128};
use cw_ownable::OwnershipError;
use cw_utils::PaymentError;
use palisade_admin::AdminError;
use palisade_evidence::EvidenceError;
use palisade_ibc::HandshakeError;
use palisade_math::MathError;
use palisade_types::allocation::ServiceId;
use thiserror::Error;

use crate::refusal::Refusal;

/// What the contract refuses: what was wrong, and what is allowed.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library.
    #[error(transparent)]
    Std(#[from] StdError),
    /// Ownership, guardian, pause or migration.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// An ownership transfer out of order.
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    /// Funds were sent along.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// A channel of another connection, port, order or version.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The votes prove nothing.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// An amount out of range.
    #[error(transparent)]
    Math(#[from] MathError),
    /// What was proved cannot be punished.
    #[error("refused: {0}")]
    Refused(Refusal),

    /// The packet timeout is out of bounds.
    #[error("a packet timeout of {given} seconds, {min} to {max} are allowed")]
    PacketTimeout {
        /// Seconds asked for.
        given: u64,
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// Bouncing and executing leave no time for evidence.
    #[error(
        "bounce_max {bounce_max} and execution_grace {execution_grace} together are not below \
         the unbonding period of {unbonding_period} seconds"
    )]
    Delays {
        /// Seconds of bouncing.
        bounce_max: u64,
        /// Seconds for executing.
        execution_grace: u64,
        /// The limit, in seconds.
        unbonding_period: u64,
    },
    /// Stake could leave before its slash.
    #[error(
        "an evidence age of {evidence_age} seconds with a window of {window}, 1 to {max} are allowed"
    )]
    TimingRule {
        /// Seconds asked for.
        evidence_age: u64,
        /// Seconds of the veto window.
        window: u64,
        /// Most, in seconds.
        max: u64,
    },
    /// Too many penalties.
    #[error(
        "{given} penalties, at most {max} are allowed, of which {own} of the service's own kinds"
    )]
    TooManyPenalties {
        /// Given.
        given: usize,
        /// Most, the two standard kinds included.
        max: usize,
        /// Most kinds of the service's own.
        own: usize,
    },
    /// A kind's name is not one.
    #[error("{kind:?} is no kind of infraction: 1 to {max} of a-z 0-9 _ are allowed")]
    Kind {
        /// Given.
        kind: String,
        /// Most bytes.
        max: usize,
    },
    /// Two penalties for one kind.
    #[error("{kind} has two penalties")]
    DuplicateKind {
        /// The kind.
        kind: String,
    },
    /// A penalty above what operators agreed to.
    #[error("the penalty for {kind} takes {fraction}, at most max_slash {max_slash} is allowed")]
    Fraction {
        /// The kind.
        kind: String,
        /// Given.
        fraction: Decimal,
        /// Most.
        max_slash: Decimal,
    },
    /// A jail time of more than a life.
    #[error("the penalty for {kind} jails for {jail} seconds, at most {max} are allowed")]
    Jail {
        /// The kind.
        kind: String,
        /// Seconds given.
        jail: u64,
        /// Most.
        max: u64,
    },
    /// A penalty that neither takes nor jails nor tombstones.
    #[error("the penalty for {kind} does nothing")]
    NoEffect {
        /// The kind.
        kind: String,
    },
    /// A double-sign is punished for good.
    #[error("the penalty for {kind} must tombstone")]
    MustTombstone {
        /// The kind.
        kind: String,
    },
    /// The service does not punish that.
    #[error("the service has no penalty for {kind:?}")]
    UnknownKind {
        /// Given.
        kind: String,
    },
    /// The penalty is that already.
    #[error("the penalty for {kind} is that already")]
    NoChange {
        /// The kind.
        kind: String,
    },
    /// Too many changes of one penalty within an unbonding period.
    #[error("the penalty for {kind} changed too often: {max} versions within an unbonding period are allowed")]
    TooManyVersions {
        /// The kind.
        kind: String,
        /// Most.
        max: usize,
    },
    /// A resolver without time.
    #[error("a veto window of 0 seconds: with a resolver at least 1 is needed")]
    NoWindow,
    /// A bounty that is none.
    #[error("a bounty of {given}, at most {max} is allowed")]
    Bounty {
        /// Given.
        given: Decimal,
        /// Most.
        max: Decimal,
    },
    /// A split that is none.
    #[error("a burned share of {given}, more than 0 and less than 1 is allowed")]
    Burned {
        /// Given.
        given: Decimal,
    },
    /// No votes of such a service can be checked.
    #[error("only an IBC service with consensus keys can have a chain id")]
    NotProvable,
    /// A chain id that is none.
    #[error("a chain id of {given} bytes, 1 to {max} are allowed")]
    ChainId {
        /// Bytes given.
        given: usize,
        /// Most.
        max: usize,
    },
    /// A refill time out of bounds.
    #[error("a throttle period of {given} seconds, {min} to {max} are allowed")]
    ThrottlePeriod {
        /// Seconds given.
        given: u64,
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A bucket out of bounds.
    #[error("a bucket of {given}, at most {max} is allowed")]
    ThrottleSize {
        /// Given, in units of value.
        given: Uint128,
        /// Most: of all buckets, or the service's limit for its reserved one.
        max: Uint128,
    },
    /// Seized tokens would go where no pay-out of them helps anybody.
    #[error("{recipient} is a contract of the suite, which cannot receive seized tokens")]
    Recipient {
        /// Given.
        recipient: Addr,
    },

    /// No such service.
    #[error("there is no service {service}")]
    UnknownService {
        /// Given.
        service: ServiceId,
    },
    /// Only its admin may change a service.
    #[error("{sender} is not the admin of service {service}")]
    NotAdmin {
        /// The service.
        service: ServiceId,
        /// Who tried.
        sender: Addr,
    },
    /// No change is on its way.
    #[error("no change of settings of service {service} is on its way")]
    NothingPending {
        /// The service.
        service: ServiceId,
    },
    /// The service is being wound down.
    #[error("service {service} was stopped at {at}")]
    ServiceStopped {
        /// The service.
        service: ServiceId,
        /// When.
        at: Timestamp,
    },
    /// What goes there shall go there.
    #[error("service {service} has its proceeds go there")]
    InUse {
        /// The service.
        service: ServiceId,
    },
    /// A local service has no gateway, channel or nonces to renew.
    #[error("service {service} is a local one")]
    NotIbc {
        /// The service.
        service: ServiceId,
    },
    /// Only a local service is slashed by message.
    #[error("service {service} is slashed over IBC only")]
    NotLocal {
        /// The service.
        service: ServiceId,
    },
    /// Only the slasher may slash.
    #[error("{sender} is not the slasher of service {service}")]
    NotSlasher {
        /// The service.
        service: ServiceId,
        /// Who tried.
        sender: Addr,
    },
    /// A peer that is none.
    #[error("connection {connection_id:?} and port {port:?}: both are needed, of 64 and 128 bytes at most")]
    BadPeer {
        /// Given.
        connection_id: String,
        /// Given.
        port: String,
    },
    /// One gateway serves one service.
    #[error("port {port} on {connection_id} is the peer of service {service}")]
    PeerTaken {
        /// The connection.
        connection_id: String,
        /// The counterparty port.
        port: String,
        /// Whose it is.
        service: ServiceId,
    },

    /// A channel from a stranger.
    #[error("port {port} on {connection_id} is the peer of no service")]
    UnknownPeer {
        /// The connection.
        connection_id: String,
        /// The counterparty port.
        port: String,
    },
    /// The service has a live channel.
    #[error("service {service} has {channel} open already")]
    ChannelExists {
        /// The service.
        service: ServiceId,
        /// The live channel.
        channel: String,
    },
    /// Channels are not closed from here.
    #[error("{channel} is not closed from this side")]
    CloseRefused {
        /// The channel.
        channel: String,
    },
    /// A packet from a channel that never opened.
    #[error("{channel} belongs to no service")]
    UnknownChannel {
        /// The channel.
        channel: String,
    },
    /// A packet from a gateway that was replaced.
    #[error("{channel} belongs to a former peer of service {service}")]
    FormerPeer {
        /// The channel.
        channel: String,
        /// The service.
        service: ServiceId,
    },
    /// A packet that cannot be read.
    #[error("malformed packet: {error}")]
    MalformedPacket {
        /// What was wrong.
        error: String,
    },

    /// A page of no or too many operators.
    #[error("a page of {given} operators, 1 to {max} are allowed")]
    SyncLimit {
        /// Given.
        given: u32,
        /// Most.
        max: u32,
    },
    /// The allocation contract reported more than a packet holds.
    #[error("{given} operators to tell, a packet holds {max}")]
    TooManyOperators {
        /// Reported.
        given: usize,
        /// Most.
        max: usize,
    },

    /// No such request.
    #[error("service {service} has no request {request}")]
    UnknownRequest {
        /// The service.
        service: ServiceId,
        /// Given.
        request: u64,
    },
    /// The request has ended.
    #[error("request {request} of service {service} has ended")]
    RequestEnded {
        /// The service.
        service: ServiceId,
        /// The request.
        request: u64,
    },

    /// Only the resolver may veto.
    #[error("{sender} is not the resolver of service {service}")]
    NotResolver {
        /// The service.
        service: ServiceId,
        /// Who tried.
        sender: Addr,
    },
    /// Too early for an execution.
    #[error("request {request} of service {service} can be vetoed until {until}")]
    StillInWindow {
        /// The service.
        service: ServiceId,
        /// The request.
        request: u64,
        /// When it can be executed.
        until: Timestamp,
    },
    /// Too late for a veto, or a proof.
    #[error("request {request} of service {service} could be vetoed until {until}")]
    WindowOver {
        /// The service.
        service: ServiceId,
        /// The request.
        request: u64,
        /// When it ended.
        until: Timestamp,
    },
    /// There is a request for that already.
    #[error("service {service} has request {request} for that already")]
    Duplicate {
        /// The service.
        service: ServiceId,
        /// The request.
        request: u64,
    },

    /// The sender is not jailed.
    #[error("{operator} is not jailed in service {service}")]
    NotJailed {
        /// The service.
        service: ServiceId,
        /// Who tried.
        operator: Addr,
    },
    /// The jail time is not over.
    #[error("{operator} is jailed in service {service} until {until}")]
    StillJailed {
        /// The service.
        service: ServiceId,
        /// Who tried.
        operator: Addr,
        /// When it is over.
        until: Timestamp,
    },
    /// Out for good.
    #[error("{operator} is tombstoned in service {service}")]
    Tombstoned {
        /// The service.
        service: ServiceId,
        /// Who tried.
        operator: Addr,
    },

    /// A counter came to its end.
    #[error("no more {what} can be numbered")]
    Exhausted {
        /// What is counted.
        what: &'static str,
    },
    /// A reply that nobody asked for.
    #[error("reply {id} belongs to no message")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
}
