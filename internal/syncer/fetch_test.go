package syncer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
)

// Ranges cover every id once, wide ones first, and only as many are woken as
// may be in flight.
func TestSplit(t *testing.T) {
	t.Parallel()
	e := New(nil, nil, nil, nil, Options{})
	for _, extent := range []Extent{{}, {Count: 1, MaxID: 1}, {Count: 100_000, MaxID: 100_000}, {Count: 1_000_000, MaxID: 7_000_000}, {Count: 3, MaxID: 1 << 40}} {
		shards := e.split(Run{ID: "r"}, mustType(t, psa.Companies), extent, nil)
		var last, width psa.RecordID
		width = 1 << 60
		for i, s := range shards {
			end := i == len(shards)-1
			if s.Lo != last || s.Cursor != s.Lo || s.No != i || end != (s.Hi == 0) || !end && (s.Hi <= s.Lo || s.Hi-s.Lo > width) {
				t.Errorf("%+v: shard %d is %+v", extent, i, s)
			}
			last, width = s.Hi, s.Hi-s.Lo
		}
		if awake(shards) != min(len(shards), 3) || len(shards) > 90 {
			t.Errorf("%+v: %d of %d shards are awake", extent, awake(shards), len(shards))
		}
	}
}

// slowSource takes a second for a page of one record.
type slowSource struct {
	Source

	last psa.RecordID

	mu    sync.Mutex
	asked []psa.RecordID
}

// seen is what was asked for so far.
func (s *slowSource) seen() []psa.RecordID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *slowSource) Read(ctx context.Context, _ *Type, q Query) (Batch, error) {
	s.mu.Lock()
	s.asked = append(s.asked, q.After)
	s.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return Batch{}, ctx.Err()
	}
	id := q.After + 1
	if id == s.last {
		return Batch{}, errors.New("lost")
	}
	return Batch{Reads: []Read{{ID: id}}, More: true}, nil
}

// One page is fetched while one is kept, and no more; the slice's time ends it
// without a page that nobody keeps, and an error comes in its turn.
func TestFetchIsOnePageAhead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		slice time.Duration
		fails psa.RecordID
		want  []psa.RecordID // cursors kept
		asked int
		err   bool
	}{
		{"the time is up", 1500 * time.Millisecond, 0, []psa.RecordID{1, 2}, 2, false},
		{"an error", time.Minute, 3, []psa.RecordID{1, 2}, 3, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := &slowSource{last: tt.fails}
			typ, _ := TypeNamed(psa.Companies)
			e := New(nil, nil, nil, nil, Options{})
			s := &slice{e: e, run: Run{Mode: Initial}, typ: typ, src: Session{Source: src}, until: time.Now().Add(tt.slice)}
			pages := make(chan page)
			go s.fetch(t.Context(), Shard{}, pages)
			var kept []psa.RecordID
			var failed error
			for p := range pages {
				if failed = p.err; failed != nil {
					break
				}
				time.Sleep(3 * time.Second) // keeping takes longer than fetching
				kept = append(kept, p.cursor)
				if ahead := len(src.seen()) - len(kept); ahead > 1 {
					t.Errorf("%s: %d pages ahead", tt.name, ahead)
				}
			}
			asked := src.seen()
			if diff := cmp.Diff(tt.want, kept); diff != "" || (failed != nil) != tt.err || len(asked) != tt.asked {
				t.Errorf("%s: asked %v, error %v, kept (-want +got):\n%s", tt.name, asked, failed, diff)
			}
		})
	}
}
