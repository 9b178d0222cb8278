package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// reward is what a service pays.
const reward = 1_000_003

// eachCounts is what each operator earns by: its stake in both assets, at their rates.
const eachCounts = stake + stake*11/10

// earning is a consumer whose operators have weight, with a channel for its rewards.
func earning(t *testing.T) (*suite.Suite, uint32) {
	t.Helper()
	s, service := synced(t)
	s.OpenTransfer(service)
	s.Advance(s.Periods.Epoch)
	s.SyncAndRelay(service)
	return s, service
}

// named is earning, with the consumer's own token named.
func named(t *testing.T) (*suite.Suite, uint32, suite.Token) {
	t.Helper()
	s, service := earning(t)
	token := s.Voucher(harness.Reward)
	s.AddRewardTokens(harness.Service, service, token).OK()
	require.Equal(t, int64(2*eachCounts), s.ServiceRewards(service, token).Weight.Int64())
	return s, service, token
}

// sent has the gateway send coins that the service gave it.
func sent(s *suite.Suite, coin sdk.Coin) *harness.Packet {
	s.T.Helper()
	s.Fund(harness.Service, coin)
	s.SendRewards(harness.Stranger, coin.Denom).OK()
	require.True(s.T, s.Consumer.Balance(s.Gateway, coin.Denom).IsZero())
	return pending(s, s.Consumer)
}

// counted holds that rewards add up, where so much was paid out to stakers and operators.
func counted(s *suite.Suite, service uint32, token suite.Token, out suite.Int) suite.Purse {
	s.T.Helper()
	purse := s.Purse(token, []uint32{service}, []harness.Name{operator, another},
		harness.Staker1.String(), harness.Staker2.String(), harness.Staker3.String())
	for _, difference := range purse.Audit(token, out, 12) {
		s.T.Error(difference)
	}
	if s.T.Failed() {
		s.T.FailNow()
	}
	return purse
}

func TestConsumerPaysInItsOwnToken(t *testing.T) {
	s, service, token := named(t)
	packet := sent(s, harness.Coin(reward, harness.Reward))
	require.True(t, s.HeldOf(token, s.Allocation).IsZero())
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())

	// The coins arrive and are credited in one transaction.
	received := s.Recv(packet).OK()
	t.Logf("gas of rewards received: %d", received.GasUsed)
	require.Empty(t, received.Ack.Error, suite.WhyRefused(received))
	require.Equal(t, int64(reward), s.HeldOf(token, s.Allocation).Int64())
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	s.Acknowledge(packet).OK()
	require.True(t, s.Consumer.Balance(s.Gateway, harness.Reward).IsZero())

	// Both operators weigh the same; of each pool's part the fraction of a unit is not paid.
	commission := suite.Zero
	for _, name := range []harness.Name{operator, another} {
		parts := s.Earned(service, name, token)
		require.Equal(t, int64(reward*stake/(2*eachCounts)), parts[suite.Native].Int64())
		require.Equal(t, int64(reward*eachCounts/(2*eachCounts)), parts[suite.Native].Add(parts[suite.LST]).Int64())
	}
	counted(s, service, token, suite.Zero)

	for _, part := range s.Earned(service, operator, token) {
		commission = commission.Add(part.QuoRaw(20))
	}

	// Anybody may harvest; it flows through the next period, less commission.
	s.Harvest(harness.Stranger, service, operator).OK()
	require.Empty(t, s.Earned(service, operator, token))
	require.NotEmpty(t, s.Earned(service, another, token))
	require.Equal(t, "0", s.Claimable(harness.Staker1.String(), token).String())
	purse := counted(s, service, token, suite.Zero)
	require.Equal(t, commission.String(), purse.Commission.String())
	require.Equal(t, purse.Harvested, purse.Flowing.Add(purse.Commission))
	s.Payday()
	purse = counted(s, service, token, suite.Zero)
	require.True(t, purse.Flowing.IsZero())

	claimable := s.Claimable(harness.Staker1.String(), token)
	require.Equal(t, claimable, s.ClaimableOf(harness.Staker1, operator, suite.Native, token))
	require.True(t, claimable.IsPositive())
	s.ClaimRewards(harness.Staker1).OK()
	require.Equal(t, claimable, s.HeldOf(token, harness.Staker1.String()))
	require.True(t, s.Claimable(harness.Staker1.String(), token).IsZero())
	counted(s, service, token, claimable)
	s.ClaimCommission(operator).OK()
	require.Equal(t, purse.Commission, s.HeldOf(token, operator.String()))
	counted(s, service, token, claimable.Add(purse.Commission))
	audit(s, service)
}

