package tests

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// Anybody can have a channel to the transfer application whose other end writes the data of packets by hand:
// one that names two receivers, of which the chain takes the last, in whatever case it is written. The coins go
// there, and the contract that is called with it finds as many that are nobody's. They stay nobody's.
func TestPacketsWrittenByHandCreditNothing(t *testing.T) {
	const stray = 10_000
	s, service, token := named(t)
	kind, rate := suite.Msg{"native": suite.Msg{"denom": token.Denom}}, suite.Msg{"fixed": suite.Msg{"rate": "1"}}
	s.RegisterAsset(liquid, kind, rate).OK()
	for _, contract := range []string{s.Vault, s.Allocation} {
		s.Transfer(s.Consumer, harness.Stranger, contract, "", harness.Coin(stray, harness.Reward)).OK()
	}
	s.Relay()

	peer := s.DeployPeer(s.Consumer)
	channel := s.Link.Channel(s.Consumer, s.Consumer.Port(peer), "transfer", "ics20-1").Open()
	thief := &actor{s, s.Consumer, peer, channel.A}
	// As if the asset came home over that channel: any denom of the host can be named so.
	denom := fmt.Sprintf("%s/%s/transfer/%s/%s", channel.A.Port, channel.A.ID, s.Transfers.B.ID, harness.Reward)
	forged := func(contract, memo string) *harness.Packet {
		return thief.sends(fmt.Sprintf(
			`{"denom":%q,"amount":"%d","sender":"x","receiver":%q,"memo":%q,"Denom":"junk","Amount":"1","Receiver":%q}`,
			denom, stray, contract, memo, harness.Stranger))
	}
	junk := suite.Coins(channel.Voucher(s.Host, "junk"))

	// So the chain reads it, where it calls nobody.
	packet := forged(s.Vault, "")
	require.Empty(t, s.Recv(packet).OK().Ack.Error)
	require.Equal(t, int64(1), s.HeldOf(junk, harness.Stranger.String()).Int64())
	s.Acknowledge(packet).OK()

	for contract, memo := range map[string]string{
		s.Vault: s.DepositMemo(harness.Stranger, suite.Nobody), s.Allocation: s.RewardsMemo(service),
	} {
		packet := forged(contract, memo)
		received := s.Recv(packet).OK()
		require.NotEmpty(t, received.Ack.Error)
		require.Contains(t, suite.WhyRefused(received), "the data of the transfer cannot be read")
		s.Acknowledge(packet).OK()
	}
	require.True(t, s.Books(liquid).Idle.IsZero())
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())
	require.Equal(t, int64(1), s.HeldOf(junk, harness.Stranger.String()).Int64())
	for _, contract := range []string{s.Vault, s.Allocation} {
		require.Equal(t, int64(stray), s.HeldOf(token, contract).Int64())
		s.Recover(harness.Owner, contract, token, harness.Stranger).OK()
	}
	require.Equal(t, int64(2*stray), s.HeldOf(token, harness.Stranger.String()).Int64())
}
