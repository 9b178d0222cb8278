package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// With a resolver a report is taken in and waits. Vetoed it takes nothing; unchallenged anybody has it
// executed, and is paid for that. Either end goes to the consumer.
func TestReportsCanBeDisputed(t *testing.T) {
	s, service := disputed(t)
	s.Report(harness.Reporter, s.SawKey(operator, suite.DoubleSign)).OK()
	s.Report(harness.Reporter, s.SawKey(another, suite.DoubleSign)).OK()
	s.Relay()
	for i, name := range []harness.Name{operator, another} {
		require.Equal(t, "accepted", s.ReportOf(int64(i+1)).Where())
		waiting := s.PendingSlashes(name)
		require.Len(t, waiting, 1)
		require.Equal(t, suite.Day, waiting[0].ExecutableAt.Sub(waiting[0].ReceivedAt.Time))
		require.False(t, s.Member(service, name).Jailed, "nothing is taken before its window is over")
		s.Execute(harness.Stranger, service, int64(i+1)).Refused("can be vetoed until")
	}
	require.True(t, s.Books(suite.Native).Seized.IsZero())

	for _, name := range []harness.Name{harness.Stranger, harness.Owner, harness.Guardian, harness.Service, operator} {
		s.Veto(name, service, 1).Refused("is not the resolver of service 1")
	}
	s.Veto(harness.Resolver, service, 3).Refused("has no request 3")
	s.Veto(harness.Resolver, service, 1).OK()
	told := pending(s, s.Host)
	require.JSONEq(t, `{"slash_outcome":{"nonce":"1","outcome":{"vetoed":{}}}}`, string(told.Data))
	require.Equal(t, "accepted", s.ReportOf(1).Where())
	s.Relay()
	require.Equal(t, "ended/vetoed", s.ReportOf(1).Where())
	s.Veto(harness.Resolver, service, 1).Refused("has ended")
	require.Empty(t, s.PendingSlashes(operator))

	s.Advance(suite.Day)
	s.Execute(harness.Stranger, service, 1).Refused("has ended")
	s.Veto(harness.Resolver, service, 2).Refused("could be vetoed until")
	s.Execute(harness.Stranger, service, 2).OK()
	s.Execute(harness.Stranger, service, 2).Refused("has ended")
	require.Equal(t, "accepted", s.ReportOf(2).Where())
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	require.Empty(t, s.Outcomes(service))
	require.Empty(t, s.PendingSlashes(another))

	states := map[string]string{"1": "vetoed", "2": "executed"}
	for _, request := range s.Requests(service) {
		require.Equal(t, states[request.Request.String()], request.State.Name())
	}
	require.False(t, s.Standing(service, operator).Tombstoned)
	require.True(t, s.Standing(service, another).Tombstoned)
	for _, asset := range []string{suite.Native, suite.LST} {
		require.Equal(t, int64(stake), s.Pool(operator, asset).Tokens.Int64())
		require.Equal(t, int64(stake-stake/20), s.Pool(another, asset).Tokens.Int64())
		require.Equal(t, int64(2_000), s.SeizedFor(asset, suite.Bounties).Int64())
		require.Equal(t, int64(48_000), s.SeizedFor(asset, service).Int64())
		held := s.Held(asset, harness.Stranger.String())
		s.PayOut(harness.Stranger, asset, suite.Bounties, suite.SendTo(harness.Stranger)).OK()
		require.Equal(t, int64(2_000), s.Held(asset, harness.Stranger.String()).Sub(held).Int64())
	}
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power/2, s.TotalPower().Int64())
}

// What a resolver refused can still be proved, and what waits is executed by its proof at once.
func TestProofGoesPastAVetoAndAWindow(t *testing.T) {
	s, service := disputed(t)
	crime, proof := s.SawKey(operator, suite.DoubleSign), s.SignsTwice(operator)
	s.Report(harness.Reporter, crime).OK()
	s.Relay()
	s.Veto(harness.Resolver, service, 1).OK()
	s.Relay()
	require.Equal(t, "ended/vetoed", s.ReportOf(1).Where())
	s.Report(harness.Reporter, crime).Refused("")

	s.Prove(harness.Stranger, service, proof).OK()
	requests := s.Requests(service)
	require.Len(t, requests, 2)
	require.Equal(t, "vetoed", requests[0].State.Name())
	require.Equal(t, "executed", requests[1].State.Name())
	require.Equal(t, "1", requests[1].Overrides.String())
	require.Equal(t, int64(stake/20), s.Books(suite.Native).Seized.Int64())
	s.Veto(harness.Resolver, service, 2).Refused("has ended")

	// Of the other operator a report waits, which the proof takes up.
	height := s.Consumer.Height()
	s.Report(harness.Reporter, s.SawKey(another, suite.DoubleSign)).OK()
	s.Relay()
	require.Equal(t, "accepted", s.ReportOf(2).Where())
	s.Prove(harness.Stranger, service, s.SignsTwice(another, func(d *suite.Double) { d.Height = height })).OK()
	require.Len(t, s.Requests(service), 3)
	require.True(t, s.Requests(service)[2].Proven)
	require.Empty(t, s.PendingSlashes(another))
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	require.Equal(t, int64(2*stake/20), s.Books(suite.Native).Seized.Int64())
	s.SyncAndRelay(service)
	audit(s, service)
	require.True(t, s.TotalPower().IsZero())
}

// The channel dies while one report waits at the host and one at the gateway. The veto's outcome waits
// for the next channel, as the report does.
func TestDisputesOutliveAChannel(t *testing.T) {
	s, service := disputed(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	s.Channel.ForceClose(s.Consumer)
	s.Channel.CloseConfirm(s.Host).OK()
	s.Veto(harness.Resolver, service, 1).OK()
	require.Empty(t, s.Pending(s.Host))
	require.Len(t, s.Outcomes(service), 1)
	s.RenewChannel(s.Link).OK()
	s.Report(harness.Reporter, s.Saw(another, suite.DoubleSign)).OK()
	require.Equal(t, "queued", s.ReportOf(2).Where())

	s.Channel = s.NewChannel(s.Link).Open()
	s.RelayReports().OK()
	s.SyncAndRelay(service)
	require.Equal(t, "ended/vetoed", s.ReportOf(1).Where())
	require.Equal(t, "accepted", s.ReportOf(2).Where())
	require.Empty(t, s.Outcomes(service))
	s.Advance(suite.Day)
	s.Execute(harness.Stranger, service, 2).OK()
	s.SyncAndRelay(service)
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	audit(s, service)
	require.Equal(t, power/2, s.TotalPower().Int64())
}

// Withdrawal between infraction and execution: who flees when a report comes pays all the same, and
// whoever leaves is never held up.
func TestFleeingFromAWindow(t *testing.T) {
	s, service := disputed(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	s.UndelegateAll(harness.Staker1, operator, suite.Native).OK()
	s.Advance(suite.Day)
	s.Execute(harness.Stranger, service, 1).OK()
	require.Equal(t, int64(stake-stake/20), s.Unbonding(harness.Staker1, operator, suite.Native).Int64())
	require.Equal(t, int64(stake/20), s.Books(suite.Native).Seized.Int64())
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	held := s.Held(suite.Native, harness.Staker1.String())
	s.Claim(harness.Staker1, operator, suite.Native).OK()
	require.Equal(t, int64(stake-stake/20), s.Held(suite.Native, harness.Staker1.String()).Sub(held).Int64())
	audit(s, 0)
}
