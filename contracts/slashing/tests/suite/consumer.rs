//! A stand-in for a gateway: it sends what it is told to send, notes what arrives, and answers
//! as it is told to answer.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::*;
use cw_storage_plus::Item;
use palisade_ibc::{encode_ack, HostPacket, SetAck};
use palisade_testing::TestContract;

const VERSION: Item<String> = Item::new("version");
const ANSWER: Item<Answer> = Item::new("answer");
const RECEIVED: Item<Vec<HostPacket>> = Item::new("received");

#[cw_serde]
pub enum Answer {
    /// Applied, at the present height and time.
    Apply {},
    /// An error.
    Fail(String),
    /// These bytes as the acknowledgement.
    Raw(Binary),
}

#[cw_serde]
pub enum Tell {
    Send { channel: String, data: Binary },
    Close { channel: String },
    Answer(Answer),
    Version(String),
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    VERSION.save(deps.storage, &palisade_ibc::VERSION.to_string())?;
    ANSWER.save(deps.storage, &Answer::Apply {})?;
    RECEIVED.save(deps.storage, &vec![])?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: Tell) -> StdResult<Response> {
    let response = Response::new();
    match msg {
        Tell::Send { channel, data } => Ok(response.add_message(IbcMsg::SendPacket {
            channel_id: channel,
            data,
            timeout: env.block.time.plus_seconds(500).into(),
        })),
        Tell::Close { channel } => Ok(response.add_message(IbcMsg::CloseChannel {
            channel_id: channel,
        })),
        Tell::Answer(answer) => {
            ANSWER.save(deps.storage, &answer)?;
            Ok(response)
        }
        Tell::Version(version) => {
            VERSION.save(deps.storage, &version)?;
            Ok(response)
        }
    }
}

fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&RECEIVED.load(deps.storage)?)
}

fn open(deps: DepsMut, _: Env, _: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
    let version = VERSION.load(deps.storage)?;
    Ok(Some(Ibc3ChannelOpenResponse { version }))
}

fn nothing<M>(_: DepsMut, _: Env, _: M) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

fn receive(deps: DepsMut, env: Env, msg: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
    let ack = match ANSWER.load(deps.storage)? {
        Answer::Apply {} => encode_ack(&SetAck::Applied {
            height: env.block.height.into(),
            time: env.block.time,
        })?,
        Answer::Fail(text) => return Err(StdError::generic_err(text)),
        Answer::Raw(bytes) => bytes,
    };
    RECEIVED.update(deps.storage, |mut received| {
        received.push(from_json(&msg.packet.data)?);
        StdResult::Ok(received)
    })?;
    Ok(IbcReceiveResponse::new(ack))
}

pub fn contract() -> TestContract {
    TestContract::new(execute, instantiate, query)
        .with_ibc(open, nothing, nothing, receive, nothing, nothing)
}
