//! The consumer's end in a contract, over IBC, on the two chains of `palisade-testing`: packets that overtake each
//! other, one that is lost, and a report that the host puts off.

use cosmwasm_std::{
    from_json, to_json_binary, to_json_vec, Addr, Binary, Deps, DepsMut, Empty, Env,
    IbcBasicResponse, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcChannelOpenResponse, IbcMsg,
    IbcPacketAckMsg, IbcPacketReceiveMsg, IbcReceiveResponse, IbcTimeout, MessageInfo, Response,
    StdError, StdResult, Storage, Timestamp,
};
use palisade_ibc::{
    check_channel, decode_ack, encode_ack, Ack, HandshakeError, HostPacket, OperatorPower,
    OperatorSet, Peer, SetAck, SlashAck, ORDER, VERSION,
};
use palisade_testing::{Channel, HarnessResult, Network, Packet, PacketStatus, Side, TestContract};
use serde::{de::DeserializeOwned, Serialize};
use third_party::{again, receive, report, Powers};

const OPERATOR: &str = "host1north";
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

fn load<T: DeserializeOwned + Default>(storage: &dyn Storage, key: &str) -> StdResult<T> {
    let bytes = storage.get(key.as_bytes());
    bytes.map_or_else(|| Ok(T::default()), from_json)
}

fn save<T: Serialize>(storage: &mut dyn Storage, key: &str, value: &T) -> StdResult<()> {
    storage.set(key.as_bytes(), &to_json_vec(value)?);
    Ok(())
}

fn send(env: &Env, channel_id: String, data: Binary) -> Response {
    let timeout = IbcTimeout::with_timestamp(env.block.time.plus_seconds(MINUTE));
    Response::new().add_message(IbcMsg::SendPacket {
        channel_id,
        data,
        timeout,
    })
}

fn nothing<M>(_: DepsMut, _: Env, _: M) -> StdResult<IbcBasicResponse> {
    Ok(IbcBasicResponse::new())
}

/// The consumer's end: it keeps powers, and one report until the host has taken it in.
mod consumer {
    use super::*;

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    pub struct Report {
        pub packet: Binary,
        pub due: Timestamp,
    }

    fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, host: Peer) -> StdResult<Response> {
        save(deps.storage, "host", &Some(host))?;
        Ok(Response::new())
    }

    /// Reports the operator, or sends the report again that waits.
    fn execute(deps: DepsMut, env: Env, _: MessageInfo, operator: String) -> StdResult<Response> {
        let now = env.block.time;
        let waiting: Option<Report> = load(deps.storage, "report")?;
        let packet = match waiting {
            Some(waiting) if now < waiting.due => {
                return Err(StdError::generic_err(format!("not before {}", waiting.due)))
            }
            Some(waiting) => waiting.packet,
            None => {
                let powers: Powers = load(deps.storage, "powers")?;
                let known = powers.get(&operator).copied().unwrap_or_default();
                report(1, &operator, known, env.block.height, now)?
            }
        };
        let kept = Report {
            packet: packet.clone(),
            due: now,
        };
        save(deps.storage, "report", &Some(kept))?;
        Ok(send(&env, load(deps.storage, "channel")?, packet))
    }

    fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
        let powers: Powers = load(deps.storage, "powers")?;
        let waiting: Option<Report> = load(deps.storage, "report")?;
        to_json_binary(&(powers, waiting.map(|waiting| waiting.due)))
    }

    fn open(
        deps: DepsMut,
        _: Env,
        msg: IbcChannelOpenMsg,
    ) -> Result<IbcChannelOpenResponse, HandshakeError> {
        let host: Option<Peer> = load(deps.storage, "host").unwrap();
        check_channel(msg.channel(), msg.counterparty_version(), &host.unwrap())?;
        Ok(None)
    }

    fn connect(deps: DepsMut, _: Env, msg: IbcChannelConnectMsg) -> StdResult<IbcBasicResponse> {
        save(deps.storage, "channel", &msg.channel().endpoint.channel_id)?;
        Ok(IbcBasicResponse::new())
    }

    fn packet(deps: DepsMut, env: Env, msg: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
        let mut powers: Powers = load(deps.storage, "powers")?;
        let block = &env.block;
        let ack = receive(&mut powers, &msg.packet.data, block.height, block.time)?;
        save(deps.storage, "powers", &powers)?;
        Ok(IbcReceiveResponse::new(ack))
    }

    fn acknowledged(deps: DepsMut, env: Env, msg: IbcPacketAckMsg) -> StdResult<IbcBasicResponse> {
        let answer = &msg.acknowledgement.data;
        let due = match decode_ack::<SlashAck>(answer) {
            Ack::Result(_) => again(answer),
            Ack::Error(_) | Ack::Malformed(_) => Some(env.block.time.plus_seconds(MINUTE)),
        };
        let packet = msg.original_packet.data;
        save(
            deps.storage,
            "report",
            &due.map(|due| Report { packet, due }),
        )?;
        Ok(IbcBasicResponse::new())
    }

    pub fn contract() -> TestContract {
        TestContract::new(execute, instantiate, query).with_ibc(
            open,
            connect,
            nothing,
            packet,
            acknowledged,
            nothing,
        )
    }
}

