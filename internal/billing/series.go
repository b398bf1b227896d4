package billing

import "slices"

// series is all lines of one product on one agreement: ours and others'.
type series struct {
	key   Key
	lines []*line
	held  bool
	left  bool
	// notBefore is the boundary after the periods that the server refused.
	notBefore Day
	// why the last posting did nothing.
	why Why
	// wanted is what the last posting would have billed for an open period,
	// had nothing stopped it.
	wanted map[Day]need
}

// need is what was used, and why it was not posted so.
type need struct {
	quantity int
	why      Why
}

// line is an addition.
type line struct {
	id            int
	ours          bool
	from, through Day
	// set is the end that we set.
	set      Day
	quantity int
	included int
	price    float64
	prorate  string // as Placed says
	void     bool
	deleted  bool
	accepted bool // a deletion that a person meant
	billed   []span
	touched  bool // by hand, since the last posting
}

func (s *series) everOurs() bool {
	return slices.ContainsFunc(s.lines, func(l *line) bool { return l.ours })
}

// standing are lines that are there, ours or others', void ones left out.
func (s *series) standing(ours bool) []*line {
	return slices.DeleteFunc(slices.Clone(s.lines), func(l *line) bool { return l.ours != ours || l.deleted || l.void })
}

func (s *series) decide(d Decision) {
	switch d {
	case Hold:
		s.held = true
	case Release:
		s.held, s.left = false, false
	case Leave:
		s.left = true
	case TakeOver:
		for _, l := range s.standing(false) {
			l.ours, l.set = true, l.through
		}
		s.left = false
	case Resume:
		for _, l := range s.lines {
			if l.ours {
				l.accepted, l.set = l.accepted || l.deleted, l.through
			}
		}
	}
}

// edit is what a person does to our line that bills a day.
func (s *series) edit(e Edited) {
	for _, l := range s.standing(true) {
		if l.from > e.On || l.through < e.On {
			continue
		}
		l.touched = true
		switch e.What {
		case "quantity":
			l.quantity = e.Quantity
		case "end":
			l.through = e.Through
		case "delete":
			l.deleted = true
		}
		return
	}
}

// stops is why nothing is posted for the period that begins on open.
func (s *series) stops(shares []share, open Day) Why {
	for _, l := range s.lines {
		switch {
		case !l.ours || l.void || l.set < open && l.through < open:
		case l.deleted && !l.accepted && l.set >= open:
			return LineVanished
		case !l.deleted && l.through != l.set:
			return EndChanged
		}
	}
	others := slices.ContainsFunc(s.standing(false), func(l *line) bool { return l.through >= open })
	approved := slices.ContainsFunc(shares, func(x share) bool { return x.approved })
	switch {
	case s.held:
		return Held
	case others && s.left:
		return LeftToOthers
	case others:
		return OtherLines
	case !approved && len(shares) > 0:
		return Unapproved
	case slices.ContainsFunc(shares, func(x share) bool {
		return x.approved && x.tenant.report == nil && x.lives(open) && x.route.until == 0 && x.tenant.removed == 0
	}):
		return Unreported
	}
	return ""
}

func (b *Books) place(e Placed) {
	b.lines++
	through := e.Through
	if through == 0 {
		through = Forever
	}
	s := b.at(e.Key)
	s.lines = append(s.lines, &line{
		id: b.lines, from: e.From, through: through, quantity: e.Quantity, included: e.Included, price: e.Price,
		prorate: e.Prorate,
	})
}

func (b *Books) postOne(s *series, all []share, today Day) {
	open, why := b.opening(s.key.Agreement, today)
	if s.why = why; why != "" {
		for d := range s.wanted {
			open = max(open, d)
		}
		s.want(all, open, why)
		return
	}
	refused := s.notBefore > open
	open = max(open, s.notBefore)
	if s.why = s.stops(all, open); s.why == "" {
		s.why = b.bill(s, all, &open)
	}
	why = s.why
	if why == "" && refused {
		why = OtherPeriod
	}
	s.want(all, open, why)
	for _, l := range s.lines {
		l.touched = l.touched && (l.from != open || s.why != "")
	}
}

