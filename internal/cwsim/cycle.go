package cwsim

// cycle is how the periods of an agreement follow each other: a length in months or days, and a day on which one begins.
// The first one begins with the billing start and may be short.
type cycle struct {
	months, days  int
	anchor, first stamp
}

// cycleLength is the length that a billing option stands for; both are 0 for what does not recur.
func cycleLength(option string) (months, days int) {
	switch option {
	case "Monthly":
		return 1, 0
	case "BiMonthly":
		return 2, 0
	case "Quarterly":
		return 3, 0
	case "SemiAnnual":
		return 6, 0
	case "Yearly":
		return 12, 0
	case "Weekly":
		return 0, 7
	case "BiWeekly":
		return 0, 14
	}
	return 0, 0
}

// calendarAnchor is the 1st of January 2000: months, quarters and years of the calendar begin with it.
const calendarAnchor = stamp(946684800)

func (c cycle) recurs() bool { return c.months+c.days > 0 }

// begin is the first day of the period that a day is in.
func (c cycle) begin(d stamp) stamp {
	if d <= c.first || !c.recurs() {
		return c.first
	}
	return max(c.nth(c.number(d)), c.first)
}

// following is the first day of the period after the one that a day is in.
func (c cycle) following(d stamp) stamp { return c.nth(c.number(max(d, c.first)) + 1) }

func (c cycle) nth(n int) stamp {
	if c.days > 0 {
		return c.anchor.add(n * c.days)
	}
	return c.anchor.months(n * c.months)
}

// number counts periods from the anchor.
func (c cycle) number(d stamp) int {
	n := int(d-c.anchor) / daySeconds / max(c.days, c.months*31) // not far off
	for c.nth(n) > d {
		n--
	}
	for c.nth(n+1) <= d {
		n++
	}
	return n
}

// span is a range of days, both ends in it.
type span struct{ from, through stamp }

func (s span) days() int { return int(s.through-s.from)/daySeconds + 1 }

// common is what two spans share; it has no days if they share nothing.
func (s span) common(o span) span { return span{max(s.from, o.from), min(s.through, o.through)} }
