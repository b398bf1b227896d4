package syncer

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Ranges cover every id once, the newest and wide ones first, and only as many
// are woken as may be in flight.
func TestSplit(t *testing.T) {
	t.Parallel()
	e := New(nil, nil, nil, nil, Options{})
	for _, extent := range []Extent{{}, {Count: 1, MaxID: 1}, {Count: 100_000, MaxID: 100_000}, {Count: 1_000_000, MaxID: 7_000_000}, {Count: 3, MaxID: 1 << 40}} {
		shards := e.split(Run{ID: "r"}, mustType(t, psa.Companies), extent, nil)
		hi, width := psa.RecordID(0), psa.RecordID(1<<60)
		for i, s := range shards {
			top := s.Hi
			if i == 0 {
				top = extent.MaxID
			}
			if s.Hi != hi || s.Cursor != s.Lo || s.No != i || i > 0 && s.Hi <= s.Lo || top-s.Lo > width {
				t.Errorf("%+v: shard %d is %+v", extent, i, s)
			}
			hi, width = s.Lo, top-s.Lo
		}
		if hi != 0 || awake(shards) != min(len(shards), 3) || len(shards) > 90 {
			t.Errorf("%+v: %d of %d shards are awake, down to %d", extent, awake(shards), len(shards), hi)
		}
	}
}

// What changed is read in ranges too, if it is more than two pages.
func TestSplitOfChanges(t *testing.T) {
	t.Parallel()
	e := New(nil, nil, nil, nil, Options{})
	run := Run{ID: "r", Mode: Incremental, Since: time.Now()}
	for count, parallel := range map[int]bool{0: false, 2000: false, 2001: true, 50_000: true} {
		shards := e.split(run, mustType(t, psa.Companies), Extent{Count: count, MaxID: 1_000_000}, nil)
		if len(shards) > 1 != parallel || shards[0].Hi != 0 || shards[len(shards)-1].Lo != 0 {
			t.Errorf("%d changes in %d ranges", count, len(shards))
		}
	}
}
