//! An IBC contract that does what anybody tells it: an honest, a broken or a hostile peer.
//! It accepts every channel and every close, sends any bytes, and answers packets as it is set to.
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    entry_point, to_json_binary, Binary, Deps, DepsMut, Env, Ibc3ChannelOpenResponse,
    IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcMsg,
    IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcReceiveResponse, MessageInfo,
    Response, StdError, StdResult,
};
use cw_storage_plus::Item;

/// How packets are answered.
const BEHAVIOUR: Item<Behaviour> = Item::new("behaviour");
/// The version that Try and Init answer with, where it is not the proposed one.
const VERSION: Item<String> = Item::new("version");
/// What came: packets, acks and timeouts, counted, and the last of each.
const SEEN: Item<Seen> = Item::new("seen");

#[cw_serde]
pub struct InstantiateMsg {
    pub behaviour: Option<Behaviour>,
    pub version: Option<String>,
}

/// What a received packet meets.
#[cw_serde]
pub enum Behaviour {
    /// These very bytes are the acknowledgement.
    Answer(Binary),
    /// `{"result": ...}` with the packet's own data.
    Echo {},
    /// The contract returns an error, of which the chain makes an error ack.
    Refuse(String),
    /// The contract panics, and the relayer's transaction fails.
    Panic {},
    /// The contract runs until its gas is spent.
    Spin {},
    /// No ack now.
    Silent {},
}

#[cw_serde]
pub enum ExecuteMsg {
    /// Any bytes over any channel; they expire after so many seconds.
    Send {
        channel_id: String,
        data: Binary,
        seconds: u64,
    },
    /// Closes a channel from this side.
    Close { channel_id: String },
    /// Answers packets otherwise from now on.
    Behave(Behaviour),
}

#[cw_serde]
pub enum QueryMsg {
    /// Answered with `Seen`.
    Seen {},
}

#[cw_serde]
#[derive(Default)]
pub struct Seen {
    pub packets: u64,
    pub acks: u64,
    pub timeouts: u64,
    pub last_packet: Option<Binary>,
    pub last_ack: Option<Binary>,
}

#[entry_point]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    _info: MessageInfo,
    msg: InstantiateMsg,
) -> StdResult<Response> {
    BEHAVIOUR.save(deps.storage, &msg.behaviour.unwrap_or(Behaviour::Echo {}))?;
    if let Some(version) = msg.version {
        VERSION.save(deps.storage, &version)?;
    }
    SEEN.save(deps.storage, &Seen::default())?;
    Ok(Response::new())
}

#[entry_point]
pub fn execute(
    deps: DepsMut,
    env: Env,
    _info: MessageInfo,
    msg: ExecuteMsg,
) -> StdResult<Response> {
    let message = match msg {
        ExecuteMsg::Send {
            channel_id,
            data,
            seconds,
        } => IbcMsg::SendPacket {
            channel_id,
            data,
            timeout: env.block.time.plus_seconds(seconds).into(),
        },
        ExecuteMsg::Close { channel_id } => IbcMsg::CloseChannel { channel_id },
        ExecuteMsg::Behave(behaviour) => {
            BEHAVIOUR.save(deps.storage, &behaviour)?;
            return Ok(Response::new());
        }
    };
    Ok(Response::new().add_message(message))
}

#[entry_point]
pub fn query(deps: Deps, _env: Env, msg: QueryMsg) -> StdResult<Binary> {
    let QueryMsg::Seen {} = msg;
    to_json_binary(&SEEN.load(deps.storage)?)
}

#[entry_point]
pub fn ibc_channel_open(
    deps: DepsMut,
    _env: Env,
    _msg: IbcChannelOpenMsg,
) -> StdResult<Option<Ibc3ChannelOpenResponse>> {
    let version = VERSION.may_load(deps.storage)?;
    Ok(version.map(|version| Ibc3ChannelOpenResponse { version }))
}

#[entry_point]
pub fn ibc_channel_connect(
    _deps: DepsMut,
    _env: Env,
    _msg: IbcChannelConnectMsg,
) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

#[entry_point]
pub fn ibc_channel_close(
    _deps: DepsMut,
    _env: Env,
    _msg: IbcChannelCloseMsg,
) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

#[entry_point]
pub fn ibc_packet_receive(
    deps: DepsMut,
    _env: Env,
    msg: IbcPacketReceiveMsg,
) -> StdResult<IbcReceiveResponse> {
    let data = msg.packet.data;
    let mut seen = SEEN.load(deps.storage)?;
    seen.packets += 1;
    seen.last_packet = Some(data.clone());
    SEEN.save(deps.storage, &seen)?;
    match BEHAVIOUR.load(deps.storage)? {
        Behaviour::Answer(bytes) => Ok(IbcReceiveResponse::new(bytes)),
        Behaviour::Echo {} => Ok(IbcReceiveResponse::new(to_json_binary(
            &cosmwasm_std::StdAck::success(data),
        )?)),
        Behaviour::Refuse(text) => Err(StdError::generic_err(text)),
        Behaviour::Panic {} => panic!("told to"),
        Behaviour::Spin {} => loop {
            SEEN.save(deps.storage, &seen)?;
        },
        Behaviour::Silent {} => Ok(IbcReceiveResponse::without_ack()),
    }
}

#[entry_point]
pub fn ibc_packet_ack(
    deps: DepsMut,
    _env: Env,
    msg: IbcPacketAckMsg,
) -> StdResult<IbcBasicResponse> {
    let mut seen = SEEN.load(deps.storage)?;
    seen.acks += 1;
    seen.last_ack = Some(msg.acknowledgement.data);
    SEEN.save(deps.storage, &seen)?;
    Ok(IbcBasicResponse::new())
}

#[entry_point]
pub fn ibc_packet_timeout(
    deps: DepsMut,
    _env: Env,
    _msg: IbcPacketTimeoutMsg,
) -> StdResult<IbcBasicResponse> {
    let mut seen = SEEN.load(deps.storage)?;
    seen.timeouts += 1;
    SEEN.save(deps.storage, &seen)?;
    Ok(IbcBasicResponse::new())
}
