package live

import (
	"maps"
	"slices"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

var zero = model.Zero

// pool names all stake of one asset behind one operator.
type pool struct{ operator, asset string }

// tranche is a share pool with its holders.
type tranche struct {
	*model.SharePool
	holders map[string]Int
}

func newTranche() *tranche { return &tranche{model.NewSharePool(), map[string]Int{}} }

// at is what a map of numbers has under a key, or zero.
func at[K comparable](numbers map[K]Int, key K) Int {
	if number, ok := numbers[key]; ok {
		return number
	}
	return zero
}

func (t *tranche) join(who string, tokens Int) {
	t.holders[who] = at(t.holders, who).Add(t.Join(tokens))
}

func (t *tranche) worth(who string) Int { return t.Worth(at(t.holders, who)) }

// take pays so many tokens of somebody's, or all if that is less, and returns them and the dust.
func (t *tranche) take(who string, tokens Int) (paid, dust Int) {
	if worth := t.worth(who); tokens.GTE(worth) {
		paid, dust = t.Leave(at(t.holders, who))
		delete(t.holders, who)
		return paid, dust
	}
	t.holders[who] = at(t.holders, who).Sub(t.LeaveExact(tokens))
	return tokens, zero
}

// holding is active stake, or what unbonds since one epoch: that of stakers, and the operator's own.
type holding struct {
	operator       string
	senior, junior *tranche
	magnitude      Int
}

func (h *holding) of(who string) *tranche {
	if who == h.operator {
		return h.junior
	}
	return h.senior
}

func (h *holding) tokens() Int { return h.senior.Tokens.Add(h.junior.Tokens) }

// book is a pool with its buckets, and what flows to its holders.
type book struct {
	*holding
	buckets map[uint64]*holding
	flows   map[suite.Token]*flow
	// slice is what the service may take, and borne what penalties that tombstone took.
	slice Int
	borne model.Borne
}

// snapshot is what an operator counted with in an update, and the epoch it was made in.
type snapshot struct {
	captured map[string]Int
	epoch    uint64
}

// terms are what the formulas need to know of the suite and of the story's service.
type terms struct {
	// values are what a unit of each asset counts for, in units of 10^-18.
	values                        map[string]Int
	assets                        []string
	maxSlash, bounty, commission  Int
	genesis                       time.Time
	epoch, reward, allocationWait time.Duration
}

// ledger is what the contracts should know of the story's operators, by the formulas alone.
type ledger struct {
	terms
	books     map[pool]*book
	firstLoss map[string]Int
	counted   map[string]snapshot
	// samples are what each operator counted as at every sync, by epoch and asset.
	samples map[string][]sample
	// seized is what was taken and is not paid out yet, and bounties the part of who had it taken.
	seized, bounties map[string]Int
	owed             map[string]map[suite.Token]Int // commissions
}

func newLedger(t terms) *ledger {
	return &ledger{
		terms: t, books: map[pool]*book{}, firstLoss: map[string]Int{}, counted: map[string]snapshot{},
		samples: map[string][]sample{}, seized: map[string]Int{}, bounties: map[string]Int{},
		owed: map[string]map[suite.Token]Int{},
	}
}

// epochAt is the number of the epoch of a moment.
func (l *ledger) epochAt(now time.Time) uint64 { return uint64(now.Sub(l.genesis) / l.epoch) }

func (l *ledger) of(operator, asset string) *book {
	key := pool{operator, asset}
	if l.books[key] == nil {
		l.books[key] = &book{
			holding: &holding{operator, newTranche(), newTranche(), model.FullMagnitude},
			buckets: map[uint64]*holding{}, flows: map[suite.Token]*flow{},
			slice: zero, borne: model.Borne{Tokens: zero, Magnitude: zero},
		}
	}
	return l.books[key]
}

func (l *ledger) deposit(who, operator, asset string, units Int, now time.Time) {
	b := l.of(operator, asset)
	l.settle(b, who, now)
	b.of(who).join(who, units)
}

func (l *ledger) worth(who, operator, asset string) Int {
	return l.of(operator, asset).of(who).worth(who)
}

// undelegate moves units, or all if that is less, into the bucket of the epoch.
func (l *ledger) undelegate(who, operator, asset string, units Int, now time.Time) {
	b, epoch := l.of(operator, asset), l.epochAt(now)
	l.settle(b, who, now)
	paid, _ := b.of(who).take(who, units)
	if b.buckets[epoch] == nil {
		b.buckets[epoch] = &holding{operator, newTranche(), newTranche(), b.magnitude}
	}
	b.buckets[epoch].of(who).join(who, paid)
}

// unbonding is what all that somebody has unbonding at a pool is worth.
func (l *ledger) unbonding(who, operator, asset string) Int {
	sum := zero
	for _, bucket := range l.of(operator, asset).buckets {
		sum = sum.Add(bucket.of(who).worth(who))
	}
	return sum
}

// claim pays what somebody has unbonding at a pool, which must all have matured.
func (l *ledger) claim(who, operator, asset string) Int {
	sum := zero
	buckets := l.of(operator, asset).buckets
	for _, epoch := range slices.Sorted(maps.Keys(buckets)) {
		from := buckets[epoch].of(who)
		if _, ok := from.holders[who]; !ok {
			continue
		}
		paid, _ := from.take(who, from.worth(who))
		sum = sum.Add(paid)
	}
	return sum
}

// count takes down what an operator counts with in an update. One of which nothing changed keeps the
// update that it was in. One that is out counts with nothing.
func (l *ledger) count(operator string, out bool, now time.Time) {
	next, changed := snapshot{map[string]Int{}, l.epochAt(now)}, false
	before, known := l.counted[operator]
	for _, asset := range l.assets {
		b := l.of(operator, asset)
		next.captured[asset] = zero
		if !out {
			next.captured[asset] = model.Captured(b.tokens(), b.slice, b.magnitude, l.maxSlash)
		}
		changed = changed || !known || !next.captured[asset].Equal(before.captured[asset])
	}
	if changed {
		l.counted[operator] = next
	}
	l.sampled(operator, next)
}

// power is what an operator counts as.
func (l *ledger) power(operator string) Int {
	sum := zero
	for _, asset := range l.assets {
		sum = sum.Add(l.value(asset, at(l.counted[operator].captured, asset)))
	}
	return sum
}

func (l *ledger) value(asset string, tokens Int) Int { return model.Value(tokens, l.values[asset]) }

// penalty is what the service takes of an operator, of what it counted with then.
type penalty struct {
	operator  string
	fraction  Int
	then      snapshot
	tombstone bool
}

// slash takes a penalty of one asset: from the active stake, and from what began to unbond since the
// epoch of the update in force. Older buckets hold none of an operator's own stake in this story.
func (l *ledger) slash(p penalty, asset string, now time.Time) Int {
	b := l.of(p.operator, asset)
	l.flow(b, now)
	touched := []*holding{b.holding}
	for _, epoch := range slices.Sorted(maps.Keys(b.buckets)) {
		if epoch >= p.then.epoch {
			touched = append(touched, b.buckets[epoch])
		}
	}
	parts := make([]model.Part, len(touched))
	for i, h := range touched {
		parts[i] = model.Part{Senior: h.senior.Tokens, Junior: h.junior.Tokens, Magnitude: h.magnitude}
	}
	formula := model.Penalty{
		Fraction: p.fraction, MaxSlash: l.maxSlash, Captured: at(p.then.captured, asset),
		Slice: b.slice, Magnitude: b.magnitude,
	}
	if p.tombstone {
		formula = formula.Beyond(b.borne)
	}
	delta, seized := formula.Delta(parts), zero
	for i, loss := range model.Split(parts, delta, at(l.firstLoss, p.operator)) {
		touched[i].senior.Tokens = touched[i].senior.Tokens.Sub(loss.Senior)
		touched[i].junior.Tokens = touched[i].junior.Tokens.Sub(loss.Junior)
		touched[i].magnitude = touched[i].magnitude.Sub(delta)
		seized = seized.Add(loss.Senior).Add(loss.Junior)
	}
	b.slice = b.slice.Sub(delta)
	if p.tombstone {
		b.borne.Tokens, b.borne.Magnitude = b.borne.Tokens.Add(seized), b.borne.Magnitude.Add(delta)
	}
	bounty := model.Share(seized, l.bounty)
	l.bounties[asset] = at(l.bounties, asset).Add(bounty)
	l.seized[asset] = at(l.seized, asset).Add(seized.Sub(bounty))
	return seized
}
