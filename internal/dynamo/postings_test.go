package dynamo_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func TestPostingRuns(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	runs := s.PostingRuns()
	first, joined, err := runs.StartRun(t.Context(), s.postingRun("a"), nil, time.Time{})
	if err != nil || joined {
		t.Fatal(joined, err)
	}
	if again, joined, err := runs.StartRun(t.Context(), s.postingRun("b"), nil, time.Time{}); err != nil || !joined || again.ID != "a" {
		t.Errorf("a second run: %+v, %v, %v; want to join the first", again, joined, err)
	}
	preview := s.postingRun("p")
	preview.Mode = usage.ModePreview
	if _, joined, err := runs.StartRun(t.Context(), preview, nil, time.Time{}); err != nil || joined {
		t.Errorf("a preview beside it: %v, %v", joined, err)
	}
	stale := first
	first.State, first.Cursor = usage.NeedsWord, 7
	_, err = runs.PutRun(t.Context(), first)
	must(t, err)
	_, err = runs.PutRun(t.Context(), stale)
	wantErr(t, "a stale write", err, psa.ErrConflict)
	if due, err := runs.DueRuns(t.Context(), s.now(), 10); err != nil || len(due) != 1 || due[0].ID != "p" {
		t.Errorf("due: %v, %v; a run that waits for a person is not", due, err)
	}

	// The next day takes the place of the run that nobody confirmed.
	if _, joined, err := runs.StartRun(t.Context(), s.postingRun("c"), nil, time.Time{}); err != nil || joined {
		t.Fatal(joined, err)
	}
	old, err := runs.Run(t.Context(), scope, "a")
	if err != nil || old.State != usage.Replaced || old.EndedAt.IsZero() || old.Cursor != 7 {
		t.Errorf("the run before: %+v, %v", old, err)
	}
	newest, err := runs.Newest(t.Context(), scope, usage.ModePost)
	if err != nil || newest.ID != "c" {
		t.Errorf("newest: %+v, %v", newest, err)
	}
	var ids []string
	for after := ""; ; {
		page, next, err := runs.List(t.Context(), scope, after, 2)
		must(t, err)
		for _, r := range page {
			ids = append(ids, r.ID)
		}
		if after = next; next == "" {
			break
		}
	}
	wantEqual(t, "runs, newest first", ids, []string{"p", "c", "a"})
	for _, other := range others {
		_, err := runs.Run(t.Context(), other, "a")
		wantErr(t, "run of "+other.String(), err, psa.ErrNotFound)
	}
}

