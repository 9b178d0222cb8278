package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// liquid is the asset that the consumer's token is on the host.
const liquid = "liquid"

// afar is a suite with an asset that comes from the consumer.
func afar(t *testing.T) (*suite.Suite, suite.Token) {
	t.Helper()
	s, _ := earning(t)
	token := s.Voucher(harness.Reward)
	kind, rate := suite.Msg{"native": suite.Msg{"denom": token.Denom}}, suite.Msg{"fixed": suite.Msg{"rate": "1"}}
	s.RegisterAsset(liquid, kind, rate).OK()
	return s, token
}

// One transaction on the consumer: the stake stands behind an operator of the host.
func TestDepositsFromAnotherChain(t *testing.T) {
	s, token := afar(t)
	had := s.Consumer.Balance(harness.Stranger.String(), harness.Reward)
	memo := s.DepositMemo(harness.Staker1, operator)
	s.Transfer(s.Consumer, harness.Stranger, s.Vault, memo, harness.Coin(600, harness.Reward)).OK()
	require.True(t, s.Position(harness.Staker1, operator, liquid).IsZero())
	packet := pending(s, s.Consumer)
	received := s.Recv(packet).OK()
	t.Logf("gas of a deposit received: %d", received.GasUsed)
	require.Empty(t, received.Ack.Error, suite.WhyRefused(received))
	require.Equal(t, int64(600), s.Position(harness.Staker1, operator, liquid).Int64())
	require.Equal(t, int64(600), s.HeldOf(token, s.Vault).Int64())
	s.Acknowledge(packet).OK()
	require.Equal(t, int64(600), had.Sub(s.Consumer.Balance(harness.Stranger.String(), harness.Reward)).Int64())

	s.Transfer(s.Consumer, harness.Stranger, s.Vault, s.DepositMemo(harness.Staker1, suite.Nobody), harness.Coin(150, harness.Reward)).OK()
	s.Relay()
	require.Equal(t, int64(750), s.HeldOf(token, s.Vault).Int64())
	books := s.Books(liquid)
	require.Equal(t, [2]int64{150, 600}, [2]int64{books.Idle.Int64(), books.Staked.Int64()})

	s.Undelegate(harness.Staker1, operator, liquid, 600).OK()
	s.Advance(s.Periods.Unbonding + s.Periods.Epoch)
	s.Claim(harness.Staker1, operator, liquid).OK()
	require.Equal(t, int64(600), s.HeldOf(token, harness.Staker1.String()).Int64())
}

// What the vault refuses, IBC refunds.
func TestRefusedDepositsFromAnotherChainAreRefunded(t *testing.T) {
	s, token := afar(t)
	had := s.Consumer.Balance(harness.Stranger.String(), harness.Reward)
	called := `{"dest_callback":{"address":"` + s.Vault + `"}`
	owner := `"owner":"` + harness.Staker1.String() + `"`
	for what, memo := range map[string]string{
		"no note":            called + `}`,
		"another's note":     called + `,"palisade":{"service":1}}`,
		"no owner":           called + `,"palisade":{"deposit":{"operator":"x"}}}`,
		"an owner elsewhere": called + `,"palisade":{"deposit":{"owner":"elsewhere1x"}}}`,
		"a misspelt field":   called + `,"palisade":{"deposit":{` + owner + `,"oprator":"x"}}}`,
		"nobody's operator":  s.DepositMemo(harness.Staker1, harness.Stranger),
		"too little gas":     `{"dest_callback":{"address":"` + s.Vault + `","gas_limit":"1000"},"palisade":{"deposit":{` + owner + `}}}`,
	} {
		s.Transfer(s.Consumer, harness.Stranger, s.Vault, memo, harness.Coin(600, harness.Reward)).OK()
		packet := pending(s, s.Consumer)
		result := s.Recv(packet).OK()
		require.NotEmpty(t, result.Ack.Error, what)
		s.Acknowledge(packet).OK()
		require.True(t, had.Equal(s.Consumer.Balance(harness.Stranger.String(), harness.Reward)), what)
	}
	require.True(t, s.HeldOf(token, s.Vault).IsZero())
	books := s.Books(liquid)
	require.True(t, books.Idle.IsZero() && books.Staked.IsZero())
}

// Coins that came without a memo are nobody's: the owner sends them back, and only them.
func TestCoinsWithoutMemoAreSentBack(t *testing.T) {
	s, token := afar(t)
	s.Transfer(s.Consumer, harness.Stranger, s.Vault, s.DepositMemo(harness.Staker1, operator), harness.Coin(600, harness.Reward)).OK()
	for _, contract := range []string{s.Vault, s.Allocation} {
		s.Transfer(s.Consumer, harness.Stranger, contract, "", harness.Coin(70, harness.Reward)).OK()
	}
	s.Relay()
	require.Equal(t, int64(670), s.HeldOf(token, s.Vault).Int64())
	require.Equal(t, int64(70), s.HeldOf(token, s.Allocation).Int64())
	for at, left := range map[string]int64{s.Vault: 600, s.Allocation: 0} {
		before := s.HeldOf(token, harness.Stranger.String())
		s.Recover(harness.Stranger, at, token, harness.Stranger).Refused("owner")
		s.Recover(harness.Owner, at, token, harness.Stranger).OK()
		require.Equal(t, int64(70), s.HeldOf(token, harness.Stranger.String()).Sub(before).Int64())
		require.Equal(t, left, s.HeldOf(token, at).Int64())
		s.Recover(harness.Owner, at, token, harness.Stranger).Refused("nothing of")
	}
}
