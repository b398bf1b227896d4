package dynamo

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// query names a part of a partition.
type query struct {
	index string // "" is the table
	cond  string // on the sort key, with #names; "" is the whole partition
	with  with
	pk    string
	// attrs are the attributes to return; none means all.
	attrs string
	// backward reads in descending order.
	backward bool
}

func (q query) partition() string {
	switch q.index {
	case changedIndex:
		return "cpk"
	case dueIndex:
		return "dpk"
	case parentIndex:
		return "ppk"
	default:
		return "pk"
	}
}

// before continues a backward query after the page that ended with cursor, ""
// for the first page.
func (q *query) before(cursor string) error { return q.from(cursor, "<") }

// after is before for a forward query.
func (q *query) after(cursor string) error { return q.from(cursor, ">") }

func (q *query) from(cursor, op string) error {
	sk, err := parseCursor(cursor)
	if err != nil || sk == "" {
		return err
	}
	q.cond, q.with = "#sk "+op+" :cursor", with{"cursor": sk}
	return nil
}

// input makes the call's input. A table is read consistently, an index cannot.
func (q query) input(t *table, limit int) (*dynamodb.QueryInput, error) {
	all := with{"partition": q.pk}
	maps.Copy(all, q.with)
	vals, err := all.values()
	if err != nil {
		return nil, err
	}
	cond := "#" + q.partition() + " = :partition"
	if q.cond != "" {
		cond += " AND " + q.cond
	}
	in := &dynamodb.QueryInput{
		TableName: &t.name, KeyConditionExpression: &cond,
		ExpressionAttributeNames: names(cond, q.attrs), ExpressionAttributeValues: vals,
		ScanIndexForward: aws.Bool(!q.backward),
	}
	if q.index == "" {
		in.ConsistentRead = aws.Bool(true)
	} else {
		in.IndexName = &q.index
	}
	if q.attrs != "" {
		in.ProjectionExpression = &q.attrs
	}
	if limit > 0 {
		in.Limit = aws.Int32(int32(limit)) //nolint:gosec // limits are at most a few thousand
	}
	return in, nil
}

// once makes one call for at most limit items (0: as many as a call returns)
// and says whether more may follow. Expired items are left out.
func (t *table) once(ctx context.Context, q query, limit int, start item) (items []item, last item, err error) {
	in, err := q.input(t, limit)
	if err != nil {
		return nil, nil, err
	}
	in.ExclusiveStartKey = start
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return nil, nil, fmt.Errorf("query: %w", err)
	}
	return t.living(out.Items), out.LastEvaluatedKey, nil
}

func (t *table) living(items []item) []item {
	kept := items[:0]
	for _, it := range items {
		if !t.expired(it) {
			kept = append(kept, it)
		}
	}
	return kept
}

// page reads up to limit items and says whether there are more.
func (t *table) page(ctx context.Context, q query, limit int) (items []item, more bool, err error) {
	var start item
	for {
		got, last, err := t.once(ctx, q, limit+1-len(items), start)
		if err != nil {
			return nil, false, err
		}
		items = append(items, got...)
		if len(items) > limit {
			return items[:limit], true, nil
		}
		if len(last) == 0 {
			return items, false, nil
		}
		start = last
	}
}

// all reads the whole of q. It is for what is small by nature.
func (t *table) all(ctx context.Context, q query) ([]item, error) {
	var items []item
	var start item
	for {
		got, last, err := t.once(ctx, q, 0, start)
		if err != nil {
			return nil, err
		}
		items = append(items, got...)
		if len(last) == 0 {
			return items, nil
		}
		start = last
	}
}

// pageAs is page and unmarshal; next is the cursor after the last item, by its
// sort key, "" if there are no more.
func pageAs[T any](ctx context.Context, t *table, q query, limit int) (out []T, next string, err error) {
	items, more, err := t.page(ctx, q, limit)
	if err != nil {
		return nil, "", err
	}
	if out, err = unmarshalAll[T](items); err != nil {
		return nil, "", err
	}
	if more {
		next = cursorOf(text(items[len(items)-1], "sk"))
	}
	return out, next, nil
}

// text returns a string attribute, "" if there is none.
func text(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
