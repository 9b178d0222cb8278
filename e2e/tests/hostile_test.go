package tests

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// rogue is a consumer whose gateway is a stand-in that says whatever it is told.
func rogue(t *testing.T) (*suite.Suite, uint32, *actor) {
	t.Helper()
	s := suite.New(t)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native, suite.LST))
	peer := s.DeployPeer(s.Consumer)
	s.SetPeer(service, s.Link, s.Consumer.Port(peer)).OK()
	s.Channel = s.Link.Channel(s.Host, s.Host.Port(s.Slashing), s.Consumer.Port(peer), suite.Version).Open()
	join(s, service)
	return s, service, &actor{s, s.Consumer, peer, s.Channel.B}
}

// actor is a stand-in at the end of a channel.
type actor struct {
	s     *suite.Suite
	chain *harness.Chain
	peer  string
	end   *harness.ChannelEnd
}

// behave sets what packets are answered with.
func (a *actor) behave(how suite.Msg) {
	a.s.T.Helper()
	a.chain.Execute(harness.Stranger, a.peer, suite.Msg{"behave": how}).OK()
}

// answers makes these bytes the acknowledgement of every packet.
func (a *actor) answers(text string) {
	a.s.T.Helper()
	a.behave(suite.Msg{"answer": base64.StdEncoding.EncodeToString([]byte(text))})
}

// applies makes the stand-in acknowledge as a gateway does.
func (a *actor) applies() {
	a.s.T.Helper()
	a.answers(result(fmt.Sprintf(`{"applied":{"height":"%d","time":"%d"}}`, a.chain.Height(), a.chain.Now().UnixNano())))
}

// result is an answer as an ack has it.
func result(json string) string {
	return fmt.Sprintf(`{"result":"%s"}`, base64.StdEncoding.EncodeToString([]byte(json)))
}

// sends makes the stand-in send these bytes, and returns the packet.
func (a *actor) sends(text string) *harness.Packet {
	a.s.T.Helper()
	a.chain.Execute(harness.Stranger, a.peer, suite.Msg{"send": suite.Msg{
		"channel_id": a.end.ID, "data": base64.StdEncoding.EncodeToString([]byte(text)), "seconds": 3_600,
	}}).OK()
	packets := a.s.Pending(a.chain)
	return packets[len(packets)-1]
}

// slash is a slash of an operator as JSON, as of an update, with the fields that a test changes.
func (a *actor) slash(nonce int, offender, kind string, update int, more string) string {
	return fmt.Sprintf(`{"slash":{"nonce":"%d","offender":%s,"infraction":"%s","update_id":"%d","height":"7","time":"%d"%s}}`,
		nonce, offender, kind, update, a.chain.Now().UnixNano(), more)
}

func byAddress(address string) string { return fmt.Sprintf(`{"operator":"%s"}`, address) }

func TestMalformedPacketsAreRefused(t *testing.T) {
	s, service, peer := rogue(t)
	peer.applies()
	s.SyncAndRelay(service)
	for name, data := range map[string]string{
		"no JSON":         "\x00\xff",
		"another variant": `{"mint":{"amount":"1"}}`,
		"a field missing": `{"slash":{"nonce":"1"}}`,
		"a negative":      strings.Replace(peer.slash(1, byAddress(operator.String()), suite.DoubleSign, 1, ""), `"7"`, `"-7"`, 1),
		"too large":       strings.Replace(peer.slash(1, byAddress(operator.String()), suite.DoubleSign, 1, ""), `"7"`, `"18446744073709551616"`, 1),
		"deep nesting":    strings.Repeat(`{"slash":`, 2_000) + strings.Repeat("}", 2_000),
		"a long list":     `[` + strings.Repeat("0,", 30_000) + `0]`,
	} {
		packet := peer.sends(data)
		s.Recv(packet).OK()
		require.NotEmpty(t, packet.Ack.Error, name)
		untouched(s, service)
	}
	audit(s, 0)
}

func TestSlashesWithoutGroundsAreRejected(t *testing.T) {
	s, service, peer := rogue(t)
	peer.applies()
	s.SyncAndRelay(service)
	key := base64.StdEncoding.EncodeToString(harness.Operator3.ConsensusKey(s.Consumer.ID()).PubKey().Bytes())
	future := fmt.Sprintf(`"time":"%d"`, s.Host.Now().Add(suite.Day).UnixNano())
	for name, data := range map[string]string{
		"never opted in":      peer.slash(1, byAddress(harness.Operator3.String()), suite.DoubleSign, 1, ""),
		"no address":          peer.slash(2, byAddress("nobody"), suite.DoubleSign, 1, ""),
		"a very long address": peer.slash(3, byAddress(strings.Repeat("a", 100_000)), suite.DoubleSign, 1, ""),
		"a stranger's key":    peer.slash(4, `{"key":"`+key+`"}`, suite.DoubleSign, 1, ""),
		"a short key":         peer.slash(5, `{"key":"AAAA"}`, suite.DoubleSign, 1, ""),
		"an unknown kind":     peer.slash(6, byAddress(operator.String()), "treason", 1, ""),
		"a very long kind":    peer.slash(7, byAddress(operator.String()), strings.Repeat("k", 100_000), 1, ""),
		"an update to come":   peer.slash(8, byAddress(operator.String()), suite.DoubleSign, 9, ""),
		"no update":           peer.slash(9, byAddress(operator.String()), suite.DoubleSign, 0, ""),
		"tomorrow":            timed(peer.slash(10, byAddress(operator.String()), suite.DoubleSign, 1, ""), future),
		"before it counted":   timed(peer.slash(11, byAddress(operator.String()), suite.DoubleSign, 1, ""), `"time":"1"`),
	} {
		packet := peer.sends(data)
		s.Recv(packet).OK()
		require.Equal(t, "rejected", answer(s, packet), name)
		untouched(s, service)
	}
	audit(s, 0)
}

