package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// What the chain could not keep up with, or does not know, is not registered.
func TestNativeStakeIsRegisteredOnce(t *testing.T) {
	s := suite.DeployStaked(t, suite.Daily)
	s.RegisterStaked(suite.Staked, suite.ChainUnbonding+suite.Day, 1).Refused("the chain takes seven undelegations at once")
	s.RegisterStaked(suite.Staked, suite.ChainUnbonding, 2).Refused("it would take longer than the unbonding period")
	s.RegisterStaked(suite.Staked, suite.ChainUnbonding, 0).Refused("a batch needs a length")
	s.RegisterStakedWith(999, suite.Staked, suite.ChainUnbonding, 1).Refused("there is no code 999")
	s.RegisterStaked(suite.Staked, suite.ChainUnbonding, 1).OK()
	s.RegisterStaked("again", suite.ChainUnbonding, 1).Refused("is registered already, as bonded")
	s.RegisterNative(suite.Native, harness.Bond).Refused("is registered already, as bonded")
	// The owner can move a staker to newer code, nobody else.
	s.Validates(operator)
	staker := s.Staker(operator, suite.Staked).Staker
	s.Host.Migrate(staker, s.Host.Store(suite.Artifact("palisade_staker.wasm")), suite.Msg{}).Refused("only a newer version is accepted")
	s.Host.Execute(harness.Owner, staker, suite.Msg{"undelegate": suite.Msg{"amount": "1"}}).Refused("is not the vault")
	s.Host.Execute(operator, staker, suite.Msg{"collect": suite.Msg{"amount": "1", "entries": 0}}).Refused("is not the vault")
}

// Undelegations of two epochs go to the chain together, and can be cancelled until then.
func TestBatchesOfTwoEpochs(t *testing.T) {
	periods := suite.Daily
	periods.Unbonding, periods.Deallocation = 8*suite.Day, 8*suite.Day
	s := suite.DeployStaked(t, periods)
	s.RegisterStaked(suite.Staked, suite.ChainUnbonding, 2).OK()
	s.Validates(operator)
	bond(s, harness.Staker1, operator, pooled)
	staker := s.Staker(operator, suite.Staked).Staker
	require.Zero(t, s.Epoch().Epoch)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	require.Empty(t, s.Host.Unbonding(staker, operator), "half a batch")
	require.Equal(t, s.Epoch().End, s.Staked(operator, suite.Staked).NextBatchAt)
	s.Cancel(harness.Staker1, operator, suite.Staked, 0).OK()
	s.Undelegate(harness.Staker1, operator, suite.Staked, 2*million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	s.AuditNative(suite.Staked, operator)
	entries := s.Host.Unbonding(staker, operator)
	require.Len(t, entries, 1)
	requireInt(t, 2*million, entries[0].Balance, "unbonding")
	batch := s.Staked(operator, suite.Staked).Batches[0]
	require.Equal(t, [2]uint64{0, 1}, [2]uint64{batch.From, batch.To})
	s.Cancel(harness.Staker1, operator, suite.Staked, 1).Refused("is leaving the validator")
	s.Advance(periods.Unbonding)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	require.Equal(t, int64(2*million), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	s.AuditNative(suite.Staked, operator)
}

// Of batches that nobody took in one by one, none knows which the chain slashed: they bear it alike.
func TestBatchesThatArriveTogetherBearAlike(t *testing.T) {
	s := bonded(t)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	infraction := s.Host.Moment(operator)
	s.Undelegate(harness.Staker2, operator, suite.Staked, 2*million).OK()
	last := s.Epoch()
	s.NextBatch(operator, suite.Staked).OK()
	s.Host.CatchDoubleSign(operator, infraction)
	s.AdvanceTo(s.Host, last.MaturesAt.Time)
	// 2,900,000 of 3,000,000 arrive.
	for range 2 {
		s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
		s.AuditNative(suite.Staked, operator)
	}
	first := held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() })
	second := held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() })
	require.Equal(t, int64(2_900_000), first+second)
	require.InDelta(t, 2_900_000/3, first, 1)
	s.AuditNative(suite.Staked, operator)
}

