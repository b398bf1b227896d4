package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func TestRunComesBackAsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	asked := s.newRun("01A")
	asked.After, asked.Since, asked.Mode = "01PARENT", s.now().Add(-time.Hour), syncer.Incremental
	run := s.create(t, asked)
	got, err := s.Runs().Run(t.Context(), scope, "01A")
	must(t, err)
	wantEqual(t, "queued run", got, run)
	if run.Fence != 1 {
		t.Errorf("fence of the first run: %d, want 1", run.Fence)
	}

	run.State, run.StartedAt, run.ServerStart, run.Expected, run.Shards = syncer.Running, s.now(), s.now(), 7, 1
	run.MaxID = 9
	must(t, s.Runs().PlanRun(t.Context(), run, []syncer.Shard{{RunID: "01A"}}, s.entry("run_started")))
	run.State, run.FinishedAt = syncer.Failed, s.pass(time.Second)
	run.Totals = syncer.Counts{Read: 6, Created: 1, Updated: 2, Unchanged: 3, Skipped: 4, Removed: 5}
	run.Failure = &syncer.Failure{Code: problem.Busy, Message: "busy", Remedy: "wait"}
	must(t, s.Runs().EndRun(t.Context(), run, time.Time{}, s.entry("run_failed")))
	got, err = s.Runs().Run(t.Context(), scope, "01A")
	must(t, err)
	wantEqual(t, "ended run", got, run)
}

func TestUnknownThings(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, id := range []string{"", "01A", "01A#skips", string(make([]byte, 2000))} {
		_, err := s.Runs().Run(t.Context(), scope, id)
		wantErr(t, "run "+id, err, psa.ErrNotFound)
	}
	_, err := s.Runs().Claim(t.Context(), scope, "01A", 0, "w", s.now(), s.now().Add(time.Minute))
	wantErr(t, "claim", err, psa.ErrNotFound)
	err = s.Runs().Postpone(t.Context(), syncer.RunKey{Scope: scope, RunID: "01A"}, s.now(), s.now())
	wantErr(t, "postpone", err, psa.ErrNotFound)
	wantErr(t, "end", s.Runs().EndRun(t.Context(), syncer.Run{ID: "01A", Scope: scope, State: syncer.Failed}, time.Time{}, s.entry("x")), psa.ErrNotFound)
	state, err := s.Runs().TypeState(t.Context(), scope, psa.Companies)
	must(t, err)
	wantEqual(t, "state of a type that never ran", state, syncer.TypeState{Type: psa.Companies})
	_, _, err = s.Runs().Runs(t.Context(), scope, "", syncer.Page{After: "!!"})
	wantErr(t, "cursor", err, psa.ErrInvalid)
}

func TestOneRunPerType(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var ids [8]string
	atOnce(t, len(ids), nil, func(i int) error {
		got, _, err := s.Runs().CreateRun(t.Context(), s.newRun(fmt.Sprint("01", i)), s.now().Add(time.Minute), s.entry("run_queued"))
		ids[i] = got.ID
		return err
	})
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("runs that were asked for at once led to several: %v", ids)
		}
	}
	logs, _, err := s.Runs().Logs(t.Context(), scope, syncer.Page{})
	must(t, err)
	if len(logs) != 1 {
		t.Errorf("log entries: %d, want 1", len(logs))
	}
	contacts := s.newRun("02")
	contacts.Type = psa.Contacts
	s.create(t, contacts)
	for i, other := range others {
		run := s.newRun(fmt.Sprint("03", i))
		run.Scope = other
		s.create(t, run)
	}
}

func TestCreateRunAgainIsNotJoined(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	run := s.create(t, s.newRun("01A"))
	wantEqual(t, "the same run again", s.create(t, s.newRun("01A")), run)
}

func TestExpiredLeaseIsTakenOver(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	old, shards := s.started(t, "01A", 3)
	held := s.claim(t, "01A", 0)
	s.pass(61 * time.Second)
	next := s.create(t, s.newRun("01B"))
	if next.Fence <= old.Fence {
		t.Errorf("fence %d after %d", next.Fence, old.Fence)
	}

	got, err := s.Runs().Run(t.Context(), scope, "01A")
	must(t, err)
	if got.State != syncer.Interrupted {
		t.Errorf("the old run is %s", got.State)
	}
	after := held
	after.Cursor += 10
	wantErr(t, "advance", s.Runs().Advance(t.Context(), scope, held, after), psa.ErrConflict)
	_, err = s.Runs().Claim(t.Context(), scope, "01A", 1, "w", s.now(), s.now().Add(time.Minute))
	wantErr(t, "claim", err, psa.ErrConflict)
	wantErr(t, "mark", s.Runs().Mark(t.Context(), old, syncer.Interrupted, syncer.Running, s.entry("x")), psa.ErrConflict)
	wantErr(t, "plan", s.Runs().PlanRun(t.Context(), old, shards, s.entry("x")), psa.ErrConflict)
	key := syncer.RunKey{Scope: scope, RunID: "01A"}
	wantErr(t, "postpone", s.Runs().Postpone(t.Context(), key, s.now(), s.now().Add(time.Hour)), psa.ErrConflict)
	old.State, old.FinishedAt = syncer.Succeeded, s.now()
	wantErr(t, "end", s.Runs().EndRun(t.Context(), old, s.now(), s.entry("x")), psa.ErrConflict)

	state, err := s.Runs().TypeState(t.Context(), scope, psa.Companies)
	must(t, err)
	wantEqual(t, "type state", state, syncer.TypeState{Type: psa.Companies, LastRun: "01B", ActiveRun: "01B", Fence: 2})
	due, err := s.Runs().Due(t.Context(), s.now(), 10)
	must(t, err)
	wantEqual(t, "due", due, []syncer.RunKey{{Scope: scope, RunID: "01B"}})
}

