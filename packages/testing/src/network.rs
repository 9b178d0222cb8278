//! Chains, the connections between them, and the channels on those.

use cosmwasm_std::{Addr, IbcEndpoint, IbcOrder};
use cw_multi_test::AppResponse;

use crate::chain::{Chain, Genesis};
use crate::error::{HarnessError, HarnessResult, IbcError};
use crate::ibc::transfer::TRANSFER_VERSION;
use crate::ibc::{handshake, TRANSFER_PORT};
use crate::state::ChannelEnd;

/// Which chain of a [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The host, `host-1`, with addresses `host1...`.
    Host,
    /// The first consumer, `consumer-1`, with addresses `consumer1...`.
    Consumer,
    /// A chain that [`Network::add_chain`] added.
    Extra(usize),
}

/// One end of a channel, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelPoint {
    /// The chain.
    pub side: Side,
    /// The port.
    pub port: String,
    /// The channel id.
    pub id: String,
}

/// A channel: `a` proposed it, `b` accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// The end that proposed.
    pub a: ChannelPoint,
    /// The end that accepted.
    pub b: ChannelPoint,
}

/// A channel to be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Who proposes: chain and port.
    pub from: (Side, String),
    /// To whom: chain and port.
    pub to: (Side, String),
    /// Ordered or unordered.
    pub order: IbcOrder,
    /// The version, which may be empty.
    pub version: String,
}

impl Proposal {
    /// From the host to the consumer, unordered.
    pub fn new(host_port: &str, consumer_port: &str, version: &str) -> Self {
        Self {
            from: (Side::Host, host_port.to_string()),
            to: (Side::Consumer, consumer_port.to_string()),
            order: IbcOrder::Unordered,
            version: version.to_string(),
        }
    }

    /// The same, proposed by the other end.
    pub fn reversed(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            ..self
        }
    }

    /// The same, ordered.
    pub fn ordered(self) -> Self {
        Self {
            order: IbcOrder::Ordered,
            ..self
        }
    }
}

/// A connection: chain and connection id at both ends.
#[derive(Clone, Debug)]
struct Connection {
    a: (Side, String),
    b: (Side, String),
}

