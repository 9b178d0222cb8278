package tests

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

const (
	operator = harness.Operator1
	another  = harness.Operator2
	// stake stands behind each operator, in each asset.
	stake = 1_000_000
)

// staked is a suite with two operators that count for a consumer, once it is synced.
func staked(t *testing.T) (*suite.Suite, uint32) {
	t.Helper()
	return stakedBy(t, suite.ConsumerTerms(suite.Native, suite.LST))
}

// stakedBy is staked, with a consumer of these terms.
func stakedBy(t *testing.T, terms suite.Terms) (*suite.Suite, uint32) {
	t.Helper()
	s := suite.New(t)
	service := s.RegisterService(harness.Service, terms)
	s.Connect(service)
	join(s, service)
	return s, service
}

// join lets both operators opt in to a service, with stake behind them, and waits until it counts.
func join(s *suite.Suite, service uint32) {
	s.T.Helper()
	for _, name := range []harness.Name{operator, another} {
		s.RegisterOperator(name).OK()
		s.Deposit(harness.Staker1, name, harness.Coin(stake, harness.Bond)).OK()
		s.DepositCw20(harness.Staker2, name, stake).OK()
		s.OptInWithKey(name, service, suite.Slices("0.05", suite.Native, suite.LST)).OK()
	}
	s.Advance(s.Periods.Allocation)
}

// synced is staked, with the consumer knowing its operators.
func synced(t *testing.T) (*suite.Suite, uint32) {
	t.Helper()
	return syncedBy(t, suite.ConsumerTerms(suite.Native, suite.LST))
}

// syncedBy is synced, with a consumer of these terms.
func syncedBy(t *testing.T, terms suite.Terms) (*suite.Suite, uint32) {
	t.Helper()
	s, service := stakedBy(t, terms)
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power, s.TotalPower().Int64())
	return s, service
}

// disputed is synced, with a resolver who has a day to refuse what is not proved.
func disputed(t *testing.T) (*suite.Suite, uint32) {
	t.Helper()
	return syncedBy(t, suite.ConsumerTerms(suite.Native, suite.LST).Disputed(harness.Resolver, suite.Day))
}

// power is what both operators count for together: rates are 1 and 1.1.
const power int64 = 2 * (stake + stake*11/10)

func audit(s *suite.Suite, service uint32) {
	s.T.Helper()
	s.Audit(service, operator, another)
}

// untouched holds that nothing was seized and nothing asked for.
func untouched(s *suite.Suite, service uint32) {
	s.T.Helper()
	require.Empty(s.T, s.Requests(service))
	for _, asset := range []string{suite.Native, suite.LST} {
		require.Equal(s.T, int64(2*stake), s.Books(asset).Staked.Int64())
		require.True(s.T, s.Books(asset).Seized.IsZero())
	}
}

// slashedOnce holds that one double-sign was punished, and no more than that.
func slashedOnce(s *suite.Suite, service uint32) {
	s.T.Helper()
	requests := s.Requests(service)
	require.Len(s.T, requests, 1)
	require.Equal(s.T, "executed", requests[0].State.Name())
	require.True(s.T, s.Standing(service, operator).Tombstoned)
	for _, asset := range []string{suite.Native, suite.LST} {
		require.Equal(s.T, int64(stake/20), s.Books(asset).Seized.Int64())
		require.Equal(s.T, int64(2*stake-stake/20), s.Books(asset).Staked.Int64())
	}
}

// pending is the only packet that a chain waits to hear of.
func pending(s *suite.Suite, from *harness.Chain) *harness.Packet {
	s.T.Helper()
	packets := s.Pending(from)
	require.Len(s.T, packets, 1)
	return packets[0]
}

// answer is the name of the result in an ack.
func answer(s *suite.Suite, packet *harness.Packet) string {
	s.T.Helper()
	require.NotNil(s.T, packet.Ack)
	require.Empty(s.T, packet.Ack.Error)
	var result suite.State
	require.NoError(s.T, json.Unmarshal(packet.Ack.Result, &result))
	return result.Name()
}
