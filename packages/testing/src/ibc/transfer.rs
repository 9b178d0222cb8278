//! ICS-20: tokens sent over IBC.

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Api, BankMsg, Binary, CanonicalAddr, Coin, CustomMsg,
    CustomQuery, IbcOrder, IbcPacket, IbcTimeout, Storage, Uint128,
};
use cw_multi_test::AppResponse;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ack::Envelope;
use super::packet::Handled;
use super::{callback, packet, Ctx, TRANSFER_PORT};
use crate::error::IbcError;
use crate::state::{ChannelEnd, VOUCHERS};

/// The version of ICS-20 channels.
pub const TRANSFER_VERSION: &str = "ics20-1";

const MAX_MEMO_BYTES: usize = 32_768;
const MAX_RECEIVER_BYTES: usize = 2_048;

/// The data of an ICS-20 packet, with the denomination's full path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferData {
    /// Full path, such as `transfer/channel-0/uatom`; the bare name for a token of the sending chain.
    pub denom: String,
    /// How much, in the token's smallest unit.
    pub amount: Uint128,
    /// The address that sends.
    pub sender: String,
    /// The address that receives, on the other chain.
    pub receiver: String,
    /// Free text; callbacks are asked for here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memo: String,
}

/// The name of a token on the chain where it arrived: `ibc/HASH` for a path with hops, else the path.
/// A hop is a port with the id of a channel or, since version 2 of IBC, of a client.
///
/// ```
/// let path = "transfer/channel-0/uatom";
/// let denom = palisade_testing::denom_of_path(path);
/// assert!(denom.starts_with("ibc/"));
/// assert_eq!(denom.len(), 4 + 64);
/// assert_eq!(palisade_testing::denom_of_path("factory/osmo1xyz/gold"), "factory/osmo1xyz/gold");
/// ```
pub fn denom_of_path(path: &str) -> String {
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

/// The account that holds what was sent over a channel.
pub(crate) fn escrow_address(api: &dyn Api, port: &str, channel_id: &str) -> AnyResult<Addr> {
    let mut hash = Sha256::new();
    hash.update(TRANSFER_VERSION.as_bytes());
    hash.update([0]);
    hash.update(format!("{port}/{channel_id}").as_bytes());
    let address: Vec<u8> = hash.finalize().into_iter().take(20).collect();
    Ok(api.addr_humanize(&CanonicalAddr::from(address))?)
}

pub(crate) fn open_init(end: &ChannelEnd) -> Result<String, IbcError> {
    check_order(end)?;
    match end.version.trim() {
        "" | TRANSFER_VERSION => Ok(TRANSFER_VERSION.to_string()),
        _ => Err(transfer("version must be ics20-1")),
    }
}

pub(crate) fn open_try(end: &ChannelEnd) -> Result<String, IbcError> {
    check_order(end)?;
    Ok(TRANSFER_VERSION.to_string())
}

pub(crate) fn open_ack(end: &ChannelEnd) -> AnyResult<()> {
    if end.version == TRANSFER_VERSION {
        return Ok(());
    }
    Err(transfer("version must be ics20-1").into())
}

fn check_order(end: &ChannelEnd) -> Result<(), IbcError> {
    match end.order {
        IbcOrder::Unordered => Ok(()),
        IbcOrder::Ordered => Err(transfer("channel must be unordered")),
    }
}

fn transfer(reason: &'static str) -> IbcError {
    IbcError::Transfer { reason }
}

/// `IbcMsg::Transfer`, as its sender gives it.
pub(crate) struct Outgoing {
    pub(crate) sender: Addr,
    pub(crate) channel_id: String,
    pub(crate) receiver: String,
    pub(crate) coin: Coin,
    pub(crate) timeout: IbcTimeout,
    pub(crate) memo: String,
}

/// Takes the tokens from the sender and commits to a packet. Returns its sequence.
pub(crate) fn send<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    out: Outgoing,
) -> AnyResult<u64> {
    if out.coin.amount.is_zero() {
        return Err(transfer("amount must be positive").into());
    }
    if out.receiver.trim().is_empty() || out.receiver.len() > MAX_RECEIVER_BYTES {
        return Err(transfer("receiver is blank or too long").into());
    }
    if out.memo.len() > MAX_MEMO_BYTES {
        return Err(transfer("memo is too long").into());
    }
    let data = TransferData {
        denom: path_of_denom(&*ctx.storage, &out.coin.denom)?,
        amount: out.coin.amount,
        sender: out.sender.to_string(),
        receiver: out.receiver,
        memo: out.memo,
    };
    take(ctx, &out.sender, &data.denom, out.coin, &out.channel_id)?;
    let bytes = to_json_binary(&data)?;
    let sequence = packet::send(ctx, TRANSFER_PORT, &out.channel_id, bytes, out.timeout)?;
    callback::check_source(&data)?;
    Ok(sequence)
}