func TestHostTokensComeHomeAsRewards(t *testing.T) {
	s, service := earning(t)
	home := suite.Coins(harness.Bond)
	s.AddRewardTokens(harness.Service, service, home).OK()
	s.Transfer(s.Host, harness.Service, harness.Service.String(), "", harness.Coin(reward, harness.Bond)).OK()
	s.Relay()
	require.Equal(t, int64(reward), s.Transfers.Escrowed(s.Host, harness.Bond).Int64())
	voucher := s.Transfers.Voucher(s.Consumer, harness.Bond)
	s.Recv(sent(s, harness.Coin(reward, voucher))).OK()
	require.True(t, s.Transfers.Escrowed(s.Host, harness.Bond).IsZero())
	require.Equal(t, int64(reward), s.ServiceRewards(service, home).Paid.Int64())
	counted(s, service, home, suite.Zero)
	s.Relay()

	// They are the asset itself: a staker has them staked again, and the rest is paid out.
	for _, name := range []harness.Name{operator, another} {
		s.Harvest(harness.Stranger, service, name).OK()
	}
	s.Payday()
	before := s.Position(harness.Staker1, operator, suite.Native).Add(s.Position(harness.Staker1, another, suite.Native))
	claimable := s.Claimable(harness.Staker1.String(), home)
	s.Compound(harness.Staker1, nil, home).OK()
	after := s.Position(harness.Staker1, operator, suite.Native).Add(s.Position(harness.Staker1, another, suite.Native))
	require.Equal(t, claimable, after.Sub(before))
	require.True(t, s.Claimable(harness.Staker1.String(), home).IsZero())
	counted(s, service, home, claimable)
	s.SyncAndRelay(service)
	audit(s, service)

	// Rewards of stake in another asset are staked in the asset that they are paid in.
	claimable = s.Claimable(harness.Staker2.String(), home)
	s.Compound(harness.Staker2, []suite.PoolKey{suite.PoolOf(operator, suite.LST)}, home).OK()
	compounded := s.Position(harness.Staker2, operator, suite.Native)
	require.Equal(t, claimable, compounded.Add(s.Claimable(harness.Staker2.String(), home)))
	require.True(t, s.Position(harness.Staker2, another, suite.Native).IsZero())
	s.SyncAndRelay(service)
	audit(s, service)
}

func TestUnnamedTokensAreRefundedAndSentAgain(t *testing.T) {
	s, service := earning(t)
	token := s.Voucher(harness.Reward)
	refused(s, sent(s, harness.Coin(reward, harness.Reward)), "pays no rewards in")
	require.True(t, s.HeldOf(token, s.Allocation).IsZero())
	require.Equal(t, int64(reward), s.Consumer.Balance(s.Gateway, harness.Reward).Int64())

	s.AddRewardTokens(harness.Service, service, token).OK()
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())
	s.SendRewards(harness.Stranger, harness.Reward).OK()
	s.Relay()
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	s.SendRewards(harness.Stranger, harness.Reward).Refused("the gateway holds no " + harness.Reward)
	counted(s, service, token, suite.Zero)
}

// refused brings rewards to the host that it does not take: they are refunded to who sent them.
func refused(s *suite.Suite, packet *harness.Packet, words string) {
	s.T.Helper()
	result := s.Recv(packet).OK()
	require.NotEmpty(s.T, result.Ack.Error)
	why := suite.WhyRefused(result)
	s.T.Logf("refused with %q, because: %s", result.Ack.Error, why)
	require.Contains(s.T, why, words)
	s.Acknowledge(packet).OK()
}

