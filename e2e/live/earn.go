package live

import (
	"slices"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// sample is what an operator counted as at a sync of an epoch, by asset.
type sample struct {
	epoch  uint64
	values map[string]Int
}

// flow is what flows to the holders of a pool in one token.
type flow struct {
	*model.Stream
	senior, junior *model.Index
	// since is up to where each holder was settled, and owed what it can claim of the time before.
	since, owed map[string]Int
}

func (f *flow) of(b *book, who string) *model.Index {
	if who == b.operator {
		return f.junior
	}
	return f.senior
}

func (l *ledger) sampled(operator string, now snapshot) {
	values := map[string]Int{}
	for asset, tokens := range now.captured {
		values[asset] = l.value(asset, tokens)
	}
	// now.epoch is that of this sync, whether or not the operator was in its update.
	l.samples[operator] = append(l.samples[operator], sample{now.epoch, values})
}

// weights are by what an operator earns: of each asset the smaller of what it counted as at its last
// sync and at its last one in an earlier epoch.
func (l *ledger) weights(operator string) []Int {
	samples, weights := l.samples[operator], make([]Int, len(l.assets))
	for i, asset := range l.assets {
		weights[i] = zero
		for n := len(samples) - 2; n >= 0; n-- {
			if last := samples[len(samples)-1]; samples[n].epoch < last.epoch {
				weights[i] = model.Smaller(at(samples[n].values, asset), at(last.values, asset))
				break
			}
		}
	}
	return weights
}

func (l *ledger) weight(operator string) Int { return sum(l.weights(operator)) }

func sum(numbers []Int) Int {
	all := zero
	for _, number := range numbers {
		all = all.Add(number)
	}
	return all
}

// earned divides a payment among operators by weight, and each one's part by asset. No weight may
// change between the payment and its harvest.
func (l *ledger) earned(index *model.Index, operator string) []Int {
	return model.Apportion(index.Earned(l.weight(operator), zero), l.weights(operator)...)
}

// harvest sends what an operator earned of a payment to its pools, less commission, which it returns.
func (l *ledger) harvest(index *model.Index, operator string, token suite.Token, now time.Time) Int {
	if l.owed[operator] == nil {
		l.owed[operator] = map[suite.Token]Int{}
	}
	for i, part := range l.earned(index, operator) {
		kept := model.Share(part, l.commission)
		l.owed[operator][token] = at(l.owed[operator], token).Add(kept)
		if part.IsPositive() {
			l.push(l.of(operator, l.assets[i]), token, part.Sub(kept), now)
		}
	}
	return l.owed[operator][token]
}

// push lets an amount wait for the next reward period of a pool.
func (l *ledger) push(b *book, token suite.Token, amount Int, now time.Time) {
	if b.flows[token] == nil {
		b.flows[token] = &flow{model.NewStream(), model.NewIndex(), model.NewIndex(), map[string]Int{}, map[string]Int{}}
	}
	f := b.flows[token]
	l.advance(b, f, now)
	f.Waiting = f.Waiting.Add(amount)
}

// advance lets flow what was to flow until now: to both tranches by their tokens, the junior one
// first.
func (l *ledger) advance(b *book, f *flow, now time.Time) {
	flown := f.Advance(now, model.Periods{Genesis: l.genesis, Length: l.reward})
	if flown.IsZero() {
		return
	}
	parts := model.Apportion(flown, b.junior.Tokens, b.senior.Tokens)
	for i, side := range []struct {
		*model.Index
		*tranche
	}{{f.junior, b.junior}, {f.senior, b.senior}} {
		if parts[i].IsPositive() {
			side.Pay(parts[i], side.Shares)
		}
	}
}

// flow brings all that flows to a pool up to now: before its tokens or shares change.
func (l *ledger) flow(b *book, now time.Time) {
	for _, f := range b.flows {
		l.advance(b, f, now)
	}
}

// settle credits somebody with what it earned at a pool until now: before its position changes.
func (l *ledger) settle(b *book, who string, now time.Time) {
	l.flow(b, now)
	shares := at(b.of(who).holders, who)
	for _, f := range b.flows {
		index := f.of(b, who)
		f.owed[who] = at(f.owed, who).Add(index.Earned(shares, at(f.since, who)))
		f.since[who] = index.PerShare
	}
}

// peek is a flow as it will be at a moment. A claim changes nothing of a pool, not even where its
// roundings fall, so what is kept stays as it is.
func (l *ledger) peek(b *book, f *flow, now time.Time) *flow {
	stream, senior, junior := *f.Stream, *f.senior, *f.junior
	then := &flow{&stream, &senior, &junior, f.since, f.owed}
	l.advance(b, then, now)
	return then
}

// claimable is what somebody can claim of a token at a pool.
func (l *ledger) claimable(who string, b *book, token suite.Token, now time.Time) Int {
	f := b.flows[token]
	if f == nil {
		return zero
	}
	index := l.peek(b, f, now).of(b, who)
	return at(f.owed, who).Add(index.Earned(at(b.of(who).holders, who), at(f.since, who)))
}

// claimRewards takes all that somebody can claim of a token out, of some pools or of all, and returns
// it by operator.
func (l *ledger) claimRewards(who string, token suite.Token, now time.Time, of ...pool) map[string]Int {
	all := map[string]Int{}
	for key, b := range l.books {
		due := l.claimable(who, b, token, now)
		if due.IsZero() || len(of) > 0 && !slices.Contains(of, key) {
			continue
		}
		// Of a pool that pays, everything is settled.
		for other, f := range b.flows {
			f.owed[who] = l.claimable(who, b, other, now)
			f.since[who] = l.peek(b, f, now).of(b, who).PerShare
		}
		b.flows[token].owed[who] = zero
		all[b.operator] = at(all, b.operator).Add(due)
	}
	return all
}