func TestSeriesAndHistory(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.Postings(0)
	key := usage.SeriesKey{Agreement: 12, Product: 7}
	x := usage.Series{
		Scope: scope, Key: key, Lines: []usage.Line{{ID: 5, Start: "2026-11-01", Shown: "2026-11-01", Quantity: usage.Whole(12), CreatedAt: s.now().UTC()}},
		Intent: &usage.Intent{Run: "r", At: s.now().UTC(), Until: s.now().UTC(), Steps: []usage.Step{{Kind: usage.StepUpdate, Line: 5, Then: 500_000}}, Marker: "m"},
		Lost:   []string{"l"}, Decisions: usage.Decisions{Hold: &usage.Decision{By: "ann", At: s.now().UTC()}},
		Look: usage.Look{Attention: []usage.Attention{{Code: usage.Held}}}, PostedAt: s.now().UTC(),
	}
	s.faults.LoseAnswer("UpdateItem", 1)
	s.faults.LoseAnswer("TransactWriteItems", 1)
	stored, err := p.PutSeries(t.Context(), x)
	must(t, err)
	for i := range 3 {
		stored.Lines[0].Quantity = usage.Whole(int64(i))
		stored, err = p.PutSeries(t.Context(), stored, usage.Entry{At: s.pass(time.Second).UTC(), By: "ann", Key: key, Event: strconv.Itoa(i)})
		must(t, err)
	}
	_, err = p.PutSeries(t.Context(), x, usage.Entry{At: s.now(), Key: key, Event: "stale"})
	wantErr(t, "a stale write", err, psa.ErrConflict)
	// Neighbours by number that are others by key.
	for _, k := range []usage.SeriesKey{{Agreement: 1, Product: 27}, {Agreement: 120, Product: 7}, {Agreement: 12, Product: 70}} {
		_, err := p.PutSeries(t.Context(), usage.Series{Scope: scope, Key: k}, usage.Entry{At: s.now().UTC(), Key: k, Event: "other"})
		must(t, err)
	}
	got, err := p.Series(t.Context(), scope, 12)
	must(t, err)
	wantEqual(t, "series of an agreement", got, map[usage.SeriesKey]usage.Series{
		key: stored, {Agreement: 12, Product: 70}: {Scope: scope, Key: usage.SeriesKey{Agreement: 12, Product: 70}, Rev: 1},
	})
	if all, err := p.Series(t.Context(), scope, 0); err != nil || len(all) != 4 {
		t.Errorf("all series: %d, %v", len(all), err)
	}
	history := func(k usage.SeriesKey) (events []string) {
		for before := ""; ; {
			page, next, err := p.History(t.Context(), scope, k, before, 2)
			must(t, err)
			for _, e := range page {
				events = append(events, e.Event)
			}
			if before = next; next == "" {
				return events
			}
		}
	}
	wantEqual(t, "history of a series", history(key), []string{"2", "1", "0"})
	if n := len(history(usage.SeriesKey{})); n != 6 {
		t.Errorf("history: %d entries, want 6", n)
	}
	for _, other := range others {
		if got, err := p.Series(t.Context(), other, 0); err != nil || len(got) != 0 {
			t.Errorf("series of %s: %v, %v", other, got, err)
		}
	}
	s.pass(8 * 366 * 24 * time.Hour)
	if n := len(history(key)); n != 0 {
		t.Errorf("%d entries after eight years", n)
	}
	if got, err := p.Series(t.Context(), scope, 12); err != nil || len(got) != 2 {
		t.Errorf("series after eight years: %v, %v", got, err)
	}
}

func TestSettingsRoutesPlansAndStop(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := s.Postings(0)
	if got, err := p.Settings(t.Context(), scope); err != nil || got.Rev != 0 {
		t.Errorf("no settings: %+v, %v", got, err)
	}
	set := usage.Settings{Zone: "Europe/Oslo", Policy: usage.OnChange, Arrears: []psa.RecordID{3}}
	must(t, p.PutSettings(t.Context(), scope, set))
	wantErr(t, "stale settings", p.PutSettings(t.Context(), scope, set), psa.ErrConflict)
	set.Rev = 1
	got, err := p.Settings(t.Context(), scope)
	must(t, err)
	wantEqual(t, "settings", got, set)

	r := usage.Routes{Tenant: "t#1%", Routes: []usage.Route{{SKU: "core", To: usage.SeriesKey{Agreement: 1, Product: 2}, ApprovedBy: "ann", From: "2026-12-01"}}}
	must(t, p.PutRoutes(t.Context(), scope, r, usage.Entry{At: s.now(), Key: r.Routes[0].To}))
	wantErr(t, "stale routes", p.PutRoutes(t.Context(), scope, r), psa.ErrConflict)
	r.Rev = 1
	routes, err := p.Routes(t.Context(), scope)
	must(t, err)
	wantEqual(t, "routes", routes, map[usage.TenantID]usage.Routes{"t#1%": r})

	for i := range 5 {
		must(t, p.PutPlan(t.Context(), scope, "r", usage.AgreementPlan{Agreement: psa.RecordID(i + 1)}))
	}
	must(t, p.PutPlan(t.Context(), scope, "r2", usage.AgreementPlan{Agreement: 99}))
	var ids []psa.RecordID
	for after := ""; ; {
		page, next, err := p.Plans(t.Context(), scope, "r", after, 2)
		must(t, err)
		for _, x := range page {
			ids = append(ids, x.Agreement)
		}
		if after = next; next == "" {
			break
		}
	}
	wantEqual(t, "plans", ids, []psa.RecordID{1, 2, 3, 4, 5})

	for _, stop := range []bool{true, true, false, false} {
		must(t, p.SetStopped(t.Context(), stop))
		if got, err := p.Stopped(t.Context()); err != nil || got != stop {
			t.Errorf("stopped: %v, %v, want %v", got, err, stop)
		}
	}
}
