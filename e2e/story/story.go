// Package story plays the suite from the first deposit to the last claim, on two chains: stake
// secures a consumer chain and a service on the host, an operator double-signs on the
// consumer, and the penalty is taken on the host. Every number on the way is held against the
// formulas of the design, to the unit.
package story

import (
	"io"
	"testing"

	"palisade/e2e/harness"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// Those who take part.
const (
	alice  = harness.Staker1
	bob    = harness.Staker2
	honest = harness.Operator2
	// faulty is the operator that signs twice.
	faulty = harness.Operator1
)

var (
	operators = []harness.Name{faulty, honest}
	stakers   = []harness.Name{alice, bob}
	assets    = []string{suite.Native, suite.LST}
)

// What the services take at most, and what the infractions cost.
var (
	consumerMax  = model.Fraction("0.05")
	localMax     = model.Fraction("0.3")
	doubleSign   = model.Fraction("0.05")
	misconduct   = model.Fraction("0.1")
	rates        = map[string]suite.Int{suite.Native: model.Fraction("1"), suite.LST: model.Fraction(suite.Rate)}
	consumerTerm = "0.05"
	localTerm    = "0.3"
)

// story is the play under way.
type story struct {
	*suite.Suite
	*account
	ledger *ledger
	// consumer and local are the services.
	consumer, local uint32
	// supply is what there was of each asset at the start.
	supply map[string]suite.Int
	// burned is what was taken out of supply since.
	burned map[string]suite.Int
	// crime is what the reporter saw, and epoch the one that it happened in.
	crime suite.Infraction
	epoch uint64
}

// Play plays the story. Progress is written as it goes, the account at the end.
func Play(t *testing.T, progress, out io.Writer) {
	t.Helper()
	s := &story{account: newAccount(t, progress), ledger: newLedger(), burned: map[string]suite.Int{}}
	defer func() { s.print(out) }()
	s.deploy()
	s.stake()
	s.register()
	s.promise()
	s.sync()
	s.doubleSign()
	s.report()
	s.receive()
	s.answer()
	s.payOut()
	s.syncAfter()
	s.misbehave()
	s.leave()
	s.claim()
}

// behind are the stakers' deposits.
var behind = []struct {
	who, operator harness.Name
	asset         string
	units         int64
}{
	{alice, faulty, suite.Native, 600_000_011},
	{alice, honest, suite.Native, 400_000_007},
	{bob, faulty, suite.LST, 300_000_019},
	{bob, honest, suite.LST, 500_000_003},
}

// late is what bob deposits idle, and puts behind an operator by a second message.
const late = 50_000_001

func (s *story) deploy() {
	s.step("Deploy the contracts on both chains")
	s.Suite = suite.New(s.t)
	s.world = s.World
	s.say("The owner instantiates vault, delegation, allocation and slashing on %s, from the left to", s.Host.ID())
	s.say("the right, and gateway on %s; then it connects each to its right neighbour.", s.Consumer.ID())
	s.say("Two assets: %s (native, rate 1) and %s (cw20, rate %s).", suite.Native, suite.LST, suite.Rate)
	s.say("An epoch is a day, unbonding takes 5 days, a promise counts after 2 days.")
	s.supply = map[string]suite.Int{}
	for _, asset := range assets {
		s.supply[asset] = s.Supply(asset)
		s.burned[asset] = suite.Zero
	}
	for _, operator := range operators {
		s.RegisterOperator(operator).OK()
		s.say("%s registers as an operator.", operator.Label())
	}
}

func (s *story) stake() {
	s.step("Two stakers deposit, and stand behind two operators")
	for _, d := range behind {
		if d.asset == suite.LST {
			s.DepositCw20(d.who, d.operator, d.units).OK()
		} else {
			s.Deposit(d.who, d.operator, harness.Coin(d.units, harness.Bond)).OK()
		}
		s.ledger.deposit(d.who, d.operator, d.asset, d.units)
		s.say("%s puts %s %s behind %s.", d.who.Label(), grouped(suite.IntOf(d.units)), d.asset, d.operator.Label())
	}
	s.Deposit(bob, suite.Nobody, harness.Coin(late, harness.Bond)).OK()
	s.number("idle "+suite.Native, s.Books(suite.Native).Idle, suite.IntOf(late))
	s.Delegate(bob, suite.Native, faulty, late).OK()
	s.ledger.deposit(bob, faulty, suite.Native, late)
	s.say("%s deposits %s %s idle, and then puts them behind %s.", bob.Label(), grouped(suite.IntOf(late)), suite.Native, faulty.Label())
	s.audited()
	s.stakes()
}

func (s *story) register() {
	s.step("Two services register, and the consumer's channel opens")
	s.consumer = s.RegisterService(harness.Service, suite.ConsumerTerms(assets...))
	s.local = s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, assets...))
	s.say("Service %d is the chain %s: at most 5 %%, 5 %% and the end for double-signing, burned.", s.consumer, s.Consumer.ID())
	s.say("Service %d is a contract on the host: at most 30 %%, sent to the service.", s.local)
	s.Connect(s.consumer)
	s.say("The owner admits the gateway; the relayer opens %s <-> %s, unordered, %s.", s.Channel.A.ID, s.Channel.B.ID, suite.Version)
	s.text("the live channel of slashing", s.LiveChannel(s.consumer), s.Channel.A.ID)
	s.holds("both ends are open", s.Channel.A.Open() && s.Channel.B.Open())
}

