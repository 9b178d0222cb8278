//! Shares of a pool: one type for the pools of operators and for the buckets
//! of stake that unbonds (`docs/math.md`, share pools).
//!
//! A pool behaves as if one token and [`VIRTUAL_SHARES`] shares that nobody
//! holds were always in it. So a share has a price before anybody joined, and
//! no donation and no first deposit moves that price to somebody's harm.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{OverflowError, OverflowOperation, Uint128, Uint256};

use crate::wide::{min_narrow, mul_div_ceil, mul_div_floor, narrow};
use crate::{is_zero, MathError};

/// Shares that every pool counts and nobody holds.
pub const VIRTUAL_SHARES: u128 = 1_000_000;

/// The most tokens that a pool holds: `10^31` units. With at most
/// [`RESCALE_ABOVE`] shares to a token, shares stay below `1.1 * 10^38`, which
/// 128 bits hold three times.
pub const MAX_DEPOSIT: u128 = 10_u128.pow(31);

/// Shares to a token above which a slash rescales the pool.
pub const RESCALE_ABOVE: u128 = 10_000_000;

/// What shares are divided by in one step of rescaling.
pub const RESCALE_FACTOR: u128 = 10;

/// What [`VIRTUAL_SHARES`] shares are worth at most in a pool that never grew, in tokens: there
/// are never fewer than that many shares to a token.
const CRUMBS: u128 = 2;

/// Steps of scale after which no 128-bit number of shares is above zero.
const MAX_SCALE_STEPS: u32 = 39;

/// The tokens of many holders, and the shares that they hold of them.
///
/// The cost of every operation is the same whoever and however many the
/// holders are.
///
/// ```
/// use cosmwasm_std::Uint128;
/// use palisade_math::{Position, SharePool};
///
/// let mut pool = SharePool::default();
/// let (mut alice, mut bob) = (Position::default(), Position::default());
/// pool.join(&mut alice, Uint128::new(300))?;
/// pool.join(&mut bob, Uint128::new(100))?;
///
/// // A quarter of everything goes: each loses a quarter.
/// assert_eq!(pool.slash(Uint128::new(100))?, Uint128::new(100));
/// assert_eq!(pool.value_of(&alice)?, Uint128::new(225));
/// assert_eq!(pool.value_of(&bob)?, Uint128::new(75));
///
/// // Who leaves takes what it is worth, and nothing of the other's.
/// assert_eq!(pool.leave_all(&mut alice)?.paid, Uint128::new(225));
/// assert_eq!(pool.value_of(&bob)?, Uint128::new(75));
/// # Ok::<(), palisade_math::MathError>(())
/// ```
#[cw_serde]
#[derive(Default)]
pub struct SharePool {
    /// Tokens in the pool, in units of the asset.
    pub tokens: Uint128,
    /// Shares outstanding, without the virtual ones. Zero exactly when `tokens` is.
    pub shares: Uint128,
    /// How often the pool was wiped or emptied. Shares of another generation are worth nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// How often shares were divided by [`RESCALE_FACTOR`] in this generation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u32,
}

/// What one holder holds of a [`SharePool`].
#[cw_serde]
#[derive(Default)]
pub struct Position {
    /// Shares, as they were counted at `(generation, scale)`.
    pub shares: Uint128,
    /// The pool's generation when the position was last touched.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// The pool's scale when the position was last touched.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u32,
}

impl Position {
    /// Whether nothing is left of the position, so that it need not be stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shares.is_zero()
    }
}

/// What came out of a pool when somebody left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Tokens for the one who left.
    pub paid: Uint128,
    /// Tokens that nobody holds shares of any more, a unit or two, or what the
    /// virtual shares had of a growth: the pool gave them up, and the caller books
    /// them as counted dust.
    pub dust: Uint128,
}

