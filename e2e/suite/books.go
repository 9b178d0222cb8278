package suite

import (
	"fmt"

	"palisade/e2e/harness"
)

// Difference says what is not as it should be.
type Difference struct {
	What      string
	Got, Want string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s is %s, should be %s", d.What, d.Got, d.Want)
}

func compare(what string, got, want Int) []Difference {
	if got.Equal(want) {
		return nil
	}
	return []Difference{{what, got.String(), want.String()}}
}

// AuditBooks holds the books of an asset against what is there: the vault's balance is what it
// owes, and what it handed on is in pools, in buckets, or counted as dust.
func (s *Suite) AuditBooks(asset string, operators ...harness.Name) []Difference {
	s.T.Helper()
	books := s.Books(asset)
	there := s.Dust(asset)
	for _, operator := range operators {
		for _, pool := range s.Pools(operator) {
			if pool.Asset != asset {
				continue
			}
			there = there.Add(pool.Tokens)
			for _, bucket := range s.Buckets(operator, asset) {
				there = there.Add(bucket.Tokens)
			}
		}
	}
	owed := books.Idle.Add(books.Staked).Add(books.Seized)
	found := compare("the vault's balance of "+asset, s.Held(asset, s.Vault), owed)
	found = append(found, compare("the vault's own view of its balance of "+asset, books.Balance, owed)...)
	found = append(found, compare("staked "+asset, books.Staked, there)...)
	return append(found, compare("seized "+asset, books.Seized, s.Seized(asset))...)
}

// AuditSets holds the gateway's set against the host's: once the network is quiet, both know the
// same powers, as of the same updates.
func (s *Suite) AuditSets(service uint32) []Difference {
	s.T.Helper()
	var found []Difference
	counted := map[string]GatewayOperator{}
	for _, operator := range s.GatewayOperators() {
		counted[operator.Operator] = operator
	}
	total, strong := Zero, 0
	for _, member := range s.Members(service) {
		total = total.Add(member.Power)
		if member.Power.IsZero() {
			continue
		}
		strong++
		known, ok := counted[member.Operator]
		if !ok {
			found = append(found, Difference{member.Operator, "unknown to the gateway", member.Power.String()})
			continue
		}
		found = append(found, compare("the power of "+member.Operator, known.Power, member.Power)...)
		found = append(found, compare("the update of "+member.Operator, known.UpdateID, member.UpdateID)...)
	}
	found = append(found, compare("the number of operators", IntOf(int64(len(counted))), IntOf(int64(strong)))...)
	return append(found, compare("the total power", s.TotalPower(), total)...)
}

// Audit stops the test if books or sets are not as they should be. Service 0 leaves the sets out.
func (s *Suite) Audit(service uint32, operators ...harness.Name) {
	s.T.Helper()
	var found []Difference
	for _, asset := range []string{Native, LST} {
		found = append(found, s.AuditBooks(asset, operators...)...)
	}
	if service != 0 {
		found = append(found, s.AuditSets(service)...)
	}
	for _, difference := range found {
		s.T.Error(difference)
	}
	if len(found) > 0 {
		s.T.FailNow()
	}
}
