//! The chain's IBC module: what contracts reach with `IbcMsg` and `IbcQuery`.

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    to_json_binary, Addr, Api, Binary, BlockInfo, ChannelResponse, CustomMsg, CustomQuery, Empty,
    IbcChannel, IbcEndpoint, IbcMsg, IbcQuery, ListChannelsResponse, MsgResponse, Order, Querier,
    StdResult, Storage,
};
use cw_multi_test::{AppResponse, CosmosRouter, Ibc, Module};
use serde::de::DeserializeOwned;

use super::transfer::Outgoing;
use super::{handshake, packet, transfer, Ctx};
use crate::contract::port_of;
use crate::error::IbcError;
use crate::state::{ChannelState, CHANNELS};

/// Keeps channels, packets, receipts and acknowledgements in the storage of the `App`.
#[derive(Clone, Copy, Debug, Default)]
pub struct IbcModule;

impl Ibc for IbcModule {}

impl Module for IbcModule {
    type ExecT = IbcMsg;
    type QueryT = IbcQuery;
    type SudoT = Empty;

    fn execute<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: IbcMsg,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        let mut ctx = Ctx {
            api,
            storage,
            router,
            block,
        };
        execute(&mut ctx, sender, msg)
    }

    fn query(
        &self,
        _api: &dyn Api,
        storage: &dyn Storage,
        _querier: &dyn Querier,
        _block: &BlockInfo,
        request: IbcQuery,
    ) -> AnyResult<Binary> {
        query(storage, request)
    }

    fn sudo<ExecC, QueryC>(
        &self,
        _api: &dyn Api,
        _storage: &mut dyn Storage,
        _router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        _block: &BlockInfo,
        _msg: Empty,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        Err(IbcError::Unsupported {
            what: "sudo of the IBC module",
        }
        .into())
    }
}

fn execute<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    sender: Addr,
    msg: IbcMsg,
) -> AnyResult<AppResponse> {
    match msg {
        IbcMsg::SendPacket {
            channel_id,
            data,
            timeout,
        } => {
            let sequence = packet::send(ctx, &port_of(&sender), &channel_id, data, timeout)?;
            Ok(answer(
                "/cosmwasm.wasm.v1.MsgIBCSendResponse",
                sequence_field(sequence),
            ))
        }
        IbcMsg::WriteAcknowledgement {
            channel_id,
            packet_sequence,
            ack,
        } => {
            let port = port_of(&sender);
            packet::write_async_ack(ctx, &port, &channel_id, packet_sequence, &ack.data)?;
            Ok(answer(
                "/cosmwasm.wasm.v1.MsgIBCWriteAcknowledgementResponse",
                Binary::default(),
            ))
        }
        IbcMsg::CloseChannel { channel_id } => {
            let endpoint = IbcEndpoint {
                port_id: port_of(&sender),
                channel_id,
            };
            let response = handshake::close_init(ctx, &endpoint)?;
            let mut closed = answer(
                "/ibc.core.channel.v1.MsgChannelCloseInitResponse",
                Binary::default(),
            );
            closed.events = response.events;
            Ok(closed)
        }
        IbcMsg::Transfer {
            channel_id,
            to_address,
            amount,
            timeout,
            memo,
        } => {
            let out = Outgoing {
                sender,
                channel_id,
                receiver: to_address,
                coin: amount,
                timeout,
                memo: memo.unwrap_or_default(),
            };
            let sequence = transfer::send(ctx, out)?;
            Ok(answer(
                "/ibc.applications.transfer.v1.MsgTransferResponse",
                sequence_field(sequence),
            ))
        }
        _ => Err(IbcError::Unsupported {
            what: "relayer fees: ibc-go v10 removed them",
        }
        .into()),
    }
}

fn answer(type_url: &str, value: Binary) -> AppResponse {
    AppResponse {
        data: Some(value.clone()),
        msg_responses: vec![MsgResponse {
            type_url: type_url.to_string(),
            value,
        }],
        ..AppResponse::default()
    }
}

/// Protobuf of a message whose field 1 is a `uint64`.
fn sequence_field(sequence: u64) -> Binary {
    let mut bytes = vec![0x08];
    let mut rest = sequence;
    while rest >= 0x80 {
        bytes.extend((rest & 0x7f | 0x80).to_le_bytes().first());
        rest >>= 7;
    }
    bytes.extend(rest.to_le_bytes().first());
    Binary::from(bytes)
}

/// Answers as wasmd does: only open channels are shown.
fn query(storage: &dyn Storage, request: IbcQuery) -> AnyResult<Binary> {
    #[allow(deprecated)]
    match request {
        IbcQuery::Channel {
            channel_id,
            port_id,
        } => {
            let port = port_id.unwrap_or_default();
            let channel = CHANNELS
                .may_load(storage, &channel_id)?
                .filter(|end| end.state == ChannelState::Open && end.endpoint.port_id == port)
                .map(|end| end.to_ibc_channel());
            Ok(to_json_binary(&ChannelResponse::new(channel))?)
        }
        IbcQuery::ListChannels { port_id } => {
            let port = port_id.unwrap_or_default();
            let channels = list(storage, &port)?;
            Ok(to_json_binary(&ListChannelsResponse::new(channels))?)
        }
        _ => Err(IbcError::Unsupported {
            what: "this IBC query",
        }
        .into()),
    }
}

/// Open channels of ports that begin with `port`; none for an empty one.
fn list(storage: &dyn Storage, port: &str) -> StdResult<Vec<IbcChannel>> {
    if port.is_empty() {
        return Ok(vec![]);
    }
    let ends = CHANNELS.range(storage, None, None, Order::Ascending);
    let mut channels = vec![];
    for end in ends {
        let (_, end) = end?;
        if end.state == ChannelState::Open && end.endpoint.port_id.starts_with(port) {
            channels.push(end.to_ibc_channel());
        }
    }
    Ok(channels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_protobuf_varints() {
        assert_eq!(sequence_field(1), Binary::from(&[0x08, 0x01]));
        assert_eq!(sequence_field(300), Binary::from(&[0x08, 0xac, 0x02]));
        let max = sequence_field(u64::MAX);
        assert_eq!(max.len(), 11);
    }
}