func TestRewardsOfUnknownServicesAreRefunded(t *testing.T) {
	s, service, token := named(t)
	s.SetRewardsRoute(harness.Stranger, service).Refused("owner")
	s.SetRewardsRoute(harness.Owner, 99).OK()
	refused(s, sent(s, harness.Coin(reward, harness.Reward)), "99")
	require.Equal(t, int64(reward), s.Consumer.Balance(s.Gateway, harness.Reward).Int64())
	require.True(t, s.HeldOf(token, s.Allocation).IsZero())

	s.SetRewardsRoute(harness.Owner, service).OK()
	s.SendRewards(harness.Stranger, harness.Reward).OK()
	s.Relay()
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	counted(s, service, token, suite.Zero)
}

func TestRewardsTimeOut(t *testing.T) {
	s, service, token := named(t)
	lost := sent(s, harness.Coin(reward, harness.Reward))
	s.Advance(s.Periods.PacketTimeout)
	s.Recv(lost).Refused("timeout elapsed")
	s.Timeout(lost).OK()
	require.Equal(t, int64(reward), s.Consumer.Balance(s.Gateway, harness.Reward).Int64())
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())

	// What was refunded goes together with what came meanwhile.
	packet := sent(s, harness.Coin(7, harness.Reward))
	s.Relay()
	require.True(t, packet.Done)
	require.Equal(t, int64(reward+7), s.ServiceRewards(service, token).Paid.Int64())
	counted(s, service, token, suite.Zero)
}

// The memo of a transfer to somebody else names the allocation contract.
func TestTransfersToOthersAreNoRewards(t *testing.T) {
	s, service, token := named(t)
	coin := harness.Coin(reward, harness.Reward)
	s.Transfer(s.Consumer, harness.Stranger, harness.Stranger.String(), s.RewardsMemo(service), coin).OK()
	packet := pending(s, s.Consumer)
	received := s.Recv(packet).OK()
	require.Contains(t, suite.WhyRefused(received), "they have to go to")
	s.Relay()
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())
	require.True(t, s.HeldOf(token, s.Allocation).IsZero())
	// Whatever became of it, the coins are still the stranger's.
	there := s.HeldOf(token, harness.Stranger.String())
	require.Equal(t, int64(harness.Genesis), there.Add(s.Consumer.Balance(harness.Stranger.String(), harness.Reward)).Int64())
	counted(s, service, token, suite.Zero)
}

// Coins that come without a memo are nobody's, and no later payment takes them for its own.
func TestTransfersWithoutMemoAreNotCredited(t *testing.T) {
	s, service, token := named(t)
	s.Transfer(s.Consumer, harness.Stranger, s.Allocation, "", harness.Coin(777, harness.Reward)).OK()
	s.Relay()
	require.Equal(t, int64(777), s.HeldOf(token, s.Allocation).Int64())
	require.True(t, s.ServiceRewards(service, token).Paid.IsZero())
	sent(s, harness.Coin(reward, harness.Reward))
	s.Relay()
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	require.Equal(t, int64(reward+777), s.HeldOf(token, s.Allocation).Int64())
}

// Not the gateway alone: whoever has coins on the consumer rewards its operators.
func TestAnybodyRewardsOverIBC(t *testing.T) {
	s, service, token := named(t)
	s.Transfer(s.Consumer, harness.Stranger, s.Allocation, s.RewardsMemo(service), harness.Coin(reward, harness.Reward)).OK()
	s.Relay()
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	for what, memo := range map[string]string{
		"no service":        `{"dest_callback":{"address":"` + s.Allocation + `"}}`,
		"no number":         `{"dest_callback":{"address":"` + s.Allocation + `"},"palisade":{"service":"1"}}`,
		"a negative number": `{"dest_callback":{"address":"` + s.Allocation + `"},"palisade":{"service":-1}}`,
	} {
		s.Transfer(s.Consumer, harness.Stranger, s.Allocation, memo, harness.Coin(reward, harness.Reward)).OK()
		packet := pending(s, s.Consumer)
		result := s.Recv(packet).OK()
		require.NotEmpty(t, result.Ack.Error, what)
		s.Acknowledge(packet).OK()
	}
	require.Equal(t, int64(harness.Genesis-reward), s.Consumer.Balance(harness.Stranger.String(), harness.Reward).Int64())
	counted(s, service, token, suite.Zero)
}

