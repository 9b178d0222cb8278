//! Who bears a loss first (`docs/math.md`, first loss).
//!
//! An operator can put its own stake before that of its stakers: of every loss
//! it bears at least the share that it published, as far as its stake reaches.

use cosmwasm_std::{Decimal, Uint128};

use crate::split::{apportion, sum};
use crate::wide::{atomics, check_fraction, mul_div_ceil, narrow, ONE};
use crate::MathError;

/// One part of what a penalty touches: active stake or an eligible bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Tokens in the part, in units of the asset.
    pub tokens: Uint128,
    /// What it would lose if all bore alike ([`loss`](crate::loss)), at most `tokens`.
    pub nominal: Uint128,
}

/// What each part bears, in the order in which the parts were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossSplit {
    /// The loss of each of the operator's own parts.
    pub junior: Vec<Uint128>,
    /// The loss of each of the stakers' parts.
    pub senior: Vec<Uint128>,
}

/// Splits a loss between the operator's own parts and those of its stakers.
///
/// With J the tokens of the junior parts and L the sum of all nominal losses,
/// the junior parts bear `min(J, L, max(nominal junior, ceil(first_loss * L)))`
/// and the senior parts the rest. A junior part bears its nominal loss, and of
/// what is borne for others a share in proportion to what is left of it; a
/// senior part bears in proportion to its nominal loss, and never more.
///
/// Nothing is lost in the split: all parts together bear exactly L. Rounds the
/// junior share up, in favour of the stakers.
///
/// # Errors
/// [`MathError::InvalidFraction`] for a `first_loss` above one;
/// [`MathError::LossAbovePart`] for a nominal loss above its part.
///
/// ```
/// use cosmwasm_std::{Decimal, Uint128};
/// use palisade_math::{split_loss, Exposure};
///
/// let part = |tokens, nominal| Exposure {
///     tokens: Uint128::new(tokens),
///     nominal: Uint128::new(nominal),
/// };
/// // 5 % of everything. Of the 50 lost, the operator bears 40 % rather than 10 %.
/// let split = split_loss(&[part(100, 5)], &[part(700, 35), part(200, 10)], Decimal::percent(40))?;
/// assert_eq!(split.junior, [Uint128::new(20)]);
/// assert_eq!(split.senior, [Uint128::new(23), Uint128::new(7)]);
/// # Ok::<(), palisade_math::MathError>(())
/// ```
pub fn split_loss(
    junior: &[Exposure],
    senior: &[Exposure],
    first_loss: Decimal,
) -> Result<LossSplit, MathError> {
    check_fraction("first_loss", first_loss)?;
    let junior_nominal = nominals(junior)?;
    let senior_nominal = nominals(senior)?;
    let room = rooms(junior)?;

    let nominal = sum(&junior_nominal)?;
    let total = nominal.checked_add(sum(&senior_nominal)?)?;
    let agreed = mul_div_ceil(total, atomics(first_loss), ONE)?.min(total);
    // Nominal losses are within the parts, so only what is borne for others is bounded.
    let for_others = agreed.saturating_sub(nominal).min(sum(&room)?);
    let rest = total.checked_sub(nominal)?.checked_sub(for_others)?;

    let extra = apportion(narrow(for_others)?, &room)?;
    let junior = junior_nominal
        .iter()
        .zip(extra)
        .map(|(nominal, extra)| Ok(nominal.checked_add(extra)?))
        .collect::<Result<Vec<_>, MathError>>()?;
    Ok(LossSplit {
        junior,
        senior: apportion(narrow(rest)?, &senior_nominal)?,
    })
}

/// The nominal loss of each part, none above its part.
fn nominals(parts: &[Exposure]) -> Result<Vec<Uint128>, MathError> {
    parts
        .iter()
        .map(|part| {
            if part.nominal > part.tokens {
                return Err(MathError::LossAbovePart {
                    tokens: part.tokens,
                    nominal: part.nominal,
                });
            }
            Ok(part.nominal)
        })
        .collect()
}

/// What each part has left after its nominal loss.
fn rooms(parts: &[Exposure]) -> Result<Vec<Uint128>, MathError> {
    parts
        .iter()
        .map(|part| Ok(part.tokens.checked_sub(part.nominal)?))
        .collect()
}
