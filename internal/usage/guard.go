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
	// known is then without what was approved since the last posting while
	// nothing was reported of it; seen is what the previews showed of the rest
	// of that, which is not posted yet.
	known, seen Decimal
	// first says that nothing of the line was posted yet.
	first bool
}

// guard returns the offences that stop a run, none if it may go on. Those that
// were confirmed, with the very quantity, count no more.
func guard(lines []guarded, confirmed []Offence) []Offence {
	var zero, growth []Offence
	posted := 0
	for _, l := range lines {
		if !l.first {
			posted++
		}
		o, base := Offence{Key: l.key, Was: l.was, Then: l.then}, l.was+l.seen
		switch {
		case l.was > 0 && l.then == 0:
			o.Code = GuardZero
			zero = append(zero, o)
		case l.known > guardTimes*base && l.known-base > Whole(guardGrowth):
			o.Code, o.Was = GuardGrowth, base
			growth = append(growth, o)
		}
	}
	if len(zero) < guardZeroLeast || len(zero)*guardZeroShare <= posted {
		zero = nil
	}
	return slices.DeleteFunc(append(zero, growth...), func(o Offence) bool { return isConfirmed(o, confirmed) })
}

// isConfirmed: the line was confirmed to go to zero, or to grow that far.
func isConfirmed(o Offence, confirmed []Offence) bool {
	return slices.ContainsFunc(confirmed, func(c Offence) bool { return c.Key == o.Key && c.Code == o.Code && o.Then <= c.Then })
}

// lineOf is a series as the guard looks at it; not ok if all of it was switched
// off by a person, or nothing of it is known: neither a posting nor a preview
// that was approved.
func lineOf(s Series, shares []Share, o Opening) (guarded, bool) {
	living := approved(shares)
	if last, _, _ := lastDay(shares); last != "" || len(living) == 0 {
		return guarded{}, false
	}
	g := guarded{key: s.Key, then: total(living, o.Date), first: s.PostedAt.IsZero()}
	if g.first && slices.ContainsFunc(s.Look.Attention, func(a Attention) bool { return a.Code.Stops() && a.Code != AwaitingApproval }) {
		return guarded{}, false // it is not posted for another reason, while usage grows
	}
	if !g.first {
		g.was, _ = s.posted(o.Date)
	}
	for _, x := range living {
		switch {
		case !x.Approved.After(s.PostedAt):
			g.known += Whole(x.in(o.Date))
		case x.seen != nil && x.living(o.Date):
			g.known += Whole(x.in(o.Date))
			g.seen += Whole(*x.seen)
		}
	}
	return g, true
}
