package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cometevidence "github.com/cometbft/cometbft/evidence"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
)

// update writes the files instead of comparing them:
//
//	go test -C e2e ./evidence -update
var update = flag.Bool("update", false, "write the files of packages/evidence anew")

const chain = "consumer-1"

var (
	validator = ed25519.GenPrivKeyFromSecret([]byte("validator"))
	stranger  = ed25519.GenPrivKeyFromSecret([]byte("stranger"))
	noon      = time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.UTC)
)

// signedVote is a vote with the bytes that were signed.
type signedVote struct {
	Name      string   `json:"name"`
	ChainID   string   `json:"chain_id"`
	Key       []byte   `json:"key"`
	VoteType  VoteType `json:"vote_type"`
	Height    uint64   `json:"height,string"`
	Round     uint32   `json:"round"`
	Vote      Vote     `json:"vote"`
	SignBytes string   `json:"sign_bytes"`
}

// proof is evidence that CometBFT accepts.
type proof struct {
	Name         string       `json:"name"`
	ChainID      string       `json:"chain_id"`
	Equivocation Equivocation `json:"equivocation"`
	Digest       string       `json:"digest"`
}

// refusal is what CometBFT does not accept, and its words.
type refusal struct {
	Name         string       `json:"name"`
	ChainID      string       `json:"chain_id"`
	Equivocation Equivocation `json:"equivocation"`
	Comet        string       `json:"comet"`
}

type vectors struct {
	Votes    []signedVote `json:"votes"`
	Proofs   []proof      `json:"proofs"`
	Refusals []refusal    `json:"refusals"`
}

// block is an id of which everything depends on the name.
func block(name string, parts uint32) types.BlockID {
	hash, partsHash := sha256.Sum256([]byte(name)), sha256.Sum256([]byte("parts of "+name))
	return types.BlockID{
		Hash:          hash[:],
		PartSetHeader: types.PartSetHeader{Total: parts, Hash: partsHash[:]},
	}
}

// precommit is an everyday vote, changed as asked and not signed yet.
func precommit(changes ...func(*types.Vote)) *types.Vote {
	vote := &types.Vote{
		Type:             cmtproto.PrecommitType,
		Height:           1_000,
		Round:            2,
		BlockID:          block("one", 3),
		Timestamp:        noon,
		ValidatorAddress: validator.PubKey().Address(),
	}
	for _, change := range changes {
		change(vote)
	}
	return vote
}

func prevote(v *types.Vote) { v.Type = cmtproto.PrevoteType }
func onNil(v *types.Vote)   { v.BlockID = types.BlockID{} }

func at(height int64, round int32) func(*types.Vote) {
	return func(v *types.Vote) { v.Height, v.Round = height, round }
}

func on(id types.BlockID) func(*types.Vote) { return func(v *types.Vote) { v.BlockID = id } }

func when(t time.Time) func(*types.Vote) { return func(v *types.Vote) { v.Timestamp = t } }

// sign is what a validator's signer does.
func sign(t *testing.T, key ed25519.PrivKey, chainID string, vote *types.Vote) *types.Vote {
	t.Helper()
	signature, err := key.Sign(types.VoteSignBytes(chainID, vote.ToProto()))
	require.NoError(t, err)
	vote.Signature = signature
	return vote
}

