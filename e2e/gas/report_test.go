package gas

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample is a report that meets all goals.
func sample() *Report {
	report := &Report{
		Messages:     map[string]uint64{"slashing.receive_slash": 440_000},
		ReceiveSlash: map[string]uint64{"1": 440_000, "1000": 444_400},
		Bytes:        map[string]int64{},
	}
	for _, message := range flat {
		report.Messages[message] = 150_000
		report.Messages[message+"_in_a_crowd"] = 148_500
	}
	for _, contract := range Contracts {
		report.Bytes[contract] = maxBytes
	}
	return report
}

func TestGoals(t *testing.T) {
	require.Empty(t, sample().Problems(sample()))

	heavy := sample()
	heavy.Messages["slashing.receive_slash"] = ceilings["slashing.receive_slash"] + 1
	heavy.Messages["delegation.claim_in_a_crowd"]--
	heavy.ReceiveSlash["1000"]++
	heavy.Bytes["vault"] = int64(ceilings["bytes of vault"]) + 1
	missed := heavy.Problems(heavy)
	require.Len(t, missed, 4)
	for _, problem := range missed {
		require.True(t, strings.HasPrefix(problem, "MISSED"), problem)
	}
}

func TestKnownMisses(t *testing.T) {
	known := sample()
	known.Messages["slashing.receive_slash"] = ceilings["slashing.receive_slash"]
	require.Empty(t, known.Problems(known))
	missed := 0
	for _, goal := range known.Goals() {
		if goal.Missed() {
			missed++
			require.Contains(t, goal.String(), "MISSED")
		}
	}
	require.Equal(t, 1, missed)
}

func TestProblemsName(t *testing.T) {
	now, was := sample(), sample()
	now.Messages["delegation.undelegate"]++
	now.Messages["vault.new"] = 1
	delete(now.ReceiveSlash, "1000")
	now.ReceiveSlash["10"] = 440_000
	found := strings.Join(now.Problems(was), "\n")
	for _, words := range []string{"delegation.undelegate ", "vault.new", "stakers: 1000", "stakers: 10 ", "gone", "new", "+1"} {
		require.Contains(t, found, words)
	}
}
