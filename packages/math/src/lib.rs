//! Palisade: the money math.
//!
//! The only place where stake, shares, slices or rewards are multiplied or
//! divided. Nothing here stores, sends or reads a clock: every function is a
//! pure function of its arguments, and every failure is a [`MathError`].
//!
//! | module | what it answers |
//! | --- | --- |
//! | [`pool`] | how many tokens a holder's shares are worth, in a pool or an unbonding bucket |
//! | [`magnitude`] | what a slice, written before any number of slashes, is today |
//! | [`commitment`] | what all slices of a pool together come to |
//! | [`power`] | what an operator counts with at a service |
//! | [`penalty`] | what a penalty takes, and from which part |
//! | [`tombstone`] | what a penalty takes beyond those that came before it, where only the largest is borne |
//! | [`first_loss`] | how much of a loss the operator's own stake bears first |
//! | [`rewards`] | what a holder earned |
//! | [`stream`] | how rewards of one epoch flow through the next |
//! | [`throttle`] | how fast stake can be slashed |
//! | [`epoch`] | which epoch it is, and when a bucket matures |
//!
//! Three units occur. **Tokens** are the smallest units of an asset.
//! **Shares** are parts of a pool, about a million to a token at first.
//! **Magnitude** is the unit of slices: a fresh pool has [`FULL_MAGNITUDE`].
//!
//! Rounding goes against the one who asks (who joins, leaves, claims or
//! promises) and in favour of who stays; a penalty rounds up, so that no
//! penalty is too small to be felt. The derivations are in `docs/math.md`.

pub mod commitment;
pub mod epoch;
mod error;
pub mod first_loss;
pub mod magnitude;
pub mod penalty;
pub mod pool;
pub mod power;
pub mod rewards;
mod split;
pub mod stream;
pub mod throttle;
pub mod tombstone;
mod wide;

pub use commitment::{share_of, within_cap};
pub use epoch::{Epochs, MAX_LIVE_BUCKETS};
pub use error::MathError;
pub use first_loss::{split_loss, Exposure, LossSplit};
pub use magnitude::{
    Magnitude, Scaled, FULL_MAGNITUDE, RENORMALIZE_BELOW, RENORMALIZE_FACTOR, SATURATED_MAGNITUDE,
};
pub use penalty::{equivalent_stake, loss, penalty_magnitude, scale_pending, Part, Penalty};
pub use pool::{
    Left, Position, SharePool, MAX_DEPOSIT, RESCALE_ABOVE, RESCALE_FACTOR, VIRTUAL_SHARES,
};
pub use power::{asset_value, capped_power, captured_tokens};
pub use rewards::{
    reward_weight, Checkpoint, RewardIndex, Seal, Settled, INDEX_SCALE, MAX_SETTLE_STEPS,
};
pub use split::{apportion, portion};
pub use stream::Stream;
pub use throttle::{slash_weight, Meter};
pub use tombstone::Borne;

/// For serde: a counter that is zero is not written, which most are for ever.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
pub(crate) fn is_zero(value: &u32) -> bool {
    *value == 0
}
