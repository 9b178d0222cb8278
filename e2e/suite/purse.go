package suite

import "palisade/e2e/harness"

// Purse is where the rewards in one token are.
type Purse struct {
	// Paid came in, of which Harvested went on to the delegation contract.
	Paid, Harvested Int
	// Earned is what operators can have harvested, Held waits for one with weight.
	Earned, Held Int
	// Flowing is what flows to pools, or waits to; Claimable is what holders, Commission what operators
	// can claim.
	Flowing, Claimable, Commission Int
	// Allocation and Delegation are what the contracts hold.
	Allocation, Delegation Int
}

// Purse counts the rewards in one token, of all services, operators and those who stake there.
func (s *Suite) Purse(token Token, services []uint32, operators []harness.Name, stakers ...string) Purse {
	s.T.Helper()
	p := Purse{
		Paid: Zero, Harvested: Zero, Earned: Zero, Held: Zero, Flowing: Zero, Claimable: Zero, Commission: Zero,
		Allocation: s.HeldOf(token, s.Allocation), Delegation: s.HeldOf(token, s.Delegation),
	}
	for _, service := range services {
		rewards := s.ServiceRewards(service, token)
		p.Paid, p.Harvested, p.Held = p.Paid.Add(rewards.Paid), p.Harvested.Add(rewards.Harvested), p.Held.Add(rewards.Held)
		for _, operator := range operators {
			for _, part := range s.Earned(service, operator, token) {
				p.Earned = p.Earned.Add(part)
			}
		}
	}
	for _, operator := range operators {
		p.Commission = p.Commission.Add(s.CommissionOwed(operator, token))
		for _, pool := range s.Pools(operator) {
			flow := s.Flow(operator, pool.Asset, token)
			p.Flowing = p.Flowing.Add(flow.Flowing).Add(flow.Waiting)
		}
	}
	for _, staker := range stakers {
		p.Claimable = p.Claimable.Add(s.Claimable(staker, token))
	}
	return p
}

// Owed is what the delegation contract owes.
func (p Purse) Owed() Int { return p.Flowing.Add(p.Claimable).Add(p.Commission) }

// Dust is what roundings left with each contract, for nobody.
func (p Purse) Dust() (allocation, delegation Int) {
	return p.Allocation.Sub(p.Earned).Sub(p.Held), p.Delegation.Sub(p.Owed())
}

// Audit says what is not as it should be, where so much was paid out by the delegation contract: each
// contract holds what came less what went, owes no more than it holds, and roundings left less than
// most with either.
func (p Purse) Audit(token Token, out Int, most int64) []Difference {
	name := token.Denom + token.Cw20
	found := compare("what allocation holds of "+name, p.Allocation, p.Paid.Sub(p.Harvested))
	found = append(found, compare("what delegation holds of "+name, p.Delegation, p.Harvested.Sub(out))...)
	allocation, delegation := p.Dust()
	for what, dust := range map[string]Int{"allocation": allocation, "delegation": delegation} {
		if dust.IsNegative() || dust.GT(IntOf(most)) {
			found = append(found, Difference{"dust of " + name + " in " + what, dust.String(), "within " + amount(most)})
		}
	}
	return found
}
