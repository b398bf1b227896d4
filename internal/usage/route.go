package usage

import (
	"slices"
	"time"
)

// Route is where one SKU of a tenant is billed, as approved: the mapping says
// what is wanted, the routes what is done. The first posting of a mapping, and
// a changed one, wait for approval (spec 5.6, 5.8).
type Route struct {
	SKU        SKU       `json:"sku"`
	To         SeriesKey `json:"to"`
	ApprovedBy string    `json:"approvedBy"`
	ApprovedAt time.Time `json:"approvedAt"`
	// The SKU counts in periods that begin on From or later, and before
	// Until; "" is no bound.
	From  Date `json:"from,omitempty"`
	Until Date `json:"until,omitempty"`
	// Undated is a changed mapping whose date the next posting finds: until
	// then the route that it replaces goes on.
	Undated bool `json:"undated,omitempty"`
	// Off is what was chosen when the mapping was switched off; "" if it was
	// not, or another route took this one's place.
	Off SwitchOff `json:"off,omitempty"`
	// Seen is how many the preview showed that was approved; nil if nothing
	// was reported then.
	Seen *int64 `json:"seen,omitempty"`
}

// Routes are a tenant's.
type Routes struct {
	Tenant TenantID
	Routes []Route
	// Rev grows with each write; writes are conditional on it.
	Rev int64
}

func (r Routes) clone() Routes {
	r.Routes = slices.Clone(r.Routes)
	return r
}

// current is the route by which the SKU is billed now and for good, nil if
// there is none. Of two for one SKU the later decision counts.
func (r *Routes) current(sku SKU) *Route {
	for i := len(r.Routes) - 1; i >= 0; i-- {
		if rt := &r.Routes[i]; rt.SKU == sku && rt.Until == "" && !rt.Undated {
			return rt
		}
	}
	return nil
}

// undated is the SKU's changed mapping that is approved and has no date yet.
func (r *Routes) undated(sku SKU) *Route {
	for i := range r.Routes {
		if rt := &r.Routes[i]; rt.SKU == sku && rt.Undated {
			return rt
		}
	}
	return nil
}

// parted is the route to a series that was switched off, not replaced: it can
// be switched on again as it was.
func (r *Routes) parted(sku SKU, to SeriesKey) *Route {
	for i := range r.Routes {
		if rt := &r.Routes[i]; rt.SKU == sku && rt.To == to && rt.Off != "" {
			return rt
		}
	}
	return nil
}

// target is where the mapping wants a SKU billed.
func (w Wanted) target(sku SKU) (SeriesKey, bool) {
	product, ok := w.Products[sku]
	if !ok || !w.Enabled || w.Agreement == 0 || product == 0 {
		return SeriesKey{}, false
	}
	return SeriesKey{Agreement: w.Agreement, Product: product}, true
}

// approve makes routes of what the mapping wants and nobody approved yet.
func (r Routes) approve(w Wanted, by string, at time.Time) (_ Routes, changed bool) {
	r = r.clone()
	for _, sku := range sortedSKUs(w.Products) {
		to, ok := w.target(sku)
		if !ok || !r.lacks(sku, to) {
			continue
		}
		undated := r.current(sku) != nil
		r.Routes = slices.DeleteFunc(r.Routes, func(rt Route) bool { return rt.SKU == sku && rt.Undated })
		next := Route{SKU: sku, To: to, ApprovedBy: by, ApprovedAt: at, Undated: undated}
		if !undated {
			next.From = r.until(sku)
		}
		r.Routes = append(r.Routes, next)
		changed = true
	}
	return r, changed
}

// until is when the SKU's routes that ended did: where it was switched off, and
// is billed elsewhere now, no period is billed twice.
func (r *Routes) until(sku SKU) Date {
	var last Date
	for _, rt := range r.Routes {
		if rt.SKU == sku {
			last = later(last, rt.Until)
		}
	}
	return last
}

// lacks reports whether a wanted target still needs approval. One that was
// switched off and is switched on again as it was does not.
func (r *Routes) lacks(sku SKU, to SeriesKey) bool {
	now, next := r.current(sku), r.undated(sku)
	if now == nil && next == nil {
		return r.parted(sku, to) == nil
	}
	return (now == nil || now.To != to) && (next == nil || next.To != to)
}

