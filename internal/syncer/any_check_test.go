package syncer_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// quiet lets everything end. What was not delivered by then is lost.
func (s *stage) quiet() {
	for _, p := range slices.Clone(s.actors) {
		if p.busy {
			p.finish(0)
		}
		p.leave()
	}
	s.settle()
}

// settle works until the queue is empty and no run is active.
func (s *stage) settle() {
	p := s.actor(0)
	defer p.leave()
	for range 60 {
		for len(s.queue) > 0 && s.broken == nil {
			i := 0
			for j, m := range s.queue {
				if m.at.Before(s.queue[i].at) {
					i = j
				}
			}
			m := s.queue[i]
			s.queue = slices.Delete(s.queue, i, i+1)
			if m.at.After(s.clock) {
				s.clock = m.at
			}
			p.handle(m)
			p.finish(0)
		}
		if s.broken != nil || !s.active() {
			return
		}
		s.clock = s.clock.Add(3 * time.Minute)
		s.queue = append(s.queue, queuedOn{Message: syncer.Message{Kind: syncer.KindTick}, at: s.clock})
	}
	s.failf("a run does not end")
}

func (s *stage) runs(a *msp) []syncer.Run {
	runs, _, err := s.table.Store(s.now, nil).Runs(context.Background(), a.scope, "", syncer.Page{Limit: 1000})
	if err != nil {
		s.failf("runs: %w", err)
	}
	return runs
}

// active reports whether a run is not over, or something is parked.
func (s *stage) active() bool {
	for _, a := range s.accounts {
		for _, typ := range []psa.DataType{psa.Companies, psa.Contacts, syncertest.Configurations, syncertest.Notes} {
			state, err := s.table.Store(s.now, nil).TypeState(context.Background(), a.scope, typ)
			if err != nil || state.ActiveRun != "" {
				return true
			}
		}
	}
	due, err := s.table.Store(s.now, nil).DueLots(context.Background(), s.clock.Add(time.Hour), 1)
	return err != nil || len(due) > 0
}

// sync asks for a run of every type and sees it to its end.
func (s *stage) sync(a *msp, mode syncer.Mode) {
	p := s.actor(0)
	p.begin(nil, func(ctx context.Context) error {
		_, err := p.engine.Start(ctx, a.scope, slices.Clone(a.types), mode, "tester")
		return err
	})
	p.finish(0)
	p.leave()
	s.settle()
	if s.broken != nil {
		return
	}
	for _, run := range s.runs(a)[:len(a.types)] {
		if run.State != syncer.Succeeded && run.State != syncer.Partial {
			s.failf("%s: quiet %s run of %s %s: %+v", a.scope, run.Mode, run.Type, run.State, run.Failure)
		}
	}
}

// confirm agrees to all removals that are proposed. What belonged to what was
// removed follows with the next run.
func (s *stage) confirm(a *msp) {
	open := func(typ psa.DataType) bool {
		state, err := s.table.Store(s.now, nil).TypeState(context.Background(), a.scope, typ)
		return err != nil || state.Proposal != ""
	}
	if s.broken != nil || !slices.ContainsFunc(a.types, open) {
		return
	}
	p := s.actor(0)
	p.begin(nil, func(ctx context.Context) error { return s.decide(ctx, p.engine, a, true) })
	p.finish(0)
	p.leave()
	s.settle()
	s.clock = s.clock.Add(time.Minute)
	s.sync(a, "")
}

// want is what is to be stored of a type: data by id.
func (a *msp) want(typ psa.DataType) map[psa.RecordID]string {
	want := map[psa.RecordID]string{}
	for _, r := range a.cw.All(typ) {
		if typ == psa.Companies && a.wants(r) || typ != psa.Companies && a.wantsCompany(r.Company) {
			want[r.ID] = kept(r)
		}
	}
	return want
}

