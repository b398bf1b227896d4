package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// keepChanges is how long a change set can be looked at and taken back.
	keepChanges = 30 * 24 * time.Hour
	// maxNewRows is how many bytes a new change set's rows may have, packed. An
	// item has room for 400 KiB; what becomes of each row is still to come.
	maxNewRows = 200 << 10
)

func changeKey(s psa.Scope, id string) key { return key{scopePK(s) + "#changes", escape(id)} }

// changeItem is a change set. Its rows are packed: a thousand of them fill an
// item otherwise.
type changeItem struct {
	key
	V       int                 `dynamodbav:"v"`
	ID      string              `dynamodbav:"id"`
	State   mapping.ChangeState `dynamodbav:"state"`
	By      string              `dynamodbav:"by"`
	Presser string              `dynamodbav:"presser"`
	At      int64               `dynamodbav:"at"`
	Zip     []byte              `dynamodbav:"zip"`
	Next    int                 `dynamodbav:"next"`
	Cut     bool                `dynamodbav:"cut,omitempty"`
	Failure string              `dynamodbav:"failure,omitempty"`
	Rev     int64               `dynamodbav:"rev"`
	Expires int64               `dynamodbav:"expiresAt"`
}

func newChangeItem(scope psa.Scope, c mapping.Change) (changeItem, error) {
	zip, err := pack(c.Rows)
	return changeItem{
		key: changeKey(scope, c.ID), V: version, ID: c.ID, State: c.State, By: c.By, Presser: c.Presser, At: nanos(c.At), Zip: zip,
		Next: c.Next, Cut: c.Cut, Failure: c.Failure, Rev: c.Rev, Expires: expiry(c.At, keepChanges),
	}, err
}

// CreateChange implements mapping.ChangeStore.
func (m *Mapping) CreateChange(ctx context.Context, scope psa.Scope, c mapping.Change) error {
	it, err := newChangeItem(scope, c)
	if err != nil {
		return err
	}
	if len(it.Zip) > maxNewRows {
		return fmt.Errorf("change set of %d bytes: %w", len(it.Zip), psa.ErrInvalid)
	}
	av, err := marshal(it)
	if err != nil {
		return err
	}
	return m.db.put(ctx, av, "", nil) // the id is new
}

// Change implements mapping.ChangeStore.
func (m *Mapping) Change(ctx context.Context, scope psa.Scope, id string) (mapping.Change, error) {
	it, err := getAs[changeItem](ctx, m.db, changeKey(scope, id))
	if err != nil {
		return mapping.Change{}, fmt.Errorf("change set: %w", err)
	}
	rows, err := unpack[mapping.ChangeRow](it.Zip)
	if err != nil {
		return mapping.Change{}, fmt.Errorf("change set: %w", err)
	}
	return mapping.Change{
		ID: it.ID, State: it.State, By: it.By, Presser: it.Presser, At: fromNanos(it.At), Rows: rows, Next: it.Next, Cut: it.Cut,
		Failure: it.Failure, Rev: it.Rev,
	}, nil
}

// PutChange implements mapping.ChangeStore.
func (m *Mapping) PutChange(ctx context.Context, scope psa.Scope, c mapping.Change) (mapping.Change, error) {
	seen := c.Rev
	c.Rev++
	it, err := newChangeItem(scope, c)
	if err != nil {
		return mapping.Change{}, err
	}
	u := update{
		key: it.key,
		set: with{
			"state": it.State, "presser": it.Presser, "zip": it.Zip, "next": it.Next, "cut": it.Cut, "failure": it.Failure, "rev": it.Rev,
		},
		cond: "#rev = :seen", with: with{"seen": seen},
	}
	if _, err := m.db.update(ctx, u); err != nil {
		return mapping.Change{}, fmt.Errorf("put change set: %w", err)
	}
	return c, nil
}
