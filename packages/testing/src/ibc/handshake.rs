//! Opening and closing of channels.

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    from_json, CustomMsg, CustomQuery, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcChannelOpenResponse, IbcEndpoint, IbcOrder, Storage,
};
use cw_multi_test::AppResponse;

use super::{transfer, Ctx, PortOwner};
use crate::contract::IbcCall;
use crate::error::IbcError;
use crate::state::{load_channel, ChannelEnd, ChannelState, CLIENTS, NEXT_CHANNEL};

fn new_end(
    storage: &mut dyn Storage,
    state: ChannelState,
    order: IbcOrder,
    port: &str,
    counterparty: IbcEndpoint,
    connection_id: &str,
) -> AnyResult<ChannelEnd> {
    if !CLIENTS.has(storage, connection_id) {
        return Err(IbcError::UnknownConnection {
            connection_id: connection_id.to_string(),
        }
        .into());
    }
    let number = NEXT_CHANNEL.may_load(storage)?.unwrap_or(0);
    NEXT_CHANNEL.save(storage, &number.saturating_add(1))?;
    Ok(ChannelEnd {
        state,
        order,
        endpoint: IbcEndpoint {
            port_id: port.to_string(),
            channel_id: format!("channel-{number}"),
        },
        counterparty,
        version: String::new(),
        connection_id: connection_id.to_string(),
        next_send: 1,
        next_recv: 1,
        next_ack: 1,
    })
}

/// Step 1, at the proposing chain. Returns the new channel end.
pub(crate) fn open_init<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    port: &str,
    counterparty_port: &str,
    connection_id: &str,
    order: IbcOrder,
    version: &str,
) -> AnyResult<ChannelEnd> {
    let owner = ctx.owner(port)?;
    let counterparty = IbcEndpoint {
        port_id: counterparty_port.to_string(),
        channel_id: String::new(),
    };
    let mut end = new_end(
        ctx.storage,
        ChannelState::Init,
        order,
        port,
        counterparty,
        connection_id,
    )?;
    end.version = version.to_string();
    end.version = match owner {
        PortOwner::Transfer => transfer::open_init(&end)?,
        PortOwner::Contract(contract) => {
            let msg = IbcChannelOpenMsg::new_init(end.to_ibc_channel());
            let response = ctx.call(&contract, IbcCall::Open(msg))?;
            let accepted = accepted_version(&response)?.unwrap_or_else(|| version.to_string());
            if accepted.is_empty() {
                return Err(IbcError::EmptyVersion.into());
            }
            accepted
        }
    };
    end.save(ctx.storage)?;
    Ok(end)
}

/// Step 2, at the other chain; `init` is the end that the first chain proves.
pub(crate) fn open_try<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    connection_id: &str,
    init: &ChannelEnd,
) -> AnyResult<ChannelEnd> {
    let port = init.counterparty.port_id.as_str();
    let owner = ctx.owner(port)?;
    let mut end = new_end(
        ctx.storage,
        ChannelState::TryOpen,
        init.order.clone(),
        port,
        init.endpoint.clone(),
        connection_id,
    )?;
    if init.state != ChannelState::Init {
        let claim = "the channel is INIT at the counterparty";
        return Err(IbcError::NotProven { claim }.into());
    }
    end.version.clone_from(&init.version);
    end.version = match owner {
        PortOwner::Transfer => transfer::open_try(&end)?,
        PortOwner::Contract(contract) => {
            let msg = IbcChannelOpenMsg::new_try(end.to_ibc_channel(), init.version.clone());
            let response = ctx.call(&contract, IbcCall::Open(msg))?;
            accepted_version(&response)?.unwrap_or_else(|| init.version.clone())
        }
    };
    end.save(ctx.storage)?;
    Ok(end)
}

/// The version that a contract answered with; an empty one counts as none.
fn accepted_version(response: &AppResponse) -> AnyResult<Option<String>> {
    let answer: IbcChannelOpenResponse = match &response.data {
        Some(data) => from_json(data)?,
        None => None,
    };
    Ok(answer
        .map(|answer| answer.version)
        .filter(|version| !version.is_empty()))
}

