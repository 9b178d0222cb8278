package gas

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// row is one number beside that of the snapshot.
type row struct {
	name     string
	got, was int64
	// known tells whether the snapshot has it, measured whether it was measured now.
	known, measured bool
}

func (r row) differs() bool { return !r.known || !r.measured || r.got != r.was }

// compare sets numbers beside those of the snapshot, by name.
func compare[N int64 | uint64](prefix string, got, was map[string]N) []row {
	names := slices.Collect(maps.Keys(got))
	for name := range was {
		if _, measured := got[name]; !measured {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		// Numbers of stakers come by size.
		if byLength := len(a) - len(b); prefix != "" && byLength != 0 {
			return byLength
		}
		if a < b {
			return -1
		}
		return 1
	})
	rows := make([]row, 0, len(names))
	for _, name := range names {
		now, measured := got[name]
		before, known := was[name]
		rows = append(rows, row{prefix + name, int64(now), int64(before), known, measured})
	}
	return rows
}

// against are all numbers beside those of a snapshot.
func (r *Report) against(snapshot *Report) []row {
	rows := compare("", r.Messages, snapshot.Messages)
	rows = append(rows, compare("receive_slash by stakers: ", r.ReceiveSlash, snapshot.ReceiveSlash)...)
	return append(rows, compare("bytes of ", r.Bytes, snapshot.Bytes)...)
}

// Print writes a table of all numbers beside those of a snapshot, and the goals.
func (r *Report) Print(out io.Writer, snapshot *Report) {
	fmt.Fprintf(out, "%-48s %10s %10s %9s\n", "what", "now", "snapshot", "change")
	for _, row := range r.against(snapshot) {
		fmt.Fprintf(out, "%-48s %s\n", row.name, row.numbers())
	}
	fmt.Fprintln(out)
	for _, goal := range r.Goals() {
		fmt.Fprintln(out, goal)
	}
}

func (r row) numbers() string {
	switch {
	case !r.measured:
		return fmt.Sprintf("%10s %10d   gone", "-", r.was)
	case !r.known:
		return fmt.Sprintf("%10d %10s    new", r.got, "-")
	case r.got == r.was:
		return fmt.Sprintf("%10d %10d", r.got, r.was)
	}
	return fmt.Sprintf("%10d %10d %+9d (%+.2f %%)", r.got, r.was, r.got-r.was, 100*float64(r.got-r.was)/float64(max(r.was, 1)))
}

// Problems are the numbers that differ from a snapshot, and the goals that are missed beyond what is
// known.
func (r *Report) Problems(snapshot *Report) []string {
	var problems []string
	for _, row := range r.against(snapshot) {
		if row.differs() {
			problems = append(problems, "differs from the snapshot: "+row.name+" "+row.numbers())
		}
	}
	for _, goal := range r.Goals() {
		if goal.Got > goal.Ceiling() {
			problems = append(problems, goal.String())
		}
	}
	return problems
}