// wants reports whether a company is to be kept.
func (a *msp) wants(c syncertest.Record) bool {
	typed := len(a.filter.Types) == 0 || slices.ContainsFunc(a.filter.Types, func(t int64) bool { return slices.Contains(c.Kinds, t) })
	return !c.Deleted && typed && (len(a.filter.Statuses) == 0 || slices.Contains(a.filter.Statuses, c.Status))
}

func (a *msp) wantsCompany(id psa.RecordID) bool {
	c, ok := a.cw.Get(psa.Companies, id)
	return ok && a.wants(c)
}

// kept is a record as it is kept.
func kept(r syncertest.Record) string {
	company := ""
	if r.Company != 0 {
		company = fmt.Sprintf(`"company":{"id":%d},`, r.Company)
	}
	switch r.Type {
	case psa.Companies:
		kinds := make([]string, len(r.Kinds))
		for i, k := range r.Kinds {
			kinds[i] = fmt.Sprintf(`{"id":%d}`, k)
		}
		return fmt.Sprintf(`{"deletedFlag":%t,"id":%d,"name":"%s","status":{"id":%d},"types":[%s]}`,
			r.Deleted, r.ID, r.Name, r.Status, strings.Join(kinds, ","))
	case psa.Contacts:
		return fmt.Sprintf(`{%s"firstName":"%s","id":%d}`, company, r.Name, r.ID)
	case syncertest.Notes:
		return fmt.Sprintf(`{%s"id":%d,"text":"%s"}`, company, r.ID, r.Name)
	default:
		return fmt.Sprintf(`{%s"id":%d,"name":"%s"}`, company, r.ID, r.Name)
	}
}

// living is every living row of a type.
func (s *stage) living(a *msp, typ psa.DataType) map[psa.RecordID]syncer.Row {
	rows, next, err := s.table.Store(s.now, nil).List(context.Background(), a.scope, typ, syncer.Page{Limit: 1000})
	if err != nil || next != "" {
		s.failf("list: %q, %w", next, err)
	}
	living := map[psa.RecordID]syncer.Row{}
	for _, r := range rows {
		living[r.ID] = r
	}
	return living
}

// exact fails unless the store is ConnectWise's state within the filter. After
// an incremental run alone, excused may be otherwise: those have the row that is
// stored, if there is one.
func (s *stage) exact(a *msp, when string, excused func(k recordOf, stored syncer.Row) bool) {
	for _, typ := range a.types {
		want, got := a.want(typ), s.living(a, typ)
		for id, data := range want {
			if string(got[id].Data) != data && !excused(recordOf{typ, id}, got[id]) {
				s.failf("%s, %s: %s/%d is %q, want %s", a.scope, when, typ, id, got[id].Data, data)
			}
		}
		for id, row := range got {
			if want[id] == "" && !excused(recordOf{typ, id}, row) {
				s.failf("%s, %s: %s/%d is stored: %s", a.scope, when, typ, id, row.Data)
			}
		}
	}
}

// unseen says what an incremental run need not find: what changed without a
// trace, what is gone and no callback told of, and what belongs to such; and
// what is read under its company and went to one that is gone.
func (s *stage) unseen(a *msp) func(k recordOf, stored syncer.Row) bool {
	companies := s.living(a, psa.Companies)
	stale := func(id psa.RecordID) bool {
		_, there := a.cw.Get(psa.Companies, id)
		return a.dirty[recordOf{psa.Companies, id}] || !there && companies[id].ID != 0
	}
	return func(k recordOf, stored syncer.Row) bool {
		r, there := a.cw.Get(k.typ, k.id)
		_, company := a.cw.Get(psa.Companies, r.Company)
		if there && k.typ == syncertest.Notes && !company && stored.Parent != r.Company {
			return true
		}
		return a.dirty[k] || stored.ID != 0 && !there && !a.told[k] || k.typ != psa.Companies && (stale(r.Company) || stale(stored.Parent))
	}
}

