package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Source reads one ConnectWise for the sync engine.
type Source struct {
	client *connectwise.Client
	now    func() time.Time
}

// NewSource makes a source of a client.
func NewSource(client *connectwise.Client, now func() time.Time) *Source {
	return &Source{client: client, now: now}
}

// Extent implements syncer.Source. The server's clock is that of the first
// answer, before anything is enumerated. A server that does not say is taken
// to be an hour behind: reading too much again is safe.
func (s *Source) Extent(ctx context.Context, t *syncer.Type, since time.Time) (syncer.Extent, error) {
	asked := s.now()
	if t.Under() {
		return s.extentUnder(ctx, t)
	}
	last, serverTime, err := s.client.MaxID(ctx, t.Path)
	if err != nil {
		return syncer.Extent{}, fmt.Errorf("largest id of %s: %w", t.Name, err)
	}
	var changed connectwise.Cond
	if !since.IsZero() {
		changed = connectwise.Ge("lastUpdated", since)
	}
	count, err := s.client.Count(ctx, t.Path, changed)
	if err != nil {
		return syncer.Extent{}, fmt.Errorf("count %s: %w", t.Name, err)
	}
	if serverTime.IsZero() {
		serverTime = asked.Add(-time.Hour)
	}
	return syncer.Extent{Count: count, MaxID: last, ServerTime: serverTime}, nil
}

// extentUnder measures the parents of a type that is read parent by parent, and
// asks for the records of a parent that no ConnectWise has, to learn whether
// the role may read any.
func (s *Source) extentUnder(ctx context.Context, t *syncer.Type) (syncer.Extent, error) {
	parent, ok := syncer.TypeNamed(t.Parent)
	if !ok {
		return syncer.Extent{}, fmt.Errorf("parent of %s: %w", t.Name, psa.ErrInvalid)
	}
	err := s.client.ProbeList(ctx, t.PathUnder(0))
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return syncer.Extent{}, fmt.Errorf("probe %s: %w", t.Name, err)
	}
	extent, err := s.Extent(ctx, parent, time.Time{})
	extent.Parents, extent.Count = extent.Count, 0
	return extent, err
}

// path of the list that q is about.
func path(t *syncer.Type, parent psa.RecordID) string {
	if t.Under() {
		return t.PathUnder(parent)
	}
	return t.Path
}

// Read implements syncer.Source.
func (s *Source) Read(ctx context.Context, t *syncer.Type, q syncer.Query) (syncer.Batch, error) {
	rq := connectwise.RangeQuery{After: q.After, Until: q.Until, Last: q.Last, Since: q.Since, Fields: t.Fields, Limit: q.Limit}
	if q.IDsOnly {
		rq.Fields = []string{"id"}
	}
	if len(q.Of) > 0 {
		rq.Conditions = connectwise.And(rq.Conditions, connectwise.In(t.ParentField+"/id", q.Of...))
	}
	if len(q.IDs) > 0 {
		rq.Conditions = connectwise.And(rq.Conditions, connectwise.In("id", q.IDs...))
	}
	page, err := s.client.ReadRange(ctx, path(t, q.Under), rq)
	if err != nil {
		return syncer.Batch{}, fmt.Errorf("read %s: %w", t.Name, err)
	}
	batch := syncer.Batch{Reads: make([]syncer.Read, len(page.Items)), More: page.More, SentAt: page.SentAt}
	for i, item := range page.Items {
		batch.Reads[i] = syncer.Read{ID: page.IDs[i], Raw: item, SentAt: page.SentAt, Parent: q.Under}
	}
	return batch, nil
}

// Touched implements syncer.Source.
func (s *Source) Touched(
	ctx context.Context, t *syncer.Type, since time.Time, after psa.RecordID,
) (ids []psa.RecordID, next psa.RecordID, more bool, err error) {
	page, err := s.client.ReadRange(ctx, t.Touched, connectwise.RangeQuery{
		After: after, Since: since, Fields: []string{t.TouchedField},
	})
	if err != nil {
		return nil, 0, false, fmt.Errorf("read what touches %s: %w", t.Name, err)
	}
	for _, item := range page.Items {
		var entry map[string]json.RawMessage
		var ref struct {
			ID psa.RecordID `json:"id"`
		}
		if json.Unmarshal(item, &entry) == nil && json.Unmarshal(entry[t.TouchedField], &ref) == nil && ref.ID > 0 {
			ids = append(ids, ref.ID)
		}
	}
	slices.Sort(ids)
	if len(page.IDs) > 0 {
		after = page.IDs[len(page.IDs)-1]
	}
	return slices.Compact(ids), after, page.More, nil
}

// Get implements syncer.Source.
func (s *Source) Get(ctx context.Context, t *syncer.Type, parent, id psa.RecordID) (syncer.Read, error) {
	item, sentAt, err := s.client.Get(ctx, path(t, parent), id, t.Fields)
	if err != nil {
		return syncer.Read{}, fmt.Errorf("get %s/%d: %w", t.Name, id, err)
	}
	read := syncer.Read{ID: id, Raw: item, SentAt: sentAt}
	if t.Under() {
		read.Parent = parent
	}
	return read, nil
}

// Control implements syncer.Source: it lists one record of the type. An empty
// list proves nothing, since a role may hide every record without refusing;
// nor does an answer that the list does not exist.
func (s *Source) Control(ctx context.Context, t *syncer.Type, parent psa.RecordID) error {
	last, _, err := s.client.MaxID(ctx, path(t, parent))
	switch {
	case errors.Is(err, psa.ErrNotFound):
		return problem.New(problem.ConnectWiseDown, "ConnectWise does not answer for "+t.Label+" at present.", "").Wrap(err)
	case err != nil:
		return fmt.Errorf("control read of %s: %w", t.Name, err)
	case last == 0:
		return problem.New(problem.ConnectWiseGarbled, "ConnectWise shows no "+t.Label+" at all, so nothing is taken for deleted.", "").
			Wrap(psa.ErrConflict)
	}
	return nil
}
