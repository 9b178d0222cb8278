use cosmwasm_schema::cw_serde;
use cosmwasm_std::{IbcEndpoint, Uint128};
use sha2::{Digest, Sha256};

/// The memo of an ICS-20 transfer that pays rewards: wasmd calls the allocation contract when the
/// coins arrive, and it reads here whose they are. Other fields of a memo are ignored.
///
/// ```
/// use palisade_ibc::RewardsMemo;
///
/// let memo = RewardsMemo::new("wasm1allocation", 7);
/// let text = r#"{"dest_callback":{"address":"wasm1allocation"},"palisade":{"service":7}}"#;
/// assert_eq!(cosmwasm_std::to_json_string(&memo)?, text);
/// # Ok::<(), cosmwasm_std::StdError>(())
/// ```
#[cw_serde]
pub struct RewardsMemo {
    /// What wasmd's callbacks look for.
    pub dest_callback: Callback,
    /// What the allocation contract looks for.
    pub palisade: RewardsNote,
}

/// Which contract to call on arrival.
#[cw_serde]
pub struct Callback {
    /// Its address on the host: also the receiver of the transfer.
    pub address: String,
}

/// What the coins are for.
#[cw_serde]
pub struct RewardsNote {
    /// The service that they reward.
    pub service: u32,
}

impl RewardsMemo {
    /// The memo of rewards for a service, paid to the allocation contract at `allocation`.
    #[must_use]
    pub fn new(allocation: impl Into<String>, service: u32) -> Self {
        Self {
            dest_callback: Callback {
                address: allocation.into(),
            },
            palisade: RewardsNote { service },
        }
    }
}

/// The data of an ICS-20 packet.
#[cw_serde]
pub struct TransferData {
    /// Full path, such as `transfer/channel-0/uatom`; the bare name for a token of the sending chain.
    pub denom: String,
    /// Base units.
    pub amount: Uint128,
    /// Who sends.
    pub sender: String,
    /// Who receives, on the other chain.
    pub receiver: String,
    /// Free text.
    #[serde(default)]
    pub memo: String,
}

impl TransferData {
    /// The denom under which the coins arrive at the end `dest` of a channel whose other end is `src`:
    /// by the rules of ICS-20, tokens that come home lose the hop of `src`, others gain the hop of
    /// `dest`.
    ///
    /// ```
    /// use cosmwasm_std::{IbcEndpoint, Uint128};
    /// use palisade_ibc::TransferData;
    ///
    /// let end = |channel: &str| IbcEndpoint {
    ///     port_id: "transfer".to_string(),
    ///     channel_id: channel.to_string(),
    /// };
    /// let data = |denom: &str| TransferData {
    ///     denom: denom.to_string(),
    ///     amount: Uint128::new(1),
    ///     sender: String::new(),
    ///     receiver: String::new(),
    ///     memo: String::new(),
    /// };
    /// let (src, dest) = (end("channel-3"), end("channel-0"));
    /// let there = data("uatom").arrives_as(&src, &dest);
    /// // sha256 of "transfer/channel-0/uatom"
    /// let hash = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
    /// assert_eq!(there, format!("ibc/{hash}"));
    /// assert_eq!(data("transfer/channel-3/stake").arrives_as(&src, &dest), "stake");
    /// ```
    #[must_use]
    pub fn arrives_as(&self, src: &IbcEndpoint, dest: &IbcEndpoint) -> String {
        let hop = |end: &IbcEndpoint| format!("{}/{}/", end.port_id, end.channel_id);
        match self.denom.strip_prefix(&hop(src)) {
            Some(home) => denom_of(home),
            None => denom_of(&format!("{}{}", hop(dest), self.denom)),
        }
    }
}

/// `ibc/HASH` for a path with hops, else the path itself.
fn denom_of(path: &str) -> String {
    let mut parts = path.splitn(3, '/');
    let hop = match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(channel), Some(_)) => is_channel(channel),
        _ => false,
    };
    if !hop {
        return path.to_string();
    }
    let hash = Sha256::digest(path.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("ibc/{hex}")
}

fn is_channel(text: &str) -> bool {
    text.strip_prefix("channel-")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
