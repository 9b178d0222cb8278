package harness

import (
	channeltypes "github.com/cosmos/ibc-go/v11/modules/core/04-channel/types"
	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Channel is a channel between two ports, opened by A. Each step of the handshake is a transaction
// of the relayer. The fields may be changed between the steps, to see what is refused.
type Channel struct {
	A, B *ChannelEnd
	// Version is what A proposes.
	Version string
	Order   channeltypes.Order
	Link    *Link
}

// ChannelEnd is a chain's side of a channel.
type ChannelEnd struct {
	Chain *Chain
	Port  string
	// ID is empty until the end exists.
	ID string
}

// Channel is an unordered channel to be opened over the first link between two chains.
func (w *World) Channel(a *Chain, portA string, b *Chain, portB, version string) *Channel {
	w.t.Helper()
	for _, link := range w.links {
		if at, other := link.of(a); at.Chain == a && other.Chain == b {
			return link.Channel(a, portA, portB, version)
		}
	}
	w.t.Fatalf("%s and %s are not linked", a.Name, b.Name)
	return nil
}

// Channel is an unordered channel to be opened over this link, from a chain's port.
func (l *Link) Channel(from *Chain, port, otherPort, version string) *Channel {
	_, other := l.of(from)
	return &Channel{
		A:       &ChannelEnd{Chain: from, Port: port},
		B:       &ChannelEnd{Chain: other.Chain, Port: otherPort},
		Version: version,
		Order:   channeltypes.UNORDERED,
		Link:    l,
	}
}

// Open takes all four steps.
func (c *Channel) Open() *Channel {
	c.A.Chain.t.Helper()
	c.Init().OK()
	c.Try().OK()
	c.Ack().OK()
	c.Confirm().OK()
	return c
}

// Init is the first step, at A.
func (c *Channel) Init() *Result {
	c.A.Chain.t.Helper()
	end, _ := c.Link.of(c.A.Chain)
	result := c.A.tx("channel init", channeltypes.NewMsgChannelOpenInit(
		c.A.Port, c.Version, c.Order, []string{end.Connection}, c.B.Port, Relayer.String()))
	if result.Err == nil {
		c.A.ID = result.Attribute(channeltypes.EventTypeChannelOpenInit, channeltypes.AttributeKeyChannelID)
	}
	return result
}

// Try is the second step, at B.
func (c *Channel) Try() *Result {
	c.B.Chain.t.Helper()
	end, _ := c.Link.of(c.B.Chain)
	proof, height := c.Link.prove(c.B.Chain, c.A.key())
	result := c.B.tx("channel try", channeltypes.NewMsgChannelOpenTry(
		c.B.Port, c.Version, c.Order, []string{end.Connection},
		c.A.Port, c.A.ID, c.A.State().Version, proof, height, Relayer.String()))
	if result.Err == nil {
		c.B.ID = result.Attribute(channeltypes.EventTypeChannelOpenTry, channeltypes.AttributeKeyChannelID)
	}
	return result
}

// Ack is the third step, at A.
func (c *Channel) Ack() *Result {
	c.A.Chain.t.Helper()
	proof, height := c.Link.prove(c.A.Chain, c.B.key())
	return c.A.tx("channel ack", channeltypes.NewMsgChannelOpenAck(
		c.A.Port, c.A.ID, c.B.ID, c.B.State().Version, proof, height, Relayer.String()))
}

// Confirm is the last step, at B.
func (c *Channel) Confirm() *Result {
	c.B.Chain.t.Helper()
	proof, height := c.Link.prove(c.B.Chain, c.A.key())
	return c.B.tx("channel confirm", channeltypes.NewMsgChannelOpenConfirm(
		c.B.Port, c.B.ID, proof, height, Relayer.String()))
}

// CloseInit asks a chain to close its end, as anybody may.
func (c *Channel) CloseInit(at *Chain, by Name) *Result {
	at.t.Helper()
	end, _ := c.of(at)
	return at.Tx(by, end.label("channel close init"), DefaultGas,
		channeltypes.NewMsgChannelCloseInit(end.Port, end.ID, by.String()))
}

// CloseConfirm tells a chain that the other end is closed.
func (c *Channel) CloseConfirm(at *Chain) *Result {
	at.t.Helper()
	end, other := c.of(at)
	proof, height := c.Link.prove(at, other.key())
	return end.tx("channel close confirm", channeltypes.NewMsgChannelCloseConfirm(
		end.Port, end.ID, proof, height, Relayer.String()))
}

// ForceClose closes an end as an upgrade of its chain might: no contract is asked or told.
func (c *Channel) ForceClose(at *Chain) {
	at.t.Helper()
	end, _ := c.of(at)
	state := end.State()
	state.State = channeltypes.CLOSED
	at.app.IBCKeeper.ChannelKeeper.SetChannel(at.inner.GetContext(), end.Port, end.ID, state)
	at.Block()
	require.False(at.t, end.Open())
}

// of is the end at a chain, and the other one.
func (c *Channel) of(chain *Chain) (*ChannelEnd, *ChannelEnd) {
	if c.A.Chain == chain {
		return c.A, c.B
	}
	return c.B, c.A
}

// State is the channel end as the chain has it.
func (e *ChannelEnd) State() channeltypes.Channel {
	e.Chain.t.Helper()
	channel, found := e.Chain.app.IBCKeeper.ChannelKeeper.GetChannel(e.Chain.state(), e.Port, e.ID)
	require.True(e.Chain.t, found, "%s has no channel %s", e.Chain.Name, e.ID)
	return channel
}

// Open tells whether packets can pass.
func (e *ChannelEnd) Open() bool { return e.State().State == channeltypes.OPEN }

func (e *ChannelEnd) key() []byte { return host.ChannelKey(e.Port, e.ID) }

func (e *ChannelEnd) label(what string) string { return e.Chain.portLabel(e.Port) + " " + what }

func (e *ChannelEnd) tx(what string, msg sdk.Msg) *Result {
	e.Chain.t.Helper()
	return e.Chain.Tx(Relayer, e.label(what), DefaultGas, msg)
}
