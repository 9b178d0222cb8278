package story

import (
	"palisade/e2e/harness"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// pool names all stake of one asset behind one operator.
type pool struct {
	operator harness.Name
	asset    string
}

// shareholding is a share pool with its holders.
type shareholding struct {
	*model.SharePool
	holders   map[harness.Name]suite.Int
	magnitude suite.Int
}

func newShareholding(magnitude suite.Int) *shareholding {
	return &shareholding{model.NewSharePool(), map[harness.Name]suite.Int{}, magnitude}
}

func (s *shareholding) shares(who harness.Name) suite.Int {
	if held, ok := s.holders[who]; ok {
		return held
	}
	return suite.Zero
}

func (s *shareholding) join(who harness.Name, tokens suite.Int) {
	s.holders[who] = s.shares(who).Add(s.Join(tokens))
}

// worth is what somebody would be paid.
func (s *shareholding) worth(who harness.Name) suite.Int { return s.Worth(s.shares(who)) }

func (s *shareholding) part() model.Part { return model.Part{Tokens: s.Tokens, Magnitude: s.magnitude} }

// lose takes what a delta of magnitude takes of the tokens.
func (s *shareholding) lose(delta suite.Int) suite.Int {
	loss := s.part().Loss(delta)
	s.Tokens = s.Tokens.Sub(loss)
	s.magnitude = s.magnitude.Sub(delta)
	return loss
}

// book is a pool with its buckets.
type book struct {
	*shareholding
	buckets map[uint64]*shareholding
}

// ledger is what the contracts should know, by the formulas alone.
type ledger struct {
	books map[pool]*book
	dust  map[string]suite.Int
}

func newLedger() *ledger {
	return &ledger{
		books: map[pool]*book{},
		dust:  map[string]suite.Int{suite.Native: suite.Zero, suite.LST: suite.Zero},
	}
}

func (l *ledger) of(operator harness.Name, asset string) *book {
	key := pool{operator, asset}
	if l.books[key] == nil {
		l.books[key] = &book{newShareholding(model.FullMagnitude), map[uint64]*shareholding{}}
	}
	return l.books[key]
}

func (l *ledger) deposit(who, operator harness.Name, asset string, units int64) {
	l.of(operator, asset).join(who, suite.IntOf(units))
}

// undelegate moves so many units, or everything where that is less, into the bucket of an epoch.
func (l *ledger) undelegate(who, operator harness.Name, asset string, units suite.Int, epoch uint64) {
	b := l.of(operator, asset)
	paid := b.worth(who)
	if units.LT(paid) {
		paid = units
		b.holders[who] = b.shares(who).Sub(b.LeaveExact(units))
	} else {
		_, dust := b.Leave(b.shares(who))
		l.dust[asset] = l.dust[asset].Add(dust)
		delete(b.holders, who)
	}
	if b.buckets[epoch] == nil {
		b.buckets[epoch] = newShareholding(b.magnitude)
	}
	b.buckets[epoch].join(who, paid)
}

// claim pays everything that unbonds to its owner.
func (l *ledger) claim(who, operator harness.Name, asset string) suite.Int {
	sum := suite.Zero
	for _, bucket := range l.of(operator, asset).buckets {
		if _, ok := bucket.holders[who]; !ok {
			continue
		}
		paid, dust := bucket.Leave(bucket.shares(who))
		l.dust[asset] = l.dust[asset].Add(dust)
		delete(bucket.holders, who)
		sum = sum.Add(paid)
	}
	return sum
}

// unbonding is what all entries of somebody at a pool are worth.
func (l *ledger) unbonding(who, operator harness.Name, asset string) suite.Int {
	sum := suite.Zero
	for _, bucket := range l.of(operator, asset).buckets {
		sum = sum.Add(bucket.worth(who))
	}
	return sum
}

// slash takes a penalty from a pool and from its buckets since the epoch of the infraction. It
// returns the magnitude and the tokens taken.
func (l *ledger) slash(operator harness.Name, asset string, penalty model.Penalty, since uint64) (suite.Int, suite.Int) {
	b := l.of(operator, asset)
	touched := []*shareholding{b.shareholding}
	for epoch, bucket := range b.buckets {
		if epoch >= since {
			touched = append(touched, bucket)
		}
	}
	parts := make([]model.Part, 0, len(touched))
	for _, part := range touched {
		parts = append(parts, part.part())
	}
	penalty.Magnitude = b.magnitude
	delta, seized := penalty.Delta(parts), suite.Zero
	for _, part := range touched {
		seized = seized.Add(part.lose(delta))
	}
	return delta, seized
}

// staked is everything of an asset that is in pools and buckets, or counted as dust.
func (l *ledger) staked(asset string) suite.Int {
	sum := l.dust[asset]
	for key, b := range l.books {
		if key.asset != asset {
			continue
		}
		sum = sum.Add(b.Tokens)
		for _, bucket := range b.buckets {
			sum = sum.Add(bucket.Tokens)
		}
	}
	return sum
}
