package syncer

import (
	"testing"

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
