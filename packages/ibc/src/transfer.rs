use cosmwasm_schema::cw_serde;
use cosmwasm_schema::serde::de::Error;
use cosmwasm_schema::serde::{Deserialize, Deserializer};
use cosmwasm_std::{IbcEndpoint, Uint128};
use sha2::{Digest, Sha256};

/// The memo of an ICS-20 transfer to one of the suite's contracts: wasmd calls it when the coins arrive,
/// and it reads here what they are for. Other fields of a memo are ignored.
#[cw_serde]
pub struct Memo<Note> {
    /// What wasmd's callbacks look for.
    pub dest_callback: Callback,
    /// What the contract looks for.
    pub palisade: Note,
}

/// Which contract to call on arrival.
#[cw_serde]
pub struct Callback {
    /// Its address on the host: also the receiver of the transfer.
    pub address: String,
}

/// The memo of rewards, for the allocation contract.
///
/// ```
/// use palisade_ibc::RewardsMemo;
///
/// let memo = RewardsMemo::rewards("wasm1allocation", 7);
/// let text = r#"{"dest_callback":{"address":"wasm1allocation"},"palisade":{"service":7}}"#;
/// assert_eq!(cosmwasm_std::to_json_string(&memo)?, text);
/// # Ok::<(), cosmwasm_std::StdError>(())
/// ```
pub type RewardsMemo = Memo<RewardsNote>;

/// What rewards are for.
#[cw_serde]
pub struct RewardsNote {
    /// The service that they reward.
    pub service: u32,
}

/// The memo of a deposit, for the vault.
///
/// ```
/// use palisade_ibc::DepositMemo;
///
/// let memo = DepositMemo::deposit("wasm1vault", "wasm1owner", Some("wasm1operator".to_string()));
/// let text = concat!(
///     r#"{"dest_callback":{"address":"wasm1vault"},"#,
///     r#""palisade":{"deposit":{"owner":"wasm1owner","operator":"wasm1operator"}}}"#,
/// );
/// assert_eq!(cosmwasm_std::to_json_string(&memo)?, text);
/// # Ok::<(), cosmwasm_std::StdError>(())
/// ```
pub type DepositMemo = Memo<DepositNote>;

/// What a deposit is for.
#[cw_serde]
pub struct DepositNote {
    /// Whose it is, and behind whom.
    pub deposit: DepositTerms,
}

/// Whose a deposit is, and behind whom. An unknown field is refused: a misspelt operator would leave the
/// stake idle.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct DepositTerms {
    /// Who owns it, by an address on the host.
    pub owner: String,
    /// The operator to stand behind at once; none: it stays idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl RewardsMemo {
    /// The memo of rewards for a service, paid to the allocation contract at `allocation`.
    #[must_use]
    pub fn rewards(allocation: impl Into<String>, service: u32) -> Self {
        Self::new(allocation, RewardsNote { service })
    }
}

impl DepositMemo {
    /// The memo of a deposit into the vault at `vault`.
    #[must_use]
    pub fn deposit(
        vault: impl Into<String>,
        owner: impl Into<String>,
        operator: Option<String>,
    ) -> Self {
        let owner = owner.into();
        let deposit = DepositTerms { owner, operator };
        Self::new(vault, DepositNote { deposit })
    }
}

impl<Note> Memo<Note> {
    fn new(contract: impl Into<String>, palisade: Note) -> Self {
        let address = contract.into();
        Self {
            dest_callback: Callback { address },
            palisade,
        }
    }
}

/// The data of an ICS-20 packet.
///
/// It is read as strictly as ibc-go does and no more leniently in anything: ibc-go takes names of fields
/// without regard to case, the last one counts, and `"0100"` is 64 to it. Whoever writes packets by hand could
/// say one thing to the chain and another here. So other fields are refused, as ibc-go itself refuses those
/// that it does not know, and an amount is a decimal as ibc-go writes it.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct TransferData {
    /// Full path, such as `transfer/channel-0/uatom`; the bare name for a token of the sending chain.
    pub denom: String,
    /// Base units.
    #[serde(deserialize_with = "canonical")]
    pub amount: Uint128,
    /// Who sends.
    pub sender: String,
    /// Who receives, on the other chain.
    pub receiver: String,
    /// Free text.
    #[serde(default)]
    pub memo: String,
}

