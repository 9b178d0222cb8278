//! The two chains, with verbs that read like the stories.

use cosmwasm_std::{from_json, to_json_binary, Addr, Binary, Decimal, Empty, Timestamp};
use cw_multi_test::AppResponse;
use palisade_ibc::{
    decode_ack, Ack, ConsumerPacket, HostPacket, Offender, Outcome, Peer, Slash, SlashAck,
    DOUBLE_SIGN, DOWNTIME, VERSION,
};
use palisade_slashing::{contract, ibc, ContractError};
use palisade_testing::{
    Channel, HarnessError, HarnessResult, Network, Packet, Proposal, Side, TestContract,
};
use palisade_types::allocation::{Admission, ExecuteMsg as Allocation, ServiceTerms};
use palisade_types::slashing::*;

use crate::allocation::{self, Extra, Rules, Set};
use crate::consumer::{self, Tell};

/// Seconds until a packet times out.
pub const TIMEOUT: u64 = 600;
/// Seconds for which an infraction can be punished.
pub const EVIDENCE_AGE: u64 = 80_000;
/// Seconds of jail for downtime.
pub const JAIL: u64 = 5_000;
/// The IBC service of [`Suite::open`].
pub const CHAIN: u32 = 1;
/// The local service of [`Suite::open`].
pub const LOCAL: u32 = 2;

pub struct Suite {
    pub net: Network,
    pub slashing: Addr,
    pub allocation: Addr,
    pub gateway: Addr,
    /// The channel opened last: `a` is the host's end.
    pub channel: Option<Channel>,
    nonce: u64,
}