/// Stands for the host: sends what it is told to, puts a report off for an hour, and then takes it in.
mod host {
    use super::*;

    fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
        Ok(Response::new())
    }

    fn execute(
        _: DepsMut,
        env: Env,
        _: MessageInfo,
        (channel, set): (String, OperatorSet),
    ) -> StdResult<Response> {
        let data = to_json_binary(&HostPacket::OperatorSet(set))?;
        Ok(send(&env, channel, data))
    }

    fn query(_: Deps, _: Env, _: Empty) -> StdResult<Binary> {
        to_json_binary(&())
    }

    fn open(_: DepsMut, _: Env, _: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
        Ok(None)
    }

    fn packet(deps: DepsMut, env: Env, _: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
        let retry_at: Timestamp = load(deps.storage, "retry_at")?;
        let answer = if retry_at == Timestamp::default() {
            let retry_at = env.block.time.plus_seconds(HOUR);
            save(deps.storage, "retry_at", &retry_at)?;
            SlashAck::Bounced { retry_at }
        } else {
            SlashAck::Accepted {
                request: 7u64.into(),
                outcome: None,
            }
        };
        Ok(IbcReceiveResponse::new(encode_ack(&answer)?))
    }

    pub fn contract() -> TestContract {
        TestContract::new(execute, instantiate, query)
            .with_ibc(open, nothing, nothing, packet, nothing, nothing)
    }
}

struct Chains {
    net: Network,
    host: Addr,
    consumer: Addr,
    /// The host's end is `a`.
    channel: Channel,
}

impl Chains {
    fn try_new(version: &str) -> HarnessResult<Self> {
        let mut net = Network::new();
        let user = net.host.account("user");
        let code = net.host.store(host::contract());
        let host = net.host.instantiate(code, &user, &Empty {}, "host")?;
        let peer = Peer {
            connection_id: net.connection(Side::Consumer, Side::Host)?,
            port: net.host.port(&host),
        };
        let user = net.consumer.account("user");
        let code = net.consumer.store(consumer::contract());
        let consumer = net.consumer.instantiate(code, &user, &peer, "consumer")?;
        let to = net.consumer.port(&consumer);
        let channel = net.open_channel(&peer.port, &to, ORDER, version)?;
        Ok(Self {
            net,
            host,
            consumer,
            channel,
        })
    }

    /// An update on its way from the host.
    fn update(&mut self, update_id: u64, power: u128) -> Packet {
        let set = OperatorSet {
            update_id: update_id.into(),
            operators: vec![OperatorPower {
                operator: OPERATOR.to_string(),
                power: power.into(),
                key: None,
            }],
        };
        let user = self.net.host.account("user");
        let msg = (&self.channel.a.id, set);
        let sent = self.net.host.execute(&user, &self.host, &msg, &[]);
        sent.unwrap();
        self.net.pending(Side::Host).pop().unwrap()
    }