func (s *story) promise() {
	s.step("Both operators opt in to both services")
	for _, operator := range operators {
		s.OptInWithKey(operator, s.consumer, suite.Slices(consumerTerm, assets...)).OK()
		s.OptIn(operator, s.local, suite.Slices(localTerm, assets...)).OK()
		s.say("%s promises 5 %% of each pool to the consumer, and proves that it holds its key there;", operator.Label())
		s.say("it promises 30 %% to the local service.")
	}
	for _, operator := range operators {
		s.number(operator.Label()+" counts for the consumer", s.Member(s.consumer, operator).Power, suite.Zero)
	}
	s.Advance(s.Periods.Allocation)
	s.say("Two days pass: whoever objects has had the time to start unbonding.")
}

func (s *story) sync() {
	s.step("A sync tells both services what they count with")
	packets := s.SyncAndRelay(s.consumer)
	s.Sync(s.local).OK()
	s.say("The relayer syncs service %d: %d packet goes to %s, and its ack comes back.", s.consumer, len(packets), s.Consumer.ID())
	s.say("The relayer syncs service %d, which reads the host itself.", s.local)
	s.powers()
	s.audited()
}

// power is what an operator counts with by the formulas, with a slice of b in each pool.
func (s *story) power(operator harness.Name, slice, maxSlash suite.Int) suite.Int {
	sum := suite.Zero
	for _, asset := range assets {
		b := s.ledger.of(operator, asset)
		captured := model.Captured(b.Tokens, slice, b.magnitude, maxSlash)
		sum = sum.Add(model.Value(captured, rates[asset]))
	}
	return sum
}

// powers holds the powers of both services against the formulas, while no slice was spent, and
// the gateway's against the host's.
func (s *story) powers() {
	for _, operator := range operators {
		if s.Standing(s.consumer, operator).Tombstoned {
			continue
		}
		full := s.power(operator, consumerMax, consumerMax)
		s.number(operator.Label()+"'s power at the consumer, as the host has it", s.Member(s.consumer, operator).Power, full)
		s.number(operator.Label()+"'s power at the consumer, as the gateway has it", s.GatewayOperator(operator).Power, full)
		slice := s.Member(s.local, operator).Slice(suite.Native)
		s.number(operator.Label()+"'s power at the local service", s.Member(s.local, operator).Power, s.power(operator, slice, localMax))
	}
	s.audit("the gateway's set is the host's", s.AuditSets(s.consumer))
	rows := [][]string{{"powers", "host, for the consumer", "gateway", "host, for the local service"}}
	for _, operator := range operators {
		rows = append(rows, []string{
			operator.Label(), grouped(s.Member(s.consumer, operator).Power),
			grouped(s.GatewayOperator(operator).Power), grouped(s.Member(s.local, operator).Power),
		})
	}
	s.table(rows)
}

// audited holds the books of both assets against what is there, and against the formulas.
func (s *story) audited() {
	for _, asset := range assets {
		s.audit("the books of "+asset+" balance", s.AuditBooks(asset, operators...))
		s.number("staked "+asset, s.Books(asset).Staked, s.ledger.staked(asset))
	}
}

// stakes writes down who has what.
func (s *story) stakes() {
	rows := [][]string{{"who", "asset", "wallet", faulty.Label(), honest.Label(), "unbonding"}}
	for _, who := range stakers {
		for _, asset := range assets {
			unbonding := s.Unbonding(who, faulty, asset).Add(s.Unbonding(who, honest, asset))
			rows = append(rows, []string{
				who.Label(), asset, grouped(s.Held(asset, who.String())),
				grouped(s.Position(who, faulty, asset)), grouped(s.Position(who, honest, asset)), grouped(unbonding),
			})
		}
	}
	s.table(rows)
}
