package dynamo_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.started(t, "01A", 2)
	claim := func(no int, owner string, d time.Duration) (syncer.Shard, error) {
		return s.Runs().Claim(t.Context(), scope, "01A", no, owner, s.now(), s.now().Add(d))
	}
	wins := atOnce(t, 8, psa.ErrBusy, func(i int) error {
		_, err := claim(0, fmt.Sprint("w", i), time.Minute)
		return err
	})
	if wins != 1 {
		t.Fatalf("%d of 8 got the shard", wins)
	}
	s.pass(time.Minute - 1)
	_, err := claim(0, "late", time.Minute)
	wantErr(t, "claim within the lease", err, psa.ErrBusy)
	s.pass(1)
	got, err := claim(0, "late", time.Minute)
	must(t, err)
	if got.Fence != 2 || got.Owner != "late" || !got.LeaseUntil.Equal(s.now().Add(time.Minute)) || got.Hi != 100 {
		t.Errorf("taken over: %+v", got)
	}
	again, err := claim(0, "late", time.Hour)
	if err != nil || again.Fence != 3 {
		t.Errorf("claimed again by its holder: %+v, %v", again, err)
	}

	done := s.claim(t, "01A", 1)
	after := done
	after.Done, after.Owner = true, ""
	must(t, s.Runs().Advance(t.Context(), scope, done, after))
	_, err = claim(1, "w", time.Minute)
	wantErr(t, "claim of a done shard", err, psa.ErrConflict)
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.started(t, "01A", 1)
	before := s.claim(t, "01A", 0)
	after := before
	after.Cursor, after.Counts, after.WokenAt, after.Failures = 40, syncer.Counts{Read: 40, Created: 40}, s.pass(time.Second), 2
	after.Waiting = &syncer.Failure{Code: problem.ConnectWiseThrottle, Message: "wait"}
	wins := atOnce(t, 6, psa.ErrConflict, func(int) error { return s.Runs().Advance(t.Context(), scope, before, after) })
	if wins != 1 {
		t.Errorf("%d of 6 equal steps were taken", wins)
	}
	shards, err := s.Runs().Shards(t.Context(), scope, "01A")
	must(t, err)
	wantEqual(t, "shard", shards[0], after)

	s.pass(2 * time.Minute)
	taken := s.claim(t, "01A", 0)
	stale := after
	stale.Cursor = 50
	wantErr(t, "advance by the old holder", s.Runs().Advance(t.Context(), scope, after, stale), psa.ErrConflict)
	end := taken
	end.Done, end.Waiting = true, nil
	must(t, s.Runs().Advance(t.Context(), scope, taken, end))
	wantErr(t, "the last step again", s.Runs().Advance(t.Context(), scope, taken, end), psa.ErrConflict)
	for _, other := range others {
		wantErr(t, "advance in "+other.String(), s.Runs().Advance(t.Context(), other, end, end), psa.ErrNotFound)
	}
}

// Whatever the workers do, and in whatever order, the counters are those of
// the steps that were acknowledged.
func TestAdvanceCountsExactly(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		id := fmt.Sprint("01-", runs)
		run := s.newRun(id)
		run.Scope.Generation = psa.Generation(runs)
		run = s.create(t, run)
		must(t, s.Runs().PlanRun(t.Context(), run, []syncer.Shard{{RunID: id}}, s.entry("x")))
		held := make([]syncer.Shard, 3)
		acknowledged := 0
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			w := rapid.IntRange(0, 2).Draw(rt, "worker")
			if rapid.Bool().Draw(rt, "claim") {
				s.pass(time.Duration(rapid.IntRange(0, 40).Draw(rt, "pause")) * time.Second)
				got, err := s.Runs().Claim(t.Context(), run.Scope, id, 0, fmt.Sprint("w", w), s.now(), s.now().Add(time.Minute))
				if err == nil {
					held[w] = got
				} else if !errors.Is(err, psa.ErrBusy) {
					rt.Fatal(err)
				}
				continue
			}
			if held[w].RunID == "" {
				continue
			}
			after := held[w]
			after.Cursor += psa.RecordID(rapid.IntRange(1, 3).Draw(rt, "ids"))
			after.Counts.Read++
			err := s.Runs().Advance(t.Context(), run.Scope, held[w], after)
			if err == nil {
				held[w] = after
				acknowledged++
			} else if !errors.Is(err, psa.ErrConflict) {
				rt.Fatal(err)
			}
		}
		shards, err := s.Runs().Shards(t.Context(), run.Scope, id)
		must(t, err)
		if shards[0].Counts.Read != acknowledged {
			rt.Fatalf("%d steps are counted, %d were acknowledged", shards[0].Counts.Read, acknowledged)
		}
	})
}

func TestSkips(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var skips []syncer.Skip
	for i := range 60 {
		skips = append(skips, syncer.Skip{
			Type: psa.Contacts, ID: psa.RecordID(i*i + 1), Name: "Ann", Reason: syncer.CompanyNotSynced,
			Detail: "company 7", RunID: "01A", At: s.now(),
		})
	}
	s.faults.LeaveUnprocessed(3)
	for range 2 {
		must(t, s.Runs().PutSkips(t.Context(), scope, append(skips, skips[0])))
	}
	var got []syncer.Skip
	for page := (syncer.Page{Limit: 25}); ; {
		part, next, err := s.Runs().Skips(t.Context(), scope, "01A", page)
		must(t, err)
		got = append(got, part...)
		if page.After = next; next == "" {
			break
		}
	}
	wantEqual(t, "skips", got, skips)
	for _, run := range []string{"01", "01B"} {
		got, _, err := s.Runs().Skips(t.Context(), scope, run, syncer.Page{})
		if err != nil || len(got) != 0 {
			t.Errorf("skips of run %s: %v, %v", run, got, err)
		}
	}
}

func TestLogsAreNewestFirst(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var want []syncer.LogEntry
	for range 5 {
		e := s.entry("record_synced")
		e.RunID, e.Message, e.Counts = "01A", "text", &syncer.Counts{Read: 1}
		e.Failure = &syncer.Failure{Code: problem.Busy}
		must(t, s.Runs().Log(t.Context(), scope, e))
		want = append([]syncer.LogEntry{e}, want...)
		s.pass(time.Second)
	}
	first, next, err := s.Runs().Logs(t.Context(), scope, syncer.Page{Limit: 3})
	must(t, err)
	rest, end, err := s.Runs().Logs(t.Context(), scope, syncer.Page{Limit: 3, After: next})
	must(t, err)
	wantEqual(t, "log", append(first, rest...), want)
	wantEqual(t, "cursor after the last", end, "")
}
