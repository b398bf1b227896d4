package usage

import (
	"fmt"
	"slices"
	"time"
)

// Finding is how a check ended.
type Finding string

// The findings. Unknown is not a pass: there was nothing to look at.
const (
	FindingPass      Finding = "pass"
	FindingAttention Finding = "attention"
	FindingUnknown   Finding = "unknown"
)

// CheckID names a check. An id is never renamed or reused.
type CheckID string

// The checks: what the guides advise to look at after the set-up, and what
// makes it so.
const (
	CheckMapped    CheckID = "mapped"      // whoever reports is mapped
	CheckAdditions CheckID = "additions"   // usage appears as additions
	CheckThis      CheckID = "this_period" // not invoiced: this period's line
	CheckNext      CheckID = "next_period" // invoiced: the next period's line
	CheckDaily     CheckID = "daily"       // quantities update daily
	CheckSame      CheckID = "same_counts" // product, ConnectWise and we agree
	CheckSingle    CheckID = "single_line" // no line comes twice
)

// Check is one of them. Looked says what was looked at, and Remedy what a person
// can do, "" if there is nothing.
type Check struct {
	ID      CheckID
	Finding Finding
	Looked  string
	Remedy  string
}

// checkInput is what checks look at: what is stored, and nothing else.
type checkInput struct {
	Now      time.Time
	Settings Settings
	Wanted   []Wanted
	Reports  map[TenantID]Report
	Series   map[SeriesKey]Series
	// Latest is the latest posting, Done the latest that ended well; nil if
	// there is none.
	Latest, Done *Run
}

// dayAndALittle is how old the last posting may be: a day, jitter and a slow
// run.
const dayAndALittle = 26 * time.Hour

// checks looks at an account, item by item.
func checks(in checkInput, zone *time.Location) []Check {
	today := DateIn(in.Now, zone)
	return []Check{
		in.mapped(), in.additions(), in.period(today, false), in.period(today, true), in.daily(today), in.same(), in.single(),
	}
}

// verdict is a check of which some of all looked at are in order.
func verdict(id CheckID, good, all int, looked, remedy string) Check {
	c := Check{ID: id, Finding: FindingPass, Looked: looked}
	switch {
	case all == 0:
		c.Finding = FindingUnknown
	case good < all:
		c.Finding, c.Remedy = FindingAttention, remedy
	}
	return c
}

func (in checkInput) mapped() Check {
	wanted := map[TenantID]Wanted{}
	for _, w := range in.Wanted {
		wanted[w.Tenant] = w
	}
	good, all := 0, 0
	for tenant, r := range in.Reports {
		for sku, n := range r.Counts {
			w, ok := wanted[tenant]
			if n == 0 || w.State == TenantRemoved {
				continue
			}
			all++
			if _, routed := w.target(sku); ok && routed {
				good++
			}
		}
	}
	looked := fmt.Sprintf("%d of %d reported counts, a product of a tenant each, have an agreement and a catalog item and are switched on.", good, all)
	return verdict(CheckMapped, good, all, looked,
		"Map the tenants that are missing, or leave them out on purpose; give each product its catalog item.")
}

func (in checkInput) additions() Check {
	good, all := 0, 0
	for _, x := range in.Series {
		if x.Look.Product == 0 || x.Look.Date == "" {
			continue
		}
		all++
		if x.lineOn(x.Look.Date) != nil {
			good++
		}
	}
	return verdict(CheckAdditions, good, all, fmt.Sprintf("%d of %d lines with usage stand on their agreements as additions of ours.", good, all),
		"Look at what needs attention: each state says why nothing was posted.")
}

// period looks at the series whose open period is the present one, or at those
// whose present one is invoiced.
func (in checkInput) period(today Date, invoiced bool) Check {
	good, all := 0, 0
	for _, x := range in.Series {
		closed := slices.ContainsFunc(x.Look.Attention, func(a Attention) bool { return datesWrong(a.Code) })
		if closed && !invoiced {
			all++
		}
		if closed || x.Look.Date == "" || x.Look.Date > today != invoiced || len(x.Lines) == 0 {
			continue
		}
		all++
		if l := x.lineOn(x.Look.Date); l == nil || l.Shown == "" || l.Shown == l.Start {
			good++
		}
	}
	id, says := CheckThis, "%d of %d lines of agreements that are not invoiced yet begin with the present period."
	if invoiced {
		id, says = CheckNext, "%d of %d lines of agreements that are invoiced already begin with the next period."
	}
	return verdict(id, good, all, fmt.Sprintf(says, good, all),
		"In ConnectWise, look at the agreements' billing start, billing cycle and next invoice date.")
}

func datesWrong(c Code) bool {
	return slices.Contains([]Code{NoNextInvoice, PeriodsDisagree, DatesUnreadable, NotRecurring, PeriodRefused, DateShifted}, c)
}

func (in checkInput) daily(today Date) Check {
	c := Check{ID: CheckDaily, Finding: FindingUnknown, Looked: "Nothing was posted yet."}
	if in.Latest == nil {
		return c
	}
	if in.Done == nil {
		c.Finding, c.Looked, c.Remedy = FindingAttention, "No posting has ended well yet.", "Look at the latest posting."
		return c
	}
	silent := 0
	for _, w := range in.Wanted {
		r, ok := in.Reports[w.Tenant]
		if ok && w.Enabled && w.Agreement != 0 && w.State != TenantRemoved && r.Day < today.AddDays(-silentDays) {
			silent++
		}
	}
	c.Finding = FindingPass
	c.Looked = fmt.Sprintf("The last posting ended well on %s; %d mapped tenants have not reported for more than %d days.",
		in.Done.EndedAt.UTC().Format("2006-01-02 15:04 UTC"), silent, silentDays)
	switch {
	case in.Settings.Paused != nil:
		c.Finding, c.Remedy = FindingAttention, "Postings are paused: resume them in the settings."
	case in.Now.Sub(in.Done.EndedAt) > dayAndALittle:
		c.Finding, c.Remedy = FindingAttention, "It is more than a day ago: look at the latest posting."
	case silent > 0:
		c.Finding, c.Remedy = FindingAttention, TenantSilent.Remedy()
	}
	return c
}

func (in checkInput) same() Check {
	good, all := 0, 0
	for _, x := range in.Series {
		if x.Look.Date == "" || len(x.Lines) == 0 {
			continue
		}
		all++
		if x.Look.Product == x.Look.Posted && x.Look.Posted == x.Look.ConnectWise {
			good++
		}
	}
	looked := fmt.Sprintf("On %d of %d lines the counts of product, ConnectWise and the last posting were the same when we looked last.", good, all)
	return verdict(CheckSame, good, all, looked,
		"Look at the lines where they differ; the next posting corrects what nothing stops.")
}

func (in checkInput) single() Check {
	good, all := 0, 0
	for _, x := range in.Series {
		if len(x.Lines) == 0 && len(x.Look.Others) == 0 {
			continue
		}
		all++
		doubled := slices.ContainsFunc(x.Look.Attention, func(a Attention) bool { return a.Code == DoubledLine || a.Code == OtherLines })
		if !doubled {
			good++
		}
	}
	return verdict(CheckSingle, good, all, fmt.Sprintf("On %d of %d lines no second one bills the same period.", good, all),
		"Choose about lines of others; a second line of ours is set to zero and ended already.")
}
