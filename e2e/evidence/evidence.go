// Package evidence turns CometBFT's evidence of a double vote into the suite's. The JSON that
// packages/evidence is tested with is made here, by CometBFT's own code.
package evidence

import (
	"fmt"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

// Equivocation is the JSON of palisade_evidence::Equivocation.
type Equivocation struct {
	Key      []byte   `json:"key"`
	VoteType VoteType `json:"vote_type"`
	Height   uint64   `json:"height,string"`
	Round    uint32   `json:"round"`
	First    Vote     `json:"first"`
	Second   Vote     `json:"second"`
}

// VoteType is one of the two.
type VoteType struct {
	Prevote   *struct{} `json:"prevote,omitempty"`
	Precommit *struct{} `json:"precommit,omitempty"`
}

// Vote is what is a vote's own.
type Vote struct {
	// BlockID is absent for nil.
	BlockID   *BlockID `json:"block_id,omitempty"`
	Timestamp VoteTime `json:"timestamp"`
	Signature []byte   `json:"signature"`
}

// BlockID is a block as CometBFT names it.
type BlockID struct {
	Hash       []byte `json:"hash"`
	PartsTotal uint32 `json:"parts_total"`
	PartsHash  []byte `json:"parts_hash"`
}

// VoteTime is a time as protobuf has it.
type VoteTime struct {
	Seconds int64  `json:"seconds,string"`
	Nanos   uint32 `json:"nanos"`
}

// From takes what is needed out of CometBFT's evidence. The key is that of the validator with the
// votes' address; other key types than ed25519 have no place in the suite.
func From(found *types.DuplicateVoteEvidence, key crypto.PubKey) (Equivocation, error) {
	if _, ok := key.(ed25519.PubKey); !ok {
		return Equivocation{}, fmt.Errorf("a key of type %s, not ed25519", key.Type())
	}
	one := found.VoteA
	voteType, err := voteTypeFrom(one.Type)
	return Equivocation{
		Key:      key.Bytes(),
		VoteType: voteType,
		Height:   uint64(one.Height),
		Round:    uint32(one.Round),
		First:    voteFrom(one),
		Second:   voteFrom(found.VoteB),
	}, err
}

func voteTypeFrom(voteType cmtproto.SignedMsgType) (VoteType, error) {
	switch voteType {
	case cmtproto.PrevoteType:
		return VoteType{Prevote: &struct{}{}}, nil
	case cmtproto.PrecommitType:
		return VoteType{Precommit: &struct{}{}}, nil
	}
	return VoteType{}, fmt.Errorf("a vote of type %s", voteType)
}

func voteFrom(vote *types.Vote) Vote {
	converted := Vote{
		Timestamp: VoteTime{vote.Timestamp.Unix(), uint32(vote.Timestamp.Nanosecond())},
		Signature: vote.Signature,
	}
	if id := vote.BlockID; !id.IsZero() {
		converted.BlockID = &BlockID{id.Hash, id.PartSetHeader.Total, id.PartSetHeader.Hash}
	}
	return converted
}
