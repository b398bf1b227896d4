package usage_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Before a connection is taken down its lines can be ended: with the open
// period, those that were left as they stood, too, and once.
func TestAllLinesAreEnded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Map(s.scope, usage.Wanted{
		Tenant: "bolt", State: usage.TenantActive, Enabled: true, Agreement: s.b, Products: map[usage.SKU]psa.RecordID{"core": s.box},
	})
	s.Report(s.scope, usage.Report{Tenant: "bolt", Day: usage.DateIn(s.at, s.at.Location()), ReportedAt: s.at, Counts: map[usage.SKU]int64{"core": 7}})
	s.approve()
	s.post()
	s.Edit(s.scope, "bolt", func(w *usage.Wanted) { w.Enabled, w.Off = false, usage.OffLeave })
	s.post()
	open := func() []usage.OpenLine {
		t.Helper()
		lines, err := s.service.OpenLines(t.Context(), s.scope)
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if n := len(open()); n != 2 {
		t.Fatalf("%d open lines before", n)
	}
	if run := s.work(usage.ModeEnd); run.Counts.Ended+run.Counts.Updated != 2 || run.Counts.Created+run.Counts.Voided != 0 {
		t.Errorf("ended: %+v", run.Counts)
	}
	if left := open(); len(left) != 0 {
		t.Errorf("still open: %+v", left)
	}
	var got []string
	for _, a := range append(s.sim.AdditionsOf(int(s.a)), s.sim.AdditionsOf(int(s.b))...) {
		end, _ := a["cancelledDate"].(string)
		got = append(got, end[:10])
	}
	if diff := cmp.Diff([]string{"2026-11-30", "2026-11-30"}, got); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
	if run := s.work(usage.ModeEnd); run.Counts.Ended+run.Counts.Updated+run.Counts.Created+run.Counts.Voided != 0 {
		t.Errorf("ended again: %+v", run.Counts)
	}
}

// Where ConnectWise takes a cancelledDate for the first day that is not billed,
// the setting makes up for it: the same postings under either answer, no day
// unbilled between two lines, and nothing that looks like a person's change.
func TestExclusiveEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer    string
		exclusive bool
		off       usage.SwitchOff // "" goes on
		end       string
	}{
		{"inclusive", false, "", "2026-11-30"},
		{"exclusive", true, "", "2026-12-01"},
		{"inclusive", false, usage.OffEnd, "2026-11-30"},
		{"exclusive", true, usage.OffEnd, "2026-12-01"},
	} {
		t.Run(fmt.Sprint(tt.answer, tt.off), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{cwsim.CancelledDate: tt.answer})
			if err := w.watch.service.Configure(t.Context(), w.scope, usage.Settings{Zone: "UTC", ExclusiveEnds: tt.exclusive, Rev: 1}); err != nil {
				t.Fatal(err)
			}
			a := w.agreement("2026-11-01", "prorateFlag", true)
			item, _ := w.items()
			w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
			w.report("acme", map[usage.SKU]int64{"core": 12})
			w.approve()
			p := w.post(w.process(&mortal{}))
			want := []string{fmt.Sprintf("item %d: 2026-11-01 to %s, 12", item, tt.end)}
			if tt.off != "" {
				w.edit("acme", func(x *usage.Wanted) { x.Enabled, x.Off = false, tt.off })
			} else {
				if _, err := w.sim.InvoiceAgreement(int(a), w.now()); err != nil {
					t.Fatal(err)
				}
				want = append(want, fmt.Sprintf("item %d: 2026-12-01 to open, 12", item))
			}
			for range 2 {
				p = w.post(p)
				w.wantLines("ended", a, want...)
				w.wantCodes("ended", a)
			}
		})
	}
}
