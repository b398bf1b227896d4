package billing

import (
	"maps"
	"slices"
)

// tenant is what its product and its admin say of it.
type tenant struct {
	name    string
	targets map[string]Key // as mapped; none when switched off
	mapped  map[string]Key
	off     string
	routes  []*route
	removed Day
	report  *Reported
}

// route is where a SKU is billed, as approved.
type route struct {
	sku string
	to  Key
	// from and until bound the first days of periods that it counts in.
	from, until Day
	waiting     bool // approved, not dated
	off         string
}

func (t *tenant) hear(r Reported) {
	if old := t.report; old == nil || r.Day > old.Day || r.Day == old.Day && r.Seq >= old.Seq {
		t.report = &r
	}
}

func (t *tenant) find(sku string, which func(*route) bool) *route {
	for _, r := range slices.Backward(t.routes) {
		if r.sku == sku && which(r) {
			return r
		}
	}
	return nil
}

func (t *tenant) current(sku string) *route {
	return t.find(sku, func(r *route) bool { return r.until == 0 && !r.waiting })
}

func (t *tenant) next(sku string) *route {
	return t.find(sku, func(r *route) bool { return r.waiting })
}

// parted is a route that was switched off and can come back.
func (t *tenant) parted(sku string, to Key) *route {
	return t.find(sku, func(r *route) bool { return r.off != "" && r.to == to })
}

// isApproved reports whether the mapping's target of a SKU was.
func (t *tenant) isApproved(sku string, to Key) bool {
	for _, r := range []*route{t.current(sku), t.next(sku), t.parted(sku, to)} {
		if r != nil && r.to == to {
			return true
		}
	}
	return false
}

func (t *tenant) approve() {
	for _, sku := range slices.Sorted(maps.Keys(t.targets)) {
		to := t.targets[sku]
		if t.isApproved(sku, to) {
			continue
		}
		t.routes = slices.DeleteFunc(t.routes, func(r *route) bool { return r.sku == sku && r.waiting })
		t.routes = append(t.routes, &route{sku: sku, to: to, waiting: t.current(sku) != nil})
	}
}

// date gives changed mappings their dates, where both agreements are open.
func (t *tenant) date(b *Books, today Day) {
	skus := map[string]bool{}
	for _, r := range t.routes {
		skus[r.sku] = true
	}
	for sku := range skus {
		to, wanted := t.targets[sku]
		now, next := t.current(sku), t.next(sku)
		switch {
		case wanted && now != nil && next != nil && next.to == to:
			t.move(b, now, next, today)
		case wanted && now == nil && next == nil:
			if r := t.parted(sku, to); r != nil {
				r.until, r.off = 0, ""
			}
		case !wanted && now != nil:
			t.turnOff(b, now, today)
		}
	}
}

func (t *tenant) move(b *Books, now, next *route, today Day) {
	a, why := b.opening(now.to.Agreement, today)
	z, why2 := b.opening(next.to.Agreement, today)
	if why != "" || why2 != "" {
		return
	}
	from, to := b.accounts[now.to.Agreement], b.accounts[next.to.Agreement]
	day := max(a, z)
	for _, d := range from.bounds {
		if d >= max(a, z) && d < max(a, z).months(24) && slices.Contains(to.bounds, d) {
			day = d
			break
		}
	}
	now.until, next.from, next.waiting = day, day, false
}

func (t *tenant) turnOff(b *Books, now *route, today Day) {
	open, why := b.opening(now.to.Agreement, today)
	if why != "" {
		return
	}
	now.until, now.off = open, t.off
	if t.off == "end" {
		now.until = b.accounts[now.to.Agreement].after(open)
	}
}

// share of a tenant in what is billed of one product.
type share struct {
	tenant   *tenant
	route    *route
	approved bool
}

func (t *tenant) shares(k Key) []share {
	var out []share
	for _, r := range t.routes {
		if r.to == k && !r.waiting {
			out = append(out, share{t, r, true})
		}
	}
	for sku, to := range t.targets {
		if to == k && !t.isApproved(sku, to) {
			out = append(out, share{t, &route{sku: sku, to: to}, false})
		}
	}
	return out
}

// lives: the share counts in the period that begins on a day.
func (s share) lives(open Day) bool {
	return open >= s.route.from && (s.route.until == 0 || open < s.route.until) && (s.tenant.removed == 0 || open <= s.tenant.removed)
}

func (s share) count(open Day) int {
	if s.tenant.report == nil || !s.lives(open) {
		return 0
	}
	return s.tenant.report.Counts[s.route.sku]
}
