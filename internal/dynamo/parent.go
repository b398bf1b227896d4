package dynamo

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// parentIndex lists what belongs to something, by the keys of its items alone:
// the living records of a parent, the log entries of a run.
const parentIndex = "parent"

func childrenPK(s psa.Scope, t psa.DataType, parent psa.RecordID) string {
	return rowKeysOf(s, t).children(parent)
}

// ListUnder lists the living rows of a type that belong to parent, by id. The
// index may be behind: what it lists is checked against the rows themselves, so
// that a page may be short, or even empty, while next is not.
func (r *Records) ListUnder(
	ctx context.Context, scope psa.Scope, typ psa.DataType, parent psa.RecordID, p syncer.Page,
) (rows []syncer.Row, next string, err error) {
	q := query{index: parentIndex, pk: childrenPK(scope, typ, parent)}
	after, err := parseIDCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	q.cond, q.with = "#psk > :after", with{"after": paddedID(after)}
	keys, more, err := r.db.page(ctx, q, limitOf(p))
	if err != nil {
		return nil, "", fmt.Errorf("list %s of %d: %w", typ, parent, err)
	}
	if more {
		next = cursorOf(text(keys[len(keys)-1], "psk"))
	}
	items, err := r.db.inOrder(ctx, keys)
	if err != nil {
		return nil, "", fmt.Errorf("list %s of %d: %w", typ, parent, err)
	}
	all, err := r.codec.rows(typ, items)
	rows = all[:0]
	for _, row := range all {
		if row.Removed == "" && row.Parent == parent {
			rows = append(rows, row)
		}
	}
	return rows, next, err
}

// inOrder reads the items of which an index has the keys, in its order. Those
// that have gone meanwhile are left out.
func (t *table) inOrder(ctx context.Context, listed []item) ([]item, error) {
	if len(listed) == 0 {
		return nil, nil
	}
	keys := make([]key, len(listed))
	for i, it := range listed {
		keys[i] = key{text(it, "pk"), text(it, "sk")}
	}
	found, err := t.getAll(ctx, keys, read{consistent: true})
	if err != nil {
		return nil, err
	}
	byKey := make(map[key]item, len(found))
	for _, it := range found {
		byKey[key{text(it, "pk"), text(it, "sk")}] = it
	}
	out := make([]item, 0, len(found))
	for _, k := range keys {
		if it, ok := byKey[k]; ok {
			out = append(out, it)
		}
	}
	return out, nil
}
