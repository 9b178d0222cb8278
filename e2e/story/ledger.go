package story

import (
	"maps"
	"slices"
	"time"

	"palisade/e2e/harness"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// pool names all stake of one asset behind one operator.
type pool struct {
	operator harness.Name
	asset    string
}

// tranche is a share pool with its holders.
type tranche struct {
	*model.SharePool
	holders map[harness.Name]suite.Int
}

func newTranche() *tranche {
	return &tranche{model.NewSharePool(), map[harness.Name]suite.Int{}}
}

func (t *tranche) shares(who harness.Name) suite.Int {
	if held, ok := t.holders[who]; ok {
		return held
	}
	return suite.Zero
}

func (t *tranche) join(who harness.Name, tokens suite.Int) {
	t.holders[who] = t.shares(who).Add(t.Join(tokens))
}

// worth is what somebody would be paid.
func (t *tranche) worth(who harness.Name) suite.Int { return t.Worth(t.shares(who)) }

// holding is active stake or a bucket: the stakers' tranche, and the operator's own.
type holding struct {
	operator       harness.Name
	senior, junior *tranche
	magnitude      suite.Int
}

func newHolding(operator harness.Name, magnitude suite.Int) *holding {
	return &holding{operator, newTranche(), newTranche(), magnitude}
}

func (h *holding) of(who harness.Name) *tranche {
	if who == h.operator {
		return h.junior
	}
	return h.senior
}

func (h *holding) tokens() suite.Int { return h.senior.Tokens.Add(h.junior.Tokens) }

func (h *holding) part() model.Part {
	return model.Part{Senior: h.senior.Tokens, Junior: h.junior.Tokens, Magnitude: h.magnitude}
}

// book is a pool with its buckets, and what flows to its holders.
type book struct {
	*holding
	buckets map[uint64]*holding
	flows   map[suite.Token]*flow
}

// promise is what an operator promised of one asset to one service.
type promise struct {
	slice suite.Int
	// borne is what penalties that tombstone took.
	borne model.Borne
}

// snapshot is what an operator counted with in an update, and the epoch that it was made in.
type snapshot struct {
	captured map[string]suite.Int
	epoch    uint64
}

// ledger is what the contracts should know, by the formulas alone.
type ledger struct {
	books map[pool]*book
	dust  map[string]suite.Int
	// firstLoss is the share of every loss that an operator's own stake bears first.
	firstLoss map[harness.Name]suite.Int
	promises  map[uint32]map[pool]*promise
	// counted is what each operator counts with for each service, as of the newest update.
	counted map[uint32]map[harness.Name]snapshot
	// seized is what was taken and not paid out yet, by asset and account.
	seized map[string]map[uint32]suite.Int
	// values are what each operator counted as for each service, at every sync.
	values map[uint32]map[harness.Name][]sample
	// purses are what the services paid, and commissions what operators are owed of it.
	purses      map[uint32]map[suite.Token]*purse
	commissions map[harness.Name]map[suite.Token]suite.Int
	// now is the time of the host's last transaction, and periods are those of rewards.
	now     func() time.Time
	periods model.Periods
}

func newLedger() *ledger {
	return &ledger{
		books:     map[pool]*book{},
		dust:      map[string]suite.Int{suite.Native: suite.Zero, suite.LST: suite.Zero},
		firstLoss: map[harness.Name]suite.Int{},
		promises:  map[uint32]map[pool]*promise{},
		counted:   map[uint32]map[harness.Name]snapshot{},
		seized:    map[string]map[uint32]suite.Int{suite.Native: {}, suite.LST: {}},

		values:      map[uint32]map[harness.Name][]sample{},
		purses:      map[uint32]map[suite.Token]*purse{},
		commissions: map[harness.Name]map[suite.Token]suite.Int{},
	}
}

func (l *ledger) of(operator harness.Name, asset string) *book {
	key := pool{operator, asset}
	if l.books[key] == nil {
		l.books[key] = &book{newHolding(operator, model.FullMagnitude), map[uint64]*holding{}, map[suite.Token]*flow{}}
	}
	return l.books[key]
}

func (l *ledger) deposit(who, operator harness.Name, asset string, units int64) {
	l.join(who, operator, asset, suite.IntOf(units))
}

func (l *ledger) join(who, operator harness.Name, asset string, units suite.Int) {
	b := l.of(operator, asset)
	l.settle(b, who)
	b.of(who).join(who, units)
}

func (l *ledger) worth(who, operator harness.Name, asset string) suite.Int {
	return l.of(operator, asset).of(who).worth(who)
}

// undelegate moves so many units, or everything where that is less, into the bucket of an epoch.
func (l *ledger) undelegate(who, operator harness.Name, asset string, units suite.Int, epoch uint64) {
	b := l.of(operator, asset)
	l.settle(b, who)
	from := b.of(who)
	paid := from.worth(who)
	if units.LT(paid) {
		paid = units
		from.holders[who] = from.shares(who).Sub(from.LeaveExact(units))
	} else {
		_, dust := from.Leave(from.shares(who))
		l.dust[asset] = l.dust[asset].Add(dust)
		delete(from.holders, who)
	}
	if b.buckets[epoch] == nil {
		b.buckets[epoch] = newHolding(operator, b.magnitude)
	}
	b.buckets[epoch].of(who).join(who, paid)
}

// claim pays everything that unbonds to its owner.
func (l *ledger) claim(who, operator harness.Name, asset string) suite.Int {
	sum := suite.Zero
	for _, bucket := range l.of(operator, asset).buckets {
		from := bucket.of(who)
		if _, ok := from.holders[who]; !ok {
			continue
		}
		paid, dust := from.Leave(from.shares(who))
		l.dust[asset] = l.dust[asset].Add(dust)
		delete(from.holders, who)
		sum = sum.Add(paid)
	}
	return sum
}

// unbonding is what all entries of somebody at a pool are worth.
func (l *ledger) unbonding(who, operator harness.Name, asset string) suite.Int {
	sum := suite.Zero
	for _, bucket := range l.of(operator, asset).buckets {
		sum = sum.Add(bucket.of(who).worth(who))
	}
	return sum
}

// promise is what an operator promised of an asset to a service.
func (l *ledger) promise(service uint32, operator harness.Name, asset string) *promise {
	if l.promises[service] == nil {
		l.promises[service] = map[pool]*promise{}
	}
	key := pool{operator, asset}
	if l.promises[service][key] == nil {
		l.promises[service][key] = &promise{suite.Zero, model.Borne{Tokens: suite.Zero, Magnitude: suite.Zero}}
	}
	return l.promises[service][key]
}

// count takes down what an operator counts with for a service in an update of an epoch. An operator
// of which nothing changed is in no new update. One that is out counts with nothing.
func (l *ledger) count(service uint32, operator harness.Name, maxSlash suite.Int, out bool, epoch uint64) {
	if l.counted[service] == nil {
		l.counted[service] = map[harness.Name]snapshot{}
	}
	l.earn(service, operator)
	now, changed := snapshot{map[string]suite.Int{}, epoch}, false
	before, known := l.counted[service][operator]
	for _, asset := range assets {
		b := l.of(operator, asset)
		now.captured[asset] = suite.Zero
		if !out {
			slice := l.promise(service, operator, asset).slice
			now.captured[asset] = model.Captured(b.tokens(), slice, b.magnitude, maxSlash)
		}
		changed = changed || !known || !now.captured[asset].Equal(before.captured[asset])
	}
	if changed {
		l.counted[service][operator] = now
	}
	l.sampled(service, operator, now.captured, epoch)
}

// power is what an operator counts as for a service.
func (l *ledger) power(service uint32, operator harness.Name) suite.Int {
	sum := suite.Zero
	for asset, captured := range l.counted[service][operator].captured {
		sum = sum.Add(model.Value(captured, rates[asset]))
	}
	return sum
}

// penalty is what a service takes of an operator for an infraction.
type penalty struct {
	service            uint32
	operator           harness.Name
	fraction, maxSlash suite.Int
	// then is what the operator counted with.
	then      snapshot
	tombstone bool
	// bounty is the share of who had it taken; zero for nobody.
	bounty suite.Int
}

// slash takes a penalty of one asset, from the active stake and from the buckets since the epoch of
// the update in force, and returns the tokens taken. The operator's own stake in older buckets bears
// for others: what it bore of that is the second result. (No bucket of the story matures before its last slash.)
func (l *ledger) slash(p penalty, asset string) (suite.Int, suite.Int) {
	b, promised := l.of(p.operator, asset), l.promise(p.service, p.operator, asset)
	l.flow(b)
	touched, parts := []*holding{b.holding}, []model.Part{b.part()}
	for _, epoch := range slices.Sorted(maps.Keys(b.buckets)) {
		bucket := b.buckets[epoch]
		part := bucket.part()
		part.ForOthers = epoch < p.then.epoch
		if part.ForOthers && (l.share(p.operator).IsZero() || bucket.junior.Tokens.IsZero()) {
			continue
		}
		touched, parts = append(touched, bucket), append(parts, part)
	}
	formula := model.Penalty{
		Fraction: p.fraction, MaxSlash: p.maxSlash, Captured: p.then.captured[asset],
		Slice: promised.slice, Magnitude: b.magnitude,
	}
	if p.tombstone {
		formula = formula.Beyond(promised.borne)
	}
	delta, seized, forOthers := formula.Delta(parts), suite.Zero, suite.Zero
	for i, loss := range model.Split(parts, delta, l.share(p.operator)) {
		touched[i].junior.Tokens = touched[i].junior.Tokens.Sub(loss.Junior)
		touched[i].senior.Tokens = touched[i].senior.Tokens.Sub(loss.Senior)
		if parts[i].ForOthers {
			forOthers = forOthers.Add(loss.Junior)
		} else {
			touched[i].magnitude = touched[i].magnitude.Sub(delta)
		}
		seized = seized.Add(loss.Junior).Add(loss.Senior)
	}
	promised.slice = promised.slice.Sub(delta)
	if p.tombstone {
		promised.borne.Tokens = promised.borne.Tokens.Add(seized)
		promised.borne.Magnitude = promised.borne.Magnitude.Add(delta)
	}
	bounty := model.Share(seized, p.bounty)
	l.book(asset, suite.Bounties, bounty)
	l.book(asset, p.service, seized.Sub(bounty))
	return seized, forOthers
}

func (l *ledger) share(operator harness.Name) suite.Int {
	if share, ok := l.firstLoss[operator]; ok {
		return share
	}
	return suite.Zero
}

func (l *ledger) book(asset string, account uint32, amount suite.Int) {
	l.seized[asset][account] = l.waiting(asset, account).Add(amount)
}

// waiting is what waits for its payout under an account.
func (l *ledger) waiting(asset string, account uint32) suite.Int {
	if amount, ok := l.seized[asset][account]; ok {
		return amount
	}
	return suite.Zero
}

// backing is what stands behind a slice: the stake that it can take, Weq * b / M, of the active stake
// and of the buckets since the epoch of the newest update.
func (l *ledger) backing(operator harness.Name, service uint32, asset string, slice suite.Int) suite.Int {
	b := l.of(operator, asset)
	sum := b.tokens()
	for epoch, bucket := range b.buckets {
		if epoch >= l.counted[service][operator].epoch {
			sum = sum.Add(bucket.tokens().Mul(b.magnitude).Quo(bucket.magnitude))
		}
	}
	return sum.Mul(slice).Quo(b.magnitude)
}

// staked is everything of an asset that is in pools and buckets, or counted as dust.
func (l *ledger) staked(asset string) suite.Int {
	sum := l.dust[asset]
	for key, b := range l.books {
		if key.asset != asset {
			continue
		}
		sum = sum.Add(b.tokens())
		for _, bucket := range b.buckets {
			sum = sum.Add(bucket.tokens())
		}
	}
	return sum
}
