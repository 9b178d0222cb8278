package live

import (
	"fmt"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// accuse reports downtime, and kills the relayer as soon as the packet is in a block.
func (s *story) accuse() {
	s.step("A reporter accuses an operator; the relayer is killed before it delivers the packet")
	said, args := s.sendReport()
	s.kill(relayer)
	s.sent = s.Consumer.paidFor("reporter", args, said)
	s.say("The packet is %s of %s, and nobody carries it.", s.sequence(), s.consumerChannel)
	s.text("the report on the consumer", s.report(1).Where(), "sent")
	s.text("the operator that the gateway found by the key", s.report(1).Operator, s.address(east))
	port := "wasm." + s.gateway
	s.holds("the consumer keeps the packet's commitment", s.Consumer.committed(port, s.consumerChannel, s.sequence()))
	begun, _ := s.Host.last()
	s.wait("the host makes three blocks", time.Minute, func() bool { now, _ := s.Host.last(); return now >= begun+3 })
	s.holds("three blocks later the host knows nothing of it", !s.knows(1) && len(s.requests()) == 0)
	s.side(s.Consumer.Name, "report 1 is sent")
	s.side(s.Host.Name, "nothing")
}

func (s *story) sequence() string { return s.sent.Attribute("send_packet", "packet_sequence") }

// sendReport reports that east missed the consumer's last block.
func (s *story) sendReport() (string, []string) {
	seen := s.Consumer.lastBlock()
	s.accused = penalty{operator: east, fraction: model.Fraction(downtime), then: s.counted[east]}
	args := execute(s.gateway, Msg{"report": Msg{
		"offender": Msg{"key": s.signers[east].key.PubKey().Bytes()}, "kind": suite.Downtime,
		"height": fmt.Sprint(seen.height), "time": fmt.Sprint(seen.at.UnixNano()),
	}}, nil)
	said, errs, err := s.Consumer.send("reporter", args...)
	if err != nil {
		halt("the report failed: %s", lastLine(said+"\n"+errs))
	}
	return said, args
}

// deliver starts the relayer again: the packet arrives, once.
func (s *story) deliver() {
	s.step("The relayer is started again: the slash arrives, exactly once")
	s.nodes.start(relayer)
	s.relayed("the host takes the packet in", func() bool { return s.knows(1) })
	s.accepted(1)
	s.number("slashes that the host knows of", units(int64(len(s.requests()))), units(1))
	s.side(s.Consumer.Name, "report 1 is accepted")
	s.side(s.Host.Name, "request %s waits", s.request().Request)
}

// accepted waits until the gateway knows that the host took a report in.
func (s *story) accepted(nonce int64) {
	s.relayed("the answer is on the consumer", func() bool { return s.report(nonce).Where() != "sent" })
	s.text("the report on the consumer", s.report(nonce).Where(), "accepted")
}

// request is the newest one.
func (s *story) request() suite.Request {
	requests := s.requests()
	if len(requests) == 0 {
		halt("the host knows of no request")
	}
	return requests[len(requests)-1]
}

func (s *story) veto() {
	s.step("The resolver vetoes it: nothing is taken, and the consumer is told")
	s.host("resolver", s.slashing(), Msg{"veto": Msg{"service": s.service, "request": s.request().Request}})
	s.text("the request", s.request().State.Name(), "vetoed")
	s.told(1, "ended/vetoed")
	s.pools()
}

// told waits until the outcome of a report is on the consumer.
func (s *story) told(nonce int64, where string) {
	s.relayed("the outcome is on the consumer", func() bool { return s.report(nonce).Where() != "accepted" })
	s.text("the report on the consumer", s.report(nonce).Where(), where)
	s.side(s.Consumer.Name, "report %d is %s", nonce, where)
}

// What the friend takes out between the double-sign and its proof.
const fleeing = 10_000_019

func (s *story) signTwice() {
	s.step("Another report stands; meanwhile the other operator signs two blocks at one height")
	said, args := s.sendReport()
	s.Consumer.paidFor("reporter", args, said)
	s.relayed("the host takes the packet in", func() bool { return s.knows(2) })
	s.accepted(2)
	s.Host.Refused(s.key(finder), s.slashing(), s.executed(), "can be vetoed until")

	seen := s.Consumer.lastBlock()
	proof, err := s.signers[west].signTwice(s.Consumer.Name, seen)
	s.holds("CometBFT takes the votes for valid, and for a double vote", err == nil)
	s.proof, s.crime = proof, s.counted[west]
	s.say("The key of west signs the block that %s has at height %d, and another one.", s.Consumer.Name, seen.height)
	s.undelegated(friend, west, lst, units(fleeing))
	s.side(s.Host.Name, "request 2 waits; the friend unbonds %s", group(fmt.Sprint(fleeing)))
}

func (s *story) executed() Msg {
	return Msg{"execute": Msg{"service": s.service, "request": s.request().Request}}
}

func (s *story) prove() {
	s.step("Whoever has both votes proves the double-sign: it is slashed at once")
	prove := Msg{"submit_equivocation": Msg{"service": s.service, "evidence": s.proof}}
	tx := s.host(finder, s.slashing(), prove)
	s.slashed(penalty{operator: west, fraction: model.Fraction(doubleSign), then: s.crime, tombstone: true}, tx.At())
	s.out[west] = true
	s.holds("west is tombstoned", s.standing(west).Tombstoned)
	s.number("unbonding of the friend, which bore its part", s.unbondings(friend, west, lst), s.unbonding(friend, west, lst))
	s.Host.Refused(s.key(finder), s.slashing(), prove, "for that already")
	s.side(s.Host.Name, "west is tombstoned")
}

// slashed holds what a penalty took against the formulas.
func (s *story) slashed(p penalty, now time.Time) {
	for _, asset := range assets {
		b := s.of(p.operator, asset)
		if b.tokens().IsZero() {
			continue
		}
		seized := s.slash(p, asset, now)
		s.number("for the service, of all seized "+asset, s.seizedFor(asset, s.service, "service"), at(s.ledger.seized, asset))
		s.number("bounties of the finder in "+asset, s.seizedFor(asset, 0, finder), at(s.bounties, asset))
		s.number("magnitude of "+p.operator+"'s "+asset, s.pool(p.operator, asset).Magnitude.Value, b.magnitude)
		s.number("what is left of the slice of it", s.member(p.operator).Slice(asset), b.slice)
		for _, who := range []string{staker, friend, west} {
			s.number(who+"'s "+asset+" behind "+p.operator, s.position(who, p.operator, asset), s.worth(who, p.operator, asset))
		}
		s.side(s.Host.Name, "%s %s taken of %s", group(seized.String()), asset, p.operator)
	}
	s.pools()
}

func (s *story) execute() {
	s.step("The report's window is over: anybody has it executed, for a bounty")
	s.Host.until(s.request2().ExecutableAt.Time, "the window is over")
	tx := s.host(finder, s.slashing(), Msg{"execute": Msg{"service": s.service, "request": s.request2().Request}})
	s.slashed(s.accused, tx.At())
	s.told(2, "ended/executed")
	s.Host.until(tx.At().Add(jail*time.Second), "east may be let in again")
	s.host(east, s.slashing(), Msg{"unjail": Msg{"service": s.service}})
	s.synced()
	s.powers()
}

// request2 is the request of the second report: a proof may have become one after it.
func (s *story) request2() suite.Request {
	for _, request := range s.requests() {
		if request.Nonce != nil && request.Nonce.Equal(units(2)) {
			return request
		}
	}
	halt("the host does not know of report 2")
	return suite.Request{}
}

func (s *story) payOut() {
	s.step("The bounties are paid, and the rest goes to the service")
	for _, asset := range assets {
		if at(s.ledger.seized, asset).IsZero() {
			continue
		}
		for _, to := range []struct {
			who     string
			account int
			amount  Int
		}{{finder, 0, s.bounties[asset]}, {"service", s.service, s.ledger.seized[asset]}} {
			before := s.held(asset, to.who)
			s.host("anybody", s.vault(), Msg{"pay_out": Msg{
				"asset": asset, "account": to.account, "destination": Msg{"send": Msg{"recipient": s.address(to.who)}},
			}})
			s.number("paid to the "+to.who+" in "+asset, s.held(asset, to.who).Sub(before), to.amount)
			s.number("seized "+asset+" that waits for it", s.seizedFor(asset, to.account, to.who), zero)
			s.side(s.Host.Name, "%s %s paid to the %s", group(to.amount.String()), asset, to.who)
		}
		s.ledger.seized[asset], s.bounties[asset] = zero, zero
	}
}
