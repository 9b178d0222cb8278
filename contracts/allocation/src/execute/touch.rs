use cosmwasm_std::{Addr, Decimal, Deps, DepsMut, Env, Storage, Timestamp, Uint128};
use palisade_math::{Magnitude, MathError};
use palisade_types::allocation::{Action, ServiceId, SliceShare, MAX_ASSETS};
use palisade_types::delegation::StakesResponse;

use super::power::{Backing, Stale};
use super::service::require_running;
use super::{ask_stakes, check_list};
use crate::ledger::Ledger;
use crate::state::{Config, Member, Service, Slice};
use crate::ContractError;

/// One operator's slices of one service beside the present state of its pools: every change of a
/// slice goes through here, so that the pool's ledger follows it.
pub(crate) struct Touch<'a> {
    config: &'a Config,
    number: ServiceId,
    service: &'a Service,
    env: &'a Env,
    operator: Addr,
    answer: StakesResponse,
}

impl<'a> Touch<'a> {
    pub(crate) fn load(
        deps: Deps,
        config: &'a Config,
        env: &'a Env,
        (number, service): (ServiceId, &'a Service),
        operator: Addr,
    ) -> Result<Self, ContractError> {
        let operators = std::slice::from_ref(&operator);
        let answer = ask_stakes(deps, config, operators, &service.terms.assets)?;
        Ok(Self {
            config,
            number,
            service,
            env,
            operator,
            answer,
        })
    }

    pub(crate) fn backing(&self) -> Backing<'_> {
        Backing {
            terms: &self.service.terms,
            prices: &self.answer.prices,
            stakes: self.answer.stakes.first().map_or(&[], Vec::as_slice),
        }
    }

    fn now(&self) -> Timestamp {
        self.env.block.time
    }

    /// Lets changes that are due take effect.
    pub(crate) fn settle(
        &self,
        deps: &mut DepsMut,
        member: &mut Member,
    ) -> Result<(), ContractError> {
        settle(
            deps.storage,
            self.config,
            self.backing(),
            &self.operator,
            member,
            self.now(),
        )
    }

    /// Aims slices at new shares of their pools. A rise needs room in the pool and under the cap.
    pub(crate) fn aim(
        &self,
        deps: &mut DepsMut,
        member: &mut Member,
        shares: &[SliceShare],
        cap: Decimal,
    ) -> Result<(), ContractError> {
        check_list(
            "slices",
            MAX_ASSETS,
            shares.iter().map(|s| s.asset.as_str()),
        )?;
        let max_slash = self.service.terms.max_slash;
        for SliceShare { asset, share } in shares {
            let pool = self.pool(asset)?;
            if *share > max_slash {
                return Err(ContractError::ShareTooLarge {
                    asset: asset.clone(),
                    share: *share,
                    max_slash,
                });
            }
            let target = pool.share(*share)?;
            if target.is_zero() && !share.is_zero() {
                return Err(ContractError::ShareTooSmall {
                    asset: asset.clone(),
                    share: *share,
                    magnitude: pool.value,
                });
            }
            if !member.slices.iter().any(|slice| slice.asset == *asset) {
                member.slices.push(Slice::new(asset));
            }
            for slice in member.slices.iter_mut().filter(|s| s.asset == *asset) {
                // Taking a decrease back is a rise as well.
                if target > slice.counting(pool) {
                    require_running(self.number, self.service)?;
                }
                if target > slice.now(pool) {
                    palisade_admin::require_active(
                        deps.storage,
                        &self.env.block,
                        &Action::Promises,
                    )?;
                }
                self.retarget(deps, slice, pool, target, cap)?;
            }
        }
        Ok(())
    }

    /// Sends an operator on its way out.
    pub(crate) fn release(
        &self,
        deps: &mut DepsMut,
        member: &mut Member,
    ) -> Result<(), ContractError> {
        let (operator, now) = (&self.operator, self.now());
        release(
            deps.storage,
            self.config,
            self.backing(),
            operator,
            member,
            now,
        )
    }

    /// What the operator would count with once its increases took effect.
    pub(crate) fn strength(&self, member: &Member, stale: Stale) -> Result<Uint128, ContractError> {
        strength(self.backing(), member, stale)
    }

    fn pool(&self, asset: &str) -> Result<&Magnitude, ContractError> {
        let index = self.service.terms.assets.iter().position(|a| a == asset);
        let row = self.answer.stakes.first();
        match index.zip(row).and_then(|(index, row)| row.get(index)) {
            Some(stake) => Ok(&stake.magnitude),
            None => Err(ContractError::AssetNotAccepted {
                service: self.number,
                asset: asset.to_string(),
            }),
        }
    }

    fn retarget(
        &self,
        deps: &mut DepsMut,
        slice: &mut Slice,
        pool: &Magnitude,
        target: Uint128,
        cap: Decimal,
    ) -> Result<(), ContractError> {
        let (config, now) = (self.config, self.now());
        change(
            deps.storage,
            &self.operator,
            slice,
            pool,
            cap,
            now,
            |slice| {
                slice.aim(pool, target, config, now);
                Ok(())
            },
        )
    }
}

/// What an operator would count with once its increases took effect: ranks operators when a
/// service is full. A stale rate pushes nobody out, and helps nobody in.
pub(crate) fn strength(
    backing: Backing,
    member: &Member,
    stale: Stale,
) -> Result<Uint128, ContractError> {
    if member.leaving.is_some() || member.jailed {
        return Ok(Uint128::zero());
    }
    Ok(backing.count(&member.slices, stale, Slice::intended)?.value)
}

/// Lets changes of a member's slices that are due take effect.
pub(crate) fn settle(
    storage: &mut dyn Storage,
    config: &Config,
    backing: Backing,
    operator: &Addr,
    member: &mut Member,
    now: Timestamp,
) -> Result<(), ContractError> {
    for slice in &mut member.slices {
        let Some(pool) = backing.pool(&slice.asset) else {
            continue;
        };
        if slice.due(config, now) {
            let max_slash = backing.terms.max_slash;
            change(
                storage,
                operator,
                slice,
                pool,
                Decimal::one(),
                now,
                |slice| slice.settle(pool, max_slash, config, now),
            )?;
        }
    }
    Ok(())
}

/// Sends an operator on its way out: changes that are due take effect, then all slices fall.
pub(crate) fn release(
    storage: &mut dyn Storage,
    config: &Config,
    backing: Backing,
    operator: &Addr,
    member: &mut Member,
    now: Timestamp,
) -> Result<(), ContractError> {
    settle(storage, config, backing, operator, member, now)?;
    member.leaving = Some(now);
    for slice in &mut member.slices {
        let Some(pool) = backing.pool(&slice.asset) else {
            continue;
        };
        let cap = Decimal::one();
        change(storage, operator, slice, pool, cap, now, |slice| {
            slice.aim(pool, Uint128::zero(), config, now);
            Ok(())
        })?;
    }
    Ok(())
}

/// Changes a slice and, with it, the sum that is promised of its pool.
pub(crate) fn change(
    storage: &mut dyn Storage,
    operator: &Addr,
    slice: &mut Slice,
    pool: &Magnitude,
    cap: Decimal,
    now: Timestamp,
    how: impl FnOnce(&mut Slice) -> Result<(), MathError>,
) -> Result<(), ContractError> {
    let before = slice.promised(pool);
    how(slice)?;
    let after = slice.promised(pool);
    if before == after {
        return Ok(());
    }
    let mut ledger = Ledger::load(storage, operator, &slice.asset, pool, now)?;
    ledger.exchange(before, after, cap)?;
    ledger.save(storage, operator)?;
    Ok(())
}
