package tests

import (
	"testing"
	"time"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/stretchr/testify/require"

	"palisade/e2e/evidence"
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// A validator of the consumer signs two blocks at one height, by CometBFT's own code. Anybody brings
// both votes to the host, and in this very transaction the penalty is taken.
func TestDoubleSignIsProved(t *testing.T) {
	s, service := synced(t)
	require.Equal(t, s.Member(service, operator).Key, []byte(operator.ConsensusKey(s.Consumer.ID()).PubKey().Bytes()))
	proof := s.SignsTwice(operator)

	result := s.Prove(harness.Stranger, service, proof).OK()
	require.Equal(t, "stake:50000,lst:50000", result.Attribute("wasm-slash_executed", "seized"))
	require.Equal(t, harness.Stranger.String(), result.Attribute("wasm-submit_equivocation", "sender"))
	slashedOnce(s, service)
	require.True(t, s.Requests(service)[0].Proven)
	require.Nil(t, s.Requests(service)[0].Nonce)
	require.True(t, s.Member(service, operator).Jailed)
	require.Empty(t, s.Pending(s.Host), "no report is waiting to be told of it")
	audit(s, 0)

	// The consumer does not know yet. The next sync tells it.
	require.Equal(t, power, s.TotalPower().Int64())
	s.SyncAndRelay(service)
	require.True(t, s.Member(service, operator).Power.IsZero())
	require.True(t, s.GatewayOperator(operator).Power.IsZero())
	require.Equal(t, power/2, s.TotalPower().Int64())
	s.Unjail(operator, service).Refused("is tombstoned")
	audit(s, service)

	// 4 % are the finder's, the rest is burned.
	for _, asset := range []string{suite.Native, suite.LST} {
		held, supply := s.Held(asset, harness.Stranger.String()), s.Supply(asset)
		s.PayOut(harness.Relayer, asset, suite.Bounties, suite.SendTo(harness.Stranger)).OK()
		s.PayOut(harness.Relayer, asset, service, suite.Burn()).OK()
		require.Equal(t, int64(2_000), s.Held(asset, harness.Stranger.String()).Sub(held).Int64())
		require.Equal(t, int64(48_000), supply.Sub(s.Supply(asset)).Int64())
	}
	audit(s, service)
}

// Whatever two votes conflict prove it.
func TestEveryKindOfConflictIsProved(t *testing.T) {
	for name, change := range map[string]func(*suite.Double){
		"prevotes":              func(d *suite.Double) { d.Type = harness.Prevote },
		"a block and nil":       func(d *suite.Double) { d.Other = suite.Nil },
		"a late round":          func(d *suite.Double) { d.Round = 7 },
		"signed in 1970":        func(d *suite.Double) { d.Time = time.Unix(0, 0) },
		"signed in 2099":        func(d *suite.Double) { d.Time = time.Date(2099, 1, 1, 0, 0, 0, 1, time.UTC) },
		"other parts, one hash": func(d *suite.Double) { d.Other = d.One; d.Other.PartSetHeader.Total++ },
	} {
		t.Run(name, func(t *testing.T) {
			s, service := synced(t)
			s.Prove(harness.Stranger, service, s.SignsTwice(operator, change)).OK()
			slashedOnce(s, service)
			audit(s, 0)
		})
	}
}

// What proves nothing takes nothing, and nothing of it is kept. CometBFT refuses the same, but for
// what a chain alone can know: whose key it was, and when.
func TestWhatProvesNothingIsRefused(t *testing.T) {
	s, service := synced(t)
	stranger := harness.KeySigner(cmted25519.GenPrivKeyFromSecret([]byte("stranger")))
	of := func(changes ...func(*suite.Double)) evidence.Equivocation {
		double := s.Double(operator, changes...)
		_, err := s.Votes(double)
		require.Error(t, err, "CometBFT accepts it")
		return s.Proof(double)
	}
	altered := func(change func(*evidence.Equivocation)) evidence.Equivocation {
		proof := s.SignsTwice(operator)
		change(&proof)
		return proof
	}
	var first suite.Double
	for _, c := range []struct {
		name  string
		proof evidence.Equivocation
		words string
	}{
		{"one vote twice", of(func(d *suite.Double) { d.Other = d.One }), "both votes are for the block"},
		{"nil twice", of(func(d *suite.Double) { d.One, d.Other = suite.Nil, suite.Nil }), "both votes are for no block"},
		{"votes on another chain", of(func(d *suite.Double) { d.ChainID = "consumer-2" }), "is not by the key"},
		{"votes on the host", of(func(d *suite.Double) { d.ChainID = s.Host.ID() }), "is not by the key"},
		{"the second by another", of(func(d *suite.Double) { d.OtherSigner = s.Consumer.Signer(another) }), "is not by the key"},
		{"by no validator", of(func(d *suite.Double) { d.Signer, d.OtherSigner = stranger, stranger }), "no operator of this service has that address or key"},
		{"a signature altered", altered(func(e *evidence.Equivocation) { e.Second.Signature[10] ^= 1 }), "is not by the key"},
		{"a signature cut", altered(func(e *evidence.Equivocation) { e.First.Signature = e.First.Signature[:63] }), "64 are required"},
		{"another height", altered(func(e *evidence.Equivocation) { e.Height-- }), "is not by the key"},
		{"another round", altered(func(e *evidence.Equivocation) { e.Round++ }), "is not by the key"},
		{"another kind of vote", altered(func(e *evidence.Equivocation) { e.VoteType = evidence.VoteType{Prevote: &struct{}{}} }), "is not by the key"},
		{"a time altered", altered(func(e *evidence.Equivocation) { e.First.Timestamp.Nanos++ }), "is not by the key"},
		{"a block altered", altered(func(e *evidence.Equivocation) { e.First.BlockID.Hash[0] ^= 1 }), "is not by the key"},
		{"the other operator's key", altered(func(e *evidence.Equivocation) {
			e.Key = another.ConsensusKey(s.Consumer.ID()).PubKey().Bytes()
		}), "is not by the key"},
		{"before anybody counted", s.Proof(s.Double(operator, func(d *suite.Double) { d.Height = 2; first = *d })), "no update was acknowledged as applied before that height"},
	} {
		result := s.Prove(harness.Stranger, service, c.proof)
		require.NotNil(t, result.Err, c.name)
		require.Contains(t, result.Err.Log, c.words, c.name)
		untouched(s, service)
		require.False(t, s.Standing(service, operator).Tombstoned, c.name)
	}
	_, err := s.Votes(first)
	require.NoError(t, err, "the votes at height 2 are good ones")
	s.Prove(harness.Stranger, service+1, s.SignsTwice(operator)).Refused("there is no service")
	s.Host.Execute(harness.Stranger, s.Slashing, suite.Msg{"submit_equivocation": suite.Msg{
		"service": service, "evidence": s.SignsTwice(operator),
	}}, harness.Coin(1, harness.Bond)).Refused("accept funds")
	untouched(s, service)

	// After all of this the true proof passes, once: neither exchanged votes nor other votes of the
	// same height bring a second penalty.
	proof := s.SignsTwice(operator)
	s.Prove(harness.Stranger, service, proof).OK()
	slashedOnce(s, service)
	exchanged := proof
	exchanged.First, exchanged.Second = proof.Second, proof.First
	later := s.SignsTwice(operator, func(d *suite.Double) { d.Height, d.Round = int64(proof.Height), 3 })
	for _, again := range []evidence.Equivocation{proof, exchanged, later} {
		s.Prove(harness.Relayer, service, again).Refused("has request 1 for that already")
	}
	slashedOnce(s, service)
	audit(s, 0)
}

// Choosing the timestamp of one's double-sign: the table of acknowledgements says how old the height
// is, and the votes' own times say nothing.
func TestOldDoubleSignIsNotPunished(t *testing.T) {
	s, service := synced(t)
	tomorrow := func(d *suite.Double) { d.Time = s.Consumer.LastTime().Add(30 * suite.Day) }
	first, second := s.SignsTwice(operator, tomorrow), s.SignsTwice(another, tomorrow)
	began := s.Host.Now()
	// Nothing changes, so that only heartbeats go to the consumer, one a day.
	s.Sync(service).OK()
	require.Empty(t, s.Pending(s.Host), "no heartbeat before an epoch is over")
	for range 3 {
		s.Advance(suite.Day)
		s.Sync(service).OK()
		var told struct {
			Set struct{ Operators []suite.Msg } `json:"operator_set"`
		}
		pending(s, s.Host).Decode(&told)
		require.Empty(t, told.Set.Operators)
		s.Relay()
	}
	// The height is older than the first heartbeat, so the age of that one is the least it has.
	require.Less(t, s.Periods.Evidence, s.Host.Now().Sub(began))
	s.Prove(harness.Stranger, service, first).OK()
	slashedOnce(s, service)

	s.Advance(suite.Day)
	s.Prove(harness.Stranger, service, second).Refused("older than the 259200 seconds of the service")
	slashedOnce(s, service)
	audit(s, 0)
}

// A proof goes to the host with a report: it needs no window, although there is a resolver, and its
// end is in the ack.
func TestProofComesWithAReport(t *testing.T) {
	s, service := disputed(t)
	proof := s.SignsTwice(operator)
	crime := s.SawKey(operator, suite.DoubleSign)

	for name, c := range map[string]struct {
		infraction suite.Infraction
		words      string
	}{
		"another chain's":   {crime.With(s.Proof(s.Double(operator, func(d *suite.Double) { d.ChainID = "consumer-2"; d.Height = crime.Height }))), "is not by the key"},
		"another height's":  {crime.With(s.Proof(s.Double(operator, func(d *suite.Double) { d.Height = crime.Height - 1 }))), "height"},
		"another's":         {crime.With(s.Proof(s.Double(another, func(d *suite.Double) { d.Height = crime.Height }))), "key"},
		"for another crime": {suite.Infraction{Offender: crime.Offender, Kind: suite.Downtime, Height: crime.Height, Time: crime.Time}.With(proof), "downtime"},
	} {
		result := s.Report(harness.Reporter, c.infraction)
		require.NotNil(t, result.Err, name)
		require.Contains(t, result.Err.Log, c.words, name)
	}
	require.Empty(t, s.Pending(s.Consumer))

	s.Report(harness.Reporter, crime.With(proof)).OK()
	packet := pending(s, s.Consumer)
	s.Recv(packet).OK()
	slashedOnce(s, service)
	require.True(t, s.Requests(service)[0].Proven)
	s.Acknowledge(packet).OK()
	require.Equal(t, "ended/executed", s.ReportOf(1).Where())
	s.Prove(harness.Stranger, service, proof).Refused("has request 1 for that already")
	// Nobody executed it, so there is no bounty.
	require.True(t, s.SeizedFor(suite.Native, suite.Bounties).IsZero())
	s.SyncAndRelay(service)
	audit(s, service)
	require.Equal(t, power/2, s.TotalPower().Int64())
}

// Two double-signs at two heights are borne once, as the larger: the second one takes what it exceeds
// the first by, and one of what counted less takes nothing.
func TestDoubleSignsAreBorneOnce(t *testing.T) {
	s, service := synced(t)
	small := s.SignsTwice(operator)
	s.Deposit(harness.Staker1, operator, harness.Coin(2*stake, harness.Bond)).OK()
	s.SyncAndRelay(service)
	s.Advance(time.Minute)
	large := s.SignsTwice(operator)
	largeAgain := s.SignsTwice(operator, func(d *suite.Double) { d.Height-- })

	s.Prove(harness.Stranger, service, small).OK()
	// 50,000 of three million is no whole number of magnitude: each penalty rounds up, by a unit at most.
	require.Equal(t, int64(stake/20+1), s.Books(suite.Native).Seized.Int64())
	second := s.Prove(harness.Stranger, service, large).OK()
	require.Equal(t, "stake:100000", second.Attribute("wasm-slash_executed", "seized"))
	require.Equal(t, int64(3*stake/20+1), s.Books(suite.Native).Seized.Int64())
	require.Equal(t, int64(stake/20), s.Books(suite.LST).Seized.Int64())
	third := s.Prove(harness.Stranger, service, largeAgain).OK()
	require.Equal(t, "", third.Attribute("wasm-slash_executed", "seized"))
	require.Equal(t, int64(3*stake/20+1), s.Books(suite.Native).Seized.Int64())
	require.Equal(t, int64(3*stake-3*stake/20-1), s.Pool(operator, suite.Native).Tokens.Int64())
	audit(s, 0)
}
