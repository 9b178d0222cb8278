//! One builder for each event. Amounts are in base units of the asset.

use cosmwasm_std::{Addr, Attribute, Decimal, Event, Timestamp, Uint128};
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{Commission, CutResult, OperatorChange, OperatorMetadata};
use palisade_types::vault::Reconciliation;

use crate::state::Config;

pub(crate) fn instantiate(owner: &str, config: &Config) -> Event {
    Event::new("instantiate")
        .add_attribute("owner", owner)
        .add_attribute("vault", &config.vault)
        .add_attribute("epoch_length", config.epochs.length.to_string())
        .add_attribute("unbonding_period", config.epochs.unbonding.to_string())
        .add_attribute("reward_period", config.reward_period.to_string())
}

pub(crate) fn open_pool(operator: &Addr, asset: &str, staker: &Addr) -> Event {
    Event::new("open_pool")
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("staker", staker)
}

pub(crate) fn grow(operator: &Addr, asset: &str, amount: Uint128) -> Event {
    Event::new("grow")
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
}

/// What the base chain took, what was sent to it to be unbonded, and what came back.
pub(crate) fn reconcile(operator: &Addr, asset: &str, orders: &Reconciliation) -> Event {
    let (released, seized) = match &orders.collect {
        Some(collection) => (collection.released, collection.seized),
        None => (Uint128::zero(), Uint128::zero()),
    };
    Event::new("reconcile")
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("lost", orders.lost)
        .add_attribute("forfeited", orders.forfeited)
        .add_attribute("undelegated", orders.undelegate)
        .add_attribute("released", released)
        .add_attribute("seized", seized)
}

pub(crate) fn connect(allocation: &Addr) -> Event {
    Event::new("connect").add_attribute("allocation", allocation)
}

pub(crate) fn ownership(attributes: Vec<Attribute>) -> Event {
    Event::new("ownership").add_attributes(attributes)
}

pub(crate) fn register_operator(
    operator: &Addr,
    metadata: &OperatorMetadata,
    commission: &Commission,
    restricted: bool,
) -> Event {
    Event::new("register_operator")
        .add_attribute("operator", operator)
        .add_attribute("name", &metadata.name)
        .add_attribute("commission", commission.rate.to_string())
        .add_attribute("restricted", restricted.to_string())
}

/// Names what changed, and no more.
pub(crate) fn update_operator(operator: &Addr, change: &OperatorChange) -> Event {
    let changes = [
        ("name", change.metadata.as_ref().map(|m| m.name.clone())),
        ("commission", change.commission.map(|c| c.to_string())),
        ("accepts_stake", change.accepts_stake.map(|a| a.to_string())),
        ("restricted", change.restricted.map(|r| r.to_string())),
    ];
    let named = changes
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)));
    Event::new("update_operator")
        .add_attribute("operator", operator)
        .add_attributes(named)
}

pub(crate) fn set_stakers(operator: &Addr, add: &[String], remove: &[String]) -> Event {
    Event::new("set_stakers")
        .add_attribute("operator", operator)
        .add_attribute("added", add.join(","))
        .add_attribute("removed", remove.join(","))
}

pub(crate) fn set_first_loss(operator: &Addr, share: Decimal, effective_at: Timestamp) -> Event {
    Event::new("set_first_loss")
        .add_attribute("operator", operator)
        .add_attribute("share", share.to_string())
        .add_attribute("effective_at", effective_at.to_string())
}

pub(crate) fn join(
    owner: &Addr,
    operator: &Addr,
    asset: &str,
    amount: Uint128,
    shares: Uint128,
) -> Event {
    Event::new("join")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("shares", shares)
}

/// An amount of zero: the position was worth nothing, and no entry was made.
pub(crate) fn undelegate(
    owner: &Addr,
    operator: &Addr,
    asset: &str,
    amount: Uint128,
    epoch: u64,
    matures_at: Timestamp,
) -> Event {
    Event::new("undelegate")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("epoch", epoch.to_string())
        .add_attribute("matures_at", matures_at.to_string())
}

pub(crate) fn cancel(
    owner: &Addr,
    operator: &Addr,
    asset: &str,
    epoch: u64,
    amount: Uint128,
) -> Event {
    Event::new("cancel")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("epoch", epoch.to_string())
        .add_attribute("amount", amount)
}

pub(crate) fn claim(
    owner: &Addr,
    operator: &Addr,
    asset: &str,
    amount: Uint128,
    recipient: &Addr,
) -> Event {
    Event::new("claim")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn redelegate(
    owner: &Addr,
    operator: &Addr,
    to: &Addr,
    asset: &str,
    amount: Uint128,
    shares: Uint128,
) -> Event {
    Event::new("redelegate")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("to", to)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("shares", shares)
}

/// One for each cut that took something; magnitudes in the unit before the cut, `junior` is what
/// of `seized` was the operator's own.
pub(crate) fn slash(operator: &Addr, since_epoch: u64, cut: &CutResult, junior: Uint128) -> Event {
    Event::new("slash")
        .add_attribute("operator", operator)
        .add_attribute("asset", &cut.asset)
        .add_attribute("since_epoch", since_epoch.to_string())
        .add_attribute("seized", cut.seized)
        .add_attribute("junior", junior)
        .add_attribute("delta", cut.delta)
        .add_attribute("magnitude_before", cut.before.value)
}

/// One for each pool: what its part was, and what of it the operator keeps.
pub(crate) fn reward(
    operator: &Addr,
    token: &str,
    part: &AssetAmount,
    commission: Uint128,
) -> Event {
    Event::new("reward")
        .add_attribute("operator", operator)
        .add_attribute("asset", &part.asset)
        .add_attribute("token", token)
        .add_attribute("amount", part.amount)
        .add_attribute("commission", commission)
}

/// What was paid for one pool in one token; `kind` says whether it went out or into a deposit.
pub(crate) fn claim_rewards(
    kind: &str,
    owner: &Addr,
    (operator, asset): (&Addr, &str),
    (token, amount): (&str, Uint128),
    recipient: &Addr,
) -> Event {
    Event::new(kind)
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("token", token)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn claim_commission(
    operator: &Addr,
    token: &str,
    amount: Uint128,
    recipient: &Addr,
) -> Event {
    Event::new("claim_commission")
        .add_attribute("operator", operator)
        .add_attribute("token", token)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}
