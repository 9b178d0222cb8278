package harness

import (
	"encoding/json"
	"testing"
	"time"

	wasmapp "github.com/CosmWasm/wasmd/app"
	wasmibctesting "github.com/CosmWasm/wasmd/tests/wasmibctesting"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// start is the time of the genesis of both chains.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// app is wasmd's application, which takes the transactions that wait for the next block into it.
type app struct {
	wasmibctesting.WasmTestApp
	waiting [][]byte
	results []*abci.ExecTxResult
	// Who signed the block before, and who signed two of them: of a chain that votes.
	commit      abci.CommitInfo
	misbehavior []abci.Misbehavior
}

// FinalizeBlock runs the waiting transactions, and keeps their results.
func (a *app) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	req.Txs, a.waiting = a.waiting, nil
	req.DecidedLastCommit, req.Misbehavior = a.commit, a.misbehavior
	res, err := a.WasmTestApp.FinalizeBlock(req)
	if err == nil {
		a.results = res.TxResults
	}
	return res, err
}

// newApp starts wasmd's application on a genesis in which nothing is random. wasmd's own
// test genesis has random keys, and validators whose share is worth a million tokens.
func newApp(t *testing.T, validators *cmttypes.ValidatorSet, _ []authtypes.GenesisAccount, chainID string, opts []wasmkeeper.Option, _ ...banktypes.Balance) wasmibctesting.WasmTestApp {
	t.Helper()
	options := simtestutil.AppOptionsMap{flags.FlagHome: t.TempDir()}
	wasmd := wasmapp.NewWasmApp(log.NewNopLogger(), dbm.NewMemDB(), true, options, opts, baseapp.SetChainID(chainID))
	accounts, balances := genesisAccounts()
	bonded, infos, pool := bondedValidators(t, validators, chainID)

	delegations := make([]stakingtypes.Delegation, 0, len(bonded))
	for i, name := range Validators {
		delegations = append(delegations, stakingtypes.NewDelegation(name.String(), name.Validator(), bonded[i].DelegatorShares))
	}
	balances = append(balances, pool)
	supply := sdk.NewCoins()
	for _, balance := range balances {
		supply = supply.Add(balance.Coins...)
	}

	cdc := wasmd.AppCodec()
	genesis := wasmd.DefaultGenesis()
	genesis[authtypes.ModuleName] = cdc.MustMarshalJSON(authtypes.NewGenesisState(authtypes.DefaultParams(), accounts))
	genesis[stakingtypes.ModuleName] = cdc.MustMarshalJSON(stakingtypes.NewGenesisState(stakingtypes.DefaultParams(), bonded, delegations))
	genesis[slashingtypes.ModuleName] = cdc.MustMarshalJSON(slashingtypes.NewGenesisState(slashingtypes.DefaultParams(), infos, nil))
	genesis[banktypes.ModuleName] = cdc.MustMarshalJSON(banktypes.NewGenesisState(banktypes.DefaultParams(), balances, supply, nil, nil))
	genesis[minttypes.ModuleName] = cdc.MustMarshalJSON(still())
	state, err := json.Marshal(genesis)
	require.NoError(t, err)

	_, err = wasmd.InitChain(&abci.RequestInitChain{
		ChainId:         chainID,
		Time:            start,
		ConsensusParams: consensusParams(),
		InitialHeight:   1,
		AppStateBytes:   state,
	})
	require.NoError(t, err)
	return wasmibctesting.WasmTestApp{WasmApp: wasmd}
}

// still is a mint that mints nothing, so that supply changes by what a story does alone.
func still() *minttypes.GenesisState {
	state := minttypes.DefaultGenesisState()
	state.Minter = minttypes.InitialMinter(math.LegacyZeroDec())
	state.Params.InflationMin, state.Params.InflationMax = math.LegacyZeroDec(), math.LegacyZeroDec()
	state.Params.InflationRateChange = math.LegacyZeroDec()
	return state
}

// consensusParams leave the limits of gas to the transactions.
func consensusParams() *cmtproto.ConsensusParams {
	params := *simtestutil.DefaultConsensusParams
	params.Block = &cmtproto.BlockParams{MaxBytes: 4_000_000, MaxGas: MaxGas}
	return &params
}

// bondedValidators gives every validator of the set a stake of one unit of power, by its owner.
func bondedValidators(t *testing.T, set *cmttypes.ValidatorSet, chainID string) ([]stakingtypes.Validator, []slashingtypes.SigningInfo, banktypes.Balance) {
	t.Helper()
	stake := sdk.DefaultPowerReduction
	validators := make([]stakingtypes.Validator, 0, len(Validators))
	infos := make([]slashingtypes.SigningInfo, 0, len(Validators))
	for _, name := range Validators {
		key, err := cryptocodec.FromCmtPubKeyInterface(name.ConsensusKey(chainID).PubKey())
		require.NoError(t, err)
		require.True(t, set.HasAddress(key.Address()))
		wrapped, err := codectypes.NewAnyWithValue(key)
		require.NoError(t, err)
		validators = append(validators, stakingtypes.Validator{
			OperatorAddress:   name.Validator(),
			ConsensusPubkey:   wrapped,
			Status:            stakingtypes.Bonded,
			Tokens:            stake,
			DelegatorShares:   math.LegacyNewDecFromInt(stake),
			Description:       stakingtypes.Description{Moniker: string(name)},
			UnbondingTime:     time.Unix(0, 0).UTC(),
			Commission:        stakingtypes.NewCommission(math.LegacyZeroDec(), math.LegacyZeroDec(), math.LegacyZeroDec()),
			MinSelfDelegation: math.ZeroInt(),
		})
		address := sdk.ConsAddress(key.Address()).String()
		infos = append(infos, slashingtypes.SigningInfo{
			Address:              address,
			ValidatorSigningInfo: slashingtypes.ValidatorSigningInfo{Address: address},
		})
	}
	pool := banktypes.Balance{
		Address: authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String(),
		Coins:   sdk.NewCoins(sdk.NewCoin(Bond, stake.MulRaw(int64(len(Validators))))),
	}
	return validators, infos, pool
}