// Turn is a route that begins or ends: what is recorded of it.
type Turn struct {
	Tenant TenantID
	SKU    SKU
	// From ends the day before Date, To begins on it; zero where a mapping is
	// only switched off or on.
	From, To SeriesKey
	Date     Date
	Off      SwitchOff
	By       string
}

// place dates what the mapping changed: an approved change of target takes
// effect on the later of both agreements' open dates, on which the old line
// ends and the new one begins; one that is switched off as was chosen. What
// cannot be dated, since an agreement is not open, waits.
func (r Routes) place(w Wanted, open func(SeriesKey) (Opening, bool)) (_ Routes, turns []Turn) {
	r = r.clone()
	for _, sku := range r.skus() {
		to, wanted := w.target(sku)
		if t := r.placeOne(sku, to, wanted, w.Off, open); t != nil {
			t.Tenant, t.SKU = w.Tenant, sku
			turns = append(turns, *t)
		}
	}
	return r, turns
}

func (r *Routes) placeOne(sku SKU, to SeriesKey, wanted bool, off SwitchOff, open func(SeriesKey) (Opening, bool)) *Turn {
	now, next := r.current(sku), r.undated(sku)
	switch {
	case wanted && next != nil && next.To == to && now != nil:
		return move(now, next, open)
	case wanted && next != nil && next.To == to: // what it replaces was switched off meanwhile
		next.From, next.Undated = r.until(sku), false
		return &Turn{To: to, Date: next.From, By: next.ApprovedBy}
	case wanted && now == nil && next == nil:
		if rt := r.parted(sku, to); rt != nil {
			rt.Until, rt.Off = "", "" // switched on again
			return &Turn{To: to, By: rt.ApprovedBy}
		}
	case !wanted && now != nil:
		return switchOff(now, off, open)
	}
	return nil
}

func move(now, next *Route, open func(SeriesKey) (Opening, bool)) *Turn {
	a, okA := open(now.To)
	b, okB := open(next.To)
	if !okA || !okB {
		return nil
	}
	date := common(a, b)
	now.Until, next.From, next.Undated = date, date, false
	return &Turn{From: now.To, To: next.To, Date: date, By: next.ApprovedBy}
}

// common is the first date that begins a period of both agreements and is open
// in both; should they have none within two years, the later of their dates.
func common(a, b Opening) Date {
	date := later(a.Date, b.Date)
	for d := date; d < date.AddMonths(24); {
		onA, onB := a.periods.onOrAfter(d), b.periods.onOrAfter(d)
		if onA == onB {
			return onA
		}
		d = later(onA, onB)
	}
	return date
}

func switchOff(now *Route, off SwitchOff, open func(SeriesKey) (Opening, bool)) *Turn {
	o, ok := open(now.To)
	if !ok {
		return nil
	}
	now.Until, now.Off = o.Next, OffEnd
	if off == OffZero || off == OffLeave {
		now.Until, now.Off = o.Date, off
	}
	return &Turn{From: now.To, Date: now.Until, Off: now.Off}
}

// endLeft ends what was switched off and left as it stood, but for SKUs that are
// billed elsewhere since then.
func (r *Routes) endLeft(tenant TenantID, open func(SeriesKey) (Opening, bool)) (turns []Turn) {
	for i := range r.Routes {
		rt := &r.Routes[i]
		if rt.Off != OffLeave || r.current(rt.SKU) != nil {
			continue
		}
		if t := switchOff(rt, OffEnd, open); t != nil {
			t.Tenant, t.SKU = tenant, rt.SKU
			turns = append(turns, *t)
		}
	}
	return turns
}

func (r *Routes) skus() []SKU {
	var out []SKU
	for _, rt := range r.Routes {
		if !slices.Contains(out, rt.SKU) {
			out = append(out, rt.SKU)
		}
	}
	slices.Sort(out)
	return out
}

// keepRoutes is for how long a route that ended is remembered: its series may
// have an open line as long as its agreement is not.
const keepRoutes = 24

// prune forgets routes that ended long ago.
func (r Routes) prune(today Date) Routes {
	r.Routes = slices.DeleteFunc(slices.Clone(r.Routes), func(rt Route) bool {
		return rt.Until != "" && rt.Until < today.AddMonths(-keepRoutes)
	})
	return r
}

func sortedSKUs[V any](m map[SKU]V) []SKU {
	out := make([]SKU, 0, len(m))
	for sku := range m {
		out = append(out, sku)
	}
	slices.Sort(out)
	return out
}
