//! A contract that does as its packets tell it, and keeps a log of all that happens to it.

use cosmwasm_std::{
    ensure, to_json_binary, BankMsg, Binary, Coin, Deps, DepsMut, Env, Ibc3ChannelOpenResponse,
    IbcAcknowledgement, IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg,
    IbcChannelOpenMsg, IbcChannelOpenResponse, IbcDestinationCallbackMsg, IbcMsg, IbcPacketAckMsg,
    IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcQuery, IbcReceiveResponse, IbcSourceCallbackMsg,
    IbcTimeout, MessageInfo, Reply, Response, StdError, StdResult, Storage, SubMsg, SubMsgResult,
    WasmMsg,
};
use cw_storage_plus::Item;
use palisade_testing::TestContract;
use serde::{Deserialize, Serialize};

const LOG: Item<Vec<String>> = Item::new("log");
const CONFIG: Item<Config> = Item::new("config");

/// How the contract behaves.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Config {
    /// The version to answer with in open; none accepts.
    pub(crate) version: Option<String>,
    /// Entry points that return an error.
    pub(crate) refuse: Vec<String>,
    /// Sends a packet as soon as a channel opens here.
    pub(crate) greet: bool,
    /// Answers every acknowledgement with another packet.
    pub(crate) endless: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ExecuteMsg {
    Send {
        channel: String,
        order: Order,
        timeout: IbcTimeout,
    },
    SendRaw {
        channel: String,
        data: Binary,
        timeout: IbcTimeout,
    },
    SendThenFail {
        channel: String,
        timeout: IbcTimeout,
    },
    WriteAck {
        channel: String,
        sequence: u64,
        ack: Binary,
    },
    Close {
        channel: String,
    },
    Transfer {
        channel: String,
        to: String,
        coin: Coin,
        timeout: IbcTimeout,
        memo: Option<String>,
    },
    Reconfigure(Config),
    Panic,
    CatchPanic,
    Verify {
        message: Binary,
        signature: Binary,
        key: Binary,
    },
}

/// What a packet tells the receiver to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Order {
    Ping,
    Fail(String),
    Panic,
    AckLater,
    Ack(Binary),
    PayWhatIsNotThere,
    CallThatFails,
    ReplyAcks,
    ReplyPanics,
    Close(String),
    SendBack(Box<Order>, IbcTimeout),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum QueryMsg {
    Log,
    Ibc(IbcQuery),
}

pub(crate) fn contract() -> TestContract {
    plain()
        .with_ibc(open, connect, close, receive, ack, timeout)
        .with_source_callback(source_callback)
        .with_destination_callback(destination_callback)
}

/// The same without any entry point of IBC.
pub(crate) fn plain() -> TestContract {
    TestContract::new(execute, instantiate, query).with_reply(reply)
}

fn log(storage: &mut dyn Storage, entry: impl Into<String>) -> StdResult<()> {
    let mut log = LOG.may_load(storage)?.unwrap_or_default();
    log.push(entry.into());
    LOG.save(storage, &log)
}

/// Writes first, then fails: so a test sees whether the write was reverted.
fn enter(storage: &mut dyn Storage, name: &str, entry: String) -> StdResult<()> {
    log(storage, entry)?;
    let refused = CONFIG.load(storage)?.refuse.contains(&name.to_string());
    ensure!(!refused, StdError::generic_err(format!("refused {name}")));
    Ok(())
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, msg: Config) -> StdResult<Response> {
    CONFIG.save(deps.storage, &msg)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    let message = match msg {
        ExecuteMsg::Send {
            channel,
            order,
            timeout,
        } => {
            let data = to_json_binary(&order)?;
            let message = SubMsg::reply_on_success(send(channel, data, timeout), 1);
            return Ok(Response::new().add_submessage(message));
        }
        ExecuteMsg::SendRaw {
            channel,
            data,
            timeout,
        } => send(channel, data, timeout),
        ExecuteMsg::SendThenFail { channel, timeout } => {
            let fail = WasmMsg::Execute {
                contract_addr: env.contract.address.to_string(),
                msg: to_json_binary(&"no such message")?,
                funds: vec![],
            };
            let send = send(channel, to_json_binary(&Order::Ping)?, timeout);
            return Ok(Response::new().add_message(send).add_message(fail));
        }
        ExecuteMsg::WriteAck {
            channel,
            sequence,
            ack,
        } => IbcMsg::WriteAcknowledgement {
            channel_id: channel,
            packet_sequence: sequence,
            ack: IbcAcknowledgement::new(ack),
        },
        ExecuteMsg::Close { channel } => IbcMsg::CloseChannel {
            channel_id: channel,
        },
        ExecuteMsg::Transfer {
            channel,
            to,
            coin,
            timeout,
            memo,
        } => IbcMsg::Transfer {
            channel_id: channel,
            to_address: to,
            amount: coin,
            timeout,
            memo,
        },
        ExecuteMsg::Reconfigure(config) => {
            CONFIG.save(deps.storage, &config)?;
            return Ok(Response::new());
        }
        ExecuteMsg::Panic => panic!("told to panic"),
        ExecuteMsg::CatchPanic => {
            let call = call_self(&env, &ExecuteMsg::Panic)?;
            return Ok(Response::new().add_submessage(SubMsg::reply_on_error(call, 2)));
        }
        ExecuteMsg::Verify {
            message,
            signature,
            key,
        } => {
            let ok = deps.api.ed25519_verify(&message, &signature, &key)?;
            log(deps.storage, format!("verified {ok}"))?;
            return Ok(Response::new());
        }
    };
    Ok(Response::new().add_message(message))
}

