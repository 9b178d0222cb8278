//! The rules of IBC and wasmd, each as a test by name, with a small contract that does as it is told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]
#![allow(clippy::indexing_slicing)]

mod pinger;
mod setup;

mod acknowledgements;
mod chain;
mod closing;
mod faults;
mod handshake;
mod packets;
mod staking;
mod timeouts;
mod transfer;
