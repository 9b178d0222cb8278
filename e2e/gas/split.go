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

func split(s *suite.Suite, result *harness.Result, out io.Writer) {
	var all struct{ loading, compute, reading, writing uint64 }
	loaded := map[string]bool{}
	for _, call := range result.Calls {
		loading := uint64(loadOnce)
		if loaded[call.Contract] {
			loading = loadAgain
		}
		loaded[call.Contract] = true
		fmt.Fprintf(out, "\n%s: %s\n  %-44s %7d\n  %-44s %7d\n", s.Host.Label(call.Contract), call.Entry,
			"loading", loading, "computing", call.Compute)
		all.loading += loading
		all.compute += call.Compute
		for _, op := range call.Ops {
			what := "read "
			if op.Write {
				what = "write"
				all.writing += op.Gas()
			} else {
				all.reading += op.Gas()
			}
			fmt.Fprintf(out, "  %s %-25.25s %4d bytes   %7d\n", what, readable(op.Key), op.Size, op.Gas())
		}
	}
	sum := all.loading + all.compute + all.reading + all.writing
	fmt.Fprintf(out, "\nloading %d + computing %d + reading %d + writing %d = %d, and %d of the chain: %d\n",
		all.loading, all.compute, all.reading, all.writing, sum, result.GasUsed-sum, result.GasUsed)
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