/// A decimal without signs and leading zeros.
fn canonical<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uint128, D::Error> {
    let text = String::deserialize(deserializer)?;
    let amount = Uint128::try_from(text.as_str()).ok();
    let amount = amount.filter(|amount| amount.to_string() == text);
    amount.ok_or_else(|| Error::custom(format!("{text} is no decimal of at most 128 bits")))
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

/// `ibc/HASH` for a path with hops, else the path itself. A hop is a port with the id of a channel or,
/// since version 2 of IBC, of a client.
fn denom_of(path: &str) -> String {
    let mut parts = path.splitn(3, '/');
    let hop = match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(id), Some(_)) => is_id(id),
        _ => false,
    };
    if !hop {
        return path.to_string();
    }
    let hash = Sha256::digest(path.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("ibc/{hex}")
}

/// `{kind}-{number}`, as ibc-go names channels and clients, or its client of the chain itself.
fn is_id(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some((kind, number)) = text.rsplit_once('-') else {
        return false;
    };
    let named =
        kind.starts_with(word) && kind.ends_with(word) && kind.chars().all(|c| word(c) || c == '-');
    let digits = number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit());
    text == "09-localhost" || named && digits && number.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::from_json;

    use super::*;

    fn read(amount: &str, more: &str) -> Option<TransferData> {
        from_json(format!(
            r#"{{"denom":"uatom","amount":{amount},"sender":"a","receiver":"b"{more}}}"#
        ))
        .ok()
    }

    /// What ibc-go reads otherwise, or not at all, is not read here.
    #[test]
    fn a_packet_says_the_same_here_as_to_the_chain() {
        for amount in ["0", "1", "100", "340282366920938463463374607431768211455"] {
            let data = read(&format!(r#""{amount}""#), "").unwrap();
            assert_eq!(data.amount.to_string(), amount);
        }
        let amounts = [
            r#""0100""#,
            r#""+100""#,
            r#""-100""#,
            r#""0x64""#,
            r#""1_00""#,
            r#"" 100""#,
            r#""""#,
            r#""00""#,
            r#""340282366920938463463374607431768211456""#,
            "100",
            "null",
        ];
        for amount in amounts {
            assert_eq!(read(amount, ""), None, "{amount}");
        }
        let more = [
            r#","Receiver":"thief""#,
            r#","AMOUNT":"1""#,
            r#","Denom":"junk""#,
            r#","memO":"{}""#,
            r#","receiver":"thief""#,
            r#","amount":"1""#,
            r#","\u0052eceiver":"thief""#,
            r#","memo":"","memo":"{}""#,
            r#","x":1"#,
        ];
        for more in more {
            assert_eq!(read(r#""100""#, more), None, "{more}");
        }
        let escaped = r#","mem\u006f":"t\u0061ke""#;
        assert_eq!(read(r#""100""#, escaped).unwrap().memo, "take");
    }

    #[test]
    fn what_arrived_over_channels_or_clients_is_a_voucher() {
        for hop in [
            "channel-0",
            "channel-18446744073709551615",
            "07-tendermint-12",
            "09-localhost",
            "a-1",
        ] {
            let path = format!("transfer/{hop}/uatom");
            assert!(denom_of(&path).starts_with("ibc/"), "{path}");
        }
        let bare = [
            "uatom",
            "gamm/pool/1",
            "factory/cosmos1abc/sub",
            "transfer/channel-0",
            "transfer/channel-/uatom",
            "transfer/channel-x/uatom",
            "transfer/channel-18446744073709551616/uatom",
            "transfer/channel-000000000000000000001/uatom",
            "transfer/-1/uatom",
            "transfer/a--1/uatom",
            "transfer/chan nel-1/uatom",
        ];
        for path in bare {
            assert_eq!(denom_of(path), path);
        }
    }
}
