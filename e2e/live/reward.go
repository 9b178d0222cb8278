package live

import (
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// What the consumer pays, by denom there.
const (
	ownReward  = 6_000_019
	clstReward = 3_000_001
)

// reward pays over ICS-20 through the gateway, and harvests.
func (s *story) reward() {
	s.step("In the next epoch it syncs again, and the consumer pays rewards over ICS-20")
	epoch := s.epochAt(s.Host.now())
	s.wait("the next epoch", time.Minute, func() bool { return s.epochAt(s.Host.now()) > epoch })
	s.syncs()
	s.relayed("both sides agree", s.agreed)
	total := zero
	for _, operator := range operators {
		total = total.Add(s.weight(operator))
	}
	s.number("what all operators earn by", s.rewards(s.own).Weight, total)
	for _, payment := range []struct {
		denom  string
		amount int64
		token  suite.Token
	}{{ownDenom, ownReward, s.own}, {clstDenom, clstReward, s.clstToken}} {
		s.Consumer.Tx("payer", "bank", "send", "payer", s.gateway, coin(units(payment.amount), payment.denom))
		s.consume("anybody", s.gateway, Msg{"send_rewards": Msg{"denom": payment.denom}})
		index := model.NewIndex()
		index.Pay(units(payment.amount), total)
		s.payments[payment.token] = index
	}
	s.relayed("the rewards arrive", func() bool {
		return s.rewards(s.own).Paid.IsPositive() && s.rewards(s.clstToken).Paid.IsPositive()
	})
	s.number("paid in "+ownDenom+" of the consumer's", s.rewards(s.own).Paid, units(ownReward))
	s.number("paid in "+clstDenom+" of the consumer's", s.rewards(s.clstToken).Paid, units(clstReward))
	s.number("left with the gateway", s.Consumer.Balance(s.gateway, ownDenom).Add(s.Consumer.Balance(s.gateway, clstDenom)), zero)
	s.harvests()
}

// harvests sends what was earned to the pools.
func (s *story) harvests() {
	for _, operator := range operators {
		tx := s.host("anybody", s.allocation(), Msg{"harvest": Msg{"service": s.service, "operator": s.address(operator)}})
		for _, token := range []suite.Token{s.own, s.clstToken} {
			kept := s.harvest(s.payments[token], operator, token, tx.At())
			s.number(operator+"'s commission in "+s.called(token), s.commissionOf(operator).of(token), kept)
			for _, asset := range assets {
				b := s.of(operator, asset)
				if b.flows[token] == nil {
					continue
				}
				got := s.flowOf(operator, asset, token)
				s.number("that waits or flows for "+operator+"'s "+asset+" in "+s.called(token),
					got.Waiting.Add(got.Flowing), b.flows[token].Waiting.Add(b.flows[token].Flowing))
			}
		}
		s.harvested = tx.At()
	}
	s.side(s.Host.Name, "%s token and %s uclst flow to the stakers", group(units(ownReward).String()), group(units(clstReward).String()))
	s.side(s.Consumer.Name, "the gateway holds nothing")
}

func (s *story) called(token suite.Token) string {
	if token == s.own {
		return ownDenom
	}
	return clstDenom
}

// rewards are the service's in a token.
func (s *story) rewards(token suite.Token) suite.ServiceRewards {
	var all []suite.ServiceRewards
	s.Host.Query(s.allocation(), Msg{"service_rewards": Msg{"service": s.service}}, &all)
	for _, rewards := range all {
		if rewards.Token == token {
			return rewards
		}
	}
	return suite.ServiceRewards{Token: token, Paid: zero, Harvested: zero, Held: zero, Weight: zero}
}

func (s *story) commissionOf(operator string) (owed amounts) {
	s.Host.Query(s.delegation(), Msg{"commission_owed": Msg{"operator": s.address(operator)}}, &owed)
	return owed
}

func (s *story) flowOf(operator, asset string, token suite.Token) suite.Flow {
	var flows []suite.Flow
	s.Host.Query(s.delegation(), Msg{"flows": Msg{"operator": s.address(operator), "asset": asset}}, &flows)
	for _, flow := range flows {
		if flow.Token == token {
			return flow
		}
	}
	return suite.Flow{Token: token, Flowing: zero, Waiting: zero}
}

// earn claims while it flows, and stakes rewards again.
func (s *story) earn() {
	s.step("While it flows a staker claims, and has its rewards staked again")
	begins := model.Periods{Genesis: s.genesis, Length: s.ledger.reward}.Next(s.harvested)
	s.Host.until(begins.Add(5*time.Second), "the rewards flow")
	s.claims(staker, s.own)

	tx := s.host(staker, s.delegation(), Msg{"compound": Msg{
		"pools":  []suite.PoolKey{{Operator: s.address(east), Asset: lst}, {Operator: s.address(east), Asset: clst}},
		"tokens": []suite.Token{s.clstToken},
	}})
	amount := at(s.claimRewards(staker, s.clstToken, tx.At(), pool{east, lst}, pool{east, clst}), east)
	s.deposit(staker, east, clst, amount, tx.At())
	s.number("staker's "+clst+" behind east, "+group(amount.String())+" more", s.position(staker, east, clst), s.worth(staker, east, clst))
	s.side(s.Host.Name, "%s uclst of rewards are staked", group(amount.String()))
}

// claims has somebody claim a token, and holds what is paid against the formulas. A claim of nothing
// would be refused.
func (s *story) claims(who string, token suite.Token) {
	if !s.anything(who, token) {
		s.number("that the "+who+" can claim in "+s.called(token), s.claimableOf(who, token), zero)
		return
	}
	before := s.Host.Balance(s.address(who), token.Denom)
	tx := s.host(who, s.delegation(), Msg{"claim_rewards": Msg{"tokens": []suite.Token{token}}})
	due := zero
	for _, amount := range s.claimRewards(who, token, tx.At()) {
		due = due.Add(amount)
	}
	s.number("paid to the "+who+" in "+s.called(token), s.Host.Balance(s.address(who), token.Denom).Sub(before), due)
	s.side(s.Host.Name, "%s %s paid to the %s", group(due.String()), s.called(token), who)
}

// anything tells whether somebody has rewards to claim, by the formulas.
func (s *story) anything(who string, token suite.Token) bool {
	now := s.Host.now()
	for _, b := range s.books {
		if s.claimable(who, b, token, now).IsPositive() {
			return true
		}
	}
	return false
}

// claimableOf is what somebody can claim of a token, of all pools.
func (s *story) claimableOf(who string, token suite.Token) Int {
	var pools []struct{ Rewards amounts }
	s.Host.Query(s.delegation(), Msg{"rewards": Msg{"owner": s.address(who)}}, &pools)
	all := zero
	for _, of := range pools {
		all = all.Add(of.Rewards.of(token))
	}
	return all
}

// commissions pays the operators.
func (s *story) commissions() {
	for _, operator := range operators {
		before := s.Host.Balance(s.address(operator), s.own.Denom)
		s.host(operator, s.delegation(), Msg{"claim_commission": Msg{"tokens": []suite.Token{s.own}}})
		s.number("commission paid to "+operator+" in "+ownDenom, s.Host.Balance(s.address(operator), s.own.Denom).Sub(before), s.owed[operator][s.own])
	}
}

func (s *story) earnRest() {
	s.step("The rest of the rewards is claimed")
	ends := model.Periods{Genesis: s.genesis, Length: s.ledger.reward}.Next(s.harvested).Add(s.ledger.reward)
	s.Host.until(ends, "all rewards have flowed")
	for _, who := range []string{staker, friend, west} {
		s.claims(who, s.own)
	}
	s.claims(friend, s.clstToken)
}
