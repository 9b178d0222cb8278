package harness

import (
	"testing"
	"time"

	ibctesting "github.com/cosmos/ibc-go/v11/testing"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// Chain is one wasmd chain. Each transaction is a block of its own.
type Chain struct {
	Name string

	world  *World
	t      *testing.T
	inner  *ibctesting.TestChain
	app    *app
	probe  *probe
	clock  time.Time         // of the next block
	labels map[string]string // by contract: what the story calls it
	codes  map[string]uint64 // by file: its code
	voting *voting           // nil until somebody asks for it
	fee    sdk.Coins         // of the next transaction
}

// ID is the chain's id.
func (c *Chain) ID() string { return c.inner.ChainID }

// Now is the time of the next block.
func (c *Chain) Now() time.Time { return c.clock }

// LastTime is the time of the last block.
func (c *Chain) LastTime() time.Time { return c.inner.LatestCommittedHeader.GetTime() }

// Height is the height of the last block.
func (c *Chain) Height() int64 { return c.app.LastBlockHeight() }

// Block makes a block with what waits for it.
func (c *Chain) Block() {
	c.t.Helper()
	c.inner.ProposedHeader.Time = c.clock
	after := c.voting.before(c)
	c.inner.NextBlock()
	after()
	c.world.tick(BlockTime)
}

// Skew lets time pass on this chain alone. Light clients bear up to maxDrift between two chains.
func (c *Chain) Skew(d time.Duration) {
	c.t.Helper()
	require.Less(c.t, d, maxDrift, "light clients refuse headers that far ahead")
	c.clock = c.clock.Add(d)
	c.Block()
}

// state is the committed state, for reading.
func (c *Chain) state() sdk.Context {
	return c.app.NewContextLegacy(true, c.inner.ProposedHeader)
}

// Balance is what an address holds of a denom.
func (c *Chain) Balance(address, denom string) math.Int {
	c.t.Helper()
	account, err := sdk.AccAddressFromBech32(address)
	require.NoError(c.t, err)
	return c.app.BankKeeper.GetBalance(c.state(), account, denom).Amount
}

// Supply is how much of a denom there is.
func (c *Chain) Supply(denom string) math.Int {
	return c.app.BankKeeper.GetSupply(c.state(), denom).Amount
}

// ModuleAddress is the address of a module of the chain.
func (c *Chain) ModuleAddress(module string) string {
	return authtypes.NewModuleAddress(module).String()
}

// Bonded is what the validators of the chain have staked.
func (c *Chain) Bonded() math.Int {
	c.t.Helper()
	return c.Balance(authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String(), Bond)
}

// Send sends coins from one address to another.
func (c *Chain) Send(from Name, to string, coins ...sdk.Coin) *Result {
	c.t.Helper()
	return c.Tx(from, "bank.send", DefaultGas, &banktypes.MsgSend{
		FromAddress: from.String(),
		ToAddress:   to,
		Amount:      sdk.NewCoins(coins...),
	})
}
