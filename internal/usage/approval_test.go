package usage_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// shop is a quick world with two agreements, two catalog items and a tenant
// that is mapped to the first of each.
type shop struct {
	*quick

	a, b, seat, box psa.RecordID
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{quick: newQuick(t)}
	agreement := func() psa.RecordID {
		return s.put(cwsim.Agreements, map[string]any{
			"name": "Managed", "company": map[string]any{"id": s.sim.IDs(cwsim.Companies)[0]}, "type": map[string]any{"id": 1},
			"billingCycle": map[string]any{"name": "Monthly"}, "startDate": "2024-01-01", "billStartDate": "2024-01-01",
			"nextInvoiceDate": "2026-11-01", "prorateFlag": false, "noEndingDateFlag": true,
		})
	}
	item := func(name string) psa.RecordID {
		return s.put(cwsim.Catalog, map[string]any{"identifier": name, "description": name, "productClass": "Service", "price": 10, "customerDescription": name})
	}
	s.a, s.b, s.seat, s.box = agreement(), agreement(), item("seat"), item("box")
	s.mapTo(s.a, map[usage.SKU]psa.RecordID{"core": s.seat})
	s.counts(map[usage.SKU]int64{"core": 12, "ato": 3})
	return s
}

func (s *shop) mapTo(agreement psa.RecordID, products map[usage.SKU]psa.RecordID) {
	s.Map(s.scope, usage.Wanted{Tenant: "acme", Name: "Acme", State: usage.TenantActive, Enabled: true, Agreement: agreement, Products: products})
}

func (s *shop) counts(counts map[usage.SKU]int64) {
	s.Report(s.scope, usage.Report{Tenant: "acme", Day: usage.DateIn(s.at, time.UTC), ReportedAt: s.at, Counts: counts})
}

func (s *shop) invoice() {
	s.t.Helper()
	if _, err := s.sim.InvoiceAgreement(int(s.a), s.at); err != nil {
		s.t.Fatal(err)
	}
}

// said is what an approval did, in short.
func (s *shop) said(preview string, tenants ...usage.TenantID) []string {
	s.t.Helper()
	approved, unlike, err := s.service.Approve(context.Background(), s.scope, "ann", preview, tenants...)
	if err != nil {
		s.t.Fatal(err)
	}
	names := map[psa.RecordID]string{s.a: "A", s.b: "B", s.seat: "seat", s.box: "box"}
	of := func(o *usage.Offer) string {
		if o == nil {
			return "nothing"
		}
		text := fmt.Sprintf("%s/%s on %s", names[o.To.Agreement], names[o.To.Product], o.Date)
		if o.From != "" {
			text += fmt.Sprint(" from ", o.From)
		}
		if o.Priced {
			text += fmt.Sprint(" at ", o.Price)
		}
		return text
	}
	out := []string{strconv.Itoa(approved)}
	for _, u := range unlike {
		out = append(out, fmt.Sprintf("%s %s: %s -> %s", u.Name, u.SKU, of(u.Shown), of(u.Now)))
	}
	return out
}

