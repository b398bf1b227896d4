package usagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Stores is what postings are kept in.
type Stores interface {
	usage.Store
	usage.Runs
	usage.Ledger
}

// Conformance holds stores to the contracts of package usage: the ones in memory
// and the table's are to be told apart by nothing that a posting sees. fresh
// makes empty ones; history is what was done in a scope, in any order.
func Conformance(t *testing.T, fresh func(*testing.T) Stores, history func(*testing.T, Stores, psa.Scope) []usage.Entry) {
	t.Helper()
	for name, check := range map[string]func(*conformance){
		"settings": (*conformance).settings, "routes": (*conformance).routes, "series": (*conformance).series, "racing series": (*conformance).race,
		"plans": (*conformance).plans, "runs": (*conformance).runs, "racing runs": (*conformance).raceRuns, "schedules": (*conformance).schedules,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fresh(t)
			check(&conformance{
				T: t, Stores: s, scope: psa.Scope{Account: "msp-1", Generation: 1}, other: psa.Scope{Account: "msp-1", Generation: 2},
				at: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), history: func(scope psa.Scope) []usage.Entry { return history(t, s, scope) },
			})
		})
	}
}

type conformance struct {
	*testing.T
	Stores

	scope, other psa.Scope
	at           time.Time
	history      func(psa.Scope) []usage.Entry
}

func (c *conformance) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *conformance) conflict(what string, err error) {
	c.Helper()
	if !errors.Is(err, psa.ErrConflict) {
		c.Errorf("%s: %v, want a conflict", what, err)
	}
}

