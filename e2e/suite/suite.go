// Package suite deploys the contracts on the two chains of the harness, and speaks their
// messages in verbs, so that a test reads as a story: who does what, and what each side
// sees afterwards.
package suite

import (
	"testing"
	"time"

	"palisade/e2e/harness"
)

// Day is how the story counts time.
const Day = 24 * time.Hour

// The assets that every suite starts with.
const (
	// Native is the bond denom of the host.
	Native = "stake"
	// LST is a liquid staking token, a cw20.
	LST = "lst"
)

// Rate is what one unit of LST is worth.
const Rate = "1.1"

// Version is what the contracts speak on their channels.
const Version = "palisade-1"

// Periods are the times that the contracts are instantiated with.
type Periods struct {
	Epoch, Unbonding time.Duration
	// Reward is the grain in which rewards flow: what arrives in one flows through the next.
	Reward                   time.Duration
	Allocation, Deallocation time.Duration
	MaxLag                   time.Duration
	PacketTimeout            time.Duration
	BounceMax, Grace         time.Duration
	Evidence, History        time.Duration
	// Refill is the time in which an empty bucket of the throttle is full again.
	Refill time.Duration
}

// Short is days where a chain in production has weeks.
var Short = Periods{
	Epoch:         Day,
	Unbonding:     5 * Day,
	Reward:        Day / 4,
	Allocation:    2 * Day,
	Deallocation:  5 * Day,
	MaxLag:        Day,
	PacketTimeout: time.Hour,
	BounceMax:     Day,
	Grace:         Day,
	Evidence:      3 * Day,
	History:       4 * Day,
	Refill:        Day,
}

// Sizes of the throttle's buckets, in units of value: large enough to hold nothing up. A test that
// wants them small has the owner say so.
const (
	throttleMost     = 1_000_000_000_000
	throttleShared   = 100_000_000_000
	throttleLimit    = 50_000_000_000
	throttleReserved = 10_000_000_000
)

// Suite is all contracts, in place and connected.
type Suite struct {
	*harness.World
	T       *testing.T
	Periods Periods

	// Vault, Delegation, Allocation and Slashing stand on the host in this order; Token is the
	// cw20 behind LST.
	Vault, Delegation, Allocation, Slashing, Token string
	// Gateway stands on the consumer.
	Gateway string
	// Consumer's connection to the host, and back.
	Link *harness.Link
	// Channel is the newest one between slashing and gateway.
	Channel *harness.Channel
	// Transfers is the channel of ICS-20 from the consumer to the host, once it is open.
	Transfers *harness.Channel
}

// New starts both chains and deploys the suite on them, with both assets and no service.
func New(t *testing.T) *Suite {
	t.Helper()
	s := Deploy(t)
	s.RegisterNative(Native, harness.Bond).OK()
	s.RegisterCw20(LST, s.Token, Rate).OK()
	return s
}

// Deploy starts both chains and puts the contracts in place, without assets.
func Deploy(t *testing.T) *Suite {
	t.Helper()
	return DeployWith(t, Short)
}

// DeployWith is Deploy with other periods.
func DeployWith(t *testing.T, periods Periods) *Suite {
	t.Helper()
	s := &Suite{World: harness.New(t), T: t, Periods: periods}
	s.Link = s.Links()[0]
	s.Token = s.DeployToken("lst-token", harness.Staker1, harness.Staker2, harness.Staker3)
	s.deployHost()
	s.Gateway = s.DeployGateway("gateway", s.Link, s.Host.Port(s.Slashing))
	return s
}

// deployHost instantiates from the left to the right, and connects each to its right neighbour.
func (s *Suite) deployHost() {
	s.T.Helper()
	p := s.Periods
	admin := func(fields Msg) Msg {
		fields["owner"] = harness.Owner.String()
		fields["guardian"] = harness.Guardian.String()
		return fields
	}
	s.Vault = s.instantiate(s.Host, "vault", admin(Msg{}))
	s.Delegation = s.instantiate(s.Host, "delegation", admin(Msg{
		"vault":            s.Vault,
		"epoch_length":     seconds(p.Epoch),
		"unbonding_period": seconds(p.Unbonding),
		"reward_period":    seconds(p.Reward),
	}))
	s.Allocation = s.instantiate(s.Host, "allocation", admin(Msg{
		"delegation":         s.Delegation,
		"allocation_delay":   seconds(p.Allocation),
		"deallocation_delay": seconds(p.Deallocation),
		"max_lag":            seconds(p.MaxLag),
	}))
	s.Slashing = s.instantiate(s.Host, "slashing", admin(Msg{
		"allocation":      s.Allocation,
		"packet_timeout":  seconds(p.PacketTimeout),
		"bounce_max":      seconds(p.BounceMax),
		"execution_grace": seconds(p.Grace),
		"throttle": Msg{
			"period": seconds(p.Refill), "most": amount(throttleMost), "shared": amount(throttleShared),
			"service": buckets(throttleLimit, throttleReserved),
		},
	}))
	s.Host.Execute(harness.Owner, s.Vault, Msg{"connect": Msg{"delegation": s.Delegation}}).OK()
	s.Host.Execute(harness.Owner, s.Delegation, Msg{"connect": Msg{"allocation": s.Allocation}}).OK()
	s.Host.Execute(harness.Owner, s.Allocation, Msg{"connect": Msg{"slashing": s.Slashing}}).OK()
}

// DeployGateway instantiates a gateway on the consumer, for a peer over a link.
func (s *Suite) DeployGateway(label string, link *harness.Link, hostPort string) string {
	s.T.Helper()
	code := s.Consumer.Store(Artifact("palisade_gateway.wasm"))
	return s.Consumer.Instantiate(harness.Owner, code, label, Msg{
		"owner":          harness.Owner.String(),
		"guardian":       harness.Guardian.String(),
		"host":           Msg{"connection_id": link.At(s.Consumer).Connection, "port": hostPort},
		"packet_timeout": seconds(s.Periods.PacketTimeout),
		"history":        seconds(s.Periods.History),
		"reporters":      []string{harness.Reporter.String()},
	})
}

// DeployToken instantiates a cw20 on the host, and gives its holders what the harness gives of
// every denom.
func (s *Suite) DeployToken(label string, holders ...harness.Name) string {
	s.T.Helper()
	balances := make([]Msg, 0, len(holders))
	for _, holder := range holders {
		balances = append(balances, Msg{"address": holder.String(), "amount": amount(harness.Genesis)})
	}
	return s.Host.Instantiate(harness.Owner, s.Host.Store(Artifact("cw20_base.wasm")), label, Msg{
		"name": "Liquid stake", "symbol": "LST", "decimals": 6, "initial_balances": balances,
	})
}

// DeployPeer instantiates the stand-in that does what anybody tells it.
func (s *Suite) DeployPeer(chain *harness.Chain) string {
	s.T.Helper()
	return chain.Instantiate(harness.Owner, chain.Store(Artifact("peer.wasm")), "peer", Msg{})
}

func (s *Suite) instantiate(chain *harness.Chain, name string, msg Msg) string {
	s.T.Helper()
	return chain.Instantiate(harness.Owner, chain.Store(Artifact("palisade_"+name+".wasm")), name, msg)
}
