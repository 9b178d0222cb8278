//! The delegation contract: who stands behind whom.

mod answers;

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Decimal, Timestamp, Uint128};
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable, EXIT_PAUSE_LIMIT};
use palisade_math::{Magnitude, Scaled};

use crate::asset::{AssetAmount, AssetId, Payee, Redirection};
use crate::token::{Token, TokenAmount};

pub use answers::*;

/// Most pools in a page: the answer sums up to 32 buckets for each.
pub const MAX_POOLS_PAGE: usize = 10;
/// Most reward tokens of a pool.
pub const MAX_REWARD_TOKENS: usize = 16;
/// Reward tokens of a pool that anybody's harvest may begin; the rest only the operator's own.
pub const OPEN_REWARD_TOKENS: usize = 8;
/// Shortest reward period, in seconds: somebody who comes and leaves for a payout is there for as long.
pub const MIN_REWARD_PERIOD: u64 = 60;
/// Most pools of one claim of rewards.
pub const MAX_CLAIMED_POOLS: usize = 16;
/// Most operators of one [`QueryMsg::Stakes`].
pub const MAX_STAKES_OPERATORS: usize = 50;

/// Instantiates the delegation contract.
#[cw_serde]
pub struct InstantiateMsg {
    /// The owner: connects the allocation contract.
    pub owner: String,
    /// May pause, if any.
    pub guardian: Option<String>,
    /// The vault.
    pub vault: String,
    /// Seconds of an epoch. Never changes.
    pub epoch_length: u64,
    /// Seconds from the end of the epoch of an undelegation until its tokens can be claimed.
    /// Never changes.
    pub unbonding_period: u64,
    /// Seconds of a reward period: rewards that arrive in one flow to the stakers evenly through the
    /// next. At least [`MIN_REWARD_PERIOD`], at most the unbonding period. Never changes.
    pub reward_period: u64,
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// New stake: joins from the vault, redelegations, cancellations.
    Delegations,
    /// Claims, of stake and of rewards, and redelegations. Ends by itself after 14 days at most. Undelegations are never
    /// paused: they move no token, and are how a staker objects to a promise before it counts.
    Exits,
}

impl Pausable for Action {
    fn name(&self) -> &'static str {
        match self {
            Action::Delegations => "delegations",
            Action::Exits => "exits",
        }
    }

    fn limit(&self) -> Option<u64> {
        match self {
            Action::Delegations => None,
            Action::Exits => Some(EXIT_PAUSE_LIMIT),
        }
    }
}

