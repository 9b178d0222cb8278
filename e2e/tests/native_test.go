package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

const (
	// pooled stands behind an operator that stakes natively: with what its validator has of its own,
	// million, ten millions are with it.
	pooled  = 9 * million
	million = 1_000_000
)

// bonded is a suite with natively staked tokens, and an operator with all that is pooled, of two
// stakers.
func bonded(t *testing.T) *suite.Suite {
	t.Helper()
	s := suite.NewStaked(t)
	s.Validates(operator)
	bond(s, harness.Staker1, operator, 6*million)
	bond(s, harness.Staker2, operator, 3*million)
	s.AuditNative(suite.Staked, operator)
	return s
}

// bond deposits behind an operator with a staker.
func bond(s *suite.Suite, who, operator harness.Name, units int64) *harness.Result {
	s.T.Helper()
	return s.Deposit(who, operator, harness.Coin(units, harness.Bond)).OK().As("vault.deposit_and_delegate_staked")
}

func requireInt(t *testing.T, want int64, got suite.Int, what string) {
	t.Helper()
	require.Equal(t, want, got.Int64(), what)
}

// held is what somebody's balance of the bond denom rose by while something was done.
func held(s *suite.Suite, who harness.Name, do func()) int64 {
	s.T.Helper()
	before := s.Held(suite.Staked, who.String())
	do()
	return s.Held(suite.Staked, who.String()).Sub(before).Int64()
}

// logGas tells what transactions cost.
func logGas(t *testing.T, results ...*harness.Result) {
	t.Helper()
	for _, result := range results {
		t.Logf("gas %-42s %9d", result.Label, result.GasUsed)
		if !testing.Verbose() {
			continue
		}
		for _, call := range result.Calls {
			t.Logf("      %-10s %-24s compute %8d, %3d touches", label(result, call), call.Entry, call.Compute, len(call.Ops))
		}
	}
}

func label(result *harness.Result, call *harness.Call) string {
	return result.Chain().Label(call.Contract)
}

