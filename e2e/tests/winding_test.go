package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// A service ends: powers fall to zero first, what was done before is punished still, its outcome is
// told, and then the operators have their slots and slices back.
func TestServiceIsWoundDown(t *testing.T) {
	s, service := disputed(t)
	proof := s.SignsTwice(another)
	s.Report(harness.Reporter, s.Saw(operator, suite.Downtime)).OK()
	s.Relay()
	s.StopService(harness.Stranger, service).Refused("is not the admin")
	s.StopService(harness.Service, service).OK()
	s.StopService(harness.Service, service).Refused("was stopped at")
	s.RegisterOperator(harness.Operator3).OK()
	s.OptInWithKey(harness.Operator3, service, suite.Slices("0.05", suite.Native)).Refused("is being wound down")

	s.Advance(suite.Day / 24)
	s.SyncAndRelay(service)
	require.True(t, s.TotalPower().IsZero())
	require.Empty(t, s.GatewayOperators())
	audit(s, service)
	// The slices stand until the normal delay is over, for what was done before.
	for _, name := range []harness.Name{operator, another} {
		require.True(t, s.Member(service, name).Leaving)
		require.False(t, s.Member(service, name).Slice(suite.Native).IsZero())
		s.Leave(harness.Stranger, name, service).Refused("")
	}
	s.Prove(harness.Stranger, service, proof).OK()
	require.Equal(t, int64(stake/20), s.Books(suite.Native).Seized.Int64())
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).Refused("had no power")

	s.Advance(suite.Day)
	s.Execute(harness.Stranger, service, 1).OK()
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	require.Equal(t, int64(stake/20+stake/10_000), s.Books(suite.Native).Seized.Int64())

	s.Advance(s.Periods.Deallocation + s.Periods.MaxLag)
	for _, name := range []harness.Name{operator, another} {
		s.Leave(harness.Stranger, name, service).OK()
	}
	require.Empty(t, s.Members(service))
	audit(s, 0)
	s.UndelegateAll(harness.Staker1, operator, suite.Native).OK()
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	held := s.Held(suite.Native, harness.Staker1.String())
	s.Claim(harness.Staker1, operator, suite.Native).OK()
	require.Equal(t, int64(stake-stake/10_000), s.Held(suite.Native, harness.Staker1.String()).Sub(held).Int64())
	audit(s, 0)
}

// The owner cuts a gateway off: what it says from then on counts for nothing, and changes nothing.
// Admitted again, over a new channel, it is heard again.
func TestGatewayIsCutOff(t *testing.T) {
	s, service := synced(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	packet := pending(s, s.Consumer)
	s.CutOff(service).OK()
	require.Empty(t, s.LiveChannel(service))
	s.Recv(packet).OK()
	require.NotEmpty(t, packet.Ack.Error)
	s.Acknowledge(packet).OK()
	untouched(s, service)
	s.NewChannel(s.Link).Init().Refused("is the peer of no service")
	s.Sync(service).OK()
	require.Empty(t, s.Pending(s.Host))
	// A proof asks no gateway.
	s.Prove(harness.Stranger, service, s.SignsTwice(another)).OK()

	s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)).OK()
	s.RenewChannel(s.Link).OK()
	s.Channel = s.NewChannel(s.Link).Open()
	s.Advance(suite.Day / 24)
	s.RelayReports().OK()
	s.SyncAndRelay(service)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.SyncAndRelay(service)
	audit(s, service)
	require.True(t, s.TotalPower().IsZero())
}

// Seized tokens that a recipient does not take are redirected by the service to where its proceeds
// go now, and nobody else's are.
func TestProceedsAreRedirected(t *testing.T) {
	s := suite.New(t)
	terms := suite.LocalTerms(harness.Service, suite.Native, suite.LST)
	blocked := suite.Msg{"send": suite.Msg{"recipient": s.Host.ModuleAddress("distribution")}}
	terms.Proceeds = blocked
	service := s.RegisterService(harness.Service, terms)
	s.RegisterOperator(operator).OK()
	s.Deposit(harness.Staker1, operator, harness.Coin(stake, harness.Bond)).OK()
	s.OptIn(operator, service, suite.Slices("0.3", suite.Native)).OK()
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, s.Member(service, operator).UpdateID)).OK()
	s.PayOut(harness.Stranger, suite.Native, service, blocked).Refused("is not allowed to receive funds")
	s.RedirectProceeds(harness.Service, service, suite.Native, blocked).Refused("has its proceeds go there")

	terms.Proceeds = suite.SendTo(harness.Service)
	s.UpdateSettings(harness.Service, service, terms).OK()
	s.Advance(s.Periods.Unbonding)
	s.RedirectProceeds(harness.Stranger, service, suite.Native, blocked).Refused("is not the admin")
	s.RedirectProceeds(harness.Service, service, suite.Native, blocked).OK()
	held := s.Held(suite.Native, harness.Service.String())
	s.PayOut(harness.Stranger, suite.Native, service, terms.Proceeds).OK()
	require.Equal(t, int64(stake/10), s.Held(suite.Native, harness.Service.String()).Sub(held).Int64())
	require.True(t, s.Books(suite.Native).Seized.IsZero())
	s.Audit(0, operator)
}
