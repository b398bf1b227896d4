package dynamo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/psabridge/psabridge/internal/jsonscan"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Partitions of rows are read from JSON text right away, as first runs write
// them: a run that finds nothing changed does little else.

// inPartition reads up to limit rows of a partition (0: all) and says whether
// there are more.
func (r *Records) inPartition(ctx context.Context, typ psa.DataType, q query, limit int) (rows []syncer.Row, more bool, err error) {
	answer := reading{codec: &r.codec, typ: typ, now: r.db.now().Unix()}
	for {
		ask := 0
		if limit > 0 {
			ask = limit + 1 - len(rows)
		}
		if err := r.db.readQuery(ctx, q, ask, &answer); err != nil {
			return nil, false, fmt.Errorf("query %s: %w", typ, err)
		}
		if rows == nil {
			rows, answer.rows = answer.rows, nil
		}
		rows = append(rows, answer.rows...)
		if limit > 0 && len(rows) > limit {
			return rows[:limit], true, nil
		}
		if len(answer.last) == 0 {
			return rows, false, nil
		}
	}
}

// readQuery makes one call, which goes on where the last one ended.
func (t *table) readQuery(ctx context.Context, q query, limit int, answer *reading) error {
	in, err := q.input(t, limit)
	if err != nil {
		return err
	}
	in.ExclusiveStartKey = answer.last
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = t.client.Query(ctx, in, func(o *dynamodb.Options) {
		answer.ClientProtocol = o.Protocol
		o.Protocol = answer
	})
	return err //nolint:wrapcheck // the caller does
}

// reading is the SDK's protocol for a query of rows.
type reading struct {
	smithyhttp.ClientProtocol
	codec *codec
	typ   psa.DataType
	// now is when items have expired by, in seconds.
	now int64
	// rows are those of the last answer.
	rows []syncer.Row
	// last is where the query goes on, nil at its end.
	last item
	runs runNames
}

// DeserializeResponse implements smithyhttp.ClientProtocol.
func (r *reading) DeserializeResponse(
	ctx context.Context, op *smithy.OperationSchema, registry *smithy.TypeRegistry, resp *smithyhttp.Response, out smithy.Deserializable,
) error {
	if resp.StatusCode != http.StatusOK {
		return r.ClientProtocol.DeserializeResponse(ctx, op, registry, resp, out) //nolint:wrapcheck // the SDK's own
	}
	body := bytes.NewBuffer(make([]byte, 0, max(resp.ContentLength, 0)+bytes.MinRead))
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	if err := r.parse(body.Bytes()); err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	return nil
}

// parse reads an answer.
func (r *reading) parse(body []byte) error {
	r.rows, r.last = slices.Grow(r.rows[:0], len(body)/usualItem), nil
	var failed error
	c := jsonscan.Read(body)
	ok := c.Members(func(name []byte) bool {
		switch string(name) {
		case "Items":
			return c.Elements(func() bool {
				var it recordItem
				ok := attributes(c, func(kind, name, value []byte) {
					failed = errors.Join(failed, it.set(string(kind), string(name), value, &r.runs))
				})
				failed = errors.Join(failed, r.keep(it))
				return ok
			})
		case "LastEvaluatedKey":
			r.last = item{}
			return attributes(c, func(_, name, value []byte) { // all keys are strings
				r.last[string(name)] = &types.AttributeValueMemberS{Value: string(value)}
			})
		default:
			_, ok := c.Value()
			return ok
		}
	})
	if !ok || !c.End() {
		return fmt.Errorf("no answer of DynamoDB's: %w", psa.ErrInvalid)
	}
	return failed
}

// usualItem is about how many bytes an item has without its Data.
const usualItem = 300

// keep makes a row of an item that has not expired.
func (r *reading) keep(it recordItem) error {
	if it.Expires != 0 && it.Expires <= r.now {
		return nil
	}
	row, err := r.codec.row(r.typ, it)
	r.rows = append(r.rows, row)
	return err
}

