package suite

import (
	"crypto/sha256"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"palisade/e2e/evidence"
	"palisade/e2e/harness"
)

// Double is a validator's two votes at one height and round of the consumer. The fields may be
// changed before they are signed, to see what proves nothing.
type Double struct {
	Type        cmtproto.SignedMsgType
	Height      int64
	Round       int32
	Time        time.Time
	One, Other  cmttypes.BlockID
	ChainID     string
	Signer      cmttypes.PrivValidator
	OtherSigner cmttypes.PrivValidator
}

// Fork is the id of a block that no chain has.
func Fork(name string) cmttypes.BlockID {
	hash, parts := sha256.Sum256([]byte(name)), sha256.Sum256([]byte("parts of "+name))
	return cmttypes.BlockID{Hash: hash[:], PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: parts[:]}}
}

// Nil is a vote for no block.
var Nil = cmttypes.BlockID{}

// Double is a validator's precommits for the consumer's last block and for another one in its
// place, changed as asked.
func (s *Suite) Double(validator harness.Name, changes ...func(*Double)) Double {
	s.T.Helper()
	signer := s.Consumer.Signer(validator)
	d := Double{
		Type: harness.Precommit, Height: s.Consumer.Height(), Time: s.Consumer.LastTime(),
		One: s.Consumer.LastBlock(), Other: Fork("another block"),
		ChainID: s.Consumer.ID(), Signer: signer, OtherSigner: signer,
	}
	for _, change := range changes {
		change(&d)
	}
	return d
}

// Votes has both signed, as CometBFT's evidence; with what a node of the consumer says of it.
func (s *Suite) Votes(d Double) (*cmttypes.DuplicateVoteEvidence, error) {
	s.T.Helper()
	vote := func(signer cmttypes.PrivValidator, block cmttypes.BlockID) *cmttypes.Vote {
		return s.Consumer.SignVote(signer, d.ChainID, cmttypes.Vote{
			Type: d.Type, Height: d.Height, Round: d.Round, BlockID: block, Timestamp: d.Time,
		})
	}
	return s.Consumer.DuplicateVote(vote(d.Signer, d.One), vote(d.OtherSigner, d.Other))
}

// Proof is the votes as the suite takes them, whether or not they prove anything.
func (s *Suite) Proof(d Double) evidence.Equivocation {
	s.T.Helper()
	found, _ := s.Votes(d)
	key, err := d.Signer.GetPubKey()
	if err != nil {
		s.T.Fatal(err)
	}
	proof, err := evidence.From(found, key)
	if err != nil {
		s.T.Fatal(err)
	}
	return proof
}

// SignsTwice has a validator of the consumer sign two blocks at the last height, changed as asked.
// CometBFT itself takes it for evidence.
func (s *Suite) SignsTwice(validator harness.Name, changes ...func(*Double)) evidence.Equivocation {
	s.T.Helper()
	double := s.Double(validator, changes...)
	if _, err := s.Votes(double); err != nil {
		s.T.Fatalf("CometBFT refuses the evidence: %v", err)
	}
	return s.Proof(double)
}

// Prove brings a proof of a double-sign to the host.
func (s *Suite) Prove(by harness.Name, service uint32, proof evidence.Equivocation) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"submit_equivocation": Msg{"service": service, "evidence": proof}})
}
