package harness

import (
	"encoding/json"

	abci "github.com/cometbft/cometbft/abci/types"
	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	channeltypes "github.com/cosmos/ibc-go/v11/modules/core/04-channel/types"
	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"
	"github.com/stretchr/testify/require"
)

// rounds bounds how often Relay looks for new packets.
const rounds = 50

// Packet is a packet that a chain sent, and how far it came.
type Packet struct {
	channeltypes.Packet
	From, To *Chain
	// Received tells that the destination has it.
	Received bool
	// Ack is what the destination wrote, nil until then.
	Ack *Ack
	// Done tells that the sender knows the end: an ack or a timeout.
	Done bool

	link *Link
}

// Ack is an acknowledgement: a result or an error.
type Ack struct {
	Result []byte `json:"result"`
	Error  string `json:"error"`

	raw []byte
}

// capture notes the packets that a transaction sent, and the acks that it wrote, at once or late.
func (w *World) capture(chain *Chain, events []abci.Event) {
	w.t.Helper()
	// No packet at all is an error to the parser.
	sent, _ := ibctesting.ParseIBCV1Packets(channeltypes.EventTypeSendPacket, events)
	for _, packet := range sent {
		link := w.linkOf(chain, packet.SourcePort, packet.SourceChannel)
		_, other := link.of(chain)
		w.packets = append(w.packets, &Packet{Packet: packet, From: chain, To: other.Chain, link: link})
	}
	for _, event := range events {
		if event.Type != channeltypes.EventTypeWriteAck {
			continue
		}
		one := []abci.Event{event}
		written, err := ibctesting.ParseIBCV1Packets(channeltypes.EventTypeWriteAck, one)
		require.NoError(w.t, err)
		raw, err := ibctesting.ParseAckFromEvents(one)
		require.NoError(w.t, err)
		for _, p := range w.packets {
			if p.To == chain && p.is(written[0]) {
				p.Ack = &Ack{raw: raw}
				// What is no JSON stays readable as the raw bytes only.
				_ = json.Unmarshal(raw, p.Ack)
			}
		}
	}
}

func (p *Packet) is(other channeltypes.Packet) bool {
	return p.DestinationPort == other.DestinationPort && p.DestinationChannel == other.DestinationChannel && p.Sequence == other.Sequence
}

func (w *World) linkOf(chain *Chain, port, id string) *Link {
	w.t.Helper()
	channel := (&ChannelEnd{Chain: chain, Port: port, ID: id}).State()
	for _, link := range w.links {
		if end, _ := link.of(chain); end.Chain == chain && end.Connection == channel.ConnectionHops[0] {
			return link
		}
	}
	w.t.Fatalf("%s sent a packet over %s, which no link knows", chain.Name, id)
	return nil
}

// Pending are the packets of a chain whose end it does not know yet, in the order they were sent.
func (w *World) Pending(from *Chain) []*Packet {
	var pending []*Packet
	for _, p := range w.packets {
		if p.From == from && !p.Done {
			pending = append(pending, p)
		}
	}
	return pending
}

// Decode reads the packet's data.
func (p *Packet) Decode(into any) {
	p.From.t.Helper()
	require.NoError(p.From.t, json.Unmarshal(p.Data, into))
}

// Decode reads the result of an ack, which stops the test if it is an error.
func (a *Ack) Decode(chain *Chain, into any) {
	chain.t.Helper()
	require.Empty(chain.t, a.Error)
	require.NoError(chain.t, json.Unmarshal(a.Result, into))
}

// Expired tells whether the destination would refuse the packet, as of its last block.
func (p *Packet) Expired() bool {
	height := clienttypes.GetSelfHeight(p.To.state())
	last := p.To.inner.LatestCommittedHeader.GetTime()
	timeout := channeltypes.NewTimeout(p.TimeoutHeight, p.TimeoutTimestamp)
	return timeout.Elapsed(height, uint64(last.UnixNano()))
}

// Recv brings a packet to its destination.
func (w *World) Recv(p *Packet) *Result {
	w.t.Helper()
	return w.RecvWithGas(DefaultGas, p)
}

// RecvWithGas is Recv with a limit of gas.
func (w *World) RecvWithGas(gas uint64, p *Packet) *Result {
	w.t.Helper()
	proof, height := p.link.prove(p.To, host.PacketCommitmentKey(p.SourcePort, p.SourceChannel, p.Sequence))
	result := p.To.Tx(Relayer, p.To.portLabel(p.DestinationPort)+" receive "+p.kind(), gas,
		channeltypes.NewMsgRecvPacket(p.Packet, proof, height, Relayer.String()))
	if result.Err == nil {
		p.Received = true
		result.Ack = p.Ack
	}
	return result
}

