//! `opt-in`: an operator promises slices to a service.

use std::path::PathBuf;

use anyhow::{anyhow, Result};
use palisade_types::allocation::{self, SliceShare};

use crate::config::Operator;
use crate::key::{prove, Claim};
use crate::quote::{is_unknown, placeholder, UNKNOWN_SERVICE};
use crate::service;
use crate::session::Session;
use crate::tx::Tx;

/// Opts an operator in, as far as it is not.
pub(crate) fn run(
    session: &mut Session<'_>,
    name: &str,
    consumer: &str,
    key: Option<PathBuf>,
) -> Result<()> {
    let operator = session.operator(name)?;
    let keyed = session.consumer(consumer)?.service.terms.keyed;
    let promise = operator.opt_in.get(consumer).ok_or_else(|| {
        anyhow!("the config has no [operators.{name}.opt_in.{consumer}]: its slices say what is promised")
    })?;
    let service = service::number(session, consumer)?;
    service::check(session, consumer, service)?;
    let host = session.host();
    let (allocation, address) = (
        session.contract("allocation")?,
        session.key(host, &operator.from)?,
    );
    cap(session, name, operator, (&allocation, &address))?;
    let step = format!("opt in {name} {consumer}");
    if let Some(member) = member(session, &allocation, service, &address)? {
        for slice in &member.slices {
            let aim = slice.pending.unwrap_or(slice.share);
            let wanted = promise
                .slices
                .get(&slice.asset)
                .copied()
                .unwrap_or_default();
            session.say(&format!(
                "operator {name}: promises {consumer} {aim} of {}",
                slice.asset
            ));
            if aim != wanted {
                session.say(&format!("  the config says {wanted}: `adjust` on allocation changes it, and delays count from then"));
            }
        }
        return session.forget(&step);
    }
    let key = match key.or_else(|| promise.key.clone()) {
        None if keyed => return Err(anyhow!("{consumer} wants a consensus key: name its priv_validator_key.json by --key, or `key` in [operators.{name}.opt_in.{consumer}]")),
        Some(path) if keyed => Some(path),
        _ => None,
    };
    let slices = promise.slices.iter().map(|(asset, share)| SliceShare {
        asset: asset.clone(),
        share: *share,
    });
    let mut msg = serde_json::to_value(allocation::ExecuteMsg::OptIn {
        service,
        key: None,
        slices: slices.collect(),
    })?;
    if let Some(path) = key {
        let claim = Claim {
            chain_id: &host.settings.chain_id,
            allocation: &allocation,
            service,
            operator: &address,
        };
        let known = service != UNKNOWN_SERVICE && !is_unknown(&allocation) && !is_unknown(&address);
        let proof = if known {
            serde_json::to_value(prove(&path, &claim)?)?
        } else {
            unknown_proof()
        };
        if let Some(field) = msg.pointer_mut("/opt_in/key") {
            *field = proof;
        }
    }
    session.say(&format!("# operator {name}: opt in to {consumer}"));
    let tx = Tx::execute(&operator.from, &allocation, &msg)?;
    session.run(host, &step, &tx)?;
    Ok(())
}

fn unknown_proof() -> serde_json::Value {
    serde_json::json!({ "key": placeholder("KEY"), "proof": placeholder("PROOF") })
}

/// The promise of an operator to a service, unless it is on its way out.
fn member(
    session: &Session<'_>,
    allocation: &str,
    service: u32,
    operator: &str,
) -> Result<Option<allocation::MemberResponse>> {
    if service == UNKNOWN_SERVICE || is_unknown(allocation) || is_unknown(operator) {
        return Ok(None);
    }
    let msg = allocation::QueryMsg::Memberships {
        operator: operator.to_string(),
        start_after: service.checked_sub(1),
        limit: Some(1),
    };
    let found: Vec<allocation::MemberResponse> = session.host().ask(allocation, &msg)?;
    Ok(found
        .into_iter()
        .find(|member| member.service == service && !member.leaving))
}

/// The bound of all its promises.
fn cap(
    session: &mut Session<'_>,
    name: &str,
    operator: &Operator,
    (allocation, address): (&str, &str),
) -> Result<()> {
    let Some(cap) = operator.commitment_cap else {
        return Ok(());
    };
    let (host, step) = (session.host(), format!("commitment cap {name}"));
    if !is_unknown(allocation) && !is_unknown(address) {
        let msg = allocation::QueryMsg::Commitment {
            operator: address.to_string(),
        };
        let found: allocation::CommitmentResponse = host.ask(allocation, &msg)?;
        if found.pending_cap.map_or(found.cap, |(cap, _)| cap) == cap {
            return session.forget(&step);
        }
    }
    session.say(&format!(
        "# operator {name}: promises {cap} of its pools at most"
    ));
    let tx = Tx::execute(
        &operator.from,
        allocation,
        &allocation::ExecuteMsg::SetCommitmentCap { cap },
    )?;
    session.run(host, &step, &tx)?;
    Ok(())
}
