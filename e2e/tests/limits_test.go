package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// A relayer that grants too little gas spends it for nothing: wherever the gas ends, the slash
// is not taken in by half, and the packet waits for a relayer that grants enough.
func TestSlashRunsOutOfGas(t *testing.T) {
	s, service := synced(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	packet := pending(s, s.Consumer)
	const step = 20_000
	short := 0
	for gas := uint64(100_000); ; gas += step {
		result := s.RecvWithGas(gas, packet)
		if result.Err == nil {
			break
		}
		short++
		require.True(t, result.OutOfGas(), "%v", result.Err)
		require.False(t, packet.Received)
		untouched(s, service)
		require.False(t, s.Standing(service, operator).Tombstoned)
	}
	require.Greater(t, short, 10)
	require.Equal(t, "accepted", answer(s, packet))
	slashedOnce(s, service)
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.SyncAndRelay(service)
	audit(s, service)
}

func TestOperatorSetRunsOutOfGas(t *testing.T) {
	s, service := staked(t)
	s.Sync(service).OK()
	packet := pending(s, s.Host)
	for gas := uint64(120_000); ; gas += 20_000 {
		result := s.RecvWithGas(gas, packet)
		if result.Err == nil {
			break
		}
		require.True(t, result.OutOfGas(), "%v", result.Err)
		require.Empty(t, s.GatewayOperators())
		require.True(t, s.TotalPower().IsZero())
	}
	s.Relay()
	audit(s, service)
}

// What a user's transaction cannot pay for leaves no trace either.
func TestDepositRunsOutOfGas(t *testing.T) {
	s, service := staked(t)
	msg := suite.Msg{"deposit": suite.Msg{"operator": operator.String()}}
	for gas := uint64(80_000); ; gas += 20_000 {
		result := s.Host.ExecuteWithGas(gas, harness.Staker1, s.Vault, msg, harness.Coin(stake, harness.Bond))
		if result.Err == nil {
			break
		}
		require.True(t, result.OutOfGas(), "%v", result.Err)
		require.Equal(t, int64(2*stake), s.Books(suite.Native).Balance.Int64())
	}
	require.Equal(t, int64(3*stake), s.Books(suite.Native).Balance.Int64())
	s.SyncAndRelay(service)
	audit(s, service)
}

func TestSamePacketTwice(t *testing.T) {
	s, service := synced(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	packet := pending(s, s.Consumer)
	s.Recv(packet).OK()
	slashedOnce(s, service)
	// A second relayer brings it: the chain knows it, and does not ask the contract.
	again := s.Recv(packet).OK()
	require.Empty(t, again.Attributes("wasm-slash", "service"))
	slashedOnce(s, service)
	s.Acknowledge(packet).OK()
	s.Acknowledge(packet).OK()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	slashedOnce(s, service)
	audit(s, 0)
}

// Nor does an execution or a proof: with too little gas nothing of it happens, and it can be tried
// again.
func TestExecutionRunsOutOfGas(t *testing.T) {
	s, service := disputed(t)
	proof := s.SignsTwice(another)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	s.Advance(suite.Day)
	seized := int64(0)
	for _, msg := range []suite.Msg{
		{"execute": suite.Msg{"service": service, "request": "1"}},
		{"submit_equivocation": suite.Msg{"service": service, "evidence": proof}},
	} {
		short := 0
		for gas := uint64(100_000); ; gas += 20_000 {
			result := s.Host.ExecuteWithGas(gas, harness.Stranger, s.Slashing, msg)
			if result.Err == nil {
				break
			}
			short++
			require.True(t, result.OutOfGas(), "%v", result.Err)
			require.Equal(t, seized, s.Books(suite.Native).Seized.Int64())
			require.Equal(t, seized, s.Books(suite.LST).Seized.Int64())
		}
		require.Greater(t, short, 10)
		seized += stake / 20
		require.Equal(t, seized, s.Books(suite.Native).Seized.Int64())
	}
	require.Empty(t, s.PendingSlashes(operator))
	for _, name := range []harness.Name{operator, another} {
		require.True(t, s.Standing(service, name).Tombstoned)
	}
	s.Relay()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.SyncAndRelay(service)
	audit(s, service)
	require.True(t, s.TotalPower().IsZero())
}
