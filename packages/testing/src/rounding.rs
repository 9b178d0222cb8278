//! How the chain rounds undelegations.

use anyhow::{bail, Result as AnyResult};
use cosmwasm_std::{from_json, Addr, Decimal, Empty, StakingMsg, Storage, Uint128};
use cw_storage_plus::Map;
use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::error::{HarnessError, HarnessResult};

/// Validator -> how the chain rounds undelegations from it.
const ROUNDING: Map<&str, Rounding> = Map::new("palisade_staking/rounding");

/// How the chain rounds undelegations from a validator that was slashed: its shares are worth fractions of
/// a unit. cw-multi-test knows no shares.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Rounding {
    /// A delegation seems to be worth a unit more than can be undelegated of it: happens after a
    /// validator lost more than half.
    pub refuses_all: bool,
    /// An undelegation of more than one unit unbonds a unit less than was asked for. It stays with
    /// the delegation here, with the validator on a real chain.
    pub short: bool,
}

/// What cw-multi-test knows of a delegation, as far as it is of interest.
#[derive(Deserialize)]
struct Stake {
    stake: Decimal,
}

/// What the chain makes of a message.
pub(crate) fn round(
    storage: &dyn Storage,
    delegator: &Addr,
    msg: StakingMsg,
) -> AnyResult<StakingMsg> {
    let StakingMsg::Undelegate {
        validator,
        mut amount,
    } = msg
    else {
        return Ok(msg);
    };
    let rounding = ROUNDING.may_load(storage, &validator)?.unwrap_or_default();
    if rounding.refuses_all {
        let key = Map::<(&Addr, &str), Empty>::new("stakes").key((delegator, &validator));
        let raw = storage.get(&[&[0, 7], &b"staking"[..], &key].concat());
        let stake: Option<Stake> = raw.map(from_json).transpose()?;
        let all = stake.map_or(Uint128::zero(), |found| found.stake.to_uint_floor());
        if amount.amount >= all {
            bail!("invalid shares amount");
        }
    }
    if rounding.short && amount.amount > Uint128::one() {
        amount.amount = amount.amount.checked_sub(Uint128::one())?;
    }
    Ok(StakingMsg::Undelegate { validator, amount })
}

impl Chain {
    /// Has the chain round undelegations from a validator so from now on.
    pub fn set_rounding(&mut self, validator: &str, rounding: Rounding) -> HarnessResult<()> {
        let saved = ROUNDING.save(self.app.storage_mut(), validator, &rounding);
        saved.map_err(HarnessError::Query)
    }
}
