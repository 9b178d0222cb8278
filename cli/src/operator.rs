//! `register-operator`: an operator with its staker contract, own stake and first loss.

use anyhow::{bail, Result};
use cosmwasm_std::{Binary, Uint128};
use palisade_types::asset::AssetAmount;
use palisade_types::{delegation, vault};

use crate::chain::{pages, Chain, PAGE};
use crate::config::{Kind, Operator};
use crate::quote::{is_unknown, placeholder};
use crate::session::Session;
use crate::tx::{same, Tx};

/// Registers an operator, as far as it is not.
pub(crate) fn register(session: &mut Session<'_>, name: &str) -> Result<()> {
    let operator = session.operator(name)?;
    let (host, address) = (session.host(), session.key(session.host(), &operator.from)?);
    let delegation = session.contract("delegation")?;
    let unknown = is_unknown(&delegation) || is_unknown(&address);
    let found = if unknown {
        None
    } else {
        registered(host, &delegation, &address)?
    };
    let step = format!("register operator {name}");
    if found.is_some() {
        session.say(&format!("operator {name}: {address}, registered"));
        session.forget(&step)?;
    } else {
        session.say(&format!("# operator {name}: register it"));
        let msg = delegation::ExecuteMsg::RegisterOperator {
            metadata: operator.metadata.clone(),
            commission: operator.commission.clone(),
            restricted: operator.restricted,
        };
        let tx = Tx::execute(&operator.from, &delegation, &msg)?;
        session.run(host, &step, &tx)?;
    }
    staker(session, name, operator, &address)?;
    for (asset, amount) in &operator.deposits {
        deposit(session, (name, &address), operator, (asset, *amount))?;
    }
    first_loss(session, name, operator, (&delegation, found.as_ref()))
}

fn registered(
    host: Chain<'_>,
    delegation: &str,
    operator: &str,
) -> Result<Option<delegation::OperatorResponse>> {
    let msg = delegation::QueryMsg::Operator {
        operator: operator.to_string(),
    };
    host.ask_maybe(delegation, &msg, "is not an operator")
}

/// Opens the staker contract with the operator's own validator.
fn staker(session: &mut Session<'_>, name: &str, operator: &Operator, address: &str) -> Result<()> {
    let (Some(validator), Some(asset)) = (&operator.validator, session.config.staked_asset())
    else {
        return Ok(());
    };
    let (host, vault) = (session.host(), session.contract("vault")?);
    let step = format!("open staker {name}");
    if !is_unknown(&vault) && !is_unknown(address) {
        let msg = vault::QueryMsg::Staker {
            asset: asset.id.clone(),
            operator: address.to_string(),
        };
        let found: Option<vault::StakerResponse> =
            host.ask_maybe(&vault, &msg, "has no staker of")?;
        if let Some(found) = found {
            session.say(&format!(
                "operator {name}: its staker contract is {}",
                found.staker
            ));
            return session.forget(&step);
        }
    }
    session.say(&format!("# operator {name}: open its staker contract"));
    let msg = vault::ExecuteMsg::OpenStaker {
        asset: asset.id.clone(),
        validator: valoper(host, address)?,
        compound: validator.compound,
    };
    let tx = Tx::execute(&operator.from, &vault, &msg)?;
    session.run(host, &step, &tx)?;
    Ok(())
}

/// The validator of an account: the same bytes under another prefix.
fn valoper(host: Chain<'_>, address: &str) -> Result<String> {
    if is_unknown(address) {
        return Ok(placeholder("VALIDATOR"));
    }
    let (_, bytes) = bech32::decode(address)?;
    let prefix = bech32::Hrp::parse(&format!("{}valoper", host.settings.prefix))?;
    Ok(bech32::encode::<bech32::Bech32>(prefix, &bytes)?)
}

/// The operator's own stake, once. That there is some does not show that it was deposited: anybody can
/// deposit for an operator.
fn deposit(
    session: &mut Session<'_>,
    (name, address): (&str, &str),
    operator: &Operator,
    (asset, amount): (&String, Uint128),
) -> Result<()> {
    let host = session.host();
    let step = format!("deposit {name} {asset}");
    let value = position(session, address, asset)?;
    let recorded = session
        .store
        .state
        .deposits
        .get(name)
        .is_some_and(|done| done.contains(asset));
    let tx = deposit_tx(session, (name, address), operator, (asset, amount))?;
    // What a former run sent is looked for under its sequence.
    let pending = session.store.state.pending.contains_key(&step);
    let done = recorded || !pending && (value >= amount || sent(session, address, &tx)?);
    if done {
        session.say(&format!(
            "operator {name}: its own stake in {asset} is there, {value}"
        ));
        if value < amount {
            session.say(&format!(
                "  the config says {amount}, which was deposited: it was slashed or undelegated since, and is not deposited again"
            ));
        }
        return keep(session, name, asset, &step);
    }
    session.say(&format!("# operator {name}: its own stake in {asset}"));
    if !value.is_zero() {
        session.say(&format!(
            "  the chain has {value} already, and no deposit of {amount} by {address}"
        ));
    }
    if session.send(host, &step, &tx)?.is_some() {
        keep(session, name, asset, &step)?;
    }
    Ok(())
}

