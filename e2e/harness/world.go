// Package harness runs two real wasmd chains in one process, with real light clients
// between them, for tests that read like a story: who does what, what it costs, and
// what each chain sees afterwards.
//
// Nothing in it is random: keys, genesis, times and transactions are the same in
// every run, so gas is the same to the unit.
package harness

import (
	"testing"
	"time"

	wasmibctesting "github.com/CosmWasm/wasmd/tests/wasmibctesting"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"
)

const (
	// BlockTime passes on every chain with each block on any of them.
	BlockTime = 5 * time.Second
	// stride is the most that passes between two updates of the light clients,
	// well below their trusting period.
	stride = 5 * 24 * time.Hour
)

// World is the host, one consumer, and the relayer between them.
type World struct {
	Host, Consumer *Chain
	// Gas is every transaction so far, in order.
	Gas []Record

	t       *testing.T
	chains  []*Chain
	links   []*Link
	packets []*Packet
}

// New starts both chains and opens a connection between them.
func New(t *testing.T) *World {
	t.Helper()
	w := &World{t: t}
	w.Host = w.addChain("host")
	w.Consumer = w.addChain("consumer")
	w.connect(w.Host, w.Consumer)
	return w
}

// addChain starts a chain. Its id is the name with a revision, as light clients want it.
func (w *World) addChain(name string) *Chain {
	w.t.Helper()
	id := name + "-1"
	// The coordinator has no chains: the world keeps the clocks itself.
	clock := &ibctesting.Coordinator{T: w.t, CurrentTime: start, Chains: map[string]*ibctesting.TestChain{}}
	validators, signers := validatorSet(id)
	probed := &probe{}
	decorator := wasmkeeper.WithWasmEngineDecorator(func(engine wasmtypes.WasmEngine) wasmtypes.WasmEngine {
		probed.WasmEngine = engine
		return probed
	})
	inner := wasmibctesting.NewTestChainWithValSet(w.t, clock, newApp, id, validators, signers, decorator)
	wrapped := &app{WasmTestApp: inner.App.(wasmibctesting.WasmTestApp)}
	inner.App = wrapped
	chain := &Chain{
		Name:   name,
		world:  w,
		t:      w.t,
		inner:  inner,
		app:    wrapped,
		probe:  probed,
		clock:  start.Add(BlockTime),
		labels: map[string]string{},
		codes:  map[string]uint64{},
	}
	if len(w.chains) > 0 {
		chain.clock = w.chains[0].clock
	}
	w.chains = append(w.chains, chain)
	return chain
}

// Advance lets time pass on all chains, in steps short enough for the light clients to stay alive.
func (w *World) Advance(d time.Duration) {
	w.t.Helper()
	for d > 0 {
		step := min(d, stride)
		w.tick(step)
		d -= step
		for _, chain := range w.chains {
			chain.Block()
		}
		for _, link := range w.links {
			if link.dead {
				continue
			}
			link.Update(link.A.Chain)
			link.Update(link.B.Chain)
		}
	}
}

// AdvanceTo lets time pass until a chain's next block is at the moment or later.
func (w *World) AdvanceTo(chain *Chain, moment time.Time) {
	w.t.Helper()
	if d := moment.Sub(chain.Now()); d > 0 {
		w.Advance(d)
	}
}

// Sleep lets time pass in which no chain makes a block.
func (w *World) Sleep(d time.Duration) { w.tick(d) }

// tick moves every clock.
func (w *World) tick(d time.Duration) {
	for _, chain := range w.chains {
		chain.clock = chain.clock.Add(d)
	}
}
