package tests

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// wander does what anybody may do, at random, and knows what may be refused.
type wander struct {
	*suite.Suite
	random  *rand.Rand
	service uint32
	nonce   int64
	// done counts the steps that were accepted, by their names.
	done map[string]int
	// rounded is how many units the chain may have rounded off so far.
	rounded int64
}

var (
	wanderers   = []harness.Name{harness.Staker1, harness.Staker2, harness.Staker3, operator}
	wanderOn    = []harness.Name{operator, another}
	mayBeDenied = []string{
		"is not bonded", "nothing has matured", "is not back from the validator", "unbonding from", "has no bonded behind",
		"is leaving the validator", "matured at", "there is no pool", "too many unbonding", "nothing to claim",
		"is booked under account", "came back from the base chain yet", "still jailed", "not jailed", "is jailed", "had no power",
		"was made by an update", "no update", "too small", "zero shares",
	}
)

func (w *wander) pick(names []harness.Name) harness.Name { return names[w.random.IntN(len(names))] }

func (w *wander) units() int64 { return 1 + w.random.Int64N(2*million) }

// try takes note of a step, which may be refused for the reasons above alone.
func (w *wander) try(what string, result *harness.Result) bool {
	w.T.Helper()
	if result.Err == nil {
		w.done[what]++
		return true
	}
	for _, reason := range mayBeDenied {
		if strings.Contains(result.Err.Log, reason) {
			return false
		}
	}
	w.T.Fatalf("%s: %s", what, result.Err.Log)
	return false
}

func (w *wander) step() {
	who, at := w.pick(wanderers), w.pick(wanderOn)
	switch w.random.IntN(20) {
	case 0, 1, 2:
		w.try("deposit", w.Deposit(who, at, harness.Coin(w.units(), harness.Bond)))
	case 3, 4, 5:
		w.try("undelegate", w.Undelegate(who, at, suite.Staked, w.units()))
	case 6:
		w.try("undelegate all", w.UndelegateAll(who, at, suite.Staked))
	case 7:
		w.try("undelegate", w.Undelegate(who, at, suite.Staked, w.units()))
		w.try("cancel", w.Cancel(who, at, suite.Staked, w.Epoch().Epoch))
	case 8:
		w.try("claim", w.Claim(who, at, suite.Staked))
	case 9:
		w.try("redelegate", w.Redelegate(who, at, suite.Staked, w.pick(wanderOn)))
	case 10, 11, 12:
		w.Advance(time.Duration(1+w.random.IntN(30)) * time.Hour)
		w.reconcile()
		for _, jailed := range wanderOn {
			w.try("unjail", w.Host.Unjail(jailed))
		}
	case 13:
		w.Host.PayFees(harness.Stranger, harness.Coin(w.units(), harness.Bond))
	case 14:
		w.try("withdraw rewards", w.WithdrawRewards(harness.Stranger, at, suite.Staked))
	case 15:
		w.try("set compound", w.SetCompound(at, suite.Staked, w.random.IntN(2) == 0))
	case 16:
		if w.Host.Validator(at).IsBonded() {
			w.Host.GoOffline(at)
			w.done["downtime"]++
		} else {
			w.try("claim", w.Claim(who, at, suite.Staked))
		}
	case 17:
		w.nonce++
		update := w.Member(w.service, at).UpdateID
		w.try("slash", w.Slash(harness.Service, w.service, w.SlashOf(w.nonce, at, suite.Misconduct, update)))
		w.try("pay out", w.PayOut(harness.Stranger, suite.Pot(suite.Staked, at), w.service, suite.Burn()))
	case 18:
		w.try("unjail at the service", w.Unjail(at, w.service))
		w.Sync(w.service).OK()
	case 19:
		w.try("claim rewards", w.ClaimRewards(who))
	}
}

func (w *wander) reconcile() {
	for _, at := range wanderOn {
		w.try("reconcile", w.Reconcile(harness.Stranger, at, suite.Staked))
	}
}

// Whatever happens, the chain, the accounts and the books agree to the units that the chain rounds off;
// and when all have left, nothing is left.
func TestNativeStakeUnderRandomHistories(t *testing.T) {
	for seed := range uint64(2) {
		s := suite.NewStaked(t)
		terms := suite.LocalTerms(harness.Service, suite.Staked)
		terms.Proceeds = suite.Burn()
		w := &wander{
			Suite: s, random: rand.New(rand.NewPCG(seed, 7)), done: map[string]int{},
			service: s.RegisterService(harness.Service, terms),
		}
		for _, at := range wanderOn {
			s.Validates(at)
			s.Host.StakeWith(harness.Stranger, at, 20*million).OK()
			bond(s, harness.Staker1, at, 5*million)
			s.OptIn(at, w.service, suite.Slices("0.3", suite.Staked)).OK()
		}
		s.Advance(s.Periods.Allocation)
		s.Sync(w.service).OK()
		for range 150 {
			w.step()
			w.rounded++
			s.AuditNativeWithin(w.rounded, suite.Staked, wanderOn...)
		}
		t.Log("seed", seed, w.done)
		w.everybodyLeaves()
	}
}

func (w *wander) everybodyLeaves() {
	for _, at := range wanderOn {
		for _, who := range wanderers {
			w.try("undelegate all", w.UndelegateAll(who, at, suite.Staked))
		}
	}
	for range 20 {
		w.Advance(suite.Day)
		for range 2 {
			w.reconcile()
		}
		for _, at := range wanderOn {
			for _, who := range wanderers {
				w.try("claim", w.Claim(who, at, suite.Staked))
			}
		}
		for _, at := range wanderOn {
			w.try("pay out", w.PayOut(harness.Stranger, suite.Pot(suite.Staked, at), w.service, suite.Burn()))
		}
		w.rounded += 2
		w.AuditNativeWithin(w.rounded, suite.Staked, wanderOn...)
	}
	books := w.Books(suite.Staked)
	growing := suite.Zero
	for _, at := range wanderOn {
		require.Empty(w.T, w.Staked(at, suite.Staked).Batches)
		growing = growing.Add(w.Staked(at, suite.Staked).Growing).Add(w.Pool(at, suite.Staked).Tokens)
	}
	require.LessOrEqual(w.T, books.Seized.Int64(), w.rounded)
	require.Equal(w.T, w.Dust(suite.Staked).Add(growing).String(), books.Staked.String())
	w.T.Log("left of", books, "dust", w.Dust(suite.Staked), "growing for who comes", growing)
}
