package usage

import "slices"

// The guards of spec 5.9: a run stops as needs confirmation if more than a
// fifth of its lines, and at least three, would go to zero, or if a line would
// more than double and grow by more than fifty.
const (
	guardZeroShare = 5 // one in
	guardZeroLeast = 3
	guardTimes     = 2
	guardGrowth    = 50
)

// Offence is a line for which the guard stops a run.
type Offence struct {
	Key  SeriesKey `json:"key"`
	Code Code      `json:"code"`
	Was  Decimal   `json:"was"`
	Then Decimal   `json:"then"`
}

// guarded is a line as the guard looks at it: last posted and to be posted.
type guarded struct {
	key       SeriesKey
	was, then Decimal
	// known is then without what was approved since the last posting, which
	// a person has seen.
	known Decimal
}

// guard returns the offences that stop a run, none if it may go on. Those that
// were confirmed, with the very quantity, count no more.
func guard(lines []guarded, confirmed []Offence) []Offence {
	var zero, growth []Offence
	for _, l := range lines {
		o := Offence{Key: l.key, Was: l.was, Then: l.then}
		switch {
		case l.was > 0 && l.then == 0:
			o.Code = GuardZero
			zero = append(zero, o)
		case l.known > guardTimes*l.was && l.known-l.was > Whole(guardGrowth):
			o.Code = GuardGrowth
			growth = append(growth, o)
		}
	}
	if len(zero) < guardZeroLeast || len(zero)*guardZeroShare <= len(lines) {
		zero = nil
	}
	return slices.DeleteFunc(append(zero, growth...), func(o Offence) bool { return isConfirmed(o, confirmed) })
}

// isConfirmed: the line was confirmed to go to zero, or to grow that far.
func isConfirmed(o Offence, confirmed []Offence) bool {
	return slices.ContainsFunc(confirmed, func(c Offence) bool { return c.Key == o.Key && c.Code == o.Code && o.Then <= c.Then })
}

// lineOf is a series as the guard looks at it; not ok if no line of it was
// posted, since a first posting is approved by a person, or if all of it was
// switched off by one.
func lineOf(s Series, shares []Share, o Opening) (guarded, bool) {
	was, posted := s.posted(o.Date)
	if last, _, _ := lastDay(shares); last != "" || s.PostedAt.IsZero() || len(shares) == 0 {
		return guarded{}, false
	}
	if !posted {
		was = 0
	}
	living := approved(shares)
	known := slices.DeleteFunc(slices.Clone(living), func(x Share) bool { return x.Approved.After(s.PostedAt) })
	return guarded{key: s.Key, was: was, then: total(living, o.Date), known: total(known, o.Date)}, true
}
