package story

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// What the consumer pays: in its own token, and in the host's.
const (
	ownReward  = 60_000_019
	homeReward = 30_000_001
)

func (s *story) reward() {
	s.step("A day later the consumer pays rewards over ICS-20, in its own token and in the host's")
	s.Advance(s.Periods.Epoch)
	s.syncs()
	s.say("The relayer syncs again. What counted yesterday and today earns.")
	s.OpenTransfer(s.consumer)
	s.own, s.home = s.Voucher(harness.Reward), suite.Coins(harness.Bond)
	for _, token := range s.tokens() {
		s.paid[token] = suite.Zero
	}
	s.AddRewardTokens(harness.Service, s.consumer, s.own, s.home).OK()
	s.say("A channel for coins opens, %s <-> %s. The owner of the gateway names it as the way of rewards.", s.Transfers.A.ID, s.Transfers.B.ID)
	s.say("The service names the tokens: %s of %s, and %s of %s.", harness.Reward, s.Consumer.ID(), harness.Bond, s.Host.ID())
	for _, operator := range operators {
		s.say("%s earns by %s.", operator.Label(), grouped(s.ledger.weight(s.consumer, operator)))
	}
	total := s.ledger.weight(s.consumer, faulty).Add(s.ledger.weight(s.consumer, honest))
	s.number("what all operators earn by", s.ServiceRewards(s.consumer, s.own).Weight, total)

	s.arrives(s.own, harness.Reward, ownReward)
	s.Transfer(s.Host, harness.Service, harness.Service.String(), "", harness.Coin(homeReward, harness.Bond)).OK()
	s.Relay()
	voucher := s.Transfers.Voucher(s.Consumer, harness.Bond)
	s.number("of "+harness.Bond+" that is on "+s.Consumer.ID(), s.Consumer.Supply(voucher), suite.IntOf(homeReward))
	s.arrives(s.home, voucher, homeReward)
	s.number("of "+harness.Bond+" that is on "+s.Consumer.ID()+" now", s.Consumer.Supply(voucher), suite.Zero)
	for _, operator := range operators {
		for _, token := range s.tokens() {
			s.ledger.earn(s.consumer, operator)
			for _, asset := range assets {
				s.number(operator.Label()+"'s "+asset+" earned in "+s.called(token),
					s.Earned(s.consumer, operator, token)[asset], s.ledger.purse(s.consumer, token).earned[operator][asset])
			}
		}
	}
}

func (s *story) tokens() []suite.Token { return []suite.Token{s.own, s.home} }

// called is what the story calls a token.
func (s *story) called(token suite.Token) string {
	if token == s.own {
		return harness.Reward + " of " + s.Consumer.ID()
	}
	return token.Denom
}

// arrives has the gateway send coins of the consumer's treasury, and the relayer deliver them.
func (s *story) arrives(token suite.Token, denom string, amount int64) {
	s.Fund(harness.Service, harness.Coin(amount, denom))
	s.SendRewards(finder, denom).OK()
	packet := s.Pending(s.Consumer)[0]
	received := s.Recv(packet).OK()
	s.say("The service gives %s %s to the gateway; %s, as anybody may, has them sent.", grouped(suite.IntOf(amount)), s.called(token), finder.Label())
	s.holds("the coins are credited in the transaction in which they arrive", received.Ack.Error == "")
	s.Relay()
	s.ledger.pay(s.consumer, token, amount)
	s.number("paid in "+s.called(token), s.ServiceRewards(s.consumer, token).Paid, s.ledger.purse(s.consumer, token).paid)
	s.number("that allocation holds of "+s.called(token), s.HeldOf(token, s.Allocation), suite.IntOf(amount))
}

func (s *story) harvest() {
	s.step("Anybody has them harvested: commission comes off, the rest flows through the next period")
	for _, operator := range operators {
		for _, token := range s.tokens() {
			s.Harvest(finder, s.consumer, operator, token).OK()
			s.ledger.harvest(s.consumer, operator, token)
			name := s.called(token)
			s.number("commission of "+operator.Label()+" in "+name, s.CommissionOwed(operator, token), s.ledger.commissions[operator][token])
			for _, asset := range assets {
				got := s.Flow(operator, asset, token)
				s.number("that waits for "+operator.Label()+"'s "+asset+" in "+name, got.Waiting, s.ledger.flowing(operator, asset, token))
			}
		}
	}
	s.say("%s harvests for both operators, who keep 5 %%. A period of rewards is six hours.", finder.Label())
	for _, token := range s.tokens() {
		p := s.ledger.purse(s.consumer, token)
		s.number("harvested in "+s.called(token), s.ServiceRewards(s.consumer, token).Harvested, p.harvested)
		s.number("left with allocation in "+s.called(token)+", by roundings", s.HeldOf(token, s.Allocation), p.paid.Sub(p.harvested))
		for _, who := range stakers {
			s.number("that "+who.Label()+" can claim of it yet", s.Claimable(who.String(), token), suite.Zero)
		}
	}
}

