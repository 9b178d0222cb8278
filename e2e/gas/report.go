// Package gas measures what every message and packet of the suite costs on a real chain, and
// holds it against a snapshot and against goals.
package gas

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// Contracts are those of the suite, from the left to the right.
var Contracts = []string{"vault", "delegation", "allocation", "slashing", "gateway", "staker"}

// Report is everything measured at one time.
type Report struct {
	// Messages is the gas of every message and packet.
	Messages map[string]uint64 `json:"messages"`
	// ReceiveSlash is the gas of a received slash by the number of stakers in the pool.
	ReceiveSlash map[string]uint64 `json:"receive_slash_by_stakers"`
	// Bytes is the size of each contract.
	Bytes map[string]int64 `json:"wasm_bytes"`
}

// SnapshotFile is where the last measurement is committed.
func SnapshotFile() string { return filepath.Join(suite.Root(), "e2e", "gas.json") }

// Snapshot reads the committed measurement; without one it is empty.
func Snapshot() (*Report, error) {
	raw, err := os.ReadFile(SnapshotFile())
	if os.IsNotExist(err) {
		return &Report{}, nil
	}
	if err != nil {
		return nil, err
	}
	var report Report
	return &report, json.Unmarshal(raw, &report)
}

// JSON is the report as it is printed and committed.
func (r *Report) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// meter notes what transactions cost.
type meter struct {
	t      *testing.T
	report *Report
	say    func(format string, args ...any)
}

// note takes down what a transaction that succeeded cost. Each name is measured once.
func (m *meter) note(name string, result *harness.Result) *harness.Result {
	m.t.Helper()
	if _, known := m.report.Messages[name]; known {
		m.t.Fatalf("%s is measured twice", name)
	}
	m.report.Messages[name] = result.OK().GasUsed
	return result
}

// found takes down what the first transaction with a label cost.
func (m *meter) found(world *harness.World, name, label string) {
	m.t.Helper()
	for _, record := range world.Gas {
		if record.Label == label && !record.Failed {
			m.report.Messages[name] = record.Gas
			return
		}
	}
	m.t.Fatalf("there was no %s", label)
}

// Measure measures everything. Progress goes to say.
func Measure(t *testing.T, say func(format string, args ...any)) *Report {
	t.Helper()
	m := &meter{t: t, say: say, report: &Report{
		Messages: map[string]uint64{}, ReceiveSlash: map[string]uint64{}, Bytes: map[string]int64{},
	}}
	for _, contract := range Contracts {
		info, err := os.Stat(suite.Artifact("palisade_" + contract + ".wasm"))
		if err != nil {
			t.Fatalf("is it built? scripts/build builds all wasm: %v", err)
		}
		m.report.Bytes[contract] = info.Size()
	}
	m.setup()
	m.stakers()
	m.services()
	m.rewards()
	m.native()
	m.packets()
	m.disputes()
	m.throttled()
	m.admins()
	m.channels()
	m.crowd()
	m.pinned()
	m.worst()
	for _, stakers := range Stakers {
		say("a slash of a pool with %d stakers", stakers)
		m.report.ReceiveSlash[strconv.Itoa(stakers)] = m.slashOf(stakers)
	}
	return m.report
}

// Stakers are the sizes of pool that a slash is measured with.
var Stakers = []int{1, 10, 100, 1_000}