func TestPostponeKeepsTheLease(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.create(t, s.newRun("01A"))
	key := syncer.RunKey{Scope: scope, RunID: "01A"}
	must(t, s.Runs().Postpone(t.Context(), key, s.now().Add(5*time.Minute), s.now().Add(time.Hour)))
	due := func() []syncer.RunKey {
		keys, err := s.Runs().Due(t.Context(), s.now(), 10)
		must(t, err)
		return keys
	}
	s.pass(5*time.Minute - 1)
	if got := due(); len(got) != 0 {
		t.Errorf("due too early: %v", got)
	}
	s.pass(1)
	wantEqual(t, "due", due(), []syncer.RunKey{key})
	got, joined, err := s.Runs().CreateRun(t.Context(), s.newRun("01B"), s.now(), s.entry("x"))
	if err != nil || !joined || got.ID != "01A" {
		t.Errorf("asked again within the lease: %s, %v, %v", got.ID, joined, err)
	}
}

func TestDueIsOldestFirstAndBounded(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var want []syncer.RunKey
	for i := range 30 {
		run := s.newRun(fmt.Sprintf("01%02d", i))
		run.Scope.Generation = psa.Generation(i + 1)
		s.create(t, run)
		want = append(want, syncer.RunKey{Scope: run.Scope, RunID: run.ID})
		s.pass(time.Millisecond)
	}
	got, err := s.Runs().Due(t.Context(), s.now(), 20)
	must(t, err)
	wantEqual(t, "due", got, want[:20])
}

func TestEndRunOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	run, shards := s.started(t, "01A", 3)
	held := s.claim(t, "01A", 0)
	end := run
	end.State, end.FinishedAt = syncer.Cancelled, s.pass(time.Second)
	wins := atOnce(t, 6, psa.ErrConflict, func(int) error {
		return s.Runs().EndRun(t.Context(), end, s.now(), s.entry("run_cancelled"))
	})
	if wins != 1 {
		t.Errorf("ended %d times", wins)
	}
	state, err := s.Runs().TypeState(t.Context(), scope, psa.Companies)
	must(t, err)
	wantEqual(t, "type state", state, syncer.TypeState{Type: psa.Companies, Watermark: s.now(), LastRun: "01A", LastSuccess: s.now(), PlannedAt: run.StartedAt, Fence: 1})
	after := held
	after.Cursor++
	wantErr(t, "advance of a stopped shard", s.Runs().Advance(t.Context(), scope, held, after), psa.ErrConflict)
	for no := range shards {
		_, err := s.Runs().Claim(t.Context(), scope, "01A", no, "worker", s.now(), s.now().Add(time.Minute))
		wantErr(t, "claim of a stopped shard", err, psa.ErrConflict)
	}
	due, err := s.Runs().Due(t.Context(), s.now().Add(time.Hour), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("due after the end: %v, %v", due, err)
	}
	logs, _, err := s.Runs().Logs(t.Context(), scope, syncer.Page{})
	must(t, err)
	var events []string
	for _, l := range logs {
		events = append(events, l.Event)
	}
	wantEqual(t, "log, newest first", events[:1], []string{"run_cancelled"})
	if len(events) != 3 {
		t.Errorf("log: %v, want three entries", events)
	}
}

// A run that is cancelled while it is planned has stopped shards or none.
func TestEndRunWhilePlanning(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := newStore(t)
		run := s.create(t, s.newRun("01A"))
		planned, ended := run, run
		planned.State = syncer.Running
		ended.State, ended.FinishedAt = syncer.Cancelled, s.now()
		atOnce(t, 2, psa.ErrConflict, func(i int) error {
			if i == 0 {
				return s.Runs().PlanRun(t.Context(), planned, []syncer.Shard{{RunID: "01A"}}, s.entry("x"))
			}
			return s.Runs().EndRun(t.Context(), ended, time.Time{}, s.entry("y"))
		})
		got, err := s.Runs().Run(t.Context(), scope, "01A")
		must(t, err)
		if got.State != syncer.Cancelled {
			t.Errorf("state %s", got.State)
		}
		shards, err := s.Runs().Shards(t.Context(), scope, "01A")
		must(t, err)
		for range shards {
			_, err = s.Runs().Claim(t.Context(), scope, "01A", 0, "w", s.now(), s.now().Add(time.Minute))
			wantErr(t, "claim", err, psa.ErrConflict)
		}
	}
}

