package tests

import (
	"testing"
	"time"

	channeltypes "github.com/cosmos/ibc-go/v11/modules/core/04-channel/types"
	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

func TestNobodyClosesAChannel(t *testing.T) {
	s, service := synced(t)
	for _, chain := range []*harness.Chain{s.Host, s.Consumer} {
		s.Channel.CloseInit(chain, harness.Stranger).Refused("closed from this side")
		s.Channel.CloseInit(chain, harness.Owner).Refused("closed from this side")
	}
	require.True(t, s.Channel.A.Open())
	require.True(t, s.Channel.B.Open())
	require.Equal(t, s.Channel.A.ID, s.LiveChannel(service))
}

func TestStrangersOpenNoChannel(t *testing.T) {
	s := suite.New(t)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)).OK()
	slashing, gateway := s.Host.Port(s.Slashing), s.Consumer.Port(s.Gateway)
	hostile := s.Host.Port(s.DeployPeer(s.Host))
	rogue := s.Consumer.Port(s.DeployPeer(s.Consumer))

	s.Link.Channel(s.Host, slashing, rogue, suite.Version).Init().Refused("is the peer of no service")
	s.Link.Channel(s.Consumer, gateway, hostile, suite.Version).Init().Refused("counterparty port")
	toGateway := s.Link.Channel(s.Host, hostile, gateway, suite.Version)
	toGateway.Init().OK()
	toGateway.Try().Refused("counterparty port")
	toSlashing := s.Link.Channel(s.Consumer, rogue, slashing, suite.Version)
	toSlashing.Init().OK()
	toSlashing.Try().Refused("is the peer of no service")

	// The right peer over a connection of a stranger's.
	other := s.World.Connect(s.Host, s.Consumer)
	s.NewChannel(other).Init().Refused("is the peer of no service")
	other.Channel(s.Consumer, gateway, slashing, suite.Version).Init().Refused("connection")
}

func TestOtherVersionsAndOrdersAreRefused(t *testing.T) {
	s := suite.New(t)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)).OK()
	ordered := s.NewChannel(s.Link)
	ordered.Order = channeltypes.ORDERED
	ordered.Init().Refused("only unordered ones are accepted")
	newer := s.NewChannel(s.Link)
	newer.Version = "palisade-2"
	newer.Init().Refused(`only "palisade-1" is spoken`)
	// A relayer may leave the version to the contract.
	open := s.NewChannel(s.Link)
	open.Version = ""
	open.Open()
	require.Equal(t, suite.Version, open.A.State().Version)
}

func TestOneLiveChannelAService(t *testing.T) {
	s, _ := synced(t)
	s.NewChannel(s.Link).Init().Refused("open already")
	back := s.Link.Channel(s.Consumer, s.Consumer.Port(s.Gateway), s.Host.Port(s.Slashing), suite.Version)
	back.Init().Refused("is in use")
}

// Two handshakes cross: each side begins one. One channel comes out of it, at both ends the same.
func TestHandshakesCross(t *testing.T) {
	s := suite.New(t)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native, suite.LST))
	s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)).OK()
	there := s.NewChannel(s.Link)
	back := s.Link.Channel(s.Consumer, s.Consumer.Port(s.Gateway), s.Host.Port(s.Slashing), suite.Version)
	there.Init().OK()
	back.Init().OK()
	there.Try().OK()
	back.Try().OK()
	there.Ack().OK()
	back.Ack().OK()
	there.Confirm().OK()
	back.Confirm().Refused("open already")
	require.Equal(t, there.A.ID, s.LiveChannel(service))
	join(s, service)
	s.SyncAndRelay(service)
	audit(s, service)
}

