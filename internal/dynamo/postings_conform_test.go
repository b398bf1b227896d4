package dynamo_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

// postingStores are the table's three.
type postingStores struct {
	*dynamo.Usage
	*dynamo.PostingRuns
	*dynamo.Postings
}

// The table keeps what stores in memory keep, in all that a posting sees.
func TestPostingStoresConform(t *testing.T) {
	t.Parallel()
	usagetest.Conformance(t, func(t *testing.T) usagetest.Stores {
		t.Helper()
		s := newStore(t)
		return postingStores{s.Usage(), s.PostingRuns(), s.Postings(0)}
	}, func(t *testing.T, s usagetest.Stores, scope psa.Scope) []usage.Entry {
		t.Helper()
		stores, ok := s.(postingStores)
		if !ok {
			t.Fatalf("%T", s)
		}
		entries, _, err := stores.History(t.Context(), scope, usage.SeriesKey{}, "", 100)
		must(t, err)
		return entries
	})
}
