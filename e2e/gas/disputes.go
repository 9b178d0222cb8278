package gas

import (
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// disputes measures slashes at a consumer with a resolver: reports that wait, and proofs, which do
// not; with two operators of one asset each.
func (m *meter) disputes() {
	m.t.Helper()
	m.say("disputes and proofs")
	terms := suite.ConsumerTerms(suite.Native).Disputed(harness.Resolver, suite.Day)
	s, service := m.counted(terms, operator, another, harness.Operator3)
	m.heartbeat(s, service)

	proof := s.SignsTwice(operator)
	s.Report(harness.Reporter, s.Saw(operator, suite.Downtime)).OK()
	m.note("slashing.receive_slash_with_window", s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	m.note("slashing.veto", s.Veto(harness.Resolver, service, 1))
	s.Relay()
	s.Report(harness.Reporter, s.Saw(another, suite.DoubleSign)).OK()
	s.Relay()
	s.Advance(suite.Day)
	m.note("slashing.execute", s.Execute(harness.Stranger, service, 2))
	m.note("vault.pay_out_bounty", s.PayOut(harness.Stranger, suite.Native, suite.Bounties, suite.SendTo(harness.Stranger)))
	s.Relay()

	m.note("slashing.submit_equivocation", s.Prove(harness.Stranger, service, proof))
	crime := s.Saw(harness.Operator3, suite.DoubleSign)
	m.note("gateway.report_with_proof", s.Report(harness.Reporter, crime.With(s.SignsTwice(harness.Operator3))))
	m.note("slashing.receive_slash_with_proof", s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	s.SyncAndRelay(service)
	s.Audit(service, operator, another, harness.Operator3)
}

// counted is a consumer of these terms that counts operators, each with one deposit of one asset.
func (m *meter) counted(terms suite.Terms, operators ...harness.Name) (*suite.Suite, uint32) {
	m.t.Helper()
	s := suite.New(m.t)
	service := s.RegisterService(harness.Service, terms)
	s.Connect(service)
	for _, name := range operators {
		s.RegisterOperator(name).OK()
		fill(s, name, 1)
		s.OptInWithKey(name, service, suite.Slices("0.05", suite.Native)).OK()
	}
	s.Advance(s.Periods.Allocation)
	s.SyncAndRelay(service)
	return s, service
}

// heartbeat measures an update without operators, which goes to a consumer once an epoch.
func (m *meter) heartbeat(s *suite.Suite, service uint32) {
	m.t.Helper()
	s.Advance(suite.Day)
	m.note("slashing.sync_heartbeat", s.Sync(service))
	packet := s.Pending(s.Host)[0]
	m.note("gateway.receive_heartbeat", s.Recv(packet))
	m.note("slashing.ack_heartbeat", s.Acknowledge(packet))
}

// throttled measures a slash that bounces, and its way back; and what the owner and the guardian do
// about a service.
func (m *meter) throttled() {
	m.t.Helper()
	m.say("the throttle")
	s, service := m.counted(suite.ConsumerTerms(suite.Native), operator, another, harness.Operator3)
	m.note("slashing.set_throttle", s.SetThrottle(service, 40_000, 10_000))
	m.note("slashing.set_shared_throttle", s.SetSharedThrottle(20_000))
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	// What is reserved is used up: the second one draws on what is shared, the third one bounces.
	s.Report(harness.Reporter, s.Saw(another, suite.DoubleSign)).OK()
	if s.Throttle(service).Shared.Used.IsPositive() {
		m.t.Fatal("the first slash draws on what is shared")
	}
	m.note("slashing.set_throttle_again", s.SetThrottle(service, 60_000, 10_000))
	m.note("slashing.receive_slash_shared", s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	s.Report(harness.Reporter, s.Saw(harness.Operator3, suite.DoubleSign)).OK()
	packet := s.Pending(s.Consumer)[0]
	m.note("slashing.receive_slash_bounced", s.Recv(packet))
	m.note("gateway.ack_slash_bounced", s.Acknowledge(packet))
	s.Advance(s.Periods.BounceMax)
	s.RelayReports().OK()
	m.note("slashing.receive_slash_after_bounce", s.Recv(s.Pending(s.Consumer)[0]))
	s.Relay()
	if where := s.ReportOf(3).Where(); where != "ended/executed" {
		m.t.Fatalf("the report that bounced is %s", where)
	}
	m.note("slashing.suspend", s.Suspend(harness.Guardian, service, suite.Day/24))
	m.note("slashing.resume", s.Resume(harness.Guardian, service))
	s.Audit(0, operator, another, harness.Operator3)
}

// admins measures what the admin of a service does, up to its end.
func (m *meter) admins() {
	m.t.Helper()
	m.say("what the admin of a service does")
	terms := suite.LocalTerms(harness.Service, suite.Native)
	terms.Proceeds = suite.SendTo(harness.Stranger)
	s := suite.New(m.t)
	s.RegisterOperator(operator).OK()
	fill(s, operator, 1)
	service := s.RegisterService(harness.Service, terms)
	s.OptIn(operator, service, suite.Slices("0.3", suite.Native)).OK()
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, s.Member(service, operator).UpdateID)).OK()

	slash := func(message string, fields suite.Msg) *harness.Result {
		fields["service"] = service
		return s.Host.Execute(harness.Service, s.Slashing, suite.Msg{message: fields})
	}
	terms.Proceeds = suite.SendTo(harness.Service)
	m.note("slashing.update_service", s.UpdateSettings(harness.Service, service, terms))
	m.note("slashing.cancel_update", slash("cancel_update", suite.Msg{}))
	s.UpdateSettings(harness.Service, service, terms).OK()
	s.Advance(s.Periods.Unbonding)
	m.note("slashing.redirect_proceeds", s.RedirectProceeds(harness.Service, service, suite.Native, suite.SendTo(harness.Stranger)))
	m.note("slashing.set_penalty", s.SetPenalty(harness.Service, service, suite.Penalty{Kind: suite.Misconduct, Fraction: "0.2", Jail: 7_200}))
	m.note("slashing.set_penalty_new", s.SetPenalty(harness.Service, service, suite.Penalty{Kind: "laziness", Fraction: "0.01"}))
	m.note("slashing.remove_penalty", slash("remove_penalty", suite.Msg{"kind": suite.Misconduct}))
	m.note("slashing.stop_service", s.StopService(harness.Service, service))
	m.note("slashing.sync_stopped", s.Sync(service))
	m.note("slashing.set_service_admin", slash("set_service_admin", suite.Msg{"admin": harness.Stranger.String()}))
	s.Audit(0, operator)
}