/// Messages of the delegation contract.
#[cw_ownable_execute]
#[cw_serde]
pub enum ExecuteMsg {
    /// Registers the sender as an operator. By anybody, once.
    RegisterOperator {
        /// What people shall read about it.
        metadata: OperatorMetadata,
        /// What it keeps of its stakers' rewards.
        commission: Commission,
        /// Whether only stakers on its list may stand behind it.
        restricted: bool,
    },
    /// Changes the sender's operator. By the operator.
    UpdateOperator(OperatorChange),
    /// Changes who may stand behind a restricted operator. By the operator.
    SetStakers {
        /// To allow, at most 100.
        add: Vec<String>,
        /// To allow no longer, at most 100; what they staked stays.
        remove: Vec<String>,
    },
    /// Adds stake that the vault holds already. By the vault.
    Join {
        /// Whose it is.
        owner: String,
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Base units.
        amount: Uint128,
        /// Whether the asset can stand behind this operator alone, so that it is never redelegated.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        bound: bool,
    },
    /// Opens the pool of an asset that is staked natively with the operator's validator. By the vault.
    OpenPool(StakedPool),
    /// Brings a natively staked pool up to what the base chain says: notices slashes of the validator,
    /// undelegates what left the pool when its batch is due, takes in what arrived. By anybody; every
    /// other message that touches the pool notices slashes too.
    Reconcile {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
    },
    /// Adds rewards of the base chain that were staked again to a natively staked pool: they flow into
    /// it as rewards flow to its stakers. By the vault.
    Grow {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Base units.
        amount: Uint128,
    },
    /// Rewards of an operator's stakers: the one coin attached. Of a service's, commission goes to the
    /// operator first; the rest flows to the pools named. By the allocation contract; by the operator's
    /// staker, for its own pool and without commission.
    Reward {
        /// The operator.
        operator: String,
        /// What of the coin each pool earned; together all of it.
        parts: Vec<AssetAmount>,
        /// Whether the operator itself asked for them: then a new token may take one of the places
        /// that are kept for the operator.
        by_operator: bool,
    },
    /// The same in a cw20 token, which the allocation contract transferred here just before: as much as
    /// the parts add up to. By the allocation contract. (There is no cw20 hook: any contract can call one
    /// and say that allocation sent it, and so could fill the places of every pool.)
    RewardCw20 {
        /// The token contract.
        token: String,
        /// The operator.
        operator: String,
        /// What of the tokens each pool earned.
        parts: Vec<AssetAmount>,
        /// Whether the operator itself asked for them.
        by_operator: bool,
    },
    /// Pays rewards out. By a staker.
    ClaimRewards {
        /// Of which pools, at most 16; none: of all of the sender's, if they are no more.
        pools: Option<Vec<PoolKey>>,
        /// In which tokens; none: in all.
        tokens: Option<Vec<Token>>,
        /// Who receives; none: the sender.
        recipient: Option<String>,
    },
    /// Deposits rewards that are paid in registered assets for the sender, behind the operator that
    /// earned them. By a staker.
    Compound {
        /// Of which pools, at most 16; none: of all of the sender's, if they are no more.
        pools: Option<Vec<PoolKey>>,
        /// In which tokens, at least one: each a registered asset.
        tokens: Vec<Token>,
    },
    /// Pays the sender's commission out. By an operator.
    ClaimCommission {
        /// In which tokens; none: in all.
        tokens: Option<Vec<Token>>,
        /// Who receives; none: the sender.
        recipient: Option<String>,
    },
    /// Starts unbonding. By the staker.
    Undelegate {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Base units, clamped to what the position is worth; none: all of it.
        amount: Option<Uint128>,
    },
    /// Takes what is still unbonding back into the pool at its present price. By the staker.
    Cancel {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Epoch of the undelegation.
        epoch: u64,
        /// Base units, clamped to what the entry is worth; none: all of it.
        amount: Option<Uint128>,
    },
    /// Pays out matured entries, oldest first, at most 32. By the staker.
    Claim {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Who receives; none: the sender.
        recipient: Option<String>,
    },
    /// Puts matured entries, oldest first, at most 32, behind another operator. By the staker.
    Redelegate {
        /// The operator to leave.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// The operator to stand behind.
        to: String,
    },
    /// Publishes the share of every loss that the operator's own stake bears first, as far as it
    /// reaches. Better for stakers at once; worse only after everybody who objects could leave. By
    /// an operator.
    SetFirstLoss {
        /// 0 to 1; until one is published 0: the operator's stake bears losses as all other does.
        share: Decimal,
    },
    /// Takes a penalty from an operator's pools and eligible buckets; answers with a
    /// [`SlashResult`] in its data. By the allocation contract.
    Slash(SlashPools),
    /// Passes on to the vault where seized tokens shall go instead. By the allocation contract.
    Redirect(Redirection),
    /// Names the allocation contract, once. By the owner.
    Connect {
        /// Its address.
        allocation: String,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
}

/// A pool that is staked natively.
#[cw_serde]
pub struct StakedPool {
    /// The operator.
    pub operator: String,
    /// The asset.
    pub asset: AssetId,
    /// The bond denom.
    pub denom: String,
    /// The contract that holds the delegation.
    pub staker: String,
    /// Seconds that the chain takes to unbond.
    pub unbonding_time: u64,
    /// Epochs whose undelegations go to the chain in one batch.
    pub batch_epochs: u32,
}

/// What people shall read about an operator. Not checked by anybody.
#[cw_serde]
pub struct OperatorMetadata {
    /// 1 to 70 bytes.
    pub name: String,
    /// At most 140 bytes.
    pub website: String,
    /// At most 280 bytes.
    pub details: String,
}

/// Commission on rewards, by the rules of the Cosmos SDK's staking module.
#[cw_serde]
pub struct Commission {
    /// Present rate.
    pub rate: Decimal,
    /// The rate never rises above this; never changes; at most 1.
    pub max_rate: Decimal,
    /// Most that the rate may rise within a day (it may fall freely); never changes; at most
    /// `max_rate`.
    pub max_daily_change: Decimal,
}

/// Changes to an operator; absent fields stay.
#[cw_serde]
#[derive(Default)]
pub struct OperatorChange {
    /// What people shall read.
    pub metadata: Option<OperatorMetadata>,
    /// New commission rate; at most one change a day.
    pub commission: Option<Decimal>,
    /// Whether new stake is accepted.
    pub accepts_stake: Option<bool>,
    /// Whether only listed stakers may join.
    pub restricted: Option<bool>,
}

/// A penalty on one operator.
#[cw_serde]
pub struct SlashPools {
    /// The operator.
    pub operator: String,
    /// When the update was made that was in force at the infraction: what was undelegated in its
    /// epoch or later counted in it, and shares the loss until it matures.
    pub since: Timestamp,
    /// Penalty p, at most `max_slash`.
    pub fraction: Decimal,
    /// The service's m.
    pub max_slash: Decimal,
    /// One for each asset.
    pub cuts: Vec<Cut>,
    /// Who gets the tokens.
    pub payees: Vec<Payee>,
}

/// A penalty on one pool.
#[cw_serde]
pub struct Cut {
    /// The asset.
    pub asset: AssetId,
    /// The service's slice b, as stored.
    pub slice: Scaled,
    /// Captured tokens c.
    pub captured: Uint128,
    /// Era in which they were captured.
    pub era: u32,
}

/// Answer to [`ExecuteMsg::Slash`], in the order of the cuts.
#[cw_serde]
pub struct SlashResult {
    /// One for each cut.
    pub cuts: Vec<CutResult>,
}

/// What one cut took.
#[cw_serde]
pub struct CutResult {
    /// The asset.
    pub asset: AssetId,
    /// The pool's magnitude before.
    pub before: Magnitude,
    /// Magnitude taken, in the unit of `before`.
    pub delta: Uint128,
    /// Base units taken from pool and buckets together.
    pub seized: Uint128,
}

/// Queries of the delegation contract.
#[cw_ownable_query]
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Neighbours and periods.
    #[returns(ConfigResponse)]
    Config {},
    /// Guardian and pauses in force.
    #[returns(GuardResponse)]
    Guard {},
    /// The present epoch.
    #[returns(EpochResponse)]
    Epoch {},
    /// One operator.
    #[returns(OperatorResponse)]
    Operator {
        /// Its address.
        operator: String,
    },
    /// All operators, by address.
    #[returns(Vec<OperatorResponse>)]
    Operators {
        /// Last address of the page before.
        start_after: Option<String>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// Whether a staker may stand behind an operator now.
    #[returns(bool)]
    MayJoin {
        /// The operator.
        operator: String,
        /// The staker.
        staker: String,
    },
    /// Pools of an operator, by asset.
    #[returns(Vec<PoolResponse>)]
    Pools {
        /// The operator.
        operator: String,
        /// Last asset of the page before.
        start_after: Option<AssetId>,
        /// Page size: 10 if absent, at most 10 ([`MAX_POOLS_PAGE`]).
        limit: Option<u32>,
    },
    /// Unbonding buckets of a pool, by epoch.
    #[returns(Vec<BucketResponse>)]
    Buckets {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
        /// Last epoch of the page before.
        start_after: Option<u64>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// Active positions of a staker.
    #[returns(Vec<PositionResponse>)]
    Positions {
        /// The staker.
        owner: String,
        /// Last pool of the page before.
        start_after: Option<PoolKey>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// Unbonding entries of a staker.
    #[returns(Vec<UnbondingResponse>)]
    Unbondings {
        /// The staker.
        owner: String,
        /// Last entry of the page before: its pool and epoch.
        start_after: Option<(PoolKey, u64)>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// What a staker can claim now, by pool.
    #[returns(Vec<RewardsResponse>)]
    Rewards {
        /// The staker.
        owner: String,
        /// Last pool of the page before.
        start_after: Option<PoolKey>,
        /// Page size: 10 if absent, at most 10 ([`MAX_POOLS_PAGE`]).
        limit: Option<u32>,
    },
    /// What flows to the stakers of a pool, one for each reward token, in the order of their first
    /// payment.
    #[returns(Vec<FlowResponse>)]
    Flows {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
    },
    /// Commission that an operator can claim, by the names of the tokens.
    #[returns(Vec<TokenAmount>)]
    CommissionOwed {
        /// The operator.
        operator: String,
        /// Last token of the page before.
        start_after: Option<Token>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// Where a natively staked pool stands with the base chain.
    #[returns(StakedResponse)]
    Staked {
        /// The operator.
        operator: String,
        /// The asset.
        asset: AssetId,
    },
    /// Rounding remainders of an asset that belong to nobody, counted.
    #[returns(Uint128)]
    Dust {
        /// The asset.
        asset: AssetId,
    },
    /// What stands behind some operators and what it is worth: at most 50 operators and 8
    /// assets. Unknown operators and empty pools answer with zero tokens.
    #[returns(StakesResponse)]
    Stakes {
        /// The operators.
        operators: Vec<String>,
        /// The assets.
        assets: Vec<AssetId>,
    },
}

/// A pool's name.
#[cw_serde]
pub struct PoolKey {
    /// The operator.
    pub operator: String,
    /// The asset.
    pub asset: AssetId,
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
