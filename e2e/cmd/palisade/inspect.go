package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	wasmvm "github.com/CosmWasm/wasmvm/v3"

	"palisade/e2e/gas"
	"palisade/e2e/suite"
)

// capabilities are those of the oldest chains that the suite is for: wasmvm 2.2.
var capabilities = []string{
	"iterator", "staking", "stargate",
	"cosmwasm_1_1", "cosmwasm_1_2", "cosmwasm_1_3", "cosmwasm_1_4",
	"cosmwasm_2_0", "cosmwasm_2_1", "cosmwasm_2_2",
}

var (
	basic = []string{"instantiate", "execute", "query", "migrate"}
	ibc   = []string{
		"ibc_channel_open", "ibc_channel_connect", "ibc_channel_close",
		"ibc_packet_receive", "ibc_packet_ack", "ibc_packet_timeout",
	}
)

// entryPoints are what each contract lets in, and nothing else.
var entryPoints = map[string][]string{
	"vault":      slices.Concat(basic, []string{"ibc_destination_callback"}),
	"staker":     slices.Concat(basic, []string{"reply"}),
	"delegation": basic,
	"allocation": slices.Concat(basic, []string{"reply", "ibc_destination_callback"}),
	"slashing":   slices.Concat(basic, []string{"reply"}, ibc),
	"gateway":    slices.Concat(basic, []string{"reply", "sudo"}, ibc),
}

const (
	memory  = 32        // MiB for each contract
	gasOnce = 1_000_000 // times a million: compiling is not what is measured here
)

// inspect stores each contract as a chain does, and holds its entry points and the capabilities
// that it wants against what they should be.
func inspect(t *testing.T, _ []string) {
	vm, err := wasmvm.NewVM(t.TempDir(), capabilities, memory, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Cleanup()
	fmt.Fprintf(out, "A chain takes %d bytes at most.\n%-12s %8s  %s\n", wasmtypes.MaxWasmSize, "contract", "bytes", "entry points")
	for _, contract := range gas.Contracts {
		code, err := os.ReadFile(suite.Artifact("palisade_" + contract + ".wasm"))
		if err != nil {
			t.Fatalf("is it built? scripts/build builds all wasm: %v", err)
		}
		if len(code) > wasmtypes.MaxWasmSize {
			t.Errorf("%s: a chain would refuse it: %d bytes are more than %d", contract, len(code), wasmtypes.MaxWasmSize)
		}
		checksum, _, err := vm.StoreCode(code, gasOnce*1_000_000)
		if err != nil {
			t.Errorf("%s: a chain would refuse it: %v", contract, err)
			continue
		}
		report, err := vm.AnalyzeCode(checksum)
		if err != nil {
			t.Fatal(err)
		}
		found := slices.Sorted(slices.Values(report.Entrypoints))
		fmt.Fprintf(out, "%-12s %8d  %s\n", contract, len(code), strings.Join(found, " "))
		differs(t, contract+": entry points", found, entryPoints[contract])
		differs(t, contract+": capabilities", strings.Split(report.RequiredCapabilities, ","), capabilities)
	}
}

// differs fails the inspection when two lists hold other words, in whatever order.
func differs(t *testing.T, what string, got, want []string) {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s are %v, should be %v", what, got, want)
	}
}
