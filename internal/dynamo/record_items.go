package dynamo

import (
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// compressFrom is where Data is compressed: below it an item costs one write
// unit anyhow.
const compressFrom = 640

// recordItem is a row. Its names are short, since each is paid for with each
// row, twice. Removed is always there, so that conditions can compare it.
type recordItem struct {
	key
	CPK        string            `dynamodbav:"cpk,omitempty"`
	CSK        string            `dynamodbav:"csk,omitempty"`
	PPK        string            `dynamodbav:"ppk,omitempty"`
	PSK        string            `dynamodbav:"psk,omitempty"`
	V          int64             `dynamodbav:"v"`
	ID         psa.RecordID      `dynamodbav:"id"`
	Name       string            `dynamodbav:"name,omitempty"`
	Parent     psa.RecordID      `dynamodbav:"parent,omitempty"`
	Updated    int64             `dynamodbav:"upd"`
	By         string            `dynamodbav:"by,omitempty"`
	Read       int64             `dynamodbav:"read"`
	Soft       bool              `dynamodbav:"soft,omitempty"`
	Data       []byte            `dynamodbav:"data,omitempty"`
	Zip        []byte            `dynamodbav:"zip,omitempty"` // Data, see codec.zip
	Hash       string            `dynamodbav:"hash,omitempty"`
	Sent       []byte            `dynamodbav:"sent,omitempty"`
	CreatedRun string            `dynamodbav:"created,omitempty"`
	ChangedRun string            `dynamodbav:"changed,omitempty"`
	ChangedAt  int64             `dynamodbav:"at"`
	Removed    syncer.Reason     `dynamodbav:"rm"`
	RemovedAt  int64             `dynamodbav:"rmAt,omitempty"`
	ScopeAt    int64             `dynamodbav:"scope,omitempty"`
	MergedInto psa.RecordID      `dynamodbav:"into,omitempty"`
	Skip       syncer.SkipReason `dynamodbav:"skip,omitempty"`
	Fence      int64             `dynamodbav:"fence"`
	Expires    int64             `dynamodbav:"expiresAt,omitempty"`
}

// withoutData are the attributes that Lookup reads. DynamoDB charges for the
// whole item all the same; what is saved is the way. Keys say nothing that is not
// in the id.
const withoutData = "#id, #name, #parent, #upd, #by, #read, #soft, #hash, #sent, #created, #changed, #at, #rm, #rmAt, " +
	"#scope, #into, #skip, #fence, #expiresAt"

func (c *codec) item(scope psa.Scope, r syncer.Row) (item, error) {
	return marshal(c.recordItem(rowKeysOf(scope, r.Type), r, nil))
}

// recordItem makes an item, in which the bytes of room may be.
func (c *codec) recordItem(keys rowKeys, r syncer.Row, room []byte) recordItem {
	it := recordItem{
		key: keys.row(r.ID), V: version, ID: r.ID, Name: r.Name, Parent: r.Parent,
		Updated: millis(r.LastUpdated), By: r.UpdatedBy, Read: nanos(r.ReadAt), Soft: r.SoftDeleted,
		Hash: r.Hash, CreatedRun: r.CreatedRun, ChangedRun: r.ChangedRun, ChangedAt: nanos(r.ChangedAt),
		Removed: r.Removed, RemovedAt: nanos(r.RemovedAt), Fence: r.Fence,
		ScopeAt: nanos(r.ScopeAt), MergedInto: r.MergedInto, Skip: r.Skip,
	}
	if r.Removed == "" || r.Removed.Tombstone() || !r.ScopeAt.IsZero() {
		it.CPK, it.CSK = keys.changed(changedShardOf(r.ID)), changedSK(r.ChangedAt, r.ID)
	} // else it was never there for anybody who reads what changed
	if r.Removed == "" && r.Parent != 0 {
		it.PPK, it.PSK = keys.children(r.Parent), paddedID(r.ID)
	}
	if r.Sent != "" {
		it.Sent = []byte(r.Sent)
	}
	if r.Removed.Tombstone() {
		it.Expires = expiry(r.RemovedAt, keepFor)
	}
	if len(r.Data) < compressFrom {
		it.Data = r.Data
	} else {
		it.Zip = c.zip(room, r.Data)
	}
	return it
}

// row is the row of an item.
func (c *codec) row(typ psa.DataType, it recordItem) (syncer.Row, error) {
	row := syncer.Row{
		Record: psa.Record{
			Type: typ, ID: it.ID, Name: it.Name, Parent: it.Parent, LastUpdated: fromMillis(it.Updated),
			UpdatedBy: it.By, ReadAt: fromNanos(it.Read), SoftDeleted: it.Soft, Data: it.Data,
		},
		Hash: it.Hash, Sent: string(it.Sent), CreatedRun: it.CreatedRun, ChangedRun: it.ChangedRun, ChangedAt: fromNanos(it.ChangedAt),
		Removed: it.Removed, RemovedAt: fromNanos(it.RemovedAt), Fence: it.Fence,
		ScopeAt: fromNanos(it.ScopeAt), MergedInto: it.MergedInto, Skip: it.Skip,
	}
	var err error
	if len(it.Zip) > 0 {
		row.Data, err = c.unzip(it.Zip)
	}
	if err != nil {
		return syncer.Row{}, fmt.Errorf("%s %d: %w", typ, it.ID, err)
	}
	return row, nil
}

// rows are the rows of what the SDK has read.
func (c *codec) rows(typ psa.DataType, in []item) ([]syncer.Row, error) {
	rows := make([]syncer.Row, len(in))
	for i := range in {
		it, err := parseRecord(in[i])
		if err != nil {
			return nil, fmt.Errorf("unmarshal %s: %w", typ, err)
		}
		if rows[i], err = c.row(typ, it); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
