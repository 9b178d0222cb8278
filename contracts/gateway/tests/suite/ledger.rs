//! The two chains, with verbs that read like the stories.

use cosmwasm_std::{to_json_binary, Addr, Binary, Empty, Timestamp, Uint128, Uint64};
use cw_multi_test::AppResponse;
use palisade_gateway::{contract, ibc, ContractError};
use palisade_ibc::{
    decode_ack, Ack, HostPacket, Offender, OperatorPower, OperatorSet, Outcome, Peer, SetAck,
    Slash, SlashOutcome, DOWNTIME, VERSION,
};
use palisade_testing::{
    Channel, HarnessError, HarnessResult, Network, Packet, Proposal, Side, TestContract,
};
use palisade_types::gateway::*;
use serde::{de::DeserializeOwned, Serialize};

use crate::host::{self, Answer, HostMsg};

/// Seconds until a report's packet times out.
pub const TIMEOUT: u64 = 600;
/// Seconds for which powers are kept.
pub const HISTORY: u64 = 10_000;

pub struct Suite {
    pub net: Network,
    pub gateway: Addr,
    pub host: Addr,
    /// The channel opened last.
    pub channel: Option<Channel>,
}

pub fn gateway() -> TestContract {
    TestContract::new(contract::execute, contract::instantiate, contract::query)
        .with_sudo(contract::sudo)
        .with_reply(contract::reply)
        .with_migrate(contract::migrate)
        .with_ibc(
            ibc::ibc_channel_open,
            ibc::ibc_channel_connect,
            ibc::ibc_channel_close,
            ibc::ibc_packet_receive,
            ibc::ibc_packet_ack,
            ibc::ibc_packet_timeout,
        )
}

pub fn key(byte: u8) -> Binary {
    Binary::from([byte; 32])
}

pub fn power(operator: &str, power: u128) -> OperatorPower {
    OperatorPower {
        operator: operator.to_string(),
        key: None,
        power: power.into(),
    }
}

pub fn keyed(operator: &str, amount: u128, byte: u8) -> OperatorPower {
    OperatorPower {
        key: Some(key(byte)),
        ..power(operator, amount)
    }
}

pub fn set(update_id: u64, operators: &[OperatorPower]) -> HostPacket {
    HostPacket::OperatorSet(OperatorSet {
        update_id: update_id.into(),
        operators: operators.to_vec(),
    })
}

impl Suite {
    /// Both contracts, without a channel.
    pub fn new() -> Self {
        let mut net = Network::new();
        let deployer = net.host.account("deployer");
        let code = net.host.store(host::contract());
        let host = net
            .host
            .instantiate(code, &deployer, &Empty {}, "host")
            .unwrap();
        let code = net.consumer.store(gateway());
        let mut suite = Self {
            gateway: host.clone(),
            net,
            host,
            channel: None,
        };
        let msg = suite.instantiate_msg();
        let admin = suite.account("owner");
        suite.gateway = suite
            .net
            .consumer
            .instantiate_with(code, &admin, &msg, &[], "gateway", Some(&admin))
            .unwrap();
        suite
    }

    /// Both contracts and an open channel.
    pub fn open() -> Self {
        let mut suite = Self::new();
        suite.open_channel();
        suite
    }

    /// As [`Suite::open`], with operators `alice` (100, key 1) and `bob` (50) by update 1.
    pub fn with_operators() -> Self {
        let mut suite = Self::open();
        suite.apply(&set(1, &[keyed("alice", 100, 1), power("bob", 50)]));
        suite.net.advance(50);
        suite
    }

    pub fn instantiate_msg(&self) -> InstantiateMsg {
        InstantiateMsg {
            owner: self.account("owner").to_string(),
            guardian: Some(self.account("guardian").to_string()),
            host: Peer {
                connection_id: self.net.connection(Side::Consumer, Side::Host).unwrap(),
                port: self.net.host.port(&self.host),
            },
            packet_timeout: TIMEOUT,
            history: HISTORY,
            reporters: vec![self.account("reporter").to_string()],
        }
    }

    pub fn account(&self, name: &str) -> Addr {
        self.net.consumer.account(name)
    }

    pub fn proposal(&self) -> Proposal {
        let host = self.net.host.port(&self.host);
        Proposal::new(&host, &self.net.consumer.port(&self.gateway), VERSION)
    }

    pub fn open_channel(&mut self) {
        self.channel = Some(self.net.open(&self.proposal()).unwrap());
    }

    /// The id of the channel opened last, at the consumer.
    pub fn channel_id(&self) -> String {
        let channel = self.channel.as_ref().unwrap();
        channel.at(Side::Consumer).unwrap().id.clone()
    }

    /// The same at the host.
    pub fn host_channel_id(&self) -> String {
        let channel = self.channel.as_ref().unwrap();
        channel.at(Side::Host).unwrap().id.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.net.consumer.time()
    }

    pub fn height(&self) -> u64 {
        self.net.consumer.block().height
    }

    // The host.

    pub fn tell_host(&mut self, msg: &HostMsg) {
        let user = self.net.host.account("user");
        let host = self.host.clone();
        self.net.host.execute(&user, &host, msg, &[]).unwrap();
    }

    pub fn answer(&mut self, answer: Answer) {
        self.tell_host(&HostMsg::Answer(answer));
    }

    /// Sends any bytes from the host; nothing is delivered.
    pub fn send_bytes(&mut self, data: Binary) -> Packet {
        let channel = self.host_channel_id();
        self.tell_host(&HostMsg::Send { channel, data });
        self.net.history(Side::Host).pop().unwrap()
    }

