//! What can be staked, what it is worth, and where seized tokens go.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Decimal, Timestamp, Uint128};

/// Short name of an asset, chosen by the vault's owner: 2 to 16 of `a-z 0-9 -`, a letter first.
/// It names the asset in every message of the suite.
pub type AssetId = String;

/// Most seconds that a rate provider's clock may be ahead of the block, and a consumer's ahead
/// of the host's.
pub const MAX_CLOCK_SKEW: u64 = 600;

/// The token behind an asset.
#[cw_serde]
pub enum AssetKind {
    /// A denom of the bank module: native, IBC or tokenfactory. One of the form `{validator}/{id}` is a
    /// tokenized share of a delegation (LSM): it can stand behind the operator alone whose account is
    /// the validator's.
    Native {
        /// The denom.
        denom: String,
    },
    /// A cw20 token.
    Cw20 {
        /// The token contract.
        address: String,
    },
    /// The bond denom, staked by the suite itself with the operator's own validator. One asset at most.
    Staked {
        /// The code of the staker contract.
        code_id: u64,
        /// Seconds that the chain takes to unbond.
        unbonding_time: u64,
        /// Epochs whose undelegations go to the chain in one batch: `unbonding_time` of the chain and
        /// one batch have to fit into the suite's unbonding period, and six batches have to be at least
        /// as long as `unbonding_time`, as the chain takes seven undelegations at once.
        batch_epochs: u32,
    },
}

/// Where an asset's rate (value of one base unit) comes from.
#[cw_serde]
pub enum RateSource {
    /// Never changes by itself.
    Fixed {
        /// Value of one base unit, above zero.
        rate: Decimal,
    },
    /// Asked of a contract that answers `{"rate":{}}` with [`RateResponse`].
    Provider {
        /// The contract.
        contract: String,
        /// The lowest rate that is believed, above zero.
        min: Decimal,
        /// The highest rate that is believed.
        max: Decimal,
        /// Seconds after `updated_at` for which a rate counts as fresh.
        max_age: u64,
        /// Largest change against the last good rate, as a fraction of it.
        max_change: Decimal,
    },
    /// Of tokenized shares `{validator}/{id}` (LSM): what the chain says that the delegation behind
    /// them is worth, over their supply. Rounded down.
    Shares {
        /// The account that holds the delegation: the module account of the tokenization record.
        delegator: String,
    },
}

/// Query that every rate provider answers.
#[cw_serde]
pub enum RateProviderQuery {
    /// The present rate.
    Rate {},
}

/// Answer of a rate provider.
#[cw_serde]
pub struct RateResponse {
    /// Value of one base unit.
    pub rate: Decimal,
    /// When the rate was set.
    pub updated_at: Timestamp,
}

/// What an asset's tokens count for. `value = floor(tokens * rate * weight)`.
#[cw_serde]
pub struct Price {
    /// The asset.
    pub asset: AssetId,
    /// The last good rate.
    pub rate: Decimal,
    /// The haircut, above 0 and at most 1.
    pub weight: Decimal,
    /// False when the rate is stale: then no power may rise by this asset.
    pub fresh: bool,
}

/// Where seized tokens go.
#[cw_serde]
pub enum Destination {
    /// Out of supply.
    Burn {},
    /// To an address.
    Send {
        /// The recipient.
        recipient: String,
    },
}

impl Destination {
    /// The recipient's address, or none for a burn. Not validated: whoever books a destination does
    /// that.
    #[must_use]
    pub fn recipient(&self) -> Option<Addr> {
        match self {
            Destination::Burn {} => None,
            Destination::Send { recipient } => Some(Addr::unchecked(recipient)),
        }
    }
}

/// Who gets a share of what a penalty takes.
#[cw_serde]
pub struct Payee {
    /// The account under which the vault books it: the number of the service whose proceeds these
    /// are, so that nobody else can redirect them; 0: nobody can.
    pub account: u32,
    /// Where the share goes.
    pub destination: Destination,
    /// The share: above 0; those of all payees sum to 1. Amounts are rounded down, and the last
    /// payee gets what is left.
    pub share: Decimal,
}

/// Seized tokens that shall go elsewhere, since their recipient does not take them.
#[cw_serde]
pub struct Redirection {
    /// The asset; of a natively staked one `{asset}/{operator}`.
    pub asset: String,
    /// The account that they are booked under.
    pub account: u32,
    /// Where they were to go.
    pub from: Destination,
    /// Where they shall go.
    pub to: Destination,
}

/// An amount of an asset.
#[cw_serde]
pub struct AssetAmount {
    /// The asset.
    pub asset: AssetId,
    /// Base units.
    pub amount: Uint128,
}
