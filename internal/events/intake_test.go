package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// shelf keeps what an intake takes, by the product's own rules.
type shelf struct {
	got    []string
	failed error
}

func (s *shelf) note(account psa.AccountID, format string, args ...any) error {
	s.got = append(s.got, string(account)+" "+fmt.Sprintf(format, args...))
	return s.failed
}

// PutTenant implements mapping.TenantStore.
func (s *shelf) PutTenant(_ context.Context, account psa.AccountID, t mapping.Tenant) (bool, error) {
	return false, s.note(account, "tenant %s %s", t.ID, t.State)
}

// PutReport implements usage.ReportStore.
func (s *shelf) PutReport(_ context.Context, account psa.AccountID, r usage.Report) (bool, error) {
	return false, s.note(account, "usage %s %s %d", r.Tenant, r.Day, r.Counts["core"])
}

// tenants makes the store one of mappings.
type tenants struct {
	mapping.Store
	*shelf
}

// PutTenant implements mapping.TenantStore.
func (t tenants) PutTenant(ctx context.Context, account psa.AccountID, x mapping.Tenant) (bool, error) {
	return t.shelf.PutTenant(ctx, account, x)
}

const (
	toldTenants = `{"v":1,"account":"msp-1","tenants":[{"id":"t1","name":"Initech","state":"active","changedAt":"2026-11-20T01:02:03Z"}]}`
	toldUsage   = `{"v":1,"account":"msp-1","reports":[` +
		`{"tenant":"t1","day":"2026-11-20","reportedAt":"2026-11-20T01:02:03Z","counts":{"core":12}},` +
		`{"tenant":"t2","day":"2026-11-20","reportedAt":"2026-11-20T01:02:03Z","counts":{}}]}`
)

// The product's events reach the code that the API's calls reach; what is not
// as the schemas say is refused, and counted.
func TestIntake(t *testing.T) {
	t.Parallel()
	both := []string{"msp-1 usage t1 2026-11-20 12", "msp-1 usage t2 2026-11-20 0"}
	for name, tt := range map[string]struct {
		typ, detail string
		want        []string
		refused     bool
		described   bool // the schema finds nothing wrong
	}{
		"tenants":              {events.TenantsTold, toldTenants, []string{"msp-1 tenant t1 active"}, false, true},
		"usage":                {events.UsageReported, toldUsage, both, false, true},
		"one of two":           {events.UsageReported, strings.Replace(toldUsage, `"t1","day":"2026-11-20"`, `"t1","day":"2036-11-20"`, 1), both[1:], true, true},
		"a negative count":     {events.UsageReported, strings.Replace(toldUsage, `:12`, `:-1`, 1), both[1:], true, false},
		"half a seat":          {events.UsageReported, strings.Replace(toldUsage, `:12`, `:1.5`, 1), nil, true, false},
		"no counts":            {events.UsageReported, strings.Replace(toldUsage, `,"counts":{}`, ``, 1), both[:1], true, false},
		"a misspelt member":    {events.UsageReported, strings.Replace(toldUsage, `"counts":{}`, `"count":{}`, 1), nil, true, false},
		"no account":           {events.UsageReported, strings.Replace(toldUsage, `"account":"msp-1",`, ``, 1), nil, true, false},
		"a later version":      {events.UsageReported, strings.Replace(toldUsage, `"v":1`, `"v":2`, 1), nil, true, false},
		"no items":             {events.TenantsTold, `{"v":1,"account":"msp-1","tenants":[]}`, nil, true, false},
		"a state that is none": {events.TenantsTold, strings.Replace(toldTenants, "active", "asleep", 1), nil, true, false},
		"no detail":            {events.TenantsTold, `null`, nil, true, false},
		"another detail type":  {"TenantsForgotten", toldTenants, nil, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, counted := &shelf{}, 0
			in := intake(s, &counted)
			err := in.Handle(t.Context(), event(tt.typ, tt.detail))
			if (err != nil) != tt.refused || counted != map[bool]int{true: 1}[tt.refused] {
				t.Errorf("%v, counted %d", err, counted)
			}
			if diff := cmp.Diff(tt.want, s.got); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
			var v any
			if err := json.Unmarshal([]byte(tt.detail), &v); err != nil {
				t.Fatal(err)
			}
			schema := map[bool]string{true: events.TenantsTold, false: events.UsageReported}[strings.HasPrefix(tt.typ, "Tenants")]
			if wrong := schemaOf(t, schema).check("detail", v); (len(wrong) == 0) != tt.described {
				t.Errorf("the schema says %v", wrong)
			}
		})
	}
}

func intake(s *shelf, counted *int) *events.Intake {
	now := func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	return &events.Intake{
		Tenants: &mapping.Service{Store: tenants{shelf: s}, Now: now}, Reports: usage.Intake{Store: s, Now: now}, Log: slog.New(slog.DiscardHandler),
		Count: func(_ context.Context, metric string, n int) {
			if metric == events.MetricRefused {
				*counted += n
			}
		},
	}
}

func event(typ, detail string) []byte {
	return fmt.Appendf(nil, `{"version":"0","id":"e1","detail-type":%q,"source":"product","detail":%s}`, typ, detail)
}

// A store that cannot be reached puts the event back; so does what is no event.
func TestIntakeGoesOnLater(t *testing.T) {
	t.Parallel()
	counted, down := 0, errors.New("down")
	in := intake(&shelf{failed: down}, &counted)
	if err := in.Handle(t.Context(), event(events.UsageReported, toldUsage)); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if err := in.Handle(t.Context(), []byte(`[`)); !errors.Is(err, psa.ErrInvalid) {
		t.Errorf("%v", err)
	}
	for body, want := range map[string]bool{`{"v":1,"kind":"tick"}`: false, string(event("X", `{}`)): true, `[`: false} {
		if events.IsEvent([]byte(body)) != want {
			t.Errorf("%s: want %v", body, want)
		}
	}
}