fn send(channel: String, data: Binary, timeout: IbcTimeout) -> IbcMsg {
    IbcMsg::SendPacket {
        channel_id: channel,
        data,
        timeout,
    }
}

fn call_self(env: &Env, msg: &impl Serialize) -> StdResult<WasmMsg> {
    Ok(WasmMsg::Execute {
        contract_addr: env.contract.address.to_string(),
        msg: to_json_binary(msg)?,
        funds: vec![],
    })
}

fn reply(deps: DepsMut, _: Env, msg: Reply) -> StdResult<Response> {
    match (msg.id, msg.result) {
        (1, SubMsgResult::Ok(ok)) => {
            let sent = &ok.msg_responses[0];
            log(
                deps.storage,
                format!("sent {} {}", sent.type_url, sent.value),
            )?;
            Ok(Response::new())
        }
        (2, SubMsgResult::Err(_)) => {
            log(deps.storage, "caught")?;
            Ok(Response::new())
        }
        (3, _) => Ok(Response::new().set_data(b"from reply")),
        (4, _) => panic!("reply told to panic"),
        other => Err(StdError::generic_err(format!("{other:?}"))),
    }
}

fn query(deps: Deps, _: Env, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Log => to_json_binary(&LOG.may_load(deps.storage)?.unwrap_or_default()),
        QueryMsg::Ibc(query) =>
        {
            #[allow(deprecated)]
            match &query {
                IbcQuery::PortId {} => {
                    let answer: cosmwasm_std::PortIdResponse = deps.querier.query(&query.into())?;
                    to_json_binary(&answer)
                }
                IbcQuery::ListChannels { .. } => {
                    let answer: cosmwasm_std::ListChannelsResponse =
                        deps.querier.query(&query.into())?;
                    to_json_binary(&answer)
                }
                _ => {
                    let answer: cosmwasm_std::ChannelResponse =
                        deps.querier.query(&query.into())?;
                    to_json_binary(&answer)
                }
            }
        }
    }
}

fn open(deps: DepsMut, _: Env, msg: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
    let theirs = msg.counterparty_version().unwrap_or("-").to_string();
    let channel = msg.channel();
    let entry = format!(
        "open {} there={:?} version={} theirs={theirs}",
        channel.endpoint.channel_id, channel.counterparty_endpoint.channel_id, channel.version,
    );
    enter(deps.storage, "open", entry)?;
    let version = CONFIG.load(deps.storage)?.version;
    Ok(version.map(|version| Ibc3ChannelOpenResponse { version }))
}

fn connect(deps: DepsMut, env: Env, msg: IbcChannelConnectMsg) -> StdResult<IbcBasicResponse> {
    let theirs = msg.counterparty_version().unwrap_or("-").to_string();
    let channel = msg.channel();
    let entry = format!(
        "connect {} there={} version={} theirs={theirs}",
        channel.endpoint.channel_id, channel.counterparty_endpoint.channel_id, channel.version,
    );
    enter(deps.storage, "connect", entry)?;
    let mut response = IbcBasicResponse::new();
    if CONFIG.load(deps.storage)?.greet {
        let timeout = IbcTimeout::with_timestamp(env.block.time.plus_seconds(600));
        let data = to_json_binary(&Order::Ping)?;
        response = response.add_message(send(channel.endpoint.channel_id.clone(), data, timeout));
    }
    Ok(response)
}

