//! What messages do, one file for each family.

pub(crate) mod asset;
pub(crate) mod deposit;
pub(crate) mod idle;
pub(crate) mod recover;
pub(crate) mod seizure;
pub(crate) mod stake;
pub(crate) mod staking;
pub(crate) mod wiring;
