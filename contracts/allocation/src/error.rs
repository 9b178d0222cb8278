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
#[allow(missing_docs)] // the texts say it
pub enum ContractError {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    #[error(transparent)]
    Math(#[from] MathError),
    #[error(transparent)]
    Overflow(#[from] OverflowError),
    #[error(transparent)]
    Payment(#[from] PaymentError),

    #[error("{sender} may not do this, only {allowed} may")]
    Unauthorized { sender: Addr, allowed: Addr },
    #[error("the slashing contract is not connected yet")]
    NotConnected,
    #[error("the slashing contract is {slashing} already")]
    AlreadyConnected { slashing: Addr },
    #[error("{parameter} is {found} seconds, at least {least} are needed")]
    ShortDelay {
        parameter: &'static str,
        found: u64,
        least: u64,
    },
    #[error("{parameter} of {seconds} seconds is out of range")]
    LongDelay {
        parameter: &'static str,
        seconds: u64,
    },
    #[error("there is no reply with id {id}")]
    UnknownReply { id: u64 },

    #[error("there is no service {service}")]
    UnknownService { service: ServiceId },
    #[error("service {service} exists already")]
    ServiceExists { service: ServiceId },
    #[error("{operator} is tombstoned in service {service}, for good")]
    Tombstoned { service: ServiceId, operator: Addr },
    #[error("service {service} is being wound down: nobody joins it, and no promise to it rises")]
    ServiceStopped { service: ServiceId },
    #[error("{field} has {found} bytes, 1 to {most} are allowed")]
    BadLength {
        field: &'static str,
        found: usize,
        most: usize,
    },
    #[error("{found} {what}, 1 to {most} are allowed")]
    BadCount {
        what: &'static str,
        found: usize,
        most: usize,
    },
    #[error("{field} is {found}, it must be above 0 and at most {most}")]
    BadFraction {
        field: &'static str,
        found: Decimal,
        most: Decimal,
    },
    #[error("{entry} is listed twice")]
    Duplicate { entry: String },

    #[error("there is no operator {operator}")]
    UnknownOperator { operator: Addr },
    #[error("{operator} is not in service {service}")]
    NotMember { service: ServiceId, operator: Addr },
    #[error("{operator} is in service {service} already, or still on its way out of it")]
    AlreadyMember { service: ServiceId, operator: Addr },
    #[error("{operator} is on its way out of service {service}")]
    Leaving { service: ServiceId, operator: Addr },
    #[error("{operator} cannot leave service {service} before its power was told to be zero and its slices ended")]
    StillBound { service: ServiceId, operator: Addr },
    #[error("service {service} has not listed {operator}")]
    NotAllowed { service: ServiceId, operator: Addr },
    #[error("an operator has {most} services at most")]
    TooManyServices { most: u32 },
    #[error("service {service} is full: a newcomer needs more than {needed} in power, {offered} are offered")]
    ServiceFull {
        service: ServiceId,
        needed: Uint128,
        offered: Uint128,
    },

    #[error("service {service} does not accept {asset}")]
    AssetNotAccepted { service: ServiceId, asset: String },
    #[error("a share of {share} of {asset}, the service's max_slash of {max_slash} is the most")]
    ShareTooLarge {
        asset: String,
        share: Decimal,
        max_slash: Decimal,
    },
    #[error("a share of {share} of {asset} is less than one unit of the pool's magnitude of {magnitude}")]
    ShareTooSmall {
        asset: String,
        share: Decimal,
        magnitude: Uint128,
    },
    #[error("the slices of {asset} would come to {committed} of {magnitude}")]
    OverCommitted {
        asset: String,
        committed: Uint128,
        magnitude: Uint128,
    },
    #[error("the slices of {asset}, with what was slashed lately, would exceed the operator's commitment cap of {cap}")]
    CapExceeded { asset: String, cap: Decimal },

    #[error("service {service} needs a consensus key")]
    KeyNeeded { service: ServiceId },
    #[error("service {service} uses no consensus keys")]
    KeyNotUsed { service: ServiceId },
    #[error(
        "a key of {key} bytes and a proof of {proof}, an ed25519 key has 32 and its signature 64"
    )]
    BadKeyLength { key: usize, proof: usize },
    #[error(
        "the proof is not the key's signature over this chain, contract, service and operator"
    )]
    BadProof,
    #[error("the key is taken by {operator}{}", until.map_or(String::new(), |t| format!(" until {t}")))]
    KeyTaken {
        operator: Addr,
        until: Option<Timestamp>,
    },

    #[error("{requested} operators in one checkpoint, {most} are the most")]
    PageTooLarge { requested: usize, most: usize },
    #[error("a penalty of {fraction}, the service's max_slash of {max_slash} is the most")]
    PenaltyTooLarge {
        fraction: Decimal,
        max_slash: Decimal,
    },
    #[error("{denom:?} is no denom: 3 to 128 of a-z A-Z 0-9 / : . _ -, a letter first")]
    BadDenom { denom: String },
    #[error("{address} does not answer as a cw20 token: {reason}")]
    NotCw20 { address: String, reason: StdError },
    #[error(
        "service {service} pays no rewards in {token}, but in {named:?}: its admin can name tokens with add_reward_tokens"
    )]
    UnnamedToken {
        service: ServiceId,
        token: String,
        named: Vec<String>,
    },
    #[error("a payment of rewards of no {token} at all")]
    NothingPaid { token: String },
    #[error(
        "service {service} was stopped, and no operator earns there any more: it takes no rewards"
    )]
    ServiceEnded { service: ServiceId },
    #[error("service {service} has not ended: it has to be stopped (it is: {stopped}), with no operator in it ({operators} are) and no weight (it is {weight})")]
    NotEnded {
        service: ServiceId,
        stopped: bool,
        operators: u32,
        weight: Uint128,
    },
    #[error("nothing is held of service {service} that can be taken back")]
    NothingHeld { service: ServiceId },
    #[error("{operator} earned nothing at service {service} that was not harvested yet")]
    NothingEarned { service: ServiceId, operator: Addr },

    #[error(transparent)]
    Arrival(#[from] ArrivalError),
    #[error("nothing of {token} can be recovered: {balance} are held, {owed} are owed")]
    NothingToRecover {
        token: String,
        balance: Uint128,
        owed: Uint128,
    },
    #[error("the coins did not come: {owed} {token} would be owed, {balance} are here")]
    CoinsMissing {
        token: String,
        balance: Uint128,
        owed: Uint128,
    },

    #[error("the delegation contract answered out of order")]
    BadAnswer,
}
