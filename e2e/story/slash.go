package story

import (
	"encoding/json"

	"palisade/e2e/evidence"
	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// fleeing is what alice takes out between the double-signs and their proof.
const fleeing = 100_000_000

// crime is a double-sign, and what its operator counted with.
type crime struct {
	proof evidence.Equivocation
	then  snapshot
}

func (s *story) accuse() {
	s.step("A reporter accuses the wrong operator of downtime; the gateway sends the slash")
	s.Report(harness.Reporter, s.SawKey(honest, suite.Downtime)).OK()
	s.say("%s reports the key that missed blocks; the gateway knows whose it is, and since which update.", harness.Reporter.Label())
	report := s.ReportOf(1)
	s.text("the operator that the gateway found", report.Operator, honest.String())
	s.text("the report", report.Where(), "sent")
	s.number("packets under way", suite.IntOf(int64(len(s.Pending(s.Consumer)))), suite.IntOf(1))
	s.accepted(1)
}

// accepted brings the only report under way to the host, and the answer back: it waits.
func (s *story) accepted(nonce int64) {
	packet := s.Pending(s.Consumer)[0]
	s.Recv(packet).OK()
	var ack map[string]struct{ Outcome *json.RawMessage }
	packet.Ack.Decode(s.Host, &ack)
	answer, ok := ack["accepted"]
	s.holds("the host takes it in, and does not say yet how it ends", ok && answer.Outcome == nil)
	s.Acknowledge(packet).OK()
	s.say("The relayer delivers it. Nothing proves it, so it waits for a day, in which the %s may refuse it.", harness.Resolver.Label())
	s.text("the report", s.ReportOf(nonce).Where(), "accepted")
	s.number("slashes that wait for "+honest.Label(), suite.IntOf(int64(len(s.PendingSlashes(honest)))), suite.IntOf(1))
	s.Execute(finder, s.consumer, s.request()).Refused("can be vetoed until")
	s.say("%s wants it executed at once, and is refused.", finder.Label())
}

// request is the number of the newest request of the consumer.
func (s *story) request() int64 {
	requests := s.Requests(s.consumer)
	return requests[len(requests)-1].Request.Int64()
}

func (s *story) veto() {
	s.step("The resolver vetoes it: nothing is taken, and the consumer is told")
	s.Veto(harness.Resolver, s.consumer, s.request()).OK()
	s.say("The %s looks into it, and refuses.", harness.Resolver.Label())
	s.text("the request", s.Requests(s.consumer)[0].State.Name(), "vetoed")
	s.told(1, "ended/vetoed")
	for _, asset := range assets {
		s.number("seized "+asset, s.Books(asset).Seized, suite.Zero)
	}
	s.audited()
}

// told brings the outcome of a report to the gateway.
func (s *story) told(nonce int64, where string) {
	s.number("packets under way", suite.IntOf(int64(len(s.Pending(s.Host)))), suite.IntOf(1))
	s.Relay()
	s.say("The relayer brings the outcome to the gateway.")
	s.text("the report", s.ReportOf(nonce).Where(), where)
}

func (s *story) signTwice() {
	s.step("An operator's validator signs two blocks at one height")
	s.commit()
	s.deposit(bob, faulty, suite.Native, later)
	s.say("%s does not know of it.", bob.Label())
	s.syncs()
	s.powers()
}

// commit has the faulty operator's validator sign a second block at the last height, by CometBFT's
// own code.
func (s *story) commit() {
	double := s.Double(faulty)
	_, err := s.Votes(double)
	proof := s.Proof(double)
	s.crimes = append(s.crimes, crime{proof, s.ledger.counted[s.consumer][faulty]})
	s.say("The validator of %s precommits the block that %s has at height %d, and another one", faulty.Label(), s.Consumer.ID(), proof.Height)
	s.say("in its place; both votes are signed by CometBFT's code with the key of the chain's validator.")
	s.holds("CometBFT takes the votes for evidence of a double-sign", err == nil)
}

func (s *story) signAgain() {
	s.step("It does so again, with more stake behind it, and a staker leaves before it is told")
	s.commit()
	epoch := s.Epoch().Epoch
	s.Undelegate(alice, faulty, suite.Native, fleeing).OK()
	s.ledger.undelegate(alice, faulty, suite.Native, suite.IntOf(fleeing), epoch)
	s.say("%s undelegates %s %s from %s. It stays slashable until it matures.", alice.Label(), grouped(suite.IntOf(fleeing)), suite.Native, faulty.Label())
	s.number("unbonding of "+alice.Label(), s.Unbonding(alice, faulty, suite.Native), suite.IntOf(fleeing))
	s.audited()
}

func (s *story) prove() {
	s.step("Both votes are brought to the host, and the slash lands in the same transaction")
	s.proven(s.crimes[0])
	s.say("%s, who may be anybody, brings them. Their signatures are checked on the host, so nobody has to", finder.Label())
	s.say("be believed, and no window passes: 5 %% of what %s counted with is taken, from whoever stood", faulty.Label())
	s.say("behind it: from its own stake first, from the pools, and from what began to unbond since.")
	s.holds(faulty.Label()+" is tombstoned at the consumer", s.Standing(s.consumer, faulty).Tombstoned)
	s.holds(faulty.Label()+" is jailed there", s.Member(s.consumer, faulty).Jailed)
	s.holds("and not at the local service", !s.Member(s.local, faulty).Jailed)
	s.out[s.consumer][faulty] = true
	s.number("packets under way", suite.IntOf(int64(len(s.Pending(s.Host)))), suite.Zero)
	s.audited()
	s.stakes()
}

// proven has a double-sign proved.
func (s *story) proven(c crime) {
	s.slashed(penalty{
		service: s.consumer, operator: faulty, fraction: doubleSign, maxSlash: consumerMax,
		then: c.then, tombstone: true, bounty: bounty,
	}, s.local, func() { s.Prove(finder, s.consumer, c.proof).OK() })
	requests := s.Requests(s.consumer)
	newest := requests[len(requests)-1]
	s.holds("the request is executed, and proved", newest.State.Name() == "executed" && newest.Proven)
}

func (s *story) proveAgain() {
	s.step("The second double-sign takes what it exceeds the first by, and no proof works twice")
	s.proven(s.crimes[1])
	s.say("%s brings the votes of the second height. An operator that is out for good bears the largest", finder.Label())
	s.say("of its penalties once: only what it counted with more by then is punished still.")
	for _, c := range s.crimes {
		s.Prove(finder, s.consumer, c.proof).Refused("for that already")
	}
	s.say("The same votes come again, and are refused.")
	s.audited()
	s.stakes()
}

// slashed holds a slash of both assets against the formulas, and that the other service has what it
// had.
func (s *story) slashed(p penalty, other uint32, act func()) {
	slices, backings := map[string]suite.Int{}, map[string]suite.Int{}
	for _, asset := range assets {
		slices[asset] = s.Member(other, p.operator).Slice(asset)
		backings[asset] = s.ledger.backing(p.operator, other, asset, slices[asset])
	}
	act()
	for _, asset := range assets {
		forOthers := s.penalized(p, asset)
		s.untouched(p.operator, other, asset, slices[asset], backings[asset], forOthers)
	}
}

// penalized holds what a penalty took of one asset against the formulas, and returns what stake bore
// for others that stood behind no promise any more.
func (s *story) penalized(p penalty, asset string) suite.Int {
	before := s.ledger.waiting(asset, p.service).Add(s.ledger.waiting(asset, suite.Bounties))
	seized, forOthers := s.ledger.slash(p, asset)
	b := s.ledger.of(p.operator, asset)
	of := " of " + p.operator.Label() + "'s " + asset
	s.number("seized"+of, s.Books(asset).Seized.Sub(before), seized)
	if !p.bounty.IsZero() {
		s.number("of all that is seized in "+asset+", for "+finder.Label(), s.SeizedFor(asset, suite.Bounties), s.ledger.waiting(asset, suite.Bounties))
	}
	s.number("left in the pool"+of, s.Pool(p.operator, asset).Tokens, b.tokens())
	s.number("of that, the operator's own", s.Pool(p.operator, asset).Junior, b.junior.Tokens)
	s.number("magnitude"+of, s.Pool(p.operator, asset).Magnitude.Value, b.magnitude)
	s.number("what is left of the service's slice"+of, s.Member(p.service, p.operator).Slice(asset), s.ledger.promise(p.service, p.operator, asset).slice)
	for _, who := range stakers {
		s.number(who.Label()+"'s part"+of, s.Position(who, p.operator, asset), s.ledger.worth(who, p.operator, asset))
		s.number(who.Label()+"'s unbonding"+of, s.Unbonding(who, p.operator, asset), s.ledger.unbonding(who, p.operator, asset))
	}
	return forOthers
}

// untouched holds that another service has what it had; or more, by its share of what stake bore for
// others that stood behind no promise any more.
func (s *story) untouched(operator harness.Name, service uint32, asset string, slice, backing, forOthers suite.Int) {
	of := " of " + operator.Label() + "'s " + asset
	s.number("the other service's slice"+of, s.Member(service, operator).Slice(asset), slice)
	now := s.ledger.backing(operator, service, asset, slice)
	more := forOthers.Mul(slice).Quo(s.ledger.of(operator, asset).magnitude)
	// A unit for each tranche of each part.
	parts := int64(2 + 2*len(s.ledger.of(operator, asset).buckets))
	what := "what backs it" + of + ", as before but for roundings"
	if more.IsPositive() {
		what += ", and for " + grouped(more) + " that unbonding stake of the operator's bore"
	}
	s.holds(what+": "+grouped(now), backing.Add(more).Sub(now).Abs().LTE(suite.IntOf(parts)))
}

func (s *story) miss() {
	s.step("The other operator does miss blocks, which is reported, and nobody disputes it")
	s.Report(harness.Reporter, s.SawKey(honest, suite.Downtime)).OK()
	s.say("%s reports it. No votes can prove what was not signed.", harness.Reporter.Label())
	s.accepted(2)
	s.Advance(suite.Day)
	s.say("A day passes.")
	s.Veto(harness.Resolver, s.consumer, s.request()).Refused("could be vetoed until")
	s.say("The %s comes too late.", harness.Resolver.Label())
}

func (s *story) execute() {
	s.step("Anybody has it executed, for a bounty, and the consumer is told")
	s.slashed(penalty{
		service: s.consumer, operator: honest, fraction: downtime, maxSlash: consumerMax,
		then: s.ledger.counted[s.consumer][honest], bounty: bounty,
	}, s.local, func() { s.Execute(finder, s.consumer, s.request()).OK() })
	s.say("%s does. 0.01 %% of what %s counted with is taken, and it is jailed for ten minutes.", finder.Label(), honest.Label())
	s.told(2, "ended/executed")
	s.Report(harness.Reporter, suite.Infraction{
		Offender: suite.Msg{"operator": honest.String()}, Kind: suite.Downtime,
		Height: s.Requests(s.consumer)[s.request()-1].Height.Int64(), Time: s.Requests(s.consumer)[s.request()-1].Time.Time,
	}).Refused("")
	s.say("%s reports the same again, and is refused.", harness.Reporter.Label())
	s.Unjail(honest, s.consumer).Refused("is jailed")
	s.Advance(suite.Day / 144)
	s.Unjail(honest, s.consumer).OK()
	s.say("Ten minutes later %s asks to be let in again.", honest.Label())
	s.audited()
}

func (s *story) payOut() {
	s.step("The bounties are paid, and the rest of what was seized is burned")
	for _, asset := range assets {
		reward, rest := s.ledger.waiting(asset, suite.Bounties), s.ledger.waiting(asset, s.consumer)
		held := s.Held(asset, finder.String())
		s.PayOut(harness.Relayer, asset, suite.Bounties, suite.SendTo(finder)).OK()
		s.number("paid to "+finder.Label()+" in "+asset, s.Held(asset, finder.String()).Sub(held), reward)
		s.PayOut(harness.Relayer, asset, s.consumer, suite.Burn()).OK()
		s.say("%s, as anybody may, has %s %s paid to %s, and %s burned.", harness.Relayer.Label(), grouped(reward), asset, finder.Label(), grouped(rest))
		s.ledger.seized[asset] = map[uint32]suite.Int{}
		s.burned[asset] = s.burned[asset].Add(rest)
		s.supplied(asset)
		s.number("seized "+asset, s.Books(asset).Seized, suite.Zero)
	}
	s.audited()
}

// supplied holds the chain's supply of an asset against what there was at the start.
func (s *story) supplied(asset string) {
	what := "the supply of " + asset + " that the chain tells, which was " + grouped(s.supply[asset]) +
		" at the start, less the " + grouped(s.burned[asset]) + " that were burned since"
	s.number(what, s.Supply(asset), s.supply[asset].Sub(s.burned[asset]))
}

func (s *story) syncAfter() {
	s.step("The next sync tells both services")
	s.syncs()
	s.number(faulty.Label()+" counts at the consumer for", s.GatewayOperator(faulty).Power, suite.Zero)
	s.powers()
	s.Unjail(faulty, s.consumer).Refused("is tombstoned")
	s.say("%s asks to be let in again, and is refused: it is out for good.", faulty.Label())
}

func (s *story) misbehave() {
	s.step("The local service punishes the other operator, and is paid what was seized")
	before := map[string]suite.Int{}
	for _, asset := range assets {
		before[asset] = s.Held(asset, harness.Service.String())
	}
	update := s.Member(s.local, honest).UpdateID
	s.slashed(penalty{
		service: s.local, operator: honest, fraction: misconduct, maxSlash: localMax,
		then: s.ledger.counted[s.local][honest], bounty: suite.Zero,
	}, s.consumer, func() {
		s.Slash(harness.Service, s.local, s.SlashOf(1, honest, suite.Misconduct, update)).OK()
	})
	s.say("The service takes 10 %% of what %s counts with there, and jails it for an hour.", honest.Label())
	for _, asset := range assets {
		s.PayOut(harness.Service, asset, s.local, suite.SendTo(harness.Service)).OK()
		s.number("paid to the service in "+asset, s.Held(asset, harness.Service.String()).Sub(before[asset]), s.ledger.waiting(asset, s.local))
		s.ledger.seized[asset] = map[uint32]suite.Int{}
	}
	s.audited()
	s.Advance(suite.Day / 24)
	s.Unjail(honest, s.local).OK()
	s.syncs()
	s.say("An hour later it counts again, with what is left.")
	s.powers()
}

func (s *story) leave() {
	s.step("Everybody undelegates everything")
	epoch := s.Epoch().Epoch
	for _, who := range stakers {
		for _, operator := range operators {
			for _, asset := range assets {
				if s.Position(who, operator, asset).IsZero() {
					continue
				}
				s.UndelegateAll(who, operator, asset).OK()
				s.ledger.undelegate(who, operator, asset, s.ledger.worth(who, operator, asset), epoch)
			}
		}
		s.say("%s leaves.", who.Label())
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
		s.supplied(asset)
		s.conserved(asset)
	}
}

// conserved holds that every unit of the supply is with somebody.
func (s *story) conserved(asset string) {
	everybody := s.Held(asset, s.Vault).Add(s.Held(asset, s.Delegation)).Add(s.Held(asset, s.Allocation))
	for _, name := range harness.Cast {
		everybody = everybody.Add(s.Held(asset, name.String()))
	}
	where := "the contracts and all accounts"
	if asset == suite.Native {
		// The validators' own stake lies with the staking module.
		everybody = everybody.Add(s.Host.Bonded())
		where = "the contracts, all accounts and the chain's own validators"
	}
	s.number(where+" together hold of "+asset+" what the chain tells as its supply", everybody, s.Supply(asset))
}
