package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

func TestOperatorSetTimesOut(t *testing.T) {
	s, service := staked(t)
	s.Sync(service).OK()
	lost := pending(s, s.Host)
	s.Timeout(lost).Refused("timeout not reached")
	s.Advance(s.Periods.PacketTimeout)
	s.Recv(lost).Refused("timeout elapsed")
	s.Timeout(lost).OK()

	require.Empty(t, s.GatewayOperators())
	for _, name := range []harness.Name{operator, another} {
		delivery := s.Delivery(service, name)
		require.True(t, delivery.Dirty)
		require.Equal(t, "1", delivery.Sent.String())
		require.Equal(t, "0", delivery.Acked.String())
	}

	// The next sync tells the present powers, not those of the packet that was lost.
	s.Deposit(harness.Staker1, another, harness.Coin(stake, harness.Bond)).OK()
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power+stake, s.TotalPower().Int64())
	require.False(t, s.Delivery(service, another).Dirty)
}

func TestSlashTimesOut(t *testing.T) {
	s, service := synced(t)
	s.Report(harness.Reporter, s.SawKey(operator, suite.DoubleSign)).OK()
	lost := pending(s, s.Consumer)
	s.RelayReports().Refused("no report is due")
	s.Advance(s.Periods.PacketTimeout)
	s.Timeout(lost).OK()
	require.Equal(t, "queued", s.ReportOf(1).Where())
	untouched(s, service)

	s.RelayReports().OK()
	again := pending(s, s.Consumer)
	require.Equal(t, string(lost.Data), string(again.Data), "the same report under the same nonce")
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	require.Equal(t, uint32(2), s.ReportOf(1).Attempts)
	slashedOnce(s, service)
	audit(s, 0)
}

func TestOutcomeTimesOut(t *testing.T) {
	s, service := synced(t)
	s.Pause(s.Slashing, "executions").OK()
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	require.Equal(t, "accepted", s.ReportOf(1).Where())
	s.Execute(harness.Stranger, service, 1).Refused("executions are paused")
	s.Unpause(s.Slashing, "executions").OK()

	s.Execute(harness.Stranger, service, 1).OK()
	slashedOnce(s, service)
	lost := pending(s, s.Host)
	s.Advance(s.Periods.PacketTimeout)
	s.Timeout(lost).OK()
	outcomes := s.Outcomes(service)
	require.Len(t, outcomes, 1)
	require.False(t, outcomes[0].InFlight)
	require.Equal(t, "accepted", s.ReportOf(1).Where())

	s.SyncAndRelay(service)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	require.Empty(t, s.Outcomes(service))
	s.Execute(harness.Stranger, service, 1).Refused("has ended")
	slashedOnce(s, service)
	audit(s, service)
}

// Packets of both directions cross each other, late and in the wrong order.
func TestPacketsOvertakeEachOther(t *testing.T) {
	s, service := synced(t)
	s.Deposit(harness.Staker1, another, harness.Coin(stake, harness.Bond)).OK()
	s.Sync(service).OK()
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	slash := pending(s, s.Consumer)
	s.Undelegate(harness.Staker1, another, suite.Native, stake).OK()
	s.Sync(service).OK()
	updates := s.Pending(s.Host)
	require.Len(t, updates, 2)

	s.Recv(updates[1]).OK()
	s.Recv(slash).OK()
	s.Recv(updates[0]).OK()
	s.Acknowledge(updates[1]).OK()
	s.Acknowledge(slash).OK()
	s.Acknowledge(updates[0]).OK()
	slashedOnceOf(s, service)
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power/2, s.TotalPower().Int64())
}

// slashedOnceOf is slashedOnce where stake came and went meanwhile.
func slashedOnceOf(s *suite.Suite, service uint32) {
	s.T.Helper()
	require.Len(s.T, s.Requests(service), 1)
	require.Equal(s.T, "ended/executed", s.ReportOf(1).Where())
	require.Equal(s.T, int64(stake/20), s.Books(suite.Native).Seized.Int64())
}
