//! The vault: custody of every token of principal.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Decimal, Timestamp, Uint128};
use cw20::Cw20ReceiveMsg;
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable, EXIT_PAUSE_LIMIT};

use crate::asset::{
    AssetAmount, AssetId, AssetKind, Destination, Payee, Price, RateSource, Redirection,
};

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
    /// Pays out all that was seized of an asset for a destination under an account. Should the
    /// recipient not take it, it waits, and anybody may try again. By anybody.
    PayOut {
        /// The asset.
        asset: AssetId,
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
        /// What was slashed, per asset.
        seized: Vec<AssetAmount>,
        /// Who gets it: 1 to 3.
        payees: Vec<Payee>,
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
    /// Names the delegation contract, once. By the owner.
    Connect {
        /// Its address.
        delegation: String,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
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
    /// New cap; may lie below what is held, which then only leaves.
    pub cap: Option<Uint128>,
    /// New minimum.
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
        /// Page size.
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
        /// Page size.
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
        /// The asset.
        asset: AssetId,
        /// Last account and destination of the page before.
        start_after: Option<(u32, Destination)>,
        /// Page size.
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
    /// Haircut.
    pub weight: Decimal,
    /// Cap on principal.
    pub cap: Uint128,
    /// Least deposit.
    pub minimum: Uint128,
    /// Whether deposits are open.
    pub deposits: bool,
}

/// The books of one asset. `balance >= idle + staked + seized`; more is an accident's gift, and
/// nobody's.
#[cw_serde]
pub struct BooksResponse {
    /// Held idle for owners.
    pub idle: Uint128,
    /// Handed on to the delegation contract: pools, buckets and counted dust.
    pub staked: Uint128,
    /// Seized, not paid out yet.
    pub seized: Uint128,
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
