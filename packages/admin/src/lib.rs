//! What every contract of the suite shares with its administrators: two-step ownership (from
//! `cw-ownable`), a guardian with granular pauses, and migration that only goes forward.

mod error;
mod guard;
mod migrate;

pub use cw_ownable;
pub use error::AdminError;
pub use guard::{
    execute, initialize, only_guardian, only_owner, require_active, AdminMsg, Guard, GuardResponse,
    Pausable, Pause, EXIT_PAUSE_LIMIT, GUARD,
};
pub use migrate::migrate_forward;
