package suite

import (
	"testing"
	"time"

	"palisade/e2e/harness"
)

// Staked is the bond denom of the host, staked by the suite itself with the operators' validators.
const Staked = "bonded"

// ChainUnbonding is what the host takes to unbond, where it is staked natively.
const ChainUnbonding = 6 * Day

// Daily are periods with which undelegations go to the chain every epoch: as often as its limit of
// seven at once allows.
var Daily = nativePeriods()

func nativePeriods() Periods {
	periods := Short
	periods.Unbonding, periods.Deallocation = 7*Day, 7*Day
	return periods
}

// NewStaked starts both chains and deploys the suite on them, with natively staked tokens as the only
// asset and no service. The host's validators vote, so that the chain pays and punishes them. Nobody
// updates light clients: a validator that weighs more than all others comes and goes.
func NewStaked(t *testing.T) *Suite {
	t.Helper()
	s := DeployStaked(t, Daily)
	s.RegisterStaked(Staked, ChainUnbonding, 1).OK()
	return s
}

// DeployStaked is NewStaked without the asset, with other periods.
func DeployStaked(t *testing.T, periods Periods) *Suite {
	t.Helper()
	s := DeployWith(t, periods)
	s.Link.Abandon()
	s.Host.Vote(ChainUnbonding)
	return s
}

// RegisterStaked makes the bond denom an asset that the suite stakes itself. Undelegations of so many
// epochs go to the chain together.
func (s *Suite) RegisterStaked(asset string, unbonding time.Duration, batch int) *harness.Result {
	s.T.Helper()
	return s.RegisterStakedWith(s.stakerCode(), asset, unbonding, batch)
}

// RegisterStakedWith is RegisterStaked with a code of the staker's.
func (s *Suite) RegisterStakedWith(code uint64, asset string, unbonding time.Duration, batch int) *harness.Result {
	s.T.Helper()
	return s.RegisterAsset(asset, Msg{"staked": Msg{
		"code_id": code, "unbonding_time": seconds(unbonding), "batch_epochs": batch,
	}}, FixedRate("1"))
}

func (s *Suite) stakerCode() uint64 { return s.Host.Store(Artifact("palisade_staker.wasm")) }

// OpenStaker has an operator open native staking with its own validator.
func (s *Suite) OpenStaker(operator harness.Name, asset string, compound bool) *harness.Result {
	s.T.Helper()
	return s.OpenStakerWith(operator, operator, asset, compound)
}

// OpenStakerWith is OpenStaker with anybody's validator.
func (s *Suite) OpenStakerWith(operator, validator harness.Name, asset string, compound bool) *harness.Result {
	s.T.Helper()
	s.Host.CallIt(s.PredictedStaker(operator, asset), "staker")
	return s.Host.Execute(operator, s.Vault, Msg{"open_staker": Msg{
		"asset": asset, "validator": validator.Validator(), "compound": compound,
	}})
}

// PredictedStaker is the address that an operator's staker of an asset has to have.
func (s *Suite) PredictedStaker(operator harness.Name, asset string) string {
	s.T.Helper()
	return s.Host.Predicted(s.stakerCode(), s.Vault, append(operator.Address(), asset...))
}

// Validates makes somebody an operator with a staker, whose rewards are paid out.
func (s *Suite) Validates(operator harness.Name) {
	s.T.Helper()
	s.RegisterOperator(operator).OK()
	s.OpenStaker(operator, Staked, false).OK()
}

// SetCompound changes what an operator's rewards of the chain are used for.
func (s *Suite) SetCompound(operator harness.Name, asset string, compound bool) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Vault, Msg{"set_compound": Msg{"asset": asset, "compound": compound}})
}

// Reconcile brings a natively staked pool in line with the chain.
func (s *Suite) Reconcile(by, operator harness.Name, asset string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Delegation, Msg{"reconcile": Msg{"operator": operator.String(), "asset": asset}})
}

// WithdrawRewards has an operator's rewards of the chain used as the operator said.
func (s *Suite) WithdrawRewards(by, operator harness.Name, asset string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Vault, Msg{"withdraw_rewards": Msg{"operator": operator.String(), "asset": asset}})
}

// ForwardRewards has an operator's rewards of the chain in another denom than the bond denom sent on.
func (s *Suite) ForwardRewards(by, operator harness.Name, asset, denom string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Vault, Msg{"forward_rewards": Msg{
		"operator": operator.String(), "asset": asset, "denom": denom,
	}})
}

// NextBatch waits until what leaves an operator now can go to the chain, and has it go. That is so after
// every epoch.
func (s *Suite) NextBatch(operator harness.Name, asset string) *harness.Result {
	s.T.Helper()
	s.AdvanceTo(s.Host, s.Epoch().End.Time)
	result := s.Reconcile(harness.Stranger, operator, asset)
	for range 2 {
		// What arrived is taken in first, and by itself; if it is short, in two blocks.
		if result.Err == nil && s.Staked(operator, asset).NextEpoch < s.Epoch().Epoch {
			result = s.Reconcile(harness.Stranger, operator, asset)
		}
	}
	return result
}

