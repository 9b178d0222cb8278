//! The gateway on a consumer chain, a stub of the host's slashing contract on another, and the
//! relayer between them.
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
mod channels;
mod evidence;
mod history;
mod host;
mod ledger;
mod lone;
mod reports;
mod retries;
mod rewards;
mod sets;
mod transitions;
