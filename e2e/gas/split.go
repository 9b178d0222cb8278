package gas

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// Loading a contract, for the first time in a transaction and again.
const (
	loadOnce  = 60_000
	loadAgain = 2_000
)

// Split prints what a received slash of one asset, which is executed at once, consists of: the calls
// with their loading and computing, and every read and write.
func Split(t *testing.T, out io.Writer) {
	t.Helper()
	m := &meter{t: t, say: func(string, ...any) {}, report: &Report{Messages: map[string]uint64{}}}
	s, _ := m.counted(suite.ConsumerTerms(suite.Native), operator, another)
	for _, name := range []harness.Name{operator, another} {
		s.Report(harness.Reporter, s.Saw(name, suite.DoubleSign)).OK()
		result := s.Recv(s.Pending(s.Consumer)[0]).OK()
		s.Relay()
		if name == another { // not the first slash of all, which finds no bucket of the throttle
			split(s, result, out)
		}
	}
}

// share is what one contract takes of a transaction.
type share struct{ calls, loading, computing, reading, writing uint64 }

func (s share) sum() uint64 { return s.loading + s.computing + s.reading + s.writing }

func split(s *suite.Suite, result *harness.Result, out io.Writer) {
	shares := map[string]*share{}
	for _, call := range result.Calls {
		loading := uint64(loadAgain)
		part := shares[s.Host.Label(call.Contract)]
		if part == nil {
			loading, part = loadOnce, &share{}
			shares[s.Host.Label(call.Contract)] = part
		}
		fmt.Fprintf(out, "\n%s: %s\n  %-44s %7d\n  %-44s %7d\n", s.Host.Label(call.Contract), call.Entry,
			"loading", loading, "computing", call.Compute)
		part.calls++
		part.loading += loading
		part.computing += call.Compute
		for _, op := range call.Ops {
			what := "read "
			if op.Write {
				what = "write"
				part.writing += op.Gas()
			} else {
				part.reading += op.Gas()
			}
			fmt.Fprintf(out, "  %s %-25.25s %4d bytes   %7d\n", what, readable(op.Key), op.Size, op.Gas())
		}
	}
	fmt.Fprintf(out, "\n| contract | calls | loading | computing | reading | writing | sum |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	chain := result.GasUsed
	for _, name := range []string{"slashing", "allocation", "delegation", "vault"} {
		part := shares[name]
		chain -= part.sum()
		fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %d | %d |\n",
			name, part.calls, part.loading, part.computing, part.reading, part.writing, part.sum())
	}
	fmt.Fprintf(out, "| the chain | | | | | | %d |\n| all | | | | | | %d |\n", chain, result.GasUsed)
}

// readable is a key without what is no letter: the name of a map comes first, behind its length.
func readable(key []byte) string {
	if key == nil {
		return "(step of an iterator)"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, strings.TrimLeft(string(key), "\x00\x01\x02\x03"))
}