func TestPlanOnceWithManyShards(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	run, shards := s.started(t, "01A", 64)
	wantErr(t, "plan again", s.Runs().PlanRun(t.Context(), run, shards[:1], s.entry("x")), psa.ErrConflict)
	got, err := s.Runs().Shards(t.Context(), scope, "01A")
	must(t, err)
	wantEqual(t, "shards", got, shards)
	run.State, run.FinishedAt = syncer.Failed, s.now()
	must(t, s.Runs().EndRun(t.Context(), run, time.Time{}, s.entry("run_failed")))
}

func TestMark(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	run, _ := s.started(t, "01A", 1)
	wins := atOnce(t, 4, psa.ErrConflict, func(int) error {
		return s.Runs().Mark(t.Context(), run, syncer.Running, syncer.Interrupted, s.entry("run_interrupted"))
	})
	if wins != 1 {
		t.Errorf("marked %d times", wins)
	}
	must(t, s.Runs().Mark(t.Context(), run, syncer.Interrupted, syncer.Running, s.entry("run_resumed")))
	wantErr(t, "mark as final", s.Runs().Mark(t.Context(), run, syncer.Running, syncer.Failed, s.entry("x")), psa.ErrInvalid)
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var all, contacts []string
	for i := range 7 {
		run := s.newRun(fmt.Sprintf("01%d", i))
		if i%3 == 0 {
			run.Type = psa.Contacts
			contacts = append([]string{run.ID}, contacts...)
		}
		all = append([]string{run.ID}, all...)
		run = s.create(t, run)
		run.State, run.FinishedAt = syncer.Succeeded, s.now()
		must(t, s.Runs().EndRun(t.Context(), run, s.now(), s.entry("x")))
	}
	list := func(scope psa.Scope, typ psa.DataType) (ids []string) {
		for page := (syncer.Page{Limit: 2}); ; {
			runs, next, err := s.Runs().Runs(t.Context(), scope, typ, page)
			must(t, err)
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
			if page.After = next; next == "" {
				return ids
			}
		}
	}
	wantEqual(t, "all", list(scope, ""), all)
	wantEqual(t, "contacts", list(scope, psa.Contacts), contacts)
	for _, other := range others {
		if got := list(other, ""); len(got) != 0 {
			t.Errorf("runs of %s: %v", other, got)
		}
	}
}

// Final runs are kept 90 days, and the type's last for as long as it is that.
func TestRunsExpire(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, id := range []string{"01A", "01B"} {
		run := s.create(t, s.newRun(id))
		run.State, run.FinishedAt = syncer.Succeeded, s.now()
		must(t, s.Runs().EndRun(t.Context(), run, s.now(), s.entry("x")))
	}
	s.pass(91 * 24 * time.Hour)
	_, err := s.Runs().Run(t.Context(), scope, "01A")
	wantErr(t, "run after 91 days", err, psa.ErrNotFound)
	_, err = s.Runs().Run(t.Context(), scope, "01B")
	must(t, err)
	for _, typ := range []psa.DataType{"", psa.Companies} {
		runs, _, err := s.Runs().Runs(t.Context(), scope, typ, syncer.Page{})
		if err != nil || len(runs) != 1 {
			t.Errorf("runs after 91 days: %v, %v", runs, err)
		}
	}
	logs, _, err := s.Runs().Logs(t.Context(), scope, syncer.Page{})
	if err != nil || len(logs) != 0 {
		t.Errorf("log after 91 days: %v, %v", logs, err)
	}
}

// A first run that is asked for while the first run ends is that run.
func TestAnInitialRunOfATypeThatWasReadJoins(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	run, _ := s.started(t, "01A", 1)
	run.State, run.FinishedAt = syncer.Succeeded, s.pass(time.Second)
	must(t, s.Runs().EndRun(t.Context(), run, s.now(), s.entry("run_succeeded")))
	again := s.newRun("01B")
	again.Mode = syncer.Initial
	got, joined, err := s.Runs().CreateRun(t.Context(), again, s.now().Add(time.Hour), s.entry("run_queued"))
	if err != nil || !joined || got.ID != "01A" || got.State != syncer.Succeeded {
		t.Errorf("got %+v, joined = %v, %v", got, joined, err)
	}
	again.Mode = syncer.Full
	got, joined, err = s.Runs().CreateRun(t.Context(), again, s.now().Add(time.Hour), s.entry("run_queued"))
	if err != nil || joined || got.ID != "01B" {
		t.Errorf("a full run: %+v, joined = %v, %v", got, joined, err)
	}
}
