package tests

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// misled is a gateway whose host is a stand-in, which told it of one operator.
func misled(t *testing.T) (*suite.Suite, *actor) {
	t.Helper()
	s := suite.Deploy(t)
	peer := s.DeployPeer(s.Host)
	s.Gateway = s.DeployGateway("gateway", s.Link, s.Host.Port(peer))
	s.Channel = s.Link.Channel(s.Host, s.Host.Port(peer), s.Consumer.Port(s.Gateway), suite.Version).Open()
	host := &actor{s, s.Host, peer, s.Channel.A}
	packet := host.sends(set(1, operator, 5))
	s.Recv(packet).OK()
	require.Equal(t, "applied", answer(s, packet))
	s.Acknowledge(packet).OK()
	return s, host
}

func set(update int, name harness.Name, power int) string {
	return fmt.Sprintf(`{"operator_set":{"update_id":"%d","operators":[{"operator":"%s","power":"%d"}]}}`, update, name, power)
}

// bounce brings the only packet of the gateway to the host and its ack back.
func bounce(s *suite.Suite) {
	s.T.Helper()
	packet := pending(s, s.Consumer)
	s.Recv(packet).OK()
	s.Acknowledge(packet).OK()
}

func TestErrorAcksDoNotLoseAReport(t *testing.T) {
	s, host := misled(t)
	host.behave(suite.Msg{"refuse": "not today"})
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	attempts := uint32(1)
	for _, ack := range []string{"", "\x00\xff", "{}", result(`{"maybe":{}}`)} {
		if ack != "" {
			host.answers(ack)
		}
		bounce(s)
		report := s.ReportOf(1)
		require.Equal(t, "queued", report.Where())
		require.Equal(t, attempts, report.Attempts)
		require.NotNil(t, report.LastError)
		s.RelayReports().Refused("no report is due before")
		s.Advance(10 * time.Minute)
		s.RelayReports().OK()
		attempts++
	}
	host.answers(result(`{"accepted":{"request":"1","outcome":{"executed":{}}}}`))
	bounce(s)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.RelayReports().Refused("no report is due")
}

func TestBouncedReportWaitsItsTime(t *testing.T) {
	s, host := misled(t)
	retry := s.Consumer.Now().Add(2 * time.Hour)
	host.answers(result(fmt.Sprintf(`{"bounced":{"retry_at":"%d"}}`, retry.UnixNano())))
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	bounce(s)
	s.RelayReports().Refused("no report is due before")
	s.AdvanceTo(s.Consumer, retry)
	host.answers(result(`{"accepted":{"request":"1"}}`))
	s.RelayReports().OK()
	bounce(s)
	require.Equal(t, "accepted", s.ReportOf(1).Where())

	// Only an outcome ends it now, and only once.
	for _, outcome := range []string{"executed", "vetoed"} {
		packet := host.sends(fmt.Sprintf(`{"slash_outcome":{"nonce":"1","outcome":{"%s":{}}}}`, outcome))
		s.Recv(packet).OK()
		require.Equal(t, "applied", answer(s, packet))
		require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	}
}

// Updates that come late, twice or malformed change nothing.
func TestGatewayKeepsTheNewestPowers(t *testing.T) {
	s, host := misled(t)
	newer, older := host.sends(set(7, operator, 70)), host.sends(set(3, operator, 30))
	s.Recv(newer).OK()
	s.Recv(older).OK()
	require.Equal(t, "applied", answer(s, older))
	require.Equal(t, int64(70), s.TotalPower().Int64())
	same := host.sends(set(7, operator, 71))
	s.Recv(same).OK()
	require.Equal(t, int64(70), s.TotalPower().Int64())

	for _, data := range []string{
		"", "[]", set(0, operator, 1), set(8, operator, -1),
		`{"operator_set":{"update_id":"9","operators":[{"operator":"a","power":"1"},{"operator":"a","power":"2"}]}}`,
		`{"operator_set":{"update_id":"9","operators":[{"operator":"a","key":"AAAA","power":"1"}]}}`,
		`{"slash_everybody":{}}`,
	} {
		packet := host.sends(data + " ")
		s.Recv(packet).OK()
		require.NotEmpty(t, packet.Ack.Error, data)
		require.Equal(t, int64(70), s.TotalPower().Int64())
	}
	gone := host.sends(set(9, operator, 0))
	s.Recv(gone).OK()
	require.Empty(t, s.GatewayOperators())
	s.Report(harness.Stranger, s.Saw(operator, suite.DoubleSign)).Refused("")
}
