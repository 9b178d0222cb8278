package live

import (
	"context"
	"fmt"
	"io"
	"time"

	"palisade/e2e/evidence"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// Those who take part, by what the story calls them. Those of the localnet act under their own names.
const (
	staker = "staker"
	friend = "friend"
	// east misses blocks, and west signs twice.
	east   = "east"
	west   = "west"
	finder = "finder"
)

var (
	cast      = []string{staker, friend, east, west, finder}
	operators = []string{east, west}
)

// The assets that the story's service counts, in its order: a coin, a cw20, and coins of the
// consumer's.
const (
	lst   = "lst"
	token = "token"
	clst  = "clst"
)

var assets = []string{lst, token, clst}

// Denoms.
const (
	gas        = "stake"
	lstDenom   = "ulst"
	ownDenom   = "token"
	clstDenom  = "uclst"
	maxSlash   = "0.05"
	downtime   = "0.001"
	doubleSign = "0.05"
	bounty     = "0.04"
	commission = "0.05"
	firstLoss  = "0.3"
	window     = 30 * time.Second
	jail       = 5
)

// story is the play under way.
type story struct {
	*Net
	*ledger
	// keys are the names in the keyring of those who take part, and addresses where they are.
	keys, addresses map[string]string
	// service is the story's own, with its gateway and channel.
	service                      int
	gateway                      string
	hostChannel, consumerChannel string
	// signers are the consensus keys of the operators.
	signers map[string]signer
	// out are the operators that do not count.
	out map[string]bool
	// crime is what counted at the double-sign, and proof both votes.
	crime snapshot
	proof evidence.Equivocation
	// accused is what the newest report may cost, and sent the transaction of the first.
	accused penalty
	sent    *Tx
	// own and clstToken are what the service pays in, and payments how each was divided.
	own, clstToken suite.Token
	payments       map[suite.Token]*model.Index
	// promised is when what the operators promised counts.
	promised time.Time
	// harvested is when rewards began to wait, and left when stake last began to unbond.
	harvested, left time.Time
	outageOf        missed
	// wallets are what everybody should have, by who and asset.
	wallets map[pool]Int
}

// Play plays the story, and tells whether it ends as it should. Progress and the account are written
// as it goes; queries too, if they are to be shown.
func Play(ctx context.Context, out io.Writer, queries bool) (good bool) {
	a := newAccount(out, queries)
	n, err := open(ctx, a)
	if err != nil {
		fmt.Fprintf(out, "error: %v\n", err)
		return false
	}
	s := &story{
		Net: n, keys: map[string]string{}, addresses: map[string]string{}, signers: map[string]signer{},
		out: map[string]bool{}, payments: map[suite.Token]*model.Index{}, wallets: map[pool]Int{},
		own: suite.Coins(n.env["VOUCHER"]), clstToken: suite.Coins(n.env["CLST"]),
	}
	defer s.restore()
	defer func() {
		switch why := recover().(type) {
		case nil:
		case stop:
			fmt.Fprintf(out, "\nerror: %s\n", why.why)
			good = false
		default:
			s.restore()
			panic(why)
		}
	}()
	for _, chapter := range []func(){
		s.people, s.register, s.stake, s.connect, s.arrive, s.sync, s.reward,
		s.accuse, s.deliver, s.veto, s.redeliver, s.signTwice, s.prove, s.execute, s.payOut,
		s.earn, s.leave, s.outage, s.rejoin, s.earnRest, s.claim,
	} {
		chapter()
	}
	a.print()
	return a.differ == 0
}

// key is the name in the keyring of somebody who takes part.
func (s *story) key(who string) string {
	if key, ok := s.keys[who]; ok {
		return key
	}
	return who
}

func (s *story) address(who string) string { return s.addresses[who] }

// host executes a message on the host; consume on the consumer.
func (s *story) host(who, contract string, msg Msg, coins ...string) *Tx {
	return s.Host.Execute(s.key(who), contract, msg, coins...)
}

func (s *story) consume(who, contract string, msg Msg, coins ...string) *Tx {
	return s.Consumer.Execute(s.key(who), contract, msg, coins...)
}

func (s *story) vault() string      { return s.env["VAULT"] }
func (s *story) delegation() string { return s.env["DELEGATION"] }
func (s *story) allocation() string { return s.env["ALLOCATION"] }
func (s *story) slashing() string   { return s.env["SLASHING"] }

func coin(amount Int, denom string) string { return amount.String() + denom }

// units is a number of base units.
func units(n int64) Int { return suite.IntOf(n) }
