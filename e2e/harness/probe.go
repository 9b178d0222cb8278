package harness

import (
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	wasmvm "github.com/CosmWasm/wasmvm/v3"
	wasmvmtypes "github.com/CosmWasm/wasmvm/v3/types"
)

// Call is one entry into a contract, and what it did.
type Call struct {
	Contract, Entry string
	// Compute is the gas of the code alone.
	Compute uint64
	Ops     []Op
}

// Op is one touch of a contract's storage.
type Op struct {
	Write bool
	Key   []byte
	// Size is the bytes of key and value together.
	Size int
}

// Gas of storage, as the chain counts it.
const (
	readFlat, readByte   = 1_000, 3
	writeFlat, writeByte = 2_000, 30
	removeFlat           = 1_000
	stepFlat             = 30
)

// Gas is what the chain takes for it. A removal has no size, a step of an iterator no key.
func (o Op) Gas() uint64 {
	switch {
	case o.Write && o.Size == 0:
		return removeFlat
	case o.Write:
		return writeFlat + writeByte*uint64(o.Size)
	case o.Key == nil:
		return stepFlat + readByte*uint64(o.Size)
	}
	return readFlat + readByte*uint64(o.Size)
}

// probe is a chain's engine that notes what the contracts do.
type probe struct {
	wasmtypes.WasmEngine
	calls []*Call
}

func (p *probe) begin(env wasmvmtypes.Env, entry string, store wasmvm.KVStore) (*Call, wasmvm.KVStore) {
	call := &Call{Contract: env.Contract.Address, Entry: entry}
	p.calls = append(p.calls, call)
	return call, &probedStore{store, call}
}

func (c *Call) end(gas uint64) { c.Compute = gas / wasmtypes.DefaultGasMultiplier }

func (p *probe) Execute(code wasmvm.Checksum, env wasmvmtypes.Env, info wasmvmtypes.MessageInfo, msg []byte, store wasmvm.KVStore, api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, cost wasmvmtypes.UFraction) (*wasmvmtypes.ContractResult, uint64, error) {
	call, store := p.begin(env, "execute "+variant(msg), store)
	result, gas, err := p.WasmEngine.Execute(code, env, info, msg, store, api, querier, meter, limit, cost)
	call.end(gas)
	return result, gas, err
}

func (p *probe) Query(code wasmvm.Checksum, env wasmvmtypes.Env, msg []byte, store wasmvm.KVStore, api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, cost wasmvmtypes.UFraction) (*wasmvmtypes.QueryResult, uint64, error) {
	call, store := p.begin(env, "query "+variant(msg), store)
	result, gas, err := p.WasmEngine.Query(code, env, msg, store, api, querier, meter, limit, cost)
	call.end(gas)
	return result, gas, err
}

func (p *probe) Reply(code wasmvm.Checksum, env wasmvmtypes.Env, reply wasmvmtypes.Reply, store wasmvm.KVStore, api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, cost wasmvmtypes.UFraction) (*wasmvmtypes.ContractResult, uint64, error) {
	call, store := p.begin(env, "reply", store)
	result, gas, err := p.WasmEngine.Reply(code, env, reply, store, api, querier, meter, limit, cost)
	call.end(gas)
	return result, gas, err
}

func (p *probe) IBCPacketReceive(code wasmvm.Checksum, env wasmvmtypes.Env, msg wasmvmtypes.IBCPacketReceiveMsg, store wasmvm.KVStore, api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, cost wasmvmtypes.UFraction) (*wasmvmtypes.IBCReceiveResult, uint64, error) {
	call, store := p.begin(env, "receive packet", store)
	result, gas, err := p.WasmEngine.IBCPacketReceive(code, env, msg, store, api, querier, meter, limit, cost)
	call.end(gas)
	return result, gas, err
}

// probedStore notes what a contract reads and writes.
type probedStore struct {
	wasmvm.KVStore
	call *Call
}

func (s *probedStore) note(write bool, key []byte, size int) {
	s.call.Ops = append(s.call.Ops, Op{write, append([]byte(nil), key...), size})
}

func (s *probedStore) Get(key []byte) []byte {
	value := s.KVStore.Get(key)
	s.note(false, key, len(key)+len(value))
	return value
}

func (s *probedStore) Set(key, value []byte) {
	s.note(true, key, len(key)+len(value))
	s.KVStore.Set(key, value)
}

func (s *probedStore) Delete(key []byte) {
	s.note(true, key, 0)
	s.KVStore.Delete(key)
}

func (s *probedStore) Iterator(start, end []byte) wasmvmtypes.Iterator {
	return s.probed(s.KVStore.Iterator(start, end))
}

func (s *probedStore) ReverseIterator(start, end []byte) wasmvmtypes.Iterator {
	return s.probed(s.KVStore.ReverseIterator(start, end))
}

func (s *probedStore) probed(inner wasmvmtypes.Iterator) wasmvmtypes.Iterator {
	i := &probedIterator{inner, s}
	i.step()
	return i
}

type probedIterator struct {
	wasmvmtypes.Iterator
	store *probedStore
}

func (i *probedIterator) Next() {
	i.Iterator.Next()
	i.step()
}

func (i *probedIterator) step() {
	size := 0
	if i.Valid() {
		size = len(i.Key()) + len(i.Value())
	}
	i.store.note(false, nil, size)
}