// A pool that is all on its way out bears a service's slash where its tokens are: with the validator,
// in a batch, and in the vault.
func TestServiceSlashesStakeThatAllLeft(t *testing.T) {
	s := bonded(t)
	terms := suite.LocalTerms(harness.Service, suite.Staked)
	service := s.RegisterService(harness.Service, terms)
	s.OptIn(operator, service, suite.Slices("0.3", suite.Staked)).OK()
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	update := s.Member(service, operator).UpdateID
	s.Undelegate(harness.Staker1, operator, suite.Staked, 3*million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	s.UndelegateAll(harness.Staker1, operator, suite.Staked).OK()
	s.NextBatch(operator, suite.Staked).OK()
	s.UndelegateAll(harness.Staker2, operator, suite.Staked).OK()
	matures := s.Epoch().MaturesAt
	require.True(t, s.Pool(operator, suite.Staked).Tokens.IsZero())
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, update)).OK()
	requireInt(t, pooled/10, s.Books(suite.Staked).Seized, "seized")
	at := s.Staked(operator, suite.Staked)
	requireInt(t, 300_000, at.Seized, "with the validator")
	requireInt(t, 300_000, at.Batches[0].Seized, "in the first batch")
	requireInt(t, 300_000, at.Batches[1].Seized, "in the second batch")
	s.AuditNative(suite.Staked, operator)
	s.NextBatch(operator, suite.Staked).OK()
	require.True(t, s.Delegated(operator, suite.Staked).IsZero())
	s.AdvanceTo(s.Host, matures.Time)
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	requireInt(t, pooled/10, s.Books(suite.Staked).Payable, "payable")
	s.AuditNative(suite.Staked, operator)
	require.Equal(t, int64(pooled/10), held(s, harness.Service, func() {
		s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, terms.Proceeds).OK()
	}))
	require.Equal(t, int64(5_400_000), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	require.Equal(t, int64(2_700_000), held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }))
	s.AuditNative(suite.Staked, operator)
	require.True(t, s.Books(suite.Staked).Balance.IsZero())
}

// slashable is a service with a slice of natively staked tokens, which burns what it takes.
func slashable(s *suite.Suite) (service uint32, update suite.Int) {
	s.T.Helper()
	terms := suite.LocalTerms(harness.Service, suite.Staked)
	terms.Proceeds = suite.Burn()
	service = s.RegisterService(harness.Service, terms)
	s.OptIn(operator, service, suite.Slices("0.3", suite.Staked)).OK()
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	return service, s.Member(service, operator).UpdateID
}

// A service's slash first, the chain's then: what was seized bears its own part until it is back, and
// so does the stake beside it.
func TestChainSlashesWhatAServiceSeized(t *testing.T) {
	s := bonded(t)
	service, update := slashable(s)
	infraction := s.Host.Moment(operator)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	s.Undelegate(harness.Staker2, operator, suite.Staked, million).OK()
	last := s.Epoch()
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, update)).OK()
	requireInt(t, 900_000, s.Books(suite.Staked).Seized, "seized")
	supply := s.Host.Supply(harness.Bond)
	s.Host.CatchDoubleSign(operator, infraction)
	requireInt(t, 500_000, supply.Sub(s.Host.Supply(harness.Bond)), "burned by the chain")
	requireInt(t, 8*million*95/100, s.Delegated(operator, suite.Staked), "bonded")
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	// A twentieth of what is bonded: 6,300,000 in the pool, 900,000 in the open bucket, 800,000 seized.
	requireInt(t, 6_300_000*95/100, s.Pool(operator, suite.Staked).Tokens, "pooled")
	requireInt(t, 800_000*95/100, s.Staked(operator, suite.Staked).Seized, "to be undelegated")
	requireInt(t, 100_000+800_000*95/100, s.Books(suite.Staked).Seized, "owed")
	s.AuditNative(suite.Staked, operator)
	s.NextBatch(operator, suite.Staked).OK()
	for range 2 {
		s.AdvanceTo(s.Host, s.StakerState(operator, suite.Staked).Entries[0].CompletesAt.Time)
		for range 2 {
			s.Host.Block()
			s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
			s.AuditNative(suite.Staked, operator)
		}
	}
	requireInt(t, 900_000*95/100, s.Books(suite.Staked).Payable, "payable")
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).OK()
	requireInt(t, 500_000+900_000*95/100, supply.Sub(s.Host.Supply(harness.Bond)), "burned")
	s.AdvanceTo(s.Host, last.MaturesAt.Time)
	require.Equal(t, int64(855_000), held(s, harness.Staker1, func() { s.Claim(harness.Staker1, operator, suite.Staked).OK() }))
	require.InDelta(t, 855_000, held(s, harness.Staker2, func() { s.Claim(harness.Staker2, operator, suite.Staked).OK() }), 1)
	s.AuditNative(suite.Staked, operator)
}

