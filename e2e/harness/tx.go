package harness

import (
	"context"
	"regexp"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsign "github.com/cosmos/cosmos-sdk/x/auth/signing"
)

// Limits of gas.
const (
	// DefaultGas is what a transaction may use when nothing else is said.
	DefaultGas = 10_000_000
	// MaxGas is what a block may use: for storing code.
	MaxGas = 200_000_000
)

// Result is what became of a transaction.
type Result struct {
	Label   string
	GasUsed uint64
	Events  []abci.Event
	Data    []byte
	Height  int64
	// Err is nil if the transaction succeeded.
	Err *Failure
	// Ack is what a received packet was acknowledged with, where that came at once.
	Ack *Ack
	// Calls are the entries into contracts, in order.
	Calls []*Call

	chain  *Chain
	record int
}

// Failure is why a transaction failed.
type Failure struct {
	// Text is the contract's own words, where a contract refused.
	Text string
	// Log is the whole text as the chain has it.
	Log       string
	Codespace string
	Code      uint32
}

// Error implements error.
func (f *Failure) Error() string { return f.Log }

// Tx signs the messages with the sender's key and runs them in a block of their own.
// There is no memo and no fee, so the same story costs the same gas.
func (c *Chain) Tx(sender Name, label string, gas uint64, msgs ...sdk.Msg) *Result {
	c.t.Helper()
	c.app.waiting = append(c.app.waiting, c.sign(sender, gas, msgs...))
	height := c.Height() + 1
	c.probe.calls = nil
	c.Block()
	require.Len(c.t, c.app.results, 1)
	raw := c.app.results[0]
	result := &Result{
		Label:   label,
		GasUsed: uint64(raw.GasUsed),
		Events:  raw.Events,
		Data:    raw.Data,
		Height:  height,
		Calls:   c.probe.calls,
		chain:   c,
		record:  len(c.world.Gas),
	}
	if raw.Code != 0 {
		result.Err = &Failure{Text: words(raw.Log), Log: raw.Log, Codespace: raw.Codespace, Code: raw.Code}
	} else {
		c.world.capture(c, raw.Events)
	}
	c.world.Gas = append(c.world.Gas, Record{Chain: c.Name, Sender: sender, Label: label, Gas: result.GasUsed, Failed: raw.Code != 0})
	return result
}

// sign makes the bytes of a transaction.
func (c *Chain) sign(sender Name, gas uint64, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	key := sender.key()
	account := c.app.AccountKeeper.GetAccount(c.state(), sender.Address())
	require.NotNil(c.t, account, "%s has no account on %s", string(sender), c.Name)
	config := c.inner.TxConfig
	mode := signing.SignMode_SIGN_MODE_DIRECT
	builder := config.NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(gas)
	builder.SetFeeAmount(c.fee)

	// The bytes to sign hold the signer's key, so it is set before there is a signature.
	signature := signing.SignatureV2{
		PubKey:   key.PubKey(),
		Data:     &signing.SingleSignatureData{SignMode: mode},
		Sequence: account.GetSequence(),
	}
	require.NoError(c.t, builder.SetSignatures(signature))
	signer := authsign.SignerData{
		Address:       sender.String(),
		ChainID:       c.ID(),
		AccountNumber: account.GetAccountNumber(),
		Sequence:      account.GetSequence(),
		PubKey:        key.PubKey(),
	}
	payload, err := authsign.GetSignBytesAdapter(context.Background(), config.SignModeHandler(), mode, signer, builder.GetTx())
	require.NoError(c.t, err)
	signed, err := key.Sign(payload)
	require.NoError(c.t, err)
	signature.Data = &signing.SingleSignatureData{SignMode: mode, Signature: signed}
	require.NoError(c.t, builder.SetSignatures(signature))
	bytes, err := config.TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return bytes
}

// What the chain puts around a contract's own words, before and after.
var (
	before = regexp.MustCompile(`^(failed to execute message; message index: \d+: |dispatch: |submessages: |reply: |` +
		`channel [a-z ]+ callback failed for port ID: \S+, channel ID: \S+: )+`)
	after = regexp.MustCompile(`(: [a-z ]+ wasm contract failed)+$`)
)

// words cuts the chain's own words off both ends of a failure.
func words(log string) string {
	return after.ReplaceAllString(before.ReplaceAllString(log, ""), "")
}

// As calls the transaction something else in the gas table.
func (r *Result) As(label string) *Result {
	r.Label = label
	r.chain.world.Gas[r.record].Label = label
	return r
}

// Chain is where it ran.
func (r *Result) Chain() *Chain { return r.chain }

// OK stops the test if the transaction failed.
func (r *Result) OK() *Result {
	r.chain.t.Helper()
	if r.Err != nil {
		r.chain.t.Fatalf("%s on %s failed: %s", r.Label, r.chain.Name, r.Err.Log)
	}
	return r
}

// Refused stops the test unless the transaction failed with these words in it.
func (r *Result) Refused(text string) *Result {
	r.chain.t.Helper()
	if r.Err == nil {
		r.chain.t.Fatalf("%s on %s succeeded, but should be refused: %s", r.Label, r.chain.Name, text)
	}
	if !strings.Contains(r.Err.Log, text) {
		r.chain.t.Fatalf("%s on %s failed with %q, not with %q", r.Label, r.chain.Name, r.Err.Log, text)
	}
	return r
}

// OutOfGas tells whether the transaction ran out of its gas. Where that happens while the machine
// does something for a contract, such as checking a signature, it is the machine's error.
func (r *Result) OutOfGas() bool {
	if r.Err != nil && strings.Contains(r.Err.Log, "Ran out of gas during contract execution") {
		return true
	}
	return r.Err != nil && r.Err.Codespace == sdkerrors.ErrOutOfGas.Codespace() && r.Err.Code == sdkerrors.ErrOutOfGas.ABCICode()
}

// Attributes are the values of an attribute in all events of a type, in order.
// A contract's event named x is of the type wasm-x.
func (r *Result) Attributes(event, key string) []string {
	var values []string
	for _, e := range r.Events {
		if e.Type != event {
			continue
		}
		for _, attribute := range e.Attributes {
			if attribute.Key == key {
				values = append(values, attribute.Value)
			}
		}
	}
	return values
}

// Attribute is the only value of an attribute in the events of a type.
func (r *Result) Attribute(event, key string) string {
	r.chain.t.Helper()
	values := r.Attributes(event, key)
	require.Len(r.chain.t, values, 1, "%s of %s in %s", key, event, r.Label)
	return values[0]
}

// response reads the answer to the transaction's only message.
func (r *Result) response(into proto.Message) {
	r.chain.t.Helper()
	var data sdk.TxMsgData
	require.NoError(r.chain.t, proto.Unmarshal(r.Data, &data))
	require.Len(r.chain.t, data.MsgResponses, 1)
	require.NoError(r.chain.t, proto.Unmarshal(data.MsgResponses[0].Value, into))
}
