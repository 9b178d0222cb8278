package gas

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

const (
	operator = harness.Operator1
	another  = harness.Operator2
)

// stakers measures what stakers and operators do, with few of either.
func (m *meter) stakers() {
	m.t.Helper()
	m.say("what stakers and operators do")
	s := suite.New(m.t)
	registerRated(s).OK()
	m.note("delegation.register_operator", s.RegisterOperator(operator))
	s.RegisterOperator(another).OK()
	m.note("delegation.update_operator", s.Host.Execute(another, s.Delegation, suite.Msg{"update_operator": suite.Msg{
		"metadata": suite.Msg{"name": "new", "website": "", "details": ""},
	}}))
	m.note("delegation.set_stakers", s.Host.Execute(another, s.Delegation, suite.Msg{"set_stakers": suite.Msg{
		"add": []string{harness.Staker1.String()}, "remove": []string{},
	}}))
	m.note("delegation.set_first_loss", s.SetFirstLoss(another, "0.5"))
	m.deposits(s)
	m.exits(s)
}

func (m *meter) deposits(s *suite.Suite) {
	m.t.Helper()
	coin := harness.Coin(unit, harness.Bond)
	m.note("vault.deposit_and_delegate_first", s.Deposit(harness.Staker1, operator, coin))
	m.note("vault.deposit_and_delegate", s.Deposit(harness.Staker2, operator, coin))
	m.note("vault.deposit_and_delegate_more", s.Deposit(harness.Staker2, operator, coin))
	s.DepositCw20(harness.Staker1, operator, unit).OK()
	m.note("vault.deposit_cw20_and_delegate", s.DepositCw20(harness.Staker2, operator, unit))
	liquid := harness.Coin(unit, harness.Liquid)
	s.Deposit(harness.Staker1, operator, liquid).OK()
	m.note("vault.deposit_and_delegate_with_provider", s.Deposit(harness.Staker2, operator, liquid))
	m.note("vault.deposit", s.Deposit(harness.Staker1, suite.Nobody, coin))
	m.note("vault.deposit_cw20", s.DepositCw20(harness.Staker1, suite.Nobody, unit))
	m.note("vault.delegate", s.Delegate(harness.Staker1, suite.Native, operator, unit/2))
	m.note("vault.withdraw", s.Withdraw(harness.Staker1, suite.Native, unit/4))
	m.note("vault.withdraw_cw20", s.Withdraw(harness.Staker1, suite.LST, unit/4))
}

func (m *meter) exits(s *suite.Suite) {
	m.t.Helper()
	m.note("delegation.undelegate", s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	m.note("delegation.undelegate_more", s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	m.note("delegation.undelegate_all", s.UndelegateAll(harness.Staker1, operator, suite.Native))
	m.note("delegation.undelegate_cw20", s.Undelegate(harness.Staker2, operator, suite.LST, unit/2))
	s.Undelegate(harness.Staker1, operator, suite.LST, unit/2).OK()
	m.note("delegation.cancel", s.Cancel(harness.Staker1, operator, suite.LST, s.Epoch().Epoch))
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	m.note("delegation.claim", s.Claim(harness.Staker2, operator, suite.Native))
	m.note("delegation.claim_cw20", s.Claim(harness.Staker2, operator, suite.LST))
	m.note("delegation.redelegate", s.Redelegate(harness.Staker1, operator, suite.Native, another))
	// Stake of the operator's own has shares of its own.
	m.note("vault.deposit_and_delegate_own", s.Deposit(another, another, harness.Coin(unit, harness.Bond)))
	m.note("delegation.undelegate_own", s.Undelegate(another, another, suite.Native, unit/2))
	s.Audit(0, operator, another)
}

// crowd measures the same where there are many stakers, operators and services.
func (m *meter) crowd() {
	m.t.Helper()
	m.say("the same in a crowd")
	s := suite.New(m.t)
	s.RegisterOperator(operator).OK()
	fill(s, operator, crowdStakers)
	for range crowdServices {
		service := s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, suite.Native))
		s.OptIn(operator, service, suite.Slices("0.03", suite.Native)).OK()
	}
	names := m.operators(s)
	coin := harness.Coin(unit, harness.Bond)
	s.Deposit(harness.Staker1, operator, coin).OK()
	m.note("vault.deposit_and_delegate_in_a_crowd", s.Deposit(harness.Staker2, operator, coin))
	m.note("delegation.undelegate_in_a_crowd", s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	s.Undelegate(harness.Staker1, operator, suite.Native, unit/2).OK()
	m.syncs(s, names)
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	// As outside of the crowd, somebody else's stake matured in the same epoch.
	m.note("delegation.claim_in_a_crowd", s.Claim(harness.Staker2, operator, suite.Native))
}

// Sizes of the crowd.
const (
	crowdStakers   = 1_000
	crowdOperators = 50
	crowdServices  = 32
)

// operators registers many, each with one deposit.
func (m *meter) operators(s *suite.Suite) []harness.Name {
	m.t.Helper()
	names := make([]harness.Name, crowdOperators)
	for n := range names {
		names[n] = harness.Name("operator " + somebody(n))
		s.Host.Send(harness.Owner, names[n].String(), harness.Coin(1, harness.Bond)).OK()
		s.RegisterOperator(names[n]).OK()
		fill(s, names[n], 1)
	}
	return names
}

// syncs measures a sync of many operators at once, and what their packet costs.
func (m *meter) syncs(s *suite.Suite, names []harness.Name) {
	m.t.Helper()
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	s.Connect(service)
	for _, name := range names {
		s.OptInWithKey(name, service, suite.Slices("0.05", suite.Native)).OK()
	}
	s.Advance(s.Periods.Allocation)
	m.note("slashing.sync_50_operators", s.Host.Execute(harness.Relayer, s.Slashing, suite.Msg{"sync": suite.Msg{
		"service": service, "limit": crowdOperators,
	}}))
	packet := s.Pending(s.Host)[0]
	m.note("gateway.receive_operator_set_50_operators", s.Recv(packet))
	m.note("slashing.ack_operator_set_50_operators", s.Acknowledge(packet))
	s.Audit(service, append(names, operator)...)
}
