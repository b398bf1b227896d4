package dynamo_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/psa"
)

func lotOf(scope psa.Scope) callback.LotKey {
	return callback.LotKey{Scope: scope, Type: psa.Companies}
}

// One item a record: the later telling stays, and a merge once it was told.
func TestParkedOncePerRecord(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	lot, k := s.Callbacks(), lotOf(scope)
	early, late := s.now(), s.pass(time.Minute)
	for _, p := range []callback.Parked{
		{ID: 7, AsOf: late}, {ID: 7, AsOf: early, Merged: true}, {ID: 7, AsOf: early}, {ID: 5, AsOf: early}, {ID: 5, AsOf: late, Unverified: true},
	} {
		must(t, lot.Park(t.Context(), k, p, s.now()))
	}
	for _, other := range others {
		must(t, lot.Park(t.Context(), lotOf(other), callback.Parked{ID: 9, AsOf: early}, s.now()))
	}
	verified, err := lot.Parked(t.Context(), k, false, 10)
	must(t, err)
	if len(verified) != 2 || verified[0] != (callback.Parked{ID: 5, AsOf: early}) || verified[1] != (callback.Parked{ID: 7, AsOf: late, Merged: true}) {
		t.Errorf("verified %+v", verified)
	}
	unverified, err := lot.Parked(t.Context(), k, true, 10)
	must(t, err)
	wantEqual(t, "unverified", unverified, []callback.Parked{{ID: 5, AsOf: late, Unverified: true}})
	first, err := lot.Parked(t.Context(), k, false, 1)
	must(t, err)
	wantEqual(t, "the first", first, verified[:1])
}

// What was told again since it was listed stays.
func TestUnpark(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	lot, k := s.Callbacks(), lotOf(scope)
	seen := callback.Parked{ID: 7, AsOf: s.now()}
	must(t, lot.Park(t.Context(), k, seen, s.now()))
	must(t, lot.Park(t.Context(), k, callback.Parked{ID: 7, AsOf: s.pass(time.Second)}, s.now()))
	must(t, lot.Unpark(t.Context(), k, seen))
	left, err := lot.Parked(t.Context(), k, false, 10)
	must(t, err)
	if len(left) != 1 {
		t.Fatalf("left %v", left)
	}
	for range 2 {
		must(t, lot.Unpark(t.Context(), k, left[0]))
	}
	left, err = lot.Parked(t.Context(), k, false, 10)
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// The tick looks when it was to look first; a lot that somebody parked in
// meanwhile is not closed.
func TestLots(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	lot, k := s.Callbacks(), lotOf(scope)
	_, err := lot.Look(t.Context(), k, s.now())
	wantErr(t, "look at no lot", err, psa.ErrNotFound)
	must(t, lot.Park(t.Context(), k, callback.Parked{ID: 1, AsOf: s.now()}, s.now().Add(time.Minute)))
	must(t, lot.Park(t.Context(), k, callback.Parked{ID: 2, AsOf: s.now()}, s.now().Add(time.Hour)))
	due := func() []callback.LotKey {
		keys, err := lot.DueLots(t.Context(), s.now(), 10)
		must(t, err)
		return keys
	}
	if got := due(); len(got) != 0 {
		t.Errorf("due at once: %v", got)
	}
	s.pass(time.Minute)
	wantEqual(t, "due", due(), []callback.LotKey{k})
	rev, err := lot.Look(t.Context(), k, s.now().Add(time.Minute))
	must(t, err)
	if got := due(); len(got) != 0 {
		t.Errorf("due while somebody looks: %v", got)
	}
	must(t, lot.Park(t.Context(), k, callback.Parked{ID: 3, AsOf: s.now()}, s.now()))
	wantErr(t, "close", lot.Close(t.Context(), k, rev), psa.ErrConflict)
	rev, err = lot.Look(t.Context(), k, s.now())
	must(t, err)
	for range 2 {
		must(t, lot.Close(t.Context(), k, rev))
	}
	if got := due(); len(got) != 0 {
		t.Errorf("due when closed: %v", got)
	}
	// One that is made again is another, also for whoever looked before.
	must(t, lot.Park(t.Context(), k, callback.Parked{ID: 4, AsOf: s.now()}, s.now()))
	wantErr(t, "close the next", lot.Close(t.Context(), k, rev), psa.ErrConflict)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	allow := func(scope psa.Scope, what string) bool {
		ok, err := s.Callbacks().Allow(t.Context(), scope, what, s.now(), 3)
		must(t, err)
		return ok
	}
	wins := atOnce(t, 8, psa.ErrBusy, func(int) error {
		if !allow(scope, "reads") {
			return psa.ErrBusy
		}
		return nil
	})
	if wins != 3 {
		t.Errorf("%d of 8 at once, want 3", wins)
	}
	if !allow(scope, "keys") || !allow(others[0], "reads") {
		t.Error("another count is used up too")
	}
	s.pass(time.Minute)
	if !allow(scope, "reads") {
		t.Error("the next minute is used up too")
	}
}