/// Chains and the connections between them. Nothing moves unless a test moves it.
pub struct Network {
    /// The host.
    pub host: Chain,
    /// The first consumer, connected with the host.
    pub consumer: Chain,
    extra: Vec<Chain>,
    connections: Vec<Connection>,
    relayer: String,
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Network {
    /// A host and a consumer with a connection between them.
    pub fn new() -> Self {
        let mut host = Chain::new(&Genesis {
            chain_id: "host-1",
            prefix: "host",
            validator_prefix: "hostvaloper",
            height: 1_000,
            first_connection: 0,
            first_channel: 0,
        });
        let mut consumer = Chain::new(&Genesis {
            chain_id: "consumer-1",
            prefix: "consumer",
            validator_prefix: "consumervaloper",
            height: 500,
            first_connection: 5,
            first_channel: 20,
        });
        let connection = Connection {
            a: (Side::Host, host.new_connection()),
            b: (Side::Consumer, consumer.new_connection()),
        };
        // A view always has a JSON form.
        let _ = host.update_client(&connection.a.1, &consumer.view());
        let _ = consumer.update_client(&connection.b.1, &host.view());
        Self {
            host,
            consumer,
            extra: vec![],
            connections: vec![connection],
            relayer: "relayer".to_string(),
        }
    }

    /// Adds a chain; `chain_id` should end in its revision, as in `third-1`. Connect it to take part.
    pub fn add_chain(&mut self, chain_id: &str, prefix: &'static str) -> Side {
        let index = self.extra.len();
        let offset = u64::try_from(index).unwrap_or(0).saturating_mul(10);
        self.extra.push(Chain::new(&Genesis {
            chain_id,
            prefix,
            // As many as a test adds chains.
            validator_prefix: format!("{prefix}valoper").leak(),
            height: 100,
            first_connection: offset.saturating_add(50),
            first_channel: offset.saturating_add(200),
        }));
        Side::Extra(index)
    }

    /// Connects two chains. Returns the connection's id at each of them.
    pub fn connect(&mut self, a: Side, b: Side) -> HarnessResult<(String, String)> {
        let (view_a, view_b) = (self.chain(a)?.view(), self.chain(b)?.view());
        let id_a = self.chain_mut(a)?.new_connection();
        let id_b = self.chain_mut(b)?.new_connection();
        self.chain_mut(a)?.update_client(&id_a, &view_b)?;
        self.chain_mut(b)?.update_client(&id_b, &view_a)?;
        self.connections.push(Connection {
            a: (a, id_a.clone()),
            b: (b, id_b.clone()),
        });
        Ok((id_a, id_b))
    }

    /// All chains.
    pub fn sides(&self) -> Vec<Side> {
        let mut sides = vec![Side::Host, Side::Consumer];
        sides.extend((0..self.extra.len()).map(Side::Extra));
        sides
    }

    /// A chain.
    pub fn chain(&self, side: Side) -> HarnessResult<&Chain> {
        match side {
            Side::Host => Ok(&self.host),
            Side::Consumer => Ok(&self.consumer),
            Side::Extra(index) => self
                .extra
                .get(index)
                .ok_or(HarnessError::UnknownChain { side }),
        }
    }

    /// A chain, to act on it.
    pub fn chain_mut(&mut self, side: Side) -> HarnessResult<&mut Chain> {
        match side {
            Side::Host => Ok(&mut self.host),
            Side::Consumer => Ok(&mut self.consumer),
            Side::Extra(index) => self
                .extra
                .get_mut(index)
                .ok_or(HarnessError::UnknownChain { side }),
        }
    }

    /// Time passes on every chain alike.
    pub fn advance(&mut self, seconds: u64) {
        self.host.advance(seconds);
        self.consumer.advance(seconds);
        for chain in &mut self.extra {
            chain.advance(seconds);
        }
    }

    /// Names the account that pays for relayed steps: contracts see its address as `relayer`.
    pub fn set_relayer(&mut self, name: &str) {
        self.relayer = name.to_string();
    }

    /// The relayer's address on a chain.
    pub fn relayer(&self, side: Side) -> HarnessResult<Addr> {
        Ok(self.chain(side)?.account(&self.relayer))
    }

    /// The id that the connection to `to` has at `from`: the first one, if there are several.
    pub fn connection(&self, from: Side, to: Side) -> HarnessResult<String> {
        self.ends()
            .find(|(here, there)| here.0 == from && there.0 == to)
            .map(|(here, _)| here.1.clone())
            .ok_or(HarnessError::NotConnected { from, to })
    }

    /// Every connection, both ways.
    fn ends(&self) -> impl Iterator<Item = (&(Side, String), &(Side, String))> {
        self.connections
            .iter()
            .flat_map(|link| [(&link.a, &link.b), (&link.b, &link.a)])
    }

    /// The other end of a connection.
    pub(crate) fn counterparty(
        &self,
        side: Side,
        connection_id: &str,
    ) -> HarnessResult<(Side, String)> {
        let unknown = || IbcError::UnknownConnection {
            connection_id: connection_id.to_string(),
        };
        let found = self
            .ends()
            .find(|(here, _)| here.0 == side && here.1 == connection_id)
            .map(|(_, there)| there.clone());
        Ok(found.ok_or_else(unknown)?)
    }

    /// Tells every light client the present height and time of the chain that it follows. Every
    /// relayed step does so for its own connection.
    pub fn update_clients(&mut self) -> HarnessResult<()> {
        let ends: Vec<_> = self
            .ends()
            .map(|(here, there)| (here.clone(), there.0))
            .collect();
        for ((side, connection_id), other) in ends {
            self.update_client(side, &connection_id, other)?;
        }
        Ok(())
    }

    pub(crate) fn update_client(
        &mut self,
        side: Side,
        connection_id: &str,
        other: Side,
    ) -> HarnessResult<()> {
        let view = self.chain(other)?.view();
        self.chain_mut(side)?.update_client(connection_id, &view)
    }

    // Handshake.

    /// Step 1 of 4: proposes a channel at `proposal.from`. Returns the channel's id there.
    pub fn open_init(&mut self, proposal: &Proposal) -> HarnessResult<String> {
        let (from, to) = (proposal.from.0, proposal.to.0);
        let connection_id = self.connection(from, to)?;
        self.update_client(from, &connection_id, to)?;
        let end = self.chain_mut(from)?.relayed(|ctx| {
            handshake::open_init(
                ctx,
                &proposal.from.1,
                &proposal.to.1,
                &connection_id,
                proposal.order.clone(),
                &proposal.version,
            )
        })?;
        Ok(end.endpoint.channel_id)
    }

    /// Step 2 of 4: tells the other chain of the channel proposed at `side`. Returns the channel's id
    /// at the other chain. May be done again: each time a new channel comes of it.
    pub fn open_try(&mut self, side: Side, channel_id: &str) -> HarnessResult<String> {
        let init = self.chain(side)?.channel(channel_id)?;
        let (other, connection_id) = self.counterparty(side, &init.connection_id)?;
        self.update_client(other, &connection_id, side)?;
        let end = self
            .chain_mut(other)?
            .relayed(|ctx| handshake::open_try(ctx, &connection_id, &init))?;
        Ok(end.endpoint.channel_id)
    }

    /// Step 3 of 4: tells the proposer at `side` that the other chain accepted with `counterparty_id`.
    pub fn open_ack(
        &mut self,
        side: Side,
        channel_id: &str,
        counterparty_id: &str,
    ) -> HarnessResult<AppResponse> {
        let end = self.chain(side)?.channel(channel_id)?;
        let (other, _) = self.counterparty(side, &end.connection_id)?;
        let tried = self.chain(other)?.channel(counterparty_id)?;
        self.update_client(side, &end.connection_id, other)?;
        self.chain_mut(side)?
            .relayed(|ctx| handshake::open_ack(ctx, &end.endpoint, &tried))
    }

    /// Step 4 of 4: tells the chain that accepted, at `side`, that the proposer knows.
    pub fn open_confirm(&mut self, side: Side, channel_id: &str) -> HarnessResult<AppResponse> {
        let (end, other) = self.both_ends(side, channel_id)?;
        self.chain_mut(side)?
            .relayed(|ctx| handshake::open_confirm(ctx, &end.endpoint, &other))
    }

    /// The end at `side` and the one that it names as its counterparty.
    fn both_ends(
        &mut self,
        side: Side,
        channel_id: &str,
    ) -> HarnessResult<(ChannelEnd, ChannelEnd)> {
        let end = self.chain(side)?.channel(channel_id)?;
        let (other, _) = self.counterparty(side, &end.connection_id)?;
        let there = self.chain(other)?.channel(&end.counterparty.channel_id)?;
        self.update_client(side, &end.connection_id, other)?;
        Ok((end, there))
    }

    /// The whole handshake, from the host to the consumer: in the result, `a` is the host's end.
    pub fn open_channel(
        &mut self,
        host_port: &str,
        consumer_port: &str,
        order: IbcOrder,
        version: &str,
    ) -> HarnessResult<Channel> {
        self.open(&Proposal {
            order,
            ..Proposal::new(host_port, consumer_port, version)
        })
    }

    /// The whole handshake of any proposal.
    pub fn open(&mut self, proposal: &Proposal) -> HarnessResult<Channel> {
        let (from, to) = (proposal.from.0, proposal.to.0);
        let a = self.open_init(proposal)?;
        let b = self.open_try(from, &a)?;
        self.open_ack(from, &a, &b)?;
        self.open_confirm(to, &b)?;
        let point = |side, port: &str, id| ChannelPoint {
            side,
            port: port.to_string(),
            id,
        };
        Ok(Channel {
            a: point(from, &proposal.from.1, a),
            b: point(to, &proposal.to.1, b),
        })
    }

    /// A channel for ICS-20 between host and consumer.
    pub fn open_transfer_channel(&mut self) -> HarnessResult<Channel> {
        let order = IbcOrder::Unordered;
        self.open_channel(TRANSFER_PORT, TRANSFER_PORT, order, TRANSFER_VERSION)
    }

    // Closing.

    /// Closes a channel from `side`, as anybody may ask for. The contract may refuse.
    pub fn close_init(&mut self, side: Side, channel_id: &str) -> HarnessResult<AppResponse> {
        let end = self.chain(side)?.channel(channel_id)?;
        self.chain_mut(side)?
            .relayed(|ctx| handshake::close_init(ctx, &end.endpoint))
    }

    /// Tells `side` that the other end of its channel is closed.
    pub fn close_confirm(&mut self, side: Side, channel_id: &str) -> HarnessResult<AppResponse> {
        let (end, other) = self.both_ends(side, channel_id)?;
        self.chain_mut(side)?
            .relayed(|ctx| handshake::close_confirm(ctx, &end.endpoint, &other))
    }
}

impl Channel {
    /// The end at a chain, if the channel has one there.
    pub fn at(&self, side: Side) -> Option<&ChannelPoint> {
        [&self.a, &self.b]
            .into_iter()
            .find(|point| point.side == side)
    }
}

impl ChannelPoint {
    /// Port and channel id, as contracts write them.
    pub fn endpoint(&self) -> IbcEndpoint {
        IbcEndpoint {
            port_id: self.port.clone(),
            channel_id: self.id.clone(),
        }
    }
}
