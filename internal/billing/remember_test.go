package billing_test

import (
	"context"
	"maps"
	"slices"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// remembering is a ConnectWise that is asked once as long as it would say the
// same: on most days of a year nobody writes to most agreements. Where a fault
// is in force, it is asked every time.
type remembering struct {
	usage.Finance

	world      *world
	lines      map[psa.RecordID]said[[]usage.Addition]
	agreements said[map[psa.RecordID]usage.Agreement]
}

// said is an answer, and to which question of which state it was given.
type said[T any] struct {
	ids      []psa.RecordID
	versions []cwsim.Version
	answer   T
}

func (r *remembering) versions(ids ...psa.RecordID) []cwsim.Version {
	var out []cwsim.Version
	for _, id := range ids {
		out = append(out, r.world.sim.Version(int(id)))
	}
	return out
}

// Additions implements usage.Finance.
func (r *remembering) Additions(ctx context.Context, id psa.RecordID) ([]usage.Addition, error) {
	now := r.versions(id)
	if old := r.lines[id]; !r.world.disturbed && slices.Equal(old.versions, now) {
		return slices.Clone(old.answer), nil
	}
	list, err := r.Finance.Additions(ctx, id)
	if err == nil {
		if r.lines == nil {
			r.lines = map[psa.RecordID]said[[]usage.Addition]{}
		}
		r.lines[id] = said[[]usage.Addition]{versions: now, answer: slices.Clone(list)}
	}
	return list, err
}

// Agreements implements usage.Finance.
func (r *remembering) Agreements(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]usage.Agreement, error) {
	now := r.versions(ids...)
	for i := range now {
		now[i].Additions = 0 // which are no part of agreements
	}
	if old := r.agreements; !r.world.disturbed && slices.Equal(old.ids, ids) && slices.Equal(old.versions, now) {
		return maps.Clone(old.answer), nil
	}
	found, err := r.Finance.Agreements(ctx, ids)
	if err == nil {
		r.agreements = said[map[psa.RecordID]usage.Agreement]{ids, now, maps.Clone(found)}
	}
	return found, err
}