// Where no stake is left at all, what was seized goes with it.
func TestChainSlashesAllThatAServiceSeized(t *testing.T) {
	s := bonded(t)
	service, update := slashable(s)
	s.Host.PunishDoubleSigns("1")
	infraction := s.Host.Moment(operator)
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.NextBatch(operator, suite.Staked).OK()
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, update)).OK()
	requireInt(t, 900_000, s.Books(suite.Staked).Seized, "seized")
	s.Host.CatchDoubleSign(operator, infraction)
	require.True(t, s.Delegated(operator, suite.Staked).IsZero())
	s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
	requireInt(t, 100_000, s.Books(suite.Staked).Seized, "what unbonds shows when it arrives")
	s.AuditNative(suite.Staked, operator)
	s.Advance(s.Periods.Unbonding)
	for range 2 {
		s.Reconcile(harness.Stranger, operator, suite.Staked).OK()
		s.AuditNative(suite.Staked, operator)
	}
	require.True(t, s.Books(suite.Staked).Seized.IsZero())
	require.True(t, s.Books(suite.Staked).Staked.IsZero())
	supply := s.Host.Supply(harness.Bond)
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).OK()
	require.Equal(t, supply.String(), s.Host.Supply(harness.Bond).String())
	require.True(t, s.Books(suite.Staked).Seized.IsZero())
	s.PayOut(harness.Stranger, suite.Pot(suite.Staked, operator), service, suite.Burn()).Refused("is booked under account")
	s.AuditNative(suite.Staked, operator)
}

// Wherever the gas ends, in a contract, in a reply or in the staking module, nothing has happened.
func TestNativeStakingRunsOutOfGas(t *testing.T) {
	s := bonded(t)
	staker := s.Staker(operator, suite.Staked).Staker
	until := func(who harness.Name, contract string, msg suite.Msg, same func(), coins ...int64) int {
		for short, gas := 0, uint64(80_000); ; short, gas = short+1, gas+20_000 {
			var result *harness.Result
			if len(coins) > 0 {
				result = s.Host.ExecuteWithGas(gas, who, contract, msg, harness.Coin(coins[0], harness.Bond))
			} else {
				result = s.Host.ExecuteWithGas(gas, who, contract, msg)
			}
			if result.Err == nil {
				return short
			}
			require.True(t, result.OutOfGas(), "%v", result.Err)
			same()
			s.AuditNative(suite.Staked, operator)
		}
	}
	short := until(harness.Staker3, s.Vault, suite.Msg{"deposit": suite.Msg{"operator": operator.String()}}, func() {
		requireInt(t, pooled, s.Delegated(operator, suite.Staked), "delegated")
	}, million)
	require.Greater(t, short, 10)
	requireInt(t, pooled+million, s.Delegated(operator, suite.Staked), "delegated")
	s.Undelegate(harness.Staker1, operator, suite.Staked, million).OK()
	s.AdvanceTo(s.Host, s.Epoch().End.Time)
	reconcile := suite.Msg{"reconcile": suite.Msg{"operator": operator.String(), "asset": suite.Staked}}
	short = until(harness.Stranger, s.Delegation, reconcile, func() {
		require.Empty(t, s.Host.Unbonding(staker, operator))
	})
	require.Greater(t, short, 10)
	require.Len(t, s.Host.Unbonding(staker, operator), 1)
	s.Advance(suite.ChainUnbonding)
	short = until(harness.Stranger, s.Delegation, reconcile, func() {
		require.True(t, s.Books(suite.Staked).Released.IsZero())
	})
	require.Greater(t, short, 5)
	requireInt(t, million, s.Books(suite.Staked).Released, "released")
	s.AuditNative(suite.Staked, operator)
}
