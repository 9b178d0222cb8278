package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"

	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Msg is a message written down as it goes over the wire.
type Msg = map[string]any

// Store uploads a file of wasm, once a chain, and returns its code.
func (c *Chain) Store(file string) uint64 {
	c.t.Helper()
	if code, ok := c.codes[file]; ok {
		return code
	}
	wasm, err := os.ReadFile(file)
	require.NoError(c.t, err, "is it built? scripts/build builds all wasm")
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, err = zip.Write(wasm)
	require.NoError(c.t, err)
	require.NoError(c.t, zip.Close())
	result := c.Tx(Owner, "store "+filepath.Base(file), MaxGas, &wasmtypes.MsgStoreCode{
		Sender:       Owner.String(),
		WASMByteCode: zipped.Bytes(),
	}).OK()
	var stored wasmtypes.MsgStoreCodeResponse
	result.response(&stored)
	c.codes[file] = stored.CodeID
	return stored.CodeID
}

// Pin keeps all codes that were stored in memory from now on, as the chain's governance may.
func (c *Chain) Pin() {
	c.t.Helper()
	governance := wasmkeeper.NewGovPermissionKeeper(&c.app.WasmKeeper)
	ctx := c.inner.GetContext()
	for _, code := range c.codes {
		require.NoError(c.t, governance.PinCode(ctx, code))
	}
	c.Block()
}

// Instantiate makes a contract that the story calls by the label, and returns its address.
// The owner is its admin.
func (c *Chain) Instantiate(sender Name, code uint64, label string, msg any, funds ...sdk.Coin) string {
	c.t.Helper()
	result := c.TryInstantiate(sender, code, label, msg, funds...).OK()
	var made wasmtypes.MsgInstantiateContractResponse
	result.response(&made)
	c.labels[made.Address] = label
	return made.Address
}

// TryInstantiate is Instantiate for when it is to be refused.
func (c *Chain) TryInstantiate(sender Name, code uint64, label string, msg any, funds ...sdk.Coin) *Result {
	c.t.Helper()
	return c.Tx(sender, "instantiate "+label, DefaultGas, &wasmtypes.MsgInstantiateContract{
		Sender: sender.String(),
		Admin:  Owner.String(),
		CodeID: code,
		Label:  label,
		Msg:    c.json(msg),
		Funds:  sdk.NewCoins(funds...),
	})
}

// Execute sends a message to a contract. In the gas table it is the contract's label and the message's name.
func (c *Chain) Execute(sender Name, contract string, msg any, funds ...sdk.Coin) *Result {
	c.t.Helper()
	return c.ExecuteWithGas(DefaultGas, sender, contract, msg, funds...)
}

// ExecuteWithGas is Execute with a limit of gas.
func (c *Chain) ExecuteWithGas(gas uint64, sender Name, contract string, msg any, funds ...sdk.Coin) *Result {
	c.t.Helper()
	body := c.json(msg)
	return c.Tx(sender, c.label(contract)+"."+variant(body), gas, &wasmtypes.MsgExecuteContract{
		Sender:   sender.String(),
		Contract: contract,
		Msg:      body,
		Funds:    sdk.NewCoins(funds...),
	})
}

// ExecuteMany sends many messages to a contract in one transaction, each with the same coins.
func (c *Chain) ExecuteMany(sender Name, contract string, bodies []Msg, funds ...sdk.Coin) *Result {
	c.t.Helper()
	msgs := make([]sdk.Msg, 0, len(bodies))
	for _, body := range bodies {
		msgs = append(msgs, &wasmtypes.MsgExecuteContract{
			Sender:   sender.String(),
			Contract: contract,
			Msg:      c.json(body),
			Funds:    sdk.NewCoins(funds...),
		})
	}
	return c.Tx(sender, c.label(contract)+" many", MaxGas, msgs...)
}

// Migrate moves a contract to another code, as its admin.
func (c *Chain) Migrate(contract string, code uint64, msg any) *Result {
	c.t.Helper()
	return c.Tx(Owner, "migrate "+c.label(contract), DefaultGas, &wasmtypes.MsgMigrateContract{
		Sender:   Owner.String(),
		Contract: contract,
		CodeID:   code,
		Msg:      c.json(msg),
	})
}

// Query asks a contract, and reads the answer into a struct.
func (c *Chain) Query(contract string, msg, into any) {
	c.t.Helper()
	require.NoError(c.t, c.TryQuery(contract, msg, into))
}

// TryQuery is Query for when it is to be refused. It goes the way of a client: the gas of a query is limited.
func (c *Chain) TryQuery(contract string, msg, into any) error {
	c.t.Helper()
	request, err := proto.Marshal(&wasmtypes.QuerySmartContractStateRequest{Address: contract, QueryData: c.json(msg)})
	require.NoError(c.t, err)
	answer, err := c.app.Query(c.t.Context(), &abci.RequestQuery{
		Path: "/cosmwasm.wasm.v1.Query/SmartContractState",
		Data: request,
	})
	require.NoError(c.t, err)
	if answer.Code != 0 {
		return &Failure{Text: words(answer.Log), Log: answer.Log, Codespace: answer.Codespace, Code: answer.Code}
	}
	var response wasmtypes.QuerySmartContractStateResponse
	require.NoError(c.t, proto.Unmarshal(answer.Value, &response))
	return json.Unmarshal(response.Data, into)
}

// Cw20Balance is what an address holds of a cw20 token.
func (c *Chain) Cw20Balance(token, address string) math.Int {
	c.t.Helper()
	var answer struct{ Balance math.Int }
	c.Query(token, Msg{"balance": Msg{"address": address}}, &answer)
	return answer.Balance
}

// Port is the IBC port of a contract.
func (c *Chain) Port(contract string) string {
	c.t.Helper()
	address, err := sdk.AccAddressFromBech32(contract)
	require.NoError(c.t, err)
	info := c.app.WasmKeeper.GetContractInfo(c.state(), address)
	require.NotNil(c.t, info, "no contract at %s", contract)
	require.NotEmpty(c.t, info.IBCPortID, "%s has no IBC entry points", c.label(contract))
	return info.IBCPortID
}

// Label is what the story calls a contract.
func (c *Chain) Label(contract string) string { return c.label(contract) }

func (c *Chain) label(contract string) string {
	if label, ok := c.labels[contract]; ok {
		return label
	}
	return contract
}

func (c *Chain) json(msg any) []byte {
	c.t.Helper()
	if raw, ok := msg.(string); ok {
		return []byte(raw)
	}
	body, err := json.Marshal(msg)
	require.NoError(c.t, err)
	return body
}

// variant is the name of a message: the only key of its object.
func variant(body []byte) string {
	var keys map[string]json.RawMessage
	if json.Unmarshal(body, &keys) != nil || len(keys) == 0 {
		return "?"
	}
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	sort.Strings(names)
	return names[0]
}

// portLabel is what the story calls the owner of an IBC port.
func (c *Chain) portLabel(port string) string {
	return c.label(strings.TrimPrefix(port, "wasm."))
}