// One deposit goes through three contracts to the validator; what leaves comes back with its batch.
func TestNativeStakeComesAndGoes(t *testing.T) {
	s := suite.NewStaked(t)
	s.RegisterOperator(operator).OK()
	s.RegisterOperator(another).OK()
	s.RegisterOperator(harness.Service).OK()
	s.OpenStakerWith(harness.Service, operator, suite.Staked, false).Refused("is not the account of the validator")
	s.OpenStakerWith(harness.Service, harness.Service, suite.Staked, false).Refused("there is no validator")
	s.OpenStaker(harness.Operator3, suite.Staked, false).Refused("is not an operator")
	s.Deposit(harness.Staker1, operator, harness.Coin(pooled, harness.Bond)).Refused("has no staker of")
	opened := s.OpenStaker(operator, suite.Staked, false).OK()
	s.OpenStaker(operator, suite.Staked, false).Refused("has its staker of bonded already")
	staker := s.Staker(operator, suite.Staked)
	require.Equal(t, s.PredictedStaker(operator, suite.Staked), staker.Staker)
	require.Equal(t, staker.Staker, s.Staked(operator, suite.Staked).Staker)
	require.Equal(t, operator.Validator(), staker.Validator)

	first := bond(s, harness.Staker1, operator, 6*million).As("vault.deposit_and_delegate_staked, the first")
	second := bond(s, harness.Staker2, operator, 3*million)
	more := bond(s, harness.Staker2, operator, million)
	requireInt(t, 10*million, s.Host.Delegated(staker.Staker, operator), "delegated")
	requireInt(t, 11*million, s.Host.Validator(operator).Tokens, "with its own")
	requireInt(t, 10*million, s.Pool(operator, suite.Staked).Tokens, "pooled")
	books := s.Books(suite.Staked)
	requireInt(t, 10*million, books.Staked, "booked")
	require.True(t, books.Balance.IsZero())
	s.Deposit(harness.Staker1, another, harness.Coin(million, harness.Bond)).Refused("has no staker of")

	// What lies idle stays in the vault, liquid.
	s.Deposit(harness.Staker1, suite.Nobody, harness.Coin(million, harness.Bond)).OK()
	requireInt(t, million, s.Books(suite.Staked).Balance, "idle")
	delegated := s.Delegate(harness.Staker1, suite.Staked, operator, million).OK()
	requireInt(t, 11*million, s.Delegated(operator, suite.Staked), "delegated")
	s.AuditNative(suite.Staked, operator)

	// Leaving costs nothing until the batch; then the chain's time runs.
	left := s.Undelegate(harness.Staker1, operator, suite.Staked, 2*million).OK()
	epoch := s.Epoch()
	requireInt(t, 11*million, s.Delegated(operator, suite.Staked), "still delegated")
	s.Cancel(harness.Staker1, operator, suite.Staked, epoch.Epoch).OK()
	requireInt(t, 7*million, s.Position(harness.Staker1, operator, suite.Staked), "canceled")
	s.Undelegate(harness.Staker1, operator, suite.Staked, 2*million).OK()
	s.Undelegate(harness.Staker2, operator, suite.Staked, million).OK()
	nothing := s.Reconcile(harness.Stranger, operator, suite.Staked).OK().As("delegation.reconcile, nothing to do")
	require.Empty(t, s.Host.Unbonding(staker.Staker, operator))
	batch := s.NextBatch(operator, suite.Staked).OK().As("delegation.reconcile, a batch")
	requireInt(t, 8*million, s.Delegated(operator, suite.Staked), "delegated")
	entries := s.Host.Unbonding(staker.Staker, operator)
	require.Len(t, entries, 1)
	requireInt(t, 3*million, entries[0].Balance, "unbonding")
	require.Equal(t, entries[0].CompletionTime.UTC(), s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Time)
	s.Cancel(harness.Staker1, operator, suite.Staked, epoch.Epoch).Refused("is leaving the validator")
	s.AuditNative(suite.Staked, operator)

	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	s.Claim(harness.Staker1, operator, suite.Staked).Refused("is not back from the validator")
	arrived := s.Reconcile(harness.Stranger, operator, suite.Staked).OK().As("delegation.reconcile, an arrival")
	requireInt(t, 3*million, s.Books(suite.Staked).Released, "released")
	s.AuditNative(suite.Staked, operator)
	var claimed *harness.Result
	require.Equal(t, int64(2*million), held(s, harness.Staker1, func() { claimed = s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	require.Equal(t, int64(million), held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }))
	requireInt(t, 8*million, s.Books(suite.Staked).Staked, "booked")
	require.True(t, s.Books(suite.Staked).Released.IsZero())
	s.AuditNative(suite.Staked, operator)
	logGas(t, opened, first, second, more, delegated, left, nothing, batch, arrived, claimed)
}

// Rewards of the chain flow to the stakers as any reward does, without commission; not even a deposit
// that makes the chain pay on its own loses one.
func TestRewardsOfTheChainAreStreamed(t *testing.T) {
	s := bonded(t)
	coins := suite.Coins(harness.Bond)
	staker := s.Staker(operator, suite.Staked).Staker
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	// 2 % for the community; 10 of 13 voted for the operator's validator, and 9 of its 10 are pooled.
	owed := s.Host.ChainRewards(staker, operator).AmountOf(harness.Bond)
	requireInt(t, 881_999, owed, "owed by the chain")
	withdrawn := s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	requireInt(t, 881_999, s.Flow(operator, suite.Staked, coins).Waiting, "waiting")
	require.True(t, s.Held(suite.Staked, staker).IsZero())
	s.Payday()
	requireInt(t, 881_999*6/9, s.ClaimableOf(harness.Staker1, operator, suite.Staked, coins), "claimable")
	requireInt(t, 881_999*3/9, s.ClaimableOf(harness.Staker2, operator, suite.Staked, coins), "claimable")
	require.True(t, s.CommissionOwed(operator, coins).IsZero())
	require.Equal(t, int64(881_999*6/9), held(s, harness.Staker1, func() { s.ClaimRewards(harness.Staker1).OK() }))

	// The chain pays with every delegation and undelegation by itself.
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed = s.Host.ChainRewards(staker, operator).AmountOf(harness.Bond)
	require.True(t, owed.IsPositive())
	bond(s, harness.Staker3, operator, million)
	require.Equal(t, owed.String(), s.StakerState(operator, suite.Staked).Rewards.String())
	require.Equal(t, owed.String(), s.Held(suite.Staked, staker).String())
	s.AuditNative(suite.Staked, operator)
	s.Undelegate(harness.Staker3, operator, suite.Staked, million).OK()
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed = owed.Add(s.Host.ChainRewards(staker, operator).AmountOf(harness.Bond))
	s.NextBatch(operator, suite.Staked).OK()
	require.Equal(t, owed.String(), s.StakerState(operator, suite.Staked).Rewards.String())
	s.AuditNative(suite.Staked, operator)
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed = owed.Add(s.Host.ChainRewards(staker, operator).AmountOf(harness.Bond))
	waiting := s.Flow(operator, suite.Staked, coins).Waiting
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, owed.String(), s.Flow(operator, suite.Staked, coins).Waiting.Sub(waiting).String())
	require.True(t, s.StakerState(operator, suite.Staked).Rewards.IsZero())
	require.True(t, s.Held(suite.Staked, staker).IsZero())
	s.AuditNative(suite.Staked, operator)
	logGas(t, withdrawn)
}

