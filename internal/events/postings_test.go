package events_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/usage"
)

// A posting is told of as posted, as needing attention, as both or not at all,
// and as the schemas say; while the bus refuses, it is not told of.
func TestPostings(t *testing.T) {
	t.Parallel()
	p, _, delivered, _ := newPublisher(t, &localawstest.Faults{}, refuse(9, `"run":"refused"`))
	postings := &events.Postings{Bus: p.Bus, Now: time.Now}
	for _, tt := range []struct {
		run  usage.Run
		want []string
	}{
		{usage.Run{ID: "a", State: usage.Done}, nil},
		{usage.Run{ID: "b", State: usage.Done, Counts: usage.Counts{Created: 1}}, []string{events.UsagePosted}},
		{usage.Run{ID: "c", State: usage.Done, Counts: usage.Counts{Attention: 1}}, []string{events.UsageNeedsAttention}},
		{usage.Run{ID: "d", State: usage.NeedsWord}, []string{events.UsageNeedsAttention}},
		{
			usage.Run{ID: "e", State: usage.Failed, Counts: usage.Counts{Updated: 2}, Failure: &usage.Failure{Code: problem.Paused, Message: "words"}},
			[]string{events.UsagePosted, events.UsageNeedsAttention},
		},
	} {
		tt.run.Scope, tt.run.Day = scope, "2026-11-22"
		if err := postings.PostingEnded(t.Context(), tt.run); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for range tt.want {
			e := <-delivered
			got[e.DetailType] = true
			wantValid(t, events.Event{Type: e.DetailType, Detail: e.Detail})
		}
		for _, typ := range tt.want {
			if !got[typ] {
				t.Errorf("run %s: told %v, want %v", tt.run.ID, got, tt.want)
			}
		}
	}
	if err := postings.PostingEnded(t.Context(), usage.Run{ID: "refused", Scope: scope, State: usage.NeedsWord}); err == nil {
		t.Error("what the bus refused passes for told")
	}
	if len(delivered) != 0 {
		t.Errorf("%d events too many", len(delivered))
	}
}
