package syncertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Source is a process's way to a ConnectWise.
type Source struct {
	cw   *ConnectWise
	now  func() time.Time
	call Call
}

var _ syncer.Source = (*Source)(nil)

// Source is a process with a clock; call makes its remote calls.
func (c *ConnectWise) Source(now func() time.Time, call Call) *Source {
	return &Source{cw: c, now: now, call: call}
}

// Extent implements syncer.Source.
func (s *Source) Extent(ctx context.Context, t *syncer.Type, since time.Time) (extent syncer.Extent, err error) {
	err = s.call(ctx, "extent", func() error {
		extent.ServerTime = s.cw.clock()
		list := s.cw.records[t.Name]
		if t.Under() {
			list = s.cw.records[t.Parent]
			extent.Parents = len(list)
			since = s.cw.clock().Add(time.Second)
		}
		for _, r := range list {
			extent.MaxID = r.ID
			if !r.Updated.Before(since.Truncate(time.Second)) {
				extent.Count++
			}
		}
		return nil
	})
	return extent, err
}

// Read implements syncer.Source.
func (s *Source) Read(ctx context.Context, t *syncer.Type, q syncer.Query) (batch syncer.Batch, err error) {
	batch.SentAt = s.now()
	err = s.call(ctx, "read", func() error {
		if t.Under() {
			if _, ok := s.cw.Get(t.Parent, q.Under); !ok {
				return problem.New(problem.ConnectWiseNotFound, "There is no such record.", "").Wrap(psa.ErrNotFound)
			}
		}
		follows := false
		for _, r := range s.cw.records[t.Name] {
			switch {
			case !asked(t, q, r):
			case len(batch.Reads) == q.Limit:
				follows = true
			default:
				batch.Reads = append(batch.Reads, syncer.Read{ID: r.ID, Raw: r.raw(q.IDsOnly), SentAt: batch.SentAt, Parent: q.Under})
			}
		}
		// A full page says nothing of what follows, unless the range ends there or
		// all is read that is known.
		n := len(batch.Reads)
		batch.More = n == q.Limit && batch.Reads[n-1].ID != q.Until && (follows || q.Last == 0 || batch.Reads[n-1].ID < q.Last)
		return nil
	})
	if err != nil {
		return syncer.Batch{}, fmt.Errorf("read %s: %w", t.Name, err)
	}
	return batch, nil
}

// asked reports whether a query asks for a record.
func asked(t *syncer.Type, q syncer.Query, r Record) bool {
	return r.ID > q.After && (q.Until == 0 || r.ID <= q.Until) &&
		(q.Since.IsZero() || !r.Updated.Before(q.Since.Truncate(time.Second))) &&
		(len(q.IDs) == 0 || slices.Contains(q.IDs, r.ID)) && (len(q.Of) == 0 || slices.Contains(q.Of, r.Company)) &&
		(!t.Under() || r.Company == q.Under)
}

// raw is the record as ConnectWise sends it.
func (r Record) raw(idOnly bool) []byte {
	b := make([]byte, 0, 256)
	b = strconv.AppendInt(append(b, `{"id":`...), int64(r.ID), 10)
	if idOnly {
		return append(b, '}')
	}
	b = append(append(append(append(append(b, `,"`...), nameField(r.Type)...), `":"`...), r.Name...), '"')
	if r.Company != 0 {
		b = append(strconv.AppendInt(append(b, `,"company":{"id":`...), int64(r.Company), 10), '}')
	}
	if r.Type == psa.Companies {
		b = append(strconv.AppendInt(append(b, `,"status":{"id":`...), r.Status, 10), `},"types":[`...)
		for i, kind := range r.Kinds {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(strconv.AppendInt(append(b, `{"id":`...), kind, 10), '}')
		}
		b = strconv.AppendBool(append(b, `],"deletedFlag":`...), r.Deleted)
	}
	b = r.Updated.AppendFormat(append(b, `,"_info":{"lastUpdated":"`...), time.RFC3339)
	return append(b, `","updatedBy":"somebody"}}`...)
}

// nameField is what a record's name is called.
func nameField(typ psa.DataType) string {
	switch typ {
	case psa.Contacts:
		return "firstName"
	case Notes:
		return "text"
	default:
		return "name"
	}
}

// Touched implements syncer.Source.
func (s *Source) Touched(
	ctx context.Context, _ *syncer.Type, since time.Time, after psa.RecordID,
) (ids []psa.RecordID, next psa.RecordID, more bool, err error) {
	err = s.call(ctx, "touched", func() error {
		for _, l := range s.cw.links {
			if l.id > after && !l.updated.Before(since.Truncate(time.Second)) {
				ids, next = append(ids, l.company), l.id
			}
		}
		return nil
	})
	slices.Sort(ids)
	return slices.Compact(ids), max(next, after), false, err
}

// Get implements syncer.Source.
func (s *Source) Get(ctx context.Context, t *syncer.Type, parent, id psa.RecordID) (read syncer.Read, err error) {
	sentAt := s.now()
	err = s.call(ctx, "get", func() error {
		if target, ok := s.cw.targets[id]; ok && t.Name == psa.Companies && s.cw.Merged == MergedTarget {
			if _, there := s.cw.Get(t.Name, target); there {
				return &psa.OtherError{ID: target}
			}
		}
		r, ok := s.cw.Get(t.Name, id)
		if !ok || t.Under() && r.Company != parent {
			return problem.New(problem.ConnectWiseNotFound, "There is no such record.", "").Wrap(psa.ErrNotFound)
		}
		read = syncer.Read{ID: id, Raw: r.raw(false), SentAt: sentAt}
		if t.Under() {
			read.Parent = parent
		}
		return nil
	})
	if err != nil {
		return syncer.Read{}, fmt.Errorf("get %s/%d: %w", t.Name, id, err)
	}
	return read, nil
}

// Control implements syncer.Source.
func (s *Source) Control(ctx context.Context, t *syncer.Type, parent psa.RecordID) error {
	q := syncer.Query{Limit: 1, IDsOnly: true, Under: parent}
	batch, err := s.Read(ctx, t, q)
	switch {
	case errors.Is(err, psa.ErrNotFound):
		return problem.New(problem.ConnectWiseDown, "ConnectWise does not answer for "+t.Label+" at present.", "").Wrap(err)
	case err != nil:
		return fmt.Errorf("control read of %s: %w", t.Name, err)
	case len(batch.Reads) == 0:
		return problem.New(problem.ConnectWiseGarbled, "ConnectWise shows no "+t.Label+" at all, so nothing is taken for deleted.", "").
			Wrap(psa.ErrConflict)
	}
	return nil
}
