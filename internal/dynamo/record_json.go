package dynamo

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/psabridge/psabridge/internal/jsonscan"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// The rows of a first run are written as JSON text right away: the way over
// attribute values costs as much as all the rest of keeping a record.

// itemWriter writes items of rows.
type itemWriter struct {
	codec *codec
	scope psa.Scope
	b     []byte
	// typ is of the row before, and has keys; zipped is its Zip.
	typ    psa.DataType
	keys   rowKeys
	zipped []byte
}

// item writes the row's item, as codec.item has it.
func (w *itemWriter) item(r syncer.Row) {
	if w.typ != r.Type || w.keys == "" {
		w.typ, w.keys = r.Type, rowKeysOf(w.scope, r.Type)
	}
	it := w.codec.recordItem(w.keys, r, w.zipped)
	w.zipped = it.Zip[:0]
	w.b = append(w.b, '{')
	w.text("pk", it.PK)
	w.text("sk", it.SK)
	w.optional("cpk", it.CPK)
	w.optional("csk", it.CSK)
	w.optional("ppk", it.PPK)
	w.optional("psk", it.PSK)
	w.number("v", it.V)
	w.number("id", int64(it.ID))
	w.optional("name", it.Name)
	w.some("parent", int64(it.Parent))
	w.number("upd", it.Updated)
	w.optional("by", it.By)
	w.number("read", it.Read)
	w.flag("soft", it.Soft)
	w.bytes("data", it.Data)
	w.bytes("zip", it.Zip)
	w.optional("hash", it.Hash)
	w.bytes("sent", it.Sent)
	w.optional("created", it.CreatedRun)
	w.optional("changed", it.ChangedRun)
	w.number("at", it.ChangedAt)
	w.text("rm", string(it.Removed))
	w.some("rmAt", it.RemovedAt)
	w.some("scope", it.ScopeAt)
	w.some("into", int64(it.MergedInto))
	w.optional("skip", string(it.Skip))
	w.number("fence", it.Fence)
	w.some("expiresAt", it.Expires)
	w.b[len(w.b)-1] = '}'
}

// Attributes are written with a comma behind each.

func (w *itemWriter) name(name, kind string) {
	w.b = append(append(append(w.b, '"'), name...), `":{"`...)
	w.b = append(append(w.b, kind...), `":`...)
}

func (w *itemWriter) text(name, v string) {
	w.name(name, "S")
	w.b = append(jsonscan.AppendText(w.b, []byte(v)), '}', ',')
}

func (w *itemWriter) optional(name, v string) {
	if v != "" {
		w.text(name, v)
	}
}

func (w *itemWriter) number(name string, v int64) {
	w.name(name, "N")
	w.b = append(strconv.AppendInt(append(w.b, '"'), v, 10), '"', '}', ',')
}

func (w *itemWriter) some(name string, v int64) {
	if v != 0 {
		w.number(name, v)
	}
}

func (w *itemWriter) flag(name string, v bool) {
	if v {
		w.name(name, "BOOL")
		w.b = append(w.b, "true},"...)
	}
}

func (w *itemWriter) bytes(name string, v []byte) {
	if len(v) == 0 {
		return
	}
	w.name(name, "B")
	w.b = base64.StdEncoding.AppendEncode(append(w.b, '"'), v)
	w.b = append(w.b, '"', '}', ',')
}

// putRows writes rows without conditions, at most batchWrites of them.
func (r *Records) putRows(ctx context.Context, scope psa.Scope, rows []syncer.Row) error {
	w := itemWriter{codec: &r.codec, scope: scope, b: make([]byte, 0, r.batchBytes.Load()+1024)}
	w.b = append(w.b, `{"RequestItems":{`...)
	w.b = append(jsonscan.AppendText(w.b, []byte(r.db.name)), ":["...)
	for _, row := range rows {
		w.b = append(w.b, `{"PutRequest":{"Item":`...)
		w.item(row)
		w.b = append(w.b, "}},"...)
	}
	w.b = append(w.b[:len(w.b)-1], "]}}"...)
	r.batchBytes.Store(int64(len(w.b)))
	left, err := r.db.batchWriteText(ctx, w.b)
	if err != nil || len(left) == 0 {
		return err
	}
	return r.db.writeChunk(ctx, left)
}

// batchWriteText makes a call of BatchWriteItem whose request is written
// already, and returns what was left undone.
func (t *table) batchWriteText(ctx context.Context, body []byte) (left []types.WriteRequest, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	in := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: {}}}
	out, err := t.client.BatchWriteItem(ctx, in, func(o *dynamodb.Options) { o.Protocol = written{o.Protocol, body} })
	if err != nil {
		return nil, fmt.Errorf("batch write: %w", err)
	}
	return out.UnprocessedItems[t.name], nil
}

// written is the SDK's protocol with a request that is written already.
type written struct {
	smithyhttp.ClientProtocol
	body []byte
}

// SerializeRequest implements smithyhttp.ClientProtocol.
func (w written) SerializeRequest(ctx context.Context, op *smithy.OperationSchema, in smithy.Serializable, req *smithyhttp.Request) error {
	if err := w.ClientProtocol.SerializeRequest(ctx, op, in, req); err != nil {
		return err //nolint:wrapcheck // the SDK's own
	}
	with, err := req.SetStream(bytes.NewReader(w.body))
	if err != nil {
		return fmt.Errorf("set request: %w", err)
	}
	*req = *with
	return nil
}