// Where the operator compounds, rewards of the chain are staked at once, and grow into the pool as
// they would have flowed: who deposits just before gains nothing.
func TestRewardsOfTheChainAreCompounded(t *testing.T) {
	s := bonded(t)
	s.SetCompound(harness.Stranger, suite.Staked, true).Refused("has no staker of")
	s.SetCompound(operator, suite.Staked, true).OK()
	staker := s.Staker(operator, suite.Staked).Staker
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed := s.Host.ChainRewards(staker, operator).AmountOf(harness.Bond)
	bond(s, harness.Staker3, operator, 9*million)
	s.UndelegateAll(harness.Staker3, operator, suite.Staked).OK()
	epoch := s.Epoch()
	withdrawn := s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, owed.AddRaw(18*million).String(), s.Delegated(operator, suite.Staked).String())
	require.Equal(t, owed.String(), s.Staked(operator, suite.Staked).Growing.String())
	requireInt(t, 9*million, s.Pool(operator, suite.Staked).Tokens, "nothing grew yet")
	require.Equal(t, owed.AddRaw(18*million).String(), s.Books(suite.Staked).Staked.String())
	s.AuditNative(suite.Staked, operator)
	s.Payday()
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.True(t, s.Staked(operator, suite.Staked).Growing.IsZero())
	require.Equal(t, owed.AddRaw(9*million).String(), s.Pool(operator, suite.Staked).Tokens.String())
	s.AuditNative(suite.Staked, operator)
	grown := owed.MulRaw(6).QuoRaw(9).AddRaw(6 * million)
	require.InDelta(t, grown.Int64(), s.Position(harness.Staker1, operator, suite.Staked).Int64(), 1)
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	if s.Books(suite.Staked).Released.IsZero() {
		// The batch went with the message above; its tokens take the chain's time.
		s.AdvanceTo(s.Host, s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Time)
		s.Host.Block()
		s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	}
	require.Equal(t, int64(9*million), held(s, harness.Staker3, func() { s.Claim(harness.Staker3, operator, suite.Staked).OK() }))
	logGas(t, withdrawn)
}

// A validator that misses blocks loses a hundredth: the pool with it, exactly; no magnitude, since no
// service took it. Nobody can join until it is back, and everybody can leave.
func TestValidatorSlashedForDowntime(t *testing.T) {
	s := bonded(t)
	magnitude := s.Pool(operator, suite.Staked).Magnitude
	s.Host.GoOffline(operator)
	requireInt(t, pooled*99/100, s.Delegated(operator, suite.Staked), "delegated")
	requireInt(t, pooled/100, s.Staked(operator, suite.Staked).Slashed, "noticed by the query")
	s.Deposit(harness.Staker3, operator, harness.Coin(million, harness.Bond)).Refused("is not bonded")
	// The first message that touches the pool takes the loss: before what it is about.
	left := s.Undelegate(harness.Staker2, operator, suite.Staked, million).OK().As("delegation.undelegate, a slash noticed")
	requireInt(t, pooled*99/100-million, s.Pool(operator, suite.Staked).Tokens, "pooled")
	requireInt(t, pooled*99/100, s.Books(suite.Staked).Staked, "booked")
	requireInt(t, 6*million*99/100, s.Position(harness.Staker1, operator, suite.Staked), "staker1")
	requireInt(t, 3*million*99/100-million, s.Position(harness.Staker2, operator, suite.Staked), "staker2")
	require.Equal(t, magnitude, s.Pool(operator, suite.Staked).Magnitude)
	s.AuditNative(suite.Staked, operator)
	epoch := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.AuditNative(suite.Staked, operator)
	s.Host.Unjail(operator).OK()
	bond(s, harness.Staker3, operator, million)
	s.AuditNative(suite.Staked, operator)
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.InDelta(t, million, held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }), 1)
	s.AuditNative(suite.Staked, operator)
	logGas(t, left)
}

