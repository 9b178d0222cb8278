package harness

import (
	"time"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	connectiontypes "github.com/cosmos/ibc-go/v11/modules/core/03-connection/types"
	commitmenttypes "github.com/cosmos/ibc-go/v11/modules/core/23-commitment/types"
	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"
	"github.com/stretchr/testify/require"
)

// Light clients: periods as on a chain that unbonds in three weeks; the drift is
// large so that a story can set two clocks apart.
const (
	trustingPeriod  = 14 * 24 * time.Hour
	unbondingPeriod = 21 * 24 * time.Hour
	maxDrift        = 2 * time.Hour
)

// Link is a connection between two chains, with a light client of the other at each end.
type Link struct {
	A, B  *End
	world *World
	// dead tells that nobody updates the light clients any more.
	dead bool
}

// End is a chain's side of a link.
type End struct {
	Chain      *Chain
	Client     string
	Connection string
}

// Links are all connections, the oldest first.
func (w *World) Links() []*Link { return w.links }

// At is the end at a chain.
func (l *Link) At(chain *Chain) *End {
	end, _ := l.of(chain)
	return end
}

// Abandon leaves the light clients to expire: Advance and Relay pass the link by from now on.
func (l *Link) Abandon() { l.dead = true }

// of is the end at a chain, and the other end.
func (l *Link) of(chain *Chain) (*End, *End) {
	if l.A.Chain == chain {
		return l.A, l.B
	}
	return l.B, l.A
}

// Connect opens one more connection between two chains, with clients of its own.
func (w *World) Connect(a, b *Chain) *Link {
	w.t.Helper()
	return w.connect(a, b)
}

func (w *World) connect(a, b *Chain) *Link {
	w.t.Helper()
	l := &Link{A: &End{Chain: a}, B: &End{Chain: b}, world: w}
	l.createClient(l.A, l.B)
	l.createClient(l.B, l.A)
	relayer := Relayer.String()
	version := connectiontypes.GetCompatibleVersions()

	result := a.Tx(Relayer, "connection init", DefaultGas, connectiontypes.NewMsgConnectionOpenInit(
		l.A.Client, l.B.Client, b.inner.GetPrefix(), version[0], 0, relayer)).OK()
	l.A.Connection = result.Attribute(connectiontypes.EventTypeConnectionOpenInit, connectiontypes.AttributeKeyConnectionID)

	proof, height := l.prove(b, host.ConnectionKey(l.A.Connection))
	result = b.Tx(Relayer, "connection try", DefaultGas, connectiontypes.NewMsgConnectionOpenTry(
		l.B.Client, l.A.Connection, l.A.Client, a.inner.GetPrefix(), version, 0, proof, height, relayer)).OK()
	l.B.Connection = result.Attribute(connectiontypes.EventTypeConnectionOpenTry, connectiontypes.AttributeKeyConnectionID)

	proof, height = l.prove(a, host.ConnectionKey(l.B.Connection))
	a.Tx(Relayer, "connection ack", DefaultGas, connectiontypes.NewMsgConnectionOpenAck(
		l.A.Connection, l.B.Connection, proof, height, version[0], relayer)).OK()

	proof, height = l.prove(b, host.ConnectionKey(l.A.Connection))
	b.Tx(Relayer, "connection confirm", DefaultGas, connectiontypes.NewMsgConnectionOpenConfirm(
		l.B.Connection, proof, height, relayer)).OK()

	w.links = append(w.links, l)
	return l
}

// createClient makes a light client of the other chain.
func (l *Link) createClient(at, other *End) {
	at.Chain.t.Helper()
	other.Chain.Block()
	header := other.Chain.inner.LatestCommittedHeader
	height, ok := header.GetHeight().(clienttypes.Height)
	require.True(at.Chain.t, ok)
	state := ibctm.NewClientState(other.Chain.ID(), ibctm.DefaultTrustLevel, trustingPeriod, unbondingPeriod,
		maxDrift, height, commitmenttypes.GetSDKSpecs(), ibctesting.UpgradePath)
	msg, err := clienttypes.NewMsgCreateClient(state, header.ConsensusState(), Relayer.String())
	require.NoError(at.Chain.t, err)
	result := at.Chain.Tx(Relayer, "create client", DefaultGas, msg).OK()
	at.Client = result.Attribute(clienttypes.EventTypeCreateClient, clienttypes.AttributeKeyClientID)
}

// Update brings the light client at a chain up to the other chain's last block.
func (l *Link) Update(at *Chain) *Result {
	at.t.Helper()
	end, other := l.of(at)
	other.Chain.Block()
	trusted, ok := at.inner.GetClientLatestHeight(end.Client).(clienttypes.Height)
	require.True(at.t, ok)
	header, err := other.Chain.inner.IBCClientHeader(other.Chain.inner.LatestCommittedHeader, trusted)
	require.NoError(at.t, err)
	msg, err := clienttypes.NewMsgUpdateClient(end.Client, header, Relayer.String())
	require.NoError(at.t, err)
	return at.Tx(Relayer, plumbing, DefaultGas, msg).OK()
}

// prove updates the light client at a chain, and proves to it what the other chain has under a key, or that there is nothing.
func (l *Link) prove(at *Chain, key []byte) ([]byte, clienttypes.Height) {
	at.t.Helper()
	_, other := l.of(at)
	l.Update(at)
	return other.Chain.inner.QueryProof(key)
}
