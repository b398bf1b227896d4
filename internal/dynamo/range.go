package dynamo

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Range implements syncer.RecordStore. It costs a query of the directory and
// one of each partition in the range: no more than reading the rows by key
// unless ids are very sparse.
func (r *Records) Range(ctx context.Context, scope psa.Scope, typ psa.DataType, after, until psa.RecordID, limit int) ([]syncer.Row, error) {
	if until == 0 {
		until = maxID
	}
	if limit <= 0 {
		return nil, fmt.Errorf("range of %s with limit %d: %w", typ, limit, psa.ErrInvalid)
	}
	l := lister{r: r, scope: scope, typ: typ, after: after, until: until, want: limit, all: true, attrs: withoutData}
	for width := 1; !l.done && l.after < l.until && len(l.rows) < limit; width = min(2*width, maxWidth) {
		if err := l.round(ctx, width); err != nil {
			return nil, fmt.Errorf("range of %s: %w", typ, err)
		}
	}
	return l.rows, nil
}
