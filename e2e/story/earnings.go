package story

import (
	"slices"
	"time"

	"palisade/e2e/harness"
	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// sample is what an operator counted as for a service, by asset, at a sync of an epoch.
type sample struct {
	epoch  uint64
	values map[string]suite.Int
}

// purse is what a service pays in one token.
type purse struct {
	*model.Index
	paid, harvested suite.Int
	// since is up to where each operator was settled, and earned what it has of it, by asset.
	since  map[harness.Name]suite.Int
	earned map[harness.Name]map[string]suite.Int
}

// flow is what flows to the holders of a pool in one token, with an index for each tranche.
type flow struct {
	*model.Stream
	senior, junior *model.Index
	// since is up to where each holder was settled, and owed what it can claim.
	since, owed map[harness.Name]suite.Int
}

// at is what a map of numbers has under a key, or zero.
func at[K comparable](numbers map[K]suite.Int, key K) suite.Int {
	if number, ok := numbers[key]; ok {
		return number
	}
	return suite.Zero
}

func (f *flow) of(h *holding, who harness.Name) *model.Index {
	if who == h.operator {
		return f.junior
	}
	return f.senior
}

// sampled takes down what an operator counts as at a sync.
func (l *ledger) sampled(service uint32, operator harness.Name, captured map[string]suite.Int, epoch uint64) {
	if l.values[service] == nil {
		l.values[service] = map[harness.Name][]sample{}
	}
	now := sample{epoch, map[string]suite.Int{}}
	for asset, tokens := range captured {
		now.values[asset] = model.Value(tokens, rates[asset])
	}
	l.values[service][operator] = append(l.values[service][operator], now)
}

// weights are by what an operator earns at a service: of each asset the smaller of what it counted as
// at its last sync and at its last one in an earlier epoch.
func (l *ledger) weights(service uint32, operator harness.Name) []suite.Int {
	samples := l.values[service][operator]
	weights := make([]suite.Int, len(assets))
	for i, asset := range assets {
		weights[i] = suite.Zero
		if len(samples) == 0 {
			continue
		}
		last := samples[len(samples)-1]
		for n := len(samples) - 1; n >= 0; n-- {
			if samples[n].epoch < last.epoch {
				weights[i] = model.Smaller(samples[n].values[asset], last.values[asset])
				break
			}
		}
	}
	return weights
}

// weight is the sum of an operator's weights.
func (l *ledger) weight(service uint32, operator harness.Name) suite.Int {
	return sum(l.weights(service, operator))
}

func sum(numbers []suite.Int) suite.Int {
	all := suite.Zero
	for _, number := range numbers {
		all = all.Add(number)
	}
	return all
}

func (l *ledger) purse(service uint32, token suite.Token) *purse {
	if l.purses[service] == nil {
		l.purses[service] = map[suite.Token]*purse{}
	}
	if l.purses[service][token] == nil {
		l.purses[service][token] = &purse{
			Index: model.NewIndex(), paid: suite.Zero, harvested: suite.Zero,
			since: map[harness.Name]suite.Int{}, earned: map[harness.Name]map[string]suite.Int{},
		}
	}
	return l.purses[service][token]
}

// pay divides a payment among the operators of a service, by weight.
func (l *ledger) pay(service uint32, token suite.Token, amount int64) {
	total := suite.Zero
	for _, operator := range operators {
		total = total.Add(l.weight(service, operator))
	}
	p := l.purse(service, token)
	p.Pay(suite.IntOf(amount), total)
	p.paid = p.paid.Add(suite.IntOf(amount))
}

// earn credits an operator of a service with what it earned until now: before its weight changes.
func (l *ledger) earn(service uint32, operator harness.Name) {
	weights := l.weights(service, operator)
	for _, p := range l.purses[service] {
		due := p.Earned(sum(weights), at(p.since, operator))
		p.since[operator] = p.PerShare
		if p.earned[operator] == nil {
			p.earned[operator] = map[string]suite.Int{}
		}
		for i, part := range model.Apportion(due, weights...) {
			p.earned[operator][assets[i]] = at(p.earned[operator], assets[i]).Add(part)
		}
	}
}

// harvest sends what an operator earned on to its pools, less commission.
func (l *ledger) harvest(service uint32, operator harness.Name, token suite.Token) {
	l.earn(service, operator)
	p := l.purse(service, token)
	for _, asset := range assets {
		part := at(p.earned[operator], asset)
		p.harvested = p.harvested.Add(part)
		kept := model.Share(part, commission)
		if l.commissions[operator] == nil {
			l.commissions[operator] = map[suite.Token]suite.Int{}
		}
		l.commissions[operator][token] = at(l.commissions[operator], token).Add(kept)
		l.push(l.of(operator, asset), token, part.Sub(kept))
	}
	p.earned[operator] = map[string]suite.Int{}
}

// push lets an amount wait for the next period of a pool.
func (l *ledger) push(b *book, token suite.Token, amount suite.Int) {
	f := b.flows[token]
	if f == nil {
		f = &flow{
			Stream: model.NewStream(), senior: model.NewIndex(), junior: model.NewIndex(),
			since: map[harness.Name]suite.Int{}, owed: map[harness.Name]suite.Int{},
		}
		b.flows[token] = f
	}
	l.advance(b, f, l.now())
	f.Waiting = f.Waiting.Add(amount)
}

// advance has flown what was to flow until a moment: to both tranches by their tokens, the junior one
// first.
func (l *ledger) advance(b *book, f *flow, now time.Time) {
	flown := f.Advance(now, l.periods)
	if flown.IsZero() {
		return
	}
	parts := model.Apportion(flown, b.junior.Tokens, b.senior.Tokens)
	for i, tranche := range []struct {
		*model.Index
		shares suite.Int
	}{{f.junior, b.junior.Shares}, {f.senior, b.senior.Shares}} {
		if parts[i].IsPositive() {
			tranche.Pay(parts[i], tranche.shares)
		}
	}
}

// flow brings all that flows to a pool up to now: before its tokens or shares change.
func (l *ledger) flow(b *book) {
	for _, f := range b.flows {
		l.advance(b, f, l.now())
	}
}

// settle credits somebody with what it earned at a pool until now: before its position changes.
func (l *ledger) settle(b *book, who harness.Name) {
	l.flow(b)
	shares := b.of(who).shares(who)
	for _, f := range b.flows {
		index := f.of(b.holding, who)
		f.owed[who] = at(f.owed, who).Add(index.Earned(shares, at(f.since, who)))
		f.since[who] = index.PerShare
	}
}

// peek is a flow as it is now, without a change of what is kept of it: asking and claiming change
// nothing of a pool, not even where its roundings fall.
func (l *ledger) peek(b *book, f *flow) *flow {
	stream, senior, junior := *f.Stream, *f.senior, *f.junior
	now := &flow{Stream: &stream, senior: &senior, junior: &junior, since: f.since, owed: f.owed}
	l.advance(b, now, l.now())
	return now
}

// claimable is what somebody can claim of a token at a pool.
func (l *ledger) claimable(who, operator harness.Name, asset string, token suite.Token) suite.Int {
	b := l.of(operator, asset)
	f := b.flows[token]
	if f == nil {
		return suite.Zero
	}
	earned := l.peek(b, f).of(b.holding, who).Earned(b.of(who).shares(who), at(f.since, who))
	return at(f.owed, who).Add(earned)
}

// claimed takes all that somebody can claim of some tokens out, and returns it by operator.
func (l *ledger) claimed(who harness.Name, tokens ...suite.Token) map[harness.Name]map[suite.Token]suite.Int {
	all := map[harness.Name]map[suite.Token]suite.Int{}
	for _, operator := range operators {
		all[operator] = map[suite.Token]suite.Int{}
		for _, token := range tokens {
			all[operator][token] = suite.Zero
		}
		for _, asset := range assets {
			if !l.anything(who, operator, asset, tokens) {
				continue
			}
			// Of this pool everything is settled, and what is claimed is taken out.
			b := l.of(operator, asset)
			for token, f := range b.flows {
				f.owed[who] = l.claimable(who, operator, asset, token)
				f.since[who] = l.peek(b, f).of(b.holding, who).PerShare
				if slices.Contains(tokens, token) {
					all[operator][token] = all[operator][token].Add(f.owed[who])
					f.owed[who] = suite.Zero
				}
			}
		}
	}
	return all
}

// anything tells whether somebody can claim any of some tokens at a pool.
func (l *ledger) anything(who, operator harness.Name, asset string, tokens []suite.Token) bool {
	for _, token := range tokens {
		if l.claimable(who, operator, asset, token).IsPositive() {
			return true
		}
	}
	return false
}

// flowing is what flows to a pool in a token, or waits to, as it was when the pool last changed.
func (l *ledger) flowing(operator harness.Name, asset string, token suite.Token) suite.Int {
	f := l.of(operator, asset).flows[token]
	if f == nil {
		return suite.Zero
	}
	return f.Waiting.Add(f.Flowing)
}