func (c *conformance) equal(what string, got, want any) {
	c.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (c *conformance) settings() {
	ctx := c.Context()
	none, err := c.Settings(ctx, c.scope)
	c.must(err)
	c.equal("none", none.Rev, 0)
	c.must(c.PutSettings(ctx, c.scope, usage.Settings{Zone: "UTC", At: 90}))
	c.conflict("as if there were none", c.PutSettings(ctx, c.scope, usage.Settings{}))
	c.conflict("a later one", c.PutSettings(ctx, c.scope, usage.Settings{Rev: 2}))
	got, err := c.Settings(ctx, c.scope)
	c.must(err)
	c.equal("stored", []any{got.Zone, got.At, got.Rev}, []any{"UTC", 90, 1})
	other, err := c.Settings(ctx, c.other)
	c.must(err)
	c.equal("another scope's", other.Rev, 0)
}

func (c *conformance) routes() {
	ctx, seen := c.Context(), int64(3)
	r := usage.Routes{Tenant: "t#1", Routes: []usage.Route{{SKU: "core", ApprovedBy: "ann", Seen: &seen}}}
	c.must(c.PutRoutes(ctx, c.scope, r, usage.Entry{At: c.at, Event: "one"}, usage.Entry{At: c.at, Event: "two"}))
	c.conflict("stale", c.PutRoutes(ctx, c.scope, r, usage.Entry{At: c.at, Event: "never"}))
	seen = 4 // what was stored is not ours to change
	all, err := c.Routes(ctx, c.scope)
	c.must(err)
	got := all["t#1"]
	if len(all) != 1 || got.Tenant != "t#1" || got.Rev != 1 || len(got.Routes) != 1 || *got.Routes[0].Seen != 3 {
		c.Errorf("stored: %+v", all)
	}
	c.equal("history", len(c.history(c.scope)), 2)
	c.equal("another scope's", len(c.history(c.other)), 0)
}

func (c *conformance) series() {
	ctx := c.Context()
	key := usage.SeriesKey{Agreement: 12, Product: 7}
	fresh := usage.Series{Scope: c.scope, Key: key, Lines: []usage.Line{{ID: 5, CreatedAt: c.at}}}
	first, err := c.PutSeries(ctx, fresh, usage.Entry{At: c.at, Key: key})
	c.must(err)
	second, err := c.PutSeries(ctx, first)
	c.must(err)
	c.equal("revisions", []int64{first.Rev, second.Rev}, []int64{1, 2})
	_, err = c.PutSeries(ctx, first, usage.Entry{At: c.at, Key: key})
	c.conflict("stale", err)
	for _, k := range []usage.SeriesKey{{Agreement: 1, Product: 27}, {Agreement: 120, Product: 7}, {Agreement: 12, Product: 70}} {
		_, err := c.PutSeries(ctx, usage.Series{Scope: c.scope, Key: k})
		c.must(err)
	}
	some, err := c.Series(ctx, c.scope, 12)
	c.must(err)
	got := some[key]
	if len(some) != 2 || got.Rev != 2 || got.Scope != c.scope || len(got.Lines) != 1 || !got.Lines[0].CreatedAt.Equal(c.at) {
		c.Errorf("of an agreement: %+v", some)
	}
	got.Lines[0].ID = 6 // what was read is not what is stored
	all, err := c.Series(ctx, c.scope, 0)
	c.must(err)
	c.equal("all", []any{len(all), all[key].Lines[0].ID}, []any{4, 5})
	c.equal("history", len(c.history(c.scope)), 1)
}

// race: of writers that saw the same, one writes.
func (c *conformance) race() {
	s, err := c.PutSeries(c.Context(), usage.Series{Scope: c.scope, Key: usage.SeriesKey{Agreement: 1, Product: 1}})
	c.must(err)
	won := c.together(func(ctx context.Context) bool {
		_, err := c.PutSeries(ctx, s, usage.Entry{At: c.at, Key: s.Key})
		return err == nil
	})
	c.equal("writers", []int{won, len(c.history(c.scope))}, []int{1, 1})
}

// together does something eight times at once, and counts how often it did.
func (c *conformance) together(do func(context.Context) bool) (won int) {
	var group sync.WaitGroup
	done := make([]bool, 8)
	for i := range done {
		group.Go(func() { done[i] = do(c.Context()) })
	}
	group.Wait()
	for _, ok := range done {
		if ok {
			won++
		}
	}
	return won
}

func (c *conformance) plans() {
	ctx := c.Context()
	for _, id := range []psa.RecordID{20, 3, 1, 100, 4, 3} { // 3 is looked at twice
		c.must(c.PutPlan(ctx, c.scope, "r", usage.AgreementPlan{Agreement: id, Name: "Gold"}))
	}
	c.must(c.PutPlan(ctx, c.scope, "r2", usage.AgreementPlan{Agreement: 5}))
	c.must(c.PutPlan(ctx, c.other, "r", usage.AgreementPlan{Agreement: 6}))
	var ids []psa.RecordID
	for after, more := "", true; more; more = after != "" {
		page, next, err := c.Plans(ctx, c.scope, "r", after, 2)
		c.must(err)
		if len(page) > 2 {
			c.Fatalf("a page of %d", len(page))
		}
		for _, p := range page {
			ids = append(ids, p.Agreement)
		}
		after = next
	}
	c.equal("plans", ids, []psa.RecordID{1, 3, 4, 20, 100})
	none, next, err := c.Plans(ctx, c.scope, "r3", "", 2)
	c.must(err)
	c.equal("of no run", []any{len(none), next}, []any{0, ""})
}

func (c *conformance) run(id string, mode usage.Mode) usage.Run {
	return usage.Run{ID: id, Scope: c.scope, Mode: mode, State: usage.Running, AskedAt: c.at, DueAt: c.at}
}

func (c *conformance) runs() {
	ctx := c.Context()
	a, joined, err := c.StartRun(ctx, c.run("a", usage.ModePost), nil, time.Time{})
	c.must(err)
	same, again, err := c.StartRun(ctx, c.run("b", usage.ModePost), nil, time.Time{})
	c.must(err)
	_, beside, err := c.StartRun(ctx, c.run("p", usage.ModePreview), nil, time.Time{})
	c.must(err)
	c.equal("joined", []any{joined, again, beside, same.ID, a.Rev}, []any{false, true, false, "a", 1})
	if _, err := c.Stores.Run(ctx, c.other, "a"); !errors.Is(err, psa.ErrNotFound) {
		c.Errorf("another scope's: %v", err)
	}
	waits := a
	waits.State, waits.Cursor = usage.NeedsWord, 7
	waits, err = c.PutRun(ctx, waits)
	c.must(err)
	_, err = c.PutRun(ctx, a)
	c.conflict("a worker that was overtaken", err)
	c.equal("due", c.dueAt(c.at), []string{"p"})
	c.equal("not due yet", c.dueAt(c.at.Add(-time.Second)), []string{})
	_, joined, err = c.StartRun(ctx, c.run("d", usage.ModePost), nil, time.Time{})
	c.must(err)
	old, err := c.Stores.Run(ctx, c.scope, "a")
	c.must(err)
	c.equal("replaced", []any{joined, old.State, old.Cursor, old.EndedAt.Equal(c.at)}, []any{false, usage.Replaced, 7, true})
	_, err = c.PutRun(ctx, waits)
	c.conflict("the confirmation of a run that was replaced", err)
	c.equal("due then", c.dueAt(c.at), []string{"d", "p"})
}

func (c *conformance) dueAt(at time.Time) []string {
	c.Helper()
	due, err := c.DueRuns(c.Context(), at, 10)
	c.must(err)
	ids := []string{}
	for _, k := range due {
		ids = append(ids, k.ID)
	}
	slices.Sort(ids)
	return ids
}

// raceRuns: whoever asks at once gets the same run.
func (c *conformance) raceRuns() {
	var mu sync.Mutex
	ids, next := map[string]bool{}, 0
	began := c.together(func(ctx context.Context) bool {
		mu.Lock()
		next++
		run := c.run(fmt.Sprint("r", next), usage.ModePost)
		mu.Unlock()
		got, joined, err := c.StartRun(ctx, run, nil, time.Time{})
		mu.Lock()
		defer mu.Unlock()
		if err != nil { // too many at once: asked again, it joins
			got, joined, err = c.StartRun(ctx, run, nil, time.Time{})
		}
		if ids[got.ID] = true; err != nil {
			c.Error(err)
		}
		return err == nil && !joined
	})
	c.equal("runs", []int{began, len(ids)}, []int{1, 1})
}

func (c *conformance) schedules() {
	ctx := c.Context()
	s := usage.Schedule{Scope: c.scope, Zone: "UTC", At: 90, NextAt: c.at}
	c.must(c.PutSchedule(ctx, s))
	due := func(at time.Time) int {
		c.Helper()
		list, err := c.DueSchedules(ctx, at, 10)
		c.must(err)
		return len(list)
	}
	c.equal("due", []int{due(c.at.Add(-time.Second)), due(c.at)}, []int{0, 1})
	tomorrow := c.at.Add(24 * time.Hour)
	a, _, err := c.StartRun(ctx, c.run("a", usage.ModePost), &s, tomorrow)
	c.must(err)
	_, joined, err := c.StartRun(ctx, c.run("b", usage.ModePost), &s, tomorrow)
	c.must(err)
	c.equal("a second tick joins", joined, true)
	a.State, a.EndedAt = usage.Done, c.at
	_, err = c.PutRun(ctx, a)
	c.must(err)
	_, _, err = c.StartRun(ctx, c.run("b", usage.ModePost), &s, tomorrow)
	c.conflict("a tick that comes late", err)
	c.equal("moved", []int{due(c.at), due(tomorrow)}, []int{0, 1})
	c.must(c.DropSchedule(ctx, c.scope))
	c.equal("dropped", due(tomorrow), 0)
}
