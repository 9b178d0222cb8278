package harness

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	channeltypes "github.com/cosmos/ibc-go/v11/modules/core/04-channel/types"
	"github.com/stretchr/testify/require"
)

// artifact is a file that scripts/build made.
func artifact(name string) string { return filepath.Join("..", "..", "artifacts", name) }

// fixture is a contract of wasmd's own tests, as it lies in the module.
func fixture(t *testing.T, name string) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CosmWasm/wasmd").Output()
	require.NoError(t, err)
	return filepath.Join(strings.TrimSpace(string(dir)), "tests", "integration", "testdata", name)
}

// reflected has wasmd's ibc_reflect on the consumer and ibc_reflect_send on the host. The send
// contract asks the other who it is as soon as the channel is open.
func reflected(t *testing.T) (*World, *Channel, string) {
	t.Helper()
	w := New(t)
	sender := w.Host.Instantiate(Owner, w.Host.Store(fixture(t, "ibc_reflect_send.wasm")), "reflect-send", Msg{})
	puppet := w.Consumer.Store(fixture(t, "reflect_1_5.wasm"))
	receiver := w.Consumer.Instantiate(Owner, w.Consumer.Store(fixture(t, "ibc_reflect.wasm")), "reflect",
		Msg{"reflect_code_id": puppet})
	channel := w.Channel(w.Host, w.Host.Port(sender), w.Consumer, w.Consumer.Port(receiver), "ibc-reflect-v1")
	channel.Order = channeltypes.ORDERED
	return w, channel, sender
}

// peers has two stand-ins and an open channel between them.
func peers(t *testing.T) (*World, *Channel, [2]string) {
	t.Helper()
	w := New(t)
	var addresses [2]string
	for i, chain := range []*Chain{w.Host, w.Consumer} {
		addresses[i] = chain.Instantiate(Owner, chain.Store(artifact("peer.wasm")), "peer", Msg{})
	}
	channel := w.Channel(w.Host, w.Host.Port(addresses[0]), w.Consumer, w.Consumer.Port(addresses[1]), "any").Open()
	return w, channel, addresses
}

// send makes the host's peer send a packet.
func send(w *World, channel *Channel, peer string, seconds int) *Packet {
	w.Host.Execute(Stranger, peer, Msg{"send": Msg{
		"channel_id": channel.A.ID,
		"data":       base64.StdEncoding.EncodeToString([]byte(`{"hello":{}}`)),
		"seconds":    seconds,
	}}).OK()
	pending := w.Pending(w.Host)
	return pending[len(pending)-1]
}

// seen is what a peer has seen.
type seen struct {
	Packets, Acks, Timeouts int
	LastAck                 []byte `json:"last_ack"`
}

func look(chain *Chain, peer string) (answer seen) {
	chain.Query(peer, Msg{"seen": Msg{}}, &answer)
	return answer
}

func TestPacketAndAck(t *testing.T) {
	w, channel, sender := reflected(t)
	channel.Open()
	require.True(t, channel.A.Open())
	require.True(t, channel.B.Open())

	pending := w.Pending(w.Host)
	require.Len(t, pending, 1)
	received := w.Recv(pending[0]).OK()
	require.Empty(t, received.Ack.Error)
	w.Acknowledge(pending[0]).OK()
	require.Empty(t, w.Pending(w.Host))

	var account struct {
		RemoteAddr string `json:"remote_addr"`
	}
	w.Host.Query(sender, Msg{"account": Msg{"channel_id": channel.A.ID}}, &account)
	require.NotEmpty(t, account.RemoteAddr)
	t.Log("\n" + w.GasTable())
}

func TestHandshakeRefused(t *testing.T) {
	_, channel, _ := reflected(t)
	channel.Order = channeltypes.UNORDERED
	refused := channel.Init().Refused("Only supports ordered channels")
	require.Equal(t, "Generic error: Only supports ordered channels", refused.Err.Text)
}

func TestReceiveOutOfGas(t *testing.T) {
	w, channel, addresses := peers(t)
	packet := send(w, channel, addresses[0], 600)
	w.Consumer.Execute(Stranger, addresses[1], Msg{"behave": Msg{"spin": Msg{}}}).OK()
	short := w.RecvWithGas(400_000, packet)
	require.True(t, short.OutOfGas(), "%v", short.Err)
	require.False(t, packet.Received)
	require.Zero(t, look(w.Consumer, addresses[1]).Packets)

	// The packet is still there, and can be tried again.
	w.Consumer.Execute(Stranger, addresses[1], Msg{"behave": Msg{"panic": Msg{}}}).OK()
	w.Recv(packet).Refused("told to")
	w.Consumer.Execute(Stranger, addresses[1], Msg{"behave": Msg{"refuse": "not today"}}).OK()
	w.Recv(packet).OK()
	require.Contains(t, packet.Ack.Error, "not today")
	require.Zero(t, look(w.Consumer, addresses[1]).Packets)
	require.Len(t, w.Relay(), 1)
	require.Equal(t, 1, look(w.Host, addresses[0]).Acks)
}

