package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// Odd amounts, after slashes that leave the validator's shares at an odd price: every operation may
// cost its pool a unit, which the accounts notice, and no more.
func TestOddPricesCostAUnitAtMost(t *testing.T) {
	s := bonded(t)
	s.Host.StakeWith(harness.Stranger, operator, 333_337).OK()
	for range 3 {
		s.Host.GoOffline(operator)
		s.Advance(suite.Day)
		s.Host.Unjail(operator).OK()
	}
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	booked := s.Books(suite.Staked).Staked
	paid, operations := int64(0), int64(0)
	var deposit, left *harness.Result
	for i := range 6 {
		units := int64(1_234_567 + 7_919*i)
		deposit = bond(s, harness.Staker3, operator, units).As("vault.deposit_and_delegate_staked, at an odd price")
		left = s.Undelegate(harness.Staker1, operator, suite.Staked, units/3).OK().As("delegation.undelegate, at an odd price")
		s.NextBatch(operator, suite.Staked).OK()
		paid, operations = paid+units, operations+2
		s.AuditNativeWithin(operations, suite.Staked, operator)
	}
	// Each may be a unit short, which has to be seen in two blocks.
	claimed := int64(0)
	for range 6 {
		s.Advance(suite.Day)
		for range 2 {
			s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
			s.AuditNativeWithin(operations, suite.Staked, operator)
		}
	}
	s.Advance(2 * suite.Day)
	claimed += held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() })
	s.AuditNativeWithin(operations, suite.Staked, operator)
	lost := booked.AddRaw(paid - claimed).Sub(s.Books(suite.Staked).Staked)
	require.False(t, lost.IsNegative())
	require.LessOrEqual(t, lost.Int64(), operations)
	at := s.Staked(operator, suite.Staked)
	t.Logf("%d units lost in %d operations; the chain has %s more than the accounts say", lost.Int64(), operations,
		s.Delegated(operator, suite.Staked).Sub(at.Bonded).Add(at.Slashed))
	logGas(t, deposit, left)
}

// In the very block whose time completes a batch its tokens are still to come: nobody takes that for a
// slash.
func TestTokensArriveAtTheEndOfABlock(t *testing.T) {
	s := bonded(t)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	epoch := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Sleep(s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Sub(s.Host.Now()))
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Len(t, s.Staked(operator, suite.Staked).Batches, 1)
	require.True(t, s.Books(suite.Staked).Released.IsZero())
	s.AuditNative(suite.Staked, operator)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Empty(t, s.Staked(operator, suite.Staked).Batches)
	requireInt(t, million, s.Books(suite.Staked).Released, "released")
	s.AuditNative(suite.Staked, operator)
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	require.Equal(t, int64(million), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
}

// The chain's governance may have stake unbond longer than the suite was told. Then batches wait for
// each other, and claims for them; all come in the end.
func TestChainUnbondsLongerThanTold(t *testing.T) {
	s := bonded(t)
	s.Host.UnbondIn(2 * suite.ChainUnbonding)
	for range harness.MaxEntries {
		s.Undelegate(harness.Staker1, operator, suite.Staked, 100_000).OK()
		s.NextBatch(operator, suite.Staked).OK()
	}
	s.Undelegate(harness.Staker1, operator, suite.Staked, 100_000).OK()
	s.NextBatch(operator, suite.Staked).Refused("too many unbonding")
	// What has to do with the pool goes on meanwhile.
	bond(s, harness.Staker3, operator, million)
	s.Undelegate(harness.Staker2, operator, suite.Staked, 100_000).OK()
	s.AuditNative(suite.Staked, operator)
	s.Advance(suite.Day)
	s.Claim(harness.Staker1, operator, suite.Staked).Refused("is not back from the validator")
	for range 2 * harness.MaxEntries {
		s.Advance(2 * suite.Day)
		if result := s.Reconcile(harness.Stranger, operator, suite.Staked); result.Err != nil {
			result.Refused("too many unbonding")
		}
		s.AuditNative(suite.Staked, operator)
	}
	require.Empty(t, s.Staked(operator, suite.Staked).Batches)
	require.Equal(t, int64(8*100_000), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	require.Equal(t, int64(100_000), held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }))
	s.AuditNative(suite.Staked, operator)
}

