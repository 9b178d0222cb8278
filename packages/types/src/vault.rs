//! The vault: custody of every token of principal.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Decimal, Timestamp, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable, EXIT_PAUSE_LIMIT};

use crate::asset::{
    AssetAmount, AssetId, AssetKind, Destination, Payee, Price, RateSource, Redirection,
};
use crate::token::Token;

/// Instantiates the vault, the leftmost contract of the line.
#[cw_serde]
pub struct InstantiateMsg {
    /// The owner: registers assets and connects the delegation contract.
    pub owner: String,
    /// May pause, if any.
    pub guardian: Option<String>,
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// `deposit`, cw20 deposits, and `delegate`.
    Deposits,
    /// `withdraw`. Ends by itself after 14 days at most.
    Withdrawals,
}

impl Pausable for Action {
    fn name(&self) -> &'static str {
        match self {
            Action::Deposits => "deposits",
            Action::Withdrawals => "withdrawals",
        }
    }

    fn limit(&self) -> Option<u64> {
        match self {
            Action::Deposits => None,
            Action::Withdrawals => Some(EXIT_PAUSE_LIMIT),
        }
    }
}

/// Messages of the vault.
#[cw_ownable_execute]
#[cw_serde]
pub enum ExecuteMsg {
    /// Deposits the one native coin attached. By anybody.
    Deposit {
        /// Operator to stand behind; none: the deposit stays idle.
        operator: Option<String>,
        /// Whose the deposit is; none: the sender's.
        owner: Option<String>,
    },
    /// The cw20 hook; `msg` is a [`Cw20HookMsg`]. By a registered cw20.
    Receive(Cw20ReceiveMsg),
    /// Puts idle tokens behind an operator. By their owner.
    Delegate {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
        /// Base units.
        amount: Uint128,
    },
    /// Pays idle tokens out. By their owner.
    Withdraw {
        /// The asset.
        asset: AssetId,
        /// Base units.
        amount: Uint128,
        /// Who receives; none: the sender.
        recipient: Option<String>,
    },
    /// Asks the rate provider and keeps a good answer. By anybody.
    UpdateRate {
        /// The asset.
        asset: AssetId,
    },
    /// Pays out all that was seized of an asset for a destination under an account; of a natively
    /// staked one as much as came back from the base chain. Should the recipient not take it, it waits,
    /// and anybody may try again. By anybody.
    PayOut {
        /// The asset; of a natively staked one `{asset}/{operator}`, as what is seized of each operator's
        /// stakers is booked by itself.
        asset: String,
        /// The account that it is booked under: a service's number; 0: bounties.
        account: u32,
        /// As it was seized.
        destination: Destination,
    },
    /// Pays matured stake to its owner. By the delegation contract.
    Release {
        /// The asset.
        asset: AssetId,
        /// Base units.
        amount: Uint128,
        /// Who receives.
        recipient: String,
    },
    /// Books slashed stake for its payees; moves no token. By the delegation contract.
    Seize {
        /// Whose stake was slashed.
        operator: String,
        /// What was slashed, per asset.
        seized: Vec<AssetAmount>,
        /// Of what was slashed of a natively staked asset: what had arrived at the vault already.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arrived: Vec<AssetAmount>,
        /// Who gets it: 1 to 3.
        payees: Vec<Payee>,
    },
    /// Brings the validator's stake of an operator in line with what was decided: books a loss by the
    /// base chain, starts undelegations, takes in what arrived. By the delegation contract.
    Reconcile(Reconciliation),
    /// Stakes matured tokens with the validator of another operator. By the delegation contract.
    Restake {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
        /// Base units.
        amount: Uint128,
    },
    /// Opens native staking with the sender's validator: creates its staker and its pool. By an
    /// operator whose account is the validator's.
    OpenStaker {
        /// The asset, of kind `staked`.
        asset: AssetId,
        /// The validator.
        validator: String,
        /// Whether the base chain's rewards are staked as well; otherwise they are paid out as rewards.
        compound: bool,
    },
    /// Changes what the base chain's rewards of the sender's stakers are used for. By an operator with
    /// a staker.
    SetCompound {
        /// The asset.
        asset: AssetId,
        /// Whether they are staked as well.
        compound: bool,
    },
    /// Withdraws the base chain's rewards of an operator's stakers, and uses them as the operator set;
    /// while its validator is not bonded they are paid out. By anybody.
    WithdrawRewards {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
    },
    /// Sends rewards of the base chain in another denom than the bond denom, of a chain whose fees are
    /// paid in many, on to the stakers: once they were withdrawn. By anybody; a denom that the pool has
    /// not earned before begins with the operator's message.
    ForwardRewards {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
        /// The denom.
        denom: String,
    },
    /// Tells that rewards of the base chain were staked. By a staker.
    Compounded {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
        /// Base units.
        amount: Uint128,
    },
    /// Books what waits for one destination for another; nothing waiting changes nothing. By the
    /// delegation contract.
    Redirect(Redirection),
    /// Registers an asset. By the owner.
    RegisterAsset(NewAsset),
    /// Changes an asset. By the owner.
    UpdateAsset {
        /// The asset.
        asset: AssetId,
        /// What changes; absent fields stay.
        change: AssetChange,
    },
    /// Pays out what came without a word whose it is, such as a transfer without a memo: all that is held of
    /// a token beyond what is owed in it. By the owner.
    Recover {
        /// The token.
        token: Token,
        /// Who receives.
        recipient: String,
    },
    /// Names the delegation contract, once. By the owner.
    Connect {
        /// Its address.
        delegation: String,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
}

/// What is to be done with an operator's native stake.
#[cw_serde]
pub struct Reconciliation {
    /// The asset.
    pub asset: AssetId,
    /// The operator.
    pub operator: String,
    /// Base units that the base chain slashed of what is staked in the vault's books.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub lost: Uint128,
    /// Base units that the base chain slashed of what was seized before: those who are owed bear it.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub forfeited: Uint128,
    /// Base units to undelegate, as one batch; zero: none.
    #[serde(default, skip_serializing_if = "Uint128::is_zero")]
    pub undelegate: Uint128,
    /// What arrived, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collect: Option<Collection>,
}

/// Unbonded tokens that arrived at a staker.
#[cw_serde]
pub struct Collection {
    /// Base units for stakers who left.
    pub released: Uint128,
    /// Base units that were seized meanwhile.
    pub seized: Uint128,
    /// How many batches they are of.
    pub entries: u32,
}

/// The message inside a cw20 `Send`.
#[cw_serde]
pub enum Cw20HookMsg {
    /// Deposits the tokens sent.
    Deposit {
        /// Operator to stand behind; none: the deposit stays idle.
        operator: Option<String>,
        /// Whose the deposit is; none: the sender's.
        owner: Option<String>,
    },
}

/// An asset to register.
#[cw_serde]
pub struct NewAsset {
    /// Its short name.
    pub id: AssetId,
    /// Its token. One asset per token.
    pub kind: AssetKind,
    /// Where its rate comes from.
    pub rate: RateSource,
    /// Haircut, above 0 and at most 1.
    pub weight: Decimal,
    /// Most base units that the vault may hold as principal; at most 10^31.
    pub cap: Uint128,
    /// Least base units of one deposit, at least 1.
    pub minimum: Uint128,
}

/// Changes to an asset.
#[cw_serde]
#[derive(Default)]
pub struct AssetChange {
    /// New rate source; its first rate must be good.
    pub rate: Option<RateSource>,
    /// New haircut.
    pub weight: Option<Decimal>,
    /// New cap in base units; may lie below what is held, which then only leaves.
    pub cap: Option<Uint128>,
    /// New least deposit in base units.
    pub minimum: Option<Uint128>,
    /// Whether deposits are open.
    pub deposits: Option<bool>,
}

/// Queries of the vault.
#[cw_ownable_query]
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The neighbour.
    #[returns(ConfigResponse)]
    Config {},
    /// Guardian and pauses in force.
    #[returns(GuardResponse)]
    Guard {},
    /// One asset.
    #[returns(AssetResponse)]
    Asset {
        /// The asset.
        asset: AssetId,
    },
    /// All assets, by name.
    #[returns(Vec<AssetResponse>)]
    Assets {
        /// Last name of the page before.
        start_after: Option<AssetId>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// Prices of some assets (at most 8), in the order asked.
    #[returns(Vec<Price>)]
    Prices {
        /// The assets.
        assets: Vec<AssetId>,
    },
    /// Idle tokens of an owner, by asset.
    #[returns(Vec<AssetAmount>)]
    Idle {
        /// The owner.
        owner: String,
        /// Last asset of the page before.
        start_after: Option<AssetId>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// The staker of an operator.
    #[returns(StakerResponse)]
    Staker {
        /// The asset.
        asset: AssetId,
        /// The operator.
        operator: String,
    },
    /// All stakers of an asset, by operator.
    #[returns(Vec<StakerResponse>)]
    Stakers {
        /// The asset.
        asset: AssetId,
        /// Last operator of the page before.
        start_after: Option<String>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// What the vault owes, and to whom in total, of an asset.
    #[returns(BooksResponse)]
    Books {
        /// The asset.
        asset: AssetId,
    },
    /// What was seized and not paid out yet of an asset.
    #[returns(Vec<SeizedResponse>)]
    Seized {
        /// The asset; of a natively staked one `{asset}/{operator}`.
        asset: String,
        /// Last account and destination of the page before.
        start_after: Option<(u32, Destination)>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
}

/// The neighbour.
#[cw_serde]
pub struct ConfigResponse {
    /// The delegation contract, once connected.
    pub delegation: Option<Addr>,
}

/// One asset.
#[cw_serde]
pub struct AssetResponse {
    /// Its short name.
    pub id: AssetId,
    /// Its token.
    pub kind: AssetKind,
    /// Where its rate comes from.
    pub source: RateSource,
    /// The last good rate.
    pub rate: Decimal,
    /// When that rate was set.
    pub rate_updated_at: Timestamp,
    /// Whether it is fresh now.
    pub fresh: bool,
    /// Haircut, above 0 and at most 1.
    pub weight: Decimal,
    /// Cap on principal, in base units.
    pub cap: Uint128,
    /// Least deposit, in base units.
    pub minimum: Uint128,
    /// Whether deposits are open.
    pub deposits: bool,
}

/// The staker of an operator.
#[cw_serde]
pub struct StakerResponse {
    /// The operator.
    pub operator: Addr,
    /// The staker contract.
    pub staker: Addr,
    /// The validator.
    pub validator: String,
    /// Whether the base chain's rewards are staked as well.
    pub compound: bool,
}

/// The books of one asset, in base units. `balance >= idle + staked + seized`, or of a natively staked asset
/// `balance >= idle + released + payable`; more is an accident's gift, and nobody's.
#[cw_serde]
pub struct BooksResponse {
    /// Held idle for owners.
    pub idle: Uint128,
    /// Handed on to the delegation contract: pools, buckets and counted dust.
    pub staked: Uint128,
    /// Seized, not paid out yet.
    pub seized: Uint128,
    /// Of `staked`, if natively staked: unbonded and in the vault again, for stakers who left.
    pub released: Uint128,
    /// Of `seized`, if natively staked: unbonded and in the vault again, to be paid out.
    pub payable: Uint128,
    /// What the token itself says that the vault holds.
    pub balance: Uint128,
}

/// Seized tokens that wait for their payout.
#[cw_serde]
pub struct SeizedResponse {
    /// The account that they are booked under.
    pub account: u32,
    /// Where they go.
    pub destination: Destination,
    /// Base units.
    pub amount: Uint128,
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
