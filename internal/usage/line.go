package usage

// post is the rule about lines (spec 5.5). A line of ours that begins on the
// date is updated in quantity only. A line that began earlier is frozen: its
// period is invoiced, or it is not the open one. Otherwise the new period's
// line is made and the earlier one ends the day before.
func (p *SeriesPlan) post(in seriesInput, v view) {
	sum := total(approved(in.shares), p.Date)
	last, zeroed, left := lastDay(approved(in.shares))
	if left || len(approved(in.shares)) == 0 && len(in.shares) > 0 {
		if left && len(v.earlier(p.Next)) > 0 {
			p.note(*attention(LeftOpen))
		}
		return
	}
	current := v.at(p.Date)
	switch {
	case len(current) > 0:
		p.update(current[0], sum, last, zeroed)
	case sum == 0:
		p.end(v, p.Date.AddDays(-1), ReasonNothing)
	case in.policy == OnChange && unchanged(v.earlier(p.Date), sum):
		if last != "" && !zeroed {
			p.end(v, last, ReasonOff)
		}
	default:
		p.create(in, v, sum, last)
	}
}

// unchanged: one line bills the date, and with that quantity.
func unchanged(lines []mine, sum Decimal) bool {
	return len(lines) == 1 && lines[0].now.Quantity == sum
}

// update sets the open line's quantity if it differs. A series that is over
// ends with it: on its last day, or, where that was before the line began, as
// a line that was one too many.
func (p *SeriesPlan) update(m mine, sum Decimal, last Date, zeroed bool) {
	s := Step{
		Kind: StepUpdate, Line: m.ID, Date: m.Start, Was: m.now.Quantity, Then: sum, EndWas: m.now.End, EndThen: m.now.End,
		Reason: ReasonUsage,
	}
	switch {
	case m.now.Quantity != m.Quantity:
		s.Reason = ReasonCorrected
	case sum == 0:
		s.Reason = ReasonNothing
	}
	if last != "" && !zeroed {
		s.Reason = ReasonOff
		if s.EndThen = last; last < m.Start {
			s.Kind, s.Then, s.EndThen = StepVoid, 0, m.Start
		} else if s.Was == s.Then {
			s.Kind = StepEnd
		}
	}
	if m.now.Start != m.Start {
		s.Shown = m.now.Start
	}
	if s.change() != (Change{}) {
		p.step(s, m.now)
	}
}

// end ends the lines that bill the date, on a day.
func (p *SeriesPlan) end(v view, day Date, why Reason) {
	for _, m := range v.earlier(p.Date) {
		if m.now.End == day {
			continue
		}
		s := Step{Kind: StepEnd, Line: m.ID, Date: m.Start, Was: m.now.Quantity, Then: m.now.Quantity, EndWas: m.now.End, EndThen: day, Reason: why}
		p.step(s, m.now)
	}
}

// create makes the new period's line, after the earlier one was ended the day
// before. Zero never makes a line. It copies the terms of the line it succeeds,
// and ends before a later line of ours, should there be one.
func (p *SeriesPlan) create(in seriesInput, v view, sum Decimal, last Date) {
	s := Step{Kind: StepCreate, Date: p.Date, Then: sum, EndThen: last, Reason: ReasonFirst}
	if next := v.nextStart(p.Date); next != "" && (last == "" || next <= last) {
		s.EndThen = next.AddDays(-1)
	}
	var terms Addition
	if in.item != nil {
		terms.Price = in.item.Price
	}
	if prev := v.last(p.Date); prev != nil {
		s.Reason, terms, p.like = ReasonPeriod, prev.now, prev.now.Raw
	}
	var ended Decimal
	for _, m := range v.until(p.Date) {
		s.Was += m.now.Quantity
		ended += price(m.now, m.now.Quantity)
	}
	p.end(v, p.Date.AddDays(-1), ReasonPeriod)
	s.Effect = price(terms, sum) - ended
	p.Steps = append(p.Steps, s)
}
