//! Where natively staked pools stand.

use cosmwasm_std::{Deps, Uint128};
use palisade_types::delegation::{BatchResponse, StakedResponse};

use crate::error::ContractError;
use crate::native::slashed;
use crate::state::{PoolKind, BATCHES, CONFIG, HOLDERS, NATIVE, POOLS};

pub(crate) fn staked(
    deps: Deps,
    operator: &str,
    asset: &str,
) -> Result<StakedResponse, ContractError> {
    let operator = deps.api.addr_validate(operator)?;
    let pool = match POOLS.may_load(deps.storage, (&operator, asset))? {
        Some(pool) if pool.kind == PoolKind::Native => pool.id,
        _ => {
            return Err(ContractError::NotNative {
                operator,
                asset: asset.to_string(),
            })
        }
    };
    let staker = HOLDERS.load(deps.storage, pool)?;
    let native = NATIVE.load(deps.storage, pool)?;
    let unbonding = BATCHES.may_load(deps.storage, pool)?.unwrap_or_default();
    let epochs = CONFIG.load(deps.storage)?.epochs;
    // The first boundary after the epoch that waits.
    let length = u64::from(staker.batch_epochs);
    let boundary = native.next.checked_div(length).unwrap_or_default();
    let boundary = boundary.saturating_add(1).saturating_mul(length);
    let growing = match &native.growth {
        Some(growth) => growth.rest()?,
        None => Uint128::zero(),
    };
    Ok(StakedResponse {
        slashed: slashed(deps, pool, &native, Uint128::zero())?,
        staker: staker.staker,
        bonded: native.bonded,
        growing,
        seized: native.seized,
        next_epoch: native.next,
        next_batch_at: epochs.start(boundary)?,
        batches: unbonding
            .batches
            .into_iter()
            .map(|batch| BatchResponse {
                from: batch.from,
                to: batch.to,
                amount: batch.amount,
                seized: batch.seized,
            })
            .collect(),
    })
}
