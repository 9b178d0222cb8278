//! The allocation contract: what operators promised to whom.

mod answers;
mod key;

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Decimal, Uint128, Uint64};
use cw20::Cw20ReceiveMsg;
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable};
use palisade_ibc::{Offender, OperatorPower};

use crate::asset::{AssetAmount, AssetId, Payee, Redirection};
use crate::token::Token;

pub use answers::*;
pub use key::{key_proof_message, KeyProof};

/// Number of a service, from 1.
pub type ServiceId = u32;

/// Most services of an operator, those on their way out included.
pub const MAX_SERVICES: u32 = 32;
/// Most assets of a service.
pub const MAX_ASSETS: usize = 8;
/// Most reward tokens of a service.
pub const MAX_REWARD_TOKENS: usize = 16;
/// Most members in a page: each asks for its pools, and a node grants a query 3,000,000 gas.
pub const MAX_MEMBERS_PAGE: usize = 10;
/// Most operators of a service.
pub const MAX_OPERATORS: u32 = 200;

/// Instantiates the allocation contract.
#[cw_serde]
pub struct InstantiateMsg {
    /// The owner: connects the slashing contract.
    pub owner: String,
    /// May pause, if any.
    pub guardian: Option<String>,
    /// The delegation contract.
    pub delegation: String,
    /// Seconds until an increase of a slice takes effect: at least two epochs.
    pub allocation_delay: u64,
    /// Seconds from the service's acknowledgement of a lower power until the slice falls: at
    /// least the unbonding period.
    pub deallocation_delay: u64,
    /// Most seconds to wait for that acknowledgement: at least an epoch.
    pub max_lag: u64,
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// Opt-ins and increases of slices.
    Promises,
}

impl Pausable for Action {
    fn name(&self) -> &'static str {
        "promises"
    }

    fn limit(&self) -> Option<u64> {
        None
    }
}

