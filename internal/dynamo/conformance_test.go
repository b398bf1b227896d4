package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// port is what sync and callbacks store.
type port interface {
	syncer.RunStore
	syncer.RecordStore
	callback.Lot
	callback.Limits
}

// onTable is the table's.
type onTable struct {
	*dynamo.Records
	*dynamo.Callbacks
	*runsOnTable
}

// runsOnTable has another name than one of its methods.
type runsOnTable = dynamo.Runs

// pair is the table's stores and those in memory, which are asked for the same.
type pair struct {
	t     *rapid.T
	s     store
	scope psa.Scope
	ports [2]port
	runs  []syncer.Run
	over  map[string]bool // of runs
	held  []syncer.Shard
	revs  [2]string
}

// conformTime bounds the test: about forty sequences of questions.
const conformTime = 8 * time.Second

// Whatever is asked of them, the stores in memory answer as the table's do: the
// conditions of writes, the ordering rule, fences and leases, tombstones, lists,
// their order and their pages, counts.
func TestTheStoresInMemoryAreTheTables(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	table, generation := syncertest.NewTable(), psa.Generation(0)
	began := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if generation++; time.Since(began) > conformTime {
			return
		}
		s.pass(time.Hour)
		p := &pair{t: rt, s: s, scope: psa.Scope{Account: "msp-1", Generation: generation}, over: map[string]bool{}}
		p.ports = [2]port{onTable{s.Records(), s.Callbacks(), s.Runs()}, table.Store(s.now, nil)}
		p.create()
		actions := map[string]func(*rapid.T){}
		for name, do := range map[string]func(){
			"create": p.create, "plan": p.plan, "mark": p.mark, "end": p.end, "decide": p.decide, "claim": p.claim, "advance": p.advance,
			"claim more": p.claim, "advance more": p.advance, "tick": p.tick, "write": p.write, "write more": p.write, "write first": p.writeFirst,
			"rows": p.rows, "missing": p.missing, "skips": p.skips, "park": p.park, "unpark": p.unpark, "lot": p.lot, "allow": p.allow, "pass": p.pass,
		} {
			actions[name] = func(rt *rapid.T) {
				p.t = rt
				do()
			}
		}
		actions[""] = func(rt *rapid.T) {
			p.t = rt
			p.look()
		}
		rt.Repeat(actions)
	})
}

// both asks both, and fails unless they say the same.
func both[T any](p *pair, what string, ask func(port) (T, error)) (got [2]T, err error) {
	p.t.Helper()
	var errs [2]error
	for i, port := range p.ports {
		got[i], errs[i] = ask(port)
	}
	p.same(what, kindOf(errs[0]), kindOf(errs[1]))
	if errs[0] == nil && errs[1] == nil {
		p.same(what, got[0], got[1])
	}
	return got, errs[0]
}

func (p *pair) same(what string, table, memory any) {
	p.t.Helper()
	if diff := cmp.Diff(table, memory, cmpopts.EquateEmpty()); diff != "" {
		p.t.Fatalf("%s (-table +memory):\n%s", what, diff)
	}
}

// kindOf is what callers make of an error.
func kindOf(err error) string {
	for _, kind := range []error{psa.ErrNotFound, psa.ErrConflict, psa.ErrBusy, psa.ErrInvalid} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	if err != nil {
		return "another error: " + err.Error()
	}
	return ""
}

func do(err error) (struct{}, error) { return struct{}{}, err }

func (p *pair) n(what string, limit int) int { return rapid.IntRange(0, limit-1).Draw(p.t, what) }

func pickOf[T any](p *pair, what string, of ...T) T { return rapid.SampledFrom(of).Draw(p.t, what) }

func (p *pair) typ() psa.DataType { return pickOf(p, "type", psa.Companies, psa.Contacts) }

func (p *pair) pass() {
	p.s.pass(pickOf(p, "time", time.Millisecond, time.Second, 11*time.Second, time.Minute, 20*time.Minute))
}

func (p *pair) entry(event string) syncer.LogEntry {
	return syncer.LogEntry{At: p.s.pass(time.Millisecond), Event: event, Type: psa.Companies, Who: "ann"}
}

