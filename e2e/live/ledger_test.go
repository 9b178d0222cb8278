package live

import (
	"testing"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

var genesis = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return genesis.Add(time.Duration(seconds) * time.Second) }

// book of an operator with 600 units of a staker's and 400 of its own, and 5 % promised.
func sample600() *ledger {
	one := model.Fraction("1")
	l := newLedger(terms{
		values: map[string]Int{lst: model.Fraction("1.1"), token: one, clst: one}, assets: assets,
		maxSlash: model.Fraction("0.05"), bounty: model.Fraction("0.04"), commission: model.Fraction("0.1"),
		genesis: genesis, epoch: 20 * time.Second, reward: 60 * time.Second,
	})
	l.of(west, lst).slice = l.maxSlash
	l.deposit(staker, west, lst, units(600_000), after(1))
	l.deposit(west, west, lst, units(400_000), after(2))
	return l
}

func same(t *testing.T, what string, got Int, want int64) {
	t.Helper()
	if !got.Equal(units(want)) {
		t.Errorf("%s: %s, not %d", what, got, want)
	}
}

func TestALedgerSlashesActiveAndUnbondingStake(t *testing.T) {
	l := sample600()
	l.count(west, false, after(5))
	same(t, "power", l.power(west), 1_100_000)
	then := l.counted[west]
	l.undelegate(staker, west, lst, units(200_000), after(25))
	same(t, "unbonding", l.unbonding(staker, west, lst), 200_000)

	seized := l.slash(penalty{operator: west, fraction: model.Fraction("0.05"), then: then, tombstone: true}, lst, after(30))
	same(t, "5 % of what counted", seized, 50_000)
	same(t, "bounty", l.bounties[lst], 2_000)
	same(t, "for the service", l.seized[lst], 48_000)
	same(t, "the operator's own", l.worth(west, west, lst), 380_000)
	same(t, "the staker's", l.worth(staker, west, lst), 380_000)
	same(t, "what unbonds of it", l.unbonding(staker, west, lst), 190_000)
	same(t, "the slice", l.of(west, lst).slice, 0)
	same(t, "claimed", l.claim(staker, west, lst), 190_000)
	same(t, "claimed twice", l.claim(staker, west, lst), 0)
}

func TestFirstLossIsBorneByTheOperator(t *testing.T) {
	l := sample600()
	l.firstLoss[west] = model.Fraction("1")
	l.count(west, false, after(5))
	l.slash(penalty{operator: west, fraction: model.Fraction("0.05"), then: l.counted[west]}, lst, after(30))
	same(t, "the operator's own", l.worth(west, west, lst), 350_000)
	same(t, "the staker's", l.worth(staker, west, lst), 600_000)
}

func TestUpdatesKeepTheEpochInWhichSomethingChanged(t *testing.T) {
	l := sample600()
	l.count(west, false, after(5))
	l.count(west, false, after(45))
	if got := l.counted[west].epoch; got != 0 {
		t.Errorf("epoch %d, not 0: nothing changed", got)
	}
	l.undelegate(staker, west, lst, units(1_000), after(46))
	l.count(west, false, after(65))
	if got := l.counted[west].epoch; got != 3 {
		t.Errorf("epoch %d, not 3", got)
	}
	l.count(west, true, after(66))
	same(t, "power of one that is out", l.power(west), 0)
}

func TestRewardsFlowThroughTheNextPeriod(t *testing.T) {
	l := sample600()
	own := suite.Coins("ibc/X")
	l.count(west, false, after(5))
	same(t, "weight after one sync", l.weight(west), 0)
	l.count(west, false, after(25))
	same(t, "weight after another epoch's", l.weight(west), 1_100_000)
	index := model.NewIndex()
	index.Pay(units(1_000_000), l.weight(west))
	kept := l.harvest(index, west, own, after(30))
	same(t, "commission", kept, 99_999) // a unit is lost in the index

	b := l.of(west, lst)
	same(t, "before it flows", l.claimable(staker, b, own, after(59)), 0)
	same(t, "half way", l.claimable(staker, b, own, after(90)), 270_000)
	half := l.claimRewards(staker, own, after(90))
	same(t, "claimed", half[west], 270_000)
	same(t, "claimed at once again", l.claimable(staker, b, own, after(90)), 0)
	l.undelegate(staker, west, lst, units(600_000), after(105))
	same(t, "owed to who left", l.claimable(staker, b, own, after(200)), 135_000)
	same(t, "the operator's own, all of the last quarter with it", l.claimable(west, b, own, after(120)), 495_000)
	same(t, "of other pools", at(l.claimRewards(staker, own, after(120), pool{east, lst}), west), 0)
}

func TestVotesOfAKeyProveADoubleSign(t *testing.T) {
	key := newSigner()
	seen := block{height: 12, at: after(3), id: block{}.fork()}
	seen.id.Hash = append([]byte{1}, seen.id.Hash[1:]...)
	proof, err := key.signTwice("consumer-1", seen)
	if err != nil {
		t.Fatal(err)
	}
	if proof.Height != 12 || string(proof.First.Signature) == string(proof.Second.Signature) || proof.VoteType.Precommit == nil {
		t.Errorf("%+v", proof)
	}
	seen.id = seen.fork()
	if _, err := key.signTwice("consumer-1", seen); err == nil {
		t.Error("two votes for the same block prove nothing")
	}
}