/// Messages of the allocation contract.
#[cw_ownable_execute]
#[cw_serde]
pub enum ExecuteMsg {
    /// Publishes the most that all slices of the sender together may come to, as a share of each
    /// of its pools. Falls at once, rises after an unbonding period and one epoch. By an operator.
    SetCommitmentCap {
        /// 0 to 1. Until one is published it is 1.
        cap: Decimal,
    },
    /// Joins a service, or comes back while on the way out of it; never once it was tombstoned there.
    /// By an operator.
    OptIn {
        /// The service.
        service: ServiceId,
        /// Consensus key; needed where the service says so, refused where it does not. An operator
        /// that comes back keeps its own if none is given.
        key: Option<KeyProof>,
        /// Slices, one for each asset to promise.
        slices: Vec<SliceShare>,
    },
    /// Changes slices: increases take effect after `allocation_delay`, decreases lower the power
    /// at the next sync and the slice after `deallocation_delay`. By an operator.
    Adjust {
        /// The service.
        service: ServiceId,
        /// New slices; assets that are not named stay.
        slices: Vec<SliceShare>,
    },
    /// Leaves a service: all slices to zero, by the rules of a decrease. By an operator.
    OptOut {
        /// The service.
        service: ServiceId,
    },
    /// Replaces the consensus key. The old one keeps resolving for an unbonding period, one epoch and
    /// `max_lag`: what is signed with it meanwhile is held against the sender. By an operator.
    AssignKey {
        /// The service.
        service: ServiceId,
        /// The new key.
        key: KeyProof,
    },
    /// Forgets an operator on its way out, once its power was told to be zero, its slices have all
    /// ended, and the deallocation delay since its opt-out is over. By anybody.
    Leave {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Changes a service's admission and set rules. By its admin.
    UpdateService {
        /// The service.
        service: ServiceId,
        /// What changes; absent fields stay.
        change: ServiceChange,
    },
    /// Changes the list of an allow-list service. By its admin.
    SetAllowed {
        /// The service.
        service: ServiceId,
        /// To allow, at most 100.
        add: Vec<String>,
        /// To allow no longer, at most 100; who is in stays in.
        remove: Vec<String>,
    },
    /// Names tokens in which the service is going to pay rewards; they are never unnamed, as operators
    /// may have earned some. By its admin.
    AddRewardTokens {
        /// The service.
        service: ServiceId,
        /// The tokens: together with those named before at most 16.
        tokens: Vec<Token>,
    },
    /// Pays rewards to a service's operators: the one coin attached, of a token that the service named.
    /// Refused once the service was stopped and no operator earns there any more. By anybody. The same
    /// is done when coins arrive over ICS-20 with the memo [`palisade_ibc::RewardsMemo`]; what is refused
    /// then is refunded on the chain that it came from.
    PayRewards {
        /// The service.
        service: ServiceId,
    },
    /// The cw20 hook: pays rewards; `msg` is a [`Cw20HookMsg`]. By a cw20 that the service named.
    Receive(Cw20ReceiveMsg),
    /// Sends what an operator earned at a service on to its stakers, through the delegation contract.
    /// By anybody.
    Harvest {
        /// The service.
        service: ServiceId,
        /// The operator; it may have left.
        operator: String,
        /// Which tokens; none: all of which something was earned.
        tokens: Option<Vec<Token>>,
    },
    /// Takes back what is held of a service that has ended: that was stopped, has no operator in it any
    /// more, and no weight. What operators earned stays theirs. Goes to the sender. By its admin.
    TakeBack {
        /// The service.
        service: ServiceId,
        /// Which tokens; none: all of which something is held.
        tokens: Option<Vec<Token>>,
    },
    /// Adds a service under the next number. By the slashing contract.
    CreateService {
        /// Its number.
        service: ServiceId,
        /// Its admin.
        admin: String,
        /// Its terms.
        terms: ServiceTerms,
    },
    /// Takes down what operators count with now; answers with a [`CheckpointResult`] in its
    /// data. By the slashing contract.
    Checkpoint {
        /// The service.
        service: ServiceId,
        /// The update that will carry the result.
        update_id: Uint64,
        /// Last operator of the page before.
        start_after: Option<Addr>,
        /// Most operators to look at, at most 50.
        limit: u32,
        /// Operators to report even if nothing changed, before the page; those that are no
        /// longer members are reported with power 0. With `limit` at most 50.
        force: Vec<Addr>,
        /// Whether to report every operator of the page, changed or not.
        all: bool,
    },
    /// Tells that an update was acknowledged: waiting decreases of these operators start their
    /// delay. By the slashing contract.
    Acknowledge {
        /// The service.
        service: ServiceId,
        /// The update.
        update_id: Uint64,
        /// The operators in it.
        operators: Vec<Addr>,
    },
    /// Winds a service down: nobody joins, every operator in it is opted out as the next syncs come
    /// to it, with power 0 and slices that end by the rules of a decrease. By the slashing contract.
    StopService {
        /// The service.
        service: ServiceId,
    },
    /// Takes a penalty; answers with a [`SlashResult`] in its data. By the slashing contract.
    Slash(SlashOperator),
    /// Passes on to the delegation contract where seized tokens shall go instead. By the slashing
    /// contract.
    Redirect(Redirection),
    /// Lets a jailed operator count again. By the slashing contract.
    Unjail {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Pays out what came without a word whose it is, such as a transfer without a memo: all that is held of
    /// a token beyond what is owed in it. By the owner.
    Recover {
        /// The token.
        token: Token,
        /// Who receives.
        recipient: String,
    },
    /// Names the slashing contract, once. By the owner.
    Connect {
        /// Its address.
        slashing: String,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
}

/// The message inside a cw20 `Send`: the same in JSON as [`ExecuteMsg::PayRewards`].
#[cw_serde]
pub enum Cw20HookMsg {
    /// Pays rewards in the token sent.
    PayRewards {
        /// The service.
        service: ServiceId,
    },
}

/// A slice as an operator asks for it.
#[cw_serde]
pub struct SliceShare {
    /// The asset.
    pub asset: AssetId,
    /// Share of the pool's present magnitude, 0 to the service's `max_slash`.
    pub share: Decimal,
}

/// What an operator accepts by opting in. `max_slash`, `assets` and `keyed` never change.
#[cw_serde]
pub struct ServiceTerms {
    /// 1 to 70 bytes, for people.
    pub name: String,
    /// The heaviest penalty: above 0, at most 1.
    pub max_slash: Decimal,
    /// Accepted assets, 1 to 8, each once.
    pub assets: Vec<AssetId>,
    /// Whether operators need a consensus key.
    pub keyed: bool,
    /// Who may opt in.
    pub admission: Admission,
    /// Least power to count at all.
    pub min_power: Uint128,
    /// Most operators, 1 to 200.
    pub max_operators: u32,
    /// Most that one operator counts, as a share of all operators' power: above 0, at most 1.
    pub max_share: Decimal,
}

/// Who may opt in.
#[cw_serde]
pub enum Admission {
    /// Any operator; when full, a stronger one replaces the weakest.
    Open {},
    /// Listed operators only.
    AllowList {},
}

/// Changes to a service; absent fields stay.
#[cw_serde]
#[derive(Default)]
pub struct ServiceChange {
    /// New admin.
    pub admin: Option<String>,
    /// Who may opt in.
    pub admission: Option<Admission>,
    /// Least power to count.
    pub min_power: Option<Uint128>,
    /// Most operators; who is in stays in.
    pub max_operators: Option<u32>,
    /// Most that one operator counts.
    pub max_share: Option<Decimal>,
}

/// Answer to [`ExecuteMsg::Checkpoint`].
#[cw_serde]
pub struct CheckpointResult {
    /// Operators whose power, key or captured tokens changed, and the forced ones.
    pub operators: Vec<OperatorPower>,
    /// Last operator looked at; none: the pass is complete.
    pub next: Option<Addr>,
    /// Whether a decrease waits for the acknowledgement of this update.
    pub await_ack: bool,
}

/// A penalty on one operator for one service.
#[cw_serde]
pub struct SlashOperator {
    /// The service.
    pub service: ServiceId,
    /// The operator.
    pub operator: Addr,
    /// The update in force at the infraction.
    pub update_id: Uint64,
    /// Penalty, at most the service's `max_slash`; may be zero.
    pub fraction: Decimal,
    /// Whether the operator counts nothing until it is unjailed.
    pub jail: bool,
    /// Whether the penalty tombstones. Of several that do, an operator bears the largest once: each
    /// takes what it exceeds the former ones by, in whatever order they come.
    pub tombstone: bool,
    /// Who gets the tokens.
    pub payees: Vec<Payee>,
}

/// Answer to [`ExecuteMsg::Slash`].
#[cw_serde]
pub struct SlashResult {
    /// What was taken, per asset.
    pub seized: Vec<AssetAmount>,
}

/// Queries of the allocation contract.
#[cw_ownable_query]
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Neighbours and delays.
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
    /// Whether an allow-list service lists an operator.
    #[returns(bool)]
    Allowed {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Commitment cap and promises of an operator.
    #[returns(CommitmentResponse)]
    Commitment {
        /// The operator.
        operator: String,
    },
    /// An operator in a service.
    #[returns(MemberResponse)]
    Member {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Operators of a service, by address.
    #[returns(Vec<MemberResponse>)]
    Members {
        /// The service.
        service: ServiceId,
        /// Last address of the page before.
        start_after: Option<String>,
        /// Page size: 10 if absent, at most 10 ([`MAX_MEMBERS_PAGE`]).
        limit: Option<u32>,
    },
    /// Services of an operator, by number.
    #[returns(Vec<MemberResponse>)]
    Memberships {
        /// The operator.
        operator: String,
        /// Last number of the page before.
        start_after: Option<ServiceId>,
        /// Page size: 10 if absent, at most 10 ([`MAX_MEMBERS_PAGE`]).
        limit: Option<u32>,
    },
    /// What a service pays in and what of it waits, one for each reward token, in the order named.
    #[returns(Vec<ServiceRewardsResponse>)]
    ServiceRewards {
        /// The service.
        service: ServiceId,
    },
    /// What an operator earned at a service and was not harvested yet; never zero.
    #[returns(Vec<EarnedResponse>)]
    Earned {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: String,
    },
    /// Who answers for an infraction, and with what.
    #[returns(LiabilityResponse)]
    Liability {
        /// The service.
        service: ServiceId,
        /// The offender.
        offender: Offender,
        /// The update in force at the infraction.
        update_id: Uint64,
    },
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
