package gas

import (
	"fmt"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// Sizes of a service whose rewards are measured, and of the pool of one of its operators.
const (
	fewStakers, fewOperators   = 1, 1
	manyStakers, manyOperators = crowdStakers, 200
	// syncPage is how many operators one sync looks at.
	syncPage = 50
)

// rewards measures the way of rewards with few stakers and operators, and with many.
func (m *meter) rewards() {
	m.t.Helper()
	m.say("rewards of one operator with one staker")
	m.payday(fewStakers, fewOperators, "")
	m.say("rewards of %d operators, one of them with %d stakers", manyOperators, manyStakers)
	m.payday(manyStakers, manyOperators, "_in_a_crowd")
	m.manyTokens()
	m.fromAfar()
}

// fromAfar measures what arrives over ICS-20 as stake, and what arrives for nobody.
func (m *meter) fromAfar() {
	m.t.Helper()
	m.say("deposits from another chain")
	s, service := m.earning(fewStakers, fewOperators)
	token := s.Voucher(harness.Reward)
	s.RegisterAsset("liquid", suite.Msg{"native": suite.Msg{"denom": token.Denom}}, suite.Msg{"fixed": suite.Msg{"rate": "1"}}).OK()
	// The first one makes the pool.
	for _, suffix := range []string{"_first", ""} {
		memo := s.DepositMemo(harness.Staker2, operator)
		s.Transfer(s.Consumer, harness.Service, s.Vault, memo, harness.Coin(unit, harness.Reward)).OK()
		packet := s.Pending(s.Consumer)[0]
		m.note("vault.receive_deposit"+suffix, s.Recv(packet))
		if packet.Ack.Error != "" {
			m.t.Fatal("a deposit is refused: ", packet.Ack.Error)
		}
		s.Relay()
	}
	for _, contract := range []string{s.Vault, s.Allocation} {
		s.Transfer(s.Consumer, harness.Service, contract, "", harness.Coin(unit, harness.Reward)).OK()
		s.Relay()
	}
	m.note("vault.recover", s.Recover(harness.Owner, s.Vault, token, harness.Staker2))
	m.note("allocation.recover", s.Recover(harness.Owner, s.Allocation, token, harness.Staker2))
	s.Audit(service, operator)
}

// payday measures one way of rewards from the payer to the staker.
func (m *meter) payday(stakers, operators int, suffix string) {
	m.t.Helper()
	s, service := m.earning(stakers, operators)
	m.firstPay(s, service, suffix)
	voucher, home, lst := s.Voucher(harness.Reward), suite.Coins(harness.Bond), suite.Token{Cw20: s.Token}

	// The first payment, harvest and claim of a token make its records; what is measured is the later ones.
	m.pay(s, service, "_first"+suffix)
	m.note("allocation.harvest_first"+suffix, s.Harvest(harness.Stranger, service, operator, voucher))
	s.Harvest(harness.Stranger, service, operator).OK()
	s.Payday()
	m.note("delegation.claim_rewards_first"+suffix, s.ClaimRewardsTo(harness.Staker2, suite.Nobody, nil, voucher))
	s.ClaimRewards(harness.Staker2).OK()
	s.ClaimCommission(operator).OK()

	m.pay(s, service, suffix)
	m.note("allocation.harvest"+suffix, s.Harvest(harness.Stranger, service, operator, voucher))
	m.note("allocation.harvest_cw20"+suffix, s.Harvest(harness.Stranger, service, operator, lst))
	s.Harvest(harness.Stranger, service, operator).OK()
	payAll(s, service)
	m.note("allocation.harvest_3_tokens"+suffix, s.Harvest(harness.Stranger, service, operator))
	s.Payday()
	pool := []suite.PoolKey{suite.PoolOf(operator, suite.Native)}
	m.note("delegation.claim_rewards"+suffix, s.ClaimRewardsTo(harness.Staker2, suite.Nobody, pool, voucher))
	m.note("delegation.claim_rewards_cw20"+suffix, s.ClaimRewardsTo(harness.Staker2, suite.Nobody, pool, lst))
	m.note("delegation.compound"+suffix, s.Compound(harness.Staker2, pool, home))
	m.note("delegation.claim_commission"+suffix, s.ClaimCommission(operator, voucher))
	m.note("delegation.claim_commission_3_tokens"+suffix, s.ClaimCommission(operator))

	// What rewards add to the way of stake, while three tokens flow.
	payAll(s, service)
	s.Harvest(harness.Stranger, service, operator).OK()
	s.Advance(s.Periods.Reward)
	coin := harness.Coin(unit, harness.Bond)
	m.note("vault.deposit_and_delegate_3_rewards"+suffix, s.Deposit(harness.Staker2, operator, coin))
	m.note("delegation.undelegate_3_rewards"+suffix, s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	m.note("delegation.claim_rewards_3_tokens"+suffix, s.ClaimRewards(harness.Staker2))
	s.Audit(0, m.names(operators)...)
}

// names are so many operators, the first of them from the cast.
func (m *meter) names(operators int) []harness.Name {
	names := []harness.Name{operator}
	for n := range operators - 1 {
		names = append(names, harness.Name("operator "+somebody(n)))
	}
	return names
}

// earning is a consumer whose operators have weight, the first of them with so many stakers.
func (m *meter) earning(stakers, operators int) (*suite.Suite, uint32) {
	m.t.Helper()
	s := suite.New(m.t)
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	s.Connect(service)
	s.Host.Execute(harness.Service, s.Allocation, suite.Msg{"update_service": suite.Msg{
		"service": service, "change": suite.Msg{"max_operators": manyOperators},
	}}).OK()
	for n, name := range m.names(operators) {
		if n > 0 {
			s.Host.Send(harness.Owner, name.String(), harness.Coin(1, harness.Bond)).OK()
		}
		s.RegisterOperator(name).OK()
		fill(s, name, 1)
		s.OptInWithKey(name, service, suite.Slices("0.05", suite.Native)).OK()
	}
	fill(s, operator, stakers)
	s.Deposit(harness.Staker2, operator, harness.Coin(unit, harness.Bond)).OK()
	s.Advance(s.Periods.Allocation)
	m.syncAll(s, service, operators)
	s.Advance(s.Periods.Epoch)
	// Nobody is credited before everybody was looked at since the first one got weight.
	for range 2 {
		m.syncAll(s, service, operators)
	}
	s.OpenTransfer(service)
	return s, service
}

// syncAll syncs every operator of a service.
func (m *meter) syncAll(s *suite.Suite, service uint32, operators int) {
	m.t.Helper()
	// The last page may be empty.
	for range operators/syncPage + 1 {
		s.Host.Execute(harness.Relayer, s.Slashing, suite.Msg{"sync": suite.Msg{
			"service": service, "limit": syncPage,
		}}).OK()
	}
	s.Relay()
}

// firstPay names the tokens, and measures what is done once.
func (m *meter) firstPay(s *suite.Suite, service uint32, suffix string) {
	m.t.Helper()
	s.Fund(harness.Service, harness.Coin(unit, harness.Reward))
	s.SendRewards(harness.Stranger, harness.Reward).OK()
	m.note("allocation.receive_rewards_refused"+suffix, s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	m.note("allocation.add_reward_tokens"+suffix, s.AddRewardTokens(harness.Service, service, s.Voucher(harness.Reward)))
	s.AddRewardTokens(harness.Service, service, suite.Coins(harness.Bond), suite.Token{Cw20: s.Token}).OK()
	m.note("gateway.set_rewards_route"+suffix, s.SetRewardsRoute(harness.Owner, service))
	s.SendRewards(harness.Stranger, harness.Reward).OK()
	s.Relay()
	if rewards := s.ServiceRewards(service, s.Voucher(harness.Reward)); !rewards.Held.IsZero() {
		m.t.Fatalf("%s of %s are held", rewards.Held, rewards.Paid)
	}
}

// pay measures a payment in each of three tokens.
func (m *meter) pay(s *suite.Suite, service uint32, suffix string) {
	m.t.Helper()
	s.Fund(harness.Service, harness.Coin(unit, harness.Reward))
	m.note("gateway.send_rewards"+suffix, s.SendRewards(harness.Stranger, harness.Reward))
	packet := s.Pending(s.Consumer)[0]
	m.note("allocation.receive_rewards"+suffix, s.Recv(packet))
	if packet.Ack.Error != "" {
		m.t.Fatal("rewards are refused: ", packet.Ack.Error)
	}
	s.Relay()
	m.note("allocation.pay_rewards"+suffix, s.PayRewards(harness.Service, service, harness.Coin(unit, harness.Bond)))
	m.note("allocation.pay_rewards_cw20"+suffix, s.PayRewardsCw20(harness.Staker3, service, s.Token, unit))
}

// payAll pays in each of the three tokens.
func payAll(s *suite.Suite, service uint32) {
	s.T.Helper()
	s.Fund(harness.Service, harness.Coin(unit, harness.Reward))
	s.SendRewards(harness.Stranger, harness.Reward).OK()
	s.Relay()
	s.PayRewards(harness.Service, service, harness.Coin(unit, harness.Bond)).OK()
	s.PayRewardsCw20(harness.Staker3, service, s.Token, unit).OK()
}

// mostTokens is how many reward tokens a service and a pool may have.
const mostTokens = 16

// manyTokens measures the way of stake and of rewards in as many tokens as there can be.
func (m *meter) manyTokens() {
	m.t.Helper()
	m.say("rewards in %d tokens", mostTokens)
	s, service := m.earning(fewStakers, fewOperators)
	m.payMany(s, service)
	m.note("allocation.harvest_16_tokens", s.Harvest(operator, service, operator))
	s.Advance(s.Periods.Reward)
	coin := harness.Coin(unit, harness.Bond)
	m.note("vault.deposit_and_delegate_16_rewards", s.Deposit(harness.Staker2, operator, coin))
	m.note("delegation.undelegate_16_rewards", s.Undelegate(harness.Staker2, operator, suite.Native, unit/2))
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	m.note("slashing.receive_slash_16_rewards", s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	m.note("delegation.claim_rewards_16_tokens", s.ClaimRewards(harness.Staker2))
	m.note("delegation.claim_commission_16_tokens", s.ClaimCommission(operator))
	s.Audit(0, operator)
}

// payMany pays a service in as many tokens as it may name.
func (m *meter) payMany(s *suite.Suite, service uint32) {
	m.t.Helper()
	for n := range mostTokens {
		token := suite.Token{Cw20: s.DeployToken(fmt.Sprintf("reward-%d", n), harness.Staker3)}
		s.AddRewardTokens(harness.Service, service, token).OK()
		s.PayRewardsCw20(harness.Staker3, service, token.Cw20, unit).OK()
	}
}