// The chain slashes what was unbonding since the infraction; what left before goes free. Each batch
// bears what it lost itself.
func TestValidatorSlashedWhileStakeUnbonds(t *testing.T) {
	s := bonded(t)
	magnitude := s.Pool(operator, suite.Staked).Magnitude
	staker := s.Staker(operator, suite.Staked).Staker
	supply := s.Host.Supply(harness.Bond)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	before := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	infraction := s.Host.Moment(operator)
	s.Undelegate(harness.Staker1, operator, suite.Staked, 2*million).OK()
	after := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Undelegate(harness.Staker2, operator, suite.Staked, million).OK()
	open := s.Epoch()

	s.Advance(suite.Day / 2)
	s.Host.CatchDoubleSign(operator, infraction)
	// A twentieth of the nine millions that were bonded then.
	requireInt(t, 9*million/20, supply.Sub(s.Host.Supply(harness.Bond)), "burned by the chain")
	entries := s.Host.Unbonding(staker, operator)
	require.Len(t, entries, 2)
	requireInt(t, million, entries[0].Balance, "left before")
	requireInt(t, 2*million*95/100, entries[1].Balance, "left after")
	requireInt(t, 6*million*95/100, s.Delegated(operator, suite.Staked), "bonded")

	// What is bonded shows at once, open buckets and all.
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	requireInt(t, 5*million*95/100, s.Pool(operator, suite.Staked).Tokens, "pooled")
	require.Equal(t, magnitude, s.Pool(operator, suite.Staked).Magnitude)
	bucket := func(epoch uint64) suite.Int {
		for _, bucket := range s.Buckets(operator, suite.Staked) {
			if bucket.Epoch == epoch {
				return bucket.Tokens
			}
		}
		return suite.Zero
	}
	requireInt(t, million, bucket(before.Epoch), "left before")
	requireInt(t, 2*million, bucket(after.Epoch), "shows when it arrives")
	requireInt(t, million*95/100, bucket(open.Epoch), "waits for its batch")
	s.AuditNative(suite.Staked, operator)
	s.NextBatch(operator, suite.Staked).OK()

	// Each batch is taken in by itself.
	for i, want := range []struct {
		who   harness.Name
		epoch suite.Epoch
		units int64
	}{
		{harness.Staker1, before, million},
		{harness.Staker1, after, 2 * million * 95 / 100},
		{harness.Staker2, open, million * 95 / 100},
	} {
		s.AdvanceTo(s.Host, s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Time)
		s.Host.Block()
		s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
		if i == 1 {
			// Less than expected has to be seen in two blocks.
			require.Len(t, s.Staked(operator, suite.Staked).Batches, 2)
			s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
		}
		require.Len(t, s.Staked(operator, suite.Staked).Batches, 2-i)
		s.AuditNative(suite.Staked, operator)
		s.AdvanceTo(s.Host, want.epoch.MaturesAt.Time)
		require.InDelta(t, want.units, held(s, want.who, func() { s.Claim(want.who, operator, suite.Staked).OK() }), 1)
		s.AuditNative(suite.Staked, operator)
	}
	requireInt(t, 5*million*95/100, s.Books(suite.Staked).Staked, "booked")
}