func (p *pair) create() {
	run := syncer.Run{
		ID: fmt.Sprintf("01%04d", len(p.runs)), Scope: p.scope, Type: p.typ(), RequestedBy: "ann", RequestedAt: p.s.pass(time.Millisecond),
		Mode: pickOf(p, "mode", syncer.Initial, syncer.Incremental, syncer.Full, syncer.Removal, syncer.Reconcile),
	}
	switch {
	case run.Mode == syncer.Removal && len(p.runs) > 0:
		run.From = p.run().ID
	case run.Mode == syncer.Removal:
		run.Mode = syncer.Full
	}
	if last := len(p.runs) - 1; last >= 0 && !p.over[p.runs[last].ID] && p.n("again", 5) == 0 {
		run.ID, run.Type = p.runs[last].ID, p.runs[last].Type
	}
	lease, entry := p.s.now().Add(time.Duration(p.n("lease", 3))*time.Minute), p.entry("run_queued")
	got, err := both(p, "create", func(s port) (syncer.Run, error) {
		got, joined, err := s.CreateRun(context.Background(), run, lease, entry)
		got.Expected += map[bool]int{true: 1000}[joined]
		return got, err
	})
	got[0].Expected %= 1000
	if err == nil && !slices.ContainsFunc(p.runs, func(r syncer.Run) bool { return r.ID == got[0].ID }) {
		p.runs = append(p.runs, got[0])
	}
}

// run is one that was created, as it was then; the newest more often.
func (p *pair) run() syncer.Run {
	if p.n("newest", 3) > 0 {
		return p.runs[len(p.runs)-1]
	}
	return p.runs[p.n("run", len(p.runs))]
}

func (p *pair) plan() {
	run := p.run()
	run.StartedAt, run.ServerStart, run.Expected, run.Filter = p.s.now(), p.s.now().Add(-time.Second), p.n("expected", 5), pickOf(p, "filter", "", "f")
	run.MaxID = psa.RecordID(p.n("max id", 5))
	run.Fence += int64(p.n("fence", 8) / 7)
	var shards []syncer.Shard
	for no := range 1 + p.n("shards", 3) {
		shards = append(shards, syncer.Shard{RunID: run.ID, No: no, Lo: psa.RecordID(no), Hi: psa.RecordID(no + 1), Cursor: psa.RecordID(no)})
	}
	shards[0].Part, shards[0].Of = syncer.Children, []psa.RecordID{4, 2}
	entry := p.entry("run_started")
	_, _ = both(p, "plan", func(s port) (struct{}, error) { return do(s.PlanRun(context.Background(), run, shards, entry)) })
}

func (p *pair) mark() {
	run, entry := p.run(), p.entry("mark")
	from, to := pickOf(p, "from", syncer.Running, syncer.Interrupted), pickOf(p, "to", syncer.Running, syncer.Interrupted, syncer.Failed)
	_, _ = both(p, "mark", func(s port) (struct{}, error) { return do(s.Mark(context.Background(), run, from, to, entry)) })
}

func (p *pair) end() {
	run := p.run()
	run.State = pickOf(p, "state", syncer.Succeeded, syncer.Partial, syncer.Failed, syncer.Cancelled, syncer.Running)
	run.FinishedAt, run.StartedAt, run.Filter = p.s.now(), p.s.now().Add(-time.Second), pickOf(p, "filter", "", "f")
	run.Totals = syncer.Counts{Read: p.n("read", 9), Removed: 1}
	run.Fence += int64(p.n("fence", 8) / 7)
	if p.n("failure", 4) == 0 {
		run.Failure = &syncer.Failure{Code: "busy", Message: "wait"}
	}
	if run.State == syncer.Partial && p.n("proposal", 3) > 0 {
		run.Proposal = &syncer.Proposal{State: syncer.ProposalOpen, Missing: 3, Stored: 4, Reason: "many"}
	}
	watermark := pickOf(p, "watermark", time.Time{}, p.s.now())
	entry := p.entry("end")
	_, err := both(p, "end", func(s port) (struct{}, error) { return do(s.EndRun(context.Background(), run, watermark, entry)) })
	if err == nil {
		p.over[run.ID] = true
	}
}

