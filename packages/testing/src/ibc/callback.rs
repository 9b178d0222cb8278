//! Callbacks on ICS-20 transfers, asked for in the memo with `src_callback` and `dest_callback`.

use std::collections::BTreeMap;

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    from_json, Addr, Binary, CustomMsg, CustomQuery, Event, IbcAckCallbackMsg, IbcAcknowledgement,
    IbcDestinationCallbackMsg, IbcPacket, IbcSourceCallbackMsg, IbcTimeoutCallbackMsg,
};
use serde::de::IgnoredAny;
use serde::Deserialize;

use super::packet::Handled;
use super::transfer::TransferData;
use super::Ctx;
use crate::contract::IbcCall;
use crate::error::IbcError;

#[derive(Deserialize)]
struct Memo {
    src_callback: Option<Target>,
    dest_callback: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    address: Option<String>,
}

/// The same keys, whatever the objects hold.
#[derive(Deserialize)]
struct Probe {
    src_callback: Option<BTreeMap<String, IgnoredAny>>,
    dest_callback: Option<BTreeMap<String, IgnoredAny>>,
}

/// Which of the two keys.
#[derive(Clone, Copy)]
enum Key {
    Source,
    Destination,
}

/// The address of a callback, if the memo asks for one.
fn target(data: &TransferData, key: Key) -> Result<Option<String>, IbcError> {
    let target = match from_json::<Memo>(data.memo.as_bytes()) {
        Ok(memo) => match key {
            Key::Source => memo.src_callback,
            Key::Destination => memo.dest_callback,
        },
        Err(_) => {
            let malformed = from_json::<Probe>(data.memo.as_bytes()).is_ok_and(|memo| match key {
                Key::Source => memo.src_callback.is_some(),
                Key::Destination => memo.dest_callback.is_some(),
            });
            return match malformed {
                true => Err(IbcError::InvalidCallback),
                false => Ok(None),
            };
        }
    };
    match target.map(|target| target.address) {
        None => Ok(None),
        Some(Some(address)) if !address.trim().is_empty() => Ok(Some(address)),
        Some(_) => Err(IbcError::InvalidCallback),
    }
}

/// When sending: a source callback may only go to the sender itself.
pub(crate) fn check_source(data: &TransferData) -> Result<(), IbcError> {
    match target(data, Key::Source)? {
        Some(address) if address != data.sender => Err(IbcError::CallbackNotSender {
            address,
            sender: data.sender.clone(),
        }),
        _ => Ok(()),
    }
}

/// When receiving: a failure becomes an error acknowledgement, and so a refund.
pub(crate) fn destination<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    data: &TransferData,
    ack: &Binary,
) -> AnyResult<Vec<Event>> {
    let Some(address) = target(data, Key::Destination)? else {
        return Ok(vec![]);
    };
    let contract = ctx.api.addr_validate(&address)?;
    let msg = IbcDestinationCallbackMsg {
        packet: packet.clone(),
        ack: IbcAcknowledgement::new(ack.clone()),
    };
    let response = ctx.call(&contract, IbcCall::DestinationCallback(msg))?;
    Ok(response.events)
}

pub(crate) fn acknowledged<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    data: &TransferData,
    ack: &Binary,
    relayer: &Addr,
) -> Handled {
    let ack = IbcAcknowledgement::new(ack.clone());
    let msg = IbcAckCallbackMsg::new(ack, packet.clone(), relayer.clone());
    source(ctx, data, IbcSourceCallbackMsg::Acknowledgement(msg))
}

pub(crate) fn timed_out<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    packet: &IbcPacket,
    data: &TransferData,
    relayer: &Addr,
) -> Handled {
    let msg = IbcTimeoutCallbackMsg::new(packet.clone(), relayer.clone());
    source(ctx, data, IbcSourceCallbackMsg::Timeout(msg))
}

/// Back at the sender: a failure is noted, and changes nothing else.
fn source<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    data: &TransferData,
    msg: IbcSourceCallbackMsg,
) -> Handled {
    let mut handled = Handled::default();
    let result = target(data, Key::Source)
        .map_err(anyhow::Error::from)
        .and_then(|target| match target {
            None => Ok(vec![]),
            Some(address) => ctx.nested(|ctx| {
                let contract = ctx.api.addr_validate(&address)?;
                let response = ctx.call(&contract, IbcCall::SourceCallback(msg))?;
                Ok(response.events)
            }),
        });
    match result {
        Ok(events) => handled.events = events,
        Err(err) => handled.callback_error = Some(format!("{err:#}")),
    }
    handled
}
