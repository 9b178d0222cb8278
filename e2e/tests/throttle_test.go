package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// weight is what a double-sign of one operator draws from the throttle: 5 % of its power.
const weight = power / 2 / 20

// Two slashes where there is room for one: the first may overdraw by itself, the second bounces, waits
// at the gateway, and is taken in when it comes again, although it is older than evidence may be by then.
func TestThrottleBouncesAndRetries(t *testing.T) {
	s, service := synced(t)
	require.Equal(t, int64(105_000), weight)
	s.SetThrottle(service, 100_000, 100_000).OK()
	s.SetSharedThrottle(0).OK()
	first, second := s.Saw(operator, suite.DoubleSign), s.Saw(another, suite.DoubleSign)
	s.Advance(s.Periods.Evidence - time.Hour)

	s.Report(harness.Reporter, first).OK()
	s.Relay()
	slashedOnce(s, service)
	// What was drawn comes back by the second.
	require.InDelta(t, weight, s.Throttle(service).Limit.Used.Int64(), 20)
	received := s.Host.Now()
	s.Report(harness.Reporter, second).OK()
	packet := pending(s, s.Consumer)
	s.Recv(packet).OK()
	require.Equal(t, "bounced", answer(s, packet))
	s.Acknowledge(packet).OK()
	slashedOnce(s, service)
	require.Equal(t, "bounced", s.AnswerOf(service, 2).Name())
	require.Equal(t, "queued", s.ReportOf(2).Where())
	s.RelayReports().Refused("no report is due before")
	require.Empty(t, s.PendingSlashes(another))

	// 5 % of the bucket have to come back, of which all comes back in a day: 72 minutes.
	s.Advance(time.Hour)
	s.RelayReports().Refused("no report is due before")
	s.AdvanceTo(s.Host, received.Add(73*time.Minute))
	require.Less(t, s.Periods.Evidence, s.Host.Now().Sub(second.Time))
	s.RelayReports().OK()
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	require.Len(t, s.Requests(service), 2)
	for _, asset := range []string{suite.Native, suite.LST} {
		require.Equal(t, int64(2*stake/20), s.Books(asset).Seized.Int64())
	}
	audit(s, 0)
}

// A rogue service empties what all share, and not what is reserved for another; nor does it hold up a
// proof.
func TestRogueServiceStarvesNobody(t *testing.T) {
	s, rogueService := synced(t)
	local := s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, suite.Native, suite.LST))
	for _, name := range []harness.Name{operator, another} {
		s.OptIn(name, local, suite.Slices("0.3", suite.Native, suite.LST)).OK()
	}
	s.Advance(s.Periods.Allocation)
	s.Sync(local).OK()
	s.SetSharedThrottle(1_000).OK()
	s.SetThrottle(rogueService, 200_000, 0).OK()
	s.SetThrottle(local, 300_000, 200_000).OK()

	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where(), "it overdraws by itself")
	require.InDelta(t, weight, s.Throttle(rogueService).Shared.Used.Int64(), 1)
	s.Report(harness.Reporter, s.Saw(another, suite.Downtime)).OK()
	s.Relay()
	require.Equal(t, "queued", s.ReportOf(2).Where())
	require.Equal(t, "bounced", s.AnswerOf(rogueService, 2).Name())

	// The other service has its own part, and of that the last slash may overdraw.
	update := s.Member(local, another).UpdateID
	s.Slash(harness.Service, local, s.SlashOf(1, another, suite.Misconduct, update)).OK()
	require.Equal(t, "executed", s.Requests(local)[0].State.Name())
	require.Equal(t, 2*weight, s.Throttle(local).Reserved.Used.Int64())
	require.InDelta(t, weight, s.Throttle(local).Shared.Used.Int64(), 1, "the shared bucket was not asked")
	s.Slash(harness.Service, local, s.SlashOf(2, operator, suite.Misconduct, update)).OK()
	require.Len(t, s.Requests(local), 1, "bounced")
	require.Equal(t, "bounced", s.AnswerOf(local, 2).Name())

	s.Prove(harness.Stranger, rogueService, s.SignsTwice(another)).OK()
	require.True(t, s.Standing(rogueService, another).Tombstoned)
	audit(s, 0)
	// After the longest bouncing it is taken in whatever there is.
	s.Advance(s.Periods.BounceMax)
	s.RelayReports().OK()
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	audit(s, 0)
}

// The guardian stops a service that seems to have gone rogue; what it reports meanwhile comes again.
func TestSuspendedServiceIsHeardLater(t *testing.T) {
	s, service := synced(t)
	s.Suspend(harness.Stranger, service, time.Hour).Refused("")
	s.Suspend(harness.Guardian, service, 2*time.Hour).OK()
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	require.Equal(t, "queued", s.ReportOf(1).Where())
	untouched(s, service)
	s.Advance(2 * time.Hour)
	s.RelayReports().OK()
	s.Relay()
	slashedOnce(s, service)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.Suspend(harness.Guardian, service, time.Hour).Refused("")
	audit(s, 0)
}