func (p *pair) decide() {
	run := p.run()
	run.Proposal = &syncer.Proposal{
		State: pickOf(p, "decision", syncer.ProposalConfirmed, syncer.ProposalDismissed, syncer.ProposalOpen), Missing: 3, Stored: 4, DecidedAt: p.s.now(),
	}
	entry := p.entry("decide")
	_, _ = both(p, "decide", func(s port) (struct{}, error) {
		return do(s.Decide(context.Background(), run, syncer.ProposalOpen, entry))
	})
}

func (p *pair) claim() {
	run, no, now := p.run(), p.n("no", 3), p.s.now()
	owner, until := pickOf(p, "owner", "a", "b"), now.Add(time.Duration(p.n("lease", 3))*30*time.Second)
	got, err := both(p, "claim", func(s port) (syncer.Shard, error) {
		return s.Claim(context.Background(), p.scope, run.ID, no, owner, now, until)
	})
	if err == nil {
		p.held = append(p.held, got[0])
	}
}

func (p *pair) advance() {
	if len(p.held) == 0 {
		return
	}
	i := max(len(p.held)-1-p.n("stale", 4), 0)
	before := p.held[i]
	after := before
	after.Cursor += psa.RecordID(p.n("step", 3))
	after.Counts = after.Counts.Add(syncer.Counts{Read: 2, Created: 1})
	after.Done, after.Owner = p.n("done", 4) == 0, pickOf(p, "owner", "", before.Owner)
	after.WokenAt, after.Failures = p.s.now(), p.n("failures", 3)
	if p.n("waiting", 3) == 0 {
		after.Waiting = &syncer.Failure{Code: "busy", Message: "wait"}
	}
	_, err := both(p, "advance", func(s port) (struct{}, error) { return do(s.Advance(context.Background(), p.scope, before, after)) })
	if err == nil {
		p.held[i] = after
	}
}

func (p *pair) tick() {
	run, now := p.run(), p.s.now()
	dueAt, lease := now.Add(time.Duration(p.n("due", 3)-1)*time.Minute), now.Add(time.Duration(p.n("lease", 3))*time.Minute)
	_, _ = both(p, "postpone", func(s port) (struct{}, error) {
		return do(s.Postpone(context.Background(), syncer.RunKey{Scope: p.scope, RunID: run.ID}, dueAt, lease))
	})
	_, _ = both(p, "due", func(s port) ([]string, error) {
		due, err := s.Due(context.Background(), p.s.now(), 500)
		var ids []string
		for _, k := range due {
			if k.Scope == p.scope {
				ids = append(ids, k.RunID)
			}
		}
		slices.Sort(ids)
		return ids, err
	})
}

// look compares what is stored of runs.
func (p *pair) look() {
	ctx := context.Background()
	for _, typ := range []psa.DataType{psa.Companies, psa.Contacts} {
		_, _ = both(p, "type state", func(s port) (syncer.TypeState, error) { return s.TypeState(ctx, p.scope, typ) })
	}
	if len(p.runs) == 0 || p.n("look", 4) > 0 {
		return
	}
	id := pickOf(p, "id", p.run().ID, "unknown")
	_, _ = both(p, "run", func(s port) (syncer.Run, error) { return s.Run(ctx, p.scope, id) })
	_, _ = both(p, "shards", func(s port) ([]syncer.Shard, error) { return s.Shards(ctx, p.scope, id) })
	typ := pickOf(p, "listed", "", psa.Companies)
	limit := 1 + p.n("limit", 3)
	_, _ = both(p, "runs", func(s port) ([]syncer.Run, error) {
		return allPages(limit, func(page syncer.Page) ([]syncer.Run, string, error) { return s.Runs(ctx, p.scope, typ, page) })
	})
	_, _ = both(p, "logs", func(s port) ([]syncer.LogEntry, error) {
		return allPages(5, func(page syncer.Page) ([]syncer.LogEntry, string, error) { return s.Logs(ctx, p.scope, page) })
	})
}

