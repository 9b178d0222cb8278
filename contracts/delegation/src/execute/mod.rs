//! What messages do, one file for each family.

pub(crate) mod native;
pub(crate) mod operator;
pub(crate) mod payout;
pub(crate) mod reward;
pub(crate) mod slash;
pub(crate) mod stake;
pub(crate) mod unbonding;
pub(crate) mod wiring;
