//! The staker: holds what an operator's stakers stake natively, one instance for each validator.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{from_json, Addr, QuerierWrapper, StdResult, Timestamp, Uint128};

/// Key of the one record that neighbours read without loading the contract: a [`State`].
pub const STATE_KEY: &[u8] = b"s";

/// Instantiates a staker. The sender is the only one whose messages it takes: the vault.
#[cw_serde]
pub struct InstantiateMsg {
    /// The validator with which it stakes. Never changes.
    pub validator: String,
    /// The bond denom.
    pub denom: String,
}

/// Messages of the staker, all of them by the vault.
#[cw_serde]
pub enum ExecuteMsg {
    /// Delegates the coins attached.
    Delegate {},
    /// Undelegates; the tokens arrive when the chain has unbonded them. A unit less, should the chain
    /// refuse the amount itself.
    Undelegate {
        /// Base units.
        amount: Uint128,
    },
    /// Sends what arrived to the vault, and forgets the oldest entries.
    Collect {
        /// Base units.
        amount: Uint128,
        /// How many entries the tokens are of.
        entries: u32,
    },
    /// Withdraws the validator's rewards, and uses all that were withdrawn and not used yet.
    WithdrawRewards {
        /// What for.
        to: RewardsTo,
    },
    /// Sends all coins at hand of another denom than the bond denom as
    /// [`crate::delegation::ExecuteMsg::Reward`]: rewards of a chain whose fees are paid in many.
    ForwardRewards {
        /// The denom.
        denom: String,
        /// The delegation contract.
        delegation: String,
        /// Name of the asset.
        asset: String,
        /// Whose staker this is.
        operator: String,
        /// Whether the operator asked for it.
        by_operator: bool,
    },
}

/// What the base chain's rewards are used for.
#[cw_serde]
pub enum RewardsTo {
    /// Delegated; the vault is told by [`crate::vault::ExecuteMsg::Compounded`].
    Stake {
        /// Name of the asset.
        asset: String,
        /// Whose staker this is.
        operator: String,
    },
    /// Sent as [`crate::delegation::ExecuteMsg::Reward`].
    Send {
        /// The delegation contract.
        delegation: String,
        /// Name of the asset.
        asset: String,
        /// Whose staker this is.
        operator: String,
    },
}

/// Queries of the staker.
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Whose it is, and with whom it stakes.
    #[returns(ConfigResponse)]
    Config {},
    /// Rewards at hand, and what the chain unbonds.
    #[returns(State)]
    State {},
}

/// Whose it is, and with whom it stakes.
#[cw_serde]
pub struct ConfigResponse {
    /// The vault.
    pub vault: Addr,
    /// The validator.
    pub validator: String,
    /// The bond denom.
    pub denom: String,
}

/// What of the staker's balance is rewards, and what is on its way.
#[cw_serde]
#[derive(Default)]
pub struct State {
    /// Rewards that the chain paid by itself (with a delegation or an undelegation) and that were not
    /// used yet. All other coins at hand are principal that was unbonded.
    #[serde(rename = "r", default, skip_serializing_if = "Uint128::is_zero")]
    pub rewards: Uint128,
    /// What is unbonding or arrived, and was not collected yet: oldest first.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
}

/// One undelegation.
#[cw_serde]
pub struct Entry {
    /// Base units that the chain unbonds: what was asked for, or a unit or two less, as it rounds.
    #[serde(rename = "a")]
    pub amount: Uint128,
    /// When the chain has unbonded them, as it said itself. They arrive at the end of the first block
    /// at or after that time.
    #[serde(rename = "c")]
    pub completes_at: Timestamp,
}

/// Base units that a staker has delegated to its validator now, as the chain values them: rounded down.
/// Asked of the staking module; no contract is loaded.
///
/// # Errors
/// None of a staker that was instantiated.
pub fn bonded(querier: QuerierWrapper, staker: &Addr) -> StdResult<Uint128> {
    // It has one delegation at most. This query does not go through the distribution module.
    let delegations = querier.query_all_delegations(staker)?;
    Ok(delegations
        .first()
        .map_or(Uint128::zero(), |delegation| delegation.amount.amount))
}

/// What arrived at a staker, and what is on its way.
pub struct Unbonded {
    /// Principal at hand: what arrived and was not collected.
    pub arrived: Uint128,
    /// Undelegations that were not collected, oldest first.
    pub entries: Vec<Entry>,
}

/// What arrived at a staker, and what is on its way. Asked of the bank module and of the staker's
/// storage; no contract is loaded.
///
/// # Errors
/// None of a staker that was instantiated.
pub fn unbonded(querier: QuerierWrapper, staker: &Addr, denom: &str) -> StdResult<Unbonded> {
    let raw = querier.query_wasm_raw(staker, STATE_KEY)?;
    let state: State = raw.map(from_json).transpose()?.unwrap_or_default();
    let balance = querier.query_balance(staker, denom)?.amount;
    Ok(Unbonded {
        arrived: balance.saturating_sub(state.rewards),
        entries: state.entries,
    })
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
