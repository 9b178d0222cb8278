//! The bond denom, staked by the suite itself with the operators' own validators.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    missing_docs,
    unreachable_pub
)]

mod life;
mod losses;
mod world;
