//! One file per family of actions.

mod principal;
mod rewards;

pub(crate) use principal::{collect, delegate, undelegate, undelegate_less};
pub(crate) use rewards::{forward_rewards, use_rewards, withdraw_rewards, Forward};
