package harness

import (
	"fmt"
	"slices"
	"strings"
)

// Record is the gas of one transaction.
type Record struct {
	Chain  string
	Sender Name
	Label  string
	Gas    uint64
	Failed bool
}

// plumbing is what the relayer pays to keep light clients up to date, which is no part of a story.
const plumbing = "update client"

// Plumbing tells whether the transaction is no part of a story.
func (r Record) Plumbing() bool { return r.Label == plumbing }

// GasTable is the gas of every kind of successful transaction, in the order of their first time:
// how often, the least and the most.
func (w *World) GasTable() string {
	type row struct {
		Record
		times int
		most  uint64
	}
	var rows []row
	for _, r := range w.Gas {
		if r.Failed || r.Plumbing() {
			continue
		}
		at := slices.IndexFunc(rows, func(known row) bool { return known.Label == r.Label && known.Chain == r.Chain })
		if at < 0 {
			rows = append(rows, row{Record: r, times: 1, most: r.Gas})
			continue
		}
		rows[at].times++
		rows[at].Gas = min(rows[at].Gas, r.Gas)
		rows[at].most = max(rows[at].most, r.Gas)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-10s %-44s %5s %11s %11s\n", "chain", "what", "times", "least", "most")
	for _, r := range rows {
		fmt.Fprintf(&table, "%-10s %-44s %5d %11d %11d\n", r.Chain, r.Label, r.times, r.Gas, r.most)
	}
	return table.String()
}