// forward fails if a record goes back to what it was before, or comes back from
// the dead: it was read again, and is not to be what an older read says.
func (s *stage) forward(scope psa.Scope, old, row syncer.Row) {
	a, k := s.account(scope), recordOf{row.Type, row.ID}
	if s.skewed || row.Removed != "" {
		return
	}
	if old.Removed == "" && version(row) < version(old) && !row.LastUpdated.Equal(old.LastUpdated) {
		s.failf("%s: %s/%d goes back from %q to %q", scope, row.Type, row.ID, old.Data, row.Data)
	}
	since := func(l lifetime) bool { return l.until.IsZero() || !l.until.Before(old.ReadAt) }
	if (old.Removed == syncer.Deleted || old.Removed == syncer.Merged) && !slices.ContainsFunc(a.alive[k], since) {
		s.failf("%s: %s/%d comes back: %q", scope, row.Type, row.ID, row.Data)
	}
}

// version is which of an account's changes a row has: names count them.
func version(r syncer.Row) int {
	_, n, _ := strings.Cut(r.Name, " ")
	v, _ := strconv.Atoi(n)
	return v
}

// progress fails if a shard's is taken back.
func (s *stage) progress(old, shard syncer.Shard) {
	if shard.Cursor < old.Cursor || old.Done && !shard.Done || shard.Counts.Read < old.Counts.Read {
		s.failf("shard %d of %s goes back from %d (%+v) to %d (%+v)", shard.No, shard.RunID, old.Cursor, old.Counts, shard.Cursor, shard.Counts)
	}
}

// finish is the end of a schedule: what the property says.
func (s *stage) finish() {
	s.quiet()
	for _, a := range s.accounts {
		s.clock = s.clock.Add(time.Minute)
		s.sync(a, "")
		if !s.skewed && s.broken == nil {
			s.exact(a, "after an incremental run", s.unseen(a))
		}
		s.clock = s.clock.Add(time.Minute)
		s.sync(a, syncer.Full)
		s.confirm(a)
		if s.broken != nil {
			return
		}
		s.exact(a, "after a full run", func(recordOf, syncer.Row) bool { return false })
		for _, run := range s.runs(a) {
			s.addsUp(a, run)
		}
	}
}

// addsUp checks that what a run read became exactly one thing each, but for
// what it removed since it did not read it; and that a run that reads everything
// read what was there all the time once, and nothing that never was.
func (s *stage) addsUp(a *msp, run syncer.Run) {
	c := run.Totals
	unread := c.Created + c.Updated + c.Unchanged + c.Skipped + c.OutOfScope + c.Removed - c.Read
	enumerates := run.Mode.Enumerates()
	if unread < 0 || unread > c.Missing && run.Mode != syncer.Removal || unread > 0 && !enumerates && run.Mode != syncer.Removal {
		s.failf("%s: %s run of %s %s: counts %+v", a.scope, run.Mode, run.Type, run.State, c)
	}
	over := run.State == syncer.Succeeded || run.State == syncer.Partial
	if t, _ := syncer.TypeNamed(run.Type); s.skewed || !over || t.Under() || !enumerates && run.Mode != syncer.Initial {
		return
	}
	always, ever := 0, 0
	for k, lives := range a.alive {
		if k.typ != run.Type {
			continue
		}
		within := func(l lifetime) bool {
			return !l.from.After(run.FinishedAt) && (l.until.IsZero() || !l.until.Before(run.RequestedAt))
		}
		throughout := func(l lifetime) bool {
			return l.from.Before(run.RequestedAt) && (l.until.IsZero() || l.until.After(run.FinishedAt))
		}
		if slices.ContainsFunc(lives, within) {
			ever++
		}
		if slices.ContainsFunc(lives, throughout) {
			always++
		}
	}
	if c.Read < always || c.Read > ever {
		s.failf("%s: %s run of %s read %d of %d to %d records", a.scope, run.Mode, run.Type, c.Read, always, ever)
	}
}
