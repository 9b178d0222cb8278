//! What killed or hurt others, each by its name in docs/security.md, on all contracts and both
//! chains; then whole lives of slashes, and many of them at once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    missing_docs,
    unreachable_pub
)]

mod channels;
mod impostor;
mod life;
mod many;
mod packets;
mod rewards;
mod slashing;
mod stake;
mod stubborn;
mod throttle;
mod unbonding;
mod world;
