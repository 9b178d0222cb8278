//! Messages, and what refuses them.

use palisade_admin::cw_ownable::OwnershipError;
use palisade_admin::AdminMsg;
use palisade_types::vault::{Action, AssetChange};

use super::*;

pub fn register(asset: NewAsset) -> ExecuteMsg {
    ExecuteMsg::RegisterAsset(asset)
}

pub fn update(asset: &str, change: AssetChange) -> ExecuteMsg {
    ExecuteMsg::UpdateAsset {
        asset: asset.into(),
        change,
    }
}

pub fn not_owner() -> ContractError {
    ContractError::Admin(OwnershipError::NotOwner.into())
}

pub fn pause(action: Action) -> ExecuteMsg {
    ExecuteMsg::Admin(AdminMsg::Pause {
        action,
        seconds: None,
    })
}

pub fn close(asset: &str) -> ExecuteMsg {
    ExecuteMsg::UpdateAsset {
        asset: asset.into(),
        change: AssetChange {
            deposits: Some(false),
            ..AssetChange::default()
        },
    }
}
