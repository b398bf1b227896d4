package connectwise

import (
	"errors"
	"net/http"
	"testing"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// A server west of Greenwich takes midnight for the day before, and refuses it
// as the period before; noon is sent then. If that is throttled, nobody has
// refused the period: one that passes for refused is not billed.
func TestThrottledNoonIsNoRefusedPeriod(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Companies: 1, Switches: cwsim.Switches{Points: map[string]string{cwsim.DateZone: "serverZone"}}})
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	company := map[string]any{"id": sim.IDs(cwsim.Companies)[0]}
	agreement, err := sim.Put(cwsim.Agreements, map[string]any{
		"name": "Managed", "company": company, "type": map[string]any{"id": 1}, "startDate": "2026-01-01", "billStartDate": "2026-01-01",
		"billingCycle": map[string]any{"id": 1}, "noEndingDateFlag": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.SetFaults(cwsim.Fault{Kind: cwsim.FaultThrottle, Method: http.MethodPost, Nth: 2, RetryAfter: 20}); err != nil {
		t.Fatal(err)
	}
	finance := NewFinance(client)
	line := usage.NewLine{Product: psa.RecordID(sim.IDs(cwsim.Catalog)[0]), Quantity: 10_000, Start: "2026-01-01"}
	_, err = finance.Create(t.Context(), psa.RecordID(agreement), line)
	var no *usage.Refusal
	if !errors.As(err, &no) || no.Period || !no.Run {
		t.Errorf("%+v, want the refusal of the run", err)
	}
	if made, err := finance.Create(t.Context(), psa.RecordID(agreement), line); err != nil || made.Start != line.Start {
		t.Errorf("afterwards: %+v, %v", made, err)
	}
	if n := len(sim.Lines(agreement)); n != 1 {
		t.Errorf("%d lines, want one", n)
	}
}