impl SharePool {
    /// Adds `amount` tokens, and mints `floor(amount * (S + V) / (T + 1))`
    /// shares for them into `position`, which moves to the pool's present
    /// generation and scale. Returns the shares minted.
    ///
    /// Rounds down, in favour of the holders already there.
    ///
    /// Older shares in `position` are converted first, and those of an older
    /// generation vanish: settle the position's rewards before.
    ///
    /// # Errors
    /// [`MathError::ZeroAmount`]; [`MathError::ZeroShares`] when the amount is
    /// less than one share is worth; [`MathError::DepositTooLarge`] when the pool
    /// would hold more than [`MAX_DEPOSIT`]. On an error nothing changed.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::{Position, SharePool};
    ///
    /// let mut pool = SharePool::default();
    /// let mut alice = Position::default();
    /// // 5 * (0 + 1_000_000) / (0 + 1)
    /// assert_eq!(pool.join(&mut alice, Uint128::new(5))?, Uint128::new(5_000_000));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn join(&mut self, position: &mut Position, amount: Uint128) -> Result<Uint128, MathError> {
        if amount.is_zero() {
            return Err(MathError::ZeroAmount);
        }
        let limit = Uint128::new(MAX_DEPOSIT);
        let tokens = self.tokens.checked_add(amount)?;
        if tokens > limit {
            return Err(MathError::DepositTooLarge {
                tokens: self.tokens,
                amount,
                limit,
            });
        }
        let minted = narrow(mul_div_floor(
            amount,
            self.counted_shares()?,
            self.counted_tokens()?,
        )?)?;
        if minted.is_zero() {
            return Err(MathError::ZeroShares { amount });
        }
        let shares = self.shares.checked_add(minted)?;
        let held = self.current_shares(position).checked_add(minted)?;
        self.tokens = tokens;
        self.shares = shares;
        self.place(position, held);
        Ok(minted)
    }

    /// The shares of `position` as this pool counts shares today:
    /// `floor(shares / 10^(difference in scale))`, zero for another generation.
    ///
    /// Rounds down, in favour of the other holders.
    #[must_use]
    pub fn current_shares(&self, position: &Position) -> Uint128 {
        if position.generation != self.generation {
            return Uint128::zero();
        }
        // A position is never ahead of its pool; one that were is worth nothing.
        let Some(steps) = self.scale.checked_sub(position.scale) else {
            return Uint128::zero();
        };
        rescaled(position.shares, steps)
    }

    /// Tokens that `position` would be paid if it left now:
    /// `floor(shares * (T + 1) / (S + V))`, never more than the pool holds.
    ///
    /// Rounds down, in favour of the other holders.
    ///
    /// # Errors
    /// None on a pool and position that this crate made.
    pub fn value_of(&self, position: &Position) -> Result<Uint128, MathError> {
        self.worth(self.current_shares(position))
    }

    /// Whether rewards of the pool have somebody to earn them: at least
    /// [`VIRTUAL_SHARES`] shares.
    #[must_use]
    pub fn earns(&self) -> bool {
        self.shares >= Uint128::new(VIRTUAL_SHARES)
    }

    /// Takes `shares` (as counted today, see [`Self::current_shares`]) out of
    /// `position`, and pays `floor(shares * (T + 1) / (S + V))` tokens for them,
    /// never more than the pool holds. No shares pay nothing.
    ///
    /// Rounds down, in favour of the holders who stay.
    ///
    /// When fewer than [`VIRTUAL_SHARES`] shares would stay, of a token or two at
    /// most, these become dust, and the pool starts a new generation. In a pool that
    /// grew ([`Self::grow`]) so few shares can be worth more, and stay.
    ///
    /// # Errors
    /// [`MathError::InsufficientShares`]. On an error nothing changed.
    pub fn leave(&mut self, position: &mut Position, shares: Uint128) -> Result<Left, MathError> {
        let available = self.current_shares(position);
        if shares > available {
            return Err(MathError::InsufficientShares {
                available,
                requested: shares,
            });
        }
        let paid = self.worth(shares)?;
        self.release(position, available, shares, paid)
    }

    /// Takes exactly `amount` tokens out, or all that `position` is worth if
    /// that is less, so that a slash just before cannot make a withdrawal fail.
    ///
    /// Burns `ceil(amount * (S + V) / (T + 1))` shares, rounded up in favour of
    /// the holders who stay. Asked for all that the position is worth or more, it
    /// burns all its shares and leaves no crumbs; so also when the position is
    /// worth nothing, which pays zero and is no error. Never pays more than
    /// `amount` nor more than the position is worth.
    ///
    /// # Errors
    /// None on a pool and position that this crate made.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::{Position, SharePool};
    ///
    /// let mut pool = SharePool::default();
    /// let mut alice = Position::default();
    /// pool.join(&mut alice, Uint128::new(1_000))?;
    /// assert_eq!(pool.leave_exact(&mut alice, Uint128::new(400))?.paid, Uint128::new(400));
    /// pool.slash(Uint128::new(1))?;
    /// assert_eq!(pool.leave_exact(&mut alice, Uint128::new(600))?.paid, Uint128::new(599));
    /// assert!(alice.is_empty());
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn leave_exact(
        &mut self,
        position: &mut Position,
        amount: Uint128,
    ) -> Result<Left, MathError> {
        let available = self.current_shares(position);
        let worth = self.worth(available)?;
        if amount >= worth {
            return self.release(position, available, available, worth);
        }
        // amount < shares * (T + 1) / (S + V), so the ceiling is within `available`.
        let burnt = narrow(mul_div_ceil(
            amount,
            self.counted_shares()?,
            self.counted_tokens()?,
        )?)?;
        self.release(position, available, burnt.min(available), amount)
    }

    /// Takes everything that `position` holds out: [`Self::leave`] with all its
    /// shares. A position worth nothing is emptied and paid nothing.
    ///
    /// # Errors
    /// None on a pool and position that this crate made.
    pub fn leave_all(&mut self, position: &mut Position) -> Result<Left, MathError> {
        let available = self.current_shares(position);
        let paid = self.worth(available)?;
        self.release(position, available, available, paid)
    }

    /// Moves all shares of `from` to `to`, as both are counted today. The pool stays as it is, and nobody
    /// else's shares are worth more or less: together they are worth what both were, and a unit more at
    /// most, where rounding each by itself took one.
    ///
    /// # Errors
    /// None on a pool and positions that this crate made.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::{Position, SharePool};
    ///
    /// let mut pool = SharePool::default();
    /// let (mut alice, mut bob) = (Position::default(), Position::default());
    /// pool.join(&mut alice, Uint128::new(300))?;
    /// pool.join(&mut bob, Uint128::new(100))?;
    /// pool.hand_over(&mut alice, &mut bob)?;
    /// assert!(alice.is_empty());
    /// assert_eq!(pool.value_of(&bob)?, Uint128::new(400));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn hand_over(&self, from: &mut Position, to: &mut Position) -> Result<(), MathError> {
        let moved = self.current_shares(from);
        let held = self.current_shares(to).checked_add(moved)?;
        self.place(from, Uint128::zero());
        self.place(to, held);
        Ok(())
    }

    /// Adds `amount` tokens that belong to all holders alike: no shares are minted, so each share is
    /// worth more. Nothing is rounded; the virtual shares have their part as well.
    ///
    /// # Errors
    /// [`MathError::NoHolders`] while nobody holds a share; [`MathError::DepositTooLarge`] when the
    /// pool would hold more than [`MAX_DEPOSIT`]. On an error nothing changed.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::{Position, SharePool};
    ///
    /// let mut pool = SharePool::default();
    /// let mut alice = Position::default();
    /// pool.join(&mut alice, Uint128::new(1_000))?;
    /// pool.grow(Uint128::new(100))?;
    /// // floor(1_000_000_000 * 1_101 / 1_001_000_000)
    /// assert_eq!(pool.value_of(&alice)?, Uint128::new(1_099));
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn grow(&mut self, amount: Uint128) -> Result<(), MathError> {
        if self.shares.is_zero() {
            return Err(MathError::NoHolders { amount });
        }
        let limit = Uint128::new(MAX_DEPOSIT);
        let tokens = self.tokens.checked_add(amount)?;
        if tokens > limit {
            return Err(MathError::DepositTooLarge {
                tokens: self.tokens,
                amount,
                limit,
            });
        }
        self.tokens = tokens;
        Ok(())
    }

    /// Removes `min(T, amount)` tokens at the cost of all holders alike, and
    /// returns how many it took. The caller rounds `amount` (see
    /// [`loss`](crate::loss)); here nothing is rounded but in rescaling, which
    /// costs all holders together less than one token.
    ///
    /// A pool that loses its last token starts a new generation at scale 0. While
    /// more than [`RESCALE_ABOVE`] shares stand for a token, shares are divided
    /// by [`RESCALE_FACTOR`] and the scale goes up: at most 32 times, so that no
    /// sequence of slashes makes shares overflow.
    ///
    /// Seal the pool's reward indices when generation or scale moved.
    ///
    /// # Errors
    /// [`MathError::Overflow`] after `2^32` generations or scales.
    ///
    /// ```
    /// use cosmwasm_std::Uint128;
    /// use palisade_math::{Position, SharePool};
    ///
    /// let mut pool = SharePool::default();
    /// let mut alice = Position::default();
    /// pool.join(&mut alice, Uint128::new(1_000))?;
    /// pool.slash(Uint128::new(999))?;
    /// assert_eq!((pool.generation, pool.scale), (0, 2));
    /// assert_eq!(pool.value_of(&alice)?, Uint128::new(1));
    /// // The last unit: alice's shares are void, and the pool is fresh again.
    /// assert_eq!(pool.slash(Uint128::new(5))?, Uint128::new(1));
    /// assert_eq!((pool.generation, pool.scale), (1, 0));
    /// assert_eq!(pool.value_of(&alice)?, Uint128::zero());
    /// # Ok::<(), palisade_math::MathError>(())
    /// ```
    pub fn slash(&mut self, amount: Uint128) -> Result<Uint128, MathError> {
        let taken = self.tokens.min(amount);
        let mut next = self.clone();
        next.tokens = next.tokens.checked_sub(taken)?;
        if next.tokens.is_zero() {
            if !next.shares.is_zero() {
                next.renew()?;
            }
        } else {
            let limit = next
                .counted_tokens()?
                .checked_mul(Uint256::from(RESCALE_ABOVE))?;
            while next.counted_shares()? > limit {
                next.shares = rescaled(next.shares, 1);
                next.scale = next_count(next.scale)?;
            }
        }
        *self = next;
        Ok(taken)
    }

    /// Pays `paid` for `burnt` of the `available` shares of `position`.
    fn release(
        &mut self,
        position: &mut Position,
        available: Uint128,
        burnt: Uint128,
        paid: Uint128,
    ) -> Result<Left, MathError> {
        let mut next = self.clone();
        next.tokens = next.tokens.checked_sub(paid)?;
        next.shares = next.shares.checked_sub(burnt)?;
        let mut held = available.checked_sub(burnt)?;
        let mut dust = Uint128::zero();
        let few = next.shares < Uint128::new(VIRTUAL_SHARES) && next.tokens.u128() <= CRUMBS;
        if !burnt.is_zero() && (few || next.shares.is_zero() || next.tokens.is_zero()) {
            dust = next.tokens;
            held = Uint128::zero();
            next.renew()?;
        }
        next.place(position, held);
        *self = next;
        Ok(Left { paid, dust })
    }

    /// An empty pool, in which no share of before counts.
    fn renew(&mut self) -> Result<(), MathError> {
        self.generation = next_count(self.generation)?;
        self.tokens = Uint128::zero();
        self.shares = Uint128::zero();
        self.scale = 0;
        Ok(())
    }

    /// Writes `shares` into `position` as of today.
    fn place(&self, position: &mut Position, shares: Uint128) {
        *position = Position {
            shares,
            generation: self.generation,
            scale: self.scale,
        };
    }

    /// `floor(shares * (T + 1) / (S + V))`, at most T.
    fn worth(&self, shares: Uint128) -> Result<Uint128, MathError> {
        let exact = mul_div_floor(shares, self.counted_tokens()?, self.counted_shares()?)?;
        Ok(min_narrow(exact, self.tokens))
    }

    /// `T + 1`.
    fn counted_tokens(&self) -> Result<Uint256, MathError> {
        Ok(Uint256::from(self.tokens).checked_add(Uint256::one())?)
    }

    /// `S + V`.
    fn counted_shares(&self) -> Result<Uint256, MathError> {
        Ok(Uint256::from(self.shares).checked_add(Uint256::from(VIRTUAL_SHARES))?)
    }
}

/// `floor(shares / 10^steps)`.
pub(crate) fn rescaled(shares: Uint128, steps: u32) -> Uint128 {
    if steps >= MAX_SCALE_STEPS {
        return Uint128::zero();
    }
    // 10^38 is below 2^128; zero is what is left past it anyway.
    Uint128::new(RESCALE_FACTOR)
        .checked_pow(steps)
        .ok()
        .and_then(|divisor| shares.checked_div(divisor).ok())
        .unwrap_or_default()
}

/// One generation or scale further.
fn next_count(count: u32) -> Result<u32, MathError> {
    count
        .checked_add(1)
        .ok_or_else(|| OverflowError::new(OverflowOperation::Add).into())
}
