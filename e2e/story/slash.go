package story

import (
	"encoding/json"

	"palisade/e2e/harness"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// fleeing is what alice takes out between the infraction and its report.
const fleeing = 100_000_000

func (s *story) doubleSign() {
	s.step("An operator signs two blocks at one height, and a staker leaves before it is told")
	s.crime = s.SawKey(faulty, suite.DoubleSign)
	s.epoch = s.Epoch().Epoch
	s.say("%s signs twice at height %d of %s.", faulty.Label(), s.crime.Height, s.Consumer.ID())
	s.Undelegate(alice, faulty, suite.Native, fleeing).OK()
	s.ledger.undelegate(alice, faulty, suite.Native, suite.IntOf(fleeing), s.epoch)
	s.say("%s undelegates %s %s from %s. It stays slashable until it matures.", alice.Label(), grouped(suite.IntOf(fleeing)), suite.Native, faulty.Label())
	s.number("unbonding of "+alice.Label(), s.Unbonding(alice, faulty, suite.Native), suite.IntOf(fleeing))
	s.audited()
}

func (s *story) report() {
	s.step("A reporter tells the gateway, which sends the slash")
	s.Report(harness.Reporter, s.crime).OK()
	s.say("%s reports the key that signed; the gateway knows whose it is, and since which update.", harness.Reporter.Label())
	report := s.ReportOf(1)
	s.text("the operator that the gateway found", report.Operator, faulty.String())
	s.text("the report", report.Where(), "sent")
	s.number("packets under way", suite.IntOf(int64(len(s.Pending(s.Consumer)))), suite.IntOf(1))
}

// backing is what stands behind a slice: the stake that it can take, Weq * b / M.
func (s *story) backing(operator harness.Name, asset string, slice suite.Int) suite.Int {
	b := s.ledger.of(operator, asset)
	sum := b.Tokens
	for _, bucket := range b.buckets {
		sum = sum.Add(bucket.Tokens.Mul(b.magnitude).Quo(bucket.magnitude))
	}
	return sum.Mul(slice).Quo(b.magnitude)
}

func (s *story) receive() {
	s.step("The packet arrives at the host, and the slash lands")
	slices, backings, captured := map[string]suite.Int{}, map[string]suite.Int{}, map[string]suite.Int{}
	for _, asset := range assets {
		slices[asset] = s.Member(s.local, faulty).Slice(asset)
		backings[asset] = s.backing(faulty, asset, slices[asset])
		// At the sync nothing was unbonding yet.
		captured[asset] = s.ledger.of(faulty, asset).Tokens
	}
	captured[suite.Native] = captured[suite.Native].AddRaw(fleeing)
	packet := s.Pending(s.Consumer)[0]
	s.Recv(packet).OK()
	s.say("The relayer delivers it. Of what %s counted with, 5 %% is taken, from whoever stood", faulty.Label())
	s.say("behind it at the infraction: from the pools, and from what began to unbond since.")
	for _, asset := range assets {
		s.penalized(faulty, s.consumer, asset, model.Penalty{
			Fraction: doubleSign, MaxSlash: consumerMax, Captured: captured[asset], Slice: consumerMax,
		})
		s.untouched(faulty, s.local, asset, slices[asset], backings[asset])
	}
	s.text("the request", s.Requests(s.consumer)[0].State.Name(), "executed")
	s.holds(faulty.Label()+" is tombstoned at the consumer", s.Standing(s.consumer, faulty).Tombstoned)
	s.holds(faulty.Label()+" is jailed there", s.Member(s.consumer, faulty).Jailed)
	s.holds("and not at the local service", !s.Member(s.local, faulty).Jailed)
	s.audited()
	s.stakes()
}

// penalized holds what a penalty took of one asset against the formulas.
func (s *story) penalized(operator harness.Name, service uint32, asset string, penalty model.Penalty) {
	delta, seized := s.ledger.slash(operator, asset, penalty, s.epoch)
	b := s.ledger.of(operator, asset)
	of := " of " + operator.Label() + "'s " + asset
	s.number("seized"+of, s.Books(asset).Seized, seized)
	s.number("left in the pool"+of, s.Pool(operator, asset).Tokens, b.Tokens)
	s.number("magnitude"+of, s.Pool(operator, asset).Magnitude.Value, b.magnitude)
	s.number("what is left of the service's slice"+of, s.Member(service, operator).Slice(asset), penalty.Slice.Sub(delta))
	for _, who := range stakers {
		s.number(who.Label()+"'s part"+of, s.Position(who, operator, asset), b.worth(who))
		s.number(who.Label()+"'s unbonding"+of, s.Unbonding(who, operator, asset), s.ledger.unbonding(who, operator, asset))
	}
}

// untouched holds that another service has what it had.
func (s *story) untouched(operator harness.Name, service uint32, asset string, slice, backing suite.Int) {
	of := " of " + operator.Label() + "'s " + asset
	s.number("the other service's slice"+of, s.Member(service, operator).Slice(asset), slice)
	now := s.backing(operator, asset, slice)
	parts := int64(1 + len(s.ledger.of(operator, asset).buckets))
	s.holds("what backs it"+of+", to a unit a part: "+grouped(now), backing.Sub(now).Abs().LTE(suite.IntOf(parts)))
}

func (s *story) answer() {
	s.step("The ack comes back with the outcome")
	packet := s.Pending(s.Consumer)[0]
	var ack map[string]struct {
		Request string
		Outcome map[string]json.RawMessage
	}
	packet.Ack.Decode(s.Host, &ack)
	s.text("the request in the ack", ack["accepted"].Request, "1")
	s.text("the outcome in the ack", suite.State(ack["accepted"].Outcome).Name(), "executed")
	s.Acknowledge(packet).OK()
	s.say("The relayer brings it to the gateway.")
	s.text("the report", s.ReportOf(1).Where(), "ended/executed")
	s.Report(harness.Reporter, s.crime).Refused("")
	s.say("%s reports the same again, and is refused.", harness.Reporter.Label())
	s.number("packets under way", suite.IntOf(int64(len(s.Pending(s.Consumer)))), suite.Zero)
}

func (s *story) payOut() {
	s.step("The seized tokens are burned")
	for _, asset := range assets {
		seized := s.Books(asset).Seized
		s.PayOut(harness.Stranger, asset, s.consumer, suite.Burn()).OK()
		s.burned[asset] = s.burned[asset].Add(seized)
		s.say("%s, as anybody may, has %s %s burned.", harness.Stranger.Label(), grouped(seized), asset)
		s.number("the supply of "+asset, s.Supply(asset), s.supply[asset].Sub(s.burned[asset]))
		s.number("seized "+asset, s.Books(asset).Seized, suite.Zero)
	}
	s.audited()
}

func (s *story) syncAfter() {
	s.step("The next sync tells both services")
	s.SyncAndRelay(s.consumer)
	s.Sync(s.local).OK()
	s.number(faulty.Label()+"'s power at the consumer, as the host has it", s.Member(s.consumer, faulty).Power, suite.Zero)
	s.number(faulty.Label()+"'s power at the consumer, as the gateway has it", s.GatewayOperator(faulty).Power, suite.Zero)
	slice := s.Member(s.local, faulty).Slice(suite.Native)
	s.number(faulty.Label()+"'s power at the local service", s.Member(s.local, faulty).Power, s.power(faulty, slice, localMax))
	s.powers()
	s.Unjail(faulty, s.consumer).Refused("")
	s.say("%s asks to be let in again, and is refused: it is out for good.", faulty.Label())
}

func (s *story) misbehave() {
	s.step("The local service punishes the other operator, and is paid what was seized")
	s.epoch = s.Epoch().Epoch
	before := map[string]suite.Int{}
	slices, backings := map[string]suite.Int{}, map[string]suite.Int{}
	for _, asset := range assets {
		slices[asset] = s.Member(s.consumer, honest).Slice(asset)
		backings[asset] = s.backing(honest, asset, slices[asset])
		before[asset] = s.Held(asset, harness.Service.String())
	}
	update := s.Member(s.local, honest).UpdateID
	s.Slash(harness.Service, s.local, s.SlashOf(1, honest, suite.Misconduct, update)).OK()
	s.say("The service takes 10 %% of what %s counts with there, and jails it for an hour.", honest.Label())
	for _, asset := range assets {
		tokens := s.ledger.of(honest, asset).Tokens
		s.penalized(honest, s.local, asset, model.Penalty{
			Fraction: misconduct, MaxSlash: localMax, Captured: tokens, Slice: localMax,
		})
		s.untouched(honest, s.consumer, asset, slices[asset], backings[asset])
		seized := s.Books(asset).Seized
		s.PayOut(harness.Service, asset, s.local, suite.SendTo(harness.Service)).OK()
		s.number("paid to the service in "+asset, s.Held(asset, harness.Service.String()).Sub(before[asset]), seized)
	}
	s.audited()
	s.Advance(suite.Day / 24)
	s.Unjail(honest, s.local).OK()
	s.SyncAndRelay(s.consumer)
	s.Sync(s.local).OK()
	s.say("An hour later it counts again, with what is left.")
	s.powers()
}

func (s *story) leave() {
	s.step("Both stakers undelegate everything")
	epoch := s.Epoch().Epoch
	for _, who := range stakers {
		for _, operator := range operators {
			for _, asset := range assets {
				if s.Position(who, operator, asset).IsZero() {
					continue
				}
				s.UndelegateAll(who, operator, asset).OK()
				s.ledger.undelegate(who, operator, asset, s.ledger.of(operator, asset).worth(who), epoch)
			}
		}
		s.say("%s leaves both operators.", who.Label())
	}
	s.Claim(alice, honest, suite.Native).Refused("")
	s.say("%s claims at once, and is refused.", alice.Label())
	s.stakes()
	s.SyncAndRelay(s.consumer)
	s.number("the consumer's total power", s.TotalPower(), suite.Zero)
	s.audited()
}

func (s *story) claim() {
	s.step("Six days later they claim, and the books are empty")
	s.AdvanceTo(s.Host, s.Epoch().MaturesAt.Time)
	for _, who := range stakers {
		for _, operator := range operators {
			for _, asset := range assets {
				if s.Unbonding(who, operator, asset).IsZero() {
					continue
				}
				before := s.Held(asset, who.String())
				s.Claim(who, operator, asset).OK()
				paid := s.Held(asset, who.String()).Sub(before)
				s.number(who.Label()+" is paid in "+asset+", from "+operator.Label(), paid, s.ledger.claim(who, operator, asset))
			}
		}
	}
	s.audited()
	s.stakes()
	for _, asset := range assets {
		s.number("left in the vault of "+asset+", counted as dust", s.Held(asset, s.Vault), s.ledger.dust[asset])
		s.number("the supply of "+asset, s.Supply(asset), s.supply[asset].Sub(s.burned[asset]))
		s.conserved(asset)
	}
}

// conserved holds that every unit that went in is with somebody: paid back, burned, paid to the
// service, or dust.
func (s *story) conserved(asset string) {
	everybody := s.Held(asset, s.Vault)
	for _, name := range harness.Cast {
		everybody = everybody.Add(s.Held(asset, name.String()))
	}
	want := s.supply[asset].Sub(s.burned[asset])
	if asset == suite.Native {
		// The validators' own stake lies with the staking module.
		want = want.Sub(s.Host.Bonded())
	}
	s.number("with everybody and the vault of "+asset, everybody, want)
}
