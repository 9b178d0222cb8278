//! What the host tells.

use anyhow::{Context, Result};
use cosmwasm_std::{Timestamp, Uint128, Uint64};
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::{allocation, delegation, slashing, vault};
use serde_json::json;

use super::{consumer, todo, Asset, Operator, Pool, Request, Service, Status, Throttle};
use crate::assets;
use crate::chain::{pages, Chain, PAGE};
use crate::quote;
use crate::service;
use crate::session::Session;
use crate::sync::host_powers;

/// Operators that are shown: each takes some questions.
const OPERATORS: u32 = 30;

/// The contracts of a suite.
pub(super) struct Suite<'a> {
    pub(super) host: Chain<'a>,
    pub(super) vault: String,
    pub(super) delegation: String,
    pub(super) allocation: String,
    pub(super) slashing: String,
}

/// Asks for everything.
pub(super) fn gather(session: &Session<'_>) -> Result<Status> {
    let suite = Suite {
        host: session.host(),
        vault: session.contract("vault")?,
        delegation: session.contract("delegation")?,
        allocation: session.contract("allocation")?,
        slashing: session.contract("slashing")?,
    };
    let epoch: delegation::EpochResponse = suite
        .host
        .ask(&suite.delegation, &delegation::QueryMsg::Epoch {})?;
    let registered = assets::registered(suite.host, &suite.vault)?;
    let (operators, more_operators) = operators(&suite)?;
    let mut status = Status {
        chain_id: suite.host.settings.chain_id.clone(),
        now: session.world.now(),
        contracts: session.store.state.contracts.clone(),
        epoch: epoch.epoch,
        epoch_start: epoch.start.seconds(),
        epoch_end: epoch.end.seconds(),
        assets: registered
            .iter()
            .map(|asset| self::asset(session, &suite, asset))
            .collect::<Result<_>>()?,
        operators,
        more_operators,
        services: services(session, &suite)?,
        todo: Vec::new(),
    };
    status.todo = todo::list(session, &suite, &status)?;
    Ok(status)
}

fn asset(session: &Session<'_>, suite: &Suite<'_>, asset: &vault::AssetResponse) -> Result<Asset> {
    let books: vault::BooksResponse = suite.host.ask(
        &suite.vault,
        &vault::QueryMsg::Books {
            asset: asset.id.clone(),
        },
    )?;
    let unowed = unowed(asset, &books);
    let recover = if unowed.is_zero() {
        None
    } else {
        Some(recover(session, suite, &asset.kind)?)
    };
    Ok(Asset {
        unowed,
        recover,
        id: asset.id.clone(),
        staked_natively: matches!(asset.kind, AssetKind::Staked { .. }),
        cap: asset.cap,
        held: books.idle.saturating_add(books.staked),
        seized: books.seized,
        rate: asset.rate,
        rate_updated_at: asset.rate_updated_at.seconds(),
        fixed: matches!(asset.source, RateSource::Fixed { .. }),
        fresh: asset.fresh,
        deposits: asset.deposits,
    })
}

/// Of what is staked natively the vault itself holds only what is idle or came back.
fn unowed(asset: &vault::AssetResponse, books: &vault::BooksResponse) -> Uint128 {
    let parts = if matches!(asset.kind, AssetKind::Staked { .. }) {
        [books.idle, books.released, books.payable]
    } else {
        [books.idle, books.staked, books.seized]
    };
    let owed = parts
        .into_iter()
        .fold(Uint128::zero(), Uint128::saturating_add);
    books.balance.saturating_sub(owed)
}

/// The line that sends it back; whose it is only a person can find out.
fn recover(session: &Session<'_>, suite: &Suite<'_>, kind: &AssetKind) -> Result<String> {
    let token = match kind {
        AssetKind::Native { denom } => json!({ "native": { "denom": denom } }),
        AssetKind::Cw20 { address } => json!({ "cw20": { "address": address } }),
        AssetKind::Staked { .. } => {
            let found = suite.host.query(&["staking", "params"])?;
            let denom = found
                .pointer("/params/bond_denom")
                .or_else(|| found.pointer("/bond_denom"))
                .context("the chain told no bond_denom")?;
            json!({ "native": { "denom": denom } })
        }
    };
    let recipient = quote::placeholder("sender");
    let msg = json!({ "recover": { "token": token, "recipient": recipient } }).to_string();
    let words = ["wasm", "execute", &suite.vault, &msg].map(String::from);
    let words = suite.host.words(&words, &session.owner_name());
    let words = words.iter().map(String::as_str);
    let binary = suite.host.settings.binary.as_str();
    Ok(quote::line(std::iter::once(binary).chain(words)))
}

