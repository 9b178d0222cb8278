// Package story plays the suite from the first deposit to the last claim, on two chains: stake
// secures a consumer chain and a service on the host; a validator of the consumer signs two blocks
// at one height, its votes are brought to the host, and the penalty is taken there; reports without
// such a proof are refused by the service's resolver or executed after a window. Every number on
// the way is held against the formulas of the design, to the unit.
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
	// faulty is the operator that signs twice. It has stake of its own.
	faulty = harness.Operator1
	// finder brings proofs, and has executed what waits.
	finder = harness.Stranger
)

var (
	operators = []harness.Name{faulty, honest}
	stakers   = []harness.Name{alice, bob, faulty}
	assets    = []string{suite.Native, suite.LST}
)

// What the services take at most, and what the infractions cost.
var (
	consumerMax  = model.Fraction("0.05")
	localMax     = model.Fraction("0.3")
	doubleSign   = model.Fraction("0.05")
	downtime     = model.Fraction("0.0001")
	misconduct   = model.Fraction("0.1")
	bounty       = model.Fraction("0.04")
	commission   = model.Fraction("0.05")
	rates        = map[string]suite.Int{suite.Native: model.Fraction("1"), suite.LST: model.Fraction(suite.Rate)}
	consumerTerm = "0.05"
	localTerm    = "0.3"
	firstLoss    = "0.3"
)

// story is the play under way.
type story struct {
	*suite.Suite
	*account
	ledger *ledger
	// consumer and local are the services.
	consumer, local uint32
	// out are the operators that do not count for a service at present.
	out map[uint32]map[harness.Name]bool
	// supply is what there was of each asset at the start.
	supply map[string]suite.Int
	// burned is what was taken out of supply since.
	burned map[string]suite.Int
	// crimes are what the faulty operator signed.
	crimes []crime
	// own is the consumer's token as the host has it, and home the host's own.
	own, home suite.Token
	// paid is what was paid out of rewards, by token.
	paid map[suite.Token]suite.Int
}

// Play plays the story. Progress is written as it goes, the account at the end.
func Play(t *testing.T, progress, out io.Writer) {
	t.Helper()
	s := &story{
		account: newAccount(t, progress), ledger: newLedger(),
		burned: map[string]suite.Int{}, paid: map[suite.Token]suite.Int{},
	}
	defer func() { s.print(out) }()
	s.deploy()
	s.stake()
	s.register()
	s.promise()
	s.sync()
	s.reward()
	s.harvest()
	s.earn()
	s.accuse()
	s.veto()
	s.signTwice()
	s.signAgain()
	s.prove()
	s.proveAgain()
	s.miss()
	s.execute()
	s.payOut()
	s.syncAfter()
	s.misbehave()
	s.leave()
	s.claim()
	s.claimRest()
}

// behind are the deposits.
var behind = []struct {
	who, operator harness.Name
	asset         string
	units         int64
}{
	{alice, faulty, suite.Native, 600_000_011},
	{alice, honest, suite.Native, 400_000_007},
	{bob, faulty, suite.LST, 300_000_019},
	{bob, honest, suite.LST, 500_000_003},
	{faulty, faulty, suite.Native, 40_000_003},
}

// early is what the faulty operator takes out of its own stake before anything counts.
const early = 10_000_007

// late is what bob deposits idle, and puts behind an operator by a second message; later is what he
// adds after the first double-sign.
const (
	late  = 50_000_001
	later = 200_000_009
)

func (s *story) deploy() {
	s.step("Deploy the contracts on both chains")
	s.Suite = suite.New(s.t)
	s.world = s.World
	s.ledger.now = s.Host.LastTime
	s.ledger.periods = model.Periods{Genesis: s.Epoch().Start.Time, Length: s.Periods.Reward}
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
	s.step("Two stakers deposit, and stand behind two operators; one operator adds stake of its own")
	for _, d := range behind {
		s.deposit(d.who, d.operator, d.asset, d.units)
	}
	s.Deposit(bob, suite.Nobody, harness.Coin(late, harness.Bond)).OK()
	s.number("idle "+suite.Native, s.Books(suite.Native).Idle, suite.IntOf(late))
	s.Delegate(bob, suite.Native, faulty, late).OK()
	s.ledger.deposit(bob, faulty, suite.Native, late)
	s.say("%s deposits %s %s idle, and then puts them behind %s.", bob.Label(), grouped(suite.IntOf(late)), suite.Native, faulty.Label())
	s.SetFirstLoss(faulty, firstLoss).OK()
	s.ledger.firstLoss[faulty] = model.Fraction(firstLoss)
	s.say("%s publishes that its own stake bears 30 %% of every loss, before its stakers bear the rest.", faulty.Label())
	s.audited()
	s.stakes()
}