pub fn slashing() -> TestContract {
    TestContract::new(contract::execute, contract::instantiate, contract::query)
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

pub fn penalty(kind: &str, percent: u64, jail: u64, tombstone: bool) -> Penalty {
    Penalty {
        kind: kind.to_string(),
        fraction: Decimal::percent(percent),
        jail,
        tombstone,
    }
}

pub fn new_service(source: Source) -> NewService {
    NewService {
        terms: ServiceTerms {
            name: "chain".into(),
            max_slash: Decimal::percent(10),
            assets: vec!["atom".into()],
            keyed: false,
            admission: Admission::Open {},
            min_power: 0u128.into(),
            max_operators: 100,
            max_share: Decimal::one(),
        },
        source,
        penalties: vec![
            penalty(DOWNTIME, 1, JAIL, false),
            penalty(DOUBLE_SIGN, 5, 0, true),
            penalty("oracle", 2, 0, false),
        ],
        settings: settings(),
    }
}

/// Slashes are executed at once, and what they take is burned.
pub fn settings() -> ServiceSettings {
    ServiceSettings {
        evidence_age: EVIDENCE_AGE,
        dispute: None,
        proceeds: Proceeds::Burn {},
        bounty: Decimal::zero(),
        chain_id: None,
    }
}

/// Buckets that no test empties by accident.
pub fn throttle() -> ThrottleParams {
    ThrottleParams {
        period: 10_000,
        most: 1_000_000u128.into(),
        shared: 200_000u128.into(),
        service: Buckets {
            limit: 100_000u128.into(),
            reserved: 50_000u128.into(),
        },
    }
}

/// The answer in an acknowledgement.
pub fn answer(ack: &Binary) -> SlashAck {
    match decode_ack(ack) {
        Ack::Result(answer) => answer,
        other => panic!("no result: {other:?}"),
    }
}

pub fn executed(request: u64) -> SlashAck {
    SlashAck::Accepted {
        request: request.into(),
        outcome: Some(Outcome::Executed {}),
    }
}

pub fn accepted(request: u64) -> SlashAck {
    SlashAck::Accepted {
        request: request.into(),
        outcome: None,
    }
}

pub fn duplicate(request: u64, outcome: Option<Outcome>) -> SlashAck {
    SlashAck::Duplicate {
        request: request.into(),
        outcome,
    }
}

pub fn refused(reason: &str) -> SlashAck {
    SlashAck::Rejected {
        reason: reason.to_string(),
    }
}

/// The contract's own error.
pub fn error<T: std::fmt::Debug>(result: HarnessResult<T>) -> ContractError {
    let error = result.unwrap_err();
    let found = error.contract_error::<ContractError>();
    // The enum is not `Clone`, as the standard library's error is not.
    match found {
        Some(_) => match error {
            HarnessError::Refused(error) => error.downcast().unwrap(),
            other => panic!("{other:?}"),
        },
        None => panic!("not the contract's: {error:?}"),
    }
}

impl Suite {
    /// The contracts, without a service.
    pub fn bare() -> Self {
        Self::bare_with(|_| {})
    }

    /// The same, born with other parameters.
    pub fn bare_with(change: impl FnOnce(&mut InstantiateMsg)) -> Self {
        let mut net = Network::new();
        let deployer = net.host.account("deployer");
        let code = net.host.store(allocation::contract());
        let allocation = net
            .host
            .instantiate(code, &deployer, &Empty {}, "allocation")
            .unwrap();
        let code = net.consumer.store(consumer::contract());
        let there = net.consumer.account("deployer");
        let gateway = net
            .consumer
            .instantiate(code, &there, &Empty {}, "gateway")
            .unwrap();
        let mut suite = Suite {
            net,
            slashing: allocation.clone(),
            allocation,
            gateway,
            channel: None,
            nonce: 0,
        };
        let mut msg = suite.instantiate_msg();
        change(&mut msg);
        suite.slashing = suite.instantiate(&msg).unwrap();
        suite
    }

    /// An IBC service with an admitted gateway, and a local one.
    pub fn new() -> Self {
        Self::bare().with(new_service(Source::Ibc {}))
    }

    /// The services, of which the IBC one is this.
    pub fn with(mut self, new: NewService) -> Self {
        let evidence_age = new.settings.evidence_age;
        self.register(new).unwrap();
        let slasher = self.account("slasher").to_string();
        let mut local = new_service(Source::Local { slasher });
        local.settings.evidence_age = evidence_age;
        self.register(local).unwrap();
        let peer = self.peer();
        self.set_peer(CHAIN, peer).unwrap();
        self
    }

    /// The same, with a channel.
    pub fn open() -> Self {
        let mut suite = Self::new();
        suite.open_channel();
        suite
    }

    /// The same, with alice (1,000) and bob (500), both told and acknowledged by update 1.
    pub fn with_operators() -> Self {
        Self::new().told()
    }

    /// With a channel, alice and bob.
    pub fn told(mut self) -> Self {
        self.open_channel();
        self.power("alice", 1_000);
        self.power("bob", 500);
        self.sync(CHAIN).unwrap();
        self.net.relay_all().unwrap();
        self.net.advance(1_000);
        self
    }

    pub fn instantiate_msg(&self) -> InstantiateMsg {
        InstantiateMsg {
            owner: self.account("owner").to_string(),
            guardian: Some(self.account("guardian").to_string()),
            allocation: self.allocation.to_string(),
            packet_timeout: TIMEOUT,
            bounce_max: 10_000,
            execution_grace: 10_000,
            throttle: throttle(),
        }
    }

    pub fn instantiate(&mut self, msg: &InstantiateMsg) -> HarnessResult<Addr> {
        let code = self.net.host.store(slashing());
        let deployer = self.account("deployer");
        self.net
            .host
            .instantiate_with(code, &deployer, msg, &[], "slashing", Some(&deployer))
    }

    pub fn account(&self, name: &str) -> Addr {
        self.net.host.account(name)
    }

    pub fn now(&self) -> Timestamp {
        self.net.host.time()
    }

    // Messages.

    pub fn run(&mut self, sender: &str, msg: &ExecuteMsg) -> HarnessResult<AppResponse> {
        let sender = self.account(sender);
        let slashing = self.slashing.clone();
        self.net.host.execute(&sender, &slashing, msg, &[])
    }

    pub fn register(&mut self, new: NewService) -> HarnessResult<AppResponse> {
        self.run("admin", &ExecuteMsg::RegisterService(new))
    }

    pub fn peer(&self) -> Peer {
        Peer {
            connection_id: self.net.connection(Side::Host, Side::Consumer).unwrap(),
            port: self.net.consumer.port(&self.gateway),
        }
    }

    pub fn set_peer(&mut self, service: u32, peer: Peer) -> HarnessResult<AppResponse> {
        let peer = Some(peer);
        self.run("owner", &ExecuteMsg::SetPeer { service, peer })
    }

    pub fn sync(&mut self, service: u32) -> HarnessResult<AppResponse> {
        self.sync_page(service, None)
    }

    pub fn sync_page(&mut self, service: u32, limit: Option<u32>) -> HarnessResult<AppResponse> {
        self.run("anybody", &ExecuteMsg::Sync { service, limit })
    }

    pub fn execute(&mut self, service: u32, request: u64) -> HarnessResult<AppResponse> {
        let request = request.into();
        self.run("anybody", &ExecuteMsg::Execute { service, request })
    }

    pub fn unjail(&mut self, operator: &str) -> HarnessResult<AppResponse> {
        self.run(operator, &ExecuteMsg::Unjail { service: CHAIN })
    }

    pub fn pause(&mut self, action: Action, seconds: u64) {
        let msg = palisade_admin::AdminMsg::Pause {
            action,
            seconds: Some(seconds),
        };
        self.run("guardian", &ExecuteMsg::Admin(msg)).unwrap();
    }

    // The neighbour.

    fn set(&mut self, set: &Set) {
        let allocation = self.allocation.clone();
        self.net.host.sudo(&allocation, set).unwrap();
    }

    pub fn power(&mut self, operator: &str, power: u128) {
        self.keyed(operator, power, None);
    }

    pub fn keyed(&mut self, operator: &str, power: u128, key: Option<Binary>) {
        let operator = self.account(operator).to_string();
        let power = power.into();
        self.set(&Set::Power {
            operator,
            power,
            key,
        });
    }

    pub fn remove(&mut self, operator: &str) {
        let operator = self.account(operator).to_string();
        self.set(&Set::Remove { operator });
    }

    pub fn rules(&mut self, rules: Rules) {
        self.set(&Set::Rules(rules));
    }

    /// What the allocation contract was told, but for checkpoints.
    pub fn log(&self) -> Vec<Allocation> {
        let mut log: Vec<Allocation> = self
            .net
            .host
            .query(&self.allocation, &Extra::Log {})
            .unwrap();
        log.retain(|msg| {
            !matches!(
                msg,
                Allocation::Checkpoint { .. } | Allocation::CreateService { .. }
            )
        });
        log
    }

    /// Penalties taken so far: operator and update.
    pub fn slashes(&self) -> Vec<(Addr, u64)> {
        self.log()
            .into_iter()
            .filter_map(|msg| match msg {
                Allocation::Slash(slash) => Some((slash.operator, slash.update_id.u64())),
                _ => None,
            })
            .collect()
    }

    // The network.

    pub fn proposal(&self) -> Proposal {
        let slashing = self.net.host.port(&self.slashing);
        Proposal::new(&slashing, &self.net.consumer.port(&self.gateway), VERSION)
    }

    pub fn open_channel(&mut self) {
        self.channel = Some(self.net.open(&self.proposal()).unwrap());
    }

    pub fn live(&self) -> Channel {
        self.channel.clone().unwrap()
    }

    /// The gateway's end of the channel closes, and the host hears of it.
    pub fn close_channel(&mut self) {
        let channel = self.live();
        self.tell(&Tell::Close {
            channel: channel.b.id,
        });
        self.net.close_confirm(Side::Host, &channel.a.id).unwrap();
        self.channel = None;
    }

    pub fn tell(&mut self, msg: &Tell) {
        let (sender, gateway) = (self.net.consumer.account("relayer"), self.gateway.clone());
        self.net
            .consumer
            .execute(&sender, &gateway, msg, &[])
            .unwrap();
    }

    pub fn answers(&mut self, answer: consumer::Answer) {
        self.tell(&Tell::Answer(answer));
    }

    /// What arrived at the gateway.
    pub fn received(&self) -> Vec<HostPacket> {
        self.net.consumer.query(&self.gateway, &Empty {}).unwrap()
    }

    /// The powers that the gateway knows now, each operator's from its newest update.
    pub fn known(&self, operator: &str) -> Option<u128> {
        let operator = self.account(operator).to_string();
        let mut newest = None;
        for packet in self.received() {
            if let HostPacket::OperatorSet(set) = packet {
                for told in set.operators.iter().filter(|o| o.operator == operator) {
                    if newest.is_none_or(|(id, _)| id < set.update_id) {
                        newest = Some((set.update_id, told.power.u128()));
                    }
                }
            }
        }
        newest.map(|(_, power)| power)
    }

    /// A slash of its own nonce: downtime at height 10, ten seconds ago, by update 1.
    pub fn slash(&mut self, operator: &str) -> Slash {
        self.nonce += 1;
        Slash {
            nonce: self.nonce.into(),
            offender: Offender::Operator(self.account(operator).to_string()),
            infraction: DOWNTIME.into(),
            update_id: 1u64.into(),
            height: 10u64.into(),
            time: self.now().minus_seconds(10),
            evidence: None,
        }
    }

    /// The gateway sends bytes; the packet is not relayed yet.
    pub fn send_bytes(&mut self, data: Binary) -> Packet {
        let channel = self.live().b.id;
        self.tell(&Tell::Send { channel, data });
        let mut pending = self.net.pending(Side::Consumer);
        pending.pop().unwrap()
    }

    pub fn send(&mut self, slash: &Slash) -> Packet {
        let packet = ConsumerPacket::Slash(slash.clone());
        self.send_bytes(to_json_binary(&packet).unwrap())
    }

    /// The gateway sends a slash, and the host answers.
    pub fn report(&mut self, slash: &Slash) -> SlashAck {
        let packet = self.send(slash);
        answer(&self.net.receive(&packet).unwrap().ack.unwrap())
    }

    /// The slasher of the local service slashes; what the response's data says.
    pub fn slash_locally(&mut self, slash: &Slash) -> SlashAck {
        let msg = ExecuteMsg::Slash {
            service: LOCAL,
            slash: slash.clone(),
        };
        let response = self.run("slasher", &msg).unwrap();
        let data = response.data.unwrap();
        from_json(
            cw_utils::parse_execute_response_data(&data)
                .map(|parsed| parsed.data.unwrap())
                .unwrap_or(data),
        )
        .unwrap()
    }
}
