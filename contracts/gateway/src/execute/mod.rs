//! One file per family of actions.

mod owner;
mod relay;
mod report;
mod rewards;

pub(crate) use owner::{name_reporters, renew_channel, set_reporters};
pub(crate) use relay::relay;
pub(crate) use report::{report, require_reporter};
pub(crate) use rewards::{send as send_rewards, set_route as set_rewards_route};
