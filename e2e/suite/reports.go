package suite

import (
	"time"

	"palisade/e2e/evidence"
	"palisade/e2e/harness"
)

// Infraction is what a reporter saw on the consumer.
type Infraction struct {
	Offender Msg
	Kind     string
	Height   int64
	Time     time.Time
	// Evidence proves it, where there is any.
	Evidence *evidence.Equivocation
}

// Saw is an infraction of an operator in the consumer's last block.
func (s *Suite) Saw(operator harness.Name, kind string) Infraction {
	return Infraction{
		Offender: Msg{"operator": operator.String()},
		Kind:     kind,
		Height:   s.Consumer.Height(),
		Time:     s.Consumer.LastTime(),
	}
}

// SawKey is Saw by whom signed: the reporter knows the consumer's keys alone.
func (s *Suite) SawKey(operator harness.Name, kind string) Infraction {
	infraction := s.Saw(operator, kind)
	key := operator.ConsensusKey(s.Consumer.ID())
	infraction.Offender = Msg{"key": binary(key.PubKey().Bytes())}
	return infraction
}

// Message is the infraction as the gateway takes it.
func (i Infraction) Message() Msg {
	fields := Msg{
		"offender": i.Offender, "kind": i.Kind, "height": amount(i.Height), "time": nanos(i.Time),
	}
	if i.Evidence != nil {
		fields["evidence"] = i.Evidence
	}
	return fields
}

// With is the infraction with a proof.
func (i Infraction) With(proof evidence.Equivocation) Infraction {
	i.Evidence = &proof
	return i
}

// Report tells the gateway of an infraction.
func (s *Suite) Report(by harness.Name, infraction Infraction) *harness.Result {
	s.T.Helper()
	return s.Consumer.Execute(by, s.Gateway, Msg{"report": infraction.Message()})
}

// RelayReports makes the gateway send what waits.
func (s *Suite) RelayReports() *harness.Result {
	s.T.Helper()
	return s.Consumer.Execute(harness.Relayer, s.Gateway, Msg{"relay": Msg{}})
}

// RenewChannel makes the gateway give up its channel, and accept the next one over a link.
func (s *Suite) RenewChannel(link *harness.Link) *harness.Result {
	s.T.Helper()
	return s.Consumer.Execute(harness.Owner, s.Gateway, Msg{"renew_channel": Msg{
		"connection_id": link.At(s.Consumer).Connection,
	}})
}
