package harness

import (
	"fmt"
	"time"

	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// MaxEntries is how many undelegations of one account from one validator a chain takes at once.
const MaxEntries = int(stakingtypes.DefaultMaxEntries)

// DowntimeWindow is how many blocks downtime is counted over, once a chain votes: half of them may be
// missed.
const DowntimeWindow = 10

// voting is who signs the blocks of a chain, once somebody asks: distribution pays who signed, and
// x/slashing punishes who did not.
type voting struct {
	// last is who should have signed the block before.
	last   *cmttypes.ValidatorSet
	absent map[Name]bool
	// found is evidence for the next block.
	found []abci.Misbehavior
}

// Vote has the validators sign every block from now on, so that the chain's own modules pay and punish
// them. Stake unbonds within a time, and downtime is counted over a short window.
func (c *Chain) Vote(unbonding time.Duration) {
	c.t.Helper()
	c.unbondIn(unbonding)
	ctx := c.inner.GetContext()
	slashing, err := c.app.SlashingKeeper.GetParams(ctx)
	require.NoError(c.t, err)
	slashing.SignedBlocksWindow = DowntimeWindow
	require.NoError(c.t, c.app.SlashingKeeper.SetParams(ctx, slashing))
	c.voting = &voting{last: c.inner.Vals.Copy(), absent: map[Name]bool{}}
	c.Block()
}

// UnbondIn changes how long stake takes to unbond from now on, as the chain's governance may.
func (c *Chain) UnbondIn(unbonding time.Duration) {
	c.t.Helper()
	c.unbondIn(unbonding)
	c.Block()
}

func (c *Chain) unbondIn(unbonding time.Duration) {
	c.t.Helper()
	ctx := c.inner.GetContext()
	staking, err := c.app.StakingKeeper.GetParams(ctx)
	require.NoError(c.t, err)
	staking.UnbondingTime = unbonding
	require.NoError(c.t, c.app.StakingKeeper.SetParams(ctx, staking))
}

// PunishDoubleSigns changes the share that a double vote costs a validator.
func (c *Chain) PunishDoubleSigns(share string) {
	c.t.Helper()
	ctx := c.inner.GetContext()
	slashing, err := c.app.SlashingKeeper.GetParams(ctx)
	require.NoError(c.t, err)
	slashing.SlashFractionDoubleSign = math.LegacyMustNewDecFromStr(share)
	require.NoError(c.t, c.app.SlashingKeeper.SetParams(ctx, slashing))
	c.Block()
}

// CreateValidator has an account start a validator, with a key of its own for blocks.
func (c *Chain) CreateValidator(who Name, units int64) *Result {
	c.t.Helper()
	signer := cmted25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "palisade validator %s of %s at %d", string(who), c.ID(), c.Height()))
	c.inner.Signers[signer.PubKey().Address().String()] = KeySigner(signer)
	key, err := cryptocodec.FromCmtPubKeyInterface(signer.PubKey())
	require.NoError(c.t, err)
	zero := math.LegacyZeroDec()
	msg, err := stakingtypes.NewMsgCreateValidator(who.Validator(), key, Coin(units, Bond),
		stakingtypes.NewDescription(string(who), "", "", "", ""), stakingtypes.NewCommissionRates(zero, zero, zero), math.OneInt())
	require.NoError(c.t, err)
	return c.Tx(who, "staking.create_validator", DefaultGas, msg)
}

// HasValidator tells whether an account has a validator.
func (c *Chain) HasValidator(name Name) bool {
	_, err := c.app.StakingKeeper.GetValidator(c.state(), sdk.ValAddress(name.Address()))
	return err == nil
}

// before puts what the validators did into the next block, and returns what has to be done after it.
func (v *voting) before(c *Chain) func() {
	if v == nil {
		return func() {}
	}
	away := map[string]bool{}
	for name := range v.absent {
		away[name.ConsensusKey(c.ID()).PubKey().Address().String()] = true
	}
	votes := make([]abci.VoteInfo, 0, v.last.Size())
	for _, validator := range v.last.Validators {
		flag := cmtproto.BlockIDFlagCommit
		if away[validator.Address.String()] {
			flag = cmtproto.BlockIDFlagAbsent
		}
		votes = append(votes, abci.VoteInfo{
			Validator:   abci.Validator{Address: validator.Address, Power: validator.VotingPower},
			BlockIdFlag: flag,
		})
	}
	c.app.commit, c.app.misbehavior = abci.CommitInfo{Votes: votes}, v.found
	v.found = nil
	next := c.inner.Vals.Copy()
	return func() { v.last = next }
}

// PayFees has somebody pay a fee for a transaction that does nothing; the chain distributes it in the
// block after.
func (c *Chain) PayFees(from Name, fee sdk.Coin) {
	c.t.Helper()
	c.fee = sdk.NewCoins(fee)
	c.Tx(from, "pay fees", DefaultGas, &banktypes.MsgSend{
		FromAddress: from.String(), ToAddress: from.String(), Amount: sdk.NewCoins(Coin(1, Bond)),
	}).OK()
	c.fee = nil
	c.Block()
}

// GoOffline has a validator miss blocks until the chain jails it for its downtime.
func (c *Chain) GoOffline(validator Name) {
	c.t.Helper()
	c.voting.absent[validator] = true
	for range 2 * DowntimeWindow {
		if c.Block(); c.Validator(validator).Jailed {
			delete(c.voting.absent, validator)
			return
		}
	}
	c.t.Fatalf("%s missed %d blocks and is not jailed", validator, 2*DowntimeWindow)
}

