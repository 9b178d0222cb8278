//! Everything that the gateway stores. `palisade-admin` adds `ownership`, `guard` and
//! `contract_info`.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Binary, Empty, Timestamp, Uint128};
use cw_storage_plus::{Item, Map};
use palisade_ibc::Peer;
use palisade_types::gateway::{Infraction, ReportState, RewardsRoute};

/// Parameters and the peer.
pub(crate) const CONFIG: Item<Config> = Item::new("config");
/// The channel in use; absent: none.
pub(crate) const CHANNEL: Item<Channel> = Item::new("channel");
/// How often the owner gave up a channel or the connection; absent: never.
pub(crate) const RENEWALS: Item<u32> = Item::new("renewals");
/// Channels that were in use and ended without the owner's doing, by id on this chain: `RENEWALS`
/// at that time. While it is the same, what the host answers over them is believed.
pub(crate) const FORMER: Map<&str, u32> = Map::new("f");
/// Sum of the powers of `OPERATORS`, and the newest update applied.
pub(crate) const TOTAL: Item<Total> = Item::new("total");
/// Operators with power, by address on the host.
pub(crate) const OPERATORS: Map<&str, Operator> = Map::new("o");
/// Operators whose last power is 0, by address on the host: what keeps a late packet from
/// bringing them back.
pub(crate) const REMOVED: Map<&str, Operator> = Map::new("r");
/// Every consensus key ever assigned, 32 bytes, to whom the newest update gave it.
pub(crate) const KEYS: Map<&[u8], KeyHolder> = Map::new("k");
/// Powers by (operator, update), as far as they are kept.
pub(crate) const HISTORY: Map<(&str, u64), Entry> = Map::new("h");
/// The total after each update, by update, as far as it is kept.
pub(crate) const TOTALS: Map<u64, Entry> = Map::new("t");
/// Who may report.
pub(crate) const REPORTERS: Map<&Addr, Empty> = Map::new("p");
/// The nonce given last; absent: none yet.
pub(crate) const NONCE: Item<u64> = Item::new("nonce");
/// What was reported, by nonce. Never written again.
pub(crate) const REPORTS: Map<u64, Report> = Map::new("n");
/// Reports that have not ended, by nonce.
pub(crate) const OPEN: Map<u64, Standing> = Map::new("w");
/// Reports that ended, by nonce.
pub(crate) const ENDED: Map<u64, Standing> = Map::new("e");
/// Nonce of the report of (operator, kind, height), unless the host rejected it: of two, the one
/// with proof.
pub(crate) const INFRACTIONS: Map<(&str, &str, u64), u64> = Map::new("i");
/// The nonce of `OPEN` that `relay` looked at last; absent: none.
pub(crate) const CURSOR: Item<u64> = Item::new("cursor");
/// Where rewards go; absent: not named yet. Only the chain knows how many are here.
pub(crate) const REWARDS: Item<RewardsRoute> = Item::new("rewards");

/// Parameters and the peer.
#[cw_serde]
pub(crate) struct Config {
    /// The host's slashing contract, seen from here.
    pub(crate) host: Peer,
    /// Seconds until a packet times out.
    pub(crate) packet_timeout: u64,
    /// Seconds for which superseded powers are kept.
    pub(crate) history: u64,
}

/// The channel in use.
#[cw_serde]
pub(crate) struct Channel {
    /// Its id on this chain.
    pub(crate) id: String,
    /// Whether the host's end is known to be open: it confirmed, sent, or acknowledged.
    pub(crate) confirmed: bool,
}

/// The sum of all powers.
#[cw_serde]
#[derive(Default)]
pub(crate) struct Total {
    /// The sum, in units of value.
    pub(crate) power: Uint128,
    /// Newest update applied.
    pub(crate) update_id: u64,
}

/// One operator. Field names are short: it is written with every change of power.
#[cw_serde]
pub(crate) struct Operator {
    /// Consensus key, 32 bytes, if any.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Binary>,
    /// Power, in units of value.
    #[serde(rename = "p")]
    pub(crate) power: Uint128,
    /// Last update applied for it.
    #[serde(rename = "u")]
    pub(crate) update_id: u64,
}

/// Whose key.
#[cw_serde]
pub(crate) struct KeyHolder {
    /// The operator.
    #[serde(rename = "o")]
    pub(crate) operator: String,
    /// An update by which it was the operator's; the newest one, once the operator gave it up.
    #[serde(rename = "u")]
    pub(crate) update_id: u64,
}

/// A power in force from a point in time.
#[cw_serde]
pub(crate) struct Entry {
    /// The power, in units of value.
    #[serde(rename = "p")]
    pub(crate) power: Uint128,
    /// This chain's height when it was applied.
    #[serde(rename = "h")]
    pub(crate) height: u64,
    /// This chain's time when it was applied.
    #[serde(rename = "t")]
    pub(crate) time: Timestamp,
}

/// What was reported.
#[cw_serde]
pub(crate) struct Report {
    /// As the reporter gave it.
    pub(crate) infraction: Infraction,
    /// The operator, after a key was resolved.
    pub(crate) operator: String,
    /// The operator's update in force at the infraction.
    pub(crate) update_id: u64,
    /// The report without proof whose place in `INFRACTIONS` this one took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<u64>,
}

impl Report {
    /// Its key in `INFRACTIONS`.
    pub(crate) fn key(&self) -> (&str, &str, u64) {
        let infraction = &self.infraction;
        (
            self.operator.as_str(),
            infraction.kind.as_str(),
            infraction.height.u64(),
        )
    }
}

/// How a report is getting on.
#[cw_serde]
pub(crate) struct Standing {
    /// Where it stands.
    pub(crate) state: ReportState,
    /// Times that it was sent.
    pub(crate) attempts: u32,
    /// The last answer that was not a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_maps_sharing_a_prefix() {
        // A map's prefix is its name behind two bytes of length, of which the first is zero: names
        // that differ never collide, with one another or with an item, whose key is bare.
        let maps = BTreeSet::from([
            OPERATORS.namespace_bytes().to_vec(),
            REMOVED.namespace_bytes().to_vec(),
            KEYS.namespace_bytes().to_vec(),
            FORMER.namespace_bytes().to_vec(),
            HISTORY.namespace_bytes().to_vec(),
            TOTALS.namespace_bytes().to_vec(),
            REPORTERS.namespace_bytes().to_vec(),
            REPORTS.namespace_bytes().to_vec(),
            OPEN.namespace_bytes().to_vec(),
            ENDED.namespace_bytes().to_vec(),
            INFRACTIONS.namespace_bytes().to_vec(),
        ]);
        assert_eq!(maps.len(), 11);
    }
}