func votes(t *testing.T) []signedVote {
	var all []signedVote
	add := func(name, chainID string, vote *types.Vote) {
		sign(t, validator, chainID, vote)
		require.NoError(t, vote.ValidateBasic(), name)
		require.NoError(t, vote.Verify(chainID, validator.PubKey()), name)
		// Not every id that can be signed is one that a chain can have.
		require.NoError(t, (&types.GenesisDoc{ChainID: chainID}).ValidateAndComplete(), name)
		voteType, err := voteTypeFrom(vote.Type)
		require.NoError(t, err)
		all = append(all, signedVote{
			Name: name, ChainID: chainID, Key: validator.PubKey().Bytes(), VoteType: voteType,
			Height: uint64(vote.Height), Round: uint32(vote.Round), Vote: voteFrom(vote),
			SignBytes: hex.EncodeToString(types.VoteSignBytes(chainID, vote.ToProto())),
		})
	}
	add("precommit", chain, precommit())
	add("precommit for nil", chain, precommit(onNil))
	add("prevote", chain, precommit(prevote))
	add("prevote for nil", chain, precommit(prevote, onNil))
	add("first height, first round", chain, precommit(at(1, 0)))
	add("last height, last round", chain, precommit(at(math.MaxInt64, math.MaxInt32)))
	add("first round, for nil", chain, precommit(at(128, 0), onNil))
	add("one part", chain, precommit(on(block("small", 1))))
	add("128 parts", chain, precommit(on(block("large", 128))))
	add("most parts", chain, precommit(on(block("largest", math.MaxUint32))))
	add("hashes of zeros", chain, precommit(on(types.BlockID{
		Hash:          make([]byte, 32),
		PartSetHeader: types.PartSetHeader{Total: 1, Hash: make([]byte, 32)},
	})))
	for _, moment := range []struct {
		name string
		time time.Time
	}{
		{"Go's zero time", time.Time{}},
		{"1970", time.Unix(0, 0)},
		{"a nanosecond after 1970", time.Unix(0, 1)},
		{"a nanosecond before 1970", time.Unix(0, -1)},
		{"a second before 1970", time.Unix(-1, 0)},
		{"1969", time.Date(1969, 7, 20, 20, 17, 40, 500_000_000, time.UTC)},
		{"year 1", time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)},
		{"whole seconds", time.Unix(1_772_366_400, 0)},
		{"last nanosecond of a second", time.Unix(1_772_366_400, 999_999_999)},
		{"end of year 9999", time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
		{"another zone", noon.In(time.FixedZone("east", 5*3600+1800))},
	} {
		add("time: "+moment.name, chain, precommit(when(moment.time)))
	}
	for _, id := range []struct{ name, id string }{
		{"of 1 byte", "c"},
		{"of 50 bytes", strings.Repeat("c", types.MaxChainIDLen)},
		{"of 50 bytes in 13 letters", strings.Repeat("\U0001D520", 12) + "é"},
		{"in unicode", "цепь-1 ⛓"},
		{"with quotes, slashes and a tag", `"a\b/c"<&>`},
		{"with control characters", "a\x00b\n\x7f"},
		{"of spaces", "   "},
	} {
		add("chain id "+id.name, id.id, precommit())
	}
	return all
}

// pair is evidence as CometBFT makes it, with the validators that it is checked against.
func pair(t *testing.T, one, two *types.Vote) (*types.DuplicateVoteEvidence, *types.ValidatorSet) {
	t.Helper()
	set := types.NewValidatorSet([]*types.Validator{types.NewValidator(validator.PubKey(), 10)})
	found, err := types.NewDuplicateVoteEvidence(one, two, noon, set)
	require.NoError(t, err)
	return found, set
}

// judge is all that CometBFT checks, but for the age.
func judge(found *types.DuplicateVoteEvidence, chainID string, set *types.ValidatorSet) error {
	if err := found.ValidateBasic(); err != nil {
		return err
	}
	return cometevidence.VerifyDuplicateVote(found, chainID, set)
}

func convert(t *testing.T, found *types.DuplicateVoteEvidence) Equivocation {
	t.Helper()
	converted, err := From(found, validator.PubKey())
	require.NoError(t, err)
	return converted
}

// digest is the formula of palisade_evidence, written down a second time.
func digest(found *types.DuplicateVoteEvidence, key []byte) string {
	one := types.VoteSignBytes("", found.VoteA.ToProto())
	two := types.VoteSignBytes("", found.VoteB.ToProto())
	if bytes.Compare(one, two) > 0 {
		one, two = two, one
	}
	sum := sha256.Sum256(bytes.Join([][]byte{key, one, two}, nil))
	return hex.EncodeToString(sum[:])
}

func proofs(t *testing.T) []proof {
	var all []proof
	add := func(name, chainID string, one, two *types.Vote) {
		sign(t, validator, chainID, one)
		sign(t, validator, chainID, two)
		found, set := pair(t, one, two)
		require.NoError(t, judge(found, chainID, set), name)
		all = append(all, proof{name, chainID, convert(t, found), digest(found, validator.PubKey().Bytes())})
	}
	other := block("two", 3)
	add("two blocks", chain, precommit(), precommit(on(other)))
	add("a block and nil", chain, precommit(), precommit(onNil))
	add("prevotes", chain, precommit(prevote), precommit(prevote, on(other)))
	add("a prevote and one for nil", chain, precommit(prevote, onNil), precommit(prevote))
	add("other times", chain, precommit(when(time.Time{})), precommit(on(other), when(time.Unix(-1, 5))))
	add("the ends", strings.Repeat("c", 50),
		precommit(at(math.MaxInt64, math.MaxInt32)), precommit(at(math.MaxInt64, math.MaxInt32), on(other)))
	add("the beginnings", "c", precommit(at(1, 0)), precommit(at(1, 0), on(other)))

	one := block("one", 3)
	onlyHash, onlyTotal, onlyParts := one, one, one
	onlyHash.Hash = other.Hash
	onlyTotal.PartSetHeader.Total = 4
	onlyParts.PartSetHeader.Hash = other.PartSetHeader.Hash
	add("only the hash differs", chain, precommit(), precommit(on(onlyHash)))
	add("only the number of parts differs", chain, precommit(), precommit(on(onlyTotal)))
	add("only the hash of the parts differs", chain, precommit(), precommit(on(onlyParts)))
	return all
}

