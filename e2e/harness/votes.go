package harness

import (
	"bytes"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cometevidence "github.com/cometbft/cometbft/evidence"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
)

// LastBlock is the id of the last block, which the validators voted for.
func (c *Chain) LastBlock() cmttypes.BlockID {
	id, err := cmttypes.BlockIDFromProto(&c.inner.LatestCommittedHeader.Commit.BlockID)
	require.NoError(c.t, err)
	// A story may alter it.
	id.Hash, id.PartSetHeader.Hash = bytes.Clone(id.Hash), bytes.Clone(id.PartSetHeader.Hash)
	return *id
}

// Signer is who signs the votes of an account's validator on this chain: the one that signs the
// chain's blocks.
func (c *Chain) Signer(validator Name) cmttypes.PrivValidator {
	c.t.Helper()
	signer, ok := c.inner.Signers[validator.ConsensusKey(c.ID()).PubKey().Address().String()]
	require.True(c.t, ok, "%s is no validator of %s", string(validator), c.Name)
	return signer
}

// KeySigner signs votes with a key that is no validator's.
func KeySigner(key cmted25519.PrivKey) cmttypes.PrivValidator {
	return cmttypes.NewMockPVWithParams(key, false, false)
}

// SignVote has a signer vote, by CometBFT's own code, for the block of a chain with this id.
func (c *Chain) SignVote(signer cmttypes.PrivValidator, chainID string, vote cmttypes.Vote) *cmttypes.Vote {
	c.t.Helper()
	key, err := signer.GetPubKey()
	require.NoError(c.t, err)
	vote.ValidatorAddress = key.Address()
	raw := vote.ToProto()
	require.NoError(c.t, signer.SignVote(chainID, raw))
	vote.Signature = raw.Signature
	return &vote
}

// DuplicateVote is two votes as CometBFT's evidence, with what a node of this chain says of it: nil
// if it would put it into a block.
func (c *Chain) DuplicateVote(one, other *cmttypes.Vote) (*cmttypes.DuplicateVoteEvidence, error) {
	c.t.Helper()
	found := &cmttypes.DuplicateVoteEvidence{VoteA: one, VoteB: other, Timestamp: c.LastTime()}
	if one.BlockID.Key() > other.BlockID.Key() {
		found.VoteA, found.VoteB = other, one
	}
	if _, validator := c.inner.Vals.GetByAddress(one.ValidatorAddress); validator != nil {
		found.ValidatorPower, found.TotalVotingPower = validator.VotingPower, c.inner.Vals.TotalVotingPower()
	}
	if err := found.ValidateBasic(); err != nil {
		return found, err
	}
	return found, cometevidence.VerifyDuplicateVote(found, c.ID(), c.inner.Vals)
}

// Types of votes.
const (
	Prevote   = cmtproto.PrevoteType
	Precommit = cmtproto.PrecommitType
)
