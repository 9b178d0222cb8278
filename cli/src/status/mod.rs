//! `status`: the suite on one screen.

mod consumer;
mod host;
mod show;
mod todo;

use std::collections::BTreeMap;

use anyhow::Result;
use cosmwasm_std::{Decimal, Uint128};
use serde::Serialize;

use crate::session::Session;

/// All of it. Amounts are base units, powers units of value, times seconds since 1970.
#[derive(Serialize)]
pub(crate) struct Status {
    pub(crate) chain_id: String,
    pub(crate) now: u64,
    pub(crate) contracts: BTreeMap<String, String>,
    pub(crate) epoch: u64,
    pub(crate) epoch_start: u64,
    pub(crate) epoch_end: u64,
    pub(crate) assets: Vec<Asset>,
    pub(crate) operators: Vec<Operator>,
    /// There are more than are shown.
    pub(crate) more_operators: bool,
    pub(crate) services: Vec<Service>,
    /// What somebody has to send now.
    pub(crate) todo: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Asset {
    pub(crate) id: String,
    pub(crate) staked_natively: bool,
    pub(crate) cap: Uint128,
    /// Principal in the vault's books.
    pub(crate) held: Uint128,
    pub(crate) seized: Uint128,
    /// What the vault holds beyond what it owes: tokens that came without a word whose they are.
    pub(crate) unowed: Uint128,
    /// The owner's line to send them back, if there are any.
    pub(crate) recover: Option<String>,
    pub(crate) rate: Decimal,
    pub(crate) rate_updated_at: u64,
    /// Whether the rate is one that never ages.
    pub(crate) fixed: bool,
    pub(crate) fresh: bool,
    pub(crate) deposits: bool,
}

#[derive(Serialize)]
pub(crate) struct Operator {
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) commission: Decimal,
    pub(crate) cap: Decimal,
    pub(crate) accepts_stake: bool,
    pub(crate) pools: Vec<Pool>,
}

#[derive(Serialize)]
pub(crate) struct Pool {
    pub(crate) asset: String,
    pub(crate) stake: Uint128,
    /// Of it, the operator's own.
    pub(crate) own: Uint128,
    pub(crate) unbonding: Uint128,
    pub(crate) committed: Decimal,
}

#[derive(Serialize)]
pub(crate) struct Service {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) admin: String,
    pub(crate) stopped: bool,
    pub(crate) suspended_until: Option<u64>,
    pub(crate) channel: Option<String>,
    pub(crate) last_update: u64,
    pub(crate) last_update_at: Option<u64>,
    pub(crate) sync_under_way: bool,
    pub(crate) pending: Vec<Request>,
    pub(crate) throttle: Throttle,
    /// By operator.
    pub(crate) powers: BTreeMap<String, Uint128>,
    /// None: the config has no such consumer.
    pub(crate) consumer: Option<Consumer>,
}

#[derive(Serialize)]
pub(crate) struct Request {
    pub(crate) request: u64,
    pub(crate) operator: String,
    pub(crate) kind: String,
    pub(crate) fraction: Option<Decimal>,
    pub(crate) executable_at: u64,
    /// After it, stake that answers may have left.
    pub(crate) execute_until: u64,
}

/// Of each bucket: what it holds when full, and what was drawn.
#[derive(Serialize)]
pub(crate) struct Throttle {
    pub(crate) limit: (Uint128, Uint128),
    pub(crate) reserved: (Uint128, Uint128),
    pub(crate) shared: (Uint128, Uint128),
}

#[derive(Serialize)]
pub(crate) struct Consumer {
    pub(crate) chain_id: String,
    /// What is known of the way to it, from the host.
    pub(crate) host_end: Option<End>,
    /// Why it cannot be told, if it cannot; then nothing below is known.
    pub(crate) unreachable: Option<String>,
    pub(crate) consumer_end: Option<End>,
    pub(crate) last_update: u64,
    pub(crate) powers: BTreeMap<String, Uint128>,
    pub(crate) open_reports: u32,
    /// Of them, those that can be sent now.
    pub(crate) due_reports: u32,
}

/// An end of a channel.
#[derive(Serialize)]
pub(crate) struct End {
    pub(crate) channel: String,
    pub(crate) state: String,
    pub(crate) client: String,
    /// `Active`, `Expired` or `Frozen`.
    pub(crate) client_status: String,
}

/// Shows it.
pub(crate) fn run(session: &Session<'_>, json: bool) -> Result<()> {
    let status = host::gather(session)?;
    if json {
        session.say(&serde_json::to_string_pretty(&status)?);
    } else {
        for line in show::lines(&status) {
            // A name with an end of line in it must not look like a line of ours.
            session.say(&line.replace('\n', " "));
        }
    }
    Ok(())
}