// timed replaces the time of a slash.
func timed(slash, time string) string {
	at := strings.Index(slash, `"time"`)
	return slash[:at] + time + "}}"
}

// A consumer that turns rogue takes the slice of each operator, once, and no more, whatever it
// sends afterwards.
func TestRogueConsumerTakesTheSliceAtMost(t *testing.T) {
	s, service, peer := rogue(t)
	peer.applies()
	s.SyncAndRelay(service)
	for nonce := range 20 {
		for _, name := range []harness.Name{operator, another} {
			kind := []string{suite.DoubleSign, suite.Downtime}[nonce%2]
			slash := strings.Replace(peer.slash(2*nonce+1, byAddress(name.String()), kind, 1, ""), `"7"`, fmt.Sprintf(`"%d"`, nonce), 1)
			if name == another {
				slash = strings.Replace(slash, fmt.Sprintf(`"nonce":"%d"`, 2*nonce+1), fmt.Sprintf(`"nonce":"%d"`, 2*nonce+2), 1)
			}
			packet := peer.sends(slash)
			s.Recv(packet).OK()
			require.Empty(t, packet.Ack.Error)
		}
	}
	for _, asset := range []string{suite.Native, suite.LST} {
		require.Equal(t, int64(2*stake/20), s.Books(asset).Seized.Int64())
	}
	audit(s, 0)
	// Stakers leave as ever.
	s.UndelegateAll(harness.Staker1, operator, suite.Native).OK()
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	s.Claim(harness.Staker1, operator, suite.Native).OK()
	audit(s, 0)
}

func TestNonceWithOtherContent(t *testing.T) {
	s, service, peer := rogue(t)
	peer.applies()
	s.SyncAndRelay(service)
	slash := peer.slash(1, byAddress(operator.String()), suite.DoubleSign, 1, "")
	for round, want := range []string{"accepted", "duplicate", "duplicate"} {
		packet := peer.sends(slash)
		s.Recv(packet).OK()
		require.Equal(t, want, answer(s, packet), "round %d", round)
		slashedOnce(s, service)
	}
	other := peer.sends(peer.slash(1, byAddress(another.String()), suite.DoubleSign, 1, ""))
	s.Recv(other).OK()
	require.Equal(t, "rejected", answer(s, other))
	// Fields that a later version may add are ignored; the content is the same.
	newer := peer.sends(strings.Replace(slash, `{"slash":{`, `{"slash":{"colour":"red",`, 1))
	s.Recv(newer).OK()
	require.Equal(t, "duplicate", answer(s, newer))
	slashedOnce(s, service)
	audit(s, 0)
}

// Whatever comes back as an ack, the packet is settled, and the powers are told again.
func TestMalformedAcksDoNotStickAPacket(t *testing.T) {
	s, service, peer := rogue(t)
	for _, ack := range []string{
		"\x00\xff", "{}", `{"error":"not today"}`, `{"result":"AAAA"}`,
		result(`{"applied":{}}`), result(`{"applied":{"height":"-1","time":"0"}}`), result(`{"other":{}}`),
		`{"error":"` + strings.Repeat("x", 50_000) + `"}`,
	} {
		peer.answers(ack)
		s.Sync(service).OK()
		packet := pending(s, s.Host)
		s.Recv(packet).OK()
		s.Acknowledge(packet).OK()
		require.True(t, s.Delivery(service, operator).Dirty, "%.40q", ack)
		require.True(t, s.Delivery(service, operator).Acked.IsZero())
	}
	// A consumer that panics or runs without end keeps the packet pending until it times out.
	for _, how := range []suite.Msg{{"panic": suite.Msg{}}, {"spin": suite.Msg{}}} {
		peer.behave(how)
		s.Sync(service).OK()
		packet := pending(s, s.Host)
		require.Error(t, s.RecvWithGas(500_000, packet).Err)
		s.Advance(s.Periods.PacketTimeout)
		s.Timeout(packet).OK()
	}
	peer.applies()
	s.SyncAndRelay(service)
	require.False(t, s.Delivery(service, operator).Dirty)
	require.False(t, s.Delivery(service, operator).Acked.IsZero())
	audit(s, 0)
}

// IBC itself refuses acks that are not written as it writes them, and such a packet can neither be acknowledged nor time out. The
// owner lets the same peer open another channel, over which everything is told again.
func TestAckThatTheChainRefuses(t *testing.T) {
	s, service, peer := rogue(t)
	for _, ack := range []string{"null", `{"result": "AAAA"}`} {
		peer.answers(ack)
		s.Sync(service).OK()
		packets := s.Pending(s.Host)
		packet := packets[len(packets)-1]
		s.Recv(packet).OK()
		s.Acknowledge(packet).Refused("invalid acknowledgement")
		require.True(t, s.Delivery(service, operator).Acked.IsZero())

		s.SetPeer(service, s.Link, s.Consumer.Port(peer.peer)).OK()
		s.Channel = s.Link.Channel(s.Host, s.Host.Port(s.Slashing), s.Consumer.Port(peer.peer), suite.Version).Open()
	}
	peer.applies()
	s.Sync(service).OK()
	packets := s.Pending(s.Host)
	packet := packets[len(packets)-1]
	s.Recv(packet).OK()
	s.Acknowledge(packet).OK()
	require.False(t, s.Delivery(service, operator).Acked.IsZero())
	audit(s, 0)
}