fn deposit_tx(
    session: &Session<'_>,
    (name, address): (&str, &str),
    operator: &Operator,
    (asset, amount): (&String, Uint128),
) -> Result<Tx> {
    let vault = session.contract("vault")?;
    let known = session
        .config
        .assets
        .iter()
        .find(|known| known.id == *asset);
    let Some(kind) = known.map(|known| &known.kind) else {
        bail!("operator {name}: there is no asset {asset}");
    };
    let behind = Some(address.to_string());
    let denom = match kind {
        Kind::Native { denom } => denom.clone(),
        Kind::Staked { .. } => bond_denom(session)?,
        Kind::Cw20 { address: token } => {
            let hook = vault::Cw20HookMsg::Deposit {
                operator: behind,
                owner: None,
            };
            return Tx::execute(&operator.from, token, &cw20_send(&vault, amount, &hook)?);
        }
    };
    let msg = vault::ExecuteMsg::Deposit {
        operator: behind,
        owner: None,
    };
    let coins = AssetAmount {
        asset: denom,
        amount,
    };
    Ok(Tx::execute(&operator.from, &vault, &msg)?.with(&coins))
}

/// Whether the operator sent this before, as far as the node's index reaches.
fn sent(session: &Session<'_>, address: &str, tx: &Tx) -> Result<bool> {
    let contract = tx.words.get(2).map_or("", String::as_str);
    if session.dry || is_unknown(contract) {
        return Ok(false);
    }
    let all = session.host().executions(address)?;
    Ok(all
        .iter()
        .any(|found| found.code == 0 && same(found, &tx.words, None)))
}

fn cw20_send(vault: &str, amount: Uint128, hook: &vault::Cw20HookMsg) -> Result<serde_json::Value> {
    let msg = Binary::from(serde_json::to_vec(hook)?);
    Ok(serde_json::json!({ "send": { "contract": vault, "amount": amount, "msg": msg } }))
}

fn keep(session: &mut Session<'_>, name: &str, asset: &str, step: &str) -> Result<()> {
    if session.dry {
        return Ok(());
    }
    session
        .store
        .state
        .deposits
        .entry(name.to_string())
        .or_default()
        .insert(asset.to_string());
    session.store.state.pending.remove(step);
    session.store.save()
}

/// What the operator's own position is worth, in base units.
fn position(session: &Session<'_>, address: &str, asset: &str) -> Result<Uint128> {
    let delegation = session.contract("delegation")?;
    if is_unknown(&delegation) || is_unknown(address) {
        return Ok(Uint128::zero());
    }
    let all = pages(
        |start_after| {
            let ask = delegation::QueryMsg::Positions {
                owner: address.to_string(),
                start_after,
                limit: PAGE,
            };
            session.host().ask(&delegation, &ask)
        },
        |position: &delegation::PositionResponse| position.pool.clone(),
    )?;
    let own = all
        .iter()
        .find(|position| position.pool.operator == address && position.pool.asset == asset);
    Ok(own.map(|own| own.value).unwrap_or_default())
}

/// The denom that the host stakes.
fn bond_denom(session: &Session<'_>) -> Result<String> {
    if session.dry {
        return Ok(placeholder("BOND_DENOM"));
    }
    let answer = session.host().query(&["staking", "params"])?;
    let denom = answer
        .pointer("/params/bond_denom")
        .or_else(|| answer.get("bond_denom"));
    match denom.and_then(serde_json::Value::as_str) {
        Some(denom) => Ok(denom.to_string()),
        None => bail!("the host told no bond denom: {answer}"),
    }
}

fn first_loss(
    session: &mut Session<'_>,
    name: &str,
    operator: &Operator,
    (delegation, found): (&str, Option<&delegation::OperatorResponse>),
) -> Result<()> {
    let Some(share) = operator.first_loss else {
        return Ok(());
    };
    let step = format!("first loss {name}");
    let now = found.map(|found| found.first_loss).unwrap_or_default();
    let coming = found.and_then(|found| found.pending_first_loss.map(|(share, _)| share));
    if coming.unwrap_or(now) == share {
        return session.forget(&step);
    }
    let host = session.host();
    session.say(&format!(
        "# operator {name}: its own stake bears {share} of every loss first"
    ));
    let tx = Tx::execute(
        &operator.from,
        delegation,
        &delegation::ExecuteMsg::SetFirstLoss { share },
    )?;
    session.run(host, &step, &tx)?;
    Ok(())
}
