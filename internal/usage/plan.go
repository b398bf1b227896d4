package usage

import (
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Policy is when a series gets a new line (spec 5.5).
type Policy string

// The policies. "" is EachPeriod.
const (
	// EachPeriod makes a line a month, or whatever the period is.
	EachPeriod Policy = "each_period"
	// OnChange makes a new line only when the quantity changes.
	OnChange Policy = "on_change"
)

// SeriesPlan is what a posting would do to one series, and why.
type SeriesPlan struct {
	Key     SeriesKey `json:"key"`
	Product string    `json:"product"`
	// Date to the day before Next is the open period.
	Date  Date       `json:"date,omitempty"`
	Next  Date       `json:"next,omitempty"`
	Why   DateReason `json:"why,omitempty"`
	Steps []Step     `json:"steps"`
	// Unapproved is set if the steps wait for approval.
	Unapproved bool    `json:"unapproved,omitempty"`
	Look       Look    `json:"look"`
	Shares     []Share `json:"shares"`
	// Effect of all steps on the price of a period.
	Effect Decimal `json:"effect"`
	// Price is the catalog's, where a first line would have it.
	Price *Decimal `json:"price,omitempty"`

	// like is the addition whose terms a new line copies.
	like []byte
	seen psa.RecordID
}

// stopped reports whether something stops the series.
func (p *SeriesPlan) stopped() bool {
	return slices.ContainsFunc(p.Look.Attention, func(a Attention) bool { return a.Code.Stops() })
}

func (p *SeriesPlan) note(a Attention) { p.Look.Attention = append(p.Look.Attention, a) }

// seriesInput is all that a plan depends on. Planning asks nobody.
type seriesInput struct {
	series Series
	// shares of the series, those that wait for approval among them.
	shares  []Share
	opening Opening
	closed  *Attention // why the agreement has no opening
	listed  []Addition
	// item is the catalog item where itemRead says that it was asked for; nil
	// if there is none.
	item     *Item
	itemRead bool
	policy   Policy
	today    Date
	// since is when the run began: lines made since are its own.
	since time.Time
}

// plan decides about one series. Rules are asked in order, and the first that
// stops ends it: lines that are one too many go in any case; then the
// agreement, the product, people's changes, lines of others, a held line,
// approval and reports; then the line itself.
func plan(in seriesInput) SeriesPlan {
	p := SeriesPlan{Key: in.series.Key, Shares: in.shares, Steps: []Step{}}
	if in.item != nil {
		p.Product, p.Price = in.item.Name, &in.item.Price
	}
	if in.closed != nil {
		p.note(*in.closed)
		return p
	}
	in.opening = in.notBefore()
	date := in.opening.Date
	p.Date, p.Next, p.Why = date, in.opening.Next, in.opening.Why
	v := look(in.series, in.listed, date)
	p.seen = v.largest
	p.state(in, v)
	p.double(in, v)
	p.ask(in, v)
	if !p.stopped() {
		p.post(in, v)
	}
	for i := range p.Steps {
		p.Effect += p.Steps[i].Effect
	}
	return p
}

// notBefore moves the date behind the periods that ConnectWise refused.
func (in seriesInput) notBefore() Opening {
	o := in.opening
	if in.series.NotBefore > o.Date {
		o.Date, o.Why = in.series.NotBefore, DateRefused
		o.Next = o.periods.next(o.Date)
	}
	return o
}

// state notes product, ConnectWise and last posted count side by side.
func (p *SeriesPlan) state(in seriesInput, v view) {
	p.Look.Date, p.Look.Invoiced = p.Date, in.opening.Invoiced
	p.Look.Product = total(in.shares, p.Date)
	p.Look.Posted, _ = in.series.posted(p.Date)
	for _, m := range v.mine {
		if m.Start <= p.Date && !over(m.now.End, p.Date) {
			p.Look.ConnectWise = m.now.Quantity
		}
	}
	for _, a := range v.others {
		p.Look.Others = append(p.Look.Others, Other{ID: a.ID, Start: a.Start, End: a.End, Quantity: a.Quantity})
	}
}

// double makes void what is one too many (spec 5.7): a lost line of ours that
// turned up, a second line of ours at the date, and a line of ours beside
// which another's appeared while it was made.
func (p *SeriesPlan) double(in seriesInput, v view) {
	surplus := v.doubled
	if same := v.at(p.Date); len(same) > 1 {
		for _, m := range same[1:] {
			surplus = append(surplus, m.now)
		}
	}
	if len(v.others) > 0 {
		for _, m := range v.fresh(p.Date, in.since) {
			surplus = append(surplus, m.now)
		}
	}
	for _, a := range surplus {
		if a.Quantity != 0 || !over(a.End, a.Start.AddDays(1)) {
			p.step(Step{Kind: StepVoid, Line: a.ID, Date: a.Start, Was: a.Quantity, EndWas: a.End, EndThen: a.Start, Reason: ReasonDoubled}, a)
		}
		p.note(Attention{Code: DoubledLine, Line: a.ID, Is: a.Quantity.String()})
	}
}

// ask asks everything that may stop the series, but the agreement.
func (p *SeriesPlan) ask(in seriesInput, v view) {
	for _, a := range v.people(p.Date) {
		p.note(a)
	}
	switch {
	case in.series.Decisions.Hold != nil:
		p.note(Attention{Code: Held, By: in.series.Decisions.Hold.By})
	case len(v.others) > 0 && in.series.Decisions.Leave != nil:
		p.note(Attention{Code: LeftToOthers, Line: v.others[0].ID, By: in.series.Decisions.Leave.By})
	case len(v.others) > 0:
		p.note(Attention{Code: OtherLines, Line: v.others[0].ID, Is: v.others[0].Quantity.String()})
	}
	if in.itemRead && len(v.mine) == 0 && total(in.shares, p.Date) > 0 {
		p.product(in.item)
	}
	living := approved(in.shares)
	if len(living) == 0 && len(in.shares) > 0 {
		p.note(Attention{Code: AwaitingApproval, Tenant: in.shares[0].Tenant})
	}
	if t := unreported(living, p.Date); t != "" {
		p.note(Attention{Code: AwaitingReport, Tenant: t})
	}
	if s, ok := silent(living, in.today); ok {
		p.note(Attention{Code: TenantSilent, Tenant: s.Tenant, Day: s.Day})
	}
}

func (p *SeriesPlan) product(item *Item) {
	switch {
	case item == nil:
		p.note(*attention(ProductMissing))
	case item.Inactive || item.Bundle:
		p.note(*attention(ProductUnusable))
	}
}

// step adds a step and its effect on the price: that of the line's own terms.
func (p *SeriesPlan) step(s Step, terms Addition) {
	s.Effect = price(terms, s.Then) - price(terms, s.Was)
	p.Steps = append(p.Steps, s)
}

func price(a Addition, quantity Decimal) Decimal { return max(0, quantity-a.Included).Mul(a.Price) }
