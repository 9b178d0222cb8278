//! One builder per event. Amounts are in base units of the bond denom.

use cosmwasm_std::{Coin, Event, Uint128};
use palisade_types::staker::{ConfigResponse, Entry, RewardsTo};

/// A staker was created.
pub(crate) fn instantiate(config: &ConfigResponse) -> Event {
    Event::new("instantiate")
        .add_attribute("vault", &config.vault)
        .add_attribute("validator", &config.validator)
        .add_attribute("denom", &config.denom)
}

/// Coins were delegated; the chain paid rewards with it.
pub(crate) fn delegate(amount: Uint128, rewards: Uint128) -> Event {
    Event::new("delegate")
        .add_attribute("amount", amount)
        .add_attribute("rewards", rewards)
}

/// An undelegation began; the chain paid rewards with it.
pub(crate) fn undelegate(entry: &Entry, rewards: Uint128) -> Event {
    Event::new("undelegate")
        .add_attribute("amount", entry.amount)
        .add_attribute("completes_at", entry.completes_at.to_string())
        .add_attribute("rewards", rewards)
}

/// What arrived went to the vault.
pub(crate) fn collect(amount: Uint128, entries: u32) -> Event {
    Event::new("collect")
        .add_attribute("amount", amount)
        .add_attribute("entries", entries.to_string())
}

/// Rewards were withdrawn, and all that were at hand are used.
pub(crate) fn withdraw_rewards(withdrawn: Uint128, used: Uint128, to: &RewardsTo) -> Event {
    let to = match to {
        RewardsTo::Stake { .. } => "stake",
        RewardsTo::Send { .. } => "send",
    };
    Event::new("withdraw_rewards")
        .add_attribute("withdrawn", withdrawn)
        .add_attribute("amount", used)
        .add_attribute("to", to)
}

/// Rewards in another denom than the bond denom were sent on.
pub(crate) fn forward_rewards(coin: &Coin) -> Event {
    Event::new("forward_rewards")
        .add_attribute("denom", &coin.denom)
        .add_attribute("amount", coin.amount)
}
