//! A contract that stands at the end of a channel and does what it likes: it sends any bytes and
//! answers with any bytes. It plays a gateway, or a host's contract, that went rogue.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::*;
use cw_storage_plus::Item;
use palisade_ibc::{Ack, ConsumerPacket, Peer, Slash, SlashAck, ORDER, VERSION};
use palisade_suite::Suite;
use palisade_testing::{Channel, HarnessResult, Proposal, Side, TestContract};
use palisade_types::allocation::ServiceId;
use palisade_types::slashing::ExecuteMsg;

use crate::world::try_slashing;

const ANSWER: Item<Option<Binary>> = Item::new("answer");

#[cw_serde]
pub enum Tell {
    /// Send these bytes.
    Send { channel: String, data: Binary },
    /// Answer with these bytes; none: with an error.
    Answer(Option<Binary>),
    /// Close a channel.
    Close { channel: String },
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    ANSWER.save(deps.storage, &None)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: Tell) -> StdResult<Response> {
    Ok(match msg {
        Tell::Send { channel, data } => Response::new().add_message(IbcMsg::SendPacket {
            channel_id: channel,
            data,
            timeout: env.block.time.plus_seconds(100_000).into(),
        }),
        Tell::Close { channel } => Response::new().add_message(IbcMsg::CloseChannel {
            channel_id: channel,
        }),
        Tell::Answer(answer) => {
            ANSWER.save(deps.storage, &answer)?;
            Response::new()
        }
    })
}

fn query(_: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&Empty {})
}

fn open(_: DepsMut, _: Env, _: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
    let version = VERSION.to_string();
    Ok(Some(Ibc3ChannelOpenResponse { version }))
}

fn nothing<M>(_: DepsMut, _: Env, _: M) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

fn receive(deps: DepsMut, _: Env, _: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
    match ANSWER.load(deps.storage)? {
        Some(bytes) => Ok(IbcReceiveResponse::new(bytes)),
        None => Err(StdError::generic_err("the impostor refuses")),
    }
}

fn contract() -> TestContract {
    TestContract::new(execute, instantiate, query)
        .with_ibc(open, nothing, nothing, receive, nothing, nothing)
}

/// Deploys an impostor on a chain.
pub fn deploy(suite: &mut Suite, side: Side) -> Addr {
    let chain = suite.net.chain_mut(side).unwrap();
    let mallory = chain.account("mallory");
    let code = chain.store(contract());
    chain
        .instantiate(code, &mallory, &Empty {}, "impostor")
        .unwrap()
}

pub fn tell(suite: &mut Suite, side: Side, impostor: &Addr, msg: &Tell) {
    let chain = suite.net.chain_mut(side).unwrap();
    let mallory = chain.account("mallory");
    chain.execute(&mallory, impostor, msg, &[]).unwrap();
}

/// A channel that an impostor on the consumer opens to the slashing contract.
pub fn channel_to_host(suite: &mut Suite, impostor: &Addr) -> HarnessResult<Channel> {
    let host = suite.net.host.port(&suite.slashing);
    let consumer = suite.net.consumer.port(impostor);
    suite.net.open(&Proposal {
        order: ORDER,
        ..Proposal::new(&host, &consumer, VERSION).reversed()
    })
}

/// A channel that an impostor on the host opens to the gateway.
pub fn channel_to_gateway(suite: &mut Suite, impostor: &Addr) -> HarnessResult<Channel> {
    let host = suite.net.host.port(impostor);
    let consumer = suite.net.consumer.port(&suite.gateway);
    suite.net.open_channel(&host, &consumer, ORDER, VERSION)
}

/// Has the owner admit an impostor in place of a service's gateway, and opens its channel.
pub fn admit(suite: &mut Suite, service: ServiceId) -> (Addr, Channel) {
    let rogue = deploy(suite, Side::Consumer);
    let peer = Peer {
        port: suite.net.consumer.port(&rogue),
        ..suite.peer()
    };
    let msg = ExecuteMsg::SetPeer {
        service,
        peer: Some(peer),
    };
    try_slashing(suite, "owner", &msg).unwrap();
    let channel = channel_to_host(suite, &rogue).unwrap();
    (rogue, channel)
}

/// Has a gateway that lies, admitted in place of the honest one, ask for a slash.
pub fn forge(suite: &mut Suite, service: ServiceId, slash: Slash) -> SlashAck {
    let (rogue, channel) = admit(suite, service);
    let channel = channel.at(Side::Consumer).unwrap().id.clone();
    let data = to_json_binary(&ConsumerPacket::Slash(slash)).unwrap();
    tell(suite, Side::Consumer, &rogue, &Tell::Send { channel, data });
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    let ack = suite.net.receive(&packet).unwrap().ack.unwrap();
    suite.net.acknowledge(&packet).unwrap();
    match palisade_ibc::decode_ack(&ack) {
        Ack::Result(answer) => answer,
        other => panic!("{other:?}"),
    }
}
