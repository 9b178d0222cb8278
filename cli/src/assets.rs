//! Assets: registered where they are not, and compared where they are.

use anyhow::{bail, Result};
use palisade_types::asset::AssetKind;
use palisade_types::vault;

use crate::chain::{pages, Chain, PAGE};
use crate::config::{Asset, Kind};
use crate::quote::{is_unknown, UNKNOWN_CODE};
use crate::session::Session;
use crate::tx::Tx;

/// Registers the config's assets. The number of transactions that the owner has to send.
pub(crate) fn register(session: &mut Session<'_>, vault: &str) -> Result<u32> {
    let host = session.host();
    let there = if is_unknown(vault) {
        Vec::new()
    } else {
        registered(host, vault)?
    };
    let mut shown: u32 = 0;
    for asset in &session.config.assets {
        let step = format!("register asset {}", asset.id);
        if let Some(found) = there.iter().find(|found| found.id == asset.id) {
            compare(session, asset, found)?;
            session.forget(&step)?;
            continue;
        }
        let code = staker_code(session, asset)?;
        let msg = vault::ExecuteMsg::RegisterAsset(asset.message(code));
        session.say(&format!("# asset {}: register it", asset.id));
        let tx = Tx::execute(&host.settings.from, vault, &msg)?;
        let owner = session.owner()?;
        if !session.owned(host, &owner, &step, &tx)? {
            shown = shown.saturating_add(1);
        }
    }
    Ok(shown)
}

/// The code that an asset's staker contracts will have: what it does with the stake nobody can change
/// later, so that it has to be the artifact.
fn staker_code(session: &mut Session<'_>, asset: &Asset) -> Result<u64> {
    let host = session.host();
    match asset.kind {
        Kind::Staked {
            code_id: Some(code),
            ..
        } => {
            let artifact = session.artifact("staker")?;
            if !session.dry {
                let found = host.checksum(code)?;
                if found != artifact.hex() {
                    bail!(
                        "asset {}: code_id {code} has the checksum {found} on {}, {} has {}: it is other code, and was not registered",
                        asset.id,
                        host.settings.chain_id,
                        artifact.path.display(),
                        artifact.hex()
                    );
                }
            }
            Ok(code)
        }
        Kind::Staked { code_id: None, .. } => {
            let code = session.code(host, "staker")?;
            Ok(code.parse().unwrap_or(UNKNOWN_CODE))
        }
        _ => Ok(0),
    }
}

/// An asset's token never changes; the rest does.
fn compare(session: &Session<'_>, asset: &Asset, found: &vault::AssetResponse) -> Result<()> {
    let id = &asset.id;
    let registered_code = match found.kind {
        AssetKind::Staked { code_id, .. } => code_id,
        _ => 0,
    };
    let wanted = asset.message(registered_code);
    if found.kind != wanted.kind {
        bail!(
            "asset {id}: it is registered as {}, the config says {}: that never changes, another token needs another id",
            serde_json::to_string(&found.kind)?,
            serde_json::to_string(&wanted.kind)?
        );
    }
    if asset.staked() {
        let (host, artifact) = (session.host(), session.artifact("staker")?);
        if host.checksum(registered_code)? != artifact.hex() {
            session.say(&format!("asset {id}: its staker contracts are opened with code {registered_code}, which is not {}: as after an upgrade of the staker; if there was none, look what it is", artifact.path.display()));
        }
    }
    if found.source != wanted.rate
        || found.weight != wanted.weight
        || found.cap != wanted.cap
        || found.minimum != wanted.minimum
    {
        session.say(&format!("asset {id}: it is registered with other settings than the config's, and left as it is: `update_asset` changes them"));
    } else {
        session.say(&format!("asset {id}: registered"));
    }
    Ok(())
}

/// All assets of a vault.
pub(crate) fn registered(host: Chain<'_>, vault: &str) -> Result<Vec<vault::AssetResponse>> {
    pages(
        |start_after| {
            let limit = PAGE;
            host.ask(vault, &vault::QueryMsg::Assets { start_after, limit })
        },
        |asset: &vault::AssetResponse| asset.id.clone(),
    )
}
