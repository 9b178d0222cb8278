// Package model is the formulas of the design, written down a second time: what the contracts do
// on the chain is held against them to the unit.
package model

import "cosmossdk.io/math"

// Int is a number of any size.
type Int = math.Int

// Zero is nothing.
var Zero = math.ZeroInt()

// virtualShares keep a first deposit from setting the price of a share.
var virtualShares = math.NewInt(1_000_000)

// one is a fraction of 1, at the 18 decimals that the contracts count with.
var one = math.NewIntWithDecimal(1, 18)

// FullMagnitude is that of a pool that was never slashed.
var FullMagnitude = math.NewIntWithDecimal(1, 18)

// SharePool is a pool or a bucket: so many tokens, of which holders have shares.
type SharePool struct{ Tokens, Shares Int }

// NewSharePool is empty.
func NewSharePool() *SharePool { return &SharePool{Zero, Zero} }

// Join pays tokens in, and returns the shares for them.
func (p *SharePool) Join(tokens Int) Int {
	shares := floor(tokens, p.Shares.Add(virtualShares), p.Tokens.AddRaw(1))
	p.Tokens = p.Tokens.Add(tokens)
	p.Shares = p.Shares.Add(shares)
	return shares
}

// Worth is what so many shares would be paid.
func (p *SharePool) Worth(shares Int) Int {
	return math.MinInt(floor(shares, p.Tokens.AddRaw(1), p.Shares.Add(virtualShares)), p.Tokens)
}

// Leave pays all of a holder's shares, and returns the tokens, and the dust that nobody holds
// shares of any more.
func (p *SharePool) Leave(shares Int) (Int, Int) {
	return p.release(shares, p.Worth(shares))
}

// LeaveExact pays so many tokens of a holder's shares, and returns the shares that it cost.
func (p *SharePool) LeaveExact(tokens Int) Int {
	burnt := ceil(tokens, p.Shares.Add(virtualShares), p.Tokens.AddRaw(1))
	p.release(burnt, tokens)
	return burnt
}

func (p *SharePool) release(shares, paid Int) (Int, Int) {
	p.Tokens = p.Tokens.Sub(paid)
	p.Shares = p.Shares.Sub(shares)
	dust := Zero
	if p.Shares.LT(virtualShares) || p.Tokens.IsZero() {
		dust = p.Tokens
		p.Tokens, p.Shares = Zero, Zero
	}
	return paid, dust
}

// Part is stake that a penalty touches: the active stake of a pool, or an eligible bucket. Of its
// tokens Junior are the operator's own, Senior those of its stakers.
type Part struct {
	Senior, Junior, Magnitude Int
	// ForOthers: it did not count at the infraction, and loses nothing of its own, but its junior
	// tokens bear for others what was agreed.
	ForOthers bool
}

// Loss is what both tranches of a part lose.
type Loss struct{ Senior, Junior Int }

// Penalty is what is to be punished in one asset. Fractions are in units of 10^-18.
type Penalty struct {
	Fraction, MaxSlash Int
	// Captured is what the operator counted with at the infraction, Slice what the service may take.
	Captured, Slice Int
	// Magnitude is the pool's.
	Magnitude Int
}

// Delta is the magnitude that a penalty takes: min(b, ceil(p * min(b / m, c * M / Weq))).
func (p Penalty) Delta(parts []Part) Int {
	equivalent := Zero
	for _, part := range parts {
		if part.ForOthers {
			continue
		}
		equivalent = equivalent.Add(ceil(part.Senior.Add(part.Junior), p.Magnitude, part.Magnitude))
	}
	if equivalent.IsZero() {
		return Zero
	}
	bySlice := ceil(p.Fraction, p.Slice, p.MaxSlash)
	byStake := ceil(p.Fraction.Mul(p.Captured), p.Magnitude, one.Mul(equivalent))
	return math.MinInt(math.MinInt(bySlice, byStake), math.MinInt(p.Slice, p.Magnitude))
}

// Split is what the parts lose by a delta. Each tranche of each would lose
// ceil(tokens * delta / magnitude). Of the sum L of that, the junior ones bear
// min(J, L, max(their own, ceil(firstLoss * L))), and the senior ones the rest.
func Split(parts []Part, delta, firstLoss Int) []Loss {
	losses := make([]Loss, len(parts))
	nominal := make([]Loss, len(parts))
	junior, senior, room := Zero, Zero, Zero
	for i, part := range parts {
		nominal[i] = Loss{Senior: part.nominal(part.Senior, delta), Junior: part.nominal(part.Junior, delta)}
		junior, senior = junior.Add(nominal[i].Junior), senior.Add(nominal[i].Senior)
		room = room.Add(part.Junior.Sub(nominal[i].Junior))
	}
	all := junior.Add(senior)
	agreed := math.MinInt(ceil(firstLoss, all, one), all)
	extra := math.MinInt(math.MaxInt(agreed.Sub(junior), Zero), room)
	rest := senior.Sub(extra)

	// What is borne for others is shared by what is left of each junior part, the rest by the nominal
	// losses of the senior ones; to the unit, as the sums up to each part say.
	toJunior, toSenior := apportion(extra, room), apportion(rest, senior)
	for i, part := range parts {
		losses[i].Junior = nominal[i].Junior.Add(toJunior(part.Junior.Sub(nominal[i].Junior)))
		losses[i].Senior = toSenior(nominal[i].Senior)
	}
	return losses
}

func (p Part) nominal(tokens, delta Int) Int {
	if p.ForOthers {
		return Zero
	}
	return math.MinInt(ceil(tokens, delta, p.Magnitude), tokens)
}

// apportion gives an amount away by weights that add up to a sum, one after the other.
func apportion(amount, sum Int) func(weight Int) Int {
	before, given := Zero, Zero
	return func(weight Int) Int {
		if sum.IsZero() {
			return Zero
		}
		before = before.Add(weight)
		due := floor(amount, before, sum)
		part := due.Sub(given)
		given = due
		return part
	}
}

// Borne is what penalties that are borne once, as the largest, took so far of one asset.
type Borne struct{ Tokens, Magnitude Int }

// Beyond is the penalty as far as it exceeds what was borne: of the captured tokens those that
// were punished already, floor(tokens / p), are left out, and of the slice what the former
// penalties took of it in place of this one, floor(magnitude * (m - p) / p).
func (p Penalty) Beyond(borne Borne) Penalty {
	p.Captured = math.MaxInt(p.Captured.Sub(floor(borne.Tokens, one, p.Fraction)), Zero)
	p.Slice = math.MaxInt(p.Slice.Sub(floor(borne.Magnitude, p.MaxSlash.Sub(p.Fraction), p.Fraction)), Zero)
	return p
}

// Share is a share of an amount, rounded down.
func Share(amount, share Int) Int { return floor(amount, share, one) }

// Captured is what an operator counts with: floor(T * min(1, b / (M * m))).
func Captured(tokens, slice, magnitude, maxSlash Int) Int {
	needed := magnitude.Mul(maxSlash)
	promised := slice.Mul(one)
	if promised.GTE(needed) {
		return tokens
	}
	return floor(tokens, promised, needed)
}

// Value is what tokens count for at a rate.
func Value(tokens, rate Int) Int { return floor(tokens, rate, one) }

// Fraction reads a decimal, in units of 10^-18.
func Fraction(decimal string) Int {
	return math.NewIntFromBigInt(math.LegacyMustNewDecFromStr(decimal).BigInt())
}

func floor(a, b, c Int) Int { return a.Mul(b).Quo(c) }

func ceil(a, b, c Int) Int { return a.Mul(b).Add(c.SubRaw(1)).Quo(c) }