// A validator that loses everything takes all with it that was there: nothing is paid to anybody, and
// nothing stands in the way of who comes after it, with a new validator of the same account.
func TestValidatorSlashedWhole(t *testing.T) {
	s := bonded(t)
	s.Host.PunishDoubleSigns("1")
	infraction := s.Host.Moment(operator)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	unbonding := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.Host.CatchDoubleSign(operator, infraction)
	require.True(t, s.Delegated(operator, suite.Staked).IsZero())
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.True(t, s.Pool(operator, suite.Staked).Tokens.IsZero())
	requireInt(t, million, s.Books(suite.Staked).Staked, "what unbonds shows when it arrives")
	s.AuditNative(suite.Staked, operator)
	s.NextBatch(operator, suite.Staked).OK()
	s.AdvanceTo(s.Host, unbonding.MaturesAt.Add(suite.Day))
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.True(t, s.Books(suite.Staked).Staked.IsZero())
	require.Empty(t, s.Staked(operator, suite.Staked).Batches)
	s.AuditNative(suite.Staked, operator)
	require.Zero(t, held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	s.UndelegateAll(harness.Staker2, operator, suite.Staked).OK()
	require.True(t, s.Position(harness.Staker2, operator, suite.Staked).IsZero())
	s.AuditNative(suite.Staked, operator)
}

// An operator whose validator is gone for good starts a new one, and its staker stakes with that.
func TestOperatorStartsAgain(t *testing.T) {
	s := bonded(t)
	infraction := s.Host.Moment(operator)
	s.Advance(suite.Day)
	s.Host.CatchDoubleSign(operator, infraction)
	s.UndelegateAll(harness.Staker1, operator, suite.Staked).OK()
	s.UndelegateAll(harness.Staker2, operator, suite.Staked).OK()
	epoch := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Host.UnstakeFrom(operator, operator, million*95/100).OK()
	s.AdvanceTo(s.Host, epoch.MaturesAt.Time)
	require.False(t, s.Host.HasValidator(operator))
	s.Deposit(harness.Staker3, operator, harness.Coin(million, harness.Bond)).Refused("is not bonded")
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	s.Host.CreateValidator(operator, million).OK()
	require.True(t, s.Host.Validator(operator).IsBonded())
	bond(s, harness.Staker3, operator, million)
	requireInt(t, million, s.Delegated(operator, suite.Staked), "delegated")
	require.Equal(t, int64(6*million*95/100), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	s.Redelegate(harness.Staker2, operator, suite.Staked, operator).OK()
	requireInt(t, 3*million*95/100, s.Position(harness.Staker2, operator, suite.Staked), "staker2")
	s.AuditNative(suite.Staked, operator)
}

// Stakers have what the chain paid them staked again, behind the same operator.
func TestStakersCompoundRewardsOfTheChain(t *testing.T) {
	s := bonded(t)
	coins := suite.Coins(harness.Bond)
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	s.Payday()
	claimable := s.ClaimableOf(harness.Staker1, operator, suite.Staked, coins)
	compounded := s.Compound(harness.Staker1, nil, coins).OK()
	require.Equal(t, claimable.AddRaw(6*million).String(), s.Position(harness.Staker1, operator, suite.Staked).String())
	require.Equal(t, claimable.AddRaw(9*million).String(), s.Delegated(operator, suite.Staked).String())
	s.AuditNative(suite.Staked, operator)
	// Nobody stakes with a validator that does not validate: the rewards stay where they are.
	s.Host.GoOffline(operator)
	s.Compound(harness.Staker2, nil, coins).Refused("is not bonded")
	require.Equal(t, claimable.Int64()/2, held(s, harness.Staker2, func() { s.ClaimRewards(harness.Staker2).OK() }))
	s.AuditNative(suite.Staked, operator)
	logGas(t, compounded)
}

// The chain pays in what its users pay fees in. What is not the bond denom is sent on by itself.
func TestRewardsOfTheChainInOtherDenoms(t *testing.T) {
	s := bonded(t)
	s.SetCompound(operator, suite.Staked, true).OK()
	coins := suite.Coins(harness.Reward)
	staker := s.Staker(operator, suite.Staked).Staker
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Reward))
	owed := s.Host.ChainRewards(staker, operator).AmountOf(harness.Reward)
	require.True(t, owed.IsPositive())
	s.ForwardRewards(operator, operator, suite.Staked, harness.Reward).Refused("there are no rewards in")
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, owed.String(), s.Host.Balance(staker, harness.Reward).String())
	s.ForwardRewards(operator, operator, suite.Staked, harness.Bond).Refused("is the bond denom")
	s.ForwardRewards(operator, another, suite.Staked, harness.Reward).Refused("has no staker of")
	forwarded := s.ForwardRewards(operator, operator, suite.Staked, harness.Reward).OK()
	require.True(t, s.Host.Balance(staker, harness.Reward).IsZero())
	require.Equal(t, owed.String(), s.Flow(operator, suite.Staked, coins).Waiting.String())
	s.Payday()
	for _, of := range []struct {
		who   harness.Name
		share int64
	}{{harness.Staker1, 6}, {harness.Staker2, 3}} {
		due := owed.MulRaw(of.share).QuoRaw(9).Int64()
		before := s.Host.Balance(of.who.String(), harness.Reward)
		s.ClaimRewards(of.who).OK()
		require.InDelta(t, due, s.Host.Balance(of.who.String(), harness.Reward).Sub(before).Int64(), 1)
	}
	s.AuditNative(suite.Staked, operator)
	logGas(t, forwarded)
}