fn close(deps: DepsMut, _: Env, msg: IbcChannelCloseMsg) -> StdResult<IbcBasicResponse> {
    let (name, channel) = match &msg {
        IbcChannelCloseMsg::CloseInit { channel } => ("close_init", channel),
        IbcChannelCloseMsg::CloseConfirm { channel } => ("close_confirm", channel),
    };
    let entry = format!("{name} {}", channel.endpoint.channel_id);
    enter(deps.storage, name, entry)?;
    Ok(IbcBasicResponse::new())
}

fn receive(deps: DepsMut, env: Env, msg: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
    let order: Order = cosmwasm_std::from_json(&msg.packet.data)?;
    let entry = format!("receive {}", msg.packet.sequence);
    enter(deps.storage, "receive", entry)?;
    let pong = IbcReceiveResponse::new(b"pong").add_attribute("relayer", msg.relayer);
    Ok(match order {
        Order::Ping => pong,
        Order::Fail(text) => return Err(StdError::generic_err(text)),
        Order::Panic => panic!("packet told to panic"),
        Order::AckLater => IbcReceiveResponse::without_ack(),
        Order::Ack(ack) => IbcReceiveResponse::new(ack),
        Order::PayWhatIsNotThere => pong.add_message(BankMsg::Send {
            to_address: env.contract.address.to_string(),
            amount: vec![cosmwasm_std::coin(1, "nothing")],
        }),
        Order::CallThatFails => pong.add_message(call_self(&env, &"no such message")?),
        Order::ReplyAcks => {
            let call = call_self(&env, &ExecuteMsg::Reconfigure(Config::default()))?;
            pong.add_submessage(SubMsg::reply_on_success(call, 3))
        }
        Order::ReplyPanics => {
            let call = call_self(&env, &ExecuteMsg::Reconfigure(Config::default()))?;
            pong.add_submessage(SubMsg::reply_on_success(call, 4))
        }
        Order::Close(channel_id) => pong.add_message(IbcMsg::CloseChannel { channel_id }),
        Order::SendBack(order, timeout) => {
            let channel = msg.packet.dest.channel_id;
            pong.add_message(send(channel, to_json_binary(&order)?, timeout))
        }
    })
}

fn ack(deps: DepsMut, env: Env, msg: IbcPacketAckMsg) -> StdResult<IbcBasicResponse> {
    let text = String::from_utf8_lossy(&msg.acknowledgement.data).into_owned();
    let entry = format!("ack {} {text}", msg.original_packet.sequence);
    enter(deps.storage, "ack", entry)?;
    if !CONFIG.load(deps.storage)?.endless {
        return Ok(IbcBasicResponse::new());
    }
    let timeout = IbcTimeout::with_timestamp(env.block.time.plus_seconds(600));
    let (channel, data) = (msg.original_packet.src.channel_id, msg.original_packet.data);
    Ok(IbcBasicResponse::new().add_message(send(channel, data, timeout)))
}

fn timeout(deps: DepsMut, _: Env, msg: IbcPacketTimeoutMsg) -> StdResult<IbcBasicResponse> {
    enter(
        deps.storage,
        "timeout",
        format!("timeout {}", msg.packet.sequence),
    )?;
    Ok(IbcBasicResponse::new())
}

fn source_callback(
    deps: DepsMut,
    _: Env,
    msg: IbcSourceCallbackMsg,
) -> StdResult<IbcBasicResponse> {
    let entry = match msg {
        IbcSourceCallbackMsg::Acknowledgement(ack) => {
            let text = String::from_utf8_lossy(&ack.acknowledgement.data).into_owned();
            format!("source callback ack {text}")
        }
        IbcSourceCallbackMsg::Timeout(timeout) => {
            format!("source callback timeout {}", timeout.packet.sequence)
        }
    };
    enter(deps.storage, "source_callback", entry)?;
    Ok(IbcBasicResponse::new())
}

fn destination_callback(
    deps: DepsMut,
    _: Env,
    msg: IbcDestinationCallbackMsg,
) -> StdResult<IbcBasicResponse> {
    let entry = format!("destination callback {}", msg.packet.sequence);
    enter(deps.storage, "destination_callback", entry)?;
    Ok(IbcBasicResponse::new())
}
