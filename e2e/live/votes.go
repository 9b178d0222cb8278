package live

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"palisade/e2e/evidence"
)

// signer holds a consensus key of the story's own. The validators of the localnet go on with theirs.
type signer struct{ key ed25519.PrivKey }

func newSigner() signer { return signer{ed25519.GenPrivKey()} }

// proof shows that the operator of a service holds the key.
func (s signer) proof(chain, allocation string, service int, operator string) Msg {
	text := fmt.Sprintf("palisade/key/%s/%s/%d/%s", chain, allocation, service, operator)
	signature, err := s.key.Sign([]byte(text))
	if err != nil {
		halt("the key does not sign: %v", err)
	}
	return Msg{
		"key":   base64.StdEncoding.EncodeToString(s.key.PubKey().Bytes()),
		"proof": base64.StdEncoding.EncodeToString(signature),
	}
}

// block is what votes are cast for.
type block struct {
	height int64
	at     time.Time
	id     cmttypes.BlockID
}

// fork is another block at the height of one.
func (b block) fork() cmttypes.BlockID {
	hash, parts := sha256.Sum256([]byte("another block")), sha256.Sum256([]byte("its parts"))
	return cmttypes.BlockID{Hash: hash[:], PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: parts[:]}}
}

// signTwice has the key precommit a block and another one at its height, by CometBFT's own code.
func (s signer) signTwice(chain string, b block) (evidence.Equivocation, error) {
	votes := [2]*cmttypes.Vote{}
	validator := cmttypes.NewMockPVWithParams(s.key, false, false)
	for i, id := range []cmttypes.BlockID{b.id, b.fork()} {
		vote := cmttypes.Vote{
			Type: cmtproto.PrecommitType, Height: b.height, BlockID: id, Timestamp: b.at,
			ValidatorAddress: s.key.PubKey().Address(),
		}
		raw := vote.ToProto()
		if err := validator.SignVote(chain, raw); err != nil {
			return evidence.Equivocation{}, err
		}
		vote.Signature = raw.Signature
		votes[i] = &vote
	}
	if votes[0].BlockID.Key() > votes[1].BlockID.Key() {
		votes[0], votes[1] = votes[1], votes[0]
	}
	found := &cmttypes.DuplicateVoteEvidence{VoteA: votes[0], VoteB: votes[1], Timestamp: b.at}
	if err := found.ValidateBasic(); err != nil {
		return evidence.Equivocation{}, err
	}
	for _, vote := range votes {
		if err := vote.Verify(chain, s.key.PubKey()); err != nil {
			return evidence.Equivocation{}, err
		}
	}
	return evidence.From(found, s.key.PubKey())
}

// header is of a block, as far as the story uses it.
type header struct {
	Time        time.Time
	LastBlockID struct {
		Hash  string
		Parts struct {
			Total uint32
			Hash  string
		} `json:"part_set_header"`
	} `json:"last_block_id"`
}

func (c *Chain) header(height int64) header {
	var answer struct{ Header header }
	c.ask(&answer, "block", "--type=height", fmt.Sprint(height))
	return answer.Header
}

// timeOf is the time of a block: contracts see it to the nanosecond.
func (c *Chain) timeOf(height int64) time.Time { return c.header(height).Time }

// lastBlock is the newest block whose id is known, from the header of the one after it.
func (c *Chain) lastBlock() block {
	height, _ := c.last()
	last := c.header(height).LastBlockID
	id := cmttypes.BlockID{
		Hash:          bytesOf(last.Hash),
		PartSetHeader: cmttypes.PartSetHeader{Total: last.Parts.Total, Hash: bytesOf(last.Parts.Hash)},
	}
	return block{height: height - 1, at: c.timeOf(height - 1), id: id}
}

// bytesOf reads a hash as wasmd prints it: in base64, or in hexadecimal.
func bytesOf(text string) []byte {
	raw, err := hex.DecodeString(text)
	if err != nil {
		raw, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil {
		halt("%q is no hash", text)
	}
	return raw
}