// allPages are all pages of a list.
func allPages[T any](limit int, list func(syncer.Page) ([]T, string, error)) (all []T, err error) {
	page := syncer.Page{Limit: limit}
	for range 200 {
		found, next, err := list(page)
		if err != nil || len(found) > limit {
			return nil, errors.Join(err, fmt.Errorf("%d entries of at most %d", len(found), limit))
		}
		if all = append(all, found...); next == "" {
			return all, nil
		}
		page.After = next
	}
	return nil, errors.New("the list does not end")
}

func (p *pair) row() syncer.Row {
	at := func(what string) time.Time {
		return p.s.now().Add(time.Duration(p.n(what, 3)-2) * time.Second).Truncate(time.Second)
	}
	row := syncer.Row{
		Record: psa.Record{
			Type: p.typ(), ID: psa.RecordID(1 + p.n("id", 4)), Name: "n", Parent: psa.RecordID(p.n("parent", 3)), Data: []byte(`{"a":1}`),
			LastUpdated: at("updated"), ReadAt: at("read"),
		},
		Hash: "h", Sent: "s", CreatedRun: "01", ChangedRun: "02", ChangedAt: p.s.pass(time.Millisecond), Fence: int64(p.n("fence", 3)),
		Removed: pickOf(p, "removed", "", "", "", syncer.Deleted, syncer.SoftDeleted, syncer.Merged, syncer.OutOfScope, syncer.Skipped),
	}
	if row.Removed != "" {
		row.RemovedAt = p.s.now().Add(-pickOf(p, "ago", 0, 0, 91*24*time.Hour))
	}
	if p.n("flipped", 2) == 0 {
		row.ScopeAt = row.ChangedAt
	}
	return row
}

func (p *pair) write() {
	rows := map[psa.RecordID]syncer.Row{}
	for range 1 + p.n("rows", 3) {
		row := p.row()
		row.Type = psa.Companies
		rows[row.ID] = row
	}
	_, _ = both(p, "write", func(s port) ([]psa.RecordID, error) {
		refused, err := s.Write(context.Background(), p.scope, slices.Collect(maps.Values(rows)))
		slices.Sort(refused)
		return refused, err
	})
	p.rows()
}

func (p *pair) writeFirst() {
	row := p.row()
	_, _ = both(p, "write first", func(s port) (struct{}, error) {
		return do(s.WriteFirst(context.Background(), p.scope, []syncer.Row{row}))
	})
}

// rows compares what is stored of records.
func (p *pair) rows() {
	ctx, typ := context.Background(), psa.Companies
	after, until, limit := psa.RecordID(p.n("after", 3)), psa.RecordID(p.n("until", 5)), 1+p.n("limit", 3)
	_, _ = both(p, "range", func(s port) ([]syncer.Row, error) { return s.Range(ctx, p.scope, typ, after, until, limit) })
	_, _ = both(p, "lookup", func(s port) (map[psa.RecordID]syncer.Row, error) {
		return s.Lookup(ctx, p.scope, typ, []psa.RecordID{1, 2, 4, 9})
	})
	_, _ = both(p, "get", func(s port) (syncer.Row, error) { return s.Get(ctx, p.scope, typ, 1+after) })
	_, _ = both(p, "list", func(s port) ([]syncer.Row, error) {
		return allPages(limit, func(page syncer.Page) ([]syncer.Row, string, error) { return s.List(ctx, p.scope, typ, page) })
	})
	_, _ = both(p, "list under", func(s port) ([]syncer.Row, error) {
		return allPages(limit, func(page syncer.Page) ([]syncer.Row, string, error) { return s.ListUnder(ctx, p.scope, typ, 1, page) })
	})
	since := p.s.now().Add(-pickOf(p, "since", time.Hour, 12*time.Second))
	_, _ = both(p, "changed", func(s port) ([]syncer.Row, error) {
		return allPages(limit, func(page syncer.Page) ([]syncer.Row, string, error) { return s.Changed(ctx, p.scope, typ, since, page) })
	})
}

