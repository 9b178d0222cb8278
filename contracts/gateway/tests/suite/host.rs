//! A stand-in for the host's slashing contract: it sends what it is told to send, notes every
//! slash that arrives, and answers as it is told to answer.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::*;
use cw_storage_plus::{Item, Map};
use palisade_ibc::{encode_ack, ConsumerPacket, Slash, SlashAck};
use palisade_testing::TestContract;

const VERSION: Item<String> = Item::new("version");
const ANSWER: Item<Answer> = Item::new("answer");
const RECEIVED: Item<Vec<Slash>> = Item::new("received");
const KNOWN: Map<u64, u64> = Map::new("known");

#[cw_serde]
pub enum Answer {
    /// Accepted, or duplicate, with no outcome.
    Accept {},
    /// This, whatever comes.
    Fixed(SlashAck),
    /// An error.
    Fail(String),
    /// These bytes as the acknowledgement.
    Raw(Binary),
}

#[cw_serde]
pub enum HostMsg {
    Send { channel: String, data: Binary },
    Close { channel: String },
    Answer(Answer),
    Version(String),
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    VERSION.save(deps.storage, &palisade_ibc::VERSION.to_string())?;
    ANSWER.save(deps.storage, &Answer::Accept {})?;
    RECEIVED.save(deps.storage, &vec![])?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: HostMsg) -> StdResult<Response> {
    match msg {
        HostMsg::Send { channel, data } => Ok(Response::new().add_message(IbcMsg::SendPacket {
            channel_id: channel,
            data,
            timeout: env.block.time.plus_seconds(100_000).into(),
        })),
        HostMsg::Close { channel } => Ok(Response::new().add_message(IbcMsg::CloseChannel {
            channel_id: channel,
        })),
        HostMsg::Answer(answer) => {
            ANSWER.save(deps.storage, &answer)?;
            Ok(Response::new())
        }
        HostMsg::Version(version) => {
            VERSION.save(deps.storage, &version)?;
            Ok(Response::new())
        }
    }
}

fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&RECEIVED.load(deps.storage)?)
}

fn open(deps: DepsMut, _: Env, _: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
    Ok(Some(Ibc3ChannelOpenResponse {
        version: VERSION.load(deps.storage)?,
    }))
}

fn nothing<M>(_: DepsMut, _: Env, _: M) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

fn receive(deps: DepsMut, _: Env, msg: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
    let ConsumerPacket::Slash(slash) = from_json(&msg.packet.data)?;
    let nonce = slash.nonce.u64();
    let mut received = RECEIVED.load(deps.storage)?;
    received.push(slash);
    let request = 100 + received.len() as u64;
    RECEIVED.save(deps.storage, &received)?;
    let ack = match ANSWER.load(deps.storage)? {
        Answer::Accept {} => {
            let known = KNOWN.may_load(deps.storage, nonce)?;
            KNOWN.save(deps.storage, nonce, &known.unwrap_or(request))?;
            encode_ack(&match known {
                None => SlashAck::Accepted {
                    request: request.into(),
                    outcome: None,
                },
                Some(request) => SlashAck::Duplicate {
                    request: request.into(),
                    outcome: None,
                },
            })?
        }
        Answer::Fixed(answer) => encode_ack(&answer)?,
        Answer::Fail(text) => return Err(StdError::generic_err(text)),
        Answer::Raw(bytes) => bytes,
    };
    Ok(IbcReceiveResponse::new(ack))
}

pub fn contract() -> TestContract {
    TestContract::new(execute, instantiate, query)
        .with_ibc(open, nothing, nothing, receive, nothing, nothing)
}