// Pot is the name under which the vault books what was seized of an operator's natively staked tokens.
func Pot(asset string, operator harness.Name) string { return asset + "/" + operator.String() }

// Staker is an operator's staker, as the vault has it.
type Staker struct {
	Operator, Staker, Validator string
	Compound                    bool
}

// Staker asks the vault.
func (s *Suite) Staker(operator harness.Name, asset string) (staker Staker) {
	s.T.Helper()
	s.Host.Query(s.Vault, Msg{"staker": Msg{"asset": asset, "operator": operator.String()}}, &staker)
	return staker
}

// StakerState is what of a staker's balance is rewards, and what is on its way.
type StakerState struct {
	// Rewards are left out while there are none.
	Rewards *Int `json:"r"`
	Entries []struct {
		Amount      Int  `json:"a"`
		CompletesAt Time `json:"c"`
	} `json:"e"`
}

// StakerState asks the staker of an operator.
func (s *Suite) StakerState(operator harness.Name, asset string) (state StakerState) {
	s.T.Helper()
	s.Host.Query(s.Staker(operator, asset).Staker, Msg{"state": Msg{}}, &state)
	if state.Rewards == nil {
		state.Rewards = &Zero
	}
	return state
}

// Batch is what left a natively staked pool and unbonds.
type Batch struct {
	From, To       uint64
	Amount, Seized Int
}

// StakedPool is where a natively staked pool stands with the chain.
type StakedPool struct {
	Staker                           string
	Bonded, Slashed, Growing, Seized Int
	NextEpoch                        uint64 `json:"next_epoch"`
	NextBatchAt                      Time   `json:"next_batch_at"`
	Batches                          []Batch
}

// Staked asks the delegation contract.
func (s *Suite) Staked(operator harness.Name, asset string) (pool StakedPool) {
	s.T.Helper()
	s.Host.Query(s.Delegation, Msg{"staked": Msg{"operator": operator.String(), "asset": asset}}, &pool)
	return pool
}

// Delegated is what the chain says that the suite has delegated to an operator's validator.
func (s *Suite) Delegated(operator harness.Name, asset string) Int {
	s.T.Helper()
	return s.Host.Delegated(s.Staker(operator, asset).Staker, operator)
}

// AuditNative stops the test unless the vault has what is not with the chain, the chain has what the
// accounts say, and accounts and books agree.
func (s *Suite) AuditNative(asset string, operators ...harness.Name) {
	s.T.Helper()
	s.AuditNativeWithin(0, asset, operators...)
}

// AuditNativeWithin is AuditNative where the chain may have a few units more than the accounts say: at
// an odd price of a validator's shares it undelegates a unit less than it is asked to.
func (s *Suite) AuditNativeWithin(units int64, asset string, operators ...harness.Name) {
	s.T.Helper()
	books := s.Books(asset)
	staked, away, seized := s.Dust(asset), Zero, Zero
	var found []Difference
	for _, operator := range operators {
		pool, at := s.Pool(operator, asset), s.Staked(operator, asset)
		staked, away = staked.Add(pool.Tokens).Add(at.Growing), away.Add(at.Bonded)
		seized = seized.Add(s.Seized(Pot(asset, operator)))
		for _, bucket := range s.Buckets(operator, asset) {
			staked = staked.Add(bucket.Tokens)
		}
		for _, batch := range at.Batches {
			away = away.Add(batch.Amount)
		}
		more := s.Delegated(operator, asset).Sub(at.Bonded.Sub(at.Slashed))
		if more.IsNegative() || more.GT(IntOf(units)) {
			found = append(found, Difference{"what the chain has bonded of " + operator.String() + " beyond the accounts",
				more.String(), "0 to " + amount(units)})
		}
		state := s.StakerState(operator, asset)
		found = append(found, compare("the number of batches of "+operator.String(),
			IntOf(int64(len(at.Batches))), IntOf(int64(len(state.Entries))))...)
		for i, entry := range state.Entries {
			// The chain may round off a unit or two, and says so.
			if short := at.Batches[i].Amount.Sub(entry.Amount); short.IsNegative() || short.GT(IntOf(2)) {
				found = append(found, Difference{"a batch of " + operator.String() + " beyond what the chain unbonds",
					short.String(), "0 to 2"})
			}
		}
	}
	found = append(found, compare("the vault's balance of "+asset, books.Balance, books.Idle.Add(books.Released).Add(books.Payable))...)
	found = append(found, compare("staked "+asset, books.Staked, staked)...)
	// Each payout may leave a unit that is nobody's.
	if rest := books.Seized.Sub(seized); rest.IsNegative() || rest.GT(IntOf(units)) {
		found = append(found, Difference{"what is seized of " + asset + " and booked for nobody", rest.String(), "0 to " + amount(units)})
	}
	found = append(found, compare("what the books have with the chain", books.Staked.Add(books.Seized).Sub(books.Released).Sub(books.Payable), away)...)
	for _, difference := range found {
		s.T.Error(difference)
	}
	if len(found) > 0 {
		s.T.FailNow()
	}
}