func (p *pair) missing() {
	ctx, id := context.Background(), p.run().ID
	ids := []psa.RecordID{psa.RecordID(1 + p.n("id", 9)), psa.RecordID(20 + p.n("id", 9))}
	_, _ = both(p, "put missing", func(s port) (struct{}, error) { return do(s.PutMissing(ctx, p.scope, id, ids)) })
	after, limit := psa.RecordID(p.n("after", 9)), 1+p.n("limit", 5)
	_, _ = both(p, "missing", func(s port) ([]psa.RecordID, error) { return s.Missing(ctx, p.scope, id, after, limit) })
}

func (p *pair) skips() {
	ctx, run := context.Background(), p.run().ID
	skip := syncer.Skip{Type: psa.Companies, ID: psa.RecordID(1 + p.n("id", 4)), Reason: syncer.InvalidRecord, At: p.s.pass(time.Millisecond)}
	if p.n("under", 3) == 0 {
		skip.ID, skip.Under = 0, skip.ID
	}
	if p.n("in run", 2) == 0 {
		skip.RunID = run
	}
	if p.n("drop", 3) == 0 {
		before := p.s.now().Add(-pickOf(p, "before", 0, time.Minute))
		_, _ = both(p, "drop", func(s port) (struct{}, error) {
			return do(s.DropSkips(ctx, p.scope, skip.Type, []syncer.Skip{skip}, before))
		})
	} else {
		_, _ = both(p, "put skip", func(s port) (struct{}, error) { return do(s.PutSkips(ctx, p.scope, []syncer.Skip{skip})) })
	}
	_, _ = both(p, "skips", func(s port) ([]syncer.Skip, error) {
		return allPages(2, func(page syncer.Page) ([]syncer.Skip, string, error) { return s.Skips(ctx, p.scope, run, page) })
	})
	_, _ = both(p, "open skips", func(s port) ([]syncer.Skip, error) {
		return allPages(2, func(page syncer.Page) ([]syncer.Skip, string, error) {
			return s.OpenSkips(ctx, p.scope, psa.Companies, page)
		})
	})
}

func (p *pair) key() callback.LotKey { return callback.LotKey{Scope: p.scope, Type: psa.Companies} }

func (p *pair) told() callback.Parked {
	return callback.Parked{
		ID: psa.RecordID(1 + p.n("id", 3)), AsOf: p.s.now().Add(time.Duration(p.n("as of", 3)-2) * time.Second).Truncate(time.Second),
		Merged: p.n("merged", 2) == 0, Unverified: p.n("unverified", 3) == 0,
	}
}

func (p *pair) park() {
	told, lookAt := p.told(), p.s.now().Add(time.Minute)
	_, _ = both(p, "park", func(s port) (struct{}, error) { return do(s.Park(context.Background(), p.key(), told, lookAt)) })
	p.parked()
}

func (p *pair) parked() {
	unverified, limit := p.n("of unverified", 2) == 0, 1+p.n("limit", 3)
	_, _ = both(p, "parked", func(s port) ([]callback.Parked, error) {
		return s.Parked(context.Background(), p.key(), unverified, limit)
	})
}

func (p *pair) unpark() {
	told := p.told()
	_, _ = both(p, "unpark", func(s port) (struct{}, error) { return do(s.Unpark(context.Background(), p.key(), told)) })
	p.parked()
}

func (p *pair) lot() {
	ctx, at := context.Background(), p.s.now().Add(time.Duration(p.n("look", 3)-1)*time.Minute)
	switch p.n("lot", 3) {
	case 0:
		_, _ = both(p, "look", func(s port) (struct{}, error) {
			rev, err := s.Look(ctx, p.key(), at)
			if err == nil {
				p.revs[slices.Index(p.ports[:], s)] = rev
			}
			return do(err)
		})
	case 1:
		_, _ = both(p, "close", func(s port) (struct{}, error) { return do(s.Close(ctx, p.key(), p.revs[slices.Index(p.ports[:], s)])) })
	}
	_, _ = both(p, "due lots", func(s port) (bool, error) {
		due, err := s.DueLots(ctx, p.s.now(), 200)
		return slices.Contains(due, p.key()), err
	})
}

func (p *pair) allow() {
	now := p.s.now()
	for range 1 + p.n("times", 4) {
		_, _ = both(p, "allow", func(s port) (bool, error) { return s.Allow(context.Background(), p.scope, "reads", now, 3) })
	}
}