// Unjail brings a validator back, when its time is over.
func (c *Chain) Unjail(validator Name) *Result {
	c.t.Helper()
	return c.Tx(validator, "slashing.unjail", DefaultGas, slashingtypes.NewMsgUnjail(validator.Validator()))
}

// Moment is a block of a chain, and how much a validator weighed in it.
type Moment struct {
	Height int64
	Time   time.Time
	Power  int64
}

// Moment is the first block in which what was undelegated until now does not vote any more, for a
// validator that may be caught later.
func (c *Chain) Moment(validator Name) Moment {
	c.t.Helper()
	key := validator.ConsensusKey(c.ID()).PubKey().Address()
	_, member := c.inner.NextVals.GetByAddress(key)
	require.NotNil(c.t, member, "%s does not sign", validator)
	return Moment{Height: c.Height() + 1 + sdk.ValidatorUpdateDelay, Time: c.LastTime(), Power: member.VotingPower}
}

// CatchDoubleSign brings evidence of a validator's double vote into the next block, as CometBFT does.
func (c *Chain) CatchDoubleSign(validator Name, at Moment) {
	c.t.Helper()
	c.voting.found = append(c.voting.found, abci.Misbehavior{
		Type:             abci.MisbehaviorType_DUPLICATE_VOTE,
		Validator:        abci.Validator{Address: validator.ConsensusKey(c.ID()).PubKey().Address(), Power: at.Power},
		Height:           at.Height,
		Time:             at.Time,
		TotalVotingPower: c.inner.Vals.TotalVotingPower(),
	})
	c.Block()
	require.True(c.t, c.Validator(validator).Jailed)
}

// Validator is an account's validator as the staking module has it.
func (c *Chain) Validator(name Name) stakingtypes.Validator {
	c.t.Helper()
	validator, err := c.app.StakingKeeper.GetValidator(c.state(), sdk.ValAddress(name.Address()))
	require.NoError(c.t, err)
	return validator
}

// StakeWith delegates of an account's own to a validator, without the suite.
func (c *Chain) StakeWith(who, validator Name, units int64) *Result {
	c.t.Helper()
	return c.Tx(who, "staking.delegate", DefaultGas,
		stakingtypes.NewMsgDelegate(who.String(), validator.Validator(), Coin(units, Bond)))
}

// UnstakeFrom undelegates of an account's own, without the suite.
func (c *Chain) UnstakeFrom(who, validator Name, units int64) *Result {
	c.t.Helper()
	return c.Tx(who, "staking.undelegate", DefaultGas,
		stakingtypes.NewMsgUndelegate(who.String(), validator.Validator(), Coin(units, Bond)))
}

// Delegated is what an address has delegated to a validator, in whole units.
func (c *Chain) Delegated(delegator string, validator Name) math.Int {
	c.t.Helper()
	ctx := c.state()
	delegation, err := c.app.StakingKeeper.GetDelegation(ctx, c.account(delegator), sdk.ValAddress(validator.Address()))
	if err != nil {
		return math.ZeroInt()
	}
	return c.Validator(validator).TokensFromShares(delegation.Shares).TruncateInt()
}

// Unbonding is what an address undelegated from a validator: one entry for each time, oldest first.
func (c *Chain) Unbonding(delegator string, validator Name) []stakingtypes.UnbondingDelegationEntry {
	c.t.Helper()
	unbonding, err := c.app.StakingKeeper.GetUnbondingDelegation(c.state(), c.account(delegator), sdk.ValAddress(validator.Address()))
	if err != nil {
		return nil
	}
	return unbonding.Entries
}

// Redelegations is how many redelegations of an address the chain knows.
func (c *Chain) Redelegations(delegator string) int {
	c.t.Helper()
	found, err := c.app.StakingKeeper.GetRedelegations(c.state(), c.account(delegator), 100)
	require.NoError(c.t, err)
	return len(found)
}

// ChainRewards is what the distribution module owes an address for its delegation, in whole units.
func (c *Chain) ChainRewards(delegator string, validator Name) sdk.Coins {
	c.t.Helper()
	if c.Delegated(delegator, validator).IsZero() {
		return nil
	}
	answer, err := distrkeeper.NewQuerier(c.app.DistrKeeper).DelegationRewards(c.state(), &distrtypes.QueryDelegationRewardsRequest{
		DelegatorAddress: delegator, ValidatorAddress: validator.Validator(),
	})
	require.NoError(c.t, err)
	coins, _ := answer.Rewards.TruncateDecimal()
	return coins
}

// Tombstoned tells whether a validator can never come back.
func (c *Chain) Tombstoned(validator Name) bool {
	key := validator.ConsensusKey(c.ID()).PubKey().Address()
	return c.app.SlashingKeeper.IsTombstoned(c.state(), sdk.ConsAddress(key))
}

// Predicted is the address of a contract that a contract makes of a code, with a salt.
func (c *Chain) Predicted(code uint64, creator string, salt []byte) string {
	c.t.Helper()
	info := c.app.WasmKeeper.GetCodeInfo(c.state(), code)
	require.NotNil(c.t, info)
	return wasmkeeper.BuildContractAddressPredictable(info.CodeHash, c.account(creator), salt, nil).String()
}

// CallIt calls a contract by a label from now on: one that a contract made.
func (c *Chain) CallIt(contract, label string) { c.labels[contract] = label }

func (c *Chain) account(address string) sdk.AccAddress {
	c.t.Helper()
	account, err := sdk.AccAddressFromBech32(address)
	require.NoError(c.t, err)
	return account
}