    fn try_report(&mut self) -> HarnessResult<Packet> {
        let user = self.net.consumer.account("user");
        let chain = &mut self.net.consumer;
        chain.execute(&user, &self.consumer, &OPERATOR, &[])?;
        self.net.only_pending(Side::Consumer)
    }

    /// At the consumer: the update and the power of the operator, and when its report is due.
    fn seen(&self) -> (u64, u128, Option<Timestamp>) {
        let answer = self.net.consumer.query(&self.consumer, &Empty {});
        let (powers, due): (Powers, Option<Timestamp>) = answer.unwrap();
        let north = powers.get(OPERATOR).copied().unwrap_or_default();
        (north.update_id.u64(), north.power.u128(), due)
    }

    /// At the host: what became of a packet that it sent.
    fn fate(&self, packet: &Packet) -> PacketStatus {
        let chain = &self.net.host;
        let sent = chain.sent_packet(&self.channel.a.id, packet.sequence());
        sent.unwrap().status
    }
}

#[test]
fn the_newest_power_counts_whatever_overtakes_it_or_is_lost() {
    let mut chains = Chains::try_new(VERSION).unwrap();
    let first = chains.update(1, 500);
    let second = chains.update(2, 600);
    let third = chains.update(3, 700);
    assert_eq!(chains.seen(), (0, 0, None));

    for packet in [&third, &first] {
        let ack = chains.net.receive(packet).unwrap().ack.unwrap();
        let block = chains.net.consumer.block();
        let applied = SetAck::Applied {
            height: block.height.into(),
            time: block.time,
        };
        assert_eq!(decode_ack(&ack), Ack::Result(applied));
        assert_eq!(chains.seen(), (3, 700, None));
        chains.net.acknowledge(packet).unwrap();
    }

    chains.net.advance(MINUTE);
    chains.net.receive(&second).unwrap_err();
    chains.net.timeout(&second).unwrap();
    assert_eq!(chains.seen(), (3, 700, None));
    assert_eq!(chains.fate(&first), PacketStatus::Acknowledged);
    assert_eq!(chains.fate(&second), PacketStatus::TimedOut);
    assert_eq!(chains.fate(&third), PacketStatus::Acknowledged);
}

#[test]
fn a_report_that_is_put_off_is_sent_again_as_it_was() {
    let mut chains = Chains::try_new(VERSION).unwrap();
    chains.update(1, 500);
    chains.net.relay_all().unwrap();

    let sent = chains.try_report().unwrap();
    chains.net.relay_all().unwrap();
    let due = chains.net.host.time().plus_seconds(HOUR);
    assert_eq!(chains.seen(), (1, 500, Some(due)));

    let early = chains.try_report().unwrap_err();
    let refused = StdError::generic_err(format!("not before {due}"));
    assert_eq!(early.contract_error(), Some(&refused));
    chains.net.advance(HOUR);
    let repeated = chains.try_report().unwrap();
    assert_eq!(repeated.packet.data, sent.packet.data);
    assert_eq!((sent.sequence(), repeated.sequence()), (1, 2));

    let ack = chains.net.receive(&repeated).unwrap().ack.unwrap();
    let taken = SlashAck::Accepted {
        request: 7u64.into(),
        outcome: None,
    };
    assert_eq!(decode_ack(&ack), Ack::Result(taken));
    chains.net.acknowledge(&repeated).unwrap();
    assert_eq!(chains.seen(), (1, 500, None));
}

#[test]
fn another_version_is_refused() {
    let refused = Chains::try_new("palisade-2").err().unwrap();
    let found = "palisade-2".to_string();
    let version = HandshakeError::Version { found };
    assert_eq!(refused.contract_error(), Some(&version));
}
