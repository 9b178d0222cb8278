package gas

import (
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// services measures what operators and the service do at a service on the host.
func (m *meter) services() {
	m.t.Helper()
	m.say("what operators and services do")
	s := suite.New(m.t)
	for _, name := range []harness.Name{operator, another} {
		s.RegisterOperator(name).OK()
		s.Deposit(harness.Staker1, name, harness.Coin(unit, harness.Bond)).OK()
		s.DepositCw20(harness.Staker1, name, unit).OK()
	}
	local := s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, suite.Native))
	consumer := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	m.note("allocation.set_commitment_cap", s.SetCommitmentCap(operator, "0.9"))
	m.note("allocation.opt_in", s.OptIn(operator, local, suite.Slices("0.2", suite.Native)))
	m.note("allocation.opt_in_with_key", s.OptInWithKey(operator, consumer, suite.Slices("0.05", suite.Native)))
	key := cmted25519.GenPrivKeyFromSecret([]byte("another key"))
	m.note("allocation.assign_key", s.AssignKey(operator, consumer, key))
	m.note("allocation.adjust", s.Adjust(operator, local, suite.Slices("0.3", suite.Native)))
	s.Advance(s.Periods.Allocation)
	m.note("slashing.sync_local", s.Sync(local))
	m.note("slashing.sync_nothing_new", s.Sync(local))
	m.penalties(s, local)

	m.ended(s)
	m.note("allocation.opt_out", s.OptOut(operator, local))
	s.Sync(local).OK()
	s.Advance(s.Periods.Deallocation + s.Periods.MaxLag)
	m.note("allocation.leave", s.Leave(harness.Stranger, operator, local))
	s.Audit(0, operator, another)
}

// ended measures what an admin takes back of a service that ended before anybody earned from it.
func (m *meter) ended(s *suite.Suite) {
	m.t.Helper()
	service := s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, suite.Native))
	s.AddRewardTokens(harness.Service, service, suite.Coins(harness.Bond)).OK()
	s.PayRewards(harness.Service, service, harness.Coin(unit, harness.Bond)).OK()
	s.StopService(harness.Service, service).OK()
	m.note("allocation.take_back", s.TakeBack(harness.Service, service))
}

// penalties measures a slash by message, what follows, and the payouts.
func (m *meter) penalties(s *suite.Suite, local uint32) {
	m.t.Helper()
	update := s.Member(local, operator).UpdateID
	m.note("slashing.slash", s.Slash(harness.Service, local, s.SlashOf(1, operator, suite.Misconduct, update)))
	m.note("vault.pay_out_send", s.PayOut(harness.Stranger, suite.Native, local, suite.SendTo(harness.Service)))
	s.Advance(suite.Day / 24)
	m.note("slashing.unjail", s.Unjail(operator, local))

	s.Pause(s.Slashing, "executions").OK()
	m.note("slashing.slash_while_paused", s.Slash(harness.Service, local, s.SlashOf(2, operator, suite.Misconduct, update)))
	s.Unpause(s.Slashing, "executions").OK()
	m.note("slashing.execute_local", s.Execute(harness.Stranger, local, 2))
	s.Advance(suite.Day / 24)
	s.Unjail(operator, local).OK()
}
