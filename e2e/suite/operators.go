package suite

import (
	"fmt"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"

	"palisade/e2e/harness"
)

// RegisterOperator makes somebody an operator.
func (s *Suite) RegisterOperator(who harness.Name) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"register_operator": Msg{
		"metadata":   Msg{"name": string(who), "website": "", "details": ""},
		"commission": Msg{"rate": "0.05", "max_rate": "0.2", "max_daily_change": "0.01"},
		"restricted": false,
	}})
}

// Slice is a share of a pool that an operator promises to a service.
type Slice struct{ Asset, Share string }

func shares(slices []Slice) []Msg {
	list := make([]Msg, 0, len(slices))
	for _, slice := range slices {
		list = append(list, Msg{"asset": slice.Asset, "share": slice.Share})
	}
	return list
}

// Slices promises the same share of each of some assets.
func Slices(share string, assets ...string) []Slice {
	list := make([]Slice, 0, len(assets))
	for _, asset := range assets {
		list = append(list, Slice{Asset: asset, Share: share})
	}
	return list
}

// OptIn joins a service that uses no keys.
func (s *Suite) OptIn(operator harness.Name, service uint32, slices []Slice) *harness.Result {
	s.T.Helper()
	return s.optIn(operator, service, nil, slices).As("allocation.opt_in")
}

// OptInWithKey joins a service with the key that the operator signs the consumer's blocks with.
func (s *Suite) OptInWithKey(operator harness.Name, service uint32, slices []Slice) *harness.Result {
	s.T.Helper()
	proof := s.KeyProof(operator, service, operator.ConsensusKey(s.Consumer.ID()))
	return s.optIn(operator, service, proof, slices).As("allocation.opt_in_with_key")
}

func (s *Suite) optIn(operator harness.Name, service uint32, key any, slices []Slice) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Allocation, Msg{"opt_in": Msg{
		"service": service, "key": key, "slices": shares(slices),
	}})
}

// KeyProof proves that the operator of a service holds a key.
func (s *Suite) KeyProof(operator harness.Name, service uint32, key cmted25519.PrivKey) Msg {
	s.T.Helper()
	message := fmt.Sprintf("palisade/key/%s/%s/%d/%s", s.Host.ID(), s.Allocation, service, operator)
	proof, err := key.Sign([]byte(message))
	if err != nil {
		s.T.Fatalf("signing the proof of a key: %v", err)
	}
	return Msg{"key": binary(key.PubKey().Bytes()), "proof": binary(proof)}
}

// AssignKey replaces an operator's key at a service.
func (s *Suite) AssignKey(operator harness.Name, service uint32, key cmted25519.PrivKey) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Allocation, Msg{"assign_key": Msg{
		"service": service, "key": s.KeyProof(operator, service, key),
	}})
}

// Adjust aims at other slices.
func (s *Suite) Adjust(operator harness.Name, service uint32, slices []Slice) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Allocation, Msg{"adjust": Msg{"service": service, "slices": shares(slices)}})
}

// OptOut starts to leave a service.
func (s *Suite) OptOut(operator harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Allocation, Msg{"opt_out": Msg{"service": service}})
}

// Leave frees the place of an operator whose slices have ended.
func (s *Suite) Leave(by, operator harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Allocation, Msg{"leave": Msg{"service": service, "operator": operator.String()}})
}

// SetFirstLoss publishes the share of every loss that an operator's own stake bears first.
func (s *Suite) SetFirstLoss(operator harness.Name, share string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Delegation, Msg{"set_first_loss": Msg{"share": share}})
}

// SetCommitmentCap publishes the most that an operator promises of each of its pools.
func (s *Suite) SetCommitmentCap(operator harness.Name, cap string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Allocation, Msg{"set_commitment_cap": Msg{"cap": cap}})
}
