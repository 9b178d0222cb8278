use cosmwasm_std::{Addr, Decimal, OverflowError, StdError, Timestamp, Uint128};
use cw_utils::PaymentError;
use palisade_admin::{cw_ownable::OwnershipError, AdminError};
use palisade_ibc::ArrivalError;
use palisade_math::MathError;
use palisade_types::allocation::ServiceId;
use thiserror::Error;

/// What the allocation contract refuses.
#[derive(Error, Debug, PartialEq)]
#[non_exhaustive]
pub enum ContractError {
    /// An error of the standard library: storage, a neighbour's refusal, an invalid address.
    #[error(transparent)]
    Std(#[from] StdError),
    /// Ownership, guardian, pauses or migration.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// An ownership transfer out of order.
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    /// An amount or a fraction that the math refuses.
    #[error(transparent)]
    Math(#[from] MathError),
    /// A sum left its 128 bits.
    #[error(transparent)]
    Overflow(#[from] OverflowError),
    /// Coins where none are meant; none, or several, where one is.
    #[error(transparent)]
    Payment(#[from] PaymentError),

    /// Somebody else may do this.
    #[error("{sender} may not do this, only {allowed} may")]
    Unauthorized {
        /// Who tried.
        sender: Addr,
        /// Who may.
        allowed: Addr,
    },
    /// No slashing contract was named yet.
    #[error("the slashing contract is not connected yet")]
    NotConnected,
    /// The slashing contract is named once and for all.
    #[error("the slashing contract is {slashing} already")]
    AlreadyConnected {
        /// The slashing contract.
        slashing: Addr,
    },
    /// Stake could leave before its slash, or a promise count before stakers could leave.
    #[error("{parameter} is {found} seconds, at least {least} are needed")]
    ShortDelay {
        /// The parameter.
        parameter: &'static str,
        /// Seconds given.
        found: u64,
        /// Least, in seconds.
        least: u64,
    },
    /// A delay of more than a life.
    #[error("{parameter} is {found} seconds, at most {most} are allowed")]
    LongDelay {
        /// The parameter.
        parameter: &'static str,
        /// Seconds given.
        found: u64,
        /// Most, in seconds.
        most: u64,
    },
    /// A reply to something else.
    #[error("there is no reply with id {id}")]
    UnknownReply {
        /// Its id.
        id: u64,
    },

    /// No service has this number.
    #[error("there is no service {service}")]
    UnknownService {
        /// The number.
        service: ServiceId,
    },
    /// The number is taken.
    #[error("service {service} exists already")]
    ServiceExists {
        /// The number.
        service: ServiceId,
    },
    /// Out of the service for good.
    #[error("{operator} is tombstoned in service {service}, for good")]
    Tombstoned {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },
    /// The service takes no new promises.
    #[error("service {service} is being wound down: nobody joins it, and no promise to it rises")]
    ServiceStopped {
        /// The service.
        service: ServiceId,
    },
    /// A text that is empty or too long.
    #[error("{field} has {found} bytes, 1 to {most} are allowed")]
    BadLength {
        /// The field.
        field: &'static str,
        /// Bytes given.
        found: usize,
        /// Most bytes.
        most: usize,
    },
    /// None of something, or too many.
    #[error("{found} {what}, 1 to {most} are allowed")]
    BadCount {
        /// What is counted.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A fraction out of range.
    #[error("{field} is {found}, it must be above 0 and at most {most}")]
    BadFraction {
        /// The field.
        field: &'static str,
        /// The fraction given.
        found: Decimal,
        /// The largest that is allowed.
        most: Decimal,
    },
    /// The same entry twice in one list.
    #[error("{entry} is listed twice")]
    Duplicate {
        /// The entry.
        entry: String,
    },

    /// Not registered in the delegation contract.
    #[error("there is no operator {operator}")]
    UnknownOperator {
        /// The address.
        operator: Addr,
    },
    /// Not in the service, nor on its way out of it.
    #[error("{operator} is not in service {service}")]
    NotMember {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },
    /// In the service, so that it cannot come in.
    #[error("{operator} is in service {service} already")]
    AlreadyMember {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },
    /// On its way out of the service, so that it can promise or change nothing there.
    #[error("{operator} is on its way out of service {service}")]
    Leaving {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },
    /// Not free to be forgotten.
    #[error(
        "{operator} cannot leave service {service} before it was on its way out for the \
         deallocation delay{}, its power was told to be zero and its slices ended",
        until.map_or(String::new(), |until| format!(" (until {until})"))
    )]
    StillBound {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
        /// When the delay since its opt-out is over; none: it did not opt out, or it is over.
        until: Option<Timestamp>,
    },
    /// Not on the service's list.
    #[error("service {service} has not listed {operator}")]
    NotAllowed {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },
    /// In too many services at once.
    #[error("an operator has {most} services at most")]
    TooManyServices {
        /// How many are allowed, those being left included.
        most: u32,
    },
    /// Not stronger than the weakest operator of a full service.
    #[error(
        "service {service} is full: a newcomer needs more than {needed} in power, {offered} are \
         offered"
    )]
    ServiceFull {
        /// The service.
        service: ServiceId,
        /// What the weakest would count with, in units of value.
        needed: Uint128,
        /// What the newcomer would count with, in units of value.
        offered: Uint128,
    },
    /// A full service in which the operator can take nobody's place, however strong it is.
    #[error(
        "all {most} places of service {service} are taken, and who comes back or is on a list \
         pushes nobody out"
    )]
    NoFreePlace {
        /// The service.
        service: ServiceId,
        /// Its places.
        most: u32,
    },

    /// An asset that does not count at the service.
    #[error("service {service} does not accept {asset}")]
    AssetNotAccepted {
        /// The service.
        service: ServiceId,
        /// The asset.
        asset: String,
    },
    /// A slice of more than the service may ever take.
    #[error("a share of {share} of {asset}, the service's max_slash of {max_slash} is the most")]
    ShareTooLarge {
        /// The asset.
        asset: String,
        /// The share of the pool asked for.
        share: Decimal,
        /// The largest that is allowed.
        max_slash: Decimal,
    },
    /// A slice of less than one unit.
    #[error(
        "a share of {share} of {asset} is less than one unit of the pool's magnitude of {magnitude}"
    )]
    ShareTooSmall {
        /// The asset.
        asset: String,
        /// The share of the pool asked for.
        share: Decimal,
        /// The pool's magnitude.
        magnitude: Uint128,
    },
    /// More promised of a pool than there is.
    #[error("the slices of {asset} would come to {committed} of {magnitude}")]
    OverCommitted {
        /// The asset.
        asset: String,
        /// What all slices would come to, in magnitude.
        committed: Uint128,
        /// The pool's magnitude.
        magnitude: Uint128,
    },
    /// More promised of a pool than the operator told its stakers.
    #[error(
        "the slices of {asset} would come to {committed}, with {slashed} slashed lately: more than \
         the operator's commitment cap of {cap} of {magnitude} and what was slashed"
    )]
    CapExceeded {
        /// The asset.
        asset: String,
        /// What all slices would come to, in magnitude.
        committed: Uint128,
        /// What was slashed lately, in magnitude.
        slashed: Uint128,
        /// The pool's magnitude, without what was slashed.
        magnitude: Uint128,
        /// The cap, as a share of the pool with what was slashed.
        cap: Decimal,
    },

    /// The service knows operators by their keys.
    #[error("service {service} needs a consensus key")]
    KeyNeeded {
        /// The service.
        service: ServiceId,
    },
    /// The service knows operators by their addresses.
    #[error("service {service} uses no consensus keys")]
    KeyNotUsed {
        /// The service.
        service: ServiceId,
    },
    /// No ed25519 key, or no signature by one.
    #[error(
        "a key of {key} bytes and a proof of {proof}, an ed25519 key has 32 and its signature 64"
    )]
    BadKeyLength {
        /// Bytes of the key.
        key: usize,
        /// Bytes of the signature.
        proof: usize,
    },
    /// The key did not sign for this operator.
    #[error(
        "the proof is not the key's signature over this chain, contract, service and operator"
    )]
    BadProof,
    /// The key is in use, or still resolves to another operator.
    #[error("the key is taken by {operator}{}", until.map_or(String::new(), |t| format!(" until {t}")))]
    KeyTaken {
        /// Whose it is.
        operator: Addr,
        /// Until when it resolves; none: it is in use.
        until: Option<Timestamp>,
    },

    /// A checkpoint of too many at once.
    #[error("{requested} operators in one checkpoint, {most} are the most")]
    PageTooLarge {
        /// How many, forced ones included.
        requested: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A penalty above what operators agreed to.
    #[error("a penalty of {fraction}, the service's max_slash of {max_slash} is the most")]
    PenaltyTooLarge {
        /// The fraction of the captured tokens.
        fraction: Decimal,
        /// The largest that is allowed.
        max_slash: Decimal,
    },
    /// What the chain would not call a denom.
    #[error("{denom:?} is no denom: 3 to 128 of a-z A-Z 0-9 / : . _ -, a letter first")]
    BadDenom {
        /// What was given.
        denom: String,
    },
    /// A contract that is no cw20, or none at all.
    #[error("{address} does not answer as a cw20 token: {reason}")]
    NotCw20 {
        /// Its address.
        address: String,
        /// What came of asking it.
        reason: StdError,
    },
    /// Rewards in a token that the service did not name.
    #[error(
        "service {service} pays no rewards in {token}, but in {named:?}: its admin can name tokens with add_reward_tokens"
    )]
    UnnamedToken {
        /// The service.
        service: ServiceId,
        /// The token's name.
        token: String,
        /// The tokens that it named.
        named: Vec<String>,
    },
    /// A payment of zero.
    #[error("a payment of rewards of no {token} at all")]
    NothingPaid {
        /// The token's name.
        token: String,
    },
    /// Nobody could earn what is paid.
    #[error(
        "service {service} was stopped, and no operator earns there any more: it takes no rewards"
    )]
    ServiceEnded {
        /// The service.
        service: ServiceId,
    },
    /// Somebody may still earn what is held.
    #[error("service {service} has not ended: it has to be stopped (it is: {stopped}), with no operator in it ({operators} are) and no weight (it is {weight})")]
    NotEnded {
        /// The service.
        service: ServiceId,
        /// Whether it was stopped.
        stopped: bool,
        /// How many are in it, those on their way out not counted.
        operators: u32,
        /// The weight of those who earn, in units of value.
        weight: Uint128,
    },
    /// Nothing to take back.
    #[error("nothing is held of service {service} that can be taken back")]
    NothingHeld {
        /// The service.
        service: ServiceId,
    },
    /// Nothing to harvest.
    #[error("{operator} earned nothing at service {service} that was not harvested yet")]
    NothingEarned {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: Addr,
    },

    /// A transfer over ICS-20 that pays no rewards.
    #[error(transparent)]
    Arrival(#[from] ArrivalError),
    /// All that is held is owed.
    #[error("nothing of {token} can be recovered: {balance} are held, {owed} are owed")]
    NothingToRecover {
        /// The token's name.
        token: String,
        /// Base units held.
        balance: Uint128,
        /// Base units owed as rewards.
        owed: Uint128,
    },
    /// Coins that were to come over ICS-20 are not here.
    #[error("the coins did not come: {owed} {token} would be owed, {balance} are here")]
    CoinsMissing {
        /// The token's name.
        token: String,
        /// Base units held.
        balance: Uint128,
        /// Base units that would be owed with them, over all services.
        owed: Uint128,
    },

    /// The delegation contract answers with more or less than it was asked for.
    #[error("the delegation contract was asked for {asked} entries and answered with {got}")]
    BadAnswer {
        /// Entries of the list asked for.
        asked: usize,
        /// Entries that came.
        got: usize,
    },
    /// The delegation contract tells of a cut that was not asked for.
    #[error("the delegation contract was not asked to take {asset}, and says that it did")]
    UnaskedCut {
        /// The asset.
        asset: String,
    },
    /// The contract's own storage holds what it never writes.
    #[error("the contract's own storage holds {found:?}, which is no {what}")]
    Corrupt {
        /// What it should be.
        what: &'static str,
        /// What it is.
        found: String,
    },
}
