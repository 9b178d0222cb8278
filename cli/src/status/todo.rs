//! What somebody has to send now: nothing happens by itself.

use anyhow::Result;
use palisade_types::{allocation, delegation, vault};

use super::host::Suite;
use super::{Service, Status};
use crate::chain::{pages, PAGE};
use crate::service;
use crate::session::Session;
use crate::upgrade::stakers;

/// Members of a service that are asked for what they earned.
const HARVESTS: usize = 30;

/// One line each.
pub(super) fn list(
    session: &Session<'_>,
    suite: &Suite<'_>,
    status: &Status,
) -> Result<Vec<String>> {
    let mut todo = Vec::new();
    for asset in status.assets.iter().filter(|asset| !asset.fresh) {
        todo.push(format!(
            "update_rate of {} on the vault: its rate is stale, and powers in it do not rise",
            asset.id
        ));
    }
    for service in &status.services {
        of_service(status, service, &mut todo);
        let members = service::members(suite.host, &suite.allocation, service.number)?;
        leaving(service, &members, &mut todo);
        harvests(suite, service, &members, &mut todo)?;
    }
    seized(suite, status, &mut todo)?;
    if let Some(asset) = status.assets.iter().find(|asset| asset.staked_natively) {
        batches(session, suite, &asset.id, &mut todo)?;
    }
    Ok(todo)
}

fn of_service(status: &Status, service: &Service, todo: &mut Vec<String>) {
    let (number, name) = (service.number, &service.name);
    let old = service
        .last_update_at
        .is_none_or(|at| at < status.epoch_start);
    if service.sync_under_way {
        todo.push(format!(
            "sync of service {number} ({name}): a pass is under way"
        ));
    } else if old && !service.powers.is_empty() {
        todo.push(format!(
            "sync of service {number} ({name}): it was not synced in this epoch"
        ));
    }
    for request in &service.pending {
        if request.executable_at <= status.now {
            todo.push(format!(
                "execute of service {number}, request {}: its window is over, stake may leave in {}",
                request.request,
                super::show::duration(request.execute_until.saturating_sub(status.now))
            ));
        }
    }
    let Some(consumer) = &service.consumer else {
        return;
    };
    if consumer.due_reports > 0 {
        todo.push(format!(
            "relay on the gateway of {name}: {} reports wait to be sent",
            consumer.due_reports
        ));
    }
    for (side, end) in [
        ("host", &consumer.host_end),
        ("consumer", &consumer.consumer_end),
    ] {
        if let Some(end) = end.as_ref().filter(|end| end.client_status != "Active") {
            todo.push(format!(
                "the light client {} on the {side} is {}: it needs a governance proposal, or a new connection",
                end.client, end.client_status
            ));
        }
    }
    if consumer.unreachable.is_none() && consumer.last_update < service.last_update {
        todo.push(format!(
            "a relayer between {} and {}: update {} did not arrive",
            status.chain_id, consumer.chain_id, service.last_update
        ));
    }
}

fn leaving(service: &Service, members: &[allocation::MemberResponse], todo: &mut Vec<String>) {
    let gone = members.iter().filter(|member| {
        let down =
            |slice: &allocation::SliceResponse| slice.share.is_zero() && slice.pending.is_none();
        member.leaving && member.power.is_zero() && member.slices.iter().all(down)
    });
    for member in gone {
        todo.push(format!(
            "leave of {} from service {}, once its delays are over",
            member.operator, service.number
        ));
    }
}

/// Of the config's own services: each member is a question.
fn harvests(
    suite: &Suite<'_>,
    service: &Service,
    members: &[allocation::MemberResponse],
    todo: &mut Vec<String>,
) -> Result<()> {
    if service.consumer.is_none() {
        return Ok(());
    }
    let number = service.number;
    let ask = allocation::QueryMsg::ServiceRewards { service: number };
    let rewards: Vec<allocation::ServiceRewardsResponse> =
        suite.host.ask(&suite.allocation, &ask)?;
    if rewards.iter().all(|reward| reward.paid.is_zero()) {
        return Ok(());
    }
    for member in members.iter().take(HARVESTS) {
        let ask = allocation::QueryMsg::Earned {
            service: number,
            operator: member.operator.to_string(),
        };
        let earned: Vec<allocation::EarnedResponse> = suite.host.ask(&suite.allocation, &ask)?;
        if !earned.is_empty() {
            todo.push(format!(
                "harvest of service {number} ({}) for {}: {} tokens wait",
                service.name,
                member.operator,
                earned.len()
            ));
        }
    }
    Ok(())
}

fn seized(suite: &Suite<'_>, status: &Status, todo: &mut Vec<String>) -> Result<()> {
    for asset in status.assets.iter().filter(|asset| !asset.seized.is_zero()) {
        if asset.staked_natively {
            todo.push(format!(
                "pay_out of {}/<operator>, as it comes back from the chain: {} seized",
                asset.id, asset.seized
            ));
            continue;
        }
        let waiting = pages(
            |start_after| {
                let ask = vault::QueryMsg::Seized {
                    asset: asset.id.clone(),
                    start_after,
                    limit: PAGE,
                };
                suite.host.ask(&suite.vault, &ask)
            },
            |seized: &vault::SeizedResponse| (seized.account, seized.destination.clone()),
        )?;
        for seized in waiting {
            let to = seized
                .destination
                .recipient()
                .map_or("burn".to_string(), |address| address.to_string());
            todo.push(format!(
                "pay_out of {}, account {}, {} to {to}",
                asset.id, seized.account, seized.amount
            ));
        }
    }
    Ok(())
}

/// Undelegations that wait for their batch, and batches that arrived.
fn batches(
    session: &Session<'_>,
    suite: &Suite<'_>,
    asset: &str,
    todo: &mut Vec<String>,
) -> Result<()> {
    let now = session.world.now();
    for staker in stakers(suite.host, &suite.vault, asset)? {
        let operator = staker.operator.to_string();
        let ask = delegation::QueryMsg::Staked {
            operator: operator.clone(),
            asset: asset.to_string(),
        };
        let staked: delegation::StakedResponse = suite.host.ask(&suite.delegation, &ask)?;
        let ask = delegation::QueryMsg::Buckets {
            operator: operator.clone(),
            asset: asset.to_string(),
            start_after: staked.next_epoch.checked_sub(1),
            limit: Some(1),
        };
        let waiting: Vec<delegation::BucketResponse> = suite.host.ask(&suite.delegation, &ask)?;
        let waits = !waiting.is_empty() || !staked.seized.is_zero();
        if waits && staked.next_batch_at.seconds() <= now {
            todo.push(format!(
                "reconcile of {operator}, {asset}: a batch can start"
            ));
        }
        let ask = serde_json::json!({ "state": {} });
        let state: palisade_types::staker::State = suite.host.ask(staker.staker.as_str(), &ask)?;
        if state
            .entries
            .iter()
            .any(|entry| entry.completes_at.seconds() <= now)
        {
            todo.push(format!("reconcile of {operator}, {asset}: a batch arrived"));
        }
    }
    Ok(())
}