// attributes takes an item, and yields what each attribute says, and its kind.
func attributes(c *jsonscan.Cursor, yield func(kind, name, value []byte)) bool {
	return c.Members(func(name []byte) bool {
		return c.Members(func(kind []byte) bool {
			raw, ok := c.Value()
			value, plain := plainText(raw)
			switch {
			case !ok || string(kind) == "B" && !plain:
				return false
			case string(kind) == "B":
				bytes, err := base64.StdEncoding.AppendDecode(nil, value)
				ok, value = err == nil, bytes
			case !plain && raw[0] == '"':
				var s string
				s, ok = jsonscan.Text(raw)
				value = []byte(s)
			}
			yield(kind, name, value)
			return ok
		})
	})
}

// plainText is what stands between quotes, if there is no escape in it, or the
// whole of what has no quotes.
func plainText(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return raw, len(raw) > 0 && raw[0] != '"'
	}
	return raw[1 : len(raw)-1], bytes.IndexByte(raw, '\\') < 0
}

// runNames makes strings of the ids of runs, which many rows share.
type runNames struct{ last [2]string }

func (n *runNames) of(value []byte) string {
	for _, s := range n.last {
		if s == string(value) {
			return s
		}
	}
	n.last[1] = n.last[0]
	n.last[0] = string(value)
	return n.last[0]
}

// parseRecord is the item that the SDK has read, but for its keys.
func parseRecord(in item) (it recordItem, err error) {
	var runs runNames
	for name, av := range in {
		switch v := av.(type) {
		case *types.AttributeValueMemberN:
			err = errors.Join(err, it.set("N", name, []byte(v.Value), &runs))
		case *types.AttributeValueMemberS:
			err = errors.Join(err, it.set("S", name, []byte(v.Value), &runs))
		case *types.AttributeValueMemberB:
			err = errors.Join(err, it.set("B", name, v.Value, &runs))
		case *types.AttributeValueMemberBOOL:
			it.Soft = it.Soft || name == "soft" && v.Value
		}
	}
	return it, err
}

// set takes an attribute: what a string says, a number's digits, true, or
// bytes. Keys, and what another version of this program knows, are left out.
func (it *recordItem) set(kind, name string, value []byte, runs *runNames) (err error) {
	switch kind {
	case "N":
		if n := it.number(name); n != nil {
			*n, err = strconv.ParseInt(string(value), 10, 64)
		}
	case "S":
		if s := it.text(name); s == &it.CreatedRun || s == &it.ChangedRun {
			*s = runs.of(value)
		} else if s != nil {
			*s = string(value)
		}
	case "B":
		if b := it.blob(name); b != nil {
			*b = value
		}
	case "BOOL":
		it.Soft = it.Soft || name == "soft" && string(value) == "true"
	}
	return err
}

func (it *recordItem) number(name string) *int64 {
	switch name {
	case "v":
		return &it.V
	case "id":
		return (*int64)(&it.ID)
	case "parent":
		return (*int64)(&it.Parent)
	case "upd":
		return &it.Updated
	case "read":
		return &it.Read
	case "at":
		return &it.ChangedAt
	case "rmAt":
		return &it.RemovedAt
	case "scope":
		return &it.ScopeAt
	case "into":
		return (*int64)(&it.MergedInto)
	case "fence":
		return &it.Fence
	case "expiresAt":
		return &it.Expires
	}
	return nil
}

func (it *recordItem) text(name string) *string {
	switch name {
	case "name":
		return &it.Name
	case "by":
		return &it.By
	case "hash":
		return &it.Hash
	case "created":
		return &it.CreatedRun
	case "changed":
		return &it.ChangedRun
	case "rm":
		return (*string)(&it.Removed)
	case "skip":
		return (*string)(&it.Skip)
	}
	return nil
}

func (it *recordItem) blob(name string) *[]byte {
	switch name {
	case "data":
		return &it.Data
	case "zip":
		return &it.Zip
	case "sent":
		return &it.Sent
	}
	return nil
}
