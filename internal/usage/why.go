package usage

import "slices"

// Why says why something that was reported is not posted, or not billed. A
// state's Code is one, too.
type Why string

// The reasons beside the states.
const (
	WhyUnmapped    Why = "tenant_unmapped"   // the tenant has no mapping
	WhyNoAgreement Why = "no_agreement"      // mapped for tickets only
	WhyNoProduct   Why = "sku_unmapped"      // the SKU has no catalog item
	WhyOff         Why = "switched_off"      // the mapping is switched off
	WhyRemoved     Why = "tenant_removed"    // a removed tenant counts zero
	WhyInvoiced    Why = "period_invoiced"   // it came after the period was invoiced
	WhyClosed      Why = "period_closed"     // the period was over before it was posted
	WhyPaused      Why = "postings_paused"   // somebody paused postings
	WhyDue         Why = "posting_due"       // the next posting brings it
	WhyLaterCount  Why = "later_count"       // the line follows the count until it is invoiced
	WhyShared      Why = "shared_line"       // the line's sum is right, its parts moved
	WhyNotInvoiced Why = "not_invoiced"      // posted, and the invoice is yet to come
	WhyUnknown     Why = "invoicing_unknown" // posted, and it is not known whether it was invoiced
	WhySilent          = Why(TenantSilent)
	WhyUnapproved      = Why(AwaitingApproval)
)

// Words say it in a sentence.
func (w Why) Words() string {
	if words, ok := whyWords()[w]; ok {
		return words
	}
	return Code(w).Remedy()
}

func whyWords() map[Why]string {
	return map[Why]string{
		WhyUnmapped:    "The tenant is not mapped to a company and an agreement.",
		WhyNoAgreement: "The tenant is mapped to a company, and not to an agreement.",
		WhyNoProduct:   "The product has no catalog item.",
		WhyOff:         "The tenant's mapping is switched off.",
		WhyRemoved:     "The tenant was removed: it counts zero from the next open period.",
		WhyInvoiced:    "The period was invoiced before this was reported; the next period's line takes it up.",
		WhyClosed:      "The period was over before this was posted.",
		WhyPaused:      "Postings are paused.",
		WhyDue:         "The next posting brings it.",
		WhyLaterCount:  "The line follows the count until it is invoiced, and shows a later day's.",
		WhyShared:      "Several tenants or products share the line: its sum is right, their parts have moved since it was posted.",
		WhyNotInvoiced: "It is posted; by the agreement's next invoice date its invoice is yet to come.",
		WhyUnknown:     "It is posted; whether it was invoiced is not known, since the agreement's next invoice date was not.",
	}
}

// unrouted is where the SKU would be billed as it is mapped now, and why it is
// not.
func unrouted(w *Wanted, sku SKU, row MonthRow) (SeriesKey, []Why) {
	if row.Reported == 0 {
		return SeriesKey{}, nil
	}
	switch {
	case w == nil || w.Agreement == 0 && !w.Enabled:
		return SeriesKey{}, []Why{WhyUnmapped}
	case w.State == TenantRemoved:
		return SeriesKey{}, []Why{WhyRemoved}
	case w.Agreement == 0:
		return SeriesKey{}, []Why{WhyNoAgreement}
	case !w.Enabled:
		return SeriesKey{}, []Why{WhyOff}
	case w.Products[sku] == 0:
		return SeriesKey{}, []Why{WhyNoProduct}
	}
	to, _ := w.target(sku)
	return to, []Why{WhyUnapproved}
}

// explain says why the row's figures differ.
func (s *statement) explain(u usedBy, row *MonthRow, rt Route, x Series, line *Line) {
	if row.Unposted() != 0 {
		row.Why = append(row.Why, s.unposted(u, row, rt, x, line)...)
	}
	switch {
	case !row.Known:
		row.Why = append(row.Why, WhyUnknown)
	case row.Posted != row.Billed:
		row.Why = append(row.Why, WhyNotInvoiced)
	}
	if row.ReportedOn != "" && row.ReportedOn < s.on.AddDays(-silentDays) && row.Reported != 0 && !slices.Contains(row.Why, WhySilent) {
		row.Why = append(row.Why, WhySilent)
	}
}

// unposted is never empty. What stops a series now explains the day only if the
// day is in the open period, or no period is.
func (s *statement) unposted(u usedBy, row *MonthRow, rt Route, x Series, line *Line) []Why {
	row.From = x.startAfter(s.on, rt)
	switch {
	case u.wanted != nil && u.wanted.State == TenantRemoved && !rt.share(u.wanted).living(start(line, s.on)):
		return []Why{WhyRemoved}
	case rt.Until != "" && rt.Until <= s.on:
		return []Why{WhyOff}
	case x.Look.Date > s.on || rt.From > s.on:
		return []Why{s.closed(x)}
	}
	if stops := x.stops(); len(stops) > 0 {
		return stops
	}
	switch {
	case s.settings.Paused != nil:
		return []Why{WhyPaused}
	case line == nil && row.From != "":
		return []Why{s.closed(x)}
	case line != nil && s.postedOn(*line) > s.on:
		return []Why{WhyLaterCount}
	case row.Shares > 1 && x.Look.Product == line.Quantity:
		return []Why{WhyShared}
	case s.month.Last() < s.today && row.Known && s.on < x.Look.Invoiced:
		return []Why{WhyInvoiced}
	}
	return []Why{WhyDue}
}

// closed is why nothing of a period is posted that is not the open one.
func (s *statement) closed(x Series) Why {
	if s.on < x.Look.Invoiced {
		return WhyInvoiced
	}
	return WhyClosed
}

// share is the route as the sum sees it.
func (rt Route) share(w *Wanted) Share {
	return Share{From: rt.From, Until: rt.Until, Removed: w.RemovedOn}
}

// start is when the period began whose line bills the day.
func start(line *Line, day Date) Date {
	if line == nil {
		return day
	}
	return line.Start
}

// startAfter is when the next line begins, "" if none is known.
func (s Series) startAfter(day Date, rt Route) Date {
	if rt.From > day {
		return rt.From
	}
	for _, l := range s.Lines {
		if !l.Void && !l.Gone && l.Start > day {
			return l.Start
		}
	}
	return ""
}

// stops are the states in which nothing is posted.
func (s Series) stops() []Why {
	var out []Why
	for _, a := range s.Look.Attention {
		if a.Code.Stops() && !slices.Contains(out, Why(a.Code)) {
			out = append(out, Why(a.Code))
		}
	}
	return out
}
