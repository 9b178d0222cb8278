package model

import (
	"time"

	"cosmossdk.io/math"
)

// precision is what an index counts for a unit of reward a share.
var precision = math.NewIntWithDecimal(1, 36)

// Index counts what one share, or one unit of weight, earned since it began.
type Index struct{ PerShare, Remainder Int }

// NewIndex begins at nothing.
func NewIndex() *Index { return &Index{Zero, Zero} }

// Pay divides an amount among so many shares. What the division leaves comes to the next.
func (i *Index) Pay(amount, shares Int) {
	due := amount.Mul(precision).Add(i.Remainder)
	i.PerShare = i.PerShare.Add(due.Quo(shares))
	i.Remainder = due.Mod(shares)
}

// Earned is what so many shares earned since the index was at a point.
func (i *Index) Earned(shares, since Int) Int { return floor(shares, i.PerShare.Sub(since), precision) }

// Periods divide time.
type Periods struct {
	Genesis time.Time
	Length  time.Duration
}

// Next is when the period of a moment ends.
func (p Periods) Next(at time.Time) time.Time {
	past := at.Sub(p.Genesis) / p.Length
	return p.Genesis.Add((past + 1) * p.Length)
}

// Stream is what flows to the holders of a pool: what arrives in a period flows evenly through the
// next one.
type Stream struct {
	Waiting, Flowing Int
	// until is when the flow ends, at the moment of the last touch.
	until, at time.Time
}

// NewStream is empty.
func NewStream() *Stream { return &Stream{Waiting: Zero, Flowing: Zero} }

// Advance lets flow until a moment, and returns what flowed since the last time. Somebody must have
// been there to earn it all the while.
func (s *Stream) Advance(now time.Time, periods Periods) Int {
	released := Zero
	if begins := periods.Next(s.at); s.Waiting.IsPositive() && !now.Before(begins) {
		released = s.flow(begins)
		s.Flowing, s.Waiting = s.Flowing.Add(s.Waiting), Zero
		s.until = begins.Add(periods.Length)
	}
	return released.Add(s.flow(now))
}

// flow lets a share of what flows go: that of the time gone in the time left.
func (s *Stream) flow(now time.Time) Int {
	before := s.at
	s.at = now
	if !now.Before(s.until) {
		released := s.Flowing
		s.Flowing = Zero
		return released
	}
	released := floor(s.Flowing, math.NewInt(int64(now.Sub(before))), math.NewInt(int64(s.until.Sub(before))))
	s.Flowing = s.Flowing.Sub(released)
	return released
}

// Apportion divides an amount by weights, to the unit.
func Apportion(amount Int, weights ...Int) []Int {
	sum := Zero
	for _, weight := range weights {
		sum = sum.Add(weight)
	}
	parts := make([]Int, len(weights))
	part := apportion(amount, sum)
	for i, weight := range weights {
		parts[i] = part(weight)
	}
	return parts
}

// Smaller is the smaller of two numbers.
func Smaller(a, b Int) Int { return math.MinInt(a, b) }