func (s *story) deposit(who, operator harness.Name, asset string, units int64) {
	if asset == suite.LST {
		s.DepositCw20(who, operator, units).OK()
	} else {
		s.Deposit(who, operator, harness.Coin(units, harness.Bond)).OK()
	}
	s.ledger.deposit(who, operator, asset, units)
	s.say("%s puts %s %s behind %s.", who.Label(), grouped(suite.IntOf(units)), asset, operator.Label())
}

func (s *story) register() {
	s.step("Two services register, and the consumer's channel opens")
	terms := suite.ConsumerTerms(assets...).Disputed(harness.Resolver, suite.Day)
	s.consumer = s.RegisterService(harness.Service, terms)
	s.local = s.RegisterService(harness.Service, suite.LocalTerms(harness.Service, assets...))
	s.out = map[uint32]map[harness.Name]bool{s.consumer: {}, s.local: {}}
	s.say("Service %d is the chain %s: at most 5 %%, 5 %% and the end for double-signing, 0.01 %% for", s.consumer, s.Consumer.ID())
	s.say("downtime; burned, but for 4 %% to who proves or executes it. The %s has a day to refuse", harness.Resolver.Label())
	s.say("what is not proved.")
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
		for _, asset := range assets {
			s.ledger.promise(s.consumer, operator, asset).slice = consumerMax
			s.ledger.promise(s.local, operator, asset).slice = localMax
		}
		s.say("%s promises 5 %% of each pool to the consumer, and proves that it holds the key of its", operator.Label())
		s.say("validator there; it promises 30 %% to the local service.")
	}
	for _, operator := range operators {
		s.number(operator.Label()+" counts for the consumer", s.Member(s.consumer, operator).Power, suite.Zero)
	}
	epoch := s.Epoch().Epoch
	s.Undelegate(faulty, faulty, suite.Native, early).OK()
	s.ledger.undelegate(faulty, faulty, suite.Native, suite.IntOf(early), epoch)
	s.say("%s undelegates %s of its own %s. Until that matures, it bears for its stakers all the same.", faulty.Label(), grouped(suite.IntOf(early)), suite.Native)
	s.Advance(s.Periods.Allocation)
	s.say("Two days pass: whoever objects has had the time to start unbonding.")
}

func (s *story) sync() {
	s.step("A sync tells both services what they count with")
	packets := s.syncs()
	s.say("The relayer syncs service %d: %d packet goes to %s, and its ack comes back.", s.consumer, packets, s.Consumer.ID())
	s.say("The relayer syncs service %d, which reads the host itself.", s.local)
	s.powers()
	s.audited()
}

// syncs syncs both services, and returns the packets that it took.
func (s *story) syncs() int {
	epoch := s.Epoch().Epoch
	packets := s.SyncAndRelay(s.consumer)
	s.Sync(s.local).OK()
	for _, operator := range operators {
		s.ledger.count(s.consumer, operator, consumerMax, s.out[s.consumer][operator], epoch)
		s.ledger.count(s.local, operator, localMax, s.out[s.local][operator], epoch)
	}
	return len(packets)
}

// powers holds the powers of both services against the formulas, and the gateway's against the
// host's.
func (s *story) powers() {
	for _, operator := range operators {
		full := s.ledger.power(s.consumer, operator)
		s.number(operator.Label()+"'s power at the consumer, as the host has it", s.Member(s.consumer, operator).Power, full)
		s.number(operator.Label()+"'s power at the consumer, as the gateway has it", s.GatewayOperator(operator).Power, full)
		s.number(operator.Label()+"'s power at the local service", s.Member(s.local, operator).Power, s.ledger.power(s.local, operator))
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
		s.audit("the vault's books of "+asset+" are what it holds, and what pools, buckets and dust add up to", s.AuditBooks(asset, operators...))
		s.number("staked "+asset, s.Books(asset).Staked, s.ledger.staked(asset))
	}
}

// stakes writes down who has what.
func (s *story) stakes() {
	rows := [][]string{{"who", "asset", "wallet", "behind " + faulty.Label(), "behind " + honest.Label(), "unbonding"}}
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