func TestTimeoutAfterLongTime(t *testing.T) {
	w, channel, addresses := peers(t)
	packet := send(w, channel, addresses[0], 24*3600)
	w.Timeout(packet).Refused("timeout not reached")
	w.Advance(40 * 24 * time.Hour)
	require.True(t, packet.Expired())
	w.Recv(packet).Refused("timeout elapsed")
	w.Timeout(packet).OK()
	require.Equal(t, 1, look(w.Host, addresses[0]).Timeouts)
	require.True(t, channel.A.Open(), "an unordered channel survives a timeout")
}

func TestClose(t *testing.T) {
	w, channel, addresses := peers(t)
	packet := send(w, channel, addresses[0], 24*3600)
	channel.CloseInit(w.Consumer, Stranger).OK()
	w.TimeoutOnClose(packet).OK()
	channel.CloseConfirm(w.Host).OK()
	require.False(t, channel.A.Open())
	require.False(t, channel.B.Open())
	require.Equal(t, 1, look(w.Host, addresses[0]).Timeouts)
}

func TestClocksApart(t *testing.T) {
	w := New(t)
	before := w.Host.Now()
	w.Consumer.Skew(15 * time.Minute)
	require.Equal(t, 15*time.Minute, w.Consumer.Now().Sub(w.Host.Now()))
	w.Advance(time.Hour)
	require.GreaterOrEqual(t, w.Host.Now().Sub(before), time.Hour)
}

func TestCw20(t *testing.T) {
	w := New(t)
	token := w.Host.Instantiate(Owner, w.Host.Store(artifact("cw20_base.wasm")), "token", Msg{
		"name": "token", "symbol": "TOK", "decimals": 6,
		"initial_balances": []Msg{{"address": Staker1.String(), "amount": "1000"}},
	})
	transfer := Msg{"transfer": Msg{"recipient": Staker2.String(), "amount": "400"}}
	w.Host.Execute(Staker1, token, transfer).OK()
	require.Equal(t, "600", w.Host.Cw20Balance(token, Staker1.String()).String())
	require.Equal(t, "400", w.Host.Cw20Balance(token, Staker2.String()).String())
	refused := w.Host.Execute(Stranger, token, transfer).Refused("Overflow")
	require.Equal(t, "Overflow: Cannot Sub with given operands", refused.Err.Text)
}

// baseline is what the simplest transactions cost, to compare the suite's with.
func baseline(t *testing.T) *World {
	w := New(t)
	w.Host.Send(Staker1, Staker2.String(), Coin(1_000, Bond)).OK()
	provider := w.Host.Instantiate(Owner, w.Host.Store(artifact("rate_provider.wasm")), "rate", Msg{"rate": "1.1"})
	set := Msg{"set": Msg{"rate": "1.2"}}
	w.Host.Execute(Staker1, provider, set).OK()
	w.Host.Execute(Staker1, provider, set, Coin(1_000, Bond)).OK().As("rate.set with funds, the first")
	w.Host.Execute(Staker1, provider, set, Coin(1_000, Bond)).OK().As("rate.set with funds")
	w.Host.Execute(Staker1, provider, Msg{"set": Msg{"rate": "x"}}).Refused("Error parsing whole")
	var answer struct {
		Rate      string
		UpdatedAt string `json:"updated_at"`
	}
	w.Host.Query(provider, Msg{"rate": Msg{}}, &answer)
	require.Equal(t, "1.2", answer.Rate)
	require.Equal(t, "2000", w.Host.Balance(provider, Bond).String())
	return w
}

func TestBaselineIsTheSameInEveryRun(t *testing.T) {
	first, second := baseline(t), baseline(t)
	require.Equal(t, first.Gas, second.Gas)
	t.Log("\n" + first.GasTable())
}

func TestMain(m *testing.M) {
	if _, err := os.Stat(artifact("peer.wasm")); err != nil {
		fmt.Fprintln(os.Stderr, "run scripts/build first:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