// The chain unbonds seven times at once, no more. Batches of a sixth of its time never need an eighth,
// not even in the block in which a late one ends as the seventh after it is due.
func TestSevenBatchesAtOnce(t *testing.T) {
	s := bonded(t)
	staker := s.Staker(operator, suite.Staked).Staker
	s.Undelegate(harness.Staker1, operator, suite.Staked, 100_000).OK()
	// The first batch starts as late as it can.
	s.AdvanceTo(s.Host, s.Epoch().End.Time)
	s.AdvanceTo(s.Host, s.Epoch().End.Add(-harness.BlockTime*4))
	s.Undelegate(harness.Staker1, operator, suite.Staked, 100_000).OK()
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	for i := range harness.MaxEntries - 1 {
		require.Len(t, s.Host.Unbonding(staker, operator), i+1)
		s.NextBatch(operator, suite.Staked).OK()
		s.Undelegate(harness.Staker1, operator, suite.Staked, 100_000).OK()
		s.AuditNative(suite.Staked, operator)
	}
	entries := s.Host.Unbonding(staker, operator)
	require.Len(t, entries, harness.MaxEntries)
	require.Len(t, s.Staked(operator, suite.Staked).Batches, harness.MaxEntries)

	// No block comes until the first two are complete and the eighth is due: the chain completes at the
	// end of a block, so that in this one there still are seven.
	due := s.Staked(operator, suite.Staked).NextBatchAt
	require.True(t, entries[0].CompletionTime.Before(due.Time))
	s.Sleep(due.Sub(s.Host.Now()))
	// What should arrive is waited for, then taken in, and then there is a place.
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Len(t, s.Staked(operator, suite.Staked).Batches, harness.MaxEntries)
	s.AuditNative(suite.Staked, operator)
	arrivals := s.Reconcile(harness.Stranger, operator, suite.Staked).OK().As("delegation.reconcile, two arrivals")
	s.AuditNative(suite.Staked, operator)
	most := s.Reconcile(harness.Stranger, operator, suite.Staked).OK().As("delegation.reconcile, a seventh batch")
	require.Len(t, s.Host.Unbonding(staker, operator), harness.MaxEntries-1)
	require.Len(t, s.Staked(operator, suite.Staked).Batches, harness.MaxEntries-1)
	requireInt(t, 200_000, s.Books(suite.Staked).Released, "the first two are back")
	s.AuditNative(suite.Staked, operator)

	// All of them come back.
	s.Advance(2 * s.Periods.Unbonding)
	all := s.Reconcile(harness.Stranger, operator, suite.Staked).OK().As("delegation.reconcile, all arrivals")
	s.AuditNative(suite.Staked, operator)
	claimed := held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() })
	require.GreaterOrEqual(t, claimed, int64(700_000))
	s.AuditNative(suite.Staked, operator)
	logGas(t, arrivals, most, all)
}

// Who wants to move to another operator unbonds and is staked again: the suite never uses the chain's
// redelegations, whose slashes would follow it.
func TestMovingToAnotherValidator(t *testing.T) {
	s := bonded(t)
	s.Validates(another)
	s.RegisterOperator(harness.Operator3).OK()
	s.RegisterOperator(harness.Service).OK()
	s.Host.StakeWith(harness.Stranger, another, 9*million).OK()
	s.UndelegateAll(harness.Staker2, operator, suite.Staked).OK()
	epoch := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Redelegate(harness.Staker2, operator, suite.Staked, another).Refused("nothing has matured")
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	s.Redelegate(harness.Staker2, operator, suite.Staked, another).Refused("is not back from the validator")
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	for _, without := range []harness.Name{harness.Operator3, harness.Service} {
		s.Redelegate(harness.Staker2, operator, suite.Staked, without).Refused("is not staked natively behind")
	}
	s.Redelegate(harness.Staker2, operator, suite.Staked, harness.Stranger).Refused("is not an operator")
	s.Host.GoOffline(another)
	s.Redelegate(harness.Staker2, operator, suite.Staked, another).Refused("is not bonded")
	s.Advance(suite.Day)
	s.Host.Unjail(another).OK()
	moved := s.Redelegate(harness.Staker2, operator, suite.Staked, another).OK()
	require.Empty(t, moved.Attributes("redelegate", "source_validator"))
	for _, from := range []harness.Name{operator, another} {
		require.Zero(t, s.Host.Redelegations(s.Staker(from, suite.Staked).Staker))
	}
	requireInt(t, 6*million, s.Delegated(operator, suite.Staked), "left behind")
	require.InDelta(t, 3*million, s.Delegated(another, suite.Staked).Int64(), 1)
	require.InDelta(t, 3*million, s.Position(harness.Staker2, another, suite.Staked).Int64(), 1)
	requireInt(t, 9*million, s.Books(suite.Staked).Staked, "booked")
	require.True(t, s.Books(suite.Staked).Balance.IsZero())
	s.AuditNative(suite.Staked, operator, another)
	logGas(t, moved)
}