    pub fn send(&mut self, packet: &HostPacket) -> Packet {
        self.send_bytes(to_json_binary(packet).unwrap())
    }

    /// Delivers a packet of the host's, which must be applied.
    pub fn deliver(&mut self, packet: &Packet) -> (Uint64, Timestamp) {
        let ack = self.net.receive(packet).unwrap().ack.unwrap();
        self.net.acknowledge(packet).unwrap();
        match decode_ack::<SetAck>(&ack) {
            Ack::Result(SetAck::Applied { height, time }) => (height, time),
            other => panic!("{other:?}"),
        }
    }

    pub fn apply(&mut self, packet: &HostPacket) -> (Uint64, Timestamp) {
        let packet = self.send(packet);
        self.deliver(&packet)
    }

    /// Sends bytes that the gateway must refuse: the error acknowledgement's text. Nothing
    /// changes at the gateway.
    pub fn refused(&mut self, data: Binary) -> String {
        let packet = self.send_bytes(data);
        let before = self.dump();
        let text = self.net.receive(&packet).unwrap().error().unwrap();
        assert_eq!(before, self.dump());
        text
    }

    pub fn outcome(&mut self, nonce: u64, outcome: Outcome) {
        self.apply(&HostPacket::SlashOutcome(SlashOutcome {
            nonce: nonce.into(),
            outcome,
        }));
    }

    /// Every slash that arrived at the host, repetitions included.
    pub fn received(&self) -> Vec<Slash> {
        self.net.host.query(&self.host, &Empty {}).unwrap()
    }

    // The gateway.

    pub fn execute<M: Serialize + std::fmt::Debug>(
        &mut self,
        sender: &str,
        msg: &M,
    ) -> HarnessResult<AppResponse> {
        let (sender, gateway) = (self.account(sender), self.gateway.clone());
        self.net.consumer.execute(&sender, &gateway, msg, &[])
    }

    /// A message that the gateway must refuse, without a change: its error.
    pub fn fails(&mut self, sender: &str, msg: &ExecuteMsg, expected: &ContractError) {
        let before = self.dump();
        let error = self.execute(sender, msg).unwrap_err();
        assert_eq!(contract_error(&error), expected);
        assert_eq!(before, self.dump());
    }

    /// All that the gateway stores.
    pub fn dump(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.net.consumer.app.dump_wasm_raw(&self.gateway)
    }

    pub fn query<R: DeserializeOwned>(&self, msg: &QueryMsg) -> HarnessResult<R> {
        self.net.consumer.query(&self.gateway, msg)
    }

    pub fn config(&self) -> ConfigResponse {
        self.query(&QueryMsg::Config {}).unwrap()
    }

    /// Downtime of an operator, now.
    pub fn downtime(&self, operator: &str) -> Infraction {
        Infraction {
            offender: Offender::Operator(operator.to_string()),
            kind: DOWNTIME.to_string(),
            height: self.height().into(),
            time: self.now(),
            evidence: None,
        }
    }

    pub fn report(&mut self, infraction: &Infraction) {
        self.execute("reporter", &ExecuteMsg::Report(infraction.clone()))
            .unwrap();
    }

    pub fn relay(&mut self) -> usize {
        let response = self
            .execute("anybody", &ExecuteMsg::Relay { limit: None })
            .unwrap();
        count(&response, "wasm-report_sent")
    }

    pub fn report_by(&self, nonce: u64) -> ReportResponse {
        let nonce = nonce.into();
        self.query(&QueryMsg::Report { nonce }).unwrap()
    }

    pub fn state(&self, nonce: u64) -> ReportState {
        self.report_by(nonce).state
    }

    pub fn queued_until(&self, nonce: u64) -> Timestamp {
        match self.state(nonce) {
            ReportState::Queued { not_before } => not_before,
            other => panic!("{other:?}"),
        }
    }

    pub fn sent_on(&self, nonce: u64) -> String {
        match self.state(nonce) {
            ReportState::Sent { channel } => channel,
            other => panic!("{other:?}"),
        }
    }

    pub fn operator(&self, operator: &str) -> OperatorResponse {
        let operator = Offender::Operator(operator.to_string());
        self.query(&QueryMsg::Operator { operator }).unwrap()
    }

    pub fn holder(&self, byte: u8) -> Option<String> {
        let operator = Offender::Key(key(byte));
        let found: HarnessResult<OperatorResponse> = self.query(&QueryMsg::Operator { operator });
        found.ok().map(|response| response.operator)
    }

    pub fn operators(&self) -> Vec<(String, u128)> {
        let msg = QueryMsg::Operators {
            start_after: None,
            limit: Some(100),
        };
        let list: Vec<OperatorResponse> = self.query(&msg).unwrap();
        list.into_iter()
            .map(|o| (o.operator, o.power.u128()))
            .collect()
    }

    pub fn total(&self) -> (Uint128, u64) {
        let total: TotalPowerResponse = self.query(&QueryMsg::TotalPower {}).unwrap();
        (total.power, total.update_id.u64())
    }

    pub fn power_at(&self, update_id: u64, operator: Option<&str>) -> Option<PowerAtResponse> {
        let msg = QueryMsg::PowerAt {
            update_id: update_id.into(),
            operator: operator.map(str::to_string),
        };
        self.query(&msg).ok()
    }
}

pub fn contract_error(error: &HarnessError) -> &ContractError {
    match error.contract_error() {
        Some(error) => error,
        None => panic!("{error:?}"),
    }
}

pub fn count(response: &AppResponse, event: &str) -> usize {
    response.events.iter().filter(|e| e.ty == event).count()
}