// A relayer that reserves too little gas for the callback fails itself alone: the packet comes again.
func TestRewardsWithTooLittleGasComeAgain(t *testing.T) {
	s, service, token := named(t)
	packet := sent(s, harness.Coin(reward, harness.Reward))
	require.True(t, s.RecvWithGas(200_000, packet).OutOfGas())
	require.Nil(t, packet.Ack)
	s.Relay()
	require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
	counted(s, service, token, suite.Zero)
}

func TestHostPaysInCoinsAndCw20(t *testing.T) {
	s, service := earning(t)
	coins, lst := suite.Coins(harness.Reward), suite.Token{Cw20: s.Token}
	s.AddRewardTokens(harness.Stranger, service, coins).Refused("may not do this")
	s.PayRewards(harness.Service, service, harness.Coin(reward, harness.Reward)).Refused("pays no rewards in")
	s.PayRewardsCw20(harness.Staker3, service, s.Token, reward).Refused("pays no rewards in")
	s.AddRewardTokens(harness.Service, service, coins, lst).OK()
	s.AddRewardTokens(harness.Service, service, coins).Refused("native/" + harness.Reward)

	s.PayRewards(harness.Stranger, service, harness.Coin(reward, harness.Reward)).OK()
	s.PayRewardsCw20(harness.Staker3, service, s.Token, reward).OK()
	s.PayRewards(harness.Stranger, service, harness.Coin(1, harness.Bond), harness.Coin(1, harness.Reward)).Refused("more than one denomination")
	s.PayRewards(harness.Stranger, service).Refused("No funds sent")
	s.PayRewards(harness.Stranger, 99, harness.Coin(1, harness.Reward)).Refused("99")
	fake := s.DeployToken("fake", harness.Stranger)
	s.PayRewardsCw20(harness.Stranger, service, fake, reward).Refused("pays no rewards in")
	s.Host.Execute(harness.Stranger, s.Allocation, suite.Msg{"receive": suite.Msg{
		"sender": harness.Stranger.String(), "amount": "1000000", "msg": "eyJwYXlfcmV3YXJkcyI6eyJzZXJ2aWNlIjoxfX0=",
	}}).Refused("pays no rewards in")
	for _, token := range []suite.Token{coins, lst} {
		require.Equal(t, int64(reward), s.ServiceRewards(service, token).Paid.Int64())
		counted(s, service, token, suite.Zero)
	}

	// One token at a time, then the rest.
	s.Harvest(harness.Stranger, service, operator, lst).OK()
	require.NotEmpty(t, s.Earned(service, operator, coins))
	s.Harvest(harness.Stranger, service, operator).OK()
	require.Empty(t, s.Earned(service, operator, coins))
	s.Harvest(harness.Stranger, service, operator).Refused("earned nothing")
	s.Payday()

	// Some pools, some tokens, to another address.
	pool := []suite.PoolKey{suite.PoolOf(operator, suite.Native)}
	claimable := s.ClaimableOf(harness.Staker1, operator, suite.Native, coins)
	before := s.HeldOf(coins, harness.Resolver.String())
	s.ClaimRewardsTo(harness.Staker1, harness.Resolver, pool, coins).OK()
	require.Equal(t, claimable, s.HeldOf(coins, harness.Resolver.String()).Sub(before))
	counted(s, service, coins, claimable)
	counted(s, service, lst, suite.Zero)
	claimable = s.ClaimableOf(harness.Staker1, operator, suite.Native, lst)
	before = s.HeldOf(lst, harness.Staker1.String())
	s.ClaimRewards(harness.Staker1).OK()
	require.Equal(t, claimable, s.HeldOf(lst, harness.Staker1.String()).Sub(before))

	// A cw20 that is an asset can be staked again; what is none cannot.
	s.Compound(harness.Staker2, nil, coins).Refused("is not a registered token")
	staked := s.Position(harness.Staker2, operator, suite.LST)
	claimable = s.ClaimableOf(harness.Staker2, operator, suite.LST, lst)
	s.Compound(harness.Staker2, nil, lst).OK()
	require.Equal(t, claimable, s.Position(harness.Staker2, operator, suite.LST).Sub(staked))
	s.SyncAndRelay(service)
	audit(s, service)
}