// An approval is of what its preview showed: whatever was changed since then is
// left, and said; only quantities go on changing.
func TestAnApprovalIsOfItsPreview(t *testing.T) {
	t.Parallel()
	type products = map[usage.SKU]psa.RecordID
	for name, tt := range map[string]struct {
		change func(*shop)
		want   []string
		posted int64 // 0: nothing
	}{
		"nothing":      {func(*shop) {}, []string{"1"}, 12},
		"the quantity": {func(s *shop) { s.counts(map[usage.SKU]int64{"core": 13}) }, []string{"1"}, 13},
		"the agreement": {
			func(s *shop) { s.mapTo(s.b, products{"core": s.seat}) },
			[]string{"0", "Acme core: A/seat on 2026-11-01 at 10 -> B/seat on 2026-11-01"},
			0,
		},
		"the catalog item": {
			func(s *shop) { s.mapTo(s.a, products{"core": s.box}) },
			[]string{"0", "Acme core: A/seat on 2026-11-01 at 10 -> A/box on 2026-11-01"},
			0,
		},
		"its price": {
			func(s *shop) { s.put(cwsim.Catalog, map[string]any{"id": int(s.seat), "price": 11}) },
			[]string{"0", "Acme core: A/seat on 2026-11-01 at 10 -> A/seat on 2026-11-01 at 11"},
			0,
		},
		"the period": {
			func(s *shop) { s.invoice() }, []string{"0", "Acme core: A/seat on 2026-11-01 at 10 -> A/seat on 2026-12-01 at 10"}, 0,
		},
		"the mapping is off": {
			func(s *shop) { s.Edit(s.scope, "acme", func(w *usage.Wanted) { w.Enabled = false }) },
			[]string{"0", "Acme core: A/seat on 2026-11-01 at 10 -> nothing"},
			0,
		},
		"one more product": {
			func(s *shop) { s.mapTo(s.a, products{"core": s.seat, "ato": s.box}) },
			[]string{"1", "Acme ato: nothing -> A/box on 2026-11-01"},
			12,
		},
		"somebody else approved": {func(s *shop) { s.approve() }, []string{"1"}, 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			preview := s.work(usage.ModePreview)
			tt.change(s)
			if diff := cmp.Diff(tt.want, s.said(preview.ID, "acme")); diff != "" {
				t.Errorf("approved (-want +got):\n%s", diff)
			}
			s.post()
			var posted int64
			for _, a := range append(s.sim.AdditionsOf(int(s.a)), s.sim.AdditionsOf(int(s.b))...) {
				n, _ := a["quantity"].(float64)
				posted += int64(n)
			}
			if posted != tt.posted {
				t.Errorf("posted %d, want %d", posted, tt.posted)
			}
		})
	}
}

// A changed mapping is approved for the day that the preview showed.
func TestAChangedMappingIsApprovedForItsDay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.approve()
	s.post()
	s.mapTo(s.b, map[usage.SKU]psa.RecordID{"core": s.seat})
	preview := s.work(usage.ModePreview)
	s.invoice() // A opens only next month, and so does the change
	want := []string{"0", "Acme core: B/seat on 2026-11-01 from 2026-11-01 at 10 -> B/seat on 2026-11-01 from 2026-12-01 at 10"}
	if diff := cmp.Diff(want, s.said(preview.ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.approve()
	s.post()
	if got := len(s.sim.AdditionsOf(int(s.b))); got != 0 {
		t.Errorf("B has %d lines a month too early", got)
	}
}

// A preview shows a changed mapping that no day can be found for yet, so that
// it can be approved.
func TestAChangedMappingWithoutADay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.approve()
	s.post()
	s.mapTo(s.b, map[usage.SKU]psa.RecordID{"core": s.seat})
	s.put(cwsim.Agreements, map[string]any{"id": int(s.a), "nextInvoiceDate": nil})
	if diff := cmp.Diff([]string{"1"}, s.said(s.work(usage.ModePreview).ID)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.put(cwsim.Agreements, map[string]any{"id": int(s.a), "nextInvoiceDate": "2026-11-01"})
	s.post()
	if got := len(s.sim.AdditionsOf(int(s.b))); got != 1 {
		t.Errorf("B has %d lines", got)
	}
}

// Only a preview that is whole can be approved.
func TestOnlyAPreviewIsApproved(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	running, _, err := s.engine.Start(t.Context(), s.scope, usage.ModePreview, "ann")
	if err != nil {
		t.Fatal(err)
	}
	posting, _, err := s.engine.Start(t.Context(), s.scope, usage.ModePost, "ann")
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"still running": running.ID, "a posting": posting.ID, "none": "01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
		if _, _, err := s.service.Approve(t.Context(), s.scope, "ann", id); problem.From(err).Code != problem.Stale {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is approved at one quantity and first posted at quite another stops for
// a person, as later growth does.
func TestFirstPostingIsGuarded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		count int64
		want  usage.State
	}{"grown": {62, usage.Done}, "five times": {63, usage.NeedsWord}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.approve()
			s.counts(map[usage.SKU]int64{"core": tt.count})
			run, _, err := s.engine.Start(t.Context(), s.scope, usage.ModePost, "ann")
			if err != nil {
				t.Fatal(err)
			}
			for len(s.queue) > 0 {
				m := s.queue[0]
				s.queue = s.queue[1:]
				if err := s.engine.Handle(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			if run, err = s.Run(t.Context(), s.scope, run.ID); err != nil || run.State != tt.want {
				t.Errorf("%s %+v, %v, want %s", run.State, run.Offences, err, tt.want)
			}
		})
	}
}
