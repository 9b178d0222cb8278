//! Rates: which are believed, and how long they are fresh. Only new deposits and rising power need
//! a fresh one.

use cosmwasm_std::{Decimal, QuerierWrapper, Storage, Timestamp};
use palisade_types::asset::{RateProviderQuery, RateResponse, RateSource, MAX_CLOCK_SKEW};
use palisade_types::time::before;

use crate::error::ContractError;
use crate::lsm;
use crate::state::{Asset, Rate, RATES};

/// The last good rate of an asset, and whether it is fresh. One that the chain itself tells is always
/// fresh: it does not age, and can be wrong only by a slash of the validator that nobody brought here.
pub(crate) fn last(
    storage: &dyn Storage,
    asset: &str,
    source: &RateSource,
    now: Timestamp,
) -> Result<(Rate, bool), ContractError> {
    let rate = RATES.load(storage, asset)?;
    let fresh = match source {
        RateSource::Fixed { .. } | RateSource::Shares { .. } => true,
        RateSource::Provider { max_age, .. } => !is_older(rate.at, now, *max_age),
    };
    Ok((rate, fresh))
}

/// What a good answer changed.
pub(crate) enum Answer {
    /// Nothing: it is known, or the rate is fixed.
    Known,
    /// The rate, or its time, which is stored now.
    New(Rate),
    /// It came second within a block, which keeps the rate that came first.
    Late {
        /// The rate that came first.
        kept: Decimal,
        /// The rate of the answer.
        rate: Decimal,
    },
}

/// Asks for the rate of an asset, which must be good, and stores what is new in it. A fixed rate
/// costs nothing: it is never new.
///
/// One change for each block: by many small steps within one, each of them believed, a provider
/// could go as far as it likes.
pub(crate) fn refresh(
    storage: &mut dyn Storage,
    querier: QuerierWrapper,
    id: &str,
    asset: &Asset,
    now: Timestamp,
) -> Result<Answer, ContractError> {
    let max_change = match &asset.source {
        RateSource::Fixed { .. } => return Ok(Answer::Known),
        RateSource::Provider { max_change, .. } => Some(*max_change),
        RateSource::Shares { .. } => None,
    };
    let last = RATES.load(storage, id)?;
    let mut rate = ask(querier, asset, now)?;
    if rate.at < last.at {
        return Err(ContractError::RateOutdated {
            updated_at: rate.at,
            last: last.at,
        });
    }
    if let Some(max_change) = max_change {
        check_change(last.rate, rate.rate, max_change)?;
    }
    if rate.rate == last.rate {
        rate.block = last.block;
        // The age of what the chain tells is of no interest: nothing is written for its sake.
        if rate.at == last.at || max_change.is_none() {
            return Ok(Answer::Known);
        }
    } else if last.block == now {
        return Ok(Answer::Late {
            kept: last.rate,
            rate: rate.rate,
        });
    }
    RATES.save(storage, id, &rate)?;
    Ok(Answer::New(rate))
}

/// The present rate of an asset, whatever it was before.
pub(crate) fn ask(
    querier: QuerierWrapper,
    asset: &Asset,
    now: Timestamp,
) -> Result<Rate, ContractError> {
    match &asset.source {
        RateSource::Fixed { rate } => Ok(Rate {
            rate: *rate,
            at: now,
            block: Timestamp::default(),
        }),
        RateSource::Provider {
            contract,
            min,
            max,
            max_age,
            max_change: _,
        } => {
            let answer = ask_provider(querier, contract)?;
            check_answer(&answer, (*min, *max), *max_age, now)?;
            Ok(Rate {
                rate: answer.rate,
                at: answer.updated_at,
                block: now,
            })
        }
        RateSource::Shares { delegator } => Ok(Rate {
            rate: lsm::rate(querier, &asset.kind, delegator)?,
            at: now,
            block: now,
        }),
    }
}

fn ask_provider(querier: QuerierWrapper, provider: &str) -> Result<RateResponse, ContractError> {
    querier
        .query_wasm_smart(provider, &RateProviderQuery::Rate {})
        .map_err(|reason| ContractError::RateUnavailable {
            provider: provider.to_string(),
            reason,
        })
}

/// Whether a provider's answer is within its bounds.
fn check_answer(
    answer: &RateResponse,
    (min, max): (Decimal, Decimal),
    max_age: u64,
    now: Timestamp,
) -> Result<(), ContractError> {
    let RateResponse { rate, updated_at } = *answer;
    if rate < min || rate > max {
        return Err(ContractError::RateOutOfBounds { rate, min, max });
    }
    if is_older(updated_at, now, max_age) {
        return Err(ContractError::RateStale {
            updated_at,
            max_age,
        });
    }
    if is_older(now, updated_at, MAX_CLOCK_SKEW) {
        return Err(ContractError::RateFromFuture {
            updated_at,
            max_skew: MAX_CLOCK_SKEW,
        });
    }
    Ok(())
}

/// Whether `time` lies more than `seconds` before `now`.
fn is_older(time: Timestamp, now: Timestamp, seconds: u64) -> bool {
    time < before(now, seconds)
}

/// `|rate - last| <= last * max_change`, without rounding: both sides go through 256 bits.
fn check_change(last: Decimal, rate: Decimal, max_change: Decimal) -> Result<(), ContractError> {
    let change = last.abs_diff(rate).atomics();
    let change = change.full_mul(Decimal::one().atomics());
    if change > last.atomics().full_mul(max_change.atomics()) {
        return Err(ContractError::RateChangedTooMuch {
            last,
            rate,
            max_change,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_measured_exactly_up_and_down() {
        let last = Decimal::percent(150);
        let tenth = Decimal::percent(10);
        for good in [135, 150, 165] {
            check_change(last, Decimal::percent(good), tenth).unwrap();
        }
        let ulp = Decimal::raw(1);
        for bad in [
            Decimal::percent(165).saturating_add(ulp),
            Decimal::percent(135).saturating_sub(ulp),
        ] {
            assert_eq!(
                check_change(last, bad, tenth),
                Err(ContractError::RateChangedTooMuch {
                    last,
                    rate: bad,
                    max_change: tenth
                })
            );
        }
        // Where 128 bits would overflow, and where rounding would let a change pass.
        check_change(Decimal::MAX, Decimal::raw(1), Decimal::MAX).unwrap();
        check_change(Decimal::raw(1), Decimal::raw(2), Decimal::percent(99)).unwrap_err();
    }

    #[test]
    fn age_counts_in_nanoseconds_and_never_overflows() {
        let now = Timestamp::from_seconds(1_000);
        assert!(!is_older(Timestamp::from_seconds(900), now, 100));
        assert!(is_older(Timestamp::from_nanos(899_999_999_999), now, 100));
        assert!(!is_older(now.plus_nanos(1), now, 0));
        assert!(!is_older(Timestamp::from_seconds(0), now, u64::MAX));
        assert!(is_older(now, Timestamp::from_nanos(u64::MAX), 600));
    }
}