// Stake that comes before a payout earns nothing of it, and who leaves keeps what it earned.
func TestRewardsBelongToThoseWhoWereThere(t *testing.T) {
	s, service := earning(t)
	token := suite.Coins(harness.Reward)
	s.AddRewardTokens(harness.Service, service, token).OK()
	s.PayRewards(harness.Service, service, harness.Coin(reward, harness.Reward)).OK()
	s.Harvest(harness.Stranger, service, operator).OK()
	s.Harvest(harness.Stranger, service, another).OK()
	s.Payday()
	earned := s.Claimable(harness.Staker1.String(), token)
	require.True(t, earned.IsPositive())

	s.Deposit(harness.Staker3, operator, harness.Coin(100*stake, harness.Bond)).OK()
	require.True(t, s.Claimable(harness.Staker3.String(), token).IsZero())
	for _, name := range []harness.Name{operator, another} {
		s.UndelegateAll(harness.Staker1, name, suite.Native).OK()
	}
	s.Payday()
	require.Equal(t, earned, s.Claimable(harness.Staker1.String(), token))
	require.True(t, s.Claimable(harness.Staker3.String(), token).IsZero())
	before := s.HeldOf(token, harness.Staker1.String())
	s.ClaimRewards(harness.Staker1).OK()
	require.Equal(t, earned, s.HeldOf(token, harness.Staker1.String()).Sub(before))
	counted(s, service, token, earned)
}

// A penalty takes stake, and no reward that was earned before.
func TestRewardsOutliveASlash(t *testing.T) {
	s, service := earning(t)
	token := suite.Coins(harness.Reward)
	s.AddRewardTokens(harness.Service, service, token).OK()
	s.PayRewards(harness.Service, service, harness.Coin(reward, harness.Reward)).OK()
	parts := s.Earned(service, operator, token)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	slashedOnce(s, service)
	s.SyncAndRelay(service)
	require.Equal(t, parts, s.Earned(service, operator, token))
	require.Equal(t, int64(eachCounts), s.ServiceRewards(service, token).Weight.Int64(), "who is jailed earns no more")

	// The next payment is the other operator's alone.
	s.PayRewards(harness.Service, service, harness.Coin(reward, harness.Reward)).OK()
	require.Equal(t, parts, s.Earned(service, operator, token))
	s.Harvest(harness.Stranger, service, operator).OK()
	s.Payday()
	require.True(t, s.Claimable(harness.Staker1.String(), token).IsPositive())
	counted(s, service, token, suite.Zero)
}

// What is paid before anybody has weight waits, and is earned by those who have it first.
func TestRewardsWaitForWeight(t *testing.T) {
	s, service := staked(t)
	token := suite.Coins(harness.Reward)
	s.AddRewardTokens(harness.Service, service, token).OK()
	s.PayRewards(harness.Service, service, harness.Coin(reward, harness.Reward)).OK()
	s.SyncAndRelay(service)
	held := s.ServiceRewards(service, token)
	require.Equal(t, int64(reward), held.Held.Int64())
	require.True(t, held.Weight.IsZero(), "what was synced today for the first time has no weight yet")
	s.Harvest(harness.Stranger, service, operator).Refused("earned nothing")

	s.Advance(s.Periods.Epoch)
	s.SyncAndRelay(service)
	now := s.ServiceRewards(service, token)
	require.True(t, now.Held.IsZero())
	require.Equal(t, int64(2*eachCounts), now.Weight.Int64())
	for _, name := range []harness.Name{operator, another} {
		parts := s.Earned(service, name, token)
		require.Equal(t, int64(reward/2), parts[suite.Native].Add(parts[suite.LST]).Int64())
	}
	counted(s, service, token, suite.Zero)
}