// The consumer closes its end without a word to the gateway, while packets are under way in both
// directions. The same peers open another channel, and nothing is lost or taken twice.
func TestClosedChannelIsReplaced(t *testing.T) {
	s, service := synced(t)
	s.Deposit(harness.Staker1, another, harness.Coin(stake, harness.Bond)).OK()
	s.Sync(service).OK()
	set := pending(s, s.Host)
	s.Report(harness.Reporter, s.SawKey(operator, suite.DoubleSign)).OK()
	slash := pending(s, s.Consumer)

	s.Channel.ForceClose(s.Consumer)
	s.TimeoutOnClose(set).OK()
	require.True(t, s.Delivery(service, another).Dirty)
	s.Channel.CloseConfirm(s.Host).OK()
	require.Empty(t, s.LiveChannel(service))
	// A sync takes the powers down all the same; it sends nothing.
	s.Sync(service).OK()
	require.Len(t, s.Pending(s.Host), 0)
	s.Recv(slash).Refused("")
	// The gateway was not told, so its owner tells it.
	s.NewChannel(s.Link).Init().OK()
	s.RenewChannel(s.Link).OK()

	s.Channel = s.NewChannel(s.Link).Open()
	require.Equal(t, s.Channel.A.ID, s.LiveChannel(service))
	s.RelayReports().OK()
	s.SyncAndRelay(service)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	slashedOnceOf(s, service)
	// Long after, the old packet of the slash times out. The report has ended meanwhile.
	s.TimeoutOnClose(slash).OK()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power/2+stake, s.TotalPower().Int64())
}

// The light clients expire. What goes on at either end meanwhile is not lost: over new clients the
// same peers open another channel, and everything is told once.
func TestExpiredChannelIsReplaced(t *testing.T) {
	s, service := synced(t)
	s.Pause(s.Slashing, "executions").OK()
	s.Report(harness.Reporter, s.SawKey(operator, suite.DoubleSign)).OK()
	s.Relay()
	require.Equal(t, "accepted", s.ReportOf(1).Where())
	s.Link.Abandon()
	s.Advance(30 * suite.Day)

	// The pause has ended by itself, and an execution needs no consumer.
	s.Execute(harness.Stranger, service, 1).OK()
	slashedOnce(s, service)
	s.Sync(service).OK()
	require.Empty(t, s.Pending(s.Host))
	require.True(t, s.Member(service, operator).Power.IsZero())
	require.Len(t, s.Outcomes(service), 1)
	s.Report(harness.Reporter, s.Saw(another, suite.Downtime)).OK()
	require.Equal(t, "queued", s.ReportOf(2).Where())
	require.Empty(t, s.Pending(s.Consumer))

	fresh := s.World.Connect(s.Host, s.Consumer)
	s.NewChannel(fresh).Init().Refused("is the peer of no service")
	s.SetPeer(service, fresh, s.Consumer.Port(s.Gateway)).OK()
	s.RenewChannel(fresh).OK()
	s.Channel = s.NewChannel(fresh).Open()
	s.Advance(10 * time.Minute)
	s.RelayReports().OK()
	s.SyncAndRelay(service)
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	require.Equal(t, "ended/executed", s.ReportOf(2).Where())
	require.Empty(t, s.Outcomes(service))
	s.SyncAndRelay(service)
	audit(s, service)
	require.True(t, s.TotalPower().IsZero())

	s.Advance(10 * time.Minute)
	s.Unjail(another, service).OK()
	s.SyncAndRelay(service)
	audit(s, service)
	// The downtime took a ten-thousandth of each pool, which is a five-hundredth of the slice that
	// the operator counts by.
	require.Equal(t, int64(stake-stake/10_000), s.Pool(another, suite.Native).Tokens.Int64())
	require.Equal(t, power/2-power/2/500, s.TotalPower().Int64())
}

// A slash that arrived over a channel whose ack never came back comes again over the next one.
func TestReplayOnANewChannel(t *testing.T) {
	s, service := synced(t)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	first := pending(s, s.Consumer)
	s.Recv(first).OK()
	require.Equal(t, "accepted", answer(s, first))
	s.Channel.ForceClose(s.Consumer)
	s.Channel.CloseConfirm(s.Host).OK()
	s.RenewChannel(s.Link).OK()
	s.Channel = s.NewChannel(s.Link).Open()

	s.RelayReports().OK()
	packets := s.Pending(s.Consumer)
	second := packets[len(packets)-1]
	s.Recv(second).OK()
	require.Equal(t, "duplicate", answer(s, second))
	s.Acknowledge(second).OK()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	slashedOnce(s, service)
	audit(s, 0)
}
