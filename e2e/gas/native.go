package gas

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// native measures natively staked tokens with few stakers, and with many.
func (m *meter) native() {
	m.t.Helper()
	m.say("natively staked tokens of one staker")
	m.bonded(fewStakers, "")
	m.say("natively staked tokens of %d stakers", manyStakers)
	m.bonded(manyStakers, "_in_a_crowd")
}

// bonded measures what is done with stake that lies with an operator's validator.
func (m *meter) bonded(stakers int, suffix string) {
	m.t.Helper()
	s := suite.NewStaked(m.t)
	s.RegisterOperator(operator).OK()
	m.note("vault.open_staker"+suffix, s.OpenStaker(operator, suite.Staked, false))
	s.Validates(another)
	fill(s, operator, stakers)
	coin := harness.Coin(unit, harness.Bond)
	m.note("vault.deposit_and_delegate_staked_first"+suffix, s.Deposit(harness.Staker1, operator, coin))
	m.note("vault.deposit_and_delegate_staked"+suffix, s.Deposit(harness.Staker2, operator, coin))
	s.Deposit(harness.Staker1, suite.Nobody, coin).OK()
	m.note("vault.delegate_staked"+suffix, s.Delegate(harness.Staker1, suite.Staked, operator, unit))
	m.chainRewards(s, suffix)

	m.note("delegation.undelegate_staked"+suffix, s.Undelegate(harness.Staker2, operator, suite.Staked, unit/2))
	epoch := s.Epoch()
	m.note("delegation.cancel_staked"+suffix, s.Cancel(harness.Staker2, operator, suite.Staked, epoch.Epoch))
	s.Undelegate(harness.Staker1, operator, suite.Staked, unit/2).OK()
	s.Undelegate(harness.Staker2, operator, suite.Staked, unit/2).OK()
	m.note("delegation.reconcile"+suffix, s.Reconcile(harness.Stranger, operator, suite.Staked))
	m.note("delegation.reconcile_batch"+suffix, s.NextBatch(operator, suite.Staked))
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	m.note("delegation.reconcile_arrival"+suffix, s.Reconcile(harness.Stranger, operator, suite.Staked))
	m.note("delegation.claim_staked"+suffix, s.Claim(harness.Staker2, operator, suite.Staked))
	m.note("delegation.redelegate_staked"+suffix, s.Redelegate(harness.Staker1, operator, suite.Staked, another))
	s.Host.GoOffline(operator)
	m.note("delegation.reconcile_slash"+suffix, s.Reconcile(harness.Stranger, operator, suite.Staked))
	s.AuditNative(suite.Staked, operator, another)
}

// chainRewards measures what is done with the rewards of the chain, the first of them left out.
func (m *meter) chainRewards(s *suite.Suite, suffix string) {
	m.t.Helper()
	fee := harness.Coin(1_300_000, harness.Bond)
	s.Host.PayFees(harness.Stranger, fee)
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	s.Payday()
	s.Host.PayFees(harness.Stranger, fee)
	m.note("vault.withdraw_rewards"+suffix, s.WithdrawRewards(harness.Stranger, operator, suite.Staked))
	m.note("vault.set_compound"+suffix, s.SetCompound(operator, suite.Staked, true))
	s.Host.PayFees(harness.Stranger, fee)
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	s.Payday()
	s.Host.PayFees(harness.Stranger, fee)
	m.note("vault.withdraw_rewards_compound"+suffix, s.WithdrawRewards(harness.Stranger, operator, suite.Staked))
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Reward))
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	m.note("vault.forward_rewards"+suffix, s.Host.Execute(operator, s.Vault, suite.Msg{"forward_rewards": suite.Msg{
		"asset": suite.Staked, "operator": operator.String(), "denom": harness.Reward,
	}}))
}
