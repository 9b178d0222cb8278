//! One file per family of actions.

mod owner;
mod relay;
mod report;

pub(crate) use owner::{name_reporters, renew_channel, set_reporters};
pub(crate) use relay::relay;
pub(crate) use report::{report, require_reporter};
