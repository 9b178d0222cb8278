package gas

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// consumer is a suite with a consumer that counts operators, each with so many assets of the
// same stake.
func consumer(m *meter, operators []harness.Name, assets ...string) (*suite.Suite, uint32) {
	m.t.Helper()
	s := suite.New(m.t)
	for _, name := range operators {
		s.RegisterOperator(name).OK()
	}
	service := s.RegisterService(harness.Service, suite.ConsumerTerms(assets...))
	s.Connect(service)
	return s, service
}

// packets measures every packet on its way, with two operators of one asset each.
func (m *meter) packets() {
	m.t.Helper()
	m.say("every packet on its way")
	s, service := consumer(m, []harness.Name{operator, another}, suite.Native)
	for _, name := range []harness.Name{operator, another} {
		fill(s, name, 1)
		s.OptInWithKey(name, service, suite.Slices("0.05", suite.Native)).OK()
	}
	for name, label := range map[string]string{
		"slashing.channel_init": "slashing channel init", "gateway.channel_try": "gateway channel try",
		"slashing.channel_ack": "slashing channel ack", "gateway.channel_confirm": "gateway channel confirm",
	} {
		m.found(s.World, name, label)
	}
	s.Advance(s.Periods.Allocation)

	m.note("slashing.sync", s.Sync(service))
	lost := s.Pending(s.Host)[0]
	s.Advance(s.Periods.PacketTimeout)
	m.note("slashing.timeout_operator_set", s.Timeout(lost))
	m.note("slashing.sync_after_timeout", s.Sync(service))
	packet := s.Pending(s.Host)[0]
	m.note("gateway.receive_operator_set", s.Recv(packet))
	m.note("slashing.ack_operator_set", s.Acknowledge(packet))
	m.slashes(s)
	m.outcomes(s, service)
	s.Audit(service, operator, another)
}

// slashes measures a report on its way, with and without accidents.
func (m *meter) slashes(s *suite.Suite) {
	m.t.Helper()
	m.note("gateway.report", s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)))
	lost := s.Pending(s.Consumer)[0]
	s.Advance(s.Periods.PacketTimeout)
	m.note("gateway.timeout_slash", s.Timeout(lost))
	m.note("gateway.relay", s.RelayReports())
	packet := s.Pending(s.Consumer)[0]
	m.note("slashing.receive_slash", s.Recv(packet))
	m.note("gateway.ack_slash", s.Acknowledge(packet))
	m.note("vault.pay_out_burn", s.PayOut(harness.Stranger, suite.Native, 1, suite.Burn()))
	s.SyncAndRelay(1)

	// No penalty is published for this kind.
	s.Report(harness.Reporter, suite.Infraction{
		Offender: suite.Msg{"operator": another.String()}, Kind: "unknown",
		Height: s.Consumer.Height(), Time: s.Consumer.LastTime(),
	}).OK()
	packet = s.Pending(s.Consumer)[0]
	m.note("slashing.receive_slash_rejected", s.Recv(packet))
	m.note("gateway.ack_slash_rejected", s.Acknowledge(packet))
}

// outcomes measures a slash that waits for its execution, and its outcome's way.
func (m *meter) outcomes(s *suite.Suite, service uint32) {
	m.t.Helper()
	s.Pause(s.Slashing, "executions").OK()
	s.Report(harness.Reporter, s.Saw(another, suite.DoubleSign)).OK()
	packet := s.Pending(s.Consumer)[0]
	m.note("slashing.receive_slash_while_paused", s.Recv(packet))
	m.note("gateway.ack_slash_accepted", s.Acknowledge(packet))
	s.Unpause(s.Slashing, "executions").OK()
	m.note("slashing.execute_and_tell", s.Execute(harness.Stranger, service, 2))
	lost := s.Pending(s.Host)[0]
	s.Advance(s.Periods.PacketTimeout)
	m.note("slashing.timeout_slash_outcome", s.Timeout(lost))
	m.note("slashing.sync_and_tell_outcome", s.Sync(service))
	for _, told := range s.Pending(s.Host) {
		var body suite.State
		told.Decode(&body)
		if body.Name() != "slash_outcome" {
			s.Recv(told).OK()
			s.Acknowledge(told).OK()
			continue
		}
		m.note("gateway.receive_slash_outcome", s.Recv(told))
		m.note("slashing.ack_slash_outcome", s.Acknowledge(told))
	}
}

// channels measures the handshake from the other side, and a channel's end.
func (m *meter) channels() {
	m.t.Helper()
	m.say("channels that the gateway opens, and their end")
	s, service := consumer(m, []harness.Name{operator}, suite.Native)
	m.note("gateway.renew_channel", s.RenewChannel(s.Link))
	m.note("slashing.set_peer_again", s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)))
	channel := s.Link.Channel(s.Consumer, s.Consumer.Port(s.Gateway), s.Host.Port(s.Slashing), suite.Version)
	m.note("gateway.channel_init", channel.Init())
	m.note("slashing.channel_try", channel.Try())
	m.note("gateway.channel_ack", channel.Ack())
	m.note("slashing.channel_confirm", channel.Confirm())

	// A peer that closes.
	peer := s.DeployPeer(s.Consumer)
	second := s.RegisterService(harness.Service, suite.ConsumerTerms(suite.Native))
	s.SetPeer(second, s.Link, s.Consumer.Port(peer)).OK()
	closing := s.Link.Channel(s.Host, s.Host.Port(s.Slashing), s.Consumer.Port(peer), suite.Version).Open()
	m.note("slashing.set_peer_none", s.CutOff(service))
	closing.CloseInit(s.Consumer, harness.Stranger).OK()
	m.note("slashing.channel_close_confirm", closing.CloseConfirm(s.Host))
}

// slashOf is the gas of a received slash of a pool with so many stakers.
func (m *meter) slashOf(stakers int) uint64 {
	m.t.Helper()
	s, service := consumer(m, []harness.Name{operator}, suite.Native)
	fill(s, operator, stakers)
	s.OptInWithKey(operator, service, suite.Slices("0.05", suite.Native)).OK()
	s.Advance(s.Periods.Allocation)
	s.SyncAndRelay(service)
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	gas := s.Recv(s.Pending(s.Consumer)[0]).OK().GasUsed
	s.Relay()
	s.Audit(0, operator)
	if where := s.ReportOf(1).Where(); where != "ended/executed" {
		m.t.Fatalf("the report of a pool with %d stakers is %s", stakers, where)
	}
	return gas
}
