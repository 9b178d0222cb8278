package gas

import (
	"fmt"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// month is periods with about as many unbonding buckets as a pool may have, all of them within
// the age of evidence.
var month = suite.Periods{
	Epoch:         suite.Day,
	Unbonding:     31 * suite.Day,
	Reward:        suite.Day,
	Allocation:    2 * suite.Day,
	Deallocation:  31 * suite.Day,
	MaxLag:        suite.Day,
	PacketTimeout: suite.Short.PacketTimeout,
	BounceMax:     suite.Day / 2,
	Grace:         suite.Day / 2,
	Evidence:      30 * suite.Day,
	History:       31 * suite.Day,
	Refill:        suite.Day,
}

// worst measures the largest slash that there can be: of 8 assets, with stake that unbonds in
// each since 30 epochs; and the same while 16 tokens flow to the pool of each.
func (m *meter) worst() {
	m.t.Helper()
	m.say("the largest slash")
	m.largest("", false)
	m.say("the largest slash while rewards flow")
	m.largest("_16_rewards", true)
}

func (m *meter) largest(suffix string, rewarded bool) {
	m.t.Helper()
	s := suite.DeployWith(m.t, month)
	s.RegisterOperator(operator).OK()
	assets := eight(s)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(assets...))
	s.Connect(service)
	note := m.note
	if rewarded { // what is before the rewards was measured already
		note = func(_ string, result *harness.Result) *harness.Result { return result.OK() }
	}
	note("allocation.opt_in_8_assets", s.OptInWithKey(operator, service, suite.Slices("0.05", assets...)))
	s.Advance(s.Periods.Allocation)
	note("slashing.sync_8_assets", s.Sync(service))
	s.Relay()

	crime := s.Saw(operator, suite.DoubleSign)
	const epochs = 30
	for epoch := range epochs {
		if epoch > 0 {
			s.AdvanceTo(s.Host, s.Epoch().End.Time)
		}
		for _, asset := range assets {
			s.Undelegate(harness.Staker1, operator, asset, unit/100).OK()
		}
		// Two epochs before the end, so that they flow by then.
		if rewarded && epoch == epochs-2 {
			s.SyncAndRelay(service)
			m.payMany(s, service)
			m.note("allocation.harvest_16_tokens_8_assets", s.Harvest(operator, service, operator))
		}
	}
	buckets := len(s.Buckets(operator, suite.Native))
	if buckets != epochs {
		m.t.Fatalf("%d buckets, %d were meant", buckets, epochs)
	}
	s.Report(harness.Reporter, crime).OK()
	m.note("slashing.receive_slash_8_assets_30_buckets"+suffix, s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	if where := s.ReportOf(1).Where(); where != "ended/executed" {
		m.t.Fatalf("the report of the largest slash is %s", where)
	}
}

// eight registers as many assets as a service may have, and puts a deposit of each behind the
// operator.
func eight(s *suite.Suite) []string {
	s.T.Helper()
	assets := []string{suite.Native, "liquid", "reward"}
	for i, denom := range []string{harness.Bond, harness.Liquid, harness.Reward} {
		s.RegisterNative(assets[i], denom).OK()
		s.Deposit(harness.Staker1, operator, harness.Coin(unit, denom)).OK()
	}
	for i := range 5 {
		asset := fmt.Sprintf("token-%d", i)
		token := s.DeployToken(asset, harness.Staker1)
		s.RegisterCw20(asset, token, suite.Rate).OK()
		s.SendCw20(token, harness.Staker1, operator, unit).OK()
		assets = append(assets, asset)
	}
	return assets
}