// Acknowledge brings a packet's ack back to its sender.
func (w *World) Acknowledge(p *Packet) *Result {
	w.t.Helper()
	require.NotNil(w.t, p.Ack, "the packet has no ack yet")
	proof, height := p.link.prove(p.From, host.PacketAcknowledgementKey(p.DestinationPort, p.DestinationChannel, p.Sequence))
	return p.end(p.From.Tx(Relayer, p.From.portLabel(p.SourcePort)+" ack of "+p.kind(), DefaultGas,
		channeltypes.NewMsgAcknowledgement(p.Packet, p.Ack.raw, proof, height, Relayer.String())))
}

// Timeout tells the sender that a packet did not arrive in time. Let the time pass first.
func (w *World) Timeout(p *Packet) *Result {
	w.t.Helper()
	next := p.nextReceived()
	proof, height := p.link.prove(p.From, p.absence())
	return p.end(p.From.Tx(Relayer, p.From.portLabel(p.SourcePort)+" timeout of "+p.kind(), DefaultGas,
		channeltypes.NewMsgTimeout(p.Packet, next, proof, height, Relayer.String())))
}

// TimeoutOnClose tells the sender that a packet cannot arrive any more, since the other end is closed.
func (w *World) TimeoutOnClose(p *Packet) *Result {
	w.t.Helper()
	next := p.nextReceived()
	proof, height := p.link.prove(p.From, p.absence())
	closed, _ := p.To.inner.QueryProof(host.ChannelKey(p.DestinationPort, p.DestinationChannel))
	return p.end(p.From.Tx(Relayer, p.From.portLabel(p.SourcePort)+" timeout on close of "+p.kind(), DefaultGas,
		channeltypes.NewMsgTimeoutOnClose(p.Packet, next, proof, closed, height, Relayer.String())))
}

// stuck tells that no relayer can move the packet: its light clients are left to expire, or its
// channel is closed at an end. What can be timed out nevertheless, a story does itself.
func (p *Packet) stuck() bool {
	from := &ChannelEnd{Chain: p.From, Port: p.SourcePort, ID: p.SourceChannel}
	to := &ChannelEnd{Chain: p.To, Port: p.DestinationPort, ID: p.DestinationChannel}
	return p.link.dead || !from.Open() || !to.Open()
}

// Relay brings every packet and every ack to where it belongs, and times out what is too late,
// until the network is quiet. It returns the packets whose end came.
func (w *World) Relay() []*Packet {
	w.t.Helper()
	var ended []*Packet
	for range rounds {
		moved := false
		for _, p := range w.packets {
			if p.Done || p.stuck() {
				continue
			}
			switch {
			case p.Ack != nil:
				w.Acknowledge(p).OK()
				ended = append(ended, p)
			case p.Received:
				continue // its ack comes later
			case p.Expired():
				w.Timeout(p).OK()
				ended = append(ended, p)
			default:
				w.Recv(p).OK()
			}
			moved = true
		}
		if !moved {
			return ended
		}
	}
	w.t.Fatalf("the network is not quiet after %d rounds", rounds)
	return nil
}

func (p *Packet) end(result *Result) *Result {
	p.Done = result.Err == nil
	return result
}

// absence is the key that proves that a packet was not received.
func (p *Packet) absence() []byte {
	if p.order() == channeltypes.ORDERED {
		return host.NextSequenceRecvKey(p.DestinationPort, p.DestinationChannel)
	}
	return host.PacketReceiptKey(p.DestinationPort, p.DestinationChannel, p.Sequence)
}

func (p *Packet) order() channeltypes.Order {
	return (&ChannelEnd{Chain: p.To, Port: p.DestinationPort, ID: p.DestinationChannel}).State().Ordering
}

func (p *Packet) nextReceived() uint64 {
	p.To.t.Helper()
	next, found := p.To.app.IBCKeeper.ChannelKeeper.GetNextSequenceRecv(p.To.state(), p.DestinationPort, p.DestinationChannel)
	require.True(p.To.t, found)
	return next
}

// kind is the name of the message in a packet.
func (p *Packet) kind() string {
	if p.SourcePort == TransferPort {
		return "coins"
	}
	return variant(p.Data)
}