// A service's slash takes natively staked tokens as all others. They are owed until they are unbonded,
// and burned in the end.
func TestServiceSlashesNativeStake(t *testing.T) {
	s := bonded(t)
	terms := suite.LocalTerms(harness.Service, suite.Staked)
	terms.Proceeds = suite.Burn()
	service := s.RegisterService(harness.Service, terms)
	s.OptIn(operator, service, suite.Slices("0.3", suite.Staked)).OK()
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	requireInt(t, pooled, s.Member(service, operator).Power, "power")
	update := s.Member(service, operator).UpdateID
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	first := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Undelegate(harness.Staker2, operator, suite.Staked, million).OK()
	second := s.Epoch()
	supply := s.Host.Supply(harness.Bond)
	staker := s.Staker(operator, suite.Staked).Staker

	slashed := s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, update)).OK()
	// A tenth of all: of seven millions staked, of one that waits for its batch, of one that unbonds.
	requireInt(t, 700_000+100_000+100_000, s.Books(suite.Staked).Seized, "seized")
	requireInt(t, pooled-900_000, s.Books(suite.Staked).Staked, "booked")
	requireInt(t, 6_300_000, s.Pool(operator, suite.Staked).Tokens, "pooled")
	at := s.Staked(operator, suite.Staked)
	requireInt(t, 800_000, at.Seized, "to be undelegated")
	require.Len(t, at.Batches, 1)
	requireInt(t, 100_000, at.Batches[0].Seized, "of what unbonds")
	require.Equal(t, supply.String(), s.Host.Supply(harness.Bond).String())
	s.AuditNative(suite.Staked, operator)
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).Refused("came back from the base chain yet")

	s.NextBatch(operator, suite.Staked).OK()
	entries := s.Host.Unbonding(staker, operator)
	require.Len(t, entries, 2)
	requireInt(t, 900_000+800_000, entries[1].Balance, "the bucket and what was seized")
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).Refused("came back from the base chain yet")

	s.AdvanceTo(s.Host, s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	requireInt(t, 100_000, s.Books(suite.Staked).Payable, "of the first batch")
	s.AuditNative(suite.Staked, operator)
	paid := s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).OK()
	requireInt(t, 100_000, supply.Sub(s.Host.Supply(harness.Bond)), "burned")
	requireInt(t, 800_000, s.Books(suite.Staked).Seized, "owed still")
	s.AdvanceTo(s.Host, first.MaturesAt.Time)
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).Refused("came back from the base chain yet")
	require.Equal(t, int64(900_000), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))

	s.AdvanceTo(s.Host, second.MaturesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	s.AuditNative(suite.Staked, operator)
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).OK()
	requireInt(t, 900_000, supply.Sub(s.Host.Supply(harness.Bond)), "burned")
	require.True(t, s.Books(suite.Staked).Seized.IsZero())
	require.True(t, s.Books(suite.Staked).Payable.IsZero())
	require.Equal(t, int64(900_000), held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }))
	requireInt(t, 6_300_000, s.Books(suite.Staked).Staked, "booked")
	requireInt(t, 6_300_000, s.Delegated(operator, suite.Staked), "delegated")
	s.AuditNative(suite.Staked, operator)
	logGas(t, slashed, paid)
}

// A validator that can never come back keeps nobody: even after the chain has unbonded it.
func TestTombstonedValidatorKeepsNobody(t *testing.T) {
	s := bonded(t)
	infraction := s.Host.Moment(operator)
	s.Advance(suite.Day)
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	s.Host.CatchDoubleSign(operator, infraction)
	require.True(t, s.Host.Tombstoned(operator))
	s.Deposit(harness.Staker3, operator, harness.Coin(million, harness.Bond)).Refused("is not bonded")
	s.UndelegateAll(harness.Staker1, operator, suite.Staked).OK()
	epoch := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Advance(suite.ChainUnbonding)
	require.True(t, s.Host.Validator(operator).IsUnbonded())
	s.UndelegateAll(harness.Staker2, operator, suite.Staked).OK()
	last := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	require.True(t, s.Delegated(operator, suite.Staked).IsZero())
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, int64(6*million*95/100), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	s.AdvanceTo(s.Host, last.MaturesAt.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, int64(3*million*95/100), held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }))
	s.AuditNative(suite.Staked, operator)
	require.True(t, s.Books(suite.Staked).Staked.IsZero())
	// What the chain paid before is not lost either.
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.True(t, s.Held(suite.Staked, s.Staker(operator, suite.Staked).Staker).IsZero())
}
