//! Messages, queries and answers of every contract of the suite, and the typed handles by which
//! one contract calls its neighbour.
//!
//! Amounts are in an asset's base units unless a field says otherwise; powers are in units of
//! value (base units times rate times weight); times are block times; durations are seconds.

pub mod allocation;
pub mod asset;
pub mod delegation;
pub mod gateway;
pub mod neighbour;
pub mod page;
pub mod slashing;
pub mod staker;
pub mod time;
pub mod token;
pub mod vault;