func (s *story) earn() {
	s.step("Half a period on the first staker claims; at its end all do, and one has its rewards staked again")
	s.number("that flows before the period is over", s.Flow(faulty, suite.Native, s.own).Flowing, suite.Zero)
	s.AdvanceTo(s.Host, s.ledger.periods.Next(s.Host.Now()).Add(s.Periods.Reward/2))
	s.paidOut(alice, s.own)
	s.say("%s claims what flowed until now in %s.", alice.Label(), s.called(s.own))
	s.AdvanceTo(s.Host, s.ledger.periods.Next(s.Host.Now()))
	s.paidOut(alice, s.own)
	s.paidOut(bob, s.own)
	s.paidOut(faulty, s.own, s.home)
	s.say("The period is over. %s claims the rest, %s all of it, and %s what its own stake earned.", alice.Label(), bob.Label(), faulty.Label())

	before := map[harness.Name]suite.Int{}
	for _, operator := range operators {
		before[operator] = s.Position(alice, operator, suite.Native)
	}
	s.Compound(alice, nil, s.home).OK()
	staked := s.ledger.claimed(alice, s.home)
	s.say("%s has what it earned in %s staked again, behind those by whom it was earned.", alice.Label(), s.called(s.home))
	for _, operator := range operators {
		amount := staked[operator][s.home]
		s.ledger.join(alice, operator, suite.Native, amount)
		s.paid[s.home] = s.paid[s.home].Add(amount)
		s.number(alice.Label()+"'s part of "+operator.Label()+"'s "+suite.Native+", which was "+grouped(before[operator])+" before "+grouped(amount)+" were added",
			s.Position(alice, operator, suite.Native), s.ledger.worth(alice, operator, suite.Native))
	}
	for _, operator := range operators {
		for _, token := range s.tokens() {
			held := s.HeldOf(token, operator.String())
			due := s.ledger.commissions[operator][token]
			s.ClaimCommission(operator, token).OK()
			s.paid[token] = s.paid[token].Add(due)
			s.number("commission paid to "+operator.Label()+" in "+s.called(token), s.HeldOf(token, operator.String()).Sub(held), due)
		}
	}
	s.number("that "+bob.Label()+" leaves where it is, in "+s.called(s.home), s.Claimable(bob.String(), s.home), s.claimable(bob, s.home))
	s.number("that anybody else can claim", s.Claimable(alice.String(), s.home).Add(s.Claimable(alice.String(), s.own)), suite.Zero)
	s.audited()
	s.stakes()
}

// claimable is what somebody can claim of a token, of all pools together.
func (s *story) claimable(who harness.Name, token suite.Token) suite.Int {
	all := suite.Zero
	for _, operator := range operators {
		for _, asset := range assets {
			all = all.Add(s.ledger.claimable(who, operator, asset, token))
		}
	}
	return all
}

// paidOut has somebody claim some tokens, and holds what is paid against the formulas.
func (s *story) paidOut(who harness.Name, tokens ...suite.Token) {
	held := map[suite.Token]suite.Int{}
	for _, token := range tokens {
		held[token] = s.HeldOf(token, who.String())
	}
	s.ClaimRewardsTo(who, suite.Nobody, nil, tokens...).OK()
	due := s.ledger.claimed(who, tokens...)
	for _, token := range tokens {
		all := due[faulty][token].Add(due[honest][token])
		s.paid[token] = s.paid[token].Add(all)
		s.number("paid to "+who.Label()+" in "+s.called(token), s.HeldOf(token, who.String()).Sub(held[token]), all)
	}
}

func (s *story) claimRest() {
	s.step("Rewards that nobody took are there still")
	s.paidOut(bob, s.home)
	s.say("%s, whose stake was slashed and is gone, claims what it earned before.", bob.Label())
	for _, token := range s.tokens() {
		p := s.ledger.purse(s.consumer, token)
		left := p.harvested.Sub(s.paid[token])
		s.number("left with delegation in "+s.called(token)+", by roundings", s.HeldOf(token, s.Delegation), left)
		s.number("paid by the consumer in "+s.called(token)+": what was paid out, and what is left of it",
			s.paid[token].Add(s.HeldOf(token, s.Delegation)).Add(s.HeldOf(token, s.Allocation)), p.paid)
	}
	s.conserved(suite.Native)
}
