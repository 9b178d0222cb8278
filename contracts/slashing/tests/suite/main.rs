//! The slashing contract beside a stub of the allocation contract, a stub of a gateway on another
//! chain, and the relayer between them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    missing_docs,
    unreachable_pub
)]

mod admin;
mod allocation;
mod asks;
mod channels;
mod claims;
mod consumer;
mod disputes;
mod evidence;
mod executions;
mod outcomes;
mod penalties;
mod register;
mod reports;
mod settings;
mod slashes;
mod standing;
mod story;
mod suspension;
mod sync;
mod table;
mod throttle;
mod unsent;
mod votes;
