package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"palisade/e2e/gas"
)

// measure measures gas, and prints it, commits it, or holds it against the snapshot.
func measure(t *testing.T, args []string) {
	mode := ""
	if len(args) > 0 {
		mode = args[0]
	}
	if mode == "--split" {
		gas.Split(t, out)
		return
	}
	snapshot, err := gas.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	report := gas.Measure(t, func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "[%5.1fs] measuring %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	})
	switch mode {
	case "":
		report.Print(out, snapshot)
	case "--json":
		printJSON(t, report)
	case "--update":
		update(t, report, snapshot)
	case "--check":
		check(t, report, snapshot)
	default:
		t.Fatalf("gas knows --json, --update, --check and --split, not %s", mode)
	}
}

func printJSON(t *testing.T, report *gas.Report) {
	text, err := report.JSON()
	if err == nil {
		_, err = out.Write(text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func update(t *testing.T, report, snapshot *gas.Report) {
	report.Print(out, snapshot)
	text, err := report.JSON()
	if err == nil {
		err = os.WriteFile(gas.SnapshotFile(), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(out, "\nwritten to", gas.SnapshotFile())
}

func check(t *testing.T, report, snapshot *gas.Report) {
	report.Print(out, snapshot)
	problems := report.Problems(snapshot)
	fmt.Fprintf(out, "\n%d numbers differ from the snapshot, or are past what is known to miss its goal\n", len(problems))
	for _, problem := range problems {
		t.Error(problem)
	}
	if len(problems) > 0 {
		t.Log("after a wanted change: scripts/gas --update, and commit e2e/gas.json")
	}
}