// want notes what the period should be billed.
func (s *series) want(all []share, open Day, why Why) {
	n := need{why: why}
	for _, x := range all {
		n.quantity += x.count(open)
		if !x.approved && why == "" {
			n.why = Unapproved
		}
	}
	s.wanted[open] = n
	for d := range s.wanted { // what is open again is not ahead any more
		if d > open {
			delete(s.wanted, d)
		}
	}
}

// bill makes the lines what they should be from the open day on.
func (b *Books) bill(s *series, all []share, open *Day) Why {
	sum, last := 0, Day(0)
	zero, leave := true, true
	for _, x := range all {
		if !x.approved {
			continue
		}
		sum += x.count(*open)
		until := x.route.until
		if until == 0 {
			until = Forever
		}
		last = max(last, until-1)
		zero, leave = zero && x.route.off == "zero", leave && x.route.off == "leave"
	}
	switch {
	case last == 0: // nothing was ever used here
		return b.write(s, sum, Forever, open)
	case leave:
		return LeftOpen
	case zero || last == Forever-1:
		last = Forever
	}
	return b.write(s, sum, last, open)
}

// write is the rule of lines: one that begins with the period is changed; one
// that began earlier ends the day before, and a new one begins.
func (b *Books) write(s *series, sum int, last Day, open *Day) Why {
	ours := s.standing(true)
	for _, l := range ours {
		if l.from == *open {
			return b.change(l, sum, last)
		}
	}
	if l := unchanged(ours, sum, *open); b.OnChange && l != nil {
		if last == Forever {
			return ""
		}
		return b.change(l, sum, last)
	}
	fresh := heir(ours, *open)
	if sum > 0 && *open < b.payer(s.key.Agreement).Next && !b.prorates(s, &fresh, span{*open, *open}) && b.answers(OnlyAhead) {
		*open = b.accounts[s.key.Agreement].after(*open)
		s.notBefore = *open
		return b.write(s, sum, last, open)
	}
	return b.succeed(s, ours, sum, span{*open, last})
}

// unchanged is the one line that bills the open day with that quantity, if
// there is one.
func unchanged(ours []*line, sum int, open Day) *line {
	live := slices.DeleteFunc(slices.Clone(ours), func(l *line) bool { return l.from > open || l.through < open })
	if len(live) == 1 && live[0].quantity == sum && sum > 0 {
		return live[0]
	}
	return nil
}

// heir is a line from a day on that says what the line before it says.
func heir(ours []*line, from Day) line {
	out := line{from: from}
	for _, l := range ours {
		if l.from <= from {
			out.prorate = l.prorate
		}
	}
	return out
}

// prorates: a line is billed by the day in a period.
func (b *Books) prorates(s *series, l *line, period span) bool {
	is := b.accounts[s.key.Agreement].Prorate
	if l.prorate == "" || is == (l.prorate == "yes") || l.from < period.from || l.from > period.through {
		return is
	}
	return is != b.answers(FlagOutweighs)
}

// succeed ends the lines before a day and makes the next one, on the terms of
// the last. Nothing used makes no line.
func (b *Books) succeed(s *series, ours []*line, sum int, days span) Why {
	fresh := &line{ours: true, from: days.from, through: days.through, quantity: sum, price: b.prices[s.key.Product]}
	for _, l := range ours {
		if l.from > days.from {
			fresh.through = min(fresh.through, l.from-1)
			continue
		}
		fresh.price, fresh.included, fresh.prorate = l.price, l.included, l.prorate
		if l.through < days.from {
			continue
		}
		if len(l.billed) > 0 && b.answers(BilledFixed) {
			return Refused
		}
		l.through, l.set = days.from-1, days.from-1
	}
	if sum > 0 {
		b.lines++
		fresh.id, fresh.set = b.lines, fresh.through
		s.lines = append(s.lines, fresh)
	}
	return ""
}

func (b *Books) change(l *line, sum int, last Day) Why {
	through := l.through
	if last != Forever {
		through = last
	}
	void := through < l.from
	if void {
		sum, through = 0, l.from
	}
	other, end := sum != l.quantity, through != l.through
	if len(l.billed) > 0 && (other || end) && (b.answers(BilledFixed) || other && b.answers(BilledEndsOnly)) {
		return Refused
	}
	l.quantity, l.through, l.set, l.void = sum, through, through, void
	return ""
}