// Rewards are not staked with a validator that does not validate: until it is back they are paid out.
func TestNothingCompoundsWithAJailedValidator(t *testing.T) {
	s := bonded(t)
	coins := suite.Coins(harness.Bond)
	s.SetCompound(operator, suite.Staked, true).OK()
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed := s.Host.ChainRewards(s.Staker(operator, suite.Staked).Staker, operator).AmountOf(harness.Bond)
	s.Host.GoOffline(operator)
	before := s.Delegated(operator, suite.Staked)
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, before.String(), s.Delegated(operator, suite.Staked).String())
	require.Equal(t, owed.String(), s.Flow(operator, suite.Staked, coins).Waiting.String())
	s.AuditNative(suite.Staked, operator)
	s.Advance(suite.Day)
	s.Host.Unjail(operator).OK()
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	s.Host.PayFees(harness.Stranger, harness.Coin(1_300_000, harness.Bond))
	owed = s.Host.ChainRewards(s.Staker(operator, suite.Staked).Staker, operator).AmountOf(harness.Bond)
	s.WithdrawRewards(harness.Stranger, operator, suite.Staked).OK()
	require.InDelta(t, before.Add(owed).Int64(), s.Delegated(operator, suite.Staked).Int64(), 1)
	s.AuditNative(suite.Staked, operator)
}

// The one query that tells whether a validator is bonded answers with all that are: what a deposit
// costs grows with them.
func TestDepositAmongManyValidators(t *testing.T) {
	s := bonded(t)
	few := bond(s, harness.Staker3, operator, million).As("vault.deposit_and_delegate_staked, 4 validators")
	more := []harness.Name{harness.Staker1, harness.Staker2, harness.Staker3, harness.Service, harness.Resolver, harness.Reporter}
	for _, name := range more {
		s.Host.CreateValidator(name, million).OK()
	}
	many := bond(s, harness.Staker3, operator, million).As("vault.deposit_and_delegate_staked, 10 validators")
	logGas(t, few, many)
	t.Logf("%d gas for each validator", (many.GasUsed-few.GasUsed)/uint64(len(more)))
}