func refusals(t *testing.T) []refusal {
	var all []refusal
	add := func(name string, one, two *types.Vote) {
		found, set := pair(t, one, two)
		err := judge(found, chain, set)
		require.Error(t, err, name)
		comet, _, _ := strings.Cut(err.Error(), " (")
		all = append(all, refusal{name, chain, convert(t, found), comet})
	}
	signed := func(changes ...func(*types.Vote)) *types.Vote {
		return sign(t, validator, chain, precommit(changes...))
	}
	other := on(block("two", 3))
	add("one vote twice", signed(), signed())
	add("one block at two times", signed(), signed(when(noon.Add(time.Second))))
	add("nil at two times", signed(onNil), signed(onNil, when(noon.Add(time.Second))))
	add("another chain", signed(), sign(t, validator, "consumer-2", precommit(other)))
	add("another key", signed(), sign(t, stranger, chain, precommit(other)))
	add("height 0", signed(at(0, 2)), signed(at(0, 2), other))
	add("a block of no parts", signed(), signed(on(block("none", 0))))
	add("a short signature", signed(), func() *types.Vote {
		vote := signed(other)
		vote.Signature = vote.Signature[:63]
		return vote
	}())

	one, two := signed(), signed(other)
	one.Signature, two.Signature = two.Signature, one.Signature
	add("signatures exchanged", one, two)

	// What was signed is changed afterwards.
	for _, lie := range []struct {
		name   string
		change func(*types.Vote)
	}{
		{"height changed", at(1_001, 2)},
		{"round changed", at(1_000, 3)},
		{"type changed", prevote},
		{"time changed", when(noon.Add(time.Nanosecond))},
	} {
		one, two := signed(), signed(other)
		lie.change(one)
		lie.change(two)
		add(lie.name, one, two)
	}
	vote := signed()
	other(vote)
	add("block changed", signed(), vote)
	return all
}

// same holds a file of packages/evidence against what it should be.
func same(t *testing.T, name string, want []byte) {
	t.Helper()
	file := filepath.Join("..", "..", "packages", "evidence", name)
	want = append(bytes.TrimSpace(want), '\n')
	if *update {
		require.NoError(t, os.WriteFile(file, want, 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "%s is not what CometBFT makes: go test -C e2e ./evidence -update", name)
}

func indented(t *testing.T, value any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(value))
	return out.Bytes()
}

// The Rust code is tested with what CometBFT signs, accepts and refuses now.
func TestVectorsAreCometBFTs(t *testing.T) {
	same(t, "tests/vectors.json", indented(t, vectors{votes(t), proofs(t), refusals(t)}))
}

// The example in the README: what a node shows of a block's evidence, and what is made of it.
func TestExample(t *testing.T) {
	found, _ := pair(t,
		sign(t, validator, chain, precommit()),
		sign(t, validator, chain, precommit(on(block("two", 3)), when(noon.Add(time.Second)))))
	shown, err := cmtjson.MarshalIndent(types.Evidence(found), "", "  ")
	require.NoError(t, err)
	same(t, "examples/duplicate_vote_evidence.json", shown)

	var read types.Evidence
	require.NoError(t, cmtjson.Unmarshal(shown, &read))
	same(t, "examples/equivocation.json", indented(t, convert(t, read.(*types.DuplicateVoteEvidence))))
}

// Keys of the small subgroup sign everything. CometBFT takes their signatures, and so does
// ed25519_verify: the two follow one rule (ZIP 215), at its edge as well.
func TestWeakKeysAreTakenAsByTheChain(t *testing.T) {
	identity := append([]byte{1}, make([]byte, 31)...)
	signature := append(append([]byte{}, identity...), make([]byte, 32)...)
	require.True(t, ed25519.PubKey(identity).VerifySignature([]byte("anything"), signature))
}

// No chain has such an id, so that none needs to be accepted.
func TestChainIDsThatNoChainHas(t *testing.T) {
	for _, id := range []string{"", strings.Repeat("c", 51), strings.Repeat("é", 25) + "c"} {
		require.Error(t, (&types.GenesisDoc{ChainID: id}).ValidateAndComplete(), id)
	}
}

func TestOnlyEd25519(t *testing.T) {
	found, _ := pair(t, precommit(), precommit(onNil))
	_, err := From(found, otherKey{validator.PubKey().(ed25519.PubKey)})
	require.ErrorContains(t, err, "not ed25519")

	found.VoteA.Type = cmtproto.ProposalType
	_, err = From(found, validator.PubKey())
	require.ErrorContains(t, err, "a vote of type")
}

// otherKey is a key of a type that the suite does not know.
type otherKey struct{ ed25519.PubKey }

func (otherKey) Type() string { return "secp256k1" }
