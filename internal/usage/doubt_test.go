package usage_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// first is a world in which the first line is about to be made.
func first(t *testing.T, settings usage.Settings) (*world, psa.RecordID, usage.SeriesKey) {
	t.Helper()
	w := newWorld(t, nil)
	settings.Zone, settings.Rev = "UTC", 1
	if err := w.watch.service.Configure(t.Context(), w.scope, settings); err != nil {
		t.Fatal(err)
	}
	a := w.agreement("2026-11-01")
	item, _ := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	w.approve()
	return w, a, usage.SeriesKey{Agreement: a, Product: item}
}

func (w *world) fault(f cwsim.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(f); err != nil {
		w.t.Fatal(err)
	}
}

// A person makes a line at the very moment at which ours is made: the second
// look finds it, ours is void, and the person chooses.
func TestAPersonsLineAtTheSameMoment(t *testing.T) {
	t.Parallel()
	w, a, key := first(t, usage.Settings{})
	w.fault(cwsim.Fault{Method: "POST", Kind: cwsim.FaultChange, Times: 1, Changes: []cwsim.Change{{
		Table: cwsim.Additions, Members: map[string]any{
			"agreementId": a, "product": map[string]any{"id": key.Product}, "quantity": 30, "billCustomer": "Billable", "effectiveDate": "2026-11-01",
		},
	}}})
	p := w.post(w.process(&mortal{}))
	lines := func(what string) {
		w.wantLines(what, a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-01, 0", key.Product), fmt.Sprintf("item %d: 2026-11-01 to open, 30", key.Product))
	}
	lines("the same moment")
	w.wantCodes("the same moment", a, usage.DoubledLine, usage.OtherLines)
	p = w.post(p)
	lines("the next day")
	w.wantCodes("the next day", a, usage.OtherLines)
	if err := w.watch.service.TakeOver(t.Context(), w.scope, key, "ann"); err != nil {
		t.Fatal(err)
	}
	w.post(p)
	w.wantLines("taken over", a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-01, 0", key.Product), fmt.Sprintf("item %d: 2026-11-01 to open, 12", key.Product))
}

// A person's line beside one of ours is not taken over: both would be ours, and
// bill the same days.
func TestNoTakeOverBesideOurs(t *testing.T) {
	t.Parallel()
	w, a, key := first(t, usage.Settings{})
	p := w.post(w.process(&mortal{}))
	theirs := func(members map[string]any) int {
		line := map[string]any{
			"agreementId": a, "product": map[string]any{"id": key.Product}, "quantity": 30, "billCustomer": "Billable", "effectiveDate": "2026-10-15",
		}
		maps.Copy(line, members)
		return int(w.put(cwsim.Additions, line))
	}
	w.later(24 * time.Hour)
	id := theirs(nil)
	w.report("acme", map[usage.SKU]int64{"core": 12})
	p = w.post(p)
	w.wantCodes("beside ours", a, usage.OtherLines)
	if err := w.watch.service.TakeOver(t.Context(), w.scope, key, "ann"); problem.From(err).Code != problem.Conflict {
		t.Errorf("taken over: %v", err)
	}
	theirs(map[string]any{"id": id, "cancelledDate": "2026-10-31"}) // as the refusal says
	w.post(p)
	w.wantCodes("after theirs was ended", a)
	if s := w.series(a)[key]; len(s.Lines) != 1 {
		t.Errorf("%+v", s.Lines)
	}
}

// An admin holds a line at the moment at which it is made: what became of it is
// stored at once, and the hold stays, whatever zone a worker's clock is in.
func TestHeldWhileItIsMade(t *testing.T) {
	t.Parallel()
	w, a, key := first(t, usage.Settings{})
	w.mu.Lock()
	w.at = w.at.In(time.FixedZone("here", 3600))
	w.mu.Unlock()
	hook := func(r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		if err := w.watch.service.Hold(context.Background(), w.scope, key, "ann"); err != nil {
			t.Error(err)
		}
	}
	w.hook.Store(&hook)
	w.post(w.process(&mortal{}))
	s := w.series(a)[key]
	if s.Intent != nil || len(s.Lines) != 1 || s.Decisions.Hold == nil {
		t.Errorf("%+v", s)
	}
	if n := w.run().Counts.Created; n != 1 {
		t.Errorf("%d lines counted as made", n)
	}
}

// A server that commits later than the quiet time: the line is made again, and
// the one that turns up is known as ours, set to zero, ended and reported.
func TestALineThatTurnsUpAfterTheQuietTime(t *testing.T) {
	t.Parallel()
	w, a, key := first(t, usage.Settings{})
	w.fault(cwsim.Fault{Method: "POST", Kind: cwsim.FaultCommitLater, Times: 1, DelayMS: int(time.Hour.Milliseconds())})
	p := w.post(w.process(&mortal{}))
	w.wantLines("made again", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", key.Product))
	w.later(2 * time.Hour)
	w.post(p)
	w.wantLines("both", a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-01, 0", key.Product), fmt.Sprintf("item %d: 2026-11-01 to open, 12", key.Product))
	w.wantCodes("both", a, usage.DoubledLine)
	entries, _, err := w.watch.store.Postings(0).History(context.Background(), w.scope, key, "", 1)
	if err != nil || len(entries) != 1 || entries[0].Event != "void" {
		t.Errorf("history: %+v, %v", entries, err)
	}
}

// Without markers our own line is known by what it is and by being new; one
// that cannot be told from another's is another's.
func TestWithoutMarkers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault cwsim.Fault
		lines []string
		codes []usage.Code
	}{
		"cut after": {cwsim.Fault{Kind: cwsim.FaultCutAfter}, []string{"2026-11-01 to open, 12"}, nil},
		"late":      {cwsim.Fault{Kind: cwsim.FaultCommitLater, DelayMS: int((4 * time.Minute).Milliseconds())}, []string{"2026-11-01 to open, 12"}, nil},
		"too late": {
			cwsim.Fault{Kind: cwsim.FaultCommitLater, DelayMS: int(time.Hour.Milliseconds())},
			[]string{"2026-11-01 to open, 12", "2026-11-01 to open, 12"},
			[]usage.Code{usage.OtherLines},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, a, key := first(t, usage.Settings{NoMarkers: true})
			tt.fault.Method, tt.fault.Times = "POST", 1
			w.fault(tt.fault)
			p := w.post(w.process(&mortal{}))
			w.later(2 * time.Hour)
			w.post(p)
			var want []string
			for _, l := range tt.lines {
				want = append(want, fmt.Sprintf("item %d: %s", key.Product, l))
			}
			w.wantLines(name, a, want...)
			w.wantCodes(name, a, tt.codes...)
			if got := w.sim.AdditionsOf(int(a))[0]["serialNumber"]; got != nil && got != "" {
				t.Errorf("serial number %v", got)
			}
		})
	}
}

// ConnectWise refuses: what is refused for good is said, and tried again by the
// next run; nothing else of the account waits for it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w, a, key := first(t, usage.Settings{})
	b := w.agreement("2026-11-01")
	w.want("bolt", b, map[usage.SKU]psa.RecordID{"core": key.Product})
	w.report("bolt", map[usage.SKU]int64{"core": 7})
	w.approve()
	w.fault(cwsim.Fault{Method: "POST", Kind: cwsim.FaultStatus, Status: 400, Times: 1})
	p := w.post(w.process(&mortal{}))
	w.wantLines("refused", a)
	w.wantCodes("refused", a, usage.PostingRefused)
	w.wantLines("the other", b, fmt.Sprintf("item %d: 2026-11-01 to open, 7", key.Product))
	p = w.post(p)
	w.wantLines("the next day", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", key.Product))
	w.wantCodes("the next day", a)

	// A lost permission ends the run, and says so.
	w.report("acme", map[usage.SKU]int64{"core": 13})
	w.fault(cwsim.Fault{Method: "PATCH", Kind: cwsim.FaultStatus, Status: 403})
	p = w.post(p)
	if got := w.run(); got.State != usage.Failed || got.Failure == nil || got.Failure.Code != "permission_missing" {
		t.Errorf("run %+v", got)
	}
	w.fault(cwsim.Fault{Method: "PATCH", Kind: cwsim.FaultThrottle, RetryAfter: 30, Times: 2})
	w.post(p)
	w.wantLines("throttled", a, fmt.Sprintf("item %d: 2026-11-01 to open, 13", key.Product))
	for k, s := range w.series(0) {
		if s.Intent != nil {
			t.Errorf("%s has an intent left", k)
		}
	}
}

// A worker is taken for dead while its request is under way, and another takes
// over. Within the quiet time that one waits and finds the line; after it, it
// makes the line again, and the first worker's is void.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		asleep time.Duration
		lines  []string
	}{
		"for a while":    {2 * time.Minute, []string{"2026-11-01 to open, 12"}},
		"for very long":  {time.Hour, []string{"2026-11-01 to 2026-11-01, 0", "2026-11-01 to open, 12"}},
		"not noticeably": {0, []string{"2026-11-01 to open, 12"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, a, key := first(t, usage.Settings{})
			var asleep atomic.Bool
			hook := func(r *http.Request) {
				if r.Method != http.MethodPost || !asleep.CompareAndSwap(false, true) {
					return
				}
				w.later(tt.asleep)
				run := w.run()
				m := usage.Message{V: 1, Kind: usage.KindPost, Account: w.scope.Account, Generation: w.scope.Generation, Key: run.ID}
				if err := w.process(&mortal{}).engine.Handle(context.Background(), m); err != nil {
					t.Error(err)
				}
			}
			w.hook.Store(&hook)
			p := w.post(w.process(&mortal{}))
			p = w.post(p)
			w.post(p)
			var want []string
			for _, l := range tt.lines {
				want = append(want, fmt.Sprintf("item %d: %s", key.Product, l))
			}
			w.wantLines(name, a, want...)
			w.wantCodes(name, a)
		})
	}
}
