//! One builder for each event. Amounts are in base units of the asset.

use cosmwasm_std::{Addr, Attribute, Event, Uint128};
use palisade_types::asset::{Destination, Payee, Redirection};
use palisade_types::vault::{AssetChange, Collection, Reconciliation};

use crate::state::{Asset, Rate, Staker};

pub(crate) fn instantiate(owner: &str) -> Event {
    Event::new("instantiate").add_attribute("owner", owner)
}

pub(crate) fn connect(delegation: &Addr) -> Event {
    Event::new("connect").add_attribute("delegation", delegation)
}

pub(crate) fn ownership(attributes: Vec<Attribute>) -> Event {
    Event::new("ownership").add_attributes(attributes)
}

pub(crate) fn register_asset(id: &str, token: &str, asset: &Asset, rate: &Rate) -> Event {
    Event::new("register_asset")
        .add_attribute("asset", id)
        .add_attribute("token", token)
        .add_attribute("rate", rate.rate.to_string())
        .add_attribute("weight", asset.weight.to_string())
        .add_attribute("cap", asset.cap)
        .add_attribute("minimum", asset.minimum)
}

/// Names what changed, and no more.
pub(crate) fn update_asset(id: &str, change: &AssetChange, rate: Option<&Rate>) -> Event {
    let changes = [
        ("rate", rate.map(|rate| rate.rate.to_string())),
        ("weight", change.weight.map(|weight| weight.to_string())),
        ("cap", change.cap.map(|cap| cap.to_string())),
        ("minimum", change.minimum.map(|minimum| minimum.to_string())),
        ("deposits", change.deposits.map(|open| open.to_string())),
    ];
    let named = changes
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)));
    Event::new("update_asset")
        .add_attribute("asset", id)
        .add_attributes(named)
}

pub(crate) fn update_rate(id: &str, rate: &Rate) -> Event {
    Event::new("update_rate")
        .add_attribute("asset", id)
        .add_attribute("rate", rate.rate.to_string())
        .add_attribute("updated_at", rate.at.to_string())
}

pub(crate) fn deposit(
    sender: &str,
    owner: &Addr,
    asset: &str,
    amount: Uint128,
    operator: Option<&str>,
) -> Event {
    let event = Event::new("deposit")
        .add_attribute("sender", sender)
        .add_attribute("owner", owner)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount);
    match operator {
        Some(operator) => event.add_attribute("operator", operator),
        None => event,
    }
}

pub(crate) fn delegate(owner: &Addr, operator: &str, asset: &str, amount: Uint128) -> Event {
    Event::new("delegate")
        .add_attribute("owner", owner)
        .add_attribute("operator", operator)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
}

pub(crate) fn withdraw(owner: &Addr, asset: &str, amount: Uint128, recipient: &Addr) -> Event {
    Event::new("withdraw")
        .add_attribute("owner", owner)
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn release(asset: &str, amount: Uint128, recipient: &Addr) -> Event {
    Event::new("release")
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn recover(token: &str, amount: Uint128, recipient: &Addr) -> Event {
    Event::new("recover")
        .add_attribute("token", token)
        .add_attribute("amount", amount)
        .add_attribute("recipient", recipient)
}

pub(crate) fn seize(asset: &str, amount: Uint128, payee: &Payee) -> Event {
    Event::new("seize")
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("account", payee.account.to_string())
        .add_attributes(recipient("recipient", &payee.destination))
}

/// Of a natively staked asset an amount of zero says that the base chain took all that was booked.
pub(crate) fn pay_out(
    asset: &str,
    account: u32,
    amount: Uint128,
    destination: &Destination,
) -> Event {
    Event::new("pay_out")
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
        .add_attribute("account", account.to_string())
        .add_attributes(recipient("recipient", destination))
}

/// Of what was seized of a natively staked asset: what is in the vault already.
pub(crate) fn arrive(asset: &str, amount: Uint128) -> Event {
    Event::new("arrive")
        .add_attribute("asset", asset)
        .add_attribute("amount", amount)
}

pub(crate) fn open_staker(asset: &str, operator: &Addr, staker: &Staker) -> Event {
    Event::new("open_staker")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("validator", &staker.validator)
        .add_attribute("staker", &staker.staker)
        .add_attribute("compound", staker.compound.to_string())
}

pub(crate) fn set_compound(asset: &str, operator: &Addr, compound: bool) -> Event {
    Event::new("set_compound")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("compound", compound.to_string())
}

pub(crate) fn forward_rewards(asset: &str, operator: &Addr, denom: &str) -> Event {
    Event::new("forward_rewards")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("denom", denom)
}

pub(crate) fn withdraw_rewards(asset: &str, operator: &Addr, compound: bool) -> Event {
    Event::new("withdraw_rewards")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("compound", compound.to_string())
}

pub(crate) fn compounded(asset: &str, operator: &Addr, amount: Uint128) -> Event {
    Event::new("compounded")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("amount", amount)
}

pub(crate) fn restake(asset: &str, operator: &Addr, amount: Uint128) -> Event {
    Event::new("restake")
        .add_attribute("asset", asset)
        .add_attribute("operator", operator)
        .add_attribute("amount", amount)
}

/// Names what was done, and no more.
pub(crate) fn reconcile(orders: &Reconciliation) -> Event {
    let amount = |amount: Uint128| (!amount.is_zero()).then(|| amount.to_string());
    let of =
        |part: fn(&Collection) -> Uint128| orders.collect.as_ref().map(|c| part(c).to_string());
    let done = [
        ("lost", amount(orders.lost)),
        ("forfeited", amount(orders.forfeited)),
        ("undelegated", amount(orders.undelegate)),
        ("released", of(|collection| collection.released)),
        ("payable", of(|collection| collection.seized)),
    ];
    let named = done
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)));
    Event::new("reconcile")
        .add_attribute("asset", &orders.asset)
        .add_attribute("operator", &orders.operator)
        .add_attributes(named)
}

/// An amount of zero says that nothing was there to redirect.
pub(crate) fn redirect(redirection: &Redirection, amount: Uint128) -> Event {
    Event::new("redirect")
        .add_attribute("asset", &redirection.asset)
        .add_attribute("amount", amount)
        .add_attribute("account", redirection.account.to_string())
        .add_attributes(recipient("from", &redirection.from))
        .add_attributes(recipient("to", &redirection.to))
}

/// The recipient; what is to be burned has none.
fn recipient(key: &str, destination: &Destination) -> Option<Attribute> {
    destination
        .recipient()
        .map(|recipient| Attribute::new(key, recipient))
}
