package syncer_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// P12: a run that enumerates dies after its third page and is resumed by another
// worker: what is missing on either side of that is removed, and nothing else.
func TestP12AResumedRunRemovesWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.InFlight = 1
	ids := w.fill(60)
	w.sync(w.process(&mortal{}))
	w.remove(cwsim.Companies, ids[2], ids[58])
	life := &mortal{}
	pages := 0
	life.read = func(r *http.Request) {
		if !strings.Contains(r.URL.RawQuery, "deletedFlag") {
			return // not a page
		}
		life.mu.Lock()
		defer life.mu.Unlock()
		if !life.dead { // a page that comes later comes to nobody
			pages++
			life.dead = pages == 4
		}
	}
	w.compared(w.process(life), syncer.Full)
	if pages != 4 {
		t.Fatalf("it died after %d pages", pages)
	}
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 58, Unchanged: 58, Removed: 2, Missing: 2}})
	for i, id := range ids {
		want := syncer.Reason("")
		if i == 2 || i == 58 {
			want = syncer.Deleted
		}
		if got := w.row(id).Removed; got != want {
			t.Errorf("company %d: removed %q, want %q", id, got, want)
		}
	}
}

// staged is a stage of an account with companies that were never read.
func staged(companies int) (*stage, *msp) {
	s := &stage{table: syncertest.NewTable(), clock: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), slice: time.Second}
	a := &msp{
		scope: psa.Scope{Account: "msp-1", Generation: 1}, types: []psa.DataType{psa.Companies},
		alive: map[recordOf][]lifetime{}, told: map[recordOf]bool{}, dirty: map[recordOf]bool{},
	}
	a.cw = syncertest.NewConnectWise(s.now)
	s.accounts = []*msp{a}
	for range companies {
		s.put(a, syncertest.Record{Type: psa.Companies, Status: 1})
	}
	return s, a
}

// shards are those of the newest run.
func (s *stage) shards(a *msp) []syncer.Shard {
	shards, err := s.table.Store(s.now, nil).Shards(context.Background(), a.scope, s.runs(a)[0].ID)
	if err != nil {
		s.failf("shards: %w", err)
	}
	return shards
}

// The store does not answer while a page is written, be it that it wrote or not:
// the worker lets go of its shard, and of the one that it had claimed ahead, and
// the run ends without waiting for leases.
func TestAShardIsLetGoWhenTheStoreDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for _, f := range []fate{failedBefore, failedAfter} {
		for nth := 1; nth <= 4; nth++ {
			t.Run(fmt.Sprint(f, " ", nth), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, a := staged(9)
					defer s.end()
					fail(t, s, a, f, nth)
				})
			})
		}
	}
}

// lane is where a call of the name waits, -1 if none does.
func (p *actor) lane(name string) int {
	p.inOrder()
	return slices.IndexFunc(p.parked, func(c *remoteCall) bool { return c.name == name })
}

// fail lets the nth write of a first run get no answer.
func fail(t *testing.T, s *stage, a *msp, f fate, nth int) {
	t.Helper()
	p := s.actor(0)
	p.begin(nil, func(ctx context.Context) error {
		_, err := p.engine.Start(ctx, a.scope, a.types, "", "tester")
		return err
	})
	p.finish(0)
	began := s.clock
	for len(s.queue) > 0 && nth > 0 {
		m := s.queue[0]
		s.queue = s.queue[1:]
		p.handle(m)
		for p.busy && nth > 0 {
			lane := p.lane("write")
			switch {
			case len(p.parked) > 1 && lane >= 0 || lane < 0: // what is read ahead comes first
				p.step((lane+1)%len(p.parked), made)
			case nth == 1:
				nth = 0
				p.step(lane, f)
			default:
				nth--
				p.step(lane, made)
			}
		}
		p.finish(0)
	}
	for _, sh := range s.shards(a) {
		if sh.Owner != "" {
			t.Errorf("shard %d is still held: %+v", sh.No, sh)
		}
	}
	s.settle()
	if took := s.clock.Sub(began); took > 30*time.Second || s.broken != nil {
		t.Errorf("it took %s, %v", took, s.broken)
	}
	if run := s.runs(a)[0]; run.State != syncer.Succeeded || run.Totals.Read != 9 {
		t.Errorf("%s, %+v", run.State, run.Totals)
	}
}

// A run takes the place of one that lost its lease. What waited for that one
// begins when the other is over.
func TestARunWaitsForTheOneThatTookItsParentsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(3)
	p := w.process(&mortal{})
	w.start(p, psa.Companies, psa.Contacts)
	w.mu.Lock()
	w.queue = nil // and nobody looks for a long time
	w.mu.Unlock()
	w.later(20 * time.Minute)
	w.start(p, psa.Companies)
	for range 3 {
		p = w.drain(p)
		w.later(time.Minute)
		if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil {
			t.Fatal(err)
		}
	}
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 3, Created: 3}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 3, Created: 3}})
}

// A comparison finds that a company is gone. Its notes, which nobody can read any
// more, go with the next run of theirs, also where that reads everything.
func TestAFullRunLeavesNothingOfAParentThatWent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(3)
	for _, id := range ids {
		w.record(cwsim.CompanyNotes, map[string]any{"text": "A note", "company": ref(id)})
	}
	p := w.process(&mortal{})
	w.start(p, psa.Companies, "company_notes")
	w.settle(p)
	w.remove(cwsim.Companies, ids[1])
	w.later(time.Minute)
	if _, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies, "company_notes"}, syncer.Full, "tester"); err != nil {
		t.Fatal(err)
	}
	w.settle(p)
	if got := w.row(ids[1]).Removed; got != syncer.Deleted {
		t.Fatalf("the company is %q", got)
	}
	if got := w.stored("company_notes"); len(got) != 2 {
		t.Errorf("notes that are kept: %v", got)
	}
}

// A company that was deleted comes back: so do its contacts, with the next run
// and not with the one after it.
func TestACompanyComesBackWithItsContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	var ids []psa.RecordID
	w.longAgo(func() { ids = w.fill(2) })
	p := w.process(&mortal{})
	w.sync(p)
	w.remove(cwsim.Companies, ids[0])
	w.refresh(p, psa.Companies, ids[0])
	w.settle(p)
	w.sync(p)
	if got := w.stored(psa.Contacts); len(got) != 1 {
		t.Fatalf("contacts without the company: %v", got)
	}
	w.company(map[string]any{"id": int64(ids[0]), "name": "Back", "identifier": "back"})
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, Created: 1}})
	if got := w.stored(psa.Contacts); len(got) != 2 {
		t.Errorf("contacts with the company: %v", got)
	}
}

// A company goes, and changes again just before its contacts' run is planned,
// which hides it from that run: the next one finds it.
func TestAParentThatWentIsFoundThoughItChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	var ids []psa.RecordID
	w.longAgo(func() { ids = w.fill(2) })
	p := w.process(&mortal{})
	w.sync(p)
	w.company(map[string]any{"id": int64(ids[0]), "deletedFlag": true})
	w.refresh(p, psa.Companies, ids[0])
	w.later(14 * time.Second)
	w.remove(cwsim.Companies, ids[0])
	w.refresh(p, psa.Companies, ids[0])
	w.settle(p)
	w.later(time.Minute)
	w.sync(p)
	if got := w.stored(psa.Contacts); len(got) != 1 {
		t.Errorf("contacts that are kept: %v", got)
	}
}
