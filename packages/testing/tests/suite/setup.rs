//! A pinger on each chain.

use cosmwasm_std::{Addr, Binary, IbcOrder, IbcTimeout};
use palisade_testing::{Channel, HarnessResult, Network, Packet, Proposal, Side};

use crate::pinger::{self, Config, ExecuteMsg, Order, QueryMsg};

/// Host and consumer, a pinger on each, and who calls them.
pub(crate) struct Suite {
    pub(crate) net: Network,
    pub(crate) host: Addr,
    pub(crate) consumer: Addr,
}

impl Suite {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), Config::default())
    }

    pub(crate) fn with(host: Config, consumer: Config) -> Self {
        let mut net = Network::new();
        let user = net.host.account("user");
        let code = net.host.store(pinger::contract());
        let host = net.host.instantiate(code, &user, &host, "pinger").unwrap();
        let user = net.consumer.account("user");
        let code = net.consumer.store(pinger::contract());
        let consumer = net
            .consumer
            .instantiate(code, &user, &consumer, "pinger")
            .unwrap();
        Self {
            net,
            host,
            consumer,
        }
    }

    pub(crate) fn proposal(&self) -> Proposal {
        let host = self.net.host.port(&self.host);
        let consumer = self.net.consumer.port(&self.consumer);
        Proposal::new(&host, &consumer, "ping-1")
    }

    pub(crate) fn channel(&mut self) -> Channel {
        let proposal = self.proposal();
        self.net.open(&proposal).unwrap()
    }

    pub(crate) fn ordered_channel(&mut self) -> Channel {
        let proposal = self.proposal().ordered();
        assert_eq!(proposal.order, IbcOrder::Ordered);
        self.net.open(&proposal).unwrap()
    }

    fn contract(&self, side: Side) -> Addr {
        match side {
            Side::Host => self.host.clone(),
            _ => self.consumer.clone(),
        }
    }

    pub(crate) fn call(&mut self, side: Side, msg: &ExecuteMsg) -> HarnessResult<()> {
        let contract = self.contract(side);
        let chain = self.net.chain_mut(side)?;
        let user = chain.account("user");
        chain.execute(&user, &contract, msg, &[]).map(|_| ())
    }

    pub(crate) fn refuse(&mut self, side: Side, entry_points: &[&str]) {
        let refuse = entry_points.iter().map(|name| name.to_string()).collect();
        let config = Config {
            refuse,
            ..Config::default()
        };
        self.call(side, &ExecuteMsg::Reconfigure(config)).unwrap();
    }

    pub(crate) fn try_send(
        &mut self,
        channel: &Channel,
        order: Order,
        timeout: IbcTimeout,
    ) -> HarnessResult<Packet> {
        let msg = ExecuteMsg::Send {
            channel: channel.a.id.clone(),
            order,
            timeout,
        };
        self.call(Side::Host, &msg)?;
        Ok(self.net.pending(Side::Host).pop().unwrap())
    }

    /// From the host, with ten minutes to arrive.
    pub(crate) fn send(&mut self, channel: &Channel, order: Order) -> Packet {
        let timeout = self.net.consumer.timeout_in(600);
        self.try_send(channel, order, timeout).unwrap()
    }

    pub(crate) fn log(&self, side: Side) -> Vec<String> {
        let contract = self.contract(side);
        let chain = self.net.chain(side).unwrap();
        chain.query(&contract, &QueryMsg::Log).unwrap()
    }

    /// The log without what the handshake left there.
    pub(crate) fn events(&self, side: Side) -> Vec<String> {
        let mut log = self.log(side);
        log.retain(|entry| !entry.starts_with("open") && !entry.starts_with("connect"));
        log.retain(|entry| !entry.starts_with("sent"));
        log
    }
}

pub(crate) fn text(ack: &Binary) -> &str {
    std::str::from_utf8(ack).unwrap()
}