/// Step 3, at the proposing chain; `tried` is the end that the other chain proves.
pub(crate) fn open_ack<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    endpoint: &IbcEndpoint,
    tried: &ChannelEnd,
) -> AnyResult<AppResponse> {
    let mut end = load_channel(&*ctx.storage, &endpoint.port_id, &endpoint.channel_id)?;
    end.require(ChannelState::Init, "INIT")?;
    let fits = tried.state == ChannelState::TryOpen
        && tried.counterparty == end.endpoint
        && tried.endpoint.port_id == end.counterparty.port_id
        && tried.order == end.order;
    if !fits {
        let claim = "the channel is TRYOPEN at the counterparty";
        return Err(IbcError::NotProven { claim }.into());
    }
    // Written before the contract is called, so that it may send packets at once.
    end.state = ChannelState::Open;
    end.version.clone_from(&tried.version);
    end.counterparty = tried.endpoint.clone();
    end.save(ctx.storage)?;
    match ctx.owner(&endpoint.port_id)? {
        PortOwner::Transfer => transfer::open_ack(&end).map(|()| AppResponse::default()),
        PortOwner::Contract(contract) => {
            let msg = IbcChannelConnectMsg::new_ack(end.to_ibc_channel(), tried.version.clone());
            ctx.call(&contract, IbcCall::Connect(msg))
        }
    }
}

/// Step 4, at the other chain; `acked` is the end that the proposing chain proves.
pub(crate) fn open_confirm<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    endpoint: &IbcEndpoint,
    acked: &ChannelEnd,
) -> AnyResult<AppResponse> {
    let mut end = load_channel(&*ctx.storage, &endpoint.port_id, &endpoint.channel_id)?;
    end.require(ChannelState::TryOpen, "TRYOPEN")?;
    if acked.state != ChannelState::Open || acked.counterparty != end.endpoint {
        let claim = "the channel is OPEN at the counterparty";
        return Err(IbcError::NotProven { claim }.into());
    }
    end.state = ChannelState::Open;
    end.save(ctx.storage)?;
    match ctx.owner(&endpoint.port_id)? {
        PortOwner::Transfer => Ok(AppResponse::default()),
        PortOwner::Contract(contract) => {
            let msg = IbcChannelConnectMsg::new_confirm(end.to_ibc_channel());
            ctx.call(&contract, IbcCall::Connect(msg))
        }
    }
}

/// Closes a channel from this end, for whoever asks. The contract may refuse.
pub(crate) fn close_init<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    endpoint: &IbcEndpoint,
) -> AnyResult<AppResponse> {
    let end = load_channel(&*ctx.storage, &endpoint.port_id, &endpoint.channel_id)?;
    let response = match ctx.owner(&endpoint.port_id)? {
        PortOwner::Transfer => return Err(IbcError::TransferChannelClose.into()),
        PortOwner::Contract(contract) => {
            let msg = IbcChannelCloseMsg::new_init(end.to_ibc_channel());
            ctx.call(&contract, IbcCall::Close(msg))?
        }
    };
    close(ctx, endpoint)?;
    Ok(response)
}

/// Closes this end after the other one; `closed` is the end that the other chain proves.
pub(crate) fn close_confirm<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    endpoint: &IbcEndpoint,
    closed: &ChannelEnd,
) -> AnyResult<AppResponse> {
    let end = load_channel(&*ctx.storage, &endpoint.port_id, &endpoint.channel_id)?;
    let response = match ctx.owner(&endpoint.port_id)? {
        PortOwner::Transfer => AppResponse::default(),
        PortOwner::Contract(contract) => {
            let msg = IbcChannelCloseMsg::new_confirm(end.to_ibc_channel());
            ctx.call(&contract, IbcCall::Close(msg))?
        }
    };
    if closed.state != ChannelState::Closed || closed.counterparty != *endpoint {
        let claim = "the channel is CLOSED at the counterparty";
        return Err(IbcError::NotProven { claim }.into());
    }
    close(ctx, endpoint)?;
    Ok(response)
}

/// Checked and written after the contract was called, as ibc-go does: a contract that closes the
/// channel itself meanwhile makes the outer close fail.
fn close<C: CustomMsg, Q: CustomQuery>(
    ctx: &mut Ctx<'_, C, Q>,
    endpoint: &IbcEndpoint,
) -> AnyResult<()> {
    let mut end = load_channel(&*ctx.storage, &endpoint.port_id, &endpoint.channel_id)?;
    end.require_not_closed()?;
    end.state = ChannelState::Closed;
    end.save(ctx.storage)?;
    Ok(())
}