/// Burns vouchers that go back where they came from; keeps anything else in escrow.
fn take<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    sender: &Addr,
    path: &str,
    coin: Coin,
    channel_id: &str,
) -> AnyResult<()> {
    let amount = vec![coin];
    if after_hop(path, TRANSFER_PORT, channel_id).is_some() {
        return ctx.bank(sender, BankMsg::Burn { amount });
    }
    let to_address = escrow_address(ctx.api, TRANSFER_PORT, channel_id)?.into_string();
    ctx.bank(sender, BankMsg::Send { to_address, amount })
}

/// What is left of a path after its first hop, if that hop is this one.
fn after_hop<'a>(path: &'a str, port: &str, channel_id: &str) -> Option<&'a str> {
    path.strip_prefix(port)?
        .strip_prefix('/')?
        .strip_prefix(channel_id)?
        .strip_prefix('/')
}

fn path_of_denom(storage: &dyn Storage, denom: &str) -> AnyResult<String> {
    if !denom.starts_with("ibc/") {
        return Ok(denom.to_string());
    }
    VOUCHERS.may_load(storage, denom)?.ok_or_else(|| {
        IbcError::UnknownVoucher {
            denom: denom.to_string(),
        }
        .into()
    })
}

/// Pays the receiver. An error becomes an error acknowledgement, and so a refund.
pub(crate) fn receive<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
) -> AnyResult<AppResponse> {
    let data = read(packet)?;
    if data.amount.is_zero() || data.sender.trim().is_empty() {
        return Err(transfer("packet data is invalid").into());
    }
    let receiver = ctx
        .api
        .addr_validate(&data.receiver)
        .map_err(|_| transfer("receiver is no address of this chain"))?;
    match after_hop(&data.denom, &packet.src.port_id, &packet.src.channel_id) {
        Some(rest) => {
            let coin = coin_of(rest, data.amount);
            release(
                ctx,
                &packet.dest.port_id,
                &packet.dest.channel_id,
                &receiver,
                coin,
            )?;
        }
        None => {
            let (port, channel_id) = (&packet.dest.port_id, &packet.dest.channel_id);
            let path = format!("{port}/{channel_id}/{}", data.denom);
            let coin = coin_of(&path, data.amount);
            VOUCHERS.save(ctx.storage, &coin.denom, &path)?;
            ctx.mint(&receiver, coin)?;
        }
    }
    let ack = Envelope::Result(Binary::from(b"\x01")).to_canonical();
    let events = callback::destination(ctx, packet, &data, &ack)?;
    Ok(AppResponse {
        events,
        data: Some(ack),
        ..AppResponse::default()
    })
}

fn coin_of(path: &str, amount: Uint128) -> Coin {
    Coin {
        denom: denom_of_path(path),
        amount,
    }
}

fn release<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    port: &str,
    channel_id: &str,
    to: &Addr,
    coin: Coin,
) -> AnyResult<()> {
    let escrow = escrow_address(ctx.api, port, channel_id)?;
    let send = BankMsg::Send {
        to_address: to.to_string(),
        amount: vec![coin],
    };
    ctx.bank(&escrow, send)
}

fn read(packet: &IbcPacket) -> AnyResult<TransferData> {
    from_json(&packet.data).map_err(|_| transfer("packet data is not ICS-20").into())
}

pub(crate) fn acknowledge<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    ack: &Binary,
    relayer: &Addr,
) -> AnyResult<Handled> {
    let data = read(packet)?;
    match from_json::<Envelope>(ack) {
        Ok(Envelope::Result(_)) => {}
        Ok(Envelope::Error(_)) => refund(ctx, packet, &data)?,
        Err(_) => return Err(transfer("acknowledgement is not the standard envelope").into()),
    }
    Ok(callback::acknowledged(ctx, packet, &data, ack, relayer))
}

pub(crate) fn timeout<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    relayer: &Addr,
) -> AnyResult<Handled> {
    let data = read(packet)?;
    refund(ctx, packet, &data)?;
    Ok(callback::timed_out(ctx, packet, &data, relayer))
}

fn refund<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    data: &TransferData,
) -> AnyResult<()> {
    let sender = ctx.api.addr_validate(&data.sender)?;
    let coin = coin_of(&data.denom, data.amount);
    let (port, channel_id) = (&packet.src.port_id, &packet.src.channel_id);
    match after_hop(&data.denom, port, channel_id) {
        Some(_) => ctx.mint(&sender, coin),
        None => release(ctx, port, channel_id, &sender, coin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(denom_of_path(&path).starts_with("ibc/"), "{path}");
        }
        for path in [
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
        ] {
            assert_eq!(denom_of_path(path), path);
        }
    }
}
