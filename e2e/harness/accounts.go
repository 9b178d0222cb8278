package harness

import (
	"crypto/sha256"
	"fmt"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// Denoms that every named account holds at genesis.
const (
	// Bond is what the validators of both chains stake.
	Bond = "stake"
	// Liquid stands for a liquid staking token of the bond denom.
	Liquid = "ulst"
	// Reward is what services pay in.
	Reward = "urwd"
)

// Genesis is what every named account holds of each denom at the start.
const Genesis = 1_000_000_000_000

// Name is somebody in the story. The same name is the same key on every chain and in every run.
type Name string

// Everybody who may send a transaction.
const (
	Owner     Name = "owner"
	Guardian  Name = "guardian"
	Relayer   Name = "relayer"
	Staker1   Name = "staker1"
	Staker2   Name = "staker2"
	Staker3   Name = "staker3"
	Operator1 Name = "operator1"
	Operator2 Name = "operator2"
	Operator3 Name = "operator3"
	Operator4 Name = "operator4"
	Service   Name = "service"
	Resolver  Name = "resolver"
	Reporter  Name = "reporter"
	Stranger  Name = "stranger"
)

// Cast is everybody, in the order of the accounts at genesis.
var Cast = []Name{
	Owner, Guardian, Relayer, Staker1, Staker2, Staker3,
	Operator1, Operator2, Operator3, Operator4, Service, Resolver, Reporter, Stranger,
}

// Validators run the chains: operator i owns validator i.
var Validators = []Name{Operator1, Operator2, Operator3, Operator4}

func (n Name) key() *secp256k1.PrivKey {
	seed := sha256.Sum256([]byte("palisade account " + string(n)))
	return &secp256k1.PrivKey{Key: seed[:]}
}

// Address is the account's address.
func (n Name) Address() sdk.AccAddress { return sdk.AccAddress(n.key().PubKey().Address()) }

// String is the address in bech32, as messages want it.
func (n Name) String() string { return n.Address().String() }

// Label is the name itself, for people.
func (n Name) Label() string { return string(n) }

// Validator is the address of the validator that the account owns, in bech32.
func (n Name) Validator() string { return sdk.ValAddress(n.Address()).String() }

// ConsensusKey is the ed25519 key that the account's validator signs blocks of a chain with.
// It serves as the operator's key on a consumer chain as well.
func (n Name) ConsensusKey(chainID string) cmted25519.PrivKey {
	return cmted25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "palisade validator %s of %s", string(n), chainID))
}

// genesisAccounts are the accounts of the cast, with their keys known to the chain already,
// so that the first transaction of an account costs what the later ones do.
func genesisAccounts() ([]authtypes.GenesisAccount, []banktypes.Balance) {
	accounts := make([]authtypes.GenesisAccount, 0, len(Cast))
	balances := make([]banktypes.Balance, 0, len(Cast))
	amount := math.NewInt(Genesis)
	for i, name := range Cast {
		accounts = append(accounts, authtypes.NewBaseAccount(name.Address(), name.key().PubKey(), uint64(i), 0))
		balances = append(balances, banktypes.Balance{
			Address: name.String(),
			Coins:   sdk.NewCoins(sdk.NewCoin(Bond, amount), sdk.NewCoin(Liquid, amount), sdk.NewCoin(Reward, amount)),
		})
	}
	return accounts, balances
}

// validatorSet is the chain's validators, and who signs for each of them.
func validatorSet(chainID string) (*cmttypes.ValidatorSet, map[string]cmttypes.PrivValidator) {
	validators := make([]*cmttypes.Validator, 0, len(Validators))
	signers := make(map[string]cmttypes.PrivValidator, len(Validators))
	for _, name := range Validators {
		key := name.ConsensusKey(chainID)
		validators = append(validators, cmttypes.NewValidator(key.PubKey(), 1))
		signers[key.PubKey().Address().String()] = cmttypes.NewMockPVWithParams(key, false, false)
	}
	return cmttypes.NewValidatorSet(validators), signers
}

// Coin is an amount of a denom.
func Coin(amount int64, denom string) sdk.Coin { return sdk.NewInt64Coin(denom, amount) }