fn operators(suite: &Suite<'_>) -> Result<(Vec<Operator>, bool)> {
    let msg = delegation::QueryMsg::Operators {
        start_after: None,
        limit: Some(OPERATORS.saturating_add(1)),
    };
    let found: Vec<delegation::OperatorResponse> = suite.host.ask(&suite.delegation, &msg)?;
    let most = usize::try_from(OPERATORS)?;
    let more = found.len() > most;
    let shown = found.iter().take(most);
    let operators = shown
        .map(|operator| self::operator(suite, operator))
        .collect::<Result<_>>()?;
    Ok((operators, more))
}

fn operator(suite: &Suite<'_>, operator: &delegation::OperatorResponse) -> Result<Operator> {
    let address = operator.operator.to_string();
    let pools = pages(
        |start_after| {
            let ask = delegation::QueryMsg::Pools {
                operator: address.clone(),
                start_after,
                limit: PAGE,
            };
            suite.host.ask(&suite.delegation, &ask)
        },
        |pool: &delegation::PoolResponse| pool.asset.clone(),
    )?;
    let msg = allocation::QueryMsg::Commitment {
        operator: address.clone(),
    };
    let promised: allocation::CommitmentResponse = suite.host.ask(&suite.allocation, &msg)?;
    let committed = |asset: &str| {
        let pool = promised.pools.iter().find(|pool| pool.asset == asset);
        pool.map(|pool| pool.committed).unwrap_or_default()
    };
    let pools = pools.into_iter().map(|pool| Pool {
        committed: committed(&pool.asset),
        asset: pool.asset,
        stake: pool.tokens,
        own: pool.junior,
        unbonding: pool.unbonding,
    });
    Ok(Operator {
        name: operator.metadata.name.clone(),
        commission: operator.commission.rate,
        cap: promised.cap,
        accepts_stake: operator.accepts_stake,
        pools: pools.collect(),
        address,
    })
}

fn services(session: &Session<'_>, suite: &Suite<'_>) -> Result<Vec<Service>> {
    service::all(suite.host, &suite.allocation)?
        .iter()
        .map(|service| self::service(session, suite, service))
        .collect()
}

fn service(
    session: &Session<'_>,
    suite: &Suite<'_>,
    terms: &allocation::ServiceResponse,
) -> Result<Service> {
    let number = terms.service;
    let ask = slashing::QueryMsg::Service { service: number };
    let found: slashing::ServiceResponse = suite.host.ask(&suite.slashing, &ask)?;
    let ask = slashing::QueryMsg::Throttle { service: number };
    let throttle: slashing::ThrottleResponse = suite.host.ask(&suite.slashing, &ask)?;
    let buckets = |bucket: &slashing::BucketResponse| (bucket.capacity, bucket.used);
    Ok(Service {
        number,
        name: terms.terms.name.clone(),
        admin: terms.admin.to_string(),
        stopped: terms.stopped,
        suspended_until: found.suspended_until.as_ref().map(Timestamp::seconds),
        channel: found.channel.clone(),
        last_update: found.last_update.u64(),
        last_update_at: last_update_at(suite, number, found.last_update)?,
        sync_under_way: found.sync_cursor.is_some(),
        pending: pending(suite, number)?,
        throttle: Throttle {
            limit: buckets(&throttle.limit),
            reserved: buckets(&throttle.reserved),
            shared: buckets(&throttle.shared),
        },
        powers: host_powers(suite.host, &suite.allocation, number)?,
        consumer: consumer::gather(session, suite, number, &found)?,
    })
}

fn last_update_at(suite: &Suite<'_>, service: u32, update_id: Uint64) -> Result<Option<u64>> {
    if update_id.is_zero() {
        return Ok(None);
    }
    let ask = slashing::QueryMsg::Update { service, update_id };
    let found: Option<slashing::UpdateResponse> =
        suite.host.ask_maybe(&suite.slashing, &ask, "update")?;
    Ok(found.map(|update| update.sent_at.seconds()))
}

fn pending(suite: &Suite<'_>, service: u32) -> Result<Vec<Request>> {
    let config: slashing::ConfigResponse = suite
        .host
        .ask(&suite.slashing, &slashing::QueryMsg::Config {})?;
    let mut all = Vec::new();
    let mut start_after = None;
    loop {
        let ask = slashing::QueryMsg::Requests {
            service,
            state: Some(slashing::StateFilter::Pending),
            start_after,
            limit: PAGE,
        };
        let page: slashing::RequestsResponse<Uint64> = suite.host.ask(&suite.slashing, &ask)?;
        all.extend(page.requests.into_iter().map(|request| {
            Request {
                request: request.request.u64(),
                operator: request.operator.to_string(),
                kind: request.kind,
                fraction: request.penalty.map(|penalty| penalty.fraction),
                executable_at: request.executable_at.seconds(),
                execute_until: request
                    .executable_at
                    .seconds()
                    .saturating_add(config.execution_grace),
            }
        }));
        start_after = page.next;
        if start_after.is_none() {
            return Ok(all);
        }
    }
}
