use cosmwasm_std::{Addr, OverflowError, StdError, Timestamp};
use cw_utils::PaymentError;
use palisade_admin::cw_ownable::OwnershipError;
use palisade_admin::AdminError;
use palisade_evidence::EvidenceError;
use palisade_ibc::{HandshakeError, DOUBLE_SIGN, MAX_KIND_LENGTH, MAX_SET_OPERATORS};
use thiserror::Error;

/// What the gateway refuses.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library: storage, or a message that does not parse.
    #[error(transparent)]
    Std(#[from] StdError),

    /// Ownership, pauses, migration.
    #[error(transparent)]
    Admin(#[from] AdminError),

    /// Coins were sent to a message that takes none.
    #[error(transparent)]
    Payment(#[from] PaymentError),

    /// The sum of all powers, or the count of nonces, leaves its type.
    #[error(transparent)]
    Overflow(#[from] OverflowError),

    /// A channel with another peer, order or version than registered.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),

    /// A parameter outside its bounds.
    #[error("{name} is {value}, allowed are {min} to {max}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What was given.
        value: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },

    /// A part of the peer is empty.
    #[error("the host's {part} is empty")]
    EmptyPeer {
        /// `connection` or `port`.
        part: &'static str,
    },

    /// A list with the same address twice.
    #[error("{address} is given twice")]
    DuplicateAddress {
        /// The address.
        address: Addr,
    },

    /// A list that is too long.
    #[error("{given} addresses, at most {max} are taken at once")]
    TooManyAddresses {
        /// How many were given.
        given: usize,
        /// The most.
        max: usize,
    },

    /// The address reports already.
    #[error("{address} is a reporter already")]
    AlreadyReporter {
        /// The address.
        address: Addr,
    },

    /// Only a reporter may do this, or only a reporter can be unnamed.
    #[error("{address} is not a reporter")]
    NotReporter {
        /// The address.
        address: Addr,
    },

    /// A channel is in use already.
    #[error("{channel} is in use, only one channel at a time is accepted")]
    ChannelInUse {
        /// The channel in use.
        channel: String,
    },

    /// No channel is in use.
    #[error("no channel to the host is open")]
    NoChannel,

    /// A packet came over another channel than the one in use.
    #[error("a packet came over {channel}, which is not the channel in use")]
    NotTheChannel {
        /// Where it came.
        channel: String,
    },

    /// Somebody asked to close the channel from this side.
    #[error("{channel} cannot be closed from this side")]
    CloseRefused {
        /// The channel.
        channel: String,
    },

    /// Update numbers start at 1.
    #[error("update 0 does not exist, updates count from 1")]
    ZeroUpdate,

    /// More operators in a packet than the protocol allows.
    #[error("{given} operators in one packet, at most {MAX_SET_OPERATORS} are allowed")]
    TooManyOperators {
        /// How many came.
        given: usize,
    },

    /// The same operator twice in a packet.
    #[error("operator {operator} comes twice in one packet")]
    DuplicateOperator {
        /// The operator.
        operator: String,
    },

    /// The same key twice in a packet.
    #[error("key {key} comes twice in one packet")]
    DuplicateKey {
        /// The key, in base64.
        key: String,
    },

    /// An operator's address is empty or too long.
    #[error("an operator's address has {length} bytes, 1 to {max} are allowed")]
    AddressLength {
        /// Its bytes.
        length: usize,
        /// The most.
        max: usize,
    },

    /// A key is not 32 bytes long.
    #[error("a consensus key has {length} bytes, only 32 are allowed")]
    KeyLength {
        /// Its bytes.
        length: usize,
    },

    /// The host never told of this operator.
    #[error("operator {operator} was never in the set")]
    UnknownOperator {
        /// The operator.
        operator: String,
    },

    /// The host never told of this key.
    #[error("key {key} was never assigned to an operator")]
    UnknownKey {
        /// The key, in base64.
        key: String,
    },

    /// An infraction kind is not 1 to 32 of `a-z 0-9 _`.
    #[error("infraction kind {kind:?} is not 1 to {MAX_KIND_LENGTH} of a-z, 0-9 and _")]
    Kind {
        /// What was given.
        kind: String,
    },

    /// An infraction that has not happened yet.
    #[error("the infraction's time {time} is after the present block's {now}")]
    FutureTime {
        /// The infraction's.
        time: Timestamp,
        /// The present block's.
        now: Timestamp,
    },

    /// An infraction that has not happened yet.
    #[error("the infraction's height {height} is above the present block's {now}")]
    FutureHeight {
        /// The infraction's.
        height: u64,
        /// The present block's.
        now: u64,
    },

    /// No update of the operator was in force at that height, or none that is still known.
    #[error("no update of operator {operator} is known to be in force at height {height}")]
    NotInForce {
        /// The operator.
        operator: String,
        /// The infraction's height.
        height: u64,
    },

    /// The operator counted nothing at that height.
    #[error("operator {operator} had no power at height {height}, by update {update_id}")]
    NoPower {
        /// The operator.
        operator: String,
        /// The update in force.
        update_id: u64,
        /// The infraction's height.
        height: u64,
    },

    /// The infraction's time is not of its height.
    #[error("the update in force at that height was so from {since}{}, not at {time}", until.map_or(String::new(), |t| format!(" to {t}")))]
    OtherTime {
        /// The infraction's time.
        time: Timestamp,
        /// When the update in force was applied.
        since: Timestamp,
        /// When the next one was, if any.
        until: Option<Timestamp>,
    },

    /// Evidence that proves nothing.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),

    /// Evidence for something else than double-signing.
    #[error("evidence proves {DOUBLE_SIGN:?} only, not {kind:?}")]
    EvidenceKind {
        /// The infraction's kind.
        kind: String,
    },

    /// Evidence of another height.
    #[error("the evidence is of height {height}, the infraction of {infraction}")]
    EvidenceHeight {
        /// The votes'.
        height: u64,
        /// The infraction's.
        infraction: u64,
    },

    /// Evidence against somebody else.
    #[error("the votes are signed by key {key}, which is not known as {operator}'s")]
    EvidenceKey {
        /// The key, in base64.
        key: String,
        /// The operator.
        operator: String,
    },

    /// The infraction was reported before, and the host did not reject it; nor is this the first
    /// proof of one that was not executed.
    #[error("the infraction was reported under nonce {nonce}")]
    AlreadyReported {
        /// The first report's.
        nonce: u64,
    },

    /// There is no such report.
    #[error("there is no report with nonce {nonce}")]
    UnknownReport {
        /// The nonce.
        nonce: u64,
    },

    /// No power is known at or before this update.
    #[error("no power is known at or before update {update_id}")]
    UnknownUpdate {
        /// The update.
        update_id: u64,
    },

    /// `relay` was asked to send nothing.
    #[error("a limit of 0 sends nothing")]
    ZeroLimit,

    /// No report is due.
    #[error("no report is due{}", next.map_or(String::new(), |t| format!(" before {t}")))]
    NothingDue {
        /// When the next one is; none: no report waits.
        next: Option<Timestamp>,
    },

    /// The id of a channel is not `channel-` and a number.
    #[error("{channel:?} is not the id of a channel: channel- and a number")]
    TransferChannel {
        /// What was given.
        channel: String,
    },

    /// What cannot be an address on the host.
    #[error("{allocation:?} is not an address: 1 to 128 of a-z and 0-9")]
    RewardsReceiver {
        /// What was given.
        allocation: String,
    },

    /// Services count from 1.
    #[error("service 0 does not exist, services count from 1")]
    ZeroService,

    /// The owner has not named yet where rewards go.
    #[error("nobody has named yet where rewards go")]
    NoRewardsRoute,

    /// Nothing is here to be sent.
    #[error("the gateway holds no {denom}")]
    NoRewards {
        /// The denom.
        denom: String,
    },
}

impl From<OwnershipError> for ContractError {
    fn from(error: OwnershipError) -> Self {
        AdminError::from(error).into()
    }
}
