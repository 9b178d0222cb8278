package harness

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// votes has a host whose validators sign, and a staker with nine tenths of one of them.
func votes(t *testing.T) *World {
	w := New(t)
	w.Links()[0].Abandon()
	w.Host.Vote(6 * 24 * time.Hour)
	w.Host.StakeWith(Staker1, Operator1, 9_000_000).OK()
	require.Equal(t, int64(9_000_000), w.Host.Delegated(Staker1.String(), Operator1).Int64())
	w.Host.Block()
	return w
}

func TestFeesAreDistributed(t *testing.T) {
	w := votes(t)
	require.Empty(t, w.Host.ChainRewards(Staker1.String(), Operator1))
	w.Host.PayFees(Stranger, Coin(1_300_000, Bond))
	// 2 % for the community; the validator has 10 of 13, and the staker 9 of its 10.
	require.Equal(t, "881999stake", w.Host.ChainRewards(Staker1.String(), Operator1).String())
}

func TestDowntimeIsPunished(t *testing.T) {
	w := votes(t)
	before := w.Host.Supply(Bond)
	w.Host.GoOffline(Operator1)
	require.Equal(t, int64(8_910_000), w.Host.Delegated(Staker1.String(), Operator1).Int64())
	require.Equal(t, int64(100_000), before.Sub(w.Host.Supply(Bond)).Int64())
	w.Host.Unjail(Operator1).Refused("validator still jailed")
	w.Advance(time.Hour)
	w.Host.Unjail(Operator1).OK()
	require.True(t, w.Host.Validator(Operator1).IsBonded())
}

func TestDoubleVoteIsPunished(t *testing.T) {
	w := votes(t)
	w.Host.UnstakeFrom(Staker1, Operator1, 1_000_000).OK()
	moment := w.Host.Moment(Operator1)
	w.Host.UnstakeFrom(Staker1, Operator1, 2_000_000).OK()
	w.Advance(24 * time.Hour)
	w.Host.CatchDoubleSign(Operator1, moment)
	require.True(t, w.Host.Tombstoned(Operator1))
	// 5 % of the 9,000,000 that were bonded then: the second undelegation, the staker's rest and the
	// operator's own stake.
	entries := w.Host.Unbonding(Staker1.String(), Operator1)
	require.Len(t, entries, 2)
	require.Equal(t, int64(1_000_000), entries[0].Balance.Int64())
	require.Equal(t, int64(1_900_000), entries[1].Balance.Int64())
	require.Equal(t, int64(5_700_000), w.Host.Delegated(Staker1.String(), Operator1).Int64())
	held := w.Host.Balance(Staker1.String(), Bond)
	w.Advance(6 * 24 * time.Hour)
	require.Empty(t, w.Host.Unbonding(Staker1.String(), Operator1))
	require.Equal(t, int64(2_900_000), w.Host.Balance(Staker1.String(), Bond).Sub(held).Int64())
}
