package gas

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// pinned measures what users and relayers pay most on a chain whose governance pinned the codes: it keeps
// them in memory, and loading a contract then costs a thirtieth.
func (m *meter) pinned() {
	m.t.Helper()
	m.say("on a chain that pinned the codes")
	s, service := consumer(m, []harness.Name{operator}, suite.Native)
	fill(s, operator, 1)
	s.OptInWithKey(operator, service, suite.Slices("0.05", suite.Native)).OK()
	s.Advance(s.Periods.Allocation)
	s.SyncAndRelay(service)
	s.Host.Pin()
	m.note("vault.deposit_and_delegate_pinned", s.Deposit(harness.Staker2, operator, harness.Coin(unit, harness.Bond)))
	m.note("delegation.undelegate_pinned", s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	m.note("slashing.receive_slash_pinned", s.Recv(s.Pending(s.Consumer)[0]))
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	m.note("delegation.claim_pinned", s.Claim(harness.Staker2, operator, suite.Native))
	s.Audit(service, operator)
}
