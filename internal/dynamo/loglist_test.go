package dynamo_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// findLogs walks through all pages and returns the messages.
func (s store) findLogs(t *testing.T, scope psa.Scope, q syncer.LogQuery) (found []string) {
	t.Helper()
	for range 1000 {
		entries, next, err := s.Runs().FindLogs(t.Context(), scope, q)
		must(t, err)
		if q.Limit > 0 && len(entries) > q.Limit {
			t.Fatalf("a page of %d, asked for %d", len(entries), q.Limit)
		}
		for _, e := range entries {
			found = append(found, e.Message)
		}
		if q.After = next; next == "" {
			return found
		}
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestFindLogs(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	start := s.now()
	var all []syncer.LogEntry
	for i := range 60 {
		e := syncer.LogEntry{
			At: start.Add(time.Duration(i) * time.Minute), Event: []string{"run_queued", "run_started", "run_failed"}[i%3],
			Type: []psa.DataType{psa.Companies, psa.Contacts}[i%2], RunID: fmt.Sprint("01RUN", i/6), Who: []string{"ann", "schedule"}[i/30],
			Message: strconv.Itoa(i),
		}
		all = append(all, e)
		must(t, s.Runs().Log(t.Context(), scope, e))
		for _, other := range others {
			e.Message = "another's"
			must(t, s.Runs().Log(t.Context(), other, e))
		}
	}
	for name, q := range map[string]syncer.LogQuery{
		"all":               {},
		"type":              {Type: psa.Contacts},
		"run":               {RunID: "01RUN3"},
		"run and type":      {RunID: "01RUN3", Type: psa.Companies},
		"another type":      {Type: "ghosts"},
		"event":             {Event: "run_failed"},
		"who":               {Who: "schedule"},
		"from":              {From: start.Add(20 * time.Minute)},
		"to":                {To: start.Add(20 * time.Minute)},
		"all of it":         {Type: psa.Companies, Event: "run_queued", Who: "ann", From: start.Add(5 * time.Minute), To: start.Add(25 * time.Minute)},
		"a run in time":     {RunID: "01RUN3", From: start.Add(19 * time.Minute), To: start.Add(21 * time.Minute)},
		"nothing between":   {From: start.Add(time.Hour), To: start},
		"before everything": {To: start.Add(-time.Hour)},
	} {
		var want []string
		for _, e := range slices.Backward(all) {
			if (q.Type == "" || e.Type == q.Type) && (q.RunID == "" || e.RunID == q.RunID) && (q.Event == "" || e.Event == q.Event) &&
				(q.Who == "" || e.Who == q.Who) && !e.At.Before(q.From) && (q.To.IsZero() || e.At.Before(q.To)) {
				want = append(want, e.Message)
			}
		}
		for _, limit := range []int{1, 7, 100} {
			q.Limit = limit
			if diff := cmp.Diff(want, s.findLogs(t, scope, q)); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
	_, _, err := s.Runs().FindLogs(t.Context(), scope, syncer.LogQuery{Page: syncer.Page{After: "nonsense!"}})
	wantErr(t, "cursor", err, psa.ErrInvalid)
}

// What is rare is found, with short pages on the way to it.
func TestFindLogsExaminesABoundedNumber(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range 1500 {
		e := syncer.LogEntry{At: s.now().Add(time.Duration(i)), Event: "record_skipped", Type: psa.Contacts, Who: "callback"}
		if i == 100 {
			e.Event, e.Message = "run_failed", "the one"
		}
		must(t, s.Runs().Log(t.Context(), scope, e))
	}
	q := syncer.LogQuery{Type: psa.Contacts, Event: "run_failed", Page: syncer.Page{Limit: 10}}
	first, next, err := s.Runs().FindLogs(t.Context(), scope, q)
	if err != nil || len(first) != 0 || next == "" {
		t.Errorf("first page: %v, %q, %v", first, next, err)
	}
	if got := s.findLogs(t, scope, q); len(got) != 1 || got[0] != "the one" {
		t.Errorf("found %v", got)
	}
}
