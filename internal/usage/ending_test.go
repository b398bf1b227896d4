package usage_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
